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
 * for a moment before it sleeps, or gets it from whoever wakes it. It leaves the seat when it finds a task or
 * gives up. A worker that has found a task after searching wakes the next one if more waits: wake-ups run as
 * a chain, not as a herd.
 *
 * No task waits while a worker sleeps. "Visible" is a task that the board's heads or a deque's indices show;
 * adding makes it visible before it reads anything else. The operations named here are sequentially
 * consistent (C11's default, not written out), so they have one order. docs/models/parking.pml has spin go
 * through them.
 *
 * - (a) Adding against falling asleep: the one makes visible, then reads `idle`; the other sets its bit, then
 * looks. One of them sees the other. A sleeper who sees a task takes his bit back; is it gone, then he is
 * being woken.
 * - (b) Relying on the seat: seat = 1 was read after the task was made visible, and its holder looks again
 * after leaving it, in park() or wake_one(). That look may show two tasks to one worker; so whoever has
 * searched passes on, whether he still has the seat or not.
 * - (c) Two who want to wake: first the seat, then a bit out of `idle`. He who has the seat and finds no bit
 * gives it back and asks everything again, for somebody may have relied on it as in (b).
 * - (d) Tasks between places: a task is visible, or in the hands of one thread that runs it, or makes it
 * visible and then calls wake_one(); so end submitting, forking and the last task of a group. A worker that
 * leaves, leaves its deques as they are.
 * - (e) Relying on those awake: without a bit in `idle` nobody is woken. Each worker looks at everything
 * between setting its bit and sleeping (a), and one at least is never asked to leave.
 * - (f) Asking to leave: the one writes `leave`, then takes the bit; the other sets his bit, then reads
 * `leave`. He who leaves passes on, for he may have seen a task after giving up the seat and go without
 * taking it.
 * - (g) The board's halves: what moves from `in` to `out` shows in `out` before it goes from `in`, and
 * whoever looks, looks at `out` after `in` (and before, to leave the line of `in` alone while `out` has
 * some). He who adds behind another task writes no head; the one who wrote it did so before, by the lock.
 *
 * There are no more wake-ups than tasks, and one for each worker asked to leave. A waker looks with the seat
 * in hand, when nobody else can wake; the woken worker keeps the seat until it finds a task, or until all
 * that was visible has been taken by workers that nobody had to wake. Either way that wake-up has a task of
 * its own.
 *
 * Whether all is done is told without a shared counter. Workers count what they forked and what ended, the
 * board what came in. If those that ended, summed first, equal those added, summed after, then at a moment
 * between nothing was under way: both only grow, a task is counted before it is visible, and who sees an end
 * sees what came before it.
 *
 * Rejected: a board without locks (a submitter that loses its processor between its two writes hides all
 * later tasks); taking several tasks a visit (they could no longer be overtaken); idle workers that look at
 * intervals (an idle daemon makes no wake-ups).
 */
#include "pool/internal.h"

#include <assert.h>
#include <ck_pr.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

/* How long a worker searches before it sleeps, in pauses (some 50 ns): about as long as it takes to be woken.
 */
#define SEARCH_PAUSES 240
#define SEARCH_EVERY                                                                                         \
	8 /* pauses between two looks, so as not to pull at the cache lines of those who submit */

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
			struct deque *deque =
				&pool->place[set * 64 + (unsigned)__builtin_ctzll(bits)].deque[level];
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

static void make_waiting(struct pool *pool, struct pool_task *task)
{
	assert(task->magic == TASK_FREE);
	task->magic = TASK_WAITING;
	task->since_us = clock_mono_us(pool->clock);
}

static void add_to_board(struct pool *pool, struct pool_task *task)
{
	struct queue *in = &pool->in[task->level];
	task->next = NULL;
	pthread_mutex_lock(&in->lock);
	if (atomic_load_explicit(&in->head, memory_order_relaxed))
		in->tail->next = task;
	else
		atomic_store(&in->head, task);
	in->tail = task;
	pool_count(&in->count);
	pthread_mutex_unlock(&in->lock);
	wake_one(pool);
}

static void add_to_own(struct pool_worker *worker, struct pool_task *task)
{
	unsigned level = task->level;
	make_waiting(worker->pool, task);
	if (deque_full(&worker->deque[level])) {
		add_to_board(worker->pool, task);
		return;
	}
	pool_count(&worker->forked);
	deque_push(&worker->deque[level], task, task->since_us);
	if (!(worker->holding & 1U << level))
		atomic_fetch_or(&worker->set->holders[level], worker->bit);
	worker->holding |= (uint8_t)(1U << level);
	wake_one(worker->pool);
}

void pool_task_init(
	struct pool_task *task, enum level level, void (*run)(struct pool_task *, struct pool_worker *))
{
	assert((unsigned)level < LEVEL_COUNT && run);
	*task = (struct pool_task){.run = run, .magic = TASK_FREE, .level = (uint8_t)level};
}

void pool_submit(struct pool *pool, struct pool_task *task)
{
	make_waiting(pool, task);
	add_to_board(pool, task);
}

void pool_fork(struct pool_worker *worker, struct pool_group *group, struct pool_task *task)
{
	task->group = group;
	if (group)
		atomic_fetch_add_explicit(&group->open, 1, memory_order_relaxed);
	add_to_own(worker, task);
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
		add_to_own(worker, group->then);
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

static struct pool_task *take_own(struct pool_worker *worker, unsigned level)
{
	if (!(worker->holding & 1U << level))
		return NULL;
	struct pool_task *task = deque_take(&worker->deque[level]);
	if (!task) {
		worker->holding &= (uint8_t) ~(1U << level);
		atomic_fetch_and(&worker->set->holders[level], ~worker->bit);
	}
	return task;
}

static struct pool_task *steal(struct pool_worker *worker, unsigned level)
{
	struct pool_task *task = NULL;
	struct deque *deque;
	while (!task &&
		(deque = holder(worker->pool, level, worker->index))) /* a race lost is a task for another */
		task = deque_steal(deque);
	if (task)
		pool_count(&worker->stolen);
	return task;
}

static struct pool_task *pick(struct pool_worker *worker)
{
	struct pool_task *task = NULL;
	for (unsigned level = 0; level < LEVEL_COUNT && !task; level++) {
		task = take_own(worker, level);
		if (!task && on_board(worker->pool, level))
			task = pool_board_take(worker->pool, level);
		if (!task)
			task = steal(worker, level);
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
	if (atomic_load(&pool->drainers) && pool_all_done(pool))
		pool_tell_drained(pool);

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
	unsigned pauses = 0;
	while (!atomic_load(&worker->leave) && !(task = pick(worker))) {
		searched = true;
		seated = seated || !atomic_exchange(&pool->seat, 1);
		if (seated && pauses < SEARCH_PAUSES) {
			do
				ck_pr_stall();
			while (++pauses % SEARCH_EVERY);
			continue;
		}
		if (seated)
			atomic_store(&pool->seat, 0);
		seated = park(worker);
		pauses = 0;
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
	int64_t now = clock_mono_us(worker->pool->clock);
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
	do {
		while ((task = next_task(worker)))
			run_task(worker, task);
	} while (!pool_may_leave(worker));
	return NULL;
}

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
