/* What goes over the wire to processors outside, and what comes back, where it is no child's line: requests in the
 * envelope of a push, replies that are a result. */
#include "process/wire.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "process/processor.h"

static const struct live ann = {.date = 20407,
	.player = "ann",
	.game_id = "20251115_LAL_GSW",
	.team = "LAL",
	.opponent = "GSW",
	.home = 0,
	.starter = -1,
	.version = 812,
	.injury_reason = ""};

/* What is handed on may have been written over several lines, and a request is one. */
static void test_what_was_made_before_is_handed_on(void **state)
{
	(void)state;
	char bytes[] = "{\r\n  \"a\\n\": 1\n}";
	const char previous[] = "{\n\"b\": [2,\n3]}";
	struct kept_output output = {.bytes = bytes, .length = strlen(bytes)};
	struct job job = {.live = &ann,
		.attempt = 1,
		.number = 17,
		.kept = &output,
		.previous = previous,
		.previous_length = strlen(previous)};
	struct str line = {0};
	const char *end;
	wire_request(&line, &job, 0);
	end = strstr(line.data, ",\"precompute\":");
	assert_non_null(end);
	assert_string_equal(end, ",\"precompute\":{    \"a\\n\": 1 },\"previous\":{ \"b\": [2, 3]}}\n");
	assert_ptr_equal(strchr(line.data, '\n'), line.data + line.length - 1);
	str_done(&line);
}

static void test_the_envelope(void **state)
{
	(void)state;
	struct job job = {.phase = PHASE_PRECOMPUTE, .level = LEVEL_HIGH, .live = &ann, .attempt = 2, .number = 17};
	struct str envelope = {0};
	wire_envelope(&envelope, &job, "push", "{\"v\":1}", 7, INT64_C(1763247840120));
	assert_string_equal(envelope.data,
		"{\"message\":{\"data\":\"eyJ2IjoxfQ==\",\"attributes\":{\"phase\":\"precompute\",\"player_lookup\":\"ann\","
		"\"game_date\":\"2025-11-15\",\"game_id\":\"20251115_LAL_GSW\",\"priority\":\"high\",\"version\":\"812\"},"
		"\"messageId\":\"precompute:2025-11-15:ann:812\",\"message_id\":\"precompute:2025-11-15:ann:812\","
		"\"publishTime\":\"2025-11-15T23:04:00.120Z\",\"publish_time\":\"2025-11-15T23:04:00.120Z\"},"
		"\"subscription\":\"projects/propsd/subscriptions/push\",\"deliveryAttempt\":2}");
	str_done(&envelope);
}

/* What becomes of an answer that is a result: its report, or "!" and the error. */
static const char *made_of(const char *answer, enum phase phase, bool wrap)
{
	static char text[2048];
	struct job job = {.phase = phase, .live = &ann, .attempt = 1};
	str_text(&job.answer, answer);
	if (wire_finish_result(&job, "push", wrap) == 0)
		text_format(text, sizeof(text), "%.*s", (int)job.report.length, job.report.data);
	else
		text_format(text, sizeof(text), "!%s%s", job.permanent ? "" : "?", job.error);
	str_done(&job.answer);
	str_done(&job.report);
	foreign_free(job.made);
	return text;
}

static void test_a_result_as_it_came(void **state)
{
	(void)state;
	static const struct {
		const char *answer, *made;
	} cases[] = {
		{" {\"a\": 0.30000000000000004}\r\n", "{\"a\": 0.30000000000000004}"},
		{"[1,2]", "[1,2]"},
		{"{\"a\":1", "!its reply is no JSON: '}' expected near end of file at byte 6"},
		{"{\"a\":1}{}", "!its reply is no JSON: end of file expected near '{' at byte 8"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(made_of(cases[i].answer, PHASE_REPORT, false), cases[i].made);
}

static void test_a_result_with_ours_around(void **state)
{
	(void)state;
	const char *made = made_of("\n{\"error\": \"is a key like any other\", \"a\": 1.50}\n", PHASE_REPORT, true);
	json_t *report = json_loads(made, 0, NULL);
	assert_non_null(report);
	assert_string_equal(json_string_value(json_object_get(report, "player_lookup")), "ann");
	assert_string_equal(json_string_value(json_object_get(report, "processor")), "push");
	assert_string_equal(json_string_value(json_object_get(report, "error")), "is a key like any other");
	assert_non_null(strstr(made, "1.50"));
	json_decref(report);
	assert_string_equal(made_of("[1]", PHASE_REPORT, true), "!its result is a list, but a report is an object");
	assert_string_equal(made_of("{\"version\":1}", PHASE_REPORT, true),
		"!its result has a key \"version\", which is propsd's own: leave it out");
}

static void test_an_output(void **state)
{
	(void)state;
	assert_string_equal(made_of(" {\"stored\":\"elsewhere\",\"version\":812} ", PHASE_PRECOMPUTE, true),
		"{\"stored\":\"elsewhere\",\"version\":812}");
	assert_string_equal(made_of("[]", PHASE_PRECOMPUTE, true),
		"!its result is no object, which the output of precompute must be");
	assert_non_null(
		strstr(made_of("{\"markets\":{\"points\":{\"mean\":-1,\"sd\":1}}}", PHASE_PRECOMPUTE, true), "mean"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_made_before_is_handed_on),
		cmocka_unit_test(test_the_envelope),
		cmocka_unit_test(test_a_result_as_it_came),
		cmocka_unit_test(test_a_result_with_ours_around),
		cmocka_unit_test(test_an_output),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
