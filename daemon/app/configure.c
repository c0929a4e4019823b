#include "app/configure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/roles.h"
#include "admin/server.h"
#include "app/alarms.h"
#include "app/internal.h"
#include "app/sinking.h"
#include "base/log.h"
#include "config/config.h"
#include "model/model.h"
#include "pool/pool.h"
#include "process/program.h"

unsigned configure_workers(const struct config *config)
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
			.previous = outside ? (size_t)p->previous : 0,
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
int configure_model(struct app *app, const struct config *config)
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

int configure_apply(struct app *app, const struct config *config, struct err *err)
{
	unsigned workers = configure_workers(config);
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
	if (r == 0 && configure_model(app, config) < 0)
		r = err_set(err, -ENOMEM, "no memory for the configuration");
	if (r == 0)
		r = sinking_configure(app->sinks, config, app->started ? app->started : app->config, &app->url, err);
	if (r == 0)
		r = alarms_configure(app->alarms, config, err);
	return r;
}

int configure_find_roles(const struct config *config, struct roles **ret, struct err *ret_missing)
{
	const struct config_list *admins = &config->admin.admins, *operators = &config->admin.operators;
	return roles_new(admins->item, admins->count, operators->item, operators->count, ret, ret_missing);
}

void configure_use_roles(struct app *app, struct roles *roles, const struct err *missing)
{
	app->names_missing = missing->text[0] != '\0';
	admin_server_use_roles(app->admin, roles);
}
