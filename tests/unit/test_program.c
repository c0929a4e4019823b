/* Whether a processor's program is another than before, by the files that its command names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "process/program.h"

static char folder[64];

static void write_file(const char *name, const char *text, size_t pad)
{
	char path[160];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	for (size_t i = 0; i < pad; i++)
		fputc('#', file);
	fclose(file);
}

static int make(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/propsd-test.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int clean(void **state)
{
	char path[160];
	const char *const names[] = {"model.py", "large", "pipe"};
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	return rmdir(folder);
}

static void a_file_that_changed_is_another_program(void **state)
{
	(void)state;
	const char *const command[] = {"python3", "-m", "propsd_worker", "model.py:report", NULL};
	write_file("model.py", "a", 0);
	const struct fingerprint first = program_fingerprint(command, folder);
	assert_true(fingerprint_equal(first, program_fingerprint(command, folder)));
	write_file("model.py", "b", 0);
	assert_false(fingerprint_equal(first, program_fingerprint(command, folder)));
	write_file("model.py", "a", 0); /* its content counts, not when it was written, nor where */
	char path[160];
	snprintf(path, sizeof(path), "%s/model.py", folder);
	const char *const by_path[] = {path, NULL};
	assert_true(fingerprint_equal(first, program_fingerprint(by_path, "")));
	assert_true(fingerprint_equal(first, program_fingerprint(by_path, NULL)));
}

static void what_is_no_file_of_moderate_size_counts_for_nothing(void **state)
{
	(void)state;
	const struct fingerprint none = {0};
	const char *const command[] = {"large", "pipe", "/", "missing:x", NULL};
	char path[160];
	write_file("large", "", (1 << 20) + 1);
	snprintf(path, sizeof(path), "%s/pipe", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_true(fingerprint_equal(none, program_fingerprint(command, folder)));
	assert_true(fingerprint_equal(none, program_fingerprint(NULL, NULL)));
	assert_true(fingerprint_equal(none, program_fingerprint(command, "/nowhere")));
	write_file("large", "", 1 << 20);
	assert_false(fingerprint_equal(none, program_fingerprint(command, folder)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_file_that_changed_is_another_program, make, clean),
		cmocka_unit_test_setup_teardown(what_is_no_file_of_moderate_size_counts_for_nothing, make, clean),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
