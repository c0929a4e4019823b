/*
 * Whom a name off the wire means on a date: the one place that decides it. Names are spelled by sources, persons are the
 * league's; the canonical name of a person is what keys, notices, reports and orders call him on that date.
 *
 * In this order, and never by likeness alone: the name itself; a spelling that is known to be his (an alias); the one
 * rostered player whose name differs by a generational suffix; the one man of the event's team or game.
 */
#ifndef SLATE_RESOLVE_H
#define SLATE_RESOLVE_H

#include <stdint.h>

#include "ingest/event.h"
#include "slate/slate.h"

enum found {
	FOUND_EXACT, /* it is his name on that date */
	FOUND_ALIAS, /* another spelling of him */
	FOUND_SUFFIX, /* he is the one rostered player who differs only by a suffix (jr, iii) */
	FOUND_ROSTER, /* he is the one man of the event's team or game whom it fits */
	FOUND_STRANGER, /* neither league nor slate knows him */
	FOUND_AMBIGUOUS, /* it fits several who are known, and nothing says which of them */
	FOUND_COUNT
};

const char *found_name(enum found how); /* "exact" and so on */

/* What is asked: a name, folded, and what else the event says of him. Texts are "" where it says nothing. */
struct slate_ask {
	const char *lookup;
	const char *team, *game_id;
	int64_t player_id; /* 0: none */
};

struct slate_found {
	const char *player; /* canonical, of the slate, its snapshot or the ask; of strangers and ambiguous names as asked:
			       the latter is nobody's key */
	enum found how;
};

struct slate_found slate_resolve(const struct slate *s, const struct slate_ask *ask);

/* Of an event's player, who must be there (not ""), and of one of a lineup's starters. */
struct slate_found slate_resolve_event(const struct slate *s, const struct event *e);
struct slate_found slate_resolve_starter(const struct slate *s, const struct event *e, unsigned at);

#endif
