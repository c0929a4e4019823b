/*
 * Where results are seen: once and done, in a pager as soon as they are longer than the terminal, or again and again in
 * its place (--watch). One thread.
 */
#ifndef CTL_SCREEN_H
#define CTL_SCREEN_H

#include "ctl.h"

/* Whether the command only looks, so that it may be watched, and is paged. */
bool screen_looks(const struct ctl_command *command);

/* Runs the command every `seconds` until it is killed or the command line was wrong; returns its exit code. */
int screen_watch(struct ctl *ctl, const struct ctl_command *command, const json_t *args, double seconds,
	int (*run)(struct ctl *ctl, const struct ctl_command *command, json_t *args));

/* Runs the command, shows what it gives through $PAGER, else less where there is one, and returns its exit code. Where that
 * cannot be run all is shown without it, and it is said. */
int screen_page(struct ctl *ctl, const struct ctl_command *command, json_t *args,
	int (*run)(struct ctl *ctl, const struct ctl_command *command, json_t *args));

/* Asks on the terminal whether to go on; without one, or with --yes, true. */
bool screen_confirms(struct ctl *ctl, const char *what);

#endif
