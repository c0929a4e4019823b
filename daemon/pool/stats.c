/* What the pool tells: sums over what each worker counts in cache lines of its own. Nobody is stopped for it.
 */
#include "pool/internal.h"

#include <string.h>

void pool_read_worker(const struct pool_worker *worker, struct pool_worker_stats *ret)
{
	uint64_t turn = atomic_load_explicit(&worker->turn, memory_order_acquire);
	*ret = (struct pool_worker_stats){
		.index = worker->index,
		.given_up = worker->state == PLACE_GIVEN_UP,
		.level = (enum level)atomic_load_explicit(&worker->level, memory_order_acquire),
		.label = atomic_load_explicit(&worker->label, memory_order_acquire),
		.tag = atomic_load_explicit(&worker->tag, memory_order_acquire),
		.since_us = atomic_load_explicit(&worker->since_us, memory_order_acquire),
		.executed = turn / 2,
		.stolen = pool_read(&worker->stolen),
		.parked = pool_read(&worker->parked),
		.woken = pool_read(&worker->woken),
	};
	/* One that changed tasks meanwhile is not stuck; which of the two it shows matters to nobody. */
	ret->busy = turn % 2 && turn == pool_read(&worker->turn);
}

static void add_worker(struct pool_stats *sum, struct pool_worker *worker, int64_t now)
{
	struct pool_worker_stats row;
	pool_read_worker(worker, &row);
	sum->given_up += row.given_up;
	sum->busy += row.busy;
	if (row.busy && now - row.since_us > sum->longest_us)
		sum->longest_us = now - row.since_us;
	sum->forked += pool_read(&worker->forked);
	sum->executed += row.executed;
	sum->stolen += row.stolen;
	sum->parked += row.parked;
	sum->woken += row.woken;
	for (unsigned level = 0; level < LEVEL_COUNT; level++) {
		struct pool_level_stats *to = &sum->level[level];
		int64_t oldest = now - deque_oldest(&worker->deque[level], now);
		to->oldest_us = oldest > to->oldest_us ? oldest : to->oldest_us;
		to->waiting += (uint64_t)deque_count(&worker->deque[level]);
		histogram_merge(&to->waits, &worker->waits[level]);
	}
}

static void add_board(struct pool_level_stats *sum, struct queue *in, struct queue *out, int64_t now)
{
	pthread_mutex_lock(&out->lock);
	pthread_mutex_lock(&in->lock);
	const struct pool_task *head =
		atomic_load(&out->head) ? atomic_load(&out->head) : atomic_load(&in->head);
	if (head && now - head->since_us > sum->oldest_us)
		sum->oldest_us = now - head->since_us;
	sum->waiting += pool_read(&in->count) - pool_read(&out->count);
	pthread_mutex_unlock(&in->lock);
	pthread_mutex_unlock(&out->lock);
}

unsigned pool_stats(
	struct pool *pool, struct pool_stats *ret_stats, struct pool_worker_stats *rows, unsigned size)
{
	unsigned count = 0;
	int64_t now = clock_mono_us(pool->clock);
	pthread_mutex_lock(&pool->lock);
	memset(ret_stats, 0, sizeof(*ret_stats));
	ret_stats->workers = pool->options.workers;
	ret_stats->given_up_total = pool->given_up;
	for (unsigned i = 0; i < 64 * atomic_load(&pool->sets_used); i++) {
		struct pool_worker *worker = &pool->place[i];
		if (worker->pool) /* was ever used */
			add_worker(ret_stats, worker, now);
		if (worker->state == PLACE_EMPTY || worker->state == PLACE_ENDED)
			continue;
		if (count < size)
			pool_read_worker(worker, &rows[count]);
		count++;
	}
	pthread_mutex_unlock(&pool->lock);
	for (unsigned level = 0; level < LEVEL_COUNT; level++) {
		ret_stats->submitted += pool_read(&pool->in[level].count);
		add_board(&ret_stats->level[level], &pool->in[level], &pool->out[level], now);
	}
	return count;
}
