/*
 * What the simulation's files share: the inside of one run. For sim_world.c and for tests that direct a run
 * themselves.
 */
#ifndef SIM_INSIDE_H
#define SIM_INSIDE_H

#include "core.h"
#include "tests/sim/sim_world.h"

enum {
	INSTANCES_MAX = SIM_NODES_MAX,
	JOBS_MAX = 512,
	STEPS_MAX = 400000,
	BAD_LINE = 13, /* a run fails on it */
	POISON_LINE = 66, /* ... or takes its process with it */
	LETTERS_MAX = 1024,
};

#define START_US INT64_C(1763229600000000) /* 2025-11-15T18:00:00Z */

struct dice {
	uint64_t state;
};

struct instance {
	struct world *world;
	int index;
	char name[16], host[16];
	struct sim_node node;
	struct clock clock;
	int64_t skew_ms;
	bool up, wake, exits;
	int64_t stopped_until_us, start_us, beat_us;
	bool reload;
	unsigned table; /* of phases, that its configuration has */
	int64_t league;
	unsigned starts;
	struct delivery *delivery;
	struct regen *regen;
	struct process *process;
	struct completion_queue *completions;
	struct core core;
	struct delivery_ops planted; /* core_delivery_ops with bugs in the way */
	struct metrics *metrics;
	struct {
		struct job *job;
		int64_t start_us, end_us;
	} jobs[JOBS_MAX]; /* that the pool has */
	unsigned job_count;
	bool poisoned; /* what it ran takes it with it */
	struct {
		double tokens;
		int64_t at_us;
	} buckets[PHASE_COUNT]; /* of its processors, as their rate fills them */
};

struct world {
	struct dice dice;
	const struct sim_setup *setup;
	struct sim_counts *counts;
	int64_t now_us;
	struct sim_redis redis;
	struct sim_hooks hooks;
	struct mirror mirrors[2];
	struct mirror_options options;
	struct mirror_entry log[LOG_MAX];
	unsigned log_count;
	struct mirror_key last[STREAM_COUNT];
	struct {
		char id[40];
		int entry;
	} letters[LETTERS_MAX];
	unsigned letter_count;
	struct instance instances[INSTANCES_MAX];
	unsigned instance_count;
	bool faults, fault_free, poison, slates, outside, model_outside;
	bool model_mended; /* what precompute fails on, it does no more */
	size_t outputs_bytes; /* of precompute, that an instance keeps at hand */
	unsigned breaker; /* of processors, as of struct processor_options */
	unsigned meddles; /* that an operator still does with processors */
	/* By chance of its own, so that the rest of a seed is as without: */
	struct dice more;
	bool permanent; /* what fails by its facts fails for good */
	bool refuses; /* children have too much to do now and then: nobody has tried the job, and nothing is begun for a while */
	bool buries; /* who cancels what a child does may give it up for good */
	const char *rate; /* of processors, NULL: none */
	unsigned burst;
	unsigned orders; /* that an operator still gives or takes back */
	unsigned changes, first_table; /* of instances' tables, still to come; the one they start with */
	bool blind; /* no mirror: whoever directs the run looks for himself */
	int64_t run_us; /* how long every run takes, 0: as chance has it */
	int event_ids;
	int64_t league, league_us; /* the newest, and since when */
	int64_t lag_us; /* all instances but the first get it so much later; 0: as chance has it */
	struct snapshot *snapshots[LEAGUES_MAX];
	unsigned max_in_flight, max_parked, max_needs;
	int64_t ingest_keep_us;
	int64_t up_again_us; /* Redis, after a time down */
};

/* A run without events; its instances start by themselves. sim_free() ends it. */
struct world *sim_new(const struct sim_setup *setup, struct sim_counts *counts);
void sim_free(struct world *w);
void sim_instance(struct world *w, const char *name, const char *host);
void sim_open(struct world *w); /* after the options are set and the instances are there */

struct mirror *sim_mirror(struct world *w);
struct mirror_entry *sim_new_entry(struct world *w);
void sim_add(struct world *w, struct mirror_entry *e); /* a producer adds what new_entry() gave and was filled in */
void sim_step(struct world *w);
bool sim_quiet(struct world *w);
void sim_start_instance(struct instance *i);
void sim_kill_instance(struct instance *i);
void sim_drain(struct instance *i, int64_t limit_us);
void sim_use_league(struct instance *i, int64_t n);

/* For what stands in for programs, see sim_process.h. */
bool sim_chance(struct world *w, double p);
unsigned sim_below(struct world *w, unsigned n);
bool sim_more(struct world *w, double p);
int64_t sim_run_us(struct world *w, enum phase phase); /* how long a run takes */
/* What comes of a job: a report's by its main quote, the model's by the player's own injury. */
enum sim_fate { SIM_FATE_GOOD, SIM_FATE_BAD, SIM_FATE_POISON, SIM_FATE_LOST };
enum sim_fate sim_fate_of(struct world *w, const struct job *job);
void sim_write(struct world *w, const struct job *job, char report[REPORT_MAX]); /* its report, or output */

#endif
