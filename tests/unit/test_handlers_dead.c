/* Dead letters: listed, tried again, taken away. */
#include <stdio.h>
#include <string.h>

#include "handlers.h"

#define LETTER_FIELDS "{\"player_lookup\":\"lebronjames\",\"game_id\":\"20251115_LAL_GSW\"}"

/* Letters as XRANGE gives them. */
struct letter {
	struct value parts[2], fields[12];
};

static struct value make_letter(struct letter *l, const char *id, const char *stream, const char *reason,
	const char *players, const char *fields)
{
	const char *texts[] = {
		"fields", fields, "stream", stream, "id", "4-2", "reason", reason, "players", players, "attempts", "3"};
	for (size_t i = 0; i < 12; i++)
		l->fields[i] = text_value(texts[i]);
	l->parts[0] = text_value(id);
	l->parts[1] = (struct value){.type = VALUE_ARRAY, .items = l->fields, .count = 12};
	return (struct value){.type = VALUE_ARRAY, .items = l->parts, .count = 2};
}

static struct value one_letter(struct letter *l)
{
	return make_letter(l, "9-1", "props:odds", "failed", "lebronjames,stephencurry", LETTER_FIELDS);
}

static void dead_letters_are_objects(void **state)
{
	struct world *w = *state;
	struct letter l;
	struct value letter = one_letter(&l);
	assert_false(ask(w, "dead-list", "{\"limit\":5}"));
	assert_sent(w, 0, "dead_count", "");
	answer_int(w, 1);
	assert_sent(w, 0, "dead_newest", "+ - 5");
	answer_list(w, &letter, 1);
	assert_ok(w, "{\"letters\":[{\"id\":\"9-1\",\"fields\":{\"player_lookup\":\"lebronjames\",\"game_id\":"
		     "\"20251115_LAL_GSW\"},\"stream\":\"props:odds\",\"entry\":\"4-2\",\"reason\":\"failed\","
		     "\"players\":"
		     "\"lebronjames,stephencurry\",\"attempts\":\"3\"}]}");
	ask(w, "dead-list", "{\"limit\":1}");
	answer_int(w, 7);
	assert_sent(w, 0, "dead_newest", "+ - 1");
	answer_list(w, &letter, 1);
	assert_int_equal(json_integer_value(json_object_get(data_of(w), "total")), 7);
	assert_true(json_is_true(json_object_get(data_of(w), "more")));
	ask(w, "dead-list", "{}");
	answer_int(w, 0);
	answer_list(w, NULL, 0);
	assert_ok(w, "{\"letters\":[]}");
	ask(w, "dead-show", "{\"letter\":\"9-1\"}");
	assert_sent(w, 0, "dead_oldest", "9-1 9-1 1");
	answer_list(w, &letter, 1);
	assert_string_equal(json_string_value(json_object_get(data_of(w), "entry")), "4-2");
	ask(w, "dead-show", "{\"letter\":\"9-2\"}");
	answer_list(w, NULL, 0);
	assert_error(w, "not_found", "there is no dead letter 9-2");
}

/* Who is meant by name, by a namesake's name without its team, by an entry within `data`, and who is not. */
static void a_list_is_narrowed_down(void **state)
{
	static const struct {
		const char *filter;
		bool shown[6];
	} cases[] = {
		{"{\"reason\":\"failed\"}", {true, false, false, false, false, false}},
		{"{\"stream\":\"injury\"}", {false, true, false, false, false, false}},
		{"{\"player\":\"LeBron James\"}", {true, true, true, false, false, false}},
		{"{\"player\":\"Jalen Williams\"}", {false, false, false, true, false, false}},
		{"{\"player\":\"nobody of that name\"}", {false, false, false, false, false, false}},
		{"{\"player\":\"Le Bron James\",\"reason\":\"malformed\",\"stream\":\"odds\"}",
			{false, false, true, false, false, false}},
	};
	struct world *w = *state;
	struct letter l[6];
	struct value letters[] = {
		make_letter(&l[0], "9-6", "props:odds", "failed", "stephencurry,lebronjames", "{}"),
		make_letter(&l[1], "9-5", "props:injury", "malformed", "", "{\"player_lookup\":\"L\u00e9Bron JAMES\"}"),
		make_letter(&l[2], "9-4", "props:odds", "malformed", "",
			"{\"data\":\"{\\\"player_lookup\\\":\\\"lebronjames\\\"}\"}"),
		make_letter(&l[3], "9-3", "props:odds", "poison", "jalenwilliams@CHA", "{}"),
		make_letter(&l[4], "9-2", "props:odds", "past", "lebronjamesjr", "{\"player_lookup\":7}"),
		make_letter(&l[5], "9-1", "props:odds", "past", "jalenwilliamsiii", "no JSON"),
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_false(ask(w, "dead-list", cases[i].filter));
		assert_sent(w, 0, "dead_newest", "+ - 16");
		answer_list(w, letters, 6);
		const json_t *rows = json_object_get(data_of(w), "letters");
		size_t count = 0;
		for (size_t k = 0; k < 6; k++) {
			if (!cases[i].shown[k])
				continue;
			const json_t *row = json_array_get(rows, count++);
			if (!row || strcmp(json_string_value(json_object_get(row, "id")), l[k].parts[0].text) != 0)
				fail_msg("%s: letter %zu is not shown", cases[i].filter, k);
		}
		assert_int_equal(json_array_size(rows), count);
	}
	assert_true(ask(w, "dead-list", "{\"reason\":\"broken\"}"));
	assert_string_equal(json_string_value(json_object_get(w->last, "code")), "bad_argument");
	assert_true(ask(w, "dead-list", "{\"older\":\"-1h\"}"));
	assert_false(ask(w, "dead-list", "{\"older\":\"1h\"}"));
	assert_sent(w, 0, "dead_newest", "1763251200000-18446744073709551615 - 16");
	answer_list(w, NULL, 0);
}

static void a_retry_names_the_letters_players_and_day(void **state)
{
	struct world *w = *state;
	struct letter l;
	struct value letter = one_letter(&l);
	assert_false(ask(w, "dead-retry", "{\"letter\":\"9-1\"}"));
	assert_sent(w, 0, "dead_oldest", "9-1 9-1 1");
	answer_list(w, &letter, 1);
	assert_sent(w, 0, "dead_retry",
		"9-1 [2025-11-15] lebronjames stephencurry: player_lookup lebronjames game_id 20251115_LAL_GSW");
	answer_text(w, "10-0");
	assert_ok(w, "{\"letter\":\"9-1\",\"entry\":\"10-0\"}");
	ask(w, "dead-retry", "{\"letter\":\"9-1\"}");
	answer_list(w, NULL, 0);
	assert_error(w, "not_found", "there is no dead letter 9-1");
	ask(w, "dead-retry", "{\"letter\":\"9-1\"}");
	answer_list(w, &letter, 1);
	answer_int(w, 0);
	assert_error(w, "refused",
		"letter 9-1 stays: its entry is not in its stream any more, and the letter does not hold all of it");
	ask(w, "dead-retry", "{\"letter\":\"9-1\"}");
	answer_list(w, &letter, 1);
	answer_int(w, 77);
	assert_error(w, "refused",
		"letter 9-1 stays: its entry has 77 fields, more than any that can be used: it would only come back");
	assert_true(ask(w, "dead-retry", "{\"letter\":\"nine\"}"));
	assert_string_equal(json_string_value(json_object_get(w->last, "code")), "bad_argument");
}

/* A letter that does not hold all of its entry must not stand for it. */
static void an_entry_is_made_of_its_letter_only_where_that_is_whole(void **state)
{
	struct world *w = *state;
	char cut[300], fields[400];
	memset(cut, 'x', sizeof(cut));
	cut[256] = '\0';
	snprintf(fields, sizeof(fields), "{\"book\":\"%s\"}", cut);
	const char *const parts[] = {fields, "{\"a\":\"b\",\"...\":\"and 3 more fields\"}", "{\"book\":\"\uFFFD\"}",
		"{}", "{\"player_lookup\":\"a\",\"origin\":\"4-1\"}", "{\"a\":\"b\",\"a\":\"c\"}", "nothing"};
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct letter l;
		struct value letter = make_letter(&l, "9-1", "props:odds", "malformed", "", parts[i]);
		ask(w, "dead-retry", "{\"letter\":\"9-1\"}");
		answer_list(w, &letter, 1);
		assert_sent(w, 0, "dead_retry", "9-1 [] : ");
		answer_text(w, "10-0");
	}
}

static void letters_are_retried_page_by_page_up_to_the_newest_of_then(void **state)
{
	struct world *w = *state;
	struct letter l[16];
	struct value letters[16];
	char ids[16][STREAM_ID_SIZE];
	for (int i = 0; i < 16; i++) {
		snprintf(ids[i], sizeof(ids[i]), "9-%d", i);
		letters[i] = make_letter(&l[i], ids[i], "props:odds", i < 4 ? "failed" : "past", "", "{}");
	}
	assert_false(ask(w, "dead-retry", "{\"reason\":\"failed\"}"));
	assert_sent(w, 0, "dead_newest", "+ - 1");
	struct value newest = letters[15];
	answer_list(w, &newest, 1);
	assert_sent(w, 0, "dead_oldest", "- 9-15 16");
	answer_list(w, letters, 16);
	assert_int_equal(w->delivery.sent_count, 4);
	answer_text(w, "10-0");
	answer_nil(w); /* somebody else has done it */
	answer_int(w, 0);
	answer_text(w, "10-1");
	assert_sent(w, 0, "dead_oldest", "(9-15 9-15 32"); /* they were short, so there are more of them next */
	answer_list(w, NULL, 0);
	assert_ok(w,
		"{\"matched\":3,\"retried\":2,\"more\":false,\"left\":1,\"failures\":[{\"letter\":\"9-2\",\"error\":"
		"\"its entry is not in its stream any more, and the letter does not hold all of "
		"it\"}]}");
	/* A limit, and what is said of others. */
	ask(w, "dead-retry", "{\"all\":true,\"limit\":1}");
	answer_list(w, &newest, 1);
	answer_list(w, letters, 16);
	assert_sent(w, 0, "dead_retry", "9-0 [] : ");
	answer_text(w, "11-0");
	assert_ok(w, "{\"matched\":1,\"retried\":1,\"more\":true,\"left\":0,\"failures\":[]}");
	/* Lost midway: what was done is told. */
	ask(w, "dead-retry", "{\"reason\":\"failed\"}");
	answer_list(w, &newest, 1);
	answer_list(w, letters, 16);
	answer_text(w, "12-0");
	answer(w, NULL);
	assert_error(w, "unavailable", "Redis cannot be reached: ok; 1 letter was retried before");
	while (w->delivery.sent_count > 0)
		answer(w, NULL);
	/* Lost before: no answer is waited for. */
	ask(w, "dead-retry", "{\"reason\":\"failed\"}");
	answer_list(w, &newest, 1);
	w->delivery.ready = false;
	answer_list(w, letters, 16);
	assert_error(w, "unavailable", "Redis cannot be reached: Connection refused");
	assert_int_equal(w->delivery.sent_count, 0);
}

static void a_dry_run_changes_nothing(void **state)
{
	struct world *w = *state;
	struct letter l;
	struct value letter = one_letter(&l);
	static const char *const commands[] = {"dead-retry", "dead-drop"};
	for (size_t i = 0; i < 2; i++) {
		ask(w, commands[i], "{\"all\":true,\"dry_run\":true}");
		answer_list(w, &letter, 1);
		answer_list(w, &letter, 1);
		assert_int_equal(w->delivery.sent_count, 0);
		assert_int_equal(json_integer_value(json_object_get(data_of(w), "matched")), 1);
		assert_int_equal(json_array_size(json_object_get(data_of(w), "letters")), 1);
		ask(w, commands[i], "{\"letter\":\"9-1\",\"dry_run\":true}");
		answer_list(w, NULL, 0);
		assert_error(w, "not_found", "there is no dead letter 9-1");
		ask(w, commands[i], "{\"older\":\"1h\",\"dry_run\":true}");
		answer_list(w, NULL, 0);
		assert_int_equal(json_integer_value(json_object_get(data_of(w), "matched")), 0);
	}
}

static void letters_are_dropped_by_id_or_filter_or_all(void **state)
{
	struct world *w = *state;
	struct letter l[2];
	struct value letters[] = {make_letter(&l[0], "9-1", "props:odds", "failed", "", "{}"),
		make_letter(&l[1], "9-2", "props:odds", "failed", "", "{}")};
	assert_false(ask(w, "dead-drop", "{\"letter\":\"9-1\"}"));
	answer_list(w, letters, 1);
	assert_sent(w, 0, "dead_drop", "9-1");
	answer_int(w, 1);
	assert_ok(w, "{\"dropped\":1}");
	ask(w, "dead-drop", "{\"letter\":\"9-1\"}");
	answer_list(w, NULL, 0);
	assert_error(w, "not_found", "there is no dead letter 9-1");
	ask(w, "dead-drop", "{\"letter\":\"all\"}");
	answer_list(w, &letters[1], 1);
	assert_sent(w, 0, "dead_oldest", "- 9-2 16");
	answer_list(w, letters, 2);
	assert_sent(w, 0, "dead_drop", "9-1 9-2");
	answer_int(w, 2);
	assert_ok(w, "{\"matched\":2,\"dropped\":2,\"more\":false}");
	ask(w, "dead-drop", "{\"reason\":\"past\"}");
	answer_list(w, &letters[1], 1);
	answer_list(w, letters, 2);
	assert_ok(w, "{\"matched\":0,\"dropped\":0,\"more\":false}");
	assert_true(ask(w, "dead-drop", "{\"letter\":\"every\"}"));
	assert_string_equal(json_string_value(json_object_get(w->last, "code")), "bad_argument");
	static const char *const wrong[] = {
		"{}", "{\"letter\":\"9-1\",\"all\":true}", "{\"all\":true,\"reason\":\"past\"}", "{\"dry_run\":true}"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_true(ask(w, "dead-drop", wrong[i]));
		assert_string_equal(json_string_value(json_object_get(w->last, "code")), "bad_argument");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_world(dead_letters_are_objects),
		with_world(a_retry_names_the_letters_players_and_day),
		with_world(a_list_is_narrowed_down),
		with_world(an_entry_is_made_of_its_letter_only_where_that_is_whole),
		with_world(letters_are_retried_page_by_page_up_to_the_newest_of_then),
		with_world(a_dry_run_changes_nothing),
		with_world(letters_are_dropped_by_id_or_filter_or_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
