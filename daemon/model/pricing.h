/* What the lines on offer are worth, given what is expected of the player and what the books think together. */
#ifndef MODEL_PRICING_H
#define MODEL_PRICING_H

#include "model/model.h"

struct market_view;
struct quote_view;

/* One price a quote, in the order of the quotes; `markets` by enum market. `known`: the figures are no book's. */
void pricing_compute(const struct live *live, const struct market_view *markets, const struct quote_view *quotes,
	bool known, const struct model_options *options, struct price *ret);

/* One quote's. */
void pricing_price(const struct live_quote *q, double shift, const struct quote_view *view, bool known,
	const struct model_options *options, struct price *ret);

/* The fingerprint of all that prices are made of: the views (theirs comes from the caller), the prices, the options. */
struct fingerprint pricing_inputs(
	struct fingerprint views, const struct live *live, const struct model_options *options);

/* The probability that an American price stands for, the bookmaker's margin included; what it pays on a unit. */
double price_probability(int32_t american);
double price_profit(int32_t american);

/* The book's opinion of the over, as far as its prices tell: without its margin where both are known (then true is
 * returned), else that price's probability. Untouched without prices. */
bool price_opinion(const struct live_quote *q, double *ret);

/* Expected of a unit at that price, P(win given no push) being p. */
double price_return(double p, double p_push, int32_t american);

#endif
