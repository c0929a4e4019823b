/*
 * Other spellings of a player's name. A pair says that two spellings are one man, whichever of them his box scores have:
 * so a list serves leagues that write either. What box scores write is never overruled: where both spellings of a pair are
 * players of the league the pair is no use. Pure functions; any thread.
 */
#ifndef LEAGUE_ALIASES_H
#define LEAGUE_ALIASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fold.h"
#include "league/snapshot.h"

struct alias_pair {
	char spelling[LOOKUP_SIZE], player[LOOKUP_SIZE];
	int64_t person_id; /* of `player`, who bears it of several; 0: whoever does */
	char team[4]; /* the same by the team of his newest row; "": any */
	bool shipped; /* counts where no other pair says anything of the spelling */
};

struct alias_man { /* of each player */
	int64_t person_id; /* 0: unknown */
	char team[4];
};

/*
 * What the pairs add to the spellings of box scores (`known`, sorted by lookup, then player): into `ret`, which has room
 * for twice as many as there are pairs, sorted likewise. A spelling that two men could mean is left out. How many there
 * are; -ENOMEM.
 */
int64_t aliases_resolve(const struct snapshot_alias *known, size_t known_count, const struct alias_man *men,
	const struct alias_pair *pairs, size_t pair_count, struct snapshot_alias *ret);

/* The pairs that come with propsd, of well-known players: share/propsd/aliases/nba.csv. */
size_t aliases_shipped_count(void);
struct alias_pair aliases_shipped(size_t at);

#endif
