/*
 * Cases are written as "name=value|name=value". A change to a good entry replaces or adds fields; "-name"
 * leaves one out. Each case goes through both forms of the contract, flat fields and `data`, and must say the
 * same in both.
 */
#include "ingest/decode.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/str.h"
#include "league/build.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static const char *const good[STREAM_COUNT] = {
	[STREAM_ODDS] = "player_lookup=lebronjames|game_date=2025-11-15|game_id=20251115_LAL_GSW|team=LAL|"
			"market=points|"
			"line=24.5|over=-110|under=+105|book=draftkings",
	[STREAM_INJURY] = "player_lookup=lebronjames|game_date=2025-11-15|team=LAL|status=out|reason=left ankle sprain",
	[STREAM_LINEUP] = "team=LAL|game_date=2025-11-15|starters=lebronjames,lukadoncic|confirmed=1",
	[STREAM_REGENERATE] = "player_lookup=lebronjames|game_date=2025-11-15|force=1",
	[STREAM_SLATE] = "game_id=20251115_LAL_GSW|tip=2025-11-16T01:30:00Z|status=scheduled",
};
#define GAME_ODDS "-player_lookup|-team|-market|-line|-over|-under|total=224.5|spread=-3.5"
#define MEMBER "-game_id|-tip|player_lookup=lebronjames|game_date=2025-11-15|team=LAL|status=active"

/* An entry that is put together. */
struct entry {
	struct field field[64];
	size_t count;
};

static void set(struct entry *e, const char *name, size_t name_length, const char *value, size_t length)
{
	size_t i = 0;
	while (i < e->count &&
		!(e->field[i].name_length == name_length && memcmp(e->field[i].name, name, name_length) == 0))
		i++;
	if (value == NULL) {
		if (i == e->count)
			fail_msg("no field %.*s to leave out", (int)name_length, name);
		memmove(e->field + i, e->field + i + 1, (e->count - i - 1) * sizeof(e->field[0]));
		e->count--;
		return;
	}
	e->field[i] = (struct field){name, value, name_length, length};
	if (i == e->count)
		e->count++;
}

static void change(struct entry *e, const char *changes)
{
	for (const char *p = changes; *p != '\0';) {
		size_t n = strcspn(p, "|");
		const char *equals = memchr(p, '=', n);
		if (*p == '-' && equals == NULL)
			set(e, p + 1, n - 1, NULL, 0);
		else
			set(e, p, (size_t)(equals - p), equals + 1, n - (size_t)(equals + 1 - p));
		p += n + (p[n] == '|');
	}
}

static struct entry make(enum stream stream, const char *changes)
{
	struct entry e = {0};
	change(&e, good[stream]);
	change(&e, changes);
	return e;
}

static struct snapshot *schedule(void)
{
	struct err err;
	struct build *b = build_new();
	struct build_game game = {.away = "LAL", .home = "GSW", .league_id = "0022500123"};
	struct snapshot *s;
	assert_true(date_parse("2025-11-15", 10, &game.date));
	assert_int_equal(build_game(b, &game, &err), 0);
	assert_int_equal(build_finish(b, 1, &s, &err), 0);
	build_free(b);
	return s;
}

static int decode_in(struct snapshot *snapshot, enum stream stream, const struct entry *e, struct event *event,
	struct malformed *why)
{
	struct decode_world world = {.snapshot = snapshot};
	return event_decode(stream, e->field, e->count, &world, event, why);
}

/* The same entry as one field `data`. */
static struct entry as_data(const struct entry *e, struct str *json)
{
	str_clear(json);
	for (size_t i = 0; i < e->count; i++) {
		str_char(json, i == 0 ? '{' : ',');
		str_json(json, e->field[i].name, e->field[i].name_length);
		str_char(json, ':');
		str_json(json, e->field[i].value, e->field[i].value_length);
	}
	str_text(json, "}");
	struct entry data = {.count = 1, .field = {{"data", json->data, 4, json->length}}};
	return data;
}

static void refuse_in(
	struct snapshot *snapshot, enum stream stream, const struct entry *e, const char *field, const char *error)
{
	struct event event, untouched;
	struct malformed why = {0};
	memset(&event, 0xa5, sizeof(event));
	memset(&untouched, 0xa5, sizeof(untouched));
	int r = decode_in(snapshot, stream, e, &event, &why);
	if (r != -EINVAL)
		fail_msg("returned %d instead of: %s", r, error);
	assert_memory_equal(&event, &untouched, sizeof(event));
	assert_string_equal(why.error, error);
	assert_string_equal(why.field, field);
}

/* `field` is what stands before the first colon of the error. */
static void refuse_entry(enum stream stream, const struct entry *e, const char *error)
{
	char field[64] = "";
	size_t n = strcspn(error, ": ");
	if (error[n] == ':')
		memcpy(field, error, n);
	refuse_in(NULL, stream, e, field, error);
}

struct event_case {
	enum stream stream;
	const char *changes;
};

struct refusal {
	enum stream stream;
	const char *changes, *error;
};

static void refuse_all(const struct refusal *cases, size_t count)
{
	struct str json = {0};
	for (size_t i = 0; i < count; i++) {
		struct entry e = make(cases[i].stream, cases[i].changes);
		refuse_entry(cases[i].stream, &e, cases[i].error);
		e = as_data(&e, &json);
		refuse_entry(cases[i].stream, &e, cases[i].error);
	}
	str_done(&json);
}

/* Decodes both forms, compares them and returns the flat one's event. */
static struct event accept_in(struct snapshot *snapshot, enum stream stream, const char *changes)
{
	struct str json = {0};
	struct event event, other;
	struct malformed why;
	struct entry e = make(stream, changes), data = as_data(&e, &json);
	if (decode_in(snapshot, stream, &e, &event, &why) != 0)
		fail_msg("%s: %s", changes, why.error);
	if (decode_in(snapshot, stream, &data, &other, &why) != 0)
		fail_msg("%s: %s", json.data, why.error);
	str_done(&json);
	assert_int_equal(event.kind, other.kind);
	assert_int_equal(event.date, other.date);
	assert_string_equal(event.player, other.player);
	assert_int_equal(event.unknown_fields, other.unknown_fields);
	event_done(&other);
	return event;
}

static struct event accept(enum stream stream, const char *changes)
{
	return accept_in(NULL, stream, changes);
}

static void accept_all(const struct event_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct event e = accept(cases[i].stream, cases[i].changes);
		event_done(&e);
	}
}

static void assert_date(date_t date, const char *text)
{
	char buffer[DATE_SIZE];
	assert_string_equal(date_format(date, buffer), text);
}

static int64_t ms_of(const char *text)
{
	int64_t ms;
	assert_true(time_parse(text, &ms));
	return ms;
}

/* what an entry means */

static void a_players_quote_is_read_whole(void **state)
{
	(void)state;
	struct event e = accept(STREAM_ODDS, "");
	assert_int_equal(e.stream, STREAM_ODDS);
	assert_int_equal(e.kind, EVENT_ODDS);
	assert_date(e.date, "2025-11-15");
	assert_string_equal(e.player, "lebronjames");
	assert_string_equal(e.game_id, "20251115_LAL_GSW");
	assert_string_equal(e.team, "LAL");
	assert_int_equal(e.odds.market, MARKET_POINTS);
	assert_true(e.odds.has_line);
	assert_int_equal(e.odds.line, 2450);
	assert_int_equal(e.odds.over, -110);
	assert_int_equal(e.odds.under, 105);
	assert_string_equal(e.odds.book, "draftkings");
	assert_false(e.odds.alternate);
	assert_false(e.odds.off);
	assert_false(e.has_priority);
	assert_int_equal(e.not_before_ms, 0);
	assert_int_equal(e.ts_ms, 0);
	assert_null(e.event_id);
	assert_null(e.origin);
	assert_int_equal(e.unknown_fields, 0);
	event_done(&e);
}

/* A trace says who asks: one that is none costs nobody his entry. */
static void a_traceparent_is_taken_or_ignored(void **state)
{
	(void)state;
	static const char right[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
	static const char *const wrong[] = {"", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-010",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0A",
		"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
		"00-00000000000000000000000000000000-00f067aa0ba902b7-01",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
		"ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		"00 4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7 01",
		"00-4bf92f3577b34da6a3ce929d0e0e473-600f067aa0ba902b7-01"};
	char changes[160];
	for (enum stream stream = 0; stream < STREAM_COUNT; stream++) {
		text_format(changes, sizeof(changes), "traceparent=%s", right);
		struct event e = accept(stream, changes);
		assert_string_equal(e.traceparent, right);
		assert_int_equal(e.unknown_fields, 0);
		event_done(&e);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		text_format(changes, sizeof(changes), "traceparent=%s", wrong[i]);
		struct event e = accept(STREAM_ODDS, changes);
		assert_null(e.traceparent);
		assert_int_equal(e.unknown_fields, 1);
		event_done(&e);
	}
}

static void what_every_stream_may_carry_is_read(void **state)
{
	(void)state;
	for (enum stream stream = 0; stream < STREAM_COUNT; stream++) {
		struct event e = accept(stream, "priority=high|not_before=2025-11-15T20:00:00-05:00|ts=1763240400500|"
						"event_id=a/b \xc3\xa9#7|sport=nba|feed=x");
		assert_int_equal(e.stream, stream);
		assert_true(e.has_priority);
		assert_int_equal(e.priority, LEVEL_HIGH);
		assert_int_equal(e.not_before_ms, ms_of("2025-11-16T01:00:00Z"));
		assert_int_equal(e.ts_ms, INT64_C(1763240400500));
		assert_string_equal(e.event_id, "a/b \xc3\xa9#7");
		assert_int_equal(e.unknown_fields, 2);
		event_done(&e);
	}
}

/* So far behind its coming, whatever the entry says of when it happened; without a bound, anywhere. */
static void a_not_before_may_lie_so_far_ahead(void **state)
{
	(void)state;
	const struct decode_world world = {
		.came_ms = ms_of("2025-11-15T12:00:00Z"), .max_delay_us = INT64_C(90) * 1000000};
	struct event event;
	struct malformed why;
	for (enum stream stream = 0; stream < STREAM_COUNT; stream++) {
		struct entry near = make(stream, "ts=2025-01-01T00:00:00Z|not_before=2025-11-15T12:01:30Z");
		struct entry far = make(stream, "not_before=2025-11-15T12:01:30.001Z");
		assert_int_equal(event_decode(stream, near.field, near.count, &world, &event, &why), 0);
		event_done(&event);
		assert_int_equal(event_decode(stream, far.field, far.count, &world, &event, &why), -EINVAL);
		assert_string_equal(why.field, "not_before");
		assert_string_equal(why.error, "not_before: \"2025-11-15T12:01:30.001Z\" is more than 90s ahead; "
					       "ingest.max_delay allows no more");
		assert_int_equal(decode_in(NULL, stream, &far, &event, &why), 0);
		event_done(&event);
	}
}

static void a_quote_that_is_off_needs_its_line_only_as_an_alternate(void **state)
{
	(void)state;
	struct event e = accept(STREAM_ODDS, "-line|-over|-under|status=off");
	assert_true(e.odds.off);
	assert_false(e.odds.has_line);
	assert_int_equal(e.odds.over, 0);
	assert_int_equal(e.odds.under, 0);
	event_done(&e);
	e = accept(STREAM_ODDS, "status=off|alt=1|line=30");
	assert_true(e.odds.off);
	assert_true(e.odds.alternate);
	assert_int_equal(e.odds.line, 3000);
	event_done(&e);
}

static void game_odds_are_odds_without_a_player(void **state)
{
	(void)state;
	struct event e = accept(STREAM_ODDS, GAME_ODDS "|-game_date");
	assert_int_equal(e.kind, EVENT_GAME_ODDS);
	assert_date(e.date, "2025-11-15");
	assert_string_equal(e.player, "");
	assert_true(e.game_odds.has_total);
	assert_true(e.game_odds.has_spread);
	assert_int_equal(e.game_odds.total, 22450);
	assert_int_equal(e.game_odds.spread, -350);
	assert_string_equal(e.game_odds.book, "draftkings");
	event_done(&e);
	e = accept(STREAM_ODDS, GAME_ODDS "|-total|spread=+80|status=open");
	assert_false(e.game_odds.has_total);
	assert_int_equal(e.game_odds.spread, 8000);
	event_done(&e);
}

static void an_injury_is_read_whole(void **state)
{
	(void)state;
	struct event e = accept(STREAM_INJURY, "");
	assert_int_equal(e.kind, EVENT_INJURY);
	assert_int_equal(e.injury.status, INJURY_OUT);
	assert_string_equal(e.injury.reason, "left ankle sprain");
	event_done(&e);
	e = accept(STREAM_INJURY, "status=available|reason=");
	assert_int_equal(e.injury.status, INJURY_AVAILABLE);
	assert_null(e.injury.reason);
	event_done(&e);
}

static void starters_are_folded_sorted_and_each_named_once(void **state)
{
	(void)state;
	struct event e = accept(STREAM_LINEUP,
		"starters=Luka Don\xc4\x8di\xc4\x87, austinreaves,LeBron James,lebronjames , Deandre Ayton");
	assert_int_equal(e.kind, EVENT_LINEUP);
	assert_true(e.lineup.confirmed);
	assert_int_equal(e.lineup.count, 4);
	assert_string_equal(e.lineup.starters[0], "austinreaves");
	assert_string_equal(e.lineup.starters[1], "deandreayton");
	assert_string_equal(e.lineup.starters[2], "lebronjames");
	assert_string_equal(e.lineup.starters[3], "lukadoncic");
	event_done(&e);
	e = accept(STREAM_LINEUP, "-confirmed|starters=a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,a,p");
	assert_false(e.lineup.confirmed);
	assert_int_equal(e.lineup.count, STARTERS_MAX);
	event_done(&e);
}

static void starters_in_data_may_be_an_array(void **state)
{
	(void)state;
	static const char text[] = "{\"team\":\"LAL\",\"game_date\":\"2025-11-15\",\"confirmed\":0,"
				   "\"starters\":[\"LeBron James\",\"Butler, Jr., Jimmy\",\"lebronjames\"]}";
	struct entry e = {.count = 1, .field = {{"data", text, 4, sizeof(text) - 1}}};
	struct event event;
	struct malformed why;
	assert_int_equal(decode_in(NULL, STREAM_LINEUP, &e, &event, &why), 0);
	assert_int_equal(event.lineup.count, 2);
	assert_string_equal(event.lineup.starters[0], "jimmybutlerjr");
	assert_string_equal(event.lineup.starters[1], "lebronjames");
	assert_false(event.lineup.confirmed);
	event_done(&event);
}

static void any_of_its_scopes_makes_a_regenerate_entry(void **state)
{
	(void)state;
	struct event e = accept(STREAM_REGENERATE, "");
	assert_int_equal(e.kind, EVENT_REGENERATE);
	assert_true(e.regenerate.force);
	assert_string_equal(e.player, "lebronjames");
	event_done(&e);
	e = accept(STREAM_REGENERATE, "-player_lookup|-force");
	assert_int_equal(e.kind, EVENT_REGENERATE);
	assert_false(e.regenerate.force);
	assert_date(e.date, "2025-11-15");
	event_done(&e);
	e = accept(STREAM_REGENERATE, "-player_lookup|-game_date|game_id=20251116_NYK_BOS");
	assert_date(e.date, "2025-11-16");
	assert_string_equal(e.game_id, "20251116_NYK_BOS");
	event_done(&e);
	e = accept(STREAM_REGENERATE, "-player_lookup|team=BOS");
	assert_string_equal(e.team, "BOS");
	event_done(&e);
}

static void the_slate_speaks_of_games_and_of_players(void **state)
{
	(void)state;
	struct event e = accept(STREAM_SLATE, "");
	assert_int_equal(e.kind, EVENT_SLATE_GAME);
	assert_true(e.game.has_tip);
	assert_int_equal(e.game.tip_ms, ms_of("2025-11-16T01:30:00Z"));
	assert_true(e.game.has_status);
	assert_int_equal(e.game.status, GAME_SCHEDULED);
	event_done(&e);
	e = accept(STREAM_SLATE, "-tip|-status");
	assert_int_equal(e.kind, EVENT_SLATE_GAME);
	assert_false(e.game.has_tip);
	assert_false(e.game.has_status);
	event_done(&e);
	e = accept(STREAM_SLATE, "-tip|status=postponed");
	assert_int_equal(e.game.status, GAME_POSTPONED);
	event_done(&e);
	e = accept(STREAM_SLATE, MEMBER);
	assert_int_equal(e.kind, EVENT_SLATE_PLAYER);
	assert_true(e.member.active);
	assert_string_equal(e.team, "LAL");
	event_done(&e);
	e = accept(STREAM_SLATE, "-tip|player_lookup=lebronjames|team=LAL|status=inactive");
	assert_int_equal(e.kind, EVENT_SLATE_PLAYER);
	assert_false(e.member.active);
	assert_date(e.date, "2025-11-15");
	event_done(&e);
}

static void names_are_folded(void **state)
{
	(void)state;
	static const char *const names[][2] = {
		{"player_lookup=LeBron James", "lebronjames"},
		{"player_lookup=Nikola Jo\x6b\x69\xc4\x87", "nikolajokic"},
		{"player_lookup=Jaren Jackson Jr.", "jarenjacksonjr"},
		{"player_lookup=  O'Neal, Shaq ", "shaqoneal"},
		{"player_lookup=player:with:colons", "playerwithcolons"},
		{"player_lookup=Jalen Williams@CHA", "jalenwilliams@CHA"},
		{"player_lookup=jalenwilliams@CHA", "jalenwilliams@CHA"},
	};
	for (size_t i = 0; i < COUNT(names); i++) {
		struct event e = accept(STREAM_ODDS, names[i][0]);
		assert_string_equal(e.player, names[i][1]);
		event_done(&e);
	}
}

static void a_player_may_come_with_the_league_s_id(void **state)
{
	(void)state;
	struct event e = accept(STREAM_ODDS, "player_id=2544");
	assert_int_equal(e.player_id, 2544);
	event_done(&e);
	e = accept(STREAM_INJURY, "player_id=0001629029");
	assert_int_equal(e.player_id, 1629029);
	event_done(&e);
	e = accept(STREAM_SLATE, MEMBER "|player_id=7");
	assert_int_equal(e.player_id, 7);
	event_done(&e);
	e = accept(STREAM_REGENERATE, "player_id=7|exact=1");
	assert_int_equal(e.player_id, 7);
	assert_true(e.regenerate.exact);
	event_done(&e);
	e = accept(STREAM_ODDS, "");
	assert_int_equal(e.player_id, 0);
	event_done(&e);
}

static void ten_digits_are_a_game_of_the_schedule(void **state)
{
	(void)state;
	struct snapshot *s = schedule();
	struct event e = accept_in(s, STREAM_ODDS, "-game_date|game_id=0022500123");
	assert_string_equal(e.game_id, "20251115_LAL_GSW");
	assert_date(e.date, "2025-11-15");
	event_done(&e);

	struct entry entry = make(STREAM_ODDS, "game_id=0022500124");
	refuse_in(s, STREAM_ODDS, &entry, "game_id",
		"game_id: \"0022500124\" is in no schedule that was imported; a game_id can always be "
		"DATE_AWAY_HOME, such "
		"as 20251115_LAL_GSW");
	entry = make(STREAM_ODDS, "game_id=0022500123|game_date=2025-11-16");
	refuse_in(s, STREAM_ODDS, &entry, "game_date",
		"game_date: \"2025-11-16\" differs from the date of game_id, 2025-11-15; leave game_date out "
		"or give the "
		"game's");
	entry = make(STREAM_ODDS, "game_id=0022500123");
	refuse_in(NULL, STREAM_ODDS, &entry, "game_id",
		"game_id: \"0022500123\" needs a league database with the schedule, and there is none; a "
		"game_id can always "
		"be DATE_AWAY_HOME, such as 20251115_LAL_GSW");
	snapshot_drop(s);
}

static void a_name_or_an_id_may_be_as_long_as_it_is_allowed_to_be(void **state)
{
	(void)state;
	char changes[600], long_name[256], value[257];
	memset(long_name, 'x', sizeof(long_name));
	text_format(changes, sizeof(changes), "player_lookup=%.63s|book=%.63s", long_name, long_name);
	struct event e = accept(STREAM_ODDS, changes);
	assert_int_equal(strlen(e.player), 63);
	assert_int_equal(strlen(e.odds.book), 63);
	event_done(&e);
	memset(value, 'y', 256);
	value[256] = '\0';
	text_format(changes, sizeof(changes), "reason=%s|event_id=%s", value, value);
	e = accept(STREAM_INJURY, changes);
	assert_string_equal(e.injury.reason, value);
	assert_string_equal(e.event_id, value);
	event_done(&e);
}

static void values_at_the_ends_of_their_ranges_pass(void **state)
{
	(void)state;
	static const struct event_case cases[] = {
		{STREAM_ODDS, "line=0"},
		{STREAM_ODDS, "line=-0"},
		{STREAM_ODDS, "line=200"},
		{STREAM_ODDS, "line=200.00"},
		{STREAM_ODDS, "line=0.25"},
		{STREAM_ODDS, "line=+24.5"},
		{STREAM_ODDS, "line=024.5"},
		{STREAM_ODDS, "over=100|under=-100"},
		{STREAM_ODDS, "over=100000|under=-100000"},
		{STREAM_ODDS, "over=+120|under=-110.0"},
		{STREAM_ODDS, "-over"},
		{STREAM_ODDS, "-under"},
		{STREAM_ODDS, "-over|-under"},
		{STREAM_ODDS, "-team|-game_id"},
		{STREAM_ODDS, "-team|-game_date"},
		{STREAM_ODDS, "book=a:b {c} \xe2\x82\xac"},
		{STREAM_ODDS, "alt=0|status=open"},
		{STREAM_ODDS, "game_date=2024-02-29|-game_id"},
		{STREAM_ODDS, "game_date=1900-01-01|-game_id"},
		{STREAM_ODDS, "game_date=2099-12-31|-game_id"},
		{STREAM_ODDS, GAME_ODDS "|total=100|spread=-80"},
		{STREAM_ODDS, GAME_ODDS "|total=400|spread=80"},
		{STREAM_ODDS, GAME_ODDS "|-spread"},
		{STREAM_INJURY, "-reason"},
		{STREAM_INJURY, "-team"},
		{STREAM_INJURY, "status=doubtful"},
		{STREAM_INJURY, "status=questionable"},
		{STREAM_INJURY, "status=probable"},
		{STREAM_LINEUP, "confirmed=0|starters=x"},
		{STREAM_SLATE, "status=cancelled"},
		{STREAM_REGENERATE, "priority=urgent"},
		{STREAM_REGENERATE, "priority=low|not_before=2000-01-01T00:00:00Z"},
		/* Fields of other streams are strangers here. */
		{STREAM_REGENERATE, "line=many|starters=|tip=soon|status=any"},
		{STREAM_INJURY, "force=yes|book="},
	};
	accept_all(cases, COUNT(cases));
}

/* Words of the world, with what they mean: the value is read from `at`. */
struct spelling {
	const char *text;
	int value;
};

static void read_as(enum stream stream, const char *before, const struct spelling *words, size_t count, size_t at)
{
	for (size_t i = 0; i < count; i++) {
		char changes[200];
		int value;
		text_format(changes, sizeof(changes), "%s%s", before, words[i].text);
		struct event e = accept(stream, changes);
		memcpy(&value, (const char *)&e + at, sizeof(value));
		if (value != words[i].value)
			fail_msg("%s is %d", changes, value);
		event_done(&e);
	}
}

static void injuries_have_many_words(void **state)
{
	(void)state;
	static const struct spelling words[] = {
		{"Out", INJURY_OUT},
		{"OUT", INJURY_OUT},
		{"Out For Season", INJURY_OUT},
		{"out-for-season", INJURY_OUT},
		{"OFS", INJURY_OUT},
		{"Suspension", INJURY_OUT},
		{"Suspended", INJURY_OUT},
		{"Inactive", INJURY_OUT},
		{"Doubtful", INJURY_DOUBTFUL},
		{"QUESTIONABLE", INJURY_QUESTIONABLE},
		{"Game Time Decision", INJURY_QUESTIONABLE},
		{"game-time decision", INJURY_QUESTIONABLE},
		{"GTD", INJURY_QUESTIONABLE},
		{"Day-To-Day", INJURY_QUESTIONABLE},
		{"day_to_day", INJURY_QUESTIONABLE},
		{"DTD", INJURY_QUESTIONABLE},
		{"Probable", INJURY_PROBABLE},
		{"(P)", INJURY_PROBABLE},
		{"Available", INJURY_AVAILABLE},
		{"Active", INJURY_AVAILABLE},
	};
	read_as(STREAM_INJURY, "status=", words, COUNT(words), offsetof(struct event, injury.status));
}

static void markets_have_many_words(void **state)
{
	(void)state;
	static const struct spelling words[] = {
		{"Points", MARKET_POINTS},
		{"PTS", MARKET_POINTS},
		{"player_points", MARKET_POINTS},
		{"Player Points", MARKET_POINTS},
		{"Total Rebounds", MARKET_REBOUNDS},
		{"player_assists", MARKET_ASSISTS},
		{"AST", MARKET_ASSISTS},
		{"3-PT Made", MARKET_THREES},
		{"threes_made", MARKET_THREES},
		{"3PM", MARKET_THREES},
		{"player_threes", MARKET_THREES},
		{"3-Pointers Made", MARKET_THREES},
		{"Blocked Shots", MARKET_BLOCKS},
		{"BLK", MARKET_BLOCKS},
		{"player_steals", MARKET_STEALS},
		{"TO", MARKET_TURNOVERS},
		{"player_turnovers", MARKET_TURNOVERS},
		{"player_points_rebounds_assists", MARKET_PRA},
		{"PTS+REB+AST", MARKET_PRA},
		{"Pts+Rebs+Asts", MARKET_PRA},
		{"Pts, Reb & Ast", MARKET_PRA},
		{"reb ast pts", MARKET_PRA},
		{"P.R.A", MARKET_PRA},
		{"PRA", MARKET_PRA},
		{"player_pra", MARKET_PRA},
		{"player_points_rebounds", MARKET_PR},
		{"Points + Assists", MARKET_PA},
		{"PTS/AST", MARKET_PA},
		{"Rebs+Asts", MARKET_RA},
		{"player_rebounds_assists", MARKET_RA},
	};
	read_as(STREAM_ODDS, "market=", words, COUNT(words), offsetof(struct event, odds.market));
	static const struct spelling alternates[] = {
		{"player_points_alternate", MARKET_POINTS},
		{"player_points_rebounds_assists_alternate", MARKET_PRA},
		{"Alt Points", MARKET_POINTS},
		{"Alternate Player Rebounds", MARKET_REBOUNDS},
	};
	read_as(STREAM_ODDS, "market=", alternates, COUNT(alternates), offsetof(struct event, odds.market));
	for (size_t i = 0; i < COUNT(alternates); i++) {
		char changes[80];
		text_format(changes, sizeof(changes), "market=%s", alternates[i].text);
		struct event e = accept(STREAM_ODDS, changes);
		assert_true(e.odds.alternate);
		event_done(&e);
	}
	struct event e = accept(STREAM_ODDS, "market=Points|alt=true");
	assert_true(e.odds.alternate);
	event_done(&e);
	e = accept(STREAM_ODDS, "market=points");
	assert_false(e.odds.alternate);
	event_done(&e);
}

static void prices_have_many_forms(void **state)
{
	(void)state;
	static const struct spelling american[] = {
		{"EVEN", 100},
		{"even", 100},
		{"Ev", 100},
		{"PK", 100},
		{"+100", 100},
		{"-100", -100},
		{"\xe2\x88\x92"
		 "110",
			-110}, /* U+2212 */
		{"\xe2\x80\x93"
		 "115",
			-115}, /* an en dash */
		{"\xef\xbc\x8b"
		 "120",
			120},
	};
	read_as(STREAM_ODDS, "over=", american, COUNT(american), offsetof(struct event, odds.over));
	read_as(STREAM_ODDS, "odds=American|over=", american, COUNT(american), offsetof(struct event, odds.over));
	/* 100 (d - 1), or -100 / (d - 1), to the nearest. */
	static const struct spelling decimal[] = {
		{"1.91", -110}, /* 109.89 */
		{"1.909090909090909", -110},
		{"1.952", -105}, /* 105.04 */
		{"1.5", -200},
		{"1.01", -10000},
		{"1.016", -6250},
		{"1.995", -101}, /* 100.50 */
		{"1.996", 100}, /* 100.40: even is +100 */
		{"2", 100},
		{"2.00", 100},
		{"2.004", 100},
		{"2.005", 101},
		{"2.5", 150},
		{"11", 1000},
		{"1001", 100000},
		{"EVEN", 100},
	};
	read_as(STREAM_ODDS, "-under|odds=decimal|over=", decimal, COUNT(decimal), offsetof(struct event, odds.over));
	read_as(STREAM_ODDS, "-over|odds=Decimal|under=", decimal, COUNT(decimal), offsetof(struct event, odds.under));
	static const struct spelling lines[] = {{"24\xc2\xbd", 2450}, {"\xc2\xbd", 50}, {"+24.5", 2450}};
	read_as(STREAM_ODDS, "line=", lines, COUNT(lines), offsetof(struct event, odds.line));
	static const struct spelling spreads[] = {{"PK", 0}, {"Pick'em", 0},
		{"\xe2\x88\x92"
		 "3\xc2\xbd",
			-350},
		{"\xe2\x88\x92"
		 "3.5",
			-350}};
	read_as(STREAM_ODDS, GAME_ODDS "|spread=", spreads, COUNT(spreads), offsetof(struct event, game_odds.spread));
}

static void other_words_come_in_any_case_too(void **state)
{
	(void)state;
	static const struct {
		enum stream stream;
		const char *changes;
		size_t at;
		bool value;
	} flags[] = {
		{STREAM_ODDS, "status=Open", offsetof(struct event, odds.off), false},
		{STREAM_ODDS, "status=ACTIVE", offsetof(struct event, odds.off), false},
		{STREAM_ODDS, "status=suspended", offsetof(struct event, odds.off), true},
		{STREAM_ODDS, "status=Closed", offsetof(struct event, odds.off), true},
		{STREAM_ODDS, "status=OFF", offsetof(struct event, odds.off), true},
		{STREAM_ODDS, "alt=true", offsetof(struct event, odds.alternate), true},
		{STREAM_ODDS, "alt=Yes", offsetof(struct event, odds.alternate), true},
		{STREAM_ODDS, "alt=False", offsetof(struct event, odds.alternate), false},
		{STREAM_LINEUP, "confirmed=TRUE", offsetof(struct event, lineup.confirmed), true},
		{STREAM_LINEUP, "confirmed=no", offsetof(struct event, lineup.confirmed), false},
		{STREAM_REGENERATE, "force=yes", offsetof(struct event, regenerate.force), true},
		{STREAM_SLATE, MEMBER "|status=Active", offsetof(struct event, member.active), true},
		{STREAM_SLATE, MEMBER "|status=INACTIVE", offsetof(struct event, member.active), false},
	};
	for (size_t i = 0; i < COUNT(flags); i++) {
		struct event e = accept(flags[i].stream, flags[i].changes);
		if (*(const bool *)((const char *)&e + flags[i].at) != flags[i].value)
			fail_msg("%s", flags[i].changes);
		event_done(&e);
	}
	static const struct spelling games[] = {{"Scheduled", GAME_SCHEDULED}, {"In Progress", GAME_SCHEDULED},
		{"PPD", GAME_POSTPONED}, {"Postponed", GAME_POSTPONED}, {"canceled", GAME_CANCELLED}};
	read_as(STREAM_SLATE, "status=", games, COUNT(games), offsetof(struct event, game.status));
	static const struct spelling levels[] = {{"HIGH", LEVEL_HIGH}, {"Urgent", LEVEL_URGENT}};
	read_as(STREAM_ODDS, "priority=", levels, COUNT(levels), offsetof(struct event, priority));
	/* JSON's own true and false. */
	static const char text[] =
		"{\"player_lookup\":\"x\",\"game_date\":\"2025-11-15\",\"market\":\"points\",\"book\":\"b\","
		"\"line\":24.5,\"alt\":true,\"under\":null}";
	struct entry data = {.count = 1, .field = {{"data", text, 4, sizeof(text) - 1}}};
	struct event e;
	struct malformed why;
	assert_int_equal(decode_in(NULL, STREAM_ODDS, &data, &e, &why), 0);
	assert_true(e.odds.alternate);
	assert_int_equal(e.odds.under, 0);
	event_done(&e);
}

static void every_market_is_known(void **state)
{
	(void)state;
	struct entry wrong = make(STREAM_ODDS, "market=wins");
	struct malformed why;
	struct event e;
	assert_int_equal(decode_in(NULL, STREAM_ODDS, &wrong, &e, &why), -EINVAL);
	for (enum market market = 0; market < MARKET_COUNT; market++) {
		char changes[64];
		text_format(changes, sizeof(changes), "market=%s", market_name(market));
		e = accept(STREAM_ODDS, changes);
		assert_int_equal(e.odds.market, market);
		event_done(&e);
		/* ... and stands in the list that the error offers. */
		assert_non_null(strstr(why.error, market_name(market)));
	}
}

/* what is refused */

#define LINE "; a line is a number from 0 to 200 with at most 2 decimals, such as 24.5"
#define PRICE \
	"; an American price is a whole number from 100 to 100000 or from -100000 to -100, such as -110 or " \
	"+120"
#define DECIMAL "; with odds = decimal a price is a number from 1.01 to 1001, such as 1.91"
#define PERSON "; a player_id is the league's number of the player, a whole number above 0, such as 2544"
#define PLAYER "; a player_lookup is the player's name in letters and digits, such as lebronjames"
#define DAY "; a game_date is the league's date, such as 2025-11-15"
#define GAME "; a game_id is DATE_AWAY_HOME, such as 20251115_LAL_GSW, or the league's ten digits"
#define TEAM "; a team is its code, such as LAL"
#define BOOK "; a book is its name in 1 to 63 bytes, such as draftkings"
#define TOTAL "; a total is a number from 100 to 400 with at most 2 decimals, such as 224.5"
#define SPREAD "; a spread is the home side's, from -80 to 80 with at most 2 decimals, such as -3.5"
#define STARTERS "; starters are the lookups of 1 to 16 players with commas between them"
#define ORIGIN "; an origin is the stream id of a dead letter's entry, such as 1763258400000-0"
#define TIP "; a tip is an RFC 3339 time, such as 2025-11-16T01:30:00Z"
#define TIME " is an RFC 3339 time, such as 2025-11-16T01:30:00Z, or Unix milliseconds"
#define LEAGUE "; a league's number is whole, 0 for none; propsd itself writes it"
#define MARKET "; a market is one of points, rebounds, assists, threes, steals, blocks, turnovers, pra, pr, pa, ra"
#define SIXTY_FOUR "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static void one_side_of_a_quote_has_its_own_price(void **state)
{
	(void)state;
	struct event e = accept(STREAM_ODDS, "-over|-under|side=over|price=-115");
	assert_int_equal(e.odds.side, SIDE_OVER);
	assert_int_equal(e.odds.over, -115);
	assert_int_equal(e.odds.under, 0);
	event_done(&e);
	e = accept(STREAM_ODDS, "-over|-under|side=Under|odds=decimal|price=1.91|alt=1");
	assert_int_equal(e.odds.side, SIDE_UNDER);
	assert_int_equal(e.odds.over, 0);
	assert_int_equal(e.odds.under, -110);
	assert_true(e.odds.alternate);
	event_done(&e);
	e = accept(STREAM_ODDS, "-over|-under|-line|side=u|status=off");
	assert_int_equal(e.odds.side, SIDE_UNDER);
	assert_true(e.odds.off);
	event_done(&e);
	e = accept(STREAM_ODDS, "");
	assert_int_equal(e.odds.side, SIDE_BOTH);
	event_done(&e);
#define NO_PAIR " stands beside side; the price of the one side is price, and a quote of both has no side"
	static const struct refusal cases[] = {
		{STREAM_ODDS, "-over|-under|side=both|price=-110",
			"side: \"both\" is no side; a side is over or under; its price stands in price"},
		{STREAM_ODDS, "-over|-under|side=ovr|price=-110",
			"side: \"ovr\" is no side (did you mean over?); a side is over or under; its price stands in price"},
		{STREAM_ODDS, "-over|-under|price=-110",
			"side: missing from a quote with price; a side is over or under; its price stands in price"},
		{STREAM_ODDS, "-under|side=over|price=-110", "over: \"-110\"" NO_PAIR},
		{STREAM_ODDS, "-over|side=over|price=-110", "under: \"+105\"" NO_PAIR},
		{STREAM_ODDS, "-over|-under|side=over", "price: missing from an open side of a quote" PRICE},
		{STREAM_ODDS, "-over|-under|-line|side=over|price=-110", "line: missing from an open quote" LINE},
		{STREAM_ODDS, "-over|-under|side=over|price=55", "price: \"55\" is between -100 and 100" PRICE},
		{STREAM_ODDS, GAME_ODDS "|side=over",
			"side: \"over\" does not belong to game odds (an entry without player_lookup); leave the field out"},
	};
	refuse_all(cases, COUNT(cases));
}

static void bad_values_are_named_with_what_would_be_right(void **state)
{
	(void)state;
	static const struct refusal cases[] = {
		{STREAM_ODDS, "line=12.345", "line: \"12.345\" has more than 2 decimals" LINE},
		{STREAM_ODDS, "line=24.500", "line: \"24.500\" has more than 2 decimals" LINE},
		{STREAM_ODDS, "line=200.01", "line: \"200.01\" is above 200" LINE},
		{STREAM_ODDS, "line=99999999999999999999999", "line: \"99999999999999999999999\" is above 200" LINE},
		{STREAM_ODDS, "line=-0.5", "line: \"-0.5\" is below 0" LINE},
		{STREAM_ODDS, "line=", "line: \"\" is empty" LINE},
		{STREAM_ODDS, "line=abc", "line: \"abc\" is not a number" LINE},
		{STREAM_ODDS, "line=1e2", "line: \"1e2\" is not a number" LINE},
		{STREAM_ODDS, "line=nan", "line: \"nan\" is not a number" LINE},
		{STREAM_ODDS, "line=.5", "line: \".5\" is not a number" LINE},
		{STREAM_ODDS, "line=5.", "line: \"5.\" is not a number" LINE},
		{STREAM_ODDS, "line=5.x", "line: \"5.x\" is not a number" LINE},
		{STREAM_ODDS, "line=+", "line: \"+\" is not a number" LINE},
		{STREAM_ODDS, "line=+-5", "line: \"+-5\" is not a number" LINE},
		{STREAM_ODDS, "line= 24.5", "line: \" 24.5\" is not a number" LINE},
		{STREAM_ODDS, "line=24,5", "line: \"24,5\" is not a number" LINE},
		{STREAM_ODDS, "over=99", "over: \"99\" is between -100 and 100" PRICE},
		{STREAM_ODDS, "under=-99", "under: \"-99\" is between -100 and 100" PRICE},
		{STREAM_ODDS, "over=0", "over: \"0\" is between -100 and 100" PRICE},
		{STREAM_ODDS, "over=100001", "over: \"100001\" is too large" PRICE},
		{STREAM_ODDS, "under=-100001", "under: \"-100001\" is too large" PRICE},
		{STREAM_ODDS, "over=1.91",
			"over: \"1.91\" is not a whole number (if it is a decimal price, say odds = decimal)" PRICE},
		{STREAM_ODDS, "over=-110.5", "over: \"-110.5\" is not a whole number" PRICE},
		{STREAM_ODDS, "over=evenly", "over: \"evenly\" is not a whole number" PRICE},
		{STREAM_ODDS,
			"over=\xe2\x88\x92"
			"99",
			"over: \"\xe2\x88\x92"
			"99\" is between -100 and 100" PRICE},
		{STREAM_ODDS, "over=--110", "over: \"--110\" is not a whole number" PRICE},
		{STREAM_ODDS, "odds=decimal|over=-110", "over: \"-110\" is no decimal price" DECIMAL},
		{STREAM_ODDS, "odds=decimal|over=+1.91", "over: \"+1.91\" is no decimal price" DECIMAL},
		{STREAM_ODDS, "odds=decimal|over=1.009", "over: \"1.009\" is no decimal price" DECIMAL},
		{STREAM_ODDS, "odds=decimal|over=1001.01", "over: \"1001.01\" is no decimal price" DECIMAL},
		{STREAM_ODDS, "odds=decimal|over=1.", "over: \"1.\" is no decimal price" DECIMAL},
		{STREAM_ODDS, "odds=decimal|over=1,91", "over: \"1,91\" is no decimal price" DECIMAL},
		{STREAM_ODDS, "odds=fractional|over=10/11",
			"odds: \"fractional\" is no form of prices; odds are american, such as -110, or decimal, such as 1.91"},
		{STREAM_ODDS, "odds=decimals",
			"odds: \"decimals\" is no form of prices (did you mean decimal?); odds are american, such as -110, or "
			"decimal, such as 1.91"},
		{STREAM_ODDS, "under=", "under: \"\" is empty" PRICE},
		{STREAM_ODDS, "market=pionts", "market: \"pionts\" is no market (did you mean points?)" MARKET},
		{STREAM_ODDS, "market=Rebuonds", "market: \"Rebuonds\" is no market (did you mean rebounds?)" MARKET},
		{STREAM_ODDS, "market=h2h", "market: \"h2h\" is no market" MARKET},
		{STREAM_ODDS, "market=pts+pts", "market: \"pts+pts\" is no market (did you mean pts?)" MARKET},
		{STREAM_ODDS, "market=+", "market: \"+\" is no market" MARKET},
		{STREAM_ODDS, "market=a b c d e f g h i", "market: \"a b c d e f g h i\" is no market" MARKET},
		{STREAM_ODDS, "market=player_double_double",
			"market: \"player_double_double\" is a market that propsd has no figures of" MARKET},
		{STREAM_ODDS, "market=Steals + Blocks",
			"market: \"Steals + Blocks\" is a market that propsd has no figures of" MARKET},
		{STREAM_ODDS, "market=pts+blk", "market: \"pts+blk\" is a market that propsd has no figures of" MARKET},
		{STREAM_ODDS, "market=player_points_q1",
			"market: \"player_points_q1\" is a market that propsd has no figures of" MARKET},
		{STREAM_ODDS, "market=player_points_alternate|alt=0",
			"alt: \"0\" contradicts the market, which is one of alternates; alt is 1 for an alternate line beside "
			"the main one, else 0"},
		{STREAM_ODDS, "market=" SIXTY_FOUR, "market: \"" SIXTY_FOUR "\" is no market" MARKET},
		{STREAM_ODDS, "book=", "book: \"\" is empty" BOOK},
		{STREAM_ODDS, "book=" SIXTY_FOUR, "book: \"" SIXTY_FOUR "\" is 64 bytes long" BOOK},
		{STREAM_ODDS, "status=suspendet",
			"status: \"suspendet\" is no status of a quote (did you mean suspended?); a quote's status is open or "
			"off"},
		{STREAM_ODDS, "status=won", "status: \"won\" is no status of a quote; a quote's status is open or off"},
		{STREAM_ODDS, "alt=maybe",
			"alt: \"maybe\" is neither 0 nor 1; alt is 1 for an alternate line beside the main "
			"one, else 0"},
		{STREAM_ODDS, "alt=2",
			"alt: \"2\" is neither 0 nor 1; alt is 1 for an alternate line beside the main one, "
			"else 0"},
		{STREAM_ODDS, "player_id=0", "player_id: \"0\" is no player's number" PERSON},
		{STREAM_ODDS, "player_id=-7", "player_id: \"-7\" is no player's number" PERSON},
		{STREAM_ODDS, "player_id=2544.5", "player_id: \"2544.5\" is no player's number" PERSON},
		{STREAM_ODDS, "player_id=jamesle01", "player_id: \"jamesle01\" is no player's number" PERSON},
		{STREAM_ODDS, "player_id=1234567890123456",
			"player_id: \"1234567890123456\" is no player's number" PERSON},
		{STREAM_REGENERATE, "exact=maybe",
			"exact: \"maybe\" is neither 0 nor 1; exact is 1 where player_lookup is a name as keys have it, else 0"},
		{STREAM_ODDS, "player_lookup=", "player_lookup: \"\" is empty" PLAYER},
		{STREAM_ODDS, "player_lookup=\xe2\x80\x94 ?!",
			"player_lookup: \"\xe2\x80\x94 ?!\" has no letter or digit" PLAYER},
		{STREAM_ODDS, "player_lookup=" SIXTY_FOUR,
			"player_lookup: \"" SIXTY_FOUR "\" has more than 63 letters and digits" PLAYER},
		{STREAM_ODDS, "team=LA", "team: \"LA\" is not three letters A-Z" TEAM},
		{STREAM_ODDS, "team=LAKE", "team: \"LAKE\" is not three letters A-Z" TEAM},
		{STREAM_ODDS, "team=L4L", "team: \"L4L\" is not three letters A-Z" TEAM},
		{STREAM_ODDS, "team=", "team: \"\" is empty" TEAM},
		{STREAM_ODDS, "game_date=20251115", "game_date: \"20251115\" is not a day between 1900 and 2099" DAY},
		{STREAM_ODDS, "game_date=2025-02-29",
			"game_date: \"2025-02-29\" is not a day between 1900 and 2099" DAY},
		{STREAM_ODDS, "game_date=2100-01-01",
			"game_date: \"2100-01-01\" is not a day between 1900 and 2099" DAY},
		{STREAM_ODDS, "game_date=1899-12-31",
			"game_date: \"1899-12-31\" is not a day between 1900 and 2099" DAY},
		{STREAM_ODDS, "game_date=tonight", "game_date: \"tonight\" is not a day between 1900 and 2099" DAY},
		{STREAM_ODDS, "game_date=2025-11-16",
			"game_date: \"2025-11-16\" differs from the date of game_id, 2025-11-15; leave "
			"game_date out or give the "
			"game's"},
		{STREAM_ODDS, "game_id=LAL@GSW", "game_id: \"LAL@GSW\" is neither DATE_AWAY_HOME nor ten digits" GAME},
		{STREAM_ODDS, "game_id=20251115_LAL_GS",
			"game_id: \"20251115_LAL_GS\" has a team that is not three letters A-Z" GAME},
		{STREAM_ODDS, "game_id=20251115_LAL_",
			"game_id: \"20251115_LAL_\" is neither DATE_AWAY_HOME nor ten digits" GAME},
		{STREAM_ODDS, "game_id=20251115__LAL",
			"game_id: \"20251115__LAL\" is neither DATE_AWAY_HOME nor ten digits" GAME},
		{STREAM_ODDS, "game_id=20251115_LAL_GSW_2",
			"game_id: \"20251115_LAL_GSW_2\" is neither DATE_AWAY_HOME nor ten digits" GAME},
		{STREAM_ODDS, "game_id=20251115_",
			"game_id: \"20251115_\" is neither DATE_AWAY_HOME nor ten digits" GAME},
		{STREAM_ODDS, "game_id=20251115", "game_id: \"20251115\" is neither DATE_AWAY_HOME nor ten digits" GAME},
		{STREAM_ODDS, "game_id=20251115-LAL-GSW",
			"game_id: \"20251115-LAL-GSW\" is neither DATE_AWAY_HOME nor ten digits" GAME},
		{STREAM_ODDS, "game_id=20251115_LALxGSW",
			"game_id: \"20251115_LALxGSW\" is neither DATE_AWAY_HOME nor ten digits" GAME},
		{STREAM_ODDS, "game_id=22500123", "game_id: \"22500123\" is neither DATE_AWAY_HOME nor ten digits" GAME},
		{STREAM_ODDS, "game_id=20251315_LAL_GSW",
			"game_id: \"20251315_LAL_GSW\" does not begin with a day between 1900 and 2099" GAME},
		{STREAM_ODDS, "game_id=20251115_LAL_LAL", "game_id: \"20251115_LAL_LAL\" has a team play itself" GAME},
		{STREAM_ODDS, GAME_ODDS "|total=99.99", "total: \"99.99\" is below 100" TOTAL},
		{STREAM_ODDS, GAME_ODDS "|total=400.01", "total: \"400.01\" is above 400" TOTAL},
		{STREAM_ODDS, GAME_ODDS "|spread=-80.25", "spread: \"-80.25\" is below -80" SPREAD},
		{STREAM_ODDS, GAME_ODDS "|spread=80.01", "spread: \"80.01\" is above 80" SPREAD},
		{STREAM_ODDS, GAME_ODDS "|spread=level", "spread: \"level\" is not a number" SPREAD},
		{STREAM_ODDS, GAME_ODDS "|status=off",
			"status: \"off\" is no status of game odds; game odds are replaced by newer ones, "
			"never taken down, so their "
			"status can only be open"},
		{STREAM_ODDS, "priority=asap",
			"priority: \"asap\" is no priority; a priority is one of urgent, high, normal, low"},
		{STREAM_ODDS, "ts=yesterday", "ts: \"yesterday\" is not a time between 2000 and 2099; a ts" TIME},
		{STREAM_ODDS, "ts=1763240400", "ts: \"1763240400\" is not a time between 2000 and 2099; a ts" TIME},
		{STREAM_ODDS, "not_before=2025-11-15",
			"not_before: \"2025-11-15\" is not a time between 2000 and 2099; a not_before" TIME},
		{STREAM_ODDS, "event_id=",
			"event_id: \"\" is empty; an event_id is the producer's own text of 1 to 256 bytes"},
		{STREAM_INJURY, "status=Questionabel",
			"status: \"Questionabel\" is no status of an injury (did you mean questionable?); an injury's status is "
			"one of out, doubtful, questionable, probable, available"},
		{STREAM_INJURY, "status=hurt",
			"status: \"hurt\" is no status of an injury; an injury's status is one of out, "
			"doubtful, questionable, "
			"probable, available"},
		{STREAM_INJURY, "status=none",
			"status: \"none\" is no status of an injury; an injury's status is one of out, "
			"doubtful, questionable, "
			"probable, available"},
		{STREAM_LINEUP, "starters=", "starters: \"\" is empty" STARTERS},
		{STREAM_LINEUP, "starters=a,,b", "starters: \"\" has no letter or digit" STARTERS},
		{STREAM_LINEUP, "starters=a,b,", "starters: \"\" has no letter or digit" STARTERS},
		{STREAM_LINEUP, "starters=a,-,b", "starters: \"-\" has no letter or digit" STARTERS},
		{STREAM_LINEUP, "starters=a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,qq",
			"starters: \"qq\" is one player too many" STARTERS},
		{STREAM_LINEUP, "confirmed=perhaps",
			"confirmed: \"perhaps\" is neither 0 nor 1; confirmed is 1 for an official lineup, else "
			"0"},
		{STREAM_REGENERATE, "force=-1",
			"force: \"-1\" is neither 0 nor 1; force is 1 to compute anew whatever was computed "
			"before, else 0"},
		{STREAM_SLATE, "tip=1763256600000", "tip: \"1763256600000\" is not a time between 2000 and 2099" TIP},
		{STREAM_SLATE, "tip=20:30", "tip: \"20:30\" is not a time between 2000 and 2099" TIP},
		{STREAM_SLATE, "status=active",
			"status: \"active\" is no status of a game; a game's status is one of scheduled, "
			"postponed, cancelled"},
		{STREAM_SLATE, "status=postpned",
			"status: \"postpned\" is no status of a game (did you mean postponed?); a game's status is one of "
			"scheduled, postponed, cancelled"},
		{STREAM_SLATE, "status=unknown",
			"status: \"unknown\" is no status of a game; a game's status is one of scheduled, "
			"postponed, cancelled"},
		{STREAM_SLATE, MEMBER "|status=scheduled",
			"status: \"scheduled\" is no status of a player on the slate; a player's status on "
			"the slate is active or "
			"inactive"},
	};
	refuse_all(cases, COUNT(cases));
}

static void what_is_missing_or_does_not_belong_is_named(void **state)
{
	(void)state;
	static const struct refusal cases[] = {
		{STREAM_ODDS, "-line", "line: missing from an open quote" LINE},
		{STREAM_ODDS, "-line|alt=1|status=off",
			"line: missing from an alternate that is off (the line says which)" LINE},
		{STREAM_ODDS, "-market", "market: missing from a player's quote" MARKET},
		{STREAM_ODDS, "-book", "book: missing from a player's quote" BOOK},
		{STREAM_ODDS, "-game_date|-game_id", "game_date: missing from an entry without game_id" DAY},
		{STREAM_ODDS, "-player_lookup",
			"the entry is about nothing; an odds entry has a player_lookup (a player's quote) or "
			"total or spread (game "
			"odds)"},
		{STREAM_ODDS, "total=224.5",
			"total: \"224.5\" does not belong to a player's quote; leave the field out"},
		{STREAM_ODDS, GAME_ODDS "|-game_id",
			"game_id: missing from game odds (an entry without player_lookup)" GAME},
		{STREAM_ODDS, GAME_ODDS "|-book", "book: missing from game odds (an entry without player_lookup)" BOOK},
		{STREAM_ODDS, GAME_ODDS "|line=24.5",
			"line: \"24.5\" does not belong to game odds (an entry without player_lookup); leave "
			"the field out"},
		{STREAM_ODDS, GAME_ODDS "|alt=1",
			"alt: \"1\" does not belong to game odds (an entry without player_lookup); leave the "
			"field out"},
		{STREAM_INJURY, "-player_lookup", "player_lookup: missing from an injury" PLAYER},
		{STREAM_INJURY, "-status",
			"status: missing from an injury; an injury's status is one of out, doubtful, "
			"questionable, probable, "
			"available"},
		{STREAM_INJURY, "-game_date", "game_date: missing from an entry without game_id" DAY},
		{STREAM_LINEUP, "-team", "team: missing from a lineup" TEAM},
		{STREAM_LINEUP, "-starters", "starters: missing from a lineup" STARTERS},
		{STREAM_LINEUP, "-game_date", "game_date: missing from an entry without game_id" DAY},
		{STREAM_REGENERATE, "-player_lookup|-game_date",
			"the entry names nothing to regenerate; it has any of player_lookup, team, game_id, "
			"or only game_date"},
		{STREAM_REGENERATE, "-game_date", "game_date: missing from an entry without game_id" DAY},
		{STREAM_SLATE, "-game_id|game_date=2025-11-15",
			"the entry is about nothing; a slate entry has a game_id (a game) or a player_lookup "
			"(a player)"},
		{STREAM_SLATE, MEMBER "|-team", "team: missing from a player of the slate" TEAM},
		{STREAM_SLATE, MEMBER "|-status",
			"status: missing from a player of the slate; a player's status on the slate is "
			"active or inactive"},
		{STREAM_SLATE, MEMBER "|tip=2025-11-16T01:30:00Z",
			"tip: \"2025-11-16T01:30:00Z\" does not belong to a player of the slate; leave the "
			"field out"},
	};
	refuse_all(cases, COUNT(cases));
}

static void bytes_that_are_no_text_are_refused_wherever_they_stand(void **state)
{
	(void)state;
	static const struct refusal cases[] = {
		{STREAM_ODDS, "book=draft\xffkings", "book: \"draft\\xffkings\" is not UTF-8"},
		{STREAM_ODDS, "book=\xed\xa0\x80", "book: \"\\xed\\xa0\\x80\" is not UTF-8"},
		{STREAM_ODDS, "book=\xc3", "book: \"\\xc3\" is not UTF-8"},
		{STREAM_ODDS, "book=a\tb", "book: \"a\\x09b\" has a control character"},
		{STREAM_ODDS, "book=a\x7f", "book: \"a\\x7f\" has a control character"},
		{STREAM_ODDS, "book=\xc3\xa9\xc2\x9b", "book: \"\xc3\xa9\\xc2\\x9b\" has a control character"},
		{STREAM_ODDS, "book=\xe2\x82\xac\"\\\n", "book: \"\xe2\x82\xac\\\"\\\\\\x0a\" has a control character"},
		{STREAM_ODDS, "colour=\x1b[31m", "colour: \"\\x1b[31m\" has a control character"},
		{STREAM_ODDS, "colour=\xf5", "colour: \"\\xf5\" is not UTF-8"},
		{STREAM_INJURY, "reason=a\r\nb", "reason: \"a\\x0d\\x0ab\" has a control character"},
		{STREAM_INJURY, "a\x01z=1", "a\\x01z: the name of this field has a control character"},
		{STREAM_INJURY, "a\x80z=1", "a\\x80z: the name of this field is not UTF-8"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct entry e = make(cases[i].stream, cases[i].changes);
		refuse_entry(cases[i].stream, &e, cases[i].error);
	}
	struct entry e = make(STREAM_ODDS, "");
	set(&e, "book", 4, "a\0b", 3);
	refuse_entry(STREAM_ODDS, &e, "book: \"a\\x00b\" has a control character");
	set(&e, "book", 4, "draftkings", 10);
	set(&e, "line\0", 5, "1", 1);
	refuse_entry(STREAM_ODDS, &e, "line\\x00: the name of this field has a control character");
}

static void long_values_are_refused_and_shown_cut(void **state)
{
	(void)state;
	char changes[600], text[1025];
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	static const char shown[] =
		"reason: \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		"xxxxxxxxxxxxxxxx\xe2\x80\xa6\" is 257 bytes long; a value has at most 256";
	text_format(changes, sizeof(changes), "reason=%.257s", text);
	const struct refusal long_value[] = {{STREAM_INJURY, changes, shown}};
	refuse_all(long_value, 1);
	/* The cut never splits a character: 33 of three bytes leave no room for the ellipsis, 32 do. */
	struct str euros = {0}, error = {0};
	str_text(&euros, "book=");
	str_text(&error, "book: \"");
	for (int i = 0; i < 34; i++)
		str_text(&euros, "\xe2\x82\xac");
	for (int i = 0; i < 32; i++)
		str_text(&error, "\xe2\x82\xac");
	str_text(&error, "\xe2\x80\xa6\" is 102 bytes long" BOOK);
	const struct refusal cut[] = {{STREAM_ODDS, euros.data, error.data}};
	refuse_all(cut, 1);
	str_done(&euros);
	str_done(&error);
	/* A stranger's value and name count too. */
	struct entry e = make(STREAM_ODDS, "");
	set(&e, "note", 4, text, 257);
	struct event event;
	struct malformed why;
	assert_int_equal(decode_in(NULL, STREAM_ODDS, &e, &event, &why), -EINVAL);
	assert_string_equal(why.field, "note");
	e = make(STREAM_ODDS, "");
	set(&e, text, 1024, "\x01", 1);
	assert_int_equal(decode_in(NULL, STREAM_ODDS, &e, &event, &why), -EINVAL);
	assert_int_equal(strlen(why.field), sizeof(why.field) - 1);
	assert_true(utf8_valid(why.error, strlen(why.error)));
}

static void an_entry_has_at_most_32_fields_and_16_kib(void **state)
{
	(void)state;
	struct entry e = make(STREAM_INJURY, "");
	char names[64][8];
	for (size_t i = e.count; i < 32; i++) {
		size_t n = text_format(names[i], sizeof(names[i]), "n%zu", i);
		set(&e, names[i], n, "1", 1);
	}
	struct event event;
	struct malformed why;
	struct str json = {0};
	struct entry data = as_data(&e, &json);
	assert_int_equal(decode_in(NULL, STREAM_INJURY, &e, &event, &why), 0);
	assert_int_equal(event.unknown_fields, 27);
	event_done(&event);
	assert_int_equal(decode_in(NULL, STREAM_INJURY, &data, &event, &why), 0);
	assert_int_equal(event.unknown_fields, 27);
	event_done(&event);
	set(&e, "more", 4, "1", 1);
	refuse_entry(STREAM_INJURY, &e, "the entry has 33 fields; at most 32 are allowed");
	data = as_data(&e, &json);
	refuse_entry(STREAM_INJURY, &data,
		"data: has 33 keys, more than 32; data is one JSON object of the contract's fields");

	/* Blanks are part of JSON, so `data` can be made as long as one likes. */
	e = make(STREAM_INJURY, "");
	data = as_data(&e, &json);
	while (json.length < 16384 - strlen("data"))
		str_char(&json, json.length % 2 ? '\n' : ' ');
	data.field[0].value = json.data;
	data.field[0].value_length = json.length;
	assert_int_equal(decode_in(NULL, STREAM_INJURY, &data, &event, &why), 0);
	event_done(&event);
	str_char(&json, ' ');
	data.field[0].value = json.data;
	data.field[0].value_length = json.length;
	refuse_entry(STREAM_INJURY, &data, "the entry has 16385 bytes; at most 16384 are allowed");
	str_done(&json);
}

static void a_field_may_stand_once(void **state)
{
	(void)state;
	struct entry e = make(STREAM_ODDS, "");
	e.field[e.count++] = (struct field){"line", "24.5", 4, 4};
	refuse_entry(STREAM_ODDS, &e, "line: stands in the entry twice; once is enough");
	e = make(STREAM_ODDS, "note=a|colour=red");
	e.field[e.count++] = (struct field){"note", "b", 4, 1};
	refuse_entry(STREAM_ODDS, &e, "note: stands in the entry twice; once is enough");
	e = (struct entry){.count = 2, .field = {{"data", "{}", 4, 2}, {"data", "{}", 4, 2}}};
	refuse_entry(STREAM_ODDS, &e, "data: stands in the entry twice; once is enough");
}

static void beside_data_stand_strangers_only(void **state)
{
	(void)state;
	struct str json = {0};
	struct event event;
	struct malformed why;
	struct entry e = make(STREAM_INJURY, "feed=x"), data = as_data(&e, &json);
	data.field[data.count++] = (struct field){"feed", "y", 4, 1};
	data.field[data.count++] = (struct field){"line", "24.5", 4, 4}; /* no field of this stream */
	assert_int_equal(decode_in(NULL, STREAM_INJURY, &data, &event, &why), 0);
	assert_int_equal(event.unknown_fields, 3);
	event_done(&event);
	data.field[data.count++] = (struct field){"ts", "1763240400500", 2, 13};
	refuse_entry(STREAM_INJURY, &data, "ts: stands beside data; put all fields into data or none");
	data = (struct entry){.count = 2, .field = {{"status", "out", 6, 3}, {"data", "not json", 4, 8}}};
	refuse_entry(STREAM_INJURY, &data, "status: stands beside data; put all fields into data or none");
	str_done(&json);
}

static void numbers_in_data_may_be_json_numbers(void **state)
{
	(void)state;
	static const char quote[] =
		"{\"player_lookup\":\"lebronjames\",\"game_date\":\"2025-11-15\",\"market\":\"pra\","
		"\"line\":%s,\"over\":%s,\"book\":\"b\",\"alt\":1,\"ts\":1763240400500,\"not_before\":1."
		"7632404e12}";
	static const struct {
		const char *line, *over;
		int32_t want_line, want_over;
	} cases[] = {
		{"24.5", "-110", 2450, -110},
		{"24", "120", 2400, 120},
		{"24.50000", "1.2e2", 2450, 120},
		{"0.29", "100.0", 29, 100},
		{"199.99", "-100000", 19999, -100000},
		{"-0.0", "1e5", 0, 100000},
	};
	struct event event;
	struct malformed why;
	char text[400];
	struct entry e = {.count = 1, .field = {{"data", text, 4, 0}}};
	for (size_t i = 0; i < COUNT(cases); i++) {
		e.field[0].value_length = text_format(text, sizeof(text), quote, cases[i].line, cases[i].over);
		if (decode_in(NULL, STREAM_ODDS, &e, &event, &why) != 0)
			fail_msg("%s", why.error);
		assert_int_equal(event.odds.line, cases[i].want_line);
		assert_int_equal(event.odds.over, cases[i].want_over);
		assert_true(event.odds.alternate);
		assert_int_equal(event.ts_ms, INT64_C(1763240400500));
		assert_int_equal(event.not_before_ms, INT64_C(1763240400000));
		event_done(&event);
	}
	static const struct {
		const char *line, *over, *error;
	} wrong[] = {
		{"12.345", "-110", "line: 12.345 has more than 2 decimals" LINE},
		{"1e20", "-110", "line: 1e+20 is not a number" LINE},
		{"-1", "-110", "line: -1 is below 0" LINE},
		{"9223372036854775807", "-110", "line: 9223372036854775807 is above 200" LINE},
		{"24.5", "99", "over: 99 is between -100 and 100" PRICE},
		{"24.5", "-110.5", "over: -110.5 is not a whole number" PRICE},
		{"24.5", "true", "over: true is not a number" PRICE},
		{"null", "-110", "line: missing from an open quote" LINE},
		{"true", "-110", "line: true is not a number" LINE},
		{"[24.5]", "-110", "line: a list is not a number" LINE},
		{"{\"at\":24.5}", "-110", "line: an object is not a number" LINE},
	};
	for (size_t i = 0; i < COUNT(wrong); i++) {
		e.field[0].value_length = text_format(text, sizeof(text), quote, wrong[i].line, wrong[i].over);
		refuse_entry(STREAM_ODDS, &e, wrong[i].error);
	}
}

static void data_that_is_not_as_it_should_be_is_refused(void **state)
{
	(void)state;
#define DATA "; data is one JSON object of the contract's fields"
	static const struct refusal cases[] = {
		{STREAM_INJURY, "",
			"data: is not a JSON object: '[' or '{' expected near end of file (line 1, column "
			"0)" DATA},
		{STREAM_INJURY, "[]", "data: is a JSON array" DATA},
		{STREAM_INJURY, "\"out\"",
			"data: is not a JSON object: '[' or '{' expected near '\"out\"' (line 1, column "
			"5)" DATA},
		{STREAM_INJURY, "{\"status\":\"out\",\n\"status\":\"out\"}",
			"data: is not a JSON object: duplicate object key near '\"status\"' (line 2, column "
			"8)" DATA},
		{STREAM_INJURY, "{\"status\":\"out\"} x",
			"data: is not a JSON object: end of file expected near 'x' (line 1, column 18)" DATA},
		{STREAM_INJURY, "{\"status\":\"\xff\"}",
			"data: is not a JSON object: unable to decode byte 0xff near '\"' (line 1, column "
			"11)" DATA},
		{STREAM_INJURY, "{\"status\":1e400}",
			"data: is not a JSON object: real number overflow near '1e400' (line 1, column "
			"15)" DATA},
		{STREAM_INJURY, "{\"note\":\"a\\nb\"}", "note: \"a\\x0ab\" has a control character"},
		{STREAM_INJURY, "{\"note\":[\"a\\u0085b\"]}", "note: \"a\\xc2\\x85b\" has a control character"},
		{STREAM_INJURY, "{\"note\":{\"a\\tb\":1}}", "note: \"a\\x09b\" has a control character"},
		{STREAM_INJURY, "{\"no\\u007fte\":1}", "no\\x7fte: the name of this field has a control character"},
		{STREAM_INJURY, "{\"note\":[[]]}",
			"note: a list is nested too deep: a field may be a list or an object, nothing in it "
			"may" DATA},
		{STREAM_INJURY, "{\"note\":{\"a\":{}}}",
			"note: an object is nested too deep: a field may be a list or an object, nothing in "
			"it may" DATA},
		{STREAM_INJURY, "{\"player_lookup\":7}", "player_lookup: 7 is a JSON number, not a string" PLAYER},
		{STREAM_INJURY, "{\"player_lookup\":null}", "player_lookup: missing from an injury" PLAYER},
		{STREAM_INJURY, "{\"player_lookup\":[\"x\"]}", "player_lookup: a list is not a string" PLAYER},
		{STREAM_INJURY, "{\"player_lookup\":false}", "player_lookup: false is not a string" PLAYER},
		{STREAM_LINEUP, "{\"team\":\"LAL\",\"starters\":[]}", "starters: a list names nobody" STARTERS},
		{STREAM_LINEUP, "{\"team\":\"LAL\",\"starters\":[\"a\",12]}", "starters: 12 is not a string" STARTERS},
		{STREAM_LINEUP, "{\"team\":\"LAL\",\"starters\":[\"a\",null]}",
			"starters: null is not a string" STARTERS},
		{STREAM_LINEUP, "{\"team\":\"LAL\",\"starters\":[\"\"]}",
			"starters: \"\" has no letter or digit" STARTERS},
		{STREAM_LINEUP, "{\"team\":true}", "team: true is not a string" TEAM},
		{STREAM_LINEUP, "{\"team\":\"LAL\",\"starters\":{}}", "starters: an object is not a list" STARTERS},
		{STREAM_LINEUP, "{\"team\":\"LAL\",\"starters\":5}",
			"starters: 5 is a JSON number, not a string" STARTERS},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct entry e = {.count = 1, .field = {{"data", cases[i].changes, 4, strlen(cases[i].changes)}}};
		refuse_entry(cases[i].stream, &e, cases[i].error);
	}
	/* Deeper than jansson goes: an error, not a crash. */
	char deep[8000];
	memset(deep, '[', sizeof(deep));
	struct entry e = {.count = 1, .field = {{"data", deep, 4, sizeof(deep)}}};
	struct event event;
	struct malformed why;
	assert_int_equal(decode_in(NULL, STREAM_ODDS, &e, &event, &why), -EINVAL);
	assert_string_equal(why.field, "data");
	/* Lists and objects of strangers are nobody's business. */
	static const char fine[] =
		"{\"player_lookup\":\"x\",\"game_date\":\"2025-11-15\",\"status\":\"out\","
		"\"tags\":[1,\"a\",null],\"source\":{\"url\":\"https://x\"},\"prev\":null,\"data\":1}";
	e = (struct entry){.count = 1, .field = {{"data", fine, 4, sizeof(fine) - 1}}};
	assert_int_equal(decode_in(NULL, STREAM_INJURY, &e, &event, &why), 0);
	assert_int_equal(event.unknown_fields, 4);
	event_done(&event);
}

static void documents_of_sources_are_called_by_name(void **state)
{
	(void)state;
#define SEE ", and no entry of the contract; script/convert "
#define MAP SEE "map, with a mapping file, makes entries of it, see docs/events.md"
	static char large[30000];
	static const char start[] = "{\"id\":\"x\",\"bookmakers\" : [{\"key\":\"fanduel\",\"markets\":[]}], \"y\":\"";
	static const struct {
		enum stream stream;
		const char *field, *value, *error;
	} cases[] = {
		{STREAM_ODDS, "data",
			"{\"id\":\"e\",\"bookmakers\":[{\"key\":\"fanduel\",\"markets\":[{\"key\":\"player_points\","
			"\"outcomes\":[]}]}]}",
			"data: is a document of The Odds API (\"bookmakers\")" SEE
			"odds-api makes entries of it, see docs/events.md"},
		{STREAM_ODDS, "payload", "[{\"bookmakers\": []}]",
			"payload: is a document of The Odds API (\"bookmakers\")" SEE
			"odds-api makes entries of it, see docs/events.md"},
		{STREAM_ODDS, "bookmakers", "[]",
			"bookmakers: is a document of The Odds API (\"bookmakers\")" SEE
			"odds-api makes entries of it, see docs/events.md"},
		{STREAM_ODDS, "data", large,
			"data: is a document of The Odds API (\"bookmakers\")" SEE
			"odds-api makes entries of it, see docs/events.md"},
		{STREAM_ODDS, "data",
			"{\"data\":[{\"type\":\"projection\",\"relationships\":{\"new_player\":{\"data\":{}}}}],\"included\":[]}",
			"data: is a JSON:API document, such as PrizePicks has (\"included\")" MAP},
		{STREAM_ODDS, "data", "{\"over_under_lines\":[]}",
			"data: is a document of Underdog (\"over_under_lines\")" MAP},
		{STREAM_ODDS, "data", "{\"odds\":[{\"normalized_selection\":\"x\"}]}",
			"data: is a document of OpticOdds (\"normalized_selection\")" MAP},
		{STREAM_INJURY, "data",
			"{\"injuries\":[{\"displayName\":\"Lakers\",\"injuries\":[{\"athlete\":{\"displayName\":\"x\"}}]}]}",
			"data: is ESPN's list of injuries (\"injuries\")" MAP},
	};
	memset(large, 'z', sizeof(large) - 1);
	memcpy(large, start, sizeof(start) - 1);
	memcpy(large + sizeof(large) - 3, "\"}", 2);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct entry e = {.count = 1,
			.field = {{cases[i].field, cases[i].value, strlen(cases[i].field), strlen(cases[i].value)}}};
		refuse_entry(cases[i].stream, &e, cases[i].error);
	}
	/* A good entry may carry what it likes, and a word is not a key. */
	struct event event = accept(STREAM_ODDS, "bookmakers=[]");
	event_done(&event);
	struct entry e = make(STREAM_ODDS, "market=wins|note=\"bookmakers\" are few");
	refuse_entry(STREAM_ODDS, &e, "market: \"wins\" is no market" MARKET);
}

/* what propsd's own entries say, and others cannot */

static int decode_own(enum stream stream, const struct entry *e, struct event *event, struct malformed *why)
{
	struct decode_world world = {.own = true};
	assert_true(event_claims_own(stream, e->field, e->count));
	return event_decode(stream, e->field, e->count, &world, event, why);
}

static void an_own_entry_may_be_a_retry_or_a_leagues_number(void **state)
{
	(void)state;
	static const char *const origins[] = {"1763240400500-12", "1-0", "18446744073709551615-18446744073709551615"};
	struct event event;
	struct malformed why;
	for (enum stream stream = 0; stream < STREAM_COUNT; stream++)
		for (size_t i = 0; i < COUNT(origins); i++) {
			char changes[80];
			text_format(changes, sizeof(changes), "origin=%s|feed=x", origins[i]);
			struct entry e = make(stream, changes);
			assert_int_equal(decode_own(stream, &e, &event, &why), 0);
			assert_string_equal(event.origin, origins[i]);
			assert_int_equal(event.unknown_fields, 1);
			event_done(&event);
		}
	struct entry e = make(STREAM_REGENERATE, "-player_lookup|-force|league=17");
	assert_int_equal(decode_own(STREAM_REGENERATE, &e, &event, &why), 0);
	assert_int_equal(event.kind, EVENT_LEAGUE);
	assert_date(event.date, "2025-11-15");
	event_done(&event);
}

/* As large as an entry may be, before it was retried; and one in the other form, beside which the script wrote. */
static void a_retry_may_be_what_the_entry_was(void **state)
{
	(void)state;
	struct entry e = make(STREAM_INJURY, "origin=1-1");
	char names[64][8];
	for (size_t i = e.count; i < 33; i++) {
		size_t n = text_format(names[i], sizeof(names[i]), "n%zu", i);
		set(&e, names[i], n, "1", 1);
	}
	struct event event;
	struct malformed why;
	assert_int_equal(decode_own(STREAM_INJURY, &e, &event, &why), 0);
	event_done(&event);
	set(&e, "more", 4, "1", 1);
	assert_false(event_claims_own(STREAM_INJURY, e.field, e.count)); /* it is refused whosever it is */

	struct str json = {0};
	struct entry plain = make(STREAM_INJURY, "origin=2-2"), data = as_data(&plain, &json);
	data.field[data.count++] = (struct field){"origin", "1-1", 6, 3};
	assert_int_equal(decode_own(STREAM_INJURY, &data, &event, &why), 0);
	assert_string_equal(event.origin, "1-1");
	assert_int_equal(event.unknown_fields, 1); /* the producer's */
	event_done(&event);
	str_done(&json);
}

static void what_an_own_entry_cannot_say(void **state)
{
	(void)state;
	static const struct refusal cases[] = {
		{STREAM_ODDS, "origin=", "origin: \"\" is empty" ORIGIN},
		{STREAM_ODDS, "origin=1763258400000", "origin: \"1763258400000\" is not a stream id" ORIGIN},
		{STREAM_ODDS, "origin=1-", "origin: \"1-\" is not a stream id" ORIGIN},
		{STREAM_ODDS, "origin=-1", "origin: \"-1\" is not a stream id" ORIGIN},
		{STREAM_ODDS, "origin=01-1", "origin: \"01-1\" is not a stream id" ORIGIN},
		{STREAM_ODDS, "origin=1-00", "origin: \"1-00\" is not a stream id" ORIGIN},
		{STREAM_ODDS, "origin=1-1-1", "origin: \"1-1-1\" is not a stream id" ORIGIN},
		{STREAM_ODDS, "origin=0-0", "origin: \"0-0\" is not a stream id" ORIGIN},
		{STREAM_ODDS, "origin=1-*", "origin: \"1-*\" is not a stream id" ORIGIN},
		{STREAM_ODDS, "origin=18446744073709551616-0",
			"origin: \"18446744073709551616-0\" is not a stream id" ORIGIN},
		{STREAM_REGENERATE, "-player_lookup|-force|league=-1", "league: \"-1\" is not a league's number" LEAGUE},
		{STREAM_REGENERATE, "-player_lookup|-force|league=1.5",
			"league: \"1.5\" is not a league's number" LEAGUE},
		{STREAM_REGENERATE, "-player_lookup|-force|league=1000000000000000",
			"league: \"1000000000000000\" is not a league's number" LEAGUE},
		{STREAM_REGENERATE, "league=3|-force",
			"player_lookup: \"lebronjames\" does not belong to a league's number; leave the "
			"field out"},
		{STREAM_REGENERATE, "league=3|-player_lookup",
			"force: \"1\" does not belong to a league's number; leave the field out"},
		{STREAM_REGENERATE, "league=3|-player_lookup|-force|-game_date",
			"game_date: missing from an entry without game_id" DAY},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct entry e = make(cases[i].stream, cases[i].changes);
		struct event event;
		struct malformed why;
		assert_int_equal(decode_own(cases[i].stream, &e, &event, &why), -EINVAL);
		assert_string_equal(why.error, cases[i].error);
	}
}

static void in_entries_of_others_the_same_fields_are_strangers(void **state)
{
	(void)state;
	static const struct event_case cases[] = {
		{STREAM_ODDS, "origin=1-0"},
		{STREAM_INJURY, "origin=no id"},
		{STREAM_LINEUP, "origin="},
		{STREAM_REGENERATE, "league=3"},
		{STREAM_REGENERATE, "-player_lookup|-force|league=999999999999999"},
		{STREAM_REGENERATE, "-player_lookup|league=none"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct event e = accept(cases[i].stream, cases[i].changes);
		assert_int_equal(e.unknown_fields, 1);
		assert_int_not_equal(e.kind, EVENT_LEAGUE);
		assert_null(e.origin);
		event_done(&e);
	}
	struct entry e = make(STREAM_ODDS, "league=3");
	assert_false(event_claims_own(STREAM_ODDS, e.field, e.count)); /* of no other stream */
}

static void an_entry_without_fields_is_refused(void **state)
{
	(void)state;
	static const struct entry none;
	refuse_entry(STREAM_INJURY, &none, "player_lookup: missing from an injury" PLAYER);
	refuse_entry(STREAM_ODDS, &none,
		"the entry is about nothing; an odds entry has a player_lookup (a player's quote) or total "
		"or spread (game odds)");
}

static void streams_have_the_names_of_their_keys(void **state)
{
	(void)state;
	assert_string_equal(stream_name(STREAM_ODDS), "odds");
	assert_string_equal(stream_name(STREAM_INJURY), "injury");
	assert_string_equal(stream_name(STREAM_LINEUP), "lineup");
	assert_string_equal(stream_name(STREAM_REGENERATE), "regenerate");
	assert_string_equal(stream_name(STREAM_SLATE), "slate");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_players_quote_is_read_whole),
		cmocka_unit_test(a_traceparent_is_taken_or_ignored),
		cmocka_unit_test(what_every_stream_may_carry_is_read),
		cmocka_unit_test(a_not_before_may_lie_so_far_ahead),
		cmocka_unit_test(a_quote_that_is_off_needs_its_line_only_as_an_alternate),
		cmocka_unit_test(game_odds_are_odds_without_a_player),
		cmocka_unit_test(an_injury_is_read_whole),
		cmocka_unit_test(starters_are_folded_sorted_and_each_named_once),
		cmocka_unit_test(starters_in_data_may_be_an_array),
		cmocka_unit_test(any_of_its_scopes_makes_a_regenerate_entry),
		cmocka_unit_test(the_slate_speaks_of_games_and_of_players),
		cmocka_unit_test(names_are_folded),
		cmocka_unit_test(a_player_may_come_with_the_league_s_id),
		cmocka_unit_test(ten_digits_are_a_game_of_the_schedule),
		cmocka_unit_test(a_name_or_an_id_may_be_as_long_as_it_is_allowed_to_be),
		cmocka_unit_test(values_at_the_ends_of_their_ranges_pass),
		cmocka_unit_test(injuries_have_many_words),
		cmocka_unit_test(markets_have_many_words),
		cmocka_unit_test(prices_have_many_forms),
		cmocka_unit_test(other_words_come_in_any_case_too),
		cmocka_unit_test(one_side_of_a_quote_has_its_own_price),
		cmocka_unit_test(every_market_is_known),
		cmocka_unit_test(bad_values_are_named_with_what_would_be_right),
		cmocka_unit_test(what_is_missing_or_does_not_belong_is_named),
		cmocka_unit_test(bytes_that_are_no_text_are_refused_wherever_they_stand),
		cmocka_unit_test(long_values_are_refused_and_shown_cut),
		cmocka_unit_test(an_entry_has_at_most_32_fields_and_16_kib),
		cmocka_unit_test(a_field_may_stand_once),
		cmocka_unit_test(beside_data_stand_strangers_only),
		cmocka_unit_test(numbers_in_data_may_be_json_numbers),
		cmocka_unit_test(data_that_is_not_as_it_should_be_is_refused),
		cmocka_unit_test(documents_of_sources_are_called_by_name),
		cmocka_unit_test(an_own_entry_may_be_a_retry_or_a_leagues_number),
		cmocka_unit_test(a_retry_may_be_what_the_entry_was),
		cmocka_unit_test(what_an_own_entry_cannot_say),
		cmocka_unit_test(in_entries_of_others_the_same_fields_are_strangers),
		cmocka_unit_test(an_entry_without_fields_is_refused),
		cmocka_unit_test(streams_have_the_names_of_their_keys),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
