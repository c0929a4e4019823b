/*
 * What the columns of a kind are called by the sources that people have, and what of other columns makes a cell that a
 * source does not write: home from "LAL @ BKN", rebounds from both halves. A header row is looked through once; then each
 * cell of a kind's row is asked for by its column. Case, blanks, and the signs _ - . of a header do not count.
 *
 * What a cell may be is not decided here (import_kind.c): what is not understood is handed on as it stands.
 */
#ifndef LEAGUE_IMPORT_LAYOUT_H
#define LEAGUE_IMPORT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "league/import_csv.h"
#include "league/import_kind.h"

#define LAYOUT_HEADER 48 /* bytes of a header in its bare form; longer ones are none that is known */

/* A header row, its names bare. */
struct layout {
	const char *name; /* of the source whose form it has, NULL: of none in particular */
	unsigned habits; /* of that source */
	bool persons; /* it has games of players, whether it names them or not: it is no file of teams */
	size_t count;
	char header[CSV_FIELDS_MAX][LAYOUT_HEADER];
};

void layout_read(const struct csv_record *header, struct layout *ret);

/* Where the columns of the kind are found: ret[column], for all of them; `rule` NULL: nowhere. 0, or -EINVAL: a column
 * that is read is named twice. */
int layout_find(const struct layout *layout, const struct import_kind *kind, struct import_source ret[COLUMN_COUNT],
	struct err *err);

/* The text of a cell, "" where there is none; NULL: two columns of the row contradict each other, ret_why says how.
 * What has to be made is put into the row's `made`. */
const char *layout_cell(const struct import_source from[COLUMN_COUNT], const struct csv_record *record,
	enum import_column_id column, struct import_row *row, struct import_refusal *ret_why);

/* Whether a field, taken as a header, is the one that `bare` holds: some sources repeat their header row. */
bool layout_is_header(const char *field, const char *bare);

/* "player = PLAYER_NAME, home = MATCHUP + team, ...": all columns that are not found under their own names. */
void layout_describe(const struct csv_record *header, const struct import_kind *kind,
	const struct import_source from[COLUMN_COUNT], char *ret, size_t size);

/* The header that was probably meant for a column which the header row lacks, as an index into it; SIZE_MAX: none. */
size_t layout_nearest(const struct layout *layout, const struct import_kind *kind, enum import_column_id column,
	const struct import_source from[COLUMN_COUNT]);

/* For documents: one call for each other name of a column, or each pair and trio of columns that it is made of
 * ("oreb + dreb"). */
void layout_each_name(const struct import_kind *kind, enum import_column_id column,
	void (*each)(void *context, const char *names), void *context);

/* The sources whose forms are known, NULL at the end. */
const char *layout_name(size_t index);

#endif
