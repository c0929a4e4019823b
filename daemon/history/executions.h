/*
 * Executions: what was worked on together. One is opened by the first run after idle, closed after 60 s of quiet, cut
 * at 15 minutes; each phase that ran in it has a row. A row is told as soon as there is one, again while it changes,
 * and last at its end, so that of a process that is killed no more than the last seconds are missing. Loop thread
 * only.
 */
#ifndef HISTORY_EXECUTIONS_H
#define HISTORY_EXECUTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "history/record.h"

enum {
	EXECUTION_QUIET_US = 60 * 1000000,
	EXECUTION_CUT_US = 15 * 60 * 1000000,
	EXECUTION_TELL_US = 10 * 1000000,
};

struct executions;

struct executions_options {
	const struct clock *clock;
	const char *instance; /* copied */
	/* What the process and its children have used until now, and hold; below 0: not known. NULL: nothing is
	 * known. */
	void (*usage)(void *arg, int64_t *ret_cpu_us, int64_t *ret_memory);
	void (*tell)(void *arg, const struct history_execution *row);
	void *arg;
};

int executions_new(const struct executions_options *options, struct executions **ret); /* -ENOMEM */
void executions_free(struct executions *e); /* NULL is fine */

/* A run of this phase begins, on `workers` places at most. */
void executions_begin(struct executions *e, enum phase phase, const char *pattern, unsigned workers);
/* One that began has ended: as a success, a failure, or (`counts` false) as nothing at all. */
struct executions_item {
	bool counts, failed, again; /* again: it was not its first try */
	int64_t took_us; /* below 0: not known */
};
void executions_end(struct executions *e, enum phase phase, const struct executions_item *item);
void executions_tick(struct executions *e); /* about once a second */
void executions_show(struct executions *e); /* what is open is told as it stands */
void executions_close(struct executions *e); /* the process ends: what is open is told */

/* The execution that is open, and its date; "": none is. */
const char *executions_id(const struct executions *e, date_t *ret_date);

/* --- for whoever measures something aside: durations of items, and their figures -------------------------------- */

/* Exact up to 4,096; of more a random sample of so many. */
struct durations {
	uint32_t *us;
	uint64_t count;
	double sum_us;
	uint64_t random;
};
void durations_add(struct durations *d, int64_t us); /* without memory it is left out */
void durations_figures(struct durations *d, struct history_execution *ret); /* mean and quantiles, by nearest rank */
void durations_done(struct durations *d);

/* The estimate: each busy second of a place is one of an instance, for the prices of base/cost.h. `peak` in bytes
 * of an instance, 0: not known. */
double executions_cost(double instance_seconds, double peak, uint64_t items);

#endif
