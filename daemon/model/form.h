/*
 * A player's form: what his games so far say about the next one. Games are added oldest first; asked before a
 * game it knows nothing of that game. Four memories: for his minutes, which follow his role, the latest games
 * and a short one; for minutes by role one between; a long one for what he does a minute, which is mostly himself.
 */
#ifndef MODEL_FORM_H
#define MODEL_FORM_H

#include <stdint.h>

#include "league/snapshot.h"

#define MINUTE_BUCKETS 12
#define MINUTE_BUCKET 4.0

struct league_rates { /* of all rows: what is assumed of a player before he has played */
	double minutes;
	double usage, stat[STAT_COUNT]; /* a minute */
	/* By game: what the league made of each statistic at the time, relative to all times. A player's
	 * results are divided by it, so that games of other years, or of before the rules changed, say the
	 * same thing. NULL: all 1. */
	const float (*level)[STAT_COUNT];
	/* How results stray from what form lets expect: minutes about their mean, by that mean; and a
	 * statistic about its mean m were the minutes known: linear * m. Covariances likewise: shared *
	 * sqrt(m m'). */
	double minutes_variance[MINUTE_BUCKETS];
	double linear[STAT_COUNT], shared[STAT_COUNT][STAT_COUNT];
};

/* The variance of minutes over the square of their mean. */
double league_minutes_cv2(const struct league_rates *league, double minutes);

struct form {
	uint32_t games; /* all of them, not faded */
	date_t last;
	double games_latest, minutes_latest; /* the latest games: minutes a game */
	double games_short, minutes_short; /* short memory: likewise */
	double minutes_late, usage_late, points_late; /* short memory of what he did a minute */
	double games_long, minutes_long, usage, stat[STAT_COUNT]; /* long memory */
	double role_games[2], role_minutes[2]; /* by bench (0) and start (1) where known */
	/* How far his results strayed from what form let expect: products of the differences, what the league
	 * would have. */
	double strays, products[STAT_COUNT][STAT_COUNT], usual[STAT_COUNT];
};

void form_init(struct form *f);

/* To be called with the date of the next game before form_add() and before asking: a summer fades both
 * memories. */
void form_open(struct form *f, date_t date);
void form_add(struct form *f, const struct snapshot *s, const struct league_rates *league, uint32_t row);

double form_minutes(const struct form *f, const struct league_rates *league);
double form_rate(const struct form *f, const struct league_rates *league, enum statistic stat); /* a minute */
double form_usage(const struct form *f, const struct league_rates *league); /* a minute */

/* Of late, 1 is as usual: his points a minute against the league's, his possessions a minute against his own. */
double form_scores(const struct form *f, const struct league_rates *league);
double form_shoots(const struct form *f, const struct league_rates *league);
double form_starts(const struct form *f, const struct league_rates *league); /* share of games, 0 to 1 */

/* Of minutes that are expected of him, what knowing his role makes: `starter` 1 or 0. The latest games then say less. */
double form_in_role(const struct form *f, const struct league_rates *league, double minutes, int starter);

/* Shots, trips to the line and turnovers of a row: the possessions that ended with him. */
double row_usage(const struct snapshot *s, uint32_t row);

/* Of the latest `most` games of the player before the date, ready to be asked about it. */
void form_of(struct form *f, const struct snapshot *s, const struct league_rates *league, uint32_t player, date_t date,
	uint32_t most);

/* So many games back a game weighs under 1 %. */
#define FORM_GAMES 160

#endif
