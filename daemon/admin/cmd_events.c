/*
 * Entries by hand: publish, and regenerate with its wait.
 *
 * A regeneration goes through its stream like everybody's, so it is durable and any instance may serve it.
 * Whether it is done is asked of Redis, which knows for all instances: the entry is acknowledged once every
 * player it touches has been settled, and players given up stand in its dead letter. How far it is meanwhile
 * is an estimate from the player table: those of the scope whose committed version has risen. All who wait
 * share a fixed rate of both, so that many of them make each other's answer later and the daemon no slower.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "admin/areas.h"
#include "admin/ask.h"
#include "admin/context.h"
#include "admin/entry.h"
#include "admin/names.h"
#include "admin/outdated.h"
#include "admin/request.h"
#include "admin/teams.h"
#include "base/str.h"
#include "delivery/contract.h"
#include "delivery/delivery.h"
#include "regen/regen.h"

#define LOOK_MS 20
#define SLATE_PATIENCE_US 3000000
#define NOBODY_PATIENCE_US 1000000 /* what was published a moment ago may be on its way to the slate */
#define LOOK_SHARE_US 5000 /* of one client: at most 200 questions a second for all */
#define PROGRESS_EVERY_US 100000
#define PROGRESS_SHARE_US 20 /* of one player of one client: at most 50,000 looks at a player a second for all */
#define TIMEOUT_MAX_US (24LL * 3600 * 1000000)
#define FAILURES_SHOWN 1000
#define PLAYERS_NAMED 1000

/* --- publish ---------------------------------------------------------------------------------------------------- */

struct publish {
	struct ask ask;
	enum stream stream;
};

static void on_published(void *arg, const struct value *reply)
{
	struct publish *p = arg;
	if (ask_answered(&p->ask, reply))
		ask_reply(
			&p->ask, json_pack("{s:s, s:s}", "stream", stream_name(p->stream), "entry", value_text(reply)));
}

/* Checks fields as the daemon will when it reads them; false: the request is ended. */
static bool check_fields(struct admin_request *r, struct admin_context *c, enum stream stream, json_t *fields,
	struct admin_entry *ret_entry)
{
	struct event event;
	struct malformed why;
	int result = admin_entry_make(c, stream, fields, ret_entry, &event, &why);
	if (result == 0) {
		event_done(&event);
		return true;
	}
	if (result == -ENOMEM)
		admin_reply(r, NULL);
	else
		admin_error_data(r, CODE_BAD_ARGUMENT, json_pack("{s:s}", "field", why.field), "%s", why.error);
	return false;
}

static void publish(struct admin_request *r, struct admin_context *c)
{
	struct admin_entry entry;
	enum stream stream = (enum stream)admin_word(r, "stream", 0);
	if (!check_fields(r, c, stream, admin_json(r, "fields"), &entry))
		return;
	struct publish *p = ask_new(r, c, sizeof(*p), NULL);
	if (!p)
		return;
	p->stream = stream;
	ask_sends(&p->ask);
	delivery_publish(c->delivery, stream, entry.texts, entry.count, on_published, p);
}

/* --- regenerate ------------------------------------------------------------------------------------------------- */

enum scope { SCOPE_PLAYER, SCOPE_TEAM, SCOPE_GAME, SCOPE_SLATE, SCOPE_OUTDATED, SCOPE_COUNT };
static const char *const scopes[SCOPE_COUNT] = {"player", "team", "game", "slate", "outdated"};

struct touched { /* one player of the scope */
	char lookup[LOOKUP_SIZE];
	int64_t before; /* his committed version when the entry was added */
	uint64_t failures_before;
};

struct regenerate {
	struct ask ask;
	enum scope scope;
	date_t date;
	char what[LOOKUP_SIZE]; /* lookup, team or game; "" = the slate */
	json_t *fields;
	bool wait, waits, asked, dry_run;
	int64_t started_us, until_us; /* 0: no limit */
	int64_t progress_us, ask_us; /* when it is next looked, and Redis next asked */
	char id[STREAM_ID_SIZE]; /* "" until the entry was added */
	struct touched *touched;
	size_t count;
};

static void regenerate_done(struct ask *ask)
{
	struct regenerate *g = (struct regenerate *)ask;
	if (g->waits) {
		ask->context->waiting.clients--;
		ask->context->waiting.players -= g->count;
	}
	json_decref(g->fields);
	free(g->touched);
}

static bool touch(struct regenerate *g, const char *lookup)
{
	if ((g->count & (g->count - 1)) == 0) {
		struct touched *grown = realloc(g->touched, (g->count ? 2 * g->count : 1) * sizeof(*grown));
		if (!grown)
			return false;
		g->touched = grown;
	}
	struct touched *t = &g->touched[g->count++];
	*t = (struct touched){0};
	text_format(t->lookup, sizeof(t->lookup), "%s", lookup);
	struct player_view view;
	if (regen_player(g->ask.context->regen, PHASE_REPORT, g->date, lookup, &view)) {
		t->before = view.committed;
		t->failures_before = view.failures;
	}
	return true;
}

static bool touch_team(struct regenerate *g, const struct slate_team *team)
{
	for (size_t i = 0; team && i < team->count; i++) {
		if (!touch(g, team->roster[i]->lookup))
			return false;
	}
	return true;
}

/* Whom the entry will touch, by the slate; false: the ask is over, the name is unknown. */
static bool find_touched(struct regenerate *g, const struct slate *slate)
{
	char date[DATE_SIZE];
	const struct slate_team *teams;
	size_t team_count = slate_teams(slate, &teams);
	const struct slate_game *game = g->scope == SCOPE_GAME ? slate_game(slate, g->what) : NULL;
	const struct slate_team *team = g->scope == SCOPE_TEAM ? slate_team(slate, g->what) : NULL;
	bool enough = true;
	if (g->scope == SCOPE_GAME && !game && slate_snapshot(slate)) {
		ask_error(&g->ask, CODE_UNKNOWN_GAME, "there is no game \"%s\" on %s", g->what,
			date_format(g->date, date));
		return false;
	}
	if (g->scope == SCOPE_TEAM && !team && slate_snapshot(slate)) {
		ask_error(&g->ask, CODE_UNKNOWN_TEAM, "there is no team \"%s\" on %s", g->what,
			date_format(g->date, date));
		return false;
	}
	if (game)
		enough = touch_team(g, slate_team(slate, game->away)) && touch_team(g, slate_team(slate, game->home));
	else if (team)
		enough = touch_team(g, team);
	for (size_t i = 0; enough && g->scope == SCOPE_SLATE && i < team_count; i++)
		enough = !teams[i].game || touch_team(g, &teams[i]);
	if (!enough)
		ask_error(&g->ask, CODE_INTERNAL, "out of memory");
	return enough;
}

static int64_t elapsed_ms(const struct regenerate *g)
{
	return (clock_mono_us(g->ask.context->clock) - g->started_us) / 1000;
}

/* A player whose run failed and who does not wait for another try has been given up. */
static void count_done(const struct regenerate *g, size_t *ret_done, size_t *ret_failed)
{
	*ret_done = *ret_failed = 0;
	for (size_t i = 0; i < g->count; i++) {
		const struct touched *t = &g->touched[i];
		struct player_view view;
		if (!regen_player(g->ask.context->regen, PHASE_REPORT, g->date, t->lookup, &view))
			continue;
		bool committed = view.committed > t->before;
		bool given_up = !committed && view.state == PLAYER_IDLE && view.failures > t->failures_before;
		*ret_done += committed || given_up;
		*ret_failed += given_up;
	}
}

/* "nobody is known to play in 20251115_LAL_GSW on 2025-11-15" */
static const char *nobody_text(const struct regenerate *g, char text[LOOKUP_SIZE + 64])
{
	char date[DATE_SIZE];
	text_format(text, LOOKUP_SIZE + 64, "nobody is known to play %s%s%son %s",
		g->scope == SCOPE_TEAM   ? "for "
		: g->scope == SCOPE_GAME ? "in "
					 : "",
		g->what, g->what[0] ? " " : "", date_format(g->date, date));
	return text;
}

/* A day without games is no error, as its reports are all there; a wrong date looks the same. */
static void warn_of_nobody(const struct regenerate *g, json_t *data)
{
	char text[LOOKUP_SIZE + 64];
	if (g->scope != SCOPE_SLATE || g->count > 0)
		return;
	json_object_set_new(data, "players", json_integer(0));
	json_object_set_new(data, "warning", json_string(nobody_text(g, text)));
}

/* The end as Redis tells it. Each player's own error where this instance saw it, else the letter's. */
static void finish(struct regenerate *g, const struct value *letter)
{
	char *names = strdup(value_text(value_at(letter, FATE_OUT_PLAYERS - 1))), *rest = names, *name;
	json_t *failures = json_array();
	size_t failed = 0, total = g->count;
	while (rest && (name = strsep(&rest, ","))) {
		struct player_view view;
		if (!*name)
			continue;
		bool seen =
			regen_player(g->ask.context->regen, PHASE_REPORT, g->date, name, &view) && view.last_error[0];
		if (failed++ < FAILURES_SHOWN)
			json_array_append_new(failures,
				json_pack("{s:s, s:s}", "player", name, "error",
					seen ? view.last_error : value_text(value_at(letter, FATE_OUT_ERROR - 1))));
	}
	/* A letter without players is about the entry itself. */
	if (letter->count > 0 && failed == 0) {
		ask_error_data(&g->ask, CODE_FAILED,
			json_pack("{s:s, s:s}", "entry", g->id, "reason",
				value_text(value_at(letter, FATE_OUT_REASON - 1))),
			"the entry was refused: %s", value_text(value_at(letter, FATE_OUT_ERROR - 1)));
		json_decref(failures);
		free(names);
		return;
	}
	if (total < failed)
		total = failed;
	json_t *data = json_pack("{s:s, s:I, s:I, s:I, s:I, s:o}", "entry", g->id, "total", (json_int_t)total,
		"completed", (json_int_t)(total - failed), "failed", (json_int_t)failed, "took_ms",
		(json_int_t)elapsed_ms(g), "failures", failures);
	if (total == 0)
		warn_of_nobody(g, data);
	ask_reply(&g->ask, data);
	free(names);
}

static void on_fate(void *arg, const struct value *reply)
{
	struct regenerate *g = arg;
	g->asked = false;
	/* The entry is safe in its stream: without Redis one waits for it to come back, within the time
	 * limit. */
	if (!reply || value_is_error(reply)) {
		ask_came(&g->ask);
		return;
	}
	if (ask_answered(&g->ask, reply) && reply->type == VALUE_ARRAY)
		finish(g, reply);
}

static void look_for_end(struct ask *ask)
{
	struct regenerate *g = (struct regenerate *)ask;
	int64_t now = clock_mono_us(ask->context->clock);
	size_t done, failed;
	if (g->until_us > 0 && now >= g->until_us) {
		count_done(g, &done, &failed);
		ask_error_data(ask, CODE_TIMEOUT,
			json_pack("{s:s, s:I, s:I}", "entry", g->id, "completed", (json_int_t)(done - failed), "total",
				(json_int_t)g->count),
			"%zu of %zu are completed in the time given; the others go on (entry %s)", done - failed,
			g->count, g->id);
		return;
	}
	if (now >= g->progress_us) {
		int64_t share_us = (int64_t)ask->context->waiting.players * PROGRESS_SHARE_US;
		g->progress_us = now + (share_us > PROGRESS_EVERY_US ? share_us : PROGRESS_EVERY_US);
		count_done(g, &done, &failed);
		admin_progress(ask->request, json_pack("{s:I, s:I, s:I}", "done", (json_int_t)done, "total",
						     (json_int_t)g->count, "failed", (json_int_t)failed));
	}
	if (g->asked || now < g->ask_us)
		return;
	g->asked = true;
	g->ask_us = now + (int64_t)ask->context->waiting.clients * LOOK_SHARE_US;
	ask_sends(ask);
	delivery_fate(ask->context->delivery, STREAM_REGENERATE, g->id, on_fate, g);
}

static void on_added(void *arg, const struct value *reply)
{
	struct regenerate *g = arg;
	if (!ask_answered(&g->ask, reply))
		return;
	text_format(g->id, sizeof(g->id), "%s", value_text(reply));
	if (!g->wait) {
		json_t *data = json_pack("{s:s}", "entry", g->id);
		if (g->count > 0)
			json_object_set_new(data, "players", json_integer((json_int_t)g->count));
		warn_of_nobody(g, data);
		ask_reply(&g->ask, data);
		return;
	}
	admin_audit(g->ask.request, "accepted");
	g->waits = true;
	g->ask.context->waiting.clients++;
	g->ask.context->waiting.players += g->count;
	ask_every(&g->ask, LOOK_MS, look_for_end);
}

/* Of a trial: nothing is added. */
static void tell_whom(struct regenerate *g)
{
	json_t *names = json_array();
	for (size_t i = 0; i < g->count && i < PLAYERS_NAMED; i++)
		json_array_append_new(names, json_string(g->touched[i].lookup));
	admin_audit(g->ask.request, NULL);
	json_t *data = json_pack("{s:b, s:I, s:o}", "dry_run", true, "players", (json_int_t)g->count, "names", names);
	warn_of_nobody(g, data);
	ask_reply(&g->ask, data);
}

static void add_entry(struct regenerate *g)
{
	struct admin_entry entry;
	struct event event;
	struct malformed why;
	struct admin_context *c = g->ask.context;
	int result = admin_entry_make(c, STREAM_REGENERATE, g->fields, &entry, &event, &why);
	if (result < 0) {
		ask_error(&g->ask, result == -ENOMEM ? CODE_INTERNAL : CODE_BAD_ARGUMENT, "%s",
			result == -ENOMEM ? "out of memory" : why.error);
		return;
	}
	event_done(&event);
	if (g->dry_run) {
		tell_whom(g);
		return;
	}
	ask_sends(&g->ask);
	delivery_publish(c->delivery, STREAM_REGENERATE, entry.texts, entry.count, on_added, g);
}

/* The date's slate is read anew first. */
static void look_for_slate(struct ask *ask)
{
	struct regenerate *g = (struct regenerate *)ask;
	const struct slate *slate = delivery_slate(ask->context->delivery, g->date);
	if (!slate && clock_mono_us(ask->context->clock) - g->started_us > SLATE_PATIENCE_US) {
		ask_error(ask, CODE_UNAVAILABLE, "the slate cannot be loaded from Redis: %s",
			delivery_state(ask->context->delivery));
		return;
	}
	if (!slate || !find_touched(g, slate))
		return;
	if (g->count == 0 && clock_mono_us(ask->context->clock) - g->started_us <= NOBODY_PATIENCE_US)
		return;
	if (g->count == 0 && g->scope != SCOPE_SLATE) {
		/* An entry for nobody would be done at once, and whoever misspelt a team think that all is well. */
		char text[LOOKUP_SIZE + 64];
		ask_error(ask, CODE_NOT_FOUND, "%s", nobody_text(g, text));
		return;
	}
	ask_rest(ask);
	add_entry(g);
}

static json_t *make_fields(struct admin_request *r, const struct regenerate *g)
{
	static const char *const names[SCOPE_COUNT] = {"player_lookup", "team", "game_id", NULL};
	char date[DATE_SIZE];
	json_t *fields = json_pack("{s:s}", "game_date", date_format(g->date, date));
	if (names[g->scope])
		json_object_set_new(fields, names[g->scope], json_string(g->what));
	if (g->scope == SCOPE_PLAYER)
		json_object_set_new(fields, "exact", json_string("1"));
	if (admin_flag(r, "force"))
		json_object_set_new(fields, "force", json_string("1"));
	if (admin_given(r, "priority"))
		json_object_set_new(
			fields, "priority", json_string(level_name(admin_level(r, "priority", LEVEL_NORMAL))));
	return fields;
}

/* Which scope was asked for; false: the request is ended. */
static bool read_scope(struct admin_request *r, struct admin_context *c, struct regenerate *g)
{
	int given = 0;
	for (int i = 0; i < SCOPE_COUNT; i++) {
		bool this = i >= SCOPE_SLATE ? admin_flag(r, scopes[i]) : admin_given(r, scopes[i]);
		given += this;
		if (this)
			g->scope = (enum scope)i;
	}
	if (given != 1) {
		admin_error(r, CODE_BAD_ARGUMENT,
			"\"regenerate\" wants one of player, team, game, slate and outdated; %d are given", given);
		return false;
	}
	g->date = admin_date(r, "date", admin_today(c));
	if (g->scope == SCOPE_PLAYER && !admin_find_player(c, g->date, admin_text(r, "player"), g->what)) {
		admin_unknown_player(r, c, g->date, admin_text(r, "player"));
		return false;
	}
	if (g->scope == SCOPE_TEAM && !admin_team(r, c, admin_text(r, "team"), g->what))
		return false;
	if (g->scope == SCOPE_GAME && !admin_game(r, c, admin_text(r, "game"), g->what))
		return false;
	/* The game says its date itself. */
	if (g->scope == SCOPE_GAME && !admin_given(r, "date") && strlen(g->what) > 8)
		date_parse(g->what, 8, &g->date);
	return true;
}

static void regenerate(struct admin_request *r, struct admin_context *c)
{
	struct regenerate scope = {.wait = admin_flag(r, "wait"), .dry_run = admin_flag(r, "dry_run")}, *g;
	int64_t timeout_us = admin_duration_us(r, "timeout", 0);
	if (!read_scope(r, c, &scope))
		return;
	if (scope.scope == SCOPE_OUTDATED) {
		admin_regenerate_outdated(r, c);
		return;
	}
	g = ask_new(r, c, sizeof(*g), regenerate_done);
	if (!g)
		return;
	scope.ask = g->ask;
	*g = scope;
	g->fields = make_fields(r, g);
	g->started_us = clock_mono_us(c->clock);
	g->until_us = timeout_us > 0 ? g->started_us + timeout_us : 0;
	g->progress_us = g->started_us + PROGRESS_EVERY_US;
	if (g->scope != SCOPE_PLAYER) {
		delivery_refresh_slate(c->delivery, g->date);
		if (ask_every(&g->ask, LOOK_MS, look_for_slate))
			look_for_slate(&g->ask);
	} else if (touch(g, g->what)) {
		add_entry(g);
	} else {
		ask_error(&g->ask, CODE_INTERNAL, "out of memory");
	}
}

static const struct admin_arg publish_args[] = {
	{.name = "stream", .type = ADMIN_WORD, .words = stream_names, .required = true, .help = "the stream"},
	{.name = "fields",
		.type = ADMIN_OBJECT,
		.from = 1,
		.to = ADMIN_ENTRY_FIELDS,
		.required = true,
		.help = "the entry's fields"},
	{.name = NULL},
};
static const struct admin_arg regenerate_args[] = {
	{.name = "player", .type = ADMIN_NAME, .help = "name or lookup of one player"},
	{.name = "team", .type = ADMIN_TEXT, .from = 1, .to = ADMIN_TEAM_MAX, .help = "the players of a team, as LAL"},
	{.name = "game", .type = ADMIN_TEXT, .from = 10, .to = ADMIN_GAME_MAX, .help = "the players of a game"},
	{.name = "slate", .type = ADMIN_BOOL, .help = "all players of the date"},
	{.name = "outdated", .type = ADMIN_BOOL, .help = "those of the date whose report an older model made"},
	{.name = "dry_run", .type = ADMIN_BOOL, .help = "only say whom it would be for"},
	{.name = "date", .type = ADMIN_DATE, .help = "the game date, else today"},
	{.name = "force", .type = ADMIN_BOOL, .help = "reuse no stage"},
	{.name = "priority", .type = ADMIN_LEVEL, .help = "not below this level"},
	{.name = "wait", .type = ADMIN_BOOL, .help = "answer when all is done"},
	{.name = "timeout",
		.type = ADMIN_DURATION,
		.from = 1000,
		.to = TIMEOUT_MAX_US,
		.help = "with wait: at most so long"},
	{.name = NULL},
};

const struct admin_command admin_events_commands[] = {
	{.name = "regenerate",
		.role = ADMIN_ROLE_OPERATE,
		.changes = true,
		.args = regenerate_args,
		.handler = regenerate,
		.help = "add an entry to the regenerate stream; wait for its end"},
	{.name = "publish",
		.role = ADMIN_ROLE_OPERATE,
		.changes = true,
		.args = publish_args,
		.handler = publish,
		.help = "add an entry to an input stream"},
	{.name = NULL},
};
