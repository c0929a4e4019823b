/* The strangers that this instance has met, one row a kind, name and source. */
#ifndef DELIVERY_STRANGERS_H
#define DELIVERY_STRANGERS_H

#include <stdbool.h>
#include <stdint.h>

#include "ingest/event.h"
#include "slate/stranger.h"

struct stranger_row {
	enum stranger_kind kind;
	unsigned count; /* entries; 0: free */
	date_t date; /* of the newest */
	int64_t first_ms, last_ms; /* when the first and the newest came (Unix) */
	int64_t seen_us; /* when the newest was looked at, monotonic */
	char name[LOOKUP_SIZE]; /* lookup, code or game id */
	char spelling[SPELLING_SIZE]; /* as the newest wrote it; "": not known, or the same */
	char source[BOOK_SIZE]; /* its book; of what is not odds its stream */
	bool looked; /* what is nearest is known: */
	unsigned near_count;
	struct stranger_near near[STRANGER_NEAR]; /* best first */
};

enum { STRANGER_ROWS = 256 };
struct strangers {
	struct stranger_row *rows; /* STRANGER_ROWS of them */
	uint64_t left_out; /* rows that made room for others */
	bool news; /* since the warning was worded */
	unsigned searches; /* for what is nearest, that letters may have before the next tick */
};

#endif
