/*
 * Standing orders: one hash in Redis that every instance looks at twice a second, so they hold everywhere within a
 * second and survive restarts. Here they are a table by what they say of whom, and a queue by when they end, on
 * Redis' clock. Whatever changes is told by its keys, so that nobody has to look at all orders or at all players.
 *
 * An order that has ended is taken out of Redis as well, by whoever sees it: the script compares, so that one which was
 * given anew meanwhile stays.
 *
 * The runs that a mute owes stand in Redis under its field (withhold.c). Each look also asks which orders have such marks;
 * those of one that stands no more become entries of `regenerate`, by whoever sees it first, in a script. So it does not
 * matter how the order ended, nor who died meanwhile. That the end is acted on at once where it is seen is only quicker.
 */
#include "delivery/internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { UNMUTE_MAX = 250 }; /* runs owed that become entries in one call: a millisecond of Redis */

struct standing {
	struct order order;
	struct queue_node end;
	uint64_t seen; /* the look that last met it */
	UT_hash_handle hh;
	char text[]; /* as in Redis: "UNTIL_MS VALUE" */
};

static struct standing *standing_of_end(struct queue_node *node)
{
	return (struct standing *)((char *)node - offsetof(struct standing, end));
}

static struct standing *standing_find(const struct delivery *d, const struct order_key *key)
{
	struct standing *s;
	HASH_FIND(hh, d->orders, key, sizeof(*key), s);
	return s;
}

/* --- what changed ----------------------------------------------------------------------------------------------- */

static void note_change(struct delivery *d, const struct order_key *key)
{
	if (d->changed_count == d->changed_size) {
		size_t size = d->changed_size ? d->changed_size * 2 : 16;
		struct order_key *more = reallocarray(d->changed, size, sizeof(*more));
		if (!more) {
			log_err("orders", "no memory: players who wait keep their level until they wait again");
			return;
		}
		d->changed = more;
		d->changed_size = size;
	}
	d->changed[d->changed_count++] = *key;
}

static void tell_changes(struct delivery *d)
{
	if (d->changed_count == 0)
		return;
	for (size_t i = 0; i < d->changed_count; i++)
		if (d->changed[i].kind == ORDER_PAUSE && d->changed[i].whom != ORDER_ALL &&
			!standing_find(d, &d->changed[i])) {
			d->resumed = true;
			d->resumes++;
			d->unapplied |= d->changed[i].whom == ORDER_TYPE || d->changed[i].whom == ORDER_BOOK;
		}
	d->ops->orders(d->arg);
	d->changed_count = 0;
	d->ops->wake(d->arg);
}

size_t delivery_changed_orders(const struct delivery *d, const struct order_key **ret_keys)
{
	*ret_keys = d->changed;
	return d->changed_count;
}

/* --- the table -------------------------------------------------------------------------------------------------- */

static void standing_drop(struct delivery *d, struct standing *s)
{
	d->orders_same = false;
	note_change(d, &s->order.key);
	if (queue_holds(&s->end))
		queue_remove(&d->orders_end, &s->end);
	d->order_counts[s->order.key.kind][s->order.key.whom]--;
	HASH_DEL(d->orders, s);
	free(s);
}

/* Takes what Redis has of this order, which can be parsed. NULL: no memory. */
static struct standing *standing_put(struct delivery *d, const struct order_key *key, const char *text)
{
	struct standing *s = standing_find(d, key);
	if (s && strcmp(s->text, text) == 0)
		return s;
	if (s)
		standing_drop(d, s);
	s = calloc(1, sizeof(*s) + strlen(text) + 1);
	if (!s)
		return NULL;
	strcpy(s->text, text);
	s->order.key = *key;
	order_text_parse(s->text, &s->order);
	HASH_ADD(hh, d->orders, order.key, sizeof(s->order.key), s);
	if (table_add_failed(s)) {
		free(s);
		return NULL;
	}
	d->orders_same = false;
	d->order_counts[key->kind][key->whom]++;
	if (s->order.until_ms > 0)
		queue_add(&d->orders_end, &s->end, s->order.until_ms);
	note_change(d, key);
	return s;
}

/* --- their end -------------------------------------------------------------------------------------------------- */

static void unmute(struct delivery *d, const char *field);

/* At the memory limit, say, the next look tries again. */
static void on_unmuted(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	(void)data;
	if (value_is_error(reply) || !link_heard(d, reply, "making the runs that a mute kept back", "(s i i)"))
		return;
	const char *field = value_text(script_out(reply, UNMUTE_OUT_ORDER));
	const int64_t left = value_int(script_out(reply, UNMUTE_OUT_LEFT));
	const int64_t added = value_int(script_out(reply, UNMUTE_OUT_ADDED));
	if (added > 0)
		log_notice("orders", "players who were muted are run order=%s players=%" PRId64, field, added);
	if (left > 0)
		unmute(d, field);
}

static void unmute(struct delivery *d, const char *field)
{
	struct redis_request *r = link_script(d, SCRIPT_UNMUTE, NULL);
	redis_arg(script_argv(r, UNMUTE_STREAM), d->streams[STREAM_REGENERATE].key);
	redis_arg(script_argv(r, UNMUTE_ORDER), field);
	redis_arg_int(script_argv(r, UNMUTE_COUNT), UNMUTE_MAX);
	link_send(d, on_unmuted, NULL);
}

/* At Redis' memory limit, say, the next look tries again: that is no reason to lose the session. */
static void on_ended(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	(void)data;
	if (value_is_error(reply))
		d->orders_same = false;
	else
		link_heard(d, reply, "deleting orders that have ended", "i");
}

static void order_ended(struct delivery *d, const struct order_key *key, const char *text)
{
	char field[ORDER_FIELD_SIZE];
	struct redis_request *r = link_script(d, SCRIPT_ORDERS, NULL);
	redis_arg(script_argv(r, ORDERS_ITEMS + ORDERS_ITEM_FIELD), order_field_format(key, field));
	redis_arg(script_argv(r, ORDERS_ITEMS + ORDERS_ITEM_TEXT), text);
	link_send(d, on_ended, NULL);
	log_notice("orders", "an order has ended order=%s", field);
	if (key->kind == ORDER_MUTE)
		unmute(d, field);
}

int64_t orders_next_ms(const struct delivery *d)
{
	const struct queue_node *node = queue_first(&d->orders_end);
	return node ? node->turn : INT64_MAX;
}

void orders_due(struct delivery *d)
{
	const int64_t now = delivery_redis_ms(d);
	while (orders_next_ms(d) <= now) {
		struct standing *s = standing_of_end(queue_first(&d->orders_end));
		order_ended(d, &s->order.key, s->text);
		standing_drop(d, s);
	}
	tell_changes(d);
}

/* --- looking at them -------------------------------------------------------------------------------------------- */

/* One field of the hash. False: no memory. */
static bool see(struct delivery *d, const char *field, const char *text)
{
	struct order order;
	if (!order_field_parse(field, &order.key) || !order_text_parse(text, &order)) {
		log_warn("orders", "an order that this version does not know is left alone order=%s", field);
		return true;
	}
	if (order.until_ms > 0 && order.until_ms <= delivery_redis_ms(d)) {
		order_ended(d, &order.key, text); /* where it stands here it is dropped, as one that was not seen */
		return true;
	}
	struct standing *s = standing_put(d, &order.key, text);
	if (s)
		s->seen = d->orders_looks;
	return s != NULL;
}

static void on_orders(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	struct fingerprint seen = {0};
	struct standing *s, *next;
	bool whole = true;
	(void)data;

	if (!link_heard(d, reply, "reading standing orders", "[s]"))
		return;
	if (!d->orders_known)
		d->ops->wake(d->arg); /* the reader waits for it */
	d->orders_known = true;
	size_t count = reply->count / 2;
	for (size_t i = 0; i < count * 2; i++)
		seen = fingerprint_join(
			seen, fingerprint_of(value_text(&reply->items[i]), strlen(value_text(&reply->items[i]))));
	if (d->orders_same && fingerprint_equal(seen, d->orders_seen))
		return;
	d->orders_looks++;
	for (size_t i = 0; i < count && whole; i++)
		whole = see(d, value_text(&reply->items[2 * i]), value_text(&reply->items[2 * i + 1]));
	if (whole) { /* without memory the next look tries again */
		HASH_ITER (hh, d->orders, s, next)
			if (s->seen != d->orders_looks)
				standing_drop(d, s);
		d->orders_seen = seen;
		d->orders_same = true;
	}
	tell_changes(d);
}

/* Which orders have marks. The script looks again whether the order stands: one that was just given is not known here. */
static void on_marks(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	(void)data;
	if (!link_heard(d, reply, "reading which mutes owe runs", "[s]"))
		return;
	for (size_t i = 0; i < reply->count; i++) {
		const char *field = value_text(&reply->items[i]);
		struct order_key key;
		if (!order_field_parse(field, &key) || !standing_find(d, &key))
			unmute(d, field);
	}
}

void orders_poll(struct delivery *d)
{
	redis_arg(&d->request, "HGETALL");
	redis_arg_format(&d->request, "%sorders", d->prefix);
	link_send(d, on_orders, NULL);
	redis_arg(&d->request, "HKEYS");
	redis_arg_format(&d->request, "%smuted", d->prefix);
	link_send(d, on_marks, NULL);
}

void orders_forget(struct delivery *d)
{
	d->orders_known = d->resumed = d->unapplied = d->orders_same = false;
}

/* --- giving one ------------------------------------------------------------------------------------------------- */

struct order_set {
	struct delivery *d;
	struct order_key key;
	delivery_reply_fn *done;
	void *data;
	char text[]; /* "": taken back */
};

/* What Redis took holds here at once; looks on the way were answered before, those to come have it too. */
static void on_order_set(void *data, const struct value *reply)
{
	struct order_set *set = data;
	struct delivery *d = set->d;
	if (reply && !value_is_error(reply)) {
		struct standing *s = standing_find(d, &set->key);
		char field[ORDER_FIELD_SIZE];
		if (set->text[0])
			(void)standing_put(d, &set->key, set->text); /* without memory: the next look */
		else if (s)
			standing_drop(d, s);
		tell_changes(d);
		if (set->key.kind == ORDER_MUTE && !set->text[0])
			unmute(d, order_field_format(&set->key, field));
	}
	set->done(set->data, reply);
	free(set);
}

static void order_send(
	struct delivery *d, const struct order_key *key, const char *text, delivery_reply_fn *done, void *data)
{
	char field[ORDER_FIELD_SIZE];
	struct order_set *set = calloc(1, sizeof(*set) + strlen(text) + 1);
	if (!set) {
		done(data, NULL);
		return;
	}
	*set = (struct order_set){.d = d, .key = *key, .done = done, .data = data};
	strcpy(set->text, text);
	redis_arg(&d->request, text[0] ? "HSET" : "HDEL");
	redis_arg_format(&d->request, "%sorders", d->prefix);
	redis_arg(&d->request, order_field_format(key, field));
	if (text[0])
		redis_arg(&d->request, text);
	request_send(d, "setting an order", "u", on_order_set, set);
}

void delivery_set_order(struct delivery *d, const struct order *order, delivery_reply_fn *done, void *data)
{
	char text[ORDER_TEXT_SIZE];
	order_send(d, &order->key, order_text_format(order, text), done, data);
}

void delivery_end_order(struct delivery *d, const struct order_key *key, delivery_reply_fn *done, void *data)
{
	order_send(d, key, "", done, data);
}

/* --- what is known ---------------------------------------------------------------------------------------------- */

const struct order *delivery_order(const struct delivery *d, const struct order_key *key)
{
	const struct standing *s = d->order_counts[key->kind][key->whom] ? standing_find(d, key) : NULL;
	if (!s || (s->order.until_ms > 0 && s->order.until_ms <= delivery_redis_ms(d)))
		return NULL;
	return &s->order;
}

struct named {
	enum order_whom whom;
	const char *name; /* "": nobody */
};

/* The first that stands; each of the date before that of any. */
static const struct order *first_order(
	const struct delivery *d, enum order_kind kind, date_t date, const struct named *named, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (int any = 0; any < 2 && named[i].name[0] && d->order_counts[kind][named[i].whom]; any++) {
			const struct order_key key = order_key_of(kind, named[i].whom, any ? 0 : date, named[i].name);
			const struct order *order = delivery_order(d, &key);
			if (order)
				return order;
		}
	return NULL;
}

const struct order *delivery_order_of_player(const struct delivery *d, enum order_kind kind, date_t date,
	const char *player, const char *game, const char *team)
{
	const struct named named[] = {{ORDER_PLAYER, player}, {ORDER_GAME, game}, {ORDER_TEAM, team}};
	return first_order(d, kind, date, named, sizeof(named) / sizeof(named[0]));
}

static const char *book_of(const struct event *event)
{
	if (!event)
		return "";
	return event->kind == EVENT_ODDS        ? event->odds.book
	       : event->kind == EVENT_GAME_ODDS ? event->game_odds.book
						: "";
}

const struct order *orders_of_entry(const struct delivery *d, enum order_kind kind, const struct entry *e)
{
	const struct named named[] = {
		{ORDER_TYPE, stream_name((enum stream)e->key.stream)}, {ORDER_BOOK, book_of(e->event)}};
	return first_order(d, kind, e->date, named, sizeof(named) / sizeof(named[0]));
}

bool orders_of_slate(const struct delivery *d, enum order_kind kind)
{
	return d->order_counts[kind][ORDER_TEAM] + d->order_counts[kind][ORDER_GAME] > 0;
}

bool delivery_orders_by_slate(const struct delivery *d)
{
	bool any = false;
	for (int kind = 0; kind < ORDER_KINDS; kind++)
		any |= orders_of_slate(d, (enum order_kind)kind);
	return any;
}

const struct order *delivery_next_order(const struct delivery *d, const struct order *after)
{
	const struct standing *s = d->orders;
	if (after) {
		s = (const struct standing *)((const char *)after - offsetof(struct standing, order));
		s = s->hh.next;
	}
	return s ? &s->order : NULL;
}

void orders_free(struct delivery *d)
{
	struct standing *s, *next;
	HASH_ITER (hh, d->orders, s, next)
		standing_drop(d, s);
	free(d->changed);
}
