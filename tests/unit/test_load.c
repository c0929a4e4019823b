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

#include "base/arena.h"
#include "base/str.h"
#include "league/import.h"
#include "league/snapshot.h"
#include "league/team.h"
#include "model/live.h"
#include "model/model.h"

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
		"UPDATE player_games SET player = 'Béa Baker' WHERE player_id IS NULL",
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
	assert_int_equal(league_load(p->database, 0, &s, &err), -ENOTSUP);
	assert_non_null(strstr(err.text, "not a league database"));
	assert_int_equal(unlink(p->database), 0);

	import_text(p, PLAYERS ANN_1);
	run_sql(p, "PRAGMA user_version = 9");
	assert_int_equal(league_load(p->database, 0, &s, &err), -ENOTSUP);
	assert_non_null(strstr(err.text, "version 9"));
	struct import *i;
	assert_int_equal(import_open(p->database, &i, &err), -ENOTSUP);
	assert_non_null(strstr(err.text, "version 9"));

	FILE *f = fopen(p->database, "w");
	assert_true(fputs("no database at all, just some text that is long enough to be looked at", f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(league_load(p->database, 0, &s, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "file is not a database"));
}

static void copy(const char *from, const char *to)
{
	char command[300];
	text_format(command, sizeof(command), "cp %s %s", from, to);
	assert_int_equal(system(command), 0);
}

/* A league with all tables filled; a copy of it at good.db. */
static void full_league(const struct place *p)
{
	char good[128];
	import_text(p, PLAYERS ANN_1 ANN_2 BEA_1);
	import_text(p, TEAMS);
	import_text(p, SCHEDULE);
	import_text(p, CLOSING);
	import_text(p, ODDS);
	text_format(good, sizeof(good), "%s/good.db", p->dir);
	copy(p->database, good);
}

static void full_league_again(const struct place *p)
{
	char good[128];
	text_format(good, sizeof(good), "%s/good.db", p->dir);
	copy(good, p->database);
}

static void assert_refused(const struct place *p, const char *how, const char *says)
{
	struct err err = {0};
	struct snapshot *s = NULL;
	int r = league_load(p->database, 0, &s, &err);
	if (r != -EBADMSG || s || !strstr(err.text, says) || !strstr(err.text, p->database))
		fail_msg("%s: %d: %s", how, r, err.text);
}

static void a_league_has_its_own_teams_or_the_nba_s(void **state)
{
	struct place *p = *state;
	const char *code;
	import_text(p, "code,name,aliases\nRED,Rodby Rockets,R1\nBLU,,\n");
	import_text(p, PLAYERS "2024-25,,2024-12-01,,Ann Able,R1,BLU,1,1,30.5,20,8,2,6,5,1,3,4,3,8,15,2,5,2,2\n");
	struct snapshot *s = load(p);
	struct fingerprint before = s->fingerprint;
	assert_true(teams_own(s->spellings));
	assert_int_equal(teams_find(s->spellings, "rockets", 7, &code), TEAMS_NONE);
	assert_int_equal(teams_find(s->spellings, "rodby rockets", 13, &code), TEAMS_ONE);
	assert_string_equal(code, "RED");
	assert_string_equal(s->team[s->row.team[0]], "RED");
	assert_int_equal(s->row.count, 1);
	snapshot_drop(s);

	import_text(p, "code,name,aliases\nRED,Rodby Rockets,R1|Rockets\n"); /* events mean something else by it */
	s = load(p);
	assert_false(fingerprint_equal(before, s->fingerprint));
	assert_int_equal(teams_find(s->spellings, "rockets", 7, &code), TEAMS_ONE);
	snapshot_drop(s);

	static const char *const changes[][2] = {
		{"UPDATE teams SET code = 'red' WHERE key = 'RED'",
			"table teams, code \"red\": code: a team's code is three"},
		{"UPDATE teams SET code = 'BLU' WHERE key = 'RED'",
			"table teams, code \"BLU\": team BLU is there already"},
		{"UPDATE teams SET code = 'RID' WHERE key = 'RED'",
			"column team, value \"RED\": no team of the league; there"},
		{"UPDATE teams SET code = 'RED', name = CAST(x'ff' AS TEXT) WHERE key = 'RED'",
			"table teams: bytes that are no text"},
	};
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		run_sql(p, changes[i][0]);
		assert_refused(p, changes[i][0], changes[i][1]);
	}
}

#define ANN_KEY "WHERE key = '0022400001/#11'"
#define BEA_KEY "WHERE key = '0022400001/beabaker'"
#define LAL_KEY "WHERE key = '0022400001/LAL'"
#define AT_ANN "table player_games, key \"0022400001/#11\", column "
#define AT_BEA "table player_games, key \"0022400001/beabaker\", column "
#define AT_LAL "table team_games, key \"0022400001/LAL\", column "

static void a_row_that_import_would_refuse_is_refused_with_table_key_column_and_value(void **state)
{
	struct place *p = *state;
	static const struct {
		const char *change, *says;
	} rows[] = {
		{"player_games SET min = 1e18 " ANN_KEY,
			AT_ANN "min, value \"1e+18\": a number from 0 to 120 is right; import"},
		{"player_games SET min = -0.5 " ANN_KEY, AT_ANN "min, value \"-0.5\": a number from 0 to 120"},
		{"player_games SET min = 9e999 " ANN_KEY, AT_ANN "min, value \"inf\": a number from 0 to 120"},
		{"player_games SET min = -9e999 " ANN_KEY, AT_ANN "min, value \"-inf\": a number from 0 to 120"},
		{"player_games SET pts = 151 " ANN_KEY,
			AT_ANN "pts, value \"151\": a whole number from 0 to 150 is right"},
		{"player_games SET pts = -1 " ANN_KEY, AT_ANN "pts, value \"-1\": a whole number"},
		{"player_games SET fta = 9223372036854775807 " ANN_KEY,
			AT_ANN "fta, value \"9223372036854775807\": a whole"},
		{"player_games SET fta = -9223372036854775807 - 1 " ANN_KEY,
			AT_ANN "fta, value \"-9223372036854775808\""},
		{"player_games SET fgm = 16 " ANN_KEY, AT_ANN "fgm, value \"16\": cannot be more than fga, which is 15"},
		{"player_games SET plus_minus = 1e5 " ANN_KEY,
			AT_ANN "plus_minus, value \"100000\": a whole number from -150"},
		{"player_games SET game_date = 'never' " ANN_KEY,
			AT_ANN "game_date, value \"never\": a date is written like"},
		{"player_games SET game_date = '' " ANN_KEY, AT_ANN "game_date, value \"\": a date is written like"},
		{"player_games SET game_date = '2024-02-30' " ANN_KEY, AT_ANN "game_date, value \"2024-02-30\": a date"},
		{"player_games SET game_date = '20241201' " ANN_KEY,
			AT_ANN "game_date, value \"20241201\": a date is written"},
		{"player_games SET game_date = '2024-12-1x' " ANN_KEY, AT_ANN "game_date, value \"2024-12-1x\": a date"},
		{"player_games SET game_date = '1891-12-21' " ANN_KEY,
			AT_ANN "game_date, value \"1891-12-21\": a date from 1946"},
		{"player_games SET game_date = '2100-01-01' " ANN_KEY,
			AT_ANN "game_date, value \"2100-01-01\": a date from 1946"},
		{"player_games SET season = '2024-26' " ANN_KEY,
			AT_ANN "season, value \"2024-26\": a season is written like"},
		{"player_games SET season = '2031-32' " ANN_KEY,
			AT_ANN "season, value \"2031-32\": no season of a game on 2024"},
		{"player_games SET season = '2022-23' " ANN_KEY,
			AT_ANN "season, value \"2022-23\": no season of a game on 2024"},
		{"player_games SET player = '' " BEA_KEY,
			AT_BEA "player, value \"\": a player's name has at least one letter"},
		{"player_games SET player = '...' " BEA_KEY,
			AT_BEA "player, value \"...\": a player's name has at least one"},
		{"player_games SET player = hex(zeroblob(40000)) " BEA_KEY, AT_BEA "player, value \"0000000000"},
		{"player_games SET player = CAST(x'42ff' AS TEXT) " BEA_KEY,
			AT_BEA "player, value \"bytes that are no text\": a"},
		{"player_games SET player = CAST(x'42006561' AS TEXT) " BEA_KEY,
			AT_BEA "player, value \"bytes that are no text\""},
		{"player_games SET player = 'Ben Baker' " BEA_KEY,
			AT_BEA "player_lookup, value \"beabaker\": the lookup of this "
			       "player's name is benbaker"},
		{"player_games SET season_type = hex(zeroblob(51)) " BEA_KEY, AT_BEA "season_type, value \"00000"},
		{"player_games SET player_id = 0 " ANN_KEY,
			AT_ANN "player_id, value \"0\": a player id is a whole number above 0"},
		{"player_games SET player_id = -7 " ANN_KEY,
			AT_ANN "player_id, value \"-7\": a player id is a whole number"},
		{"player_games SET player_id = 1 << 60 " ANN_KEY,
			AT_ANN "player_id, value \"1152921504606846976\": a player id"},
		{"player_games SET player_id = 12 " ANN_KEY,
			AT_ANN "key, value \"0022400001/#11\": the key of a row with these "
			       "values is \"0022400001/#12\""},
		{"player_games SET team = 'XYZ' " ANN_KEY,
			AT_ANN "team, value \"XYZ\": no team of the league; there are ATL BKN"},
		{"player_games SET team = 'lal' " ANN_KEY, AT_ANN "team, value \"lal\": the team's code is LAL"},
		{"player_games SET opponent = 'BRK' " ANN_KEY, AT_ANN "opponent, value \"BRK\": the team's code is BKN"},
		{"player_games SET opponent = 'LAL' " ANN_KEY,
			AT_ANN "opponent, value \"LAL\": a team cannot be its own opponent"},
		{"player_games SET home = 2 " ANN_KEY, AT_ANN "home, value \"2\": 0 or 1 is right"},
		{"player_games SET starter = -1 " ANN_KEY, AT_ANN "starter, value \"-1\": 0 or 1 is right"},
		{"player_games SET game_id = '22400001' " ANN_KEY,
			AT_ANN "game_id, value \"22400001\": a game id has ten digits"},
		{"player_games SET game_id = NULL " ANN_KEY,
			AT_ANN "key, value \"0022400001/#11\": the key of a row with these"},
		{"player_games SET key = 'a' || char(10) || hex(zeroblob(80)) " ANN_KEY,
			"table player_games, key \"a?0000000"},
		{"player_games SET key = CAST(x'ff' AS TEXT) " ANN_KEY,
			"table player_games, key \"bytes that are no text\", column key, value \"bytes"},
		{"team_games SET min = 600.5 " LAL_KEY, AT_LAL "min, value \"600.5\": a number from 0 to 600 is right"},
		{"team_games SET tov = 126 " LAL_KEY,
			AT_LAL "tov, value \"126\": a whole number from 0 to 125 is right"},
		{"team_games SET team = '' " LAL_KEY, AT_LAL "team, value \"\": no team of the league"},
		{"schedule SET tip_ms = -1 WHERE key = '0022500002'",
			"table schedule, key \"0022500002\", column tip_ms, value "
			"\"-1\": a time in milliseconds since 1970, from 2000 to 2099, is right"},
		{"schedule SET tip_ms = 9223372036854775807 WHERE key = '0022500002'",
			"column tip_ms, value \"9223372036854775807\""},
		{"schedule SET away = '' WHERE key = '0022500002'",
			"key \"0022500002\", column away, value \"\": games whose teams"},
		{"schedule SET home = 'MEL' WHERE key = '0022500002'",
			"key \"0022500002\", column home, value \"MEL\": no team"},
		{"schedule SET home = 'GSW' WHERE key = '0022500002'",
			"column away, value \"GSW\": a team cannot play against itself"},
		{"schedule SET game_date = '0000-00-00' WHERE key = '0022500002'",
			"column game_date, value \"0000-00-00\": a date"},
		{"game_odds SET total = 1e300",
			"table game_odds, key \"20241201_GSW_LAL\", column total, value \"1e+300\": a number "
			"from 100 to 400 is right"},
		{"game_odds SET spread_home = -9e999",
			"column spread_home, value \"-inf\": a number from -80 to 80 is right"},
		{"game_odds SET away = 'LAL'", "column away, value \"LAL\": a team cannot play against itself"},
		{"game_closing_odds SET commence_ms = 1 WHERE key = 'zz'",
			"table game_closing_odds, key \"zz\", column commence_ms"},
		{"game_closing_odds SET event_id = 'yy' WHERE key = 'zz'",
			"key \"zz\", column key, value \"zz\": the key of a row"},
		{"meta SET number = -1",
			"table meta, column number, value \"-1\": a whole number from 0 to 9007199254740991 is right"},
		{"meta SET number = 9223372036854775807",
			"table meta, column number, value \"9223372036854775807\": a whole number"},
	};
	full_league(p);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char sql[256];
		text_format(sql, sizeof(sql), "UPDATE %s", rows[i].change);
		run_sql(p, sql);
		assert_refused(p, rows[i].change, rows[i].says);
		full_league_again(p);
	}
	snapshot_drop(load(p)); /* so it was always that one row */
}

/* Values that a STRICT table does not take: what is there when a disk has damaged it, or a program that does not
 * care. The file says of itself that it is as it should be. */
static void put_loosely(const struct place *p, const char *table, const char *sql)
{
	static const char *const swaps[2] = {"UPDATE sqlite_master SET sql = replace(replace(replace(sql, ' NOT NULL', "
					     "'/*NOT NULL*/'), ' STRICT', '/*STRICT*/'), '*/, WITHOUT', '*/ WITHOUT')",
		"UPDATE sqlite_master SET sql = replace(replace(replace(sql, '*/ WITHOUT', '*/, WITHOUT'), '/*STRICT*/', "
		"' STRICT'), '/*NOT NULL*/', ' NOT NULL')"};
	for (int i = 0; i < 2; i++) {
		char swap[512];
		text_format(swap, sizeof(swap), "PRAGMA writable_schema = ON; %s WHERE name = '%s'", swaps[i], table);
		run_sql(p, swap);
		if (i == 0)
			run_sql(p, sql);
	}
}

static void a_value_of_another_type_is_refused_likewise(void **state)
{
	struct place *p = *state;
	static const struct {
		const char *table, *set, *says;
	} rows[] = {
		{"player_games", "pts = '20x' " ANN_KEY,
			AT_ANN "pts, value \"20x\": a whole number from 0 to 150 is right;"},
		{"player_games", "pts = 2.5 " ANN_KEY,
			AT_ANN "pts, value \"2.5\": a whole number from 0 to 150 is right;"},
		{"player_games", "pts = NULL " ANN_KEY, AT_ANN "pts, value \"\": must not be empty"},
		{"player_games", "pts = x'3230' " ANN_KEY,
			AT_ANN "pts, value \"bytes that are no text\": a whole number"},
		{"player_games", "pts = '' " ANN_KEY, AT_ANN "pts, value \"\": a whole number from 0 to 150 is right"},
		{"player_games", "min = 'nan' " ANN_KEY, AT_ANN "min, value \"nan\": a number from 0 to 120 is right"},
		{"player_games", "min = NULL " ANN_KEY, AT_ANN "min, value \"\": must not be empty"},
		{"player_games", "home = 'yes' " ANN_KEY, AT_ANN "home, value \"yes\": 0 or 1 is right"},
		{"player_games", "home = 0.5 " ANN_KEY, AT_ANN "home, value \"0.5\": 0 or 1 is right"},
		{"player_games", "player_id = 'eleven' " ANN_KEY,
			AT_ANN "player_id, value \"eleven\": a player id is a whole"},
		{"player_games", "player = NULL " ANN_KEY, AT_ANN "player, value \"\": must not be empty"},
		{"player_games", "player = x'416e6e' " ANN_KEY,
			AT_ANN "player, value \"bytes that are no text\": a player's name"},
		{"player_games", "player_lookup = NULL " ANN_KEY, AT_ANN "player_lookup, value \"\": must not be empty"},
		{"player_games", "team = NULL " ANN_KEY, AT_ANN "team, value \"\": must not be empty"},
		{"player_games", "game_date = NULL " ANN_KEY, AT_ANN "game_date, value \"\": must not be empty"},
		{"player_games", "game_date = x'323032342d31322d3031' " ANN_KEY,
			AT_ANN "game_date, value \"bytes that are no"},
		{"player_games", "season = x'00' " ANN_KEY, AT_ANN "season, value \"bytes that are no text\": a season"},
		{"team_games", "min = x'00' " LAL_KEY,
			AT_LAL "min, value \"bytes that are no text\": a number from 0 to 600"},
		{"schedule", "tip_ms = 'soon' WHERE key = '0022500002'",
			"column tip_ms, value \"soon\": a time is written like"},
		{"schedule", "tip_ms = 1e300 WHERE key = '0022500002'",
			"column tip_ms, value \"1e+300\": a time is written like"},
		{"schedule", "away = NULL WHERE key = '0022500002'",
			"column away, value \"\": games whose teams are not known"},
		{"game_odds", "total = 'high'", "column total, value \"high\": a number from 100 to 400 is right"},
		{"game_odds", "total = x'ff'", "column total, value \"bytes that are no text\": a number"},
		{"meta", "number = NULL", "table meta, column number"},
		{"meta", "number = 'one'", "table meta, column number"},
		{"meta", "number = 1e300", "table meta, column number"},
	};
	full_league(p);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char sql[256];
		text_format(sql, sizeof(sql), "UPDATE %s SET %s", rows[i].table, rows[i].set);
		put_loosely(p, rows[i].table, sql);
		assert_refused(p, sql, rows[i].says);
		full_league_again(p);
	}
}

static void a_league_without_its_number_is_refused_and_not_taken_for_no_league(void **state)
{
	struct place *p = *state;
	struct err err = {0};
	struct import *i = NULL;
	full_league(p);
	run_sql(p, "DELETE FROM meta");
	assert_refused(p, "no meta", "table meta is empty, and one row is right");
	assert_int_equal(import_open(p->database, &i, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "table meta is empty"));
	assert_null(i);
}

static void a_database_whose_tables_are_not_ours_is_refused(void **state)
{
	struct place *p = *state;
	full_league(p);
	run_sql(p, "DROP TABLE team_games");
	assert_refused(p, "dropped", "no league database as propsd makes it: the table \"team_games\" is missing");
	full_league_again(p);
	run_sql(p, "ALTER TABLE schedule DROP COLUMN tip_ms");
	assert_refused(p, "altered", "no league database as propsd makes it: the table \"schedule\" is another");
	full_league_again(p);
	run_sql(p, "PRAGMA user_version = 0");
	assert_refused(p, "older", "league database of version 0, this propsd reads version");
}

/* Whatever bytes stand in the file: the load fails with a message, or what it gave is a league that the model takes. */
static void a_damaged_file_is_refused_or_makes_a_league_and_never_a_crash(void **state)
{
	struct place *p = *state;
	struct err err = {0};
	const char *set = getenv("PROPSD_SEED");
	unsigned seed = set ? (unsigned)atoi(set) : 20261130, refused = 0;
	static unsigned char good[1 << 20], bad[sizeof(good)];
	full_league(p);
	FILE *f = fopen(p->database, "rb");
	size_t size = fread(good, 1, sizeof(good), f);
	fclose(f);
	assert_in_range(size, 4096, sizeof(good) - 1);
	for (int round = 0; round < 400; round++) {
		struct snapshot *s = NULL;
		memcpy(bad, good, size);
		for (int n = 1 << rand_r(&seed) % 8; n > 0; n--)
			bad[(unsigned)rand_r(&seed) % size] = (unsigned char)rand_r(&seed);
		f = fopen(p->database, "wb");
		/* Every fourth one is cut off, too. */
		assert_true(fwrite(bad, 1, round % 4 == 0 ? (unsigned)rand_r(&seed) % size : size, f) > 0);
		assert_int_equal(fclose(f), 0);
		if (league_load(p->database, 0, &s, &err) < 0) {
			assert_null(s);
			assert_non_null(strstr(err.text, p->database));
			refused++;
			continue;
		}
		assert_int_equal(model_prepare(s), 0);
		snapshot_drop(s);
	}
	assert_in_range(refused, 100, 399);
}

/* The same bytes in two rows' keys: no SQL does that, a disk can. */
static void a_row_that_comes_twice_is_refused(void **state)
{
	struct place *p = *state;
	static char bytes[1 << 20];
	import_text(p, PLAYERS ANN_1 ANN_2);
	FILE *f = fopen(p->database, "r+b");
	size_t size = fread(bytes, 1, sizeof(bytes), f);
	for (char *at = bytes; (at = memmem(at, size - (size_t)(at - bytes), "0022500002", 10)); at += 10)
		memcpy(at, "0022400001", 10);
	rewind(f);
	assert_int_equal(fwrite(bytes, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
	assert_refused(
		p, "twice", "table player_games, key \"0022400001/#11\" stands there twice or in the wrong place");
}

static int64_t no_time(void)
{
	return 0;
}

static void run_model(const struct snapshot *s, const char *player)
{
	struct live_quote quotes[] = {{MARKET_POINTS, false, "one", 2050, -110, -110}};
	struct live live = {.date = day("2025-03-02"),
		.player = player,
		.game_id = "20250302_LAL_BOS",
		.team = "LAL",
		.opponent = "BOS",
		.injury_reason = "",
		.starter = -1,
		.quotes = quotes,
		.quote_count = 1};
	struct model_options options = {.neighbours = 10, .min_edge = 0.03};
	struct context context;
	struct stage_record record = {.present = true};
	struct model_memory memory = {0};
	struct model_result result;
	struct arena *arena = arena_new();
	context_compute(s, &live, &context);
	assert_int_equal(model_run(s, &options, &live, &context, &record, &memory, arena, no_time, &result), 0);
	assert_true(result.has_history);
	for (int i = 0; i < MARKET_COUNT; i++)
		assert_true(isfinite(result.figures[i].mean) && isfinite(result.figures[i].sd));
	assert_true(isfinite(result.prices[0].p_over));
	for (int i = 0; i < STAGE_COUNT; i++)
		free((void *)(uintptr_t)memory.next[i]);
	arena_free(arena);
}

/* Each figure nothing, or the most that import takes. */
static void rows_at_the_limits_give_finite_figures(void **state)
{
	struct place *p = *state;
	static const char *const teams[] = {"LAL", "GSW", "BOS"};
	static const int most[] = {120, 150, 60, 40, 60, 40, 20, 20, 25, 16};
	const char *set = getenv("PROPSD_SEED");
	unsigned seed = set ? (unsigned)atoi(set) : 20261130;
	for (int round = 0; round < 24; round++) {
		struct str text = {0};
		unsigned share = 1 + (unsigned)rand_r(&seed) % 8;
		bool nothing = round == 0, everything = round == 1;
		str_text(&text, PLAYERS);
		for (int n = 0; n < 40 * 4; n++) {
			int team = n % 2, player = n / 2 % 2, game = n / 4, home = team == game % 2;
			bool shots = !nothing && (everything || (unsigned)rand_r(&seed) % 8 < share);
			str_printf(&text, "2024-25,,2024-%02d-%02d,%d,Player %d,%s,%s,%d,", 11 + game / 28,
				1 + game % 28, 1 + team + 2 * player, 1 + team + 2 * player,
				teams[team * (1 + game % 2)], teams[(1 - team) * (1 + game % 2)], home);
			for (size_t i = 0; i < sizeof(most) / sizeof(most[0]); i++)
				str_printf(&text, ",%d",
					nothing ? i == 0 /* minutes: else nobody played */
					: everything || (unsigned)rand_r(&seed) % 8 < share ? most[i]
											    : 0);
			str_text(&text, shots ? ",60,90,30,50,50,60\n" : ",0,0,0,0,0,0\n");
		}
		import_text(p, text.data);
		str_done(&text);
		struct snapshot *s = load(p);
		assert_int_equal(s->players, 4);
		assert_int_equal(model_prepare(s), 0);
		for (uint32_t i = 0; i < s->players; i++)
			run_model(s, s->player[i].lookup);
		snapshot_drop(s);
		assert_int_equal(unlink(p->database), 0);
	}
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

/* --- rows that are no games ------------------------------------------------------------------------------------- */

#define GAMES \
	"season_type,game_id,game_date,player_id,player,team,opponent,home,min,pts,reb,oreb,dreb,ast,stl,blk,tov,pf,fgm,fga,tpm," \
	"tpa,ftm,fta,plus_minus\n"
#define ANN_ON(type, id, date) type "," id "," date ",11,Ann Able,LAL,GSW,1,33,20,8,2,6,5,1,3,4,3,8,15,2,5,2,2,7\n"
#define REGULAR \
	GAMES ANN_ON("regular", "0022600011", "2026-10-21") ANN_ON("regular", "0022600021", "2026-10-23") \
		ANN_ON("regular", "0022600031", "2026-10-25")
#define CAMEO "regular,0022600011,2026-10-21,12,Bea Baker,LAL,GSW,1,0,0,0,0,0,0,0,0,0,1,0,0,0,0,0,0,0\n"
#define SECOND "regular,0022600011,2026-10-21,13,Cid Cole,LAL,GSW,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,-2\n"

static struct fingerprint fingerprint_of_league(const struct place *p, int64_t left_out)
{
	struct snapshot *s = load(p);
	struct fingerprint f = s->fingerprint;
	assert_int_equal(s->left_out, left_out);
	snapshot_drop(s);
	return f;
}

/* The same fingerprint is the same league, and so the same projections. */
static void a_league_is_the_same_with_and_without_rows_that_are_no_games(void **state)
{
	struct place *p = *state;
	static const char *const with[] = {
		ANN_ON("preseason", "0012600011", "2026-10-05") ANN_ON("Pre-Season", "0012600012", "2026-10-07"),
		ANN_ON("", "0012600011", "2026-10-05") ANN_ON("", "0012600012", "2026-10-07"),
		ANN_ON("All-Star", "0032600001", "2027-02-14") ANN_ON("", "0032600002", "2027-02-14"),
		("regular,0022600041,2026-10-27,11,Ann Able,LAL,GSW,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0\n"
		 "regular,0022600051,2026-10-29,11,Ann Able,LAL,GSW,1,DNP - Coach's Decision,,,,,,,,,,,,,,,,\n"),
	};
	import_text(p, REGULAR CAMEO SECOND);
	struct fingerprint right = fingerprint_of_league(p, 0);
	assert_int_equal(unlink(p->database), 0);
	for (size_t i = 0; i < sizeof(with) / sizeof(with[0]); i++) {
		struct str text = {0};
		str_printf(&text, "%s%s%s", REGULAR CAMEO, with[i], SECOND);
		import_text(p, text.data);
		str_done(&text);
		if (!fingerprint_equal(fingerprint_of_league(p, 0), right))
			fail_msg("%s", with[i]);
		assert_int_equal(unlink(p->database), 0);
	}
}

/* As an older version stored them, who took every text for a part of a season and every row for a game. */
static void rows_of_an_older_import_that_are_no_games_are_left_out_when_loaded(void **state)
{
	struct place *p = *state;
	static const struct {
		const char *set, *says;
	} rows[] = {
		{"min = 0, pts = 0, reb = 0, oreb = 0, dreb = 0, ast = 0, stl = 0, blk = 0, tov = 0, pf = 0, fgm = 0, fga = 0, "
		 "tpm = 0, tpa = 0, ftm = 0, fta = 0, plus_minus = 0",
			"column player: players who did not play (0 minutes and no statistics)"},
		{"min = 0, pts = 0, reb = 0, oreb = 0, dreb = 0, ast = 0, stl = 0, blk = 0, tov = 0, pf = 0, fgm = 0, fga = 0, "
		 "tpm = 0, tpa = 0, ftm = 0, fta = 0, plus_minus = NULL",
			"players who did not play"},
		{"season_type = 'preseason'", "column season_type: preseason games"},
		{"season_type = 'Pre Season'", "column season_type: preseason games"},
		{"season_type = 'All-Star'", "column season_type: All-Star games"},
		{"season_type = NULL, game_id = '0012600041', key = '0012600041/#11'",
			"column game_id: preseason games"},
		{"season_type = NULL, game_id = '0032600041', key = '0032600041/#11'", "column game_id: All-Star games"},
		{"season = '2025-26', game_date = '2026-11-27'",
			"key \"0022600041/#11\", column season: no season of a game on 2026-11-27"},
		{"game_id = '0022100041', key = '0022100041/#11'", "column game_id: a number of season 2021-22"},
		{"season_type = 'Regular Season', game_id = '0012600041', key = '0012600041/#11'",
			"column season_type: game_id \"0012600041\" is a number of preseason games"},
	};
	import_text(p, REGULAR CAMEO SECOND);
	struct fingerprint right = fingerprint_of_league(p, 0);
	import_text(p, GAMES ANN_ON("regular", "0022600041", "2026-10-27"));
	char good[128];
	text_format(good, sizeof(good), "%s/good.db", p->dir);
	copy(p->database, good);
	assert_false(fingerprint_equal(fingerprint_of_league(p, 0), right));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char sql[400];
		text_format(sql, sizeof(sql), "UPDATE player_games SET %s WHERE key = '0022600041/#11'", rows[i].set);
		run_sql(p, sql);
		struct snapshot *s = load(p);
		assert_int_equal(s->left_out, 1);
		if (!strstr(s->first_left_out, rows[i].says) ||
			!strstr(s->first_left_out, "table player_games, key \"00"))
			fail_msg("%s", s->first_left_out);
		if (!fingerprint_equal(s->fingerprint, right))
			fail_msg("not the same by: %s", rows[i].set);
		snapshot_drop(s);
		copy(good, p->database);
	}
}

static void a_part_of_a_season_in_another_spelling_counts_as_before(void **state)
{
	struct place *p = *state;
	static const char *const types[] = {"Regular Season", "Playoffs", "Play-In", "IST", "group stage", ""};
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		char sql[128];
		import_text(p, REGULAR);
		text_format(sql, sizeof(sql), "UPDATE player_games SET season_type = '%s'", types[i]);
		run_sql(p, sql);
		struct snapshot *s = load(p);
		assert_int_equal(s->row.count, 3);
		assert_int_equal(s->left_out, 0);
		snapshot_drop(s);
		assert_int_equal(unlink(p->database), 0);
	}
}

/* --- real data -------------------------------------------------------------------------------------------------- */

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
		int64_t skipped = 0;
		assert_int_equal(import_open(p->database, &i, &err), 0);
		assert_int_equal(import_zone(i, "America/New_York", &err), 0);
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
			skipped += r.skipped;
		}
		assert_int_equal(skipped, 128 + 13); /* who did not play; games of the schedule with no two teams */
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
		TEST(a_league_has_its_own_teams_or_the_nba_s),
		TEST(games_gather_schedule_results_and_closing_lines),
		TEST(the_fingerprint_does_not_depend_on_the_order_of_imports),
		TEST(any_change_of_a_row_changes_the_fingerprint),
		TEST(a_larger_load_than_allowed_is_refused_with_both_figures),
		TEST(what_is_no_league_database_is_refused_by_name),
		TEST(a_row_that_import_would_refuse_is_refused_with_table_key_column_and_value),
		TEST(a_value_of_another_type_is_refused_likewise),
		TEST(a_league_without_its_number_is_refused_and_not_taken_for_no_league),
		TEST(a_database_whose_tables_are_not_ours_is_refused),
		TEST(a_damaged_file_is_refused_or_makes_a_league_and_never_a_crash),
		TEST(a_row_that_comes_twice_is_refused),
		TEST(rows_at_the_limits_give_finite_figures),
		TEST(a_league_is_one_file_that_can_be_read_where_nothing_can_be_written),
		TEST(an_import_that_was_cut_off_shows_in_the_snapshot),
		TEST(a_write_that_was_killed_half_way_is_rolled_back),
		TEST(a_league_is_the_same_with_and_without_rows_that_are_no_games),
		TEST(rows_of_an_older_import_that_are_no_games_are_left_out_when_loaded),
		TEST(a_part_of_a_season_in_another_spelling_counts_as_before),
		TEST(all_seasons_of_real_data_import_and_load),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
