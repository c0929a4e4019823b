/*
 * What people see, at 80 columns: each tests/golden/ctl/NAME.in, a reply's data, must be shown as NAME.ok. A
 * change of the output is looked at and then taken over with UPDATE_GOLDEN=1.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <locale.h>

#include <cmocka.h>

#include "ctl/cmd_help.h"
#include "ctl/ctl.h"
#include "ctl/output.h"
#include "ctl/progress.h"
#include "ctl/show.h"
#include "ctl/text.h"

#define GOLDEN SOURCE_DIR "/tests/golden/ctl/"
#define NOW_MS 1763254800000 /* 2025-11-16T01:00:00Z */

static const struct {
	const char *name;
	void (*show)(struct ctl *ctl, json_t *data);
} cases[] = {
	{"status", show_status},
	{"status_bare", show_status},
	{"status_empty_league", show_status},
	{"status_healthy", show_status},
	{"fresh", show_fresh},
	{"fresh_not", show_fresh},
	{"fresh_none", show_fresh},
	{"doctor", show_doctor},
	{"players", show_players},
	{"players_errors", show_players},
	{"players_long", show_players},
	{"players_none", show_players},
	{"player", show_player},
	{"player_phases", show_player},
	{"players_phases", show_players},
	{"events", show_events},
	{"events_none", show_events},
	{"why", show_why},
	{"why_phases", show_why},
	{"why_bare", show_why},
	{"slate", show_slate},
	{"slate_none", show_slate},
	{"dead", show_dead},
	{"dead_none", show_dead},
	{"letter", show_letter},
	{"letter_players", show_letter},
	{"retried", show_retried},
	{"retried_many", show_retried},
	{"retried_dry", show_retried},
	{"dropped", show_dropped},
	{"dropped_many", show_dropped},
	{"dropped_dry_none", show_dropped},
	{"aliases", show_aliases},
	{"aliases_none", show_aliases},
	{"alias_added", show_alias_added},
	{"alias_removed", show_alias_removed},
	{"orders", show_orders},
	{"orders_none", show_orders},
	{"report", show_report},
	{"price", show_price},
	{"lines", show_paths},
	{"lines_none", show_paths},
	{"grade", show_grade},
	{"grade_first", show_grade},
	{"grade_none", show_grade},
	{"price_bare", show_price},
	{"regenerated", show_regenerated},
	{"regenerated_dry", show_regenerated},
	{"accepted", show_regenerated},
	{"config", show_config},
	{"processors", show_processors},
	{"schedules", show_schedules},
	{"schedules_none", show_schedules},
	{"history", show_history},
	{"history_player", show_history},
	{"history_run", show_history},
	{"history_none", show_history},
	{"failures", show_failing},
	{"failures_none", show_failing},
	{"compared", show_compared},
	{"compared_none", show_compared},
	{"audit", show_audit},
	{"audit_none", show_audit},
	{"backup", show_backup},
	{"strangers", show_strangers},
	{"strangers_none", show_strangers},
	{"processor", show_processor},
	{"processor_bare", show_processor},
	{"processor_paused", show_processor_state},
	{"tried", show_tried},
	{"tried_failed", show_tried},
	{"baseline", show_baseline},
	{"analysis", show_analysis},
	{"validation", show_validation},
	{"validation_none", show_validation},
	{"validations", show_validations},
	{"validations_none", show_validations},
	{"cancelled", show_cancelled},
	{"cancelled_none", show_cancelled},
};

static char *read_text(const char *path)
{
	FILE *file = fopen(path, "re");
	if (!file)
		fail_msg("cannot open %s", path);
	char *text = calloc(1, 65536);
	assert_true(fread(text, 1, 65535, file) < 65535);
	fclose(file);
	return text;
}

/* Columns of a line of UTF-8 without wide characters. */
static size_t columns(const char *line, size_t length)
{
	size_t count = 0;
	for (size_t i = 0; i < length; i++)
		count += ((unsigned char)line[i] & 0xC0) != 0x80;
	return count;
}

static void assert_fits(const char *name, const char *text)
{
	for (const char *line = text; *line;) {
		size_t length = strcspn(line, "\n");
		if (columns(line, length) > 80)
			fail_msg("%s: wider than 80 columns: %.*s", name, (int)length, line);
		if (length > 0 && line[length - 1] == ' ')
			fail_msg("%s: a blank at the end: %.*s", name, (int)length, line);
		line += length + (line[length] == '\n');
	}
}

static void compare(const char *name, const char *text)
{
	char path[256];
	snprintf(path, sizeof(path), "%s%s.ok", GOLDEN, name);
	if (getenv("UPDATE_GOLDEN")) {
		FILE *file = fopen(path, "we");
		assert_non_null(file);
		fputs(text, file);
		fclose(file);
	}
	char *expected = read_text(path);
	if (strcmp(expected, text) != 0)
		fail_msg("%s: expected\n%sgot\n%s", name, expected, text);
	free(expected);
	assert_fits(name, text);
}

static struct ctl ctl_to(FILE *data)
{
	return (struct ctl){.output = &output_table, .data = data, .talk = stderr, .width = 80, .now_ms = NOW_MS};
}

static void replies_look_as_agreed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char path[256], *input, *text;
		size_t size;
		snprintf(path, sizeof(path), "%s%s.in", GOLDEN, cases[i].name);
		input = read_text(path);
		json_error_t error;
		json_t *data = json_loads(input, 0, &error);
		if (!data)
			fail_msg("%s: %s", path, error.text);
		FILE *out = open_memstream(&text, &size);
		struct ctl ctl = ctl_to(out);
		cases[i].show(&ctl, data);
		fclose(out);
		compare(cases[i].name, text);
		json_decref(data);
		free(text);
		free(input);
	}
}

static void help_looks_as_agreed_and_fits(void **state)
{
	(void)state;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	help_show(out, NULL);
	for (const struct ctl_command *row = ctl_commands; row->name; row++) {
		if (!row->raw) {
			fputs("--\n", out);
			help_show(out, row);
		}
	}
	fclose(out);
	compare("help", text);
	free(text);
}

static char *as_json(const struct ctl_command *command, const char *data, bool failed)
{
	char *text, *talk;
	size_t size, talk_size;
	FILE *out = open_memstream(&text, &size), *err = open_memstream(&talk, &talk_size);
	struct ctl ctl = ctl_to(out);
	ctl.talk = err;
	ctl.output = &output_json;
	json_t *json = json_loads(data, JSON_DECODE_ANY, NULL);
	assert_non_null(json);
	if (failed)
		ctl.output->failure(&ctl, json);
	else
		ctl.output->reply(&ctl, command, json, true);
	json_decref(json);
	fclose(out);
	fclose(err);
	free(talk);
	return text;
}

static void json_is_one_object_or_one_a_line_with_the_schemas_version(void **state)
{
	(void)state;
	const struct ctl_command one = {.name = "x"}, list = {.name = "x", .list = "rows"};
	char *text = as_json(&one, "{\"a\":1.5,\"b\":[]}", false);
	assert_string_equal(text, "{\"v\":1,\"a\":1.5,\"b\":[]}\n");
	free(text);
	text = as_json(&one, "7", false);
	assert_string_equal(text, "{\"v\":1,\"data\":7}\n");
	free(text);
	text = as_json(&list, "{\"rows\":[{\"a\":1},{\"a\":2}],\"next\":\"x\"}", false);
	assert_string_equal(text, "{\"v\":1,\"a\":1}\n{\"v\":1,\"a\":2}\n");
	free(text);
	text = as_json(&one, "{\"ok\":false,\"code\":\"denied\",\"error\":\"no\"}", true);
	assert_string_equal(text, "{\"v\":1,\"ok\":false,\"code\":\"denied\",\"error\":\"no\"}\n");
	free(text);
}

static void failures_are_a_sentence_with_what_may_have_been_meant(void **state)
{
	(void)state;
	char *talk;
	size_t size;
	FILE *err = open_memstream(&talk, &size);
	struct ctl ctl = ctl_to(stdout);
	ctl.talk = err;
	json_t *error = json_loads("{\"error\":\"there is no player "
				   "\\\"x\\u001b[2J\\u0085\\\"\",\"nearest\":[\"a\",\"b\",\"c\"]}",
		0, NULL);
	output_table.failure(&ctl, error);
	fclose(err);
	assert_string_equal(talk, "propsctl: there is no player \"x\\x1b[2J\\x85\"; did you mean a, b or c?\n");
	json_decref(error);
	free(talk);
}

static void numbers_are_written_for_people(void **state)
{
	(void)state;
	char b[SHORT_SIZE];
	assert_string_equal(age_text(0, b), "0 ms");
	assert_string_equal(age_text(999, b), "999 ms");
	assert_string_equal(age_text(1000, b), "1 s");
	assert_string_equal(age_text(119999, b), "119 s");
	assert_string_equal(age_text(120000, b), "2 min");
	assert_string_equal(age_text(7200000, b), "2 h");
	assert_string_equal(age_text(172800000, b), "2 d");
	assert_string_equal(span_text(12345, b), "12.3 s");
	assert_string_equal(span_text(61000, b), "1 min 1 s");
	assert_string_equal(span_text(7412345, b), "2 h 3 min");
	assert_string_equal(span_text(3 * 86400000LL + 3600000, b), "3 d 1 h");
	assert_string_equal(ms_text(0.04, b), "0.0 ms");
	assert_string_equal(ms_text(9.94, b), "9.9 ms");
	assert_string_equal(ms_text(25.5, b), "26 ms");
	assert_string_equal(count_text(0, b), "0");
	assert_string_equal(count_text(999, b), "999");
	assert_string_equal(count_text(1000, b), "1,000");
	assert_string_equal(count_text(-1234567, b), "-1,234,567");
	assert_string_equal(number_text(25.5, b), "25.5");
	assert_string_equal(number_text(-110, b), "-110");
	assert_string_equal(bytes_text(999, b), "999 bytes");
	assert_string_equal(bytes_text(98765432, b), "98.8 MB");
}

static void assert_painted(const char *text, const char *expected)
{
	char *got;
	size_t size;
	FILE *out = open_memstream(&got, &size);
	put_meaning(out, text, true);
	fclose(out);
	assert_string_equal(got, expected);
	free(got);
}

static void trouble_is_painted_and_none_of_it_is_not(void **state)
{
	(void)state;
	assert_painted("0.1.0, not ready, up 3 s", "0.1.0, \033[31mnot ready\033[0m, up 3 s");
	assert_painted("ok 3, failed 0, dead 0", "ok 3, failed 0, dead 0");
	assert_painted("ok 3, failed 10", "ok 3, \033[31mfailed\033[0m 10");
	assert_painted("10 dead, 0 failed", "10 \033[31mdead\033[0m, 0 failed");
	assert_painted("undead, dead-list, /dead", "undead, dead-list, /dead");
	assert_painted("paused", "\033[33mpaused\033[0m");
	assert_painted("a\033b", "a\\x1bb");
	assert_string_equal(meaning_of("backing-off"), "red");
	assert_null(meaning_of("idle"));
}

static void rates_wait_until_they_say_something(void **state)
{
	(void)state;
	assert_true(progress_rate(100, 999) == 0);
	assert_true(progress_rate(0, 5000) == 0);
	assert_true(progress_rate(100, 2000) > 49.9 && progress_rate(100, 2000) < 50.1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_look_as_agreed),
		cmocka_unit_test(trouble_is_painted_and_none_of_it_is_not),
		cmocka_unit_test(rates_wait_until_they_say_something),
		cmocka_unit_test(help_looks_as_agreed_and_fits),
		cmocka_unit_test(json_is_one_object_or_one_a_line_with_the_schemas_version),
		cmocka_unit_test(failures_are_a_sentence_with_what_may_have_been_meant),
		cmocka_unit_test(numbers_are_written_for_people),
	};
	setenv("TZ", "UTC", 1);
	tzset();
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
