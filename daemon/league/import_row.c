/*
 * A rule is here only if it is certain: of what sources do as they like (who is at home on neutral ground, a game
 * that was moved after the schedule came out, box scores that do not add up) nothing is held against a row. Numbers
 * of games are made up by some sources, so of them only what no season allows is a contradiction.
 */
#include "league/import_row.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *text_of(const struct import_row *row, enum import_column_id column)
{
	const struct import_cell *cell = &row->cell[column];
	return cell->type == CELL_TEXT ? cell->text : "";
}

static void say(struct import_refusal *why, const char *column, const char *value)
{
	why->column = column;
	import_show(why->value, value);
}

/* --- games that do not count -------------------------------------------------------------------------------------- */

static const enum import_column_id statistics[] = {COLUMN_PTS, COLUMN_REB, COLUMN_OREB, COLUMN_DREB, COLUMN_AST,
	COLUMN_STL, COLUMN_BLK, COLUMN_TOV, COLUMN_PF, COLUMN_FGM, COLUMN_FGA, COLUMN_TPM, COLUMN_TPA, COLUMN_FTM,
	COLUMN_FTA, COLUMN_PLUS_MINUS};

/* Empty, 0, or a word for nothing. */
static bool is_nothing(const struct import_cell *cell)
{
	switch (cell->type) {
	case CELL_NULL:
		return true;
	case CELL_INT:
		return cell->integer == 0;
	case CELL_REAL:
		return cell->real == 0;
	case CELL_TEXT:
		return spelling_is_nothing(cell->text) || spelling_absence(cell->text);
	case CELL_BYTES:
		break;
	}
	return false;
}

enum import_column_id row_statistic(const struct import_row *row)
{
	for (size_t i = 0; i < COUNT(statistics); i++) {
		if (!is_nothing(&row->cell[statistics[i]]))
			return statistics[i];
	}
	return COLUMN_COUNT;
}

/* Who was on the floor for a second has 0 minutes, too: any statistic, be it of plus and minus, shows that he was. */
static const char *absence(enum import_id id, const struct import_row *row)
{
	const struct import_cell *minutes = &row->cell[COLUMN_MIN];
	if (!is_nothing(minutes) || row_statistic(row) != COLUMN_COUNT)
		return NULL;
	if (id == IMPORT_TEAM_GAMES)
		return "games that were not played (no statistics)";
	/* Some sources have the word in the starter's column. */
	const char *reason = spelling_absence(text_of(row, COLUMN_MIN));
	reason = reason ? reason : spelling_absence(text_of(row, COLUMN_STARTER));
	if (reason)
		return reason;
	return minutes->type == CELL_INT || minutes->type == CELL_REAL
		       ? "players who did not play (0 minutes and no statistics)"
		       : "players who did not play (no minutes and no statistics)";
}

/* Of the ten digits of the NBA: "00", what part of the season, two digits of the year that it begins in, the number. */
struct league_number {
	const struct season_part *part; /* NULL: it is no such number */
	int season; /* the year nearest to the date's with these digits */
};

static int year_of(const char *date)
{
	return (date[0] - '0') * 1000 + (date[1] - '0') * 100 + (date[2] - '0') * 10 + date[3] - '0';
}

static int month_of(const char *date)
{
	return (date[5] - '0') * 10 + date[6] - '0';
}

/* The cells may not have been judged. */
static struct league_number number_of(const struct import_row *row)
{
	const char *id = text_of(row, COLUMN_GAME_ID), *date = text_of(row, COLUMN_GAME_DATE);
	struct league_number n = {.part = spelling_season_of_game(id)};
	if (!n.part || strspn(date, "0123456789") < 4) {
		n.part = NULL;
		return n;
	}
	int year = year_of(date), later = (year - (id[3] - '0') * 10 - (id[4] - '0')) % 100;
	n.season = year - (later > 90 ? later - 100 : later);
	return n;
}

/* Loosely, a season being any two years one after the other. */
static bool may_be(int season, int year)
{
	return year == season || year == season + 1;
}

const struct season_part *row_exhibition(const struct import_row *row, enum import_column_id *ret_column)
{
	const struct season_part *part;
	if (row->cell[COLUMN_SEASON_TYPE].type == CELL_TEXT) {
		part = spelling_season(text_of(row, COLUMN_SEASON_TYPE));
		*ret_column = COLUMN_SEASON_TYPE;
	} else {
		struct league_number n = number_of(row);
		part = n.part && may_be(n.season, year_of(text_of(row, COLUMN_GAME_DATE))) ? n.part : NULL;
		*ret_column = COLUMN_GAME_ID;
	}
	return part && part->left_out ? part : NULL;
}

bool row_is_left_out(enum import_id id, const struct import_row *row, struct import_refusal *ret_why)
{
	enum import_column_id column;
	if (id != IMPORT_PLAYER_GAMES && id != IMPORT_TEAM_GAMES)
		return false;
	const struct season_part *exhibition = row_exhibition(row, &column);
	const char *reason = exhibition ? exhibition->left_out : absence(id, row);
	if (!reason)
		return false;
	text_format(ret_why->reason, sizeof(ret_why->reason), "%s", reason);
	if (!exhibition)
		column = id == IMPORT_PLAYER_GAMES ? COLUMN_PLAYER : COLUMN_TEAM;
	say(ret_why, import_column_text(column), text_of(row, column));
	return true;
}

/* --- contradictions ------------------------------------------------------------------------------------------------- */

struct question {
	enum import_id id;
	const struct import_row *row;
	const struct row_evidence *evidence;
	struct import_refusal *why;
};

/* The column is at fault, or the one that the reason names. */
#define REFUSE(q, column_id, shown, ...) \
	(say((q)->why, import_column_text(column_id), (shown)), \
		text_format((q)->why->reason, sizeof((q)->why->reason), __VA_ARGS__), true)

/* From July to September of the next year; the season that stood still in spring 2020 went on to October. */
static bool is_of_season(int season, const char *date)
{
	int year = year_of(date), month = month_of(date);
	if (year == season)
		return month >= 7;
	return year == season + 1 && month <= (season == 2019 ? 10 : 9);
}

static bool season_and_date(const struct question *q)
{
	const char *date = text_of(q->row, COLUMN_GAME_DATE), *season = text_of(q->row, COLUMN_SEASON);
	if (!*season || is_of_season(q->row->season, date))
		return false;
	return REFUSE(q, COLUMN_SEASON, season, "no season of a game on %s", date);
}

static bool number_and_date(const struct question *q)
{
	const char *date = text_of(q->row, COLUMN_GAME_DATE);
	struct league_number n = number_of(q->row);
	if (!n.part || may_be(n.season, year_of(date)))
		return false;
	return REFUSE(q, COLUMN_GAME_ID, text_of(q->row, COLUMN_GAME_ID),
		"a number of season %d-%02d, and game_date is \"%s\"", n.season, (n.season + 1) % 100, date);
}

/* Where a column says that the game counts, and the league's number that it does not. */
static bool number_and_part(const struct question *q)
{
	const char *type = text_of(q->row, COLUMN_SEASON_TYPE);
	const struct season_part *part = spelling_season(type);
	struct league_number n = number_of(q->row);
	if (!n.part || !n.part->left_out || !part || part->left_out)
		return false;
	return REFUSE(q, COLUMN_SEASON_TYPE, type, "game_id \"%s\" is a number of %s", text_of(q->row, COLUMN_GAME_ID),
		n.part->left_out);
}

/* Who was away and who at home; of a row of a box score by its flag. */
static void sides(const struct question *q, const char **ret_away, const char **ret_home)
{
	bool box = q->id == IMPORT_PLAYER_GAMES || q->id == IMPORT_TEAM_GAMES;
	bool home = box && q->row->cell[COLUMN_HOME].integer;
	*ret_away = text_of(q->row, box ? (home ? COLUMN_OPPONENT : COLUMN_TEAM) : COLUMN_AWAY);
	*ret_home = text_of(q->row, box ? (home ? COLUMN_TEAM : COLUMN_OPPONENT) : COLUMN_HOME);
}

/* A number of the form that propsd gives a game itself, 20251115_LAL_GSW, says date and teams once more. */
static bool own_number(const struct question *q)
{
	const char *id = text_of(q->row, COLUMN_GAME_ID), *date = text_of(q->row, COLUMN_GAME_DATE), *away, *home;
	char right[40];
	if (strlen(id) != 16 || strspn(id, "0123456789") != 8 || id[8] != '_' || id[12] != '_')
		return false;
	sides(q, &away, &home);
	text_format(right, sizeof(right), "%.4s%.2s%.2s_%s_%s", date, date + 5, date + 8, away, home);
	return strcmp(id, right) != 0 && REFUSE(q, COLUMN_GAME_ID, id, "by date and teams it is \"%s\"", right);
}

static bool who_plays_whom(const struct question *q)
{
	const struct row_evidence *e = q->evidence;
	const char *away, *home;
	sides(q, &away, &home);
	/* On neutral ground, as some sources have it, a team stands as its own opponent. */
	if (!e->column || strcmp(away, home) == 0 || (strcmp(away, e->away) == 0 && strcmp(home, e->home) == 0))
		return false;
	say(q->why, e->column, e->value);
	text_format(q->why->reason, sizeof(q->why->reason), "by the other columns it is \"%s @ %s\"", away, home);
	return true;
}

static bool time_and_date(const struct question *q)
{
	const enum import_column_id column = q->id == IMPORT_SCHEDULE ? COLUMN_TIP_MS : COLUMN_COMMENCE_MS;
	const struct import_cell *time = &q->row->cell[column];
	char day[DATE_SIZE], shown[TIME_SIZE];
	if (!q->evidence->zone || time->type != CELL_INT || zone_date(time->integer) == q->row->date)
		return false;
	return REFUSE(q, COLUMN_GAME_DATE, text_of(q->row, COLUMN_GAME_DATE), "%s \"%s\" is on %s in %s",
		q->id == IMPORT_SCHEDULE ? "tip_utc" : "commence_utc", time_format(time->integer, shown),
		date_format(zone_date(time->integer), day), q->evidence->zone);
}

static bool (*const box[])(const struct question *) = {
	season_and_date, number_and_date, number_and_part, own_number, who_plays_whom, NULL};
static bool (*const game[])(const struct question *) = {
	time_and_date, number_and_date, number_and_part, own_number, who_plays_whom, NULL};
static bool (*const line[])(const struct question *) = {time_and_date, who_plays_whom, NULL};
static bool (*const plain_line[])(const struct question *) = {who_plays_whom, NULL};

static bool (*const *const questions[IMPORT_KINDS])(const struct question *) = {
	[IMPORT_PLAYER_GAMES] = box,
	[IMPORT_TEAM_GAMES] = box,
	[IMPORT_SCHEDULE] = game,
	[IMPORT_CLOSING_ODDS] = line,
	[IMPORT_GAME_ODDS] = plain_line,
};

bool row_contradicts_itself(enum import_id id, const struct import_row *row, const struct row_evidence *evidence,
	struct import_refusal *ret_why)
{
	const struct question q = {id, row, evidence, ret_why};
	for (bool (*const *ask)(const struct question *) = questions[id]; ask && *ask; ask++) {
		if ((*ask)(&q))
			return true;
	}
	return false;
}
