/*
 * How lines moved, from what Redis keeps of it (delivery/lines.c): in the order of the entries whatever order they were applied
 * in, each change once, and a close that is never of after tip-off.
 */
#include "delivery/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

enum { MOST = 16 };

struct kept { /* what Redis answers */
	struct value items[2], fields[MOST], reply;
	char text[1000];
	struct arena *arena;
	struct line_paths paths;
};

static struct value text_value(const char *text)
{
	return (struct value){.type = VALUE_STRING, .text = text, .length = strlen(text)};
}

static void parse(struct kept *k, const char *const *points, const char *const *fields)
{
	size_t n = 0, f = 0;
	k->text[0] = '\0';
	for (; *points; points++)
		n += (size_t)snprintf(k->text + n, sizeof(k->text) - n, "%s\n", *points);
	for (; fields && fields[f]; f++)
		k->fields[f] = text_value(fields[f]);
	k->items[0] = text_value(k->text);
	k->items[1] = (struct value){.type = VALUE_ARRAY, .items = k->fields, .count = f};
	k->reply = (struct value){.type = VALUE_ARRAY, .items = k->items, .count = 2};
	k->arena = arena_new();
	assert_int_equal(lines_parse(&k->reply, k->arena, &k->paths), 0);
}

#define POINTS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* "points alpha 10:2450/-110/-110 20:off ..." a path a line; ? a point that is "then or before". */
static void expect(struct kept *k, const char *wanted)
{
	char text[2000] = "";
	size_t n = 0;
	for (size_t i = 0; i < k->paths.count; i++) {
		const struct line_path *p = &k->paths.paths[i];
		n += (size_t)snprintf(
			text + n, sizeof(text) - n, "%s%s %s", i ? "\n" : "", market_name(p->market), p->book);
		for (size_t j = 0; j < p->count; j++) {
			const struct line_point *at = &p->points[j];
			n += (size_t)snprintf(
				text + n, sizeof(text) - n, " %s%lld:", at->by_then ? "?" : "", (long long)at->ms);
			if (at->off)
				n += (size_t)snprintf(text + n, sizeof(text) - n, "off");
			else
				n += (size_t)snprintf(
					text + n, sizeof(text) - n, "%d/%d/%d", at->line, at->over, at->under);
		}
	}
	assert_string_equal(text, wanted);
	arena_free(k->arena);
}

static void test_a_path_a_book_in_the_order_of_the_entries(void **state)
{
	struct kept k;
	(void)state;
	/* The fields stand in any order, a book's name may have blanks, and who was late is put where he belongs. */
	parse(&k,
		POINTS("b20a0 4 2550 -115 -105 q:points:my book", "b10a0 5 2450 -110 -110 q:points:my book",
			"b12a0 6 850 0 0 q:rebounds:beta", "b30a0 7 off q:points:my book",
			"b11a0 8 2000 100 -120 q:points:alpha"),
		NULL);
	expect(&k, "points alpha 11:2000/100/-120\n"
		   "points my book 10:2450/-110/-110 20:2550/-115/-105 30:off\n"
		   "rebounds beta 12:850/0/0");
}

static void test_an_entrys_own_time_counts(void **state)
{
	struct kept k;
	(void)state;
	parse(&k, POINTS("7 b10a0 1 2450 -110 -110 q:points:alpha", "b20a0 2 2550 -110 -110 q:points:alpha"), NULL);
	expect(&k, "points alpha 7:2450/-110/-110 20:2550/-110/-110");
}

static void test_sides_are_joined(void **state)
{
	struct kept k;
	(void)state;
	/* The over first, then its under, then both anew; an under of another line is the main
	 * one as long as it is newer; and what takes a line down takes both sides. */
	parse(&k,
		POINTS("b10a0 1 2450 -110 0 q+:points:alpha", "b11a0 2 2450 0 -115 q-:points:alpha",
			"b12a0 3 2550 -105 -120 q:points:alpha", "b13a0 4 2650 0 -130 q-:points:alpha",
			"b14a0 5 off q:points:alpha"),
		NULL);
	expect(&k, "points alpha 10:2450/-110/0 11:2450/-110/-115 12:2550/-105/-120 13:2650/0/-130 14:off");
}

static void test_what_changes_nothing_is_no_point(void **state)
{
	struct kept k;
	(void)state;
	/* A name that moved brings its changes along: what both had is one. And a text that anybody may have written into. */
	parse(&k,
		POINTS("b10a0 1 2450 -110 -110 q:points:alpha", "b10a0 9 2450 -110 -110 q:points:alpha",
			"b11a0 10 2450 -110 -110 q:points:alpha", "b12a0 11 2550 -110 -110 a:points:2550:alpha", "",
			"7", "7 b1a0", "b13a0 12 off", "x y z", "b14a0 13 2450 -110 -110 q:dunks:alpha"),
		POINTS("q:points:alpha", "b19a0 10 2450 -110 -110", "c", "12", "g", "b10a04 3 20251115_LAL_GSW LAL"));
	assert_string_equal(k.paths.named, "20251115_LAL_GSW LAL");
	assert_int_equal(k.paths.kept, 10);
	expect(&k, "points alpha 10:2450/-110/-110");
}

static void test_what_is_not_kept_any_more_shows_in_the_hash(void **state)
{
	struct kept k;
	(void)state;
	parse(&k, POINTS("b10a0 1 2450 -110 -110 q:points:alpha"),
		POINTS("q:points:alpha", "b30a0 5 2550 -110 -110", "q:points:beta", "b20a0 2 2600 -110 -110",
			"a:points:3000:beta", "b20a0 3 3000 200 0"));
	expect(&k, "points alpha 10:2450/-110/-110 ?30:2550/-110/-110\npoints beta ?20:2600/-110/-110");
}

static void test_nothing_at_all(void **state)
{
	struct kept k;
	(void)state;
	parse(&k, POINTS(NULL), NULL);
	assert_string_equal(k.paths.named, "");
	expect(&k, "");
}

static void test_the_close(void **state)
{
	static const struct line_point moves[] = {
		{.ms = 10, .line = 2450}, {.ms = 20, .line = 2550}, {.ms = 30, .line = 2650}, {.ms = 40, .off = true}};
	static const struct line_point late[] = {{.ms = 10, .line = 2450}, {.ms = 30, .line = 2550, .by_then = true}};
	static const struct {
		const char *what;
		const struct line_point *points;
		size_t count;
		int64_t tip_ms, now_ms;
		enum close close;
		int32_t line;
	} rows[] = {
		{"the last before tip-off", moves, 4, 25, 100, CLOSE_STANDS, 2550},
		{"one in the very moment counts", moves, 4, 30, 100, CLOSE_STANDS, 2650},
		{"never one after it", moves, 4, 19, 100, CLOSE_STANDS, 2450},
		{"none before it", moves, 4, 9, 100, CLOSE_NO_QUOTE, 0},
		{"taken down before it", moves, 4, 50, 100, CLOSE_OFF, 0},
		{"the game is to come", moves, 4, 200, 100, CLOSE_OPEN, 0},
		{"it begins now", moves, 3, 100, 100, CLOSE_STANDS, 2650},
		{"nobody knows when", moves, 4, 0, 100, CLOSE_NO_TIP, 0},
		{"then or before, and then was before", late, 2, 35, 100, CLOSE_STANDS, 2550},
		{"then or before, and then was after", late, 2, 25, 100, CLOSE_UNSURE, 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct line_path path = {.points = rows[i].points, .count = rows[i].count};
		const struct line_point *close = NULL;
		const enum close got = lines_close(&path, rows[i].tip_ms, rows[i].now_ms, &close);
		if (got != rows[i].close || (close ? close->line : 0) != rows[i].line)
			fail_msg("%s: %d \"%s\", line %d", rows[i].what, (int)got, close_reason(got),
				close ? close->line : 0);
		assert_int_equal(close_reason(got)[0] == '\0', close != NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_path_a_book_in_the_order_of_the_entries),
		cmocka_unit_test(test_an_entrys_own_time_counts),
		cmocka_unit_test(test_sides_are_joined),
		cmocka_unit_test(test_what_changes_nothing_is_no_point),
		cmocka_unit_test(test_what_is_not_kept_any_more_shows_in_the_hash),
		cmocka_unit_test(test_nothing_at_all),
		cmocka_unit_test(test_the_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
