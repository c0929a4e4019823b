/* What propsctl makes of measured jobs, and how it shows JSON as it came. */
#include <setjmp.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/figures.h"
#include "ctl/json_text.h"

/* --- percentiles -------------------------------------------------------------------------------------------------- */

static void percentiles_are_of_the_nearest_rank(void **state)
{
	double values[200];
	static const struct {
		size_t count;
		double percent, wanted; /* of the values 1, 2, ... */
	} cases[] = {
		{1, 50, 1},
		{1, 99, 1},
		{1, 0, 1},
		{2, 50, 1},
		{2, 51, 2},
		{2, 99, 2},
		{2, 100, 2},
		{3, 50, 2},
		{4, 50, 2},
		{4, 75, 3},
		{4, 76, 4},
		{20, 95, 19},
		{21, 95, 20},
		{100, 50, 50},
		{100, 95, 95},
		{100, 99, 99},
		{101, 99, 100},
		{200, 99, 198},
		{200, 100, 200},
		{199, 50, 100},
	};
	(void)state;
	for (size_t i = 0; i < 200; i++)
		values[i] = (double)i + 1;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (figures_percentile(values, cases[i].count, cases[i].percent) != cases[i].wanted)
			fail_msg("the %g %% of %zu: %g, not %g", cases[i].percent, cases[i].count,
				figures_percentile(values, cases[i].count, cases[i].percent), cases[i].wanted);
}

/* What the definition says, by counting. */
static void a_percentile_is_the_least_that_so_many_do_not_exceed(void **state)
{
	(void)state;
	srand(7);
	for (int round = 0; round < 300; round++) {
		double values[60];
		const size_t count = 1 + (size_t)rand() % 60;
		for (size_t i = 0; i < count; i++)
			values[i] = i == 0 ? 0 : values[i - 1] + rand() % 3; /* some alike */
		for (int percent = 1; percent <= 100; percent++) {
			const double got = figures_percentile(values, count, percent);
			size_t within = 0, below = 0;
			for (size_t i = 0; i < count; i++) {
				within += values[i] <= got;
				below += values[i] < got;
			}
			assert_true(100 * within >= (size_t)percent * count);
			assert_true(100 * below < (size_t)percent * count);
		}
	}
}

/* --- figures ------------------------------------------------------------------------------------------------------ */

static json_t *told(const char *player, bool ok, double ms, double cpu_ms, int64_t peak)
{
	json_t *item = json_pack("{s:s, s:b, s:i, s:f, s:i, s:i, s:i}", "player", player, "ok", ok, "repeat", 2,
		"took_ms", ms, "request_bytes", 10, "reply_bytes", ok ? 100 : 0, "result_bytes", ok ? 90 : 0);
	if (cpu_ms >= 0)
		json_object_set_new(item, "cpu_ms", json_real(cpu_ms));
	if (peak >= 0)
		json_object_set_new(item, "peak_bytes", json_integer(peak));
	if (!ok)
		json_object_set_new(item, "error", json_string("no games"));
	json_t *made = figures_item(item);
	json_decref(item);
	return made;
}

static void assert_json(json_t *got, const char *wanted)
{
	json_t *expected = json_loads(wanted, 0, NULL);
	assert_non_null(expected);
	if (!json_equal(got, expected))
		fail_msg("%s, not %s", json_dumps(got, JSON_SORT_KEYS), json_dumps(expected, JSON_SORT_KEYS));
	json_decref(expected);
	json_decref(got);
}

static void an_item_is_in_seconds_and_what_is_not_known_is_null(void **state)
{
	(void)state;
	assert_json(told("ann", true, 1500, 250, 4096),
		"{\"player\":\"ann\",\"repeat\":2,\"ok\":true,\"seconds\":1.5,\"cpu_seconds\":0.25,\"peak_bytes\":4096,"
		"\"request_bytes\":10,\"reply_bytes\":100,\"result_bytes\":90}");
	assert_json(told("bob", false, 500, -1, -1),
		"{\"player\":\"bob\",\"repeat\":2,\"ok\":false,\"seconds\":0.5,\"cpu_seconds\":null,\"peak_bytes\":null,"
		"\"request_bytes\":10,\"reply_bytes\":0,\"result_bytes\":0,\"error\":\"no games\"}");
}

static void figures_are_of_the_jobs_that_ended_well(void **state)
{
	(void)state;
	json_t *items = json_pack("[o,o,o,o]", told("a", true, 2000, 500, 7000), told("b", false, 60000, 1000, 9000),
		told("c", true, 1000, -1, -1), told("d", true, 3000, 1500, 8000));
	assert_json(figures_of(items),
		"{\"items\":4,\"failures\":1,\"total\":6.0,\"mean\":2.0,\"p50\":2.0,\"p95\":3.0,\"p99\":3.0,"
		"\"cpu_seconds\":3.0,\"peak_bytes\":9000,\"reply_bytes\":300,\"result_bytes\":270}");
	json_decref(items);
}

static void without_any_they_are_null(void **state)
{
	(void)state;
	json_t *items = json_pack("[o]", told("a", false, 2000, -1, -1));
	assert_json(figures_of(items),
		"{\"items\":1,\"failures\":1,\"total\":null,\"mean\":null,\"p50\":null,\"p95\":null,"
		"\"p99\":null,\"cpu_seconds\":null,\"peak_bytes\":null,\"reply_bytes\":0,\"result_bytes\":0}");
	json_decref(items);
	items = json_array();
	assert_json(figures_of(items),
		"{\"items\":0,\"failures\":0,\"total\":null,\"mean\":null,\"p50\":null,\"p95\":null,"
		"\"p99\":null,\"cpu_seconds\":null,\"peak_bytes\":null,\"reply_bytes\":null,\"result_bytes\":null}");
	json_decref(items);
}

/* --- JSON as it came ---------------------------------------------------------------------------------------------- */

static void assert_shown(const char *text, unsigned width, const char *wanted)
{
	char *got;
	size_t size;
	FILE *out = open_memstream(&got, &size);
	json_text_put(out, text, width);
	fclose(out);
	assert_string_equal(got, wanted);
	free(got);
}

static void json_has_a_line_a_member_where_one_line_is_too_narrow(void **state)
{
	(void)state;
	assert_shown("{\"a\":1,\"b\":[1,2]}", 80, "{\"a\": 1, \"b\": [1, 2]}\n");
	assert_shown("{\"a\":1,\"b\":[1,2]}", 22, "{\"a\": 1, \"b\": [1, 2]}\n");
	assert_shown("{\"a\":1,\"b\":[1,2]}", 21, "{\n  \"a\": 1,\n  \"b\": [1, 2]\n}\n");
	assert_shown(" {\"a\" : [ {} , [ ] ,\t\"x\" ] } ", 12, "{\n  \"a\": [\n    {},\n    [],\n    \"x\"\n  ]\n}\n");
	assert_shown("[]", 1, "[\n]\n");
}

static void json_is_byte_for_byte_as_it_came(void **state)
{
	(void)state;
	assert_shown("{\"x\":0.30000000000000004,\"n\":123456789012345678901234567890}", 80,
		"{\"x\": 0.30000000000000004, \"n\": 123456789012345678901234567890}\n");
	assert_shown("\"a { \\\"b\\\" : [ , \\\\\"", 5, "\"a { \\\"b\\\" : [ , \\\\\"\n");
	assert_shown("{\"k ey\":\"v, al\",\"l\":-1e-7,\"t\":true,\"z\":null}", 10,
		"{\n  \"k ey\": \"v, al\",\n  \"l\": -1e-7,\n  \"t\": true,\n  \"z\": null\n}\n");
}

static void what_could_steer_a_terminal_is_escaped(void **state)
{
	char text[600] = "\"", wanted[1200] = "\"";
	(void)state;
	assert_shown("{\"a\":\"\x7f\xc2\x9b\"}", 80, "{\"a\": \"\\x7f\\x9b\"}\n");
	assert_shown("no JSON \x1b[2J", 80, "no JSON \\x1b[2J\n");
	for (int i = 0; i < 150; i++) { /* also where it is put out in pieces */
		strcat(text, i % 2 ? "\xc2\x9b" : "x");
		strcat(wanted, i % 2 ? "\\x9b" : "x");
	}
	strcat(text, "\"");
	strcat(wanted, "\"\n");
	for (int shift = 0; shift < 3; shift++) {
		char shifted[700], expected[1300];
		snprintf(shifted, sizeof(shifted), "[%.*s%s]", shift * 3, "1, 2, 3, ", text);
		snprintf(expected, sizeof(expected), "[%.*s%.*s]\n", shift * 3, "1, 2, 3, ", (int)strlen(wanted) - 1,
			wanted);
		assert_shown(shifted, 10000, expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(percentiles_are_of_the_nearest_rank),
		cmocka_unit_test(a_percentile_is_the_least_that_so_many_do_not_exceed),
		cmocka_unit_test(an_item_is_in_seconds_and_what_is_not_known_is_null),
		cmocka_unit_test(figures_are_of_the_jobs_that_ended_well),
		cmocka_unit_test(without_any_they_are_null),
		cmocka_unit_test(json_has_a_line_a_member_where_one_line_is_too_narrow),
		cmocka_unit_test(json_is_byte_for_byte_as_it_came),
		cmocka_unit_test(what_could_steer_a_terminal_is_escaped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
