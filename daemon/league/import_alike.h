/*
 * New names that look like others: a second spelling makes a second man, with half of the figures each. Likeness is told
 * and never acted upon. For propsctl, after an import.
 */
#ifndef LEAGUE_IMPORT_ALIKE_H
#define LEAGUE_IMPORT_ALIKE_H

#include "base/err.h"
#include "store/store.h"

struct import_alike {
	const char *name, *lookup; /* the new one */
	const char *like_name, *like_lookup; /* if both are new, the one with more rows */
	const char *why; /* "one letter differs" */
};

/* Which names are there before the import: what comes after this is new. */
int alike_remember(struct store *store, struct err *err);

/* One call a pair, in the order of the new names; how many. Two that their source numbers differently, or that played in
 * one game, are two men, and are passed over. */
int alike_find(struct store *store, void (*each)(void *context, const struct import_alike *pair), void *context,
	struct err *err);

#endif
