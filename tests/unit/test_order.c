#include "delivery/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void a_field_is_written_as_it_is_read(void **state)
{
	(void)state;
	date_t day;
	assert_true(date_parse("2025-11-15", 10, &day));
	const struct {
		const char *field;
		struct order_key key;
	} cases[] = {
		{"pause", order_key_of(ORDER_PAUSE, ORDER_ALL, 0, "")},
		{"priority::lebronjames", order_key_of(ORDER_PRIORITY, ORDER_PLAYER, 0, "lebronjames")},
		{"priority:2025-11-15:lebronjames", order_key_of(ORDER_PRIORITY, ORDER_PLAYER, day, "lebronjames")},
		{"priority::team:LAL", order_key_of(ORDER_PRIORITY, ORDER_TEAM, 0, "LAL")},
		{"priority:2025-11-15:team:LAL", order_key_of(ORDER_PRIORITY, ORDER_TEAM, day, "LAL")},
		{"pause::lebronjames", order_key_of(ORDER_PAUSE, ORDER_PLAYER, 0, "lebronjames")},
		{"pause:2025-11-15:type:odds", order_key_of(ORDER_PAUSE, ORDER_TYPE, day, "odds")},
		{"mute::team:LAL", order_key_of(ORDER_MUTE, ORDER_TEAM, 0, "LAL")},
		{"mute::book:fan:duel 2", order_key_of(ORDER_MUTE, ORDER_BOOK, 0, "fan:duel 2")},
		{"priority::game:20251115_LAL_GSW", order_key_of(ORDER_PRIORITY, ORDER_GAME, 0, "20251115_LAL_GSW")},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct order_key key;
		char field[ORDER_FIELD_SIZE];
		assert_true(order_field_parse(cases[i].field, &key));
		assert_memory_equal(&key, &cases[i].key, sizeof(key));
		assert_string_equal(order_field_format(&key, field), cases[i].field);
	}
}

static void what_is_no_order_is_not_taken(void **state)
{
	(void)state;
	char longest[LOOKUP_SIZE + 16] = "priority::";
	static const char *const fields[] = {"", "pause:", "pauses", "priority",
		"priority:", "priority::", "priority:lebronjames", "priority:2025-13-15:a",
		"priority::team:", "priority::all:a", "priority::book:fd", "priority::type:odds", "mute",
		"mute:", "pause::all:a", "mute::dog:a", ":", "::a"};
	struct order_key key;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (order_field_parse(fields[i], &key))
			fail_msg("\"%s\" was taken", fields[i]);
	memset(longest + 10, 'a', LOOKUP_SIZE - 1);
	assert_true(order_field_parse(longest, &key));
	longest[10 + LOOKUP_SIZE - 1] = 'a';
	assert_false(order_field_parse(longest, &key));
}

static void the_text_of_a_field_is_written_as_it_is_read(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		struct order order;
	} cases[] = {
		{"0 urgent",
			{.key.kind = ORDER_PRIORITY, .level = LEVEL_URGENT, .by = ""}}, /* as earlier versions wrote it */
		{"1763258400000 low uid 0 on a",
			{.key.kind = ORDER_PRIORITY, .level = LEVEL_LOW, .by = "uid 0 on a", .until_ms = 1763258400000}},
		{"5 uid 0 on a", {.key.kind = ORDER_PAUSE, .by = "uid 0 on a", .until_ms = 5}},
		{"0", {.key.kind = ORDER_MUTE, .by = ""}},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct order *want = &cases[i].order;
		struct order order = {.key.kind = want->key.kind};
		char text[ORDER_TEXT_SIZE];
		assert_true(order_text_parse(cases[i].text, &order));
		assert_int_equal(order.until_ms, want->until_ms);
		assert_int_equal(order.level, want->level);
		assert_string_equal(order.by, want->by);
		assert_string_equal(order_text_format(&order, text), cases[i].text);
	}
	struct order order = {.key.kind = ORDER_PRIORITY};
	assert_false(order_text_parse("0 uid 0 on a", &order));
	assert_false(order_text_parse("", &order));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_field_is_written_as_it_is_read),
		cmocka_unit_test(what_is_no_order_is_not_taken),
		cmocka_unit_test(the_text_of_a_field_is_written_as_it_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
