#include "base/phase.h"

#include <string.h>

static const char *const names[FACT_COUNT] = {
	[FACT_ODDS] = "odds",
	[FACT_GAME_ODDS] = "game_odds",
	[FACT_INJURY] = "injury",
	[FACT_MATES] = "mates",
	[FACT_LINEUP] = "lineup",
	[FACT_SLATE] = "slate",
	[FACT_LEAGUE] = "league",
};

const char *phase_name(enum phase phase)
{
	return phase == PHASE_REPORT ? "report" : "precompute";
}

const char *fact_name(enum fact fact)
{
	return names[fact];
}

bool fact_parse(const char *text, enum fact *ret_fact)
{
	for (int i = 0; i < FACT_COUNT; i++)
		if (strcmp(text, names[i]) == 0) {
			*ret_fact = (enum fact)i;
			return true;
		}
	return false;
}

unsigned facts_with_implied(unsigned facts)
{
	if (facts & (1u << FACT_INJURY | 1u << FACT_MATES | 1u << FACT_LINEUP | 1u << FACT_GAME_ODDS))
		facts |= 1u << FACT_SLATE;
	if (facts & 1u << FACT_SLATE)
		facts |= 1u << FACT_LEAGUE;
	return facts;
}
