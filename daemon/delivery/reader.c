/*
 * What comes in: new entries through the blocking reader, own pending ones by cursor after a start over, those of dead
 * instances by claim. All become entries in one table, each once, within the budgets of entries.c; regenerate is named
 * first in a read.
 */
#include "delivery/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	READ_MAX = 512, /* entries of one stream in one reply */
	PAGE_MAX = 128, /* own pending entries in one reply */
	BLOCK_MS = 5000,
	REOPEN_US = 100000,
	MORE_US = 20000, /* if there were more entries, the next read would have brought them by then */
};

/* So many entries, or fewer where a reply was too large: entries may be megabytes, and lost on the way they are pending and
 * would be asked for again, and again be too much. */
static unsigned at_a_time(const struct delivery *d, unsigned most)
{
	unsigned fewer = most >> d->read_least;
	return fewer ? fewer : 1;
}

/* A reply with entries arrived: perhaps the large ones are through. */
static void fits(struct delivery *d)
{
	if (d->read_least)
		d->read_least--;
}

static void end_of(int64_t *until_us, int64_t now_us)
{
	if (now_us >= *until_us)
		*until_us = 0;
}

/* Its end: `e` may be gone. */
static void to_do(struct delivery *d, struct entry *e)
{
	if (orders_of_entry(d, ORDER_PAUSE, e)) {
		entry_set_aside(d, e);
		return;
	}
	e->day = day_get(d, e->date);
	if (!e->day)
		return;
	entry_enter(d, e, ENTRY_TODO);
	day_use(d, e->day);
}

void reader_due(struct delivery *d, int64_t now_us)
{
	const int64_t now_ms = delivery_redis_ms(d);
	struct entry *e;
	end_of(&d->hold_us, now_us);
	for (int s = 0; s < STREAM_COUNT; s++) {
		end_of(&d->streams[s].closed_until_us, now_us);
		end_of(&d->streams[s].more_until_us, now_us);
	}
	while (d->session == SESSION_READY && (e = entry_first_due(d, now_ms)) != NULL)
		to_do(d, e);
}

static bool is_past(const struct delivery *d, date_t date)
{
	return !d->options.accept_past && zone_day_end_ms(date) + d->options.keep_us / 1000 < delivery_redis_ms(d);
}

static void bury_trimmed(struct delivery *d, struct entry *e)
{
	entry_step(d, e, (struct trace_fact){.step = TRACE_READ, .at_us = e->read_us}, NULL);
	bury(d, e, "trimmed", "", "the entry was trimmed off its stream before it could be applied");
}

/* More than the contract allows, so that the decoder refuses it and not we. */
enum { FIELDS_READ = 64 };

static size_t fields_of(const struct value *fields, struct field list[FIELDS_READ])
{
	const size_t count = fields->count / 2;
	for (size_t i = 0; i < count && i < FIELDS_READ; i++) {
		const struct value *name = &fields->items[2 * i], *value = &fields->items[2 * i + 1];
		list[i] = (struct field){.name = name->text,
			.name_length = name->length,
			.value = value->text,
			.value_length = value->length};
	}
	return count;
}

static void decode(struct delivery *d, struct entry *e, const struct field *list, size_t count, bool own)
{
	struct malformed why;
	const struct decode_world world = {.snapshot = d->snapshot,
		.teams = delivery_teams(d),
		.own = own,
		.came_ms = e->came_ms,
		.max_delay_us = d->options.max_delay_us};

	e->event = calloc(1, sizeof(*e->event));
	int r = e->event ? event_decode((enum stream)e->key.stream, list, count, &world, e->event, &why) : -ENOMEM;
	if (r < 0) {
		free(e->event);
		e->event = NULL;
		entry_step(d, e, (struct trace_fact){.step = TRACE_READ, .at_us = e->read_us}, NULL);
		if (r == -EINVAL)
			bury(d, e, "malformed", why.field, why.error);
		else
			link_lost(d, "no memory for an event");
		return;
	}
	struct event *event = e->event;
	struct stream_id origin;
	e->traceparent = event->traceparent;
	event->traceparent = NULL;
	e->kind = event->kind;
	e->date = event->date;
	e->has_priority = event->has_priority;
	e->priority = event->priority;
	e->due_ms = event->not_before_ms;
	entry_step(d, e, (struct trace_fact){.step = TRACE_READ, .at_us = e->read_us}, event->player);
	if (event->ts_ms)
		e->event_ms = event->ts_ms;
	else if (event->origin && stream_id_parse(event->origin, &origin))
		e->event_ms = entry_time_ms(d, origin);
	metrics_add(d->options.metrics, METRIC_UNKNOWN_FIELDS, 0, event->unknown_fields);
	if (is_past(d, e->date)) {
		char text[160], date[DATE_SIZE];
		text_format(text, sizeof(text),
			"game_date %s is over and its reports are no longer kept; ingest.past = "
			"\"accept\" lets replays in",
			date_format(e->date, date));
		bury(d, e, "past", "game_date", text);
	} else if (e->due_ms > delivery_redis_ms(d)) {
		d->streams[e->key.stream].catch_up -= e->catches_up; /* nobody waits for that */
		e->catches_up = false;
		entry_step(d, e, (struct trace_fact){.step = TRACE_DELAYED, .value = e->due_ms}, event->player);
		entry_enter(d, e, ENTRY_DELAYED);
	} else
		to_do(d, e);
}

int reader_decode(
	struct delivery *d, enum stream stream, const struct value *fields, int64_t came_ms, struct event *ret_event)
{
	struct field list[FIELDS_READ];
	struct malformed why;
	if (fields->type != VALUE_ARRAY || fields->count == 0)
		return -EINVAL;
	const size_t count = fields_of(fields, list);
	const struct decode_world world = {.snapshot = d->snapshot,
		.teams = delivery_teams(d),
		.own = event_claims_own(stream, list, count),
		.came_ms = came_ms,
		.max_delay_us = d->options.max_delay_us};
	return event_decode(stream, list, count, &world, ret_event, &why);
}

static void on_own(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	struct entry *e = data; /* it stays: nothing but the end of the session ends an entry that is not decoded */
	struct field list[FIELDS_READ];

	if (!link_heard(d, reply, "asking whether an entry is propsd's own", "(i [s]|n)"))
		return;
	const struct value *fields = script_out(reply, OWN_OUT_FIELDS);
	if (fields->type == VALUE_ARRAY) {
		const size_t count = fields_of(fields, list);
		decode(d, e, list, count, value_int(script_out(reply, OWN_OUT_IS)) == 1);
	} else
		bury_trimmed(d, e);
	d->ops->wake(d->arg);
}

/* Only entries that our scripts have added and noted may say what `origin` and `league` say. One that does is asked for
 * once more, with the answer whether it is one of them. */
static void ask_whose(struct delivery *d, struct entry *e)
{
	char id[STREAM_ID_SIZE];
	struct redis_request *r = link_script(d, SCRIPT_OWN, NULL);
	redis_arg(script_argv(r, OWN_STREAM), d->streams[e->key.stream].key);
	redis_arg(script_argv(r, OWN_ID), stream_id_format(e->key.id, id));
	link_send(d, on_own, e);
}

/* One entry as XREADGROUP, XRANGE and XCLAIM give it: [id, [field, value...]], the fields nil when it was trimmed away.
 * `again`: it is pending already. False: the session was lost on it. */
static bool take(struct delivery *d, enum stream stream, const struct value *item, bool again)
{
	struct budget *b = &d->streams[stream];
	struct stream_id id;
	struct field list[FIELDS_READ];
	const struct value *fields = value_at(item, 1);

	if (!stream_id_parse(value_text(value_at(item, 0)), &id)) {
		link_lost(d, "an entry without id in a reply");
		return false;
	}
	/* Also where it is new: the answer to a page of pending entries may hold it before the read's own answer does. */
	if (entry_find(d, stream, id))
		return true;
	struct entry *e = entry_new(d, stream, id);
	if (!e) {
		link_lost(d, "no memory for an entry");
		return false;
	}
	metrics_add(d->options.metrics, METRIC_ENTRIES_READ, stream, 1);
	e->catches_up = again && b->catching_up;
	b->catch_up += e->catches_up;
	if (fields->type != VALUE_ARRAY) {
		bury_trimmed(d, e);
		return true;
	}
	const size_t count = fields_of(fields, list);
	if (event_claims_own(stream, list, count))
		ask_whose(d, e);
	else
		decode(d, e, list, count, false);
	return true;
}

/* --- new entries ------------------------------------------------------------------------------------------------ */

static enum stream stream_of(const struct delivery *d, const char *key)
{
	int s = 0;
	while (s < STREAM_COUNT && strcmp(d->streams[s].key, key) != 0)
		s++;
	return (enum stream)s;
}

static void on_read(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	(void)data;

	d->read_out = d->unblock_out = false;
	if (!link_heard(d, reply, "reading the input streams", "n|[(s [(s [s]|n)])]"))
		return;
	for (int s = 0; s < STREAM_COUNT; s++)
		d->streams[s].more_until_us = 0;
	for (size_t i = 0; reply->type == VALUE_ARRAY && i < reply->count; i++) {
		enum stream stream = stream_of(d, value_text(value_at(&reply->items[i], 0)));
		const struct value *entries = value_at(&reply->items[i], 1);
		if (stream == STREAM_COUNT) {
			link_lost(d, "reading the input streams: Redis answered with a stream that was not asked for");
			return;
		}
		if (entries->count >= d->read_count)
			d->streams[stream].more_until_us = link_now_us(d) + MORE_US;
		for (size_t k = 0; k < entries->count; k++)
			if (!take(d, stream, &entries->items[k], false))
				return;
	}
	if (reply->type == VALUE_ARRAY)
		fits(d);
	d->ops->wake(d->arg);
}

static void send_read(struct delivery *d)
{
	unsigned mask = 0, count = at_a_time(d, READ_MAX), shared = 0;
	for (int s = 0; s < STREAM_COUNT; s++) {
		unsigned room = budget_room_to_read(d, (enum stream)s);
		if (room == 0) {
			if (d->parked >= d->options.max_parked)
				log_flooding(&d->parked_flood, LOG_LEVEL_WARN, "redis",
					"as many events wait for their time, or for precompute, as "
					"ingest.max_parked allows, reading no more of %s",
					d->streams[s].key);
			if (budget_room(d, (enum stream)s) == 0)
				d->streams[s].closed_until_us = link_now_us(d) + REOPEN_US;
			continue;
		}
		mask |= 1u << s;
		shared += s != STREAM_ODDS;
		if (room < count)
			count = room;
	}
	if (!mask)
		return;
	/* Several streams that share what is left must not each fill it. */
	if (shared > 1 && count > 1 && budget_room(d, STREAM_REGENERATE) < READ_MAX * shared)
		count = count / shared ? count / shared : 1;

	struct redis_request *r = &d->request;
	redis_arg(r, "XREADGROUP");
	redis_arg(r, "GROUP");
	redis_arg(r, d->group);
	redis_arg(r, d->name);
	redis_arg(r, "COUNT");
	redis_arg_int(r, count);
	redis_arg(r, "BLOCK");
	redis_arg_int(r, BLOCK_MS);
	redis_arg(r, "STREAMS");
	for (int s = 0; s < STREAM_COUNT; s++)
		if (mask & (1u << s))
			redis_arg(r, d->streams[s].key);
	for (int s = 0; s < STREAM_COUNT; s++)
		if (mask & (1u << s))
			redis_arg(r, ">");
	d->read_mask = mask;
	d->read_count = count;
	d->read_out = true;
	link_send_reader(d, on_read, NULL);
}

static void on_unblocked(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	(void)data;
	if (!link_heard(d, reply, "CLIENT UNBLOCK", "i") || value_int(reply) == 1)
		return;
	/* Not blocked: its answer is on the way, or the read has not arrived yet and would now block. Look again. */
	d->unblock_out = false;
	d->ops->wake(d->arg);
}

/* A stream that regained room is not named in the read that is blocked: end that one. */
static void unblock(struct delivery *d)
{
	for (int s = 0; s < STREAM_COUNT; s++) {
		if ((d->read_mask & (1u << s)) || budget_room_to_read(d, (enum stream)s) == 0)
			continue;
		redis_arg(&d->request, "CLIENT");
		redis_arg(&d->request, "UNBLOCK");
		redis_arg_int(&d->request, d->reader_client);
		d->unblock_out = true;
		link_send(d, on_unblocked, NULL);
		return;
	}
}

/* --- own pending entries ---------------------------------------------------------------------------------------- */

/* What was set aside is among them. */
static void start_paging(struct budget *b)
{
	b->paging = true;
	b->page_again = false;
	b->cursor = (struct stream_id){0};
	b->aside = 0;
	b->aside_moved = true;
}

static void page_anew(struct budget *b)
{
	if (b->page_out)
		b->page_again = true; /* its answer moves the cursor */
	else
		start_paging(b);
}

/*
 * A pause has ended, and nobody knows which entries it held back: all are read again, and those set aside again that
 * another one holds. What was not applied is applied first and set aside once more, then read for its runs: read in
 * pieces as the budget has it, a player would be run for each.
 */
static void resume(struct delivery *d)
{
	for (int s = 0; s < STREAM_COUNT; s++) {
		struct budget *b = &d->streams[s];
		if (b->aside == 0 && !b->page_out)
			continue;
		b->catching_up |= d->unapplied;
		page_anew(b);
	}
	d->resumed = d->unapplied = false;
}

void reader_handed(struct delivery *d)
{
	for (int s = 0; s < STREAM_COUNT; s++)
		page_anew(&d->streams[s]);
	d->ops->wake(d->arg);
}

static void caught_up(struct delivery *d)
{
	for (int s = 0; s < STREAM_COUNT; s++) {
		struct budget *b = &d->streams[s];
		if (!b->catching_up || b->paging || b->catch_up > 0)
			continue;
		b->catching_up = false;
		page_anew(b);
	}
}

static void on_page(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	struct budget *b = data;
	enum stream stream = (enum stream)(b - d->streams);

	b->page_out = false;
	if (!link_heard(d, reply, "reading own pending entries", "[(s [(s [s]|n)])]"))
		return;
	if (reply->count != 1 || stream_of(d, value_text(value_at(&reply->items[0], 0))) != stream) {
		link_lost(d, "reading own pending entries: Redis answered with a stream that was not asked for");
		return;
	}
	const struct value *entries = value_at(&reply->items[0], 1);
	size_t count = entries->count;
	for (size_t k = 0; k < count; k++)
		if (!take(d, stream, &entries->items[k], true))
			return;
	if (count)
		fits(d);
	const struct stream_id before = b->cursor;
	if (b->page_again)
		start_paging(b);
	else if (count == 0)
		b->paging = false;
	else if (!stream_id_parse(value_text(value_at(&entries->items[count - 1], 0)), &b->cursor) ||
		 stream_id_compare(b->cursor, before) <= 0)
		link_lost(d, "reading own pending entries: Redis answered with entries that were not asked for");
	d->ops->wake(d->arg);
}

static void send_page(struct delivery *d, struct budget *b, unsigned room)
{
	char id[STREAM_ID_SIZE];
	struct redis_request *r = &d->request;
	redis_arg(r, "XREADGROUP");
	redis_arg(r, "GROUP");
	redis_arg(r, d->group);
	redis_arg(r, d->name);
	redis_arg(r, "COUNT");
	unsigned most = at_a_time(d, PAGE_MAX);
	redis_arg_int(r, room < most ? room : most);
	redis_arg(r, "STREAMS");
	redis_arg(r, b->key);
	redis_arg(r, stream_id_format(b->cursor, id));
	b->page_out = true;
	link_send(d, on_page, b);
}

/* --- own pending entries, one at a time -------------------------------------------------------------------------- */

/*
 * Where not even one at a time fits, one is too large by itself. Then Redis says the next id, without fields, and the
 * entry is asked for by it, alone on the reader's connection: if that is lost on the size, the entry at fault is
 * known, and the next session buries it.
 */
static bool one_at_a_time(const struct delivery *d)
{
	return at_a_time(d, PAGE_MAX) == 1;
}

static bool paging_alone(const struct delivery *d)
{
	if (d->alone)
		return true;
	for (int s = 0; one_at_a_time(d) && s < STREAM_COUNT; s++)
		if (d->streams[s].paging)
			return true;
	return false;
}

static void end_alone(struct delivery *d)
{
	d->alone->page_out = false;
	if (d->alone->page_again)
		start_paging(d->alone);
	d->alone = NULL;
	d->alone_out = false;
	d->ops->wake(d->arg);
}

static void on_alone(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	struct budget *b = data;
	const enum stream stream = (enum stream)(b - d->streams);
	if (!link_heard(d, reply, "reading an own pending entry", "[(s [s])]"))
		return;
	char id[STREAM_ID_SIZE];
	struct value parts[2] = {{.type = VALUE_STRING, .text = stream_id_format(b->cursor, id)}, {.type = VALUE_NIL}};
	const struct value trimmed = {.type = VALUE_ARRAY, .items = parts, .count = 2};
	if (!take(d, stream, reply->count ? &reply->items[0] : &trimmed, true))
		return;
	fits(d);
	end_alone(d);
}

static void on_next_id(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	struct budget *b = data;
	char id[STREAM_ID_SIZE];
	if (!link_heard(d, reply, "asking for the next own pending entry", "[(s s i i)]"))
		return;
	if (reply->count == 0) {
		b->paging = false;
		end_alone(d);
		return;
	}
	if (!stream_id_parse(value_text(value_at(&reply->items[0], 0)), &b->cursor)) {
		link_lost(d, "a pending entry without id");
		return;
	}
	if (entry_find(d, (enum stream)(b - d->streams), b->cursor)) {
		end_alone(d);
		return;
	}
	stream_id_format(b->cursor, id);
	redis_arg(&d->request, "XRANGE");
	redis_arg(&d->request, b->key);
	redis_arg(&d->request, id);
	redis_arg(&d->request, id);
	d->alone_out = true;
	link_send_reader(d, on_alone, b);
}

static void ask_next_id(struct delivery *d, struct budget *b)
{
	char id[STREAM_ID_SIZE];
	struct redis_request *r = &d->request;
	redis_arg(r, "XPENDING");
	redis_arg(r, b->key);
	redis_arg(r, d->group);
	redis_arg_format(r, "(%s", stream_id_format(b->cursor, id));
	redis_arg(r, "+");
	redis_arg_int(r, 1);
	redis_arg(r, d->name);
	d->alone = b;
	b->page_out = true;
	link_send(d, on_next_id, b);
}

static void bury_large(struct delivery *d, struct budget *b)
{
	b->too_large = false;
	struct entry *e = entry_new(d, (enum stream)(b - d->streams), b->large);
	if (!e) {
		link_lost(d, "no memory for an entry");
		return;
	}
	metrics_add(d->options.metrics, METRIC_ENTRIES_READ, (unsigned)e->key.stream, 1);
	bury_unread(d, e, "too_large", "the entry is larger than a reply of Redis may be (256 MB), and was not read");
}

void reader_start(struct delivery *d)
{
	for (int s = 0; s < STREAM_COUNT; s++) {
		start_paging(&d->streams[s]);
		if (d->streams[s].too_large)
			bury_large(d, &d->streams[s]);
	}
}

static void send_pages(struct delivery *d)
{
	const bool alone = one_at_a_time(d);
	for (int s = 0; s < STREAM_COUNT; s++) {
		struct budget *b = &d->streams[s];
		unsigned room = budget_room(d, (enum stream)s);
		if (!b->paging || b->page_out || room == 0)
			continue;
		if (!alone)
			send_page(d, b, room);
		else if (!d->alone && !d->read_out)
			ask_next_id(d, b);
	}
}

void reader_turn(struct delivery *d)
{
	if (!d->reading || !d->orders_known)
		return;
	if (d->resumed)
		resume(d);
	caught_up(d);
	send_pages(d);
	if (!d->read_out && !paging_alone(d) && !days_read_elsewhere(d))
		send_read(d);
	else if (d->read_out && !d->unblock_out)
		unblock(d);
}

/* --- entries of the dead ---------------------------------------------------------------------------------------- */

static void on_claimed(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	unsigned claimed = 0;
	(void)data;

	if (!link_heard(d, reply, "claiming entries", "[([(s [s]|n)] u)]"))
		return;
	for (size_t s = 0; s < reply->count && s < STREAM_COUNT; s++) {
		const struct value *taken = script_out(&reply->items[s], CLAIM_OUT_TAKEN);
		int64_t lost = value_int(script_out(&reply->items[s], CLAIM_OUT_LOST));
		for (size_t k = 0; k < taken->count; k++, claimed++)
			if (!take(d, (enum stream)s, &taken->items[k], false))
				return;
		if (lost) {
			log_err("redis",
				"entries of a dead instance were trimmed before they were applied stream=%s letters=%lld",
				d->streams[s].key, (long long)lost);
			metrics_add(d->options.metrics, METRIC_DEAD_LETTERS, METRIC_REASON_TRIMMED, (uint64_t)lost);
		}
	}
	if (claimed)
		log_notice("redis", "took over pending entries of instances that are gone entries=%u", claimed);
	d->ops->wake(d->arg);
}

void reader_claim(struct delivery *d)
{
	if (!d->reading || !d->orders_known)
		return;
	char now[TIME_SIZE];
	const unsigned most = at_a_time(d, PAGE_MAX);
	struct redis_request *r = link_script(d, SCRIPT_CLAIM, NULL);
	redis_arg(script_argv(r, CLAIM_GROUP), d->group);
	redis_arg(script_argv(r, CLAIM_NAME), d->name);
	redis_arg(script_argv(r, CLAIM_TIME), time_format(delivery_redis_ms(d), now));
	for (int s = 0; s < STREAM_COUNT; s++) {
		unsigned room = budget_room(d, (enum stream)s);
		const unsigned item = CLAIM_ITEMS + CLAIM_ITEM_SIZE * (unsigned)s;
		redis_arg(script_argv(r, item + CLAIM_ITEM_STREAM), d->streams[s].key);
		redis_arg_int(script_argv(r, item + CLAIM_ITEM_ROOM), room < most ? room : most);
	}
	link_send(d, on_claimed, NULL);
}

/* --- the minute's compare ---------------------------------------------------------------------------------------- */

static void on_pending(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	struct budget *b = data;
	unsigned stream = (unsigned)(b - d->streams), known = 0;
	int64_t pending = 0;

	if (!link_heard(d, reply, "comparing pending entries", LINK_PENDING_SHAPE))
		return;
	const struct value *consumers = value_at(reply, 3);
	for (size_t i = 0; consumers->type == VALUE_ARRAY && i < consumers->count; i++)
		if (strcmp(value_text(value_at(&consumers->items[i], 0)), d->name) == 0)
			pending = value_int(value_at(&consumers->items[i], 1));
	for (const struct entry *e = d->entries; e; e = e->hh.next)
		known += e->key.stream == stream;
	/* More than we know of, twice in a row: a reply was lost. Once may be a read that is on its way. */
	bool more = pending > (int64_t)known + b->aside;
	/* Acknowledged or deleted by others: the figure is theirs to correct, where nothing moved since Redis was asked. */
	if (!more && !b->aside_moved && !b->paging)
		b->aside = pending > (int64_t)known ? (unsigned)(pending - (int64_t)known) : 0;
	if (more && b->suspicious && !b->paging) {
		log_warn("redis", "pending entries that nobody works on, reading them again stream=%s", b->key);
		start_paging(b);
		d->ops->wake(d->arg);
	}
	b->suspicious = more;
}

void reader_compare(struct delivery *d)
{
	for (int s = 0; s < STREAM_COUNT; s++) {
		d->streams[s].aside_moved = false;
		link_ask_pending(d, &d->streams[s], on_pending);
	}
}

/* --- start over, figures ---------------------------------------------------------------------------------------- */

void reader_forget(struct delivery *d)
{
	if (d->too_large && d->reader_lost && d->alone_out) {
		d->alone->too_large = true;
		d->alone->large = d->alone->cursor;
	}
	d->alone = NULL;
	d->alone_out = false;
	for (int s = 0; s < STREAM_COUNT; s++) {
		struct budget *b = &d->streams[s];
		b->paging = b->page_out = b->page_again = b->catching_up = false;
		b->aside = 0;
		b->more_until_us = 0;
	}
	d->read_out = d->unblock_out = false;
	if (d->too_large && READ_MAX >> d->read_least)
		d->read_least += 4;
	d->too_large = false;
}

const char *delivery_stream_key(const struct delivery *d, enum stream stream)
{
	return d->streams[stream].key;
}
