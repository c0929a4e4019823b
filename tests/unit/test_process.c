/* What becomes of jobs between a processor and the loop: with a pool that runs nothing before it is told to. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <poll.h>

#include "process/process.h"

static const struct live live = {
	.date = 20407,
	.player = "lebronjames",
	.game_id = "20251115_LAL_GSW",
	.team = "LAL",
	.opponent = "GSW",
	.version = 42,
	.injury_reason = "",
	.starter = -1,
};

struct world {
	struct clock clock;
	int64_t now_us;
	struct pool *pool;
	struct completion_queue *finished;
	struct process *process;
	struct job job;
	struct arena *arena;
	unsigned done;
};

static int64_t now_us(const struct clock *clock)
{
	return ((const struct world *)((const char *)clock - offsetof(struct world, clock)))->now_us;
}

static void on_done(void *arg, struct job *job)
{
	struct world *w = arg;
	assert_ptr_equal(job, &w->job);
	w->done++;
}

/* A job is out with this processor. */
static void begin(struct world *w, const struct processor_type *const *types, const struct processor_options *processor)
{
	struct err err;
	*w = (struct world){.clock = {.mono_us = now_us, .wall_ms = now_us}, .now_us = 1000000, .arena = arena_new()};
	const struct pool_options pool = {
		.workers = 1, .scratch_new = process_scratch_new, .scratch_free = process_scratch_free};
	assert_int_equal(pool_new(&pool, &w->pool), 0);
	assert_int_equal(completion_new(&w->finished), 0);
	const struct process_options options = {.pool = w->pool,
		.completions = w->finished,
		.clock = &w->clock,
		.types = types,
		.done = on_done,
		.arg = w};
	assert_int_equal(process_new(&options, &w->process, &err), 0);
	assert_int_equal(process_configure(w->process, processor, 1, &err), 0);
	w->job = (struct job){.processor = process_find(w->process, processor->name),
		.arena = w->arena,
		.live = &live,
		.level = LEVEL_LOW,
		.attempt = 1};
	processor_take(w->job.processor);
	process_submit(w->process, (struct job *[]){&w->job}, 1);
}

/* ... with a synthetic one that waits 10 ms. */
static void setup(struct world *w)
{
	const struct processor_options sleeps = {.name = "sleeps", .type = "synthetic", .slots = 4, .sleep_us = 10000};
	begin(w, NULL, &sleeps);
}

static void teardown(struct world *w)
{
	processor_give(w->job.processor, &w->job);
	assert_int_equal(pool_stop(w->pool, 10000000), 0);
	process_free(w->process);
	pool_free(w->pool);
	completion_free(w->finished);
	str_done(&w->job.report);
	str_done(&w->job.answer);
	arena_free(w->arena);
}

static void a_job_that_waits_can_be_cancelled_once(void **state)
{
	struct world w;
	(void)state;
	setup(&w);
	assert_true(process_cancel(w.process, &w.job, true));
	assert_false(process_cancel(w.process, &w.job, true));
	process_completed(w.process);
	assert_int_equal(w.done, 1);
	assert_int_equal(w.job.result, -ECANCELED);
	assert_string_equal(w.job.error, "cancelled by an operator");
	teardown(&w);
}

/* A child that is being ended: whoever cancels one of its jobs for good has that job's word, not the deadline that came first,
 * nor the end of the child for the sake of another. */
static void takes(struct processor *p, struct job *job)
{
	(void)p, (void)job;
}

static void ends_later(struct processor *p, struct job *job, int result)
{
	(void)p;
	job->note[0] = '!';
	if (job->result == 0)
		job->result = result;
}

static bool always(const struct processor_options *options)
{
	(void)options;
	return true;
}

static void a_job_that_is_being_ended_can_be_given_up(void **state)
{
	static const struct processor_type slow = {
		.name = "slow", .waits = always, .start = takes, .cancel = ends_later};
	static const struct processor_type *const types[] = {&slow, NULL};
	static const struct processor_options options = {
		.name = "slow", .type = "slow", .slots = 4, .timeout_us = 1000000};
	struct world w;
	(void)state;
	begin(&w, types, &options);
	w.now_us += 1000000;
	process_tick(w.process);
	assert_int_equal(w.job.note[0], '!');
	assert_int_equal(w.job.result, -ETIMEDOUT);
	assert_true(process_cancel(w.process, &w.job, true));
	assert_true(process_cancel(w.process, &w.job, false));
	w.job.lost = true;
	processor_answered(&w.job);
	process_completed(w.process);
	assert_int_equal(w.done, 1);
	assert_int_equal(w.job.result, -ECANCELED);
	assert_false(w.job.lost);
	assert_true(w.job.permanent);
	assert_string_equal(w.job.error, "cancelled by an operator");
	teardown(&w);
}

/* It has no answer of its own, and is on its way to a worker: the processor does not know it any more. */
static void a_job_that_is_answered_cannot(void **state)
{
	struct world w;
	(void)state;
	setup(&w);
	w.now_us += 10000;
	process_tick(w.process);
	assert_true(w.job.answered);
	assert_false(process_cancel(w.process, &w.job, true));
	assert_int_equal(pool_start(w.pool), 0);
	struct pollfd wait = {.fd = completion_fd(w.finished), .events = POLLIN};
	assert_int_equal(poll(&wait, 1, -1), 1);
	process_completed(w.process);
	assert_int_equal(w.done, 1);
	assert_int_equal(w.job.result, 0);
	assert_non_null(strstr(w.job.report.data, "lebronjames"));
	teardown(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_job_that_waits_can_be_cancelled_once),
		cmocka_unit_test(a_job_that_is_being_ended_can_be_given_up),
		cmocka_unit_test(a_job_that_is_answered_cannot),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
