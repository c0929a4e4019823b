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

#include "base/str.h"
#include "league/build.h"
#include "league/import_kind.h"
#include "league/schema.h"
#include "league/snapshot.h"

struct load {
	struct store *store;
	struct build *build;
	const struct teams *teams; /* the builder's */
	char key[IMPORT_KEY_SIZE]; /* of the row before, in the table that is read; "": of none */
	int64_t left_out; /* rows that are no games, or contradict themselves */
	char first_left_out[LEAGUE_LEFT_OUT_SIZE]; /* which was the first, and why */
	struct err *err;
};

/* --- cells, which import_check() has found to be what import writes ------------------------------------------------ */

static const char *text_of(const struct import_row *row, enum import_column_id column)
{
	const struct import_cell *cell = &row->cell[column];
	return cell->type == CELL_TEXT ? cell->text : "";
}

static int64_t integer_of(const struct import_row *row, enum import_column_id column, int64_t otherwise)
{
	const struct import_cell *cell = &row->cell[column];
	return cell->type == CELL_INT ? cell->integer : otherwise;
}

static float number_of(const struct import_row *row, enum import_column_id column)
{
	const struct import_cell *cell = &row->cell[column];
	return cell->type == CELL_INT ? (float)cell->integer : cell->type == CELL_REAL ? (float)cell->real : NAN;
}

static const enum import_column_id stats[STAT_COUNT] = {
	[STAT_POINTS] = COLUMN_PTS,
	[STAT_REBOUNDS] = COLUMN_REB,
	[STAT_ASSISTS] = COLUMN_AST,
	[STAT_THREES] = COLUMN_TPM,
	[STAT_STEALS] = COLUMN_STL,
	[STAT_BLOCKS] = COLUMN_BLK,
	[STAT_TURNOVERS] = COLUMN_TOV,
};

/* --- one row a table ---------------------------------------------------------------------------------------------- */

static int player_row(struct build *b, const struct import_row *row, struct err *err)
{
	struct build_line line = {
		.name = text_of(row, COLUMN_PLAYER),
		.person_id = integer_of(row, COLUMN_PLAYER_ID, 0),
		.date = row->date,
		.season = row->season,
		.team = text_of(row, COLUMN_TEAM),
		.opponent = text_of(row, COLUMN_OPPONENT),
		.home = integer_of(row, COLUMN_HOME, 0) != 0,
		.league_id = row->id,
		.starter = (int)integer_of(row, COLUMN_STARTER, -1),
		.minutes = number_of(row, COLUMN_MIN),
		.fga = number_of(row, COLUMN_FGA),
		.fta = number_of(row, COLUMN_FTA),
		.oreb = number_of(row, COLUMN_OREB),
		.fouls = number_of(row, COLUMN_PF),
	};
	for (int i = 0; i < STAT_COUNT; i++)
		line.stat[i] = number_of(row, stats[i]);
	return build_line(b, &line, err);
}

static int team_row(struct build *b, const struct import_row *row, struct err *err)
{
	struct build_team_line line = {
		.team = text_of(row, COLUMN_TEAM),
		.opponent = text_of(row, COLUMN_OPPONENT),
		.date = row->date,
		.home = integer_of(row, COLUMN_HOME, 0) != 0,
		.league_id = row->id,
		.minutes = number_of(row, COLUMN_MIN),
		.fga = number_of(row, COLUMN_FGA),
		.fta = number_of(row, COLUMN_FTA),
		.oreb = number_of(row, COLUMN_OREB),
	};
	for (int i = 0; i < STAT_COUNT; i++)
		line.stat[i] = number_of(row, stats[i]);
	return build_team_line(b, &line, err);
}

static int schedule_row(struct build *b, const struct import_row *row, struct err *err)
{
	struct build_game game = {.date = row->date,
		.away = text_of(row, COLUMN_AWAY),
		.home = text_of(row, COLUMN_HOME),
		.league_id = row->id,
		.tip_ms = integer_of(row, COLUMN_TIP_MS, 0)};
	return build_game(b, &game, err);
}

static int odds_row(struct build *b, const struct import_row *row, struct err *err)
{
	struct build_odds odds = {.date = row->date,
		.away = text_of(row, COLUMN_AWAY),
		.home = text_of(row, COLUMN_HOME),
		.total = number_of(row, COLUMN_TOTAL),
		.spread = number_of(row, COLUMN_SPREAD_HOME)};
	return build_odds(b, &odds, err);
}

static int closing_row(struct build *b, const struct import_row *row, struct err *err)
{
	struct build_odds odds = {.date = row->date,
		.away = text_of(row, COLUMN_AWAY),
		.home = text_of(row, COLUMN_HOME),
		.total = number_of(row, COLUMN_TOTAL),
		.spread = number_of(row, COLUMN_SPREAD_HOME),
		.tip_ms = integer_of(row, COLUMN_COMMENCE_MS, 0)};
	return build_odds(b, &odds, err);
}

static int alias_row(struct build *b, const struct import_row *row, struct err *err)
{
	return build_alias(b,
		&(struct build_alias){.spelling = row->alias,
			.player = row->lookup,
			.person_id = integer_of(row, COLUMN_PLAYER_ID, 0),
			.team = text_of(row, COLUMN_TEAM)},
		err);
}

/* By key, downwards: of two lines for one player and game the later stands, and a league's game id ("00...")
 * comes after one made of the date ("20..."). */
static const struct table {
	enum import_id id;
	const char *order;
	int key_order; /* 1: keys rise, -1: they fall, 0: they come as it happens */
	int (*row)(struct build *b, const struct import_row *row, struct err *err);
} tables[] = {
	{IMPORT_PLAYER_GAMES, "key DESC", -1, player_row},
	{IMPORT_TEAM_GAMES, "key DESC", -1, team_row},
	{IMPORT_SCHEDULE, "key DESC", -1, schedule_row},
	/* A book may list a game twice: the listing that began later is the one that was kept up. */
	{IMPORT_CLOSING_ODDS, "commence_ms, key", 0, closing_row},
	{IMPORT_GAME_ODDS, "key", 1, odds_row},
	{IMPORT_ALIASES, "key", 1, alias_row},
};

static struct import_cell cell_at(const struct store_query *q, int column)
{
	struct store_value v = store_value(q, column);
	switch (v.type) {
	case STORE_INT:
		return (struct import_cell){.type = CELL_INT, .integer = v.integer};
	case STORE_REAL:
		return (struct import_cell){.type = CELL_REAL, .real = v.real};
	case STORE_TEXT:
		if (strlen(v.text) == v.length && utf8_valid(v.text, v.length))
			return (struct import_cell){.type = CELL_TEXT, .text = v.text};
		return (struct import_cell){.type = CELL_BYTES};
	case STORE_BLOB:
		return (struct import_cell){.type = CELL_BYTES};
	case STORE_NULL:
		break;
	}
	return (struct import_cell){.type = CELL_NULL};
}

static int bad_row(struct load *l, const char *table, const char *key, const struct import_refusal *why)
{
	char shown[IMPORT_SHOWN];
	import_show(shown, key);
	return err_set(l->err, -EBADMSG,
		"table %s, key \"%s\", column %s, value \"%s\": %s; import would not have written it: put it right, or "
		"import the files into a new database",
		table, shown, why->column, why->value, why->reason);
}

/* Pages that are damaged may give rows twice, or go round in a circle. */
static int check_order(struct load *l, const struct table *table, const char *key)
{
	int order = strcmp(key, l->key);
	if (*l->key && table->key_order != 0 && (table->key_order > 0 ? order <= 0 : order >= 0))
		return err_set(l->err, -EBADMSG,
			"table %s, key \"%s\" stands there twice or in the wrong place: the file is damaged, import the "
			"files into a new database",
			import_kind(table->id)->name, key);
	strcpy(l->key, key);
	return 0;
}

/* An older version took it in. That the league is what this version makes of the same files, it does not count. */
static void leave_out(struct load *l, const char *table, const char *key, const struct import_refusal *why)
{
	char shown[IMPORT_SHOWN];
	if (l->left_out++ > 0)
		return;
	import_show(shown, key);
	text_format(l->first_left_out, sizeof(l->first_left_out), "table %s, key \"%s\", column %s: %s", table, shown,
		why->column, why->reason);
}

/* The row that the query stands at. */
static int read_row(struct load *l, const struct table *table, const struct store_query *q)
{
	const struct import_kind *kind = import_kind(table->id);
	struct import_row row = {.teams = l->teams};
	struct import_refusal why;
	struct import_cell key = cell_at(q, 0);
	const char *stored = key.type == CELL_TEXT ? key.text : "bytes that are no text";
	for (size_t i = 0; i < kind->count; i++)
		row.cell[import_column_id(kind, i)] = cell_at(q, (int)i + 1);
	enum import_verdict verdict = import_check(table->id, stored, &row, &why);
	if (verdict == IMPORT_SKIP) {
		leave_out(l, kind->name, stored, &why);
		return strlen(stored) < sizeof(l->key) ? check_order(l, table, stored) : 0;
	}
	if (verdict == IMPORT_REFUSED)
		return bad_row(l, kind->name, stored, &why);
	int r = check_order(l, table, row.key);
	if (r < 0)
		return r;
	r = table->row(l->build, &row, l->err);
	return r < 0 ? err_prefix(l->err, "table %s, key \"%s\"", kind->name, row.key) : 0;
}

static int read_table(struct load *l, const struct table *table)
{
	const struct import_kind *kind = import_kind(table->id);
	struct store_query *q = NULL;
	struct str sql = {0};
	l->key[0] = '\0';
	str_text(&sql, "SELECT key");
	for (size_t i = 0; i < kind->count; i++)
		str_printf(&sql, ", %s", import_column_name(kind, i));
	str_printf(&sql, " FROM %s ORDER BY %s", kind->name, table->order);
	int r = sql.failed ? err_set(l->err, -ENOMEM, "out of memory") : store_prepare(l->store, sql.data, &q, l->err);
	while (r >= 0 && (r = store_step(q, l->err)) > 0) {
		r = read_row(l, table, q);
		if (r < 0)
			err_prefix(l->err, "%s", store_path(l->store));
	}
	store_query_free(q);
	str_done(&sql);
	return r;
}

static int use_teams(struct load *l)
{
	struct teams *teams = NULL;
	int r = league_teams(l->store, &teams, l->err);
	if (r < 0)
		return r;
	build_teams(l->build, teams);
	l->teams = teams;
	return 0;
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
 * read, and a reader may not: so whoever opens it for writing does, as the import would when it is run again. The
 * same brings one of an older version up to date.
 */
static int open_store(const char *path, struct store **ret_store, struct err *err)
{
	struct err ignored;
	int r = store_open(path, STORE_READ, &league_schema, ret_store, err);
	if (r != -EROFS && r != -ESTALE)
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
	struct league_meta meta = {0};
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
		r = league_meta(l.store, &meta, err);
	if (r == 0)
		r = use_teams(&l);
	if (r == 0)
		r = check_size(&l, max_memory);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]) && r == 0; i++)
		r = read_table(&l, &tables[i]);
	if (r < 0)
		goto out;
	/* Its cache would stand beside the building otherwise. */
	store_close(l.store);
	l.store = NULL;
	r = build_finish(l.build, meta.number, ret_snapshot, err);
	if (r == 0) {
		(*ret_snapshot)->unfinished = meta.unfinished;
		(*ret_snapshot)->left_out = l.left_out;
		memcpy((*ret_snapshot)->first_left_out, l.first_left_out, sizeof(l.first_left_out));
		memcpy((*ret_snapshot)->identity, meta.identity, sizeof(meta.identity));
	} else
		err_prefix(err, "%s", path);
out:
	build_free(l.build);
	store_close(l.store);
	return r;
}
