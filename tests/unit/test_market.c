#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "league/market.h"
#include "league/team.h"

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

static void a_team_has_one_code_in_all_spellings(void **state)
{
	(void)state;
	static const char *const spellings[][2] = {{"LAL", "LAL"}, {"lal", "LAL"}, {"PHO", "PHX"}, {"BRK", "BKN"},
		{"NOH", "NOP"}, {"SEA", "OKC"}, {"UTAH", "UTA"}, {"GS", "GSW"}};
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++)
		assert_string_equal(team_code(spellings[i][0]), spellings[i][1]);
	assert_null(team_code("HAP"));
	assert_null(team_code(""));
	assert_null(team_code("LALX"));
}

static void the_list_of_teams_names_thirty_that_are_their_own_code(void **state)
{
	(void)state;
	char list[256];
	int count = 0;
	assert_true(strlen(team_codes()) < sizeof(list));
	strcpy(list, team_codes());
	for (char *code = strtok(list, " "); code; code = strtok(NULL, " "), count++)
		assert_string_equal(team_code(code), code);
	assert_int_equal(count, 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_market_is_parsed_by_its_name),
		cmocka_unit_test(other_texts_are_no_market),
		cmocka_unit_test(the_list_for_messages_names_every_market_in_order),
		cmocka_unit_test(sums_are_made_of_their_statistics),
		cmocka_unit_test(a_team_has_one_code_in_all_spellings),
		cmocka_unit_test(the_list_of_teams_names_thirty_that_are_their_own_code),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
