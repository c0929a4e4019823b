/*
 * Whom a name off the wire means on a date: the one place that decides it. Names are spelled by sources, persons are the
 * league's; a person's name on a date (snapshot_name()) is what keys, notices, reports and orders call him.
 *
 * In this order, and never by likeness alone:
 *
 *   exact   the name itself
 *   alias   a spelling that is known to be his
 *   id      the league's id, where the name has his surname at least
 *   suffix  the one rostered player whose name differs by a generational suffix
 *   roster  the one man of the event's team or game who has the name's initial and surname
 *
 * Where exact, alias or suffix fit several, the event's player_id chooses, else its team, else its game; where it names
 * none of these, the one who plays on the date. Where nothing chooses, none of them is meant.
 */
#ifndef SLATE_RESOLVE_H
#define SLATE_RESOLVE_H

#include <stdint.h>

#include "ingest/event.h"
#include "slate/slate.h"

enum found {
	FOUND_EXACT,
	FOUND_ALIAS,
	FOUND_ID,
	FOUND_SUFFIX,
	FOUND_ROSTER,
	FOUND_STRANGER, /* neither league nor slate knows him */
	FOUND_AMBIGUOUS, /* it fits several who are known, or name and id are of two, and nothing says who is meant */
	FOUND_COUNT
};

const char *found_name(enum found how); /* "exact" and so on */

/* What is asked: a name, folded, and what else the event says of him. Texts are "" where it says nothing. A team that the
 * name ends in (jalenwilliams@CHA) stands for the event's. */
struct slate_ask {
	const char *lookup;
	const char *team, *game_id;
	int64_t player_id; /* 0: none */
	bool is_key; /* it came from us: who has exactly this name on the date is meant */
};

enum { FITS_MAX = 4 };

struct slate_found {
	/* A name, of the slate or the ask. Of a stranger as asked; of an ambiguous one as asked, too, which may be the
	 * name of one of them: it is not to be used as a key. */
	const char *player;
	enum found how;
	bool chosen; /* of several: slate entries of other names may change it */
	unsigned fit_count;
	const char *fits[FITS_MAX]; /* of an ambiguous name: whom it fits, the first of them */
};

struct slate_found slate_resolve(const struct slate *s, const struct slate_ask *ask);

/* Whom the name means by an alias, by his name on the date: one that was given while propsd runs, or with `lists` one
 * of the league's lists. NULL: it is none. Nobody's reports have such a name. */
const char *slate_alias_of(const struct slate *s, const char *lookup, bool lists);

/* Of an event's player, who must be there (not ""), and of one of a lineup's starters. A request to regenerate may be for
 * who has the name, where that is ambiguous: it brings no data. */
struct slate_found slate_resolve_event(const struct slate *s, const struct event *e);
struct slate_found slate_resolve_starter(const struct slate *s, const struct event *e, unsigned at);

#endif
