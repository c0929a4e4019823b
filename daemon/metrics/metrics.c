/*
 * All counters and gauges are one array of doubles (exact for whole numbers up to 2^53), all histograms
 * another; a row knows where its own begin. Both are laid out once, from the table.
 */
#include "metrics/metrics.h"

#include "base/level.h"
#include "metrics/process.h"
#include "metrics/warnings.h"
#include "propsd/version.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

static const char *const sink_values[] = {"directory", "s3", "webhook", NULL};
static const char *const sunk_values[] = {"written", "kept", "failed", "gone", "refused", NULL};
static const char *const version_values[] = {PROPSD_VERSION, NULL};
static const char *const stream_values[] = {"regenerate", "slate", "lineup", "injury", "odds", NULL};
static const char *const how_values[] = {"commit", "other", "dead", "duplicate", "expired", "none", "muted", NULL};
const char *const metrics_reasons[] = {"malformed", "past", "failed", "poison", "trimmed", "suspect", "before_mark",
	"too_large", "ambiguous", "stranger", NULL};
static const char *const named_values[] = {"player", "team", "game", "ambiguous", "wrong_date", NULL};
static const char *const phase_values[] = {"report", "precompute", NULL};
static const char *const result_values[] = {"ok", "failed", "crashed", "refused", NULL};
static const char *const job_values[] = {"ok", "failed", "lost", NULL};
static const char *const due_values[] = {"fired", "late", "other", NULL};
static const char *const breaker_values[] = {"closed", "open", "half-open", NULL};
static const char *const stage_values[] = {"context", "similarity", "projection", "market", "pricing", NULL};
static const char *const use_values[] = {"computed", "reused", NULL};
static const char *const state_values[] = {"idle", "waiting", "beginning", "running", "backing-off", NULL};
static const char *const code_values[] = {"200", "400", "404", "405", "408", "431", "500", "503", "505", NULL};
static const char *const level_values[] = {"urgent", "high", "normal", "low", NULL};

static const struct metric_row rows[METRIC_COUNT] = {
	[METRIC_BUILD_INFO] = {"propsd_build_info", METRIC_GAUGE, "Version of this propsd; always 1.",
		{{"version", version_values}}},
	[METRIC_ENTRIES_READ] = {"propsd_entries_read_total", METRIC_COUNTER, "Stream entries read from Redis.",
		{{"stream", stream_values}}},
	[METRIC_ENTRIES_SETTLED] = {"propsd_entries_settled_total", METRIC_COUNTER,
		"Stream entries settled, and how: by a commit of this process, of another, and so on.",
		{{"how", how_values}}},
	[METRIC_ENTRIES_FORGOTTEN] = {"propsd_entries_forgotten_total", METRIC_COUNTER,
		"Stream entries dropped from memory when a session with Redis ended; they are read again.", {{0}}},
	[METRIC_ENTRIES_SET_ASIDE] = {"propsd_entries_set_aside_total", METRIC_COUNTER,
		"Stream entries dropped from memory because a pause holds them back; they are read again.", {{0}}},
	[METRIC_ENTRIES_PAUSED] = {"propsd_entries_paused", METRIC_GAUGE,
		"Stream entries that a pause holds back: read, pending in Redis and not in memory.", {{0}}},
	[METRIC_ENTRIES_IN_FLIGHT] = {"propsd_entries_in_flight", METRIC_GAUGE,
		"Stream entries read and not yet settled.", {{0}}},
	[METRIC_ENTRIES_PARKED] = {"propsd_entries_parked", METRIC_GAUGE,
		"Stream entries in flight that wait for a time, or for precompute alone, outside the reading budget.",
		{{0}}},
	[METRIC_DEAD_LETTERS] = {"propsd_dead_letters_total", METRIC_COUNTER, "Entries moved to the dead letters.",
		{{"reason", metrics_reasons}}},
	[METRIC_ENTRIES_LOST] = {"propsd_entries_lost_total", METRIC_COUNTER,
		"Stream entries that somebody else's MAXLEN or XTRIM deleted before they were read.",
		{{"stream", stream_values}}},
	[METRIC_LETTERS_STANDING] = {"propsd_dead_letters", METRIC_GAUGE,
		"Dead letters in Redis, of all instances, as of the last look.", {{0}}},
	[METRIC_WARNINGS] = {"propsd_warning", METRIC_GAUGE,
		"Whether a warning of this kind stands, 1 or 0; propsctl status says what to do.",
		{{"kind", warnings_names}}},
	[METRIC_UNKNOWN_NAMES] = {"propsd_unknown_names_total", METRIC_COUNTER,
		"Names in entries that neither the league nor the slate knows, or that do not fit the entry's date.",
		{{"what", named_values}}},
	[METRIC_STRANGERS] = {"propsd_strangers", METRIC_GAUGE,
		"Such names in the list of propsctl strangers, each once a book.", {{"what", named_values}}},
	[METRIC_UNKNOWN_FIELDS] = {"propsd_unknown_fields_total", METRIC_COUNTER,
		"Fields of stream entries that the input contract does not know, ignored.", {{0}}},
	[METRIC_GAME_CONFLICTS] = {"propsd_game_conflict_total", METRIC_COUNTER,
		"Events that named another game than the slate has for their player; the slate won.", {{0}}},
	[METRIC_RUNS] = {"propsd_runs_total", METRIC_COUNTER,
		"Regenerations ended: committed, failed, lost with their process, or refused at the commit.",
		{{"phase", phase_values}, {"result", result_values}}},
	[METRIC_STAGES] = {"propsd_stage_total", METRIC_COUNTER,
		"Stages of the built-in processor, computed or reused because their inputs were the same.",
		{{"stage", stage_values}, {"how", use_values}}},
	[METRIC_EVENT_AGE] = {"propsd_event_age_seconds", METRIC_HISTOGRAM,
		"Time from an entry's arrival in Redis to the commit that covers it.", {{"type", stream_values}}},
	[METRIC_QUEUE_WAIT] = {"propsd_queue_wait_seconds", METRIC_HISTOGRAM,
		"Time that a player waited for a place, by the level at its end.", {{"level", level_values}}},
	[METRIC_RUN_TIME] = {"propsd_run_seconds", METRIC_HISTOGRAM,
		"Time from the begin of a regeneration to its completion.", {{"phase", phase_values}}},
	[METRIC_JOBS] = {"propsd_processor_jobs_total", METRIC_COUNTER,
		"Jobs that processors ended: well, failed, or lost with a child that ended for another's sake.",
		{{"phase", phase_values}, {"result", job_values}}},
	[METRIC_PROCESSOR_READY] = {"propsd_processor_ready", METRIC_GAUGE,
		"Whether the phase's processor takes jobs: 1 or 0; 0 without such a phase.", {{"phase", phase_values}}},
	[METRIC_PROCESSOR_BREAKER] = {"propsd_processor_breaker", METRIC_GAUGE,
		"Whether the circuit breaker of the phase's processor is in this state: 1 or 0.",
		{{"phase", phase_values}, {"state", breaker_values}}},
	[METRIC_PROCESSOR_CHILDREN] = {"propsd_processor_children", METRIC_GAUGE, "Children of the phase's processor.",
		{{"phase", phase_values}}},
	[METRIC_PROCESSOR_STARTS] = {"propsd_processor_child_starts_total", METRIC_COUNTER,
		"Children that the phase's processor has started; from 0 when a reload changes it.",
		{{"phase", phase_values}}},
	[METRIC_PROCESSOR_LIMITED] = {"propsd_processor_limited_seconds_total", METRIC_COUNTER,
		"Time in which something waited for nothing but the rate of the phase's processor.",
		{{"phase", phase_values}}},
	[METRIC_SCHEDULES] = {"propsd_schedule_due_total", METRIC_COUNTER,
		"Due times of schedules: fired here, fired here over a minute late, or fired by another instance.",
		{{"result", due_values}}},
	[METRIC_SCHEDULE_NEXT] = {"propsd_schedule_next_time_seconds", METRIC_GAUGE,
		"When a schedule is due next, as Unix time; 0 without any.", {{0}}},
	[METRIC_SINK_LAG] = {"propsd_sink_lag", METRIC_GAUGE,
		"Reports that are committed and that a sink has not written, of all instances.",
		{{"type", sink_values}}},
	[METRIC_SINK_OLDEST] = {"propsd_sink_oldest_seconds", METRIC_GAUGE, "How long the oldest of them has waited.",
		{{"type", sink_values}}},
	[METRIC_SINK_FAILING] = {"propsd_sink_failing", METRIC_GAUGE,
		"Reports that could not be written so far, by this instance.", {{"type", sink_values}}},
	[METRIC_SINK_REPORTS] = {"propsd_sink_reports_total", METRIC_COUNTER,
		"What became of reports: written, kept as it was, failed and tried again, gone from Redis before, refused.",
		{{"type", sink_values}, {"result", sunk_values}}},
	[METRIC_HISTORY_ROWS] = {"propsd_history_records_total", METRIC_COUNTER,
		"Records that were written to the history.", {{0}}},
	[METRIC_HISTORY_DROPPED] = {"propsd_history_dropped_total", METRIC_COUNTER,
		"Records that found no room in its queue, or could not be written before the end.", {{0}}},
	[METRIC_HISTORY_QUEUED] = {"propsd_history_queued", METRIC_GAUGE, "Records that wait to be written.", {{0}}},
	[METRIC_HISTORY_FAILING] = {"propsd_history_failing", METRIC_GAUGE,
		"Whether the history cannot be written: 1 or 0.", {{0}}},
	[METRIC_LOOP_STEP] = {"propsd_loop_step_seconds", METRIC_HISTOGRAM,
		"Processor time that the loop thread used between two waits for events.", {{0}}},
	[METRIC_LOOP_LONGEST] = {"propsd_loop_step_longest_seconds", METRIC_GAUGE,
		"The longest of these steps since the start.", {{0}}},
	[METRIC_QUEUE_WAITING] = {"propsd_queue_waiting", METRIC_GAUGE, "Players waiting for a place.",
		{{"level", level_values}}},
	[METRIC_PLAYERS] = {"propsd_players", METRIC_GAUGE,
		"Players of a date that are known to this process, each phase counted, by what they do.",
		{{"state", state_values}}},
	[METRIC_POOL_WORKERS] = {"propsd_pool_workers", METRIC_GAUGE, "Worker threads.", {{0}}},
	[METRIC_POOL_BUSY] = {"propsd_pool_busy_workers", METRIC_GAUGE, "Worker threads with a task in hand.", {{0}}},
	[METRIC_POOL_TASKS] = {"propsd_pool_tasks_total", METRIC_COUNTER, "Tasks that workers have run.", {{0}}},
	[METRIC_POOL_STOLEN] = {"propsd_pool_steals_total", METRIC_COUNTER,
		"Tasks that a worker took from another's queue.", {{0}}},
	[METRIC_POOL_GIVEN_UP] = {"propsd_pool_given_up_total", METRIC_COUNTER,
		"Workers that were replaced, as their task ran past pool.limit.", {{0}}},
	[METRIC_REDIS_CONNECTED] = {"propsd_redis_connected", METRIC_GAUGE,
		"Whether a session with Redis is up: 1 or 0.", {{0}}},
	[METRIC_REDIS_RECONNECTS] = {"propsd_redis_reconnects_total", METRIC_COUNTER,
		"Sessions with Redis that ended and had to be opened again.", {{0}}},
	[METRIC_REDIS_COMMANDS] = {"propsd_redis_commands_total", METRIC_COUNTER, "Commands sent to Redis.", {{0}}},
	[METRIC_OLDEST_UNSETTLED] = {"propsd_oldest_unsettled_seconds", METRIC_GAUGE,
		"Age of the oldest entry in flight that is due; 0 without one.", {{0}}},
	[METRIC_LEAGUE_NUMBER] = {"propsd_league_number", METRIC_GAUGE,
		"Number of the league that is loaded; 0 without one.", {{0}}},
	[METRIC_DATES_WAITING] = {"propsd_dates_waiting", METRIC_GAUGE,
		"Dates on which nothing is done, as they are computed from another league database.", {{0}}},
	[METRIC_RELOADED] = {"propsd_config_last_reload_successful", METRIC_GAUGE,
		"Whether the last reload of the configuration was taken: 1 or 0; 1 before any.", {{0}}},
	[METRIC_ADMIN_CONNECTIONS] = {"propsd_admin_connections", METRIC_GAUGE,
		"Clients that are connected to the admin sockets.", {{0}}},
	[METRIC_ADMIN_REQUESTS] = {"propsd_admin_requests_total", METRIC_COUNTER, "Requests of such clients.", {{0}}},
	[METRIC_ADMIN_REFUSED] = {"propsd_admin_refused_connections_total", METRIC_COUNTER,
		"Such clients turned away, as too many were connected.", {{0}}},
	[METRIC_ADMIN_CUT] = {"propsd_admin_cut_connections_total", METRIC_COUNTER,
		"Such clients cut, as they were too slow or sent too much.", {{0}}},
	[METRIC_HTTP_CONNECTIONS] = {"propsd_http_connections", METRIC_GAUGE,
		"Clients that are connected to metrics.listen, this one included.", {{0}}},
	[METRIC_HTTP_ANSWERS] = {"propsd_http_answers_total", METRIC_COUNTER, "Answers at metrics.listen, by status.",
		{{"code", code_values}}},
	[METRIC_INSTANCES] = {"propsd_instances", METRIC_GAUGE,
		"Living instances of the group, as Redis told with the last heartbeat.", {{0}}},
	[METRIC_UNREAD] = {"propsd_entries_unread", METRIC_GAUGE, "Entries in the streams that no instance has read.",
		{{"type", stream_values}}},
	[METRIC_LAST_EVENT] = {"propsd_last_event_time_seconds", METRIC_GAUGE,
		"When the newest entry of the stream came, in Unix time; 0 without one.", {{"type", stream_values}}},
	[METRIC_MEMORY] = {"process_resident_memory_bytes", METRIC_GAUGE, "Resident memory.", {{0}}},
	[METRIC_CPU] = {"process_cpu_seconds_total", METRIC_COUNTER, "User and system time used.", {{0}}},
	[METRIC_OPEN_FDS] = {"process_open_fds", METRIC_GAUGE, "Open file descriptors.", {{0}}},
	[METRIC_MAX_FDS] = {"process_max_fds", METRIC_GAUGE, "Limit of open file descriptors.", {{0}}},
	[METRIC_START_TIME] = {"process_start_time_seconds", METRIC_GAUGE,
		"When the process was started, in Unix time.", {{0}}},
};

/* From a quarter of a millisecond, well under what an idle daemon needs for an event, to five minutes. */
static const struct {
	int64_t us;
	const char *seconds;
} bounds[] = {
	{250, "0.00025"},
	{500, "0.0005"},
	{1000, "0.001"},
	{2500, "0.0025"},
	{5000, "0.005"},
	{10000, "0.01"},
	{25000, "0.025"},
	{50000, "0.05"},
	{100000, "0.1"},
	{250000, "0.25"},
	{500000, "0.5"},
	{1000000, "1"},
	{2500000, "2.5"},
	{5000000, "5"},
	{10000000, "10"},
	{30000000, "30"},
	{60000000, "60"},
	{300000000, "300"},
};

struct metrics {
	double *values;
	struct histogram *histograms;
	unsigned start[METRIC_COUNT]; /* of its series in the one or the other */
	struct {
		metrics_read_fn read; /* NULL: the number kept here */
		void *context;
	} reader[METRIC_COUNT];
};

static unsigned count_values(const char *const *values)
{
	unsigned n = 0;
	while (values[n] != NULL)
		n++;
	return n;
}

const struct metric_row *metrics_row(enum metric metric)
{
	assert((unsigned)metric < METRIC_COUNT);
	return &rows[metric];
}

unsigned metrics_labels(enum metric metric)
{
	const struct metric_row *row = metrics_row(metric);
	unsigned n = 1;
	for (int i = 0; i < METRIC_LABELS && row->label[i].name != NULL; i++)
		n *= count_values(row->label[i].values);
	return n;
}

static double one(void *context, unsigned label)
{
	(void)context, (void)label;
	return 1;
}

struct metrics *metrics_new(void)
{
	struct metrics *m = calloc(1, sizeof(*m));
	if (m == NULL)
		return NULL;
	unsigned values = 0, histograms = 0;
	for (unsigned i = 0; i < METRIC_COUNT; i++) {
		unsigned *used = rows[i].type == METRIC_HISTOGRAM ? &histograms : &values;
		m->start[i] = *used;
		*used += metrics_labels((enum metric)i);
	}
	m->values = calloc(values, sizeof(*m->values));
	m->histograms = calloc(histograms, sizeof(*m->histograms));
	if (m->values == NULL || m->histograms == NULL) {
		metrics_free(m);
		return NULL;
	}
	metrics_read(m, METRIC_BUILD_INFO, one, NULL);
	metrics_set(m, METRIC_RELOADED, 0, 1);
	metrics_read(m, METRIC_MEMORY, process_memory_bytes, NULL);
	metrics_read(m, METRIC_CPU, process_cpu_seconds, NULL);
	metrics_read(m, METRIC_OPEN_FDS, process_open_fds, NULL);
	metrics_read(m, METRIC_MAX_FDS, process_max_fds, NULL);
	metrics_read(m, METRIC_START_TIME, process_start_time, NULL);
	return m;
}

void metrics_free(struct metrics *m)
{
	if (m == NULL)
		return;
	free(m->values);
	free(m->histograms);
	free(m);
}

static unsigned place(const struct metrics *m, enum metric metric, unsigned label)
{
	assert(label < metrics_labels(metric));
	return m->start[metric] + label;
}

void metrics_add(struct metrics *m, enum metric metric, unsigned label, uint64_t n)
{
	assert(metrics_row(metric)->type == METRIC_COUNTER);
	m->values[place(m, metric, label)] += (double)n;
}

void metrics_set(struct metrics *m, enum metric metric, unsigned label, double value)
{
	assert(metrics_row(metric)->type == METRIC_GAUGE);
	m->values[place(m, metric, label)] = value;
}

void metrics_observe(struct metrics *m, enum metric metric, unsigned label, int64_t us)
{
	assert(metrics_row(metric)->type == METRIC_HISTOGRAM);
	histogram_add(&m->histograms[place(m, metric, label)], us);
}

void metrics_read(struct metrics *m, enum metric metric, metrics_read_fn read, void *context)
{
	assert(metrics_row(metric)->type != METRIC_HISTOGRAM);
	m->reader[metric].read = read;
	m->reader[metric].context = context;
}

double metrics_value(const struct metrics *m, enum metric metric, unsigned label)
{
	assert(metrics_row(metric)->type != METRIC_HISTOGRAM);
	unsigned i = place(m, metric, label);
	return m->reader[metric].read != NULL ? m->reader[metric].read(m->reader[metric].context, label) : m->values[i];
}

double metrics_total(const struct metrics *m, enum metric metric)
{
	double sum = 0;
	for (unsigned label = 0; label < metrics_labels(metric); label++)
		sum += metrics_value(m, metric, label);
	return sum;
}

const struct histogram *metrics_histogram(const struct metrics *m, enum metric metric, unsigned label)
{
	assert(metrics_row(metric)->type == METRIC_HISTOGRAM);
	return &m->histograms[place(m, metric, label)];
}

/* {stage="pricing",how="reused",le="1"}; `le` NULL: none; nothing at all without labels. */
static void print_labels(struct str *s, const struct metric_row *row, unsigned label, const char *le)
{
	char open = '{';
	unsigned rest = 1;
	for (int i = 1; i < METRIC_LABELS && row->label[i].name != NULL; i++)
		rest *= count_values(row->label[i].values);
	for (int i = 0; i < METRIC_LABELS && row->label[i].name != NULL; i++) {
		str_printf(s, "%c%s=\"%s\"", open, row->label[i].name, row->label[i].values[label / rest]);
		open = ',';
		label %= rest;
		if (i + 1 < METRIC_LABELS && row->label[i + 1].name != NULL)
			rest /= count_values(row->label[i + 1].values);
	}
	if (le != NULL) {
		str_printf(s, "%cle=\"%s\"", open, le);
		open = ',';
	}
	if (open == ',')
		str_char(s, '}');
}

static void print_value(struct str *s, double value)
{
	str_char(s, ' ');
	if (isfinite(value))
		str_number(s, value);
	else
		str_text(s, isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
	str_char(s, '\n');
}

static void print_count(
	struct str *s, const struct metric_row *row, const char *end, unsigned label, const char *le, uint64_t n)
{
	str_text(s, row->name);
	str_text(s, end);
	print_labels(s, row, label, le);
	str_printf(s, " %" PRIu64 "\n", n);
}

static void print_histogram(struct str *s, const struct metric_row *row, unsigned label, const struct histogram *h)
{
	uint64_t count = atomic_load_explicit(&h->count, memory_order_relaxed);
	uint64_t sum_us = atomic_load_explicit(&h->sum_us, memory_order_relaxed);
	for (size_t i = 0; i < sizeof(bounds) / sizeof(*bounds); i++)
		print_count(s, row, "_bucket", label, bounds[i].seconds, histogram_at_most(h, bounds[i].us));
	print_count(s, row, "_bucket", label, "+Inf", count);
	str_text(s, row->name);
	str_text(s, "_sum");
	print_labels(s, row, label, NULL);
	str_printf(s, " %" PRIu64 ".%06" PRIu64 "\n", sum_us / 1000000, sum_us % 1000000);
	print_count(s, row, "_count", label, NULL, count);
}

void metrics_print(const struct metrics *m, struct str *s)
{
	static const char *const types[] = {
		[METRIC_COUNTER] = "counter", [METRIC_GAUGE] = "gauge", [METRIC_HISTOGRAM] = "histogram"};
	for (unsigned i = 0; i < METRIC_COUNT; i++) {
		const struct metric_row *row = &rows[i];
		str_printf(s, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help, row->name, types[row->type]);
		for (unsigned label = 0; label < metrics_labels((enum metric)i); label++) {
			if (row->type == METRIC_HISTOGRAM) {
				print_histogram(s, row, label, &m->histograms[m->start[i] + label]);
				continue;
			}
			str_text(s, row->name);
			print_labels(s, row, label, NULL);
			print_value(s, metrics_value(m, (enum metric)i, label));
		}
	}
}

static_assert(sizeof(phase_values) / sizeof(*phase_values) == PHASE_COUNT + 1, "one value a phase");
static_assert(sizeof(level_values) / sizeof(*level_values) == LEVEL_COUNT + 1, "one value a level");
