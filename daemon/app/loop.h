/*
 * The loop: libevent's, and what wakes it of its own: a turn of the core, the core's timer, jobs that are done, answers by
 * HTTP. After whatever an event did, loop_wake() gives the core its turn, once a turn of the loop. Loop thread only.
 */
#ifndef APP_LOOP_H
#define APP_LOOP_H

#include <event2/event.h>

#include "base/err.h"

struct app;

int loop_start(struct app *app, struct err *err);
/* The caller's; `fn` gets the app. One with a descriptor is added; else, as where that fails, NULL: no memory. */
struct event *loop_event(struct app *app, evutil_socket_t fd, short what, event_callback_fn fn);

void loop_run(struct app *app); /* until loop_leave() */
void loop_wake(void *app); /* the core gets its turn soon, after whatever else has happened by then */
void loop_leave(struct app *app, int code); /* the process', when the turn is over */

#endif
