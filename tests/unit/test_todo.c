/*
 * What waits to be applied (delivery/todo.c): over random entries and lists, what must not go before a slate entry does
 * not, what a slate entry does not concern goes whatever waits, names keep their order, and nobody is passed for more
 * than a round.
 */
#include "delivery/todo.h"
#include "slate/resolve.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ENTRIES = 3000, TEAMS = 6, NAMES = 24, DATE = 20000 };

static uint64_t dice;

static unsigned below(unsigned n)
{
	dice ^= dice >> 12;
	dice ^= dice << 25;
	dice ^= dice >> 27;
	return (unsigned)((dice * UINT64_C(2685821657736338717)) >> 33) % n;
}

struct night {
	struct todo todo;
	struct slate *slate;
	struct entry entries[ENTRIES];
	struct event events[ENTRIES];
	bool waits[ENTRIES];
	unsigned added, left;
	unsigned list_of[ENTRIES]; /* the number of the list that took it */
	unsigned lists, added_at[ENTRIES]; /* ... and of the last one before it was added */
};

static void team_name(char to[TEAM_SIZE], unsigned n)
{
	to[0] = (char)('A' + n);
	to[1] = to[2] = 'X';
	to[3] = '\0';
}

/* Players 0 to 2 of three have the same name but for a suffix. */
static void player_name(char to[LOOKUP_SIZE], unsigned n)
{
	static const char *const suffixes[] = {"", "jr", "iii"};
	snprintf(to, LOOKUP_SIZE, "player%c%s", 'a' + (int)(n / 3), suffixes[n % 3]);
}

static void game_name(char to[GAME_ID_SIZE], unsigned n)
{
	snprintf(to, GAME_ID_SIZE, "20241004_%cXX_%cXX", 'A' + (int)(2 * n), 'B' + (int)(2 * n));
}

/* Half of the players have a team; the last of six has no game. */
static struct slate *make_slate(void)
{
	struct slate *s = slate_new(DATE);
	char player[LOOKUP_SIZE], team[TEAM_SIZE], game[GAME_ID_SIZE];
	for (unsigned i = 0; i < NAMES; i += 3) {
		player_name(player, i);
		team_name(team, i % TEAMS);
		assert_int_equal(slate_add_member(s, player, team, i % 2), 0);
	}
	for (unsigned i = 0; i < TEAMS / 2 - 1; i++) {
		game_name(game, i);
		assert_int_equal(slate_add_game(s, game, 0, GAME_SCHEDULED), 0);
	}
	assert_int_equal(slate_build(s), 0);
	return s;
}

static struct entry *entry_make(struct night *n, enum event_kind kind)
{
	static const enum stream streams[] = {
		[EVENT_ODDS] = STREAM_ODDS,
		[EVENT_GAME_ODDS] = STREAM_ODDS,
		[EVENT_INJURY] = STREAM_INJURY,
		[EVENT_LINEUP] = STREAM_LINEUP,
		[EVENT_REGENERATE] = STREAM_REGENERATE,
		[EVENT_SLATE_GAME] = STREAM_SLATE,
		[EVENT_SLATE_PLAYER] = STREAM_SLATE,
		[EVENT_LEAGUE] = STREAM_REGENERATE,
	};
	const unsigned i = n->added;
	struct event *event = &n->events[i];
	*event = (struct event){.kind = kind, .stream = streams[kind], .date = DATE};
	n->entries[i] = (struct entry){.kind = kind,
		.event = event,
		.date = DATE,
		.read_us = i + 1,
		.key = {.id = {.ms = i + 1}, .stream = streams[kind]}};
	return &n->entries[i];
}

static void add(struct night *n, struct entry *e)
{
	n->waits[n->added] = true;
	n->added_at[n->added] = n->lists;
	n->added++;
	n->left++;
	todo_add(&n->todo, e);
}

static void add_any(struct night *n)
{
	static const enum event_kind kinds[] = {EVENT_SLATE_PLAYER, EVENT_SLATE_PLAYER, EVENT_SLATE_GAME, EVENT_ODDS,
		EVENT_ODDS, EVENT_ODDS, EVENT_GAME_ODDS, EVENT_INJURY, EVENT_LINEUP, EVENT_REGENERATE};
	struct entry *e = entry_make(n, kinds[below(sizeof(kinds) / sizeof(kinds[0]))]);
	static char starters[ENTRIES][2][LOOKUP_SIZE];
	struct event *event = e->event;

	switch (event->kind) {
	case EVENT_SLATE_PLAYER:
		team_name(event->team, below(TEAMS));
		player_name(event->player, below(NAMES));
		break;
	case EVENT_SLATE_GAME:
	case EVENT_GAME_ODDS:
		game_name(event->game_id, below(TEAMS / 2));
		break;
	case EVENT_LINEUP:
		team_name(event->team, below(TEAMS));
		event->lineup.count = 2;
		event->lineup.starters = starters[n->added];
		player_name(event->lineup.starters[0], below(NAMES));
		player_name(event->lineup.starters[1], below(NAMES));
		break;
	case EVENT_REGENERATE:
		if (below(4) == 0)
			break;
		/* fallthrough */
	default:
		player_name(event->player, below(NAMES));
	}
	add(n, e);
}

/* --- what must hold, worked out from the entries themselves --------------------------------------------------------- */

static bool is_slate(const struct entry *e)
{
	return e->kind == EVENT_SLATE_GAME || e->kind == EVENT_SLATE_PLAYER;
}

static bool same_stem(const char *a, const char *b)
{
	return a[0] && b[0] && fold_stem(a) == fold_stem(b) && strncmp(a, b, fold_stem(a)) == 0;
}

static bool speaks_of_team(const struct event *slate, const char *code)
{
	return code[0] && (strcmp(slate->team, code) == 0 || (slate->game_id[0] && strstr(slate->game_id, code)));
}

static const char *canonical(const struct slate *s, const char *player)
{
	return slate_resolve(s, &(struct slate_ask){.lookup = player, .team = "", .game_id = ""}).player;
}

static bool speaks_of_player(const struct night *n, const struct event *slate, const char *player)
{
	const struct slate_member *m = slate_member(n->slate, canonical(n->slate, player));
	return same_stem(slate->player, player) || (m && speaks_of_team(slate, m->team)) ||
	       (slate->kind == EVENT_SLATE_GAME && !slate_place(n->slate, canonical(n->slate, player), "", "").game[0]);
}

static bool speaks_of(const struct night *n, const struct event *slate, const struct event *e)
{
	char teams[2][TEAM_SIZE];
	if (!e->player[0] && !e->team[0] && !e->game_id[0])
		return true;
	if (e->game_id[0] && game_id_teams(e->game_id, teams[0], teams[1]) &&
		(speaks_of_team(slate, teams[0]) || speaks_of_team(slate, teams[1])))
		return true;
	for (unsigned i = 0; e->kind == EVENT_LINEUP && i < e->lineup.count; i++)
		if (same_stem(slate->player, e->lineup.starters[i]))
			return true;
	return speaks_of_team(slate, e->team) || (e->player[0] && speaks_of_player(n, slate, e->player));
}

/* None that came before it, waits, and stands in its way. */
static void may_go(const struct night *n, const struct entry *e)
{
	for (unsigned i = 0; &n->entries[i] != e; i++) {
		const struct entry *older = &n->entries[i];
		if (!n->waits[i] || !is_slate(older))
			continue;
		if (is_slate(e) ? same_stem(older->event->player, e->event->player) ||
					  (e->kind == EVENT_SLATE_GAME &&
						  strcmp(older->event->game_id, e->event->game_id) == 0)
				: speaks_of(n, older->event, e->event))
			fail_msg("entry %" PRIu64 " goes before %" PRIu64, e->key.id.ms, older->key.id.ms);
	}
}

static bool must_wait(const struct night *n, const struct entry *e)
{
	for (unsigned i = 0; i < n->added; i++)
		if (n->waits[i] && is_slate(&n->entries[i]) && speaks_of(n, n->entries[i].event, e->event))
			return true;
	return false;
}

/* If nothing else may go, nothing else there is free to go. */
static void nobody_waits_in_vain(const struct night *n)
{
	for (unsigned i = 0; i < n->added; i++)
		if (n->waits[i] && !is_slate(&n->entries[i]) && n->entries[i].todo == TODO_OTHERS &&
			!must_wait(n, &n->entries[i]))
			fail_msg("entry %u waits in vain", i + 1);
}

/* --- runs ----------------------------------------------------------------------------------------------------------- */

static void take(struct night *n, struct entry *e)
{
	const unsigned i = (unsigned)(e - n->entries);
	may_go(n, e);
	todo_remove(&n->todo, e);
	n->waits[i] = false;
	n->list_of[i] = n->lists;
	n->left--;
}

/* A list of that kind, of so many at the most; of slate entries it may be refused, then they come back. */
static void list(struct night *n, enum todo_kind kind, unsigned most, bool refused)
{
	struct entry *taken[64], *e = todo_next(&n->todo, kind, n->slate);
	unsigned count = 0;
	n->lists++;
	if (!e && kind == TODO_OTHERS)
		nobody_waits_in_vain(n);
	if (!e)
		return;
	todo_begin(&n->todo, kind);
	for (; e && count < most; e = todo_next(&n->todo, kind, n->slate)) {
		assert_int_equal(is_slate(e), kind == TODO_SLATE);
		take(n, e);
		taken[count++] = e;
	}
	/* In the order they stood: whoever comes back stands behind an equal one that did not go. */
	for (unsigned i = 0; refused && kind == TODO_SLATE && i < count; i++) {
		n->waits[taken[i] - n->entries] = true;
		n->left++;
		todo_add(&n->todo, taken[i]);
	}
}

static void random_lists_keep_the_order(void **state)
{
	(void)state;
	const char *seed = getenv("SEED");
	for (uint64_t run = seed ? strtoull(seed, NULL, 10) : 1, last = seed ? run : 60; run <= last; run++) {
		struct night *n = calloc(1, sizeof(*n));
		assert_non_null(n);
		printf("SEED=%" PRIu64 "\n", run);
		dice = run * UINT64_C(0x9e3779b97f4a7c15) + 1;
		n->slate = make_slate();
		while (n->added < ENTRIES / 10) {
			for (unsigned i = below(30); i > 0; i--)
				add_any(n);
			list(n, below(TODO_KINDS), 1 + below(20), false);
		}
		for (unsigned kind = 0; n->left > 0; kind++)
			list(n, kind % TODO_KINDS, 20, false);
		assert_int_equal(todo_count(&n->todo), 0);
		assert_null(n->todo.names);
		assert_int_equal(n->todo.facts + n->todo.nameless, 0);
		slate_free(n->slate);
		free(n);
	}
}

static struct entry *add_one(struct night *n, enum event_kind kind, const char *player, const char *team)
{
	struct entry *e = entry_make(n, kind);
	snprintf(e->event->player, sizeof(e->event->player), "%s", player);
	snprintf(e->event->team, sizeof(e->event->team), "%s", team);
	add(n, e);
	return e;
}

/* Those who wait for them wait on. */
static void slate_entries_that_are_refused_come_back_to_where_they_were(void **state)
{
	(void)state;
	struct night *n = calloc(1, sizeof(*n));
	assert_non_null(n);
	n->slate = make_slate();
	struct entry *roster = add_one(n, EVENT_SLATE_PLAYER, "joedoejr", "EXX");
	struct entry *quote = add_one(n, EVENT_ODDS, "joedoe", "");
	assert_null(todo_next(&n->todo, TODO_OTHERS, n->slate));
	list(n, TODO_SLATE, 8, true);
	assert_true(n->waits[0]);
	assert_null(todo_next(&n->todo, TODO_AFTER, n->slate));
	/* Another, later one is no reason to wait longer. */
	add_one(n, EVENT_SLATE_PLAYER, "joedoe", "AXX");
	assert_ptr_equal(todo_next(&n->todo, TODO_SLATE, n->slate), roster);
	take(n, roster);
	assert_ptr_equal(todo_next(&n->todo, TODO_AFTER, n->slate), quote);
	slate_free(n->slate);
	while (n->todo.names)
		todo_remove(&n->todo, todo_next(&n->todo, TODO_SLATE, n->slate));
	free(n);
}

/* A player's odds stand together, a team's roster too; whoever comes later is of the next round. */
static void what_belongs_together_stands_together(void **state)
{
	(void)state;
	static const char *const players[] = {"ann", "bea", "cid"}, *const teams[] = {"AXX", "BXX", "CXX"};
	struct night *n = calloc(1, sizeof(*n));
	const char *last = "", *last_team = "";
	unsigned changes = 0, team_changes = 0;
	int64_t since_us;
	char name[LOOKUP_SIZE];

	assert_non_null(n);
	n->slate = make_slate();
	for (unsigned i = 0; i < 60; i++)
		add_one(n, EVENT_ODDS, players[i % 3], "");
	for (unsigned i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "newcomer%u", i);
		add_one(n, EVENT_SLATE_PLAYER, name, teams[i % 3]);
	}
	assert_true(todo_collects(&n->todo, TODO_OTHERS, &since_us));
	assert_int_equal(since_us, 1);
	todo_begin(&n->todo, TODO_OTHERS);
	todo_begin(&n->todo, TODO_SLATE);
	assert_false(todo_collects(&n->todo, TODO_OTHERS, &since_us));
	for (unsigned i = 0; i < 3; i++)
		add_one(n, EVENT_ODDS, players[i], "");
	for (unsigned i = 0; i < 60; i++) {
		struct entry *e = todo_next(&n->todo, TODO_OTHERS, n->slate);
		struct entry *roster = todo_next(&n->todo, TODO_SLATE, n->slate);
		assert_true(e->key.id.ms <= 60);
		changes += strcmp(e->event->player, last) != 0;
		last = e->event->player;
		take(n, e);
		team_changes += strcmp(roster->event->team, last_team) != 0;
		last_team = roster->event->team;
		take(n, roster);
	}
	assert_int_equal(changes, 3);
	assert_int_equal(team_changes, 3);
	assert_true(todo_collects(&n->todo, TODO_OTHERS, &since_us));
	assert_int_equal(since_us, 121);
	while (n->left > 0)
		take(n, todo_next(&n->todo, TODO_OTHERS, n->slate));
	slate_free(n->slate);
	free(n);
}

static void a_burst_concerns_its_team_and_its_names(void **state)
{
	(void)state;
	struct night *n = calloc(1, sizeof(*n));
	assert_non_null(n);
	n->slate = make_slate();
	assert_false(todo_concerns(&n->todo, n->slate, "playera"));
	struct entry *roster = add_one(n, EVENT_SLATE_PLAYER, "joedoejr", "AXX");
	assert_true(todo_concerns(&n->todo, n->slate, "playera")); /* of that team */
	assert_true(todo_concerns(&n->todo, n->slate, "joedoeiii"));
	assert_false(todo_concerns(&n->todo, n->slate, "playerb"));
	assert_false(todo_concerns(&n->todo, n->slate, "newcomer"));
	take(n, roster);
	assert_false(todo_concerns(&n->todo, n->slate, "playera"));
	slate_free(n->slate);
	free(n);
}

static void of_two_men_of_one_name_any_slate_entry_may_choose(void **state)
{
	(void)state;
	struct night *n = calloc(1, sizeof(*n));
	assert_non_null(n);
	n->slate = make_slate();
	assert_int_equal(slate_add_member(n->slate, "samsame", "AXX", true), 0);
	assert_int_equal(slate_add_member(n->slate, "samsame@BXX", "BXX", true), 0);
	assert_int_equal(slate_build(n->slate), 0);
	struct entry *roster = add_one(n, EVENT_SLATE_PLAYER, "newcomer", "FXX");
	struct entry *sure = add_one(n, EVENT_ODDS, "samsame@BXX", "");
	struct entry *bare = add_one(n, EVENT_ODDS, "samsame", "");
	assert_ptr_equal(todo_next(&n->todo, TODO_OTHERS, n->slate), sure);
	take(n, sure);
	assert_null(todo_next(&n->todo, TODO_OTHERS, n->slate));
	assert_null(todo_next(&n->todo, TODO_AFTER, n->slate)); /* he waits for the slate entry */
	take(n, roster);
	assert_ptr_equal(todo_next(&n->todo, TODO_AFTER, n->slate), bare);
	take(n, bare);
	slate_free(n->slate);
	free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_lists_keep_the_order),
		cmocka_unit_test(slate_entries_that_are_refused_come_back_to_where_they_were),
		cmocka_unit_test(what_belongs_together_stands_together),
		cmocka_unit_test(a_burst_concerns_its_team_and_its_names),
		cmocka_unit_test(of_two_men_of_one_name_any_slate_entry_may_choose),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
