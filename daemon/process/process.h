/*
 * From jobs to reports: jobs that were begun together are handed in together, grouped by game for what they share,
 * run on the pool or waited for in slots, and come back on the loop thread. Loop thread only.
 */
#ifndef PROCESS_PROCESS_H
#define PROCESS_PROCESS_H

#include "base/clock.h"
#include "process/processor.h"

struct process_options {
	struct pool *pool;
	struct completion_queue *completions; /* the loop watches its descriptor and calls process_completed() */
	const struct clock *clock;
	size_t cache_bytes;
	void (*done)(void *arg, struct job *job); /* from process_completed() */
	void *arg;
};

int process_new(const struct process_options *options, struct process **ret, struct err *err);
void process_free(struct process *p); /* with no job out; NULL is fine */

/* All processors of the configuration, replacing those there are: jobs that are out end with the old ones. */
int process_configure(struct process *p, const struct processor_options *list, size_t count, struct err *err);
const struct processor *process_find(const struct process *p, const char *name); /* NULL: no such processor */

/* Scratch memory for the pool's workers (pool_options). */
void *process_scratch_new(void *context);
void process_scratch_free(void *scratch);

void process_submit(struct process *p, struct job *const *jobs, size_t count);
void process_completed(struct process *p); /* takes what the workers finished, calls `done` for each */

/* Jobs that wait for a time: as delivery_tick() and delivery_next_us(). */
void process_tick(struct process *p);
int64_t process_next_us(const struct process *p);

#endif
