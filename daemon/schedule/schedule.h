/*
 * Schedules: entries of `regenerate` by the clock. Whether a due time is fired is decided in Redis, in one script with
 * the entries themselves, so that it is fired once whichever instances live: each asks as it comes. Here is when to
 * ask. All by Redis' clock, which is everybody's; what is regenerated is today's as the entries are made, in the
 * league's zone.
 *
 * After a time in which nobody could ask, the last due time alone is fired. Loop thread only.
 */
#ifndef SCHEDULE_SCHEDULE_H
#define SCHEDULE_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/due.h"
#include "base/err.h"
#include "base/fold.h"
#include "base/level.h"
#include "metrics/metrics.h"

struct delivery;
struct schedules;

struct schedule_options { /* copied, with what it points to */
	const char *name;
	struct due due;
	/* Whom: one of both, or all of the slate. */
	const char (*players)[LOOKUP_SIZE];
	size_t player_count;
	const char *const *teams;
	size_t team_count;
	bool has_level, force;
	enum level level;
	const char *phase; /* "": all */
};

int schedules_new(const struct clock *clock, struct metrics *metrics, struct schedules **ret, struct err *err);
void schedules_free(struct schedules *s); /* after the delivery; NULL is fine */
void schedules_wire(struct schedules *s, struct delivery *delivery);

/* All schedules of the configuration, in its order. One of the same name and times goes on; any other one begins now.
 * `zone`: the league's. Nothing changes on failure. */
int schedules_configure(
	struct schedules *s, const struct schedule_options *list, size_t count, const char *zone, struct err *err);

void schedules_turn(struct schedules *s); /* asks for what is due */
int64_t schedules_next_us(const struct schedules *s); /* monotonic time of the next turn that asks; INT64_MAX: none */
void schedules_forget(struct schedules *s); /* start over: Redis is asked anew */
void schedules_stop(struct schedules *s); /* nothing is fired any more */

struct schedule_view { /* for people; good until the next call of another function here */
	const char *name;
	const struct due *due;
	const char *what; /* "slate", "3 players", "LAL, GSW" */
	int64_t next_ms; /* by the clock as it is */
	int64_t fired_ms; /* the due time that was fired last, by whichever instance; 0: none is known */
};
size_t schedules_count(const struct schedules *s);
void schedules_view(const struct schedules *s, size_t index, struct schedule_view *ret);

#endif
