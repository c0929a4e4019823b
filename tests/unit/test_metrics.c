#include "metrics/metrics.h"

#include "base/level.h"
#include "ingest/event.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct metrics *m;
static struct str text;

static int make(void **state)
{
	(void)state;
	m = metrics_new();
	text = (struct str){0};
	return m == NULL;
}

static int drop(void **state)
{
	(void)state;
	metrics_free(m);
	metrics_free(NULL);
	str_done(&text);
	return 0;
}

/* The number behind a series, as it is printed. */
static double printed(const char *series)
{
	str_clear(&text);
	metrics_print(m, &text);
	assert_false(text.failed);
	size_t length = strlen(series);
	for (const char *line = text.data; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, series, length) == 0 && line[length] == ' ')
			return strtod(line + length, NULL);
	}
	fail_msg("no series %s", series);
	return NAN;
}

static bool ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), e = strlen(end);
	return n >= e && strcmp(name + n - e, end) == 0;
}

static void names_types_and_helps_follow_the_rules(void **state)
{
	(void)state;
	for (unsigned i = 0; i < METRIC_COUNT; i++) {
		const struct metric_row *row = metrics_row((enum metric)i);
		assert_non_null(row->name);
		if (strncmp(row->name, "propsd_", 7) != 0)
			assert_memory_equal(row->name, "process_", 8);
		for (const char *p = row->name; *p != '\0'; p++)
			assert_true(islower((unsigned char)*p) || isdigit((unsigned char)*p) || *p == '_');
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(row->name, metrics_row((enum metric)k)->name);
		/* Counters end in _total, and nothing else does; histograms are of a base unit; the endings
		 * that a histogram adds are nobody's. */
		assert_int_equal(ends_with(row->name, "_total"), row->type == METRIC_COUNTER);
		if (row->type == METRIC_HISTOGRAM)
			assert_true(ends_with(row->name, "_seconds"));
		static const char *const taken[] = {"_count", "_sum", "_bucket", "_milliseconds", "_ms", "_kib"};
		for (size_t k = 0; k < sizeof(taken) / sizeof(*taken); k++)
			assert_false(ends_with(row->name, taken[k]));
		size_t length = strlen(row->help);
		assert_true(length > 10 && isupper((unsigned char)row->help[0]) && row->help[length - 1] == '.');
		assert_null(strpbrk(row->help, "\\\n"));
		for (int k = 0; k < METRIC_LABELS && row->label[k].name != NULL; k++) {
			assert_string_not_equal(row->label[k].name, "le");
			assert_int_equal(
				strspn(row->label[k].name, "abcdefghijklmnopqrstuvwxyz"), strlen(row->label[k].name));
			for (const char *const *value = row->label[k].values; *value != NULL; value++)
				assert_null(strpbrk(*value, "\\\"\n"));
		}
	}
}

static void every_row_is_printed_once_behind_its_help_and_type(void **state)
{
	(void)state;
	static const char *const types[] = {"counter", "gauge", "histogram"};
	metrics_print(m, &text);
	const char *p = text.data;
	for (unsigned i = 0; i < METRIC_COUNT; i++) {
		const struct metric_row *row = metrics_row((enum metric)i);
		char head[512];
		size_t n = text_format(head, sizeof(head), "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help,
			row->name, types[row->type]);
		assert_memory_equal(p, head, n);
		p += n;
		unsigned lines = 0;
		for (; *p != '#' && *p != '\0'; lines++) {
			assert_memory_equal(p, row->name, strlen(row->name));
			p = strchr(p, '\n') + 1;
		}
		assert_int_equal(lines, metrics_labels((enum metric)i) * (row->type == METRIC_HISTOGRAM ? 21 : 1));
	}
	assert_int_equal(*p, '\0');
}

static void counters_add_up_by_label(void **state)
{
	(void)state;
	metrics_add(m, METRIC_ENTRIES_SETTLED, METRIC_HOW_COMMIT, 3);
	metrics_add(m, METRIC_ENTRIES_SETTLED, METRIC_HOW_COMMIT, 4);
	metrics_add(m, METRIC_ENTRIES_SETTLED, METRIC_HOW_NONE, 1);
	assert_true(printed("propsd_entries_settled_total{how=\"commit\"}") == 7);
	assert_true(printed("propsd_entries_settled_total{how=\"none\"}") == 1);
	assert_true(printed("propsd_entries_settled_total{how=\"dead\"}") == 0);
	assert_true(metrics_value(m, METRIC_ENTRIES_SETTLED, METRIC_HOW_COMMIT) == 7);
	assert_true(metrics_total(m, METRIC_ENTRIES_SETTLED) == 8);
	metrics_add(m, METRIC_REDIS_COMMANDS, 0, UINT64_C(123456789012345));
	metrics_print(m, &text);
	assert_non_null(strstr(text.data, "\npropsd_redis_commands_total 123456789012345\n"));
}

static void labels_stand_in_the_order_of_their_enums(void **state)
{
	(void)state;
	metrics_add(m, METRIC_DEAD_LETTERS, METRIC_REASON_BEFORE_MARK, 1);
	assert_true(printed("propsd_dead_letters_total{reason=\"before_mark\"}") == 1);
	metrics_add(m, METRIC_RUNS, metric_run_label(PHASE_PRECOMPUTE, METRIC_RESULT_REFUSED), 2);
	assert_true(printed("propsd_runs_total{phase=\"precompute\",result=\"refused\"}") == 2);
	assert_int_equal(metrics_labels(METRIC_RUNS), metric_run_label(PHASE_PRECOMPUTE, METRIC_RESULT_REFUSED) + 1);
	metrics_add(m, METRIC_JOBS, metric_job_label(PHASE_PRECOMPUTE, METRIC_JOB_LOST), 3);
	assert_true(printed("propsd_processor_jobs_total{phase=\"precompute\",result=\"lost\"}") == 3);
	assert_int_equal(metrics_labels(METRIC_JOBS), metric_job_label(PHASE_PRECOMPUTE, METRIC_JOB_LOST) + 1);
	for (unsigned i = 0; i < PHASE_COUNT; i++) {
		char series[128];
		text_format(series, sizeof(series), "propsd_processor_ready{phase=\"%s\"}", phase_name((enum phase)i));
		metrics_set(m, METRIC_PROCESSOR_READY, i, i + 1);
		assert_true(printed(series) == i + 1);
	}
	assert_int_equal(metrics_labels(METRIC_ENTRIES_READ), STREAM_COUNT);
	for (unsigned i = 0; i < STREAM_COUNT; i++) {
		char series[128];
		text_format(series, sizeof(series), "propsd_entries_read_total{stream=\"%s\"}",
			stream_name((enum stream)i));
		metrics_add(m, METRIC_ENTRIES_READ, i, i + 1);
		assert_true(printed(series) == i + 1);
	}
	assert_int_equal(metrics_labels(METRIC_QUEUE_WAITING), LEVEL_COUNT);
	for (unsigned i = 0; i < LEVEL_COUNT; i++) {
		char series[128];
		text_format(series, sizeof(series), "propsd_queue_waiting{level=\"%s\"}", level_name((enum level)i));
		metrics_set(m, METRIC_QUEUE_WAITING, i, i + 1);
		assert_true(printed(series) == i + 1);
	}
}

static void a_row_of_two_labels_has_every_pair(void **state)
{
	(void)state;
	assert_int_equal(metrics_labels(METRIC_STAGES), 10);
	metrics_add(m, METRIC_STAGES, metric_stage_label(METRIC_STAGE_CONTEXT, METRIC_USE_REUSED), 2);
	metrics_add(m, METRIC_STAGES, metric_stage_label(METRIC_STAGE_PRICING, METRIC_USE_COMPUTED), 7);
	assert_true(printed("propsd_stage_total{stage=\"context\",how=\"reused\"}") == 2);
	assert_true(printed("propsd_stage_total{stage=\"pricing\",how=\"computed\"}") == 7);
	assert_true(printed("propsd_stage_total{stage=\"similarity\",how=\"computed\"}") == 0);
}

static double ten_times(void *context, unsigned label)
{
	return 10 * *(double *)context + label;
}

static void a_reader_is_asked_each_time(void **state)
{
	(void)state;
	double value = 1.25;
	metrics_set(m, METRIC_ENTRIES_IN_FLIGHT, 0, 5);
	metrics_read(m, METRIC_ENTRIES_IN_FLIGHT, ten_times, &value);
	assert_true(printed("propsd_entries_in_flight") == 12.5);
	value = 2;
	assert_true(printed("propsd_entries_in_flight") == 20);
	metrics_read(m, METRIC_QUEUE_WAITING, ten_times, &value);
	assert_true(printed("propsd_queue_waiting{level=\"low\"}") == 23);
	metrics_read(m, METRIC_ENTRIES_IN_FLIGHT, NULL, NULL);
	assert_true(printed("propsd_entries_in_flight") == 5);
}

static void a_gauge_without_a_number_is_nan(void **state)
{
	(void)state;
	metrics_set(m, METRIC_OLDEST_UNSETTLED, 0, NAN);
	metrics_set(m, METRIC_POOL_WORKERS, 0, INFINITY);
	metrics_print(m, &text);
	assert_non_null(strstr(text.data, "\npropsd_oldest_unsettled_seconds NaN\n"));
	assert_non_null(strstr(text.data, "\npropsd_pool_workers +Inf\n"));
}

static void histograms_are_cumulative_and_in_seconds(void **state)
{
	(void)state;
	metrics_observe(m, METRIC_EVENT_AGE, 4, 300);
	metrics_observe(m, METRIC_EVENT_AGE, 4, 2000);
	metrics_observe(m, METRIC_EVENT_AGE, 4, 7000000);
	metrics_observe(m, METRIC_EVENT_AGE, 4, INT64_C(3600000000));
	assert_true(printed("propsd_event_age_seconds_bucket{type=\"odds\",le=\"0.00025\"}") == 0);
	assert_true(printed("propsd_event_age_seconds_bucket{type=\"odds\",le=\"0.0005\"}") == 1);
	assert_true(printed("propsd_event_age_seconds_bucket{type=\"odds\",le=\"0.0025\"}") == 2);
	assert_true(printed("propsd_event_age_seconds_bucket{type=\"odds\",le=\"5\"}") == 2);
	assert_true(printed("propsd_event_age_seconds_bucket{type=\"odds\",le=\"10\"}") == 3);
	assert_true(printed("propsd_event_age_seconds_bucket{type=\"odds\",le=\"300\"}") == 3);
	assert_true(printed("propsd_event_age_seconds_bucket{type=\"odds\",le=\"+Inf\"}") == 4);
	assert_true(printed("propsd_event_age_seconds_count{type=\"odds\"}") == 4);
	assert_true(fabs(printed("propsd_event_age_seconds_sum{type=\"odds\"}") - 3607.0023) < 1e-9);
	assert_true(printed("propsd_event_age_seconds_count{type=\"slate\"}") == 0);
	assert_int_equal(metrics_histogram(m, METRIC_EVENT_AGE, 4)->count, 4);
	metrics_observe(m, METRIC_RUN_TIME, 0, 1);
	assert_true(printed("propsd_run_seconds_bucket{phase=\"report\",le=\"+Inf\"}") == 1);
	assert_true(printed("propsd_run_seconds_sum{phase=\"report\"}") == 0.000001);
}

static void the_process_is_described(void **state)
{
	(void)state;
	assert_true(printed("process_resident_memory_bytes") > 100000);
	assert_true(printed("process_resident_memory_bytes") < 1e12);
	double cpu = printed("process_cpu_seconds_total");
	assert_true(cpu >= 0 && cpu < 3600);
	double fds = printed("process_open_fds");
	assert_true(fds >= 1 && fds <= printed("process_max_fds"));
	int fd = dup(1);
	assert_true(printed("process_open_fds") == fds + 1);
	close(fd);
	/* The kernel counts the start from a boot time in whole seconds. */
	double start = printed("process_start_time_seconds"), now = (double)time(NULL);
	assert_true(start > now - 3600 && start < now + 5);
	metrics_print(m, &text);
	assert_non_null(strstr(text.data, "propsd_build_info{version=\""));
}

static void promtool_finds_nothing(void **state)
{
	(void)state;
	if (system("command -v promtool >/dev/null 2>&1") != 0) {
		print_message("promtool is not installed\n");
		skip();
	}
	metrics_observe(m, METRIC_QUEUE_WAIT, LEVEL_LOW, 12345);
	metrics_print(m, &text);
	FILE *p = popen("promtool check metrics", "w");
	assert_non_null(p);
	fwrite(text.data, 1, text.length, p);
	assert_int_equal(pclose(p), 0);
}

#define row(name) cmocka_unit_test_setup_teardown(name, make, drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(names_types_and_helps_follow_the_rules),
		row(every_row_is_printed_once_behind_its_help_and_type),
		row(counters_add_up_by_label),
		row(labels_stand_in_the_order_of_their_enums),
		row(a_row_of_two_labels_has_every_pair),
		row(a_reader_is_asked_each_time),
		row(a_gauge_without_a_number_is_nan),
		row(histograms_are_cumulative_and_in_seconds),
		row(the_process_is_described),
		row(promtool_finds_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
