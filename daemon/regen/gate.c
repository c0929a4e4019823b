/*
 * The gate: what keeps a player from a run, in one place for those who decide and those who ask. The scheduler begins the
 * head of a queue when gate_of_head() is open; `propsctl why` tells what the same function said of him, and of anybody
 * else why he does not head it.
 */
#include "regen/internal.h"

/* So long a burst may delay a player of each level. */
static const int64_t hold_us[LEVEL_COUNT] = {
	[LEVEL_HIGH] = 250000,
	[LEVEL_NORMAL] = 500000,
	[LEVEL_LOW] = 500000,
};

/* So long a model may wait for the same player's report. */
enum { REPORT_FIRST_US = 5000 };

struct gate gate_of_all(const struct regen *r)
{
	const struct gate gates[] = {
		{.verdict = delivery_ready(r->delivery) ? GATE_OPEN : GATE_SESSION},
		{.verdict = r->stopped ? GATE_DRAIN : GATE_OPEN},
		{.verdict = r->paused ? GATE_PAUSE : GATE_OPEN},
		{.verdict = r->alone || r->next_alone ? GATE_ALONE : GATE_OPEN},
	};
	size_t i = 0;
	while (i < sizeof(gates) / sizeof(gates[0]) - 1 && gates[i].verdict == GATE_OPEN)
		i++;
	return gates[i];
}

/*
 * A run begun in the middle of a burst would be repeated for the rest of it. While entries queue up that may be of a
 * player, he waits for them, each level no longer than it may be held, and an urgent one not at all. Who is held heads
 * the queue: whoever stands behind him waits as well, and anyone more urgent stands before him.
 */
static bool is_held(const struct regen *r, const struct player *p, int64_t until_us)
{
	return regen_now_us(r) < until_us && delivery_behind(r->delivery, p->key.date, p->key.lookup);
}

/*
 * What both phases read is reported at once, on the output that stands: who is out loses his lines within
 * milliseconds. That run is worth more than a head start of the model, whose children would take the processors from
 * the workers.
 */
static bool is_reported_first(const struct regen *r, const struct player *p)
{
	const struct processor *reports = r->processors[PHASE_REPORT];
	const struct player *report;
	if (p->key.phase != PHASE_PRECOMPUTE || reports->waits || regen_now_us(r) >= p->since_us + REPORT_FIRST_US)
		return false;
	report = player_find(r, PHASE_REPORT, p->key.date, p->key.lookup);
	return report && (report->state == PLAYER_WAITING || report->state == PLAYER_BEGINNING ||
				 report->state == PLAYER_RUNNING);
}

struct gate gate_of_head(const struct regen *r, const struct player *p)
{
	const struct processor *processor = r->processors[p->key.phase];
	const int64_t until_us = p->since_us + hold_us[p->level];
	const struct gate all = gate_of_all(r);
	if (!processor)
		return (struct gate){.verdict = GATE_NO_PHASE};
	if (all.verdict != GATE_OPEN)
		return all;
	if (!processor_has_place(processor, p->level, regen_now_us(r))) {
		if (process_trouble(processor))
			return (struct gate){.verdict = GATE_TROUBLE, .processor = processor};
		if (!places_free(&processor->places, p->level))
			return (struct gate){.verdict = GATE_PLACE, .processor = processor};
		return (struct gate){.verdict = GATE_RATE,
			.processor = processor,
			.until_us = rate_when_us(&processor->rate, (int64_t)processor->asked + 1)};
	}
	if (is_held(r, p, until_us))
		return (struct gate){.verdict = GATE_BURST, .until_us = until_us};
	if (is_reported_first(r, p))
		return (struct gate){.verdict = GATE_REPORT, .until_us = p->since_us + REPORT_FIRST_US};
	return (struct gate){.verdict = GATE_OPEN};
}

static struct gate gate_of_idle(const struct regen *r, date_t date, const char *lookup, const struct player *p)
{
	if (!delivery_ready(r->delivery)) /* what asks for a run of his is in Redis */
		return (struct gate){.verdict = GATE_SESSION};
	const struct order *order = delivery_withheld_by(r->delivery, date, lookup);
	if (order)
		return (struct gate){.verdict = GATE_ORDER, .order = order};
	return (struct gate){.verdict = p && p->last_error ? GATE_GIVEN_UP : GATE_NOTHING};
}

struct gate gate_look(const struct regen *r, enum phase phase, date_t date, const char *lookup)
{
	const struct player *p = player_find(r, phase, date, lookup);
	struct date_trouble trouble;
	switch (p ? p->state : PLAYER_IDLE) {
	case PLAYER_WAITING:
		return queue_place(&p->node) > 0 ? (struct gate){.verdict = GATE_TURN} : gate_of_head(r, p);
	case PLAYER_BEGINNING:
		return (struct gate){
			.verdict = delivery_date_waits(r->delivery, date, &trouble) ? GATE_DATE : GATE_ASKED};
	case PLAYER_RUNNING:
		return (struct gate){.verdict = GATE_RUNS, .processor = p->run ? p->run->processor : NULL};
	case PLAYER_BACKING_OFF:
		return (struct gate){.verdict = p->rests, .until_us = p->node.turn};
	case PLAYER_IDLE:
	case PLAYER_STATES:
		break;
	}
	return gate_of_idle(r, date, lookup, p);
}

/* Told once as long as it stays the same: what a queue waits for, not each that passes. */
void gate_note(struct regen *r, enum phase phase, const struct player *head, struct gate gate)
{
	if (gate.verdict == r->gates[phase])
		return;
	r->gates[phase] = gate.verdict;
	const struct trace_fact fact = {
		.step = TRACE_GATE,
		.phase = (uint8_t)phase,
		.stream = TRACE_NO_STREAM,
		.detail = (uint8_t)gate.verdict,
		.value = (int64_t)queue_size(&r->waiting[phase]),
		.date = head ? head->key.date : 0,
		.took_us = -1,
	};
	r->gate_us[phase] = trace_add(r->options.trace, &fact, r->gate_us[phase], head ? head->key.lookup : NULL);
}
