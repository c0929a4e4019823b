#include "redis/shape.h"

#include <assert.h>
#include <stdlib.h>

#include "base/str.h"

/* Both go past one term of the shape; without a value they only go past it. */
static bool term(const char **at, const struct value *v);

static bool is_number(const struct value *v)
{
	if (v->type == VALUE_INTEGER)
		return true;
	const char *text = value_text(v);
	text += *text == '-';
	return *text && text[strspn(text, "0123456789")] == '\0';
}

/* What a script counts with, exactly; and a thousand times as much, microseconds, is a number still. */
static bool is_count(const struct value *v)
{
	return is_number(v) && value_int(v) >= 0 && value_int(v) <= (int64_t)1 << 53;
}

/* "[x]" behind the bracket: all of them are x. */
static bool list(const char **at, const struct value *v)
{
	const char *each = *at;
	bool fits = v && v->type == VALUE_ARRAY;
	for (size_t i = 0; fits && i < v->count; i++) {
		*at = each;
		fits = term(at, &v->items[i]);
	}
	*at = each;
	term(at, NULL);
	assert(**at == ']');
	++*at;
	return fits;
}

/* "(x y)" behind the bracket: these and no more. */
static bool tuple(const char **at, const struct value *v)
{
	bool fits = v && v->type == VALUE_ARRAY;
	size_t n = 0;
	while (**at != ')') {
		fits = term(at, fits && n < v->count ? &v->items[n] : NULL) && fits;
		n++;
		*at += **at == ' ';
	}
	++*at;
	return fits && n == v->count;
}

static bool atom(const char **at, const struct value *v)
{
	switch (*(*at)++) {
	case 'i':
		return v && is_number(v);
	case 'u':
		return v && is_count(v);
	case 's':
		return v && value_is_text(v);
	case 'n':
		return v && v->type == VALUE_NIL;
	case '.':
		return v;
	case '[':
		return list(at, v);
	case '(':
		return tuple(at, v);
	}
	abort(); /* no shape as shape.h says */
}

static bool term(const char **at, const struct value *v)
{
	bool fits = atom(at, v);
	while (**at == '|') {
		++*at;
		fits |= atom(at, v);
	}
	return fits;
}

bool value_has_shape(const struct value *v, const char *shape)
{
	bool fits = term(&shape, v);
	assert(*shape == '\0');
	return fits;
}

const char *value_describe(const struct value *v, char *buffer, size_t size)
{
	switch (v->type) {
	case VALUE_NIL:
		text_format(buffer, size, "nil");
		break;
	case VALUE_INTEGER:
		text_format(buffer, size, "the number %lld", (long long)v->integer);
		break;
	case VALUE_ARRAY:
		text_format(buffer, size, "an array of %zu", v->count);
		break;
	case VALUE_STRING:
	case VALUE_STATUS:
	case VALUE_ERROR:
		text_format(buffer, size, "the text \"%.60s\"", v->text);
		break;
	}
	return buffer;
}
