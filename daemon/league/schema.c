/*
 * Rows carry their key as one text, made by the importer: game and player, game and team, game. That makes
 * every table an ordered list of its key, one statement form serves all of them, and a file in the league's
 * order is appended.
 *
 * The journal is SQLite's own rollback journal, not WAL: propsd reads for a moment at start and on reload,
 * from a directory that it need not be able to write to.
 */
#include "league/schema.h"

#include <errno.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define APPLICATION_ID 1886547820 /* "prol" */
#define BUSY_MS                                                                                              \
	10000 /* an import's transaction takes well under a second: whoever waits longer is told so          \
	       */

#define BOX                                                                                                  \
	"pts INTEGER NOT NULL, reb INTEGER NOT NULL, oreb INTEGER NOT NULL, dreb INTEGER NOT NULL, ast "     \
	"INTEGER NOT NULL,"                                                                                  \
	"stl INTEGER NOT NULL, blk INTEGER NOT NULL, tov INTEGER NOT NULL, pf INTEGER NOT NULL, fgm "        \
	"INTEGER NOT NULL,"                                                                                  \
	"fga INTEGER NOT NULL, tpm INTEGER NOT NULL, tpa INTEGER NOT NULL, ftm INTEGER NOT NULL, fta "       \
	"INTEGER NOT NULL,"

static const char schema[] =
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
	" away TEXT NOT NULL, home TEXT NOT NULL, spread_home REAL, total REAL) STRICT, WITHOUT ROWID;";

int schema_fail(sqlite3 *db, const char *what, struct err *err)
{
	static const struct {
		int sqlite, code;
	} codes[] = {{SQLITE_BUSY, -EBUSY}, {SQLITE_LOCKED, -EBUSY}, {SQLITE_FULL, -ENOSPC},
		{SQLITE_IOERR, -EIO}, {SQLITE_NOMEM, -ENOMEM}, {SQLITE_CANTOPEN, -ENOENT},
		{SQLITE_READONLY, -EROFS}, {SQLITE_PERM, -EACCES}};
	int code = -EPROTO;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (codes[i].sqlite == sqlite3_errcode(db))
			code = codes[i].code;
	}
	if (code == -EBUSY)
		return err_set(err, code, "%s: the database is in use, most likely by another import", what);
	return err_set(err, code, "%s: %s", what, sqlite3_errmsg(db));
}

static int get_int(sqlite3 *db, const char *sql, int *ret, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	int r = 0;
	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK ||
		sqlite3_step(statement) != SQLITE_ROW)
		r = schema_fail(db, "cannot be read as a database", err);
	else
		*ret = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	return r;
}

/* 1: ours; 0: an empty database; else why not. */
static int check(sqlite3 *db, struct err *err)
{
	int id = 0, version = 0, tables = 0, r;
	if ((r = get_int(db, "PRAGMA application_id", &id, err)) < 0 ||
		(r = get_int(db, "PRAGMA user_version", &version, err)) < 0 ||
		(r = get_int(db, "SELECT count(*) FROM sqlite_schema", &tables, err)) < 0)
		return r;
	if (id == 0 && tables == 0)
		return 0;
	if (id != APPLICATION_ID)
		return err_set(err, -EPROTO, "is a database, but not a league that propsctl import made");
	if (version != SCHEMA_VERSION)
		return err_set(err, -EPROTO,
			"has version %d of the schema, this program needs version %d: %s", version,
			SCHEMA_VERSION,
			version < SCHEMA_VERSION ? "import the league's files again into a new database"
						 : "use the program of the newer version");
	return 1;
}

static int make(sqlite3 *db, struct err *err)
{
	char *sql = sqlite3_mprintf(
		"BEGIN IMMEDIATE; %s PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT", schema,
		APPLICATION_ID, SCHEMA_VERSION);
	if (!sql)
		return err_set(err, -ENOMEM, "out of memory");
	int r = sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0
								     : schema_fail(db, "cannot be made", err);
	sqlite3_free(sql);
	return r;
}

static int open_db(const char *path, int flags, sqlite3 **ret_db, struct err *err)
{
	sqlite3 *db = NULL;
	struct stat st;
	/* SQLite says "unable to open database file" for all of these. */
	if (!(flags & SQLITE_OPEN_CREATE) && access(path, R_OK) < 0)
		return err_set(err, -errno, "%s: %s", path,
			errno == ENOENT ? "there is no such file" : strerror(errno));
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return err_set(err, -EINVAL, "%s: is not a file", path);
	if (sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		if (db)
			schema_fail(db, "cannot be opened", err);
		else
			err_set(err, -ENOMEM, "out of memory");
		err_prefix(err, "%s", path);
		sqlite3_close(db);
		return err->code;
	}
	sqlite3_busy_timeout(db, BUSY_MS);
	*ret_db = db;
	return 0;
}

int schema_open_write(const char *path, sqlite3 **ret_db, struct err *err)
{
	sqlite3 *db = NULL;
	int r = open_db(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &db, err);
	if (r < 0)
		return r;
	r = check(db, err);
	if (r == 0)
		r = make(db, err);
	if (r >= 0 && sqlite3_exec(db, "PRAGMA cache_size = -65536", NULL, NULL, NULL) != SQLITE_OK)
		r = schema_fail(db, "cannot be opened", err);
	if (r < 0) {
		sqlite3_close(db);
		return err_prefix(err, "%s", path);
	}
	*ret_db = db;
	return 0;
}

int schema_open_read(const char *path, sqlite3 **ret_db, struct err *err)
{
	sqlite3 *db = NULL;
	int r = open_db(path, SQLITE_OPEN_READONLY, &db, err);
	if (r < 0)
		return r;
	r = check(db, err);
	if (r == 0)
		r = err_set(err, -EPROTO, "is empty: fill it with propsctl import");
	if (r < 0) {
		sqlite3_close(db);
		return err_prefix(err, "%s", path);
	}
	*ret_db = db;
	return 0;
}
