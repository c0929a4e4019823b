/*
 * jansson reads the whole object first: it refuses what is not JSON, bad UTF-8, NULs and keys that come
 * twice. A number becomes the shortest decimal that reads back as the same double, which for up to 15 digits
 * is what the producer wrote.
 */
#include "ingest/decode_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/str.h"
#include "ingest/blame.h"

static const char want[] = "data is one JSON object of the contract's fields";

static void spell(const json_t *number, char buffer[NUMBER_SIZE])
{
	if (json_is_integer(number)) {
		text_format(buffer, NUMBER_SIZE, "%" JSON_INTEGER_FORMAT, json_integer_value(number));
		return;
	}
	double real = json_real_value(number);
	for (int digits = 15; digits <= 17; digits++) {
		text_format(buffer, NUMBER_SIZE, "%.*g", digits, real);
		if (strtod(buffer, NULL) == real)
			break;
	}
}

static struct value to_value(const char *name, size_t name_length, const json_t *json, char number[NUMBER_SIZE])
{
	struct value value = {.type = VALUE_OTHER, .name = name, .name_length = name_length};
	switch (json_typeof(json)) {
	case JSON_STRING:
		value.type = VALUE_TEXT;
		value.text = json_string_value(json);
		value.length = json_string_length(json);
		return value;
	case JSON_INTEGER:
	case JSON_REAL:
		value.type = VALUE_NUMBER;
		spell(json, number);
		value.text = number;
		break;
	case JSON_ARRAY:
		value.type = VALUE_LIST;
		value.text = "a list";
		value.list = json;
		value.items = json_array_size(json);
		break;
	case JSON_OBJECT:
		value.text = "an object";
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		value.type = VALUE_FLAG;
		value.text = json_is_true(json) ? "true" : "false";
		break;
	case JSON_NULL:
		value.type = VALUE_NULL;
		value.text = "null";
		break;
	}
	value.length = strlen(value.text);
	return value;
}

struct value json_list_item(const struct value *list, size_t index, char number[NUMBER_SIZE])
{
	return to_value(list->name, list->name_length, json_array_get(list->list, index), number);
}

/* What stands inside a list or an object of the entry: nothing deeper, and texts that are fit for any field.
 */
static int check_inner(struct malformed *why, const struct value *outer, const char *key, const json_t *json)
{
	char number[NUMBER_SIZE];
	struct value inner = to_value(outer->name, outer->name_length, json, number);
	if (json_is_array(json) || json_is_object(json))
		return blame(
			why, &inner, want, "is nested too deep: a field may be a list or an object, nothing in it may");
	const char *problem = key != NULL ? text_problem(key, strlen(key)) : NULL;
	if (problem != NULL) {
		inner.text = key;
		inner.length = strlen(key);
		inner.type = VALUE_TEXT;
		return blame(why, &inner, NULL, "%s", problem);
	}
	return json_is_string(json) ? check_text(why, &inner) : 0;
}

static int check_nested(struct malformed *why, const struct value *value, json_t *json)
{
	int r = 0;
	size_t i;
	const char *key;
	json_t *item;
	if (json_is_array(json)) {
		json_array_foreach (json, i, item) {
			if ((r = check_inner(why, value, NULL, item)) < 0)
				return r;
		}
	} else if (json_is_object(json)) {
		json_object_foreach (json, key, item) {
			if ((r = check_inner(why, value, key, item)) < 0)
				return r;
		}
	}
	return 0;
}

static int refuse(struct malformed *why, const struct value *data, const json_error_t *error)
{
	/* No text: jansson ran out of memory before it looked at the input. */
	if (error->text[0] == '\0' || json_error_code(error) == json_error_out_of_memory)
		return -ENOMEM;
	char text[128];
	blame_show(text, sizeof(text), error->text, strlen(error->text), false);
	return blame(why, data, want, "is not a JSON object: %s (line %d, column %d)", text, error->line, error->column);
}

int json_entry_init(struct json_entry *entry, const char *text, size_t length, struct malformed *why)
{
	const struct value data = {.name = "data", .name_length = 4};
	json_error_t error;
	json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
	if (root == NULL)
		return refuse(why, &data, &error);
	int r = 0;
	entry->root = root;
	entry->count = 0;
	if (!json_is_object(root)) {
		r = blame(why, &data, want, "is a JSON array");
		goto out;
	}
	if (json_object_size(root) > FIELDS_MAX) {
		r = blame(why, &data, want, "has %zu keys, more than %d", json_object_size(root), FIELDS_MAX);
		goto out;
	}
	const char *key;
	json_t *json;
	json_object_foreach (root, key, json) {
		struct value *value = &entry->value[entry->count];
		*value = to_value(key, strlen(key), json, entry->number[entry->count]);
		entry->count++;
		r = check_nested(why, value, json);
		if (r < 0)
			goto out;
	}
out:
	if (r < 0)
		json_decref(root);
	return r;
}

void json_entry_done(struct json_entry *entry)
{
	json_decref(entry->root);
}
