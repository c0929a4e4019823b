/*
 * The league and the configuration, read again while the process runs: all of a reload goes into force, or nothing. The
 * league is loaded on a worker; by itself, too, once its file has changed and come to rest. Loop thread only.
 */
#ifndef APP_RELOAD_H
#define APP_RELOAD_H

#include "base/err.h"

struct app;

/* The league for the first time, before there are workers. That there is no file is no failure. */
int reload_first(struct app *app, struct err *err);
int reload_start(struct app *app); /* once there are; -errno */
void reload_free(struct app *app); /* after the workers have stopped */

/* As `reload` of struct admin_app_ops (admin/context.h). `heard` NULL: nobody hears of it. */
void reload_ask(void *app, void (*heard)(void *data, int result, int restart, const struct err *err), void *data);

void reload_outdated(void *app); /* others have a newer league: loads what there is now */
void reload_second(struct app *app); /* once a second: whether the league's file has changed */

#endif
