/* The markets that a prop can be about, and the counting statistics they are made of. */
#ifndef LEAGUE_MARKET_H
#define LEAGUE_MARKET_H

#include <stdbool.h>

enum statistic {
	STAT_POINTS,
	STAT_REBOUNDS,
	STAT_ASSISTS,
	STAT_THREES,
	STAT_STEALS,
	STAT_BLOCKS,
	STAT_TURNOVERS,
	STAT_COUNT
};

/* The first STAT_COUNT markets are the statistics themselves, in their order; the rest are sums of them. */
enum market {
	MARKET_POINTS,
	MARKET_REBOUNDS,
	MARKET_ASSISTS,
	MARKET_THREES,
	MARKET_STEALS,
	MARKET_BLOCKS,
	MARKET_TURNOVERS,
	MARKET_PRA,
	MARKET_PR,
	MARKET_PA,
	MARKET_RA,
	MARKET_COUNT
};

const char *market_name(enum market market); /* "points" ... "ra" */
bool market_parse(const char *text, enum market *ret_market); /* names as market_name() writes them */
unsigned market_stats(enum market market); /* bit set of (1u << enum statistic) that it sums */
const char *market_names(void); /* all names, for error messages */

#endif
