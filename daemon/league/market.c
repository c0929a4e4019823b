#include "league/market.h"

#include <string.h>

#define BIT(stat) (1u << (stat))

static const struct {
	const char *name;
	unsigned stats;
} markets[MARKET_COUNT] = {
	[MARKET_POINTS] = {"points", BIT(STAT_POINTS)},
	[MARKET_REBOUNDS] = {"rebounds", BIT(STAT_REBOUNDS)},
	[MARKET_ASSISTS] = {"assists", BIT(STAT_ASSISTS)},
	[MARKET_THREES] = {"threes", BIT(STAT_THREES)},
	[MARKET_STEALS] = {"steals", BIT(STAT_STEALS)},
	[MARKET_BLOCKS] = {"blocks", BIT(STAT_BLOCKS)},
	[MARKET_TURNOVERS] = {"turnovers", BIT(STAT_TURNOVERS)},
	[MARKET_PRA] = {"pra", BIT(STAT_POINTS) | BIT(STAT_REBOUNDS) | BIT(STAT_ASSISTS)},
	[MARKET_PR] = {"pr", BIT(STAT_POINTS) | BIT(STAT_REBOUNDS)},
	[MARKET_PA] = {"pa", BIT(STAT_POINTS) | BIT(STAT_ASSISTS)},
	[MARKET_RA] = {"ra", BIT(STAT_REBOUNDS) | BIT(STAT_ASSISTS)},
};

const char *market_name(enum market market)
{
	return markets[market].name;
}

bool market_parse(const char *text, enum market *ret_market)
{
	for (int i = 0; i < MARKET_COUNT; i++) {
		if (strcmp(text, markets[i].name) == 0) {
			*ret_market = (enum market)i;
			return true;
		}
	}
	return false;
}

unsigned market_stats(enum market market)
{
	return markets[market].stats;
}

const char *market_names(void)
{
	/* A literal, so that it can be called from any thread without memory; a test holds it to the table.
	 */
	return "points, rebounds, assists, threes, steals, blocks, turnovers, pra, pr, pa, ra";
}
