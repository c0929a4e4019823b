/*
 * Time. `struct clock` is the seam through which everything on the loop thread asks for it, so that tests and
 * the simulation can run on a clock of their own. Wall times are Unix milliseconds UTC, durations and
 * monotonic times microseconds; names say which (_ms, _us).
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clock {
	int64_t (*mono_us)(const struct clock *); /* never goes back */
	int64_t (*wall_ms)(const struct clock *); /* may jump */
};

/* The machine's clocks. Any thread. */
const struct clock *clock_system(void);

int64_t clock_thread_us(void); /* processor time that the calling thread has used */

static inline int64_t clock_mono_us(const struct clock *clock)
{
	return clock->mono_us(clock);
}

static inline int64_t clock_wall_ms(const struct clock *clock)
{
	return clock->wall_ms(clock);
}

/* "2026-03-23T02:00:00Z", offsets and fractions allowed; or a whole number of Unix milliseconds. False: not a
 * time from 2000-01-01 to before 2100-01-01. */
bool time_parse(const char *text, int64_t *ret_ms);
bool time_in_range(int64_t ms); /* that range */

/* RFC 3339 in UTC; whole seconds without a fraction, else ".mmm". Returns `buffer`, of TIME_SIZE bytes. */
#define TIME_SIZE 32
const char *time_format(int64_t ms, char *buffer);

/* "20us", "250ms", "30s", "5m", "24h", "7d", "1.5s", "1h30m" (units falling); a bare 0. False for anything else, and for
 * what does not fit or is no whole number of microseconds. */
bool duration_parse(const char *text, int64_t *ret_us);

/* In the largest unit that needs no fraction: "30s", "1500ms", "1d". */
#define DURATION_SIZE 32
const char *duration_format(int64_t us, char *buffer);

/* "10/s", "90/m", "500/h": the time between two, rounded up. False for anything else, and for more than 10000 a second. */
bool frequency_parse(const char *text, int64_t *ret_interval_us);

/* "512M", "64K", "2G", "1T", "1.5G", or bytes. */
bool size_parse(const char *text, int64_t *ret_bytes);
#define SIZE_SIZE 32
const char *size_format(int64_t bytes, char *buffer); /* "512M" */

/* A calendar day as days since 1970-01-01. "2025-11-15" and "20251115"; false if there is no such day. */
typedef int32_t date_t;
bool date_parse(const char *text, size_t length, date_t *ret_date);

/* Days that people name: "today", "yesterday", "tomorrow", as days from today. Ends with a NULL name. */
struct day_word {
	const char *name;
	int days;
};
extern const struct day_word day_words[];
/* As date_parse(), and such words. */
bool day_parse(const char *text, size_t length, date_t today, date_t *ret_date);

#define DATE_SIZE 16
const char *date_format(date_t date, char *buffer); /* 2025-11-15 */

/* Whether there is such a zone on this system: 0, or -ENOENT. */
int zone_check(const char *name);

/* The league's time zone: set once, before any thread, from the configuration. -ENOENT: no such zone. */
int zone_set(const char *name);

/* When that day ends in the league's zone (the first moment of the next one), and the day it is there at that
 * time. */
int64_t zone_day_end_ms(date_t date);
date_t zone_date(int64_t ms);

/* When the clock in the league's zone shows so many seconds after midnight of that day: the first time, where it shows it
 * twice; where it is put forward over it, the moment at which it is put. */
int64_t zone_moment_ms(date_t date, int32_t seconds);

#endif
