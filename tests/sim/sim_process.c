#include "tests/sim/sim_process.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "regen/internal.h"

/* Whose jobs are run: the pool's tasks know no instance. */
static struct instance *running;
static struct arena *scratch_arena;

/* How this run must end, if anybody hears of its end. */
static void must_end(struct instance *i, const struct job *job, enum mirror_must how)
{
	const struct ticket *t =
		&((const struct run *)(const void *)((const char *)job - offsetof(struct run, job)))->ticket;
	struct world *w = i->world;
	char holder[HOLDER_MAX];
	snprintf(holder, sizeof(holder), "%s/%s", i->name, t->boot);
	if (!w->blind && !i->core.draining)
		mirror_must(sim_mirror(w), mirror_player_of(t->player), t->phase, holder, t->serial, how);
}

/* A rate holds, whoever submits: of the bucket's tokens each start takes one. */
static void takes_token(struct instance *i, const struct job *job)
{
	struct world *w = i->world;
	int64_t interval_us = 0;
	if (!w->rate || !frequency_parse(w->rate, &interval_us))
		return;
	double *tokens = &i->buckets[job->phase].tokens;
	*tokens += (double)(w->now_us - i->buckets[job->phase].at_us) / (double)interval_us;
	if (*tokens > w->burst)
		*tokens = w->burst;
	i->buckets[job->phase].at_us = w->now_us;
	if (*tokens < 1 - 1e-6)
		mirror_violated("a job of %s started without a token of its processor's rate", job->live->player);
	*tokens -= 1;
}

/* The pool: a task ends when the simulation says so. `pool` is the instance. */

void pool_task_init(struct pool_task *task, enum level level, pool_run run)
{
	*task = (struct pool_task){.run = run, .level = (uint8_t)level};
}

void pool_submit(struct pool *pool, struct pool_task *task)
{
	struct instance *i = (struct instance *)(void *)pool;
	struct world *w = i->world;
	struct job *job = (struct job *)((char *)task - offsetof(struct job, task));
	assert(i->job_count < JOBS_MAX);
	if (!job->answered)
		takes_token(i, job);
	i->jobs[i->job_count].job = job;
	i->jobs[i->job_count].start_us = job->answered ? job->started_us : w->now_us;
	i->jobs[i->job_count++].end_us = w->now_us + (job->answered ? 1000 : sim_run_us(w, job->phase));
}

void pool_fork(struct pool_worker *worker, struct pool_group *group, struct pool_task *task)
{
	(void)group;
	pool_submit((struct pool *)(void *)worker, task);
}

unsigned pool_worker_index(const struct pool_worker *worker)
{
	(void)worker;
	return 0;
}

void *pool_worker_scratch(const struct pool_worker *worker)
{
	(void)worker;
	if (!scratch_arena)
		scratch_arena = arena_new();
	return scratch_arena;
}

bool sim_finish(struct instance *i, unsigned which)
{
	const struct sim_bug *bug = i->world->setup->bug;
	struct job *job = i->jobs[which].job;
	const int64_t start_us = i->jobs[which].start_us;

	i->jobs[which] = i->jobs[--i->job_count];
	if (bug && bug->loses_results && sim_chance(i->world, .05))
		return false;
	running = i;
	job->task.run(&job->task, (struct pool_worker *)(void *)i);
	job->started_us = start_us; /* workers read the machine's clock */
	job->ended_us = i->world->now_us;
	return i->poisoned;
}

/* Making a report, of a job that computes and of one that was answered. */

static int run(const struct processor *p, struct job *job, struct arena *scratch)
{
	struct world *w = running->world;
	char report[REPORT_MAX];
	const enum sim_fate fate = sim_fate_of(w, job);
	(void)scratch;
	running->poisoned = fate == SIM_FATE_POISON;
	job->lost = fate == SIM_FATE_LOST && !p->waits;
	if (fate == SIM_FATE_BAD || fate == SIM_FATE_POISON || job->lost) {
		snprintf(job->error, sizeof(job->error), "the simulation lets it fail");
		job->permanent = w->permanent && fate == SIM_FATE_BAD;
		return -EIO;
	}
	sim_write(w, job, report);
	str_clear(&job->report);
	str_text(&job->report, report);
	return 0;
}

/* Children. */

enum seat_state { SEAT_STARTING, SEAT_IDLE, SEAT_BUSY, SEAT_LEAVING };
enum { SEATS_MAX = 3 };

struct seat {
	enum seat_state state;
	int64_t at_us; /* when that ends; INT64_MAX: not by itself */
	struct job *job;
	bool dies; /* in the middle of it */
	bool fresh; /* it is to be started anew when this is done */
	int result; /* of the job that it is ended for */
};

struct children_state {
	struct instance *instance;
	struct seat seats[SEATS_MAX];
	unsigned count, deaths; /* deaths: before the hello, in a row */
	int64_t held_us; /* nothing is begun before, 0: it is */
	struct job *waiting; /* a list by `next` */
};

static int64_t soon_us(struct world *w, unsigned ms)
{
	return w->now_us + 1000 * (int64_t)(1 + sim_below(w, ms));
}

static void start_child(struct world *w, struct seat *s)
{
	*s = (struct seat){.state = SEAT_STARTING, .at_us = soon_us(w, 1500)};
}

static int open_children(struct processor *p, struct err *err)
{
	struct children_state *c = calloc(1, sizeof(*c));
	if (!c)
		return err_set(err, -ENOMEM, "no memory for the simulation");
	c->instance = running;
	c->count = p->options.slots;
	for (unsigned s = 0; s < c->count; s++)
		start_child(running->world, &c->seats[s]);
	p->state = c;
	return 0;
}

static void close_children(struct processor *p)
{
	free(p->state);
}

static void hand_out(struct children_state *c)
{
	struct world *w = c->instance->world;
	for (unsigned n = 0; n < c->count && c->waiting; n++) {
		struct seat *s = &c->seats[n];
		if (s->state != SEAT_IDLE)
			continue;
		struct job *job = c->waiting;
		c->waiting = job->next;
		job->next = NULL;
		job->seat = s;
		*s = (struct seat){.state = SEAT_BUSY, .job = job, .at_us = w->now_us + sim_run_us(w, job->phase)};
		s->dies = w->faults && sim_chance(w, .03);
		if (w->faults && !s->dies && sim_chance(w, .02))
			s->at_us = INT64_MAX; /* hangs */
	}
}

static void start(struct processor *p, struct job *job)
{
	struct children_state *c = p->state;
	struct job **link = &c->waiting;
	takes_token(c->instance, job);
	while (*link)
		link = &(*link)->next;
	job->next = NULL;
	*link = job;
	hand_out(c);
}

static void answer(struct job *job, int result, bool lost)
{
	job->result = result;
	job->lost = lost;
	if (result < 0)
		snprintf(job->error, sizeof(job->error), "its child ended");
	processor_answered(job);
}

static void cancel(struct processor *p, struct job *job, int result)
{
	struct children_state *c = p->state;
	struct world *w = c->instance->world;
	struct seat *s = job->seat;
	const struct sim_bug *bug = w->setup->bug;

	if (!s) {
		struct job **link = &c->waiting;
		while (*link && *link != job)
			link = &(*link)->next;
		if (!*link)
			return; /* it was lost */
		*link = job->next;
		answer(job, result, true); /* nobody has tried it */
		return;
	}
	if (s->state == SEAT_LEAVING)
		return; /* for another reason already */
	if (bug && bug->answers_late && s->at_us != INT64_MAX && result == -ETIMEDOUT)
		return; /* its answer is still taken when it comes */
	s->state = SEAT_LEAVING;
	s->result = result;
	s->at_us = soon_us(w, 3000);
}

/* Too much to do: the job waits like those that were not begun, and these for some seconds. */
static void refuse(struct children_state *c, struct job *job)
{
	struct world *w = c->instance->world;
	struct processor *p = job->processor;
	const struct sim_bug *bug = w->setup->bug;
	c->held_us = soon_us(w, 4000);
	places_for_slots(&p->places, 0, true);
	processor_changed(p);
	must_end(c->instance, job, MIRROR_MUST_COME_BACK);
	answer(job, -EAGAIN, !(bug && bug->counts_refused));
}

static void ended(struct children_state *c, struct seat *s)
{
	struct world *w = c->instance->world;
	const struct sim_bug *bug = w->setup->bug;
	struct job *job = s->job;
	const bool leaves = s->state == SEAT_LEAVING, died = leaves || s->dies;
	const int result = leaves ? s->result : died ? -ECHILD : 0;
	if (died || s->fresh)
		start_child(w, s);
	else
		*s = (struct seat){.state = SEAT_IDLE, .at_us = INT64_MAX};
	if (!died && w->now_us >= job->started_us + job->processor->options.timeout_us)
		mirror_violated("a child's answer for %s was taken after its deadline", job->live->player);
	if (died && bug && bug->keeps_places)
		processor_take(job->processor);
	if (!died && !job->buried && w->faults && w->refuses && sim_more(w, .1))
		refuse(c, job);
	else
		answer(job, result, result == -ECANCELED);
}

static void tick(struct processor *p, int64_t now_us)
{
	struct children_state *c = p->state;
	struct world *w = c->instance->world;
	for (unsigned n = 0; n < c->count; n++) {
		struct seat *s = &c->seats[n];
		if (s->at_us > now_us)
			continue;
		if (s->state != SEAT_STARTING)
			ended(c, s);
		else if (w->faults && sim_chance(w, .15)) { /* dies before its hello */
			c->deaths++;
			s->at_us = soon_us(w, 500u << (c->deaths < 4 ? c->deaths : 4));
		} else {
			c->deaths = 0;
			*s = (struct seat){.state = SEAT_IDLE, .at_us = INT64_MAX};
		}
	}
	if (c->held_us && c->held_us <= now_us) {
		c->held_us = 0;
		places_for_slots(&p->places, c->count, true);
		processor_changed(p);
	}
	hand_out(c);
}

static int64_t next_us(const struct processor *p)
{
	const struct children_state *c = p->state;
	int64_t next = c->held_us ? c->held_us : INT64_MAX;
	for (unsigned n = 0; n < c->count; n++)
		next = c->seats[n].at_us < next ? c->seats[n].at_us : next;
	return next;
}

static void restart(struct processor *p)
{
	struct children_state *c = p->state;
	struct world *w = c->instance->world;
	if (w->setup->bug && w->setup->bug->restart_loses)
		c->waiting = NULL;
	for (unsigned n = 0; n < c->count; n++)
		if (c->seats[n].state == SEAT_IDLE)
			start_child(w, &c->seats[n]);
		else
			c->seats[n].fresh = true;
}

static const char *trouble(const struct processor *p)
{
	const struct children_state *c = p->state;
	if (c->held_us)
		return "its children have too much to do";
	return c->deaths >= 5 ? "its children die before their hello" : NULL;
}

static void seats(const struct processor *p, bool (*fn)(void *arg, const struct processor_seat *seat), void *arg)
{
	const struct children_state *c = p->state;
	for (unsigned n = 0; n < c->count; n++)
		fn(arg, &(struct processor_seat){.pid = (int)n + 1, .state = "", .job = c->seats[n].job});
}

static bool waits(const struct processor_options *options)
{
	return options->slots > 0;
}

static const struct processor_type simulated = {
	.name = "simulated",
	.waits = waits,
	.run = run,
	.open = open_children,
	.close = close_children,
	.start = start,
	.cancel = cancel,
	.finish = run,
	.next_us = next_us,
	.tick = tick,
	.restart = restart,
	.trouble = trouble,
	.seats = seats,
};
const struct processor_type *const sim_processor_types[] = {&simulated, NULL};

/* What an instance has of them. */

void sim_processors(struct instance *i, const struct phases *phases)
{
	struct world *w = i->world;
	struct err err = {0};
	/* Another time each: a reload makes some of them anew, whose jobs end with the old. */
	const int64_t timeout_us = 6000000 + 1000000 * (int64_t)sim_below(w, 2);
	/* Some are told of what was made before, some of what is short. */
	static const size_t most[] = {0, 80, REPORT_MAX};
	const size_t previous = most[w->setup->seed % 3];
	const struct processor_options list[] = {
		{.name = "simulated",
			.type = "simulated",
			.previous = previous,
			.rate = w->rate,
			.burst = w->burst,
			.slots = w->outside ? 3 : 0,
			.timeout_us = timeout_us,
			.breaker = w->breaker},
		{.name = "model",
			.type = "simulated",
			.previous = previous,
			.rate = w->rate,
			.burst = w->burst,
			.slots = w->model_outside ? 2 : 0,
			.timeout_us = timeout_us,
			.breaker = w->breaker},
	};
	for (int p = 0; p < PHASE_COUNT; p++)
		if (!process_find(i->process, list[p].name)) {
			i->buckets[p == 0 ? PHASE_REPORT : PHASE_PRECOMPUTE].tokens = w->burst;
			i->buckets[p == 0 ? PHASE_REPORT : PHASE_PRECOMPUTE].at_us = w->now_us;
		}
	running = i;
	if (process_configure(i->process, list, phases->precompute ? 2 : 1, &err) < 0) {
		fprintf(stderr, "simulation: %s\n", err.text);
		abort();
	}
	if (w->setup->bug && w->setup->bug->keeps_no_rate)
		for (struct processor *p = process_next(i->process, NULL); p; p = process_next(i->process, p))
			p->rate.interval_us = 0;
}

static bool find_job(void *arg, const struct processor_seat *seat)
{
	if (seat->job)
		*(const struct job **)arg = seat->job;
	return true;
}

/* By an operator: his need waits again, or with `dead` it is given up. */
static void cancel_job(struct instance *i, struct job *job)
{
	const struct sim_bug *bug = i->world->setup->bug;
	const bool dead = i->world->buries && sim_more(i->world, .5);
	if (process_cancel(i->process, job, dead && !(bug && bug->buries_nobody)) && dead)
		must_end(i, job, MIRROR_MUST_FAIL_FOR_GOOD);
}

bool sim_meddle(struct instance *i)
{
	struct world *w = i->world;
	struct processor *p = i->up ? process_find(i->process, sim_chance(w, .5) ? "model" : "simulated") : NULL;
	struct job *job = NULL;
	if (!p || !p->waits)
		return false;
	switch (sim_below(w, 4)) {
	case 0:
		process_pause(p, true);
		break;
	case 1:
		process_pause(p, false);
		break;
	case 2:
		process_restart(p);
		break;
	default:
		p->type->seats(p, find_job, &job);
		if (job)
			cancel_job(i, job);
	}
	w->counts->meddled++;
	core_completed(&i->core);
	return true;
}

void sim_resume(struct instance *i)
{
	for (struct processor *p = process_next(i->process, NULL); p; p = process_next(i->process, p))
		process_pause(p, false);
	i->wake = true;
}
