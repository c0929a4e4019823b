/*
 * What a player needs is a list of (entry, version); it is settled from the top down whenever his committed version is
 * heard of. A second need of one entry (it had several apply items) raises the first. A need of precompute that is
 * settled becomes one of the report, before its entry could be.
 */
#include "regen/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum { SPARE_NEEDS_MAX = 4096 }; /* what a burst needed beyond is given back */

/* --- priorities ------------------------------------------------------------------------------------------------- */

/* What has a say in his level: the highest and, where they are wanted, each. */
struct claims {
	struct player_claim best;
	struct player_claim *all; /* NULL: only the highest is wanted */
	size_t count;
};

/* Each of a kind once, at its highest. */
static void list(struct claims *c, const struct player_claim *claim)
{
	size_t i = 0;
	while (i < c->count && (strcmp(c->all[i].reason, claim->reason) != 0 || c->all[i].stream != claim->stream))
		i++;
	if (i < c->count && claim->level < c->all[i].level)
		c->all[i].level = claim->level;
	else if (i == c->count && i < WHY_CLAIMS)
		c->all[c->count++] = *claim;
}

static void raise_to(struct claims *c, const struct player_claim *claim)
{
	if (c->all)
		list(c, claim);
	if (claim->level < c->best.level)
		c->best = *claim;
}

/* An order stands in the place of type, tier and tip-off. */
static void claim_of_player(struct regen *r, struct player *p, struct claims *c)
{
	const struct slate *s = delivery_slate(r->delivery, p->key.date);
	const struct slate_place place =
		s ? slate_place(s, p->key.lookup, "", "") : (struct slate_place){.game = "", .team = ""};
	const struct order *order = delivery_order_of_player(
		r->delivery, ORDER_PRIORITY, p->key.date, p->key.lookup, place.game, place.team);
	const int64_t tip = place.facts ? place.facts->tip_ms : 0, now = delivery_redis_ms(r->delivery);

	p->ordered = order != NULL;
	c->best = (struct player_claim){.level = LEVEL_LOW, .reason = "", .stream = -1};
	if (order) {
		c->best = (struct player_claim){.level = order->level, .reason = "order", .stream = -1, .order = order};
		if (c->all)
			list(c, &c->best);
		return;
	}
	const struct player_claim tier = {
		.level = priority_of_player(r->policy, r->snapshot, p->key.date, p->key.lookup, 0, now),
		.reason = "tier",
		.stream = -1};
	const struct player_claim near = {
		.level = priority_of_player(r->policy, r->snapshot, p->key.date, p->key.lookup, tip, now),
		.reason = "tip-off",
		.stream = -1};
	raise_to(c, &tier);
	if (near.level < tier.level)
		raise_to(c, &near);
}

static void raise_by_entry(struct regen *r, const struct player *p, struct claims *c, const struct entry *e)
{
	const enum stream stream = (enum stream)e->key.stream;
	const struct player_claim type = {.level = priority_of_event(r->policy, stream, false, LEVEL_LOW),
		.reason = "type",
		.stream = (int)stream};
	const struct player_claim own = {.level = e->priority, .reason = "event", .stream = (int)stream};
	if (!p->ordered)
		raise_to(c, &type);
	if (e->has_priority)
		raise_to(c, &own);
}

size_t player_claims(struct regen *r, struct player *p, struct player_claim ret[WHY_CLAIMS])
{
	struct claims claims = {.all = ret};
	claim_of_player(r, p, &claims);
	for (const struct need *n = p->needs; n; n = n->next)
		raise_by_entry(r, p, &claims, n->entry);
	return claims.count;
}

void player_level(struct regen *r, struct player *p)
{
	struct claims claims = {0};
	claim_of_player(r, p, &claims);
	for (const struct need *n = p->needs; n; n = n->next)
		raise_by_entry(r, p, &claims, n->entry);
	player_set_level(r, p, claims.best.level, claims.best.reason);
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
		delivery_settle(r->delivery, e, PHASE_REPORT, SETTLED_NONE, p->key.lookup, NULL, NULL, 0);
		return false;
	}
	p->pinned = true;
	regen_need(r, e, PHASE_REPORT, p->key.lookup, later, 0, 0);
	p->pinned = false;
	return true;
}

/* What an order keeps from a run is delivery's from here on. */
void needs_withhold(struct regen *r, struct player *p)
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

/* --- needs ------------------------------------------------------------------------------------------------------ */

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
	delivery_settle(r->delivery, e, p->key.phase, end->how, p->key.lookup, end->reason, end->error, end->attempts);
}

/* His committed version is heard of: what it covers is settled. */
void needs_learn(struct regen *r, struct player *p, int64_t committed, enum settled how)
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

int64_t needs_highest(const struct player *p)
{
	int64_t need = 0;
	for (const struct need *n = p->needs; n; n = n->next)
		if (n->version > need)
			need = n->version;
	return need;
}

/* After an answer or a run: whatever is not covered makes him wait again. */
void player_go_on(struct regen *r, struct player *p)
{
	needs_withhold(r, p);
	if (!p->needs) {
		player_rest(r, p);
		return;
	}
	player_enter(r, p, PLAYER_IDLE, 0);
	player_level(r, p);
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

static void need_step(
	struct regen *r, const struct player *p, const struct entry *e, enum trace_step step, int64_t version)
{
	const struct past_cause cause = cause_of(e);
	/* Whatever the need comes of was recorded just now. */
	player_step(r, p, (struct trace_fact){.step = (uint8_t)step, .version = version, .at_us = TRACE_AT_ONCE},
		&cause, e->step_us);
}

void regen_need(struct regen *r, struct entry *e, enum phase phase, const char *lookup, int64_t version,
	int64_t committed, int64_t later)
{
	struct player *p = player_get(r, phase, e->date, lookup);
	struct need *n = p ? need_new(r) : NULL;
	struct claims claims;
	if (!n) {
		/* The entry stays pending in Redis: it comes again with the next start over or the minute's compare. */
		log_err("regen", "no memory for a player's need, the entry waits for a start over player=%s", lookup);
		return;
	}
	needs_learn(r, p, committed, SETTLED_OTHER);
	if (version <= p->committed) {
		need_step(r, p, e, TRACE_COVERED, p->committed);
		*n = (struct need){.entry = e, .version = version, .later = later};
		p->need_count++;
		settle(r, p, &n, &(struct ending){.how = SETTLED_OTHER});
		if (!p->needs && (p->state == PLAYER_WAITING || p->state == PLAYER_BACKING_OFF))
			player_go_on(r, p);
		return;
	}
	if (withheld(r, p, e, version, later)) {
		need_step(r, p, e, TRACE_WITHHELD, version);
		need_free(r, n);
		if (!p->needs && (p->state == PLAYER_WAITING || p->state == PLAYER_BACKING_OFF))
			player_rest(r, p);
		return;
	}
	need_step(r, p, e, TRACE_AFFECTS, version);
	struct need *older = need_of_entry(p, e);
	if (older) {
		if (version > older->version)
			older->version = version;
		if (later > older->later)
			older->later = later;
		need_free(r, n);
		delivery_settle(r->delivery, e, phase, SETTLED_NONE, lookup, NULL, NULL, 0);
		return;
	}
	*n = (struct need){.next = p->needs, .entry = e, .version = version, .later = later};
	p->needs = n;
	p->need_count++;
	switch (p->state) {
	case PLAYER_WAITING:
		claims = (struct claims){.best = {.level = p->level, .reason = p->reason}};
		raise_by_entry(r, p, &claims, e);
		player_set_level(r, p, claims.best.level, claims.best.reason);
		break;
	case PLAYER_BACKING_OFF: /* new data: Redis decides whether it may run at once */
		if (p->rests == GATE_SETTLE && settles(r, p, e))
			break;
		player_level(r, p);
		player_wait(r, p);
		break;
	case PLAYER_IDLE:
		player_level(r, p);
		if (settles(r, p, e))
			player_back_off(r, p, r->processors[p->key.phase]->options.settle_us, GATE_SETTLE);
		else
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

/* Ends the needs that too many runs have failed for, or without `failed` those up to the version `most`. */
void needs_kill(
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

/* Of precompute, with whatever settles it: what stands of the output, and of the report. */
void needs_hear_output(struct regen *r, struct player *p, const struct ticket *t)
{
	if (t->phase != PHASE_PRECOMPUTE || t->output_at == 0)
		return;
	p->output_at = t->output_at;
	struct player *report = player_find(r, PHASE_REPORT, p->key.date, p->key.lookup);
	if (!report)
		return;
	needs_learn(r, report, t->report_committed, SETTLED_OTHER);
	if (!report->needs && (report->state == PLAYER_WAITING || report->state == PLAYER_BACKING_OFF))
		player_go_on(r, report);
}

/* Precompute failed, and is tried again some time: reports that waited for it are made without it. */
void needs_wait_no_more(struct regen *r, struct player *p)
{
	for (struct need *n = p->needs; n; n = n->next)
		if (n->later > 0) {
			need_report(r, n->entry, p, n->later);
			n->later = 0;
		}
}

void needs_drop(struct regen *r, struct player *p)
{
	while (p->needs) {
		struct need *n = p->needs;
		p->needs = n->next;
		need_free(r, n);
	}
	p->need_count = 0;
}

void needs_give_back(struct regen *r)
{
	while (r->spare_needs) {
		struct need *n = r->spare_needs;
		r->spare_needs = n->next;
		free(n);
	}
	r->spare_need_count = 0;
}
