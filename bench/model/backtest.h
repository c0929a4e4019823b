/*
 * The model on games that were played: the live state as it stood before one, the run, and what came of it.
 * For the benchmark and for the tests on real data.
 */
#ifndef BENCH_MODEL_BACKTEST_H
#define BENCH_MODEL_BACKTEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "league/snapshot.h"
#include "model/model.h"

/* Imports a folder's CSV files into a database in `scratch`, a folder that exists, loads and prepares it. The database
 * remains, until backtest_forget() removes it and the folder. */
int backtest_load(const char *folder, const char *scratch, struct snapshot **ret, struct err *err);
/* Deletes from that database all box scores of the date and later, for good, and loads it: what stood there that
 * morning. The games stay, as a schedule would have them. */
int backtest_load_before(const char *scratch, date_t date, struct snapshot **ret, struct err *err);
void backtest_forget(const char *scratch);

enum { BACKTEST_MATES = 48 };

/* What was known of a row's game before it: the schedule's closing line, whether he started, and which of the
 * rotation (12 minutes and more by form) did not play. That they would not was known of most, so the figures
 * are a little better than a night's; the same holds for whatever they are compared with that knows injuries,
 * such as a book's line. */
struct backtest_night {
	struct live live;
	struct live_mate mates[BACKTEST_MATES];
};
void backtest_night(const struct snapshot *s, uint32_t row, struct backtest_night *ret);

/* A cold run of the row's player on that night, results in the arena. 0 or -ENOMEM. */
int backtest_run(
	const struct snapshot *s, const struct backtest_night *night, struct arena *arena, struct model_result *ret);

/* What the row came to. */
double backtest_outcome(const struct snapshot *s, uint32_t row, enum market market);

/* His mean over the season before the row's game (over the last one where there are fewer than three games);
 * false: there is no game to take it from. */
bool backtest_season_means(const struct snapshot *s, uint32_t row, double mean[MARKET_COUNT], double *ret_minutes);

#endif
