/* What the files of this folder share: the state of one delivery, and who offers what. Nobody else includes it. */
#ifndef DELIVERY_INTERNAL_H
#define DELIVERY_INTERNAL_H

#include <assert.h>

#include "base/log.h"
#include "base/table.h"
#include "delivery/delivery.h"
#include "delivery/league.h"
#include "delivery/list.h"
#include "delivery/scripts.h"
#include "delivery/strangers.h"
#include "delivery/todo.h"
#include "ingest/decode.h"
#include "league/team.h"

enum {
	COST_MAX = 2048, /* items of an apply list and the players they name: some 3 ms of Redis */
	NEEDS_MAX = 200000, /* open needs */
	LIST_MAX = 128, /* items of one script call: about a millisecond of Redis */
	GATHER_US = 10000, /* how long entries of a burst wait for others of their players */
	APPLIES_OUT_MAX = 4, /* apply lists on the way: Redis never waits for us, and a raise never for long */
	BEAT_US = 2000000, /* heartbeat and claims */
	BEAT_TTL_MS = 10000, /* of the heartbeat key */
	WATCH_US = 5000000, /* how long a name on another host is watched before it is taken */
	ORDERS_US = 500000, /* standing orders are looked at: valid everywhere within a second */
	UPKEEP_US = 60000000, /* trim, compare the pending list */
	BACK_OFF_MIN_US = 100000,
	BACK_OFF_MAX_US = 10000000,
	GRACE_US = 10000000, /* how long a refusal (password, rights, type) may last before we stop */
	NAMED_SIZE = GAME_ID_SIZE + TEAM_SIZE, /* a game and its team, a blank between */
	DEAD_KEPT = 100000,
	REPORTS_KEPT = 100000,
	DAYS_MAX = 400,
	DAYS_BEFORE =
		1, /* dates whose reports are made again for a new league or new options, though no entry speaks of them */
	DAYS_AHEAD = 7,
};

enum day_state {
	DAY_UNKNOWN,
	DAY_ASKED,
	DAY_OUTDATED,
	DAY_BEHIND, /* known; its league must be raised before anything is done on that date */
	DAY_READY,
};

struct tickets {
	struct ticket *head;
	unsigned count;
};

struct day {
	date_t date;
	char text[DATE_SIZE];
	enum day_state state;
	int64_t asked_us; /* when its slate was last asked for */
	struct books *books; /* books.c; NULL: nothing was heard or is to be */
	bool used; /* there is work on that date, or it is there already: to look at one writes nothing */
	struct slate *slate;
	int64_t slate_version;
	int64_t aliases_version; /* of those in the slate */
	char league[LEAGUE_TEXT_SIZE]; /* what it is computed from, "" = nothing yet */
	enum league_order order; /* of ours against it */
	int64_t ask_us; /* when an outdated day is asked for again */
	int64_t free_us; /* since then no living instance has its league, as far as we know; 0: one has */
	bool taking; /* asked for with leave to take it over */
	char holder[128]; /* the instance that has it, "" = not known */
	unsigned looks; /* at it, since it waits */
	bool handing; /* a list of its entries is being handed over */
	struct fingerprint said; /* of what the log was told about its league */
	bool written; /* since its keys' expiry was set, at touch_us at the earliest again */
	int64_t touch_us;
	struct todo todo;
	enum todo_kind turn; /* whose list is next */
	bool slate_out; /* slate entries are on the way: entries and begins wait for the slate that comes of them */
	unsigned ran; /* how many were in the last list of those that no roster has */
	struct tickets begins, commits, outputs, fails, peeks;
	LIST(struct mute) mutes; /* to be noted */
	UT_hash_handle hh;
};

#define NO_ROSTER SIZE_MAX

/* A team's roster as a begin list was sent with it; the slate may be another by the answer. */
struct roster {
	const struct slate_team *team; /* only to be compared, while the list is made */
	size_t at; /* of its first player among those of all rosters of the list */
	size_t count;
	char *names; /* one behind the other, each with its NUL */
	size_t bytes;
	size_t *offsets; /* of each */
};

/* An apply, mute, begin, commit or fail list on the way. Owned by delivery until its reply, or until start over. */
struct call {
	struct call *next, *prev;
	struct day *day;
	unsigned leagues; /* d->leagues when it was sent */
	struct arena *arena;
	unsigned count;
	/* Of the last item of an apply list, where it is of this player's hash alone; else the player is "". */
	char player[LOOKUP_SIZE], named[NAMED_SIZE];
	bool slate; /* an apply list of slate entries */
	int64_t heard_us; /* when its answer came */
	size_t cost; /* items, and the players they name */
	struct ran { /* who once ran, and no roster of a game has; texts of the reply */
		const char *player, *done_in, *game, *team;
	} * ran;
	size_t ran_count;
	struct roster *rosters; /* of a begin list, each once: a team's players are mostly begun together */
	size_t roster_count, rostered; /* the players on them */
	const enum injury_status *statuses; /* theirs, of its reply */
	struct call_item {
		struct entry *entry;
		const struct affected *affected;
		bool alone; /* the player's own hash and nobody else: the answer is short */
		const char *player; /* whom the entry is about, as the list was made; "" = nobody */
		int64_t version; /* of a slate entry: what its field stands at, 0: it counts for nothing */
		struct ticket *ticket;
		struct mute *mute;
	} items[LIST_MAX];
};

/* What a dead letter will say of an entry. */
struct burial {
	char reason[16];
	char field[64];
	struct str error, players;
	unsigned attempts;
};

/* Dead letters of one kind, summed up for the log. */
enum { LETTER_KINDS = 64, LETTER_NAME_SIZE = 160 };
struct letter_log {
	struct letter_kind {
		char name[LETTER_NAME_SIZE]; /* "": free */
		char newest[700];
		int64_t next_us; /* when it is summed up */
		unsigned more; /* since the last line */
	} kinds[LETTER_KINDS];
};

enum session_state {
	SESSION_DOWN,
	SESSION_CONNECTING,
	SESSION_STARTING, /* the steps of handshake.c */
	SESSION_WAITING, /* in a step that is tried again: `problem` says for whom */
	SESSION_WATCHING, /* the name */
	SESSION_READY,
	SESSION_LOST, /* noted; the next turn forgets what was believed */
};

struct budget { /* of one input stream */
	char key[96];
	unsigned in_flight, parked;
	unsigned slow; /* of the parked: those that wait for nothing but precompute */
	int64_t closed_until_us; /* it was full */
	int64_t more_until_us; /* the last read brought as many entries as were asked for: there may be more */
	unsigned aside; /* pending, and not in memory: under a pause */
	bool catching_up; /* what a pause held back is being applied, without a run */
	unsigned catch_up; /* entries in the table that are */
	bool aside_moved; /* that changed since the last compare was sent */
	bool paging; /* own pending entries are still being read */
	bool page_again; /* ... from the first on once the page on the way is there */
	bool page_out; /* that request is on the way */
	bool suspicious; /* Redis had more pending than we knew of at the last compare */
	struct stream_id cursor;
	bool too_large; /* the entry at `large` alone is more than a reply may be: buried unread */
	struct stream_id large;
	LIST(struct entry) settled, acking; /* acks not sent yet, acks on the way */
};

struct delivery {
	struct phases phases; /* of this instance; facts with what they imply */
	char phases_in[64]; /* what Redis says is in force, as heard when the session began: ours */
	struct delivery_options options;
	const struct delivery_ops *ops;
	void *arg;
	char prefix[64], group[64], name[128], host[160];
	char boot[20];
	struct redis_script scripts[SCRIPT_COUNT];
	struct redis_request request; /* reused for everything that is sent */

	/* link.c */
	enum session_state session;
	struct redis_conn *commands, *reader; /* NULL: not there */
	bool commands_up, reader_up;
	void (*connected)(struct delivery *d);
	bool fresh; /* ready since the last turn */
	bool was_ready; /* the session that was lost */
	bool too_large; /* it was lost on the size of a reply */
	bool reader_lost; /* it was lost by the reader's connection */
	bool stops; /* it is not tried again */
	enum stop_reason stop_reason;
	int64_t ready_us;
	char problem[480]; /* why there is no session */
	int64_t retry_us, back_off_us, refused_since_us, refused_us;
	struct log_flood flood, lost_flood;

	/* handshake.c, name.c, upkeep.c */
	unsigned step;
	bool migrates; /* the keys, since it began to */
	bool step_again; /* the step is not over: it is sent again at once */
	int64_t step_us; /* or then, in SESSION_WAITING */
	int64_t reader_client; /* CLIENT ID, for CLIENT UNBLOCK */
	char watched_boot[20], watched_beats[24];
	int64_t watched_until_us;
	int64_t beat_us, orders_us, upkeep_us, beats;
	int64_t handed; /* how often others have handed entries to us, as the last beat said */
	int64_t redis_offset_ms; /* Redis' clock minus ours */
	int64_t time_us; /* when it was asked for it by TIME */
	unsigned times; /* TIMEs of this handshake */
	char redis_version[24]; /* as of the last look; "": not known */
	uint64_t serial;

	/* options.c */
	char options_text[FINGERPRINT_SIZE]; /* of the options that change reports; "": not told yet */
	bool options_stale; /* not noted in Redis, or not in this session */

	char model[FINGERPRINT_SIZE]; /* what reports and outputs are made by here */

	struct delivery_glance glance; /* glance.c */

	/* reader.c */
	struct budget streams[STREAM_COUNT];
	bool reading, read_out, unblock_out;
	unsigned read_mask, read_count; /* of the read that is on the way: streams, and how many entries of each */
	struct budget *alone; /* its own pending entries are read one at a time, by id; NULL: of no stream now */
	bool alone_out; /* the entry at its cursor is on the way, and nothing else over the reader's connection */
	unsigned read_least; /* halvings of how many entries are asked for at a time, as they are too large */
	struct entry *entries; /* hash */
	struct queue delayed; /* by due time, Redis' clock */
	LIST(struct entry) burying;
	unsigned parked;
	struct log_flood parked_flood;
	struct letter_log letters;
	struct strangers strangers;
	unsigned settled; /* entries of that state, in all streams */
	int64_t hold_us; /* apply nothing before: Redis is at its memory limit */
	bool full; /* it was, when something was written last */
	int64_t held_us; /* when it was, last; 0: never, or it is over */

	/* days.c, apply.c, runs.c */
	const struct snapshot *snapshot;
	struct teams *nba; /* what teams are called where there is no snapshot */
	char league[LEAGUE_TEXT_SIZE]; /* of the snapshot */
	unsigned leagues; /* changes of the snapshot: what was asked by an older one is asked again */
	struct day *days; /* hash */
	struct books *books; /* of days that went with a session, until they are back */
	LIST(struct call) calls;
	LIST(struct mute) muting; /* on the way to be noted */
	struct tickets tickets; /* all that are asked or held */
	struct tickets peeking; /* peeks on the way */
	struct call *spare;
	unsigned applies_out;
	unsigned needs, slow; /* told of and not settled; those of them that are precompute's */
	struct str scratch;

	/* orders.c */
	struct standing *orders; /* hash */
	struct queue orders_end; /* of those that end, Redis' clock */
	unsigned order_counts[ORDER_KINDS][ORDER_WHOMS];
	bool orders_known; /* in this session: nothing is read before */
	bool resumed; /* a pause has ended: what was set aside is read again */
	unsigned resumes; /* pauses that have ended */
	bool unapplied; /* and some of it was not applied */
	bool orders_same; /* the table is what the last look brought: nothing was ordered here since, or lost */
	struct fingerprint orders_seen; /* of that look's reply */
	uint64_t orders_looks;
	struct order_key *changed; /* not told yet */
	size_t changed_count, changed_size;
	LIST(struct request) requests; /* operators' requests on the way */
};

/* From the lowest file to the highest: each calls only those above it in this list. */

/* --- link.c ------------------------------------------------------------------------------------------------------- */
int64_t link_now_us(const struct delivery *d);
/* `asked_us`: when for it, 0: long ago. False: that cannot be, the session is lost. */
bool link_time_is(struct delivery *d, int64_t redis_ms, int64_t asked_us);
bool link_heard_soon(const struct delivery *d, int64_t asked_us);
void link_open(struct delivery *d, void (*connected)(struct delivery *d));
/* Notes that the session is lost, and why. Nothing is forgotten before the next turn; what is sent meanwhile is dropped. */
void link_lost(struct delivery *d, const char *why);
void link_refused(struct delivery *d, enum stop_reason reason, const char *text); /* lost; for good if it lasts */
void link_stop(struct delivery *d, enum stop_reason reason, const char *why); /* lost for good */
/* Whether the reply is what was asked for, of this shape (redis/shape.h). If not the session is lost. */
bool link_heard(struct delivery *d, const struct value *reply, const char *what, const char *shape);
/* The same for one that was looked at in another way, and does not fit: the session is lost. */
void link_not_understood(struct delivery *d, const struct value *reply, const char *what);
/* Begins d->request as a call of the script, with the prefix and, of a day, its date. */
struct redis_request *link_script(struct delivery *d, enum script script, const struct day *day);
void link_send(struct delivery *d, redis_reply_fn *fn, void *data); /* d->request, over the connection for commands */
void link_send_reader(struct delivery *d, redis_reply_fn *fn, void *data);
void link_drop_request(struct delivery *d);
/* XPENDING's summary, [count, least, greatest, [[consumer, count]...]]; the call's data is the budget. */
#define LINK_PENDING_SHAPE "(u s|n s|n [(s u)]|n)"
void link_ask_pending(struct delivery *d, struct budget *stream, redis_reply_fn *heard);

/* --- calls.c ------------------------------------------------------------------------------------------------------ */
struct call *call_new(struct delivery *d, struct day *day); /* NULL: no memory, and the session is lost */
void call_done(struct delivery *d, struct call *c); /* back to the spare ones; NULL: free these */

/* --- entries.c ---------------------------------------------------------------------------------------------------- */
struct entry *entry_find(const struct delivery *d, enum stream stream, struct stream_id id);
struct entry *entry_new(struct delivery *d, enum stream stream, struct stream_id id); /* NULL: no memory */
/* The time that an id names. Ids are their producers': one far ahead of Redis' clock says no time, and counts as now. */
int64_t entry_time_ms(const struct delivery *d, struct stream_id id);
void entry_enter(struct delivery *d, struct entry *e,
	enum entry_state state); /* every change of state; e->day says where it waits */
void entry_forget_event(struct entry *e);
/* Records a step of it; the fact says what is beside the entry. `player` may be NULL. */
void entry_step(struct delivery *d, struct entry *e, struct trace_fact fact, const char *player);
/* One need of it more, or less, by 1 or -1. */
void need_count(struct delivery *d, struct entry *e, enum phase phase, int change);
/* Whether it and those that are settled with it wait for nothing but precompute now. */
void entry_judge(struct delivery *d, struct entry *e);
void entry_done(struct delivery *d, struct entry *e); /* out of the table and every count, freed */
struct entry *entry_first_due(const struct delivery *d, int64_t now_ms); /* delayed and due; NULL: none */
void entry_set_aside(struct delivery *d, struct entry *e); /* frees it: pending in Redis until a pause ends */
void entries_forget(struct delivery *d);
unsigned budget_room(const struct delivery *d, enum stream stream);
unsigned budget_room_to_read(const struct delivery *d, enum stream stream); /* less where it was full a moment ago */
bool budget_more(const struct delivery *d, enum stream stream); /* more is about to come */
int64_t budget_next_us(const struct delivery *d);

/* --- strangers.c -------------------------------------------------------------------------------------------------- */
/* What an entry names that nobody knows is noted. */
enum stranger_fate {
	STRANGER_GOES_ON,
	STRANGER_UNSURE, /* the day's slate was read before the entry was: it is read anew, and the entry judged by that */
	STRANGER_REFUSED, /* it is to be buried: strangers_bury() */
};
enum stranger_fate strangers_look(
	struct delivery *d, const struct day *day, const struct entry *e, const struct slate_found *player);
void strangers_bury(struct delivery *d, struct day *day, struct entry *e);
void strangers_tick(struct delivery *d, int64_t now_us);
void strangers_forget(struct delivery *d);

/* --- books.c ------------------------------------------------------------------------------------------------------ */
void books_heard(
	struct delivery *d, struct day *day, const struct entry *e, const char *game); /* of odds; else nothing */
void books_tick(struct delivery *d, int64_t now_us);
void books_keep(struct delivery *d); /* of all days, which go with their session */
void books_free(struct delivery *d);

/* --- aliases.c ---------------------------------------------------------------------------------------------------- */
/* Whether what stands on the date under a spelling moves when that becomes another name of a player. */
bool aliases_moved(const struct delivery *d, date_t date);

/* --- handover.c --------------------------------------------------------------------------------------------------- */
/* What waits on the day goes to the instance that has its league; one list at a time, until there is nothing more. */
void handover(struct delivery *d, struct day *day);
void days_leave(struct delivery *d); /* the same of all days, for what has come since the last look */
/* Whether a date waits here for a newer number of our database, and a living instance has that: then it reads what is
 * new, and this one nothing until it has caught up. Numbers of one database rise, so somebody always reads. */
bool days_read_elsewhere(const struct delivery *d);

/* --- days.c ------------------------------------------------------------------------------------------------------- */
struct day *day_get(struct delivery *d, date_t date); /* NULL: no memory, and the session is lost */
void day_ask(struct delivery *d, struct day *day);
void day_use(struct delivery *d, struct day *day); /* there is work: it is asked for if need be */
/* `hash`: the day hash, from any script; or what a list of slate entries changed of it. */
void day_loaded(struct delivery *d, struct day *day, const struct value *hash);
void day_expiry(const struct delivery *d, const struct day *day, char text[24]);
void date_expiry(const struct delivery *d, date_t date, char text[24]);
void day_arg_version(
	struct redis_request *r, const struct day *day); /* of its slate, as scripts hold it against theirs */
void days_forget(struct delivery *d);
void days_look(struct delivery *d); /* once ready, and with each new league */
void days_turn(struct delivery *d);
void days_tick(struct delivery *d, int64_t now_us);
void days_hold(struct delivery *d); /* Redis is at its memory limit: nothing is written for a second */

/* --- requests.c --------------------------------------------------------------------------------------------------- */
/* Sends d->request as an operator's; an error reply is his to see and no reason to start over. One of another shape is. */
void request_send(struct delivery *d, const char *what, const char *shape, delivery_reply_fn *done, void *data);
void requests_forget(struct delivery *d);

/* --- orders.c ----------------------------------------------------------------------------------------------------- */
void orders_poll(struct delivery *d);
void orders_due(struct delivery *d); /* ends those whose time has come */
int64_t orders_next_ms(const struct delivery *d); /* when the next one ends, Redis' clock; INT64_MAX: none does */
/* The one that names the entry by its type or book; NULL: none. A book is known until the entry is applied. */
const struct order *orders_of_entry(const struct delivery *d, enum order_kind kind, const struct entry *e);
bool orders_of_slate(const struct delivery *d, enum order_kind kind); /* whether any names a team or a game */
void orders_forget(struct delivery *d); /* the next look sees them anew; those that stand are believed until then */
void orders_free(struct delivery *d);

/* --- letters.c ---------------------------------------------------------------------------------------------------- */
void letters_note(struct delivery *d, const struct entry *e, const char *book); /* e->burial is filled */
void letters_tick(struct delivery *d, int64_t now_us); /* INT64_MAX: the end, says what is left */

/* --- settle.c ----------------------------------------------------------------------------------------------------- */
void settle_entry(struct delivery *d, struct entry *e); /* all its needs are settled: ack or bury */
void bury_unread(
	struct delivery *d, struct entry *e, const char *reason, const char *error); /* its fields are not looked at */
void bury(struct delivery *d, struct entry *e, const char *reason, const char *field, const char *error);
void settle_turn(struct delivery *d);

/* --- withhold.c --------------------------------------------------------------------------------------------------- */
void withhold_turn(struct delivery *d, struct day *day);
void withhold_forget(struct delivery *d);

/* --- reader.c ----------------------------------------------------------------------------------------------------- */
void reader_start(struct delivery *d);
void reader_turn(struct delivery *d);
void reader_claim(struct delivery *d);
void reader_handed(struct delivery *d); /* another has handed entries to this instance: pending, and not read yet */
void reader_compare(struct delivery *d);
void reader_forget(struct delivery *d);
void reader_due(struct delivery *d, int64_t now_us);
/* What an entry's fields say, whoever has it: only to be looked at. As event_decode(); -EINVAL also where it is gone. */
int reader_decode(
	struct delivery *d, enum stream stream, const struct value *fields, int64_t came_ms, struct event *ret_event);

/* --- live.c ------------------------------------------------------------------------------------------------------- */
/* The injury status in `count` of the day's values, from `from` on: once for all runs of a list. NULL: no memory. */
const enum injury_status *live_statuses(const struct value *day_values, size_t from, size_t count, struct arena *arena);
/* Fills t->live from the reply's parts; of the day's values his begin at place `at`; `statuses` are those of all rosters of
 * the list, `roster` is his (NULL: none). `of_team`: f:TEAM and l:TEAM of one that events named. -ENOMEM. */
int live_parse(struct ticket *t, const struct slate *s, const struct value *game, const struct value *player,
	const struct value *day_values, size_t at, const struct roster *roster, const enum injury_status *statuses,
	const struct value *of_team);

/* The player's open quotes, from the fields of his hash: live->quotes and their number. -ENOMEM. */
int quotes_parse(struct ticket *t, struct live *live, const struct value *player);

/* --- audience.c ------------------------------------------------------------------------------------------------- */
int audience_ran(struct call *c, const struct value *list); /* keeps who matters of them in the call; -ENOMEM */
/* Tells the needs of an item whose field stands at `version`; `committed`: of each of its players. */
/* The facts that an event changes for a player, `himself`: it is about him; a regenerate is for all who read anything. */
unsigned audience_facts(enum event_kind kind, bool himself);
/* Of a regenerate that names a phase only that one is asked for. */
bool audience_asks(enum regenerate_phase asked, enum phase phase);
void audience_of_item(struct delivery *d, struct call *c, const struct call_item *item, int64_t version,
	const struct value *committed);
int audience_of_slate(
	struct delivery *d, struct call *c); /* of a whole list, by the day's slate as it is now; -ENOMEM */

/* --- apply.c, runs.c ---------------------------------------------------------------------------------------------- */
void apply_turn(struct delivery *d, struct day *day);
void runs_turn(struct delivery *d, struct day *day);
enum { TICKET_FIELD_SIZE = DATE_SIZE + LOOKUP_SIZE + 4 };
void ticket_field(const struct ticket *t, char text[TICKET_FIELD_SIZE]); /* of `running` */
void runs_forget(struct delivery *d);

/* --- watch.c ------------------------------------------------------------------------------------------------------ */
#define WATCH_SHAPE "([s] i [s] [(i i i [(s i i)])])" /* of the reply */
bool watch_ask(struct delivery *d); /* makes the request */
void watch_heard(struct delivery *d, const struct value *reply);
void watch_look(struct delivery *d); /* both */

/* --- glance.c ----------------------------------------------------------------------------------------------------- */
#define GLANCE_SHAPE "(u u [s] [(s u s i)])" /* of the reply */
void glance_ask(struct delivery *d); /* makes the request */
void glance_heard(struct delivery *d, const struct value *reply);
void glance(struct delivery *d); /* both */

/* --- options.c ---------------------------------------------------------------------------------------------------- */
void options_note(struct delivery *d); /* where they are stale */

/* --- phases.c ----------------------------------------------------------------------------------------------------- */
void phases_arg(struct delivery *d); /* what take is asked with of them */
void phases_heard(struct delivery *d, const struct value *reply); /* of take: ours are in force */
void phases_stand_by(struct delivery *d, const struct value *reply); /* others are */

/* --- name.c, handshake.c, upkeep.c -------------------------------------------------------------------------------- */
void name_identify_host(struct delivery *d);
void name_new_boot(struct delivery *d);
void name_look(struct delivery *d); /* takes it if it may be taken */
void handshake_begin(struct delivery *d);
void handshake_again(struct delivery *d); /* in SESSION_WAITING: the step once more */
void upkeep_start(struct delivery *d);
void upkeep_tick(struct delivery *d, int64_t now_us);

#endif
