/*
 * The forms in which sources write what is no plain number or name: minutes, kinds of season, and the words that say why
 * somebody did not play. One table each; text in, text or number out. Any thread.
 */
#ifndef LEAGUE_SPELLING_H
#define LEAGUE_SPELLING_H

#include <stdbool.h>

/* Minutes, from 0 to `most`: 34, 34.2, 34:12, 34.000000:12, PT34M12.00S, 34 min, 34m 12s. With three parts it may be
 * hours, minutes, seconds, or what a spreadsheet makes of 34:12, 34:12:00. How many of these readings are possible:
 * 1, and it is in ret_minutes; 0; 2: nobody can know which is meant. */
int spelling_minutes(const char *text, double most, double *ret_minutes);

/* Of which part of a season a game is. */
struct season_part {
	const char *name; /* the one form in which the database has it */
	const char *left_out; /* what its games are, where they do not count: "preseason games"; else NULL */
};

/* NULL: no spelling that is known. */
const struct season_part *spelling_season(const char *text);

/* By the first digits of the NBA's ten-digit number of a game; NULL: they say nothing. */
const struct season_part *spelling_season_of_game(const char *game_id);

void spelling_seasons(char *ret, int size); /* the names of all of them, for error messages */

/* For a word that stands in place of minutes: "players who did not play (DNP)"; NULL: no such word. */
const char *spelling_absence(const char *text);

/* Whether the text is one of those that sources write for nothing: "", "-", "NA", "null". */
bool spelling_is_nothing(const char *text);

#endif
