/*
 * Three passes: the games in order of date through the ledger; the rows player by player through his form,
 * which gives the raw points and the residuals; the points again, to scale each coordinate by its standard
 * deviation and weight. All sums run in one fixed order.
 */
#include "model/features.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"

#define GAMES_MIN 5 /* before a row can be compared with another */
#define RESIDUAL_GAMES 10 /* before a row tells how far results stray */
#define ALIGNMENT 64

/* How much a standard deviation of each coordinate counts. Who a player is weighs more than whom he meets: an
 * opponent moves a result by a few per cent, so it decides among games of like players. */
static const float weights[FEATURE_COUNT] = {
	[FEATURE_MINUTES] = 1.5f,
	[FEATURE_ROLE] = 0.7f,
	[FEATURE_USAGE] = 1.0f,
	[FEATURE_POINTS] = 1.2f,
	[FEATURE_REBOUNDS] = 1.2f,
	[FEATURE_ASSISTS] = 1.2f,
	[FEATURE_THREES] = 1.0f,
	[FEATURE_STOCKS] = 0.6f,
	[FEATURE_TURNOVERS] = 0.5f,
	[FEATURE_DEFENCE_POINTS] = 0.5f,
	[FEATURE_DEFENCE_REBOUNDS] = 0.5f,
	[FEATURE_DEFENCE_ASSISTS] = 0.5f,
	[FEATURE_DEFENCE_THREES] = 0.5f,
	[FEATURE_PACE] = 0.5f,
	[FEATURE_REST] = 0.3f,
	[FEATURE_HOME] = 0.3f,
};

double expected_pace(double a, double b, double league)
{
	return a + b - league;
}

const struct team_form team_form_neutral = {
	.rest_days = NEUTRAL_REST,
	.pace = FIRST_PACE,
	.points = FIRST_POINTS,
	.defence = {1, 1, 1, 1, 1, 1, 1},
};

void situation_of(struct situation *ret, const struct form *form, const struct league_rates *league, int role,
	const struct surroundings *around)
{
	float *f = ret->feature;

	f[FEATURE_MINUTES] = (float)form_minutes(form, league);
	f[FEATURE_ROLE] = role >= 0 ? (float)role : (float)form_starts(form, league);
	f[FEATURE_USAGE] = (float)form_usage(form, league);
	f[FEATURE_POINTS] = (float)form_rate(form, league, STAT_POINTS);
	f[FEATURE_REBOUNDS] = (float)form_rate(form, league, STAT_REBOUNDS);
	f[FEATURE_ASSISTS] = (float)form_rate(form, league, STAT_ASSISTS);
	f[FEATURE_THREES] = (float)form_rate(form, league, STAT_THREES);
	f[FEATURE_STOCKS] = (float)(form_rate(form, league, STAT_STEALS) + form_rate(form, league, STAT_BLOCKS));
	f[FEATURE_TURNOVERS] = (float)form_rate(form, league, STAT_TURNOVERS);
	f[FEATURE_DEFENCE_POINTS] = around->defence[STAT_POINTS];
	f[FEATURE_DEFENCE_REBOUNDS] = around->defence[STAT_REBOUNDS];
	f[FEATURE_DEFENCE_ASSISTS] = around->defence[STAT_ASSISTS];
	f[FEATURE_DEFENCE_THREES] = around->defence[STAT_THREES];
	f[FEATURE_PACE] = around->pace;
	f[FEATURE_REST] = around->rest_days;
	f[FEATURE_HOME] = around->home >= 0 ? (float)around->home : 0.5f;
}

uint32_t season_of(const struct model_features *f, date_t date)
{
	uint32_t season = f->seasons;

	while (season > 1 && f->season[season - 1].from > date)
		season--;
	return season > 0 ? season - 1 : 0;
}

static void *aligned(size_t count, size_t size)
{
	size_t bytes = (count * size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;

	return aligned_alloc(ALIGNMENT, bytes ? bytes : ALIGNMENT);
}

static void features_free(struct model_features *f)
{
	if (!f)
		return;
	for (uint32_t i = 0; i < f->seasons; i++)
		free(f->season[i].opening);
	free(f->season);
	free(f->side);
	free(f->team);
	free(f->pace);
	free(f->level);
	free(f->half[0]);
	free(f->half[1]);
	free(f);
}

/* --- teams ------------------------------------------------------------------------------------------------------ */

static void find_sides(struct model_features *f, const struct snapshot *s)
{
	for (uint32_t g = 0; g < s->games; g++)
		f->side[g][0] = f->side[g][1] = NO_INDEX;
	for (uint32_t i = 0; i < s->team_row.count; i++)
		f->side[s->team_row.game[i]][s->team_row.home[i] ? 1 : 0] = i;
}

static bool played(const struct model_features *f, uint32_t game)
{
	return f->side[game][0] != NO_INDEX && f->side[game][1] != NO_INDEX;
}

static int open_season(struct model_features *f, const struct ledger *l, uint32_t first_game, date_t from)
{
	struct season *more = realloc(f->season, (f->seasons + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	f->season = more;
	struct ledger *copy = malloc(sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = *l;
	more[f->seasons++] = (struct season){copy, first_game, from};
	f->bytes += sizeof(*copy) + sizeof(*more);
	return 0;
}

static int follow_teams(struct model_features *f, const struct snapshot *s)
{
	struct ledger *l = malloc(sizeof(*l));
	int r = 0;

	if (!l)
		return -ENOMEM;
	ledger_init(l, s->teams);
	for (uint32_t g = 0, end; g < s->games && r == 0; g = end) {
		date_t date = s->game[g].date;
		bool any = false;

		for (end = g; end < s->games && s->game[end].date == date; end++)
			any |= played(f, end);
		if (!any)
			continue;
		if (ledger_open(l, date) || f->seasons == 0)
			r = open_season(f, l, g, date);
		for (uint32_t i = g; i < end; i++) {
			if (!played(f, i))
				continue;
			struct team_form *away = &f->team[f->side[i][0]], *home = &f->team[f->side[i][1]];
			ledger_ask(l, s->game[i].away, date, away);
			ledger_ask(l, s->game[i].home, date, home);
			const bool late = ledger_late(l, s, i, s->game[i].away, s->game[i].home);
			for (int k = 0; k < STAT_COUNT; k++)
				f->level[i][k] = (float)ledger_league_level(l, (enum statistic)k, late);
			f->pace[i] =
				(float)expected_pace((double)away->pace, (double)home->pace, ledger_league_pace(l));
		}
		for (uint32_t i = g; i < end; i++) {
			if (played(f, i))
				ledger_add(l, s, f->side[i][0], f->side[i][1]);
		}
	}
	free(l);
	return r;
}

/* From absolute to relative: 1 is the mean over all games, and what is assumed where nothing is known. */
static void level_games(struct model_features *f, uint32_t games)
{
	for (int i = 0; i < STAT_COUNT; i++) {
		double sum = 0, count = 0;

		for (uint32_t g = 0; g < games; g++) {
			if (f->level[g][i] > 0) {
				sum += (double)f->level[g][i];
				count += 1;
			}
		}
		f->usual_level[i] = count > 0 ? sum / count : 0;
		for (uint32_t g = 0; g < games; g++)
			f->level[g][i] = f->level[g][i] > 0 ? (float)((double)f->level[g][i] / f->usual_level[i]) : 1;
	}
	f->league.level = (const float(*)[STAT_COUNT])f->level;
}

/* --- rows ------------------------------------------------------------------------------------------------------- */

static void sum_league(struct model_features *f, const struct snapshot *s)
{
	double minutes = 0, usage = 0, stat[STAT_COUNT] = {0};

	for (uint32_t row = 0; row < s->row.count; row++) {
		minutes += known(s->row.minutes[row]);
		usage += row_usage(s, row);
		for (int i = 0; i < STAT_COUNT; i++)
			stat[i] += known(s->row.stat[i][row]) / (double)f->level[s->row.game[row]][i];
	}
	if (minutes <= 0)
		minutes = 1;
	f->league.minutes = s->row.count > 0 ? minutes / s->row.count : 0;
	f->league.usage = usage / minutes;
	for (int i = 0; i < STAT_COUNT; i++)
		f->league.stat[i] = stat[i] / minutes;
}

static float *place(const struct model_features *f, uint32_t row, int feature)
{
	float *half = f->half[feature / FEATURE_HALF];

	return half + ((size_t)(row / LANES) * FEATURE_HALF + (size_t)(feature % FEATURE_HALF)) * LANES + row % LANES;
}

/* Sums for the estimates in settle(): of differences e from the mean m that form lets expect, M being its
 * minutes. */
struct straying {
	double rows[MINUTE_BUCKETS], minutes[MINUTE_BUCKETS]; /* by M: count, squared differences of minutes */
	/* By pair of statistics: e e', sqrt(m m'), and m m' / M^2 by M. */
	double products[STAT_COUNT][STAT_COUNT], sizes[STAT_COUNT][STAT_COUNT];
	double squares[STAT_COUNT][STAT_COUNT][MINUTE_BUCKETS];
};

static void stray(struct straying *st, const struct snapshot *s, uint32_t row, const struct form *form,
	const struct league_rates *league)
{
	double minutes = form_minutes(form, league), off = known(s->row.minutes[row]) - minutes;
	double m[STAT_COUNT], e[STAT_COUNT];
	const float *level = league->level[s->row.game[row]];
	int bucket = minutes < MINUTE_BUCKET * MINUTE_BUCKETS ? (int)(minutes / MINUTE_BUCKET) : MINUTE_BUCKETS - 1;

	st->rows[bucket] += 1;
	st->minutes[bucket] += off * off;
	for (int i = 0; i < STAT_COUNT; i++) {
		m[i] = minutes * form_rate(form, league, (enum statistic)i);
		e[i] = known(s->row.stat[i][row]) / (double)level[i] - m[i];
	}
	for (int i = 0; i < STAT_COUNT; i++) {
		for (int k = 0; k <= i; k++) {
			st->products[i][k] += e[i] * e[k];
			st->sizes[i][k] += sqrt(m[i] * m[k]);
			st->squares[i][k][bucket] += m[i] * m[k] / (minutes * minutes);
		}
	}
}

static void follow_players(struct model_features *f, const struct snapshot *s, struct straying *st)
{
	for (uint32_t p = 0; p < s->players; p++) {
		struct form form;

		form_init(&form);
		for (uint32_t i = 0; i < s->player[p].rows; i++) {
			uint32_t row = s->player[p].first_row + i, game = s->row.game[row];
			int home = s->row.home[row] ? 1 : 0;
			const struct team_form *own = &team_form_neutral, *opponent = own;
			struct situation at;

			form_open(&form, s->row.date[row]);
			if (played(f, game)) {
				own = &f->team[f->side[game][home]];
				opponent = &f->team[f->side[game][1 - home]];
			}
			const struct surroundings around = {own->rest_days, f->pace[game], opponent->defence, home};
			situation_of(&at, &form, &f->league, s->row.starter[row], &around);
			if (form.games < GAMES_MIN)
				at.feature[0] = TOO_FAR;
			for (int k = 0; k < FEATURE_COUNT; k++)
				*place(f, row, k) = at.feature[k];
			if (form.games >= RESIDUAL_GAMES)
				stray(st, s, row, &form, &f->league);
			form_add(&form, s, &f->league, row);
		}
	}
}

/* Without rows to learn from: Poisson, uncorrelated but for the minutes. */
static void settle(struct model_features *f, const struct straying *st)
{
	struct league_rates *league = &f->league;
	const double usual = 36, weight = 20; /* of minutes, where few rows tell */

	for (int b = 0; b < MINUTE_BUCKETS; b++)
		league->minutes_variance[b] = (st->minutes[b] + weight * usual) / (st->rows[b] + weight);
	for (int i = 0; i < STAT_COUNT; i++) {
		for (int k = 0; k <= i; k++) {
			double own = st->products[i][k];

			for (int b = 0; b < MINUTE_BUCKETS; b++)
				own -= st->squares[i][k][b] * league->minutes_variance[b];
			league->shared[i][k] = st->sizes[i][k] > 0 ? own / st->sizes[i][k] : i == k;
		}
		if (!(league->shared[i][i] >= 0.5))
			league->shared[i][i] = 0.5;
		league->linear[i] = league->shared[i][i];
	}
}

static void scale(struct model_features *f, uint32_t rows)
{
	double sum[FEATURE_COUNT] = {0}, squares[FEATURE_COUNT] = {0}, count = 0;

	for (uint32_t row = 0; row < rows; row++) {
		if (*place(f, row, 0) >= TOO_FAR)
			continue;
		count += 1;
		for (int k = 0; k < FEATURE_COUNT; k++) {
			double x = (double)*place(f, row, k);

			sum[k] += x;
			squares[k] += x * x;
		}
	}
	for (int k = 0; k < FEATURE_COUNT; k++) {
		double mean = count > 0 ? sum[k] / count : 0;
		double variance = count > 0 ? squares[k] / count - mean * mean : 0;

		/* A coordinate that is the same everywhere sets nothing apart. */
		f->scale[k] = variance > 1e-9 ? (float)((double)weights[k] / sqrt(variance)) : 0;
	}
	for (uint32_t row = 0; row < f->groups * LANES; row++) {
		bool far = row >= rows || *place(f, row, 0) >= TOO_FAR;

		for (int k = 0; k < FEATURE_COUNT; k++) {
			float *x = place(f, row, k);

			*x = row < rows ? *x * f->scale[k] : 0;
		}
		if (far)
			*place(f, row, 0) = TOO_FAR;
	}
}

int model_prepare(struct snapshot *s)
{
	struct model_features *f = calloc(1, sizeof(*f));
	struct straying *st = calloc(1, sizeof(*st));
	int r = -ENOMEM;

	if (!f || !st)
		goto out;
	f->groups = (s->row.count + LANES - 1) / LANES;
	size_t half = (size_t)f->groups * FEATURE_HALF * LANES;
	f->side = aligned(s->games, sizeof(*f->side));
	f->team = aligned(s->team_row.count, sizeof(*f->team));
	f->pace = aligned(s->games, sizeof(*f->pace));
	f->level = aligned(s->games, sizeof(*f->level));
	f->half[0] = aligned(half, sizeof(float));
	f->half[1] = aligned(half, sizeof(float));
	if (!f->side || !f->team || !f->pace || !f->level || !f->half[0] || !f->half[1])
		goto out;
	f->bytes = sizeof(*f) + s->games * (sizeof(*f->side) + sizeof(*f->pace) + sizeof(*f->level)) +
		   s->team_row.count * sizeof(*f->team) + 2 * half * sizeof(float);
	find_sides(f, s);
	for (uint32_t g = 0; g < s->games; g++) {
		f->pace[g] = (float)FIRST_PACE;
		for (int i = 0; i < STAT_COUNT; i++)
			f->level[g][i] = 0;
	}
	r = follow_teams(f, s);
	if (r < 0)
		goto out;
	level_games(f, s->games);
	sum_league(f, s);
	follow_players(f, s, st);
	settle(f, st);
	scale(f, s->row.count);
	s->features = f;
	s->features_free = features_free;
	s->bytes += f->bytes;
	f = NULL;
out:
	features_free(f);
	free(st);
	return r;
}
