/*
 * One stream entry from reading to acknowledgement. Owned by delivery; others hold pointers while a player's need of it
 * is open, and never longer than until delivery_ops.forget.
 */
#ifndef DELIVERY_ENTRY_H
#define DELIVERY_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/level.h"
#include "base/queue.h"
#include "base/table.h"
#include "ingest/event.h"

struct stream_id {
	uint64_t ms, seq;
};

#define STREAM_ID_SIZE 44
const char *stream_id_format(struct stream_id id, char buffer[STREAM_ID_SIZE]);
bool stream_id_parse(const char *text, struct stream_id *ret);
int stream_id_compare(struct stream_id a, struct stream_id b);

/* The same id as a string that sorts: each number behind a letter that says how many digits it has. */
const char *order_key_format(struct stream_id id, char buffer[STREAM_ID_SIZE]);

/* How an entry ended, in the order of what wins when its players ended differently. */
enum settled {
	SETTLED_NONE,
	SETTLED_OTHER,
	SETTLED_MUTED, /* an order kept it from a run, which is owed when that ends */
	SETTLED_COMMIT,
	SETTLED_DEAD,
	SETTLED_DUPLICATE,
	SETTLED_EXPIRED,
	SETTLED_ASIDE, /* not at all: a pause holds it back, it stays pending */
	SETTLED_COUNT
};

enum entry_state {
	ENTRY_NEW, /* in no list and no count yet, or no more */
	ENTRY_DELAYED, /* not due yet */
	ENTRY_TODO, /* waits for its day's slate, or for room in a list */
	ENTRY_SENT, /* in an apply list */
	ENTRY_OPEN, /* applied; players need it */
	ENTRY_SLOW, /* the same, and none of them but for precompute */
	ENTRY_BURYING, /* its dead letter is on the way */
	ENTRY_SETTLED, /* its ack waits to be sent */
	ENTRY_ACKING, /* its ack is on the way: a page of pending entries that was asked for before may hold it */
};

struct entry_key {
	struct stream_id id;
	uint64_t stream; /* enum stream, without padding behind it */
};

struct entry {
	struct entry_key key;
	enum entry_state state;
	enum event_kind kind;
	bool has_priority;
	enum level priority;
	bool again; /* the slate moved on under one of its items: apply it anew */
	bool catches_up; /* read again after a pause: applied now, and run when all such are */
	unsigned resumes; /* where a need was let go under a pause: the delivery's count by then */
	bool nameless; /* of todo.c */
	unsigned todo; /* enum todo_kind, while it is to do */
	int64_t round; /* of todo.c: that it stands in, once it was to do */
	bool applied_before; /* it has been, so a player may hold an older need of it */
	uint32_t open; /* needs of it that are not settled */
	uint32_t slow; /* those of them that are precompute's */
	uint32_t items_left; /* apply items whose answer is out */
	enum settled how;
	int64_t read_us; /* monotonic: when it was read */
	int64_t step_us; /* monotonic: of its newest step in the trace */
	bool told_applied; /* that step is in the trace */
	int64_t came_ms; /* the time of its id, or when it was read where the id lies ahead of Redis' clock */
	int64_t event_ms; /* when it happened at the source: ts, else when it came */
	int64_t hand_us; /* monotonic: could not be handed over; not to be tried again before */
	date_t date;
	int64_t due_ms; /* not before, 0 = at once */
	struct day *day; /* while it is to do */
	struct event *event; /* until it is applied */
	char *traceparent; /* of the event; NULL: none */
	bool leads; /* others are settled with it, as they were applied together: */
	struct entry *follower; /* the next of them */
	struct burial *burial; /* players it is dead for, and why */
	struct entry *next, *prev; /* of the list that its state names */
	struct queue_node node; /* while it is delayed, or to do */
	UT_hash_handle hh;
};

#endif
