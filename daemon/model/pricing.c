/*
 * Everything that the report shows is rounded to 1e-4 here, before it is compared, so that a reader who does
 * the sums with the figures in front of him comes to the same edge and the same recommendation.
 */
#include "model/pricing.h"

#include <math.h>
#include <stddef.h>

#include "model/distribution.h"
#include "model/fingerprint.h"

#define STEPS 10000.0

static double rounded(double value)
{
	return rint(value * STEPS) / STEPS;
}

double price_probability(int32_t american)
{
	double size = fabs((double)american);

	return american > 0 ? 100 / (size + 100) : size / (size + 100);
}

/* The book's opinion of the over, as far as its prices tell; false: they do not. */
static bool opinion(const struct live_quote *q, struct price *p, double *ret)
{
	double over = q->over ? price_probability(q->over) : 0, under = q->under ? price_probability(q->under) : 0;

	if (q->over && q->under) {
		p->has_fair = true;
		p->fair_over = *ret = rounded(over / (over + under));
		return true;
	}
	if (q->over)
		*ret = rounded(over);
	else if (q->under)
		*ret = rounded(1 - under);
	return q->over || q->under;
}

void pricing_price(const struct live_quote *q, const struct tails *tails, double min_edge, struct price *ret)
{
	double theirs = 0;

	*ret = (struct price){.p_over = rounded(tails_over(tails, q->line)), .recommendation = PASS};
	if (!opinion(q, ret, &theirs))
		return;
	double steps = rint((ret->p_over - theirs) * STEPS);
	double limit = min_edge * STEPS - 1e-6; /* whole but for what the product lost */
	ret->has_edge = true;
	ret->edge = steps / STEPS;
	if (steps >= limit)
		ret->recommendation = OVER;
	else if (steps <= -limit)
		ret->recommendation = UNDER;
}

void pricing_compute(
	const struct live *live, const struct figure figures[MARKET_COUNT], double min_edge, struct price *ret)
{
	const struct live_quote *quotes = live->quotes;
	struct distribution d;

	for (size_t i = 0, end; i < live->quote_count; i = end) {
		enum market m = quotes[i].market;
		int32_t highest = 0;

		for (end = i; end < live->quote_count && quotes[end].market == m; end++)
			highest = quotes[end].line > highest ? quotes[end].line : highest;
		distribution_init(&d, figures[m].mean, figures[m].sd,
			distribution_shift(figures[m].mean, figures[m].sd), (unsigned)highest / 100 + 1);
		const struct tails tails = {d.count, d.below, d.above};
		for (size_t k = i; k < end; k++)
			pricing_price(&quotes[k], &tails, min_edge, &ret[k]);
	}
}

struct fingerprint pricing_inputs(struct fingerprint figures, const struct live *live, double min_edge)
{
	struct fingerprint f = fingerprint_start(STAGE_PRICING);

	f = fingerprint_join(f, figures);
	f = fingerprint_mix(f, &min_edge, sizeof(min_edge));
	for (size_t i = 0; i < live->quote_count; i++) {
		const struct live_quote *q = &live->quotes[i];
		const int32_t numbers[] = {(int32_t)q->market, q->line, q->over, q->under};

		f = fingerprint_mix(f, numbers, sizeof(numbers));
	}
	return f;
}
