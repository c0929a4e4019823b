/* What the files of this folder share. Nobody else includes it. */
#ifndef REGEN_INTERNAL_H
#define REGEN_INTERNAL_H

#include "base/queue.h"
#include "base/table.h"
#include "regen/past.h"
#include "regen/regen.h"

struct need { /* of one entry; owned by the player until it is settled */
	struct need *next;
	struct entry *entry;
	int64_t version;
	int64_t later; /* of precompute: what the report is to reach once this is settled; 0: no more than the output */
};

struct player_key {
	date_t date;
	enum phase phase;
	char lookup[LOOKUP_SIZE]; /* the hash covers the bytes up to its end */
};

/* A player of one date in one phase: each phase of him waits, runs and is settled by itself. */
struct player {
	struct player_key key;
	enum player_state state;
	enum level level;
	const char *reason;
	enum gate_verdict rests; /* what he backs off for */
	bool pinned; /* in hand: it is not forgotten */
	bool ordered; /* an order gave it, so only an entry's own priority raises */
	struct queue_node node; /* of the waiting queue, or of the timers while backing off */
	int64_t since_us; /* waiting or running since */
	struct need *needs; /* the newest first */
	unsigned need_count;
	int64_t committed; /* as heard in this session */
	int64_t output_at; /* of precompute: the output's version, as heard with it */
	struct kept_output *output; /* of a report: what is at hand of his output; NULL: nothing */
	struct run *run;
	struct past *past; /* NULL: nothing is remembered */
	uint64_t given; /* what his last committed report recommends: job.given_which */
	uint64_t runs, failures;
	int64_t last_commit_ms, last_run_us;
	char *last_error; /* NULL: none */
	UT_hash_handle hh;
};

struct dated {
	date_t date;
	unsigned players;
	UT_hash_handle hh;
};

struct run {
	struct ticket ticket;
	struct job job;
	struct processor *processor; /* taken; NULL: not yet */
	bool asked; /* counted in processor->asked: delivery has not answered */
	struct player *player;
	struct snapshot *snapshot; /* counted */
	struct arena *arena;
	bool out; /* the job is with process */
	struct past_cause cause; /* the newest entry that it is for */
	unsigned causes;
	int64_t step_us; /* of its newest step in the trace */
	int64_t waited_us; /* in the queue */
	bool told; /* the history knows of it, and not yet what came of it */
	struct run *next, *prev;
};

struct regen {
	struct regen_options options;
	struct delivery *delivery;
	struct process *process;
	struct priority_policy *policy;
	struct processor *processors[PHASE_COUNT]; /* NULL: there is no such phase */
	struct snapshot *snapshot;
	struct player *players; /* hash */
	struct dated *dates; /* hash */
	struct queue waiting[PHASE_COUNT], timers;
	unsigned waiting_at[LEVEL_COUNT], states[PLAYER_STATES];
	struct outputs outputs;
	struct pasts pasts;
	struct run *runs; /* all that are begun, a list */
	unsigned run_count;
	struct run *alone; /* nothing else may run */
	struct player *next_alone; /* waits for everything else to end */
	struct run *spare;
	unsigned spare_count;
	struct need *spare_needs;
	unsigned spare_need_count;
	struct job *batch[512]; /* begun in this turn, not handed in yet */
	size_t batch_count;
	enum gate_verdict gates[PHASE_COUNT]; /* of the head of each queue, as it was noted last */
	int64_t gate_us[PHASE_COUNT]; /* and when */
	int64_t held_until_us; /* the head of the queue is, INT64_MAX: is not */
	bool paused, stopped;
	unsigned workers;
};

struct ending { /* how needs end */
	enum settled how;
	const char *reason, *error;
	unsigned attempts;
};

static inline int64_t regen_now_us(const struct regen *r)
{
	return clock_mono_us(r->options.clock);
}

static inline struct player *player_of_node(struct queue_node *node)
{
	return (struct player *)((char *)node - offsetof(struct player, node));
}

/* --- players.c: the table, and each one's state ------------------------------------------------------------------- */

struct player *player_find(const struct regen *r, enum phase phase, date_t date, const char *lookup);
struct player *player_get(struct regen *r, enum phase phase, date_t date, const char *lookup); /* NULL: no memory */
void player_free(struct regen *r, struct player *p);
/* Every change of state. `at_us`: when a player that backs off is looked at again. */
void player_enter(struct regen *r, struct player *p, enum player_state state, int64_t at_us);
void player_wait(struct regen *r, struct player *p);
void player_back_off(struct regen *r, struct player *p, int64_t us, enum gate_verdict why);
void player_rest(struct regen *r, struct player *p);
/* A waiting player's new level takes effect at once; his wait so far counts on. */
void player_set_level(struct regen *r, struct player *p, enum level level, const char *reason);

struct past_cause cause_of(const struct entry *e);
/* Records a step of his; the fact says what is beside him and the entry. NULL: of none. Returns its time. */
int64_t player_step(struct regen *r, const struct player *p, struct trace_fact fact, const struct past_cause *cause,
	int64_t since_us);

/* --- gate.c ------------------------------------------------------------------------------------------------------- */

struct gate gate_of_all(const struct regen *r); /* what keeps anybody */
struct gate gate_of_head(const struct regen *r, const struct player *p); /* he waits, and nobody stands before him */
void gate_note(struct regen *r, enum phase phase, const struct player *head, struct gate gate); /* where it changed */

/* --- needs.c: what he needs, and how each need ends --------------------------------------------------------------- */

void player_level(struct regen *r, struct player *p); /* by his needs, tier, tip-off and orders */
size_t player_claims(struct regen *r, struct player *p, struct player_claim ret[WHY_CLAIMS]); /* each that has a say */
void player_go_on(struct regen *r, struct player *p); /* after an answer or a run: what is not covered waits again */
int64_t needs_highest(const struct player *p);
void needs_withhold(struct regen *r, struct player *p); /* what an order keeps from a run is delivery's from here on */
void needs_learn(struct regen *r, struct player *p, int64_t committed, enum settled how);
/* Ends the needs that too many runs have failed for, or without `failed` those up to the version `most`. */
void needs_kill(
	struct regen *r, struct player *p, const struct failed_runs *failed, int64_t most, const struct ending *end);
void needs_hear_output(struct regen *r, struct player *p, const struct ticket *t);
void needs_wait_no_more(struct regen *r, struct player *p);
void needs_drop(struct regen *r, struct player *p);
void needs_give_back(struct regen *r); /* memory kept for the next ones */

/* --- runs.c ------------------------------------------------------------------------------------------------------- */

bool run_begin(struct regen *r, struct player *p); /* false: no memory */
void run_free(struct regen *r, struct run *run);
void runs_hand_in(struct regen *r); /* those that were begun, to process */
void runs_give_back(struct regen *r);

#endif
