/* What entries were, in a few words. Loop thread only. */
#ifndef ADMIN_TOLD_H
#define ADMIN_TOLD_H

#include <jansson.h>

#include "admin/ask.h"

/*
 * Answers the ask with `data` (taken), once each entry that it tells of (an object with a `type`, and its id in `entry` or
 * `id`) has got `what`, the values of its main fields, as far as Redis still has it. At most 16 entries are asked for.
 */
void ask_reply_told(struct ask *ask, json_t *data);

#endif
