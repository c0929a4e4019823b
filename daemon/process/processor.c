/* What processors of every type share. */
#include "process/processor.h"

#include <errno.h>
#include <string.h>

int processor_write_report(const struct processor *p, struct job *job, const struct model_result *result)
{
	const struct report_input input = {
		.live = job->live,
		.snapshot = job->snapshot,
		.result = result,
		.precompute = job->precompute,
		.output = job->output,
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
	if (result)
		job->given = report_given(job->live, result, job->arena, &job->given_which);
	return 0;
}

void processor_word(struct processor *p, const char *line)
{
	text_format(p->words[p->word_count++ % PROCESSOR_WORDS_MAX], PROCESSOR_WORDS_SIZE, "%s", line);
}

const char *processor_last_words(const struct processor *p, char *buffer, size_t size)
{
	enum { SHOWN = 3 };
	size_t used = 0;
	buffer[0] = '\0';
	for (uint64_t i = p->word_count > SHOWN ? p->word_count - SHOWN : 0; i < p->word_count; i++)
		used += text_format(buffer + used, size - used, "%s%s",
			used ? " | " : "; it said: ", p->words[i % PROCESSOR_WORDS_MAX]);
	return buffer;
}
