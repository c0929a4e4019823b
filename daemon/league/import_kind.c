/*
 * One table a kind, one parser a type of cell, one last check a kind for what no cell alone can tell. Columns
 * that no table names are left aside: sources add what they like.
 */
#include "league/import_kind.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "league/team.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum type { TEXT, NAME, LOOKUP, PERSON, SEASON, DATE, TIME, GAME, TEAM, CLUB, FLAG, WHOLE, NUMBER };

enum {
	HEADER = 1, /* the header row must have it: this is how a kind is known */
	VALUE = 2, /* no cell of it may be empty */
	NEEDED = HEADER | VALUE,
};

struct import_column {
	const char *name; /* in the database */
	const char *header; /* in the file, NULL: the same; "": in none, derived */
	enum type type;
	unsigned flags;
	double min, max; /* WHOLE, NUMBER */
};

/* Limits are well beyond any game that was played: what they catch is shifted columns. */
/* clang-format off: one statistic a line */
#define STATISTIC(name, max) \
	{ \
		name, NULL, WHOLE, NEEDED, 0, max \
	}
#define BOX(most_points, players) \
	STATISTIC("pts", most_points), STATISTIC("reb", 60 * (players)), STATISTIC("oreb", 40 * (players)), \
		STATISTIC("dreb", 60 * (players)), STATISTIC("ast", 40 * (players)), STATISTIC("stl", 20 * (players)), \
		STATISTIC("blk", 20 * (players)), STATISTIC("tov", 25 * (players)), STATISTIC("pf", 16 * (players)), \
		STATISTIC("fgm", 60 * (players)), STATISTIC("fga", 90 * (players)), STATISTIC("tpm", 30 * (players)), \
		STATISTIC("tpa", 50 * (players)), STATISTIC("ftm", 50 * (players)), STATISTIC("fta", 60 * (players))
/* clang-format on */

static const struct import_column player_games[] = {
	{"season", NULL, SEASON, 0, 0, 0},
	{"season_type", NULL, TEXT, 0, 0, 0},
	{"game_id", NULL, GAME, 0, 0, 0},
	{"game_date", NULL, DATE, NEEDED, 0, 0},
	{"player_id", NULL, PERSON, 0, 0, 0},
	{"player", NULL, NAME, NEEDED, 0, 0},
	{"player_lookup", "", LOOKUP, 0, 0, 0},
	{"team", NULL, TEAM, NEEDED, 0, 0},
	{"opponent", NULL, TEAM, NEEDED, 0, 0},
	{"home", NULL, FLAG, NEEDED, 0, 0},
	{"win", NULL, FLAG, 0, 0, 0},
	{"starter", NULL, FLAG, 0, 0, 0},
	{"min", NULL, NUMBER, NEEDED, 0, 120},
	BOX(150, 1),
	{"plus_minus", NULL, WHOLE, 0, -150, 150},
	{"box_complete", NULL, FLAG, 0, 0, 0},
};

static const struct import_column team_games[] = {
	{"season", NULL, SEASON, 0, 0, 0},
	{"season_type", NULL, TEXT, 0, 0, 0},
	{"game_id", NULL, GAME, 0, 0, 0},
	{"game_date", NULL, DATE, NEEDED, 0, 0},
	{"team", NULL, TEAM, NEEDED, 0, 0},
	{"opponent", NULL, TEAM, NEEDED, 0, 0},
	{"home", NULL, FLAG, NEEDED, 0, 0},
	{"win", NULL, FLAG, 0, 0, 0},
	{"min", NULL, NUMBER, 0, 0, 600},
	BOX(300, 5),
	{"plus_minus", NULL, WHOLE, 0, -150, 150},
};

static const struct import_column schedule[] = {
	{"game_id", NULL, GAME, 0, 0, 0},
	{"season_type", NULL, TEXT, 0, 0, 0},
	{"game_label", NULL, TEXT, 0, 0, 0},
	{"tip_ms", "tip_utc", TIME, HEADER, 0, 0},
	{"game_date", NULL, DATE, NEEDED, 0, 0},
	{"away", NULL, CLUB, HEADER, 0, 0},
	{"home", NULL, CLUB, HEADER, 0, 0},
};

static const struct import_column game_odds[] = {
	{"game_date", NULL, DATE, NEEDED, 0, 0},
	{"away", NULL, TEAM, NEEDED, 0, 0},
	{"home", NULL, TEAM, NEEDED, 0, 0},
	{"spread_home", NULL, NUMBER, HEADER, -80, 80},
	{"total", NULL, NUMBER, HEADER, 100, 400},
};

static const struct import_column closing_odds[] = {
	{"event_id", NULL, TEXT, 0, 0, 0},
	{"game_date", NULL, DATE, NEEDED, 0, 0},
	{"commence_ms", "commence_utc", TIME, HEADER, 0, 0},
	{"away", NULL, TEAM, NEEDED, 0, 0},
	{"home", NULL, TEAM, NEEDED, 0, 0},
	{"spread_home", NULL, NUMBER, HEADER, -80, 80},
	{"total", NULL, NUMBER, HEADER, 100, 400},
};

/* In the order in which a header is tried: what has more columns before what has fewer of the same. */
static const struct import_kind kinds[IMPORT_KINDS] = {
	[IMPORT_PLAYER_GAMES] = {"player_games", player_games, COUNT(player_games)},
	[IMPORT_TEAM_GAMES] = {"team_games", team_games, COUNT(team_games)},
	[IMPORT_SCHEDULE] = {"schedule", schedule, COUNT(schedule)},
	[IMPORT_GAME_ODDS] = {"game_odds", game_odds, COUNT(game_odds)},
	[IMPORT_CLOSING_ODDS] = {"game_closing_odds", closing_odds, COUNT(closing_odds)},
};
static const enum import_id trial[IMPORT_KINDS] = {
	IMPORT_PLAYER_GAMES, IMPORT_TEAM_GAMES, IMPORT_SCHEDULE, IMPORT_CLOSING_ODDS, IMPORT_GAME_ODDS};

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
	return column->header ? column->header : column->name;
}

const char *import_column_name(const struct import_kind *kind, size_t column)
{
	return kind->columns[column].name;
}

/* --- header
 * ------------------------------------------------------------------------------------------------------- */

static size_t find(const struct csv_record *header, const char *name)
{
	for (size_t i = 0; i < header->count; i++) {
		if (strcmp(header->field[i], name) == 0)
			return i;
	}
	return SIZE_MAX;
}

int import_recognise(const struct csv_record *header, struct import_header *ret, struct err *err)
{
	*ret = (struct import_header){.fields = header->count};
	for (int i = 0; i < IMPORT_KINDS && !ret->known; i++) {
		const struct import_kind *kind = &kinds[trial[i]];
		ret->known = true;
		ret->id = trial[i];
		for (size_t j = 0; j < kind->count; j++) {
			ret->at[j] = find(header, header_name(&kind->columns[j]));
			if (ret->at[j] == SIZE_MAX && (kind->columns[j].flags & HEADER))
				ret->known = false;
		}
	}
	for (size_t i = 0; i < COUNT(others) && !ret->known && !ret->other; i++) {
		ret->other = others[i].name;
		for (size_t j = 0; j < COUNT(others[i].columns) && others[i].columns[j]; j++) {
			if (find(header, others[i].columns[j]) == SIZE_MAX)
				ret->other = NULL;
		}
	}
	if (!ret->known)
		return 0;
	for (size_t i = 0; i < header->count; i++) {
		if (*header->field[i] && find(header, header->field[i]) != i)
			return err_set(err, -EINVAL, "the header row names column \"%.40s\" twice", header->field[i]);
	}
	return 0;
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

/* --- cells
 * -------------------------------------------------------------------------------------------------------- */

struct reading { /* of one cell */
	const struct import_column *column;
	const char *text; /* not empty */
	struct import_row *row;
	struct import_cell *cell;
	struct import_refusal *why;
};

static bool refuse(const struct reading *r, const char *what_is_right)
{
	snprintf(r->why->reason, sizeof(r->why->reason), "%s", what_is_right);
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

static bool read_text(const struct reading *r)
{
	if (strlen(r->text) > 100)
		return refuse(r, "at most 100 bytes are expected here");
	return set_text(r->cell, r->text);
}

static bool read_name(const struct reading *r)
{
	int length = fold_name(r->text, strlen(r->text), r->row->lookup);
	if (strlen(r->text) > 100 || length == -ENAMETOOLONG)
		return refuse(r, "a player's name has at most 100 bytes");
	if (length <= 0)
		return refuse(r, "a player's name has at least one letter");
	return set_text(r->cell, r->text);
}

static bool is_digits(const char *text, size_t length)
{
	return strlen(text) == length && strspn(text, "0123456789") == length;
}

static bool read_season(const struct reading *r)
{
	int year = atoi(r->text);
	if (strlen(r->text) != 7 || r->text[4] != '-' || strspn(r->text, "0123456789") != 4 ||
		!is_digits(r->text + 5, 2) || (year + 1) % 100 != atoi(r->text + 5))
		return refuse(r, "a season is written like 2024-25");
	return set_text(r->cell, r->text);
}

static bool read_date(const struct reading *r)
{
	date_t date;
	if (strlen(r->text) != 10 || !date_parse(r->text, 10, &date))
		return refuse(r, "a date is written like 2025-11-15");
	date_format(date, r->row->date);
	return set_text(r->cell, r->row->date);
}

static bool read_time(const struct reading *r)
{
	int64_t ms;
	if (!time_parse(r->text, &ms))
		return refuse(r, "a time is written like 2025-11-15T00:30:00Z");
	return set_int(r->cell, ms);
}

static bool read_game(const struct reading *r)
{
	size_t length = strlen(r->text);
	if (is_digits(r->text, 8)) /* a spreadsheet took the leading zeros */
		snprintf(r->row->id, sizeof(r->row->id), "00%s", r->text);
	else if (is_digits(r->text, 10))
		snprintf(r->row->id, sizeof(r->row->id), "%s", r->text);
	else if (length > 30 || (r->text[0] != 'x' && strchr(r->text, '_') == NULL))
		return refuse(r, "a game id has ten digits (one that was made up begins with x)");
	/* A made-up id says no more than date and teams do. */
	return set_text(r->cell, *r->row->id ? r->row->id : r->text);
}

static bool read_team(const struct reading *r)
{
	const char *code = team_code(r->text);
	if (!code) {
		snprintf(r->why->reason, sizeof(r->why->reason), "no team of the league; there are %s", team_codes());
		return false;
	}
	return set_text(r->cell, code);
}

/* A team that may be unknown or of no league of ours: the last check of the kind decides. */
static bool read_club(const struct reading *r)
{
	const char *code = team_code(r->text);
	return set_text(r->cell, code ? code : r->text);
}

static bool read_flag(const struct reading *r)
{
	static const char *const no[] = {"0", "0.0", "false", "False"}, *const yes[] = {"1", "1.0", "true", "True"};
	for (size_t i = 0; i < COUNT(no); i++) {
		if (strcmp(r->text, no[i]) == 0)
			return set_int(r->cell, 0);
		if (strcmp(r->text, yes[i]) == 0)
			return set_int(r->cell, 1);
	}
	return refuse(r, "0 or 1 is right");
}

static bool parse_number(const char *text, double *ret)
{
	char *end;
	if (strspn(text, "0123456789+-.eE") != strlen(text))
		return false;
	*ret = strtod(text, &end);
	return *end == '\0' && end != text && isfinite(*ret);
}

static bool read_person(const struct reading *r)
{
	double number;
	if (!parse_number(r->text, &number) || number < 1 || number > 1e15 || number != floor(number))
		return refuse(r, "a player id is a whole number above 0");
	return set_int(r->cell, (int64_t)number);
}

static bool read_number(const struct reading *r)
{
	const struct import_column *c = r->column;
	double number;
	bool whole = c->type == WHOLE;
	if (!parse_number(r->text, &number) || number < c->min || number > c->max ||
		(whole && number != floor(number))) {
		snprintf(r->why->reason, sizeof(r->why->reason), "a %snumber from %g to %g is right",
			whole ? "whole " : "", c->min, c->max);
		return false;
	}
	if (whole)
		return set_int(r->cell, (int64_t)number);
	*r->cell = (struct import_cell){.type = CELL_REAL, .real = number + 0.0};
	return true;
}

static bool (*const readers[])(const struct reading *) = {
	[TEXT] = read_text,
	[NAME] = read_name,
	[PERSON] = read_person,
	[SEASON] = read_season,
	[DATE] = read_date,
	[TIME] = read_time,
	[GAME] = read_game,
	[TEAM] = read_team,
	[CLUB] = read_club,
	[FLAG] = read_flag,
	[WHOLE] = read_number,
	[NUMBER] = read_number,
};

/* --- rows
 * ---------------------------------------------------------------------------------------------------------
 */

static size_t column_index(const struct import_kind *kind, const char *name)
{
	for (size_t i = 0; i < kind->count; i++) {
		if (strcmp(kind->columns[i].name, name) == 0)
			return i;
	}
	return SIZE_MAX;
}

const struct import_cell *import_cell(const struct import_kind *kind, const struct import_row *row, const char *column)
{
	return &row->cell[column_index(kind, column)];
}

static const char *text_of(const struct import_kind *kind, const struct import_row *row, const char *column)
{
	const struct import_cell *cell = import_cell(kind, row, column);
	return cell->type == CELL_TEXT ? cell->text : "";
}

static void say(struct import_refusal *why, const char *column, const char *value, const char *reason)
{
	size_t length = strlen(value), room = sizeof(why->value) - 1;
	why->column = column;
	snprintf(why->reason, sizeof(why->reason), "%s", reason);
	if (length > room) {
		length = room - 3;
		while (length > 0 && ((unsigned char)value[length] & 0xc0) == 0x80)
			length--; /* not in the middle of a character */
	}
	memcpy(why->value, value, length);
	strcpy(why->value + length, strlen(value) > room ? "..." : "");
	for (char *c = why->value; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	}
}

/* The game's part of a key: the league's own number, since a source may correct date or teams; else those. */
static size_t game_key(struct import_row *row, const char *away, const char *home)
{
	if (*row->id)
		return text_format(row->key, sizeof(row->key), "%s", row->id);
	return text_format(
		row->key, sizeof(row->key), "%.4s%.2s%.2s_%s_%s", row->date, row->date + 5, row->date + 8, away, home);
}

static void box_key(const struct import_kind *kind, struct import_row *row)
{
	const char *team = text_of(kind, row, "team"), *opponent = text_of(kind, row, "opponent");
	bool home = import_cell(kind, row, "home")->integer;
	size_t length = game_key(row, home ? opponent : team, home ? team : opponent);
	char *end = row->key + length;
	size_t room = sizeof(row->key) - length;
	if (kind != &kinds[IMPORT_PLAYER_GAMES]) {
		text_format(end, room, "/%s", team);
		return;
	}
	const struct import_cell *person = import_cell(kind, row, "player_id");
	if (person->type == CELL_INT)
		text_format(end, room, "/#%lld", (long long)person->integer);
	else
		text_format(end, room, "/%s", row->lookup);
}

static enum import_verdict check_box(const struct import_kind *kind, struct import_row *row, struct import_refusal *why)
{
	static const char *const shots[][2] = {{"fgm", "fga"}, {"tpm", "tpa"}, {"ftm", "fta"}};
	for (size_t i = 0; i < COUNT(shots); i++) {
		int64_t made = import_cell(kind, row, shots[i][0])->integer;
		int64_t tried = import_cell(kind, row, shots[i][1])->integer;
		if (made > tried) {
			char value[32], reason[96];
			text_format(value, sizeof(value), "%lld", (long long)made);
			text_format(reason, sizeof(reason), "cannot be more than %s, which is %lld", shots[i][1],
				(long long)tried);
			say(why, shots[i][0], value, reason);
			return IMPORT_REFUSED;
		}
	}
	if (strcmp(text_of(kind, row, "team"), text_of(kind, row, "opponent")) != 0) {
		box_key(kind, row);
		return IMPORT_ROW;
	}
	if (*row->id)
		return IMPORT_NEUTRAL;
	say(why, "opponent", text_of(kind, row, "opponent"), "a team cannot be its own opponent");
	return IMPORT_REFUSED;
}

void import_resolve(const struct import_header *header, struct import_row *row, const char *opponent, bool home)
{
	const struct import_kind *kind = &kinds[header->id];
	set_text(&row->cell[column_index(kind, "opponent")], opponent);
	set_int(&row->cell[column_index(kind, "home")], home);
	box_key(kind, row);
}

static bool is_own_opponent(const struct import_kind *kind, const struct import_row *row, struct import_refusal *why)
{
	if (strcmp(text_of(kind, row, "away"), text_of(kind, row, "home")) != 0)
		return false;
	say(why, "away", text_of(kind, row, "away"), "a team cannot play against itself");
	return true;
}

static enum import_verdict check_schedule(
	const struct import_kind *kind, struct import_row *row, struct import_refusal *why)
{
	static const char *const sides[] = {"away", "home"};
	for (size_t i = 0; i < COUNT(sides); i++) {
		const char *team = text_of(kind, row, sides[i]);
		if (!*team) {
			say(why, sides[i], "", "games whose teams are not known yet");
			return IMPORT_SKIP;
		}
		if (!team_code(team)) {
			char reason[256];
			if (strcmp(text_of(kind, row, "season_type"), "preseason") == 0) {
				say(why, sides[i], team, "preseason games against a club from outside the league");
				return IMPORT_SKIP;
			}
			text_format(reason, sizeof(reason), "no team of the league; there are %s", team_codes());
			say(why, sides[i], team, reason);
			return IMPORT_REFUSED;
		}
	}
	if (is_own_opponent(kind, row, why))
		return IMPORT_REFUSED;
	game_key(row, text_of(kind, row, "away"), text_of(kind, row, "home"));
	return IMPORT_ROW;
}

static enum import_verdict check_odds(const struct import_kind *kind, struct import_row *row, struct import_refusal *why)
{
	if (is_own_opponent(kind, row, why))
		return IMPORT_REFUSED;
	const char *event = kind == &kinds[IMPORT_CLOSING_ODDS] ? text_of(kind, row, "event_id") : "";
	if (*event)
		text_format(row->key, sizeof(row->key), "%s", event);
	else
		game_key(row, text_of(kind, row, "away"), text_of(kind, row, "home"));
	return IMPORT_ROW;
}

static enum import_verdict (*const checks[IMPORT_KINDS])(
	const struct import_kind *, struct import_row *, struct import_refusal *) = {
	[IMPORT_PLAYER_GAMES] = check_box,
	[IMPORT_TEAM_GAMES] = check_box,
	[IMPORT_SCHEDULE] = check_schedule,
	[IMPORT_GAME_ODDS] = check_odds,
	[IMPORT_CLOSING_ODDS] = check_odds,
};

enum import_verdict import_parse(const struct import_header *header, const struct csv_record *record,
	struct import_row *ret_row, struct import_refusal *ret_why)
{
	const struct import_kind *kind = &kinds[header->id];
	if (record->count != header->fields) {
		char reason[96];
		text_format(reason, sizeof(reason), "the row has %zu fields, the header row has %zu", record->count,
			header->fields);
		say(ret_why, "", "", reason);
		return IMPORT_REFUSED;
	}
	ret_row->key[0] = ret_row->lookup[0] = ret_row->date[0] = ret_row->id[0] = '\0';
	for (size_t i = 0; i < kind->count; i++) {
		const struct import_column *column = &kind->columns[i];
		struct import_cell *cell = &ret_row->cell[i];
		*cell = (struct import_cell){.type = CELL_NULL};
		if (column->type == LOOKUP) {
			set_text(cell, ret_row->lookup); /* the name's column stands before */
			continue;
		}
		const char *text = header->at[i] == SIZE_MAX ? "" : record->field[header->at[i]];
		if (!*text) {
			if (!(column->flags & VALUE))
				continue;
			say(ret_why, header_name(column), "", "must not be empty");
			return IMPORT_REFUSED;
		}
		if (!readers[column->type](&(struct reading){column, text, ret_row, cell, ret_why})) {
			char reason[sizeof(ret_why->reason)];
			memcpy(reason, ret_why->reason, sizeof(reason));
			say(ret_why, header_name(column), text, reason);
			return IMPORT_REFUSED;
		}
	}
	return checks[header->id](kind, ret_row, ret_why);
}
