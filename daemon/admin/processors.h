/* A processor as replies show it. Loop thread only. */
#ifndef ADMIN_PROCESSORS_H
#define ADMIN_PROCESSORS_H

#include <jansson.h>

#include "admin/context.h"
#include "admin/request.h"

struct processor;

json_t *admin_processor(const struct admin_context *context, const struct processor *p); /* NULL: no memory */

/* Ends the request: not_found, with the names that there are. */
void admin_unknown_processor(struct admin_request *r, const struct admin_context *context, const char *name);

#endif
