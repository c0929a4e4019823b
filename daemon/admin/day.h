/* A player's day as clients see it. Loop thread only. */
#ifndef ADMIN_DAY_H
#define ADMIN_DAY_H

#include <jansson.h>
#include <stdbool.h>

#include "admin/context.h"
#include "base/clock.h"

/* As a day of the command `player`. */
json_t *admin_day_json(struct admin_context *c, date_t date, const char *lookup);
/* Without a league any name may be a player's, but nothing can be said of one that never came up. */
bool admin_day_is_known(struct admin_context *c, date_t date, const char *lookup);

#endif
