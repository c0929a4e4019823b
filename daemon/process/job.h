/*
 * A job: the work of one run, from the live state to the report's bytes. Embedded in what regen keeps of a run. Its
 * owner is the loop thread until process_submit(), the processor (and through it a worker) until the completion, then
 * the loop thread again.
 */
#ifndef PROCESS_JOB_H
#define PROCESS_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/completion.h"
#include "base/level.h"
#include "base/phase.h"
#include "base/queue.h"
#include "base/str.h"
#include "model/model.h"
#include "pool/pool.h"
#include "process/outputs.h"
#include "report/report.h"

struct processor;
struct cached;

#define JOB_MAGIC 0x6a6f6221u
#define JOB_ERROR_SIZE 1024

/* What a job was computed in. */
enum job_place { JOB_NOWHERE, JOB_WORKER, JOB_CHILD, JOB_REQUEST };

/* What is noted of a job beside its answer, for somebody who wants to know. Its owner's, and as long there as the job. */
struct job_probe {
	struct str request; /* as it went out; empty: it did not, or there is none */
	struct str reply; /* as it came, where job->answer is not that: `replied` */
	bool replied;
	int64_t answered_us; /* when its answer came; 0: it computes, or none did */
	int64_t cpu_us, peak; /* what it took of a processor, bytes that were resident at most; -1: not known */
};

struct job {
	uint32_t magic;
	/* asked with */
	enum phase phase; /* of precompute the report is the output: an object of any keys */
	struct processor *processor;
	enum level level;
	struct arena *arena;
	const struct live *live;
	const struct snapshot *snapshot; /* NULL without a league */
	/* What the phase before gave. Without such a phase both are NULL; with one `output` is NULL while it gave
	 * nothing, and nothing is projected in its place. Both live as long as the job. */
	const struct report_phase *precompute;
	struct kept_output *kept; /* its bytes; the worker reads them into `output` if nobody has */
	const struct foreign *output;
	/* What this phase last made of him, as it stands in Redis, where the processor is told of it; NULL: it is not. */
	const char *previous;
	size_t previous_length;
	const struct report_cause *causes;
	size_t cause_count;
	const char *traceparent; /* of the newest of them that has one; NULL: none has */
	int attempt;
	struct job_probe *probe; /* NULL: nothing is noted */
	bool digests; /* the report's SHA-256 is wanted */
	/* answered with */
	int result; /* 0: `report` is whole; -errno: `error` says why */
	bool permanent; /* the error is none that another try could mend */
	bool lost; /* nothing is known against this job: whatever it ran in ended for another's sake. It is no failed try */
	char error[JOB_ERROR_SIZE];
	struct str report;
	uint8_t sha256[32]; /* of it, where it was wanted and is whole */
	const char *given; /* what it recommends, in the arena; NULL: nothing (report_given()) */
	uint64_t given_which; /* 0: nothing */
	struct foreign *made; /* of precompute: what the output says, where a worker read it; freed by who has the job */
	struct stage_record stages[STAGE_COUNT];
	int64_t started_us, ended_us; /* monotonic: the processor's own time */
	enum job_place place;
	unsigned place_number; /* the worker's, from 0; the child's pid; the connection's port, 0: there was none */

	/* process's own */
	struct pool_task task;
	struct completion_item done;
	struct job *sibling; /* the next of the jobs that share a game's context */
	bool is_sibling;
	struct cached *memory;
	struct model_memory model;
	struct context context; /* the game's newest one when submitted, then this run's */
	struct stage_record context_record; /* of it */

	bool held; /* waits for the rate to let it start, by `due` */

	/* of a processor that waits; its own from start() to its answer */
	struct queue_node due; /* the deadline, or the end of what it waits for */
	struct str answer; /* what came back: bytes for finish() */
	int64_t number; /* that it goes by with the processor */
	void *seat; /* where it runs; NULL: nowhere yet */
	bool place_given; /* answered, its place went to another: only the report is still made and committed */
	struct job *next; /* of those that wait for a seat, or share one */
	bool answered; /* it is the processor's no more */
	bool buried; /* cancelled for good */
	double progress; /* 0..1, as last heard; below 0: nothing was */
	char note[96];
};

#endif
