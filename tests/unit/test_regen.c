/*
 * The player table and its queue on a clock of the test's own, with delivery and process played by the test:
 * every answer comes when the test gives it, so no interleaving is left to chance.
 */
#include "regen/regen.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "process/job.h"
#include "process/processor.h"

enum { MAX = 256, STEP_US = 30000000 };

/* Delivery and process, in the place of the real ones. */

struct settlement {
	struct entry *entry;
	enum settled how;
	char player[LOOKUP_SIZE], reason[16], error[64];
	unsigned attempts;
};

struct delivery {
	struct ticket *asked[MAX], *ended[MAX];
	unsigned asked_count, ended_count, released;
	const char *failure; /* of the last that ended, NULL: it commits */
	struct settlement settled[MAX];
	unsigned settled_count;
	struct order orders[4];
	size_t order_count;
	const struct order_key *changed;
	size_t changed_count;
	struct slate *slate;
	bool down, behind, date_waits;
};

static unsigned levels_worked_out;

struct process {
	struct job *jobs[MAX];
	unsigned count;
};

static struct clock_of_test {
	struct clock clock;
	int64_t us;
} time_now;

static int64_t mono(const struct clock *c)
{
	(void)c;
	return time_now.us;
}

static int64_t wall(const struct clock *c)
{
	(void)c;
	return time_now.us / 1000;
}

void delivery_begin(struct delivery *d, struct ticket *t)
{
	t->state = TICKET_WANTED;
	d->asked[d->asked_count++] = t;
}

void delivery_commit(struct delivery *d, struct ticket *t, const char *report, size_t length, const char *given)
{
	(void)given;
	(void)report, (void)length;
	assert_int_equal(t->state, TICKET_HELD);
	t->state = TICKET_ENDING;
	d->failure = NULL;
	d->ended[d->ended_count++] = t;
}

void delivery_fail(struct delivery *d, struct ticket *t, const char *error, bool permanent)
{
	(void)permanent;
	assert_int_equal(t->state, TICKET_HELD);
	t->state = TICKET_ENDING;
	d->failure = error;
	d->ended[d->ended_count++] = t;
}

void delivery_release(struct delivery *d, struct ticket *t)
{
	assert_int_equal(t->state, TICKET_HELD);
	t->state = TICKET_IDLE;
	d->released++;
}

void delivery_settle(struct delivery *d, struct entry *e, enum phase phase, enum settled how, const char *player,
	const char *reason, const char *error, unsigned attempts)
{
	(void)phase;
	struct settlement *s = &d->settled[d->settled_count++];
	assert_true(d->settled_count < MAX);
	*s = (struct settlement){.entry = e, .how = how, .attempts = attempts};
	snprintf(s->player, sizeof(s->player), "%s", player);
	snprintf(s->reason, sizeof(s->reason), "%s", reason ? reason : "");
	snprintf(s->error, sizeof(s->error), "%s", error ? error : "");
}

const char *delivery_stream_key(const struct delivery *d, enum stream stream)
{
	(void)d;
	return stream == STREAM_ODDS ? "props:odds" : "props:other";
}

bool delivery_ready(const struct delivery *d)
{
	return !d->down;
}

struct slate *delivery_slate(struct delivery *d, date_t date)
{
	return date == 20000 ? d->slate : NULL;
}

int64_t delivery_redis_ms(const struct delivery *d)
{
	(void)d;
	return time_now.us / 1000;
}

bool delivery_behind(const struct delivery *d, date_t date, const char *player)
{
	(void)date, (void)player;
	return d->behind;
}

size_t delivery_changed_orders(const struct delivery *d, const struct order_key **ret_keys)
{
	*ret_keys = d->changed;
	return d->changed_count;
}

const struct order *delivery_order(const struct delivery *d, const struct order_key *key)
{
	for (size_t i = 0; i < d->order_count; i++)
		if (memcmp(&d->orders[i].key, key, sizeof(*key)) == 0)
			return &d->orders[i];
	return NULL;
}

/* Each time that somebody's level is worked out. */
const struct order *delivery_order_of_player(const struct delivery *d, enum order_kind kind, date_t date,
	const char *player, const char *game, const char *team)
{
	const struct order_key own = order_key_of(kind, ORDER_PLAYER, date, player),
			       any = order_key_of(kind, ORDER_PLAYER, 0, player),
			       of_team = order_key_of(kind, ORDER_TEAM, 0, team);
	(void)game;
	levels_worked_out += kind == ORDER_PRIORITY;
	const struct order *o = delivery_order(d, &own);
	if (!o)
		o = delivery_order(d, &any);
	return o ? o : delivery_order(d, &of_team);
}

/* A pause of the player, or of the team that the slate has him in. */
bool delivery_withhold(struct delivery *d, struct entry *e, enum phase phase, const char *player, int64_t need)
{
	const struct slate *s = delivery_slate(d, e->date);
	const struct slate_place place =
		s ? slate_place(s, player, "", "") : (struct slate_place){.game = "", .team = ""};
	const bool paused = delivery_order_of_player(d, ORDER_PAUSE, e->date, player, "", place.team) != NULL;
	(void)need;
	if (paused)
		delivery_settle(d, e, phase, SETTLED_ASIDE, player, NULL, NULL, 0);
	return paused;
}

const struct order *delivery_withheld_by(struct delivery *d, date_t date, const char *player)
{
	return delivery_order_of_player(d, ORDER_PAUSE, date, player, "", "");
}

bool delivery_date_waits(const struct delivery *d, date_t date, struct date_trouble *ret)
{
	(void)date, (void)ret;
	return d->date_waits;
}

bool delivery_orders_by_slate(const struct delivery *d)
{
	return d->order_count > 0;
}

void process_submit(struct process *p, struct job *const *jobs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		rate_take(&jobs[i]->processor->rate, time_now.us);
		p->jobs[p->count++] = jobs[i];
	}
}

const struct phases *delivery_phases(const struct delivery *d)
{
	static const struct phases none = {.reads = {FACTS_ALL, FACTS_ALL}};
	(void)d;
	return &none;
}

void delivery_also_needs(struct delivery *d, struct entry *e)
{
	(void)d, (void)e;
}

void delivery_output(struct delivery *d, struct ticket *t, const char *bytes, size_t length, const char *processor,
	int64_t generated_ms)
{
	(void)d, (void)t, (void)bytes, (void)length, (void)processor, (void)generated_ms;
}

const char *process_trouble(const struct processor *one)
{
	return one->paused ? "it is paused" : NULL;
}

void process_demand(struct processor *one, unsigned waiting)
{
	(void)one, (void)waiting;
}

/* The test's hands. */

struct world {
	struct delivery delivery;
	struct process process;
	struct metrics *metrics;
	struct trace *trace;
	struct regen *regen;
	struct entry entries[MAX];
	unsigned entry_count;
	struct live live;
};

static struct processor processor = {.name = "fake"};

static void world_new(struct world *w)
{
	struct err err = {0};
	struct priority_policy *policy = calloc(1, sizeof(*policy));
	memset(w, 0, sizeof(*w));
	processor = (struct processor){.name = "fake"};
	time_now.clock = (struct clock){.mono_us = mono, .wall_ms = wall};
	time_now.us = 1000000000;
	w->metrics = metrics_new();
	w->trace = trace_new(&time_now.clock, 64);
	const struct regen_options options = {.clock = &time_now.clock,
		.metrics = w->metrics,
		.trace = w->trace,
		.past_bytes = 1 << 20,
		.step_us = STEP_US,
		.max_attempts = 3,
		.max_deliveries = 5};
	assert_int_equal(regen_new(&options, &w->regen, &err), 0);
	for (int s = 0; s < STREAM_COUNT; s++)
		policy->type[s] = LEVEL_NORMAL;
	policy->has_tiers = true;
	regen_wire(w->regen, &w->delivery, &w->process);
	regen_configure(w->regen, policy, &processor, NULL, 1, STEP_US);
}

static void world_done(struct world *w)
{
	regen_free(w->regen);
	metrics_free(w->metrics);
	trace_free(w->trace);
}

static struct entry *entry_of(struct world *w, enum stream stream)
{
	struct entry *e = &w->entries[w->entry_count];
	assert_true(w->entry_count < MAX);
	*e = (struct entry){.key = {.id = {.ms = 1000 + w->entry_count++}, .stream = stream}, .date = 20000};
	return e;
}

static struct entry *need(struct world *w, const char *player, int64_t version, int64_t committed)
{
	struct entry *e = entry_of(w, STREAM_ODDS);
	regen_need(w->regen, e, PHASE_REPORT, player, version, committed, 0);
	return e;
}

static enum player_state state_of(const struct world *w, const char *player)
{
	struct player_view v;
	return regen_player(w->regen, PHASE_REPORT, 20000, player, &v) ? v.state : PLAYER_STATES;
}

static struct player_view view_of(const struct world *w, const char *player)
{
	struct player_view v;
	assert_true(regen_player(w->regen, PHASE_REPORT, 20000, player, &v));
	return v;
}

/* The newest begin that was asked for. */
static struct ticket *asked(struct world *w)
{
	assert_true(w->delivery.asked_count > 0);
	return w->delivery.asked[w->delivery.asked_count - 1];
}

static void answer(struct world *w, struct ticket *t, enum verdict verdict, int64_t version)
{
	t->verdict = verdict;
	t->state = verdict == VERDICT_RUN ? TICKET_HELD : TICKET_IDLE;
	t->version = version;
	t->committed = version;
	t->attempt = 1;
	t->live = &w->live;
	regen_begun(w->regen, t);
	regen_turn(w->regen); /* hands the job in */
}

static void finish(struct world *w, bool fails)
{
	assert_true(w->process.count > 0);
	struct job *job = w->process.jobs[--w->process.count];
	job->started_us = job->ended_us = time_now.us;
	job->result = fails ? -5 : 0;
	snprintf(job->error, sizeof(job->error), "%s", fails ? "broken" : "");
	regen_done(w->regen, job);
}

static void commit(struct world *w, bool accepted, int64_t committed)
{
	assert_true(w->delivery.ended_count > 0);
	struct ticket *t = w->delivery.ended[--w->delivery.ended_count];
	t->state = TICKET_IDLE;
	t->committed = committed;
	regen_committed(w->regen, t, accepted);
	regen_turn(w->regen);
}

static void fail_run(struct world *w, const int64_t *versions, unsigned count)
{
	struct ticket *t = w->delivery.ended[--w->delivery.ended_count];
	t->state = TICKET_IDLE;
	t->failed.count = count;
	memcpy(t->failed.versions, versions, count * sizeof(*versions));
	snprintf(t->failed.error, sizeof(t->failed.error), "%s", w->delivery.failure);
	regen_failed(w->regen, t);
	regen_turn(w->regen);
}

static unsigned settled_as(const struct world *w, const struct entry *e, enum settled how)
{
	unsigned n = 0;
	for (unsigned i = 0; i < w->delivery.settled_count; i++)
		n += w->delivery.settled[i].entry == e && w->delivery.settled[i].how == how;
	return n;
}

/* Runs. */

static void a_burst_for_a_waiting_player_is_one_run(void **state)
{
	(void)state;
	struct world w;
	struct entry *e[20];
	world_new(&w);
	for (int i = 0; i < 20; i++)
		e[i] = need(&w, "ann", 1 + i, 0);
	assert_int_equal(view_of(&w, "ann").causes, 20);
	regen_turn(w.regen);
	assert_int_equal(w.delivery.asked_count, 1);
	assert_int_equal(asked(&w)->need, 20);
	answer(&w, asked(&w), VERDICT_RUN, 20);
	assert_int_equal(w.process.count, 1);
	assert_int_equal(w.process.jobs[0]->cause_count, 20);
	finish(&w, false);
	commit(&w, true, 20);
	for (int i = 0; i < 20; i++)
		assert_int_equal(settled_as(&w, e[i], SETTLED_COMMIT), 1);
	assert_int_equal(w.delivery.settled_count, 20);
	assert_int_equal(state_of(&w, "ann"), PLAYER_IDLE);
	assert_int_equal(w.delivery.asked_count, 1);
	world_done(&w);
}

static void what_comes_while_he_runs_is_one_more_run(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	need(&w, "ann", 1, 0);
	regen_turn(w.regen);
	answer(&w, asked(&w), VERDICT_RUN, 1);
	struct entry *late[5];
	for (int i = 0; i < 5; i++)
		late[i] = need(&w, "ann", 2 + i, 0);
	regen_turn(w.regen);
	assert_int_equal(w.delivery.asked_count, 1);
	finish(&w, false);
	commit(&w, true, 1);
	assert_int_equal(w.delivery.asked_count, 2);
	assert_int_equal(asked(&w)->need, 6);
	answer(&w, asked(&w), VERDICT_RUN, 6);
	finish(&w, false);
	commit(&w, true, 6);
	for (int i = 0; i < 5; i++)
		assert_int_equal(settled_as(&w, late[i], SETTLED_COMMIT), 1);
	assert_int_equal(w.delivery.asked_count, 2);
	world_done(&w);
}

static void what_the_run_s_version_reaches_is_covered_though_it_came_after_the_begin(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	need(&w, "ann", 1, 0);
	regen_turn(w.regen);
	struct entry *e = need(&w, "ann", 7, 0); /* applied before the begin was executed, heard of after */
	answer(&w, asked(&w), VERDICT_RUN, 9);
	assert_int_equal(w.process.jobs[0]->cause_count, 2);
	finish(&w, false);
	commit(&w, true, 9);
	assert_int_equal(settled_as(&w, e, SETTLED_COMMIT), 1);
	assert_int_equal(w.delivery.asked_count, 1);
	world_done(&w);
}

static void what_redis_has_committed_needs_no_run(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	struct entry *waiting = need(&w, "ann", 3, 0), *covered = need(&w, "ann", 2, 5);
	assert_int_equal(settled_as(&w, waiting, SETTLED_OTHER), 1);
	assert_int_equal(settled_as(&w, covered, SETTLED_OTHER), 1);
	assert_int_equal(state_of(&w, "ann"), PLAYER_IDLE);
	regen_turn(w.regen);
	assert_int_equal(w.delivery.asked_count, 0);
	world_done(&w);
}

static void a_refused_commit_covers_what_redis_says_and_no_more(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	struct entry *low = need(&w, "ann", 3, 0), *high = need(&w, "ann", 8, 0);
	regen_turn(w.regen);
	answer(&w, asked(&w), VERDICT_RUN, 8);
	finish(&w, false);
	commit(&w, false, 5);
	assert_int_equal(settled_as(&w, low, SETTLED_OTHER), 1);
	assert_int_equal(settled_as(&w, high, SETTLED_OTHER) + settled_as(&w, high, SETTLED_COMMIT), 0);
	assert_int_equal(w.delivery.asked_count, 2);
	assert_int_equal(asked(&w)->need, 8);
	world_done(&w);
}

static void a_rate_lets_runs_be_begun_as_tokens_come_and_the_most_urgent_first(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	rate_set(&processor.rate, 1000000, 1, time_now.us);
	need(&w, "ann", 1, 0);
	need(&w, "bob", 1, 0);
	need(&w, "cat", 1, 0);
	regen_turn(w.regen);
	regen_turn(w.regen);
	assert_int_equal(w.delivery.asked_count, 1); /* who is being begun has the token as good as taken */
	answer(&w, asked(&w), VERDICT_COVERED, 1);
	assert_int_equal(w.delivery.asked_count, 2); /* and has not used it up: he needed no run */
	assert_string_equal(asked(&w)->player, "bob");
	answer(&w, asked(&w), VERDICT_RUN, 1);
	assert_int_equal(w.process.count, 1);
	struct entry *e = entry_of(&w, STREAM_INJURY);
	e->has_priority = true;
	e->priority = LEVEL_URGENT;
	regen_need(w.regen, e, PHASE_REPORT, "dan", 1, 0, 0);
	time_now.us += 1000000 - 1;
	regen_turn(w.regen);
	assert_int_equal(w.delivery.asked_count, 2);
	time_now.us += 1;
	regen_turn(w.regen);
	assert_int_equal(w.delivery.asked_count, 3);
	assert_string_equal(asked(&w)->player, "dan");
	assert_int_equal(processor.asked, 1);
	regen_forget(w.regen);
	assert_int_equal(processor.asked, 0);
	world_done(&w);
}

static void several_items_of_one_entry_are_one_need(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	struct entry *e = entry_of(&w, STREAM_REGENERATE), *other;
	regen_need(w.regen, e, PHASE_REPORT, "ann", 3, 0, 0);
	regen_need(w.regen, e, PHASE_REPORT, "ann", 4, 0, 0);
	assert_int_equal(settled_as(&w, e, SETTLED_NONE), 1);
	assert_int_equal(view_of(&w, "ann").causes, 1);
	/* Applied anew after another came between: still one. */
	other = need(&w, "ann", 5, 0);
	e->applied_before = true;
	regen_need(w.regen, e, PHASE_REPORT, "ann", 6, 0, 0);
	assert_int_equal(view_of(&w, "ann").causes, 2);
	regen_turn(w.regen);
	assert_int_equal(asked(&w)->need, 6);
	answer(&w, asked(&w), VERDICT_RUN, 6);
	assert_int_equal(w.process.jobs[0]->cause_count, 2);
	finish(&w, false);
	commit(&w, true, 6);
	assert_int_equal(settled_as(&w, e, SETTLED_COMMIT), 1);
	assert_int_equal(settled_as(&w, other, SETTLED_COMMIT), 1);
	world_done(&w);
}

static void causes_are_sorted_by_type_and_id_by_value(void **state)
{
	(void)state;
	struct world w;
	static const struct {
		enum stream stream;
		struct stream_id id;
	} given[] = {{STREAM_ODDS, {9, 2}}, {STREAM_SLATE, {1, 0}}, {STREAM_ODDS, {10, 0}}, {STREAM_INJURY, {500, 0}},
		{STREAM_ODDS, {9, 10}}};
	static const char *const types[] = {"injury", "odds", "odds", "odds", "slate"}, *const ids[] = {"500-0", "9-2",
												"9-10", "10-0", "1-0"};
	world_new(&w);
	for (size_t i = 0; i < 5; i++) {
		struct entry *e = entry_of(&w, given[i].stream);
		e->key.id = given[i].id;
		regen_need(w.regen, e, PHASE_REPORT, "ann", 1, 0, 0);
	}
	need(&w, "ann", 5, 0); /* the run does not reach it */
	regen_turn(w.regen);
	answer(&w, asked(&w), VERDICT_RUN, 4);
	const struct job *job = w.process.jobs[0];
	assert_int_equal(job->cause_count, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_string_equal(job->causes[i].type, types[i]);
		assert_string_equal(job->causes[i].id, ids[i]);
	}
	finish(&w, false);
	world_done(&w);
}

/* Begin's other answers. */

static void who_runs_elsewhere_is_asked_again_after_200_ms(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	need(&w, "ann", 1, 0);
	regen_turn(w.regen);
	answer(&w, asked(&w), VERDICT_BUSY, 0);
	assert_int_equal(state_of(&w, "ann"), PLAYER_BACKING_OFF);
	assert_true(regen_next_us(w.regen) == time_now.us + 200000);
	time_now.us += 199999;
	regen_tick(w.regen);
	regen_turn(w.regen);
	assert_int_equal(w.delivery.asked_count, 1);
	time_now.us += 1;
	regen_tick(w.regen);
	regen_turn(w.regen);
	assert_int_equal(w.delivery.asked_count, 2);
	answer(&w, asked(&w), VERDICT_COVERED, 4);
	assert_int_equal(state_of(&w, "ann"), PLAYER_IDLE);
	assert_true(regen_next_us(w.regen) == INT64_MAX);
	world_done(&w);
}

static void a_back_off_ends_by_redis_clock_or_with_new_data(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	need(&w, "ann", 1, 0);
	regen_turn(w.regen);
	asked(&w)->wait_ms = time_now.us / 1000 + 10000;
	answer(&w, asked(&w), VERDICT_WAIT, 0);
	assert_true(regen_next_us(w.regen) == time_now.us + 10000000);
	time_now.us += 5000000;
	need(&w, "ann", 2, 0); /* Redis decides whether it may run at once */
	assert_int_equal(state_of(&w, "ann"), PLAYER_WAITING);
	regen_turn(w.regen);
	assert_int_equal(w.delivery.asked_count, 2);
	/* A wait that is over by the time it is heard of is no hot loop. */
	asked(&w)->wait_ms = time_now.us / 1000 - 50;
	answer(&w, asked(&w), VERDICT_WAIT, 0);
	assert_int_equal(state_of(&w, "ann"), PLAYER_BACKING_OFF);
	assert_true(regen_next_us(w.regen) > time_now.us);
	world_done(&w);
}

static void a_slate_that_moved_on_is_asked_with_at_once(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	need(&w, "ann", 1, 0);
	regen_turn(w.regen);
	answer(&w, asked(&w), VERDICT_SLATE, 0);
	assert_int_equal(w.delivery.asked_count, 2);
	world_done(&w);
}

static void a_need_is_dead_after_three_failures_of_its_own(void **state)
{
	(void)state;
	struct world w;
	static const int64_t runs[] = {4, 6, 8};
	world_new(&w);
	struct entry *old = need(&w, "ann", 3, 0), *newer = need(&w, "ann", 5, 0), *newest = need(&w, "ann", 7, 0);
	regen_turn(w.regen);
	answer(&w, asked(&w), VERDICT_RUN, 8);
	finish(&w, true);
	assert_string_equal(w.delivery.failure, "broken");
	fail_run(&w, runs, 3);
	assert_int_equal(settled_as(&w, old, SETTLED_DEAD), 1);
	assert_int_equal(settled_as(&w, newer, SETTLED_DEAD), 0);
	assert_int_equal(settled_as(&w, newest, SETTLED_DEAD), 0);
	assert_string_equal(w.delivery.settled[0].reason, "failed");
	assert_string_equal(w.delivery.settled[0].error, "broken");
	assert_int_equal(w.delivery.settled[0].attempts, 3);
	assert_int_equal(view_of(&w, "ann").failures, 1);
	assert_string_equal(view_of(&w, "ann").last_error, "broken");
	assert_int_equal(w.delivery.asked_count, 2);
	/* The same, told by begin: another instance's failures count. */
	struct ticket *t = asked(&w);
	t->failed = (struct failed_runs){.versions = {4, 6, 8, 9}, .count = 4, .error = "broken there"};
	answer(&w, t, VERDICT_DEAD, 0);
	assert_int_equal(settled_as(&w, newer, SETTLED_DEAD), 1);
	assert_int_equal(settled_as(&w, newest, SETTLED_DEAD), 0);
	world_done(&w);
}

static void poison_ends_what_was_asked_for_and_not_what_came_since(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	struct entry *asked_for = need(&w, "ann", 3, 0);
	regen_turn(w.regen);
	struct entry *since = need(&w, "ann", 4, 0);
	answer(&w, asked(&w), VERDICT_POISON, 0);
	assert_int_equal(settled_as(&w, asked_for, SETTLED_DEAD), 1);
	assert_string_equal(w.delivery.settled[0].reason, "poison");
	assert_int_equal(settled_as(&w, since, SETTLED_DEAD), 0);
	assert_int_equal(w.delivery.asked_count, 2);
	world_done(&w);
}

static void a_run_that_failed_is_repeated(void **state)
{
	(void)state;
	struct world w;
	static const int64_t runs[] = {1};
	world_new(&w);
	struct entry *e = need(&w, "ann", 1, 0);
	regen_turn(w.regen);
	answer(&w, asked(&w), VERDICT_RUN, 1);
	finish(&w, true);
	fail_run(&w, runs, 1);
	assert_int_equal(w.delivery.settled_count, 0);
	assert_int_equal(w.delivery.asked_count, 2);
	answer(&w, asked(&w), VERDICT_RUN, 1);
	finish(&w, false);
	commit(&w, true, 1);
	assert_int_equal(settled_as(&w, e, SETTLED_COMMIT), 1);
	assert_string_equal(view_of(&w, "ann").last_error, "");
	world_done(&w);
}

static void who_was_lost_twice_runs_alone_and_soon(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	need(&w, "bob", 1, 0);
	regen_turn(w.regen);
	answer(&w, asked(&w), VERDICT_RUN, 1);
	need(&w, "ann", 1, 0);
	regen_turn(w.regen);
	struct ticket *t = asked(&w);
	t->lost = 2;
	answer(&w, t, VERDICT_RUN, 1);
	assert_int_equal(w.delivery.released, 1);
	assert_int_equal(state_of(&w, "ann"), PLAYER_BACKING_OFF);
	/* Nobody else is begun now. */
	need(&w, "cid", 1, 0);
	regen_turn(w.regen);
	assert_int_equal(w.delivery.asked_count, 2);
	finish(&w, false);
	commit(&w, true, 1);
	assert_int_equal(w.delivery.asked_count, 3);
	assert_string_equal(asked(&w)->player, "ann");
	asked(&w)->lost = 2;
	answer(&w, asked(&w), VERDICT_RUN, 1);
	assert_int_equal(state_of(&w, "ann"), PLAYER_RUNNING);
	regen_turn(w.regen);
	assert_int_equal(w.delivery.asked_count, 3); /* while he runs nobody is */
	finish(&w, false);
	commit(&w, true, 1);
	assert_int_equal(w.delivery.asked_count, 4);
	assert_string_equal(asked(&w)->player, "cid");
	world_done(&w);
}

/* Start over, drain. */

static void starting_over_forgets_needs_and_keeps_runs(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	need(&w, "runs", 1, 0);
	regen_turn(w.regen);
	answer(&w, asked(&w), VERDICT_RUN, 1);
	need(&w, "asked", 1, 0);
	regen_turn(w.regen);
	struct ticket *void_one = asked(&w);
	need(&w, "waits", 1, 0);
	need(&w, "waits", 2, 0);
	void_one->state = TICKET_VOID;
	w.delivery.down = true;
	regen_forget(w.regen);
	assert_int_equal(w.delivery.settled_count, 0);
	assert_int_equal(state_of(&w, "runs"), PLAYER_RUNNING);
	assert_int_equal(state_of(&w, "asked"), PLAYER_IDLE);
	assert_int_equal(state_of(&w, "waits"), PLAYER_IDLE);
	assert_int_equal(regen_runs(w.regen), 1);
	regen_turn(w.regen);
	assert_int_equal(w.delivery.asked_count, 2);
	/* The run ends while there is no session, its entry is read again, and the commit covers it. */
	finish(&w, false);
	w.delivery.down = false;
	struct entry *again = need(&w, "runs", 1, 0);
	commit(&w, true, 1);
	assert_int_equal(settled_as(&w, again, SETTLED_COMMIT), 1);
	assert_int_equal(regen_runs(w.regen), 0);
	world_done(&w);
}

static void an_end_without_answer_is_asked_for_anew(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	need(&w, "ann", 1, 0);
	regen_turn(w.regen);
	answer(&w, asked(&w), VERDICT_RUN, 1);
	finish(&w, false);
	w.delivery.ended[0]->state = TICKET_VOID; /* its commit's reply never came */
	w.delivery.ended_count = 0;
	regen_forget(w.regen);
	assert_int_equal(regen_runs(w.regen), 0);
	need(&w, "ann", 1, 0);
	regen_turn(w.regen);
	assert_int_equal(w.delivery.asked_count, 2);
	answer(&w, asked(&w), VERDICT_COVERED, 1);
	assert_int_equal(state_of(&w, "ann"), PLAYER_IDLE);
	world_done(&w);
}

static void a_token_handed_back_makes_the_result_void(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	need(&w, "ann", 1, 0);
	regen_turn(w.regen);
	answer(&w, asked(&w), VERDICT_RUN, 1);
	regen_stop(w.regen);
	regen_release(w.regen);
	assert_int_equal(w.delivery.released, 1);
	w.delivery.down = true;
	regen_forget(w.regen); /* the worker still has it */
	assert_int_equal(regen_runs(w.regen), 1);
	finish(&w, false);
	assert_int_equal(w.delivery.ended_count, 0);
	assert_int_equal(regen_runs(w.regen), 0);
	world_done(&w);
}

static void a_drain_begins_nothing(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	regen_stop(w.regen);
	need(&w, "ann", 1, 0);
	regen_turn(w.regen);
	assert_int_equal(w.delivery.asked_count, 0);
	world_done(&w);
}

/* Order of service. */

static struct entry *need_at(struct world *w, const char *player, enum level level)
{
	struct entry *e = entry_of(w, STREAM_ODDS);
	e->has_priority = true;
	e->priority = level;
	regen_need(w->regen, e, PHASE_REPORT, player, 1, 0, 0);
	return e;
}

static void the_highest_level_goes_first_and_the_longest_wait_within_it(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	static const char *const order[] = {"urgent", "high", "early", "late"};
	need_at(&w, "early", LEVEL_NORMAL);
	time_now.us += 1000;
	need_at(&w, "late", LEVEL_LOW); /* its type makes it normal */
	time_now.us += 1000;
	need_at(&w, "high", LEVEL_HIGH);
	time_now.us += 1000;
	need_at(&w, "urgent", LEVEL_URGENT);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(view_of(&w, order[i]).place, i);
	regen_turn(w.regen); /* two places a worker: the first two */
	assert_int_equal(w.delivery.asked_count, 2);
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(w.delivery.asked[i]->player, order[i]);
		answer(&w, w.delivery.asked[i], VERDICT_COVERED, 1);
	}
	world_done(&w);
}

static void he_only_rises_while_he_waits(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	need_at(&w, "ann", LEVEL_NORMAL);
	need_at(&w, "bob", LEVEL_NORMAL);
	assert_int_equal(view_of(&w, "bob").place, 1);
	need_at(&w, "bob", LEVEL_HIGH);
	assert_int_equal(view_of(&w, "bob").place, 0);
	assert_int_equal(view_of(&w, "bob").level, LEVEL_HIGH);
	assert_string_equal(view_of(&w, "bob").reason, "event");
	need_at(&w, "bob", LEVEL_NORMAL);
	assert_int_equal(view_of(&w, "bob").level, LEVEL_HIGH);
	world_done(&w);
}

static void the_level_holds_through_a_failure(void **state)
{
	(void)state;
	struct world w;
	static const int64_t runs[] = {1};
	world_new(&w);
	need_at(&w, "ann", LEVEL_URGENT);
	regen_turn(w.regen);
	answer(&w, asked(&w), VERDICT_RUN, 1);
	finish(&w, true);
	w.delivery.down = true; /* so that he waits and can be looked at */
	fail_run(&w, runs, 1);
	assert_int_equal(view_of(&w, "ann").level, LEVEL_URGENT);
	w.delivery.down = false;
	regen_turn(w.regen);
	answer(&w, asked(&w), VERDICT_COVERED, 1);
	need_at(&w, "ann", LEVEL_NORMAL);
	regen_need(w.regen, entry_of(&w, STREAM_ODDS), PHASE_REPORT, "ann", 3, 0, 0);
	assert_int_equal(view_of(&w, "ann").level, LEVEL_NORMAL); /* the urgent cause is over */
	world_done(&w);
}

/* From here on these orders stand, and those that stood before do not. */
static void orders_are(struct world *w, const struct order *orders, size_t count)
{
	struct delivery *d = &w->delivery;
	struct order_key changed[8];
	d->changed_count = 0;
	for (size_t i = 0; i < d->order_count; i++)
		changed[d->changed_count++] = d->orders[i].key;
	for (size_t i = 0; i < count; i++)
		changed[d->changed_count++] = orders[i].key;
	for (size_t i = 0; i < count; i++)
		d->orders[i] = orders[i];
	d->order_count = count;
	d->changed = changed;
	regen_orders_changed(w->regen);
	d->changed = NULL;
	d->changed_count = 0;
}

static void a_standing_order_raises_who_waits_and_a_pause_stops_all(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	need_at(&w, "ann", LEVEL_HIGH);
	need_at(&w, "bob", LEVEL_NORMAL);
	orders_are(&w,
		&(struct order){.key = order_key_of(ORDER_PRIORITY, ORDER_PLAYER, 20000, "bob"), .level = LEVEL_URGENT},
		1);
	assert_int_equal(view_of(&w, "bob").place, 0);
	assert_string_equal(view_of(&w, "bob").reason, "order");
	struct order orders[] = {
		{.key = order_key_of(ORDER_PRIORITY, ORDER_PLAYER, 0, "ann"), .level = LEVEL_URGENT},
		{.key = order_key_of(ORDER_PAUSE, ORDER_ALL, 0, ""), .by = "somebody"},
	};
	orders_are(&w, orders, 1);
	assert_int_equal(view_of(&w, "ann").place, 0);
	assert_int_equal(view_of(&w, "bob").level, LEVEL_NORMAL);
	orders_are(&w, orders, 2);
	regen_turn(w.regen);
	assert_int_equal(w.delivery.asked_count, 0);
	orders_are(&w, orders, 1);
	regen_turn(w.regen);
	assert_int_equal(w.delivery.asked_count, 2);
	assert_string_equal(w.delivery.asked[0]->player, "ann");
	world_done(&w);
}

static void an_order_lowers_and_only_an_entrys_own_priority_raises_then(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	need(&w, "ann", 1, 0);
	assert_int_equal(view_of(&w, "ann").level, LEVEL_NORMAL);
	const struct order low = {.key = order_key_of(ORDER_PRIORITY, ORDER_PLAYER, 0, "ann"), .level = LEVEL_LOW};
	orders_are(&w, &low, 1);
	assert_int_equal(view_of(&w, "ann").level, LEVEL_LOW);
	assert_string_equal(view_of(&w, "ann").reason, "order");
	need(&w, "ann", 2, 0); /* its type is normal */
	assert_int_equal(view_of(&w, "ann").level, LEVEL_LOW);
	need_at(&w, "ann", LEVEL_HIGH);
	assert_int_equal(view_of(&w, "ann").level, LEVEL_HIGH);
	assert_string_equal(view_of(&w, "ann").reason, "event");
	orders_are(&w, NULL, 0);
	assert_int_equal(view_of(&w, "ann").level, LEVEL_HIGH);
	need(&w, "bob", 1, 0);
	assert_int_equal(view_of(&w, "bob").level, LEVEL_NORMAL);
	world_done(&w);
}

static void an_order_for_a_team_is_for_all_who_are_on_it(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	w.delivery.slate = slate_new(20000);
	slate_reset(w.delivery.slate, NULL);
	assert_int_equal(slate_add_member(w.delivery.slate, "ann", "LAL", true), 0);
	assert_int_equal(slate_add_member(w.delivery.slate, "out", "LAL", false), 0);
	assert_int_equal(slate_add_member(w.delivery.slate, "bob", "BOS", true), 0);
	assert_int_equal(slate_build(w.delivery.slate), 0);
	need(&w, "ann", 1, 0);
	need(&w, "out", 1, 0);
	need(&w, "bob", 1, 0);
	const struct order order = {.key = order_key_of(ORDER_PRIORITY, ORDER_TEAM, 0, "LAL"), .level = LEVEL_URGENT};
	orders_are(&w, &order, 1);
	assert_int_equal(view_of(&w, "ann").level, LEVEL_URGENT);
	assert_int_equal(view_of(&w, "out").level, LEVEL_URGENT);
	assert_int_equal(view_of(&w, "bob").level, LEVEL_NORMAL);
	orders_are(&w, NULL, 0);
	assert_int_equal(view_of(&w, "ann").level, LEVEL_NORMAL);
	slate_free(w.delivery.slate);
	world_done(&w);
}

static void who_is_paused_holds_no_needs_and_no_place(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	struct entry *first = need(&w, "ann", 1, 0);
	need(&w, "bob", 1, 0);
	const struct order pause = {.key = order_key_of(ORDER_PAUSE, ORDER_PLAYER, 0, "ann"), .by = "x"};
	orders_are(&w, &pause, 1);
	assert_int_equal(settled_as(&w, first, SETTLED_ASIDE), 1);
	assert_int_equal(view_of(&w, "ann").state, PLAYER_IDLE);
	assert_int_equal(view_of(&w, "bob").place, 0);
	struct entry *second = need(&w, "ann", 2, 0);
	assert_int_equal(settled_as(&w, second, SETTLED_ASIDE), 1);
	assert_int_equal(view_of(&w, "ann").causes, 0);
	regen_turn(w.regen);
	assert_int_equal(w.delivery.asked_count, 1);
	orders_are(&w, NULL, 0); /* its entries come again */
	need(&w, "ann", 2, 0);
	assert_int_equal(view_of(&w, "ann").state, PLAYER_WAITING);
	world_done(&w);
}

static void who_changes_his_team_changes_its_orders(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	struct slate *s = w.delivery.slate = slate_new(20000);
	struct order orders[] = {
		{.key = order_key_of(ORDER_PRIORITY, ORDER_TEAM, 0, "LAL"), .level = LEVEL_URGENT, .by = ""},
		{.key = order_key_of(ORDER_PAUSE, ORDER_TEAM, 0, "BOS"), .by = ""},
	};
	slate_reset(s, NULL);
	assert_int_equal(slate_add_member(s, "ann", "LAL", true), 0);
	assert_int_equal(slate_build(s), 0);
	struct entry *e = need(&w, "ann", 1, 0);
	orders_are(&w, orders, 2);
	assert_int_equal(view_of(&w, "ann").level, LEVEL_URGENT);
	slate_reset(s, NULL);
	assert_int_equal(slate_add_member(s, "ann", "GSW", true), 0);
	assert_int_equal(slate_build(s), 0);
	regen_slate_changed(w.regen, 20001); /* another date */
	assert_int_equal(view_of(&w, "ann").level, LEVEL_URGENT);
	regen_slate_changed(w.regen, 20000);
	assert_int_equal(view_of(&w, "ann").level, LEVEL_NORMAL);
	slate_reset(s, NULL);
	assert_int_equal(slate_add_member(s, "ann", "BOS", true), 0);
	assert_int_equal(slate_build(s), 0);
	regen_slate_changed(w.regen, 20000);
	assert_int_equal(view_of(&w, "ann").state, PLAYER_IDLE);
	assert_int_equal(settled_as(&w, e, SETTLED_ASIDE), 1);
	slate_free(s);
	world_done(&w);
}

static void many_orders_touch_only_whom_they_name(void **state)
{
	(void)state;
	enum { WAITING = 10000, ORDERS = 2000 };
	struct world w;
	char name[16];
	static struct entry e;
	static struct order_key keys[ORDERS];
	world_new(&w);
	e = (struct entry){.key = {.id = {.ms = 1000}, .stream = STREAM_ODDS}, .date = 20000};
	for (int i = 0; i < WAITING; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		regen_need(w.regen, &e, PHASE_REPORT, name, 1, 0, 0);
	}
	for (int i = 0; i < ORDERS; i++) { /* half of them of players who do not wait */
		snprintf(name, sizeof(name), "p%d", WAITING - ORDERS / 2 + i);
		keys[i] = order_key_of(ORDER_PRIORITY, ORDER_PLAYER, i % 2 ? 0 : 20000, name);
	}
	w.delivery.changed = keys;
	w.delivery.changed_count = ORDERS;
	levels_worked_out = 0;
	regen_orders_changed(w.regen);
	assert_int_equal(levels_worked_out, ORDERS / 2);
	w.delivery.changed_count = 0;
	regen_orders_changed(w.regen);
	assert_int_equal(levels_worked_out, ORDERS / 2);
	world_done(&w);
}

static void who_has_waited_a_step_for_each_level_between_goes_first(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	need_at(&w, "old", LEVEL_NORMAL);
	time_now.us += 2 * (int64_t)STEP_US - 1;
	need_at(&w, "almost", LEVEL_URGENT);
	assert_int_equal(view_of(&w, "almost").place, 0);
	time_now.us += 2;
	need_at(&w, "young", LEVEL_URGENT);
	assert_int_equal(view_of(&w, "almost").place, 0);
	assert_int_equal(view_of(&w, "old").place, 1);
	assert_int_equal(view_of(&w, "young").place, 2);
	world_done(&w);
}

/* One more turn `us` later; who was begun in it, "" for nobody. */
static const char *begun_after(struct world *w, int64_t us)
{
	const unsigned before = w->delivery.asked_count;
	time_now.us += us;
	regen_turn(w->regen);
	return w->delivery.asked_count == before ? "" : asked(w)->player;
}

static void amid_a_burst_players_wait_for_its_rest_but_not_for_long(void **state)
{
	static const struct {
		enum level level;
		int64_t us;
	} held[] = {{LEVEL_HIGH, 250000}, {LEVEL_NORMAL, 500000}, {LEVEL_LOW, 500000}};
	(void)state;
	for (size_t i = 0; i < sizeof(held) / sizeof(held[0]); i++) {
		struct world w;
		world_new(&w);
		assert_int_equal(regen_next_us(w.regen), INT64_MAX);
		w.delivery.behind = true;
		need_at(&w, "ann", held[i].level);
		const int64_t until = time_now.us + held[i].us;
		assert_string_equal(begun_after(&w, 0), "");
		assert_int_equal(regen_next_us(w.regen), until);
		need_at(&w, "bob", LEVEL_URGENT);
		assert_string_equal(begun_after(&w, 0), "bob");
		assert_int_equal(regen_next_us(w.regen), until);
		assert_string_equal(begun_after(&w, held[i].us - 1), "");
		assert_string_equal(begun_after(&w, 1), "ann");
		assert_int_equal(regen_next_us(w.regen), INT64_MAX);
		world_done(&w);
	}
}

static void who_was_held_begins_with_the_burst_s_end(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	w.delivery.behind = true;
	need_at(&w, "ann", LEVEL_LOW);
	assert_string_equal(begun_after(&w, 1000), "");
	w.delivery.behind = false;
	assert_string_equal(begun_after(&w, 1000), "ann");
	world_done(&w);
}

static void only_as_many_are_begun_as_there_are_places(void **state)
{
	(void)state;
	struct world w;
	char name[32];
	world_new(&w);
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "player%d", i);
		need(&w, name, 1, 0);
	}
	regen_turn(w.regen);
	assert_int_equal(w.delivery.asked_count, 2);
	struct regen_stats stats;
	regen_stats(w.regen, &stats);
	assert_int_equal(stats.taken, 2);
	assert_int_equal(stats.state[PLAYER_WAITING], 18);
	assert_int_equal(stats.state[PLAYER_BEGINNING], 2);
	assert_int_equal(stats.waiting[LEVEL_NORMAL], 18);
	regen_set_workers(w.regen, 4);
	regen_turn(w.regen);
	assert_int_equal(w.delivery.asked_count, 8);
	for (int i = 0; i < 20; i++)
		answer(&w, w.delivery.asked[i], VERDICT_COVERED, 1);
	assert_int_equal(w.delivery.asked_count, 20);
	regen_stats(w.regen, &stats);
	assert_int_equal(stats.taken, 0);
	assert_int_equal(stats.state[PLAYER_IDLE], 20);
	world_done(&w);
}

/* docs/scheduling.md, the bound: by the turn of his need, but for urgent ones before him and who has waited steps longer. */
static void an_urgent_player_is_begun_in_the_turn_of_his_need(void **state)
{
	(void)state;
	struct world w;
	char name[32];
	world_new(&w);
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "normal%d", i);
		need_at(&w, name, LEVEL_NORMAL);
	}
	assert_string_equal(begun_after(&w, 0), "normal1"); /* two places a worker */
	assert_int_equal(w.delivery.asked_count, 2);
	need_at(&w, "high", LEVEL_HIGH);
	assert_string_equal(begun_after(&w, 1000), "");
	need_at(&w, "star", LEVEL_URGENT);
	need_at(&w, "other star", LEVEL_URGENT);
	assert_string_equal(begun_after(&w, 1000), "other star"); /* though no place is free */
	assert_int_equal(w.delivery.asked_count, 4);
	assert_string_equal(w.delivery.asked[2]->player, "star");
	/* Two steps on, the normal ones have waited longer than the two levels between are worth, and so has the high one. */
	time_now.us += 2 * (int64_t)STEP_US + 1;
	need_at(&w, "late star", LEVEL_URGENT);
	assert_string_equal(begun_after(&w, 0), "");
	assert_int_equal(view_of(&w, "late star").place, 199);
	assert_int_equal(view_of(&w, "high").place, 0);
	world_done(&w);
}

/* A reload between begin and hand-in: the old processor is gone by then. */
static void a_begun_run_is_done_by_the_processor_of_its_start(void **state)
{
	(void)state;
	struct world w;
	static struct processor newer = {.name = "newer"};
	struct priority_policy *policy = calloc(1, sizeof(*policy));
	world_new(&w);
	need(&w, "ann", 1, 0);
	regen_turn(w.regen);
	struct ticket *t = asked(&w);
	t->verdict = VERDICT_RUN;
	t->state = TICKET_HELD;
	t->version = 1;
	t->attempt = 1;
	t->live = &w.live;
	regen_begun(w.regen, t);
	processor.retired = true;
	regen_configure(w.regen, policy, &newer, NULL, 1, STEP_US);
	regen_turn(w.regen);
	assert_ptr_equal(w.process.jobs[0]->processor, &newer);
	processor.retired = false;
	assert_int_equal(processor.places.taken, 0);
	assert_int_equal(newer.places.taken, 1);
	finish(&w, false);
	commit(&w, true, 1);
	world_done(&w);
}

/* A reload may take the phase away between a run's begin and its job. */
static void a_begun_run_goes_with_its_phase(void **state)
{
	(void)state;
	struct world w;
	static struct processor model = {.name = "model"};
	struct priority_policy *policy = calloc(1, sizeof(*policy)), *later = calloc(1, sizeof(*later));
	world_new(&w);
	regen_configure(w.regen, policy, &processor, &model, 1, STEP_US);
	regen_need(w.regen, entry_of(&w, STREAM_INJURY), PHASE_PRECOMPUTE, "ann", 1, 0, 1);
	regen_turn(w.regen);
	struct ticket *t = asked(&w);
	t->verdict = VERDICT_RUN;
	t->state = TICKET_HELD;
	t->version = 1;
	t->attempt = 1;
	t->live = &w.live;
	regen_begun(w.regen, t);
	model.retired = true;
	regen_configure(w.regen, later, &processor, NULL, 1, STEP_US);
	regen_turn(w.regen);
	assert_int_equal(w.process.count, 0);
	assert_int_equal(model.places.taken, 0);
	assert_int_equal(regen_runs(w.regen), 0);
	world_done(&w);
}

/* The gate: what the scheduler is kept by is what whoever asks is told. */

static struct gate gate_of(const struct world *w, const char *player)
{
	return gate_look(w->regen, PHASE_REPORT, 20000, player);
}

static void assert_kept(struct world *w, enum gate_verdict verdict)
{
	const unsigned begun = w->delivery.asked_count;
	assert_string_equal(gate_name(gate_of(w, "ann").verdict), gate_name(verdict));
	regen_turn(w->regen);
	assert_int_equal(w->delivery.asked_count, begun);
	assert_string_equal(gate_name(gate_of(w, "ann").verdict), gate_name(verdict));
}

static void who_is_told_the_gate_is_open_is_begun_and_nobody_else_is(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	rate_set(&processor.rate, 1000000, 1, time_now.us);
	need(&w, "ann", 1, 0);
	w.delivery.down = true;
	assert_kept(&w, GATE_SESSION);
	w.delivery.down = false;
	w.delivery.behind = true;
	assert_kept(&w, GATE_BURST);
	assert_int_equal(gate_of(&w, "ann").until_us, time_now.us + 500000);
	assert_int_equal(regen_next_us(w.regen), time_now.us + 500000);
	w.delivery.behind = false;
	assert_true(rate_take(&processor.rate, time_now.us));
	assert_kept(&w, GATE_RATE);
	assert_int_equal(gate_of(&w, "ann").until_us, time_now.us + 1000000);
	time_now.us += 1000000;
	processor.places.taken = places_size(&processor.places);
	assert_kept(&w, GATE_PLACE);
	processor.paused = true;
	assert_kept(&w, GATE_TROUBLE);
	processor.paused = false;
	processor.places.taken = 0;
	assert_int_equal(gate_of(&w, "ann").verdict, GATE_OPEN);
	regen_turn(w.regen);
	assert_int_equal(gate_of(&w, "ann").verdict, GATE_ASKED);
	w.delivery.date_waits = true;
	assert_int_equal(gate_of(&w, "ann").verdict, GATE_DATE);
	answer(&w, asked(&w), VERDICT_RUN, 1);
	assert_int_equal(gate_of(&w, "ann").verdict, GATE_RUNS);
	finish(&w, false);
	commit(&w, true, 1);
	assert_int_equal(gate_of(&w, "ann").verdict, GATE_NOTHING);
	assert_int_equal(gate_of(&w, "nobody").verdict, GATE_NOTHING);
	w.delivery.down = true; /* what asks for a run may stand in Redis */
	assert_int_equal(gate_of(&w, "ann").verdict, GATE_SESSION);
	w.delivery.down = false;
	regen_stop(w.regen);
	need(&w, "ann", 2, 1);
	assert_kept(&w, GATE_DRAIN);
	world_done(&w);
}

/* The model waits for the same player's report, which is made on the output that stands; not for long, and for no other's. */
static void a_report_goes_before_the_model_of_the_same_player(void **state)
{
	(void)state;
	struct world w;
	static struct processor model = {.name = "model", .waits = true};
	struct priority_policy *policy = calloc(1, sizeof(*policy));
	world_new(&w);
	places_for_slots(&model.places, 4, false);
	regen_configure(w.regen, policy, &processor, &model, 1, STEP_US);
	for (enum phase phase = PHASE_REPORT; phase < PHASE_COUNT; phase++)
		regen_need(w.regen, entry_of(&w, STREAM_INJURY), phase, "ann", 1, 0, 0);
	regen_turn(w.regen);
	struct ticket *report = asked(&w);
	assert_int_equal(report->phase, PHASE_REPORT);
	assert_int_equal(model.places.taken, 0);
	const struct gate gate = gate_look(w.regen, PHASE_PRECOMPUTE, 20000, "ann");
	assert_string_equal(gate_name(gate.verdict), "report");
	assert_int_equal(gate.until_us, time_now.us + 5000);
	assert_int_equal(regen_next_us(w.regen), time_now.us + 5000);
	regen_need(w.regen, entry_of(&w, STREAM_REGENERATE), PHASE_PRECOMPUTE, "bob", 1, 0, 0);
	answer(&w, report, VERDICT_RUN, 1);
	finish(&w, false);
	assert_int_equal(model.places.taken, 0);
	commit(&w, true, 1);
	regen_turn(w.regen);
	assert_int_equal(model.places.taken, 2); /* ann, and bob behind her */
	regen_need(w.regen, entry_of(&w, STREAM_INJURY), PHASE_REPORT, "cid", 1, 0, 0);
	regen_turn(w.regen); /* and nobody tells of it */
	regen_need(w.regen, entry_of(&w, STREAM_INJURY), PHASE_PRECOMPUTE, "cid", 1, 0, 0);
	regen_turn(w.regen);
	assert_int_equal(model.places.taken, 2);
	time_now.us += 5000;
	regen_turn(w.regen);
	assert_int_equal(model.places.taken, 3);
	regen_forget(w.regen);
	world_done(&w);
}

static void the_gate_tells_why_somebody_rests(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	need(&w, "ann", 1, 0);
	regen_turn(w.regen);
	answer(&w, asked(&w), VERDICT_BUSY, 0);
	assert_int_equal(gate_of(&w, "ann").verdict, GATE_BUSY);
	assert_int_equal(gate_of(&w, "ann").until_us, time_now.us + 200000);
	time_now.us += 200000;
	regen_tick(w.regen);
	regen_turn(w.regen);
	struct ticket *t = asked(&w);
	t->wait_ms = time_now.us / 1000 + 7000;
	answer(&w, t, VERDICT_WAIT, 0);
	assert_int_equal(gate_of(&w, "ann").verdict, GATE_BACK_OFF);
	assert_int_equal(gate_of(&w, "ann").until_us, time_now.us + 7000000);
	time_now.us += 7000000;
	regen_tick(w.regen);
	regen_turn(w.regen);
	answer(&w, asked(&w), VERDICT_RUN, 1);
	finish(&w, true);
	fail_run(&w, (const int64_t[]){1, 1, 1}, 3);
	assert_int_equal(gate_of(&w, "ann").verdict, GATE_GIVEN_UP);
	w.delivery.orders[w.delivery.order_count++] =
		(struct order){.key = order_key_of(ORDER_PAUSE, ORDER_PLAYER, 0, "ann"), .by = ""};
	assert_int_equal(gate_of(&w, "ann").verdict, GATE_ORDER);
	assert_ptr_equal(gate_of(&w, "ann").order, &w.delivery.orders[0]);
	world_done(&w);
}

static void who_asks_hears_who_is_before_him_why_at_his_level_and_of_his_runs(void **state)
{
	(void)state;
	struct world w;
	struct player_why why;
	world_new(&w);
	need(&w, "ann", 1, 0);
	regen_turn(w.regen);
	time_now.us += 3000;
	answer(&w, asked(&w), VERDICT_RUN, 1);
	finish(&w, false);
	commit(&w, true, 1);
	w.delivery.down = true;
	struct entry *first = need(&w, "bob", 2, 1), *newest;
	need(&w, "cal", 2, 1);
	need(&w, "ann", 2, 1);
	newest = entry_of(&w, STREAM_INJURY);
	newest->has_priority = true;
	newest->priority = LEVEL_HIGH;
	first->has_priority = true;
	first->priority = LEVEL_URGENT;
	regen_need(w.regen, first, PHASE_REPORT, "bob", 3, 1, 0);
	regen_need(w.regen, newest, PHASE_REPORT, "cal", 3, 1, 0);
	time_now.us += 5000;
	regen_why(w.regen, PHASE_REPORT, 20000, "ann", &why);
	assert_int_equal(why.gate.verdict, GATE_TURN);
	assert_int_equal(why.head.verdict, GATE_SESSION);
	assert_int_equal(why.before_count, 2);
	assert_string_equal(why.before[0].lookup, "cal");
	assert_int_equal(why.before[0].level, LEVEL_HIGH);
	assert_int_equal(why.before[0].waited_us, 5000);
	assert_string_equal(why.before[1].lookup, "bob");
	assert_int_equal(why.claim_count, 2);
	assert_string_equal(why.claims[0].reason, "tier");
	assert_int_equal(why.claims[0].level, LEVEL_LOW);
	assert_string_equal(why.claims[1].reason, "type");
	assert_int_equal(why.claims[1].stream, STREAM_ODDS);
	assert_int_equal(why.claims[1].level, LEVEL_NORMAL);
	assert_int_equal(why.cause_count, 1);
	assert_int_equal(why.past->run_count, 1);
	assert_int_equal(why.past->runs[0].end, PAST_COMMITTED);
	assert_int_equal(why.past->runs[0].told, 1);
	regen_why(w.regen, PHASE_REPORT, 20000, "cal", &why);
	assert_int_equal(why.gate.verdict, GATE_SESSION);
	assert_int_equal(why.claim_count, 4); /* tier, odds, injury, and what the entry itself asks for */
	assert_int_equal(why.cause_count, 2);
	assert_int_equal(why.causes[0].entry.stream, STREAM_INJURY);
	world_done(&w);
}

static void the_steps_of_a_run_stand_in_the_trace(void **state)
{
	(void)state;
	static const enum trace_step expected[] = {TRACE_AFFECTS, TRACE_QUEUED, TRACE_BEGUN, TRACE_AFFECTS, TRACE_RAN,
		TRACE_COMMITTED, TRACE_QUEUED, TRACE_NOT_BEGUN, TRACE_RESTS};
	struct world w;
	world_new(&w);
	const struct entry *e = need(&w, "ann", 1, 0);
	regen_turn(w.regen);
	time_now.us += 300;
	answer(&w, asked(&w), VERDICT_RUN, 1);
	need(&w, "ann", 2, 0);
	finish(&w, false);
	time_now.us += 200;
	commit(&w, true, 1);
	answer(&w, asked(&w), VERDICT_BUSY, 0);
	assert_int_equal(trace_end(w.trace), sizeof(expected) / sizeof(expected[0]));
	for (uint64_t i = 0; i < trace_end(w.trace); i++) {
		assert_int_equal(trace_at(w.trace, i)->fact.step, expected[i]);
		assert_string_equal(trace_at(w.trace, i)->player, "ann");
	}
	assert_int_equal(trace_at(w.trace, 2)->fact.took_us, 300);
	assert_int_equal(trace_at(w.trace, 2)->fact.ms, e->key.id.ms);
	assert_int_equal(trace_at(w.trace, 5)->fact.took_us, 200);
	assert_int_equal(trace_at(w.trace, 5)->fact.version, 1);
	assert_int_equal(trace_at(w.trace, 8)->fact.detail, GATE_BUSY);
	world_done(&w);
}

static void a_gate_is_told_of_once_as_long_as_it_stays_the_same(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	w.delivery.down = true;
	need(&w, "ann", 1, 0);
	const uint64_t before = trace_end(w.trace);
	for (int i = 0; i < 3; i++)
		regen_turn(w.regen);
	assert_int_equal(trace_end(w.trace), before + 1);
	assert_int_equal(trace_at(w.trace, before)->fact.step, TRACE_GATE);
	assert_int_equal(trace_at(w.trace, before)->fact.detail, GATE_SESSION);
	w.delivery.down = false;
	regen_turn(w.regen);
	regen_turn(w.regen);
	assert_int_equal(trace_end(w.trace), before + 2);
	assert_int_equal(trace_at(w.trace, before + 1)->fact.detail, GATE_OPEN);
	world_done(&w);
}

static int start(void **state)
{
	(void)state;
	log_set_level((enum log_level)0);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_for_a_waiting_player_is_one_run),
		cmocka_unit_test(what_comes_while_he_runs_is_one_more_run),
		cmocka_unit_test(what_the_run_s_version_reaches_is_covered_though_it_came_after_the_begin),
		cmocka_unit_test(what_redis_has_committed_needs_no_run),
		cmocka_unit_test(a_refused_commit_covers_what_redis_says_and_no_more),
		cmocka_unit_test(a_rate_lets_runs_be_begun_as_tokens_come_and_the_most_urgent_first),
		cmocka_unit_test(several_items_of_one_entry_are_one_need),
		cmocka_unit_test(causes_are_sorted_by_type_and_id_by_value),
		cmocka_unit_test(who_runs_elsewhere_is_asked_again_after_200_ms),
		cmocka_unit_test(a_back_off_ends_by_redis_clock_or_with_new_data),
		cmocka_unit_test(a_slate_that_moved_on_is_asked_with_at_once),
		cmocka_unit_test(a_need_is_dead_after_three_failures_of_its_own),
		cmocka_unit_test(poison_ends_what_was_asked_for_and_not_what_came_since),
		cmocka_unit_test(a_run_that_failed_is_repeated),
		cmocka_unit_test(who_was_lost_twice_runs_alone_and_soon),
		cmocka_unit_test(starting_over_forgets_needs_and_keeps_runs),
		cmocka_unit_test(an_end_without_answer_is_asked_for_anew),
		cmocka_unit_test(a_token_handed_back_makes_the_result_void),
		cmocka_unit_test(a_drain_begins_nothing),
		cmocka_unit_test(the_highest_level_goes_first_and_the_longest_wait_within_it),
		cmocka_unit_test(he_only_rises_while_he_waits),
		cmocka_unit_test(the_level_holds_through_a_failure),
		cmocka_unit_test(a_standing_order_raises_who_waits_and_a_pause_stops_all),
		cmocka_unit_test(an_order_lowers_and_only_an_entrys_own_priority_raises_then),
		cmocka_unit_test(an_order_for_a_team_is_for_all_who_are_on_it),
		cmocka_unit_test(who_is_paused_holds_no_needs_and_no_place),
		cmocka_unit_test(who_changes_his_team_changes_its_orders),
		cmocka_unit_test(many_orders_touch_only_whom_they_name),
		cmocka_unit_test(who_has_waited_a_step_for_each_level_between_goes_first),
		cmocka_unit_test(amid_a_burst_players_wait_for_its_rest_but_not_for_long),
		cmocka_unit_test(who_was_held_begins_with_the_burst_s_end),
		cmocka_unit_test(only_as_many_are_begun_as_there_are_places),
		cmocka_unit_test(an_urgent_player_is_begun_in_the_turn_of_his_need),
		cmocka_unit_test(a_begun_run_is_done_by_the_processor_of_its_start),
		cmocka_unit_test(a_begun_run_goes_with_its_phase),
		cmocka_unit_test(who_is_told_the_gate_is_open_is_begun_and_nobody_else_is),
		cmocka_unit_test(a_report_goes_before_the_model_of_the_same_player),
		cmocka_unit_test(the_gate_tells_why_somebody_rests),
		cmocka_unit_test(who_asks_hears_who_is_before_him_why_at_his_level_and_of_his_runs),
		cmocka_unit_test(the_steps_of_a_run_stand_in_the_trace),
		cmocka_unit_test(a_gate_is_told_of_once_as_long_as_it_stays_the_same),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
