/*
 * A reply of Redis as a tree of plain values. It lives in the connection's arena and is gone when the reply function
 * returns: copy what must stay. Strings are bytes with a NUL behind them.
 */
#ifndef REDIS_VALUE_H
#define REDIS_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum value_type { VALUE_NIL, VALUE_STRING, VALUE_STATUS, VALUE_ERROR, VALUE_INTEGER, VALUE_ARRAY };

struct value {
	enum value_type type;
	union {
		struct {
			const char *text; /* string, status, error */
			size_t length;
		};
		int64_t integer;
		struct {
			struct value *items;
			size_t count;
		};
	};
};

static inline bool value_is_error(const struct value *v)
{
	return v->type == VALUE_ERROR;
}

/* Whether it is an error whose first word is `code`, such as "NOGROUP". */
static inline bool value_is_code(const struct value *v, const char *code)
{
	size_t length = strlen(code);
	return v->type == VALUE_ERROR && v->length >= length && memcmp(v->text, code, length) == 0 &&
	       (v->text[length] == ' ' || v->text[length] == '\0');
}

static inline bool value_is_text(const struct value *v)
{
	return v->type == VALUE_STRING || v->type == VALUE_STATUS;
}

/* Text of a string or status, "" for anything else. */
static inline const char *value_text(const struct value *v)
{
	return value_is_text(v) ? v->text : "";
}

/* An integer, or a string that is one; 0 for anything else. */
int64_t value_int(const struct value *v);

/* Item `i` of an array; a nil value when there is none. */
const struct value *value_at(const struct value *v, size_t i);

#endif
