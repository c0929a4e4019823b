/* Players by the names that people type. Loop thread only. */
#ifndef ADMIN_NAMES_H
#define ADMIN_NAMES_H

#include <stdbool.h>

#include "admin/context.h"
#include "admin/request.h"
#include "base/fold.h"

date_t admin_today(const struct admin_context *context); /* by the league's clock */

/*
 * The canonical lookup for a lookup on a date. False: neither league nor tonight nor the player table knows
 * him; without a league database everybody is taken at his word, so it is then always true.
 */
bool admin_find_player(
	const struct admin_context *context, date_t date, const char *lookup, char canonical[LOOKUP_SIZE]);

/* Ends the request with unknown_player and the names that resemble this one. */
void admin_unknown_player(struct admin_request *request, struct admin_context *context, date_t date, const char *lookup);

#endif
