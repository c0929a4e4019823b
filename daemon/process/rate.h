/*
 * A bound on how many jobs of a processor start in a time: a token bucket, as the one number that says when it was, or
 * will be, full (the "virtual scheduling" of ITU-T I.371, GCRA). A token comes each interval, up to `burst` are
 * kept. Never more than burst + time / interval starts, in any stretch of time. Plain arithmetic; one owner.
 */
#ifndef PROCESS_RATE_H
#define PROCESS_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct rate {
	int64_t interval_us; /* a token each; 0: there is no bound */
	int64_t burst; /* at least 1 */
	int64_t full_us; /* monotonic: the bucket is full from then on */
};

/* `burst` 0: what comes in a tenth of a second, at least 1. A bucket that is in use goes on: the same bound changes
 * nothing, another one has at most its own burst to wait. */
void rate_set(struct rate *r, int64_t interval_us, unsigned burst, int64_t now_us);

bool rate_has(const struct rate *r, int64_t count, int64_t now_us); /* so many tokens; always without a bound */
bool rate_take(struct rate *r, int64_t now_us); /* one; false: there is none */

/* When there are so many; INT64_MAX: never, for that is more than the bucket holds. 0 without a bound. */
int64_t rate_when_us(const struct rate *r, int64_t count);

#endif
