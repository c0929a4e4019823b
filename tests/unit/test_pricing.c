#include "model/pricing.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "model/distribution.h"

/* Poisson of mean 10 for every market: P(X > 9) = 0.5421, P(X > 10) = 0.4170, P(X = 10) = 0.1251. */
static void ten_of_each(struct figure figures[MARKET_COUNT])
{
	for (int i = 0; i < MARKET_COUNT; i++)
		figures[i] = (struct figure){10, sqrt(10)};
}

static struct price priced(const struct live_quote *quote, double min_edge)
{
	struct figure figures[MARKET_COUNT];
	struct price price;
	const struct live live = {.quotes = quote, .quote_count = 1};

	ten_of_each(figures);
	pricing_compute(&live, figures, min_edge, &price);
	return price;
}

static bool is(double value, double should)
{
	return fabs(value - should) < 1e-9;
}

static void american_prices_stand_for_probabilities(void **state)
{
	(void)state;
	assert_true(is(price_probability(100), 0.5));
	assert_true(is(price_probability(-100), 0.5));
	assert_true(is(price_probability(150), 0.4));
	assert_true(is(price_probability(-150), 0.6));
	assert_true(is(price_probability(-110), 110.0 / 210));
	assert_true(is(price_probability(100000), 100.0 / 100100));
	assert_true(is(price_probability(-100000), 100000.0 / 100100));
}

static void the_margin_is_taken_out_in_proportion(void **state)
{
	(void)state;
	/* 0.5238 and 0.5238; 0.6 and 0.4545; 0.4 and 0.6522. */
	static const struct {
		int32_t over, under;
		double fair;
	} cases[] = {{-110, -110, 0.5}, {-150, 120, 0.569}, {150, -187, 0.3804}, {100, 100, 0.5}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct live_quote q = {MARKET_POINTS, false, "a", 950, cases[i].over, cases[i].under};
		struct price p = priced(&q, 0.03);

		assert_true(p.has_fair && p.has_edge);
		assert_true(is(p.fair_over, cases[i].fair));
		assert_true(is(p.p_over, 0.5421));
		assert_true(is(p.edge, rint((0.5421 - cases[i].fair) * 1e4) / 1e4));
	}
}

static void with_one_price_the_edge_is_against_its_raw_probability(void **state)
{
	(void)state;
	struct live_quote q = {MARKET_POINTS, false, "a", 950, 100, 0};
	struct price p = priced(&q, 0.03);
	assert_false(p.has_fair);
	assert_true(p.has_edge && is(p.edge, 0.0421));
	assert_int_equal(p.recommendation, OVER);

	q = (struct live_quote){MARKET_POINTS, false, "a", 950, 0, -150}; /* 0.6 for the under: 0.4 for the over */
	p = priced(&q, 0.03);
	assert_false(p.has_fair);
	assert_true(p.has_edge && is(p.edge, 0.1421));
	assert_int_equal(p.recommendation, OVER);

	q = (struct live_quote){MARKET_POINTS, false, "a", 950, 0, 150};
	p = priced(&q, 0.03);
	assert_true(p.has_edge && is(p.edge, -0.0579));
	assert_int_equal(p.recommendation, UNDER);
}

static void without_prices_there_is_nothing_to_say_but_the_probability(void **state)
{
	(void)state;
	struct live_quote q = {MARKET_POINTS, false, "a", 50, 0, 0};
	struct price p = priced(&q, 0);

	assert_false(p.has_fair || p.has_edge);
	assert_true(is(p.p_over, 1)); /* 0.99995 */
	assert_int_equal(p.recommendation, PASS);
}

static void a_push_is_left_out_of_the_odds(void **state)
{
	(void)state;
	struct live_quote q = {MARKET_ASSISTS, false, "a", 1000, -110, -110};
	struct price p = priced(&q, 0.03);

	assert_true(is(p.p_over, 0.4766)); /* 0.41696 / (0.41696 + 0.45793) */
	assert_true(is(p.edge, -0.0234));
	assert_int_equal(p.recommendation, PASS);
}

static void an_edge_of_just_the_limit_is_enough_on_either_side(void **state)
{
	(void)state;
	struct live_quote q = {MARKET_POINTS, false, "a", 950, -110, -110}; /* 0.0421 */
	assert_int_equal(priced(&q, 0.0421).recommendation, OVER);
	assert_int_equal(priced(&q, 0.04211).recommendation, PASS);
	assert_int_equal(priced(&q, 0.0422).recommendation, PASS);
	assert_int_equal(priced(&q, 0.042).recommendation, OVER);
	q.line = 1050; /* 0.4170 - 0.5 */
	assert_int_equal(priced(&q, 0.083).recommendation, UNDER);
	assert_int_equal(priced(&q, 0.0831).recommendation, PASS);
}

static void each_quote_is_priced_by_its_own_market(void **state)
{
	(void)state;
	static const struct live_quote quotes[] = {
		{MARKET_POINTS, false, "a", 950, 0, 0},
		{MARKET_POINTS, true, "a", 1450, 0, 0},
		{MARKET_POINTS, false, "b", 950, -110, -110},
		{MARKET_THREES, false, "a", 250, 0, 0},
		{MARKET_RA, false, "a", 20000, 0, 0},
	};
	const struct live live = {.quotes = quotes, .quote_count = 5};
	struct figure figures[MARKET_COUNT];
	struct price prices[5];

	ten_of_each(figures);
	figures[MARKET_THREES] = (struct figure){1, 1}; /* P(X > 2) = 0.0803 */
	pricing_compute(&live, figures, 0.03, prices);
	assert_true(is(prices[0].p_over, 0.5421));
	assert_true(is(prices[1].p_over, 0.0835));
	assert_true(is(prices[2].p_over, 0.5421) && prices[2].recommendation == OVER);
	assert_true(is(prices[3].p_over, 0.0803));
	assert_true(is(prices[4].p_over, 0));
}

/* A reader who subtracts the figures in the report gets the edge in the report, and the recommendation it
 * calls for. */
static void the_figures_of_a_price_agree_to_the_last_digit(void **state)
{
	(void)state;
	unsigned seed = (unsigned)time(NULL);

	print_message("seed %u\n", seed);
	for (int round = 0; round < 5000; round++) {
		struct live_quote q = {MARKET_PR, false, "a", rand_r(&seed) % 3000, 100 + rand_r(&seed) % 300,
			-100 - rand_r(&seed) % 300};
		struct price p = priced(&q, 0.025);
		long over = lrint(p.p_over * 1e4), fair = lrint(p.fair_over * 1e4), edge = lrint(p.edge * 1e4);

		assert_true(is(p.p_over, (double)over / 1e4) && is(p.fair_over, (double)fair / 1e4));
		assert_int_equal(over - fair, edge);
		assert_int_equal(p.recommendation, edge >= 250 ? OVER : edge <= -250 ? UNDER : PASS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(american_prices_stand_for_probabilities),
		cmocka_unit_test(the_margin_is_taken_out_in_proportion),
		cmocka_unit_test(with_one_price_the_edge_is_against_its_raw_probability),
		cmocka_unit_test(without_prices_there_is_nothing_to_say_but_the_probability),
		cmocka_unit_test(a_push_is_left_out_of_the_odds),
		cmocka_unit_test(an_edge_of_just_the_limit_is_enough_on_either_side),
		cmocka_unit_test(each_quote_is_priced_by_its_own_market),
		cmocka_unit_test(the_figures_of_a_price_agree_to_the_last_digit),
	};

	return cmocka_run_group_tests_name("pricing", tests, NULL, NULL);
}
