#include "base/level.h"

#include <assert.h>
#include <string.h>

static const char *const names[LEVEL_COUNT] = {
	[LEVEL_URGENT] = "urgent",
	[LEVEL_HIGH] = "high",
	[LEVEL_NORMAL] = "normal",
	[LEVEL_LOW] = "low",
};

const char *level_name(enum level level)
{
	assert((unsigned)level < LEVEL_COUNT);
	return names[level];
}

bool level_parse(const char *text, enum level *ret_level)
{
	for (int i = 0; i < LEVEL_COUNT; i++)
		if (strcmp(names[i], text) == 0) {
			*ret_level = (enum level)i;
			return true;
		}
	return false;
}
