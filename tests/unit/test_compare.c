/* What differs between two reports, what may, and how fields are named. */
#include "ctl/compare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static struct compare_rules *rules;

static int setup(void **state)
{
	(void)state;
	rules = compare_rules_new(0);
	return rules ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	compare_rules_free(rules);
	return 0;
}

static void with_tolerance(double tolerance)
{
	compare_rules_free(rules);
	rules = compare_rules_new(tolerance);
	assert_non_null(rules);
}

static void ignore(const char *pattern)
{
	struct err err;
	if (compare_ignore(rules, pattern, &err) < 0)
		fail_msg("%s", err.text);
}

static void note(void *user, const struct compare_difference *d)
{
	struct str *s = user;
	char *first = d->first ? json_dumps(d->first, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15)) : NULL;
	char *second = d->second ? json_dumps(d->second, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15)) : NULL;
	str_printf(s, "%s%s %s %s", s->length > 0 ? "; " : "", d->path, first ? first : "-", second ? second : "-");
	if (d->by >= 0)
		str_printf(s, " %.6g", d->by);
	free(first);
	free(second);
}

static void assert_differ(const char *first, const char *second, const char *expected)
{
	struct str s = {0};
	json_t *a = json_loads(first, JSON_DECODE_ANY, NULL), *b = json_loads(second, JSON_DECODE_ANY, NULL);
	assert_true(a && b);
	long count = compare(rules, a, b, note, &s), wanted = *expected != '\0';
	for (const char *p = expected; (p = strstr(p, "; ")); p++)
		wanted++;
	assert_string_equal(s.data ? s.data : "", expected);
	assert_int_equal(count, wanted);
	str_done(&s);
	json_decref(a);
	json_decref(b);
}

static void equal_is_what_says_the_same(void **state)
{
	(void)state;
	assert_differ("{}", "{}", "");
	assert_differ(
		"{\"a\":1,\"b\":[1,{\"c\":null}],\"d\":\"x\"}", "{\"d\":\"x\",\"b\":[1,{\"c\":null}],\"a\":1}", "");
	assert_differ("{\"a\":25}", "{\"a\":25.0}", "");
	assert_differ("{\"a\":1.10}", "{\"a\":1.1}", "");
}

static void each_difference_is_named_with_both_values(void **state)
{
	(void)state;
	assert_differ("{\"markets\":{\"points\":{\"mean\":27.4,\"sd\":6.1}}}",
		"{\"markets\":{\"points\":{\"mean\":27.5,\"sd\":6.1}}}", "$.markets.points.mean 27.4 27.5 0.1");
	assert_differ("{\"a\":1}", "{\"b\":1}", "$.a 1 -; $.b - 1");
	assert_differ("{\"a\":[1,2,3]}", "{\"a\":[1,5]}", "$.a[1] 2 5 3; $.a[2] 3 -");
	assert_differ("{\"a\":\"x\"}", "{\"a\":\"y\"}", "$.a \"x\" \"y\"");
	assert_differ("{\"a\":true}", "{\"a\":false}", "$.a true false");
	assert_differ("{\"a\":null}", "{}", "$.a null -");
	assert_differ("{\"a\":\"1\"}", "{\"a\":1}", "$.a \"1\" 1");
	assert_differ("{\"a\":[1]}", "{\"a\":{\"0\":1}}", "$.a [1] {\"0\": 1}");
	assert_differ("{\"a.b\":{\"it's\":1,\"\":2}}", "{\"a.b\":{\"it's\":2,\"\":2}}", "$['a.b']['it's'] 1 2 1");
	assert_differ("[1]", "{}", "$ [1] {}");
	/* Doubles do not tell these apart. */
	assert_differ("{\"a\":9007199254740993}", "{\"a\":9007199254740992}", "$.a 9007199254740993 9007199254740992 0");
}

static void numbers_may_differ_by_the_tolerance(void **state)
{
	(void)state;
	with_tolerance(0.25);
	assert_differ("{\"a\":1,\"b\":1,\"c\":-1}", "{\"a\":1.25,\"b\":1.26,\"c\":-1.2}", "$.b 1 1.26 0.26");
	with_tolerance(0.1);
	assert_differ("{\"a\":27.4}", "{\"a\":27.5}", ""); /* 0.10000000000000142 in doubles */
	assert_differ("{\"a\":\"1\"}", "{\"a\":\"1.1\"}", "$.a \"1\" \"1.1\""); /* texts are texts */
}

static void what_documents_except_is_passed_over(void **state)
{
	(void)state;
	assert_differ(
		"{\"generated_at\":\"x\",\"version\":1,\"attempt\":1,\"causes\":[1],\"phases\":{\"precompute\":{}},\"processor\":\"a\","
		"\"league\":{\"number\":1,\"fingerprint\":\"f\"},\"stages\":{\"pricing\":{\"ms\":1,\"reused\":true,\"fingerprint\":\"g\"}}}",
		"{\"generated_at\":\"y\",\"version\":2,\"causes\":[],\"processor\":\"b\",\"league\":{\"number\":2,\"fingerprint\":\"f\"},"
		"\"stages\":{\"pricing\":{\"ms\":2,\"fingerprint\":\"g\"}}}",
		"");
	/* Only there, where they are propsd's own. */
	assert_differ("{\"markets\":{\"version\":1}}", "{\"markets\":{\"version\":2}}", "$.markets.version 1 2 1");
	assert_differ("{\"league\":{\"fingerprint\":\"f\"}}", "{\"league\":{\"fingerprint\":\"g\"}}",
		"$.league.fingerprint \"f\" \"g\"");
	assert_differ("{\"stages\":{\"ms\":1}}", "{\"stages\":{\"ms\":2}}", "$.stages.ms 1 2 1");
}

static void who_it_is_is_compared_where_both_say_so(void **state)
{
	(void)state;
	assert_differ(
		"{\"player_lookup\":\"a\",\"game_id\":\"g\",\"team\":\"LAL\",\"opponent\":\"GSW\",\"game_date\":\"d\"}",
		"{}", "");
	assert_differ("{}", "{\"team\":\"LAL\"}", "");
	assert_differ("{\"team\":\"GSW\"}", "{\"team\":\"LAL\"}", "$.team \"GSW\" \"LAL\"");
	assert_differ("{\"x\":{\"team\":\"GSW\"}}", "{\"x\":{}}", "$.x.team \"GSW\" -");
}

static void patterns_name_what_is_ignored(void **state)
{
	static const struct {
		const char *pattern, *first, *second, *left;
	} rows[] = {
		{"sd", "{\"sd\":1,\"a\":{\"sd\":1,\"b\":[{\"sd\":1}]}}", "{\"a\":{\"b\":[{\"sd\":2}]}}", ""},
		{"$.sd", "{\"sd\":1,\"a\":{\"sd\":1}}", "{\"sd\":2,\"a\":{\"sd\":2}}", "$.a.sd 1 2 1"},
		{"a.sd", "{\"sd\":1,\"a\":{\"sd\":1},\"b\":{\"a\":{\"sd\":1}}}", "{\"sd\":1,\"a\":{},\"b\":{\"a\":{}}}",
			"$.b.a.sd 1 -"},
		{"$.a.*.sd", "{\"a\":{\"x\":{\"sd\":1,\"m\":1},\"sd\":1}}",
			"{\"a\":{\"x\":{\"sd\":2,\"m\":2},\"sd\":2}}", "$.a.x.m 1 2 1; $.a.sd 1 2 1"},
		{"a", "{\"a\":{\"x\":1}}", "{\"a\":[2]}", ""},
		{"a[1]", "{\"a\":[1,2,3]}", "{\"a\":[9,9,9]}", "$.a[0] 1 9 8; $.a[2] 3 9 6"},
		{"$.a[*].d", "{\"a\":[{\"d\":1},{\"d\":2,\"e\":1}]}", "{\"a\":[{\"d\":9},{\"e\":2}]}", "$.a[1].e 1 2 1"},
		{"a[12][*]", "{\"a\":[[1]]}", "{\"a\":[[2]]}", "$.a[0][0] 1 2 1"},
		{"$['a.b'].c", "{\"a.b\":{\"c\":1,\"d\":1}}", "{\"a.b\":{\"c\":2,\"d\":2}}", "$['a.b'].d 1 2 1"},
		{"*", "{\"a\":1,\"b\":{\"c\":1}}", "{\"a\":2}", ""},
		{"a.*", "{\"a\":[1]}", "{\"a\":[2]}", "$.a[0] 1 2 1"}, /* an element is no member */
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		teardown(state);
		setup(state);
		ignore(rows[i].pattern);
		assert_differ(rows[i].first, rows[i].second, rows[i].left);
	}
}

static void what_is_no_pattern_is_refused(void **state)
{
	(void)state;
	static const char *const wrong[] = {"", "$", "a.", "a..b", "a[", "a[x]", "a[]", "a[1", "a[-1]", "a['b]", "$a",
		"a]b.", "a[1]b", "a[18446744073709551616x]", "$['']",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct err err = {0};
		if (compare_ignore(rules, wrong[i], &err) == 0)
			fail_msg("%s is taken", wrong[i]);
		assert_non_null(strstr(err.text, "is no key and no path such as"));
	}
}

int main(void)
{
#define with_rules(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		with_rules(equal_is_what_says_the_same),
		with_rules(each_difference_is_named_with_both_values),
		with_rules(numbers_may_differ_by_the_tolerance),
		with_rules(what_documents_except_is_passed_over),
		with_rules(who_it_is_is_compared_where_both_say_so),
		with_rules(patterns_name_what_is_ignored),
		with_rules(what_is_no_pattern_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
