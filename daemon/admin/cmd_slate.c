/* Tonight: what the slate is, and changes to it from a file. */
#include <errno.h>
#include <string.h>

#include "admin/areas.h"
#include "admin/ask.h"
#include "admin/context.h"
#include "admin/dated.h"
#include "admin/entry.h"
#include "admin/names.h"
#include "admin/request.h"
#include "delivery/delivery.h"
#include "slate/slate.h"

#define LOAD_MAX 100 /* entries of one request, which its length bounds too */

static json_t *game_json(const struct slate *slate, const struct slate_game *game)
{
	const struct slate_team *away = slate_team(slate, game->away), *home = slate_team(slate, game->home);
	json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:b}", "game_id", game->id, "away", game->away, "home",
		game->home, "status", game_status_name(game->status), "away_players",
		(json_int_t)(away ? away->count : 0), "home_players", (json_int_t)(home ? home->count : 0),
		"overridden", game->overridden);
	if (game->tip_ms > 0)
		json_object_set_new(row, "tip_ms", json_integer(game->tip_ms));
	return row;
}

/* Everybody on the roster of a team that plays, and whom events took off one. */
static json_t *players_json(const struct slate *slate)
{
	json_t *players = json_array();
	const struct slate_member *m = NULL;
	while ((m = slate_next_member(slate, m))) {
		const struct slate_team *team = slate_team(slate, m->team);
		if (!m->overridden && (!m->active || !team || !team->game))
			continue;
		json_array_append_new(players,
			json_pack("{s:s, s:s, s:s, s:b, s:b}", "player", m->lookup, "team", m->team, "default_team",
				m->default_team, "active", m->active, "overridden", m->overridden));
	}
	return players;
}

static json_t *slate_json(const struct slate *slate)
{
	const struct slate_game *games;
	size_t count = slate_games(slate, &games);
	json_t *list = json_array();
	char date[DATE_SIZE];
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, game_json(slate, &games[i]));
	return json_pack("{s:s, s:o, s:o}", "date", date_format(slate_date(slate), date), "games", list, "players",
		players_json(slate));
}

/* The slate is read anew, as another instance may have changed it: looked at again until it is there. */
#define SLATE_LOOK_MS 10
#define SLATE_LOOKS 300

struct slate_ask {
	struct ask ask;
	date_t date;
	int looks;
};

static void look_for_slate(struct ask *ask)
{
	struct slate_ask *a = (struct slate_ask *)ask;
	const struct slate *slate = delivery_slate(ask->context->delivery, a->date);
	struct date_trouble trouble;
	if (slate)
		ask_reply(ask, slate_json(slate));
	else if (delivery_date_waits(ask->context->delivery, a->date, &trouble))
		ask_error(ask, CODE_UNAVAILABLE, "%s", trouble.why);
	else if (++a->looks == SLATE_LOOKS)
		ask_error(ask, CODE_UNAVAILABLE, "the slate cannot be loaded from Redis: %s",
			delivery_state(ask->context->delivery));
}

static void slate(struct admin_request *r, struct admin_context *c)
{
	date_t date = admin_date(r, "date", admin_today(c));
	delivery_refresh_slate(c->delivery, date);
	const struct slate *now = delivery_slate(c->delivery, date);
	if (now) {
		admin_reply(r, slate_json(now));
		return;
	}
	struct slate_ask *a = ask_new(r, c, sizeof(*a), NULL);
	if (!a)
		return;
	a->date = date;
	ask_every(&a->ask, SLATE_LOOK_MS, look_for_slate);
}

/* --- load ------------------------------------------------------------------------------------------------------- */

struct load {
	struct ask ask;
	json_t *entries; /* owned: Redis is sent what was checked */
	size_t added;
};

static void load_done(struct ask *ask)
{
	json_decref(((struct load *)ask)->entries);
}

static void on_added(void *arg, const struct value *reply)
{
	struct load *l = arg;
	if (!ask_answered(&l->ask, reply))
		return;
	if (++l->added == json_array_size(l->entries))
		ask_reply(&l->ask, json_pack("{s:s, s:I}", "stream", "slate", "entries", (json_int_t)l->added));
}

/* Tells which entry is wrong; true: none is. */
static bool check_entries(struct admin_request *r, struct admin_context *c, json_t *entries)
{
	size_t i;
	json_t *object;
	json_array_foreach (entries, i, object) {
		struct admin_entry entry;
		struct event event;
		struct malformed why;
		int result = admin_entry_make(c, STREAM_SLATE, object, &entry, &event, &why);
		if (result == 0) {
			event_done(&event);
			continue;
		}
		if (result == -EINVAL)
			admin_error_data(r, CODE_BAD_ARGUMENT,
				json_pack("{s:I, s:s, s:s}", "entry", (json_int_t)i, "field", why.field, "reason",
					why.error),
				"entry %zu: %s", i, why.error);
		else
			admin_reply(r, NULL);
		return false;
	}
	return true;
}

static void slate_load(struct admin_request *r, struct admin_context *c)
{
	json_t *entries = admin_json(r, "entries");
	if (admin_flag(r, "check"))
		admin_audit(r, NULL);
	if (!check_entries(r, c, entries))
		return;
	if (admin_flag(r, "check")) {
		admin_reply(
			r, json_pack("{s:s, s:I}", "stream", "slate", "entries", (json_int_t)json_array_size(entries)));
		return;
	}
	struct load *l = ask_new(r, c, sizeof(*l), load_done);
	if (!l)
		return;
	l->entries = json_incref(entries);
	/* All are counted as sent first: a reply may come from inside the call, and must not end the ask. */
	size_t count = json_array_size(entries);
	for (size_t i = 0; i < count; i++)
		ask_sends(&l->ask);
	for (size_t i = 0; i < count; i++) {
		struct admin_entry entry;
		struct event event;
		struct malformed why;
		if (admin_entry_make(c, STREAM_SLATE, json_array_get(entries, i), &entry, &event, &why) < 0) {
			on_added(l, NULL); /* memory ran out since the check */
			continue;
		}
		event_done(&event);
		delivery_publish(c->delivery, STREAM_SLATE, entry.texts, entry.count, on_added, l);
	}
}

static const struct admin_arg slate_args[] = {
	{.name = "date", .type = ADMIN_DATE, .help = "the game date, else today"},
	{.name = NULL},
};
static const struct admin_arg slate_load_args[] = {
	{.name = "entries",
		.type = ADMIN_LIST,
		.from = 1,
		.to = LOAD_MAX,
		.required = true,
		.help = "fields of the slate entries"},
	{.name = "check", .type = ADMIN_BOOL, .help = "check them only"},
	{.name = NULL},
};

const struct admin_command admin_slate_commands[] = {
	{.name = "slate",
		.role = ADMIN_ROLE_VIEW,
		.args = slate_args,
		.handler = admin_dated,
		.dated = slate,
		.help = "the games of a date and who plays in them"},
	{.name = "slate-load",
		.role = ADMIN_ROLE_OPERATE,
		.changes = true,
		.args = slate_load_args,
		.handler = slate_load,
		.help = "add entries to the slate stream"},
	{.name = NULL},
};
