/*
 * The daemon as the handlers of commands see it: its modules, and what only the app can do. Filled by the app
 * before it listens, good until it stops. Loop thread only.
 */
#ifndef ADMIN_CONTEXT_H
#define ADMIN_CONTEXT_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"

struct aside;
struct config;
struct delivery;
struct event_base;
struct history;
struct metrics;
struct pool;
struct process;
struct regen;
struct schedules;
struct sinks;
struct snapshot;
struct trace;
struct warnings;

struct admin_app_ops {
	const struct config *(*config)(
		void *app); /* as of the last reload: in force but for options that need a restart */
	const struct config *(*started)(void *app); /* as of the start: where those are in force */
	const struct snapshot *(*league)(void *app); /* NULL: none */
	/* Reads the configuration and the league database again, the latter on a worker; `done` is called
	 * from the loop: 0 = both are in force, `restart` = how many changed options take effect only in a
	 * new process, and a text in `err` is one to warn of; else the error, and nothing has changed. One at a
	 * time: -EBUSY in `err`. */
	void (*reload)(void *app, void (*done)(void *data, int result, int restart, const struct err *err), void *data);
	int (*set_workers)(void *app, unsigned workers, struct err *err); /* until the next reload */
	void (*drain)(void *app); /* as SIGTERM */
	int (*set_log_level)(void *app, enum log_level level, struct err *err); /* until the next reload */
	void (*look_at_model)(void *app); /* a processor was begun anew: its files may be others */
};

struct admin_context {
	const struct clock *clock;
	struct event_base *base; /* for handlers that wait */
	struct metrics *metrics;
	struct trace *trace; /* NULL: steps are not recorded */
	struct warnings *warnings;
	struct pool *pool;
	struct process *process;
	struct aside *aside;
	struct delivery *delivery;
	struct sinks *sinks;
	struct history *history; /* NULL: none */
	struct regen *regen;
	struct schedules *schedules; /* NULL: none */
	int64_t started_ms;
	const struct admin_app_ops *ops;
	void *app;
	/* Clients that wait for a regeneration, and the players whom they wait for: they share what it may cost. */
	struct {
		unsigned clients;
		size_t players;
	} waiting;
};

/* All commands, for admin_server_new(): NULL-terminated list of the areas' tables. */
extern const struct admin_command *const admin_commands[];

#endif
