/* What is made of measured runs: each rule at its bound, and which of several goes first. */
#include "ctl/analysis.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* cmocka's own is of floats. */
#define assert_near(value, expected, within) \
	do { \
		const double is_ = (value), wanted_ = (expected); \
		if (!(fabs(is_ - wanted_) <= (within))) \
			fail_msg("%s is %.10g, not %.10g", #value, is_, wanted_); \
	} while (0)

static const struct analysis_terms terms = {
	.runs_a_day = 5,
	.hour_value = 100,
	.implementation = 1600,
	.vcpu = 1,
	.gib = 2,
	.children_an_instance = 1,
	.vcpu_price = 0.000024,
	.gib_price = 0.0000025,
	.request_price = 0.0000004,
	.vm_price = -1,
	.vm_hours = -1,
};

static void break_even_is_what_it_costs_over_what_a_day_saves(void **state)
{
	(void)state;
	/* 50 min to 2.5 min, 5 runs a day, $1,600, $100 an hour. */
	assert_near(analysis_break_even(&terms, 3000 - 150, 0), 4.04, 0.005);
	assert_near(analysis_break_even(&terms, 3600, 100), 1600.0 / 400, 1e-9);
	assert_near(analysis_break_even(&terms, 3600, -100), 1600.0 / 600, 1e-9);
	assert_true(isinf(analysis_break_even(&terms, 0, 0)));
	assert_true(isinf(analysis_break_even(&terms, -60, 0)));
	assert_true(isinf(analysis_break_even(&terms, 3600, 500))); /* it eats up just what it saves */
	assert_true(isinf(analysis_break_even(&terms, 3600, 501)));
	struct analysis_terms free_of_cost = terms;
	free_of_cost.implementation = 0;
	assert_near(analysis_break_even(&free_of_cost, 3600, 0), 0, 1e-9);
}

static void a_run_costs_the_seconds_of_its_instances(void **state)
{
	(void)state;
	struct analysis_terms t = terms;
	struct analysis_point p = {.children = 20, .players = 200, .seconds = 140, .start_seconds = 10};
	const double second = 0.000024 + 2 * 0.0000025, requests = 200 * 0.0000004;
	assert_near(analysis_cost(&t, &p), 20 * 150 * second + requests, 1e-9);
	t.vcpu = 0.5;
	assert_near(analysis_cost(&t, &p), 20 * 150 * (0.5 * 0.000024 + 2 * 0.0000025) + requests, 1e-9);
	t.vcpu = 1;
	t.children_an_instance = 8; /* 3 instances of 8 */
	assert_near(analysis_cost(&t, &p), 3 * 150 * 8 * second + requests, 1e-9);
	t.children_an_instance = 80;
	assert_near(analysis_cost(&t, &p), 150 * 20 * second + requests, 1e-9);
	t.children_an_instance = 0;
	assert_near(analysis_cost(&t, &p), 150 * 20 * second + requests, 1e-9);
}

static void or_the_hours_of_its_machines(void **state)
{
	(void)state;
	struct analysis_terms t = terms;
	struct analysis_point p = {.children = 20, .players = 200, .seconds = 1700, .start_seconds = 100};
	t.vm_price = 0.40;
	t.children_an_instance = 0;
	assert_near(analysis_cost(&t, &p), 0.20, 1e-9);
	t.children_an_instance = 8;
	assert_near(analysis_cost(&t, &p), 0.60, 1e-9);
	t.vm_hours = 24; /* up all day, 5 runs share it */
	assert_near(analysis_cost(&t, &p), 3 * 24 * 0.40 / 5, 1e-9);
	t.vm_hours = 0;
	assert_near(analysis_cost(&t, &p), 0, 1e-9);
}

static unsigned recommended(const struct analysis_point *points, size_t count)
{
	return points[analysis_recommend(points, count)].children;
}

static void the_fewest_children_that_come_near_the_best(void **state)
{
	(void)state;
	/* Players a minute: 100, 190, 340, 600, 660, 659. */
	const struct analysis_point curve[] = {{1, 100, 60, 0, 0, 1}, {2, 190, 60, 0, 0, 1}, {4, 340, 60, 0, 0, 1},
		{8, 600, 60, 0, 0, 1}, {16, 660, 60, 0, 0, 1}, {32, 659, 60, 0, 0, 1}};
	assert_int_equal(recommended(curve, 6), 8);
	assert_int_equal(recommended(curve, 4), 8);
	assert_int_equal(recommended(curve, 3), 4);
	assert_int_equal(recommended(curve, 1), 1);
	/* 0.9 of the best is enough, less is not. */
	const struct analysis_point edge[] = {{8, 900, 60, 0, 0, 1}, {16, 1000, 60, 0, 0, 1}};
	assert_int_equal(recommended(edge, 2), 8);
	const struct analysis_point below[] = {{8, 899, 60, 0, 0, 1}, {16, 1000, 60, 0, 0, 1}};
	assert_int_equal(recommended(below, 2), 16);
	/* In whatever order; more children may be slower. */
	const struct analysis_point mixed[] = {{16, 100, 30, 0, 0, 1}, {2, 100, 10, 0, 0, 1}, {1, 100, 15, 0, 0, 1}};
	assert_int_equal(recommended(mixed, 3), 2);
	/* What fails is fast: it does not count, and is not the best that others are held against. */
	const struct analysis_point failing[] = {
		{1, 100, 60, 0, 0.05, 1}, {4, 100, 16, 0, 0, 1}, {32, 100, 1, 0, 0.051, 1}};
	assert_int_equal(recommended(failing, 3), 4);
	/* Unless all do. */
	const struct analysis_point all[] = {{1, 100, 60, 0, 0.5, 1}, {4, 100, 16, 0, 0.5, 1}, {8, 100, 1, 0, 1, -1}};
	assert_int_equal(recommended(all, 3), 4);
	const struct analysis_point nothing[] = {{1, 100, 60, 0, 1, -1}, {4, 100, 16, 0, 1, -1}};
	assert_int_equal(recommended(nothing, 2), 1);
}

/* One that nothing at all is to be said of: each test changes it. */
static const struct analysis_case quiet = {
	.failed = 0,
	.p99 = 15,
	.players = 200,
	.sequential = 1800,
	.saved = 1200,
	.speedup = 3,
	.added_month = 50,
	.runs_a_day = 3,
	.break_even = 30,
	.compared = true,
	.faster = true,
};

static enum analysis_verdict judged(const struct analysis_case *c, size_t reasons, const char *first)
{
	char said[ANALYSIS_REASONS][96];
	size_t count;
	const enum analysis_verdict verdict = analysis_judge(c, said, &count);
	assert_int_equal(count, reasons);
	assert_string_equal(said[0], first);
	return verdict;
}

static void each_rule_holds_beyond_its_bound_and_not_at_it(void **state)
{
	(void)state;
	static const struct {
		size_t offset;
		double at, beyond;
		enum analysis_verdict verdict;
		const char *reason;
	} rows[] = {
		{offsetof(struct analysis_case, failed), 0.05, 0.051, ANALYSIS_MEND,
			"5.1 % of the jobs failed, more than 5 %"},
		{offsetof(struct analysis_case, p99), 60, 60.1, ANALYSIS_OUTLIERS,
			"one job in a hundred takes more than 60 s: 60.1 s"},
		{offsetof(struct analysis_case, sequential), 300, 299, ANALYSIS_SMALL,
			"5.0 min one by one are less than 5"},
		{offsetof(struct analysis_case, added_month), 50, 50.01, ANALYSIS_WEIGH,
			"it costs $50.01 a month more, above $50"},
		{offsetof(struct analysis_case, sequential), 1800, 1830, ANALYSIS_PARALLELISE,
			"one by one it takes 30.5 min, more than 30"},
		{offsetof(struct analysis_case, saved), 1200, 1230, ANALYSIS_PARALLELISE,
			"it saves 20.5 min a run, more than 20"},
		{offsetof(struct analysis_case, speedup), 3, 3.1, ANALYSIS_PARALLELISE,
			"it is 3.1 times as fast, more than 3"},
		{offsetof(struct analysis_case, runs_a_day), 3, 3.5, ANALYSIS_PARALLELISE,
			"it runs 3.5 times a day, more than 3"},
		{offsetof(struct analysis_case, break_even), 30, 29.99, ANALYSIS_PARALLELISE,
			"it has paid for itself after 29.99 days, fewer than 30"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct analysis_case c = quiet;
		double *value = (double *)((char *)&c + rows[i].offset);
		*value = rows[i].at;
		assert_int_equal(
			judged(&c, 1,
				"neither its duration, saved time, speed-up, runs a day nor break-even ask for it"),
			ANALYSIS_NO_NEED);
		*value = rows[i].beyond;
		assert_int_equal(judged(&c, 1, rows[i].reason), rows[i].verdict);
	}
	struct analysis_case c = quiet;
	c.players = 20;
	assert_int_equal(
		judged(&c, 1, "neither its duration, saved time, speed-up, runs a day nor break-even ask for it"),
		ANALYSIS_NO_NEED);
	c.players = 19;
	assert_int_equal(judged(&c, 1, "fewer than 20 players: 19"), ANALYSIS_SMALL);
}

/* All of them hold; then, from the first on, each is taken away. */
static void the_first_rule_that_holds_is_the_verdict(void **state)
{
	(void)state;
	struct analysis_case c = {.failed = 1,
		.p99 = 1e6,
		.players = 1,
		.sequential = 10,
		.speedup = 1,
		.added_month = 1e6,
		.break_even = INFINITY,
		.compared = false,
		.faster = false};
	assert_int_equal(judged(&c, 1, "100.0 % of the jobs failed, more than 5 %"), ANALYSIS_MEND);
	c.failed = 0;
	assert_int_equal(judged(&c, 1, "one job in a hundred takes more than 60 s: 1000000.0 s"), ANALYSIS_OUTLIERS);
	c.p99 = 1;
	assert_int_equal(judged(&c, 2, "fewer than 20 players: 1"), ANALYSIS_SMALL);
	c.players = 200;
	assert_int_equal(judged(&c, 1, "0.2 min one by one are less than 5"), ANALYSIS_SMALL);
	c.sequential = 7200;
	assert_int_equal(judged(&c, 1, "one number of children was measured: there is nothing to compare it with"),
		ANALYSIS_MEASURE);
	c.compared = true;
	assert_int_equal(judged(&c, 1, "no other number of children is faster by more than a tenth"), ANALYSIS_NO_GAIN);
	c.faster = true;
	assert_int_equal(judged(&c, 1, "it costs $1000000.00 a month more, above $50"), ANALYSIS_WEIGH);
	c.added_month = 0;
	c.saved = 3600;
	c.speedup = 20;
	c.runs_a_day = 5;
	c.break_even = 4.04;
	assert_int_equal(judged(&c, 5, "one by one it takes 120.0 min, more than 30"), ANALYSIS_PARALLELISE);
}

static void each_verdict_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < ANALYSIS_VERDICTS; i++) {
		assert_non_null(analysis_verdict_advice((enum analysis_verdict)i));
		for (int j = 0; j < i; j++)
			assert_string_not_equal(analysis_verdict_name((enum analysis_verdict)i),
				analysis_verdict_name((enum analysis_verdict)j));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(break_even_is_what_it_costs_over_what_a_day_saves),
		cmocka_unit_test(a_run_costs_the_seconds_of_its_instances),
		cmocka_unit_test(or_the_hours_of_its_machines),
		cmocka_unit_test(the_fewest_children_that_come_near_the_best),
		cmocka_unit_test(each_rule_holds_beyond_its_bound_and_not_at_it),
		cmocka_unit_test(the_first_rule_that_holds_is_the_verdict),
		cmocka_unit_test(each_verdict_has_a_name_of_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
