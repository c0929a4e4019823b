/*
 * Sums of the season so far, drawn towards what was known before it: a team's own last season, itself drawn
 * half way to the league, counts as PRIOR_GAMES games. So the figures of the first week are not noise, and
 * after a month they are the season's own. Only + - * / are used: the results are the same on every machine.
 */
#include "model/ledger.h"

#include <math.h>
#include <string.h>

#define PRIOR_GAMES 12.0 /* weight of a team's prior */
#define PRIOR_KEPT 0.5 /* of a team's difference from the league, from season to season */
#define LEAGUE_PRIOR_GAMES 60.0 /* weight of the last season's league means */
#define SEASON_GAMES 82 /* of a team, before playoffs and play-in */

/* What teams make there of a minute, over what their own season, the opponent and the pace let expect: measured on the
 * playoffs of 2014-15 to 2020-21, checked on the four after. */
static const double late_level[STAT_COUNT] = {
	[STAT_POINTS] = 0.975,
	[STAT_REBOUNDS] = 0.985,
	[STAT_ASSISTS] = 0.925,
	[STAT_THREES] = 0.985,
	[STAT_STEALS] = 0.935,
	[STAT_BLOCKS] = 1,
	[STAT_TURNOVERS] = 0.94,
};

void ledger_init(struct ledger *l, unsigned teams)
{
	memset(l, 0, sizeof(*l));
	l->newest = NO_DATE;
	l->teams = teams;
	l->prior_pace = FIRST_PACE;
	l->prior_points = FIRST_POINTS;
	for (unsigned t = 0; t < teams; t++) {
		struct ledger_team *team = &l->team[t];

		team->last = NO_DATE;
		team->prior_pace = FIRST_PACE;
		team->prior_points = FIRST_POINTS;
		for (int i = 0; i < STAT_COUNT; i++)
			team->prior_defence[i] = 1;
	}
}

double ledger_league_pace(const struct ledger *l)
{
	double minutes = LEAGUE_PRIOR_GAMES * 48;

	return (l->possessions + minutes / 48 * l->prior_pace) / (l->minutes + minutes) * 48;
}

static double league_points(const struct ledger *l)
{
	return (l->points + LEAGUE_PRIOR_GAMES * l->prior_points) / (l->games + LEAGUE_PRIOR_GAMES);
}

/* The league's mean of a statistic a possession; 0 before any game. */
static double league_stat(const struct ledger *l, int stat)
{
	double possessions = l->prior_stat[stat] > 0 ? LEAGUE_PRIOR_GAMES * l->prior_pace : 0;

	if (l->possessions + possessions <= 0)
		return 0;
	return (l->stat[stat] + possessions * l->prior_stat[stat]) / (l->possessions + possessions);
}

double ledger_league_level(const struct ledger *l, enum statistic stat, bool late)
{
	return league_stat(l, (int)stat) * ledger_league_pace(l) * (late ? late_level[stat] : 1);
}

bool ledger_late(const struct ledger *l, const struct snapshot *s, uint32_t game, uint8_t away, uint8_t home)
{
	/* The league numbers its games by kind: 002 the season's, 004 the playoffs', 005 the play-in's. */
	const char *id = game != NO_INDEX ? s->game[game].league_id : "";

	if (strncmp(id, "004", 3) == 0 || strncmp(id, "005", 3) == 0)
		return true;
	return l->team[away].games >= SEASON_GAMES && l->team[home].games >= SEASON_GAMES;
}

static double team_pace(const struct ledger_team *t)
{
	return (t->possessions + PRIOR_GAMES * t->prior_pace) / (t->minutes + PRIOR_GAMES * 48) * 48;
}

static double team_points(const struct ledger_team *t)
{
	return (t->points + PRIOR_GAMES * t->prior_points) / (t->games + PRIOR_GAMES);
}

static double team_defence(const struct ledger *l, const struct ledger_team *t, int stat)
{
	double usual = league_stat(l, stat), prior = PRIOR_GAMES * ledger_league_pace(l);

	if (usual <= 0)
		return 1;
	return (t->allowed[stat] / usual + prior * t->prior_defence[stat]) / (t->possessions + prior);
}

static void roll_over(struct ledger *l)
{
	double pace = ledger_league_pace(l), points = league_points(l);
	double stat[STAT_COUNT];

	for (int i = 0; i < STAT_COUNT; i++)
		stat[i] = league_stat(l, i);
	for (unsigned n = 0; n < l->teams; n++) {
		struct ledger_team *t = &l->team[n];
		struct ledger_team fresh = {.last = t->last};

		fresh.prior_pace = pace + PRIOR_KEPT * (team_pace(t) - pace);
		fresh.prior_points = points + PRIOR_KEPT * (team_points(t) - points);
		for (int i = 0; i < STAT_COUNT; i++)
			fresh.prior_defence[i] = 1 + PRIOR_KEPT * (team_defence(l, t, i) - 1);
		*t = fresh;
	}
	l->prior_pace = pace;
	l->prior_points = points;
	l->games = l->possessions = l->minutes = l->points = 0;
	for (int i = 0; i < STAT_COUNT; i++) {
		l->prior_stat[i] = stat[i];
		l->stat[i] = 0;
	}
}

bool ledger_open(struct ledger *l, date_t date)
{
	if (l->newest == NO_DATE || date - l->newest <= SEASON_GAP_DAYS)
		return false;
	roll_over(l);
	l->newest = date;
	return true;
}

/* The usual estimate from a box score; NAN when a part is unknown. */
static double possessions_of(const struct snapshot_team_rows *r, uint32_t i)
{
	return (double)r->fga[i] + 0.44 * (double)r->fta[i] - (double)r->oreb[i] + (double)r->turnovers[i];
}

void ledger_add(struct ledger *l, const struct snapshot *s, uint32_t away_row, uint32_t home_row)
{
	const struct snapshot_team_rows *r = &s->team_row;
	const uint32_t row[2] = {away_row, home_row};
	double possessions = (possessions_of(r, away_row) + possessions_of(r, home_row)) / 2;
	double minutes = isnan(r->minutes[home_row]) ? 48 : (double)r->minutes[home_row] / 5;

	if (!(minutes >= 40)) /* a game cut short, or a source that is */
		minutes = 48;
	if (!(possessions > 0))
		possessions = l->prior_pace * minutes / 48;
	for (int side = 0; side < 2; side++) {
		uint32_t mine = row[side], theirs = row[1 - side];
		struct ledger_team *t = &l->team[r->team[mine]];

		t->games += 1;
		t->possessions += possessions;
		t->minutes += minutes;
		t->points += known(r->points[mine]);
		t->last = r->date[mine];
		l->games += 1;
		l->possessions += possessions;
		l->minutes += minutes;
		l->points += known(r->points[mine]);
		for (int i = 0; i < STAT_COUNT; i++) {
			t->allowed[i] += known(r->stat[i][theirs]);
			l->stat[i] += known(r->stat[i][theirs]);
		}
	}
	if (r->date[home_row] > l->newest)
		l->newest = r->date[home_row];
}

void ledger_ask(const struct ledger *l, uint8_t team, date_t date, struct team_form *ret)
{
	const struct ledger_team *t = &l->team[team];

	ret->rest_days = REST_DAYS_MAX;
	if (t->last != NO_DATE && date - t->last < REST_DAYS_MAX)
		ret->rest_days = (float)(date - t->last);
	ret->pace = (float)team_pace(t);
	ret->points = (float)team_points(t);
	for (int i = 0; i < STAT_COUNT; i++)
		ret->defence[i] = (float)team_defence(l, t, i);
}
