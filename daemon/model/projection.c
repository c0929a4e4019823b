/*
 * Minutes: what his latest games say, moved by whether he starts, by games that he missed, by minutes that
 * team-mates who are out leave behind (or who are back take away), by what a team has of them, by how much he
 * scores, and by how lopsided the game looks. Rates: his own, weighted by how recent, drawn towards what happened
 * in the similar games; then by the opponent, the pace, the points that the books expect of his team, home or away,
 * the shots that he has taken of late, and those that missing team-mates leave. The product is the mean.
 *
 * Variance: minutes stray, and all that he does strays with them; given the minutes each count strays by
 * itself, and a little with the others. Both parts are measured over the whole league (features.c), then
 * drawn towards how far this player's own results strayed. A sum's variance is that of the parts and their
 * covariances.
 *
 * The constants of the rates were chosen by the error and the likelihood of held-out games of 2018-19, 2024-25
 * and November 2025 (bench/model), those of the minutes are told of below; near them nothing is sharp. Only
 * + - * / and sqrt, which every machine rounds alike.
 */
#include "model/projection.h"

#include <math.h>

#include "model/context.h"
#include "model/distribution.h"
#include "model/features.h"
#include "model/ledger.h"

/* Minutes. Fitted on 2016-17, 2017-18 and 2019-20, checked on 2018-19, 2024-25 and the first weeks of 2025-26. */
#define TEAM_MINUTES 240.0
#define MOVED_SHARE 0.5 /* of what team-mates leave, or take back, is handed on */
#define LACK_SHARE 0.25 /* of what all that is expected of the team lacks of its minutes, or exceeds them by */
#define LACK_MOST 50.0 /* more is a roster that is not whole */
#define FULL_LOAD 60.0 /* the nearer to it, the less he takes over */
#define FIRST_BACK 0.38 /* of his minutes who has missed very many games gets so much less at first */
#define SECOND_BACK 0.08 /* and in his next game */
#define BACK_GAMES 9.0 /* missed: half of that */
#define FIRST_OF_SEASON 0.1 /* likewise his first game of a season */
#define CLOSE_GAME 7.0 /* a spread up to this costs nobody minutes */
#define BLOWOUT 0.007 /* a point of spread beyond it: so much less for a starter, more for a bench player */
#define HEAVY_LOAD 36.0 /* of what is expected beyond it half comes true */
#define HEAVY_SHARE 0.5
#define BY_SCORING 1.7 /* minutes more for who scores twice what the league does a minute, of late */
#define IN_ROTATION 0.25 /* minutes more for who is in the rotation ... */
#define FRINGE 24.0 /* ... less below this, a minute, where results are often far lower */
#define FRINGE_SHARE 0.13
#define FRINGE_MOST 8.0
#define REGULAR_LOAD 32.0 /* likewise above this */
#define REGULAR_SHARE 0.87
#define MINUTES_MIN 1.0
#define MINUTES_MAX 42.0

/* The chance that a team-mate plays of whom no report speaks, measured over the same seasons. */
#define REGULAR_PLAYS 0.91 /* he played in the team's last game */
#define RESERVE_PLAYS 0.55 /* likewise, with fewer minutes than the rotation's */
#define MISSED_PLAYS 0.45 /* over the number of games missed in a row */
#define NEW_SEASON 0.5 /* of that where all of them are of a new season: he may have left */
#define UNLISTED_MISSED 20 /* games missed at most that a report which leaves him out makes good */
#define ROTATION 12.0 /* minutes: of whom reports speak */

/* Rates. */
#define SIMILAR_MINUTES 100.0 /* of the similar games */
#define BY_DEFENCE 0.7 /* how much of a factor's difference from 1 shows */
#define BY_PACE 0.8
#define BENCH_USAGE 0.9 /* of the league's mean: who comes in for a missing player */

/* What moves a rate, by statistic. */
static const struct {
	double league; /* minutes of an average player in the mix */
	double points; /* the points that are expected of his team, over its usual ones */
	double usage; /* shots that missing team-mates leave */
	double shoots; /* his own possessions of late, over his usual ones */
	double home; /* at home so much more, away so much less */
} moves[STAT_COUNT] = {
	[STAT_POINTS] = {5, 0.2, 1.1, 0.25, 0.007},
	[STAT_REBOUNDS] = {5, 0.2, 0, 0, 0.007},
	[STAT_ASSISTS] = {5, 0.2, 1.1, 0.2, 0.018},
	[STAT_THREES] = {5, 0.2, 0.7, 0, 0.01},
	[STAT_STEALS] = {100, 0.4, 0, 0, 0},
	[STAT_BLOCKS] = {5, 0, 0, 0, 0},
	[STAT_TURNOVERS] = {5, 0, 1.1, 0.25, 0},
};

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

/* The team's season so far. */
struct season_so_far {
	uint8_t team;
	date_t opened; /* tonight, where no game of it was played */
	uint32_t next; /* team row of tonight's game */
};

static void look_at_season(struct season_so_far *so_far, const struct snapshot *s, const struct live *live)
{
	const uint8_t team = snapshot_team(s, live->team);

	*so_far = (struct season_so_far){.team = team, .opened = live->date};
	if (team == TEAM_NONE)
		return;
	so_far->next = snapshot_team_rows_before(s, team, live->date);
	if (s->features->seasons > 0 && so_far->next > s->team_row.first[team] &&
		live->date - s->team_row.date[so_far->next - 1] <= SEASON_GAP_DAYS)
		so_far->opened = s->features->season[season_of(s->features, live->date)].from;
}

/* Games of the team this season that somebody missed who last played on that date. */
static uint32_t missed_since(const struct snapshot *s, const struct season_so_far *so_far, date_t last)
{
	if (so_far->team == TEAM_NONE)
		return 0;
	const date_t from = last >= so_far->opened ? last + 1 : so_far->opened;
	const uint32_t seen = snapshot_team_rows_before(s, so_far->team, from);
	return so_far->next > seen ? so_far->next - seen : 0;
}

/* How likely a team-mate plays of whom nothing is heard, by the games that he missed; `new_season`: it is all of this
 * season's. */
static double unreported_plays(double minutes, uint32_t missed, bool new_season)
{
	if (missed == 0)
		return minutes < ROTATION ? RESERVE_PLAYS : REGULAR_PLAYS;
	return MISSED_PLAYS / missed * (new_season ? NEW_SEASON : 1);
}

/* Whether any report of injuries has come for the team. */
static bool reports_heard(const struct live *live)
{
	for (size_t i = 0; i < live->mate_count; i++) {
		if (live->mates[i].status != INJURY_NONE)
			return true;
	}
	return false;
}

/* Who plays much already takes over less. */
static double headroom(double minutes)
{
	return minutes < FULL_LOAD ? FULL_LOAD - minutes : 0;
}

struct mates {
	double expected; /* minutes of all of them */
	double minutes; /* that they leave behind, against those games of his that his form is made of */
	double usage; /* likewise possessions, above what replaces them */
	double room; /* to take minutes over */
};

/* Share of his window in which the mate played. */
static double seen_in(const struct window *w, const struct snapshot *s, uint32_t mate, date_t date)
{
	uint32_t first = s->player[mate].first_row, row = snapshot_rows_before(s, mate, date);
	double seen = 0;

	for (size_t i = 0; i < w->count; i++) {
		while (row > first && s->row.game[row - 1] > w->game[i])
			row--;
		if (row > first && s->row.game[row - 1] == w->game[i])
			seen += w->weight[i];
	}
	return seen / w->sum;
}

static void ask_mates(struct mates *m, const struct snapshot *s, const struct live *live,
	const struct season_so_far *so_far, uint32_t player)
{
	const struct league_rates *league = &s->features->league;
	const bool heard = reports_heard(live);
	struct window w;

	*m = (struct mates){0};
	look_back(&w, s, live, player);
	for (size_t i = 0; i < live->mate_count; i++) {
		const enum injury_status status = live->mates[i].status;
		uint32_t mate = snapshot_player(s, live->mates[i].lookup, live->date);
		struct form form;

		if (mate == NO_INDEX || mate == player)
			continue;
		form_of(&form, s, league, mate, live->date, MATE_GAMES);
		if (form.games == 0)
			continue;
		const date_t last = s->row.date[snapshot_rows_before(s, mate, live->date) - 1];
		const uint32_t missed = missed_since(s, so_far, last);
		const bool listed = status != INJURY_NONE;
		double minutes = form_minutes(&form, league);
		const bool missing =
			heard && !listed && minutes >= ROTATION && last >= so_far->opened && missed <= UNLISTED_MISSED;
		double tonight = listed || missing ? injury_status_plays(status)
						   : unreported_plays(minutes, missed, last < so_far->opened);

		m->expected += tonight * minutes;
		m->room += tonight * headroom(minutes);
		if (w.count == 0) /* he has not played for the team: nothing can have changed */
			continue;
		double moved = minutes * (seen_in(&w, s, mate, live->date) - tonight);
		m->minutes += moved;
		m->usage += moved * (form_usage(&form, league) - league->usage * BENCH_USAGE);
	}
}

/* The part of his minutes that he gets who comes back, or begins a season. */
static double part_of_load(
	const struct snapshot *s, const struct season_so_far *so_far, const struct live *live, uint32_t player)
{
	const uint32_t first = s->player[player].first_row, row = snapshot_rows_before(s, player, live->date);
	const date_t last = s->row.date[row - 1];
	double missed = missed_since(s, so_far, last), most = FIRST_BACK, part = 1;

	if (last < so_far->opened)
		part -= FIRST_OF_SEASON;
	else if (missed == 0 && row - first > 1 && s->row.team[row - 1] == so_far->team) {
		missed = missed_since(s, so_far, s->row.date[row - 2]) - 1.0; /* less the one that he played in */
		most = SECOND_BACK;
	}
	return missed > 0 ? part * (1 - most * missed / (missed + BACK_GAMES)) : part;
}

/* Results are skewed: who is near the end of the bench is often left there, regulars lose more to fouls than they gain. */
static double round_off(double minutes)
{
	const double below = FRINGE - minutes;

	minutes += IN_ROTATION;
	if (below > 0)
		minutes -= FRINGE_SHARE * (below < FRINGE_MOST ? below : FRINGE_MOST);
	return minutes > REGULAR_LOAD ? REGULAR_LOAD + REGULAR_SHARE * (minutes - REGULAR_LOAD) : minutes;
}

static double expect_minutes(const struct league_rates *league, const struct live *live, const struct context *context,
	const struct form *form, const struct mates *mates, double part)
{
	double minutes = form_minutes(form, league);

	if (live->starter >= 0)
		minutes = form_in_role(form, league, minutes, live->starter);
	minutes = (minutes + BY_SCORING * (form_scores(form, league) - 1)) * part;
	double room = headroom(minutes), moved = MOVED_SHARE * mates->minutes;
	if (mates->room > 0) {
		double lack = TEAM_MINUTES - mates->expected - minutes - moved;

		lack = lack > LACK_MOST ? LACK_MOST : lack < -LACK_MOST ? -LACK_MOST : lack;
		moved += LACK_SHARE * lack;
	}
	if (room + mates->room > 0)
		minutes += moved * room / (room + mates->room);
	double margin = fabs((double)context->spread) - CLOSE_GAME;
	if (margin > 0) /* not where the spread is unknown */
		minutes *= 1 - BLOWOUT * margin * (minutes - 20) / 16;
	minutes = round_off(minutes);
	if (minutes > HEAVY_LOAD)
		minutes = HEAVY_LOAD + HEAVY_SHARE * (minutes - HEAVY_LOAD);
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

/* What tonight's game, and his form, make of each statistic: 1 is usual. */
static void game_factors(const struct league_rates *league, const struct live *live, const struct context *context,
	const struct mates *mates, const struct form *form, double factor[STAT_COUNT])
{
	struct sides sides = context_sides(context, live);
	double pace = (double)sides.own->pace / (double)sides.own->usual_pace - 1;
	double points = (double)sides.own->implied_points / (double)sides.own->usual_points - 1;
	double usage = mates->usage / (5 * 48 * league->usage), shoots = form_shoots(form, league) - 1;
	double home = live->home < 0 ? 0 : live->home > 0 ? 1 : -1;

	for (int i = 0; i < STAT_COUNT; i++) {
		double f = 1 + BY_DEFENCE * ((double)sides.opponent->defence[i] - 1) + BY_PACE * pace;

		f += moves[i].points * points + moves[i].home * home;
		f *= 1 + moves[i].usage * usage + moves[i].shoots * shoots;
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
	struct season_so_far so_far;
	struct mates mates;
	struct moments m;

	look_at_season(&so_far, s, live);
	ask_mates(&mates, s, live, &so_far, player);
	ret->minutes = expect_minutes(league, live, context, form, &mates, part_of_load(s, &so_far, live, player));
	game_factors(league, live, context, &mates, form, factor);
	double weight = similar_rates(s, similar, similar_count, similar_rate) ? SIMILAR_MINUTES : 0;
	for (int i = 0; i < STAT_COUNT; i++) {
		double sum = form->stat[i] + moves[i].league * league->stat[i] + weight * similar_rate[i];

		m.mean[i] = ret->minutes * factor[i] * sum / (form->minutes_long + moves[i].league + weight);
		m.mean[i] = m.mean[i] > 0 ? m.mean[i] : 0;
	}
	spread(&m, league, form, ret->minutes);
	for (int i = 0; i < MARKET_COUNT; i++) {
		sum_up(&m, (enum market)i, &ret->figures[i]);
		ret->ranges[i] = projection_range(&ret->figures[i]);
	}
}
