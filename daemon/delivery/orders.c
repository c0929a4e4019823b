/*
 * Standing orders (priorities, pauses): one hash in Redis that every instance looks at twice a second, so they hold everywhere
 * within a second and survive restarts.
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

	if (!link_heard(d, reply, "reading standing orders", "[s]"))
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
	link_send(d, on_orders, NULL);
}

static void on_order_set(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	(void)data;
	if (link_heard(d, reply, "writing a standing order", "i"))
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
	link_send(d, on_order_set, NULL);
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

void orders_free(struct delivery *d)
{
	drop_orders(d);
}
