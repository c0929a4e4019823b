/* What is added for others: entries, loads, regenerates; and whether reports are fresh. */
#include <errno.h>
#include <stdlib.h>

#include <event2/event.h>

#include "handlers.h"

#include "config/config.h"

/* --- entries ---------------------------------------------------------------------------------------------------- */

static void publish_checks_as_the_daemon_does(void **state)
{
	struct world *w = *state;
	assert_true(ask(w, "publish",
		"{\"stream\":\"injury\",\"fields\":{\"player_lookup\":\"lebronjames\",\"game_date\":"
		"\"2025-11-15\",\"status\":\"tired\"}}"));
	assert_string_equal(json_string_value(json_object_get(w->last, "code")), "bad_argument");
	assert_string_equal(json_string_value(json_object_get(json_object_get(w->last, "data"), "field")), "status");
	assert_int_equal(w->delivery.sent_count, 0);
	assert_false(ask(w, "publish",
		"{\"stream\":\"injury\",\"fields\":{\"player_lookup\":\"lebronjames\",\"game_date\":"
		"\"2025-11-15\",\"status\":\"out\"}}"));
	assert_sent(w, 0, "publish", "injury: player_lookup lebronjames game_date 2025-11-15 status out");
	answer_text(w, "1763254800000-0");
	assert_ok(w, "{\"stream\":\"injury\",\"entry\":\"1763254800000-0\"}");
}

static void a_load_with_one_wrong_entry_adds_nothing(void **state)
{
	struct world *w = *state;
	assert_true(ask(w, "slate-load",
		"{\"entries\":[{\"game_id\":\"20251115_LAL_GSW\",\"status\":\"scheduled\"},"
		"{\"game_id\":\"20251115_LAL_GSW\",\"tip\":\"later\"}]}"));
	assert_string_equal(json_string_value(json_object_get(w->last, "code")), "bad_argument");
	json_t *facts = json_object_get(w->last, "data");
	assert_int_equal(json_integer_value(json_object_get(facts, "entry")), 1);
	assert_string_equal(json_string_value(json_object_get(facts, "field")), "tip");
	assert_int_equal(w->delivery.sent_count, 0);
}

#define TWO_GAMES \
	"{\"game_id\":\"20251115_LAL_GSW\",\"status\":\"postponed\"},{\"game_id\":\"20251115_BOS_NYK\"," \
	"\"status\":\"scheduled\"}"

static void a_load_is_answered_when_all_are_added(void **state)
{
	struct world *w = *state;
	assert_true(ask(w, "slate-load", "{\"check\":true,\"entries\":[" TWO_GAMES "]}"));
	assert_ok(w, "{\"stream\":\"slate\",\"entries\":2}");
	assert_int_equal(w->delivery.sent_count, 0);
	assert_false(ask(w, "slate-load", "{\"entries\":[" TWO_GAMES "]}"));
	assert_int_equal(w->delivery.sent_count, 2);
	answer_text(w, "1-0");
	assert_null(w->last);
	answer_text(w, "1-1");
	assert_ok(w, "{\"stream\":\"slate\",\"entries\":2}");
	/* One is lost: the client is told at once, the other answer goes nowhere. */
	assert_false(ask(w, "slate-load", "{\"entries\":[" TWO_GAMES "]}"));
	answer(w, NULL);
	assert_string_equal(json_string_value(json_object_get(w->last, "code")), "unavailable");
	answer_text(w, "1-2");
	w->delivery.ready = false;
	assert_true(ask(w, "slate-load", "{\"entries\":[" TWO_GAMES "]}"));
	assert_string_equal(json_string_value(json_object_get(w->last, "code")), "unavailable");
}

static void regenerate_wants_exactly_one_scope(void **state)
{
	struct world *w = *state;
	assert_true(ask(w, "regenerate", "{}"));
	assert_error(
		w, "bad_argument", "\"regenerate\" wants one of player, team, game, slate and outdated; 0 are given");
	assert_true(ask(w, "regenerate", "{\"slate\":true,\"team\":\"LAL\"}"));
	assert_error(
		w, "bad_argument", "\"regenerate\" wants one of player, team, game, slate and outdated; 2 are given");
	assert_true(ask(w, "regenerate", "{\"slate\":false}"));
	assert_error(
		w, "bad_argument", "\"regenerate\" wants one of player, team, game, slate and outdated; 0 are given");
}

static void regenerate_adds_what_the_scope_says(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *args, *entry;
		int players;
	} cases[] = {
		{"{\"player\":\"LeBron James\"}", "regenerate: game_date 2025-11-15 player_lookup lebronjames exact 1",
			1},
		{"{\"team\":\"lal\",\"force\":true}", "regenerate: game_date 2025-11-15 team LAL force 1", 2},
		{"{\"team\":\"L.A. Lakers\"}", "regenerate: game_date 2025-11-15 team LAL", 2},
		{"{\"game\":\"20251115_lal_Golden State\"}",
			"regenerate: game_date 2025-11-15 game_id 20251115_LAL_GSW", 3},
		{"{\"game\":\"20251115_LAL_GSW\",\"priority\":\"high\"}",
			"regenerate: game_date 2025-11-15 game_id 20251115_LAL_GSW priority high", 3},
		{"{\"slate\":true,\"date\":\"2025-11-15\"}", "regenerate: game_date 2025-11-15", 3},
	};
	make_slate(w, NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_false(ask(w, "regenerate", cases[i].args));
		turn_until_sent(w, 1);
		assert_sent(w, 0, "publish", cases[i].entry);
		answer_text(w, "5-0");
		assert_string_equal(json_string_value(json_object_get(data_of(w), "entry")), "5-0");
		assert_int_equal(json_integer_value(json_object_get(data_of(w), "players")), cases[i].players);
	}
}

static void a_trial_adds_nothing(void **state)
{
	struct world *w = *state;
	make_slate(w, NULL);
	ask(w, "regenerate", "{\"team\":\"LAL\",\"dry_run\":true}");
	while (!w->last)
		event_base_loop(w->context.base, EVLOOP_ONCE);
	assert_ok(w, "{\"dry_run\":true,\"players\":2,\"names\":[\"austinreaves\",\"lebronjames\"]}");
	assert_int_equal(w->delivery.sent_count, 0);
}

/* --- fresh ------------------------------------------------------------------------------------------------------ */

/* The answer, once the slate is read anew and looked at. */
static void ask_and_wait(struct world *w, const char *cmd, const char *args)
{
	ask(w, cmd, args);
	while (!w->last && w->delivery.sent_count == 0)
		event_base_loop(w->context.base, EVLOOP_ONCE);
}

static bool is_fresh(struct world *w)
{
	ask_and_wait(w, "fresh", "{\"date\":\"2025-11-15\"}");
	return json_is_true(json_object_get(data_of(w), "fresh"));
}

static void fresh_is_what_is_covered_settled_and_of_this_model(void **state)
{
	struct world *w = *state;
	struct freshness *f = &w->delivery.fresh;
	make_slate(w, NULL);
	*f = (struct freshness){.now_ms = 100000, .reports = 2, .covered = 2};
	assert_true(is_fresh(w));
	assert_true(json_is_null(json_object_get(data_of(w), "oldest_uncovered")));
	assert_true(json_is_null(json_object_get(json_object_get(data_of(w), "last_event"), "odds")));
	f->outdated = 1;
	assert_false(is_fresh(w));
	*f = (struct freshness){.now_ms = 100000, .reports = 2, .covered = 2, .more_open = true};
	assert_false(is_fresh(w));
	*f = (struct freshness){
		.now_ms = 100000, .reports = 2, .covered = 2, .oldest = {98000, "98000-0", "odds of lebronjames"}};
	assert_false(is_fresh(w));
	char *oldest = json_dumps(json_object_get(data_of(w), "oldest_uncovered"), JSON_COMPACT);
	assert_string_equal(oldest, "{\"what\":\"odds of lebronjames\",\"age_ms\":2000,\"entry\":\"98000-0\"}");
	free(oldest);
	*f = (struct freshness){.now_ms = 100000,
		.reports = 2,
		.covered = 1,
		.uncovered = {[UNCOVERED_MUTED] = 1},
		.shown = {{"lebronjames", PHASE_PRECOMPUTE, UNCOVERED_MUTED, 99000}},
		.shown_count = 1};
	w->delivery.glance.streams[STREAM_ODDS].last_ms = 86000;
	assert_false(is_fresh(w));
	char *rows = json_dumps(json_object_get(data_of(w), "uncovered_players"), JSON_COMPACT);
	assert_string_equal(
		rows, "[{\"player\":\"lebronjames\",\"phase\":\"precompute\",\"why\":\"muted\",\"age_ms\":1000}]");
	free(rows);
	const json_t *odds = json_object_get(json_object_get(data_of(w), "last_event"), "odds");
	assert_int_equal(json_integer_value(json_object_get(odds, "age_ms")), 14000);
}

static void fresh_cannot_be_told_without_redis_and_of_a_date_that_waits(void **state)
{
	struct world *w = *state;
	make_slate(w, NULL);
	w->delivery.fresh_result = -ENOTCONN;
	ask_and_wait(w, "fresh", "{\"date\":\"2025-11-15\"}");
	assert_string_equal(json_string_value(json_object_get(w->last, "code")), "unavailable");
	w->delivery.waits = true;
	ask_and_wait(w, "fresh", "{\"date\":\"2025-11-15\"}");
	assert_error(w, "failed", "nothing is done on 2025-11-15: instance \"b\" has it");
}

/* A slate that moves while it is looked at is no answer: it is looked at again. */
static void fresh_is_looked_at_again_where_the_slate_moved(void **state)
{
	struct world *w = *state;
	make_slate(w, NULL);
	w->delivery.fresh_result = -EAGAIN;
	ask(w, "fresh", "{\"date\":\"2025-11-15\"}");
	while (w->delivery.looks < 2)
		event_base_loop(w->context.base, EVLOOP_ONCE);
	assert_null(w->last);
	w->delivery.fresh_result = 0;
	while (!w->last)
		event_base_loop(w->context.base, EVLOOP_ONCE);
	assert_true(json_is_true(json_object_get(data_of(w), "fresh")));
}

static void those_of_an_older_model_are_regenerated_by_an_entry_each(void **state)
{
	struct world *w = *state;
	char names[2][LOOKUP_SIZE] = {"austinreaves", "lebronjames"};
	make_slate(w, NULL);
	w->delivery.fresh = (struct freshness){.reports = 3, .covered = 3, .outdated = 2, .outdated_players = names};
	ask_and_wait(w, "regenerate", "{\"outdated\":true,\"dry_run\":true}");
	assert_ok(w, "{\"dry_run\":true,\"players\":2,\"names\":[\"austinreaves\",\"lebronjames\"]}");
	ask_and_wait(w, "regenerate", "{\"outdated\":true,\"priority\":\"high\",\"force\":true}");
	assert_sent(w, 0, "publish",
		"regenerate: player_lookup austinreaves exact 1 game_date 2025-11-15 force 1 priority high");
	answer_text(w, "5-0");
	assert_sent(w, 0, "publish",
		"regenerate: player_lookup lebronjames exact 1 game_date 2025-11-15 force 1 priority high");
	answer_text(w, "5-1");
	assert_ok(w, "{\"entry\":\"5-0\",\"players\":2}");

	/* With wait each is asked for until it is settled; one is given up. */
	const struct value settled = {.type = VALUE_ARRAY}, open = {.type = VALUE_NIL};
	struct value letter[] = {text_value("failed"), text_value("it broke"), text_value("lebronjames")};
	ask_and_wait(w, "regenerate", "{\"outdated\":true,\"wait\":true}");
	answer_text(w, "6-0");
	answer_text(w, "6-1");
	turn_until_sent(w, 1);
	assert_sent(w, 0, "fate", "regenerate 6-0");
	answer(w, &open);
	turn_until_sent(w, 1);
	assert_sent(w, 0, "fate", "regenerate 6-0");
	answer(w, &settled);
	assert_sent(w, 0, "fate", "regenerate 6-1");
	answer_list(w, letter, 3);
	assert_int_equal(json_integer_value(json_object_get(data_of(w), "completed")), 1);
	assert_int_equal(json_integer_value(json_object_get(data_of(w), "failed")), 1);
	char *failures = json_dumps(json_object_get(data_of(w), "failures"), JSON_COMPACT);
	assert_string_equal(failures, "[{\"player\":\"lebronjames\",\"error\":\"it broke\"}]");
	free(failures);

	w->delivery.fresh = (struct freshness){.reports = 3, .covered = 3};
	ask_and_wait(w, "regenerate", "{\"outdated\":true}");
	assert_ok(w, "{\"entry\":\"\",\"players\":0}");
}

static void status_counts_what_redis_said_of_the_fleet(void **state)
{
	struct world *w = *state;
	assert_true(ask(w, "status", "{}"));
	assert_null(json_object_get(data_of(w), "letters"));
	assert_null(json_object_get(data_of(w), "fleet"));
	assert_string_equal(json_string_value(json_object_get(data_of(w), "health")), "healthy");
	w->delivery.glance = (struct delivery_glance){.at_ms = 500000,
		.letters = 3,
		.instances = 2,
		.names = "a b",
		.streams = {[STREAM_ODDS] = {.pending = 7, .unread = 9, .oldest_ms = 300000},
			[STREAM_REGENERATE] = {.pending = 1, .unread = -1, .oldest_ms = 1}}};
	assert_true(ask(w, "status", "{}"));
	char *fleet = json_dumps(json_object_get(data_of(w), "fleet"), JSON_COMPACT);
	assert_string_equal(
		fleet, "{\"instances\":2,\"names\":[\"a\",\"b\"],\"pending\":8,\"unread\":9,\"oldest_ms\":200000}");
	free(fleet);
	assert_int_equal(json_integer_value(json_object_get(data_of(w), "letters")), 3);
	const json_t *wrong = json_object_get(data_of(w), "wrong");
	assert_string_equal(json_string_value(json_object_get(data_of(w), "health")), "error");
	assert_string_equal(json_string_value(json_object_get(json_array_get(wrong, 0), "what")), "late");
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(wrong, 1), "command")), "propsctl dead list");
}

static void a_team_or_game_that_does_not_play_is_unknown(void **state)
{
	struct world *w = *state;
	make_league(w);
	make_slate(w, w->app.league);
	assert_false(ask(w, "regenerate", "{\"team\":\"BOS\"}"));
	turn_until_answered(w);
	assert_error(w, "unknown_team", "there is no team \"BOS\" on 2025-11-15");
	assert_false(ask(w, "regenerate", "{\"game\":\"20251115_BOS_NYK\"}"));
	turn_until_answered(w);
	assert_error(w, "unknown_game", "there is no game \"20251115_BOS_NYK\" on 2025-11-15");
	assert_int_equal(w->delivery.sent_count, 0);
}

static void regenerates_wait_follows_the_entry_to_its_end(void **state)
{
	struct world *w = *state;
	make_slate(w, NULL);
	struct player_view *james = add_player(w, "lebronjames", DAY, PLAYER_IDLE);
	struct player_view *curry = add_player(w, "stephencurry", DAY, PLAYER_IDLE);
	james->committed = curry->committed = 10;
	assert_false(ask(w, "regenerate", "{\"game\":\"20251115_LAL_GSW\",\"wait\":true}"));
	turn_until_sent(w, 1);
	answer_text(w, "5-0");
	turn_until_sent(w, 1);
	assert_sent(w, 0, "fate", "regenerate 5-0");
	answer_nil(w); /* not yet */
	james->committed = 11;
	curry->failures = 1;
	curry->last_error = "timed out";
	while (!w->progress ||
		json_integer_value(json_object_get(json_object_get(w->progress, "progress"), "done")) < 2) {
		assert_int_equal(event_base_loop(w->context.base, EVLOOP_ONCE), 0);
		if (w->delivery.sent_count > 0)
			answer(w, NULL); /* Redis is away for a while: no reason to give up */
	}
	assert_null(w->last);
	json_t *step = json_object_get(w->progress, "progress");
	assert_int_equal(json_integer_value(json_object_get(step, "total")), 3);
	assert_int_equal(json_integer_value(json_object_get(step, "failed")), 1);
	turn_until_sent(w, 1);
	struct value letter[] = {
		text_value("failed"), text_value("the letter's error"), text_value("stephencurry,drydraymond")};
	answer_list(w, letter, 3);
	json_t *data = data_of(w);
	assert_int_equal(json_integer_value(json_object_get(data, "total")), 3);
	assert_int_equal(json_integer_value(json_object_get(data, "completed")), 1);
	assert_int_equal(json_integer_value(json_object_get(data, "failed")), 2);
	char *failures = json_dumps(json_object_get(data, "failures"), JSON_COMPACT);
	assert_string_equal(failures,
		"[{\"player\":\"stephencurry\",\"error\":\"timed out\"},{\"player\":\"drydraymond\","
		"\"error\":\"the letter's error\"}]");
	free(failures);
}

static void regenerates_wait_without_failures_completes_all(void **state)
{
	struct world *w = *state;
	assert_false(ask(w, "regenerate", "{\"player\":\"lebronjames\",\"wait\":true}"));
	answer_text(w, "5-0");
	turn_until_sent(w, 1);
	answer_list(w, NULL, 0);
	assert_int_equal(json_integer_value(json_object_get(data_of(w), "completed")), 1);
	assert_int_equal(json_integer_value(json_object_get(data_of(w), "failed")), 0);
	/* A letter without players is about the entry. */
	assert_false(ask(w, "regenerate", "{\"player\":\"lebronjames\",\"wait\":true}"));
	answer_text(w, "6-0");
	turn_until_sent(w, 1);
	struct value letter[] = {text_value("past"), text_value("the day is over"), text_value("")};
	answer_list(w, letter, 3);
	assert_error(w, "failed", "the entry was refused: the day is over");
}

static void regenerates_wait_ends_at_its_time_limit(void **state)
{
	struct world *w = *state;
	assert_false(ask(w, "regenerate", "{\"player\":\"lebronjames\",\"wait\":true,\"timeout\":\"1s\"}"));
	answer_text(w, "5-0");
	turn_until_sent(w, 1); /* and no answer */
	turn_until_answered(w);
	assert_error(w, "timeout", "0 of 1 are completed in the time given; the others go on (entry 5-0)");
	answer_nil(w); /* late: nobody is there */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_world(publish_checks_as_the_daemon_does),
		with_world(a_load_with_one_wrong_entry_adds_nothing),
		with_world(a_load_is_answered_when_all_are_added),
		with_world(regenerate_wants_exactly_one_scope),
		with_world(regenerate_adds_what_the_scope_says),
		with_world(a_trial_adds_nothing),
		with_world(fresh_is_what_is_covered_settled_and_of_this_model),
		with_world(fresh_cannot_be_told_without_redis_and_of_a_date_that_waits),
		with_world(fresh_is_looked_at_again_where_the_slate_moved),
		with_world(those_of_an_older_model_are_regenerated_by_an_entry_each),
		with_world(status_counts_what_redis_said_of_the_fleet),
		with_world(a_team_or_game_that_does_not_play_is_unknown),
		with_world(regenerates_wait_follows_the_entry_to_its_end),
		with_world(regenerates_wait_without_failures_completes_all),
		with_world(regenerates_wait_ends_at_its_time_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
