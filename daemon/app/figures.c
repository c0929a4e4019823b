#include "app/figures.h"

#include <stddef.h>
#include <stdint.h>

#include "admin/server.h"
#include "metrics/metrics.h"
#include "pool/pool.h"
#include "regen/regen.h"

static double read_players(void *regen, unsigned label)
{
	struct regen_stats stats;
	regen_stats(regen, &stats);
	return stats.state[label];
}

static struct pool_stats pool_now(void *pool)
{
	struct pool_stats stats;
	pool_stats(pool, &stats, NULL, 0);
	return stats;
}

static double read_busy(void *pool, unsigned label)
{
	(void)label;
	return pool_now(pool).busy;
}

static double read_tasks(void *pool, unsigned label)
{
	(void)label;
	return (double)pool_now(pool).executed;
}

static double read_stolen(void *pool, unsigned label)
{
	(void)label;
	return (double)pool_now(pool).stolen;
}

static double read_given_up(void *pool, unsigned label)
{
	(void)label;
	return (double)pool_now(pool).given_up_total;
}

static double read_connections(void *admin, unsigned label)
{
	(void)label;
	return admin_server_stats(admin).sessions;
}

static double read_requests(void *admin, unsigned label)
{
	(void)label;
	return (double)admin_server_stats(admin).requests;
}

static double read_refused(void *admin, unsigned label)
{
	(void)label;
	return (double)admin_server_stats(admin).refused;
}

static double read_cut(void *admin, unsigned label)
{
	(void)label;
	return (double)admin_server_stats(admin).cut;
}

void figures_read(struct metrics *metrics, struct pool *pool, struct regen *regen, struct admin_server *admin)
{
	metrics_read(metrics, METRIC_PLAYERS, read_players, regen);
	metrics_read(metrics, METRIC_POOL_BUSY, read_busy, pool);
	metrics_read(metrics, METRIC_POOL_TASKS, read_tasks, pool);
	metrics_read(metrics, METRIC_POOL_STOLEN, read_stolen, pool);
	metrics_read(metrics, METRIC_POOL_GIVEN_UP, read_given_up, pool);
	metrics_read(metrics, METRIC_ADMIN_CONNECTIONS, read_connections, admin);
	metrics_read(metrics, METRIC_ADMIN_REQUESTS, read_requests, admin);
	metrics_read(metrics, METRIC_ADMIN_REFUSED, read_refused, admin);
	metrics_read(metrics, METRIC_ADMIN_CUT, read_cut, admin);
}
