/* Whose turn it is, and the whole: its parts, what they are configured with, start over and end. */
#include "regen/internal.h"

#include <errno.h>
#include <stdlib.h>

#include <utlist.h>

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
		needs_drop(r, p);
		p->committed = p->output_at = 0;
		p->given = 0;
		if (p->output)
			p->output->at = 0; /* after a failover another output may go by its version */
		if (p->state == PLAYER_WAITING || p->state == PLAYER_BACKING_OFF)
			player_enter(r, p, PLAYER_IDLE, 0);
		if (p->state == PLAYER_IDLE)
			p->level = LEVEL_LOW;
	}
}

/* --- turns ------------------------------------------------------------------------------------------------------ */

/* The phases may share a processor. */
static unsigned waiting_for(const struct regen *r, const struct processor *processor)
{
	size_t count = 0;
	for (int phase = 0; phase < PHASE_COUNT; phase++)
		if (r->processors[phase] == processor)
			count += queue_size(&r->waiting[phase]);
	return (unsigned)count;
}

/* The queue of a phase, as long as the gate is open for its head. */
static void begin_queue(struct regen *r, enum phase phase)
{
	struct gate gate = {.verdict = GATE_OPEN};
	struct queue_node *node;
	struct player *head = NULL;
	while ((node = queue_first(&r->waiting[phase])) != NULL) {
		head = player_of_node(node);
		gate = gate_of_head(r, head);
		if (gate.verdict != GATE_OPEN || !run_begin(r, head))
			break;
	}
	if ((gate.verdict == GATE_BURST || gate.verdict == GATE_REPORT) && gate.until_us < r->held_until_us)
		r->held_until_us = gate.until_us;
	gate_note(r, phase, node ? head : NULL, node ? gate : (struct gate){.verdict = GATE_OPEN});
}

/* Who must run alone is begun when nobody else runs. False: others still do, and nobody is begun. */
static bool begin_alone(struct regen *r)
{
	struct player *p = r->next_alone;
	if (p->state == PLAYER_BACKING_OFF && r->run_count > 0)
		return false;
	r->next_alone = NULL;
	if (p->state != PLAYER_BACKING_OFF || gate_of_all(r).verdict != GATE_OPEN)
		return true;
	player_wait(r, p);
	run_begin(r, p);
	return false;
}

void regen_turn(struct regen *r)
{
	r->held_until_us = INT64_MAX;
	runs_hand_in(r);
	if (r->next_alone && !begin_alone(r))
		return;
	for (int phase = 0; phase < PHASE_COUNT; phase++)
		if (r->processors[phase])
			begin_queue(r, (enum phase)phase);
	for (int phase = 0; phase < PHASE_COUNT; phase++)
		if (r->processors[phase])
			process_demand(r->processors[phase], waiting_for(r, r->processors[phase]));
}

void regen_tick(struct regen *r)
{
	struct queue_node *node;
	int64_t now = regen_now_us(r);
	while ((node = queue_first(&r->timers)) != NULL && node->turn <= now) {
		struct player *p = player_of_node(node);
		player_enter(r, p, PLAYER_IDLE, 0);
		player_go_on(r, p);
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
	r->pasts.most = options->past_bytes;
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
	r->workers = workers;
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
			player_level(r, p);
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
	runs_give_back(r);
	needs_give_back(r);
}

void regen_free(struct regen *r)
{
	struct player *p, *next;
	if (!r)
		return;
	while (r->runs)
		run_free(r, r->runs);
	HASH_ITER (hh, r->players, p, next) {
		needs_drop(r, p);
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
