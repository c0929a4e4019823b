/*
 * Minutes: what his latest games say, moved by whether he starts, by minutes that team-mates who are out
 * leave behind (or who are back take away), and by how lopsided the game looks. Rates: his own, weighted by
 * how recent, drawn towards what happened in the similar games; then by the opponent, the pace, the points
 * that the books expect of his team, and the shots that missing team-mates leave. The product is the mean.
 *
 * Variance: minutes stray, and all that he does strays with them; given the minutes each count strays by
 * itself, and a little with the others. Both parts are measured over the whole league (features.c), then
 * drawn towards how far this player's own results strayed. A sum's variance is that of the parts and their
 * covariances.
 *
 * The constants were chosen by the error and the likelihood of held-out games of 2018-19, 2024-25 and
 * November 2025 (bench/model); near them nothing is sharp. Only + - * / and sqrt, which every machine rounds
 * alike.
 */
#include "model/projection.h"

#include <math.h>

#include "model/context.h"
#include "model/distribution.h"
#include "model/features.h"

/* Minutes. */
#define LONG_SHARE 0.1 /* of the long memory's mean in the expected minutes */
#define START_MINUTES 4.5 /* that a start is worth to who never starts */
#define MOVED_SHARE 0.75 /* of what team-mates leave goes to who has a place in the rotation */
#define CLOSE_GAME 5.0 /* a spread up to this costs nobody minutes */
#define BLOWOUT 0.007 /* a point of spread beyond it: so much less for a starter, more for a bench player */
#define MINUTES_MIN 1.0
#define MINUTES_MAX 42.0
#define FULL_LOAD 44.0 /* nobody takes over more once he is here */

/* Rates. */
#define LEAGUE_MINUTES 5.0 /* of an average player in the mix */
#define SIMILAR_MINUTES 100.0 /* of the similar games */
#define BY_DEFENCE 0.7 /* how much of a factor's difference from 1 shows */
#define BY_PACE 0.8
#define BY_POINTS 0.2
#define BY_USAGE 0.7
#define BENCH_USAGE 0.9 /* of the league's mean: who comes in for a missing player */

/* Variance. */
#define LEAGUE_STRAYS 60.0 /* games that the league's spread counts */
#define LEAGUE_TIES 40.0 /* games that its correlations count */

/* How far back the rotation is looked at, and the fading of that. */
#define WINDOW 12
#define WINDOW_FADE 0.85
#define WINDOW_DAYS 120
#define MATE_GAMES 15

struct window { /* his latest games for the team, newest first */
	size_t count;
	uint32_t game[WINDOW];
	double weight[WINDOW], sum;
};

static void look_back(struct window *w, const struct snapshot *s, const struct live *live, uint32_t player)
{
	uint32_t first = s->player[player].first_row, row = snapshot_rows_before(s, player, live->date);
	uint8_t team = snapshot_team(s, live->team);
	double weight = 1;

	w->count = 0;
	w->sum = 0;
	while (row > first && w->count < WINDOW) {
		row--;
		if (s->row.team[row] != team || live->date - s->row.date[row] > WINDOW_DAYS)
			break;
		w->game[w->count] = s->row.game[row];
		w->weight[w->count++] = weight;
		w->sum += weight;
		weight *= WINDOW_FADE;
	}
}

/* How likely a team-mate plays. One who is on no report but has not been seen for a while has some reason. */
static double plays(enum injury_status status, size_t missed)
{
	static const double reported[INJURY_COUNT] = {
		[INJURY_AVAILABLE] = 0.95,
		[INJURY_PROBABLE] = 0.9,
		[INJURY_QUESTIONABLE] = 0.55,
		[INJURY_DOUBTFUL] = 0.1,
		[INJURY_OUT] = 0,
	};
	static const double unreported[] = {0.97, 0.6, 0.35, 0.2}; /* by games missed in a row */
	const size_t most = sizeof(unreported) / sizeof(unreported[0]) - 1;

	if (status != INJURY_NONE)
		return reported[status];
	return unreported[missed < most ? missed : most];
}

/* Who plays 10 minutes or 40 takes over less than who plays 25. */
static double headroom(double minutes)
{
	return minutes < FULL_LOAD ? minutes * (1 - minutes / FULL_LOAD) : 0;
}

struct mates {
	double minutes; /* that they leave behind, against those games of his that his form is made of */
	double usage; /* likewise possessions, above what replaces them */
	double room; /* to take minutes over */
};

/* Share of his window in which the mate played; and how many of the latest games the mate missed in a row. */
static double seen_in(const struct window *w, const struct snapshot *s, uint32_t mate, date_t date, size_t *ret_missed)
{
	uint32_t first = s->player[mate].first_row, row = snapshot_rows_before(s, mate, date);
	double seen = 0;

	*ret_missed = 0;
	for (size_t i = 0; i < w->count; i++) {
		while (row > first && s->row.game[row - 1] > w->game[i])
			row--;
		if (row > first && s->row.game[row - 1] == w->game[i])
			seen += w->weight[i];
		else if (seen == 0)
			++*ret_missed;
	}
	return seen / w->sum;
}

static void ask_mates(struct mates *m, const struct snapshot *s, const struct live *live, uint32_t player)
{
	const struct league_rates *league = &s->features->league;
	struct window w;

	*m = (struct mates){0};
	look_back(&w, s, live, player);
	if (w.count == 0)
		return;
	for (size_t i = 0; i < live->mate_count; i++) {
		uint32_t mate = snapshot_player(s, live->mates[i].lookup, live->date);
		struct form form;
		size_t missed;

		if (mate == NO_INDEX || mate == player)
			continue;
		form_of(&form, s, league, mate, live->date, MATE_GAMES);
		if (form.games == 0)
			continue;
		double seen = seen_in(&w, s, mate, live->date, &missed);
		double tonight = plays(live->mates[i].status, missed);
		double minutes = form_minutes(&form, league), moved = minutes * (seen - tonight);

		m->minutes += moved;
		m->usage += moved * (form_usage(&form, league) - league->usage * BENCH_USAGE);
		m->room += tonight * headroom(minutes);
	}
}

static double expect_minutes(const struct league_rates *league, const struct live *live, const struct context *context,
	const struct form *form, const struct mates *mates)
{
	double minutes = form_minutes(form, league), mean = form->minutes_long / form->games_long;

	minutes += LONG_SHARE * (mean - minutes);
	if (live->starter >= 0)
		minutes += START_MINUTES * (live->starter - form_starts(form, league));
	double room = headroom(minutes);
	if (room + mates->room > 0)
		minutes += MOVED_SHARE * mates->minutes * room / (room + mates->room);
	double margin = fabs((double)context->spread) - CLOSE_GAME;
	if (margin > 0) /* not where the spread is unknown */
		minutes *= 1 - BLOWOUT * margin * (minutes - 20) / 16;
	return minutes < MINUTES_MIN ? MINUTES_MIN : minutes > MINUTES_MAX ? MINUTES_MAX : minutes;
}

/* Rates a minute over the similar games, the nearest weighing most; false: there are none. */
static bool similar_rates(const struct snapshot *s, const struct similar_game *g, size_t count, double rate[STAT_COUNT])
{
	double minutes = 0, far = 0;

	for (size_t k = 0; k < count; k++)
		far = (double)g[k].distance > far ? (double)g[k].distance : far;
	for (int i = 0; i < STAT_COUNT; i++)
		rate[i] = 0;
	for (size_t k = 0; k < count; k++) {
		const float *level = s->features->level[s->row.game[g[k].row]];
		double d = far > 0 ? (double)g[k].distance / (1.05 * far) : 0, weight = 1 - d * d;

		minutes += weight * known(s->row.minutes[g[k].row]);
		for (int i = 0; i < STAT_COUNT; i++)
			rate[i] += weight * known(s->row.stat[i][g[k].row]) / (double)level[i];
	}
	if (minutes <= 0)
		return false;
	for (int i = 0; i < STAT_COUNT; i++)
		rate[i] /= minutes;
	return true;
}

/* What tonight's game makes of each statistic: 1 is a usual game. */
static void game_factors(const struct league_rates *league, const struct live *live, const struct context *context,
	const struct mates *mates, double factor[STAT_COUNT])
{
	/* Points expected of the team make shooters and passers of their share; shots come from who has the
	 * ball. */
	static const unsigned scoring = 1u << STAT_POINTS | 1u << STAT_ASSISTS | 1u << STAT_THREES;
	static const unsigned handling = scoring | 1u << STAT_TURNOVERS;
	struct sides sides = context_sides(context, live);
	double pace = (double)sides.own->pace / (double)sides.own->usual_pace - 1;
	double points = (double)sides.own->implied_points / (double)sides.own->usual_points - 1;
	double usage = mates->usage / (5 * 48 * league->usage);

	for (int i = 0; i < STAT_COUNT; i++) {
		double f = 1 + BY_DEFENCE * ((double)sides.opponent->defence[i] - 1) + BY_PACE * pace;

		if (scoring & 1u << i)
			f += BY_POINTS * points;
		if (handling & 1u << i)
			f *= 1 + BY_USAGE * usage;
		f *= (double)context->level[i];
		factor[i] = f > 0 ? f : 0;
	}
}

struct moments {
	double mean[STAT_COUNT], covariance[STAT_COUNT][STAT_COUNT];
};

static void spread(struct moments *m, const struct league_rates *league, const struct form *form, double minutes)
{
	double cv2 = league_minutes_cv2(league, minutes), sd[STAT_COUNT], own[STAT_COUNT];

	for (int i = 0; i < STAT_COUNT; i++) {
		double usual = form->usual[i], strays = LEAGUE_STRAYS;

		/* His squared differences against what the league's would have been in those games. */
		if (usual > 0)
			strays += form->strays * form->products[i][i] / usual;
		else
			strays += form->strays;
		own[i] = sqrt(strays / (form->strays + LEAGUE_STRAYS));
		sd[i] = own[i] * sqrt(league->linear[i] * m->mean[i] + cv2 * m->mean[i] * m->mean[i]);
		m->covariance[i][i] = sd[i] * sd[i];
	}
	for (int i = 0; i < STAT_COUNT; i++) {
		for (int k = 0; k < i; k++) {
			double both = m->mean[i] * m->mean[k], sds = sd[i] * sd[k];
			double squares = sqrt(form->products[i][i] * form->products[k][k]);
			double usual =
				sds > 0 ? own[i] * own[k] * (cv2 * both + league->shared[i][k] * sqrt(both)) / sds : 0;
			double his = squares > 0 ? form->products[i][k] / squares : usual;
			double correlation = (his * form->strays + usual * LEAGUE_TIES) / (form->strays + LEAGUE_TIES);

			m->covariance[i][k] = m->covariance[k][i] = correlation * sds;
		}
	}
}

static void sum_up(const struct moments *m, enum market market, struct figure *ret)
{
	unsigned set = market_stats(market);
	double mean = 0, variance = 0;

	for (int i = 0; i < STAT_COUNT; i++) {
		if (!(set & 1u << i))
			continue;
		mean += m->mean[i];
		for (int k = 0; k < STAT_COUNT; k++)
			variance += set & 1u << k ? m->covariance[i][k] : 0;
	}
	/* No game has ever come near the limit; rows that are not of basketball must not stop the daemon. */
	ret->mean = mean < DISTRIBUTION_MEAN_MAX ? mean : DISTRIBUTION_MEAN_MAX;
	ret->sd = variance > 0 ? sqrt(variance) : 0;
	ret->sd = ret->sd < DISTRIBUTION_MEAN_MAX ? ret->sd : DISTRIBUTION_MEAN_MAX;
}

struct figure_range projection_range(const struct figure *f)
{
	static const double p[] = {0.1, 0.5, 0.9};
	unsigned at[3];

	distribution_quantiles(f->mean, f->sd, distribution_shift(f->mean, f->sd), p, 3, at);
	return (struct figure_range){.median = at[1], .p10 = at[0], .p90 = at[2]};
}

void projection_compute(const struct snapshot *s, const struct live *live, const struct context *context,
	uint32_t player, const struct form *form, const struct similar_game *similar, size_t similar_count,
	struct projection *ret)
{
	const struct league_rates *league = &s->features->league;
	double similar_rate[STAT_COUNT], factor[STAT_COUNT];
	struct mates mates;
	struct moments m;

	ask_mates(&mates, s, live, player);
	ret->minutes = expect_minutes(league, live, context, form, &mates);
	game_factors(league, live, context, &mates, factor);
	double weight = similar_rates(s, similar, similar_count, similar_rate) ? SIMILAR_MINUTES : 0;
	for (int i = 0; i < STAT_COUNT; i++) {
		double sum = form->stat[i] + LEAGUE_MINUTES * league->stat[i] + weight * similar_rate[i];

		m.mean[i] = ret->minutes * factor[i] * sum / (form->minutes_long + LEAGUE_MINUTES + weight);
		m.mean[i] = m.mean[i] > 0 ? m.mean[i] : 0;
	}
	spread(&m, league, form, ret->minutes);
	for (int i = 0; i < MARKET_COUNT; i++) {
		sum_up(&m, (enum market)i, &ret->figures[i]);
		ret->ranges[i] = projection_range(&ret->figures[i]);
	}
}
