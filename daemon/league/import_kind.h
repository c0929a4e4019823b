/*
 * The kinds of file that import reads: recognised by their header row, described by tables of columns. A row
 * is checked cell by cell and becomes the values of a database row, or a refusal that names column, value and
 * what would be right.
 */
#ifndef LEAGUE_IMPORT_KIND_H
#define LEAGUE_IMPORT_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/fold.h"
#include "base/str.h"
#include "league/import_csv.h"

#define IMPORT_COLUMNS_MAX 32
#define IMPORT_KEY_SIZE 128

enum import_id { /* of a kind */
	IMPORT_PLAYER_GAMES,
	IMPORT_TEAM_GAMES,
	IMPORT_SCHEDULE,
	IMPORT_GAME_ODDS,
	IMPORT_CLOSING_ODDS,
	IMPORT_KINDS
};

struct import_column;

struct import_kind {
	const char *name; /* of the kind and of its table */
	const struct import_column *columns;
	size_t count;
};

const struct import_kind *import_kind(enum import_id id);
const char *import_column_name(const struct import_kind *kind, size_t column); /* in the database */

/* What a header row says. */
struct import_header {
	bool known; /* a kind that import reads */
	enum import_id id;
	const char *other; /* else: the name of a kind that is no league data ("props"), NULL: unknown */
	size_t fields; /* that each row must have */
	size_t at[IMPORT_COLUMNS_MAX]; /* per column of the kind its field, SIZE_MAX: the file has none */
};

/* 0, whatever the header says; -EINVAL: a column named twice. */
int import_recognise(const struct csv_record *header, struct import_header *ret, struct err *err);

/* "player_games (needs game_date, player, ...); team_games (...)": for who gives a file that is none of them.
 */
void import_known_headers(struct str *out);

enum import_cell_type { CELL_NULL, CELL_INT, CELL_REAL, CELL_TEXT };

struct import_cell {
	enum import_cell_type type;
	int64_t integer;
	double real;
	const char *text; /* the record's, or a constant */
};

struct import_row {
	char key[IMPORT_KEY_SIZE];
	char lookup[LOOKUP_SIZE]; /* player_games */
	char date[16];
	char id[16];
	struct import_cell cell[IMPORT_COLUMNS_MAX]; /* per column of the kind */
};

enum import_verdict {
	IMPORT_ROW, /* to be stored */
	IMPORT_SKIP, /* right, but of no use here: `reason` */
	IMPORT_NEUTRAL, /* on neutral ground some sources give the home team as its own opponent: who the
			   other is and who was at home must be told by the other team's row. Take it from
			   there and call import_resolve(). */
	IMPORT_REFUSED,
};

struct import_refusal {
	const char *column; /* "" if no single one is at fault */
	char value[64]; /* cut, with an ellipsis */
	char reason[256];
};

/* One record to one row. `ret_why` is filled for IMPORT_SKIP (the reason alone) and IMPORT_REFUSED. */
enum import_verdict import_parse(const struct import_header *header, const struct csv_record *record,
	struct import_row *ret_row, struct import_refusal *ret_why);

/* Completes an IMPORT_NEUTRAL row with the opponent's code (a constant) and whether the row's team was at
 * home. */
void import_resolve(const struct import_header *header, struct import_row *row, const char *opponent, bool home);

/* Cells that the caller looks at by name. */
const struct import_cell *import_cell(const struct import_kind *kind, const struct import_row *row, const char *column);

#endif
