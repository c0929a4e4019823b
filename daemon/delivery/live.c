/*
 * From a begin's reply to the live state: hashes come in any order, so every list is sorted here; removed lines are
 * left out. The fields are those that field.c writes.
 */
#include "delivery/internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct field_value {
	int64_t at;
	const char *text;
};

/* "KEY AT VALUE" */
static struct field_value split(const struct value *v)
{
	struct field_value f = {.text = ""};
	const char *text = value_text(v), *space = strchr(text, ' ');
	if (!space)
		return f;
	char *end;
	f.at = strtoll(space + 1, &end, 10);
	f.text = *end == ' ' ? end + 1 : end;
	return f;
}

static const struct value *hash_get(const struct value *hash, const char *name)
{
	static const struct value nil = {.type = VALUE_NIL};
	for (size_t i = 0; hash->type == VALUE_ARRAY && i + 1 < hash->count; i += 2)
		if (strcmp(value_text(&hash->items[i]), name) == 0)
			return &hash->items[i + 1];
	return &nil;
}

static const char *keep(struct ticket *t, const char *text)
{
	return arena_text(t->arena, text, strlen(text));
}

/* --- the game --------------------------------------------------------------------------------------------------- */

static int by_book(const void *a, const void *b)
{
	return strcmp(((const struct live_book_figure *)a)->book, ((const struct live_book_figure *)b)->book);
}

/* Fields "t:BOOK" or "s:BOOK". */
static int parse_figures(
	struct ticket *t, const struct value *game, char kind, const struct live_book_figure **ret, size_t *ret_count)
{
	size_t most = game->type == VALUE_ARRAY ? game->count / 2 : 0, n = 0;
	struct live_book_figure *figures = arena_alloc(t->arena, (most + 1) * sizeof(*figures));

	if (!figures)
		return -ENOMEM;
	for (size_t i = 0; i < most; i++) {
		const char *name = value_text(&game->items[2 * i]);
		if (name[0] != kind || name[1] != ':')
			continue;
		figures[n].book = keep(t, name + 2);
		figures[n].value = (int32_t)strtol(split(&game->items[2 * i + 1]).text, NULL, 10);
		if (!figures[n++].book)
			return -ENOMEM;
	}
	qsort(figures, n, sizeof(*figures), by_book);
	*ret = figures;
	*ret_count = n;
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Value of l:TEAM: "CONFIRMED a,b,c" */
static int parse_lineup(struct ticket *t, struct live *live, const struct value *field)
{
	if (field->type == VALUE_NIL)
		return 0;

	const char *text = split(field).text;
	const char **starters = arena_alloc(t->arena, STARTERS_MAX * sizeof(*starters));
	if (!starters)
		return -ENOMEM;
	live->lineup_confirmed = text[0] == '1';
	live->starter = 0;
	text += text[0] ? strcspn(text, " ") : 0;
	while (*text && live->starter_count < STARTERS_MAX) {
		size_t length = strcspn(++text, ",");
		if (length) {
			const char *starter = arena_text(t->arena, text, length);
			if (!starter)
				return -ENOMEM;
			starters[live->starter_count++] = starter;
			if (strcmp(starter, t->player) == 0)
				live->starter = 1;
		}
		text += length;
	}
	qsort(starters, live->starter_count, sizeof(*starters), by_text);
	live->starters = starters;
	return 0;
}

/* --- the day ---------------------------------------------------------------------------------------------------- */

static enum injury_status parse_injury(const char *text, const char **ret_reason)
{
	char name[24];
	size_t length = strcspn(text, " ");
	enum injury_status status = INJURY_NONE;

	text_format(name, sizeof(name), "%.*s", (int)(length < sizeof(name) ? length : 0), text);
	injury_status_parse(name, &status);
	*ret_reason = text[length] ? text + length + 1 : "";
	return status;
}

const enum injury_status *live_statuses(const struct value *day_values, size_t from, size_t count, struct arena *arena)
{
	enum injury_status *statuses = arena_zalloc(arena, (count + 1) * sizeof(*statuses));
	const char *reason;
	for (size_t i = 0; statuses && i < count; i++)
		statuses[i] = parse_injury(split(value_at(day_values, from + i)).text, &reason);
	return statuses;
}

/* i:PLAYER at place `at`. */
static int parse_injury_of_his(struct ticket *t, struct live *live, const struct value *day_values, size_t at)
{
	const char *reason;
	live->injury = parse_injury(split(value_at(day_values, at)).text, &reason);
	live->injury_reason = keep(t, reason);
	return live->injury_reason ? 0 : -ENOMEM;
}

/* All of the roster but himself. */
static int parse_mates(
	struct ticket *t, struct live *live, const struct roster *roster, const enum injury_status *statuses)
{
	const size_t count = roster ? roster->count : 0;
	char *names = count ? arena_alloc(t->arena, roster->bytes) : NULL;
	size_t n = 0;

	t->mates = arena_alloc(t->arena, (count + 1) * sizeof(*t->mates));
	if (!t->mates || (count && !names))
		return -ENOMEM;
	if (count)
		memcpy(names, roster->names, roster->bytes);
	for (size_t i = 0; i < count; i++)
		if (i != t->self)
			t->mates[n++] = (struct live_mate){
				.lookup = names + roster->offsets[i], .status = statuses[roster->at + i]};
	live->mates = t->mates;
	live->mate_count = n;
	return 0;
}

static bool is_forced(
	const struct value *day, const struct value *team, const struct value *game, const struct value *player)
{
	int64_t committed = value_int(hash_get(player, "c"));
	return split(day).at > committed || split(team).at > committed || split(hash_get(game, "f")).at > committed ||
	       split(hash_get(player, "f")).at > committed;
}

/* What events named: "GAME TEAM", the team may be missing. */
static void parse_named(const struct value *player, char game[GAME_ID_SIZE], char team[TEAM_SIZE])
{
	const char *text = split(hash_get(player, "g")).text;
	size_t length = strcspn(text, " ");
	game[0] = team[0] = '\0';
	if (length < GAME_ID_SIZE)
		text_format(game, GAME_ID_SIZE, "%.*s", (int)length, text);
	if (text[length])
		text_format(team, TEAM_SIZE, "%s", text + length + 1);
}

int live_parse(struct ticket *t, const struct slate *s, const struct value *game, const struct value *player,
	const struct value *day_values, size_t at, const struct roster *roster, const enum injury_status *statuses,
	const struct value *of_team)
{
	static const struct value nil = {.type = VALUE_NIL};
	char named_game[GAME_ID_SIZE], named_team[TEAM_SIZE];
	struct live *live = arena_zalloc(t->arena, sizeof(*live));
	if (!live)
		return -ENOMEM;
	parse_named(player, named_game, named_team);
	const struct slate_place place = slate_place(s, t->player, named_game, named_team);

	live->date = t->date;
	live->player = keep(t, t->player);
	live->unknown_player = stranger_is_player(s, t->player);
	live->game_id = keep(t, place.game);
	live->team = keep(t, place.team);
	live->opponent = keep(t, place.opponent);
	live->home = place.home;
	live->game_status = place.facts ? place.facts->status : GAME_UNKNOWN;
	live->tip_ms = place.facts ? place.facts->tip_ms : 0;
	live->version = t->version;
	live->starter = -1;
	t->live = live;
	if (!live->player || !live->game_id || !live->team || !live->opponent)
		return -ENOMEM;
	/* A player who is not on the active roster reads neither his team's lineup nor its marks. */
	const bool named = of_team->type == VALUE_ARRAY;
	const struct value *force = !place.member ? &nil
				    : named       ? script_out(of_team, OF_TEAM_FORCE)
						  : value_at(day_values, at + DAY_ITEM_TEAM_FORCE);
	const struct value *lineup = !place.member ? &nil
				     : named       ? script_out(of_team, OF_TEAM_LINEUP)
						   : value_at(day_values, at + DAY_ITEM_LINEUP);
	live->forced = is_forced(value_at(day_values, at + DAY_ITEM_FORCE), force, game, player);
	if (parse_injury_of_his(t, live, day_values, at + DAY_ITEM_INJURY) < 0 ||
		parse_mates(t, live, roster, statuses) < 0 || quotes_parse(t, live, player) < 0 ||
		parse_figures(t, game, 't', &live->totals, &live->total_count) < 0 ||
		parse_figures(t, game, 's', &live->spreads, &live->spread_count) < 0)
		return -ENOMEM;
	return parse_lineup(t, live, lineup);
}
