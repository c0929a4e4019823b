/* What the history is told, as records of a fixed size: they wait in its queue, and one thread writes them. */
#ifndef HISTORY_RECORD_H
#define HISTORY_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/clock.h"
#include "base/fold.h"
#include "base/hash.h"
#include "base/phase.h"

enum {
	HISTORY_EXECUTION_SIZE = 96,
	HISTORY_RUN_SIZE = 128,
	HISTORY_CAUSES_SIZE = 400,
	HISTORY_ERROR_SIZE = 256,
	HISTORY_ARGUMENTS_SIZE = 512,
	HISTORY_STAGES = 5,
	HISTORY_NOTICE_SIZE = 48,
	HISTORY_SHA256 = 32,
};

enum history_result { HISTORY_COMMITTED, HISTORY_REFUSED, HISTORY_FAILED };

/* A run that has ended. Of times and execution the history knows itself. */
struct history_run {
	char run[HISTORY_RUN_SIZE]; /* its token, INSTANCE/BOOT/SERIAL: a run has one row, whoever tells of it */
	enum phase phase;
	enum history_result result;
	date_t date;
	char player[LOOKUP_SIZE], game[24], processor[64];
	const char *level; /* a constant */
	int attempt;
	int64_t version, took_us; /* -1: not known */
	int64_t output_version, league; /* 0: none */
	unsigned causes;
	char cause_ids[HISTORY_CAUSES_SIZE]; /* "odds:1763254790000-0 ...", as many as fit */
	struct {
		const char *name; /* a constant; NULL: the stage did not run */
		struct fingerprint fingerprint;
	} stages[HISTORY_STAGES];
	bool digested;
	uint8_t sha256[HISTORY_SHA256];
	char error[HISTORY_ERROR_SIZE];
	bool seen; /* read from the notices: only the run, whom it was of and its version are known */
};

/* One phase of an execution, as it stands: told again it takes the row's place. */
struct history_execution {
	char id[HISTORY_EXECUTION_SIZE];
	enum phase phase;
	date_t date;
	int64_t start_ms, end_ms;
	double seconds; /* from the first item's begin to the last one's end */
	uint64_t items, successful, failed, retries;
	const char *pattern; /* a constant: sequential, multiprocessing, pubsub, pool */
	unsigned max_workers;
	double concurrent;
	double mean, p50, p95, p99; /* seconds of an item; below 0: no item has ended */
	double memory_mb, cpu_seconds; /* below 0: not known */
	double cost;
};

struct history_audit {
	uid_t uid;
	gid_t gid;
	pid_t pid;
	char command[32], result[32], arguments[HISTORY_ARGUMENTS_SIZE];
};

enum history_kind { HISTORY_IS_RUN, HISTORY_IS_EXECUTION, HISTORY_IS_AUDIT, HISTORY_IS_MARK };

struct history_record {
	enum history_kind kind;
	int64_t ms; /* when it happened */
	char execution[HISTORY_EXECUTION_SIZE]; /* of a run; "": not known */
	date_t execution_date;
	union {
		struct history_run run;
		struct history_execution of_phase;
		struct history_audit audit;
		struct history_mark {
			enum phase phase;
			char notice[HISTORY_NOTICE_SIZE]; /* all its commits up to this notice have been told before it */
		} mark;
	};
};

/* UTC with milliseconds, so that texts compare as times do. */
#define HISTORY_TIME_SIZE 32
const char *history_time(int64_t ms, char buffer[HISTORY_TIME_SIZE]);

#endif
