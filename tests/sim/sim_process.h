/*
 * What stands in for programs and threads: a type of processors whose children answer, fail, die, hang and come up late
 * as chance has it, on the simulation's clock, and a pool without threads. All else of process/ is the daemon's own:
 * deadlines, places, breakers, cancels, pauses, restarts.
 */
#ifndef SIM_PROCESS_H
#define SIM_PROCESS_H

#include "tests/sim/sim_inside.h"

extern const struct processor_type *const sim_processor_types[]; /* of process_options */

/* Both kinds of processors of an instance, as its table of phases wants them: they go to process_configure(). */
void sim_processors(struct instance *i, const struct phases *phases);
/* The run that ended, of i->jobs: its report is made, or it takes its instance with it, which is true then. */
bool sim_finish(struct instance *i, unsigned which);
/* An operator pauses or restarts a processor, or cancels what one of its children does. */
bool sim_meddle(struct instance *i); /* false: there is none */
void sim_resume(struct instance *i); /* what is paused goes on */

#endif
