/*
 * Workers come and go. A place holds a thread, its counters and its deques; places never move, and what lies
 * in the deques stays in everybody's reach when the thread leaves. What becomes of a place is decided under
 * pool->lock; its thread learns of it by `leave`, looked at between tasks, and asks once more under the lock
 * before it goes, so that a resize can ask it back.
 *
 * A task past its limit cannot be stopped, only its thread be written off: POOL_PLACES has room for that.
 */
#include "pool/internal.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>

int pool_new(const struct pool_options *options, struct pool **ret_pool)
{
	if (options->workers < 1 || options->workers > POOL_WORKERS_MAX || options->limit_us < 0)
		return -EINVAL;
	struct pool *pool =
		mmap(NULL, sizeof(*pool), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (pool == MAP_FAILED)
		return -ENOMEM;
	pool->options = *options;
	pool->options.clock = options->clock ? options->clock : clock_system();
	atomic_init(&pool->sets_used, 1);
	for (unsigned level = 0; level < LEVEL_COUNT; level++) /* visits are shorter than going to sleep */
		pool->in[level].lock = pool->out[level].lock = (pthread_mutex_t)PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->changed, NULL);
	*ret_pool = pool;
	return 0;
}

/* ---- With pool->lock held ---- */

static bool empty(struct pool_worker *worker)
{
	if (worker->state == PLACE_ENDED) {
		pthread_join(worker->thread, NULL);
		worker->state = PLACE_EMPTY;
	}
	return worker->state == PLACE_EMPTY;
}

static bool no_thread(struct pool *pool)
{
	bool none = true;
	for (unsigned i = 0; i < POOL_PLACES; i++)
		none = empty(&pool->place[i]) && none;
	return none;
}

static int start_worker(struct pool *pool, unsigned index)
{
	const struct pool_options *options = &pool->options;
	struct pool_worker *worker = &pool->place[index];
	worker->pool = pool;
	worker->set = &pool->sets[index / 64];
	worker->bit = UINT64_C(1) << index % 64;
	worker->index = index;
	atomic_store(&worker->leave, false);
	if (atomic_load(&pool->sets_used) <= index / 64)
		atomic_store(&pool->sets_used, index / 64 + 1);
	if (options->scratch_new && !worker->scratch && !(worker->scratch = options->scratch_new(options->context)))
		return -ENOMEM;

	sigset_t all, before; /* signals are for the thread that made us */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = -pthread_create(&worker->thread, NULL, pool_worker_main, worker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc < 0)
		return rc;
	char name[16];
	snprintf(name, sizeof(name), "worker %u", index);
	pthread_setname_np(worker->thread, name);
	worker->state = PLACE_ACTIVE;
	return 0;
}

/* Makes as many places active as are wanted: the highest go first, the lowest come (back) first. */
static int adjust(struct pool *pool)
{
	unsigned active = 0;
	int rc;
	for (unsigned i = 0; i < POOL_PLACES; i++)
		active += pool->place[i].state == PLACE_ACTIVE;
	for (unsigned i = POOL_PLACES; i-- && active > pool->wanted;)
		if (pool->place[i].state == PLACE_ACTIVE) {
			pool->place[i].state = PLACE_LEAVING;
			pool_nudge(&pool->place[i]);
			active--;
		}
	for (unsigned i = 0; i < POOL_PLACES && active < pool->wanted; i++) {
		if (pool->place[i].state == PLACE_LEAVING) {
			pool->place[i].state = PLACE_ACTIVE;
			atomic_store(&pool->place[i].leave, false);
		} else if (!empty(&pool->place[i])) {
			continue;
		} else if ((rc = start_worker(pool, i)) < 0) {
			return rc;
		}
		active++;
	}
	return active < pool->wanted ? -EAGAIN : 0;
}

/* Waits until `is` is so, at most limit_us (below 0: as good as for ever). */
static int wait_until(struct pool *pool, bool (*is)(struct pool *), int64_t limit_us)
{
	struct timespec deadline;
	clock_gettime(CLOCK_MONOTONIC, &deadline);
	int64_t us = deadline.tv_nsec / 1000 + (limit_us < 0 ? INT64_C(1) << 50 : limit_us);
	deadline = (struct timespec){deadline.tv_sec + us / 1000000, us % 1000000 * 1000};
	int rc = 0;
	while (!is(pool) && rc == 0)
		rc = -pthread_cond_clockwait(&pool->changed, &pool->lock, CLOCK_MONOTONIC, &deadline);
	return rc == 0 || is(pool) ? 0 : rc;
}

bool pool_may_leave(struct pool_worker *worker)
{
	pthread_mutex_t *lock = &worker->pool->lock;
	pthread_mutex_lock(lock);
	bool leave = atomic_load(&worker->leave);
	if (leave) {
		worker->state = PLACE_ENDED;
		pthread_cond_broadcast(&worker->pool->changed);
	}
	pthread_mutex_unlock(lock);
	return leave;
}

/* ---- Called from outside ---- */

int pool_start(struct pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	pool->wanted = pool->options.workers;
	int rc = adjust(pool);
	pthread_mutex_unlock(&pool->lock);
	return rc;
}

int pool_resize(struct pool *pool, unsigned workers)
{
	if (workers < 1 || workers > POOL_WORKERS_MAX)
		return -EINVAL;
	pthread_mutex_lock(&pool->lock);
	pool->options.workers = workers;
	pool->wanted = pool->wanted ? workers : 0;
	int rc = adjust(pool);
	pthread_mutex_unlock(&pool->lock);
	return rc;
}

int pool_check(struct pool *pool)
{
	int given_up = 0;
	pthread_mutex_lock(&pool->lock);
	int64_t latest = clock_mono_us(pool->options.clock) - pool->options.limit_us;
	for (unsigned i = 0; i < POOL_PLACES && pool->options.limit_us; i++) {
		struct pool_worker *worker = &pool->place[i];
		struct pool_worker_stats row;
		pool_read_worker(worker, &row);
		if (!row.busy || row.given_up || row.since_us >= latest)
			continue;
		worker->state = PLACE_GIVEN_UP; /* should it have ended meanwhile, a good worker leaves */
		pool_nudge(worker);
		given_up++;
	}
	pool->given_up += (unsigned)given_up;
	int rc = adjust(pool);
	pthread_mutex_unlock(&pool->lock);
	return rc < 0 ? rc : given_up;
}

int pool_drain(struct pool *pool, int64_t limit_us)
{
	pthread_mutex_lock(&pool->lock);
	/* A worker ends a task, sets its idle bit, reads `drainers`; we write `drainers`, then
	 * pool_all_done() reads the idle bits. One sees what the other did: the last worker tells us, or we
	 * see that it was the last. */
	atomic_fetch_add(&pool->drainers, 1);
	int rc = wait_until(pool, pool_all_done, limit_us);
	atomic_fetch_sub(&pool->drainers, 1);
	pthread_mutex_unlock(&pool->lock);
	return rc;
}

int pool_stop(struct pool *pool, int64_t limit_us)
{
	pthread_mutex_lock(&pool->lock);
	pool->wanted = 0;
	(void)adjust(pool); /* which starts nobody */
	int rc = wait_until(pool, no_thread, limit_us);
	pthread_mutex_unlock(&pool->lock);
	return rc;
}

struct pool_task *pool_unrun(struct pool *pool)
{
	struct pool_task *task = NULL;
	for (unsigned level = 0; level < LEVEL_COUNT && !task; level++) {
		task = pool_board_take(pool, level);
		for (unsigned i = 0; i < 64 * atomic_load(&pool->sets_used) && !task; i++)
			task = deque_steal(&pool->place[i].deque[level]);
	}
	if (task)
		task->magic = TASK_FREE;
	return task;
}

void pool_free(struct pool *pool)
{
	if (!pool)
		return;
	assert(no_thread(pool));
	for (unsigned i = 0; i < POOL_PLACES && pool->options.scratch_free; i++)
		if (pool->place[i].scratch)
			pool->options.scratch_free(pool->place[i].scratch);
	pthread_cond_destroy(&pool->changed);
	pthread_mutex_destroy(&pool->lock);
	munmap(pool, sizeof(*pool));
}
