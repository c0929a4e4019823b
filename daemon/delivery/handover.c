/*
 * Entries of a date that waits for its league, to an instance that has it. Nobody chooses what a group's read brings, so an
 * instance with an older league database keeps getting entries that it may not serve, perhaps for hours; meanwhile one that
 * may serve them lives.
 *
 * Who waits for more than one look at the league hands over what it has not applied: one script makes the entries pending
 * for the other, if that lives and has the league, and notes so in its heartbeat's key; the next beat tells it to read its
 * own pending entries once more. An entry is one instance's at any time. The other may die, or be outdated itself, at
 * once: its entries are then claimed, or handed on.
 *
 * Not handed over is what has open needs, for others hold it; and nothing while own pending entries are still read, as a
 * page on the way may hold what is another's by then.
 */
#include "delivery/internal.h"

#include <inttypes.h>

enum { AGAIN_US = 5000000 }; /* a look at the league's length */

static bool may_go(const struct delivery *d, const struct entry *e, enum stream stream)
{
	const struct budget *b = &d->streams[stream];
	return e->key.stream == stream && e->open == 0 && !e->follower && !e->catches_up && !b->paging &&
	       !b->page_out && e->hand_us <= link_now_us(d);
}

static void on_handed(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	struct call *c = data;
	struct day *day = c->day;
	unsigned handed = 0;

	if (!link_heard(d, reply, "handing entries over", "[u]"))
		return;
	if (reply->count != c->count) {
		link_not_understood(d, reply, "handing entries over");
		return;
	}
	for (unsigned i = 0; i < c->count; i++) {
		struct entry *e = c->items[i].entry;
		if (value_int(value_at(reply, i)) == 1) {
			handed++;
			entry_done(d, e);
			continue;
		}
		e->hand_us = link_now_us(d) + AGAIN_US; /* it is out of its stream, or the other is gone */
		e->day = day;
		entry_enter(d, e, ENTRY_TODO);
	}
	metrics_add(d->options.metrics, METRIC_ENTRIES_FORGOTTEN, 0, handed);
	if (handed)
		log_notice("redis", "handed over entries of a date that waits date=%s to=%s entries=%u", day->text,
			day->holder, handed);
	day->handing = false;
	call_done(d, c);
	if (handed && day->state == DAY_OUTDATED)
		handover(d, day);
	d->ops->wake(d->arg);
}

/* A list of one stream's; its head is made with the first. */
static void add(struct delivery *d, struct call *c, struct entry *e)
{
	struct redis_request *r = &d->request;
	char id[STREAM_ID_SIZE];
	if (c->count == 0) {
		r = link_script(d, SCRIPT_HAND, c->day);
		redis_arg(script_argv(r, HAND_GROUP), d->group);
		redis_arg(script_argv(r, HAND_NAME), d->name);
		redis_arg(script_argv(r, HAND_BOOT), d->boot);
		redis_arg(script_argv(r, HAND_TO), c->day->holder);
		redis_arg(script_argv(r, HAND_STREAM), d->streams[e->key.stream].key);
		(void)script_argv(r, HAND_ITEMS);
	}
	redis_arg(r, stream_id_format(e->key.id, id));
	c->items[c->count++] = (struct call_item){.entry = e};
	entry_enter(d, e, ENTRY_SENT);
}

void handover(struct delivery *d, struct day *day)
{
	const bool may = !day->handing && d->session == SESSION_READY && todo_count(&day->todo) > 0;
	struct call *c = may ? call_new(d, day) : NULL;
	if (!c)
		return;
	for (int s = 0; s < STREAM_COUNT && c->count == 0; s++) {
		struct entry *e = todo_walk(&day->todo, NULL);
		while (e && c->count < LIST_MAX) {
			struct entry *next = todo_walk(&day->todo, e);
			if (may_go(d, e, (enum stream)s))
				add(d, c, e);
			e = next;
		}
	}
	if (c->count == 0) {
		call_done(d, c);
		return;
	}
	day->handing = true;
	link_send(d, on_handed, c);
}
