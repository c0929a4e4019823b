/*
 * How a count may come out, given some of its quantiles. Any thread.
 *
 * A quantile says P(X <= value) = p, of a count with its steps smoothed: P(X <= k) is read half a step above k. Between
 * two quantiles, and beyond the outermost, the normal score of P rises in a straight line. So a normal distribution
 * comes out as what it was, and P never falls.
 */
#ifndef MODEL_QUANTILE_H
#define MODEL_QUANTILE_H

#include <stddef.h>

#include "model/distribution.h"

#define QUANTILES_MAX 999u

struct quantile {
	double p; /* above 0, below 1 */
	double value;
};

/* 1 to QUANTILES_MAX of them by rising p, no p twice, no value below the one before, each from 0 to
 * DISTRIBUTION_MEAN_MAX. */
void quantile_distribution(const struct quantile *q, size_t count, struct distribution *ret);

/* A normal distribution rounded to counts: where results stray so little that no family of counts does. Both at most
 * DISTRIBUTION_MEAN_MAX, none negative. */
void quantile_normal(double mean, double sd, struct distribution *ret);

#endif
