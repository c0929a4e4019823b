/*
 * A build's projections in a file, and another build's against them, game by game: differences whose interval is that of
 * pairs, far narrower than either build's own.
 */
#ifndef BENCH_MODEL_CASES_H
#define BENCH_MODEL_CASES_H

#include "base/err.h"
#include "season.h"

/* One line a player-game and degree of knowledge: date, player, degree, then means and medians. */
int cases_write(const char *path, const struct snapshot *s, const struct nights *season, struct err *err);

struct case_figures {
	double mean[FIGURES], median[MARKET_COUNT];
};

/* Of the same player-games in the same order: season->count * KNOWN_COUNT of them, to be freed. -EBADMSG: the file is
 * of other games. */
int cases_read(const char *path, const struct snapshot *s, const struct nights *season, struct case_figures **ret,
	struct err *err);

#endif
