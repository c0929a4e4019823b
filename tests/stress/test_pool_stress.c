/*
 * Ten million tasks of random levels, forks, joins, resizes and sleeps: each runs exactly once, each
 * continuation after the last of its children. PROPSD_SEED=N repeats a run's choices (not its interleaving).
 */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "base/completion.h"
#include "pool/pool.h"

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
#define TASKS 1000000
#elif defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define TASKS 3000000
#else
#define TASKS 10000000
#endif

enum { SUBMITTERS = 2, FAMILIES = 1500, CHILDREN = 12, STUCK_MS = 600000 };

struct member {
	struct pool_task task;
	struct family *family;
	_Atomic unsigned ran;
	bool forks; /* opens a group of its own, in that of the family, with the nested family's tasks */
};

/* A root that forks children, some of which fork on; `then` comes last and hands the family back. */
struct family {
	struct completion_item item;
	struct submitter *owner;
	struct member root, child[CHILDREN], then;
	struct pool_group group;
	unsigned children;
	struct family *nested; /* its root is forked as one more child */
	struct pool_group *parent;
	bool outside; /* the children come by pool_submit() from inside the task, counted by hand */
	_Atomic unsigned left; /* of those */
	unsigned spin;
};

struct submitter {
	pthread_t thread;
	struct pool *pool;
	struct completion_queue *queue;
	uint64_t random;
	uint64_t tasks; /* made so far, all of which ran */
	uint64_t resizes, pauses;
	struct family family[FAMILIES], nested[FAMILIES];
	struct family *free[FAMILIES];
	unsigned free_count;
};

static _Atomic unsigned long wrong; /* tasks that ran twice, or before their children */

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static unsigned below(struct submitter *submitter, unsigned bound)
{
	return (unsigned)(next_random(&submitter->random) >> 33) % bound;
}

static void spin(unsigned turns)
{
	for (volatile unsigned i = 0; i < turns; i++)
		;
}

static void note_ran(struct member *member)
{
	if (atomic_fetch_add_explicit(&member->ran, 1, memory_order_relaxed) != 0)
		wrong++;
}

static void finish_outside(struct family *family, struct pool_worker *worker)
{
	if (atomic_fetch_sub(&family->left, 1) == 1)
		pool_group_close(worker, &family->group);
}

static void run_child(struct pool_task *task, struct pool_worker *worker)
{
	struct member *member = (struct member *)task;
	struct family *family = member->family;
	note_ran(member);
	spin(family->spin);
	if (family->outside)
		finish_outside(family, worker);
}

static void run_then(struct pool_task *task, struct pool_worker *worker)
{
	struct member *member = (struct member *)task;
	struct family *family = member->family;
	(void)worker;
	note_ran(member);
	for (unsigned i = 0; i < family->children; i++)
		if (atomic_load_explicit(&family->child[i].ran, memory_order_relaxed) != 1)
			wrong++;
	if (family->nested && atomic_load_explicit(&family->nested->then.ran, memory_order_relaxed) != 1)
		wrong++;
	if (!family->parent)
		completion_push(family->owner->queue, &family->item);
}

static void run_root(struct pool_task *task, struct pool_worker *worker)
{
	struct member *member = (struct member *)task;
	struct family *family = member->family;
	note_ran(member);
	pool_group_init(&family->group, &family->then.task, family->parent);
	if (family->nested) {
		family->nested->parent = &family->group;
		pool_fork(worker, &family->group, &family->nested->root.task);
	}
	if (family->outside) {
		atomic_store(&family->left, family->children + 1);
		for (unsigned i = 0; i < family->children; i++)
			pool_submit(family->owner->pool, &family->child[i].task);
		finish_outside(family, worker);
		return;
	}
	for (unsigned i = 0; i < family->children; i++)
		pool_fork(worker, &family->group, &family->child[i].task);
	pool_group_close(worker, &family->group);
}

static void member_init(
	struct member *member, struct family *family, void (*run)(struct pool_task *, struct pool_worker *))
{
	pool_task_init(&member->task, (enum level)below(family->owner, LEVEL_COUNT), run);
	member->task.label = "stress";
	member->family = family;
	atomic_store_explicit(&member->ran, 0, memory_order_relaxed);
}

static void family_init(struct family *family, struct family *nested)
{
	struct submitter *owner = family->owner;
	family->children = below(owner, CHILDREN + 1);
	family->spin = below(owner, 8) ? below(owner, 50) : below(owner, 2000);
	family->outside = below(owner, 10) == 0;
	family->nested = nested;
	family->parent = NULL;
	member_init(&family->root, family, run_root);
	member_init(&family->then, family, run_then);
	for (unsigned i = 0; i < family->children; i++)
		member_init(&family->child[i], family, run_child);
	owner->tasks += family->children + 2;
}

/* Blocks only when nothing is back and `all` is asked for. */
static void take_back(struct submitter *submitter, bool block)
{
	struct pollfd readable = {.fd = completion_fd(submitter->queue), .events = POLLIN};
	if (poll(&readable, 1, block ? STUCK_MS : 0) == 0 && block) {
		struct pool_stats stats;
		pool_stats(submitter->pool, &stats, NULL, 0);
		fprintf(stderr, "nothing came back in %d s: submitted %llu forked %llu executed %llu busy %u\n",
			STUCK_MS / 1000, (unsigned long long)stats.submitted, (unsigned long long)stats.forked,
			(unsigned long long)stats.executed, stats.busy);
		abort();
	}
	for (struct completion_item *item = completion_take(submitter->queue), *next; item; item = next) {
		struct family *family = (struct family *)item;
		next = item->next;
		if (family->root.ran != 1 || family->then.ran != 1)
			wrong++;
		submitter->free[submitter->free_count++] = family;
	}
}

static void *submit_all(void *argument)
{
	struct submitter *submitter = argument;
	struct pool_stats stats;
	unsigned window = FAMILIES; /* how many may be under way; with few the workers sleep in between */
	while (submitter->tasks < TASKS / SUBMITTERS) {
		if (below(submitter, 2000) == 0) {
			window = below(submitter, 4) ? FAMILIES : 1 + below(submitter, 4);
			submitter->pauses += window != FAMILIES;
		}
		if (window != FAMILIES && below(submitter, 2000) == 0)
			window = FAMILIES;
		if (below(submitter, 1000) == 0) {
			unsigned workers = below(submitter, 20) ? 1 + below(submitter, 8) : 1 + below(submitter, 256);
			if (pool_resize(submitter->pool, workers) < 0)
				wrong++;
			submitter->resizes++;
		}
		if (below(submitter, 5000) == 0)
			pool_stats(submitter->pool, &stats, NULL, 0);
		while (FAMILIES - submitter->free_count >= window)
			take_back(submitter, true);
		if (window != FAMILIES && below(submitter, 8) == 0) /* a disturbance, as long as a search */
			nanosleep(&(struct timespec){.tv_nsec = below(submitter, 30000)}, NULL);
		take_back(submitter, submitter->free_count == 0);
		struct family *family = submitter->free[--submitter->free_count];
		struct family *nested = below(submitter, 3) ? NULL : &submitter->nested[family - submitter->family];
		if (nested)
			family_init(nested, NULL);
		family_init(family, nested);
		pool_submit(submitter->pool, &family->root.task);
	}
	while (submitter->free_count < FAMILIES)
		take_back(submitter, true);
	return NULL;
}

int main(void)
{
	static struct submitter submitter[SUBMITTERS];
	struct pool *pool;
	struct pool_stats stats;
	uint64_t tasks = 0, resizes = 0, pauses = 0;
	const char *text = getenv("PROPSD_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 10) : (uint64_t)time(NULL);
	printf("PROPSD_SEED=%llu\n", (unsigned long long)seed);
	fflush(stdout);

	if (pool_new(&(struct pool_options){.workers = 4, .limit_us = 600000000}, &pool) < 0 || pool_start(pool) < 0)
		return 1;
	for (unsigned i = 0; i < SUBMITTERS; i++) {
		submitter[i].pool = pool;
		submitter[i].random = (seed * 2 + 1 + i) * UINT64_C(0x9e3779b97f4a7c15);
		for (unsigned k = 0; k < FAMILIES; k++) {
			submitter[i].family[k].owner = submitter[i].nested[k].owner = &submitter[i];
			submitter[i].free[submitter[i].free_count++] = &submitter[i].family[k];
		}
		if (completion_new(&submitter[i].queue) < 0 ||
			pthread_create(&submitter[i].thread, NULL, submit_all, &submitter[i]))
			return 1;
	}
	for (unsigned i = 0; i < SUBMITTERS; i++) {
		pthread_join(submitter[i].thread, NULL);
		tasks += submitter[i].tasks;
		resizes += submitter[i].resizes;
		pauses += submitter[i].pauses;
	}
	bool right = pool_drain(pool, -1) == 0;
	pool_stats(pool, &stats, NULL, 0);
	right = pool_stop(pool, -1) == 0 && !pool_unrun(pool) && right;
	for (unsigned i = 0; i < SUBMITTERS; i++)
		completion_free(submitter[i].queue);
	pool_free(pool);

	printf("%llu tasks, executed %llu, forked %llu, stolen %llu, parked %llu, woken %llu, resizes %llu, "
	       "lulls %llu, wrong %lu\n",
		(unsigned long long)tasks, (unsigned long long)stats.executed, (unsigned long long)stats.forked,
		(unsigned long long)stats.stolen, (unsigned long long)stats.parked, (unsigned long long)stats.woken,
		(unsigned long long)resizes, (unsigned long long)pauses, wrong);
	return right && !wrong && stats.executed == tasks && stats.submitted + stats.forked == tasks &&
			       stats.woken <= tasks && stats.stolen > 0 && stats.parked > 0 && resizes > 0
		       ? 0
		       : 1;
}
