/*
 * Each pattern is a list of steps, held against the steps that lead to a field; what is passed over is not entered. Object
 * members go by name, in the order of the first value, then those that only the second has; list elements by their place.
 */
#include "compare.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "document.h"

#define ROUNDING 1e-9 /* 27.5 - 27.4 is a little more than 0.1 */

enum { STEPS_MAX = 32, KEY_MAX_BYTES = 128, INDEX_DIGITS = 18 };

struct pattern {
	struct pattern *next;
	bool anywhere; /* one key, wherever it is */
	bool if_both; /* passed over only where one of the two has it alone */
	size_t count;
	struct {
		char key[KEY_MAX_BYTES]; /* "*": any */
		bool element; /* of a list: `index` */
		size_t index; /* SIZE_MAX: any */
	} steps[STEPS_MAX];
};

struct compare_rules {
	double tolerance;
	struct pattern *patterns;
};

/* What docs/processors.md and README except from equality, and who made it. */
static const char *const excepted[] = {"$.generated_at", "$.version", "$.attempt", "$.causes", "$.phases",
	"$.processor", "$.league.number", "$.stages.*.ms", "$.stages.*.reused"};

/* What propsd puts around a result, and another system may not. */
static const char *const around[] = {"$.player_lookup", "$.game_date", "$.game_id", "$.team", "$.opponent"};

/* --- patterns ------------------------------------------------------------------------------------------------------ */

/* One step from `p` on, behind its dot; the end of it, NULL: it is none. */
static const char *take_key(struct pattern *pattern, const char *p, const char *end)
{
	const size_t length = (size_t)(end - p);
	if (length == 0 || length >= KEY_MAX_BYTES)
		return NULL;
	memcpy(pattern->steps[pattern->count].key, p, length);
	pattern->steps[pattern->count++].key[length] = '\0';
	return end;
}

static const char *take_bracket(struct pattern *pattern, const char *p)
{
	if (p[1] == '\'') {
		const char *end = strstr(p + 2, "']");
		return end && take_key(pattern, p + 2, end) ? end + 2 : NULL;
	}
	const size_t digits = strspn(p + 1, "0123456789");
	const bool any = strncmp(p + 1, "*]", 2) == 0;
	if (!any && (digits == 0 || digits > INDEX_DIGITS || p[1 + digits] != ']'))
		return NULL;
	pattern->steps[pattern->count].element = true;
	pattern->steps[pattern->count++].index = any ? SIZE_MAX : (size_t)strtoull(p + 1, NULL, 10);
	return p + 1 + (any ? 1 : digits) + 1;
}

static bool parse(struct pattern *pattern, const char *text)
{
	const bool rooted = text[0] == '$';
	const char *p = text + rooted;
	pattern->anywhere = !rooted && !strpbrk(text, ".[");
	for (bool first = true; p && *p; first = false) {
		if (pattern->count == STEPS_MAX)
			return false;
		if (*p == '[')
			p = take_bracket(pattern, p);
		else if (*p == '.' || (first && !rooted))
			p = take_key(pattern, p + (*p == '.'), p + (*p == '.') + strcspn(p + (*p == '.'), ".["));
		else
			return false;
	}
	return p && pattern->count > 0;
}

static int add(struct compare_rules *rules, const char *text, bool if_both, struct err *err)
{
	struct pattern *pattern = calloc(1, sizeof(*pattern));
	if (!pattern)
		return err_set(err, -ENOMEM, "out of memory");
	pattern->if_both = if_both;
	if (!parse(pattern, text)) {
		free(pattern);
		return err_set(err, -EINVAL,
			"\"%s\" is no key and no path such as markets.points.mean, stages.*.ms or starters[0]", text);
	}
	pattern->next = rules->patterns;
	rules->patterns = pattern;
	return 0;
}

int compare_ignore(struct compare_rules *rules, const char *pattern, struct err *err)
{
	return add(rules, pattern, false, err);
}

void compare_rules_free(struct compare_rules *rules)
{
	struct pattern *next;
	if (!rules)
		return;
	for (struct pattern *p = rules->patterns; p; p = next) {
		next = p->next;
		free(p);
	}
	free(rules);
}

struct compare_rules *compare_rules_new(double tolerance)
{
	struct compare_rules *rules = calloc(1, sizeof(*rules));
	struct err err;
	int r = rules ? 0 : -ENOMEM;
	if (rules)
		rules->tolerance = tolerance;
	for (size_t i = 0; i < sizeof(excepted) / sizeof(excepted[0]) && r == 0; i++)
		r = add(rules, excepted[i], false, &err);
	for (size_t i = 0; i < sizeof(around) / sizeof(around[0]) && r == 0; i++)
		r = add(rules, around[i], true, &err);
	if (r == 0)
		return rules;
	compare_rules_free(rules);
	return NULL;
}

static bool step_matches(const struct pattern *pattern, size_t i, const struct place *at)
{
	if (at->key)
		return !pattern->steps[i].element &&
		       (strcmp(pattern->steps[i].key, "*") == 0 || strcmp(pattern->steps[i].key, at->key) == 0);
	return pattern->steps[i].element &&
	       (pattern->steps[i].index == SIZE_MAX || pattern->steps[i].index == at->index);
}

static bool matches(const struct pattern *pattern, const struct place *at)
{
	if (pattern->anywhere)
		return step_matches(pattern, 0, at);
	size_t i = pattern->count;
	for (; at && i > 0; at = at->up)
		if (!step_matches(pattern, --i, at))
			return false;
	return !at && i == 0;
}

/* --- the comparison ------------------------------------------------------------------------------------------------ */

struct comparison {
	const struct compare_rules *rules;
	void (*found)(void *user, const struct compare_difference *difference);
	void *user;
	long count;
	bool failed;
};

static bool is_passed_over(const struct comparison *c, const struct place *at, bool both)
{
	for (const struct pattern *p = c->rules->patterns; p; p = p->next)
		if (!(p->if_both && both) && matches(p, at))
			return true;
	return false;
}

/* Whether it is the same key in a path without quotes. */
static bool is_plain(const char *key)
{
	return *key && strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == strlen(key);
}

static void add_path(struct str *s, const struct place *at)
{
	if (!at) {
		str_char(s, '$');
		return;
	}
	add_path(s, at->up);
	if (!at->key)
		str_printf(s, "[%zu]", at->index);
	else
		str_printf(s, is_plain(at->key) ? ".%s" : "['%s']", at->key);
}

static void differ(struct comparison *c, const struct place *at, const json_t *first, const json_t *second, double by)
{
	struct str path = {0};
	add_path(&path, at);
	c->count++;
	c->failed = c->failed || path.failed;
	if (!path.failed)
		c->found(c->user, &(struct compare_difference){path.data, first, second, by});
	str_done(&path);
}

static void walk(struct comparison *c, const struct place *at, const json_t *first, const json_t *second);

static void walk_object(struct comparison *c, const struct place *at, const json_t *first, const json_t *second)
{
	const char *key;
	json_t *value;
	json_object_foreach ((json_t *)first, key, value)
		walk(c, &(struct place){.up = at, .key = key}, value, json_object_get(second, key));
	json_object_foreach ((json_t *)second, key, value)
		if (!json_object_get(first, key))
			walk(c, &(struct place){.up = at, .key = key}, NULL, value);
}

static void walk_list(struct comparison *c, const struct place *at, const json_t *first, const json_t *second)
{
	const size_t a = json_array_size(first), b = json_array_size(second);
	for (size_t i = 0; i < a || i < b; i++)
		walk(c, &(struct place){.up = at, .index = i}, json_array_get(first, i), json_array_get(second, i));
}

static void walk_numbers(struct comparison *c, const struct place *at, const json_t *first, const json_t *second)
{
	const double by = fabs(json_number_value(first) - json_number_value(second));
	const bool whole = json_is_integer(first) && json_is_integer(second); /* a double may not tell them apart */
	if (by > c->rules->tolerance * (1 + ROUNDING) ||
		(whole && by == 0 && json_integer_value(first) != json_integer_value(second)))
		differ(c, at, first, second, by);
}

static void walk(struct comparison *c, const struct place *at, const json_t *first, const json_t *second)
{
	if (at && is_passed_over(c, at, first && second))
		return;
	if (!first || !second)
		differ(c, at, first, second, -1);
	else if (json_is_object(first) && json_is_object(second))
		walk_object(c, at, first, second);
	else if (json_is_array(first) && json_is_array(second))
		walk_list(c, at, first, second);
	else if (json_is_number(first) && json_is_number(second))
		walk_numbers(c, at, first, second);
	else if (!json_equal(first, second))
		differ(c, at, first, second, -1);
}

long compare(const struct compare_rules *rules, const json_t *first, const json_t *second,
	void (*found)(void *user, const struct compare_difference *difference), void *user)
{
	struct comparison c = {.rules = rules, .found = found, .user = user};
	walk(&c, NULL, first, second);
	return c.failed ? -1 : c.count;
}
