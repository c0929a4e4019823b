/* What `status` says is wrong, and what of it first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "admin/health.h"
#include "base/clock.h"
#include "base/log.h"

enum { WARNS_MAX = 4, FAULTS_MAX = WARNING_COUNT + 8 };

static int64_t time_of(const struct clock *clock)
{
	(void)clock;
	return 1000;
}
static const struct clock test_clock = {.mono_us = time_of, .wall_ms = time_of};

#define FINE .ready = true, .state = "ok"
#define NO_WARNING WARNING_COUNT

static const struct {
	const char *about;
	struct health health;
	enum warning warns[WARNS_MAX]; /* up to NO_WARNING */
	const char *wanted; /* the kinds in their order, "!" behind those that are errors */
} cases[] = {
	{"a healthy night", {FINE}, {NO_WARNING}, ""},
	{"before Redis was asked", {FINE, .letters = -1}, {NO_WARNING}, ""},
	{"letters that only the warning knows", {FINE, .letters = -1}, {WARNING_LETTERS, NO_WARNING}, "dead_letters"},
	{"letters that are gone since the minute's look", {FINE}, {WARNING_LETTERS, NO_WARNING}, ""},
	{"letters", {FINE, .letters = 2}, {NO_WARNING}, "dead_letters"},
	{"without a session nothing else comes first", {.state = "refused", .letters = 2, .failing = 1},
		{WARNING_EVICTS, NO_WARNING}, "not_ready! evicting! failing dead_letters"},
	{"who paused all knows why it is late", {FINE, .paused = true, .oldest_ms = LATE_MS}, {NO_WARNING}, "paused!"},
	{"late", {FINE, .oldest_ms = LATE_MS}, {NO_WARNING}, "late!"},
	{"not late yet", {FINE, .oldest_ms = LATE_MS - 1}, {NO_WARNING}, ""},
	{"a processor that is down goes before what comes of it", {FINE, .oldest_ms = LATE_MS, .failing = 3},
		{WARNING_PROCESSOR, NO_WARNING}, "processor! late! failing"},
	{"a full Redis before all that stands still for it", {FINE, .oldest_ms = LATE_MS},
		{WARNING_DATE, WARNING_MEMORY, WARNING_PROCESSOR, NO_WARNING},
		"memory_limit! date_waits! processor! late!"},
	{"a book", {FINE}, {WARNING_SILENT, NO_WARNING}, "book_silent"},
	{"a feed is said once", {FINE}, {WARNING_SILENT, WARNING_FEED, NO_WARNING}, "feed_silent!"},
	{"held back, and strangers", {FINE, .pauses = 1, .mutes = 2}, {WARNING_UNKNOWN, NO_WARNING},
		"unknown_names held"},
	{"what has no place of its own comes last", {FINE, .mutes = 1},
		{WARNING_NO_FILE, WARNING_CLOCK, WARNING_PINNED, NO_WARNING},
		"held no_append_only_file stream_pinned clock_offset"},
};

static struct warnings *warnings_of(const enum warning *kinds)
{
	struct warnings *w = warnings_new(&test_clock);
	assert_non_null(w);
	for (; *kinds != NO_WARNING; kinds++)
		warnings_set(w, *kinds, "it stands");
	return w;
}

static void what_is_wrong_stands_in_its_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fault faults[FAULTS_MAX];
		struct health health = cases[i].health;
		struct warnings *w = warnings_of(cases[i].warns);
		char got[512] = "";
		health.warnings = w;
		const size_t count = health_judge(&health, faults, FAULTS_MAX);
		for (size_t n = 0; n < count; n++) {
			strcat(got, n ? " " : "");
			strcat(got, faults[n].what);
			strcat(got, faults[n].grave ? "!" : "");
			assert_true(faults[n].text[0] != '\0');
			assert_memory_equal(faults[n].command, "propsctl ", 9);
		}
		if (strcmp(got, cases[i].wanted) != 0)
			fail_msg("%s: wanted \"%s\", got \"%s\"", cases[i].about, cases[i].wanted, got);
		warnings_free(w);
	}
}

static void each_warning_is_told_and_counted_beyond_the_room(void **state)
{
	(void)state;
	struct fault faults[FAULTS_MAX];
	for (int kind = 0; kind < WARNING_COUNT; kind++) {
		const enum warning kinds[] = {(enum warning)kind, NO_WARNING};
		struct warnings *w = warnings_of(kinds);
		const struct health health = {FINE, .letters = -1, .warnings = w};
		assert_int_equal(health_judge(&health, faults, FAULTS_MAX), 1);
		assert_string_equal(faults[0].what, warnings_names[kind]);
		assert_int_equal(faults[0].grave, warnings_row((enum warning)kind)->grave);
		warnings_free(w);
	}
	const struct health worst = {.state = "refused", .paused = true, .letters = 1};
	assert_int_equal(health_judge(&worst, faults, 1), 3);
	assert_string_equal(faults[0].what, "not_ready");
}

static void sentences_name_what_there_is(void **state)
{
	(void)state;
	struct fault fault;
	assert_int_equal(health_judge(&(struct health){FINE, .paused = true, .paused_by = "uid 0 on a"}, &fault, 1), 1);
	assert_string_equal(fault.text, "paused by uid 0 on a: no run is begun, on any instance");
	assert_int_equal(health_judge(&(struct health){FINE, .letters = 1}, &fault, 1), 1);
	assert_string_equal(fault.text, "1 dead letter: an entry was given up");
	assert_int_equal(health_judge(&(struct health){FINE, .oldest_ms = 310000}, &fault, 1), 1);
	assert_string_equal(fault.text, "an event has waited for 5 min and is not settled");
	assert_int_equal(health_judge(&(struct health){FINE, .pauses = 1, .mutes = 2}, &fault, 1), 1);
	assert_string_equal(fault.text, "held back by order: 1 pause, 2 mutes");
	assert_int_equal(health_judge(&(struct health){FINE, .mutes = 1}, &fault, 1), 1);
	assert_string_equal(fault.text, "held back by order: 1 mute");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wrong_stands_in_its_order),
		cmocka_unit_test(each_warning_is_told_and_counted_beyond_the_room),
		cmocka_unit_test(sentences_name_what_there_is),
	};
	log_set_level(LOG_LEVEL_ERR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
