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
#include "history/history.h"
#include "metrics/metrics.h"
#include "process/process.h"
#include "regen/past.h"
#include "regen/priority.h"
#include "trace/trace.h"

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
	struct trace *trace; /* NULL: steps are not recorded */
	size_t past_bytes; /* of what is remembered of runs and reports; 0: nothing is */
	struct history *history; /* hears of each run; NULL: there is none */
	const char *instance; /* ours, for it; as long there as regen */
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

/* What keeps a player from a run, as the scheduler has it. */
enum gate_verdict {
	GATE_OPEN, /* nothing: he is begun in the next turn */
	/* who waits and is next: */
	GATE_SESSION, /* there is no session with Redis */
	GATE_DRAIN, /* nothing is begun any more */
	GATE_PAUSE, /* of all */
	GATE_ALONE, /* somebody runs alone, or is about to, as processes died running him */
	GATE_TROUBLE, /* the processor takes no jobs: process_trouble() */
	GATE_PLACE, /* all its places are taken, or those for his level */
	GATE_RATE, /* the processor's rate; until then */
	GATE_BURST, /* entries queue up that may be of him; until then at most */
	GATE_REPORT, /* of precompute: his report is made first, on the output that stands; until then at most */
	/* others: */
	GATE_TURN, /* somebody is before him */
	GATE_NO_PHASE,
	GATE_DATE, /* the date waits for its league: delivery_date_waits() */
	GATE_ASKED, /* Redis is asked */
	GATE_RUNS,
	GATE_BACK_OFF, /* after a failed or lost run; until then */
	GATE_SETTLE, /* more quotes of the same poll; until then */
	GATE_BUSY, /* another instance runs him; asked again then */
	GATE_MUST_ALONE, /* he is to run alone, and others run */
	GATE_MEMORY, /* there was none */
	GATE_ORDER, /* a pause or mute keeps his entries from a run */
	GATE_GIVEN_UP, /* his last run failed, and no other try is owed */
	GATE_NOTHING, /* no entry needs one */
	GATE_VERDICTS
};
const char *gate_name(enum gate_verdict verdict); /* "open", "place", ... */

struct gate {
	enum gate_verdict verdict;
	int64_t until_us; /* monotonic; 0: not known */
	const struct processor *processor; /* of TROUBLE, PLACE, RATE and RUNS */
	const struct order *order; /* of ORDER */
};
struct gate gate_look(const struct regen *r, enum phase phase, date_t date, const char *lookup);

/* Why he waits at his level: each that has a say, whether it is the highest or not. */
struct player_claim {
	enum level level;
	const char *reason; /* as of struct player_view */
	int stream; /* of "type" and "event"; else -1 */
	const struct order *order; /* of "order" */
};

struct player_before { /* somebody who goes first */
	const char *lookup;
	date_t date;
	enum level level;
	int64_t waited_us;
};

struct player_cause { /* an entry that waits for his run */
	struct past_cause entry;
	int64_t version, came_ms;
	bool later; /* of precompute: the report is to follow */
};

enum { WHY_CLAIMS = 16, WHY_BEFORE = 5, WHY_CAUSES = 10 };

struct player_why { /* pointers are good until the next call into regen */
	struct gate gate;
	struct gate head; /* where others are before him: what the first of them waits for */
	struct player_claim claims[WHY_CLAIMS];
	size_t claim_count;
	struct player_before before[WHY_BEFORE]; /* the first to go first */
	size_t before_count;
	struct player_cause causes[WHY_CAUSES]; /* the newest first */
	size_t cause_count;
	int64_t output_at; /* of a report: the output of precompute that it reads; 0: not known */
	const struct past *past; /* NULL: nothing is remembered */
};
void regen_why(struct regen *r, enum phase phase, date_t date, const char *lookup, struct player_why *ret);

/* Calls `fn` for each job that is out. It may be cancelled. */
void regen_jobs(const struct regen *r, void (*fn)(void *arg, struct job *job), void *arg);
const struct processor *regen_processor(const struct regen *r, enum phase phase); /* NULL: there is no such phase */

struct regen_stats {
	unsigned state[PLAYER_STATES];
	unsigned waiting[LEVEL_COUNT];
	unsigned places, taken; /* compute window or slots, and how many of them are in use */
	bool paused;
};
void regen_stats(const struct regen *r, struct regen_stats *ret);

#endif
