/* Who is a stranger to a slate, and what is nearest: a small league with a schedule, and events about it. */
#include "slate/stranger.h"
#include "slate/resolve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "league/build.h"

static date_t day_of(const char *text)
{
	date_t date;
	assert_true(date_parse(text, 10, &date));
	return date;
}

static void add_line(struct build *b, int64_t id, const char *name, const char *team, const char *opponent)
{
	struct err err = {0};
	assert_int_equal(build_line(b,
				 &(struct build_line){.name = name,
					 .person_id = id,
					 .date = day_of("2025-11-13"),
					 .team = team,
					 .opponent = opponent,
					 .home = true,
					 .starter = -1,
					 .minutes = 20},
				 &err),
		0);
}

static void add_game(struct build *b, const char *date, const char *away, const char *home)
{
	struct err err = {0};
	assert_int_equal(
		build_game(b, &(struct build_game){.date = day_of(date), .away = away, .home = home, .tip_ms = 1}, &err),
		0);
}

/* LAL at GSW on the 15th, OKC at DEN on the 14th and at GSW on the 16th; NYK no more. */
static struct snapshot *make_league(void)
{
	struct snapshot *s;
	struct err err = {0};
	struct build *b = build_new();
	assert_non_null(b);
	add_line(b, 1, "LeBron James", "LAL", "GSW");
	add_line(b, 2, "Stephen Curry", "GSW", "LAL");
	add_line(b, 3, "Barnabas Fairweather", "OKC", "NYK");
	add_line(b, 4, "Jalen Brunson", "NYK", "OKC");
	add_game(b, "2025-11-14", "OKC", "DEN");
	add_game(b, "2025-11-15", "LAL", "GSW");
	add_game(b, "2025-11-16", "OKC", "GSW");
	assert_int_equal(build_finish(b, 0, &s, &err), 0);
	build_free(b);
	return s;
}

struct world {
	struct snapshot *league;
	struct slate *slate;
	struct event event;
	struct stranger found[STRANGERS_OF_EVENT];
	size_t count;
	struct stranger_near near[STRANGER_NEAR];
	size_t nears;
};

static struct slate *make_slate(const char *date, const struct snapshot *league)
{
	struct slate *s = slate_new(day_of(date));
	assert_non_null(s);
	slate_reset(s, league);
	assert_int_equal(slate_build(s), 0);
	return s;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	w->league = make_league();
	w->slate = make_slate("2025-11-15", w->league);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	slate_free(w->slate);
	snapshot_drop(w->league);
	free(w);
	return 0;
}

/* Finds what is strange in an event of this kind about them, "" where it does not say, and of the first what is nearest. */
static void look(struct world *w, enum event_kind kind, const char *player, const char *team, const char *game)
{
	static const enum stream streams[] = {[EVENT_ODDS] = STREAM_ODDS,
		[EVENT_GAME_ODDS] = STREAM_ODDS,
		[EVENT_INJURY] = STREAM_INJURY,
		[EVENT_REGENERATE] = STREAM_REGENERATE,
		[EVENT_SLATE_PLAYER] = STREAM_SLATE};
	w->event = (struct event){.kind = kind, .stream = streams[kind], .date = slate_date(w->slate)};
	snprintf(w->event.player, sizeof(w->event.player), "%s", player);
	snprintf(w->event.team, sizeof(w->event.team), "%s", team);
	snprintf(w->event.game_id, sizeof(w->event.game_id), "%s", game);
	const struct slate_found named =
		player[0] ? slate_resolve_event(w->slate, &w->event) : (struct slate_found){.player = ""};
	w->count = stranger_find(w->slate, &w->event, &named, w->found);
	w->nears = w->count ? stranger_nearest(w->slate, w->found[0].kind, w->found[0].name, w->near) : 0;
}

static void assert_found(
	const struct world *w, enum stranger_kind kind, const char *name, const char *near, const char *why)
{
	assert_int_equal(w->count, 1);
	assert_string_equal(stranger_kinds[w->found[0].kind], stranger_kinds[kind]);
	assert_string_equal(w->found[0].name, name);
	assert_string_equal(w->nears ? w->near[0].name : "", near);
	assert_string_equal(w->nears ? w->near[0].why : "", why);
}

static void who_is_known_is_none(void **state)
{
	struct world *w = *state;
	look(w, EVENT_ODDS, "lebronjames", "LAL", "20251115_LAL_GSW");
	assert_int_equal(w->count, 0);
	look(w, EVENT_GAME_ODDS, "", "", "20251115_LAL_GSW");
	assert_int_equal(w->count, 0);
	look(w, EVENT_INJURY, "barnabasfairweather", "OKC", ""); /* a status may be told on any day */
	assert_int_equal(w->count, 0);
	look(w, EVENT_ODDS, "barnabasfairweather", "", "20251115_LAL_GSW"); /* traded this morning */
	assert_int_equal(w->count, 0);
	look(w, EVENT_SLATE_PLAYER, "newcomer", "SEA", ""); /* that is how he becomes known */
	assert_int_equal(w->count, 0);
}

static void players_whom_nobody_knows(void **state)
{
	struct world *w = *state;
	look(w, EVENT_ODDS, "barneyfairweather", "", "");
	assert_found(w, STRANGER_PLAYER, "barneyfairweather", "barnabasfairweather",
		"has the same end, plays for OKC, not on 2025-11-15; names are never taken by likeness");
	look(w, EVENT_INJURY, "stephencury", "", "");
	assert_found(w, STRANGER_PLAYER, "stephencury", "stephencurry",
		"differs by one letter, plays for GSW; names are never taken by likeness");
	look(w, EVENT_ODDS, "barnabasfairweathert", "", "");
	assert_found(w, STRANGER_PLAYER, "barnabasfairweathert", "barnabasfairweather",
		"one name is part of the other, plays for OKC, not on 2025-11-15; names are never taken by likeness");
	look(w, EVENT_ODDS, "nobody", "LAL", "20251115_LAL_GSW");
	assert_found(w, STRANGER_PLAYER, "nobody", "", "");
	assert_true(stranger_is_still(w->slate, STRANGER_PLAYER, "nobody"));
	assert_int_equal(slate_add_member(w->slate, "nobody", "LAL", true), 0);
	assert_int_equal(slate_build(w->slate), 0);
	assert_false(stranger_is_still(w->slate, STRANGER_PLAYER, "nobody"));
	look(w, EVENT_ODDS, "nobody", "LAL", "20251115_LAL_GSW");
	assert_int_equal(w->count, 0);
}

static void teams_and_games(void **state)
{
	struct world *w = *state;
	look(w, EVENT_REGENERATE, "", "SEA", "");
	assert_found(w, STRANGER_TEAM, "SEA", "", "");
	look(w, EVENT_REGENERATE, "", "LAK", "");
	assert_found(w, STRANGER_TEAM, "LAK", "LAL", "differs by one letter; codes are never taken by likeness");
	look(w, EVENT_REGENERATE, "", "NYC", "");
	assert_found(w, STRANGER_TEAM, "NYC", "NYK",
		"differs by one letter, has no game on 2025-11-15; codes are never taken by likeness");
	look(w, EVENT_GAME_ODDS, "", "", "20251115_GSW_LAL");
	assert_found(
		w, STRANGER_GAME, "20251115_GSW_LAL", "20251115_LAL_GSW", "has the same teams, home and away changed");
	look(w, EVENT_GAME_ODDS, "", "", "20251115_LAL_BOS");
	assert_found(w, STRANGER_GAME, "20251115_LAL_BOS", "20251115_LAL_GSW", "is what LAL plays that day");
	look(w, EVENT_GAME_ODDS, "", "", "20251115_MIA_BOS");
	assert_found(w, STRANGER_GAME, "20251115_MIA_BOS", "", "");
}

static void known_on_another_date(void **state)
{
	struct world *w = *state;
	look(w, EVENT_ODDS, "barnabasfairweather", "", "");
	assert_found(w, STRANGER_WRONG_DATE, "barnabasfairweather", "20251116_OKC_GSW",
		"is on 2025-11-16, not on 2025-11-15");
	look(w, EVENT_ODDS, "barnabasfairweather", "", "20251115_OKC_GSW");
	assert_found(
		w, STRANGER_WRONG_DATE, "20251115_OKC_GSW", "20251116_OKC_GSW", "is on 2025-11-16, not on 2025-11-15");
	look(w, EVENT_GAME_ODDS, "", "", "20251115_DEN_OKC"); /* yesterday's, and turned round */
	assert_found(
		w, STRANGER_WRONG_DATE, "20251115_DEN_OKC", "20251114_OKC_DEN", "is on 2025-11-14, not on 2025-11-15");
	look(w, EVENT_REGENERATE, "", "DEN", "");
	assert_found(w, STRANGER_WRONG_DATE, "DEN", "20251114_OKC_DEN", "is on 2025-11-14, not on 2025-11-15");
	look(w, EVENT_ODDS, "jalenbrunson", "", ""); /* plays on neither day: changed teams, perhaps */
	assert_found(w, STRANGER_WRONG_DATE, "jalenbrunson", "", "");
}

/* The day before is known by its games alone where no schedule was imported: then tonight's quotes are right. */
static void a_date_without_games_tells_nothing_but_of_the_next(void **state)
{
	struct world *w = *state;
	slate_free(w->slate);
	w->slate = make_slate("2025-11-17", w->league);
	look(w, EVENT_ODDS, "barnabasfairweather", "OKC", "20251117_OKC_GSW");
	assert_int_equal(w->count, 0);
	look(w, EVENT_ODDS, "barneyfairweather", "", "");
	assert_found(w, STRANGER_PLAYER, "barneyfairweather", "barnabasfairweather",
		"has the same end, plays for OKC, not on 2025-11-17; names are never taken by likeness");
	slate_free(w->slate);
	w->slate = make_slate("2025-11-13", w->league);
	look(w, EVENT_GAME_ODDS, "", "", "20251113_OKC_DEN");
	assert_found(
		w, STRANGER_WRONG_DATE, "20251113_OKC_DEN", "20251114_OKC_DEN", "is on 2025-11-14, not on 2025-11-13");
}

static void without_a_league_there_are_none(void **state)
{
	struct world *w = *state;
	slate_free(w->slate);
	w->slate = make_slate("2025-11-15", NULL);
	look(w, EVENT_ODDS, "barneyfairweather", "SEA", "20251115_MIA_BOS");
	assert_int_equal(w->count, 0);
	assert_int_equal(stranger_nearest(w->slate, STRANGER_PLAYER, "barneyfairweather", w->near), 0);
}

static void remedies(void **state)
{
	(void)state;
	char text[STRANGER_REMEDY_SIZE];
	const struct stranger_near near = {.name = "barnabasfairweather"};
	assert_string_equal(stranger_remedy(STRANGER_PLAYER, "barneyfairweather", "Barney Fairweather", &near, text),
		"if barnabasfairweather is meant: propsctl alias add \"Barney Fairweather\" barnabasfairweather; a newcomer: a slate entry with his "
		"team");
	for (int kind = 0; kind < STRANGER_KINDS; kind++)
		assert_true(strlen(stranger_remedy((enum stranger_kind)kind, "x", "", NULL, text)) > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(who_is_known_is_none, setup, teardown),
		cmocka_unit_test_setup_teardown(players_whom_nobody_knows, setup, teardown),
		cmocka_unit_test_setup_teardown(teams_and_games, setup, teardown),
		cmocka_unit_test_setup_teardown(known_on_another_date, setup, teardown),
		cmocka_unit_test_setup_teardown(a_date_without_games_tells_nothing_but_of_the_next, setup, teardown),
		cmocka_unit_test_setup_teardown(without_a_league_there_are_none, setup, teardown),
		cmocka_unit_test(remedies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
