#include "app/supervise.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>

#include "app/alarms.h"
#include "app/historian.h"
#include "app/internal.h"
#include "app/loop.h"
#include "app/pages.h"
#include "app/reload.h"
#include "app/sinking.h"
#include "base/log.h"
#include "config/config.h"
#include "metrics/metrics.h"
#include "metrics/warnings.h"
#include "pool/pool.h"

enum { STATUS_US = 10000000 };

static void feed_watchdog(struct app *app, const struct pool_stats *pool)
{
	int64_t now = clock_mono_us(app->clock);
	if (app->watch.watchdog_us == 0 || now - app->watch.fed_us < app->watch.watchdog_us / 3)
		return;
	/* This very event shows that the loop moves; the workers must have moved too, or have nothing to do. */
	uint64_t waiting = 0;
	for (int l = 0; l < LEVEL_COUNT; l++)
		waiting += pool->level[l].waiting;
	if (pool->executed == app->watch.executed && waiting > 0 && pool->longest_us > app->watch.watchdog_us)
		return;
	app->watch.executed = pool->executed;
	app->watch.fed_us = now;
	notify_send(&app->notify, "WATCHDOG=1");
}

static void say_status(struct app *app)
{
	struct regen_stats stats;
	int64_t now = clock_mono_us(app->clock);
	if (now < app->watch.status_us)
		return;
	app->watch.status_us = now + STATUS_US;
	regen_stats(app->regen, &stats);
	notify_send(&app->notify, "STATUS=%u workers, %u waiting, %u running, %.0f dead letters, redis %s",
		app->workers, stats.state[PLAYER_WAITING], stats.state[PLAYER_RUNNING],
		metrics_total(app->metrics, METRIC_DEAD_LETTERS), delivery_state(app->delivery));
}

/* After a burst, once all is quiet: the allocator keeps what it got, in pieces between what stays. Grown by less than an
 * eighth there is little to give. */
static void give_memory_back(struct app *app)
{
	const double resident = metrics_value(app->metrics, METRIC_MEMORY, 0);
	if (resident < app->watch.resident_trimmed * 9 / 8 || delivery_unacked(app->delivery) > 0 ||
		regen_runs(app->regen) > 0)
		return;
	regen_give_back(app->regen);
	malloc_trim(0);
	app->watch.resident_trimmed = metrics_value(app->metrics, METRIC_MEMORY, 0);
}

/* One that an operator paused is his own business. */
static void watch_processors(struct app *app)
{
	for (int phase = 0; phase < PHASE_COUNT; phase++) {
		const struct processor *p = regen_processor(app->regen, (enum phase)phase);
		const char *trouble = p && !p->paused ? process_trouble(p) : NULL;
		if (!trouble)
			continue;
		warnings_set(app->warnings, WARNING_PROCESSOR, "%s takes no jobs, they wait: %s", p->name, trouble);
		return;
	}
	warnings_clear(app->warnings, WARNING_PROCESSOR);
}

static void on_second(evutil_socket_t fd, short what, void *arg)
{
	struct app *app = arg;
	struct pool_stats stats;
	(void)fd, (void)what;

	if (app->config->pool.limit_us > 0) {
		int given_up = pool_check(app->pool);
		if (given_up > 0)
			log_err("pool", "gave up workers whose task ran past its limit, started others workers=%d",
				given_up);
		else if (given_up < 0)
			log_err("pool", "cannot start a worker, will retry: %s", strerror(-given_up));
	}
	pool_stats(app->pool, &stats, NULL, 0);
	feed_watchdog(app, &stats);
	pages_second(app->pages, &stats);
	say_status(app);
	watch_processors(app);
	if (app->watch.named)
		sinking_second(app->sinks, app->warnings, delivery_ready(app->delivery));
	historian_second(app->historian);
	alarms_second(app->alarms);
	reload_second(app);
	give_memory_back(app);
}

void supervise_ready(struct app *app, bool ready)
{
	if (ready && !app->watch.named)
		event_active(app->second, EV_TIMEOUT, 0); /* the sinks begin */
	app->watch.named |= ready;
	app->watch.status_us = 0;
}

int supervise_start(struct app *app, struct err *err)
{
	const struct timeval second = {.tv_sec = 1};
	app->watch.watchdog_us = notify_watchdog_us();
	app->second = loop_event(app, -1, EV_PERSIST, on_second);
	return app->second && event_add(app->second, &second) == 0
		       ? 0
		       : err_set(err, -ENOMEM, "cannot make the loop's events");
}
