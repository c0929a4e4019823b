#include "base/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void distances_count_inserts_deletes_replacements_and_swaps(void **state)
{
	(void)state;
	assert_int_equal(edit_distance("", "", 3), 0);
	assert_int_equal(edit_distance("abc", "abc", 3), 0);
	assert_int_equal(edit_distance("abc", "", 3), 3);
	assert_int_equal(edit_distance("abc", "abd", 3), 1);
	assert_int_equal(edit_distance("abc", "acb", 3), 1);
	assert_int_equal(edit_distance("abc", "xabc", 3), 1);
	assert_int_equal(edit_distance("kitten", "sitting", 3), 3);
	assert_int_equal(edit_distance("kitten", "sitting", 2), 3); /* limit + 1 */
}

static void over_long_names_resemble_nothing(void **state)
{
	(void)state;
	char a[66], b[66];
	memset(a, 'a', 65);
	a[65] = '\0';
	strcpy(b, a);
	assert_int_equal(edit_distance(a, b, 3), 4);
	a[64] = b[64] = '\0';
	assert_int_equal(edit_distance(a, b, 3), 0);
}

static void the_best_stay_best_first(void **state)
{
	(void)state;
	static const char *const names[] = {
		"stephencurry", "lebronjames", "lebronjamesjr", "jaylenbrown", "lebronjamez", "kevindurant"};
	const char *found[3];
	struct nearest n;
	nearest_init(&n, "lebronjame", found, 3);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		nearest_offer(&n, names[i]);
	assert_int_equal(n.count, 3);
	assert_string_equal(found[0], "lebronjames");
	assert_string_equal(found[1], "lebronjamez");
	assert_string_equal(found[2], "lebronjamesjr");
}

static void a_family_name_finds_its_players_and_nonsense_nobody(void **state)
{
	(void)state;
	const char *found[2];
	struct nearest n;
	nearest_init(&n, "james", found, 2);
	nearest_offer(&n, "lebronjames");
	nearest_offer(&n, "stephencurry");
	assert_int_equal(n.count, 1);
	assert_string_equal(found[0], "lebronjames");
	nearest_init(&n, "qqqqq", found, 2);
	nearest_offer(&n, "lebronjames");
	assert_int_equal(n.count, 0);
	nearest_init(&n, "james", found, 0);
	nearest_offer(&n, "lebronjames");
	assert_int_equal(n.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distances_count_inserts_deletes_replacements_and_swaps),
		cmocka_unit_test(over_long_names_resemble_nothing),
		cmocka_unit_test(the_best_stay_best_first),
		cmocka_unit_test(a_family_name_finds_its_players_and_nonsense_nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
