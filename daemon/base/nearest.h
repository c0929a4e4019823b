/*
 * Names that resemble a wrong one, for "did you mean": candidates are offered one by one, the best few stay.
 * By edit distance (insert, delete, replace, swap of neighbours); a name that is part of the other, such as a
 * family name, counts as near too.
 */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>

#define NEAREST_MAX 8

struct nearest {
	const char *wanted;
	const char **names; /* best first; those offered, so they must outlive this */
	unsigned distance[NEAREST_MAX];
	size_t max, count;
};

/* `names` has room for `max` (at most NEAREST_MAX). Keeps both pointers. */
void nearest_init(struct nearest *n, const char *wanted, const char **names, size_t max);
void nearest_offer(struct nearest *n, const char *candidate);
void nearest_offer_once(struct nearest *n, const char *candidate); /* for candidates that come from several lists */

/* The edit distance of two byte strings; more than `limit` comes back as limit + 1. */
unsigned edit_distance(const char *a, const char *b, unsigned limit);

#endif
