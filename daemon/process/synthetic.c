/*
 * A processor without a model, for load tests and for trying propsd out: it burns or waits for a set time, fails at a
 * set rate, and reports what is known (books as given, injury, starter). Whether a run fails follows from the player
 * and its version, so that a failure can be repeated.
 */
#include "process/processor.h"

#include <errno.h>
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

const struct processor_type processor_synthetic = {
	.name = "synthetic",
	.waits = waits,
	.run = run,
};
