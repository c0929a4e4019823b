/* What pool.c (tasks), threads.c (workers come and go) and stats.c share. Not for others. */
#ifndef POOL_INTERNAL_H
#define POOL_INTERNAL_H

#include <pthread.h>
#include "pool/deque.h"
#include "pool/pool.h"

/* Places for threads, 64 a set: for all workers and for as many given-up ones as a daemon should live with.
 * Made once, of virtual memory that costs nothing until used, so that nothing a thread reads ever moves. */
#define POOL_SETS 5
#define POOL_PLACES (POOL_SETS * 64)

enum { TASK_FREE = 0x7a5cf4ee, TASK_WAITING = 0x7a5c3a17 }; /* pool_task.magic */

enum place_state {
	PLACE_EMPTY, /* no thread */
	PLACE_ACTIVE, /* a worker */
	PLACE_LEAVING, /* a worker asked to leave, may be asked back */
	PLACE_GIVEN_UP, /* a thread that leaves when its task returns */
	PLACE_ENDED /* the thread is gone but for pthread_join() */
};

enum wake { WAKE_NONE, WAKE_SEATED, WAKE_LOOK };

struct place_set {
	alignas(64) _Atomic uint64_t idle; /* asleep, or about to be and looking once more */
	_Atomic uint64_t holders[LEVEL_COUNT]; /* the deque may hold tasks; each bit is its owner's */
};

struct pool_worker {
	alignas(64) struct pool *pool; /* guard of all to `state`: pool->lock, or to be its thread */
	struct place_set *set;
	uint64_t bit; /* its own in the set's words */
	void *scratch;
	pthread_t thread;
	unsigned index;
	enum place_state state;
	_Atomic bool leave;
	_Atomic uint32_t wake; /* enum wake: the futex that it sleeps on */

	/* Written by the worker alone. `turn` is odd while a task runs, turn / 2 how many have ended. The
	 * next four are of the task in hand, if `turn` is the same odd number before and after. */
	alignas(64) _Atomic uint64_t turn;
	_Atomic int64_t since_us;
	_Atomic(const char *) label;
	_Atomic uint64_t tag;
	_Atomic uint8_t level;
	uint8_t holding; /* a bit a level: its bit in set->holders is set */
	_Atomic uint64_t forked, stolen, parked, woken;
	struct deque deque[LEVEL_COUNT];
	struct histogram waits[LEVEL_COUNT];
};

struct pool {
	struct place_set sets[POOL_SETS];
	_Atomic uint32_t seat; /* 1: a worker searches, or is being woken to */
	_Atomic unsigned sets_used; /* sets with a place that was ever used: 1 or more, grows */
	/* The board, oldest first. Tasks come in at `in` and go out at `out`, which takes over all of `in`
	 * when it is empty: two cache lines, so that those who submit and those who take seldom meet. Read
	 * without the lock. */
	struct queue {
		alignas(64) pthread_mutex_t lock; /* in's may be taken with out's held */
		_Atomic(struct pool_task *) head;
		struct pool_task *tail; /* of `in` only */
		_Atomic uint64_t count; /* that ever went through */
	} in[LEVEL_COUNT], out[LEVEL_COUNT];

	alignas(64) struct pool_options options; /* .workers: as asked for last */
	unsigned wanted; /* workers that there must be now: 0 before the start and after the stop */
	uint64_t given_up;
	pthread_mutex_t lock; /* of the three above and the places; taken before the board's */
	pthread_cond_t changed; /* a thread ended, or all is done and somebody drains */
	_Atomic unsigned drainers; /* threads in pool_drain() */
	struct pool_worker place[POOL_PLACES];
};

static inline uint64_t pool_read(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static inline void pool_count(_Atomic uint64_t *counter) /* one writer at a time */
{
	atomic_store_explicit(counter, pool_read(counter) + 1, memory_order_relaxed);
}

void *pool_worker_main(void *worker); /* a worker's life */
void pool_nudge(struct pool_worker *worker); /* asks it to leave */
bool pool_may_leave(struct pool_worker *worker); /* its last question; true: it is off the books */
bool pool_all_done(struct pool *pool); /* all that was ever submitted or forked has ended */
struct pool_task *pool_board_take(struct pool *pool, unsigned level);
void pool_read_worker(const struct pool_worker *worker, struct pool_worker_stats *ret);

#endif
