/*
 * From jobs to reports: jobs that were begun together are handed in together, grouped by game for what they share,
 * run on the pool or started with a processor that waits, and come back on the loop thread. Loop thread only.
 */
#ifndef PROCESS_PROCESS_H
#define PROCESS_PROCESS_H

#include "base/clock.h"
#include "process/processor.h"

struct event_base;
struct process;

struct process_options {
	struct pool *pool;
	struct completion_queue *completions; /* the loop watches its descriptor and calls process_completed() */
	const struct clock *clock;
	struct event_base *base; /* where children are watched; NULL: none are started */
	struct fetch *fetch; /* NULL: no processor asks by HTTP */
	/* Types beside the daemon's own, a list that ends with NULL: for tests. NULL: none. */
	const struct processor_type *const *types;
	/* Another one of this program, which outlives this one: they share who is a child of ours, and who asks by HTTP.
	 * NULL: there is none. */
	struct process *beside;
	size_t cache_bytes;
	void (*done)(void *arg, struct job *job); /* from process_completed() */
	void (*changed)(void *arg); /* places may be free that were not: take a turn soon */
	void *arg;
};

int process_new(const struct process_options *options, struct process **ret, struct err *err);
void process_free(struct process *p); /* with no job out; ends all children; NULL is fine */

/* All processors of the configuration: those of before whose options are the same stay, others end when the runs that
 * hold them have. A rate is set anew in either case, and its bucket goes on. Nothing changes on failure. */
int process_configure(struct process *p, const struct processor_options *list, size_t count, struct err *err);
struct processor *process_find(const struct process *p, const char *name); /* NULL: no such processor */
struct processor *process_next(
	const struct process *p, const struct processor *after); /* NULL: the first, and no more */

/* Scratch memory for the pool's workers (pool_options). */
void *process_scratch_new(void *context);
void process_scratch_free(void *scratch);

/* job->processor is taken (processor_take()) for as long as the job is out. */
void process_submit(struct process *p, struct job *const *jobs, size_t count);
void process_completed(struct process *p); /* takes what is finished, calls `done` for each */
/* Ends a job that is out, soon: it completes as lost, or with `dead` as failed for good. One that computes is not
 * stopped. False: it is such a one, or done but for its report. */
bool process_cancel(struct process *p, struct job *job, bool dead);
/* So many runs wait for a place of this processor. */
void process_demand(struct processor *p, unsigned waiting);
int64_t process_limited_us(const struct processor *p); /* for so long in all something waited for its rate alone */

/* By an operator: takes no more jobs until resumed; begins anew with fresh children. */
void process_pause(struct processor *p, bool paused);
void process_restart(struct processor *p);
/* Why it takes no jobs, for people; NULL: it does. */
const char *process_trouble(const struct processor *p);
const char *process_state(const struct processor *p); /* "ready", "paused", "down", "open", "half-open" */
unsigned process_children(const struct processor *p); /* how many it has */

/* Deadlines and what processors do by the clock: as delivery_tick() and delivery_next_us(). */
void process_tick(struct process *p);
int64_t process_next_us(const struct process *p);

#endif
