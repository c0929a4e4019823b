/* The ring of steps: what it keeps, what it drops, and how a reader sees what he missed. */
#include "trace/trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int64_t now_us;

static int64_t mono(const struct clock *c)
{
	(void)c;
	return now_us;
}

static const struct clock test_clock = {.mono_us = mono};

static void add(struct trace *t, int64_t version, const char *player)
{
	now_us++;
	trace_add(t, &(struct trace_fact){.step = TRACE_COMMITTED, .version = version}, 0, player);
}

static void a_full_ring_keeps_the_newest_and_numbers_go_on(void **state)
{
	(void)state;
	struct trace *t = trace_new(&test_clock, 5); /* eight */
	assert_non_null(t);
	assert_int_equal(trace_end(t), 0);
	for (int i = 0; i < 8; i++)
		add(t, i, "ann");
	assert_int_equal(trace_first(t), 0);
	assert_int_equal(trace_end(t), 8);
	for (int i = 8; i < 21; i++)
		add(t, i, "ann");
	assert_int_equal(trace_first(t), 13);
	assert_int_equal(trace_end(t), 21);
	for (uint64_t n = trace_first(t); n < trace_end(t); n++)
		assert_int_equal(trace_at(t, n)->fact.version, n);
	trace_free(t);
}

/* As a follower does: what lies between his number and the first is what he missed. */
static void who_reads_too_late_sees_how_many_he_missed(void **state)
{
	(void)state;
	struct trace *t = trace_new(&test_clock, 4);
	uint64_t next = 0;
	add(t, 0, "ann");
	add(t, 1, "ann");
	next = trace_end(t);
	for (int i = 2; i < 12; i++)
		add(t, i, "ann");
	assert_int_equal(trace_first(t) - next, 6);
	assert_int_equal(trace_at(t, trace_first(t))->fact.version, 8);
	trace_free(t);
}

static void a_slot_is_all_of_its_newest_record(void **state)
{
	(void)state;
	char longest[LOOKUP_SIZE], longer[LOOKUP_SIZE + 8];
	struct trace *t = trace_new(&test_clock, 2);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	snprintf(longer, sizeof(longer), "%sy", longest);
	add(t, 1, longest);
	add(t, 2, longer);
	assert_string_equal(trace_at(t, 0)->player, longest);
	assert_string_equal(trace_at(t, 1)->player, longest);
	add(t, 3, "bob");
	add(t, 4, NULL);
	assert_string_equal(trace_at(t, 2)->player, "bob");
	assert_string_equal(trace_at(t, 3)->player, "");
	trace_free(t);
}

static void a_step_knows_how_long_it_took(void **state)
{
	(void)state;
	struct trace *t = trace_new(&test_clock, 2);
	now_us = 1000;
	assert_int_equal(trace_add(t, &(struct trace_fact){.took_us = -1}, 0, NULL), 1000);
	now_us = 1700;
	assert_int_equal(trace_add(t, &(struct trace_fact){.took_us = -1}, 1000, NULL), 1700);
	assert_int_equal(trace_at(t, 0)->fact.took_us, -1);
	assert_int_equal(trace_at(t, 1)->fact.took_us, 700);
	trace_add(t, &(struct trace_fact){0}, 2000, NULL); /* Redis' clock may be ahead */
	assert_int_equal(trace_at(t, 2)->fact.took_us, 0);
	trace_free(t);
}

static void without_a_trace_nothing_is_done(void **state)
{
	(void)state;
	assert_int_equal(trace_add(NULL, &(struct trace_fact){0}, 5, "ann"), 0);
	trace_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_ring_keeps_the_newest_and_numbers_go_on),
		cmocka_unit_test(who_reads_too_late_sees_how_many_he_missed),
		cmocka_unit_test(a_slot_is_all_of_its_newest_record),
		cmocka_unit_test(a_step_knows_how_long_it_took),
		cmocka_unit_test(without_a_trace_nothing_is_done),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
