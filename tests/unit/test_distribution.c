#include "model/distribution.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct distribution d;

static double relative(double is, double should)
{
	return should == 0 ? fabs(is) : fabs(is / should - 1);
}

static void every_value_is_that_of_scipy(void **state)
{
	(void)state;
	char line[256];
	int cases = 0;
	FILE *f = fopen(SOURCE_DIR "/tests/golden/distribution.txt", "r");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		char family[16];
		double mean, variance, below, at, above;
		unsigned shift, k;

		if (line[0] == '#')
			continue;
		assert_int_equal(sscanf(line, "%15s %lf %lf %u %u %lf %lf %lf", family, &mean, &variance, &shift, &k,
					 &below, &at, &above),
			8);
		distribution_init(&d, mean, sqrt(variance), shift, k);
		assert_true(k < d.count);
		/* Relative: a tail of 1e-12 has its digits too. What is left below the last listed outcome is
		 * absolute. */
		if (relative(d.below[k], below) > 1e-10 || relative(d.at[k], at) > 1e-10 ||
			fabs(d.above[k] - above) > 1e-10 * above + 1e-18)
			fail_msg("%s    but below %.15e at %.15e above %.15e", line, d.below[k], d.at[k], d.above[k]);
		cases++;
	}
	fclose(f);
	assert_true(cases > 100);
}

static void moments_are_those_asked_for(void **state)
{
	(void)state;
	static const struct {
		double mean, sd;
	} cases[] = {{0.3, 0.6}, {2, 1.6}, {5.5, 2.7}, {15, 6.2}, {27, 8.8}, {41, 10}, {5, 2.2360679775}, {3, 1.5}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		double total = 0, sum = 0, squares = 0;

		distribution_init(&d, cases[i].mean, cases[i].sd, 0, 0);
		for (unsigned k = 0; k < d.count; k++) {
			total += d.at[k];
			sum += k * d.at[k];
			squares += (double)k * k * d.at[k];
		}
		assert_true(fabs(total - 1) < 1e-12);
		assert_true(relative(sum, cases[i].mean) < 1e-9);
		/* A binomial's trials are whole, so its variance is near only. */
		assert_true(relative(squares - sum * sum, cases[i].sd * cases[i].sd) < 0.05);
	}
}

static void a_shift_leaves_mean_and_deviation_and_takes_skewness(void **state)
{
	(void)state;
	double skew[2];

	for (unsigned shifted = 0; shifted < 2; shifted++) {
		double sum = 0, squares = 0, cubes = 0;
		unsigned shift = shifted ? distribution_shift(27, 8.8) : 0;

		distribution_init(&d, 27, 8.8, shift, 0);
		for (unsigned k = 0; k < d.count; k++)
			sum += k * d.at[k];
		for (unsigned k = 0; k < d.count; k++) {
			squares += (k - sum) * (k - sum) * d.at[k];
			cubes += (k - sum) * (k - sum) * (k - sum) * d.at[k];
		}
		assert_true(relative(sum, 27) < 1e-3);
		assert_true(relative(sqrt(squares), 8.8) < 1e-2);
		skew[shifted] = cubes / pow(squares, 1.5);
	}
	/* 1 + 27/20 times less, but for the shift being whole and what is cut off at 0. */
	assert_true(relative(skew[1], skew[0] / 2.35) < 0.1);
}

static void small_counts_and_narrow_ones_are_not_shifted(void **state)
{
	(void)state;
	assert_int_equal(distribution_shift(0, 0), 0);
	assert_int_equal(distribution_shift(0, 3), 0);
	assert_int_equal(distribution_shift(0.5, 0.9), 0);
	assert_int_equal(distribution_shift(9, 3), 0);
	assert_int_equal(distribution_shift(9, 2), 0);
}

static void half_lines_split_whole_lines_leave_out_the_push(void **state)
{
	(void)state;
	distribution_init(&d, 5.5, 2.7, 0, 30);
	double over = 0, under = 0;
	for (unsigned k = 0; k < d.count; k++) {
		over += k > 5 ? d.at[k] : 0;
		under += k < 5 ? d.at[k] : 0;
	}
	assert_true(relative(distribution_over(&d, 550), over) < 1e-12);
	assert_true(relative(distribution_over(&d, 525), over) < 1e-12);
	assert_true(relative(distribution_over(&d, 501), over) < 1e-12);
	assert_true(relative(distribution_over(&d, 500), over / (over + under)) < 1e-12);
	assert_true(relative(distribution_over(&d, 499), over + d.at[5]) < 1e-12);
	/* At 0 nothing is below, so that all but the push is over. */
	assert_true(distribution_over(&d, 0) == 1);
	assert_true(relative(distribution_over(&d, 50), 1 - d.at[0]) < 1e-12);
}

static void nothing_expected_is_never_over(void **state)
{
	(void)state;
	distribution_init(&d, 0, 0, 0, 10);
	assert_true(distribution_over(&d, 50) == 0);
	assert_true(distribution_over(&d, 100) == 0);
	assert_true(distribution_over(&d, 0) == 0.5); /* certain to push: neither side */
}

static void a_line_beyond_all_outcomes_is_never_over(void **state)
{
	(void)state;
	distribution_init(&d, 2, 1.5, 0, 0);
	assert_true(distribution_over(&d, 20000) == 0);
	distribution_init(&d, 2, 1.5, 0, 201);
	assert_true(d.count > 200);
	assert_true(distribution_over(&d, 20000) >= 0 && distribution_over(&d, 20000) < 1e-18);
}

static double random_between(unsigned *seed, double low, double high)
{
	return low + (high - low) * rand_r(seed) / RAND_MAX;
}

/* The least count that so much of the whole lies at or below. */
static void quantiles_are_where_the_sum_passes(void **state)
{
	(void)state;
	static const double fair[] = {1, 1, 1, 1}, short_of_1[] = {0.2, 0.3, 0.2};

	distribution_of(&d, fair, 4);
	assert_int_equal(distribution_quantile(&d, 0.1), 0);
	assert_int_equal(distribution_quantile(&d, 0.25), 0);
	assert_int_equal(distribution_quantile(&d, 0.26), 1);
	assert_int_equal(distribution_quantile(&d, 0.5), 1);
	assert_int_equal(distribution_quantile(&d, 0.9), 3);
	distribution_of(&d, short_of_1, 3);
	assert_int_equal(distribution_quantile(&d, 0.5), 1);
	for (double mean = 0; mean < 60; mean += 0.7) {
		distribution_init(&d, mean, sqrt(2 * mean), 0, 0);
		for (double p = 0.0501; p < 1; p += 0.05) {
			const unsigned k = distribution_quantile(&d, p);

			assert_true(d.below[k + 1] >= p * d.below[d.count]);
			assert_true(k == 0 || d.below[k] < p * d.below[d.count]);
			unsigned same;
			distribution_quantiles(mean, sqrt(2 * mean), 0, &p, 1, &same);
			assert_int_equal(same, k);
		}
	}
}

static void p_over_falls_as_the_line_rises(void **state)
{
	(void)state;
	unsigned seed = (unsigned)time(NULL);

	print_message("seed %u\n", seed);
	for (int round = 0; round < 300; round++) {
		double mean = random_between(&seed, 0.01, 60), sd = sqrt(mean) * random_between(&seed, 0.5, 2.5);
		double before = 1;

		distribution_init(&d, mean, sd, distribution_shift(mean, sd), 100);
		for (int32_t line = 50; line < 10000; line += 100) {
			double p = distribution_over(&d, line), whole = distribution_over(&d, line + 50);
			double next = distribution_over(&d, line + 100);

			assert_true(p >= 0 && p <= before);
			/* The whole line between two half ones lies between them, push or not. */
			assert_true(whole <= p * (1 + 1e-12) && whole >= next * (1 - 1e-12));
			before = p;
		}
	}
}

static void p_over_rises_with_the_mean(void **state)
{
	(void)state;
	for (int32_t line = 50; line < 4000; line += 700) {
		double before = 0;

		for (double mean = 1; mean < 60; mean *= 1.1) {
			distribution_init(&d, mean, sqrt(mean), 0, 60);
			double p = distribution_over(&d, line);
			assert_true(p > before || p > 1 - 1e-12);
			before = p;
		}
	}
}

static void weights_make_the_distribution_that_they_came_from(void **state)
{
	(void)state;
	static struct distribution copy;
	static const double parts[] = {1, 2, 1};
	double mean, sd;

	distribution_init(&d, 27, 8.8, distribution_shift(27, 8.8), 0);
	distribution_of(&copy, d.at, d.count);
	for (int32_t line = 0; line < 20000; line += 25)
		assert_true(distribution_over(&copy, line) == distribution_over(&d, line));
	distribution_moments(&copy, &mean, &sd);
	assert_true(relative(mean, 27) < 1e-3 && relative(sd, 8.8) < 1e-2);

	/* As they are: only their proportions tell. */
	distribution_of(&copy, parts, 3);
	distribution_moments(&copy, &mean, &sd);
	assert_true(relative(mean, 1) < 1e-12 && relative(sd, sqrt(0.5)) < 1e-12);
	assert_true(relative(distribution_over(&copy, 50), 0.75) < 1e-12);
	assert_true(relative(distribution_over(&copy, 100), 0.5) < 1e-12);
	assert_true(distribution_over(&copy, 200) == 0 && distribution_over(&copy, 300) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_is_that_of_scipy),
		cmocka_unit_test(moments_are_those_asked_for),
		cmocka_unit_test(a_shift_leaves_mean_and_deviation_and_takes_skewness),
		cmocka_unit_test(small_counts_and_narrow_ones_are_not_shifted),
		cmocka_unit_test(half_lines_split_whole_lines_leave_out_the_push),
		cmocka_unit_test(nothing_expected_is_never_over),
		cmocka_unit_test(a_line_beyond_all_outcomes_is_never_over),
		cmocka_unit_test(quantiles_are_where_the_sum_passes),
		cmocka_unit_test(p_over_falls_as_the_line_rises),
		cmocka_unit_test(p_over_rises_with_the_mean),
		cmocka_unit_test(weights_make_the_distribution_that_they_came_from),
	};

	return cmocka_run_group_tests_name("distribution", tests, NULL, NULL);
}
