/*
 * The league as it was known on the morning of a day: a copy of a snapshot without the rows of that day and later ones,
 * prepared for the model. Players, teams and games keep their indices, and the schedule stays, so that what is asked of
 * the copy can be compared with what then happened. It leaves out rows, nothing else: what the names of later rows tell
 * (who bears which spelling) it knows already.
 */
#ifndef BENCH_MODEL_PAST_H
#define BENCH_MODEL_PAST_H

#include "league/snapshot.h"

/* NULL: no memory. Reads `s` only, so several threads may cut the same one. */
struct snapshot *past_before(const struct snapshot *s, date_t date);
void past_free(struct snapshot *past); /* NULL is fine */

#endif
