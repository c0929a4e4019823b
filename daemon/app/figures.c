#include "app/figures.h"

#include <stddef.h>
#include <stdint.h>

#include "admin/server.h"
#include "app/internal.h"
#include "metrics/metrics.h"
#include "metrics/warnings.h"
#include "pool/pool.h"

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

static double read_players(void *arg, unsigned label)
{
	struct regen_stats stats;
	regen_stats(((struct app *)arg)->regen, &stats);
	return stats.state[label];
}

static struct pool_stats pool_now(const struct app *app)
{
	struct pool_stats stats;
	pool_stats(app->pool, &stats, NULL, 0);
	return stats;
}

static double read_busy(void *arg, unsigned label)
{
	(void)label;
	return pool_now(arg).busy;
}

static double read_tasks(void *arg, unsigned label)
{
	(void)label;
	return (double)pool_now(arg).executed;
}

static double read_stolen(void *arg, unsigned label)
{
	(void)label;
	return (double)pool_now(arg).stolen;
}

static double read_given_up(void *arg, unsigned label)
{
	(void)label;
	return (double)pool_now(arg).given_up_total;
}

static struct admin_server_stats admin_now(const struct app *app)
{
	return admin_server_stats(app->admin);
}

static double read_connections(void *arg, unsigned label)
{
	(void)label;
	return admin_now(arg).sessions;
}

static double read_requests(void *arg, unsigned label)
{
	(void)label;
	return (double)admin_now(arg).requests;
}

static double read_refused(void *arg, unsigned label)
{
	(void)label;
	return (double)admin_now(arg).refused;
}

static double read_cut(void *arg, unsigned label)
{
	(void)label;
	return (double)admin_now(arg).cut;
}

void figures_read(struct app *app)
{
	static const struct {
		enum metric metric;
		metrics_read_fn read;
	} figures[] = {
		{METRIC_ENTRIES_IN_FLIGHT, read_in_flight},
		{METRIC_ENTRIES_PARKED, read_parked},
		{METRIC_ENTRIES_PAUSED, read_paused},
		{METRIC_OLDEST_UNSETTLED, read_oldest},
		{METRIC_REDIS_CONNECTED, read_connected},
		{METRIC_LOOP_LONGEST, read_longest_step},
		{METRIC_WARNINGS, read_warning},
		{METRIC_QUEUE_WAITING, read_waiting},
		{METRIC_PLAYERS, read_players},
		{METRIC_PROCESSOR_READY, read_processor_ready},
		{METRIC_PROCESSOR_BREAKER, read_processor_breaker},
		{METRIC_PROCESSOR_CHILDREN, read_processor_children},
		{METRIC_PROCESSOR_STARTS, read_processor_starts},
		{METRIC_PROCESSOR_LIMITED, read_processor_limited},
		{METRIC_SCHEDULE_NEXT, read_schedule_next},
		{METRIC_POOL_WORKERS, read_workers},
		{METRIC_POOL_BUSY, read_busy},
		{METRIC_POOL_TASKS, read_tasks},
		{METRIC_POOL_STOLEN, read_stolen},
		{METRIC_POOL_GIVEN_UP, read_given_up},
		{METRIC_ADMIN_CONNECTIONS, read_connections},
		{METRIC_ADMIN_REQUESTS, read_requests},
		{METRIC_ADMIN_REFUSED, read_refused},
		{METRIC_ADMIN_CUT, read_cut},
	};
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		metrics_read(app->metrics, figures[i].metric, figures[i].read, app);
}
