/* Who is served when: standing orders, pauses, workers. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "admin/areas.h"
#include "admin/ask.h"
#include "admin/context.h"
#include "admin/names.h"
#include "admin/request.h"
#include "base/str.h"
#include "config/config.h"
#include "delivery/delivery.h"
#include "pool/pool.h"
#include "regen/regen.h"

#define ORDERS_MAX 1000
#define FOR_MAX_US (366LL * 86400 * 1000000)

static const char *const levels[] = {"urgent", "high", "normal", "low", "none", NULL};
enum { LEVEL_NONE = LEVEL_COUNT };

/* An order that was sent: the client is answered once Redis has it, for then it holds after a restart too. */
struct order_ask {
	struct ask ask;
	json_t *data;
};

static void order_done(struct ask *ask)
{
	json_decref(((struct order_ask *)ask)->data);
}

static void order_answered(void *data, const struct value *reply)
{
	struct order_ask *a = data;
	if (ask_answered(&a->ask, reply))
		ask_reply(&a->ask, json_incref(a->data));
}

/* Takes `data`, the reply to be. */
static void send_order(struct admin_request *r, struct admin_context *c, const struct order_key *key, const char *value,
	int64_t for_us, json_t *data)
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
	int64_t until_ms = for_us > 0 ? delivery_redis_ms(c->delivery) + for_us / 1000 : 0;
	a->data = data;
	if (until_ms > 0)
		json_object_set_new(data, "until_ms", json_integer(until_ms));
	ask_sends(&a->ask);
	delivery_set_order(c->delivery, key, value, until_ms, order_answered, a);
}

/* Whom the order names; false: the request was refused. A team or a game may be nobody's today and somebody's later. */
static bool read_whom(struct admin_request *r, struct admin_context *c, struct order_key *ret)
{
	const date_t date = admin_date(r, "date", 0);
	char name[LOOKUP_SIZE] = "", away[TEAM_SIZE], home[TEAM_SIZE];
	int given = 0, whom = ORDER_PLAYER;

	for (int w = ORDER_PLAYER; w < ORDER_WHOMS; w++)
		if (admin_given(r, order_whom_name((enum order_whom)w))) {
			whom = w;
			given++;
		}
	if (given != 1) {
		admin_error(r, CODE_BAD_ARGUMENT, "an order wants one of player, team and game; %d are given", given);
		return false;
	}
	const char *text = admin_text(r, order_whom_name((enum order_whom)whom));
	const date_t known_on = date ? date : admin_today(c);
	if (whom == ORDER_PLAYER && !admin_find_player(c, known_on, text, name)) {
		admin_unknown_player(r, c, known_on, text);
		return false;
	}
	if (whom != ORDER_PLAYER)
		text_format(name, sizeof(name), "%s", text);
	for (char *p = name; whom != ORDER_PLAYER && *p; p++)
		*p = (char)toupper((unsigned char)*p);
	if (whom == ORDER_TEAM && strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != TEAM_SIZE - 1) {
		admin_error(r, CODE_BAD_ARGUMENT, "the team is \"%s\"; it must be three letters, such as LAL", text);
		return false;
	}
	if (whom == ORDER_GAME && !game_id_teams(name, away, home)) {
		admin_error(r, CODE_BAD_ARGUMENT, "the game is \"%s\"; it must be an id such as 20251115_LAL_GSW", text);
		return false;
	}
	*ret = order_key_of(ORDER_PRIORITY, (enum order_whom)whom, date, name);
	return true;
}

static void prioritize(struct admin_request *r, struct admin_context *c)
{
	struct order_key key;
	char date[DATE_SIZE];
	int level = admin_word(r, "level", LEVEL_NONE);
	if (!read_whom(r, c, &key))
		return;
	json_t *data = json_pack("{s:s, s:s}", order_whom_name(key.whom), key.name, "level", levels[level]);
	if (key.date)
		json_object_set_new(data, "date", json_string(date_format(key.date, date)));
	if (level == LEVEL_NONE)
		send_order(r, c, &key, NULL, 0, data);
	else
		send_order(r, c, &key, levels[level], admin_duration_us(r, "for", 0), data);
}

static void who_asks(struct admin_request *r, struct admin_context *c, char who[160])
{
	text_format(who, 160, "uid %u on %s", (unsigned)admin_request_peer(r)->uid, c->ops->config(c->app)->instance);
}

static void pause_runs(struct admin_request *r, struct admin_context *c)
{
	const struct order_key key = order_key_of(ORDER_PAUSE, ORDER_ALL, 0, "");
	char who[160];
	who_asks(r, c, who);
	send_order(r, c, &key, who, admin_duration_us(r, "for", 0), json_pack("{s:b, s:s}", "paused", 1, "by", who));
}

static void resume(struct admin_request *r, struct admin_context *c)
{
	const struct order_key key = order_key_of(ORDER_PAUSE, ORDER_ALL, 0, "");
	send_order(r, c, &key, NULL, 0, json_pack("{s:b}", "paused", 0));
}

static int by_words(const void *a, const void *b)
{
	char x[ORDER_FIELD_SIZE], y[ORDER_FIELD_SIZE];
	return strcmp(order_field_format(&(*(const struct order *const *)a)->key, x),
		order_field_format(&(*(const struct order *const *)b)->key, y));
}

static json_t *order_json(const struct order *order)
{
	char date[DATE_SIZE];
	const struct order_key *key = &order->key;
	const bool pause = key->kind == ORDER_PAUSE;
	json_t *row = json_pack("{s:s}", "order", order_kind_name(key->kind));
	if (key->whom != ORDER_ALL)
		json_object_set_new(row, order_whom_name(key->whom), json_string(key->name));
	if (key->date)
		json_object_set_new(row, "date", json_string(date_format(key->date, date)));
	json_object_set_new(row, pause ? "by" : "level", json_string(order->value));
	if (order->until_ms > 0)
		json_object_set_new(row, "until_ms", json_integer(order->until_ms));
	return row;
}

static void list_orders(struct admin_request *r, struct admin_context *c)
{
	const struct order *order = NULL;
	size_t count = 0, limit = (size_t)admin_int(r, "limit", ORDERS_MAX), matching = 0;
	while ((order = delivery_next_order(c->delivery, order)) != NULL)
		matching++;
	const struct order **sorted = calloc(matching + 1, sizeof(*sorted));
	if (!sorted) {
		admin_error(r, CODE_INTERNAL, "out of memory");
		return;
	}
	while ((order = delivery_next_order(c->delivery, order)) != NULL)
		sorted[count++] = order;
	qsort(sorted, count, sizeof(*sorted), by_words);
	json_t *list = json_array();
	for (size_t i = 0; i < count && i < limit; i++)
		json_array_append_new(list, order_json(sorted[i]));
	free(sorted);
	admin_reply(r, json_pack("{s:o, s:I}", "orders", list, "matching", (json_int_t)matching));
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

static const struct admin_arg prioritize_args[] = {
	{.name = "player", .type = ADMIN_NAME, .help = "name or lookup"},
	{.name = "team", .type = ADMIN_TEXT, .from = 3, .to = 3, .help = "the players of a team, as LAL"},
	{.name = "game", .type = ADMIN_TEXT, .from = 10, .to = GAME_ID_SIZE - 1, .help = "the players of a game"},
	{.name = "level", .type = ADMIN_WORD, .words = levels, .required = true, .help = "none takes the order back"},
	{.name = "date", .type = ADMIN_DATE, .help = "on this game date only, else on any"},
	{.name = "for",
		.type = ADMIN_DURATION,
		.from = 1000000,
		.to = FOR_MAX_US,
		.help = "so long, else until taken back"},
	{.name = NULL},
};
static const struct admin_arg orders_args[] = {
	{.name = "limit", .type = ADMIN_INT, .from = 1, .to = ORDERS_MAX, .help = "at most so many, 1000 otherwise"},
	{.name = NULL},
};
static const struct admin_arg pause_args[] = {
	{.name = "for", .type = ADMIN_DURATION, .from = 1000000, .to = FOR_MAX_US, .help = "so long, else until resume"},
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
		.args = pause_args,
		.handler = pause_runs,
		.help = "begin no more runs, on any instance"},
	{.name = "resume", .role = ADMIN_ROLE_OPERATE, .changes = true, .handler = resume, .help = "take the pause back"},
	{.name = "workers",
		.role = ADMIN_ROLE_OPERATE,
		.changes = true,
		.args = workers_args,
		.handler = workers,
		.help = "show or set how many workers there are"},
	{.name = NULL},
};
