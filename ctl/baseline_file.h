/*
 * The files of `baseline` (docs/measure.md), read and put together: what was measured of one phase of one processor, by the
 * number of children, over all files. Blocking, one thread.
 */
#ifndef CTL_BASELINE_FILE_H
#define CTL_BASELINE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* All runs of one number of children. */
struct baseline_runs {
	unsigned children, places;
	unsigned runs, failures;
	double seconds, start_seconds; /* of all runs */
	double *jobs; /* seconds of each that ended well; sorted once all is read */
	size_t count, capacity;
	bool incomplete;
};

struct baseline_phase {
	char *processor, *type, *phase;
	unsigned files, players; /* of all files */
	char **dates, **machines; /* each once, in the order of the files */
	size_t date_count, machine_count;
	struct baseline_runs *runs; /* by rising children */
	size_t count;
	double peak_bytes; /* the largest of any job; 0: not known */
};

struct baseline {
	struct baseline_phase *phases; /* in the order of the files */
	size_t count;
};

/* Adds a file. -ENOENT and the like, -EINVAL: what in it is not as it should be; then nothing of it counts any more. */
int baseline_add(struct baseline *b, const char *path, struct err *err);
/* After the last one: sorts. */
void baseline_finish(struct baseline *b);
void baseline_done(struct baseline *b);

#endif
