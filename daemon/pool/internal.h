/* What the files of the pool share: pool.c (tasks), threads.c (workers come and go), stats.c. Not for others.
 */
#ifndef POOL_INTERNAL_H
#define POOL_INTERNAL_H

#include <pthread.h>
#include <stdalign.h>
#include "pool/deque.h"
#include "pool/pool.h"

/* Places for threads: every worker, and as many given-up ones as a daemon should live with. Sized once, in
 * untouched virtual memory, so that nothing that a thief reads ever moves. */
#define POOL_SETS 5
#define POOL_PLACES (POOL_SETS * 64)

enum { TASK_FREE = 0x7a5cf4ee, TASK_WAITING = 0x7a5c3a17 }; /* struct pool_task.magic */

enum place_state {
	PLACE_EMPTY, /* no thread */
	PLACE_ACTIVE, /* a worker */
	PLACE_LEAVING, /* asked to leave, may be asked back */
	PLACE_GIVEN_UP, /* leaves when its task returns, replaced */
	PLACE_ENDED /* the thread is gone but for pthread_join() */
};

enum wake { WAKE_NONE, WAKE_SEATED, WAKE_LOOK };

struct pool_worker {
	/* Written by others, seldom. */
	alignas(64) struct pool *pool;
	_Atomic uint32_t wake; /* enum wake; the futex that it sleeps on */
	_Atomic bool leave;
	unsigned index;
	enum place_state state; /* guard: pool->lock */
	pthread_t thread; /* guard: pool->lock */
	void *scratch;

	/* Written by the worker alone, per task. `turn` is odd while a task runs, turn / 2 the tasks that
	 * ended; the fields after it are those of the task in hand, valid for a reader who saw the same odd
	 * turn before and after. */
	alignas(64) _Atomic uint64_t turn;
	_Atomic int64_t since_us;
	_Atomic(const char *) label;
	_Atomic uint64_t tag;
	_Atomic uint8_t level;
	uint8_t holding; /* bit per level: its bit in sets[].holders is set */
	_Atomic uint64_t forked, stolen, parked, woken;

	struct deque deque[LEVEL_COUNT];
	struct histogram waits[LEVEL_COUNT];
};

/* Tasks from outside. Counts are written under the lock, read without. */
struct board {
	alignas(64) _Atomic uint32_t waiting[LEVEL_COUNT];
	alignas(64) pthread_mutex_t lock;
	struct pool_task *head[LEVEL_COUNT];
	struct pool_task *tail[LEVEL_COUNT];
	_Atomic uint64_t submitted; /* guard for writing: lock */
};

struct pool {
	/* 64 workers a set. */
	struct {
		alignas(64) _Atomic uint64_t idle; /* parked, or about to and looking once more */
		_Atomic uint64_t
			holders[LEVEL_COUNT]; /* may have tasks in its deque; each bit written by its owner */
	} sets[POOL_SETS];
	_Atomic uint32_t seat; /* 1: a worker searches, or is on its way to */
	struct board board;

	alignas(64) struct pool_options options; /* .workers: as wanted now, guard: lock */
	const struct clock *clock;
	_Atomic unsigned sets_used; /* sets that a worker was ever in; grows */
	_Atomic unsigned drainers; /* threads in pool_drain() */
	pthread_mutex_t
		lock; /* places come and go; never held together with board.lock but by pool_unrun() */
	pthread_cond_t changed; /* a thread ended, or all is done and somebody drains */
	bool started, stopping; /* guard: lock */
	uint64_t given_up_total; /* guard: lock */
	struct pool_worker place[POOL_PLACES];
};

static inline void pool_count(_Atomic uint64_t *counter) /* single writer */
{
	atomic_store_explicit(
		counter, atomic_load_explicit(counter, memory_order_relaxed) + 1, memory_order_relaxed);
}

static inline uint64_t pool_read(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

void *pool_worker_main(void *worker); /* a worker's life; pool.c */
bool pool_all_done(struct pool *pool); /* all that was ever submitted or forked has ended; pool.c */
void pool_nudge(struct pool_worker *worker); /* makes it look at `leave`; pool.c */
struct pool_task *pool_board_take(struct pool *pool, unsigned level); /* pool.c */
bool pool_may_leave(
	struct pool_worker *worker); /* the worker's last question, true: gone from the books; threads.c */
void pool_tell_drained(struct pool *pool); /* threads.c */
void pool_read_worker(const struct pool_worker *worker, struct pool_worker_stats *row); /* stats.c */

#endif
