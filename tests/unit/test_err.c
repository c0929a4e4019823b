#include "base/err.h"

#include "base/level.h"

#include <errno.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void an_error_keeps_its_code_and_text(void **state)
{
	(void)state;
	struct err err = {0};
	assert_int_equal(err_set(&err, -EINVAL, "line %d: %s", 7, "bad"), -EINVAL);
	assert_int_equal(err.code, -EINVAL);
	assert_string_equal(err.text, "line 7: bad");
}

static void a_prefix_stands_in_front(void **state)
{
	(void)state;
	struct err err = {0};
	err_set(&err, -ENOENT, "no such file");
	assert_int_equal(err_prefix(&err, "%s.conf", "propsd"), -ENOENT);
	assert_string_equal(err.text, "propsd.conf: no such file");
}

static void the_old_text_may_be_quoted_in_the_new_one(void **state)
{
	(void)state;
	struct err err = {0};
	err_set(&err, -ENOENT, "inner");
	err_set(&err, -EIO, "outer (%s)", err.text);
	assert_string_equal(err.text, "outer (inner)");
}

static void long_texts_are_cut(void **state)
{
	(void)state;
	struct err err = {0};
	char big[2000];
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	err_set(&err, -EINVAL, "%s", big);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	err_prefix(&err, "%s", "place");
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	assert_memory_equal(err.text, "place: xxx", 10);
	err_prefix(&err, "%s", big);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

static void levels_have_names_that_read_back(void **state)
{
	(void)state;
	static const char *const names[] = {"urgent", "high", "normal", "low"};
	for (int i = 0; i < LEVEL_COUNT; i++) {
		enum level level = LEVEL_COUNT;
		assert_string_equal(level_name((enum level)i), names[i]);
		assert_true(level_parse(names[i], &level));
		assert_int_equal(level, i);
	}
	enum level level = LEVEL_LOW;
	assert_false(level_parse("High", &level));
	assert_false(level_parse("", &level));
	assert_int_equal(level, LEVEL_LOW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_keeps_its_code_and_text),
		cmocka_unit_test(a_prefix_stands_in_front),
		cmocka_unit_test(the_old_text_may_be_quoted_in_the_new_one),
		cmocka_unit_test(long_texts_are_cut),
		cmocka_unit_test(levels_have_names_that_read_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
