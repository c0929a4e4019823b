/* SIGINT and SIGTERM as something to wait for, for what is to keep what it has when it is told to end. */
#ifndef CTL_STOP_H
#define CTL_STOP_H

#include <stdbool.h>

int stop_watch(void); /* a descriptor that is readable once one of them came: from here on they do not end us. -errno */
bool stop_wanted(int fd); /* whether one came; from then on another one ends us as ever */

#endif
