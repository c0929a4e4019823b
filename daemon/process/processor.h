/*
 * What a processor is: it takes a job and leaves a report's bytes or an error in it. There are two kinds. One that
 * computes does all of a job on one of the pool's workers: run(). One that waits (for a child, a server, a timer) is
 * given a job on the loop thread, start(), and says when its answer is there (answered()); then a worker makes
 * the report of it: finish(). A job has a deadline, at which it is cancelled.
 *
 * A processor owns its places, its state (children, connections) and, until they are answered, its jobs. It stays over
 * a reload that leaves its options as they were, and lives until the last run that took a place of it has ended.
 */
#ifndef PROCESS_PROCESSOR_H
#define PROCESS_PROCESSOR_H

#include "base/err.h"
#include "process/breaker.h"
#include "process/job.h"
#include "process/places.h"
#include "process/rate.h"

struct children;
struct fetch;

/* What processors ask of whoever holds them (process.c). Loop thread. */
struct processor_host {
	/* The job's answer is there (job->result 0), or what ended it (-errno, job->error). Its deadline is off. */
	void (*answered)(struct processor_host *host, struct job *job);
	/* Its places may have become more or fewer. */
	void (*changed)(struct processor_host *host, struct processor *p);
	struct children *children; /* of this process */
	struct fetch *fetch; /* NULL: nothing is asked by HTTP */
};

/* By name, from the configuration. Two of equal options are one processor. Texts and lists are copied. */
struct processor_options {
	const char *name; /* the section's title: stands in the reports */
	const char *type;
	unsigned slots; /* for one that waits */
	const char *rate; /* jobs that may start, as frequency_parse() reads it; NULL or "": as many as there are */
	unsigned burst; /* that may start at once; 0: see rate_set() */
	int64_t timeout_us; /* of each job of one that waits; 0: none */
	int64_t settle_us; /* so long a player's first odds wait for others of his; 0: not at all */
	unsigned breaker; /* failures of the last 20 jobs that open the circuit; 0: never */
	size_t output; /* bytes of a reply of exec and http */
	bool wrap; /* our keys go around their results */
	size_t previous; /* bytes of what they made last that they are told at most; 0: nothing of it */
	int64_t spin_us, sleep_us; /* synthetic */
	double fail_rate;
	struct model_options model; /* builtin */
	struct exec_options { /* exec; lists end with NULL */
		const char *const *command, *const *environment;
		const char *directory; /* "": the daemon's */
		unsigned children, min_children; /* children 0: as many as the machine and the work want */
		unsigned threads, cpu; /* cpu: cores that a child may use, 0: all */
		int64_t start_timeout_us;
		uint64_t recycle_jobs, recycle_growth, memory; /* bytes; 0: never */
		bool per_job;
	} exec;
	struct http_options {
		const char *url, *token_file, *ca_file; /* files: "" is none */
		bool pubsub; /* the form: an envelope around the job; else the job itself */
		unsigned concurrency;
	} http;
};

enum { PROCESSOR_WORDS_MAX = 20, PROCESSOR_WORDS_SIZE = 256 };

/* What one that waits runs its jobs in, for people. Texts are good for the call. */
struct processor_seat {
	int pid; /* 0: it is none of ours, but a connection from this `port` (0: not made yet) */
	int port;
	const char *state; /* "starting", "idle", "busy", "leaving"; "connecting" */
	int64_t age_us;
	uint64_t rss; /* bytes */
	uint64_t jobs; /* that it did */
	int64_t last_us; /* that the last of them took, from the request's writing to the reply; 0: none yet */
	const struct job *job; /* that it does: the first of a list by `next`; NULL: none */
};

struct processor_type {
	const char *name;
	/* Whether one of these options waits. NULL: no. */
	bool (*waits)(const struct processor_options *options);

	/* Computes the job on a worker: 0, or -errno with job->error. `scratch` may be left dirty. */
	int (*run)(const struct processor *p, struct job *job, struct arena *scratch);
	/* Computes what the jobs of one game share, on a worker, before run() of each; NULL: nothing is shared. */
	void (*share)(const struct processor *p, struct job *first);
	/* Whether its stages' outputs are kept from run to run. */
	bool remembers;
	/* Whether it works on what precompute gave (job->output), and not on its bytes (job->kept). */
	bool reads_output;

	/* One that waits. Loop thread, all but finish(). NULL where there is nothing to do. */
	int (*open)(struct processor *p, struct err *err);
	void (*close)(struct processor *p); /* with no job out */
	void (*start)(struct processor *p, struct job *job);
	/* Ends a job that was started, soon, by answering it: with -ETIMEDOUT or -ECANCELED for `result`. */
	void (*cancel)(struct processor *p, struct job *job, int result);
	/* As run(), with job->answer, which was answered with 0. */
	int (*finish)(const struct processor *p, struct job *job, struct arena *scratch);
	/* So many runs wait for a place. */
	void (*demand)(struct processor *p, unsigned waiting);
	int64_t (*next_us)(const struct processor *p); /* monotonic; INT64_MAX: none */
	void (*tick)(struct processor *p, int64_t now_us);
	void (*restart)(struct processor *p); /* begin anew with fresh seats; jobs that run end first */
	const char *(*trouble)(const struct processor *p); /* why it takes no jobs; NULL: it does */
	const char *troubled; /* its state then; NULL: "down" */
	void (*seats)(const struct processor *p, bool (*fn)(void *arg, const struct processor_seat *seat), void *arg);
};

struct processor {
	const struct processor_type *type;
	struct processor_options options;
	char name[64];
	bool waits;
	struct places places;
	struct breaker breaker;
	struct rate rate;
	char rate_text[24];
	unsigned asked; /* runs that are being begun: each takes a token when its job comes */
	bool paused; /* by an operator */
	bool retired; /* out of the configuration */

	struct processor_host *host;

	/* process's own */
	struct processor *next;
	struct arena *arena; /* what the options point to */
	char *signature; /* the options as one text, for comparing */
	void *state; /* the type's */
	unsigned jobs; /* submitted and not completed */
	unsigned finishing; /* held by runs whose place was given */
	struct queue held; /* of these, not started: by level. They came in spite of the rate */
	unsigned waiting; /* runs, for a place */
	int64_t limited_since_us, limited_us; /* runs or jobs waited for a token; since 0: they do not */
	uint64_t done, failed;
	uint64_t started; /* children or connections, since it is there */
	int64_t last_us; /* that its last request took, where it has no children that know; 0: none yet */
	char words[PROCESSOR_WORDS_MAX][PROCESSOR_WORDS_SIZE]; /* the last lines it wrote for people, a ring */
	uint64_t word_count;
};

extern const struct processor_type processor_builtin, processor_synthetic, processor_exec, processor_http;

/* A run holds its processor from begin to its end, and a place of it until its answer is there. */
static inline void processor_take(struct processor *p)
{
	p->places.taken++;
}

static inline void processor_give(struct processor *p, const struct job *job)
{
	if (job->place_given)
		p->finishing--;
	else
		p->places.taken--;
}

/* Whether one more run of this level may be begun. */
static inline bool processor_has_place(const struct processor *p, enum level level, int64_t now_us)
{
	return places_free(&p->places, level) && rate_has(&p->rate, (int64_t)p->asked + 1, now_us);
}

static inline void processor_answered(struct job *job)
{
	job->processor->host->answered(job->processor->host, job);
}

static inline void processor_changed(struct processor *p)
{
	p->host->changed(p->host, p);
}

/* Keeps a line that the processor wrote for people. */
void processor_word(struct processor *p, const char *line);
/* The newest of them behind a semicolon, or nothing. Returns `buffer`. */
const char *processor_last_words(const struct processor *p, char *buffer, size_t size);

/* A worker's or a waiting job's report by what is known of it. 0 or -ENOMEM. */
int processor_write_report(const struct processor *p, struct job *job, const struct model_result *result);

#endif
