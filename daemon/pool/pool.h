/*
 * The pool: threads that run tasks, the highest level first.
 *
 * A task is a struct inside the caller's own; nothing is allocated for it. pool_submit() hands it in from any
 * thread. From inside a running task pool_fork() puts children where this worker runs them newest first and
 * others steal them oldest first. A worker that comes free takes a task of the highest level that waits
 * anywhere in the pool: within a level its own, then what was submitted, then other workers' children. Nobody
 * blocks for a task: what comes after several of them is a task too (struct pool_group).
 *
 * A task is the pool's until run() is called; from then on the pool does not touch it: run() may free it,
 * hand it on (base/completion.h) or submit it again. Tasks that wait here cannot be raised or cancelled: what
 * may wait long waits with its owner.
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
struct pool_task;
typedef void (*pool_run)(struct pool_task *task, struct pool_worker *worker);

struct pool_task {
	pool_run run;
	const char *label; /* shown while it runs: a literal that names the kind of work, or NULL */
	uint64_t tag; /* shown beside it: which one, in the caller's numbers */
	/* The pool's own. */
	struct pool_task *next;
	struct pool_group *group;
	int64_t since_us;
	uint32_t magic;
	uint8_t level;
};

/* Before the first use of its memory; a task that has run can be submitted again as it is. */
void pool_task_init(struct pool_task *task, enum level level, pool_run run);

struct pool_options {
	unsigned workers; /* 1..POOL_WORKERS_MAX */
	int64_t limit_us; /* pool_check() gives up a worker whose task runs longer; 0: never */
	int nice; /* added to the workers' nice value */
	const struct clock *clock; /* NULL: the machine's. Read by any thread */
	/* Each worker's own memory, e.g. an arena; both may be NULL. Made when it is started (NULL: there is
	 * none), left to the next worker of that index, freed by pool_free(). They must not call the pool. */
	void *(*scratch_new)(void *context);
	void (*scratch_free)(void *scratch);
	void *context;
};

/* Without threads yet; tasks may be submitted already. -EINVAL: workers or limit out of range, -ENOMEM. */
int pool_new(const struct pool_options *options, struct pool **ret_pool) __attribute__((warn_unused_result));

/* Only without threads: before pool_start(), or after a pool_stop() that returned 0. NULL is fine. */
void pool_free(struct pool *pool);

/* ---- From any thread ---- */

/* Once. -errno: not all workers could be started; pool_check() tries again. */
int pool_start(struct pool *pool) __attribute__((warn_unused_result));

/* Never fails, never waits for a worker. The task must not be waiting already. */
void pool_submit(struct pool *pool, struct pool_task *task);

/* Live; a worker too many leaves after its task, what it forked stays for the others. -EINVAL: out of range. */
int pool_resize(struct pool *pool, unsigned workers) __attribute__((warn_unused_result));

/* Gives up workers whose task has run past the limit and starts others: call it now and then. Such a thread
 * leaves when its task returns, which counts as any other. Returns how many, -errno as pool_start(). */
int pool_check(struct pool *pool);

/* Waits until all has run. -ETIMEDOUT: not within limit_us (below 0: no limit). Not from inside a task. */
int pool_drain(struct pool *pool, int64_t limit_us) __attribute__((warn_unused_result));

/* Lets workers end their task and leave; what waits is not run. -ETIMEDOUT: some still run after limit_us
 * (below 0: no limit) and leave when their task returns; call again to wait on. Not from inside a task. */
int pool_stop(struct pool *pool, int64_t limit_us) __attribute__((warn_unused_result));

/* After a pool_stop() that returned 0: takes out a task that never ran, NULL: no more. */
struct pool_task *pool_unrun(struct pool *pool);

/* ---- From inside a task, with the worker that run() was given ---- */

/*
 * A group counts tasks and runs `then` when the last has ended: pool_group_init(), any number of pool_fork(),
 * pool_group_close(). Who is counted in a group, or has opened and not yet closed it, may fork into it. Its
 * memory may go from the moment `then` runs. A parent group waits for `then`. NULL is no parent, no group.
 */
struct pool_group {
	_Atomic uint32_t open;
	struct pool_task *then;
};
void pool_group_init(struct pool_group *group, struct pool_task *then, struct pool_group *parent);
void pool_group_close(struct pool_worker *worker, struct pool_group *group);
void pool_fork(struct pool_worker *worker, struct pool_group *group, struct pool_task *task);

unsigned pool_worker_index(const struct pool_worker *worker); /* no two that run have the same */
void *pool_worker_scratch(const struct pool_worker *worker);

/* ---- Statistics, always on. Each figure is right, all of them are of about one moment ---- */

struct pool_level_stats {
	uint64_t waiting;
	int64_t oldest_us; /* how long the oldest of them has waited */
	struct histogram waits; /* of all that have run */
};

struct pool_stats {
	unsigned workers; /* as wanted */
	unsigned busy; /* threads with a task in hand */
	unsigned given_up;
	int64_t longest_us; /* the longest that a task in hand has run */
	uint64_t submitted, forked, executed, stolen, parked, woken, given_up_total; /* since pool_new() */
	struct pool_level_stats level[LEVEL_COUNT];
};

struct pool_worker_stats {
	unsigned index;
	bool given_up;
	bool busy; /* and has not moved, if `executed` is what it was. The next four tell of its task */
	enum level level;
	const char *label;
	uint64_t tag;
	int64_t since_us; /* by the pool's clock */
	uint64_t executed, stolen, parked, woken; /* by all that ever had this index */
};

/* Fills both, and up to `size` rows, one a thread; returns how many threads there are. Takes some 10 us. */
unsigned pool_stats(struct pool *pool, struct pool_stats *ret, struct pool_worker_stats *rows, unsigned size);

#endif
