#include "trace/trace.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Two lines of the processor's cache: a step is written in some ten nanoseconds beside asking for the time. */
_Static_assert(sizeof(struct trace_record) == 128, "a record is two cache lines");

struct trace {
	const struct clock *clock;
	struct trace_record *ring;
	uint64_t mask; /* its size less 1 */
	uint64_t end; /* records ever added */
	int64_t newest_us;
};

struct trace *trace_new(const struct clock *clock, size_t records)
{
	struct trace *t = calloc(1, sizeof(*t));
	size_t size = 2;
	while (size < records)
		size *= 2;
	if (!t)
		return NULL;
	t->ring = malloc(size * sizeof(*t->ring));
	if (!t->ring) {
		free(t);
		return NULL;
	}
	/* Its pages are taken now: what it costs is seen from the start, and no step waits for one. */
	memset(t->ring, 0xff, size * sizeof(*t->ring)); /* zeros would be had without a page */
	t->clock = clock;
	t->mask = size - 1;
	return t;
}

void trace_free(struct trace *t)
{
	if (!t)
		return;
	free(t->ring);
	free(t);
}

int64_t trace_add(struct trace *t, const struct trace_fact *fact, int64_t since_us, const char *player)
{
	if (!t)
		return 0;
	struct trace_record *r = &t->ring[t->end++ & t->mask];
	/* The next one's lines of the cache are fetched until they are written. */
	__builtin_prefetch(&t->ring[t->end & t->mask], 1);
	__builtin_prefetch(&t->ring[t->end & t->mask].player, 1);
	r->fact = *fact;
	if (fact->at_us == 0)
		r->fact.at_us = clock_mono_us(t->clock);
	else if (fact->at_us == TRACE_AT_ONCE)
		r->fact.at_us = t->newest_us;
	t->newest_us = r->fact.at_us;
	if (since_us > 0)
		r->fact.took_us = r->fact.at_us > since_us ? r->fact.at_us - since_us : 0;
	const size_t length = player ? strnlen(player, sizeof(r->player) - 1) : 0;
	memcpy(r->player, player ? player : "", length);
	r->player[length] = '\0';
	return r->fact.at_us;
}

uint64_t trace_first(const struct trace *t)
{
	return t->end > t->mask ? t->end - t->mask - 1 : 0;
}

uint64_t trace_end(const struct trace *t)
{
	return t->end;
}

const struct trace_record *trace_at(const struct trace *t, uint64_t number)
{
	assert(number >= trace_first(t) && number < t->end);
	return &t->ring[number & t->mask];
}
