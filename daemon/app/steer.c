#include "app/steer.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "app/configure.h"
#include "app/historian.h"
#include "app/internal.h"
#include "app/loop.h"
#include "app/reload.h"
#include "app/supervise.h"
#include "aside/aside.h"
#include "base/exit_code.h"
#include "base/log.h"
#include "base/str.h"
#include "config/config.h"
#include "pool/pool.h"

/* --- what the core asks ----------------------------------------------------------------------------------------- */

static void on_ready(void *arg, bool ready)
{
	struct app *app = arg;
	supervise_ready(app, ready);
	historian_ready(app->historian, ready);
}

static void on_stop(void *arg, enum stop_reason reason, const char *why)
{
	struct app *app = arg;
	log_err("redis", "cannot go on: %s", why);
	notify_send(&app->notify, "STATUS=%s", why);
	loop_leave(app, reason == STOP_REFUSED ? EXIT_NO_PERMISSION : EXIT_BAD_CONFIG);
}

static void on_peeked(void *arg, struct ticket *t, int result)
{
	aside_peeked(((struct app *)arg)->aside, t, result);
}

static void on_left(void *arg, bool late)
{
	struct app *app = arg;
	app->hurry |= late;
	loop_leave(app, app->exit_code);
}

const struct core_ops steer_core_ops = {
	.wake = loop_wake,
	.outdated = reload_outdated,
	.ready = on_ready,
	.stop = on_stop,
	.peeked = on_peeked,
	.left = on_left,
};

/* --- what operators ask, by the admin socket -------------------------------------------------------------------- */

static const struct config *current_config(void *arg)
{
	return ((struct app *)arg)->config;
}

static const struct config *started_config(void *arg)
{
	const struct app *app = arg;
	return app->started ? app->started : app->config;
}

static const struct snapshot *current_league(void *arg)
{
	return ((struct app *)arg)->snapshot;
}

/* Until the next reload. */
static int override(
	struct app *app, const char *section, const char *name, const char *value, const char *by, struct err *err)
{
	int r = config_override(app->config, section, name, value, by);
	return r < 0 ? err_set(err, r, "%s.%s cannot be %s: %s", section, name, value, strerror(-r)) : 0;
}

static int set_workers(void *arg, unsigned workers, struct err *err)
{
	struct app *app = arg;
	char text[16];
	int r = pool_resize(app->pool, workers);
	if (r < 0)
		return err_set(err, r, "cannot run %u workers: %s", workers, strerror(-r));
	app->workers = workers;
	regen_set_workers(app->regen, workers);
	log_notice("pool", "resized workers=%u", workers);
	loop_wake(app);
	text_format(text, sizeof(text), "%u", workers);
	return override(app, "pool", "workers", text, "propsctl workers", err);
}

static void look_at_model(void *arg)
{
	struct app *app = arg;
	(void)configure_model(app, app->config); /* without memory it is looked at with the next reload */
}

static int set_log_level(void *arg, enum log_level level, struct err *err)
{
	int r = override(arg, "log", "level", log_level_name(level), "propsctl log-level", err);
	if (r == 0)
		log_set_level(level);
	return r;
}

static void drain(void *arg)
{
	struct app *app = arg;
	if (app->core.draining)
		return;
	log_notice("propsd", "draining, at most %lld s", (long long)(app->config->drain.limit_us / 1000000));
	notify_send(&app->notify, "STOPPING=1\nSTATUS=draining");
	aside_stop(app->aside, "propsd is shutting down");
	core_drain(&app->core, app->config->drain.limit_us);
}

const struct admin_app_ops steer_admin_ops = {
	.config = current_config,
	.started = started_config,
	.league = current_league,
	.reload = reload_ask,
	.set_workers = set_workers,
	.drain = drain,
	.set_log_level = set_log_level,
	.look_at_model = look_at_model,
};

/* --- signals ---------------------------------------------------------------------------------------------------- */

static void on_signal(evutil_socket_t signal_number, short what, void *arg)
{
	struct app *app = arg;
	(void)what;
	switch (signal_number) {
	case SIGHUP:
		reload_ask(app, NULL, NULL);
		break;
	case SIGTERM:
	case SIGINT:
		if (app->core.draining) {
			log_warn("propsd", "told again to stop, leaving at once");
			app->hurry = true;
			loop_leave(app, EXIT_FAILURE);
		} else
			drain(app);
		break;
	default:
		break;
	}
}

int steer_signals(struct app *app, struct err *err)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		app->signals[i] = loop_event(app, numbers[i], EV_SIGNAL | EV_PERSIST, on_signal);
		if (!app->signals[i])
			return err_set(err, -ENOMEM, "cannot watch signals");
	}
	return 0;
}
