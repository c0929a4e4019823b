/* Ours, as the daemon uses it: statistics, levels, limits all on. */
#include <semaphore.h>
#include <stdlib.h>
#include "peer.h"
#include "pool/pool.h"

static struct pool *pool;

static void open_pool(unsigned workers, bool urgency)
{
	(void)urgency;
	if (pool_new(&(struct pool_options){.workers = workers, .limit_us = 60000000}, &pool) < 0 ||
		pool_start(pool) < 0)
		abort();
}

static void close_pool(void)
{
	if (pool_stop(pool, -1) < 0)
		abort();
	pool_free(pool);
}

static void run_job(struct pool_task *task, struct pool_worker *worker)
{
	(void)worker;
	struct job *job = job_of(task);
	job->run(job);
}

static void submit(struct job *job)
{
	struct pool_task *task = job_own(job);
	pool_task_init(task, job->urgency == JOB_URGENT ? LEVEL_URGENT : LEVEL_LOW, run_job);
	pool_submit(pool, task);
}

struct round {
	struct pool_task task, then;
	struct pool_group group;
	struct job *(*child)(unsigned);
	unsigned children, left;
	sem_t done;
};

static void run_round(struct pool_task *task, struct pool_worker *worker)
{
	struct round *round = (struct round *)task;
	pool_group_init(&round->group, &round->then, NULL);
	for (unsigned i = 0; i < round->children; i++) {
		struct pool_task *child = job_own(round->child(i));
		pool_task_init(child, LEVEL_LOW, run_job);
		pool_fork(worker, &round->group, child);
	}
	pool_group_close(worker, &round->group);
}

static void end_round(struct pool_task *then, struct pool_worker *worker)
{
	struct round *round = (struct round *)((char *)then - offsetof(struct round, then));
	if (--round->left)
		pool_fork(worker, NULL, &round->task);
	else
		sem_post(&round->done);
}

static void fan_out(struct job *(*child)(unsigned), unsigned children, unsigned rounds)
{
	struct round round = {.child = child, .children = children, .left = rounds};
	pool_task_init(&round.task, LEVEL_LOW, run_round);
	pool_task_init(&round.then, LEVEL_LOW, end_round);
	sem_init(&round.done, 0, 0);
	pool_submit(pool, &round.task);
	while (sem_wait(&round.done))
		;
}

const struct peer peer_propsd = {.name = "propsd",
	.job_size = sizeof(struct pool_task),
	.urgency = true,
	.open = open_pool,
	.close = close_pool,
	.submit = submit,
	.fan_out = fan_out};
