#include "tests/sim/sim_process.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/log.h"
#include "league/build.h"

/* Chance. */

static uint64_t roll(struct dice *d)
{
	d->state ^= d->state >> 12;
	d->state ^= d->state << 25;
	d->state ^= d->state >> 27;
	return d->state * UINT64_C(2685821657736338717);
}

static unsigned below(struct dice *d, unsigned n)
{
	return (unsigned)((roll(d) >> 33) % n);
}

static bool chance(struct dice *d, double p)
{
	return (double)(roll(d) >> 11) * 0x1p-53 < p;
}

/* What the daemon takes for randomness follows from the seed as well. */
static struct dice kernel = {1};

ssize_t getrandom(void *buffer, size_t length, unsigned flags)
{
	(void)flags;
	for (size_t i = 0; i < length; i++)
		((unsigned char *)buffer)[i] = (unsigned char)(roll(&kernel) >> 40);
	return (ssize_t)length;
}

/* The world. */

struct mirror *sim_mirror(struct world *w)
{
	return &w->mirrors[w->redis.master];
}

static void say(const struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(const struct world *w, const char *format, ...)
{
	va_list list;
	if (!w->setup->verbose)
		return;
	printf("%10.3f ", (double)(w->now_us - START_US) / 1e6);
	va_start(list, format);
	vprintf(format, list);
	va_end(list);
	putchar('\n');
}

static int64_t clock_mono(const struct clock *c)
{
	const struct instance *i = (const struct instance *)((const char *)c - offsetof(struct instance, clock));
	return i->world->now_us;
}

static int64_t clock_wall(const struct clock *c)
{
	const struct instance *i = (const struct instance *)((const char *)c - offsetof(struct instance, clock));
	return i->world->now_us / 1000 + i->skew_ms;
}

/* League databases. */

static struct snapshot *snapshot_of(struct world *w, int64_t n)
{
	static const int rivals[TEAMS] = {1, 0, 3, 2, 5, 4, 4};
	struct err err = {0};
	date_t before, day;

	assert(n > 0 && n < LEAGUES_MAX);
	if (w->snapshots[n])
		return w->snapshots[n];
	date_parse("2025-11-10", 10, &before);
	date_parse(MIRROR_DATE, 10, &day);
	struct build *b = build_new();
	for (int p = 0; p < PLAYERS; p++) {
		int team = mirror_default_team(n, p);
		if (team == NOBODY)
			continue;
		const struct build_line line = {.name = mirror_player[p],
			.person_id = p + 1,
			.date = before,
			.team = mirror_team[team],
			.opponent = mirror_team[rivals[team]],
			.home = team < rivals[team],
			.starter = 1,
			.minutes = 20,
			.stat = {[STAT_POINTS] = 10}};
		if (build_line(b, &line, &err) < 0)
			abort();
	}
	for (int g = 0; g < GAMES; g++) {
		char away[4] = "", home[4] = "";
		memcpy(away, mirror_game[g] + 9, 3);
		memcpy(home, mirror_game[g] + 13, 3);
		if (mirror_scheduled(g) &&
			build_game(b,
				&(struct build_game){
					.date = day, .away = away, .home = home, .tip_ms = w->options.tip_ms[g]},
				&err) < 0)
			abort();
	}
	if (build_finish(b, n, &w->snapshots[n], &err) < 0)
		abort();
	build_free(b);
	w->snapshots[n]->fingerprint = (struct fingerprint){.low = (uint64_t)n}; /* every other one has the same rows */
	return w->snapshots[n];
}

void sim_use_league(struct instance *i, int64_t n)
{
	struct snapshot *s = n ? snapshot_of(i->world, n) : NULL;
	i->league = n;
	core_use_league(&i->core, s);
	i->wake = true;
}

/* An instance. */

static struct instance *instance_of(void *core)
{
	return (struct instance *)((char *)core - offsetof(struct instance, core));
}

/* Before the daemon's own are wired in: where bugs are planted. */
static void on_need(void *arg, struct entry *e, enum phase phase, const char *player, int64_t need, int64_t committed,
	int64_t later)
{
	const struct sim_bug *bug = instance_of(arg)->world->setup->bug;
	const struct instance *i = instance_of(arg);
	if (bug && (bug->acks_at_once || (bug->drops_needs && i->world->max_needs &&
						 delivery_needs(i->delivery) > i->world->max_needs)))
		committed = INT64_MAX / 2;
	if (bug && bug->slow_settles && phase == PHASE_PRECOMPUTE)
		committed = INT64_MAX / 2;
	const bool unread = e->event && e->event->kind == EVENT_ODDS && !e->event->game_id[0] &&
			    !(delivery_phases(i->delivery)->reads[phase] & 1u << FACT_ODDS);
	if (bug && bug->forgets_unknown && unread)
		committed = INT64_MAX / 2;
	core_delivery_ops.need(arg, e, phase, player, need, committed, later);
}

/* What is believed of the output. */
static void misread_output(const struct sim_bug *bug, struct ticket *t)
{
	if (bug && bug->forgets_output)
		t->output_at = t->report_committed = 0;
	if (bug && bug->keeps_output && t->phase == PHASE_REPORT && t->held_at > 0) {
		t->output.at = t->held_at;
		t->output.bytes = NULL;
	}
}

static void on_begun(void *arg, struct ticket *t)
{
	misread_output(instance_of(arg)->world->setup->bug, t);
	core_delivery_ops.begun(arg, t);
}

static void on_committed(void *arg, struct ticket *t, bool accepted)
{
	const struct sim_bug *bug = instance_of(arg)->world->setup->bug;
	misread_output(bug, t);
	if (bug && bug->covers_all)
		t->committed = INT64_MAX / 2;
	core_delivery_ops.committed(arg, t, accepted);
}

static void on_orders(void *arg)
{
	const struct instance *i = instance_of(arg);
	const struct sim_bug *bug = i->world->setup->bug;
	const struct order_key *keys;
	const size_t count = delivery_changed_orders(i->delivery, &keys);
	for (size_t k = 0; bug && bug->deaf && k < count; k++)
		if (!delivery_order(i->delivery, &keys[k]))
			return;
	core_delivery_ops.orders(arg);
}

static void on_outdated(void *arg)
{
	((struct instance *)arg)->reload = true;
}

static void on_ready(void *arg, bool ready)
{
	struct instance *i = arg;
	say(i->world, "%s%s is %sready", i->name, i->host, ready ? "" : "not ");
}

static void on_stop(void *arg, enum stop_reason reason, const char *why)
{
	struct instance *i = arg;
	(void)reason;
	say(i->world, "%s%s stops: %s", i->name, i->host, why);
	i->exits = true;
}

static void on_wake(void *arg)
{
	((struct instance *)arg)->wake = true;
}

static void on_left(void *arg, bool late)
{
	(void)late;
	((struct instance *)arg)->exits = true;
}

static const struct core_ops ops = {
	.wake = on_wake,
	.outdated = on_outdated,
	.ready = on_ready,
	.stop = on_stop,
	.left = on_left,
};

bool sim_chance(struct world *w, double p)
{
	return chance(&w->dice, p);
}

unsigned sim_below(struct world *w, unsigned n)
{
	return below(&w->dice, n);
}

bool sim_more(struct world *w, double p)
{
	return chance(&w->more, p);
}

int64_t sim_run_us(struct world *w, enum phase phase)
{
	const bool slow = chance(&w->dice, phase == PHASE_PRECOMPUTE ? .3 : .05);
	return w->run_us ? w->run_us : 1000 * (int64_t)(slow ? below(&w->dice, 4000) : 1 + below(&w->dice, 40));
}

void sim_kill_instance(struct instance *i)
{
	i->job_count = 0;
	delivery_free(i->delivery);
	regen_free(i->regen);
	process_free(i->process);
	completion_free(i->completions);
	metrics_free(i->metrics);
	i->process = NULL;
	i->completions = NULL;
	i->poisoned = false;
	i->delivery = NULL;
	i->regen = NULL;
	i->metrics = NULL;
	i->core = (struct core){0};
	i->up = i->exits = i->reload = false;
	i->beat_us = 0;
	i->start_us = i->world->now_us + 1000 * (int64_t)below(&i->world->dice, 8000);
}

/* As app/ does it, at its start and at a reload. */
static void configure(struct instance *i)
{
	struct world *w = i->world;
	struct phases phases = w->options.tables[i->table];
	struct priority_policy *policy = calloc(1, sizeof(*policy));
	if (!policy)
		abort();
	for (int s = 0; s < STREAM_COUNT; s++)
		policy->type[s] = (enum level)below(&w->dice, LEVEL_COUNT);
	policy->has_tiers = true;
	sim_processors(i, &phases);
	regen_configure(i->regen, policy, process_find(i->process, "simulated"),
		phases.precompute ? process_find(i->process, "model") : NULL, 1 + below(&w->dice, 2), 30000000);
	if (w->setup->bug && w->setup->bug->reads_less)
		phases.reads[PHASE_PRECOMPUTE] &= ~(1u << FACT_MATES);
	delivery_use_phases(i->delivery, &phases);
}

/* The configuration of that name is another one: by a reload, or as it is started anew. */
static void change_table(struct world *w, const char *name)
{
	w->changes--;
	w->counts->tables++;
	for (unsigned n = 0; n < w->instance_count; n++) {
		struct instance *i = &w->instances[n];
		if (strcmp(i->name, name) != 0)
			continue;
		i->table = !i->table;
		say(w, "%s%s gets table %u", i->name, i->host, i->table);
		if (i->up && !i->exits && chance(&w->dice, .6)) {
			configure(i);
			i->wake = true;
		} else if (i->up)
			sim_kill_instance(i);
	}
}

void sim_start_instance(struct instance *i)
{
	struct world *w = i->world;
	struct err err = {0};
	i->planted = core_delivery_ops;
	i->planted.need = on_need;
	i->planted.begun = on_begun;
	i->planted.committed = on_committed;
	i->planted.orders = on_orders;
	i->metrics = metrics_new();
	const struct delivery_options delivery = {
		.transport = sim_transport(),
		.connection = {.base = (struct event_base *)(void *)&i->node},
		.clock = &i->clock,
		.metrics = i->metrics,
		.prefix = "props:",
		.group = "propsd",
		.name = i->name,
		.keep_us = INT64_C(86400000000) * 3650,
		.ingest_keep_us = w->ingest_keep_us,
		.max_in_flight = w->max_in_flight,
		.max_parked = w->max_parked,
		.max_needs = w->max_needs,
		.max_deliveries = w->options.max_lost,
		.max_attempts = w->options.max_attempts,
		.back_off_us = w->options.back_off_ms * 1000,
		.max_back_off_us = w->options.max_back_off_ms * 1000,
	};
	const struct regen_options regen = {.clock = &i->clock,
		.metrics = i->metrics,
		.step_us = 30000000,
		.max_attempts = w->options.max_attempts,
		.max_deliveries = w->options.max_lost,
		.outputs_bytes = w->outputs_bytes};
	if (completion_new(&i->completions) < 0 || !i->metrics || regen_new(&regen, &i->regen, &err) < 0 ||
		delivery_new(&delivery, &i->planted, &i->core, &i->delivery, &err) < 0)
		abort();
	const struct process_options process = {
		.pool = (struct pool *)(void *)i,
		.completions = i->completions,
		.clock = &i->clock,
		.types = sim_processor_types,
		.done = core_done,
		.changed = core_processors_changed,
		.arg = &i->core,
	};
	if (process_new(&process, &i->process, &err) < 0)
		abort();
	core_init(&i->core, i->delivery, i->regen, i->process, &i->clock, &ops, i);
	configure(i);
	i->up = true;
	i->starts++;
	sim_use_league(i, w->options.leagues ? w->league : 0);
	say(w, "%s%s starts", i->name, i->host);
	delivery_start(i->delivery);
	i->wake = true;
}

void sim_drain(struct instance *i, int64_t limit_us)
{
	struct mirror *m = sim_mirror(i->world);
	for (int p = 0; p < PLAYERS; p++) /* it may hand back whatever it has in hand */
		for (int phase = 0; phase < PHASE_COUNT; phase++)
			m->players[p].runs[phase].token.must = MIRROR_MAY_END;
	core_drain(&i->core, limit_us);
}

static const struct live_quote *main_points(const struct live *live)
{
	for (size_t q = 0; q < live->quote_count; q++)
		if (live->quotes[q].market == MARKET_POINTS && !live->quotes[q].alternate &&
			strcmp(live->quotes[q].book, "alpha") == 0)
			return &live->quotes[q];
	return NULL;
}

enum sim_fate sim_fate_of(struct world *w, const struct job *job)
{
	const struct live *live = job->live;
	const struct live_quote *q = main_points(live);
	if (job->phase == PHASE_PRECOMPUTE && !w->model_mended) {
		if (live->injury == INJURY_QUESTIONABLE && strcmp(live->player, "cid") == 0)
			return w->poison && !w->model_outside ? SIM_FATE_POISON : SIM_FATE_BAD;
		if (live->injury == INJURY_DOUBTFUL && strcmp(live->player, "bob") == 0)
			return SIM_FATE_BAD;
	}
	if (job->phase == PHASE_REPORT && q && q->line == POISON_LINE * 100)
		return SIM_FATE_POISON;
	if (job->phase == PHASE_REPORT && q && q->line == BAD_LINE * 100)
		return SIM_FATE_BAD;
	if (w->faults && chance(&w->dice, .03))
		return SIM_FATE_BAD;
	return w->faults && w->options.phases.precompute && chance(&w->dice, .02) ? SIM_FATE_LOST : SIM_FATE_GOOD;
}

/* That the job's phase reads. If its token is no more, nobody sees what comes of it. */
static unsigned facts_of(struct world *w, const struct job *job)
{
	const int p = w->blind ? NOBODY : mirror_player_of(job->live->player);
	return p == NOBODY ? w->options.phases.reads[job->phase]
			   : sim_mirror(w)->players[p].runs[job->phase].token.facts;
}

void sim_write(struct world *w, const struct job *job, char report[REPORT_MAX])
{
	if (job->phase == PHASE_PRECOMPUTE)
		mirror_write_output(w->options.coarse, facts_of(w, job), job, report);
	else
		mirror_write_report(job, report);
}

static void finish_job(struct instance *i, unsigned which)
{
	struct world *w = i->world;
	const struct job *job = i->jobs[which].job;
	char player[LOOKUP_SIZE];
	snprintf(player, sizeof(player), "%s", job->live->player);
	if (sim_finish(i, which)) {
		say(w, "%s%s dies of %s", i->name, i->host, player);
		w->counts->crashes++;
		sim_kill_instance(i);
		return;
	}
	say(w, "%s%s ran the %s of %s at version %" PRId64 ": %s", i->name, i->host, phase_name(job->phase), player,
		job->live->version,
		job->lost     ? "lost"
		: job->result ? "failed"
			      : "ok");
	core_completed(&i->core);
}

/* Hooks of the transport. */

static enum sim_cut on_cut(void *arg, int node)
{
	struct world *w = arg;
	(void)node;
	if (!w->faults)
		return SIM_CUT_NOT;
	double x = (double)(roll(&w->dice) >> 11) * 0x1p-53;
	if (x >= .004)
		return SIM_CUT_NOT;
	w->counts->cuts++;
	return x < .002 ? SIM_CUT_BEFORE : SIM_CUT_AFTER;
}

static bool on_allow(void *arg, int node, size_t argc, struct sim_arg *argv)
{
	struct world *w = arg;
	const struct sim_bug *bug = w->setup->bug;
	(void)node;
	if (bug && bug->drop_pages && strncmp(argv[0].text, "XREADGROUP", 10) == 0 && argv[argc - 1].text[0] != '>')
		return false;
	return !(bug && bug->drop && strlen(bug->drop) == argv[0].length &&
		 memcmp(argv[0].text, bug->drop, argv[0].length) == 0);
}

struct mirror_entry *sim_new_entry(struct world *w)
{
	if (w->log_count == LOG_MAX) {
		fprintf(stderr, "simulation: too many entries\n");
		abort();
	}
	struct mirror_entry *e = &w->log[w->log_count++];
	w->mirrors[0].log_count = w->mirrors[1].log_count = w->log_count;
	*e = (struct mirror_entry){.player = NOBODY, .team = NOBODY, .game = NOBODY, .origin_entry = NOBODY};
	return e;
}

static struct mirror_key key_of(const char *id)
{
	char *end;
	struct mirror_key key = {.ms = strtoull(id, &end, 10)};
	key.seq = *end ? strtoull(end + 1, NULL, 10) : 0;
	return key;
}

static bool key_above(struct mirror_key a, struct mirror_key b)
{
	return a.ms != b.ms ? a.ms > b.ms : a.seq > b.seq;
}

static void note_last(struct world *w, const struct mirror_entry *e)
{
	if (key_above(e->id, w->last[e->stream]))
		w->last[e->stream] = e->id;
}

/* What scripts have added to regenerate: runs that a mute had kept back, outputs that reports begin without, and all anew for
 * other phases. */
static void note_added(struct world *w, enum script by)
{
	const bool owed = by == SCRIPT_UNMUTE, conf = by == SCRIPT_TAKE;
	char after[64];
	snprintf(after, sizeof(after), "(%" PRIu64 "-%" PRIu64, w->last[STREAM_REGENERATE].ms,
		w->last[STREAM_REGENERATE].seq);
	const struct value *added = SIM_LOOK(&w->redis, "XRANGE", "props:regenerate", after, "+");
	for (size_t n = 0; n < added->count; n++) {
		const struct value *fields = value_at(value_at(added, n), 1);
		struct mirror_entry *x = sim_new_entry(w);
		x->stream = STREAM_REGENERATE;
		x->kind = EVENT_REGENERATE;
		x->by_script = by == SCRIPT_BEGIN;
		x->owed = owed;
		x->conf = conf;
		x->id = key_of(value_text(value_at(value_at(added, n), 0)));
		for (size_t f = 0; f + 1 < fields->count; f += 2) {
			const char *name = value_text(&fields->items[f]), *text = value_text(&fields->items[f + 1]);
			for (int p = 0; strcmp(name, "player_lookup") == 0 && p < PLAYERS; p++)
				if (strcmp(text, mirror_player[p]) == 0)
					x->player = p;
			if (strcmp(name, "phase") == 0)
				x->phase = strcmp(text, "first") == 0    ? REGENERATE_FIRST
					   : strcmp(text, "report") == 0 ? REGENERATE_REPORT
									 : REGENERATE_PRECOMPUTE;
		}
		note_last(w, x);
		w->counts->asked += x->by_script;
	}
}

static const struct sim_arg *argv_of(const struct sim_exec *e, size_t place)
{
	return &e->argv[place - 1];
}

/* Whether a report began without an output, and had one asked for. */
static bool asked_for_output(const struct sim_exec *e)
{
	const size_t count = (size_t)strtoul(e->argv[BEGIN_COUNT - 1].text, NULL, 10);
	for (size_t n = 0; n < count; n++) {
		const struct value *o = script_out(script_out(e->reply, BEGIN_OUT_ITEMS + n), OUT_OUTPUT);
		if (o->type == VALUE_STRING && strncmp(o->text, "0 0 0 ", 6) == 0)
			return true;
	}
	return false;
}

/* Entries that scripts add are produced too: into the log before the mirror hears of the request. */
static void note_script(struct world *w, const struct sim_exec *e)
{
	if (e->script == SCRIPT_UNMUTE)
		note_added(w, SCRIPT_UNMUTE);
	if (e->script == SCRIPT_TAKE && value_int(script_out(e->reply, TAKE_OUT_ADDED)) > 0)
		note_added(w, SCRIPT_TAKE);
	if (e->script == SCRIPT_LEAGUE && mirror_league_adds(sim_mirror(w), e)) {
		const struct value *newest =
			SIM_LOOK(&w->redis, "XREVRANGE", "props:regenerate", "+", "-", "COUNT", "1");
		struct mirror_entry *x = sim_new_entry(w);
		x->stream = STREAM_REGENERATE;
		x->kind = EVENT_LEAGUE;
		x->league_at = sim_mirror(w)->v + 1;
		x->id = key_of(value_text(value_at(value_at(newest, 0), 0)));
		note_last(w, x);
		w->counts->leagues++;
		return;
	}
	if (e->script == SCRIPT_BEGIN && argv_of(e, BEGIN_STREAM)->length > 0 && asked_for_output(e))
		note_added(w, SCRIPT_BEGIN);
	if (e->script == SCRIPT_RETRY && e->reply->type == VALUE_STRING) {
		const struct sim_arg *of = &e->argv[RETRY_LETTER - 1];
		for (unsigned i = w->letter_count; i-- > 0;) {
			if (strncmp(w->letters[i].id, of->text, of->length) != 0 || w->letters[i].id[of->length])
				continue;
			struct mirror_entry *x = sim_new_entry(w);
			const struct mirror_entry *old = &w->log[w->letters[i].entry];
			*x = *old;
			x->is_retry = true;
			x->origin = old->is_retry ? old->origin : old->id;
			x->origin_entry = w->letters[i].entry;
			x->id = key_of(value_text(e->reply));
			note_last(w, x);
			return;
		}
		mirror_violated("a letter that nobody wrote was retried");
	}
}

static void note_letter(struct world *w, const char *letter, int stream, const char *id)
{
	for (unsigned i = w->log_count; i-- > 0;) {
		struct mirror_key key = key_of(id);
		if ((int)w->log[i].stream != stream || w->log[i].id.ms != key.ms || w->log[i].id.seq != key.seq)
			continue;
		assert(w->letter_count < LETTERS_MAX);
		snprintf(w->letters[w->letter_count].id, sizeof(w->letters[0].id), "%s", letter);
		w->letters[w->letter_count++].entry = (int)i;
		w->counts->letters++;
		return;
	}
}

/* A name is never taken from a process that has been beating. */
static void note_beat_of(struct world *w, const struct sim_exec *e)
{
	struct instance *me = &w->instances[e->node];
	if (e->script == SCRIPT_BEAT && strcmp(value_text(script_out(e->reply, BEAT_OUT_WHOSE)), BEAT_MINE) == 0)
		me->beat_us = w->now_us;
	const int64_t taken = e->script == SCRIPT_TAKE ? value_int(script_out(e->reply, TAKE_OUT_STATE)) : TAKE_CHANGED;
	if (e->script == SCRIPT_LEAVE || taken == TAKE_OTHERS)
		me->beat_us = 0;
	if (taken != TAKE_TAKEN)
		return;
	for (unsigned i = 0; i < w->instance_count; i++) {
		const struct instance *x = &w->instances[i];
		if (x != me && x->up && strcmp(x->name, me->name) == 0 && x->beat_us > w->now_us - 4000000 &&
			x->stopped_until_us <= w->now_us)
			mirror_violated("the name %s was taken from a living process", me->name);
	}
	me->beat_us = w->now_us;
}

static void on_executed(void *arg, const struct sim_exec *e)
{
	struct world *w = arg;
	if (w->blind)
		return;
	if (!e->replica && !value_is_error(e->reply)) {
		note_script(w, e);
		if (e->script == SCRIPT_DEAD && e->reply->type == VALUE_STRING)
			for (int s = 0; s < STREAM_COUNT; s++) {
				char key[64], id[64];
				snprintf(key, sizeof(key), "props:%s", stream_name((enum stream)s));
				snprintf(id, sizeof(id), "%.*s", (int)e->argv[DEAD_ID - 1].length,
					e->argv[DEAD_ID - 1].text);
				if (strlen(key) == e->argv[DEAD_STREAM - 1].length &&
					memcmp(key, e->argv[DEAD_STREAM - 1].text, strlen(key)) == 0)
					note_letter(w, value_text(e->reply), s, id);
			}
	}
	if (w->setup->trace && !e->replica) {
		printf("%10.3f   node %d script %d:", (double)(w->now_us - START_US) / 1e6, e->node, e->script);
		for (size_t i = 0; i < e->argc && i < 30; i++)
			printf(" %.*s", (int)(e->argv[i].length < 60 ? e->argv[i].length : 60), e->argv[i].text);
		if (e->reply->type == VALUE_ARRAY)
			printf(" -> %zu items\n", e->reply->count);
		else if (e->reply->type == VALUE_INTEGER)
			printf(" -> %lld\n", (long long)e->reply->integer);
		else
			printf(" -> %s\n", e->reply->type == VALUE_NIL ? "nil" : e->reply->text);
	}
	if (!e->replica && e->node >= 0 && e->reply->type != VALUE_ERROR)
		note_beat_of(w, e);
	struct mirror *m = &w->mirrors[e->replica ? !w->redis.master : w->redis.master];
	mirror_executed(m, e, w->fault_free && !e->replica);
}

/* Producers. */

static const char *const statuses[] = {"", "available", "probable", "questionable", "doubtful", "out"};
static const char *const game_statuses[] = {"", "scheduled", "postponed", "cancelled"};
static const char *const books[] = {"alpha", "beta"};

struct words {
	const char *list[64];
	size_t count;
	char text[4096];
	size_t length;
};

static void word(struct words *w, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void word(struct words *w, const char *name, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	int n = vsnprintf(w->text + w->length, sizeof(w->text) - w->length, format, list);
	va_end(list);
	w->list[w->count++] = name;
	w->list[w->count++] = w->text + w->length;
	w->length += (size_t)n + 1;
	assert(w->length < sizeof(w->text) && w->count < 60);
}

static void spell(struct world *w, const struct mirror_entry *e, struct words *out)
{
	char names[256] = "";
	if (e->junk) {
		static const char *const values[] = {"", "%%%", "\xff\xfe", "0", "nobody knows this word"};
		word(out, below(&w->dice, 2) ? "player_lookup" : "status", "%s", values[below(&w->dice, 5)]);
		return;
	}
	if (e->game == NOBODY || chance(&w->dice, .3))
		word(out, "game_date", MIRROR_DATE);
	if (e->game != NOBODY)
		word(out, "game_id", "%s", mirror_game[e->game]);
	if (e->player != NOBODY)
		word(out, "player_lookup", "%s", mirror_player[e->player]);
	if (e->team != NOBODY)
		word(out, "team", "%s", mirror_team[e->team]);
	switch (e->kind) {
	case EVENT_ODDS:
		word(out, "market", "%s", e->quote == 1 ? "rebounds" : "points");
		word(out, "book", "%s", books[e->quote == 3]);
		if (e->quote == 2)
			word(out, "alt", "1");
		if (!e->off || e->quote == 2)
			word(out, "line", chance(&w->dice, .5) ? "%d" : "%d.0", e->line);
		if (e->quote == QUOTE_OVER || e->quote == QUOTE_UNDER) {
			word(out, "side", e->quote == QUOTE_OVER ? "over" : "Under");
			if (e->over || e->under)
				word(out, "price", "%d", e->over ? e->over : e->under);
		} else if (e->over)
			word(out, "over", e->over > 0 && chance(&w->dice, .5) ? "+%d" : "%d", e->over);
		if (e->under && e->quote < QUOTE_OVER)
			word(out, "under", "%d", e->under);
		if (e->off)
			word(out, "status", "off");
		break;
	case EVENT_GAME_ODDS:
		word(out, "book", "%s", books[e->book]);
		if (e->has_total)
			word(out, "total", "%d", e->total);
		if (e->has_spread)
			word(out, "spread", "%d", e->spread);
		break;
	case EVENT_INJURY:
		word(out, "status", "%s", statuses[e->injury]);
		break;
	case EVENT_LINEUP:
		for (int p = 0; p < PLAYERS; p++)
			if (e->starters & 1u << p)
				snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s",
					names[0] ? "," : "", mirror_player[p]);
		word(out, "starters", "%s", names);
		if (e->confirmed)
			word(out, "confirmed", "1");
		break;
	case EVENT_REGENERATE:
		if (e->force)
			word(out, "force", "1");
		if (e->phase != REGENERATE_BOTH)
			word(out, "phase", e->phase == REGENERATE_REPORT ? "report" : "precompute");
		break;
	case EVENT_SLATE_GAME:
		if (e->tip_ms) {
			char tip[TIME_SIZE];
			word(out, "tip", "%s", time_format(e->tip_ms, tip));
		}
		if (e->status)
			word(out, "status", "%s", game_statuses[e->status]);
		break;
	case EVENT_SLATE_PLAYER:
		word(out, "status", "%s", e->active ? "active" : "inactive");
		break;
	case EVENT_LEAGUE:
		break;
	}
	if (e->ts_ms)
		word(out, "ts", "%" PRId64, e->ts_ms);
	if (e->due_ms)
		word(out, "not_before", "%" PRId64, e->due_ms);
	if (e->event_id)
		word(out, "event_id", "e%d", e->event_id);
	if (!chance(&w->dice, .1))
		return;
	/* Fields that mean nothing, two of them only where a producer writes them. */
	static const char *const strangers[][2] = {{"colour", "blue"}, {"colour", "blue"}, {"origin", "1-1"},
		{"origin", "9999999999999-0"}, {"origin", "abc"}, {"league", "99"}};
	const char *const *stranger = strangers[below(&w->dice, sizeof(strangers) / sizeof(strangers[0]))];
	word(out, stranger[0], "%s", stranger[1]);
}

void sim_add(struct world *w, struct mirror_entry *e)
{
	struct words out = {.count = 0};
	char id[64], key[64];
	struct mirror_key next = {.ms = (uint64_t)(w->now_us / 1000)};
	if (!key_above(next, w->last[e->stream])) {
		next = w->last[e->stream];
		next.seq++;
	}
	e->id = next;
	note_last(w, e);
	snprintf(id, sizeof(id), "%" PRIu64 "-%" PRIu64, next.ms, next.seq);
	snprintf(key, sizeof(key), "props:%s", stream_name(e->stream));
	out.list[out.count++] = "XADD";
	out.list[out.count++] = key;
	out.list[out.count++] = id;
	spell(w, e, &out);
	out.list[out.count] = NULL;
	w->counts->events++;
	if (w->setup->verbose) {
		printf("%10.3f", (double)(w->now_us - START_US) / 1e6);
		for (size_t i = 0; i < out.count; i++)
			printf(" %s", out.list[i]);
		putchar('\n');
	}
	sim_do(&w->redis, out.list);
}

static void invent(struct world *w, struct mirror_entry *e)
{
	struct dice *d = &w->dice;
	unsigned t = below(d, 100);
	e->player = (int)below(d, PLAYERS);
	if (w->slates && t >= 86) {
		e->stream = STREAM_SLATE;
		if (t >= 94) {
			e->kind = EVENT_SLATE_GAME;
			e->player = NOBODY;
			e->game = (int)below(d, GAMES);
			e->status = (int)below(d, 4);
			if (chance(d, .5))
				e->tip_ms = w->now_us / 1000 + (int64_t)below(d, 40000) - 10000;
		} else {
			e->kind = EVENT_SLATE_PLAYER;
			e->team = (int)below(d, TEAMS);
			e->active = chance(d, .7);
		}
		return;
	}
	if (t < 45) {
		e->stream = STREAM_ODDS;
		e->kind = EVENT_ODDS;
		e->quote = (int)below(d, QUOTES);
		e->line = e->quote == 2 ? 30 : 20 + (int)below(d, 4);
		e->over = chance(d, .8) ? (chance(d, .5) ? -110 : 120) : 0;
		e->under = chance(d, .8) ? -115 : 0;
		e->off = chance(d, .12);
		if (e->quote == QUOTE_OVER || e->quote == QUOTE_UNDER) {
			/* Of few players and with few values: what matters is who passes whom. */
			e->player = (int)below(d, 2);
			e->line = 20 + (int)below(d, 2);
			e->over = e->quote == QUOTE_OVER ? -110 : 0;
			e->under = e->quote == QUOTE_UNDER ? -115 : 0;
			if (chance(d, .05))
				e->line = 30; /* the alternate's */
		}
		if (e->quote == 0 && chance(d, .08))
			e->line = w->poison && chance(d, .4) ? POISON_LINE : BAD_LINE;
	} else if (t < 52) {
		e->stream = STREAM_ODDS;
		e->kind = EVENT_GAME_ODDS;
		e->player = NOBODY;
		e->game = (int)below(d, GAMES);
		e->book = (int)below(d, BOOKS);
		e->has_total = chance(d, .7);
		e->has_spread = !e->has_total || chance(d, .5);
		e->total = e->has_total ? 220 + (int)below(d, 3) : 0;
		e->spread = e->has_spread ? (int)below(d, 5) - 2 : 0;
	} else if (t < 66) {
		e->stream = STREAM_INJURY;
		e->kind = EVENT_INJURY;
		e->injury = 1 + (int)below(d, 5);
	} else if (t < 73) {
		e->stream = STREAM_LINEUP;
		e->kind = EVENT_LINEUP;
		e->player = NOBODY;
		e->team = (int)below(d, TEAMS);
		e->starters = 1 + below(d, (1u << PLAYERS) - 1);
		e->confirmed = chance(d, .5);
	} else {
		e->stream = STREAM_REGENERATE;
		e->kind = EVENT_REGENERATE;
		e->force = chance(d, .3);
		if (w->options.phases.precompute && chance(d, .4))
			e->phase = chance(d, .5) ? REGENERATE_REPORT : REGENERATE_PRECOMPUTE;
		unsigned scope = below(d, 10);
		if (scope >= 5) {
			e->player = NOBODY;
			if (scope < 7)
				e->team = (int)below(d, TEAMS);
			else if (scope < 9)
				e->game = (int)below(d, GAMES);
		}
	}
	/* Without a league, and now and then with one, producers say where a player is. */
	if (e->player != NOBODY && chance(d, w->options.leagues ? .1 : .5)) {
		e->game = (int)below(d, GAMES);
		if (chance(d, .7)) {
			static const int teams[GAMES][2] = {{0, 1}, {0, 5}, {2, 3}, {4, 5}};
			e->team = teams[e->game][below(d, 2)];
		}
	}
}

static void produce(struct world *w)
{
	struct dice *d = &w->dice;
	if (chance(d, .03)) {
		struct mirror_entry *e = sim_new_entry(w);
		e->junk = true;
		e->stream = (enum stream)below(d, STREAM_COUNT);
		sim_add(w, e);
		return;
	}
	if (w->options.leagues && chance(d, .02) && w->league + 1 < LEAGUES_MAX) {
		w->league++;
		w->league_us = w->now_us;
		say(w, "league database number %" PRId64, w->league);
		return;
	}
	struct mirror_entry *e = sim_new_entry(w);
	invent(w, e);
	if (chance(d, .1))
		e->ts_ms = w->now_us / 1000 - (int64_t)below(d, 5000);
	if (e->stream != STREAM_SLATE && chance(d, e->stream == STREAM_REGENERATE ? .25 : .04))
		e->due_ms = w->now_us / 1000 + 20 + (int64_t)below(d, 10000);
	if (chance(d, .2))
		e->event_id = ++w->event_ids;
	sim_add(w, e);
	if (e->event_id && chance(d, .4)) { /* sent again, before the field's next event */
		struct mirror_entry *twin = sim_new_entry(w);
		*twin = *(e = twin - 1);
		w->now_us += below(d, 3) ? below(d, 60000) : 0;
		sim_add(w, twin);
	}
}

/* The operator: pauses and mutes of all that they may name, until a time or until taken back. */

static struct order_key some_order(struct world *w)
{
	struct dice *d = &w->dice;
	static const enum order_whom scopes[] = {
		ORDER_ALL, ORDER_PLAYER, ORDER_PLAYER, ORDER_TEAM, ORDER_TEAM, ORDER_GAME, ORDER_TYPE, ORDER_BOOK};
	const enum order_kind kind = chance(d, .5) ? ORDER_PAUSE : ORDER_MUTE;
	const enum order_whom whom = scopes[below(d, sizeof(scopes) / sizeof(scopes[0]))];
	const char *const names[ORDER_WHOMS] = {
		[ORDER_ALL] = "",
		[ORDER_PLAYER] = mirror_player[below(d, PLAYERS)],
		[ORDER_TEAM] = mirror_team[below(d, TEAMS)],
		[ORDER_GAME] = mirror_game[below(d, GAMES)],
		[ORDER_TYPE] = stream_name((enum stream)below(d, STREAM_COUNT)),
		[ORDER_BOOK] = books[below(d, BOOKS)],
	};
	date_t date = 0;
	if (whom != ORDER_ALL && chance(d, .3))
		date_parse(MIRROR_DATE, strlen(MIRROR_DATE), &date);
	return order_key_of(whom == ORDER_ALL ? ORDER_PAUSE : kind, whom, date, names[whom]);
}

static void give_order(struct world *w)
{
	struct dice *d = &w->dice;
	struct instance *i = &w->instances[below(d, w->instance_count)];
	const struct value *standing = SIM_LOOK(&w->redis, "HKEYS", "props:orders");
	struct order order = {.by = "an operator"};
	char field[ORDER_FIELD_SIZE];

	if (!i->up || !delivery_ready(i->delivery))
		return;
	w->orders--;
	if (standing->count > 0 && chance(d, .4) &&
		order_field_parse(value_text(&standing->items[below(d, (unsigned)standing->count)]), &order.key)) {
		say(w, "%s is taken back", order_field_format(&order.key, field));
		delivery_end_order(i->delivery, &order.key, (delivery_reply_fn *)(void *)on_wake, i);
	} else {
		w->counts->orders++;
		order.key = some_order(w);
		if (chance(d, .6))
			order.until_ms = w->now_us / 1000 + 100 + (int64_t)below(d, 8000);
		say(w, "%s is ordered", order_field_format(&order.key, field));
		delivery_set_order(i->delivery, &order, (delivery_reply_fn *)(void *)on_wake, i);
	}
	i->wake = true;
}

/* By hand, and by nobody's leave: whoever sees it must do what is owed. Those that end by themselves do. */
static void end_orders(struct world *w)
{
	const struct value *all = SIM_LOOK(&w->redis, "HGETALL", "props:orders");
	char fields[64][ORDER_FIELD_SIZE];
	unsigned count = 0;
	for (size_t i = 0; i + 1 < all->count && count < 64; i += 2)
		if (strncmp(value_text(&all->items[i + 1]), "0 ", 2) == 0)
			snprintf(fields[count++], sizeof(fields[0]), "%s", value_text(&all->items[i]));
	for (unsigned i = 0; i < count; i++)
		SIM_DO(&w->redis, "HDEL", "props:orders", fields[i]);
}

/* Faults. */

static void retry_letter(struct world *w)
{
	const struct value *letters = SIM_LOOK(&w->redis, "XRANGE", "props:dead", "-", "+");
	struct instance *i = NULL;
	char id[64] = "", players[256] = "";
	const char *names[PLAYERS];
	size_t count = 0;

	for (unsigned n = 0; n < w->instance_count; n++)
		if (w->instances[n].up && delivery_ready(w->instances[n].delivery))
			i = &w->instances[n];
	if (!i || letters->count == 0)
		return;
	const struct value *letter = &letters->items[below(&w->dice, (unsigned)letters->count)];
	const struct value *fields = value_at(letter, 1);
	snprintf(id, sizeof(id), "%s", value_text(value_at(letter, 0)));
	for (size_t f = 0; f + 1 < fields->count; f += 2) {
		const char *name = value_text(&fields->items[f]), *text = value_text(&fields->items[f + 1]);
		if (strcmp(name, "players") == 0)
			snprintf(players, sizeof(players), "%s", text);
		if (strcmp(name, "reason") == 0 && strcmp(text, "failed") != 0 && strcmp(text, "poison") != 0)
			return;
	}
	for (char *p = strtok(players, ","); p && count < PLAYERS; p = strtok(NULL, ","))
		names[count++] = p;
	w->counts->retries++;
	say(w, "retry of letter %s", id);
	const struct delivery_retry retry = {.letter = id, .date = MIRROR_DATE, .players = names, .player_count = count};
	delivery_dead_retry(i->delivery, &retry, (delivery_reply_fn *)(void *)on_wake, i);
	i->wake = true;
}

static void trim_one(struct world *w)
{
	struct mirror *m = sim_mirror(w);
	for (unsigned tries = 0; tries < 30 && w->log_count; tries++) {
		unsigned i = below(&w->dice, w->log_count);
		if (!m->fates[i].added || m->fates[i].trimmed || !m->fates[i].pending || w->log[i].conf)
			continue;
		char key[64], id[64];
		snprintf(key, sizeof(key), "props:%s", stream_name(w->log[i].stream));
		snprintf(id, sizeof(id), "%" PRIu64 "-%" PRIu64, w->log[i].id.ms, w->log[i].id.seq);
		w->counts->trims++;
		say(w, "%s is trimmed off %s", id, key);
		SIM_DO(&w->redis, "XDEL", key, id);
		return;
	}
}

/* Redis gives up an output, as it may where keys expire or are evicted. */
static void evict_output(struct world *w)
{
	char key[96];
	snprintf(key, sizeof(key), "props:pre:" MIRROR_DATE ":%s", mirror_player[below(&w->dice, PLAYERS)]);
	say(w, "%s is evicted", key);
	SIM_DO(&w->redis, "DEL", key);
}

static void fault(struct world *w)
{
	struct dice *d = &w->dice;
	struct instance *i = &w->instances[below(d, w->instance_count)];
	unsigned t = below(d, 100);
	char key[64];

	if (t < 28) {
		if (!i->up)
			return;
		say(w, "%s%s is killed", i->name, i->host);
		w->counts->kills++;
		sim_kill_instance(i);
	} else if (t < 46) {
		w->counts->stops++;
		i->stopped_until_us = w->now_us + 1000 * (int64_t)(2000 + below(d, 30000));
		say(w, "%s%s stands still", i->name, i->host);
	} else if (t < 56) {
		w->counts->restarts++;
		say(w, "Redis restarts");
		sim_cut_all(&w->redis);
		if (chance(d, .5)) {
			w->redis.down = true;
			w->up_again_us = w->now_us + 1000 * (int64_t)below(d, 15000);
		}
	} else if (t < 66) {
		if (!w->redis.follows)
			return;
		w->counts->failovers++;
		sim_sync(&w->redis,
			w->redis.logged > 40 ? w->redis.logged - below(d, 40) : below(d, w->redis.logged + 1));
		say(w, "failover, %u requests are lost", w->redis.logged);
		sim_failover(&w->redis);
		w->mirrors[!w->redis.master] = w->mirrors[w->redis.master];
		for (unsigned k = 0; k < w->instance_count; k++)
			w->instances[k].beat_us = 0; /* it may be one of those that are lost */
		w->now_us += 2000;
	} else if (t < 73) {
		snprintf(key, sizeof(key), "props:%s", stream_name((enum stream)below(d, STREAM_COUNT)));
		say(w, "group of %s destroyed", key);
		w->counts->groups++;
		if (sim_mirror(w)->group[0])
			SIM_DO(&w->redis, "XGROUP", "DESTROY", key, "propsd");
		/* Nobody notices for a while, and then much is due at once. */
		int64_t until = w->now_us + 1000 * (int64_t)(8000 + below(d, 60000));
		for (unsigned k = 0; k < w->instance_count && w->ingest_keep_us; k++)
			w->instances[k].stopped_until_us = until;
	} else if (t < 80) {
		if (w->options.phases.precompute && chance(d, .5))
			evict_output(w);
		else
			trim_one(w);
	} else if (t < 90) {
		if (!i->up || i->core.draining)
			return;
		w->counts->drains++;
		say(w, "%s%s drains", i->name, i->host);
		sim_drain(i, 1000 * (int64_t)(chance(d, .5) ? below(d, 30) : 5000));
	} else
		retry_letter(w);
}

/* Steps. */

enum action {
	ACTION_TURN,
	ACTION_TICK,
	ACTION_HEAR,
	ACTION_HEAR_READER,
	ACTION_JOB,
	ACTION_RELOAD,
	ACTION_EXIT,
	ACTION_START
};

struct choice {
	struct instance *instance;
	enum action action;
	unsigned which;
};

static int64_t next_of(struct world *w, struct instance *i)
{
	int64_t next = core_next_us(&i->core), blocked = sim_next_us(&w->redis, i->index);
	next = blocked < next ? blocked : next;
	for (unsigned k = 0; k < i->job_count; k++)
		next = i->jobs[k].end_us < next ? i->jobs[k].end_us : next;
	return next;
}

/* Long enough that others serve what it has read. */
static bool lags(const struct instance *i)
{
	const struct world *w = i->world;
	return w->lag_us && i->index > 0 && w->now_us < w->league_us + w->lag_us;
}

static unsigned choices_of(struct world *w, struct instance *i, struct choice *list)
{
	unsigned n = 0;
	if (i->stopped_until_us > w->now_us)
		return 0;
#define OFFER(what, number) \
	list[n++] = (struct choice) \
	{ \
		.instance = i, .action = (what), .which = (number) \
	}
	if (!i->up) {
		if (i->start_us <= w->now_us)
			OFFER(ACTION_START, 0);
		return n;
	}
	if (i->exits) {
		OFFER(ACTION_EXIT, 0);
		return n;
	}
	if (i->wake)
		OFFER(ACTION_TURN, 0);
	if (core_next_us(&i->core) <= w->now_us)
		OFFER(ACTION_TICK, 0);
	for (unsigned c = 0; c < 2; c++)
		if (sim_may_hear(&w->redis, i->index, c))
			OFFER(ACTION_HEAR, c);
	for (unsigned k = 0; k < i->job_count && n < 12; k++)
		if (i->jobs[k].end_us <= w->now_us)
			OFFER(ACTION_JOB, k);
	if ((i->reload || (w->options.leagues && i->league < w->league && chance(&w->dice, .02))) && !lags(i))
		OFFER(ACTION_RELOAD, 0);
	return n;
}

static void act(struct world *w, const struct choice *c)
{
	struct instance *i = c->instance;
	switch (c->action) {
	case ACTION_TURN:
		i->wake = false;
		core_turn(&i->core);
		break;
	case ACTION_TICK:
		core_tick(&i->core);
		core_completed(&i->core);
		break;
	case ACTION_HEAR:
	case ACTION_HEAR_READER:
		sim_hear(&w->redis, i->index, c->which);
		break;
	case ACTION_JOB:
		finish_job(i, c->which);
		break;
	case ACTION_RELOAD:
		i->reload = false;
		if (i->league < w->league)
			sim_use_league(i, i->league + 1 + (int64_t)below(&w->dice, (unsigned)(w->league - i->league)));
		break;
	case ACTION_EXIT:
		say(w, "%s%s ends", i->name, i->host);
		sim_kill_instance(i);
		break;
	case ACTION_START:
		sim_start_instance(i);
		break;
	}
}

void sim_step(struct world *w)
{
	struct choice list[16 * INSTANCES_MAX];
	unsigned n = 0;

	w->now_us += below(&w->dice, 600);
	sim_expire(&w->redis);
	if (w->redis.down && w->now_us >= w->up_again_us)
		w->redis.down = false;
	if (w->redis.follows && w->redis.logged > 60)
		sim_sync(&w->redis, 20 + below(&w->dice, 40));
	for (unsigned i = 0; i < w->instance_count; i++)
		n += choices_of(w, &w->instances[i], list + n);
	if (n) {
		act(w, &list[below(&w->dice, n)]);
		return;
	}
	/* Nothing to do now: the clock moves on to whatever is next. */
	int64_t next = sim_next_expiry(&w->redis);
	for (unsigned i = 0; i < w->instance_count; i++) {
		struct instance *x = &w->instances[i];
		int64_t his = !x->up ? x->start_us : next_of(w, x);
		if (his < x->stopped_until_us)
			his = x->stopped_until_us;
		next = his < next ? his : next;
	}
	if (w->redis.down && w->up_again_us < next)
		next = w->up_again_us;
	if (next != INT64_MAX && next > w->now_us)
		w->now_us = next;
}

static void never_quiet(struct world *w)
{
	char text[1500];
	size_t n = 0;
	text[0] = '\0';
	mirror_waiting(sim_mirror(w), text, sizeof(text) / 2);
	n = strlen(text);
	for (unsigned i = 0; i < w->instance_count && n < sizeof(text) - 200; i++) {
		const struct instance *x = &w->instances[i];
		if (x->up)
			n += (size_t)snprintf(text + n, sizeof(text) - n,
				"\n%s%s: %s, runs %u, in flight %u, parked %u, set aside %u, unacked %u", x->name,
				x->host, delivery_state(x->delivery), regen_runs(x->regen),
				delivery_in_flight(x->delivery), delivery_parked(x->delivery),
				delivery_aside(x->delivery), delivery_unacked(x->delivery));
	}
	mirror_violated("never quiet: league %" PRId64 "%s", w->league, text);
}

bool sim_quiet(struct world *w)
{
	if (!mirror_quiet(sim_mirror(w), w->league))
		return false;
	if (w->counts->orders && value_int(SIM_LOOK(&w->redis, "EXISTS", "props:orders", "props:muted")) > 0)
		return false;
	for (unsigned i = 0; i < w->instance_count; i++) {
		const struct instance *x = &w->instances[i];
		if (x->up && delivery_ready(x->delivery) && (regen_runs(x->regen) || delivery_unacked(x->delivery)))
			return false;
	}
	return true;
}

/* A run. */

/* In a share of those that do, instances have other configurations for a while: no precompute, or one that reads other
 * facts. */
static void set_up_tables(struct world *w, struct dice *own)
{
	static const unsigned readings[] = {
		FACTS_OF_PRECOMPUTE, FACTS_ALL, 1 << FACT_INJURY, 1 << FACT_MATES, 1 << FACT_ODDS};
	struct phases *other = &w->options.tables[1];
	const struct sim_bug *bug = w->setup->bug;
	if (!chance(own, !bug ? .45 : bug->of_tables ? 1 : 0))
		return;
	w->changes = 1 + below(own, 4);
	w->first_table = below(own, 2);
	other->precompute = chance(own, .4);
	other->reads[PHASE_PRECOMPUTE] =
		facts_with_implied(readings[below(own, sizeof(readings) / sizeof(readings[0]))]);
	if (chance(own, .3))
		other->reads[PHASE_REPORT] = facts_with_implied(1 << FACT_SLATE | (1 + below(own, FACTS_ALL)));
}

/* A share of the runs goes through two phases; chance of its own, so that the others are as without. */
static void set_up_phases(struct world *w)
{
	static const unsigned readings[] = {FACTS_OF_PRECOMPUTE, FACTS_OF_PRECOMPUTE, FACTS_OF_PRECOMPUTE, FACTS_ALL,
		1 << FACT_INJURY, 1 << FACT_LINEUP, 1 << FACT_ODDS, 1 << FACT_MATES | 1 << FACT_GAME_ODDS,
		1 << FACT_SLATE | 1 << FACT_ODDS};
	struct dice own = {.state = (w->setup->seed + 3) * UINT64_C(0x9E6C63D0876A9A35)};
	for (int i = 0; i < 8; i++)
		roll(&own);
	struct phases *phases = &w->options.phases;
	const struct sim_bug *bug = w->setup->bug;
	if (!chance(&own, !bug ? .35 : bug->of_tables ? 1 : bug->of_phases ? .95 : 0))
		return;
	phases->precompute = true;
	phases->eager = chance(&own, .6);
	phases->reads[PHASE_PRECOMPUTE] = readings[below(&own, sizeof(readings) / sizeof(readings[0]))];
	if (chance(&own, .35))
		phases->reads[PHASE_REPORT] = 1 + below(&own, FACTS_ALL);
	phases->reads[PHASE_REPORT] |= 1 << FACT_SLATE;
	for (int p = 0; p < PHASE_COUNT; p++)
		phases->reads[p] = facts_with_implied(phases->reads[p]);
	w->options.tables[0] = w->options.tables[1] = *phases;
	set_up_tables(w, &own);
	w->options.coarse = chance(&own, .5);
	w->model_outside = chance(&own, .6);
	w->outputs_bytes = chance(&own, .7) ? 1 << 20 : 0;
}

static void set_up_processors(struct world *w)
{
	static const char *const rates[] = {"40/s", "10/s", "3/s"};
	struct dice *own = &w->more;
	own->state = (w->setup->seed + 5) * UINT64_C(0x9E6C63D0876A9A35);
	for (int i = 0; i < 8; i++)
		roll(own);
	w->permanent = chance(own, .3);
	w->refuses = chance(own, .3);
	w->buries = chance(own, .5);
	if (chance(own, .2)) {
		w->rate = rates[below(own, sizeof(rates) / sizeof(rates[0]))];
		w->burst = 1 + below(own, 4);
	}
}

static void set_up(struct world *w)
{
	struct dice *d = &w->dice;
	set_up_phases(w);
	set_up_processors(w);
	w->slates = chance(d, .65);
	w->poison = chance(d, .2);
	w->outside = !w->poison && chance(d, .2); /* a run outside cannot end its process */
	w->breaker = chance(d, .5) ? 4 + below(d, 8) : 0;
	w->meddles = (w->outside || w->model_outside) && chance(d, .5) ? 1 + below(d, 8) : 0;
	unsigned instances = 1 + below(d, 3);
	w->options.leagues = chance(d, .65);
	w->lag_us = w->setup->seed % 4 == 1 ? 15000000 : 0;
	for (int g = 0; g < GAMES; g++)
		if (chance(d, .3))
			w->options.tip_ms[g] = START_US / 1000 + 1000 + (int64_t)below(d, 30000);
	w->max_in_flight = chance(d, .5) ? 20000 : 6 + below(d, 30);
	w->max_parked = chance(d, .7) ? 100000 : 4 + below(d, 10);
	w->max_needs = chance(d, .5) ? 0 : 1 + below(d, 30);
	w->ingest_keep_us = chance(d, .3) ? 1 : 0;
	w->orders = chance(d, .3) ? 1 + below(d, 8) : 0;
	w->league = w->options.leagues ? 1 : 0;
	for (unsigned i = 0; i < instances; i++) {
		char name[16];
		snprintf(name, sizeof(name), "i%u", i);
		sim_instance(w, name, "");
		w->instances[i].table = w->first_table;
		w->instances[i].skew_ms = chance(d, .3) ? (int64_t)below(d, 4000) - 2000 : 0;
	}
	if (chance(d, .15)) {
		sim_instance(w, "i0", "elsewhere");
		w->instances[w->instance_count - 1].table = w->first_table;
	}
}

static bool unique_names(const struct world *w)
{
	return w->instances[w->instance_count - 1].host[0] == '\0';
}

static void check_books(struct world *w)
{
	for (unsigned i = 0; i < w->instance_count; i++) {
		const struct instance *x = &w->instances[i];
		if (!x->up)
			continue;
		double read = metrics_total(x->metrics, METRIC_ENTRIES_READ),
		       settled = metrics_total(x->metrics, METRIC_ENTRIES_SETTLED);
		double forgotten = metrics_total(x->metrics, METRIC_ENTRIES_FORGOTTEN) +
				   metrics_total(x->metrics, METRIC_ENTRIES_SET_ASIDE);
		w->counts->aside += (unsigned)metrics_total(x->metrics, METRIC_ENTRIES_SET_ASIDE);
		w->counts->muted += (unsigned)metrics_value(x->metrics, METRIC_ENTRIES_SETTLED, METRIC_HOW_MUTED);
		double in_flight = delivery_in_flight(x->delivery) + delivery_parked(x->delivery);
		if (read != settled + forgotten + in_flight)
			mirror_violated(
				"the books of %s do not balance: %g read, %g settled, %g forgotten or set aside, "
				"%g in flight",
				x->name, read, settled, forgotten, in_flight);
		struct regen_stats stats;
		regen_stats(x->regen, &stats);
		if (stats.taken != 0 && delivery_ready(x->delivery))
			mirror_violated("%s has %u places taken and no run", x->name, stats.taken);
		/* Who is behind with its league leaves a date by starting over. */
		if (w->fault_free && !w->options.leagues && metrics_total(x->metrics, METRIC_REDIS_RECONNECTS) > 0)
			mirror_violated("%s started over without any fault: %s", x->name, delivery_state(x->delivery));
	}
}

/* Every letter that the mirror knows of is there, and no other. */
static void check_letters(struct world *w)
{
	const struct mirror *m = sim_mirror(w);
	unsigned there[LOG_MAX] = {0};
	const struct value *letters = SIM_LOOK(&w->redis, "XRANGE", "props:dead", "-", "+");

	for (size_t k = 0; k < letters->count; k++) {
		const struct value *fields = value_at(&letters->items[k], 1);
		const char *stream = "", *id = "";
		for (size_t f = 0; f + 1 < fields->count; f += 2) {
			if (strcmp(value_text(&fields->items[f]), "stream") == 0)
				stream = value_text(&fields->items[f + 1]);
			if (strcmp(value_text(&fields->items[f]), "id") == 0)
				id = value_text(&fields->items[f + 1]);
		}
		for (unsigned i = w->log_count; i-- > 0;) {
			struct mirror_key key = key_of(id);
			if (m->fates[i].added && strcmp(stream + 6, stream_name(w->log[i].stream)) == 0 &&
				w->log[i].id.ms == key.ms && w->log[i].id.seq == key.seq)
				there[i]++;
		}
	}
	for (unsigned i = 0; i < w->log_count; i++)
		if (m->fates[i].added && there[i] != m->fates[i].letters)
			mirror_violated("%s %" PRIu64 "-%" PRIu64 " has %u dead letters in Redis, not %u",
				stream_name(w->log[i].stream), w->log[i].id.ms, w->log[i].id.seq, there[i],
				m->fates[i].letters);
}

/* A field that a player's changes speak of. */
struct moved {
	char name[64], key[STREAM_ID_SIZE], overtaken[STREAM_ID_SIZE], value[64];
	int64_t at;
};

static struct moved *moved_of(struct moved *all, unsigned *count, const char *name)
{
	for (unsigned i = 0; i < *count; i++)
		if (strcmp(all[i].name, name) == 0)
			return &all[i];
	assert(*count < 3 * QUOTES);
	struct moved *m = &all[(*count)++];
	*m = (struct moved){.at = 0};
	snprintf(m->name, sizeof(m->name), "%s", name);
	return m;
}

/* "[MS ]KEY AT VALUE FIELD": each one newer than the last of its field, and a change; or AT is 0, and it is older. */
static void note_moved(const char *player, const char *point, struct moved *all, unsigned *count)
{
	char key[STREAM_ID_SIZE], value[64] = "";
	int64_t at;
	int used = 0;
	const char *text = point;
	if (*text >= '0' && *text <= '9')
		text = strchr(text, ' ') + 1;
	const char *name = strrchr(text, ' ');
	if (sscanf(text, "%43s %" SCNd64 " %n", key, &at, &used) != 2 || !name || name < text + used) {
		mirror_violated("%s has a change of a line \"%s\"", player, point);
		return;
	}
	snprintf(value, sizeof(value), "%.*s", (int)(name - text - used), text + used);
	struct moved *m = moved_of(all, count, name + 1);
	if (at == 0) {
		if (strcmp(key, m->overtaken) > 0)
			strcpy(m->overtaken, key);
		return;
	}
	if (m->at && (strcmp(key, m->key) <= 0 || at <= m->at))
		mirror_violated("%s has a change \"%s\" after one by %s, at %" PRId64, player, point, m->key, m->at);
	strcpy(m->key, key);
	strcpy(m->value, value);
	m->at = at;
}

/* How lines moved ends where they stand, and has each change once. */
static void check_lines(struct world *w)
{
	for (int p = 0; p < PLAYERS && !mirror_violation[0]; p++) {
		char key[96];
		struct moved all[3 * QUOTES];
		unsigned count = 0, standing = 0;
		snprintf(key, sizeof(key), "props:lines:" MIRROR_DATE ":%s", mirror_player[p]);
		const struct value *reply = SIM_LOOK(&w->redis, "GET", key);
		char *text = strdup(value_text(reply)), *rest = text, *change;
		while ((change = strsep(&rest, "\n")) && rest) {
			if (strstr(rest, change))
				mirror_violated("%s has the change \"%s\" twice", mirror_player[p], change);
			note_moved(mirror_player[p], change, all, &count);
		}
		free(text);
		snprintf(key, sizeof(key), "props:player:" MIRROR_DATE ":%s", mirror_player[p]);
		reply = SIM_LOOK(&w->redis, "HGETALL", key);
		for (size_t i = 0; i + 1 < reply->count; i += 2) {
			const char *name = value_text(&reply->items[i]), *field = value_text(&reply->items[i + 1]);
			char end[96];
			if (name[0] != 'q')
				continue;
			const struct moved *m = moved_of(all, &count, name);
			snprintf(end, sizeof(end), " %" PRId64 " %s", m->at, m->value);
			standing++;
			if (strncmp(field, m->overtaken, strlen(m->overtaken)) <= 0 && m->overtaken[0])
				mirror_violated("%s of %s stands at \"%s\", and %s counts as older", name,
					mirror_player[p], field, m->overtaken);
			if (strcmp(strchr(field, ' '), end) != 0)
				mirror_violated("%s of %s stands at \"%s\", its last change at \"%s\"", name,
					mirror_player[p], field, end);
		}
		if (standing != count)
			mirror_violated(
				"changes of %u lines of %s are kept, %u stand", count, mirror_player[p], standing);
	}
}

static void settle_down(struct world *w)
{
	for (unsigned n = 0; !mirror_violation[0]; n++) {
		if (n % 16 == 0 && sim_quiet(w))
			break;
		if (n % 4096 == 4095)
			end_orders(w); /* one may have been on its way when all ended */
		if (n > (w->setup->steps_max ? w->setup->steps_max : STEPS_MAX)) {
			never_quiet(w);
			break;
		}
		sim_step(w);
		w->counts->steps++;
	}
}

static void run(struct world *w)
{
	struct dice *d = &w->dice;
	unsigned events = 20 + below(d, 50), faults = chance(d, .85) ? below(d, 13) : 0;
	bool follows = chance(d, .3);

	w->faults = faults > 0;
	w->fault_free = !w->faults && !w->poison && !w->changes && unique_names(w);
	if (follows && w->faults)
		sim_follow(&w->redis);
	say(w, "seed %" PRIu64 ": %u instances, %u events, %u faults, %s, %s%s", w->setup->seed, w->instance_count,
		events, faults, w->options.leagues ? "a league" : "no league", w->slates ? "slates" : "no slates",
		w->redis.follows ? ", a replica" : "");
	if (w->options.phases.precompute)
		say(w, "precompute reads %x, report %x, %s%s%s", w->options.phases.reads[PHASE_PRECOMPUTE],
			w->options.phases.reads[PHASE_REPORT], w->options.phases.eager ? "eager" : "not eager",
			w->options.coarse ? ", coarse" : "", w->model_outside ? ", outside" : "");
	if (w->changes)
		say(w, "the other table: precompute %s %x, report %x; first is table %u",
			w->options.tables[1].precompute ? "reads" : "is not there,",
			w->options.tables[1].reads[PHASE_PRECOMPUTE], w->options.tables[1].reads[PHASE_REPORT],
			w->first_table);
	double pace = chance(d, .3) ? .3 : .04;
	while (events && !mirror_violation[0]) {
		if (chance(d, pace)) {
			produce(w);
			events--;
		}
		if (w->orders && chance(d, .01))
			give_order(w);
		if (w->meddles && chance(d, .01) && sim_meddle(&w->instances[below(d, w->instance_count)]))
			w->meddles--;
		if (w->changes && chance(d, .006))
			change_table(w, w->instances[below(d, w->instance_count)].name);
		if (faults && chance(d, .008)) {
			fault(w);
			faults--;
		}
		sim_step(w);
		w->counts->steps++;
	}
	end_orders(w);
	w->faults = false; /* from here on it must come to an end */
	for (unsigned i = 0; i < w->instance_count; i++) {
		if (w->instances[i].stopped_until_us > w->now_us + 5000000)
			w->instances[i].stopped_until_us = w->now_us + 5000000;
		if (w->instances[i].up)
			sim_resume(&w->instances[i]);
	}
	settle_down(w);
	if (chance(d, .5)) { /* an operator retries what is dead, perhaps after the reason has gone */
		w->model_mended = w->options.phases.precompute && chance(d, .5);
		for (unsigned n = below(d, 8); n > 0 && !mirror_violation[0]; n--)
			retry_letter(w);
		settle_down(w);
	}
	if (!mirror_violation[0])
		mirror_check_end(sim_mirror(w));
	if (!mirror_violation[0])
		check_books(w);
	if (!mirror_violation[0])
		check_letters(w);
	if (!mirror_violation[0])
		check_lines(w);
}

static void count(struct world *w)
{
	const struct mirror *m = sim_mirror(w);
	struct sim_counts *c = w->counts;
	c->runs += m->runs;
	c->fails += m->fails;
	c->commits += m->commits;
	c->refused += m->refused;
	c->slates += m->slates;
	c->expired += m->expired;
	c->duplicates += m->duplicates;
	c->outputs += m->outputs;
	c->equal += m->equal;
	c->requests += w->redis.requests;
}

struct world *sim_new(const struct sim_setup *setup, struct sim_counts *counts)
{
	struct world *w = calloc(1, sizeof(*w));
	if (!w)
		abort();
	mirror_violation[0] = '\0';
	w->setup = setup;
	w->counts = counts;
	w->dice.state = (setup->seed + 1) * UINT64_C(0x9E3779B97F4A7C15);
	kernel.state = (setup->seed + 7) * UINT64_C(0xD1B54A32D192ED03);
	for (int i = 0; i < 8; i++)
		roll(&w->dice);
	w->now_us = START_US;
	w->hooks = (struct sim_hooks){.executed = on_executed, .cut = on_cut, .allow = on_allow, .arg = w};
	if (setup->bug && setup->bug->script.from)
		w->redis.mutation = &setup->bug->script;
	w->options = (struct mirror_options){.max_attempts = 3,
		.max_lost = 5,
		.back_off_ms = 10000,
		.max_back_off_ms = 15000,
		.prefix = "props:",
		.phases.reads = {FACTS_ALL, FACTS_ALL},
		.tables = {{.reads = {FACTS_ALL, FACTS_ALL}}, {.reads = {FACTS_ALL, FACTS_ALL}}}};
	w->max_in_flight = 20000;
	w->max_parked = 100000;
	return w;
}

void sim_instance(struct world *w, const char *name, const char *host)
{
	struct instance *i = &w->instances[w->instance_count];
	assert(w->instance_count < INSTANCES_MAX);
	snprintf(i->name, sizeof(i->name), "%s", name);
	snprintf(i->host, sizeof(i->host), "%s", host);
	i->world = w;
	i->index = (int)w->instance_count++;
	i->clock = (struct clock){.mono_us = clock_mono, .wall_ms = clock_wall};
	i->node = (struct sim_node){.redis = &w->redis, .index = i->index, .host = i->host};
	i->start_us = START_US;
}

void sim_open(struct world *w)
{
	if (!w->changes)
		w->options.tables[0] = w->options.tables[1] = w->options.phases;
	mirror_init(&w->mirrors[0], &w->options, w->log);
	mirror_init(&w->mirrors[1], &w->options, w->log);
	sim_redis_init(&w->redis, w->setup->servers, 2, &w->hooks, &w->now_us);
}

void sim_free(struct world *w)
{
	count(w);
	for (unsigned i = 0; i < w->instance_count; i++)
		if (w->instances[i].up)
			sim_kill_instance(&w->instances[i]);
	sim_redis_done(&w->redis);
	for (int n = 0; n < LEAGUES_MAX; n++)
		snapshot_drop(w->snapshots[n]);
	free(w);
}

const char *sim_run(const struct sim_setup *setup, struct sim_counts *counts)
{
	struct world *w = sim_new(setup, counts);
	set_up(w);
	sim_open(w);
	run(w);
	sim_free(w);
	return mirror_violation;
}
