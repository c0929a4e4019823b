/*
 * The tables are read one after the other within one read transaction, so that what is loaded is one state of
 * the league. Their order only matters where figures for one game meet: results first, then the schedule;
 * mean closing lines before the sharper ones of game_odds, which so win.
 */
#include "league/load.h"

#include <errno.h>
#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "league/build.h"
#include "league/schema.h"
#include "league/snapshot.h"

struct load {
	sqlite3 *db;
	struct build *build;
	struct err *err;
};

static int fail(struct load *l)
{
	return schema_fail(l->db, "cannot be read", l->err);
}

static const char *text_at(sqlite3_stmt *s, int column)
{
	const char *text = (const char *)sqlite3_column_text(s, column);
	return text ? text : "";
}

static float number_at(sqlite3_stmt *s, int column)
{
	return sqlite3_column_type(s, column) == SQLITE_NULL ? NAN : (float)sqlite3_column_double(s, column);
}

static bool date_at(sqlite3_stmt *s, int column, date_t *ret)
{
	const char *text = text_at(s, column);
	return date_parse(text, strlen(text), ret);
}

/* Ten digits, else it says no more than date and teams. */
static const char *league_id_at(sqlite3_stmt *s, int column)
{
	const char *text = text_at(s, column);
	return strlen(text) == 10 && strspn(text, "0123456789") == 10 ? text : "";
}

static int bad_row(struct load *l, sqlite3_stmt *s, int key)
{
	return err_set(l->err, -EPROTO,
		"the row with key \"%s\" has no date; import the files again into a new database",
		text_at(s, key));
}

/* --- one row a table
 * ---------------------------------------------------------------------------------------------- */

static int player_row(struct load *l, sqlite3_stmt *s)
{
	struct build_line line = {
		.name = text_at(s, 0),
		.person_id = sqlite3_column_int64(s, 1),
		.season = atoi(text_at(s, 3)),
		.team = text_at(s, 4),
		.opponent = text_at(s, 5),
		.home = sqlite3_column_int(s, 6),
		.league_id = league_id_at(s, 7),
		.starter = sqlite3_column_type(s, 8) == SQLITE_NULL ? -1 : sqlite3_column_int(s, 8) != 0,
		.minutes = number_at(s, 9),
		.fga = number_at(s, 10),
		.fta = number_at(s, 11),
		.oreb = number_at(s, 12),
		.fouls = number_at(s, 13),
	};
	for (int i = 0; i < STAT_COUNT; i++)
		line.stat[i] = number_at(s, 14 + i);
	return date_at(s, 2, &line.date) ? build_line(l->build, &line, l->err)
					 : bad_row(l, s, 14 + STAT_COUNT);
}

static int team_row(struct load *l, sqlite3_stmt *s)
{
	struct build_team_line line = {
		.team = text_at(s, 1),
		.opponent = text_at(s, 2),
		.home = sqlite3_column_int(s, 3),
		.league_id = league_id_at(s, 4),
		.minutes = number_at(s, 5),
		.fga = number_at(s, 6),
		.fta = number_at(s, 7),
		.oreb = number_at(s, 8),
	};
	for (int i = 0; i < STAT_COUNT; i++)
		line.stat[i] = number_at(s, 9 + i);
	return date_at(s, 0, &line.date) ? build_team_line(l->build, &line, l->err)
					 : bad_row(l, s, 9 + STAT_COUNT);
}

static int schedule_row(struct load *l, sqlite3_stmt *s)
{
	struct build_game game = {.away = text_at(s, 1),
		.home = text_at(s, 2),
		.league_id = league_id_at(s, 3),
		.tip_ms = sqlite3_column_int64(s, 4)};
	return date_at(s, 0, &game.date) ? build_game(l->build, &game, l->err) : bad_row(l, s, 5);
}

static int odds_row(struct load *l, sqlite3_stmt *s)
{
	struct build_odds odds = {.away = text_at(s, 1),
		.home = text_at(s, 2),
		.total = number_at(s, 3),
		.spread = number_at(s, 4),
		.tip_ms = sqlite3_column_int64(s, 5)};
	return date_at(s, 0, &odds.date) ? build_odds(l->build, &odds, l->err) : bad_row(l, s, 6);
}

#define STATS "pts, reb, ast, tpm, stl, blk, tov" /* in the order of enum statistic */

/* By key, downwards: of two lines for one player and game the later stands, and a league's game id ("00...")
 * comes after one made of the date ("20..."). */
static const struct {
	const char *sql;
	int (*row)(struct load *l, sqlite3_stmt *s);
} tables[] = {
	{"SELECT player, player_id, game_date, season, team, opponent, home, game_id, starter, min, fga, "
	 "fta, oreb, pf, " STATS ", key FROM player_games ORDER BY key DESC",
		player_row},
	{"SELECT game_date, team, opponent, home, game_id, min, fga, fta, oreb, " STATS
	 ", key FROM team_games ORDER BY key DESC",
		team_row},
	{"SELECT game_date, away, home, game_id, tip_ms, key FROM schedule ORDER BY key DESC", schedule_row},
	/* A book may list a game twice: the listing that began later is the one that was kept up. */
	{"SELECT game_date, away, home, total, spread_home, commence_ms, key FROM game_closing_odds ORDER BY "
	 "commence_ms, key",
		odds_row},
	{"SELECT game_date, away, home, total, spread_home, NULL, key FROM game_odds ORDER BY key", odds_row},
};

static int read_table(struct load *l, const char *sql, int (*row)(struct load *, sqlite3_stmt *))
{
	sqlite3_stmt *s = NULL;
	int r = 0, step = SQLITE_ERROR;
	if (sqlite3_prepare_v2(l->db, sql, -1, &s, NULL) == SQLITE_OK) {
		while (r >= 0 && (step = sqlite3_step(s)) == SQLITE_ROW)
			r = row(l, s);
	}
	if (r >= 0 && step != SQLITE_DONE)
		r = fail(l);
	sqlite3_finalize(s);
	return r < 0 ? r : 0;
}

static int read_meta(struct load *l, int64_t *ret_number, bool *ret_unfinished)
{
	sqlite3_stmt *s = NULL;
	int r = 0;
	if (sqlite3_prepare_v2(l->db, "SELECT number, unfinished FROM meta", -1, &s, NULL) == SQLITE_OK &&
		sqlite3_step(s) == SQLITE_ROW) {
		*ret_number = sqlite3_column_int64(s, 0);
		*ret_unfinished = sqlite3_column_int(s, 1);
	} else {
		r = fail(l);
	}
	sqlite3_finalize(s);
	return r;
}

static int check_size(struct load *l, int64_t max_memory)
{
	static const char sql[] =
		"SELECT (SELECT count(*) FROM player_games), (SELECT count(*) FROM team_games),"
		" (SELECT count(*) FROM schedule)";
	sqlite3_stmt *s = NULL;
	int r = 0;
	if (max_memory <= 0)
		return 0;
	if (sqlite3_prepare_v2(l->db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) {
		/* A game has two team lines, so at most that many games beside the schedule's. */
		struct build_size size = {
			.lines = sqlite3_column_int64(s, 0), .team_lines = sqlite3_column_int64(s, 1)};
		size.games = size.team_lines / 2 + sqlite3_column_int64(s, 2);
		int64_t need = build_estimate(&size);
		if (need > max_memory)
			r = err_set(l->err, -EFBIG,
				"loading its %lld box-score rows can take %.1f MiB, and league.max_memory "
				"allows %.1f MiB",
				(long long)size.lines, (double)need / 1048576, (double)max_memory / 1048576);
	} else {
		r = fail(l);
	}
	sqlite3_finalize(s);
	return r;
}

int league_load(const char *path, int64_t max_memory, struct snapshot **ret_snapshot, struct err *err)
{
	struct load l = {.err = err};
	int64_t number = 0;
	bool unfinished = false;
	int r = schema_open_read(path, &l.db, err);
	if (r < 0)
		return r;
	l.build = build_new();
	if (!l.build) {
		r = err_set(err, -ENOMEM, "out of memory");
		goto out;
	}
	if (sqlite3_exec(l.db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK) {
		r = fail(&l);
		goto out;
	}
	r = read_meta(&l, &number, &unfinished);
	if (r == 0)
		r = check_size(&l, max_memory);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]) && r == 0; i++)
		r = read_table(&l, tables[i].sql, tables[i].row);
	if (r < 0)
		goto out;
	/* Its cache would stand beside the building otherwise. */
	sqlite3_close(l.db);
	l.db = NULL;
	r = build_finish(l.build, number, ret_snapshot, err);
	if (r == 0)
		(*ret_snapshot)->unfinished = unfinished;
out:
	build_free(l.build);
	sqlite3_close(l.db);
	return r < 0 ? err_prefix(err, "%s", path) : 0;
}
