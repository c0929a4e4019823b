#include "delivery/entry.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"

static uint64_t dice;

static uint64_t roll(void)
{
	dice ^= dice >> 12;
	dice ^= dice << 25;
	dice ^= dice >> 27;
	return dice * UINT64_C(2685821657736338717);
}

/* Of any length in digits, with the edges among them. */
static uint64_t number(void)
{
	static const uint64_t edges[] = {0, 1, 9, 10, 99, 100, 9007199254740991, 9007199254740992, 9007199254740993,
		UINT64_C(9999999999999999999), UINT64_C(10000000000000000000), UINT64_MAX - 1, UINT64_MAX};
	if (roll() % 8 == 0)
		return edges[roll() % (sizeof(edges) / sizeof(edges[0]))];
	return roll() >> (roll() % 64);
}

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

static void order_keys_sort_as_the_ids_do(void **state)
{
	(void)state;
	char x[STREAM_ID_SIZE], y[STREAM_ID_SIZE];
	dice = (uint64_t)clock_mono_us(clock_system()) | 1;
	print_message("seed %" PRIu64 "\n", dice);
	for (int i = 0; i < 400000; i++) {
		struct stream_id a = {number(), number()},
				 b = {roll() % 3 ? number() : a.ms, roll() % 3 ? number() : a.seq};
		int by_number = a.ms != b.ms ? (a.ms < b.ms ? -1 : 1) : a.seq == b.seq ? 0 : a.seq < b.seq ? -1 : 1;
		assert_int_equal(sign(stream_id_compare(a, b)), by_number);
		if (sign(strcmp(order_key_format(a, x), order_key_format(b, y))) != by_number)
			fail_msg("%s and %s do not sort as %" PRIu64 "-%" PRIu64 " and %" PRIu64 "-%" PRIu64, x, y,
				a.ms, a.seq, b.ms, b.seq);
	}
}

static void order_keys_look_as_the_scripts_make_them(void **state)
{
	(void)state;
	static const struct {
		struct stream_id id;
		const char *text, *key;
	} cases[] = {
		{{0, 0}, "0-0", "a0a0"},
		{{5, 1}, "5-1", "a5a1"},
		{{1763229600000, 12}, "1763229600000-12", "m1763229600000b12"},
		{{UINT64_MAX, UINT64_MAX}, "18446744073709551615-18446744073709551615",
			"t18446744073709551615t18446744073709551615"},
	};
	char buffer[STREAM_ID_SIZE];
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(stream_id_format(cases[i].id, buffer), cases[i].text);
		assert_string_equal(order_key_format(cases[i].id, buffer), cases[i].key);
	}
}

static void ids_survive_being_written_and_read(void **state)
{
	(void)state;
	char text[STREAM_ID_SIZE];
	dice = 88172645463325252;
	for (int i = 0; i < 100000; i++) {
		struct stream_id a = {number(), number()}, b = {1, 1};
		assert_true(stream_id_parse(stream_id_format(a, text), &b));
		assert_int_equal(stream_id_compare(a, b), 0);
	}
}

static void what_is_no_id_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "1", "1-", "-1", "-", "1-1-1", "1-1x", "x1-1", " 1-1", "1 -1", "1- 1",
		"+1-1", "1-+1", "18446744073709551616-0", "0-18446744073709551616", "99999999999999999999999-1", "1_1",
		"0x1-1"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct stream_id id = {7, 7};
		if (stream_id_parse(bad[i], &id))
			fail_msg("\"%s\" was taken", bad[i]);
		assert_true(id.ms == 7 && id.seq == 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_keys_sort_as_the_ids_do),
		cmocka_unit_test(order_keys_look_as_the_scripts_make_them),
		cmocka_unit_test(ids_survive_being_written_and_read),
		cmocka_unit_test(what_is_no_id_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
