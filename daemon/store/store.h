/*
 * One SQLite database file: opened with the schema that the caller names, brought up to date by its list of
 * steps, used through prepared statements. A store and its queries belong to the thread that opened it.
 *
 * Functions with a `struct err *` name in it the file, SQLite's words and the SQL. Codes: -EBUSY (another
 * process kept the lock longer than STORE_BUSY_MS), -EEXIST (a constraint), -ENOSPC, -EIO (also where a quota, or a
 * limit on a file's size, is reached), -EBADMSG (damaged, or no database), -ENOTSUP (a database, but another kind, or of a
 * newer version), -ESTALE (of an older version, and opened for reading), -EROFS, -ENOMEM, -ENOENT, -EACCES, -EISDIR,
 * -EINVAL (the SQL; no regular file).
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define STORE_BUSY_MS 5000

struct store;
struct store_query;

/*
 * A kind of database. `steps[i]` is the SQL that leads from version i to i + 1; steps that once were released
 * never change, new ones are added behind them. The id (four letters as a number) stands in the file's
 * header, so that no other database is taken for one of ours.
 */
struct store_schema {
	const char *name; /* for messages: "league" */
	uint32_t id;
	const char *const *steps;
	int count;
	/* WAL: readers and the writer never wait for one another. Without: a reader needs no write access to
	 * the folder; right for a file that is written now and then. Only where one process alone writes:
	 * SQLite before 3.51.3 can damage a WAL file when two connections write and checkpoint at once. */
	bool wal;
	/* An older file is copied to FILE.vN before the steps that are new to it, N being its version. Where that cannot be
	 * done, nothing is changed. */
	bool keeps_older;
};

enum store_mode {
	STORE_READ, /* must be there, and as the schema's steps make it */
	STORE_WRITE, /* made where it is missing, brought up to the schema's version */
	STORE_COPY /* likewise, but in memory: the file, which has no WAL, is only read, and what is written here is gone at
		      the end */
};

/* Opens `path` (":memory:" too). *ret_store is untouched on failure. */
int store_open(const char *path, enum store_mode mode, const struct store_schema *schema, struct store **ret_store,
	struct err *err) __attribute__((warn_unused_result));

/* Rolls back what is open. All queries must be freed before. NULL is fine. */
void store_close(struct store *store);

/* One or more statements without results. */
int store_exec(struct store *store, const char *sql, struct err *err) __attribute__((warn_unused_result));

/* Transactions do not nest. A begin takes the write lock at once, so that no later statement finds it taken.
 */
int store_begin(struct store *store, struct err *err) __attribute__((warn_unused_result));
int store_commit(struct store *store, struct err *err) __attribute__((warn_unused_result)); /* failed: rolled back */
void store_rollback(struct store *store); /* fine where none is open */

int64_t store_changes(const struct store *store); /* rows that the last insert, update or delete changed */
int64_t store_last_id(const struct store *store); /* row id of the last insert */
const char *store_path(const struct store *store);

/* A whole copy of what the file has at one moment, into a file that is made: -EEXIST where there is one. Others may write
 * meanwhile. Until it is whole it is PATH.part, which one before may have left. */
int store_backup(struct store *store, const char *path, struct err *err) __attribute__((warn_unused_result));

/* Prepares one statement; `sql` is copied. NULL is fine for store_query_free. */
int store_prepare(struct store *store, const char *sql, struct store_query **ret_query, struct err *err)
	__attribute__((warn_unused_result));
void store_query_free(struct store_query *query);

/* Parameters count from 1; they hold until bound anew. Text must stay as it is until the query was stepped to
 * its end or reset; NULL text binds NULL. A parameter that does not exist is our bug (assert); lack of memory
 * shows in the next step. */
void store_bind_int(struct store_query *query, int parameter, int64_t number);
void store_bind_real(struct store_query *query, int parameter, double number); /* NAN binds NULL */
void store_bind_text(struct store_query *query, int parameter, const char *text, size_t length);
void store_bind_null(struct store_query *query, int parameter);

/* 1: a row is there; 0: done, and reset for the next use; negative: failed, and reset. */
int store_step(struct store_query *query, struct err *err) __attribute__((warn_unused_result));
void store_reset(struct store_query *query); /* leaves a query before its end */

/* Runs a statement that gives no rows, or whose rows do not matter, to its end. */
int store_run(struct store_query *query, struct err *err) __attribute__((warn_unused_result));

/* Columns of the row that is there, from 0; text is valid until the next step or reset. */
int64_t store_int(const struct store_query *query, int column); /* NULL reads as 0 */
double store_real(const struct store_query *query, int column); /* NULL reads as NAN */
const char *store_text(const struct store_query *query, int column, size_t *ret_length); /* NULL reads as "" */
bool store_is_null(const struct store_query *query, int column);

/* What a column of that row holds: the declared type says little about a file that others wrote or damaged. */
struct store_value {
	enum store_type { STORE_NULL, STORE_INT, STORE_REAL, STORE_TEXT, STORE_BLOB } type;
	union {
		int64_t integer;
		double real;
		const char *text; /* ends in NUL, and may have others inside */
	};
	size_t length; /* STORE_TEXT */
};
struct store_value store_value(const struct store_query *query, int column);

/* The first column of the first row of a query without parameters, as a number; -ENOENT: no row. */
int store_get_int(struct store *store, const char *sql, int64_t *ret_number, struct err *err)
	__attribute__((warn_unused_result));

#endif
