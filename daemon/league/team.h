/*
 * The league's thirty teams. Sources write some of them by older or other codes (PHO, BRK, NOH); inside
 * propsd a team has one code, today's. Any thread.
 */
#ifndef LEAGUE_TEAM_H
#define LEAGUE_TEAM_H

/* Today's three-letter code for a code in any of its spellings, letter case aside; NULL: no team of the
 * league. */
const char *team_code(const char *text);

/* All thirty codes, for error messages. */
const char *team_codes(void);

#endif
