/*
 * The level at which a player waits: the highest of the event's own, its type's, the player's tier and how near tip-
 * off is. An operator's standing order replaces all but the event's own (regen.c). Loop thread.
 */
#ifndef REGEN_PRIORITY_H
#define REGEN_PRIORITY_H

#include "base/clock.h"
#include "base/level.h"
#include "base/table.h"
#include "ingest/event.h"
#include "league/snapshot.h"

struct tier_player {
	char lookup[LOOKUP_SIZE];
	enum level level;
	UT_hash_handle hh;
};

struct priority_policy {
	enum level type[STREAM_COUNT];
	int64_t near_us; /* a game that tips within this time makes its players at least high; 0: never */
	struct tier_player *tiers;
	bool has_tiers; /* else tiers follow from last season's minutes */
};

/* Adds a player to a tier; the highest of several counts. -ENOMEM. */
int priority_add_tier(struct priority_policy *p, const char *lookup, enum level level);
void priority_done(struct priority_policy *p);

/* By tier or minutes, and tip-off: what does not depend on the event. The name is of the date. `tip_ms` 0: unknown. */
enum level priority_of_player(const struct priority_policy *p, const struct snapshot *s, date_t date,
	const char *lookup, int64_t tip_ms, int64_t now_ms);

/* By the event alone. */
enum level priority_of_event(const struct priority_policy *p, enum stream stream, bool has_own, enum level own);

#endif
