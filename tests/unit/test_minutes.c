/* The minutes of a projection, each rule by itself, on leagues in which everybody plays 30 minutes. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "league/build.h"
#include "model/context.h"
#include "model/features.h"
#include "model/form.h"
#include "model/projection.h"

enum { GAMES = 20, PLAYERS = 8 };
#define FIRST_DAY "2025-01-01"

/* What player A of AAA does in a game; the zero is what all others do in all of theirs. */
struct line {
	bool absent, starter;
	float minutes; /* 0: 30 */
	float points; /* 0: as many as the minutes let expect */
};

static date_t day(const char *text)
{
	date_t date;

	assert_true(date_parse(text, strlen(text), &date));
	return date;
}

static void add_line(struct build *b, date_t date, bool home, int player, const struct line *line)
{
	char name[32];
	struct err err = {0};
	struct build_line row = {.person_id = 100 * home + player + 1,
		.name = name,
		.date = date,
		.team = home ? "BBB" : "AAA",
		.opponent = home ? "AAA" : "BBB",
		.home = home,
		.starter = line->starter,
		.minutes = line->minutes > 0 ? line->minutes : 30,
		.fga = 10,
		.fta = 2,
		.oreb = 1};

	for (int i = 0; i < STAT_COUNT; i++)
		row.stat[i] = row.minutes / 10; /* nobody scores more a minute than another */
	if (line->points > 0)
		row.stat[STAT_POINTS] = line->points;
	text_format(name, sizeof(name), "Player %c of %s", 'A' + player, row.team);
	if (!line->absent && build_line(b, &row, &err) < 0)
		fail_msg("%s", err.text);
}

/* AAA at BBB every second day. */
static struct snapshot *league_of(const struct line lines[GAMES])
{
	static const struct line usual = {0};
	struct build *b = build_new();
	struct snapshot *s;
	struct err err = {0};

	assert_non_null(b);
	for (int g = 0; g < GAMES; g++) {
		for (int side = 0; side < 2; side++) {
			for (int p = 0; p < PLAYERS; p++)
				add_line(b, day(FIRST_DAY) + 2 * g, side, p, side == 0 && p == 0 ? &lines[g] : &usual);
		}
	}
	if (build_finish(b, 1, &s, &err) < 0)
		fail_msg("%s", err.text);
	build_free(b);
	assert_int_equal(model_prepare(s), 0);
	return s;
}

/* Two days after the last game. */
static double minutes_of(
	const struct snapshot *s, const char *player, int starter, const struct live_mate *mates, size_t mate_count)
{
	const struct live live = {.date = day(FIRST_DAY) + 2 * GAMES,
		.player = player,
		.game_id = "",
		.team = "AAA",
		.opponent = "BBB",
		.home = 0,
		.starter = starter,
		.mates = mates,
		.mate_count = mate_count};
	const uint32_t who = snapshot_player(s, player, live.date);
	struct context context;
	struct projection p;
	struct form form;

	assert_int_not_equal(who, NO_INDEX);
	form_of(&form, s, &s->features->league, who, live.date, FORM_GAMES);
	context_compute(s, &live, &context);
	projection_compute(s, &live, &context, who, &form, NULL, 0, &p);
	return p.minutes;
}

static double alone(const struct line lines[GAMES], int starter)
{
	struct snapshot *s = league_of(lines);
	const double minutes = minutes_of(s, "playeraofaaa", starter, NULL, 0);

	snapshot_drop(s);
	return minutes;
}

/* What is made of minutes in the end: a little more in the midst of the rotation, less at both ends. */
static double shaped(double minutes)
{
	const double below = minutes < 24 ? 24 - minutes : 0;

	minutes += 0.25 - 0.13 * (below < 8 ? below : 8);
	minutes = minutes > 32 ? 32 + 0.87 * (minutes - 32) : minutes;
	minutes = minutes > 36 ? 36 + (minutes - 36) / 2 : minutes;
	return minutes < 42 ? minutes : 42;
}

static void assert_minutes(double is, double should)
{
	should = shaped(should);
	if (fabs(is - should) > 0.01)
		fail_msg("%.4f, not %.4f", is, should);
}

static void whose_games_are_alike_gets_the_same_again(void **state)
{
	(void)state;
	const struct line lines[GAMES] = {0};

	assert_minutes(alone(lines, -1), 30);
}

/* 0.35 of the latest games, of which one is 0.45, and so on. */
static void the_latest_game_counts_most(void **state)
{
	(void)state;
	struct line lines[GAMES] = {0};

	lines[GAMES - 1].minutes = 20;
	const double of_long = (1 - 0.97) / (1 - pow(0.97, GAMES)),
		     of_short = 1 / ((1 - pow(0.82, GAMES)) / 0.18 + 0.1);
	assert_minutes(alone(lines, -1), 30 - 10 * (0.35 * 0.45 + 0.25 * of_long + 0.4 * of_short));
}

static void miss(struct line lines[GAMES], int first, int count)
{
	for (int g = first; g < first + count; g++)
		lines[g].absent = true;
}

static void who_comes_back_plays_less_at_first(void **state)
{
	(void)state;
	static const int missed[] = {1, 3, 6, 14};

	for (size_t i = 0; i < sizeof(missed) / sizeof(missed[0]); i++) {
		struct line first[GAMES] = {0}, second[GAMES] = {0}, third[GAMES] = {0};
		const int n = missed[i];

		miss(first, GAMES - n, n);
		assert_minutes(alone(first, -1), 30 * (1 - 0.38 * n / (n + 9)));
		miss(second, GAMES - 1 - n, n);
		assert_minutes(alone(second, -1), 30 * (1 - 0.08 * n / (n + 9)));
		miss(third, GAMES - 2 - n, n);
		assert_minutes(alone(third, -1), 30);
	}
}

static void of_many_minutes_half_of_what_is_beyond_36_comes_true(void **state)
{
	(void)state;
	struct line lines[GAMES] = {0};

	for (int g = 0; g < GAMES; g++)
		lines[g].minutes = 41;
	const double form = alone(lines, -1);
	assert_true(form > shaped(41) - 0.1 && form <= shaped(41)); /* the league's 30 count a tenth of a game */
}

/* Who scores twice what the league does a minute plays 1.7 minutes more, but an hour as the league does is mixed in. */
static void who_scores_more_plays_more(void **state)
{
	(void)state;
	struct line lines[GAMES] = {0};

	for (int g = 0; g < GAMES; g++)
		lines[g].points = 6;
	struct snapshot *s = league_of(lines);
	const uint32_t who = snapshot_player(s, "playeraofaaa", day(FIRST_DAY) + 2 * GAMES);
	struct form form;

	form_of(&form, s, &s->features->league, who, day(FIRST_DAY) + 2 * GAMES, FORM_GAMES);
	const double scores = form_scores(&form, &s->features->league), games = (1 - pow(0.82, GAMES)) / 0.18;
	const double usual = 3 * 17.0 / 16; /* he is one of sixteen */
	const double wanted = (6 * games + 2 * usual) / ((games + 2) * usual);
	assert_true(fabs(scores - wanted) < 0.01);
	assert_minutes(minutes_of(s, "playeraofaaa", -1, NULL, 0), 30 + 1.7 * (scores - 1));
	assert_true(scores > 1.5);
	snapshot_drop(s);
}

static void near_the_end_of_the_bench_less_comes_true(void **state)
{
	(void)state;
	static const float minutes[] = {10, 18, 22, 25, 34};

	for (size_t i = 0; i < sizeof(minutes) / sizeof(minutes[0]); i++) {
		struct line lines[GAMES] = {0};

		for (int g = 0; g < GAMES; g++)
			lines[g].minutes = minutes[i];
		const double is = alone(lines, -1), should = shaped((double)minutes[i]);
		if (fabs(is - should) > 0.25) /* the league's 30 count a tenth of a game */
			fail_msg("%.4f, not %.4f", is, should);
	}
}

static void a_start_is_worth_six_minutes_or_what_his_starts_were(void **state)
{
	(void)state;
	struct line lines[GAMES] = {0};

	/* He never started; by his minutes he would in 16 games of 18, which counts as one game. */
	double games = (1 - pow(0.85, GAMES)) / 0.15, share = 16 / 18.0 / (games + 1);
	assert_minutes(alone(lines, 1), 30 + 6 * (1 - share));
	/* One start, four games ago, of 20 minutes: he is the starter that he was. */
	lines[GAMES - 4] = (struct line){.starter = true, .minutes = 20};
	const double was = pow(0.85, 3), sum = (1 - pow(0.82, GAMES)) / 0.18;
	const double of_latest = pow(0.55, 3) * 0.45 / (1 - pow(0.55, GAMES)), of_short = pow(0.82, 3) / sum,
		     of_long = pow(0.97, 3) * 0.03 / (1 - pow(0.97, GAMES)), counts = pow(0.82, 3) / (sum + 0.1);
	const double form = 30 - 10 * (0.35 * of_latest + 0.4 * counts + 0.25 * of_long);
	double guess = (form - 14) / 18;
	share = (was + guess) / (games + 1);
	/* The latest games say less where the role is known. */
	const double starts = form + 0.25 * 10 * (of_latest - of_short) + 6 * (1 - share);
	assert_minutes(alone(lines, 1), starts + (1 - share) * was / (was + 1.5) * (20 - starts));
}

/* --- team-mates ------------------------------------------------------------------------------------------------- */

/* Player B's minutes, were player A there with that probability: by the rule, of two men of 30 minutes each. */
static double beside(double plays, double seen)
{
	const double moved = 0.5 * 30 * (seen - plays);
	double lack = 240 - 30 * plays - 30 - moved;

	lack = lack > 50 ? 50 : lack;
	if (plays <= 0) /* nobody whom he could share the rest with is known */
		lack = 0;
	return 30 + (moved + 0.25 * lack) / (1 + plays);
}

/* In how much of B's window A was seen who missed the last games. */
static double seen_before(int missed)
{
	double all = 0, seen = 0;

	for (int i = 0; i < 12; i++) {
		all += pow(0.85, i);
		seen += i >= missed ? pow(0.85, i) : 0;
	}
	return seen / all;
}

static void where_nothing_is_heard_games_missed_tell_who_plays(void **state)
{
	(void)state;
	static const struct {
		int missed;
		double plays;
	} cases[] = {{0, 0.91}, {1, 0.45}, {2, 0.225}, {3, 0.15}, {9, 0.05}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct live_mate mate = {.lookup = "playeraofaaa"};
		struct line lines[GAMES] = {0};

		miss(lines, GAMES - cases[i].missed, cases[i].missed);
		struct snapshot *s = league_of(lines);
		const double seen = seen_before(cases[i].missed);
		assert_minutes(minutes_of(s, "playerbofaaa", -1, &mate, 1), beside(cases[i].plays, seen));
		/* What is heard of him himself goes before. */
		for (enum injury_status status = INJURY_AVAILABLE; status < INJURY_COUNT; status++) {
			mate.status = status;
			assert_minutes(
				minutes_of(s, "playerbofaaa", -1, &mate, 1), beside(injury_status_plays(status), seen));
		}
		snapshot_drop(s);
	}
}

static void whom_reports_leave_out_is_there_again(void **state)
{
	(void)state;
	const struct live_mate unlisted[] = {
		{.lookup = "playeraofaaa"}, {.lookup = "playercofaaa", .status = INJURY_OUT}};
	const struct live_mate listed[] = {{.lookup = "playeraofaaa", .status = INJURY_AVAILABLE}, unlisted[1]};
	struct line lines[GAMES] = {0};

	miss(lines, GAMES - 5, 5);
	struct snapshot *s = league_of(lines);
	const double heard = minutes_of(s, "playerbofaaa", -1, unlisted, 2);
	/* 0.97, more than who is reported available. */
	assert_true(heard < minutes_of(s, "playerbofaaa", -1, listed, 2));
	assert_true(heard > minutes_of(s, "playerbofaaa", -1, listed, 2) - 0.5);
	snapshot_drop(s);
	/* A reserve is on no report either way. */
	for (int g = 0; g < GAMES - 5; g++)
		lines[g].minutes = 8;
	s = league_of(lines);
	assert_true(minutes_of(s, "playerbofaaa", -1, unlisted, 2) > minutes_of(s, "playerbofaaa", -1, listed, 2) + 0.5);
	snapshot_drop(s);
}

static void a_team_has_240_minutes(void **state)
{
	(void)state;
	static const char *const lookups[] = {"playeraofaaa", "playercofaaa", "playerdofaaa", "playereofaaa",
		"playerfofaaa", "playergofaaa", "playerhofaaa"};
	struct live_mate mates[PLAYERS - 1];
	const struct line lines[GAMES] = {0};

	for (int i = 0; i < PLAYERS - 1; i++)
		mates[i] = (struct live_mate){lookups[i], INJURY_AVAILABLE};
	struct snapshot *s = league_of(lines);
	/* Each of the seven leaves a twentieth: 10.5 minutes, of which the half is handed on, and a quarter of what lacks
	 * then. */
	const double moved = 0.5 * 10.5, lack = 10.5 - moved, rest = moved + 0.25 * lack;
	assert_minutes(minutes_of(s, "playerbofaaa", -1, mates, PLAYERS - 1), 30 + rest / (1 + 7 * 0.95));
	snapshot_drop(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whose_games_are_alike_gets_the_same_again),
		cmocka_unit_test(the_latest_game_counts_most),
		cmocka_unit_test(who_comes_back_plays_less_at_first),
		cmocka_unit_test(of_many_minutes_half_of_what_is_beyond_36_comes_true),
		cmocka_unit_test(who_scores_more_plays_more),
		cmocka_unit_test(near_the_end_of_the_bench_less_comes_true),
		cmocka_unit_test(a_start_is_worth_six_minutes_or_what_his_starts_were),
		cmocka_unit_test(where_nothing_is_heard_games_missed_tell_who_plays),
		cmocka_unit_test(whom_reports_leave_out_is_there_again),
		cmocka_unit_test(a_team_has_240_minutes),
	};

	return cmocka_run_group_tests_name("minutes", tests, NULL, NULL);
}
