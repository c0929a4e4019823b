/* What a player is expected to do tonight if he plays: minutes first, then what he does a minute. */
#ifndef MODEL_PROJECTION_H
#define MODEL_PROJECTION_H

#include "model/form.h"
#include "model/model.h"

struct projection {
	double minutes;
	struct figure figures[MARKET_COUNT];
	struct figure_range ranges[MARKET_COUNT];
};

/* Of the distribution that lines are priced on. */
struct figure_range projection_range(const struct figure *f);

/* `form` is the player's before live->date; `similar` the games most like tonight's, in any order. */
void projection_compute(const struct snapshot *s, const struct live *live, const struct context *context,
	uint32_t player, const struct form *form, const struct similar_game *similar, size_t similar_count,
	struct projection *ret);

#endif
