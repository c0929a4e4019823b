/*
 * What is looked at once a second: whether loop and workers move (then the watchdog is fed), what the service manager is
 * told, processors in trouble, memory that can be given back; and those whose own second it is, as sinks and alarms. Loop
 * thread only.
 */
#ifndef APP_SUPERVISE_H
#define APP_SUPERVISE_H

#include <stdbool.h>

#include "base/err.h"

struct app;

int supervise_start(struct app *app, struct err *err);
void supervise_ready(struct app *app, bool ready); /* of the session with Redis: the status is told soon */

#endif
