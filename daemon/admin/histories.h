/* How the history is, for replies. Loop thread only. */
#ifndef ADMIN_HISTORIES_H
#define ADMIN_HISTORIES_H

#include <jansson.h>

struct admin_context;

json_t *admin_history_state(const struct admin_context *c); /* NULL: there is no history */

#endif
