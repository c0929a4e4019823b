/*
 * Reads CSV files as RFC 4180 has them, plain or gzip: fields in double quotes may hold commas, line ends and
 * doubled quotes; lines end in LF or CRLF; a byte order mark is passed over, so are empty lines. In place of the comma
 * a semicolon, a tab or a bar may part the fields, whichever the first line has most of. One thread a reader.
 *
 * A bad record costs itself only: the reader goes on at the line after the one it began on.
 */
#ifndef LEAGUE_IMPORT_CSV_H
#define LEAGUE_IMPORT_CSV_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define CSV_FIELDS_MAX 256
#define CSV_RECORD_MAX 65536 /* bytes, quotes and line end included */

struct csv;

struct csv_record {
	int64_t line; /* on which it begins, from 1 */
	size_t count;
	char *field[CSV_FIELDS_MAX]; /* NUL-terminated UTF-8, without NUL inside; the reader's, until the next
					call */
};

int csv_open(const char *path, struct csv **ret_csv, struct err *err);
void csv_close(struct csv *c); /* NULL is fine */

/* 1: a record; 0: the end; -EBADMSG: a bad record, err says why, ret_record->line where, the next call goes
 * on; any other failure (cannot read, damaged or cut-off gzip, UTF-16) is final. */
int csv_next(struct csv *c, struct csv_record *ret_record, struct err *err);

/* How far it is: bytes of the file as it lies on disk. */
int64_t csv_size(const struct csv *c);
int64_t csv_done(const struct csv *c);

#endif
