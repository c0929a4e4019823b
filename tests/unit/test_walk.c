/* The parts of script/bench model: what they say of the model is believed, so they must neither look ahead nor miscount. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "league/build.h"
#include "lines.h"
#include "past.h"
#include "score.h"
#include "season.h"

enum { FIRST = 20000, DAYS = 40, CUT = FIRST + 30, PLAYERS = 6 };

enum { RENAMED = CUT + 3 }; /* as sources do that add a "Jr." in the midst of a season */

static void add_side(struct build *b, date_t date, bool home, unsigned *random)
{
	for (int p = 0; p < PLAYERS; p++) {
		char name[32];
		struct err err;
		struct build_line line = {.name = name,
			.person_id = 10 + home * PLAYERS + p,
			.date = date,
			.team = home ? "BBB" : "AAA",
			.opponent = home ? "AAA" : "BBB",
			.home = home,
			.starter = p < 5,
			.minutes = 20 + (float)(rand_r(random) % 15),
			.fga = 10,
			.fta = 2,
			.oreb = 1};

		text_format(name, sizeof(name), "Player %c of %s%s", 'A' + p, line.team,
			date >= RENAMED && p == 1 ? " Jr." : "");
		if (p == 5) { /* one on either side */
			text_format(name, sizeof(name), "Ann Twin");
			line.minutes = home ? 15 : 35;
		}
		for (int i = 0; i < STAT_COUNT; i++)
			line.stat[i] = (float)(rand_r(random) % 12);
		assert_int_equal(build_line(b, &line, &err), 0);
	}
}

/* A game every day before `end`; later ones stand in the schedule, as in a season. */
static struct snapshot *league_until(date_t end)
{
	struct build *b = build_new();
	struct snapshot *s;
	struct err err;
	unsigned random = 7;

	assert_non_null(b);
	for (date_t date = FIRST; date < FIRST + DAYS; date++) {
		const struct build_game game = {.date = date, .away = "AAA", .home = "BBB"};

		if (date < end) {
			add_side(b, date, false, &random);
			add_side(b, date, true, &random);
		} else {
			assert_int_equal(build_game(b, &game, &err), 0);
		}
	}
	assert_int_equal(build_finish(b, 1, &s, &err), 0);
	build_free(b);
	return s;
}

static const struct model_options options = {.neighbours = 10, .min_edge = -1, .min_return = -1, .market = true};

/* What the walk says of a day, from a league that goes on after it, is what a league says that ends before it. */
static void nothing_later_is_known(void **state)
{
	(void)state;
	struct snapshot *whole = league_until(FIRST + DAYS), *then = league_until(CUT);
	const struct lines none = {0};
	struct nights season;
	struct check check = {0};
	struct err err;

	assert_int_equal(season_walk(whole, &none, &options, FIRST, FIRST + DAYS - 1, 3, &season, &err), 0);
	assert_int_equal(season.days, DAYS);
	assert_int_equal(season.count, DAYS * 2 * PLAYERS);
	assert_int_equal(model_prepare(then), 0);
	assert_int_equal(season_check(then, whole, &season, &options, CUT - FIRST, &check), 0);
	assert_int_equal(check.compared, 2 * PLAYERS * KNOWN_COUNT * FIGURES);
	assert_string_equal(check.first, "");
	assert_int_equal(check.differ, 0);
	/* It can see a difference: the day after knows one game more. */
	assert_int_equal(season_check(then, whole, &season, &options, CUT - FIRST + 1, &check), 0);
	assert_true(check.differ > 0);
	assert_non_null(strstr(check.first, " in the walk, "));
	season_done(&season);
	snapshot_drop(then);
	snapshot_drop(whole);
}

/* Of two men of one name each is projected by his own games. */
static void namesakes_are_two(void **state)
{
	(void)state;
	struct snapshot *s = league_until(FIRST + DAYS);
	const struct lines none = {0};
	struct nights season;
	struct err err;
	int seen = 0;

	assert_int_equal(season_walk(s, &none, &options, FIRST, FIRST + DAYS - 1, 1, &season, &err), 0);
	for (size_t i = 0; i < season.count; i++) {
		const struct played *p = &season.played[i];

		if (p->day + 1 < DAYS || strcmp(s->player[s->row.player[p->row]].lookup, "anntwin") != 0)
			continue;
		for (int known = 0; known < KNOWN_COUNT; known++)
			assert_true(fabs(p->mean[known][MINUTES] - p->came[MINUTES]) < 6);
		seen++;
	}
	assert_int_equal(seen, 2);
	season_done(&season);
	snapshot_drop(s);
}

static void threads_change_nothing(void **state)
{
	(void)state;
	struct snapshot *s = league_until(FIRST + DAYS);
	const struct lines none = {0};
	struct nights one, four;
	struct err err;

	assert_int_equal(season_walk(s, &none, &options, FIRST, FIRST + DAYS - 1, 1, &one, &err), 0);
	assert_int_equal(season_walk(s, &none, &options, FIRST, FIRST + DAYS - 1, 4, &four, &err), 0);
	assert_int_equal(one.count, four.count);
	for (size_t i = 0; i < one.count; i++) {
		assert_memory_equal(one.played[i].mean, four.played[i].mean, sizeof(one.played[i].mean));
		assert_memory_equal(one.played[i].median, four.played[i].median, sizeof(one.played[i].median));
	}
	season_done(&one);
	season_done(&four);
	snapshot_drop(s);
}

/* A season ends where nobody plays for more than 40 days. */
static void the_newest_season_is_found(void **state)
{
	(void)state;
	struct snapshot *s = league_until(FIRST + DAYS);
	date_t from, until;

	season_find(s, INT32_MAX, &from, &until);
	assert_true(from == FIRST && until == FIRST + DAYS - 1);
	season_find(s, CUT, &from, &until);
	assert_true(from == FIRST && until == CUT);
	snapshot_drop(s);
}

static const char csv[] =
	"snapshot_utc,game_date,commence_utc,player,market,line,over_price,under_price,book\n"
	"2025-11-01T12:00:00Z,2025-11-01,2025-11-02T00:00:00Z,Ann Example Jr.,points,20.5,-110,-110,zed\n"
	"2025-11-01T17:00:00Z,2025-11-01,2025-11-02T00:00:00Z,Ann Example Jr.,points,22.5,-115,-105,zed\n"
	"2025-11-01T17:00:00Z,2025-11-01,2025-11-02T00:00:00Z,Ann Example Jr.,points,24.5,150,-190,zed\n"
	"2025-11-02T00:00:00Z,2025-11-01,2025-11-02T00:00:00Z,Ann Example Jr.,points,30.5,-110,-110,zed\n" /* it had begun */
	"2025-11-01T17:00:00Z,2025-11-01,2025-11-02T00:00:00Z,Ann Example,points,21.5,-110,-110,abe\n"
	"2025-11-01T17:00:00Z,2025-11-01,2025-11-02T00:00:00Z,Ann Example,dunks,1.5,-110,-110,abe\n"
	"2025-11-03T17:00:00Z,2025-11-03,2025-11-04T00:00:00Z,Ann Example,points,21.5,-110,-110,abe\n"; /* too late */

static void the_last_listing_before_the_game_stands(void **state)
{
	(void)state;
	char folder[] = "/tmp/propsd-walk-XXXXXX", path[64];
	struct lines lines;
	struct err err;
	date_t date;
	size_t count;

	assert_non_null(mkdtemp(folder));
	text_format(path, sizeof(path), "%s/lines.csv", folder);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(csv, f);
	fclose(f);
	assert_true(date_parse("2025-11-01", 10, &date));
	assert_int_equal(lines_load(folder, date, date + 1, &lines, &err), 0);
	unlink(path);
	rmdir(folder);
	const struct line *line = lines_of(&lines, date, "annexample", &count);
	assert_int_equal(count, 3);
	assert_string_equal(line[0].quote.book, "abe");
	assert_true(line[0].quote.line == 2150 && !line[0].quote.alternate);
	assert_string_equal(line[1].quote.book, "zed");
	assert_true(line[1].quote.line == 2250 && !line[1].quote.alternate);
	assert_true(line[2].quote.line == 2450 && line[2].quote.alternate && line[2].quote.over == 150);
	lines_of(&lines, date, "annexamplejr", &count);
	assert_int_equal(count, 3);
	lines_of(&lines, date + 1, "annexample", &count);
	assert_int_equal(count, 0);
	lines_done(&lines);
}

/* Days are drawn, not cases: one day is as far as a mean may stray. */
static void intervals_are_of_days(void **state)
{
	(void)state;
	static struct score s;

	s = (struct score){0};
	for (int i = 0; i < 1000; i++)
		score_add(&s, 3, i % 2);
	struct interval i = score_interval(&s);
	assert_true(score_mean(&s) == 0.5 && i.low == 0.5 && i.high == 0.5);
	for (int k = 0; k < 1000; k++)
		score_add(&s, 9, 1);
	i = score_interval(&s);
	assert_true(i.low == 0.5 && i.high == 1 && score_count(&s) == 2000);
	assert_true(fabs(log_loss(0.5, 1) - log(2)) < 1e-12 && log_loss(0, 1) < 7 && log_loss(1, 1) < 0.002);
	assert_true(brier(0.25, 1) == 0.5625);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_later_is_known),
		cmocka_unit_test(namesakes_are_two),
		cmocka_unit_test(threads_change_nothing),
		cmocka_unit_test(the_newest_season_is_found),
		cmocka_unit_test(the_last_listing_before_the_game_stands),
		cmocka_unit_test(intervals_are_of_days),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
