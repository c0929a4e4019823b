/* What differs between two reports of a player. Pure; jansson's values stay the caller's. */
#ifndef ADMIN_REPORT_DIFF_H
#define ADMIN_REPORT_DIFF_H

#include <jansson.h>

enum { REPORT_DIFFS_MAX = 24 };

/*
 * Sets in `ret`: "fields", up to REPORT_DIFFS_MAX of {"field": "markets.points.books.fanduel.line", "from": ..., "to":
 * ...}, where one that was not there before has no "from", and one that is gone no "to"; and "differing", how many there
 * are in all. What merely says when, why and by what attempt a report was made is left out, and what follows from the
 * rest (fractions of a quote) stands behind it.
 */
void report_diff(const json_t *old, const json_t *new, json_t *ret);

#endif
