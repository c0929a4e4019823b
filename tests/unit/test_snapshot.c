#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "league/build.h"
#include "league/snapshot.h"

static date_t day(const char *text)
{
	date_t date;
	assert_true(date_parse(text, strlen(text), &date));
	return date;
}

/* A box-score line in few words. */
struct row {
	const char *name;
	int64_t id;
	const char *date, *team, *opponent;
	bool home;
	float minutes, points;
	const char *league_id;
};

static void add(struct build *b, const struct row *row)
{
	struct err err = {0};
	struct build_line line = {.name = row->name,
		.person_id = row->id,
		.date = day(row->date),
		.team = row->team,
		.opponent = row->opponent,
		.home = row->home,
		.league_id = row->league_id,
		.starter = -1,
		.minutes = row->minutes,
		.stat = {[STAT_POINTS] = row->points},
		.fga = 10,
		.fta = 2,
		.oreb = 1,
		.fouls = 3};
	assert_int_equal(build_line(b, &line, &err), 0);
}

static const struct row league[] = {
	{"Ann Able", 11, "2024-12-01", "LAL", "GSW", true, 30, 20, "0022400001"},
	{"Ann Able", 11, "2024-12-03", "LAL", "BOS", false, 34, 24, NULL},
	{"Ann Able", 11, "2025-10-25", "GSW", "LAL", true, 28, 18, NULL},
	{"Bea Baker Jr.", 12, "2024-12-01", "GSW", "LAL", false, 20, 9, "0022400001"},
	{"Bea Baker", 12, "2025-10-25", "LAL", "GSW", false, 22, 11, NULL},
	{"Cid Cole", 13, "2024-12-01", "LAL", "GSW", true, 12, 4, "0022400001"},
};
#define ROWS (sizeof(league) / sizeof(league[0]))

static struct snapshot *finish(struct build *b)
{
	struct err err = {0};
	struct snapshot *s = NULL;
	if (build_finish(b, 7, &s, &err) < 0)
		fail_msg("%s", err.text);
	build_free(b);
	return s;
}

static struct snapshot *make(void)
{
	struct build *b = build_new();
	for (size_t i = 0; i < ROWS; i++)
		add(b, &league[i]);
	return finish(b);
}

static void rows_of_a_player_are_neighbours_oldest_first(void **state)
{
	(void)state;
	struct snapshot *s = make();
	assert_int_equal(s->number, 7);
	assert_int_equal(s->players, 3);
	assert_int_equal(s->row.count, ROWS);
	for (uint32_t p = 0; p < s->players; p++) {
		for (uint32_t i = 0; i < s->player[p].rows; i++) {
			uint32_t row = s->player[p].first_row + i;
			assert_int_equal(s->row.player[row], p);
			assert_true(i == 0 || s->row.date[row - 1] < s->row.date[row]);
			assert_int_equal(s->game[s->row.game[row]].date, s->row.date[row]);
		}
	}
	uint32_t ann = snapshot_player_exact(s, "annable");
	assert_int_equal(s->player[ann].rows, 3);
	assert_true(s->row.stat[STAT_POINTS][s->player[ann].first_row] == 20);
	snapshot_drop(s);
}

static void the_newest_row_gives_the_canonical_name_and_older_ones_stay_aliases(void **state)
{
	(void)state;
	struct snapshot *s = make();
	uint32_t bea = snapshot_player_exact(s, "beabakerjr");
	assert_int_not_equal(bea, NO_INDEX);
	assert_int_equal(bea, snapshot_player_exact(s, "beabaker"));
	assert_string_equal(s->player[bea].lookup, "beabaker");
	assert_string_equal(s->player[bea].name, "Bea Baker");
	assert_int_equal(s->aliases, 4);
	assert_int_equal(snapshot_player_exact(s, "beab"), NO_INDEX);
	assert_int_equal(snapshot_player_exact(s, ""), NO_INDEX);
	assert_int_equal(snapshot_player_exact(s, "zzz"), NO_INDEX);
	snapshot_drop(s);
}

static void two_persons_with_one_name_stay_two_and_the_name_means_the_newer(void **state)
{
	(void)state;
	struct build *b = build_new();
	add(b, &(struct row){"Sam Same", 1, "2024-01-05", "LAL", "GSW", true, 10, 1, NULL});
	add(b, &(struct row){"Sam Same", 2, "2016-01-05", "BOS", "GSW", true, 10, 2, NULL});
	add(b, &(struct row){"Sam Same", 2, "2024-01-05", "GSW", "LAL", false, 10, 3, NULL});
	add(b, &(struct row){"Sam Same", 1, "2024-01-07", "LAL", "GSW", true, 10, 4, NULL});
	struct snapshot *s = finish(b);
	assert_int_equal(s->players, 2);
	assert_int_equal(s->aliases, 2);
	assert_int_equal(s->player[snapshot_player_exact(s, "samsame")].person_id, 1);
	snapshot_drop(s);
}

/* --- men of one name ---------------------------------------------------------------------------------------------- */

static const char *name_on(const struct snapshot *s, int64_t id, const char *date)
{
	static char buffer[LOOKUP_SIZE];
	const uint32_t player = snapshot_player_by_id(s, id);
	assert_int_not_equal(player, NO_INDEX);
	const char *name = snapshot_name(s, player, day(date), buffer);
	assert_int_equal(snapshot_player(s, name, day(date)), player); /* nobody else's on that date */
	return name;
}

static void of_two_men_one_has_the_bare_name_whatever_comes_later(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"Sam Same", 9, "2023-11-01", "LAL", "GSW", true, 30, 20, NULL},
		{"Sam Same", 9, "2024-11-01", "LAL", "GSW", true, 30, 20, NULL},
		{"Sam Same", 5, "2024-11-02", "BOS", "GSW", true, 30, 20, NULL},
		/* Later: the second is traded and plays on, the first does not. */
		{"Sam Same", 5, "2024-12-01", "MIA", "GSW", true, 30, 20, NULL},
		{"Sam Same", 5, "2025-10-20", "MIA", "GSW", true, 30, 20, NULL},
		/* The first comes back after more than a year: he finds his name taken, on dates from then on. */
		{"Sam Same", 9, "2025-11-20", "LAL", "GSW", true, 30, 20, NULL},
	};
	for (size_t count = 3; count <= sizeof(rows) / sizeof(rows[0]); count++) {
		struct build *b = build_new();
		for (size_t i = count; i-- > 0;)
			add(b, &rows[i]);
		struct snapshot *s = finish(b);
		assert_int_equal(s->players, 2);
		assert_string_equal(name_on(s, 9, "2024-11-10"), "samsame");
		assert_string_equal(name_on(s, 5, "2024-11-10"), "samsame@BOS");
		if (count > 3) { /* a trade renames him a week after his first game, not before */
			assert_string_equal(name_on(s, 5, "2024-12-07"), "samsame@BOS");
			assert_string_equal(name_on(s, 5, "2024-12-08"), "samsame@MIA");
			assert_string_equal(name_on(s, 9, "2024-12-08"), "samsame");
		}
		if (count > 4) { /* who has not played for a year leaves it to who has */
			assert_string_equal(name_on(s, 5, "2025-11-10"), "samsame");
			assert_string_equal(name_on(s, 9, "2025-11-10"), "samsame@LAL");
		}
		if (count > 5) {
			assert_string_equal(name_on(s, 5, "2025-12-10"), "samsame");
			assert_string_equal(name_on(s, 9, "2025-12-10"), "samsame@LAL");
		}
		assert_int_equal(snapshot_player(s, "samsame@DEN", day("2024-12-10")), NO_INDEX);
		snapshot_drop(s);
	}
}

static void three_men_of_one_name_have_three(void **state)
{
	(void)state;
	struct build *b = build_new();
	add(b, &(struct row){"Sam Same", 1, "2024-11-01", "LAL", "GSW", true, 30, 20, NULL});
	add(b, &(struct row){"Sam Same", 1, "2024-11-05", "LAL", "GSW", true, 30, 20, NULL});
	add(b, &(struct row){"Sam Same", 2, "2024-11-02", "BOS", "GSW", true, 30, 21, NULL});
	add(b, &(struct row){"Sam Same", 3, "2024-11-02", "BOS", "GSW", true, 30, 22, NULL}); /* in one team with him */
	add(b, &(struct row){"Sam Same", 4, "2024-11-03", "LAL", "DEN", true, 30, 23, NULL}); /* with the first */
	struct snapshot *s = finish(b);
	assert_int_equal(s->players, 4);
	assert_string_equal(name_on(s, 1, "2024-11-10"), "samsame");
	assert_string_equal(name_on(s, 2, "2024-11-10"), "samsame@BOS");
	assert_string_equal(name_on(s, 3, "2024-11-10"), "samsame@XXC");
	assert_string_equal(name_on(s, 4, "2024-11-10"), "samsame@LAL");
	assert_int_equal(snapshot_player_by_id(s, 5), NO_INDEX);
	snapshot_drop(s);
}

/* How many players the rows of one name come to, whatever their order, and how many rows each has. */
static void told_apart(const struct row *rows, size_t count, const char *expected)
{
	struct fingerprint first = {0};
	for (int reversed = 0; reversed < 2; reversed++) {
		char text[128] = "";
		struct build *b = build_new();
		for (size_t i = 0; i < count; i++)
			add(b, &rows[reversed ? count - 1 - i : i]);
		struct snapshot *s = finish(b);
		for (uint32_t p = 0; p < s->players; p++) {
			const struct snapshot_player *player = &s->player[p];
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%u", p ? " + " : "", player->rows);
			for (uint32_t i = 0; i < player->rows; i++)
				snprintf(text + strlen(text), sizeof(text) - strlen(text), " %s",
					s->team[s->row.team[player->first_row + i]]);
		}
		assert_string_equal(text, expected);
		assert_true(!reversed || fingerprint_equal(first, s->fingerprint));
		first = s->fingerprint;
		snapshot_drop(s);
	}
}

#define TOLD(expected, ...) \
	told_apart((const struct row[]){__VA_ARGS__}, sizeof((const struct row[]){__VA_ARGS__}) / sizeof(struct row), \
		expected)
#define AT(date, team) \
	{ \
		"Sam Same", 0, date, team, "GSW", true, 30, 20, NULL \
	}
#define OF(id, date, team) \
	{ \
		"Sam Same", id, date, team, "GSW", true, 30, 20, NULL \
	}
#define OTHER(id, date, team) \
	{ \
		"Sam Same", id, date, team, "GSW", true, 31, 9, NULL \
	}

static void rows_without_ids_are_two_men_s_once_both_play_on_one_date(void **state)
{
	(void)state;
	/* A trade, back and forth even, is one man's. */
	TOLD("3 LAL BOS LAL", AT("2024-11-01", "LAL"), AT("2024-11-03", "BOS"), AT("2024-11-05", "LAL"));
	/* Two, from the first date on which they both play; each has his own rows from before. */
	TOLD("2 LAL LAL + 3 BOS BOS BOS", AT("2024-11-01", "LAL"), AT("2024-11-03", "BOS"), AT("2024-11-05", "LAL"),
		AT("2024-11-05", "BOS"), AT("2024-11-07", "BOS"));
	/* One is traded while the other plays on. */
	TOLD("4 BOS BOS BOS BOS + 4 LAL LAL MIA MIA", AT("2024-11-01", "LAL"), AT("2024-11-01", "BOS"),
		AT("2024-11-03", "LAL"), AT("2024-11-04", "BOS"), AT("2024-12-01", "MIA"), AT("2024-12-02", "BOS"),
		AT("2024-12-03", "MIA"), AT("2024-12-05", "BOS"));
	/* In the next season he who stays is looked for before he who came, although that one plays first. */
	TOLD("2 BOS BOS + 3 LAL MIA MIA", AT("2024-11-01", "LAL"), AT("2024-11-01", "BOS"), AT("2025-11-01", "MIA"),
		AT("2025-11-02", "BOS"), AT("2025-11-03", "MIA"));
	/* With the ids of one source, the rows of the other go to the man of the team. */
	TOLD("3 LAL LAL LAL + 2 BOS BOS", OF(7, "2024-11-01", "LAL"), OF(8, "2024-11-01", "BOS"),
		AT("2024-11-03", "LAL"), AT("2024-11-04", "BOS"), OF(7, "2024-11-05", "LAL"));
	/* Who plays elsewhere on a date when the one who is known plays is another man. */
	TOLD("1 BOS + 2 LAL LAL", OF(7, "2024-11-01", "LAL"), AT("2024-11-01", "BOS"), OF(7, "2024-11-05", "LAL"));
}

static void two_ids_are_one_man_s_where_a_source_numbers_anew(void **state)
{
	(void)state;
	/* The same box scores, by two sources. */
	TOLD("2 LAL LAL", OF(7, "2024-11-01", "LAL"), OF(70, "2024-11-01", "LAL"), OF(7, "2024-11-05", "LAL"));
	/* One goes on where the other ends. */
	TOLD("2 LAL LAL", OF(7, "2024-11-01", "LAL"), OF(70, "2025-10-25", "LAL"));
	TOLD("1 LAL + 1 BOS", OF(7, "2024-11-01", "LAL"), OF(70, "2025-10-25", "BOS"));
	TOLD("1 LAL + 1 LAL", OF(7, "2014-11-01", "LAL"), OF(70, "2025-10-25", "LAL"));
	/* In one team, and with figures of their own: two. */
	TOLD("1 LAL + 1 LAL", OF(7, "2024-11-01", "LAL"), OTHER(70, "2024-11-01", "LAL"));

	struct build *b = build_new();
	add(b, &(struct row)OF(70, "2024-11-01", "LAL"));
	add(b, &(struct row)OF(7, "2024-11-01", "LAL"));
	struct snapshot *s = finish(b);
	assert_int_equal(s->player[0].person_id, 7);
	assert_int_equal(snapshot_player_by_id(s, 7), 0);
	assert_int_equal(snapshot_player_by_id(s, 70), 0);
	snapshot_drop(s);
}

static void a_row_without_an_id_belongs_to_the_player_with_that_name(void **state)
{
	(void)state;
	struct build *b = build_new();
	add(b, &(struct row){"Dee Dot", 0, "2025-01-02", "LAL", "GSW", true, 10, 1, NULL});
	add(b, &(struct row){"Ann Able", 0, "2025-01-02", "LAL", "GSW", true, 10, 2, NULL});
	add(b, &(struct row){"Ann Able", 11, "2025-01-04", "LAL", "BOS", true, 10, 3, NULL});
	add(b, &(struct row){"Dee. Dot", 0, "2025-01-04", "LAL", "BOS", true, 10, 4, NULL});
	struct snapshot *s = finish(b);
	assert_int_equal(s->players, 2);
	uint32_t ann = snapshot_player_exact(s, "annable"), dee = snapshot_player_exact(s, "deedot");
	assert_int_equal(s->player[ann].person_id, 11);
	assert_int_equal(s->player[ann].rows, 2);
	assert_int_equal(s->player[dee].person_id, 0);
	assert_int_equal(s->player[dee].rows, 2);
	assert_string_equal(s->player[dee].name, "Dee. Dot");
	snapshot_drop(s);
}

static void of_two_lines_for_a_player_and_game_the_one_with_an_id_stands(void **state)
{
	(void)state;
	for (int order = 0; order < 2; order++) {
		struct build *b = build_new();
		for (int i = 0; i < 2; i++)
			add(b, &(struct row){"Ann Able", i == order ? 11 : 0, "2025-01-02", "LAL", "GSW", true, 10,
				       i == order ? 21 : 5, NULL});
		struct snapshot *s = finish(b);
		assert_int_equal(s->players, 1);
		assert_int_equal(s->row.count, 1);
		assert_true(s->row.stat[STAT_POINTS][0] == 21);
		snapshot_drop(s);
	}
}

static void games_are_found_by_date_and_by_both_ids(void **state)
{
	(void)state;
	struct snapshot *s = make();
	uint32_t first, game = snapshot_game_by_id(s, "20241201_GSW_LAL");
	assert_int_not_equal(game, NO_INDEX);
	assert_int_equal(snapshot_game_by_league_id(s, "0022400001"), game);
	assert_int_equal(snapshot_game_by_league_id(s, "0022400002"), NO_INDEX);
	assert_int_equal(snapshot_game_by_league_id(s, ""), NO_INDEX);
	assert_int_equal(snapshot_game_by_id(s, "20241201_LAL_GSW"), NO_INDEX);
	assert_int_equal(snapshot_games_on(s, day("2024-12-01"), &first), 1);
	assert_int_equal(first, game);
	assert_int_equal(snapshot_games_on(s, day("2024-12-02"), &first), 0);
	assert_string_equal(s->team[s->game[game].away], "GSW");
	assert_string_equal(s->team[s->game[game].home], "LAL");
	assert_int_equal(snapshot_game_of_team(s, snapshot_team(s, "GSW"), day("2024-12-01")), game);
	assert_int_equal(snapshot_game_of_team(s, snapshot_team(s, "BOS"), day("2024-12-01")), NO_INDEX);
	snapshot_drop(s);
}

static void schedule_and_closing_lines_join_the_games_that_were_played(void **state)
{
	(void)state;
	struct err err = {0};
	struct build *b = build_new();
	add(b, &league[0]);
	struct build_game game = {.date = day("2024-12-01"), .away = "GSW", .home = "LAL", .tip_ms = 1733097600000};
	assert_int_equal(build_game(b, &game, &err), 0);
	game = (struct build_game){.date = day("2026-02-01"), .away = "BOS", .home = "LAL"};
	assert_int_equal(build_game(b, &game, &err), 0);
	struct build_odds odds = {
		.date = day("2024-12-01"), .away = "GSW", .home = "LAL", .total = 221.5f, .spread = NAN};
	assert_int_equal(build_odds(b, &odds, &err), 1);
	odds = (struct build_odds){.date = day("2024-12-01"), .away = "GSW", .home = "LAL", .total = NAN, .spread = -3};
	assert_int_equal(build_odds(b, &odds, &err), 1);
	odds.home = "BOS";
	assert_int_equal(build_odds(b, &odds, &err), 0);
	struct snapshot *s = finish(b);
	assert_int_equal(s->games, 2);
	const struct snapshot_game *played = &s->game[0], *ahead = &s->game[1];
	assert_string_equal(played->league_id, "0022400001");
	assert_int_equal(played->tip_ms, 1733097600000);
	assert_true(played->total == 221.5f && played->spread == -3);
	assert_true(played->home_points == 20 && isnan(played->away_points));
	assert_true(isnan(ahead->total) && isnan(ahead->spread) && isnan(ahead->home_points));
	snapshot_drop(s);
}

static void a_game_that_was_moved_stands_only_where_it_was_played(void **state)
{
	(void)state;
	struct err err = {0};
	struct build *b = build_new();
	add(b, &league[0]);
	struct build_game game = {.date = day("2024-11-20"), .away = "GSW", .home = "LAL", .league_id = "0022400001"};
	assert_int_equal(build_game(b, &game, &err), 0);
	struct snapshot *s = finish(b);
	assert_int_equal(s->games, 1);
	assert_string_equal(s->game[snapshot_game_by_league_id(s, "0022400001")].id, "20241201_GSW_LAL");
	snapshot_drop(s);
}

static void a_game_on_neutral_ground_is_one_whoever_is_called_at_home(void **state)
{
	(void)state;
	for (int order = 0; order < 2; order++) {
		struct err err = {0};
		struct build *b = build_new();
		static const struct row rows[] = {
			{"Ann Able", 11, "2024-12-01", "LAL", "GSW", false, 30, 20, NULL},
			{"Bea Baker", 12, "2024-12-01", "GSW", "LAL", false, 20, 9, "0022400001"},
		};
		add(b, &rows[order]);
		add(b, &rows[1 - order]);
		struct build_odds odds = {
			.date = day("2024-12-01"), .away = "LAL", .home = "GSW", .total = 220, .spread = -4};
		assert_int_equal(build_odds(b, &odds, &err), 1);
		struct snapshot *s = finish(b);
		assert_int_equal(s->games, 1);
		const struct snapshot_game *game = &s->game[0];
		assert_string_equal(game->id, "20241201_GSW_LAL");
		assert_true(game->home_points == 20 && game->away_points == 9);
		assert_true(game->total == 220 && game->spread == 4);
		for (uint32_t row = 0; row < 2; row++)
			assert_int_equal(s->row.home[row], s->row.team[row] == game->home);
		assert_int_equal(s->team_row.count, 2);
		assert_int_equal(s->team_row.home[s->team_row.first[game->home]], 1);
		snapshot_drop(s);
	}
}

static void a_closing_line_finds_its_game_with_the_home_team_the_other_way_round(void **state)
{
	(void)state;
	struct err err = {0};
	struct build *b = build_new();
	add(b, &league[0]);
	struct build_odds odds = {.date = day("2024-12-01"), .away = "LAL", .home = "GSW", .total = NAN, .spread = 2.5f};
	assert_int_equal(build_odds(b, &odds, &err), 1);
	struct snapshot *s = finish(b);
	assert_true(s->game[0].spread == -2.5f && isnan(s->game[0].total));
	snapshot_drop(s);
}

static void a_roster_is_who_last_played_for_the_team_within_a_year(void **state)
{
	(void)state;
	struct snapshot *s = make();
	uint8_t lal = snapshot_team(s, "LAL"), gsw = snapshot_team(s, "GSW");
	uint32_t ann = snapshot_player_exact(s, "annable"), cid = snapshot_player_exact(s, "cidcole"), ret[4];

	assert_int_equal(snapshot_team_of(s, ann, day("2024-12-01")), TEAM_NONE); /* only games before count */
	assert_int_equal(snapshot_team_of(s, ann, day("2024-12-02")), lal);
	assert_int_equal(snapshot_team_of(s, ann, day("2025-10-25")), lal);
	assert_int_equal(snapshot_team_of(s, ann, day("2025-10-26")), gsw);
	assert_int_equal(snapshot_team_of(s, cid, day("2025-12-01")), lal); /* 365 days */
	assert_int_equal(snapshot_team_of(s, cid, day("2025-12-02")), TEAM_NONE);

	assert_int_equal(snapshot_roster(s, lal, day("2024-12-02"), ret, 4), 2);
	assert_int_equal(ret[0], ann);
	assert_int_equal(ret[1], cid);
	assert_int_equal(snapshot_roster(s, lal, day("2024-12-02"), ret, 1), 2);
	assert_int_equal(snapshot_roster(s, lal, day("2020-01-01"), ret, 4), 0);
	assert_int_equal(snapshot_roster(s, TEAM_NONE, day("2024-12-02"), ret, 4), 0);
	snapshot_drop(s);
}

static void teams_are_sorted_by_code(void **state)
{
	(void)state;
	struct snapshot *s = make();
	assert_int_equal(s->teams, 3);
	assert_string_equal(s->team[0], "BOS");
	assert_string_equal(s->team[1], "GSW");
	assert_string_equal(s->team[2], "LAL");
	assert_int_equal(snapshot_team(s, "GSW"), 1);
	assert_int_equal(snapshot_team(s, "UTA"), TEAM_NONE);
	snapshot_drop(s);
}

static void a_team_without_a_line_gets_the_sum_of_its_players(void **state)
{
	(void)state;
	struct err err = {0};
	struct build *b = build_new();
	for (size_t i = 0; i < ROWS; i++)
		add(b, &league[i]);
	struct build_team_line line = {.date = day("2024-12-01"),
		.team = "GSW",
		.opponent = "LAL",
		.minutes = 240,
		.fga = 88,
		.fta = 20,
		.oreb = 9,
		.stat = {[STAT_POINTS] = 101, [STAT_TURNOVERS] = 13}};
	assert_int_equal(build_team_line(b, &line, &err), 0);
	struct snapshot *s = finish(b);
	const struct snapshot_team_rows *t = &s->team_row;
	uint8_t lal = snapshot_team(s, "LAL"), gsw = snapshot_team(s, "GSW");
	assert_int_equal(t->count, 5);
	assert_int_equal(t->rows[gsw], 2);
	assert_int_equal(t->rows[lal], 3);
	assert_true(t->points[t->first[gsw]] == 101 && t->turnovers[t->first[gsw]] == 13);
	assert_true(t->points[t->first[lal]] == 24 && t->minutes[t->first[lal]] == 42 && t->fga[t->first[lal]] == 20);
	assert_int_equal(snapshot_team_rows_before(s, lal, day("2024-12-03")), t->first[lal] + 1);
	const struct snapshot_game *game = &s->game[snapshot_game_by_id(s, "20241201_GSW_LAL")];
	assert_true(game->away_points == 101 && game->home_points == 24);
	snapshot_drop(s);
}

static void mean_minutes_are_the_newest_seasons_or_the_year_before_its(void **state)
{
	(void)state;
	struct snapshot *s = make();
	assert_int_equal(s->last_season_from, day("2025-10-25"));
	assert_int_equal(s->last_season_to, day("2025-10-25"));
	assert_true(snapshot_mean_minutes(s, snapshot_player_exact(s, "annable")) == 28);
	assert_true(snapshot_mean_minutes(s, snapshot_player_exact(s, "cidcole")) == 12);
	snapshot_drop(s);

	struct build *b = build_new();
	for (size_t i = 0; i < ROWS; i++)
		add(b, &league[i]);
	add(b, &(struct row){"Eve Early", 14, "2016-01-05", "LAL", "GSW", true, 40, 30, NULL});
	s = finish(b);
	assert_true(snapshot_mean_minutes(s, snapshot_player_exact(s, "eveearly")) == 0);
	snapshot_drop(s);
}

static void the_fingerprint_depends_on_the_rows_and_not_on_their_order(void **state)
{
	(void)state;
	struct snapshot *s = make();
	unsigned seed = 20251124;
	for (int round = 0; round < 20; round++) {
		size_t order[ROWS];
		for (size_t i = 0; i < ROWS; i++)
			order[i] = i;
		for (size_t i = ROWS - 1; i > 0; i--) {
			size_t j = (size_t)rand_r(&seed) % (i + 1), swap = order[i];
			order[i] = order[j];
			order[j] = swap;
		}
		struct build *b = build_new();
		for (size_t i = 0; i < ROWS; i++)
			add(b, &league[order[i]]);
		struct snapshot *other = finish(b);
		assert_true(fingerprint_equal(s->fingerprint, other->fingerprint));
		snapshot_drop(other);
	}
	for (size_t changed = 0; changed < ROWS; changed++) {
		struct build *b = build_new();
		for (size_t i = 0; i < ROWS; i++) {
			struct row row = league[i];
			row.points += i == changed ? 1.0f : 0.0f;
			add(b, &row);
		}
		struct snapshot *other = finish(b);
		assert_false(fingerprint_equal(s->fingerprint, other->fingerprint));
		snapshot_drop(other);
	}
	snapshot_drop(s);
}

static void an_empty_league_answers_every_question(void **state)
{
	(void)state;
	struct snapshot *s = finish(build_new());
	uint32_t first, ret[1];
	assert_int_equal(s->players, 0);
	assert_int_equal(snapshot_player_exact(s, "annable"), NO_INDEX);
	assert_int_equal(snapshot_game_by_id(s, "20241201_GSW_LAL"), NO_INDEX);
	assert_int_equal(snapshot_game_by_league_id(s, "0022400001"), NO_INDEX);
	assert_int_equal(snapshot_games_on(s, 20000, &first), 0);
	assert_int_equal(snapshot_team(s, "LAL"), TEAM_NONE);
	assert_int_equal(snapshot_roster(s, 0, 20000, ret, 1), 0);
	snapshot_drop(s);
}

static void users_keep_a_snapshot_alive(void **state)
{
	(void)state;
	struct snapshot *s = make();
	assert_ptr_equal(snapshot_take(s), s);
	snapshot_drop(s);
	assert_int_equal(s->players, 3); /* the sanitizer would speak up */
	snapshot_drop(s);
	snapshot_drop(NULL);
}

static void impossible_rows_are_refused_with_their_value(void **state)
{
	(void)state;
	struct err err = {0};
	struct build *b = build_new();
	struct build_line line = {.name = "Ann Able", .date = 20000, .team = "LAKE", .opponent = "GSW"};
	assert_int_equal(build_line(b, &line, &err), -EINVAL);
	assert_non_null(strstr(err.text, "LAKE"));
	line.team = "GSW";
	assert_int_equal(build_line(b, &line, &err), -EINVAL);
	assert_non_null(strstr(err.text, "GSW"));
	line.team = "LAL";
	line.name = "?!";
	assert_int_equal(build_line(b, &line, &err), -EINVAL);
	assert_non_null(strstr(err.text, "?!"));
	struct snapshot *s = finish(b);
	assert_int_equal(s->row.count, 0);
	snapshot_drop(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_of_a_player_are_neighbours_oldest_first),
		cmocka_unit_test(of_two_men_one_has_the_bare_name_whatever_comes_later),
		cmocka_unit_test(three_men_of_one_name_have_three),
		cmocka_unit_test(rows_without_ids_are_two_men_s_once_both_play_on_one_date),
		cmocka_unit_test(two_ids_are_one_man_s_where_a_source_numbers_anew),
		cmocka_unit_test(the_newest_row_gives_the_canonical_name_and_older_ones_stay_aliases),
		cmocka_unit_test(two_persons_with_one_name_stay_two_and_the_name_means_the_newer),
		cmocka_unit_test(a_row_without_an_id_belongs_to_the_player_with_that_name),
		cmocka_unit_test(of_two_lines_for_a_player_and_game_the_one_with_an_id_stands),
		cmocka_unit_test(games_are_found_by_date_and_by_both_ids),
		cmocka_unit_test(schedule_and_closing_lines_join_the_games_that_were_played),
		cmocka_unit_test(a_game_that_was_moved_stands_only_where_it_was_played),
		cmocka_unit_test(a_game_on_neutral_ground_is_one_whoever_is_called_at_home),
		cmocka_unit_test(a_closing_line_finds_its_game_with_the_home_team_the_other_way_round),
		cmocka_unit_test(a_roster_is_who_last_played_for_the_team_within_a_year),
		cmocka_unit_test(teams_are_sorted_by_code),
		cmocka_unit_test(a_team_without_a_line_gets_the_sum_of_its_players),
		cmocka_unit_test(mean_minutes_are_the_newest_seasons_or_the_year_before_its),
		cmocka_unit_test(the_fingerprint_depends_on_the_rows_and_not_on_their_order),
		cmocka_unit_test(an_empty_league_answers_every_question),
		cmocka_unit_test(users_keep_a_snapshot_alive),
		cmocka_unit_test(impossible_rows_are_refused_with_their_value),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
