/*
 * The history: what was worked on, what failed, every run, and who changed what, in an SQLite file. The loop only
 * puts fixed records into a bounded queue; one thread writes them, another answers questions by a connection that
 * reads. Nothing of it ever holds up the loop: where the queue is full a record is dropped and counted, and a file
 * that cannot be written is trouble that is told and tried again.
 *
 * A file that is damaged is moved aside, and a new one begun. One that is something else, or of a newer propsd, or
 * that another process writes, stays as it is: then nothing is written until that is mended, and what another writes is
 * not read either.
 *
 * Loop thread only. All functions but history_new() take NULL, as there may be no history.
 */
#ifndef HISTORY_HISTORY_H
#define HISTORY_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "history/executions.h"
#include "history/record.h"
#include "history/schema.h"

struct arena;
struct history;

enum { HISTORY_QUEUE = 8192 /* records: about 9 MB */, HISTORY_QUESTIONS_MAX = 32 };

struct history_options {
	const char *file; /* copied, as is the next */
	const char *instance;
	int64_t keep_us; /* rows that are older go */
	const struct clock *clock;
	void (*usage)(void *arg, int64_t *ret_cpu_us, int64_t *ret_memory); /* of struct executions_options */
	void *arg;
	size_t queue; /* records; 0: HISTORY_QUEUE */
	int64_t retry_us; /* after trouble; 0: 5 s */
};

/* Starts the thread that writes. -ENOMEM, -EAGAIN. That the file cannot be written is no failure. */
int history_new(const struct history_options *options, struct history **ret, struct err *err);
/* What is queued is written, for `limit_us` at most. False: a thread is stuck (in a file system that does not
 * answer), and still uses its memory: leave the process without history_free(). */
bool history_stop(struct history *h, int64_t limit_us);
void history_free(struct history *h); /* after history_stop() */
void history_tick(struct history *h); /* about once a second */

/* --- what it is told -------------------------------------------------------------------------------------------- */

/* A run begins: its computing, on `workers` places at most. It ends by one of the two that follow. */
void history_begun(struct history *h, enum phase phase, const char *pattern, unsigned workers);
void history_ended(struct history *h, const struct history_run *run);
void history_void(struct history *h, enum phase phase); /* nothing came of it, and it is no try */

void history_execution(struct history *h, const struct history_execution *row); /* of what was done aside */
void history_audited(struct history *h, const struct history_audit *row);

/* A commit of this instance that its notice tells of, made at `ms`: it is noted if nothing else has told of it. */
void history_seen(struct history *h, const struct history_run *run, int64_t ms);
/* Up to which notice all commits of the phase have been told, of this process and those before it. False: not known yet. */
bool history_mark(struct history *h, enum phase phase, char ret[HISTORY_NOTICE_SIZE]);
void history_set_mark(struct history *h, enum phase phase, const char *notice); /* with all that was told before */
/* Whether half of the queue is free: what is only looked up must leave the other half to what happens. */
bool history_has_room(struct history *h);

/* --- how it is -------------------------------------------------------------------------------------------------- */

enum { HISTORY_TROUBLE_SIZE = 400 };

struct history_view {
	bool on; /* there is one */
	char file[256];
	char trouble[HISTORY_TROUBLE_SIZE]; /* why nothing is written; "": it is */
	uint64_t queued, written, dropped; /* records, of this process */
	int64_t dropped_ever; /* as the file has it; -1: not known */
	uint64_t moved; /* damaged files that were moved aside */
};
void history_look(struct history *h, struct history_view *ret);

/* --- questions -------------------------------------------------------------------------------------------------- */

enum history_asks {
	HISTORY_ASKS_EXECUTIONS, /* the newest `limit` */
	HISTORY_ASKS_PLAYER, /* the newest `limit` runs of `player`, or those that gave `version` */
	HISTORY_ASKS_FAILURES, /* by item, of execution dates from `from` on, with `min` or more */
	HISTORY_ASKS_COMPARE, /* by pattern, of execution dates from `from` on */
	HISTORY_ASKS_AUDIT, /* the newest `limit` since `since_ms`, of `user` */
	HISTORY_ASKS_EXPORT, /* `limit` rows of `table` behind the one with id `after`, since `since_ms` */
	HISTORY_ASKS_BACKUP, /* the whole file into `path` */
	HISTORY_ASKS
};

enum { HISTORY_TEXT_SIZE = 512 };

struct history_question {
	enum history_asks what;
	enum history_table table;
	char player[LOOKUP_SIZE], user[64], path[HISTORY_TEXT_SIZE];
	int64_t version; /* 0: any */
	date_t from;
	const char *phase; /* a constant; NULL: all */
	int64_t min, limit, after, since_ms;
};

struct history_cell {
	enum store_type type;
	union {
		int64_t integer;
		double real;
		const char *text;
	};
};

struct history_answer { /* good for the call */
	int result; /* 0, or -errno with `why` */
	const char *why;
	size_t columns, rows;
	const char *const *names; /* of the columns */
	const struct history_cell *cells; /* row by row */
	int64_t last_id; /* of an export: of the last row; 0: there are no more */
};

/* Answered once, from history_answered(). What was told before the question is in the answer, unless it cannot be
 * written. -ENOENT: there is no history; -EBUSY: too many ask. */
int history_ask(struct history *h, const struct history_question *question,
	void (*done)(void *arg, const struct history_answer *answer), void *arg);
int history_fd(struct history *h); /* readable when there are answers; -1: there is no history */
void history_answered(struct history *h);

#endif
