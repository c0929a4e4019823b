/* Reading a snapshot. Everything is sorted, so everything is a binary search; what league/build.c lays out.
 */
#include "league/snapshot.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "league/team.h"

#define ROSTER_DAYS 365

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

/* Date of the player's newest row. Nobody is without a row: players come from rows. */
static date_t newest(const struct snapshot *s, uint32_t player)
{
	return s->row.date[s->player[player].first_row + s->player[player].rows - 1];
}

uint32_t snapshot_player_exact(const struct snapshot *s, const char *lookup)
{
	uint32_t low = 0, high = s->aliases;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (strcmp(s->alias[middle].lookup, lookup) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	uint32_t best = NO_INDEX;
	for (; low < s->aliases && strcmp(s->alias[low].lookup, lookup) == 0; low++) {
		uint32_t player = s->alias[low].player;
		if (best == NO_INDEX || newest(s, player) > newest(s, best))
			best = player;
	}
	return best;
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
