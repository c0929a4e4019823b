/*
 * The player table. A player's state is changed in one place, player_enter(), which keeps the queue, the timers and the
 * counts in step with it. Idle players are kept for `players` and for their figures, up to IDLE_MAX, the oldest go first.
 */
#include "regen/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { IDLE_MAX = 20000 };

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

static void player_key_set(struct player_key *key, enum phase phase, date_t date, const char *lookup)
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

void player_free(struct regen *r, struct player *p)
{
	HASH_DEL(r->players, p);
	date_remove(r, p->key.date);
	if (r->next_alone == p)
		r->next_alone = NULL;
	r->states[p->state]--;
	output_drop(&r->outputs, &p->output);
	past_drop(&r->pasts, &p->past);
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

struct player *player_get(struct regen *r, enum phase phase, date_t date, const char *lookup)
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
void player_enter(struct regen *r, struct player *p, enum player_state state, int64_t at_us)
{
	if (p->state == PLAYER_WAITING) {
		queue_remove(&r->waiting[p->key.phase], &p->node);
		r->waiting_at[p->level]--;
	} else if (p->state == PLAYER_BACKING_OFF)
		queue_remove(&r->timers, &p->node);
	p->rests = GATE_OPEN;
	r->states[p->state]--;
	r->states[state]++;
	p->state = state;
	if (state == PLAYER_WAITING) {
		queue_add(&r->waiting[p->key.phase], &p->node, turn_of(r, p));
		r->waiting_at[p->level]++;
	} else if (state == PLAYER_BACKING_OFF)
		queue_add(&r->timers, &p->node, at_us);
}

struct past_cause cause_of(const struct entry *e)
{
	return (struct past_cause){.ms = e->key.id.ms, .seq = e->key.id.seq, .stream = (uint8_t)e->key.stream};
}

int64_t player_step(struct regen *r, const struct player *p, struct trace_fact fact, const struct past_cause *cause,
	int64_t since_us)
{
	fact.date = p->key.date;
	fact.phase = (uint8_t)p->key.phase;
	fact.stream = cause ? cause->stream : TRACE_NO_STREAM;
	fact.ms = cause ? cause->ms : 0;
	fact.seq = cause ? cause->seq : 0;
	if (since_us == 0 && fact.took_us == 0)
		fact.took_us = -1;
	return trace_add(r->options.trace, &fact, since_us, p->key.lookup);
}

void player_wait(struct regen *r, struct player *p)
{
	const struct past_cause cause = p->needs ? cause_of(p->needs->entry) : (struct past_cause){0};
	p->since_us = regen_now_us(r);
	player_enter(r, p, PLAYER_WAITING, 0);
	player_step(r, p,
		(struct trace_fact){.step = TRACE_QUEUED,
			.at_us = p->since_us,
			.value = (int64_t)queue_size(&r->waiting[p->key.phase]),
			.detail = (uint8_t)p->level},
		p->needs ? &cause : NULL, 0);
}

void player_back_off(struct regen *r, struct player *p, int64_t us, enum gate_verdict why)
{
	player_enter(r, p, PLAYER_BACKING_OFF, regen_now_us(r) + us);
	p->rests = why;
	player_step(r, p, (struct trace_fact){.step = TRACE_RESTS, .value = us, .detail = (uint8_t)why}, NULL, 0);
}

/* A waiting player's new level takes effect at once; his wait so far counts on. */
void player_set_level(struct regen *r, struct player *p, enum level level, const char *reason)
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

void player_rest(struct regen *r, struct player *p)
{
	player_enter(r, p, PLAYER_IDLE, 0);
	p->level = LEVEL_LOW;
	p->reason = "";
}
