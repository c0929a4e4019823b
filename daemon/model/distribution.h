/*
 * How a count may come out, given its mean and standard deviation: negative binomial where the variance
 * exceeds the mean, Poisson where they are about equal, binomial where it is below. Any thread.
 *
 * A shift c makes it X = max(0, Y - c), Y one of these with mean + c and the same deviation: less skewed to
 * the right.
 */
#ifndef MODEL_DISTRIBUTION_H
#define MODEL_DISTRIBUTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DISTRIBUTION_MAX 1024

struct distribution {
	unsigned count; /* outcomes 0 .. count - 1; what lies beyond has no weight */
	double at[DISTRIBUTION_MAX]; /* P(X = k) */
	double below[DISTRIBUTION_MAX + 1]; /* P(X < k) */
	double above[DISTRIBUTION_MAX]; /* P(X > k), summed from the far end, so that tails keep their digits
					 */
};

/* mean >= 0 and sd >= 0, both at most DISTRIBUTION_MEAN_MAX. Outcomes are listed until nothing that matters
 * remains, and at least up to `most` (below DISTRIBUTION_MAX - shift). */
#define DISTRIBUTION_MEAN_MAX 250.0
#define DISTRIBUTION_SHIFT_MAX 200u
void distribution_init(struct distribution *d, double mean, double sd, unsigned shift, unsigned most);

/* The least count k with P(X <= k) >= p, 0 < p < 1: half of all outcomes lie at or below quantile 0.5. */
unsigned distribution_quantile(const struct distribution *d, double p);

/* The same of rising p, without the whole distribution: it stops at the last of them. */
void distribution_quantiles(
	double mean, double sd, unsigned shift, const double *p, size_t count, unsigned *ret_quantiles);

/* The shift that suits a basketball player's count with this mean and deviation. */
unsigned distribution_shift(double mean, double sd);

/* The distribution whose outcomes 0, 1, 2, ... have these weights: 1 to DISTRIBUTION_MAX of them, none negative. They
 * are taken as they are: where they do not quite add up to 1, neither does the distribution. */
void distribution_of(struct distribution *d, const double *weights, unsigned count);

/* Mean and standard deviation; the weights must not all be 0. */
void distribution_moments(const struct distribution *d, double *ret_mean, double *ret_sd);

/* What a price asks of a distribution, whoever keeps it: below[k] = P(X < k), k up to `count`; above[k] = P(X > k). */
struct tails {
	unsigned count;
	const double *below, *above;
};

/* P(X > line given X != line); the line is in hundredths, 0 or more. */
double tails_over(const struct tails *t, int32_t line);
unsigned tails_quantile(const struct tails *t, double p);
double distribution_over(const struct distribution *d, int32_t line);

#endif
