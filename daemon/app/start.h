/* The start: modules made and wired, one step each, in an order that has reasons. */
#ifndef APP_START_H
#define APP_START_H

#include "base/err.h"

struct app;

/* What was made before a step failed is app_free()'s. The loop thread's, before the loop runs. */
int start(struct app *app, struct err *err);

#endif
