/* How far a waiting command is: a bar on a terminal, else a line now and then. On the talk stream. */
#ifndef CTL_PROGRESS_H
#define CTL_PROGRESS_H

#include <stdint.h>

#include <jansson.h>

#include "ctl.h"

/* `step`: {"done":n,"total":n,"failed":n} or {"waiting":n,"running":n,"unacked":n} or {"state":"..."}. */
void progress_show(struct ctl *ctl, const json_t *step);
void progress_clear(struct ctl *ctl); /* wipes the bar, if there is one */

/* So many a second; 0: too early to say. */
double progress_rate(int64_t done, int64_t ms);

#endif
