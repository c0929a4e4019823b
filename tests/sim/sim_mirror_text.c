/* Reports and outputs: what the simulated processor writes of a job, and what it must have written by the mirror. */
#include "tests/sim/sim_mirror_inside.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "process/job.h"

struct text {
	char *at, *end;
};

static void put(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct text *t, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	int n = vsnprintf(t->at, (size_t)(t->end - t->at), format, list);
	va_end(list);
	t->at += n < t->end - t->at ? n : t->end - t->at - 1; /* cut, as only a test's own rosters are so large */
}

void mirror_write_report(const struct job *job, char report[REPORT_MAX])
{
	const struct live *l = job->live;
	struct text t = {report, report + REPORT_MAX};
	put(&t, "player=%s game=%s team=%s opponent=%s home=%d status=%d tip=%" PRId64 "\n", l->player, l->game_id,
		l->team, l->opponent, l->home, (int)l->game_status, l->tip_ms);
	put(&t, "injury=%d\nmates=", (int)l->injury);
	for (size_t i = 0; i < l->mate_count; i++)
		put(&t, "%s:%d ", l->mates[i].lookup, (int)l->mates[i].status);
	put(&t, "\nquotes=");
	for (size_t i = 0; i < l->quote_count; i++)
		put(&t, "%s/%s/%d:%" PRId32 ",%" PRId32 ",%" PRId32 " ", market_name(l->quotes[i].market),
			l->quotes[i].book, l->quotes[i].alternate, l->quotes[i].line, l->quotes[i].over,
			l->quotes[i].under);
	put(&t, "\ntotals=");
	for (size_t i = 0; i < l->total_count; i++)
		put(&t, "%s:%" PRId32 " ", l->totals[i].book, l->totals[i].value);
	put(&t, "\nspreads=");
	for (size_t i = 0; i < l->spread_count; i++)
		put(&t, "%s:%" PRId32 " ", l->spreads[i].book, l->spreads[i].value);
	put(&t, "\nstarter=%d confirmed=%d starters=", l->starter, l->lineup_confirmed);
	for (size_t i = 0; i < l->starter_count; i++)
		put(&t, "%s ", l->starters[i]);
	if (job->precompute)
		put(&t, "\noutput=%" PRId64 " %d %s", job->precompute->version, job->precompute->failed,
			job->kept ? job->kept->bytes : "none");
	put(&t, "\nleague=%" PRId64 "\nforced=%d\n", job->snapshot ? job->snapshot->number : 0, l->forced);
}

static void write_coarse(struct text *t, const struct live *l)
{
	for (size_t i = 0; i < l->quote_count; i++)
		if (l->quotes[i].market == MARKET_POINTS && !l->quotes[i].alternate &&
			strcmp(l->quotes[i].book, "alpha") == 0)
			put(t, " line=%d", (int)l->quotes[i].line / 200);
	for (size_t i = 0; i < l->total_count; i++)
		put(t, " total=%s:%d", l->totals[i].book, (int)l->totals[i].value / 200);
	put(t, " out=%d", l->injury == INJURY_OUT);
	put(t, " starter=%d", l->starter);
}

void mirror_write_output(bool coarse, unsigned facts, const struct job *job, char output[REPORT_MAX])
{
	const struct live *l = job->live;
	struct text t = {output, output + REPORT_MAX};
	put(&t, "{%s", l->player);
	if (facts & 1u << FACT_SLATE) {
		put(&t, " %s %s", l->game_id, l->team);
		for (size_t i = 0; i < l->mate_count; i++)
			put(&t, " %s:%d", l->mates[i].lookup,
				coarse ? l->mates[i].status == INJURY_OUT : (int)l->mates[i].status);
	}
	if (facts & 1u << FACT_LEAGUE)
		put(&t, " league=%d", (int)((job->snapshot ? job->snapshot->number : 0) % (coarse ? 2 : 1000)));
	if (coarse) {
		write_coarse(&t, l);
		put(&t, "}");
		return;
	}
	if (facts & 1u << FACT_SLATE)
		put(&t, " %s %d %d %" PRId64, l->opponent, l->home, (int)l->game_status, l->tip_ms);
	put(&t, " injury=%d quotes=", (int)l->injury);
	for (size_t i = 0; i < l->quote_count; i++)
		put(&t, "%s/%s/%d:%" PRId32 ",%" PRId32 ",%" PRId32 " ", market_name(l->quotes[i].market),
			l->quotes[i].book, l->quotes[i].alternate, l->quotes[i].line, l->quotes[i].over,
			l->quotes[i].under);
	put(&t, "totals=");
	for (size_t i = 0; i < l->total_count; i++)
		put(&t, "%s:%" PRId32 " ", l->totals[i].book, l->totals[i].value);
	put(&t, "spreads=");
	for (size_t i = 0; i < l->spread_count; i++)
		put(&t, "%s:%" PRId32 " ", l->spreads[i].book, l->spreads[i].value);
	put(&t, "starter=%d confirmed=%d starters=", l->starter, l->lineup_confirmed);
	for (size_t i = 0; i < l->starter_count; i++)
		put(&t, "%s ", l->starters[i]);
	put(&t, "}");
}

static bool force_open(const struct mirror *m, int p)
{
	const struct place at = mirror_place_of(m, p);
	const int64_t c = m->players[p].runs[PHASE_REPORT].committed;
	return m->cells[mirror_field(F_FORCE, p, 0)].at > c || m->cells[mirror_field(F_SFORCE, 0, 0)].at > c ||
	       (at.game != NOBODY && m->cells[mirror_field(F_GFORCE, at.game, 0)].at > c) ||
	       (at.member && m->cells[mirror_field(F_TFORCE, at.team, 0)].at > c);
}

static int injury_of(const struct mirror *m, int p)
{
	const struct mirror_entry *e = mirror_entry_of(m, mirror_field(F_INJURY, p, 0));
	return e ? e->injury : 0;
}

static void put_quote(const struct mirror *m, struct text *t, int p, int quote, const char *name)
{
	const struct mirror_entry *e = mirror_entry_of(m, mirror_field(F_QUOTE, p, quote));
	if (e && !e->off)
		put(t, "%s:%d,%d,%d ", name, e->line * 100, e->over, e->under);
}

/* Whether he reads of this roster who is out. */
static bool is_mate(const struct mirror *m, int p, int q)
{
	return q != p && mirror_team_of(m, p) != NOBODY && mirror_is_active(m, q) &&
	       mirror_team_of(m, q) == mirror_team_of(m, p);
}

static const struct mirror_entry *lineup_of(const struct mirror *m, int p, unsigned facts)
{
	const struct place at = mirror_place_of(m, p);
	return at.member && facts & 1u << FACT_LINEUP ? mirror_entry_of(m, mirror_field(F_LINEUP, at.team, 0)) : NULL;
}

static int starter_of(const struct mirror_entry *lineup, int p)
{
	return lineup ? (int)(lineup->starters >> p & 1u) : -1;
}

/* Who speaks last of this side of the first book's points; NULL: nobody offers it. A whole quote with the other price alone
 * offers none. */
static const struct mirror_entry *side_of_main(const struct mirror *m, int p, int quote)
{
	const struct mirror_entry *whole = mirror_entry_of(m, mirror_field(F_QUOTE, p, 0)),
				  *own = mirror_entry_of(m, mirror_field(F_QUOTE, p, quote));
	const struct mirror_entry *e = !own ? whole : !whole ? own : NULL;
	if (!e)
		e = mirror_compare(m->cells[mirror_field(F_QUOTE, p, 0)].key,
			    m->cells[mirror_field(F_QUOTE, p, quote)].key) > 0
			    ? whole
			    : own;
	if (!e || e->off)
		return NULL;
	const bool lacks = quote == QUOTE_OVER ? !e->over && e->under : !e->under && e->over;
	return lacks ? NULL : e;
}

static bool is_newer(const struct mirror *m, const struct mirror_entry *a, const struct mirror_entry *b)
{
	return mirror_compare(m->cells[mirror_field(F_QUOTE, a->player, a->quote)].key,
		       m->cells[mirror_field(F_QUOTE, b->player, b->quote)].key) > 0;
}

static void put_side(struct text *t, const char *name, const struct mirror_entry *over, const struct mirror_entry *under)
{
	put(t, "%s:%d,%d,%d ", name, (over ? over : under)->line * 100, over ? over->over : 0, under ? under->under : 0);
}

/* The main line of the first book's points. Of two sides at two lines the newer one; the other is among the alternates, one
 * of which has a line of its own. */
static const struct mirror_entry *main_of(const struct mirror *m, int p, const struct mirror_entry **ret_over,
	const struct mirror_entry **ret_under, const struct mirror_entry **ret_behind)
{
	const struct mirror_entry *over = side_of_main(m, p, QUOTE_OVER), *under = side_of_main(m, p, QUOTE_UNDER);
	*ret_behind = NULL;
	if (over && under && over->line != under->line) {
		if (is_newer(m, over, under)) {
			*ret_behind = under;
			under = NULL;
		} else {
			*ret_behind = over;
			over = NULL;
		}
	}
	*ret_over = over;
	*ret_under = under;
	return over ? over : under;
}

static void put_first_book(const struct mirror *m, struct text *t, int p)
{
	const struct mirror_entry *over, *under, *behind, *alternate = mirror_entry_of(m, mirror_field(F_QUOTE, p, 2));
	if (main_of(m, p, &over, &under, &behind))
		put_side(t, "points/alpha/0", over, under);
	if (alternate && alternate->off)
		alternate = NULL;
	const bool is_over = behind && under;
	if (behind && !(alternate && alternate->line <= behind->line))
		put_side(t, "points/alpha/1", is_over ? behind : NULL, is_over ? NULL : behind);
	put_quote(m, t, p, 2, "points/alpha/1");
	if (behind && alternate && alternate->line < behind->line)
		put_side(t, "points/alpha/1", is_over ? behind : NULL, is_over ? NULL : behind);
}

static void put_quotes(const struct mirror *m, struct text *t, int p, unsigned facts)
{
	if (!(facts & 1u << FACT_ODDS))
		return;
	put_first_book(m, t, p);
	put_quote(m, t, p, 3, "points/beta/0");
	put_quote(m, t, p, 1, "rebounds/alpha/0");
}

static void put_figures(const struct mirror *m, struct text *t, int game, enum field_kind kind, unsigned facts)
{
	for (int b = 0; facts & 1u << FACT_GAME_ODDS && game != NOBODY && b < BOOKS; b++)
		if (m->cells[mirror_field(kind, game, b)].set)
			put(t, "%s:%s ", mirror_book[b], m->cells[mirror_field(kind, game, b)].value);
}

static void put_starters(struct text *t, const struct mirror_entry *lineup, int p)
{
	put(t, "starter=%d confirmed=%d starters=", starter_of(lineup, p), lineup && lineup->confirmed);
	for (int q = 0; lineup && q < PLAYERS; q++)
		if (lineup->starters & 1u << q)
			put(t, "%s ", mirror_player[q]);
}

struct side {
	const char *opponent;
	int home, status;
	int64_t tip_ms;
};

static struct side side_of(const struct mirror *m, struct place at)
{
	struct side s = {.opponent = "", .home = -1, .status = GAME_UNKNOWN};
	if (at.game == NOBODY)
		return s;
	for (int side = 0; at.team != NOBODY && side < 2; side++)
		if (mirror_game_teams[at.game][side] == at.team) {
			s.opponent = mirror_team[mirror_game_teams[at.game][!side]];
			s.home = side;
		}
	s.status = mirror_status_of(m, at.game);
	s.tip_ms = mirror_on_slate(m, at.game) ? mirror_tip_of(m, at.game) : 0;
	return s;
}

static const char *game_name(int game)
{
	return game == NOBODY ? "" : mirror_game[game];
}

static const char *team_name(int team)
{
	return team == NOBODY ? "" : mirror_team[team];
}

/* What precompute, run on this state, must give. */
void mirror_expected_output(const struct mirror *m, int p, char output[REPORT_MAX])
{
	const struct place at = mirror_place_of(m, p);
	const unsigned facts = m->phases.reads[PHASE_PRECOMPUTE];
	const bool coarse = m->options->coarse;
	const int64_t league = m->options->leagues ? mirror_league_of(m) : 0;
	const int injury = facts & 1u << FACT_INJURY ? injury_of(m, p) : 0;
	const struct mirror_entry *lineup = lineup_of(m, p, facts), *over, *under, *behind;
	const struct mirror_entry *quote = main_of(m, p, &over, &under, &behind);
	const struct side side = side_of(m, at);
	struct text t = {output, output + REPORT_MAX};

	put(&t, "{%s", mirror_player[p]);
	if (facts & 1u << FACT_SLATE) {
		put(&t, " %s %s", game_name(at.game), team_name(at.team));
		for (int q = 0; q < PLAYERS; q++)
			if (is_mate(m, p, q)) {
				const int his = facts & 1u << FACT_MATES ? injury_of(m, q) : 0;
				put(&t, " %s:%d", mirror_player[q], coarse ? his == INJURY_OUT : his);
			}
	}
	if (facts & 1u << FACT_LEAGUE)
		put(&t, " league=%d", (int)(league % (coarse ? 2 : 1000)));
	if (coarse) {
		if (facts & 1u << FACT_ODDS && quote)
			put(&t, " line=%d", quote->line / 2);
		for (int b = 0; facts & 1u << FACT_GAME_ODDS && at.game != NOBODY && b < BOOKS; b++)
			if (m->cells[mirror_field(F_TOTAL, at.game, b)].set)
				put(&t, " total=%s:%d", mirror_book[b],
					atoi(m->cells[mirror_field(F_TOTAL, at.game, b)].value) / 200);
		put(&t, " out=%d starter=%d}", injury == INJURY_OUT, starter_of(lineup, p));
		return;
	}
	if (facts & 1u << FACT_SLATE)
		put(&t, " %s %d %d %" PRId64, side.opponent, side.home, side.status, side.tip_ms);
	put(&t, " injury=%d quotes=", injury);
	put_quotes(m, &t, p, facts);
	put(&t, "totals=");
	put_figures(m, &t, at.game, F_TOTAL, facts);
	put(&t, "spreads=");
	put_figures(m, &t, at.game, F_SPREAD, facts);
	put_starters(&t, lineup, p);
	put(&t, "}");
}

/* Whether precompute's output is one for where he plays now: of no other game. */
bool mirror_is_for_place(const struct mirror_output *o, struct place at)
{
	return o->any_place || (o->game == at.game && o->team == at.team);
}

/* What a report made from this state must say. */
void mirror_expected_report(const struct mirror *m, int p, char report[REPORT_MAX])
{
	const struct place at = mirror_place_of(m, p);
	const struct side side = side_of(m, at);
	const unsigned facts = m->phases.reads[PHASE_REPORT];
	const struct mirror_output *o = &m->players[p].output;
	struct text t = {report, report + REPORT_MAX};

	put(&t, "player=%s game=%s team=%s opponent=%s home=%d status=%d tip=%" PRId64 "\n", mirror_player[p],
		game_name(at.game), team_name(at.team), side.opponent, side.home, side.status, side.tip_ms);
	put(&t, "injury=%d\nmates=", facts & 1u << FACT_INJURY ? injury_of(m, p) : 0);
	for (int q = 0; q < PLAYERS; q++)
		if (is_mate(m, p, q))
			put(&t, "%s:%d ", mirror_player[q], facts & 1u << FACT_MATES ? injury_of(m, q) : 0);
	put(&t, "\nquotes=");
	put_quotes(m, &t, p, facts);
	put(&t, "\ntotals=");
	put_figures(m, &t, at.game, F_TOTAL, facts);
	put(&t, "\nspreads=");
	put_figures(m, &t, at.game, F_SPREAD, facts);
	put(&t, "\n");
	put_starters(&t, lineup_of(m, p, facts), p);
	if (m->phases.precompute) {
		const bool usable = o->version > 0 && mirror_is_for_place(o, at);
		put(&t, "\noutput=%" PRId64 " %d %s", usable ? o->version : 0, o->failed, usable ? o->bytes : "none");
	}
	put(&t, "\nleague=%" PRId64 "\nforced=%d\n", m->options->leagues ? mirror_league_of(m) : 0, force_open(m, p));
}

/* The same but for what only says why it was run. */
bool mirror_same_report(const char *a, const char *b)
{
	const char *x = strstr(a, "\nforced="), *y = strstr(b, "\nforced=");
	return x && y && x - a == y - b && memcmp(a, b, (size_t)(x - a)) == 0;
}
