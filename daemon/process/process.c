/*
 * Jobs of one call to process_submit() were begun in one reply, so those of one game hold the same state of it. Each
 * such group is one task: the worker that takes it computes the shared context, forks the siblings into its own
 * deque, where others steal them, and does the first itself. A lone player is a group of one.
 *
 * Processors live until the last job that uses them is done: a reload puts the old ones aside, counted by their jobs.
 */
#include "process/process.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "process/cache.h"

static const struct processor_type *const types[] = {&processor_builtin, &processor_synthetic};

struct generation { /* the processors of one configuration */
	struct generation *next;
	size_t jobs;
	size_t count;
	struct processor list[];
};

struct process {
	struct process_options options;
	struct generation *generations; /* the newest first */
	struct cache cache;
	struct queue waiting; /* by due time */
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

/* --- whole ------------------------------------------------------------------------------------------------------ */

int process_new(const struct process_options *options, struct process **ret, struct err *err)
{
	struct process *p = calloc(1, sizeof(*p));
	if (!p)
		return err_set(err, -ENOMEM, "no memory for the processors");
	p->options = *options;
	p->cache.most = options->cache_bytes;
	*ret = p;
	return 0;
}

void process_free(struct process *p)
{
	if (!p)
		return;
	while (p->generations) {
		struct generation *g = p->generations;
		p->generations = g->next;
		free(g);
	}
	cache_done(&p->cache);
	free(p);
}

static void drop_unused(struct process *p)
{
	if (!p->generations)
		return;
	struct generation **g = &p->generations->next;
	while (*g) {
		struct generation *old = *g;
		if (old->jobs > 0) {
			g = &old->next;
			continue;
		}
		*g = old->next;
		free(old);
	}
}

int process_configure(struct process *p, const struct processor_options *list, size_t count, struct err *err)
{
	struct generation *g = calloc(1, sizeof(*g) + count * sizeof(struct processor));
	if (!g)
		return err_set(err, -ENOMEM, "no memory for the processors");
	for (size_t i = 0; i < count; i++) {
		struct processor *one = &g->list[i];
		one->options = list[i];
		text_format(one->name, sizeof(one->name), "%s", list[i].name);
		one->options.name = one->name;
		for (size_t k = 0; k < sizeof(types) / sizeof(types[0]); k++)
			if (strcmp(types[k]->name, list[i].type) == 0)
				one->type = types[k];
		if (!one->type) {
			int r = err_set(err, -EINVAL,
				"processor \"%s\" has type \"%s\", this version has builtin and synthetic",
				list[i].name, list[i].type);
			free(g);
			return r;
		}
		one->options.type = one->type->name;
		one->waits = one->type->waits && one->type->waits(&one->options);
	}
	g->count = count;
	g->next = p->generations;
	p->generations = g;
	drop_unused(p);
	return 0;
}

const struct processor *process_find(const struct process *p, const char *name)
{
	const struct generation *g = p->generations;
	for (size_t i = 0; g && i < g->count; i++)
		if (strcmp(g->list[i].name, name) == 0)
			return &g->list[i];
	return NULL;
}

static struct generation *generation_of(struct process *p, const struct processor *one)
{
	struct generation *g = p->generations;
	while (g && !(one >= g->list && one < g->list + g->count))
		g = g->next;
	assert(g);
	return g;
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

/* --- on the workers --------------------------------------------------------------------------------------------- */

/* `completions` travels in the task's tag: a worker must not reach into struct process. */
static void finish(struct job *job)
{
	job->ended_us = clock_mono_us(clock_system());
	completion_push((struct completion_queue *)(uintptr_t)job->task.tag, &job->done);
}

static void run_alone(struct pool_task *task, struct pool_worker *worker)
{
	struct job *job = job_of_task(task);
	struct arena *scratch = pool_worker_scratch(worker);

	if (job->started_us == 0) /* else it waited first */
		job->started_us = clock_mono_us(clock_system());
	job->result = job->processor->type->run(job->processor, job, scratch);
	arena_reset(scratch);
	finish(job);
}

static void run_group(struct pool_task *task, struct pool_worker *worker)
{
	struct job *first = job_of_task(task);

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

/* --- on the loop ------------------------------------------------------------------------------------------------ */

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
		.causes = given.causes,
		.cause_count = given.cause_count,
		.attempt = given.attempt,
		.report = given.report,
	};
	generation_of(p, job->processor)->jobs++;
	pool_task_init(&job->task, job->level, run_alone);
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

static void wait_for_it(struct process *p, struct job *job)
{
	job->started_us = clock_mono_us(p->options.clock);
	queue_add(&p->waiting, &job->due, job->started_us + job->processor->options.sleep_us);
}

void process_submit(struct process *p, struct job *const *jobs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		prepare(p, jobs[i]);
	group(jobs, count);
	for (size_t i = 0; i < count; i++) {
		struct job *job = jobs[i];
		if (job->processor->waits)
			wait_for_it(p, job);
		else if (!job->is_sibling)
			pool_submit(p->options.pool, &job->task);
	}
}

void process_completed(struct process *p)
{
	for (struct completion_item *item = completion_take(p->options.completions), *next; item; item = next) {
		next = item->next;
		struct job *job = job_of_item(item);
		struct generation *g = generation_of(p, job->processor);
		let_go(p, job);
		p->options.done(p->options.arg, job);
		if (--g->jobs == 0)
			drop_unused(p);
	}
}

void process_tick(struct process *p)
{
	int64_t now = clock_mono_us(p->options.clock);
	for (struct queue_node *node; (node = queue_first(&p->waiting)) != NULL && node->turn <= now;) {
		struct job *job = job_of_node(node);
		queue_remove(&p->waiting, node);
		pool_submit(p->options.pool, &job->task);
	}
}

int64_t process_next_us(const struct process *p)
{
	const struct queue_node *node = queue_first(&p->waiting);
	return node ? node->turn : INT64_MAX;
}
