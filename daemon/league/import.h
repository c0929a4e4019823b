/*
 * Importing: CSV files into the league database, one transaction a file. What is there already is left alone,
 * so that an import can be repeated; rows that are wrong are refused one by one, and the rest of their file
 * goes in. For propsctl; one thread.
 */
#ifndef LEAGUE_IMPORT_H
#define LEAGUE_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "league/import_alike.h"
#include "league/import_kind.h"
#include "league/import_name.h"

struct import;

/* Who wants to know while it goes on. Any function may be NULL. */
struct import_watch {
	void *context;
	bool (*stopped)(void *context); /* true: leave off; asked at every row */
	void (*progress)(void *context, int64_t done, int64_t size); /* bytes of the file; often */
	void (*refused)(void *context, int64_t line, const struct import_refusal *why);
};

#define IMPORT_REASONS 12 /* told apart in a file; the last place is for all others */

struct import_group { /* rows of a file of which one thing is said; rows == 0: no more of them */
	int64_t rows, line; /* how many, and where the first stands */
	char column[32], value[IMPORT_SHOWN]; /* of the first; "" if no single column says it */
	char reason[256];
};

struct import_result { /* of one file */
	const char *kind; /* NULL: no league data, nothing was read; then: */
	const char *other; /* what it is, as import_recognise() has it; NULL: no header row that is known */
	char nearest[512]; /* then: what it lacks to be league data, "" where it is like none */
	const char *layout; /* the source whose form it has, NULL: of none in particular */
	char columns[1200]; /* which stand under other names, and under which */
	int64_t read, added, changed, unchanged, refused, skipped;
	int64_t removed; /* rows that an import before had put in, and that are skipped now: they are taken out */
	int64_t nameless_ids; /* player rows without a player id, taken in by name */
	struct import_group skip[IMPORT_REASONS]; /* right, but no games that count */
	struct import_group refusal[IMPORT_REASONS]; /* by column and reason, whatever the values */
	struct import_group note[IMPORT_REASONS]; /* taken in, with a doubt */
	struct import_mended { /* names that were not as they should be, by what was mended */
		int64_t rows, line; /* the first of them */
		char from[IMPORT_SHOWN], to[IMPORT_SHOWN];
	} mended[NAME_NOTES];
};

/* Opens the database. One that is not there is made under another name beside it (DATABASE.new-...), and gets its own
 * when import_finish() finds rows in it: so an import that fails or is killed leaves none, and nobody reads half of one. */
int import_open(const char *database, struct import **ret_import, struct err *err);

/* The same for an import that is only tried: it goes into a copy in memory, and the file, should there be one, is not
 * written to, nor is one made. */
int import_try(const char *database, struct import **ret_import, struct err *err);

bool import_is_new(const struct import *i); /* the database was not there, and is not yet */

/* Rolls back what is not committed, and removes a database that was not finished; NULL is fine. */
void import_close(struct import *i);

/* Whether the file, which is a regular one, has a league's teams: it goes in before others, which may name them. */
bool import_is_of_teams(const char *path);

/* The league's time zone, by which a row's time and its date are held against each other; before the first file, and before
 * any thread, for it is the process's. Without it they are not. -ENOENT: no such zone. */
int import_zone(struct import *i, const char *zone, struct err *err);

/* 0; failure: the file could not be read or stored, nothing of it was. -EINTR: stopped. */
int import_file(struct import *i, const char *path, const struct import_watch *watch, struct import_result *ret,
	struct err *err);

/* After the last file: the league's number, one higher if this import changed anything, or an earlier one was
 * cut off. -ENODATA: nothing went into a database that was not there before, so it was not made. */
int import_finish(struct import *i, int64_t *ret_number, bool *ret_changed, struct err *err);

/* How many rows of a kind there are. */
int import_count(struct import *i, enum import_id id, int64_t *ret_rows, struct err *err);

/* Names that this import brought and that look like others, one call a pair; how many. */
int import_alike(
	struct import *i, void (*each)(void *context, const struct import_alike *pair), void *context, struct err *err);

/* Aliases that no event can use as things stand, one call each; how many. They are kept: box scores may come later. */
struct import_unused_alias {
	const char *alias, *player;
	enum {
		ALIAS_OF_NOBODY, /* neither spelling has box scores */
		ALIAS_OF_ITS_OWN, /* both have: box scores count */
		ALIAS_OF_SEVERAL, /* several players have the name, and neither player_id nor team says which */
	} why;
};
int import_aliases_unused(struct import *i, void (*each)(void *context, const struct import_unused_alias *alias),
	void *context, struct err *err);

/* Names that more than one player id bears, one call a player; how many such names there are. */
struct import_clash {
	const char *lookup, *name, *team, *last_game; /* team and date of his newest row */
	int64_t player_id;
	bool meant; /* the first of his name here: with the newest game of all */
};
int import_clashes(struct import *i, void (*each)(void *context, const struct import_clash *clash), void *context,
	struct err *err);

#endif
