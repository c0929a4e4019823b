/*
 * What Redis must hold, worked out a second time: a mirror of the protocol in plain arrays, fed with every
 * request that a server has executed. It knows what was produced, keeps the live state as the rules say,
 * checks each answer of apply, begin and commit against it, each report against the state at its begin, and
 * each acknowledgement against what it promises. It shares no code with the daemon: who plays where, who
 * reads what, which value is newer is decided here again.
 *
 * At the end the state itself is held against a fold over all that was produced, which knows nothing of the
 * order in which things were applied (mirror_check_end).
 *
 * A mirror is one flat struct: a replica has one of its own, and a failover is an assignment.
 */
#ifndef SIM_MIRROR_H
#define SIM_MIRROR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/phase.h"
#include "ingest/event.h"
#include "tests/sim/sim_redis.h"

enum {
	PLAYERS = 9,
	TEAMS = 7,
	GAMES = 4,
	BOOKS = 2,
	QUOTES = 6, /* of a player: points and rebounds of the one book, an alternate, points of the other
		       book; over and under of the first */
	QUOTE_OVER = 4,
	QUOTE_UNDER = 5,
	NOBODY = -1,
	LOG_MAX = 512,
	REPORT_MAX = 2048,
	FAILS_MAX = 64,
	LEAGUES_MAX = 12,
	HOLDER_MAX = 40,
};

extern const char *const mirror_player[PLAYERS];
extern const char *const mirror_team[TEAMS];
extern const char *const mirror_game[GAMES];
#define MIRROR_DATE "2025-11-15"

/* The league database of this number: whose default team is what. -1: on no roster. */
int mirror_default_team(int64_t league, int player);
/* What the schedule says: whether the game is on it, and its tip (0: unknown). */
bool mirror_scheduled(int game);

enum field_kind {
	F_QUOTE, /* player, quote */
	F_INJURY, /* player */
	F_ROSTER, /* player */
	F_NAMED, /* player */
	F_MARK, /* player */
	F_FORCE, /* player */
	F_LINEUP, /* team */
	F_TMARK, /* team */
	F_TFORCE, /* team */
	F_TOTAL, /* game, book */
	F_SPREAD, /* game, book */
	F_FACTS, /* game */
	F_GMARK, /* game */
	F_GFORCE, /* game */
	F_SMARK, /* - */
	F_SFORCE, /* - */
	F_LEAGUE, /* - */
};

enum {
	FIELDS = PLAYERS * (QUOTES + 5) + TEAMS * 3 + GAMES * (2 * BOOKS + 3) + 3,
	WRITES_MAX = 3, /* fields that one entry writes */
};

struct mirror_key {
	uint64_t ms, seq;
};

struct mirror_entry { /* as it was produced; the same for all mirrors */
	enum stream stream;
	struct mirror_key id;
	enum event_kind kind;
	bool junk;
	int player, team, game; /* NOBODY: none; `game` is what the entry itself names */
	int quote, book;
	bool off;
	int line, over, under; /* whole points; 0: missing price */
	bool has_total, has_spread;
	int total, spread;
	int injury; /* index of a status */
	unsigned starters; /* bits of players */
	bool confirmed, force, active;
	int64_t tip_ms;
	int status; /* game_status, 0: none given */
	enum regenerate_phase phase;
	bool by_script; /* begin added it */
	bool conf; /* take.lua did, as others are in force */
	int64_t ts_ms, due_ms; /* 0: none */
	int event_id; /* 0: none */
	bool is_retry;
	struct mirror_key origin;
	int origin_entry; /* index of what it retries */
	int64_t league_at; /* the version of the day's league, whose runs it asks for */
	bool owed; /* by a script, for a run that a mute had kept back */
};

struct mirror_cell {
	bool set;
	struct mirror_key key;
	int64_t at;
	int entry; /* whose value it is; F_LEAGUE: -1 by the script */
	char value[120];
};

/* How a run must end that comes to an end at all. */
enum mirror_must { MIRROR_MAY_END, MIRROR_MUST_COME_BACK, MIRROR_MUST_FAIL_FOR_GOOD };

struct mirror_token {
	bool held;
	enum mirror_must must;
	char holder[HOLDER_MAX];
	int64_t serial, version;
	bool justified; /* something was written since the last report that concerns him */
	struct mirror_key keys[FIELDS]; /* of the live state at its begin */
	char report[REPORT_MAX]; /* of precompute the output */
	int game, team; /* that he plays in and for */
	unsigned facts; /* that the phase reads, by the table in force then */
	int64_t made_from, made_from_ms; /* of a report, as of mirror_player_state */
	struct mirror_key made_keys[FIELDS];
};

/* Of one player in one phase. */
struct mirror_runs {
	int64_t committed;
	struct mirror_token token;
	int64_t failed[FAILS_MAX], failed_ms, lost[FAILS_MAX], lost_ms;
	bool failed_for_good[FAILS_MAX]; /* no other try can mend it */
	unsigned failed_count, lost_count;
	bool died; /* ever, for some need */
	int64_t owed; /* the highest need that a mute kept from a run: what is behind that may be settled */
};

/* What precompute made of a player. */
struct mirror_output {
	bool there; /* a first report, or a run, has begun with it */
	int64_t at, version; /* when it changed last; of the run that made it, 0: there are no bytes */
	bool failed;
	bool evicted; /* its bytes are gone, and nobody has seen it yet */
	int game, team; /* that it was made for */
	bool any_place; /* ... if it reads that */
	int64_t ms;
	struct mirror_key keys[FIELDS]; /* of the newest state that it is right for */
	char bytes[REPORT_MAX];
};

struct mirror_player_state {
	unsigned ran_in, ran_for; /* bits of games and teams that he ever began in */
	struct mirror_runs runs[PHASE_COUNT];
	struct mirror_output output;
	bool reported;
	int64_t report_ms;
	struct mirror_key keys[FIELDS];
	char report[REPORT_MAX];
	int64_t made_from, made_from_ms; /* the output's `at` that the report was made from, and its time */
	struct mirror_key made_keys[FIELDS]; /* of that output, once it is another */
	bool buried; /* a letter names him */
	bool buried_unread; /* one that names nobody may mean him */
};

struct mirror_fate { /* of an entry in this Redis */
	bool added, pending, delivered, applied, trimmed;
	unsigned letters; /* with a reason other than that it is retried */
	unsigned letter_players; /* bits */
	bool letter_all; /* malformed and the like: nobody is named */
	char letter[40]; /* its id */
	char owner[16]; /* the consumer that has it pending */
	int retry[PLAYERS]; /* the newest entry that retries it for the player, NOBODY: none */
};

struct mirror_options {
	bool leagues; /* instances have a league database */
	int64_t tip_ms[GAMES]; /* of the schedule */
	unsigned max_attempts, max_lost;
	int64_t back_off_ms, max_back_off_ms;
	const char *prefix;
	struct phases phases; /* facts with what they imply: the table with a precompute, if there is one */
	struct phases tables[2]; /* that instances may have: the first is `phases` */
	bool coarse; /* the simulated model looks at little, so that its outputs are often equal */
};

struct mirror {
	const struct mirror_options *options;
	struct phases phases; /* in force */
	char in_force[64];
	const struct mirror_entry *log;
	unsigned log_count;
	int64_t v, sv;
	bool day; /* the day's key is there */
	struct mirror_cell cells[FIELDS];
	unsigned left[PLAYERS]; /* bits of teams that overrides took him from */
	struct mirror_player_state players[PLAYERS];
	struct mirror_fate fates[LOG_MAX];
	struct mirror_key last[STREAM_COUNT];
	bool group[STREAM_COUNT];
	int seen[LOG_MAX]; /* by event id: index of the entry that counts, or NOBODY */
	struct {
		char name[32], boot[20];
	} live[SIM_NODES_MAX * 4];
	unsigned live_count;
	bool went_back; /* a failover: versions may come again */
	bool loose; /* a stream was deleted: what was lost with it is nobody's fault */
	/* counts */
	unsigned applies, items, slates, expired, duplicates, commits, refused, runs, fails, outputs, equal;
};

/* What is wrong first, "" nothing. One for all mirrors of a run. */
extern char mirror_violation[2048];
void mirror_violated(const char *format, ...) __attribute__((format(printf, 1, 2)));

void mirror_init(struct mirror *m, const struct mirror_options *options, const struct mirror_entry *log);
void mirror_executed(struct mirror *m, const struct sim_exec *e, bool fault_free);
/* Whether league.lua adds an entry, by the state before it. */
bool mirror_league_adds(const struct mirror *m, const struct sim_exec *e);
/* An entry of the log was added by a producer. */
void mirror_added(struct mirror *m, unsigned entry);

/* How the simulated processor writes what it was given, so that it can be compared with what it must say. */
struct job;
void mirror_write_report(const struct job *job, char report[REPORT_MAX]);
/* The same of precompute's, which reads these facts. */
void mirror_write_output(bool coarse, unsigned facts, const struct job *job, char output[REPORT_MAX]);
/* How the run of that token must end. */
void mirror_must(struct mirror *m, int p, enum phase phase, const char *holder, int64_t serial, enum mirror_must how);

int mirror_player_of(const char *name);

bool mirror_quiet(const struct mirror *m, int64_t league); /* everything read and acknowledged */
/* What it still waits for, in words. */
void mirror_waiting(const struct mirror *m, char *text, size_t size);
void mirror_check_end(struct mirror *m);
enum mirror_expiry { MIRROR_COUNTS, MIRROR_GREY, MIRROR_EXPIRED };
enum mirror_expiry mirror_expiry(const struct mirror *m, unsigned entry);

#endif
