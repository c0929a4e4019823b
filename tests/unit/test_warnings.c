#include "metrics/warnings.h"

#include "base/str.h"
#include "metrics/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct warnings *w;
static int saved_stderr, file;
static char text[65536];
static int64_t now_ms;

static int64_t mono_us(const struct clock *clock)
{
	(void)clock;
	return now_ms * 1000;
}

static int64_t wall_ms(const struct clock *clock)
{
	(void)clock;
	return now_ms;
}

static const struct clock test_clock = {.mono_us = mono_us, .wall_ms = wall_ms};

/* stderr goes to a file while a test runs. */
static int make(void **state)
{
	(void)state;
	FILE *f = tmpfile();
	file = dup(fileno(f));
	fclose(f);
	saved_stderr = dup(STDERR_FILENO);
	dup2(file, STDERR_FILENO);
	now_ms = 1763254800000;
	w = warnings_new(&test_clock);
	return w == NULL;
}

static int drop(void **state)
{
	(void)state;
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	close(file);
	warnings_free(w);
	warnings_free(NULL);
	return 0;
}

/* Lines logged since the last call. */
static int logged(void)
{
	ssize_t n = pread(file, text, sizeof(text) - 1, 0);
	int lines = 0;
	text[n > 0 ? n : 0] = '\0';
	for (const char *p = text; (p = strchr(p, '\n')); p++)
		lines++;
	assert_int_equal(ftruncate(file, 0), 0);
	lseek(file, 0, SEEK_SET);
	return lines;
}

static void every_kind_has_its_row(void **state)
{
	(void)state;
	assert_null(warnings_names[WARNING_COUNT]);
	for (int i = 0; i < WARNING_COUNT; i++) {
		const struct warning_row *row = warnings_row((enum warning)i);
		assert_int_equal(strspn(warnings_names[i], "abcdefghijklmnopqrstuvwxyz_"), strlen(warnings_names[i]));
		for (int k = 0; k < i; k++) {
			assert_string_not_equal(warnings_names[i], warnings_names[k]);
			assert_string_not_equal(row->check, warnings_row((enum warning)k)->check);
		}
		assert_true(strlen(row->check) > 0 && strlen(row->check) <= 16);
		assert_true(strlen(row->fine) > 0 && strlen(row->remedy) > 0);
	}
	assert_int_equal(metrics_labels(METRIC_WARNINGS), WARNING_COUNT);
}

static void the_log_tells_begin_and_end_once(void **state)
{
	(void)state;
	warnings_clear(w, WARNING_PINNED);
	assert_int_equal(logged(), 0);
	for (int i = 1; i <= 100; i++, now_ms += 60000)
		warnings_set(w, WARNING_PINNED, "%d entries", i);
	assert_int_equal(logged(), 1);
	assert_non_null(strstr(text, " warn watch: stream_pinned: 1 entries. To do: "));
	assert_non_null(strstr(text, warnings_row(WARNING_PINNED)->remedy));
	assert_string_equal(warnings_text(w, WARNING_PINNED), "100 entries");
	assert_int_equal(warnings_since_ms(w, WARNING_PINNED), 1763254800000);
	for (int i = 0; i < 100; i++)
		warnings_clear(w, WARNING_PINNED);
	assert_int_equal(logged(), 1);
	assert_non_null(strstr(text, " notice watch: stream_pinned: over; it was: 100 entries\n"));
	assert_null(warnings_text(w, WARNING_PINNED));
	warnings_set(w, WARNING_PINNED, "again");
	assert_int_equal(logged(), 1);
	assert_true(warnings_since_ms(w, WARNING_PINNED) > 1763254800000);
}

static void a_grave_one_is_an_error(void **state)
{
	(void)state;
	warnings_set(w, WARNING_EVICTS, "it may");
	assert_int_equal(logged(), 1);
	assert_non_null(strstr(text, " err watch: evicting: it may. To do: "));
}

static void the_text_is_utf8_whatever_came(void **state)
{
	(void)state;
	char longest[600] = "";
	while (strlen(longest) < 590)
		strcat(longest, "ć");
	warnings_set(w, WARNING_UNKNOWN, "x%s", longest);
	const char *kept = warnings_text(w, WARNING_UNKNOWN);
	assert_true(strlen(kept) == 400 && utf8_valid(kept, 400));
	warnings_set(w, WARNING_UNKNOWN, "Luka Dončić, \xff");
	assert_string_equal(warnings_text(w, WARNING_UNKNOWN), "Luka Don??i??, ?");
	warnings_set(w, WARNING_UNKNOWN, "Luka Dončić");
	assert_string_equal(warnings_text(w, WARNING_UNKNOWN), "Luka Dončić");
}

static void none_are_no_warnings(void **state)
{
	(void)state;
	warnings_set(NULL, WARNING_EVICTS, "it may");
	warnings_clear(NULL, WARNING_EVICTS);
	assert_null(warnings_text(NULL, WARNING_EVICTS));
	assert_int_equal(logged(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_kind_has_its_row, make, drop),
		cmocka_unit_test_setup_teardown(the_log_tells_begin_and_end_once, make, drop),
		cmocka_unit_test_setup_teardown(a_grave_one_is_an_error, make, drop),
		cmocka_unit_test_setup_teardown(the_text_is_utf8_whatever_came, make, drop),
		cmocka_unit_test_setup_teardown(none_are_no_warnings, make, drop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
