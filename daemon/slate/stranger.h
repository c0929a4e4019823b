/*
 * Who or what an event names that nobody knows: a player whom neither the league nor the slate of the date has, a team or
 * a game that is not on that slate; and what is known but not on that date. And what is known that resembles it, with the
 * reason why it was not taken: a name is never taken by likeness. Nobody is a stranger without a league, nor is any team or
 * game on a date of which nobody has told the games. Pure; loop thread, for it reads a slate.
 */
#ifndef SLATE_STRANGER_H
#define SLATE_STRANGER_H

#include <stdbool.h>
#include <stddef.h>

#include "ingest/event.h"
#include "slate/slate.h"

struct slate_found;

enum stranger_kind {
	STRANGER_PLAYER,
	STRANGER_TEAM, /* without a game on the date */
	STRANGER_GAME,
	STRANGER_AMBIGUOUS, /* a name that fits several players, and nothing says which of them */
	STRANGER_WRONG_DATE, /* a player, team or game that is known, and plays on another date */
	STRANGER_KINDS
};
extern const char *const stranger_kinds[]; /* their names; ends with NULL */

struct stranger {
	enum stranger_kind kind;
	const char *name; /* lookup, code or game id: the event's or the slate's text */
	const char *spelling; /* as it came, where that is known and another text; else "" */
};

/* All of one event, whose player, if it names one, was found so. Slate entries make names known, and have no strangers. */
enum { STRANGERS_OF_EVENT = STARTERS_MAX + 3 };
size_t stranger_find(const struct slate *s, const struct event *e, const struct slate_found *found,
	struct stranger ret[STRANGERS_OF_EVENT]);

/* Whether a player's name is nobody's, by the slate and its league. */
bool stranger_is_player(const struct slate *s, const char *lookup);
/* Whether what was found is one still; of a date or of several players nothing says so but another event. */
bool stranger_is_still(const struct slate *s, enum stranger_kind kind, const char *name);

enum { STRANGER_NEAR = 3, STRANGER_WHY_SIZE = 160 };
struct stranger_near {
	char name[LOOKUP_SIZE];
	char why[STRANGER_WHY_SIZE]; /* not taken: a sentence's part about it */
};

/* What is known that is nearest to it, best first; the number. Some 0.3 ms of a player. */
size_t stranger_nearest(
	const struct slate *s, enum stranger_kind kind, const char *name, struct stranger_near ret[STRANGER_NEAR]);

/* What to do about it, as a sentence. `near`: the first of the above, NULL: there is none. */
enum { STRANGER_REMEDY_SIZE = 256 };
const char *stranger_remedy(enum stranger_kind kind, const char *name, const char *spelling,
	const struct stranger_near *near, char buffer[STRANGER_REMEDY_SIZE]);

#endif
