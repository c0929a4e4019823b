#include "app/start.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>

#include "admin/server.h"
#include "app/alarms.h"
#include "app/configure.h"
#include "app/figures.h"
#include "app/historian.h"
#include "app/internal.h"
#include "app/loop.h"
#include "app/pages.h"
#include "app/reload.h"
#include "app/sinking.h"
#include "app/steer.h"
#include "app/supervise.h"
#include "aside/aside.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/str.h"
#include "config/config.h"
#include "metrics/metrics.h"
#include "metrics/warnings.h"
#include "pool/pool.h"
#include "trace/trace.h"

static int start_config(struct app *app, struct err *err)
{
	int r = config_load(app->config_path, &app->config, err);
	if (r < 0)
		return r;
	log_set_level(app->config->log.level);
	r = zone_set(app->config->league.timezone); /* before any thread */
	if (r < 0)
		return err_set(
			err, r, "league.timezone \"%s\" is no time zone of this system", app->config->league.timezone);
	return 0;
}

static int start_seeds(struct app *app, struct err *err)
{
	uint64_t seed = 0;
	(void)app;
	if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		return err_set(err, -errno, "no randomness: %s", strerror(errno));
	hash_seed(seed);
	signal(SIGPIPE, SIG_IGN); /* a closed connection is an error code, not the end, */
	signal(SIGXFSZ, SIG_IGN); /* and so is a file that may not grow */
	return 0;
}

static int start_notify(struct app *app, struct err *err)
{
	const int r = notify_open(&app->notify);
	if (r == -EMFILE || r == -ENFILE)
		return err_set(err, r, "the service manager cannot be told: %s", strerror(-r));
	if (r < 0) /* a service without a watchdog runs on all the same */
		log_warn("propsd", "NOTIFY_SOCKET: %s; nobody is told of this start", strerror(-r));
	return 0;
}

/* Before any thread, as listening sets the umask; and before Redis is touched, so that a second daemon leaves no trace. */
static int start_admin(struct app *app, struct err *err)
{
	const struct config *c = app->config;
	int fd = notify_listen_fd("admin"), r;

	r = admin_server_new(app->base, NULL, admin_commands, &app->context, &app->admin);
	if (r < 0)
		return err_set(err, r, "no memory for the admin socket");
	r = fd >= 0 ? admin_server_listen_fd(app->admin, fd, ADMIN_ROLE_ADMIN, err)
		    : admin_server_listen(app->admin, c->admin.socket, 0660, c->admin.group, ADMIN_ROLE_ADMIN, err);
	if (r < 0)
		return r;
	fd = notify_listen_fd("status");
	if (fd >= 0)
		return admin_server_listen_fd(app->admin, fd, ADMIN_ROLE_VIEW, err);
	if (c->admin.status_socket[0])
		return admin_server_listen(app->admin, c->admin.status_socket, 0666, "", ADMIN_ROLE_VIEW, err);
	return 0;
}

static int start_metrics(struct app *app, struct err *err)
{
	const int64_t records = app->config->trace.records;
	app->metrics = metrics_new();
	app->trace = records > 0 ? trace_new(app->clock, (size_t)records) : NULL;
	if (records > 0 && !app->trace)
		return err_set(err, -ENOMEM, "no memory for the trace of %lld records", (long long)records);
	app->warnings = warnings_new(app->clock);
	return app->metrics && app->warnings ? 0 : err_set(err, -ENOMEM, "no memory for the metrics");
}

static int start_pool(struct app *app, struct err *err)
{
	app->workers = configure_workers(app->config);
	const struct pool_options options = {
		.workers = app->workers,
		.limit_us = app->config->pool.limit_us,
		.nice = 10, /* the loop and a Redis beside us feed them: they go first */
		.scratch_new = process_scratch_new,
		.scratch_free = process_scratch_free,
	};
	int r = pool_new(&options, &app->pool);
	if (r == 0)
		r = pool_start(app->pool);
	if (r == 0)
		r = reload_start(app);
	return r < 0 ? err_set(err, r, "cannot start %u workers: %s", app->workers, strerror(-r)) : 0;
}

static void on_answers(evutil_socket_t fd, short what, void *arg)
{
	struct app *app = arg;
	(void)fd, (void)what;
	history_answered(historian_history(app->historian));
}

/* One that cannot be written is no failed start; its thread tries on. */
static int start_history(struct app *app, struct err *err)
{
	const struct config *c = app->config;
	const struct historian_options options = {
		.file = c->history.file, .instance = c->instance, .keep_us = c->history.keep_us, .clock = app->clock};
	const int r = historian_new(&options, &app->historian, err);
	if (r < 0 || !app->historian)
		return r;
	app->answers = loop_event(app, history_fd(historian_history(app->historian)), EV_READ | EV_PERSIST, on_answers);
	return app->answers ? 0 : err_set(err, -ENOMEM, "cannot make the loop's events");
}

/* Who we are to Redis: the configuration of now, and its files as they are now. */
static int read_credentials(void *arg, struct redis_conn_options *connection, struct err *err)
{
	const struct app *app = arg;
	const struct config *c = app->config;
	struct redis_url *url = &connection->url;

	*url = app->url;
	if (c->redis.user[0])
		text_format(url->user, sizeof(url->user), "%s", c->redis.user);
	connection->tls =
		(struct tls_files){.ca = c->redis.ca_file, .cert = c->redis.cert_file, .key = c->redis.key_file};
	return c->redis.password_file[0] ? redis_url_read_password(url, c->redis.password_file, err) : 0;
}

static int start_delivery(struct app *app, struct err *err)
{
	const struct config *c = app->config;
	struct delivery_options options = {
		.transport = redis_transport(),
		.connection = {.base = app->base},
		.credentials = read_credentials,
		.credentials_arg = app,
		.clock = app->clock,
		.metrics = app->metrics,
		.trace = app->trace,
		.warnings = app->warnings,
		.prefix = c->redis.prefix,
		.group = c->redis.group,
		.name = c->instance,
		.keep_us = c->redis.keep_us,
		.ingest_keep_us = c->ingest.keep_us,
		.max_delay_us = c->ingest.max_delay_us,
		.accept_past = c->ingest.past == CONFIG_PAST_ACCEPT,
		.notes_outputs = c->history.file[0] != '\0',
		.silent_after_us = c->ingest.silent_after_us,
		.refuse_strangers = c->ingest.strangers == CONFIG_STRANGERS_REFUSE,
		.max_in_flight = (unsigned)c->ingest.max_in_flight,
		.max_parked = (unsigned)c->ingest.max_parked,
		.max_deliveries = (unsigned)c->ingest.max_deliveries,
		.max_attempts = (unsigned)c->regen.max_attempts,
		.back_off_us = c->regen.back_off_us,
		.max_back_off_us = c->regen.max_back_off_us,
	};
	int r = redis_url_parse(c->redis.url, &app->url, err);
	return r < 0 ? err_prefix(err, "redis.url")
		     : delivery_new(&options, &core_delivery_ops, &app->core, &app->delivery, err);
}

static int start_alarms(struct app *app, struct err *err)
{
	const struct alarms_options options = {
		.fetch = app->fetch,
		.warnings = app->warnings,
		.delivery = app->delivery,
		.clock = app->clock,
		.instance = app->config->instance,
	};
	return alarms_new(&options, &app->alarms, err);
}

/* A name that cannot be found is no failed start: who knows it may come up after us. */
static int start_roles(struct app *app, struct err *err)
{
	struct roles *roles;
	struct err missing;
	const int r = configure_find_roles(app->config, &roles, &missing);
	if (r < 0)
		return err_set(err, r, "no memory for the roles");
	configure_use_roles(app, roles, &missing);
	return 0;
}

static int start_aside(struct app *app, struct err *err)
{
	const struct aside_options options = {
		.clock = app->clock,
		.base = app->base,
		.pool = app->pool,
		.delivery = app->delivery,
		.process = app->process,
	};
	int r = aside_new(&options, &app->aside, err);
	if (r == 0)
		aside_use_league(app->aside, app->snapshot);
	return r;
}

static int start_work(struct app *app, struct err *err)
{
	const struct config *c = app->config;
	const struct process_options process = {
		.pool = app->pool,
		.completions = app->finished,
		.clock = app->clock,
		.base = app->base,
		.fetch = app->fetch,
		.cache_bytes = (size_t)c->model.cache,
		.done = core_done,
		.changed = core_processors_changed,
		.arg = &app->core,
	};
	const struct regen_options regen = {
		.clock = app->clock,
		.metrics = app->metrics,
		.trace = app->trace,
		.past_bytes = (size_t)c->trace.reports,
		.step_us = c->pool.aging_us,
		.max_attempts = (unsigned)c->regen.max_attempts,
		.max_deliveries = (unsigned)c->ingest.max_deliveries,
		.outputs_bytes = (size_t)c->precompute.cache,
		.history = historian_history(app->historian),
		.instance = app->config->instance,
	};
	int r = process_new(&process, &app->process, err);
	if (r == 0)
		r = sinks_new(&app->sinks, err);
	if (r == 0)
		r = regen_new(&regen, &app->regen, err);
	if (r == 0)
		r = start_delivery(app, err);
	if (r == 0)
		r = start_alarms(app, err);
	if (r == 0)
		r = schedules_new(app->clock, app->metrics, &app->schedules, err);
	if (r < 0)
		return r;
	core_init(&app->core, app->delivery, app->regen, app->process, app->clock, &steer_core_ops, app);
	core_use_schedules(&app->core, app->schedules);
	historian_wire(app->historian, app->delivery, app->process, app->warnings);
	r = start_roles(app, err);
	if (r == 0)
		r = configure_apply(app, c, err);
	if (r < 0)
		return r;
	core_use_league(&app->core, app->snapshot);
	return start_aside(app, err);
}

static int start_figures(struct app *app, struct err *err)
{
	(void)err;
	metrics_set(app->metrics, METRIC_LEAGUE_NUMBER, 0, app->snapshot ? (double)app->snapshot->number : 0);
	sinking_figures(app->sinks, app->metrics);
	figures_read(app);
	historian_figures(app->historian, app->metrics);
	app->context = (struct admin_context){
		.clock = app->clock,
		.base = app->base,
		.metrics = app->metrics,
		.trace = app->trace,
		.warnings = app->warnings,
		.pool = app->pool,
		.process = app->process,
		.aside = app->aside,
		.delivery = app->delivery,
		.sinks = app->sinks,
		.history = historian_history(app->historian),
		.regen = app->regen,
		.schedules = app->schedules,
		.started_ms = clock_wall_ms(app->clock),
		.ops = &steer_admin_ops,
		.app = app,
	};
	admin_server_use_history(app->admin, historian_history(app->historian));
	return 0;
}

static int start_pages(struct app *app, struct err *err)
{
	const struct pages_sources sources = {
		.core = &app->core,
		.metrics = app->metrics,
		.warnings = app->warnings,
		.instance = app->config->instance,
	};
	int r = pages_new(app->base, app->config->metrics.listen, &sources, &app->pages, err);
	if (r == 0)
		pages_figures(app->pages, app->metrics);
	return r;
}

static int (*const steps[])(struct app *app, struct err *err) = {
	start_config,
	start_seeds,
	loop_start, /* before any other descriptor: the library ends the process where it finds none */
	supervise_start,
	steer_signals,
	start_notify,
	start_admin,
	start_metrics,
	reload_first, /* before the workers: they never see a half-made snapshot */
	start_pool,
	start_history,
	start_work,
	start_figures,
	start_pages,
};

int start(struct app *app, struct err *err)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < sizeof(steps) / sizeof(steps[0]); i++)
		r = steps[i](app, err);
	return r;
}
