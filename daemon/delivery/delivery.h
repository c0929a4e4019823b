/*
 * Delivery: the protocol between propsd and Redis (docs/delivery.md). It reads entries, has them applied to the live
 * state, tells who needs a run, begins and commits runs under run tokens, and acknowledges an entry when all that need
 * it have been settled. It decides nothing about when a player runs.
 *
 * Everything here is for the loop thread. Nothing blocks: calls queue work that delivery_turn() sends in lists, answers
 * come through `struct delivery_ops`. No function of `ops` is called from inside a call into delivery other than
 * delivery_turn() and delivery_tick(), nor does an `ops` function need to avoid calling back.
 */
#ifndef DELIVERY_DELIVERY_H
#define DELIVERY_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "delivery/entry.h"
#include "delivery/order.h"
#include "delivery/ticket.h"
#include "metrics/metrics.h"
#include "metrics/warnings.h"
#include "delivery/strangers.h"
#include "redis/transport.h"
#include "slate/slate.h"
#include "trace/trace.h"

struct delivery;

struct delivery_options {
	const struct redis_transport *transport;
	struct redis_conn_options connection; /* where; its callbacks are ignored */
	/* Asked for each session anew: fills in user, password and files of TLS, texts that last until
	 * the call of transport->open. -errno: there are none now, which is tried again. NULL: `connection` has them. */
	int (*credentials)(void *arg, struct redis_conn_options *connection, struct err *err);
	void *credentials_arg;
	const struct clock *clock;
	struct metrics *metrics;
	struct trace *trace; /* NULL: steps are not recorded */
	struct warnings *warnings; /* may be NULL */
	const char *prefix, *group, *name;
	int64_t keep_us; /* how long a date's keys live after it */
	int64_t ingest_keep_us; /* how long settled entries stay in the input streams; 0 = never trimmed */
	int64_t max_delay_us; /* not_before may lie so far ahead; 0 = anywhere */
	bool accept_past;
	bool notes_outputs; /* commits of precompute leave notices as well, for delivery_notices() */
	int64_t silent_after_us; /* a book that has been silent for so long is looked at; 0: none is */
	bool refuse_strangers; /* entries for who is unknown become dead letters; never without a league */
	unsigned max_in_flight, max_parked, max_deliveries, max_attempts;
	unsigned max_needs; /* open ones: nothing more is applied until some are settled; 0: 200,000, some 10 MB */
	int64_t back_off_us, max_back_off_us; /* the second counts where it is the longer */
};

enum stop_reason { STOP_NAME_TAKEN, STOP_DATA, STOP_REFUSED }; /* STOP_REFUSED: password or rights */

struct delivery_ops {
	/* `player` needs this phase to be at least as new as `need`; Redis has committed `committed` of him (0: not told
	 * here, begin will). `later`, of precompute: once this need is settled his report must be at least that new, and
	 * as the output that stands then: delivery_also_needs(). The entry stays until delivery_settle() was called for
	 * this need. */
	void (*need)(void *arg, struct entry *e, enum phase phase, const char *player, int64_t need, int64_t committed,
		int64_t later);
	void (*begun)(void *arg, struct ticket *t);
	void (*committed)(void *arg, struct ticket *t, bool accepted);
	void (*failed)(void *arg, struct ticket *t); /* t->failed is filled; the token is gone */
	/* What was asked for by delivery_peek(): t->live and the like, or -errno: -EAGAIN the session was lost, -EBUSY the
	 * date waits (delivery_date_waits()), -ENOMEM. Not to be asked again from inside. NULL: nobody peeks. */
	void (*peeked)(void *arg, struct ticket *t, int result);
	/* Start over: all entries and needs are void, forget them; running jobs go on, their tickets stand. */
	void (*forget)(void *arg);
	void (*orders)(void *arg); /* standing orders changed, see delivery_changed_orders() */
	void (*slate_changed)(void *arg, date_t date);
	void (*outdated)(void *arg); /* a date is computed from another league database than the one in use */
	void (*ready)(void *arg, bool ready); /* connected and reading, or not */
	void (*stop)(void *arg, enum stop_reason reason, const char *why); /* cannot go on: exit */
	void (*wake)(void *arg); /* work is queued: call delivery_turn() soon */
};

int delivery_new(const struct delivery_options *options, const struct delivery_ops *ops, void *arg,
	struct delivery **ret, struct err *err);
void delivery_free(struct delivery *d); /* cuts the connections; NULL is fine */

void delivery_start(struct delivery *d);
void delivery_reconnect(struct delivery *d, const char *why); /* a new session at once, as after a loss */
void delivery_turn(struct delivery *d); /* sends what is queued; once a loop turn */
void delivery_tick(struct delivery *d); /* does what is due by the clock */
int64_t delivery_next_us(const struct delivery *d); /* monotonic time of the next tick */

/* The snapshot that slates are built over; NULL: none. Counted by the caller: it must stay until the next call. */
void delivery_use_league(struct delivery *d, const struct snapshot *snapshot);

/* What sources call the teams: the snapshot's table; the NBA's without one. Until the next change of the league. */
const struct teams *delivery_teams(const struct delivery *d);

/* What the options that change reports are now. Those of reports that stand were others: these dates are made again. */
void delivery_use_options(struct delivery *d, struct fingerprint options);

/* What makes reports now, as a name: each report and output notes it, and one with another was made by an older model. */
void delivery_use_model(struct delivery *d, struct fingerprint model);

/* --- runs: each is answered exactly once through ops, unless the process starts over first (see ops.forget: a ticket
 * that was asked for and not answered is then void; one that is held stays). */
void delivery_begin(struct delivery *d, struct ticket *t);
/* What a begin would give now, without one: nothing is written, there is no token and nothing to be ended. Answered by
 * ops.peeked once, if need be in a later session; the ticket stays until then. */
void delivery_peek(struct delivery *d, struct ticket *t);
/* `given`: what it recommends (report_given()), NULL: nothing, or what an earlier one did. All until answered. */
void delivery_commit(struct delivery *d, struct ticket *t, const char *report, size_t length, const char *given);
/* Of precompute: its output in place of a report. All until answered. */
void delivery_output(struct delivery *d, struct ticket *t, const char *bytes, size_t length, const char *processor,
	int64_t generated_ms);
/* `error` until answered. `permanent`: no other try can mend it, so its causes are dead letters at once. */
void delivery_fail(struct delivery *d, struct ticket *t, const char *error, bool permanent);
void delivery_release(struct delivery *d, struct ticket *t); /* no answer; the ticket is free at once */

/* What is in force from here on; all that was read is judged anew if it is another than before. Before
 * delivery_start(), or at a reload. */
void delivery_use_phases(struct delivery *d, const struct phases *phases);
const struct phases *delivery_phases(const struct delivery *d);

/* An entry that has an open need has another one now, of the report, which was found out by settling the first: call this
 * before that. */
void delivery_also_needs(struct delivery *d, struct entry *e);

/* One player's need of an entry is over, in one phase. For SETTLED_DEAD with the reason ("failed", "poison") and the run's
 * error. */
void delivery_settle(struct delivery *d, struct entry *e, enum phase phase, enum settled how, const char *player,
	const char *reason, const char *error, unsigned attempts);

/* Whether a standing order keeps the need from a run: a pause or mute of the player, or while ops->need is called a mute
 * of its entry. Then delivery has taken it, as with delivery_settle(). */
bool delivery_withhold(struct delivery *d, struct entry *e, enum phase phase, const char *player, int64_t need);

/* The standing order that keeps this player's needs from a run, whatever their entries: a pause or else a mute of him, his
 * game or his team; NULL: none does. Good until orders change. */
const struct order *delivery_withheld_by(struct delivery *d, date_t date, const char *player);

/* --- what is known ---------------------------------------------------------------------------------------------- */
const char *delivery_stream_key(const struct delivery *d, enum stream stream); /* "props:odds"; good as long as d */
bool delivery_ready(const struct delivery *d);
const char *delivery_state(const struct delivery *d); /* a few words for `status` */
struct slate *delivery_slate(struct delivery *d, date_t date); /* NULL: not loaded (yet); asks for it */
void delivery_refresh_slate(struct delivery *d, date_t date); /* reads it anew if it may be: not loaded until then */
/* What is wrong with a date's league, for people. */
struct date_trouble {
	date_t date;
	bool waits; /* nothing is done on that date here; else its league's content is another here */
	char why[600];
};
size_t delivery_troubles(const struct delivery *d, struct date_trouble *ret, size_t max); /* how many were put there */
bool delivery_date_waits(const struct delivery *d, date_t date, struct date_trouble *ret);
int64_t delivery_redis_ms(const struct delivery *d); /* Redis' clock, as well as we know it */
const char *delivery_redis_version(const struct delivery *d); /* as of the last look; "": not known */
/* A burst that may be of this player: more entries wait here to be applied than a list holds, or in Redis than a read
 * brings. */
bool delivery_behind(const struct delivery *d, date_t date, const char *player);
unsigned delivery_in_flight(const struct delivery *d);
unsigned delivery_parked(const struct delivery *d);
unsigned delivery_needs(const struct delivery *d); /* told of and not settled */
unsigned delivery_aside(const struct delivery *d); /* held back by a pause: pending in Redis, not in memory */
unsigned delivery_unacked(const struct delivery *d); /* entries in flight, parked, or with an ack on the way */
/* How long the oldest entry that is not settled has waited since it came, or was due, by Redis' clock. 0: there is none;
 * -1: not known, as 10,000 that wait for their time are before it. */
int64_t delivery_oldest_us(const struct delivery *d);

/* How all instances stand together, as Redis told with the last heartbeat. */
struct delivery_glance {
	int64_t at_ms; /* Redis' clock; 0: not heard yet */
	int64_t letters; /* dead letters that stand */
	unsigned instances; /* that live */
	char names[240]; /* theirs, blanks between, cut */
	struct delivery_glanced {
		int64_t last_ms; /* when the last entry came; 0: never one */
		int64_t pending, unread; /* entries read and not acknowledged, not read (-1: not known) */
		int64_t oldest_ms; /* when the first of the pending ones came; 0: none */
	} streams[STREAM_COUNT];
};
const struct delivery_glance *delivery_glance(const struct delivery *d);

/* Books that fell silent on a date, as of the last look at them; *ret_all: of several all did, so it is the feed. */
struct silent_book {
	char book[64];
	int64_t last_ms, longest_ms; /* its last quote, and its longest pause before */
};
size_t delivery_silent(const struct delivery *d, date_t date, struct silent_book *ret, size_t max, bool *ret_all);

/* Names that nobody knows, as this instance has seen them: newest first, of one kind or of all (STRANGER_KINDS), up to
 * `max`; the number. *ret_total: how many there are. Names that were made known since are gone. */
size_t delivery_strangers(
	struct delivery *d, enum stranger_kind kind, struct stranger_row **ret, size_t max, size_t *ret_total);
/* How many of each kind, each name once a book; *ret_left_out: rows that had to make room for others. */
void delivery_stranger_counts(const struct delivery *d, unsigned ret[STRANGER_KINDS], uint64_t *ret_left_out);
/* Fills in what is nearest to it, if that is not known yet; of a flood of names some at a time, so that who asks again
 * after a second has more: until then near_count is 0. */
void delivery_stranger_nearest(struct delivery *d, struct stranger_row *row);

/* --- standing orders: valid on all instances, surviving restarts ------------------------------------------------ */
const struct order *delivery_order(const struct delivery *d, const struct order_key *key); /* NULL: none, or it ended */
/* The one that counts for a player: his own before his game's before his team's, each of the date before of any. */
const struct order *delivery_order_of_player(const struct delivery *d, enum order_kind kind, date_t date,
	const char *player, const char *game, const char *team);
const struct order *delivery_next_order(
	const struct delivery *d, const struct order *after); /* all, in no order; NULL begins and ends */
bool delivery_orders_by_slate(const struct delivery *d); /* any that name a team or a game */
/* Inside ops->orders: what changed since the last. */
size_t delivery_changed_orders(const struct delivery *d, const struct order_key **ret_keys);

/* --- for operators: plain requests beside the protocol. `done` is called once with the reply, or with NULL if the
 * connection was lost or is not there. */
typedef void delivery_reply_fn(void *data, const struct value *reply);
void delivery_publish(struct delivery *d, enum stream stream, const char *const *fields,
	size_t count /* names and values */, delivery_reply_fn *done, void *data);
/* A due time of a schedule: its entries, added to `regenerate` once over all instances. The reply's parts stand in
 * contract.h (SCHEDULE_OUT_...). */
struct delivery_due {
	const char *name, *rule; /* when it is due, as a text: another one is another schedule */
	int64_t due_ms; /* the last due time up to now */
	int64_t since_ms; /* due times up to there were dealt with by this process, 0: not asked before */
	const char *const *fields; /* names and values, `each` of them an entry */
	size_t entries, each;
};
void delivery_fire(struct delivery *d, const struct delivery_due *due, delivery_reply_fn *done, void *data);
/* The committed report, or what precompute gave. */
void delivery_report(
	struct delivery *d, date_t date, const char *player, enum phase phase, delivery_reply_fn *done, void *data);
/* An entry as it came, in a list that is empty where it is not kept any more. Only of one that was read: who knows how
 * large others are. */
void delivery_entry(struct delivery *d, enum stream stream, const char *id, delivery_reply_fn *done, void *data);
/* Notices of the phase's commits behind that id, up to `limit`, oldest first. */
void delivery_notices(
	struct delivery *d, enum phase phase, const char *behind, unsigned limit, delivery_reply_fn *done, void *data);
/* Who ever ran on a date: names by the alphabet. */
void delivery_ran(struct delivery *d, date_t date, delivery_reply_fn *done, void *data);
/* How his lines moved: for lines_parse(). With `reports` also what was recommended, and by which report (the
 * LINES_OUT_... of contract.h). */
void delivery_lines(
	struct delivery *d, date_t date, const char *player, bool reports, delivery_reply_fn *done, void *data);
/* The reply is Redis' own, an integer or its error; what was ordered, or taken back, holds here when `done` is called. */
void delivery_set_order(struct delivery *d, const struct order *order, delivery_reply_fn *done, void *data);
void delivery_end_order(struct delivery *d, const struct order_key *key, delivery_reply_fn *done, void *data);
/* Other spellings of players, of all instances; both names are lookups. {enum alias_answer, the alias in the way, reports
 * withdrawn, facts moved}; whom it meant, or nil; the hash. */
void delivery_alias(struct delivery *d, const char *spelling, const char *player, const char *by,
	delivery_reply_fn *done, void *data);
void delivery_unalias(struct delivery *d, const char *spelling, delivery_reply_fn *done, void *data);
void delivery_aliases(struct delivery *d, delivery_reply_fn *done, void *data);
/* {entries of the group that are read and not acknowledged, streams with entries that nobody has read} */
void delivery_left(struct delivery *d, delivery_reply_fn *done, void *data);
/* nil: not settled yet; else {} or, of its dead letter, {reason, error, players} */
void delivery_fate(struct delivery *d, enum stream stream, const char *id, delivery_reply_fn *done, void *data);

/* --- dead letters: how many there are; up to `count` from one id to the other, as XRANGE or, newest first, XREVRANGE takes
 * and gives them. */
void delivery_dead_count(struct delivery *d, delivery_reply_fn *done, void *data);
void delivery_dead_range(struct delivery *d, bool newest_first, const char *from, const char *to, unsigned count,
	delivery_reply_fn *done, void *data);
struct delivery_retry {
	const char *letter; /* its id */
	const char *date; /* of the players' failures, which are forgotten; "": not known */
	const char *const *players;
	size_t player_count;
	const char *const *fields; /* names and values: the entry, in case its stream has it no more */
	size_t field_count;
};
/* The new entry's id; nil: there is no such letter; else how many fields the entry has, which cannot be made again: 0, or
 * too many. */
void delivery_dead_retry(struct delivery *d, const struct delivery_retry *retry, delivery_reply_fn *done, void *data);
/* Takes letters away, at least one: how many were there. */
void delivery_dead_drop(
	struct delivery *d, const char *const *letters, size_t count, delivery_reply_fn *done, void *data);
/* Looks at all that is warned of, as each minute does; `done` when the warnings are up to date. */
void delivery_watch(struct delivery *d, delivery_reply_fn *done, void *data);
void delivery_rights(struct delivery *d, delivery_reply_fn *done, void *data); /* [commands that Redis refuses us] */

/* Drain: reads no more; when no run is held and delivery_flushed(), delivery_leave(). */
void delivery_stop_reading(struct delivery *d);
bool delivery_flushed(const struct delivery *d); /* nothing settled waits for its ack, no list is on the way */
void delivery_leave(struct delivery *d, delivery_reply_fn *done, void *data); /* gives the name back */

#endif
