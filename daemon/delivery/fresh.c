/*
 * Step by step, each a request whose answer is worked on at once: the day's facts, its games with theirs and with who ever
 * ran, then the players, a few at a time, and at last the entries that are not settled.
 *
 * What a player's own hash says is looked at by a script. What is of the day or of a game is held against him here,
 * by the same rule that tells whom an event affects (slate_reads()): of each fact that his report reads the version must
 * be covered. No need is kept anywhere for that, and none could be forgotten.
 *
 * Of those who have no report the league's row tells nothing: none of theirs was made by an older one. Marks of regenerate
 * reach who never ran only where he plays, so of these nobody else is looked at.
 */
#include "delivery/fresh.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "delivery/internal.h"
#include "slate/affected.h"

enum {
	PLAYERS_A_CALL = 64, /* at most: Redis answers for as many as it reads in about 2 ms */
	FACTS_A_CALL = 20000, /* that are held against them, all together: about 2 ms here */
	ENTRIES_A_CALL = 20,
	ENTRIES_LOOKED_AT = 20000, /* of a stream, for the first of a date */
};

const char *const uncovered_whys[] = {
	[UNCOVERED_WAITS] = "waits",
	[UNCOVERED_FAILS] = "fails",
	[UNCOVERED_PAUSED] = "paused",
	[UNCOVERED_MUTED] = "muted",
	[UNCOVERED_WHYS] = NULL,
};

/* What stands of an event that is not one player's alone. */
struct fact_at {
	enum event_kind kind;
	enum regenerate_phase phase; /* of a mark */
	int64_t at, ms;
	char player[LOOKUP_SIZE], game[GAME_ID_SIZE], team[TEAM_SIZE];
};

struct looked_at {
	char name[LOOKUP_SIZE];
	UT_hash_handle hh;
};

struct look {
	struct delivery *d;
	delivery_fresh_fn *done;
	void *data;
	char date[DATE_SIZE];
	struct fact_at *facts; /* the newest first, once all are there */
	size_t fact_count, fact_size;
	char (*games)[GAME_ID_SIZE];
	size_t game_count, game;
	struct looked_at *players; /* hash */
	struct looked_at *next, *piece[PLAYERS_A_CALL];
	unsigned piece_count;
	size_t outdated_size;
	enum stream stream;
	bool unread;
	char after[STREAM_ID_SIZE];
	unsigned entries;
	struct freshness fresh;
};

#define COVER_SHAPE "[(i i s s i i i s s i s s s)]"

static void end(struct look *l, int result)
{
	struct looked_at *p, *next;
	l->done(l->data, result, result == 0 ? &l->fresh : NULL);
	HASH_ITER (hh, l->players, p, next) {
		HASH_DEL(l->players, p);
		free(p);
	}
	free(l->facts);
	free(l->games);
	free(l->fresh.outdated_players);
	free(l);
}

/* False: the look is over. */
static bool answered(struct look *l, const struct value *reply)
{
	if (reply && !value_is_error(reply))
		return true;
	end(l, -ENOTCONN);
	return false;
}

/* The time that an order key stands for: its first number, behind the letter that says how many digits it has. */
static int64_t key_ms(const char *key)
{
	char text[24];
	const int digits = key[0] - ORDER_KEY_BASE;
	if (digits <= 0 || digits >= (int)sizeof(text))
		return 0;
	text_format(text, sizeof(text), "%.*s", digits, key + 1);
	return strtoll(text, NULL, 10);
}

/* --- facts --------------------------------------------------------------------------------------------------------- */

static enum regenerate_phase phase_of_mark(const char *value)
{
	return strcmp(value, MARK_OF_REPORT) == 0   ? REGENERATE_REPORT
	       : strcmp(value, MARK_OF_OUTPUT) == 0 ? REGENERATE_PRECOMPUTE
	       : strcmp(value, MARK_OF_FIRST) == 0  ? REGENERATE_FIRST
						    : REGENERATE_BOTH;
}

/* Which event writes the field; false: none of those that are looked at here. `rest`: the name behind "X:". */
static bool kind_of_field(const char *name, const char *game, enum event_kind *ret, const char **ret_rest)
{
	static const struct {
		char letter;
		bool of_game, bare; /* of a game's hash; without a name behind it */
		enum event_kind kind;
	} kinds[] = {
		{'i', false, false, EVENT_INJURY},
		{'g', false, false, EVENT_SLATE_GAME},
		{'r', false, false, EVENT_SLATE_PLAYER},
		{'l', false, false, EVENT_LINEUP},
		{'m', false, false, EVENT_REGENERATE},
		{'f', false, false, EVENT_REGENERATE},
		{'m', false, true, EVENT_REGENERATE},
		{'f', false, true, EVENT_REGENERATE},
		{'t', true, false, EVENT_GAME_ODDS},
		{'s', true, false, EVENT_GAME_ODDS},
		{'m', true, true, EVENT_REGENERATE},
		{'f', true, true, EVENT_REGENERATE},
	};
	*ret_rest = "";
	*ret = EVENT_LEAGUE;
	if (!game[0] && strcmp(name, "league") == 0)
		return true;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].letter != name[0] || kinds[i].of_game != (game[0] != '\0') ||
			kinds[i].bare != (name[1] == '\0') || (name[1] != '\0' && name[1] != ':'))
			continue;
		*ret = kinds[i].kind;
		*ret_rest = name[1] ? name + 2 : "";
		return true;
	}
	return false;
}

/* "KEY AT VALUE" */
static bool parse_fact(const char *name, const char *text, const char *game, struct fact_at *f)
{
	const char *rest, *space = strchr(text, ' ');
	char *value;
	if (!space || !kind_of_field(name, game, &f->kind, &rest))
		return false;
	f->at = strtoll(space + 1, &value, 10);
	f->ms = f->kind == EVENT_LEAGUE ? 0 : key_ms(text); /* it is no entry's */
	value += *value == ' ';
	text_format(f->game, sizeof(f->game), "%s", f->kind == EVENT_SLATE_GAME ? rest : game);
	if (f->kind == EVENT_INJURY || f->kind == EVENT_SLATE_PLAYER)
		text_format(f->player, sizeof(f->player), "%s", rest);
	else if (f->kind != EVENT_SLATE_GAME && !game[0])
		text_format(f->team, sizeof(f->team), "%s", rest);
	if (f->kind == EVENT_SLATE_PLAYER)
		text_format(f->team, sizeof(f->team), "%.*s", (int)strcspn(value, " "), value);
	if (f->kind == EVENT_REGENERATE)
		f->phase = phase_of_mark(value);
	return true;
}

/* False: no memory, and the look is over. */
static bool add_facts(struct look *l, const struct value *hash, const char *game)
{
	for (size_t i = 0; i + 1 < hash->count; i += 2) {
		if (l->fact_count == l->fact_size) {
			const size_t size = l->fact_size ? 2 * l->fact_size : 64;
			struct fact_at *grown = realloc(l->facts, size * sizeof(*grown));
			if (!grown) {
				end(l, -ENOMEM);
				return false;
			}
			l->facts = grown;
			l->fact_size = size;
		}
		struct fact_at *f = &l->facts[l->fact_count];
		*f = (struct fact_at){0};
		l->fact_count +=
			parse_fact(value_text(&hash->items[i]), value_text(&hash->items[i + 1]), game, f) && f->at > 0;
	}
	return true;
}

static int newest_first(const void *a, const void *b)
{
	const int64_t x = ((const struct fact_at *)a)->at, y = ((const struct fact_at *)b)->at;
	return (x < y) - (x > y);
}

/* --- entries that are not settled ---------------------------------------------------------------------------------- */

static void next_entries(struct look *l);

/* Whom or what an entry is about, for people. */
static void describe(const struct event *e, char text[OPEN_TEXT])
{
	const char *name = e->player[0] ? e->player : e->team[0] ? e->team : e->game_id;
	text_format(text, OPEN_TEXT, "%s%s%s", stream_name(e->stream), name[0] ? " of " : "", name);
}

/* Whether it is the first that was looked for: of the date, and not one for later. */
static bool look_at_entry(struct look *l, const struct value *item)
{
	struct freshness *fresh = &l->fresh;
	struct stream_id id;
	struct event event;
	if (!stream_id_parse(value_text(value_at(item, 0)), &id) ||
		reader_decode(l->d, l->stream, value_at(item, 1), entry_time_ms(l->d, id), &event) < 0)
		return false; /* a dead letter soon: it is about no report */
	const bool is = event.date == fresh->date && event.not_before_ms <= fresh->now_ms;
	const int64_t ms = entry_time_ms(l->d, id);
	if (is && (fresh->oldest.ms == 0 || ms <= fresh->oldest.ms)) {
		fresh->oldest.ms = ms;
		stream_id_format(id, fresh->oldest.id);
		describe(&event, fresh->oldest.text);
	}
	event_done(&event);
	return is;
}

static void on_entries(void *data, const struct value *reply)
{
	struct look *l = data;
	if (!answered(l, reply))
		return;
	bool found = false;
	for (size_t i = 0; i < reply->count && !found; i++) {
		text_format(l->after, sizeof(l->after), "%s", value_text(value_at(&reply->items[i], 0)));
		found = look_at_entry(l, &reply->items[i]);
	}
	l->entries += (unsigned)reply->count;
	const bool more = reply->count == ENTRIES_A_CALL && l->entries < ENTRIES_LOOKED_AT;
	l->fresh.more_open |= !found && reply->count == ENTRIES_A_CALL && !more;
	if (found || !more) { /* the pending ones of a stream are older than those that nobody has read */
		l->after[0] = '\0';
		if (found || l->unread) {
			l->entries = 0;
			l->stream++;
		}
		l->unread = !found && !l->unread;
	}
	next_entries(l);
}

static void on_glanced(void *data, const struct value *reply)
{
	struct look *l = data;
	if (!answered(l, reply))
		return;
	glance_heard(l->d, reply);
	end(l, 0);
}

static void next_entries(struct look *l)
{
	struct delivery *d = l->d;
	if (l->stream == STREAM_COUNT) {
		glance_ask(d);
		request_send(d, "looking when the last entries came", GLANCE_SHAPE, on_glanced, l);
		return;
	}
	struct redis_request *r = link_script(d, SCRIPT_OPEN, NULL);
	redis_arg(script_argv(r, OPEN_GROUP), d->group);
	redis_arg(script_argv(r, OPEN_STREAM), d->streams[l->stream].key);
	redis_arg(script_argv(r, OPEN_AFTER), l->after);
	redis_arg(script_argv(r, OPEN_UNREAD), l->unread ? "1" : "0");
	redis_arg_int(script_argv(r, OPEN_COUNT), ENTRIES_A_CALL);
	request_send(d, "looking at entries that are not settled", "[(s [s])]", on_entries, l);
}

/* --- players ------------------------------------------------------------------------------------------------------- */

/* What one phase of a player stands at. */
struct standing {
	int64_t committed, need, oldest_ms;
	int64_t muted; /* the highest need that a mute of a type or a book kept from a run */
};

static void hold_facts(const struct look *l, const struct slate *s, const struct looked_at *p, const char *game,
	const char *team, enum phase phase, struct standing *st)
{
	struct event event = {0};
	for (size_t i = 0; i < l->fact_count && l->facts[i].at > st->committed; i++) {
		const struct fact_at *f = &l->facts[i];
		const int64_t at = f->phase == REGENERATE_FIRST ? 1 : f->at; /* any output covers that */
		if (at <= st->committed || (f->kind == EVENT_LEAGUE && st->committed == 0) ||
			!audience_asks(f->phase, phase) ||
			!(l->d->phases.reads[phase] & audience_facts(f->kind, strcmp(f->player, p->name) == 0)))
			continue;
		event.kind = f->kind;
		memcpy(event.team, f->team, sizeof(event.team));
		memcpy(event.game_id, f->game, sizeof(event.game_id));
		if (!slate_reads(s, p->name, game, team, &event, f->player))
			continue;
		if (at > st->need)
			st->need = at;
		if (f->ms > 0 && (st->oldest_ms == 0 || f->ms < st->oldest_ms))
			st->oldest_ms = f->ms;
	}
}

static enum uncovered_why why_of(const struct look *l, const struct slate *s, const struct looked_at *p,
	const char *game, const char *team, bool muted, bool fails)
{
	const struct slate_place place = slate_place(s, p->name, game, team);
	const struct order_key all = order_key_of(ORDER_PAUSE, ORDER_ALL, 0, "");
	const date_t date = l->fresh.date;
	if (delivery_order(l->d, &all) ||
		delivery_order_of_player(l->d, ORDER_PAUSE, date, p->name, place.game, place.team))
		return UNCOVERED_PAUSED;
	if (muted || delivery_order_of_player(l->d, ORDER_MUTE, date, p->name, place.game, place.team))
		return UNCOVERED_MUTED;
	return fails ? UNCOVERED_FAILS : UNCOVERED_WAITS;
}

/* By name: a list that is as long as wanted. */
static void note_uncovered(struct freshness *fresh, const struct uncovered *u)
{
	fresh->uncovered[u->why]++;
	if (u->oldest_ms > 0 && (fresh->oldest.ms == 0 || u->oldest_ms < fresh->oldest.ms)) {
		fresh->oldest.ms = u->oldest_ms;
		fresh->oldest.id[0] = '\0';
		text_format(fresh->oldest.text, sizeof(fresh->oldest.text), "the %s of %s", phase_name(u->phase),
			u->player);
	}
	if (fresh->shown_count < UNCOVERED_SHOWN)
		fresh->shown[fresh->shown_count++] = *u;
}

static bool note_outdated(struct look *l, const char *player)
{
	struct freshness *fresh = &l->fresh;
	if (fresh->outdated == l->outdated_size) {
		const size_t size = l->outdated_size ? 2 * l->outdated_size : 64;
		void *grown = realloc(fresh->outdated_players, size * sizeof(fresh->outdated_players[0]));
		if (!grown)
			return false;
		fresh->outdated_players = grown;
		l->outdated_size = size;
	}
	text_format(fresh->outdated_players[fresh->outdated++], LOOKUP_SIZE, "%s", player);
	return true;
}

static bool is_older(const struct delivery *d, const struct value *item, int64_t committed, size_t place)
{
	char wanted[FINGERPRINT_SIZE + 24]; /* an instance that notes no model leaves the one of a version before */
	text_format(wanted, sizeof(wanted), "%s %" PRId64, d->model, committed);
	return committed > 0 && strcmp(value_text(script_out(item, place)), wanted) != 0;
}

/* False: no memory. */
static bool judge(struct look *l, const struct slate *s, const struct looked_at *p, const struct value *item)
{
	const bool made = l->d->phases.precompute;
	const char *named = value_text(script_out(item, COVER_OUT_NAMED)), *blank = strchr(named, ' ');
	const int64_t output = value_int(script_out(item, COVER_OUT_OUTPUT));
	char game[GAME_ID_SIZE], team[TEAM_SIZE];
	struct standing of[PHASE_COUNT] = {
		[PHASE_REPORT] = {value_int(script_out(item, COVER_OUT_COMMITTED)),
			value_int(script_out(item, COVER_OUT_NEED)),
			key_ms(value_text(script_out(item, COVER_OUT_OLDEST))),
			strtoll(value_text(script_out(item, COVER_OUT_MUTED)), NULL, 10)},
		[PHASE_PRECOMPUTE] = {value_int(script_out(item, COVER_OUT_MADE)),
			value_int(script_out(item, COVER_OUT_MADE_NEED)),
			key_ms(value_text(script_out(item, COVER_OUT_MADE_OLDEST))),
			strtoll(value_text(script_out(item, COVER_OUT_MADE_MUTED)), NULL, 10)},
	};
	text_format(game, sizeof(game), "%.*s", (int)strcspn(named, " "), named);
	text_format(team, sizeof(team), "%s", blank ? blank + 1 : "");
	for (int phase = 0; phase < (made ? PHASE_COUNT : PHASE_PRECOMPUTE); phase++)
		hold_facts(l, s, p, game, team, (enum phase)phase, &of[phase]);
	if (made && output > of[PHASE_REPORT].need)
		of[PHASE_REPORT].need = output;

	const bool report = of[PHASE_REPORT].committed < of[PHASE_REPORT].need;
	const bool slow = made && of[PHASE_PRECOMPUTE].committed < of[PHASE_PRECOMPUTE].need;
	if (of[PHASE_REPORT].committed == 0 && !report && !slow)
		return true; /* nobody has asked for a report of him */
	l->fresh.reports++;
	if (report || slow) {
		const enum phase phase = slow ? PHASE_PRECOMPUTE : PHASE_REPORT;
		struct uncovered u = {.phase = phase,
			.oldest_ms = of[phase].oldest_ms,
			.why = why_of(l, s, p, game, team, of[phase].muted >= of[phase].need,
				value_int(script_out(item, COVER_OUT_FAILING)) == 1)};
		text_format(u.player, sizeof(u.player), "%s", p->name);
		note_uncovered(&l->fresh, &u);
	} else
		l->fresh.covered++;
	const bool old = is_older(l->d, item, of[PHASE_REPORT].committed, COVER_OUT_MODEL) ||
			 (made && is_older(l->d, item, of[PHASE_PRECOMPUTE].committed, COVER_OUT_MADE_MODEL));
	return !old || note_outdated(l, p->name);
}

static void next_players(struct look *l);

static void on_players(void *data, const struct value *reply)
{
	struct look *l = data;
	if (!answered(l, reply))
		return;
	const struct slate *s = delivery_slate(l->d, l->fresh.date);
	if (!s || reply->count == 0 || reply->count > l->piece_count) {
		end(l, -EAGAIN);
		return;
	}
	for (unsigned i = 0; i < reply->count; i++)
		if (!judge(l, s, l->piece[i], &reply->items[i])) {
			end(l, -ENOMEM);
			return;
		}
	if (reply->count < l->piece_count)
		l->next = l->piece[reply->count];
	next_players(l);
}

/* The players follow. */
static struct redis_request *begin_cover(struct delivery *d, const char *date)
{
	const struct phases *phases = &d->phases;
	struct redis_request *r = link_script(d, SCRIPT_COVER, NULL);
	redis_arg(script_argv(r, ARG_DATE), date);
	redis_arg_format(script_argv(r, COVER_ODDS), "%s%s",
		phases->reads[PHASE_REPORT] & 1u << FACT_ODDS ? "report " : "",
		phases->reads[PHASE_PRECOMPUTE] & 1u << FACT_ODDS ? "precompute " : "");
	(void)script_argv(r, COVER_PLAYERS);
	return r;
}

/* One at least, however many facts there are. */
static unsigned players_a_call(const struct look *l)
{
	const size_t most = FACTS_A_CALL / (l->fact_count + 1);
	return most == 0 ? 1 : most < PLAYERS_A_CALL ? (unsigned)most : PLAYERS_A_CALL;
}

static void next_players(struct look *l)
{
	const unsigned most = players_a_call(l);
	if (!l->next) {
		next_entries(l);
		return;
	}
	struct redis_request *r = begin_cover(l->d, l->date);
	for (l->piece_count = 0; l->next && l->piece_count < most; l->next = l->next->hh.next) {
		l->piece[l->piece_count++] = l->next;
		redis_arg(r, l->next->name);
	}
	request_send(l->d, "looking what reports cover", COVER_SHAPE, on_players, l);
}

static int by_name(const struct looked_at *a, const struct looked_at *b)
{
	return strcmp(a->name, b->name);
}

/* False: no memory. */
static bool add_player(struct look *l, const char *name)
{
	struct looked_at *p;
	HASH_FIND_STR(l->players, name, p);
	if (!p) {
		p = calloc(1, sizeof(*p));
		if (!p)
			return false;
		text_format(p->name, sizeof(p->name), "%s", name);
		HASH_ADD_STR(l->players, name, p);
		if (table_add_failed(p)) {
			free(p);
			return false;
		}
	}
	return true;
}

/* All who ever ran are known: who plays tonight joins them. */
static void begin_players(struct look *l)
{
	const struct slate *s = delivery_slate(l->d, l->fresh.date);
	const struct slate_team *teams;
	const size_t count = s ? slate_teams(s, &teams) : 0;
	if (!s) {
		end(l, -EAGAIN);
		return;
	}
	for (size_t t = 0; t < count; t++)
		for (size_t i = 0; teams[t].game && i < teams[t].count; i++)
			if (!add_player(l, teams[t].roster[i]->lookup)) {
				end(l, -ENOMEM);
				return;
			}
	if (l->fact_count)
		qsort(l->facts, l->fact_count, sizeof(*l->facts), newest_first);
	HASH_SORT(l->players, by_name);
	l->next = l->players;
	next_players(l);
}

/* --- the day and its games ----------------------------------------------------------------------------------------- */

static void next_game(struct look *l);

static void on_ran(void *data, const struct value *reply)
{
	struct look *l = data;
	if (!answered(l, reply))
		return;
	for (size_t i = 0; i < reply->count; i++)
		if (!add_player(l, value_text(&reply->items[i]))) {
			end(l, -ENOMEM);
			return;
		}
	l->game++;
	next_game(l);
}

static void on_game(void *data, const struct value *reply)
{
	struct look *l = data;
	if (!answered(l, reply) || !add_facts(l, reply, l->games[l->game]))
		return;
	redis_arg(&l->d->request, "HKEYS");
	redis_arg_format(&l->d->request, "%sdone:%s", l->d->prefix, l->games[l->game]);
	request_send(l->d, "looking who ever ran", "[s]", on_ran, l);
}

static void next_game(struct look *l)
{
	if (l->game == l->game_count) {
		begin_players(l);
		return;
	}
	redis_arg(&l->d->request, "HGETALL");
	redis_arg_format(&l->d->request, "%sgame:%s", l->d->prefix, l->games[l->game]);
	request_send(l->d, "looking at a game's facts", "[s]", on_game, l);
}

static void on_games(void *data, const struct value *reply)
{
	struct look *l = data;
	if (!answered(l, reply))
		return;
	l->games = calloc(reply->count + 1, sizeof(l->games[0]));
	if (!l->games) {
		end(l, -ENOMEM);
		return;
	}
	for (size_t i = 0; i < reply->count; i++)
		text_format(l->games[l->game_count++], sizeof(l->games[0]), "%s", value_text(&reply->items[i]));
	next_game(l);
}

static void on_day(void *data, const struct value *reply)
{
	struct look *l = data;
	if (!answered(l, reply) || !add_facts(l, reply, ""))
		return;
	l->fresh.now_ms = delivery_redis_ms(l->d);
	redis_arg(&l->d->request, "SMEMBERS");
	redis_arg_format(&l->d->request, "%sgames:%s", l->d->prefix, l->date);
	request_send(l->d, "looking at a date's games", "[s]", on_games, l);
}

void delivery_look_fresh(struct delivery *d, date_t date, delivery_fresh_fn *done, void *data)
{
	struct look *l = calloc(1, sizeof(*l));
	if (!l) {
		done(data, -ENOMEM, NULL);
		return;
	}
	*l = (struct look){.d = d, .done = done, .data = data, .fresh = {.date = date}};
	date_format(date, l->date);
	redis_arg(&d->request, "HGETALL");
	redis_arg_format(&d->request, "%sday:%s", d->prefix, l->date);
	request_send(d, "looking at a date's facts", "[s]", on_day, l);
}

/* --- one player --------------------------------------------------------------------------------------------------- */

void delivery_ask_muted(struct delivery *d, date_t date, const char *player, delivery_reply_fn *done, void *data)
{
	char text[DATE_SIZE];
	struct redis_request *r = begin_cover(d, date_format(date, text));
	redis_arg(r, player);
	request_send(d, "looking what a mute keeps back", COVER_SHAPE, done, data);
}

const struct order *delivery_muted_by(const struct delivery *d, enum phase phase, const struct value *reply)
{
	static const struct {
		size_t muted, committed;
	} outs[PHASE_COUNT] = {
		[PHASE_REPORT] = {COVER_OUT_MUTED, COVER_OUT_COMMITTED},
		[PHASE_PRECOMPUTE] = {COVER_OUT_MADE_MUTED, COVER_OUT_MADE},
	};
	struct order_key key;
	char *field;
	if (!reply || reply->type != VALUE_ARRAY || reply->count != 1)
		return NULL;
	const struct value *item = &reply->items[0];
	const int64_t need = strtoll(value_text(script_out(item, outs[phase].muted)), &field, 10);
	if (need <= value_int(script_out(item, outs[phase].committed)) || !order_field_parse(field + 1, &key))
		return NULL;
	return delivery_order(d, &key);
}
