/*
 * The end of an entry. When the last need of it is settled it is acknowledged; if players are dead for it, one letter
 * names them all and the ack goes with the letter. Acks are sent in batches, after the replies that settled them.
 */
#include "delivery/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	ACK_MAX = 512,
	LETTER_VALUE_MAX = 256,
	LETTER_BYTES_MAX = 16384,
};

static struct burial *burial_of(struct delivery *d, struct entry *e)
{
	if (!e->burial)
		e->burial = calloc(1, sizeof(*e->burial));
	if (!e->burial)
		link_lost(d, "no memory for a dead letter");
	return e->burial;
}

static void settle_followers(struct delivery *d, struct entry *leader)
{
	leader->leads = false;
	while (leader->follower) {
		struct entry *e = leader->follower;
		leader->follower = e->follower;
		e->follower = NULL;
		/* For whom the leader is dead, his letter stands for the list: each of its runs reads the whole slate. */
		const bool other = leader->how == SETTLED_DEAD || leader->how == SETTLED_NONE;
		const enum settled how = other ? SETTLED_OTHER : leader->how;
		if (how == SETTLED_ASIDE && e->how != SETTLED_ASIDE)
			e->resumes = leader->resumes;
		if (how > e->how)
			e->how = how;
		if (--e->open == 0)
			settle_entry(d, e);
	}
}

/* --- letters ---------------------------------------------------------------------------------------------------- */

static enum metric_reason reason_label(const char *reason)
{
	unsigned i = 0;
	while (metrics_reasons[i + 1] && strcmp(metrics_reasons[i], reason) != 0)
		i++;
	return (enum metric_reason)i;
}

static void on_buried(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	struct entry *e = data;
	if (!link_heard(d, reply, "writing a dead letter", "s|n"))
		return;
	if (reply->type == VALUE_STRING)
		metrics_add(d->options.metrics, METRIC_DEAD_LETTERS, reason_label(e->burial->reason), 1);
	metrics_add(d->options.metrics, METRIC_ENTRIES_SETTLED, METRIC_HOW_DEAD, 1);
	entry_step(d, e, (struct trace_fact){.step = TRACE_DEAD, .detail = (uint8_t)reason_label(e->burial->reason)},
		NULL);
	settle_followers(d, e); /* not before the letter is there */
	entry_done(d, e);
	d->ops->wake(d->arg);
}

/* Bytes that are not UTF-8 become U+FFFD, so that the letter can be read whatever came in. */
static void json_bytes(struct str *out, const char *text, size_t length)
{
	char clean[LETTER_VALUE_MAX * 3];
	size_t n = 0;

	if (length > LETTER_VALUE_MAX)
		length = LETTER_VALUE_MAX;
	for (size_t i = 0; i < length;) {
		size_t size = 1;
		while (size < 4 && i + size < length && ((unsigned char)text[i + size] & 0xC0) == 0x80)
			size++;
		if (utf8_valid(text + i, size)) {
			memcpy(clean + n, text + i, size);
			n += size;
		} else {
			memcpy(clean + n, "\xEF\xBF\xBD", 3);
			n += 3;
		}
		i += size;
	}
	str_json(out, clean, n);
}

/* The entry's fields as a JSON object. Of one with very many the first are kept, and a last member says so. */
static void json_fields(struct str *out, const struct value *fields)
{
	const size_t count = fields->type == VALUE_ARRAY ? fields->count / 2 : 0;
	size_t i = 0;
	str_char(out, '{');
	for (; i < count && i < ENTRY_FIELDS_MAX && out->length < LETTER_BYTES_MAX; i++) {
		const struct value *name = &fields->items[2 * i], *value = &fields->items[2 * i + 1];
		if (i)
			str_char(out, ',');
		json_bytes(out, name->text, name->length);
		str_char(out, ':');
		json_bytes(out, value->text, value->length);
	}
	if (i < count)
		str_printf(out, ",\"...\":\"and %zu more fields\"", count - i);
	str_char(out, '}');
}

/* `fields`: NULL if nobody looked at them. */
static void send_letter(struct delivery *d, struct entry *e, const struct value *fields)
{
	const struct burial *b = e->burial;
	const char *book = "";
	char id[STREAM_ID_SIZE], first[TIME_SIZE], last[TIME_SIZE], date[DATE_SIZE];

	str_clear(&d->scratch);
	if (fields)
		json_fields(&d->scratch, fields);
	else
		str_text(&d->scratch, "{}");
	for (size_t i = 0; fields && fields->type == VALUE_ARRAY && i + 1 < fields->count; i += 2)
		if (strcmp(value_text(&fields->items[i]), "book") == 0)
			book = value_text(&fields->items[i + 1]);
	letters_note(d, e, book);

	struct redis_request *r = link_script(d, SCRIPT_DEAD, NULL);
	redis_arg(script_argv(r, DEAD_GROUP), d->group);
	redis_arg(script_argv(r, DEAD_STREAM), d->streams[e->key.stream].key);
	redis_arg(script_argv(r, DEAD_ID), stream_id_format(e->key.id, id));
	redis_arg_int(script_argv(r, DEAD_COUNT), DEAD_KEPT);
	(void)script_argv(r, DEAD_FIELDS);
	const char *letter[] = {
		"stream",
		d->streams[e->key.stream].key,
		"id",
		id,
		"reason",
		b->reason,
		"field",
		b->field,
		"error",
		b->error.data ? b->error.data : "",
		"players",
		b->players.data ? b->players.data : "",
		"first",
		time_format(e->came_ms, first),
		"last",
		time_format(delivery_redis_ms(d), last),
	};
	redis_arg(r, "fields");
	redis_arg_bytes(r, d->scratch.data, d->scratch.length);
	for (size_t i = 0; i < sizeof(letter) / sizeof(letter[0]); i++)
		redis_arg(r, letter[i]);
	redis_arg(r, "attempts");
	redis_arg_int(r, b->attempts);
	if (e->date) { /* a retry must know it, and the fields may say it in many ways */
		redis_arg(r, "game_date");
		redis_arg(r, date_format(e->date, date));
	}
	link_send(d, on_buried, e);
}

/* XRANGE stream id id: the entry as it came in, if it is still there. */
static void on_original(void *arg, void *data, const struct value *reply)
{
	if (link_heard(arg, reply, "reading an entry for its dead letter", "[(s [s])]"))
		send_letter(arg, data, value_at(value_at(reply, 0), 1));
}

static void begin_burial(struct delivery *d, struct entry *e)
{
	entry_enter(d, e, ENTRY_BURYING);
}

static void send_burial(struct delivery *d, struct entry *e)
{
	char id[STREAM_ID_SIZE];
	begin_burial(d, e);
	stream_id_format(e->key.id, id);
	redis_arg(&d->request, "XRANGE");
	redis_arg(&d->request, d->streams[e->key.stream].key);
	redis_arg(&d->request, id);
	redis_arg(&d->request, id);
	link_send(d, on_original, e);
}

static bool blame(struct delivery *d, struct entry *e, const char *reason, const char *field, const char *error)
{
	struct burial *b = burial_of(d, e);
	if (!b)
		return false;
	text_format(b->reason, sizeof(b->reason), "%s", reason);
	text_format(b->field, sizeof(b->field), "%s", field);
	str_clear(&b->error);
	str_text(&b->error, error);
	return true;
}

void bury(struct delivery *d, struct entry *e, const char *reason, const char *field, const char *error)
{
	if (blame(d, e, reason, field, error))
		send_burial(d, e);
}

void bury_unread(struct delivery *d, struct entry *e, const char *reason, const char *error)
{
	if (!blame(d, e, reason, "", error))
		return;
	begin_burial(d, e);
	send_letter(d, e, NULL);
}

/* --- settling --------------------------------------------------------------------------------------------------- */

/* A player may be given up in both phases. */
static void name_once(struct str *players, const char *player)
{
	const size_t length = strlen(player);
	for (const char *p = players->length ? players->data : NULL; p; p = strchr(p, ',')) {
		p += *p == ',';
		if (strncmp(p, player, length) == 0 && (p[length] == ',' || p[length] == '\0'))
			return;
	}
	if (players->length)
		str_char(players, ',');
	str_text(players, player);
}

void delivery_settle(struct delivery *d, struct entry *e, enum phase phase, enum settled how, const char *player,
	const char *reason, const char *error, unsigned attempts)
{
	if (how == SETTLED_DEAD) {
		struct burial *b = burial_of(d, e);
		if (!b)
			return;
		text_format(b->reason, sizeof(b->reason), "%s", reason);
		str_clear(&b->error);
		str_text(&b->error, error);
		name_once(&b->players, player);
		if (attempts > b->attempts)
			b->attempts = attempts;
	}
	need_count(d, e, phase, -1);
	if (how > e->how)
		e->how = how;
	if (e->open == 0)
		settle_entry(d, e);
}

void settle_entry(struct delivery *d, struct entry *e)
{
	static const enum metric_how labels[] = {
		[SETTLED_NONE] = METRIC_HOW_NONE,
		[SETTLED_OTHER] = METRIC_HOW_OTHER,
		[SETTLED_MUTED] = METRIC_HOW_MUTED,
		[SETTLED_COMMIT] = METRIC_HOW_COMMIT,
		[SETTLED_DEAD] = METRIC_HOW_DEAD,
		[SETTLED_DUPLICATE] = METRIC_HOW_DUPLICATE,
		[SETTLED_EXPIRED] = METRIC_HOW_EXPIRED,
	};
	if (e->how == SETTLED_ASIDE) { /* whom it is dead for will be told again */
		settle_followers(d, e);
		d->resumed |= e->resumes != d->resumes; /* it was not there to be read again */
		entry_set_aside(d, e);
		d->ops->wake(d->arg);
		return;
	}
	if (e->burial) {
		send_burial(d, e);
		return;
	}
	settle_followers(d, e);
	if (e->how < SETTLED_COUNT)
		metrics_add(d->options.metrics, METRIC_ENTRIES_SETTLED, labels[e->how], 1);

	entry_enter(d, e, ENTRY_SETTLED);
	d->ops->wake(d->arg);
}

/* --- acks ------------------------------------------------------------------------------------------------------- */

/* The session is lost if the stream's consumer group is gone. */
static void on_group(void *arg, void *data, const struct value *reply)
{
	(void)data;
	link_heard(arg, reply, "looking for the consumer group", LINK_PENDING_SHAPE);
}

/* `data` is how many were sent, with the stream in the low bits: nothing to own over a lost connection. */
static void on_acked(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	uintptr_t sent = (uintptr_t)data / STREAM_COUNT;
	enum stream stream = (enum stream)((uintptr_t)data % STREAM_COUNT);

	if (!link_heard(d, reply, "XACK", "u"))
		return;
	const int64_t now_us = link_now_us(d);
	for (uintptr_t i = 0; i < sent; i++) { /* XACKs are answered in the order in which they were sent */
		struct entry *e = d->streams[stream].acking.head;
		entry_step(d, e, (struct trace_fact){.step = TRACE_ACKED, .detail = (uint8_t)e->how, .at_us = now_us},
			NULL);
		entry_done(d, e);
	}
	/* One was not pending any more: it was settled from a page of own pending entries before the read that Redis had
	 * answered with it came through on the other connection. Or the group is gone, which XACK does not say. */
	if ((uintptr_t)value_int(reply) < sent)
		link_ask_pending(d, &d->streams[stream], on_group);
	d->ops->wake(d->arg);
}

void settle_turn(struct delivery *d)
{
	for (unsigned s = 0; s < STREAM_COUNT; s++) {
		struct budget *b = &d->streams[s];
		while (b->settled.head) {
			struct redis_request *r = &d->request;
			uintptr_t sent = 0;
			redis_arg(r, "XACK");
			redis_arg(r, b->key);
			redis_arg(r, d->group);
			while (b->settled.head && sent < ACK_MAX) {
				struct entry *e = b->settled.head;
				char id[STREAM_ID_SIZE];
				redis_arg(r, stream_id_format(e->key.id, id));
				entry_enter(d, e, ENTRY_ACKING);
				sent++;
			}
			link_send(d, on_acked, (void *)(sent * STREAM_COUNT + s)); /* NOLINT: a number, not a pointer */
		}
	}
}
