/*
 * Where tasks wait, how a worker picks one, when it sleeps and who wakes it.
 *
 * Two places hold tasks. The board has a queue a level, oldest first: all that is submitted comes here. Each
 * worker has a deque a level for what its task forks (pool/deque.h). A pick goes through the levels from the
 * top and within one looks at the own deque, the board, the other deques: it takes the highest level that
 * waits anywhere when it looks.
 *
 * A worker that finds nothing sets its bit in `idle`, looks once more at everything, and sleeps on a futex
 * word of its own. Whoever adds a task wakes at most one worker, and none while the seat is taken. The seat
 * (0 or 1) is that of the one worker that searches for all: it takes it when it runs out of work and looks on
 * for a moment before it sleeps, or gets it from whoever wakes it; it leaves it when it finds a task or gives
 * up. Whoever has found a task after searching wakes the next worker if more waits: a chain, not a herd.
 *
 * No task waits while a worker sleeps. A task is visible when the board's heads or a deque's indices show it;
 * adding makes it visible before it reads anything else. The operations named here are sequentially
 * consistent (C11's default, not written out), so they have one order. docs/models has them for spin.
 *
 * - (a) Adding against falling asleep: the one makes visible, then reads `idle`; the other sets its bit, then
 * looks. One of them sees the other. A sleeper who sees a task takes his bit back; if it is gone he is woken.
 * - (b) Relying on the seat: seat = 1 was read after the task was made visible, and its holder looks again
 * after leaving it, in park() or wake_one(). It may see two tasks: so whoever searched passes on.
 * - (c) Two who want to wake: first the seat, then a bit out of `idle`. He who has the seat and finds no bit
 * gives it back and asks everything again, for somebody may have relied on it as in (b).
 * - (d) Tasks between places: a task is visible, or in the hands of one thread that runs it, or makes it
 * visible and then calls wake_one(). A worker that leaves, leaves its deques as they are.
 * - (e) Relying on those awake: without a bit in `idle` nobody is woken. Each worker looks at everything
 * between setting its bit and sleeping (a), and one at least is never asked to leave.
 * - (f) Asking to leave: the one writes `leave`, then takes the bit; the other sets his bit, then reads
 * `leave`. He who leaves passes on: he may have seen a task after giving up the seat.
 * - (g) The board's halves: what moves from `in` to `out` shows in `out` before it goes from `in`, and
 * whoever looks, looks at `out` after `in` (and before, to leave the line of `in` alone while `out` has
 * some). He who adds behind another task writes no head; the one who wrote it did so before, by the lock.
 *
 * There are no more wake-ups than tasks, and one for each worker asked to leave. A waker looks with the seat
 * in hand, when nobody else can wake; the woken worker keeps the seat until it finds a task, or until all
 * that was visible has been taken by workers that nobody had to wake: either way a task for each wake-up.
 *
 * Rejected: a board without locks (a submitter that loses its processor between its two writes hides all
 * later tasks); taking several tasks a visit (they could no longer be overtaken).
 */
#include "pool/internal.h"

#include <assert.h>
#include <ck_pr.h>
#include <linux/futex.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The seat's holder looks so often before it sleeps, with so many pauses (10 to 50 ns each) before each look:
 * together less than a sleep costs, apart so as not to pull at the cache lines of those who submit. */
enum { SEARCH_LOOKS = 8, SEARCH_PAUSES = 4 };

/* ---- Looking ---- */

static bool on_board(struct pool *pool, unsigned level)
{
	return atomic_load(&pool->out[level].head) || atomic_load(&pool->in[level].head) ||
	       atomic_load(&pool->out[level].head); /* (g) */
}

/* A deque with something in it, the places taken in turn from `first` on; NULL: none. */
static struct deque *holder(struct pool *pool, unsigned level, unsigned first)
{
	unsigned used = atomic_load(&pool->sets_used);
	for (unsigned i = 0; i <= used; i++) { /* the first set twice: from `first` on, then whole */
		unsigned set = (first / 64 + i) % used;
		uint64_t bits = atomic_load(&pool->sets[set].holders[level]);
		for (bits &= i ? UINT64_MAX : UINT64_MAX << first % 64; bits; bits &= bits - 1) {
			unsigned index = set * 64 + (unsigned)__builtin_ctzll(bits);
			struct deque *deque = &pool->place[index].deque[level];
			if (deque_count(deque))
				return deque;
		}
	}
	return NULL;
}

static bool any_visible(struct pool *pool)
{
	for (unsigned level = 0; level < LEVEL_COUNT; level++)
		if (on_board(pool, level) || holder(pool, level, 0))
			return true;
	return false;
}

/* The lowest worker in `idle`, so that the same few stay warm; NULL: none. */
static struct pool_worker *any_idle(struct pool *pool)
{
	for (unsigned i = 0; i < atomic_load(&pool->sets_used); i++) {
		uint64_t bits = atomic_load(&pool->sets[i].idle);
		if (bits)
			return &pool->place[i * 64 + (unsigned)__builtin_ctzll(bits)];
	}
	return NULL;
}

/* ---- Waking ---- */

static bool take_idle_bit(struct pool_worker *worker)
{
	return atomic_fetch_and(&worker->set->idle, ~worker->bit) & worker->bit;
}

static void wake_worker(struct pool_worker *worker, enum wake wake) /* whoever took its idle bit */
{
	atomic_store_explicit(&worker->wake, wake, memory_order_release);
	syscall(SYS_futex, &worker->wake, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* If a worker sleeps, none searches and a task waits: wakes one to search. */
static void wake_one(struct pool *pool)
{
	while (any_idle(pool) && !atomic_load(&pool->seat) && any_visible(pool)) {
		if (atomic_exchange(&pool->seat, 1))
			return; /* (b) */
		struct pool_worker *worker;
		while (any_visible(pool) && (worker = any_idle(pool)))
			if (take_idle_bit(worker)) {
				wake_worker(worker, WAKE_SEATED);
				return;
			}
		atomic_store(&pool->seat, 0); /* (c) */
	}
}

void pool_nudge(struct pool_worker *worker)
{
	atomic_store(&worker->leave, true);
	if (take_idle_bit(worker))
		wake_worker(worker, WAKE_LOOK);
}

/* ---- Adding ---- */

/* To the worker's deque; without a worker, or room in it, to the board. */
static void add(struct pool *pool, struct pool_worker *worker, struct pool_task *task)
{
	unsigned level = task->level;
	assert(task->magic == TASK_FREE);
	task->magic = TASK_WAITING;
	task->since_us = clock_mono_us(pool->options.clock);
	if (worker && !deque_full(&worker->deque[level])) {
		pool_count(&worker->forked);
		deque_push(&worker->deque[level], task, task->since_us);
		if (!(worker->holding & 1U << level))
			atomic_fetch_or(&worker->set->holders[level], worker->bit);
		worker->holding |= (uint8_t)(1U << level);
	} else {
		struct queue *in = &pool->in[level];
		task->next = NULL;
		pthread_mutex_lock(&in->lock);
		if (atomic_load_explicit(&in->head, memory_order_relaxed))
			in->tail->next = task;
		else
			atomic_store(&in->head, task);
		in->tail = task;
		pool_count(&in->count);
		pthread_mutex_unlock(&in->lock);
	}
	wake_one(pool);
}

void pool_task_init(struct pool_task *task, enum level level, pool_run run)
{
	assert((unsigned)level < LEVEL_COUNT && run);
	*task = (struct pool_task){.run = run, .magic = TASK_FREE, .level = (uint8_t)level};
}

void pool_submit(struct pool *pool, struct pool_task *task)
{
	add(pool, NULL, task);
}

void pool_fork(struct pool_worker *worker, struct pool_group *group, struct pool_task *task)
{
	task->group = group;
	if (group)
		atomic_fetch_add_explicit(&group->open, 1, memory_order_relaxed);
	add(worker->pool, worker, task);
}

void pool_group_init(struct pool_group *group, struct pool_task *then, struct pool_group *parent)
{
	atomic_init(&group->open, 1); /* the opener's, until pool_group_close() */
	group->then = then;
	then->group = parent;
	if (parent)
		atomic_fetch_add_explicit(&parent->open, 1, memory_order_relaxed);
}

void pool_group_close(struct pool_worker *worker, struct pool_group *group)
{
	uint32_t open = atomic_fetch_sub_explicit(&group->open, 1, memory_order_acq_rel);
	assert(open);
	if (open == 1)
		add(worker->pool, worker, group->then);
}

/* ---- Picking ---- */

struct pool_task *pool_board_take(struct pool *pool, unsigned level)
{
	struct queue *in = &pool->in[level], *out = &pool->out[level];
	pthread_mutex_lock(&out->lock);
	struct pool_task *task = atomic_load_explicit(&out->head, memory_order_relaxed);
	if (!task) {
		pthread_mutex_lock(&in->lock);
		task = atomic_load_explicit(&in->head, memory_order_relaxed);
		if (task) {
			atomic_store(&out->head, task); /* (g) */
			atomic_store(&in->head, NULL);
		}
		pthread_mutex_unlock(&in->lock);
	}
	if (task) {
		atomic_store_explicit(&out->head, task->next, memory_order_release);
		pool_count(&out->count);
	}
	pthread_mutex_unlock(&out->lock);
	return task;
}

static struct pool_task *pick(struct pool_worker *worker)
{
	struct pool *pool = worker->pool;
	struct pool_task *task = NULL;
	struct deque *other;
	for (unsigned level = 0; level < LEVEL_COUNT && !task; level++) {
		if (worker->holding & 1U << level && !(task = deque_take(&worker->deque[level]))) {
			worker->holding &= (uint8_t) ~(1U << level);
			atomic_fetch_and(&worker->set->holders[level], ~worker->bit);
		}
		if (!task && on_board(pool, level))
			task = pool_board_take(pool, level);
		while (!task && (other = holder(pool, level, worker->index)))
			if ((task = deque_steal(other))) /* else somebody else got one */
				pool_count(&worker->stolen);
	}
	return task;
}

/* Sleeps until woken, unless a task is visible. Returns whether the seat came with the waking. */
static bool park(struct pool_worker *worker)
{
	struct pool *pool = worker->pool;
	atomic_fetch_or(&worker->set->idle, worker->bit);
	if ((any_visible(pool) || atomic_load(&worker->leave)) && take_idle_bit(worker))
		return false;
	if (atomic_load(&pool->drainers) && pool_all_done(pool)) {
		pthread_mutex_lock(&pool->lock);
		pthread_cond_broadcast(&pool->changed);
		pthread_mutex_unlock(&pool->lock);
	}

	uint32_t wake;
	pool_count(&worker->parked);
	while ((wake = atomic_load_explicit(&worker->wake, memory_order_acquire)) == WAKE_NONE)
		syscall(SYS_futex, &worker->wake, FUTEX_WAIT_PRIVATE, WAKE_NONE, NULL, NULL, 0);
	/* Nobody writes it before the bit is set again. */
	atomic_store_explicit(&worker->wake, WAKE_NONE, memory_order_relaxed);
	if (wake == WAKE_SEATED)
		pool_count(&worker->woken);
	return wake == WAKE_SEATED;
}

/* The next task; NULL: asked to leave. */
static struct pool_task *next_task(struct pool_worker *worker)
{
	struct pool *pool = worker->pool;
	struct pool_task *task = NULL;
	bool seated = false, searched = false;
	unsigned looks = 0;
	while (!atomic_load(&worker->leave) && !(task = pick(worker))) {
		searched = true;
		seated = seated || !atomic_exchange(&pool->seat, 1);
		if (seated && looks++ < SEARCH_LOOKS) {
			for (unsigned i = 0; i < SEARCH_PAUSES; i++)
				ck_pr_stall();
			continue;
		}
		if (seated)
			atomic_store(&pool->seat, 0);
		seated = park(worker);
		looks = 0;
	}
	if (seated)
		atomic_store(&pool->seat, 0);
	if (searched || !task) /* (b), (f) */
		wake_one(pool);
	return task;
}

/* ---- Running ---- */

static void run_task(struct pool_worker *worker, struct pool_task *task)
{
	assert(task->magic == TASK_WAITING);
	struct pool_group *group = task->group;
	int64_t now = clock_mono_us(worker->pool->options.clock);
	uint64_t turn = pool_read(&worker->turn);
	histogram_add(&worker->waits[task->level], now - task->since_us);
	/* Each released: who sees one of them, sees that the turn before has ended. */
	atomic_store_explicit(&worker->since_us, now, memory_order_release);
	atomic_store_explicit(&worker->label, task->label, memory_order_release);
	atomic_store_explicit(&worker->tag, task->tag, memory_order_release);
	atomic_store_explicit(&worker->level, task->level, memory_order_release);
	atomic_store_explicit(&worker->turn, turn + 1, memory_order_release);

	task->magic = TASK_FREE;
	task->group = NULL;
	task->run(task, worker); /* and may be gone */
	if (group)
		pool_group_close(worker, group);
	atomic_store_explicit(&worker->turn, turn + 2, memory_order_release);
}

void *pool_worker_main(void *argument)
{
	struct pool_worker *worker = argument;
	struct pool_task *task;
	setpriority(
		PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + worker->pool->options.nice); /* Linux: the thread's */
	do {
		while ((task = next_task(worker)))
			run_task(worker, task);
	} while (!pool_may_leave(worker));
	return NULL;
}

/* Without a shared counter: if those that ended, summed first, equal those added, summed after, then at a
 * moment between nothing was under way. Both only grow, a task is counted before it is visible, who sees an
 * end sees what came before. */
bool pool_all_done(struct pool *pool)
{
	uint64_t ended = 0, added = 0;
	unsigned places = 64 * atomic_load(&pool->sets_used);
	for (unsigned i = 0; i < POOL_SETS; i++)
		(void)atomic_load(&pool->sets[i].idle); /* see pool_drain() */
	for (unsigned i = 0; i < places; i++)
		ended += atomic_load_explicit(&pool->place[i].turn, memory_order_acquire) / 2;
	for (unsigned i = 0; i < places; i++)
		added += pool_read(&pool->place[i].forked);
	for (unsigned level = 0; level < LEVEL_COUNT; level++)
		added += pool_read(&pool->in[level].count);
	return ended == added;
}

unsigned pool_worker_index(const struct pool_worker *worker)
{
	return worker->index;
}

void *pool_worker_scratch(const struct pool_worker *worker)
{
	return worker->scratch;
}
