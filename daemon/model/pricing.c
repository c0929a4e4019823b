/*
 * Everything that the report shows is rounded to 1e-4 here, before it is compared, so that a reader who does
 * the sums with the figures in front of him comes to the same edge and the same recommendation.
 */
#include "model/pricing.h"

#include <math.h>
#include <stddef.h>

#include "model/consensus.h"
#include "model/fingerprint.h"

#define STEPS 10000.0
#define SUSPECT 0.10 /* so far off the market nothing is recommended: it is an error, or news */

static double rounded(double value)
{
	return rint(value * STEPS) / STEPS;
}

double price_probability(int32_t american)
{
	double size = fabs((double)american);

	return american > 0 ? 100 / (size + 100) : size / (size + 100);
}

double price_profit(int32_t american)
{
	return american > 0 ? american / 100.0 : -100.0 / american;
}

double price_return(double p, double p_push, int32_t american)
{
	return (1 - p_push) * (p * price_profit(american) - (1 - p));
}

bool price_opinion(const struct live_quote *q, double *ret)
{
	double over = q->over ? price_probability(q->over) : 0, under = q->under ? price_probability(q->under) : 0;

	if (q->over && q->under)
		*ret = over / (over + under);
	else if (q->over)
		*ret = over;
	else if (q->under)
		*ret = 1 - under;
	return q->over && q->under;
}

/* Whether the side has what a recommendation wants of it; `edge` and `returns` are the side's. */
static bool wanted(
	const struct price *p, double edge, bool has_price, double returns, const struct model_options *options)
{
	const double nothing = 1e-6 / STEPS; /* what a product lost: all are whole steps */
	const double least = options->min_edge < 0 && options->min_return < 0 ? MIN_RETURN : options->min_return;

	if (!p->has_edge || p->suspect)
		return false;
	if (options->min_edge >= 0 && edge < options->min_edge - nothing)
		return false;
	return least < 0 || (has_price && returns >= least - nothing);
}

static void recommend(struct price *p, const struct model_options *options)
{
	const bool over = wanted(p, p->edge, p->has_over, p->return_over, options);
	const bool under = wanted(p, -p->edge, p->has_under, p->return_under, options);

	if (over && under) /* a margin below nothing */
		p->recommendation = p->return_under > p->return_over ? UNDER : OVER;
	else if (over || under)
		p->recommendation = over ? OVER : UNDER;
}

void pricing_price(const struct live_quote *q, double shift, const struct quote_view *view, bool known,
	const struct model_options *options, struct price *ret)
{
	const bool has_figures = view->p_model >= 0;
	const double p = has_figures ? view->p_model : 0;
	double theirs = 0;

	*ret = (struct price){.p_model = rounded(p),
		.p_over = rounded(shift != 0 ? moved_by(p, shift) : p),
		.p_push = rounded(view->p_push),
		.has_model = known,
		.has_off = view->off >= 0,
		.off_market = view->off >= 0 ? rounded(view->off) : 0,
		.has_over = q->over != 0,
		.has_under = q->under != 0,
		.recommendation = PASS};
	ret->suspect = ret->has_off && ret->off_market > SUSPECT + 1e-6 / STEPS;
	ret->has_fair = price_opinion(q, &theirs);
	ret->has_edge = has_figures && (q->over || q->under);
	if (!ret->has_edge)
		return;
	theirs = rounded(theirs);
	ret->fair_over = ret->has_fair ? theirs : 0;
	ret->edge = rint((ret->p_over - theirs) * STEPS) / STEPS;
	if (q->over)
		ret->return_over = rounded(price_return(ret->p_over, ret->p_push, q->over));
	if (q->under)
		ret->return_under = rounded(price_return(1 - ret->p_over, ret->p_push, q->under));
	recommend(ret, options);
}

void pricing_compute(const struct live *live, const struct market_view *markets, const struct quote_view *quotes,
	bool known, const struct model_options *options, struct price *ret)
{
	for (size_t i = 0; i < live->quote_count; i++)
		pricing_price(
			&live->quotes[i], markets[live->quotes[i].market].shift, &quotes[i], known, options, &ret[i]);
}

struct fingerprint pricing_inputs(struct fingerprint views, const struct live *live, const struct model_options *options)
{
	const double least[] = {options->min_edge, options->min_return};
	struct fingerprint f = fingerprint_start(STAGE_PRICING);

	f = fingerprint_join(f, views);
	f = fingerprint_mix(f, least, sizeof(least));
	for (size_t i = 0; i < live->quote_count; i++) {
		const struct live_quote *q = &live->quotes[i];
		const int32_t numbers[] = {(int32_t)q->market, q->line, q->over, q->under};

		f = fingerprint_mix(f, numbers, sizeof(numbers));
	}
	return f;
}
