/* What is known of players and queue, for those who ask. */
#include "regen/internal.h"

#include <string.h>

#include <utlist.h>

static void fill(const struct regen *r, const struct player *p, struct player_view *v)
{
	int64_t now = clock_mono_us(r->options.clock);
	*v = (struct player_view){
		.date = p->key.date,
		.lookup = p->key.lookup,
		.phase = p->key.phase,
		.state = p->state,
		.level = p->level,
		.reason = p->reason,
		.causes = p->need_count,
		.committed = p->committed,
		.runs = p->runs,
		.failures = p->failures,
		.last_commit_ms = p->last_commit_ms,
		.last_run_us = p->last_run_us,
		.last_error = p->last_error ? p->last_error : "",
	};
	if (p->state == PLAYER_WAITING) {
		v->place = queue_place(&p->node);
		v->waited_us = now - p->since_us;
	} else if (p->state == PLAYER_RUNNING)
		v->running_us = now - p->since_us;
}

bool regen_player(const struct regen *r, enum phase phase, date_t date, const char *lookup, struct player_view *ret)
{
	const struct player *p = player_find(r, phase, date, lookup);
	if (p)
		fill(r, p, ret);
	return p != NULL;
}

void regen_players(const struct regen *r, bool idle, bool (*fn)(void *arg, const struct player_view *view), void *arg)
{
	struct player_view view;
	const struct player *p;

	for (p = r->players; p; p = p->hh.next)
		if (p->state == PLAYER_RUNNING || p->state == PLAYER_BEGINNING) {
			fill(r, p, &view);
			if (!fn(arg, &view))
				return;
		}
	for (int phase = 0; phase < PHASE_COUNT; phase++)
		for (const struct queue_node *n = queue_first(&r->waiting[phase]); n; n = queue_next(n)) {
			fill(r, (const struct player *)((const char *)n - offsetof(struct player, node)), &view);
			if (!fn(arg, &view))
				return;
		}
	for (p = r->players; p; p = p->hh.next)
		if (p->state == PLAYER_BACKING_OFF || (idle && p->state == PLAYER_IDLE)) {
			fill(r, p, &view);
			if (!fn(arg, &view))
				return;
		}
}

static void list_before(const struct regen *r, const struct player *p, struct player_why *ret)
{
	const struct queue_node *n = queue_first(&r->waiting[p->key.phase]);
	for (; n && n != &p->node && ret->before_count < WHY_BEFORE; n = queue_next(n)) {
		const struct player *other = (const struct player *)((const char *)n - offsetof(struct player, node));
		ret->before[ret->before_count++] = (struct player_before){.lookup = other->key.lookup,
			.date = other->key.date,
			.level = other->level,
			.waited_us = regen_now_us(r) - other->since_us};
	}
	if (ret->before_count > 0)
		ret->head =
			gate_of_head(r, (const struct player *)((const char *)queue_first(&r->waiting[p->key.phase]) -
								offsetof(struct player, node)));
}

void regen_why(struct regen *r, enum phase phase, date_t date, const char *lookup, struct player_why *ret)
{
	struct player *p = player_find(r, phase, date, lookup);
	*ret = (struct player_why){.gate = gate_look(r, phase, date, lookup)};
	if (!p)
		return;
	ret->past = p->past;
	ret->output_at = p->output ? p->output->at : p->output_at;
	if (p->state != PLAYER_IDLE)
		ret->claim_count = player_claims(r, p, ret->claims);
	if (p->state == PLAYER_WAITING)
		list_before(r, p, ret);
	for (const struct need *n = p->needs; n && ret->cause_count < WHY_CAUSES; n = n->next)
		ret->causes[ret->cause_count++] = (struct player_cause){.entry = cause_of(n->entry),
			.version = n->version,
			.came_ms = n->entry->came_ms,
			.later = n->later > 0};
}

size_t regen_dates(const struct regen *r, const char *lookup, date_t *ret, size_t max)
{
	size_t n = 0;
	for (const struct player *p = r->players; p; p = p->hh.next) {
		if (p->key.phase != PHASE_REPORT || strcmp(p->key.lookup, lookup) != 0)
			continue;
		size_t i = n < max ? n++ : n;
		/* Insertion, the newest first; a date older than all that are kept falls off. */
		while (i > 0 && ret[i - 1] < p->key.date) {
			if (i < max)
				ret[i] = ret[i - 1];
			i--;
		}
		if (i < max)
			ret[i] = p->key.date;
	}
	return n;
}

void regen_jobs(const struct regen *r, void (*fn)(void *arg, struct job *job), void *arg)
{
	struct run *run, *next;
	DL_FOREACH_SAFE (r->runs, run, next)
		if (run->out)
			fn(arg, &run->job);
}

const struct processor *regen_processor(const struct regen *r, enum phase phase)
{
	return r->processors[phase];
}

void regen_stats(const struct regen *r, struct regen_stats *ret)
{
	*ret = (struct regen_stats){.paused = r->paused};
	for (int phase = 0; phase < PHASE_COUNT; phase++) {
		const struct processor *processor = r->processors[phase];
		if (!processor || (phase > 0 && processor == r->processors[0]))
			continue;
		ret->places += places_size(&processor->places);
		ret->taken += processor->places.taken;
	}
	memcpy(ret->state, r->states, sizeof(ret->state));
	memcpy(ret->waiting, r->waiting_at, sizeof(ret->waiting));
}
