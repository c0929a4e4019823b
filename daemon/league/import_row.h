/*
 * What only a row as a whole tells: whether it is a game that counts, and whether its columns contradict each other. Of
 * files and of the database alike. Any thread.
 */
#ifndef LEAGUE_IMPORT_ROW_H
#define LEAGUE_IMPORT_ROW_H

#include <stdbool.h>

#include "league/spelling.h"
#include "league/import_kind.h"

/* Whether the row is of no game that counts: somebody who did not play, the preseason, an All-Star game. Asked before
 * cells are judged, for in such a row much may be empty. Numbers have been read where there are any. True: `ret_why` has
 * the reason, and a column and its value for an example: whose row it is, or what says that it does not count. */
bool row_is_left_out(enum import_id id, const struct import_row *row, struct import_refusal *ret_why);

/* The preseason and the like, by the column for it, else by the game's number; NULL: it counts. */
const struct season_part *row_exhibition(const struct import_row *row, enum import_column_id *ret_column);

/* A statistic that the row has, above 0 or, of plus_minus, other than 0; COLUMN_COUNT: none. */
enum import_column_id row_statistic(const struct import_row *row);

/* What a file says beside the columns of its kind. */
struct row_evidence {
	const char *column; /* that says who plays whom, and what it says; NULL: none does */
	char value[IMPORT_SHOWN];
	const char *away, *home; /* the codes of the two */
	const char *zone; /* the league's, to which zone_set() was called; NULL: days are not held against times */
};

/* Whether columns contradict each other. Every cell has been judged. True: `ret_why` has both values. */
bool row_contradicts_itself(enum import_id id, const struct import_row *row, const struct row_evidence *evidence,
	struct import_refusal *ret_why);

#endif
