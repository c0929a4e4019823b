/*
 * Everything hangs off struct app; nothing else is global but the log and the hash seed. How delivery, regen and process
 * work together is core.c's; here is what makes a process of it: start.c makes the modules, loop.c runs them, configure.c
 * and reload.c give them what is in force, supervise.c looks at them once a second, steer.c takes orders. The end, the
 * start backwards, is below.
 */
#include "app/app.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/server.h"
#include "app/alarms.h"
#include "app/historian.h"
#include "app/internal.h"
#include "app/loop.h"
#include "app/pages.h"
#include "app/reload.h"
#include "app/start.h"
#include "aside/aside.h"
#include "base/completion.h"
#include "base/exit_code.h"
#include "base/log.h"
#include "config/config.h"
#include "fetch/fetch.h"
#include "metrics/metrics.h"
#include "metrics/warnings.h"
#include "pool/pool.h"
#include "propsd/version.h"
#include "sink/sink.h"
#include "trace/trace.h"

enum {
	STOP_WORKERS_US = 5000000,
	HURRY_WORKERS_US = 100000, /* one that waits for work has left long before */
	STOP_SINKS_US = 2000000,
	STOP_HISTORY_US = 3000000,
	MALLOC_KEEPS = 1 << 20, /* bytes that are free at the end of a heap, one for each thread */
	MALLOC_MAPS = 4 << 20, /* bytes from which on memory comes from the system, piece by piece */
};

int app_new(const char *config_path, struct app **ret_app, struct err *err)
{
	struct app *app = calloc(1, sizeof(*app));
	int r = app ? 0 : err_set(err, -ENOMEM, "no memory");

	if (app) {
		app->clock = clock_system();
		app->notify.fd = -1;
		app->config_path = config_path ? strdup(config_path) : NULL;
	}
	/* The allocator raises its thresholds with what it has seen, and then keeps whatever a burst took. */
	mallopt(M_TRIM_THRESHOLD, MALLOC_KEEPS);
	mallopt(M_MMAP_THRESHOLD, MALLOC_MAPS);
	if (r == 0)
		r = start(app, err);
	if (r == 0) {
		*ret_app = app;
		return 0;
	}
	/* Told before anything is taken down: where a thread is stuck, that ends the process. */
	log_err("propsd", "cannot start: %s", err->text);
	if (app)
		app->exit_code = exit_code(err->code);
	app_free(app);
	return r;
}

int app_run(struct app *app)
{
	/* The configuration is good and the admin socket listens; that Redis may be down is a state, not a failed start. */
	notify_send(&app->notify, "READY=1\nSTATUS=connecting to Redis");
	log_notice("propsd", "started version=%s instance=%s workers=%u", PROPSD_VERSION, app->config->instance,
		app->workers);
	delivery_start(app->delivery);
	loop_wake(app);
	loop_run(app);
	log_notice("propsd", "stopped code=%d", app->exit_code);
	return app->exit_code;
}

static void free_event(struct event *e)
{
	if (e)
		event_free(e);
}

/* The start backwards. Workers first: nothing may run when what it works on goes. */
void app_free(struct app *app)
{
	if (!app)
		return;
	if (app->admin)
		admin_server_stop(app->admin);
	admin_server_free(app->admin);
	pages_free(app->pages);
	const bool told = historian_stop(app->historian, app->hurry ? HURRY_WORKERS_US : STOP_HISTORY_US);
	if (app->pool && pool_stop(app->pool, app->hurry ? HURRY_WORKERS_US : STOP_WORKERS_US) < 0) {
		/* A worker still works: its memory must not be pulled from under it, and there is nothing left to save. */
		log_warn("pool", "a worker is not done, leaving it behind");
		_exit(app->exit_code);
	}
	if (app->sinks && !sinks_stop(app->sinks, app->hurry ? 0 : STOP_SINKS_US)) {
		log_warn("sink", "one is not done, leaving it behind: what it has not written stays pending in Redis");
		_exit(app->exit_code);
	}
	if (!told) {
		log_warn("history", "its file does not answer, leaving it behind");
		_exit(app->exit_code);
	}
	if (app->process)
		process_completed(app->process);
	sinks_free(app->sinks);
	fetch_free(app->fetch); /* while those who own requests are there */
	alarms_free(app->alarms);
	reload_free(app);
	delivery_free(app->delivery);
	aside_free(app->aside);
	schedules_free(app->schedules);
	regen_free(app->regen); /* tells the history of runs that it lets go */
	process_free(app->process);
	historian_free(app->historian);
	pool_free(app->pool);
	snapshot_drop(app->snapshot);
	warnings_free(app->warnings);
	trace_free(app->trace);
	metrics_free(app->metrics);
	for (size_t i = 0; i < sizeof(app->signals) / sizeof(app->signals[0]); i++)
		free_event(app->signals[i]);
	free_event(app->turn);
	free_event(app->timer);
	free_event(app->second);
	free_event(app->jobs);
	free_event(app->fetched);
	free_event(app->loads);
	free_event(app->answers);
	completion_free(app->finished);
	if (app->base)
		event_base_free(app->base);
	config_free(app->config);
	config_free(app->started);
	notify_close(&app->notify);
	free(app->config_path);
	free(app);
}
