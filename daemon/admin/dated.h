/* Commands that look at a date or a game: nothing known of it is "not found", never an empty answer. Loop thread only. */
#ifndef ADMIN_DATED_H
#define ADMIN_DATED_H

#include "admin/context.h"
#include "admin/request.h"

/*
 * The handler of such commands: runs the row's `dated` once what the request names in `date` or `game` is known, and ends
 * it with not_found or unknown_game where it is not. A date is known that has a game, a roster that events changed, or
 * somebody who ever ran or is under an order. Without a league any game may be one. Where nothing is named, and where
 * Redis cannot be asked, `dated` runs at once.
 */
void admin_dated(struct admin_request *r, struct admin_context *c);

#endif
