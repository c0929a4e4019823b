/* Reading a snapshot. Everything is sorted, so everything is a binary search; what league/build.c lays out.
 */
#include "league/snapshot.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "league/team.h"

#define ROSTER_DAYS 365
#define NAME_DAYS 7 /* nobody speaks of a date earlier, and box scores are imported within it */

const char *snapshot_lacks(const struct snapshot *s)
{
	if (s->unfinished)
		return "an import goes on or was cut off: reload after it, or import again";
	if (s->players > 0)
		return NULL;
	return s->games > 0 ? "it has no box scores: no report has figures until some are imported"
			    : "it is empty: propsctl import fills it, a reload reads it";
}

struct snapshot *snapshot_take(struct snapshot *s)
{
	assert(s->users > 0);
	s->users++;
	return s;
}

void snapshot_drop(struct snapshot *s)
{
	if (!s)
		return;
	assert(s->users > 0);
	if (--s->users > 0)
		return;
	if (s->features)
		s->features_free(s->features);
	teams_free(s->spellings);
	free(s->memory);
	free(s);
}

uint8_t snapshot_team(const struct snapshot *s, const char *code)
{
	unsigned low = 0, high = s->teams;
	while (low < high) {
		unsigned middle = (low + high) / 2;
		int order = strcmp(s->team[middle], code);
		if (order == 0)
			return (uint8_t)middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return TEAM_NONE;
}

uint32_t snapshot_aliases(const struct snapshot *s, const char *lookup, uint32_t *ret_first)
{
	uint32_t low = 0, high = s->aliases;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (strcmp(s->alias[middle].lookup, lookup) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	uint32_t end = low;
	while (end < s->aliases && strcmp(s->alias[end].lookup, lookup) == 0)
		end++;
	*ret_first = low;
	return end - low;
}

/* Date of the player's newest row. Nobody is without a row: players come from rows. */
static date_t newest(const struct snapshot *s, uint32_t player)
{
	return s->row.date[s->player[player].first_row + s->player[player].rows - 1];
}

bool snapshot_has_name(const struct snapshot *s, const char *lookup)
{
	uint32_t first;
	return snapshot_aliases(s, lookup, &first) > 0 && !s->alias[first].given;
}

uint32_t snapshot_player_exact(const struct snapshot *s, const char *lookup)
{
	uint32_t first, best = NO_INDEX;
	uint32_t count = snapshot_aliases(s, lookup, &first);
	for (uint32_t i = first; i < first + count; i++) {
		uint32_t player = s->alias[i].player;
		if (best == NO_INDEX || newest(s, player) > newest(s, best))
			best = player;
	}
	return best;
}

uint32_t snapshot_player_by_id(const struct snapshot *s, int64_t id)
{
	uint32_t low = 0, high = s->ids;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (s->id[middle].id == id)
			return s->id[middle].player;
		if (s->id[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return NO_INDEX;
}

/* The first game whose id is not below `id`. */
static uint32_t game_bound(const struct snapshot *s, const char *id)
{
	uint32_t low = 0, high = s->games;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (strcmp(s->game[middle].id, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint32_t snapshot_game_by_id(const struct snapshot *s, const char *id)
{
	uint32_t at = game_bound(s, id);
	return at < s->games && strcmp(s->game[at].id, id) == 0 ? at : NO_INDEX;
}

uint32_t snapshot_game_by_league_id(const struct snapshot *s, const char *league_id)
{
	uint32_t low = 0, high = s->league_ids;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = strcmp(s->game[s->by_league_id[middle]].league_id, league_id);
		if (order == 0)
			return s->by_league_id[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NO_INDEX;
}

uint32_t snapshot_games_on(const struct snapshot *s, date_t date, uint32_t *ret_first)
{
	uint32_t low = 0, high = s->games;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (s->game[middle].date < date)
			low = middle + 1;
		else
			high = middle;
	}
	uint32_t end = low;
	while (end < s->games && s->game[end].date == date)
		end++;
	*ret_first = low;
	return end - low;
}

uint32_t snapshot_game_of_team(const struct snapshot *s, uint8_t team, date_t date)
{
	uint32_t first, count = snapshot_games_on(s, date, &first);
	for (uint32_t i = first; i < first + count; i++) {
		if (s->game[i].away == team || s->game[i].home == team)
			return i;
	}
	return NO_INDEX;
}

static uint32_t date_bound(const date_t *dates, uint32_t low, uint32_t high, date_t date)
{
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (dates[middle] < date)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint32_t snapshot_rows_before(const struct snapshot *s, uint32_t player, date_t date)
{
	const struct snapshot_player *p = &s->player[player];
	return date_bound(s->row.date, p->first_row, p->first_row + p->rows, date);
}

uint32_t snapshot_team_rows_before(const struct snapshot *s, uint8_t team, date_t date)
{
	uint32_t first = s->team_row.first[team];
	return date_bound(s->team_row.date, first, first + s->team_row.rows[team], date);
}

uint8_t snapshot_team_of(const struct snapshot *s, uint32_t player, date_t date)
{
	uint32_t end = snapshot_rows_before(s, player, date);
	if (end == s->player[player].first_row || date - s->row.date[end - 1] > ROSTER_DAYS)
		return TEAM_NONE;
	return s->row.team[end - 1];
}

/* --- names -------------------------------------------------------------------------------------------------------- */

/* In a league as it was before a date somebody may be there of whom it has no row yet: he takes nobody's name. */
static bool has_played(const struct snapshot *s, uint32_t player)
{
	return s->player[player].rows > 0;
}

/* What says who of several has the bare name: the most senior. */
struct seniority {
	bool away; /* he has no team: did not play within a year before the date */
	date_t since; /* his first game, of those without a break of a year between them */
	date_t first; /* his first game of all */
	uint32_t player;
};

static struct seniority seniority(const struct snapshot *s, uint32_t player, date_t date)
{
	const uint32_t first = s->player[player].first_row;
	const date_t *row = s->row.date;
	uint32_t at = snapshot_rows_before(s, player, date);
	at = at > first ? at - 1 : first;
	while (at > first && row[at] - row[at - 1] <= ROSTER_DAYS)
		at--;
	return (struct seniority){.away = snapshot_team_of(s, player, date) == TEAM_NONE,
		.since = row[at],
		.first = row[first],
		.player = player};
}

static bool is_senior(const struct seniority *a, const struct seniority *b)
{
	if (a->away != b->away)
		return b->away;
	if (a->since != b->since)
		return a->since < b->since;
	if (a->first != b->first)
		return a->first < b->first;
	return a->player < b->player; /* they are sorted by id */
}

/* The players who have this lookup, its first `length` bytes: [*ret_first, + count). */
static uint32_t namesakes(const struct snapshot *s, const char *lookup, size_t length, uint32_t *ret_first)
{
	uint32_t low = 0, high = s->players;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (strncmp(s->player[middle].lookup, lookup, length) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	uint32_t end = low;
	while (end < s->players && strncmp(s->player[end].lookup, lookup, length) == 0 &&
		s->player[end].lookup[length] == '\0')
		end++;
	*ret_first = low;
	return end - low;
}

/* The team of his newest game that is a week old, else of his first. */
static uint8_t name_team(const struct snapshot *s, uint32_t player, date_t date)
{
	const uint32_t first = s->player[player].first_row;
	const uint32_t end = snapshot_rows_before(s, player, date - NAME_DAYS + 1);
	return s->row.team[end > first ? end - 1 : first];
}

/* One of several. Should two of those without the bare name have one team, the senior is called by it, and the other by
 * what is no team's code. */
static void name_of_several(
	const struct snapshot *s, uint32_t first, uint32_t count, uint32_t player, date_t date, char name[LOOKUP_SIZE])
{
	const struct seniority own = seniority(s, player, date);
	const uint8_t team = name_team(s, player, date);
	struct seniority senior = own;
	unsigned before = 0, same = 0; /* those senior to him, and those of them who are of his team */
	for (uint32_t i = first; i < first + count; i++) {
		if (!has_played(s, i))
			continue;
		const struct seniority other = seniority(s, i, date);
		if (!is_senior(&other, &own))
			continue;
		before++;
		same += name_team(s, i, date) == team;
		if (is_senior(&other, &senior))
			senior = other;
	}
	const int bare = LOOKUP_SIZE - 5;
	const char *lookup = s->player[player].lookup;
	same -= before > 0 && name_team(s, senior.player, date) == team; /* he is called by none */
	if (before == 0)
		text_format(name, LOOKUP_SIZE, "%s", lookup);
	else if (same == 0)
		text_format(name, LOOKUP_SIZE, "%.*s@%s", bare, lookup, s->team[team]);
	else
		text_format(name, LOOKUP_SIZE, "%.*s@XX%c", bare, lookup, 'A' + (int)(before % 26));
}

const char *snapshot_name(const struct snapshot *s, uint32_t player, date_t date, char buffer[LOOKUP_SIZE])
{
	const char *lookup = s->player[player].lookup;
	const bool shares = (player > 0 && strcmp(s->player[player - 1].lookup, lookup) == 0) ||
			    (player + 1 < s->players && strcmp(s->player[player + 1].lookup, lookup) == 0);
	if (!shares || !has_played(s, player))
		return lookup;
	uint32_t first, count = namesakes(s, lookup, strlen(lookup), &first);
	name_of_several(s, first, count, player, date, buffer);
	return buffer;
}

uint32_t snapshot_player(const struct snapshot *s, const char *name, date_t date)
{
	char buffer[LOOKUP_SIZE];
	uint32_t first, count = namesakes(s, name, fold_bare(name), &first);
	for (uint32_t i = first; i < first + count; i++)
		if (has_played(s, i) && strcmp(snapshot_name(s, i, date, buffer), name) == 0)
			return i;
	return *fold_team(name) ? NO_INDEX : snapshot_player_exact(s, name);
}

uint32_t snapshot_roster(const struct snapshot *s, uint8_t team, date_t date, uint32_t *ret, uint32_t max)
{
	uint32_t count = 0;
	for (uint32_t player = 0; player < s->players; player++) {
		if (team == TEAM_NONE || snapshot_team_of(s, player, date) != team)
			continue;
		if (count < max)
			ret[count] = player;
		count++;
	}
	return count;
}

static float mean_minutes(const struct snapshot *s, uint32_t player, date_t from, date_t to)
{
	uint32_t first = snapshot_rows_before(s, player, from), end = snapshot_rows_before(s, player, to + 1);
	double sum = 0;
	for (uint32_t i = first; i < end; i++)
		sum += (double)s->row.minutes[i];
	return end > first ? (float)(sum / (end - first)) : 0;
}

float snapshot_mean_minutes(const struct snapshot *s, uint32_t player)
{
	if (snapshot_rows_before(s, player, s->last_season_from) < s->player[player].first_row + s->player[player].rows)
		return mean_minutes(s, player, s->last_season_from, s->last_season_to);
	return mean_minutes(s, player, s->last_season_from - ROSTER_DAYS, s->last_season_from - 1);
}
