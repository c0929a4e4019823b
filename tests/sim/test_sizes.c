/*
 * Ten times a night's size, in the simulation: what is counted is work, never time. Script calls of each kind, the longest
 * list (what a call costs of Redis and of the loop), and the most needs that were open at once.
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
#include "delivery/contract.h"
#include "tests/sim/sim_inside.h"

#define DATE "game_date", MIRROR_DATE
enum { TEAMS_MAX = 30, STEPS_AT_MOST = 400000 };

static struct redis_server servers[2];
static struct sim_counts counts;
static struct sim_setup setup = {.servers = servers};

/* What Redis was asked to do. */
static struct work {
	unsigned calls[SCRIPT_COUNT];
	size_t longest[SCRIPT_COUNT]; /* arguments of a call */
	size_t values[SCRIPT_COUNT]; /* of a reply's parts, the most */
} work;

static size_t values_of(const struct value *v)
{
	size_t n = 1;
	for (size_t i = 0; v->type == VALUE_ARRAY && i < v->count; i++)
		n += values_of(&v->items[i]);
	return n;
}

static void most(size_t *of, size_t n)
{
	if (n > *of)
		*of = n;
}

static void executed(void *arg, const struct sim_exec *e)
{
	(void)arg;
	if (e->script < 0 || e->node < 0 || e->replica)
		return;
	work.calls[e->script]++;
	most(&work.longest[e->script], e->argc);
	most(&work.values[e->script], values_of(e->reply));
}

static struct world *begin(void)
{
	struct world *w = sim_new(&setup, &counts);
	w->blind = true;
	w->run_us = 1000;
	w->max_in_flight = 50000;
	w->hooks.executed = executed;
	sim_instance(w, "i0", "");
	sim_open(w);
	return w;
}

static void end(struct world *w)
{
	sim_free(w);
	assert_string_equal(mirror_violation, "");
}

static const char *text_of(char *buffer, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
static const char *text_of(char *buffer, size_t size, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	vsnprintf(buffer, size, format, list);
	va_end(list);
	return buffer;
}

static const char *team(unsigned n)
{
	static char code[4];
	return text_of(code, sizeof(code), "%c%c%c", 'A' + n / 6 % 26, 'K' + n % 6, 'Z');
}

static const char *player(unsigned n)
{
	static char name[16];
	return text_of(name, sizeof(name), "p%u", n);
}

static void add_roster(struct world *w, unsigned count, unsigned teams)
{
	char id[32];
	for (unsigned i = 0; i < count; i++)
		SIM_DO(&w->redis, "XADD", "props:slate", text_of(id, sizeof(id), "%" PRId64 "-*", w->now_us / 1000),
			DATE, "player_lookup", player(i), "team", team(i % teams), "status", "active");
}

static bool quiet(struct world *w, const char *stream)
{
	const struct instance *i = &w->instances[0];
	return i->up && delivery_ready(i->delivery) && delivery_unacked(i->delivery) == 0 &&
	       regen_runs(i->regen) == 0 &&
	       value_int(value_at(SIM_LOOK(&w->redis, "XPENDING", stream, "propsd"), 0)) == 0 &&
	       value_int(SIM_LOOK(&w->redis, "HLEN", "props:running")) == 0;
}

/* Until all of the stream is settled; the most needs that were open meanwhile. */
static unsigned settle(struct world *w, const char *stream)
{
	unsigned needs = 0, steps = 0;
	bool begun = false;
	do {
		sim_step(w);
		const struct instance *i = &w->instances[0];
		if (i->up && delivery_needs(i->delivery) > needs)
			needs = delivery_needs(i->delivery);
		begun |= i->up && delivery_unacked(i->delivery) > 0;
		if (++steps > STEPS_AT_MOST)
			fail_msg("not settled");
	} while (!begun || !quiet(w, stream));
	return needs;
}

static void all_have_reports(struct world *w, unsigned count, unsigned teams)
{
	char key[96], expected[32];
	for (unsigned i = 0; i < count; i++) {
		const char *report = value_text(SIM_LOOK(
			&w->redis, "GET", text_of(key, sizeof(key), "props:report:" MIRROR_DATE ":%s", player(i))));
		if (!strstr(report, text_of(expected, sizeof(expected), "team=%s", team(i % teams))))
			fail_msg("%s: no %s in \"%.200s\"", player(i), expected, report);
	}
}

static unsigned runs_of(struct world *w)
{
	return (unsigned)value_int(SIM_LOOK(&w->redis, "XLEN", "props:reports"));
}

/* 3,000 entries are lists of 128, whatever the teams; begin and commit lists hold what places there are. */
static void rosters_cost_what_their_entries_do(void **state)
{
	(void)state;
	struct world *w = begin();
	work = (struct work){0};
	add_roster(w, 3000, TEAMS_MAX);
	settle(w, "props:slate");
	all_have_reports(w, 3000, TEAMS_MAX);
	assert_in_range(work.calls[SCRIPT_APPLY], 3000 / 128, 3000 / 128 + 20);
	assert_in_range(work.calls[SCRIPT_BEGIN] + work.calls[SCRIPT_COMMIT], 1, 2 * 3000);
	assert_true(runs_of(w) < 2 * 3000);
	/* A list and its reply hold what it changes, and not the slate that it changes. */
	assert_true(work.longest[SCRIPT_APPLY] < 128 * 12 + 20);
	assert_true(work.values[SCRIPT_APPLY] < 128 * 5);

	const unsigned before = runs_of(w);
	work = (struct work){0};
	add_roster(w, 3000, TEAMS_MAX);
	settle(w, "props:slate");
	assert_int_equal(runs_of(w), before);
	assert_int_equal(work.calls[SCRIPT_COMMIT], 0);
	end(w);
}

static void a_large_team_is_no_square(void **state)
{
	(void)state;
	struct world *w = begin();
	work = (struct work){0};
	add_roster(w, 1500, 1);
	const unsigned needs = settle(w, "props:slate");
	all_have_reports(w, 1500, 1);
	assert_in_range(work.calls[SCRIPT_APPLY], 1500 / 128, 1500 / 128 + 20);
	assert_true(needs <= 1500 * (1500 / 128 + 1)); /* each list once a player, whatever its entries */
	assert_true(runs_of(w) < 4 * 1500);
	assert_true(work.longest[SCRIPT_BEGIN] < 64 * BEGIN_ITEM_SIZE + 1500 + 20); /* the roster once a list */
	assert_true(work.values[SCRIPT_APPLY] < 128 * 5);
	end(w);
}

static void regenerates_of_a_slate_are_bounded(void **state)
{
	(void)state;
	struct world *w = begin();
	char id[32];
	add_roster(w, 510, TEAMS_MAX);
	settle(w, "props:slate");
	for (unsigned i = 0; i < TEAMS_MAX; i += 2) {
		char away[4], game[20];
		memcpy(away, team(i), sizeof(away));
		SIM_DO(&w->redis, "XADD", "props:slate", text_of(id, sizeof(id), "%" PRId64 "-*", w->now_us / 1000),
			"game_id", text_of(game, sizeof(game), "20251115_%s_%s", away, team(i + 1)), "status",
			"scheduled");
	}
	settle(w, "props:slate");
	work = (struct work){0};
	const unsigned before = runs_of(w);
	for (unsigned i = 0; i < 1000; i++)
		SIM_DO(&w->redis, "XADD", "props:regenerate",
			text_of(id, sizeof(id), "%" PRId64 "-*", w->now_us / 1000), DATE);
	const unsigned needs = settle(w, "props:regenerate");
	all_have_reports(w, 510, TEAMS_MAX);
	/* The bound, and what the lists on the way hold; 510,000 there would be. */
	assert_in_range(needs, 100000, 200000 + 4 * 2048);
	/* Cut by whom they touch. */
	assert_true(work.longest[SCRIPT_APPLY] < 2048 + 16 * 8 + 20);
	/* Each player once or twice for as many as the bound lets in at a time. */
	assert_true(runs_of(w) - before < 510 * 2 * (510000 / 200000 + 2));
	end(w);
}

/* Apply lists so far, and when the quote was in one. */
static struct {
	unsigned lists, of_quote;
} quote;

static bool is(const struct sim_arg *arg, const char *text)
{
	return arg->length == strlen(text) && memcmp(arg->text, text, arg->length) == 0;
}

static void see_quote(void *arg, const struct sim_exec *e)
{
	executed(arg, e);
	if (e->node < 0 || e->replica)
		return;
	if (e->script != SCRIPT_APPLY)
		return;
	quote.lists++;
	for (size_t i = 0; i < e->argc; i++)
		if (is(&e->argv[i], "q:points:b"))
			quote.of_quote = quote.lists;
}

static void an_unrelated_quote_passes_a_burst(void **state)
{
	(void)state;
	struct world *w = begin();
	char id[32];
	w->hooks.executed = see_quote;
	SIM_DO(&w->redis, "XADD", "props:slate", text_of(id, sizeof(id), "%" PRId64 "-*", w->now_us / 1000), DATE,
		"player_lookup", player(1500), "team", team(1), "status", "active");
	settle(w, "props:slate");
	memset(&quote, 0, sizeof(quote));
	add_roster(w, 1500, 1);
	while (quote.lists < 4)
		sim_step(w);
	SIM_DO(&w->redis, "XADD", "props:odds", text_of(id, sizeof(id), "%" PRId64 "-*", w->now_us / 1000), DATE,
		"player_lookup", player(1500), "market", "points", "book", "b", "line", "20.5", "priority", "high");
	settle(w, "props:slate");
	assert_in_range(quote.lists, 1500 / 128 + 1, 1500 / 128 + 20);
	assert_in_range(quote.of_quote, 5, 7); /* one list of the burst, or two, and its own */
	end(w);
}

/* Whom a quote means is read off the slate: it does not pass the roster entry that came before it and says so. */
static void a_quote_waits_for_the_name_that_a_burst_gives(void **state)
{
	(void)state;
	struct world *w = begin();
	char id[32];
	add_roster(w, 400, 1);
	SIM_DO(&w->redis, "XADD", "props:slate", text_of(id, sizeof(id), "%" PRId64 "-*", w->now_us / 1000), DATE,
		"player_lookup", "joedoejr", "team", team(0), "status", "active");
	SIM_DO(&w->redis, "XADD", "props:odds", text_of(id, sizeof(id), "%" PRId64 "-*", w->now_us / 1000), DATE,
		"player_lookup", "joedoe", "market", "points", "book", "b", "line", "20.5", "priority", "urgent");
	settle(w, "props:odds"); /* of this instance nothing at all is left by then */
	assert_int_equal(value_int(SIM_LOOK(&w->redis, "EXISTS", "props:report:" MIRROR_DATE ":joedoejr")), 1);
	assert_int_equal(value_int(SIM_LOOK(&w->redis, "EXISTS", "props:player:" MIRROR_DATE ":joedoe")), 0);
	assert_int_equal(
		value_int(SIM_LOOK(&w->redis, "HEXISTS", "props:player:" MIRROR_DATE ":joedoejr", "q:points:b")), 1);
	end(w);
}

static int64_t expiry_of(struct world *w, const char *key)
{
	return value_int(SIM_LOOK(&w->redis, "PEXPIRETIME", key));
}

static void the_expiry_of_thousands_is_set_in_pieces(void **state)
{
	(void)state;
	struct world *w = begin();
	char key[96];
	add_roster(w, 3000, TEAMS_MAX);
	settle(w, "props:slate");
	for (unsigned i = 0; i < 3000; i++)
		SIM_DO(&w->redis, "PERSIST", text_of(key, sizeof(key), "props:report:" MIRROR_DATE ":%s", player(i)));
	SIM_DO(&w->redis, "PERSIST", "props:day:" MIRROR_DATE);
	work = (struct work){0};
	for (unsigned steps = 0; expiry_of(w, "props:day:" MIRROR_DATE) <= 0; steps++) {
		sim_step(w);
		assert_true(steps < STEPS_AT_MOST);
	}
	assert_in_range(work.calls[SCRIPT_TOUCH], 3000 / (2 * TOUCH_PLAYERS), 3000 / TOUCH_PLAYERS + 1);
	for (unsigned i = 0; i < 3000; i++)
		assert_int_equal(expiry_of(w, text_of(key, sizeof(key), "props:report:" MIRROR_DATE ":%s", player(i))),
			expiry_of(w, "props:day:" MIRROR_DATE));
	end(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rosters_cost_what_their_entries_do),
		cmocka_unit_test(a_large_team_is_no_square),
		cmocka_unit_test(regenerates_of_a_slate_are_bounded),
		cmocka_unit_test(an_unrelated_quote_passes_a_burst),
		cmocka_unit_test(a_quote_waits_for_the_name_that_a_burst_gives),
		cmocka_unit_test(the_expiry_of_thousands_is_set_in_pieces),
	};
	if (zone_set("America/New_York") < 0)
		return 2;
	log_set_level((enum log_level)0);
	redis_server_start(&servers[0], NULL);
	redis_server_start(&servers[1], NULL);
	int r = cmocka_run_group_tests_name("sim_sizes", tests, NULL, NULL);
	redis_server_stop(&servers[0]);
	redis_server_stop(&servers[1]);
	return r;
}
