/*
 * Words are compared by their letters and digits alone, in lower case: "Pre-Season", "PRE SEASON" and "preseason" are one
 * spelling.
 */
#include "league/spelling.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define WORD_SIZE 64

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* What is cut off of a longer text, no table has. */
static void plain_word(const char *text, char word[WORD_SIZE])
{
	size_t length = 0;
	for (; *text && length < WORD_SIZE - 1; text++) {
		char c = lower(*text);
		if ((c >= 'a' && c <= 'z') || is_digit(c))
			word[length++] = c;
	}
	word[length] = '\0';
}

/* --- minutes ---------------------------------------------------------------------------------------------------- */

#define PARTS 3

/* '#' is a number, everything else stands for itself; blanks may stand around each. */
static const struct {
	const char *pattern;
	int seconds[PARTS]; /* that a part counts; 0: only 0 may stand there */
} minute_forms[] = {
	{"#", {60}},
	{"#:#", {60, 1}},
	{"#:#:#", {3600, 60, 1}},
	{"#:#:#", {60, 1, 0}}, /* a spreadsheet takes 34:12 for a time of the day */
	{"pt#h#m#s", {3600, 60, 1}},
	{"pt#h#m", {3600, 60}},
	{"pt#m#s", {60, 1}},
	{"pt#m", {60}},
	{"pt#s", {1}},
	{"#min", {60}},
	{"#min.", {60}},
	{"#mins", {60}},
	{"#minutes", {60}},
	{"#m", {60}},
	{"#'", {60}},
	{"#m#s", {60, 1}},
	{"#min#s", {60, 1}},
	{"#min#sec", {60, 1}},
};

static const char *after_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

/* The end of the number that the text begins with; the text itself: it begins with none. */
static const char *after_number(const char *text)
{
	const char *end = text + strspn(text, "0123456789");
	if (end != text && *end == '.' && is_digit(end[1]))
		end += 1 + strspn(end + 1, "0123456789");
	return end;
}

/* How many parts the text has by the pattern; 0: it is not of this form. */
static int split(const char *pattern, const char *text, double part[PARTS])
{
	int parts = 0;
	for (text = after_blanks(text); *pattern; pattern++, text = after_blanks(text)) {
		if (*pattern == '#') {
			const char *end = after_number(text);
			if (end == text)
				return 0;
			part[parts++] = strtod(text, NULL);
			text = end;
		} else if (lower(*text++) != *pattern) {
			return 0;
		}
	}
	return *text ? 0 : parts;
}

/* False: such a time is none. */
static bool add_up(const double part[PARTS], int parts, const int seconds[PARTS], double *ret_minutes)
{
	double sum = 0;
	for (int i = 0; i < parts; i++) {
		bool whole = part[i] < 1e6 && part[i] == (double)(long)part[i];
		if ((i + 1 < parts && !whole) || (i > 0 && part[i] >= 60) || (seconds[i] == 0 && part[i] > 0))
			return false;
		sum += part[i] * seconds[i];
	}
	*ret_minutes = sum / 60;
	return true;
}

int spelling_minutes(const char *text, double most, double *ret_minutes)
{
	int found = 0;
	double first = 0;
	for (size_t i = 0; i < COUNT(minute_forms); i++) {
		double part[PARTS], minutes;
		int parts = split(minute_forms[i].pattern, text, part);
		if (parts == 0 || !add_up(part, parts, minute_forms[i].seconds, &minutes) || minutes > most)
			continue;
		if (found > 0 && minutes == first)
			continue;
		first = found == 0 ? minutes : first;
		found++;
	}
	if (found == 1)
		*ret_minutes = first;
	return found;
}

/* --- parts of a season ------------------------------------------------------------------------------------------ */

/* Spellings of sources that number them (1, 2, 3, 5) are those of ESPN's exports. Of the first row without a spelling
 * on, all is empty. `digit` is the third one of the NBA's game ids, 0022500123. */
static const struct {
	struct season_part season;
	char digit;
	const char *spellings[12];
} seasons[] = {
	{{"regular", NULL}, '2', {"regular", "regularseason", "reg", "rs", "2", "regularseasongame"}},
	{{"playoffs", NULL}, '4',
		{"playoffs", "playoff", "postseason", "post", "po", "finals", "nbafinals", "3", "playoffgame"}},
	{{"playin", NULL}, '5', {"playin", "playintournament", "playingame", "playins", "playinround", "5"}},
	{{"cup", NULL}, '6',
		{"cup", "ist", "inseasontournament", "nbacup", "emiratesnbacup", "emiratescup", "cupfinal",
			"cupchampionship", "istfinal", "istchampionship"}},
	{{"preseason", "preseason games"}, '1', {"preseason", "pre", "preseasongame", "exhibition", "1"}},
	{{"allstar", "All-Star games"}, '3',
		{"allstar", "allstargame", "allstars", "asg", "allstarweekend", "nbaallstar", "nbaallstargame",
			"risingstars"}},
	{{"summer", "games of a summer league"}, 0, {"summer", "summerleague", "nbasummerleague"}},
};

const struct season_part *spelling_season(const char *text)
{
	char word[WORD_SIZE];
	plain_word(text, word);
	for (size_t i = 0; i < COUNT(seasons); i++) {
		for (size_t j = 0; j < COUNT(seasons[i].spellings) && seasons[i].spellings[j]; j++) {
			if (strcmp(word, seasons[i].spellings[j]) == 0)
				return &seasons[i].season;
		}
	}
	return NULL;
}

const struct season_part *spelling_season_of_game(const char *game_id)
{
	if (strlen(game_id) != 10 || strspn(game_id, "0123456789") != 10 || game_id[0] != '0' || game_id[1] != '0')
		return NULL;
	for (size_t i = 0; i < COUNT(seasons); i++) {
		if (seasons[i].digit == game_id[2])
			return &seasons[i].season;
	}
	return NULL;
}

void spelling_seasons(char *ret, int size)
{
	size_t length = 0;
	for (size_t i = 0; i < COUNT(seasons); i++)
		length +=
			text_format(ret + length, (size_t)size - length, "%s%s", i ? ", " : "", seasons[i].season.name);
}

/* --- who did not play ------------------------------------------------------------------------------------------- */

/* By how a word begins, for most go on: "DNP - Coach's Decision", "Inactive - Right Knee". */
static const struct {
	const char *begins, *reason;
} absences[] = {
	{"dnp", "players who did not play (DNP)"},
	{"didnotplay", "players who did not play (DNP)"},
	{"coachsdecision", "players who did not play (DNP)"},
	{"coachesdecision", "players who did not play (DNP)"},
	{"hasnotplayed", "players who did not play (DNP)"},
	{"hasnotentered", "players who did not play (DNP)"},
	{"dnd", "players who did not dress (DND)"},
	{"didnotdress", "players who did not dress (DND)"},
	{"dnt", "players who did not travel (DNT)"},
	{"didnottravel", "players who did not travel (DNT)"},
	{"nwt", "players who were not with the team (NWT)"},
	{"notwithteam", "players who were not with the team (NWT)"},
	{"notwiththeteam", "players who were not with the team (NWT)"},
	{"inactive", "players who were inactive"},
	{"inact", "players who were inactive"},
	{"notactive", "players who were inactive"},
	{"suspen", "players who were suspended"},
	{"playersuspended", "players who were suspended"},
	{"injur", "players who were injured or ill"},
	{"illness", "players who were injured or ill"},
	{"out", "players who were injured or ill"},
	{"rest", "players who rested"},
};

const char *spelling_absence(const char *text)
{
	char word[WORD_SIZE];
	plain_word(text, word);
	for (size_t i = 0; i < COUNT(absences); i++) {
		if (strncmp(word, absences[i].begins, strlen(absences[i].begins)) == 0)
			return absences[i].reason;
	}
	return NULL;
}

bool spelling_is_nothing(const char *text)
{
	static const char *const words[] = {"", "-", "--", "---", "\xe2\x80\x93", "\xe2\x80\x94", "NA", "N/A", "#N/A",
		"nan", "null", "none", "nil", "n.a."};
	text = after_blanks(text);
	for (size_t i = 0; i < COUNT(words); i++) {
		size_t length = strlen(words[i]);
		if (strncasecmp(text, words[i], length) == 0 && !*after_blanks(text + length))
			return true;
	}
	return false;
}
