/*
 * What is wrong, and what of it first: one judgement over what is known, for the first lines of `status`. Pure. What
 * should be looked at comes as a list, the gravest first, each with the command that tells more.
 */
#ifndef ADMIN_HEALTH_H
#define ADMIN_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metrics/warnings.h"

struct health { /* what it is judged by */
	bool ready;
	const char *state; /* of the session, in words */
	bool paused; /* all */
	const char *paused_by; /* NULL: not known */
	unsigned pauses, mutes; /* that stand beside */
	unsigned failing; /* players whose runs failed and who are tried again */
	int64_t letters; /* dead ones that stand, in Redis; -1: not known */
	int64_t oldest_ms; /* of what waits to be settled, and is not held back; 0: nothing does */
	const struct warnings *warnings; /* NULL: none stand */
};

enum { FAULT_TEXT = 440, LATE_MS = 120000 };

struct fault {
	const char *what; /* for programs */
	bool grave; /* an error: reports are wrong, late or at risk; else a warning */
	char text[FAULT_TEXT]; /* a sentence without its full stop */
	const char *command; /* which tells more, or mends it */
};

/* How many stand, of which the first `max` are put into `ret`. */
size_t health_judge(const struct health *h, struct fault *ret, size_t max);

#endif
