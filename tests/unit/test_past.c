/* What is remembered of runs and reports, and what differs between two reports. */
#include "regen/past.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "admin/report_diff.h"

static void the_last_runs_are_kept(void **state)
{
	(void)state;
	struct pasts all = {.most = 1 << 20};
	struct past *ann = NULL;
	for (int i = 1; i <= 6; i++)
		past_run(&all, &ann, &(struct past_run){.version = i});
	assert_int_equal(ann->run_count, 6);
	for (uint64_t i = 0; i < PAST_RUNS; i++)
		assert_int_equal(ann->runs[(ann->run_count - 1 - i) % PAST_RUNS].version, 6 - i);
	past_drop(&all, &ann);
	assert_null(ann);
	assert_int_equal(all.bytes, 0);
}

static void the_last_two_reports_are_kept_whatever_their_size(void **state)
{
	(void)state;
	struct pasts all = {.most = 1 << 20};
	struct past *ann = NULL;
	static const size_t lengths[] = {100, 120, 90, 5000, 1, 4000, 4100};
	char bytes[5000];
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		memset(bytes, (int)('a' + i), sizeof(bytes));
		past_report(&all, &ann, (int64_t)i + 1, bytes, lengths[i]);
		for (size_t k = 0; k < 2 && k <= i; k++) {
			const struct past_report *r = &ann->reports[k];
			assert_int_equal(r->version, i + 1 - k);
			assert_int_equal(r->length, lengths[i - k]);
			for (size_t at = 0; at < r->length; at++)
				assert_int_equal(r->bytes[at], 'a' + (int)(i - k));
		}
	}
	past_drop(&all, &ann);
	assert_int_equal(all.bytes, 0);
}

static void one_that_is_very_large_is_known_of_and_not_kept(void **state)
{
	(void)state;
	struct pasts all = {.most = 1 << 20};
	struct past *ann = NULL;
	char *bytes = calloc(1, PAST_REPORT_MAX + 1);
	assert_non_null(bytes);
	past_report(&all, &ann, 1, bytes, 10);
	past_report(&all, &ann, 2, bytes, PAST_REPORT_MAX + 1);
	assert_int_equal(ann->reports[0].version, 2);
	assert_null(ann->reports[0].bytes);
	assert_non_null(ann->reports[1].bytes);
	assert_true(all.bytes < 1000 + sizeof(struct past));
	past_report(&all, &ann, 3, bytes, PAST_REPORT_MAX);
	assert_non_null(ann->reports[0].bytes);
	assert_null(ann->reports[1].bytes);
	past_drop(&all, &ann);
	free(bytes);
}

static void of_a_report_s_causes_none_is_kept(void **state)
{
	(void)state;
	struct pasts all = {.most = 1 << 20};
	struct past *ann = NULL;
	static const char *const reports[][2] = {
		{"{\"attempt\":12,\"causes\":[{\"id\":\"1-0\"},{\"id\":\"2-0\"}],\"list\":[1]}",
			"{\"attempt\":12,\"causes\":[],\"list\":[1]}"},
		{"{\"attempt\":1,\"causes\":[],\"list\":[1]}", "{\"attempt\":1,\"causes\":[],\"list\":[1]}"},
		{"{\"a\":1,\"attempt\":1,\"causes\":[1]}", "{\"a\":1,\"attempt\":1,\"causes\":[1]}"},
		{"{\"attempt\":1,\"causes\":[1", "{\"attempt\":1,\"causes\":[1"},
		{"{\"attempt\":1", "{\"attempt\":1"},
	};
	for (size_t i = 0; i < sizeof(reports) / sizeof(reports[0]); i++) {
		past_report(&all, &ann, (int64_t)i + 1, reports[i][0], strlen(reports[i][0]));
		assert_int_equal(ann->reports[0].length, strlen(reports[i][1]));
		assert_memory_equal(ann->reports[0].bytes, reports[i][1], strlen(reports[i][1]));
	}
	past_drop(&all, &ann);
}

static void over_the_bound_who_ran_longest_ago_goes_first(void **state)
{
	(void)state;
	struct pasts all = {.most = 2 * (sizeof(struct past) + 2500)};
	struct past *ann = NULL, *bob = NULL, *cal = NULL;
	char bytes[2000] = "";
	past_report(&all, &ann, 1, bytes, sizeof(bytes));
	past_report(&all, &bob, 1, bytes, sizeof(bytes));
	past_run(&all, &ann, &(struct past_run){.version = 2});
	past_report(&all, &cal, 1, bytes, sizeof(bytes));
	assert_non_null(ann);
	assert_null(bob);
	assert_non_null(cal);
	assert_true(all.bytes <= all.most);
	past_drop(&all, &ann);
	past_drop(&all, &cal);
	struct pasts none = {.most = 0};
	past_run(&none, &ann, &(struct past_run){.version = 1});
	past_report(&none, &ann, 1, bytes, sizeof(bytes));
	assert_null(ann);
}

static void one_that_alone_is_over_the_bound_is_not_kept(void **state)
{
	(void)state;
	struct pasts all = {.most = sizeof(struct past) + 10};
	struct past *ann = NULL;
	char bytes[2000] = "";
	past_report(&all, &ann, 1, bytes, sizeof(bytes));
	assert_null(ann);
	assert_int_equal(all.bytes, 0);
}

/* "field from to" a line, and how many differ. */
static void assert_diff(const char *old, const char *new, const char *expected)
{
	json_t *a = json_loads(old, 0, NULL), *b = json_loads(new, 0, NULL), *ret = json_object(), *row;
	char text[4096] = "";
	size_t i, length = 0;
	assert_non_null(a);
	assert_non_null(b);
	report_diff(a, b, ret);
	json_array_foreach (json_object_get(ret, "fields"), i, row) {
		char *from = json_dumps(json_object_get(row, "from"), JSON_ENCODE_ANY | JSON_REAL_PRECISION(4));
		char *to = json_dumps(json_object_get(row, "to"), JSON_ENCODE_ANY | JSON_REAL_PRECISION(4));
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s %s %s\n",
			json_string_value(json_object_get(row, "field")), from ? from : "-", to ? to : "-");
		free(from);
		free(to);
	}
	snprintf(text + length, sizeof(text) - length, "%lld",
		(long long)json_integer_value(json_object_get(ret, "differing")));
	assert_string_equal(text, expected);
	json_decref(a);
	json_decref(b);
	json_decref(ret);
}

static void what_differs_is_named_and_what_follows_from_it_comes_last(void **state)
{
	(void)state;
	assert_diff(
		"{\"version\":1,\"causes\":[1],\"attempt\":1,\"league\":{\"number\":1,\"rows\":2},\"a\":{\"p_over\":0.5,"
		"\"line\":25.5,\"gone\":1,\"list\":[1,2]}}",
		"{\"version\":2,\"causes\":[2],\"attempt\":2,\"league\":{\"number\":2,\"rows\":3},\"a\":{\"p_over\":0.25,"
		"\"line\":26.5,\"list\":[1,3,4],\"new\":{\"b\":true}}}",
		"league.rows 2 3\na.line 25.5 26.5\na.list[1] 2 3\na.list[2] - 4\na.new - {\"b\": true}\na.gone 1 -\n"
		"a.p_over 0.5 0.25\n7");
	assert_diff("{\"a\":1}", "{\"a\":1}", "0");
	assert_diff(
		"{\"version\":1,\"generated_at\":\"x\",\"stages\":[]}", "{\"version\":2,\"generated_at\":\"y\"}", "0");
}

static void of_very_many_the_first_are_told_and_all_are_counted(void **state)
{
	(void)state;
	json_t *old = json_object(), *new = json_object(), *ret = json_object();
	for (int i = 0; i < 3 * REPORT_DIFFS_MAX; i++) {
		char key[16];
		snprintf(key, sizeof(key), "k%d", i);
		json_object_set_new(old, key, json_integer(i));
		json_object_set_new(new, key, json_integer(i + 1));
	}
	report_diff(old, new, ret);
	assert_int_equal(json_array_size(json_object_get(ret, "fields")), REPORT_DIFFS_MAX);
	assert_int_equal(json_integer_value(json_object_get(ret, "differing")), 3 * REPORT_DIFFS_MAX);
	json_decref(old);
	json_decref(new);
	json_decref(ret);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_runs_are_kept),
		cmocka_unit_test(the_last_two_reports_are_kept_whatever_their_size),
		cmocka_unit_test(one_that_is_very_large_is_known_of_and_not_kept),
		cmocka_unit_test(of_a_report_s_causes_none_is_kept),
		cmocka_unit_test(over_the_bound_who_ran_longest_ago_goes_first),
		cmocka_unit_test(one_that_alone_is_over_the_bound_is_not_kept),
		cmocka_unit_test(what_differs_is_named_and_what_follows_from_it_comes_last),
		cmocka_unit_test(of_very_many_the_first_are_told_and_all_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
