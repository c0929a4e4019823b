#include "redis/shape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define TEXT(t) \
	{ \
		.type = VALUE_STRING, .text = (t), .length = sizeof(t) - 1 \
	}
#define NUMBER(n) \
	{ \
		.type = VALUE_INTEGER, .integer = (n) \
	}
#define ARRAY(list) \
	{ \
		.type = VALUE_ARRAY, .items = (list), .count = sizeof(list) / sizeof((list)[0]) \
	}

static void replies_fit_their_shapes_and_no_others(void **state)
{
	struct value fields[] = {TEXT("a"), TEXT("b")};
	struct value whole[] = {TEXT("1-0"), ARRAY(fields)}, trimmed[] = {TEXT("2-0"), {.type = VALUE_NIL}};
	struct value entries[] = {ARRAY(whole), ARRAY(trimmed)};
	struct value claimed[] = {ARRAY(entries), NUMBER(2)};
	const struct value list = ARRAY(entries), pair = ARRAY(claimed), text = TEXT("12"), word = TEXT("x1"),
			   nil = {0};
	const struct value most = NUMBER((int64_t)1 << 53), more = TEXT("9007199254740993");
	const struct value number = NUMBER(-3), none = {.type = VALUE_ARRAY}, one = ARRAY(whole);
	static const char *const entry = "[(s [s]|n)]";
	(void)state;

	assert_true(value_has_shape(&list, entry));
	assert_true(value_has_shape(&none, entry));
	assert_false(value_has_shape(&one, entry)); /* an entry is no list of entries */
	assert_false(value_has_shape(&list, "[(s [s])]"));
	assert_false(value_has_shape(&list, "[(s [i]|n)]"));
	assert_false(value_has_shape(&nil, entry));
	assert_true(value_has_shape(&nil, "n|[(s [s])]"));
	assert_true(value_has_shape(&pair, "([(s .)] i)"));
	assert_false(value_has_shape(&pair, "([(s .)] i i)"));
	assert_false(value_has_shape(&pair, "([(s .)])"));
	assert_false(value_has_shape(&number, "([(s .)] i)"));
	assert_true(value_has_shape(&text, "i"));
	assert_true(value_has_shape(&text, "s"));
	assert_true(value_has_shape(&number, "i"));
	assert_false(value_has_shape(&word, "i"));
	assert_true(value_has_shape(&text, "u"));
	assert_false(value_has_shape(&number, "u")); /* -3 */
	assert_true(value_has_shape(&most, "u"));
	assert_false(value_has_shape(&more, "u"));
	assert_true(value_has_shape(&more, "i"));
	assert_false(value_has_shape(&number, "s|n"));
	assert_true(value_has_shape(&number, "."));
}

static void a_reply_is_told_in_words(void **state)
{
	char text[80];
	struct value two[] = {NUMBER(1), NUMBER(2)};
	const struct value list = ARRAY(two), word = TEXT("PONG"), number = NUMBER(7), nil = {0};
	(void)state;
	assert_string_equal(value_describe(&list, text, sizeof(text)), "an array of 2");
	assert_string_equal(value_describe(&word, text, sizeof(text)), "the text \"PONG\"");
	assert_string_equal(value_describe(&number, text, sizeof(text)), "the number 7");
	assert_string_equal(value_describe(&nil, text, sizeof(text)), "nil");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_fit_their_shapes_and_no_others),
		cmocka_unit_test(a_reply_is_told_in_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
