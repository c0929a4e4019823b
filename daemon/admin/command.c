/*
 * Rows of command tables and the generic check of arguments. The check is driven by one table of types, each
 * with a function that takes the JSON value and one sentence that says what would be right; no handler parses
 * anything.
 */
#include "admin/command.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fold.h"
#include "base/level.h"
#include "base/nearest.h"
#include "base/str.h"

#define TEXT_MAX 255

static const char *const role_names[] = {
	[ADMIN_ROLE_VIEW] = "view",
	[ADMIN_ROLE_OPERATE] = "operate",
	[ADMIN_ROLE_ADMIN] = "admin",
};

const char *admin_role_name(enum admin_role role)
{
	return role_names[role];
}

const struct admin_command *admin_command_find(const struct admin_command *const *tables, const char *name)
{
	for (; *tables; tables++) {
		for (const struct admin_command *row = *tables; row->name; row++) {
			if (strcmp(row->name, name) == 0)
				return row;
		}
	}
	return NULL;
}

size_t admin_command_nearest(const struct admin_command *const *tables, const char *name, const char **ret, size_t max)
{
	struct nearest nearest;
	nearest_init(&nearest, name, ret, max);
	for (; *tables; tables++) {
		for (const struct admin_command *row = *tables; row->name; row++)
			nearest_offer(&nearest, row->name);
	}
	return nearest.count;
}

/* The value as a sentence shows it: JSON, cut, so that nobody's log or terminal is flooded by a wrong one. */
static const char *shown(const json_t *json, char *buffer, size_t size)
{
	if (json_is_object(json))
		return "an object";
	if (json_is_array(json))
		return "a list";
	char *text = json_dumps(json, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	if (!text)
		return "not readable";
	size_t length = strlen(text);
	size_t cut = 64;
	if (length <= cut) {
		text_format(buffer, size, "%s", text);
	} else {
		while (cut > 0 && ((unsigned char)text[cut] & 0xC0) == 0x80)
			cut--;
		text_format(buffer, size, "%.*s...\"", (int)cut, text);
	}
	free(text);
	return buffer;
}

/* What each type takes: 0, -EINVAL (what would be right is said by its `right`), -ENOMEM. */
static int take_text(const struct admin_arg *arg, json_t *json, struct admin_value *value)
{
	(void)value;
	if (!json_is_string(json))
		return -EINVAL;
	int64_t from = arg->to ? arg->from : 1, to = arg->to ? arg->to : TEXT_MAX;
	int64_t length = (int64_t)json_string_length(json);
	return length >= from && length <= to ? 0 : -EINVAL;
}

static int take_name(const struct admin_arg *arg, json_t *json, struct admin_value *value)
{
	(void)arg;
	if (!json_is_string(json))
		return -EINVAL;
	char lookup[LOOKUP_SIZE];
	if (fold_name(json_string_value(json), json_string_length(json), lookup) <= 0)
		return -EINVAL;
	value->lookup = strdup(lookup);
	return value->lookup ? 0 : -ENOMEM;
}

static int take_int(const struct admin_arg *arg, json_t *json, struct admin_value *value)
{
	if (!json_is_integer(json))
		return -EINVAL;
	value->number = json_integer_value(json);
	return value->number >= arg->from && value->number <= arg->to ? 0 : -EINVAL;
}

static int take_bool(const struct admin_arg *arg, json_t *json, struct admin_value *value)
{
	(void)arg;
	if (!json_is_boolean(json))
		return -EINVAL;
	value->number = json_is_true(json);
	return 0;
}

static int take_word(const struct admin_arg *arg, json_t *json, struct admin_value *value)
{
	if (!json_is_string(json))
		return -EINVAL;
	for (int i = 0; arg->words[i]; i++) {
		if (strcmp(arg->words[i], json_string_value(json)) == 0) {
			value->number = i;
			return 0;
		}
	}
	return -EINVAL;
}

static int take_level(const struct admin_arg *arg, json_t *json, struct admin_value *value)
{
	(void)arg;
	enum level level;
	if (!json_is_string(json) || !level_parse(json_string_value(json), &level))
		return -EINVAL;
	value->number = level;
	return 0;
}

static int take_date(const struct admin_arg *arg, json_t *json, struct admin_value *value)
{
	(void)arg;
	date_t date, today = zone_date(clock_wall_ms(clock_system())); /* the process' zone is the league's */
	if (!json_is_string(json) || !day_parse(json_string_value(json), json_string_length(json), today, &date))
		return -EINVAL;
	value->number = date;
	return 0;
}

static int take_duration(const struct admin_arg *arg, json_t *json, struct admin_value *value)
{
	if (!json_is_string(json) || !duration_parse(json_string_value(json), &value->number))
		return -EINVAL;
	return arg->to == 0 || (value->number >= arg->from && value->number <= arg->to) ? 0 : -EINVAL;
}

static int take_object(const struct admin_arg *arg, json_t *json, struct admin_value *value)
{
	(void)value;
	if (!json_is_object(json))
		return -EINVAL;
	int64_t size = (int64_t)json_object_size(json);
	if (size < arg->from || size > arg->to)
		return -EINVAL;
	const char *key;
	json_t *field;
	json_object_foreach (json, key, field) {
		if (!json_is_string(field))
			return -EINVAL;
	}
	return 0;
}

static int take_list(const struct admin_arg *arg, json_t *json, struct admin_value *value)
{
	if (!json_is_array(json))
		return -EINVAL;
	int64_t size = (int64_t)json_array_size(json);
	if (size < arg->from || size > arg->to)
		return -EINVAL;
	size_t i;
	json_t *element;
	json_array_foreach (json, i, element) {
		const struct admin_arg one = {.name = arg->name, .type = ADMIN_OBJECT, .from = 1, .to = 64};
		if (take_object(&one, element, value) < 0)
			return -EINVAL;
	}
	return 0;
}

/* What would be right. */
static void right_text(const struct admin_arg *arg, struct str *out)
{
	str_printf(out, "must be a text of %lld to %lld bytes", (long long)(arg->to ? arg->from : 1),
		(long long)(arg->to ? arg->to : TEXT_MAX));
}

static void right_name(const struct admin_arg *arg, struct str *out)
{
	(void)arg;
	str_text(out, "must be a player's name or lookup, such as \"LeBron James\" or \"lebronjames\"");
}

static void right_int(const struct admin_arg *arg, struct str *out)
{
	str_printf(out, "must be a whole number from %lld to %lld", (long long)arg->from, (long long)arg->to);
}

static void right_bool(const struct admin_arg *arg, struct str *out)
{
	(void)arg;
	str_text(out, "must be true or false");
}

static void right_word(const struct admin_arg *arg, struct str *out)
{
	str_text(out, "must be one of ");
	for (int i = 0; arg->words[i]; i++)
		str_printf(out, "%s%s", i > 0 ? ", " : "", arg->words[i]);
}

static void right_level(const struct admin_arg *arg, struct str *out)
{
	(void)arg;
	str_text(out, "must be one of ");
	for (int i = 0; i < LEVEL_COUNT; i++)
		str_printf(out, "%s%s", i > 0 ? ", " : "", level_name((enum level)i));
}

static void right_date(const struct admin_arg *arg, struct str *out)
{
	(void)arg;
	str_text(out, "must be a date such as \"2025-11-15\", or today, yesterday or tomorrow");
}

static void right_duration(const struct admin_arg *arg, struct str *out)
{
	char from[DURATION_SIZE], to[DURATION_SIZE];
	str_text(out, "must be a duration such as \"30s\" or \"5m\"");
	if (arg->to)
		str_printf(out, ", from %s to %s", duration_format(arg->from, from), duration_format(arg->to, to));
}

static void right_object(const struct admin_arg *arg, struct str *out)
{
	str_printf(out, "must be an object of %lld to %lld members whose values are texts", (long long)arg->from,
		(long long)arg->to);
}

static void right_list(const struct admin_arg *arg, struct str *out)
{
	str_printf(out, "must be a list of %lld to %lld objects whose values are texts", (long long)arg->from,
		(long long)arg->to);
}

static const struct {
	int (*take)(const struct admin_arg *arg, json_t *json, struct admin_value *value);
	void (*right)(const struct admin_arg *arg, struct str *out);
} types[] = {
	[ADMIN_TEXT] = {take_text, right_text},
	[ADMIN_NAME] = {take_name, right_name},
	[ADMIN_INT] = {take_int, right_int},
	[ADMIN_BOOL] = {take_bool, right_bool},
	[ADMIN_WORD] = {take_word, right_word},
	[ADMIN_LEVEL] = {take_level, right_level},
	[ADMIN_DATE] = {take_date, right_date},
	[ADMIN_DURATION] = {take_duration, right_duration},
	[ADMIN_OBJECT] = {take_object, right_object},
	[ADMIN_LIST] = {take_list, right_list},
};

static size_t arg_count(const struct admin_command *command)
{
	size_t count = 0;
	while (command->args && command->args[count].name)
		count++;
	assert(count <= ADMIN_ARGS_MAX);
	return count;
}

static int wrong_value(const struct admin_command *command, const struct admin_arg *arg, json_t *json, struct err *err)
{
	char buffer[128];
	struct str right = {0};
	types[arg->type].right(arg, &right);
	int code = err_set(err, -EINVAL, "argument \"%s\" of \"%s\" is %s; it %s", arg->name, command->name,
		shown(json, buffer, sizeof(buffer)), right.failed ? "is wrong" : right.data);
	str_done(&right);
	return code;
}

static int unknown_arg(const struct admin_command *command, size_t count, const char *name, struct err *err)
{
	struct str takes = {0};
	for (size_t i = 0; i < count; i++)
		str_printf(&takes, "%s%s", i > 0 ? ", " : "", command->args[i].name);
	char quoted[128];
	json_t *text = json_string(name);
	int code = err_set(err, -EINVAL, "\"%s\" has no argument %s; it takes %s", command->name,
		text ? shown(text, quoted, sizeof(quoted)) : "of that name",
		count == 0     ? "none"
		: takes.failed ? "others"
			       : takes.data);
	json_decref(text);
	str_done(&takes);
	return code;
}

int admin_args_check(const struct admin_command *command, json_t *args, struct admin_value *values, struct err *err)
{
	memset(values, 0, ADMIN_ARGS_MAX * sizeof(*values));
	size_t count = arg_count(command);
	int result = 0;
	const char *key;
	json_t *json;
	json_object_foreach (args, key, json) {
		size_t i = 0;
		while (i < count && strcmp(command->args[i].name, key) != 0)
			i++;
		if (i == count) {
			result = unknown_arg(command, count, key, err);
			goto out;
		}
		const struct admin_arg *arg = &command->args[i];
		result = types[arg->type].take(arg, json, &values[i]);
		if (result == -EINVAL)
			result = wrong_value(command, arg, json, err);
		else if (result < 0)
			err_set(err, result, "out of memory");
		if (result < 0)
			goto out;
		values[i].given = true;
		values[i].json = json;
	}
	for (size_t i = 0; i < count; i++) {
		const struct admin_arg *arg = &command->args[i];
		if (!arg->required || values[i].given)
			continue;
		struct str right = {0};
		types[arg->type].right(arg, &right);
		result = err_set(err, -EINVAL, "argument \"%s\" of \"%s\" is missing; it %s", arg->name, command->name,
			right.failed ? "must be given" : right.data);
		str_done(&right);
		goto out;
	}
out:
	if (result < 0)
		admin_args_done(values);
	return result;
}

void admin_args_done(struct admin_value *values)
{
	for (size_t i = 0; i < ADMIN_ARGS_MAX; i++)
		free(values[i].lookup);
	memset(values, 0, ADMIN_ARGS_MAX * sizeof(*values));
}
