#include "base/histogram.h"

#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void an_empty_histogram_has_no_quantiles(void **state)
{
	(void)state;
	static struct histogram h;
	assert_int_equal(histogram_quantile(&h, 0.5), 0);
	assert_int_equal(histogram_at_most(&h, INT64_MAX), 0);
}

static void small_values_are_exact(void **state)
{
	(void)state;
	static struct histogram h;
	for (int i = 1; i <= 7; i++)
		histogram_add(&h, i);
	assert_int_equal(h.count, 7);
	assert_int_equal(h.sum_us, 28);
	assert_int_equal(histogram_quantile(&h, 0), 1);
	assert_int_equal(histogram_quantile(&h, 0.5), 4);
	assert_int_equal(histogram_quantile(&h, 1), 7);
	assert_int_equal(histogram_at_most(&h, 0), 0);
	assert_int_equal(histogram_at_most(&h, 3), 3);
}

/* Each value alone: what the quantile says may lie above it by an eighth at most. */
static void every_size_is_kept_within_an_eighth(void **state)
{
	(void)state;
	for (int64_t us = 1; us < INT64_C(34000000000); us += 1 + us / 37) {
		struct histogram h = {0};
		histogram_add(&h, us);
		int64_t q = histogram_quantile(&h, 0.5);
		assert_true(q >= us);
		assert_true((double)(q - us) <= (double)us / 8);
		assert_int_equal(histogram_at_most(&h, q), 1);
		assert_int_equal(histogram_at_most(&h, us + us / 8), 1);
		assert_int_equal(histogram_at_most(&h, us - us / 8 - 1), 0);
	}
}

static void negative_counts_as_zero_and_ages_stay_in_the_last_bucket(void **state)
{
	(void)state;
	static struct histogram h;
	histogram_add(&h, -5);
	assert_int_equal(h.sum_us, 0);
	assert_int_equal(histogram_at_most(&h, 0), 1);
	assert_int_equal(histogram_at_most(&h, -1), 0);
	histogram_add(&h, INT64_MAX);
	assert_int_equal(h.bucket[HISTOGRAM_BUCKETS - 1], 1);
	assert_int_equal(histogram_at_most(&h, INT64_MAX), 2);
	assert_int_equal(histogram_quantile(&h, 1), (INT64_C(1) << 35) - 1);
}

static void quantiles_follow_the_ranks(void **state)
{
	(void)state;
	static struct histogram h;
	for (int i = 0; i < 990; i++)
		histogram_add(&h, 100);
	for (int i = 0; i < 10; i++)
		histogram_add(&h, 100000);
	assert_in_range(histogram_quantile(&h, 0.5), 100, 112);
	assert_in_range(histogram_quantile(&h, 0.99), 100, 112);
	assert_in_range(histogram_quantile(&h, 0.991), 100000, 112500);
}

static void merging_adds(void **state)
{
	(void)state;
	static struct histogram a, b;
	histogram_add(&a, 10);
	histogram_add(&b, 10);
	histogram_add(&b, 5000);
	histogram_merge(&a, &b);
	assert_int_equal(a.count, 3);
	assert_int_equal(a.sum_us, 5020);
	assert_int_equal(histogram_at_most(&a, 10), 2);
	assert_int_equal(b.count, 2);
}

static void at_most_never_falls(void **state)
{
	(void)state;
	static struct histogram h;
	for (int64_t us = 1; us < 100000000; us = us * 3 / 2 + 1)
		histogram_add(&h, us);
	uint64_t last = 0;
	for (int64_t us = 0; us < 200000000; us += 1 + us / 100) {
		uint64_t n = histogram_at_most(&h, us);
		assert_true(n >= last);
		last = n;
	}
	assert_int_equal(last, h.count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_histogram_has_no_quantiles),
		cmocka_unit_test(small_values_are_exact),
		cmocka_unit_test(every_size_is_kept_within_an_eighth),
		cmocka_unit_test(negative_counts_as_zero_and_ages_stay_in_the_last_bucket),
		cmocka_unit_test(quantiles_follow_the_ranks),
		cmocka_unit_test(merging_adds),
		cmocka_unit_test(at_most_never_falls),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
