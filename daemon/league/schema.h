/*
 * The league database: what its tables are. `propsctl import` writes it, propsd only reads it. One row a box
 * score, dates and team codes as text, so that it can be looked at with sqlite3.
 */
#ifndef LEAGUE_SCHEMA_H
#define LEAGUE_SCHEMA_H

#include "store/store.h"

extern const struct store_schema league_schema;

/* What stands in the table `meta`. */
struct league_meta {
	int64_t number; /* +1 per import that changed rows */
	bool unfinished; /* an import is under way, or was cut off */
};
int league_meta(struct store *store, struct league_meta *ret, struct err *err); /* -EBADMSG: not there, or no number */

#endif
