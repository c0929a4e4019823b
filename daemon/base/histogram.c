/*
 * Bucket 0..7 hold the values 0..7; from there each power of two is cut into 8 equal parts: the exponent and
 * the next three bits of the value are the index. The last bucket ends at 2^35 us (9.5 hours) and takes all
 * above.
 *
 * The writer is alone, so plain load-add-store suffices (no locked instruction); the atomics only promise
 * readers on other threads whole words. A reader may see a bucket and the count a few values apart: quantiles
 * go by the buckets.
 */
#include "base/histogram.h"

#include <math.h>
#include <stdbool.h>

static unsigned bucket_of(uint64_t us)
{
	if (us < 8)
		return (unsigned)us;
	unsigned exponent = 63 - (unsigned)__builtin_clzll(us);
	unsigned index = (exponent - 2) * 8 + (unsigned)((us >> (exponent - 3)) & 7);
	return index < HISTOGRAM_BUCKETS ? index : HISTOGRAM_BUCKETS - 1;
}

static uint64_t lowest_of(unsigned index)
{
	if (index < 8)
		return index;
	return (uint64_t)(8 + index % 8) << (index / 8 - 1);
}

static uint64_t highest_of(unsigned index)
{
	return lowest_of(index + 1) - 1;
}

static uint64_t get(const _Atomic uint64_t *word)
{
	return atomic_load_explicit(word, memory_order_relaxed);
}

static void add(_Atomic uint64_t *word, uint64_t n)
{
	atomic_store_explicit(word, get(word) + n, memory_order_relaxed);
}

void histogram_add(struct histogram *h, int64_t us)
{
	uint64_t value = us > 0 ? (uint64_t)us : 0;
	add(&h->bucket[bucket_of(value)], 1);
	add(&h->sum_us, value);
	add(&h->count, 1);
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		add(&into->bucket[i], get(&from->bucket[i]));
	add(&into->sum_us, get(&from->sum_us));
	add(&into->count, get(&from->count));
}

int64_t histogram_quantile(const struct histogram *h, double q)
{
	uint64_t total = 0, seen = 0;
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		total += get(&h->bucket[i]);
	if (total == 0)
		return 0;
	double rank = ceil(q * (double)total);
	unsigned last = 0;
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		uint64_t n = get(&h->bucket[i]);
		if (n == 0)
			continue;
		last = i;
		seen += n;
		if ((double)seen >= rank)
			break;
	}
	return (int64_t)highest_of(last);
}

uint64_t histogram_at_most(const struct histogram *h, int64_t us)
{
	if (us < 0)
		return 0;
	unsigned own = bucket_of((uint64_t)us);
	uint64_t low = lowest_of(own), width = highest_of(own) - low + 1;
	bool whole = own == HISTOGRAM_BUCKETS - 1 || ((uint64_t)us - low + 1) * 2 >= width;
	uint64_t n = 0;
	for (unsigned i = 0; i < own; i++)
		n += get(&h->bucket[i]);
	return whole ? n + get(&h->bucket[own]) : n;
}
