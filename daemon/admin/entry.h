/* Entries for the input streams that a client gave: checked as the daemon itself would, then added. */
#ifndef ADMIN_ENTRY_H
#define ADMIN_ENTRY_H

#include <jansson.h>
#include <stddef.h>

#include "admin/context.h"
#include "ingest/decode.h"

#define ADMIN_ENTRY_FIELDS 32 /* more are malformed anyway */

struct admin_entry { /* names and values in turn; borrowed from the JSON object */
	const char *texts[2 * ADMIN_ENTRY_FIELDS];
	size_t count;
};

/*
 * From an object of texts. 0 with *ret_event (to be ended with event_done()); -EINVAL: malformed, *ret_why
 * says how; -ENOMEM. `object` must stay while the entry is used.
 */
int admin_entry_make(const struct admin_context *context, enum stream stream, json_t *object,
	struct admin_entry *ret_entry, struct event *ret_event, struct malformed *ret_why);

#endif
