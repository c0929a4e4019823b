#include "model/model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"
#include "league/build.h"
#include "model/context.h"
#include "model/features.h"
#include "model/similarity.h"

/* --- a small league: four teams of eight, two games every second day, figures out of a fixed generator
 * ------------ */

static const char *const codes[] = {"AAA", "BBB", "CCC", "DDD"};
enum { TEAMS = 4, PLAYERS = 8, DAYS = 60 };

static date_t day(const char *text)
{
	date_t date;

	assert_true(date_parse(text, strlen(text), &date));
	return date;
}

#define FIRST_DAY "2025-01-01"
#define TONIGHT "2025-03-02" /* two days after the last game: AAA at BBB, by the schedule */

static unsigned next(unsigned *state)
{
	*state = *state * 1103515245u + 12345u;
	return *state >> 16 & 0x7fff;
}

/* Player 0 is a star, 7 hardly plays; 5 and 6 of a team are twins, the same in every figure. */
static void add_lines(struct build *b, date_t date, int team, int opponent, bool home, unsigned *random)
{
	static const float minutes[PLAYERS] = {36, 33, 30, 28, 25, 16, 16, 4};
	struct err err = {0};

	for (int p = 0; p < PLAYERS; p++) {
		char name[32];
		struct build_line line = {
			.person_id = 100 + team * 10 + p,
			.date = date,
			.team = codes[team],
			.opponent = codes[opponent],
			.home = home,
			.starter = p < 5,
			.minutes = minutes[p] + (float)(next(random) % 9) - 4,
		};
		unsigned state = *random, *dice = p == 6 ? &state : random;

		if (p == 6) { /* as 5, who came before */
			*dice = (unsigned)(date * 31 + team);
			line.minutes = 16 + (float)(*dice % 5);
		}
		if (p == 5) {
			state = (unsigned)(date * 31 + team);
			dice = &state;
			line.minutes = 16 + (float)(state % 5);
		}
		text_format(name, sizeof(name), "Player %c of %s", 'A' + p, codes[team]);
		line.name = name;
		line.stat[STAT_POINTS] = floorf(line.minutes * (p == 0 ? 0.9f : 0.4f)) + (float)(next(dice) % 7);
		line.stat[STAT_REBOUNDS] = floorf(line.minutes * 0.15f) + (float)(next(dice) % 4);
		line.stat[STAT_ASSISTS] = floorf(line.minutes * 0.1f) + (float)(next(dice) % 3);
		line.stat[STAT_THREES] = (float)(next(dice) % 4);
		line.stat[STAT_STEALS] = (float)(next(dice) % 3);
		line.stat[STAT_BLOCKS] = (float)(next(dice) % 2);
		line.stat[STAT_TURNOVERS] = (float)(next(dice) % 4);
		line.fga = line.stat[STAT_POINTS] * 0.9f;
		line.fta = 2;
		line.oreb = 1;
		if (build_line(b, &line, &err) < 0)
			fail_msg("%s", err.text);
	}
}

static struct snapshot *finished(struct build *b)
{
	struct snapshot *s;
	struct err err = {0};

	if (build_finish(b, 1, &s, &err) < 0)
		fail_msg("%s", err.text);
	build_free(b);
	assert_int_equal(model_prepare(s), 0);
	return s;
}

static struct snapshot *small_league(unsigned seed)
{
	struct build *b = build_new();
	struct err err = {0};
	unsigned random = seed;

	assert_non_null(b);
	for (int d = 0; d < DAYS; d += 2) {
		date_t date = day(FIRST_DAY) + d;
		int a = d / 2 % 3 + 1; /* AAA meets BBB, CCC, DDD in turn */
		int c = a == 1 ? 2 : 1, e = 6 - a - c;

		add_lines(b, date, 0, a, d % 4 == 0, &random);
		add_lines(b, date, a, 0, d % 4 != 0, &random);
		add_lines(b, date, c, e, false, &random);
		add_lines(b, date, e, c, true, &random);
	}
	struct build_game game = {.date = day(TONIGHT), .away = "AAA", .home = "BBB"};
	assert_int_equal(build_game(b, &game, &err), 0);
	return finished(b);
}

static struct snapshot *league; /* made once, read by all tests */

static int set_up(void **state)
{
	(void)state;
	league = small_league(1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	snapshot_drop(league);
	return 0;
}

/* --- a run ------------------------------------------------------------------------------------------------------ */

#define QUOTES 3
#define MATES (PLAYERS - 1)

/* Tonight's state of player A of AAA, who is visiting BBB. */
struct night {
	struct live live;
	struct live_quote quotes[QUOTES];
	struct live_mate mates[MATES];
	struct live_book_figure totals[2], spreads[2];
	struct model_options options;
};

static const char *const mates_of_a[MATES] = {
	"playerbofaaa", "playercofaaa", "playerdofaaa", "playereofaaa", "playerfofaaa", "playergofaaa", "playerhofaaa"};

static void night_init(struct night *n)
{
	memset(n, 0, sizeof(*n));
	n->quotes[0] = (struct live_quote){MARKET_POINTS, false, "one", 3250, -110, -110};
	n->quotes[1] = (struct live_quote){MARKET_POINTS, true, "one", 3600, 150, 0};
	n->quotes[2] = (struct live_quote){MARKET_REBOUNDS, false, "two", 700, 100, -130};
	for (int i = 0; i < MATES; i++)
		n->mates[i] = (struct live_mate){mates_of_a[i], INJURY_NONE};
	n->totals[0] = (struct live_book_figure){"one", 22000};
	n->totals[1] = (struct live_book_figure){"two", 22200};
	n->spreads[0] = (struct live_book_figure){"one", -600};
	n->spreads[1] = (struct live_book_figure){"two", -700};
	n->options = (struct model_options){.neighbours = 20, .min_edge = 0.03, .min_return = -1, .market = true};
	n->live = (struct live){
		.date = day(TONIGHT),
		.player = "playeraofaaa",
		.game_id = "20250302_AAA_BBB",
		.team = "AAA",
		.opponent = "BBB",
		.home = 0,
		.injury_reason = "",
		.starter = -1,
		.mates = n->mates,
		.mate_count = MATES,
		.quotes = n->quotes,
		.quote_count = QUOTES,
		.totals = n->totals,
		.total_count = 2,
		.spreads = n->spreads,
		.spread_count = 2,
	};
}

static int64_t no_time(void)
{
	return 0;
}

/* One run after another as the daemon makes them, each remembering the one before. */
struct player_runs {
	struct arena *arena;
	struct context context;
	struct stage_record context_record;
	struct model_memory memory;
	struct model_result result;
};

static void runs_init(struct player_runs *r)
{
	memset(r, 0, sizeof(*r));
	r->arena = arena_new();
	assert_non_null(r->arena);
}

static void runs_done(struct player_runs *r)
{
	for (int i = 0; i < STAGE_COUNT; i++)
		free((void *)(uintptr_t)r->memory.next[i]);
	arena_free(r->arena);
}

static void run(struct player_runs *r, const struct snapshot *s, const struct night *n)
{
	struct fingerprint inputs = context_inputs(s, &n->live);
	struct stage_record *record = &r->context_record;

	record->reused = record->present && fingerprint_equal(inputs, record->fingerprint);
	if (!record->reused)
		context_compute(s, &n->live, &r->context);
	record->present = true;
	record->fingerprint = inputs;
	memcpy(r->memory.previous, r->memory.next, sizeof(r->memory.previous));
	assert_int_equal(
		model_run(s, &n->options, &n->live, &r->context, record, &r->memory, r->arena, no_time, &r->result), 0);
	for (int i = 0; i < STAGE_COUNT; i++) {
		if (r->memory.previous[i] != r->memory.next[i])
			free((void *)(uintptr_t)r->memory.previous[i]);
	}
}

static struct model_result fresh(struct player_runs *r, const struct snapshot *s, const struct night *n)
{
	runs_init(r);
	run(r, s, n);
	return r->result;
}

/* --- context ---------------------------------------------------------------------------------------------------- */

static struct context context_of(const struct snapshot *s, const struct live *live)
{
	struct context c;

	context_compute(s, live, &c);
	return c;
}

static bool near(double is, double should)
{
	return fabs(is - should) < 1e-4 * fabs(should) + 1e-9;
}

static void a_context_is_the_same_from_either_side_of_the_game(void **state)
{
	(void)state;
	struct night away, home;

	night_init(&away);
	night_init(&home);
	home.live.player = "playeraofbbb";
	home.live.team = "BBB";
	home.live.opponent = "AAA";
	home.live.home = 1;
	struct context a = context_of(league, &away.live), b = context_of(league, &home.live);

	assert_true(fingerprint_equal(context_inputs(league, &away.live), context_inputs(league, &home.live)));
	assert_memory_equal(&a, &b, sizeof(a));
	assert_ptr_equal(context_sides(&a, &away.live).own, &a.away);
	assert_ptr_equal(context_sides(&a, &home.live).own, &a.home);
	assert_ptr_equal(context_sides(&a, &home.live).opponent, &a.away);
}

static void total_and_spread_are_medians_over_the_books(void **state)
{
	(void)state;
	struct night n;

	night_init(&n);
	struct context c = context_of(league, &n.live);
	assert_true(near((double)c.total, 221) && near((double)c.spread, -6.5));
	/* 221 points, the home side by 6.5. */
	assert_true(near((double)c.home.implied_points, 113.75) && near((double)c.away.implied_points, 107.25));

	const struct live_book_figure three[] = {{"a", 22500}, {"b", 21000}, {"c", 22350}};
	n.live.totals = three;
	n.live.total_count = 3;
	assert_true(near((double)context_of(league, &n.live).total, 223.5));
}

static void a_book_that_moves_without_the_median_changes_nothing(void **state)
{
	(void)state;
	struct night n;
	struct live_book_figure three[] = {{"a", 22500}, {"b", 21000}, {"c", 22350}};

	night_init(&n);
	n.live.totals = three;
	n.live.total_count = 3;
	struct fingerprint before = context_inputs(league, &n.live);
	three[0].value = 22800;
	assert_true(fingerprint_equal(before, context_inputs(league, &n.live)));
	three[1].value = 22600;
	assert_false(fingerprint_equal(before, context_inputs(league, &n.live)));
}

static void without_books_the_schedules_line_counts_else_history(void **state)
{
	(void)state;
	struct build *b = build_new();
	struct err err = {0};
	unsigned random = 3;
	struct night n;

	for (int d = 0; d < 20; d++)
		add_lines(b, day(FIRST_DAY) + d, d % 2, 1 - d % 2, false, &random),
			add_lines(b, day(FIRST_DAY) + d, 1 - d % 2, d % 2, true, &random);
	struct build_game game = {.date = day(TONIGHT), .away = "AAA", .home = "BBB"};
	struct build_odds odds = {.date = day(TONIGHT), .away = "AAA", .home = "BBB", .total = 230, .spread = 4};
	assert_int_equal(build_game(b, &game, &err), 0);
	assert_int_equal(build_odds(b, &odds, &err), 1);
	struct snapshot *s = finished(b);

	night_init(&n);
	n.live.total_count = n.live.spread_count = 0;
	struct context c = context_of(s, &n.live);
	assert_true(near((double)c.total, 230) && near((double)c.spread, 4));
	assert_true(near((double)c.home.implied_points, 113) && near((double)c.away.implied_points, 117));
	snapshot_drop(s);

	c = context_of(league, &n.live);
	assert_true(isnan(c.total) && isnan(c.spread));
	assert_true(c.home.implied_points > 80 && c.home.implied_points < 200);
}

static void rest_is_counted_from_the_last_game_at_most_a_week(void **state)
{
	(void)state;
	struct night n;

	night_init(&n);
	assert_true(context_of(league, &n.live).away.rest_days == 2);
	n.live.date = day(TONIGHT) + 1; /* the day after a game that is only on the schedule */
	assert_true(context_of(league, &n.live).away.rest_days == 1);
	n.live.date = day(TONIGHT) + 30;
	assert_true(context_of(league, &n.live).away.rest_days == 7);
}

/*
 * BBB lets its opponents have twice the assists of everyone else's opponents, the rest being equal. Ten games
 * each way: the ratio is (10 games of it + 12 of the prior 1) / 22, up to the league's own mean moving with
 * it.
 */
static void a_defence_is_what_it_allows_against_the_league_drawn_to_it(void **state)
{
	(void)state;
	struct build *b = build_new();
	struct err err = {0};
	struct night n;

	for (int d = 0; d < 10; d++) {
		for (int side = 0; side < 4; side++) {
			static const int opponent[] = {1, 0, 3, 2};
			struct build_team_line line = {.date = day("2025-02-10") + d,
				.team = codes[side],
				.opponent = codes[opponent[side]],
				.home = side % 2,
				.minutes = 240,
				.fga = 90,
				.fta = 20,
				.oreb = 10};

			for (int i = 0; i < STAT_COUNT; i++)
				line.stat[i] = 10;
			line.stat[STAT_POINTS] = 110;
			line.stat[STAT_ASSISTS] = side == 0 ? 40 : 20; /* AAA's are what BBB allows */
			assert_int_equal(build_team_line(b, &line, &err), 0);
		}
	}
	struct snapshot *s = finished(b);
	night_init(&n);
	struct context c = context_of(s, &n.live);
	/* The league's mean is 25 a game; possessions 90 + 0.44 * 20 - 10 + 10 = 98.8, which is the pace as
	 * well, drawn to the 98 that is assumed before anything is known. */
	double league_pace = (40 * 98.8 + 60 * 98.0) / 100, prior = 12 * league_pace, games = 10 * 98.8;
	double mean = 25 / 98.8;
	assert_true(near((double)c.home.defence[STAT_ASSISTS], (10 * 40 / mean + prior) / (games + prior)));
	assert_true(near((double)c.away.defence[STAT_ASSISTS], (10 * 20 / mean + prior) / (games + prior)));
	assert_true(near((double)c.home.defence[STAT_REBOUNDS], (10 * 10 / (10 / 98.8) + prior) / (games + prior)));
	double pace = (10 * 98.8 + 12 * 98.0) / 22;
	assert_true(near((double)c.home.usual_pace, pace));
	assert_true(near((double)c.home.pace, 2 * pace - league_pace));
	assert_true(near((double)c.home.usual_points, (10 * 110 + 12 * 108.0) / 22));
	snapshot_drop(s);
}

/* Every statistic 10 in each of the games; the last one is the playoffs' by its number, or has 82 before it. */
static struct context after(int games, const char *number)
{
	struct build *b = build_new();
	struct err err = {0};
	struct night n;

	for (int d = games; d > 0; d--) {
		for (int side = 0; side < 2; side++) {
			struct build_team_line line = {.date = day(TONIGHT) - d,
				.team = codes[side],
				.opponent = codes[1 - side],
				.home = side,
				.minutes = 240,
				.fga = 90,
				.fta = 20,
				.oreb = 10};

			for (int i = 0; i < STAT_COUNT; i++)
				line.stat[i] = 10;
			assert_int_equal(build_team_line(b, &line, &err), 0);
		}
	}
	struct build_game game = {.date = day(TONIGHT), .away = "AAA", .home = "BBB", .league_id = number};
	assert_int_equal(build_game(b, &game, &err), 0);
	struct snapshot *s = finished(b);
	night_init(&n);
	struct context c = context_of(s, &n.live);
	snapshot_drop(s);
	return c;
}

static double ratio(const struct context *a, const struct context *b, enum statistic stat)
{
	return (double)a->level[stat] / (double)b->level[stat];
}

static void less_comes_of_a_minute_after_the_regular_season(void **state)
{
	(void)state;
	const struct context season = after(50, "0022400900"), playoffs = after(50, "0042400101");
	const struct context play_in = after(50, "0052400101"), by_count = after(82, NULL), before = after(81, NULL);

	assert_true(near(ratio(&playoffs, &season, STAT_POINTS), 0.975));
	assert_true(near(ratio(&playoffs, &season, STAT_ASSISTS), 0.925));
	assert_true(near(ratio(&playoffs, &season, STAT_BLOCKS), 1));
	assert_memory_equal(playoffs.level, play_in.level, sizeof(playoffs.level));
	assert_true(fabs(ratio(&by_count, &before, STAT_TURNOVERS) - 0.94) < 0.001);
}

static void an_unknown_game_has_a_neutral_context(void **state)
{
	(void)state;
	static const char *const ids[] = {"", "20250302", "20250302_AAA", "20250302_AAA_XYZ", "20250302_AAA_AAA",
		"20250302_LONGNAME_BBB", "_", "__"};
	struct night n;

	night_init(&n);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		n.live.game_id = ids[i];
		struct context c = context_of(league, &n.live);

		assert_false(c.known);
		for (int k = 0; k < STAT_COUNT; k++)
			assert_true(c.home.defence[k] == 1 && c.away.defence[k] == 1 && c.level[k] == 1);
		assert_true(c.home.pace == c.home.usual_pace && c.home.implied_points == c.home.usual_points);
	}
	night_init(&n);
	n.live.home = -1;
	struct context c = context_of(league, &n.live);
	assert_true(c.known);
	assert_true(context_sides(&c, &n.live).own->defence[STAT_POINTS] == 1);
}

static void a_context_knows_only_what_was_before_the_date(void **state)
{
	(void)state;
	/* Two leagues that are the same until the middle and differ after it. */
	struct build *b = build_new();
	unsigned random = 9, other;
	struct snapshot *s[2];
	struct night n;

	for (int variant = 0; variant < 2; variant++) {
		b = variant ? build_new() : b;
		random = 9;
		for (int d = 0; d < 40; d++) {
			other = variant && d >= 20 ? 77u + (unsigned)d : random;
			add_lines(b, day(FIRST_DAY) + d, 0, 1, false, &other);
			add_lines(b, day(FIRST_DAY) + d, 1, 0, true, &other);
			random = other;
		}
		s[variant] = finished(b);
	}
	night_init(&n);
	n.live.game_id = "20250121_AAA_BBB";
	n.live.date = day("2025-01-21"); /* day 20 */
	struct context first = context_of(s[0], &n.live), second = context_of(s[1], &n.live);
	assert_memory_equal(&first.home, &second.home, sizeof(first.home));
	n.live.date = day("2025-02-05");
	first = context_of(s[0], &n.live);
	second = context_of(s[1], &n.live);
	assert_memory_not_equal(&first.home, &second.home, sizeof(first.home));
	snapshot_drop(s[0]);
	snapshot_drop(s[1]);
}

/* --- similarity ------------------------------------------------------------------------------------------------- */

struct reference {
	float squared;
	date_t date;
	int64_t person_id;
	uint32_t row;
};

static int by_nearness(const void *a, const void *b)
{
	const struct reference *x = a, *y = b;

	if (x->squared != y->squared)
		return x->squared < y->squared ? -1 : 1;
	if (x->date != y->date)
		return x->date > y->date ? -1 : 1;
	if (x->person_id != y->person_id)
		return x->person_id < y->person_id ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static const struct snapshot *sorted_in;

static int as_shown(const void *a, const void *b)
{
	const struct similar_game *x = a, *y = b;
	long p = lrint((double)x->distance * 1e4), q = lrint((double)y->distance * 1e4);
	const struct snapshot *s = sorted_in;

	if (p != q)
		return p < q ? -1 : 1;
	if (s->row.date[x->row] != s->row.date[y->row])
		return s->row.date[x->row] < s->row.date[y->row] ? -1 : 1;
	return strcmp(s->player[s->row.player[x->row]].lookup, s->player[s->row.player[y->row]].lookup);
}

/* Every row, one after the other, then a sort. */
static size_t brute_force(
	const struct snapshot *s, const struct situation *at, date_t date, size_t k, struct similar_game *ret)
{
	const struct model_features *f = s->features;
	struct reference *all = calloc(s->row.count, sizeof(*all));
	size_t count = 0;

	for (uint32_t row = 0; row < s->row.count; row++) {
		float squared = 0;

		if (s->row.date[row] >= date)
			continue;
		for (uint32_t i = 0; i < FEATURE_COUNT; i++) {
			uint32_t place = (row / LANES * FEATURE_HALF + i % FEATURE_HALF) * LANES + row % LANES;
			float difference = f->half[i / FEATURE_HALF][place] - at->feature[i] * f->scale[i];

			squared += difference * difference;
		}
		if (squared < TOO_FAR_SQUARED)
			all[count++] = (struct reference){
				squared, s->row.date[row], s->player[s->row.player[row]].person_id, row};
	}
	qsort(all, count, sizeof(*all), by_nearness);
	if (count > k)
		count = k;
	for (size_t i = 0; i < count; i++)
		ret[i] = (struct similar_game){all[i].row, sqrtf(all[i].squared)};
	sorted_in = s;
	qsort(ret, count, sizeof(*ret), as_shown);
	free(all);
	return count;
}

static void situation_before(struct situation *at, const struct snapshot *s, uint32_t player, date_t date, int role)
{
	struct form form;
	const struct surroundings around = {2, 98, (const float[]){1.02f, 0.97f, 1, 1, 1, 1, 1}, 1};

	form_of(&form, s, &s->features->league, player, date, FORM_GAMES);
	situation_of(at, &form, &s->features->league, role, &around);
}

static void neighbours_are_those_of_brute_force_on_every_path(void **state)
{
	(void)state;
	unsigned seed = (unsigned)time(NULL);

	print_message("seed %u\n", seed);
	for (int round = 0; round < 400; round++) {
		struct similar_game expected[NEIGHBOURS_MAX], got[NEIGHBOURS_MAX];
		struct situation at;
		date_t date = day(FIRST_DAY) + rand_r(&seed) % (DAYS + 5);
		size_t k = 1 + (size_t)rand_r(&seed) % NEIGHBOURS_MAX;

		situation_before(&at, league, (uint32_t)rand_r(&seed) % league->players, date, rand_r(&seed) % 3 - 1);
		size_t count = brute_force(league, &at, date, k, expected);
		for (enum similarity_path path = SIMILARITY_PLAIN; path <= SIMILARITY_VECTOR; path++) {
			assert_int_equal(similarity_search_by(path, league, &at, date, k, got), count);
			assert_memory_equal(got, expected, count * sizeof(*got));
		}
		for (size_t i = 0; i < count; i++)
			assert_true(league->row.date[got[i].row] < date);
	}
}

static void of_equal_distances_the_newer_then_the_lower_id_is_nearer(void **state)
{
	(void)state;
	/* F and G of a team are twins: where one's game is the nearest, the other's is as near. */
	uint32_t player = snapshot_player_exact(league, "playerfofaaa");
	struct similar_game one[1], two[2];
	struct situation at;

	situation_before(&at, league, player, day(TONIGHT), 0);
	assert_int_equal(similarity_search(league, &at, day(TONIGHT), 2, two), 2);
	assert_true(two[0].distance == two[1].distance);
	assert_int_equal(league->row.game[two[0].row], league->row.game[two[1].row]);
	const struct snapshot_player *f = &league->player[league->row.player[two[0].row]];
	const struct snapshot_player *g = &league->player[league->row.player[two[1].row]];
	assert_true(f->lookup[6] == 'f' && g->lookup[6] == 'g' && f->person_id < g->person_id);
	assert_int_equal(similarity_search(league, &at, day(TONIGHT), 1, one), 1);
	assert_int_equal(one[0].row, two[0].row);
}

/* Of games that are all at the same place. */
static void where_all_are_equal_the_newest_games_are_nearest(void **state)
{
	(void)state;
	struct build *b = build_new();
	struct err err = {0};

	for (int d = 0; d < 30; d++) {
		for (int team = 0; team < 2; team++) {
			for (int p = 0; p < PLAYERS; p++) {
				char name[16];
				struct build_line line = {.name = name,
					.person_id = 100 - team * 10 - p,
					.date = day(FIRST_DAY) + d,
					.team = codes[team],
					.opponent = codes[1 - team],
					.home = team,
					.starter = 1,
					.minutes = 30,
					.stat = {20, 5, 5, 2, 1, 1, 2}};

				text_format(name, sizeof(name), "P%d of %d", p, team);
				assert_int_equal(build_line(b, &line, &err), 0);
			}
		}
	}
	struct snapshot *s = finished(b);
	struct similar_game expected[40], got[40];
	struct situation at;
	date_t date = day(FIRST_DAY) + 25;

	situation_before(&at, s, 3, date, 1);
	struct model_features *f = s->features;
	memset(f->scale, 0, sizeof(f->scale));
	for (size_t i = 0; i < (size_t)f->groups * FEATURE_HALF * LANES; i++) {
		f->half[0][i] = f->half[0][i] < TOO_FAR ? 0 : TOO_FAR;
		f->half[1][i] = 0;
	}
	for (size_t k = 1; k <= 40; k++) {
		size_t count = brute_force(s, &at, date, k, expected);

		assert_int_equal(count, k);
		for (enum similarity_path path = SIMILARITY_PLAIN; path <= SIMILARITY_VECTOR; path++) {
			assert_int_equal(similarity_search_by(path, s, &at, date, k, got), count);
			assert_memory_equal(got, expected, count * sizeof(*got));
		}
	}
	/* Sixteen players a day: the last is the day before, the 40 nearest are of the last three. */
	for (int i = 0; i < 40; i++)
		assert_true(s->row.date[got[i].row] >= date - 3 && s->row.date[got[i].row] < date);
	for (int i = 0; i < 8; i++) /* of the third day the lowest ids: team 1's */
		assert_int_equal(s->row.home[got[i].row], 1);
	snapshot_drop(s);
}

static void nobody_is_similar_before_anyone_has_played(void **state)
{
	(void)state;
	struct similar_game found[10];
	struct situation at;

	situation_before(&at, league, 0, day(FIRST_DAY), -1);
	assert_int_equal(similarity_search(league, &at, day(FIRST_DAY), 10, found), 0);
	assert_int_equal(similarity_search(league, &at, day(TONIGHT), 0, found), 0);
	/* The first games of a player are too little to compare by. */
	assert_int_equal(similarity_search(league, &at, day(FIRST_DAY) + 10, 10, found), 0);
	assert_true(similarity_search(league, &at, day(FIRST_DAY) + 12, 10, found) > 0);
}

/* --- projection ------------------------------------------------------------------------------------------------- */

static double points(const struct night *n)
{
	struct player_runs r;
	double mean = fresh(&r, league, n).figures[MARKET_POINTS].mean;

	runs_done(&r);
	return mean;
}

static double minutes(const struct night *n)
{
	struct player_runs r;
	const double minutes = fresh(&r, league, n).minutes;

	runs_done(&r);
	return minutes;
}

static void a_projection_is_near_what_the_player_usually_does(void **state)
{
	(void)state;
	struct night n;
	struct player_runs r;
	double mean[STAT_COUNT] = {0};
	uint32_t player = snapshot_player_exact(league, "playeraofaaa"), rows = league->player[player].rows;

	night_init(&n);
	for (uint32_t i = 0; i < rows; i++) {
		for (int k = 0; k < STAT_COUNT; k++)
			mean[k] += (double)league->row.stat[k][league->player[player].first_row + i] / rows;
	}
	struct model_result result = fresh(&r, league, &n);
	assert_true(result.has_history);
	for (int k = 0; k < STAT_COUNT; k++) {
		assert_true(fabs(result.figures[k].mean - mean[k]) < 0.15 * mean[k] + 0.3);
		assert_true(result.figures[k].sd > 0.2 * sqrt(mean[k]) && result.figures[k].sd < 3 * sqrt(mean[k]));
	}
	runs_done(&r);
}

static void sums_are_the_sums_of_their_parts(void **state)
{
	(void)state;
	struct night n;
	struct player_runs r;

	night_init(&n);
	const struct figure *f = fresh(&r, league, &n).figures;
	f = r.result.figures;
	for (int m = MARKET_PRA; m < MARKET_COUNT; m++) {
		double mean = 0, least = 0, most = 0;

		for (int i = 0; i < STAT_COUNT; i++) {
			if (!(market_stats((enum market)m) & 1u << i))
				continue;
			mean += f[i].mean;
			most += f[i].sd;
			least = f[i].sd > least ? f[i].sd : least;
		}
		assert_true(near(f[m].mean, mean));
		assert_true(f[m].sd <= most * (1 + 1e-9));
		assert_true(f[m].sd > 0.5 * least);
	}
	runs_done(&r);
}

static void team_mates_who_are_out_leave_minutes_and_shots(void **state)
{
	(void)state;
	struct night n;

	night_init(&n);
	n.mates[2].status = INJURY_AVAILABLE; /* that something is heard says something of all the others */
	double all = points(&n), all_there = minutes(&n);
	n.mates[0].status = INJURY_QUESTIONABLE;
	double one_doubted = points(&n);
	n.mates[0].status = INJURY_OUT;
	double one_out = points(&n), his_leave = minutes(&n);
	n.mates[1].status = INJURY_OUT;
	double two_out = points(&n);
	assert_true(one_doubted > all && one_out > one_doubted && two_out > one_out);
	assert_true(two_out < all * 1.5);
	/* Who hardly plays leaves less. */
	night_init(&n);
	n.mates[2].status = INJURY_AVAILABLE;
	n.mates[MATES - 1].status = INJURY_OUT;
	assert_true(points(&n) > all);
	assert_true(minutes(&n) > all_there && minutes(&n) < all_there + 0.75 * (his_leave - all_there));
}

static void a_start_is_worth_minutes_to_who_comes_off_the_bench(void **state)
{
	(void)state;
	struct night n;

	night_init(&n);
	n.live.player = "playerfofaaa";
	n.mates[4].lookup = "playeraofaaa";
	double unknown = points(&n);
	n.live.starter = 1;
	double starts = points(&n);
	n.live.starter = 0;
	double bench = points(&n);
	assert_true(starts > unknown * 1.1 && bench <= unknown && bench > unknown * 0.9);
}

static void what_the_books_expect_of_the_game_moves_the_points(void **state)
{
	(void)state;
	struct night n;

	night_init(&n);
	double usual = points(&n);
	n.totals[0].value = n.totals[1].value = 25000;
	assert_true(points(&n) > usual);
	n.totals[0].value = n.totals[1].value = 18000;
	assert_true(points(&n) < usual);
	night_init(&n);
	n.spreads[0].value = n.spreads[1].value = -2500; /* a blowout: a star rests */
	assert_true(points(&n) < usual);
}

static void one_game_is_history_none_is_not(void **state)
{
	(void)state;
	struct night n;
	struct player_runs r;

	night_init(&n);
	n.live.date = day(FIRST_DAY) + 2;
	struct model_result result = fresh(&r, league, &n);
	assert_true(result.has_history);
	for (int m = 0; m < MARKET_COUNT; m++)
		assert_true(isfinite(result.figures[m].mean) && result.figures[m].mean >= 0 &&
			    isfinite(result.figures[m].sd) && result.figures[m].sd >= 0);
	runs_done(&r);

	for (int i = 0; i < 2; i++) {
		night_init(&n);
		n.quotes[0].over = n.quotes[2].under = 0; /* where books have both prices, see below */
		if (i == 0)
			n.live.date = day(FIRST_DAY);
		else
			n.live.player = "nobody";
		result = fresh(&r, league, &n);
		assert_false(result.has_history);
		assert_null(result.prices);
		assert_int_equal(result.similar_count, 0);
		assert_true(result.stages[STAGE_CONTEXT].present);
		for (int stage = STAGE_SIMILARITY; stage < STAGE_COUNT; stage++) {
			assert_false(result.stages[stage].present);
			assert_null(r.memory.next[stage]);
		}
		runs_done(&r);
	}
}

/* Points have both prices, an alternate beside them; rebounds too; nothing else is known of him. */
static void of_whom_nothing_is_known_the_books_are_believed(void **state)
{
	(void)state;
	struct player_runs r;
	struct night n;

	night_init(&n);
	n.live.player = "nobody";
	struct model_result result = fresh(&r, league, &n);
	assert_false(result.has_history);
	assert_true(result.from_market);
	assert_int_equal(result.lacks, ((1u << MARKET_COUNT) - 1) & ~(1u << MARKET_POINTS | 1u << MARKET_REBOUNDS));
	/* An even price at 32.5. */
	assert_true(
		fabs(result.prices[0].p_over - 0.5) < 0.002 && fabs(result.figures[MARKET_POINTS].mean - 32.5) < 1.5);
	assert_in_range(result.ranges[MARKET_POINTS].median, 32, 33);
	assert_true(fabs(result.prices[2].p_over - result.prices[2].fair_over) < 0.002);
	assert_true(result.prices[1].p_over < 0.5 && !result.prices[1].has_model);
	assert_int_equal(result.consensus[MARKET_POINTS].books, 1);
	assert_true(abs(result.consensus[MARKET_POINTS].line - 3250) <= 5);
	assert_int_equal(result.prices[0].recommendation, PASS); /* one book is never better than itself */
	for (int stage = STAGE_SIMILARITY; stage < STAGE_COUNT; stage++)
		assert_null(r.memory.next[stage]);

	struct model_result without;
	assert_int_equal(model_run_unknown(&n.options, &n.live, r.arena, no_time, &without), 0);
	assert_memory_equal(without.figures, result.figures, sizeof(result.figures));
	n.options.market = false;
	assert_int_equal(model_run_unknown(&n.options, &n.live, r.arena, no_time, &without), 0);
	assert_false(without.from_market);
	assert_null(without.prices);
	runs_done(&r);
}

static void without_game_team_or_mates_there_are_figures_all_the_same(void **state)
{
	(void)state;
	struct night n;
	struct player_runs r;

	night_init(&n);
	n.live.game_id = n.live.team = n.live.opponent = "";
	n.live.home = -1;
	n.live.mate_count = n.live.total_count = n.live.spread_count = n.live.quote_count = 0;
	struct model_result result = fresh(&r, league, &n);
	assert_true(result.has_history && result.figures[MARKET_POINTS].mean > 20);
	runs_done(&r);
}

static void an_empty_league_knows_nobody(void **state)
{
	(void)state;
	struct snapshot *s = finished(build_new());
	struct night n;
	struct player_runs r;

	night_init(&n);
	assert_false(fresh(&r, s, &n).has_history);
	assert_false(r.context.known);
	runs_done(&r);
	snapshot_drop(s);
}

/* Whatever the live state says, the figures are figures: the daemon asserts on the way to the report. */
static void any_live_state_gives_finite_figures(void **state)
{
	(void)state;
	static const char *const games[] = {"", "20250302_AAA_BBB", "20250302_BBB_AAA", "20250110_CCC_DDD", "x_y_z"};
	static const char *const teams[] = {"", "AAA", "BBB", "ZZZ"};
	unsigned seed = (unsigned)time(NULL);

	print_message("seed %u\n", seed);
	for (int round = 0; round < 2000; round++) {
		struct night n;
		struct player_runs r;
		struct live_quote quotes[30];
		size_t count = (size_t)rand_r(&seed) % 30;

		night_init(&n);
		for (size_t i = 0; i < count; i++)
			quotes[i] = (struct live_quote){(enum market)(i * MARKET_COUNT / count), i % 2, "a",
				rand_r(&seed) % 20001, rand_r(&seed) % 3 ? 100 + rand_r(&seed) % 99900 : 0,
				rand_r(&seed) % 3 ? -100 - rand_r(&seed) % 99900 : 0};
		n.live.quotes = quotes;
		n.live.quote_count = count;
		n.live.player = league->player[(uint32_t)rand_r(&seed) % league->players].lookup;
		n.live.date = day(FIRST_DAY) + rand_r(&seed) % 500;
		n.live.game_id = games[rand_r(&seed) % 5];
		n.live.team = teams[rand_r(&seed) % 4];
		n.live.home = rand_r(&seed) % 3 - 1;
		n.live.starter = rand_r(&seed) % 3 - 1;
		for (int i = 0; i < MATES; i++) {
			n.mates[i].status = (enum injury_status)(rand_r(&seed) % INJURY_COUNT);
			n.mates[i].lookup = league->player[(uint32_t)rand_r(&seed) % league->players].lookup;
		}
		n.totals[0].value = 10000 + rand_r(&seed) % 30001;
		n.live.total_count = (size_t)rand_r(&seed) % 2;
		n.spreads[0].value = rand_r(&seed) % 16001 - 8000;
		n.live.spread_count = (size_t)rand_r(&seed) % 2;
		n.options.neighbours = (unsigned)rand_r(&seed) % (NEIGHBOURS_MAX + 1);
		struct model_result result = fresh(&r, league, &n);
		for (int m = 0; m < MARKET_COUNT && result.has_history; m++)
			assert_true(result.figures[m].mean >= 0 && result.figures[m].mean < 150 &&
				    result.figures[m].sd >= 0 && result.figures[m].sd < 100);
		for (size_t i = 0; i < count && result.has_history; i++)
			assert_true(result.prices[i].p_over >= 0 && result.prices[i].p_over <= 1);
		runs_done(&r);
	}
}

/* --- what is recomputed when ------------------------------------------------------------------------------------ */

struct change {
	const char *what;
	void (*make)(struct night *n);
	bool context, similarity, projection, market, pricing; /* computed anew */
};

static void nothing(struct night *n)
{
	(void)n;
}

static void price_moves(struct night *n)
{
	n->quotes[0].over = -125;
}

static void other_price_moves(struct night *n)
{
	n->quotes[0].under = -125;
}

static void line_moves(struct night *n)
{
	n->quotes[2].line = 750;
}

static void quote_goes(struct night *n)
{
	n->live.quote_count--;
}

static void book_is_renamed(struct night *n)
{
	n->quotes[0].book = n->quotes[1].book = "uno";
}

static void own_injury(struct night *n)
{
	n->live.injury = INJURY_QUESTIONABLE;
	n->live.injury_reason = "ankle";
}

static void mate_is_out(struct night *n)
{
	n->mates[2].status = INJURY_OUT;
}

static void mate_joins_whom_nobody_knows(struct night *n)
{
	n->mates[2].lookup = "nobody";
}

static void lineup_comes(struct night *n)
{
	n->live.starter = 0;
}

static void total_moves(struct night *n)
{
	n->totals[0].value += 400;
}

static void total_moves_within_the_median(struct night *n)
{
	n->totals[0].value -= 100;
	n->totals[1].value += 100;
}

static void min_edge_changes(struct night *n)
{
	n->options.min_edge = 0.05;
}

static void min_return_changes(struct night *n)
{
	n->options.min_return = 0.1;
}

static void market_goes_off(struct night *n)
{
	n->options.market = false;
}

/* Nobody else speaks, so nothing comes of it. */
static void alternate_changes_hands(struct night *n)
{
	n->quotes[1].book = "other";
}

static void neighbours_change(struct night *n)
{
	n->options.neighbours = 30;
}

static void game_is_postponed(struct night *n)
{
	n->live.game_status = GAME_POSTPONED;
	n->live.tip_ms = 1;
	n->live.version = 99;
}

static void is_forced(struct night *n)
{
	n->live.forced = true;
}

static void is_tomorrow(struct night *n)
{
	n->live.date++;
}

static const struct change changes[] = {
	{"nothing", nothing, false, false, false, false, false},
	{"a price moves", price_moves, false, false, false, true, true},
	{"the other price moves", other_price_moves, false, false, false, true, true},
	{"a line moves", line_moves, false, false, false, true, true},
	{"a quote goes", quote_goes, false, false, false, true, true},
	{"a book has another name", book_is_renamed, false, false, false, false, false},
	{"his own injury, if he plays", own_injury, false, false, false, false, false},
	{"a team-mate is out", mate_is_out, false, false, true, true, true},
	{"an unknown team-mate moves minutes as one who left does", mate_joins_whom_nobody_knows, false, false, true,
		true, true},
	{"he who always starts does not", lineup_comes, false, true, true, true, true},
	{"the total moves", total_moves, true, false, true, true, true},
	{"two totals move about the same median", total_moves_within_the_median, false, false, false, false, false},
	{"min_edge", min_edge_changes, false, false, false, false, true},
	{"min_return", min_return_changes, false, false, false, false, true},
	{"the market is not heard", market_goes_off, false, false, false, true, true},
	{"a book is another's alternate", alternate_changes_hands, false, false, false, true, false},
	{"neighbours", neighbours_change, false, true, true, true, true},
	{"status, tip and version of the game", game_is_postponed, false, false, false, false, false},
	{"force", is_forced, false, true, true, true, true}, /* whoever shares the context forces it */
	/* Every game of this league is two days after the last, so the figures come out equal. */
	{"another date", is_tomorrow, true, true, true, false, false},
};

static void assert_same_results(const struct model_result *a, const struct model_result *b, size_t quotes)
{
	assert_int_equal(a->has_history, b->has_history);
	assert_memory_equal(a->figures, b->figures, sizeof(a->figures));
	assert_memory_equal(a->ranges, b->ranges, sizeof(a->ranges));
	assert_memory_equal(a->consensus, b->consensus, sizeof(a->consensus));
	assert_int_equal(a->similar_count, b->similar_count);
	if (a->similar_count > 0)
		assert_memory_equal(a->similar, b->similar, a->similar_count * sizeof(*a->similar));
	for (size_t i = 0; i < quotes; i++) {
		const struct price *p = &a->prices[i], *q = &b->prices[i];

		assert_true(p->p_over == q->p_over && p->fair_over == q->fair_over && p->edge == q->edge);
		assert_true(p->has_fair == q->has_fair && p->has_edge == q->has_edge);
		assert_true(p->p_model == q->p_model && p->return_over == q->return_over && p->suspect == q->suspect);
		assert_int_equal(p->recommendation, q->recommendation);
	}
	for (int stage = 0; stage < STAGE_COUNT; stage++)
		assert_true(fingerprint_equal(a->stages[stage].fingerprint, b->stages[stage].fingerprint));
}

static void only_the_stages_that_read_a_change_are_computed_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		const struct change *c = &changes[i];
		const bool anew[STAGE_COUNT] = {c->context, c->similarity, c->projection, c->market, c->pricing};
		struct night n;
		struct player_runs r, again;

		night_init(&n);
		runs_init(&r);
		run(&r, league, &n);
		struct model_memory first = r.memory;
		for (int stage = 0; stage < STAGE_COUNT; stage++)
			assert_false(r.result.stages[stage].reused);
		c->make(&n);
		run(&r, league, &n);
		for (int stage = 0; stage < STAGE_COUNT; stage++) {
			if (r.result.stages[stage].reused == anew[stage])
				fail_msg("%s: %s was %scomputed again", c->what, stage_name((enum stage)stage),
					anew[stage] ? "not " : "");
			if (stage > STAGE_CONTEXT && !anew[stage])
				assert_ptr_equal(r.memory.next[stage], first.next[stage]);
		}
		/* What was reused is what would have been computed. */
		fresh(&again, league, &n);
		assert_same_results(&r.result, &again.result, n.live.quote_count);
		runs_done(&r);
		runs_done(&again);
	}
}

/* Any input that a stage reads without having it in its fingerprint shows here: sooner or later it moves
 * alone. */
static void what_is_remembered_is_never_stale(void **state)
{
	(void)state;
	unsigned seed = (unsigned)time(NULL);
	struct context context;
	struct player_runs r;
	struct night n;

	print_message("seed %u\n", seed);
	night_init(&n);
	context_compute(league, &n.live, &context);
	runs_init(&r);
	r.context_record = (struct stage_record){.present = true, .fingerprint = {1, 1}};
	for (int round = 0; round < 2000; round++) {
		struct player_runs again;
		float *part = (float *)&context;
		size_t parts = offsetof(struct context, known) / sizeof(float);

		switch (rand_r(&seed) % 7) {
		case 0:
		case 1:
		case 2:
			part += (size_t)rand_r(&seed) % parts;
			*part = *part * (0.9f + 0.2f * (float)rand_r(&seed) / (float)RAND_MAX);
			break;
		case 3:
			n.live.starter = rand_r(&seed) % 3 - 1;
			n.live.home = rand_r(&seed) % 3 - 1;
			break;
		case 4:
			n.mates[rand_r(&seed) % MATES].status = (enum injury_status)(rand_r(&seed) % INJURY_COUNT);
			break;
		case 5:
			n.quotes[rand_r(&seed) % QUOTES].line = rand_r(&seed) % 8000;
			n.quotes[rand_r(&seed) % QUOTES].over = -100 - rand_r(&seed) % 100;
			n.quotes[rand_r(&seed) % QUOTES].under = 100 + rand_r(&seed) % 100;
			break;
		default:
			n.live.date = day(TONIGHT) - rand_r(&seed) % 10;
			n.live.player = rand_r(&seed) % 2 ? "playeraofaaa" : "playerfofaaa";
			n.live.team = rand_r(&seed) % 4 ? "AAA" : "BBB";
			n.options.neighbours = 10 + (unsigned)rand_r(&seed) % 5;
			n.options.min_edge = rand_r(&seed) % 10 / 100.0;
			n.options.min_return = rand_r(&seed) % 10 / 100.0;
			n.options.market = rand_r(&seed) % 2;
		}
		memcpy(r.memory.previous, r.memory.next, sizeof(r.memory.previous));
		assert_int_equal(model_run(league, &n.options, &n.live, &context, &r.context_record, &r.memory, r.arena,
					 no_time, &r.result),
			0);
		for (int i = 0; i < STAGE_COUNT; i++) {
			if (r.memory.previous[i] != r.memory.next[i])
				free((void *)(uintptr_t)r.memory.previous[i]);
		}
		runs_init(&again);
		assert_int_equal(model_run(league, &n.options, &n.live, &context, &r.context_record, &again.memory,
					 again.arena, no_time, &again.result),
			0);
		assert_same_results(&r.result, &again.result, QUOTES);
		runs_done(&again);
	}
	runs_done(&r);
}

static void another_league_recomputes_all_that_reads_it(void **state)
{
	(void)state;
	struct snapshot *other = small_league(2);
	struct night n;
	struct player_runs r;

	night_init(&n);
	runs_init(&r);
	run(&r, league, &n);
	run(&r, other, &n);
	for (int stage = 0; stage < STAGE_COUNT; stage++)
		assert_false(r.result.stages[stage].reused);
	run(&r, other, &n);
	for (int stage = 0; stage < STAGE_COUNT; stage++)
		assert_true(r.result.stages[stage].reused);
	runs_done(&r);
	snapshot_drop(other);
}

static void the_same_league_built_twice_gives_the_same_bytes(void **state)
{
	(void)state;
	struct snapshot *twin = small_league(1);
	struct night n;
	struct player_runs a, b;

	night_init(&n);
	fresh(&a, league, &n);
	fresh(&b, twin, &n);
	assert_memory_equal(&a.context, &b.context, sizeof(a.context));
	for (int stage = STAGE_SIMILARITY; stage < STAGE_PRICING; stage++) {
		assert_int_equal(a.memory.next[stage]->size, b.memory.next[stage]->size);
		assert_memory_equal(a.memory.next[stage]->data, b.memory.next[stage]->data, a.memory.next[stage]->size);
	}
	for (int stage = 0; stage < STAGE_COUNT; stage++)
		assert_true(fingerprint_equal(a.result.stages[stage].fingerprint, b.result.stages[stage].fingerprint));
	runs_done(&a);
	runs_done(&b);
	snapshot_drop(twin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_context_is_the_same_from_either_side_of_the_game),
		cmocka_unit_test(total_and_spread_are_medians_over_the_books),
		cmocka_unit_test(a_book_that_moves_without_the_median_changes_nothing),
		cmocka_unit_test(without_books_the_schedules_line_counts_else_history),
		cmocka_unit_test(rest_is_counted_from_the_last_game_at_most_a_week),
		cmocka_unit_test(a_defence_is_what_it_allows_against_the_league_drawn_to_it),
		cmocka_unit_test(less_comes_of_a_minute_after_the_regular_season),
		cmocka_unit_test(an_unknown_game_has_a_neutral_context),
		cmocka_unit_test(a_context_knows_only_what_was_before_the_date),
		cmocka_unit_test(neighbours_are_those_of_brute_force_on_every_path),
		cmocka_unit_test(of_equal_distances_the_newer_then_the_lower_id_is_nearer),
		cmocka_unit_test(where_all_are_equal_the_newest_games_are_nearest),
		cmocka_unit_test(nobody_is_similar_before_anyone_has_played),
		cmocka_unit_test(a_projection_is_near_what_the_player_usually_does),
		cmocka_unit_test(sums_are_the_sums_of_their_parts),
		cmocka_unit_test(team_mates_who_are_out_leave_minutes_and_shots),
		cmocka_unit_test(a_start_is_worth_minutes_to_who_comes_off_the_bench),
		cmocka_unit_test(what_the_books_expect_of_the_game_moves_the_points),
		cmocka_unit_test(one_game_is_history_none_is_not),
		cmocka_unit_test(of_whom_nothing_is_known_the_books_are_believed),
		cmocka_unit_test(without_game_team_or_mates_there_are_figures_all_the_same),
		cmocka_unit_test(an_empty_league_knows_nobody),
		cmocka_unit_test(any_live_state_gives_finite_figures),
		cmocka_unit_test(only_the_stages_that_read_a_change_are_computed_again),
		cmocka_unit_test(what_is_remembered_is_never_stale),
		cmocka_unit_test(another_league_recomputes_all_that_reads_it),
		cmocka_unit_test(the_same_league_built_twice_gives_the_same_bytes),
	};

	return cmocka_run_group_tests_name("model", tests, set_up, tear_down);
}
