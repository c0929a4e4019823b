/* A player's run, from the question to Redis through his job to its commit. Runs are kept for reuse. */
#include "regen/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#include <utlist.h>

enum {
	BUSY_US = 200000, /* another instance runs him: ask again */
	ALONE_US = 1000000, /* he must run alone and does not yet */
	SPARE_RUNS_MAX = 256,
};

static struct run *run_of_ticket(struct ticket *t)
{
	return (struct run *)((char *)t - offsetof(struct run, ticket));
}

static struct run *run_of_job(struct job *job)
{
	return (struct run *)((char *)job - offsetof(struct run, job));
}

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

static void run_answered(struct run *run)
{
	if (run->asked)
		run->processor->asked--;
	run->asked = false;
}

/* --- the history --------------------------------------------------------------------------------------------------- */

static void tell_begun(struct regen *r, struct run *run)
{
	static const struct {
		const char *type, *pattern;
	} patterns[] = {{"exec", "multiprocessing"}, {"http", "pubsub"}};
	const struct processor *p = run->processor;
	const char *pattern = "pool";
	if (!r->options.history)
		return;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (strcmp(p->type->name, patterns[i].type) == 0)
			pattern = patterns[i].pattern;
	run->told = true;
	history_begun(r->options.history, run->ticket.phase, pattern, p->waits ? places_size(&p->places) : r->workers);
}

/* "odds:1763254790000-0 injury:...", as many as fit. */
static void put_causes(const struct job *job, char ret[HISTORY_CAUSES_SIZE])
{
	size_t length = 0;
	for (size_t i = 0; i < job->cause_count; i++) {
		const struct report_cause *c = &job->causes[i];
		const size_t type = strlen(c->type), id = strlen(c->id);
		if (length + type + id + 3 > HISTORY_CAUSES_SIZE)
			return;
		if (length > 0)
			ret[length++] = ' ';
		memcpy(ret + length, c->type, type);
		length += type;
		ret[length++] = ':';
		memcpy(ret + length, c->id, id + 1);
		length += id;
	}
}

static void tell_ended(struct regen *r, struct run *run, enum history_result result)
{
	const struct ticket *t = &run->ticket;
	const struct job *job = &run->job;
	struct history_run row = {
		.phase = t->phase,
		.result = result,
		.date = t->date,
		.level = level_name(job->level),
		.attempt = t->attempt,
		.version = t->version,
		.took_us = job->started_us > 0 ? job->ended_us - job->started_us : -1,
		.output_version = job->precompute ? job->precompute->version : 0,
		.league = run->snapshot ? run->snapshot->number : 0,
		.causes = (unsigned)job->cause_count,
		.digested = job->digests && job->result == 0,
	};
	if (!run->told)
		return;
	run->told = false;
	text_format(row.run, sizeof(row.run), "%s/%s/%lld", r->options.instance, t->boot, (long long)t->serial);
	text_format(row.player, sizeof(row.player), "%s", t->player);
	text_format(row.game, sizeof(row.game), "%s", t->live->game_id);
	text_format(row.processor, sizeof(row.processor), "%s", run->processor->name);
	put_causes(job, row.cause_ids);
	for (int i = 0; i < STAGE_COUNT; i++)
		if (job->stages[i].present) {
			row.stages[i].name = stage_name((enum stage)i);
			row.stages[i].fingerprint = job->stages[i].fingerprint;
		}
	memcpy(row.sha256, job->sha256, sizeof(row.sha256));
	if (result == HISTORY_FAILED)
		text_format(row.error, sizeof(row.error), "%s", t->failed.error);
	history_ended(r->options.history, &row);
}

void run_free(struct regen *r, struct run *run)
{
	if (run->told)
		history_void(r->options.history, run->ticket.phase);
	run_answered(run);
	DL_DELETE(r->runs, run);
	r->run_count--;
	if (run->job.kept) {
		if (run->processor->type->reads_output)
			output_shrink(&r->outputs, run->job.kept);
		output_give(&r->outputs, run->job.kept);
	}
	if (run->processor)
		processor_give(run->processor, &run->job);
	if (r->alone == run)
		r->alone = NULL;
	snapshot_drop(run->snapshot);
	foreign_free(run->job.made);
	run->job.made = NULL;
	if (run->player)
		run->player->run = NULL;
	if (r->spare_count < SPARE_RUNS_MAX) {
		arena_reset(run->arena);
		str_clear(&run->job.report);
		str_clear(&run->job.answer);
		run->next = r->spare;
		r->spare = run;
		r->spare_count++;
		return;
	}
	run_done(run);
}

bool run_begin(struct regen *r, struct player *p)
{
	struct run *run = run_new(r);
	if (!run)
		return false;
	run->processor = r->processors[p->key.phase];
	processor_take(run->processor);
	run->processor->asked++;
	run->asked = true;
	run->player = p;
	run->ticket.phase = p->key.phase;
	/* Of what is at hand the bytes are gone where only what they say was wanted. */
	const bool usable = p->output && (p->output->bytes || run->processor->type->reads_output);
	run->ticket.held_at = usable ? p->output->at : 0;
	run->ticket.date = p->key.date;
	run->ticket.player = p->key.lookup;
	run->ticket.need = needs_highest(p);
	run->ticket.causes = p->need_count;
	run->ticket.arena = run->arena;
	run->ticket.outside = run->processor->waits;
	run->ticket.previous_most = run->processor->options.previous;
	p->run = run;
	run->waited_us = regen_now_us(r) - p->since_us;
	metrics_observe(r->options.metrics, METRIC_QUEUE_WAIT, p->level, run->waited_us);
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

/* Mostly they stand as they were applied, and that is as they are to be told. */
static void sort_causes(const struct entry **entries, size_t count)
{
	size_t i = 1;
	while (i < count && by_type_stream_id(&entries[i - 1], &entries[i]) <= 0)
		i++;
	if (i < count)
		qsort(entries, count, sizeof(const struct entry *), by_type_stream_id);
}

/* Of what the run covers: that of the newest entry which has one. */
static int choose_trace(struct run *run, const struct entry *const *entries, size_t count)
{
	const struct entry *newest = NULL;
	for (size_t i = 0; i < count; i++)
		if (entries[i]->traceparent && (!newest || stream_id_compare(entries[i]->key.id, newest->key.id) > 0))
			newest = entries[i];
	if (!newest)
		return 0;
	run->job.traceparent = run->ticket.traceparent =
		arena_text(run->arena, newest->traceparent, strlen(newest->traceparent));
	return run->job.traceparent ? 0 : -ENOMEM;
}

/* What the run covers, sorted: those needs that its version reaches. */
static int list_causes(struct regen *r, struct run *run)
{
	const struct player *p = run->player;
	const struct entry **entries = arena_alloc(run->arena, (p->need_count + 1) * sizeof(const struct entry *));
	struct report_cause *causes = arena_alloc(run->arena, (p->need_count + 1) * sizeof(*causes));
	size_t from = p->need_count;

	if (!entries || !causes)
		return -ENOMEM;
	for (const struct need *need = p->needs; need; need = need->next) /* the newest first */
		if (need->version <= run->ticket.version)
			entries[--from] = need->entry;
	if (from < p->need_count)
		run->cause = cause_of(entries[p->need_count - 1]);
	entries += from;
	const size_t n = p->need_count - from;
	sort_causes(entries, n);
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
	run->causes = (unsigned)n;
	run->job.causes = causes;
	run->job.cause_count = n;
	return choose_trace(run, entries, n);
}

/* A reload came since he was begun. False: with it the phase went, or what is at hand of his output is not what the new
 * processor reads; so does the run. */
static bool use_newer(struct regen *r, struct run *run)
{
	struct processor *newer = r->processors[run->ticket.phase];
	struct player *p = run->player;
	const bool lacks = run->job.kept && !run->job.kept->bytes && newer && !newer->type->reads_output;
	if (newer && !lacks) {
		processor_give(run->processor, &run->job);
		run->processor = newer;
		processor_take(newer);
		return true;
	}
	if (run->ticket.state == TICKET_HELD)
		delivery_release(r->delivery, &run->ticket);
	run_free(r, run);
	player_go_on(r, p);
	return false;
}

void runs_hand_in(struct regen *r)
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

/* What precompute gave, for a report: kept from run to run, and not counted on once he plays in another game. */
static int use_output(struct regen *r, struct run *run)
{
	const struct output *o = &run->ticket.output;
	struct player *p = run->player;
	struct report_phase *said;

	if (!delivery_phases(r->delivery)->precompute || p->key.phase != PHASE_REPORT)
		return 0;
	if (o->bytes && output_keep(&r->outputs, &p->output, o->at, o->bytes, o->length, NULL) < 0)
		return -ENOMEM;
	if (p->output && p->output->at != o->at)
		output_drop(&r->outputs, &p->output);
	said = arena_alloc(run->arena, sizeof(*said));
	if (!said)
		return -ENOMEM;
	*said = (struct report_phase){.processor = "", .failed = o->failed};
	if (p->output && ticket_output_counts(&run->ticket)) {
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

/* The next step of his run, at its version. */
static void run_step(struct regen *r, struct run *run, struct trace_fact fact, int64_t since_us)
{
	fact.version = run->ticket.version;
	run->step_us = player_step(r, run->player, fact, run->causes ? &run->cause : NULL, since_us);
}

/* How his run ended, with those that it was for; before they are settled. */
static void remember(struct regen *r, struct run *run, enum past_end end)
{
	struct player *p = run->player;
	struct past_run past = {
		.ended_ms = delivery_redis_ms(r->delivery),
		.waited_us = run->waited_us,
		.run_us = run->job.ended_us - run->job.started_us,
		.version = run->ticket.version,
		.end = end,
		.attempt = run->ticket.attempt,
		.place = (uint8_t)run->job.place,
		.number = run->job.place_number,
		.causes = run->causes,
	};
	for (const struct need *n = p->needs; n && past.told < PAST_CAUSES && past.told < past.causes; n = n->next)
		if (n->version <= run->ticket.version)
			past.cause[past.told++] = cause_of(n->entry);
	past_run(&r->pasts, &p->past, &past);
}

static void start(struct regen *r, struct run *run)
{
	struct player *p = run->player;

	live_restrict(run->ticket.live, run->ticket.mates, delivery_phases(r->delivery)->reads[run->ticket.phase]);
	if (list_causes(r, run) < 0 || use_output(r, run) < 0) {
		log_err("regen", "no memory for a run, will ask again player=%s", p->key.lookup);
		delivery_release(r->delivery, &run->ticket);
		run_free(r, run);
		player_back_off(r, p, ALONE_US, GATE_MEMORY);
		return;
	}
	const int64_t now_us = regen_now_us(r);
	run_step(r, run,
		(struct trace_fact){.step = TRACE_BEGUN, .at_us = now_us, .detail = (uint8_t)run->ticket.attempt},
		p->since_us);
	p->since_us = now_us;
	player_enter(r, p, PLAYER_RUNNING, 0);
	/* The league of now is the one that his begin was made from: delivery asks again where it changed between. */
	run->snapshot = r->snapshot ? snapshot_take(r->snapshot) : NULL;
	run->out = true;
	run->job.level = p->level;
	run->job.arena = run->arena;
	run->job.phase = run->ticket.phase;
	run->job.live = run->ticket.live;
	run->job.snapshot = run->snapshot;
	run->job.previous = run->ticket.previous;
	run->job.previous_length = run->ticket.previous_length;
	run->job.attempt = run->ticket.attempt;
	run->job.digests = r->options.history != NULL;
	tell_begun(r, run);
	if (r->batch_count == sizeof(r->batch) / sizeof(r->batch[0]))
		runs_hand_in(r);
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

void regen_begun(struct regen *r, struct ticket *t)
{
	struct run *run = run_of_ticket(t);
	struct player *p = run->player;
	enum gate_verdict why = GATE_BACK_OFF;
	int64_t wait_us = 0;

	run_answered(run);
	if (t->verdict != VERDICT_RUN)
		player_step(r, p, (struct trace_fact){.step = TRACE_NOT_BEGUN, .detail = (uint8_t)t->verdict}, NULL,
			p->since_us);
	needs_hear_output(r, p, t);
	switch (t->verdict) {
	case VERDICT_RUN:
		if (may_start(r, run)) {
			start(r, run);
			return;
		}
		delivery_release(r->delivery, t);
		wait_us = ALONE_US;
		why = GATE_MUST_ALONE;
		break;
	case VERDICT_COVERED:
		needs_learn(r, p, t->committed, SETTLED_OTHER);
		break;
	case VERDICT_BUSY:
		wait_us = BUSY_US;
		why = GATE_BUSY;
		break;
	case VERDICT_WAIT:
		if (t->phase == PHASE_PRECOMPUTE)
			needs_wait_no_more(r, p);
		wait_us = (t->wait_ms - delivery_redis_ms(r->delivery)) * 1000;
		if (wait_us < 1000)
			wait_us = 1000;
		break;
	case VERDICT_DEAD:
		needs_kill(r, p, &t->failed, 0,
			&(struct ending){.how = SETTLED_DEAD, .reason = "failed", .error = t->failed.error});
		break;
	case VERDICT_POISON:
		needs_kill(r, p, NULL, t->need, /* what came since he was asked for has its own tries */
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
		player_back_off(r, p, wait_us, why);
	else
		player_go_on(r, p);
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
	run_step(r, run,
		(struct trace_fact){.step = TRACE_RAN,
			.value = job->lost ? -ECANCELED : job->result,
			.took_us = us,
			.detail = (uint8_t)job->place,
			.number = job->place_number},
		0);
	if (run->ticket.state != TICKET_HELD) { /* handed back meanwhile, by a drain: the result is void */
		run_free(r, run);
		player_go_on(r, p);
	} else if (job->lost) { /* it is no try of his: he waits again */
		log_notice("regen", "run lost player=%s: %s", p->key.lookup, job->error);
		remember(r, run, PAST_LOST);
		delivery_release(r->delivery, &run->ticket);
		run_free(r, run);
		player_go_on(r, p);
	} else if (job->result == 0 && job->phase == PHASE_PRECOMPUTE)
		delivery_output(r->delivery, &run->ticket, job->report.data, job->report.length, run->processor->name,
			clock_wall_ms(r->options.clock));
	else if (job->result == 0)
		delivery_commit(r->delivery, &run->ticket, job->report.data, job->report.length,
			job->given_which != p->given ? job->given : NULL);
	else
		delivery_fail(r->delivery, &run->ticket, job->error, job->permanent);
}

/* What was just committed is at hand, read already: his reports need not ask Redis for it. */
static void keep_made(struct regen *r, struct run *run, int64_t at)
{
	const struct player *p = run->player;
	struct player *report = player_get(r, PHASE_REPORT, p->key.date, p->key.lookup);
	if (!report || report->run) /* his begin was asked with what is at hand now, and is answered by that */
		return;
	output_keep(&r->outputs, &report->output, at, run->job.report.data, run->job.report.length, run->job.made);
	run->job.made = NULL;
	if (report->output) {
		if (r->processors[PHASE_REPORT]->type->reads_output)
			output_shrink(&r->outputs, report->output);
		output_take(&r->outputs, report->output);
		output_give(&r->outputs, report->output); /* and no more than the bound */
	}
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
		p->given = run->job.given_which;
	}
	tell_ended(r, run, accepted ? HISTORY_COMMITTED : HISTORY_REFUSED);
	const int64_t committed = t->committed;
	run_step(r, run, (struct trace_fact){.step = accepted ? TRACE_COMMITTED : TRACE_REFUSED}, run->step_us);
	remember(r, run, accepted ? PAST_COMMITTED : PAST_REFUSED);
	if (accepted && t->phase == PHASE_REPORT)
		past_report(&r->pasts, &p->past, committed, run->job.report.data, run->job.report.length);
	if (accepted && t->phase == PHASE_PRECOMPUTE)
		keep_made(r, run, t->output_at);
	needs_hear_output(r, p, t);
	run_free(r, run);
	needs_learn(r, p, committed, accepted ? SETTLED_COMMIT : SETTLED_OTHER);
	player_go_on(r, p);
}

void regen_failed(struct regen *r, struct ticket *t)
{
	struct run *run = run_of_ticket(t);
	struct player *p = run->player;

	metrics_add(r->options.metrics, METRIC_RUNS, metric_run_label(t->phase, METRIC_RESULT_FAILED), 1);
	tell_ended(r, run, HISTORY_FAILED);
	p->failures++;
	free(p->last_error);
	p->last_error = strdup(t->failed.error);
	log_warn("regen", "run failed player=%s attempt=%d: %s", p->key.lookup, t->attempt, t->failed.error);
	run_step(r, run, (struct trace_fact){.step = TRACE_FAILED, .detail = (uint8_t)t->attempt}, run->step_us);
	remember(r, run, PAST_FAILED);
	/* Of precompute begin decides, which marks the output as failed with it. Reports that waited for it wait no
	 * more. */
	if (t->phase == PHASE_REPORT)
		needs_kill(r, p, &t->failed, 0,
			&(struct ending){.how = SETTLED_DEAD, .reason = "failed", .error = t->failed.error});
	if (t->phase == PHASE_PRECOMPUTE)
		needs_wait_no_more(r, p);
	run_free(r, run);
	player_go_on(r, p);
}

void runs_give_back(struct regen *r)
{
	while (r->spare) {
		struct run *run = r->spare;
		r->spare = run->next;
		run_done(run);
	}
	r->spare_count = 0;
}
