/* Schedules as replies show them. Loop thread only. */
#ifndef ADMIN_SCHEDULES_H
#define ADMIN_SCHEDULES_H

#include <jansson.h>

#include "admin/context.h"

json_t *admin_next_schedule(const struct admin_context *context); /* the one that is due next; NULL: there is none */

#endif
