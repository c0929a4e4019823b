#include "model/quantile.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct distribution d;

/* PROPSD_SEED repeats a run. */
static unsigned seed_of_run(void)
{
	const char *given = getenv("PROPSD_SEED");
	unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);

	print_message("PROPSD_SEED=%u\n", seed);
	return seed;
}

static double random_between(unsigned *seed, double low, double high)
{
	return low + (high - low) * rand_r(seed) / RAND_MAX;
}

static double up_to(unsigned k) /* P(X <= k) */
{
	return k < d.count ? d.below[k + 1] : d.below[d.count];
}

static double phi(double score)
{
	return erfc(-score / sqrt(2)) / 2;
}

static void check_is_a_distribution(void)
{
	for (unsigned k = 0; k < d.count; k++)
		if (!(d.at[k] >= 0 && d.at[k] <= 1))
			fail_msg("P(X = %u) is %g", k, d.at[k]);
	assert_true(fabs(d.below[d.count] - 1) < 1e-12);
}

static void a_normal_distribution_comes_out_as_what_it_was(void **state)
{
	(void)state;
	static const double scores[] = {-1.2815515655446004, -0.6744897501960817, 0, 1.6448536269514722};
	static const double p[] = {0.1, 0.25, 0.5, 0.95};
	struct quantile q[4];

	for (size_t i = 0; i < 4; i++)
		q[i] = (struct quantile){p[i], 27 + 6 * scores[i]};
	quantile_distribution(q, 4, &d);
	check_is_a_distribution();
	for (unsigned k = 0; k < 60; k++)
		assert_true(fabs(up_to(k) - phi((k + 0.5 - 27) / 6)) < 1e-9);
	quantile_normal(27, 6, &d);
	for (unsigned k = 0; k < 60; k++)
		assert_true(fabs(up_to(k) - phi((k + 0.5 - 27) / 6)) < 1e-12);
}

static void a_normal_without_spread_is_certain(void **state)
{
	(void)state;
	static const struct {
		double mean;
		unsigned count;
	} cases[] = {{0, 0}, {0.4, 0}, {27, 27}, {27.4, 27}, {27.6, 28}, {250, 250}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		quantile_normal(cases[i].mean, 0, &d);
		check_is_a_distribution();
		assert_true(d.at[cases[i].count] == 1);
	}
}

static void quantiles_at_one_value_are_a_step(void **state)
{
	(void)state;
	const struct quantile step[] = {{0.1, 2}, {0.4, 2}, {0.6, 3}, {0.9, 5}};

	quantile_distribution(step, 4, &d);
	check_is_a_distribution();
	assert_true(up_to(1) < 0.1 && up_to(2) > 0.4 && up_to(2) < 0.6 && up_to(3) > 0.6);
	/* Half way from 0.4 at 2 to 0.6 at 3: scores that lie even about 0. */
	assert_true(fabs(up_to(2) - 0.5) < 1e-12);

	const struct quantile certain[] = {{0.1, 4}, {0.5, 4}, {0.9, 4}};
	quantile_distribution(certain, 3, &d);
	check_is_a_distribution();
	assert_true(d.at[4] == 1);
}

/* What each quantile says holds of the counts, and P never falls: at whatever distances, ties and ends. */
static void every_quantile_is_kept_and_p_never_falls(void **state)
{
	(void)state;
	unsigned seed = seed_of_run();

	for (int round = 0; round < 3000; round++) {
		struct quantile q[40];
		size_t count = 0;
		double p = 0, value = 0, top = random_between(&seed, 0.01, 60);

		for (size_t most = 1 + (size_t)rand_r(&seed) % 40; count < most; count++) {
			p += random_between(&seed, 1e-6, 1.8 / (double)most);
			value += rand_r(&seed) % 3 == 0 ? 0 : random_between(&seed, 0, top / (double)most);
			if (rand_r(&seed) % 3 == 0)
				value = ceil(value * 2) / 2; /* where a count is read */
			if (p >= 1)
				break;
			q[count] = (struct quantile){p, value};
		}
		if (count == 0)
			continue;
		quantile_distribution(q, count, &d);
		check_is_a_distribution();
		for (size_t i = 0; i < count; i++)
			for (unsigned k = 0; k < 80; k++)
				if (k + 0.5 >= q[i].value ? up_to(k) < q[i].p - 1e-9 : up_to(k) > q[i].p + 1e-9)
					fail_msg("round %d: P(X <= %u) = %g against %g at %g", round, k, up_to(k),
						q[i].p, q[i].value);
		double before = 1;
		for (int32_t line = 50; line < 10000; line += 50) {
			double over = distribution_over(&d, line);
			assert_true(over >= 0 && over <= 1);
			if (line % 100 == 50) {
				assert_true(over <= before + 1e-12);
				before = over;
			}
		}
	}
}

static void extremes_do_no_harm(void **state)
{
	(void)state;
	static const struct quantile cases[][3] = {
		{{1e-300, 0}, {0.5, 0}, {1 - 1e-16, 250}},
		{{5e-324, 250}, {0.5, 250}, {0.9, 250}},
		{{0.1, 0}, {0.5, 1e-300}, {0.9, 250}},
		{{0.1, 0.5}, {0.5, 0.5 + 1e-15}, {0.9, 0.5 + 2e-15}},
		{{0.001, 249.9}, {0.002, 249.99}, {0.003, 250}},
		{{0.997, 0}, {0.998, 0.1}, {0.999, 0.2}},
		{{0.1, 0}, {0.100000000001, 250}, {0.100000000002, 250}},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		quantile_distribution(cases[i], 3, &d);
		check_is_a_distribution();
	}
}

/* What docs/model.md says of how near it comes: quantiles without steps, of counts as this game has them. */
static void it_comes_as_near_as_the_manual_says(void **state)
{
	(void)state;
	static const struct {
		double mean, sd;
	} counts[] = {{41, 10.5}, {27, 8.8}, {14.6, 6.4}, {8, 3.74}, {5.5, 2.7}};
	static const struct {
		size_t count;
		double p[11], error;
	} sets[] = {
		{3, {0.1, 0.5, 0.9}, 0.012},
		{5, {0.1, 0.25, 0.5, 0.75, 0.9}, 0.009},
		{11, {0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95}, 0.004},
	};
	static struct distribution whole;

	for (size_t s = 0; s < sizeof(sets) / sizeof(sets[0]); s++) {
		for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
			struct quantile q[11];
			double most = 0;

			distribution_init(&whole, counts[c].mean, counts[c].sd,
				distribution_shift(counts[c].mean, counts[c].sd), 0);
			for (size_t i = 0; i < sets[s].count; i++) {
				unsigned k = 0;
				while (whole.below[k + 1] < sets[s].p[i])
					k++;
				q[i] = (struct quantile){
					sets[s].p[i], k - 0.5 + (sets[s].p[i] - whole.below[k]) / whole.at[k]};
			}
			quantile_distribution(q, sets[s].count, &d);
			for (unsigned k = 0; k < 100; k++)
				most = fmax(
					most, fabs(up_to(k) - whole.below[k + 1 < whole.count ? k + 1 : whole.count]));
			print_message("%zu quantiles, mean %g: %.4f\n", sets[s].count, counts[c].mean, most);
			assert_true(most < sets[s].error);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_normal_distribution_comes_out_as_what_it_was),
		cmocka_unit_test(a_normal_without_spread_is_certain),
		cmocka_unit_test(quantiles_at_one_value_are_a_step),
		cmocka_unit_test(every_quantile_is_kept_and_p_never_falls),
		cmocka_unit_test(extremes_do_no_harm),
		cmocka_unit_test(it_comes_as_near_as_the_manual_says),
	};

	return cmocka_run_group_tests_name("quantile", tests, NULL, NULL);
}
