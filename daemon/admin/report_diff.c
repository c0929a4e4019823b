#include "admin/report_diff.h"

#include <stdbool.h>
#include <string.h>

#include "base/str.h"

/* Of two runs on the same facts these differ all the same (docs/delivery.md). */
static bool is_passed_over(const char *key)
{
	static const char *const keys[] = {"generated_at", "version", "attempt", "causes", "stages"};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

/* What is worked out from the others of its object: of no interest before these. */
static bool is_derived(const char *key)
{
	static const char *const keys[] = {"p_model", "p_over", "p_push", "edge", "return_over", "return_under",
		"fair_over", "off_market", "suspect", "recommendation"};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

struct place { /* on the stack of whoever walks */
	const struct place *up;
	const char *key; /* NULL: `index` of a list */
	size_t index;
};

struct diff {
	json_t *fields[2]; /* first what is not derived */
	size_t count;
};

static void put_path(const struct place *place, struct str *out)
{
	if (place->up)
		put_path(place->up, out);
	if (place->key)
		str_printf(out, "%s%s", out->length ? "." : "", place->key);
	else
		str_printf(out, "[%zu]", place->index);
}

static void note(struct diff *d, const struct place *place, const json_t *old, const json_t *new)
{
	struct str path = {0};
	json_t *list = d->fields[place->key && is_derived(place->key)], *row = json_object();
	d->count++;
	put_path(place, &path);
	if (json_array_size(list) < REPORT_DIFFS_MAX && !path.failed) {
		json_object_set_new(row, "field", json_string(path.data));
		if (old)
			json_object_set(row, "from", (json_t *)old);
		if (new)
			json_object_set(row, "to", (json_t *)new);
		json_array_append(list, row);
	}
	json_decref(row);
	str_done(&path);
}

static void compare(struct diff *d, const struct place *place, const json_t *old, const json_t *new);

static bool is_of_making(const struct place *up, const char *key)
{
	if (!up)
		return is_passed_over(key);
	return !up->up && up->key && strcmp(up->key, "league") == 0 && strcmp(key, "number") == 0;
}

static void compare_objects(struct diff *d, const struct place *up, const json_t *old, const json_t *new)
{
	const char *key;
	json_t *value;
	json_object_foreach ((json_t *)new, key, value) {
		const struct place place = {.up = up, .key = key};
		if (!is_of_making(up, key))
			compare(d, &place, json_object_get(old, key), value);
	}
	json_object_foreach ((json_t *)old, key, value) {
		const struct place place = {.up = up, .key = key};
		if (!json_object_get(new, key) && !is_of_making(up, key))
			note(d, &place, value, NULL);
	}
}

static void compare_lists(struct diff *d, const struct place *up, const json_t *old, const json_t *new)
{
	for (size_t i = 0; i < json_array_size(old) || i < json_array_size(new); i++) {
		const struct place place = {.up = up, .index = i};
		compare(d, &place, json_array_get(old, i), json_array_get(new, i));
	}
}

static void compare(struct diff *d, const struct place *place, const json_t *old, const json_t *new)
{
	if (json_is_object(old) && json_is_object(new))
		compare_objects(d, place, old, new);
	else if (json_is_array(old) && json_is_array(new))
		compare_lists(d, place, old, new);
	else if (!old || !new || !json_equal(old, new))
		note(d, place, old, new);
}

void report_diff(const json_t *old, const json_t *new, json_t *ret)
{
	struct diff d = {.fields = {json_array(), json_array()}};
	compare_objects(&d, NULL, old, new);
	json_t *fields = json_array();
	for (int i = 0; i < 2; i++)
		for (size_t k = 0; k < json_array_size(d.fields[i]) && json_array_size(fields) < REPORT_DIFFS_MAX; k++)
			json_array_append(fields, json_array_get(d.fields[i], k));
	json_object_set_new(ret, "fields", fields);
	json_object_set_new(ret, "differing", json_integer((json_int_t)d.count));
	json_decref(d.fields[0]);
	json_decref(d.fields[1]);
}
