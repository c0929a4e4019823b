/*
 * Two JSON values, field by field: which differ, and numbers by how much. Pure.
 *
 * Fields are named as JSON paths: $.markets.points.mean, $.starters[0], $['a key with dots'].mean. A pattern is such a
 * path, in which * stands for any one step ($.stages.*.ms, $.similar_games[*].distance); with or without the $; or one
 * key alone, which stands for that key wherever it is.
 */
#ifndef CTL_COMPARE_H
#define CTL_COMPARE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct compare_rules;

/* What two makers of one report may differ in by right is passed over; see docs/migration.md. NULL: no memory. */
struct compare_rules *compare_rules_new(double tolerance);
void compare_rules_free(struct compare_rules *rules); /* NULL is fine */
/* -EINVAL: it is no pattern. */
int compare_ignore(struct compare_rules *rules, const char *pattern, struct err *err);

struct compare_difference { /* good for the call */
	const char *path;
	const json_t *first, *second; /* NULL: not there */
	double by; /* of two numbers: how far apart; else below 0 */
};

/* Calls `found` for each difference; how many there are. -1: no memory. */
long compare(const struct compare_rules *rules, const json_t *first, const json_t *second,
	void (*found)(void *user, const struct compare_difference *difference), void *user);

#endif
