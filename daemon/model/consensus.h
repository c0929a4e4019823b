/*
 * What the books make of a player's markets, against what is expected of him. A book speaks by its main line: by how
 * far its price, the margin taken out, lies from the probability of the same line by the figures, in log odds. The
 * median of these differences is the books' opinion at any line of the market, and a share of it moves the figures'
 * probability (docs/model.md says how large and why). The order in which quotes came says nothing, nor does a clock.
 */
#ifndef MODEL_CONSENSUS_H
#define MODEL_CONSENSUS_H

#include "model/distribution.h"
#include "model/model.h"

#define CONSENSUS_OTHERS 3 /* so many other books tell whether one is off the market */

struct market_view { /* of one market */
	double shift; /* what the median adds to the log odds of an over, weighted */
	int32_t line; /* hundredths: where the books think an over as likely as an under; none where nobody speaks */
	uint32_t books; /* that speak */
};

struct quote_view { /* of one quote */
	double p_model, p_push; /* P(X > line given X != line), P(X = line), by the figures alone; -1: there are none */
	double off; /* of its price from the median of the other books at this line; below 0: too few others */
};

/* How a market's count comes out, by whoever has its figures. False: there are none. `room` is the caller's. */
struct shapes {
	bool (*tails)(const void *figures, enum market m, unsigned most, struct distribution *room, struct tails *ret);
	const void *figures;
	double share[2]; /* of the median that counts: points and its sums, the others; where nobody gives prices: */
	double share_unpriced[2];
};

extern const struct shapes shapes_of_model; /* `figures`, an array of MARKET_COUNT, is the caller's to set */
/* The same probabilities, whatever the books say. */
struct shapes shapes_unmoved(const struct shapes *shapes);

/* `ret_quotes`: one a quote, in their order; of a market without figures all is 0 and nobody is heard. */
void consensus_compute(const struct live *live, const struct shapes *shapes,
	struct market_view ret_markets[MARKET_COUNT], struct quote_view *ret_quotes);

/* Of a line alone: no other book is there to be off from. */
void consensus_view(const struct tails *t, int32_t line, struct quote_view *ret);

/* The fingerprint of all that this is made of beside `figures`. */
struct fingerprint consensus_inputs(struct fingerprint figures, const struct live *live, bool moved);

/* Figures of a player of whom nothing is known but the books' lines. False: no book gives both prices there. `quotes`
 * are of one market. */
bool consensus_figure(const struct live_quote *quotes, size_t count, struct figure *ret);

/* What a report says of the markets. */
void consensus_tell(const struct market_view markets[MARKET_COUNT], struct market_price ret[MARKET_COUNT]);

/* An over's probability moved by so much in log odds. */
double moved_by(double p, double shift);

#endif
