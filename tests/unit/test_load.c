#include "league/load.h"

#include <errno.h>
#include <math.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/str.h"
#include "league/import.h"
#include "league/snapshot.h"

struct place {
	char dir[64], database[96];
};

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	strcpy(p->dir, "/tmp/propsd-load-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	text_format(p->database, sizeof(p->database), "%s/league.db", p->dir);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;
	char command[128];
	text_format(command, sizeof(command), "rm -r %s", p->dir);
	assert_int_equal(system(command), 0);
	free(p);
	return 0;
}

static void import_text(const struct place *p, const char *text)
{
	char path[128];
	struct err err = {0};
	struct import *i;
	struct import_result result;
	int64_t number;
	bool changed;
	text_format(path, sizeof(path), "%s/rows.csv", p->dir);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	if (import_open(p->database, &i, &err) < 0 || import_file(i, path, NULL, &result, &err) < 0 ||
		import_finish(i, &number, &changed, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(result.refused, 0);
	import_close(i);
}

static void run_sql(const struct place *p, const char *sql)
{
	sqlite3 *db;
	assert_int_equal(sqlite3_open(p->database, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	sqlite3_close(db);
}

static struct snapshot *load(const struct place *p)
{
	struct err err = {0};
	struct snapshot *s;
	if (league_load(p->database, 0, &s, &err) < 0)
		fail_msg("%s", err.text);
	return s;
}

static date_t day(const char *text)
{
	date_t date;
	assert_true(date_parse(text, strlen(text), &date));
	return date;
}

#define PLAYERS \
	"season,game_id,game_date,player_id,player,team,opponent,home,starter,min,pts,reb,oreb,dreb,ast," \
	"stl,blk,tov,pf,fgm," \
	"fga,tpm,tpa,ftm,fta\n"
#define ANN_1 "2024-25,0022400001,2024-12-01,11,Ann Able,LAL,GSW,1,1,30.5,20,8,2,6,5,1,3,4,3,8,15,2,5,2,2\n"
#define ANN_2 "2025-26,0022500002,2025-10-21,11,Ann Able II,GSW,LAL,0,,28,18,7,1,6,4,0,0,2,1,7,14,2,5,2,2\n"
#define BEA_1 "2024-25,0022400001,2024-12-01,,Bea Baker,GSW,LAL,0,0,12,4,1,0,1,1,0,0,0,2,2,5,0,1,0,0\n"
#define TEAMS \
	"game_id,game_date,team,opponent,home,min,pts,reb,oreb,dreb,ast,stl,blk,tov,pf,fgm,fga,tpm,tpa,ftm," \
	"fta\n" \
	"0022400001,2024-12-01,LAL,GSW,1,240,110,45,10,35,25,7,5,13,20,40,88,12,33,18,22\n" \
	"0022400001,2024-12-01,GSW,LAL,0,,104,41,9,32,24,8,4,12,21,38,86,11,34,17,20\n"
#define SCHEDULE \
	"game_id,season_type,tip_utc,game_date,home,away\n" \
	"0022400001,regular,2024-11-20T01:00:00Z,2024-11-19,LAL,GSW\n" \
	"0022500002,regular,2025-10-22T02:00:00Z,2025-10-21,LAL,GSW\n" \
	"0022500900,regular,2026-02-11T00:00:00Z,2026-02-10,BOS,GSW\n"
#define CLOSING \
	"event_id,game_date,commence_utc,away,home,spread_home,total\n" \
	"zz,2024-12-01,2024-12-02T00:10:00Z,GSW,LAL,-3.25,221.4\n" \
	"aa,2024-12-01,2024-12-02T01:10:00Z,GSW,LAL,-4.25,\n"
#define ODDS "game_date,away,home,spread_home,total\n2024-12-01,GSW,LAL,,222.5\n"

static void every_cell_arrives_in_its_column(void **state)
{
	struct place *p = *state;
	import_text(p, PLAYERS ANN_1 ANN_2 BEA_1);
	import_text(p, TEAMS);
	struct snapshot *s = load(p);
	assert_int_equal(s->number, 2);
	assert_false(s->unfinished);
	assert_int_equal(s->row.count, 3);
	uint32_t ann = snapshot_player_exact(s, "annable"), row = s->player[ann].first_row;
	assert_string_equal(s->player[ann].lookup, "annableii");
	assert_int_equal(s->player[ann].person_id, 11);
	assert_int_equal(s->player[ann].rows, 2);
	const struct snapshot_rows *r = &s->row;
	static const float stats[STAT_COUNT] = {20, 8, 5, 2, 1, 3, 4};
	for (int i = 0; i < STAT_COUNT; i++)
		assert_true(r->stat[i][row] == stats[i]);
	assert_true(r->minutes[row] == 30.5f && r->fga[row] == 15 && r->fta[row] == 2);
	assert_true(r->oreb[row] == 2 && r->fouls[row] == 3);
	assert_int_equal(r->home[row], 1);
	assert_int_equal(r->starter[row], 1);
	assert_int_equal(r->starter[row + 1], -1);
	assert_string_equal(s->team[r->team[row]], "LAL");
	assert_string_equal(s->team[r->opponent[row]], "GSW");
	assert_int_equal(r->date[row], day("2024-12-01"));
	assert_int_equal(s->last_season_from, day("2025-10-21"));

	const struct snapshot_team_rows *t = &s->team_row;
	uint8_t lal = snapshot_team(s, "LAL"), gsw = snapshot_team(s, "GSW");
	static const float team_stats[STAT_COUNT] = {110, 45, 25, 12, 7, 5, 13};
	for (int i = 0; i < STAT_COUNT; i++)
		assert_true(t->stat[i][t->first[lal]] == team_stats[i]);
	assert_true(t->minutes[t->first[lal]] == 240 && isnan(t->minutes[t->first[gsw]]));
	assert_true(t->fga[t->first[gsw]] == 86 && t->fta[t->first[gsw]] == 20 && t->oreb[t->first[gsw]] == 9);
	snapshot_drop(s);
}

static void games_gather_schedule_results_and_closing_lines(void **state)
{
	struct place *p = *state;
	import_text(p, ODDS);
	import_text(p, CLOSING);
	import_text(p, SCHEDULE);
	import_text(p, PLAYERS ANN_1 ANN_2);
	import_text(p, TEAMS);
	struct snapshot *s = load(p);
	assert_int_equal(s->games, 3); /* the first one stood in the schedule for another day */
	assert_int_equal(snapshot_game_by_id(s, "20241119_GSW_LAL"), NO_INDEX);
	const struct snapshot_game *game = &s->game[snapshot_game_by_league_id(s, "0022400001")];
	assert_string_equal(game->id, "20241201_GSW_LAL");
	assert_true(game->away_points == 104 && game->home_points == 110);
	assert_true(game->total == 222.5f); /* of game_odds */
	assert_true(game->spread == -4.25f); /* of the later listing, as game_odds has none */
	assert_int_equal(game->tip_ms, 1733098200000); /* 2024-12-02T00:10:00Z, of the first listing */
	game = &s->game[snapshot_game_by_league_id(s, "0022500900")];
	assert_string_equal(game->id, "20260210_GSW_BOS");
	assert_int_equal(game->tip_ms, 1770768000000);
	assert_true(isnan(game->home_points) && isnan(game->total));
	snapshot_drop(s);
}

static void the_fingerprint_does_not_depend_on_the_order_of_imports(void **state)
{
	struct place *p = *state;
	static const char *const files[] = {PLAYERS ANN_1 BEA_1, PLAYERS ANN_2, TEAMS, SCHEDULE, CLOSING, ODDS};
	enum { FILES = sizeof(files) / sizeof(files[0]) };
	struct fingerprint first = {0};
	unsigned seed = 77;
	for (int round = 0; round < 8; round++) {
		size_t order[FILES];
		for (size_t i = 0; i < FILES; i++)
			order[i] = i;
		for (size_t i = FILES - 1; i > 0 && round > 0; i--) {
			size_t j = (size_t)rand_r(&seed) % (i + 1), swap = order[i];
			order[i] = order[j];
			order[j] = swap;
		}
		for (size_t i = 0; i < FILES; i++)
			import_text(p, files[order[i]]);
		struct snapshot *s = load(p);
		if (round == 0)
			first = s->fingerprint;
		assert_true(fingerprint_equal(s->fingerprint, first));
		snapshot_drop(s);
		assert_int_equal(unlink(p->database), 0);
	}
}

static void any_change_of_a_row_changes_the_fingerprint(void **state)
{
	struct place *p = *state;
	static const char *const changes[] = {
		"UPDATE player_games SET fta = 3 WHERE player_id = 11 AND game_date = '2024-12-01'",
		"UPDATE player_games SET starter = 0 WHERE player_id = 11 AND game_date = '2024-12-01'",
		"UPDATE player_games SET player = 'Bea Bakér Jr.' WHERE player_id IS NULL",
		"UPDATE team_games SET tov = 14 WHERE team = 'LAL'",
		"UPDATE schedule SET tip_ms = tip_ms + 1000 WHERE key = '0022500900'",
		"UPDATE game_odds SET total = 223",
		"DELETE FROM player_games WHERE player_id IS NULL",
	};
	import_text(p, PLAYERS ANN_1 ANN_2 BEA_1);
	import_text(p, TEAMS);
	import_text(p, SCHEDULE);
	import_text(p, ODDS);
	struct snapshot *before = load(p);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		run_sql(p, changes[i]);
		struct snapshot *after = load(p);
		if (fingerprint_equal(before->fingerprint, after->fingerprint))
			fail_msg("no change by: %s", changes[i]);
		snapshot_drop(before);
		before = after;
	}
	snapshot_drop(before);
}

static void a_larger_load_than_allowed_is_refused_with_both_figures(void **state)
{
	struct place *p = *state;
	struct err err = {0};
	struct snapshot *s = NULL;
	import_text(p, PLAYERS ANN_1 ANN_2 BEA_1);
	assert_int_equal(league_load(p->database, 512 * 1024, &s, &err), -EFBIG);
	assert_null(s);
	assert_non_null(strstr(err.text, p->database));
	assert_non_null(strstr(err.text, "3 box-score rows can take 1.0 MiB, and league.max_memory allows 0.5 MiB"));
	assert_int_equal(league_load(p->database, 2 << 20, &s, &err), 0);
	assert_true(s->bytes < 1 << 20);
	snapshot_drop(s);
}

static void what_is_no_league_database_is_refused_by_name(void **state)
{
	struct place *p = *state;
	struct err err = {0};
	struct snapshot *s;
	assert_int_equal(league_load(p->database, 0, &s, &err), -ENOENT);
	assert_non_null(strstr(err.text, "league.db: No such file or directory"));
	assert_true(league_load(p->dir, 0, &s, &err) < 0);
	assert_non_null(strstr(err.text, p->dir));

	run_sql(p, "CREATE TABLE other (x)");
	assert_int_equal(league_load(p->database, 0, &s, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "not a league database"));
	assert_int_equal(unlink(p->database), 0);

	import_text(p, PLAYERS ANN_1);
	run_sql(p, "PRAGMA user_version = 9");
	assert_int_equal(league_load(p->database, 0, &s, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "version 9"));
	struct import *i;
	assert_int_equal(import_open(p->database, &i, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "version 9"));

	FILE *f = fopen(p->database, "w");
	assert_true(fputs("no database at all, just some text that is long enough to be looked at", f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(league_load(p->database, 0, &s, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "file is not a database"));
}

static void a_damaged_database_is_an_error(void **state)
{
	struct place *p = *state;
	struct err err = {0};
	struct snapshot *s;
	import_text(p, PLAYERS ANN_1);
	run_sql(p, "UPDATE player_games SET game_date = 'never'");
	assert_int_equal(league_load(p->database, 0, &s, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "the row with key \"0022400001/#11\" has no date"));
	run_sql(p, "DROP TABLE team_games; DELETE FROM player_games");
	assert_int_equal(league_load(p->database, 0, &s, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "no league database as propsd makes it: the table \"team_games\" is missing"));
}

static void a_league_is_one_file_that_can_be_read_where_nothing_can_be_written(void **state)
{
	struct place *p = *state;
	char other[128];
	import_text(p, PLAYERS ANN_1);
	text_format(other, sizeof(other), "%s-wal", p->database);
	assert_int_equal(access(other, F_OK), -1);
	assert_int_equal(chmod(p->database, 0400), 0);
	assert_int_equal(chmod(p->dir, 0500), 0);
	struct snapshot *s = load(p);
	assert_int_equal(s->row.count, 1);
	snapshot_drop(s);
	assert_int_equal(chmod(p->dir, 0700), 0);
	text_format(other, sizeof(other), "%s-shm", p->database);
	assert_int_equal(access(other, F_OK), -1); /* root could have made it */
}

static void an_import_that_was_cut_off_shows_in_the_snapshot(void **state)
{
	struct place *p = *state;
	import_text(p, PLAYERS ANN_1);
	run_sql(p, "UPDATE meta SET unfinished = 1");
	struct snapshot *s = load(p);
	assert_true(s->unfinished);
	snapshot_drop(s);
}

static void copy(const char *from, const char *to)
{
	char command[300];
	text_format(command, sizeof(command), "cp %s %s", from, to);
	assert_int_equal(system(command), 0);
}

static void a_write_that_was_killed_half_way_is_rolled_back(void **state)
{
	struct place *p = *state;
	char journal[128], killed[128], killed_journal[128];
	struct err err = {0};
	struct snapshot *s = NULL, *killed_s = NULL;
	struct str text = {0};
	str_text(&text, PLAYERS);
	for (int i = 1; i < 2000; i++)
		str_printf(&text,
			"2024-25,,2024-12-01,%d,Ann Able "
			"%d,LAL,GSW,1,1,30.5,20,8,2,6,5,1,3,4,3,8,15,2,5,2,2\n",
			i, i);
	import_text(p, text.data);
	str_done(&text);
	s = load(p);

	/* What a kill leaves: pages that were written before the commit, and the journal that undoes them. */
	text_format(journal, sizeof(journal), "%s-journal", p->database);
	text_format(killed, sizeof(killed), "%s/killed.db", p->dir);
	text_format(killed_journal, sizeof(killed_journal), "%s-journal", killed);
	sqlite3 *db;
	assert_int_equal(sqlite3_open(p->database, &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(db, "PRAGMA cache_size = 2; BEGIN; UPDATE player_games SET pts = 1", NULL, NULL, NULL),
		SQLITE_OK);
	copy(p->database, killed);
	copy(journal, killed_journal);
	sqlite3_close(db);

	if (league_load(killed, 0, &killed_s, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(fingerprint_equal(s->fingerprint, killed_s->fingerprint));
	assert_int_equal(access(killed_journal, F_OK), -1);
	snapshot_drop(killed_s);
	snapshot_drop(s);
}

/* --- real data
 * ---------------------------------------------------------------------------------------------------- */

static const char *real_data(void)
{
	const char *set = getenv("PROPSD_DATA");
	return set && *set ? set : SOURCE_DIR "/../shared/data/nba";
}

static void all_seasons_of_real_data_import_and_load(void **state)
{
	struct place *p = *state;
	static const char *const files[] = {"player_games_2015-16", "player_games_2016-17", "player_games_2017-18",
		"player_games_2018-19", "player_games_2019-20", "player_games_2023-24", "player_games_2024-25",
		"player_games_2025-26_to_2025-11-16", "team_games", "team_games_2025-26_to_2025-11-16",
		"schedule_2025-26", "game_odds_2014-15_2024-25", "game_closing_odds_to_2025-06"};
	struct err err = {0};
	struct import *i;
	int64_t number, rows = 0;
	bool changed;
#ifdef __SANITIZE_THREAD__
	print_message(
		"skipped: all_seasons_of_real_data_import_and_load: nothing here has a second thread, and it takes "
		"two minutes\n");
	skip();
#endif
	if (access(real_data(), R_OK) < 0) {
		print_message("skipped: all_seasons_of_real_data_import_and_load: no data at %s (PROPSD_DATA "
			      "says where)\n",
			real_data());
		skip();
	}
	for (int round = 0; round < 2; round++) {
		assert_int_equal(import_open(p->database, &i, &err), 0);
		for (size_t f = 0; f < sizeof(files) / sizeof(files[0]); f++) {
			char path[512];
			struct import_result r;
			text_format(path, sizeof(path), "%s/%s.csv.gz", real_data(), files[f]);
			if (import_file(i, path, NULL, &r, &err) < 0)
				fail_msg("%s", err.text);
			assert_int_equal(r.refused, 0);
			assert_int_equal(r.changed, 0);
			assert_int_equal(r.read, round == 0 ? r.added + r.skipped : r.unchanged + r.skipped);
			rows += r.added;
		}
		assert_int_equal(import_finish(i, &number, &changed, &err), 0);
		assert_int_equal(number, 1);
		assert_int_equal(changed, round == 0);
		import_close(i);
	}
	assert_true(rows > 200000);

	struct snapshot *s = load(p);
	assert_int_equal(s->teams, 30);
	assert_true(s->row.count > 180000);
	assert_true(s->bytes < 32 << 20);
	/* Every row belongs to a game of its two teams, and every played game has two team lines. */
	for (uint32_t row = 0; row < s->row.count; row++) {
		const struct snapshot_game *g = &s->game[s->row.game[row]];
		assert_int_equal(s->row.home[row] ? g->home : g->away, s->row.team[row]);
		assert_int_equal(s->row.home[row] ? g->away : g->home, s->row.opponent[row]);
		assert_false(isnan(g->home_points) || isnan(g->away_points));
	}
	uint32_t played = 0;
	for (uint32_t g = 0; g < s->games; g++)
		played += !isnan(s->game[g].home_points) && !isnan(s->game[g].away_points);
	assert_int_equal(s->team_row.count, 2 * played);
	assert_int_not_equal(snapshot_player_exact(s, "lukadoncic"), NO_INDEX);
	assert_int_not_equal(snapshot_player_exact(s, "jarenjacksonjr"), NO_INDEX);
	/* On neutral ground: the source names the home team as its own opponent. */
	const struct snapshot_game *neutral = &s->game[snapshot_game_by_league_id(s, "0022400147")];
	assert_string_equal(neutral->id, "20241102_MIA_WAS");
	uint32_t roster[64], count = snapshot_roster(s, snapshot_team(s, "WAS"), day("2025-11-15"), roster, 64);
	assert_in_range(count, 12, 30);
	snapshot_drop(s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_cell_arrives_in_its_column),
		TEST(games_gather_schedule_results_and_closing_lines),
		TEST(the_fingerprint_does_not_depend_on_the_order_of_imports),
		TEST(any_change_of_a_row_changes_the_fingerprint),
		TEST(a_larger_load_than_allowed_is_refused_with_both_figures),
		TEST(what_is_no_league_database_is_refused_by_name),
		TEST(a_damaged_database_is_an_error),
		TEST(a_league_is_one_file_that_can_be_read_where_nothing_can_be_written),
		TEST(an_import_that_was_cut_off_shows_in_the_snapshot),
		TEST(a_write_that_was_killed_half_way_is_rolled_back),
		TEST(all_seasons_of_real_data_import_and_load),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
