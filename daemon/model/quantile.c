/*
 * The score z of P is where a standard normal has P below it: P = Phi(z). Against the value it is the line of a normal
 * probability plot, straight for a normal distribution and nearly so for counts of this game. Interpolating P itself
 * was tried, in straight lines and by monotone cubics: with five quantiles from 0.1 to 0.9 it errs by 0.04, and says
 * nothing of what lies beyond them; log(P / (1 - P)) errs by 0.01; this by 0.006 and less (mean 8 and more).
 *
 * Where several quantiles have one value, P steps there: a line ends in the lowest of their scores, and the next one
 * begins in the highest.
 */
#include "model/quantile.h"

#include <assert.h>
#include <math.h>

/* P above the last listed outcome: it is given to that one. */
#define REST 1e-12

struct point {
	double value, score;
};

struct curve {
	const struct point *point;
	size_t count;
	double first_slope, last_slope; /* beyond the ends */
};

static double normal(double score)
{
	return 0.5 * erfc(-score * M_SQRT1_2);
}

/* The score of p, by halving: there is no inverse in the library, and this is done once an output. */
static double score_of(double p)
{
	double low = -40, high = 0; /* normal(-40) is 0 in a double */

	if (p > 0.5)
		return -score_of(1 - p);
	for (double middle = low / 2; low < middle && middle < high; middle = (low + high) / 2) {
		if (normal(middle) < p)
			low = middle;
		else
			high = middle;
	}
	return high;
}

/* The slope of a line between two neighbours that are not at one value; else none: all is at one value. */
static double slope(const struct curve *c, size_t i)
{
	const struct point *a = &c->point[i], *b = a + 1;
	const double width = b->value - a->value;

	return width > 1e-6 ? (b->score - a->score) / width : 0;
}

static void find_slopes(struct curve *c)
{
	c->first_slope = c->last_slope = 0;
	for (size_t i = 0; i + 1 < c->count; i++) {
		const double found = slope(c, i);

		if (c->first_slope == 0)
			c->first_slope = found;
		if (found > 0)
			c->last_slope = found;
	}
}

static double beyond(double score, double slope_there, double distance)
{
	if (slope_there == 0) /* certain */
		return distance < 0 ? -INFINITY : INFINITY;
	return score + slope_there * distance;
}

/* The score at x; *at is the last point at or below the x before, SIZE_MAX: none. */
static double score_at(const struct curve *c, double x, size_t *at)
{
	const struct point *p = c->point;

	while (*at + 1 < c->count && p[*at + 1].value <= x) /* SIZE_MAX + 1 is 0 */
		++*at;
	if (*at == SIZE_MAX)
		return beyond(p[0].score, c->first_slope, x - p[0].value);
	p += *at;
	if (*at + 1 == c->count)
		return beyond(p->score, c->last_slope, x - p->value);
	return p->score + (p[1].score - p->score) * (x - p->value) / (p[1].value - p->value);
}

static void list(const struct curve *c, struct distribution *ret)
{
	double weights[DISTRIBUTION_MAX], before = -INFINITY;
	unsigned count = 0;
	bool last = false;

	for (size_t at = SIZE_MAX; !last; count++) {
		const double score = fmax(before, score_at(c, count + 0.5, &at)), above = normal(-before);

		last = normal(-score) < REST || count + 1 == DISTRIBUTION_MAX;
		/* From the side where the digits are. */
		weights[count] = last ? above : score < 0 ? normal(score) - normal(before) : above - normal(-score);
		before = score;
	}
	distribution_of(ret, weights, count);
}

void quantile_distribution(const struct quantile *q, size_t count, struct distribution *ret)
{
	struct point point[QUANTILES_MAX];
	struct curve curve = {.point = point, .count = count};

	assert(count > 0 && count <= QUANTILES_MAX);
	for (size_t i = 0; i < count; i++)
		point[i] = (struct point){q[i].value, score_of(q[i].p)};
	find_slopes(&curve);
	list(&curve, ret);
}

void quantile_normal(double mean, double sd, struct distribution *ret)
{
	const struct point ends[] = {{mean - sd, -1}, {mean + sd, 1}};
	struct curve curve = {.point = ends, .count = 2};

	find_slopes(&curve);
	list(&curve, ret);
}
