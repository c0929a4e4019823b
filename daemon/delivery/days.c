/*
 * The days that entries speak of: for each its slate, as Redis last told it. Everything about a day waits until its
 * slate is known; every script compares the slate's version, so an answer computed from an old one is never used.
 *
 * The league's number: the first instance that loads a newer database raises the day's number before it does anything
 * else on that date; one whose database is older applies and begins nothing until it has caught up.
 */
#include "delivery/internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	ASK_AGAIN_US = 5000000,
	HOLD_US = 1000000,
	TOUCH_US = 600000000,
};

static void day_free(struct delivery *d, struct day *day)
{
	HASH_DEL(d->days, day);
	slate_free(day->slate);
	free(day);
}

/* The table is bounded: a day that nobody works on goes when a new one is needed. Its slate is read again if need be. */
static void make_room(struct delivery *d)
{
	struct day *day, *next;
	if (HASH_COUNT(d->days) < DAYS_MAX)
		return;
	HASH_ITER (hh, d->days, day, next) {
		bool used = day->todo.head || day->begins.head || day->commits.head || day->outputs.head ||
			    day->fails.head || (day->state != DAY_READY && day->state != DAY_BEHIND);
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
		!link_time_is(d, value_int(script_out(reply, SLATE_OUT_TIME))))
		return;
	HASH_FIND(hh, d->days, &date, sizeof(date), day);
	if (day)
		day_loaded(d, day, script_out(reply, SLATE_OUT_DAY));
}

static void send_for_slate(struct delivery *d, struct day *day)
{
	day->state = DAY_ASKED;
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

static void on_raised(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	const date_t date = (date_t)(intptr_t)data;
	struct day *day;
	HASH_FIND(hh, d->days, &date, sizeof(date), day);
	if (!value_is_code(reply, "OOM")) {
		d->full &= d->session != SESSION_READY;
		on_slate(arg, data, reply);
		return;
	}
	days_hold(d);
	if (day)
		day->state = DAY_BEHIND;
}

static void raise_league(struct delivery *d, struct day *day)
{
	char key[STREAM_ID_SIZE], expiry[24];
	struct stream_id number = {.ms = (uint64_t)d->snapshot->number};
	struct redis_request *r = link_script(d, SCRIPT_LEAGUE, day);
	redis_arg_int(script_argv(r, LEAGUE_NUMBER), d->snapshot->number);
	redis_arg(script_argv(r, LEAGUE_KEY), order_key_format(number, key));
	redis_arg(script_argv(r, LEAGUE_STREAM), d->streams[STREAM_REGENERATE].key);
	day_expiry(d, day, expiry);
	redis_arg(script_argv(r, LEAGUE_EXPIRES), expiry);
	day->state = DAY_ASKED;
	link_send(d, on_raised, (void *)(intptr_t)day->date); /* NOLINT: a number, not a pointer */
}

void days_turn(struct delivery *d)
{
	struct day *day, *next;
	if (d->hold_us)
		return;
	HASH_ITER (hh, d->days, day, next)
		if (day->state == DAY_BEHIND && day->used)
			raise_league(d, day);
}

/* Whether it is but what a list of our own slate entries changed. */
static bool is_change(const struct value *hash)
{
	return strcmp(value_text(value_at(hash, 0)), SLATE_CHANGE) == 0;
}

void day_loaded(struct delivery *d, struct day *day, const struct value *hash)
{
	int r = 0;
	int64_t mine = d->snapshot ? d->snapshot->number : 0;

	if (!is_change(hash)) {
		day->slate_version = 0;
		day->league = 0;
		slate_reset(day->slate, d->snapshot);
	} else if (value_int(value_at(hash, 1)) != day->slate_version) {
		day_ask(d, day);
		return;
	}
	for (size_t i = 0; hash->type == VALUE_ARRAY && i + 1 < hash->count && r != -ENOMEM; i += 2) {
		const char *name = value_text(&hash->items[i]), *value = value_text(&hash->items[i + 1]);
		if (strcmp(name, "sv") == 0)
			day->slate_version = strtoll(value, NULL, 10);
		else if (strcmp(name, "league") == 0)
			day->league = strtoll(field_value(value), NULL, 10);
		else if (strncmp(name, "g:", 2) == 0)
			r = add_game(day, name + 2, field_value(value));
		else if (strncmp(name, "r:", 2) == 0)
			r = add_member(day, name + 2, field_value(value));
		else if (strncmp(name, "w:", 2) == 0)
			r = add_left(day, name + 2, value);
	}
	if (r != -ENOMEM)
		r = slate_build(day->slate);
	if (r == -ENOMEM) {
		link_lost(d, "no memory for a slate");
		return;
	}
	if (mine < day->league) {
		log_err("league",
			"date %s is computed from league database number %" PRId64 ", this instance has %" PRId64
			": it does nothing on that date until it has caught up",
			day->text, day->league, mine);
		day->state = DAY_OUTDATED;
		day->ask_us = link_now_us(d) + ASK_AGAIN_US;
		d->ops->outdated(d->arg, day->league);
		return;
	}
	day->state = mine > day->league ? DAY_BEHIND : DAY_READY;
	d->ops->slate_changed(d->arg, day->date);
	d->ops->wake(d->arg);
}

/* --- expiry ----------------------------------------------------------------------------------------------------- */

/* All keys of a date expire together, `keep` after the later of the day's end and the last write; in whole hours, so that
 * the figure stands still while they are written one by one. */
void day_expiry(const struct delivery *d, const struct day *day, char text[24])
{
	const int64_t hour = 3600000;
	int64_t end = zone_day_end_ms(day->date), now = delivery_redis_ms(d);
	int64_t at = (end > now ? end : now) + d->options.keep_us / 1000;
	text_format(text, 24, "%" PRId64, (at / hour + 1) * hour);
}

static void on_touched(void *arg, void *data, const struct value *reply)
{
	(void)data;
	link_heard(arg, reply, "setting the expiry of a date's keys", "i");
}

void days_tick(struct delivery *d, int64_t now_us)
{
	struct day *day, *next;
	HASH_ITER (hh, d->days, day, next) {
		if (day->state == DAY_OUTDATED && now_us >= day->ask_us)
			day_ask(d, day);
		if (day->written && now_us >= day->touch_us) {
			char expiry[24];
			struct redis_request *r = link_script(d, SCRIPT_TOUCH, day);
			day_expiry(d, day, expiry);
			redis_arg(script_argv(r, TOUCH_EXPIRES), expiry);
			link_send(d, on_touched, NULL);
			day->written = false;
			day->touch_us = now_us + TOUCH_US;
		}
	}
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
	d->snapshot = snapshot;
	d->leagues++;
	unknown_forget(d);
	HASH_ITER (hh, d->days, day, next) {
		slate_reset(day->slate, NULL); /* the old snapshot may go now */
		slate_build(day->slate);
		day->state = DAY_UNKNOWN;
		day_ask(d, day);
	}
	if (d->session == SESSION_READY)
		days_look(d);
}

static bool is_known(const struct day *day)
{
	return day->state == DAY_READY || day->state == DAY_BEHIND;
}

/* What another instance has written is known here when a script says so, which may be never on a quiet day. */
void delivery_refresh_slate(struct delivery *d, date_t date)
{
	struct day *day = day_get(d, date);
	if (day && is_known(day))
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
