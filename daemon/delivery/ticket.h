/*
 * A run as Redis knows it: asked for by begin, fixed by its version V and held by a run token, ended by commit, fail or
 * release. Embedded in whatever the caller keeps of a run; between the call and its answer delivery holds a pointer.
 */
#ifndef DELIVERY_TICKET_H
#define DELIVERY_TICKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/phase.h"
#include "delivery/contract.h"
#include "model/live.h"

#define FAILED_MAX 128 /* regen.max_attempts is at most 100 */

struct failed_runs { /* versions of the runs that failed, oldest first */
	int64_t versions[FAILED_MAX];
	unsigned count;
	int64_t permanent; /* the highest version that failed for good: no try at it, or before, is needed any more */
	char error[1024];
};

enum ticket_state {
	TICKET_IDLE, /* not in Redis' hands */
	TICKET_WANTED, /* its begin waits to be sent */
	TICKET_ASKED, /* its begin is on the way */
	TICKET_HELD, /* the token is ours */
	TICKET_ENDING, /* commit or fail waits or is on the way */
	TICKET_VOID, /* start over came before the answer */
};

/* What precompute made of the player, as Redis has it. Texts and bytes live in the ticket's arena. */
struct output {
	int64_t at; /* the day's version at which it last changed; 0: there is none yet */
	bool failed; /* the runs after it are dead */
	int64_t version, generated_ms; /* of the run that made it; 0: none did */
	const char *game, *team, *processor; /* "" = none; ANY_PLACE: it is good in any game */
	const char *bytes; /* NULL: as held, or there are none */
	size_t length;
};

struct ticket {
	/* asked with */
	enum phase phase;
	int64_t held_at; /* of a report: `at` of the output that is at hand; 0: none is */
	date_t date;
	const char *player; /* canonical lookup; outlives the ticket */
	int64_t need;
	unsigned causes; /* about so many entries will be told by this run */
	struct arena *arena;
	size_t previous_most; /* what the phase last made of him is wanted if it has no more bytes; 0: it is not */
	bool outside; /* in a child or on a server: if propsd dies meanwhile, that does not count against him */
	/* answered with */
	enum verdict verdict;
	int64_t serial, version; /* a run outside has a negative serial */
	int64_t committed; /* COVERED, or a refused commit: what is */
	int64_t wait_ms; /* Redis' clock */
	int64_t lost; /* runs of him that ended with their process: from the second on run him alone */
	int attempt; /* from 1 */
	bool any_place; /* the phase does not read where he plays, by what was in force at the begin */
	struct output output; /* of a report that begins, where precompute is in force */
	/* Of precompute, whenever it settles (COVERED, DEAD, POISON, committed): `at` of the output, and c of the
	 * report. */
	int64_t output_at, report_committed;
	struct live *live; /* in the arena */
	const char *previous; /* in the arena; NULL: not wanted, too long, or there is none */
	size_t previous_length;
	struct failed_runs failed; /* DEAD, and after fail */
	/* delivery's own */
	enum ticket_state state;
	char boot[20];
	size_t roster; /* that the begin was sent with, by its place in the list; NO_ROSTER: none */
	size_t self; /* his place on it, or beyond its end */
	struct live_mate *mates; /* those of `live` */
	const char *report, *error; /* the caller's, until answered; of precompute the output */
	const char *given; /* of a report's commit: report_given(), NULL: nothing new */
	const char *processor; /* that made an output */
	int64_t generated_ms;
	const char *traceparent; /* the caller's, of what the run is for, before its commit; NULL: none */
	bool permanent; /* the error */
	size_t report_length;
	struct ticket *next, *prev;
};

/* Of a report that begins: there is an output, and it was made for where he plays now. */
bool ticket_output_counts(const struct ticket *t);

#endif
