/*
 * The player table. A player's state is changed in one place, player_enter(), which keeps the queue, the timers and the
 * counts in step with it.
 *
 * What a player needs is a list of (entry, version); it is settled from the top down whenever his committed version is
 * heard of. A second need of one entry (it had several apply items) raises the first.
 *
 * Memory: needs and runs are kept for reuse; idle players are kept for `players` and for their figures, up to IDLE_MAX,
 * the oldest go first.
 */
#include "regen/regen.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "regen/internal.h"

#include <utlist.h>

enum {
	BUSY_US = 200000, /* another instance runs him: ask again */
	ALONE_US = 1000000, /* he must run alone and does not yet */
	IDLE_MAX = 20000,
	SPARE_RUNS_MAX = 256,
	SPARE_NEEDS_MAX = 4096, /* what a burst needed beyond is given back */
};

/* So long a burst may delay a player of each level. */
static const int64_t hold_us[LEVEL_COUNT] = {
	[LEVEL_HIGH] = 250000,
	[LEVEL_NORMAL] = 500000,
	[LEVEL_LOW] = 500000,
};

const char *player_state_name(enum player_state state)
{
	static const char *const names[] = {
		[PLAYER_IDLE] = "idle",
		[PLAYER_WAITING] = "waiting",
		[PLAYER_BEGINNING] = "beginning",
		[PLAYER_RUNNING] = "running",
		[PLAYER_BACKING_OFF] = "backing-off",
	};
	return names[state];
}

static int64_t now_us(const struct regen *r)
{
	return clock_mono_us(r->options.clock);
}

static struct player *player_of_node(struct queue_node *node)
{
	return (struct player *)((char *)node - offsetof(struct player, node));
}

static struct run *run_of_ticket(struct ticket *t)
{
	return (struct run *)((char *)t - offsetof(struct run, ticket));
}

static struct run *run_of_job(struct job *job)
{
	return (struct run *)((char *)job - offsetof(struct run, job));
}

/* --- players ---------------------------------------------------------------------------------------------------- */

void player_key_set(struct player_key *key, enum phase phase, date_t date, const char *lookup)
{
	key->date = date;
	key->phase = phase;
	text_format(key->lookup, sizeof(key->lookup), "%s", lookup);
}

static unsigned key_length(const struct player_key *key)
{
	return (unsigned)(offsetof(struct player_key, lookup) + strlen(key->lookup));
}

struct player *player_find(const struct regen *r, enum phase phase, date_t date, const char *lookup)
{
	struct player_key key;
	struct player *p;
	player_key_set(&key, phase, date, lookup);
	HASH_FIND(hh, r->players, &key, key_length(&key), p);
	return p;
}

/* The dates that players are known of, each with how many: an order for any date is looked up by them. */
static int date_add(struct regen *r, date_t date)
{
	struct dated *d;
	HASH_FIND(hh, r->dates, &date, sizeof(date), d);
	if (!d) {
		d = calloc(1, sizeof(*d));
		if (!d)
			return -ENOMEM;
		d->date = date;
		HASH_ADD(hh, r->dates, date, sizeof(d->date), d);
		if (table_add_failed(d)) {
			free(d);
			return -ENOMEM;
		}
	}
	d->players++;
	return 0;
}

static void date_remove(struct regen *r, date_t date)
{
	struct dated *d;
	HASH_FIND(hh, r->dates, &date, sizeof(date), d);
	if (--d->players > 0)
		return;
	HASH_DEL(r->dates, d);
	free(d);
}

static void player_free(struct regen *r, struct player *p)
{
	HASH_DEL(r->players, p);
	date_remove(r, p->key.date);
	if (r->next_alone == p)
		r->next_alone = NULL;
	r->states[p->state]--;
	output_drop(&r->outputs, &p->output);
	free(p->last_error);
	free(p);
}

/* uthash keeps the order of insertion, so the idle ones at its head are the oldest. */
static void forget_idle(struct regen *r)
{
	struct player *p, *next;
	HASH_ITER (hh, r->players, p, next) {
		if (r->states[PLAYER_IDLE] <= IDLE_MAX - IDLE_MAX / 16)
			return;
		if (p->state == PLAYER_IDLE && !p->pinned)
			player_free(r, p);
	}
}

static struct player *player_get(struct regen *r, enum phase phase, date_t date, const char *lookup)
{
	struct player *p = player_find(r, phase, date, lookup);
	if (p)
		return p;
	if (r->states[PLAYER_IDLE] > IDLE_MAX)
		forget_idle(r);
	p = calloc(1, sizeof(*p));
	if (!p || date_add(r, date) < 0) {
		free(p);
		return NULL;
	}
	player_key_set(&p->key, phase, date, lookup);
	HASH_ADD_KEYPTR(hh, r->players, &p->key, key_length(&p->key), p);
	if (table_add_failed(p)) {
		date_remove(r, date);
		free(p);
		return NULL;
	}
	p->level = LEVEL_LOW;
	p->reason = "";
	r->states[PLAYER_IDLE]++;
	return p;
}

/*
 * When it is his turn. Within a level the longest wait goes first, and a lower level goes before a higher one exactly
 * when it has waited one step longer for each level between them: strict levels with aging, in one total order that
 * does not change as time passes.
 */
static int64_t turn_of(const struct regen *r, const struct player *p)
{
	return p->since_us + (int64_t)p->level * r->options.step_us;
}

/* Every change of state. `at_us`: when a player that backs off is looked at again. */
static void player_enter(struct regen *r, struct player *p, enum player_state state, int64_t at_us)
{
	if (p->state == PLAYER_WAITING) {
		queue_remove(&r->waiting[p->key.phase], &p->node);
		r->waiting_at[p->level]--;
	} else if (p->state == PLAYER_BACKING_OFF)
		queue_remove(&r->timers, &p->node);
	p->settling = false;
	r->states[p->state]--;
	r->states[state]++;
	p->state = state;
	if (state == PLAYER_WAITING) {
		queue_add(&r->waiting[p->key.phase], &p->node, turn_of(r, p));
		r->waiting_at[p->level]++;
	} else if (state == PLAYER_BACKING_OFF)
		queue_add(&r->timers, &p->node, at_us);
}

static void player_wait(struct regen *r, struct player *p)
{
	p->since_us = now_us(r);
	player_enter(r, p, PLAYER_WAITING, 0);
}

/* A waiting player's new level takes effect at once; his wait so far counts on. */
static void set_level(struct regen *r, struct player *p, enum level level, const char *reason)
{
	p->reason = reason;
	if (level == p->level)
		return;
	if (p->state == PLAYER_WAITING) {
		queue_remove(&r->waiting[p->key.phase], &p->node);
		r->waiting_at[p->level]--;
		r->waiting_at[level]++;
	}
	p->level = level;
	if (p->state == PLAYER_WAITING)
		queue_add(&r->waiting[p->key.phase], &p->node, turn_of(r, p));
}

/* --- priorities ------------------------------------------------------------------------------------------------- */

struct claim { /* to a level */
	enum level level;
	const char *reason;
};

static void raise_to(struct claim *claim, enum level level, const char *reason)
{
	if (level < claim->level)
		*claim = (struct claim){level, reason};
}

/* An order stands in the place of type, tier and tip-off. */
static struct claim claim_of_player(struct regen *r, struct player *p)
{
	const struct slate *s = delivery_slate(r->delivery, p->key.date);
	const struct slate_place place =
		s ? slate_place(s, p->key.lookup, "", "") : (struct slate_place){.game = "", .team = ""};
	const struct order *order = delivery_order_of_player(
		r->delivery, ORDER_PRIORITY, p->key.date, p->key.lookup, place.game, place.team);
	struct claim claim = {LEVEL_LOW, ""};

	p->ordered = order != NULL;
	if (order)
		return (struct claim){order->level, "order"};
	int64_t tip = place.facts ? place.facts->tip_ms : 0, now = delivery_redis_ms(r->delivery);
	raise_to(&claim, priority_of_player(r->policy, r->snapshot, p->key.lookup, 0, now), "tier");
	raise_to(&claim, priority_of_player(r->policy, r->snapshot, p->key.lookup, tip, now), "tip-off");
	return claim;
}

static void raise_by_entry(struct regen *r, const struct player *p, struct claim *claim, const struct entry *e)
{
	if (!p->ordered)
		raise_to(claim, priority_of_event(r->policy, (enum stream)e->key.stream, false, LEVEL_LOW), "type");
	if (e->has_priority)
		raise_to(claim, e->priority, "event");
}

static void level_from_needs(struct regen *r, struct player *p)
{
	struct claim claim = claim_of_player(r, p);
	for (const struct need *n = p->needs; n; n = n->next)
		raise_by_entry(r, p, &claim, n->entry);
	set_level(r, p, claim.level, claim.reason);
}

/* --- needs, and orders that keep them from a run ------------------------------------------------------------------ */

static struct need *need_new(struct regen *r)
{
	struct need *n = r->spare_needs;
	if (n) {
		r->spare_needs = n->next;
		r->spare_need_count--;
	} else
		n = malloc(sizeof(*n));
	return n;
}

static void need_free(struct regen *r, struct need *n)
{
	if (r->spare_need_count == SPARE_NEEDS_MAX) {
		free(n);
		return;
	}
	r->spare_need_count++;
	n->next = r->spare_needs;
	r->spare_needs = n;
}

/* Where an order keeps precompute from its run, it keeps the report that was to follow as well, and that is owed too. */
static bool withheld(struct regen *r, struct player *p, struct entry *e, int64_t version, int64_t later)
{
	if (later == 0)
		return delivery_withhold(r->delivery, e, p->key.phase, p->key.lookup, version);
	delivery_also_needs(r->delivery, e); /* the report, before the entry could be settled */
	if (!delivery_withhold(r->delivery, e, p->key.phase, p->key.lookup, version)) {
		delivery_settle(r->delivery, e, SETTLED_NONE, p->key.lookup, NULL, NULL, 0);
		return false;
	}
	p->pinned = true;
	regen_need(r, e, PHASE_REPORT, p->key.lookup, later, 0, 0);
	p->pinned = false;
	return true;
}

/* What an order keeps from a run is delivery's from here on. */
static void withhold(struct regen *r, struct player *p)
{
	for (struct need **link = &p->needs; *link;) {
		struct need *n = *link;
		if (!withheld(r, p, n->entry, n->version, n->later)) {
			link = &n->next;
			continue;
		}
		*link = n->next;
		p->need_count--;
		need_free(r, n);
	}
}

static void be_idle(struct regen *r, struct player *p)
{
	player_enter(r, p, PLAYER_IDLE, 0);
	p->level = LEVEL_LOW;
	p->reason = "";
}

/* --- orders ----------------------------------------------------------------------------------------------------- */

/* Who waits, by the orders that stand for him now. */
static void order_again(struct regen *r, struct player *p)
{
	if (p->state != PLAYER_WAITING && p->state != PLAYER_BACKING_OFF)
		return;
	withhold(r, p);
	if (!p->needs)
		be_idle(r, p);
	else if (p->state == PLAYER_WAITING)
		level_from_needs(r, p);
}

static void order_for_player(struct regen *r, date_t date, const char *lookup)
{
	for (int phase = 0; phase < PHASE_COUNT; phase++) {
		struct player *p = player_find(r, (enum phase)phase, date, lookup);
		if (p)
			order_again(r, p);
	}
}

/* Active or not: who is out still has a team. */
static void order_for_team(struct regen *r, date_t date, const char *code)
{
	const struct slate *s = delivery_slate(r->delivery, date);
	const struct slate_team *team = s ? slate_team(s, code) : NULL;
	if (!team)
		return;
	for (size_t i = 0; i < team->count; i++)
		order_for_player(r, date, team->roster[i]->lookup);
	const struct slate_member *m = slate_has_inactive(s, code) ? slate_next_member(s, NULL) : NULL;
	for (; m; m = slate_next_member(s, m))
		if (!m->active && strcmp(m->team, code) == 0)
			order_for_player(r, date, m->lookup);
}

static void order_for_game(struct regen *r, date_t date, const char *id)
{
	const struct slate *s = delivery_slate(r->delivery, date);
	const struct slate_game *game = s ? slate_game(s, id) : NULL;
	if (!game)
		return;
	order_for_team(r, date, game->away);
	order_for_team(r, date, game->home);
}

void regen_orders_changed(struct regen *r)
{
	static void (*const apply[ORDER_WHOMS])(struct regen * r, date_t date, const char *name) = {
		[ORDER_PLAYER] = order_for_player,
		[ORDER_TEAM] = order_for_team,
		[ORDER_GAME] = order_for_game,
	};
	const struct order_key *keys, pause = order_key_of(ORDER_PAUSE, ORDER_ALL, 0, "");
	const size_t count = delivery_changed_orders(r->delivery, &keys);
	const struct dated *date;

	r->paused = delivery_order(r->delivery, &pause) != NULL;
	for (size_t i = 0; i < count; i++) {
		if (!apply[keys[i].whom]) /* of all, or of entries: those that came before are not asked */
			continue;
		for (date = keys[i].date ? NULL : r->dates; date; date = date->hh.next)
			apply[keys[i].whom](r, date->date, keys[i].name);
		if (keys[i].date)
			apply[keys[i].whom](r, keys[i].date, keys[i].name);
	}
}

/* Who has another team or game now may be under other orders. */
void regen_slate_changed(struct regen *r, date_t date)
{
	if (!delivery_orders_by_slate(r->delivery))
		return;
	for (struct player *p = r->players; p; p = p->hh.next)
		if (p->key.date == date)
			order_again(r, p);
}

/* --- needs ------------------------------------------------------------------------------------------------------ */

struct ending { /* how needs end */
	enum settled how;
	const char *reason, *error;
	unsigned attempts;
};

static void need_report(struct regen *r, struct entry *e, struct player *p, int64_t version);

static void settle(struct regen *r, struct player *p, struct need **link, const struct ending *end)
{
	struct need *n = *link;
	struct entry *e = n->entry;
	const int64_t report = n->later > p->output_at ? n->later : p->output_at;
	*link = n->next;
	p->need_count--;
	need_free(r, n);
	if (p->key.phase == PHASE_PRECOMPUTE)
		need_report(r, e, p, report); /* before the entry could be settled */
	delivery_settle(r->delivery, e, end->how, p->key.lookup, end->reason, end->error, end->attempts);
}

/* His committed version is heard of: what it covers is settled. */
static void learn(struct regen *r, struct player *p, int64_t committed, enum settled how)
{
	const struct ending end = {.how = how};
	if (committed <= p->committed) /* no need is that old */
		return;
	p->committed = committed;
	for (struct need **link = &p->needs; *link;) {
		if ((*link)->version > p->committed) {
			link = &(*link)->next;
			continue;
		}
		if (how == SETTLED_COMMIT) {
			const struct entry *e = (*link)->entry;
			metrics_observe(r->options.metrics, METRIC_EVENT_AGE, (unsigned)e->key.stream,
				(delivery_redis_ms(r->delivery) - e->came_ms) * 1000);
		}
		settle(r, p, link, &end);
	}
}

static int64_t highest_need(const struct player *p)
{
	int64_t need = 0;
	for (const struct need *n = p->needs; n; n = n->next)
		if (n->version > need)
			need = n->version;
	return need;
}

/* After an answer or a run: whatever is not covered makes him wait again. */
static void go_on(struct regen *r, struct player *p)
{
	withhold(r, p);
	if (!p->needs) {
		be_idle(r, p);
		return;
	}
	player_enter(r, p, PLAYER_IDLE, 0);
	level_from_needs(r, p);
	player_wait(r, p);
}

/* Items of one entry are answered together, so an older need of it heads the list, unless it was applied again later. */
static struct need *need_of_entry(const struct player *p, const struct entry *e)
{
	struct need *n = p->needs;
	while (n && n->entry != e)
		n = e->applied_before ? n->next : NULL;
	return n;
}

/* Quotes of a player come in the same poll of their source, one after the other: a program of the user's, which takes
 * its time, is not run for the first of them. Whoever is urgent does not wait for the rest. */
static bool settles(const struct regen *r, const struct player *p, const struct entry *e)
{
	const struct processor *processor = r->processors[p->key.phase];
	return processor && processor->options.settle_us > 0 && e->key.stream == STREAM_ODDS &&
	       p->level != LEVEL_URGENT && !(e->has_priority && e->priority == LEVEL_URGENT);
}

void regen_need(struct regen *r, struct entry *e, enum phase phase, const char *lookup, int64_t version,
	int64_t committed, int64_t later)
{
	struct player *p = player_get(r, phase, e->date, lookup);
	struct need *n = p ? need_new(r) : NULL;
	struct claim claim;
	if (!n) {
		/* The entry stays pending in Redis: it comes again with the next start over or the minute's compare. */
		log_err("regen", "no memory for a player's need, the entry waits for a start over player=%s", lookup);
		return;
	}
	learn(r, p, committed, SETTLED_OTHER);
	if (version <= p->committed) {
		*n = (struct need){.entry = e, .version = version, .later = later};
		p->need_count++;
		settle(r, p, &n, &(struct ending){.how = SETTLED_OTHER});
		if (!p->needs && (p->state == PLAYER_WAITING || p->state == PLAYER_BACKING_OFF))
			go_on(r, p);
		return;
	}
	if (withheld(r, p, e, version, later)) {
		need_free(r, n);
		if (!p->needs && (p->state == PLAYER_WAITING || p->state == PLAYER_BACKING_OFF))
			be_idle(r, p);
		return;
	}
	struct need *older = need_of_entry(p, e);
	if (older) {
		if (version > older->version)
			older->version = version;
		if (later > older->later)
			older->later = later;
		need_free(r, n);
		delivery_settle(r->delivery, e, SETTLED_NONE, lookup, NULL, NULL, 0);
		return;
	}
	*n = (struct need){.next = p->needs, .entry = e, .version = version, .later = later};
	p->needs = n;
	p->need_count++;
	switch (p->state) {
	case PLAYER_WAITING:
		claim = (struct claim){p->level, p->reason};
		raise_by_entry(r, p, &claim, e);
		set_level(r, p, claim.level, claim.reason);
		break;
	case PLAYER_BACKING_OFF: /* new data: Redis decides whether it may run at once */
		if (p->settling && settles(r, p, e))
			break;
		level_from_needs(r, p);
		player_wait(r, p);
		break;
	case PLAYER_IDLE:
		level_from_needs(r, p);
		if (settles(r, p, e)) {
			player_enter(
				r, p, PLAYER_BACKING_OFF, now_us(r) + r->processors[p->key.phase]->options.settle_us);
			p->settling = true;
		} else
			player_wait(r, p);
		break;
	case PLAYER_BEGINNING:
	case PLAYER_RUNNING:
	case PLAYER_STATES:
		break;
	}
}

/* What precompute settled, the report must reach: the fact itself, and the output that stands. Where the entry has
 * asked for a report at once, that need is raised. */
static void need_report(struct regen *r, struct entry *e, struct player *p, int64_t version)
{
	struct player *report = player_find(r, PHASE_REPORT, p->key.date, p->key.lookup);
	struct need *n = report ? report->needs : NULL;
	if (version == 0)
		return;
	while (n && n->entry != e)
		n = n->next;
	if (n) {
		if (version > n->version)
			n->version = version;
		return;
	}
	p->pinned = true;
	delivery_also_needs(r->delivery, e);
	regen_need(r, e, PHASE_REPORT, p->key.lookup, version, 0, 0);
	p->pinned = false;
}

/* --- runs ------------------------------------------------------------------------------------------------------- */

static struct run *run_new(struct regen *r)
{
	struct run *run = r->spare;
	if (run) {
		r->spare = run->next;
		r->spare_count--;
		const struct str report = run->job.report, answer = run->job.answer;
		struct arena *arena = run->arena;
		*run = (struct run){.arena = arena, .job = {.report = report, .answer = answer}};
	} else {
		run = calloc(1, sizeof(*run));
		if (run)
			run->arena = arena_new();
		if (!run || !run->arena) {
			free(run);
			return NULL;
		}
	}
	DL_APPEND(r->runs, run);
	r->run_count++;
	return run;
}

static void run_done(struct run *run)
{
	arena_free(run->arena);
	str_done(&run->job.report);
	str_done(&run->job.answer);
	free(run);
}

static void run_free(struct regen *r, struct run *run)
{
	DL_DELETE(r->runs, run);
	r->run_count--;
	if (run->processor)
		processor_give(run->processor);
	if (r->alone == run)
		r->alone = NULL;
	snapshot_drop(run->snapshot);
	if (run->job.kept)
		output_give(&r->outputs, run->job.kept);
	if (run->player)
		run->player->run = NULL;
	if (r->spare_count < SPARE_RUNS_MAX) {
		arena_reset(run->arena);
		run->next = r->spare;
		r->spare = run;
		r->spare_count++;
		return;
	}
	run_done(run);
}

static bool begin(struct regen *r, struct player *p)
{
	struct run *run = run_new(r);
	if (!run)
		return false;
	run->processor = r->processors[p->key.phase];
	processor_take(run->processor);
	run->player = p;
	run->ticket.phase = p->key.phase;
	run->ticket.held_at = p->output ? p->output->at : 0;
	run->ticket.date = p->key.date;
	run->ticket.player = p->key.lookup;
	run->ticket.need = highest_need(p);
	run->ticket.arena = run->arena;
	run->ticket.outside = run->processor->waits;
	p->run = run;
	metrics_observe(r->options.metrics, METRIC_QUEUE_WAIT, p->level, now_us(r) - p->since_us);
	player_enter(r, p, PLAYER_BEGINNING, 0);
	delivery_begin(r->delivery, &run->ticket);
	return true;
}

static int by_type_stream_id(const void *a, const void *b)
{
	const struct entry *x = *(const struct entry *const *)a, *y = *(const struct entry *const *)b;
	int order = strcmp(stream_name((enum stream)x->key.stream), stream_name((enum stream)y->key.stream));
	return order ? order : stream_id_compare(x->key.id, y->key.id);
}

/* What the run covers, sorted: those needs that its version reaches. */
static int list_causes(struct regen *r, struct run *run)
{
	const struct player *p = run->player;
	const struct entry **entries = arena_alloc(run->arena, (p->need_count + 1) * sizeof(const struct entry *));
	struct report_cause *causes = arena_alloc(run->arena, (p->need_count + 1) * sizeof(*causes));
	size_t n = 0;

	if (!entries || !causes)
		return -ENOMEM;
	for (const struct need *need = p->needs; need; need = need->next)
		if (need->version <= run->ticket.version)
			entries[n++] = need->entry;
	qsort(entries, n, sizeof(const struct entry *), by_type_stream_id);
	for (size_t i = 0; i < n; i++) {
		char id[STREAM_ID_SIZE];
		enum stream stream = (enum stream)entries[i]->key.stream;
		stream_id_format(entries[i]->key.id, id);
		causes[i].type = stream_name(stream);
		causes[i].stream = delivery_stream_key(r->delivery, stream);
		causes[i].id = arena_text(run->arena, id, strlen(id));
		if (!causes[i].id)
			return -ENOMEM;
	}
	run->job.causes = causes;
	run->job.cause_count = n;
	return 0;
}

/* A reload came since he was begun. False: with it the phase went, and so does the run. */
static bool use_newer(struct regen *r, struct run *run)
{
	struct processor *newer = r->processors[run->ticket.phase];
	struct player *p = run->player;
	if (newer) {
		processor_give(run->processor);
		run->processor = newer;
		processor_take(newer);
		return true;
	}
	if (run->ticket.state == TICKET_HELD)
		delivery_release(r->delivery, &run->ticket);
	run_free(r, run);
	go_on(r, p);
	return false;
}

static void hand_in(struct regen *r)
{
	size_t count = 0;
	for (size_t i = 0; i < r->batch_count; i++) {
		struct run *run = run_of_job(r->batch[i]);
		if (run->processor->retired && !use_newer(r, run))
			continue;
		run->job.processor = run->processor;
		r->batch[count++] = &run->job;
	}
	r->batch_count = 0;
	if (count)
		process_submit(r->process, r->batch, count);
}

static bool same_place(const struct output *o, const struct live *live)
{
	return strcmp(o->game, ANY_PLACE) == 0 ||
	       (strcmp(o->game, live->game_id) == 0 && strcmp(o->team, live->team) == 0);
}

/* What precompute gave, for a report: kept from run to run, and not counted on once he plays in another game. */
static int use_output(struct regen *r, struct run *run)
{
	const struct output *o = &run->ticket.output;
	struct player *p = run->player;
	struct report_phase *said;

	if (!delivery_phases(r->delivery)->precompute || p->key.phase != PHASE_REPORT)
		return 0;
	if (o->bytes && output_keep(&r->outputs, &p->output, o->at, o->bytes, o->length) < 0)
		return -ENOMEM;
	if (p->output && p->output->at != o->at)
		output_drop(&r->outputs, &p->output);
	said = arena_alloc(run->arena, sizeof(*said));
	if (!said)
		return -ENOMEM;
	*said = (struct report_phase){.processor = "", .failed = o->failed};
	if (p->output && o->version > 0 && same_place(o, run->ticket.live)) {
		*said = (struct report_phase){.version = o->version,
			.generated_at_ms = o->generated_ms,
			.processor = o->processor,
			.failed = o->failed};
		run->job.kept = p->output;
		output_take(&r->outputs, p->output);
	}
	run->job.precompute = said;
	return 0;
}

static void start(struct regen *r, struct run *run)
{
	struct player *p = run->player;

	live_restrict(run->ticket.live, run->ticket.mates, delivery_phases(r->delivery)->reads[run->ticket.phase]);
	if (list_causes(r, run) < 0 || use_output(r, run) < 0) {
		log_err("regen", "no memory for a run, will ask again player=%s", p->key.lookup);
		delivery_release(r->delivery, &run->ticket);
		run_free(r, run);
		player_enter(r, p, PLAYER_BACKING_OFF, now_us(r) + ALONE_US);
		return;
	}
	p->since_us = now_us(r);
	player_enter(r, p, PLAYER_RUNNING, 0);
	/* The league of now is the one that his begin was made from: delivery asks again where it changed between. */
	run->snapshot = r->snapshot ? snapshot_take(r->snapshot) : NULL;
	run->out = true;
	run->job.level = p->level;
	run->job.arena = run->arena;
	run->job.phase = run->ticket.phase;
	run->job.live = run->ticket.live;
	run->job.snapshot = run->snapshot;
	run->job.attempt = run->ticket.attempt;
	if (r->batch_count == sizeof(r->batch) / sizeof(r->batch[0]))
		hand_in(r);
	r->batch[r->batch_count++] = &run->job;
}

/* A player whose runs were lost with their process twice runs alone, so that others do not die with him. */
static bool may_start(struct regen *r, struct run *run)
{
	if (run->ticket.lost < 2 || run->ticket.outside)
		return true;
	if (r->run_count > 1) {
		r->next_alone = run->player; /* nobody else is begun until he had his turn */
		return false;
	}
	r->alone = run;
	return true;
}

/* Ends the needs that too many runs have failed for, or without `failed` those up to the version `most`. */
static void kill_needs(
	struct regen *r, struct player *p, const struct failed_runs *failed, int64_t most, const struct ending *end)
{
	for (struct need **link = &p->needs; *link;) {
		unsigned tries = 0;
		for (unsigned i = 0; failed && i < failed->count; i++)
			tries += failed->versions[i] >= (*link)->version;
		const bool lives = failed ? tries < r->options.max_attempts && (*link)->version > failed->permanent
					  : (*link)->version > most;
		if (lives) {
			link = &(*link)->next;
			continue;
		}
		struct ending mine = *end;
		if (failed)
			mine.attempts = tries;
		settle(r, p, link, &mine);
	}
}

static void back_off(struct regen *r, struct player *p, int64_t us)
{
	player_enter(r, p, PLAYER_BACKING_OFF, now_us(r) + us);
}

/* Of precompute, with whatever settles it: what stands of the output, and of the report. */
static void hear_output(struct regen *r, struct player *p, const struct ticket *t)
{
	if (t->phase != PHASE_PRECOMPUTE || t->output_at == 0)
		return;
	p->output_at = t->output_at;
	struct player *report = player_find(r, PHASE_REPORT, p->key.date, p->key.lookup);
	if (!report)
		return;
	learn(r, report, t->report_committed, SETTLED_OTHER);
	if (!report->needs && (report->state == PLAYER_WAITING || report->state == PLAYER_BACKING_OFF))
		go_on(r, report);
}

/* Precompute failed, and is tried again some time: reports that waited for it are made without it. */
static void wait_no_more(struct regen *r, struct player *p)
{
	for (struct need *n = p->needs; n; n = n->next)
		if (n->later > 0) {
			need_report(r, n->entry, p, n->later);
			n->later = 0;
		}
}

void regen_begun(struct regen *r, struct ticket *t)
{
	struct run *run = run_of_ticket(t);
	struct player *p = run->player;
	int64_t wait_us = 0;

	hear_output(r, p, t);
	switch (t->verdict) {
	case VERDICT_RUN:
		if (may_start(r, run)) {
			start(r, run);
			return;
		}
		delivery_release(r->delivery, t);
		wait_us = ALONE_US;
		break;
	case VERDICT_COVERED:
		learn(r, p, t->committed, SETTLED_OTHER);
		break;
	case VERDICT_BUSY:
		wait_us = BUSY_US;
		break;
	case VERDICT_WAIT:
		if (t->phase == PHASE_PRECOMPUTE)
			wait_no_more(r, p);
		wait_us = (t->wait_ms - delivery_redis_ms(r->delivery)) * 1000;
		if (wait_us < 1000)
			wait_us = 1000;
		break;
	case VERDICT_DEAD:
		kill_needs(r, p, &t->failed, 0,
			&(struct ending){.how = SETTLED_DEAD, .reason = "failed", .error = t->failed.error});
		break;
	case VERDICT_POISON:
		kill_needs(r, p, NULL, t->need, /* what came since he was asked for has its own tries */
			&(struct ending){.how = SETTLED_DEAD,
				.reason = "poison",
				.error = "the process died running this player, again and again",
				.attempts = r->options.max_deliveries});
		break;
	case VERDICT_SLATE:
		break;
	}
	run_free(r, run);
	if (wait_us)
		back_off(r, p, wait_us);
	else
		go_on(r, p);
}

void regen_done(struct regen *r, struct job *job)
{
	struct run *run = run_of_job(job);
	struct player *p = run->player;
	int64_t us = job->ended_us - job->started_us;

	places_ran(&run->processor->places, us);
	p->last_run_us = us;
	metrics_observe(r->options.metrics, METRIC_RUN_TIME, job->phase, us);
	metrics_add(r->options.metrics, METRIC_JOBS,
		metric_job_label(job->phase, job->lost          ? METRIC_JOB_LOST
					     : job->result == 0 ? METRIC_JOB_OK
								: METRIC_JOB_FAILED),
		1);
	for (int i = 0; i < STAGE_COUNT; i++)
		if (job->stages[i].present)
			metrics_add(r->options.metrics, METRIC_STAGES,
				metric_stage_label((enum metric_stage)i,
					job->stages[i].reused ? METRIC_USE_REUSED : METRIC_USE_COMPUTED),
				1);
	run->out = false;
	if (run->ticket.state != TICKET_HELD) { /* handed back meanwhile, by a drain: the result is void */
		run_free(r, run);
		go_on(r, p);
	} else if (job->lost) { /* it is no try of his: he waits again */
		log_notice("regen", "run lost player=%s: %s", p->key.lookup, job->error);
		delivery_release(r->delivery, &run->ticket);
		run_free(r, run);
		go_on(r, p);
	} else if (job->result == 0 && job->phase == PHASE_PRECOMPUTE)
		delivery_output(r->delivery, &run->ticket, job->report.data, job->report.length, run->processor->name,
			clock_wall_ms(r->options.clock));
	else if (job->result == 0)
		delivery_commit(r->delivery, &run->ticket, job->report.data, job->report.length);
	else
		delivery_fail(r->delivery, &run->ticket, job->error, job->permanent);
}

void regen_committed(struct regen *r, struct ticket *t, bool accepted)
{
	struct run *run = run_of_ticket(t);
	struct player *p = run->player;

	metrics_add(r->options.metrics, METRIC_RUNS,
		metric_run_label(t->phase, accepted ? METRIC_RESULT_OK : METRIC_RESULT_REFUSED), 1);
	if (accepted) {
		p->runs++;
		p->last_commit_ms = delivery_redis_ms(r->delivery);
		free(p->last_error);
		p->last_error = NULL;
	}
	const int64_t committed = t->committed;
	hear_output(r, p, t);
	run_free(r, run);
	learn(r, p, committed, accepted ? SETTLED_COMMIT : SETTLED_OTHER);
	go_on(r, p);
}

void regen_failed(struct regen *r, struct ticket *t)
{
	struct run *run = run_of_ticket(t);
	struct player *p = run->player;

	metrics_add(r->options.metrics, METRIC_RUNS, metric_run_label(t->phase, METRIC_RESULT_FAILED), 1);
	p->failures++;
	free(p->last_error);
	p->last_error = strdup(t->failed.error);
	log_warn("regen", "run failed player=%s attempt=%d: %s", p->key.lookup, t->attempt, t->failed.error);
	/* Of precompute begin decides, which marks the output as failed with it. Reports that waited for it wait no
	 * more. */
	if (t->phase == PHASE_REPORT)
		kill_needs(r, p, &t->failed, 0,
			&(struct ending){.how = SETTLED_DEAD, .reason = "failed", .error = t->failed.error});
	if (t->phase == PHASE_PRECOMPUTE)
		wait_no_more(r, p);
	run_free(r, run);
	go_on(r, p);
}

/* Start over: who runs goes on, all else is void. */
void regen_forget(struct regen *r)
{
	struct player *p, *next;
	struct run *run, *later;

	DL_FOREACH_SAFE (r->runs, run, later)
		if (!run->out) {
			p = run->player;
			run_free(r, run);
			player_enter(r, p, PLAYER_IDLE, 0);
		}
	HASH_ITER (hh, r->players, p, next) {
		while (p->needs) {
			struct need *n = p->needs;
			p->needs = n->next;
			need_free(r, n);
		}
		p->need_count = 0;
		p->committed = p->output_at = 0;
		if (p->output)
			p->output->at = 0; /* after a failover another output may go by its version */
		if (p->state == PLAYER_WAITING || p->state == PLAYER_BACKING_OFF)
			player_enter(r, p, PLAYER_IDLE, 0);
		if (p->state == PLAYER_IDLE)
			p->level = LEVEL_LOW;
	}
}

/* --- turns ------------------------------------------------------------------------------------------------------ */

/*
 * A run begun in the middle of a burst would be repeated for the rest of it. While entries queue up, players wait for
 * them, each level no longer than it may be held, and an urgent one not at all. Who is held heads the queue: whoever
 * stands behind him waits as well, and anyone more urgent stands before him.
 */
static bool held(struct regen *r, const struct player *p)
{
	const int64_t until = p->since_us + hold_us[p->level];
	if (now_us(r) >= until || !delivery_behind(r->delivery))
		return false;
	r->held_until_us = until;
	return true;
}

static bool may_begin(const struct regen *r)
{
	return delivery_ready(r->delivery) && !r->paused && !r->stopped && !r->alone;
}

/* The phases may share a processor. */
static unsigned waiting_for(const struct regen *r, const struct processor *processor)
{
	size_t count = 0;
	for (int phase = 0; phase < PHASE_COUNT; phase++)
		if (r->processors[phase] == processor)
			count += queue_size(&r->waiting[phase]);
	return (unsigned)count;
}

void regen_turn(struct regen *r)
{
	struct queue_node *node;
	r->held_until_us = INT64_MAX;
	hand_in(r);
	if (r->next_alone) {
		struct player *p = r->next_alone;
		if (p->state == PLAYER_BACKING_OFF && r->run_count > 0)
			return;
		r->next_alone = NULL;
		if (p->state == PLAYER_BACKING_OFF && may_begin(r)) {
			player_wait(r, p);
			begin(r, p);
			return;
		}
	}
	for (int phase = 0; phase < PHASE_COUNT; phase++) {
		struct processor *processor = r->processors[phase];
		while (processor && may_begin(r) && (node = queue_first(&r->waiting[phase])) != NULL) {
			struct player *p = player_of_node(node);
			if (!places_free(&processor->places, p->level) || held(r, p) || !begin(r, p))
				break;
		}
	}
	for (int phase = 0; phase < PHASE_COUNT; phase++)
		if (r->processors[phase])
			process_demand(r->processors[phase], waiting_for(r, r->processors[phase]));
}

void regen_tick(struct regen *r)
{
	struct queue_node *node;
	int64_t now = now_us(r);
	while ((node = queue_first(&r->timers)) != NULL && node->turn <= now) {
		struct player *p = player_of_node(node);
		player_enter(r, p, PLAYER_IDLE, 0);
		go_on(r, p);
	}
}

int64_t regen_next_us(const struct regen *r)
{
	const struct queue_node *node = queue_first(&r->timers);
	return node && node->turn < r->held_until_us ? node->turn : r->held_until_us;
}

void regen_stop(struct regen *r)
{
	r->stopped = true;
}

unsigned regen_runs(const struct regen *r)
{
	return r->run_count;
}

void regen_release(struct regen *r)
{
	struct run *run;
	DL_FOREACH (r->runs, run)
		if (run->ticket.state == TICKET_HELD)
			delivery_release(r->delivery, &run->ticket);
}

/* --- whole ------------------------------------------------------------------------------------------------------ */

int regen_new(const struct regen_options *options, struct regen **ret, struct err *err)
{
	struct regen *r = calloc(1, sizeof(*r));
	if (!r)
		return err_set(err, -ENOMEM, "no memory for the player table");
	r->options = *options;
	r->outputs.most = options->outputs_bytes;
	r->held_until_us = INT64_MAX;
	*ret = r;
	return 0;
}

void regen_wire(struct regen *r, struct delivery *delivery, struct process *process)
{
	r->delivery = delivery;
	r->process = process;
}

void regen_set_workers(struct regen *r, unsigned workers)
{
	for (int phase = 0; phase < PHASE_COUNT; phase++)
		if (r->processors[phase] && !r->processors[phase]->waits)
			places_for_workers(&r->processors[phase]->places, workers);
}

void regen_configure(struct regen *r, struct priority_policy *policy, struct processor *report,
	struct processor *precompute, unsigned workers, int64_t step_us)
{
	struct player *p, *next;
	if (r->policy) {
		priority_done(r->policy);
		free(r->policy);
	}
	r->policy = policy;
	r->processors[PHASE_REPORT] = report;
	r->processors[PHASE_PRECOMPUTE] = precompute;
	r->options.step_us = step_us;
	regen_set_workers(r, workers);
	HASH_ITER (hh, r->players, p, next)
		if (p->state == PLAYER_WAITING) {
			player_enter(r, p, PLAYER_IDLE, 0); /* turns depend on the step */
			level_from_needs(r, p);
			player_enter(r, p, PLAYER_WAITING, 0);
		}
}

void regen_use_league(struct regen *r, struct snapshot *snapshot)
{
	snapshot_drop(r->snapshot);
	r->snapshot = snapshot ? snapshot_take(snapshot) : NULL;
}

void regen_give_back(struct regen *r)
{
	while (r->spare) {
		struct run *run = r->spare;
		r->spare = run->next;
		run_done(run);
	}
	while (r->spare_needs) {
		struct need *n = r->spare_needs;
		r->spare_needs = n->next;
		free(n);
	}
	r->spare_count = r->spare_need_count = 0;
}

void regen_free(struct regen *r)
{
	struct player *p, *next;
	if (!r)
		return;
	while (r->runs)
		run_free(r, r->runs);
	HASH_ITER (hh, r->players, p, next) {
		while (p->needs) {
			struct need *n = p->needs;
			p->needs = n->next;
			need_free(r, n);
		}
		player_free(r, p);
	}
	regen_give_back(r);
	snapshot_drop(r->snapshot);
	if (r->policy) {
		priority_done(r->policy);
		free(r->policy);
	}
	free(r);
}
