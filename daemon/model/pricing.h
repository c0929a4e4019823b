/* What the lines on offer are worth, given what is expected of the player. */
#ifndef MODEL_PRICING_H
#define MODEL_PRICING_H

#include "model/model.h"

/* One price a quote, in the order of the quotes. */
void pricing_compute(
	const struct live *live, const struct figure figures[MARKET_COUNT], double min_edge, struct price *ret);

/* One quote's, given how the count comes out. */
struct tails;
void pricing_price(const struct live_quote *q, const struct tails *tails, double min_edge, struct price *ret);

/* The fingerprint of all that prices are made of: the figures (theirs comes from the caller), the quotes, min_edge. */
struct fingerprint pricing_inputs(struct fingerprint figures, const struct live *live, double min_edge);

/* The probability that an American price stands for, the bookmaker's margin included. */
double price_probability(int32_t american);

#endif
