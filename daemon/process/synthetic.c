/*
 * A processor without a model, for load tests and for trying propsd out: it burns or waits for a set time, fails at a
 * set rate, and reports what is known (books as given, injury, starter). Whether a run fails follows from the player
 * and its version, so that a failure can be repeated.
 */
#include "process/processor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool waits(const struct processor_options *options)
{
	return options->sleep_us > 0;
}

static void spin(int64_t us)
{
	const int64_t until = clock_mono_us(clock_system()) + us;
	while (clock_mono_us(clock_system()) < until)
		;
}

static bool fails(const struct processor *p, const struct job *job)
{
	char text[LOOKUP_SIZE + 24];
	size_t length = text_format(text, sizeof(text), "%s %lld", job->live->player, (long long)job->live->version);
	const struct fingerprint f = fingerprint_of(text, length);
	return (double)(f.low % 1000000) < p->options.fail_rate * 1e6;
}

static int run(const struct processor *p, struct job *job, struct arena *scratch)
{
	(void)scratch;
	if (p->options.spin_us > 0)
		spin(p->options.spin_us);
	if (p->options.fail_rate > 0 && fails(p, job)) {
		text_format(
			job->error, sizeof(job->error), "failed as asked for (fail_rate = %g)", p->options.fail_rate);
		return -EIO;
	}
	return processor_write_report(p, job, NULL);
}

/* --- one that waits: a queue of ends --- */

static int open_waiting(struct processor *p, struct err *err)
{
	p->state = calloc(1, sizeof(struct queue));
	return p->state ? 0 : err_set(err, -ENOMEM, "no memory for processor %s", p->name);
}

static void close_waiting(struct processor *p)
{
	free(p->state);
}

static void start(struct processor *p, struct job *job)
{
	queue_add(p->state, &job->due, job->started_us + p->options.sleep_us);
}

static void end(struct processor *p, struct job *job, int result)
{
	queue_remove(p->state, &job->due);
	job->result = result;
	processor_answered(job);
}

static void cancel(struct processor *p, struct job *job, int result)
{
	job->lost = true; /* it has no deadline, so somebody wanted it */
	end(p, job, result);
}

static int64_t next_us(const struct processor *p)
{
	const struct queue_node *first = queue_first(p->state);
	return first ? first->turn : INT64_MAX;
}

static void tick(struct processor *p, int64_t now_us)
{
	for (struct queue_node *node; (node = queue_first(p->state)) != NULL && node->turn <= now_us;)
		end(p, (struct job *)((char *)node - offsetof(struct job, due)), 0);
}

const struct processor_type processor_synthetic = {
	.name = "synthetic",
	.waits = waits,
	.run = run,
	.open = open_waiting,
	.close = close_waiting,
	.start = start,
	.cancel = cancel,
	.finish = run,
	.next_us = next_us,
	.tick = tick,
};
