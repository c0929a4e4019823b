/* Orders, pauses, workers, and waiting. */
#include <stdio.h>
#include <stdlib.h>

#include <event2/event.h>

#include "handlers.h"

#include "config/config.h"

/* --- orders ----------------------------------------------------------------------------------------------------- */

/* What is sent to Redis, and who sent it behind it. */
static const char *by(const struct world *w, const char *order)
{
	static char text[256];
	snprintf(text, sizeof(text), "%s uid 1000 on %s", order, w->app.config->instance);
	return text;
}

static void an_order_is_answered_when_redis_has_it(void **state)
{
	struct world *w = *state;
	assert_false(ask(w, "prioritize", "{\"player\":\"LeBron James\",\"level\":\"urgent\",\"for\":\"1h\"}"));
	assert_sent(w, 0, "order", by(w, "priority::lebronjames=1763258400000 urgent"));
	assert_null(w->last);
	answer_int(w, 1);
	assert_ok(w, "{\"player\":\"lebronjames\",\"level\":\"urgent\",\"until_ms\":1763258400000}");

	assert_false(ask(w, "prioritize", "{\"player\":\"lebronjames\",\"level\":\"none\",\"date\":\"2025-11-15\"}"));
	assert_sent(w, 0, "order", "priority:2025-11-15:lebronjames=");
	answer_int(w, 0);
	assert_ok(w, "{\"player\":\"lebronjames\",\"level\":\"none\",\"date\":\"2025-11-15\",\"stood\":false}");

	assert_false(ask(w, "prioritize", "{\"player\":\"lebronjames\",\"level\":\"low\"}"));
	leave(w); /* before it stands */
	answer_int(w, 1);
	w->delivery.ready = false;
	assert_true(ask(w, "prioritize", "{\"player\":\"lebronjames\",\"level\":\"low\"}"));
	assert_error(w, "unavailable", "orders are kept in Redis, which cannot be reached: Connection refused");
}

static void an_order_that_redis_refuses_has_failed_in_its_words(void **state)
{
	struct world *w = *state;
	assert_false(ask(w, "pause", "{}"));
	answer_error(w, "OOM command not allowed");
	assert_error(w, "failed", "Redis refused: OOM command not allowed");
	assert_false(ask(w, "pause", "{}"));
	struct sent first = w->delivery.sent[0];
	w->delivery.sent_count = 0;
	first.done(first.data, NULL); /* the connection was lost */
	assert_error(w, "unavailable", "Redis cannot be reached: ok");
}

static void a_team_or_a_game_is_ordered_by_its_name(void **state)
{
	struct world *w = *state;
	assert_false(ask(w, "prioritize", "{\"team\":\"lal\",\"level\":\"low\"}"));
	assert_sent(w, 0, "order", by(w, "priority::team:LAL=0 low"));
	answer_int(w, 1);
	assert_ok(w, "{\"team\":\"LAL\",\"level\":\"low\"}");
	assert_false(ask(w, "prioritize", "{\"game\":\"20251115_LAL_GSW\",\"level\":\"high\"}"));
	assert_sent(w, 0, "order", by(w, "priority::game:20251115_LAL_GSW=0 high"));
	answer_int(w, 1);
	assert_ok(w, "{\"game\":\"20251115_LAL_GSW\",\"level\":\"high\"}");
	assert_true(ask(w, "prioritize", "{\"level\":\"high\"}"));
	assert_error(w, "bad_argument", "an order wants one of player, team and game; 0 are given");
	assert_true(ask(w, "prioritize", "{\"team\":\"LAL\",\"player\":\"lebronjames\",\"level\":\"high\"}"));
	assert_error(w, "bad_argument", "an order wants one of player, team and game; 2 are given");
	assert_true(ask(w, "prioritize", "{\"team\":\"L:L\",\"level\":\"high\"}"));
	assert_error(w, "unknown_team",
		"the team is \"L:L\", which is no team of the league; there are ATL BKN BOS CHA CHI CLE DAL DEN DET GSW HOU IND "
		"LAC LAL MEM MIA MIL MIN NOP NYK OKC ORL PHI PHX POR SAC SAS TOR UTA WAS");
	assert_true(ask(w, "prioritize", "{\"team\":\"Los Angeles\",\"level\":\"high\"}"));
	assert_error(w, "bad_argument",
		"the team is \"Los Angeles\", which is the name of several teams: LAC (LA Clippers), LAL (Los Angeles Lakers)");
	assert_true(ask(w, "prioritize", "{\"game\":\"LAL at GSW\",\"level\":\"high\"}"));
	assert_error(w, "bad_argument",
		"game_id: \"LAL at GSW\" is neither DATE_AWAY_HOME nor ten digits; a game_id is DATE_AWAY_HOME, such as "
		"20251115_LAL_GSW, or the league's ten digits");
}

static void an_order_is_for_the_code_by_whatever_spelling(void **state)
{
	struct world *w = *state;
	static const char *const cases[][2] = {{"\"team\":\"BRK\"", "priority::team:BKN=0 low"},
		{"\"team\":\"Brooklyn Nets\"", "priority::team:BKN=0 low"},
		{"\"team\":\"xyz\"", "priority::team:XYZ=0 low"}, /* the slate's alone, perhaps */
		{"\"game\":\"20251201_brk_Wizards\"", "priority::game:20251201_BKN_WAS=0 low"}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char arguments[128];
		text_format(arguments, sizeof(arguments), "{%s,\"level\":\"low\"}", cases[i][0]);
		assert_false(ask(w, "prioritize", arguments));
		assert_sent(w, 0, "order", by(w, cases[i][1]));
		answer_int(w, 1);
	}
}

static void orders_are_listed_by_their_words(void **state)
{
	struct world *w = *state;
	assert_true(ask(w, "orders", "{}"));
	assert_ok(w, "{\"orders\":[],\"matching\":0}");
	w->delivery.orders[0] = (struct order){order_key_of(ORDER_PRIORITY, ORDER_TEAM, 0, "LAL"), LEVEL_LOW, "", 0};
	w->delivery.orders[1] =
		(struct order){order_key_of(ORDER_PAUSE, ORDER_ALL, 0, ""), LEVEL_URGENT, "uid 0 on b", 7};
	w->delivery.order_count = 2;
	assert_true(ask(w, "orders", "{}"));
	assert_ok(w, "{\"orders\":[{\"order\":\"pause\",\"by\":\"uid 0 on b\",\"until_ms\":7},"
		     "{\"order\":\"priority\",\"team\":\"LAL\",\"level\":\"low\"}],\"matching\":2}");
	assert_true(ask(w, "orders", "{\"limit\":1}"));
	assert_ok(w, "{\"orders\":[{\"order\":\"pause\",\"by\":\"uid 0 on b\",\"until_ms\":7}],\"matching\":2}");
	assert_true(ask(w, "status", "{}"));
	assert_int_equal(json_integer_value(json_object_get(data_of(w), "paused_until_ms")), 7);
}

static void a_pause_says_who_and_is_taken_back(void **state)
{
	struct world *w = *state;
	char text[256];
	assert_false(ask(w, "pause", "{}"));
	assert_sent(w, 0, "order", by(w, "pause=0"));
	answer_int(w, 1);
	snprintf(text, sizeof(text), "{\"paused\":true,\"by\":\"uid 1000 on %s\"}", w->app.config->instance);
	assert_ok(w, text);
	assert_false(ask(w, "resume", "{}"));
	assert_sent(w, 0, "order", "pause=");
	answer_int(w, 1);
	assert_ok(w, "{\"paused\":false,\"stood\":true}");
}

static void a_pause_and_a_mute_take_one_scope(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *args, *field;
	} cases[] = {
		{"{\"player\":\"lebronjames\"}", ":lebronjames"},
		{"{\"team\":\"lal\"}", ":team:LAL"},
		{"{\"game\":\"20251115_LAL_GSW\"}", ":game:20251115_LAL_GSW"},
		{"{\"type\":\"odds\"}", ":type:odds"},
		{"{\"book\":\"Fan Duel\"}", ":book:Fan Duel"},
	};
	static const char *const commands[][3] = {{"pause", "resume", "pause"}, {"mute", "unmute", "mute"}};
	char text[256], sent[200];
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t k = 0; k < 2; k++) {
			assert_false(ask(w, commands[k][0], cases[i].args));
			snprintf(sent, sizeof(sent), "%s:%s=0", commands[k][2], cases[i].field);
			assert_sent(w, 0, "order", by(w, sent));
			answer_int(w, 1);
			assert_true(json_is_true(json_object_get(data_of(w), k ? "muted" : "paused")));
			assert_false(ask(w, commands[k][1], cases[i].args));
			snprintf(text, sizeof(text), "%s:%s=", commands[k][2], cases[i].field);
			assert_sent(w, 0, "order", text);
			answer_int(w, 1);
			assert_true(json_is_false(json_object_get(data_of(w), k ? "muted" : "paused")));
		}
	assert_false(ask(w, "mute", "{\"book\":\"fd\",\"date\":\"2025-11-15\",\"for\":\"1h\"}"));
	assert_sent(w, 0, "order", by(w, "mute:2025-11-15:book:fd=1763258400000"));
	answer_int(w, 1);
	assert_true(ask(w, "mute", "{}"));
	assert_error(w, "bad_argument", "mute wants one of player, team, game, type and book; 0 are given");
	assert_true(ask(w, "pause", "{\"team\":\"LAL\",\"book\":\"fd\"}"));
	assert_error(w, "bad_argument", "pause wants at most one of player, team, game, type and book; 2 are given");
	assert_true(ask(w, "pause", "{\"date\":\"2025-11-15\"}"));
	assert_error(w, "bad_argument", "a date is given, and nobody whom the order is for");
}

static void what_is_held_back_is_in_status_and_of_a_player(void **state)
{
	struct world *w = *state;
	w->delivery.orders[0] =
		(struct order){order_key_of(ORDER_MUTE, ORDER_BOOK, 0, "fd"), LEVEL_URGENT, "uid 0 on b", 7};
	w->delivery.orders[1] =
		(struct order){order_key_of(ORDER_PAUSE, ORDER_PLAYER, 0, "lebronjames"), LEVEL_URGENT, "x", 0};
	w->delivery.orders[2] = (struct order){order_key_of(ORDER_PRIORITY, ORDER_TEAM, 0, "LAL"), LEVEL_LOW, "x", 0};
	w->delivery.order_count = 3;
	assert_true(ask(w, "status", "{}"));
	json_t *holds = json_object_get(data_of(w), "holds");
	char *text = json_dumps(holds, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(text, "[{\"book\":\"fd\",\"by\":\"uid 0 on b\",\"order\":\"mute\",\"until_ms\":7},"
				  "{\"by\":\"x\",\"order\":\"pause\",\"player\":\"lebronjames\"}]");
	free(text);
	assert_true(ask_player(w, "{\"player\":\"lebronjames\"}"));
	json_t *day = json_array_get(json_object_get(data_of(w), "days"), 0);
	assert_non_null(json_object_get(day, "paused"));
	assert_null(json_object_get(day, "muted"));
}

static void workers_are_shown_and_set(void **state)
{
	struct world *w = *state;
	assert_true(ask(w, "workers", "{}"));
	assert_ok(w, "{\"count\":2,\"running\":1}");
	assert_true(ask(w, "workers", "{\"count\":5}"));
	assert_ok(w, "{\"count\":5,\"running\":1}");
	assert_true(ask(w, "workers", "{\"count\":13}"));
	assert_error(w, "failed", "cannot run 13 workers: no threads");
	assert_true(ask(w, "workers", "{\"count\":0}"));
	assert_error(
		w, "bad_argument", "argument \"count\" of \"workers\" is 0; it must be a whole number from 1 to 256");
}

/* --- waiting ---------------------------------------------------------------------------------------------------- */

static void wait_ready_waits_for_redis(void **state)
{
	struct world *w = *state;
	w->delivery.ready = false;
	assert_false(ask(w, "wait", "{\"for\":\"ready\"}"));
	assert_int_equal(event_base_loop(w->context.base, EVLOOP_ONCE), 0);
	assert_null(w->last);
	w->delivery.ready = true;
	turn_until_answered(w);
	assert_true(json_is_true(json_object_get(data_of(w), "ready")));
	assert_true(ask(w, "wait", "{\"for\":\"ready\"}"));
	w->delivery.ready = false;
	assert_false(ask(w, "wait", "{\"for\":\"ready\",\"timeout\":\"30ms\"}"));
	turn_until_answered(w);
	assert_error(w, "timeout", "not ready in time: Connection refused");
}

static void answer_left(struct world *w, int64_t pending, int64_t unread)
{
	struct value items[] = {{.type = VALUE_INTEGER, .integer = pending}, {.type = VALUE_INTEGER, .integer = unread}};
	answer_list(w, items, 2);
}

static void idle_is_what_redis_confirms(void **state)
{
	struct world *w = *state;
	w->regen.stats.state[PLAYER_WAITING] = 1;
	assert_false(ask(w, "wait", "{\"for\":\"idle\"}"));
	assert_int_equal(event_base_loop(w->context.base, EVLOOP_ONCE), 0);
	assert_int_equal(w->delivery.sent_count, 0); /* busy by its own account: Redis is not asked */
	w->regen.stats.state[PLAYER_WAITING] = 0;
	turn_until_sent(w, 1);
	answer_left(w, 0, 1); /* an entry that nobody has read */
	assert_null(w->last);
	turn_until_sent(w, 1);
	answer_left(w, 1, 0); /* read and not acknowledged */
	assert_null(w->last);
	turn_until_sent(w, 1);
	w->delivery.unacked = 1; /* it arrived while Redis was asked */
	answer_left(w, 0, 0);
	assert_null(w->last);
	w->delivery.unacked = 0;
	turn_until_sent(w, 1);
	answer(w, NULL); /* the connection was lost: goes on waiting */
	turn_until_sent(w, 1);
	answer_left(w, 0, 0);
	assert_string_equal(json_string_value(json_object_get(data_of(w), "for")), "idle");
}

static void wait_idle_says_what_is_left_at_its_time_limit(void **state)
{
	struct world *w = *state;
	w->regen.stats.state[PLAYER_BACKING_OFF] = 2;
	w->regen.stats.state[PLAYER_RUNNING] = 1;
	w->delivery.unacked = 3;
	assert_false(ask(w, "wait", "{\"for\":\"idle\",\"timeout\":\"30ms\"}"));
	turn_until_answered(w);
	assert_error(w, "timeout", "not idle in time: 2 waiting, 1 running, 3 unacknowledged");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(w->last, "data"), "waiting")), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_world(an_order_is_answered_when_redis_has_it),
		with_world(an_order_that_redis_refuses_has_failed_in_its_words),
		with_world(a_team_or_a_game_is_ordered_by_its_name),
		with_world(an_order_is_for_the_code_by_whatever_spelling),
		with_world(orders_are_listed_by_their_words),
		with_world(a_pause_says_who_and_is_taken_back),
		with_world(a_pause_and_a_mute_take_one_scope),
		with_world(what_is_held_back_is_in_status_and_of_a_player),
		with_world(workers_are_shown_and_set),
		with_world(wait_ready_waits_for_redis),
		with_world(idle_is_what_redis_confirms),
		with_world(wait_idle_says_what_is_left_at_its_time_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
