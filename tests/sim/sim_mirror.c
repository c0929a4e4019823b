#include "tests/sim/sim_mirror.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "process/job.h"

const char *const mirror_player[PLAYERS] = {"abe", "ann", "bob", "cid", "dot", "fay", "new", "uma", "zoe"};
const char *const mirror_team[TEAMS] = {"AAA", "BBB", "CCC", "DDD", "EEE", "ZZZ", "YYY"};
const char *const mirror_game[GAMES] = {"20251115_AAA_BBB", "20251115_AAA_ZZZ", "20251115_CCC_DDD", "20251115_EEE_ZZZ"};
static const int game_teams[GAMES][2] = {{0, 1}, {0, 5}, {2, 3}, {4, 5}}; /* away, home */
static const char *const books[BOOKS] = {"alpha", "beta"};
static const char *const statuses[] = {"", "available", "probable", "questionable", "doubtful", "out"};

char mirror_violation[2048];

void mirror_violated(const char *format, ...)
{
	va_list list;
	if (mirror_violation[0])
		return;
	va_start(list, format);
	vsnprintf(mirror_violation, sizeof(mirror_violation), format, list);
	va_end(list);
}

/* Players by team in league databases of even and odd number: fay and uma move between them. */
int mirror_default_team(int64_t league, int player)
{
	static const int even[PLAYERS] = {0, 0, 1, 2, 3, 0, NOBODY, NOBODY, 5},
			 odd[PLAYERS] = {0, 0, 1, 2, 3, 3, NOBODY, 2, 5};
	return league == 0 ? NOBODY : league % 2 ? odd[player] : even[player];
}

bool mirror_scheduled(int game)
{
	return game == 0 || game == 2;
}

/* Fields. */

static int field(enum field_kind kind, int a, int b)
{
	const int of_teams = PLAYERS * (QUOTES + 5), of_games = of_teams + TEAMS * 3,
		  of_slate = of_games + GAMES * (2 * BOOKS + 3);
	switch (kind) {
	case F_QUOTE:
		return a * (QUOTES + 5) + b;
	case F_INJURY:
	case F_ROSTER:
	case F_NAMED:
	case F_MARK:
	case F_FORCE:
		return a * (QUOTES + 5) + QUOTES + (int)kind - F_INJURY;
	case F_LINEUP:
	case F_TMARK:
	case F_TFORCE:
		return of_teams + a * 3 + (int)kind - F_LINEUP;
	case F_TOTAL:
		return of_games + a * (2 * BOOKS + 3) + b;
	case F_SPREAD:
		return of_games + a * (2 * BOOKS + 3) + BOOKS + b;
	case F_FACTS:
	case F_GMARK:
	case F_GFORCE:
		return of_games + a * (2 * BOOKS + 3) + 2 * BOOKS + (int)kind - F_FACTS;
	case F_SMARK:
	case F_SFORCE:
	case F_LEAGUE:
		return of_slate + (int)kind - F_SMARK;
	}
	abort();
}

struct write {
	enum field_kind kind;
	int field;
	char value[120]; /* marks: "" */
};

static bool is_mark(enum field_kind kind)
{
	return kind == F_MARK || kind == F_FORCE || kind == F_TMARK || kind == F_TFORCE || kind == F_GMARK ||
	       kind == F_GFORCE || kind == F_SMARK || kind == F_SFORCE;
}

static struct write *add_write(struct write *w, unsigned *n, enum field_kind kind, int a, int b)
{
	w += (*n)++;
	w->kind = kind;
	w->field = field(kind, a, b);
	w->value[0] = '\0';
	return w;
}

/* What the entry says of which fields, the named game aside. */
static unsigned writes_of(const struct mirror_entry *e, struct write w[WRITES_MAX])
{
	unsigned n = 0;
	struct write *x;
	if (e->junk)
		return 0;
	switch (e->kind) {
	case EVENT_ODDS:
		x = add_write(w, &n, F_QUOTE, e->player, e->quote);
		if (e->off)
			snprintf(x->value, sizeof(x->value), "off");
		else
			snprintf(x->value, sizeof(x->value), "%d %d %d", e->line * 100, e->over, e->under);
		break;
	case EVENT_GAME_ODDS:
		if (e->has_total)
			snprintf(add_write(w, &n, F_TOTAL, e->game, e->book)->value, sizeof(x->value), "%d",
				e->total * 100);
		if (e->has_spread)
			snprintf(add_write(w, &n, F_SPREAD, e->game, e->book)->value, sizeof(x->value), "%d",
				e->spread * 100);
		break;
	case EVENT_INJURY:
		snprintf(add_write(w, &n, F_INJURY, e->player, 0)->value, sizeof(x->value), "%s", statuses[e->injury]);
		break;
	case EVENT_LINEUP:
		x = add_write(w, &n, F_LINEUP, e->team, 0);
		snprintf(x->value, sizeof(x->value), "%d", e->confirmed);
		for (int p = 0; p < PLAYERS; p++)
			if (e->starters & 1u << p) {
				size_t length = strlen(x->value);
				snprintf(x->value + length, sizeof(x->value) - length, " %s", mirror_player[p]);
			}
		break;
	case EVENT_REGENERATE:
		if (e->player != NOBODY) {
			add_write(w, &n, F_MARK, e->player, 0);
			if (e->force)
				add_write(w, &n, F_FORCE, e->player, 0);
		} else if (e->team != NOBODY) {
			add_write(w, &n, F_TMARK, e->team, 0);
			if (e->force)
				add_write(w, &n, F_TFORCE, e->team, 0);
		} else if (e->game != NOBODY) {
			add_write(w, &n, F_GMARK, e->game, 0);
			if (e->force)
				add_write(w, &n, F_GFORCE, e->game, 0);
		} else {
			add_write(w, &n, F_SMARK, 0, 0);
			if (e->force)
				add_write(w, &n, F_SFORCE, 0, 0);
		}
		break;
	case EVENT_SLATE_GAME:
		snprintf(add_write(w, &n, F_FACTS, e->game, 0)->value, sizeof(x->value), "%" PRId64 " %d", e->tip_ms,
			e->status ? e->status : GAME_SCHEDULED);
		break;
	case EVENT_SLATE_PLAYER:
		snprintf(add_write(w, &n, F_ROSTER, e->player, 0)->value, sizeof(x->value), "%s %d",
			mirror_team[e->team], e->active);
		break;
	case EVENT_LEAGUE:
		add_write(w, &n, F_LEAGUE, 0, 0);
		break;
	}
	return n;
}

static bool names_game(const struct mirror_entry *e)
{
	return !e->junk && e->player != NOBODY && e->game != NOBODY &&
	       (e->kind == EVENT_ODDS || e->kind == EVENT_INJURY || e->kind == EVENT_REGENERATE);
}

/* The same, and the game that it names for its player. */
static unsigned fields_of(const struct mirror_entry *e, struct write w[WRITES_MAX])
{
	unsigned n = writes_of(e, w);
	if (names_game(e)) {
		struct write *x = add_write(w, &n, F_NAMED, e->player, 0);
		snprintf(x->value, sizeof(x->value), "%s %s", mirror_game[e->game],
			e->team == NOBODY ? "" : mirror_team[e->team]);
	}
	return n;
}

static int compare(struct mirror_key a, struct mirror_key b)
{
	if (a.ms != b.ms)
		return a.ms < b.ms ? -1 : 1;
	return a.seq == b.seq ? 0 : a.seq < b.seq ? -1 : 1;
}

/* Who the entry is, for dedup: a retried letter's is the first. */
static struct mirror_key identity(const struct mirror_entry *e)
{
	return e->is_retry ? e->origin : e->id;
}

static struct mirror_key order_key(const struct mirror_entry *e)
{
	struct mirror_key key = identity(e), due = {.ms = (uint64_t)e->due_ms};
	if (!e->junk && e->kind == EVENT_LEAGUE)
		return (struct mirror_key){.ms = (uint64_t)e->league_at};
	if (!e->junk && e->kind == EVENT_REGENERATE && e->due_ms && compare(due, key) > 0)
		return due;
	return key;
}

/* Of one of its fields. A game may be named on several streams, whose ids may be equal: then the later
 * stream's counts. */
static struct mirror_key field_key(const struct mirror_entry *e, enum field_kind kind)
{
	struct mirror_key key = order_key(e);
	if (kind == F_NAMED)
		key.seq = key.seq * 16 + e->stream + 1;
	return key;
}

static bool expires(const struct mirror_entry *e)
{
	return e->kind == EVENT_ODDS || e->kind == EVENT_GAME_ODDS || e->kind == EVENT_INJURY ||
	       e->kind == EVENT_LINEUP;
}

/* The slate. */

static const struct mirror_entry *entry_of(const struct mirror *m, int f)
{
	return m->cells[f].set && m->cells[f].entry >= 0 ? &m->log[m->cells[f].entry] : NULL;
}

static int64_t league_of(const struct mirror *m)
{
	const struct mirror_cell *c = &m->cells[field(F_LEAGUE, 0, 0)];
	return c->set ? strtoll(c->value, NULL, 10) : 0;
}

static int team_of(const struct mirror *m, int p)
{
	const struct mirror_entry *e = entry_of(m, field(F_ROSTER, p, 0));
	return e ? e->team : m->options->leagues ? mirror_default_team(league_of(m), p) : NOBODY;
}

static bool is_active(const struct mirror *m, int p)
{
	const struct mirror_entry *e = entry_of(m, field(F_ROSTER, p, 0));
	return e ? e->active : team_of(m, p) != NOBODY;
}

static bool has_team(int game, int team)
{
	return game_teams[game][0] == team || game_teams[game][1] == team;
}

static bool scheduled(const struct mirror *m, int game)
{
	return m->options->leagues && mirror_scheduled(game);
}

static bool on_slate(const struct mirror *m, int game)
{
	return scheduled(m, game) || m->cells[field(F_FACTS, game, 0)].set;
}

static int status_of(const struct mirror *m, int game)
{
	const struct mirror_entry *e = entry_of(m, field(F_FACTS, game, 0));
	return !on_slate(m, game) ? GAME_UNKNOWN : e && e->status ? e->status : GAME_SCHEDULED;
}

static int64_t tip_of(const struct mirror *m, int game)
{
	const struct mirror_entry *e = game == NOBODY ? NULL : entry_of(m, field(F_FACTS, game, 0));
	if (game == NOBODY || (e && e->tip_ms))
		return e ? e->tip_ms : 0;
	return scheduled(m, game) ? m->options->tip_ms[game] : 0;
}

static int game_of_team(const struct mirror *m, int team)
{
	int first = NOBODY;
	for (int g = 0; g < GAMES && team != NOBODY; g++) {
		int status = status_of(m, g);
		if (!on_slate(m, g) || !has_team(g, team))
			continue;
		if (status != GAME_POSTPONED && status != GAME_CANCELLED)
			return g;
		if (first == NOBODY)
			first = g;
	}
	return first;
}

struct place {
	int team, game;
	bool member;
};

static int named_of(const struct mirror *m, int p)
{
	const struct mirror_entry *named = entry_of(m, field(F_NAMED, p, 0));
	return named ? named->game : NOBODY;
}

static struct place place_of(const struct mirror *m, int p)
{
	const struct mirror_entry *named = entry_of(m, field(F_NAMED, p, 0));
	struct place at = {.team = team_of(m, p), .game = NOBODY};
	if (at.team != NOBODY) {
		at.member = is_active(m, p);
		at.game = game_of_team(m, at.team);
	} else if (named && named->team != NOBODY) {
		at.team = named->team;
		at.member = true;
	}
	if (at.game == NOBODY && named)
		at.game = named->game;
	return at;
}

/* Whether the run of p reads this field of that kind about `a`. */
static bool reads(const struct mirror *m, int p, enum field_kind kind, int a)
{
	const struct place at = place_of(m, p);
	switch (kind) {
	case F_QUOTE:
	case F_MARK:
	case F_FORCE:
		return a == p;
	case F_NAMED:
		return a == p && game_of_team(m, team_of(m, p)) == NOBODY;
	case F_INJURY:
		return a == p || (team_of(m, p) != NOBODY && is_active(m, a) && team_of(m, a) == team_of(m, p));
	case F_ROSTER:
		return a == p;
	case F_LINEUP:
	case F_TMARK:
	case F_TFORCE:
		return at.member && at.team == a;
	case F_TOTAL:
	case F_SPREAD:
	case F_FACTS:
	case F_GMARK:
	case F_GFORCE:
		return at.game == a;
	case F_SMARK:
	case F_SFORCE:
	case F_LEAGUE:
		return true;
	}
	return false;
}

/* What a field says to a player's phases. Marks are read by whatever phase they ask for. */
static unsigned fact_of(enum field_kind kind, bool himself)
{
	switch (kind) {
	case F_QUOTE:
		return 1u << FACT_ODDS;
	case F_INJURY:
		return 1u << (himself ? FACT_INJURY : FACT_MATES);
	case F_ROSTER:
	case F_NAMED:
	case F_FACTS:
		return 1u << FACT_SLATE;
	case F_LINEUP:
		return 1u << FACT_LINEUP;
	case F_TOTAL:
	case F_SPREAD:
		return 1u << FACT_GAME_ODDS;
	case F_LEAGUE:
		return 1u << FACT_LEAGUE;
	default:
		return FACTS_ALL;
	}
}

/* Whether the entry is a reason for p to go through this phase. */
static bool concerns(const struct mirror *m, const struct mirror_entry *e, int p, enum phase phase)
{
	const unsigned facts = m->phases.reads[phase];
	struct write w[WRITES_MAX];
	unsigned n = writes_of(e, w), of = 0;

	if (phase == PHASE_PRECOMPUTE && !m->phases.precompute)
		return false;
	/* A game that it names is one for reports; by them precompute learns of it. */
	if (phase == PHASE_REPORT && names_game(e) && e->player == p)
		return true;
	if (e->kind == EVENT_REGENERATE && e->phase != REGENERATE_BOTH)
		return (e->phase == REGENERATE_REPORT) == (phase == PHASE_REPORT);
	for (unsigned f = 0; f < n; f++)
		of |= fact_of(w[f].kind, e->player == p);
	return of & facts;
}

static int subject(const struct mirror_entry *e, enum field_kind kind)
{
	switch (kind) {
	case F_QUOTE:
	case F_INJURY:
	case F_ROSTER:
	case F_NAMED:
	case F_MARK:
	case F_FORCE:
		return e->player;
	case F_LINEUP:
	case F_TMARK:
	case F_TFORCE:
		return e->team;
	case F_TOTAL:
	case F_SPREAD:
	case F_FACTS:
	case F_GMARK:
	case F_GFORCE:
		return e->game;
	case F_SMARK:
	case F_SFORCE:
	case F_LEAGUE:
		return 0;
	}
	return 0;
}

/* Reports. */

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
	const struct place at = place_of(m, p);
	const int64_t c = m->players[p].runs[PHASE_REPORT].committed;
	return m->cells[field(F_FORCE, p, 0)].at > c || m->cells[field(F_SFORCE, 0, 0)].at > c ||
	       (at.game != NOBODY && m->cells[field(F_GFORCE, at.game, 0)].at > c) ||
	       (at.member && m->cells[field(F_TFORCE, at.team, 0)].at > c);
}

static int injury_of(const struct mirror *m, int p)
{
	const struct mirror_entry *e = entry_of(m, field(F_INJURY, p, 0));
	return e ? e->injury : 0;
}

static void put_quote(const struct mirror *m, struct text *t, int p, int quote, const char *name)
{
	const struct mirror_entry *e = entry_of(m, field(F_QUOTE, p, quote));
	if (e && !e->off)
		put(t, "%s:%d,%d,%d ", name, e->line * 100, e->over, e->under);
}

/* Whether he reads of this roster who is out. */
static bool is_mate(const struct mirror *m, int p, int q)
{
	return q != p && team_of(m, p) != NOBODY && is_active(m, q) && team_of(m, q) == team_of(m, p);
}

static const struct mirror_entry *lineup_of(const struct mirror *m, int p, unsigned facts)
{
	const struct place at = place_of(m, p);
	return at.member && facts & 1u << FACT_LINEUP ? entry_of(m, field(F_LINEUP, at.team, 0)) : NULL;
}

static int starter_of(const struct mirror_entry *lineup, int p)
{
	return lineup ? (int)(lineup->starters >> p & 1u) : -1;
}

/* Who speaks last of this side of the first book's points; NULL: nobody offers it. A whole quote with the other price alone
 * offers none. */
static const struct mirror_entry *side_of_main(const struct mirror *m, int p, int quote)
{
	const struct mirror_entry *whole = entry_of(m, field(F_QUOTE, p, 0)),
				  *own = entry_of(m, field(F_QUOTE, p, quote));
	const struct mirror_entry *e = !own ? whole : !whole ? own : NULL;
	if (!e)
		e = compare(m->cells[field(F_QUOTE, p, 0)].key, m->cells[field(F_QUOTE, p, quote)].key) > 0 ? whole
													    : own;
	if (!e || e->off)
		return NULL;
	const bool lacks = quote == QUOTE_OVER ? !e->over && e->under : !e->under && e->over;
	return lacks ? NULL : e;
}

static bool is_newer(const struct mirror *m, const struct mirror_entry *a, const struct mirror_entry *b)
{
	return compare(m->cells[field(F_QUOTE, a->player, a->quote)].key,
		       m->cells[field(F_QUOTE, b->player, b->quote)].key) > 0;
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
	const struct mirror_entry *over, *under, *behind, *alternate = entry_of(m, field(F_QUOTE, p, 2));
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
		if (m->cells[field(kind, game, b)].set)
			put(t, "%s:%s ", books[b], m->cells[field(kind, game, b)].value);
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
		if (game_teams[at.game][side] == at.team) {
			s.opponent = mirror_team[game_teams[at.game][!side]];
			s.home = side;
		}
	s.status = status_of(m, at.game);
	s.tip_ms = on_slate(m, at.game) ? tip_of(m, at.game) : 0;
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
static void expected_output(const struct mirror *m, int p, char output[REPORT_MAX])
{
	const struct place at = place_of(m, p);
	const unsigned facts = m->phases.reads[PHASE_PRECOMPUTE];
	const bool coarse = m->options->coarse;
	const int64_t league = m->options->leagues ? league_of(m) : 0;
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
			if (m->cells[field(F_TOTAL, at.game, b)].set)
				put(&t, " total=%s:%d", books[b],
					atoi(m->cells[field(F_TOTAL, at.game, b)].value) / 200);
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
static bool is_for_place(const struct mirror_output *o, struct place at)
{
	return o->any_place || (o->game == at.game && o->team == at.team);
}

/* What a report made from this state must say. */
static void expected_report(const struct mirror *m, int p, char report[REPORT_MAX])
{
	const struct place at = place_of(m, p);
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
		const bool usable = o->version > 0 && is_for_place(o, at);
		put(&t, "\noutput=%" PRId64 " %d %s", usable ? o->version : 0, o->failed, usable ? o->bytes : "none");
	}
	put(&t, "\nleague=%" PRId64 "\nforced=%d\n", m->options->leagues ? league_of(m) : 0, force_open(m, p));
}

/* The same but for what only says why it was run. */
static bool same_report(const char *a, const char *b)
{
	const char *x = strstr(a, "\nforced="), *y = strstr(b, "\nforced=");
	return x && y && x - a == y - b && memcmp(a, b, (size_t)(x - a)) == 0;
}

/* Reading requests. */

static bool is(const struct sim_arg *a, const char *text)
{
	return a->length == strlen(text) && memcmp(a->text, text, a->length) == 0;
}

/* The argument of a script at this place of the contract. */
static const struct sim_arg *argv_at(const struct sim_exec *e, size_t place)
{
	assert(place <= e->argc);
	return &e->argv[place - 1];
}

static int64_t number(const struct sim_arg *a)
{
	char text[32];
	snprintf(text, sizeof(text), "%.*s", (int)(a->length < 31 ? a->length : 31), a->text);
	return strtoll(text, NULL, 10);
}

static int player_of(const char *text, size_t length)
{
	for (int p = 0; p < PLAYERS; p++)
		if (strlen(mirror_player[p]) == length && memcmp(mirror_player[p], text, length) == 0)
			return p;
	mirror_violated("nobody is called %.*s", (int)length, text);
	return 0;
}

int mirror_player_of(const char *name)
{
	return player_of(name, strlen(name));
}

static int stream_of(const char *text, size_t length)
{
	for (int s = 0; s < STREAM_COUNT; s++) {
		char key[64];
		int n = snprintf(key, sizeof(key), "props:%s", stream_name((enum stream)s));
		if ((size_t)n == length && memcmp(key, text, length) == 0)
			return s;
	}
	return NOBODY;
}

static struct mirror_key parse_id(const char *text)
{
	char *end;
	struct mirror_key key = {.ms = strtoull(text, &end, 10)};
	if (*end == '-')
		key.seq = strtoull(end + 1, NULL, 10);
	return key;
}

/* "m1700000000000a0" */
static struct mirror_key parse_order_key(const struct sim_arg *a)
{
	struct mirror_key key;
	char *end;
	char text[64];
	snprintf(text, sizeof(text), "%.*s", (int)a->length, a->text);
	key.ms = strtoull(text + 1, &end, 10);
	key.seq = strtoull(end + 1, NULL, 10);
	return key;
}

static int find_entry(const struct mirror *m, int stream, struct mirror_key id)
{
	for (unsigned i = m->log_count; i-- > 0;)
		if ((int)m->log[i].stream == stream && compare(m->log[i].id, id) == 0)
			return (int)i;
	return NOBODY;
}

static bool is_live(const struct mirror *m, const char *holder)
{
	for (unsigned i = 0; i < m->live_count; i++) {
		char text[64];
		snprintf(text, sizeof(text), "%s/%s", m->live[i].name, m->live[i].boot);
		if (strcmp(text, holder) == 0)
			return true;
	}
	return false;
}

static bool is_live_name(const struct mirror *m, const char *name)
{
	for (unsigned i = 0; i < m->live_count; i++)
		if (strcmp(m->live[i].name, name) == 0)
			return true;
	return false;
}

static void set_live(struct mirror *m, const struct sim_arg *name, const struct sim_arg *boot)
{
	unsigned i = 0;
	while (i < m->live_count && !is(name, m->live[i].name))
		i++;
	if (!boot) {
		if (i < m->live_count)
			m->live[i] = m->live[--m->live_count];
		return;
	}
	if (i == m->live_count)
		snprintf(m->live[m->live_count++].name, sizeof(m->live[0].name), "%.*s", (int)name->length, name->text);
	snprintf(m->live[i].boot, sizeof(m->live[i].boot), "%.*s", (int)boot->length, boot->text);
}

/* What must hold when an entry is acknowledged. */

static bool same_event(const struct mirror *m, unsigned a, unsigned b)
{
	return a == b || (m->log[a].event_id && m->log[a].event_id == m->log[b].event_id);
}

static bool waits(const struct mirror *m, unsigned i)
{
	return m->fates[i].added && (m->fates[i].pending || !m->fates[i].delivered || !m->group[m->log[i].stream]);
}

static bool shown(const struct mirror *m, unsigned i, int p, enum phase phase);

/* No report comes of an output where the report itself is given up. */
static bool has_died(const struct mirror *m, int p, enum phase phase)
{
	return m->players[p].runs[phase].died || m->players[p].runs[PHASE_REPORT].died;
}

/* A letter names p for the entry, who was given up in that phase, or did and was retried since. */
static bool dead_for(const struct mirror *m, unsigned i, int p, enum phase phase, unsigned depth)
{
	for (unsigned k = 0; k < m->log_count; k++) {
		const struct mirror_fate *f = &m->fates[k];
		if (!same_event(m, i, k))
			continue;
		if (f->letters && (f->letter_all || (f->letter_players & 1u << p && has_died(m, p, phase))))
			return true;
		int r = f->retry[p];
		if (r != NOBODY && depth < 20 &&
			(waits(m, (unsigned)r) || shown(m, (unsigned)r, p, phase) ||
				dead_for(m, (unsigned)r, p, phase, depth + 1)))
			return true;
	}
	return false;
}

static bool moves(const struct mirror_entry *e)
{
	return !e->junk && (e->kind == EVENT_SLATE_GAME || e->kind == EVENT_SLATE_PLAYER || e->kind == EVENT_LEAGUE);
}

/* Other phases are in force, and what that asks for is not done yet. */
static bool changing(const struct mirror *m)
{
	for (unsigned k = 0; k < m->log_count; k++)
		if (m->log[k].conf && waits(m, k))
			return true;
	return false;
}

/* A script added it: he has no output yet, or it was lost, or made for another game. The run reads all that there is. */
static bool makes_anew(const struct mirror_entry *e, int p)
{
	return e->by_script && e->player == p;
}

static bool excused(const struct mirror *m, unsigned i, int p, enum phase phase)
{
	if (dead_for(m, i, p, phase, 0))
		return true;
	for (unsigned k = 0; k < m->log_count; k++) {
		const struct mirror_entry *e = &m->log[k];
		if ((moves(e) || e->conf || ((e->owed || names_game(e)) && e->player == p) ||
			    (phase == PHASE_PRECOMPUTE && makes_anew(e, p))) &&
			dead_for(m, k, p, phase, 0))
			return true;
	}
	return false;
}

/* Will an entry that was applied and is not settled yet, and may move p, make him run again? */
static bool moving(const struct mirror *m, int p, unsigned but)
{
	struct write w[WRITES_MAX];
	for (unsigned k = 0; k < m->log_count; k++) {
		const struct mirror_entry *e = &m->log[k];
		bool names = names_game(e) && e->player == p;
		/* A new league database is at work as soon as its number is raised. */
		bool applied = m->fates[k].applied || (!e->junk && e->kind == EVENT_LEAGUE);
		if (k == but || !(moves(e) || names) || !applied || !waits(m, k))
			continue;
		unsigned n = fields_of(e, w);
		if (m->players[p].runs[PHASE_REPORT].committed < m->cells[w[names ? n - 1 : 0].field].at)
			return true;
	}
	return m->loose;
}

/* The same of his output: nothing of it counts before what moves him is settled. */
static bool output_moving(const struct mirror *m, int p, unsigned but)
{
	for (unsigned k = 0; k < m->log_count; k++) {
		const struct mirror_entry *e = &m->log[k];
		const bool his =
			(e->owed || names_game(e)) && e->player == p; /* what was owed may have named his game */
		if (k != but && waits(m, k) && (moves(e) || makes_anew(e, p) || his))
			return true;
	}
	return m->loose;
}

/* By the slate alone, whoever ran or not. */
static bool touches(const struct mirror *m, const struct mirror_entry *e, int p)
{
	int team = team_of(m, p);
	bool on_roster = team != NOBODY && is_active(m, p);
	switch (e->kind) {
	case EVENT_ODDS:
		return e->player == p;
	case EVENT_INJURY:
		return e->player == p || (on_roster && is_active(m, e->player) && team_of(m, e->player) == team);
	case EVENT_LINEUP:
		return (on_roster && team == e->team) || e->starters & 1u << p;
	case EVENT_GAME_ODDS:
		return on_roster && game_of_team(m, team) == e->game;
	case EVENT_SLATE_GAME:
		return on_roster && game_of_team(m, team) == e->game;
	case EVENT_SLATE_PLAYER:
		return e->player == p || (on_roster && team == e->team);
	case EVENT_REGENERATE:
		if (e->player != NOBODY)
			return e->player == p;
		if (e->team != NOBODY)
			return on_roster && team == e->team;
		if (e->game != NOBODY)
			return on_roster && game_of_team(m, team) == e->game;
		return on_roster && game_of_team(m, team) != NOBODY;
	case EVENT_LEAGUE:
		return on_roster && game_of_team(m, team) != NOBODY;
	}
	return false;
}

/* p's report shows what the entry says of this field, or something newer, or the same said later, or does not
 * read it. */
static bool shows(const struct mirror *m, unsigned i, int p, enum phase phase, const struct write *w)
{
	const struct mirror_entry *e = &m->log[i];
	const struct mirror_player_state *s = &m->players[p];
	const bool made_from_newest = s->made_from == s->output.at;
	const struct mirror_key *keys = phase == PHASE_REPORT ? s->keys
					: made_from_newest    ? s->output.keys
							      : s->made_keys;
	const int64_t ms = phase == PHASE_REPORT ? s->report_ms : made_from_newest ? s->output.ms : s->made_from_ms;
	struct mirror_key key = field_key(e, w->kind);
	struct write x[WRITES_MAX];
	const char *value = NULL;
	char copy[120];

	if (!reads(m, p, w->kind, subject(e, w->kind)) ||
		!(fact_of(w->kind, subject(e, w->kind) == p) & m->phases.reads[phase]))
		return true;
	/* What was asked of his team or game before he came to it, he is only asked if he reads that he came. */
	if (is_mark(w->kind) && e->player != p && !(m->phases.reads[phase] & 1u << FACT_SLATE))
		return true;
	if (!s->reported)
		return !touches(m, e, p);
	for (unsigned k = 0; k < m->log_count; k++)
		if (same_event(m, i, k) && compare(field_key(&m->log[k], w->kind), key) < 0)
			key = field_key(&m->log[k], w->kind);
	if (compare(keys[w->field], key) >= 0)
		return !(e->kind == EVENT_REGENERATE && e->due_ms > ms);
	if (is_mark(w->kind))
		return false;
	for (unsigned k = 0; k < m->log_count && !value; k++) {
		unsigned n = fields_of(&m->log[k], x);
		for (unsigned f = 0; f < n; f++)
			if (x[f].field == w->field && compare(field_key(&m->log[k], w->kind), keys[w->field]) == 0) {
				snprintf(copy, sizeof(copy), "%s", x[f].value);
				value = copy;
			}
	}
	for (unsigned k = 0; k < m->log_count && value; k++) {
		unsigned n = fields_of(&m->log[k], x);
		for (unsigned f = 0; f < n; f++)
			if (x[f].field == w->field && strcmp(x[f].value, value) == 0 &&
				compare(field_key(&m->log[k], w->kind), key) >= 0)
				return true;
	}
	return false;
}

/* Of a report: it shows the entry. Of precompute: it was made from an output that does. */
static bool shown(const struct mirror *m, unsigned i, int p, enum phase phase)
{
	struct write w[WRITES_MAX];
	unsigned n = fields_of(&m->log[i], w);
	if (!concerns(m, &m->log[i], p, phase))
		return true;
	if (m->log[i].phase == REGENERATE_FIRST)
		return m->log[i].player != p || m->players[p].runs[PHASE_PRECOMPUTE].committed > 0;
	for (unsigned f = 0; f < n; f++)
		if (!shows(m, i, p, phase, &w[f]))
			return false;
	return true;
}

static const char *describe(const struct mirror *m, unsigned i)
{
	static char text[512];
	const struct mirror_entry *e = &m->log[i];
	struct write w[WRITES_MAX];
	unsigned n = fields_of(e, w);
	int length = snprintf(text, sizeof(text), "%s %" PRIu64 "-%" PRIu64 "%s%s%s", stream_name(e->stream), e->id.ms,
		e->id.seq, e->junk ? " junk" : "", e->player == NOBODY ? "" : " of ",
		e->player == NOBODY ? "" : mirror_player[e->player]);
	for (unsigned f = 0; f < n && length < (int)sizeof(text) - 140; f++)
		length += snprintf(
			text + length, sizeof(text) - (size_t)length, " [field %d: %s]", w[f].field, w[f].value);
	if (e->event_id && length < (int)sizeof(text) - 60)
		length += snprintf(text + length, sizeof(text) - (size_t)length, " event_id=%d", e->event_id);
	if (e->is_retry && length < (int)sizeof(text) - 60)
		snprintf(text + length, sizeof(text) - (size_t)length, " origin=%" PRIu64 "-%" PRIu64, e->origin.ms,
			e->origin.seq);
	return text;
}

static bool is_twin(const struct mirror *m, unsigned i)
{
	const struct mirror_entry *e = &m->log[i];
	if (!e->event_id || m->seen[e->event_id] == NOBODY)
		return false;
	const struct mirror_entry *other = &m->log[m->seen[e->event_id]];
	return other->stream != e->stream || compare(identity(other), identity(e)) != 0;
}

/* Whether the names of team-mates in p's report are those of now; an injury of one may be on its way. */
static bool shows_mates(const struct mirror *m, int p)
{
	char expected[REPORT_MAX];
	const char *a = strstr(m->players[p].report, "\nmates="), *b;
	expected_report(m, p, expected);
	for (b = strstr(expected, "\nmates="), a++, b++; *a == *b || (*a >= '0' && *a <= '9' && *b >= '0' && *b <= '9');
		a++, b++)
		if (*a == '\n')
			return true;
	return false;
}

/* A mute kept a run of his back that was not made up for yet. */
static bool is_owed(const struct mirror *m, int p)
{
	const struct mirror_runs *r = m->players[p].runs;
	return r[PHASE_REPORT].committed < r[PHASE_REPORT].owed ||
	       r[PHASE_PRECOMPUTE].committed < r[PHASE_PRECOMPUTE].owed;
}

static void must_be_settled(const struct mirror *m, unsigned i, const char *by)
{
	const struct mirror_entry *e = &m->log[i];
	const struct mirror_fate *f = &m->fates[i];
	if (e->junk) {
		if (!f->letters)
			mirror_violated("%s of %s without a dead letter", by, describe(m, i));
		return;
	}
	if (f->letters && f->letter_all)
		return;
	if (is_twin(m, i) || mirror_expiry(m, i) != MIRROR_COUNTS || compare(e->id, m->last[e->stream]) > 0)
		return;
	if (!e->conf && changing(m)) /* it was settled by what was in force before; all of it is made again */
		return;
	for (int p = 0; p < PLAYERS; p++) {
		const char *report = m->players[p].reported ? m->players[p].report : "(no report)";
		if (is_owed(m, p))
			continue;
		if (!output_moving(m, p, i) && !shown(m, i, p, PHASE_PRECOMPUTE) && !excused(m, i, p, PHASE_PRECOMPUTE))
			mirror_violated("%s of %s, but %s was not made from an output that shows it:\n%s", by,
				describe(m, i), mirror_player[p], report);
		if (moving(m, p, i))
			continue;
		if (!shown(m, i, p, PHASE_REPORT) && !excused(m, i, p, PHASE_REPORT))
			mirror_violated(
				"%s of %s, but %s does not show it:\n%s", by, describe(m, i), mirror_player[p], report);
		if (e->kind == EVENT_SLATE_PLAYER && m->players[p].reported && !excused(m, i, p, PHASE_REPORT) &&
			!shows_mates(m, p))
			mirror_violated("%s of %s, but %s has another roster:\n%s", by, describe(m, i),
				mirror_player[p], m->players[p].report);
	}
}

enum mirror_expiry mirror_expiry(const struct mirror *m, unsigned i)
{
	const struct mirror_entry *e = &m->log[i];
	unsigned teams = 0, games = 0;
	bool none = false;
	int64_t least = INT64_MAX, most = 0, t = e->ts_ms ? e->ts_ms : (int64_t)identity(e).ms;

	if (e->junk || !expires(e))
		return MIRROR_COUNTS;
	if (e->game != NOBODY)
		games |= 1u << e->game;
	if (e->kind == EVENT_LINEUP)
		teams |= 1u << e->team;
	else if (e->kind != EVENT_GAME_ODDS) {
		for (int n = 1; m->options->leagues && n <= 2; n++)
			if (mirror_default_team(n, e->player) == NOBODY)
				none = true;
			else
				teams |= 1u << mirror_default_team(n, e->player);
		none |= !m->options->leagues;
		for (unsigned k = 0; k < m->log_count; k++)
			if (!m->log[k].junk && m->log[k].kind == EVENT_SLATE_PLAYER && m->log[k].player == e->player)
				teams |= 1u << m->log[k].team;
	}
	for (int team = 0; team < TEAMS; team++) {
		bool sure = false;
		if (!(teams & 1u << team))
			continue;
		for (int g = 0; g < GAMES; g++)
			if (has_team(g, team)) {
				games |= 1u << g;
				sure |= scheduled(m, g);
			}
		none |= !sure;
	}
	/* Where the slate may have no game, one counts that events had named by then. */
	if (e->player != NOBODY && e->game == NOBODY && (none || !games))
		for (unsigned k = 0; k < m->log_count; k++)
			if (names_game(&m->log[k]) && m->log[k].player == e->player) {
				games |= 1u << m->log[k].game;
				none = true;
			}
	for (int g = 0; g < GAMES; g++) {
		if (!(games & 1u << g))
			continue;
		int64_t schedule = scheduled(m, g) && m->options->tip_ms[g] ? m->options->tip_ms[g] : INT64_MAX;
		least = schedule < least ? schedule : least;
		most = schedule > most ? schedule : most;
		for (unsigned k = 0; k < m->log_count; k++) {
			const struct mirror_entry *o = &m->log[k];
			if (o->junk || o->kind != EVENT_SLATE_GAME || o->game != g)
				continue;
			int64_t tip = o->tip_ms ? o->tip_ms : schedule;
			least = tip < least ? tip : least;
			most = tip > most ? tip : most;
		}
	}
	if (none || !games)
		most = INT64_MAX;
	return t <= least ? MIRROR_COUNTS : t > most ? MIRROR_EXPIRED : MIRROR_GREY;
}

/* Apply. */

/* Whether a quote that says what its field says already passes, of the same line, what speaks of other sides. Two sides
 * pass each other unseen where their lines are equal. */
static bool passes(
	const struct mirror *m, const struct write *w, struct mirror_key from, struct mirror_key to, int entry)
{
	static const int of_main[] = {0, QUOTE_OVER, QUOTE_UNDER};
	const struct mirror_entry *e = &m->log[entry];
	if (w->kind != F_QUOTE || (e->quote != 0 && e->quote < QUOTE_OVER))
		return false;
	for (int i = 0; i < 3; i++) {
		const struct mirror_entry *other = entry_of(m, field(F_QUOTE, e->player, of_main[i]));
		if (!other || of_main[i] == e->quote)
			continue;
		const struct mirror_key its = m->cells[field(F_QUOTE, e->player, of_main[i])].key;
		if (compare(its, from) <= 0 || compare(its, to) >= 0)
			continue;
		if (!e->quote || !of_main[i] || (!e->off && !other->off && e->line != other->line))
			return true;
	}
	return false;
}

/* One write into one field: the version at which it stands then. */
static int64_t put_cell(struct mirror *m, const struct write *w, struct mirror_key key, int entry)
{
	struct mirror_cell *c = &m->cells[w->field];
	if (c->set && compare(key, c->key) <= 0)
		return c->at;
	if (!c->set || is_mark(w->kind) || strcmp(c->value, w->value) != 0 || passes(m, w, c->key, key, entry)) {
		c->at = ++m->v;
		if (w->kind == F_FACTS || w->kind == F_ROSTER || w->kind == F_LEAGUE)
			m->sv++;
		if (w->kind == F_ROSTER && c->set)
			m->left[m->log[entry].player] |= 1u << m->log[c->entry].team;
	}
	c->set = true;
	c->key = key;
	c->entry = entry;
	snprintf(c->value, sizeof(c->value), "%s", w->value);
	return c->at;
}

/* What apply must answer to this entry's write, and what it does. */
static int apply(struct mirror *m, int i, int64_t sv, const struct write *w, int64_t *ret_at)
{
	const struct mirror_entry *e = &m->log[i];
	if (sv != m->sv)
		return ANSWER_SLATE;
	if (compare(e->id, m->last[e->stream]) > 0)
		return ANSWER_GONE;
	if (expires(e)) {
		int game = e->game, team = e->kind == EVENT_LINEUP      ? e->team
					   : e->kind == EVENT_GAME_ODDS ? NOBODY
									: team_of(m, e->player);
		if (game_of_team(m, team) != NOBODY)
			game = game_of_team(m, team);
		if (game == NOBODY && e->player != NOBODY)
			game = named_of(m, e->player);
		int64_t tip = tip_of(m, game), t = e->ts_ms ? e->ts_ms : (int64_t)identity(e).ms;
		const struct mirror_cell *c = &m->cells[w->field];
		if (tip > 0 && t > tip && !(c->set && compare(c->key, order_key(e)) == 0))
			return ANSWER_EXPIRED;
	}
	if (is_twin(m, (unsigned)i))
		return ANSWER_DUP;
	if (e->event_id)
		m->seen[e->event_id] = i;
	m->fates[i].applied = true;
	/* Trimmed and buried under an instance that stood still, which applies what it remembers and then
	 * starts over. */
	for (int p = 0; m->fates[i].letter_all && p < PLAYERS; p++)
		m->players[p].buried = m->players[p].buried_unread = true;
	m->day = true;
	*ret_at = put_cell(m, w, order_key(e), i);
	if (names_game(e)) {
		struct write all[WRITES_MAX];
		unsigned n = fields_of(e, all);
		int64_t named = put_cell(m, &all[n - 1], field_key(e, F_NAMED), i);
		if (named > *ret_at)
			*ret_at = named;
	}
	return ANSWER_NEED;
}

/* Which of the entry's writes an item's field name means. */
static const struct write *write_of_item(const struct write *w, unsigned n, const struct sim_arg *name)
{
	for (unsigned i = 0; i < n; i++) {
		bool is_force =
			w[i].kind == F_FORCE || w[i].kind == F_TFORCE || w[i].kind == F_GFORCE || w[i].kind == F_SFORCE;
		if (w[i].kind == F_TOTAL        ? name->text[0] == 't'
			: w[i].kind == F_SPREAD ? name->text[0] == 's'
			: is_mark(w[i].kind)    ? (name->text[0] == 'f') == is_force
						: true)
			return &w[i];
	}
	return NULL;
}

/* Whether p's run reads what the entry writes, by the state before it, or reads another team's names because
 * of it. */
static bool must_hear(const struct mirror *m, const struct mirror_entry *e, int p)
{
	struct write w[WRITES_MAX];
	int team = team_of(m, p);
	unsigned n = fields_of(e, w);

	for (unsigned f = 0; f < n; f++)
		if (reads(m, p, w[f].kind, subject(e, w[f].kind)))
			return true;
	if (e->kind == EVENT_SLATE_GAME)
		return team != NOBODY && has_team(e->game, team);
	return e->kind == EVENT_SLATE_PLAYER && team != NOBODY &&
	       (team == e->team || team == team_of(m, e->player) || m->left[e->player] & 1u << team ||
		       (m->options->leagues && team == mirror_default_team(league_of(m), e->player)));
}

/* Everybody who has a report that reads it is told of: by name, or as one who ran before. Who will run
 * anyway, as something moved him or a mute owes him a run, reads it then. */
static void check_audience(const struct mirror *m, const struct mirror_entry *e, const struct sim_arg *players,
	size_t count, bool done, const struct value *reply)
{
	const struct value *ran = script_out(reply, APPLY_OUT_RAN);
	unsigned told = 0;
	for (size_t i = 0; i < count; i++)
		told |= 1u << player_of(players[i].text, players[i].length);
	for (size_t i = RAN_ITEM_PLAYER; done && i < ran->count; i += RAN_ITEM_SIZE)
		told |= 1u << player_of(value_text(value_at(ran, i)), strlen(value_text(value_at(ran, i))));
	for (int p = 0; p < PLAYERS; p++)
		if (m->players[p].reported && !m->players[p].buried && !is_owed(m, p) && !moving(m, p, LOG_MAX) &&
			must_hear(m, e, p) && !(told & 1u << p))
			mirror_violated("apply of %s did not tell of %s", describe(m, (unsigned)(e - m->log)),
				mirror_player[p]);
}

static void executed_apply(struct mirror *m, const struct sim_exec *e)
{
	const struct sim_arg *argv = e->argv;
	const struct value *reply = e->reply;
	const int64_t sv = number(argv_at(e, APPLY_SV)), sv_before = m->sv, v_before = m->v;
	size_t at = APPLY_OUT_ITEMS - 1;

	m->applies++;
	for (size_t i = APPLY_ITEMS - 1; i < e->argc;) {
		struct write w[WRITES_MAX];
		const char *what = argv[i + APPLY_ITEM_WHAT].text;
		int stream = what[WHAT_STREAM - 1] - WHAT_STREAM_BASE - 1;
		int entry = find_entry(m, stream, parse_order_key(&argv[i + APPLY_ITEM_ID]));
		const char audience = what[WHAT_AUDIENCE - 1];
		bool listed = audience == AUDIENCE_LISTED,
		     together = audience == AUDIENCE_SLATE; /* else the player's own hash alone */
		size_t games = i + APPLY_ITEM_GAMES;
		size_t players = listed || together ? games + (size_t)number(&argv[games]) + 1 : 0;
		size_t player_count = listed ? (size_t)number(&argv[players]) : 0;
		if (entry == NOBODY) {
			mirror_violated("an entry was applied that nobody produced");
			return;
		}
		unsigned n = writes_of(&m->log[entry], w);
		const struct write *mine = write_of_item(w, n, &argv[i + APPLY_ITEM_FIELD]);
		int64_t version = 0;
		m->items++;
		if (!mine) {
			mirror_violated("apply wrote %.*s for %s", (int)argv[i + APPLY_ITEM_FIELD].length,
				argv[i + APPLY_ITEM_FIELD].text, describe(m, (unsigned)entry));
			return;
		}
		/* Slate entries of one list are taken together, by the slate before the first. Whom they affect is told by no
		 * reply: each acknowledgement is held against the reports. */
		int verdict = apply(m, entry, together && sv == sv_before ? m->sv : sv, mine, &version);
		int64_t answer = value_int(value_at(reply, at++));
		if (answer != verdict) {
			mirror_violated(
				"apply answered %d, not %d, to %s", (int)answer, verdict, describe(m, (unsigned)entry));
			return;
		}
		m->slates += verdict == ANSWER_SLATE;
		m->expired += verdict == ANSWER_EXPIRED;
		m->duplicates += verdict == ANSWER_DUP;
		if (verdict == ANSWER_NEED) {
			int64_t got = value_int(value_at(reply, at++));
			if (got != version)
				mirror_violated("apply says that %s stands since version %" PRId64 ", not %" PRId64,
					describe(m, (unsigned)entry), got, version);
			for (size_t p = 0; listed && p < player_count; p++) {
				int who = player_of(argv[players + 1 + p].text, argv[players + 1 + p].length);
				/* Nobody has committed what this list raised. */
				const int64_t wanted =
					version > v_before ? 0 : m->players[who].runs[PHASE_REPORT].committed;
				if (value_int(value_at(reply, at + p)) != wanted)
					mirror_violated("apply says that %s has another version", mirror_player[who]);
			}
			if (listed) {
				check_audience(m, &m->log[entry], &argv[players + 1], player_count,
					number(&argv[games]) > 0, reply);
				at += player_count;
			}
		}
		i = listed                      ? players + player_count + 1
		    : together                  ? players
		    : audience == AUDIENCE_SAME ? i + APPLY_ITEM_HASH
						: games;
	}
	bool told = script_out(reply, APPLY_OUT_SLATE)->type == VALUE_ARRAY;
	if (told != (m->sv != sv))
		mirror_violated("apply %s the slate (version %" PRId64 ", then %" PRId64 ")",
			told ? "told" : "did not tell", sv_before, m->sv);
}

/* Begin, commit and the other ends. */

static unsigned at_or_above(const int64_t *list, unsigned count, int64_t need)
{
	unsigned n = 0;
	for (unsigned i = 0; i < count; i++)
		n += list[i] >= need;
	return n;
}

/* The run ended with its process. */
static void lose(struct mirror_runs *s, int64_t now)
{
	bool outside = s->token.serial < 0;
	if (!outside && s->lost_count < FAILS_MAX) {
		s->lost[s->lost_count++] = s->token.version;
		s->lost_ms = now;
	}
	s->token.held = false;
}

/* As the script: a share that follows from player and time, of a back-off that doubles. */
static int64_t due_after(const struct mirror *m, const char *player, int64_t last_ms, unsigned n)
{
	const int64_t back_off = m->options->back_off_ms, limit = m->options->max_back_off_ms;
	const int64_t most = limit > back_off ? limit : back_off, whole = back_off << (n - 1);
	unsigned char hash[EVP_MAX_MD_SIZE];
	char text[96];
	text_format(text, sizeof(text), "%s%" PRId64, player, last_ms);
	EVP_Digest(text, strlen(text), hash, NULL, EVP_sha1(), NULL);
	const uint32_t first = (uint32_t)hash[0] << 24 | (uint32_t)hash[1] << 16 | (uint32_t)hash[2] << 8 | hash[3];
	return last_ms + (int64_t)((double)first / 4294967296.0 * (double)(whole < most ? whole : most));
}

static int verdict_of_begin(struct mirror *m, struct mirror_runs *s, const char *player, int64_t need, int64_t sv,
	const char *holder, int64_t now, int64_t *ret)
{
	if (sv != m->sv)
		return VERDICT_SLATE;
	if (s->committed >= need) {
		*ret = s->committed;
		return VERDICT_COVERED;
	}
	if (s->token.held && strcmp(s->token.holder, holder) != 0) {
		if (is_live(m, s->token.holder))
			return VERDICT_BUSY;
		lose(s, now);
	}
	unsigned lost = at_or_above(s->lost, s->lost_count, need);
	if (lost >= m->options->max_lost)
		return VERDICT_POISON;
	if (lost > LOST_FREELY) {
		*ret = due_after(m, player, s->lost_ms, lost - LOST_FREELY);
		if (now < *ret)
			return VERDICT_WAIT;
	}
	if (at_or_above(s->failed, s->failed_count, need) >= m->options->max_attempts)
		return VERDICT_DEAD;
	if (s->failed_count) {
		bool newer = need > s->failed[s->failed_count - 1];
		*ret = due_after(m, player, s->failed_ms, newer ? 1 : at_or_above(s->failed, s->failed_count, need));
		if (!(newer && s->failed_count == 1) && now < *ret)
			return VERDICT_WAIT;
	}
	*ret = m->v;
	return VERDICT_RUN;
}

/* Without any fault nobody is run for nothing: since his last run something was written that the phase reads, of him
 * or of a game or team that he once ran in. */
static bool justified(const struct mirror *m, int p, enum phase phase)
{
	const struct mirror_player_state *s = &m->players[p];
	const unsigned facts = m->phases.reads[phase];
	const int64_t from = s->runs[phase].committed;
	if (phase == PHASE_REPORT ? !s->reported || s->output.at > from : from == 0)
		return true;
	for (unsigned i = 0; i < m->log_count; i++) {
		struct write w[WRITES_MAX];
		const struct mirror_entry *e = &m->log[i];
		unsigned n = m->fates[i].applied ? fields_of(e, w) : 0;
		for (unsigned f = 0; f < n; f++) {
			int64_t at = m->cells[w[f].field].at;
			/* An entry has one need, also where of two things that it says only the game was new. */
			const bool named = names_game(e) && e->player == p && concerns(m, e, p, phase);
			if (at <= from || !(named || fact_of(w[f].kind, subject(e, w[f].kind) == p) & facts))
				continue;
			if ((e->game != NOBODY && s->ran_in & 1u << e->game) ||
				(e->team != NOBODY && s->ran_for & 1u << e->team) ||
				reads(m, p, w[f].kind, subject(e, w[f].kind)) || moves(e) || touches(m, e, p) ||
				(e->kind == EVENT_INJURY && e->player != p)) /* who moves on the same night
										may have been told of both */
				return true;
		}
	}
	return facts & 1u << FACT_LEAGUE && league_of(m) && m->cells[field(F_LEAGUE, 0, 0)].at > from;
}

/* The output is about to be another: what the report, and one that runs, were made from stays known. */
static void output_changes(struct mirror_player_state *s)
{
	struct mirror_token *t = &s->runs[PHASE_REPORT].token;
	if (s->made_from == s->output.at) {
		memcpy(s->made_keys, s->output.keys, sizeof(s->made_keys));
		s->made_from_ms = s->output.ms;
	}
	if (t->held && t->made_from == s->output.at) {
		memcpy(t->made_keys, s->output.keys, sizeof(t->made_keys));
		t->made_from_ms = s->output.ms;
	}
}

/* Precompute is given up for a need: the output says so. */
static void output_fails(struct mirror *m, int p)
{
	struct mirror_output *o = &m->players[p].output;
	m->players[p].runs[PHASE_PRECOMPUTE].died = true;
	if (o->failed)
		return;
	output_changes(&m->players[p]);
	o->failed = o->there = true;
	o->at = ++m->v;
}

/* The game that events named last is another than the output was made for, and no slate entry says so. */
static bool output_misplaced(const struct mirror *m, int p)
{
	const struct mirror_output *o = &m->players[p].output;
	const int team = team_of(m, p);
	return o->version > 0 && (team == NOBODY || game_of_team(m, team) == NOBODY) && named_of(m, p) != NOBODY &&
	       !is_for_place(o, place_of(m, p));
}

static int find_asked(const struct mirror *m, int p, enum regenerate_phase phase, int64_t now_ms)
{
	for (unsigned i = m->log_count; i-- > 0;)
		if (m->log[i].by_script && !m->log[i].is_retry && m->log[i].player == p && m->log[i].phase == phase &&
			(int64_t)m->log[i].id.ms == now_ms && compare(m->log[i].id, m->last[STREAM_REGENERATE]) > 0)
			return (int)i;
	return NOBODY;
}

/* A report begins: without an output that is to be had, one is asked for. */
static void report_begins(struct mirror *m, int p, int64_t held, const struct value *answer, int64_t now_ms)
{
	struct mirror_player_state *s = &m->players[p];
	struct mirror_output *o = &s->output;
	const bool fetched = o->version > 0 && held != o->at, first = !o->there;
	if (first || output_misplaced(m, p) || (fetched && o->evicted)) {
		const int i = find_asked(m, p, first ? REGENERATE_FIRST : REGENERATE_PRECOMPUTE, now_ms);
		if (i == NOBODY)
			mirror_violated(
				"a report of %s began without an output, and none was asked for", mirror_player[p]);
		else
			mirror_added(m, (unsigned)i);
		output_changes(s);
		*o = (struct mirror_output){.there = true};
	}
	char *end;
	const int64_t at = strtoll(value_text(script_out(answer, OUT_OUTPUT)), &end, 10);
	const bool failed = strtoll(end, &end, 10);
	const int64_t version = strtoll(end, &end, 10);
	if (at != o->at || failed != o->failed || version != o->version)
		mirror_violated("begin of %s told of the output %s, which is at %" PRId64 " of version %" PRId64,
			mirror_player[p], value_text(script_out(answer, OUT_OUTPUT)), o->at, o->version);
	const bool with_bytes = o->version > 0 && held != o->at;
	const struct value *bytes = script_out(answer, OUT_BYTES);
	if ((bytes->type == VALUE_STRING) != with_bytes || (with_bytes && strcmp(value_text(bytes), o->bytes) != 0))
		mirror_violated("begin of %s told of the bytes %s, not %s", mirror_player[p], value_text(bytes),
			with_bytes ? o->bytes : "of none");
}

static enum phase phase_of(const struct sim_arg *a)
{
	return a->length ? PHASE_PRECOMPUTE : PHASE_REPORT;
}

/* A run begins. */
static void run_begins(struct mirror *m, int p, enum phase phase, bool is_justified, const char *holder, int64_t serial)
{
	struct mirror_player_state *s = &m->players[p];
	struct mirror_token *t = &s->runs[phase].token;
	const struct place at = place_of(m, p);
	m->runs++;
	*t = (struct mirror_token){.held = true,
		.serial = serial,
		.version = m->v,
		.justified = is_justified,
		.game = at.game,
		.team = at.team,
		.facts = m->phases.reads[phase],
		.made_from = s->output.at};
	if (at.game != NOBODY)
		s->ran_in |= 1u << at.game;
	if (at.team != NOBODY)
		s->ran_for |= 1u << at.team;
	snprintf(t->holder, sizeof(t->holder), "%s", holder);
	for (int f = 0; f < FIELDS; f++)
		t->keys[f] = m->cells[f].key;
	if (phase == PHASE_REPORT)
		expected_report(m, p, t->report);
	else
		expected_output(m, p, t->report);
}

static void check_settling(const struct mirror *m, int p, const struct value *answer)
{
	const struct mirror_player_state *s = &m->players[p];
	if (value_int(script_out(answer, OUT_OUTPUT_AT)) != s->output.at ||
		value_int(script_out(answer, OUT_REPORT)) != s->runs[PHASE_REPORT].committed)
		mirror_violated("precompute of %s is settled and told with another output or report", mirror_player[p]);
}

static void executed_begin(struct mirror *m, const struct sim_exec *e)
{
	const struct sim_arg *argv = e->argv;
	const struct sim_arg *by = argv_at(e, BEGIN_HOLDER);
	const int64_t sv = number(argv_at(e, BEGIN_SV));
	const size_t count = (size_t)number(argv_at(e, BEGIN_COUNT));
	char holder[HOLDER_MAX];

	snprintf(holder, sizeof(holder), "%.*s", (int)by->length, by->text);
	for (size_t i = BEGIN_ITEMS - 1, n = 0; n < count; n++, i += BEGIN_ITEM_SIZE) {
		const struct sim_arg *who = &argv[i + BEGIN_ITEM_PLAYER];
		const int64_t need = number(&argv[i + BEGIN_ITEM_NEED]);
		const enum phase phase = phase_of(&argv[i + BEGIN_ITEM_PHASE]);
		int p = player_of(who->text, who->length);
		struct mirror_runs *s = &m->players[p].runs[phase];
		const struct value *answer = script_out(e->reply, BEGIN_OUT_ITEMS + n);
		int64_t expected = 0;
		int verdict = verdict_of_begin(m, s, mirror_player[p], need, sv, holder, e->now_ms, &expected);
		if (value_int(script_out(answer, OUT_VERDICT)) != verdict) {
			mirror_violated("begin of %s (%s, need %" PRId64 ") answered %d, not %d", mirror_player[p],
				phase_name(phase), need, (int)value_int(script_out(answer, OUT_VERDICT)), verdict);
			return;
		}
		if ((verdict == VERDICT_RUN || verdict == VERDICT_COVERED || verdict == VERDICT_WAIT) &&
			value_int(script_out(answer, OUT_VERSION)) != expected)
			mirror_violated("begin of %s answered %d with %" PRId64 ", not %" PRId64, mirror_player[p],
				verdict, value_int(script_out(answer, OUT_VERSION)), expected);
		const bool dead = verdict == VERDICT_DEAD || verdict == VERDICT_POISON;
		s->died |= dead;
		if (phase == PHASE_PRECOMPUTE && dead)
			output_fails(m, p);
		if (phase == PHASE_PRECOMPUTE && (dead || verdict == VERDICT_COVERED))
			check_settling(m, p, answer);
		if (verdict != VERDICT_RUN)
			continue;
		if (value_int(script_out(answer, OUT_LOST)) != s->lost_count)
			mirror_violated("begin of %s told of %d lost runs, not %u", mirror_player[p],
				(int)value_int(script_out(answer, OUT_LOST)), s->lost_count);
		const bool is_justified = justified(m, p, phase); /* perhaps by the output that is given up now */
		if (phase == PHASE_REPORT && m->phases.precompute)
			report_begins(m, p, number(&argv[i + BEGIN_ITEM_HELD]), answer, e->now_ms);
		run_begins(m, p, phase, is_justified, holder, number(&argv[i + BEGIN_ITEM_SERIAL]));
	}
}

static bool token_is(
	const struct mirror_token *t, const struct sim_arg *holder_and_serial, const struct sim_arg *version)
{
	char text[HOLDER_MAX + 32];
	snprintf(text, sizeof(text), "%s/%" PRId64, t->holder, t->serial);
	return t->held && is(holder_and_serial, text) && number(version) == t->version;
}

static void report_commits(struct mirror_player_state *s, int64_t now_ms)
{
	const struct mirror_token *t = &s->runs[PHASE_REPORT].token;
	s->reported = true;
	s->report_ms = now_ms;
	s->made_from = t->made_from;
	s->made_from_ms = t->made_from_ms;
	memcpy(s->keys, t->keys, sizeof(s->keys));
	memcpy(s->made_keys, t->made_keys, sizeof(s->made_keys));
	memcpy(s->report, t->report, sizeof(s->report));
}

static void output_commits(struct mirror *m, int p, int64_t now_ms)
{
	struct mirror_player_state *s = &m->players[p];
	struct mirror_output *o = &s->output;
	const struct mirror_token *t = &s->runs[PHASE_PRECOMPUTE].token;
	for (int f = 0; f < FIELDS; f++)
		if (compare(o->keys[f], t->keys[f]) > 0)
			mirror_violated("the output of %s went backwards in field %d", mirror_player[p], f);
	m->outputs++;
	const bool any_place = !(t->facts & 1u << FACT_SLATE);
	const bool moved = any_place != o->any_place || (!any_place && (o->game != t->game || o->team != t->team));
	if (o->version == 0 || o->failed || o->evicted || strcmp(o->bytes, t->report) != 0 || moved) {
		output_changes(s);
		o->at = ++m->v;
		o->version = t->version;
		o->there = true;
		o->failed = o->evicted = false;
		memcpy(o->bytes, t->report, sizeof(o->bytes));
		o->game = t->game;
		o->team = t->team;
		o->any_place = any_place;
	} else
		m->equal++;
	memcpy(o->keys, t->keys, sizeof(o->keys));
	o->ms = now_ms;
}

/* The ends of runs that came to something, of either phase. */
struct ends {
	enum phase phase;
	size_t first, size, player, token, version, bytes;
};

static void executed_ends(struct mirror *m, const struct sim_exec *e, const struct ends *of, bool fault_free)
{
	const struct sim_arg *argv = e->argv;
	for (size_t i = of->first - 1, n = 0; i + of->size <= e->argc; i += of->size, n++) {
		const struct sim_arg *who = &argv[i + of->player], *made = &argv[i + of->bytes];
		int p = player_of(who->text, who->length);
		struct mirror_player_state *s = &m->players[p];
		struct mirror_runs *runs = &s->runs[of->phase];
		const struct value *answer = value_at(e->reply, n);
		bool stands = token_is(&runs->token, &argv[i + of->token], &argv[i + of->version]);
		if ((value_int(script_out(answer, COMMIT_OUT_ANSWER)) == COMMIT_TAKEN) != stands) {
			mirror_violated("commit of %s %s", mirror_player[p],
				stands ? "was refused with its token standing" : "was taken without a token");
			return;
		}
		if (!stands) {
			m->refused++;
			if (value_int(script_out(answer, COMMIT_OUT_COMMITTED)) != runs->committed)
				mirror_violated("a refused commit of %s told another version", mirror_player[p]);
			if (fault_free)
				mirror_violated("a run of %s for nothing: its commit was refused without any fault",
					mirror_player[p]);
			continue;
		}
		m->commits++;
		char report[REPORT_MAX];
		snprintf(report, sizeof(report), "%.*s", (int)made->length, made->text);
		if (strcmp(report, runs->token.report) != 0)
			mirror_violated("%s was run on another state than his begin's:\n%s\nexpected:\n%s",
				mirror_player[p], report, runs->token.report);
		if (runs->token.version <= runs->committed)
			mirror_violated("%s: version %" PRId64 " after %" PRId64, mirror_player[p], runs->token.version,
				runs->committed);
		if (fault_free && !runs->token.justified)
			mirror_violated("a run of %s (%s) for nothing: version %" PRId64 " after %" PRId64,
				mirror_player[p], phase_name(of->phase), runs->token.version, runs->committed);
		runs->committed = runs->token.version;
		if (of->phase == PHASE_REPORT) {
			for (int f = 0; s->reported && f < FIELDS; f++)
				if (compare(s->keys[f], runs->token.keys[f]) > 0)
					mirror_violated(
						"the report of %s went backwards in field %d", mirror_player[p], f);
			if (runs->token.made_from && s->made_from > runs->token.made_from)
				mirror_violated("the report of %s went back to an older output", mirror_player[p]);
			report_commits(s, e->now_ms);
		} else
			output_commits(m, p, e->now_ms);
		runs->failed_count = runs->lost_count = 0;
		runs->token.held = false;
	}
}

static void executed_commit(struct mirror *m, const struct sim_exec *e, bool fault_free)
{
	static const struct ends reports = {PHASE_REPORT, COMMIT_ITEMS, COMMIT_ITEM_SIZE, COMMIT_ITEM_PLAYER,
		COMMIT_ITEM_TOKEN, COMMIT_ITEM_VERSION, COMMIT_ITEM_REPORT};
	executed_ends(m, e, &reports, fault_free);
}

static void executed_output(struct mirror *m, const struct sim_exec *e, bool fault_free)
{
	static const struct ends outputs = {PHASE_PRECOMPUTE, OUTPUT_ITEMS, OUTPUT_ITEM_SIZE, OUTPUT_ITEM_PLAYER,
		OUTPUT_ITEM_TOKEN, OUTPUT_ITEM_VERSION, OUTPUT_ITEM_BYTES};
	executed_ends(m, e, &outputs, fault_free);
	for (size_t i = OUTPUT_ITEMS - 1, n = 0; i + OUTPUT_ITEM_SIZE <= e->argc; i += OUTPUT_ITEM_SIZE, n++) {
		const struct value *answer = value_at(e->reply, n);
		int p = player_of(e->argv[i].text, e->argv[i].length);
		if (value_int(script_out(answer, OUTPUT_OUT_AT)) != m->players[p].output.at ||
			value_int(script_out(answer, OUTPUT_OUT_REPORT)) != m->players[p].runs[PHASE_REPORT].committed)
			mirror_violated("the output of %s was told with another version", mirror_player[p]);
	}
}

static void executed_fail(struct mirror *m, const struct sim_exec *e)
{
	const struct sim_arg *argv = e->argv;
	for (size_t i = FAIL_ITEMS - 1, n = 0; i + FAIL_ITEM_SIZE <= e->argc; i += FAIL_ITEM_SIZE, n++) {
		const struct sim_arg *who = &argv[i + FAIL_ITEM_PLAYER];
		int p = player_of(who->text, who->length);
		const enum phase phase = phase_of(&argv[i + FAIL_ITEM_PHASE]);
		struct mirror_runs *s = &m->players[p].runs[phase];
		bool stands = token_is(&s->token, &argv[i + FAIL_ITEM_TOKEN], &argv[i + FAIL_ITEM_VERSION]);
		if ((value_at(e->reply, n)->type == VALUE_STRING) != stands) {
			mirror_violated("fail of %s %s", mirror_player[p],
				stands ? "was refused" : "was taken without a token");
			return;
		}
		if (!stands)
			continue;
		m->fails++;
		if (s->failed_count < FAILS_MAX)
			s->failed[s->failed_count++] = s->token.version;
		s->failed_ms = e->now_ms;
		s->token.held = false;
		if (phase == PHASE_REPORT) /* needs are given up with the reply */
			s->died |= s->failed_count >= m->options->max_attempts;
	}
}

static struct mirror_runs *runs_of_field(struct mirror *m, const struct sim_arg *a) /* "2025-11-15/abe", ".../abe/p" */
{
	const char *player = memchr(a->text, '/', a->length), *end = a->text + a->length;
	if (!player++) {
		mirror_violated("a token of %.*s", (int)a->length, a->text);
		return &m->players[0].runs[0];
	}
	const char *slash = memchr(player, '/', (size_t)(end - player));
	return &m->players[player_of(player, (size_t)((slash ? slash : end) - player))]
			.runs[slash ? PHASE_PRECOMPUTE : PHASE_REPORT];
}

static void executed_release(struct mirror *m, const struct sim_exec *e)
{
	for (size_t i = RELEASE_ITEMS - 1; i + RELEASE_ITEM_SIZE <= e->argc; i += RELEASE_ITEM_SIZE) {
		const struct sim_arg *who = &e->argv[i + RELEASE_ITEM_FIELD];
		struct mirror_token *t = &runs_of_field(m, who)->token;
		char text[HOLDER_MAX + 64];
		snprintf(text, sizeof(text), "%s/%" PRId64 " %" PRId64, t->holder, t->serial, t->version);
		if (t->held && is(&e->argv[i + RELEASE_ITEM_TOKEN], text))
			t->held = false;
	}
}

static void executed_beat(struct mirror *m, const struct sim_exec *e)
{
	char mine[64], name[40];
	const struct sim_arg *me = argv_at(e, BEAT_NAME), *boot = argv_at(e, BEAT_BOOT);
	if (strcmp(value_text(script_out(e->reply, BEAT_OUT_WHOSE)), BEAT_OTHER) == 0)
		return;
	snprintf(name, sizeof(name), "%.*s/", (int)me->length, me->text);
	snprintf(mine, sizeof(mine), "%.*s/%.*s", (int)me->length, me->text, (int)boot->length, boot->text);
	for (int k = 0; k < PLAYERS * PHASE_COUNT; k++) {
		struct mirror_runs *runs = &m->players[k / PHASE_COUNT].runs[k % PHASE_COUNT];
		struct mirror_token *t = &runs->token;
		bool known = false;
		if (!t->held || strncmp(t->holder, name, strlen(name)) != 0)
			continue;
		for (size_t i = BEAT_ITEMS - 1; i + BEAT_ITEM_SIZE <= e->argc; i += BEAT_ITEM_SIZE)
			known |= runs_of_field(m, &e->argv[i + BEAT_ITEM_FIELD]) == runs &&
				 number(&e->argv[i + BEAT_ITEM_SERIAL]) == t->serial;
		if (known)
			continue;
		if (strcmp(t->holder, mine) == 0)
			t->held = false;
		else
			lose(runs, e->now_ms);
	}
}

/* Letters, acks, reading. */

static void letter(struct mirror *m, int i, const char *id, const char *reason, const char *players)
{
	struct mirror_fate *f = &m->fates[i];
	const struct mirror_entry *e = &m->log[i];
	unsigned named = 0;
	for (const char *p = players; *p;) {
		size_t n = strcspn(p, ",");
		if (named & 1u << player_of(p, n))
			mirror_violated("%s's letter names %.*s twice", describe(m, (unsigned)i), (int)n, p);
		named |= 1u << player_of(p, n);
		p += n + (p[n] == ',');
	}
	f->pending = false;
	if (f->letters && strcmp(f->letter, id) == 0)
		return; /* handed out again by a group that was made anew: the letter there is stands for it
			 */
	f->letters++;
	f->letter_players |= named;
	snprintf(f->letter, sizeof(f->letter), "%s", id);
	for (int p = 0; p < PLAYERS; p++)
		if (named & 1u << p)
			m->players[p].buried = true;
	if (strcmp(reason, "malformed") == 0) {
		f->letter_all = true;
		if (!e->junk)
			mirror_violated("%s was called malformed", describe(m, (unsigned)i));
	} else if (strcmp(reason, "trimmed") == 0) {
		f->letter_all = true;
		if (!f->trimmed)
			mirror_violated("%s was called trimmed", describe(m, (unsigned)i));
		for (int p = 0; f->applied && p < PLAYERS; p++)
			/* Who has not run for it by now never will. */
			m->players[p].buried = m->players[p].buried_unread = true;
	} else if (strcmp(reason, "before_mark") == 0)
		f->letter_all = true;
	else if (strcmp(reason, "failed") != 0 && strcmp(reason, "poison") != 0)
		mirror_violated("%s was buried as %s", describe(m, (unsigned)i), reason);
	else if (!named)
		mirror_violated("%s was buried for nobody", describe(m, (unsigned)i));
	if (f->letters > 1)
		mirror_violated("%s has %u dead letters", describe(m, (unsigned)i), f->letters);
}

static const char *letter_field(const struct sim_exec *e, size_t from, const char *name, char *buffer, size_t size)
{
	buffer[0] = '\0';
	for (size_t i = from; i + 1 < e->argc; i += 2)
		if (is(&e->argv[i], name))
			snprintf(buffer, size, "%.*s", (int)e->argv[i + 1].length, e->argv[i + 1].text);
	return buffer;
}

static void executed_dead(struct mirror *m, const struct sim_exec *e)
{
	char id[64], reason[32], players[256];
	const struct sim_arg *key = argv_at(e, DEAD_STREAM), *of = argv_at(e, DEAD_ID);
	int stream = stream_of(key->text, key->length);
	snprintf(id, sizeof(id), "%.*s", (int)of->length, of->text);
	int i = find_entry(m, stream, parse_id(id));
	if (i == NOBODY) {
		mirror_violated("a dead letter of nothing: %s", id);
		return;
	}
	if (e->reply->type != VALUE_STRING)
		return;
	letter(m, i, value_text(e->reply), letter_field(e, DEAD_FIELDS - 1, "reason", reason, sizeof(reason)),
		letter_field(e, DEAD_FIELDS - 1, "players", players, sizeof(players)));
	must_be_settled(m, (unsigned)i, "dead letter");
}

static void executed_ack(struct mirror *m, const struct sim_exec *e)
{
	int stream = stream_of(e->argv[1].text, e->argv[1].length);
	for (size_t i = 3; i < e->argc; i++) {
		char id[64];
		snprintf(id, sizeof(id), "%.*s", (int)e->argv[i].length, e->argv[i].text);
		int entry = find_entry(m, stream, parse_id(id));
		if (entry == NOBODY) {
			mirror_violated("an ack of nothing: %s", id);
			return;
		}
		if (m->fates[entry].pending)
			must_be_settled(m, (unsigned)entry, "ack");
		m->fates[entry].pending = false;
	}
}

static void executed_read(struct mirror *m, const struct sim_exec *e)
{
	if (!is(&e->argv[e->argc - 1], ">") || e->reply->type != VALUE_ARRAY)
		return;
	for (size_t s = 0; s < e->reply->count; s++) {
		const struct value *key = value_at(value_at(e->reply, s), 0),
				   *entries = value_at(value_at(e->reply, s), 1);
		int stream = stream_of(key->text, key->length);
		for (size_t k = 0; k < entries->count; k++) {
			int i = find_entry(m, stream, parse_id(value_text(value_at(&entries->items[k], 0))));
			if (i == NOBODY)
				continue;
			m->fates[i].pending = m->fates[i].delivered = true;
			snprintf(m->fates[i].owner, sizeof(m->fates[i].owner), "%.*s", (int)e->argv[3].length,
				e->argv[3].text);
		}
	}
}

static void executed_claim(struct mirror *m, const struct sim_exec *e)
{
	const struct sim_arg *by = argv_at(e, CLAIM_NAME);
	char name[24], me[16];
	snprintf(me, sizeof(me), "%.*s", (int)(by->length % sizeof(me)), by->text);
	snprintf(name, sizeof(name), "%s/", me);
	/* Whatever was claimed is ours now; the reply names those that are still there. */
	for (size_t s = 0; s < e->reply->count; s++) {
		const struct value *taken = script_out(value_at(e->reply, s), CLAIM_OUT_TAKEN);
		for (size_t k = 0; taken->type == VALUE_ARRAY && k < taken->count; k++) {
			int i = find_entry(m, (int)s, parse_id(value_text(value_at(&taken->items[k], 0))));
			if (i == NOBODY)
				continue;
			if (!m->fates[i].pending || is_live_name(m, m->fates[i].owner))
				mirror_violated(
					"claimed from the living %s: %s", m->fates[i].owner, describe(m, (unsigned)i));
			snprintf(m->fates[i].owner, sizeof(m->fates[i].owner), "%s", me);
		}
	}
	for (int k = 0; k < PLAYERS * PHASE_COUNT; k++) {
		struct mirror_runs *runs = &m->players[k / PHASE_COUNT].runs[k % PHASE_COUNT];
		const struct mirror_token *t = &runs->token;
		if (t->held && strncmp(t->holder, name, strlen(name)) != 0 && !is_live(m, t->holder))
			lose(runs, e->now_ms);
	}
	for (size_t s = 0; s < e->reply->count; s++) {
		int64_t lost = value_int(script_out(value_at(e->reply, s), CLAIM_OUT_LOST));
		/* Which ones follows from who had them; their letters are in Redis. */
		for (unsigned i = 0; lost > 0 && i < m->log_count; i++) {
			struct mirror_fate *f = &m->fates[i];
			if ((size_t)m->log[i].stream != s || !f->pending || !f->trimmed || strcmp(f->owner, me) == 0 ||
				is_live_name(m, f->owner))
				continue;
			lost--;
			if (f->letters)
				f->pending = false;
			else
				letter(m, (int)i, "claimed", "trimmed", "");
		}
		if (lost)
			mirror_violated("claim found %d entries trimmed that were not", (int)lost);
	}
}

/* By one that cannot serve them, to one that lives. */
static void executed_hand(struct mirror *m, const struct sim_exec *e)
{
	const struct sim_arg *to = argv_at(e, HAND_TO), *by = argv_at(e, HAND_NAME), *key = argv_at(e, HAND_STREAM);
	for (size_t k = 0; e->reply->type == VALUE_ARRAY && k < e->reply->count; k++) {
		int i = find_entry(
			m, stream_of(key->text, key->length), parse_id(argv_at(e, (unsigned)(HAND_ITEMS + k))->text));
		if (i == NOBODY || value_int(value_at(e->reply, k)) == 0)
			continue;
		struct mirror_fate *f = &m->fates[i];
		if (!f->pending || !is(by, f->owner))
			mirror_violated("handed over by another than %s: %s", f->owner, describe(m, (unsigned)i));
		snprintf(f->owner, sizeof(f->owner), "%.*s", (int)to->length, to->text);
		if (!is_live_name(m, f->owner))
			mirror_violated("handed over to %s, who is dead: %s", f->owner, describe(m, (unsigned)i));
	}
}

static void executed_group(struct mirror *m)
{
	for (int s = 0; s < STREAM_COUNT; s++) {
		if (m->group[s])
			continue;
		m->group[s] = true;
		for (unsigned i = 0; i < m->log_count; i++)
			if ((int)m->log[i].stream == s)
				m->fates[i].pending = m->fates[i].delivered = false;
	}
}

/* By the state before it: whether the day gets this league. What living instance has the other one, only the reply tells. */
static bool league_is_put(const struct mirror *m, const struct sim_exec *e)
{
	const struct sim_arg *how = argv_at(e, LEAGUE_HOW);
	return number(argv_at(e, LEAGUE_SV)) == m->sv &&
	       (is(how, LEAGUE_RAISE) ||
		       (is(how, LEAGUE_TAKE) && value_text(script_out(e->reply, LEAGUE_OUT_HOLDER))[0] == '\0'));
}

bool mirror_league_adds(const struct mirror *m, const struct sim_exec *e)
{
	return m->day && league_is_put(m, e);
}

static void executed_league(struct mirror *m, const struct sim_exec *e)
{
	struct mirror_cell *c = &m->cells[field(F_LEAGUE, 0, 0)];
	if (!league_is_put(m, e))
		return;
	if (is(argv_at(e, LEAGUE_HOW), LEAGUE_RAISE) && number(argv_at(e, LEAGUE_OURS)) <= league_of(m))
		mirror_violated("the day's league was raised from %" PRId64 " to %" PRId64, league_of(m),
			number(argv_at(e, LEAGUE_OURS)));
	m->v++;
	m->sv++;
	/* The entry that it added is in the log already. */
	for (unsigned i = m->log_count; m->day && i-- > 0;)
		if (!m->log[i].junk && m->log[i].kind == EVENT_LEAGUE && m->log[i].league_at == m->v &&
			!m->fates[i].added && compare(m->log[i].id, m->last[STREAM_REGENERATE]) > 0 &&
			(int64_t)m->log[i].id.ms <= e->now_ms) {
			mirror_added(m, i);
			break;
		}
	*c = (struct mirror_cell){.set = true, .key = {.ms = (uint64_t)m->v}, .at = m->v, .entry = NOBODY};
	snprintf(c->value, sizeof(c->value), "%.*s", (int)argv_at(e, LEAGUE_OURS)->length,
		argv_at(e, LEAGUE_OURS)->text);
	m->day = true;
}

static void executed_mute(struct mirror *m, const struct sim_exec *e)
{
	for (size_t i = MUTE_ITEMS - 1; i < e->argc; i += MUTE_ITEM_SIZE) {
		const struct sim_arg *who = &e->argv[i + MUTE_ITEM_PLAYER];
		const int64_t need = number(&e->argv[i + MUTE_ITEM_NEED]);
		const char *slash = memchr(who->text, '/', who->length);
		const int p = player_of(who->text, slash ? (size_t)(slash - who->text) : who->length);
		int64_t *owed = &m->players[p].runs[slash ? PHASE_PRECOMPUTE : PHASE_REPORT].owed;
		if (need > *owed)
			*owed = need;
	}
}

/* The table of phases, as the instances write it. */
static void table_text(const struct phases *p, char text[64])
{
	int n = snprintf(text, 64, "report=%x", p->reads[PHASE_REPORT]);
	if (p->precompute)
		snprintf(text + n, 64 - (size_t)n, " precompute=%x", p->reads[PHASE_PRECOMPUTE]);
}

/* Whoever takes a name has its table in force, or stands by: its name and its runs are no more. What the script has added
 * is in the log already. */
static void executed_take(struct mirror *m, const struct sim_exec *e)
{
	const struct sim_arg *name = argv_at(e, TAKE_NAME), *boot = argv_at(e, TAKE_OURS);
	const int64_t state = value_int(script_out(e->reply, TAKE_OUT_STATE));
	char holder[HOLDER_MAX], text[64];

	if (state == TAKE_TAKEN) {
		set_live(m, name, boot);
		table_text(&m->options->tables[1], text);
		m->phases = m->options->tables[is(argv_at(e, TAKE_PHASES), text)];
		snprintf(m->in_force, sizeof(m->in_force), "%s", value_text(script_out(e->reply, TAKE_OUT_PHASES)));
		for (unsigned i = 0; i < m->log_count; i++)
			if (m->log[i].conf && !m->log[i].is_retry && !m->fates[i].added &&
				(int64_t)m->log[i].id.ms == e->now_ms)
				mirror_added(m, i);
	}
	if (state != TAKE_OTHERS)
		return;
	snprintf(holder, sizeof(holder), "%.*s/%.*s", (int)name->length, name->text, (int)boot->length, boot->text);
	const bool ours = is_live(m, holder);
	set_live(m, name, NULL);
	for (int p = 0; ours && p < PLAYERS; p++)
		for (int phase = 0; phase < PHASE_COUNT; phase++)
			if (strcmp(m->players[p].runs[phase].token.holder, holder) == 0)
				m->players[p].runs[phase].token.held = false;
}

/* Who has other phases than those in force is refused. */
static bool is_outdated(const struct mirror *m, const struct sim_exec *e)
{
	return (e->script == SCRIPT_BEAT && !is(argv_at(e, BEAT_PHASES), m->in_force)) ||
	       (e->script == SCRIPT_APPLY && !is(argv_at(e, APPLY_PHASES), m->in_force)) ||
	       (e->script == SCRIPT_BEGIN && !is(argv_at(e, BEGIN_PHASES), m->in_force));
}

/* What a script has added for runs that were owed is in the log already. */
static void executed_owed(struct mirror *m, const struct sim_exec *e)
{
	for (unsigned i = 0; i < m->log_count; i++)
		if (m->log[i].owed && !m->fates[i].added && (int64_t)m->log[i].id.ms == e->now_ms)
			mirror_added(m, i);
}

static void executed_retry(struct mirror *m, const struct sim_exec *e)
{
	if (e->reply->type != VALUE_STRING)
		return;
	for (int s = 0; s < STREAM_COUNT; s++) {
		int i = find_entry(m, s, parse_id(value_text(e->reply)));
		/* Equal ids may come up on several streams at once: whose it is says the letter. */
		if (i == NOBODY || !m->log[i].is_retry || m->fates[i].added ||
			!is(argv_at(e, RETRY_LETTER), m->fates[m->log[i].origin_entry].letter))
			continue;
		struct mirror_fate *f = &m->fates[m->log[i].origin_entry];
		m->fates[i].added = true;
		m->last[s] = m->log[i].id;
		for (int p = 0; p < PLAYERS; p++)
			if (f->letter_all || f->letter_players & 1u << p)
				f->retry[p] = i;
		f->letters--;
		f->letter_players = 0;
		f->letter_all = false;
		for (size_t k = RETRY_PLAYERS - 1; k < e->argc; k++) {
			struct mirror_player_state *p = &m->players[player_of(e->argv[k].text, e->argv[k].length)];
			for (int phase = 0; phase < PHASE_COUNT; phase++)
				p->runs[phase].failed_count = p->runs[phase].lost_count = 0;
		}
	}
}

static void executed_plain(struct mirror *m, const struct sim_exec *e)
{
	const struct sim_arg *argv = e->argv;
	if (is(&argv[0], "XREADGROUP"))
		executed_read(m, e);
	else if (is(&argv[0], "XACK"))
		executed_ack(m, e);
	else if (is(&argv[0], "XADD")) {
		int stream = stream_of(argv[1].text, argv[1].length);
		int i = find_entry(m, stream, parse_id(value_text(e->reply)));
		assert(i != NOBODY);
		mirror_added(m, (unsigned)i);
	} else if (is(&argv[0], "XDEL")) {
		char id[64];
		snprintf(id, sizeof(id), "%.*s", (int)argv[2].length, argv[2].text);
		int i = find_entry(m, stream_of(argv[1].text, argv[1].length), parse_id(id));
		if (i != NOBODY)
			m->fates[i].trimmed = true;
	} else if (is(&argv[0], "XGROUP") && is(&argv[1], "DESTROY"))
		m->group[stream_of(argv[2].text, argv[2].length)] = false;
	else if (is(&argv[0], "DEL") && argv[1].length > 10 && memcmp(argv[1].text, "props:pre:", 10) == 0)
		for (int p = 0; p < PLAYERS; p++) {
			char key[64];
			snprintf(key, sizeof(key), "props:pre:" MIRROR_DATE ":%s", mirror_player[p]);
			m->players[p].output.evicted |= is(&argv[1], key) && m->players[p].output.version > 0;
		}
	else if (is(&argv[0], "DEL") && argv[1].length > 15 && memcmp(argv[1].text, "props:instance:", 15) == 0)
		set_live(m, &(struct sim_arg){argv[1].text + 15, argv[1].length - 15}, NULL);
}

void mirror_executed(struct mirror *m, const struct sim_exec *e, bool fault_free)
{
	if (value_is_error(e->reply)) {
		const bool outdated = strcmp(e->reply->text, PHASES_REFUSED) == 0 && is_outdated(m, e);
		if (strncmp(e->reply->text, "NOGROUP", 7) != 0 && !outdated)
			mirror_violated("Redis answered: %s", e->reply->text);
		return;
	}
	switch (e->script) {
	case SCRIPT_APPLY:
		executed_apply(m, e);
		break;
	case SCRIPT_BEGIN:
		executed_begin(m, e);
		break;
	case SCRIPT_COMMIT:
		executed_commit(m, e, fault_free);
		break;
	case SCRIPT_OUTPUT:
		executed_output(m, e, fault_free);
		break;
	case SCRIPT_FAIL:
		executed_fail(m, e);
		break;
	case SCRIPT_RELEASE:
		executed_release(m, e);
		break;
	case SCRIPT_BEAT:
		executed_beat(m, e);
		break;
	case SCRIPT_TAKE:
		executed_take(m, e);
		break;
	case SCRIPT_LEAVE: {
		char holder[64];
		const struct sim_arg *name = argv_at(e, LEAVE_NAME), *boot = argv_at(e, LEAVE_BOOT);
		snprintf(holder, sizeof(holder), "%.*s/%.*s", (int)name->length, name->text, (int)boot->length,
			boot->text);
		if (is_live(m, holder))
			set_live(m, name, NULL);
		break;
	}
	case SCRIPT_DEAD:
		executed_dead(m, e);
		break;
	case SCRIPT_CLAIM:
		executed_claim(m, e);
		break;
	case SCRIPT_HAND:
		executed_hand(m, e);
		break;
	case SCRIPT_GROUP:
		executed_group(m);
		break;
	case SCRIPT_LEAGUE:
		executed_league(m, e);
		break;
	case SCRIPT_MUTE:
		executed_mute(m, e);
		break;
	case SCRIPT_UNMUTE:
		executed_owed(m, e);
		break;
	case SCRIPT_RETRY:
		executed_retry(m, e);
		break;
	case -1:
		executed_plain(m, e);
		break;
	default:
		break;
	}
}

void mirror_added(struct mirror *m, unsigned entry)
{
	m->fates[entry].added = true;
	m->last[m->log[entry].stream] = m->log[entry].id;
}

/* Whole. */

void mirror_init(struct mirror *m, const struct mirror_options *options, const struct mirror_entry *log)
{
	memset(m, 0, sizeof(*m));
	m->options = options;
	m->log = log;
	for (int i = 0; i < LOG_MAX; i++) {
		m->seen[i] = NOBODY;
		for (int p = 0; p < PLAYERS; p++)
			m->fates[i].retry[p] = NOBODY;
	}
}

bool mirror_quiet(const struct mirror *m, int64_t league)
{
	for (unsigned i = 0; i < m->log_count; i++)
		if (waits(m, i) && !(m->fates[i].trimmed && !m->fates[i].delivered))
			return false;
	for (int s = 0; s < STREAM_COUNT; s++)
		if (!m->group[s])
			return false;
	return !m->options->leagues || !m->day || league_of(m) >= league;
}

void mirror_waiting(const struct mirror *m, char *text, size_t size)
{
	size_t n = (size_t)snprintf(text, size, " (the day's is %" PRId64 ")", league_of(m));
	for (unsigned i = 0; i < m->log_count && n < size; i++)
		if (waits(m, i) && !(m->fates[i].trimmed && !m->fates[i].delivered))
			n += (size_t)snprintf(text + n, size - n, "\n%s%s%s", describe(m, i),
				m->fates[i].pending ? ", pending" : "", m->fates[i].applied ? ", applied" : "");
	for (int s = 0; s < STREAM_COUNT && n < size; s++)
		if (!m->group[s])
			n += (size_t)snprintf(text + n, size - n, "\nno group on %s", stream_name((enum stream)s));
}

/* Of one field: what it may hold by a fold over everything that was produced. */
static bool fold_allows(const struct mirror *m, int f, const char *value)
{
	struct mirror_key top = {0};
	bool any = false;
	for (int pass = 0; pass < 2;
		pass++) /* first the newest that surely counts, then whatever may stand at or above it */
		for (unsigned i = 0; i < m->log_count; i++) {
			const struct mirror_entry *e = &m->log[i];
			struct write w[WRITES_MAX];
			unsigned n = fields_of(e, w);
			enum mirror_expiry expiry = MIRROR_EXPIRED;
			if (!m->fates[i].added || e->is_retry ||
				(m->fates[i].letters && m->fates[i].letter_all && !m->fates[i].applied))
				continue;
			bool lost = m->fates[i].trimmed || m->loose;
			for (unsigned k = 0; k < m->log_count; k++)
				if (m->fates[k].added && same_event(m, i, k) && mirror_expiry(m, k) < expiry)
					expiry = mirror_expiry(m, k);
			if (expiry == MIRROR_EXPIRED)
				continue;
			bool twin = false; /* of entries with one event_id the first has the key that surely
					      counts */
			for (unsigned k = 0; k < i; k++)
				twin |= k != i && m->fates[k].added && same_event(m, i, k);
			for (unsigned x = 0; x < n; x++) {
				if (w[x].field != f)
					continue;
				bool sure = expiry == MIRROR_COUNTS && !lost && !twin;
				if (pass == 0 && sure && compare(field_key(e, w[x].kind), top) > 0) {
					top = field_key(e, w[x].kind);
					any = true;
				}
				if (pass == 1 && compare(field_key(e, w[x].kind), top) >= 0 && value &&
					strcmp(value, w[x].value) == 0)
					return true;
			}
		}
	return !any && !value;
}

/* An entry that was to give him an output did not come through. */
static bool was_cut_off(const struct mirror *m, int p)
{
	for (unsigned i = 0; i < m->log_count; i++)
		if (m->log[i].by_script && m->log[i].player == p && (m->fates[i].trimmed || m->fates[i].letter_all))
			return true;
	return m->loose;
}

/* Whoever has a report has an output: the one that the state gives, or none newer was to be had, which it says. */
static void check_output(const struct mirror *m, int p)
{
	const struct mirror_player_state *s = &m->players[p];
	const struct mirror_output *o = &s->output;
	char expected[REPORT_MAX];
	if (!s->reported || s->buried_unread || was_cut_off(m, p))
		return;
	if (o->failed && !(s->buried && s->runs[PHASE_PRECOMPUTE].died))
		mirror_violated("the output of %s says that it failed, and no letter does", mirror_player[p]);
	if (o->failed)
		return;
	expected_output(m, p, expected);
	if (o->version == 0 || strcmp(o->bytes, expected) != 0)
		mirror_violated("stale: the output of %s is\n%s\nthe state says\n%s", mirror_player[p],
			o->version == 0 ? "(none)" : o->bytes, expected);
}

void mirror_check_end(struct mirror *m)
{
	const struct mirror_cell *league = &m->cells[field(F_LEAGUE, 0, 0)];
	for (unsigned i = 0; i < m->log_count; i++) {
		const struct mirror_entry *e = &m->log[i];
		if (!m->fates[i].added)
			continue;
		if (e->junk) {
			if (!m->fates[i].letters && !m->fates[i].trimmed && m->fates[i].retry[0] == NOBODY)
				mirror_violated("no dead letter of %s", describe(m, i));
			continue;
		}
		if (mirror_expiry(m, i) != MIRROR_COUNTS || ((m->fates[i].trimmed || m->loose) && !m->fates[i].applied))
			continue;
		for (int p = 0; p < PLAYERS; p++)
			for (int phase = 0; phase < PHASE_COUNT; phase++)
				if (!shown(m, i, p, (enum phase)phase) && !excused(m, i, p, (enum phase)phase) &&
					!is_twin(m, i))
					mirror_violated("lost: %s for the %s of %s:\n%s", describe(m, i),
						phase_name((enum phase)phase), mirror_player[p],
						m->players[p].reported ? m->players[p].report : "(no report)");
	}
	for (int f = 0; f < FIELDS; f++) {
		const struct mirror_cell *c = &m->cells[f];
		const struct mirror_entry *e = c->set && c->entry >= 0 ? &m->log[c->entry] : NULL;
		if ((e && e->kind == EVENT_REGENERATE && c->value[0] == '\0') || c == league)
			continue;
		if (!fold_allows(m, f, c->set ? c->value : NULL))
			mirror_violated("stale: field %d holds \"%s\", which no fold gives", f,
				c->set ? c->value : "(nothing)");
	}
	for (int p = 0; p < PLAYERS; p++) {
		const struct mirror_player_state *s = &m->players[p];
		char expected[REPORT_MAX];
		if (m->phases.precompute)
			check_output(m, p);
		const bool dead = s->runs[PHASE_REPORT].died || !m->phases.precompute;
		if ((s->buried && dead) || s->buried_unread || !s->reported)
			continue;
		expected_report(m, p, expected);
		if (!same_report(s->report, expected))
			mirror_violated("stale: the report of %s is\n%s\nthe state says\n%s", mirror_player[p],
				s->report, expected);
	}
}
