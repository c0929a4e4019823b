/*
 * Who is affected by what: from an event and tonight's slate to the audience of what it writes. And the same rule
 * seen from the player: which events' fields his run reads. The two must agree, or a player would be run for nothing
 * or not at all (tests/unit/test_affected.c holds them against each other).
 */
#ifndef SLATE_AFFECTED_H
#define SLATE_AFFECTED_H

#include "base/arena.h"
#include "ingest/event.h"
#include "slate/slate.h"

struct affected {
	const char *game; /* the field's game: its tip decides on expiry; "" = none */
	const char *const *players; /* canonical lookups, by the slate */
	size_t player_count;
	const char *const *done; /* games whose players that ever ran count too, by slate_reads(); "*" = any */
	size_t done_count;
};

/* What a slate entry may change for others. Texts are the event's and the slate's. */
enum { SLATE_TOUCH_TEAMS = 3 + SLATE_TEAMS_LEFT };
struct slate_touch {
	const char *teams[SLATE_TOUCH_TEAMS]; /* whose rosters: whoever reads one of them is affected, each once */
	size_t team_count;
	const char *game; /* "" = none: whoever plays in it is, too */
	char codes[2][TEAM_SIZE]; /* of the game */
};
void slate_touched(const struct slate *s, const struct event *e, const char *player, struct slate_touch *ret);

/*
 * The audience of an event whose player, where it names one, is `player` (canonical), else "". All memory and texts
 * from `arena`. 0 or -ENOMEM.
 */
int slate_affected(
	const struct slate *s, const struct event *e, const char *player, struct arena *arena, struct affected *ret);

/* Whether the run of `lookup`, who once ran in `game` and for `team` ("" unknown), reads what the event writes. */
bool slate_reads(const struct slate *s, const char *lookup, const char *game, const char *team, const struct event *e,
	const char *event_player);

#endif
