/*
 * Calendar arithmetic is done here on days since 1970 (the proleptic Gregorian calendar with years starting
 * in March, so that the leap day is the last of its year): timegm() and gmtime() would do for one, but not
 * strictly for input. Only the league's zone needs libc, through TZ.
 */
#include "base/clock.h"

#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DAY_MS INT64_C(86400000)
#define ZONE_FOLDER "/usr/share/zoneinfo/"

static int64_t read_us(clockid_t id)
{
	struct timespec ts;
	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static int64_t system_mono_us(const struct clock *clock)
{
	(void)clock;
	return read_us(CLOCK_MONOTONIC);
}

static int64_t system_wall_ms(const struct clock *clock)
{
	(void)clock;
	return read_us(CLOCK_REALTIME) / 1000;
}

const struct clock *clock_system(void)
{
	static const struct clock system = {.mono_us = system_mono_us, .wall_ms = system_wall_ms};
	return &system;
}

int64_t clock_thread_us(void)
{
	return read_us(CLOCK_THREAD_CPUTIME_ID);
}

/* calendar */

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month_days(int year, int month)
{
	static const signed char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

static bool to_date(int year, int month, int day, date_t *ret_date)
{
	if (month < 1 || month > 12 || day < 1 || day > month_days(year, month))
		return false;
	int y = month > 2 ? year : year - 1; /* year that starts in March; never below -1 here */
	int era = (y >= 0 ? y : y - 399) / 400;
	int of_era = y - era * 400;
	int of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	*ret_date = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
	return true;
}

static void from_days(int64_t days, int64_t *ret_year, int *ret_month, int *ret_day)
{
	days += 719468; /* since 0000-03-01 */
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int of_era = (int)(days - era * 146097);
	int year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int of_year = of_era - (365 * year + year / 4 - year / 100);
	int month = (5 * of_year + 2) / 153;
	*ret_day = of_year - (153 * month + 2) / 5 + 1;
	*ret_month = month < 10 ? month + 3 : month - 9;
	*ret_year = era * 400 + year + (*ret_month <= 2);
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* text */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Exactly `count` digits at *text, which moves behind them. */
static bool digits(const char **text, int count, int *ret_number)
{
	int n = 0;
	for (int i = 0; i < count; i++) {
		char c = (*text)[i];
		if (!is_digit(c))
			return false;
		n = n * 10 + (c - '0');
	}
	*text += count;
	*ret_number = n;
	return true;
}

static bool one_of(const char **text, const char *set)
{
	if (**text == '\0' || strchr(set, **text) == NULL)
		return false;
	(*text)++;
	return true;
}

bool date_parse(const char *text, size_t length, date_t *ret_date)
{
	char copy[11] = ""; /* ends in NULs, so that digits() stops there */
	if (length != 10 && length != 8)
		return false;
	memcpy(copy, text, length);
	const char *p = copy;
	int year, month, day;
	bool dashes = length == 10;
	return digits(&p, 4, &year) && (!dashes || one_of(&p, "-")) && digits(&p, 2, &month) &&
	       (!dashes || one_of(&p, "-")) && digits(&p, 2, &day) && to_date(year, month, day, ret_date);
}

const struct day_word day_words[] = {{"today", 0}, {"yesterday", -1}, {"tomorrow", 1}, {NULL, 0}};

bool day_parse(const char *text, size_t length, date_t today, date_t *ret_date)
{
	for (const struct day_word *word = day_words; word->name; word++) {
		if (length != strlen(word->name) || memcmp(text, word->name, length) != 0)
			continue;
		*ret_date = today + word->days;
		return true;
	}
	return date_parse(text, length, ret_date);
}

/* A report holds twenty dates, and printf would be a third of its cost. */
static char *put_two(char *p, int number, char after)
{
	p[0] = (char)('0' + number / 10);
	p[1] = (char)('0' + number % 10);
	p[2] = after;
	return p + 3;
}

/* "2025-11-15" and `after` behind it; returns the place behind that. */
static char *put_date(char *p, size_t size, int64_t days, char after)
{
	int64_t year;
	int month, day;
	from_days(days, &year, &month, &day);
	if (year < 0 || year > 9999) {
		p += text_format(p, size, "%04" PRId64 "-%02d-%02d", year, month, day);
		*p = after;
		return p + 1;
	}
	put_two(p, (int)year / 100, '\0');
	p = put_two(p + 2, (int)year % 100, '-');
	return put_two(put_two(p, month, '-'), day, after);
}

const char *date_format(date_t date, char *buffer)
{
	put_date(buffer, DATE_SIZE, date, '\0');
	return buffer;
}

bool time_in_range(int64_t ms)
{
	const int64_t from = INT64_C(946684800000), to = INT64_C(4102444800000); /* 2000-01-01, 2100-01-01 */
	return ms >= from && ms < to;
}

static bool in_range(int64_t ms, int64_t *ret_ms)
{
	if (!time_in_range(ms))
		return false;
	*ret_ms = ms;
	return true;
}

/* ".5", ".123456": at least one digit; what is below a millisecond is dropped. */
static bool fraction(const char **text, int *ret_ms)
{
	const char *p = *text;
	int ms = 0, weight = 100;
	*ret_ms = 0;
	if (*p != '.')
		return true;
	p++;
	if (!is_digit(*p))
		return false;
	for (; is_digit(*p); p++) {
		ms += (*p - '0') * weight;
		weight /= 10;
	}
	*text = p;
	*ret_ms = ms;
	return true;
}

static bool offset(const char **text, int *ret_minutes)
{
	int sign = **text == '-' ? -1 : 1, hours, minutes;
	*ret_minutes = 0;
	if (one_of(text, "Zz"))
		return true;
	if (!one_of(text, "+-") || !digits(text, 2, &hours) || !one_of(text, ":") || !digits(text, 2, &minutes))
		return false;
	*ret_minutes = sign * (hours * 60 + minutes);
	return hours < 24 && minutes < 60;
}

static bool parse_rfc3339(const char *p, int64_t *ret_ms)
{
	int year, month, day, hour, minute, second, ms, ahead;
	date_t date;
	if (!digits(&p, 4, &year) || !one_of(&p, "-") || !digits(&p, 2, &month) || !one_of(&p, "-") ||
		!digits(&p, 2, &day) || !to_date(year, month, day, &date))
		return false;
	if (!one_of(&p, "Tt ") || !digits(&p, 2, &hour) || !one_of(&p, ":") || !digits(&p, 2, &minute) ||
		!one_of(&p, ":") || !digits(&p, 2, &second) || !fraction(&p, &ms) || !offset(&p, &ahead))
		return false;
	/* Second 60 is a leap second: Unix time knows it as the second that follows. */
	if (*p != '\0' || hour > 23 || minute > 59 || second > 60)
		return false;
	return in_range(date * DAY_MS + (((hour * 60 + minute - ahead) * INT64_C(60) + second) * 1000) + ms, ret_ms);
}

bool time_parse(const char *text, int64_t *ret_ms)
{
	size_t n = strspn(text, "0123456789");
	if (text[n] != '\0')
		return parse_rfc3339(text, ret_ms);
	if (n == 0 || n > 15)
		return false;
	return in_range(strtoll(text, NULL, 10), ret_ms);
}

const char *time_format(int64_t ms, char *buffer)
{
	int rest = (int)(ms % DAY_MS);
	if (rest < 0)
		rest += (int)DAY_MS;
	int part = rest % 1000;
	char *p = put_date(buffer, TIME_SIZE, floor_div(ms, DAY_MS), 'T');
	p = put_two(p, rest / 3600000, ':');
	p = put_two(p, rest / 60000 % 60, ':');
	p = put_two(p, rest / 1000 % 60, part != 0 ? '.' : 'Z');
	if (part != 0) {
		*p++ = (char)('0' + part / 100);
		p = put_two(p, part % 100, 'Z');
	}
	*p = '\0';
	return buffer;
}

/* durations and sizes */

struct unit {
	char name[4];
	int64_t factor;
};

/* Largest first: the first that divides is the shortest spelling. */
static const struct unit time_units[] = {
	{"d", INT64_C(86400000000)},
	{"h", INT64_C(3600000000)},
	{"m", 60000000},
	{"s", 1000000},
	{"ms", 1000},
	{"us", 1},
};
static const struct unit size_units[] = {
	{"T", INT64_C(1) << 40},
	{"G", 1 << 30},
	{"M", 1 << 20},
	{"K", 1 << 10},
	{"", 1},
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* NUMBER[.NUMBER]UNIT, exact: 0.5K is 512, 0.3K is refused. */
static bool parse_unit(const char *text, const struct unit *units, size_t count, int64_t *ret_value)
{
	__int128 value = 0, scale = 1;
	size_t whole = strspn(text, "0123456789"), decimals = 0;
	const char *p = text + whole;
	if (*p == '.') {
		decimals = strspn(p + 1, "0123456789");
		if (decimals == 0)
			return false;
		p += 1 + decimals;
	}
	/* 18 digits each keep all products below 2^127. */
	if (whole == 0 || whole > 18 || decimals > 12)
		return false;
	for (const char *q = text; q < p; q++)
		if (*q != '.')
			value = value * 10 + (*q - '0');
	for (size_t i = 0; i < decimals; i++)
		scale *= 10;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(p, units[i].name) != 0)
			continue;
		value *= units[i].factor;
		if (value % scale != 0 || value / scale > INT64_MAX)
			return false;
		*ret_value = (int64_t)(value / scale);
		return true;
	}
	return false;
}

static void format_unit(int64_t value, const struct unit *units, size_t count, char *buffer, size_t size)
{
	size_t i = 0;
	while (i < count - 1 && value % units[i].factor != 0)
		i++;
	text_format(buffer, size, "%" PRId64 "%s", value / units[i].factor, units[i].name);
}

/* "1h30m" is "1h" and "30m": from a part to the next the unit falls, so that "30m1h" and "1h1h" are mistakes. */
bool duration_parse(const char *text, int64_t *ret_us)
{
	int64_t sum = 0, last = INT64_MAX;
	if (strcmp(text, "0") == 0) {
		*ret_us = 0;
		return true;
	}
	do {
		char part[40];
		size_t number = strspn(text, "0123456789."), length = number + strcspn(text + number, "0123456789");
		int64_t us, unit;
		if (length >= sizeof(part))
			return false;
		memcpy(part, text, length);
		part[length] = '\0';
		if (!parse_unit(part, time_units, COUNT(time_units), &us))
			return false;
		part[0] = '1';
		memmove(part + 1, part + number, length - number + 1);
		if (!parse_unit(part, time_units, COUNT(time_units), &unit) || unit >= last ||
			__builtin_add_overflow(sum, us, &sum))
			return false;
		last = unit;
		text += length;
	} while (*text);
	*ret_us = sum;
	return true;
}

const char *duration_format(int64_t us, char *buffer)
{
	if (us == 0)
		text_format(buffer, DURATION_SIZE, "0");
	else
		format_unit(us, time_units, COUNT(time_units), buffer, DURATION_SIZE);
	return buffer;
}

bool frequency_parse(const char *text, int64_t *ret_interval_us)
{
	const int64_t least_us = 100;
	size_t n = strspn(text, "0123456789");
	int64_t unit_us = 0, count = n > 0 && n <= 9 ? strtoll(text, NULL, 10) : 0;
	if (strcmp(text + n, "/s") == 0)
		unit_us = 1000000;
	else if (strcmp(text + n, "/m") == 0)
		unit_us = 60000000;
	else if (strcmp(text + n, "/h") == 0)
		unit_us = INT64_C(3600000000);
	if (count == 0 || unit_us / count < least_us)
		return false;
	*ret_interval_us = (unit_us + count - 1) / count;
	return true;
}

bool size_parse(const char *text, int64_t *ret_bytes)
{
	return parse_unit(text, size_units, COUNT(size_units), ret_bytes);
}

const char *size_format(int64_t bytes, char *buffer)
{
	if (bytes == 0)
		text_format(buffer, SIZE_SIZE, "0");
	else
		format_unit(bytes, size_units, COUNT(size_units), buffer, SIZE_SIZE);
	return buffer;
}

/* zone */

/* libc takes an unknown TZ silently for UTC: so look whether there is such a file and whether it is one. */
int zone_check(const char *name)
{
	char path[PATH_MAX];
	if (name[0] == '\0' || name[0] == '/' || strstr(name, "..") != NULL || strlen(name) > 255)
		return -ENOENT;
	text_format(path, sizeof(path), ZONE_FOLDER "%s", name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -ENOENT;
	char magic[4];
	bool good = read(fd, magic, sizeof(magic)) == sizeof(magic) && memcmp(magic, "TZif", 4) == 0;
	close(fd);
	return good ? 0 : -ENOENT;
}

int zone_set(const char *name)
{
	int rc = zone_check(name);
	if (rc < 0)
		return rc;
	if (setenv("TZ", name, 1) < 0)
		return -errno;
	tzset();
	return 0;
}

date_t zone_date(int64_t ms)
{
	time_t t = (time_t)floor_div(ms, 1000);
	struct tm tm;
	localtime_r(&t, &tm);
	date_t date = 0;
	to_date(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, &date);
	return date;
}

int64_t zone_day_end_ms(date_t date)
{
	int64_t year;
	int month, day;
	from_days((int64_t)date + 1, &year, &month, &day);
	struct tm tm = {.tm_year = (int)year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_isdst = -1};
	int64_t guess = (int64_t)mktime(&tm) * 1000;
	if (zone_date(guess) == date + 1 && zone_date(guess - 1) == date)
		return guess;
	/* Some zones skip midnight when summer time begins; the day then ends where the next one is first
	 * seen. */
	int64_t low = guess - DAY_MS / 2, high = guess + DAY_MS / 2;
	while (high - low > 1) {
		int64_t middle = low + (high - low) / 2;
		if (zone_date(middle) > date)
			high = middle;
		else
			low = middle;
	}
	return high;
}

static int64_t zone_offset(int64_t seconds)
{
	time_t t = (time_t)seconds;
	struct tm tm;
	localtime_r(&t, &tm);
	return tm.tm_gmtoff;
}

/* mktime() leaves open which of two it takes, and what it makes of a time that is none. */
int64_t zone_moment_ms(date_t date, int32_t seconds)
{
	/* No zone is farther from UTC than that, and none has changed twice in so short a time. */
	const int64_t reach = 15 * 3600, local = (int64_t)date * (DAY_MS / 1000) + seconds;
	int64_t low = local - reach, high = local + reach;
	const int64_t before = zone_offset(low), after = zone_offset(high);
	if (zone_offset(local - before) == before) /* it is shown before any change: the first time */
		return (local - before) * 1000;
	if (zone_offset(local - after) == after)
		return (local - after) * 1000;
	while (high - low > 1) {
		const int64_t middle = low + (high - low) / 2;
		if (zone_offset(middle) == before)
			low = middle;
		else
			high = middle;
	}
	return high * 1000;
}
