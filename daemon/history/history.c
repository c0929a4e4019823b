/*
 * Records go into one array that grows up to its bound; the writer takes it whole and leaves an empty one, so the
 * lock is held for a copy of one record, or for an exchange of pointers.
 */
#include "history/internal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/str.h"

enum { ROOM_FIRST = 64 };

static bool make_room(struct history *h)
{
	if (h->count < h->room)
		return true;
	const size_t most = h->options.queue;
	const size_t room = h->room ? 2 * h->room : ROOM_FIRST;
	if (h->room >= most)
		return false;
	struct history_record *more = realloc(h->queue, (room < most ? room : most) * sizeof(*more));
	if (!more)
		return false;
	h->queue = more;
	h->room = room < most ? room : most;
	return true;
}

/* `execution` false: of a run whose execution is not known. */
static void put(struct history *h, enum history_kind kind, int64_t ms, const void *body, size_t size, bool execution)
{
	pthread_mutex_lock(&h->lock);
	if (!make_room(h))
		h->dropped++;
	else {
		struct history_record *r = &h->queue[h->count++];
		r->kind = kind;
		r->ms = ms;
		r->execution[0] = '\0';
		r->execution_date = 0;
		if (execution)
			text_format(r->execution, sizeof(r->execution), "%s",
				executions_id(h->executions, &r->execution_date));
		memcpy(&r->run, body, size);
		h->told++;
		if (h->count == 1 || h->count == h->options.queue / 2)
			pthread_cond_signal(&h->work);
	}
	pthread_mutex_unlock(&h->lock);
}

static int64_t wall_ms(const struct history *h)
{
	return clock_wall_ms(h->options.clock);
}

static void tell_execution(void *arg, const struct history_execution *row)
{
	history_execution(arg, row);
}

static void usage(void *arg, int64_t *ret_cpu_us, int64_t *ret_memory)
{
	const struct history *h = arg;
	if (h->options.usage)
		h->options.usage(h->options.arg, ret_cpu_us, ret_memory);
}

void history_begun(struct history *h, enum phase phase, const char *pattern, unsigned workers)
{
	if (h)
		executions_begin(h->executions, phase, pattern, workers);
}

void history_ended(struct history *h, const struct history_run *run)
{
	if (!h)
		return;
	put(h, HISTORY_IS_RUN, wall_ms(h), run, sizeof(*run), true);
	const struct executions_item item = {
		.counts = run->result != HISTORY_REFUSED, /* another made it */
		.failed = run->result == HISTORY_FAILED,
		.again = run->attempt > 1,
		.took_us = run->took_us,
	};
	executions_end(h->executions, run->phase, &item);
}

void history_void(struct history *h, enum phase phase)
{
	if (h)
		executions_end(h->executions, phase, &(struct executions_item){0});
}

void history_execution(struct history *h, const struct history_execution *row)
{
	if (h)
		put(h, HISTORY_IS_EXECUTION, wall_ms(h), row, sizeof(*row), false);
}

void history_audited(struct history *h, const struct history_audit *row)
{
	if (h)
		put(h, HISTORY_IS_AUDIT, wall_ms(h), row, sizeof(*row), false);
}

void history_seen(struct history *h, const struct history_run *run, int64_t ms)
{
	if (!h)
		return;
	struct history_run seen = *run;
	seen.seen = true;
	put(h, HISTORY_IS_RUN, ms, &seen, sizeof(seen), false);
}

bool history_mark(struct history *h, enum phase phase, char ret[HISTORY_NOTICE_SIZE])
{
	if (!h)
		return false;
	pthread_mutex_lock(&h->lock);
	const bool marked = h->marked;
	text_format(ret, HISTORY_NOTICE_SIZE, "%s", h->mark[phase]);
	pthread_mutex_unlock(&h->lock);
	return marked;
}

void history_set_mark(struct history *h, enum phase phase, const char *notice)
{
	struct history_mark mark = {.phase = phase};
	if (!h)
		return;
	text_format(mark.notice, sizeof(mark.notice), "%s", notice);
	put(h, HISTORY_IS_MARK, wall_ms(h), &mark, sizeof(mark), false);
	pthread_mutex_lock(&h->lock);
	text_format(h->mark[phase], sizeof(h->mark[phase]), "%s", mark.notice);
	pthread_mutex_unlock(&h->lock);
}

bool history_has_room(struct history *h)
{
	if (!h)
		return false;
	pthread_mutex_lock(&h->lock);
	const bool room = h->count < h->options.queue / 2;
	pthread_mutex_unlock(&h->lock);
	return room;
}

void history_tick(struct history *h)
{
	if (h)
		executions_tick(h->executions);
}

void history_look(struct history *h, struct history_view *ret)
{
	*ret = (struct history_view){.on = h != NULL, .dropped_ever = -1};
	if (!h)
		return;
	pthread_mutex_lock(&h->lock);
	text_format(ret->file, sizeof(ret->file), "%s", h->file);
	text_format(ret->trouble, sizeof(ret->trouble), "%s", h->trouble);
	ret->queued = h->told - h->settled;
	ret->written = h->written;
	ret->dropped = h->dropped;
	ret->dropped_ever = h->dropped_ever;
	ret->moved = h->moved;
	pthread_mutex_unlock(&h->lock);
}

/* --- questions -------------------------------------------------------------------------------------------------- */

static int start_thread(pthread_t *ret, void *(*run)(void *), void *arg)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the loop's */
	const int r = pthread_create(ret, NULL, run, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -r;
}

int history_ask(struct history *h, const struct history_question *question,
	void (*done)(void *arg, const struct history_answer *answer), void *arg)
{
	if (!h)
		return -ENOENT;
	executions_show(h->executions);
	struct history_ask *ask = calloc(1, sizeof(*ask));
	if (!ask || !(ask->arena = arena_new())) {
		free(ask);
		return -ENOMEM;
	}
	ask->question = *question;
	ask->done = done;
	ask->arg = arg;
	pthread_mutex_lock(&h->lock);
	int r = h->asks >= HISTORY_QUESTIONS_MAX || h->stop ? -EBUSY : 0;
	if (r == 0 && !h->reads) {
		r = start_thread(&h->reader, history_read_on, h);
		h->reads = r == 0;
	}
	if (r == 0) {
		ask->after = h->told;
		*h->end = ask;
		h->end = &ask->next;
		h->asks++;
		pthread_cond_signal(&h->asked);
	}
	pthread_mutex_unlock(&h->lock);
	if (r < 0) {
		arena_free(ask->arena);
		free(ask);
	}
	return r;
}

int history_fd(struct history *h)
{
	return h ? completion_fd(h->answers) : -1;
}

void history_answered(struct history *h)
{
	struct completion_item *item = completion_take(h->answers), *next;
	for (; item; item = next) {
		struct history_ask *ask = (struct history_ask *)item;
		next = item->next;
		pthread_mutex_lock(&h->lock);
		h->asks--;
		pthread_mutex_unlock(&h->lock);
		ask->answer.why = ask->err.text;
		ask->done(ask->arg, &ask->answer);
		arena_free(ask->arena);
		free(ask);
	}
}

/* --- whole ------------------------------------------------------------------------------------------------------ */

int history_new(const struct history_options *options, struct history **ret, struct err *err)
{
	struct history *h = calloc(1, sizeof(*h));
	if (!h)
		return err_set(err, -ENOMEM, "no memory for the history");
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&h->lock, NULL);
	pthread_mutex_init(&h->opening, NULL);
	pthread_cond_init(&h->work, &monotonic);
	pthread_cond_init(&h->asked, &monotonic);
	pthread_condattr_destroy(&monotonic);
	h->options = *options;
	h->options.queue = options->queue ? options->queue : HISTORY_QUEUE;
	h->options.retry_us = options->retry_us ? options->retry_us : 5000000;
	h->end = &h->first;
	h->dropped_ever = -1;
	h->writer_ended = true;
	const struct executions_options executions = {
		.clock = options->clock, .instance = options->instance, .usage = usage, .tell = tell_execution, .arg = h};
	int r = -ENOMEM;
	if ((h->file = strdup(options->file)) && (h->instance = strdup(options->instance)))
		r = executions_new(&executions, &h->executions);
	if (r == 0)
		r = completion_new(&h->answers);
	if (r == 0) {
		h->writer_ended = false;
		r = start_thread(&h->writer, history_write_on, h);
		h->writer_ended = r < 0;
	}
	if (r < 0) {
		history_free(h);
		return err_set(err, r, "the history cannot begin: %s", strerror(-r));
	}
	*ret = h;
	return 0;
}

static bool both_ended(struct history *h)
{
	pthread_mutex_lock(&h->lock);
	const bool ended = h->writer_ended && (!h->reads || h->reader_ended);
	pthread_mutex_unlock(&h->lock);
	return ended;
}

bool history_stop(struct history *h, int64_t limit_us)
{
	if (!h)
		return true;
	executions_close(h->executions);
	const int64_t until_us = clock_mono_us(clock_system()) + limit_us;
	pthread_mutex_lock(&h->lock);
	h->stop = true;
	pthread_cond_signal(&h->work);
	pthread_cond_signal(&h->asked);
	pthread_mutex_unlock(&h->lock);
	while (!both_ended(h)) {
		if (clock_mono_us(clock_system()) >= until_us)
			return false;
		usleep(1000); /* the process ends, there is nothing else to do */
	}
	pthread_join(h->writer, NULL);
	if (h->reads)
		pthread_join(h->reader, NULL);
	return true;
}

void history_free(struct history *h)
{
	if (!h)
		return;
	if (h->answers)
		history_answered(h);
	completion_free(h->answers);
	executions_free(h->executions);
	pthread_cond_destroy(&h->work);
	pthread_cond_destroy(&h->asked);
	pthread_mutex_destroy(&h->lock);
	pthread_mutex_destroy(&h->opening);
	free(h->queue);
	free(h->file);
	free(h->instance);
	free(h);
}
