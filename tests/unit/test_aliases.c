/* Other spellings of a player: whom they mean, by whatever spelling his box scores have. */
#include "league/aliases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "league/build.h"

/* A league from "NAME", "NAME #ID", "NAME @TEAM", each of a game later than the one before. */
static struct snapshot *league(const char *const *names, const struct build_alias *aliases)
{
	struct build *b = build_new();
	struct snapshot *s = NULL;
	struct err err;
	assert_non_null(b);
	for (int i = 0; names[i]; i++) {
		char name[64];
		const char *id = strchr(names[i], '#'), *team = strchr(names[i], '@');
		const size_t length = strcspn(names[i], "#@");
		memcpy(name, names[i], length);
		name[length] = '\0';
		struct build_line line = {
			.name = name,
			.person_id = id ? atoi(id + 1) : 0,
			.date = 20000 + i,
			.team = team ? team + 1 : "LAL",
			.opponent = "GSW",
			.home = true,
			.starter = 1,
			.minutes = 30,
		};
		assert_int_equal(build_line(b, &line, &err), 0);
	}
	for (; aliases && aliases->spelling; aliases++)
		assert_int_equal(build_alias(b, aliases, &err), 0);
	assert_int_equal(build_finish(b, 1, &s, &err), 0);
	build_free(b);
	return s;
}

/* Whom the name means, "" nobody. */
static const char *means(const struct snapshot *s, const char *lookup)
{
	const uint32_t player = snapshot_player_exact(s, lookup);
	return player == NO_INDEX ? "" : s->player[player].lookup;
}

static void the_shipped_list_works_in_both_directions(void **state)
{
	(void)state;
	struct snapshot *s =
		league((const char *const[]){"Luguentz Dort", "Moe Wagner", "Ronald Holland", "Cam Johnson",
			       "Bones Hyland", "Dennis Schröder", "Jaylin Williams", "Nikola Djurisic", NULL},
			NULL);
	assert_string_equal(means(s, "ludort"), "luguentzdort");
	assert_string_equal(means(s, "moritzwagner"), "moewagner"); /* whichever the box scores have */
	assert_string_equal(means(s, "mowagner"), "moewagner"); /* by way of a third spelling */
	assert_string_equal(means(s, "ronholland"), "ronaldholland"); /* the list has him with a suffix */
	assert_string_equal(means(s, "ronhollandii"), "ronaldholland");
	assert_string_equal(means(s, "cameronjohnson"), "camjohnson");
	assert_string_equal(means(s, "nahshonhyland"), "boneshyland");
	assert_string_equal(means(s, "dennisschroeder"), "dennisschroder");
	assert_string_equal(means(s, "nikoladurisic"), "nikoladjurisic");
	assert_string_equal(means(s, "jaylenwilliams"), ""); /* likeness alone is nothing */
	assert_string_equal(means(s, "herbjones"), ""); /* nobody has his name */
	assert_true(snapshot_has_name(s, "luguentzdort"));
	assert_false(snapshot_has_name(s, "ludort"));
	assert_false(snapshot_has_name(s, "herbjones"));
	snapshot_drop(s);
}

static void a_list_adds_nothing_to_a_league_that_has_none_of_its_names(void **state)
{
	(void)state;
	struct snapshot *s = league((const char *const[]){"Ann Able", "Bo Best", NULL}, NULL);
	assert_int_equal(s->aliases, 2);
	snapshot_drop(s);
}

static void box_scores_are_never_overruled(void **state)
{
	(void)state;
	struct snapshot *s = league((const char *const[]){"Cam Johnson #1", "Cameron Johnson #2", "Nic Claxton #3",
					    "Nicolas Claxton #3", NULL},
		NULL);
	assert_string_equal(means(s, "camjohnson"), "camjohnson");
	assert_string_equal(means(s, "cameronjohnson"), "cameronjohnson");
	assert_string_equal(means(s, "nicclaxton"), "nicolasclaxton"); /* one man's rows have both */
	assert_string_equal(means(s, "nickclaxton"), "nicolasclaxton");
	snapshot_drop(s);
}

static void ones_own_aliases_come_before_the_shipped(void **state)
{
	(void)state;
	const struct build_alias aliases[] = {
		{.spelling = "Lu Dort", .player = "Ann Able", .team = ""},
		{.spelling = "The Best", .player = "Best, Bo", .team = ""},
		{.spelling = "Bobby", .player = "The Best", .team = ""}, /* by way of another alias */
		{.spelling = "Nobody", .player = "Noone Known", .team = ""},
		{0},
	};
	struct snapshot *s = league((const char *const[]){"Ann Able", "Bo Best", "Luguentz Dort", NULL}, aliases);
	assert_string_equal(means(s, "ludort"), "annable");
	assert_string_equal(means(s, "thebest"), "bobest");
	assert_string_equal(means(s, "bobby"), "bobest");
	assert_string_equal(means(s, "nobody"), "");
	assert_string_equal(means(s, "nooneknown"), "");
	snapshot_drop(s);
}

static void who_could_be_two_men_is_neither(void **state)
{
	(void)state;
	const char *const names[] = {"Jay Smith #1@LAL", "Jay Smith #2@BOS", "Ann Able", "Cy Able", NULL};
	const struct build_alias aliases[] = {
		{.spelling = "Smitty", .player = "Jay Smith", .team = ""},
		{.spelling = "Old Jay", .player = "Jay Smith", .person_id = 1, .team = ""},
		{.spelling = "Green Jay", .player = "Jay Smith", .team = "BOS"},
		{.spelling = "Blue Jay", .player = "Jay Smith", .team = "NYK"},
		{.spelling = "By Id", .player = "J. Smith", .person_id = 1, .team = ""},
		{.spelling = "Ann Able", .player = "Middle", .team = ""}, /* two that meet */
		{.spelling = "Cy Able", .player = "Middle", .team = ""},
		{.spelling = "Center", .player = "Middle", .team = ""},
		{0},
	};
	struct snapshot *s = league(names, aliases);
	assert_string_equal(means(s, "smitty"), "");
	assert_int_equal(s->player[snapshot_player_exact(s, "oldjay")].person_id, 1);
	assert_int_equal(s->player[snapshot_player_exact(s, "greenjay")].person_id, 2);
	assert_string_equal(means(s, "bluejay"), "");
	assert_int_equal(s->player[snapshot_player_exact(s, "byid")].person_id, 1);
	assert_string_equal(means(s, "middle"), "");
	assert_string_equal(means(s, "center"), "");
	snapshot_drop(s);
}

/* The fingerprint tells databases apart: what it is must not follow from the order in which rows come. */
static void the_order_of_aliases_does_not_matter(void **state)
{
	(void)state;
	const char *const names[] = {"Ann Able", "Bo Best", NULL};
	const struct build_alias one = {.spelling = "A", .player = "Ann Able", .team = ""},
				 two = {.spelling = "B", .player = "A", .team = ""};
	struct snapshot *s = league(names, (const struct build_alias[]){one, two, {0}});
	struct snapshot *t = league(names, (const struct build_alias[]){two, one, {0}});
	assert_true(fingerprint_equal(s->fingerprint, t->fingerprint));
	assert_string_equal(means(s, "b"), "annable");
	snapshot_drop(s);
	snapshot_drop(t);
}

static void each_shipped_pair_is_two_names(void **state)
{
	(void)state;
	assert_true(aliases_shipped_count() > 50);
	for (size_t i = 0; i < aliases_shipped_count(); i++) {
		const struct alias_pair pair = aliases_shipped(i);
		assert_string_not_equal(pair.spelling, pair.player);
		for (size_t j = 0; j < i; j++) /* of one spelling one man */
			assert_string_not_equal(aliases_shipped(j).spelling, pair.spelling);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shipped_list_works_in_both_directions),
		cmocka_unit_test(a_list_adds_nothing_to_a_league_that_has_none_of_its_names),
		cmocka_unit_test(box_scores_are_never_overruled),
		cmocka_unit_test(ones_own_aliases_come_before_the_shipped),
		cmocka_unit_test(who_could_be_two_men_is_neither),
		cmocka_unit_test(the_order_of_aliases_does_not_matter),
		cmocka_unit_test(each_shipped_pair_is_two_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
