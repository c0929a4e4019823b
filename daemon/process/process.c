/*
 * Jobs of one call to process_submit() were begun in one reply, so those of one game hold the same state of it. Each
 * such group is one task: the worker that takes it computes the shared context, forks the siblings into its own
 * deque, where others steal them, and does the first itself. A lone player is a group of one.
 *
 * Where a processor has a rate, each job starts by itself and with a token. Runs are begun as tokens come, so that what
 * a run sees is fixed late and the most urgent goes first; a job that comes in spite of that (asked for beside the runs,
 * say) is held until its token does. So the bound holds whoever submits.
 *
 * A job of a processor that waits is started, and stands in `deadlines` until it is answered; then it is a task that
 * makes its report. All ways end in a completion, so that `done` is never called from within another call.
 */
#include "process/process.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include "base/log.h"
#include "process/cache.h"
#include "process/child.h"

static const struct processor_type *const types[] = {
	&processor_builtin, &processor_synthetic, &processor_exec, &processor_http};

enum { TYPES = sizeof(types) / sizeof(types[0]) };

struct process {
	struct processor_host host;
	struct process_options options;
	struct processor *processors; /* those of the configuration in its order, then the retired */
	struct cache cache;
	struct queue deadlines;
	struct children children;
};

static struct job *job_of_task(struct pool_task *task)
{
	struct job *job = (struct job *)((char *)task - offsetof(struct job, task));
	assert(job->magic == JOB_MAGIC);
	return job;
}

static struct job *job_of_item(struct completion_item *item)
{
	struct job *job = (struct job *)((char *)item - offsetof(struct job, done));
	assert(job->magic == JOB_MAGIC);
	return job;
}

static struct job *job_of_node(struct queue_node *node)
{
	struct job *job = (struct job *)((char *)node - offsetof(struct job, due));
	assert(job->magic == JOB_MAGIC);
	return job;
}

static struct process *of_host(struct processor_host *host)
{
	return (struct process *)((char *)host - offsetof(struct process, host));
}

/* --- processors --------------------------------------------------------------------------------------------------- */

static void signature_list(struct str *s, const char *const *list)
{
	for (; list && *list; list++)
		str_printf(s, "%zu:%s,", strlen(*list), *list);
	str_char(s, ';');
}

/* All that two processors of one name can differ in. NULL: no memory. */
static char *signature_of(const struct processor_options *o)
{
	struct str s = {0};
	str_printf(&s, "%lld %u %zu ", (long long)o->settle_us, o->exec.cpu, o->previous);
	str_printf(&s, "%s %u %lld %u %lld %lld %.17g %u %.17g %.17g %d %d ", o->type, o->slots,
		(long long)o->timeout_us, o->breaker, (long long)o->spin_us, (long long)o->sleep_us, o->fail_rate,
		o->model.neighbours, o->model.min_edge, o->model.min_return, o->model.market, o->model.market_foreign);
	str_printf(&s, "%u %u %u %lld %llu %llu %llu %zu %d %d %s ", o->exec.children, o->exec.min_children,
		o->exec.threads, (long long)o->exec.start_timeout_us, (unsigned long long)o->exec.recycle_jobs,
		(unsigned long long)o->exec.recycle_growth, (unsigned long long)o->exec.memory, o->output,
		o->exec.per_job, o->wrap, o->exec.directory ? o->exec.directory : "");
	const char *const texts[] = {o->http.url ? o->http.url : "", o->http.token_file ? o->http.token_file : "",
		o->http.ca_file ? o->http.ca_file : "", NULL};
	str_printf(&s, "%d %u ", o->http.pubsub, o->http.concurrency);
	signature_list(&s, texts);
	signature_list(&s, o->exec.command);
	signature_list(&s, o->exec.environment);
	return str_take(&s);
}

static const char *copy_text(struct arena *a, const char *text, bool *failed)
{
	const char *copy = arena_text(a, text ? text : "", text ? strlen(text) : 0);
	*failed |= !copy;
	return copy;
}

static const char *const *copy_list(struct arena *a, const char *const *list, bool *failed)
{
	size_t n = 0;
	while (list && list[n])
		n++;
	const char **copy = arena_zalloc(a, (n + 1) * sizeof(*copy));
	for (size_t i = 0; copy && i < n; i++) {
		copy[i] = arena_text(a, list[i], strlen(list[i]));
		*failed |= !copy[i];
	}
	*failed |= !copy;
	return copy;
}

static void processor_free(struct processor *one)
{
	if (one->state && one->type->close)
		one->type->close(one);
	arena_free(one->arena);
	free(one->signature);
	free(one);
}

/* NULL: there is no such type. */
static const struct processor_type *type_of(const struct process *p, const char *name)
{
	for (size_t k = 0; k < TYPES; k++)
		if (strcmp(types[k]->name, name) == 0)
			return types[k];
	for (const struct processor_type *const *more = p->options.types; more && *more; more++)
		if (strcmp((*more)->name, name) == 0)
			return *more;
	return NULL;
}

static int processor_new(
	struct process *p, const struct processor_options *options, struct processor **ret, struct err *err)
{
	struct processor *one = calloc(1, sizeof(*one));
	bool failed = !one || !(one->arena = arena_new());
	int r = 0;

	if (!failed) {
		one->host = &p->host;
		one->options = *options;
		text_format(one->name, sizeof(one->name), "%s", options->name);
		one->options.name = one->name;
		one->options.exec.command = copy_list(one->arena, options->exec.command, &failed);
		one->options.exec.environment = copy_list(one->arena, options->exec.environment, &failed);
		one->options.exec.directory = copy_text(one->arena, options->exec.directory, &failed);
		one->options.http.url = copy_text(one->arena, options->http.url, &failed);
		one->options.http.token_file = copy_text(one->arena, options->http.token_file, &failed);
		one->options.http.ca_file = copy_text(one->arena, options->http.ca_file, &failed);
		one->signature = signature_of(options);
		one->options.rate = one->rate_text; /* set_rate() */
		one->breaker.most = options->breaker;
		failed |= !one->signature;
	}
	if (failed) {
		if (one)
			processor_free(one);
		return err_set(err, -ENOMEM, "no memory for the processors");
	}
	one->type = type_of(p, options->type);
	if (!one->type)
		r = err_set(err, -EINVAL, "processor \"%s\" has type \"%s\", which this version does not know",
			options->name, options->type);
	else {
		one->options.type = one->type->name;
		one->waits = one->type->waits && one->type->waits(&one->options);
		if (one->waits)
			places_for_slots(&one->places, options->slots, true);
		if (one->waits && one->type->open)
			r = one->type->open(one, err);
	}
	if (r < 0)
		processor_free(one);
	else
		*ret = one;
	return r;
}

static void drop_unused(struct process *p)
{
	for (struct processor **link = &p->processors; *link;) {
		struct processor *one = *link;
		if (!one->retired || one->places.taken + one->finishing > 0 || one->jobs > 0) {
			link = &one->next;
			continue;
		}
		*link = one->next;
		processor_free(one);
	}
}

static struct processor *same_as(struct process *p, const struct processor_options *options)
{
	struct processor *one = process_find(p, options->name);
	char *signature = one ? signature_of(options) : NULL;
	if (one && (!signature || strcmp(signature, one->signature) != 0))
		one = NULL;
	free(signature);
	return one;
}

/* No part of the signature: a bound is put on what runs, and neither ends a child nor fills a bucket. */
static void set_rate(struct process *p, struct processor *one, const struct processor_options *options)
{
	const struct processor *before = process_find(p, options->name);
	int64_t interval_us = 0;
	if (before && before != one)
		one->rate = before->rate;
	text_format(one->rate_text, sizeof(one->rate_text), "%s", options->rate ? options->rate : "");
	one->options.burst = options->burst;
	if (one->rate_text[0] && !frequency_parse(one->rate_text, &interval_us))
		interval_us = 0; /* the configuration has looked */
	rate_set(&one->rate, interval_us, options->burst, clock_mono_us(p->options.clock));
}

int process_configure(struct process *p, const struct processor_options *list, size_t count, struct err *err)
{
	struct processor **now = calloc(count + 1, sizeof(*now));
	int r = now ? 0 : err_set(err, -ENOMEM, "no memory for the processors");
	size_t made = 0;

	for (; r == 0 && made < count; made++) {
		now[made] = same_as(p, &list[made]);
		if (!now[made])
			r = processor_new(p, &list[made], &now[made], err);
	}
	if (r < 0) {
		for (size_t i = 0; now && i < made; i++)
			if (now[i] && now[i] != same_as(p, &list[i]))
				processor_free(now[i]);
		free(now);
		return r;
	}
	for (size_t i = 0; i < count; i++)
		set_rate(p, now[i], &list[i]);
	for (struct processor *one = p->processors; one; one = one->next)
		one->retired = true;
	for (size_t i = 0; i < count; i++) {
		struct processor **link = &p->processors;
		while (*link && *link != now[i])
			link = &(*link)->next;
		if (*link)
			*link = now[i]->next;
		now[i]->retired = false;
	}
	for (size_t i = count; i-- > 0;) {
		now[i]->next = p->processors;
		p->processors = now[i];
	}
	free(now);
	drop_unused(p);
	return 0;
}

struct processor *process_find(const struct process *p, const char *name)
{
	for (struct processor *one = p->processors; one; one = one->next)
		if (!one->retired && strcmp(one->name, name) == 0)
			return one;
	return NULL;
}

struct processor *process_next(const struct process *p, const struct processor *after)
{
	struct processor *one = after ? after->next : p->processors;
	return one && !one->retired ? one : NULL;
}

static void changed(struct processor_host *host, struct processor *one)
{
	const struct process_options *options = &of_host(host)->options;
	const bool paused = one->paused || one->retired;
	one->places.capped = paused || one->breaker.state != BREAKER_CLOSED;
	one->places.cap = !paused && one->breaker.state == BREAKER_HALF_OPEN ? 1 : 0;
	if (options->changed)
		options->changed(options->arg);
}

/* Whether runs or jobs wait for nothing but a token. */
static bool is_limited(const struct processor *one, int64_t now)
{
	return (one->waiting > 0 || one->held.root) && !rate_has(&one->rate, (int64_t)one->asked + 1, now);
}

static void note_limited(struct processor *one)
{
	const int64_t now = clock_mono_us(of_host(one->host)->options.clock);
	if (one->limited_since_us)
		one->limited_us += now - one->limited_since_us;
	one->limited_since_us = is_limited(one, now) ? now : 0;
}

int64_t process_limited_us(const struct processor *one)
{
	const int64_t now = clock_mono_us(of_host(one->host)->options.clock);
	return one->limited_us + (one->limited_since_us ? now - one->limited_since_us : 0);
}

void process_demand(struct processor *one, unsigned waiting)
{
	one->waiting = waiting;
	note_limited(one);
	if (one->type && one->type->demand)
		one->type->demand(one, waiting);
}

void process_pause(struct processor *one, bool paused)
{
	one->paused = paused;
	processor_changed(one);
}

void process_restart(struct processor *one)
{
	breaker_reset(&one->breaker);
	if (one->type->restart && one->state)
		one->type->restart(one);
	processor_changed(one);
}

const char *process_trouble(const struct processor *one)
{
	if (one->paused)
		return "it is paused: propsctl processor resume";
	if (one->breaker.state == BREAKER_OPEN)
		return "its circuit breaker is open: too many of its last 20 jobs failed";
	if (one->breaker.state == BREAKER_HALF_OPEN)
		return "its circuit breaker is half-open: one job tries";
	return one->state && one->type->trouble ? one->type->trouble(one) : NULL;
}

const char *process_state(const struct processor *one)
{
	if (one->paused)
		return "paused";
	if (one->breaker.state != BREAKER_CLOSED)
		return breaker_state_name(one->breaker.state);
	if (!process_trouble(one))
		return "ready";
	return one->type->troubled ? one->type->troubled : "down";
}

static bool count_seat(void *arg, const struct processor_seat *seat)
{
	(void)seat;
	++*(unsigned *)arg;
	return true;
}

unsigned process_children(const struct processor *one)
{
	unsigned count = 0;
	if (one->state && one->type->seats)
		one->type->seats(one, count_seat, &count);
	return count;
}

/*
 * What it ran in is free, so the next run may be begun while this one's report is made and committed: a child that
 * waits for both between two jobs loses a round trip for each. Not where a probe is to show whether jobs succeed, and no
 * further than there are places, should workers or Redis lag behind.
 */
static void give_place(struct processor *one, struct job *job)
{
	if (one->breaker.state != BREAKER_CLOSED || one->finishing >= places_size(&one->places))
		return;
	job->place_given = true;
	one->places.taken--;
	one->finishing++;
	processor_changed(one);
}

static void answered(struct processor_host *host, struct job *job)
{
	struct process *p = of_host(host);
	if (job->result < 0 && job->buried) { /* whatever it was ended for first */
		job->result = -ECANCELED;
		job->lost = false;
		job->permanent = true;
		text_format(job->error, sizeof(job->error), "cancelled by an operator");
	}
	if (queue_holds(&job->due))
		queue_remove(&p->deadlines, &job->due);
	job->seat = NULL;
	job->answered = true;
	if (job->probe && !job->probe->answered_us)
		job->probe->answered_us = clock_mono_us(p->options.clock);
	if (job->result == 0) {
		give_place(job->processor, job);
		pool_submit(p->options.pool, &job->task);
		return;
	}
	job->ended_us = clock_mono_us(p->options.clock);
	completion_push(p->options.completions, &job->done);
}

/* --- whole -------------------------------------------------------------------------------------------------------- */

int process_new(const struct process_options *options, struct process **ret, struct err *err)
{
	struct process *p = calloc(1, sizeof(*p));
	if (!p)
		return err_set(err, -ENOMEM, "no memory for the processors");
	p->options = *options;
	p->cache.most = options->cache_bytes;
	p->children.base = options->base;
	p->host = (struct processor_host){
		.answered = answered,
		.changed = changed,
		.children = options->beside ? options->beside->host.children : &p->children,
		.fetch = options->beside ? options->beside->host.fetch : options->fetch,
	};
	*ret = p;
	return 0;
}

void process_free(struct process *p)
{
	if (!p)
		return;
	while (p->processors) {
		struct processor *one = p->processors;
		p->processors = one->next;
		processor_free(one);
	}
	cache_done(&p->cache);
	const struct process_options *other = p->options.beside ? &p->options.beside->options : NULL;
	if (other && other->changed) /* what our children left behind is its to end, at its next tick */
		other->changed(other->arg);
	free(p);
}

void *process_scratch_new(void *context)
{
	(void)context;
	return arena_new();
}

void process_scratch_free(void *scratch)
{
	arena_free(scratch);
}

/* --- on the workers ----------------------------------------------------------------------------------------------- */

/* `completions` travels in the task's tag: a worker must not reach into struct process. */
static void finish(struct job *job)
{
	if (job->digests && job->result == 0)
		SHA256((const unsigned char *)job->report.data, job->report.length, job->sha256);
	job->ended_us = clock_mono_us(clock_system());
	completion_push((struct completion_queue *)(uintptr_t)job->task.tag, &job->done);
}

/* What the phase before gave, read once for all runs that have it. It was read before it was committed, so that it
 * can be. */
static void read_output(struct job *job)
{
	struct err err = {0};
	if (!job->kept || !job->processor->type->reads_output)
		return;
	if (!job->kept->foreign && foreign_parse(job->kept->bytes, job->kept->length, &job->kept->foreign, &err) < 0)
		text_format(job->error, sizeof(job->error), "the output of precompute cannot be read: %s", err.text);
	job->output = job->kept->foreign;
}

static void run_alone(struct pool_task *task, struct pool_worker *worker)
{
	struct job *job = job_of_task(task);
	struct arena *scratch = pool_worker_scratch(worker);

	job->started_us = clock_mono_us(clock_system());
	job->place = JOB_WORKER;
	job->place_number = pool_worker_index(worker);
	read_output(job);
	job->result = job->error[0] ? -EPROTO : job->processor->type->run(job->processor, job, scratch);
	arena_reset(scratch);
	finish(job);
}

static void run_finish(struct pool_task *task, struct pool_worker *worker)
{
	struct job *job = job_of_task(task);
	struct arena *scratch = pool_worker_scratch(worker);

	job->result = job->processor->type->finish(job->processor, job, scratch);
	arena_reset(scratch);
	finish(job);
}

static void run_group(struct pool_task *task, struct pool_worker *worker)
{
	struct job *first = job_of_task(task);

	for (struct job *job = first; job; job = job->sibling)
		read_output(job);
	if (first->processor->type->share)
		first->processor->type->share(first->processor, first);
	for (struct job *job = first->sibling, *next; job; job = next) {
		next = job->sibling; /* once forked it may be done and gone */
		job->context = first->context;
		job->context_record = first->context_record;
		job->context_record.reused = true; /* computed once, by the first */
		pool_fork(worker, NULL, &job->task);
	}
	run_alone(task, worker);
}

/* --- on the loop -------------------------------------------------------------------------------------------------- */

static const char *game_key(const struct job *job, char key[CACHE_KEY_SIZE])
{
	char date[DATE_SIZE];
	text_format(key, CACHE_KEY_SIZE, "%s game %s", date_format(job->live->date, date), job->live->game_id);
	return key;
}

/* What earlier runs left: the player's blobs by reference, pinned; the game's context by value, so that it can be replaced
 * while others still use it. */
static void remember(struct process *p, struct job *job)
{
	char key[CACHE_KEY_SIZE], date[DATE_SIZE];
	text_format(key, sizeof(key), "%s %s", date_format(job->live->date, date), job->live->player);
	job->memory = cache_pin(&p->cache, key);
	for (int i = 0; job->memory && i < STAGE_COUNT; i++)
		job->model.previous[i] = job->memory->blobs[i];
	struct cached *game = cache_pin(&p->cache, game_key(job, key));
	if (game) {
		job->context = game->context;
		job->context_record = game->context_record;
		cache_unpin(&p->cache, game, NULL);
	}
}

static void let_go(struct process *p, struct job *job)
{
	char key[CACHE_KEY_SIZE];
	if (job->memory)
		cache_unpin(&p->cache, job->memory, job->model.next);
	if (!job->processor->type->remembers || job->context_record.reused || !job->context_record.present)
		return;
	struct cached *game = cache_pin(&p->cache, game_key(job, key));
	if (game) {
		game->context = job->context;
		game->context_record = job->context_record;
		cache_unpin(&p->cache, game, NULL);
	}
}

static void prepare(struct process *p, struct job *job)
{
	const struct job given = *job;
	*job = (struct job){
		.magic = JOB_MAGIC,
		.processor = given.processor,
		.level = given.level,
		.arena = given.arena,
		.live = given.live,
		.snapshot = given.snapshot,
		.phase = given.phase,
		.precompute = given.precompute,
		.kept = given.kept,
		.previous = given.previous,
		.previous_length = given.previous_length,
		.causes = given.causes,
		.cause_count = given.cause_count,
		.traceparent = given.traceparent,
		.attempt = given.attempt,
		.probe = given.probe,
		.digests = given.digests,
		.report = given.report,
		.answer = given.answer,
		.progress = -1,
	};
	job->processor->jobs++;
	str_clear(&job->answer);
	pool_task_init(&job->task, job->level, job->processor->waits ? run_finish : run_alone);
	job->task.label = job->processor->type->name;
	job->task.tag = (uint64_t)(uintptr_t)p->options.completions;
	if (job->processor->type->remembers)
		remember(p, job);
}

static bool same_game(const struct job *a, const struct job *b)
{
	return a->processor == b->processor && a->level == b->level && a->snapshot == b->snapshot &&
	       a->live->date == b->live->date && strcmp(a->live->game_id, b->live->game_id) == 0;
}

/* Whoever shares a game with an earlier job of the call becomes its sibling: at most 128 jobs of a handful of games. */
static void group(struct job *const *jobs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct job *job = jobs[i];
		if (!job->processor->type->share || job->processor->waits)
			continue;
		job->task.run = run_group;
		if (job->processor->rate.interval_us > 0)
			continue; /* a group of one */
		for (size_t k = 0; k < i; k++) {
			struct job *first = jobs[k];
			if (first->is_sibling || first->task.run != run_group || !same_game(first, job))
				continue;
			job->sibling = first->sibling;
			first->sibling = job;
			job->is_sibling = true;
			job->task.run = run_alone;
			break;
		}
	}
}

static void start(struct process *p, struct job *job)
{
	const struct processor *one = job->processor;
	if (!one->waits) {
		pool_submit(p->options.pool, &job->task);
		return;
	}
	job->started_us = clock_mono_us(p->options.clock);
	if (one->options.timeout_us > 0)
		queue_add(&p->deadlines, &job->due, job->started_us + one->options.timeout_us);
	one->type->start(job->processor, job);
}

static void start_held(struct process *p, struct processor *one)
{
	struct queue_node *node;
	while ((node = queue_first(&one->held)) != NULL && rate_take(&one->rate, clock_mono_us(p->options.clock))) {
		struct job *job = job_of_node(node);
		queue_remove(&one->held, node);
		job->held = false;
		start(p, job);
	}
}

static void start_with_token(struct process *p, struct job *job)
{
	job->held = true;
	queue_add(&job->processor->held, &job->due, job->level);
	start_held(p, job->processor);
}

static void cancel_held(struct process *p, struct job *job)
{
	queue_remove(&job->processor->held, &job->due);
	job->held = false;
	job->started_us = clock_mono_us(p->options.clock);
	job->result = -ECANCELED;
	job->lost = true;
	text_format(job->error, sizeof(job->error), "cancelled");
	processor_answered(job);
}

void process_submit(struct process *p, struct job *const *jobs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		prepare(p, jobs[i]);
	group(jobs, count);
	for (size_t i = 0; i < count; i++) {
		struct job *job = jobs[i];
		if (job->processor->rate.interval_us > 0)
			start_with_token(p, job);
		else if (!job->is_sibling)
			start(p, job);
	}
}

bool process_cancel(struct process *p, struct job *job, bool dead)
{
	if (job->held) {
		job->buried = dead;
		cancel_held(p, job);
		return true;
	}
	if (!job->processor->waits || job->answered)
		return false;
	job->buried |= dead; /* what was given up once is not taken back by another cancel */
	job->processor->type->cancel(job->processor, job, -ECANCELED);
	return true;
}

/* A job that only this processor's own state could be the reason of counts for its circuit breaker. */
static void judge(struct process *p, struct processor *one, const struct job *job)
{
	if (job->result == 0)
		one->done++;
	else
		one->failed++;
	if (!one->waits || job->lost || job->permanent)
		return;
	if (!breaker_note(&one->breaker, job->result != 0, clock_mono_us(p->options.clock)))
		return;
	log_warn("processor", "%s: circuit breaker is %s%s", one->name, breaker_state_name(one->breaker.state),
		one->breaker.state == BREAKER_OPEN ? ", no jobs go to it for now" : "");
	processor_changed(one);
}

void process_completed(struct process *p)
{
	for (struct completion_item *item = completion_take(p->options.completions), *next; item; item = next) {
		next = item->next;
		struct job *job = job_of_item(item);
		struct processor *one = job->processor;
		let_go(p, job);
		judge(p, one, job);
		one->jobs--;
		p->options.done(p->options.arg, job);
	}
	drop_unused(p);
}

static void tick_deadlines(struct process *p, int64_t now)
{
	for (struct queue_node *node; (node = queue_first(&p->deadlines)) != NULL && node->turn <= now;) {
		struct job *job = job_of_node(node);
		queue_remove(&p->deadlines, node);
		job->processor->type->cancel(job->processor, job, -ETIMEDOUT);
	}
}

void process_tick(struct process *p)
{
	const int64_t now = clock_mono_us(p->options.clock);
	tick_deadlines(p, now);
	for (struct processor *one = p->processors; one; one = one->next) {
		if (breaker_tick(&one->breaker, now))
			processor_changed(one);
		start_held(p, one);
		if (one->limited_since_us && !is_limited(one, now)) {
			note_limited(one);
			processor_changed(one);
		}
		if (one->waits && one->type->tick)
			one->type->tick(one, now);
	}
	child_sweep(p->host.children, now);
	drop_unused(p);
}

static int64_t min64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t process_next_us(const struct process *p)
{
	const struct queue_node *node = queue_first(&p->deadlines);
	int64_t next = min64(node ? node->turn : INT64_MAX, child_sweep_us(p->host.children));
	for (const struct processor *one = p->processors; one; one = one->next) {
		next = min64(next, breaker_next_us(&one->breaker));
		if (one->held.root)
			next = min64(next, rate_when_us(&one->rate, 1));
		else if (one->limited_since_us)
			next = min64(next, rate_when_us(&one->rate, (int64_t)one->asked + 1));
		if (one->waits && one->type->next_us)
			next = min64(next, one->type->next_us(one));
	}
	return next;
}
