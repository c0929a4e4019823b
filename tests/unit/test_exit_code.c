/* Which code a failed start ends with: 78 only for what a restart cannot mend. */
#include "base/exit_code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void what_a_restart_may_mend_is_one(void **state)
{
	(void)state;
	static const int errors[] = {ENOMEM, EAGAIN, EMFILE, ENFILE, ENOBUFS, EBUSY, ENOSPC, EIO, EINTR, EADDRNOTAVAIL};
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		assert_int_equal(exit_code(-errors[i]), 1);
}

static void what_is_not_allowed_is_77(void **state)
{
	(void)state;
	assert_int_equal(exit_code(-EACCES), 77);
	assert_int_equal(exit_code(-EPERM), 77);
}

static void what_a_person_must_mend_is_78(void **state)
{
	(void)state;
	static const int errors[] = {EINVAL, ENOENT, EADDRINUSE, EEXIST, ENOTDIR, EISDIR, EBADMSG, ENOTSUP, EROFS,
		EFBIG, ENAMETOOLONG, ERANGE};
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		assert_int_equal(exit_code(-errors[i]), 78);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_restart_may_mend_is_one),
		cmocka_unit_test(what_is_not_allowed_is_77),
		cmocka_unit_test(what_a_person_must_mend_is_78),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
