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

#include "model/consensus.h"
#include "model/distribution.h"

/* Poisson of mean 10 for every market: P(X > 9) = 0.5421, P(X > 10) = 0.4170, P(X = 10) = 0.1251. */
static void ten_of_each(struct figure figures[MARKET_COUNT])
{
	for (int i = 0; i < MARKET_COUNT; i++)
		figures[i] = (struct figure){10, sqrt(10)};
}

#define QUOTES_MAX 16

/* Figures, quotes, whether the books move the figures' probabilities, and what a recommendation wants. */
static void price_all(const struct figure figures[MARKET_COUNT], const struct live_quote *quotes, size_t count,
	bool market, const struct model_options *options, struct market_view markets[MARKET_COUNT], struct price *ret)
{
	struct shapes shapes = market ? shapes_of_model : shapes_unmoved(&shapes_of_model);
	const struct live live = {.quotes = quotes, .quote_count = count};
	struct quote_view views[QUOTES_MAX];

	shapes.figures = figures;
	consensus_compute(&live, &shapes, markets, views);
	pricing_compute(&live, markets, views, true, options, ret);
}

static struct price priced_with(const struct live_quote *quote, const struct model_options *options)
{
	struct figure figures[MARKET_COUNT];
	struct market_view markets[MARKET_COUNT];
	struct price price;

	ten_of_each(figures);
	price_all(figures, quote, 1, false, options, markets, &price);
	return price;
}

static struct price priced(const struct live_quote *quote, double min_edge)
{
	const struct model_options options = {.min_edge = min_edge, .min_return = -1};

	return priced_with(quote, &options);
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
	const struct model_options options = {.min_edge = 0.03, .min_return = -1};
	struct market_view markets[MARKET_COUNT];
	struct figure figures[MARKET_COUNT];
	struct price prices[5];

	ten_of_each(figures);
	figures[MARKET_THREES] = (struct figure){1, 1}; /* P(X > 2) = 0.0803 */
	price_all(figures, quotes, 5, false, &options, markets, prices);
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

/* --- returns ---------------------------------------------------------------------------------------------------- */

static void a_return_is_what_a_unit_brings(void **state)
{
	(void)state;
	struct live_quote q = {MARKET_POINTS, false, "a", 950, 120, -150}; /* 0.5421 of the over */
	struct price p = priced(&q, -1);

	assert_true(is(p.return_over, 0.1926)); /* 0.5421 x 1.2 - 0.4579 */
	assert_true(is(p.return_under, -0.2368)); /* 0.4579 / 1.5 - 0.5421 */
	assert_true(is(p.p_push, 0));
	assert_int_equal(p.recommendation, OVER);

	/* At a whole line an eighth of all bets comes back. */
	q = (struct live_quote){MARKET_POINTS, false, "a", 1000, 120, 0};
	p = priced(&q, -1);
	assert_true(is(p.p_push, 0.1251) && is(p.p_over, 0.4766));
	assert_true(is(p.return_over, 0.0425)); /* 0.8749 x (0.4766 x 1.2 - 0.5234) */
	assert_true(p.has_over && !p.has_under);
}

/* min_edge, min_return, what is said of 9.5 at these prices. */
static void edge_and_return_rule_as_they_are_set(void **state)
{
	(void)state;
	static const struct {
		double min_edge, min_return;
		int32_t over, under;
		enum recommendation says;
	} cases[] = {
		{-1, -1, -114, -114, PASS}, /* 0.0176 */
		{-1, -1, -108, -114, OVER}, /* 0.044: the default asks for 0.04 */
		{-1, -1, -109, -109, PASS}, /* 0.0394 */
		{0.03, -1, -114, -114, OVER}, /* an edge of 0.0421, whatever it returns */
		{0.05, -1, -108, -108, PASS},
		{0.03, 0.05, -110, -110, PASS}, /* 0.0349 */
		{0.03, 0.03, -110, -110, OVER},
		{0.05, 0.03, -110, -110, PASS},
		{-1, 0.03, -110, -110, OVER},
		{-1, 0, -115, -115, OVER}, /* 0.0135 */
		{-1, 0, -119, -119, PASS}, /* -0.0023 */
		{-1, 0.1, -400, 200, UNDER}, /* 0.3737 */
		{0.03, 0.1, 0, 200, UNDER}, /* with one price the edge is against it: 0.5421 - 0.6667 */
		{0.5, 0.1, 0, 200, PASS},
		{-1, 0, 0, 0, PASS},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct model_options options = {.min_edge = cases[i].min_edge, .min_return = cases[i].min_return};
		const struct live_quote q = {MARKET_POINTS, false, "a", 950, cases[i].over, cases[i].under};
		const struct price p = priced_with(&q, &options);

		if (p.recommendation != cases[i].says)
			fail_msg("%zu: edge %g, returns %g and %g: %d", i, p.edge, p.return_over, p.return_under,
				p.recommendation);
	}
}

/* --- the books -------------------------------------------------------------------------------------------------- */

static const struct model_options by_return = {.min_edge = -1, .min_return = -1};

/* Four books at 9.5 (0.5421 by the figures), one of them far off; and an alternate. */
static const struct live_quote four[] = {
	{MARKET_ASSISTS, false, "a", 950, -110, -110}, /* 0.5 */
	{MARKET_ASSISTS, true, "a", 1250, 200, -250}, {MARKET_ASSISTS, false, "b", 950, 110, -130}, /* 0.4573 */
	{MARKET_ASSISTS, false, "c", 950, -105, -115}, /* 0.4892 */
	{MARKET_ASSISTS, false, "d", 950, 250, -300}, /* 0.2759 */
};
enum { FOUR = 5 };

static double log_odds(double p)
{
	return log(p / (1 - p));
}

static void the_median_moves_every_line_of_the_market(void **state)
{
	(void)state;
	struct figure figures[MARKET_COUNT];
	struct market_view markets[MARKET_COUNT];
	struct price prices[FOUR], alone[FOUR];

	ten_of_each(figures);
	price_all(figures, four, FOUR, true, &by_return, markets, prices);
	price_all(figures, four, FOUR, false, &by_return, markets, alone);
	/* Of 0.5, 0.4573, 0.4892 and 0.2759: the middle two in log odds, 0.7 of it counts. */
	const double theirs = (log_odds(105. / 205 / (105. / 205 + 115. / 215)) + log_odds(0.45736434)) / 2;
	const double d = 0.7 * (theirs - log_odds(0.542070));
	for (int i = 0; i < FOUR; i++) {
		const double p = alone[i].p_model;

		assert_true(is(prices[i].p_model, p) && is(alone[i].p_over, p));
		assert_true(fabs(prices[i].p_over - 1 / (1 + exp(-log_odds(p) - d))) < 2e-4);
		assert_true(prices[i].p_over < p);
		assert_true(is(prices[i].edge, rint((prices[i].p_over - prices[i].fair_over) * 1e4) / 1e4));
	}
	assert_int_equal(markets[MARKET_ASSISTS].books, 4);
	/* Fewer think he passes 9.5 than the figures do, of which half lie above 9.7 or so. */
	assert_true(markets[MARKET_ASSISTS].line > 900 && markets[MARKET_ASSISTS].line < 950);
	assert_int_equal(markets[MARKET_POINTS].books, 0);
}

static void who_is_off_the_market_is_suspect(void **state)
{
	(void)state;
	struct figure figures[MARKET_COUNT];
	struct market_view markets[MARKET_COUNT];
	struct price prices[FOUR];

	ten_of_each(figures);
	price_all(figures, four, FOUR, true, &by_return, markets, prices);
	assert_true(prices[4].has_off && prices[4].suspect);
	assert_true(fabs(prices[4].off_market - (0.4892 - 0.2759)) < 1e-4);
	assert_true(prices[4].return_over > 0.5); /* which is why */
	assert_int_equal(prices[4].recommendation, PASS);
	assert_false(prices[0].suspect);
	assert_true(fabs(prices[0].off_market - (0.5 - 0.4573)) < 1e-3); /* of 0.4573, 0.4892 and 0.2759 */
	assert_true(prices[1].has_off); /* an alternate, against the other books carried to its line */

	/* Two others are no market. */
	price_all(figures, four, FOUR - 1, true, &by_return, markets, prices);
	for (int i = 0; i < FOUR - 1; i++)
		assert_false(prices[i].has_off || prices[i].suspect);
	/* One price tells enough to be off. */
	struct live_quote one_sided[FOUR];
	memcpy(one_sided, four, sizeof(four));
	one_sided[4].under = 0;
	price_all(figures, one_sided, FOUR, true, &by_return, markets, prices);
	assert_true(prices[4].suspect && prices[4].recommendation == PASS);
	assert_int_equal(markets[MARKET_ASSISTS].books, 3);
}

/* Figures that end before the line: what their 0 or 1 means is not held against books that agree. */
static void books_that_agree_are_not_suspect_wherever_the_figures_end(void **state)
{
	(void)state;
	static const int32_t lines[] = {50, 2050, 19950};
	struct figure figures[MARKET_COUNT];
	struct market_view markets[MARKET_COUNT];
	struct price prices[FOUR];

	ten_of_each(figures);
	for (size_t n = 0; n < sizeof(lines) / sizeof(lines[0]); n++) {
		struct live_quote quotes[FOUR];
		memcpy(quotes, four, sizeof(four));
		for (int i = 0; i < FOUR; i++) {
			quotes[i].line = quotes[i].alternate ? 950 : lines[n];
			quotes[i].over = quotes[i].under = quotes[i].alternate ? 0 : -110;
		}
		price_all(figures, quotes, FOUR, true, &by_return, markets, prices);
		for (int i = 0; i < FOUR; i++) {
			/* Of an alternate without prices nobody knows what its book thinks. */
			assert_true(prices[i].has_off == !quotes[i].alternate);
			assert_false(prices[i].suspect);
			assert_true(!prices[i].has_off || prices[i].off_market < 1e-3);
		}
	}
}

static void lines_without_prices_are_heard_where_nobody_has_any(void **state)
{
	(void)state;
	struct live_quote quotes[] = {
		{MARKET_ASSISTS, false, "a", 1250, 0, 0},
		{MARKET_POINTS, false, "a", 1250, 0, 0},
	};
	struct figure figures[MARKET_COUNT];
	struct market_view markets[MARKET_COUNT];
	struct price prices[3];

	ten_of_each(figures);
	price_all(figures, quotes, 2, true, &by_return, markets, prices);
	const double p = prices[0].p_model;
	assert_true(fabs(prices[0].p_over - 1 / (1 + exp(-log_odds(p) * 0.6))) < 2e-4);
	assert_true(fabs(prices[1].p_over - 1 / (1 + exp(-log_odds(p) * 0.2))) < 2e-4);
	assert_int_equal(markets[MARKET_ASSISTS].books, 1);
	assert_int_equal(prices[0].recommendation, PASS);

	const struct live_quote both[] = {quotes[0], {MARKET_ASSISTS, false, "b", 950, -110, -110}};
	price_all(figures, both, 2, true, &by_return, markets, prices);
	assert_int_equal(markets[MARKET_ASSISTS].books, 1);
	assert_true(fabs(prices[1].p_over - 1 / (1 + exp(-log_odds(0.542070) * 0.3))) < 2e-4);
}

static struct live_quote any_quote(unsigned *seed, const char *book, bool alternate, int32_t line)
{
	const int32_t over = 100 + rand_r(seed) % 200, sign = rand_r(seed) % 2 ? 1 : -1;

	return (struct live_quote){MARKET_PRA, alternate, book, line, rand_r(seed) % 5 ? sign * over : 0,
		rand_r(seed) % 5 ? -sign * (over + 15) : 0};
}

/* Whatever the books say: a higher line is never likelier, every figure is within its bounds, names do not count. */
static void prices_keep_their_order_and_bounds(void **state)
{
	(void)state;
	static const char *const names[2][4] = {{"a", "b", "c", "d"}, {"k", "l", "m", "n"}};
	unsigned seed = (unsigned)time(NULL);

	print_message("seed %u\n", seed);
	for (int round = 0; round < 2000; round++) {
		struct figure figures[MARKET_COUNT];
		struct market_view markets[MARKET_COUNT], renamed[MARKET_COUNT];
		struct live_quote quotes[12], others[12];
		struct price prices[12], same[12];

		for (int m = 0; m < MARKET_COUNT; m++)
			figures[m] = (struct figure){0.2 + rand_r(&seed) % 400 / 10.0, 1 + rand_r(&seed) % 80 / 10.0};
		for (int i = 0; i < 12; i++)
			others[i] = quotes[i] =
				any_quote(&seed, names[0][i / 3], i % 3 > 0, (i % 3) * 900 + rand_r(&seed) % 18 * 50);
		for (int i = 0; i < 12; i++)
			others[i].book = names[1][i / 3];
		price_all(figures, quotes, 12, true, &by_return, markets, prices);
		price_all(figures, others, 12, true, &by_return, renamed, same);
		assert_memory_equal(markets, renamed, sizeof(markets));
		for (int i = 0; i < 12; i++) {
			assert_true(prices[i].p_over >= 0 && prices[i].p_over <= 1 && prices[i].p_push >= 0);
			assert_true(prices[i].p_over == same[i].p_over && prices[i].off_market == same[i].off_market);
			assert_true(prices[i].off_market >= 0 && prices[i].off_market <= 1);
			for (int k = 0; k < 12; k++)
				if (quotes[k].line > quotes[i].line)
					assert_true(prices[k].p_over <= prices[i].p_over + 1e-9);
		}
	}
}

static void books_alone_give_figures(void **state)
{
	(void)state;
	const struct live_quote quotes[] = {
		{MARKET_POINTS, false, "a", 1050, -110, -110},
		{MARKET_POINTS, true, "a", 1450, 300, 0},
		{MARKET_POINTS, false, "b", 1150, 100, -120},
		{MARKET_POINTS, false, "c", 1050, -105, -115},
	};
	struct figure figure;

	assert_true(consensus_figure(quotes, 4, &figure));
	/* Half the outcomes lie at 10 or below; the family leans to the right, so the mean is above. */
	assert_true(figure.mean > 10.3 && figure.mean < 11.5 && figure.sd > 4 && figure.sd < 7.5);
	assert_false(consensus_figure(&quotes[1], 1, &figure));
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
		cmocka_unit_test(a_return_is_what_a_unit_brings),
		cmocka_unit_test(edge_and_return_rule_as_they_are_set),
		cmocka_unit_test(the_median_moves_every_line_of_the_market),
		cmocka_unit_test(who_is_off_the_market_is_suspect),
		cmocka_unit_test(books_that_agree_are_not_suspect_wherever_the_figures_end),
		cmocka_unit_test(lines_without_prices_are_heard_where_nobody_has_any),
		cmocka_unit_test(prices_keep_their_order_and_bounds),
		cmocka_unit_test(books_alone_give_figures),
	};

	return cmocka_run_group_tests_name("pricing", tests, NULL, NULL);
}
