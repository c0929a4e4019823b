/*
 * What propsd counts about itself, as one table of rows, and its text for Prometheus (exposition format
 * 0.0.4). Label values are fixed lists: no name from outside ever becomes one, so the number of series is
 * known when this is compiled. Loop thread only: plain adds, no locks.
 */
#ifndef METRICS_METRICS_H
#define METRICS_METRICS_H

#include <stdint.h>

#include "base/histogram.h"
#include "base/phase.h"
#include "base/str.h"

enum metric {
	METRIC_BUILD_INFO,
	METRIC_ENTRIES_READ, /* label: stream */
	METRIC_ENTRIES_SETTLED, /* label: enum metric_how */
	METRIC_ENTRIES_FORGOTTEN,
	METRIC_ENTRIES_SET_ASIDE,
	METRIC_ENTRIES_PAUSED,
	METRIC_ENTRIES_IN_FLIGHT,
	METRIC_ENTRIES_PARKED,
	METRIC_DEAD_LETTERS, /* label: enum metric_reason */
	METRIC_ENTRIES_LOST, /* label: stream */
	METRIC_LETTERS_STANDING,
	METRIC_WARNINGS, /* label: enum warning */
	METRIC_UNKNOWN_NAMES, /* label: enum metric_named */
	METRIC_STRANGERS, /* label: enum metric_named */
	METRIC_UNKNOWN_FIELDS,
	METRIC_GAME_CONFLICTS,
	METRIC_RUNS, /* label: metric_run_label() */
	METRIC_STAGES, /* label: metric_stage_label() */
	METRIC_EVENT_AGE, /* label: stream */
	METRIC_QUEUE_WAIT, /* label: enum level */
	METRIC_RUN_TIME, /* label: enum phase */
	METRIC_JOBS, /* label: metric_job_label() */
	METRIC_PROCESSOR_READY, /* label: enum phase, of these as well: of the processor that serves it */
	METRIC_PROCESSOR_BREAKER, /* label: metric_breaker_label() */
	METRIC_PROCESSOR_CHILDREN,
	METRIC_PROCESSOR_STARTS,
	METRIC_PROCESSOR_LIMITED,
	METRIC_SCHEDULES, /* label: enum metric_due */
	METRIC_SCHEDULE_NEXT,
	METRIC_SINK_LAG, /* label: enum metric_sink, of these as well */
	METRIC_SINK_OLDEST,
	METRIC_SINK_FAILING,
	METRIC_SINK_REPORTS, /* label: metric_sink_label() */
	METRIC_HISTORY_ROWS,
	METRIC_HISTORY_DROPPED,
	METRIC_HISTORY_QUEUED,
	METRIC_HISTORY_FAILING,
	METRIC_LOOP_STEP,
	METRIC_LOOP_LONGEST,
	METRIC_QUEUE_WAITING, /* label: enum level */
	METRIC_PLAYERS, /* label: enum player_state */
	METRIC_POOL_WORKERS,
	METRIC_POOL_BUSY,
	METRIC_POOL_TASKS,
	METRIC_POOL_STOLEN,
	METRIC_POOL_GIVEN_UP,
	METRIC_REDIS_CONNECTED,
	METRIC_REDIS_RECONNECTS,
	METRIC_REDIS_COMMANDS,
	METRIC_OLDEST_UNSETTLED,
	METRIC_LEAGUE_NUMBER,
	METRIC_DATES_WAITING,
	METRIC_RELOADED, /* whether the last reload was taken; 1 before any */
	METRIC_ADMIN_CONNECTIONS,
	METRIC_ADMIN_REQUESTS,
	METRIC_ADMIN_REFUSED,
	METRIC_ADMIN_CUT,
	METRIC_HTTP_CONNECTIONS,
	METRIC_HTTP_ANSWERS, /* label: enum web_status */
	METRIC_INSTANCES,
	METRIC_UNREAD, /* label: stream, of these as well */
	METRIC_LAST_EVENT,
	METRIC_MEMORY,
	METRIC_CPU,
	METRIC_OPEN_FDS,
	METRIC_MAX_FDS,
	METRIC_START_TIME,
	METRIC_COUNT
};

/* Labels. `stream` counts as the input streams do: regenerate, slate, lineup, injury, odds. */
enum metric_how {
	METRIC_HOW_COMMIT,
	METRIC_HOW_OTHER,
	METRIC_HOW_DEAD,
	METRIC_HOW_DUPLICATE,
	METRIC_HOW_EXPIRED,
	METRIC_HOW_NONE,
	METRIC_HOW_MUTED
};
enum metric_reason {
	METRIC_REASON_MALFORMED,
	METRIC_REASON_PAST,
	METRIC_REASON_FAILED,
	METRIC_REASON_POISON,
	METRIC_REASON_TRIMMED,
	METRIC_REASON_SUSPECT,
	METRIC_REASON_BEFORE_MARK,
	METRIC_REASON_TOO_LARGE,
	METRIC_REASON_AMBIGUOUS,
	METRIC_REASON_STRANGER
};
extern const char *const metrics_reasons[]; /* of dead letters, as above; NULL behind the last */
enum metric_named {
	METRIC_NAMED_PLAYER,
	METRIC_NAMED_TEAM,
	METRIC_NAMED_GAME,
	METRIC_NAMED_AMBIGUOUS,
	METRIC_NAMED_WRONG_DATE
};
enum metric_result { METRIC_RESULT_OK, METRIC_RESULT_FAILED, METRIC_RESULT_CRASHED, METRIC_RESULT_REFUSED };
enum metric_job { METRIC_JOB_OK, METRIC_JOB_FAILED, METRIC_JOB_LOST };
enum metric_due { METRIC_DUE_FIRED, METRIC_DUE_LATE, METRIC_DUE_OTHER };
enum metric_stage {
	METRIC_STAGE_CONTEXT,
	METRIC_STAGE_SIMILARITY,
	METRIC_STAGE_PROJECTION,
	METRIC_STAGE_MARKET,
	METRIC_STAGE_PRICING
};
enum metric_use { METRIC_USE_COMPUTED, METRIC_USE_REUSED };

static inline unsigned metric_stage_label(enum metric_stage stage, enum metric_use use)
{
	return (unsigned)stage * 2 + (unsigned)use;
}

static inline unsigned metric_run_label(enum phase phase, enum metric_result result)
{
	return (unsigned)phase * 4 + (unsigned)result;
}

static inline unsigned metric_job_label(enum phase phase, enum metric_job job)
{
	return (unsigned)phase * 3 + (unsigned)job;
}

/* All sinks of a type together. */
enum metric_sink { METRIC_SINK_DIRECTORY, METRIC_SINK_S3, METRIC_SINK_WEBHOOK, METRIC_SINK_TYPES };
enum metric_sunk {
	METRIC_SUNK_WRITTEN,
	METRIC_SUNK_KEPT,
	METRIC_SUNK_FAILED,
	METRIC_SUNK_GONE,
	METRIC_SUNK_REFUSED,
	METRIC_SUNK
};

static inline unsigned metric_sink_label(enum metric_sink type, enum metric_sunk what)
{
	return (unsigned)type * METRIC_SUNK + (unsigned)what;
}

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

#define METRIC_LABELS 2

struct metric_row {
	const char *name;
	enum metric_type type;
	const char *help;
	struct {
		const char *name;
		const char *const *values; /* ends with NULL */
	} label[METRIC_LABELS]; /* the last one counts fastest */
};

struct metrics;

struct metrics *metrics_new(void); /* NULL: no memory */
void metrics_free(struct metrics *m); /* NULL is fine */

const struct metric_row *metrics_row(enum metric metric);
unsigned metrics_labels(enum metric metric); /* how many series the row has; 1 without labels */

/* `label` is 0 for a row without labels. A wrong type or label is our bug (assert). */
void metrics_add(struct metrics *m, enum metric metric, unsigned label, uint64_t n); /* counter */
void metrics_set(struct metrics *m, enum metric metric, unsigned label, double value); /* gauge */
void metrics_observe(struct metrics *m, enum metric metric, unsigned label, int64_t us); /* histogram */

/* Asked for the value of a counter or gauge whenever one is wanted, in place of the number kept here; NULL:
 * no more. */
typedef double (*metrics_read_fn)(void *context, unsigned label);
void metrics_read(struct metrics *m, enum metric metric, metrics_read_fn read, void *context);

/* The value now, of a counter or gauge; the sum over the labels of a counter. */
double metrics_value(const struct metrics *m, enum metric metric, unsigned label);
double metrics_total(const struct metrics *m, enum metric metric);
const struct histogram *metrics_histogram(const struct metrics *m, enum metric metric, unsigned label);

/* Appends all rows. */
void metrics_print(const struct metrics *m, struct str *s);

#endif
