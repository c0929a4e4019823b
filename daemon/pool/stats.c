/* What the pool tells: sums over what each worker counts in lines of its own. Nobody is stopped for it. */
#include "pool/internal.h"

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
	/* Whoever changed tasks meanwhile is not stuck; which of the two he shows matters to nobody. */
	ret->busy = turn % 2 && turn == pool_read(&worker->turn);
}

static void add_worker(struct pool_stats *sum, const struct pool_worker_stats *row, int64_t now)
{
	sum->given_up += row->given_up;
	sum->busy += row->busy;
	if (row->busy && now - row->since_us > sum->longest_us)
		sum->longest_us = now - row->since_us;
	sum->executed += row->executed;
	sum->stolen += row->stolen;
	sum->parked += row->parked;
	sum->woken += row->woken;
}

static void add_waiting(struct pool_level_stats *sum, uint64_t waiting, int64_t oldest_us)
{
	sum->waiting += waiting;
	if (sum->oldest_us < oldest_us)
		sum->oldest_us = oldest_us;
}

static void add_board(struct pool_level_stats *sum, struct queue *in, struct queue *out, int64_t now)
{
	pthread_mutex_lock(&out->lock);
	pthread_mutex_lock(&in->lock);
	struct queue *older = atomic_load(&out->head) ? out : in;
	const struct pool_task *head = atomic_load(&older->head);
	add_waiting(sum, pool_read(&in->count) - pool_read(&out->count), head ? now - head->since_us : 0);
	pthread_mutex_unlock(&in->lock);
	pthread_mutex_unlock(&out->lock);
}

unsigned pool_stats(struct pool *pool, struct pool_stats *ret, struct pool_worker_stats *rows, unsigned size)
{
	unsigned count = 0;
	int64_t now = clock_mono_us(pool->options.clock);
	pthread_mutex_lock(&pool->lock);
	*ret = (struct pool_stats){.workers = pool->options.workers, .given_up_total = pool->given_up};
	for (unsigned i = 0; i < 64 * atomic_load(&pool->sets_used); i++) {
		struct pool_worker *worker = &pool->place[i];
		struct pool_worker_stats row;
		if (!worker->pool) /* was never used */
			continue;
		pool_read_worker(worker, &row);
		add_worker(ret, &row, now);
		ret->forked += pool_read(&worker->forked);
		for (unsigned level = 0; level < LEVEL_COUNT; level++) {
			struct deque *deque = &worker->deque[level];
			add_waiting(&ret->level[level], (uint64_t)deque_count(deque), now - deque_oldest(deque, now));
			histogram_merge(&ret->level[level].waits, &worker->waits[level]);
		}
		if (worker->state != PLACE_EMPTY && worker->state != PLACE_ENDED && count++ < size)
			rows[count - 1] = row;
	}
	pthread_mutex_unlock(&pool->lock);
	for (unsigned level = 0; level < LEVEL_COUNT; level++) {
		ret->submitted += pool_read(&pool->in[level].count);
		add_board(&ret->level[level], &pool->in[level], &pool->out[level], now);
	}
	return count;
}
