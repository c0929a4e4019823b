#include "complete_fields.h"

#include <stddef.h>

#define MARKETS "points rebounds assists threes steals blocks turnovers pra pr pa ra"
#define ALL "odds injury lineup slate regenerate"

/* In the order in which people write them. */
const struct complete_field complete_fields[] = {
	{ALL, "player_lookup", NULL},
	{ALL, "game_id", NULL},
	{ALL, "game_date", NULL},
	{ALL, "team", NULL},
	{"odds", "market", MARKETS},
	{"odds", "book", NULL},
	{"odds", "line", NULL},
	{"odds", "over", NULL},
	{"odds", "under", NULL},
	{"odds", "odds", "american decimal"},
	{"odds", "side", "over under"},
	{"odds", "price", NULL},
	{"odds", "alt", "0 1"},
	{"odds", "total", NULL},
	{"odds", "spread", NULL},
	{"odds", "status", "open off"},
	{"injury", "status", "out doubtful questionable probable available"},
	{"injury", "reason", NULL},
	{"slate", "status", "scheduled postponed cancelled active inactive"},
	{"slate", "tip", NULL},
	{"lineup", "starters", NULL},
	{"lineup", "confirmed", "0 1"},
	{"regenerate", "force", "0 1"},
	{"regenerate", "exact", "0 1"},
	{"regenerate", "phase", "report precompute first"},
	{"odds injury slate regenerate", "player_id", NULL},
	{ALL, "ts", NULL},
	{ALL, "event_id", NULL},
	{ALL, "priority", "urgent high normal low"},
	{ALL, "not_before", NULL},
	{ALL, "traceparent", NULL},
	{NULL, NULL, NULL},
};
