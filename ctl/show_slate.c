#include "show.h"

#include "facts.h"
#include "table.h"
#include "text.h"

static void game_row(struct table *table, const json_t *game)
{
	char tip[SHORT_SIZE];
	int64_t tip_ms = int_of(game, "tip_ms", 0);
	table_cell(table, 0, "%s", text_of(game, "game_id"));
	table_cell(table, 1, "%s", tip_ms > 0 ? clock_text(tip_ms, tip) : "unknown");
	table_cell(table, 2, "%s", text_of(game, "status"));
	table_cell(table, 3, "%lld", (long long)int_of(game, "away_players", 0));
	table_cell(table, 4, "%lld", (long long)int_of(game, "home_players", 0));
	table_cell(table, 5, "%s", json_is_true(json_object_get(game, "overridden")) ? "event" : "schedule");
}

static void show_games(struct ctl *ctl, const json_t *games)
{
	static const struct table_column columns[] = {
		{"GAME", 0}, {"TIP", 0}, {"STATUS", 0}, {"AWAY", TABLE_RIGHT}, {"HOME", TABLE_RIGHT}, {"SET BY", 0}};
	table_of(ctl, columns, sizeof(columns) / sizeof(*columns), games, game_row);
}

/* Only what events changed: the default rosters are in the league. */
static void show_overrides(struct ctl *ctl, const json_t *players)
{
	static const struct table_column columns[] = {{"PLAYER", TABLE_CUT}, {"TEAM", 0}, {"BEFORE", 0}, {"STATUS", 0}};
	struct table *table = NULL;
	size_t i;
	json_t *player;
	json_array_foreach (players, i, player) {
		if (!json_is_true(json_object_get(player, "overridden")))
			continue;
		if (!table) {
			fputc('\n', ctl->data);
			table = table_new(ctl, columns, sizeof(columns) / sizeof(*columns));
		}
		table_row(table);
		table_cell(table, 0, "%s", text_of(player, "player"));
		table_cell(table, 1, "%s", text_of(player, "team"));
		table_cell(table, 2, "%s", text_of(player, "default_team"));
		table_cell(table, 3, "%s", json_is_true(json_object_get(player, "active")) ? "active" : "inactive");
	}
	if (table)
		table_print(table);
}

void show_slate(struct ctl *ctl, json_t *data)
{
	const json_t *games = json_object_get(data, "games"), *players = json_object_get(data, "players");
	if (json_array_size(games) == 0)
		say(ctl, "No game on %s.", text_of(data, "date"));
	else
		show_games(ctl, games);
	show_overrides(ctl, players);
}
