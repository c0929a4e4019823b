/* `analyze` from its files on: what is put together, and what is wrong in a file. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "ctl/ctl.h"
#include "ctl/output.h"

/* cmocka's own is of floats. */
#define assert_near(value, expected, within) \
	do { \
		const double is_ = (value), wanted_ = (expected); \
		if (!(fabs(is_ - wanted_) <= (within))) \
			fail_msg("%s is %.10g, not %.10g", #value, is_, wanted_); \
	} while (0)

static char folder[] = "/tmp/propsd-analyze-XXXXXX";

/* The path of a file of that name, written. */
static const char *written(const char *name, const char *text)
{
	static char paths[8][128];
	static size_t next;
	char *path = paths[next++ % 8];
	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	return path;
}

/* A run of `players` jobs of `each` seconds, the first `failed` of which fail. */
static void add_run(struct str *s, unsigned children, unsigned players, double each, double seconds, unsigned failed)
{
	if (s->length > 0 && s->data[s->length - 1] == '}')
		str_text(s, ",\n");
	str_printf(s,
		"{\"children\":%u,\"places\":%u,\"seconds\":%.3f,\"start_seconds\":0,\"complete\":true,\"items\":[",
		children, children, seconds);
	for (unsigned i = 0; i < players; i++)
		str_printf(s, "%s{\"player\":\"p%u\",\"ok\":%s,\"seconds\":%.3f,\"peak_bytes\":%s}", i > 0 ? "," : "",
			i, i < failed ? "false" : "true", each, i < failed ? "null" : "314572800");
	str_text(s, "]}");
}

/* The path of a file of these runs, whose text is given back. */
static const char *baseline(const char *name, const char *phase, const char *date, unsigned players, struct str *runs)
{
	struct str s = {0};
	str_printf(&s,
		"{\"v\":1,\"kind\":\"baseline\",\"host\":\"ada\",\"cores\":8,\"processor\":\"mymodel\",\"type\":\"exec\","
		"\"phase\":\"%s\",\"date\":\"%s\",\"players\":%u,\"runs\":[%s]}",
		phase, date, players, runs->data);
	const char *path = written(name, s.data);
	str_done(&s);
	str_done(runs);
	return path;
}

static char *data, *talk;

static void forget(void)
{
	free(data);
	free(talk);
	data = talk = NULL;
}

/* Runs `propsctl analyze WORDS`, split at blanks; the exit code. What it says is in data and talk. */
static int analyze(bool json, const char *words)
{
	char copy[2048], *rest = copy, *argv[32] = {"propsctl", "analyze"};
	int argc = 2;
	size_t data_size, talk_size;
	struct ctl_call call;
	struct err err;
	snprintf(copy, sizeof(copy), "%s", words);
	for (char *word; (word = strsep(&rest, " "));)
		argv[argc++] = word;
	forget();
	struct ctl ctl = {.output = json ? &output_json : &output_table,
		.data = open_memstream(&data, &data_size),
		.talk = open_memstream(&talk, &talk_size),
		.width = 80};
	int result = PROPSCTL_USAGE;
	if (ctl_parse(ctl_commands, argc, argv, &call, &err) < 0)
		fprintf(ctl.talk, "%s\n", err.text);
	else
		result = call.command->run(&ctl, call.command, call.args);
	ctl_call_done(&call);
	fclose(ctl.data);
	fclose(ctl.talk);
	return result;
}

/* The same, with JSON: the line of its first phase. */
static json_t *analyzed(const char *words)
{
	const int result = analyze(true, words);
	if (result != PROPSCTL_DONE)
		fail_msg("%s: %d, %s", words, result, talk);
	json_error_t error;
	json_t *line = json_loads(data, JSON_DISABLE_EOF_CHECK, &error);
	assert_non_null(line);
	return line;
}

static double number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	if (!json_is_number(value))
		fail_msg("%s is no number", key);
	return json_number_value(value);
}

static const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));
	return value ? value : "";
}

static void the_walk_from_50_minutes_to_two_and_a_half(void **state)
{
	(void)state;
	struct str runs = {0};
	char words[512];
	add_run(&runs, 1, 200, 15, 3000, 0);
	add_run(&runs, 10, 200, 15, 300, 0);
	add_run(&runs, 20, 200, 15, 150, 0);
	const char *path = baseline("a.json", "report", "2025-11-15", 200, &runs);
	snprintf(words, sizeof(words), "%s --runs-a-day 5 --hour-value 100 --implementation 1600", path);
	json_t *p = analyzed(words);
	assert_near(number(p, "break_even_days"), 4.04, 0.005);
	assert_near(number(p, "saved_seconds"), 2850, 1e-6);
	assert_near(number(p, "speedup"), 20, 1e-6);
	assert_int_equal(json_integer_value(json_object_get(p, "recommended")), 20);
	assert_string_equal(text(p, "verdict"), "parallelise");
	assert_int_equal(json_array_size(json_object_get(p, "reasons")), 5);
	/* 3,000 instance-seconds either way, 300 MiB rounded up to half a GiB, 200 requests. */
	assert_near(number(p, "cost"), 3000 * (0.000024 + 0.5 * 0.0000025) + 200 * 0.0000004, 1e-9);
	assert_near(number(p, "added_month"), 0, 1e-9);
	json_decref(p);
	assert_int_equal(analyze(false, words), PROPSCTL_DONE);
	assert_non_null(strstr(data, "break-even  4.04 days, at 5 runs a day, $100 an hour, $1,600 to implement\n"));
	assert_non_null(strstr(data, "recommended 20 children: 2 min 30 s a run, up to 6.3 GB of memory\n"));
	/* What it costs more eats up what it saves. */
	snprintf(words, sizeof(words), "%s --runs-a-day 5 --hour-value 0", path);
	p = analyzed(words);
	assert_true(json_is_null(json_object_get(p, "break_even_days")));
	json_decref(p);
	assert_int_equal(analyze(false, words), PROPSCTL_DONE);
	assert_non_null(strstr(data, "break-even  never, at 5 runs a day"));
}

static void prices_and_machines_are_options(void **state)
{
	(void)state;
	struct str runs = {0};
	char words[512];
	add_run(&runs, 1, 200, 15, 3000, 0);
	add_run(&runs, 20, 200, 15, 150, 0);
	const char *path = baseline("a.json", "report", "2025-11-15", 200, &runs);
	snprintf(words, sizeof(words),
		"%s --vcpu 2 --memory 4 --vcpu-price 0.001 --memory-price 0.0001 --request-price 0.01 --per-instance 16",
		path);
	json_t *p = analyzed(words);
	/* Two instances of 16. */
	assert_near(number(p, "cost"), 2 * 150 * 16 * (2 * 0.001 + 4 * 0.0001) + 200 * 0.01, 1e-9);
	assert_near(number(p, "added_month"), 30 * (2 * 150 * 16 - 3000) * (2 * 0.001 + 4 * 0.0001), 1e-6);
	assert_string_equal(text(p, "verdict"), "weigh");
	json_decref(p);
	snprintf(words, sizeof(words), "%s --vm-price 0.6 --runs-a-day 2", path);
	p = analyzed(words);
	assert_near(number(p, "cost"), 0.6 * 150 / 3600, 1e-9);
	json_decref(p);
	snprintf(words, sizeof(words), "%s --vm-price 0.6 --vm-hours 24 --runs-a-day 2 --per-instance 10", path);
	p = analyzed(words);
	assert_near(number(p, "cost"), 2 * 0.6 * 24 / 2, 1e-9);
	assert_near(number(p, "added_month"), 0.6 * 24 * 30, 1e-9); /* a second machine */
	json_decref(p);
	snprintf(words, sizeof(words), "%s --vm-hours 24", path);
	assert_int_equal(analyze(false, words), PROPSCTL_USAGE);
	assert_string_equal(talk, "propsctl: --vm-hours wants --vm-price, the price of an hour\n");
	snprintf(words, sizeof(words), "%s --runs-a-day 0", path);
	assert_int_equal(analyze(false, words), PROPSCTL_USAGE);
}

static void dates_of_different_size_are_put_together_by_the_job(void **state)
{
	(void)state;
	struct str runs = {0};
	char words[512], a[128], b[128];
	add_run(&runs, 1, 200, 10, 2000, 0);
	add_run(&runs, 4, 200, 10, 500, 0);
	snprintf(a, sizeof(a), "%s", baseline("a.json", "report", "2025-11-15", 200, &runs));
	add_run(&runs, 4, 100, 16, 400, 0); /* half as many, each longer */
	add_run(&runs, 8, 100, 10, 125, 10);
	snprintf(b, sizeof(b), "%s", baseline("b.json", "report", "2025-11-16", 100, &runs));
	snprintf(words, sizeof(words), "%s %s", a, b);
	json_t *p = analyzed(words), *curve = json_object_get(p, "curve");
	assert_int_equal(json_integer_value(json_object_get(p, "players")), 150);
	assert_int_equal(json_array_size(json_object_get(p, "dates")), 2);
	assert_int_equal(json_array_size(curve), 3);
	assert_near(number(json_array_get(curve, 0), "seconds"), 1500, 1e-6);
	assert_near(number(json_array_get(curve, 1), "seconds"), 900.0 / 300 * 150, 1e-6);
	assert_near(number(json_array_get(curve, 1), "p50"), 10, 1e-6);
	assert_near(number(json_array_get(curve, 1), "p95"), 16, 1e-6);
	assert_near(number(json_array_get(curve, 1), "mean"), 12, 1e-6);
	assert_near(number(json_array_get(curve, 2), "failed"), 0.1, 1e-6);
	assert_int_equal(json_integer_value(json_object_get(p, "recommended")), 4); /* 8 fail */
	assert_string_equal(json_string_value(json_array_get(json_object_get(p, "notes"), 0)),
		"with 8 children more than 5 % of the jobs failed: not considered");
	json_decref(p);
}

static void phases_are_told_apart(void **state)
{
	(void)state;
	struct str runs = {0};
	char words[512], a[128], b[128];
	add_run(&runs, 1, 200, 15, 3000, 0);
	add_run(&runs, 4, 200, 15, 750, 0);
	snprintf(a, sizeof(a), "%s", baseline("a.json", "precompute", "2025-11-15", 200, &runs));
	add_run(&runs, 1, 200, 0.01, 2, 0);
	add_run(&runs, 4, 200, 0.01, 0.5, 0);
	snprintf(b, sizeof(b), "%s", baseline("b.json", "report", "2025-11-15", 200, &runs));
	snprintf(words, sizeof(words), "%s %s", a, b);
	assert_int_equal(analyze(true, words), PROPSCTL_DONE);
	char *second = strchr(data, '\n');
	assert_non_null(strstr(data, "\"phase\":\"precompute\""));
	assert_true(strstr(data, "\"verdict\":\"parallelise\"") < second);
	assert_non_null(strstr(second, "\"phase\":\"report\""));
	assert_non_null(strstr(second, "\"verdict\":\"sequential\""));
}

static void where_nothing_was_measured_one_by_one_it_is_estimated(void **state)
{
	(void)state;
	struct str runs = {0};
	char words[512];
	add_run(&runs, 16, 200, 16, 210, 0);
	add_run(&runs, 8, 200, 15, 380, 0);
	snprintf(words, sizeof(words), "%s", baseline("a.json", "report", "2025-11-15", 200, &runs));
	json_t *p = analyzed(words);
	assert_near(number(p, "sequential_seconds"), 3000, 1e-6);
	assert_true(json_is_true(json_object_get(json_array_get(json_object_get(p, "curve"), 0), "estimated")));
	assert_int_equal(json_integer_value(json_object_get(p, "recommended")), 16);
	assert_string_equal(json_string_value(json_array_get(json_object_get(p, "notes"), 0)),
		"one job at a time was not measured: estimated from the jobs' seconds with 8 children");
	json_decref(p);
	assert_int_equal(analyze(false, words), PROPSCTL_DONE);
	assert_non_null(strstr(data, "1 (est.)"));
	/* And where nothing else was, there is nothing to recommend. */
	add_run(&runs, 1, 200, 15, 3000, 0);
	snprintf(words, sizeof(words), "%s", baseline("a.json", "report", "2025-11-15", 200, &runs));
	p = analyzed(words);
	assert_string_equal(text(p, "verdict"), "measure");
	json_decref(p);
}

static void assert_faulty(const char *content, const char *sentence)
{
	char said[512];
	const char *path = written("faulty.json", content);
	assert_int_equal(analyze(false, path), PROPSCTL_FAILED);
	snprintf(said, sizeof(said), "propsctl: %s:%s\n", path, sentence);
	assert_string_equal(talk, said);
	assert_string_equal(data, "");
}

#define HEAD \
	"{\"v\":1,\"kind\":\"baseline\",\"host\":\"ada\",\"cores\":8,\n\"processor\":\"m\",\"type\":\"exec\",\"phase\":\"report\"," \
	"\n\"date\":\"2025-11-15\",\"players\":2,\n\"runs\":"
#define RUN "{\"children\":1,\"places\":1,\n\"seconds\":2,\"start_seconds\":0,\n\"complete\":true,\"items\":"

static void what_is_wrong_is_told_with_file_line_and_key(void **state)
{
	(void)state;
	assert_faulty("", "1: not JSON: '[' or '{' expected near end of file");
	assert_faulty("{\n\n\"v\":1,,}", "3: not JSON: string or '}' expected near ','");
	assert_faulty("\n[1]", "2: this is no object, and so no file of propsctl baseline");
	assert_faulty("{\"v\":1,\n\"kind\":\"report\"}",
		"2: kind is \"report\"; a file of propsctl baseline has \"baseline\"");
	assert_faulty("{\"v\":1}", "1: has no kind");
	assert_faulty("{\"kind\":\"baseline\",\n\n\"v\" : 2}", "3: v is 2, of a newer propsd; this propsctl reads 1");
	assert_faulty("{\"kind\":\"baseline\",\"v\":\"1\"}", "1: v is \"1\"; it must be a whole number from 1 on");
	assert_faulty(HEAD "7}", "4: runs is 7; it must be a list");
	assert_faulty(HEAD "[\n7]}", "5: runs[0] must be an object");
	assert_faulty(HEAD "[{\"children\":1.5}]}", "4: runs[0].children is 1.5; it must be a whole number from 1 on");
	assert_faulty(HEAD "[{\"children\":0}]}", "4: runs[0].children is 0; it must be a whole number from 1 on");
	assert_faulty(HEAD "[" RUN "[]},\n{\"children\":4}]}", "7: runs[1] has no places");
	assert_faulty(HEAD "[" RUN "[]},\n" RUN
			   "[\n{\"ok\":true,\"seconds\":1},\n{\"ok\":\"a ] } \\\" b\",\"seconds\":1}]}]}",
		"11: runs[1].items[1].ok is \"a ] } \\\" b\"; it must be true or false");
	assert_faulty(HEAD "[" RUN "[{\"ok\":true,\n\"peak_bytes\":null,\n\"seconds\":-1}]}]}",
		"8: runs[0].items[0].seconds is -1; it must be a number from 0 on");
	assert_faulty(HEAD "[" RUN "[{\"ok\":true,\"seconds\":1,\"peak_bytes\":\"3M\"}]}]}",
		"6: runs[0].items[0].peak_bytes is \"3M\"; it must be a number from 0 on");
	assert_faulty(HEAD "[{\"children\":1,\"places\":1,\"start_seconds\":0,\"complete\":true,\n\"seconds\":0,"
			   "\"items\":[{\"ok\":true,\"seconds\":1,\"peak_bytes\":null}]}]}",
		"5: runs[0].seconds is 0 though there are items");
	assert_faulty(
		"{\"kind\":\"baseline\",\"kind\":\"baseline\"}", "1: not JSON: duplicate object key near '\"kind\"'");
}

static void files_that_cannot_be_read_or_say_nothing(void **state)
{
	(void)state;
	char words[512], said[640];
	snprintf(words, sizeof(words), "%s/missing.json", folder);
	assert_int_equal(analyze(false, words), PROPSCTL_NOT_FOUND);
	snprintf(said, sizeof(said), "propsctl: %s: No such file or directory\n", words);
	assert_string_equal(talk, said);
	assert_int_equal(analyze(false, folder), PROPSCTL_FAILED);
	snprintf(said, sizeof(said), "propsctl: %s: Is a directory\n", folder);
	assert_string_equal(talk, said);
	const char *path = written("a.json", HEAD "[" RUN "[]}]}");
	assert_int_equal(analyze(false, path), PROPSCTL_FAILED);
	assert_string_equal(talk, "propsctl: no job of the report of m was done in any run of the file\n");
	snprintf(words, sizeof(words), "%s %s", path, path);
	assert_int_equal(analyze(false, words), PROPSCTL_USAGE);
	snprintf(said, sizeof(said), "propsctl: %s is given twice\n", path);
	assert_string_equal(talk, said);
}

static int setup(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	char command[256];
	forget();
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_walk_from_50_minutes_to_two_and_a_half),
		cmocka_unit_test(prices_and_machines_are_options),
		cmocka_unit_test(dates_of_different_size_are_put_together_by_the_job),
		cmocka_unit_test(phases_are_told_apart),
		cmocka_unit_test(where_nothing_was_measured_one_by_one_it_is_estimated),
		cmocka_unit_test(what_is_wrong_is_told_with_file_line_and_key),
		cmocka_unit_test(files_that_cannot_be_read_or_say_nothing),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
