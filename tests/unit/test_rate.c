#include "process/process.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SECOND = 1000000 };

/* --- the bucket --------------------------------------------------------------------------------------------------- */

static void a_bucket_begins_full_and_gets_a_token_each_interval(void **state)
{
	(void)state;
	struct rate r = {0};
	const int64_t now = 5 * SECOND;
	rate_set(&r, SECOND, 3, now);
	for (int i = 0; i < 3; i++)
		assert_true(rate_take(&r, now));
	assert_false(rate_take(&r, now));
	assert_int_equal(rate_when_us(&r, 1), now + SECOND);
	assert_int_equal(rate_when_us(&r, 2), now + 2 * SECOND);
	assert_false(rate_take(&r, now + SECOND - 1));
	assert_true(rate_take(&r, now + SECOND));
	assert_false(rate_take(&r, now + SECOND));
	/* However long nobody comes it holds three. */
	assert_true(rate_has(&r, 3, now + 1000 * SECOND));
	assert_false(rate_has(&r, 4, now + 1000 * SECOND));
	assert_int_equal(rate_when_us(&r, 4), INT64_MAX);
}

static void without_a_bound_there_is_always_one(void **state)
{
	(void)state;
	struct rate r = {0};
	assert_true(rate_has(&r, 1000000, 0));
	for (int i = 0; i < 1000; i++)
		assert_true(rate_take(&r, 7));
	assert_int_equal(rate_when_us(&r, 1), 0);
	rate_set(&r, 0, 0, 7);
	assert_true(rate_take(&r, 7));
}

static void the_burst_is_what_comes_in_a_tenth_of_a_second(void **state)
{
	(void)state;
	static const struct {
		int64_t interval_us;
		unsigned given;
		int64_t burst;
	} cases[] = {{100, 0, 1000}, {1000, 0, 100}, {50000, 0, 2}, {100000, 0, 1}, {SECOND, 0, 1}, {1000, 7, 7},
		{SECOND, 20, 20}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct rate r = {0};
		rate_set(&r, cases[i].interval_us, cases[i].given, 0);
		assert_int_equal(r.burst, cases[i].burst);
	}
}

/* In any stretch of time, whoever comes when. */
static void never_more_start_than_the_bound_allows(void **state)
{
	(void)state;
	enum { STARTS = 3000 };
	static int64_t at[STARTS];
	unsigned seed = 42;
	for (int round = 0; round < 5; round++) {
		struct rate r = {0};
		const int64_t interval = 1 + rand_r(&seed) % 5000, burst = 1 + rand_r(&seed) % 20;
		int64_t now = 0;
		int count = 0;
		rate_set(&r, interval, (unsigned)burst, now);
		while (count < STARTS) {
			now += rand_r(&seed) % 3 == 0 ? rand_r(&seed) % (4 * interval) : rand_r(&seed) % 10;
			if (rate_take(&r, now))
				at[count++] = now;
			else if (rand_r(&seed) % 2 == 0)
				now = rate_when_us(&r, 1); /* exactly then there is one */
		}
		for (int from = 0; from < STARTS; from += 7)
			for (int to = from; to < STARTS; to += 3)
				assert_true(to - from + 1 <= burst + (at[to] - at[from]) / interval);
	}
}

static void another_bound_takes_the_bucket_over(void **state)
{
	(void)state;
	struct rate r = {0};
	rate_set(&r, SECOND, 2, 0);
	assert_true(rate_take(&r, 0) && rate_take(&r, 0));
	rate_set(&r, SECOND, 2, 0);
	assert_false(rate_take(&r, 0)); /* a reload fills no bucket */
	rate_set(&r, 3600LL * SECOND, 1, 0);
	assert_false(rate_take(&r, SECOND)); /* slower from now on */
	rate_take(&r, 3600LL * SECOND);
	rate_set(&r, SECOND / 10, 1, 3600LL * SECOND);
	assert_int_equal(rate_when_us(&r, 1), 3600LL * SECOND + SECOND / 10); /* quicker from now on */
}

/* --- jobs of a processor ------------------------------------------------------------------------------------------ */

struct world {
	struct clock clock;
	int64_t now_us;
	struct process *process;
	struct completion_queue *completions;
	struct job jobs[8];
	int ended;
	unsigned changes;
};

static int64_t mono(const struct clock *clock)
{
	return ((const struct world *)(const void *)clock)->now_us;
}

static void done(void *arg, struct job *job)
{
	struct world *w = arg;
	(void)job;
	w->ended++;
}

static void changed(void *arg)
{
	((struct world *)arg)->changes++;
}

static void configure(struct world *w, const char *rate, unsigned slots)
{
	struct err err;
	const struct processor_options options = {
		.name = "p", .type = "synthetic", .slots = slots, .sleep_us = 3600LL * SECOND, .rate = rate};
	assert_int_equal(process_configure(w->process, &options, 1, &err), 0);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct err err;
	w->clock.mono_us = mono;
	w->now_us = 100 * (int64_t)SECOND;
	assert_int_equal(completion_new(&w->completions), 0);
	const struct process_options options = {
		.completions = w->completions, .clock = &w->clock, .done = done, .changed = changed, .arg = w};
	assert_int_equal(process_new(&options, &w->process, &err), 0);
	configure(w, "1/s", 8);
	*state = w;
	return 0;
}

static void submit(struct world *w, int i, enum level level)
{
	struct job *job = &w->jobs[i];
	job->processor = process_find(w->process, "p");
	job->level = level;
	processor_take(job->processor);
	process_submit(w->process, &job, 1);
}

static bool started(const struct world *w, int i)
{
	return w->jobs[i].started_us > 0 && !w->jobs[i].held;
}

static void until(struct world *w, int64_t us)
{
	w->now_us = us;
	process_tick(w->process);
}

static int teardown(void **state)
{
	struct world *w = *state;
	for (int i = 0; i < 8; i++)
		if (w->jobs[i].processor && !w->jobs[i].ended_us)
			assert_true(process_cancel(w->process, &w->jobs[i], false));
	process_completed(w->process);
	for (int i = 0; i < 8; i++)
		if (w->jobs[i].processor)
			processor_give(w->jobs[i].processor, &w->jobs[i]);
	process_free(w->process);
	completion_free(w->completions);
	free(w);
	return 0;
}

static void jobs_start_as_tokens_come_the_most_urgent_first(void **state)
{
	struct world *w = *state;
	const int64_t begin = w->now_us;
	submit(w, 0, LEVEL_NORMAL);
	assert_true(started(w, 0));
	submit(w, 1, LEVEL_LOW);
	submit(w, 2, LEVEL_NORMAL);
	submit(w, 3, LEVEL_NORMAL);
	submit(w, 4, LEVEL_URGENT);
	static const int order[] = {4, 2, 3, 1};
	for (int k = 0; k < 4; k++) {
		assert_int_equal(process_next_us(w->process), begin + (k + 1) * SECOND);
		until(w, begin + (k + 1) * SECOND - 1);
		assert_false(started(w, order[k]));
		until(w, begin + (k + 1) * SECOND);
		assert_true(started(w, order[k]));
		assert_int_equal(w->jobs[order[k]].started_us, w->now_us); /* its deadline counts from here */
	}
	assert_int_equal(process_next_us(w->process), begin + 3600LL * SECOND); /* the first one's end: nothing polls */
}

static void a_job_that_is_held_is_cancelled_as_if_it_ran(void **state)
{
	struct world *w = *state;
	const int64_t begin = w->now_us;
	submit(w, 0, LEVEL_NORMAL);
	submit(w, 1, LEVEL_NORMAL);
	submit(w, 2, LEVEL_NORMAL);
	assert_true(process_cancel(w->process, &w->jobs[1], false));
	process_completed(w->process);
	assert_int_equal(w->ended, 1);
	assert_true(w->jobs[1].lost);
	assert_int_equal(w->jobs[1].result, -ECANCELED);
	assert_int_equal(w->jobs[1].ended_us, w->jobs[1].started_us);
	until(w, begin + SECOND); /* he used no token up */
	assert_true(started(w, 2));
	submit(w, 3, LEVEL_NORMAL);
	assert_true(process_cancel(w->process, &w->jobs[3], true));
	process_completed(w->process);
	assert_false(w->jobs[3].lost);
	assert_true(w->jobs[3].permanent);
}

static void a_reload_keeps_the_bucket_and_what_is_held(void **state)
{
	struct world *w = *state;
	const int64_t begin = w->now_us;
	struct processor *before = process_find(w->process, "p");
	submit(w, 0, LEVEL_NORMAL);
	submit(w, 1, LEVEL_NORMAL);
	configure(w, "1/s", 8);
	assert_ptr_equal(process_find(w->process, "p"), before);
	until(w, begin + SECOND - 1);
	assert_false(started(w, 1));
	configure(w, "2/s", 8); /* half a second from the last start, and that is over */
	assert_ptr_equal(process_find(w->process, "p"), before);
	until(w, begin + SECOND);
	assert_true(started(w, 1));
	submit(w, 2, LEVEL_NORMAL);
	configure(w, "2/s", 4); /* another processor now, its bucket is the same */
	assert_ptr_not_equal(process_find(w->process, "p"), before);
	submit(w, 3, LEVEL_NORMAL);
	assert_false(started(w, 3));
	until(w, begin + SECOND + SECOND / 2);
	assert_true(started(w, 3));
	submit(w, 4, LEVEL_NORMAL);
	configure(w, "", 4); /* none any more */
	assert_true(process_next_us(w->process) <= w->now_us);
	until(w, w->now_us);
	assert_true(started(w, 4));
	submit(w, 5, LEVEL_NORMAL);
	assert_true(started(w, 5));
}

static void time_in_which_runs_wait_for_a_token_is_counted(void **state)
{
	struct world *w = *state;
	const int64_t begin = w->now_us;
	struct processor *p = process_find(w->process, "p");
	process_demand(p, 3);
	assert_int_equal(p->limited_since_us, 0); /* there is one */
	submit(w, 0, LEVEL_NORMAL);
	process_demand(p, 2);
	assert_int_equal(process_next_us(w->process), begin + SECOND);
	w->now_us += SECOND / 2;
	assert_int_equal(process_limited_us(p), SECOND / 2);
	const unsigned changes = w->changes;
	until(w, begin + SECOND);
	assert_int_equal(w->changes, changes + 1); /* a turn: somebody may be begun */
	assert_int_equal(process_limited_us(p), SECOND);
	until(w, begin + 2 * SECOND);
	assert_int_equal(process_limited_us(p), SECOND);
	submit(w, 1, LEVEL_NORMAL);
	process_demand(p, 0);
	until(w, begin + 3 * SECOND);
	assert_int_equal(process_limited_us(p), SECOND); /* nobody waited */
}

#define with_world(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bucket_begins_full_and_gets_a_token_each_interval),
		cmocka_unit_test(without_a_bound_there_is_always_one),
		cmocka_unit_test(the_burst_is_what_comes_in_a_tenth_of_a_second),
		cmocka_unit_test(never_more_start_than_the_bound_allows),
		cmocka_unit_test(another_bound_takes_the_bucket_over),
		with_world(jobs_start_as_tokens_come_the_most_urgent_first),
		with_world(a_job_that_is_held_is_cancelled_as_if_it_ran),
		with_world(a_reload_keeps_the_bucket_and_what_is_held),
		with_world(time_in_which_runs_wait_for_a_token_is_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
