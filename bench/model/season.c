#include "season.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "backtest.h"
#include "base/str.h"
#include "model/context.h"
#include "model/features.h"
#include "model/form.h"
#include "past.h"

#define SUMMER 40 /* days without a game */
#define ROTATION 12.0 /* minutes by form: of whom reports of injuries speak */
#define MATES 48
#define OFFERS 512 /* lines on one player */
#define TEN 10

/* --- the plan: who played when, and the lines on him ------------------------------------------------------------ */

static int by_date(const void *a, const void *b)
{
	const date_t x = *(const date_t *)a, y = *(const date_t *)b;

	return (x > y) - (x < y);
}

void season_find(const struct snapshot *s, date_t until, date_t *ret_from, date_t *ret_until)
{
	date_t *dates = malloc((s->row.count + 1) * sizeof(*dates));
	size_t n = 0;

	*ret_from = *ret_until = until;
	for (uint32_t i = 0; dates && i < s->row.count; i++) {
		if (s->row.date[i] <= until)
			dates[n++] = s->row.date[i];
	}
	if (n > 0) {
		qsort(dates, n, sizeof(*dates), by_date);
		*ret_until = *ret_from = dates[n - 1];
		for (size_t i = n - 1; i-- > 0 && *ret_from - dates[i] <= SUMMER;)
			*ret_from = dates[i];
	}
	free(dates);
}

static double minutes_of(const struct snapshot *s, uint32_t row)
{
	return (double)s->row.minutes[row];
}

static double outcome(const struct snapshot *s, uint32_t row, int figure)
{
	return figure == MINUTES ? minutes_of(s, row) : backtest_outcome(s, row, (enum market)figure);
}

/* His lines under the lookup of his newest row, else under any other that he had. */
static const struct line *find_lines(
	const struct snapshot *s, const struct lines *lines, uint32_t player, date_t date, size_t *ret_count)
{
	const struct line *found = lines_of(lines, date, s->player[player].lookup, ret_count);

	for (uint32_t i = 0; *ret_count == 0 && i < s->aliases; i++) {
		if (s->alias[i].player == player)
			found = lines_of(lines, date, s->alias[i].lookup, ret_count);
	}
	return found;
}

static bool add_played(struct nights *season, const struct snapshot *s, const struct lines *lines, uint32_t player,
	uint32_t row, size_t day)
{
	struct played *p = &season->played[season->count];
	double minutes;
	const uint32_t first = s->player[player].first_row, ten = row - first < TEN ? row - first : TEN;
	size_t offers;
	const struct line *line = find_lines(s, lines, player, s->row.date[row], &offers);

	*p = (struct played){
		.day = day, .row = row, .first_offer = season->offers, .offers = offers < OFFERS ? offers : OFFERS};
	for (int i = 0; i < FIGURES; i++) {
		p->came[i] = outcome(s, row, i);
		for (uint32_t k = row - ten; k < row; k++)
			p->ten[i] += outcome(s, k, i) / ten;
	}
	if (backtest_season_means(s, row, p->season, &minutes))
		p->season[MINUTES] = minutes;
	struct offer *more = realloc(season->offer, (season->offers + p->offers + 1) * sizeof(*more));
	if (!more)
		return false;
	season->offer = more;
	for (size_t i = 0; i < p->offers; i++)
		season->offer[season->offers++] =
			(struct offer){.line = &line[i], .came = p->came[line[i].quote.market]};
	season->count++;
	return true;
}

static int plan(struct nights *season, const struct snapshot *s, const struct lines *lines, struct err *err)
{
	season->day = malloc((size_t)(season->until - season->from + 1) * sizeof(*season->day));
	season->played = malloc((s->row.count + 1) * sizeof(*season->played));
	if (!season->day || !season->played)
		return err_set(err, -ENOMEM, "no memory for the season");
	for (date_t date = season->from; date <= season->until; date++) {
		const size_t before = season->count;

		for (uint32_t player = 0; player < s->players; player++) {
			const uint32_t row = snapshot_rows_before(s, player, date);
			const uint32_t end = s->player[player].first_row + s->player[player].rows;

			if (row < end && s->row.date[row] == date &&
				!add_played(season, s, lines, player, row, season->days))
				return err_set(err, -ENOMEM, "no memory for the season");
		}
		if (season->count > before)
			season->day[season->days++] = date;
	}
	return 0;
}

/* --- one night -------------------------------------------------------------------------------------------------- */

struct night {
	struct live live;
	char name[LOOKUP_SIZE], mate_names[MATES][LOOKUP_SIZE]; /* of those who share one */
	struct live_mate mates[MATES];
	struct live_quote quotes[OFFERS];
};

/* Him in another snapshot of the same league, where he may go by a name, or a number, that he had before. */
static uint32_t same_man(const struct snapshot *in, const struct snapshot *of, uint32_t player)
{
	const struct snapshot_player *p = &of->player[player];
	uint32_t found = p->person_id ? snapshot_player_by_id(in, p->person_id) : NO_INDEX;

	for (uint32_t i = 0; found == NO_INDEX && p->person_id && i < of->ids; i++) {
		if (of->id[i].player == player)
			found = snapshot_player_by_id(in, of->id[i].id);
	}
	for (uint32_t i = 0; found == NO_INDEX && !p->person_id && i < of->aliases; i++) {
		if (of->alias[i].player == player)
			found = snapshot_player_exact(in, of->alias[i].lookup);
	}
	return found;
}

static bool played_for(const struct snapshot *s, uint32_t player, uint8_t team, date_t date)
{
	if (player == NO_INDEX)
		return false;
	const uint32_t row = snapshot_rows_before(s, player, date);
	const uint32_t end = s->player[player].first_row + s->player[player].rows;
	return row < end && s->row.date[row] == date && s->row.team[row] == team;
}

static int by_lookup(const void *a, const void *b)
{
	return strcmp(((const struct live_mate *)a)->lookup, ((const struct live_mate *)b)->lookup);
}

/* As the daemon's roster has them: whose last game was for the team. */
static void gather_mates(struct night *n, const struct snapshot *past, const struct snapshot *s, const struct played *p,
	enum known known)
{
	uint32_t roster[MATES];
	const date_t date = s->row.date[p->row];
	const uint8_t team = s->row.team[p->row];
	const uint32_t count = snapshot_roster(past, snapshot_team(past, s->team[team]), date, roster, MATES);
	const uint32_t himself = same_man(past, s, s->row.player[p->row]);

	for (uint32_t i = 0; i < count && i < MATES; i++) {
		enum injury_status status = INJURY_NONE;
		struct form form;

		if (roster[i] == himself)
			continue;
		form_of(&form, past, &past->features->league, roster[i], date, 15);
		if (known != KNOWN_NOTHING && form_minutes(&form, &past->features->league) >= ROTATION &&
			!played_for(s, same_man(s, past, roster[i]), team, date))
			status = INJURY_OUT;
		n->mates[n->live.mate_count] = (struct live_mate){
			snapshot_name(past, roster[i], date, n->mate_names[n->live.mate_count]), status};
		n->live.mate_count++;
	}
	qsort(n->mates, n->live.mate_count, sizeof(*n->mates), by_lookup);
}

static void set_night(struct night *n, const struct snapshot *past, const struct snapshot *s,
	const struct nights *season, const struct played *p, enum known known)
{
	const struct offer *offer = &season->offer[p->first_offer];
	const date_t date = s->row.date[p->row];
	const uint32_t player = same_man(past, s, s->row.player[p->row]);

	n->live = (struct live){
		.date = date,
		.player = player == NO_INDEX ? "" : snapshot_name(past, player, date, n->name),
		.game_id = s->game[s->row.game[p->row]].id,
		.team = s->team[s->row.team[p->row]],
		.opponent = s->team[s->row.opponent[p->row]],
		.home = s->row.home[p->row],
		.injury_reason = "",
		.starter = known == KNOWN_TIP ? s->row.starter[p->row] : -1,
		.mates = n->mates,
		.quotes = n->quotes,
		.quote_count = p->offers,
	};
	for (size_t i = 0; i < p->offers; i++)
		n->quotes[i] = offer[i].line->quote;
	gather_mates(n, past, s, p, known);
}

static int64_t no_time(void)
{
	return 0;
}

static void forget(struct model_memory *m)
{
	for (int i = 0; i < STAGE_COUNT; i++) {
		if (m->next[i] != m->previous[i])
			free((void *)(uintptr_t)m->previous[i]);
		m->previous[i] = m->next[i];
		m->next[i] = NULL;
	}
}

static int work(const struct snapshot *past, const struct snapshot *s, const struct nights *season,
	const struct model_options *options, struct arena *arena, struct played *p, struct offer *offer)
{
	struct model_memory memory = {0};
	struct night n;
	int r = 0;

	for (enum known known = 0; known < KNOWN_COUNT && r == 0; known++) {
		struct model_result result;
		struct context context;

		set_night(&n, past, s, season, p, known);
		const struct stage_record record = {.present = true, .fingerprint = context_inputs(past, &n.live)};
		context_compute(past, &n.live, &context);
		arena_reset(arena);
		r = model_run(past, options, &n.live, &context, &record, &memory, arena, no_time, &result);
		if (r < 0)
			break;
		forget(&memory);
		p->has_history = result.has_history;
		for (int m = 0; m < MARKET_COUNT && result.has_history; m++) {
			p->mean[known][m] = result.figures[m].mean;
			p->median[known][m] = result.ranges[m].median;
			if (known == KNOWN_MORNING)
				p->sd[m] = result.figures[m].sd;
		}
		p->mean[known][MINUTES] = result.minutes;
		for (size_t i = 0; i < p->offers && result.prices; i++)
			offer[i].price[known] = result.prices[i];
	}
	forget(&memory);
	return r;
}

/* --- the walk --------------------------------------------------------------------------------------------------- */

struct walk {
	const struct snapshot *s;
	const struct model_options *options;
	struct nights *season;
	atomic_size_t next;
	atomic_int failed;
};

static int walk_day(struct walk *w, size_t day, struct arena *arena)
{
	struct nights *season = w->season;
	struct snapshot *past = past_before(w->s, season->day[day]);
	int r = past ? 0 : -ENOMEM;

	for (size_t i = 0; i < season->count && r == 0; i++) {
		struct played *p = &season->played[i];

		if (p->day == day)
			r = work(past, w->s, season, w->options, arena, p, &season->offer[p->first_offer]);
	}
	past_free(past);
	return r;
}

static void *walk_days(void *context)
{
	struct walk *w = context;
	struct arena *arena = arena_new();
	int r = arena ? 0 : -ENOMEM;

	for (size_t day; r == 0 && (day = atomic_fetch_add(&w->next, 1)) < w->season->days;)
		r = walk_day(w, day, arena);
	if (r < 0)
		atomic_store(&w->failed, r);
	arena_free(arena);
	return NULL;
}

#define THREADS 16

int season_walk(const struct snapshot *s, const struct lines *lines, const struct model_options *options, date_t from,
	date_t until, unsigned threads, struct nights *ret, struct err *err)
{
	struct walk w = {.s = s, .options = options, .season = ret};
	pthread_t thread[THREADS];
	unsigned started = 0;

	*ret = (struct nights){.from = from, .until = until};
	int r = plan(ret, s, lines, err);
	if (r < 0)
		return r;
	while (started + 1 < threads && started < THREADS && pthread_create(&thread[started], NULL, walk_days, &w) == 0)
		started++;
	walk_days(&w);
	for (unsigned i = 0; i < started; i++)
		pthread_join(thread[i], NULL);
	r = atomic_load(&w.failed);
	return r < 0 ? err_set(err, r, "no memory for the model") : 0;
}

void season_done(struct nights *season)
{
	free(season->day);
	free(season->played);
	free(season->offer);
}

static bool same_price(const struct price *a, const struct price *b)
{
	return a->p_over == b->p_over && a->p_model == b->p_model && a->off_market == b->off_market &&
	       a->recommendation == b->recommendation;
}

static void note_difference(struct check *c, const struct snapshot *s, const struct played *p, double then, double now)
{
	char date[DATE_SIZE];

	if (c->differ++ == 0)
		text_format(c->first, sizeof(c->first), "%s on %s: %.4f in the walk, %.4f without later rows",
			s->player[s->row.player[p->row]].lookup, date_format(s->row.date[p->row], date), then, now);
}

static void compare(struct check *c, const struct snapshot *s, const struct played *p, const struct played *anew,
	const struct offer *then, const struct offer *now)
{
	c->compared += KNOWN_COUNT * (FIGURES + p->offers);
	for (int known = 0; known < KNOWN_COUNT; known++) {
		for (int k = 0; k < FIGURES; k++) {
			if (anew->mean[known][k] != p->mean[known][k])
				note_difference(c, s, p, p->mean[known][k], anew->mean[known][k]);
		}
		for (size_t k = 0; k < p->offers; k++) {
			const struct price *a = &then[k].price[known], *b = &now[k].price[known];

			if (!same_price(a, b))
				note_difference(c, s, p, a->p_over, b->p_over);
		}
	}
}

int season_check(const struct snapshot *past, const struct snapshot *s, const struct nights *season,
	const struct model_options *options, size_t day, struct check *c)
{
	struct arena *arena = arena_new();
	int r = arena ? 0 : -ENOMEM;

	for (size_t i = 0; i < season->count && r == 0; i++) {
		const struct played *p = &season->played[i];
		const struct offer *then = &season->offer[p->first_offer];
		struct played anew = {.day = p->day, .row = p->row, .first_offer = p->first_offer, .offers = p->offers};
		struct offer now[OFFERS];

		if (p->day != day)
			continue;
		for (size_t k = 0; k < p->offers; k++)
			now[k] = (struct offer){.line = then[k].line, .came = then[k].came};
		r = work(past, s, season, options, arena, &anew, now);
		if (r == 0)
			compare(c, s, p, &anew, then, now);
	}
	arena_free(arena);
	return r;
}
