/*
 * Everything hangs off struct app; nothing else is global but the log and the hash seed. The loop thread runs
 * app_run(); modules are called from its events: bytes from Redis and from admin clients, finished jobs, one timer,
 * signals. After whatever an event did, on_turn() gives the core its turn, once a turn of the loop. How delivery,
 * regen and process work together is core.c's; here is what makes a process of it: start, reload, supervision, the
 * end.
 */
#include "app/app.h"

#include <assert.h>
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <event2/event.h>

#include "admin/context.h"
#include "admin/roles.h"
#include "admin/server.h"
#include "app/alarms.h"
#include "aside/aside.h"
#include "base/completion.h"
#include "base/exit_code.h"
#include "base/log.h"
#include "base/notify.h"
#include "config/config.h"
#include "core.h"
#include "delivery/delivery.h"
#include "fetch/fetch.h"
#include "app/figures.h"
#include "app/historian.h"
#include "league/snapshot.h"
#include "app/loader.h"
#include "metrics/metrics.h"
#include "metrics/warnings.h"
#include "app/pages.h"
#include "model/model.h"
#include "trace/trace.h"
#include "pool/pool.h"
#include "process/process.h"
#include "process/program.h"
#include "propsd/version.h"
#include "regen/regen.h"
#include "schedule/schedule.h"
#include "app/sinking.h"

enum {
	STATUS_US = 10000000,
	CHECK_US = 1000000,
	STILL_SECONDS = 3, /* so long a league database has not changed when it is loaded by itself */
	STOP_WORKERS_US = 5000000,
	HURRY_WORKERS_US = 100000, /* one that waits for work has left long before */
	STOP_SINKS_US = 2000000,
	STOP_HISTORY_US = 3000000,
	MALLOC_KEEPS = 1 << 20, /* bytes that are free at the end of a heap, one for each thread */
	MALLOC_MAPS = 4 << 20, /* bytes from which on memory comes from the system, piece by piece */
};

/* A reload under way: what goes into force with the league, and who hears of it. */
struct reload {
	struct config *config; /* NULL: only the league is loaded */
	bool looks_up; /* whom the configuration gives roles: on the worker, into these */
	struct roles *roles;
	struct err missing; /* a name that cannot be found */
	int looked_up;
	void (*heard)(void *data, int result, int restart, const struct err *err); /* NULL: nobody */
	void *data;
};

struct app {
	char *config_path;
	struct config *config;
	struct config *started; /* of before all reloads: options that need a restart are in force as they stand there */
	const struct clock *clock;
	struct notify notify;
	struct event_base *base;
	struct event *turn, *timer, *second, *jobs, *fetched, *loads, *answers;
	struct event *signals[4];
	struct metrics *metrics;
	struct trace *trace; /* NULL: not wanted */
	struct warnings *warnings;
	struct admin_server *admin;
	struct pages *pages; /* NULL: not asked for */
	struct admin_context context;
	struct completion_queue *finished;
	struct fetch *fetch; /* its thread is started by who asks by HTTP */
	struct pool *pool;
	unsigned workers;
	struct process *process;
	struct regen *regen;
	struct delivery *delivery;
	struct schedules *schedules;
	struct sinks *sinks;
	struct historian *historian; /* NULL: there is no history */
	struct alarms *alarms;
	bool names_missing; /* of users and groups with roles: the next reload looks again */
	bool named; /* Redis has once given us our name */
	struct core core;
	struct aside *aside;
	struct redis_url url; /* of the configuration that we started with */
	struct snapshot *snapshot;
	struct loader *loader;
	struct reload reload, next; /* under way; and what was asked for while only the league was loaded */
	struct league_file league_loaded, league_seen; /* as the load was begun; and a second ago */
	unsigned league_still; /* seconds that it has been another, and the same */
	bool hurry; /* waited for long enough: leave running tasks behind */
	int64_t status_us, watchdog_us, fed_us;
	uint64_t executed; /* by the pool, when the watchdog was fed last */
	int64_t longest_step_us; /* of the loop, in its thread's processor time */
	double resident_trimmed; /* bytes, when memory was given back last */
	int exit_code;
};

static int64_t now_us(const struct app *app)
{
	return clock_mono_us(app->clock);
}

static void leave(struct app *app, int code)
{
	app->exit_code = code;
	event_base_loopbreak(app->base);
}

/* --- turns ------------------------------------------------------------------------------------------------------ */

static void wake(void *arg)
{
	struct app *app = arg;
	event_active(app->turn, EV_TIMEOUT, 0);
}

static void arm_timer(struct app *app)
{
	int64_t next = core_next_us(&app->core);
	if (next == INT64_MAX) {
		event_del(app->timer);
		return;
	}
	int64_t wait = next - now_us(app);
	if (wait < 0)
		wait = 0;
	const struct timeval tv = {.tv_sec = (time_t)(wait / 1000000), .tv_usec = (suseconds_t)(wait % 1000000)};
	event_add(app->timer, &tv);
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct app *app = arg;
	(void)fd, (void)what;
	core_turn(&app->core);
	arm_timer(app);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct app *app = arg;
	(void)fd, (void)what;
	core_tick(&app->core);
}

static void on_jobs(evutil_socket_t fd, short what, void *arg)
{
	struct app *app = arg;
	(void)fd, (void)what;
	core_completed(&app->core);
}

static void on_fetched(evutil_socket_t fd, short what, void *arg)
{
	struct app *app = arg;
	(void)fd, (void)what;
	fetch_completed(app->fetch);
	wake(app);
}

static void on_answers(evutil_socket_t fd, short what, void *arg)
{
	struct app *app = arg;
	(void)fd, (void)what;
	history_answered(historian_history(app->historian));
}

/* --- once a second: watchdog, status, stuck workers ------------------------------------------------------------- */

static void feed_watchdog(struct app *app, const struct pool_stats *pool)
{
	int64_t now = now_us(app);
	if (app->watchdog_us == 0 || now - app->fed_us < app->watchdog_us / 3)
		return;
	/* This very event shows that the loop moves; the workers must have moved too, or have nothing to do. */
	uint64_t waiting = 0;
	for (int l = 0; l < LEVEL_COUNT; l++)
		waiting += pool->level[l].waiting;
	if (pool->executed == app->executed && waiting > 0 && pool->longest_us > app->watchdog_us)
		return;
	app->executed = pool->executed;
	app->fed_us = now;
	notify_send(&app->notify, "WATCHDOG=1");
}

static void say_status(struct app *app)
{
	struct regen_stats stats;
	int64_t now = now_us(app);
	if (now < app->status_us)
		return;
	app->status_us = now + STATUS_US;
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
	if (resident < app->resident_trimmed * 9 / 8 || delivery_unacked(app->delivery) > 0 ||
		regen_runs(app->regen) > 0)
		return;
	regen_give_back(app->regen);
	malloc_trim(0);
	app->resident_trimmed = metrics_value(app->metrics, METRIC_MEMORY, 0);
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

static void watch_league(struct app *app);

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
	if (app->named)
		sinking_second(app->sinks, app->warnings, delivery_ready(app->delivery));
	historian_second(app->historian);
	alarms_second(app->alarms);
	watch_league(app);
	give_memory_back(app);
}

/* --- what the core asks of the process -------------------------------------------------------------------------- */

static void on_ready(void *arg, bool ready)
{
	struct app *app = arg;
	if (ready && !app->named)
		event_active(app->second, EV_TIMEOUT, 0); /* the sinks begin */
	app->named |= ready;
	historian_ready(app->historian, ready);
	app->status_us = 0;
}

static void on_stop(void *arg, enum stop_reason reason, const char *why)
{
	struct app *app = arg;
	log_err("redis", "cannot go on: %s", why);
	notify_send(&app->notify, "STATUS=%s", why);
	leave(app, reason == STOP_REFUSED ? EXIT_NO_PERMISSION : EXIT_BAD_CONFIG);
}

static void load_league(struct app *app, struct reload reload);

static void on_outdated(void *arg)
{
	struct app *app = arg;
	const char *path = app->config->league.database;
	if (path[0] && !loader_busy(app->loader) && !league_file_same(league_file(path), app->league_loaded))
		load_league(app, (struct reload){0});
}

/* Once an import, or a copy, has come to rest: what is loaded in the middle of one would have all reports made for half of
 * it. */
static void watch_league(struct app *app)
{
	const char *path = app->config->league.database;
	const struct league_file now = league_file(path);
	const bool same = league_file_same(now, app->league_seen);
	app->league_seen = now;
	app->league_still = same && !league_file_same(now, app->league_loaded) ? app->league_still + 1 : 0;
	if (app->league_still < STILL_SECONDS || now.inode == 0 || loader_busy(app->loader))
		return;
	log_notice("league", "%s has changed, loading it", path);
	load_league(app, (struct reload){0});
}

static void on_peeked(void *arg, struct ticket *t, int result)
{
	aside_peeked(((struct app *)arg)->aside, t, result);
}

static void on_left(void *arg, bool late)
{
	struct app *app = arg;
	app->hurry |= late;
	leave(app, app->exit_code);
}

static const struct core_ops core_ops = {
	.wake = wake,
	.outdated = on_outdated,
	.ready = on_ready,
	.stop = on_stop,
	.peeked = on_peeked,
	.left = on_left,
};

/* --- configuration ---------------------------------------------------------------------------------------------- */

static unsigned workers_of(const struct config *config)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	if (config->pool.workers > 0)
		return (unsigned)config->pool.workers;
	return cores < 1 ? 1 : cores > POOL_WORKERS_MAX ? POOL_WORKERS_MAX : (unsigned)cores;
}

static int configure_processors(struct app *app, const struct config *config, struct err *err)
{
	struct processor_options list[CONFIG_PROCESSORS_MAX];
	for (size_t i = 0; i < config->processors; i++) {
		const struct config_processor *p = &config->processor[i];
		const bool outside = p->type == CONFIG_PROCESSOR_EXEC || p->type == CONFIG_PROCESSOR_HTTP;
		list[i] = (struct processor_options){
			.name = p->name,
			.type = config_processor_type_name(p->type),
			.slots = (unsigned)p->slots,
			.rate = p->rate,
			.burst = (unsigned)p->burst,
			.spin_us = p->spin_us,
			.sleep_us = p->sleep_ms * 1000,
			.fail_rate = p->fail_rate,
			.timeout_us = outside ? p->timeout_us : 0,
			.settle_us = outside ? p->settle_us : 0,
			.breaker = outside ? (unsigned)p->breaker : 0,
			.output = (size_t)p->output,
			.wrap = p->wrap,
			.model = {.neighbours = (unsigned)config->model.neighbours,
				.min_edge = config->report.min_edge,
				.min_return = config->report.min_return,
				.market = config->model.market,
				.market_foreign = config->model.market_precompute},
			.exec =
				{
					.command = p->exec.command.item,
					.environment = p->exec.environment.item,
					.directory = p->exec.directory,
					.children = (unsigned)p->exec.children,
					.min_children = (unsigned)p->exec.min_children,
					.threads = (unsigned)p->exec.threads,
					.start_timeout_us = p->exec.start_timeout_us,
					.recycle_jobs = (uint64_t)p->exec.recycle_jobs,
					.recycle_growth = (uint64_t)p->exec.recycle_growth,
					.memory = (uint64_t)p->exec.memory,
					.cpu = (unsigned)p->exec.cpu,
					.per_job = p->exec.per_job,
				},
			.http =
				{
					.url = p->http.url,
					.token_file = p->http.token_file,
					.ca_file = p->http.ca_file,
					.pubsub = p->http.form == CONFIG_FORM_PUBSUB,
					.concurrency = (unsigned)p->http.concurrency,
				},
		};
	}
	return process_configure(app->process, list, config->processors, err);
}

static int configure_priorities(struct app *app, const struct config *config, struct err *err)
{
	struct priority_policy *policy = calloc(1, sizeof(*policy));
	int r = policy ? 0 : -ENOMEM;

	for (int s = 0; r == 0 && s < STREAM_COUNT; s++)
		policy->type[s] = config->priority[s];
	for (size_t t = 0; r == 0 && t < config->tiers; t++)
		for (size_t i = 0; r == 0 && i < config->tier[t].players.count; i++)
			r = priority_add_tier(policy, config->tier[t].players.lookup[i], config->tier[t].priority);
	if (r < 0) {
		if (policy)
			priority_done(policy);
		free(policy);
		return err_set(err, r, "no memory for the tiers");
	}
	policy->near_us = (int64_t)30 * 60 * 1000000; /* half an hour before tip-off lines move fastest */
	regen_configure(app->regen, policy, process_find(app->process, config->report.processor),
		config->precompute.processor[0] ? process_find(app->process, config->precompute.processor) : NULL,
		app->workers, config->pool.aging_us);
	return 0;
}

static unsigned facts_of(const struct config_list *list, unsigned otherwise)
{
	unsigned facts = 0;
	enum fact fact;
	for (size_t i = 0; i < list->count; i++)
		if (fact_parse(list->item[i], &fact))
			facts |= 1u << fact;
	return list->count > 0 ? facts : otherwise;
}

static void configure_phases(struct app *app, const struct config *config)
{
	const bool computes = config_processor(config, config->report.processor)->type == CONFIG_PROCESSOR_BUILTIN;
	const struct phases phases = {
		.precompute = config->precompute.processor[0] != '\0',
		.eager = config->report.eager == CONFIG_EAGER_AUTO ? computes : config->report.eager == CONFIG_EAGER_YES,
		.reads = {[PHASE_REPORT] = facts_of(&config->report.reads, FACTS_ALL) | 1u << FACT_SLATE,
			[PHASE_PRECOMPUTE] = facts_of(&config->precompute.reads, FACTS_OF_PRECOMPUTE)},
	};
	delivery_use_phases(app->delivery, &phases);
}

static int configure_schedules(struct app *app, const struct config *config, struct err *err)
{
	static const char *const phases[] = {"", "report", "precompute"}; /* as enum config_schedule_phase counts */
	const struct config *started = app->started ? app->started : app->config;
	struct schedule_options *list = calloc(config->schedules + 1, sizeof(*list));
	if (!list)
		return err_set(err, -ENOMEM, "no memory for the schedules");
	for (size_t i = 0; i < config->schedules; i++) {
		const struct config_schedule *s = &config->schedule[i];
		list[i] = (struct schedule_options){
			.name = s->name,
			.players = (const char(*)[LOOKUP_SIZE])s->players.lookup,
			.player_count = s->players.count,
			.teams = s->teams.item,
			.team_count = s->teams.count,
			.has_level = s->priority > 0,
			.level = s->priority > 0 ? (enum level)(s->priority - 1) : LEVEL_LOW,
			.force = s->force,
			.phase = phases[s->phase],
		};
		(void)due_days_parse(s->days, &list[i].due.days); /* the configuration has looked */
		for (size_t k = 0; k < s->at.count; k++) {
			int32_t seconds = 0;
			(void)due_time_parse(s->at.item[k], &seconds);
			(void)due_add_time(&list[i].due, seconds);
		}
	}
	int r = schedules_configure(app->schedules, list, config->schedules, started->league.timezone, err);
	free(list);
	return r;
}

/* The files of the program that makes them, if it is one; a server's are not to be seen. */
static struct fingerprint program_of(const struct config *config, const char *processor)
{
	for (size_t i = 0; i < config->processors; i++) {
		const struct config_processor *p = &config->processor[i];
		if (strcmp(p->name, processor) == 0 && p->type == CONFIG_PROCESSOR_EXEC)
			return program_fingerprint(p->exec.command.item, p->exec.directory);
	}
	return (struct fingerprint){0};
}

/* What makes reports: the built-in model's version, the options that change them, and a model's own program. */
static int use_model(struct app *app, const struct config *config)
{
	const unsigned version = model_version();
	struct fingerprint options, model;
	if (config_report_fingerprint(config, &options) < 0)
		return -ENOMEM;
	model = fingerprint_join(fingerprint_of(&version, sizeof(version)), options);
	model = fingerprint_join(model, program_of(config, config->report.processor));
	model = fingerprint_join(model, program_of(config, config->precompute.processor));
	delivery_use_model(app->delivery, model);
	delivery_use_options(app->delivery, options);
	return 0;
}

/* What of a configuration can change while we run, but for the roles. */
static int apply_config(struct app *app, const struct config *config, struct err *err)
{
	unsigned workers = workers_of(config);
	int r = configure_processors(app, config, err);
	if (r < 0)
		return r;
	if (workers != app->workers) {
		r = pool_resize(app->pool, workers);
		if (r < 0)
			return err_set(err, r, "cannot run %u workers: %s", workers, strerror(-r));
		app->workers = workers;
	}
	log_set_level(config->log.level);
	r = configure_priorities(app, config, err);
	if (r == 0)
		r = configure_schedules(app, config, err);
	if (r == 0)
		configure_phases(app, config);
	if (r == 0 && use_model(app, config) < 0)
		r = err_set(err, -ENOMEM, "no memory for the configuration");
	if (r == 0)
		r = sinking_configure(app->sinks, config, app->started ? app->started : app->config, &app->url, err);
	if (r == 0)
		r = alarms_configure(app->alarms, config, err);
	return r;
}

static int find_roles(const struct config *config, struct roles **ret, struct err *ret_missing)
{
	const struct config_list *admins = &config->admin.admins, *operators = &config->admin.operators;
	return roles_new(admins->item, admins->count, operators->item, operators->count, ret, ret_missing);
}

static void use_roles(struct app *app, struct roles *roles, const struct err *missing)
{
	app->names_missing = missing->text[0] != '\0';
	admin_server_use_roles(app->admin, roles);
}

/* --- the league, and reload ------------------------------------------------------------------------------------- */

static void use_league(struct app *app, struct snapshot *snapshot)
{
	struct snapshot *old = app->snapshot;
	app->snapshot = snapshot;
	core_use_league(&app->core, snapshot);
	aside_use_league(app->aside, snapshot);
	snapshot_drop(old);
	metrics_set(app->metrics, METRIC_LEAGUE_NUMBER, 0, snapshot ? (double)snapshot->number : 0);
}

static bool same_texts(const struct config_list *a, const struct config_list *b)
{
	bool same = a->count == b->count;
	for (size_t i = 0; same && i < a->count; i++)
		same = strcmp(a->item[i], b->item[i]) == 0;
	return same;
}

/* On the worker: names may be known to a service that takes its time. The configuration is nobody else's meanwhile. */
static void look_up(void *arg)
{
	struct reload *reload = arg;
	reload->looked_up = find_roles(reload->config, &reload->roles, &reload->missing);
}

static void load_league(struct app *app, struct reload reload)
{
	const struct config *old = app->config, *c = reload.config ? reload.config : old;
	reload.looks_up = app->names_missing || !same_texts(&old->admin.admins, &c->admin.admins) ||
			  !same_texts(&old->admin.operators, &c->admin.operators);
	reload.looks_up &= reload.config != NULL;
	app->reload = reload;
	app->league_loaded = league_file(c->league.database);
	loader_start(
		app->loader, c->league.database, c->league.max_memory, reload.looks_up ? look_up : NULL, &app->reload);
}

static void say_changed(void *context, const char *key, const char *from, const char *to, bool restart)
{
	(void)context;
	log_notice("config", "%s changed from=%s to=%s%s", key, from ? from : "-", to ? to : "-",
		restart ? ", takes effect after a restart" : "");
}

static void say_nothing(void *context, const char *key, const char *from, const char *to, bool restart)
{
	(void)context, (void)key, (void)from, (void)to, (void)restart;
}

static void warn_of_lacks(const struct app *app, const struct snapshot *snapshot)
{
	const char *lacks = snapshot_lacks(snapshot);
	if (lacks)
		log_warn("league", "%s: %s", app->config->league.database, lacks);
}

static void tell_left_out(const struct snapshot *snapshot)
{
	if (snapshot->left_out > 0)
		log_notice("league", "left out rows=%lld of an older import, the first: %s",
			(long long)snapshot->left_out, snapshot->first_left_out);
}

/* Takes the snapshot over; the same data again changes nothing, and keeps every day's slate. */
static void put_league(struct app *app, struct snapshot *snapshot)
{
	const struct snapshot *old = app->snapshot;
	if (old == snapshot ||
		(old && snapshot && old->number == snapshot->number && strcmp(old->identity, snapshot->identity) == 0 &&
			fingerprint_equal(old->fingerprint, snapshot->fingerprint))) {
		snapshot_drop(snapshot);
		return;
	}
	if (snapshot) {
		log_notice("league", "loaded number=%lld players=%u rows=%u", (long long)snapshot->number,
			snapshot->players, snapshot->row.count);
		tell_left_out(snapshot);
		warn_of_lacks(app, snapshot);
	}
	use_league(app, snapshot);
}

/* What a session is opened with, and keeps as long as it lasts. */
static bool same_credentials(const struct config *a, const struct config *b)
{
	return strcmp(a->redis.user, b->redis.user) == 0 &&
	       strcmp(a->redis.password_file, b->redis.password_file) == 0 &&
	       strcmp(a->redis.ca_file, b->redis.ca_file) == 0 && strcmp(a->redis.cert_file, b->redis.cert_file) == 0 &&
	       strcmp(a->redis.key_file, b->redis.key_file) == 0;
}

/* Takes the configuration over, and the roles. */
static int put_config(struct app *app, struct reload *reload, int *ret_restart, struct err *err)
{
	struct config *config = reload->config;
	int r = reload->looked_up;
	r = r < 0 ? err_set(err, r, "no memory for the roles") : apply_config(app, config, err);
	if (r < 0)
		return r;
	reload->config = NULL;
	if (reload->looks_up)
		use_roles(app, reload->roles, &reload->missing);
	reload->roles = NULL;
	const bool reconnect = !same_credentials(app->config, config);
	config_diff(app->config, config, say_changed, NULL);
	if (app->started)
		config_free(app->config);
	else
		app->started = app->config;
	app->config = config;
	*ret_restart =
		config_diff(app->started, config, say_nothing, NULL); /* what waits, of this reload or one before */
	if (reconnect)
		delivery_reconnect(app->delivery, "the configuration has other credentials");
	return 0;
}

static void on_loaded(evutil_socket_t fd, short what, void *arg)
{
	struct app *app = arg;
	struct snapshot *snapshot;
	struct err err;
	int result, restart = 0;
	(void)fd, (void)what;

	if (!loader_take(app->loader, &result, &snapshot, &err))
		return;
	struct reload reload = app->reload; /* from here on: until then it was the worker's */
	const bool asked = reload.config != NULL; /* not by itself */
	app->reload = (struct reload){0};
	if (result == -ENOENT && !app->snapshot) {
		log_warn("league", "%s", err.text);
		result = 0; /* there was none before */
	}
	if (result == 0 && reload.config)
		result = put_config(app, &reload, &restart, &err);
	if (result == 0 && snapshot && snapshot->unfinished && !asked)
		snapshot_drop(snapshot); /* there is more to come, or somebody must say that it is to be used */
	else if (result == 0)
		put_league(app, snapshot);
	else {
		snapshot_drop(snapshot);
		log_err("config", "reload failed, everything stays as it was: %s", err.text);
	}
	if (asked)
		metrics_set(app->metrics, METRIC_RELOADED, 0, result == 0);
	if (reload.heard)
		reload.heard(reload.data, result, restart, result < 0 ? &err : &reload.missing);
	roles_free(reload.roles);
	config_free(reload.config);
	if (!app->next.config) /* else another reload was asked for meanwhile, and that is not done */
		notify_send(&app->notify, "READY=1");
	wake(app);
	const struct reload waiting = app->next;
	app->next = (struct reload){0};
	if (waiting.config)
		load_league(app, waiting);
}

/* Over before it began. */
static void refuse_reload(const struct reload *reload, const struct err *err)
{
	if (reload->heard)
		reload->heard(reload->data, err->code, 0, err);
}

/* It waits for a restart, but that one must not fail. */
static int check_url(const struct config *config, struct err *err)
{
	struct redis_url url;
	return redis_url_parse(config->redis.url, &url, err) < 0 ? err_prefix(err, "redis.url") : 0;
}

static void reload(void *arg, void (*heard)(void *data, int result, int restart, const struct err *err), void *data)
{
	struct app *app = arg;
	struct reload wanted = {.heard = heard, .data = data};
	struct err err = {0};

	if (loader_busy(app->loader) && (app->reload.config || app->next.config)) {
		err_set(&err, -EBUSY, "a reload is under way");
		refuse_reload(&wanted, &err);
		return;
	}
	notify_reloading(&app->notify);
	if (config_load(app->config_path, &wanted.config, &err) < 0 || check_url(wanted.config, &err) < 0) {
		config_free(wanted.config);
		log_err("config", "reload failed, everything stays as it was: %s", err.text);
		metrics_set(app->metrics, METRIC_RELOADED, 0, 0);
		refuse_reload(&wanted, &err);
		notify_send(&app->notify, "READY=1");
		return;
	}
	if (loader_busy(app->loader))
		app->next = wanted; /* the league alone is being loaded */
	else
		load_league(app, wanted);
}

/* --- what the admin socket asks of the app ---------------------------------------------------------------------- */

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
	wake(app);
	text_format(text, sizeof(text), "%u", workers);
	return override(app, "pool", "workers", text, "propsctl workers", err);
}

static void look_at_model(void *arg)
{
	struct app *app = arg;
	(void)use_model(app, app->config); /* without memory it is looked at with the next reload */
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

static const struct admin_app_ops admin_ops = {
	.config = current_config,
	.started = started_config,
	.league = current_league,
	.reload = reload,
	.set_workers = set_workers,
	.drain = drain,
	.set_log_level = set_log_level,
	.look_at_model = look_at_model,
};

static void on_signal(evutil_socket_t signal_number, short what, void *arg)
{
	struct app *app = arg;
	(void)what;
	switch (signal_number) {
	case SIGHUP:
		reload(app, NULL, NULL);
		break;
	case SIGTERM:
	case SIGINT:
		if (app->core.draining) {
			log_warn("propsd", "told again to stop, leaving at once");
			app->hurry = true;
			leave(app, EXIT_FAILURE);
		} else
			drain(app);
		break;
	default:
		break;
	}
}

/* --- start: one step each, in an order that has reasons --------------------------------------------------------- */

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

static int start_notify(struct app *app, struct err *err)
{
	const int r = notify_open(&app->notify);
	if (r == -EMFILE || r == -ENFILE)
		return err_set(err, r, "the service manager cannot be told: %s", strerror(-r));
	if (r < 0) /* a service without a watchdog runs on all the same */
		log_warn("propsd", "NOTIFY_SOCKET: %s; nobody is told of this start", strerror(-r));
	return 0;
}

static int start_seeds(struct app *app, struct err *err)
{
	uint64_t seed = 0;
	(void)app;
	if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		return err_set(err, -errno, "no randomness: %s", strerror(errno));
	hash_seed(seed);
	signal(SIGPIPE, SIG_IGN); /* a closed connection is an error code, not the end */
	return 0;
}

static struct event *new_event(struct app *app, evutil_socket_t fd, short what, event_callback_fn fn)
{
	struct event *e = event_new(app->base, fd, what, fn, app);
	if (e && fd >= 0 && event_add(e, NULL) < 0) {
		event_free(e);
		return NULL;
	}
	return e;
}

static int start_loop(struct app *app, struct err *err)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
	const struct timeval second = {.tv_sec = CHECK_US / 1000000};

	app->base = event_base_new();
	if (!app->base || completion_new(&app->finished) < 0 || fetch_new(&app->fetch, err) < 0)
		return err_set(err, -ENOMEM, "cannot make the event loop");
	app->turn = new_event(app, -1, 0, on_turn);
	app->timer = new_event(app, -1, 0, on_timer);
	app->second = new_event(app, -1, EV_PERSIST, on_second);
	app->jobs = new_event(app, completion_fd(app->finished), EV_READ | EV_PERSIST, on_jobs);
	app->fetched = new_event(app, fetch_fd(app->fetch), EV_READ | EV_PERSIST, on_fetched);
	if (!app->turn || !app->timer || !app->second || !app->jobs || !app->fetched ||
		event_add(app->second, &second) < 0)
		return err_set(err, -ENOMEM, "cannot make the loop's events");
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		app->signals[i] = new_event(app, numbers[i], EV_SIGNAL | EV_PERSIST, on_signal);
		if (!app->signals[i])
			return err_set(err, -ENOMEM, "cannot watch signals");
	}
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

static int start_league(struct app *app, struct err *err)
{
	const struct config *c = app->config;
	if (!c->league.database[0])
		return 0;
	app->league_loaded = league_file(c->league.database);
	int r = league_read(c->league.database, c->league.max_memory, &app->snapshot, err);
	if (r == -ENOENT) {
		log_warn("league", "there is no %s: running without history until `propsctl import FILES --into %s`",
			c->league.database, c->league.database);
		return 0;
	}
	if (r < 0)
		return r;
	log_notice("league", "loaded number=%lld players=%u games=%u rows=%u bytes=%zu",
		(long long)app->snapshot->number, app->snapshot->players, app->snapshot->games,
		app->snapshot->row.count, app->snapshot->bytes);
	tell_left_out(app->snapshot);
	warn_of_lacks(app, app->snapshot);
	return 0;
}

static double read_in_flight(void *arg, unsigned label)
{
	(void)label;
	return delivery_in_flight(((struct app *)arg)->delivery);
}

static double read_parked(void *arg, unsigned label)
{
	(void)label;
	return delivery_parked(((struct app *)arg)->delivery);
}

static double read_paused(void *arg, unsigned label)
{
	(void)label;
	return delivery_aside(((struct app *)arg)->delivery);
}

static double read_oldest(void *arg, unsigned label)
{
	(void)label;
	const int64_t us = delivery_oldest_us(((struct app *)arg)->delivery);
	return us > 0 ? (double)us / 1e6 : 0;
}

static double read_connected(void *arg, unsigned label)
{
	(void)label;
	return delivery_ready(((struct app *)arg)->delivery);
}

static double read_longest_step(void *arg, unsigned label)
{
	(void)label;
	return (double)((struct app *)arg)->longest_step_us / 1e6;
}

static double read_workers(void *arg, unsigned label)
{
	(void)label;
	return ((struct app *)arg)->workers;
}

static double read_waiting(void *arg, unsigned label)
{
	struct regen_stats stats;
	regen_stats(((struct app *)arg)->regen, &stats);
	return stats.waiting[label];
}

static double read_warning(void *arg, unsigned label)
{
	return warnings_text(((struct app *)arg)->warnings, (enum warning)label) != NULL;
}

/* Of the processor of a phase: the label begins with the phase. NULL: there is none. */
static const struct processor *processor_of(void *arg, unsigned phase)
{
	return regen_processor(((struct app *)arg)->regen, (enum phase)phase);
}

static double read_processor_ready(void *arg, unsigned label)
{
	const struct processor *p = processor_of(arg, label);
	return p && !process_trouble(p);
}

static double read_processor_breaker(void *arg, unsigned label)
{
	const struct processor *p = processor_of(arg, label / BREAKER_STATES);
	return p && p->breaker.state == (enum breaker_state)(label % BREAKER_STATES);
}

static double read_processor_children(void *arg, unsigned label)
{
	const struct processor *p = processor_of(arg, label);
	return p ? process_children(p) : 0;
}

static double read_processor_starts(void *arg, unsigned label)
{
	const struct processor *p = processor_of(arg, label);
	return p ? (double)p->started : 0;
}

static double read_processor_limited(void *arg, unsigned label)
{
	const struct processor *p = processor_of(arg, label);
	return p ? (double)process_limited_us(p) / 1e6 : 0;
}

static double read_schedule_next(void *arg, unsigned label)
{
	const struct schedules *s = ((struct app *)arg)->schedules;
	int64_t next_ms = 0;
	(void)label;
	for (size_t i = 0; i < schedules_count(s); i++) {
		struct schedule_view view;
		schedules_view(s, i, &view);
		if (i == 0 || view.next_ms < next_ms)
			next_ms = view.next_ms;
	}
	return (double)next_ms / 1e3;
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
	app->workers = workers_of(app->config);
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
		r = loader_new(app->pool, &app->loader);
	if (r == 0) {
		app->loads = new_event(app, loader_fd(app->loader), EV_READ | EV_PERSIST, on_loaded);
		r = app->loads ? 0 : -ENOMEM;
	}
	return r < 0 ? err_set(err, r, "cannot start %u workers: %s", app->workers, strerror(-r)) : 0;
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

/* One that cannot be written is no failed start; its thread tries on. */
static int start_history(struct app *app, struct err *err)
{
	const struct config *c = app->config;
	const struct historian_options options = {
		.file = c->history.file, .instance = c->instance, .keep_us = c->history.keep_us, .clock = app->clock};
	const int r = historian_new(&options, &app->historian, err);
	if (r < 0 || !app->historian)
		return r;
	app->answers = new_event(app, history_fd(historian_history(app->historian)), EV_READ | EV_PERSIST, on_answers);
	return app->answers ? 0 : err_set(err, -ENOMEM, "cannot make the loop's events");
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
	const int r = find_roles(app->config, &roles, &missing);
	if (r < 0)
		return err_set(err, r, "no memory for the roles");
	use_roles(app, roles, &missing);
	return 0;
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
	core_init(&app->core, app->delivery, app->regen, app->process, app->clock, &core_ops, app);
	core_use_schedules(&app->core, app->schedules);
	historian_wire(app->historian, app->delivery, app->process, app->warnings);
	r = start_roles(app, err);
	if (r == 0)
		r = apply_config(app, c, err);
	if (r < 0)
		return r;
	core_use_league(&app->core, app->snapshot);
	return start_aside(app, err);
}

static int start_figures(struct app *app, struct err *err)
{
	(void)err;
	metrics_set(app->metrics, METRIC_LEAGUE_NUMBER, 0, app->snapshot ? (double)app->snapshot->number : 0);
	metrics_read(app->metrics, METRIC_ENTRIES_IN_FLIGHT, read_in_flight, app);
	metrics_read(app->metrics, METRIC_ENTRIES_PARKED, read_parked, app);
	metrics_read(app->metrics, METRIC_ENTRIES_PAUSED, read_paused, app);
	metrics_read(app->metrics, METRIC_OLDEST_UNSETTLED, read_oldest, app);
	metrics_read(app->metrics, METRIC_REDIS_CONNECTED, read_connected, app);
	metrics_read(app->metrics, METRIC_LOOP_LONGEST, read_longest_step, app);
	metrics_read(app->metrics, METRIC_POOL_WORKERS, read_workers, app);
	metrics_read(app->metrics, METRIC_WARNINGS, read_warning, app);
	metrics_read(app->metrics, METRIC_QUEUE_WAITING, read_waiting, app);
	metrics_read(app->metrics, METRIC_PROCESSOR_READY, read_processor_ready, app);
	metrics_read(app->metrics, METRIC_PROCESSOR_BREAKER, read_processor_breaker, app);
	metrics_read(app->metrics, METRIC_PROCESSOR_CHILDREN, read_processor_children, app);
	metrics_read(app->metrics, METRIC_SCHEDULE_NEXT, read_schedule_next, app);
	metrics_read(app->metrics, METRIC_PROCESSOR_STARTS, read_processor_starts, app);
	metrics_read(app->metrics, METRIC_PROCESSOR_LIMITED, read_processor_limited, app);
	sinking_figures(app->sinks, app->metrics);
	figures_read(app->metrics, app->pool, app->regen, app->admin);
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
		.ops = &admin_ops,
		.app = app,
	};
	admin_server_use_history(app->admin, historian_history(app->historian));
	app->watchdog_us = notify_watchdog_us();
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

static int (*const start_steps[])(struct app *app, struct err *err) = {
	start_config,
	start_seeds,
	start_loop, /* before any other descriptor: the library ends the process where it finds none */
	start_notify,
	start_admin,
	start_metrics,
	start_league, /* before the workers: they never see a half-made snapshot */
	start_pool,
	start_history,
	start_work,
	start_figures,
	start_pages,
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
	for (size_t i = 0; r == 0 && i < sizeof(start_steps) / sizeof(start_steps[0]); i++)
		r = start_steps[i](app, err);
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

/* A step is what is done between two waits for events: whatever comes meanwhile waits for its end. Counted is the
 * thread's own time, in which others on the machine have no part. */
static void run_loop(struct app *app)
{
	int64_t began_us = clock_thread_us();
	while (event_base_loop(app->base, EVLOOP_ONCE) == 0 && !event_base_got_break(app->base)) {
		const int64_t us = clock_thread_us(), took_us = us - began_us;
		metrics_observe(app->metrics, METRIC_LOOP_STEP, 0, took_us);
		if (took_us > app->longest_step_us)
			app->longest_step_us = took_us;
		began_us = us;
	}
}

int app_run(struct app *app)
{
	/* The configuration is good and the admin socket listens; that Redis may be down is a state, not a failed start. */
	notify_send(&app->notify, "READY=1\nSTATUS=connecting to Redis");
	log_notice("propsd", "started version=%s instance=%s workers=%u", PROPSD_VERSION, app->config->instance,
		app->workers);
	delivery_start(app->delivery);
	wake(app);
	run_loop(app);
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
	loader_free(app->loader);
	roles_free(app->reload.roles);
	config_free(app->reload.config);
	config_free(app->next.config);
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
