/*
 * Dates differ in their players, so what several runs took is put together by the job: a run's seconds are those of all
 * runs over all their jobs, times the players of a date. A run that was interrupted counts by what it did.
 */
#include "cmd_analyze.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis.h"
#include "base/cost.h"
#include "baseline_file.h"
#include "figures.h"
#include "output.h"
#include "text.h"

static const struct analysis_terms defaults = {
	.runs_a_day = 1,
	.hour_value = 100,
	.implementation = 1600,
	.vcpu = COST_VCPU,
	.gib = -1, /* measured */
	.children_an_instance = 1,
	.vcpu_price = COST_VCPU_PRICE,
	.gib_price = COST_GIB_PRICE,
	.request_price = COST_REQUEST_PRICE,
	.vm_price = -1,
	.vm_hours = -1,
};

static int read_terms(struct ctl *ctl, const json_t *args, struct analysis_terms *ret)
{
	*ret = defaults;
	const struct {
		const char *arg;
		double *value;
	} numbers[] = {
		{"runs_a_day", &ret->runs_a_day},
		{"hour_value", &ret->hour_value},
		{"implementation", &ret->implementation},
		{"vcpu", &ret->vcpu},
		{"memory", &ret->gib},
		{"vcpu_price", &ret->vcpu_price},
		{"memory_price", &ret->gib_price},
		{"request_price", &ret->request_price},
		{"vm_price", &ret->vm_price},
		{"vm_hours", &ret->vm_hours},
	};
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		*numbers[i].value = number_of(args, numbers[i].arg, *numbers[i].value);
	ret->children_an_instance =
		(unsigned)int_of(args, "per_instance", ret->vm_price >= 0 ? 0 : defaults.children_an_instance);
	if (ret->runs_a_day <= 0)
		return ctl_fail(ctl, PROPSCTL_USAGE, "usage", "--runs-a-day must be above 0");
	if (ret->vm_hours >= 0 && ret->vm_price < 0)
		return ctl_fail(ctl, PROPSCTL_USAGE, "usage", "--vm-hours wants --vm-price, the price of an hour");
	return PROPSCTL_DONE;
}

/* --- one phase ---------------------------------------------------------------------------------------------------- */

struct curve {
	struct analysis_point *points; /* the first may be an estimate, and then is of no runs */
	size_t count, sequential, recommended;
	bool estimated;
	unsigned players; /* of a run */
};

static double mean_of(const struct baseline_runs *r)
{
	double sum = 0;
	for (size_t i = 0; i < r->count; i++)
		sum += r->jobs[i];
	return r->count ? sum / (double)r->count : 0;
}

static struct analysis_point point_of(const struct baseline_runs *r, unsigned players)
{
	const double jobs = (double)r->count + r->failures;
	return (struct analysis_point){
		.children = r->children,
		.players = players,
		.seconds = r->seconds / jobs * players,
		.start_seconds = r->start_seconds / r->runs,
		.failed = r->failures / jobs,
		.p99 = r->count ? figures_percentile(r->jobs, r->count, 99) : -1,
	};
}

/* Where no run did one job at a time: one after the other, each as long as it took among the fewest. */
static struct analysis_point estimate(const struct baseline_runs *fewest, unsigned players)
{
	struct analysis_point p = point_of(fewest, players);
	p.children = 1;
	p.seconds = mean_of(fewest) * players;
	return p;
}

/* false: no memory. There is at least one run. */
static bool make_curve(const struct baseline_phase *phase, struct curve *ret)
{
	*ret = (struct curve){.points = calloc(phase->count + 1, sizeof(*ret->points))};
	if (!ret->points)
		return false;
	ret->players = (phase->players + phase->files / 2) / phase->files;
	ret->estimated = true;
	for (size_t i = 0; i < phase->count; i++)
		ret->estimated = ret->estimated && phase->runs[i].places > 1;
	if (ret->estimated)
		ret->points[ret->count++] = estimate(&phase->runs[0], ret->players);
	for (size_t i = 0; i < phase->count; i++) {
		if (!ret->estimated && phase->runs[i].places == 1)
			ret->sequential = ret->count;
		ret->points[ret->count++] = point_of(&phase->runs[i], ret->players);
	}
	ret->recommended = analysis_recommend(ret->points, ret->count);
	return true;
}

static json_t *point_json(
	const struct analysis_terms *terms, const struct curve *c, size_t i, const struct baseline_runs *r)
{
	const struct analysis_point *p = &c->points[i], *first = &c->points[c->sequential];
	const double cost = analysis_cost(terms, p);
	json_t *row = json_pack("{s:i, s:f, s:f, s:f, s:f, s:f}", "children", (int)p->children, "seconds", p->seconds,
		"failed", p->failed, "cost", cost, "cost_month", cost * terms->runs_a_day * DAYS_A_MONTH, "speedup",
		p->seconds > 0 ? first->seconds / p->seconds : 0);
	if (!r) {
		json_object_set_new(row, "estimated", json_true());
		return row;
	}
	json_object_update_new(row, json_pack("{s:i, s:i, s:I, s:f, s:b}", "places", (int)r->places, "runs",
					    (int)r->runs, "jobs", (json_int_t)(r->count + r->failures), "start_seconds",
					    p->start_seconds, "complete", !r->incomplete));
	if (r->count > 0)
		json_object_update_new(row, json_pack("{s:f, s:f, s:f, s:f}", "mean", mean_of(r), "p50",
						    figures_percentile(r->jobs, r->count, 50), "p95",
						    figures_percentile(r->jobs, r->count, 95), "p99", p->p99));
	return row;
}

static json_t *names(char *const *list, size_t count)
{
	json_t *array = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, json_string(list[i]));
	return array;
}

/* What should be known before the figures are believed. */
static json_t *notes_of(const struct baseline_phase *phase, const struct curve *c, bool memory_known)
{
	json_t *notes = json_array();
	bool incomplete = false;
	for (size_t i = 0; i < phase->count; i++)
		incomplete = incomplete || phase->runs[i].incomplete;
	if (c->estimated)
		json_array_append_new(notes,
			json_sprintf("one job at a time was not measured: estimated from the jobs' seconds with %u "
				     "children",
				phase->runs[0].children));
	if (incomplete)
		json_array_append_new(notes, json_string("a run was interrupted: it counts by the jobs that it did"));
	for (size_t i = 0; i < c->count; i++)
		if (!analysis_sound(&c->points[i]) && i != c->recommended)
			json_array_append_new(notes,
				json_sprintf("with %u children more than 5 %% of the jobs failed: not considered",
					c->points[i].children));
	if (phase->machine_count > 1)
		json_array_append_new(
			notes, json_string("the files are of machines that differ: so may be their speed"));
	if (!memory_known)
		json_array_append_new(
			notes, json_string("how much memory a child takes is not known: 1 GiB is assumed"));
	return notes;
}

static struct analysis_case case_of(const struct analysis_terms *terms, const struct curve *c, size_t measured)
{
	const struct analysis_point *first = &c->points[c->sequential], *best = &c->points[c->recommended];
	const double added = analysis_cost(terms, best) - analysis_cost(terms, first);
	return (struct analysis_case){
		.failed = fmax(first->failed, best->failed),
		.p99 = fmax(first->p99, best->p99),
		.players = c->players,
		.sequential = first->seconds,
		.saved = first->seconds - best->seconds,
		.speedup = best->seconds > 0 ? first->seconds / best->seconds : 1,
		.added_month = added * terms->runs_a_day * DAYS_A_MONTH,
		.runs_a_day = terms->runs_a_day,
		.break_even = analysis_break_even(terms, first->seconds - best->seconds, added * terms->runs_a_day),
		.compared = c->estimated || measured > 1,
		.faster = c->recommended != c->sequential,
	};
}

static json_t *verdict_json(const struct analysis_case *k)
{
	char reasons[ANALYSIS_REASONS][96];
	size_t count;
	const enum analysis_verdict verdict = analysis_judge(k, reasons, &count);
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_string(reasons[i]));
	return json_pack("{s:s, s:s, s:o}", "verdict", analysis_verdict_name(verdict), "advice",
		analysis_verdict_advice(verdict), "reasons", list);
}

static json_t *terms_json(const struct analysis_terms *t)
{
	json_t *terms = json_pack("{s:f, s:f, s:f}", "runs_a_day", t->runs_a_day, "hour_value", t->hour_value,
		"implementation", t->implementation);
	if (t->vm_price < 0)
		json_object_update_new(
			terms, json_pack("{s:f, s:f, s:i, s:f, s:f, s:f}", "vcpu", t->vcpu, "memory", t->gib,
				       "per_instance", (int)t->children_an_instance, "vcpu_price", t->vcpu_price,
				       "memory_price", t->gib_price, "request_price", t->request_price));
	else
		json_object_set_new(terms, "vm_price", json_real(t->vm_price));
	if (t->vm_hours >= 0)
		json_object_set_new(terms, "vm_hours", json_real(t->vm_hours));
	return terms;
}

static json_t *phase_json(const struct baseline_phase *phase, struct analysis_terms terms)
{
	struct curve c;
	const bool memory_known = terms.gib >= 0 || phase->peak_bytes > 0;
	if (!make_curve(phase, &c))
		return NULL;
	if (terms.gib < 0)
		terms.gib = cost_gib(phase->peak_bytes);
	const struct analysis_case k = case_of(&terms, &c, phase->count);
	json_t *curve = json_array();
	for (size_t i = 0; i < c.count; i++)
		json_array_append_new(
			curve, point_json(&terms, &c, i, c.estimated && i == 0 ? NULL : &phase->runs[i - c.estimated]));
	json_t *row = json_pack("{s:s, s:s, s:s, s:i, s:i, s:o, s:o, s:o}", "processor", phase->processor, "type",
		phase->type, "phase", phase->phase, "files", (int)phase->files, "players", (int)c.players, "dates",
		names(phase->dates, phase->date_count), "machines", names(phase->machines, phase->machine_count),
		"curve", curve);
	const struct analysis_point *best = &c.points[c.recommended];
	json_object_update_new(row, verdict_json(&k));
	json_object_update_new(
		row, json_pack("{s:f, s:i, s:f, s:f, s:f, s:f, s:f, s:o, s:o, s:o}", "sequential_seconds", k.sequential,
			     "recommended", (int)best->children, "seconds", best->seconds, "saved_seconds", k.saved,
			     "speedup", k.speedup, "cost", analysis_cost(&terms, best), "added_month", k.added_month,
			     "break_even_days", isfinite(k.break_even) ? json_real(k.break_even) : json_null(), "terms",
			     terms_json(&terms), "notes", notes_of(phase, &c, memory_known)));
	if (phase->peak_bytes > 0)
		json_object_set_new(row, "peak_bytes", json_integer((json_int_t)phase->peak_bytes));
	free(c.points);
	return row;
}

/* --- the command --------------------------------------------------------------------------------------------------- */

static int read_files(struct ctl *ctl, const json_t *files, struct baseline *b)
{
	size_t i, j;
	json_t *file;
	struct err err;
	json_array_foreach ((json_t *)files, i, file) {
		for (j = 0; j < i; j++)
			if (json_equal(file, json_array_get(files, j)))
				return ctl_fail(
					ctl, PROPSCTL_USAGE, "usage", "%s is given twice", json_string_value(file));
		const int r = baseline_add(b, json_string_value(file), &err);
		if (r < 0)
			return ctl_fail(ctl, r == -ENOENT ? PROPSCTL_NOT_FOUND : PROPSCTL_FAILED,
				r == -ENOENT ? "not_found" : "failed", "%s", err.text);
	}
	baseline_finish(b);
	for (i = 0; i < b->count; i++)
		if (b->phases[i].count == 0)
			return ctl_fail(ctl, PROPSCTL_FAILED, "failed",
				"no job of the %s of %s was done in any run of the %s", b->phases[i].phase,
				b->phases[i].processor, b->phases[i].files == 1 ? "file" : "files");
	return PROPSCTL_DONE;
}

int cmd_analyze(struct ctl *ctl, const struct ctl_command *command, json_t *args)
{
	struct analysis_terms terms;
	struct baseline baseline = {0};
	int result = read_terms(ctl, args, &terms);
	if (result == PROPSCTL_DONE)
		result = read_files(ctl, json_object_get(args, "files"), &baseline);
	if (result == PROPSCTL_DONE) {
		json_t *phases = json_array(), *data = json_pack("{s:o}", "phases", phases);
		for (size_t i = 0; i < baseline.count; i++)
			json_array_append_new(phases, phase_json(&baseline.phases[i], terms));
		if (json_array_size(phases) == baseline.count)
			ctl->output->reply(ctl, command, data, true);
		else
			result = ctl_fail(ctl, PROPSCTL_FAILED, "failed", "out of memory");
		json_decref(data);
	}
	baseline_done(&baseline);
	return result;
}
