/*
 * The story of a regeneration: who needs one, when it is his turn, what came of it. regen owns the player table and
 * the waiting queue; delivery tells it who needs which version, process does the work. Everything here is for the
 * loop thread.
 *
 *   need -> waiting -> (a place is free) -> begin -> run -> commit or fail -> settled, or waiting again
 *
 * One run a player at a time. A player waits once, whatever the number of causes; his next run carries all of them.
 * After a run each cause's need is compared with the version that was committed: what is not covered makes him wait
 * again, so there is no flag that could be lost.
 */
#ifndef REGEN_REGEN_H
#define REGEN_REGEN_H

#include <stdbool.h>
#include <stdint.h>

#include "delivery/delivery.h"
#include "metrics/metrics.h"
#include "process/process.h"
#include "regen/priority.h"

struct regen;

enum player_state {
	PLAYER_IDLE,
	PLAYER_WAITING, /* in the queue */
	PLAYER_BEGINNING, /* Redis is asked */
	PLAYER_RUNNING, /* computing, or its commit on the way */
	PLAYER_BACKING_OFF, /* asked again at a time */
	PLAYER_STATES
};
const char *player_state_name(enum player_state state);

struct regen_options {
	const struct clock *clock;
	struct metrics *metrics;
	int64_t step_us; /* of aging */
	unsigned max_attempts, max_deliveries;
	size_t outputs_bytes; /* of precompute, that are kept at hand */
};

int regen_new(const struct regen_options *options, struct regen **ret, struct err *err);
void regen_free(struct regen *r); /* with no job out; NULL is fine */

/* Who it works with; both outlive it. */
void regen_wire(struct regen *r, struct delivery *delivery, struct process *process);

/* From here on: this policy (owned by regen then), these processors (precompute NULL: there is no such phase), these
 * workers. */
void regen_configure(struct regen *r, struct priority_policy *policy, struct processor *report,
	struct processor *precompute, unsigned workers, int64_t step_us);
void regen_set_workers(struct regen *r, unsigned workers);
/* The league that runs are computed from; counted per run. */
void regen_use_league(struct regen *r, struct snapshot *snapshot);

/* delivery's answers (struct delivery_ops) and process's. */
void regen_need(struct regen *r, struct entry *e, enum phase phase, const char *player, int64_t need, int64_t committed,
	int64_t later);
void regen_begun(struct regen *r, struct ticket *t);
void regen_committed(struct regen *r, struct ticket *t, bool accepted);
void regen_failed(struct regen *r, struct ticket *t);
void regen_forget(struct regen *r);
void regen_done(struct regen *r, struct job *job);
void regen_orders_changed(struct regen *r);
void regen_slate_changed(struct regen *r, date_t date);

/* Begins whom places are free for, and hands begun runs to process: once a loop turn. */
void regen_turn(struct regen *r);
void regen_tick(struct regen *r);
int64_t regen_next_us(const struct regen *r);

/* Drain: begins nothing any more. */
void regen_stop(struct regen *r);
unsigned regen_runs(const struct regen *r); /* begun and not ended */
void regen_release(struct regen *r); /* hands the tokens of all that still run back: their results are void */
/* Frees what is kept for the next runs and needs: small pieces that a burst left all over the heap. */
void regen_give_back(struct regen *r);

/* --- what is known ---------------------------------------------------------------------------------------------- */

struct player_view { /* texts are good until the next call into regen */
	date_t date;
	const char *lookup;
	enum phase phase;
	enum player_state state;
	enum level level; /* waiting or running at */
	const char *reason; /* what gave it that level: "event", "type", "tier", "tip-off", "order", "aging" */
	size_t place; /* waiting: how many go before */
	int64_t waited_us; /* waiting: since when */
	int64_t running_us; /* running: since when */
	unsigned causes;
	int64_t committed; /* version, as last heard; 0 unknown */
	uint64_t runs, failures; /* in this process */
	int64_t last_commit_ms;
	int64_t last_run_us;
	const char *last_error; /* "" = none */
};

/* Calls `fn` for each player that is not idle, in the order of service, then idle ones if asked for. */
void regen_players(const struct regen *r, bool idle, bool (*fn)(void *arg, const struct player_view *view), void *arg);
bool regen_player(const struct regen *r, enum phase phase, date_t date, const char *lookup, struct player_view *ret);
/* Dates on which this player is known, newest first; the number, at most `max`. */
size_t regen_dates(const struct regen *r, const char *lookup, date_t *ret, size_t max);

/* Calls `fn` for each job that is out. It may be cancelled. */
void regen_jobs(const struct regen *r, void (*fn)(void *arg, struct job *job), void *arg);
const struct processor *regen_processor(const struct regen *r, enum phase phase); /* NULL: there is no such phase */

struct regen_stats {
	unsigned state[PLAYER_STATES];
	unsigned waiting[LEVEL_COUNT];
	int64_t oldest_wait_us[LEVEL_COUNT];
	unsigned places, taken; /* compute window or slots, and how many of them are in use */
	bool paused;
};
void regen_stats(const struct regen *r, struct regen_stats *ret);

#endif
