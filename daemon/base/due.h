/*
 * When something is due again and again: times of the day, on days of the week, in the league's zone (zone_set()).
 * Pure but for that zone.
 *
 * Where the clock is put forward over a time, it is due at the moment at which the clock is put: the first that is not
 * before it. A time that the clock shows twice is due the first time. So each time of each day is due once.
 */
#ifndef BASE_DUE_H
#define BASE_DUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DUE_TIMES_MAX = 96 };

struct due {
	unsigned days; /* bits, from Monday on: 1 << 0 .. 1 << 6; at least one */
	size_t count; /* at least 1 */
	int32_t at[DUE_TIMES_MAX]; /* seconds of the day, rising */
};

bool due_time_parse(const char *text, int32_t *ret_seconds); /* "17:00", "17:00:05" */
bool due_days_parse(const char *text, unsigned *ret_days); /* "mon-sun", "fri-mon", "mon,wed,sat-sun" */

/* Keeps the times in order, and each once. False: more than DUE_TIMES_MAX. */
bool due_add_time(struct due *due, int32_t seconds);

/* The first one after that moment, the last one up to it. Unix milliseconds. */
int64_t due_next_ms(const struct due *due, int64_t after_ms);
int64_t due_last_ms(const struct due *due, int64_t up_to_ms);

/* "17:00 18:30:05", and the days as "mon-fri", "mon,wed". Return `buffer`. */
#define DUE_TIMES_SIZE (DUE_TIMES_MAX * 9 + 1)
const char *due_times_format(const struct due *due, char buffer[DUE_TIMES_SIZE]);
#define DUE_DAYS_SIZE 32
const char *due_days_format(unsigned days, char buffer[DUE_DAYS_SIZE]);

#endif
