/*
 * A trial is driven by turns: whatever happens (a job ended, a child came or went, facts were told, the clock) asks for
 * one, and the turn tells what has ended, begins what there is room for, and ends the trial when nothing is left. So
 * nothing of it is freed while somebody else's loop still holds it.
 */
#include "aside/aside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/completion.h"
#include "delivery/delivery.h"
#include "process/process.h"

#include <utlist.h>

enum {
	ASK_AGAIN_US = 500000, /* whether there is a session */
	STARTS_MAX = 5, /* of children without one that comes up, in a trial that ran */
};

enum trial_state {
	TRIAL_STARTING, /* its children come up */
	TRIAL_RUNNING,
	TRIAL_ENDING, /* waits for what is out */
};

struct attempt { /* at one item: its facts, then its job */
	struct trial *trial;
	struct ticket ticket;
	struct job job;
	struct job_probe probe;
	struct arena *arena;
	struct snapshot *snapshot; /* counted; NULL: none, or not begun yet */
	struct kept_output *output; /* of precompute */
	size_t item;
	unsigned repeat;
	bool out; /* the job is with process */
	bool again; /* there is no session: its facts are asked for in a later turn */
	struct attempt *next, *prev;
};

struct trial {
	struct aside *aside;
	enum trial_state state;
	struct aside_order order;
	struct process *process;
	struct processor *processor; /* the only one of it */
	struct outputs outputs;
	struct completion_queue *finished;
	struct event *jobs, *turn;
	const struct aside_ops *ops; /* NULL: nobody hears any more */
	void *arg;
	struct attempt *out, *ended; /* lists; what has ended waits to be told of */
	unsigned out_count;
	size_t begun, told, total;
	bool held; /* the owner takes nothing now */
	int64_t since_us, first_us, last_us; /* monotonic; 0: not yet */
	uint64_t words_told;
	uint64_t starts; /* of children, when all was well */
	int failure; /* 0: none */
	char why[JOB_ERROR_SIZE];
	struct trial *next, *prev;
};

struct aside {
	struct aside_options options;
	struct snapshot *snapshot;
	struct trial *trials; /* a list */
	unsigned count;
	char stopped[128]; /* why none is begun any more; "": they are */
};

static int64_t now_us(const struct trial *t)
{
	return clock_mono_us(t->aside->options.clock);
}

static void turn_soon(struct trial *t)
{
	event_active(t->turn, EV_TIMEOUT, 0);
}

/* --- attempts ----------------------------------------------------------------------------------------------------- */

static void attempt_free(struct attempt *a)
{
	if (a->output && a->output->users > 0)
		output_give(&a->trial->outputs, a->output);
	if (a->output)
		output_drop(&a->trial->outputs, &a->output);
	snapshot_drop(a->snapshot);
	foreign_free(a->job.made);
	str_done(&a->job.report);
	str_done(&a->job.answer);
	str_done(&a->probe.request);
	str_done(&a->probe.reply);
	arena_free(a->arena);
	free(a);
}

static void fail(struct trial *t, int failure, const char *why)
{
	if (t->failure == 0) {
		t->failure = failure;
		text_format(t->why, sizeof(t->why), "%s", why);
	}
	t->state = TRIAL_ENDING;
}

/* It is out no more. */
static void come_back(struct attempt *a)
{
	struct trial *t = a->trial;
	DL_DELETE(t->out, a);
	t->out_count--;
	processor_give(t->processor, &a->job);
	turn_soon(t);
}

/* Only where there is a session: what is asked for without one stays asked for, and cannot be taken back. */
static void ask(struct attempt *a)
{
	struct delivery *delivery = a->trial->aside->options.delivery;
	a->again = !delivery_ready(delivery);
	if (!a->again)
		delivery_peek(delivery, &a->ticket);
}

static void begin(struct trial *t)
{
	struct attempt *a = calloc(1, sizeof(*a));
	if (a)
		a->arena = arena_new();
	if (!a || !a->arena) {
		free(a);
		fail(t, -ENOMEM, "no memory for a job");
		return;
	}
	a->trial = t;
	a->item = t->begun % t->order.count;
	a->repeat = (unsigned)(t->begun / t->order.count) + 1;
	a->ticket.phase = t->order.phase;
	a->ticket.date = t->order.items[a->item].date;
	a->ticket.player = t->order.items[a->item].player;
	a->ticket.arena = a->arena;
	a->ticket.previous_most = t->processor->options.previous;
	a->probe.cpu_us = a->probe.peak = -1;
	t->begun++;
	t->out_count++;
	DL_APPEND(t->out, a);
	processor_take(t->processor);
	ask(a);
}

/* What precompute gave, for a report, as runs use it. */
static int use_output(struct attempt *a)
{
	const struct output *o = &a->ticket.output;
	struct trial *t = a->trial;

	if (!delivery_phases(t->aside->options.delivery)->precompute || t->order.phase != PHASE_REPORT)
		return 0;
	struct report_phase *said = arena_alloc(a->arena, sizeof(*said));
	if (!said || (o->bytes && output_keep(&t->outputs, &a->output, o->at, o->bytes, o->length, NULL) < 0))
		return -ENOMEM;
	*said = (struct report_phase){.processor = "", .failed = o->failed};
	if (a->output && ticket_output_counts(&a->ticket)) {
		*said = (struct report_phase){.version = o->version,
			.generated_at_ms = o->generated_ms,
			.processor = o->processor,
			.failed = o->failed};
		a->job.kept = a->output;
		output_take(&t->outputs, a->output);
	}
	a->job.precompute = said;
	return 0;
}

static void start(struct attempt *a)
{
	struct trial *t = a->trial;
	const struct phases *phases = delivery_phases(t->aside->options.delivery);
	struct job *job = &a->job;

	live_restrict(a->ticket.live, a->ticket.mates, phases->reads[t->order.phase]);
	if (use_output(a) < 0) {
		fail(t, -ENOMEM, "no memory for a job");
		come_back(a);
		attempt_free(a);
		return;
	}
	a->snapshot = t->aside->snapshot ? snapshot_take(t->aside->snapshot) : NULL;
	a->out = true;
	job->processor = t->processor;
	job->level = LEVEL_LOW;
	job->arena = a->arena;
	job->phase = t->order.phase;
	job->live = a->ticket.live;
	job->snapshot = a->snapshot;
	job->previous = a->ticket.previous;
	job->previous_length = a->ticket.previous_length;
	job->attempt = a->ticket.attempt;
	job->probe = &a->probe;
	if (t->first_us == 0)
		t->first_us = now_us(t);
	process_submit(t->process, &job, 1);
	turn_soon(t); /* the clock's next time is another one now */
}

void aside_peeked(struct aside *aside, struct ticket *ticket, int result)
{
	struct attempt *a = (struct attempt *)((char *)ticket - offsetof(struct attempt, ticket));
	struct trial *t = a->trial;
	struct date_trouble trouble;

	if (result == 0 && t->state != TRIAL_ENDING) {
		start(a);
		return;
	}
	a->again = result == -EAGAIN && t->state != TRIAL_ENDING;
	if (a->again) {
		turn_soon(t);
		return;
	}
	if (result == -EBUSY && delivery_date_waits(aside->options.delivery, ticket->date, &trouble))
		fail(t, result, trouble.why);
	else if (result < 0)
		fail(t, result, result == -ENOMEM ? "no memory for a job's facts" : "the facts of a job cannot be read");
	come_back(a);
	attempt_free(a);
}

static void on_done(void *arg, struct job *job)
{
	struct attempt *a = (struct attempt *)((char *)job - offsetof(struct attempt, job));
	struct trial *t = arg;
	come_back(a);
	a->out = false;
	DL_APPEND(t->ended, a);
}

/* --- telling ------------------------------------------------------------------------------------------------------ */

static int64_t took(const struct attempt *a)
{
	const int64_t until = a->probe.answered_us ? a->probe.answered_us : a->job.ended_us;
	return until - a->job.started_us;
}

static bool tell(struct trial *t, const struct attempt *a)
{
	const struct aside_done done = {
		.item = a->item,
		.repeat = a->repeat,
		.ended = t->told + 1,
		.of = t->total,
		.took_us = took(a),
		.job = &a->job,
		.error = a->job.result == 0 ? NULL : a->job.error,
		.processor = t->processor,
		.words_from = t->words_told,
	};
	return t->ops->done(t->arg, &done);
}

static void tell_all(struct trial *t)
{
	while (t->ended && !t->held) {
		struct attempt *a = t->ended;
		if (a->job.ended_us > t->last_us)
			t->last_us = a->job.ended_us;
		if (t->ops && !a->job.buried && !tell(t, a)) {
			t->held = true;
			return;
		}
		t->told++;
		t->words_told = t->processor->word_count;
		DL_DELETE(t->ended, a);
		attempt_free(a);
	}
}

/* --- turns -------------------------------------------------------------------------------------------------------- */

static bool count_ready(void *arg, const struct processor_seat *seat)
{
	*(unsigned *)arg += strcmp(seat->state, "idle") == 0 || strcmp(seat->state, "busy") == 0;
	return true;
}

/* Who computes, or waits without children, is there at once. */
static bool all_there(const struct trial *t)
{
	unsigned ready = 0;
	if (!t->processor->type->demand)
		return true; /* it starts none: what seats there are come with their jobs */
	t->processor->type->seats(t->processor, count_ready, &ready);
	return ready >= t->order.at_once;
}

/* Jobs at a time. */
static unsigned places(const struct trial *t)
{
	return t->processor->waits ? places_size(&t->processor->places) : t->order.at_once;
}

static bool has_place(const struct trial *t)
{
	return t->processor->places.taken < places(t);
}

/* Children that do not come up end a trial that has not begun. Later some may die without ending it. */
static void look_at_children(struct trial *t)
{
	const char *trouble = process_trouble(t->processor);
	if (!trouble)
		t->starts = t->processor->started;
	else if (t->state == TRIAL_STARTING || t->processor->started >= t->starts + STARTS_MAX) {
		fail(t, -ECHILD, trouble);
		return;
	}
	if (t->state != TRIAL_STARTING || trouble || !all_there(t))
		return;
	t->state = TRIAL_RUNNING;
	t->ops->ready(t->arg, places(t), now_us(t) - t->since_us);
}

static void begin_all(struct trial *t)
{
	while (t->state == TRIAL_RUNNING && !t->ended && t->begun < t->total && has_place(t))
		begin(t);
	for (struct attempt *a = t->out; a; a = a->next)
		if (a->again && t->state == TRIAL_RUNNING)
			ask(a);
}

/* What is out comes back by itself, soon where it can be ended. */
static void call_back(struct trial *t)
{
	struct attempt *a, *next;
	DL_FOREACH_SAFE (t->out, a, next)
		if (a->out && !a->job.buried)
			process_cancel(t->process, &a->job, true);
		else if (a->again) {
			come_back(a);
			attempt_free(a);
		}
}

static void trial_free(struct trial *t)
{
	struct attempt *a, *next;

	DL_DELETE(t->aside->trials, t);
	t->aside->count--;
	process_free(t->process); /* ends its children; whatever they had is no job any more */
	DL_FOREACH_SAFE (t->out, a, next)
		attempt_free(a);
	DL_FOREACH_SAFE (t->ended, a, next)
		attempt_free(a);
	if (t->jobs)
		event_free(t->jobs);
	if (t->turn)
		event_free(t->turn);
	completion_free(t->finished);
	free((void *)t->order.items);
	free(t);
}

/* True: the trial is gone. */
static bool end(struct trial *t)
{
	const bool done = t->state == TRIAL_RUNNING && t->told == t->total;
	if (t->out_count > 0 || (t->ops && t->ended) || (t->state != TRIAL_ENDING && !done))
		return false;
	const struct aside_ops *ops = t->ops;
	void *arg = t->arg;
	const int failure = t->failure;
	char why[JOB_ERROR_SIZE];
	memcpy(why, t->why, sizeof(why));
	if (ops)
		ops->ended(arg, failure, why);
	trial_free(t);
	return true;
}

static void arm(struct trial *t)
{
	int64_t next = process_next_us(t->process);
	for (const struct attempt *a = t->out; a; a = a->next)
		if (a->again && next > now_us(t) + ASK_AGAIN_US)
			next = now_us(t) + ASK_AGAIN_US;
	if (next == INT64_MAX) {
		event_del(t->turn);
		return;
	}
	const int64_t wait = next > now_us(t) ? next - now_us(t) : 0;
	const struct timeval tv = {.tv_sec = (time_t)(wait / 1000000), .tv_usec = (suseconds_t)(wait % 1000000)};
	event_add(t->turn, &tv);
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct trial *t = arg;
	(void)fd, (void)what;
	process_tick(t->process);
	tell_all(t);
	if (t->state != TRIAL_ENDING)
		look_at_children(t);
	begin_all(t);
	if (t->state == TRIAL_ENDING)
		call_back(t);
	if (!end(t))
		arm(t);
}

static void on_jobs(evutil_socket_t fd, short what, void *arg)
{
	struct trial *t = arg;
	(void)fd, (void)what;
	process_completed(t->process);
	turn_soon(t);
}

static void on_changed(void *arg)
{
	struct trial *t = arg;
	if (t->turn)
		turn_soon(t);
}

/* --- from outside ------------------------------------------------------------------------------------------------- */

/* As it is configured, but that so many children are there from the start and to the end, and nothing holds it. */
static int open_processor(struct trial *t, const struct processor *like, struct err *err)
{
	struct processor_options options = like->options;
	options.slots = t->order.at_once;
	options.exec.children = options.exec.min_children = t->order.at_once;
	options.http.concurrency = t->order.at_once;
	options.breaker = 0;
	options.settle_us = 0;
	const int r = process_configure(t->process, &options, 1, err);
	t->processor = r < 0 ? NULL : process_find(t->process, like->name);
	return r;
}

static int open_trial(struct trial *t, const struct processor *like, struct err *err)
{
	const struct aside_options *o = &t->aside->options;
	struct aside_item *items = calloc(t->order.count, sizeof(*items));

	if (!items)
		return err_set(err, -ENOMEM, "no memory for the list of players");
	memcpy(items, t->order.items, t->order.count * sizeof(*items));
	t->order.items = items;
	if (completion_new(&t->finished) < 0)
		return err_set(err, -ENOMEM, "no memory for a trial");
	const struct process_options process = {
		.pool = o->pool,
		.completions = t->finished,
		.clock = o->clock,
		.base = o->base,
		.beside = o->process,
		.done = on_done,
		.changed = on_changed,
		.arg = t,
	};
	const int r = process_new(&process, &t->process, err);
	if (r < 0)
		return r;
	t->turn = event_new(o->base, -1, 0, on_turn, t);
	t->jobs = event_new(o->base, completion_fd(t->finished), EV_READ | EV_PERSIST, on_jobs, t);
	if (!t->turn || !t->jobs || event_add(t->jobs, NULL) < 0)
		return err_set(err, -ENOMEM, "no memory for a trial");
	return open_processor(t, like, err);
}

static int check(struct aside *a, const struct aside_order *order, const struct processor *like, struct err *err)
{
	if (!like)
		return err_set(err, -ENOENT, "there is no processor \"%s\"", order->processor);
	if (order->phase == PHASE_PRECOMPUTE && (like->type == &processor_builtin || like->type == &processor_synthetic))
		return err_set(err, -EINVAL, "processor \"%s\" is of type %s, which serves no phase but report",
			order->processor, like->type->name);
	if (a->stopped[0])
		return err_set(err, -EBUSY, "%s", a->stopped);
	if (a->count >= ASIDE_TRIALS_MAX)
		return err_set(err, -EBUSY, "%d trials of processors are under way already; try again when one is over",
			ASIDE_TRIALS_MAX);
	return 0;
}

int aside_begin(struct aside *a, const struct aside_order *order, const struct aside_ops *ops, void *arg,
	struct trial **ret, struct err *err)
{
	const struct processor *like = process_find(a->options.process, order->processor);
	int r = check(a, order, like, err);
	if (r < 0)
		return r;
	struct trial *t = calloc(1, sizeof(*t));
	if (!t)
		return err_set(err, -ENOMEM, "no memory for a trial");
	t->aside = a;
	t->ops = ops;
	t->arg = arg;
	t->order = *order;
	t->total = order->count * order->repeat;
	t->since_us = now_us(t);
	DL_APPEND(a->trials, t);
	a->count++;
	r = open_trial(t, like, err);
	if (r < 0) {
		if (t->order.items == order->items)
			t->order.items = NULL;
		trial_free(t);
		return r;
	}
	turn_soon(t);
	*ret = t;
	return 0;
}

void aside_go_on(struct trial *t)
{
	t->held = false;
	turn_soon(t);
}

int64_t aside_span_us(const struct trial *t)
{
	return t->last_us > t->first_us ? t->last_us - t->first_us : 0;
}

void aside_leave(struct trial *t)
{
	t->ops = NULL;
	t->held = false;
	t->state = TRIAL_ENDING;
	turn_soon(t);
}

/* --- whole -------------------------------------------------------------------------------------------------------- */

int aside_new(const struct aside_options *options, struct aside **ret, struct err *err)
{
	struct aside *a = calloc(1, sizeof(*a));
	if (!a)
		return err_set(err, -ENOMEM, "no memory for trials");
	a->options = *options;
	*ret = a;
	return 0;
}

void aside_use_league(struct aside *a, struct snapshot *snapshot)
{
	snapshot_drop(a->snapshot);
	a->snapshot = snapshot ? snapshot_take(snapshot) : NULL;
}

void aside_stop(struct aside *a, const char *why)
{
	text_format(a->stopped, sizeof(a->stopped), "%s", why);
	for (struct trial *t = a->trials; t; t = t->next) {
		fail(t, -ESHUTDOWN, why);
		t->held = false;
		turn_soon(t);
	}
}

void aside_free(struct aside *a)
{
	if (!a)
		return;
	while (a->trials) {
		process_completed(a->trials->process);
		trial_free(a->trials);
	}
	snapshot_drop(a->snapshot);
	free(a);
}
