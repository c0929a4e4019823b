/*
 * Needs that a standing order keeps from a run.
 *
 * Under a pause of the player, his game or his team the need is let go, and its entry is set aside: it stays pending in
 * Redis, and is read and applied again when a pause ends (reader.c), as after a start over. So what a pause holds back
 * takes no memory and no room here, however much it is. Under a pause of their type or book entries are set aside
 * before they are applied; when that ends they are applied first, all of them, and their needs are let go once more, so
 * that the runs which follow see all of it.
 *
 * Under a mute the need is settled, once Redis has a mark of it under the order (mute.lua). The mark must be there before
 * the entry is acknowledged: when the order ends it becomes an entry of `regenerate` (orders.c, unmute.lua).
 */
#include "delivery/internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct mute {
	struct mute *next, *prev;
	struct entry *entry;
	enum phase phase;
	int64_t need;
	char player[LOOKUP_SIZE], order[ORDER_FIELD_SIZE];
};

/* Without a slate nobody's team and game are known, and nothing is begun on the date. */
static const struct order *order_of_player(struct delivery *d, enum order_kind kind, date_t date, const char *player)
{
	struct slate_place place = {.game = "", .team = ""};
	if (orders_of_slate(d, kind)) {
		const struct slate *s = delivery_slate(d, date);
		if (s)
			place = slate_place(s, player, "", "");
	}
	return delivery_order_of_player(d, kind, date, player, place.game, place.team);
}

/* The mark is sent in this turn; until it is answered the need stays open. */
static void mute(struct delivery *d, const struct order *order, struct entry *e, enum phase phase, const char *player,
	int64_t need)
{
	struct day *day = day_get(d, e->date);
	struct mute *m = day ? calloc(1, sizeof(*m)) : NULL;
	if (!m) {
		link_lost(d, "no memory for a player who is muted");
		return;
	}
	m->entry = e;
	m->need = need;
	m->phase = phase;
	text_format(m->player, sizeof(m->player), "%s", player);
	order_field_format(&order->key, m->order);
	LIST_APPEND(&day->mutes, m);
	d->ops->wake(d->arg);
}

const struct order *delivery_withheld_by(struct delivery *d, date_t date, const char *player)
{
	const struct order *pause = order_of_player(d, ORDER_PAUSE, date, player);
	return pause ? pause : order_of_player(d, ORDER_MUTE, date, player);
}

bool delivery_withhold(struct delivery *d, struct entry *e, enum phase phase, const char *player, int64_t need)
{
	const struct order *order = delivery_withheld_by(d, e->date, player);
	if (e->catches_up || (order && order->key.kind == ORDER_PAUSE)) {
		if (e->how != SETTLED_ASIDE)
			e->resumes = d->resumes;
		delivery_settle(d, e, phase, SETTLED_ASIDE, player, NULL, NULL, 0);
		return true;
	}
	if (!order)
		order = orders_of_entry(d, ORDER_MUTE, e);
	if (order)
		mute(d, order, e, phase, player, need);
	return order != NULL;
}

/* At Redis' memory limit. */
static void put_back(struct delivery *d, struct call *c)
{
	for (unsigned i = 0; i < c->count; i++) {
		struct mute *m = c->items[i].mute;
		LIST_REMOVE(&d->muting, m);
		LIST_APPEND(&c->day->mutes, m);
	}
	days_hold(d);
}

static void on_muted(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	struct call *c = data;

	if (value_is_code(reply, "OOM")) {
		put_back(d, c);
		call_done(d, c);
		return;
	}
	if (!link_heard(d, reply, "mute", "i"))
		return;
	for (unsigned i = 0; i < c->count; i++) {
		struct mute *m = c->items[i].mute;
		LIST_REMOVE(&d->muting, m);
		delivery_settle(d, m->entry, m->phase, SETTLED_MUTED, m->player, NULL, NULL, 0);
		free(m);
	}
	call_done(d, c);
	d->ops->wake(d->arg);
}

void withhold_turn(struct delivery *d, struct day *day)
{
	char expiry[24];
	while (day->mutes.head && !d->hold_us) {
		struct call *c = call_new(d, day);
		if (!c)
			return;
		struct redis_request *r = link_script(d, SCRIPT_MUTE, day);
		day_expiry(d, day, expiry);
		redis_arg(script_argv(r, MUTE_EXPIRES), expiry);
		while (day->mutes.head && c->count < LIST_MAX) {
			struct mute *m = day->mutes.head;
			LIST_REMOVE(&day->mutes, m);
			LIST_APPEND(&d->muting, m);
			const unsigned item = MUTE_ITEMS + c->count * MUTE_ITEM_SIZE;
			redis_arg(script_argv(r, item + MUTE_ITEM_ORDER), m->order);
			redis_arg_format(script_argv(r, item + MUTE_ITEM_PLAYER), "%s%s", m->player,
				m->phase == PHASE_PRECOMPUTE ? "/" PHASE_OF_OUTPUT : "");
			redis_arg_int(script_argv(r, item + MUTE_ITEM_NEED), m->need);
			c->items[c->count++] = (struct call_item){.mute = m};
		}
		link_send(d, on_muted, c);
	}
}

void withhold_forget(struct delivery *d)
{
	struct mute *m, *next;
	DL_FOREACH_SAFE (d->muting.head, m, next) {
		LIST_REMOVE(&d->muting, m);
		free(m);
	}
	for (struct day *day = d->days; day; day = day->hh.next)
		DL_FOREACH_SAFE (day->mutes.head, m, next) {
			LIST_REMOVE(&day->mutes, m);
			free(m);
		}
}
