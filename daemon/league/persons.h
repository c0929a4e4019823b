/*
 * How many men bear one name, and whose each row is. Part of league/build: rows of one name go in as the sources have
 * them, some with a person's id and some without, and come out numbered by man.
 */
#ifndef LEAGUE_PERSONS_H
#define LEAGUE_PERSONS_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "league/market.h"

struct persons_row {
	int64_t id; /* the person's by its source; 0: the source has none */
	date_t date;
	uint32_t game;
	int season;
	uint8_t team;
	const float *stat; /* STAT_COUNT of them */
	uint32_t at; /* the caller's: where the row stands with him */
	unsigned man; /* the answer: from 0 */
};

/* Numbers the men of `count` rows, which must not be 0; sorts the rows by date. Rows of one id are of one man; what comes
 * out does not depend on the order of rows. How many men there are, or -ENOMEM. */
int persons_tell(struct persons_row *row, size_t count);

#endif
