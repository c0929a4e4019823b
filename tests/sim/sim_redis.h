/*
 * The simulation's way to Redis: a transport (redis/transport.h) whose requests a real redis-server executes
 * at once, in one order, while their replies, losses and connects are kept until the simulation says that
 * they are heard. So the real scripts run on the real data structures, and who learns what when is in the
 * hands of one random number generator.
 *
 * The clock is the simulation's too: scripts read it from a key in place of TIME, and a heartbeat ends when
 * the simulation's clock says so. Blocking reads are asked again until there is something. In some runs a
 * second server follows as a replica that lags: a failover makes it the master, at an earlier moment of the
 * history.
 */
#ifndef SIM_REDIS_H
#define SIM_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "delivery/scripts.h"
#include "redis/transport.h"
#include "tests/support/redis_server.h"

struct sim_arg {
	const char *text;
	size_t length;
};

/* One request that a server has executed. */
struct sim_exec {
	int script; /* enum script of an EVALSHA, -1 for a plain command */
	size_t argc; /* without EVALSHA, digest, key count and key: then argv[0] is the prefix */
	const struct sim_arg *argv;
	const struct value *reply;
	int64_t now_ms; /* the simulation's time */
	bool replica; /* executed again by the server that follows */
	int node; /* whose request it is, -1: the simulation's own */
};

enum sim_cut { SIM_CUT_NOT, SIM_CUT_BEFORE, SIM_CUT_AFTER }; /* the server has done it, the reply is lost */

struct sim_hooks {
	void (*executed)(void *arg, const struct sim_exec *e);
	enum sim_cut (*cut)(void *arg, int node);
	/* Before a request of a node is executed: false drops it and makes up an OK (for planted bugs). */
	bool (*allow)(void *arg, int node, size_t argc, struct sim_arg *argv);
	void *arg;
};

struct sim_mutation { /* of the scripts' text */
	const char *from, *to;
};

enum {
	SIM_NODES_MAX = 4,
	SIM_STALE = 3, /* exit code: a mutation finds nothing to change */
};

struct sim_redis {
	struct redis_server *servers[2];
	int fd[2];
	unsigned master;
	const struct sim_hooks *hooks;
	const struct sim_mutation *mutation; /* one more than those that every run has; NULL: none */
	bool mutation_used;
	bool follows; /* the other server is a replica */
	const int64_t *now_us;
	int64_t told_ms[2]; /* what `sim:now` is set to on each server */
	bool down; /* connects are refused */
	size_t reply_max; /* bytes of strings in a reply, 0: any */
	uint64_t changes; /* of streams: blocked readers look again */
	char sha[SCRIPT_COUNT][41], mutated[SCRIPT_COUNT][41];
	struct {
		char name[32];
		int64_t until_us;
	} beats[SIM_NODES_MAX * 4];
	unsigned beat_count;
	struct sim_logged *log, **log_end;
	unsigned logged;
	struct redis_conn *conns;
	int64_t clients;
	uint64_t requests;
};

/* Of one seed; the servers are flushed. */
void sim_redis_init(struct sim_redis *r, struct redis_server *servers, unsigned count, const struct sim_hooks *hooks,
	const int64_t *now_us);
void sim_redis_done(struct sim_redis *r);

const struct redis_transport *sim_transport(void);
/* What to give as `base` in the connection's options: whose connection it is. */
struct event_base;
struct sim_node {
	struct sim_redis *redis;
	int index;
	const char *host; /* "" = this one; else a name for another machine */
};

/* The simulation's own command, of words; its reply is good until the next. */
const struct value *sim_do(struct sim_redis *r, const char *const *words);
#define SIM_DO(r, ...) sim_do(r, (const char *const[]){__VA_ARGS__, NULL})
/* The same on the master alone, told to no hook: for looking. */
const struct value *sim_look(struct sim_redis *r, const char *const *words);
#define SIM_LOOK(r, ...) sim_look(r, (const char *const[]){__VA_ARGS__, NULL})

/* Whether a connection of that node has something to be heard now, and hearing it; `which` counts from 0,
 * false: there is no such connection. A reader that blocks counts when streams have changed since it looked,
 * or when its time is over. */
bool sim_may_hear(struct sim_redis *r, int node, unsigned which);
void sim_hear(struct sim_redis *r, int node, unsigned which);
int64_t sim_next_us(const struct sim_redis *r, int node); /* when a blocked reader's time is over */

void sim_cut_all(struct sim_redis *r); /* Redis restarted */
void sim_expire(struct sim_redis *r); /* heartbeats whose time is over */
int64_t sim_next_expiry(const struct sim_redis *r);
void sim_follow(struct sim_redis *r); /* from now on the second server follows */
void sim_sync(struct sim_redis *r, unsigned count); /* the replica catches up by so many requests */
void sim_failover(
	struct sim_redis *r); /* the replica, as it is, becomes the master; the old one starts over as replica */

#endif
