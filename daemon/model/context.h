/* Inside the model: the parts of a context that later stages ask for. */
#ifndef MODEL_CONTEXT_H
#define MODEL_CONTEXT_H

#include "model/model.h"

/* His side and the other one; both the neutral side where the game or his side of it is unknown. */
struct sides {
	const struct side_context *own, *opponent;
};
struct sides context_sides(const struct context *c, const struct live *live);

#endif
