/*
 * Waits until the daemon is ready, or idle.
 *
 * Idle is what the daemon says of itself and Redis confirms: an entry that was added a moment ago may not
 * have been read yet, so Redis is asked whether any stream has entries that nobody has read or acknowledged.
 * Its answer holds for the moment in which it was given, before which the client's own entries were added.
 */
#include <string.h>

#include "admin/areas.h"
#include "admin/ask.h"
#include "admin/context.h"
#include "admin/request.h"
#include "delivery/contract.h"
#include "delivery/delivery.h"
#include "regen/regen.h"

#define LOOK_MS 20
#define PROGRESS_EVERY_US 500000
#define TIMEOUT_MAX_US (7LL * 86400 * 1000000)

static const char *const conditions[] = {"ready", "idle", NULL};
enum { FOR_READY, FOR_IDLE };

struct wait {
	struct ask ask;
	int condition;
	int64_t started_us, until_us; /* 0: no limit */
	int64_t progress_us;
	bool asked; /* Redis, and it has not answered */
	int64_t pending, unread; /* as Redis said last; -1: not yet */
};

static void count_work(const struct admin_context *c, unsigned *ret_waiting, unsigned *ret_running)
{
	struct regen_stats stats;
	regen_stats(c->regen, &stats);
	*ret_waiting = stats.state[PLAYER_WAITING] + stats.state[PLAYER_BACKING_OFF];
	*ret_running = stats.state[PLAYER_BEGINNING] + stats.state[PLAYER_RUNNING];
}

static bool looks_idle(const struct admin_context *c)
{
	unsigned waiting, running;
	count_work(c, &waiting, &running);
	return delivery_ready(c->delivery) && waiting == 0 && running == 0 && delivery_unacked(c->delivery) == 0;
}

static json_t *wait_json(const struct wait *w)
{
	const struct admin_context *c = w->ask.context;
	unsigned waiting, running;
	count_work(c, &waiting, &running);
	json_t *data = json_pack("{s:s, s:b, s:s, s:i, s:i, s:i, s:f}", "for", conditions[w->condition], "ready",
		delivery_ready(c->delivery), "redis", delivery_state(c->delivery), "waiting", (int)waiting, "running",
		(int)running, "unacked", (int)delivery_unacked(c->delivery), "took_ms",
		(double)(clock_mono_us(c->clock) - w->started_us) / 1000);
	if (w->pending >= 0) {
		json_object_set_new(data, "pending", json_integer(w->pending));
		json_object_set_new(data, "unread_streams", json_integer(w->unread));
	}
	return data;
}

static void on_left(void *arg, const struct value *reply)
{
	struct wait *w = arg;
	w->asked = false;
	/* Without Redis one waits for it to come back, within the time limit. */
	if (!reply || value_is_error(reply)) {
		ask_came(&w->ask);
		return;
	}
	if (!ask_answered(&w->ask, reply))
		return;
	w->pending = value_int(value_at(reply, LEFT_OUT_PENDING - 1));
	w->unread = value_int(value_at(reply, LEFT_OUT_UNREAD - 1));
	if (w->pending == 0 && w->unread == 0 && looks_idle(w->ask.context))
		ask_reply(&w->ask, wait_json(w));
}

static void time_is_up(struct wait *w)
{
	json_t *data = wait_json(w);
	if (w->condition == FOR_READY || !delivery_ready(w->ask.context->delivery))
		ask_error_data(
			&w->ask, CODE_TIMEOUT, data, "not ready in time: %s", delivery_state(w->ask.context->delivery));
	else
		ask_error_data(&w->ask, CODE_TIMEOUT, data,
			"not idle in time: %lld waiting, %lld running, %lld unacknowledged",
			(long long)json_integer_value(json_object_get(data, "waiting")),
			(long long)json_integer_value(json_object_get(data, "running")),
			(long long)(w->pending > 0 ? w->pending : json_integer_value(json_object_get(data, "unacked"))));
}

static void look(struct ask *ask)
{
	struct wait *w = (struct wait *)ask;
	struct admin_context *c = ask->context;
	int64_t now = clock_mono_us(c->clock);
	if (w->condition == FOR_READY && delivery_ready(c->delivery)) {
		ask_reply(ask, wait_json(w));
		return;
	}
	if (w->until_us > 0 && now >= w->until_us) {
		time_is_up(w);
		return;
	}
	if (now >= w->progress_us) {
		w->progress_us = now + PROGRESS_EVERY_US;
		admin_progress(ask->request, wait_json(w));
	}
	if (w->condition == FOR_IDLE && !w->asked && looks_idle(c)) {
		w->asked = true;
		ask_sends(ask);
		delivery_left(c->delivery, on_left, w);
	}
}

static void wait_for(struct admin_request *r, struct admin_context *c)
{
	int64_t timeout_us = admin_duration_us(r, "timeout", 0), now = clock_mono_us(c->clock);
	int condition = admin_word(r, "for", FOR_READY);
	struct wait *w = ask_new(r, c, sizeof(*w), NULL);
	if (!w)
		return;
	w->condition = condition;
	w->started_us = now;
	w->until_us = timeout_us > 0 ? now + timeout_us : 0;
	w->progress_us = now + PROGRESS_EVERY_US;
	w->pending = -1;
	if (ask_every(&w->ask, LOOK_MS, look))
		look(&w->ask);
}

static const struct admin_arg wait_args[] = {
	{.name = "for", .type = ADMIN_WORD, .words = conditions, .required = true, .help = "the condition"},
	{.name = "timeout", .type = ADMIN_DURATION, .from = 1000, .to = TIMEOUT_MAX_US, .help = "at most so long"},
	{.name = NULL},
};

const struct admin_command admin_wait_commands[] = {
	{.name = "wait",
		.role = ADMIN_ROLE_VIEW,
		.args = wait_args,
		.handler = wait_for,
		.help = "until the daemon is ready, or nothing waits, runs or is unacknowledged"},
	{.name = NULL},
};
