/*
 * Only what was measured is read, not the figures that stand beside it: they are of one run, and percentiles of several are
 * none of these.
 */
#include "baseline_file.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"

#define VERSION 1

/* --- growing ----------------------------------------------------------------------------------------------------- */

/* Room for one more of `size` bytes; NULL: no memory. Counts of powers of two are when it grows. */
static void *grown(void *list, size_t count, size_t size)
{
	return (count & (count - 1)) == 0 ? realloc(list, (count ? 2 * count : 1) * size) : list;
}

static int add_name(char ***list, size_t *count, const char *name)
{
	for (size_t i = 0; i < *count; i++)
		if (strcmp((*list)[i], name) == 0)
			return 0;
	char **more = grown(*list, *count, sizeof(**list));
	if (!more)
		return -ENOMEM;
	*list = more;
	more[*count] = strdup(name);
	return more[*count] ? (++*count, 0) : -ENOMEM;
}

static struct baseline_phase *phase_of(struct baseline *b, const char *processor, const char *type, const char *phase)
{
	for (size_t i = 0; i < b->count; i++)
		if (strcmp(b->phases[i].processor, processor) == 0 && strcmp(b->phases[i].phase, phase) == 0)
			return &b->phases[i];
	struct baseline_phase *more = grown(b->phases, b->count, sizeof(*more));
	if (!more)
		return NULL;
	b->phases = more;
	struct baseline_phase made = {.processor = strdup(processor), .type = strdup(type), .phase = strdup(phase)};
	if (!made.processor || !made.type || !made.phase) {
		free(made.processor);
		free(made.type);
		free(made.phase);
		return NULL;
	}
	more[b->count] = made;
	return &more[b->count++];
}

static struct baseline_runs *runs_of(struct baseline_phase *p, unsigned children, unsigned places)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->runs[i].children == children && p->runs[i].places == places)
			return &p->runs[i];
	struct baseline_runs *more = grown(p->runs, p->count, sizeof(*more));
	if (!more)
		return NULL;
	p->runs = more;
	more[p->count] = (struct baseline_runs){.children = children, .places = places};
	return &more[p->count++];
}

static int add_job(struct baseline_runs *r, double seconds)
{
	double *more = grown(r->jobs, r->count, sizeof(*more));
	if (!more)
		return -ENOMEM;
	r->jobs = more;
	more[r->count++] = seconds;
	return 0;
}

/* --- reading ----------------------------------------------------------------------------------------------------- */

static int read_item(struct baseline_phase *p, struct baseline_runs *r, const struct document *d,
	const struct place *place, const json_t *item, struct err *err)
{
	bool ok;
	double seconds, peak;
	if (!json_is_object(item))
		return document_fault(d, place, err, "must be an object");
	int x = document_flag(d, place, item, "ok", &ok, err);
	if (x == 0)
		x = document_number(d, place, item, "seconds", false, 0, &seconds, err);
	if (x < 0)
		return x;
	const json_t *measured = json_object_get(item, "peak_bytes");
	if (measured && !json_is_null(measured)) {
		x = document_number(d, place, item, "peak_bytes", false, 0, &peak, err);
		if (x < 0)
			return x;
		p->peak_bytes = peak > p->peak_bytes ? peak : p->peak_bytes;
	}
	if (!ok)
		r->failures++;
	else if (add_job(r, seconds) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	return 0;
}

static int read_run(struct baseline_phase *p, const struct document *d, const struct place *place, const json_t *run,
	struct err *err)
{
	double children, places, seconds, start_seconds;
	bool complete;
	const json_t *items, *item;
	size_t i;
	if (!json_is_object(run))
		return document_fault(d, place, err, "must be an object");
	int x = document_number(d, place, run, "children", true, 1, &children, err);
	if (x == 0)
		x = document_number(d, place, run, "places", true, 1, &places, err);
	if (x == 0)
		x = document_number(d, place, run, "seconds", false, 0, &seconds, err);
	if (x == 0)
		x = document_number(d, place, run, "start_seconds", false, 0, &start_seconds, err);
	if (x == 0)
		x = document_flag(d, place, run, "complete", &complete, err);
	if (x == 0)
		x = document_list(d, place, run, "items", &items, err);
	if (x < 0)
		return x;
	if (children > 1e6 || places > 1e6)
		return document_fault(d, place, err, "has more children or places than a machine can have");
	if (json_array_size(items) == 0) /* ended before the first job was done */
		return 0;
	if (seconds <= 0)
		return document_fault(
			d, &(struct place){.up = place, .key = "seconds"}, err, "is 0 though there are items");
	struct baseline_runs *r = runs_of(p, (unsigned)children, (unsigned)places);
	if (!r)
		return err_set(err, -ENOMEM, "out of memory");
	r->runs++;
	r->seconds += seconds;
	r->start_seconds += start_seconds;
	r->incomplete = r->incomplete || !complete;
	const struct place list = {.up = place, .key = "items"};
	json_array_foreach ((json_t *)items, i, item) {
		x = read_item(p, r, d, &(struct place){.up = &list, .index = i}, item, err);
		if (x < 0)
			return x;
	}
	return 0;
}

static int read_kind(const struct document *d, struct err *err)
{
	const char *kind;
	double version;
	if (!json_is_object(d->root))
		return document_fault(d, NULL, err, "this is no object, and so no file of propsctl baseline");
	int x = document_text(d, NULL, d->root, "kind", &kind, err);
	if (x == 0 && strcmp(kind, "baseline") != 0)
		x = document_fault(d, &(struct place){.key = "kind"}, err,
			"is \"%s\"; a file of propsctl baseline has \"baseline\"", kind);
	if (x == 0)
		x = document_number(d, NULL, d->root, "v", true, 1, &version, err);
	if (x == 0 && version > VERSION)
		x = document_fault(d, &(struct place){.key = "v"}, err,
			"is %.0f, of a newer propsd; this propsctl reads %d", version, VERSION);
	return x;
}

static int read_root(struct baseline *b, const struct document *d, struct err *err)
{
	const char *processor, *type, *phase, *date, *host;
	double players, cores;
	const json_t *runs, *run;
	char machine[160];
	size_t i;
	int x = read_kind(d, err);
	const struct {
		const char *key, **ret;
	} texts[] = {{"processor", &processor}, {"type", &type}, {"phase", &phase}, {"date", &date}, {"host", &host}};
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]) && x == 0; i++)
		x = document_text(d, NULL, d->root, texts[i].key, texts[i].ret, err);
	if (x == 0)
		x = document_number(d, NULL, d->root, "players", true, 1, &players, err);
	if (x == 0)
		x = document_number(d, NULL, d->root, "cores", true, 1, &cores, err);
	if (x == 0)
		x = document_list(d, NULL, d->root, "runs", &runs, err);
	if (x < 0)
		return x;
	text_format(machine, sizeof(machine), "%s (%.0f cores)", host, cores);
	struct baseline_phase *p = phase_of(b, processor, type, phase);
	if (!p || add_name(&p->dates, &p->date_count, date) < 0 ||
		add_name(&p->machines, &p->machine_count, machine) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	p->files++;
	p->players += (unsigned)(players < 1e6 ? players : 1e6);
	const struct place list = {.key = "runs"};
	json_array_foreach ((json_t *)runs, i, run) {
		x = read_run(p, d, &(struct place){.up = &list, .index = i}, run, err);
		if (x < 0)
			return x;
	}
	return 0;
}

int baseline_add(struct baseline *b, const char *path, struct err *err)
{
	struct document d;
	int x = document_read(path, &d, err);
	if (x == 0)
		x = read_root(b, &d, err);
	document_done(&d);
	return x;
}

/* --- the end ----------------------------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static int by_children(const void *a, const void *b)
{
	const struct baseline_runs *x = a, *y = b;
	if (x->children != y->children)
		return x->children < y->children ? -1 : 1;
	return (x->places > y->places) - (x->places < y->places);
}

void baseline_finish(struct baseline *b)
{
	for (size_t i = 0; i < b->count; i++) {
		struct baseline_phase *p = &b->phases[i];
		if (p->count > 0)
			qsort(p->runs, p->count, sizeof(*p->runs), by_children);
		for (size_t j = 0; j < p->count; j++)
			if (p->runs[j].count > 0) /* of jobs that all failed there is no list */
				qsort(p->runs[j].jobs, p->runs[j].count, sizeof(double), by_value);
	}
}

void baseline_done(struct baseline *b)
{
	for (size_t i = 0; i < b->count; i++) {
		struct baseline_phase *p = &b->phases[i];
		for (size_t j = 0; j < p->count; j++)
			free(p->runs[j].jobs);
		for (size_t j = 0; j < p->date_count; j++)
			free(p->dates[j]);
		for (size_t j = 0; j < p->machine_count; j++)
			free(p->machines[j]);
		free(p->dates);
		free(p->machines);
		free(p->runs);
		free(p->processor);
		free(p->type);
		free(p->phase);
	}
	free(b->phases);
	*b = (struct baseline){0};
}
