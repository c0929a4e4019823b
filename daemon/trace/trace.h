/*
 * What has happened of late: a ring of records of fixed size, one a step of an entry, a player's run or a queue's gate. It
 * is always on, so writing one formats nothing, allocates nothing and cannot fail: it fills a slot, and when all are
 * used the oldest. Who reads goes by numbers, which rise by one with each record, and so sees what he has missed.
 *
 * Memory is taken once. Everything here is for the loop thread, which makes all the steps that are recorded.
 */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/fold.h"

struct trace;

/* What happened; in brackets what `version`, `value` and `detail` say of it. Of an entry: */
enum trace_step {
	TRACE_READ, /* it was read, `player` as it names him; took: since it came to Redis */
	TRACE_DELAYED, /* waits for its time [value: Unix ms] */
	TRACE_APPLIED, /* is in the live state [version: of its field] */
	TRACE_ASIDE, /* a pause holds it back */
	TRACE_ACKED, /* acknowledged [detail: enum settled] */
	TRACE_DEAD, /* its letter is there [detail: enum metric_reason] */
	/* Of an entry and a player: */
	TRACE_AFFECTS, /* he needs this version [version] */
	TRACE_COVERED, /* his report has it already [version: what is committed] */
	TRACE_WITHHELD, /* an order keeps it from a run [version] */
	/* Of a player; the entry is the newest that he waits or runs for: */
	TRACE_QUEUED, /* [value: how many wait, with him; detail: enum level] */
	TRACE_BEGUN, /* [version; detail: attempt]; took: since he was queued */
	TRACE_NOT_BEGUN, /* [detail: enum verdict] */
	TRACE_RAN, /* [version; value: errno or 0; detail: enum trace_place; number: which]; took: the work alone */
	TRACE_COMMITTED, /* [version]; took: since it ran */
	TRACE_REFUSED, /* a newer one was there, or the token was lost [version: what is committed, detail as in RAN] */
	TRACE_FAILED, /* [version; detail: attempt] */
	TRACE_RESTS, /* looked at again at a time [value: us until then; detail: enum gate_verdict] */
	/* Of a phase; `player` heads its queue, "": it is empty */
	TRACE_GATE, /* [value: how many wait; detail: enum gate_verdict] */
	/* Of all: */
	TRACE_OVER, /* the session with Redis was lost, what was believed is forgotten */
	TRACE_STEPS
};

/* Where a run was computed. */
enum trace_place { TRACE_NOWHERE, TRACE_WORKER, TRACE_CHILD, TRACE_REQUEST, TRACE_PLACES };

enum { TRACE_NO_STREAM = 255 };

/* To ask for the time costs more than the rest of a record: who has it gives it, and what belongs to one moment has one. */
enum { TRACE_AT_ONCE = -1 };

struct trace_fact { /* what does not apply is 0 */
	int64_t at_us; /* monotonic. To trace_add() 0 is now, and TRACE_AT_ONCE what the newest record has */
	int64_t took_us; /* since the step before of the same thing; -1: there is none */
	uint64_t ms, seq; /* the entry's id */
	int64_t version, value;
	date_t date;
	uint32_t number;
	uint8_t step; /* enum trace_step */
	uint8_t phase; /* enum phase */
	uint8_t stream; /* enum stream of the entry; TRACE_NO_STREAM: there is none */
	uint8_t detail;
};

struct trace_record {
	struct trace_fact fact;
	char player[LOOKUP_SIZE]; /* "" = none */
};

/* `records` is rounded up to a power of two, at least 2. NULL: no memory. */
struct trace *trace_new(const struct clock *clock, size_t records);
void trace_free(struct trace *t); /* NULL is fine */

/*
 * Adds a record and returns its time. `since_us`: monotonic time of the step before, from which took_us is worked out;
 * 0: took_us stays as it is given. `player` may be NULL. Without a trace (NULL) nothing is done, and 0 returned.
 */
int64_t trace_add(struct trace *t, const struct trace_fact *fact, int64_t since_us, const char *player);

/* Numbers of the records that are there: from first to below end. */
uint64_t trace_first(const struct trace *t);
uint64_t trace_end(const struct trace *t);
/* Good until the next trace_add(). `number` is one that is there. */
const struct trace_record *trace_at(const struct trace *t, uint64_t number);

#endif
