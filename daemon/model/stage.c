#include "model/model.h"

static const char *const names[STAGE_COUNT] = {
	[STAGE_CONTEXT] = "context",
	[STAGE_SIMILARITY] = "similarity",
	[STAGE_PROJECTION] = "projection",
	[STAGE_MARKET] = "market",
	[STAGE_PRICING] = "pricing",
};

const char *stage_name(enum stage stage)
{
	return names[stage];
}
