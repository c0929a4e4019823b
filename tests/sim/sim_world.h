/*
 * One run of the simulation: instances of the real core, regen, process and delivery in one thread, producers, an operator,
 * faults, and a clock that moves when the run says so. Everything follows from the seed.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/sim/sim_mirror.h"
#include "tests/sim/sim_redis.h"

/* A mistake planted on purpose: the run must find it. One of these, or none. */
struct sim_bug {
	const char *name;
	uint64_t from_seed; /* where the hunt begins: a thing that chance brings seldom need not be waited for */
	struct sim_mutation script; /* of the scripts' text, from = NULL: none */
	const char *drop; /* requests that begin with this word are not sent, but believed */
	bool drop_pages; /* reads of own pending entries likewise */
	bool covers_all; /* a commit covers whatever was needed meanwhile */
	bool loses_results; /* now and then a run's end is never heard of */
	bool deaf; /* that an order has ended is not heard of */
	bool acks_at_once; /* every need is settled as it comes */
	bool drops_needs; /* beyond the bound of open ones they are */
	/* These show where precompute is in force. */
	bool of_phases;
	bool of_tables; /* ... and where instances have different tables of phases for a while */
	bool slow_settles; /* needs of precompute are settled as they come */
	bool forgets_output; /* what settles precompute says nothing of the output */
	bool keeps_output; /* the output at hand is taken for the one that stands */
	bool reads_less; /* precompute is told of no team-mates, which it reads */
	bool answers_late; /* what a child says after its job's deadline is taken */
	bool keeps_places; /* a child's death gives no place back */
	bool counts_refused; /* a job that children had no time for has failed */
	bool buries_nobody; /* what an operator gives up for good waits again */
	bool keeps_no_rate; /* jobs start as they come */
	bool restart_loses; /* jobs that wait for a child are lost when a processor is started anew */
	bool forgets_unknown; /* who is on no roster makes no report for what no phase reads */
};

struct sim_setup {
	uint64_t seed;
	const struct sim_bug *bug; /* NULL: none */
	bool verbose, trace; /* say what happens, and every request */
	unsigned steps_max; /* to become quiet in; 0: plenty */
	struct redis_server *servers; /* two */
};

struct sim_counts {
	unsigned events, steps, kills, stops, cuts, restarts, failovers, groups, trims, drains, retries, crashes, runs,
		outputs, equal, asked, fails, commits, refused, slates, expired, duplicates, letters, leagues, orders,
		aside, muted, tables, meddled;
	uint64_t requests;
};

/* "" or what went wrong. */
const char *sim_run(const struct sim_setup *setup, struct sim_counts *counts);

#endif
