/*
 * Whether a date's reports are fresh, and the regeneration of those that an older model made: both ask Redis first, in
 * pieces, what stands (delivery/fresh.h). A regeneration is an entry a player, as if each had been named by hand, so it
 * survives restarts and any instance may serve it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "admin/areas.h"
#include "admin/ask.h"
#include "admin/context.h"
#include "admin/names.h"
#include "admin/outdated.h"
#include "admin/request.h"
#include "base/str.h"
#include "delivery/contract.h"
#include "delivery/fresh.h"
#include "slate/slate.h"

#define LOOK_MS 20
#define PATIENCE_US 3000000 /* for the slate, which may be read anew while we look */

enum { PLAYERS_NAMED = 1000, SILENT_MAX = 16, FAILURES_SHOWN = 1000 };

struct fresh_ask {
	struct ask ask;
	date_t date;
	int64_t started_us;
	bool looking;
	void (*heard)(struct fresh_ask *f, const struct freshness *fresh);
	/* regenerate */
	json_t *failures;
	bool wait, dry_run, force;
	int level; /* -1: none was asked for */
	int64_t until_us; /* 0: no limit */
	char (*players)[LOOKUP_SIZE];
	char (*ids)[STREAM_ID_SIZE];
	size_t count, added, settled, failed;
	bool asked;
};

static void fresh_done(struct ask *ask)
{
	struct fresh_ask *f = (struct fresh_ask *)ask;
	json_decref(f->failures);
	free(f->players);
	free(f->ids);
}

/* --- looking ----------------------------------------------------------------------------------------------------- */

static void on_looked(void *data, int result, const struct freshness *fresh)
{
	struct fresh_ask *f = data;
	if (!ask_came(&f->ask))
		return;
	f->looking = false;
	if (result == -EAGAIN)
		return; /* the slate has changed meanwhile: the timer looks again */
	if (result == -ENOTCONN)
		ask_error(&f->ask, CODE_UNAVAILABLE, "Redis cannot be reached: %s",
			delivery_state(f->ask.context->delivery));
	else if (result < 0)
		ask_error(&f->ask, CODE_INTERNAL, "out of memory");
	else {
		ask_rest(&f->ask);
		f->heard(f, fresh);
	}
}

/* The date's slate is read anew first: it says who plays, and who reads what. */
static void look(struct ask *ask)
{
	struct fresh_ask *f = (struct fresh_ask *)ask;
	const struct admin_context *c = ask->context;
	struct date_trouble trouble;
	char date[DATE_SIZE];
	if (f->looking)
		return;
	if (delivery_date_waits(c->delivery, f->date, &trouble)) {
		ask_error(ask, CODE_FAILED, "nothing is done on %s: %s", date_format(f->date, date), trouble.why);
		return;
	}
	if (!delivery_slate(c->delivery, f->date)) {
		if (!delivery_ready(c->delivery) || clock_mono_us(c->clock) - f->started_us > PATIENCE_US)
			ask_error(ask, CODE_UNAVAILABLE, "the slate cannot be loaded from Redis: %s",
				delivery_state(c->delivery));
		return;
	}
	f->looking = true;
	ask_sends(ask);
	delivery_look_fresh(c->delivery, f->date, on_looked, f);
}

static struct fresh_ask *begin(struct admin_request *r, struct admin_context *c,
	void (*heard)(struct fresh_ask *f, const struct freshness *fresh))
{
	struct fresh_ask *f = ask_new(r, c, sizeof(*f), fresh_done);
	if (!f)
		return NULL;
	f->date = admin_date(r, "date", admin_today(c));
	f->started_us = clock_mono_us(c->clock);
	f->heard = heard;
	return f;
}

static void begin_to_look(struct fresh_ask *f)
{
	delivery_refresh_slate(f->ask.context->delivery, f->date);
	if (ask_every(&f->ask, LOOK_MS, look))
		look(&f->ask);
}

/* --- fresh --------------------------------------------------------------------------------------------------------- */

static int64_t age_ms(int64_t now_ms, int64_t then_ms)
{
	return now_ms > then_ms ? now_ms - then_ms : 0;
}

static json_t *uncovered_json(const struct freshness *fresh)
{
	json_t *list = json_array();
	for (unsigned i = 0; i < fresh->shown_count; i++) {
		const struct uncovered *u = &fresh->shown[i];
		json_t *row = json_pack("{s:s, s:s, s:s}", "player", u->player, "phase", phase_name(u->phase), "why",
			uncovered_whys[u->why]);
		if (u->oldest_ms > 0)
			json_object_set_new(row, "age_ms", json_integer(age_ms(fresh->now_ms, u->oldest_ms)));
		json_array_append_new(list, row);
	}
	return list;
}

static json_t *counts_json(const struct freshness *fresh)
{
	json_t *counts = json_object();
	for (int i = 0; i < UNCOVERED_WHYS; i++)
		json_object_set_new(counts, uncovered_whys[i], json_integer(fresh->uncovered[i]));
	return counts;
}

static json_t *oldest_json(const struct freshness *fresh)
{
	json_t *oldest = json_pack("{s:s, s:I}", "what", fresh->oldest.text, "age_ms",
		(json_int_t)age_ms(fresh->now_ms, fresh->oldest.ms));
	if (fresh->oldest.id[0])
		json_object_set_new(oldest, "entry", json_string(fresh->oldest.id));
	return oldest;
}

/* How long ago each type's last entry came; null: never one. Regenerations are no news from outside. */
static json_t *last_json(const struct admin_context *c, int64_t now_ms)
{
	const struct delivery_glance *glance = delivery_glance(c->delivery);
	json_t *last = json_object();
	for (int s = STREAM_COUNT - 1; s > STREAM_REGENERATE; s--) {
		const int64_t ms = glance->streams[s].last_ms;
		json_object_set_new(last, stream_name((enum stream)s),
			ms > 0 ? json_pack("{s:I}", "age_ms", (json_int_t)age_ms(now_ms, ms)) : json_null());
	}
	return last;
}

static json_t *silent_json(const struct admin_context *c, const struct freshness *fresh, bool *ret_all)
{
	struct silent_book books[SILENT_MAX];
	const size_t count = delivery_silent(c->delivery, fresh->date, books, SILENT_MAX, ret_all);
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_pack("{s:s, s:I}", "book", books[i].book, "age_ms",
						    (json_int_t)age_ms(fresh->now_ms, books[i].last_ms)));
	return list;
}

/* A date that was named, with no game, no report and no entry that is to make one, on any instance. */
static bool is_unknown(const struct fresh_ask *f, const struct freshness *fresh)
{
	const struct slate *slate = delivery_slate(f->ask.context->delivery, f->date);
	const struct slate_game *games;
	return admin_given(f->ask.request, "date") && fresh->reports == 0 && fresh->oldest.ms == 0 &&
	       !fresh->more_open && slate && slate_games(slate, &games) == 0;
}

static void tell_fresh(struct fresh_ask *f, const struct freshness *fresh)
{
	const struct admin_context *c = f->ask.context;
	char date[DATE_SIZE];
	bool all = false;
	if (is_unknown(f, fresh)) {
		ask_error_data(&f->ask, CODE_NOT_FOUND, json_pack("{s:s}", "date", date_format(f->date, date)),
			"nothing is known of %s: it has no game, and nobody ever had a report", date);
		return;
	}
	json_t *silent = silent_json(c, fresh, &all);
	const bool is =
		fresh->covered == fresh->reports && fresh->oldest.ms == 0 && !fresh->more_open && fresh->outdated == 0;
	json_t *data = json_pack("{s:s, s:b, s:i, s:i, s:o, s:o, s:o, s:o, s:b, s:i}", "date",
		date_format(f->date, date), "fresh", is, "reports", (int)fresh->reports, "covered", (int)fresh->covered,
		"uncovered", counts_json(fresh), "uncovered_players", uncovered_json(fresh), "last_event",
		last_json(c, fresh->now_ms), "silent_books", silent, "odds_silent", all, "outdated",
		(int)fresh->outdated);
	json_object_set_new(data, "oldest_uncovered", fresh->oldest.ms > 0 ? oldest_json(fresh) : json_null());
	if (fresh->more_open)
		json_object_set_new(data, "more_open", json_true());
	ask_reply(&f->ask, data);
}

static void fresh(struct admin_request *r, struct admin_context *c)
{
	struct fresh_ask *f = begin(r, c, tell_fresh);
	if (f)
		begin_to_look(f);
}

/* --- regenerate those of an older model ----------------------------------------------------------------------------- */

static json_t *names_json(const struct fresh_ask *f)
{
	json_t *names = json_array();
	for (size_t i = 0; i < f->count && i < PLAYERS_NAMED; i++)
		json_array_append_new(names, json_string(f->players[i]));
	return names;
}

static void tell_ended(struct fresh_ask *f)
{
	ask_reply(&f->ask, json_pack("{s:s, s:I, s:I, s:I, s:I, s:O}", "entry", f->count ? f->ids[0] : "", "total",
				   (json_int_t)f->count, "completed", (json_int_t)(f->count - f->failed), "failed",
				   (json_int_t)f->failed, "took_ms",
				   (json_int_t)((clock_mono_us(f->ask.context->clock) - f->started_us) / 1000),
				   "failures", f->failures));
}

static void look_for_end(struct ask *ask);

static void on_fate(void *data, const struct value *reply)
{
	struct fresh_ask *f = data;
	f->asked = false;
	if (!reply || value_is_error(reply)) { /* the entries are safe: one waits for Redis, within the limit */
		ask_came(&f->ask);
		return;
	}
	if (!ask_answered(&f->ask, reply) || reply->type != VALUE_ARRAY)
		return;
	const char *player = f->players[f->settled++];
	if (reply->count > 0) {
		if (f->failed++ < FAILURES_SHOWN)
			json_array_append_new(f->failures, json_pack("{s:s, s:s}", "player", player, "error",
								   value_text(value_at(reply, FATE_OUT_ERROR - 1))));
	}
	look_for_end(&f->ask); /* the next may be settled, too */
}

static void look_for_end(struct ask *ask)
{
	struct fresh_ask *f = (struct fresh_ask *)ask;
	if (f->settled == f->count) {
		tell_ended(f);
		return;
	}
	if (f->until_us > 0 && clock_mono_us(ask->context->clock) >= f->until_us) {
		ask_error_data(ask, CODE_TIMEOUT,
			json_pack("{s:s, s:I, s:I}", "entry", f->ids[f->settled], "completed",
				(json_int_t)(f->settled - f->failed), "total", (json_int_t)f->count),
			"%zu of %zu are completed in the time given; the others go on", f->settled - f->failed,
			f->count);
		return;
	}
	if (f->asked)
		return;
	admin_progress(ask->request, json_pack("{s:I, s:I, s:I}", "done", (json_int_t)f->settled, "total",
					     (json_int_t)f->count, "failed", (json_int_t)f->failed));
	f->asked = true;
	ask_sends(ask);
	delivery_fate(ask->context->delivery, STREAM_REGENERATE, f->ids[f->settled], on_fate, f);
}

static void add_next(struct fresh_ask *f);

static void on_added(void *data, const struct value *reply)
{
	struct fresh_ask *f = data;
	if (!ask_answered(&f->ask, reply))
		return;
	text_format(f->ids[f->added++], STREAM_ID_SIZE, "%s", value_text(reply));
	add_next(f);
}

static void add_next(struct fresh_ask *f)
{
	const struct admin_context *c = f->ask.context;
	if (f->added == f->count) {
		if (!f->wait) {
			ask_reply(&f->ask, json_pack("{s:s, s:I}", "entry", f->count ? f->ids[0] : "", "players",
						   (json_int_t)f->count));
			return;
		}
		admin_audit(f->ask.request, "accepted");
		ask_every(&f->ask, LOOK_MS, look_for_end);
		return;
	}
	char date[DATE_SIZE];
	const char *fields[10] = {
		"player_lookup", f->players[f->added], "exact", "1", "game_date", date_format(f->date, date)};
	size_t count = 6;
	if (f->force) {
		fields[count++] = "force";
		fields[count++] = "1";
	}
	if (f->level >= 0) {
		fields[count++] = "priority";
		fields[count++] = level_name((enum level)f->level);
	}
	ask_sends(&f->ask);
	delivery_publish(c->delivery, STREAM_REGENERATE, fields, count, on_added, f);
}

static void on_outdated(struct fresh_ask *f, const struct freshness *fresh)
{
	f->count = fresh->outdated;
	f->players = calloc(f->count + 1, sizeof(f->players[0]));
	f->ids = calloc(f->count + 1, sizeof(f->ids[0]));
	if (!f->players || !f->ids) {
		ask_error(&f->ask, CODE_INTERNAL, "out of memory");
		return;
	}
	if (f->count)
		memcpy(f->players, fresh->outdated_players, f->count * sizeof(f->players[0]));
	if (!f->dry_run) {
		add_next(f);
		return;
	}
	admin_audit(f->ask.request, NULL);
	ask_reply(&f->ask,
		json_pack("{s:b, s:I, s:o}", "dry_run", true, "players", (json_int_t)f->count, "names", names_json(f)));
}

void admin_regenerate_outdated(struct admin_request *r, struct admin_context *c)
{
	const int64_t timeout_us = admin_duration_us(r, "timeout", 0);
	struct fresh_ask *f = begin(r, c, on_outdated);
	if (!f)
		return;
	f->failures = json_array();
	f->wait = admin_flag(r, "wait");
	f->dry_run = admin_flag(r, "dry_run");
	f->force = admin_flag(r, "force");
	f->level = admin_given(r, "priority") ? (int)admin_level(r, "priority", LEVEL_NORMAL) : -1;
	f->until_us = timeout_us > 0 ? f->started_us + timeout_us : 0;
	begin_to_look(f);
}

static const struct admin_arg fresh_args[] = {
	{.name = "date", .type = ADMIN_DATE, .help = "the game date, else today"},
	{.name = NULL},
};

const struct admin_command admin_fresh_commands[] = {
	{.name = "fresh",
		.role = ADMIN_ROLE_VIEW,
		.args = fresh_args,
		.handler = fresh,
		.help = "whether each report of a date covers every event, for all instances"},
	{.name = NULL},
};
