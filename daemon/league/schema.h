/*
 * The league database: what its tables are. `propsctl import` writes it, propsd only reads it. One row a box
 * score, dates and team codes as text, so that it can be looked at with sqlite3.
 */
#ifndef LEAGUE_SCHEMA_H
#define LEAGUE_SCHEMA_H

#include "league/snapshot.h"
#include "league/team.h"
#include "store/store.h"

extern const struct store_schema league_schema;

/* What stands in the table `meta`. */
struct league_meta {
	int64_t number; /* +1 per import that changed rows */
	char identity[LEAGUE_IDENTITY_SIZE]; /* of the file, made with it: numbers of another are no older or newer */
	bool unfinished; /* an import is under way, or was cut off */
};
int league_meta(struct store *store, struct league_meta *ret, struct err *err); /* -EBADMSG: not there, or no number */

/* The teams: the database's own, where it has any, else the NBA's. -EBADMSG: no such table could have been imported. */
int league_teams(struct store *store, struct teams **ret, struct err *err);

#endif
