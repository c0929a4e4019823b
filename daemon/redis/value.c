#include "redis/value.h"

#include <stdlib.h>

static const struct value nil = {.type = VALUE_NIL};

int64_t value_int(const struct value *v)
{
	if (v->type == VALUE_INTEGER)
		return v->integer;
	return value_is_text(v) ? strtoll(v->text, NULL, 10) : 0;
}

const struct value *value_at(const struct value *v, size_t i)
{
	return v->type == VALUE_ARRAY && i < v->count ? &v->items[i] : &nil;
}
