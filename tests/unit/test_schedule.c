#include "schedule/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "delivery/delivery.h"
#include "delivery/scripts.h"

enum { QUESTIONS = 16, MINUTE_MS = 60000 };
#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)

/* --- delivery and the clock, in the place of the real ones --- */

struct asked {
	char name[40], rule[80], fields[8][2][80];
	int64_t due_ms, since_ms;
	size_t entries, each;
	delivery_reply_fn *done;
	void *data;
};

struct delivery {
	bool ready;
	int64_t ahead_ms; /* what it believes of Redis' clock, against the truth */
	struct asked asked[QUESTIONS];
	size_t count;
};

static int64_t now_ms; /* Redis' */

static int64_t mono(const struct clock *clock)
{
	(void)clock;
	return now_ms * 1000;
}

bool delivery_ready(const struct delivery *d)
{
	return d->ready;
}

int64_t delivery_redis_ms(const struct delivery *d)
{
	return now_ms + d->ahead_ms;
}

void delivery_fire(struct delivery *d, const struct delivery_due *due, delivery_reply_fn *done, void *data)
{
	assert_true(d->count < QUESTIONS);
	struct asked *a = &d->asked[d->count++];
	*a = (struct asked){.due_ms = due->due_ms,
		.since_ms = due->since_ms,
		.entries = due->entries,
		.each = due->each,
		.done = done,
		.data = data};
	snprintf(a->name, sizeof(a->name), "%s", due->name);
	snprintf(a->rule, sizeof(a->rule), "%s", due->rule);
	for (size_t i = 0; i < due->each / 2 && i < 8; i++)
		for (int k = 0; k < 2; k++)
			snprintf(a->fields[i][k], sizeof(a->fields[i][k]), "%s", due->fields[2 * i + (size_t)k]);
}

/* --- the test's hands --- */

struct world {
	struct clock clock;
	struct metrics *metrics;
	struct delivery delivery;
	struct schedules *schedules;
};

static int64_t ms_of(const char *text)
{
	int64_t ms = 0;
	assert_true(time_parse(text, &ms));
	return ms;
}

static void configure(struct world *w, const char *name, int32_t at)
{
	struct err err;
	const struct schedule_options options = {.name = name,
		.due = {.days = 0x7f, .count = 1, .at = {at}},
		.phase = "",
		.has_level = true,
		.level = LEVEL_HIGH};
	assert_int_equal(schedules_configure(w->schedules, &options, 1, "America/New_York", &err), 0);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct err err;
	assert_int_equal(zone_set("America/New_York"), 0);
	w->clock.mono_us = mono;
	w->metrics = metrics_new();
	w->delivery.ready = true;
	now_ms = ms_of("2026-11-30T20:00:00Z"); /* 15:00 in New York */
	assert_int_equal(schedules_new(&w->clock, w->metrics, &w->schedules, &err), 0);
	schedules_wire(w->schedules, &w->delivery);
	configure(w, "evening", 17 * 3600);
	*state = w;
	return 0;
}

static void answer(struct world *w, size_t i, enum schedule_answer answer, int64_t mark_ms, int64_t fired_ms)
{
	struct value items[5] = {{.type = VALUE_INTEGER, .integer = answer}, {.type = VALUE_INTEGER, .integer = now_ms},
		{.type = VALUE_INTEGER, .integer = mark_ms}, {.type = VALUE_INTEGER, .integer = fired_ms},
		{.type = VALUE_STRING, .text = ""}};
	const struct value reply = {.type = VALUE_ARRAY, .items = items, .count = 5};
	struct asked *a = &w->delivery.asked[i];
	a->done(a->data, answer == SCHEDULE_NOTHING && mark_ms == 0 ? NULL : &reply);
	a->done = NULL;
}

/* What delivery does when the session is lost: nobody hears. */
static void lose(struct world *w)
{
	schedules_forget(w->schedules);
	for (size_t i = 0; i < w->delivery.count; i++)
		if (w->delivery.asked[i].done)
			answer(w, i, SCHEDULE_NOTHING, 0, 0);
}

static int teardown(void **state)
{
	struct world *w = *state;
	lose(w);
	schedules_free(w->schedules);
	metrics_free(w->metrics);
	free(w);
	return 0;
}

/* Goes to the moment at which it wants its turn, and gives it. */
static void next_turn(struct world *w)
{
	const int64_t next_us = schedules_next_us(w->schedules);
	assert_true(next_us < INT64_MAX);
	if (next_us > now_ms * 1000)
		now_ms = (next_us + 999) / 1000;
	schedules_turn(w->schedules);
}

static unsigned counted(const struct world *w, enum metric_due due)
{
	return (unsigned)metrics_value(w->metrics, METRIC_SCHEDULES, due);
}

/* Redis, told once of the schedule as it began. */
static void begin(struct world *w)
{
	schedules_turn(w->schedules);
	assert_int_equal(w->delivery.count, 1);
	answer(w, 0, SCHEDULE_NOTHING, now_ms, 0);
}

/* --- tests --- */

static void it_asks_as_it_begins_and_as_each_due_time_comes(void **state)
{
	struct world *w = *state;
	const struct asked *a = w->delivery.asked;
	const int64_t began = now_ms, due = ms_of("2026-11-30T22:00:00Z");
	schedules_turn(w->schedules);
	schedules_turn(w->schedules);
	assert_int_equal(w->delivery.count, 1); /* it waits for the answer */
	assert_int_equal(schedules_next_us(w->schedules), INT64_MAX);
	assert_string_equal(a[0].name, "evening");
	assert_string_equal(a[0].rule, "America/New_York mon-sun 17:00");
	assert_int_equal(a[0].due_ms, ms_of("2026-11-29T22:00:00Z"));
	assert_int_equal(a[0].since_ms, 0);
	answer(w, 0, SCHEDULE_NOTHING, began, 0);
	while (now_ms < due - 10 * MINUTE_MS) { /* it asks now and then, and nobody minds */
		next_turn(w);
		assert_true(now_ms - began >= 10 * MINUTE_MS);
		assert_int_equal(a[--w->delivery.count].due_ms, due - DAY_MS);
		answer(w, w->delivery.count, SCHEDULE_NOTHING, began, 0);
	}
	next_turn(w);
	assert_int_equal(now_ms, due);
	const struct asked *q = &a[w->delivery.count - 1];
	assert_int_equal(q->due_ms, due);
	assert_int_equal(q->since_ms, began);
	assert_int_equal(q->entries, 1);
	assert_int_equal(q->each, 6);
	static const char *const fields[][2] = {{"event_id", "schedule:evening:2026-11-30T22:00:00Z"},
		{"game_date", "2026-11-30"}, {"priority", "high"}};
	for (size_t i = 0; i < 3; i++)
		for (int k = 0; k < 2; k++)
			assert_string_equal(q->fields[i][k], fields[i][k]);
	now_ms += 2;
	answer(w, w->delivery.count - 1, SCHEDULE_FIRED, due, due);
	assert_int_equal(counted(w, METRIC_DUE_FIRED), 1);
	struct schedule_view view;
	schedules_view(w->schedules, 0, &view);
	assert_int_equal(view.fired_ms, due);
	assert_int_equal(view.next_ms, due + DAY_MS);
	assert_true(schedules_next_us(w->schedules) > now_ms * 1000);
}

static void what_was_missed_is_fired_late_and_on_todays_date(void **state)
{
	struct world *w = *state;
	now_ms = ms_of("2026-12-01T14:00:00Z");
	schedules_turn(w->schedules);
	const struct asked *a = w->delivery.asked;
	assert_int_equal(a[0].due_ms, ms_of("2026-11-30T22:00:00Z"));
	assert_string_equal(a[0].fields[0][1], "schedule:evening:2026-11-30T22:00:00Z");
	assert_string_equal(a[0].fields[1][1], "2026-12-01");
	answer(w, 0, SCHEDULE_FIRED, a[0].due_ms, a[0].due_ms);
	assert_int_equal(counted(w, METRIC_DUE_LATE), 1);
	assert_int_equal(counted(w, METRIC_DUE_FIRED), 0);
}

static void another_instance_has_fired_it(void **state)
{
	struct world *w = *state;
	const int64_t due = ms_of("2026-11-30T22:00:00Z");
	begin(w);
	now_ms = due + 3;
	schedules_turn(w->schedules);
	answer(w, 1, SCHEDULE_NOTHING, due, due);
	assert_int_equal(counted(w, METRIC_DUE_OTHER), 1);
	/* Asked once more it is none that came meanwhile. */
	next_turn(w);
	answer(w, 2, SCHEDULE_NOTHING, due, due);
	assert_int_equal(counted(w, METRIC_DUE_OTHER), 1);
	assert_int_equal(counted(w, METRIC_DUE_FIRED) + counted(w, METRIC_DUE_LATE), 0);
}

static void a_clock_ahead_of_redis_asks_again_at_the_time(void **state)
{
	struct world *w = *state;
	const int64_t due = ms_of("2026-11-30T22:00:00Z");
	begin(w);
	now_ms = due - 200;
	w->delivery.ahead_ms = 5000;
	schedules_turn(w->schedules);
	assert_int_equal(w->delivery.asked[1].due_ms, due);
	answer(w, 1, SCHEDULE_EARLY, now_ms - HOUR_MS, 0);
	schedules_turn(w->schedules);
	assert_int_equal(w->delivery.count, 2); /* no polling */
	next_turn(w);
	assert_int_equal(now_ms, due);
	assert_int_equal(w->delivery.asked[2].due_ms, due);
}

static void a_clock_that_was_far_ahead_leaves_no_due_time_behind(void **state)
{
	struct world *w = *state;
	begin(w);
	const int64_t began = now_ms;
	w->delivery.ahead_ms = 400 * DAY_MS;
	schedules_turn(w->schedules);
	answer(w, 1, SCHEDULE_EARLY, began, 0);
	w->delivery.ahead_ms = 0; /* learned with the next heartbeat */
	now_ms = ms_of("2026-11-30T22:00:00Z") + 11 * MINUTE_MS; /* another turn of the loop */
	lose(w);
	schedules_turn(w->schedules);
	assert_int_equal(w->delivery.asked[2].due_ms, ms_of("2026-11-30T22:00:00Z"));
	assert_int_equal(w->delivery.asked[2].since_ms, began);
}

static void without_a_session_nothing_is_asked_and_each_begins_with_a_question(void **state)
{
	struct world *w = *state;
	const int64_t due = ms_of("2026-11-30T22:00:00Z");
	begin(w);
	const int64_t began = now_ms;
	w->delivery.ready = false;
	now_ms = due + 10 * MINUTE_MS;
	schedules_turn(w->schedules);
	assert_int_equal(schedules_next_us(w->schedules), INT64_MAX);
	assert_int_equal(w->delivery.count, 1);
	w->delivery.ready = true;
	lose(w);
	schedules_turn(w->schedules);
	assert_int_equal(w->delivery.count, 2);
	assert_int_equal(w->delivery.asked[1].due_ms, due);
	assert_int_equal(w->delivery.asked[1].since_ms, began); /* as this process has had it all the time */
	/* The answer is lost with its session. */
	lose(w);
	schedules_turn(w->schedules);
	assert_int_equal(w->delivery.count, 3);
	answer(w, 2, SCHEDULE_FIRED, due, due);
	assert_int_equal(counted(w, METRIC_DUE_LATE), 1);
}

static void an_error_is_tried_again_after_a_while(void **state)
{
	struct world *w = *state;
	begin(w);
	now_ms = ms_of("2026-11-30T22:00:00Z");
	schedules_turn(w->schedules);
	char text[] = "OOM command not allowed";
	const struct value error = {.type = VALUE_ERROR, .text = text, .length = strlen(text)};
	w->delivery.asked[1].done(w->delivery.asked[1].data, &error);
	w->delivery.asked[1].done = NULL;
	const int64_t failed = now_ms;
	schedules_turn(w->schedules);
	assert_int_equal(w->delivery.count, 2);
	next_turn(w);
	assert_int_equal(now_ms, failed + 5000);
	assert_int_equal(w->delivery.count, 3);
}

static void a_reload_goes_on_with_what_has_the_same_times(void **state)
{
	struct world *w = *state;
	begin(w);
	const int64_t began = now_ms, due = ms_of("2026-11-30T22:00:00Z");
	configure(w, "evening", 17 * 3600);
	schedules_turn(w->schedules);
	assert_int_equal(w->delivery.count, 1);
	now_ms = due;
	schedules_turn(w->schedules);
	configure(w, "evening", 17 * 3600); /* while the question is on the way */
	schedules_turn(w->schedules);
	assert_int_equal(w->delivery.count, 2);
	assert_int_equal(w->delivery.asked[1].since_ms, began);
	answer(w, 1, SCHEDULE_FIRED, due, due);
	struct schedule_view view;
	schedules_view(w->schedules, 0, &view);
	assert_int_equal(view.fired_ms, due);
	/* Of other times it is another one, and asks as if it were new; whoever asked before is not heard. */
	now_ms += DAY_MS;
	schedules_turn(w->schedules);
	configure(w, "evening", 18 * 3600);
	answer(w, 2, SCHEDULE_FIRED, now_ms, now_ms);
	schedules_turn(w->schedules);
	assert_int_equal(w->delivery.count, 4);
	assert_string_equal(w->delivery.asked[3].rule, "America/New_York mon-sun 18:00");
	assert_int_equal(w->delivery.asked[3].since_ms, 0);
	assert_int_equal(counted(w, METRIC_DUE_FIRED), 1);
}

static void one_that_stops_fires_nothing(void **state)
{
	struct world *w = *state;
	begin(w);
	schedules_stop(w->schedules);
	now_ms += DAY_MS;
	schedules_turn(w->schedules);
	assert_int_equal(w->delivery.count, 1);
	assert_int_equal(schedules_next_us(w->schedules), INT64_MAX);
}

#define with_world(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_world(it_asks_as_it_begins_and_as_each_due_time_comes),
		with_world(what_was_missed_is_fired_late_and_on_todays_date),
		with_world(another_instance_has_fired_it),
		with_world(a_clock_ahead_of_redis_asks_again_at_the_time),
		with_world(a_clock_that_was_far_ahead_leaves_no_due_time_behind),
		with_world(without_a_session_nothing_is_asked_and_each_begins_with_a_question),
		with_world(an_error_is_tried_again_after_a_while),
		with_world(a_reload_goes_on_with_what_has_the_same_times),
		with_world(one_that_stops_fires_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
