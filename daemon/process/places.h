/*
 * How many runs of a processor may be begun at a time. Begin fixes what a run sees, so it comes late: only when a
 * place is free. There are two kinds of places: for work that computes, about as many runs as the workers finish in
 * 2 ms, so that they never starve and a raise is never late; for work that waits, the slots of its processor, with or
 * without a reserve that only urgent and high may take. Plain arithmetic; one owner.
 */
#ifndef PROCESS_PLACES_H
#define PROCESS_PLACES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/level.h"

struct places {
	bool slots; /* kind */
	unsigned most, reserve; /* slots */
	bool capped; /* at most `cap`, whatever the kind: 0 while the processor takes nothing */
	unsigned cap;
	unsigned workers;
	int64_t mean_us; /* of a run's computing, exponentially weighted; 0: none yet */
	unsigned taken;
};

void places_for_slots(struct places *p, unsigned slots, bool reserve);
void places_for_workers(struct places *p, unsigned workers);
unsigned places_size(const struct places *p);
bool places_free(const struct places *p, enum level level); /* for one more of this level */
void places_ran(struct places *p, int64_t us); /* a run took so long */

#endif
