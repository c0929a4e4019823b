/* Spellings of teams: the NBA's table, and that of a league of one's own. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "league/team.h"

static const char *find(const struct teams *t, const char *text)
{
	const char *code = "none";
	switch (teams_find(t, text, strlen(text), &code)) {
	case TEAMS_ONE:
		return code;
	case TEAMS_SEVERAL:
		return "several";
	case TEAMS_NONE:
		break;
	}
	assert_string_equal(code, "none");
	return "none";
}

static void the_nba_is_known_by_what_sources_call_its_teams(void **state)
{
	(void)state;
	static const char *const spellings[][2] = {
		/* codes of basketball-reference, ESPN, books */
		{"BRK", "BKN"},
		{"BKN", "BKN"},
		{"CHO", "CHA"},
		{"CHH", "CHA"},
		{"PHO", "PHX"},
		{"WSH", "WAS"},
		{"GS", "GSW"},
		{"NO", "NOP"},
		{"NOR", "NOP"},
		{"NY", "NYK"},
		{"SA", "SAS"},
		{"UTAH", "UTA"},
		{"UTH", "UTA"},
		{"PHL", "PHI"},
		/* case, blanks, dots, hyphens */
		{"lal", "LAL"},
		{"Lal", "LAL"},
		{" LAL ", "LAL"},
		{"L.A.L.", "LAL"},
		{"brk", "BKN"},
		{"G.S.", "GSW"},
		{"golden state", "GSW"},
		{"GOLDEN  STATE WARRIORS", "GSW"},
		{"Golden-State Warriors", "GSW"},
		{"L.A. Lakers", "LAL"},
		{"L. A. Clippers", "LAC"},
		{"Ｂｏｓｔｏｎ", "BOS"},
		/* names */
		{"Brooklyn Nets", "BKN"},
		{"Brooklyn", "BKN"},
		{"Nets", "BKN"},
		{"BKN Nets", "BKN"},
		{"LA Clippers", "LAC"},
		{"Los Angeles Clippers", "LAC"},
		{"Clippers", "LAC"},
		{"Los Angeles Lakers", "LAL"},
		{"New York", "NYK"},
		{"NY Knicks", "NYK"},
		{"Philadelphia 76ers", "PHI"},
		{"76ers", "PHI"},
		{"Sixers", "PHI"},
		{"Portland Trail Blazers", "POR"},
		{"Trailblazers", "POR"},
		{"Blazers", "POR"},
		{"Timberwolves", "MIN"},
		{"Wolves", "MIN"},
		{"Mavs", "DAL"},
		{"Cavs", "CLE"},
		{"Oklahoma City", "OKC"},
		{"Washington", "WAS"},
		/* what they were called: a franchise keeps its history */
		{"NJN", "BKN"},
		{"New Jersey Nets", "BKN"},
		{"NOH", "NOP"},
		{"NOK", "NOP"},
		{"New Orleans Hornets", "NOP"},
		{"New Orleans/Oklahoma City Hornets", "NOP"},
		{"Charlotte Bobcats", "CHA"},
		{"SEA", "OKC"},
		{"Seattle SuperSonics", "OKC"},
		{"VAN", "MEM"},
		{"Vancouver Grizzlies", "MEM"},
		{"WSB", "WAS"},
		{"Washington Bullets", "WAS"},
		{"KCK", "SAC"},
		{"Kansas City Kings", "SAC"},
		{"SDC", "LAC"},
		{"San Diego Clippers", "LAC"},
		{"San Diego Rockets", "HOU"},
		{"NOJ", "UTA"},
		{"New Orleans Jazz", "UTA"},
		{"St. Louis Hawks", "ATL"},
		{"Minneapolis Lakers", "LAL"},
		/* neither by likeness nor by a part */
		{"LA", "several"},
		{"Los Angeles", "several"},
		{"l.a.", "several"},
		{"HAP", "none"},
		{"LALX", "none"},
		{"Lakers of LA", "none"},
		{"Brooklyn Net", "none"},
		{"", "none"},
		{" ", "none"},
		{"...", "none"},
		{"\xff\xfe", "none"},
	};
	struct teams *t = teams_nba();
	assert_non_null(t);
	assert_int_equal(teams_count(t), 30);
	assert_false(teams_own(t));
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		if (strcmp(find(t, spellings[i][0]), spellings[i][1]) != 0)
			fail_msg("%s: %s, and not %s", spellings[i][0], find(t, spellings[i][0]), spellings[i][1]);
	}
	teams_free(t);
}

/* A slip in the table would make a spelling nobody's: only the city with two teams may be. */
static void every_line_of_the_nba_is_known_by_all_it_has(void **state)
{
	(void)state;
	struct teams *t = teams_nba();
	char line[1024];
	unsigned lines = 0, shared = 0;
	FILE *file = fopen(SOURCE_DIR "/daemon/league/nba_teams.csv", "r");
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	assert_string_equal(line, "code,name,aliases\n");
	for (; fgets(line, sizeof(line), file); lines++) {
		char *rest = line, *code = strsep(&rest, ",");
		assert_string_equal(find(t, code), code);
		for (char *text; (text = strsep(&rest, ",|\n")) != NULL && *text;) {
			const char *found = find(t, text);
			shared += strcmp(found, "several") == 0;
			if (strcmp(found, code) != 0 && strcmp(text, "LA") != 0 && strcmp(text, "Los Angeles") != 0)
				fail_msg("%s of %s: %s", text, code, found);
		}
	}
	fclose(file);
	assert_int_equal(lines, 30);
	assert_int_equal(shared, 4);
	teams_free(t);
}

static void a_code_that_nobody_knows_is_taken_at_face_value(void **state)
{
	(void)state;
	static const char *const cases[][3] = {/* text, with the NBA's table, without any; NULL: nothing */
		{"BRK", "BKN", "BRK"}, {"brk", "BKN", "BRK"}, {"RED", "RED", "RED"}, {"red", "RED", "RED"},
		{"Nets", "BKN", NULL}, {"LA", NULL, NULL}, {"RE", NULL, NULL}, {"R3D", NULL, NULL}, {"", NULL, NULL}};
	struct teams *t = teams_nba();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (int with = 0; with < 2; with++) {
			char code[TEAM_CODE_SIZE];
			const char *want = cases[i][with ? 1 : 2], *text = cases[i][0];
			assert_int_equal(teams_code(with ? t : NULL, text, strlen(text), code), want != NULL);
			if (want)
				assert_string_equal(code, want);
		}
	teams_free(t);
}

static void what_is_no_team_is_answered_by_what_would_be_right(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{"Los Angeles", "the name of several teams: LAC (LA Clippers), LAL (Los Angeles Lakers)"},
		{"Portland Trailblazer", "no team of the league; the nearest is POR (Portland Trail Blazers)"},
		{"Springfield Isotopes",
			"no team of the league; there are ATL BKN BOS CHA CHI CLE DAL DEN DET GSW HOU IND LAC LAL MEM MIA MIL "
			"MIN NOP NYK OKC ORL PHI PHX POR SAC SAS TOR UTA WAS"},
	};
	struct teams *t = teams_nba();
	char problem[TEAM_PROBLEM_SIZE];
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		teams_problem(t, cases[i][0], strlen(cases[i][0]), problem);
		assert_string_equal(problem, cases[i][1]);
	}
	teams_free(t);
}

static struct teams *own(void)
{
	struct err err;
	struct teams *t = teams_new();
	assert_non_null(t);
	assert_int_equal(teams_add(t, "RED", "Rödby Rockets", "Rockets | R1;Town||", &err), 0);
	assert_int_equal(teams_add(t, "BLU", "", "Blues|Town|RED|Los Azules", &err), 0);
	return t;
}

static void a_league_of_ones_own_has_its_own_teams_alone(void **state)
{
	(void)state;
	static const char *const cases[][2] = {{"RED", "RED"}, {"red", "RED"}, {"Rødby rockets", "RED"},
		{"rockets", "RED"}, {"r-1", "RED"}, {"blues", "BLU"}, {"LOS AZULES", "BLU"}, {"Town", "several"},
		{"HOU", "none"}, {"Houston Rockets", "none"}, {"BRK", "none"}};
	struct teams *t = own();
	assert_true(teams_own(t));
	assert_true(teams_has(t, "RED"));
	assert_false(teams_has(t, "red"));
	assert_false(teams_has(t, "Rockets"));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (strcmp(find(t, cases[i][0]), cases[i][1]) != 0)
			fail_msg("%s: %s", cases[i][0], find(t, cases[i][0]));
	teams_free(t);
}

static void rows_that_could_name_nobody_are_refused(void **state)
{
	(void)state;
	static const char *const cases[][4] = {/* code, name, aliases, and the column at fault */
		{"red", "", "", "code"}, {"REDS", "", "", "code"}, {"R1D", "", "", "code"}, {"", "Reds", "", "code"},
		{"RED", "--", "", "name"}, {"RED", "Красные", "", "name"}, {"RED", "", "Reds|?|R", "aliases"},
		{"RED", "", "\xff", "aliases"}, {"RED", "Reds", "", NULL}, {"RED", "", "|; ;", NULL}};
	struct teams *t = own();
	struct err err;
	char problem[TEAM_PROBLEM_SIZE], many[TEAM_ALIASES_BYTES + 2];
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *column = teams_check(cases[i][0], cases[i][1], cases[i][2], problem);
		assert_true((column == NULL) == (cases[i][3] == NULL));
		if (column)
			assert_string_equal(column, cases[i][3]);
	}
	memset(many, 'a', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	assert_string_equal(teams_check("GRN", "", many, problem), "aliases");
	assert_int_equal(teams_add(t, "RED", "Reds", "", &err), -EEXIST);
	assert_int_equal(teams_add(t, "grn", "Greens", "", &err), -EINVAL);
	assert_int_equal(teams_count(t), 2);
	for (int i = 2; i < 255; i++) {
		char code[TEAM_CODE_SIZE] = {'X', (char)('A' + i / 26), (char)('A' + i % 26), '\0'};
		assert_int_equal(teams_add(t, code, "", "", &err), 0);
	}
	assert_int_equal(teams_add(t, "ZZZ", "", "", &err), -E2BIG);
	teams_problem(t, "nobody at all", 13, problem);
	assert_string_equal(problem + strlen(problem) - 4, " ...");
	teams_free(t);
}

static void the_fingerprint_is_of_what_there_is_and_not_of_its_order(void **state)
{
	(void)state;
	struct err err;
	struct teams *t = own(), *other = teams_new(), *more = own();
	assert_int_equal(teams_add(other, "BLU", "", "los azules|Red|town|blues", &err), 0);
	assert_int_equal(teams_add(other, "RED", "Rodby Rockets", "Town|R1|Rockets", &err), 0);
	assert_int_equal(teams_add(more, "GRN", "", "", &err), 0);
	assert_true(fingerprint_equal(teams_fingerprint(t), teams_fingerprint(other)));
	assert_false(fingerprint_equal(teams_fingerprint(t), teams_fingerprint(more)));
	teams_free(t);
	teams_free(other);
	teams_free(more);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nba_is_known_by_what_sources_call_its_teams),
		cmocka_unit_test(every_line_of_the_nba_is_known_by_all_it_has),
		cmocka_unit_test(a_code_that_nobody_knows_is_taken_at_face_value),
		cmocka_unit_test(what_is_no_team_is_answered_by_what_would_be_right),
		cmocka_unit_test(a_league_of_ones_own_has_its_own_teams_alone),
		cmocka_unit_test(rows_that_could_name_nobody_are_refused),
		cmocka_unit_test(the_fingerprint_is_of_what_there_is_and_not_of_its_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
