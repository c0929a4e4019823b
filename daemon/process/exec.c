/*
 * A processor of long-lived child processes, which speak lines of JSON (docs/processors.md). A child is given jobs after
 * its hello, and as many at a time as that says. How many there are follows the demand: up with what waits, down to the
 * minimum after a minute without. Children that die before their hello are started again with longer and longer pauses;
 * meanwhile nothing is begun, so no job fails for it.
 *
 * The end of a job is its reply, the end of a child its pidfd. Whose deadline passed ends with his child, not before, so
 * that a player never runs twice at a time; who merely shared that child is lost, and no try is counted.
 */
#include "process/processor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "process/child.h"
#include "process/usage.h"
#include "process/wire.h"

#include <utlist.h>

enum {
	SECOND_US = 1000000,
	IDLE_US = 60 * SECOND_US, /* a child beyond the minimum that did nothing for so long goes */
	GRACE_US = 5 * SECOND_US, /* between asking to go, SIGTERM and SIGKILL */
	STARTS_A_TICK = 4, /* a start takes a millisecond of the loop */
	DOWN_AFTER = 5, /* children in a row that died before hello */
	LOOK_US = SECOND_US, /* between looks at a child's size */
	WORDS_A_SECOND = 20, /* of standard error go to the log */
};
static const int64_t first_pause_us = 200000, most_pause_us = 30 * (int64_t)SECOND_US;

enum seat_state {
	SEAT_STARTING, /* no hello yet */
	SEAT_READY,
	SEAT_LEAVING, /* gets no jobs any more, goes when those it has are done */
	SEAT_ENDING, /* told to go, or killed */
};

struct exec;

struct seat { /* a child and what it does */
	struct exec *exec;
	struct child *child;
	enum seat_state state;
	bool worn; /* to be replaced */
	unsigned concurrency, busy;
	size_t max_line;
	struct job *jobs; /* by `next` */
	struct job *culprit; /* whose deadline or cancellation ends this child */
	int culprit_result;
	uint64_t done, rss_at_hello;
	int64_t last_us; /* what the last job took */
	int64_t cpu_us; /* that the child had taken when it was last looked at for a probe; -1: not known */
	bool has_peak; /* its peak counts from when it last had no job */
	int64_t since_us, idle_us, next_signal_us; /* 0: none is due */
	int64_t look_us; /* at its size, not before */
	int signals; /* sent so far */
	char fate[256]; /* why it is ended; "": not by us */
	struct seat *next, *prev;
};

struct exec {
	struct processor *p;
	struct seat *seats;
	unsigned count[SEAT_ENDING + 1];
	struct job *pending; /* begun, and the child that they were for is gone */
	int64_t numbers; /* of jobs */
	unsigned waiting; /* for a place, as last heard */
	unsigned most; /* children */
	unsigned deaths; /* in a row before hello */
	int64_t pause_us, start_us; /* none is started before */
	int64_t second_us; /* the next look at memory and idle ones */
	int64_t words_us;
	unsigned words, unheard;
	char trouble[512];
	char **environment;
	bool closing;
	struct str line;
};

static int64_t now_us(void)
{
	return clock_mono_us(clock_system());
}

static unsigned living(const struct exec *x)
{
	return x->count[SEAT_STARTING] + x->count[SEAT_READY];
}

/* --- what is told ------------------------------------------------------------------------------------------------- */

/* Places are what the children can take, so that nothing is begun that would have to wait for one. */
static void places_changed(struct exec *x)
{
	unsigned most = 0;
	const struct seat *s;
	if (x->closing)
		return;
	DL_FOREACH (x->seats, s) {
		if (s->state == SEAT_READY)
			most += s->concurrency;
		else if (s->state == SEAT_LEAVING || s->state == SEAT_ENDING)
			most += s->busy; /* they still hold their places */
	}
	places_for_slots(&x->p->places, most, false);
	processor_changed(x->p);
}

static void enter(struct seat *s, enum seat_state state)
{
	s->exec->count[s->state]--;
	s->exec->count[state]++;
	s->state = state;
}

static void leave_seat(struct seat *s, struct job *job)
{
	LL_DELETE(s->jobs, job);
	s->busy--;
	s->idle_us = now_us();
	if (s->culprit == job)
		s->culprit = NULL;
}

static void answer_lost(struct job *job, int result, const char *why)
{
	job->result = result;
	job->lost = true;
	text_format(job->error, sizeof(job->error), "%s", why);
	processor_answered(job);
}

/* --- children go -------------------------------------------------------------------------------------------------- */

/* Ends it now: SIGTERM, and SIGKILL when that does not help. */
static void end_child(struct seat *s, const char *why)
{
	if (!s->fate[0])
		text_format(s->fate, sizeof(s->fate), "%s", why);
	if (s->state == SEAT_ENDING && s->signals > 0)
		return;
	enter(s, SEAT_ENDING);
	child_signal(s->child, SIGTERM);
	s->signals = 1;
	s->next_signal_us = now_us() + GRACE_US;
	places_changed(s->exec);
}

/* Lets it finish what it does and go by itself. */
static void retire(struct seat *s)
{
	if (s->state == SEAT_STARTING || s->state == SEAT_READY)
		enter(s, SEAT_LEAVING);
	if (s->state == SEAT_LEAVING && s->busy == 0) {
		enter(s, SEAT_ENDING);
		child_hang_up(s->child);
		s->next_signal_us = now_us() + GRACE_US;
	}
	places_changed(s->exec);
}

static void tick_signals(struct seat *s, int64_t now)
{
	if (!s->next_signal_us || now < s->next_signal_us)
		return;
	child_signal(s->child, s->signals == 0 ? SIGTERM : SIGKILL);
	s->next_signal_us = s->signals == 0 ? now + GRACE_US : 0;
	s->signals++;
}

/* --- jobs --------------------------------------------------------------------------------------------------------- */

static struct seat *free_seat(const struct exec *x)
{
	struct seat *s, *best = NULL;
	DL_FOREACH (x->seats, s)
		/* The least busy; of idle ones the last that worked: the others may go. */
		if (s->state == SEAT_READY && s->busy < s->concurrency &&
			(!best || s->busy < best->busy || (s->busy == best->busy && s->idle_us > best->idle_us)))
			best = s;
	return best;
}

/* What the child took since it was last looked at, in equal parts to the jobs that were in it meanwhile: so the parts of
 * all sum up to what it took. */
static void share_cpu(struct seat *s, int64_t cpu_us)
{
	const int64_t took_us = s->cpu_us >= 0 && cpu_us > s->cpu_us ? cpu_us - s->cpu_us : 0;
	struct job *job;
	LL_FOREACH (s->jobs, job)
		if (job->probe && job->probe->cpu_us >= 0)
			job->probe->cpu_us += took_us / s->busy;
	s->cpu_us = cpu_us;
}

/* Before it is one of the child's. */
static void begin_probe(struct seat *s, struct job *job, const struct str *line)
{
	struct job_probe *probe = job->probe;
	if (!probe)
		return;
	str_bytes(&probe->request, line->data, line->length - 1);
	if (s->busy == 0)
		s->has_peak = usage_forget_peak(child_pid(s->child));
	share_cpu(s, usage_cpu_us(child_pid(s->child)));
	probe->cpu_us = s->cpu_us >= 0 ? 0 : -1;
}

static void end_probe(struct seat *s, struct job *job)
{
	struct job_probe *probe = job->probe;
	if (!probe)
		return;
	probe->answered_us = now_us();
	child_listen(s->child);
	share_cpu(s, usage_cpu_us(child_pid(s->child)));
	probe->peak = s->has_peak ? usage_peak(child_pid(s->child)) : -1;
}

/* Into x->line. What it made before goes along where the child can read that much. */
static void write_request(struct exec *x, struct job *job, size_t max_line)
{
	const int64_t timeout_us = x->p->options.timeout_us, spent_ms = (now_us() - job->started_us) / 1000;
	const int64_t deadline_ms = timeout_us ? clock_wall_ms(clock_system()) + timeout_us / 1000 - spent_ms : 0;

	str_clear(&x->line);
	wire_request(&x->line, job, deadline_ms);
	if (x->line.length <= max_line || !job->previous)
		return;
	job->previous = NULL;
	str_clear(&x->line);
	wire_request(&x->line, job, deadline_ms);
}

static void put(struct seat *s, struct job *job)
{
	struct exec *x = s->exec;

	job->number = ++x->numbers;
	write_request(x, job, s->max_line);
	if (x->line.failed || x->line.length > s->max_line) {
		job->result = x->line.failed ? -ENOMEM : -EMSGSIZE;
		job->permanent = !x->line.failed;
		text_format(job->error, sizeof(job->error),
			x->line.failed ? "no memory for the request"
				       : "the request has %zu bytes, more than the child's max_line of %zu",
			x->line.length, s->max_line);
		processor_answered(job);
		return;
	}
	begin_probe(s, job, &x->line);
	job->seat = s;
	LL_PREPEND(s->jobs, job);
	s->busy++;
	job->started_us = now_us(); /* it may have waited for a child */
	job->place = JOB_CHILD;
	job->place_number = (unsigned)child_pid(s->child);
	child_send(s->child, x->line.data, x->line.length);
}

static void start(struct processor *p, struct job *job)
{
	struct exec *x = p->state;
	struct seat *s = free_seat(x);
	if (s)
		put(s, job);
	else
		LL_APPEND(x->pending, job);
}

static void start_pending(struct exec *x)
{
	struct seat *s;
	while (x->pending && (s = free_seat(x)) != NULL) {
		struct job *job = x->pending;
		LL_DELETE(x->pending, job);
		put(s, job);
	}
}

static void cancel(struct processor *p, struct job *job, int result)
{
	struct exec *x = p->state;
	struct seat *s = job->seat;
	if (!s) {
		LL_DELETE(x->pending, job);
		answer_lost(job, result, "no child could take it in time");
		return;
	}
	if (s->culprit)
		return; /* the child is being ended already */
	s->culprit = job;
	s->culprit_result = result;
	end_child(s, result == -ETIMEDOUT ? "a job took longer than it may" : "a job was cancelled");
}

/* --- what children say -----------------------------------------------------------------------------------------  */

static void said_hello(struct seat *s, const char *line, size_t length)
{
	struct exec *x = s->exec;
	struct wire_hello hello;
	struct err err;

	if (wire_hello(line, length, &hello, &err) < 0) {
		end_child(s, err.text);
		return;
	}
	s->concurrency = hello.concurrency;
	s->max_line = hello.max_line;
	s->rss_at_hello = child_rss(s->child);
	s->idle_us = now_us();
	x->deaths = 0;
	x->pause_us = 0;
	x->trouble[0] = '\0';
	log_info("processor", "%s: child ready pid=%d concurrency=%u after_ms=%lld", x->p->name,
		(int)child_pid(s->child), s->concurrency, (long long)((s->idle_us - s->since_us) / 1000));
	enter(s, SEAT_READY);
	places_changed(x);
	start_pending(x);
	struct seat *old;
	DL_FOREACH (x->seats, old)
		if (old->worn && old->state == SEAT_READY) { /* it was started in this one's place */
			retire(old);
			break;
		}
}

/* A look costs as much as a short job, so that those are not each followed by one. */
static bool has_grown(struct seat *s)
{
	const uint64_t most = s->exec->p->options.exec.recycle_growth;
	const int64_t now = now_us();
	if (most == 0 || now < s->look_us)
		return false;
	s->look_us = now + LOOK_US;
	return child_rss(s->child) > s->rss_at_hello + most;
}

static void replied(struct seat *s, struct job *job, const char *line, size_t length)
{
	const struct exec_options *o = &s->exec->p->options.exec;
	s->last_us = now_us() - job->started_us;
	end_probe(s, job);
	leave_seat(s, job);
	str_bytes(&job->answer, line, length);
	s->done++;
	if (job->answer.failed) {
		job->result = -ENOMEM;
		text_format(job->error, sizeof(job->error), "no memory for the reply");
	}
	processor_answered(job);
	if (o->per_job)
		retire(s);
	else if (s->state == SEAT_LEAVING && s->busy == 0)
		retire(s);
	else if (!s->worn)
		s->worn = (o->recycle_jobs > 0 && s->done >= o->recycle_jobs) || has_grown(s);
	start_pending(s->exec);
}

static void heard_reply(struct seat *s, const char *line, size_t length)
{
	struct exec *x = s->exec;
	enum wire_kind kind;
	int64_t number;
	struct err err;
	struct job *job;

	if (wire_route(line, length, &number, &kind, &err) < 0) {
		end_child(s, err.text);
		return;
	}
	LL_SEARCH_SCALAR(s->jobs, job, number, number);
	if (!job) {
		log_warn("processor", "%s: a reply to no request was ignored pid=%d id=%lld", x->p->name,
			(int)child_pid(s->child), (long long)number);
		if (number < 1 || number > x->numbers) {
			char why[128];
			text_format(why, sizeof(why), "replied to id %lld, which nobody asked", (long long)number);
			end_child(s, why);
		}
	} else if (kind == WIRE_PROGRESS)
		wire_progress(line, length, &job->progress, job->note, sizeof(job->note));
	else
		replied(s, job, line, length);
}

static void on_line(void *arg, const char *line, size_t length)
{
	struct seat *s = arg;
	if (length == 0 || (length == 1 && line[0] == '\r'))
		return;
	if (s->state == SEAT_STARTING)
		said_hello(s, line, length);
	else if (s->state != SEAT_ENDING || s->busy > 0)
		heard_reply(s, line, length);
}

static void on_word(void *arg, const char *line)
{
	struct seat *s = arg;
	struct exec *x = s->exec;
	const int64_t now = now_us();

	processor_word(x->p, line);
	if (now - x->words_us >= SECOND_US) {
		if (x->unheard > 0)
			log_info("processor", "%s: wrote %u more lines to standard error", x->p->name, x->unheard);
		x->words_us = now;
		x->words = x->unheard = 0;
	}
	if (x->words++ >= WORDS_A_SECOND)
		x->unheard++;
	else
		log_info("processor", "%s: pid=%d player=%s: %s", x->p->name, (int)child_pid(s->child),
			s->jobs ? s->jobs->live->player : "-", line);
}

static void on_broke(void *arg, const char *why)
{
	end_child(arg, why);
}

/* --- a child ended ------------------------------------------------------------------------------------------------ */

/* What a service's sandbox does to programs looks like their own fault: which of its options it may have been. "": none,
 * or we are no service. */
static const char *hint_of(const char *how, const char *words)
{
	static const struct {
		const char *seen, *hint;
	} hints[] = {
		{"was killed by signal 9", "; the kernel kills at the service's MemoryMax= too"},
		{"was killed by signal 31", "; the service's SystemCallFilter= kills so"},
		{"mprotect", "; the service's MemoryDenyWriteExecute= allows no code that is made at run time"},
		{"xecutable memory", "; the service's MemoryDenyWriteExecute= allows no code that is made at run time"},
		{"Resource temporarily unavailable", "; the service's TasksMax= bounds processes and threads"},
		{"Read-only file system", "; the service's ProtectSystem= leaves /var/lib/propsd and /tmp to write to"},
		{"/home/", "; the service's ProtectHome= hides home directories"},
		{"/root/", "; the service's ProtectHome= hides home directories"},
		{"Operation not permitted",
			"; the service's MemoryDenyWriteExecute= or SystemCallFilter= may refuse it"},
	};
	if (!getenv("INVOCATION_ID")) /* systemd's */
		return "";
	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		if (strstr(how, hints[i].seen) || strstr(words, hints[i].seen))
			return hints[i].hint;
	return "";
}

static void end_job(struct seat *s, struct job *job, const char *how, const char *words)
{
	const int64_t timeout_us = s->exec->p->options.timeout_us;
	char limit[DURATION_SIZE];

	job->result = -ECHILD;
	if (s->culprit == job && s->culprit_result == -ETIMEDOUT) {
		job->result = -ETIMEDOUT;
		text_format(job->error, sizeof(job->error), "took longer than timeout = %s; its child %s%s",
			duration_format(timeout_us, limit), how, words);
	} else if (s->culprit == job || job->buried) {
		job->result = -ECANCELED;
		job->lost = true;
		text_format(job->error, sizeof(job->error), "cancelled");
	} else if (s->culprit) {
		job->lost = true;
		text_format(job->error, sizeof(job->error), "its child was ended for the sake of another job");
	} else if (s->fate[0])
		text_format(job->error, sizeof(job->error), "its child %s%s", s->fate, words);
	else
		text_format(job->error, sizeof(job->error), "its child %s%s%s", how, words, hint_of(how, words));
	processor_answered(job);
}

static void died_early(struct exec *x, const struct seat *s, const char *how, const char *words)
{
	x->deaths++;
	x->pause_us = x->pause_us == 0 ? first_pause_us : x->pause_us * 2;
	if (x->pause_us > most_pause_us)
		x->pause_us = most_pause_us;
	x->start_us = now_us() + x->pause_us;
	text_format(x->trouble, sizeof(x->trouble), "its child %s before its hello%s%s", s->fate[0] ? s->fate : how,
		words, hint_of(s->fate[0] ? "" : how, words));
	if (x->deaths == DOWN_AFTER)
		log_err("processor", "%s is down, jobs wait: %s", x->p->name, x->trouble);
	else if (x->deaths < DOWN_AFTER)
		log_warn("processor", "%s: %s", x->p->name, x->trouble);
}

static void on_ended(void *arg, const char *how)
{
	struct seat *s = arg;
	struct exec *x = s->exec;
	const bool early = s->concurrency == 0, wanted = s->state == SEAT_ENDING && !s->fate[0];
	char words[JOB_ERROR_SIZE];

	processor_last_words(x->p, words, sizeof(words));
	DL_DELETE(x->seats, s);
	x->count[s->state]--;
	share_cpu(s, child_cpu_us(s->child));
	if (early && !wanted && !x->closing)
		died_early(x, s, how, words);
	else if (!wanted && !s->culprit)
		log_warn("processor", "%s: child %s pid=%d jobs=%u%s", x->p->name, s->fate[0] ? s->fate : how,
			(int)child_pid(s->child), s->busy, words);
	while (s->jobs) {
		struct job *job = s->jobs;
		LL_DELETE(s->jobs, job);
		end_job(s, job, how, words);
	}
	child_free(s->child);
	free(s);
	places_changed(x);
}

/* --- children come ------------------------------------------------------------------------------------------------ */

static uint64_t available_memory(void)
{
	unsigned long long kilobytes = 0;
	char line[128];
	FILE *f = fopen("/proc/meminfo", "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %llu", &kilobytes) == 1)
			break;
	if (f)
		fclose(f);
	return kilobytes * 1024;
}

/* Whether the machine can hold one more like those that are there. */
static bool has_memory(const struct exec *x)
{
	const struct seat *s;
	uint64_t largest = 0, available = available_memory();
	DL_FOREACH (x->seats, s)
		if (s->state == SEAT_READY && child_rss(s->child) > largest)
			largest = child_rss(s->child);
	return !largest || !available || available > largest + largest / 4;
}

static unsigned wanted(const struct exec *x)
{
	const struct exec_options *o = &x->p->options.exec;
	unsigned each = 1, many = x->p->places.taken + x->waiting;
	const struct seat *s;
	DL_FOREACH (x->seats, s)
		if (s->concurrency > each)
			each = s->concurrency;
	many = (many + each - 1) / each;
	if (many < o->min_children)
		many = o->min_children;
	return many < x->most ? many : x->most;
}

static bool replaces_one(const struct exec *x)
{
	const struct seat *s;
	DL_FOREACH (x->seats, s)
		if (s->worn && s->state == SEAT_READY)
			return x->count[SEAT_STARTING] == 0;
	return false;
}

static int start_child(struct exec *x)
{
	static const struct child_ops ops = {.line = on_line, .word = on_word, .broke = on_broke, .ended = on_ended};
	const struct exec_options *o = &x->p->options.exec;
	const struct child_options options = {
		.command = o->command,
		.environment = (const char *const *)x->environment,
		.directory = o->directory,
		.cpu = o->cpu,
		.most = x->p->options.output,
	};
	struct err err;
	struct seat *s = calloc(1, sizeof(*s));
	int r = s ? 0 : err_set(&err, -ENOMEM, "no memory for a child");

	if (r == 0) {
		s->exec = x;
		s->since_us = now_us();
		r = child_start(x->p->host->children, &options, &ops, s, &s->child, &err);
	}
	if (r < 0) {
		free(s);
		x->pause_us = x->pause_us ? x->pause_us : SECOND_US;
		x->start_us = now_us() + x->pause_us;
		text_format(x->trouble, sizeof(x->trouble), "%s", err.text);
		log_err("processor", "%s: %s", x->p->name, err.text);
		return r;
	}
	DL_APPEND(x->seats, s);
	x->count[SEAT_STARTING]++;
	x->p->started++;
	return 0;
}

static bool wants_child(const struct exec *x)
{
	return !x->closing && !x->p->paused && !x->p->retired && (living(x) < wanted(x) || replaces_one(x));
}

static void start_children(struct exec *x, int64_t now)
{
	for (int i = 0; i < STARTS_A_TICK && now >= x->start_us && wants_child(x); i++) {
		const bool automatic = x->p->options.exec.children == 0;
		if (automatic && living(x) > 0 && !has_memory(x)) {
			x->start_us = now + SECOND_US;
			return;
		}
		if (x->deaths > 0 && x->count[SEAT_STARTING] > 0)
			return; /* one at a time, while none comes up */
		if (start_child(x) < 0)
			return;
	}
}

/* --- by the clock ------------------------------------------------------------------------------------------------- */

static void check_hello(struct seat *s, int64_t now)
{
	char why[192], limit[DURATION_SIZE];
	const int64_t timeout_us = s->exec->p->options.exec.start_timeout_us;
	if (s->state != SEAT_STARTING || now < s->since_us + timeout_us)
		return;
	text_format(why, sizeof(why),
		"said no hello within start_timeout = %s: does it write one, and is its output flushed (python -u, "
		"propsd_worker.py)?",
		duration_format(timeout_us, limit));
	end_child(s, why);
}

static void check_memory(struct seat *s)
{
	const uint64_t most = s->exec->p->options.exec.memory, rss = most ? child_rss(s->child) : 0;
	char why[128], a[SIZE_SIZE], b[SIZE_SIZE];
	if (rss <= most)
		return;
	text_format(why, sizeof(why), "grew to %s of memory, more than memory = %s", size_format((int64_t)rss, a),
		size_format((int64_t)most, b));
	end_child(s, why);
	child_signal(s->child, SIGKILL);
}

/* One that is idle beyond what is wanted; the least used last. */
static void check_idle(struct exec *x, struct seat *s, int64_t now)
{
	const unsigned least = x->p->options.exec.min_children;
	if (s->state == SEAT_READY && s->busy == 0 && now - s->idle_us >= IDLE_US && living(x) > least)
		retire(s);
}

static void every_second(struct exec *x, int64_t now)
{
	struct seat *s, *next;
	DL_FOREACH_SAFE (x->seats, s, next) {
		check_memory(s);
		check_idle(x, s, now);
	}
}

static void tick(struct processor *p, int64_t now)
{
	struct exec *x = p->state;
	struct seat *s, *next;
	DL_FOREACH_SAFE (x->seats, s, next) {
		tick_signals(s, now);
		check_hello(s, now);
	}
	if (now >= x->second_us) {
		x->second_us = now + SECOND_US;
		every_second(x, now);
	}
	start_children(x, now);
}

static int64_t min64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t next_us(const struct processor *p)
{
	const struct exec *x = p->state;
	const struct seat *s;
	int64_t next = INT64_MAX;
	DL_FOREACH (x->seats, s) {
		if (s->next_signal_us)
			next = min64(next, s->next_signal_us);
		if (s->state == SEAT_STARTING)
			next = min64(next, s->since_us + p->options.exec.start_timeout_us);
	}
	if (x->seats)
		next = min64(next, x->second_us);
	if (wants_child(x) && !(x->deaths > 0 && x->count[SEAT_STARTING] > 0))
		next = min64(next, x->start_us);
	return next;
}

static void demand(struct processor *p, unsigned waiting)
{
	((struct exec *)p->state)->waiting = waiting;
}

static void restart(struct processor *p)
{
	struct exec *x = p->state;
	struct seat *s, *next;
	x->deaths = 0;
	x->pause_us = x->start_us = 0;
	x->trouble[0] = '\0';
	DL_FOREACH_SAFE (x->seats, s, next)
		if (s->state != SEAT_ENDING)
			retire(s);
}

/* --- whole -------------------------------------------------------------------------------------------------------- */

static bool waits(const struct processor_options *options)
{
	(void)options;
	return true;
}

static const char *trouble(const struct processor *p)
{
	const struct exec *x = p->state;
	if (x->trouble[0] && x->deaths >= DOWN_AFTER)
		return x->trouble;
	return x->trouble[0] && x->count[SEAT_READY] == 0 ? x->trouble : NULL;
}

/* Appends the folder to a search path, if there is one by that name. */
static void add_folder(struct str *path, const char *folder)
{
	struct stat found;
	if (folder[0] && stat(folder, &found) == 0 && S_ISDIR(found.st_mode) &&
		!(path->data && strstr(path->data, folder)))
		str_printf(path, "%s%s", path->length > 0 ? ":" : "", folder);
}

/* Where propsd_worker.py is: beside this program, wherever it was installed to, or where it was built for. "": nowhere. */
static void helper_path(struct str *path)
{
	char program[4096], folder[4200];
	const ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);
	program[n > 0 ? n : 0] = '\0';
	for (int up = 0; up < 2; up++) { /* PREFIX/sbin/propsd */
		char *slash = strrchr(program, '/');
		if (slash)
			*slash = '\0';
	}
	text_format(folder, sizeof(folder), "%s/share/propsd/python", program);
	str_clear(path);
	add_folder(path, folder);
	add_folder(path, PROPSD_PYTHON_DIR);
}

/* A child's environment while it is made: "NAME=value" each, a name once. */
struct environment {
	char **words;
	size_t count;
};

/* Unless it has that name: who comes first is heard. Shells and libc do not agree on which of two counts. */
static void add_word(struct environment *e, const char *name, size_t length, const char *value)
{
	struct str word = {0};
	for (size_t i = 0; i < e->count; i++)
		if (strncmp(e->words[i], name, length) == 0 && e->words[i][length] == '=')
			return;
	str_printf(&word, "%.*s=%s", (int)length, name, value);
	if ((e->words[e->count] = str_take(&word)) != NULL)
		e->count++;
}

/* From ours what programs need to find themselves at home; libraries held to so many threads, else each child would take
 * all cores, and the last bits of sums would differ from machine to machine. */
static int make_environment(struct exec *x)
{
	static const char *const passed[] = {"PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ",
		"TMPDIR", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "PYTHONPATH"};
	static const char *const threads[] = {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
		"BLIS_NUM_THREADS", "NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMBA_NUM_THREADS",
		"RAYON_NUM_THREADS"};
	enum { PASSED = sizeof(passed) / sizeof(passed[0]), THREADS = sizeof(threads) / sizeof(threads[0]) };
	const struct processor_options *o = &x->p->options;
	struct environment e = {0};
	struct str path = {0};
	char number[16];
	size_t own = 0;

	while (o->exec.environment[own])
		own++;
	e.words = x->environment = calloc(own + PASSED + THREADS + 3, sizeof(*x->environment));
	if (!x->environment)
		return -ENOMEM;
	for (size_t i = 0; i < own; i++) {
		const char *word = o->exec.environment[i], *equals = strchrnul(word, '=');
		add_word(&e, word, (size_t)(equals - word), *equals ? equals + 1 : "");
	}
	add_word(&e, "PROPSD_PROCESSOR", strlen("PROPSD_PROCESSOR"), x->p->name);
	for (size_t i = 0; i < PASSED; i++)
		if (getenv(passed[i]))
			add_word(&e, passed[i], strlen(passed[i]), getenv(passed[i]));
	helper_path(&path);
	if (path.length > 0)
		add_word(&e, "PYTHONPATH", strlen("PYTHONPATH"), path.data); /* where nobody has set one */
	text_format(number, sizeof(number), "%u", o->exec.threads);
	for (size_t i = 0; o->exec.threads > 0 && i < THREADS; i++)
		add_word(&e, threads[i], strlen(threads[i]), number);
	str_done(&path);
	return 0;
}

static void close_exec(struct processor *p)
{
	struct exec *x = p->state;
	struct seat *s, *next;
	x->closing = true;
	DL_FOREACH_SAFE (x->seats, s, next) {
		DL_DELETE(x->seats, s);
		child_free(s->child); /* killed if it lives */
		free(s);
	}
	for (size_t i = 0; x->environment && x->environment[i]; i++)
		free(x->environment[i]);
	free(x->environment);
	str_done(&x->line);
	free(x);
	p->state = NULL;
}

static int open_exec(struct processor *p, struct err *err)
{
	struct exec *x = calloc(1, sizeof(*x));
	if (!x)
		return err_set(err, -ENOMEM, "no memory for processor %s", p->name);
	const long cores = sysconf(_SC_NPROCESSORS_ONLN);
	x->p = p;
	x->most = p->options.exec.children ? p->options.exec.children : 2 * (unsigned)(cores < 1 ? 1 : cores);
	p->state = x;
	if (make_environment(x) < 0)
		return err_set(err, -ENOMEM, "no memory for processor %s", p->name);
	places_for_slots(&p->places, 0, false);
	return 0;
}

static int finish(const struct processor *p, struct job *job, struct arena *scratch)
{
	(void)scratch;
	return wire_finish(job, p->name, p->options.wrap);
}

static void seats(const struct processor *p, bool (*fn)(void *arg, const struct processor_seat *seat), void *arg)
{
	static const char *const names[] = {
		[SEAT_STARTING] = "starting",
		[SEAT_READY] = "idle",
		[SEAT_LEAVING] = "leaving",
		[SEAT_ENDING] = "ending",
	};
	const struct exec *x = p->state;
	const struct seat *s;
	DL_FOREACH (x->seats, s) {
		const struct processor_seat seat = {
			.pid = (int)child_pid(s->child),
			.state = s->state == SEAT_READY && s->busy > 0 ? "busy" : names[s->state],
			.age_us = now_us() - s->since_us,
			.rss = child_rss(s->child),
			.jobs = s->done,
			.last_us = s->last_us,
			.job = s->jobs,
		};
		if (!fn(arg, &seat))
			return;
	}
}

const struct processor_type processor_exec = {
	.name = "exec",
	.waits = waits,
	.open = open_exec,
	.close = close_exec,
	.start = start,
	.cancel = cancel,
	.finish = finish,
	.demand = demand,
	.next_us = next_us,
	.tick = tick,
	.restart = restart,
	.trouble = trouble,
	.seats = seats,
};
