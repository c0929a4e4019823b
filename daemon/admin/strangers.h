/* Strangers, in short, for `status`. */
#ifndef ADMIN_STRANGERS_H
#define ADMIN_STRANGERS_H

#include <jansson.h>

#include "admin/context.h"

json_t *admin_stranger_counts(const struct admin_context *c); /* by kind; NULL: there are none */

#endif
