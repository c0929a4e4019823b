/*
 * The history as the app has it: what the process uses is told to it, and commits that nothing has told of are looked
 * for. A process that is killed, or loses its connection, may have committed what it has not written down; each
 * commit leaves a notice in Redis with the run that made it, so at the begin of each session those behind the
 * history's mark are read. Loop thread only.
 */
#ifndef APP_HISTORIAN_H
#define APP_HISTORIAN_H

#include <stdbool.h>

#include "base/err.h"
#include "delivery/delivery.h"
#include "history/history.h"
#include "metrics/metrics.h"
#include "metrics/warnings.h"
#include "process/process.h"

struct historian;

struct historian_options { /* outlives it */
	const char *file, *instance;
	int64_t keep_us;
	const struct clock *clock;
};

/* *ret is NULL where there is no file: the functions below take that, too. */
int historian_new(const struct historian_options *options, struct historian **ret, struct err *err);
/* Wired before the loop begins. */
void historian_wire(struct historian *h, struct delivery *delivery, struct process *process, struct warnings *warnings);
struct history *historian_history(struct historian *h);

void historian_ready(struct historian *h, bool ready); /* of the session with Redis */
void historian_second(struct historian *h);
void historian_figures(struct historian *h, struct metrics *metrics);

bool historian_stop(struct historian *h, int64_t limit_us); /* as history_stop() */
void historian_free(struct historian *h); /* after delivery and regen: nothing is asked or told any more */

#endif
