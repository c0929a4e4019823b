#include "delivery/league.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_text_says_what_the_snapshot_is(void **state)
{
	(void)state;
	struct snapshot s = {.number = 7, .identity = "00ff", .fingerprint = {.low = 1}};
	char text[LEAGUE_TEXT_SIZE], content[FINGERPRINT_SIZE];
	struct league l;
	league_parse(league_text(&s, text), &l);
	assert_int_equal(l.number, 7);
	assert_string_equal(l.identity, "00ff");
	assert_string_equal(l.fingerprint, fingerprint_hex(s.fingerprint, content));
	s = (struct snapshot){.number = INT64_C(9007199254740991), .identity = "0123456789abcdef0123456"};
	league_parse(league_text(&s, text), &l);
	assert_int_equal(l.number, s.number);
	assert_string_equal(l.identity, s.identity);
	assert_string_equal(league_text(NULL, text), "0 - -");
}

static void what_counts_against_what(void **state)
{
	(void)state;
	static const struct {
		const char *mine, *the_dates;
		enum league_order order;
	} rows[] = {
		/* One database: its counter says it. */
		{"2 aa f2", "1 aa f1", LEAGUE_NEWER},
		{"2 aa f2", "2 aa f2", LEAGUE_SAME},
		{"1 aa f1", "2 aa f2", LEAGUE_OLDER},
		{"2 aa f1", "1 aa f1", LEAGUE_NEWER},
		{"1 aa f1", "2 aa f1", LEAGUE_SAME},
		{"2 aa f2", "2 aa f3", LEAGUE_DIFFERS},
		/* Two: numbers say nothing, content does. */
		{"9 aa f9", "1 bb f1", LEAGUE_OTHER},
		{"1 aa f1", "9 bb f9", LEAGUE_OTHER},
		{"1 aa f1", "9 bb f1", LEAGUE_SAME},
		/* None. */
		{"1 aa f1", "", LEAGUE_NEWER},
		{"1 aa f1", "0 - -", LEAGUE_NEWER},
		{"0 - -", "", LEAGUE_SAME},
		{"0 - -", "0 - -", LEAGUE_SAME},
		{"0 - -", "1 aa f1", LEAGUE_OTHER},
		/* Whose number it is was once not told. */
		{"2 aa f2", "1", LEAGUE_NEWER},
		{"2 aa f2", "2", LEAGUE_SAME},
		{"2 aa f2", "3", LEAGUE_OLDER},
		{"2 - f2", "3 aa f3", LEAGUE_OLDER},
		{"0 - -", "3", LEAGUE_OTHER},
		/* Nothing that we would write. */
		{"1 aa f1", "word", LEAGUE_NEWER},
		{"1 aa f1", "-5 aa f1", LEAGUE_NEWER},
		{"1 aa f1", "9223372036854775808 bb", LEAGUE_OTHER},
		{"1 aa f1", "1 00000000000000000000000000000000000000000000000000 f1", LEAGUE_OTHER},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (league_compare(rows[i].mine, rows[i].the_dates) != rows[i].order)
			fail_msg("%s against %s: %d", rows[i].mine, rows[i].the_dates,
				league_compare(rows[i].mine, rows[i].the_dates));
}

static void a_league_in_words(void **state)
{
	(void)state;
	char text[128];
	assert_string_equal(league_describe("7 aa f1", text, sizeof(text)), "number 7 of league database aa");
	assert_string_equal(league_describe("7", text, sizeof(text)), "league database number 7");
	assert_string_equal(league_describe("0 - -", text, sizeof(text)), "no league database");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_says_what_the_snapshot_is),
		cmocka_unit_test(what_counts_against_what),
		cmocka_unit_test(a_league_in_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
