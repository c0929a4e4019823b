#include "league/spelling.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MOST 120 /* of a player */

static void minutes_are_read_in_every_form_that_means_one_thing(void **state)
{
	static const struct {
		const char *text;
		double minutes;
	} rows[] = {
		{"34", 34}, {"0", 0}, {"34.2", 34.2}, {"34:12", 34.2}, {"4:05", 4 + 5.0 / 60}, {"04:05", 4 + 5.0 / 60},
		{"0:00", 0}, {"00:00", 0}, {"119:59", 119 + 59.0 / 60}, {"34.000000:12", 34.2}, /* stats.nba.com */
		{"PT34M12.00S", 34.2}, /* cdn.nba.com */
		{"PT34M", 34}, {"PT00M00.00S", 0}, {"PT1H02M30S", 62.5}, {"PT45S", 0.75}, {"pt34m12s", 34.2},
		{"34 min", 34}, {"34min", 34}, {"34 mins", 34}, {"34 Minutes", 34}, {"34 min.", 34}, {"34.2 min", 34.2},
		{"34m", 34}, {"34'", 34}, {"34m12s", 34.2}, {"34m 12s", 34.2}, {"34 min 12 sec", 34.2},
		{" 34:12 ", 34.2}, {"34:12:00", 34.2}, /* 34 hours nobody plays: what a spreadsheet makes of 34:12 */
		{"120:00:00", 120}, {"00:34:12", 34.2}, /* a spreadsheet's 34:12:00 ends in 00 */
		{"1:04:30", 64.5}, {"0:00:00", 0}, /* either way */
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		double minutes = -1;
		int readings = spelling_minutes(rows[i].text, MOST, &minutes);
		if (readings != 1 || fabs(minutes - rows[i].minutes) > 1e-12)
			fail_msg("%s: %d readings, %.15g", rows[i].text, readings, minutes);
	}
}

static void minutes_that_are_none_are_not_read(void **state)
{
	static const char *const rows[] = {"", "-", "DNP", "nan", "min", "-3", "34:", ":12", "34:60", "34:72",
		"34.5:12", "34:1x", "34 12", "3 4", "121", "121:00", "120:01", "200:00:00", "34:12:61", "34:12:30",
		"PT", "PT34", "PTM", "34M12", "PT34M60S", "12:34 PM", "1.2.3", "34 hours", "34,12", "1e2", "0x10",
		"34;12", "99999999999999999999999:00", "34::12", "34:12:00:00"};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		double minutes = -1;
		int readings = spelling_minutes(rows[i], MOST, &minutes);
		if (readings != 0 || minutes != -1)
			fail_msg("\"%s\": %d readings, %.15g", rows[i], readings, minutes);
	}
}

static void minutes_that_may_be_two_things_are_told_apart_from_others(void **state)
{
	static const char *const rows[] = {"0:34:00", "00:34:00", "1:04:00", "2:00:00", "01:59:00"};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		double minutes = -1;
		if (spelling_minutes(rows[i], MOST, &minutes) != 2 || minutes != -1)
			fail_msg("%s", rows[i]);
	}
	/* What a team's five may play makes hours possible that a player has not. */
	double minutes;
	assert_int_equal(spelling_minutes("3:00:00", MOST, &minutes), 1);
	assert_true(minutes == 3);
	assert_int_equal(spelling_minutes("3:00:00", 600, &minutes), 2);
	assert_int_equal(spelling_minutes("240:00", 600, &minutes), 1);
	assert_true(minutes == 240);
}

static void parts_of_a_season_have_one_form(void **state)
{
	static const struct {
		const char *name, *left_out, *spellings[12];
	} rows[] = {
		{"regular", NULL,
			{"regular", "Regular Season", "REGULAR", "Regular", "regular-season", "regular_season", "Reg",
				"RS", "2", " regular "}},
		{"playoffs", NULL,
			{"playoffs", "Playoffs", "PLAYOFFS", "playoff", "Post Season", "Post-Season", "postseason",
				"post", "NBA Finals", "3"}},
		{"playin", NULL,
			{"playin", "PlayIn", "Play-In", "Play In", "play_in", "Play-In Tournament", "PLAYIN", "5"}},
		{"cup", NULL,
			{"cup", "Cup", "IST", "ist", "In-Season Tournament", "In Season Tournament", "NBA Cup",
				"Emirates NBA Cup"}},
		{"preseason", "preseason games",
			{"preseason", "Pre Season", "Pre-Season", "pre", "PRE", "Preseason", "pre_season", "PRESEASON",
				"1"}},
		{"allstar", "All-Star games",
			{"allstar", "All-Star", "All Star", "ALLSTAR", "all_star", "All-Star Game", "NBA All-Star Game",
				"Rising Stars"}},
		{"summer", "games of a summer league", {"Summer League", "summer", "NBA Summer League"}},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t j = 0; j < COUNT(rows[i].spellings) && rows[i].spellings[j]; j++) {
			const struct season_part *part = spelling_season(rows[i].spellings[j]);
			if (!part)
				fail_msg("\"%s\"", rows[i].spellings[j]);
			assert_string_equal(part->name, rows[i].name);
			assert_true((part->left_out == NULL) == (rows[i].left_out == NULL));
			if (part->left_out)
				assert_string_equal(part->left_out, rows[i].left_out);
		}
	}
	static const char *const others[] = {"", "-", "group stage", "2024-25", "4", "presidents", "regularly"};
	for (size_t i = 0; i < COUNT(others); i++)
		assert_null(spelling_season(others[i]));
	char all[120];
	spelling_seasons(all, sizeof(all));
	assert_string_equal(all, "regular, playoffs, playin, cup, preseason, allstar, summer");
}

static void a_game_number_of_the_nba_says_which_part_it_is_of(void **state)
{
	static const struct {
		const char *id, *name; /* NULL: it says nothing */
	} rows[] = {{"0012500008", "preseason"}, {"0022500123", "regular"}, {"0032400001", "allstar"},
		{"0042400407", "playoffs"}, {"0052400101", "playin"}, {"0062400001", "cup"}, {"0002400001", NULL},
		{"0072400001", NULL}, {"1022400001", NULL}, {"22500123", NULL}, {"x20251115LALGSW", NULL},
		{"20251115_LAL_GSW", NULL}, {"", NULL}};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct season_part *part = spelling_season_of_game(rows[i].id);
		if ((part == NULL) != (rows[i].name == NULL) || (part && strcmp(part->name, rows[i].name) != 0))
			fail_msg("%s: %s", rows[i].id, part ? part->name : "nothing");
	}
}

static void words_in_place_of_minutes_say_why_nobody_played(void **state)
{
	static const struct {
		const char *text, *says; /* NULL: it is no such word */
	} rows[] = {
		{"DNP", "did not play"},
		{"dnp", "did not play"},
		{"D.N.P.", "did not play"},
		{"Did Not Play", "did not play"},
		{"DNP-Coach's Decision", "did not play"},
		{"DNP - Coach's Decision", "did not play"},
		{"DNP-CD", "did not play"},
		{"DNP - Injury/Illness", "did not play"},
		{"COACH'S DECISION", "did not play"},
		{"DND", "did not dress"},
		{"Did Not Dress", "did not dress"},
		{"DND - Left Ankle", "did not dress"},
		{"NWT", "not with the team"},
		{"Not With Team", "not with the team"},
		{"NWT - Trade Pending", "not with the team"},
		{"Inactive", "inactive"},
		{"INACTIVE - Knee", "inactive"},
		{"INACT", "inactive"},
		{"Did Not Travel", "did not travel"},
		{"Player Suspended", "suspended"},
		{"Suspended", "suspended"},
		{"Injured", "injured"},
		{"Out", "injured"},
		{"Rest", "rested"},
		{"", NULL},
		{"0", NULL},
		{"34:12", NULL},
		{"PT34M12.00S", NULL},
		{"34 min", NULL},
		{"-", NULL},
		{"NA", NULL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *reason = spelling_absence(rows[i].text);
		if ((reason == NULL) != (rows[i].says == NULL) || (reason && !strstr(reason, rows[i].says)))
			fail_msg("\"%s\": %s", rows[i].text, reason ? reason : "nothing");
	}
}

static void what_sources_write_for_nothing_is_known(void **state)
{
	static const char *const nothing[] = {
		"", " ", "-", "--", "NA", "N/A", "nan", "NaN", "null", "None", "\xe2\x80\x94", " NA "};
	static const char *const something[] = {"0", "1", "DNP", "-1", "Nash", "NAN1", "nullify"};
	(void)state;
	for (size_t i = 0; i < COUNT(nothing); i++)
		assert_true(spelling_is_nothing(nothing[i]));
	for (size_t i = 0; i < COUNT(something); i++)
		assert_false(spelling_is_nothing(something[i]));
}

/* --- docs/data.md says the same --------------------------------------------------------------------------------------- */

/* One call a row of the first table after the title: its cells. */
static int each_row(const char *title, void (*each)(char *first, char *second, char *third))
{
	char line[512];
	int rows = 0;
	bool here = false;
	FILE *f = fopen(SOURCE_DIR "/docs/data.md", "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (line[0] == '#')
			here = strncmp(line + 4, title, strlen(title)) == 0;
		if (!here || line[0] != '|' || line[2] == '-' || strncmp(line, "| in the file", 13) == 0 ||
			strncmp(line, "| stored as", 11) == 0 || strncmp(line, "| row", 5) == 0)
			continue;
		char *rest = line + 1;
		char *first = strsep(&rest, "|"), *second = strsep(&rest, "|");
		each(first, second, rest ? rest : line + strlen(line));
		rows++;
	}
	fclose(f);
	return rows;
}

/* The next text in backticks; NULL: no more. */
static char *next_quoted(char **rest)
{
	char *from = strchr(*rest, '`'), *to = from ? strchr(from + 1, '`') : NULL;
	if (!to)
		return NULL;
	*to = '\0';
	*rest = to + 1;
	return from + 1;
}

static void season_row(char *first, char *second, char *third)
{
	const char *name = next_quoted(&first);
	assert_non_null(name);
	assert_string_equal(spelling_season(name)->name, name);
	assert_int_equal(spelling_season(name)->left_out == NULL, strstr(third, "count") != NULL);
	for (char *spelling; (spelling = next_quoted(&second));) {
		if (!spelling_season(spelling))
			fail_msg("%s", spelling);
		assert_string_equal(spelling_season(spelling)->name, name);
	}
}

static void minutes_row(char *first, char *second, char *third)
{
	char *end;
	double right = strtod(second, &end), minutes;
	(void)third;
	for (char *text; (text = next_quoted(&first));) {
		int readings = spelling_minutes(text, MOST, &minutes);
		if (readings != (strstr(second, "refused") ? 2 : 1) || (end != second && minutes != right))
			fail_msg("%s: %d readings", text, readings);
	}
}

static void absence_row(char *first, char *second, char *third)
{
	(void)second, (void)third;
	if (!strstr(first, "a word in place"))
		return;
	for (char *text; (text = next_quoted(&first));) {
		if (strcmp(text, "starter") != 0 && !spelling_absence(text))
			fail_msg("%s", text);
	}
}

static void the_document_tells_the_same(void **state)
{
	(void)state;
	assert_int_equal(each_row("Parts of a season", season_row), 7);
	assert_int_equal(each_row("Minutes", minutes_row), 5);
	assert_int_equal(each_row("What is left out", absence_row), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(minutes_are_read_in_every_form_that_means_one_thing),
		cmocka_unit_test(minutes_that_are_none_are_not_read),
		cmocka_unit_test(minutes_that_may_be_two_things_are_told_apart_from_others),
		cmocka_unit_test(parts_of_a_season_have_one_form),
		cmocka_unit_test(a_game_number_of_the_nba_says_which_part_it_is_of),
		cmocka_unit_test(words_in_place_of_minutes_say_why_nobody_played),
		cmocka_unit_test(what_sources_write_for_nothing_is_known),
		cmocka_unit_test(the_document_tells_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
