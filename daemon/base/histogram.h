/*
 * A histogram of microseconds in log buckets (8 a power of two, relative error under 9 %), 1 us to over an hour, plus
 * count and sum. Single writer without locks; readers on other threads see each bucket whole (relaxed atomics).
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
int64_t histogram_quantile(const struct histogram *h, double q); /* upper bound of its bucket; 0 when empty */
uint64_t histogram_at_most(const struct histogram *h, int64_t us); /* how many of the values are <= us, by bucket */

#endif
