#include "league/team.h"

#include <stddef.h>
#include <strings.h>

/* Today's codes first, each with itself, then what box scores, books and older seasons call them. A franchise
 * that moved keeps its history (SEA is OKC); the Charlotte teams count as one, as the league itself counts
 * them. */
static const struct {
	const char *spelling, *code;
} teams[] = {
	{"ATL", "ATL"},
	{"BKN", "BKN"},
	{"BOS", "BOS"},
	{"CHA", "CHA"},
	{"CHI", "CHI"},
	{"CLE", "CLE"},
	{"DAL", "DAL"},
	{"DEN", "DEN"},
	{"DET", "DET"},
	{"GSW", "GSW"},
	{"HOU", "HOU"},
	{"IND", "IND"},
	{"LAC", "LAC"},
	{"LAL", "LAL"},
	{"MEM", "MEM"},
	{"MIA", "MIA"},
	{"MIL", "MIL"},
	{"MIN", "MIN"},
	{"NOP", "NOP"},
	{"NYK", "NYK"},
	{"OKC", "OKC"},
	{"ORL", "ORL"},
	{"PHI", "PHI"},
	{"PHX", "PHX"},
	{"POR", "POR"},
	{"SAC", "SAC"},
	{"SAS", "SAS"},
	{"TOR", "TOR"},
	{"UTA", "UTA"},
	{"WAS", "WAS"},
	{"BRK", "BKN"},
	{"BRO", "BKN"},
	{"NJN", "BKN"},
	{"CHO", "CHA"},
	{"CHH", "CHA"},
	{"GS", "GSW"},
	{"NO", "NOP"},
	{"NOH", "NOP"},
	{"NOK", "NOP"},
	{"NY", "NYK"},
	{"PHO", "PHX"},
	{"SA", "SAS"},
	{"SEA", "OKC"},
	{"UTAH", "UTA"},
	{"UTH", "UTA"},
	{"VAN", "MEM"},
	{"WSH", "WAS"},
	{"WSB", "WAS"},
};

const char *team_code(const char *text)
{
	for (size_t i = 0; i < sizeof(teams) / sizeof(teams[0]); i++) {
		/* The first letter alone tells nearly all of them apart, and every row that is loaded asks twice. */
		if (((text[0] ^ teams[i].spelling[0]) & 0x5f) == 0 && strcasecmp(text, teams[i].spelling) == 0)
			return teams[i].code;
	}
	return NULL;
}

const char *team_codes(void)
{
	return "ATL BKN BOS CHA CHI CLE DAL DEN DET GSW HOU IND LAC LAL MEM MIA MIL MIN NOP NYK OKC ORL PHI "
	       "PHX POR "
	       "SAC SAS TOR UTA WAS";
}
