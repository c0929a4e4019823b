/* The built-in model as a processor: the context once a game, the other stages once a player. */
#include "process/processor.h"

#include <errno.h>

static int64_t now_us(void)
{
	return clock_mono_us(clock_system());
}

static void share(const struct processor *p, struct job *first)
{
	(void)p;
	if (!first->snapshot)
		return;
	const struct fingerprint inputs = context_inputs(first->snapshot, first->live);
	const int64_t since = now_us();
	struct stage_record *record = &first->context_record;

	record->reused = record->present && !first->live->forced && fingerprint_equal(record->fingerprint, inputs);
	if (!record->reused)
		context_compute(first->snapshot, first->live, &first->context);
	record->present = true;
	record->fingerprint = inputs;
	record->us = now_us() - since;
}

static int run(const struct processor *p, struct job *job, struct arena *scratch)
{
	struct model_result result = {0};

	(void)scratch;
	if (job->snapshot) {
		int r = model_run(job->snapshot, &p->options.model, job->live, &job->context, &job->context_record,
			&job->model, job->arena, now_us, &result);
		if (r < 0) {
			text_format(job->error, sizeof(job->error), "no memory for the model");
			return r;
		}
		for (int i = 0; i < STAGE_COUNT; i++)
			job->stages[i] = result.stages[i];
	}
	/* Without a league nobody has a history: the report says so. */
	return processor_write_report(p, job, &result);
}

const struct processor_type processor_builtin = {
	.name = "builtin",
	.run = run,
	.share = share,
	.remembers = true,
};
