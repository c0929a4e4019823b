/*
 * What the model works out once per snapshot: the state of every team before every game, every box-score row
 * as a point of the similarity search, and how far results stray from form. Immutable once built.
 */
#ifndef MODEL_FEATURES_H
#define MODEL_FEATURES_H

#include <stdint.h>

#include "base/clock.h"
#include "league/snapshot.h"
#include "model/form.h"
#include "model/ledger.h"

/* Coordinates, in two halves: what sets games apart most comes first, so that the search can stop after it.
 */
enum feature {
	FEATURE_MINUTES,
	FEATURE_ROLE,
	FEATURE_USAGE,
	FEATURE_POINTS,
	FEATURE_REBOUNDS,
	FEATURE_ASSISTS,
	FEATURE_THREES,
	FEATURE_STOCKS, /* steals and blocks */
	FEATURE_TURNOVERS,
	FEATURE_DEFENCE_POINTS, /* the opponent's, as in struct team_form */
	FEATURE_DEFENCE_REBOUNDS,
	FEATURE_DEFENCE_ASSISTS,
	FEATURE_DEFENCE_THREES,
	FEATURE_PACE,
	FEATURE_REST,
	FEATURE_HOME,
	FEATURE_COUNT
};
#define FEATURE_HALF (FEATURE_COUNT / 2)
#define LANES 8

/* A point before scaling. */
struct situation {
	float feature[FEATURE_COUNT];
};

struct season {
	struct ledger *opening; /* before its first game */
	uint32_t first_game; /* index into the snapshot's games */
	date_t from;
};

struct model_features {
	size_t bytes;
	struct league_rates league;
	uint32_t seasons;
	struct season *season;
	uint32_t (*side)[2]; /* by game: team rows of the away and the home side, NO_INDEX where there is none
			      */
	struct team_form *team; /* by team row: before that game */
	float *pace; /* by game: expected of it */
	float (*level)[STAT_COUNT]; /* by game: see struct league_rates */
	float scale[FEATURE_COUNT];
	double usual_level[STAT_COUNT]; /* what 1 stands for; 0: nothing is known */
	uint32_t groups;
	float *half[2]; /* [group][feature of the half][lane]: row = group * LANES + lane, scaled */
};

/* A coordinate of a row with too little history before it: farther away than anything. */
#define TOO_FAR 1e15f
#define TOO_FAR_SQUARED 1e29f

/* What the game brings to it: the rest of his own team, the pace expected, what the opponent allows. */
struct surroundings {
	float rest_days, pace;
	const float *defence; /* [STAT_COUNT], as in struct team_form */
	int home; /* 1, 0, -1 unknown */
};

/* `role`: 1 or 0 where known for this game, -1 for the player's usual share of starts. */
void situation_of(struct situation *ret, const struct form *form, const struct league_rates *league, int role,
	const struct surroundings *around);

/* A side of whom nothing is known. */
extern const struct team_form team_form_neutral;

double expected_pace(double a, double b, double league);

/* The season that the date lies in, or the last one known before it: index into `season`; 0 if there is none.
 */
uint32_t season_of(const struct model_features *f, date_t date);

#endif
