/*
 * The table of entries: each that was read and not acknowledged, once. An entry's state is changed in one place,
 * entry_enter(), which keeps lists, budgets and counts in step with it.
 *
 * Budgets. Each stream has room for so many entries that are not settled; a stream without room is not named in the
 * next read, so Redis keeps what we could not hold. Odds may take 70 % of max_in_flight, the other four share the
 * rest. Entries that wait for a time (not_before) are delayed: they count as parked, not against their stream; and so do
 * those that wait for nothing but precompute, which may take minutes: what is quick is not to wait for it. What a pause
 * sets aside leaves the table: it is pending in Redis, and only counted here.
 */
#include "delivery/internal.h"

#include <stdlib.h>
#include <string.h>

enum {
	ODDS_PERCENT = 70,
	PASSED_MAX = 10000, /* of those that wait for their time, in search of the oldest that does not: a millisecond */
	AHEAD_MS = 5000, /* an id may be ahead by so much: what we know of Redis' clock is an estimate */
};

/* --- budgets ---------------------------------------------------------------------------------------------------- */

static unsigned budget_of(const struct delivery *d, enum stream stream)
{
	unsigned odds = (unsigned)((uint64_t)d->options.max_in_flight * ODDS_PERCENT / 100);
	return stream == STREAM_ODDS ? odds : d->options.max_in_flight - odds;
}

unsigned budget_room(const struct delivery *d, enum stream stream)
{
	unsigned budget = budget_of(d, stream), used = 0;
	/* Too many are parked: those streams stop that parked more than their part, the others go on. */
	if (d->parked >= d->options.max_parked && d->streams[stream].parked >= d->options.max_parked / STREAM_COUNT)
		return 0;
	const bool many =
		d->slow >= d->options.max_needs / 2; /* then they count all the same, as needs are bounded, too */
	for (int s = 0; s < STREAM_COUNT; s++)
		if ((s == STREAM_ODDS) == (stream == STREAM_ODDS))
			used += d->streams[s].in_flight + (many ? d->streams[s].slow : 0);
	return used < budget ? budget - used : 0;
}

/*
 * Room for new entries. A stream that was full stays closed until half of its budget is free, but no longer than
 * REOPEN_US: read again for each few entries that were acked, a long backlog would cost a run for each few.
 */
unsigned budget_room_to_read(const struct delivery *d, enum stream stream)
{
	unsigned room = budget_room(d, stream);
	if (room < budget_of(d, stream) / 2 && link_now_us(d) < d->streams[stream].closed_until_us)
		return 0;
	return room;
}

/* Whether more is about to come: not while it is closed, what fills it must be run first. */
bool budget_more(const struct delivery *d, enum stream stream)
{
	if (d->streams[stream].paging && budget_room(d, stream) > 0)
		return true;
	return link_now_us(d) < d->streams[stream].more_until_us && budget_room_to_read(d, stream) > 0;
}

int64_t budget_next_us(const struct delivery *d)
{
	int64_t next = INT64_MAX;
	for (int s = 0; s < STREAM_COUNT; s++) {
		const struct budget *b = &d->streams[s];
		if (b->closed_until_us && b->closed_until_us < next)
			next = b->closed_until_us;
		if (b->more_until_us && b->more_until_us < next)
			next = b->more_until_us;
	}
	return next;
}

/* --- states ----------------------------------------------------------------------------------------------------- */

static struct entry *entry_of_due(struct queue_node *node)
{
	return (struct entry *)((char *)node - offsetof(struct entry, node));
}

/* Out of the list and the count that its state stands for. */
static void leave(struct delivery *d, struct entry *e)
{
	struct budget *b = &d->streams[e->key.stream];
	switch (e->state) {
	case ENTRY_NEW:
		return;
	case ENTRY_DELAYED:
		queue_remove(&d->delayed, &e->node);
		d->parked--;
		b->parked--;
		return;
	case ENTRY_SLOW:
		d->parked--;
		b->parked--;
		b->slow--;
		return;
	case ENTRY_SETTLED:
		LIST_REMOVE(&b->settled, e);
		d->settled--;
		return;
	case ENTRY_ACKING:
		LIST_REMOVE(&b->acking, e);
		d->settled--;
		return;
	case ENTRY_TODO:
		todo_remove(&e->day->todo, e);
		break;
	case ENTRY_BURYING:
		LIST_REMOVE(&d->burying, e);
		break;
	case ENTRY_SENT:
	case ENTRY_OPEN:
		break;
	}
	b->in_flight--;
}

void entry_enter(struct delivery *d, struct entry *e, enum entry_state state)
{
	struct budget *b = &d->streams[e->key.stream];
	leave(d, e);
	e->state = state;
	switch (state) {
	case ENTRY_NEW:
		return;
	case ENTRY_DELAYED:
		queue_add(&d->delayed, &e->node, e->due_ms);
		d->parked++;
		b->parked++;
		return;
	case ENTRY_SLOW:
		d->parked++;
		b->parked++;
		b->slow++;
		return;
	case ENTRY_SETTLED:
		LIST_APPEND(&b->settled, e);
		d->settled++;
		return;
	case ENTRY_ACKING:
		LIST_APPEND(&b->acking, e);
		d->settled++;
		return;
	case ENTRY_TODO:
		todo_add(&e->day->todo, e);
		break;
	case ENTRY_BURYING:
		LIST_APPEND(&d->burying, e);
		break;
	case ENTRY_SENT:
	case ENTRY_OPEN:
		break;
	}
	b->in_flight++;
}

void entry_judge(struct delivery *d, struct entry *e)
{
	const enum entry_state state = e->open > 0 && e->open == e->slow ? ENTRY_SLOW : ENTRY_OPEN;
	for (struct entry *one = e; one; one = e->leads ? one->follower : NULL) {
		const bool led_only = one == e || one->open == 1;
		if ((one->state == ENTRY_OPEN || one->state == ENTRY_SLOW) && led_only && one->state != state)
			entry_enter(d, one, state);
	}
}

void need_count(struct delivery *d, struct entry *e, enum phase phase, int change)
{
	const unsigned by = (unsigned)change;
	d->needs += by;
	e->open += by;
	if (phase == PHASE_PRECOMPUTE) {
		d->slow += by;
		e->slow += by;
	}
	if (e->open > 0)
		entry_judge(d, e);
}

struct entry *entry_first_due(const struct delivery *d, int64_t now_ms)
{
	struct queue_node *node = queue_first(&d->delayed);
	return node && node->turn <= now_ms ? entry_of_due(node) : NULL;
}

/* --- the table -------------------------------------------------------------------------------------------------- */

struct entry *entry_find(const struct delivery *d, enum stream stream, struct stream_id id)
{
	struct entry_key key = {.id = id, .stream = stream};
	struct entry *e;
	HASH_FIND(hh, d->entries, &key, sizeof(key), e);
	return e;
}

int64_t entry_time_ms(const struct delivery *d, struct stream_id id)
{
	const int64_t now_ms = delivery_redis_ms(d);
	return id.ms > (uint64_t)now_ms + AHEAD_MS ? now_ms : (int64_t)id.ms;
}

struct entry *entry_new(struct delivery *d, enum stream stream, struct stream_id id)
{
	struct entry *e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	e->key = (struct entry_key){.id = id, .stream = stream};
	e->read_us = link_now_us(d);
	e->came_ms = e->event_ms = entry_time_ms(d, id);
	e->step_us = e->read_us - (delivery_redis_ms(d) - e->came_ms) * 1000;
	HASH_ADD(hh, d->entries, key, sizeof(e->key), e);
	if (table_add_failed(e)) {
		free(e);
		return NULL;
	}
	/* It counts against its stream from the first moment on. */
	entry_enter(d, e, ENTRY_SENT);
	return e;
}

void entry_step(struct delivery *d, struct entry *e, struct trace_fact fact, const char *player)
{
	fact.ms = e->key.id.ms;
	fact.seq = e->key.id.seq;
	fact.stream = (uint8_t)e->key.stream;
	fact.date = e->date;
	fact.took_us = -1;
	e->step_us = trace_add(d->options.trace, &fact, e->step_us, player);
}

void entry_forget_event(struct entry *e)
{
	if (!e->event)
		return;
	event_done(e->event);
	free(e->event);
	e->event = NULL;
}

static void burial_free(struct burial *b)
{
	if (!b)
		return;
	str_done(&b->error);
	str_done(&b->players);
	free(b);
}

void entry_set_aside(struct delivery *d, struct entry *e)
{
	struct budget *b = &d->streams[e->key.stream];
	entry_step(d, e, (struct trace_fact){.step = TRACE_ASIDE}, NULL);
	b->aside++;
	b->aside_moved = true;
	metrics_add(d->options.metrics, METRIC_ENTRIES_SET_ASIDE, 0, 1);
	entry_done(d, e);
}

void entry_done(struct delivery *d, struct entry *e)
{
	entry_enter(d, e, ENTRY_NEW);
	d->streams[e->key.stream].catch_up -= e->catches_up;
	HASH_DEL(d->entries, e);
	entry_forget_event(e);
	burial_free(e->burial);
	free(e->traceparent);
	free(e);
}

void entries_forget(struct delivery *d)
{
	struct entry *e, *next;
	metrics_add(d->options.metrics, METRIC_ENTRIES_FORGOTTEN, 0, HASH_COUNT(d->entries) - d->settled);
	HASH_ITER (hh, d->entries, e, next)
		entry_done(d, e);
	d->hold_us = 0;
	d->full = false;
}

/* --- figures ---------------------------------------------------------------------------------------------------- */

unsigned delivery_in_flight(const struct delivery *d)
{
	return HASH_COUNT(d->entries) - d->parked - d->settled;
}

unsigned delivery_parked(const struct delivery *d)
{
	return d->parked;
}

unsigned delivery_needs(const struct delivery *d)
{
	return d->needs;
}

unsigned delivery_aside(const struct delivery *d)
{
	unsigned aside = 0;
	for (int s = 0; s < STREAM_COUNT; s++)
		aside += d->streams[s].aside;
	return aside;
}

unsigned delivery_unacked(const struct delivery *d)
{
	return HASH_COUNT(d->entries);
}

/* From when on it waits for its reports: not while it waits for a time of its own. */
static int64_t waits_since_ms(const struct entry *e)
{
	return e->due_ms > e->came_ms ? e->due_ms : e->came_ms;
}

int64_t delivery_oldest_us(const struct delivery *d)
{
	/* uthash keeps the order of insertion, and entries are read in time: behind one that never waited for a time of
	 * its own there is no older one. */
	const int64_t now_ms = delivery_redis_ms(d);
	int64_t since_ms = now_ms;
	unsigned steps = 0;
	for (const struct entry *e = d->entries; e; e = e->hh.next) {
		if (steps++ == PASSED_MAX)
			return -1;
		if (e->state == ENTRY_DELAYED || e->state == ENTRY_SETTLED || e->state == ENTRY_ACKING)
			continue;
		if (waits_since_ms(e) < since_ms)
			since_ms = waits_since_ms(e);
		if (e->due_ms <= e->came_ms)
			break;
	}
	return (now_ms - since_ms) * 1000;
}
