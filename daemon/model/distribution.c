/*
 * The probability of 0 is one exp(), every other one follows from its predecessor by the family's ratio
 *
 *	negative binomial (r, q): p(k+1) = p(k) (r + k) / (k + 1) q      r = mean^2 / (variance - mean), q = 1
 *- mean / variance Poisson:                  p(k+1) = p(k) mean / (k + 1) binomial (n, p):          p(k+1) =
 *p(k) (n - k) / (k + 1) p / (1 - p)
 *
 * so no gamma function is needed, and a relative error of one rounding a step is all there is. Means of this
 *game are far below 700, where p(0) would leave the range of a double.
 */
#include "model/distribution.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/*
 * A negative binomial is the count of a player whose minutes vary to both sides alike. They do not: foul
 * trouble, injury and blowouts cut them short, little makes them longer. The larger the mean, the more of the
 * spread comes from minutes and the less right-skewed results are: over the seasons 2017-18 to 2024-25 the
 * skewness left over is that of the negative binomial over 1 + mean / 20, for single statistics and sums
 * alike.
 */
#define SKEW_HALVED 20.0

/* Of the whole, what the last listed outcome may leave out. */
#define NEGLIGIBLE 1e-20

/* p(k+1) / p(k) = (a + b k) / (k + 1) */
struct family {
	double zero; /* p(0) */
	double a, b;
};

static struct family negative_binomial(double mean, double variance)
{
	double excess = variance - mean, r = mean * mean / excess, q = excess / variance;

	return (struct family){exp(-r * log1p(excess / mean)), r * q, q};
}

static struct family poisson(double mean)
{
	return (struct family){exp(-mean), mean, 0};
}

/* The whole number of trials nearest to what the variance asks for; the mean is kept, the variance nearly. */
static struct family binomial(double mean, double variance)
{
	double trials = round(mean * mean / (mean - variance));

	if (trials < ceil(mean + 1e-9))
		trials = ceil(mean + 1e-9);
	double odds = mean / trials / (1 - mean / trials);
	return (struct family){exp(trials * log1p(-mean / trials)), trials * odds, -odds};
}

static struct family choose(double mean, double variance)
{
	/* A variance this near to the mean tells nothing: few games are behind it. */
	const double nearly = 0.02;

	if (variance > mean * (1 + nearly))
		return negative_binomial(mean, variance);
	if (variance < mean * (1 - nearly))
		return binomial(mean, variance);
	return poisson(mean);
}

static void sum_up(struct distribution *d)
{
	d->below[0] = 0;
	for (unsigned k = 0; k < d->count; k++)
		d->below[k + 1] = d->below[k] + d->at[k];
	double above = 0;
	for (unsigned k = d->count; k > 0; k--) {
		d->above[k - 1] = above;
		above += d->at[k - 1];
	}
}

void distribution_init(struct distribution *d, double mean, double sd, unsigned shift, unsigned most)
{
	assert(mean >= 0 && mean <= DISTRIBUTION_MEAN_MAX && sd >= 0 && sd <= DISTRIBUTION_MEAN_MAX);
	assert(shift <= DISTRIBUTION_SHIFT_MAX && most < DISTRIBUTION_MAX - shift);
	mean += shift;
	struct family f = mean > 0 ? choose(mean, sd * sd) : (struct family){1, 0, 0};
	double p = f.zero, zero = 0;
	unsigned end = DISTRIBUTION_MAX - 1;

	for (unsigned k = 0; k <= end; k++) {
		double ratio = (f.a + f.b * k) / (k + 1);

		if (k <= shift) /* all that is at or below the shift comes out as 0 */
			d->at[0] = zero += p;
		else
			d->at[k - shift] = p;
		if (k >= most + shift && k > mean && p < NEGLIGIBLE)
			end = k;
		p *= ratio > 0 ? ratio : 0;
	}
	d->count = end - shift + 1;
	sum_up(d);
}

void distribution_quantiles(
	double mean, double sd, unsigned shift, const double *p, size_t count, unsigned *ret_quantiles)
{
	const double moved = mean + shift;
	const struct family f = moved > 0 ? choose(moved, sd * sd) : (struct family){1, 0, 0};
	double at = f.zero, below = f.zero;
	unsigned k = 0;

	for (size_t i = 0; i < count; i++) {
		for (; below < p[i] && k < DISTRIBUTION_MAX - 1; k++) {
			const double ratio = (f.a + f.b * k) / (k + 1);

			at *= ratio > 0 ? ratio : 0;
			below += at;
		}
		ret_quantiles[i] = k > shift ? k - shift : 0;
	}
}

void distribution_of(struct distribution *d, const double *weights, unsigned count)
{
	assert(count > 0 && count <= DISTRIBUTION_MAX);
	memcpy(d->at, weights, count * sizeof(*weights));
	d->count = count;
	sum_up(d);
}

void distribution_moments(const struct distribution *d, double *ret_mean, double *ret_sd)
{
	double total = d->below[d->count], sum = 0, squares = 0;

	for (unsigned k = 0; k < d->count; k++)
		sum += k * d->at[k];
	const double mean = sum / total;
	for (unsigned k = 0; k < d->count; k++)
		squares += (k - mean) * (k - mean) * d->at[k];
	*ret_mean = mean;
	*ret_sd = sqrt(squares / total);
}

unsigned distribution_shift(double mean, double sd)
{
	double variance = sd * sd;

	if (!(variance > mean) || !(mean > 0))
		return 0;
	/* Skewness of a negative binomial, and what is left of it; for the shifted one solved for its mean.
	 */
	double skew = (2 * variance - mean) / (mean * sd) / (1 + mean / SKEW_HALVED);
	double shifted = 2 * variance / (1 + skew * sd);
	double shift = rint((shifted < variance ? shifted : variance) - mean);

	return shift <= 0 ? 0 : shift < DISTRIBUTION_SHIFT_MAX ? (unsigned)shift : DISTRIBUTION_SHIFT_MAX;
}

double tails_over(const struct tails *t, int32_t line)
{
	assert(line >= 0);
	unsigned k = (unsigned)line / 100;
	bool push = line % 100 == 0;

	if (k >= t->count)
		return 0;
	double over = t->above[k], under = t->below[push ? k : k + 1];
	return over + under > 0 ? over / (over + under) : 0.5;
}

double distribution_over(const struct distribution *d, int32_t line)
{
	const struct tails tails = {d->count, d->below, d->above};

	return tails_over(&tails, line);
}

unsigned tails_quantile(const struct tails *t, double p)
{
	unsigned low = 0, high = t->count > 0 ? t->count - 1 : 0;
	/* Weights need not quite add up to 1: what is asked for is a share of what there is. */
	const double least = p * t->below[t->count];

	while (low < high) {
		const unsigned middle = low + (high - low) / 2;

		if (t->below[middle + 1] >= least)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

unsigned distribution_quantile(const struct distribution *d, double p)
{
	const struct tails tails = {d->count, d->below, d->above};

	return tails_quantile(&tails, p);
}
