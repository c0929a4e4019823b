/* What the pool tells: sums over what each worker counts in its own cache lines. Nobody is stopped for it. */
#include "pool/internal.h"

#include <string.h>

/* The task in hand by the rule at `turn`: the same odd number before and after, or the worker counts as idle.
 * A worker that changes tasks faster than we read has moved, which is what counts. */
void pool_read_worker(const struct pool_worker *worker, struct pool_worker_stats *row)
{
	uint64_t turn = atomic_load_explicit(&worker->turn, memory_order_acquire);
	*row = (struct pool_worker_stats){
		.index = worker->index,
		.executed = turn / 2,
		.stolen = pool_read(&worker->stolen),
		.parked = pool_read(&worker->parked),
		.woken = pool_read(&worker->woken),
		.level = (enum level)atomic_load_explicit(&worker->level, memory_order_acquire),
		.label = atomic_load_explicit(&worker->label, memory_order_acquire),
		.tag = atomic_load_explicit(&worker->tag, memory_order_acquire),
		.since_us = atomic_load_explicit(&worker->since_us, memory_order_acquire),
	};
	row->busy = turn % 2 && turn == atomic_load_explicit(&worker->turn, memory_order_relaxed);
}

static void level_stats(
	struct pool *pool, unsigned level, unsigned places, int64_t now, struct pool_level_stats *ret)
{
	struct board *board = &pool->board;
	int64_t oldest = now;
	pthread_mutex_lock(&board->lock);
	ret->waiting = atomic_load_explicit(&board->waiting[level], memory_order_relaxed);
	if (board->head[level])
		oldest = board->head[level]->since_us;
	pthread_mutex_unlock(&board->lock);
	for (unsigned i = 0; i < places; i++) {
		struct deque *deque = &pool->place[i].deque[level];
		int64_t stamp;
		ret->waiting += (uint64_t)deque_count(deque);
		if (deque_oldest(deque, &stamp) && stamp < oldest)
			oldest = stamp;
	}
	ret->oldest_us = now - oldest;
}

void pool_stats(struct pool *pool, struct pool_stats *ret_stats)
{
	struct pool_stats sum = {.submitted = pool_read(&pool->board.submitted)};
	unsigned places = 64 * atomic_load_explicit(&pool->sets_used, memory_order_seq_cst);
	int64_t now = clock_mono_us(pool->clock);

	pthread_mutex_lock(&pool->lock);
	sum.workers = pool->options.workers;
	sum.given_up_total = pool->given_up_total;
	for (unsigned i = 0; i < places; i++) {
		const struct pool_worker *worker = &pool->place[i];
		struct pool_worker_stats row;
		pool_read_worker(worker, &row);
		sum.given_up += worker->state == PLACE_GIVEN_UP;
		sum.running += row.busy;
		if (row.busy && now - row.since_us > sum.longest_us)
			sum.longest_us = now - row.since_us;
		sum.forked += pool_read(&worker->forked);
		sum.executed += row.executed;
		sum.stolen += row.stolen;
		sum.parked += row.parked;
		sum.woken += row.woken;
	}
	pthread_mutex_unlock(&pool->lock);
	for (unsigned level = 0; level < LEVEL_COUNT; level++)
		level_stats(pool, level, places, now, &sum.level[level]);
	*ret_stats = sum;
}

void pool_waits(struct pool *pool, enum level level, struct histogram *into)
{
	unsigned places = 64 * atomic_load_explicit(&pool->sets_used, memory_order_seq_cst);
	for (unsigned i = 0; i < places; i++)
		histogram_merge(into, &pool->place[i].waits[level]);
}

unsigned pool_worker_stats(struct pool *pool, struct pool_worker_stats *rows, unsigned size)
{
	unsigned count = 0;
	pthread_mutex_lock(&pool->lock);
	for (unsigned i = 0; i < POOL_PLACES; i++) {
		const struct pool_worker *worker = &pool->place[i];
		if (worker->state == PLACE_EMPTY || worker->state == PLACE_ENDED)
			continue;
		if (count < size) {
			pool_read_worker(worker, &rows[count]);
			rows[count].given_up = worker->state == PLACE_GIVEN_UP;
		}
		count++;
	}
	pthread_mutex_unlock(&pool->lock);
	return count;
}
