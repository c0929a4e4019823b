#include "base/due.h"

#include <string.h>

#include "base/clock.h"
#include "base/str.h"

enum { DAYS = 7, SEARCHED = 2 * DAYS }; /* of the calendar: also where a zone has left a day out */

static const char names[DAYS][4] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

/* --- text --------------------------------------------------------------------------------------------------------- */

/* Two digits up to `most` at *text, which moves behind them. */
static bool two_digits(const char **text, int most, int32_t *ret)
{
	const char *p = *text;
	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return false;
	*ret = (p[0] - '0') * 10 + (p[1] - '0');
	*text += 2;
	return *ret <= most;
}

bool due_time_parse(const char *text, int32_t *ret_seconds)
{
	int32_t hour, minute, second = 0;
	if (!two_digits(&text, 23, &hour) || *text++ != ':' || !two_digits(&text, 59, &minute))
		return false;
	if (*text == ':' && (text++, !two_digits(&text, 59, &second)))
		return false;
	if (*text != '\0')
		return false;
	*ret_seconds = (hour * 60 + minute) * 60 + second;
	return true;
}

static int day_at(const char *text)
{
	int day = 0;
	while (day < DAYS && strncmp(text, names[day], 3) != 0)
		day++;
	return day;
}

bool due_days_parse(const char *text, unsigned *ret_days)
{
	unsigned days = 0;
	for (;; text++) {
		int from = day_at(text), to = from;
		if (from == DAYS)
			return false;
		text += 3;
		if (*text == '-') {
			to = day_at(text + 1);
			if (to == DAYS)
				return false;
			text += 4;
		}
		for (int day = from;; day = (day + 1) % DAYS) { /* also over the end of the week */
			days |= 1u << day;
			if (day == to)
				break;
		}
		if (*text == '\0')
			break;
		if (*text != ',')
			return false;
	}
	*ret_days = days;
	return true;
}

const char *due_times_format(const struct due *due, char buffer[DUE_TIMES_SIZE])
{
	size_t n = 0;
	buffer[0] = '\0';
	for (size_t i = 0; i < due->count; i++) {
		const int at = due->at[i], second = at % 60;
		n += text_format(
			buffer + n, DUE_TIMES_SIZE - n, "%s%02d:%02d", i > 0 ? " " : "", at / 3600, at / 60 % 60);
		if (second > 0)
			n += text_format(buffer + n, DUE_TIMES_SIZE - n, ":%02d", second);
	}
	return buffer;
}

static bool has_day(unsigned days, int day)
{
	return (days >> day & 1) != 0;
}

const char *due_days_format(unsigned days, char buffer[DUE_DAYS_SIZE])
{
	size_t n = 0;
	buffer[0] = '\0';
	for (int day = 0; day < DAYS; day++) {
		int to = day;
		if (!has_day(days, day))
			continue;
		while (to + 1 < DAYS && has_day(days, to + 1))
			to++;
		n += text_format(buffer + n, DUE_DAYS_SIZE - n, "%s%s", n > 0 ? "," : "", names[day]);
		if (to > day)
			n += text_format(buffer + n, DUE_DAYS_SIZE - n, "%s%s", to > day + 1 ? "-" : ",", names[to]);
		day = to;
	}
	return buffer;
}

/* --- times -------------------------------------------------------------------------------------------------------- */

bool due_add_time(struct due *due, int32_t seconds)
{
	size_t place = 0;
	while (place < due->count && due->at[place] < seconds)
		place++;
	if (place < due->count && due->at[place] == seconds)
		return true;
	if (due->count == DUE_TIMES_MAX)
		return false;
	memmove(&due->at[place + 1], &due->at[place], (due->count - place) * sizeof(due->at[0]));
	due->at[place] = seconds;
	due->count++;
	return true;
}

static bool is_day(const struct due *due, date_t date)
{
	const int thursday = 3; /* 1970-01-01 */
	return has_day(due->days, (int)(((date + thursday) % DAYS + DAYS) % DAYS));
}

/* Times of a day are due in their order, and days after one another: the first that comes is the one. */
int64_t due_next_ms(const struct due *due, int64_t after_ms)
{
	const date_t today = zone_date(after_ms);
	for (date_t date = today - 1; date <= today + SEARCHED; date++)
		for (size_t i = 0; is_day(due, date) && i < due->count; i++) {
			const int64_t at_ms = zone_moment_ms(date, due->at[i]);
			if (at_ms > after_ms)
				return at_ms;
		}
	return INT64_MAX;
}

int64_t due_last_ms(const struct due *due, int64_t up_to_ms)
{
	const date_t today = zone_date(up_to_ms);
	for (date_t date = today + 1; date >= today - SEARCHED; date--)
		for (size_t i = is_day(due, date) ? due->count : 0; i-- > 0;) {
			const int64_t at_ms = zone_moment_ms(date, due->at[i]);
			if (at_ms <= up_to_ms)
				return at_ms;
		}
	return INT64_MIN;
}
