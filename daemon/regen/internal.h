/* What the files of this folder share. Nobody else includes it. */
#ifndef REGEN_INTERNAL_H
#define REGEN_INTERNAL_H

#include "base/queue.h"
#include "base/table.h"
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
	bool settling; /* backs off for the rest of a poll, and not for a failure */
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
	struct player *player;
	struct snapshot *snapshot; /* counted */
	struct arena *arena;
	bool out; /* the job is with process */
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
	int64_t held_until_us; /* the head of the queue is, INT64_MAX: is not */
	bool paused, stopped;
};

void player_key_set(struct player_key *key, enum phase phase, date_t date, const char *lookup);
struct player *player_find(const struct regen *r, enum phase phase, date_t date, const char *lookup);

#endif
