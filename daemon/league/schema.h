/*
 * The league database: what its tables are, and opening it. `propsctl import` writes it, propsd only reads
 * it. One row a box score, dates and team codes as text, so that it can be looked at with sqlite3. One thread
 * a handle.
 */
#ifndef LEAGUE_SCHEMA_H
#define LEAGUE_SCHEMA_H

#include "base/err.h"

typedef struct sqlite3 sqlite3;

#define SCHEMA_VERSION 1

/* Opens the database for writing, makes it where there is none. -EPROTO: another program's database, or
 * another version of the schema (err says which). sqlite3_close() it. */
int schema_open_write(const char *path, sqlite3 **ret_db, struct err *err);

/* Opens an existing one for reading. */
int schema_open_read(const char *path, sqlite3 **ret_db, struct err *err);

/* The last failure on the handle as an error of ours: "PATH-less text of SQLite", -EBUSY, -ENOSPC, -EIO or
 * -EPROTO. */
int schema_fail(sqlite3 *db, const char *what, struct err *err);

#endif
