/*
 * Tonight: of one date, who plays in which game for which team, and when it tips. Two layers: the default from the
 * league's snapshot (schedule; per team the players whose latest game was for it) and over it the overrides that
 * `slate` events left in Redis. Without a snapshot there are overrides only.
 *
 * A slate is made whole by slate_reset(), the add functions, then slate_build(); and changed by adding what is new and
 * building again. Pointers into it are good until then. Loop thread only.
 */
#ifndef SLATE_SLATE_H
#define SLATE_SLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/fold.h"
#include "base/table.h"
#include "league/snapshot.h"
#include "model/live.h"

#define TEAM_SIZE 4
#define SLATE_TEAMS_LEFT 40 /* teams a player can have left in one day: more than there are */

struct slate_game {
	char id[GAME_ID_SIZE];
	char away[TEAM_SIZE], home[TEAM_SIZE];
	int64_t tip_ms; /* 0: unknown */
	enum game_status status;
	bool overridden;
};

struct slate_member {
	char lookup[LOOKUP_SIZE];
	char team[TEAM_SIZE]; /* "" = none */
	char default_team[TEAM_SIZE]; /* by the snapshot, "" = none */
	bool active, overridden;
	uint32_t player; /* of the snapshot; NO_INDEX: overrides alone know him */
	unsigned left_count;
	char left[SLATE_TEAMS_LEFT][TEAM_SIZE]; /* teams that overrides took him from today */
	struct slate_member *same_stem; /* of those whose lookups differ only by a generational suffix, the next */
	UT_hash_handle hh, hh_stem; /* the latter of the first of them */
};

struct slate_team {
	char code[TEAM_SIZE];
	const struct slate_game *game; /* NULL: does not play */
	struct slate_member **roster; /* active members, ascending by lookup */
	size_t count;
};

struct slate;

struct slate *slate_new(date_t date); /* NULL: no memory */
void slate_free(struct slate *s);

/* Drops what is there. `snapshot` may be NULL; it must outlive the slate or the next reset. */
void slate_reset(struct slate *s, const struct snapshot *snapshot);
/* Members go by the names that players have on the date. Of one id, or lookup, the last counts; of the teams that a
 * player left all. */
int slate_add_game(struct slate *s, const char *game_id, int64_t tip_ms, enum game_status status);
int slate_add_member(struct slate *s, const char *lookup, const char *team, bool active);
int slate_add_left(struct slate *s, const char *lookup, const char *team);
int slate_add_alias(struct slate *s, const char *spelling, const char *player); /* given while propsd runs */
int slate_build(struct slate *s); /* 0 or -ENOMEM */

date_t slate_date(const struct slate *s);
const struct snapshot *slate_snapshot(const struct slate *s);
const struct slate_game *slate_game(const struct slate *s, const char *game_id); /* NULL: not on the slate */
size_t slate_games(const struct slate *s, const struct slate_game **ret_games); /* ascending by id */
const struct slate_member *slate_member(const struct slate *s, const char *lookup); /* NULL: knows nothing of him */
/* Whom a spelling was said to mean while propsd runs, as it was said; NULL: nobody. */
const char *slate_alias(const struct slate *s, const char *spelling);
const struct slate_member *slate_next_member(
	const struct slate *s, const struct slate_member *after); /* all of them, in no order; NULL begins and ends */
const struct slate_team *slate_team(const struct slate *s, const char *code); /* NULL: nobody and no game */
size_t slate_teams(const struct slate *s, const struct slate_team **ret_teams);
bool slate_has_inactive(const struct slate *s, const char *code); /* whether any member of the team is not active */

/* The name of a player of the snapshot on the slate's date (snapshot_name()). */
const char *slate_name(const struct slate *s, uint32_t player);

/* The first of those whose lookups differ from this one only by a generational suffix, if at all; then `same_stem`. NULL:
 * none. Whom a name means is asked of slate_resolve(). */
const struct slate_member *slate_stem(const struct slate *s, const char *lookup);

/* Where a player stands tonight. `named_game` and `named_team` are what events said of him ("" = nothing): the game counts
 * only where the slate has none for him, the team only where it has no team. Texts are "" where unknown. */
struct slate_place {
	const char *game, *team;
	char opponent[TEAM_SIZE];
	int home; /* 1, 0, -1 unknown */
	bool member; /* active on `team`'s roster: reads its lineup */
	const struct slate_game *facts; /* NULL: the game is not on the slate */
};
struct slate_place slate_place(
	const struct slate *s, const char *lookup, const char *named_game, const char *named_team);

/* AWAY and HOME of a game id "20251115_LAL_GSW"; false if it has another shape. */
bool game_id_teams(const char *game_id, char away[TEAM_SIZE], char home[TEAM_SIZE]);

#endif
