/* What is shown of the night: status, players, reports, slates, strangers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "handlers.h"

#include "metrics/warnings.h"

static void status_has_all_its_parts(void **state)
{
	struct world *w = *state;
	static const char *const parts[] = {"version", "instance", "pid", "uptime_ms", "state", "ready", "paused",
		"redis", "slate", "workers", "players", "waiting", "entries", "runs", "dead_letters", "event_age",
		"warnings"};
	make_slate(w, NULL);
	w->regen.stats.state[PLAYER_WAITING] = 4;
	assert_true(ask(w, "status", "{}"));
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		if (!json_object_get(data_of(w), parts[i]))
			fail_msg("no %s", parts[i]);
	}
	assert_null(json_object_get(data_of(w), "league"));
	assert_int_equal(json_integer_value(json_object_get(json_object_get(data_of(w), "players"), "waiting")), 4);
	json_t *slate = json_object_get(data_of(w), "slate");
	assert_int_equal(json_integer_value(json_object_get(slate, "games")), 1);
	assert_int_equal(json_integer_value(json_object_get(slate, "players")), 3);
	make_league(w);
	assert_true(ask(w, "status", "{}"));
	json_t *league = json_object_get(data_of(w), "league");
	assert_int_equal(json_integer_value(json_object_get(league, "number")), 7);
	assert_string_equal(json_string_value(json_object_get(league, "to")), "1970-01-01");
	assert_null(json_object_get(league, "lacks"));
}

static void status_says_what_stands_and_what_to_do(void **state)
{
	struct world *w = *state;
	assert_true(ask(w, "status", "{}"));
	assert_int_equal(json_array_size(json_object_get(data_of(w), "warnings")), 0);
	warnings_set(w->context.warnings, WARNING_PINNED, "group \"%s\" keeps 7 entries", "debug");
	warnings_set(w->context.warnings, WARNING_EVICTS, "it may");
	assert_true(ask(w, "status", "{}"));
	json_t *list = json_object_get(data_of(w), "warnings");
	assert_int_equal(json_array_size(list), 2);
	json_t *first = json_array_get(list, 0), *second = json_array_get(list, 1);
	assert_string_equal(json_string_value(json_object_get(first, "kind")), "evicting");
	assert_string_equal(json_string_value(json_object_get(first, "level")), "error");
	assert_string_equal(json_string_value(json_object_get(second, "kind")), "stream_pinned");
	assert_string_equal(json_string_value(json_object_get(second, "level")), "warning");
	assert_string_equal(json_string_value(json_object_get(second, "text")), "group \"debug\" keeps 7 entries");
	assert_string_equal(json_string_value(json_object_get(second, "remedy")), warnings_row(WARNING_PINNED)->remedy);
	assert_int_equal(json_integer_value(json_object_get(second, "since_ms")),
		warnings_since_ms(w->context.warnings, WARNING_PINNED));
}

static void status_says_what_a_league_lacks(void **state)
{
	struct world *w = *state;
	static const struct {
		uint32_t players, games;
		bool unfinished;
		const char *lacks;
	} rows[] = {
		{0, 0, false, "it is empty"},
		{0, 5, false, "it has no box scores"},
		{3, 5, true, "an import goes on or was cut off"},
	};
	make_league(w);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		w->app.league->players = rows[i].players;
		w->app.league->games = rows[i].games;
		w->app.league->unfinished = rows[i].unfinished;
		assert_true(ask(w, "status", "{}"));
		json_t *league = json_object_get(data_of(w), "league");
		assert_non_null(strstr(json_string_value(json_object_get(league, "lacks")), rows[i].lacks));
		assert_int_equal(json_object_get(league, "to") != NULL, rows[i].players > 0);
	}
}

static void status_has_the_dates_that_wait(void **state)
{
	struct world *w = *state;
	assert_true(ask(w, "status", "{}"));
	assert_null(json_object_get(data_of(w), "dates"));
	w->delivery.waits = true;
	w->delivery.slate_date = DAY;
	assert_true(ask(w, "status", "{}"));
	char *dates = json_dumps(json_object_get(data_of(w), "dates"), JSON_COMPACT);
	assert_string_equal(dates, "[{\"date\":\"2025-11-15\",\"waits\":true,\"why\":\"instance \\\"b\\\" has it\"}]");
	free(dates);
}

static void players_come_in_the_order_of_service_and_filtered(void **state)
{
	struct world *w = *state;
	add_player(w, "c", DAY, PLAYER_RUNNING);
	add_player(w, "b", DAY, PLAYER_WAITING)->level = LEVEL_HIGH;
	add_player(w, "d", DAY + 1, PLAYER_WAITING);
	add_player(w, "a", DAY, PLAYER_IDLE);
	static const struct {
		const char *args, *names;
		int matching;
	} cases[] = {
		{"{}", "c b d a", 4},
		{"{\"limit\":2}", "c b", 4},
		{"{\"state\":\"waiting\"}", "b d", 2},
		{"{\"state\":\"idle\"}", "a", 1},
		{"{\"level\":\"high\"}", "b", 1},
		{"{\"date\":\"2025-11-16\"}", "d", 1},
		{"{\"state\":\"backing-off\"}", "", 0},
		{"{\"order\":\"name\"}", "a b c d", 4},
		{"{\"order\":\"name\",\"after\":\"2025-11-15/b\"}", "c d", 4},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char names[64] = "";
		size_t j;
		json_t *row;
		assert_true(ask(w, "players", cases[i].args));
		json_array_foreach (json_object_get(data_of(w), "players"), j, row) {
			strcat(names, j > 0 ? " " : "");
			strcat(names, json_string_value(json_object_get(row, "player")));
		}
		if (strcmp(names, cases[i].names) != 0)
			fail_msg("%s: %s instead of %s", cases[i].args, names, cases[i].names);
		assert_int_equal(json_integer_value(json_object_get(data_of(w), "matching")), cases[i].matching);
	}
}

static void pages_by_name_cover_everybody_once(void **state)
{
	struct world *w = *state;
	enum { COUNT = 2500 };
	for (unsigned i = 0; i < COUNT; i++) {
		char name[32];
		/* 1201 and 2500 have no common factor: all of them, well mixed. */
		snprintf(name, sizeof(name), "player%04u", i * 1201 % COUNT);
		add_player(w, name, DAY, i % 3 == 0 ? PLAYER_IDLE : PLAYER_WAITING);
	}
	char args[128] = "{\"order\":\"name\",\"limit\":7}";
	unsigned seen = 0, pages = 0;
	for (;;) {
		size_t i;
		json_t *row;
		assert_true(ask(w, "players", args));
		json_array_foreach (json_object_get(data_of(w), "players"), i, row) {
			char expected[32];
			snprintf(expected, sizeof(expected), "player%04u", seen++);
			assert_string_equal(json_string_value(json_object_get(row, "player")), expected);
		}
		pages++;
		const char *next = json_string_value(json_object_get(data_of(w), "next"));
		if (!next)
			break;
		snprintf(args, sizeof(args), "{\"order\":\"name\",\"limit\":7,\"after\":\"%s\"}", next);
	}
	assert_int_equal(seen, COUNT);
	assert_int_equal(pages, COUNT / 7 + 1);
}

static void both_phases_of_a_player_are_shown_also_where_a_page_ends_between_them(void **state)
{
	struct world *w = *state;
	add_player(w, "ann", DAY, PLAYER_RUNNING)->phase = PHASE_PRECOMPUTE;
	add_player(w, "ann", DAY, PLAYER_WAITING);
	char args[128] = "{\"order\":\"name\",\"limit\":1}";
	for (int i = 0; i < 2; i++) {
		assert_true(ask(w, "players", args));
		const json_t *row = json_array_get(json_object_get(data_of(w), "players"), 0);
		assert_string_equal(json_string_value(json_object_get(row, "phase")), i ? "precompute" : "report");
		snprintf(args, sizeof(args), "{\"order\":\"name\",\"limit\":1,\"after\":\"%s\"}",
			json_string_value(json_object_get(data_of(w), "next")));
	}
	assert_true(ask(w, "players", args));
	assert_int_equal(json_array_size(json_object_get(data_of(w), "players")), 0);
	assert_true(ask_player(w, "{\"player\":\"ann\",\"date\":\"2025-11-15\"}"));
	const json_t *day = json_array_get(json_object_get(data_of(w), "days"), 0);
	assert_string_equal(json_string_value(json_object_get(day, "state")), "waiting");
	day = json_object_get(day, "precompute");
	assert_string_equal(json_string_value(json_object_get(day, "state")), "running");
}

static void a_player_is_shown_with_place_order_and_all_his_dates(void **state)
{
	struct world *w = *state;
	make_slate(w, NULL);
	add_player(w, "lebronjames", DAY + 1, PLAYER_WAITING);
	add_player(w, "lebronjames", DAY, PLAYER_IDLE)->committed = 41;
	w->delivery.orders[0] =
		(struct order){order_key_of(ORDER_PRIORITY, ORDER_PLAYER, 0, "lebronjames"), LEVEL_URGENT, "", 5};
	w->delivery.order_count = 1;
	assert_true(ask_player(w, "{\"player\":\"LeBron James\"}"));
	json_t *days = json_object_get(data_of(w), "days"), *day = json_array_get(days, 1);
	assert_int_equal(json_array_size(days), 2);
	assert_string_equal(json_string_value(json_object_get(day, "date")), "2025-11-15");
	assert_string_equal(json_string_value(json_object_get(day, "game_id")), "20251115_LAL_GSW");
	assert_string_equal(json_string_value(json_object_get(day, "opponent")), "GSW");
	assert_true(json_is_false(json_object_get(day, "home")));
	assert_int_equal(json_integer_value(json_object_get(day, "committed")), 41);
	assert_string_equal(json_string_value(json_object_get(json_object_get(day, "order"), "level")), "urgent");
	assert_null(json_object_get(json_array_get(days, 0), "game_id")); /* that day's slate is not loaded */
	/* Not in the table: he is on the slate all the same. */
	assert_true(ask_player(w, "{\"player\":\"austinreaves\",\"date\":\"2025-11-15\"}"));
	assert_int_equal(json_array_size(json_object_get(data_of(w), "days")), 1);
}

static void a_player_is_found_by_a_report_that_this_process_did_not_make(void **state)
{
	struct world *w = *state;
	make_slate(w, NULL);
	assert_false(ask(w, "player", "{\"player\":\"lebronjames\",\"date\":\"2025-11-15\"}"));
	assert_sent(w, 0, "report", "2025-11-15 lebronjames");
	answer_text(w, "{\"version\":41,\"generated_at\":\"2025-11-15T18:00:00.000Z\"}");
	const json_t *day = json_array_get(json_object_get(data_of(w), "days"), 0);
	assert_int_equal(json_integer_value(json_object_get(day, "committed")), 41);
	assert_int_equal(json_integer_value(json_object_get(day, "last_commit_ms")), 1763229600000);
}

static void names_are_unknown_only_if_a_league_could_know_them(void **state)
{
	struct world *w = *state;
	/* Without a league any name may be a player's; of one who never came up there is nothing to show. */
	assert_true(ask_player(w, "{\"player\":\"nobody\"}"));
	assert_error(w, "unknown_player", "there is no player \"nobody\"");
	make_league(w);
	make_slate(w, w->app.league);
	add_player(w, "newcomer", DAY, PLAYER_IDLE);
	assert_true(ask_player(w, "{\"player\":\"LeBorn James\"}"));
	assert_error(w, "unknown_player", "there is no player \"lebornjames\"");
	json_t *nearest = json_object_get(w->last, "nearest");
	assert_int_equal(json_array_size(nearest), 1);
	assert_string_equal(json_string_value(json_array_get(nearest, 0)), "lebronjames");
	assert_true(ask_player(w, "{\"player\":\"newcomer\"}"));
	data_of(w);
	/* A name that an event once had is not offered: it may be the very mistake. */
	assert_true(ask_player(w, "{\"player\":\"newcomerr\"}"));
	assert_error(w, "unknown_player", "there is no player \"newcomerr\"");
	assert_int_equal(json_array_size(json_object_get(w->last, "nearest")), 0);
	assert_true(ask_player(w, "{\"player\":\"austinreaves\"}")); /* tonight's roster knows him */
	data_of(w);
	assert_true(ask_player(w, "{\"player\":\"kevindurant\"}"));
	assert_string_equal(json_string_value(json_object_get(data_of(w), "name")), "Kevin Durant");
	assert_true(ask(w, "report", "{\"player\":\"leborn\"}"));
	assert_string_equal(json_string_value(json_object_get(w->last, "code")), "unknown_player");
}

static const char *text_at(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void strangers_are_told_with_what_is_nearest(void **state)
{
	struct world *w = *state;
	assert_true(ask(w, "status", "{}"));
	assert_null(json_object_get(data_of(w), "strangers"));
	assert_true(ask(w, "strangers", "{}"));
	assert_int_equal(json_array_size(json_object_get(data_of(w), "strangers")), 0);
	make_league(w);
	make_slate(w, w->app.league);
	w->delivery.strangers[0] = (struct stranger_row){.kind = STRANGER_PLAYER,
		.count = 3,
		.date = DAY,
		.first_ms = 1,
		.last_ms = 2,
		.name = "lebronjame",
		.spelling = "LeBron Jame",
		.source = "fanduel"};
	w->delivery.strangers[1] = (struct stranger_row){
		.kind = STRANGER_TEAM, .count = 1, .date = DAY, .name = "SEA", .source = "lineup"};
	assert_true(ask(w, "strangers", "{\"kind\":\"player\"}"));
	json_t *row = json_array_get(json_object_get(data_of(w), "strangers"), 0);
	assert_int_equal(json_array_size(json_object_get(data_of(w), "strangers")), 1);
	assert_int_equal(json_integer_value(json_object_get(data_of(w), "left_out")), 5);
	assert_string_equal(text_at(row, "name"), "lebronjame");
	assert_string_equal(text_at(row, "spelling"), "LeBron Jame");
	assert_string_equal(text_at(row, "source"), "fanduel");
	assert_int_equal(json_integer_value(json_object_get(row, "count")), 3);
	json_t *near = json_array_get(json_object_get(row, "nearest"), 0);
	assert_string_equal(text_at(near, "name"), "lebronjames");
	assert_string_equal(text_at(near, "why"),
		"one name is part of the other, plays for LAL; names are never taken by likeness");
	assert_non_null(strstr(text_at(row, "remedy"), "propsctl alias add \"LeBron Jame\" lebronjames"));
	assert_true(ask(w, "strangers", "{\"limit\":1}"));
	assert_int_equal(json_integer_value(json_object_get(data_of(w), "total")), 2);
	assert_int_equal(json_array_size(json_object_get(data_of(w), "strangers")), 1);
	assert_true(ask(w, "status", "{}"));
	json_t *counts = json_object_get(data_of(w), "strangers");
	assert_int_equal(json_object_size(counts), 2);
	assert_int_equal(json_integer_value(json_object_get(counts, "team")), 1);
}

static void a_report_is_passed_on_as_text(void **state)
{
	struct world *w = *state;
	assert_false(ask(w, "report", "{\"player\":\"lebronjames\"}"));
	assert_sent(w, 0, "report", "2025-11-15 lebronjames"); /* today by the league's clock */
	answer_text(w, "{\"b\":0.1}");
	assert_ok(w, "{\"player\":\"lebronjames\",\"date\":\"2025-11-15\",\"report\":\"{\\\"b\\\":0.1}\"}");
	ask(w, "report", "{\"player\":\"lebronjames\",\"date\":\"2025-11-14\"}");
	answer_nil(w);
	assert_error(w, "not_found", "there is no report of lebronjames for 2025-11-14");
	ask(w, "report", "{\"player\":\"lebronjames\",\"phase\":\"precompute\"}");
	assert_sent(w, 0, "output", "2025-11-15 lebronjames");
	answer_nil(w);
	assert_error(w, "not_found", "there is no output of precompute of lebronjames for 2025-11-15");
	ask(w, "report", "{\"player\":\"lebronjames\"}");
	answer_error(w, "WRONGTYPE no");
	assert_error(w, "failed", "Redis refused: WRONGTYPE no");
	ask(w, "report", "{\"player\":\"lebronjames\"}");
	answer(w, NULL);
	assert_error(w, "unavailable", "Redis cannot be reached: ok");
	w->delivery.ready = false;
	assert_true(ask(w, "report", "{\"player\":\"lebronjames\"}"));
	assert_error(w, "unavailable", "Redis cannot be reached: Connection refused");
}

static void an_answer_for_a_client_that_left_goes_nowhere(void **state)
{
	struct world *w = *state;
	static const char *const commands[][2] = {
		{"report", "{\"player\":\"lebronjames\"}"},
		{"dead-list", "{}"},
		{"publish", "{\"stream\":\"regenerate\",\"fields\":{\"game_date\":\"2025-11-15\"}}"},
		{"regenerate", "{\"player\":\"lebronjames\",\"wait\":true}"},
		{"slate-load", "{\"entries\":[{\"game_id\":\"20251115_LAL_GSW\",\"status\":\"postponed\"}]}"},
		{"wait", "{\"for\":\"idle\"}"},
		{"dead-retry", "{\"letter\":\"1-0\"}"},
		{"dead-drop", "{\"letter\":\"1-0\"}"},
	};
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		for (int answered = 0; answered < 3; answered++) {
			assert_false(ask(w, commands[i][0], commands[i][1]));
			assert_int_equal(w->delivery.sent_count, 1);
			leave(w);
			if (answered == 0)
				answer_text(w, "1-0");
			else if (answered == 1)
				answer_error(w, "ERR no");
			else
				answer(w, NULL);
			assert_null(w->last);
			assert_int_equal(w->delivery.sent_count, 0);
		}
	}
	assert_false(ask(w, "reload", "{}"));
	leave(w);
	w->app.reloaded(w->app.reload_data, 0, 0, NULL);
	assert_null(w->last);
}

static void a_slate_that_is_being_loaded_is_waited_for(void **state)
{
	struct world *w = *state;
	assert_false(ask(w, "slate", "{\"date\":\"2025-11-15\"}"));
	assert_int_equal(event_base_loop(w->context.base, EVLOOP_ONCE), 0);
	assert_null(w->last);
	make_slate(w, NULL);
	turn_until_answered(w);
	json_t *game = json_array_get(json_object_get(data_of(w), "games"), 0);
	assert_string_equal(json_string_value(json_object_get(game, "game_id")), "20251115_LAL_GSW");
	assert_int_equal(json_integer_value(json_object_get(game, "away_players")), 2);
	assert_int_equal(json_integer_value(json_object_get(game, "home_players")), 1);
	assert_int_equal(json_array_size(json_object_get(data_of(w), "players")), 4); /* the inactive one, too */
	assert_int_equal(w->delivery.refreshed, 1);
	assert_false(ask(w, "slate", "{\"date\":\"2025-12-01\"}"));
	leave(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_world(status_has_all_its_parts),
		with_world(status_says_what_stands_and_what_to_do),
		with_world(status_says_what_a_league_lacks),
		with_world(status_has_the_dates_that_wait),
		with_world(players_come_in_the_order_of_service_and_filtered),
		with_world(pages_by_name_cover_everybody_once),
		with_world(both_phases_of_a_player_are_shown_also_where_a_page_ends_between_them),
		with_world(a_player_is_shown_with_place_order_and_all_his_dates),
		with_world(a_player_is_found_by_a_report_that_this_process_did_not_make),
		with_world(names_are_unknown_only_if_a_league_could_know_them),
		with_world(strangers_are_told_with_what_is_nearest),
		with_world(a_report_is_passed_on_as_text),
		with_world(an_answer_for_a_client_that_left_goes_nowhere),
		with_world(a_slate_that_is_being_loaded_is_waited_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
