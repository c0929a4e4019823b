/* JSON that is not ours, written the way ours is: keys sorted, no white space, each number the shortest that reads back
 * as the same. Any thread. */
#ifndef MODEL_JSON_SORTED_H
#define MODEL_JSON_SORTED_H

#include <jansson.h>

#include "base/str.h"

#define NUMBER_SIZE_MAX 32

/* What a number is written as. */
const char *json_spell(const json_t *number, char buffer[NUMBER_SIZE_MAX]);

/* Appends the value. 0, -ENOMEM, or -ELOOP: lists and objects lie in each other more than `depth` deep. */
int json_sorted(struct str *out, const json_t *value, unsigned depth) __attribute__((warn_unused_result));

#endif
