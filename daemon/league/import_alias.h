/* What the import of aliases looks up in the league: whose names they are. One thread. */
#ifndef LEAGUE_IMPORT_ALIAS_H
#define LEAGUE_IMPORT_ALIAS_H

#include "base/err.h"
#include "league/import.h"
#include "league/import_kind.h"
#include "store/store.h"

/* Learns the names of all players as they stand now, for what is asked below; before a file of aliases, in its
 * transaction. */
int import_alias_know(struct store *store, struct err *err);

/* 1: the alias is the own name of another man than the one whom the row names, who is known too (`ret_why` is
 * filled); 0: it is not; or a failure. */
int import_alias_is_another(
	struct store *store, const struct import_row *row, struct import_refusal *ret_why, struct err *err);

/* As import_aliases_unused(). */
int import_alias_unused(struct store *store, void (*each)(void *context, const struct import_unused_alias *alias),
	void *context, struct err *err);

#endif
