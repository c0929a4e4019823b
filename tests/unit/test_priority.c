#include "regen/priority.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "league/build.h"

static date_t tonight(void)
{
	date_t date;
	assert_true(date_parse("2025-11-15", 10, &date));
	return date;
}

static struct snapshot *league(void)
{
	struct err err = {0};
	struct snapshot *s;
	struct build *b = build_new();
	date_t day;
	date_parse("2025-11-10", 10, &day);
	static const struct {
		const char *name;
		float minutes;
	} who[] = {{"Ann Able", 36}, {"Bea Baker", 29.9f}, {"Cid Cole", 30}};
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(build_line(b,
					 &(struct build_line){.name = who[i].name,
						 .person_id = (int64_t)i + 1,
						 .date = day,
						 .team = "LAL",
						 .opponent = "GSW",
						 .home = true,
						 .starter = -1,
						 .minutes = who[i].minutes},
					 &err),
			0);
	assert_int_equal(build_finish(b, 1, &s, &err), 0);
	build_free(b);
	return s;
}

static void an_event_has_its_type_s_level_or_its_own_if_that_is_higher(void **state)
{
	(void)state;
	struct priority_policy p = {.type = {[STREAM_ODDS] = LEVEL_LOW, [STREAM_INJURY] = LEVEL_HIGH}};
	assert_int_equal(priority_of_event(&p, STREAM_ODDS, false, LEVEL_URGENT), LEVEL_LOW);
	assert_int_equal(priority_of_event(&p, STREAM_ODDS, true, LEVEL_URGENT), LEVEL_URGENT);
	assert_int_equal(priority_of_event(&p, STREAM_INJURY, true, LEVEL_LOW), LEVEL_HIGH);
	assert_int_equal(priority_of_event(&p, STREAM_INJURY, true, LEVEL_HIGH), LEVEL_HIGH);
}

static void of_several_tiers_the_highest_counts_and_without_one_he_is_low(void **state)
{
	(void)state;
	struct priority_policy p = {0};
	assert_int_equal(priority_add_tier(&p, "annable", LEVEL_NORMAL), 0);
	assert_int_equal(priority_add_tier(&p, "annable", LEVEL_URGENT), 0);
	assert_int_equal(priority_add_tier(&p, "annable", LEVEL_HIGH), 0);
	assert_int_equal(priority_add_tier(&p, "beabaker", LEVEL_HIGH), 0);
	assert_int_equal(priority_of_player(&p, NULL, tonight(), "annable", 0, 0), LEVEL_URGENT);
	assert_int_equal(priority_of_player(&p, NULL, tonight(), "beabaker", 0, 0), LEVEL_HIGH);
	assert_int_equal(priority_of_player(&p, NULL, tonight(), "cidcole", 0, 0), LEVEL_LOW);
	priority_done(&p);
}

static void without_tiers_minutes_decide_and_with_them_they_do_not(void **state)
{
	(void)state;
	struct snapshot *s = league();
	struct priority_policy p = {0};
	assert_int_equal(priority_of_player(&p, s, tonight(), "annable", 0, 0), LEVEL_HIGH);
	assert_int_equal(priority_of_player(&p, s, tonight(), "cidcole", 0, 0), LEVEL_HIGH);
	assert_int_equal(priority_of_player(&p, s, tonight(), "beabaker", 0, 0), LEVEL_LOW);
	assert_int_equal(priority_of_player(&p, s, tonight(), "nobody", 0, 0), LEVEL_LOW);
	assert_int_equal(priority_of_player(&p, NULL, tonight(), "annable", 0, 0), LEVEL_LOW);
	assert_int_equal(priority_add_tier(&p, "beabaker", LEVEL_NORMAL), 0);
	assert_int_equal(priority_of_player(&p, s, tonight(), "annable", 0, 0), LEVEL_LOW);
	assert_int_equal(priority_of_player(&p, s, tonight(), "beabaker", 0, 0), LEVEL_NORMAL);
	priority_done(&p);
	snapshot_drop(s);
}

static void near_tip_off_everybody_is_high_at_least(void **state)
{
	(void)state;
	struct priority_policy p = {.near_us = INT64_C(1800) * 1000000};
	const int64_t tip = 1763258400000;
	assert_int_equal(priority_add_tier(&p, "annable", LEVEL_URGENT), 0);
	assert_int_equal(priority_of_player(&p, NULL, tonight(), "nobody", tip, tip - 1800001), LEVEL_LOW);
	assert_int_equal(priority_of_player(&p, NULL, tonight(), "nobody", tip, tip - 1800000), LEVEL_HIGH);
	assert_int_equal(priority_of_player(&p, NULL, tonight(), "nobody", tip, tip - 1), LEVEL_HIGH);
	assert_int_equal(priority_of_player(&p, NULL, tonight(), "nobody", tip, tip),
		LEVEL_LOW); /* it plays: lines are closed */
	assert_int_equal(priority_of_player(&p, NULL, tonight(), "nobody", 0, tip), LEVEL_LOW);
	assert_int_equal(priority_of_player(&p, NULL, tonight(), "annable", tip, tip - 1), LEVEL_URGENT);
	p.near_us = 0;
	assert_int_equal(priority_of_player(&p, NULL, tonight(), "nobody", tip, tip - 1), LEVEL_LOW);
	priority_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_has_its_type_s_level_or_its_own_if_that_is_higher),
		cmocka_unit_test(of_several_tiers_the_highest_counts_and_without_one_he_is_low),
		cmocka_unit_test(without_tiers_minutes_decide_and_with_them_they_do_not),
		cmocka_unit_test(near_tip_off_everybody_is_high_at_least),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
