/* What must hold when an entry is acknowledged. */
#include "tests/sim/sim_mirror_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool mirror_same_event(const struct mirror *m, unsigned a, unsigned b)
{
	return a == b || (m->log[a].event_id && m->log[a].event_id == m->log[b].event_id);
}

bool mirror_waits(const struct mirror *m, unsigned i)
{
	return m->fates[i].added && (m->fates[i].pending || !m->fates[i].delivered || !m->group[m->log[i].stream]);
}

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
		if (!mirror_same_event(m, i, k))
			continue;
		if (f->letters && (f->letter_all || (f->letter_players & 1u << p && has_died(m, p, phase))))
			return true;
		int r = f->retry[p];
		if (r != NOBODY && depth < 20 &&
			(mirror_waits(m, (unsigned)r) || mirror_shown(m, (unsigned)r, p, phase) ||
				dead_for(m, (unsigned)r, p, phase, depth + 1)))
			return true;
	}
	return false;
}

bool mirror_moves(const struct mirror_entry *e)
{
	return !e->junk && (e->kind == EVENT_SLATE_GAME || e->kind == EVENT_SLATE_PLAYER || e->kind == EVENT_LEAGUE);
}

/* Other phases are in force, and what that asks for is not done yet. */
static bool changing(const struct mirror *m)
{
	for (unsigned k = 0; k < m->log_count; k++)
		if (m->log[k].conf && mirror_waits(m, k))
			return true;
	return false;
}

/* A script added it: he has no output yet, or it was lost, or made for another game. The run reads all that there is. */
static bool makes_anew(const struct mirror_entry *e, int p)
{
	return e->by_script && e->player == p;
}

bool mirror_excused(const struct mirror *m, unsigned i, int p, enum phase phase)
{
	if (dead_for(m, i, p, phase, 0))
		return true;
	for (unsigned k = 0; k < m->log_count; k++) {
		const struct mirror_entry *e = &m->log[k];
		if ((mirror_moves(e) || e->conf || ((e->owed || mirror_names_game(e)) && e->player == p) ||
			    (phase == PHASE_PRECOMPUTE && makes_anew(e, p))) &&
			dead_for(m, k, p, phase, 0))
			return true;
	}
	return false;
}

/* Will an entry that was applied and is not settled yet, and may move p, make him run again? */
bool mirror_moving(const struct mirror *m, int p, unsigned but)
{
	struct write w[WRITES_MAX];
	for (unsigned k = 0; k < m->log_count; k++) {
		const struct mirror_entry *e = &m->log[k];
		bool names = mirror_names_game(e) && e->player == p;
		/* A new league database is at work as soon as its number is raised. */
		bool applied = m->fates[k].applied || (!e->junk && e->kind == EVENT_LEAGUE);
		if (k == but || !(mirror_moves(e) || names) || !applied || !mirror_waits(m, k))
			continue;
		unsigned n = mirror_fields_of(e, w);
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
			(e->owed || mirror_names_game(e)) && e->player == p; /* what was owed may have named his game */
		if (k != but && mirror_waits(m, k) && (mirror_moves(e) || makes_anew(e, p) || his))
			return true;
	}
	return m->loose;
}

/* By the slate alone, whoever ran or not. */
bool mirror_touches(const struct mirror *m, const struct mirror_entry *e, int p)
{
	int team = mirror_team_of(m, p);
	bool on_roster = team != NOBODY && mirror_is_active(m, p);
	switch (e->kind) {
	case EVENT_ODDS:
		return e->player == p;
	case EVENT_INJURY:
		return e->player == p ||
		       (on_roster && mirror_is_active(m, e->player) && mirror_team_of(m, e->player) == team);
	case EVENT_LINEUP:
		return (on_roster && team == e->team) || e->starters & 1u << p;
	case EVENT_GAME_ODDS:
		return on_roster && mirror_game_of_team(m, team) == e->game;
	case EVENT_SLATE_GAME:
		return on_roster && mirror_game_of_team(m, team) == e->game;
	case EVENT_SLATE_PLAYER:
		return e->player == p || (on_roster && team == e->team);
	case EVENT_REGENERATE:
		if (e->player != NOBODY)
			return e->player == p;
		if (e->team != NOBODY)
			return on_roster && team == e->team;
		if (e->game != NOBODY)
			return on_roster && mirror_game_of_team(m, team) == e->game;
		return on_roster && mirror_game_of_team(m, team) != NOBODY;
	case EVENT_LEAGUE:
		return on_roster && mirror_game_of_team(m, team) != NOBODY;
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
	struct mirror_key key = mirror_field_key(e, w->kind);
	struct write x[WRITES_MAX];
	const char *value = NULL;
	char copy[120];

	if (!mirror_reads(m, p, w->kind, mirror_subject(e, w->kind)) ||
		!(mirror_fact_of(w->kind, mirror_subject(e, w->kind) == p) & m->phases.reads[phase]))
		return true;
	/* What was asked of his team or game before he came to it, he is only asked if he reads that he came. */
	if (mirror_is_mark(w->kind) && e->player != p && !(m->phases.reads[phase] & 1u << FACT_SLATE))
		return true;
	if (!s->reported)
		return !mirror_touches(m, e, p);
	for (unsigned k = 0; k < m->log_count; k++)
		if (mirror_same_event(m, i, k) && mirror_compare(mirror_field_key(&m->log[k], w->kind), key) < 0)
			key = mirror_field_key(&m->log[k], w->kind);
	if (mirror_compare(keys[w->field], key) >= 0)
		return !(e->kind == EVENT_REGENERATE && e->due_ms > ms);
	if (mirror_is_mark(w->kind))
		return false;
	for (unsigned k = 0; k < m->log_count && !value; k++) {
		unsigned n = mirror_fields_of(&m->log[k], x);
		for (unsigned f = 0; f < n; f++)
			if (x[f].field == w->field &&
				mirror_compare(mirror_field_key(&m->log[k], w->kind), keys[w->field]) == 0) {
				snprintf(copy, sizeof(copy), "%s", x[f].value);
				value = copy;
			}
	}
	for (unsigned k = 0; k < m->log_count && value; k++) {
		unsigned n = mirror_fields_of(&m->log[k], x);
		for (unsigned f = 0; f < n; f++)
			if (x[f].field == w->field && strcmp(x[f].value, value) == 0 &&
				mirror_compare(mirror_field_key(&m->log[k], w->kind), key) >= 0)
				return true;
	}
	return false;
}

/* Of a report: it shows the entry. Of precompute: it was made from an output that does. */
bool mirror_shown(const struct mirror *m, unsigned i, int p, enum phase phase)
{
	struct write w[WRITES_MAX];
	unsigned n = mirror_fields_of(&m->log[i], w);
	if (!mirror_concerns(m, &m->log[i], p, phase))
		return true;
	if (m->log[i].phase == REGENERATE_FIRST)
		return m->log[i].player != p || m->players[p].runs[PHASE_PRECOMPUTE].committed > 0;
	for (unsigned f = 0; f < n; f++)
		if (!shows(m, i, p, phase, &w[f]))
			return false;
	return true;
}

const char *mirror_describe(const struct mirror *m, unsigned i)
{
	static char text[512];
	const struct mirror_entry *e = &m->log[i];
	struct write w[WRITES_MAX];
	unsigned n = mirror_fields_of(e, w);
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

bool mirror_is_twin(const struct mirror *m, unsigned i)
{
	const struct mirror_entry *e = &m->log[i];
	if (!e->event_id || m->seen[e->event_id] == NOBODY)
		return false;
	const struct mirror_entry *other = &m->log[m->seen[e->event_id]];
	return other->stream != e->stream || mirror_compare(mirror_identity(other), mirror_identity(e)) != 0;
}

/* Whether the names of team-mates in p's report are those of now; an injury of one may be on its way. */
static bool shows_mates(const struct mirror *m, int p)
{
	char expected[REPORT_MAX];
	const char *a = strstr(m->players[p].report, "\nmates="), *b;
	mirror_expected_report(m, p, expected);
	for (b = strstr(expected, "\nmates="), a++, b++; *a == *b || (*a >= '0' && *a <= '9' && *b >= '0' && *b <= '9');
		a++, b++)
		if (*a == '\n')
			return true;
	return false;
}

/* A mute kept a run of his back that was not made up for yet. */
bool mirror_is_owed(const struct mirror *m, int p)
{
	const struct mirror_runs *r = m->players[p].runs;
	return r[PHASE_REPORT].committed < r[PHASE_REPORT].owed ||
	       r[PHASE_PRECOMPUTE].committed < r[PHASE_PRECOMPUTE].owed;
}

void mirror_must_be_settled(const struct mirror *m, unsigned i, const char *by)
{
	const struct mirror_entry *e = &m->log[i];
	const struct mirror_fate *f = &m->fates[i];
	if (e->junk) {
		if (!f->letters)
			mirror_violated("%s of %s without a dead letter", by, mirror_describe(m, i));
		return;
	}
	if (f->letters && f->letter_all)
		return;
	if (mirror_is_twin(m, i) || mirror_expiry(m, i) != MIRROR_COUNTS ||
		mirror_compare(e->id, m->last[e->stream]) > 0)
		return;
	if (!e->conf && changing(m)) /* it was settled by what was in force before; all of it is made again */
		return;
	for (int p = 0; p < PLAYERS; p++) {
		const char *report = m->players[p].reported ? m->players[p].report : "(no report)";
		if (mirror_is_owed(m, p))
			continue;
		if (!output_moving(m, p, i) && !mirror_shown(m, i, p, PHASE_PRECOMPUTE) &&
			!mirror_excused(m, i, p, PHASE_PRECOMPUTE))
			mirror_violated("%s of %s, but %s was not made from an output that shows it:\n%s", by,
				mirror_describe(m, i), mirror_player[p], report);
		if (mirror_moving(m, p, i))
			continue;
		if (!mirror_shown(m, i, p, PHASE_REPORT) && !mirror_excused(m, i, p, PHASE_REPORT))
			mirror_violated("%s of %s, but %s does not show it:\n%s", by, mirror_describe(m, i),
				mirror_player[p], report);
		if (e->kind == EVENT_SLATE_PLAYER && m->players[p].reported && !mirror_excused(m, i, p, PHASE_REPORT) &&
			!shows_mates(m, p))
			mirror_violated("%s of %s, but %s has another roster:\n%s", by, mirror_describe(m, i),
				mirror_player[p], m->players[p].report);
	}
}

enum mirror_expiry mirror_expiry(const struct mirror *m, unsigned i)
{
	const struct mirror_entry *e = &m->log[i];
	unsigned teams = 0, games = 0;
	bool none = false;
	int64_t least = INT64_MAX, most = 0, t = e->ts_ms ? e->ts_ms : (int64_t)mirror_identity(e).ms;

	if (e->junk || !mirror_expires(e))
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
			if (mirror_has_team(g, team)) {
				games |= 1u << g;
				sure |= mirror_is_on(m, g);
			}
		none |= !sure;
	}
	/* Where the slate may have no game, one counts that events had named by then. */
	if (e->player != NOBODY && e->game == NOBODY && (none || !games))
		for (unsigned k = 0; k < m->log_count; k++)
			if (mirror_names_game(&m->log[k]) && m->log[k].player == e->player) {
				games |= 1u << m->log[k].game;
				none = true;
			}
	for (int g = 0; g < GAMES; g++) {
		if (!(games & 1u << g))
			continue;
		int64_t schedule = mirror_is_on(m, g) && m->options->tip_ms[g] ? m->options->tip_ms[g] : INT64_MAX;
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
