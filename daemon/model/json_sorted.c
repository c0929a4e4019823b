/* jansson's own dump writes 0.1 as 0.10000000000000001: more bytes, and not what was sent. */
#include "model/json_sorted.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *json_spell(const json_t *number, char buffer[NUMBER_SIZE_MAX])
{
	if (json_is_integer(number)) {
		text_format(buffer, NUMBER_SIZE_MAX, "%" JSON_INTEGER_FORMAT, json_integer_value(number));
		return buffer;
	}
	for (int digits = 15; digits <= 17; digits++) {
		text_format(buffer, NUMBER_SIZE_MAX, "%.*g", digits, json_real_value(number));
		if (strtod(buffer, NULL) == json_real_value(number))
			break;
	}
	/* What came as a fraction stays one to readers that tell the two apart. */
	if (strcspn(buffer, ".e") == strlen(buffer))
		strcat(buffer, ".0");
	return buffer;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int write_object(struct str *out, const json_t *object, unsigned depth)
{
	const size_t count = json_object_size(object);
	const char **keys = malloc((count + 1) * sizeof(*keys)), *key;
	size_t used = 0;
	json_t *value;
	int r = 0;

	if (!keys)
		return -ENOMEM;
	json_object_foreach ((json_t *)(uintptr_t)object, key, value)
		keys[used++] = key;
	qsort(keys, count, sizeof(*keys), by_name);
	str_char(out, '{');
	for (size_t i = 0; i < count && r == 0; i++) {
		if (i > 0)
			str_char(out, ',');
		str_json(out, keys[i], strlen(keys[i]));
		str_char(out, ':');
		r = json_sorted(out, json_object_get(object, keys[i]), depth);
	}
	str_char(out, '}');
	free(keys);
	return r;
}

static int write_array(struct str *out, const json_t *array, unsigned depth)
{
	int r = 0;

	str_char(out, '[');
	for (size_t i = 0; i < json_array_size(array) && r == 0; i++) {
		if (i > 0)
			str_char(out, ',');
		r = json_sorted(out, json_array_get(array, i), depth);
	}
	str_char(out, ']');
	return r;
}

int json_sorted(struct str *out, const json_t *value, unsigned depth)
{
	char number[NUMBER_SIZE_MAX];
	int r = 0;

	switch (json_typeof(value)) {
	case JSON_OBJECT:
		r = depth > 0 ? write_object(out, value, depth - 1) : -ELOOP;
		break;
	case JSON_ARRAY:
		r = depth > 0 ? write_array(out, value, depth - 1) : -ELOOP;
		break;
	case JSON_STRING:
		str_json(out, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
	case JSON_REAL:
		str_text(out, json_spell(value, number));
		break;
	case JSON_TRUE:
		str_text(out, "true");
		break;
	case JSON_FALSE:
		str_text(out, "false");
		break;
	case JSON_NULL:
		str_text(out, "null");
		break;
	}
	return r < 0 ? r : out->failed ? -ENOMEM : 0;
}
