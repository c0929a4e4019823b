#include "past.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"

#define LINE 64

/* Memory that is handed out piece by piece; without a block it only counts. */
struct carve {
	char *block;
	size_t used;
};

static void *carve(struct carve *c, size_t size)
{
	char *at = c->block ? c->block + c->used : NULL;

	c->used += (size + LINE - 1) / LINE * LINE;
	return at;
}

#define CARVE(c, to, count) ((to) = carve(c, (count) * sizeof(*(to))))

static void carve_all(struct carve *c, struct snapshot *p)
{
	struct snapshot_rows *r = &p->row;
	struct snapshot_team_rows *t = &p->team_row;
	const size_t rows = r->count, lines = t->count;

	CARVE(c, p->player, p->players);
	CARVE(c, p->alias, p->aliases);
	CARVE(c, p->game, p->games);
	CARVE(c, r->date, rows);
	CARVE(c, r->player, rows);
	CARVE(c, r->game, rows);
	CARVE(c, r->team, rows);
	CARVE(c, r->opponent, rows);
	CARVE(c, r->home, rows);
	CARVE(c, r->starter, rows);
	CARVE(c, r->minutes, rows);
	CARVE(c, r->fga, rows);
	CARVE(c, r->fta, rows);
	CARVE(c, r->oreb, rows);
	CARVE(c, r->fouls, rows);
	CARVE(c, t->date, lines);
	CARVE(c, t->game, lines);
	CARVE(c, t->team, lines);
	CARVE(c, t->opponent, lines);
	CARVE(c, t->home, lines);
	CARVE(c, t->minutes, lines);
	CARVE(c, t->points, lines);
	CARVE(c, t->fga, lines);
	CARVE(c, t->fta, lines);
	CARVE(c, t->oreb, lines);
	CARVE(c, t->turnovers, lines);
	for (int i = 0; i < STAT_COUNT; i++) {
		CARVE(c, r->stat[i], rows);
		CARVE(c, t->stat[i], lines);
	}
}

#define COPY(to, from, member, at, first, count) \
	memcpy((to)->member + (at), (from)->member + (first), (count) * sizeof(*(to)->member))

static void copy_rows(
	struct snapshot_rows *to, uint32_t at, const struct snapshot_rows *from, uint32_t first, uint32_t n)
{
	COPY(to, from, date, at, first, n);
	COPY(to, from, player, at, first, n);
	COPY(to, from, game, at, first, n);
	COPY(to, from, team, at, first, n);
	COPY(to, from, opponent, at, first, n);
	COPY(to, from, home, at, first, n);
	COPY(to, from, starter, at, first, n);
	COPY(to, from, minutes, at, first, n);
	COPY(to, from, fga, at, first, n);
	COPY(to, from, fta, at, first, n);
	COPY(to, from, oreb, at, first, n);
	COPY(to, from, fouls, at, first, n);
	for (int i = 0; i < STAT_COUNT; i++)
		COPY(to, from, stat[i], at, first, n);
}

static void copy_lines(
	struct snapshot_team_rows *to, uint32_t at, const struct snapshot_team_rows *from, uint32_t first, uint32_t n)
{
	COPY(to, from, date, at, first, n);
	COPY(to, from, game, at, first, n);
	COPY(to, from, team, at, first, n);
	COPY(to, from, opponent, at, first, n);
	COPY(to, from, home, at, first, n);
	COPY(to, from, minutes, at, first, n);
	COPY(to, from, points, at, first, n);
	COPY(to, from, fga, at, first, n);
	COPY(to, from, fta, at, first, n);
	COPY(to, from, oreb, at, first, n);
	COPY(to, from, turnovers, at, first, n);
	for (int i = 0; i < STAT_COUNT; i++)
		COPY(to, from, stat[i], at, first, n);
}

static void fill(struct snapshot *p, const struct snapshot *s, date_t date)
{
	uint32_t rows = 0, lines = 0;

	for (uint32_t i = 0; i < s->players; i++) {
		const uint32_t first = s->player[i].first_row, n = snapshot_rows_before(s, i, date) - first;

		p->player[i] = s->player[i];
		p->player[i].first_row = rows;
		p->player[i].rows = n;
		copy_rows(&p->row, rows, &s->row, first, n);
		rows += n;
	}
	for (unsigned t = 0; t < s->teams; t++) {
		const uint32_t first = s->team_row.first[t];
		const uint32_t n = snapshot_team_rows_before(s, (uint8_t)t, date) - first;

		p->team_row.first[t] = lines;
		p->team_row.rows[t] = n;
		copy_lines(&p->team_row, lines, &s->team_row, first, n);
		lines += n;
	}
	p->aliases = 0;
	for (uint32_t i = 0; i < s->aliases; i++) { /* nobody is without a row */
		if (p->player[s->alias[i].player].rows > 0)
			p->alias[p->aliases++] = s->alias[i];
	}
	for (uint32_t g = 0; g < s->games; g++) {
		p->game[g] = s->game[g];
		if (s->game[g].date >= date)
			p->game[g].away_points = p->game[g].home_points = NAN;
	}
}

struct snapshot *past_before(const struct snapshot *s, date_t date)
{
	struct snapshot *p = malloc(sizeof(*p));
	struct carve c = {0};

	if (!p)
		return NULL;
	*p = *s;
	p->features = NULL;
	p->row.count = p->team_row.count = 0;
	for (uint32_t i = 0; i < s->players; i++)
		p->row.count += snapshot_rows_before(s, i, date) - s->player[i].first_row;
	for (unsigned t = 0; t < s->teams; t++)
		p->team_row.count += snapshot_team_rows_before(s, (uint8_t)t, date) - s->team_row.first[t];
	carve_all(&c, p);
	p->memory = c.block = aligned_alloc(LINE, c.used ? c.used : LINE);
	c.used = 0;
	if (!p->memory) {
		free(p);
		return NULL;
	}
	carve_all(&c, p);
	fill(p, s, date);
	if (model_prepare(p) < 0) {
		past_free(p);
		return NULL;
	}
	return p;
}

void past_free(struct snapshot *p)
{
	if (!p)
		return;
	if (p->features)
		p->features_free(p->features);
	free(p->memory);
	free(p);
}
