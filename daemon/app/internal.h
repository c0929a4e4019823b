/*
 * What the files of this folder share: the process' state, and whose each part is. Nobody else includes it. All of it is
 * the loop thread's, but for `reload` while a worker looks its names up.
 */
#ifndef APP_INTERNAL_H
#define APP_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "admin/context.h"
#include "app/app.h"
#include "app/loader.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/notify.h"
#include "core.h"
#include "redis/url.h"

struct event;
struct event_base;
struct roles;

/* A reload under way: what goes into force with the league, and who hears of it. */
struct reload {
	struct config *config; /* NULL: only the league is loaded */
	bool looks_up; /* whom the configuration gives roles: on the worker, into these */
	struct roles *roles;
	struct err missing; /* a name that cannot be found */
	int looked_up;
	void (*heard)(void *data, int result, int restart, const struct err *err); /* NULL: nobody */
	void *data;
};

struct app {
	/* The modules, made by start.c and freed by app.c. */
	const struct clock *clock;
	struct notify notify;
	struct metrics *metrics;
	struct trace *trace; /* NULL: not wanted */
	struct warnings *warnings;
	struct admin_server *admin;
	struct admin_context context;
	struct pages *pages; /* NULL: not asked for */
	struct pool *pool;
	struct process *process;
	struct regen *regen;
	struct delivery *delivery;
	struct schedules *schedules;
	struct sinks *sinks;
	struct historian *historian; /* NULL: there is no history */
	struct event *answers; /* of the history */
	struct alarms *alarms;
	struct aside *aside;
	struct core core;

	/* What is in force. */
	char *config_path; /* NULL: the defaults */
	struct config *config;
	struct config *started; /* of before all reloads: options that need a restart are in force as they stand there */
	struct redis_url url; /* of the configuration that we started with */
	struct snapshot *snapshot; /* NULL: no league */
	unsigned workers;
	bool names_missing; /* of users and groups with roles: the next reload looks again */

	/* loop.c's. */
	struct event_base *base;
	struct event *turn, *timer, *jobs, *fetched;
	struct completion_queue *finished; /* by workers: jobs */
	struct fetch *fetch; /* its thread is started by who asks by HTTP */
	int64_t longest_step_us; /* in the loop thread's processor time */
	int exit_code;

	/* reload.c's. */
	struct loader *loader;
	struct event *loads;
	struct reload reload, next; /* under way; and what was asked for while only the league was loaded */
	struct {
		struct league_file loaded, seen; /* as the load was begun; and a second ago */
		unsigned still; /* seconds that it has been another, and the same */
	} file;

	/* supervise.c's. */
	struct event *second;
	struct {
		bool named; /* Redis has once given us our name */
		int64_t status_us, watchdog_us, fed_us;
		uint64_t executed; /* by the pool, when the watchdog was fed last */
		double resident_trimmed; /* bytes, when memory was given back last */
	} watch;

	/* steer.c's. */
	struct event *signals[3];
	bool hurry; /* waited for long enough: leave running tasks behind */
};

#endif
