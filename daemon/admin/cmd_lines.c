/* How a player's lines moved, and where they closed. */
#include <stdlib.h>
#include <string.h>

#include "admin/areas.h"
#include "admin/ask.h"
#include "admin/closing.h"
#include "admin/context.h"
#include "admin/dated.h"
#include "admin/names.h"
#include "admin/request.h"
#include "delivery/delivery.h"
#include "delivery/lines.h"
#include "ingest/event.h"
#include "slate/slate.h"

/* The slate, which says when the game begins, may have to be read first. */
#define SLATE_LOOK_MS 10
#define SLATE_LOOKS 300

struct lines_ask {
	struct ask ask;
	date_t date;
	char lookup[LOOKUP_SIZE];
	bool any_market;
	enum market market;
	char book[BOOK_SIZE]; /* "": any */
	int looks;
};

static json_t *path_json(const struct line_path *path, const struct closing_game *game)
{
	const struct line_point *close = NULL;
	json_t *points = json_array();
	for (size_t i = 0; i < path->count; i++)
		json_array_append_new(points, closing_point_json(&path->points[i]));
	json_t *row =
		json_pack("{s:s, s:s, s:o}", "market", market_name(path->market), "book", path->book, "points", points);
	const char *why = closing_of(game, path, &close);
	if (why)
		json_object_set_new(row, "no_close", json_string(why));
	else
		json_object_set_new(row, "close", closing_point_json(close));
	return row;
}

static void answer(struct lines_ask *a, const struct slate *slate, const struct line_paths *paths)
{
	char date[DATE_SIZE];
	struct closing_game game;
	json_t *list = json_array();

	closing_game(a->ask.context, slate, a->lookup, paths->named, &game);
	for (size_t i = 0; i < paths->count; i++) {
		const struct line_path *path = &paths->paths[i];
		if ((a->any_market || path->market == a->market) && (!a->book[0] || strcmp(path->book, a->book) == 0))
			json_array_append_new(list, path_json(path, &game));
	}
	json_t *data =
		json_pack("{s:s, s:s, s:s, s:I, s:b, s:o}", "player", a->lookup, "date", date_format(a->date, date),
			"game_id", game.id, "kept", (json_int_t)paths->kept, "cut", paths->cut, "paths", list);
	if (game.tip_ms > 0)
		json_object_set_new(data, "tip_ms", json_integer(game.tip_ms));
	ask_reply(&a->ask, data);
}

static void on_lines(void *arg, const struct value *reply)
{
	struct lines_ask *a = arg;
	struct line_paths paths;
	if (!ask_answered(&a->ask, reply))
		return;
	const struct slate *slate = delivery_slate(a->ask.context->delivery, a->date);
	struct arena *arena = arena_new();
	if (!slate)
		ask_error(&a->ask, CODE_UNAVAILABLE, "the slate changes just now: try again");
	else if (!arena || lines_parse(reply, arena, &paths) < 0)
		ask_error(&a->ask, CODE_INTERNAL, "out of memory");
	else
		answer(a, slate, &paths);
	arena_free(arena);
}

static void look(struct ask *ask)
{
	struct lines_ask *a = (struct lines_ask *)ask;
	struct delivery *d = ask->context->delivery;
	struct date_trouble trouble;
	char lookup[LOOKUP_SIZE];
	if (!delivery_slate(d, a->date)) {
		if (delivery_date_waits(d, a->date, &trouble))
			ask_error(ask, CODE_UNAVAILABLE, "%s", trouble.why);
		else if (++a->looks == SLATE_LOOKS)
			ask_error(ask, CODE_UNAVAILABLE, "the slate cannot be loaded from Redis: %s", delivery_state(d));
		return;
	}
	ask_rest(ask);
	if (!admin_find_player(ask->context, a->date, a->lookup, lookup)) {
		ask_unknown_player(ask, a->date, a->lookup);
		return;
	}
	strcpy(a->lookup, lookup);
	ask_sends(ask);
	delivery_lines(d, a->date, a->lookup, false, on_lines, a);
}

static void lines(struct admin_request *r, struct admin_context *c)
{
	const char *market = admin_given(r, "market") ? admin_text(r, "market") : NULL;
	enum market wanted = MARKET_POINTS;
	if (market && !market_parse(market, &wanted)) {
		admin_error(r, CODE_BAD_ARGUMENT, "market: read \"%s\", allowed are %s", market, market_names());
		return;
	}
	struct lines_ask *a = ask_new(r, c, sizeof(*a), NULL);
	if (!a)
		return;
	a->date = admin_date(r, "date", admin_today(c));
	a->any_market = !market;
	a->market = wanted;
	if (admin_given(r, "book"))
		text_format(a->book, sizeof(a->book), "%s", admin_text(r, "book"));
	text_format(a->lookup, sizeof(a->lookup), "%s", admin_text(r, "player"));
	if (ask_every(&a->ask, SLATE_LOOK_MS, look) && delivery_slate(c->delivery, a->date))
		look(&a->ask);
}

static const struct admin_arg lines_args[] = {
	{.name = "player", .type = ADMIN_NAME, .required = true, .help = "name or lookup"},
	{.name = "market", .type = ADMIN_TEXT, .help = "only this one, as points or pra"},
	{.name = "book", .type = ADMIN_TEXT, .to = 63, .from = 1, .help = "only this one"},
	{.name = "date", .type = ADMIN_DATE, .help = "the game date, else today"},
	{.name = NULL},
};

const struct admin_command admin_lines_commands[] = {
	{.name = "lines",
		.role = ADMIN_ROLE_VIEW,
		.args = lines_args,
		.handler = admin_dated,
		.dated = lines,
		.help = "how a player's lines moved, book by book, and where they closed"},
	{.name = NULL},
};
