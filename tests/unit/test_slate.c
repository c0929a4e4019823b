#include "slate/slate.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "league/build.h"
#include "slate/resolve.h"

static date_t day(const char *text)
{
	date_t date;
	assert_true(date_parse(text, strlen(text), &date));
	return date;
}

struct row {
	const char *name;
	int64_t id;
	const char *date, *team, *opponent;
};

static const struct row rows[] = {
	{"Ann Able", 1, "2025-11-10", "LAL", "GSW"}, {"Bea Baker", 2, "2025-11-10", "GSW", "LAL"},
	{"Cid Cole", 3, "2025-11-01", "LAL", "BOS"},
	{"Cid Cole", 3, "2025-11-12", "BOS", "LAL"}, /* moved: his latest game counts */
	{"Dot Dale", 4, "2024-11-14", "LAL", "GSW"}, /* more than 365 days ago */
	{"Eve East", 5, "2024-11-15", "GSW", "LAL"}, /* exactly 365 days ago */
	{"Fay Finch Jr.", 6, "2025-11-10", "BOS", "GSW"},
	{"Gus Gray", 7, "2025-11-15", "LAL", "GSW"}, /* on the date itself: not before it */
	{"Hal Hill", 8, "2025-11-02", "NYK", "BOS"}, /* his team does not play */
	{"Ike Ives", 9, "2023-11-02", "NYK", "BOS"}, /* no roster, yet a name */
};

static struct snapshot *league(void)
{
	struct err err = {0};
	struct snapshot *s;
	struct build *b = build_new();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(build_line(b,
					 &(struct build_line){.name = rows[i].name,
						 .person_id = rows[i].id,
						 .date = day(rows[i].date),
						 .team = rows[i].team,
						 .opponent = rows[i].opponent,
						 .home = strcmp(rows[i].team, rows[i].opponent) > 0,
						 .starter = -1,
						 .minutes = 20},
					 &err),
			0);
	assert_int_equal(
		build_game(b,
			&(struct build_game){
				.date = day("2025-11-15"), .away = "GSW", .home = "LAL", .tip_ms = 1763258400000},
			&err),
		0);
	assert_int_equal(
		build_game(b, &(struct build_game){.date = day("2025-11-15"), .away = "BOS", .home = "MIA"}, &err), 0);
	assert_int_equal(
		build_game(b, &(struct build_game){.date = day("2025-11-16"), .away = "NYK", .home = "MIA"}, &err), 0);
	assert_int_equal(build_finish(b, 3, &s, &err), 0);
	build_free(b);
	return s;
}

static const char *roster(const struct slate *s, const char *code)
{
	static char text[512];
	const struct slate_team *team = slate_team(s, code);
	text[0] = '\0';
	for (size_t i = 0; team && i < team->count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? "," : "",
			team->roster[i]->lookup);
	return text;
}

static struct slate *tonight(const struct snapshot *snapshot)
{
	struct slate *s = slate_new(day("2025-11-15"));
	assert_non_null(s);
	slate_reset(s, snapshot);
	return s;
}

static void the_default_is_the_schedule_and_each_team_s_latest_players(void **state)
{
	(void)state;
	struct snapshot *snap = league();
	struct slate *s = tonight(snap);
	const struct slate_game *games;
	assert_int_equal(slate_build(s), 0);
	assert_int_equal(slate_games(s, &games), 2);
	assert_string_equal(games[0].id, "20251115_BOS_MIA");
	assert_string_equal(games[1].id, "20251115_GSW_LAL");
	assert_true(games[1].tip_ms == 1763258400000);
	assert_int_equal(games[0].tip_ms, 0);
	assert_int_equal(games[1].status, GAME_SCHEDULED);
	assert_string_equal(roster(s, "LAL"), "annable");
	assert_string_equal(roster(s, "GSW"), "beabaker,eveeast");
	assert_string_equal(roster(s, "BOS"), "cidcole,fayfinchjr");
	assert_string_equal(roster(s, "NYK"), "halhill");
	assert_string_equal(roster(s, "MIA"), "");
	assert_ptr_equal(slate_team(s, "LAL")->game, &games[1]);
	assert_null(slate_team(s, "NYK")->game);
	assert_null(slate_team(s, "ZZZ"));
	assert_null(slate_game(s, "20251116_NYK_MIA"));
	assert_null(slate_member(s, "ikeives"));
	struct slate_place p = slate_place(s, "annable", "", "");
	assert_string_equal(p.game, "20251115_GSW_LAL");
	assert_string_equal(p.team, "LAL");
	assert_string_equal(p.opponent, "GSW");
	assert_int_equal(p.home, 1);
	assert_true(p.member);
	slate_free(s);
	snapshot_drop(snap);
}

static void overrides_stand_over_the_default(void **state)
{
	(void)state;
	struct snapshot *snap = league();
	struct slate *s = tonight(snap);
	assert_int_equal(slate_add_member(s, "annable", "BOS", true), 0);
	assert_int_equal(slate_add_left(s, "annable", "NYK"), 0);
	assert_int_equal(slate_add_left(s, "annable", "GSW"), 0);
	assert_int_equal(slate_add_member(s, "beabaker", "GSW", false), 0);
	assert_int_equal(slate_add_member(s, "nobodyyet", "LAL", true), 0);
	assert_int_equal(slate_add_game(s, "20251115_GSW_LAL", 1763262000000, GAME_POSTPONED), 0);
	assert_int_equal(slate_add_game(s, "20251115_NYK_PHI", 0, GAME_SCHEDULED), 0);
	assert_int_equal(slate_build(s), 0);
	assert_string_equal(roster(s, "LAL"), "nobodyyet");
	assert_string_equal(roster(s, "GSW"), "eveeast");
	assert_string_equal(roster(s, "BOS"), "annable,cidcole,fayfinchjr");
	const struct slate_member *ann = slate_member(s, "annable");
	assert_string_equal(ann->default_team, "LAL");
	assert_string_equal(ann->team, "BOS");
	assert_int_equal(ann->left_count, 2);
	const struct slate_game *g = slate_game(s, "20251115_GSW_LAL");
	assert_int_equal(g->status, GAME_POSTPONED);
	assert_true(g->tip_ms == 1763262000000);
	assert_string_equal(slate_place(s, "halhill", "", "").game, "20251115_NYK_PHI");
	/* Inactive: on no roster, and not a member who reads a lineup, but his team's game is his. */
	struct slate_place bea = slate_place(s, "beabaker", "", "");
	assert_string_equal(bea.game, "20251115_GSW_LAL");
	assert_false(bea.member);
	assert_true(slate_has_inactive(s, "GSW"));
	assert_false(slate_has_inactive(s, "BOS"));
	slate_free(s);
	snapshot_drop(snap);
}

static void an_override_without_tip_keeps_the_schedule_s(void **state)
{
	(void)state;
	struct snapshot *snap = league();
	struct slate *s = tonight(snap);
	assert_int_equal(slate_add_game(s, "20251115_GSW_LAL", 0, GAME_SCHEDULED), 0);
	assert_int_equal(slate_build(s), 0);
	assert_true(slate_game(s, "20251115_GSW_LAL")->tip_ms == 1763258400000);
	slate_free(s);
	snapshot_drop(snap);
}

static void of_two_games_of_a_team_the_first_that_is_not_off_counts(void **state)
{
	(void)state;
	struct slate *s = tonight(NULL);
	assert_int_equal(slate_add_game(s, "20251115_LAL_GSW", 0, GAME_SCHEDULED), 0);
	assert_int_equal(slate_add_game(s, "20251115_BOS_LAL", 0, GAME_CANCELLED), 0);
	assert_int_equal(slate_add_game(s, "20251115_LAL_NYK", 0, GAME_SCHEDULED), 0);
	assert_int_equal(slate_build(s), 0);
	assert_string_equal(slate_team(s, "LAL")->game->id, "20251115_LAL_GSW");
	assert_string_equal(slate_team(s, "BOS")->game->id, "20251115_BOS_LAL"); /* all it has */
	assert_string_equal(slate_team(s, "NYK")->game->id, "20251115_LAL_NYK");
	slate_reset(s, NULL);
	assert_int_equal(slate_add_game(s, "20251115_LAL_GSW", 0, GAME_POSTPONED), 0);
	assert_int_equal(slate_add_game(s, "20251115_BOS_LAL", 0, GAME_CANCELLED), 0);
	assert_int_equal(slate_build(s), 0);
	assert_string_equal(slate_team(s, "LAL")->game->id, "20251115_BOS_LAL");
	slate_free(s);
}

static void without_a_league_what_events_named_counts(void **state)
{
	(void)state;
	struct slate *s = tonight(NULL);
	assert_int_equal(slate_build(s), 0);
	struct slate_place p = slate_place(s, "annable", "20251115_GSW_LAL", "LAL");
	assert_string_equal(p.game, "20251115_GSW_LAL");
	assert_string_equal(p.team, "LAL");
	assert_string_equal(p.opponent, "GSW");
	assert_int_equal(p.home, 1);
	assert_true(p.member);
	assert_null(p.facts);
	p = slate_place(s, "annable", "", "");
	assert_string_equal(p.game, "");
	assert_string_equal(p.team, "");
	assert_int_equal(p.home, -1);
	assert_false(p.member);
	p = slate_place(s, "annable", "20251115_GSW_LAL", "BOS"); /* a team that does not play in it */
	assert_int_equal(p.home, -1);
	assert_string_equal(p.opponent, "");
	slate_free(s);
}

static void the_slate_wins_over_what_events_named(void **state)
{
	(void)state;
	struct slate *s = tonight(NULL);
	assert_int_equal(slate_add_member(s, "annable", "LAL", true), 0);
	assert_int_equal(slate_add_member(s, "halhill", "NYK", true), 0);
	assert_int_equal(slate_add_game(s, "20251115_GSW_LAL", 0, GAME_SCHEDULED), 0);
	assert_int_equal(slate_build(s), 0);
	assert_string_equal(slate_place(s, "annable", "20251115_BOS_NYK", "BOS").game, "20251115_GSW_LAL");
	assert_string_equal(slate_place(s, "annable", "20251115_BOS_NYK", "BOS").team, "LAL");
	/* It has a team for him and no game: the named game counts, the named team does not. */
	assert_string_equal(slate_place(s, "halhill", "20251115_BOS_NYK", "BOS").game, "20251115_BOS_NYK");
	assert_string_equal(slate_place(s, "halhill", "20251115_BOS_NYK", "BOS").team, "NYK");
	/* A team that only events named gives no game: begin, without a slate, fetches what the event named.
	 */
	assert_string_equal(slate_place(s, "newbie", "20251115_BOS_LAL", "LAL").game, "20251115_BOS_LAL");
	assert_string_equal(slate_place(s, "newbie", "", "LAL").game, "");
	slate_free(s);
}

static void names_are_exact_over_all_years_then_rostered_but_for_a_suffix(void **state)
{
	(void)state;
	struct snapshot *snap = league();
	struct slate *s = tonight(snap);
	assert_int_equal(slate_add_member(s, "joedoeiii", "LAL", true), 0);
	assert_int_equal(slate_add_member(s, "samroejr", "LAL", true), 0);
	assert_int_equal(slate_add_member(s, "samroeii", "BOS", true), 0);
	assert_int_equal(slate_add_member(s, "maxpoesr", "LAL", false), 0);
	assert_int_equal(slate_build(s), 0);
	static const struct {
		const char *lookup, *player;
		enum found how;
	} names[] = {
		{"annable", "annable", FOUND_EXACT},
		{"ikeives", "ikeives", FOUND_EXACT}, /* no roster, but a name of the league */
		{"fayfinch", "fayfinchjr", FOUND_SUFFIX}, /* the only one like it */
		{"fayfinchiv", "fayfinchjr", FOUND_SUFFIX},
		{"joedoe", "joedoeiii", FOUND_SUFFIX}, /* overrides count */
		{"samroe", "samroe", FOUND_AMBIGUOUS}, /* two could be meant */
		{"samroeii", "samroeii", FOUND_EXACT},
		{"maxpoe", "maxpoe", FOUND_STRANGER}, /* not on a roster */
		{"maxpoesr", "maxpoesr", FOUND_EXACT},
		{"fay", "fay", FOUND_STRANGER},
		{"fayfinchjrx", "fayfinchjrx", FOUND_STRANGER},
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct slate_found found =
			slate_resolve(s, &(struct slate_ask){.lookup = names[i].lookup, .team = "", .game_id = ""});
		assert_string_equal(found.player, names[i].player);
		assert_string_equal(found_name(found.how), found_name(names[i].how));
	}
	slate_free(s);
	snapshot_drop(snap);
}

/* --- several men of one name --------------------------------------------------------------------------------------- */

static struct slate *namesakes(struct snapshot **ret_snapshot)
{
	static const struct row men[] = {
		{"Jalen Williams", 20, "2025-11-01", "OKC", "DEN"}, {"Jalen Williams", 10, "2025-11-02", "CHA", "DEN"},
		{"Jonathan Isaac", 30, "2025-11-01", "ORL", "DEN"}, {"Jimmy Isaac Jr.", 31, "2025-11-01", "CHA", "DEN"},
		{"Vogel, Anton", 32, "2025-11-01", "ORL", "DEN"}, {"Tim Tall", 40, "2025-11-01", "ORL", "DEN"},
		{"Tom Tall", 41, "2025-11-01", "ORL", "DEN"}, {"Joe Fast Jr.", 50, "2025-11-01", "ORL", "DEN"},
		{"Joe Fast III", 51, "2025-11-01", "MIA", "DEN"}, {"Two Places", 60, "2025-11-01", "ORL", "DEN"},
		{"Two Places", 61, "2025-11-01", "MIA", "DEN"}, /* does not play */
		{"Gone Long", 70, "2020-11-01", "ORL", "DEN"},
		{"Gone Long", 71, "2025-11-01", "ORL",
			"DEN"}, /* has the bare name, the older one does not play any more */
	};
	static const char *const games[][2] = {{"CHA", "OKC"}, {"ORL", "BOS"}};
	struct err err = {0};
	struct build *b = build_new();
	for (size_t i = 0; i < sizeof(men) / sizeof(men[0]); i++)
		assert_int_equal(build_line(b,
					 &(struct build_line){.name = men[i].name,
						 .person_id = men[i].id,
						 .date = day(men[i].date),
						 .team = men[i].team,
						 .opponent = men[i].opponent,
						 .home = true,
						 .minutes = 20},
					 &err),
			0);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(build_game(b,
					 &(struct build_game){
						 .date = day("2025-11-15"), .away = games[i][0], .home = games[i][1]},
					 &err),
			0);
	assert_int_equal(build_finish(b, 1, ret_snapshot, &err), 0);
	build_free(b);
	return tonight(*ret_snapshot);
}

struct meant {
	struct slate_ask ask;
	const char *player;
	enum found how;
};

static void assert_meant(const struct slate *s, const struct meant *asked, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct slate_ask ask = asked[i].ask;
		char text[200], expected[200];
		ask.team = ask.team ? ask.team : "";
		ask.game_id = ask.game_id ? ask.game_id : "";
		const struct slate_found found = slate_resolve(s, &ask);
		snprintf(text, sizeof(text), "%s %s %s %d: %s %s", ask.lookup, ask.team, ask.game_id,
			(int)ask.player_id, found.player, found_name(found.how));
		snprintf(expected, sizeof(expected), "%s %s %s %d: %s %s", ask.lookup, ask.team, ask.game_id,
			(int)ask.player_id, asked[i].player, found_name(asked[i].how));
		assert_string_equal(text, expected);
	}
}

#define ASK(...) .ask = {.lookup = __VA_ARGS__}

static void team_game_or_id_choose_of_two_men_of_one_name(void **state)
{
	(void)state;
	struct snapshot *snap;
	struct slate *s = namesakes(&snap);
	static const struct meant asked[] = {
		/* Both play: the bare name alone is neither's. */
		{ASK("jalenwilliams"), "jalenwilliams", FOUND_AMBIGUOUS},
		{ASK("jalenwilliams", .team = "OKC"), "jalenwilliams", FOUND_EXACT},
		{ASK("jalenwilliams", .team = "CHA"), "jalenwilliams@CHA", FOUND_EXACT},
		{ASK("jalenwilliams", .team = "LAL"), "jalenwilliams", FOUND_AMBIGUOUS},
		{ASK("jalenwilliams", .player_id = 20), "jalenwilliams", FOUND_EXACT},
		{ASK("jalenwilliams", .player_id = 10), "jalenwilliams@CHA", FOUND_EXACT},
		{ASK("jalenwilliams", .player_id = 10, .team = "OKC"), "jalenwilliams@CHA", FOUND_EXACT},
		{ASK("jalenwilliams", .player_id = 30), "jalenwilliams", FOUND_AMBIGUOUS}, /* another's */
		{ASK("jalenwilliams", .player_id = 999), "jalenwilliams", FOUND_AMBIGUOUS}, /* nobody's: not looked at */
		{ASK("jalenwilliams", .player_id = 999, .team = "CHA"), "jalenwilliams@CHA", FOUND_EXACT},
		{ASK("jalenwilliams", .game_id = "20251115_CHA_OKC"), "jalenwilliams", FOUND_AMBIGUOUS},
		{ASK("jalenwilliams", .game_id = "20251115_CHA_OKC", .team = "CHA"), "jalenwilliams@CHA", FOUND_EXACT},
		{ASK("jalenwilliams", .game_id = "20251115_CHA_BOS"), "jalenwilliams@CHA", FOUND_EXACT},
		{ASK("jalenwilliams", .game_id = "20251115_ORL_BOS"), "jalenwilliams", FOUND_AMBIGUOUS},
		/* The name with a team, whatever the event's. */
		{ASK("jalenwilliams@CHA"), "jalenwilliams@CHA", FOUND_EXACT},
		{ASK("jalenwilliams@CHA", .team = "OKC"), "jalenwilliams@CHA", FOUND_EXACT},
		{ASK("jalenwilliams@OKC"), "jalenwilliams", FOUND_EXACT},
		{ASK("jalenwilliams@CHO"), "jalenwilliams@CHA", FOUND_EXACT}, /* as some sources have it */
		{ASK("jalenwilliams@LAL"), "jalenwilliams@LAL", FOUND_STRANGER},
		{ASK("jalenwilliams", .is_key = true), "jalenwilliams", FOUND_EXACT},
		/* One plays. */
		{ASK("twoplaces"), "twoplaces", FOUND_EXACT},
		{ASK("twoplaces", .team = "MIA"), "twoplaces@MIA", FOUND_EXACT},
		{ASK("gonelong"), "gonelong", FOUND_EXACT},
		{ASK("gonelong", .player_id = 70), "gonelong@ORL", FOUND_EXACT},
		/* But for a suffix. */
		{ASK("joefast", .team = "MIA"), "joefastiii", FOUND_SUFFIX},
		{ASK("joefast"), "joefastjr", FOUND_SUFFIX}, /* he plays */
		{ASK("joefastii", .player_id = 51), "joefastiii", FOUND_ID},
	};
	assert_int_equal(slate_build(s), 0);
	assert_meant(s, asked, sizeof(asked) / sizeof(asked[0]));
	const struct slate_found found =
		slate_resolve(s, &(struct slate_ask){.lookup = "jalenwilliams", .team = "", .game_id = ""});
	assert_int_equal(found.fit_count, 2);
	assert_true(found.chosen);
	slate_free(s);
	snapshot_drop(snap);
}

static void an_initial_means_the_one_man_of_the_team_or_game(void **state)
{
	(void)state;
	struct snapshot *snap;
	struct slate *s = namesakes(&snap);
	static const struct meant asked[] = {
		{ASK("jisaac", .team = "ORL"), "jonathanisaac", FOUND_ROSTER},
		{ASK("jisaac", .team = "CHA"), "jimmyisaacjr", FOUND_ROSTER},
		{ASK("jisaacjr", .team = "CHA"), "jimmyisaacjr", FOUND_ROSTER},
		{ASK("jisaac", .team = "BOS"), "jisaac", FOUND_STRANGER},
		{ASK("jisaac", .game_id = "20251115_ORL_BOS"), "jonathanisaac", FOUND_ROSTER},
		{ASK("jisaac", .game_id = "20251115_ORL_CHA"), "jisaac", FOUND_AMBIGUOUS},
		{ASK("jisaac"), "jisaac", FOUND_STRANGER}, /* no roster is named */
		{ASK("jisaac@ORL"), "jonathanisaac", FOUND_ROSTER},
		{ASK("avogel", .team = "ORL"), "antonvogel", FOUND_ROSTER},
		{ASK("jisaac", .player_id = 31), "jimmyisaacjr", FOUND_ID},
		{ASK("jisaac", .player_id = 40), "jisaac", FOUND_STRANGER}, /* his name is another */
		{ASK("xisaac", .team = "ORL"), "xisaac", FOUND_STRANGER},
		{ASK("joisaac", .team = "ORL"), "joisaac", FOUND_STRANGER}, /* likeness is nothing */
		{ASK("isaac", .team = "ORL"), "isaac", FOUND_STRANGER},
		{ASK("ttall", .team = "ORL"), "ttall", FOUND_AMBIGUOUS},
		{ASK("ttall", .team = "ORL", .player_id = 41), "tomtall", FOUND_ID},
	};
	assert_int_equal(slate_build(s), 0);
	assert_meant(s, asked, sizeof(asked) / sizeof(asked[0]));
	slate_free(s);
	snapshot_drop(snap);
}

static void overrides_say_for_whom_men_of_one_name_play(void **state)
{
	(void)state;
	struct snapshot *snap;
	struct slate *s = namesakes(&snap);
	static const struct meant traded[] = {
		{ASK("jalenwilliams", .team = "ORL"), "jalenwilliams@CHA", FOUND_EXACT},
		/* A source that has not heard of the trade. */
		{ASK("jalenwilliams", .team = "CHA"), "jalenwilliams@CHA", FOUND_EXACT},
		{ASK("jalenwilliams@ORL"), "jalenwilliams@CHA", FOUND_EXACT},
		{ASK("jalenwilliams", .game_id = "20251115_CHA_OKC"), "jalenwilliams", FOUND_EXACT},
	};
	static const struct meant newcomer[] = {
		{ASK("timtall", .team = "MIA"), "timtall@MIA", FOUND_EXACT},
		{ASK("timtall", .team = "ORL"), "timtall", FOUND_EXACT},
		{ASK("timtall"), "timtall", FOUND_EXACT}, /* MIA does not play */
	};
	static const struct meant off[] = {{ASK("jalenwilliams"), "jalenwilliams", FOUND_EXACT}};
	assert_int_equal(slate_add_member(s, "jalenwilliams@CHA", "ORL", true), 0);
	assert_int_equal(slate_add_member(s, "timtall@MIA", "MIA", true), 0);
	assert_int_equal(slate_build(s), 0);
	assert_string_equal(roster(s, "CHA"), "jimmyisaacjr");
	assert_string_equal(roster(s, "OKC"), "jalenwilliams");
	assert_meant(s, traded, sizeof(traded) / sizeof(traded[0]));
	assert_meant(s, newcomer, sizeof(newcomer) / sizeof(newcomer[0]));
	/* Not active, or his game is called off: the other one plays alone. */
	assert_int_equal(slate_add_member(s, "jalenwilliams@CHA", "CHA", false), 0);
	assert_int_equal(slate_build(s), 0);
	assert_meant(s, off, 1);
	assert_int_equal(slate_add_member(s, "jalenwilliams@CHA", "ORL", true), 0);
	assert_int_equal(slate_add_game(s, "20251115_ORL_BOS", 0, GAME_POSTPONED), 0);
	assert_int_equal(slate_build(s), 0);
	assert_meant(s, off, 1);
	slate_free(s);
	snapshot_drop(snap);
}

static void what_is_no_game_id_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "20251115", "20251115_LAL_GS", "20251115_LAL_GSWX", "20251115-LAL-GSW",
		"20251115_LALXGSW", "x", "2025111_LAL_GSW_"};
	struct slate *s = tonight(NULL);
	char away[TEAM_SIZE], home[TEAM_SIZE];
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (game_id_teams(bad[i], away, home))
			fail_msg("%s was taken", bad[i]);
		assert_int_equal(slate_add_game(s, bad[i], 0, GAME_SCHEDULED), -EINVAL);
	}
	assert_true(game_id_teams("20251115_LAL_GSW", away, home));
	assert_string_equal(away, "LAL");
	assert_string_equal(home, "GSW");
	assert_int_equal(slate_build(s), 0);
	slate_free(s);
}

static void it_can_be_built_again_and_again(void **state)
{
	(void)state;
	struct snapshot *snap = league();
	struct slate *s = tonight(snap);
	for (int i = 0; i < 20; i++) {
		slate_reset(s, i % 3 ? snap : NULL);
		if (i % 2)
			assert_int_equal(slate_add_member(s, "annable", "BOS", true), 0);
		assert_int_equal(slate_build(s), 0);
		assert_string_equal(
			roster(s, "BOS"), i % 3 ? (i % 2 ? "annable,cidcole,fayfinchjr" : "cidcole,fayfinchjr")
						: (i % 2 ? "annable" : ""));
		assert_int_equal(slate_date(s), day("2025-11-15"));
		assert_ptr_equal(slate_snapshot(s), i % 3 ? snap : NULL);
	}
	slate_free(s);
	slate_free(NULL);
	snapshot_drop(snap);
}

/* What is added to a slate that stands comes to the same as all of it from the start. */
static void changes_come_to_the_same_as_the_whole(void **state)
{
	(void)state;
	struct snapshot *snap = league();
	struct slate *changed = tonight(snap), *whole = tonight(snap);
	const struct slate_game *a, *b;
	assert_int_equal(slate_add_member(changed, "annable", "NYK", true), 0);
	assert_int_equal(slate_add_game(changed, "20251115_GSW_LAL", 1763262000000, GAME_POSTPONED), 0);
	assert_int_equal(slate_build(changed), 0);
	assert_int_equal(slate_add_left(changed, "annable", "NYK"), 0);
	assert_int_equal(slate_add_member(changed, "annable", "BOS", true), 0);
	assert_int_equal(
		slate_add_game(changed, "20251115_GSW_LAL", 0, GAME_SCHEDULED), 0); /* back to the schedule's tip */
	assert_int_equal(slate_add_game(changed, "20251115_BOS_MIA", 1763262000000, GAME_SCHEDULED), 0);
	assert_int_equal(slate_build(changed), 0);
	assert_int_equal(slate_add_left(changed, "annable", "NYK"), 0); /* all that he left, each time */
	assert_int_equal(slate_add_left(changed, "annable", "BOS"), 0);
	assert_int_equal(slate_add_member(changed, "annable", "GSW", false), 0);
	assert_int_equal(slate_build(changed), 0);

	assert_int_equal(slate_add_left(whole, "annable", "NYK"), 0);
	assert_int_equal(slate_add_left(whole, "annable", "BOS"), 0);
	assert_int_equal(slate_add_member(whole, "annable", "GSW", false), 0);
	assert_int_equal(slate_add_game(whole, "20251115_GSW_LAL", 0, GAME_SCHEDULED), 0);
	assert_int_equal(slate_add_game(whole, "20251115_BOS_MIA", 1763262000000, GAME_SCHEDULED), 0);
	assert_int_equal(slate_build(whole), 0);

	const size_t games = slate_games(whole, &a);
	assert_int_equal(slate_games(changed, &b), games);
	for (size_t i = 0; i < games; i++) {
		assert_string_equal(b[i].id, a[i].id);
		assert_true(b[i].tip_ms == a[i].tip_ms);
		assert_int_equal(b[i].status, a[i].status);
	}
	for (const struct slate_member *m = slate_next_member(whole, NULL); m; m = slate_next_member(whole, m)) {
		const struct slate_member *same = slate_member(changed, m->lookup);
		assert_non_null(same);
		assert_string_equal(same->team, m->team);
		assert_int_equal(same->active, m->active);
		assert_int_equal(same->left_count, m->left_count);
	}
	static const char *const codes[] = {"LAL", "GSW", "BOS", "NYK", "MIA"};
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		char text[512];
		snprintf(text, sizeof(text), "%s", roster(whole, codes[i]));
		assert_string_equal(roster(changed, codes[i]), text);
		assert_int_equal(slate_has_inactive(changed, codes[i]), slate_has_inactive(whole, codes[i]));
	}
	slate_free(changed);
	slate_free(whole);
	snapshot_drop(snap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_default_is_the_schedule_and_each_team_s_latest_players),
		cmocka_unit_test(overrides_stand_over_the_default),
		cmocka_unit_test(an_override_without_tip_keeps_the_schedule_s),
		cmocka_unit_test(of_two_games_of_a_team_the_first_that_is_not_off_counts),
		cmocka_unit_test(without_a_league_what_events_named_counts),
		cmocka_unit_test(the_slate_wins_over_what_events_named),
		cmocka_unit_test(names_are_exact_over_all_years_then_rostered_but_for_a_suffix),
		cmocka_unit_test(team_game_or_id_choose_of_two_men_of_one_name),
		cmocka_unit_test(an_initial_means_the_one_man_of_the_team_or_game),
		cmocka_unit_test(overrides_say_for_whom_men_of_one_name_play),
		cmocka_unit_test(what_is_no_game_id_is_refused),
		cmocka_unit_test(it_can_be_built_again_and_again),
		cmocka_unit_test(changes_come_to_the_same_as_the_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
