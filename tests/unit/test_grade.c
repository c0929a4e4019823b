/* What became of a recommendation (model/grade.h), and what the recommendations of a date come to (ctl/grades.h). */
#include "model/grade.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/grades.h"

static void test_over_and_under_at_half_and_whole_lines(void **state)
{
	static const struct {
		int32_t line;
		double count;
		enum grade over, under;
	} rows[] = {
		{2450, 25, GRADE_WON, GRADE_LOST},
		{2450, 24, GRADE_LOST, GRADE_WON},
		{2400, 24, GRADE_PUSH, GRADE_PUSH},
		{2400, 25, GRADE_WON, GRADE_LOST},
		{2400, 23, GRADE_LOST, GRADE_WON},
		{2425, 24, GRADE_LOST, GRADE_WON},
		{50, 0, GRADE_LOST, GRADE_WON},
		{0, 0, GRADE_PUSH, GRADE_PUSH},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(grade_bet(true, rows[i].line, rows[i].count), rows[i].over);
		assert_int_equal(grade_bet(false, rows[i].line, rows[i].count), rows[i].under);
	}
}

static void expect_return(enum grade grade, int32_t american, double wanted)
{
	double got = NAN;
	const bool known = grade_return(grade, american, &got);
	assert_int_equal(known, !isnan(wanted));
	if (known && fabs(got - wanted) > 1e-12)
		fail_msg("%s at %d: %f, not %f", grade_name(grade), american, got, wanted);
}

static void test_what_comes_back_of_a_unit(void **state)
{
	(void)state;
	expect_return(GRADE_WON, -110, 100 / 110.0);
	expect_return(GRADE_WON, 150, 1.5);
	expect_return(GRADE_WON, 0, NAN); /* without a price nobody knows */
	expect_return(GRADE_LOST, -110, -1);
	expect_return(GRADE_LOST, 0, -1);
	expect_return(GRADE_PUSH, 150, 0);
	expect_return(GRADE_NO_ACTION, 150, 0);
	expect_return(GRADE_PENDING, 150, NAN);
}

static void test_which_way_is_a_bets_own(void **state)
{
	(void)state;
	assert_int_equal(grade_moved(true, 2450, 2650), 200); /* an over that got the lower line did well */
	assert_int_equal(grade_moved(true, 2450, 2350), -100);
	assert_int_equal(grade_moved(false, 2450, 2350), 100); /* and an under that got the higher one */
	assert_int_equal(grade_moved(false, 2450, 2650), -200);
}

static double value_of(bool over, int32_t line, int32_t over_price, int32_t under_price, int32_t close,
	int32_t close_over, int32_t close_under, const char *report)
{
	json_t *parsed = json_loads(report, 0, NULL);
	const struct live_quote bet = {.market = MARKET_POINTS, .line = line, .over = over_price, .under = under_price};
	const struct live_quote last = {
		.market = MARKET_POINTS, .line = close, .over = close_over, .under = close_under};
	double value = NAN;
	if (!grade_closing_value(parsed, over, &bet, &last, &value))
		value = NAN;
	json_decref(parsed);
	return value;
}

#define FIGURES "{\"markets\": {\"points\": {\"mean\": 25, \"sd\": 7}}}"

static void near(double got, double wanted)
{
	if (!(fabs(got - wanted) < 1e-9))
		fail_msg("%f, not %f", got, wanted);
}

static void test_what_the_close_was_worth(void **state)
{
	const double fair = (150 / 250.0) / (150 / 250.0 + 100 / 230.0); /* of -150 and +130 */
	(void)state;
	near(value_of(true, 2450, -110, -110, 2450, -150, 130, "{}"), fair - 0.5);
	near(value_of(false, 2450, -110, -110, 2450, -150, 130, "{}"), 0.5 - fair);
	near(value_of(true, 2450, -110, -110, 2450, -110, -110, FIGURES), 0);
	/* Another line: carried along the report's figures, so an even close at a higher line is worth an over much. */
	const double higher = value_of(true, 2450, -110, -110, 2650, -110, -110, FIGURES);
	assert_true(higher > 0.05 && higher < 0.2);
	near(value_of(false, 2450, -110, -110, 2650, -110, -110, FIGURES), -higher);
	assert_true(value_of(true, 2450, -110, -110, 2250, -110, -110, FIGURES) < -0.05);
	/* What cannot be told. */
	assert_true(isnan(value_of(true, 2450, -110, -110, 2650, -110, -110, "{}")));
	assert_true(isnan(value_of(true, 2450, -110, 0, 2450, -110, -110, FIGURES)));
	assert_true(isnan(value_of(true, 2450, -110, -110, 2450, 0, 0, FIGURES)));
}

static json_t *summary_of(const char *rows)
{
	json_t *parsed = json_loads(rows, 0, NULL);
	assert_non_null(parsed);
	json_t *summary = grades_summary(parsed);
	json_decref(parsed);
	return summary;
}

static double figure(const json_t *summary, size_t row, const char *key)
{
	const json_t *value = json_object_get(json_array_get(summary, row), key);
	return value ? json_number_value(value) : NAN;
}

static void test_a_summary_by_hand(void **state)
{
	char rows[] =
		"[{'player':'a','market':'points','result':'won','return':0.9,'close':{},'moved':1.0,'closing_value':0.04},"
		"{'player':'a','market':'points','result':'won','return':0.9,'close':{},'moved':-0.5},"
		"{'player':'b','market':'points','result':'lost','return':-1.0},"
		"{'player':'b','market':'assists','result':'push','return':0.0},"
		"{'player':'c','market':'assists','result':'no_action','return':0.0},"
		"{'player':'c','market':'assists','result':'won'},"
		"{'player':'d','market':'assists','result':'pending'}]";
	(void)state;
	for (char *p = rows; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	json_t *s = summary_of(rows);
	assert_int_equal(json_array_size(s), 3);
	assert_string_equal(json_string_value(json_object_get(json_array_get(s, 0), "market")), "assists");
	near(figure(s, 0, "bets"), 2);
	near(figure(s, 0, "priced"), 1); /* void is none, and without a price nobody knows */
	near(figure(s, 0, "return"), 0);
	assert_true(isnan(figure(s, 0, "return_low"))); /* of one player nothing is known */
	assert_true(isnan(figure(s, 0, "moved")));
	near(figure(s, 1, "bets"), 3);
	const double mean = 0.8 / 3, a = 2 * (0.9 - mean), b = -1 - mean;
	near(figure(s, 1, "return"), mean);
	near(figure(s, 1, "return_high") - mean, 1.96 * sqrt(2 * (a * a + b * b)) / 3); /* two of one man are one */
	near(figure(s, 1, "moved"), 0.25);
	near(figure(s, 1, "better"), 1);
	near(figure(s, 1, "closing_value"), 0.04);
	near(figure(s, 2, "bets"), 5);
	near(figure(s, 2, "no_action"), 1);
	near(figure(s, 2, "pending"), 1);
	json_decref(s);
	s = grades_summary(NULL);
	assert_int_equal(json_array_size(s), 1);
	near(figure(s, 0, "bets"), 0);
	assert_true(isnan(figure(s, 0, "return")));
	json_decref(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_over_and_under_at_half_and_whole_lines),
		cmocka_unit_test(test_what_comes_back_of_a_unit),
		cmocka_unit_test(test_which_way_is_a_bets_own),
		cmocka_unit_test(test_what_the_close_was_worth),
		cmocka_unit_test(test_a_summary_by_hand),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
