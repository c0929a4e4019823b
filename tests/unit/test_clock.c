#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static int64_t time_of(const char *text)
{
	int64_t ms = -1;
	if (!time_parse(text, &ms))
		fail_msg("'%s' is no time", text);
	return ms;
}

static date_t date_of(const char *text)
{
	date_t date = -1;
	if (!date_parse(text, strlen(text), &date))
		fail_msg("'%s' is no date", text);
	return date;
}

static void the_monotonic_clock_never_goes_back(void **state)
{
	(void)state;
	const struct clock *clock = clock_system();
	int64_t last = clock_mono_us(clock);
	for (int i = 0; i < 1000; i++) {
		int64_t now = clock_mono_us(clock);
		assert_true(now >= last);
		last = now;
	}
}

static void the_wall_clock_is_unix_time_in_milliseconds(void **state)
{
	(void)state;
	int64_t before = (int64_t)time(NULL) * 1000, now = clock_wall_ms(clock_system());
	assert_true(now > before - 2000);
	assert_true(now < (int64_t)time(NULL) * 1000 + 2000);
}

static void times_are_read(void **state)
{
	(void)state;
	assert_int_equal(time_of("2026-03-23T02:00:00Z"), 1774231200000);
	assert_int_equal(time_of("2026-03-23T02:00:00.5Z"), 1774231200500);
	assert_int_equal(time_of("2026-03-23T02:00:00.123999z"), 1774231200123);
	assert_int_equal(time_of("2026-03-22T22:00:00-04:00"), 1774231200000);
	assert_int_equal(time_of("2026-03-23t07:30:00+05:30"), 1774231200000);
	assert_int_equal(time_of("2026-03-23 02:00:00Z"), 1774231200000);
	assert_int_equal(time_of("2016-12-31T23:59:60Z"), time_of("2017-01-01T00:00:00Z"));
	assert_int_equal(time_of("1774231200000"), 1774231200000);
	assert_int_equal(time_of("2000-01-01T00:00:00Z"), 946684800000);
	assert_int_equal(time_of("2099-12-31T23:59:59.999Z"), 4102444799999);
	assert_int_equal(time_of("2000-02-29T00:00:00Z"), 951782400000);
}

static void what_is_no_time_is_refused(void **state)
{
	(void)state;
	static const char *const rows[] = {"", "0", "12", "2026", "now", "1999-12-31T23:59:59Z", "2100-01-01T00:00:00Z",
		"946684799999", "4102444800000", "99999999999999999999", "2026-03-23", "2026-03-23T02:00Z",
		"2026-03-23T02:00:00", "2026-03-23T02:00:00.Z", "2026-03-23T02:00:00Zx", "2026-13-01T00:00:00Z",
		"2026-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-00-10T00:00:00Z", "2026-01-00T00:00:00Z",
		"2026-03-23T24:00:00Z", "2026-03-23T02:60:00Z", "2026-03-23T02:00:61Z", "2026-03-23T02:00:00+24:00",
		"2026-03-23T02:00:00+01:60", "2026-03-23T02:00:00+0100", "2026-3-23T02:00:00Z", " 1774231200000",
		"-1774231200000", "1774231200000.5", "+2026-03-23T02:00:00Z"};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int64_t ms = 42;
		if (time_parse(rows[i], &ms))
			fail_msg("'%s' was taken for a time", rows[i]);
		assert_int_equal(ms, 42);
	}
}

static void times_are_written_as_they_are_read(void **state)
{
	(void)state;
	char text[TIME_SIZE];
	assert_string_equal(time_format(1774231200000, text), "2026-03-23T02:00:00Z");
	assert_string_equal(time_format(1774231200007, text), "2026-03-23T02:00:00.007Z");
	assert_string_equal(time_format(0, text), "1970-01-01T00:00:00Z");
	assert_string_equal(time_format(-1, text), "1969-12-31T23:59:59.999Z");
	for (int64_t ms = 946684800000; ms < 4102444800000; ms += 86400000 * 7 + 3600123)
		assert_int_equal(time_of(time_format(ms, text)), ms);
	time_format(INT64_MAX, text);
	time_format(INT64_MIN, text);
	assert_int_equal(text[strlen(text) - 1], 'Z');
}

static void dates_count_days(void **state)
{
	(void)state;
	assert_int_equal(date_of("1970-01-01"), 0);
	assert_int_equal(date_of("19700102"), 1);
	assert_int_equal(date_of("1969-12-31"), -1);
	assert_int_equal(date_of("2025-11-15"), 20407);
	assert_int_equal(date_of("20251115"), 20407);
	assert_int_equal(date_of("0000-01-01"), -719528);
}

static void every_day_of_five_centuries_reads_back(void **state)
{
	(void)state;
	char text[DATE_SIZE];
	date_t from = date_of("1800-01-01"), to = date_of("2300-12-31");
	assert_int_equal(to - from, 182985);
	for (date_t date = from; date <= to; date++) {
		assert_int_equal(date_of(date_format(date, text)), date);
		struct tm tm;
		time_t t = (time_t)date * 86400;
		char want[DATE_SIZE];
		gmtime_r(&t, &tm);
		strftime(want, sizeof(want), "%Y-%m-%d", &tm);
		assert_string_equal(text, want);
	}
}

static void what_is_no_date_is_refused(void **state)
{
	(void)state;
	static const char *const rows[] = {"", "2025", "2025-11-1", "2025-1115", "202511-15", "2025-02-29",
		"1900-02-29", "2025-11-31", "20251301", "20250001", "2025/11/15", "2025-11-15x", "2025111 ", "+2025111"};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		date_t date = 42;
		if (date_parse(rows[i], strlen(rows[i]), &date))
			fail_msg("'%s' was taken for a date", rows[i]);
		assert_int_equal(date, 42);
	}
	date_t date;
	assert_true(date_parse("20251115_LAL_GSW", 8, &date));
	assert_int_equal(date, 20407);
	assert_false(date_parse("2000-02\0-1", 10, &date));
}

static void days_are_named(void **state)
{
	(void)state;
	date_t date = 0;
	assert_true(day_parse("today", 5, 100, &date) && date == 100);
	assert_true(day_parse("yesterday", 9, 100, &date) && date == 99);
	assert_true(day_parse("tomorrow", 8, 100, &date) && date == 101);
	assert_true(day_parse("1970-01-02", 10, 100, &date) && date == 1);
	assert_false(
		day_parse("toda", 4, 100, &date) || day_parse("todays", 6, 100, &date) || day_parse("", 0, 100, &date));
}

static void durations_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t us;
	} rows[] = {
		{"0", 0},
		{"0s", 0},
		{"20us", 20},
		{"250ms", 250000},
		{"30s", 30000000},
		{"5m", 300000000},
		{"24h", 86400000000},
		{"7d", 604800000000},
		{"1.5s", 1500000},
		{"0.25ms", 250},
		{"0.000001s", 1},
		{"2.50m", 150000000},
		{"1h30m", 5400000000},
		{"1d2h3m4s", 93784000000},
		{"1s500ms", 1500000},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int64_t us = -1;
		if (!duration_parse(rows[i].text, &us))
			fail_msg("'%s' is no duration", rows[i].text);
		assert_int_equal(us, rows[i].us);
	}
}

static void what_is_no_duration_is_refused(void **state)
{
	(void)state;
	static const char *const rows[] = {"", "5", "00", "s", "-5s", "+5s", " 5s", "5 s", "5s ", "5S", "5sec", "30m1h",
		"1h1h", "1h30", ".5s", "5.s", "0.1us", "0.0000001s", "1e3s", "106751992d", "999999999999999999d",
		"9999999999999999999s", "0x10s"};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int64_t us = 42;
		if (duration_parse(rows[i], &us))
			fail_msg("'%s' was taken for a duration", rows[i]);
		assert_int_equal(us, 42);
	}
}

static void durations_are_written_in_the_largest_whole_unit(void **state)
{
	(void)state;
	char text[DURATION_SIZE];
	assert_string_equal(duration_format(0, text), "0");
	assert_string_equal(duration_format(1, text), "1us");
	assert_string_equal(duration_format(1500000, text), "1500ms");
	assert_string_equal(duration_format(30000000, text), "30s");
	assert_string_equal(duration_format(90000000, text), "90s");
	assert_string_equal(duration_format(86400000000, text), "1d");
	assert_string_equal(duration_format(-1500, text), "-1500us");
	for (int64_t us = 1; us < INT64_MAX / 7; us *= 7) {
		int64_t back = -1;
		assert_true(duration_parse(duration_format(us, text), &back));
		assert_int_equal(back, us);
	}
}

static void frequencies_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t us; /* 0: it is none */
	} rows[] = {{"10/s", 100000}, {"1/s", 1000000}, {"3/s", 333334}, {"10000/s", 100}, {"90/m", 666667},
		{"7/m", 8571429}, {"500/h", 7200000}, {"1/h", 3600000000}, {"010/s", 100000}, {"", 0}, {"10", 0},
		{"/s", 0}, {"0/s", 0}, {"10001/s", 0}, {"10/d", 0}, {"10 /s", 0}, {"-1/s", 0}, {"1.5/s", 0},
		{"10/s ", 0}, {"9999999999/h", 0}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int64_t us = 0;
		if (frequency_parse(rows[i].text, &us) != (rows[i].us > 0) || us != rows[i].us)
			fail_msg("'%s' was read as one in %lld us", rows[i].text, (long long)us);
	}
}

static void sizes_are_read_and_written(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t bytes;
		const char *written;
	} rows[] = {
		{"0", 0, "0"},
		{"1", 1, "1"},
		{"1000", 1000, "1000"},
		{"64K", 65536, "64K"},
		{"65536", 65536, "64K"},
		{"512M", 536870912, "512M"},
		{"2G", 2147483648, "2G"},
		{"1T", 1099511627776, "1T"},
		{"1.5K", 1536, "1536"},
		{"1536M", 1610612736, "1536M"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int64_t bytes = -1;
		char text[SIZE_SIZE];
		if (!size_parse(rows[i].text, &bytes))
			fail_msg("'%s' is no size", rows[i].text);
		assert_int_equal(bytes, rows[i].bytes);
		assert_string_equal(size_format(bytes, text), rows[i].written);
	}
	static const char *const bad[] = {"", "K", "-1", "1k", "1KB", "1 K", "0.3K", "1.", "9999999T", "1e9"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		int64_t bytes = 42;
		if (size_parse(bad[i], &bytes))
			fail_msg("'%s' was taken for a size", bad[i]);
		assert_int_equal(bytes, 42);
	}
}

static void a_day_ends_at_midnight_of_the_leagues_zone(void **state)
{
	(void)state;
	assert_int_equal(zone_set("America/New_York"), 0);
	assert_int_equal(zone_day_end_ms(date_of("2025-11-15")), time_of("2025-11-16T00:00:00-05:00"));
	assert_int_equal(zone_day_end_ms(date_of("2025-07-15")), time_of("2025-07-16T00:00:00-04:00"));
	/* The days on which the clocks change have 23 and 25 hours. */
	assert_int_equal(zone_day_end_ms(date_of("2026-03-08")) - zone_day_end_ms(date_of("2026-03-07")), 23 * 3600000);
	assert_int_equal(zone_day_end_ms(date_of("2025-11-02")) - zone_day_end_ms(date_of("2025-11-01")), 25 * 3600000);
}

static void a_moment_has_the_date_of_the_leagues_zone(void **state)
{
	(void)state;
	assert_int_equal(zone_set("America/New_York"), 0);
	assert_int_equal(zone_date(time_of("2026-03-23T02:00:00Z")), date_of("2026-03-22"));
	assert_int_equal(zone_date(time_of("2026-03-23T04:00:00Z")), date_of("2026-03-23"));
	for (date_t date = date_of("2024-01-01"); date < date_of("2027-01-01"); date++) {
		assert_int_equal(zone_date(zone_day_end_ms(date) - 1), date);
		assert_int_equal(zone_date(zone_day_end_ms(date)), date + 1);
	}
}

static void a_day_whose_midnight_is_skipped_ends_all_the_same(void **state)
{
	(void)state;
	/* Havana puts its clocks from 0:00 to 1:00. */
	assert_int_equal(zone_set("America/Havana"), 0);
	date_t before = date_of("2025-03-08");
	int64_t end = zone_day_end_ms(before);
	assert_int_equal(end, time_of("2025-03-09T05:00:00Z"));
	assert_int_equal(zone_date(end), before + 1);
	assert_int_equal(zone_date(end - 1), before);
}

static void an_unknown_zone_is_refused(void **state)
{
	(void)state;
	assert_int_equal(zone_set("America/New_York"), 0);
	static const char *const bad[] = {
		"", "Mars/Olympus", "/etc/passwd", "../../../etc/passwd", "zone.tab", "America"};
	assert_int_equal(zone_check("America/New_York"), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(zone_check(bad[i]), -ENOENT);
		assert_int_equal(zone_set(bad[i]), -ENOENT);
	}
	assert_string_equal(getenv("TZ"), "America/New_York");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_monotonic_clock_never_goes_back),
		cmocka_unit_test(the_wall_clock_is_unix_time_in_milliseconds),
		cmocka_unit_test(times_are_read),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(times_are_written_as_they_are_read),
		cmocka_unit_test(dates_count_days),
		cmocka_unit_test(every_day_of_five_centuries_reads_back),
		cmocka_unit_test(what_is_no_date_is_refused),
		cmocka_unit_test(days_are_named),
		cmocka_unit_test(durations_are_read),
		cmocka_unit_test(what_is_no_duration_is_refused),
		cmocka_unit_test(durations_are_written_in_the_largest_whole_unit),
		cmocka_unit_test(frequencies_are_read),
		cmocka_unit_test(sizes_are_read_and_written),
		cmocka_unit_test(a_day_ends_at_midnight_of_the_leagues_zone),
		cmocka_unit_test(a_moment_has_the_date_of_the_leagues_zone),
		cmocka_unit_test(a_day_whose_midnight_is_skipped_ends_all_the_same),
		cmocka_unit_test(an_unknown_zone_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
