/*
 * A game's context is told from the ledger of the season so far (ledger.c) and from the books' total and
 * spread. Only the medians of those enter the fingerprint: a book that moves without moving the median
 * changes nothing.
 */
#include "model/context.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "model/features.h"
#include "model/fingerprint.h"
#include "model/ledger.h"

/* The two codes of "20251115_LAL_GSW"; TEAM_NONE for what is no such id or no such team. */
static void teams_of(const struct snapshot *s, const char *game_id, uint8_t *ret_away, uint8_t *ret_home)
{
	const char *away = strchr(game_id, '_'), *home = away ? strchr(away + 1, '_') : NULL;
	char code[4] = "";

	*ret_away = *ret_home = TEAM_NONE;
	if (!home || home - away - 1 >= (ptrdiff_t)sizeof(code))
		return;
	memcpy(code, away + 1, (size_t)(home - away - 1));
	*ret_away = snapshot_team(s, code);
	*ret_home = snapshot_team(s, home + 1);
}

#define MEDIAN_MAX 64 /* books; more are not listened to */

/* Median of the books' figures in hundredths; NAN when there is none. Of an even number the mean of the
 * middle two. */
static float median(const struct live_book_figure *figure, size_t count)
{
	int32_t sorted[MEDIAN_MAX];
	size_t n = 0;

	for (size_t i = 0; i < count && n < MEDIAN_MAX; i++, n++) {
		size_t at = n;

		for (; at > 0 && sorted[at - 1] > figure[i].value; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = figure[i].value;
	}
	if (n == 0)
		return NAN;
	return ((float)sorted[(n - 1) / 2] + (float)sorted[n / 2]) / 200;
}

/* Total and spread by tonight's books, else the closing line that the snapshot has. */
static void consensus(const struct snapshot *s, const struct live *live, float *ret_total, float *ret_spread)
{
	uint32_t game = snapshot_game_by_id(s, live->game_id);

	*ret_total = median(live->totals, live->total_count);
	*ret_spread = median(live->spreads, live->spread_count);
	if (game == NO_INDEX || s->game[game].date != live->date)
		return;
	if (isnan(*ret_total))
		*ret_total = s->game[game].total;
	if (isnan(*ret_spread))
		*ret_spread = s->game[game].spread;
}

struct fingerprint context_inputs(const struct snapshot *s, const struct live *live)
{
	struct fingerprint f = fingerprint_join(fingerprint_start(STAGE_CONTEXT), s->fingerprint);
	float line[2];

	consensus(s, live, &line[0], &line[1]);
	line[0] = plain_nan(line[0]);
	line[1] = plain_nan(line[1]);
	f = fingerprint_mix(f, &live->date, sizeof(live->date));
	f = fingerprint_mix(f, live->game_id, strlen(live->game_id));
	return fingerprint_mix(f, line, sizeof(line));
}

static const struct side_context neutral = {
	.rest_days = NEUTRAL_REST,
	.pace = FIRST_PACE,
	.usual_pace = FIRST_PACE,
	.defence = {1, 1, 1, 1, 1, 1, 1},
	.implied_points = FIRST_POINTS,
	.usual_points = FIRST_POINTS,
};

/* The account of the season that the date lies in, up to the day before; `l` is room for it. */
static void account_until(const struct snapshot *s, date_t date, struct ledger *l)
{
	const struct model_features *f = s->features;
	const struct season *season = &f->season[season_of(f, date)];

	if (f->seasons == 0) {
		ledger_init(l, s->teams);
		return;
	}
	*l = *season->opening;
	for (uint32_t g = season->first_game; g < s->games && s->game[g].date < date; g++) {
		if (f->side[g][0] != NO_INDEX && f->side[g][1] != NO_INDEX)
			ledger_add(l, s, f->side[g][0], f->side[g][1]);
	}
	ledger_open(l, date);
}

/* By the schedule, which knows more than the box scores: of a night in the past they are the same games, and
 * of one to come the last results may not be in yet. */
static float rest_days(const struct snapshot *s, uint8_t team, date_t date)
{
	int days = 1;

	while (days < REST_DAYS_MAX && snapshot_game_of_team(s, team, date - days) == NO_INDEX)
		days++;
	return (float)days;
}

static void tell(struct side_context *side, const struct team_form *own, const struct team_form *opponent,
	double league_pace, double points)
{
	double pace = expected_pace((double)own->pace, (double)opponent->pace, league_pace);

	side->rest_days = own->rest_days;
	side->usual_pace = own->pace;
	side->usual_points = own->points;
	side->pace = (float)pace;
	memcpy(side->defence, own->defence, sizeof(side->defence));
	if (isnan(points))
		points = (double)own->points * (double)opponent->defence[STAT_POINTS] * pace / (double)own->pace;
	side->implied_points = (float)points;
}

void context_compute(const struct snapshot *s, const struct live *live, struct context *ret)
{
	uint8_t away, home;
	struct team_form form[2];
	struct ledger l;

	assert(s->features);
	memset(ret, 0, sizeof(*ret));
	consensus(s, live, &ret->total, &ret->spread);
	ret->away = ret->home = neutral;
	for (int i = 0; i < STAT_COUNT; i++)
		ret->level[i] = 1;
	teams_of(s, live->game_id, &away, &home);
	if (away == TEAM_NONE || home == TEAM_NONE || away == home)
		return;
	ret->known = true;
	account_until(s, live->date, &l);
	ledger_ask(&l, away, live->date, &form[0]);
	ledger_ask(&l, home, live->date, &form[1]);
	const bool late = ledger_late(&l, s, snapshot_game_by_id(s, live->game_id), away, home);
	for (int i = 0; i < STAT_COUNT; i++) {
		double level = ledger_league_level(&l, (enum statistic)i, late), usual = s->features->usual_level[i];

		if (level > 0 && usual > 0)
			ret->level[i] = (float)(level / usual);
	}
	form[0].rest_days = rest_days(s, away, live->date);
	form[1].rest_days = rest_days(s, home, live->date);
	double half = (double)ret->total / 2, margin = (double)ret->spread / 2; /* NAN where either is unknown */
	tell(&ret->away, &form[0], &form[1], ledger_league_pace(&l), half + margin);
	tell(&ret->home, &form[1], &form[0], ledger_league_pace(&l), half - margin);
}

struct sides context_sides(const struct context *c, const struct live *live)
{
	if (live->home < 0)
		return (struct sides){&neutral, &neutral};
	if (live->home > 0)
		return (struct sides){&c->home, &c->away};
	return (struct sides){&c->away, &c->home};
}
