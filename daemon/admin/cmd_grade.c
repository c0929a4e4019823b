/*
 * What became of a date's recommendations. Box scores come from the league at hand, reports, lines and what was first
 * given from Redis, a player at a time: so no step of the loop is long, whatever the date's size.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "admin/areas.h"
#include "admin/ask.h"
#include "admin/closing.h"
#include "admin/context.h"
#include "admin/dated.h"
#include "admin/names.h"
#include "admin/request.h"
#include "delivery/contract.h"
#include "delivery/delivery.h"
#include "delivery/lines.h"
#include "delivery/scripts.h"
#include "ingest/event.h"
#include "model/grade.h"

/* The slate, which says when games begin, may have to be read first. */
#define SLATE_LOOK_MS 10
#define SLATE_LOOKS 300
#define PAGE_ROWS 400 /* of some 500 bytes; one player more goes over it */

struct call { /* a recommendation */
	enum market market;
	char book[BOOK_SIZE];
	bool over, alternate, stands; /* it is in the last report before tip-off */
	struct live_quote quote; /* that it is graded at */
	double p; /* of winning, by the report; below 0: not known */
	int64_t given_ms; /* when it was first given; 0: not known */
	struct live_quote given; /* at which it was */
};

enum { CALLS_MAX = 600 }; /* of a player: more than quotes */

struct grade_ask {
	struct ask ask;
	date_t date;
	bool first; /* all that were ever given, as they were first */
	char after[LOOKUP_SIZE];
	int looks;
	char *names; /* of who is left, each with its NUL */
	size_t length, at;
	json_t *rows;
	/* of the player in hand */
	struct call *calls;
	size_t count;
	json_t *report;
	bool late; /* the report was made after tip-off */
};

static void done(struct ask *ask)
{
	struct grade_ask *a = (struct grade_ask *)ask;
	free(a->names);
	free(a->calls);
	json_decref(a->rows);
	json_decref(a->report);
}

/* --- what was recommended --------------------------------------------------------------------------------------- */

static int32_t hundredths(const json_t *object, const char *key)
{
	return (int32_t)lrint(100 * json_number_value(json_object_get(object, key)));
}

static int32_t whole(const json_t *object, const char *key)
{
	return (int32_t)lrint(json_number_value(json_object_get(object, key)));
}

static struct call *find_call(struct grade_ask *a, enum market market, const char *book, bool over)
{
	for (size_t i = 0; i < a->count; i++) {
		struct call *c = &a->calls[i];
		if (!c->alternate && c->market == market && c->over == over && strcmp(c->book, book) == 0)
			return c;
	}
	return NULL;
}

static struct call *add_call(struct grade_ask *a, enum market market, const char *book, bool over)
{
	if (a->count == CALLS_MAX || strlen(book) >= BOOK_SIZE)
		return NULL;
	struct call *c = &a->calls[a->count++];
	*c = (struct call){.market = market, .over = over, .p = -1};
	strcpy(c->book, book);
	return c;
}

/* A price of the last report. */
static void add_standing(struct grade_ask *a, enum market market, const char *book, const json_t *price, bool alternate)
{
	const char *says = json_string_value(json_object_get(price, "recommendation"));
	const json_t *p = json_object_get(price, "p_over");
	if (!says || (strcmp(says, "OVER") != 0 && strcmp(says, "UNDER") != 0))
		return;
	struct call *c = add_call(a, market, book, says[0] == 'O');
	if (!c)
		return;
	c->alternate = alternate;
	c->stands = true;
	c->quote = (struct live_quote){.market = market,
		.line = hundredths(price, "line"),
		.over = whole(price, "over"),
		.under = whole(price, "under")};
	c->given = c->quote;
	if (p)
		c->p = c->over ? json_number_value(p) : 1 - json_number_value(p);
}

static void add_report(struct grade_ask *a)
{
	json_t *figures, *quote, *alternate;
	const char *name, *book;
	enum market market;
	size_t i;
	json_object_foreach (json_object_get(a->report, "markets"), name, figures) {
		if (!market_parse(name, &market))
			continue;
		json_object_foreach (json_object_get(figures, "books"), book, quote) {
			add_standing(a, market, book, quote, false);
			json_array_foreach (json_object_get(quote, "alternates"), i, alternate)
				add_standing(a, market, book, alternate, true);
		}
	}
}

/* "MS VERSION LINE OVER UNDER P SIDE MARKET BOOK" */
static void add_given(struct grade_ask *a, const char *line, size_t length)
{
	char text[256], side[8], name[16];
	long long ms;
	int at, over, under, p, used = 0;
	enum market market;
	text_format(text, sizeof(text), "%.*s", (int)length, line);
	if (sscanf(text, "%lld %*d %d %d %d %d %7s %15s %n", &ms, &at, &over, &under, &p, side, name, &used) != 7 ||
		!used || !market_parse(name, &market))
		return;
	struct call *c = find_call(a, market, text + used, side[0] == 'O');
	if (!c && a->first)
		c = add_call(a, market, text + used, side[0] == 'O');
	if (!c)
		return;
	c->given_ms = ms;
	c->given = (struct live_quote){.market = market, .line = at, .over = over, .under = under};
	if (a->first) {
		c->quote = c->given;
		c->p = p / 1e4;
	}
}

static void collect(struct grade_ask *a, const char *given)
{
	a->count = 0;
	add_report(a);
	while (given && *given) {
		const size_t length = strcspn(given, "\n");
		add_given(a, given, length);
		given += length + (given[length] != '\0');
	}
}

/* --- what became of it ------------------------------------------------------------------------------------------ */

struct outcome { /* of the player */
	uint32_t row; /* NO_INDEX: he did not play */
	const char *void_reason, *pending; /* why nothing counts, or cannot be told yet; NULL */
};

static struct outcome outcome_of(
	const struct grade_ask *a, const struct snapshot *s, const char *player, const struct closing_game *game)
{
	const char *id = json_string_value(json_object_get(a->report, "game_id"));
	struct outcome o = {.row = NO_INDEX};
	if (!id || !id[0])
		id = game->id;
	if (game->status == GAME_POSTPONED || game->status == GAME_CANCELLED) {
		o.void_reason = game->status == GAME_POSTPONED ? "postponed" : "cancelled";
		return o;
	}
	o.row = grade_row(s, player, a->date, id);
	if (o.row == NO_INDEX && grade_has_box_score(s, a->date, id))
		o.void_reason = "did not play";
	else if (o.row == NO_INDEX)
		o.pending = "no box score";
	return o;
}

static void set_result(json_t *row, const struct call *c, const struct snapshot *s, const struct outcome *o)
{
	enum grade grade = o->void_reason ? GRADE_NO_ACTION : GRADE_PENDING;
	const char *reason = o->void_reason ? o->void_reason : o->pending;
	double back;
	if (o->row != NO_INDEX) {
		const double count = grade_count(s, o->row, c->market);
		if (isfinite(count)) {
			grade = grade_bet(c->over, c->quote.line, count);
			json_object_set_new(row, "count", json_real(count));
		} else {
			reason = "no such figure";
		}
	}
	json_object_set_new(row, "result", json_string(grade_name(grade)));
	if (reason)
		json_object_set_new(row, "reason", json_string(reason));
	if (grade_return(grade, c->over ? c->quote.over : c->quote.under, &back))
		json_object_set_new(row, "return", json_real(back));
}

static const struct line_path *path_of(const struct line_paths *paths, const struct call *c)
{
	for (size_t i = 0; i < paths->count && !c->alternate; i++)
		if (paths->paths[i].market == c->market && strcmp(paths->paths[i].book, c->book) == 0)
			return &paths->paths[i];
	return NULL;
}

static void set_close(json_t *row, const struct call *c, const json_t *report, const struct closing_game *game,
	const struct line_paths *paths)
{
	const struct line_path *path = path_of(paths, c);
	const struct line_point *close = NULL;
	const char *why = c->alternate ? "alternate lines are not followed" : "no change of the line is kept";
	double value;
	if (path)
		why = closing_of(game, path, &close);
	if (!close) {
		json_object_set_new(row, "no_close", json_string(why));
		return;
	}
	const struct live_quote last = {
		.market = c->market, .line = close->line, .over = close->over, .under = close->under};
	json_object_set_new(row, "close", closing_point_json(close));
	json_object_set_new(row, "moved", json_real(grade_moved(c->over, c->given.line, close->line) / 100.0));
	if (grade_closing_value(report, c->over, &c->given, &last, &value))
		json_object_set_new(row, "closing_value", json_real(rint(value * 1e4) / 1e4));
}

static void set_price(json_t *row, const char *key, const struct live_quote *q, bool over)
{
	const int32_t price = over ? q->over : q->under;
	if (price)
		json_object_set_new(row, key, json_integer(price));
}

static json_t *call_json(const struct grade_ask *a, const struct call *c, const char *player)
{
	json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:f, s:b}", "player", player, "market", market_name(c->market),
		"book", c->book, "side", c->over ? "OVER" : "UNDER", "line", c->quote.line / 100.0, "stands", c->stands);
	set_price(row, "price", &c->quote, c->over);
	if (c->p >= 0)
		json_object_set_new(row, "p", json_real(c->p));
	if (c->alternate)
		json_object_set_new(row, "alternate", json_true());
	if (a->late)
		json_object_set_new(row, "late", json_true());
	if (c->given_ms > 0) {
		json_object_set_new(row, "given_ms", json_integer(c->given_ms));
		json_object_set_new(row, "given_line", json_real(c->given.line / 100.0));
		set_price(row, "given_price", &c->given, c->over);
	}
	return row;
}

static const char *player_of(const struct grade_ask *a)
{
	return a->names + a->at;
}

/* The last before tip-off, or what stands: then it may be of after it, where a night is played again later, say. */
static void take_report(struct grade_ask *a, const struct value *reply, int64_t tip_ms)
{
	const struct value *last = script_out(reply, LINES_OUT_TIPOFF), *text = script_out(reply, LINES_OUT_REPORT);
	int64_t made_ms;
	if (last->type != VALUE_NIL)
		text = last;
	json_decref(a->report);
	a->report = text->type == VALUE_NIL ? NULL : json_loadb(value_text(text), text->length, 0, NULL);
	const char *made = json_string_value(json_object_get(a->report, "generated_at"));
	a->late = made && tip_ms > 0 && time_parse(made, &made_ms) && made_ms >= tip_ms;
}

static int grade_player(
	struct grade_ask *a, const struct slate *slate, const struct snapshot *s, const struct value *reply)
{
	const struct value *given = script_out(reply, LINES_OUT_GIVEN);
	struct arena *arena = arena_new();
	struct line_paths paths;
	struct closing_game game;
	if (!arena || lines_parse(reply, arena, &paths) < 0) {
		arena_free(arena);
		return -1;
	}
	closing_game(a->ask.context, slate, player_of(a), paths.named, &game);
	take_report(a, reply, game.tip_ms);
	collect(a, given->type == VALUE_NIL ? NULL : value_text(given));
	if (a->count > 0) {
		const struct outcome o = outcome_of(a, s, player_of(a), &game);
		for (size_t i = 0; i < a->count; i++) {
			json_t *row = call_json(a, &a->calls[i], player_of(a));
			set_result(row, &a->calls[i], s, &o);
			set_close(row, &a->calls[i], a->report, &game, &paths);
			json_array_append_new(a->rows, row);
		}
	}
	arena_free(arena);
	return 0;
}

/* --- a page ----------------------------------------------------------------------------------------------------- */

static void on_player(void *arg, const struct value *reply);

static void go_on(struct grade_ask *a)
{
	char date[DATE_SIZE];
	const bool more = a->at < a->length;
	if (more && json_array_size(a->rows) < PAGE_ROWS) {
		ask_sends(&a->ask);
		delivery_lines(a->ask.context->delivery, a->date, player_of(a), true, on_player, a);
		return;
	}
	json_t *data = json_pack("{s:s, s:O}", "date", date_format(a->date, date), "calls", a->rows);
	if (more)
		json_object_set_new(data, "next", json_string(a->after));
	ask_reply(&a->ask, data);
}

static void on_player(void *arg, const struct value *reply)
{
	struct grade_ask *a = arg;
	struct admin_context *c = a->ask.context;
	if (!ask_answered(&a->ask, reply))
		return;
	const struct slate *slate = delivery_slate(c->delivery, a->date);
	const struct snapshot *league = c->ops->league(c->app);
	if (!slate || !league) {
		ask_error(&a->ask, CODE_UNAVAILABLE, "slate or league change just now: try again");
		return;
	}
	if (grade_player(a, slate, league, reply) < 0) {
		ask_error(&a->ask, CODE_INTERNAL, "out of memory");
		return;
	}
	text_format(a->after, sizeof(a->after), "%s", player_of(a));
	a->at += strlen(player_of(a)) + 1;
	go_on(a);
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Who is left, in the order in which pages go on. False: no memory. */
static bool keep_names(struct grade_ask *a, const struct value *reply)
{
	struct str names = {0};
	size_t count = 0;
	const char **left = calloc(reply->count + 1, sizeof(*left));
	if (!left)
		return false;
	for (size_t i = 0; i < reply->count; i++) {
		const char *name = value_text(&reply->items[i]);
		if (strcmp(name, a->after) > 0)
			left[count++] = name;
	}
	qsort(left, count, sizeof(*left), by_bytes);
	for (size_t i = 0; i < count; i++)
		str_bytes(&names, left[i], strlen(left[i]) + 1);
	free(left);
	if (names.failed) {
		str_done(&names);
		return false;
	}
	a->names = names.data;
	a->length = names.length;
	return true;
}

static void on_names(void *arg, const struct value *reply)
{
	struct grade_ask *a = arg;
	if (!ask_answered(&a->ask, reply))
		return;
	if (keep_names(a, reply))
		go_on(a);
	else
		ask_error(&a->ask, CODE_INTERNAL, "out of memory");
}

static void look(struct ask *ask)
{
	struct grade_ask *a = (struct grade_ask *)ask;
	struct delivery *d = ask->context->delivery;
	struct date_trouble trouble;
	if (delivery_slate(d, a->date)) {
		ask_rest(ask);
		ask_sends(ask);
		delivery_ran(d, a->date, on_names, a);
	} else if (delivery_date_waits(d, a->date, &trouble)) {
		ask_error(ask, CODE_UNAVAILABLE, "%s", trouble.why);
	} else if (++a->looks == SLATE_LOOKS) {
		ask_error(ask, CODE_UNAVAILABLE, "the slate cannot be loaded from Redis: %s", delivery_state(d));
	}
}

static void grade(struct admin_request *r, struct admin_context *c)
{
	if (!c->ops->league(c->app)) {
		admin_error(
			r, CODE_REFUSED, "there is no league database (league.database), and box scores come from it");
		return;
	}
	struct grade_ask *a = ask_new(r, c, sizeof(*a), done);
	if (!a)
		return;
	a->date = admin_date(r, "date", admin_today(c));
	a->first = admin_flag(r, "first");
	if (admin_given(r, "after"))
		text_format(a->after, sizeof(a->after), "%s", admin_text(r, "after"));
	a->calls = calloc(CALLS_MAX, sizeof(*a->calls));
	a->rows = json_array();
	if (!a->calls || !a->rows)
		ask_error(&a->ask, CODE_INTERNAL, "out of memory");
	else if (ask_every(&a->ask, SLATE_LOOK_MS, look) && delivery_slate(c->delivery, a->date))
		look(&a->ask);
}

static const struct admin_arg grade_args[] = {
	{.name = "date", .type = ADMIN_DATE, .help = "the game date, else today"},
	{.name = "first", .type = ADMIN_BOOL, .help = "all that were ever recommended, at their first line and price"},
	{.name = "after", .type = ADMIN_TEXT, .help = "a page: what follows this player"},
	{.name = NULL},
};

const struct admin_command admin_grade_commands[] = {
	{.name = "grade",
		.role = ADMIN_ROLE_VIEW,
		.args = grade_args,
		.handler = admin_dated,
		.dated = grade,
		.help = "what became of a date's recommendations, by the box scores"},
	{.name = NULL},
};
