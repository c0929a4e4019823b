#include "process/places.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void before_any_run_there_are_two_places_a_worker(void **state)
{
	(void)state;
	struct places p = {0};
	places_for_workers(&p, 3);
	assert_int_equal(places_size(&p), 6);
}

static void short_runs_widen_the_window_to_what_the_workers_finish_in_2_ms(void **state)
{
	(void)state;
	static const struct {
		unsigned workers;
		int64_t us;
		unsigned size;
	} cases[] = {{2, 100, 40}, {2, 10, 256}, {2, 1, 256}, {2, 2000, 4}, {2, 5000000, 4}, {16, 500, 64},
		{200, 5000000, 400}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct places p = {0};
		places_for_workers(&p, cases[i].workers);
		for (int k = 0; k < 200; k++)
			places_ran(&p, cases[i].us);
		assert_int_equal(places_size(&p), cases[i].size);
	}
}

static void the_mean_follows_within_some_runs_and_one_run_does_not_move_it_far(void **state)
{
	(void)state;
	struct places p = {0};
	places_for_workers(&p, 2);
	places_ran(&p, 1000);
	assert_int_equal(p.mean_us, 1000);
	places_ran(&p, 9000);
	assert_true(p.mean_us > 1000 && p.mean_us <= 2000);
	for (int i = 0; i < 60; i++)
		places_ran(&p, 9000);
	assert_true(p.mean_us > 8900 && p.mean_us <= 9000);
	places_ran(&p, 0);
	places_ran(&p, -5);
	assert_true(p.mean_us > 0);
}

static void only_so_many_are_begun_and_urgent_ones_at_once(void **state)
{
	(void)state;
	struct places p = {0};
	places_for_workers(&p, 2);
	for (p.taken = 0; p.taken < 4; p.taken++)
		assert_true(places_free(&p, LEVEL_LOW));
	assert_false(places_free(&p, LEVEL_LOW));
	assert_false(places_free(&p, LEVEL_HIGH));
	assert_true(places_free(&p, LEVEL_URGENT));
	p.taken = 256;
	assert_false(places_free(&p, LEVEL_URGENT));
}

static void slots_keep_a_reserve_for_urgent_and_high(void **state)
{
	(void)state;
	static const struct {
		unsigned slots, for_all;
	} cases[] = {{1, 1}, {2, 2}, {3, 3}, {4, 3}, {10, 9}, {11, 9}, {40, 36}, {200, 180}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct places p = {0};
		places_for_slots(&p, cases[i].slots, true);
		assert_int_equal(places_size(&p), cases[i].slots);
		p.taken = cases[i].for_all - 1;
		assert_true(places_free(&p, LEVEL_LOW));
		p.taken = cases[i].for_all;
		assert_false(places_free(&p, LEVEL_LOW));
		assert_false(places_free(&p, LEVEL_NORMAL));
		assert_int_equal(places_free(&p, LEVEL_HIGH), cases[i].for_all < cases[i].slots);
		p.taken = cases[i].slots;
		assert_false(places_free(&p, LEVEL_URGENT));
	}
}

static void the_kind_can_change(void **state)
{
	(void)state;
	struct places p = {0};
	places_for_slots(&p, 10, true);
	places_for_workers(&p, 1);
	p.taken = 2;
	assert_false(places_free(&p, LEVEL_HIGH));
	places_for_slots(&p, 10, true);
	assert_true(places_free(&p, LEVEL_LOW));
	p.taken = 300; /* more than there are now: those that were begun go on */
	assert_false(places_free(&p, LEVEL_URGENT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(before_any_run_there_are_two_places_a_worker),
		cmocka_unit_test(short_runs_widen_the_window_to_what_the_workers_finish_in_2_ms),
		cmocka_unit_test(the_mean_follows_within_some_runs_and_one_run_does_not_move_it_far),
		cmocka_unit_test(only_so_many_are_begun_and_urgent_ones_at_once),
		cmocka_unit_test(slots_keep_a_reserve_for_urgent_and_high),
		cmocka_unit_test(the_kind_can_change),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
