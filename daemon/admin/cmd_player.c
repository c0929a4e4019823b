/* Players: the list, one of them, his report. */
#include <stdlib.h>
#include <string.h>

#include "admin/areas.h"
#include "admin/ask.h"
#include "admin/context.h"
#include "admin/dated.h"
#include "admin/day.h"
#include "admin/names.h"
#include "admin/request.h"
#include "admin/standing.h"
#include "admin/teams.h"
#include "base/str.h"
#include "delivery/delivery.h"
#include "league/snapshot.h"
#include "regen/regen.h"

#define DAYS_SHOWN 8
#define KEY_SIZE (DATE_SIZE + LOOKUP_SIZE + 12) /* "2025-11-15/lebronjames", "2025-11-15/lebronjames/precompute" */

static const char *const states[] = {"idle", "waiting", "beginning", "running", "backing-off", NULL};
static const char *const orders[] = {"service", "name", NULL};

static json_t *view_json(const struct player_view *v)
{
	char date[DATE_SIZE];
	json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:s}", "player",
		v->lookup, "date", date_format(v->date, date), "state", player_state_name(v->state), "level",
		level_name(v->level), "reason", v->reason ? v->reason : "", "place", (json_int_t)v->place, "waited_ms",
		(json_int_t)(v->waited_us / 1000), "running_ms", (json_int_t)(v->running_us / 1000), "causes",
		(json_int_t)v->causes, "committed", (json_int_t)v->committed, "runs", (json_int_t)v->runs, "failures",
		(json_int_t)v->failures, "last_commit_ms", (json_int_t)v->last_commit_ms, "last_run_ms",
		(double)v->last_run_us / 1000, "last_error", v->last_error);
	json_object_set_new(row, "phase", json_string(phase_name(v->phase)));
	return row;
}

/*
 * A list of players: those that match, up to the limit, either in the order of service or by date and name.
 * The second has pages: of all that come after a key the smallest are kept in a heap, so a page costs one
 * walk over the table and nothing is kept between pages.
 */
struct listing {
	bool any_state, any_level, any_date, by_name;
	int state;
	enum level level;
	date_t date;
	char after[KEY_SIZE];
	const struct admin_context *context;
	char team[LOOKUP_SIZE], game[LOOKUP_SIZE]; /* "": any */
	size_t limit, matching;
	size_t count;
	struct listed {
		char key[KEY_SIZE];
		json_t *row;
	} * rows; /* by name: a heap, the largest key first */
};

static void listed_key(const struct player_view *v, char key[KEY_SIZE])
{
	char date[DATE_SIZE];
	const bool report = v->phase == PHASE_REPORT;
	text_format(key, KEY_SIZE, "%s/%s%s%s", date_format(v->date, date), v->lookup, report ? "" : "/",
		report ? "" : phase_name(v->phase));
}

static bool matches(const struct listing *l, const struct player_view *v)
{
	return (l->any_state || (int)v->state == l->state) && (l->any_level || v->level == l->level) &&
	       (l->any_date || v->date == l->date);
}

/* Where he plays on that date, as far as the slate knows. */
static struct slate_place place_of(const struct listing *l, const struct player_view *v)
{
	const struct slate *slate = delivery_slate(l->context->delivery, v->date);
	return slate ? slate_place(slate, v->lookup, "", "") : (struct slate_place){.team = "", .game = ""};
}

static bool plays(const struct listing *l, const struct player_view *v)
{
	if (!l->team[0] && !l->game[0])
		return true;
	const struct slate_place place = place_of(l, v);
	return (!l->team[0] || strcmp(place.team, l->team) == 0) && (!l->game[0] || strcmp(place.game, l->game) == 0);
}

static json_t *row_json(const struct listing *l, const struct player_view *v)
{
	json_t *row = view_json(v);
	const struct slate_place place = place_of(l, v);
	if (place.team[0])
		json_object_set_new(row, "team", json_string(place.team));
	if (place.game[0])
		json_object_set_new(row, "game_id", json_string(place.game));
	return row;
}

static void sift_down(struct listing *l)
{
	size_t at = 0;
	for (;;) {
		size_t child = 2 * at + 1;
		if (child + 1 < l->count && strcmp(l->rows[child + 1].key, l->rows[child].key) > 0)
			child++;
		if (child >= l->count || strcmp(l->rows[child].key, l->rows[at].key) <= 0)
			return;
		struct listed swap = l->rows[at];
		l->rows[at] = l->rows[child];
		l->rows[child] = swap;
		at = child;
	}
}

static void sift_up(struct listing *l)
{
	size_t at = l->count - 1;
	while (at > 0 && strcmp(l->rows[at].key, l->rows[(at - 1) / 2].key) > 0) {
		struct listed swap = l->rows[at];
		l->rows[at] = l->rows[(at - 1) / 2];
		l->rows[(at - 1) / 2] = swap;
		at = (at - 1) / 2;
	}
}

static void keep_by_name(struct listing *l, const struct player_view *v)
{
	char key[KEY_SIZE];
	listed_key(v, key);
	if (strcmp(key, l->after) <= 0)
		return;
	if (l->count == l->limit) {
		if (strcmp(key, l->rows[0].key) >= 0)
			return;
		json_decref(l->rows[0].row);
		l->rows[0].row = row_json(l, v);
		strcpy(l->rows[0].key, key);
		sift_down(l);
		return;
	}
	l->rows[l->count].row = row_json(l, v);
	strcpy(l->rows[l->count++].key, key);
	sift_up(l);
}

static bool take_view(void *arg, const struct player_view *v)
{
	struct listing *l = arg;
	if (!matches(l, v) || !plays(l, v))
		return true;
	l->matching++;
	if (l->by_name)
		keep_by_name(l, v);
	else if (l->count < l->limit)
		l->rows[l->count++].row = row_json(l, v);
	return true;
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(((const struct listed *)a)->key, ((const struct listed *)b)->key);
}

static json_t *listing_json(struct listing *l)
{
	json_t *players = json_array();
	if (l->by_name)
		qsort(l->rows, l->count, sizeof(*l->rows), compare_keys);
	for (size_t i = 0; i < l->count; i++)
		json_array_append_new(players, l->rows[i].row);
	json_t *data = json_pack("{s:o, s:I}", "players", players, "matching", (json_int_t)l->matching);
	if (l->by_name && l->count == l->limit)
		json_object_set_new(data, "next", json_string(l->rows[l->count - 1].key));
	return data;
}

static void players(struct admin_request *r, struct admin_context *c)
{
	struct listing l = {
		.any_state = !admin_given(r, "state"),
		.state = admin_word(r, "state", 0),
		.any_level = !admin_given(r, "level"),
		.level = admin_level(r, "level", LEVEL_NORMAL),
		.any_date = !admin_given(r, "date"),
		.date = admin_date(r, "date", 0),
		.by_name = admin_word(r, "order", 0) == 1,
		.context = c,
		.limit = (size_t)admin_int(r, "limit", PROTOCOL_PAGE_MAX),
	};
	text_format(l.after, sizeof(l.after), "%s", admin_given(r, "after") ? admin_text(r, "after") : "");
	if ((admin_given(r, "team") && !admin_team(r, c, admin_text(r, "team"), l.team)) ||
		(admin_given(r, "game") && !admin_game(r, c, admin_text(r, "game"), l.game)))
		return;
	l.rows = calloc(l.limit, sizeof(*l.rows));
	if (!l.rows) {
		admin_reply(r, NULL);
		return;
	}
	regen_players(c->regen, l.any_state || l.state == PLAYER_IDLE, take_view, &l);
	if (l.matching > 0 || admin_team_is_known(r, c, l.team))
		admin_reply(r, listing_json(&l));
	free(l.rows);
}

/* --- one player ------------------------------------------------------------------------------------------------- */

static void set_text(json_t *object, const char *key, const char *text)
{
	if (text && text[0] != '\0')
		json_object_set_new(object, key, json_string(text));
}

static void add_place(json_t *day, struct admin_context *c, date_t date, const char *lookup)
{
	const struct slate *slate = delivery_slate(c->delivery, date);
	if (!slate)
		return;
	struct slate_place place = slate_place(slate, lookup, "", "");
	set_text(day, "game_id", place.game);
	set_text(day, "team", place.team);
	set_text(day, "opponent", place.opponent);
	if (place.home >= 0)
		json_object_set_new(day, "home", json_boolean(place.home));
	if (!place.facts)
		return;
	set_text(day, "game_status", game_status_name(place.facts->status));
	if (place.facts->tip_ms > 0)
		json_object_set_new(day, "tip_ms", json_integer(place.facts->tip_ms));
}

/* The one of the kind that counts for him on the date; NULL: none. */
static const struct order *order_of(const struct admin_context *c, enum order_kind kind, date_t date, const char *lookup)
{
	const struct slate *slate = delivery_slate(c->delivery, date);
	const struct slate_place place =
		slate ? slate_place(slate, lookup, "", "") : (struct slate_place){.game = "", .team = ""};
	return delivery_order_of_player(c->delivery, kind, date, lookup, place.game, place.team);
}

static void add_orders(json_t *day, struct admin_context *c, date_t date, const char *lookup)
{
	static const char *const names[ORDER_KINDS] = {
		[ORDER_PRIORITY] = "order", [ORDER_PAUSE] = "paused", [ORDER_MUTE] = "muted"};
	for (int kind = 0; kind < ORDER_KINDS; kind++) {
		const struct order *order = order_of(c, (enum order_kind)kind, date, lookup);
		if (!order)
			continue;
		json_t *row = admin_order_json(order);
		if (order->until_ms == 0)
			json_object_set_new(row, "until_ms", json_integer(0));
		json_object_set_new(day, names[kind], row);
	}
}

static bool is_ordered(const struct admin_context *c, date_t date, const char *lookup)
{
	bool any = false;
	for (int kind = 0; kind < ORDER_KINDS; kind++)
		any |= order_of(c, (enum order_kind)kind, date, lookup) != NULL;
	return any;
}

json_t *admin_day_json(struct admin_context *c, date_t date, const char *lookup)
{
	struct player_view view;
	if (!regen_player(c->regen, PHASE_REPORT, date, lookup, &view))
		view = (struct player_view){
			.date = date, .lookup = lookup, .state = PLAYER_IDLE, .level = LEVEL_NORMAL, .last_error = ""};
	json_t *day = view_json(&view);
	json_object_del(day, "player");
	if (regen_player(c->regen, PHASE_PRECOMPUTE, date, lookup, &view)) {
		json_t *precompute = view_json(&view);
		json_object_del(precompute, "player");
		json_object_del(precompute, "date");
		json_object_set_new(day, "precompute", precompute);
	}
	add_place(day, c, date, lookup);
	add_orders(day, c, date, lookup);
	return day;
}

/*
 * What this process has not committed itself another one may have, or it did before its restart: the report says so. So
 * Redis is asked for each day of which nothing is known here, and without a date for the days around today, too.
 */
struct player_ask {
	struct ask ask;
	char lookup[LOOKUP_SIZE];
	json_t *data;
	bool certain; /* that there is such a player */
	size_t count, left;
	struct player_day {
		struct player_ask *owner;
		date_t date;
		json_t *day; /* borrowed */
		bool only_if_there; /* nothing but a report would make it worth showing */
	} days[DAYS_SHOWN];
};

static void player_done(struct ask *ask)
{
	json_decref(((struct player_ask *)ask)->data);
}

static void add_report(json_t *day, const struct value *reply)
{
	json_t *report = json_loadb(value_text(reply), (size_t)reply->length, 0, NULL);
	const char *made = json_string_value(json_object_get(report, "generated_at"));
	const json_t *version = json_object_get(report, "version");
	int64_t made_ms;
	if (json_is_integer(version))
		json_object_set(day, "committed", (json_t *)version);
	if (made && time_parse(made, &made_ms))
		json_object_set_new(day, "last_commit_ms", json_integer(made_ms));
	json_decref(report);
}

static void player_answer(struct player_ask *a)
{
	json_t *days = json_object_get(a->data, "days");
	for (size_t i = a->count; i-- > 0;)
		if (a->days[i].only_if_there)
			json_array_remove(days, i);
	if (json_array_size(days) == 0) {
		ask_unknown_player(&a->ask, admin_today(a->ask.context), a->lookup);
		return;
	}
	json_t *data = a->data;
	a->data = NULL;
	ask_reply(&a->ask, data);
}

static void on_players_report(void *arg, const struct value *reply)
{
	struct player_day *d = arg;
	struct player_ask *a = d->owner;
	if (!ask_came(&a->ask))
		return;
	if (reply && reply->type != VALUE_NIL && !value_is_error(reply)) {
		add_report(d->day, reply);
		d->only_if_there = false;
	}
	if (--a->left == 0)
		player_answer(a);
}

static void ask_for_reports(struct player_ask *a)
{
	struct admin_context *c = a->ask.context;
	a->left = 1; /* an answer may come from inside the call */
	for (size_t i = 0; i < a->count; i++) {
		struct player_day *d = &a->days[i];
		if (json_integer_value(json_object_get(d->day, "committed")) > 0 || !delivery_ready(c->delivery))
			continue;
		a->left++;
		ask_sends(&a->ask);
		delivery_report(c->delivery, d->date, a->lookup, PHASE_REPORT, on_players_report, d);
	}
	if (--a->left == 0)
		player_answer(a);
}

static bool is_member(const struct admin_context *c, date_t date, const char *lookup)
{
	const struct slate *slate = delivery_slate(c->delivery, date);
	return slate && slate_member(slate, lookup);
}

bool admin_day_is_known(struct admin_context *c, date_t date, const char *lookup)
{
	date_t dates[1];
	return c->ops->league(c->app) || regen_dates(c->regen, lookup, dates, 1) > 0 || is_member(c, date, lookup) ||
	       is_ordered(c, date, lookup);
}

/* Those that are known here; if none is and no date was given, yesterday and the days to come, the newest first. */
static void add_days(struct player_ask *a, const date_t *dates, size_t known, bool around)
{
	struct admin_context *c = a->ask.context;
	const date_t today = admin_today(c);
	json_t *days = json_object_get(a->data, "days");
	for (size_t i = 0; i < known; i++)
		a->days[a->count++].date = dates[i];
	for (date_t date = today + DAYS_SHOWN - 2; around && known == 0 && date >= today - 1; date--) {
		a->days[a->count].only_if_there = date != today || !a->certain;
		a->days[a->count++].date = date;
	}
	for (size_t i = 0; i < a->count; i++) {
		a->days[i].owner = a;
		a->days[i].day = admin_day_json(c, a->days[i].date, a->lookup);
		json_array_append_new(days, a->days[i].day);
	}
}

static void player(struct admin_request *r, struct admin_context *c)
{
	date_t today = admin_today(c), dates[DAYS_SHOWN];
	date_t date = admin_date(r, "date", today);
	const bool dated = admin_given(r, "date");
	char lookup[LOOKUP_SIZE];
	size_t count = 1;
	if (!admin_find_player(c, date, admin_text(r, "player"), lookup)) {
		admin_unknown_player(r, c, date, admin_text(r, "player"));
		return;
	}
	if (dated)
		dates[0] = date;
	else
		count = regen_dates(c->regen, lookup, dates, DAYS_SHOWN);
	struct player_ask *a = ask_new(r, c, sizeof(*a), player_done);
	if (!a)
		return;
	strcpy(a->lookup, lookup);
	/* Without a league any name may be a player's, but nothing can be said of one that never came up. */
	a->certain = admin_day_is_known(c, date, lookup);
	a->data = json_pack("{s:s, s:[]}", "player", lookup, "days");
	if (!a->data) {
		ask_error(&a->ask, CODE_INTERNAL, "out of memory");
		return;
	}
	add_days(a, dates, count, !dated);
	const struct snapshot *league = c->ops->league(c->app);
	uint32_t index = league ? snapshot_player(league, lookup, date) : NO_INDEX;
	if (index != NO_INDEX)
		set_text(a->data, "name", league->player[index].name);
	ask_for_reports(a);
}

/* --- report ----------------------------------------------------------------------------------------------------- */

struct report_ask {
	struct ask ask;
	date_t date;
	char lookup[LOOKUP_SIZE];
	enum phase phase;
};

static void on_report(void *arg, const struct value *reply)
{
	struct report_ask *a = arg;
	char date[DATE_SIZE];
	if (!ask_answered(&a->ask, reply))
		return;
	if (reply->type == VALUE_NIL)
		ask_error(&a->ask, CODE_NOT_FOUND, "there is no %s of %s for %s",
			a->phase == PHASE_PRECOMPUTE ? "output of precompute" : "report", a->lookup,
			date_format(a->date, date));
	else
		ask_reply(&a->ask, json_pack("{s:s, s:s, s:s#}", "player", a->lookup, "date", date_format(a->date, date),
					   "report", value_text(reply), (size_t)reply->length));
}

static void report(struct admin_request *r, struct admin_context *c)
{
	date_t date = admin_date(r, "date", admin_today(c));
	char lookup[LOOKUP_SIZE];
	if (!admin_find_player(c, date, admin_text(r, "player"), lookup)) {
		admin_unknown_player(r, c, date, admin_text(r, "player"));
		return;
	}
	struct report_ask *a = ask_new(r, c, sizeof(*a), NULL);
	if (!a)
		return;
	a->date = date;
	strcpy(a->lookup, lookup);
	a->phase = admin_word(r, "phase", 0) == 1 ? PHASE_PRECOMPUTE : PHASE_REPORT;
	ask_sends(&a->ask);
	delivery_report(c->delivery, date, a->lookup, a->phase, on_report, a);
}

static const struct admin_arg players_args[] = {
	{.name = "state", .type = ADMIN_WORD, .words = states, .help = "only players in this state"},
	{.name = "level", .type = ADMIN_LEVEL, .help = "only players at this level"},
	{.name = "date", .type = ADMIN_DATE, .help = "only players of this game date"},
	{.name = "team", .type = ADMIN_TEXT, .help = "only players of this team"},
	{.name = "game", .type = ADMIN_TEXT, .help = "only players of this game"},
	{.name = "order",
		.type = ADMIN_WORD,
		.words = orders,
		.help = "service (the default): as they are served; name: by date and name, in pages"},
	{.name = "after", .type = ADMIN_TEXT, .help = "with order name: `next` of the page before"},
	{.name = "limit", .type = ADMIN_INT, .from = 1, .to = PROTOCOL_PAGE_MAX, .help = "at most so many"},
	{.name = NULL},
};
static const struct admin_arg player_args[] = {
	{.name = "player", .type = ADMIN_NAME, .required = true, .help = "name or lookup"},
	{.name = "date", .type = ADMIN_DATE, .help = "the game date, else all that are known or today"},
	{.name = NULL},
};
static const char *const phases[] = {"report", "precompute", NULL};
static const struct admin_arg report_args[] = {
	{.name = "player", .type = ADMIN_NAME, .required = true, .help = "name or lookup"},
	{.name = "date", .type = ADMIN_DATE, .help = "the game date, else today"},
	{.name = "phase", .type = ADMIN_WORD, .words = phases, .help = "precompute: its output; else the report"},
	{.name = NULL},
};

const struct admin_command admin_player_commands[] = {
	{.name = "players",
		.role = ADMIN_ROLE_VIEW,
		.args = players_args,
		.handler = admin_dated,
		.dated = players,
		.help = "the players that the daemon knows"},
	{.name = "player",
		.role = ADMIN_ROLE_VIEW,
		.args = player_args,
		.handler = admin_dated,
		.dated = player,
		.help = "all about one player"},
	{.name = "report",
		.role = ADMIN_ROLE_VIEW,
		.args = report_args,
		.handler = report,
		.help = "a player's committed report, as text"},
	{.name = NULL},
};
