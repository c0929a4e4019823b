/*
 * The tables are read one after the other within one read transaction, so that what is loaded is one state of
 * the league. Their order only matters where figures for one game meet: results first, then the schedule;
 * mean closing lines before the sharper ones of game_odds, which so win.
 */
#include "league/load.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "league/build.h"
#include "league/schema.h"
#include "league/snapshot.h"

struct load {
	struct store *store;
	struct build *build;
	struct err *err;
};

static const char *text_at(const struct store_query *q, int column)
{
	size_t length;
	return store_text(q, column, &length);
}

static float number_at(const struct store_query *q, int column)
{
	return (float)store_real(q, column);
}

static bool date_at(const struct store_query *q, int column, date_t *ret)
{
	const char *text = text_at(q, column);
	return date_parse(text, strlen(text), ret);
}

/* Ten digits, else it says no more than date and teams. */
static const char *league_id_at(const struct store_query *q, int column)
{
	const char *text = text_at(q, column);
	return strlen(text) == 10 && strspn(text, "0123456789") == 10 ? text : "";
}

static int bad_row(struct load *l, const struct store_query *q, int key)
{
	return err_set(l->err, -EBADMSG,
		"the row with key \"%s\" has no date; import the files again into a new database", text_at(q, key));
}

/* --- one row a table
 * ---------------------------------------------------------------------------------------------- */

static int player_row(struct load *l, const struct store_query *q)
{
	struct build_line line = {
		.name = text_at(q, 0),
		.person_id = store_int(q, 1),
		.season = atoi(text_at(q, 3)),
		.team = text_at(q, 4),
		.opponent = text_at(q, 5),
		.home = store_int(q, 6) != 0,
		.league_id = league_id_at(q, 7),
		.starter = store_is_null(q, 8) ? -1 : store_int(q, 8) != 0,
		.minutes = number_at(q, 9),
		.fga = number_at(q, 10),
		.fta = number_at(q, 11),
		.oreb = number_at(q, 12),
		.fouls = number_at(q, 13),
	};
	for (int i = 0; i < STAT_COUNT; i++)
		line.stat[i] = number_at(q, 14 + i);
	return date_at(q, 2, &line.date) ? build_line(l->build, &line, l->err) : bad_row(l, q, 14 + STAT_COUNT);
}

static int team_row(struct load *l, const struct store_query *q)
{
	struct build_team_line line = {
		.team = text_at(q, 1),
		.opponent = text_at(q, 2),
		.home = store_int(q, 3) != 0,
		.league_id = league_id_at(q, 4),
		.minutes = number_at(q, 5),
		.fga = number_at(q, 6),
		.fta = number_at(q, 7),
		.oreb = number_at(q, 8),
	};
	for (int i = 0; i < STAT_COUNT; i++)
		line.stat[i] = number_at(q, 9 + i);
	return date_at(q, 0, &line.date) ? build_team_line(l->build, &line, l->err) : bad_row(l, q, 9 + STAT_COUNT);
}

static int schedule_row(struct load *l, const struct store_query *q)
{
	struct build_game game = {.away = text_at(q, 1),
		.home = text_at(q, 2),
		.league_id = league_id_at(q, 3),
		.tip_ms = store_int(q, 4)};
	return date_at(q, 0, &game.date) ? build_game(l->build, &game, l->err) : bad_row(l, q, 5);
}

static int odds_row(struct load *l, const struct store_query *q)
{
	struct build_odds odds = {.away = text_at(q, 1),
		.home = text_at(q, 2),
		.total = number_at(q, 3),
		.spread = number_at(q, 4),
		.tip_ms = store_int(q, 5)};
	return date_at(q, 0, &odds.date) ? build_odds(l->build, &odds, l->err) : bad_row(l, q, 6);
}

#define STATS "pts, reb, ast, tpm, stl, blk, tov" /* in the order of enum statistic */

/* By key, downwards: of two lines for one player and game the later stands, and a league's game id ("00...")
 * comes after one made of the date ("20..."). */
static const struct {
	const char *sql;
	int (*row)(struct load *l, const struct store_query *q);
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

static int read_table(struct load *l, const char *sql, int (*row)(struct load *, const struct store_query *))
{
	struct store_query *q = NULL;
	int r = store_prepare(l->store, sql, &q, l->err);
	while (r >= 0 && (r = store_step(q, l->err)) > 0) {
		r = row(l, q);
		if (r < 0)
			err_prefix(l->err, "%s", store_path(l->store));
	}
	store_query_free(q);
	return r;
}

static int check_size(struct load *l, int64_t max_memory)
{
	struct build_size size = {0};
	int64_t scheduled = 0;
	int r = store_get_int(l->store, "SELECT count(*) FROM player_games", &size.lines, l->err);
	if (r == 0)
		r = store_get_int(l->store, "SELECT count(*) FROM team_games", &size.team_lines, l->err);
	if (r == 0)
		r = store_get_int(l->store, "SELECT count(*) FROM schedule", &scheduled, l->err);
	if (r < 0 || max_memory <= 0)
		return r;
	/* A game has two team lines, so at most that many games beside the schedule's. */
	size.games = size.team_lines / 2 + scheduled;
	int64_t need = build_estimate(&size);
	if (need > max_memory)
		return err_set(l->err, -EFBIG,
			"%s: loading its %lld box-score rows can take %.1f MiB, and league.max_memory allows "
			"%.1f MiB",
			store_path(l->store), (long long)size.lines, (double)need / 1048576,
			(double)max_memory / 1048576);
	return 0;
}

/* A journal that an import left behind, killed while it wrote, must be rolled back before anything can be
 * read, and a reader may not: so whoever opens it for writing does, as the import would when it is run again.
 */
static int open_store(const char *path, struct store **ret_store, struct err *err)
{
	struct err ignored;
	int r = store_open(path, STORE_READ, &league_schema, ret_store, err);
	if (r != -EROFS)
		return r;
	if (store_open(path, STORE_WRITE, &league_schema, ret_store, &ignored) == 0) {
		store_close(*ret_store);
		*ret_store = NULL;
		r = store_open(path, STORE_READ, &league_schema, ret_store, err);
	}
	if (r == -EROFS)
		err_set(err, r,
			"%s: an import was cut off while it wrote; run it again, or make file and folder "
			"writable",
			path);
	return r;
}

int league_load(const char *path, int64_t max_memory, struct snapshot **ret_snapshot, struct err *err)
{
	struct load l = {.err = err};
	int64_t number = 0, unfinished = 0;
	int r = open_store(path, &l.store, err);
	if (r < 0)
		return r;
	l.build = build_new();
	if (!l.build) {
		r = err_set(err, -ENOMEM, "%s: out of memory", path);
		goto out;
	}
	r = store_exec(l.store, "BEGIN", err);
	if (r == 0)
		r = store_get_int(l.store, "SELECT number FROM meta", &number, err);
	if (r == 0)
		r = store_get_int(l.store, "SELECT unfinished FROM meta", &unfinished, err);
	if (r == 0)
		r = check_size(&l, max_memory);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]) && r == 0; i++)
		r = read_table(&l, tables[i].sql, tables[i].row);
	if (r < 0)
		goto out;
	/* Its cache would stand beside the building otherwise. */
	store_close(l.store);
	l.store = NULL;
	r = build_finish(l.build, number, ret_snapshot, err);
	if (r == 0)
		(*ret_snapshot)->unfinished = unfinished != 0;
	else
		err_prefix(err, "%s", path);
out:
	build_free(l.build);
	store_close(l.store);
	return r;
}
