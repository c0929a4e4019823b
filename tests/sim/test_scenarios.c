/*
 * Directed runs: what chance meets too seldom, or what the mirror does not model (deleted streams, the memory
 * limit, slates and rosters out of all proportion). The same transport, clock and servers as in the
 * simulation.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "tests/sim/sim_inside.h"

static struct redis_server servers[2];
static struct sim_counts counts;
static struct sim_setup setup = {.servers = servers};

static struct world *begin(unsigned instances)
{
	struct world *w = sim_new(&setup, &counts);
	w->blind = true;
	for (unsigned i = 0; i < instances; i++) {
		char name[16];
		snprintf(name, sizeof(name), "i%u", i);
		sim_instance(w, name, "");
	}
	return w;
}

static void end(struct world *w)
{
	sim_free(w);
	assert_string_equal(mirror_violation, "");
}

/* What a test says. */

static long long number(const struct value *v)
{
	return v->type == VALUE_ARRAY ? (long long)v->count : (long long)value_int(v);
}

static unsigned pending(struct world *w, const char *stream)
{
	return (unsigned)value_int(value_at(SIM_LOOK(&w->redis, "XPENDING", stream, "propsd"), 0));
}

static unsigned all_pending(struct world *w)
{
	unsigned n = 0;
	for (int s = 0; s < STREAM_COUNT; s++) {
		char key[64];
		snprintf(key, sizeof(key), "props:%s", stream_name((enum stream)s));
		n += pending(w, key);
	}
	return n;
}

static bool settled(struct world *w)
{
	for (unsigned i = 0; i < w->instance_count; i++)
		if (!w->instances[i].up || !delivery_ready(w->instances[i].delivery) ||
			delivery_unacked(w->instances[i].delivery) || regen_runs(w->instances[i].regen))
			return false;
	return all_pending(w) == 0;
}

static bool has_report(struct world *w, const char *player)
{
	char key[96];
	snprintf(key, sizeof(key), "props:report:" MIRROR_DATE ":%s", player);
	return number(SIM_LOOK(&w->redis, "EXISTS", key)) == 1;
}

static const char *report(struct world *w, const char *player)
{
	char key[96];
	snprintf(key, sizeof(key), "props:report:" MIRROR_DATE ":%s", player);
	return value_text(SIM_LOOK(&w->redis, "GET", key));
}

static unsigned letters(struct world *w)
{
	return (unsigned)number(SIM_LOOK(&w->redis, "XLEN", "props:dead"));
}

static const char *letter_reason(struct world *w)
{
	const struct value *fields =
		value_at(value_at(SIM_LOOK(&w->redis, "XREVRANGE", "props:dead", "+", "-", "COUNT", "1"), 0), 1);
	for (size_t f = 0; f + 1 < fields->count; f += 2)
		if (strcmp(value_text(&fields->items[f]), "reason") == 0)
			return value_text(&fields->items[f + 1]);
	return "";
}

#define UNTIL(w, condition) \
	do { \
		unsigned steps_ = 0; \
		while (!(condition) && steps_++ < 30000) \
			sim_step(w); \
		if (!(condition)) \
			fail_msg("never: %s", #condition); \
	} while (0)

/* An id by the simulation's clock. */
static const char *id_now(const struct world *w)
{
	static char text[32];
	snprintf(text, sizeof(text), "%" PRId64 "-*", w->now_us / 1000);
	return text;
}

#define ADD(w, stream, ...) SIM_DO(&(w)->redis, "XADD", "props:" stream, id_now(w), __VA_ARGS__)
#define DATE "game_date", MIRROR_DATE

/* Rosters and slates. */

static void a_game_new_to_the_slate_reaches_its_players(void **state)
{
	(void)state;
	struct world *w = begin(1);
	sim_open(w);
	ADD(w, "slate", DATE, "player_lookup", "ann", "team", "LAL", "status", "active");
	ADD(w, "regenerate", DATE, "player_lookup", "ann");
	UNTIL(w, has_report(w, "ann") && settled(w));
	assert_non_null(strstr(report(w, "ann"), "game= team=LAL"));
	ADD(w, "slate", "game_id", "20251115_LAL_GSW");
	UNTIL(w, strstr(report(w, "ann"), "game=20251115_LAL_GSW team=LAL opponent=GSW") && settled(w));
	end(w);
}

static void a_game_called_off_gives_its_teams_their_other_game(void **state)
{
	(void)state;
	struct world *w = begin(2);
	sim_open(w);
	ADD(w, "slate", DATE, "player_lookup", "ann", "team", "LAL", "status", "active");
	ADD(w, "slate", "game_id", "20251115_LAL_BOS");
	ADD(w, "slate", "game_id", "20251115_LAL_GSW", "tip", "2025-11-16T01:30:00Z");
	ADD(w, "lineup", DATE, "team", "LAL", "starters", "ann,bea");
	UNTIL(w, has_report(w, "ann") && settled(w));
	assert_non_null(strstr(report(w, "ann"), "game=20251115_LAL_BOS"));
	ADD(w, "slate", "game_id", "20251115_LAL_BOS", "status", "postponed");
	UNTIL(w, strstr(report(w, "ann"), "game=20251115_LAL_GSW") && settled(w));
	/* His team's lineup came while the other game was the team's. */
	assert_non_null(strstr(report(w, "ann"), "starter=1"));
	end(w);
}

/* His team has no game, and he plays in one by what events said: both are touched by one list, of which only the game is new. */
static void who_is_on_a_roster_and_plays_by_events_hears_of_that_game(void **state)
{
	(void)state;
	struct world *w = begin(1);
	sim_open(w);
	ADD(w, "slate", DATE, "player_lookup", "bob", "team", "LAL", "status", "active");
	ADD(w, "slate", DATE, "player_lookup", "ann", "team", "LAL", "status", "active");
	ADD(w, "regenerate", "game_id", "20251115_BOS_NYK", "player_lookup", "ann");
	UNTIL(w, has_report(w, "ann") && has_report(w, "bob") && settled(w));
	assert_non_null(strstr(report(w, "ann"), "game=20251115_BOS_NYK team=LAL opponent= home=-1 status=0"));
	ADD(w, "slate", "game_id", "20251115_BOS_NYK", "status", "scheduled");
	ADD(w, "slate", DATE, "player_lookup", "bob", "team", "LAL", "status", "active");
	UNTIL(w, settled(w) && !strstr(report(w, "ann"), "status=0"));
	end(w);
}

static void a_roster_of_thousands_can_be_run(void **state)
{
	(void)state;
	struct world *w = begin(1);
	sim_open(w);
	/* Straight into the day: as 9000 events each of them would run all who are there so far. */
	for (int i = 0; i < 9000; i++) {
		char name[32], value[64], field[48];
		snprintf(name, sizeof(name), "player%d", i);
		snprintf(field, sizeof(field), "r:%s", name);
		snprintf(value, sizeof(value), "m1700000000000a0 %d LAL 1", i + 1);
		SIM_DO(&w->redis, "HSET", "props:day:" MIRROR_DATE, field, value);
	}
	SIM_DO(&w->redis, "HSET", "props:day:" MIRROR_DATE, "v", "9000", "sv", "9000");
	ADD(w, "regenerate", DATE, "player_lookup", "player7");
	ADD(w, "regenerate", DATE, "player_lookup", "player8999");
	w->run_us = 1;
	UNTIL(w, has_report(w, "player8999") && settled(w));
	assert_true(has_report(w, "player7"));
	end(w);
}

static void a_slate_of_hundreds_of_games_is_regenerated_whole(void **state)
{
	(void)state;
	struct world *w = begin(1);
	sim_open(w);
	for (int i = 0; i < 300; i++) {
		char field[64], name[32];
		snprintf(field, sizeof(field), "g:20251115_%c%c%c_%c%c%c", 'A', 'A' + i / 26, 'A' + i % 26, 'B',
			'A' + i / 26, 'A' + i % 26);
		SIM_DO(&w->redis, "HSET", "props:day:" MIRROR_DATE, field, "m1700000000000a0 1 0 scheduled");
		snprintf(name, sizeof(name), "r:player%d", i);
		snprintf(field, sizeof(field), "m1700000000000a0 1 %c%c%c 1", i % 2 ? 'A' : 'B', 'A' + i / 26,
			'A' + i % 26);
		SIM_DO(&w->redis, "HSET", "props:day:" MIRROR_DATE, name, field);
	}
	SIM_DO(&w->redis, "HSET", "props:day:" MIRROR_DATE, "v", "1", "sv", "1");
	ADD(w, "regenerate", DATE, "force", "1");
	w->run_us = 1000;
	UNTIL(w, settled(w) && number(SIM_LOOK(&w->redis, "XLEN", "props:reports")) == 300);
	for (int i = 0; i < 300; i++) {
		char name[32];
		snprintf(name, sizeof(name), "player%d", i);
		assert_non_null(strstr(report(w, name), "forced=1"));
	}
	assert_int_equal(letters(w), 0);
	end(w);
}

static void a_quote_too_many_is_a_letter_and_the_rest_goes_on(void **state)
{
	(void)state;
	struct world *w = begin(1);
	sim_open(w);
	for (int i = 0; i < 530; i++) {
		char book[32];
		snprintf(book, sizeof(book), "book%d", i);
		ADD(w, "odds", DATE, "player_lookup", "ann", "market", "points", "book", book, "line", "20.5");
	}
	ADD(w, "odds", DATE, "player_lookup", "bea", "market", "points", "book", "alpha", "line", "20.5");
	UNTIL(w, has_report(w, "ann") && has_report(w, "bea") && settled(w));
	assert_true(letters(w) > 0 && letters(w) < 30);
	assert_string_equal(letter_reason(w), "malformed");
	/* What is there can still change, and be taken down. */
	ADD(w, "odds", DATE, "player_lookup", "ann", "market", "points", "book", "book0", "line", "27.5");
	UNTIL(w, strstr(report(w, "ann"), "book0/0:2750") && settled(w));
	end(w);
}

/* The last read is a full one, so more might come: nobody waits long for what does not. */
static void a_burst_that_ends_with_a_full_read_holds_up_nobody(void **state)
{
	(void)state;
	enum { READ_MAX = 512 }; /* as many as the reader asks for */
	struct world *w = begin(1);
	w->run_us = 20000; /* no run is a long one by chance */
	sim_open(w);
	ADD(w, "odds", DATE, "player_lookup", "ann", "market", "points", "book", "alpha", "line", "20.5");
	UNTIL(w, has_report(w, "ann") && settled(w));
	for (int i = 0; i < READ_MAX; i++) {
		char book[32];
		snprintf(book, sizeof(book), "book%d", i / 2);
		ADD(w, "odds", DATE, "player_lookup", i % 2 ? "bea" : "ann", "market", "points", "book", book, "line",
			"20.5");
	}
	const int64_t from = w->now_us;
	UNTIL(w, has_report(w, "bea") && settled(w));
	assert_true(w->now_us - from < 200000);
	end(w);
}

/* Quotes under several spellings of one man do not stand in their order in a list. Each is a change of his line; what says
 * again where it was, and what comes again, is none. */
static void changes_of_a_line_are_kept_in_whatever_order_they_are_applied(void **state)
{
	static const char *const spelled[] = {"ann jr", "ann ii", "ann", "ann iii", "ann iv", "ann sr"};
	static const char *const lines[] = {"20.5", "21.5", "21.5", "22.5", "23.5", "24.5"};
	static const char key[] = "props:lines:" MIRROR_DATE ":ann";
	char kept[1000];
	(void)state;
	struct world *w = begin(1);
	sim_open(w);
	ADD(w, "slate", DATE, "player_lookup", "ann", "team", "LAL", "status", "active");
	UNTIL(w, settled(w) && has_report(w, "ann"));
	for (int i = 0; i < 6; i++)
		ADD(w, "odds", DATE, "player_lookup", spelled[i], "market", "points", "book", "alpha", "line", lines[i]);
	UNTIL(w, strstr(value_text(SIM_LOOK(&w->redis, "GET", key)), " 2450 "));
	snprintf(kept, sizeof(kept), "%s", value_text(SIM_LOOK(&w->redis, "GET", key)));
	for (int i = 0; i < 6; i++) {
		char point[16];
		snprintf(point, sizeof(point), " %.2s50 0 0 ", lines[i]);
		assert_non_null(strstr(kept, point));
	}
	assert_non_null(
		strstr(kept, " 0 2")); /* else the order in the list is another one by now, and this shows nothing */
	sim_kill_instance(&w->instances[0]); /* nothing is acknowledged: all of it comes again */
	assert_true(pending(w, "props:odds") > 0);
	UNTIL(w, settled(w));
	assert_string_equal(value_text(SIM_LOOK(&w->redis, "GET", key)), kept);
	end(w);
}

static void dates_share_players_and_mix_nothing(void **state)
{
	(void)state;
	static const char *const dates[] = {"2025-11-15", "2025-11-16", "2025-11-17"}, *const who[] = {
											       "ann", "bea", "cid"};
	int lines[3][3] = {{0}};
	struct world *w = begin(2);
	unsigned dice = 12345;
	sim_open(w);
	for (int i = 0; i < 300; i++) {
		char line[16];
		dice = dice * 1103515245 + 12345;
		unsigned d = (dice >> 16) % 3, p = (dice >> 20) % 3;
		lines[d][p] = 10 + i % 90;
		snprintf(line, sizeof(line), "%d.5", lines[d][p]);
		ADD(w, "odds", "game_date", dates[d], "player_lookup", who[p], "market", "points", "book", "alpha",
			"line", line);
		if (i % 7 == 0)
			ADD(w, "slate", "game_date", dates[d], "player_lookup", who[p], "team", i % 2 ? "LAL" : "GSW",
				"status", "active");
		for (int k = 0; k < 3; k++)
			sim_step(w);
		if (i == 100 || i == 200)
			sim_kill_instance(&w->instances[i == 100]);
	}
	UNTIL(w, settled(w));
	for (int d = 0; d < 3; d++)
		for (int p = 0; p < 3; p++) {
			char key[64], line[32];
			snprintf(key, sizeof(key), "props:report:%s:%s", dates[d], who[p]);
			snprintf(line, sizeof(line), "alpha/0:%d50,", lines[d][p]);
			const char *text = value_text(SIM_LOOK(&w->redis, "GET", key));
			if (!strstr(text, line))
				fail_msg("%s of %s lacks %s: %s", who[p], dates[d], line, text);
		}
	assert_int_equal(number(SIM_LOOK(&w->redis, "EXISTS", "props:running")), 0);
	end(w);
}

/* Streams. */

static void urgent_work_does_not_wait_behind_what_is_delayed(void **state)
{
	(void)state;
	struct world *w = begin(1);
	w->max_in_flight = 10;
	sim_open(w);
	for (int i = 0; i < 60; i++)
		ADD(w, "regenerate", DATE, "player_lookup", "ann", "not_before", "2025-11-16T18:00:00Z");
	UNTIL(w, pending(w, "props:regenerate") == 60);
	ADD(w, "regenerate", DATE, "player_lookup", "bea", "priority", "urgent");
	UNTIL(w, has_report(w, "bea"));
	UNTIL(w, pending(w, "props:regenerate") == 60);
	assert_false(has_report(w, "ann"));
	end(w);
}

static void a_full_table_of_parked_entries_stops_reading_and_says_so_by_pending(void **state)
{
	(void)state;
	struct world *w = begin(1);
	w->max_parked = 20;
	sim_open(w);
	for (int i = 0; i < 600; i++)
		ADD(w, "injury", DATE, "player_lookup", "ann", "status", "out", "not_before", "2025-11-15T18:01:00Z");
	UNTIL(w, pending(w, "props:injury") > 0);
	for (int i = 0; i < 500; i++)
		sim_step(w);
	assert_true(w->now_us < START_US + INT64_C(60000000));
	assert_true(pending(w, "props:injury") < 600);
	UNTIL(w, w->now_us > START_US + INT64_C(60000000) && settled(w) && has_report(w, "ann"));
	end(w);
}

static void what_another_has_acknowledged_ends_no_session(void **state)
{
	(void)state;
	struct world *w = begin(1);
	sim_open(w);
	ADD(w, "injury", DATE, "player_lookup", "ann", "status", "out", "not_before", "2025-11-15T18:01:00Z");
	UNTIL(w, pending(w, "props:injury") == 1);
	const struct value *id = value_at(SIM_LOOK(&w->redis, "XPENDING", "props:injury", "propsd"), 1);
	SIM_DO(&w->redis, "XACK", "props:injury", "propsd", value_text(id));
	UNTIL(w, w->now_us > START_US + INT64_C(60000000) && settled(w) && has_report(w, "ann"));
	ADD(w, "odds", DATE, "player_lookup", "bea", "market", "points", "book", "alpha", "line", "20.5");
	UNTIL(w, has_report(w, "bea") && settled(w));
	assert_int_equal(metrics_total(w->instances[0].metrics, METRIC_REDIS_RECONNECTS), 0);
	end(w);
}

/* Read, then the stream goes and the group is made again, then it is applied: `mark` must not pass the
 * stream's last id. */
static void an_entry_of_a_deleted_stream_is_dropped(void **state)
{
	(void)state;
	struct world *w = begin(1);
	sim_open(w);
	ADD(w, "regenerate", DATE, "player_lookup", "ann");
	UNTIL(w, has_report(w, "ann") && settled(w));
	SIM_DO(&w->redis, "XADD", "props:odds", "9000000000000-0", DATE, "player_lookup", "ann", "market", "points",
		"book", "alpha", "line", "20.5");
	while (pending(w, "props:odds") == 0)
		sim_step(w);
	SIM_DO(&w->redis, "DEL", "props:odds");
	UNTIL(w, settled(w));
	ADD(w, "odds", DATE, "player_lookup", "ann", "market", "points", "book", "alpha", "line", "24.5");
	UNTIL(w, strstr(report(w, "ann"), "alpha/0:2450") && settled(w));
	assert_null(strstr(report(w, "ann"), "2050"));
	end(w);
}

static void low_ids_after_a_deletion_become_letters_and_are_refused_from_then_on(void **state)
{
	(void)state;
	struct world *w = begin(1);
	sim_open(w);
	ADD(w, "odds", DATE, "player_lookup", "ann", "market", "points", "book", "alpha", "line", "20.5");
	UNTIL(w, has_report(w, "ann") && settled(w));
	w->instances[0].stopped_until_us = w->now_us + 30000000;
	SIM_DO(&w->redis, "DEL", "props:odds");
	SIM_DO(&w->redis, "XADD", "props:odds", "5-1", DATE, "player_lookup", "ann", "market", "points", "book",
		"alpha", "line", "30.5");
	SIM_DO(&w->redis, "XADD", "props:odds", "5-2", DATE, "player_lookup", "bea", "market", "points", "book",
		"alpha", "line", "30.5");
	UNTIL(w, letters(w) == 2);
	assert_string_equal(letter_reason(w), "before_mark");
	assert_true(value_is_error(SIM_LOOK(&w->redis, "XADD", "props:odds", "5-3", "a", "b")));
	ADD(w, "odds", DATE, "player_lookup", "ann", "market", "points", "book", "alpha", "line", "24.5");
	UNTIL(w, strstr(report(w, "ann"), "alpha/0:2450") && settled(w));
	assert_false(has_report(w, "bea"));
	end(w);
}

static void a_trim_takes_nothing_while_the_group_is_gone(void **state)
{
	(void)state;
	struct world *w = begin(1);
	w->ingest_keep_us = 1;
	sim_open(w);
	ADD(w, "odds", DATE, "player_lookup", "ann", "market", "points", "book", "alpha", "line", "20.5");
	UNTIL(w, has_report(w, "ann") && settled(w));
	SIM_DO(&w->redis, "XGROUP", "DESTROY", "props:odds", "propsd");
	ADD(w, "odds", DATE, "player_lookup", "bea", "market", "points", "book", "alpha", "line", "20.5");
	/* The minute's trim is due before anybody has noticed. */
	w->now_us += 70000000;
	delivery_tick(w->instances[0].delivery);
	UNTIL(w, has_report(w, "bea") && settled(w));
	assert_int_equal(letters(w), 0);
	/* With the group there what is settled goes, in time. */
	for (int i = 0; i < 300; i++)
		ADD(w, "odds", DATE, "player_lookup", "ann", "market", "points", "book", "alpha", "line",
			i % 2 ? "21.5" : "22.5");
	UNTIL(w, settled(w) && number(SIM_LOOK(&w->redis, "XLEN", "props:odds")) < 200);
	end(w);
}

static void entries_too_large_to_be_read_together_are_read_apart(void **state)
{
	(void)state;
	struct world *w = begin(2);
	static char large[20001];
	memset(large, 'x', 20000);
	sim_open(w);
	for (int i = 0; i < 300; i++)
		ADD(w, "odds", DATE, "player_lookup", "ann", "market", "points", "book", "alpha", "line", "20.5",
			"notes", large);
	ADD(w, "odds", DATE, "player_lookup", "ann", "market", "points", "book", "alpha", "line", "24.5");
	w->redis.reply_max = 100000;
	UNTIL(w, letters(w) == 300 && has_report(w, "ann") && settled(w));
	assert_string_equal(letter_reason(w), "malformed");
	end(w);
}

static void entries_too_large_by_themselves_are_buried_by_id_and_stop_nothing(void **state)
{
	(void)state;
	struct world *w = begin(2);
	static char large[200001];
	memset(large, 'x', 200000);
	sim_open(w);
	w->redis.reply_max = 100000;
	for (int i = 0; i < 20; i++) {
		ADD(w, "odds", DATE, "player_lookup", "ann", "market", "points", "book", "alpha", "line", "20.5");
		if (i == 3 || i == 4)
			ADD(w, "odds", DATE, "player_lookup", "ann", "notes", large);
		if (i == 11)
			ADD(w, "injury", DATE, "player_lookup", "ann", "notes", large);
	}
	ADD(w, "odds", DATE, "player_lookup", "ann", "market", "points", "book", "alpha", "line", "24.5");
	UNTIL(w, letters(w) == 3 && has_report(w, "ann") && settled(w));
	assert_string_equal(letter_reason(w), "too_large");
	assert_non_null(strstr(report(w, "ann"), "alpha/0:2450"));
	end(w);
}

/* An event from before the tip-off waits at an instance that stands still; sent again, after the tip-off, it
 * is judged first. */
static void an_expired_twin_does_not_make_the_first_a_duplicate(void **state)
{
	(void)state;
	struct world *w = begin(1);
	const int64_t tip_ms = START_US / 1000 + 5000;
	char tip[TIME_SIZE];
	sim_open(w);
	ADD(w, "slate", "game_id", "20251115_LAL_GSW", "tip", time_format(tip_ms, tip));
	UNTIL(w, w->instances[0].up && delivery_ready(w->instances[0].delivery) && settled(w));
	w->instances[0].stopped_until_us = w->now_us + 9000000;
	SIM_DO(&w->redis, "HSET", "props:instance:i9", "boot", "b", "host", "h", "pid", "1", "start", "1", "beats", "1");
	ADD(w, "odds", "game_id", "20251115_LAL_GSW", "player_lookup", "ann", "market", "points", "book", "alpha",
		"line", "20.5", "event_id", "once");
	SIM_DO(&w->redis, "XREADGROUP", "GROUP", "propsd", "i9", "STREAMS", "props:odds", ">");
	UNTIL(w, w->now_us > tip_ms * 1000 + 1000000);
	ADD(w, "odds", "game_id", "20251115_LAL_GSW", "player_lookup", "ann", "market", "points", "book", "alpha",
		"line", "20.5", "event_id", "once");
	UNTIL(w, number(SIM_LOOK(&w->redis, "XPENDING", "props:odds", "propsd", "-", "+", "9", "i9")) == 1 &&
			 w->instances[0].stopped_until_us <= w->now_us && delivery_ready(w->instances[0].delivery) &&
			 pending(w, "props:odds") == 1);
	assert_false(has_report(w, "ann"));
	SIM_DO(&w->redis, "DEL", "props:instance:i9");
	UNTIL(w, has_report(w, "ann") && settled(w));
	assert_non_null(strstr(report(w, "ann"), "alpha/0:2050"));
	end(w);
}

/* Redis said the time, and the process stood still before it read that: what came meanwhile is no id far ahead. */
static void an_entry_after_tip_off_is_known_though_the_time_was_read_late(void **state)
{
	(void)state;
	for (int k = 0; k < 60; k++) {
		struct world *w = begin(1);
		char tip[TIME_SIZE];
		sim_open(w);
		ADD(w, "slate", "game_id", "20251115_LAL_GSW", "tip", time_format(START_US / 1000 + 5000, tip));
		for (int step = 0; step < k; step++)
			sim_step(w);
		w->now_us += 60000000;
		ADD(w, "injury", "game_id", "20251115_LAL_GSW", "player_lookup", "ann", "status", "out");
		ADD(w, "odds", DATE, "player_lookup", "bob", "market", "points", "book", "alpha", "line", "20.5");
		UNTIL(w, has_report(w, "bob") && settled(w));
		if (number(SIM_LOOK(&w->redis, "HEXISTS", "props:day:" MIRROR_DATE, "i:ann")))
			fail_msg("after %d steps: it was applied", k);
		end(w);
	}
}

/* Orders. */

/* Chance has it whether its tick or the session's first look is first to see that. */
static void an_order_that_ends_while_redis_is_down_is_deleted(void **state)
{
	(void)state;
	for (setup.seed = 0; setup.seed < 20; setup.seed++) {
		struct world *w = begin(1);
		char text[64];
		sim_open(w);
		UNTIL(w, w->instances[0].up && delivery_ready(w->instances[0].delivery));
		const int64_t since_us = w->now_us;
		snprintf(text, sizeof(text), "%" PRId64 " an operator", since_us / 1000 + 3000);
		SIM_DO(&w->redis, "HSET", "props:orders", "pause", text);
		UNTIL(w, w->now_us > since_us + 2000000); /* it was looked at */
		sim_cut_all(&w->redis);
		w->redis.down = true;
		w->up_again_us = since_us + 6000000;
		UNTIL(w, number(SIM_LOOK(&w->redis, "EXISTS", "props:orders")) == 0);
		end(w);
	}
	setup.seed = 0;
}

/* Memory limit. */

static void limit_memory(struct world *w, bool on)
{
	char text[32];
	const char *used = strstr(value_text(SIM_LOOK(&w->redis, "INFO", "memory")), "used_memory:");
	snprintf(text, sizeof(text), "%lld", on ? strtoll(used + 12, NULL, 10) - 1 : 0);
	assert_false(value_is_error(SIM_LOOK(&w->redis, "CONFIG", "SET", "maxmemory", text)));
}

static void at_the_memory_limit_runs_end_entries_wait_and_a_session_can_begin(void **state)
{
	(void)state;
	struct world *w = begin(1);
	w->run_us = 3000000;
	sim_open(w);
	ADD(w, "regenerate", DATE, "player_lookup", "ann");
	UNTIL(w, w->instances[0].job_count == 1);
	ADD(w, "odds", DATE, "player_lookup", "bea", "market", "points", "book", "alpha", "line", "20.5");
	SIM_DO(&w->redis, "SET", "sim:now", "1763229600000"); /* the simulation's own clock must find its room */
	limit_memory(w, true);
	UNTIL(w, has_report(w, "ann"));
	for (int i = 0; i < 3000; i++)
		sim_step(w);
	assert_false(has_report(w, "bea"));
	assert_true(pending(w, "props:odds") == 1);
	/* A new process comes up all the same, and a lost connection comes back. */
	sim_kill_instance(&w->instances[0]);
	UNTIL(w, w->instances[0].up && delivery_ready(w->instances[0].delivery));
	sim_cut_all(&w->redis);
	for (int i = 0; i < 100; i++)
		sim_step(w);
	UNTIL(w, delivery_ready(w->instances[0].delivery));
	assert_true(pending(w, "props:odds") == 1);
	limit_memory(w, false);
	UNTIL(w, has_report(w, "bea") && settled(w));
	assert_int_equal(letters(w), 0);
	end(w);
}

/* Instances. */

static void a_second_process_of_the_same_name_leaves_the_first_alone(void **state)
{
	(void)state;
	struct world *w = begin(1);
	sim_instance(w, "i0", "elsewhere");
	w->instances[1].start_us = START_US + 3000000;
	sim_open(w);
	w->blind = false;
	UNTIL(w, w->instances[0].up && delivery_ready(w->instances[0].delivery));
	struct delivery *first = w->instances[0].delivery;
	UNTIL(w, w->instances[1].starts >= 3);
	assert_ptr_equal(w->instances[0].delivery, first);
	assert_int_equal(w->instances[0].starts, 1);
	end(w);
}

static void a_name_whose_process_is_gone_is_taken_from_another_host(void **state)
{
	(void)state;
	struct world *w = begin(1);
	sim_instance(w, "i0", "elsewhere");
	w->instances[1].start_us = INT64_MAX;
	sim_open(w);
	UNTIL(w, w->instances[0].up && delivery_ready(w->instances[0].delivery));
	sim_kill_instance(&w->instances[0]);
	w->instances[0].start_us = INT64_MAX;
	w->instances[1].start_us = w->now_us;
	int64_t since = w->now_us;
	UNTIL(w, w->instances[1].up && delivery_ready(w->instances[1].delivery));
	assert_true(w->now_us - since >= 5000000 && w->now_us - since < 11000000);
	end(w);
}

static void a_run_that_outlives_its_session_is_committed_by_the_next(void **state)
{
	(void)state;
	struct world *w = begin(1);
	w->run_us = 1500000;
	sim_open(w);
	ADD(w, "regenerate", DATE, "player_lookup", "ann");
	UNTIL(w, w->instances[0].job_count == 1);
	sim_cut_all(&w->redis);
	UNTIL(w, has_report(w, "ann") && settled(w));
	assert_int_equal(number(SIM_LOOK(&w->redis, "XLEN", "props:reports")), 1);
	assert_int_equal(metrics_value(w->instances[0].metrics, METRIC_RUNS, METRIC_RESULT_OK), 1);
	assert_int_equal(metrics_value(w->instances[0].metrics, METRIC_RUNS, METRIC_RESULT_REFUSED), 0);
	end(w);
}

static void a_drain_that_takes_too_long_hands_its_runs_back(void **state)
{
	(void)state;
	struct world *w = begin(2);
	w->run_us = 60000000;
	sim_open(w);
	ADD(w, "regenerate", DATE, "player_lookup", "ann");
	UNTIL(w, w->instances[0].job_count + w->instances[1].job_count == 1);
	struct instance *busy = &w->instances[w->instances[0].job_count ? 0 : 1];
	struct job *job = busy->jobs[0].job;
	const int64_t told_us = w->now_us;
	sim_drain(busy, 1000000);
	UNTIL(w, busy->core.leaving);
	assert_true(busy->core.late);
	assert_in_range(w->now_us - told_us, 1000000, 1100000);
	/* The run ends all the same, after its token went back and before the process does. */
	if (busy->up && busy->job_count) {
		job->ended_us = w->now_us;
		job->result = 0;
		str_text(&job->report, "void");
		busy->job_count = 0;
		regen_done(busy->regen, job);
	}
	w->run_us = 1000;
	busy->start_us = INT64_MAX;
	UNTIL(w, has_report(w, "ann"));
	assert_null(strstr(report(w, "ann"), "void"));
	assert_int_equal(number(SIM_LOOK(&w->redis, "EXISTS", "props:running")), 0);
	end(w);
}

static void a_drain_waits_for_runs_and_begins_none(void **state)
{
	(void)state;
	struct world *w = begin(1);
	w->run_us = 60000000;
	sim_open(w);
	struct instance *i = &w->instances[0];
	ADD(w, "regenerate", DATE, "player_lookup", "ann");
	UNTIL(w, i->job_count == 1);
	/* He waits for a run of his own, which is another process's then. */
	ADD(w, "regenerate", DATE, "player_lookup", "ann");
	UNTIL(w, delivery_in_flight(i->delivery) == 2);
	sim_drain(i, 100000000);
	UNTIL(w, i->core.leaving);
	assert_false(i->core.late);
	w->run_us = 1000;
	UNTIL(w, i->starts == 2 && i->up && settled(w));
	end(w);
}

static void a_connection_lost_under_a_run_handed_back_frees_nothing_under_it(void **state)
{
	(void)state;
	struct world *w = begin(1);
	w->run_us = 60000000;
	sim_open(w);
	ADD(w, "regenerate", DATE, "player_lookup", "ann");
	UNTIL(w, w->instances[0].job_count == 1);
	struct instance *i = &w->instances[0];
	struct job *job = i->jobs[0].job;
	regen_release(i->regen);
	sim_cut_all(&w->redis);
	UNTIL(w, !delivery_ready(i->delivery));
	UNTIL(w, delivery_ready(i->delivery));
	job->ended_us = w->now_us;
	job->result = 0;
	str_text(&job->report, "void");
	i->job_count = 0;
	regen_done(i->regen, job);
	w->run_us = 1000;
	i->wake = true;
	UNTIL(w, has_report(w, "ann") && settled(w));
	assert_null(strstr(report(w, "ann"), "void"));
	end(w);
}

static void an_instance_with_an_older_league_waits_until_it_has_caught_up(void **state)
{
	(void)state;
	struct world *w = begin(2);
	w->options.leagues = true;
	w->league = 1;
	sim_open(w);
	UNTIL(w, w->instances[0].up && w->instances[1].up);
	ADD(w, "regenerate", DATE);
	UNTIL(w, has_report(w, "abe") && settled(w));
	/* One loads the new database, the other cannot: it lags on purpose. */
	sim_use_league(&w->instances[0], 2);
	sim_kill_instance(&w->instances[0]);
	w->instances[0].start_us = INT64_MAX;
	w->league = 2;
	for (int k = 0; k < 50; k++)
		sim_step(w);
	ADD(w, "injury", DATE, "player_lookup", "abe", "status", "out");
	w->instances[0].start_us = w->now_us;
	UNTIL(w, strstr(report(w, "abe"), "league=2") && strstr(report(w, "abe"), "injury=5") &&
			 strstr(report(w, "fay"), "team=AAA"));
	UNTIL(w, w->instances[1].league == 2 && settled(w));
	end(w);
}

static void a_new_league_reaches_reports_that_nobody_speaks_of_any_more(void **state)
{
	(void)state;
	struct world *w = begin(1);
	w->options.leagues = true;
	w->league = 1;
	sim_open(w);
	ADD(w, "regenerate", DATE);
	UNTIL(w, has_report(w, "abe") && settled(w));
	/* A new process, which has never heard of tonight; then a new database. */
	sim_kill_instance(&w->instances[0]);
	w->instances[0].start_us = w->now_us;
	UNTIL(w, w->instances[0].up && settled(w));
	w->league = 2;
	sim_use_league(&w->instances[0], 2);
	UNTIL(w, strstr(report(w, "abe"), "league=2") && settled(w));
	/* And one that comes with a newer one already. */
	sim_kill_instance(&w->instances[0]);
	w->league = 3;
	w->instances[0].start_us = w->now_us;
	UNTIL(w, strstr(report(w, "abe"), "league=3") && settled(w));
	assert_int_equal(number(SIM_LOOK(&w->redis, "EXISTS", "props:day:2025-11-16")), 0);
	end(w);
}

/* Who waits for a league reads on, and cannot choose what; whoever has the league serves it, also if the first one to
 * get it dies. */
static void entries_of_a_date_that_waits_go_to_one_that_can_serve_them(void **state)
{
	(void)state;
	struct world *w = begin(3);
	w->options.leagues = true;
	w->league = 1;
	sim_open(w);
	UNTIL(w, w->instances[0].up && w->instances[1].up && w->instances[2].up);
	ADD(w, "regenerate", DATE);
	UNTIL(w, has_report(w, "abe") && settled(w));
	/* It has read some of them when it learns that the date is not for it any more, and then reads no others. */
	struct instance *waits = &w->instances[1];
	sim_use_league(&w->instances[0], 2);
	sim_use_league(&w->instances[2], 2);
	for (int k = 0; k < 300 || metrics_total(waits->metrics, METRIC_ENTRIES_FORGOTTEN) == 0; k++) {
		ADD(w, "injury", DATE, "player_lookup", "abe", "status", k % 2 ? "out" : "doubtful");
		for (int n = 0; n < 3; n++)
			sim_step(w);
		assert_true(k < 10000);
	}
	ADD(w, "injury", DATE, "player_lookup", "abe", "status", "out");
	sim_kill_instance(&w->instances[0]);
	w->instances[0].start_us = INT64_MAX;
	UNTIL(w, all_pending(w) == 0);
	struct date_trouble trouble;
	assert_int_equal(delivery_troubles(waits->delivery, &trouble, 1), 1);
	assert_true(trouble.waits);
	assert_non_null(strstr(report(w, "abe"), "league=2"));
	assert_non_null(strstr(report(w, "abe"), "injury=5"));
	end(w);
}

static void the_league_of_instances_that_are_gone_is_taken_over(void **state)
{
	(void)state;
	struct world *w = begin(2);
	w->options.leagues = true;
	w->league = 1;
	sim_open(w);
	UNTIL(w, w->instances[0].up && w->instances[1].up);
	ADD(w, "regenerate", DATE);
	UNTIL(w, has_report(w, "abe") && settled(w));
	/* One has a newer database, of which the other will never hear. As long as the one lives, the other waits. */
	sim_use_league(&w->instances[0], 2);
	for (int k = 0; k < 40; k++) { /* some are read by the one, some by the other */
		ADD(w, "regenerate", DATE, "player_lookup", "abe");
		for (int n = 0; n < 20; n++)
			sim_step(w);
	}
	UNTIL(w, strstr(report(w, "abe"), "league=2"));
	const int64_t since = w->now_us;
	for (int k = 0; k < 40; k++) {
		ADD(w, "injury", DATE, "player_lookup", "abe", "status", k % 2 ? "out" : "doubtful");
		for (int n = 0; n < 20; n++)
			sim_step(w);
	}
	while (w->now_us < since + 200 * INT64_C(1000000)) {
		sim_step(w);
		assert_non_null(strstr(report(w, "abe"), "league=2"));
	}
	/* What the other read was handed to the one, and so is settled. */
	assert_true(delivery_unacked(w->instances[0].delivery) == 0 && delivery_unacked(w->instances[1].delivery) == 0);
	assert_int_equal(all_pending(w), 0);
	sim_kill_instance(&w->instances[0]);
	w->instances[0].start_us = INT64_MAX;
	const int64_t gone = w->now_us;
	UNTIL(w, strstr(report(w, "abe"), "league=1") && strstr(report(w, "abe"), "injury=5") && all_pending(w) == 0);
	assert_true(w->now_us > gone + 60 * INT64_C(1000000));
	assert_true(
		w->now_us < gone + 90 * INT64_C(1000000)); /* its heartbeat lasts 10 s, and so long may a look be off */
	end(w);
}

static void a_player_who_must_run_alone_has_his_turn_under_load(void **state)
{
	(void)state;
	struct world *w = begin(1);
	char name[32];
	w->run_us = 50000;
	sim_open(w);
	/* Two processes are said to have died running him. */
	SIM_DO(&w->redis, "HSET", "props:player:" MIRROR_DATE ":ann", "x", "1 1");
	for (int k = 0; k < 1000; k++) {
		snprintf(name, sizeof(name), "other%d", k);
		ADD(w, "regenerate", DATE, "player_lookup", k == 50 ? "ann" : name);
	}
	UNTIL(w, w->instances[0].up);
	regen_set_workers(w->instances[0].regen, 8);
	UNTIL(w, has_report(w, "ann"));
	/* Not when everybody else was through. */
	assert_true(number(SIM_LOOK(&w->redis, "XLEN", "props:reports")) < 500);
	w->run_us = 100;
	UNTIL(w, settled(w));
	end(w);
}

/* Phases. */

static struct world *begin_phases(unsigned instances, bool eager)
{
	struct world *w = begin(instances);
	w->options.phases = (struct phases){.precompute = true,
		.eager = eager,
		.reads = {[PHASE_REPORT] = FACTS_ALL, [PHASE_PRECOMPUTE] = FACTS_OF_PRECOMPUTE}};
	w->outputs_bytes = 1 << 20;
	w->model_outside = true;
	w->run_us = 20000;
	return w;
}

/* The output that his report was made from, by its bytes; "none". */
static const char *made_from(struct world *w, const char *player)
{
	static char text[REPORT_MAX];
	const char *output = strstr(report(w, player), "\noutput=");
	if (!output)
		return "";
	snprintf(text, sizeof(text), "%.*s", (int)strcspn(output + 1, "\n"), output + 1);
	return text;
}

#define ODDS(w, player, line, ...) \
	ADD(w, "odds", DATE, "player_lookup", player, "market", "points", "book", "alpha", "line", line, ##__VA_ARGS__)

static void quotes_need_no_model_and_a_new_output_reaches_the_report(void **state)
{
	(void)state;
	struct world *w = begin_phases(1, true);
	sim_open(w);
	ODDS(w, "ann", "20.5");
	UNTIL(w, strstr(made_from(w, "ann"), "{ann") && settled(w));
	const long long outputs = number(SIM_LOOK(&w->redis, "HGET", "props:player:" MIRROR_DATE ":ann", "pc"));
	ODDS(w, "ann", "21.5");
	UNTIL(w, strstr(report(w, "ann"), ":2150") && settled(w));
	assert_int_equal(number(SIM_LOOK(&w->redis, "HGET", "props:player:" MIRROR_DATE ":ann", "pc")), outputs);
	ADD(w, "injury", DATE, "player_lookup", "ann", "status", "out");
	UNTIL(w, strstr(made_from(w, "ann"), "injury=5") && settled(w));
	assert_int_equal(letters(w), 0);
	end(w);
}

static void precompute_follows_where_events_move_a_player(void **state)
{
	(void)state;
	struct world *w = begin_phases(1, true);
	sim_open(w);
	ODDS(w, "ann", "20.5", "game_id", "20251115_LAL_BOS", "team", "LAL");
	UNTIL(w, strstr(made_from(w, "ann"), "{ann 20251115_LAL_BOS LAL") && settled(w));
	ODDS(w, "ann", "21.5", "game_id", "20251115_LAL_GSW", "team", "LAL");
	UNTIL(w, strstr(made_from(w, "ann"), "{ann 20251115_LAL_GSW LAL") && settled(w));
	end(w);
}

/* Two instances, and the configuration of the second is another: it has no precompute. */
static struct world *begin_tables(unsigned first)
{
	struct world *w = begin_phases(2, true);
	w->changes = 1; /* the tables below are those that count */
	w->options.tables[0] = w->options.phases;
	w->options.tables[0].reads[PHASE_REPORT] = facts_with_implied(FACTS_ALL);
	w->options.tables[1] = (struct phases){.reads = {FACTS_ALL, FACTS_ALL}};
	for (unsigned i = 0; i < 2; i++)
		w->instances[i].table = first;
	sim_open(w);
	return w;
}

static void restart_with(struct world *w, unsigned i, unsigned table)
{
	sim_kill_instance(&w->instances[i]);
	w->instances[i].table = table;
	w->instances[i].start_us = w->now_us;
}

static bool stands_by(const struct world *w, unsigned i)
{
	const struct instance *x = &w->instances[i];
	return x->up && strncmp(delivery_state(x->delivery), "standing by", 11) == 0;
}

static bool works(const struct world *w, unsigned i)
{
	return w->instances[i].up && delivery_ready(w->instances[i].delivery);
}

/* As settled(), of those that do not stand by. */
static bool workers_settled(struct world *w)
{
	for (unsigned i = 0; i < w->instance_count; i++)
		if (works(w, i) && (delivery_unacked(w->instances[i].delivery) || regen_runs(w->instances[i].regen)))
			return false;
	return all_pending(w) == 0;
}

static void the_newest_phases_rule_and_a_restart_turns_nothing_back(void **state)
{
	(void)state;
	struct world *w = begin_tables(1);
	UNTIL(w, works(w, 0) && works(w, 1));
	ODDS(w, "ann", "20.5");
	UNTIL(w, has_report(w, "ann") && settled(w));
	assert_string_equal(made_from(w, "ann"), "");
	restart_with(w, 0, 0);
	UNTIL(w, works(w, 0) && workers_settled(w) && strstr(made_from(w, "ann"), "{ann"));
	/* Whoever of them reads it: the other finds out that it is outdated, and lets go. */
	for (int n = 0; n < 20; n++)
		ADD(w, "injury", DATE, "player_lookup", "ann", "status", n % 2 ? "probable" : "doubtful");
	ADD(w, "injury", DATE, "player_lookup", "ann", "status", "out");
	UNTIL(w, workers_settled(w) && strstr(made_from(w, "ann"), "injury=5") && stands_by(w, 1));
	restart_with(w, 1, 1);
	UNTIL(w, stands_by(w, 1));
	/* The newer one is gone for a moment, and for good. */
	restart_with(w, 0, 0);
	UNTIL(w, works(w, 0));
	assert_true(stands_by(w, 1) || !w->instances[1].up);
	const long long regenerates = number(SIM_LOOK(&w->redis, "XLEN", "props:regenerate"));
	sim_kill_instance(&w->instances[0]);
	w->instances[0].start_us = INT64_MAX;
	ODDS(w, "ann", "21.5");
	const int64_t since_us = w->now_us;
	UNTIL(w, works(w, 1) && workers_settled(w) && strcmp(made_from(w, "ann"), "") == 0);
	assert_true(w->now_us - since_us > FREE_MS * INT64_C(1000));
	assert_int_equal(number(SIM_LOOK(&w->redis, "XLEN", "props:regenerate")), regenerates + 1);
	/* It comes back: its table is the newer one still. */
	w->instances[0].start_us = w->now_us;
	UNTIL(w, works(w, 0) && workers_settled(w) && strstr(made_from(w, "ann"), "{ann"));
	assert_false(works(w, 1) && regen_runs(w->instances[1].regen));
	end(w);
}

/* Which a report that does not read quotes must hear of as well. */
static void a_report_without_quotes_follows_the_game_that_one_names(void **state)
{
	(void)state;
	struct world *w = begin_phases(1, true);
	w->options.phases.reads[PHASE_REPORT] = 1 << FACT_SLATE | 1 << FACT_INJURY;
	w->options.phases.reads[PHASE_PRECOMPUTE] = 1 << FACT_ODDS;
	sim_open(w);
	ODDS(w, "ann", "20.5", "game_id", "20251115_LAL_BOS", "team", "LAL");
	UNTIL(w, strstr(report(w, "ann"), "game=20251115_LAL_BOS") && settled(w));
	ODDS(w, "ann", "20.5", "game_id", "20251115_LAL_GSW", "team", "LAL");
	UNTIL(w, strstr(report(w, "ann"), "game=20251115_LAL_GSW") && settled(w));
	ADD(w, "regenerate", DATE, "player_lookup", "ann", "game_id", "20251115_LAL_BOS", "phase", "precompute");
	UNTIL(w, strstr(report(w, "ann"), "game=20251115_LAL_BOS") && settled(w));
	/* The output is one of quotes, whatever the game. */
	assert_non_null(strstr(made_from(w, "ann"), ":2050"));
	end(w);
}

static void an_output_that_is_lost_is_made_anew(void **state)
{
	(void)state;
	struct world *w = begin_phases(1, true);
	w->outputs_bytes = 0;
	sim_open(w);
	ODDS(w, "ann", "20.5");
	UNTIL(w, strstr(made_from(w, "ann"), "{ann") && settled(w));
	SIM_DO(&w->redis, "DEL", "props:pre:" MIRROR_DATE ":ann");
	ODDS(w, "ann", "21.5");
	UNTIL(w, strstr(made_from(w, "ann"), "{ann") && strstr(report(w, "ann"), ":2150") && settled(w));
	assert_int_equal(number(SIM_LOOK(&w->redis, "EXISTS", "props:pre:" MIRROR_DATE ":ann")), 1);
	end(w);
}

static void an_output_at_hand_is_not_taken_for_another_after_a_failover(void **state)
{
	(void)state;
	struct world *w = begin_phases(1, true);
	sim_open(w);
	sim_follow(&w->redis);
	ODDS(w, "ann", "20.5");
	UNTIL(w, strstr(made_from(w, "ann"), "{ann") && settled(w));
	sim_sync(&w->redis, w->redis.logged);
	ADD(w, "injury", DATE, "player_lookup", "ann", "status", "out");
	UNTIL(w, strstr(made_from(w, "ann"), "injury=5") && settled(w));
	sim_failover(&w->redis); /* which never heard of it, and gives its versions to others */
	w->now_us += 2000;
	ADD(w, "injury", DATE, "player_lookup", "ann", "status", "probable");
	UNTIL(w, strstr(report(w, "ann"), "\ninjury=2") && settled(w));
	assert_non_null(strstr(made_from(w, "ann"), "injury=2"));
	end(w);
}

static void a_letter_names_a_player_once_though_both_phases_gave_him_up(void **state)
{
	(void)state;
	struct world *w = begin_phases(1, false);
	w->options.max_attempts = 1;
	sim_open(w);
	ODDS(w, "bob", "13.0");
	ADD(w, "injury", DATE, "player_lookup", "bob", "status", "doubtful");
	UNTIL(w, letters(w) >= 2 && settled(w));
	const struct value *list = SIM_LOOK(&w->redis, "XRANGE", "props:dead", "-", "+");
	for (size_t i = 0; i < list->count; i++) {
		const struct value *fields = value_at(value_at(list, i), 1);
		for (size_t f = 0; f + 1 < fields->count; f += 2)
			if (strcmp(value_text(&fields->items[f]), "players") == 0)
				assert_string_equal(value_text(&fields->items[f + 1]), "bob");
	}
	end(w);
}

static void an_output_as_before_says_that_nothing_failed_any_more(void **state)
{
	(void)state;
	struct world *w = begin_phases(1, true);
	w->options.coarse = true;
	w->options.max_attempts = 1;
	sim_open(w);
	ADD(w, "injury", DATE, "player_lookup", "bob", "status", "available");
	UNTIL(w, strstr(made_from(w, "bob"), "{bob") && settled(w));
	ADD(w, "injury", DATE, "player_lookup", "bob", "status", "doubtful");
	UNTIL(w, strstr(made_from(w, "bob"), " 1 {bob") && letters(w) > 0 && settled(w));
	w->model_mended = true;
	ADD(w, "regenerate", DATE, "player_lookup", "bob", "phase", "precompute");
	UNTIL(w, strstr(made_from(w, "bob"), " 0 {bob") && settled(w));
	end(w);
}

/* Where reports wait for precompute, one failure is enough of it, of whichever process. */
static void no_report_waits_for_a_precompute_that_backs_off(void **state)
{
	(void)state;
	struct world *w = begin_phases(1, false);
	w->options.back_off_ms = 1800000;
	sim_open(w);
	ADD(w, "injury", DATE, "player_lookup", "bob", "status", "doubtful");
	UNTIL(w, number(SIM_LOOK(&w->redis, "HEXISTS", "props:player:" MIRROR_DATE ":bob", "pa")) == 1);
	sim_kill_instance(&w->instances[0]);
	ADD(w, "injury", DATE, "player_lookup", "bob", "status", "doubtful");
	const int64_t from = w->now_us;
	UNTIL(w, has_report(w, "bob"));
	assert_true(w->now_us - from < 60000000);
	end(w);
}

static int start(void **state)
{
	(void)state;
	if (zone_set("America/New_York") < 0)
		return -1;
	log_set_level((enum log_level)0);
	redis_server_start(&servers[0], NULL);
	redis_server_start(&servers[1], NULL);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	redis_server_stop(&servers[0]);
	redis_server_stop(&servers[1]);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_game_new_to_the_slate_reaches_its_players),
		cmocka_unit_test(a_game_called_off_gives_its_teams_their_other_game),
		cmocka_unit_test(who_is_on_a_roster_and_plays_by_events_hears_of_that_game),
		cmocka_unit_test(a_roster_of_thousands_can_be_run),
		cmocka_unit_test(a_slate_of_hundreds_of_games_is_regenerated_whole),
		cmocka_unit_test(a_quote_too_many_is_a_letter_and_the_rest_goes_on),
		cmocka_unit_test(a_burst_that_ends_with_a_full_read_holds_up_nobody),
		cmocka_unit_test(changes_of_a_line_are_kept_in_whatever_order_they_are_applied),
		cmocka_unit_test(dates_share_players_and_mix_nothing),
		cmocka_unit_test(urgent_work_does_not_wait_behind_what_is_delayed),
		cmocka_unit_test(a_full_table_of_parked_entries_stops_reading_and_says_so_by_pending),
		cmocka_unit_test(what_another_has_acknowledged_ends_no_session),
		cmocka_unit_test(an_entry_of_a_deleted_stream_is_dropped),
		cmocka_unit_test(low_ids_after_a_deletion_become_letters_and_are_refused_from_then_on),
		cmocka_unit_test(a_trim_takes_nothing_while_the_group_is_gone),
		cmocka_unit_test(entries_too_large_to_be_read_together_are_read_apart),
		cmocka_unit_test(entries_too_large_by_themselves_are_buried_by_id_and_stop_nothing),
		cmocka_unit_test(an_expired_twin_does_not_make_the_first_a_duplicate),
		cmocka_unit_test(an_entry_after_tip_off_is_known_though_the_time_was_read_late),
		cmocka_unit_test(an_order_that_ends_while_redis_is_down_is_deleted),
		cmocka_unit_test(at_the_memory_limit_runs_end_entries_wait_and_a_session_can_begin),
		cmocka_unit_test(a_second_process_of_the_same_name_leaves_the_first_alone),
		cmocka_unit_test(a_name_whose_process_is_gone_is_taken_from_another_host),
		cmocka_unit_test(a_run_that_outlives_its_session_is_committed_by_the_next),
		cmocka_unit_test(a_drain_that_takes_too_long_hands_its_runs_back),
		cmocka_unit_test(a_drain_waits_for_runs_and_begins_none),
		cmocka_unit_test(a_connection_lost_under_a_run_handed_back_frees_nothing_under_it),
		cmocka_unit_test(an_instance_with_an_older_league_waits_until_it_has_caught_up),
		cmocka_unit_test(a_new_league_reaches_reports_that_nobody_speaks_of_any_more),
		cmocka_unit_test(entries_of_a_date_that_waits_go_to_one_that_can_serve_them),
		cmocka_unit_test(the_league_of_instances_that_are_gone_is_taken_over),
		cmocka_unit_test(a_player_who_must_run_alone_has_his_turn_under_load),
		cmocka_unit_test(quotes_need_no_model_and_a_new_output_reaches_the_report),
		cmocka_unit_test(precompute_follows_where_events_move_a_player),
		cmocka_unit_test(the_newest_phases_rule_and_a_restart_turns_nothing_back),
		cmocka_unit_test(a_report_without_quotes_follows_the_game_that_one_names),
		cmocka_unit_test(an_output_that_is_lost_is_made_anew),
		cmocka_unit_test(an_output_at_hand_is_not_taken_for_another_after_a_failover),
		cmocka_unit_test(a_letter_names_a_player_once_though_both_phases_gave_him_up),
		cmocka_unit_test(an_output_as_before_says_that_nothing_failed_any_more),
		cmocka_unit_test(no_report_waits_for_a_precompute_that_backs_off),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
