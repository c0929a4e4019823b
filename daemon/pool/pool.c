/*
 * Where tasks wait, how a worker picks one, when it sleeps and who wakes it.
 *
 * Two places hold tasks. The board has a queue per level, oldest first, under one lock, and per level a count
 *that is read without it: everything submitted comes here. Each worker has a deque per level for what its
 *task forks (pool/deque.h). A pick goes through the levels from the top, and within one looks at the own
 *deque, the board, the other deques: so a worker takes the highest level that waits anywhere when it looks.
 *One lock is enough: a visit takes about 0.1 us and a task of ours 50 us and more.
 *
 * Sleeping. A worker that finds nothing sets its bit in `idle`, looks once more at everything and sleeps on a
 *futex word of its own. Whoever adds a task wakes at most one worker, and none while the seat is taken: the
 *seat (0 or 1) belongs to the one worker that searches on everybody's behalf, or is being woken to do so. It
 *is taken by a worker that ran out of work and looks on for a moment before it sleeps, or by whoever wakes
 *one, for the one he wakes. Its holder leaves it when it finds a task, and then wakes the next if more waits
 *(so wake-ups run as a chain: no herd), or when it gives up.
 *
 * No task waits while all sleep. "Visible" is a task on the board's counts or between the indices of a deque;
 *adding makes it visible before anything else is read. All operations named here are sequentially consistent,
 *so they have one order:
 *
 *  (a) adder against sleeper. The adder makes visible, then reads `idle`; the sleeper sets its bit, then
 *looks. One of them sees the other. A sleeper that sees a task takes its bit back; if the bit is gone,
 *somebody is waking it. (b) adder relying on the seat. He reads seat = 1 after he made his task visible. The
 *holder leaves the seat, then looks: after a find by pool_wake(), after giving up by looking once more with
 *its bit set, as in (a). (c) two adders. The waker takes the seat first, and only then a bit from `idle`. If
 *no bit is left he gives the seat back and must ask everything again, for another may have relied on it
 *meanwhile, as in (b). (d) tasks between places. A task is visible, or in the hands of one thread that will
 *run it or make it visible and then call pool_wake(): forking, submitting and the continuation of a group all
 *end with it. A leaving worker leaves its deques where they are: visible. (e) adder relying on the awake.
 *With no bit in `idle` nobody is woken: every other worker looks at everything between setting its bit and
 *sleeping (a), and at least one worker is never asked to leave. (f) asked to leave. pool_nudge() writes
 *`leave`, then takes the idle bit if there is one; the sleeper sets its bit, then reads `leave`. A worker
 *that leaves with the seat gives it up as in (b), by pool_wake().
 *
 * No more wake-ups than tasks. A waker looks once more with the seat in hand, so something was visible while
 *he was the only one to wake anybody; the woken worker keeps the seat until it finds a task, or everything
 *visible then has been taken by workers that nobody had to wake. Either way that wake-up has a task of its
 *own.
 *
 * Memory. What a task reads was written before it was made visible, by the board's lock or the release on the
 *deque's bottom. The end of a group's last task comes after the end of the others by the acquire-release
 *decrement of `open`.
 *
 * Done or not is told without a shared counter: workers count what they forked and ended, each in its own
 *line, the board what was submitted. If the ended, summed first, equal the added, summed after, then at some
 *moment between nothing was under way, for both only grow, no task ends before it was counted as added, and
 *the reader of an end sees what came before it.
 *
 * Rejected: a lock-free board (a submitter that loses its processor between its two writes hides every later
 *task); taking several tasks a visit (nothing won with two workers, and what is taken cannot be overtaken);
 *idle workers that look at intervals (an idle daemon must make no wake-ups).
 */
#include "pool/internal.h"

#include <assert.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

/* How often the seat's holder looks before it gives up. A look with nothing there takes about 20 ns, waking a
 * sleeper several us of two processors. */
#define SEARCH_LOOKS 100

static void pause_cpu(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/* ---- Looking ---- */

static bool any_idle(struct pool *pool)
{
	unsigned used = atomic_load_explicit(&pool->sets_used, memory_order_seq_cst);
	for (unsigned i = 0; i < used; i++)
		if (atomic_load_explicit(&pool->sets[i].idle, memory_order_seq_cst))
			return true;
	return false;
}

/* Whether a task waits anywhere. */
static bool any_visible(struct pool *pool)
{
	for (unsigned level = 0; level < LEVEL_COUNT; level++)
		if (atomic_load_explicit(&pool->board.waiting[level], memory_order_seq_cst))
			return true;
	unsigned used = atomic_load_explicit(&pool->sets_used, memory_order_seq_cst);
	for (unsigned i = 0; i < used; i++)
		for (unsigned level = 0; level < LEVEL_COUNT; level++) {
			uint64_t holders =
				atomic_load_explicit(&pool->sets[i].holders[level], memory_order_seq_cst);
			for (; holders; holders &= holders - 1) {
				unsigned index = i * 64 + (unsigned)__builtin_ctzll(holders);
				if (deque_count(&pool->place[index].deque[level]))
					return true;
			}
		}
	return false;
}

/* ---- Waking ---- */

static void wake_worker(struct pool_worker *worker, enum wake wake)
{
	atomic_store_explicit(&worker->wake, wake, memory_order_release);
	syscall(SYS_futex, &worker->wake, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* Takes a worker out of `idle`, the lowest index first: the same few stay warm. NULL: none is. */
static struct pool_worker *claim_idle(struct pool *pool)
{
	unsigned used = atomic_load_explicit(&pool->sets_used, memory_order_seq_cst);
	for (unsigned i = 0; i < used; i++) {
		uint64_t idle = atomic_load_explicit(&pool->sets[i].idle, memory_order_seq_cst);
		while (idle) {
			uint64_t bit = idle & -idle;
			idle = atomic_fetch_and_explicit(&pool->sets[i].idle, ~bit, memory_order_seq_cst);
			if (idle & bit)
				return &pool->place[i * 64 + (unsigned)__builtin_ctzll(bit)];
		}
	}
	return NULL;
}

/* Somebody must look at what waits: wakes one worker unless one searches, none sleeps or nothing waits. */
static void pool_wake(struct pool *pool)
{
	while (any_idle(pool) && !atomic_load_explicit(&pool->seat, memory_order_seq_cst) &&
		any_visible(pool)) {
		if (atomic_exchange_explicit(&pool->seat, 1, memory_order_seq_cst))
			return; /* (b) */
		struct pool_worker *worker = any_visible(pool) ? claim_idle(pool) : NULL;
		if (worker) {
			wake_worker(worker, WAKE_SEATED);
			return;
		}
		atomic_store_explicit(&pool->seat, 0, memory_order_seq_cst); /* (c) */
	}
}

void pool_nudge(struct pool_worker *worker)
{
	uint64_t bit = UINT64_C(1) << (worker->index % 64);
	_Atomic uint64_t *idle = &worker->pool->sets[worker->index / 64].idle;
	atomic_store_explicit(&worker->leave, true, memory_order_seq_cst);
	if (atomic_fetch_and_explicit(idle, ~bit, memory_order_seq_cst) & bit)
		wake_worker(worker, WAKE_LOOK);
}

/* ---- The board ---- */

static void board_add(struct pool *pool, struct pool_task *task)
{
	struct board *board = &pool->board;
	unsigned level = task->level;
	pthread_mutex_lock(&board->lock);
	if (board->head[level])
		board->tail[level]->next = task;
	else
		board->head[level] = task;
	board->tail[level] = task;
	atomic_store_explicit(&board->waiting[level],
		atomic_load_explicit(&board->waiting[level], memory_order_relaxed) + 1, memory_order_seq_cst);
	pthread_mutex_unlock(&board->lock);
}

struct pool_task *pool_board_take(struct pool *pool, unsigned level)
{
	struct board *board = &pool->board;
	pthread_mutex_lock(&board->lock);
	struct pool_task *task = board->head[level];
	if (task) {
		board->head[level] = task->next;
		atomic_store_explicit(&board->waiting[level],
			atomic_load_explicit(&board->waiting[level], memory_order_relaxed) - 1,
			memory_order_release);
	}
	pthread_mutex_unlock(&board->lock);
	return task;
}

/* ---- Picking ---- */

static void set_holding(struct pool_worker *worker, unsigned level, bool holding)
{
	_Atomic uint64_t *holders = &worker->pool->sets[worker->index / 64].holders[level];
	uint64_t bit = UINT64_C(1) << (worker->index % 64);
	if (holding)
		atomic_fetch_or_explicit(holders, bit, memory_order_seq_cst);
	else
		atomic_fetch_and_explicit(holders, ~bit, memory_order_seq_cst);
	worker->holding = (uint8_t)(worker->holding ^ (1U << level));
}

static struct pool_task *take_own(struct pool_worker *worker, unsigned level)
{
	struct pool_task *task = deque_take(&worker->deque[level]);
	if (!task)
		set_holding(worker, level, false);
	return task;
}

/* Victims in the order of their index from the own on, so that thieves spread. */
static struct pool_task *steal(struct pool_worker *worker, unsigned level)
{
	struct pool *pool = worker->pool;
	unsigned used = atomic_load_explicit(&pool->sets_used, memory_order_seq_cst);
	unsigned own = worker->index / 64;
	unsigned shift = worker->index % 64;
	for (unsigned i = 0; i < used; i++) {
		unsigned set = (own + i) % used;
		uint64_t holders =
			atomic_load_explicit(&pool->sets[set].holders[level], memory_order_seq_cst);
		if (!holders)
			continue;
		holders = shift ? holders >> shift | holders << (64 - shift) : holders;
		for (; holders; holders &= holders - 1) {
			unsigned index = set * 64 + ((unsigned)__builtin_ctzll(holders) + shift) % 64;
			struct pool_task *task = deque_steal(&pool->place[index].deque[level]);
			if (task) {
				pool_count(&worker->stolen);
				return task;
			}
		}
	}
	return NULL;
}

static struct pool_task *pick(struct pool_worker *worker)
{
	struct pool *pool = worker->pool;
	for (unsigned level = 0; level < LEVEL_COUNT; level++) {
		struct pool_task *task = NULL;
		if (worker->holding & 1U << level)
			task = take_own(worker, level);
		if (!task && atomic_load_explicit(&pool->board.waiting[level], memory_order_seq_cst))
			task = pool_board_take(pool, level);
		if (!task)
			task = steal(worker, level);
		if (task)
			return task;
	}
	return NULL;
}

/* ---- Searching and sleeping ---- */

static void leave_seat(struct pool *pool)
{
	atomic_store_explicit(&pool->seat, 0, memory_order_seq_cst);
}

static bool asked_to_leave(struct pool_worker *worker)
{
	return atomic_load_explicit(&worker->leave, memory_order_seq_cst);
}

/* Sleeps until woken, but not while a task is visible. Returns whether it holds the seat. */
static bool park(struct pool_worker *worker)
{
	struct pool *pool = worker->pool;
	uint64_t bit = UINT64_C(1) << (worker->index % 64);
	_Atomic uint64_t *idle = &pool->sets[worker->index / 64].idle;

	atomic_fetch_or_explicit(idle, bit, memory_order_seq_cst);
	if (any_visible(pool) || asked_to_leave(worker)) {
		if (atomic_fetch_and_explicit(idle, ~bit, memory_order_seq_cst) & bit)
			return false;
	} else {
		pool_count(&worker->parked);
		if (atomic_load_explicit(&pool->drainers, memory_order_seq_cst) && pool_all_done(pool))
			pool_tell_drained(pool);
	}
	uint32_t wake;
	while ((wake = atomic_load_explicit(&worker->wake, memory_order_acquire)) == WAKE_NONE)
		syscall(SYS_futex, &worker->wake, FUTEX_WAIT_PRIVATE, WAKE_NONE, NULL, NULL, 0);
	/* No one else writes it before the bit is set again. */
	atomic_store_explicit(&worker->wake, WAKE_NONE, memory_order_relaxed);
	pool_count(&worker->woken);
	return wake == WAKE_SEATED;
}

/* The next task, NULL: asked to leave. */
static struct pool_task *next_task(struct pool_worker *worker)
{
	struct pool *pool = worker->pool;
	bool seated = false;
	unsigned looks = 0;
	struct pool_task *task = NULL;
	while (!asked_to_leave(worker)) {
		task = pick(worker);
		if (task)
			break;
		if (!seated)
			seated = !atomic_exchange_explicit(&pool->seat, 1, memory_order_seq_cst);
		if (seated && looks++ < SEARCH_LOOKS) {
			pause_cpu();
			continue;
		}
		if (seated)
			leave_seat(pool);
		seated = park(worker);
		looks = 0;
	}
	if (seated) {
		leave_seat(pool);
		pool_wake(pool);
	}
	return task;
}

/* ---- Running ---- */

static void add_own(struct pool_worker *worker, struct pool_task *task);

static void leave_group(struct pool_worker *worker, struct pool_group *group)
{
	uint32_t open = atomic_fetch_sub_explicit(&group->open, 1, memory_order_acq_rel);
	assert(open);
	if (open == 1)
		add_own(worker, group->then);
}

static void run_task(struct pool_worker *worker, struct pool_task *task)
{
	assert(task->magic == TASK_WAITING);
	struct pool_group *group = task->group;
	int64_t now = clock_mono_us(worker->pool->clock);
	histogram_add(&worker->waits[task->level], now - task->since_us);

	/* Released one by one, so that who sees a field of this task also sees that the turn before has
	 * ended. */
	uint64_t turn = atomic_load_explicit(&worker->turn, memory_order_relaxed);
	atomic_store_explicit(&worker->since_us, now, memory_order_release);
	atomic_store_explicit(&worker->label, task->label, memory_order_release);
	atomic_store_explicit(&worker->tag, task->tag, memory_order_release);
	atomic_store_explicit(&worker->level, task->level, memory_order_release);
	atomic_store_explicit(&worker->turn, turn + 1, memory_order_release);

	task->magic = TASK_FREE;
	task->group = NULL;
	task->run(task, worker);
	/* The task may be gone. */
	if (group)
		leave_group(worker, group);
	atomic_store_explicit(&worker->turn, turn + 2, memory_order_release);
}

void *pool_worker_main(void *argument)
{
	struct pool_worker *worker = argument;
	do {
		struct pool_task *task;
		while ((task = next_task(worker)))
			run_task(worker, task);
	} while (!pool_may_leave(worker));
	return NULL;
}

bool pool_all_done(struct pool *pool)
{
	uint64_t ended = 0, added = 0;
	unsigned places = 64 * atomic_load_explicit(&pool->sets_used, memory_order_seq_cst);
	for (unsigned i = 0; i < POOL_SETS; i++) /* see pool_drain() */
		(void)atomic_load_explicit(&pool->sets[i].idle, memory_order_seq_cst);
	for (unsigned i = 0; i < places; i++)
		ended += atomic_load_explicit(&pool->place[i].turn, memory_order_acquire) / 2;
	for (unsigned i = 0; i < places; i++)
		added += pool_read(&pool->place[i].forked);
	added += pool_read(&pool->board.submitted);
	return ended == added;
}

/* ---- Adding ---- */

void pool_task_init(
	struct pool_task *task, enum level level, void (*run)(struct pool_task *, struct pool_worker *))
{
	assert((unsigned)level < LEVEL_COUNT && run);
	*task = (struct pool_task){.run = run, .magic = TASK_FREE, .level = (uint8_t)level};
}

static void make_waiting(struct pool *pool, struct pool_task *task)
{
	assert(task->magic == TASK_FREE);
	task->magic = TASK_WAITING;
	task->since_us = clock_mono_us(pool->clock);
}

static void add_own(struct pool_worker *worker, struct pool_task *task)
{
	unsigned level = task->level;
	make_waiting(worker->pool, task);
	pool_count(&worker->forked);
	if (deque_push(&worker->deque[level], task, task->since_us)) {
		if (!(worker->holding & 1U << level))
			set_holding(worker, level, true);
	} else {
		board_add(worker->pool, task);
	}
	pool_wake(worker->pool);
}

void pool_submit(struct pool *pool, struct pool_task *task)
{
	make_waiting(pool, task);
	atomic_fetch_add_explicit(&pool->board.submitted, 1, memory_order_relaxed);
	board_add(pool, task);
	pool_wake(pool);
}

void pool_fork(struct pool_worker *worker, struct pool_group *group, struct pool_task *task)
{
	if (group) {
		uint32_t open = atomic_fetch_add_explicit(&group->open, 1, memory_order_relaxed);
		assert(open && open < UINT32_MAX);
	}
	task->group = group;
	add_own(worker, task);
}

void pool_group_init(struct pool_group *group, struct pool_task *then, struct pool_group *parent)
{
	assert(then->magic == TASK_FREE);
	atomic_init(&group->open, 1);
	group->then = then;
	then->group = parent;
	if (parent)
		atomic_fetch_add_explicit(&parent->open, 1, memory_order_relaxed);
}

void pool_group_close(struct pool_worker *worker, struct pool_group *group)
{
	leave_group(worker, group);
}

unsigned pool_worker_index(const struct pool_worker *worker)
{
	return worker->index;
}

void *pool_worker_scratch(const struct pool_worker *worker)
{
	return worker->scratch;
}

struct pool *pool_worker_pool(const struct pool_worker *worker)
{
	return worker->pool;
}
