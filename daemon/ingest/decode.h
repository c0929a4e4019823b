/*
 * From a stream entry's fields to an event, or to the reason why not. Both forms of the contract are read:
 * flat fields, or one field `data` that holds a JSON object. Pure: the only world it asks is the league's.
 */
#ifndef INGEST_DECODE_H
#define INGEST_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "ingest/event.h"

struct field { /* bytes as Redis gave them, not NUL-terminated */
	const char *name, *value;
	size_t name_length, value_length;
};

/* What decoding must ask: ten-digit game ids are mapped by the schedule, spellings of teams by the league's table; and
 * whose entry it is, which fields cannot tell. */
struct decode_world {
	const struct snapshot *snapshot; /* NULL without a league database */
	const struct teams *teams; /* what sources call them; NULL: codes only, at their face value */
	bool own; /* propsd's own scripts added the entry: it may carry fields that are strangers in all others */
	int64_t came_ms, max_delay_us; /* not_before may lie so far behind its coming; 0: anywhere */
};

struct malformed {
	char field[64]; /* the field at fault, "" if none alone */
	char error[400]; /* names field, value and what would be right; valid UTF-8 */
};

/* Any thread. 0: *ret_event needs event_done(); -EINVAL: malformed, *ret_why filled, *ret_event untouched;
 * -ENOMEM. With more fields than an entry may have none of them is looked at. */
int event_decode(enum stream stream, const struct field *fields, size_t count, const struct decode_world *world,
	struct event *ret_event, struct malformed *ret_why);

/* Whether one of the fields is of those that only propsd's own entries carry: then it must be known whose the entry is.
 * False where there are more fields than an entry may have: it is refused in any case. */
bool event_claims_own(enum stream stream, const struct field *fields, size_t count);

#endif
