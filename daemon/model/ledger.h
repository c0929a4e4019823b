/*
 * What the season so far says about the teams: a running account, fed game by game in order of date. Asked
 * before a game it knows nothing of that game, so that history can be told as it was.
 */
#ifndef MODEL_LEDGER_H
#define MODEL_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "league/snapshot.h"

/* A season ends where the whole league plays nothing for longer than this: shorter than any summer, longer
 * than any break within a season but that of 2020. */
#define SEASON_GAP_DAYS 40

struct team_form { /* of one team before a game */
	float rest_days; /* since its last game, at most REST_DAYS_MAX */
	float pace; /* possessions a 48 minutes */
	float points; /* that it scores a game */
	float defence[STAT_COUNT]; /* what its opponents get a possession, relative to the league */
};

#define REST_DAYS_MAX 7
#define NEUTRAL_REST 2 /* the usual one, where nothing is known */

/* Before any game is known: an NBA game of these years, for the scale only. */
#define FIRST_PACE 98.0
#define FIRST_POINTS 108.0

struct ledger_team {
	double games, possessions, minutes, points, allowed[STAT_COUNT];
	double prior_pace, prior_points, prior_defence[STAT_COUNT]; /* carried over from the last season */
	date_t last;
};

struct ledger {
	date_t newest; /* game taken in; NO_DATE */
	unsigned teams;
	double games, possessions, minutes, points, stat[STAT_COUNT]; /* of the league: one game counts twice */
	double prior_pace, prior_points, prior_stat[STAT_COUNT]; /* the last: a possession */
	struct ledger_team team[256];
};

#define NO_DATE INT32_MIN

/* A figure of a box score; 0 where the source lacks it. */
static inline double known(float value)
{
	return value == value ? (double)value : 0;
}

void ledger_init(struct ledger *l, unsigned teams);

/* To be called before the first game of a date is taken in or asked about: starts a new season when it is
 * time. */
bool ledger_open(struct ledger *l, date_t date);

/* Takes in a game, by the team rows of both sides. */
void ledger_add(struct ledger *l, const struct snapshot *s, uint32_t away_row, uint32_t home_row);

void ledger_ask(const struct ledger *l, uint8_t team, date_t date, struct team_form *ret);

double ledger_league_pace(const struct ledger *l);

/* What a team makes of a statistic in 48 minutes, over the league; 0 before any game. Where the game comes after the
 * regular season, what is left of it there. */
double ledger_league_level(const struct ledger *l, enum statistic stat, bool late);

/* Whether a game comes after the regular season, in playoffs or play-in: by its number, or because both teams have played
 * all of theirs. `game`: index into the snapshot's games, NO_INDEX if it is not there. */
bool ledger_late(const struct ledger *l, const struct snapshot *s, uint32_t game, uint8_t away, uint8_t home);

#endif
