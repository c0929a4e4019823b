/* Who is served when: standing orders, pauses, workers. */
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

#define ORDER_LOOK_MS 10
#define ORDER_LOOKS 500
#define FOR_MAX_US (366LL * 86400 * 1000000)

static const char *const levels[] = {"urgent", "high", "normal", "low", "none", NULL};
enum { LEVEL_NONE = LEVEL_COUNT };

/* An order that was sent: the client is answered once it stands, for then it holds after a restart too. */
struct order_ask {
	struct ask ask;
	char key[DATE_SIZE + LOOKUP_SIZE + 16];
	char value[160]; /* "": taken back */
	int64_t until_ms;
	int looks;
	json_t *data;
};

static void order_done(struct ask *ask)
{
	json_decref(((struct order_ask *)ask)->data);
}

static void look_for_order(struct ask *ask)
{
	struct order_ask *a = (struct order_ask *)ask;
	const struct order *order = delivery_order(ask->context->delivery, a->key);
	bool stands =
		a->value[0] ? order && strcmp(order->value, a->value) == 0 && order->until_ms == a->until_ms : !order;
	if (stands)
		ask_reply(ask, json_incref(a->data));
	else if (++a->looks == ORDER_LOOKS)
		ask_error(ask, CODE_UNAVAILABLE, "Redis did not take the order: %s",
			delivery_state(ask->context->delivery));
}

/* Takes `data`, the reply to be. */
static void send_order(struct admin_request *r, struct admin_context *c, const char *key, const char *value,
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
	text_format(a->key, sizeof(a->key), "%s", key);
	text_format(a->value, sizeof(a->value), "%s", value ? value : "");
	a->until_ms = for_us > 0 ? delivery_redis_ms(c->delivery) + for_us / 1000 : 0;
	a->data = data;
	if (a->until_ms > 0)
		json_object_set_new(data, "until_ms", json_integer(a->until_ms));
	delivery_set_order(c->delivery, a->key, value, a->until_ms);
	ask_every(&a->ask, ORDER_LOOK_MS, look_for_order);
}

static void prioritize(struct admin_request *r, struct admin_context *c)
{
	char lookup[LOOKUP_SIZE], date[DATE_SIZE] = "", key[DATE_SIZE + LOOKUP_SIZE + 16];
	int level = admin_word(r, "level", LEVEL_NONE);
	if (!admin_find_player(c, admin_date(r, "date", admin_today(c)), admin_text(r, "player"), lookup)) {
		admin_unknown_player(r, c, admin_date(r, "date", admin_today(c)), admin_text(r, "player"));
		return;
	}
	if (admin_given(r, "date"))
		date_format(admin_date(r, "date", 0), date);
	text_format(key, sizeof(key), "priority:%s:%s", date, lookup);
	json_t *data = json_pack("{s:s, s:s}", "player", lookup, "level", levels[level]);
	if (date[0])
		json_object_set_new(data, "date", json_string(date));
	send_order(r, c, key, level == LEVEL_NONE ? NULL : levels[level], admin_duration_us(r, "for", 0), data);
}

static void pause_runs(struct admin_request *r, struct admin_context *c)
{
	char who[160];
	text_format(who, sizeof(who), "uid %u on %s", (unsigned)admin_request_peer(r)->uid,
		c->ops->config(c->app)->instance);
	send_order(r, c, "pause", who, admin_duration_us(r, "for", 0), json_pack("{s:b, s:s}", "paused", 1, "by", who));
}

static void resume(struct admin_request *r, struct admin_context *c)
{
	send_order(r, c, "pause", NULL, 0, json_pack("{s:b}", "paused", 0));
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
	{.name = "player", .type = ADMIN_NAME, .required = true, .help = "name or lookup"},
	{.name = "level", .type = ADMIN_WORD, .words = levels, .required = true, .help = "none takes the order back"},
	{.name = "date", .type = ADMIN_DATE, .help = "on this game date only, else on any"},
	{.name = "for",
		.type = ADMIN_DURATION,
		.from = 1000000,
		.to = FOR_MAX_US,
		.help = "so long, else until taken back"},
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
		.help = "a standing order for a player's level, on all instances"},
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
