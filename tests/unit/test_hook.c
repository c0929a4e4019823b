/* What all messages to a webhook have in common. */
#include "fetch/hook.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/str.h"

static char folder[64], path[128];

static int make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/hook.XXXXXX");
	assert_non_null(mkdtemp(folder));
	text_format(path, sizeof(path), "%s/url", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void write_text(const char *text, size_t times)
{
	FILE *f = fopen(path, "we");
	assert_non_null(f);
	for (size_t i = 0; i < times; i++)
		fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void assert_refused(int result, const char *part)
{
	char url[HOOK_URL_SIZE];
	struct err err;
	assert_int_equal(hook_read_url(path, url, &err), result);
	if (!strstr(err.text, part) || strstr(err.text, "secret"))
		fail_msg("%s", err.text);
}

static void the_first_line_of_a_file_is_the_address(void **state)
{
	static const char *const texts[] = {"https://h/secret", "https://h/secret\n", "https://h/secret \r\nmore\n"};
	char url[HOOK_URL_SIZE];
	struct err err;
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		write_text(texts[i], 1);
		assert_int_equal(hook_read_url(path, url, &err), 0);
		assert_string_equal(url, "https://h/secret");
	}
	write_text("https://h/secret\n", 1000); /* what follows does not matter */
	assert_int_equal(hook_read_url(path, url, &err), 0);
	assert_string_equal(url, "https://h/secret");
}

static void what_is_no_address_is_refused_and_nothing_of_it_shown(void **state)
{
	(void)state;
	assert_refused(-ENOENT, "No such file");
	write_text("", 1);
	assert_refused(-EINVAL, "its first line must be an address");
	write_text("ftp://secret\n", 1);
	assert_refused(-EINVAL, "its first line must be an address");
	write_text("https://h/secret", 200);
	assert_refused(-EINVAL, "its first line is longer than");
}

static void a_pipe_in_its_place_holds_nobody_up(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_refused(-EINVAL, "no regular file");
}

static int64_t pause_of(int status, const char *header)
{
	struct fetch_request r = {.status = status};
	struct err err;
	int64_t ms = 0;
	str_text(&r.headers, header);
	assert_int_equal(hook_check(&r, path, &ms, &err), status < 300 ? 0 : -EIO);
	str_done(&r.headers);
	return ms;
}

static void a_server_has_the_pause_that_it_asks_for_within_reason(void **state)
{
	(void)state;
	assert_int_equal(pause_of(204, "Retry-After: 7\n"), 0);
	assert_int_equal(pause_of(500, "Retry-After: 7\n"), 0);
	assert_int_equal(pause_of(429, "Retry-After: 7\n"), 7000);
	assert_int_equal(pause_of(503, "Retry-After: 600\n"), 600000);
	assert_int_equal(pause_of(503, "Retry-After: 601\n"), HOOK_PAUSE_MOST_MS);
	assert_int_equal(pause_of(429, "Retry-After: 999999999999\n"), HOOK_PAUSE_MOST_MS);
	assert_int_equal(pause_of(429, "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\n"), HOOK_PAUSE_MOST_MS);
	assert_int_equal(pause_of(429, "Retry-After: soon\n"), 0);
}

int main(void)
{
#define row(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
	const struct CMUnitTest tests[] = {
		row(the_first_line_of_a_file_is_the_address),
		row(what_is_no_address_is_refused_and_nothing_of_it_shown),
		row(a_pipe_in_its_place_holds_nobody_up),
		row(a_server_has_the_pause_that_it_asks_for_within_reason),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
