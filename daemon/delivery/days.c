/*
 * The days that entries speak of: for each its slate, as Redis last told it. Everything about a day waits until its
 * slate is known; every script compares the slate's version, so an answer computed from an old one is never used.
 *
 * The league: the first instance that loads a newer database raises the day's before it does anything else on that date;
 * one whose database is older, or another, applies and begins nothing until it has caught up. Once no living instance has
 * the day's any more, one that waits puts its own there: a number that nobody will ever reach again blocks nothing.
 */
#include "delivery/internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	ASK_AGAIN_US = 5000000,
	FREE_US = 60000000, /* so long no living instance has had a date's league when another is put in its place */
	HOLD_US = 1000000,
	TOUCH_US = 600000000,
};

static void day_free(struct delivery *d, struct day *day)
{
	HASH_DEL(d->days, day);
	slate_free(day->slate);
	free(day->books); /* one block */
	free(day);
}

/* The table is bounded: a day that nobody works on goes when a new one is needed. Its slate is read again if need be. */
static void make_room(struct delivery *d)
{
	struct day *day, *next;
	if (HASH_COUNT(d->days) < DAYS_MAX)
		return;
	HASH_ITER (hh, d->days, day, next) {
		bool used = todo_count(&day->todo) > 0 || day->begins.head || day->commits.head || day->outputs.head ||
			    day->fails.head || day->peeks.head || day->mutes.head ||
			    (day->state != DAY_READY && day->state != DAY_BEHIND);
		for (const struct call *c = d->calls.head; c && !used; c = c->next)
			used = c->day == day;
		for (const struct ticket *t = d->tickets.head; t && !used; t = t->next)
			used = t->date == day->date;
		if (!used) {
			day_free(d, day);
			return;
		}
	}
}

struct day *day_get(struct delivery *d, date_t date)
{
	struct day *day;
	HASH_FIND(hh, d->days, &date, sizeof(date), day);
	if (day)
		return day;
	make_room(d);
	day = calloc(1, sizeof(*day));
	if (!day) {
		link_lost(d, "no memory for a day");
		return NULL;
	}
	day->date = date;
	date_format(date, day->text);
	day->slate = slate_new(date);
	if (day->slate) {
		HASH_ADD(hh, d->days, date, sizeof(date), day);
		if (!table_add_failed(day))
			return day;
	}
	slate_free(day->slate);
	free(day);
	link_lost(d, "no memory for a day");
	return NULL;
}

/* `data` is the date: the day itself may have gone to make room. */
static void on_slate(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	const date_t date = (date_t)(intptr_t)data;
	struct day *day;
	if (!link_heard(d, reply, "reading a slate", "(u [s])") ||
		!link_time_is(d, value_int(script_out(reply, SLATE_OUT_TIME)), 0))
		return;
	HASH_FIND(hh, d->days, &date, sizeof(date), day);
	if (day)
		day_loaded(d, day, script_out(reply, SLATE_OUT_DAY));
}

static void send_for_slate(struct delivery *d, struct day *day)
{
	day->state = DAY_ASKED;
	day->asked_us = link_now_us(d);
	link_send(d, on_slate, (void *)(intptr_t)day->date); /* NOLINT: a number, not a pointer */
}

void day_ask(struct delivery *d, struct day *day)
{
	if (d->session != SESSION_READY)
		return;
	link_script(d, SCRIPT_SLATE, day);
	send_for_slate(d, day);
}

/* --- the day hash ----------------------------------------------------------------------------------------------- */

void day_arg_version(struct redis_request *r, const struct day *day)
{
	redis_arg_format(r, "%" PRId64 " %" PRId64, day->slate_version, day->aliases_version);
}

/* "KEY AT VALUE" -> VALUE */
static const char *field_value(const char *text)
{
	for (int i = 0; i < 2; i++) {
		text = strchr(text, ' ');
		if (!text)
			return "";
		text++;
	}
	return text;
}

static int add_game(struct day *day, const char *id, const char *value)
{
	char *status;
	enum game_status parsed = GAME_SCHEDULED;
	int64_t tip = strtoll(value, &status, 10);
	if (*status == ' ')
		game_status_parse(status + 1, &parsed);
	return slate_add_game(day->slate, id, tip, parsed);
}

static int add_member(struct day *day, const char *player, const char *value)
{
	char team[TEAM_SIZE] = "";
	size_t length = strcspn(value, " ");
	if (length < sizeof(team))
		memcpy(team, value, length);
	return slate_add_member(day->slate, player, team, value[length] == ' ' && value[length + 1] == '1');
}

static int add_left(struct day *day, const char *player, const char *teams)
{
	int r = 0;
	while (r == 0 && strlen(teams) >= TEAM_SIZE) {
		char team[TEAM_SIZE] = {teams[0], teams[1], teams[2], '\0'};
		r = slate_add_left(day->slate, player, team);
		teams += TEAM_SIZE;
	}
	return r;
}

/* "PLAYER MS BY", or of the version its number. */
static int add_alias(struct day *day, const char *spelling, const char *value)
{
	char player[LOOKUP_SIZE];
	const size_t length = strcspn(value, " ");
	if (strcmp(spelling, ALIASES_VERSION) == 0) {
		day->aliases_version = strtoll(value, NULL, 10);
		return 0;
	}
	if (length >= sizeof(player) || strlen(spelling) >= LOOKUP_SIZE)
		return 0; /* somebody else wrote it */
	text_format(player, sizeof(player), "%.*s", (int)length, value);
	return slate_add_alias(day->slate, spelling, player);
}

static bool is_known(const struct day *day)
{
	return day->state == DAY_READY || day->state == DAY_BEHIND;
}

static void say_trouble(struct delivery *d, struct day *day);

void day_use(struct delivery *d, struct day *day)
{
	day->used = true;
	if (day->state == DAY_UNKNOWN)
		day_ask(d, day);
}

void days_hold(struct delivery *d)
{
	warnings_set(d->options.warnings, WARNING_MEMORY, "Redis is at its memory limit (maxmemory): events wait");
	d->full = true;
	d->held_us = link_now_us(d);
	d->hold_us = d->held_us + HOLD_US;
}

static void heard_league(struct delivery *d, struct day *day, const struct value *reply);

static void on_league(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	const date_t date = (date_t)(intptr_t)data;
	struct day *day;
	HASH_FIND(hh, d->days, &date, sizeof(date), day);
	if (value_is_code(reply, "OOM")) {
		days_hold(d);
		if (day)
			day->state = day->order == LEAGUE_NEWER ? DAY_BEHIND : DAY_OUTDATED;
		return;
	}
	if (!link_heard(d, reply, "asking for a date's league", "(i [s] s)"))
		return;
	d->full = false;
	link_time_is(d, value_int(script_out(reply, SLATE_OUT_TIME)), 0);
	if (day)
		heard_league(d, day, reply);
}

/* What may stand under a name that is another one of a player's, by this league. */
static void arg_aliases(struct redis_request *r, const struct slate *slate)
{
	const struct snapshot *s = slate_snapshot(slate);
	for (uint32_t i = 0; s && i < s->aliases; i++) {
		uint32_t first;
		const struct snapshot_alias *alias = &s->alias[i];
		if (!alias->given || snapshot_aliases(s, alias->lookup, &first) != 1)
			continue;
		redis_arg(r, alias->lookup);
		redis_arg(r, slate_name(slate, alias->player));
	}
}

static void ask_for_league(struct delivery *d, struct day *day, const char *how)
{
	char expiry[24];
	struct redis_request *r = link_script(d, SCRIPT_LEAGUE, day);
	day_arg_version(script_argv(r, LEAGUE_SV), day);
	redis_arg(script_argv(r, LEAGUE_OURS), d->league);
	redis_arg(script_argv(r, LEAGUE_HOW), how);
	redis_arg(script_argv(r, LEAGUE_STREAM), d->streams[STREAM_REGENERATE].key);
	redis_arg(script_argv(r, LEAGUE_GROUP), d->group);
	day_expiry(d, day, expiry);
	redis_arg(script_argv(r, LEAGUE_EXPIRES), expiry);
	redis_arg_int(script_argv(r, LEAGUE_KEPT), REPORTS_KEPT);
	(void)script_argv(r, LEAGUE_ALIASES);
	if (strcmp(how, LEAGUE_LOOK) != 0)
		arg_aliases(r, day->slate);
	day->state = DAY_ASKED;
	link_send(d, on_league, (void *)(intptr_t)day->date); /* NOLINT: a number, not a pointer */
}

void days_turn(struct delivery *d)
{
	struct day *day, *next;
	if (d->hold_us)
		return;
	HASH_ITER (hh, d->days, day, next)
		if (day->state == DAY_BEHIND && day->used)
			ask_for_league(d, day, LEAGUE_RAISE);
}

/* Whether it is but what a list of our own slate entries changed. */
static bool is_change(const struct value *hash)
{
	return strcmp(value_text(value_at(hash, 0)), SLATE_CHANGE) == 0;
}

static int read_hash(struct delivery *d, struct day *day, const struct value *hash)
{
	char before[LEAGUE_TEXT_SIZE];
	int r = 0;

	memcpy(before, day->league, sizeof(before));
	if (!is_change(hash)) {
		day->slate_version = day->aliases_version = 0;
		day->league[0] = '\0';
		slate_reset(day->slate, d->snapshot);
	}
	for (size_t i = 0; hash->type == VALUE_ARRAY && i + 1 < hash->count && r != -ENOMEM; i += 2) {
		const char *name = value_text(&hash->items[i]), *value = value_text(&hash->items[i + 1]);
		if (strcmp(name, "sv") == 0)
			day->slate_version = strtoll(value, NULL, 10);
		else if (strcmp(name, "league") == 0)
			text_format(day->league, sizeof(day->league), "%s", field_value(value));
		else if (strncmp(name, "g:", 2) == 0)
			r = add_game(day, name + 2, field_value(value));
		else if (strncmp(name, "r:", 2) == 0)
			r = add_member(day, name + 2, field_value(value));
		else if (strncmp(name, "w:", 2) == 0)
			r = add_left(day, name + 2, value);
		else if (strncmp(name, ALIASES_IN_SLATE, 2) == 0)
			r = add_alias(day, name + 2, value);
	}
	if (strcmp(before, day->league) != 0) {
		day->free_us = 0;
		day->holder[0] = '\0';
	}
	return r;
}

void day_loaded(struct delivery *d, struct day *day, const struct value *hash)
{
	static const enum day_state states[] = {
		[LEAGUE_SAME] = DAY_READY,
		[LEAGUE_DIFFERS] = DAY_READY,
		[LEAGUE_NEWER] = DAY_BEHIND,
		[LEAGUE_OLDER] = DAY_OUTDATED,
		[LEAGUE_OTHER] = DAY_OUTDATED,
	};
	if (is_change(hash) && value_int(value_at(hash, 1)) != day->slate_version) {
		day_ask(d, day);
		return;
	}
	int r = read_hash(d, day, hash);
	if (r != -ENOMEM)
		r = slate_build(day->slate);
	if (r == -ENOMEM) {
		link_lost(d, "no memory for a slate");
		return;
	}
	day->order = league_compare(d->league, day->league);
	day->state = states[day->order];
	day->ask_us = 0;
	if (day->order == LEAGUE_DIFFERS)
		say_trouble(d, day);
	if (is_known(day))
		d->ops->slate_changed(d->arg, day->date);
	d->ops->wake(d->arg);
}

/* --- its league ------------------------------------------------------------------------------------------------- */

static void describe_trouble(const struct delivery *d, const struct day *day, struct date_trouble *ret)
{
	char theirs[128], ours[128], has[160];
	*ret = (struct date_trouble){.date = day->date, .waits = day->order != LEAGUE_DIFFERS};
	league_describe(day->league, theirs, sizeof(theirs));
	league_describe(d->league, ours, sizeof(ours));
	if (day->order == LEAGUE_DIFFERS) {
		text_format(ret->why, sizeof(ret->why),
			"%s has other content here than where date %s was first computed from it: two copies were imported "
			"into. Import once more into one of them, and give that to all instances",
			theirs, day->text);
		return;
	}
	if (day->holder[0])
		text_format(has, sizeof(has), "which instance \"%s\" has", day->holder);
	else if (day->free_us)
		text_format(has, sizeof(has), "which no living instance has: it is taken over after %d s",
			(int)(FREE_US / 1000000));
	else
		text_format(has, sizeof(has), "by what another instance has loaded");
	text_format(ret->why, sizeof(ret->why),
		"date %s waits: it is computed from %s, %s. This instance has %s; all of them should have the same file",
		day->text, theirs, has, ours);
}

static void say_trouble(struct delivery *d, struct day *day)
{
	struct date_trouble trouble;
	describe_trouble(d, day, &trouble);
	const struct fingerprint said = fingerprint_of(trouble.why, strlen(trouble.why));
	if (fingerprint_equal(said, day->said))
		return;
	day->said = said;
	log_warn("league", "%s", trouble.why);
}

static bool is_troubled(const struct day *day)
{
	return day->used && day->order >= LEAGUE_OLDER && day->state != DAY_UNKNOWN;
}

size_t delivery_troubles(const struct delivery *d, struct date_trouble *ret, size_t max)
{
	size_t n = 0;
	for (const struct day *day = d->days; day && n < max; day = day->hh.next)
		if (is_troubled(day))
			describe_trouble(d, day, &ret[n++]);
	return n;
}

bool delivery_date_waits(const struct delivery *d, date_t date, struct date_trouble *ret)
{
	struct day *day;
	HASH_FIND(hh, d->days, &date, sizeof(date), day);
	if (!day || day->state != DAY_OUTDATED)
		return false;
	describe_trouble(d, day, ret);
	return true;
}

static bool has_open(const struct delivery *d, const struct day *day)
{
	const struct entry *e, *next;
	HASH_ITER (hh, d->entries, e, next)
		if (e->date == day->date && e->open > 0)
			return true;
	return false;
}

/*
 * Another instance can serve the date and this one cannot. What was not applied here is handed over; what was, and
 * waits for runs that may not begin here any more, nobody else knows of: a new session forgets it, and reads it as
 * what was never applied, which is handed over then. Runs that are under way go on, as at every start over.
 */
static void leave_to_holder(struct delivery *d, struct day *day)
{
	char why[200];
	handover(d, day);
	if (!has_open(d, day))
		return;
	text_format(why, sizeof(why),
		"date %s is left to instance \"%.60s\", which has its league: what is open of it is read anew",
		day->text, day->holder);
	delivery_reconnect(d, why);
}

/* The answer to a look: who has the date's league? Where nobody has had it for long, ours takes its place: nothing waits
 * for a database that is no more. */
static void heard_league(struct delivery *d, struct day *day, const struct value *reply)
{
	const int64_t now = link_now_us(d);
	char before[128], ours[128];
	league_describe(day->league, before, sizeof(before));
	day_loaded(d, day, script_out(reply, SLATE_OUT_DAY));
	if (day->taking && day->state == DAY_READY)
		log_notice("league", "date %s is computed from %s now: no living instance has %s", day->text,
			league_describe(d->league, ours, sizeof(ours)), before);
	day->taking = false;
	if (day->state != DAY_OUTDATED) {
		day->looks = 0;
		return;
	}
	text_format(day->holder, sizeof(day->holder), "%s", value_text(script_out(reply, LEAGUE_OUT_HOLDER)));
	if (day->holder[0])
		day->free_us = 0;
	else if (!day->free_us)
		day->free_us = now;
	day->ask_us = now + ASK_AGAIN_US;
	say_trouble(d, day);
	/* The first look makes it load its file again, which may be all that it takes. */
	if (day->holder[0] && day->looks++ > 0)
		leave_to_holder(d, day);
	d->ops->outdated(d->arg);
}

static bool is_left(const struct day *day)
{
	return day->used && day->order >= LEAGUE_OLDER && day->order != LEAGUE_DIFFERS && day->holder[0] &&
	       day->looks > 1;
}

bool days_read_elsewhere(const struct delivery *d)
{
	for (const struct day *day = d->days; day; day = day->hh.next)
		if (is_left(day) && day->order == LEAGUE_OLDER)
			return true;
	return false;
}

void days_leave(struct delivery *d)
{
	struct day *day, *next;
	HASH_ITER (hh, d->days, day, next)
		if (day->state == DAY_OUTDATED && is_left(day))
			handover(d, day);
}

static void look_at_league(struct delivery *d, struct day *day, int64_t now_us)
{
	day->taking = day->free_us && now_us - day->free_us >= FREE_US && !d->hold_us;
	ask_for_league(d, day, day->taking ? LEAGUE_TAKE : LEAGUE_LOOK);
}

/* --- expiry ----------------------------------------------------------------------------------------------------- */

/* All keys of a date expire together, `keep` after the later of the day's end and the last write; in whole hours, so that
 * the figure stands still while they are written one by one. */
void day_expiry(const struct delivery *d, const struct day *day, char text[24])
{
	date_expiry(d, day->date, text);
}

void date_expiry(const struct delivery *d, date_t date, char text[24])
{
	const int64_t hour = 3600000;
	int64_t end = zone_day_end_ms(date), now = delivery_redis_ms(d);
	int64_t at = (end > now ? end : now) + d->options.keep_us / 1000;
	text_format(text, 24, "%" PRId64, (at / hour + 1) * hour);
}

static void touch(struct delivery *d, const struct day *day, const char *game, const char *part);

/* There may be more of them than one call takes: at once again, while there are. */
static void on_touched(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	if (!link_heard(d, reply, "setting the expiry of a date's keys", "(s s)"))
		return;
	const char *game = value_text(script_out(reply, TOUCH_OUT_GAME));
	const struct day *day = game[0] ? day_get(d, (date_t)(intptr_t)data) : NULL;
	if (day)
		touch(d, day, game, value_text(script_out(reply, TOUCH_OUT_PART)));
}

static void touch(struct delivery *d, const struct day *day, const char *game, const char *part)
{
	char expiry[24];
	struct redis_request *r = link_script(d, SCRIPT_TOUCH, day);
	day_expiry(d, day, expiry);
	redis_arg(script_argv(r, TOUCH_EXPIRES), expiry);
	redis_arg(script_argv(r, TOUCH_GAME), game);
	redis_arg(script_argv(r, TOUCH_PART), part);
	link_send(d, on_touched, (void *)(intptr_t)day->date); /* NOLINT: a number, not a pointer */
}

void days_tick(struct delivery *d, int64_t now_us)
{
	struct day *day, *next;
	const struct day *first = NULL;
	unsigned waiting = 0;
	HASH_ITER (hh, d->days, day, next) {
		if (day->state == DAY_OUTDATED && day->used && now_us >= day->ask_us)
			look_at_league(d, day, now_us);
		if (is_troubled(day) && day->order != LEAGUE_DIFFERS) {
			first = first ? first : day;
			waiting++;
		}
		if (day->written && now_us >= day->touch_us) {
			touch(d, day, "", "");
			day->written = false;
			day->touch_us = now_us + TOUCH_US;
		}
	}
	metrics_set(d->options.metrics, METRIC_DATES_WAITING, 0, waiting);
	if (first)
		warnings_set(d->options.warnings, WARNING_DATE,
			"dates=%u wait, the first is %s: their league database is not this instance's", waiting,
			first->text);
	else
		warnings_clear(d->options.warnings, WARNING_DATE);
}

/* --- whole ------------------------------------------------------------------------------------------------------ */

void days_forget(struct delivery *d)
{
	struct day *day, *next;
	HASH_ITER (hh, d->days, day, next)
		day_free(d, day);
}

static void on_day_exists(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	if (!link_heard(d, reply, "looking for days", "i") || value_int(reply) != 1)
		return;
	struct day *day = day_get(d, (date_t)(intptr_t)data);
	if (day)
		day_use(d, day);
}

/* Reports made from an older league must be made again, though nothing may be said of their date: the days around today
 * that are there and that we have not worked on yet are loaded, which compares the number. */
void days_look(struct delivery *d)
{
	const date_t today = zone_date(delivery_redis_ms(d));
	for (date_t date = today - DAYS_BEFORE; d->snapshot && date <= today + DAYS_AHEAD; date++) {
		char text[DATE_SIZE];
		struct day *day;
		HASH_FIND(hh, d->days, &date, sizeof(date), day);
		if (day && day->used)
			continue;
		redis_arg(&d->request, "EXISTS");
		redis_arg_format(&d->request, "%sday:%s", d->prefix, date_format(date, text));
		link_send(d, on_day_exists, (void *)(intptr_t)date); /* NOLINT: a number, not a pointer */
	}
}

void delivery_use_league(struct delivery *d, const struct snapshot *snapshot)
{
	struct day *day, *next;
	const struct fingerprint teams = teams_fingerprint(delivery_teams(d));
	d->snapshot = snapshot;
	league_text(snapshot, d->league);
	d->leagues++;
	strangers_forget(d);
	d->beat_us = 0; /* all others should know at once */
	HASH_ITER (hh, d->days, day, next) {
		slate_reset(day->slate, NULL); /* the old snapshot may go now */
		slate_build(day->slate);
		day->state = DAY_UNKNOWN;
		day_ask(d, day);
	}
	if (d->session != SESSION_DOWN && !fingerprint_equal(teams, teams_fingerprint(delivery_teams(d))))
		delivery_reconnect(d, "the league calls its teams otherwise: entries in hand are read anew");
	if (d->session == SESSION_READY)
		days_look(d);
}

const struct teams *delivery_teams(const struct delivery *d)
{
	return d->snapshot ? d->snapshot->spellings : d->nba;
}

/* What another instance has written is known here when a script says so, which may be never on a quiet day. */
void delivery_refresh_slate(struct delivery *d, date_t date)
{
	struct day *day = day_get(d, date);
	if (day && (is_known(day) || (day->state == DAY_OUTDATED && !day->used)))
		day_ask(d, day);
}

struct slate *delivery_slate(struct delivery *d, date_t date)
{
	struct day *day = day_get(d, date);
	if (!day)
		return NULL;
	if (day->state == DAY_UNKNOWN)
		day_ask(d, day);
	return is_known(day) ? day->slate : NULL;
}
