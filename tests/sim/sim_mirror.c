#include "tests/sim/sim_mirror.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/sim/sim_mirror_inside.h"

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
		const struct mirror_entry *other = mirror_entry_of(m, mirror_field(F_QUOTE, e->player, of_main[i]));
		if (!other || of_main[i] == e->quote)
			continue;
		const struct mirror_key its = m->cells[mirror_field(F_QUOTE, e->player, of_main[i])].key;
		if (mirror_compare(its, from) <= 0 || mirror_compare(its, to) >= 0)
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
	if (c->set && mirror_compare(key, c->key) <= 0)
		return c->at;
	if (!c->set || mirror_is_mark(w->kind) || strcmp(c->value, w->value) != 0 || passes(m, w, c->key, key, entry)) {
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
	if (mirror_compare(e->id, m->last[e->stream]) > 0)
		return ANSWER_GONE;
	if (mirror_expires(e)) {
		int game = e->game, team = e->kind == EVENT_LINEUP      ? e->team
					   : e->kind == EVENT_GAME_ODDS ? NOBODY
									: mirror_team_of(m, e->player);
		if (mirror_game_of_team(m, team) != NOBODY)
			game = mirror_game_of_team(m, team);
		if (game == NOBODY && e->player != NOBODY)
			game = mirror_named_of(m, e->player);
		int64_t tip = mirror_tip_of(m, game), t = e->ts_ms ? e->ts_ms : (int64_t)mirror_identity(e).ms;
		const struct mirror_cell *c = &m->cells[w->field];
		if (tip > 0 && t > tip && !(c->set && mirror_compare(c->key, mirror_order_key(e)) == 0))
			return ANSWER_EXPIRED;
	}
	if (mirror_is_twin(m, (unsigned)i))
		return ANSWER_DUP;
	if (e->event_id)
		m->seen[e->event_id] = i;
	m->fates[i].applied = true;
	/* Trimmed and buried under an instance that stood still, which applies what it remembers and then
	 * starts over. */
	for (int p = 0; m->fates[i].letter_all && p < PLAYERS; p++)
		m->players[p].buried = m->players[p].buried_unread = true;
	m->day = true;
	*ret_at = put_cell(m, w, mirror_order_key(e), i);
	if (mirror_names_game(e)) {
		struct write all[WRITES_MAX];
		unsigned n = mirror_fields_of(e, all);
		int64_t named = put_cell(m, &all[n - 1], mirror_field_key(e, F_NAMED), i);
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
		if (w[i].kind == F_TOTAL            ? name->text[0] == 't'
			: w[i].kind == F_SPREAD     ? name->text[0] == 's'
			: mirror_is_mark(w[i].kind) ? (name->text[0] == 'f') == is_force
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
	int team = mirror_team_of(m, p);
	unsigned n = mirror_fields_of(e, w);

	for (unsigned f = 0; f < n; f++)
		if (mirror_reads(m, p, w[f].kind, mirror_subject(e, w[f].kind)))
			return true;
	if (e->kind == EVENT_SLATE_GAME)
		return team != NOBODY && mirror_has_team(e->game, team);
	return e->kind == EVENT_SLATE_PLAYER && team != NOBODY &&
	       (team == e->team || team == mirror_team_of(m, e->player) || m->left[e->player] & 1u << team ||
		       (m->options->leagues && team == mirror_default_team(mirror_league_of(m), e->player)));
}

/* Everybody who has a report that reads it is told of: by name, or as one who ran before. Who will run
 * anyway, as something moved him or a mute owes him a run, reads it then. */
static void check_audience(const struct mirror *m, const struct mirror_entry *e, const struct sim_arg *players,
	size_t count, bool done, const struct value *reply)
{
	const struct value *ran = script_out(reply, APPLY_OUT_RAN);
	unsigned told = 0;
	for (size_t i = 0; i < count; i++)
		told |= 1u << mirror_player_in(players[i].text, players[i].length);
	for (size_t i = RAN_ITEM_PLAYER; done && i < ran->count; i += RAN_ITEM_SIZE)
		told |= 1u << mirror_player_in(value_text(value_at(ran, i)), strlen(value_text(value_at(ran, i))));
	for (int p = 0; p < PLAYERS; p++)
		if (m->players[p].reported && !m->players[p].buried && !mirror_is_owed(m, p) &&
			!mirror_moving(m, p, LOG_MAX) && must_hear(m, e, p) && !(told & 1u << p))
			mirror_violated("apply of %s did not tell of %s", mirror_describe(m, (unsigned)(e - m->log)),
				mirror_player[p]);
}

static void executed_apply(struct mirror *m, const struct sim_exec *e)
{
	const struct sim_arg *argv = e->argv;
	const struct value *reply = e->reply;
	const int64_t sv = mirror_arg_int(mirror_argv_at(e, APPLY_SV)), sv_before = m->sv, v_before = m->v;
	size_t at = APPLY_OUT_ITEMS - 1;

	m->applies++;
	for (size_t i = APPLY_ITEMS - 1; i < e->argc;) {
		struct write w[WRITES_MAX];
		const char *what = argv[i + APPLY_ITEM_WHAT].text;
		int stream = what[WHAT_STREAM - 1] - WHAT_STREAM_BASE - 1;
		int entry = mirror_find_entry(m, stream, mirror_parse_order_key(&argv[i + APPLY_ITEM_ID]));
		const char audience = what[WHAT_AUDIENCE - 1];
		bool listed = audience == AUDIENCE_LISTED,
		     together = audience == AUDIENCE_SLATE; /* else the player's own hash alone */
		size_t games = i + APPLY_ITEM_GAMES;
		size_t players = listed || together ? games + (size_t)mirror_arg_int(&argv[games]) + 1 : 0;
		size_t player_count = listed ? (size_t)mirror_arg_int(&argv[players]) : 0;
		if (entry == NOBODY) {
			mirror_violated("an entry was applied that nobody produced");
			return;
		}
		unsigned n = mirror_writes_of(&m->log[entry], w);
		const struct write *mine = write_of_item(w, n, &argv[i + APPLY_ITEM_FIELD]);
		int64_t version = 0;
		m->items++;
		if (!mine) {
			mirror_violated("apply wrote %.*s for %s", (int)argv[i + APPLY_ITEM_FIELD].length,
				argv[i + APPLY_ITEM_FIELD].text, mirror_describe(m, (unsigned)entry));
			return;
		}
		/* Slate entries of one list are taken together, by the slate before the first. Whom they affect is told by no
		 * reply: each acknowledgement is held against the reports. */
		int verdict = apply(m, entry, together && sv == sv_before ? m->sv : sv, mine, &version);
		int64_t answer = value_int(value_at(reply, at++));
		if (answer != verdict) {
			mirror_violated("apply answered %d, not %d, to %s", (int)answer, verdict,
				mirror_describe(m, (unsigned)entry));
			return;
		}
		m->slates += verdict == ANSWER_SLATE;
		m->expired += verdict == ANSWER_EXPIRED;
		m->duplicates += verdict == ANSWER_DUP;
		if (verdict == ANSWER_NEED) {
			int64_t got = value_int(value_at(reply, at++));
			if (got != version)
				mirror_violated("apply says that %s stands since version %" PRId64 ", not %" PRId64,
					mirror_describe(m, (unsigned)entry), got, version);
			for (size_t p = 0; listed && p < player_count; p++) {
				int who = mirror_player_in(argv[players + 1 + p].text, argv[players + 1 + p].length);
				/* Nobody has committed what this list raised. */
				const int64_t wanted =
					version > v_before ? 0 : m->players[who].runs[PHASE_REPORT].committed;
				if (value_int(value_at(reply, at + p)) != wanted)
					mirror_violated("apply says that %s has another version", mirror_player[who]);
			}
			if (listed) {
				check_audience(m, &m->log[entry], &argv[players + 1], player_count,
					mirror_arg_int(&argv[games]) > 0, reply);
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

/* Letters, acks, reading. */

static void letter(struct mirror *m, int i, const char *id, const char *reason, const char *players)
{
	struct mirror_fate *f = &m->fates[i];
	const struct mirror_entry *e = &m->log[i];
	unsigned named = 0;
	for (const char *p = players; *p;) {
		size_t n = strcspn(p, ",");
		if (named & 1u << mirror_player_in(p, n))
			mirror_violated("%s's letter names %.*s twice", mirror_describe(m, (unsigned)i), (int)n, p);
		named |= 1u << mirror_player_in(p, n);
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
			mirror_violated("%s was called malformed", mirror_describe(m, (unsigned)i));
	} else if (strcmp(reason, "trimmed") == 0) {
		f->letter_all = true;
		if (!f->trimmed)
			mirror_violated("%s was called trimmed", mirror_describe(m, (unsigned)i));
		for (int p = 0; f->applied && p < PLAYERS; p++)
			/* Who has not run for it by now never will. */
			m->players[p].buried = m->players[p].buried_unread = true;
	} else if (strcmp(reason, "before_mark") == 0)
		f->letter_all = true;
	else if (strcmp(reason, "failed") != 0 && strcmp(reason, "poison") != 0)
		mirror_violated("%s was buried as %s", mirror_describe(m, (unsigned)i), reason);
	else if (!named)
		mirror_violated("%s was buried for nobody", mirror_describe(m, (unsigned)i));
	if (f->letters > 1)
		mirror_violated("%s has %u dead letters", mirror_describe(m, (unsigned)i), f->letters);
}

static const char *letter_field(const struct sim_exec *e, size_t from, const char *name, char *buffer, size_t size)
{
	buffer[0] = '\0';
	for (size_t i = from; i + 1 < e->argc; i += 2)
		if (mirror_arg_is(&e->argv[i], name))
			snprintf(buffer, size, "%.*s", (int)e->argv[i + 1].length, e->argv[i + 1].text);
	return buffer;
}

static void executed_dead(struct mirror *m, const struct sim_exec *e)
{
	char id[64], reason[32], players[256];
	const struct sim_arg *key = mirror_argv_at(e, DEAD_STREAM), *of = mirror_argv_at(e, DEAD_ID);
	int stream = mirror_stream_of(key->text, key->length);
	snprintf(id, sizeof(id), "%.*s", (int)of->length, of->text);
	int i = mirror_find_entry(m, stream, mirror_parse_id(id));
	if (i == NOBODY) {
		mirror_violated("a dead letter of nothing: %s", id);
		return;
	}
	if (e->reply->type != VALUE_STRING)
		return;
	letter(m, i, value_text(e->reply), letter_field(e, DEAD_FIELDS - 1, "reason", reason, sizeof(reason)),
		letter_field(e, DEAD_FIELDS - 1, "players", players, sizeof(players)));
	mirror_must_be_settled(m, (unsigned)i, "dead letter");
}

static void executed_ack(struct mirror *m, const struct sim_exec *e)
{
	int stream = mirror_stream_of(e->argv[1].text, e->argv[1].length);
	for (size_t i = 3; i < e->argc; i++) {
		char id[64];
		snprintf(id, sizeof(id), "%.*s", (int)e->argv[i].length, e->argv[i].text);
		int entry = mirror_find_entry(m, stream, mirror_parse_id(id));
		if (entry == NOBODY) {
			mirror_violated("an ack of nothing: %s", id);
			return;
		}
		if (m->fates[entry].pending)
			mirror_must_be_settled(m, (unsigned)entry, "ack");
		m->fates[entry].pending = false;
	}
}

static void executed_read(struct mirror *m, const struct sim_exec *e)
{
	if (!mirror_arg_is(&e->argv[e->argc - 1], ">") || e->reply->type != VALUE_ARRAY)
		return;
	for (size_t s = 0; s < e->reply->count; s++) {
		const struct value *key = value_at(value_at(e->reply, s), 0),
				   *entries = value_at(value_at(e->reply, s), 1);
		int stream = mirror_stream_of(key->text, key->length);
		for (size_t k = 0; k < entries->count; k++) {
			int i = mirror_find_entry(
				m, stream, mirror_parse_id(value_text(value_at(&entries->items[k], 0))));
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
	const struct sim_arg *by = mirror_argv_at(e, CLAIM_NAME);
	char name[24], me[16];
	snprintf(me, sizeof(me), "%.*s", (int)(by->length % sizeof(me)), by->text);
	snprintf(name, sizeof(name), "%s/", me);
	/* Whatever was claimed is ours now; the reply names those that are still there. */
	for (size_t s = 0; s < e->reply->count; s++) {
		const struct value *taken = script_out(value_at(e->reply, s), CLAIM_OUT_TAKEN);
		for (size_t k = 0; taken->type == VALUE_ARRAY && k < taken->count; k++) {
			int i = mirror_find_entry(m, (int)s, mirror_parse_id(value_text(value_at(&taken->items[k], 0))));
			if (i == NOBODY)
				continue;
			if (!m->fates[i].pending || mirror_is_live_name(m, m->fates[i].owner))
				mirror_violated("claimed from the living %s: %s", m->fates[i].owner,
					mirror_describe(m, (unsigned)i));
			snprintf(m->fates[i].owner, sizeof(m->fates[i].owner), "%s", me);
		}
	}
	for (int k = 0; k < PLAYERS * PHASE_COUNT; k++) {
		struct mirror_runs *runs = &m->players[k / PHASE_COUNT].runs[k % PHASE_COUNT];
		const struct mirror_token *t = &runs->token;
		if (t->held && strncmp(t->holder, name, strlen(name)) != 0 && !mirror_is_live(m, t->holder))
			mirror_lose(runs, e->now_ms);
	}
	for (size_t s = 0; s < e->reply->count; s++) {
		int64_t lost = value_int(script_out(value_at(e->reply, s), CLAIM_OUT_LOST));
		/* Which ones follows from who had them; their letters are in Redis. */
		for (unsigned i = 0; lost > 0 && i < m->log_count; i++) {
			struct mirror_fate *f = &m->fates[i];
			if ((size_t)m->log[i].stream != s || !f->pending || !f->trimmed || strcmp(f->owner, me) == 0 ||
				mirror_is_live_name(m, f->owner))
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
	const struct sim_arg *to = mirror_argv_at(e, HAND_TO), *by = mirror_argv_at(e, HAND_NAME),
			     *key = mirror_argv_at(e, HAND_STREAM);
	for (size_t k = 0; e->reply->type == VALUE_ARRAY && k < e->reply->count; k++) {
		int i = mirror_find_entry(m, mirror_stream_of(key->text, key->length),
			mirror_parse_id(mirror_argv_at(e, (unsigned)(HAND_ITEMS + k))->text));
		if (i == NOBODY || value_int(value_at(e->reply, k)) == 0)
			continue;
		struct mirror_fate *f = &m->fates[i];
		if (!f->pending || !mirror_arg_is(by, f->owner))
			mirror_violated("handed over by another than %s: %s", f->owner, mirror_describe(m, (unsigned)i));
		snprintf(f->owner, sizeof(f->owner), "%.*s", (int)to->length, to->text);
		if (!mirror_is_live_name(m, f->owner))
			mirror_violated("handed over to %s, who is dead: %s", f->owner, mirror_describe(m, (unsigned)i));
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
	const struct sim_arg *how = mirror_argv_at(e, LEAGUE_HOW);
	return mirror_arg_int(mirror_argv_at(e, LEAGUE_SV)) == m->sv &&
	       (mirror_arg_is(how, LEAGUE_RAISE) ||
		       (mirror_arg_is(how, LEAGUE_TAKE) &&
			       value_text(script_out(e->reply, LEAGUE_OUT_HOLDER))[0] == '\0'));
}

bool mirror_league_adds(const struct mirror *m, const struct sim_exec *e)
{
	return m->day && league_is_put(m, e);
}

static void executed_league(struct mirror *m, const struct sim_exec *e)
{
	struct mirror_cell *c = &m->cells[mirror_field(F_LEAGUE, 0, 0)];
	if (!league_is_put(m, e))
		return;
	if (mirror_arg_is(mirror_argv_at(e, LEAGUE_HOW), LEAGUE_RAISE) &&
		mirror_arg_int(mirror_argv_at(e, LEAGUE_OURS)) <= mirror_league_of(m))
		mirror_violated("the day's league was raised from %" PRId64 " to %" PRId64, mirror_league_of(m),
			mirror_arg_int(mirror_argv_at(e, LEAGUE_OURS)));
	m->v++;
	m->sv++;
	/* The entry that it added is in the log already. */
	for (unsigned i = m->log_count; m->day && i-- > 0;)
		if (!m->log[i].junk && m->log[i].kind == EVENT_LEAGUE && m->log[i].league_at == m->v &&
			!m->fates[i].added && mirror_compare(m->log[i].id, m->last[STREAM_REGENERATE]) > 0 &&
			(int64_t)m->log[i].id.ms <= e->now_ms) {
			mirror_added(m, i);
			break;
		}
	*c = (struct mirror_cell){.set = true, .key = {.ms = (uint64_t)m->v}, .at = m->v, .entry = NOBODY};
	snprintf(c->value, sizeof(c->value), "%.*s", (int)mirror_argv_at(e, LEAGUE_OURS)->length,
		mirror_argv_at(e, LEAGUE_OURS)->text);
	m->day = true;
}

static void executed_mute(struct mirror *m, const struct sim_exec *e)
{
	for (size_t i = MUTE_ITEMS - 1; i < e->argc; i += MUTE_ITEM_SIZE) {
		const struct sim_arg *who = &e->argv[i + MUTE_ITEM_PLAYER];
		const int64_t need = mirror_arg_int(&e->argv[i + MUTE_ITEM_NEED]);
		const char *slash = memchr(who->text, '/', who->length);
		const int p = mirror_player_in(who->text, slash ? (size_t)(slash - who->text) : who->length);
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
	const struct sim_arg *name = mirror_argv_at(e, TAKE_NAME), *boot = mirror_argv_at(e, TAKE_OURS);
	const int64_t state = value_int(script_out(e->reply, TAKE_OUT_STATE));
	char holder[HOLDER_MAX], text[64];

	if (state == TAKE_TAKEN) {
		mirror_set_live(m, name, boot);
		table_text(&m->options->tables[1], text);
		m->phases = m->options->tables[mirror_arg_is(mirror_argv_at(e, TAKE_PHASES), text)];
		snprintf(m->in_force, sizeof(m->in_force), "%s", value_text(script_out(e->reply, TAKE_OUT_PHASES)));
		for (unsigned i = 0; i < m->log_count; i++)
			if (m->log[i].conf && !m->log[i].is_retry && !m->fates[i].added &&
				(int64_t)m->log[i].id.ms == e->now_ms)
				mirror_added(m, i);
	}
	if (state != TAKE_OTHERS)
		return;
	snprintf(holder, sizeof(holder), "%.*s/%.*s", (int)name->length, name->text, (int)boot->length, boot->text);
	const bool ours = mirror_is_live(m, holder);
	mirror_set_live(m, name, NULL);
	for (int p = 0; ours && p < PLAYERS; p++)
		for (int phase = 0; phase < PHASE_COUNT; phase++)
			if (strcmp(m->players[p].runs[phase].token.holder, holder) == 0)
				m->players[p].runs[phase].token.held = false;
}

/* Who has other phases than those in force is refused. */
static bool is_outdated(const struct mirror *m, const struct sim_exec *e)
{
	return (e->script == SCRIPT_BEAT && !mirror_arg_is(mirror_argv_at(e, BEAT_PHASES), m->in_force)) ||
	       (e->script == SCRIPT_APPLY && !mirror_arg_is(mirror_argv_at(e, APPLY_PHASES), m->in_force)) ||
	       (e->script == SCRIPT_BEGIN && !mirror_arg_is(mirror_argv_at(e, BEGIN_PHASES), m->in_force));
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
		int i = mirror_find_entry(m, s, mirror_parse_id(value_text(e->reply)));
		/* Equal ids may come up on several streams at once: whose it is says the letter. */
		if (i == NOBODY || !m->log[i].is_retry || m->fates[i].added ||
			!mirror_arg_is(mirror_argv_at(e, RETRY_LETTER), m->fates[m->log[i].origin_entry].letter))
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
			struct mirror_player_state *p =
				&m->players[mirror_player_in(e->argv[k].text, e->argv[k].length)];
			for (int phase = 0; phase < PHASE_COUNT; phase++)
				p->runs[phase].failed_count = p->runs[phase].lost_count = 0;
		}
	}
}

static void executed_plain(struct mirror *m, const struct sim_exec *e)
{
	const struct sim_arg *argv = e->argv;
	if (mirror_arg_is(&argv[0], "XREADGROUP"))
		executed_read(m, e);
	else if (mirror_arg_is(&argv[0], "XACK"))
		executed_ack(m, e);
	else if (mirror_arg_is(&argv[0], "XADD")) {
		int stream = mirror_stream_of(argv[1].text, argv[1].length);
		int i = mirror_find_entry(m, stream, mirror_parse_id(value_text(e->reply)));
		assert(i != NOBODY);
		mirror_added(m, (unsigned)i);
	} else if (mirror_arg_is(&argv[0], "XDEL")) {
		char id[64];
		snprintf(id, sizeof(id), "%.*s", (int)argv[2].length, argv[2].text);
		int i = mirror_find_entry(m, mirror_stream_of(argv[1].text, argv[1].length), mirror_parse_id(id));
		if (i != NOBODY)
			m->fates[i].trimmed = true;
	} else if (mirror_arg_is(&argv[0], "XGROUP") && mirror_arg_is(&argv[1], "DESTROY"))
		m->group[mirror_stream_of(argv[2].text, argv[2].length)] = false;
	else if (mirror_arg_is(&argv[0], "DEL") && argv[1].length > 10 && memcmp(argv[1].text, "props:pre:", 10) == 0)
		for (int p = 0; p < PLAYERS; p++) {
			char key[64];
			snprintf(key, sizeof(key), "props:pre:" MIRROR_DATE ":%s", mirror_player[p]);
			m->players[p].output.evicted |=
				mirror_arg_is(&argv[1], key) && m->players[p].output.version > 0;
		}
	else if (mirror_arg_is(&argv[0], "DEL") && argv[1].length > 15 &&
		 memcmp(argv[1].text, "props:instance:", 15) == 0)
		mirror_set_live(m, &(struct sim_arg){argv[1].text + 15, argv[1].length - 15}, NULL);
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
		mirror_executed_begin(m, e);
		break;
	case SCRIPT_COMMIT:
		mirror_executed_commit(m, e, fault_free);
		break;
	case SCRIPT_OUTPUT:
		mirror_executed_output(m, e, fault_free);
		break;
	case SCRIPT_FAIL:
		mirror_executed_fail(m, e);
		break;
	case SCRIPT_RELEASE:
		mirror_executed_release(m, e);
		break;
	case SCRIPT_BEAT:
		mirror_executed_beat(m, e);
		break;
	case SCRIPT_TAKE:
		executed_take(m, e);
		break;
	case SCRIPT_LEAVE: {
		char holder[64];
		const struct sim_arg *name = mirror_argv_at(e, LEAVE_NAME), *boot = mirror_argv_at(e, LEAVE_BOOT);
		snprintf(holder, sizeof(holder), "%.*s/%.*s", (int)name->length, name->text, (int)boot->length,
			boot->text);
		if (mirror_is_live(m, holder))
			mirror_set_live(m, name, NULL);
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
		if (mirror_waits(m, i) && !(m->fates[i].trimmed && !m->fates[i].delivered))
			return false;
	for (int s = 0; s < STREAM_COUNT; s++)
		if (!m->group[s])
			return false;
	return !m->options->leagues || !m->day || mirror_league_of(m) >= league;
}

void mirror_waiting(const struct mirror *m, char *text, size_t size)
{
	size_t n = (size_t)snprintf(text, size, " (the day's is %" PRId64 ")", mirror_league_of(m));
	for (unsigned i = 0; i < m->log_count && n < size; i++)
		if (mirror_waits(m, i) && !(m->fates[i].trimmed && !m->fates[i].delivered))
			n += (size_t)snprintf(text + n, size - n, "\n%s%s%s", mirror_describe(m, i),
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
			unsigned n = mirror_fields_of(e, w);
			enum mirror_expiry expiry = MIRROR_EXPIRED;
			if (!m->fates[i].added || e->is_retry ||
				(m->fates[i].letters && m->fates[i].letter_all && !m->fates[i].applied))
				continue;
			bool lost = m->fates[i].trimmed || m->loose;
			for (unsigned k = 0; k < m->log_count; k++)
				if (m->fates[k].added && mirror_same_event(m, i, k) && mirror_expiry(m, k) < expiry)
					expiry = mirror_expiry(m, k);
			if (expiry == MIRROR_EXPIRED)
				continue;
			bool twin = false; /* of entries with one event_id the first has the key that surely
					      counts */
			for (unsigned k = 0; k < i; k++)
				twin |= k != i && m->fates[k].added && mirror_same_event(m, i, k);
			for (unsigned x = 0; x < n; x++) {
				if (w[x].field != f)
					continue;
				bool sure = expiry == MIRROR_COUNTS && !lost && !twin;
				if (pass == 0 && sure && mirror_compare(mirror_field_key(e, w[x].kind), top) > 0) {
					top = mirror_field_key(e, w[x].kind);
					any = true;
				}
				if (pass == 1 && mirror_compare(mirror_field_key(e, w[x].kind), top) >= 0 && value &&
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
	mirror_expected_output(m, p, expected);
	if (o->version == 0 || strcmp(o->bytes, expected) != 0)
		mirror_violated("stale: the output of %s is\n%s\nthe state says\n%s", mirror_player[p],
			o->version == 0 ? "(none)" : o->bytes, expected);
}

void mirror_check_end(struct mirror *m)
{
	const struct mirror_cell *league = &m->cells[mirror_field(F_LEAGUE, 0, 0)];
	for (unsigned i = 0; i < m->log_count; i++) {
		const struct mirror_entry *e = &m->log[i];
		if (!m->fates[i].added)
			continue;
		if (e->junk) {
			if (!m->fates[i].letters && !m->fates[i].trimmed && m->fates[i].retry[0] == NOBODY)
				mirror_violated("no dead letter of %s", mirror_describe(m, i));
			continue;
		}
		if (mirror_expiry(m, i) != MIRROR_COUNTS || ((m->fates[i].trimmed || m->loose) && !m->fates[i].applied))
			continue;
		for (int p = 0; p < PLAYERS; p++)
			for (int phase = 0; phase < PHASE_COUNT; phase++)
				if (!mirror_shown(m, i, p, (enum phase)phase) &&
					!mirror_excused(m, i, p, (enum phase)phase) && !mirror_is_twin(m, i))
					mirror_violated("lost: %s for the %s of %s:\n%s", mirror_describe(m, i),
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
		mirror_expected_report(m, p, expected);
		if (!mirror_same_report(s->report, expected))
			mirror_violated("stale: the report of %s is\n%s\nthe state says\n%s", mirror_player[p],
				s->report, expected);
	}
}
