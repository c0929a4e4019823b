/*
 * What a processor is: it takes a job and leaves a report's bytes or an error in it. One that computes runs on the
 * pool's workers; one that waits (for a child, a server, a timer) is started on the loop thread and takes a slot, not
 * a worker.
 */
#ifndef PROCESS_PROCESSOR_H
#define PROCESS_PROCESSOR_H

#include "base/err.h"
#include "process/job.h"

struct process;

struct processor_options { /* by name, from the configuration */
	const char *name; /* the section's title: stands in the reports */
	const char *type;
	unsigned slots; /* for one that waits */
	int64_t spin_us, sleep_us; /* synthetic */
	double fail_rate;
	struct model_options model; /* builtin */
};

struct processor_type {
	const char *name;
	/* Whether it waits, by its options. */
	bool (*waits)(const struct processor_options *options);
	/* Computes the job on a worker: 0, or -errno with job->error. Called for a waiting one too, when it has waited: it
	 * then writes the report. `scratch` may be left dirty. */
	int (*run)(const struct processor *p, struct job *job, struct arena *scratch);
	/* Computes what the jobs of one game share, on a worker, before run() of each; NULL: nothing is shared. */
	void (*share)(const struct processor *p, struct job *first);
	/* Whether its stages' outputs are kept from run to run. */
	bool remembers;
};

struct processor {
	const struct processor_type *type;
	struct processor_options options;
	char name[64];
	bool waits;
};

extern const struct processor_type processor_builtin, processor_synthetic;

/* A worker's or a waiting job's report by what is known of it. 0 or -ENOMEM. */
int processor_write_report(const struct processor *p, struct job *job, const struct model_result *result);

#endif
