/*
 * What may come next on a command line, for the shells' completions (etc/completions): `propsctl __complete -- WORD...`
 * with the words behind the program's name, the last being the one that is typed, prints a candidate a line with a tab
 * and what it is behind it. A line ":files" in their place: a path. Whoever asks wants no error: where the daemon does
 * not answer within a second, live names are left out. One thread.
 */
#ifndef CTL_COMPLETE_H
#define CTL_COMPLETE_H

#include "ctl.h"

int ctl_complete(struct ctl *ctl, int argc, char **argv);

#endif
