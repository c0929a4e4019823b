/*
 * What operators ask for. Standing orders (priorities, pauses) are one hash in Redis that every instance looks at twice a
 * second, so they hold everywhere within a second and survive restarts. Other requests are plain commands whose reply goes
 * back to whoever asked.
 */
#include "delivery/internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- standing orders -------------------------------------------------------------------------------------------- */

static void drop_orders(struct delivery *d)
{
	for (size_t i = 0; i < d->order_count; i++)
		free((void *)d->orders[i].key); /* one block: key and value */
	free(d->orders);
	d->orders = NULL;
	d->order_count = 0;
}

/* Value on the wire: "UNTIL_MS VALUE". */
static bool add_order(struct delivery *d, const struct value *key, const struct value *value)
{
	char *text;
	int64_t until = strtoll(value_text(value), &text, 10);
	text += *text == ' ';
	size_t length = strlen(text);
	char *block = malloc(key->length + length + 2);
	if (!block)
		return false;
	memcpy(block, key->text, key->length + 1);
	memcpy(block + key->length + 1, text, length + 1);
	d->orders[d->order_count++] = (struct order){.key = block, .value = block + key->length + 1, .until_ms = until};
	return true;
}

static void on_orders(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	struct fingerprint seen = {0};
	(void)data;

	if (session_error(d, reply, "reading standing orders"))
		return;
	size_t count = reply->type == VALUE_ARRAY ? reply->count / 2 : 0;
	for (size_t i = 0; i < count * 2; i++)
		seen = fingerprint_join(
			seen, fingerprint_of(value_text(&reply->items[i]), strlen(value_text(&reply->items[i]))));
	if (fingerprint_equal(seen, d->orders_seen))
		return;
	drop_orders(d);
	d->orders = calloc(count ? count : 1, sizeof(*d->orders));
	for (size_t i = 0; d->orders && i < count; i++)
		if (!add_order(d, &reply->items[2 * i], &reply->items[2 * i + 1]))
			return; /* no memory: the next look tries again, orders_seen is the old one */
	if (d->orders)
		d->orders_seen = seen;
	d->ops->orders(d->arg);
	d->ops->wake(d->arg);
}

void orders_poll(struct delivery *d)
{
	redis_arg(&d->request, "HGETALL");
	redis_arg_format(&d->request, "%sorders", d->prefix);
	session_send(d, on_orders, NULL);
}

static void on_order_set(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	(void)data;
	if (!session_error(d, reply, "writing a standing order"))
		orders_poll(d);
}

void delivery_set_order(struct delivery *d, const char *key, const char *value, int64_t until_ms)
{
	if (d->session != SESSION_READY)
		return;
	redis_arg(&d->request, value ? "HSET" : "HDEL");
	redis_arg_format(&d->request, "%sorders", d->prefix);
	redis_arg(&d->request, key);
	if (value)
		redis_arg_format(&d->request, "%" PRId64 " %s", until_ms, value);
	session_send(d, on_order_set, NULL);
}

size_t delivery_orders(const struct delivery *d, const struct order **ret_orders)
{
	*ret_orders = d->orders;
	return d->order_count;
}

const struct order *delivery_order(const struct delivery *d, const char *key)
{
	int64_t now = delivery_redis_ms(d);
	for (size_t i = 0; i < d->order_count; i++) {
		const struct order *o = &d->orders[i];
		if (strcmp(o->key, key) == 0)
			return o->until_ms == 0 || o->until_ms > now ? o : NULL;
	}
	return NULL;
}

/* --- requests --------------------------------------------------------------------------------------------------- */

struct request {
	struct request *next, *prev;
	delivery_reply_fn *done;
	void *data;
};

static void on_reply(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	struct request *q = data;
	LIST_REMOVE(&d->requests, q);
	q->done(q->data, reply);
	free(q);
}

/* Sends d->request as an operator's; an error reply is his to see and no reason to start over. */
static void send_request(struct delivery *d, delivery_reply_fn *done, void *data)
{
	struct request *q = d->session == SESSION_READY ? malloc(sizeof(*q)) : NULL;
	if (!q) {
		redis_request_done(&d->request);
		done(data, NULL);
		return;
	}
	*q = (struct request){.done = done, .data = data};
	LIST_APPEND(&d->requests, q);
	session_send(d, on_reply, q);
}

void orders_forget(struct delivery *d)
{
	struct request *q, *next;
	DL_FOREACH_SAFE (d->requests.head, q, next) {
		LIST_REMOVE(&d->requests, q);
		q->done(q->data, NULL);
		free(q);
	}
}

void orders_free(struct delivery *d)
{
	drop_orders(d);
}

void delivery_publish(struct delivery *d, enum stream stream, const char *const *fields, size_t count,
	delivery_reply_fn *done, void *data)
{
	redis_arg(&d->request, "XADD");
	redis_arg(&d->request, d->streams[stream].key);
	redis_arg(&d->request, "*");
	for (size_t i = 0; i < count; i++)
		redis_arg(&d->request, fields[i]);
	send_request(d, done, data);
}

void delivery_report(struct delivery *d, date_t date, const char *player, delivery_reply_fn *done, void *data)
{
	char text[DATE_SIZE];
	redis_arg(&d->request, "GET");
	redis_arg_format(&d->request, "%sreport:%s:%s", d->prefix, date_format(date, text), player);
	send_request(d, done, data);
}

void delivery_dead_list(struct delivery *d, unsigned limit, delivery_reply_fn *done, void *data)
{
	redis_arg(&d->request, "XREVRANGE");
	redis_arg_format(&d->request, "%sdead", d->prefix);
	redis_arg(&d->request, "+");
	redis_arg(&d->request, "-");
	redis_arg(&d->request, "COUNT");
	redis_arg_int(&d->request, limit);
	send_request(d, done, data);
}

void delivery_dead_letter(struct delivery *d, const char *letter, delivery_reply_fn *done, void *data)
{
	redis_arg(&d->request, "XRANGE");
	redis_arg_format(&d->request, "%sdead", d->prefix);
	redis_arg(&d->request, letter);
	redis_arg(&d->request, letter);
	send_request(d, done, data);
}

void delivery_left(struct delivery *d, delivery_reply_fn *done, void *data)
{
	struct redis_request *r = session_script(d, SCRIPT_LEFT, NULL);
	redis_arg(r, d->group);
	for (int s = 0; s < STREAM_COUNT; s++)
		redis_arg(r, d->streams[s].key);
	send_request(d, done, data);
}

void delivery_fate(struct delivery *d, enum stream stream, const char *id, delivery_reply_fn *done, void *data)
{
	struct redis_request *r = session_script(d, SCRIPT_FATE, NULL);
	redis_arg(r, d->group);
	redis_arg(r, d->streams[stream].key);
	redis_arg(r, id);
	send_request(d, done, data);
}

void delivery_dead_retry(struct delivery *d, const char *letter, const char *date, const char *const *players,
	size_t count, delivery_reply_fn *done, void *data)
{
	struct redis_request *r = session_script(d, SCRIPT_RETRY, NULL);
	redis_arg(r, letter);
	redis_arg(r, date);
	for (size_t i = 0; i < count; i++)
		redis_arg(r, players[i]);
	send_request(d, done, data);
}

void delivery_leave(struct delivery *d, delivery_reply_fn *done, void *data)
{
	struct redis_request *r = session_script(d, SCRIPT_LEAVE, NULL);
	redis_arg(r, d->name);
	redis_arg(r, d->boot);
	send_request(d, done, data);
}
