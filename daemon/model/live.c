#include "model/live.h"

#include <string.h>

/* Names as the wire and the report write them, by enum value. */
static const char *const injury_names[INJURY_COUNT] = {
	[INJURY_NONE] = "none",
	[INJURY_AVAILABLE] = "available",
	[INJURY_PROBABLE] = "probable",
	[INJURY_QUESTIONABLE] = "questionable",
	[INJURY_DOUBTFUL] = "doubtful",
	[INJURY_OUT] = "out",
};

static const char *const game_names[] = {
	[GAME_UNKNOWN] = "unknown",
	[GAME_SCHEDULED] = "scheduled",
	[GAME_POSTPONED] = "postponed",
	[GAME_CANCELLED] = "cancelled",
};

#define GAME_COUNT (int)(sizeof(game_names) / sizeof(game_names[0]))

/* Index of the name from 1 on (0 is what nobody can report), 0 if there is none. */
static int find(const char *const *names, int count, const char *text)
{
	for (int i = 1; i < count; i++) {
		if (strcmp(names[i], text) == 0)
			return i;
	}
	return 0;
}

const char *injury_status_name(enum injury_status status)
{
	return injury_names[status];
}

bool injury_status_parse(const char *text, enum injury_status *ret)
{
	int i = find(injury_names, INJURY_COUNT, text);

	if (i == 0)
		return false;
	*ret = (enum injury_status)i;
	return true;
}

double injury_status_plays(enum injury_status status)
{
	static const double plays[INJURY_COUNT] = {
		[INJURY_NONE] = 0.97,
		[INJURY_AVAILABLE] = 0.95,
		[INJURY_PROBABLE] = 0.9,
		[INJURY_QUESTIONABLE] = 0.55,
		[INJURY_DOUBTFUL] = 0.1,
		[INJURY_OUT] = 0,
	};

	return plays[status];
}

const char *game_status_name(enum game_status status)
{
	return game_names[status];
}

bool game_status_parse(const char *text, enum game_status *ret)
{
	int i = find(game_names, GAME_COUNT, text);

	if (i == 0)
		return false;
	*ret = (enum game_status)i;
	return true;
}

void live_restrict(struct live *live, struct live_mate *mates, unsigned facts)
{
	if (!(facts & 1u << FACT_ODDS))
		live->quote_count = 0;
	if (!(facts & 1u << FACT_GAME_ODDS))
		live->total_count = live->spread_count = 0;
	if (!(facts & 1u << FACT_INJURY)) {
		live->injury = INJURY_NONE;
		live->injury_reason = "";
	}
	for (size_t i = 0; !(facts & 1u << FACT_MATES) && i < live->mate_count; i++)
		mates[i].status = INJURY_NONE;
	if (!(facts & 1u << FACT_LINEUP)) {
		live->starter = -1;
		live->starters = NULL;
		live->starter_count = 0;
		live->lineup_confirmed = false;
	}
}
