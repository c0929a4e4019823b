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
#include "base/queue.h"
#include "base/str.h"
#include "model/model.h"
#include "pool/pool.h"
#include "report/report.h"

struct processor;
struct cached;

#define JOB_MAGIC 0x6a6f6221u

struct job {
	uint32_t magic;
	/* asked with */
	const struct processor *processor;
	enum level level;
	struct arena *arena;
	const struct live *live;
	const struct snapshot *snapshot; /* NULL without a league */
	const struct report_cause *causes;
	size_t cause_count;
	int attempt;
	/* answered with */
	int result; /* 0: `report` is whole; -errno: `error` says why */
	char error[256];
	struct str report;
	struct stage_record stages[STAGE_COUNT];
	int64_t started_us, ended_us; /* monotonic: the processor's own time */

	/* process's own */
	struct pool_task task;
	struct completion_item done;
	struct job *sibling; /* the next of the jobs that share a game's context */
	bool is_sibling;
	struct cached *memory;
	struct model_memory model;
	struct context context; /* the game's newest one when submitted, then this run's */
	struct stage_record context_record; /* of it */
	struct queue_node due; /* while it waits */
};

#endif
