/*
 * Live state: what Redis knows tonight that one player's run reads, and nothing else. Parsed from the reply
 * to begin into the run's arena (delivery), read by the model, printed by the report. Strings are folded
 * lookups, team codes and book names. Every list is sorted as its comment says, so that equal state gives
 * equal bytes whatever order Redis returned it in. Lines, totals and spreads are in hundredths: exact, and
 * the wire allows two decimals.
 */
#ifndef MODEL_LIVE_H
#define MODEL_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/phase.h"
#include "league/market.h"

enum injury_status {
	INJURY_NONE, /* nothing was reported */
	INJURY_AVAILABLE,
	INJURY_PROBABLE,
	INJURY_QUESTIONABLE,
	INJURY_DOUBTFUL,
	INJURY_OUT,
	INJURY_COUNT
};
const char *injury_status_name(enum injury_status status);
bool injury_status_parse(const char *text, enum injury_status *ret); /* not "none" */
/* How likely he plays of whom that was reported; of INJURY_NONE: whom a report would have named. */
double injury_status_plays(enum injury_status status);

enum game_status { GAME_UNKNOWN, GAME_SCHEDULED, GAME_POSTPONED, GAME_CANCELLED };
const char *game_status_name(enum game_status status);
bool game_status_parse(const char *text, enum game_status *ret); /* not "unknown" */

struct live_quote { /* sorted by market, book, main before alternates, line */
	enum market market;
	bool alternate;
	const char *book;
	int32_t line; /* hundredths */
	int32_t over, under; /* American prices, 0: missing */
};

struct live_book_figure { /* a game's total or the home side's spread; sorted by book */
	const char *book;
	int32_t value; /* hundredths */
};

struct live_mate { /* the team's roster, he himself left out; sorted by lookup */
	const char *lookup;
	enum injury_status status;
};

struct live {
	date_t date;
	const char *player;
	bool unknown_player; /* neither the league nor the slate knows him; false without a league */
	const char *game_id, *team, *opponent; /* "" where unknown */
	int home; /* 1, 0, -1 unknown */
	enum game_status game_status;
	int64_t tip_ms; /* 0: unknown */
	int64_t version;
	bool forced;

	enum injury_status injury;
	const char *injury_reason; /* "" for none */

	int starter; /* 1, 0, -1 while no lineup of his team is known */
	bool lineup_confirmed;
	const char *const *starters; /* of his team, sorted; NULL while unknown */
	size_t starter_count;

	const struct live_mate *mates;
	size_t mate_count;
	const struct live_quote *quotes; /* open ones only; a book that took all down has none */
	size_t quote_count;
	const struct live_book_figure *totals, *spreads;
	size_t total_count, spread_count;
};

/* Leaves only the facts whose bits (1 << FACT_...) are set: for a phase that reads no more. `mates` are its own. */
void live_restrict(struct live *live, struct live_mate *mates, unsigned facts);

#endif
