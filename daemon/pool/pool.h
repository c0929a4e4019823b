/*
 * The pool: threads that run tasks, the highest level first.
 *
 * A task is a struct inside the caller's own; nothing is allocated per task. pool_submit() hands it in from
 * any thread; from inside a running task pool_fork() puts children where this worker runs them newest first
 * and others steal them oldest first. A worker that comes free takes a task of the highest level that waits
 * anywhere in the pool: its own first within a level, then what was submitted, then other workers' children.
 * Nobody ever blocks for a task: what comes after several of them is a task too (struct pool_group).
 *
 * Until run() is called the task belongs to the pool; from then on the pool does not touch it, so run() may
 * free it, hand it on (pool/completion.h) or submit it again. Waiting tasks cannot be raised or cancelled:
 * what may wait long waits in its owner's queue and comes here when it is begun.
 */
#ifndef POOL_POOL_H
#define POOL_POOL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/histogram.h"
#include "base/level.h"

#define POOL_WORKERS_MAX 256

struct pool;
struct pool_worker;

struct pool_task {
	void (*run)(struct pool_task *task, struct pool_worker *worker);
	const char *
		label; /* the kind of work, for statistics: must outlive the pool (a literal), NULL is fine */
	uint64_t tag; /* which one: the caller's number, shown beside the label */

	/* The pool's own. */
	struct pool_task *next;
	struct pool_group *group;
	int64_t since_us;
	uint32_t magic;
	uint8_t level;
};

/* Call once before the first use, and again only for memory that is used anew. */
void pool_task_init(
	struct pool_task *task, enum level level, void (*run)(struct pool_task *, struct pool_worker *));

struct pool_options {
	unsigned workers; /* 1..POOL_WORKERS_MAX */
	int64_t limit_us; /* a task that runs longer costs its worker the place (pool_check), 0: none does */
	const struct clock *clock; /* NULL: the machine's; any thread reads it */
	/* What each worker works in, e.g. an arena; both may be NULL. Made on the thread that starts the
	 * worker (NULL then means no memory), freed on the worker's own as it leaves. */
	void *(*scratch_new)(void *context);
	void (*scratch_free)(void *scratch);
	void *context;
};

/* -EINVAL: workers out of range, -ENOMEM. No thread runs yet; tasks may be submitted already. */
int pool_new(const struct pool_options *options, struct pool **ret_pool) __attribute__((warn_unused_result));

/* Starts the workers; -errno of the first that could not be started, those before it run. Once. */
int pool_start(struct pool *pool) __attribute__((warn_unused_result));

/* From any thread; never fails, never waits for a worker. The task must not be waiting already. */
void pool_submit(struct pool *pool, struct pool_task *task);

/*
 * Live, 1..POOL_WORKERS_MAX, any thread. A worker that is one too many leaves after its task; what it had
 * forked is left for the others. -EINVAL: out of range; -errno: fewer could be started, the next resize or
 * pool_check tries again.
 */
int pool_resize(struct pool *pool, unsigned workers) __attribute__((warn_unused_result));

/*
 * Gives up workers whose task has run past the limit and starts others in their place: call it now and then
 * while anything runs, from any thread. A given-up thread leaves when its task returns, whose result counts
 * as any other. Returns how many were given up by this call; -errno: replacements are missing, the next call
 * tries again.
 */
int pool_check(struct pool *pool);

/* Waits until all that was submitted or forked has run. -ETIMEDOUT when that took longer than limit_us (below
 * 0: no limit). Not from inside a task. */
int pool_drain(struct pool *pool, int64_t limit_us) __attribute__((warn_unused_result));

/*
 * Lets each worker finish its task and leave; what waits is not run. -ETIMEDOUT: some still ran at the end of
 * limit_us (below 0: no limit); they leave when their task returns, call again to wait on. Not from inside a
 * task.
 */
int pool_stop(struct pool *pool, int64_t limit_us) __attribute__((warn_unused_result));

/* After a pool_stop() that returned 0: the next task that never ran, oldest of the highest level first; NULL:
 * no more. */
struct pool_task *pool_unrun(struct pool *pool);

/* Only with no worker left: before pool_start() or after a pool_stop() that returned 0. NULL is fine. */
void pool_free(struct pool *pool);

/* ---- From inside a task: only with the worker that run() was given ---- */

/*
 * A group counts tasks and runs `then` when the last one has ended: pool_group_init(), any number of
 * pool_fork(), pool_group_close(). Whoever is counted in a group, or has opened and not yet closed it, may
 * fork into it. The group's memory is free to go from the moment that `then` runs. With a parent group, the
 * parent waits for `then`.
 */
struct pool_group {
	_Atomic uint32_t open;
	struct pool_task *then;
};
void pool_group_init(struct pool_group *group, struct pool_task *then, struct pool_group *parent);
void pool_group_close(struct pool_worker *worker, struct pool_group *group);

/* Group may be NULL. */
void pool_fork(struct pool_worker *worker, struct pool_group *group, struct pool_task *task);

unsigned pool_worker_index(const struct pool_worker *worker); /* no two running workers have the same */
void *pool_worker_scratch(const struct pool_worker *worker);
struct pool *pool_worker_pool(const struct pool_worker *worker);

/* ---- Statistics: any thread, always on; each figure is exact, taken together they are of about one moment
 * ---- */

struct pool_level_stats {
	uint64_t waiting;
	int64_t oldest_us; /* how long the oldest of them has waited, 0: none */
};

struct pool_stats {
	unsigned workers; /* as asked for */
	unsigned running; /* of all threads, those with a task in hand */
	unsigned given_up; /* threads whose task still runs past its limit */
	uint64_t submitted, forked, executed, stolen, parked, woken; /* since pool_new() */
	uint64_t given_up_total;
	int64_t longest_us; /* the longest run among the tasks in hand */
	struct pool_level_stats level[LEVEL_COUNT];
};
void pool_stats(struct pool *pool, struct pool_stats *ret_stats);

/* Adds how long the tasks of this level waited before they ran. */
void pool_waits(struct pool *pool, enum level level, struct histogram *into);

struct pool_worker_stats {
	unsigned index;
	bool given_up;
	bool busy; /* the next four are of the task in hand */
	enum level level;
	const char *label;
	uint64_t tag;
	int64_t since_us; /* by the pool's clock */
	uint64_t executed, stolen, parked, woken; /* since pool_new(), by whoever had this index */
};

/* Fills up to `size` rows, one per thread, by index; returns how many there are. */
unsigned pool_worker_stats(struct pool *pool, struct pool_worker_stats *rows, unsigned size);

#endif
