/*
 * Who is affected by an event, and which runs read it: two functions that must agree, held against each other
 * and against the rule spelled out a third time, over many random slates.
 */
#include "slate/affected.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "league/build.h"

enum { PLAYERS = 12, TEAMS = 7, GAMES = 5, ROUNDS = 4000, EVENTS = 12 };

static const char *const players[PLAYERS] = {
	"abe", "ann", "bob", "cid", "dot", "eve", "fay", "gus", "hal", "ike", "joe", "kim"};
static const char *const teams[TEAMS] = {"AAA", "BBB", "CCC", "DDD", "EEE", "FFF", "GGG"};
static const char *const games[GAMES] = {
	"20251115_AAA_BBB", "20251115_AAA_CCC", "20251115_CCC_DDD", "20251115_EEE_AAA", "20251115_FFF_EEE"};

static uint64_t state_of_dice;

static unsigned below(unsigned n)
{
	state_of_dice ^= state_of_dice >> 12;
	state_of_dice ^= state_of_dice << 25;
	state_of_dice ^= state_of_dice >> 27;
	return (unsigned)((state_of_dice * UINT64_C(2685821657736338717)) >> 33) % n;
}

static struct snapshot *snapshot_new(void)
{
	struct err err = {0};
	struct snapshot *s;
	struct build *b = build_new();
	date_t before, day;
	date_parse("2025-11-10", 10, &before);
	date_parse("2025-11-15", 10, &day);
	for (int p = 0; p < PLAYERS; p++) {
		int team = (int)below(TEAMS + 2);
		if (team >= TEAMS)
			continue;
		assert_int_equal(build_line(b,
					 &(struct build_line){.name = players[p],
						 .person_id = p + 1,
						 .date = before,
						 .team = teams[team],
						 .opponent = teams[(team + 1) % TEAMS],
						 .home = true,
						 .starter = -1,
						 .minutes = 20},
					 &err),
			0);
	}
	for (int g = 0; g < GAMES; g++)
		if (below(2)) {
			char away[4] = "", home[4] = "";
			memcpy(away, games[g] + 9, 3);
			memcpy(home, games[g] + 13, 3);
			assert_int_equal(
				build_game(b, &(struct build_game){.date = day, .away = away, .home = home}, &err), 0);
		}
	assert_int_equal(build_finish(b, 1, &s, &err), 0);
	build_free(b);
	return s;
}

/* Where a player once ran, as done:G holds it. */
struct ran {
	const char *player, *game, *team;
};

struct night {
	struct snapshot *snapshot;
	struct slate *slate;
	struct ran ran[PLAYERS * 2];
	size_t ran_count;
};

static void night_new(struct night *n)
{
	date_t day;
	date_parse("2025-11-15", 10, &day);
	n->snapshot = below(3) ? snapshot_new() : NULL;
	n->slate = slate_new(day);
	n->ran_count = 0;
	slate_reset(n->slate, n->snapshot);
	for (int p = 0; p < PLAYERS; p++) {
		if (below(3) == 0) {
			assert_int_equal(slate_add_member(n->slate, players[p], teams[below(TEAMS)], below(3) > 0), 0);
			for (unsigned k = below(3); k > 0; k--)
				assert_int_equal(slate_add_left(n->slate, players[p], teams[below(TEAMS)]), 0);
		}
		for (unsigned k = below(3); k > 0;
			k--) /* in any game, for any team: the slate may have moved on since */
			n->ran[n->ran_count++] = (struct ran){
				players[p], below(4) ? games[below(GAMES)] : "", below(4) ? teams[below(TEAMS)] : ""};
	}
	for (int g = 0; g < GAMES; g++)
		if (below(3) == 0)
			assert_int_equal(slate_add_game(n->slate, games[g], 0, (enum game_status)(1 + below(3))), 0);
	assert_int_equal(slate_build(n->slate), 0);
}

static void night_done(struct night *n)
{
	slate_free(n->slate);
	snapshot_drop(n->snapshot);
}

static void event_new(struct event *e, char (*starters)[LOOKUP_SIZE])
{
	*e = (struct event){.kind = (enum event_kind)below(EVENT_LEAGUE + 1)};
	bool named = e->kind == EVENT_ODDS || e->kind == EVENT_INJURY || e->kind == EVENT_SLATE_PLAYER ||
		     (e->kind == EVENT_REGENERATE && below(2));
	if (named)
		snprintf(e->player, sizeof(e->player), "%s", players[below(PLAYERS)]);
	if (e->kind == EVENT_LINEUP || e->kind == EVENT_SLATE_PLAYER ||
		(e->kind == EVENT_REGENERATE && below(3) == 0) || (named && below(3) == 0))
		snprintf(e->team, sizeof(e->team), "%s", teams[below(TEAMS)]);
	if (e->kind == EVENT_GAME_ODDS || e->kind == EVENT_SLATE_GAME || (e->kind != EVENT_LEAGUE && below(3) == 0))
		snprintf(e->game_id, sizeof(e->game_id), "%s", games[below(GAMES)]);
	if (e->kind == EVENT_LINEUP) {
		e->lineup.count = 1 + below(5);
		e->lineup.starters = starters;
		for (unsigned i = 0; i < e->lineup.count; i++)
			snprintf(starters[i], LOOKUP_SIZE, "%s", players[below(PLAYERS)]);
	}
}

static bool is_named(const struct affected *a, const char *player)
{
	for (size_t i = 0; i < a->player_count; i++)
		if (strcmp(a->players[i], player) == 0)
			return true;
	return false;
}

static bool asks_for(const struct affected *a, const char *game)
{
	for (size_t i = 0; i < a->done_count; i++)
		if (strcmp(a->done[i], "*") == 0 || strcmp(a->done[i], game) == 0)
			return true;
	return false;
}

static bool is_starter(const struct event *e, const char *player)
{
	for (unsigned i = 0; e->kind == EVENT_LINEUP && i < e->lineup.count; i++)
		if (strcmp(e->lineup.starters[i], player) == 0)
			return true;
	return false;
}

/* The rule, once more: what the run of a player reads who stands here. */
static bool reads(const struct slate *s, const char *player, const char *named_game, const char *named_team,
	const struct event *e)
{
	const struct slate_place at = slate_place(s, player, named_game, named_team);
	const struct slate_member *me = slate_member(s, player),
				  *other = e->player[0] ? slate_member(s, e->player) : NULL;
	const char *rostered = me ? me->team : "";
	bool himself = strcmp(player, e->player) == 0;

	switch (e->kind) {
	case EVENT_ODDS:
		return himself;
	case EVENT_GAME_ODDS:
		return strcmp(at.game, e->game_id) == 0;
	case EVENT_INJURY:
		return himself || (rostered[0] && other && other->active && strcmp(other->team, rostered) == 0);
	case EVENT_LINEUP:
		return at.member && strcmp(at.team, e->team) == 0;
	case EVENT_REGENERATE:
		if (e->player[0])
			return himself;
		if (e->team[0])
			return at.member && strcmp(at.team, e->team) == 0;
		return !e->game_id[0] || strcmp(at.game, e->game_id) == 0;
	case EVENT_SLATE_GAME: /* what he reads now, or would read then */
		return strcmp(at.game, e->game_id) == 0 ||
		       (rostered[0] && (strncmp(e->game_id + 9, rostered, 3) == 0 ||
					       strncmp(e->game_id + 13, rostered, 3) == 0));
	case EVENT_SLATE_PLAYER: /* himself, or whoever sees him come or go */
		if (himself || (rostered[0] && strcmp(rostered, e->team) == 0))
			return true;
		if (rostered[0] && other &&
			(strcmp(other->team, rostered) == 0 || strcmp(other->default_team, rostered) == 0))
			return true;
		for (unsigned i = 0; rostered[0] && other && i < other->left_count; i++)
			if (strcmp(other->left[i], rostered) == 0)
				return true;
		return false;
	case EVENT_LEAGUE:
		return true;
	}
	return false;
}

static void check(const struct night *n, const struct event *e, struct arena *arena)
{
	struct affected a;
	assert_int_equal(slate_affected(n->slate, e, e->player, arena, &a), 0);
	/* Whoever ran before and reads it is named, or asked for in a game that he ran in. */
	for (size_t i = 0; i < n->ran_count; i++) {
		const struct ran *r = &n->ran[i];
		bool does = slate_reads(n->slate, r->player, r->game, r->team, e, e->player);
		if (does != reads(n->slate, r->player, r->game, r->team, e))
			fail_msg("kind %d: slate_reads() of %s is %d", e->kind, r->player, does);
		/* Whom a change of game has moved since is about to run, and so stands in that game too. */
		const struct slate_place at = slate_place(n->slate, r->player, r->game, r->team);
		bool by_game = e->kind == EVENT_GAME_ODDS || e->kind == EVENT_SLATE_GAME || e->kind == EVENT_REGENERATE;
		bool there = !by_game || strcmp(at.game, r->game) == 0;
		if (does && there && !is_named(&a, r->player) && !asks_for(&a, r->game[0] ? r->game : "20251115_-"))
			fail_msg("kind %d of %s %s %s: %s, who ran in %s, is forgotten", e->kind, e->player, e->team,
				e->game_id, r->player, r->game);
	}
	/* Whoever is named reads it, or is named by the event itself. */
	for (size_t i = 0; i < a.player_count; i++)
		if (!slate_reads(n->slate, a.players[i], "", "", e, e->player) &&
			strcmp(a.players[i], e->player) != 0 && !is_starter(e, a.players[i]))
			fail_msg("kind %d of %s %s %s: %s is run for nothing", e->kind, e->player, e->team, e->game_id,
				a.players[i]);
	/* Nobody twice. */
	for (size_t i = 0; i < a.player_count; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(a.players[i], a.players[k]);
	/* Every active member who reads it is named: he may never have run. */
	for (int p = 0; p < PLAYERS; p++) {
		const struct slate_member *m = slate_member(n->slate, players[p]);
		const struct slate_team *team = m && m->active ? slate_team(n->slate, m->team) : NULL;
		bool plays = team && team->game;
		bool everybody = e->kind == EVENT_LEAGUE ||
				 (e->kind == EVENT_REGENERATE && !e->player[0] && !e->team[0] && !e->game_id[0]);
		if (team && reads(n->slate, players[p], "", "", e) && (!everybody || plays) && !is_named(&a, players[p]))
			fail_msg("kind %d of %s %s %s: %s is on a roster and forgotten", e->kind, e->player, e->team,
				e->game_id, players[p]);
	}
}

static void the_two_rules_agree_on_any_slate(void **state)
{
	(void)state;
	struct arena *arena = arena_new();
	state_of_dice = (uint64_t)clock_mono_us(clock_system()) | 1;
	print_message("seed %llu\n", (unsigned long long)state_of_dice);
	for (int round = 0; round < ROUNDS; round++) {
		struct night n;
		night_new(&n);
		for (int i = 0; i < EVENTS; i++) {
			char starters[STARTERS_MAX][LOOKUP_SIZE];
			struct event e;
			event_new(&e, starters);
			check(&n, &e, arena);
			arena_reset(arena);
		}
		night_done(&n);
	}
	arena_free(arena);
}

static void the_audience_outlives_the_slate_it_was_made_from(void **state)
{
	(void)state;
	struct arena *arena = arena_new();
	struct affected a;
	date_t day;
	date_parse("2025-11-15", 10, &day);
	struct slate *s = slate_new(day);
	slate_reset(s, NULL);
	assert_int_equal(slate_add_member(s, "ann", "AAA", true), 0);
	assert_int_equal(slate_add_member(s, "bob", "AAA", true), 0);
	assert_int_equal(slate_add_game(s, "20251115_AAA_BBB", 0, GAME_SCHEDULED), 0);
	assert_int_equal(slate_build(s), 0);
	const struct event e = {.kind = EVENT_INJURY, .player = "ann"};
	assert_int_equal(slate_affected(s, &e, "ann", arena, &a), 0);
	slate_free(s);
	assert_int_equal(a.player_count, 2);
	assert_string_equal(a.players[0], "ann");
	assert_string_equal(a.players[1], "bob");
	assert_string_equal(a.game, "20251115_AAA_BBB");
	assert_int_equal(a.done_count, 0);
	arena_free(arena);
}

static void the_game_that_decides_on_expiry_is_the_slate_s_else_the_event_s(void **state)
{
	(void)state;
	struct arena *arena = arena_new();
	date_t day;
	date_parse("2025-11-15", 10, &day);
	struct slate *s = slate_new(day);
	slate_reset(s, NULL);
	assert_int_equal(slate_add_member(s, "ann", "AAA", true), 0);
	assert_int_equal(slate_add_member(s, "hal", "GGG", true), 0);
	assert_int_equal(slate_add_game(s, "20251115_AAA_BBB", 0, GAME_SCHEDULED), 0);
	assert_int_equal(slate_build(s), 0);
	static const struct {
		struct event event;
		const char *game;
	} cases[] = {
		{{.kind = EVENT_ODDS, .player = "ann"}, "20251115_AAA_BBB"},
		{{.kind = EVENT_ODDS, .player = "ann", .game_id = "20251115_CCC_DDD"}, "20251115_AAA_BBB"},
		{{.kind = EVENT_ODDS, .player = "hal", .game_id = "20251115_CCC_DDD"}, "20251115_CCC_DDD"},
		{{.kind = EVENT_ODDS, .player = "newbie", .game_id = "20251115_CCC_DDD", .team = "AAA"},
			"20251115_CCC_DDD"},
		{{.kind = EVENT_ODDS, .player = "newbie"}, ""},
		{{.kind = EVENT_INJURY, .player = "ann"}, "20251115_AAA_BBB"},
		{{.kind = EVENT_LINEUP, .team = "BBB"}, "20251115_AAA_BBB"},
		{{.kind = EVENT_LINEUP, .team = "CCC", .game_id = "20251115_CCC_DDD"}, "20251115_CCC_DDD"},
		{{.kind = EVENT_LINEUP, .team = "CCC"}, ""},
		{{.kind = EVENT_GAME_ODDS, .game_id = "20251115_CCC_DDD"}, "20251115_CCC_DDD"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct affected a;
		assert_int_equal(slate_affected(s, &cases[i].event, cases[i].event.player, arena, &a), 0);
		assert_string_equal(a.game, cases[i].game);
	}
	slate_free(s);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_two_rules_agree_on_any_slate),
		cmocka_unit_test(the_audience_outlives_the_slate_it_was_made_from),
		cmocka_unit_test(the_game_that_decides_on_expiry_is_the_slate_s_else_the_event_s),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
