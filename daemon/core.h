/*
 * The core: delivery, regen and process wired together, and what the loop does with them: a turn, a tick, a drain. It
 * knows nothing of libevent, configuration or signals, so that the simulation runs the very code that the daemon runs.
 *
 * The core owns nothing: whoever embeds it makes the modules, frees them, and hears through `struct core_ops` what they
 * ask of the process. Everything here is for the loop thread.
 */
#ifndef CORE_H
#define CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "delivery/delivery.h"
#include "league/snapshot.h"
#include "process/process.h"
#include "regen/regen.h"
#include "schedule/schedule.h"

struct core_ops {
	void (*wake)(void *arg); /* work is queued: call core_turn() soon, after whatever else has happened by then */
	void (*outdated)(void *arg); /* as the same of struct delivery_ops: */
	void (*ready)(void *arg, bool ready);
	void (*stop)(void *arg, enum stop_reason reason, const char *why);
	void (*peeked)(void *arg, struct ticket *t, int result); /* NULL: nobody peeks */
	/* The drain is over: exit. `late`: its time was up, runs go on whose tokens were handed back. */
	void (*left)(void *arg, bool late);
};

struct core { /* all zero until core_init(); for others to read only */
	struct delivery *delivery;
	struct regen *regen;
	struct process *process;
	struct schedules *schedules; /* NULL: there are none */
	const struct clock *clock;
	const struct core_ops *ops;
	void *arg;
	bool draining; /* told to end */
	bool leaving; /* drained: only the name is still to be given back */
	bool late;
	int64_t drain_until_us; /* monotonic */
};

/* What delivery_new() takes; the argument that goes with it is the struct core, which core_init() fills before
 * delivery_start(). */
extern const struct delivery_ops core_delivery_ops;
/* What process_new() takes; `core` likewise. */
void core_done(void *core, struct job *job);
void core_processors_changed(void *core);

/* Wires regen as well; all that is given outlives the core. */
void core_init(struct core *core, struct delivery *delivery, struct regen *regen, struct process *process,
	const struct clock *clock, const struct core_ops *ops, void *arg);
void core_use_schedules(struct core *core, struct schedules *schedules); /* before delivery_start() */
void core_use_league(struct core *core, struct snapshot *snapshot); /* counted by the caller: stays until the next */

void core_turn(struct core *core); /* begins runs and sends what has gathered: once a turn of the loop */
void core_tick(struct core *core); /* does what is due by the clock */
void core_completed(struct core *core); /* takes finished jobs */
int64_t core_next_us(const struct core *core); /* monotonic time of the next tick; INT64_MAX: none */

/* Reads and begins nothing any more; when all that was begun is settled, or after `limit_us`, gives the name back and
 * calls ops.left. Told again it changes nothing. */
void core_drain(struct core *core, int64_t limit_us);

#endif
