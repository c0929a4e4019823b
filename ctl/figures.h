/* What is made of jobs that were timed; docs/measure.md has the rules. Pure functions. */
#ifndef CTL_FIGURES_H
#define CTL_FIGURES_H

#include <jansson.h>
#include <stddef.h>

/* An item of a baseline's file from what the daemon says of a job. New reference. */
json_t *figures_item(const json_t *told);

/* The figures of a list of such items. New reference. */
json_t *figures_of(const json_t *items);

/* By nearest rank: the least of the values that `percent` of a hundred do not exceed. Sorted, at least one. */
double figures_percentile(const double *sorted, size_t count, double percent);

#endif
