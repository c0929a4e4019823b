/* Means over cases, kept by date, and how far they stray: intervals by a bootstrap that draws whole dates, since the
 * games of one night have much in common. Draws follow from a fixed seed: equal cases give equal intervals. */
#ifndef BENCH_MODEL_SCORE_H
#define BENCH_MODEL_SCORE_H

#include <stddef.h>

#define SCORE_DAYS 400

struct score {
	double sum[SCORE_DAYS], count[SCORE_DAYS];
};

struct interval {
	double low, high; /* 95 % */
};

void score_add(struct score *s, size_t day, double value);
double score_count(const struct score *s);
double score_mean(const struct score *s); /* 0 without cases */
struct interval score_interval(const struct score *s);

double log_loss(double p, int over); /* p no nearer to 0 and 1 than 0.001 */
double brier(double p, int over);

#endif
