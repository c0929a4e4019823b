/* Orders that came, changed or ended: who waits is asked anew. */
#include "regen/internal.h"

#include <string.h>

/* Who waits, by the orders that stand for him now. */
static void order_again(struct regen *r, struct player *p)
{
	if (p->state != PLAYER_WAITING && p->state != PLAYER_BACKING_OFF)
		return;
	needs_withhold(r, p);
	if (!p->needs)
		player_rest(r, p);
	else if (p->state == PLAYER_WAITING)
		player_level(r, p);
}

static void order_for_player(struct regen *r, date_t date, const char *lookup)
{
	for (int phase = 0; phase < PHASE_COUNT; phase++) {
		struct player *p = player_find(r, (enum phase)phase, date, lookup);
		if (p)
			order_again(r, p);
	}
}

/* Active or not: who is out still has a team. */
static void order_for_team(struct regen *r, date_t date, const char *code)
{
	const struct slate *s = delivery_slate(r->delivery, date);
	const struct slate_team *team = s ? slate_team(s, code) : NULL;
	if (!team)
		return;
	for (size_t i = 0; i < team->count; i++)
		order_for_player(r, date, team->roster[i]->lookup);
	const struct slate_member *m = slate_has_inactive(s, code) ? slate_next_member(s, NULL) : NULL;
	for (; m; m = slate_next_member(s, m))
		if (!m->active && strcmp(m->team, code) == 0)
			order_for_player(r, date, m->lookup);
}

static void order_for_game(struct regen *r, date_t date, const char *id)
{
	const struct slate *s = delivery_slate(r->delivery, date);
	const struct slate_game *game = s ? slate_game(s, id) : NULL;
	if (!game)
		return;
	order_for_team(r, date, game->away);
	order_for_team(r, date, game->home);
}

void regen_orders_changed(struct regen *r)
{
	static void (*const apply[ORDER_WHOMS])(struct regen * r, date_t date, const char *name) = {
		[ORDER_PLAYER] = order_for_player,
		[ORDER_TEAM] = order_for_team,
		[ORDER_GAME] = order_for_game,
	};
	const struct order_key *keys, pause = order_key_of(ORDER_PAUSE, ORDER_ALL, 0, "");
	const size_t count = delivery_changed_orders(r->delivery, &keys);
	const struct dated *date;

	r->paused = delivery_order(r->delivery, &pause) != NULL;
	for (size_t i = 0; i < count; i++) {
		if (!apply[keys[i].whom]) /* of all, or of entries: those that came before are not asked */
			continue;
		for (date = keys[i].date ? NULL : r->dates; date; date = date->hh.next)
			apply[keys[i].whom](r, date->date, keys[i].name);
		if (keys[i].date)
			apply[keys[i].whom](r, keys[i].date, keys[i].name);
	}
}

/* Who has another team or game now may be under other orders. */
void regen_slate_changed(struct regen *r, date_t date)
{
	if (!delivery_orders_by_slate(r->delivery))
		return;
	for (struct player *p = r->players; p; p = p->hh.next)
		if (p->key.date == date)
			order_again(r, p);
}
