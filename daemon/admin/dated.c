/*
 * What this process has at hand is looked at first, so that a date that is worked on costs no question. Else its
 * slate is read anew, as another instance may have added to it, and Redis is asked who ever ran on it.
 */
#include "admin/dated.h"

#include <string.h>

#include "admin/ask.h"
#include "admin/teams.h"
#include "delivery/delivery.h"
#include "regen/regen.h"
#include "slate/slate.h"

#define LOOK_MS 10
#define LOOKS 300 /* then the command itself says what is wrong */

struct dated {
	struct ask ask;
	date_t date;
	char game[GAME_ID_SIZE]; /* "": only the date was named */
	int looks;
};

static bool takes(const struct admin_request *r, const char *name)
{
	const struct admin_arg *arg = admin_request_command(r)->args;
	while (arg->name && strcmp(arg->name, name) != 0)
		arg++;
	return arg->name && admin_given(r, name);
}

static bool has_games(const struct slate *slate)
{
	const struct slate_game *games;
	const struct slate_member *m = NULL;
	if (slate_games(slate, &games) > 0)
		return true;
	while ((m = slate_next_member(slate, m)))
		if (m->overridden)
			return true;
	return false;
}

/* Without a league any game may be one. */
static bool is_known(const struct dated *d, const struct slate *slate)
{
	return d->game[0] ? slate_game(slate, d->game) || !slate_snapshot(slate) : has_games(slate);
}

struct search {
	date_t date;
	bool found;
};

static bool look_at_player(void *arg, const struct player_view *view)
{
	struct search *s = arg;
	s->found = view->date == s->date;
	return !s->found;
}

/* Somebody who waits or ran here, whatever the slate says. */
static bool has_players(const struct admin_context *c, date_t date)
{
	struct search s = {.date = date};
	regen_players(c->regen, true, look_at_player, &s);
	return s.found;
}

/* Who was asked about is held back or raised on that date. */
static bool has_order(const struct admin_request *r, const struct admin_context *c, date_t date)
{
	for (int kind = 0; takes(r, "player") && kind < ORDER_KINDS; kind++)
		if (delivery_order_of_player(c->delivery, (enum order_kind)kind, date, admin_text(r, "player"), "", ""))
			return true;
	return false;
}

static void go_on(struct dated *d)
{
	struct admin_context *c = d->ask.context;
	struct admin_request *r = ask_release(&d->ask);
	admin_request_command(r)->dated(r, c);
}

static void refuse(struct dated *d)
{
	char date[DATE_SIZE];
	date_format(d->date, date);
	json_t *facts = json_pack("{s:s}", "date", date);
	if (d->game[0])
		ask_error_data(&d->ask, CODE_UNKNOWN_GAME, facts, "there is no game \"%s\" on %s", d->game, date);
	else
		ask_error_data(&d->ask, CODE_NOT_FOUND, facts,
			"nothing is known of %s: it has no game, and nobody ever had a report", date);
}

static void on_ran(void *arg, const struct value *reply)
{
	struct dated *d = arg;
	if (!ask_answered(&d->ask, reply))
		return;
	if (reply->count > 0)
		go_on(d);
	else
		refuse(d);
}

static void look(struct ask *ask)
{
	struct dated *d = (struct dated *)ask;
	struct delivery *delivery = ask->context->delivery;
	const struct slate *slate = delivery_slate(delivery, d->date);
	struct date_trouble trouble;
	if (!slate && !delivery_date_waits(delivery, d->date, &trouble) && ++d->looks < LOOKS)
		return;
	ask_rest(ask);
	if (!slate || is_known(d, slate)) {
		go_on(d);
	} else if (d->game[0]) {
		refuse(d);
	} else {
		ask_sends(ask);
		delivery_ran(delivery, d->date, on_ran, d);
	}
}

/* What the request names; false: nothing, or it was refused. */
static bool read_named(struct admin_request *r, struct admin_context *c, struct dated *ret, bool *ret_refused)
{
	*ret_refused = takes(r, "game") && !admin_game(r, c, admin_text(r, "game"), ret->game);
	if (*ret_refused)
		return false;
	if (ret->game[0] && strlen(ret->game) > 8)
		return date_parse(ret->game, 8, &ret->date);
	ret->game[0] = '\0';
	ret->date = takes(r, "date") ? admin_date(r, "date", 0) : 0;
	return ret->date != 0;
}

void admin_dated(struct admin_request *r, struct admin_context *c)
{
	const struct admin_command *command = admin_request_command(r);
	struct dated named = {0}, *d;
	bool refused;
	const bool asks = read_named(r, c, &named, &refused) && delivery_ready(c->delivery);
	if (refused)
		return;
	const struct slate *slate = asks ? delivery_slate(c->delivery, named.date) : NULL;
	if (!asks || (slate && is_known(&named, slate)) ||
		(!named.game[0] && (has_players(c, named.date) || has_order(r, c, named.date)))) {
		command->dated(r, c);
		return;
	}
	d = ask_new(r, c, sizeof(*d), NULL);
	if (!d)
		return;
	named.ask = d->ask;
	*d = named;
	if (slate)
		delivery_refresh_slate(c->delivery, d->date);
	ask_every(&d->ask, LOOK_MS, look);
}
