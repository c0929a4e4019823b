/* Priority levels, highest first: the order of the enum is the order of service everywhere. */
#ifndef BASE_LEVEL_H
#define BASE_LEVEL_H

#include <stdbool.h>

enum level { LEVEL_URGENT, LEVEL_HIGH, LEVEL_NORMAL, LEVEL_LOW, LEVEL_COUNT };

/* "urgent", "high", "normal", "low". */
const char *level_name(enum level level);

/* Parses a name as level_name() writes it; false, *ret_level untouched, for any other text. */
bool level_parse(const char *text, enum level *ret_level);

#endif
