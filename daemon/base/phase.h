/*
 * The phases that make a report, and the facts that each reads. Precompute is what is slow: a user's own model, whose
 * output is kept; report is what readers get, made from it at each quote. A fact that a phase does not read is no reason
 * to run it, and stands in none of its requests.
 */
#ifndef BASE_PHASE_H
#define BASE_PHASE_H

#include <stdbool.h>

enum phase { PHASE_REPORT, PHASE_PRECOMPUTE, PHASE_COUNT };
const char *phase_name(enum phase phase); /* "report" */

enum fact {
	FACT_ODDS, /* the player's quotes */
	FACT_GAME_ODDS, /* totals and spreads */
	FACT_INJURY, /* his own */
	FACT_MATES, /* his team-mates' injuries */
	FACT_LINEUP,
	FACT_SLATE, /* game, tip-off, roster */
	FACT_LEAGUE,
	FACT_COUNT
};
const char *fact_name(enum fact fact); /* "game_odds" */
bool fact_parse(const char *text, enum fact *ret_fact);

enum { FACTS_ALL = (1 << FACT_COUNT) - 1, FACTS_OF_PRECOMPUTE = FACTS_ALL & ~(1 << FACT_ODDS | 1 << FACT_GAME_ODDS) };

/* With the facts that these imply: who reads of mates or a lineup reads whose these are. */
unsigned facts_with_implied(unsigned facts);

/* What is in force. */
struct phases {
	bool precompute; /* there is one; else what is said of it below counts for nothing */
	bool eager; /* the report is made at once on the last good output, and again when there is a new one */
	unsigned reads[PHASE_COUNT]; /* bits 1 << FACT_... */
};

#endif
