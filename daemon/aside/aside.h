/*
 * Jobs made aside: with a processor of the configuration, from the facts that a run would read now, and nothing
 * committed. For trying a processor out, for measuring it, and for comparing what it makes.
 *
 * A trial, a list of such jobs, has a processor of its own, made of the same options: children of its own, neither paused
 * nor held by a circuit breaker, and whatever befalls it the runs of propsd go on. What is computed on the pool goes there
 * at the lowest level. Each job's facts are read when there is a place for it, as those of a run are.
 *
 * A trial keeps no results: what its owner does not take at once keeps further jobs from being begun, so it is bounded by
 * the jobs that are out. Loop thread only; `ops` are called from the loop, never from inside a call.
 */
#ifndef ASIDE_ASIDE_H
#define ASIDE_ASIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/fold.h"
#include "base/phase.h"

struct aside;
struct delivery;
struct event_base;
struct job;
struct pool;
struct process;
struct processor;
struct snapshot;
struct trial;
struct ticket;

enum { ASIDE_TRIALS_MAX = 4, ASIDE_ITEMS_MAX = 20000, ASIDE_AT_ONCE_MAX = 256 };

struct aside_options { /* all of it outlives the struct aside */
	const struct clock *clock;
	struct event_base *base;
	struct pool *pool;
	struct delivery *delivery;
	struct process *process; /* the daemon's, for the options of its processors */
};

int aside_new(const struct aside_options *options, struct aside **ret, struct err *err);
/* With the pool stopped and delivery gone: ends all trials there and then, nobody hears. NULL is fine. */
void aside_free(struct aside *a);
void aside_use_league(struct aside *a, struct snapshot *snapshot); /* counted; NULL: none */
void aside_peeked(struct aside *a, struct ticket *t, int result); /* as ops.peeked of delivery */
void aside_stop(struct aside *a, const char *why); /* all trials end, and no more begin */

struct aside_item {
	date_t date;
	char player[LOOKUP_SIZE]; /* canonical */
};

/* One that has ended. All of it is good for the call. */
struct aside_done {
	size_t item; /* its place in the list */
	unsigned repeat; /* from 1 */
	size_t ended, of; /* this one included */
	int64_t took_us; /* from the request to the answer, or of computing */
	const struct job *job; /* what was asked, what came; with a probe */
	const char *error; /* NULL: there is a report or an output */
	/* What its processor wrote for people since the one before, or since it was started: the newest lines of it. */
	const struct processor *processor;
	uint64_t words_from;
};

struct aside_ops {
	void (*ready)(
		void *arg, unsigned places, int64_t took_us); /* all children are there; once, before the first job */
	bool (*done)(void *arg, const struct aside_done *done); /* false: told again after aside_go_on() */
	/* All is done (0), or nothing more is: -errno and why. The trial is gone. */
	void (*ended)(void *arg, int result, const char *why);
};

struct aside_order {
	const char *processor;
	enum phase phase;
	unsigned at_once; /* children of an exec processor, else jobs at a time */
	unsigned repeat; /* how often the whole list is done */
	const struct aside_item *items; /* copied */
	size_t count;
};

/* -ENOENT: no such processor; -EINVAL: it does not serve that phase; -EBUSY: too many trials, or stopping. */
int aside_begin(struct aside *a, const struct aside_order *order, const struct aside_ops *ops, void *arg,
	struct trial **ret, struct err *err);
void aside_go_on(struct trial *t);
int64_t aside_span_us(const struct trial *t); /* from the first job's begin to the last end so far */
/* Its owner leaves: what is out is ended, nobody hears any more, and the trial goes by itself. */
void aside_leave(struct trial *t);

#endif
