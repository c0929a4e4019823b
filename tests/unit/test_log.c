#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* stderr goes to a file while a test runs. */
static int saved_stderr, file;
static char text[65536];

static int capture(void **state)
{
	(void)state;
	FILE *f = tmpfile();
	file = dup(fileno(f));
	fclose(f);
	saved_stderr = dup(STDERR_FILENO);
	dup2(file, STDERR_FILENO);
	unsetenv("JOURNAL_STREAM");
	log_set_level(LOG_LEVEL_INFO);
	return 0;
}

static int release(void **state)
{
	(void)state;
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	close(file);
	unsetenv("JOURNAL_STREAM");
	return 0;
}

/* What was logged since the last call. */
static const char *logged(void)
{
	ssize_t n = pread(file, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	assert_int_equal(ftruncate(file, 0), 0);
	lseek(file, 0, SEEK_SET);
	return text;
}

static void pretend_journal(void)
{
	struct stat st;
	char value[64];
	assert_int_equal(fstat(file, &st), 0);
	snprintf(value, sizeof(value), "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", value, 1);
}

static void a_line_has_time_level_and_component(void **state)
{
	(void)state;
	log_warn("redis", "connection lost delay_ms=%d", 250);
	const char *line = logged();
	int year;
	char level[16], component[16];
	assert_int_equal(sscanf(line, "%d-%*d-%*dT%*d:%*d:%*[0-9.]Z %15s %15s", &year, level, component), 3);
	assert_true(year >= 2024);
	assert_string_equal(level, "warn");
	assert_string_equal(component, "redis:");
	assert_non_null(strstr(line, "Z warn redis: connection lost delay_ms=250\n"));
}

static void the_journal_gets_a_priority_and_no_time(void **state)
{
	(void)state;
	pretend_journal();
	log_err("pool", "no memory");
	assert_string_equal(logged(), "<3>pool: no memory\n");
	setenv("JOURNAL_STREAM", "1:2", 1);
	log_err("pool", "no memory");
	assert_int_equal(logged()[0], '2');
}

static void what_is_below_the_level_is_not_written(void **state)
{
	(void)state;
	pretend_journal();
	log_debug("x", "quiet");
	assert_string_equal(logged(), "");
	log_set_level(LOG_LEVEL_DEBUG);
	assert_int_equal(log_level(), LOG_LEVEL_DEBUG);
	log_debug("x", "loud");
	assert_string_equal(logged(), "<7>x: loud\n");
	log_set_level(LOG_LEVEL_ERR);
	log_warn("x", "quiet");
	assert_string_equal(logged(), "");
}

static void input_cannot_forge_a_line(void **state)
{
	(void)state;
	pretend_journal();
	log_info("x", "a\n<3>b\r\t\x1b[2J\x7f\xc2\x85 \xc4\x8d");
	assert_string_equal(logged(), "<6>x: a\\x0a<3>b\\x0d\\x09\\x1b[2J\\x7f\\xc2\\x85 \xc4\x8d\n");
}

static void a_long_text_is_cut_and_ends_its_line(void **state)
{
	(void)state;
	char big[5000];
	pretend_journal();
	memset(big, '\x01', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	log_info("x", "%s", big);
	const char *line = logged();
	size_t length = strlen(line);
	assert_int_equal(length, strlen("<6>x: ") + 4 * 1023 + 1);
	assert_int_equal(line[length - 1], '\n');
	/* A first byte of two at the very end of what is kept. */
	memset(big, 'a', sizeof(big) - 1);
	big[1022] = '\xc2';
	log_info("x", "%s", big);
	length = strlen(logged());
	assert_int_equal(length, strlen("<6>x: ") + 1023 + 1);
}

static void errno_survives(void **state)
{
	(void)state;
	struct log_flood flood = {0};
	errno = ENOTTY;
	log_info("x", "y");
	log_flooding(&flood, LOG_LEVEL_INFO, "x", "y");
	assert_int_equal(errno, ENOTTY);
	logged();
}

static void a_flood_is_one_line_an_interval_with_a_count(void **state)
{
	(void)state;
	pretend_journal();
	struct log_flood flood = {0};
	for (int i = 0; i < 5; i++)
		log_flooding(&flood, LOG_LEVEL_WARN, "redis", "refused try=%d", i);
	assert_string_equal(logged(), "<4>redis: refused try=0\n");
	assert_int_equal(flood.suppressed, 4);
	flood.next_us = 0; /* the interval is over */
	log_flooding(&flood, LOG_LEVEL_WARN, "redis", "refused try=%d", 5);
	assert_string_equal(logged(), "<4>redis: (4 more left out) refused try=5\n");
	assert_int_equal(flood.suppressed, 0);
	log_flooding(&flood, LOG_LEVEL_WARN, "redis", "refused try=%d", 6);
	assert_string_equal(logged(), "");
}

static void levels_have_names_that_read_back(void **state)
{
	(void)state;
	for (int i = LOG_LEVEL_ERR; i <= LOG_LEVEL_DEBUG; i++) {
		enum log_level level = LOG_LEVEL_ERR;
		assert_true(log_level_parse(log_level_name((enum log_level)i), &level));
		assert_int_equal(level, i);
	}
	enum log_level level = LOG_LEVEL_NOTICE;
	assert_false(log_level_parse("error", &level));
	assert_int_equal(level, LOG_LEVEL_NOTICE);
}

static void *write_lines(void *argument)
{
	for (int i = 0; i < 200; i++)
		log_info("t", "%s", (const char *)argument);
	return NULL;
}

static void lines_of_two_threads_do_not_mix(void **state)
{
	(void)state;
	pretend_journal();
	fcntl(STDERR_FILENO, F_SETFL, O_APPEND);
	pthread_t a, b;
	assert_int_equal(pthread_create(&a, NULL, write_lines, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), 0);
	assert_int_equal(pthread_create(&b, NULL, write_lines, "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"), 0);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	int lines = 0;
	logged();
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"), lines++) {
		assert_int_equal(strlen(line), 37);
		assert_int_equal(line[6], line[36]);
	}
	assert_int_equal(lines, 400);
}

#define row(name) cmocka_unit_test_setup_teardown(name, capture, release)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(a_line_has_time_level_and_component),
		row(the_journal_gets_a_priority_and_no_time),
		row(what_is_below_the_level_is_not_written),
		row(input_cannot_forge_a_line),
		row(a_long_text_is_cut_and_ends_its_line),
		row(errno_survives),
		row(a_flood_is_one_line_an_interval_with_a_count),
		row(levels_have_names_that_read_back),
		row(lines_of_two_threads_do_not_mix),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
