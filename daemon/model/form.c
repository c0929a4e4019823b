/*
 * Exponential fading by game, with sums instead of means, so that a prior enters as so many games or minutes
 * of an average player. The constants were chosen on the seasons 2015-16 to 2024-25 by bench/model's
 * backtest; near them nothing is sharp. Only + - * / and sqrt.
 */
#include "model/form.h"

#include <math.h>
#include <string.h>

#include "model/ledger.h"

#define FADE_LATEST 0.55 /* a game: half is forgotten after 1.2 */
#define FADE_SHORT 0.82 /* after 3.5 */
#define FADE_ROLE 0.85 /* after 4.3 */
#define FADE_LONG 0.97 /* after 23 */
#define SUMMER_SHORT 0.3 /* what a break of a season's length leaves of all but the long memory */
#define SUMMER_LONG 0.5
#define LATEST_SHARE 0.35 /* of the minutes expected; what neither takes is the short memory's */
#define LONG_SHARE 0.25
#define PRIOR_GAMES 0.1 /* of the league's mean minutes */
#define PRIOR_MINUTES 60.0 /* of the league's mean rates */
/* A game cut short by an injury or a blowout says little about the next one: it counts as this share of the
 * minutes that were expected. */
#define STEADY 0.4
#define STEADY_GAMES 4 /* that this takes */
#define STRAY_GAMES 3 /* before a result can be called off */
#define LATE_MINUTES 60.0 /* of what is usual that what he did of late is drawn to */
#define START_MINUTES 6.0 /* that a start is worth to who never starts */
#define ROLE_LATEST 0.25 /* of how far the latest games are off the short memory, where the role is known: it is why */
#define ROLE_GAMES 1.5 /* in a role that say as much of it as that */

void form_init(struct form *f)
{
	memset(f, 0, sizeof(*f));
	f->last = NO_DATE;
}

static void fade(struct form *f, double of_latest, double of_short, double of_role, double of_long)
{
	f->games_latest *= of_latest;
	f->minutes_latest *= of_latest;
	f->games_short *= of_short;
	f->minutes_short *= of_short;
	f->minutes_late *= of_short;
	f->usage_late *= of_short;
	f->points_late *= of_short;
	f->games_long *= of_long;
	f->minutes_long *= of_long;
	f->usage *= of_long;
	for (int i = 0; i < STAT_COUNT; i++)
		f->stat[i] *= of_long;
	for (int i = 0; i < 2; i++) {
		f->role_games[i] *= of_role;
		f->role_minutes[i] *= of_role;
	}
	f->strays *= of_long;
	for (int i = 0; i < STAT_COUNT; i++) {
		f->usual[i] *= of_long;
		for (int k = 0; k <= i; k++)
			f->products[i][k] *= of_long;
	}
}

void form_open(struct form *f, date_t date)
{
	if (f->last != NO_DATE && date - f->last > SEASON_GAP_DAYS) {
		fade(f, SUMMER_SHORT, SUMMER_SHORT, SUMMER_SHORT, SUMMER_LONG);
		f->last = date;
	}
}

double row_usage(const struct snapshot *s, uint32_t row)
{
	return known(s->row.fga[row]) + 0.44 * known(s->row.fta[row]) + known(s->row.stat[STAT_TURNOVERS][row]);
}

double league_minutes_cv2(const struct league_rates *league, double minutes)
{
	double at = minutes / MINUTE_BUCKET - 0.5;
	int low = at < 0 ? 0 : at > MINUTE_BUCKETS - 2 ? MINUTE_BUCKETS - 2 : (int)at;
	double part = at - low;

	if (minutes <= 0)
		return 0;
	part = part < 0 ? 0 : part > 1 ? 1 : part;
	return (league->minutes_variance[low] * (1 - part) + league->minutes_variance[low + 1] * part) /
	       (minutes * minutes);
}

static void stray(struct form *f, const struct snapshot *s, const struct league_rates *league, uint32_t row)
{
	double minutes = form_minutes(f, league), e[STAT_COUNT];
	double cv2 = league_minutes_cv2(league, minutes);
	const float *level = league->level[s->row.game[row]];

	f->strays += 1;
	for (int i = 0; i < STAT_COUNT; i++) {
		double m = minutes * form_rate(f, league, (enum statistic)i);

		e[i] = known(s->row.stat[i][row]) / (double)level[i] - m;
		f->usual[i] += league->linear[i] * m + cv2 * m * m;
		for (int k = 0; k <= i; k++)
			f->products[i][k] += e[i] * e[k];
	}
}

void form_add(struct form *f, const struct snapshot *s, const struct league_rates *league, uint32_t row)
{
	double minutes = known(s->row.minutes[row]);

	double least = f->games >= STEADY_GAMES ? STEADY * form_minutes(f, league) : 0;

	fade(f, FADE_LATEST, FADE_SHORT, FADE_ROLE, FADE_LONG);
	if (f->games >= STRAY_GAMES)
		stray(f, s, league, row);
	f->games++;
	f->last = s->row.date[row];
	f->games_latest += 1;
	f->minutes_latest += minutes;
	f->games_short += 1;
	f->minutes_short += minutes > least ? minutes : least;
	f->minutes_late += minutes;
	f->usage_late += row_usage(s, row);
	f->points_late += known(s->row.stat[STAT_POINTS][row]) / (double)league->level[s->row.game[row]][STAT_POINTS];
	f->games_long += 1;
	f->minutes_long += minutes;
	f->usage += row_usage(s, row);
	for (int i = 0; i < STAT_COUNT; i++)
		f->stat[i] += known(s->row.stat[i][row]) / (double)league->level[s->row.game[row]][i];
	if (s->row.starter[row] >= 0) {
		int role = s->row.starter[row] > 0;

		f->role_games[role] += 1;
		f->role_minutes[role] += minutes;
	}
}

double form_minutes(const struct form *f, const struct league_rates *league)
{
	double minutes = (f->minutes_short + PRIOR_GAMES * league->minutes) / (f->games_short + PRIOR_GAMES);

	if (f->games == 0)
		return minutes;
	return minutes + LATEST_SHARE * (f->minutes_latest / f->games_latest - minutes) +
	       LONG_SHARE * (f->minutes_long / f->games_long - minutes);
}

double form_rate(const struct form *f, const struct league_rates *league, enum statistic stat)
{
	return (f->stat[stat] + PRIOR_MINUTES * league->stat[stat]) / (f->minutes_long + PRIOR_MINUTES);
}

double form_usage(const struct form *f, const struct league_rates *league)
{
	return (f->usage + PRIOR_MINUTES * league->usage) / (f->minutes_long + PRIOR_MINUTES);
}

double form_scores(const struct form *f, const struct league_rates *league)
{
	const double usual = league->stat[STAT_POINTS];

	if (usual <= 0)
		return 1;
	return (f->points_late + LATE_MINUTES * usual) / ((f->minutes_late + LATE_MINUTES) * usual);
}

double form_shoots(const struct form *f, const struct league_rates *league)
{
	const double usual = form_usage(f, league);

	if (usual <= 0)
		return 1;
	return (f->usage_late + LATE_MINUTES * usual) / ((f->minutes_late + LATE_MINUTES) * usual);
}

double form_starts(const struct form *f, const struct league_rates *league)
{
	/* Some seasons' sources do not say who started: then minutes tell. */
	double guess = (form_minutes(f, league) - 14) / 18;

	guess = guess < 0 ? 0 : guess > 1 ? 1 : guess;
	return (f->role_games[1] + guess) / (f->role_games[0] + f->role_games[1] + 1);
}

double form_in_role(const struct form *f, const struct league_rates *league, double minutes, int starter)
{
	double news = starter - form_starts(f, league), games = f->role_games[starter];

	if (f->games > 0)
		minutes -= ROLE_LATEST * (f->minutes_latest / f->games_latest - f->minutes_short / f->games_short);
	minutes += START_MINUTES * news;
	if (games > 0) /* the less usual the role, the more his games in it tell */
		minutes += fabs(news) * games / (games + ROLE_GAMES) * (f->role_minutes[starter] / games - minutes);
	return minutes;
}

void form_of(struct form *f, const struct snapshot *s, const struct league_rates *league, uint32_t player, date_t date,
	uint32_t most)
{
	uint32_t first = s->player[player].first_row, end = snapshot_rows_before(s, player, date);

	form_init(f);
	if (end - first > most)
		first = end - most;
	for (uint32_t row = first; row < end; row++) {
		form_open(f, s->row.date[row]);
		form_add(f, s, league, row);
	}
	form_open(f, date);
}
