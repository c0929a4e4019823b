/*
 * What is remembered of a player's runs, for whoever asks why: the last few with what they were for, and the bytes of the
 * last two reports, so that what changed can be told. Bounded in bytes over all players; who ran longest ago goes first,
 * which his owner sees by its pointer becoming NULL. Without memory, or with a bound of 0, nothing is kept, and nothing
 * fails. Loop thread.
 */
#ifndef REGEN_PAST_H
#define REGEN_PAST_H

#include <stddef.h>
#include <stdint.h>

enum past_end { PAST_COMMITTED, PAST_REFUSED, PAST_FAILED, PAST_LOST, PAST_ENDS };
const char *past_end_name(enum past_end end);

enum {
	PAST_RUNS = 4,
	PAST_CAUSES = 4,
	PAST_REPORT_MAX = 65536, /* bytes, without the causes: after a flood for all of a slate each names thousands */
};

struct past_cause {
	uint64_t ms, seq;
	uint8_t stream; /* enum stream */
};

struct past_run {
	int64_t ended_ms; /* Redis' clock */
	int64_t waited_us, run_us; /* in the queue; the work alone */
	int64_t version;
	enum past_end end;
	int attempt;
	uint8_t place; /* enum job_place */
	uint32_t number; /* of the worker, child or connection */
	unsigned causes; /* entries that it was for */
	unsigned told; /* those of them that stand in: */
	struct past_cause cause[PAST_CAUSES]; /* the newest first */
};

struct past_report {
	char *bytes; /* NULL: not at hand */
	size_t length, size;
	int64_t version; /* 0: there is none. With no bytes: it was too large */
};

struct past {
	struct past_run runs[PAST_RUNS]; /* a ring */
	uint64_t run_count; /* ever noted; the newest at (run_count - 1) % PAST_RUNS */
	struct past_report reports[2]; /* the newest first */
	struct past **owner;
	size_t counted;
	struct past *next, *prev; /* who ran longest ago first */
};

struct pasts {
	struct past *list;
	size_t bytes, most;
};

void past_run(struct pasts *all, struct past **owner, const struct past_run *run);
/* Of a commit; the bytes are copied, with an empty list of causes: these stand in Redis. */
void past_report(struct pasts *all, struct past **owner, int64_t version, const char *bytes, size_t length);
void past_drop(struct pasts *all, struct past **owner); /* *owner may be NULL */

#endif
