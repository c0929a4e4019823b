/*
 * The built-in model as a processor: the context once a game, the other stages once a player. Where the phase before
 * gives figures, or is to give some, they are priced and nothing is projected.
 */
#include "process/processor.h"

#include <errno.h>

static int64_t now_us(void)
{
	return clock_mono_us(clock_system());
}

/* An output without `markets` leaves the figures to the model. */
static bool projects(const struct job *job)
{
	return job->output ? !foreign_has_markets(job->output) : !job->precompute;
}

static void share(const struct processor *p, struct job *first)
{
	bool wanted = false;

	(void)p;
	for (const struct job *job = first; job; job = job->sibling)
		wanted |= projects(job);
	if (!first->snapshot)
		return;
	if (!wanted) {
		first->context_record = (struct stage_record){0};
		return;
	}
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

static int compute(const struct processor *p, struct job *job, struct model_result *ret)
{
	if (!projects(job))
		return foreign_run(job->output, &p->options.model, job->live, job->arena, now_us, ret);
	if (!job->snapshot) /* without a league nobody has a history: the report says so */
		return model_run_unknown(&p->options.model, job->live, job->arena, now_us, ret);
	return model_run(job->snapshot, &p->options.model, job->live, &job->context, &job->context_record, &job->model,
		job->arena, now_us, ret);
}

static int run(const struct processor *p, struct job *job, struct arena *scratch)
{
	struct model_result result = {0};
	int r = compute(p, job, &result);

	(void)scratch;
	if (r < 0) {
		text_format(job->error, sizeof(job->error), "no memory for the model");
		return r;
	}
	for (int i = 0; i < STAGE_COUNT; i++)
		job->stages[i] = result.stages[i];
	return processor_write_report(p, job, &result);
}

const struct processor_type processor_builtin = {
	.name = "builtin",
	.run = run,
	.share = share,
	.remembers = true,
	.reads_output = true,
};
