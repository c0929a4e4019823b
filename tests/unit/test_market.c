#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "league/market.h"

static void every_market_is_parsed_by_its_name(void **state)
{
	(void)state;
	for (int i = 0; i < MARKET_COUNT; i++) {
		enum market market = MARKET_COUNT;
		assert_true(market_parse(market_name((enum market)i), &market));
		assert_int_equal(market, i);
	}
}

static void other_texts_are_no_market(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "Points", "point", "pointss", "fgm", "Dunks", "stocks", " ra"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		enum market market = MARKET_COUNT;
		assert_false(market_parse(texts[i], &market));
		assert_int_equal(market, MARKET_COUNT);
	}
}

static void the_list_for_messages_names_every_market_in_order(void **state)
{
	(void)state;
	char list[256] = "";
	for (int i = 0; i < MARKET_COUNT; i++) {
		strcat(list, i ? ", " : "");
		strcat(list, market_name((enum market)i));
	}
	assert_string_equal(market_names(), list);
}

static void sums_are_made_of_their_statistics(void **state)
{
	(void)state;
	for (int i = 0; i < STAT_COUNT; i++)
		assert_int_equal(market_stats((enum market)i), 1u << i);
	unsigned p = 1u << STAT_POINTS, r = 1u << STAT_REBOUNDS, a = 1u << STAT_ASSISTS;
	assert_int_equal(market_stats(MARKET_PRA), p | r | a);
	assert_int_equal(market_stats(MARKET_PR), p | r);
	assert_int_equal(market_stats(MARKET_PA), p | a);
	assert_int_equal(market_stats(MARKET_RA), r | a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_market_is_parsed_by_its_name),
		cmocka_unit_test(other_texts_are_no_market),
		cmocka_unit_test(the_list_for_messages_names_every_market_in_order),
		cmocka_unit_test(sums_are_made_of_their_statistics),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
