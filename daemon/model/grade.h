/*
 * What became of a recommendation, once the box score is there, and what its line was worth by where the book closed.
 * Pure; any thread. Lines in hundredths, prices American.
 */
#ifndef MODEL_GRADE_H
#define MODEL_GRADE_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "league/snapshot.h"
#include "model/live.h"

enum grade {
	GRADE_WON,
	GRADE_LOST,
	GRADE_PUSH, /* the count is the line: the stake comes back */
	GRADE_NO_ACTION, /* he did not play, or there was no game: the stake comes back */
	GRADE_PENDING, /* there is no box score of the game yet */
};
const char *grade_name(enum grade grade);

enum grade grade_bet(bool over, int32_t line, double count);

/* Of a unit at that price; nothing without one, nor where the stake comes back. False: not known. */
bool grade_return(enum grade grade, int32_t american, double *ret);

/* The row of his box score on that date, in that game if he has one of it; NO_INDEX: there is none. */
uint32_t grade_row(const struct snapshot *s, const char *lookup, date_t date, const char *game_id);
double grade_count(const struct snapshot *s, uint32_t row, enum market market);
/* Whether anybody has a row of the game. */
bool grade_has_box_score(const struct snapshot *s, date_t date, const char *game_id);

/* How far the line went the bet's way: an over is better at a lower line than the close's, an under at a higher one. */
int32_t grade_moved(bool over, int32_t line, int32_t close);

/*
 * The bet's side by the book's own prices without their margin, at the bet's line: at the close less when it was made.
 * Where the lines differ the close's probability is carried over to the bet's line along the report's figures, as the
 * market moves them (consensus.h). False: one of the four prices is missing, or the report has no figures of that
 * market.
 */
bool grade_closing_value(
	const json_t *report, bool over, const struct live_quote *bet, const struct live_quote *close, double *ret);

#endif
