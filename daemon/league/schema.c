/*
 * Rows carry their key as one text, made by the importer: game and player, game and team, game. That makes
 * every table an ordered list of its key, one statement form serves all of them, and a file in the league's
 * order is appended.
 */
#include "league/schema.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"

#define BOX \
	"pts INTEGER NOT NULL, reb INTEGER NOT NULL, oreb INTEGER NOT NULL, dreb INTEGER NOT NULL, ast " \
	"INTEGER NOT NULL," \
	"stl INTEGER NOT NULL, blk INTEGER NOT NULL, tov INTEGER NOT NULL, pf INTEGER NOT NULL, fgm " \
	"INTEGER NOT NULL," \
	"fga INTEGER NOT NULL, tpm INTEGER NOT NULL, tpa INTEGER NOT NULL, ftm INTEGER NOT NULL, fta " \
	"INTEGER NOT NULL,"

static const char *const steps[] = {
	"CREATE TABLE meta (one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL, unfinished "
	"INTEGER NOT NULL)"
	" STRICT;"
	"INSERT INTO meta VALUES (1, 0, 0);"
	"CREATE TABLE player_games (key TEXT PRIMARY KEY, season TEXT, season_type TEXT, game_id TEXT,"
	" game_date TEXT NOT NULL, player_id INTEGER, player TEXT NOT NULL, player_lookup TEXT NOT NULL, "
	"team TEXT NOT NULL,"
	" opponent TEXT NOT NULL, home INTEGER NOT NULL, win INTEGER, starter INTEGER, min REAL NOT NULL," BOX
	" plus_minus INTEGER, box_complete INTEGER) STRICT, WITHOUT ROWID;"
	"CREATE TABLE team_games (key TEXT PRIMARY KEY, season TEXT, season_type TEXT, game_id TEXT,"
	" game_date TEXT NOT NULL, team TEXT NOT NULL, opponent TEXT NOT NULL, home INTEGER NOT NULL, win "
	"INTEGER, min REAL," BOX " plus_minus INTEGER) STRICT, WITHOUT ROWID;"
	"CREATE TABLE schedule (key TEXT PRIMARY KEY, game_id TEXT, season_type TEXT, game_label TEXT, "
	"tip_ms INTEGER,"
	" game_date TEXT NOT NULL, away TEXT NOT NULL, home TEXT NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE game_odds (key TEXT PRIMARY KEY, game_date TEXT NOT NULL, away TEXT NOT NULL, home "
	"TEXT NOT NULL,"
	" spread_home REAL, total REAL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE game_closing_odds (key TEXT PRIMARY KEY, event_id TEXT, game_date TEXT NOT NULL, "
	"commence_ms INTEGER,"
	" away TEXT NOT NULL, home TEXT NOT NULL, spread_home REAL, total REAL) STRICT, WITHOUT ROWID;",
	/* Whose `number` it is: a file that is made anew counts from 1 again. A copy keeps it. */
	"ALTER TABLE meta ADD COLUMN identity TEXT NOT NULL DEFAULT '';"
	"UPDATE meta SET identity = lower(hex(randomblob(8)));",
	/* A league of one's own; without rows the teams are the NBA's. */
	"CREATE TABLE teams (key TEXT PRIMARY KEY, code TEXT NOT NULL, name TEXT, aliases TEXT) STRICT, WITHOUT ROWID;",
	"CREATE TABLE aliases (key TEXT PRIMARY KEY, alias TEXT NOT NULL, player TEXT NOT NULL, player_lookup TEXT "
	"NOT NULL,"
	" player_id INTEGER, team TEXT) STRICT, WITHOUT ROWID;",
};

const struct store_schema league_schema = {
	.name = "league",
	.id = 0x6c656167, /* "leag" */
	.steps = steps,
	.count = sizeof(steps) / sizeof(steps[0]),
};

/* Numbers are compared in Redis' scripts too, whose only numbers are doubles. */
#define NUMBER_MAX (INT64_C(1) << 53)

/* The row that the query stands at. */
static int add_team(struct store *store, const struct store_query *q, struct teams *t, struct err *err)
{
	const char *text[3];
	size_t length;
	for (int i = 0; i < 3; i++) {
		text[i] = store_text(q, i, &length);
		if (!utf8_valid(text[i], length))
			return err_set(err, -EBADMSG, "%s: table teams: bytes that are no text", store_path(store));
	}
	int r = teams_add(t, text[0], text[1], text[2], err);
	if (r == 0 || r == -ENOMEM)
		return r;
	err_prefix(err, "%s: table teams, code \"%.10s\"", store_path(store), text[0]);
	return err->code = -EBADMSG;
}

int league_teams(struct store *store, struct teams **ret, struct err *err)
{
	struct store_query *q = NULL;
	struct teams *t = teams_new();
	int r = t ? store_prepare(store, "SELECT code, name, aliases FROM teams ORDER BY key", &q, err)
		  : err_set(err, -ENOMEM, "out of memory");
	while (r >= 0 && (r = store_step(q, err)) > 0)
		r = add_team(store, q, t, err);
	store_query_free(q);
	if (r == 0 && teams_count(t) == 0) {
		teams_free(t);
		t = teams_nba();
		r = t ? 0 : err_set(err, -ENOMEM, "out of memory");
	}
	if (r < 0)
		teams_free(t);
	else
		*ret = t;
	return r;
}

int league_meta(struct store *store, struct league_meta *ret, struct err *err)
{
	struct store_query *q = NULL;
	int r = store_prepare(store, "SELECT number, unfinished, identity FROM meta", &q, err);
	if (r == 0)
		r = store_step(q, err);
	if (r == 0)
		r = err_set(err, -EBADMSG, "%s: table meta is empty, and one row is right", store_path(store));
	if (r > 0) {
		struct store_value number = store_value(q, 0), unfinished = store_value(q, 1);
		struct store_value identity = store_value(q, 2);
		*ret = (struct league_meta){.number = number.integer, .unfinished = unfinished.integer != 0};
		r = 0;
		if (number.type != STORE_INT || unfinished.type != STORE_INT || number.integer < 0 ||
			number.integer >= NUMBER_MAX)
			r = err_set(err, -EBADMSG,
				"%s: table meta, column number, value \"%lld\": a whole number from 0 to %lld is right",
				store_path(store), (long long)store_int(q, 0), (long long)NUMBER_MAX - 1);
		else if (identity.type != STORE_TEXT || identity.length >= sizeof(ret->identity) ||
			 identity.length == 0 || strspn(identity.text, "0123456789abcdef") != identity.length)
			r = err_set(err, -EBADMSG,
				"%s: table meta, column identity: 1 to %zu digits from 0 to f are right",
				store_path(store), sizeof(ret->identity) - 1);
		else
			memcpy(ret->identity, identity.text, identity.length + 1);
	}
	store_query_free(q);
	return r;
}
