/* Teams and games of events by whatever sources call them: what an event holds is codes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/str.h"
#include "ingest/decode.h"
#include "league/team.h"

/* "name=value|name=value" */
static int decode(
	const struct teams *teams, enum stream stream, const char *fields, struct event *event, struct malformed *why)
{
	const struct decode_world world = {.teams = teams};
	struct field field[16];
	size_t count = 0;
	for (const char *p = fields; *p; count++) {
		const size_t name = strcspn(p, "="), length = strcspn(p, "|");
		field[count] = (struct field){p, p + name + 1, name, length - name - 1};
		p += length + (p[length] == '|');
	}
	return event_decode(stream, field, count, &world, event, why);
}

#define LINEUP "game_date=2025-11-15|starters=a|team="

static void every_spelling_of_a_team_is_its_code(void **state)
{
	(void)state;
	static const char *const cases[][2] = {{"BRK", "BKN"}, {"brk", "BKN"}, {"Brooklyn Nets", "BKN"},
		{"nets", "BKN"}, {"PHO", "PHX"}, {"CHO", "CHA"}, {"WSH", "WAS"}, {"GS", "GSW"}, {"NO", "NOP"},
		{"NY", "NYK"}, {"SA", "SAS"}, {"UTAH", "UTA"}, {"L.A. Clippers", "LAC"}, {"New Jersey Nets", "BKN"},
		{"XYZ", "XYZ"}, {"xyz", "XYZ"}};
	struct teams *t = teams_nba();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct event event;
		struct malformed why;
		char fields[128];
		text_format(fields, sizeof(fields), LINEUP "%s", cases[i][0]);
		assert_int_equal(decode(t, STREAM_LINEUP, fields, &event, &why), 0);
		assert_null(event.unread);
		assert_string_equal(event.team, cases[i][1]);
		event_done(&event);
	}
	teams_free(t);
}

static void every_spelling_of_a_game_is_its_id(void **state)
{
	(void)state;
	static const char *const cases[][2] = {{"20251201_BRK_WSH", "20251201_BKN_WAS"},
		{"20251201_brk_was", "20251201_BKN_WAS"}, {"20251201_GS_UTAH", "20251201_GSW_UTA"},
		{"20251201_Brooklyn Nets_Los Angeles Clippers", "20251201_BKN_LAC"},
		{"20251201_NO_XYZ", "20251201_NOP_XYZ"}};
	struct teams *t = teams_nba();
	struct event event;
	struct malformed why;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char fields[128];
		text_format(fields, sizeof(fields), "game_id=%s", cases[i][0]);
		assert_int_equal(decode(t, STREAM_REGENERATE, fields, &event, &why), 0);
		assert_null(event.unread);
		assert_string_equal(event.game_id, cases[i][1]);
		event_done(&event);
	}
	assert_int_equal(decode(t, STREAM_REGENERATE, "game_id=20251201_BRK_NJN", &event, &why), -EINVAL);
	assert_non_null(strstr(why.error, "game_id: \"20251201_BRK_NJN\" has a team play itself"));
	teams_free(t);
}

/* Another league may know them: the event stands, with what it could not tell. */
static void what_no_team_is_called_is_told_and_left_open(void **state)
{
	(void)state;
	static const struct {
		const char *fields, *field, *error;
	} cases[] = {
		{LINEUP "Los Angeles", "team",
			"team: \"Los Angeles\" is the name of several teams: LAC (LA Clippers), LAL (Los Angeles Lakers)"},
		{LINEUP "la", "team",
			"team: \"la\" is the name of several teams: LAC (LA Clippers), LAL (Los Angeles Lakers)"},
		{LINEUP "Brooklyn Netts", "team",
			"team: \"Brooklyn Netts\" is no team of the league; the nearest is BKN (Brooklyn Nets)"},
		{LINEUP "Reds", "team",
			"team: \"Reds\" is no team of the league; there are ATL BKN BOS CHA CHI CLE DAL DEN"},
		{"starters=a|team=LAL|game_id=20251115_LA_BOS", "game_id",
			"game_id: \"20251115_LA_BOS\" names \"LA\", which is the name of several teams: LAC"},
		{"starters=a|team=Reds|game_id=20251115_Reds_BOS", "game_id",
			"game_id: \"20251115_Reds_BOS\" names \"Reds\", which"},
	};
	struct teams *t = teams_nba();
	struct event event;
	struct malformed why;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(decode(t, STREAM_LINEUP, cases[i].fields, &event, &why), 0);
		assert_non_null(event.unread);
		assert_string_equal(event.unread->field, cases[i].field);
		if (strncmp(event.unread->error, cases[i].error, strlen(cases[i].error)) != 0)
			fail_msg("%s", event.unread->error);
		assert_string_equal(event.game_id, "");
		assert_int_equal(event.date, 20407);
		event_done(&event);
	}
	/* What is wrong in any league is refused at once. */
	assert_int_equal(decode(t, STREAM_LINEUP, LINEUP "Reds|confirmed=7", &event, &why), -EINVAL);
	assert_string_equal(why.field, "confirmed");
	teams_free(t);
}

static void a_league_of_ones_own_reads_its_own_spellings(void **state)
{
	(void)state;
	struct err err;
	struct teams *t = teams_new();
	struct event event;
	struct malformed why;
	assert_int_equal(teams_add(t, "RED", "Rodby Rockets", "Rockets", &err), 0);
	assert_int_equal(teams_add(t, "BLU", "", "", &err), 0);
	assert_int_equal(
		decode(t, STREAM_LINEUP, "starters=a|team=rockets|game_id=20251115_Rödby Rockets_blu", &event, &why), 0);
	assert_string_equal(event.team, "RED");
	assert_string_equal(event.game_id, "20251115_RED_BLU");
	event_done(&event);
	assert_int_equal(decode(t, STREAM_LINEUP, LINEUP "BRK", &event, &why), 0);
	assert_string_equal(event.team, "BRK");
	event_done(&event);
	teams_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_spelling_of_a_team_is_its_code),
		cmocka_unit_test(every_spelling_of_a_game_is_its_id),
		cmocka_unit_test(what_no_team_is_called_is_told_and_left_open),
		cmocka_unit_test(a_league_of_ones_own_reads_its_own_spellings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
