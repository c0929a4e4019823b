/*
 * Workers come and go. A place holds a thread, its counters and its deques; places never move, and what lies
 * in the deques of a place stays there, in everybody's reach, when its thread leaves. All that is decided
 * about places is decided under pool->lock; a worker learns of it by its flag `leave`, looked at between
 * tasks, and asks once more under the lock before it goes, so that a resize can ask it back.
 *
 * A task that runs past its limit cannot be stopped, only its thread be written off: pool_check() starts
 * another one in a free place, and the thread leaves when its task returns. There are POOL_PLACES -
 * POOL_WORKERS_MAX places more than workers; with all of them stuck no more are given up.
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
	struct pool *pool = mmap(NULL, sizeof(*pool), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (pool == MAP_FAILED)
		return -ENOMEM;
	pool->options = *options;
	pool->clock = options->clock ? options->clock : clock_system();

	pthread_mutexattr_t adaptive; /* a visit is shorter than going to sleep */
	pthread_mutexattr_init(&adaptive);
	pthread_mutexattr_settype(&adaptive, PTHREAD_MUTEX_ADAPTIVE_NP);
	pthread_mutex_init(&pool->board.lock, &adaptive);
	pthread_mutexattr_destroy(&adaptive);
	pthread_mutex_init(&pool->lock, NULL);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&pool->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	*ret_pool = pool;
	return 0;
}

/* ---- One place; all with pool->lock held ---- */

static void reap(struct pool_worker *worker)
{
	if (worker->state == PLACE_ENDED) {
		pthread_join(worker->thread, NULL);
		worker->state = PLACE_EMPTY;
	}
}

static int start_worker(struct pool *pool, unsigned index)
{
	struct pool_worker *worker = &pool->place[index];
	int rc = 0;

	reap(worker);
	worker->pool = pool;
	worker->index = index;
	worker->scratch = NULL;
	atomic_store_explicit(&worker->leave, false, memory_order_relaxed);
	if (atomic_load_explicit(&pool->sets_used, memory_order_relaxed) < index / 64 + 1)
		atomic_store_explicit(&pool->sets_used, index / 64 + 1, memory_order_seq_cst);
	if (pool->options.scratch_new) {
		worker->scratch = pool->options.scratch_new(pool->options.context);
		if (!worker->scratch)
			return -ENOMEM;
	}

	/* Signals are the loop thread's. */
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = -pthread_create(&worker->thread, NULL, pool_worker_main, worker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc < 0) {
		if (pool->options.scratch_free)
			pool->options.scratch_free(worker->scratch);
		return rc;
	}
	char name[16];
	snprintf(name, sizeof(name), "worker %u", index);
	pthread_setname_np(worker->thread, name);
	worker->state = PLACE_ACTIVE;
	return 0;
}

/* Makes as many places active as are wanted: asks back before it starts, lets the highest places go first. */
static int adjust(struct pool *pool)
{
	unsigned wanted = pool->stopping ? 0 : pool->options.workers;
	unsigned active = 0;
	for (unsigned i = 0; i < POOL_PLACES; i++)
		active += pool->place[i].state == PLACE_ACTIVE;

	for (unsigned i = POOL_PLACES; i-- && active > wanted;)
		if (pool->place[i].state == PLACE_ACTIVE) {
			pool->place[i].state = PLACE_LEAVING;
			pool_nudge(&pool->place[i]);
			active--;
		}
	for (unsigned i = 0; i < POOL_PLACES && active < wanted; i++)
		if (pool->place[i].state == PLACE_LEAVING) {
			pool->place[i].state = PLACE_ACTIVE;
			atomic_store_explicit(&pool->place[i].leave, false, memory_order_seq_cst);
			active++;
		}
	for (unsigned i = 0; i < POOL_PLACES && active < wanted; i++)
		if (pool->place[i].state == PLACE_EMPTY || pool->place[i].state == PLACE_ENDED) {
			int rc = start_worker(pool, i);
			if (rc < 0)
				return rc;
			active++;
		}
	return active < wanted ? -EAGAIN : 0;
}

bool pool_may_leave(struct pool_worker *worker)
{
	struct pool *pool = worker->pool;
	pthread_mutex_lock(&pool->lock);
	bool leave = atomic_load_explicit(&worker->leave, memory_order_relaxed);
	if (leave) {
		/* Before the place is free: its scratch is the next one's then. */
		if (pool->options.scratch_free)
			pool->options.scratch_free(worker->scratch);
		worker->state = PLACE_ENDED;
		pthread_cond_broadcast(&pool->changed);
	}
	pthread_mutex_unlock(&pool->lock);
	return leave;
}

/* ---- The pool as a whole ---- */

int pool_start(struct pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	assert(!pool->started);
	pool->started = true;
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
	int rc = pool->started ? adjust(pool) : 0;
	pthread_mutex_unlock(&pool->lock);
	return rc;
}

int pool_check(struct pool *pool)
{
	int given_up = 0, rc = 0;
	pthread_mutex_lock(&pool->lock);
	int64_t now = clock_mono_us(pool->clock);
	unsigned spare = 0;
	for (unsigned i = 0; i < POOL_PLACES; i++)
		spare += pool->place[i].state == PLACE_EMPTY || pool->place[i].state == PLACE_ENDED;
	for (unsigned i = 0; i < POOL_PLACES && pool->options.limit_us && spare && !pool->stopping; i++) {
		struct pool_worker *worker = &pool->place[i];
		struct pool_worker_stats row;
		if (worker->state != PLACE_ACTIVE && worker->state != PLACE_LEAVING)
			continue;
		pool_read_worker(worker, &row);
		if (!row.busy || now - row.since_us <= pool->options.limit_us)
			continue;
		/* Should the task have returned meanwhile, a good worker leaves and another one comes. */
		worker->state = PLACE_GIVEN_UP;
		pool_nudge(worker);
		pool->given_up_total++;
		given_up++;
		spare--;
	}
	if (pool->started)
		rc = adjust(pool);
	pthread_mutex_unlock(&pool->lock);
	return rc < 0 ? rc : given_up;
}

/* Waits for a change until the deadline (NULL: for ever); false: it has passed. */
static bool wait_changed(struct pool *pool, const struct timespec *deadline)
{
	if (!deadline)
		return pthread_cond_wait(&pool->changed, &pool->lock) == 0;
	return pthread_cond_timedwait(&pool->changed, &pool->lock, deadline) != ETIMEDOUT;
}

static const struct timespec *deadline_in(int64_t limit_us, struct timespec *deadline)
{
	if (limit_us < 0)
		return NULL;
	clock_gettime(CLOCK_MONOTONIC, deadline);
	int64_t ns = deadline->tv_nsec + limit_us % 1000000 * 1000;
	deadline->tv_sec += (time_t)(limit_us / 1000000 + ns / 1000000000);
	deadline->tv_nsec = (long)(ns % 1000000000);
	return deadline;
}

int pool_drain(struct pool *pool, int64_t limit_us)
{
	struct timespec space;
	const struct timespec *deadline = deadline_in(limit_us, &space);
	bool in_time = true;
	pthread_mutex_lock(&pool->lock);
	/* A worker ends a task, sets its idle bit, then reads `drainers`; here `drainers` is written, then
	 * the idle bits are read (by pool_all_done): one of the two sees what the other did. */
	atomic_fetch_add_explicit(&pool->drainers, 1, memory_order_seq_cst);
	bool done;
	while (!(done = pool_all_done(pool)) && in_time)
		in_time = wait_changed(pool, deadline);
	atomic_fetch_sub_explicit(&pool->drainers, 1, memory_order_relaxed);
	pthread_mutex_unlock(&pool->lock);
	return done ? 0 : -ETIMEDOUT;
}

void pool_tell_drained(struct pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	pthread_cond_broadcast(&pool->changed);
	pthread_mutex_unlock(&pool->lock);
}

static bool any_thread(struct pool *pool)
{
	for (unsigned i = 0; i < POOL_PLACES; i++) {
		reap(&pool->place[i]);
		if (pool->place[i].state != PLACE_EMPTY)
			return true;
	}
	return false;
}

int pool_stop(struct pool *pool, int64_t limit_us)
{
	struct timespec space;
	const struct timespec *deadline = deadline_in(limit_us, &space);
	bool in_time = true, running;
	pthread_mutex_lock(&pool->lock);
	pool->stopping = true;
	(void)adjust(pool); /* cannot fail: nobody is started */
	while ((running = any_thread(pool)) && in_time)
		in_time = wait_changed(pool, deadline);
	pthread_mutex_unlock(&pool->lock);
	return running ? -ETIMEDOUT : 0;
}

struct pool_task *pool_unrun(struct pool *pool)
{
	struct pool_task *task = NULL;
	pthread_mutex_lock(&pool->lock);
	assert(!any_thread(pool));
	for (unsigned level = 0; level < LEVEL_COUNT && !task; level++) {
		task = pool_board_take(pool, level);
		for (unsigned i = 0; i < POOL_PLACES && !task; i++)
			task = deque_steal(&pool->place[i].deque[level]);
	}
	if (task)
		task->magic = TASK_FREE;
	pthread_mutex_unlock(&pool->lock);
	return task;
}

void pool_free(struct pool *pool)
{
	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	bool running = any_thread(pool);
	pthread_mutex_unlock(&pool->lock);
	assert(!running);
	pthread_cond_destroy(&pool->changed);
	pthread_mutex_destroy(&pool->lock);
	pthread_mutex_destroy(&pool->board.lock);
	munmap(pool, sizeof(*pool));
}
