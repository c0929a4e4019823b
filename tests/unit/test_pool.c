#include <errno.h>
#include <dirent.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/str.h"
#include "pool/pool.h"

/*
 * Tasks only record; the test thread asserts. A step notes its name in the order in which steps end. With
 * gates it says that it has started and waits, forks its children and says so, and waits again: so a test
 * decides which worker is free, and when a deque holds what.
 */
struct step {
	struct pool_task task;
	char name[8];
	unsigned worker;
	struct step *children;
	unsigned count;
	unsigned gates; /* 1: waits before it forks; 2: after it too */
	sem_t started, forked, go;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static char order[1024];
static unsigned ran;

static void await(sem_t *semaphore)
{
	while (sem_wait(semaphore))
		;
}

static void run_step(struct pool_task *task, struct pool_worker *worker)
{
	struct step *step = (struct step *)task;
	step->worker = pool_worker_index(worker);
	if (step->gates > 0) {
		sem_post(&step->started);
		await(&step->go);
	}
	for (unsigned i = 0; i < step->count; i++)
		pool_fork(worker, NULL, &step->children[i].task);
	if (step->gates > 1) {
		sem_post(&step->forked);
		await(&step->go);
	}
	pthread_mutex_lock(&lock);
	if (step->name[0]) {
		strcat(order, order[0] ? " " : "");
		strcat(order, step->name);
	}
	ran++;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void step_init(struct step *step, const char *name, enum level level)
{
	memset(step, 0, sizeof(*step));
	text_format(step->name, sizeof(step->name), "%s", name);
	pool_task_init(&step->task, level, run_step);
	sem_init(&step->started, 0, 0);
	sem_init(&step->forked, 0, 0);
	sem_init(&step->go, 0, 0);
}

static void gated_init(struct step *step, unsigned gates, struct step *children, unsigned count)
{
	step_init(step, "", LEVEL_NORMAL);
	step->gates = gates;
	step->children = children;
	step->count = count;
}

static void await_ran(unsigned count)
{
	pthread_mutex_lock(&lock);
	while (ran < count)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

static struct pool_stats stats_of(struct pool *pool)
{
	struct pool_stats stats;
	pool_stats(pool, &stats, NULL, 0);
	return stats;
}

static unsigned threads_of(struct pool *pool)
{
	struct pool_stats stats;
	return pool_stats(pool, &stats, NULL, 0);
}

static void await_threads(struct pool *pool, unsigned count)
{
	while (threads_of(pool) != count)
		sched_yield();
}

static struct pool *pool_of(unsigned workers)
{
	struct pool *pool;
	ran = 0;
	order[0] = '\0';
	assert_int_equal(pool_new(&(struct pool_options){.workers = workers}, &pool), 0);
	return pool;
}

/* Every test ends here: what was added has run, and no more workers were woken than there were tasks. */
static void end(struct pool *pool)
{
	assert_int_equal(pool_drain(pool, -1), 0);
	struct pool_stats stats = stats_of(pool);
	assert_int_equal(stats.executed, stats.submitted + stats.forked);
	assert_true(stats.woken <= stats.executed);
	assert_int_equal(pool_stop(pool, -1), 0);
	assert_null(pool_unrun(pool));
	assert_int_equal(threads_of(pool), 0);
	pool_free(pool);
}

/* ---- Which task comes next ---- */

static void levels_in_order_and_oldest_first_within_one(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		enum level level;
	} submitted[] = {{"l1", LEVEL_LOW}, {"n1", LEVEL_NORMAL}, {"l2", LEVEL_LOW}, {"u1", LEVEL_URGENT},
		{"h1", LEVEL_HIGH}, {"u2", LEVEL_URGENT}, {"n2", LEVEL_NORMAL}, {"h2", LEVEL_HIGH}};
	struct step step[8];
	struct pool *pool = pool_of(1);
	for (unsigned i = 0; i < 8; i++) {
		step_init(&step[i], submitted[i].name, submitted[i].level);
		pool_submit(pool, &step[i].task);
	}
	struct pool_stats stats = stats_of(pool);
	for (unsigned level = 0; level < LEVEL_COUNT; level++)
		assert_int_equal(stats.level[level].waiting, 2);
	assert_int_equal(stats.executed, 0);
	assert_int_equal(pool_start(pool), 0);
	await_ran(8);
	assert_string_equal(order, "u1 u2 h1 h2 n1 n2 l1 l2");
	end(pool);
}

/* Two workers at work: `left` has forked and stays, `right` forks, ends and comes free. */
static void free_the_right_one(struct step *left, struct step *right)
{
	sem_post(&left->go);
	await(&left->forked);
	sem_post(&right->go);
}

static void both_at_work(struct pool *pool, struct step *left, struct step *right)
{
	assert_int_equal(pool_start(pool), 0);
	pool_submit(pool, &left->task);
	pool_submit(pool, &right->task);
	await(&left->started);
	await(&right->started);
}

static void highest_level_anywhere_comes_first(void **state)
{
	(void)state;
	struct step left, right, high[2], normal, urgent, low;
	struct pool *pool = pool_of(2);
	step_init(&high[0], "other1", LEVEL_HIGH);
	step_init(&high[1], "other2", LEVEL_HIGH);
	step_init(&normal, "own", LEVEL_NORMAL);
	step_init(&urgent, "board1", LEVEL_URGENT);
	step_init(&low, "board2", LEVEL_LOW);
	gated_init(&left, 2, high, 2);
	gated_init(&right, 1, &normal, 1);
	both_at_work(pool, &left, &right);
	pool_submit(pool, &low.task);
	pool_submit(pool, &urgent.task);
	free_the_right_one(&left, &right);
	await_ran(6);
	assert_string_equal(order, "board1 other1 other2 own board2");
	assert_int_equal(stats_of(pool).stolen, 2);
	sem_post(&left.go);
	end(pool);
}

static void within_a_level_own_newest_then_board_then_others_oldest(void **state)
{
	(void)state;
	struct step left, right, others[3], own[3], board[3];
	struct pool *pool = pool_of(2);
	for (unsigned i = 0; i < 3; i++) {
		char name[8];
		text_format(name, sizeof(name), "other%u", i);
		step_init(&others[i], name, LEVEL_NORMAL);
		text_format(name, sizeof(name), "own%u", i);
		step_init(&own[i], name, LEVEL_NORMAL);
		text_format(name, sizeof(name), "board%u", i);
		step_init(&board[i], name, LEVEL_NORMAL);
	}
	gated_init(&left, 2, others, 3);
	gated_init(&right, 1, own, 3);
	both_at_work(pool, &left, &right);
	for (unsigned i = 0; i < 3; i++)
		pool_submit(pool, &board[i].task);
	free_the_right_one(&left, &right);
	await_ran(10);
	assert_string_equal(order, "own2 own1 own0 board0 board1 board2 other0 other1 other2");
	assert_int_equal(stats_of(pool).stolen, 3);
	sem_post(&left.go);
	end(pool);
}

static void what_a_deque_cannot_hold_goes_to_the_board(void **state)
{
	(void)state;
	enum { COUNT = 3000 };
	static struct step child[COUNT];
	struct step root;
	struct pool *pool = pool_of(1);
	for (unsigned i = 0; i < COUNT; i++)
		step_init(&child[i], "", LEVEL_NORMAL);
	step_init(&root, "", LEVEL_NORMAL);
	root.children = child;
	root.count = COUNT;
	assert_int_equal(pool_start(pool), 0);
	pool_submit(pool, &root.task);
	await_ran(COUNT + 1);
	struct pool_stats stats = stats_of(pool);
	assert_true(stats.forked < COUNT);
	assert_int_equal(stats.submitted + stats.forked, COUNT + 1);
	end(pool);
}

/* ---- Groups ---- */

struct family {
	struct step root, child[4], then;
	unsigned children;
	struct family *nested; /* one child more, with a group of its own */
	struct pool_group group, *parent;
};

static void run_family(struct pool_task *task, struct pool_worker *worker)
{
	struct family *family = (struct family *)task;
	pool_group_init(&family->group, &family->then.task, family->parent);
	for (unsigned i = 0; i < family->children; i++)
		pool_fork(worker, &family->group, &family->child[i].task);
	if (family->nested) {
		family->nested->parent = &family->group;
		pool_fork(worker, &family->group, &family->nested->root.task);
	}
	pool_group_close(worker, &family->group);
	run_step(task, worker);
}

static void family_init(struct family *family, const char *name, unsigned children)
{
	char text[8];
	memset(family, 0, sizeof(*family));
	step_init(&family->root, name, LEVEL_NORMAL);
	family->root.task.run = run_family;
	text_format(text, sizeof(text), "%s-end", name);
	step_init(&family->then, text, LEVEL_NORMAL);
	family->children = children;
	for (unsigned i = 0; i < children; i++) {
		text_format(text, sizeof(text), "%s%u", name, i);
		step_init(&family->child[i], text, LEVEL_NORMAL);
	}
}

static void continuation_runs_after_the_last_child(void **state)
{
	(void)state;
	struct family family;
	struct pool *pool = pool_of(1);
	family_init(&family, "a", 3);
	pool_submit(pool, &family.root.task);
	assert_int_equal(pool_start(pool), 0);
	await_ran(5);
	assert_string_equal(order, "a a2 a1 a0 a-end");
	end(pool);
}

static void group_without_children_goes_on_at_once(void **state)
{
	(void)state;
	struct family family;
	struct pool *pool = pool_of(1);
	family_init(&family, "a", 0);
	pool_submit(pool, &family.root.task);
	assert_int_equal(pool_start(pool), 0);
	await_ran(2);
	assert_string_equal(order, "a a-end");
	end(pool);
}

static void continuation_waits_for_a_child_on_another_worker_and_nobody_blocks(void **state)
{
	(void)state;
	struct family family;
	struct step next;
	struct pool *pool = pool_of(2);
	family_init(&family, "a", 2);
	family.child[0].gates = 1;
	assert_int_equal(pool_start(pool), 0);
	pool_submit(pool, &family.root.task);
	await(&family.child[0].started);
	await_ran(2); /* the root and the other child have ended */
	step_init(&next, "next", LEVEL_LOW);
	pool_submit(pool, &next.task);
	await_ran(3); /* the free worker has taken what is lower than the continuation: that is not there yet */
	assert_null(strstr(order, "a-end"));
	sem_post(&family.child[0].go);
	await_ran(5);
	assert_non_null(strstr(order, "next a0 a-end"));
	end(pool);
}

static void parent_group_waits_for_the_continuation_of_its_child(void **state)
{
	(void)state;
	struct family outer, inner;
	struct pool *pool = pool_of(1);
	family_init(&outer, "a", 1);
	family_init(&inner, "b", 2);
	outer.nested = &inner;
	pool_submit(pool, &outer.root.task);
	assert_int_equal(pool_start(pool), 0);
	await_ran(7);
	assert_string_equal(order, "a b b1 b0 b-end a0 a-end");
	end(pool);
}

/* ---- Workers come and go ---- */

static void numbers_of_workers_out_of_range_are_refused(void **state)
{
	(void)state;
	struct pool *pool = NULL;
	assert_int_equal(pool_new(&(struct pool_options){.workers = 0}, &pool), -EINVAL);
	assert_int_equal(pool_new(&(struct pool_options){.workers = POOL_WORKERS_MAX + 1}, &pool), -EINVAL);
	assert_int_equal(pool_new(&(struct pool_options){.workers = 1, .limit_us = -1}, &pool), -EINVAL);
	assert_null(pool);
	pool_free(pool);
	pool = pool_of(1);
	assert_int_equal(pool_start(pool), 0);
	assert_int_equal(pool_resize(pool, 0), -EINVAL);
	assert_int_equal(pool_resize(pool, POOL_WORKERS_MAX + 1), -EINVAL);
	assert_int_equal(threads_of(pool), 1);
	end(pool);
}

static void resizes_under_load_lose_nothing_and_run_nothing_twice(void **state)
{
	(void)state;
	enum { COUNT = 2000 };
	static const unsigned sizes[] = {1, 8, 2, POOL_WORKERS_MAX, 3, 1, 130, 65, 4};
	static struct step step[9 * COUNT];
	struct pool *pool = pool_of(4);
	assert_int_equal(pool_start(pool), 0);
	for (unsigned i = 0; i < 9; i++) {
		for (unsigned k = 0; k < COUNT; k++) {
			step_init(&step[i * COUNT + k], "", (enum level)(k % LEVEL_COUNT));
			pool_submit(pool, &step[i * COUNT + k].task);
		}
		assert_int_equal(pool_resize(pool, sizes[i]), 0);
		assert_int_equal(stats_of(pool).workers, sizes[i]);
	}
	assert_int_equal(pool_drain(pool, -1), 0);
	assert_int_equal(ran, 9 * COUNT);
	assert_int_equal(stats_of(pool).executed, 9 * COUNT);
	await_threads(pool, 4);
	end(pool);
}

static void busy_workers_that_must_go_are_asked_back(void **state)
{
	(void)state;
	struct step step[8];
	struct pool *pool = pool_of(8);
	assert_int_equal(pool_start(pool), 0);
	for (unsigned i = 0; i < 8; i++) {
		gated_init(&step[i], 1, NULL, 0);
		pool_submit(pool, &step[i].task);
	}
	for (unsigned i = 0; i < 8; i++)
		await(&step[i].started);
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(pool_resize(pool, 1), 0);
		assert_int_equal(pool_resize(pool, 8), 0);
	}
	assert_int_equal(threads_of(pool), 8);
	for (unsigned i = 0; i < 8; i++)
		sem_post(&step[i].go);
	await_ran(8);
	assert_int_equal(threads_of(pool), 8);
	end(pool);
}

static void what_a_leaving_worker_forked_is_left_to_the_others(void **state)
{
	(void)state;
	enum { COUNT = 5 };
	struct step child[COUNT], gated[2];
	struct pool *pool = pool_of(2);
	for (unsigned i = 0; i < COUNT; i++)
		step_init(&child[i], "", LEVEL_NORMAL);
	for (unsigned i = 0; i < 2; i++)
		gated_init(&gated[i], 2, NULL, 0);
	both_at_work(pool, &gated[0], &gated[1]);
	/* Who runs on the place that goes first, forks. */
	struct step *leaves = &gated[gated[0].worker == 1 ? 0 : 1], *stays = &gated[gated[0].worker == 1 ? 1 : 0];
	leaves->children = child;
	leaves->count = COUNT;
	sem_post(&stays->go);
	await(&stays->forked);
	sem_post(&leaves->go);
	await(&leaves->forked);
	assert_int_equal(pool_resize(pool, 1), 0);
	sem_post(&leaves->go);
	await_threads(pool, 1);
	assert_int_equal(ran, 1);
	assert_int_equal(stats_of(pool).level[LEVEL_NORMAL].waiting, COUNT);
	sem_post(&stays->go);
	await_ran(COUNT + 2);
	for (unsigned i = 0; i < COUNT; i++)
		assert_int_equal(child[i].worker, 0);
	end(pool);
}

static void next_worker_of_a_place_finds_what_the_last_one_left(void **state)
{
	(void)state;
	struct step child[3], gated[2], after;
	struct pool *pool = pool_of(2);
	for (unsigned i = 0; i < 3; i++)
		step_init(&child[i], "", LEVEL_NORMAL);
	for (unsigned i = 0; i < 2; i++)
		gated_init(&gated[i], 2, NULL, 0);
	both_at_work(pool, &gated[0], &gated[1]);
	struct step *leaves = &gated[gated[0].worker == 1 ? 0 : 1], *stays = &gated[gated[0].worker == 1 ? 1 : 0];
	leaves->children = child;
	leaves->count = 3;
	sem_post(&leaves->go);
	await(&leaves->forked);
	assert_int_equal(pool_resize(pool, 1), 0);
	sem_post(&leaves->go);
	await_threads(pool, 1);
	assert_int_equal(pool_resize(pool, 2), 0);
	await_ran(4);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(child[i].worker, 1);
	assert_int_equal(stats_of(pool).stolen, 0);
	step_init(&after, "", LEVEL_NORMAL);
	pool_submit(pool, &after.task);
	await_ran(5);
	sem_post(&stays->go);
	sem_post(&stays->go);
	end(pool);
}

/* A clock that a test moves. */
static _Atomic int64_t fake_us;

static int64_t fake_mono_us(const struct clock *clock)
{
	(void)clock;
	return fake_us;
}

static const struct clock fake = {.mono_us = fake_mono_us};

static void worker_past_its_limit_is_given_up_and_replaced(void **state)
{
	(void)state;
	struct step stuck, child, next;
	struct pool *pool;
	struct pool_worker_stats row[4];
	struct pool_stats stats;
	ran = 0;
	order[0] = '\0';
	fake_us = 5000;
	assert_int_equal(pool_new(&(struct pool_options){.workers = 1, .limit_us = 1000, .clock = &fake}, &pool), 0);
	assert_int_equal(pool_start(pool), 0);
	step_init(&child, "child", LEVEL_LOW);
	gated_init(&stuck, 2, &child, 1);
	strcpy(stuck.name, "stuck");
	pool_submit(pool, &stuck.task);
	await(&stuck.started);
	sem_post(&stuck.go);
	await(&stuck.forked);
	step_init(&next, "next", LEVEL_NORMAL);
	pool_submit(pool, &next.task);

	fake_us += 1000;
	assert_int_equal(pool_check(pool), 0);
	assert_int_equal(threads_of(pool), 1);
	fake_us += 1;
	assert_int_equal(pool_check(pool), 1);
	await_ran(2);
	assert_string_equal(order, "next child");
	assert_int_equal(child.worker, 1);
	assert_int_equal(pool_check(pool), 0);
	assert_int_equal(pool_stats(pool, &stats, row, 4), 2);
	assert_int_equal(stats.given_up, 1);
	assert_int_equal(stats.longest_us, 1001);
	assert_true(row[0].given_up && row[0].busy);
	assert_false(row[1].given_up);

	sem_post(&stuck.go);
	await_threads(pool, 1);
	assert_string_equal(order, "next child stuck");
	assert_int_equal(pool_drain(pool, -1), 0); /* a task counts as executed a moment after it said that it ran */
	stats = stats_of(pool);
	assert_int_equal(stats.given_up, 0);
	assert_int_equal(stats.given_up_total, 1);
	assert_int_equal(stats.executed, 3);
	end(pool);
}

static void worker_given_up_is_not_asked_back(void **state)
{
	(void)state;
	struct step stuck[2];
	struct pool *pool;
	ran = 0;
	fake_us = 1;
	assert_int_equal(pool_new(&(struct pool_options){.workers = 2, .limit_us = 1000, .clock = &fake}, &pool), 0);
	gated_init(&stuck[0], 1, NULL, 0);
	gated_init(&stuck[1], 1, NULL, 0);
	both_at_work(pool, &stuck[0], &stuck[1]);
	fake_us += 2000;
	assert_int_equal(pool_check(pool), 2);
	assert_int_equal(threads_of(pool), 4);
	assert_int_equal(pool_resize(pool, 1), 0);
	await_threads(pool, 3);
	assert_int_equal(pool_resize(pool, 3), 0);
	assert_int_equal(threads_of(pool), 5);
	sem_post(&stuck[0].go);
	sem_post(&stuck[1].go);
	await_threads(pool, 3);
	end(pool);
}

static void drain_waits_for_the_last_task_but_not_longer_than_its_limit(void **state)
{
	(void)state;
	struct step gated, child;
	struct pool *pool = pool_of(2);
	assert_int_equal(pool_drain(pool, 0), 0);
	assert_int_equal(pool_start(pool), 0);
	assert_int_equal(pool_drain(pool, -1), 0);
	step_init(&child, "", LEVEL_LOW);
	gated_init(&gated, 1, &child, 1);
	pool_submit(pool, &gated.task);
	await(&gated.started);
	assert_int_equal(pool_drain(pool, 1000), -ETIMEDOUT);
	sem_post(&gated.go);
	assert_int_equal(pool_drain(pool, -1), 0);
	assert_int_equal(ran, 2);
	end(pool);
}

static void stop_leaves_what_waits_and_gives_it_back(void **state)
{
	(void)state;
	struct step gated, child[2], waiting[3];
	struct pool *pool = pool_of(1);
	step_init(&child[0], "c0", LEVEL_NORMAL);
	step_init(&child[1], "c1", LEVEL_NORMAL);
	gated_init(&gated, 2, child, 2);
	assert_int_equal(pool_start(pool), 0);
	pool_submit(pool, &gated.task);
	await(&gated.started);
	for (unsigned i = 0; i < 3; i++) {
		step_init(&waiting[i], "w", i == 2 ? LEVEL_URGENT : LEVEL_LOW);
		pool_submit(pool, &waiting[i].task);
	}
	sem_post(&gated.go);
	await(&gated.forked);
	assert_int_equal(pool_stop(pool, 1000), -ETIMEDOUT);
	assert_int_equal(pool_resize(pool, 4), 0); /* too late to start anybody */
	assert_int_equal(threads_of(pool), 1);
	sem_post(&gated.go);
	assert_int_equal(pool_stop(pool, -1), 0);
	assert_int_equal(ran, 1);
	assert_ptr_equal(pool_unrun(pool), &waiting[2].task);
	assert_ptr_equal(pool_unrun(pool), &child[0].task);
	assert_ptr_equal(pool_unrun(pool), &child[1].task);
	assert_ptr_equal(pool_unrun(pool), &waiting[0].task);
	assert_ptr_equal(pool_unrun(pool), &waiting[1].task);
	assert_null(pool_unrun(pool));
	pool_free(pool);
}

static int scratches, refused_from;

static void *scratch_new(void *context)
{
	if (scratches >= refused_from)
		return NULL;
	scratches++;
	return context;
}

static void scratch_free(void *scratch)
{
	*(int *)scratch += 1;
}

static void each_place_has_scratch_of_its_own_and_a_start_that_fails_is_made_up_for(void **state)
{
	(void)state;
	int freed = 0;
	struct pool *pool;
	struct pool_options options = {
		.workers = 4, .scratch_new = scratch_new, .scratch_free = scratch_free, .context = &freed};
	scratches = 0;
	refused_from = 2;
	assert_int_equal(pool_new(&options, &pool), 0);
	assert_int_equal(pool_start(pool), -ENOMEM);
	assert_int_equal(threads_of(pool), 2);
	assert_int_equal(pool_check(pool), -ENOMEM);
	refused_from = 100;
	assert_int_equal(pool_check(pool), 0);
	assert_int_equal(threads_of(pool), 4);
	assert_int_equal(pool_resize(pool, 1), 0);
	await_threads(pool, 1);
	assert_int_equal(pool_resize(pool, 4), 0);
	assert_int_equal(pool_stop(pool, -1), 0);
	assert_int_equal(scratches, 4);
	assert_int_equal(freed, 0);
	pool_free(pool);
	assert_int_equal(freed, 4);
}

static _Atomic int blocked_signals;

static void note_signals(struct pool_task *task, struct pool_worker *worker)
{
	(void)task;
	(void)worker;
	sigset_t set;
	pthread_sigmask(SIG_SETMASK, NULL, &set);
	blocked_signals = sigismember(&set, SIGTERM) && sigismember(&set, SIGCHLD) && sigismember(&set, SIGHUP);
}

static void workers_leave_signals_to_the_thread_that_made_them(void **state)
{
	(void)state;
	struct pool_task task;
	sigset_t set;
	struct pool *pool = pool_of(1);
	assert_int_equal(pool_start(pool), 0);
	pool_task_init(&task, LEVEL_HIGH, note_signals);
	pool_submit(pool, &task);
	end(pool);
	assert_true(blocked_signals);
	pthread_sigmask(SIG_SETMASK, NULL, &set);
	assert_false(sigismember(&set, SIGTERM));
}

/* ---- Sleeping ---- */

/* Adds up the voluntary switches of all workers of this process; -1 unless all of them sleep. */
static long switches_of_sleeping_workers(unsigned workers)
{
	long sum = 0;
	unsigned seen = 0, asleep = 0;
	DIR *tasks = opendir("/proc/self/task");
	assert_non_null(tasks);
	for (struct dirent *entry; (entry = readdir(tasks));) {
		char path[300], line[256], name[32] = "", letter = '?';
		long switches = 0;
		snprintf(path, sizeof(path), "/proc/self/task/%s/status", entry->d_name);
		FILE *file = fopen(path, "r");
		if (!file)
			continue;
		while (fgets(line, sizeof(line), file)) {
			sscanf(line, "Name: %31s", name);
			sscanf(line, "State: %c", &letter);
			sscanf(line, "voluntary_ctxt_switches: %ld", &switches);
		}
		fclose(file);
		if (strcmp(name, "worker") != 0)
			continue;
		seen++;
		asleep += letter == 'S';
		sum += switches;
	}
	closedir(tasks);
	return seen == workers && asleep == workers ? sum : -1;
}

static int nice_of_worker;

static void look_at_nice(struct pool_task *task, struct pool_worker *worker)
{
	(void)task, (void)worker;
	nice_of_worker = getpriority(PRIO_PROCESS, 0);
}

static void workers_are_as_nice_as_asked_and_their_maker_stays(void **state)
{
	(void)state;
	struct pool *pool;
	struct pool_task task;
	const int before = getpriority(PRIO_PROCESS, 0);
	assert_int_equal(pool_new(&(struct pool_options){.workers = 1, .nice = 3}, &pool), 0);
	pool_task_init(&task, LEVEL_NORMAL, look_at_nice);
	pool_submit(pool, &task);
	assert_int_equal(pool_start(pool), 0);
	end(pool);
	assert_int_equal(nice_of_worker, before + 3 < 19 ? before + 3 : 19);
	assert_int_equal(getpriority(PRIO_PROCESS, 0), before);
}

static void idle_pool_makes_no_wakeups(void **state)
{
	(void)state;
	enum { WORKERS = 16, TASKS = 200 };
	static struct step step[TASKS];
	struct pool *pool = pool_of(WORKERS);
	assert_int_equal(pool_start(pool), 0);
	for (unsigned i = 0; i < TASKS; i++) {
		step_init(&step[i], "", LEVEL_NORMAL);
		pool_submit(pool, &step[i].task);
	}
	await_ran(TASKS);
	/* All asleep, and of those who went to sleep all but one a worker have been woken again. */
	long before;
	struct pool_stats stats;
	do { /* in this order: who is not parked yet may sleep for the lock, and once more after it */
		stats = stats_of(pool);
		before = switches_of_sleeping_workers(WORKERS);
	} while (before < 0 || stats.parked != stats.woken + WORKERS);
	/* However long one looks, there must be none; a wake-up every quarter of a second would show. */
	nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
	assert_int_equal(switches_of_sleeping_workers(WORKERS), before);
	assert_int_equal(stats_of(pool).parked, stats.parked);
	end(pool);
}

static void task_for_a_sleeping_pool_wakes_one_worker(void **state)
{
	(void)state;
	enum { WORKERS = 60, TASKS = 500 };
	struct step step;
	struct pool *pool = pool_of(WORKERS);
	assert_int_equal(pool_start(pool), 0);
	for (unsigned i = 0; i < TASKS; i++) {
		struct pool_stats before;
		do
			before = stats_of(pool);
		while (before.parked != before.woken + WORKERS);
		step_init(&step, "", LEVEL_LOW);
		pool_submit(pool, &step.task);
		await_ran(i + 1);
		assert_int_equal(stats_of(pool).woken, before.woken + 1);
	}
	end(pool);
}

static void burst_wakes_no_more_workers_than_it_has_tasks(void **state)
{
	(void)state;
	enum { WORKERS = 60, TASKS = 20, ROUNDS = 100 };
	struct step step[TASKS];
	struct pool *pool = pool_of(WORKERS);
	assert_int_equal(pool_start(pool), 0);
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < TASKS; i++)
			step_init(&step[i], "", LEVEL_LOW);
		for (unsigned i = 0; i < TASKS; i++)
			pool_submit(pool, &step[i].task);
		assert_int_equal(pool_drain(pool, -1), 0);
		assert_true(stats_of(pool).woken <= (round + 1) * TASKS);
	}
	end(pool);
}

/* ---- What it tells ---- */

static void statistics_tell_what_waits_how_long_and_who_runs_what(void **state)
{
	(void)state;
	struct step gated, child, waiting[2];
	struct pool *pool;
	struct pool_stats stats;
	struct pool_worker_stats row[2];
	ran = 0;
	fake_us = 1000;
	assert_int_equal(pool_new(&(struct pool_options){.workers = 1, .clock = &fake}, &pool), 0);
	assert_int_equal(pool_start(pool), 0);
	step_init(&child, "", LEVEL_HIGH);
	gated_init(&gated, 2, &child, 1);
	gated.task.label = "gated";
	gated.task.tag = 42;
	pool_submit(pool, &gated.task);
	await(&gated.started);
	fake_us = 1100;
	sem_post(&gated.go);
	await(&gated.forked);
	fake_us = 1300;
	for (unsigned i = 0; i < 2; i++) {
		step_init(&waiting[i], "", LEVEL_LOW);
		pool_submit(pool, &waiting[i].task);
		fake_us += 200;
	}
	assert_int_equal(pool_stats(pool, &stats, row, 2), 1);
	assert_int_equal(stats.busy, 1);
	assert_int_equal(stats.longest_us, 700);
	assert_int_equal(stats.submitted, 3);
	assert_int_equal(stats.forked, 1);
	assert_int_equal(stats.executed, 0);
	assert_int_equal(stats.level[LEVEL_HIGH].waiting, 1);
	assert_int_equal(stats.level[LEVEL_HIGH].oldest_us, 600);
	assert_int_equal(stats.level[LEVEL_LOW].waiting, 2);
	assert_int_equal(stats.level[LEVEL_LOW].oldest_us, 400);
	assert_int_equal(stats.level[LEVEL_URGENT].waiting, 0);
	assert_int_equal(stats.level[LEVEL_URGENT].oldest_us, 0);
	assert_true(row[0].busy);
	assert_string_equal(row[0].label, "gated");
	assert_int_equal(row[0].tag, 42);
	assert_int_equal(row[0].level, LEVEL_NORMAL);
	assert_int_equal(row[0].since_us, 1000);

	sem_post(&gated.go);
	assert_int_equal(pool_drain(pool, -1), 0);
	assert_int_equal(pool_stats(pool, &stats, row, 2), 1);
	assert_false(row[0].busy);
	assert_int_equal(row[0].executed, 4);
	assert_int_equal(stats.level[LEVEL_LOW].waits.count, 2);
	assert_int_equal(stats.level[LEVEL_LOW].waits.sum_us, 400 + 200);
	assert_int_equal(stats.level[LEVEL_HIGH].waits.sum_us, 600);
	assert_int_equal(stats.level[LEVEL_NORMAL].waits.count, 1);
	end(pool);
}

/* ---- Mistakes of ours ---- */

static void task_that_waits_cannot_be_added_again(void **state)
{
	(void)state;
	int status;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct step step;
		struct pool *pool = NULL;
		signal(SIGABRT, SIG_DFL);
		fclose(stderr);
		if (pool_new(&(struct pool_options){.workers = 1}, &pool) < 0)
			_exit(1);
		step_init(&step, "", LEVEL_LOW);
		pool_submit(pool, &step.task);
		pool_submit(pool, &step.task);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(task_that_waits_cannot_be_added_again),
		cmocka_unit_test(levels_in_order_and_oldest_first_within_one),
		cmocka_unit_test(highest_level_anywhere_comes_first),
		cmocka_unit_test(within_a_level_own_newest_then_board_then_others_oldest),
		cmocka_unit_test(what_a_deque_cannot_hold_goes_to_the_board),
		cmocka_unit_test(continuation_runs_after_the_last_child),
		cmocka_unit_test(group_without_children_goes_on_at_once),
		cmocka_unit_test(continuation_waits_for_a_child_on_another_worker_and_nobody_blocks),
		cmocka_unit_test(parent_group_waits_for_the_continuation_of_its_child),
		cmocka_unit_test(numbers_of_workers_out_of_range_are_refused),
		cmocka_unit_test(resizes_under_load_lose_nothing_and_run_nothing_twice),
		cmocka_unit_test(busy_workers_that_must_go_are_asked_back),
		cmocka_unit_test(what_a_leaving_worker_forked_is_left_to_the_others),
		cmocka_unit_test(next_worker_of_a_place_finds_what_the_last_one_left),
		cmocka_unit_test(worker_past_its_limit_is_given_up_and_replaced),
		cmocka_unit_test(worker_given_up_is_not_asked_back),
		cmocka_unit_test(drain_waits_for_the_last_task_but_not_longer_than_its_limit),
		cmocka_unit_test(stop_leaves_what_waits_and_gives_it_back),
		cmocka_unit_test(each_place_has_scratch_of_its_own_and_a_start_that_fails_is_made_up_for),
		cmocka_unit_test(workers_leave_signals_to_the_thread_that_made_them),
		cmocka_unit_test(workers_are_as_nice_as_asked_and_their_maker_stays),
		cmocka_unit_test(idle_pool_makes_no_wakeups),
		cmocka_unit_test(task_for_a_sleeping_pool_wakes_one_worker),
		cmocka_unit_test(burst_wakes_no_more_workers_than_it_has_tasks),
		cmocka_unit_test(statistics_tell_what_waits_how_long_and_who_runs_what),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
