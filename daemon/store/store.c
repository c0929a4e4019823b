/*
 * synchronous=NORMAL in WAL mode may lose the last transactions in a power cut but never the file: what is in
 * such a file can be done without. The rollback journal keeps SQLite's default, FULL.
 *
 * user_version counts the schema's steps that were taken. Each step is a transaction of its own together with
 * its number, begun with the write lock and then looked at again: two processes that open an old file at once
 * take each step once.
 */
#include "store/store.h"

#include "base/str.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

struct store {
	sqlite3 *db;
	char *path;
};

struct store_query {
	struct store *store;
	sqlite3_stmt *statement;
	bool no_memory; /* a bind failed */
};

/* errors */

static const struct {
	int sqlite, code;
} codes[] = {
	{SQLITE_BUSY, -EBUSY},
	{SQLITE_LOCKED, -EBUSY},
	{SQLITE_NOMEM, -ENOMEM},
	{SQLITE_READONLY, -EROFS},
	{SQLITE_IOERR, -EIO},
	{SQLITE_CORRUPT, -EBADMSG},
	{SQLITE_NOTADB, -EBADMSG},
	{SQLITE_FULL, -ENOSPC},
	{SQLITE_CONSTRAINT, -EEXIST},
	{SQLITE_PERM, -EACCES},
	{SQLITE_TOOBIG, -EFBIG},
};

static int code_of(sqlite3 *db, int rc)
{
	rc &= 0xff; /* the rest tells variants of the same */
	if (rc == SQLITE_CANTOPEN && db != NULL) {
		int cause = sqlite3_system_errno(db);
		return cause > 0 ? -cause : -ENOENT;
	}
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (codes[i].sqlite == rc)
			return codes[i].code;
	return -EINVAL;
}

/* SQL in messages: its first words tell which statement it was. */
enum { SQL_SHOWN = 120 };

static int failed(struct store *store, int rc, const char *sql, struct err *err)
{
	assert((rc & 0xff) != SQLITE_MISUSE && (rc & 0xff) != SQLITE_RANGE);
	int code = code_of(store->db, rc);
	const char *words = store->db != NULL ? sqlite3_errmsg(store->db) : sqlite3_errstr(rc);
	if ((rc & 0xff) == SQLITE_CANTOPEN)
		words = strerror(-code); /* SQLite only says that it could not */
	if (sql == NULL)
		return err_set(err, code, "%s: %s", store->path, words);
	return err_set(err, code, "%s: %s (in: %.*s%s)", store->path, words, SQL_SHOWN, sql,
		strlen(sql) > SQL_SHOWN ? "..." : "");
}

/* queries */

int store_prepare(struct store *store, const char *sql, struct store_query **ret_query, struct err *err)
{
	struct store_query *query = calloc(1, sizeof(*query));
	if (query == NULL)
		return err_set(err, -ENOMEM, "%s: out of memory", store->path);
	int rc = sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &query->statement, NULL);
	if (rc != SQLITE_OK) {
		free(query);
		return failed(store, rc, sql, err);
	}
	assert(query->statement != NULL); /* empty text is no statement */
	query->store = store;
	*ret_query = query;
	return 0;
}

void store_query_free(struct store_query *query)
{
	if (query == NULL)
		return;
	sqlite3_finalize(query->statement);
	free(query);
}

static void bound(struct store_query *query, int rc)
{
	assert(rc == SQLITE_OK || (rc & 0xff) == SQLITE_NOMEM || (rc & 0xff) == SQLITE_TOOBIG);
	if (rc != SQLITE_OK)
		query->no_memory = true;
}

void store_bind_int(struct store_query *query, int parameter, int64_t number)
{
	bound(query, sqlite3_bind_int64(query->statement, parameter, number));
}

void store_bind_real(struct store_query *query, int parameter, double number)
{
	if (isnan(number))
		store_bind_null(query, parameter);
	else
		bound(query, sqlite3_bind_double(query->statement, parameter, number));
}

void store_bind_text(struct store_query *query, int parameter, const char *text, size_t length)
{
	if (text == NULL)
		store_bind_null(query, parameter);
	else
		bound(query, sqlite3_bind_text64(query->statement, parameter, text, length, SQLITE_STATIC, SQLITE_UTF8));
}

void store_bind_null(struct store_query *query, int parameter)
{
	bound(query, sqlite3_bind_null(query->statement, parameter));
}

void store_reset(struct store_query *query)
{
	/* Repeats the last step's error, which was reported then. */
	(void)sqlite3_reset(query->statement);
	query->no_memory = false;
}

int store_step(struct store_query *query, struct err *err)
{
	if (query->no_memory) {
		store_reset(query);
		return err_set(err, -ENOMEM, "%s: out of memory", query->store->path);
	}
	int rc = sqlite3_step(query->statement);
	if (rc == SQLITE_ROW)
		return 1;
	int result = rc == SQLITE_DONE ? 0 : failed(query->store, rc, sqlite3_sql(query->statement), err);
	store_reset(query);
	return result;
}

int store_run(struct store_query *query, struct err *err)
{
	int rc;
	do
		rc = store_step(query, err);
	while (rc > 0);
	return rc;
}

int64_t store_int(const struct store_query *query, int column)
{
	return sqlite3_column_int64(query->statement, column);
}

double store_real(const struct store_query *query, int column)
{
	return store_is_null(query, column) ? NAN : sqlite3_column_double(query->statement, column);
}

const char *store_text(const struct store_query *query, int column, size_t *ret_length)
{
	const char *text = (const char *)sqlite3_column_text(query->statement, column);
	*ret_length = text != NULL ? (size_t)sqlite3_column_bytes(query->statement, column) : 0;
	return text != NULL ? text : "";
}

bool store_is_null(const struct store_query *query, int column)
{
	return sqlite3_column_type(query->statement, column) == SQLITE_NULL;
}

struct store_value store_value(const struct store_query *query, int column)
{
	sqlite3_value *value = sqlite3_column_value(query->statement, column);
	switch (sqlite3_value_type(value)) {
	case SQLITE_INTEGER:
		return (struct store_value){.type = STORE_INT, .integer = sqlite3_value_int64(value)};
	case SQLITE_FLOAT:
		return (struct store_value){.type = STORE_REAL, .real = sqlite3_value_double(value)};
	case SQLITE_NULL:
		return (struct store_value){.type = STORE_NULL};
	case SQLITE_BLOB:
		return (struct store_value){.type = STORE_BLOB};
	default:
		break;
	}
	const char *text = (const char *)sqlite3_value_text(value);
	if (text == NULL) /* no memory to make it UTF-8 of something else */
		return (struct store_value){.type = STORE_BLOB};
	return (struct store_value){.type = STORE_TEXT, .text = text, .length = (size_t)sqlite3_value_bytes(value)};
}

int store_get_int(struct store *store, const char *sql, int64_t *ret_number, struct err *err)
{
	struct store_query *query = NULL;
	int rc = store_prepare(store, sql, &query, err);
	if (rc < 0)
		return rc;
	rc = store_step(query, err);
	if (rc > 0)
		*ret_number = store_int(query, 0);
	else if (rc == 0)
		rc = err_set(err, -ENOENT, "%s: no row (in: %s)", store->path, sql);
	store_query_free(query);
	return rc < 0 ? rc : 0;
}

/* transactions */

int store_exec(struct store *store, const char *sql, struct err *err)
{
	int rc = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : failed(store, rc, sql, err);
}

int store_begin(struct store *store, struct err *err)
{
	assert(sqlite3_get_autocommit(store->db));
	return store_exec(store, "BEGIN IMMEDIATE", err);
}

int store_commit(struct store *store, struct err *err)
{
	assert(!sqlite3_get_autocommit(store->db));
	int rc = store_exec(store, "COMMIT", err);
	if (rc < 0)
		store_rollback(store);
	return rc;
}

void store_rollback(struct store *store)
{
	/* Some errors (disk full, no memory) have rolled back by themselves. */
	if (!sqlite3_get_autocommit(store->db))
		(void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

int64_t store_changes(const struct store *store)
{
	return sqlite3_changes64(store->db);
}

int64_t store_last_id(const struct store *store)
{
	return sqlite3_last_insert_rowid(store->db);
}

const char *store_path(const struct store *store)
{
	return store->path;
}

/* opening */

static int set_number(struct store *store, const char *pragma, int64_t number, struct err *err)
{
	char sql[64];
	text_format(sql, sizeof(sql), "PRAGMA %s = %" PRId64, pragma, number);
	return store_exec(store, sql, err);
}

static int copy_into(struct store *store, const char *path, int fd, struct err *err)
{
	struct store_query *query = NULL;
	int rc = store_prepare(store, "VACUUM INTO ?1", &query, err);
	if (rc == 0) {
		store_bind_text(query, 1, path, strlen(path));
		rc = store_run(query, err);
	}
	store_query_free(query);
	if (rc == 0 && fsync(fd) < 0)
		rc = err_set(err, -errno, "%s", strerror(errno));
	return rc;
}

/* Not every file system can refuse by itself to replace what is there. */
static int rename_anew(const char *from, const char *to)
{
	struct stat st;
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL)
		return -errno;
	return lstat(to, &st) == 0 ? -EEXIST : rename(from, to) < 0 ? -errno : 0;
}

/* It has its name only once it is whole: whoever is killed, or finds no room, leaves no half of one that looks like it. */
int store_backup(struct store *store, const char *path, struct err *err)
{
	char part[PATH_MAX];
	struct stat st;
	if (text_format(part, sizeof(part), "%s.part", path) + 1 >= sizeof(part))
		return err_set(err, -ENAMETOOLONG, "%s: %s", path, strerror(ENAMETOOLONG));
	if (lstat(path, &st) == 0)
		return err_set(err, -EEXIST, "%s: %s", path, strerror(EEXIST));
	unlink(part); /* of one that was killed */
	const int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(err, -errno, "%s: %s", part, strerror(errno));
	int rc = copy_into(store, part, fd, err);
	if (rc == 0 && (rc = rename_anew(part, path)) < 0)
		err_set(err, rc, "%s", strerror(-rc));
	close(fd);
	if (rc < 0) {
		unlink(part);
		return err_prefix(err, "%s", path);
	}
	return rc;
}

static int keep_older(struct store *store, int64_t version, struct err *err)
{
	char path[PATH_MAX];
	const size_t length = text_format(path, sizeof(path), "%s.v%" PRId64, store->path, version);
	if (length + 1 >= sizeof(path))
		return err_set(err, -ENAMETOOLONG, "%s: too long a name for its copy", store->path);
	const int rc = store_backup(store, path, err);
	return rc == -EEXIST ? 0 : rc; /* whole, of a try that got no further than that */
}

/* One step, if it is still to be taken. */
static int take_step(struct store *store, const struct store_schema *schema, int step, struct err *err)
{
	int64_t version;
	int rc = store_begin(store, err);
	if (rc < 0)
		return rc;
	rc = store_get_int(store, "PRAGMA user_version", &version, err);
	if (rc == 0 && version == step) {
		if (step == 0)
			rc = set_number(store, "application_id", schema->id, err);
		if (rc == 0)
			rc = store_exec(store, schema->steps[step], err);
		if (rc == 0)
			rc = set_number(store, "user_version", step + 1, err);
	}
	if (rc == 0)
		return store_commit(store, err);
	store_rollback(store);
	return rc;
}

/* Whether this is a database of that kind, or still empty; and its version. */
static int identify(struct store *store, const struct store_schema *schema, int64_t *ret_version, struct err *err)
{
	int64_t version = 0, id = 0, tables = 0;
	int rc = store_get_int(store, "PRAGMA user_version", &version, err);
	if (rc == 0)
		rc = store_get_int(store, "PRAGMA application_id", &id, err);
	if (rc == 0)
		rc = store_get_int(store, "SELECT count(*) FROM sqlite_master", &tables, err);
	if (rc < 0)
		return rc;
	bool empty = version == 0 && id == 0 && tables == 0;
	if (!empty && (uint32_t)id != schema->id)
		return err_set(
			err, -ENOTSUP, "%s: a database, but not a %s database of propsd", store->path, schema->name);
	if (version > schema->count)
		return err_set(err, -ENOTSUP,
			"%s: %s database of version %" PRId64
			", made by a newer propsd; this one knows versions up to %d",
			store->path, schema->name, version, schema->count);
	*ret_version = version;
	return 0;
}

/* Whether what the steps make is there. `made` is a database that they were taken in just now. */
static int compare(struct store *store, struct store *made, const struct store_schema *schema, struct err *err)
{
	struct store_query *want = NULL, *have = NULL;
	int rc = store_prepare(made, "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL", &want, err);
	if (rc == 0)
		rc = store_prepare(
			store, "SELECT sql = ?3 FROM sqlite_master WHERE type = ?1 AND name = ?2", &have, err);
	while (rc == 0 && (rc = store_step(want, err)) > 0) {
		size_t length;
		const char *type = store_text(want, 0, &length), *name = store_text(want, 1, &length);
		for (int i = 0; i < 3; i++) {
			const char *text = store_text(want, i, &length);
			store_bind_text(have, i + 1, text, length);
		}
		rc = store_step(have, err);
		if (rc == 0 || (rc > 0 && store_int(have, 0) == 0))
			rc = err_set(err, -EBADMSG, "%s: no %s database as propsd makes it: the %s \"%s\" is %s",
				store->path, schema->name, type, name, rc == 0 ? "missing" : "another");
		store_reset(have);
		rc = rc < 0 ? rc : 0;
	}
	store_query_free(want);
	store_query_free(have);
	return rc;
}

/* A file may bear the mark and the version and yet be put together by hand: then nothing can be relied on. */
static int check_schema(struct store *store, const struct store_schema *schema, struct err *err)
{
	struct store made = {.path = store->path};
	int rc = sqlite3_open(":memory:", &made.db);
	if (rc != SQLITE_OK)
		rc = failed(&made, rc, NULL, err);
	for (int i = 0; rc == 0 && i < schema->count; i++)
		rc = store_exec(&made, schema->steps[i], err);
	if (rc == 0)
		rc = compare(store, &made, schema, err);
	sqlite3_close(made.db);
	return rc;
}

static int prepare_for_writing(struct store *store, const struct store_schema *schema, struct err *err)
{
	int64_t version = 0;
	int rc = store_exec(store,
		schema->wal ? "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL" : "PRAGMA journal_mode = DELETE",
		err);
	if (rc == 0)
		rc = identify(store, schema, &version, err);
	if (rc == 0 && schema->keeps_older && version > 0 && version < schema->count)
		rc = keep_older(store, version, err);
	const bool changes = version < schema->count;
	for (; rc == 0 && version < schema->count; version++)
		rc = take_step(store, schema, (int)version, err);
	if (rc == 0 && changes && schema->wal) /* so that its header says what it is, whoever looks at it without us */
		rc = store_exec(store, "PRAGMA wal_checkpoint", err);
	return rc == 0 ? check_schema(store, schema, err) : rc;
}

static int prepare_for_reading(struct store *store, const struct store_schema *schema, struct err *err)
{
	int64_t version;
	int rc = identify(store, schema, &version, err);
	if (rc == 0 && version < schema->count)
		rc = err_set(err, version > 0 ? -ESTALE : -EBADMSG,
			"%s: %s database of version %" PRId64
			", this propsd reads version %d; writing to it once (an import) "
			"brings it up to date",
			store->path, schema->name, version, schema->count);
	return rc == 0 ? check_schema(store, schema, err) : rc;
}

/* SQLite opens whatever there is, and a pipe would hold us until somebody writes. */
static int check_file(const char *path, struct err *err)
{
	struct stat st;
	if (stat(path, &st) < 0 || S_ISREG(st.st_mode))
		return 0; /* what is not there, SQLite makes or reports */
	if (S_ISDIR(st.st_mode))
		return err_set(err, -EISDIR, "%s: a directory, where a database file is right", path);
	return err_set(err, -EINVAL, "%s: a pipe, socket or device, where a database file is right", path);
}

/* What the file has, at one moment. One that is not there is empty. */
static int copy_file(struct store *store, struct err *err)
{
	struct store from = {.path = store->path};
	if (access(store->path, F_OK) < 0 && errno == ENOENT)
		return 0;
	int rc = sqlite3_open_v2(
		store->path, &from.db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
	sqlite3_backup *copy = NULL;
	if (rc == SQLITE_OK) {
		sqlite3_busy_timeout(from.db, STORE_BUSY_MS);
		/* So the file's own words come out where it is no database: the copy would say less. */
		rc = sqlite3_exec(from.db, "SELECT count(*) FROM sqlite_master", NULL, NULL, NULL);
	}
	if (rc != SQLITE_OK) {
		rc = failed(&from, rc, NULL, err);
		goto out;
	}
	copy = sqlite3_backup_init(store->db, "main", from.db, "main");
	rc = copy ? sqlite3_backup_step(copy, -1) : sqlite3_extended_errcode(store->db);
	if (sqlite3_backup_finish(copy) != SQLITE_OK || rc != SQLITE_DONE)
		rc = failed(store, rc, NULL, err);
	else
		rc = 0;
out:
	sqlite3_close(from.db);
	return rc;
}

int store_open(const char *path, enum store_mode mode, const struct store_schema *schema, struct store **ret_store,
	struct err *err)
{
	int rc = 0;
	struct store *store = calloc(1, sizeof(*store));
	if (store == NULL || (store->path = strdup(path)) == NULL) {
		rc = err_set(err, -ENOMEM, "%s: out of memory", path);
		goto out;
	}
	rc = check_file(path, err);
	if (rc < 0)
		goto out;
	int flags = mode == STORE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	const char *file = mode == STORE_COPY ? ":memory:" : path;
	rc = sqlite3_open_v2(file, &store->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
	if (rc != SQLITE_OK) {
		rc = failed(store, rc, NULL, err);
		goto out;
	}
	sqlite3_busy_timeout(store->db, STORE_BUSY_MS);
	rc = store_exec(store, "PRAGMA foreign_keys = ON", err);
	if (rc == 0 && mode == STORE_COPY)
		rc = copy_file(store, err);
	if (rc == 0)
		rc = mode == STORE_READ ? prepare_for_reading(store, schema, err)
					: prepare_for_writing(store, schema, err);
out:
	if (rc < 0) {
		store_close(store);
		return rc;
	}
	*ret_store = store;
	return 0;
}

void store_close(struct store *store)
{
	if (store == NULL)
		return;
	int rc = sqlite3_close(store->db);
	assert(rc == SQLITE_OK); /* SQLITE_BUSY: a query was not freed */
	free(store->path);
	free(store);
}
