/* What processors of every type share. */
#include "process/processor.h"

#include <errno.h>

int processor_write_report(const struct processor *p, struct job *job, const struct model_result *result)
{
	const struct report_input input = {
		.live = job->live,
		.snapshot = job->snapshot,
		.result = result,
		.processor = p->name,
		.causes = job->causes,
		.cause_count = job->cause_count,
		.attempt = job->attempt,
		.generated_at_ms = clock_wall_ms(clock_system()),
	};
	str_clear(&job->report);
	report_write(&job->report, &input);
	if (job->report.failed) {
		text_format(job->error, sizeof(job->error), "no memory for the report");
		return -ENOMEM;
	}
	return 0;
}
