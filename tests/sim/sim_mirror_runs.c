/* Begin, commit and the other ends of runs. */
#include "tests/sim/sim_mirror_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

static unsigned at_or_above(const int64_t *list, unsigned count, int64_t need)
{
	unsigned n = 0;
	for (unsigned i = 0; i < count; i++)
		n += list[i] >= need;
	return n;
}

/* As many tries as were used up since the need. */
static unsigned failures(const struct mirror *m, const struct mirror_runs *s, int64_t need)
{
	unsigned n = 0;
	for (unsigned i = 0; i < s->failed_count; i++)
		if (s->failed[i] >= need)
			n += s->failed_for_good[i] ? m->options->max_attempts : 1;
	return n;
}

/* The run ended with its process. */
void mirror_lose(struct mirror_runs *s, int64_t now)
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
		if (mirror_is_live(m, s->token.holder))
			return VERDICT_BUSY;
		mirror_lose(s, now);
	}
	unsigned lost = at_or_above(s->lost, s->lost_count, need);
	if (lost >= m->options->max_lost)
		return VERDICT_POISON;
	if (lost > LOST_FREELY) {
		*ret = due_after(m, player, s->lost_ms, lost - LOST_FREELY);
		if (now < *ret)
			return VERDICT_WAIT;
	}
	if (failures(m, s, need) >= m->options->max_attempts)
		return VERDICT_DEAD;
	if (s->failed_count) {
		bool newer = need > s->failed[s->failed_count - 1];
		*ret = due_after(m, player, s->failed_ms, newer ? 1 : failures(m, s, need));
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
		unsigned n = m->fates[i].applied ? mirror_fields_of(e, w) : 0;
		for (unsigned f = 0; f < n; f++) {
			int64_t at = m->cells[w[f].field].at;
			/* An entry has one need, also where of two things that it says only the game was new. */
			const bool named = mirror_names_game(e) && e->player == p && mirror_concerns(m, e, p, phase);
			if (at <= from ||
				!(named || mirror_fact_of(w[f].kind, mirror_subject(e, w[f].kind) == p) & facts))
				continue;
			if ((e->game != NOBODY && s->ran_in & 1u << e->game) ||
				(e->team != NOBODY && s->ran_for & 1u << e->team) ||
				mirror_reads(m, p, w[f].kind, mirror_subject(e, w[f].kind)) || mirror_moves(e) ||
				mirror_touches(m, e, p) ||
				(e->kind == EVENT_INJURY && e->player != p)) /* who moves on the same night
										may have been told of both */
				return true;
		}
	}
	return facts & 1u << FACT_LEAGUE && mirror_league_of(m) && m->cells[mirror_field(F_LEAGUE, 0, 0)].at > from;
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
	const int team = mirror_team_of(m, p);
	return o->version > 0 && (team == NOBODY || mirror_game_of_team(m, team) == NOBODY) &&
	       mirror_named_of(m, p) != NOBODY && !mirror_is_for_place(o, mirror_place_of(m, p));
}

static int find_asked(const struct mirror *m, int p, enum regenerate_phase phase, int64_t now_ms)
{
	for (unsigned i = m->log_count; i-- > 0;)
		if (m->log[i].by_script && !m->log[i].is_retry && m->log[i].player == p && m->log[i].phase == phase &&
			(int64_t)m->log[i].id.ms == now_ms &&
			mirror_compare(m->log[i].id, m->last[STREAM_REGENERATE]) > 0)
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

/* What a run is told of what was made before. */
static void check_previous(const struct mirror *m, int p, enum phase phase, int64_t most, const struct value *answer)
{
	const struct mirror_player_state *s = &m->players[p];
	const struct mirror_output *o = &s->output;
	const struct value *told = script_out(answer, OUT_PREVIOUS);
	const char *made = s->reported ? s->report : "";

	if (phase == PHASE_PRECOMPUTE)
		made = o->version > 0 && !o->evicted && mirror_is_for_place(o, mirror_place_of(m, p)) ? o->bytes : "";
	if ((int64_t)strlen(made) > most)
		made = "";
	if ((told->type == VALUE_STRING) != (*made != '\0') || strcmp(value_text(told), made) != 0)
		mirror_violated("begin of %s (%s) told that \"%s\" was made before, not \"%s\"", mirror_player[p],
			phase_name(phase), value_text(told), made);
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
	const struct place at = mirror_place_of(m, p);
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
		mirror_expected_report(m, p, t->report);
	else
		mirror_expected_output(m, p, t->report);
}

static void check_settling(const struct mirror *m, int p, const struct value *answer)
{
	const struct mirror_player_state *s = &m->players[p];
	if (value_int(script_out(answer, OUT_OUTPUT_AT)) != s->output.at ||
		value_int(script_out(answer, OUT_REPORT)) != s->runs[PHASE_REPORT].committed)
		mirror_violated("precompute of %s is settled and told with another output or report", mirror_player[p]);
}

void mirror_executed_begin(struct mirror *m, const struct sim_exec *e)
{
	const struct sim_arg *argv = e->argv;
	const struct sim_arg *by = mirror_argv_at(e, BEGIN_HOLDER);
	const int64_t sv = mirror_arg_int(mirror_argv_at(e, BEGIN_SV));
	const size_t count = (size_t)mirror_arg_int(mirror_argv_at(e, BEGIN_COUNT));
	char holder[HOLDER_MAX];

	snprintf(holder, sizeof(holder), "%.*s", (int)by->length, by->text);
	for (size_t i = BEGIN_ITEMS - 1, n = 0; n < count; n++, i += BEGIN_ITEM_SIZE) {
		const struct sim_arg *who = &argv[i + BEGIN_ITEM_PLAYER];
		const int64_t need = mirror_arg_int(&argv[i + BEGIN_ITEM_NEED]);
		const enum phase phase = phase_of(&argv[i + BEGIN_ITEM_PHASE]);
		int p = mirror_player_in(who->text, who->length);
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
		check_previous(m, p, phase, mirror_arg_int(&argv[i + BEGIN_ITEM_PREVIOUS]), answer);
		if (phase == PHASE_REPORT && m->phases.precompute)
			report_begins(m, p, mirror_arg_int(&argv[i + BEGIN_ITEM_HELD]), answer, e->now_ms);
		run_begins(m, p, phase, is_justified, holder, mirror_arg_int(&argv[i + BEGIN_ITEM_SERIAL]));
	}
}

static bool token_is(
	const struct mirror_token *t, const struct sim_arg *holder_and_serial, const struct sim_arg *version)
{
	char text[HOLDER_MAX + 32];
	snprintf(text, sizeof(text), "%s/%" PRId64, t->holder, t->serial);
	return t->held && mirror_arg_is(holder_and_serial, text) && mirror_arg_int(version) == t->version;
}

static void check_end(const struct mirror_token *t, const char *player, enum mirror_must how, const char *what)
{
	if (t->must != MIRROR_MAY_END && t->must != how)
		mirror_violated("a run of %s that %s %s", player,
			t->must == MIRROR_MUST_COME_BACK ? "nobody has tried" : "an operator ended for good", what);
}

void mirror_must(struct mirror *m, int p, enum phase phase, const char *holder, int64_t serial, enum mirror_must how)
{
	struct mirror_token *t = &m->players[p].runs[phase].token;
	if (t->held && t->serial == serial && strcmp(t->holder, holder) == 0)
		t->must = how;
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
		if (mirror_compare(o->keys[f], t->keys[f]) > 0)
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
		int p = mirror_player_in(who->text, who->length);
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
		check_end(&runs->token, mirror_player[p], MIRROR_MAY_END, "was committed");
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
				if (mirror_compare(s->keys[f], runs->token.keys[f]) > 0)
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

void mirror_executed_commit(struct mirror *m, const struct sim_exec *e, bool fault_free)
{
	static const struct ends reports = {PHASE_REPORT, COMMIT_ITEMS, COMMIT_ITEM_SIZE, COMMIT_ITEM_PLAYER,
		COMMIT_ITEM_TOKEN, COMMIT_ITEM_VERSION, COMMIT_ITEM_REPORT};
	executed_ends(m, e, &reports, fault_free);
}

void mirror_executed_output(struct mirror *m, const struct sim_exec *e, bool fault_free)
{
	static const struct ends outputs = {PHASE_PRECOMPUTE, OUTPUT_ITEMS, OUTPUT_ITEM_SIZE, OUTPUT_ITEM_PLAYER,
		OUTPUT_ITEM_TOKEN, OUTPUT_ITEM_VERSION, OUTPUT_ITEM_BYTES};
	executed_ends(m, e, &outputs, fault_free);
	for (size_t i = OUTPUT_ITEMS - 1, n = 0; i + OUTPUT_ITEM_SIZE <= e->argc; i += OUTPUT_ITEM_SIZE, n++) {
		const struct value *answer = value_at(e->reply, n);
		int p = mirror_player_in(e->argv[i].text, e->argv[i].length);
		if (value_int(script_out(answer, OUTPUT_OUT_AT)) != m->players[p].output.at ||
			value_int(script_out(answer, OUTPUT_OUT_REPORT)) != m->players[p].runs[PHASE_REPORT].committed)
			mirror_violated("the output of %s was told with another version", mirror_player[p]);
	}
}

void mirror_executed_fail(struct mirror *m, const struct sim_exec *e)
{
	const struct sim_arg *argv = e->argv;
	for (size_t i = FAIL_ITEMS - 1, n = 0; i + FAIL_ITEM_SIZE <= e->argc; i += FAIL_ITEM_SIZE, n++) {
		const struct sim_arg *who = &argv[i + FAIL_ITEM_PLAYER];
		int p = mirror_player_in(who->text, who->length);
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
		const bool for_good = mirror_arg_is(&argv[i + FAIL_ITEM_PERMANENT], FAIL_FOR_GOOD);
		check_end(&s->token, mirror_player[p], for_good ? MIRROR_MUST_FAIL_FOR_GOOD : MIRROR_MAY_END,
			for_good ? "was given up" : "counts as a failed try");
		if (s->failed_count < FAILS_MAX) {
			s->failed_for_good[s->failed_count] = for_good;
			s->failed[s->failed_count++] = s->token.version;
		}
		s->failed_ms = e->now_ms;
		s->token.held = false;
		if (phase == PHASE_REPORT) /* needs are given up with the reply */
			s->died |= for_good || s->failed_count >= m->options->max_attempts;
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
	return &m->players[mirror_player_in(player, (size_t)((slash ? slash : end) - player))]
			.runs[slash ? PHASE_PRECOMPUTE : PHASE_REPORT];
}

void mirror_executed_release(struct mirror *m, const struct sim_exec *e)
{
	for (size_t i = RELEASE_ITEMS - 1; i + RELEASE_ITEM_SIZE <= e->argc; i += RELEASE_ITEM_SIZE) {
		const struct sim_arg *who = &e->argv[i + RELEASE_ITEM_FIELD];
		struct mirror_token *t = &runs_of_field(m, who)->token;
		char text[HOLDER_MAX + 64];
		snprintf(text, sizeof(text), "%s/%" PRId64 " %" PRId64, t->holder, t->serial, t->version);
		if (t->held && mirror_arg_is(&e->argv[i + RELEASE_ITEM_TOKEN], text)) {
			snprintf(text, sizeof(text), "%.*s", (int)who->length, who->text);
			check_end(t, text, MIRROR_MUST_COME_BACK, "was handed back");
			t->held = false;
		}
	}
}

void mirror_executed_beat(struct mirror *m, const struct sim_exec *e)
{
	char mine[64], name[40];
	const struct sim_arg *me = mirror_argv_at(e, BEAT_NAME), *boot = mirror_argv_at(e, BEAT_BOOT);
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
				 mirror_arg_int(&e->argv[i + BEAT_ITEM_SERIAL]) == t->serial;
		if (known)
			continue;
		if (strcmp(t->holder, mine) == 0)
			t->held = false;
		else
			mirror_lose(runs, e->now_ms);
	}
}
