/*
 * The kinds of file that import reads: recognised by their header row, described by tables of columns. A row
 * is checked cell by cell and becomes the values of a database row, or a refusal that names column, value and
 * what would be right. The same tables tell what the database may hold: a row that import would not have
 * written is refused when it is loaded, by the same rules.
 */
#ifndef LEAGUE_IMPORT_KIND_H
#define LEAGUE_IMPORT_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/fold.h"
#include "base/str.h"
#include "league/import_csv.h"

#define IMPORT_KEY_SIZE 128
#define IMPORT_SHOWN 64 /* bytes of a value in a message */

enum import_id { /* of a kind */
	IMPORT_PLAYER_GAMES,
	IMPORT_TEAM_GAMES,
	IMPORT_SCHEDULE,
	IMPORT_GAME_ODDS,
	IMPORT_CLOSING_ODDS,
	IMPORT_TEAMS,
	IMPORT_ALIASES,
	IMPORT_KINDS
};

/* Columns of the database; most are of several kinds. */
enum import_column_id {
	COLUMN_SEASON,
	COLUMN_SEASON_TYPE,
	COLUMN_GAME_ID,
	COLUMN_GAME_DATE,
	COLUMN_GAME_LABEL,
	COLUMN_EVENT_ID,
	COLUMN_PLAYER_ID,
	COLUMN_PLAYER,
	COLUMN_PLAYER_LOOKUP,
	COLUMN_TEAM,
	COLUMN_OPPONENT,
	COLUMN_AWAY,
	COLUMN_HOME, /* a code beside COLUMN_AWAY, a flag beside COLUMN_OPPONENT */
	COLUMN_WIN,
	COLUMN_STARTER,
	COLUMN_MIN,
	COLUMN_PTS,
	COLUMN_REB,
	COLUMN_OREB,
	COLUMN_DREB,
	COLUMN_AST,
	COLUMN_STL,
	COLUMN_BLK,
	COLUMN_TOV,
	COLUMN_PF,
	COLUMN_FGM,
	COLUMN_FGA,
	COLUMN_TPM,
	COLUMN_TPA,
	COLUMN_FTM,
	COLUMN_FTA,
	COLUMN_PLUS_MINUS,
	COLUMN_BOX_COMPLETE,
	COLUMN_TIP_MS,
	COLUMN_COMMENCE_MS,
	COLUMN_SPREAD_HOME,
	COLUMN_TOTAL,
	COLUMN_CODE,
	COLUMN_NAME,
	COLUMN_ALIASES,
	COLUMN_ALIAS,
	COLUMN_COUNT
};

struct import_column;

struct import_kind {
	const char *name; /* of the kind and of its table */
	const struct import_column *columns;
	size_t count;
};

const struct import_kind *import_kind(enum import_id id);
const char *import_column_name(const struct import_kind *kind, size_t column); /* in the database */
enum import_column_id import_column_id(const struct import_kind *kind, size_t column);
const char *import_column_text(enum import_column_id id); /* its name in the database */
const char *import_column_header(const struct import_kind *kind, size_t column); /* in a file; "": in none, derived */
bool import_column_needed(const struct import_kind *kind, size_t column); /* each file of the kind has it */

#define IMPORT_PARTS 3 /* columns of a file that a cell may be made of */

/* Where a cell comes from (import_layout.h). */
struct import_source {
	const struct import_rule *rule; /* NULL: the file does not have it */
	size_t part[IMPORT_PARTS]; /* fields */
	unsigned habits; /* of the source (import_layout.c) */
};

/* What a header row says. */
struct import_header {
	bool known; /* a kind that import reads */
	enum import_id id;
	const char *other; /* else: the name of a kind that is no league data ("props"), NULL: unknown */
	const char *layout; /* the source whose form it has, NULL: of none in particular */
	size_t fields; /* that each row must have */
	struct import_source from[COLUMN_COUNT];
	/* Fields that say once more who plays whom, SIZE_MAX: none; what else the row says is held against them. */
	size_t matchup, away_team, home_team;
	const char *zone; /* the league's, set by the caller after zone_set(); NULL: dates are not held against times */
	char date[48]; /* the header of the dates, bare: sources repeat their header row among the others */
	char columns[1200]; /* what stands under other names: "player = PLAYER_NAME, ..."; "": nothing */
	char nearest[512]; /* not known: what it lacks to be of the kind that it comes nearest to; "": it comes near none */
};

/* 0, whatever the header says; -EINVAL: a column named twice. */
int import_recognise(const struct csv_record *header, struct import_header *ret, struct err *err);

/* "player_games (needs game_date, player, ...); team_games (...)": for who gives a file that is none of them.
 */
void import_known_headers(struct str *out);

/* In the order in which they are tried; IMPORT_KINDS of them. */
const struct import_kind *import_kind_at(size_t index);

enum import_cell_type {
	CELL_NULL,
	CELL_INT,
	CELL_REAL,
	CELL_TEXT, /* UTF-8 without a NUL inside */
	CELL_BYTES /* other bytes: of no use in any column */
};

struct import_cell {
	enum import_cell_type type;
	union {
		int64_t integer;
		double real;
		const char *text; /* the record's, or a constant */
	};
};

struct teams;

struct import_row {
	const struct teams *teams; /* the caller's, set before the row is read: what spellings mean */
	char key[IMPORT_KEY_SIZE];
	char lookup[LOOKUP_SIZE]; /* player_games, aliases: of the player */
	char alias[LOOKUP_SIZE]; /* aliases */
	char name[104]; /* player_games: the player's, mended */
	unsigned mended; /* what was mended of it: bits by enum name_note (import_name.h) */
	char made[1024]; /* texts that layout_cell() made */
	size_t made_length;
	char id[16]; /* the league's number for the game: ten digits; "": unknown */
	date_t date;
	int season; /* the year it begins in; 0: unknown */
	struct import_cell cell[COLUMN_COUNT]; /* those of the kind's columns */
};

enum import_verdict {
	IMPORT_ROW, /* to be stored */
	IMPORT_SKIP, /* right, but of no use here: `reason`; the row's key, where it can be told, else "" */
	IMPORT_NEUTRAL, /* on neutral ground some sources give the home team as its own opponent: who the
			   other is and who was at home must be told by the other team's row. Take it from
			   there and call import_resolve(). */
	IMPORT_REFUSED,
};

struct import_refusal {
	const char *column; /* "" if no single one is at fault */
	char value[IMPORT_SHOWN];
	char reason[256];
};

/* One record to one row. `ret_why`, given empty, is filled for IMPORT_SKIP and IMPORT_REFUSED. */
enum import_verdict import_parse(const struct import_header *header, const struct csv_record *record,
	struct import_row *ret_row, struct import_refusal *ret_why);

/* Completes an IMPORT_NEUTRAL row with the opponent's code (its teams' text) and whether the row's team was at
 * home. */
void import_resolve(const struct import_header *header, struct import_row *row, const char *opponent, bool home);

/* A row of the database, whose cells the caller has filled in as they are there, and the key it has: IMPORT_ROW if
 * import could have made it, and the rest of the row is filled in as import_parse() does. IMPORT_SKIP: an older
 * version could; this one would have left it out, or have refused it since columns contradict each other: it is no
 * game. Else IMPORT_REFUSED. */
enum import_verdict import_check(
	enum import_id id, const char *key, struct import_row *row, struct import_refusal *ret_why);

/* Any text as part of one line of a message: cut, with an ellipsis, and without control characters. */
void import_show(char ret[IMPORT_SHOWN], const char *text);

#endif
