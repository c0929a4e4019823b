/* What entries say of which fields, and what follows from the fields: who plays where, who reads what. */
#include "tests/sim/sim_mirror_inside.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const mirror_player[PLAYERS] = {"abe", "ann", "bob", "cid", "dot", "fay", "new", "uma", "zoe"};
const char *const mirror_team[TEAMS] = {"AAA", "BBB", "CCC", "DDD", "EEE", "ZZZ", "YYY"};
const char *const mirror_game[GAMES] = {"20251115_AAA_BBB", "20251115_AAA_ZZZ", "20251115_CCC_DDD", "20251115_EEE_ZZZ"};
const int mirror_game_teams[GAMES][2] = {{0, 1}, {0, 5}, {2, 3}, {4, 5}}; /* away, home */
const char *const mirror_book[BOOKS] = {"alpha", "beta"};
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

int mirror_field(enum field_kind kind, int a, int b)
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

bool mirror_is_mark(enum field_kind kind)
{
	return kind == F_MARK || kind == F_FORCE || kind == F_TMARK || kind == F_TFORCE || kind == F_GMARK ||
	       kind == F_GFORCE || kind == F_SMARK || kind == F_SFORCE;
}

static struct write *add_write(struct write *w, unsigned *n, enum field_kind kind, int a, int b)
{
	w += (*n)++;
	w->kind = kind;
	w->field = mirror_field(kind, a, b);
	w->value[0] = '\0';
	return w;
}

/* What the entry says of which fields, the named game aside. */
unsigned mirror_writes_of(const struct mirror_entry *e, struct write w[WRITES_MAX])
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

bool mirror_names_game(const struct mirror_entry *e)
{
	return !e->junk && e->player != NOBODY && e->game != NOBODY &&
	       (e->kind == EVENT_ODDS || e->kind == EVENT_INJURY || e->kind == EVENT_REGENERATE);
}

/* The same, and the game that it names for its player. */
unsigned mirror_fields_of(const struct mirror_entry *e, struct write w[WRITES_MAX])
{
	unsigned n = mirror_writes_of(e, w);
	if (mirror_names_game(e)) {
		struct write *x = add_write(w, &n, F_NAMED, e->player, 0);
		snprintf(x->value, sizeof(x->value), "%s %s", mirror_game[e->game],
			e->team == NOBODY ? "" : mirror_team[e->team]);
	}
	return n;
}

int mirror_compare(struct mirror_key a, struct mirror_key b)
{
	if (a.ms != b.ms)
		return a.ms < b.ms ? -1 : 1;
	return a.seq == b.seq ? 0 : a.seq < b.seq ? -1 : 1;
}

/* Who the entry is, for dedup: a retried letter's is the first. */
struct mirror_key mirror_identity(const struct mirror_entry *e)
{
	return e->is_retry ? e->origin : e->id;
}

struct mirror_key mirror_order_key(const struct mirror_entry *e)
{
	struct mirror_key key = mirror_identity(e), due = {.ms = (uint64_t)e->due_ms};
	if (!e->junk && e->kind == EVENT_LEAGUE)
		return (struct mirror_key){.ms = (uint64_t)e->league_at};
	if (!e->junk && e->kind == EVENT_REGENERATE && e->due_ms && mirror_compare(due, key) > 0)
		return due;
	return key;
}

/* Of one of its fields. A game may be named on several streams, whose ids may be equal: then the later
 * stream's counts. */
struct mirror_key mirror_field_key(const struct mirror_entry *e, enum field_kind kind)
{
	struct mirror_key key = mirror_order_key(e);
	if (kind == F_NAMED)
		key.seq = key.seq * 16 + e->stream + 1;
	return key;
}

bool mirror_expires(const struct mirror_entry *e)
{
	return e->kind == EVENT_ODDS || e->kind == EVENT_GAME_ODDS || e->kind == EVENT_INJURY ||
	       e->kind == EVENT_LINEUP;
}

void mirror_added(struct mirror *m, unsigned entry)
{
	m->fates[entry].added = true;
	m->last[m->log[entry].stream] = m->log[entry].id;
}

/* The slate. */

const struct mirror_entry *mirror_entry_of(const struct mirror *m, int f)
{
	return m->cells[f].set && m->cells[f].entry >= 0 ? &m->log[m->cells[f].entry] : NULL;
}

int64_t mirror_league_of(const struct mirror *m)
{
	const struct mirror_cell *c = &m->cells[mirror_field(F_LEAGUE, 0, 0)];
	return c->set ? strtoll(c->value, NULL, 10) : 0;
}

int mirror_team_of(const struct mirror *m, int p)
{
	const struct mirror_entry *e = mirror_entry_of(m, mirror_field(F_ROSTER, p, 0));
	return e ? e->team : m->options->leagues ? mirror_default_team(mirror_league_of(m), p) : NOBODY;
}

bool mirror_is_active(const struct mirror *m, int p)
{
	const struct mirror_entry *e = mirror_entry_of(m, mirror_field(F_ROSTER, p, 0));
	return e ? e->active : mirror_team_of(m, p) != NOBODY;
}

bool mirror_has_team(int game, int team)
{
	return mirror_game_teams[game][0] == team || mirror_game_teams[game][1] == team;
}

bool mirror_is_on(const struct mirror *m, int game)
{
	return m->options->leagues && mirror_scheduled(game);
}

bool mirror_on_slate(const struct mirror *m, int game)
{
	return mirror_is_on(m, game) || m->cells[mirror_field(F_FACTS, game, 0)].set;
}

int mirror_status_of(const struct mirror *m, int game)
{
	const struct mirror_entry *e = mirror_entry_of(m, mirror_field(F_FACTS, game, 0));
	return !mirror_on_slate(m, game) ? GAME_UNKNOWN : e && e->status ? e->status : GAME_SCHEDULED;
}

int64_t mirror_tip_of(const struct mirror *m, int game)
{
	const struct mirror_entry *e = game == NOBODY ? NULL : mirror_entry_of(m, mirror_field(F_FACTS, game, 0));
	if (game == NOBODY || (e && e->tip_ms))
		return e ? e->tip_ms : 0;
	return mirror_is_on(m, game) ? m->options->tip_ms[game] : 0;
}

int mirror_game_of_team(const struct mirror *m, int team)
{
	int first = NOBODY;
	for (int g = 0; g < GAMES && team != NOBODY; g++) {
		int status = mirror_status_of(m, g);
		if (!mirror_on_slate(m, g) || !mirror_has_team(g, team))
			continue;
		if (status != GAME_POSTPONED && status != GAME_CANCELLED)
			return g;
		if (first == NOBODY)
			first = g;
	}
	return first;
}

int mirror_named_of(const struct mirror *m, int p)
{
	const struct mirror_entry *named = mirror_entry_of(m, mirror_field(F_NAMED, p, 0));
	return named ? named->game : NOBODY;
}

struct place mirror_place_of(const struct mirror *m, int p)
{
	const struct mirror_entry *named = mirror_entry_of(m, mirror_field(F_NAMED, p, 0));
	struct place at = {.team = mirror_team_of(m, p), .game = NOBODY};
	if (at.team != NOBODY) {
		at.member = mirror_is_active(m, p);
		at.game = mirror_game_of_team(m, at.team);
	} else if (named && named->team != NOBODY) {
		at.team = named->team;
		at.member = true;
	}
	if (at.game == NOBODY && named)
		at.game = named->game;
	return at;
}

/* Whether the run of p reads this field of that kind about `a`. */
bool mirror_reads(const struct mirror *m, int p, enum field_kind kind, int a)
{
	const struct place at = mirror_place_of(m, p);
	switch (kind) {
	case F_QUOTE:
	case F_MARK:
	case F_FORCE:
		return a == p;
	case F_NAMED:
		return a == p && mirror_game_of_team(m, mirror_team_of(m, p)) == NOBODY;
	case F_INJURY:
		return a == p || (mirror_team_of(m, p) != NOBODY && mirror_is_active(m, a) &&
					 mirror_team_of(m, a) == mirror_team_of(m, p));
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
unsigned mirror_fact_of(enum field_kind kind, bool himself)
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
bool mirror_concerns(const struct mirror *m, const struct mirror_entry *e, int p, enum phase phase)
{
	const unsigned facts = m->phases.reads[phase];
	struct write w[WRITES_MAX];
	unsigned n = mirror_writes_of(e, w), of = 0;

	if (phase == PHASE_PRECOMPUTE && !m->phases.precompute)
		return false;
	/* A game that it names is one for reports; by them precompute learns of it. */
	if (phase == PHASE_REPORT && mirror_names_game(e) && e->player == p)
		return true;
	if (e->kind == EVENT_REGENERATE && e->phase != REGENERATE_BOTH)
		return (e->phase == REGENERATE_REPORT) == (phase == PHASE_REPORT);
	for (unsigned f = 0; f < n; f++)
		of |= mirror_fact_of(w[f].kind, e->player == p);
	return of & facts;
}

int mirror_subject(const struct mirror_entry *e, enum field_kind kind)
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
