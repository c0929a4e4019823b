/* A configuration put into the modules, at the start and at each reload. Loop thread only, but configure_find_roles(). */
#ifndef APP_CONFIGURE_H
#define APP_CONFIGURE_H

#include "base/err.h"

struct app;
struct config;
struct roles;

unsigned configure_workers(const struct config *config); /* 1 to POOL_WORKERS_MAX */

/* What of a configuration can change while we run, but for the roles. `config` stays the caller's; the modules may point
 * into it as long as it is in force. */
int configure_apply(struct app *app, const struct config *config, struct err *err);

/* Looks at what makes reports once more: reports of another model are made anew. -ENOMEM. */
int configure_model(struct app *app, const struct config *config);

/* Any thread, as names may be known to a service that takes its time. `ret_missing` has a text where one cannot be found,
 * which is no failure. -ENOMEM. */
int configure_find_roles(const struct config *config, struct roles **ret, struct err *ret_missing);
void configure_use_roles(struct app *app, struct roles *roles, const struct err *missing); /* takes them over */

#endif
