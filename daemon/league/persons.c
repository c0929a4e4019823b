/*
 * What is certain, and what follows from it.
 *
 * - Two rows of one date for different teams are of two men.
 * - Two ids are two men, but for what a change of source looks like: it numbers persons anew. So two ids are one man where
 *   both have rows of the same games for the same team, all with the same statistics; or where the rows of one end and
 *   those of the other go on, for the same team and within a year. No two men of one name have ever done either.
 * - Rows without an id are of the man of that name, as long as nothing says that there are two. Where there are two, they
 *   go by stint, that is by season and team: to the man who plays for that team, the nearest in time; else to the one who
 *   was free to play there (none of his games for another team lies between the first and the last of them), again the
 *   nearest; else to one more man. Who stays with a team is looked for before who came to one, so that of two men the
 *   one who was traded is not taken for the one who stayed.
 *
 * A trade alone therefore never makes two men of one, and two men whose source has no ids are told apart from the first
 * date on which both played.
 */
#include "league/persons.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NOBODY UINT32_MAX
#define GOES_ON_DAYS 365

struct stint { /* rows without an id */
	int season;
	uint8_t team;
	date_t first, last;
	unsigned man;
};

struct work {
	struct persons_row *row;
	size_t count;
	unsigned men;
	struct stint *stint;
	size_t stints;
};

static int by_date(const void *a, const void *b)
{
	const struct persons_row *x = a, *y = b;
	if (x->date != y->date)
		return x->date < y->date ? -1 : 1;
	if (x->team != y->team)
		return x->team < y->team ? -1 : 1;
	if (x->game != y->game)
		return x->game < y->game ? -1 : 1;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

/* --- ids ---------------------------------------------------------------------------------------------------------- */

/* A number for each id, in the order of their first rows. */
static void number_ids(struct work *w)
{
	for (size_t i = 0; i < w->count; i++) {
		struct persons_row *r = &w->row[i];
		r->man = r->id ? w->men : NOBODY;
		for (size_t before = i; r->id && before-- > 0;) {
			if (w->row[before].id != r->id)
				continue;
			r->man = w->row[before].man;
			break;
		}
		w->men += r->man == w->men;
	}
}

static bool same_figures(const struct persons_row *a, const struct persons_row *b)
{
	for (int i = 0; i < STAT_COUNT; i++)
		if (a->stat[i] < b->stat[i] || a->stat[i] > b->stat[i])
			return false;
	return true;
}

/* Whether one's rows end where the other's go on. */
static bool goes_on(const struct persons_row *last, const struct persons_row *first)
{
	return last->date < first->date && first->date - last->date <= GOES_ON_DAYS && last->team == first->team;
}

static bool are_one(const struct work *w, unsigned a, unsigned b)
{
	const struct persons_row *first[2] = {0}, *last[2] = {0};
	bool together = false;
	for (size_t i = 0; i < w->count; i++) {
		const struct persons_row *r = &w->row[i];
		if (r->man != a && r->man != b)
			continue;
		const int side = r->man == b;
		first[side] = first[side] ? first[side] : r;
		last[side] = r;
		for (size_t k = i + 1; k < w->count && w->row[k].date == r->date; k++) {
			const struct persons_row *other = &w->row[k];
			if (other->man != (side ? a : b))
				continue;
			if (other->team != r->team || other->game != r->game || !same_figures(other, r))
				return false;
			together = true;
		}
	}
	return together || goes_on(last[0], first[1]) || goes_on(last[1], first[0]);
}

static void join(struct work *w, unsigned into, unsigned from)
{
	w->men--;
	for (size_t i = 0; i < w->count; i++) {
		unsigned *man = &w->row[i].man;
		if (*man == NOBODY || *man < from)
			continue;
		*man = *man == from ? into : *man - 1;
	}
}

static void join_ids(struct work *w)
{
	for (unsigned a = 0; a < w->men; a++)
		for (unsigned b = a + 1; b < w->men; b++)
			if (are_one(w, a, b)) {
				join(w, a, b);
				b = a; /* he has more rows now */
			}
}

/* --- rows without an id ------------------------------------------------------------------------------------------- */

static bool is_of(const struct persons_row *r, const struct stint *s)
{
	return !r->id && r->season == s->season && r->team == s->team;
}

static bool are_several(const struct work *w)
{
	bool several = w->men > 1;
	for (size_t i = 1; i < w->count && !several; i++)
		several = w->row[i].date == w->row[i - 1].date && w->row[i].team != w->row[i - 1].team;
	return several;
}

/* In the order of their first rows. */
static int find_stints(struct work *w)
{
	w->stint = calloc(w->count, sizeof(*w->stint));
	if (!w->stint)
		return -ENOMEM;
	for (size_t i = 0; i < w->count; i++) {
		const struct persons_row *r = &w->row[i];
		size_t at = w->stints;
		while (at > 0 && !is_of(r, &w->stint[at - 1]))
			at--;
		if (r->id)
			continue;
		if (at > 0)
			w->stint[at - 1].last = r->date;
		else
			w->stint[w->stints++] = (struct stint){r->season, r->team, r->date, r->date, NOBODY};
	}
	return 0;
}

/* How far a row is from the stint, in days. */
static int distance(const struct persons_row *r, const struct stint *s)
{
	return r->date < s->first ? s->first - r->date : r->date > s->last ? r->date - s->last : 0;
}

/* Whether he played for another team on a date of the stint. */
static bool plays_elsewhere(const struct work *w, unsigned man, const struct stint *s)
{
	for (size_t i = 0; i < w->count; i++) {
		if (!is_of(&w->row[i], s))
			continue;
		for (size_t k = i; k-- > 0 && w->row[k].date == w->row[i].date;)
			if (w->row[k].man == man && w->row[k].team != s->team)
				return true;
		for (size_t k = i + 1; k < w->count && w->row[k].date == w->row[i].date; k++)
			if (w->row[k].man == man && w->row[k].team != s->team)
				return true;
	}
	return false;
}

/* Whether none of his games for other teams lies between the first and the last of the stint, nor the stint between his
 * for one of them. */
static bool is_free(const struct work *w, unsigned man, const struct stint *s)
{
	bool before[UINT8_MAX + 1] = {false};
	for (size_t i = 0; i < w->count; i++) {
		const struct persons_row *r = &w->row[i];
		if (r->man != man || r->team == s->team)
			continue;
		if (distance(r, s) == 0 || (r->date > s->last && r->season == s->season && before[r->team]))
			return false;
		before[r->team] |= r->season == s->season;
	}
	return true;
}

/* Days from the stint to his nearest row, of the stint's team alone or of any; -1: he has none. */
static int nearest_row(const struct work *w, unsigned man, const struct stint *s, bool same_team)
{
	int nearest = -1;
	for (size_t i = 0; i < w->count; i++) {
		const struct persons_row *r = &w->row[i];
		if (r->man == man && (!same_team || r->team == s->team) && (nearest < 0 || distance(r, s) < nearest))
			nearest = distance(r, s);
	}
	return nearest;
}

static void give(struct work *w, struct stint *s, bool same_team)
{
	int best = -1;
	for (unsigned man = 0; man < w->men; man++) {
		const int days = nearest_row(w, man, s, same_team);
		if (days < 0 || (best >= 0 && days >= best) || plays_elsewhere(w, man, s) ||
			(!same_team && !is_free(w, man, s)))
			continue;
		best = days;
		s->man = man;
	}
	if (s->man == NOBODY && !same_team)
		s->man = w->men++;
	for (size_t i = 0; i < w->count && s->man != NOBODY; i++)
		if (is_of(&w->row[i], s))
			w->row[i].man = s->man;
}

/* Season by season: first who stays, then who came. */
static void give_stints(struct work *w)
{
	for (size_t from = 0, to; from < w->stints; from = to) {
		for (to = from; to < w->stints && w->stint[to].season == w->stint[from].season;)
			to++;
		for (size_t i = from; i < to; i++)
			give(w, &w->stint[i], true);
		for (size_t i = from; i < to; i++)
			if (w->stint[i].man == NOBODY)
				give(w, &w->stint[i], false);
	}
}

int persons_tell(struct persons_row *row, size_t count)
{
	struct work w = {.row = row, .count = count};
	int r = 0;
	qsort(row, count, sizeof(*row), by_date);
	number_ids(&w);
	join_ids(&w);
	if (are_several(&w)) {
		r = find_stints(&w);
		if (r == 0)
			give_stints(&w);
		free(w.stint);
	} else {
		w.men = 1;
		for (size_t i = 0; i < count; i++)
			row[i].man = 0;
	}
	return r < 0 ? r : (int)w.men;
}
