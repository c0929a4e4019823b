#include "base/str.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static uint64_t seed;

static uint64_t next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static const char *number_text(double number)
{
	static char text[400];
	struct str s = {0};
	str_number(&s, number);
	assert_false(s.failed);
	assert_int_equal(s.length, strlen(s.data));
	snprintf(text, sizeof(text), "%s", s.data);
	str_done(&s);
	return text;
}

/* The same by printf: the rounded number with four decimals, then the zeros taken off. */
static const char *number_by_printf(double number)
{
	static char text[400];
	double rounded = fabs(number) < 1e11 ? round(number * 1e4) / 1e4 : number;
	int n = snprintf(text, sizeof(text), "%.4f", rounded == 0 ? 0.0 : rounded);
	while (text[n - 1] == '0')
		text[--n] = '\0';
	if (text[n - 1] == '.')
		text[--n] = '\0';
	return text;
}

static void appended_pieces_stand_in_order(void **state)
{
	(void)state;
	struct str s = {0};
	str_text(&s, "a=");
	str_int(&s, -12);
	str_char(&s, ' ');
	str_printf(&s, "%s/%d", "x", 7);
	str_bytes(&s, "yz", 1);
	assert_false(s.failed);
	assert_string_equal(s.data, "a=-12 x/7y");
	assert_int_equal(s.length, 10);
	str_clear(&s);
	assert_int_equal(s.length, 0);
	assert_string_equal(s.data, "");
	str_done(&s);
	assert_null(s.data);
}

static void a_long_string_grows_and_stays_whole(void **state)
{
	(void)state;
	struct str s = {0};
	for (int i = 0; i < 10000; i++)
		str_printf(&s, "%05d,", i);
	assert_false(s.failed);
	assert_int_equal(s.length, 60000);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(atoi(s.data + 6 * i), i);
	str_done(&s);
}

static void printf_longer_than_the_room_is_whole(void **state)
{
	(void)state;
	/* Around each size of the first buffer, so that the text just fits and just does not. */
	for (int n = 0; n < 200; n++) {
		struct str s = {0};
		str_char(&s, '>');
		str_printf(&s, "%0*d", n + 1, 0);
		assert_int_equal(s.length, n + 2);
		assert_int_equal(strlen(s.data), n + 2);
		str_done(&s);
	}
}

static void a_taken_string_belongs_to_the_caller(void **state)
{
	(void)state;
	struct str s = {0};
	str_text(&s, "mine");
	char *mine = str_take(&s);
	assert_string_equal(mine, "mine");
	assert_null(s.data);
	free(mine);
	mine = str_take(&s);
	assert_string_equal(mine, "");
	free(mine);
}

static void a_failed_string_takes_nothing_more_and_gives_nothing(void **state)
{
	(void)state;
	struct str s = {0};
	str_text(&s, "a");
	s.failed = true;
	str_text(&s, "b");
	str_printf(&s, "%d", 1);
	str_json(&s, "c", 1);
	assert_string_equal(s.data, "a");
	assert_true(s.failed);
	assert_null(str_take(&s));
	assert_false(s.failed);
}

static void whole_numbers_print_as_printf_prints_them(void **state)
{
	(void)state;
	static const int64_t fixed[] = {0, 9, 10, 99, 100, -1, INT64_MAX, INT64_MIN};
	for (size_t i = 0; i < 100000; i++) {
		int64_t n =
			i < sizeof(fixed) / sizeof(*fixed) ? fixed[i] : (int64_t)next_random() >> (next_random() % 64);
		char want[32];
		snprintf(want, sizeof(want), "%lld", (long long)n);
		struct str s = {0};
		str_int(&s, n);
		assert_string_equal(s.data, want);
		str_done(&s);
	}
}

static void numbers_are_short(void **state)
{
	(void)state;
	static const struct {
		double number;
		const char *text;
	} rows[] = {
		{0, "0"},
		{-0.0, "0"},
		{0.00004, "0"},
		{-0.00004, "0"},
		{0.00005, "0.0001"},
		{-0.00005, "-0.0001"},
		{1, "1"},
		{-1, "-1"},
		{0.5, "0.5"},
		{-0.25, "-0.25"},
		{12.50, "12.5"},
		{0.1234, "0.1234"},
		{0.12345678, "0.1235"},
		{10.0001, "10.0001"},
		{9.99996, "10"},
		{100, "100"},
		{0.1, "0.1"},
		{0.3, "0.3"},
		{1.0 / 3, "0.3333"},
		{2.0 / 3, "0.6667"},
		{99999999999.5, "99999999999.5"},
		{1e11, "100000000000"},
		{-123456789012.25, "-123456789012.25"},
		{1e20, "100000000000000000000"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(number_text(rows[i].number), rows[i].text);
}

static void numbers_equal_printf_on_many_values(void **state)
{
	(void)state;
	for (int i = 0; i < 400000; i++) {
		/* Random size: from 1e-8 to 1e14, both signs; every third near a whole step of 1e-4 or half
		 * of one. */
		double number = (double)(int64_t)next_random() / 9223372036854775808.0;
		number *= pow(10, (double)(next_random() % 23) - 8);
		if (i % 3 == 0)
			number = round(number * 2e4) / 2e4;
		if (!isfinite(number))
			continue;
		assert_string_equal(number_text(number), number_by_printf(number));
	}
}

static void the_largest_double_prints_whole(void **state)
{
	(void)state;
	const char *text = number_text(-1.7976931348623157e308);
	assert_int_equal(strlen(text), 310);
	assert_true(strtod(text, NULL) == -1.7976931348623157e308);
}

static void json_escapes_what_must_be_escaped(void **state)
{
	(void)state;
	struct str s = {0};
	static const char text[] = "a\"b\\c/\b\f\n\r\t\x01\x1f\x7f"
				   "\xc4\x8d\0z";
	str_json(&s, text, sizeof(text) - 1);
	assert_string_equal(s.data, "\"a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u0001\\u001F\\u007F\xc4\x8d\\u0000z\"");
	str_clear(&s);
	str_json(&s, "", 0);
	assert_string_equal(s.data, "\"\"");
	str_done(&s);
}

/* RFC 4648, and what is longer than a piece that goes at once. */
static void base64_is_as_the_rfc_has_it(void **state)
{
	(void)state;
	static const char *const pairs[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"},
		{"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}, {"\xff\xfe\xfb", "//77"}};
	struct str s = {0};
	char many[3 * 200] = {0};
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		str_clear(&s);
		str_char(&s, '|');
		str_base64(&s, pairs[i][0], strlen(pairs[i][0]));
		assert_string_equal(s.data + 1, pairs[i][1]);
	}
	str_clear(&s);
	str_base64(&s, many, sizeof(many));
	assert_int_equal(s.length, 4 * 200);
	assert_int_equal(strspn(s.data, "A"), 4 * 200);
	str_done(&s);
}

/* All texts of up to four bytes over bytes that matter, against a decoder that is slow and plain. */
static bool valid_plainly(const unsigned char *p, size_t length)
{
	size_t i = 0;
	while (i < length) {
		uint32_t c = p[i], lowest;
		size_t more;
		if (c < 0x80) {
			i++;
			continue;
		}
		if ((c & 0xe0) == 0xc0) {
			more = 1;
			c &= 0x1f;
			lowest = 0x80;
		} else if ((c & 0xf0) == 0xe0) {
			more = 2;
			c &= 0x0f;
			lowest = 0x800;
		} else if ((c & 0xf8) == 0xf0) {
			more = 3;
			c &= 0x07;
			lowest = 0x10000;
		} else {
			return false;
		}
		for (size_t k = 1; k <= more; k++) {
			if (i + k >= length || (p[i + k] & 0xc0) != 0x80)
				return false;
			c = c << 6 | (p[i + k] & 0x3fu);
		}
		if (c < lowest || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
			return false;
		i += more + 1;
	}
	return true;
}

static void utf8_is_judged_as_by_a_plain_decoder(void **state)
{
	(void)state;
	static const unsigned char bytes[] = {'a', 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf,
		0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff};
	enum { N = sizeof(bytes) };
	int good = 0;
	for (unsigned i = 0; i < N * N * N * N; i++) {
		unsigned char text[12] = {bytes[i % N], bytes[i / N % N], bytes[i / N / N % N], bytes[i / N / N / N]};
		for (size_t length = 1; length <= 4; length++) {
			bool valid = utf8_valid((const char *)text, length);
			assert_int_equal(valid, valid_plainly(text, length));
			good += valid;
		}
	}
	assert_true(good > 1000);
}

static void utf8_is_judged_behind_eight_plain_bytes(void **state)
{
	(void)state;
	assert_true(utf8_valid("", 0));
	assert_true(utf8_valid("Luka Don\xc4\x8di\xc4\x87", 13));
	assert_false(utf8_valid("abcdefgh\xc4", 9));
	assert_false(utf8_valid("abcdefg\xffhijklmno", 16));
}

static void text_format_never_overflows(void **state)
{
	(void)state;
	char buffer[8] = "#######";
	assert_int_equal(text_format(buffer, 4, "%s", "abcdef"), 3);
	assert_string_equal(buffer, "abc");
	assert_int_equal(buffer[4], '#');
	assert_int_equal(text_format(buffer, 4, "%s", "ab"), 2);
	assert_int_equal(text_format(buffer, 0, "%s", "xyz"), 0);
	assert_string_equal(buffer, "ab");
}

int main(void)
{
	seed = (uint64_t)time(NULL) * 2654435761u + 1;
	print_message("seed %llu\n", (unsigned long long)seed);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_is_as_the_rfc_has_it),
		cmocka_unit_test(appended_pieces_stand_in_order),
		cmocka_unit_test(a_long_string_grows_and_stays_whole),
		cmocka_unit_test(printf_longer_than_the_room_is_whole),
		cmocka_unit_test(a_taken_string_belongs_to_the_caller),
		cmocka_unit_test(a_failed_string_takes_nothing_more_and_gives_nothing),
		cmocka_unit_test(whole_numbers_print_as_printf_prints_them),
		cmocka_unit_test(numbers_are_short),
		cmocka_unit_test(numbers_equal_printf_on_many_values),
		cmocka_unit_test(the_largest_double_prints_whole),
		cmocka_unit_test(json_escapes_what_must_be_escaped),
		cmocka_unit_test(utf8_is_judged_as_by_a_plain_decoder),
		cmocka_unit_test(utf8_is_judged_behind_eight_plain_bytes),
		cmocka_unit_test(text_format_never_overflows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
