/* What operators are told, with delivery and fetch played by the test: nothing is sent, and the clock is the test's. */
#include "app/alarms.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/str.h"
#include "config/config.h"
#include "delivery/delivery.h"
#include "fetch/hook.h"
#include "metrics/warnings.h"

enum { SECOND = 1000000 };

static struct {
	int64_t us;
	bool lost; /* no session */
	bool paused;
	int64_t oldest_us;
	struct fetch_request *out; /* the message that is out */
	unsigned sent;
	char body[1024];
	int answer; /* of hook_check() */
	int64_t pause_ms;
} world;

static int64_t mono_us(const struct clock *clock)
{
	(void)clock;
	return world.us;
}

static int64_t wall_ms(const struct clock *clock)
{
	(void)clock;
	return 1763250000000 + world.us / 1000;
}

static const struct clock test_clock = {.mono_us = mono_us, .wall_ms = wall_ms};

/* --- delivery ----------------------------------------------------------------------------------------------------- */

bool delivery_ready(const struct delivery *d)
{
	(void)d;
	return !world.lost;
}

const char *delivery_state(const struct delivery *d)
{
	(void)d;
	return "connecting";
}

int64_t delivery_oldest_us(const struct delivery *d)
{
	(void)d;
	return world.oldest_us;
}

const struct order *delivery_order(const struct delivery *d, const struct order_key *key)
{
	static const struct order pause;
	(void)d;
	assert_int_equal(key->kind, ORDER_PAUSE);
	assert_int_equal(key->whom, ORDER_ALL);
	return world.paused ? &pause : NULL;
}

/* --- fetch -------------------------------------------------------------------------------------------------------- */

const char *const hook_lines[] = {NULL};

int hook_read_url(const char *path, char url[HOOK_URL_SIZE], struct err *err)
{
	(void)err;
	text_format(url, HOOK_URL_SIZE, "http://%s", path);
	return 0;
}

int hook_check(const struct fetch_request *r, const char *path, int64_t *ret_pause_ms, struct err *err)
{
	(void)r, (void)path;
	*ret_pause_ms = world.pause_ms;
	return world.answer ? err_set(err, world.answer, "no") : 0;
}

void hook_discord(struct str *out, const char *words)
{
	str_text(out, words);
}

void hook_slack(struct str *out, const char *words)
{
	str_text(out, words);
}

int fetch_use(struct fetch *f, struct err *err)
{
	(void)f, (void)err;
	return 0;
}

void fetch_start(struct fetch *f, struct fetch_request *r)
{
	(void)f;
	assert_null(world.out);
	world.out = r;
	world.sent++;
	text_format(world.body, sizeof(world.body), "%.*s", (int)r->body_length, r->body);
}

void fetch_request_done(struct fetch_request *r)
{
	(void)r;
}

static void answer(int result, int64_t pause_ms)
{
	struct fetch_request *r = world.out;
	assert_non_null(r);
	world.out = NULL;
	world.answer = result;
	world.pause_ms = pause_ms;
	r->done(r->arg, r);
}

/* --- an instance -------------------------------------------------------------------------------------------------- */

static struct alarms *a;
static struct warnings *w;

/* Just this one is told of. */
static void configure(const char *condition)
{
	const char *const item[] = {condition};
	struct config config = {0};
	struct err err;
	config.operator.url_file = "u";
	config.operator.token_file = config.operator.ca_file = "";
	config.operator.form = CONFIG_HOOK_SLACK;
	config.operator.stale_after_us = 120 *(int64_t) SECOND;
	config.operator.conditions.item = item;
	config.operator.conditions.count = 1;
	assert_int_equal(alarms_configure(a, &config, &err), 0);
}

static int make(void **state)
{
	struct err err;
	(void)state;
	memset(&world, 0, sizeof(world));
	world.us = 1000 * (int64_t)SECOND;
	w = warnings_new(&test_clock);
	const struct alarms_options options = {.warnings = w, .clock = &test_clock, .instance = "a"};
	assert_int_equal(alarms_new(&options, &a, &err), 0);
	configure("not_fresh");
	return 0;
}

static int drop(void **state)
{
	(void)state;
	alarms_free(a);
	warnings_free(w);
	return 0;
}

static void second(void)
{
	world.us += SECOND;
	alarms_second(a);
}

/* --- tests -------------------------------------------------------------------------------------------------------- */

static void reports_are_stale_while_an_event_waits_unless_all_is_paused(void **state)
{
	(void)state;
	world.oldest_us = 121 * (int64_t)SECOND;
	world.paused = true;
	second();
	assert_int_equal(world.sent, 0);
	world.paused = false;
	second();
	assert_int_equal(world.sent, 1);
	assert_string_equal(world.body,
		"propsd a: not_fresh: the oldest event has waited for its reports for 121 s. To do: "
		"propsctl fresh and propsctl status say what is waited for");
	answer(0, 0);
	world.oldest_us = -1; /* it cannot be told: as it was */
	second();
	assert_int_equal(world.sent, 1);
	world.oldest_us = 120 * (int64_t)SECOND;
	second();
	assert_int_equal(world.sent, 2);
	assert_non_null(strstr(world.body, "not_fresh is over"));
	answer(0, 0);
	world.oldest_us = -1;
	second();
	assert_int_equal(world.sent, 2);
	world.lost = world.paused = true; /* without a session a pause is no excuse */
	second();
	assert_int_equal(world.sent, 3);
	assert_non_null(strstr(world.body, "there is no session with Redis: connecting"));
	answer(0, 0);
}

static void a_reload_ends_a_pause_that_the_server_asked_for(void **state)
{
	(void)state;
	world.lost = true;
	second();
	answer(-EIO, 600000);
	second();
	assert_int_equal(world.sent, 1);
	configure("not_fresh");
	second();
	assert_int_equal(world.sent, 2);
	answer(0, 0);
}

static void what_is_no_longer_wanted_at_a_reload_ends_with_its_message(void **state)
{
	(void)state;
	world.lost = true;
	second();
	assert_int_equal(world.sent, 1);
	configure("dead_letters"); /* while the message is out */
	answer(0, 0);
	world.lost = false;
	second();
	assert_int_equal(world.sent, 1); /* nobody wants to hear of its end */
	warnings_set(w, WARNING_LETTERS, "2 of them");
	second();
	assert_int_equal(world.sent, 2);
	assert_non_null(strstr(world.body, "propsd a: dead_letters: 2 of them"));
	answer(0, 0);
	configure("not_fresh"); /* as if it were new */
	second();
	assert_int_equal(world.sent, 2);
}

int main(void)
{
#define row(name) cmocka_unit_test_setup_teardown(name, make, drop)
	const struct CMUnitTest tests[] = {
		row(reports_are_stale_while_an_event_waits_unless_all_is_paused),
		row(a_reload_ends_a_pause_that_the_server_asked_for),
		row(what_is_no_longer_wanted_at_a_reload_ends_with_its_message),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
