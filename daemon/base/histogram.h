/*
 * A histogram of microseconds in log buckets (8 a power of two: a value and the bounds of its bucket differ
 * by at most 12.5 %), up to 9.5 hours, plus count and sum. Single writer without locks; readers on other
 * threads see each bucket whole (relaxed atomics).
 */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stdatomic.h>
#include <stdint.h>

#define HISTOGRAM_BUCKETS 264

struct histogram {
	_Atomic uint64_t count;
	_Atomic uint64_t sum_us;
	_Atomic uint64_t bucket[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *h, int64_t us); /* below 0 counts as 0 */
void histogram_merge(struct histogram *into, const struct histogram *from);

/* The highest value of the bucket that the quantile (0..1) lies in; 0 when empty. */
int64_t histogram_quantile(const struct histogram *h, double q);

/* How many of the values are <= us, by bucket: the one that `us` lies in counts if half of it or more is <=
 * us. Never falls with `us` or with time. */
uint64_t histogram_at_most(const struct histogram *h, int64_t us);

#endif
