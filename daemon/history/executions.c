/*
 * The process' time and memory are those of all it did while an execution lasted. Where two phases ran they share the
 * time by what their items took.
 */
#include "history/executions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cost.h"
#include "base/str.h"

enum { SAMPLES_MAX = 4096, SAMPLES_FIRST = 64 };

struct busy { /* a phase of the execution that is open */
	bool ran;
	bool changed; /* since it was told */
	unsigned running, most; /* now; places */
	const char *pattern;
	int64_t begun_us, begun_ms, last_us;
	uint64_t items, failed, again;
	struct durations took;
};

struct executions {
	struct executions_options options;
	char instance[65];
	bool open;
	char id[HISTORY_EXECUTION_SIZE];
	date_t date;
	int64_t begun_us, last_us, told_us; /* last_us: something began or ended */
	int64_t cpu_us; /* at its begin; below 0: not known */
	int64_t memory; /* the most that was seen */
	struct busy busy[PHASE_COUNT];
};

/* --- durations -------------------------------------------------------------------------------------------------- */

static uint64_t draw(uint64_t *state) /* xorshift: which of many are kept need not be secret */
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static uint32_t clamp(int64_t us)
{
	return us < 0 ? 0 : us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

void durations_add(struct durations *d, int64_t us)
{
	const uint64_t n = d->count++;
	d->sum_us += (double)(us < 0 ? 0 : us);
	if (n == 0)
		d->random = 0x9e3779b97f4a7c15u;
	const bool grows = n < SAMPLES_MAX && (n == 0 || (n >= SAMPLES_FIRST && (n & (n - 1)) == 0));
	if (grows) {
		uint32_t *more = realloc(d->us, (n == 0 ? SAMPLES_FIRST : 2 * n) * sizeof(*more));
		if (!more) {
			d->count = n; /* it is left out of the sample, and the room asked for again */
			d->sum_us -= (double)(us < 0 ? 0 : us);
			return;
		}
		d->us = more;
	}
	if (n < SAMPLES_MAX)
		d->us[n] = clamp(us);
	else {
		const uint64_t at = draw(&d->random) % d->count;
		if (at < SAMPLES_MAX)
			d->us[at] = clamp(us);
	}
}

static int by_value(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

/* Seconds; the smallest value that so many of a hundred are not above. */
static double rank(const uint32_t *sorted, size_t count, unsigned hundredths)
{
	const size_t at = (count * hundredths + 99) / 100;
	return sorted[at > 0 ? at - 1 : 0] / 1e6;
}

void durations_figures(struct durations *d, struct history_execution *ret)
{
	const size_t kept = d->count < SAMPLES_MAX ? (size_t)d->count : SAMPLES_MAX;
	uint32_t *sorted = kept ? malloc(kept * sizeof(*sorted)) : NULL;
	ret->mean = d->count ? d->sum_us / 1e6 / (double)d->count : -1;
	ret->p50 = ret->p95 = ret->p99 = -1;
	if (!sorted)
		return;
	memcpy(sorted, d->us, kept * sizeof(*sorted));
	qsort(sorted, kept, sizeof(*sorted), by_value);
	ret->p50 = rank(sorted, kept, 50);
	ret->p95 = rank(sorted, kept, 95);
	ret->p99 = rank(sorted, kept, 99);
	free(sorted);
}

void durations_done(struct durations *d)
{
	free(d->us);
	*d = (struct durations){0};
}

double executions_cost(double instance_seconds, double peak, uint64_t items)
{
	const struct cost_terms terms = {.vcpu = COST_VCPU,
		.gib = cost_gib(peak),
		.vcpu_price = COST_VCPU_PRICE,
		.gib_price = COST_GIB_PRICE,
		.request_price = COST_REQUEST_PRICE};
	return cost_by_the_second(&terms, instance_seconds, (double)items);
}

/* --- the execution that is open --------------------------------------------------------------------------------- */

static int64_t now_us(const struct executions *e)
{
	return clock_mono_us(e->options.clock);
}

static void look(struct executions *e, int64_t *ret_cpu_us)
{
	int64_t memory = -1;
	*ret_cpu_us = -1;
	if (e->options.usage)
		e->options.usage(e->options.arg, ret_cpu_us, &memory);
	if (memory > e->memory)
		e->memory = memory;
}

static void open_one(struct executions *e)
{
	char at[HISTORY_TIME_SIZE];
	const int64_t ms = clock_wall_ms(e->options.clock);
	e->open = true;
	e->begun_us = e->last_us = now_us(e);
	e->told_us = e->begun_us - EXECUTION_TELL_US;
	e->date = zone_date(ms);
	e->memory = -1;
	look(e, &e->cpu_us);
	history_time(ms, at);
	text_format(e->id, sizeof(e->id), "%s-%.4s%.2s%.5s%.2s%s", e->instance, at, at + 5, at + 8, at + 14, at + 17);
}

static double all_took_us(const struct executions *e)
{
	double sum = 0;
	for (int p = 0; p < PHASE_COUNT; p++)
		sum += e->busy[p].took.sum_us;
	return sum;
}

static void tell_phase(struct executions *e, enum phase phase, int64_t cpu_us)
{
	struct busy *b = &e->busy[phase];
	const double took = b->took.sum_us / 1e6, all_us = all_took_us(e);
	struct history_execution row = {
		.phase = phase,
		.date = e->date,
		.start_ms = b->begun_ms,
		.end_ms = b->begun_ms + (b->last_us - b->begun_us) / 1000,
		.seconds = (double)(b->last_us - b->begun_us) / 1e6,
		.items = b->items,
		.successful = b->items - b->failed,
		.failed = b->failed,
		.retries = b->again,
		.pattern = b->pattern,
		.max_workers = b->most,
		.memory_mb = e->memory < 0 ? -1 : (double)e->memory / 1048576,
		.cpu_seconds = -1,
	};
	text_format(row.id, sizeof(row.id), "%s", e->id);
	row.concurrent = row.seconds > 0 ? took / row.seconds : 0;
	if (cpu_us >= 0 && e->cpu_us >= 0 && all_us > 0)
		row.cpu_seconds = (double)(cpu_us - e->cpu_us) / 1e6 * (b->took.sum_us / all_us);
	durations_figures(&b->took, &row);
	row.cost = executions_cost(took, e->memory > 0 && b->most > 0 ? (double)e->memory / b->most : 0, b->items);
	e->options.tell(e->options.arg, &row);
	b->changed = false;
}

static void tell(struct executions *e)
{
	int64_t cpu_us;
	look(e, &cpu_us);
	e->told_us = now_us(e);
	for (int p = 0; p < PHASE_COUNT; p++)
		if (e->busy[p].ran && e->busy[p].changed && e->busy[p].items > 0)
			tell_phase(e, (enum phase)p, cpu_us);
}

/* What runs on belongs to the next one. */
static void close_one(struct executions *e)
{
	tell(e);
	e->open = false;
	bool on = false;
	for (int p = 0; p < PHASE_COUNT; p++) {
		struct busy *b = &e->busy[p];
		durations_done(&b->took);
		*b = (struct busy){.running = b->running, .pattern = b->pattern, .most = b->most, .ran = b->running > 0};
		on |= b->ran;
	}
	if (!on)
		return;
	open_one(e);
	for (int p = 0; p < PHASE_COUNT; p++) {
		e->busy[p].begun_us = e->busy[p].last_us = e->begun_us;
		e->busy[p].begun_ms = clock_wall_ms(e->options.clock);
	}
}

void executions_begin(struct executions *e, enum phase phase, const char *pattern, unsigned workers)
{
	struct busy *b = &e->busy[phase];
	/* The clock may have passed both times without a tick between. */
	executions_tick(e);
	if (!e->open)
		open_one(e);
	e->last_us = now_us(e);
	if (!b->ran) {
		b->ran = true;
		b->begun_us = b->last_us = e->last_us;
		b->begun_ms = clock_wall_ms(e->options.clock);
	}
	b->pattern = pattern;
	b->running++;
	if (workers > b->most)
		b->most = workers;
}

void executions_end(struct executions *e, enum phase phase, const struct executions_item *item)
{
	struct busy *b = &e->busy[phase];
	if (b->running > 0)
		b->running--;
	e->last_us = now_us(e);
	if (!item->counts)
		return;
	b->last_us = e->last_us;
	b->changed = true;
	b->items++;
	b->failed += item->failed;
	b->again += item->again;
	if (item->took_us >= 0)
		durations_add(&b->took, item->took_us);
}

static bool any_runs(const struct executions *e)
{
	bool runs = false;
	for (int p = 0; p < PHASE_COUNT; p++)
		runs |= e->busy[p].running > 0;
	return runs;
}

void executions_tick(struct executions *e)
{
	const int64_t now = now_us(e);
	if (!e->open)
		return;
	if ((!any_runs(e) && now - e->last_us >= EXECUTION_QUIET_US) || now - e->begun_us >= EXECUTION_CUT_US) {
		close_one(e);
		return;
	}
	if (now - e->told_us >= EXECUTION_TELL_US)
		tell(e);
}

void executions_show(struct executions *e)
{
	if (e->open)
		tell(e);
}

void executions_close(struct executions *e)
{
	if (!e->open)
		return;
	for (int p = 0; p < PHASE_COUNT; p++)
		e->busy[p].running = 0;
	close_one(e);
}

const char *executions_id(const struct executions *e, date_t *ret_date)
{
	*ret_date = e->date;
	return e->open ? e->id : "";
}

int executions_new(const struct executions_options *options, struct executions **ret)
{
	struct executions *e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->options = *options;
	text_format(e->instance, sizeof(e->instance), "%s", options->instance);
	*ret = e;
	return 0;
}

void executions_free(struct executions *e)
{
	if (!e)
		return;
	for (int p = 0; p < PHASE_COUNT; p++)
		durations_done(&e->busy[p].took);
	free(e);
}
