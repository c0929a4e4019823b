/* A processor as replies show it. Loop thread only. */
#ifndef ADMIN_PROCESSORS_H
#define ADMIN_PROCESSORS_H

#include <jansson.h>

#include "admin/context.h"

struct processor;

json_t *admin_processor(const struct admin_context *context, const struct processor *p); /* NULL: no memory */

#endif
