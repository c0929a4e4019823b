/*
 * Three tables. `spelled` has other names of columns, of all sources together: a file may mix them, as people do. `rules`
 * has what is made of one to three other columns; a rule is tried only where no column has the cell itself. `layouts` has
 * the sources that can be told by their headers: only what a name alone does not say depends on them, that is whose
 * numbers `game_id` and `player_id` are.
 *
 * A rule's columns have a place before it, so that no cell is made of itself.
 */
#include "league/import_layout.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/nearest.h"
#include "league/team.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PARTS IMPORT_PARTS

/* Of which kinds: `home` is a flag in a box score and a team in a list of games. */
enum scope { ANY, BOX, TEAM_BOX, GAME };

static const struct {
	enum import_column_id column;
	enum scope scope;
	const char *names; /* as sources write them, the best first */
} spelled[] = {
	{COLUMN_SEASON, ANY, "season_year game.season"},
	{COLUMN_SEASON_TYPE, ANY, "game_type"},
	{COLUMN_GAME_DATE, ANY, "game_date_est date game.date game_date_time_est"},
	{COLUMN_PLAYER_ID, BOX, "person_id player.id"},
	{COLUMN_PLAYER, BOX, "player_name athlete_display_name player_full_name full_name name"},
	{COLUMN_TEAM, BOX, "team_abbreviation team_tricode team_code team_abbr tm team_full_name team_display_name"},
	{COLUMN_OPPONENT, BOX,
		"opponent_team_abbreviation opponent_abbreviation opponent_tricode opponent_code opp opp_team "
		"opponent_team opponent_team_display_name"},
	{COLUMN_HOME, BOX, "home_away location is_home home_or_away"},
	{COLUMN_AWAY, GAME,
		"away_team visitor away_team_abbreviation away_abbreviation away_team_tricode visitor_team.abbreviation "
		"visitor_team away_team.abbreviation awayTeam_teamTricode visitor/neutral"},
	{COLUMN_HOME, GAME,
		"home_team home_team_abbreviation home_abbreviation home_team_tricode home_team.abbreviation "
		"homeTeam_teamTricode home/neutral"},
	{COLUMN_WIN, BOX, "wl w/l team_winner outcome won"},
	{COLUMN_STARTER, BOX, "started is_starter"},
	{COLUMN_MIN, BOX, "mp minutes mins num_minutes minutes_played"},
	{COLUMN_PTS, BOX, "points points_scored"},
	{COLUMN_PTS, TEAM_BOX, "team_score"},
	{COLUMN_REB, BOX, "trb rebounds total_rebounds rebounds_total treb"},
	{COLUMN_OREB, BOX, "orb offensive_rebounds rebounds_offensive off_reb"},
	{COLUMN_DREB, BOX, "drb defensive_rebounds rebounds_defensive def_reb"},
	{COLUMN_AST, BOX, "assists"},
	{COLUMN_STL, BOX, "steals"},
	{COLUMN_BLK, BOX, "blocks"},
	{COLUMN_TOV, BOX, "turnover turnovers total_turnovers to tos"},
	{COLUMN_PF, BOX, "fouls personal_fouls fouls_personal"},
	{COLUMN_FGM, BOX, "fg field_goals field_goals_made made_field_goals"},
	{COLUMN_FGA, BOX, "field_goals_attempted attempted_field_goals"},
	{COLUMN_TPM, BOX,
		"fg3m 3pm 3p 3pt fg3 three_point_field_goals three_point_field_goals_made made_three_point_field_goals "
		"three_pointers_made threes"},
	{COLUMN_TPA, BOX,
		"fg3a 3pa three_point_field_goals_attempted attempted_three_point_field_goals three_pointers_attempted"},
	{COLUMN_FTM, BOX, "ft free_throws free_throws_made made_free_throws"},
	{COLUMN_FTA, BOX, "free_throws_attempted attempted_free_throws"},
	{COLUMN_PLUS_MINUS, BOX, "+/- plus_minus_points plusminus"},
	{COLUMN_TIP_MS, GAME, "game_date_time_utc game_time_utc tip start_time_utc start_date datetime"},
	{COLUMN_COMMENCE_MS, GAME, "commence_time"},
};

struct making {
	char text[128]; /* to be filled */
	const struct teams *teams;
	struct import_refusal *why; /* for false: what contradicts what */
};

/* False: the parts contradict each other. Empty parts never get here. */
typedef bool make_fn(const char *const part[PARTS], struct making *m);

static make_fn make_name, make_matchup_team, make_matchup_opponent, make_matchup_home, make_other_side, make_is_home,
	make_team_of_id, make_other_id, make_is_home_id, make_at, make_season_type, make_postseason, make_sum,
	make_rest, make_points, make_minutes, make_start, make_win, make_starter, make_tried;

/* The parts are those named by a header (alternatives in a row), then those that are cells of other columns. */
static const struct import_rule {
	enum import_column_id column;
	enum scope scope;
	const char *headers[PARTS];
	size_t columns;
	enum import_column_id of[PARTS];
	make_fn *make;
} rules[] = {
	{COLUMN_PLAYER, BOX, {"player.first_name first_name", "player.last_name last_name family_name"}, 0, {0},
		make_name},
	{COLUMN_TEAM, BOX, {"playerteam_city team_city team_location", "playerteam_name team_name"}, 0, {0}, make_name},
	{COLUMN_TEAM, BOX, {"team_name"}, 0, {0}, NULL},
	{COLUMN_TEAM, BOX, {"matchup match_up"}, 0, {0}, make_matchup_team},
	{COLUMN_TEAM, BOX, {"team_id team.id"}, 0, {0}, make_team_of_id},
	{COLUMN_OPPONENT, BOX, {"opponent_team_city opponent_team_location", "opponent_team_name"}, 0, {0}, make_name},
	{COLUMN_OPPONENT, BOX, {"opponent_team_name"}, 0, {0}, NULL},
	{COLUMN_OPPONENT, BOX, {"matchup match_up"}, 1, {COLUMN_TEAM}, make_matchup_opponent},
	{COLUMN_OPPONENT, BOX,
		{"home_team home_team_abbreviation home_abbreviation game.home_team.abbreviation home_team.abbreviation",
			"away_team visitor_team away_team_abbreviation away_abbreviation game.visitor_team.abbreviation "
			"visitor_team.abbreviation visitor_team_abbreviation"},
		1, {COLUMN_TEAM}, make_other_side},
	{COLUMN_OPPONENT, BOX,
		{"team_id team.id player.team_id", "home_team_id game.home_team_id",
			"visitor_team_id game.visitor_team_id away_team_id"},
		0, {0}, make_other_id},
	{COLUMN_HOME, BOX, {"@"}, 0, {0}, make_at},
	{COLUMN_HOME, BOX, {"matchup match_up"}, 1, {COLUMN_TEAM}, make_matchup_home},
	{COLUMN_HOME, BOX,
		{"home_team home_team_abbreviation home_abbreviation game.home_team.abbreviation home_team.abbreviation"},
		1, {COLUMN_TEAM}, make_is_home},
	{COLUMN_HOME, BOX, {"team_id team.id player.team_id", "home_team_id game.home_team_id"}, 0, {0},
		make_is_home_id},
	{COLUMN_SEASON, ANY, {"season_id"}, 0, {0}, NULL},
	{COLUMN_SEASON_TYPE, ANY, {"season_id"}, 0, {0}, make_season_type},
	{COLUMN_SEASON_TYPE, ANY, {"postseason game.postseason is_playoff playoffs"}, 0, {0}, make_postseason},
	{COLUMN_WIN, BOX, {"result"}, 0, {0}, make_win},
	{COLUMN_STARTER, BOX, {"gs"}, 0, {0}, make_starter},
	{COLUMN_FGA, BOX, {"fg field_goals"}, 0, {0}, make_tried},
	{COLUMN_TPA, BOX, {"3p 3pt three_point_field_goals"}, 0, {0}, make_tried},
	{COLUMN_FTA, BOX, {"ft free_throws"}, 0, {0}, make_tried},
	{COLUMN_MIN, BOX, {"seconds_played"}, 0, {0}, make_minutes},
	{COLUMN_REB, BOX, {NULL}, 2, {COLUMN_OREB, COLUMN_DREB}, make_sum},
	{COLUMN_OREB, BOX, {NULL}, 2, {COLUMN_REB, COLUMN_DREB}, make_rest},
	{COLUMN_DREB, BOX, {NULL}, 2, {COLUMN_REB, COLUMN_OREB}, make_rest},
	{COLUMN_PTS, BOX, {NULL}, 3, {COLUMN_FGM, COLUMN_TPM, COLUMN_FTM}, make_points},
	{COLUMN_TIP_MS, GAME, {"start_(et)"}, 1, {COLUMN_GAME_DATE}, make_start},
};

enum { /* what the names of its columns do not say of a source */
	OWN_IDS = 1, /* it numbers games and players by itself, not as the league does: the numbers are left aside */
	DAYS = 2, /* its dates are days, though some are written as midnight in UTC */
	SEASON_BEGINS = 4, /* 2025 is 2025-26 */
	SEASON_ENDS = 8, /* 2025 is 2024-25 */
};

/* A source is told by headers that no other has. */
static const struct {
	const char *name;
	const char *headers[3];
	unsigned habits;
} layouts[] = {
	{"hoopR", {"athlete_display_name", "team_abbreviation", "opponent_team_abbreviation"}, OWN_IDS | SEASON_ENDS},
	{"hoopR", {"team_home_away", "team_abbreviation", "opponent_team_abbreviation"}, OWN_IDS | SEASON_ENDS},
	{"hoopR", {"home_abbreviation", "away_abbreviation", "status_type_name"}, OWN_IDS | SEASON_ENDS},
	{"balldontlie", {"player.first_name", "player.last_name", "turnover"}, OWN_IDS | DAYS | SEASON_BEGINS},
	{"balldontlie", {"visitor_team.abbreviation", "home_team.abbreviation", NULL}, OWN_IDS | DAYS | SEASON_BEGINS},
	{"basketball-reference", {"mp", "trb", "3p"}, 0},
	{"basketball-reference", {"visitor/neutral", "home/neutral", NULL}, 0},
	{"basketball_reference_web_scraper", {"slug", "seconds_played", "made_field_goals"}, 0},
	{"kaggle", {"playerteam_city", "opponentteam_city", "num_minutes"}, 0},
	{"nba_api", {"matchup", "wl", "fg3m"}, DAYS},
	{"nba_api", {"homeTeam_teamTricode", "awayTeam_teamTricode", NULL}, DAYS},
};

/* Columns that a player's games have and a team's do not, his name aside. */
static const char of_persons[] =
	"player_id person_id athlete_id gs starter started is_starter gcar gmsc game_score usg%";

/* Words that stand in place of a value, letter case, blanks and hyphens aside. */
static const struct {
	enum import_column_id column;
	const char *word, *means;
} words[] = {
	{COLUMN_HOME, "home", "1"},
	{COLUMN_HOME, "h", "1"},
	{COLUMN_HOME, "vs", "1"},
	{COLUMN_HOME, "away", "0"},
	{COLUMN_HOME, "a", "0"},
	{COLUMN_HOME, "road", "0"},
	{COLUMN_HOME, "@", "0"},
	{COLUMN_WIN, "w", "1"},
	{COLUMN_WIN, "win", "1"},
	{COLUMN_WIN, "l", "0"},
	{COLUMN_WIN, "loss", "0"},
	{COLUMN_STARTER, "*", "1"},
};

/* --- headers ---------------------------------------------------------------------------------------------------- */

/* A header's letters, digits and other signs; what columns without a name are called by those that name them is taken
 * out ("Unnamed: 5" of pandas, "...6" of readr). */
static void bare(const char *text, char ret[LAYOUT_HEADER])
{
	size_t length = 0;
	const char *digits = strncmp(text, "...", 3) == 0             ? text + 3
			     : strncasecmp(text, "unnamed: ", 9) == 0 ? text + 9
								      : NULL;
	if (digits && *digits && digits[strspn(digits, "0123456789")] == '\0')
		text = "";
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (p[0] == 0xc2 && p[1] == 0xa0) { /* a blank that does not break */
			p++;
			continue;
		}
		if (isspace(*p) || strchr("_-.", *p))
			continue;
		if (length == LAYOUT_HEADER - 1)
			break;
		ret[length++] = (char)tolower(*p);
	}
	ret[length] = '\0';
}

static size_t find(const struct layout *l, const char *name, size_t from)
{
	char wanted[LAYOUT_HEADER];
	bare(name, wanted);
	for (size_t i = from; i < l->count && *wanted; i++) {
		if (strcmp(l->header[i], wanted) == 0)
			return i;
	}
	return SIZE_MAX;
}

/* The next of several names in one text; false: no more. */
static bool next_name(const char **names, char ret[LAYOUT_HEADER])
{
	size_t length = strcspn(*names, " ");
	if (length == 0)
		return false;
	text_format(ret, LAYOUT_HEADER, "%.*s", (int)length, *names);
	*names += length + ((*names)[length] == ' ');
	return true;
}

/* The field of the first of the names that is there. */
static size_t find_any(const struct layout *l, const char *names)
{
	char name[LAYOUT_HEADER];
	while (next_name(&names, name)) {
		size_t at = find(l, name, 0);
		if (at != SIZE_MAX)
			return at;
	}
	return SIZE_MAX;
}

void layout_read(const struct csv_record *header, struct layout *ret)
{
	*ret = (struct layout){.count = header->count};
	for (size_t i = 0; i < header->count; i++)
		bare(header->field[i], ret->header[i]);
	/* A column of "@" and nothing has no name; it stands before the opponent. */
	size_t opponent = find(ret, "opp", 0);
	if (opponent != SIZE_MAX && opponent > 0 && !*ret->header[opponent - 1])
		strcpy(ret->header[opponent - 1], "@");
	ret->persons = find_any(ret, of_persons) != SIZE_MAX;
	for (size_t i = 0; i < COUNT(layouts) && !ret->name; i++) {
		ret->name = layouts[i].name;
		ret->habits = layouts[i].habits;
		for (size_t j = 0; j < COUNT(layouts[i].headers) && layouts[i].headers[j]; j++) {
			if (find(ret, layouts[i].headers[j], 0) == SIZE_MAX)
				ret->name = NULL;
		}
	}
	if (!ret->name)
		ret->habits = 0;
}

static bool has_column(const struct import_kind *kind, enum import_column_id column)
{
	for (size_t c = 0; c < kind->count; c++) {
		if (import_column_id(kind, c) == column)
			return true;
	}
	return false;
}

static bool of_scope(const struct import_kind *kind, enum scope scope)
{
	bool game = has_column(kind, COLUMN_AWAY);
	if (scope == TEAM_BOX)
		return !game && !has_column(kind, COLUMN_PLAYER);
	return scope == ANY || (scope == GAME) == game;
}

/* A cell that stands in a column as it is. */
static const struct import_rule as_it_stands;

static size_t find_spelled(const struct layout *l, const struct import_kind *kind, enum import_column_id column)
{
	for (size_t i = 0; i < COUNT(spelled); i++) {
		if (spelled[i].column != column || !of_scope(kind, spelled[i].scope))
			continue;
		size_t at = find_any(l, spelled[i].names);
		if (at != SIZE_MAX)
			return at;
	}
	return SIZE_MAX;
}

static bool find_parts(const struct layout *l, const struct import_rule *rule,
	const struct import_source from[COLUMN_COUNT], size_t at[PARTS])
{
	for (size_t p = 0; p < PARTS && rule->headers[p]; p++) {
		at[p] = find_any(l, rule->headers[p]);
		if (at[p] == SIZE_MAX)
			return false;
	}
	for (size_t p = 0; p < rule->columns; p++) {
		if (!from[rule->of[p]].rule)
			return false;
	}
	return true;
}

int layout_find(
	const struct layout *l, const struct import_kind *kind, struct import_source ret[COLUMN_COUNT], struct err *err)
{
	int r = 0;
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		ret[i] = (struct import_source){.rule = NULL};
	for (size_t c = 0; c < kind->count; c++) {
		enum import_column_id column = import_column_id(kind, c);
		const char *header = import_column_header(kind, c);
		if (!*header || ((l->habits & OWN_IDS) && (column == COLUMN_GAME_ID || column == COLUMN_PLAYER_ID)))
			continue;
		size_t at = find(l, header, 0);
		if (at == SIZE_MAX)
			at = find_spelled(l, kind, column);
		if (at == SIZE_MAX)
			continue;
		ret[column] = (struct import_source){.rule = &as_it_stands, .part = {at}, .habits = l->habits};
		if (r == 0 && find(l, l->header[at], at + 1) != SIZE_MAX)
			r = err_set(err, -EINVAL, "the header row names column \"%.40s\" twice", header);
	}
	for (size_t i = 0; i < COUNT(rules); i++) {
		struct import_source made = {.rule = &rules[i]};
		enum import_column_id column = rules[i].column;
		if (!ret[column].rule && of_scope(kind, rules[i].scope) && has_column(kind, column) &&
			find_parts(l, &rules[i], ret, made.part))
			ret[column] = made;
	}
	return r;
}

/* --- cells ------------------------------------------------------------------------------------------------------ */

static bool is_space(const char *p)
{
	return isspace((unsigned char)*p) != 0;
}

/* In place. */
static char *trimmed(char *text)
{
	size_t length;
	for (;;) {
		if (is_space(text))
			text++;
		else if (strncmp(text, "\xc2\xa0", 2) == 0)
			text += 2;
		else
			break;
	}
	for (length = strlen(text); length > 0; length--) {
		if (length > 1 && memcmp(text + length - 2, "\xc2\xa0", 2) == 0)
			length--;
		else if (!is_space(text + length - 1))
			break;
	}
	text[length] = '\0';
	return text;
}

/* What R and pandas write for nothing. */
static bool is_nothing(const char *text)
{
	static const char *const nothing[] = {"NA", "NaN", "N/A", "NULL", "null", "None", "<NA>", "NaT"};
	for (size_t i = 0; i < COUNT(nothing); i++) {
		if (strcmp(text, nothing[i]) == 0)
			return true;
	}
	return false;
}

static const char *field_text(const struct csv_record *record, size_t field)
{
	const char *text = trimmed(record->field[field]);
	return is_nothing(text) ? "" : text;
}

/* A text that lives as long as the row does; too many of them, and the cell is refused as it stands. */
static const char *keep(struct import_row *row, const char *text, const char *otherwise)
{
	size_t size = strlen(text) + 1;
	if (size > sizeof(row->made) - row->made_length)
		return otherwise;
	char *kept = memcpy(row->made + row->made_length, text, size);
	row->made_length += size;
	return kept;
}

static bool two_digits(int number)
{
	return number >= 1 && number <= 99;
}

/* "2025-11-15" of the forms that name year, month and day beyond doubt. */
static bool read_date(const char *text, bool days, char ret[16])
{
	static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	char name[16];
	int year, month = 0, day, length = 0;
	int64_t ms;
	if (strlen(text) == 8 && strspn(text, "0123456789") == 8 && sscanf(text, "%4d%2d%2d", &year, &month, &day) == 3)
		return text_format(ret, 16, "%04d-%02d-%02d", year, month, day) > 0;
	if (strlen(text) > 10 && text[4] == '-' && strchr("T ", text[10])) {
		bool utc = strchr(text + 10, 'Z') != NULL,
		     zoned = utc || strchr(text + 10, '+') || strchr(text + 11, '-');
		bool midnight = strncmp(text + 11, "00:00", 5) == 0;
		if (utc && midnight && !days)
			return false; /* a day, or an evening in America: nothing tells which */
		if (zoned && !(utc && midnight)) {
			if (!time_parse(text, &ms))
				return false;
			char date[DATE_SIZE];
			date_format(zone_date(ms), date);
			return text_format(ret, 16, "%s", date) > 0;
		}
		return text_format(ret, 16, "%.10s", text) > 0;
	}
	if (strlen(text) == 19 && strcmp(text + 10, " 00:00:00") == 0 &&
		sscanf(text, "%2d/%2d/%4d", &month, &day, &year) == 3) /* of the league's own schedule */
		return text_format(ret, 16, "%04d-%02d-%02d", year, month, day) > 0;
	const char *comma = strchr(text, ',');
	if (comma && comma - text == 3 && !isdigit((unsigned char)text[4])) /* "Sat, Nov 15, 2025" */
		text = comma + 1;
	if (sscanf(text, " %15[A-Za-z]%*[. ]%d , %d%n", name, &day, &year, &length) == 3 ||
		sscanf(text, "%*[A-Za-z] %15[A-Za-z] %d %d%n", name, &day, &year, &length) ==
			3) { /* "Sat Nov 15 2025" */
		for (int m = 0; m < 12; m++) {
			if (strlen(name) >= 3 && strncasecmp(name, months + 3 * m, 3) == 0)
				month = m + 1;
		}
		if (month && two_digits(day) && year >= 1000 && year <= 9999 && length > 0)
			return text_format(ret, 16, "%04d-%02d-%02d", year, month, day) > 0;
	}
	return false;
}

/* In which year a season began that is called by one of its two; 0: nothing tells. Where the source has no habit the date
 * does, but for the summer and October of 2020, in which one season ended that began in 2019. */
static int begins_in(int year, const char *date, unsigned habits)
{
	int of = 0, month = 0;
	if (habits & (SEASON_BEGINS | SEASON_ENDS))
		return habits & SEASON_BEGINS ? year : year - 1;
	if (sscanf(date, "%4d-%2d", &of, &month) != 2)
		return 0;
	if (year != of)
		return year == of + 1 || year == of - 1 ? (year < of ? year : of) : 0;
	if (month <= 6)
		return year - 1;
	return month >= 11 || (month == 10 && year != 2020) ? year : 0;
}

/* "2025-26": of "22025" (the league's own), "2025-2026", "2025". */
static bool read_season(const char *text, const char *date, unsigned habits, char ret[16])
{
	int year = 0, end = 0;
	size_t length = strlen(text);
	bool digits = strspn(text, "0123456789") == length;
	if (digits && length == 5)
		year = atoi(text + 1);
	else if (length == 9 && (text[4] == '-' || text[4] == '/') && sscanf(text, "%4d%*c%4d", &year, &end) == 2)
		year = end == year + 1 ? year : 0;
	else if (digits && length == 4)
		year = begins_in(atoi(text), date, habits);
	if (year < 1000 || year > 9999)
		return false;
	return text_format(ret, 16, "%04d-%02d", year, (year + 1) % 100) > 0;
}

static bool read_word(enum import_column_id column, const char *text, const char **ret)
{
	char word[LAYOUT_HEADER];
	bare(text, word);
	for (size_t i = 0; i < COUNT(words); i++) {
		if (words[i].column == column && strcmp(words[i].word, word) == 0) {
			*ret = words[i].means;
			return true;
		}
	}
	return false;
}

/* "9-18" is made and tried; what is tried has a rule. */
static bool read_made(const char *text, char ret[32])
{
	const size_t made = strspn(text, "0123456789");
	const bool parted = made > 0 && (text[made] == '-' || text[made] == '/');
	const size_t tried = parted ? strspn(text + made + 1, "0123456789") : 0;
	if (tried == 0 || made > 3 || text[made + 1 + tried])
		return false;
	return text_format(ret, 32, "%.*s", (int)made, text) > 0;
}

/* A time to the minute gets its seconds. */
static bool read_minute_time(const char *text, char ret[32])
{
	if (strlen(text) != 17 || text[16] != 'Z' || text[13] != ':')
		return false;
	return text_format(ret, 32, "%.16s:00Z", text) > 0;
}

static const char *as_we_write_it(const struct import_source from[COLUMN_COUNT], const struct csv_record *record,
	enum import_column_id column, const char *text, struct import_row *row)
{
	char buffer[32];
	const char *means = NULL;
	struct import_refusal none;
	bool made = false;
	if (read_word(column, text, &means))
		return means;
	if (column == COLUMN_GAME_DATE)
		made = read_date(text, from[column].habits & DAYS, buffer);
	else if (column == COLUMN_SEASON) {
		const char *date = layout_cell(from, record, COLUMN_GAME_DATE, row, &none);
		made = read_season(text, date ? date : "", from[column].habits, buffer);
	} else if (column == COLUMN_FGM || column == COLUMN_TPM || column == COLUMN_FTM)
		made = read_made(text, buffer);
	else if (column == COLUMN_TIP_MS || column == COLUMN_COMMENCE_MS)
		made = read_minute_time(text, buffer);
	return made ? keep(row, buffer, text) : text;
}

const char *layout_cell(const struct import_source from[COLUMN_COUNT], const struct csv_record *record,
	enum import_column_id column, struct import_row *row, struct import_refusal *ret_why)
{
	const struct import_source *source = &from[column];
	const struct import_rule *rule = source->rule;
	const char *part[PARTS] = {"", "", ""};
	struct making m = {.text = "", .teams = row->teams, .why = ret_why};
	size_t parts = 0;
	if (!rule)
		return "";
	if (!rule->make) {
		const char *text = field_text(record, source->part[0]);
		return *text ? as_we_write_it(from, record, column, text, row) : "";
	}
	for (; parts < PARTS && rule->headers[parts]; parts++)
		part[parts] = field_text(record, source->part[parts]);
	for (size_t c = 0; c < rule->columns; c++) {
		const char *text = layout_cell(from, record, rule->of[c], row, ret_why);
		if (!text)
			return NULL;
		part[parts++] = text;
	}
	for (size_t p = 0; p < parts; p++) {
		if (!*part[p] && rule->make != make_at && rule->make != make_name && rule->make != make_starter)
			return "";
	}
	return rule->make(part, &m) ? keep(row, m.text, part[0]) : NULL;
}

bool layout_is_header(const char *field, const char *header)
{
	char text[LAYOUT_HEADER];
	bare(field, text);
	return *text && strcmp(text, header) == 0;
}

/* --- what is made of others -------------------------------------------------------------------------------------- */

static bool put(struct making *m, const char *text)
{
	text_format(m->text, sizeof(m->text), "%s", text);
	return true;
}

static bool put_flag(struct making *m, bool flag)
{
	return put(m, flag ? "1" : "0");
}

static bool make_name(const char *const part[PARTS], struct making *m)
{
	text_format(m->text, sizeof(m->text), "%s%s%s", part[0], *part[0] && *part[1] ? " " : "", part[1]);
	return true;
}

static bool same_team(const struct making *m, const char *a, const char *b)
{
	const char *x, *y;
	return strcasecmp(a, b) == 0 ||
	       (teams_find(m->teams, a, strlen(a), &x) == TEAMS_ONE &&
		       teams_find(m->teams, b, strlen(b), &y) == TEAMS_ONE && strcmp(x, y) == 0);
}

struct sides {
	char away[48], home[48];
	bool left_is_home;
};

/* "LAL @ BKN", "LAL vs. BKN" (at home). */
static bool read_matchup(const char *text, struct sides *ret)
{
	static const struct {
		const char *between;
		bool left_is_home;
	} forms[] = {{" @ ", false}, {" vs. ", true}, {" vs ", true}, {" at ", false}, {"@", false}};
	for (size_t i = 0; i < COUNT(forms); i++) {
		const char *at = strcasestr(text, forms[i].between);
		if (!at)
			continue;
		char *left = forms[i].left_is_home ? ret->home : ret->away;
		char *right = forms[i].left_is_home ? ret->away : ret->home;
		text_format(left, sizeof(ret->home), "%.*s", (int)(at - text), text);
		text_format(right, sizeof(ret->away), "%s", at + strlen(forms[i].between));
		ret->left_is_home = forms[i].left_is_home;
		return *left && *right;
	}
	return false;
}

/* Which side of a game the team is: 1 at home, 0 away, -1 neither. */
static int side_of(const struct making *m, const char *away, const char *home, const char *team)
{
	if (same_team(m, team, home))
		return 1;
	return same_team(m, team, away) ? 0 : -1;
}

static bool neither(struct making *m, const char *game, const char *team)
{
	text_format(m->why->reason, sizeof(m->why->reason), "%.60s does not play in \"%.60s\"", team, game);
	return false;
}

static bool make_matchup_team(const char *const part[PARTS], struct making *m)
{
	struct sides s;
	return put(m, !read_matchup(part[0], &s) ? part[0] : s.left_is_home ? s.home : s.away);
}

static bool make_matchup_opponent(const char *const part[PARTS], struct making *m)
{
	struct sides s;
	if (!read_matchup(part[0], &s))
		return put(m, part[0]);
	int side = side_of(m, s.away, s.home, part[1]);
	return side < 0 ? neither(m, part[0], part[1]) : put(m, side ? s.away : s.home);
}

static bool make_matchup_home(const char *const part[PARTS], struct making *m)
{
	struct sides s;
	if (!read_matchup(part[0], &s))
		return put(m, part[0]);
	int side = side_of(m, s.away, s.home, part[1]);
	return side < 0 ? neither(m, part[0], part[1]) : put_flag(m, side);
}

static bool make_other_side(const char *const part[PARTS], struct making *m)
{
	int side = side_of(m, part[1], part[0], part[2]);
	char game[128];
	text_format(game, sizeof(game), "%.60s @ %.60s", part[1], part[0]);
	return side < 0 ? neither(m, game, part[2]) : put(m, side ? part[1] : part[0]);
}

static bool make_is_home(const char *const part[PARTS], struct making *m)
{
	return put_flag(m, same_team(m, part[0], part[1]));
}

/* Teams by number: 1 to 30 are balldontlie's, those from 1610612737 on the league's own. */
#define LEAGUE_FIRST 1610612737

static const char *team_of_id(const char *text)
{
	static const char ours[][4] = {"ATL", "BOS", "BKN", "CHA", "CHI", "CLE", "DAL", "DEN", "DET", "GSW", "HOU",
		"IND", "LAC", "LAL", "MEM", "MIA", "MIL", "MIN", "NOP", "NYK", "OKC", "ORL", "PHI", "PHX", "POR", "SAC",
		"SAS", "TOR", "UTA", "WAS"};
	static const char league[][4] = {"ATL", "BOS", "CLE", "NOP", "CHI", "DAL", "DEN", "GSW", "HOU", "LAC", "LAL",
		"MIA", "MIL", "MIN", "BKN", "NYK", "ORL", "IND", "PHI", "PHX", "POR", "SAC", "SAS", "OKC", "TOR", "UTA",
		"MEM", "WAS", "DET", "CHA"};
	char *end;
	long id = strtol(text, &end, 10);
	if (end == text || (*end && strcmp(end, ".0") != 0))
		return text;
	if (id >= 1 && id <= (long)COUNT(ours))
		return ours[id - 1];
	if (id >= LEAGUE_FIRST && id < LEAGUE_FIRST + (long)COUNT(league))
		return league[id - LEAGUE_FIRST];
	return text;
}

static bool make_team_of_id(const char *const part[PARTS], struct making *m)
{
	return put(m, team_of_id(part[0]));
}

static bool make_other_id(const char *const part[PARTS], struct making *m)
{
	const char *pair[PARTS] = {team_of_id(part[1]), team_of_id(part[2]), team_of_id(part[0])};
	return make_other_side(pair, m);
}

static bool make_is_home_id(const char *const part[PARTS], struct making *m)
{
	return put_flag(m, same_team(m, team_of_id(part[0]), team_of_id(part[1])));
}

static bool make_at(const char *const part[PARTS], struct making *m)
{
	return put(m, !*part[0] || strncasecmp(part[0], "vs", 2) == 0 ? "1"
		      : strcmp(part[0], "@") == 0                     ? "0"
								      : part[0]);
}

/* The first digit of the league's number for a season, "22025". */
static bool make_season_type(const char *const part[PARTS], struct making *m)
{
	static const char *const types[] = {NULL, "preseason", "regular", "allstar", "playoffs", "playin", "cup"};
	size_t digit = (size_t)(part[0][0] - '0');
	bool known = strlen(part[0]) == 5 && digit < COUNT(types) && types[digit];
	return put(m, known ? types[digit] : "");
}

static bool make_postseason(const char *const part[PARTS], struct making *m)
{
	bool yes = strcasecmp(part[0], "true") == 0 || strcmp(part[0], "1") == 0;
	return put(m, yes ? "playoffs" : "regular");
}

/* Whole numbers; what is none is handed on, so that it is refused. */
static bool whole(const char *text, long *ret)
{
	char *end;
	double number = strtod(text, &end);
	*ret = (long)number;
	return end != text && !*end && fabs(number) < 1e6 && number == floor(number);
}

static bool put_number(struct making *m, long number)
{
	text_format(m->text, sizeof(m->text), "%ld", number);
	return true;
}

static bool make_sum(const char *const part[PARTS], struct making *m)
{
	long a, b;
	if (!whole(part[0], &a) || !whole(part[1], &b))
		return put(m, part[0]);
	return put_number(m, a + b);
}

static bool make_rest(const char *const part[PARTS], struct making *m)
{
	long all, half;
	if (!whole(part[0], &all) || !whole(part[1], &half))
		return put(m, part[0]);
	return put_number(m, all - half);
}

/* A field goal counts two, one of three one more. */
static bool make_points(const char *const part[PARTS], struct making *m)
{
	long goals, threes, throws;
	if (!whole(part[0], &goals) || !whole(part[1], &threes) || !whole(part[2], &throws))
		return put(m, part[0]);
	return put_number(m, 2 * goals + threes + throws);
}

static bool make_minutes(const char *const part[PARTS], struct making *m)
{
	long seconds;
	if (!whole(part[0], &seconds))
		return put(m, part[0]);
	text_format(m->text, sizeof(m->text), "%.2f", (double)seconds / 60);
	return true;
}

/* "W 125-124 (2OT)", "L (-3)"; of a score alone nobody knows whose it is. */
static bool make_win(const char *const part[PARTS], struct making *m)
{
	bool whole_word = part[0][0] && !isalpha((unsigned char)part[0][1]);
	return put(m, whole_word && strchr("wW", part[0][0]) ? "1" : whole_word && strchr("lL", part[0][0]) ? "0" : "");
}

/* Who started has a star or 1, who did not nothing or 0. */
static bool make_starter(const char *const part[PARTS], struct making *m)
{
	return put(m, !*part[0] ? "0" : strcmp(part[0], "*") == 0 ? "1" : part[0]);
}

/* The second half of "9-18"; of a number alone nothing. */
static bool make_tried(const char *const part[PARTS], struct making *m)
{
	char made[32];
	return put(m, read_made(part[0], made) ? part[0] + strlen(made) + 1 : "");
}

/* "7:30p" on the game's date, by the league's clock. */
static bool make_start(const char *const part[PARTS], struct making *m)
{
	int hour, minute;
	char half, text[TIME_SIZE];
	date_t date;
	if (sscanf(part[0], "%2d:%2d%c", &hour, &minute, &half) != 3 || !strchr("apAP", half) || hour < 1 ||
		hour > 12 || minute > 59 || !date_parse(part[1], strlen(part[1]), &date))
		return put(m, part[0]);
	hour = hour % 12 + (strchr("pP", half) ? 12 : 0);
	return put(m, time_format(zone_moment_ms(date, hour * 3600 + minute * 60), text));
}

/* --- for people -------------------------------------------------------------------------------------------------- */

static bool in_use(const struct import_source from[COLUMN_COUNT], size_t field)
{
	for (size_t c = 0; c < COLUMN_COUNT; c++) {
		if (from[c].rule == &as_it_stands && from[c].part[0] == field)
			return true;
	}
	return false;
}

/* How far a header is from a name; 3 and more: too far. */
static unsigned distance(const char *header, const char *name)
{
	char wanted[LAYOUT_HEADER];
	bare(name, wanted);
	size_t length = strlen(wanted), shorter = strlen(header) < length ? strlen(header) : length;
	if (shorter >= 4 && (strncmp(header, wanted, shorter) == 0 || strstr(header, wanted)))
		return 2; /* "opponentname", "plrname" */
	unsigned limit = shorter >= 5 ? 2 : shorter >= 3 ? 1 : 0;
	unsigned d = limit ? edit_distance(header, wanted, limit) : 3;
	return d <= limit ? d : 3;
}

struct nearest_search {
	const struct layout *layout;
	const struct import_source *from;
	size_t at;
	unsigned best;
};

static void offer(void *context, const char *name)
{
	struct nearest_search *s = context;
	for (size_t i = 0; i < s->layout->count && !strchr(name, ' '); i++) {
		unsigned d = *s->layout->header[i] && !in_use(s->from, i) ? distance(s->layout->header[i], name) : 3;
		if (d < s->best) {
			s->best = d;
			s->at = i;
		}
	}
}

size_t layout_nearest(const struct layout *l, const struct import_kind *kind, enum import_column_id column,
	const struct import_source from[COLUMN_COUNT])
{
	struct nearest_search s = {.layout = l, .from = from, .at = SIZE_MAX, .best = 3};
	for (size_t c = 0; c < kind->count; c++) {
		if (import_column_id(kind, c) == column)
			offer(&s, import_column_header(kind, c));
	}
	layout_each_name(kind, column, offer, &s);
	return s.at;
}

static const char *header_of(const struct import_kind *kind, enum import_column_id column)
{
	for (size_t c = 0; c < kind->count; c++) {
		if (import_column_id(kind, c) == column)
			return import_column_header(kind, c);
	}
	return "";
}

static size_t fields_of(const struct import_rule *rule)
{
	size_t count = rule == &as_it_stands;
	while (count < PARTS && rule->headers[count])
		count++;
	return count;
}

static const char *shown(const struct csv_record *header, size_t field)
{
	return *header->field[field] ? header->field[field] : "(a column without a name)";
}

void layout_describe(const struct csv_record *header, const struct import_kind *kind,
	const struct import_source from[COLUMN_COUNT], char *ret, size_t size)
{
	size_t length = 0;
	ret[0] = '\0';
	for (size_t c = 0; c < kind->count; c++) {
		const char *own = import_column_header(kind, c), *between = " = ";
		const struct import_source *source = &from[import_column_id(kind, c)];
		char wanted[LAYOUT_HEADER];
		bare(own, wanted);
		if (!source->rule ||
			(source->rule == &as_it_stands && layout_is_header(header->field[source->part[0]], wanted)))
			continue;
		length += text_format(ret + length, size - length, "%s%s", length > 0 ? ", " : "", own);
		for (size_t p = 0; p < fields_of(source->rule); p++, between = " + ")
			length += text_format(
				ret + length, size - length, "%s%.40s", between, shown(header, source->part[p]));
		for (size_t p = 0; p < source->rule->columns; p++, between = " + ")
			length += text_format(
				ret + length, size - length, "%s%s", between, header_of(kind, source->rule->of[p]));
	}
}

static void each_rule(const struct import_kind *kind, const struct import_rule *rule,
	void (*each)(void *context, const char *names), void *context)
{
	char text[512] = "", name[LAYOUT_HEADER];
	size_t length = 0;
	for (size_t p = 0; p < PARTS && rule->headers[p]; p++) {
		const char *names = rule->headers[p];
		for (bool first = true; next_name(&names, name); first = false)
			length += text_format(text + length, sizeof(text) - length, "%s%s",
				!first       ? " or "
				: length > 0 ? " + "
					     : "",
				name);
	}
	for (size_t c = 0; c < rule->columns; c++)
		length += text_format(text + length, sizeof(text) - length, "%s%s", length > 0 ? " + " : "",
			header_of(kind, rule->of[c]));
	each(context, text);
}

void layout_each_name(const struct import_kind *kind, enum import_column_id column,
	void (*each)(void *context, const char *names), void *context)
{
	char name[LAYOUT_HEADER];
	for (size_t i = 0; i < COUNT(spelled); i++) {
		const char *names = spelled[i].names;
		while (spelled[i].column == column && of_scope(kind, spelled[i].scope) && next_name(&names, name))
			each(context, name);
	}
	for (size_t i = 0; i < COUNT(rules); i++) {
		if (rules[i].column == column && of_scope(kind, rules[i].scope) && has_column(kind, column))
			each_rule(kind, &rules[i], each, context);
	}
}

const char *layout_name(size_t index)
{
	size_t seen = 0;
	for (size_t i = 0; i < COUNT(layouts); i++) {
		bool repeated = i > 0 && strcmp(layouts[i].name, layouts[i - 1].name) == 0;
		if (!repeated && seen++ == index)
			return layouts[i].name;
	}
	return NULL;
}
