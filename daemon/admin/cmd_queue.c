/* Who is served when: standing orders, pauses, mutes, workers. */
#include <stdlib.h>
#include <string.h>

#include "admin/areas.h"
#include "admin/ask.h"
#include "admin/context.h"
#include "admin/names.h"
#include "admin/request.h"
#include "admin/standing.h"
#include "admin/teams.h"
#include "base/str.h"
#include "config/config.h"
#include "delivery/delivery.h"
#include "pool/pool.h"
#include "regen/regen.h"

#define ORDERS_MAX 1000
#define FOR_MAX_US (366LL * 86400 * 1000000)

static const char *const levels[] = {"urgent", "high", "normal", "low", "none", NULL};
enum { LEVEL_NONE = LEVEL_COUNT };
static const char *const types[] = {"odds", "injury", "lineup", "slate", "regenerate", NULL};

/* An order that was sent: the client is answered once Redis has it, for then it holds after a restart too. */
struct order_ask {
	struct ask ask;
	json_t *data;
	bool ends; /* is taken back */
};

static void order_done(struct ask *ask)
{
	json_decref(((struct order_ask *)ask)->data);
}

static void order_answered(void *data, const struct value *reply)
{
	struct order_ask *a = data;
	if (!ask_answered(&a->ask, reply))
		return;
	if (a->ends)
		json_object_set_new(a->data, "stood", json_boolean(reply->integer > 0));
	ask_reply(&a->ask, json_incref(a->data));
}

/* Gives the order, or takes it back. Takes `data`, the reply to be. */
static void send_order(
	struct admin_request *r, struct admin_context *c, const struct order *order, bool given, json_t *data)
{
	if (!delivery_ready(c->delivery)) {
		json_decref(data);
		admin_error(r, CODE_UNAVAILABLE, "orders are kept in Redis, which cannot be reached: %s",
			delivery_state(c->delivery));
		return;
	}
	struct order_ask *a = ask_new(r, c, sizeof(*a), order_done);
	if (!a) {
		json_decref(data);
		return;
	}
	a->data = data;
	a->ends = !given;
	if (given && order->until_ms > 0)
		json_object_set_new(data, "until_ms", json_integer(order->until_ms));
	ask_sends(&a->ask);
	if (given)
		delivery_set_order(c->delivery, order, order_answered, a);
	else
		delivery_end_order(c->delivery, &order->key, order_answered, a);
}

/* Names of players, teams and games. A team or a game may be nobody's today and somebody's later. */
static bool read_name(struct admin_request *r, struct admin_context *c, struct order_key *ret)
{
	const char *text = admin_text(r, order_whom_name(ret->whom));
	const date_t date = ret->date ? ret->date : admin_today(c);
	char name[LOOKUP_SIZE] = "";

	if (ret->whom == ORDER_PLAYER && !admin_find_player(c, date, text, name)) {
		admin_unknown_player(r, c, date, text);
		return false;
	}
	if (ret->whom == ORDER_TEAM ? !admin_team(r, c, text, name)
				    : ret->whom == ORDER_GAME && !admin_game(r, c, text, name))
		return false;
	if (ret->whom > ORDER_GAME)
		text_format(name, sizeof(name), "%s", text);
	*ret = order_key_of(ret->kind, ret->whom, ret->date, name);
	return true;
}

/* Whom or what the order names; false: the request was refused. */
static bool read_whom(struct admin_request *r, struct admin_context *c, enum order_kind kind, struct order_key *ret)
{
	const bool entries = order_has_meaning(kind, ORDER_TYPE), all = order_has_meaning(kind, ORDER_ALL);
	int given = 0, whom = ORDER_ALL;

	for (int w = ORDER_PLAYER; w < ORDER_WHOMS; w++)
		if (order_has_meaning(kind, (enum order_whom)w) && admin_given(r, order_whom_name((enum order_whom)w))) {
			whom = w;
			given++;
		}
	if (given > 1 || (given == 0 && !all)) {
		admin_error(r, CODE_BAD_ARGUMENT, "%s wants %s of player, team%s; %d are given",
			kind == ORDER_PRIORITY ? "an order" : order_kind_name(kind), all ? "at most one" : "one",
			entries ? ", game, type and book" : " and game", given);
		return false;
	}
	if (given == 0 && admin_given(r, "date")) {
		admin_error(r, CODE_BAD_ARGUMENT, "a date is given, and nobody whom the order is for");
		return false;
	}
	*ret = order_key_of(kind, (enum order_whom)whom, admin_date(r, "date", 0), "");
	return given == 0 || read_name(r, c, ret);
}

static void who_asks(struct admin_request *r, struct admin_context *c, char who[160])
{
	text_format(who, 160, "uid %u on %s", (unsigned)admin_request_peer(r)->uid, c->ops->config(c->app)->instance);
}

static int64_t until_of(struct admin_request *r, struct admin_context *c)
{
	const int64_t for_us = admin_duration_us(r, "for", 0);
	return for_us > 0 ? delivery_redis_ms(c->delivery) + for_us / 1000 : 0;
}

static void add_whom(json_t *data, const struct order_key *key)
{
	char date[DATE_SIZE];
	if (key->whom != ORDER_ALL)
		json_object_set_new(data, order_whom_name(key->whom), json_string(key->name));
	if (key->date)
		json_object_set_new(data, "date", json_string(date_format(key->date, date)));
}

static void prioritize(struct admin_request *r, struct admin_context *c)
{
	char who[160];
	const int level = admin_word(r, "level", LEVEL_NONE);
	struct order order = {.level = (enum level)level, .by = who, .until_ms = until_of(r, c)};
	if (!read_whom(r, c, ORDER_PRIORITY, &order.key))
		return;
	who_asks(r, c, who);
	json_t *data = json_pack("{s:s}", "level", levels[level]);
	add_whom(data, &order.key);
	send_order(r, c, &order, level != LEVEL_NONE, data);
}

/* Pause and mute, resume and unmute: `what` is what the reply says of it. */
static void hold(struct admin_request *r, struct admin_context *c, enum order_kind kind, const char *what, bool given)
{
	char who[160];
	struct order order = {.by = who};
	if (!read_whom(r, c, kind, &order.key))
		return;
	json_t *data = json_pack("{s:b}", what, given);
	add_whom(data, &order.key);
	if (given) {
		who_asks(r, c, who);
		order.until_ms = until_of(r, c);
		json_object_set_new(data, "by", json_string(who));
	}
	send_order(r, c, &order, given, data);
}

static void pause_runs(struct admin_request *r, struct admin_context *c)
{
	hold(r, c, ORDER_PAUSE, "paused", true);
}

static void resume(struct admin_request *r, struct admin_context *c)
{
	hold(r, c, ORDER_PAUSE, "paused", false);
}

static void mute(struct admin_request *r, struct admin_context *c)
{
	hold(r, c, ORDER_MUTE, "muted", true);
}

static void unmute(struct admin_request *r, struct admin_context *c)
{
	hold(r, c, ORDER_MUTE, "muted", false);
}

static void list_orders(struct admin_request *r, struct admin_context *c)
{
	const struct order **orders;
	size_t count, limit = (size_t)admin_int(r, "limit", ORDERS_MAX);
	if (admin_orders(c->delivery, ~0u, &orders, &count) < 0) {
		admin_error(r, CODE_INTERNAL, "out of memory");
		return;
	}
	json_t *list = json_array();
	for (size_t i = 0; i < count && i < limit; i++)
		json_array_append_new(list, admin_order_json(orders[i]));
	free(orders);
	admin_reply(r, json_pack("{s:o, s:I}", "orders", list, "matching", (json_int_t)count));
}

static void workers(struct admin_request *r, struct admin_context *c)
{
	struct err err;
	struct pool_stats stats;
	if (admin_given(r, "count")) {
		if (c->ops->set_workers(c->app, (unsigned)admin_int(r, "count", 0), &err) < 0) {
			admin_error(r, CODE_FAILED, "%s", err.text);
			return;
		}
	} else {
		admin_audit(r, NULL);
	}
	pool_stats(c->pool, &stats, NULL, 0);
	admin_reply(r, json_pack("{s:i, s:i}", "count", (int)stats.workers, "running", (int)stats.busy));
}

/* Whom an order may name; the last two name entries. */
#define WHO \
	{.name = "player", .type = ADMIN_NAME, .help = "name or lookup"}, \
		{.name = "team", \
			.type = ADMIN_TEXT, \
			.from = 1, \
			.to = ADMIN_TEAM_MAX, \
			.help = "the players of a team, as LAL"}, \
		{.name = "game", .type = ADMIN_TEXT, .from = 10, .to = ADMIN_GAME_MAX, .help = "the players of a game"}, \
	{ \
		.name = "date", .type = ADMIN_DATE, .help = "on this game date only, else on any" \
	}
#define WHAT \
	{.name = "type", .type = ADMIN_WORD, .words = types, .help = "entries of this input stream"}, \
	{ \
		.name = "book", .type = ADMIN_TEXT, .from = 1, .to = BOOK_SIZE - 1, .help = "odds of this book" \
	}
#define FOR \
	{ \
		.name = "for", .type = ADMIN_DURATION, .from = 1000000, .to = FOR_MAX_US, \
		.help = "so long, else until taken back" \
	}

static const struct admin_arg prioritize_args[] = {
	WHO,
	{.name = "level", .type = ADMIN_WORD, .words = levels, .required = true, .help = "none takes the order back"},
	FOR,
	{.name = NULL},
};
static const struct admin_arg hold_args[] = {WHO, WHAT, FOR, {.name = NULL}};
static const struct admin_arg go_on_args[] = {WHO, WHAT, {.name = NULL}};
static const struct admin_arg orders_args[] = {
	{.name = "limit", .type = ADMIN_INT, .from = 1, .to = ORDERS_MAX, .help = "at most so many, 1000 otherwise"},
	{.name = NULL},
};
static const struct admin_arg workers_args[] = {
	{.name = "count", .type = ADMIN_INT, .from = 1, .to = POOL_WORKERS_MAX, .help = "how many there shall be"},
	{.name = NULL},
};

const struct admin_command admin_queue_commands[] = {
	{.name = "prioritize",
		.role = ADMIN_ROLE_OPERATE,
		.changes = true,
		.args = prioritize_args,
		.handler = prioritize,
		.help = "a standing order for the level of a player, team or game, on all instances"},
	{.name = "orders",
		.role = ADMIN_ROLE_VIEW,
		.args = orders_args,
		.handler = list_orders,
		.help = "the standing orders, of all instances"},
	{.name = "pause",
		.role = ADMIN_ROLE_OPERATE,
		.changes = true,
		.args = hold_args,
		.handler = pause_runs,
		.help = "begin no more runs, or none for what is named: its entries stay unsettled"},
	{.name = "resume",
		.role = ADMIN_ROLE_OPERATE,
		.changes = true,
		.args = go_on_args,
		.handler = resume,
		.help = "take a pause back"},
	{.name = "mute",
		.role = ADMIN_ROLE_OPERATE,
		.changes = true,
		.args = hold_args,
		.handler = mute,
		.help = "apply and settle entries without a run, for what is named"},
	{.name = "unmute",
		.role = ADMIN_ROLE_OPERATE,
		.changes = true,
		.args = go_on_args,
		.handler = unmute,
		.help = "take a mute back: each player who has missed a run is run once"},
	{.name = "workers",
		.role = ADMIN_ROLE_OPERATE,
		.changes = true,
		.args = workers_args,
		.handler = workers,
		.help = "show or set how many workers there are"},
	{.name = NULL},
};
