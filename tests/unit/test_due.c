#include "base/due.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"

enum { MINUTE_MS = 60000, HOUR_MS = 3600000 };

static int64_t ms_of(const char *text)
{
	int64_t ms = 0;
	if (!time_parse(text, &ms))
		fail_msg("%s is no time", text);
	return ms;
}

static struct due due_of(const char *days, const char *const *times)
{
	struct due due = {0};
	assert_true(due_days_parse(days, &due.days));
	for (; *times; times++) {
		int32_t seconds = 0;
		assert_true(due_time_parse(*times, &seconds));
		assert_true(due_add_time(&due, seconds));
	}
	return due;
}

static void times_of_the_day_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int32_t seconds; /* -1: it is none */
	} rows[] = {{"00:00", 0}, {"17:00", 61200}, {"17:00:05", 61205}, {"23:59:59", 86399}, {"", -1}, {"17", -1},
		{"17:", -1}, {"7:00", -1}, {"24:00", -1}, {"17:60", -1}, {"17:00:60", -1}, {"17:00:", -1},
		{"17:00:5", -1}, {"17:00 ", -1}, {" 17:00", -1}, {"5pm", -1}, {"17.00", -1}, {"-1:00", -1},
		{"17:00:05.5", -1}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int32_t seconds = -1;
		if (due_time_parse(rows[i].text, &seconds) != (rows[i].seconds >= 0) ||
			(rows[i].seconds >= 0 && seconds != rows[i].seconds))
			fail_msg("'%s' was read as %d", rows[i].text, seconds);
	}
}

static void days_are_read_and_written(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		unsigned days; /* 0: they are none */
		const char *written;
	} rows[] = {{"mon-sun", 0x7f, "mon-sun"}, {"mon", 1, "mon"}, {"sun", 0x40, "sun"}, {"mon-fri", 0x1f, "mon-fri"},
		{"fri-mon", 0x71, "mon,fri-sun"}, {"mon,wed,sat-sun", 0x65, "mon,wed,sat,sun"},
		{"sun-sat", 0x7f, "mon-sun"}, {"tue,tue", 2, "tue"}, {"tue-tue", 2, "tue"},
		{"sun,mon,tue", 0x43, "mon,tue,sun"}, {"", 0, NULL}, {"Mon", 0, NULL}, {"monday", 0, NULL},
		{"mon,", 0, NULL}, {",mon", 0, NULL}, {"mon-", 0, NULL}, {"mon-wed-fri", 0, NULL}, {"mon wed", 0, NULL},
		{"mon, wed", 0, NULL}, {"daily", 0, NULL}, {"m", 0, NULL}, {"1-5", 0, NULL}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char written[DUE_DAYS_SIZE];
		unsigned days = 0;
		if (due_days_parse(rows[i].text, &days) != (rows[i].days != 0) || days != rows[i].days)
			fail_msg("'%s' was read as %x", rows[i].text, days);
		if (rows[i].written)
			assert_string_equal(due_days_format(days, written), rows[i].written);
	}
}

static void times_are_kept_in_order_and_each_once(void **state)
{
	(void)state;
	char text[DUE_TIMES_SIZE];
	struct due due = due_of("mon", (const char *const[]){"18:30:05", "09:00", "18:30", "09:00", NULL});
	assert_int_equal(due.count, 3);
	assert_string_equal(due_times_format(&due, text), "09:00 18:30 18:30:05");
	for (int32_t i = 0; i < DUE_TIMES_MAX - 3; i++)
		assert_true(due_add_time(&due, i));
	assert_true(due_add_time(&due, 0));
	assert_false(due_add_time(&due, 86399));
	assert_int_equal(
		strlen(due_times_format(&due, text)), DUE_TIMES_MAX * 9 - 1 - 4 * 3); /* 00:00, 00:01, 09:00, 18:30 */
}

/* Of a table: a moment, the last one up to it, the next one after it. */
struct step {
	const char *zone, *days, *at, *now, *last, *next;
};

static void check_steps(const struct step *steps, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char last[TIME_SIZE], next[TIME_SIZE];
		const struct step *s = &steps[i];
		assert_int_equal(zone_set(s->zone), 0);
		const struct due due = due_of(s->days, (const char *const[]){s->at, NULL});
		const int64_t now = ms_of(s->now);
		time_format(due_last_ms(&due, now), last);
		time_format(due_next_ms(&due, now), next);
		if (strcmp(last, s->last) != 0 || strcmp(next, s->next) != 0)
			fail_msg("%s %s in %s at %s: last %s, next %s; expected %s, %s", s->days, s->at, s->zone,
				s->now, last, next, s->last, s->next);
	}
	assert_int_equal(zone_set("America/New_York"), 0);
}

#define NY "America/New_York"

static void what_is_due_is_the_first_of_its_days_and_times(void **state)
{
	(void)state;
	static const struct step steps[] = {
		/* Monday, 2026-11-30 */
		{NY, "mon-sun", "17:00", "2026-11-30T21:59:59.999Z", "2026-11-29T22:00:00Z", "2026-11-30T22:00:00Z"},
		{NY, "mon-sun", "17:00", "2026-11-30T22:00:00Z", "2026-11-30T22:00:00Z", "2026-12-01T22:00:00Z"},
		{NY, "mon-sun", "17:00:05", "2026-11-30T22:00:04Z", "2026-11-29T22:00:05Z", "2026-11-30T22:00:05Z"},
		{NY, "tue", "17:00", "2026-11-30T22:00:00Z", "2026-11-24T22:00:00Z", "2026-12-01T22:00:00Z"},
		{NY, "mon", "17:00", "2026-11-30T22:00:01Z", "2026-11-30T22:00:00Z", "2026-12-07T22:00:00Z"},
		{NY, "sat-sun", "12:00", "2026-11-30T22:00:00Z", "2026-11-29T17:00:00Z", "2026-12-05T17:00:00Z"},
		/* The day is the zone's: Monday night there is Tuesday in UTC. */
		{NY, "mon", "23:30", "2026-12-01T04:29:00Z", "2026-11-24T04:30:00Z", "2026-12-01T04:30:00Z"},
		{NY, "mon", "00:00", "2026-11-30T04:59:59Z", "2026-11-23T05:00:00Z", "2026-11-30T05:00:00Z"},
		{"Asia/Tokyo", "tue", "08:00", "2026-11-30T22:00:00Z", "2026-11-23T23:00:00Z", "2026-11-30T23:00:00Z"},
	};
	check_steps(steps, sizeof(steps) / sizeof(*steps));
}

static void over_daylight_saving_each_time_is_due_once(void **state)
{
	(void)state;
	static const struct step steps[] = {
		/* Put forward on 2026-03-08, 07:00Z: 02:00 to 03:00 does not exist. */
		{NY, "mon-sun", "02:30", "2026-03-08T06:59:59Z", "2026-03-07T07:30:00Z", "2026-03-08T07:00:00Z"},
		{NY, "mon-sun", "02:30", "2026-03-08T07:00:00Z", "2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"},
		{NY, "mon-sun", "02:30", "2026-03-08T12:00:00Z", "2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"},
		{NY, "sun", "02:00", "2026-03-08T06:59:59Z", "2026-03-01T07:00:00Z", "2026-03-08T07:00:00Z"},
		{NY, "sun", "02:59:59", "2026-03-08T07:00:00Z", "2026-03-08T07:00:00Z", "2026-03-15T06:59:59Z"},
		{NY, "sun", "03:00", "2026-03-08T06:59:59Z", "2026-03-01T08:00:00Z", "2026-03-08T07:00:00Z"},
		{NY, "mon-sun", "01:59:59", "2026-03-08T06:00:00Z", "2026-03-07T06:59:59Z", "2026-03-08T06:59:59Z"},
		{NY, "mon-sun", "17:00", "2026-03-08T12:00:00Z", "2026-03-07T22:00:00Z", "2026-03-08T21:00:00Z"},
		/* Put back on 2026-11-01, 06:00Z: 01:00 to 02:00 is there twice. */
		{NY, "mon-sun", "01:30", "2026-11-01T05:29:59Z", "2026-10-31T05:30:00Z", "2026-11-01T05:30:00Z"},
		{NY, "mon-sun", "01:30", "2026-11-01T05:30:00Z", "2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"},
		{NY, "mon-sun", "01:30", "2026-11-01T06:30:00Z", "2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"},
		{NY, "mon-sun", "01:00", "2026-11-01T05:59:00Z", "2026-11-01T05:00:00Z", "2026-11-02T06:00:00Z"},
		{NY, "mon-sun", "02:00", "2026-11-01T06:30:00Z", "2026-10-31T06:00:00Z", "2026-11-01T07:00:00Z"},
		{NY, "mon-sun", "17:00", "2026-11-01T12:00:00Z", "2026-10-31T21:00:00Z", "2026-11-01T22:00:00Z"},
		/* At midnight: 2026-03-08, 05:00Z in Havana. By half an hour: 2026-04-04, 15:00Z. */
		{"America/Havana", "sun", "00:15", "2026-03-08T04:59:59Z", "2026-03-01T05:15:00Z",
			"2026-03-08T05:00:00Z"},
		{"Australia/Lord_Howe", "mon-sun", "01:45", "2026-04-04T14:44:00Z", "2026-04-03T14:45:00Z",
			"2026-04-04T14:45:00Z"},
		{"Australia/Lord_Howe", "mon-sun", "01:45", "2026-04-04T15:15:00Z", "2026-04-04T14:45:00Z",
			"2026-04-05T15:15:00Z"},
		/* No 2011-12-30 in Samoa: what is due then is due as the next day begins, 10:00Z. */
		{"Pacific/Apia", "fri", "17:00", "2011-12-30T09:59:59Z", "2011-12-24T03:00:00Z", "2011-12-30T10:00:00Z"},
		{"Pacific/Apia", "fri", "17:00", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z", "2012-01-06T03:00:00Z"},
	};
	check_steps(steps, sizeof(steps) / sizeof(*steps));
}

/* Against a walk over every minute of two years, which sees when the clock shows a time first, or has passed over it. */
static void every_time_of_every_day_is_due_once(void **state)
{
	(void)state;
	static const char *const zones[] = {NY, "America/Havana", "Europe/Berlin", "Australia/Lord_Howe", "UTC"};
	static const char *const times[] = {"00:00", "00:30", "01:30", "02:30", "03:00", "17:00", "23:59", NULL};
	for (size_t z = 0; z < sizeof(zones) / sizeof(*zones); z++) {
		assert_int_equal(zone_set(zones[z]), 0);
		const struct due due = due_of("mon-sun", times);
		const int64_t from = ms_of("2025-12-31T12:00:00Z"), to = ms_of("2028-01-01T12:00:00Z");
		int64_t expected = due_next_ms(&due, from), shown = -1;
		for (int64_t now = from; now < to; now += MINUTE_MS) {
			time_t t = (time_t)(now / 1000);
			struct tm tm;
			localtime_r(&t, &tm);
			const int64_t clock = zone_date(now) * INT64_C(86400) + tm.tm_hour * 3600 + tm.tm_min * 60;
			bool is_due = false;
			for (int64_t second = shown < 0 ? clock + 1 : shown + 60; second <= clock; second += 60)
				for (size_t i = 0; i < due.count; i++)
					is_due |= second % 86400 == due.at[i];
			if (clock > shown)
				shown = clock;
			if (is_due != (now == expected) || (is_due && due_last_ms(&due, now) != now))
				fail_msg("%s: %lld is%s due, expected is %lld", zones[z], (long long)now,
					is_due ? "" : " not", (long long)expected);
			if (is_due)
				expected = due_next_ms(&due, now);
		}
	}
	assert_int_equal(zone_set(NY), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_of_the_day_are_read),
		cmocka_unit_test(days_are_read_and_written),
		cmocka_unit_test(times_are_kept_in_order_and_each_once),
		cmocka_unit_test(what_is_due_is_the_first_of_its_days_and_times),
		cmocka_unit_test(over_daylight_saving_each_time_is_due_once),
		cmocka_unit_test(every_time_of_every_day_is_due_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
