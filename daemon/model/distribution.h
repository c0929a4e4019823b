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

/* The shift that suits a basketball player's count with this mean and deviation. */
unsigned distribution_shift(double mean, double sd);

/* P(X > line given X != line); the line is in hundredths, 0 or more. */
double distribution_over(const struct distribution *d, int32_t line);

#endif
