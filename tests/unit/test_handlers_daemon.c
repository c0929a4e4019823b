/* The daemon itself: the doctor, reload, log level, configuration. */
#include <errno.h>
#include <string.h>

#include "handlers.h"

#include "base/log.h"
#include "metrics/warnings.h"

/* --- the doctor ------------------------------------------------------------------------------------------------- */

/* The level of a check in the last answer; "" where it is not among them. */
static const char *level_of(struct world *w, const char *check)
{
	size_t i;
	json_t *line;
	json_array_foreach (json_object_get(data_of(w), "checks"), i, line) {
		assert_true(json_is_string(json_object_get(line, "text")));
		const char *level = json_string_value(json_object_get(line, "level"));
		assert_int_equal(json_object_get(line, "remedy") != NULL, strcmp(level, "ok") != 0);
		if (strcmp(json_string_value(json_object_get(line, "check")), check) == 0)
			return level;
	}
	return "";
}

static void the_doctor_asks_redis_and_tells_of_each_check(void **state)
{
	struct world *w = *state;
	struct value command = {.type = VALUE_STRING, .text = "XCLAIM", .length = 6};
	assert_false(ask(w, "doctor", "{}"));
	assert_sent(w, 0, "watch", "");
	answer_list(w, NULL, 0);
	assert_sent(w, 0, "rights", "");
	answer_list(w, NULL, 0);
	for (int i = 0; i < WARNING_COUNT; i++)
		assert_string_equal(level_of(w, warnings_row((enum warning)i)->check), "ok");
	assert_string_equal(level_of(w, "redis"), "ok");
	assert_string_equal(level_of(w, "rights"), "ok");
	warnings_set(w->context.warnings, WARNING_EVICTS, "it may");
	warnings_set(w->context.warnings, WARNING_PINNED, "by \"debug\"");
	assert_false(ask(w, "doctor", "{}"));
	answer_list(w, NULL, 0);
	answer_list(w, &command, 1);
	assert_string_equal(level_of(w, "rights"), "error");
	assert_string_equal(level_of(w, "eviction"), "error");
	assert_string_equal(level_of(w, "other groups"), "warning");
	assert_string_equal(level_of(w, "append-only file"), "ok");
	warnings_set(w->context.warnings, WARNING_UNCHECKED, "no INFO");
	warnings_clear(w->context.warnings, WARNING_EVICTS);
	assert_false(ask(w, "doctor", "{}"));
	answer(w, NULL); /* the connection went */
	answer(w, NULL);
	assert_string_equal(level_of(w, "rights"), "");
	assert_string_equal(level_of(w, "eviction"), "");
	assert_string_equal(level_of(w, "append-only file"), "");
	assert_string_equal(level_of(w, "settings"), "warning");
}

static void without_redis_the_doctor_tells_what_is_known(void **state)
{
	struct world *w = *state;
	w->delivery.ready = false;
	assert_true(ask(w, "doctor", "{}"));
	assert_string_equal(level_of(w, "redis"), "error");
	assert_string_equal(level_of(w, "eviction"), "");
	assert_string_equal(level_of(w, "dead letters"), "");
	assert_string_equal(level_of(w, "dates"), "ok");
}

/* --- the daemon ------------------------------------------------------------------------------------------------- */

static void a_reload_is_answered_when_it_is_through(void **state)
{
	struct world *w = *state;
	struct err err = {.code = -EINVAL, .text = "propsd.conf:3: no such option \"pol\""};
	assert_false(ask(w, "reload", "{}"));
	make_league(w);
	w->app.reloaded(w->app.reload_data, 0, 2, &(struct err){0});
	assert_ok(w, "{\"restart\":2,\"league\":7}");
	assert_false(ask(w, "reload", "{}"));
	w->app.reloaded(w->app.reload_data, 0, 0, &(struct err){.text = "admin.admins: there is no user \"ada\""});
	assert_ok(w, "{\"restart\":0,\"league\":7,\"warning\":\"admin.admins: there is no user \\\"ada\\\"\"}");
	assert_false(ask(w, "reload", "{}"));
	w->app.reloaded(w->app.reload_data, -EINVAL, 0, &err);
	assert_error(w, "failed", "nothing has changed: propsd.conf:3: no such option \"pol\"");
	assert_false(ask(w, "reload", "{}"));
	w->app.reloaded(w->app.reload_data, -EBUSY, 0, &err);
	assert_string_equal(json_string_value(json_object_get(w->last, "code")), "busy");
}

static void the_log_level_is_shown_and_set(void **state)
{
	struct world *w = *state;
	assert_true(ask(w, "log-level", "{\"level\":\"err\"}"));
	assert_ok(w, "{\"level\":\"err\"}");
	assert_int_equal(log_level(), LOG_LEVEL_ERR);
	assert_true(ask(w, "log-level", "{}"));
	assert_ok(w, "{\"level\":\"err\"}");
}

static void the_configuration_metrics_and_commands_are_shown(void **state)
{
	struct world *w = *state;
	assert_true(ask(w, "config-show", "{}"));
	assert_true(json_array_size(json_object_get(data_of(w), "options")) > 10);
	assert_true(ask(w, "metrics", "{}"));
	assert_non_null(strstr(json_string_value(json_object_get(data_of(w), "text")), "propsd_build_info{"));
	assert_true(ask(w, "commands", "{}"));
	assert_true(json_array_size(json_object_get(data_of(w), "commands")) > 10);
	assert_true(ask(w, "ping", "{}"));
	assert_ok(w, "{}");
	assert_true(ask(w, "drain", "{}"));
	assert_int_equal(w->app.drained, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_world(the_doctor_asks_redis_and_tells_of_each_check),
		with_world(without_redis_the_doctor_tells_what_is_known),
		with_world(a_reload_is_answered_when_it_is_through),
		with_world(the_log_level_is_shown_and_set),
		with_world(the_configuration_metrics_and_commands_are_shown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
