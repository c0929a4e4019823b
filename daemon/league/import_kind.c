/*
 * One table a kind; a type of cell has a reader, which gives a file's text the form that the database has, and a
 * rule, which alone judges: what a file and what the database may hold is so one thing. A last check a kind tells
 * what no cell alone can. Columns that no table names are left aside: sources add what they like.
 */
#include "league/import_kind.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "league/import_layout.h"
#include "league/import_name.h"
#include "league/import_row.h"
#include "league/spelling.h"
#include "league/team.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Of games: from the first season that was played to where times end (base/clock.h). */
#define FIRST_DATE "1946-11-01"
#define LAST_DATE "2099-12-31"

enum type {
	TEXT,
	NAME,
	ALIAS,
	LOOKUP,
	PERSON,
	SEASON,
	PART,
	DATE,
	TIME,
	GAME,
	TEAM,
	CLUB,
	FLAG,
	WHOLE,
	NUMBER,
	MINUTES,
	SPELLING,
	TYPES
};

enum {
	HEADER = 1, /* the header row must have it: this is how a kind is known */
	VALUE = 2, /* no cell of it may be empty */
	NEEDED = HEADER | VALUE,
};

static const char *const names[COLUMN_COUNT] = {
	[COLUMN_SEASON] = "season",
	[COLUMN_SEASON_TYPE] = "season_type",
	[COLUMN_GAME_ID] = "game_id",
	[COLUMN_GAME_DATE] = "game_date",
	[COLUMN_GAME_LABEL] = "game_label",
	[COLUMN_EVENT_ID] = "event_id",
	[COLUMN_PLAYER_ID] = "player_id",
	[COLUMN_PLAYER] = "player",
	[COLUMN_PLAYER_LOOKUP] = "player_lookup",
	[COLUMN_TEAM] = "team",
	[COLUMN_OPPONENT] = "opponent",
	[COLUMN_AWAY] = "away",
	[COLUMN_HOME] = "home",
	[COLUMN_WIN] = "win",
	[COLUMN_STARTER] = "starter",
	[COLUMN_MIN] = "min",
	[COLUMN_PTS] = "pts",
	[COLUMN_REB] = "reb",
	[COLUMN_OREB] = "oreb",
	[COLUMN_DREB] = "dreb",
	[COLUMN_AST] = "ast",
	[COLUMN_STL] = "stl",
	[COLUMN_BLK] = "blk",
	[COLUMN_TOV] = "tov",
	[COLUMN_PF] = "pf",
	[COLUMN_FGM] = "fgm",
	[COLUMN_FGA] = "fga",
	[COLUMN_TPM] = "tpm",
	[COLUMN_TPA] = "tpa",
	[COLUMN_FTM] = "ftm",
	[COLUMN_FTA] = "fta",
	[COLUMN_PLUS_MINUS] = "plus_minus",
	[COLUMN_BOX_COMPLETE] = "box_complete",
	[COLUMN_TIP_MS] = "tip_ms",
	[COLUMN_COMMENCE_MS] = "commence_ms",
	[COLUMN_SPREAD_HOME] = "spread_home",
	[COLUMN_TOTAL] = "total",
	[COLUMN_CODE] = "code",
	[COLUMN_NAME] = "name",
	[COLUMN_ALIASES] = "aliases",
	[COLUMN_ALIAS] = "alias",
};

struct import_column {
	enum import_column_id id;
	const char *header; /* in the file, NULL: the same; "": in none, derived */
	enum type type;
	unsigned flags;
	double min, max; /* WHOLE, NUMBER, MINUTES */
};

/* Limits are well beyond any game that was played: what they catch is shifted columns. */
/* clang-format off: one statistic a line */
#define STATISTIC(id, max) \
	{ \
		id, NULL, WHOLE, NEEDED, 0, max \
	}
#define BOX(most_points, players) \
	STATISTIC(COLUMN_PTS, most_points), STATISTIC(COLUMN_REB, 60 * (players)), \
		STATISTIC(COLUMN_OREB, 40 * (players)), STATISTIC(COLUMN_DREB, 60 * (players)), \
		STATISTIC(COLUMN_AST, 40 * (players)), STATISTIC(COLUMN_STL, 20 * (players)), \
		STATISTIC(COLUMN_BLK, 20 * (players)), STATISTIC(COLUMN_TOV, 25 * (players)), \
		STATISTIC(COLUMN_PF, 16 * (players)), STATISTIC(COLUMN_FGM, 60 * (players)), \
		STATISTIC(COLUMN_FGA, 90 * (players)), STATISTIC(COLUMN_TPM, 30 * (players)), \
		STATISTIC(COLUMN_TPA, 50 * (players)), STATISTIC(COLUMN_FTM, 50 * (players)), \
		STATISTIC(COLUMN_FTA, 60 * (players))
/* clang-format on */

static const struct import_column player_games[] = {
	{COLUMN_SEASON, NULL, SEASON, 0, 0, 0},
	{COLUMN_SEASON_TYPE, NULL, PART, 0, 0, 0},
	{COLUMN_GAME_ID, NULL, GAME, 0, 0, 0},
	{COLUMN_GAME_DATE, NULL, DATE, NEEDED, 0, 0},
	{COLUMN_PLAYER_ID, NULL, PERSON, 0, 0, 0},
	{COLUMN_PLAYER, NULL, NAME, NEEDED, 0, 0},
	{COLUMN_PLAYER_LOOKUP, "", LOOKUP, VALUE, 0, 0},
	{COLUMN_TEAM, NULL, TEAM, NEEDED, 0, 0},
	{COLUMN_OPPONENT, NULL, TEAM, NEEDED, 0, 0},
	{COLUMN_HOME, NULL, FLAG, NEEDED, 0, 0},
	{COLUMN_WIN, NULL, FLAG, 0, 0, 0},
	{COLUMN_STARTER, NULL, FLAG, 0, 0, 0},
	{COLUMN_MIN, NULL, MINUTES, NEEDED, 0, 120},
	BOX(150, 1),
	{COLUMN_PLUS_MINUS, NULL, WHOLE, 0, -150, 150},
	{COLUMN_BOX_COMPLETE, NULL, FLAG, 0, 0, 0},
};

static const struct import_column team_games[] = {
	{COLUMN_SEASON, NULL, SEASON, 0, 0, 0},
	{COLUMN_SEASON_TYPE, NULL, PART, 0, 0, 0},
	{COLUMN_GAME_ID, NULL, GAME, 0, 0, 0},
	{COLUMN_GAME_DATE, NULL, DATE, NEEDED, 0, 0},
	{COLUMN_TEAM, NULL, TEAM, NEEDED, 0, 0},
	{COLUMN_OPPONENT, NULL, TEAM, NEEDED, 0, 0},
	{COLUMN_HOME, NULL, FLAG, NEEDED, 0, 0},
	{COLUMN_WIN, NULL, FLAG, 0, 0, 0},
	{COLUMN_MIN, NULL, MINUTES, 0, 0, 600},
	BOX(300, 5),
	{COLUMN_PLUS_MINUS, NULL, WHOLE, 0, -150, 150},
};

static const struct import_column schedule[] = {
	{COLUMN_GAME_ID, NULL, GAME, 0, 0, 0},
	{COLUMN_SEASON_TYPE, NULL, PART, 0, 0, 0},
	{COLUMN_GAME_LABEL, NULL, TEXT, 0, 0, 0},
	{COLUMN_TIP_MS, "tip_utc", TIME, HEADER, 0, 0},
	{COLUMN_GAME_DATE, NULL, DATE, NEEDED, 0, 0},
	{COLUMN_AWAY, NULL, CLUB, HEADER, 0, 0},
	{COLUMN_HOME, NULL, CLUB, HEADER, 0, 0},
};

static const struct import_column game_odds[] = {
	{COLUMN_GAME_DATE, NULL, DATE, NEEDED, 0, 0},
	{COLUMN_AWAY, NULL, TEAM, NEEDED, 0, 0},
	{COLUMN_HOME, NULL, TEAM, NEEDED, 0, 0},
	{COLUMN_SPREAD_HOME, NULL, NUMBER, HEADER, -80, 80},
	{COLUMN_TOTAL, NULL, NUMBER, HEADER, 100, 400},
};

static const struct import_column closing_odds[] = {
	{COLUMN_EVENT_ID, NULL, TEXT, 0, 0, 0},
	{COLUMN_GAME_DATE, NULL, DATE, NEEDED, 0, 0},
	{COLUMN_COMMENCE_MS, "commence_utc", TIME, HEADER, 0, 0},
	{COLUMN_AWAY, NULL, TEAM, NEEDED, 0, 0},
	{COLUMN_HOME, NULL, TEAM, NEEDED, 0, 0},
	{COLUMN_SPREAD_HOME, NULL, NUMBER, HEADER, -80, 80},
	{COLUMN_TOTAL, NULL, NUMBER, HEADER, 100, 400},
};

static const struct import_column teams[] = {
	{COLUMN_CODE, NULL, SPELLING, NEEDED, 0, 0},
	{COLUMN_NAME, NULL, SPELLING, HEADER, 0, 0},
	{COLUMN_ALIASES, NULL, SPELLING, HEADER, 0, 0},
};

static const struct import_column aliases[] = {
	{COLUMN_ALIAS, NULL, ALIAS, NEEDED, 0, 0},
	{COLUMN_PLAYER, NULL, NAME, NEEDED, 0, 0},
	{COLUMN_PLAYER_LOOKUP, "", LOOKUP, VALUE, 0, 0},
	{COLUMN_PLAYER_ID, NULL, PERSON, 0, 0, 0},
	{COLUMN_TEAM, NULL, TEAM, 0, 0, 0},
};

/* In the order in which a header is tried: what has more columns before what has fewer of the same. */
static const struct import_kind kinds[IMPORT_KINDS] = {
	[IMPORT_PLAYER_GAMES] = {"player_games", player_games, COUNT(player_games)},
	[IMPORT_TEAM_GAMES] = {"team_games", team_games, COUNT(team_games)},
	[IMPORT_SCHEDULE] = {"schedule", schedule, COUNT(schedule)},
	[IMPORT_GAME_ODDS] = {"game_odds", game_odds, COUNT(game_odds)},
	[IMPORT_CLOSING_ODDS] = {"game_closing_odds", closing_odds, COUNT(closing_odds)},
	[IMPORT_TEAMS] = {"teams", teams, COUNT(teams)},
	[IMPORT_ALIASES] = {"aliases", aliases, COUNT(aliases)},
};
static const enum import_id trial[IMPORT_KINDS] = {IMPORT_PLAYER_GAMES, IMPORT_TEAM_GAMES, IMPORT_SCHEDULE,
	IMPORT_CLOSING_ODDS, IMPORT_GAME_ODDS, IMPORT_TEAMS, IMPORT_ALIASES};

/* Known, but nothing of it goes into a league. */
static const struct {
	const char *name;
	const char *columns[4];
} others[] = {
	{"props", {"player", "market", "line"}},
	{"injury_transactions", {"date", "player", "action"}},
};

const struct import_kind *import_kind(enum import_id id)
{
	return &kinds[id];
}

static const char *header_name(const struct import_column *column)
{
	return column->header ? column->header : names[column->id];
}

const char *import_column_name(const struct import_kind *kind, size_t column)
{
	return names[import_column_id(kind, column)];
}

enum import_column_id import_column_id(const struct import_kind *kind, size_t column)
{
	return kind->columns[column].id;
}

const char *import_column_text(enum import_column_id id)
{
	return names[id];
}

const char *import_column_header(const struct import_kind *kind, size_t column)
{
	return header_name(&kind->columns[column]);
}

bool import_column_needed(const struct import_kind *kind, size_t column)
{
	return (kind->columns[column].flags & HEADER) != 0;
}

/* --- header ----------------------------------------------------------------------------------------------------- */

static bool has(const struct csv_record *header, const char *name)
{
	for (size_t i = 0; i < header->count; i++) {
		if (strcasecmp(header->field[i], name) == 0)
			return true;
	}
	return false;
}

/* How many of the columns that each file of the kind has are there. A player's log without his name is no team's. */
static size_t found(const struct layout *layout, const struct import_kind *kind,
	const struct import_source from[COLUMN_COUNT], size_t *ret_needed)
{
	size_t there = 0;
	*ret_needed = 0;
	if (kind == &kinds[IMPORT_TEAM_GAMES] && layout->persons)
		*ret_needed = 1;
	for (size_t c = 0; c < kind->count; c++) {
		if (kind->columns[c].flags & HEADER) {
			++*ret_needed;
			there += from[kind->columns[c].id].rule != NULL;
		}
	}
	return there;
}

/* "like player_games, but without game_date ("dte"?), tpm". Less than half of a kind is no likeness. */
static void say_nearest(const struct layout *layout, const struct csv_record *header, struct import_header *ret)
{
	struct import_source from[COLUMN_COUNT];
	const struct import_kind *kind = NULL;
	struct err none;
	size_t best = 0, needed, length;
	for (int i = 0; i < IMPORT_KINDS; i++) {
		(void)layout_find(layout, &kinds[trial[i]], from, &none);
		size_t there = found(layout, &kinds[trial[i]], from, &needed);
		if (2 * there >= needed && there > 2 && (!kind || there * 100 / needed > best)) {
			kind = &kinds[trial[i]];
			best = there * 100 / needed;
		}
	}
	if (!kind)
		return;
	(void)layout_find(layout, kind, from, &none);
	length = text_format(ret->nearest, sizeof(ret->nearest), "like %s, but without", kind->name);
	const char *between = " ";
	for (size_t c = 0; c < kind->count; c++) {
		const struct import_column *column = &kind->columns[c];
		if (!(column->flags & HEADER) || from[column->id].rule)
			continue;
		size_t meant = layout_nearest(layout, kind, column->id, from);
		length += text_format(
			ret->nearest + length, sizeof(ret->nearest) - length, "%s%s", between, header_name(column));
		if (meant != SIZE_MAX)
			length += text_format(ret->nearest + length, sizeof(ret->nearest) - length,
				" (is it \"%.40s\"?)", header->field[meant]);
		between = ", ";
	}
}

/* The field of either name, bare; SIZE_MAX: there is none. */
static size_t named(const struct layout *layout, const char *name, const char *other)
{
	for (size_t i = 0; i < layout->count; i++) {
		if (strcmp(layout->header[i], name) == 0 || (other && strcmp(layout->header[i], other) == 0))
			return i;
	}
	return SIZE_MAX;
}

int import_recognise(const struct csv_record *header, struct import_header *ret, struct err *err)
{
	struct layout layout;
	struct err twice = {0};
	int r = 0;
	*ret = (struct import_header){.fields = header->count};
	layout_read(header, &layout);
	ret->matchup = named(&layout, "matchup", NULL);
	ret->away_team = named(&layout, "awayteam", "visitorteam");
	ret->home_team = named(&layout, "hometeam", NULL);
	for (size_t i = 0; i < COUNT(others) && !ret->other; i++) {
		ret->other = others[i].name;
		for (size_t j = 0; j < COUNT(others[i].columns) && others[i].columns[j]; j++) {
			if (!has(header, others[i].columns[j]))
				ret->other = NULL;
		}
	}
	for (int i = 0; i < IMPORT_KINDS && !ret->known; i++) {
		size_t needed;
		r = layout_find(&layout, &kinds[trial[i]], ret->from, &twice);
		ret->known = found(&layout, &kinds[trial[i]], ret->from, &needed) == needed;
		ret->id = trial[i];
	}
	if (ret->known) {
		ret->other = NULL;
		ret->layout = layout.name;
		layout_describe(header, &kinds[ret->id], ret->from, ret->columns, sizeof(ret->columns));
		if (ret->from[COLUMN_GAME_DATE].rule)
			text_format(
				ret->date, sizeof(ret->date), "%s", layout.header[ret->from[COLUMN_GAME_DATE].part[0]]);
		return r < 0 ? err_set(err, r, "%s", twice.text) : 0;
	}
	if (!ret->other)
		say_nearest(&layout, header, ret);
	return 0;
}

const struct import_kind *import_kind_at(size_t index)
{
	return &kinds[trial[index]];
}

void import_known_headers(struct str *out)
{
	for (int i = 0; i < IMPORT_KINDS; i++) {
		const struct import_kind *kind = &kinds[trial[i]];
		str_printf(out, "%s%s (", i ? "; " : "", kind->name);
		bool first = true;
		for (size_t j = 0; j < kind->count; j++) {
			if (kind->columns[j].flags & HEADER) {
				str_printf(out, "%s%s", first ? "" : ", ", header_name(&kind->columns[j]));
				first = false;
			}
		}
		str_text(out, ")");
	}
}

/* --- cells ------------------------------------------------------------------------------------------------------ */

struct reading { /* of one cell */
	const struct import_column *column;
	struct import_row *row;
	struct import_cell *cell; /* not CELL_NULL */
	struct import_refusal *why;
};

static bool refuse(const struct reading *r, const char *what_is_right)
{
	text_format(r->why->reason, sizeof(r->why->reason), "%s", what_is_right);
	return false;
}

static bool set_text(struct import_cell *cell, const char *text)
{
	*cell = (struct import_cell){.type = CELL_TEXT, .text = text};
	return true;
}

static bool set_int(struct import_cell *cell, int64_t integer)
{
	*cell = (struct import_cell){.type = CELL_INT, .integer = integer};
	return true;
}

static bool set_real(struct import_cell *cell, double real)
{
	*cell = (struct import_cell){.type = CELL_REAL, .real = real + 0.0};
	return true;
}

static const char *text_in(const struct import_cell *cell)
{
	return cell->type == CELL_TEXT ? cell->text : "";
}

/* Readers: what a file writes becomes what the database has; what no reader understands stays as it is, for the
 * rule to refuse. */

static bool is_digits(const char *text, size_t length)
{
	return strlen(text) == length && strspn(text, "0123456789") == length;
}

static void read_time(struct import_cell *cell, struct import_row *row)
{
	int64_t ms;
	(void)row;
	if (time_parse(cell->text, &ms))
		set_int(cell, ms);
}

static void read_game(struct import_cell *cell, struct import_row *row)
{
	if (!is_digits(cell->text, 8)) /* else a spreadsheet took the leading zeros */
		return;
	text_format(row->id, sizeof(row->id), "00%s", cell->text);
	set_text(cell, row->id);
}

static void read_team(struct import_cell *cell, struct import_row *row)
{
	const char *code;
	if (teams_find(row->teams, cell->text, strlen(cell->text), &code) == TEAMS_ONE)
		set_text(cell, code);
}

static void read_flag(struct import_cell *cell, struct import_row *row)
{
	static const char *const spellings[2][6] = {
		{"0", "0.0", "false", "f", "no", "n"}, {"1", "1.0", "true", "t", "yes", "y"}};
	(void)row;
	for (int flag = 0; flag < 2; flag++) {
		for (size_t i = 0; cell->type == CELL_TEXT && i < COUNT(spellings[flag]); i++) {
			if (strcasecmp(cell->text, spellings[flag][i]) == 0)
				set_int(cell, flag);
		}
	}
}

static bool parse_number(const char *text, double *ret)
{
	char *end;
	if (strspn(text, "0123456789+-.eE") != strlen(text))
		return false;
	*ret = strtod(text, &end);
	return *end == '\0' && end != text && isfinite(*ret);
}

/* A comma before one or two last digits is a decimal one: no figure here has thousands. */
static bool parse_comma_number(const char *text, double *ret)
{
	char copy[16];
	const char *comma = strchr(text, ',');
	size_t after = comma ? strlen(comma + 1) : 0;
	if (after < 1 || after > 2 || strlen(text) >= sizeof(copy))
		return false;
	strcpy(copy, text);
	copy[comma - text] = '.';
	return parse_number(copy, ret);
}

static void read_number(struct import_cell *cell, struct import_row *row)
{
	double number;
	(void)row;
	if (parse_number(cell->text, &number) || parse_comma_number(cell->text, &number))
		set_real(cell, number);
}

static void read_part(struct import_cell *cell, struct import_row *row)
{
	const struct season_part *part = spelling_season(cell->text);
	(void)row;
	if (part)
		set_text(cell, part->name);
}

static void read_minutes(struct import_cell *cell, double most)
{
	double number;
	if (parse_number(cell->text, &number) || parse_comma_number(cell->text, &number) ||
		spelling_minutes(cell->text, most, &number) == 1)
		set_real(cell, number);
}

/* Rules: false is a refusal. */

static bool rule_text(const struct reading *r)
{
	if (r->cell->type != CELL_TEXT || strlen(r->cell->text) > 100)
		return refuse(r, "at most 100 bytes of text are right here");
	return true;
}

static bool fold_into(const struct reading *r, char lookup[LOOKUP_SIZE])
{
	const char *name = text_in(r->cell);
	size_t size = strlen(name);
	int length = size > 100 ? -ENAMETOOLONG : fold_bare_name(name, size, lookup);
	if (length == -ENAMETOOLONG)
		return refuse(r, "a player's name has at most 100 bytes");
	if (length <= 0)
		return refuse(r, "a player's name has at least one letter");
	return true;
}

static bool rule_name(const struct reading *r)
{
	return fold_into(r, r->row->lookup);
}

static bool rule_alias(const struct reading *r)
{
	return fold_into(r, r->row->alias);
}

static bool rule_lookup(const struct reading *r)
{
	if (strcmp(text_in(r->cell), r->row->lookup) == 0)
		return true;
	text_format(r->why->reason, sizeof(r->why->reason), "the lookup of this player's name is %s", r->row->lookup);
	return false;
}

/* Of so many digits. */
static int year_in(const char *digits, int count)
{
	int year = 0;
	for (int i = 0; i < count; i++)
		year = 10 * year + digits[i] - '0';
	return year;
}

static bool rule_season(const struct reading *r)
{
	const char *text = text_in(r->cell);
	if (strlen(text) != 7 || text[4] != '-' || strspn(text, "0123456789") != 4 || !is_digits(text + 5, 2) ||
		(year_in(text, 4) + 1) % 100 != year_in(text + 5, 2))
		return refuse(r, "a season is written like 2024-25");
	r->row->season = year_in(text, 4);
	return true;
}

static bool rule_date(const struct reading *r)
{
	const char *text = text_in(r->cell);
	if (strlen(text) != 10 || !date_parse(text, 10, &r->row->date))
		return refuse(r, "a date is written like 2025-11-15");
	if (strcmp(text, FIRST_DATE) < 0 || strcmp(text, LAST_DATE) > 0)
		return refuse(r, "a date from " FIRST_DATE " to " LAST_DATE " is right");
	return true;
}

static bool rule_time(const struct reading *r)
{
	if (r->cell->type != CELL_INT)
		return refuse(r, "a time is written like 2025-11-15T00:30:00Z");
	if (!time_in_range(r->cell->integer))
		return refuse(r, "a time in milliseconds since 1970, from 2000 to 2099, is right");
	return true;
}

static bool rule_game(const struct reading *r)
{
	const char *text = text_in(r->cell);
	if (is_digits(text, 10))
		memmove(r->row->id, text, 11); /* of a file it stands there already */
	/* One that was made up says no more than date and teams do. */
	else if (!*text || strlen(text) > 30 || (text[0] != 'x' && strchr(text, '_') == NULL))
		return refuse(r, "a game id has ten digits (one that was made up begins with x)");
	return true;
}

static bool rule_team(const struct reading *r)
{
	const char *text = text_in(r->cell), *code;
	const enum teams_found found = teams_find(r->row->teams, text, strlen(text), &code);
	char problem[TEAM_PROBLEM_SIZE];
	if (found == TEAMS_ONE && strcmp(code, text) == 0)
		return set_text(r->cell, code);
	if (found == TEAMS_ONE) {
		text_format(r->why->reason, sizeof(r->why->reason), "the team's code is %s", code);
		return false;
	}
	teams_problem(r->row->teams, text, strlen(text), problem);
	return refuse(r, problem);
}

/* The number that is there, however it is stored. */
static bool number_in(const struct import_cell *cell, double *ret)
{
	*ret = cell->type == CELL_INT ? (double)cell->integer : cell->real;
	return cell->type == CELL_INT || cell->type == CELL_REAL;
}

static bool rule_flag(const struct reading *r)
{
	double number;
	if (!number_in(r->cell, &number) || (number != 0 && number != 1))
		return refuse(r, "0 or 1 is right");
	return set_int(r->cell, number != 0);
}

static bool rule_person(const struct reading *r)
{
	double number;
	if (!number_in(r->cell, &number) || !(number >= 1 && number <= 1e15) || number != floor(number))
		return refuse(r, "a player id is a whole number above 0");
	return set_int(r->cell, (int64_t)number);
}

static bool rule_number(const struct reading *r)
{
	const struct import_column *c = r->column;
	bool whole = c->type == WHOLE;
	double number;
	if (!number_in(r->cell, &number) || !(number >= c->min && number <= c->max) ||
		(whole && number != floor(number))) {
		bool text = r->cell->type == CELL_TEXT && parse_number(r->cell->text, &number);
		text_format(r->why->reason, sizeof(r->why->reason), "a %snumber from %g to %g is right%s",
			whole ? "whole " : "", c->min, c->max, text ? ", and this is text" : "");
		return false;
	}
	return whole ? set_int(r->cell, (int64_t)number) : set_real(r->cell, number);
}

/* The kind's last check tells more. */
static bool rule_spelling(const struct reading *r)
{
	return r->cell->type == CELL_TEXT ? set_text(r->cell, r->cell->text) : refuse(r, "text is right here");
}

static bool rule_minutes(const struct reading *r)
{
	const char *text = text_in(r->cell);
	enum import_column_id statistic = row_statistic(r->row);
	double number;
	if (spelling_absence(text) && statistic != COLUMN_COUNT) {
		const struct import_cell *cell = &r->row->cell[statistic];
		text_format(r->why->reason, sizeof(r->why->reason),
			"who did not play has no %s, and \"%g\" stands there", names[statistic],
			number_in(cell, &number) ? number : 0);
		return false;
	}
	if (spelling_minutes(text, r->column->max, &number) > 1)
		return refuse(r, "hours, minutes and seconds, or minutes and seconds; 64:00 and 1:04 are plain");
	if (rule_number(r))
		return true;
	if (*text && !parse_number(text, &number)) {
		size_t length = strlen(r->why->reason);
		text_format(r->why->reason + length, sizeof(r->why->reason) - length, ", or 34:12, PT34M12.00S, 34 min");
	}
	return false;
}

static const struct {
	void (*read)(struct import_cell *cell, struct import_row *row); /* of CELL_TEXT; NULL: text it stays */
	bool (*rule)(const struct reading *r);
} types[TYPES] = {
	[TEXT] = {NULL, rule_text},
	[NAME] = {NULL, rule_name},
	[ALIAS] = {NULL, rule_alias},
	[LOOKUP] = {NULL, rule_lookup},
	[PERSON] = {read_number, rule_person},
	[SEASON] = {NULL, rule_season},
	[PART] = {read_part, rule_text}, /* a league of one's own may have others; they count */
	[DATE] = {NULL, rule_date},
	[TIME] = {read_time, rule_time},
	[GAME] = {read_game, rule_game},
	[TEAM] = {read_team, rule_team},
	[CLUB] = {read_team, rule_text}, /* may be unknown or of no league of ours: the kind's last check decides */
	[FLAG] = {read_flag, rule_flag},
	[WHOLE] = {read_number, rule_number},
	[NUMBER] = {read_number, rule_number},
	[MINUTES] = {NULL, rule_minutes}, /* read_minutes() reads them, up to what the column may hold */
	[SPELLING] = {NULL, rule_spelling},
};

void import_show(char ret[IMPORT_SHOWN], const char *text)
{
	size_t length = strlen(text), room = IMPORT_SHOWN - 1;
	if (length > room) {
		length = room - 3;
		while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
			length--; /* not in the middle of a character */
	}
	memcpy(ret, text, length);
	strcpy(ret + length, strlen(text) > room ? "..." : "");
	for (char *c = ret; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	}
}

static void say(struct import_refusal *why, const char *column, const char *value, const char *reason)
{
	why->column = column;
	import_show(why->value, value);
	if (reason != why->reason)
		text_format(why->reason, sizeof(why->reason), "%s", reason);
}

/* False: why->reason is set. */
static bool judge(const struct import_column *column, struct import_row *row, struct import_refusal *why)
{
	const struct reading reading = {column, row, &row->cell[column->id], why};
	if (reading.cell->type != CELL_NULL)
		return types[column->type].rule(&reading);
	return !(column->flags & VALUE) || refuse(&reading, "must not be empty");
}

/* --- rows ------------------------------------------------------------------------------------------------------- */

static const char *text_of(const struct import_row *row, enum import_column_id column)
{
	return text_in(&row->cell[column]);
}

/* The game's part of a key: the league's own number, since a source may correct date or teams; else those. */
static size_t game_key(struct import_row *row, const char *away, const char *home)
{
	const char *date = text_of(row, COLUMN_GAME_DATE);
	if (*row->id)
		return text_format(row->key, sizeof(row->key), "%s", row->id);
	return text_format(row->key, sizeof(row->key), "%.4s%.2s%.2s_%s_%s", date, date + 5, date + 8, away, home);
}

static void box_key(enum import_id id, struct import_row *row)
{
	const char *team = text_of(row, COLUMN_TEAM), *opponent = text_of(row, COLUMN_OPPONENT);
	bool home = row->cell[COLUMN_HOME].integer;
	size_t length = game_key(row, home ? opponent : team, home ? team : opponent);
	char *end = row->key + length;
	size_t room = sizeof(row->key) - length;
	const struct import_cell *person = &row->cell[COLUMN_PLAYER_ID];
	if (id != IMPORT_PLAYER_GAMES)
		text_format(end, room, "/%s", team);
	else if (person->type == CELL_INT)
		text_format(end, room, "/#%lld", (long long)person->integer);
	else
		text_format(end, room, "/%s", row->lookup);
}

static bool makes_more_than_it_tries(const struct import_row *row, struct import_refusal *why)
{
	static const enum import_column_id shots[][2] = {
		{COLUMN_FGM, COLUMN_FGA}, {COLUMN_TPM, COLUMN_TPA}, {COLUMN_FTM, COLUMN_FTA}};
	for (size_t i = 0; i < COUNT(shots); i++) {
		int64_t made = row->cell[shots[i][0]].integer, tried = row->cell[shots[i][1]].integer;
		if (made <= tried)
			continue;
		char value[32];
		text_format(value, sizeof(value), "%lld", (long long)made);
		text_format(why->reason, sizeof(why->reason), "cannot be more than %s, which is %lld",
			names[shots[i][1]], (long long)tried);
		say(why, names[shots[i][0]], value, why->reason);
		return true;
	}
	return false;
}

/* One begins in summer or autumn and ends in the next year; which one is the newest moves figures of all players. */
static bool is_of_another_season(const struct import_row *row, struct import_refusal *why)
{
	const char *date = text_of(row, COLUMN_GAME_DATE);
	int later = year_in(date, 4) - row->season;
	if (row->cell[COLUMN_SEASON].type == CELL_NULL || later == 0 || later == 1)
		return false;
	text_format(why->reason, sizeof(why->reason), "no season of a game on %s", date);
	say(why, names[COLUMN_SEASON], text_of(row, COLUMN_SEASON), why->reason);
	return true;
}

static enum import_verdict check_box(enum import_id id, struct import_row *row, struct import_refusal *why)
{
	const char *opponent = text_of(row, COLUMN_OPPONENT);
	if (makes_more_than_it_tries(row, why) || is_of_another_season(row, why))
		return IMPORT_REFUSED;
	if (strcmp(text_of(row, COLUMN_TEAM), opponent) != 0) {
		box_key(id, row);
		return IMPORT_ROW;
	}
	say(why, names[COLUMN_OPPONENT], opponent, "a team cannot be its own opponent");
	return *row->id ? IMPORT_NEUTRAL : IMPORT_REFUSED;
}

void import_resolve(const struct import_header *header, struct import_row *row, const char *opponent, bool home)
{
	set_text(&row->cell[COLUMN_OPPONENT], opponent);
	set_int(&row->cell[COLUMN_HOME], home);
	box_key(header->id, row);
}

static bool is_own_opponent(const struct import_row *row, struct import_refusal *why)
{
	if (strcmp(text_of(row, COLUMN_AWAY), text_of(row, COLUMN_HOME)) != 0)
		return false;
	say(why, names[COLUMN_AWAY], text_of(row, COLUMN_AWAY), "a team cannot play against itself");
	return true;
}

static enum import_verdict check_schedule(enum import_id id, struct import_row *row, struct import_refusal *why)
{
	static const enum import_column_id sides[] = {COLUMN_AWAY, COLUMN_HOME};
	(void)id;
	for (size_t i = 0; i < COUNT(sides); i++) {
		const char *team = text_of(row, sides[i]);
		if (!*team) {
			say(why, names[sides[i]], "", "games whose teams are not known yet");
			return IMPORT_SKIP;
		}
		if (!teams_has(row->teams, team)) {
			enum import_column_id column;
			const struct season_part *exhibition = row_exhibition(row, &column);
			if (exhibition) {
				text_format(why->reason, sizeof(why->reason),
					"%s against a club from outside the league", exhibition->left_out);
				say(why, names[sides[i]], team, why->reason);
				return IMPORT_SKIP;
			}
			char problem[TEAM_PROBLEM_SIZE];
			teams_problem(row->teams, team, strlen(team), problem);
			say(why, names[sides[i]], team, problem);
			return IMPORT_REFUSED;
		}
	}
	if (is_own_opponent(row, why))
		return IMPORT_REFUSED;
	game_key(row, text_of(row, COLUMN_AWAY), text_of(row, COLUMN_HOME));
	return IMPORT_ROW;
}

static enum import_verdict check_odds(enum import_id id, struct import_row *row, struct import_refusal *why)
{
	if (is_own_opponent(row, why))
		return IMPORT_REFUSED;
	const char *event = id == IMPORT_CLOSING_ODDS ? text_of(row, COLUMN_EVENT_ID) : "";
	if (*event)
		text_format(row->key, sizeof(row->key), "%s", event);
	else
		game_key(row, text_of(row, COLUMN_AWAY), text_of(row, COLUMN_HOME));
	return IMPORT_ROW;
}

static enum import_verdict check_team(enum import_id id, struct import_row *row, struct import_refusal *why)
{
	char problem[TEAM_PROBLEM_SIZE];
	const char *code = text_of(row, COLUMN_CODE);
	const char *column = teams_check(code, text_of(row, COLUMN_NAME), text_of(row, COLUMN_ALIASES), problem);
	(void)id;
	if (column) {
		const enum import_column_id at = strcmp(column, "code") == 0   ? COLUMN_CODE
						 : strcmp(column, "name") == 0 ? COLUMN_NAME
									       : COLUMN_ALIASES;
		say(why, names[at], text_of(row, at), problem);
		return IMPORT_REFUSED;
	}
	text_format(row->key, sizeof(row->key), "%s", code);
	return IMPORT_ROW;
}

static enum import_verdict check_alias(enum import_id id, struct import_row *row, struct import_refusal *why)
{
	(void)id;
	if (strcmp(row->alias, row->lookup) == 0) {
		text_format(why->reason, sizeof(why->reason),
			"is how the player is written anyway: both are %s; another spelling of him is right",
			row->alias);
		say(why, names[COLUMN_ALIAS], text_of(row, COLUMN_ALIAS), why->reason);
		return IMPORT_REFUSED;
	}
	text_format(row->key, sizeof(row->key), "%s", row->alias);
	return IMPORT_ROW;
}

static enum import_verdict (*const checks[IMPORT_KINDS])(
	enum import_id, struct import_row *, struct import_refusal *) = {
	[IMPORT_PLAYER_GAMES] = check_box,
	[IMPORT_TEAM_GAMES] = check_box,
	[IMPORT_SCHEDULE] = check_schedule,
	[IMPORT_GAME_ODDS] = check_odds,
	[IMPORT_CLOSING_ODDS] = check_odds,
	[IMPORT_TEAMS] = check_team,
	[IMPORT_ALIASES] = check_alias,
};

/* What stands between rows and is none: NULL where it is one. */
static const char *between_rows(const struct import_header *header, const struct csv_record *record)
{
	const struct import_source *date = &header->from[COLUMN_GAME_DATE];
	size_t filled = 0;
	for (size_t i = 0; i < record->count; i++)
		filled += *record->field[i] != '\0';
	if (filled == 0)
		return "empty rows";
	return date->rule && layout_is_header(record->field[date->part[0]], header->date) ? "the header row once more"
											  : NULL;
}

/* NULL: ret_why->reason says what is wrong with it. */
static const char *mended(const char *name, struct import_row *row, struct import_refusal *ret_why)
{
	const char *wrong = name_mend(name, row->name, sizeof(row->name), &row->mended);
	if (!wrong)
		return row->name;
	text_format(ret_why->reason, sizeof(ret_why->reason), "%s", wrong);
	return NULL;
}

/* What a cell of the file says of itself that makes the row wrong; the first of them. */
struct broken {
	size_t column; /* of the kind; its count: none */
	struct import_refusal why;
};

/* What the file has, in the database's form where a reader understands it. */
static void read_cells(const struct import_header *header, const struct csv_record *record, struct import_row *row,
	struct broken *ret_broken)
{
	const struct import_kind *kind = &kinds[header->id];
	ret_broken->column = kind->count;
	for (size_t i = 0; i < kind->count; i++) {
		const struct import_column *column = &kind->columns[i];
		struct import_cell *cell = &row->cell[column->id];
		struct import_refusal why = {.column = ""};
		const char *text = layout_cell(header->from, record, column->id, row, &why);
		if (text && column->type == NAME)
			text = mended(text, row, &why);
		if (!text && ret_broken->column == kind->count)
			*ret_broken = (struct broken){i, why};
		*cell = text && *text ? (struct import_cell){.type = CELL_TEXT, .text = text}
				      : (struct import_cell){.type = CELL_NULL};
		if (column->type == LOOKUP)
			set_text(cell, row->lookup); /* made of the name, whose column stands before */
		else if (cell->type == CELL_TEXT && column->type == MINUTES)
			read_minutes(cell, column->max);
		else if (cell->type == CELL_TEXT && types[column->type].read)
			types[column->type].read(cell, row);
	}
}

/* False: ret_why says which is wrong. */
static bool judge_cells(const struct import_header *header, const struct csv_record *record, struct import_row *row,
	const struct broken *broken, struct import_refusal *ret_why)
{
	const struct import_kind *kind = &kinds[header->id];
	for (size_t i = 0; i < kind->count; i++) {
		const struct import_column *column = &kind->columns[i];
		struct import_refusal ignored;
		if (i == broken->column) {
			*ret_why = broken->why;
			say(ret_why, header_name(column), record->field[header->from[column->id].part[0]],
				ret_why->reason);
			return false;
		}
		if (!judge(column, row, ret_why)) {
			const char *text = layout_cell(header->from, record, column->id, row, &ignored);
			say(ret_why, header_name(column),
				column->type == NAME ? row->name
				: text               ? text
						     : "",
				ret_why->reason);
			return false;
		}
	}
	return true;
}

/* The key of a box score's row of which no more than that is wanted; "": what makes it is not right either. */
static void key_alone(enum import_id id, struct import_row *row)
{
	static const enum import_column_id parts[] = {COLUMN_GAME_ID, COLUMN_GAME_DATE, COLUMN_PLAYER_ID, COLUMN_PLAYER,
		COLUMN_TEAM, COLUMN_OPPONENT, COLUMN_HOME};
	const struct import_kind *kind = &kinds[id];
	for (size_t i = 0; i < kind->count; i++) {
		struct import_refusal ignored;
		for (size_t j = 0; j < COUNT(parts); j++) {
			if (kind->columns[i].id == parts[j] && !judge(&kind->columns[i], row, &ignored))
				return;
		}
	}
	box_key(id, row);
}

/* Where both are teams that are known. */
static void take_sides(struct row_evidence *e, const char *column, const struct teams *t, const char *away,
	size_t away_length, const char *home, size_t home_length)
{
	const char *codes[2];
	if (teams_find(t, away, away_length, &codes[0]) != TEAMS_ONE ||
		teams_find(t, home, home_length, &codes[1]) != TEAMS_ONE)
		return;
	e->column = column;
	e->away = codes[0];
	e->home = codes[1];
}

/* What the file says once more of who plays whom: "LAL @ BOS", "BOS vs. LAL", or a column for each side. */
static struct row_evidence evidence_of(
	const struct import_header *header, const struct csv_record *record, const struct teams *t)
{
	static const struct {
		const char *between;
		bool left_is_away;
	} forms[] = {{" @ ", true}, {" at ", true}, {" vs. ", false}, {" vs ", false}};
	struct row_evidence e = {.zone = header->zone};
	const char *text = header->matchup == SIZE_MAX ? "" : record->field[header->matchup];
	for (size_t i = 0; i < COUNT(forms) && !e.column; i++) {
		const char *end = strcasestr(text, forms[i].between);
		const char *right = end ? end + strlen(forms[i].between) : NULL;
		if (end && forms[i].left_is_away)
			take_sides(&e, "matchup", t, text, (size_t)(end - text), right, strlen(right));
		else if (end)
			take_sides(&e, "matchup", t, right, strlen(right), text, (size_t)(end - text));
		import_show(e.value, text);
	}
	if (!e.column && header->away_team != SIZE_MAX && header->home_team != SIZE_MAX) {
		const char *away = record->field[header->away_team], *home = record->field[header->home_team];
		take_sides(&e, "home_team", t, away, strlen(away), home, strlen(home));
		import_show(e.value, home);
	}
	return e;
}

enum import_verdict import_parse(const struct import_header *header, const struct csv_record *record,
	struct import_row *ret_row, struct import_refusal *ret_why)
{
	ret_row->key[0] = ret_row->lookup[0] = ret_row->alias[0] = ret_row->id[0] = '\0';
	ret_row->season = 0;
	ret_row->made_length = ret_row->mended = 0;
	if (record->count != header->fields) {
		text_format(ret_why->reason, sizeof(ret_why->reason), "the row has %zu fields, the header row has %zu",
			record->count, header->fields);
		say(ret_why, "", "", ret_why->reason);
		return IMPORT_REFUSED;
	}
	const char *no_row = between_rows(header, record);
	if (no_row) {
		say(ret_why, "", "", no_row);
		return IMPORT_SKIP;
	}
	struct broken broken;
	read_cells(header, record, ret_row, &broken);
	if (row_is_left_out(header->id, ret_row, ret_why)) {
		key_alone(header->id, ret_row);
		return IMPORT_SKIP;
	}
	if (!judge_cells(header, record, ret_row, &broken, ret_why))
		return IMPORT_REFUSED;
	enum import_verdict verdict = checks[header->id](header->id, ret_row, ret_why);
	const struct row_evidence evidence = evidence_of(header, record, ret_row->teams);
	if ((verdict == IMPORT_ROW || verdict == IMPORT_NEUTRAL) &&
		row_contradicts_itself(header->id, ret_row, &evidence, ret_why))
		return IMPORT_REFUSED;
	return verdict;
}

/* A value of the database in words; `buffer` is for those that are no text. */
static const char *cell_text(const struct import_cell *cell, char *buffer, size_t size)
{
	buffer[0] = '\0';
	if (cell->type == CELL_INT)
		text_format(buffer, size, "%lld", (long long)cell->integer);
	else if (cell->type == CELL_REAL)
		text_format(buffer, size, "%.15g", cell->real);
	else if (cell->type == CELL_BYTES)
		text_format(buffer, size, "bytes that are no text");
	return cell->type == CELL_TEXT ? cell->text : buffer;
}

enum import_verdict import_check(
	enum import_id id, const char *key, struct import_row *row, struct import_refusal *ret_why)
{
	const struct import_kind *kind = &kinds[id];
	const struct row_evidence none = {.zone = NULL};
	row->key[0] = row->lookup[0] = row->alias[0] = row->id[0] = '\0';
	row->season = 0;
	if (row_is_left_out(id, row, ret_why))
		return IMPORT_SKIP;
	for (size_t i = 0; i < kind->count; i++) {
		const struct import_column *column = &kind->columns[i];
		if (!judge(column, row, ret_why)) {
			char number[32];
			const char *value = cell_text(&row->cell[column->id], number, sizeof(number));
			say(ret_why, names[column->id], value, ret_why->reason);
			return IMPORT_REFUSED;
		}
	}
	if (checks[id](id, row, ret_why) != IMPORT_ROW)
		return IMPORT_REFUSED;
	if (strcmp(key, row->key) != 0) {
		text_format(ret_why->reason, sizeof(ret_why->reason), "the key of a row with these values is \"%s\"",
			row->key);
		say(ret_why, "key", key, ret_why->reason);
		return IMPORT_REFUSED;
	}
	return row_contradicts_itself(id, row, &none, ret_why) ? IMPORT_SKIP : IMPORT_ROW;
}
