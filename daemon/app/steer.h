/* What is asked of the running process: by the core, by operators on the admin socket, by signals. Loop thread only. */
#ifndef APP_STEER_H
#define APP_STEER_H

#include "admin/context.h"
#include "base/err.h"
#include "core.h"

struct app;

/* The argument of both is the app. */
extern const struct core_ops steer_core_ops;
extern const struct admin_app_ops steer_admin_ops;

/* SIGHUP reloads, SIGTERM and SIGINT drain, and told again end at once. */
int steer_signals(struct app *app, struct err *err);

#endif
