#include "process/rate.h"

enum { BURST_US = 100000 }; /* a late wake of the loop costs no token, and a second's worth does not start at once */

static int64_t max64(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t min64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

void rate_set(struct rate *r, int64_t interval_us, unsigned burst, int64_t now_us)
{
	r->interval_us = interval_us;
	r->burst = burst > 0 ? burst : interval_us > 0 ? max64(BURST_US / interval_us, 1) : 1;
	r->full_us = min64(r->full_us, now_us + r->burst * interval_us);
}

int64_t rate_when_us(const struct rate *r, int64_t count)
{
	if (r->interval_us == 0)
		return 0;
	if (count > r->burst)
		return INT64_MAX;
	return r->full_us - (r->burst - count) * r->interval_us;
}

bool rate_has(const struct rate *r, int64_t count, int64_t now_us)
{
	return now_us >= rate_when_us(r, count);
}

bool rate_take(struct rate *r, int64_t now_us)
{
	if (!rate_has(r, 1, now_us))
		return false;
	r->full_us = max64(r->full_us, now_us) + r->interval_us;
	return true;
}
