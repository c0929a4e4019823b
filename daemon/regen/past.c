#include "regen/past.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "report/report.h"

#include <utlist.h>

const char *past_end_name(enum past_end end)
{
	static const char *const names[PAST_ENDS] = {
		[PAST_COMMITTED] = "committed",
		[PAST_REFUSED] = "refused",
		[PAST_FAILED] = "failed",
		[PAST_LOST] = "lost",
	};
	return names[end];
}

void past_drop(struct pasts *all, struct past **owner)
{
	struct past *one = *owner;
	if (!one)
		return;
	*owner = NULL;
	all->bytes -= one->counted;
	DL_DELETE(all->list, one);
	free(one->reports[0].bytes);
	free(one->reports[1].bytes);
	free(one);
}

/* His, now the last to go; NULL: none is kept. */
static struct past *of_owner(struct pasts *all, struct past **owner)
{
	struct past *one = *owner;
	if (one) {
		DL_DELETE(all->list, one);
		DL_APPEND(all->list, one);
		return one;
	}
	one = all->most > 0 ? calloc(1, sizeof(*one)) : NULL;
	if (!one)
		return NULL;
	one->owner = owner;
	*owner = one;
	DL_APPEND(all->list, one);
	return one;
}

static void count(struct pasts *all, struct past *one)
{
	all->bytes -= one->counted;
	one->counted = sizeof(*one) + one->reports[0].size + one->reports[1].size;
	all->bytes += one->counted;
	while (all->bytes > all->most && all->list)
		past_drop(all, all->list->owner);
}

void past_run(struct pasts *all, struct past **owner, const struct past_run *run)
{
	struct past *one = of_owner(all, owner);
	if (!one)
		return;
	one->runs[one->run_count++ % PAST_RUNS] = *run;
	count(all, one);
}

/* Reports of a player are mostly of about one size: what held the last but one holds the next. */
static void put(struct past_report *r, int64_t version, const char *bytes, size_t whole)
{
	size_t from = whole, to = whole;
	report_causes(bytes, whole, &from, &to);
	const size_t length = whole - (to - from);
	const bool kept = length <= PAST_REPORT_MAX;
	if (!kept || length > r->size || length < r->size / 4) {
		free(r->bytes);
		r->size = length + length / 8;
		r->bytes = kept ? malloc(r->size) : NULL;
	}
	r->version = version;
	r->length = r->bytes ? length : 0;
	if (r->bytes)
		memcpy(mempcpy(r->bytes, bytes, from), bytes + to, whole - to);
	else
		r->size = 0;
}

void past_report(struct pasts *all, struct past **owner, int64_t version, const char *bytes, size_t length)
{
	struct past *one = of_owner(all, owner);
	if (!one || length == 0)
		return;
	const struct past_report spare = one->reports[1];
	one->reports[1] = one->reports[0];
	one->reports[0] = spare;
	put(&one->reports[0], version, bytes, length);
	count(all, one);
}
