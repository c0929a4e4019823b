/* `regenerate` of those whose report an older model made: answered in cmd_fresh.c, which knows who they are. */
#ifndef ADMIN_OUTDATED_H
#define ADMIN_OUTDATED_H

#include "admin/context.h"
#include "admin/request.h"

void admin_regenerate_outdated(struct admin_request *r, struct admin_context *c);

#endif
