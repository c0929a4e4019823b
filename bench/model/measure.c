/*
 * What the model costs, on a folder of real or sample seasons:
 *
 *	measure --data FOLDER [--quick] [--json FILE]
 *
 * A table for people; the file gets one JSON object a line: figure, value, unit, against, ratio, goal, met.
 */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backtest.h"
#include "base/clock.h"
#include "base/str.h"
#include "model/context.h"
#include "model/distribution.h"
#include "model/features.h"
#include "model/similarity.h"
#include "report/report.h"

static FILE *json;

/* `against` 0: nothing to compare with; `goal` 0: none, else at most. */
static void figure(const char *name, double value, const char *unit, double against, double goal)
{
	struct str line = {0};

	printf("%-34s %12.4g %-6s", name, value, unit);
	if (against != 0)
		printf(" against %10.4g  ratio %6.3f", against, value / against);
	if (goal != 0)
		printf("  goal %8.4g %s", goal, value <= goal ? "met" : "MISSED");
	printf("\n");
	if (!json)
		return;
	str_text(&line, "{\"figure\":");
	str_json(&line, name, strlen(name));
	str_printf(&line, ",\"value\":%.6g,\"unit\":\"%s\"", value, unit);
	if (against != 0)
		str_printf(&line, ",\"against\":%.6g,\"ratio\":%.6g", against, value / against);
	if (goal != 0)
		str_printf(&line, ",\"goal\":%.6g,\"met\":%s", goal, value <= goal ? "true" : "false");
	str_text(&line, "}\n");
	fwrite(line.data, 1, line.length, json);
	str_done(&line);
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int64_t clock_us(void)
{
	return clock_mono_us(clock_system());
}

/* --- a slate ---------------------------------------------------------------------------------------------------- */

#define BOOKS 5
#define QUOTES (MARKET_COUNT * BOOKS)

static const char *const books[BOOKS] = {"betmgm", "caesars", "draftkings", "fanduel", "pinnacle"};

static void offer(struct live_quote quotes[QUOTES])
{
	for (int m = 0, n = 0; m < MARKET_COUNT; m++) {
		for (int b = 0; b < BOOKS; b++)
			quotes[n++] = (struct live_quote){
				(enum market)m, false, books[b], m * 200 + 50 + b * 100, -110 - b, -110 + b};
	}
}

struct slate {
	int players;
	double context_us, cold_us, similarity_us, projection_us, pricing_us, injury_us, reprice_us, report_us;
	double report_bytes;
};

/* One player's runs: cold, a team-mate's injury, a price, and the report. */
static void play(const struct snapshot *s, struct backtest_night *night, struct arena *arena, struct slate *sum)
{
	static const struct model_options options = {.neighbours = 50, .min_edge = -1, .min_return = -1, .market = true};
	struct live_quote quotes[QUOTES];
	struct context context;
	struct model_memory first = {0}, second = {0}, third = {0};
	struct model_result result;
	struct str out = {0};

	offer(quotes);
	night->live.quotes = quotes;
	night->live.quote_count = QUOTES;
	double since = now_us();
	struct stage_record record = {.present = true, .fingerprint = context_inputs(s, &night->live)};
	context_compute(s, &night->live, &context);
	double computed = now_us();
	if (model_run(s, &options, &night->live, &context, &record, &first, arena, clock_us, &result) < 0 ||
		!result.has_history)
		goto out;
	double cold = now_us();
	sum->players++;
	sum->context_us += computed - since;
	sum->cold_us += cold - computed;
	sum->similarity_us += (double)result.stages[STAGE_SIMILARITY].us;
	sum->projection_us += (double)result.stages[STAGE_PROJECTION].us;
	sum->pricing_us += (double)result.stages[STAGE_PRICING].us;

	if (night->live.mate_count > 0)
		night->mates[0].status = night->mates[0].status == INJURY_OUT ? INJURY_NONE : INJURY_OUT;
	memcpy(second.previous, first.next, sizeof(second.previous));
	since = now_us();
	if (model_run(s, &options, &night->live, &context, &record, &second, arena, clock_us, &result) < 0)
		goto out;
	sum->injury_us += now_us() - since;

	quotes[0].over = -150;
	memcpy(third.previous, second.next, sizeof(third.previous));
	since = now_us();
	if (model_run(s, &options, &night->live, &context, &record, &third, arena, clock_us, &result) < 0)
		goto out;
	sum->reprice_us += now_us() - since;

	const struct report_input input = {.live = &night->live,
		.snapshot = s,
		.result = &result,
		.processor = "builtin",
		.attempt = 1,
		.generated_at_ms = 1763253000000};
	report_write(&out, &input);
	str_clear(&out);
	since = now_us();
	report_write(&out, &input);
	sum->report_us += now_us() - since;
	sum->report_bytes += (double)out.length;
out:
	str_done(&out);
	for (int i = 0; i < STAGE_COUNT; i++) {
		if (third.next[i] != second.next[i])
			free((void *)(uintptr_t)third.next[i]);
		if (second.next[i] != first.next[i])
			free((void *)(uintptr_t)second.next[i]);
		free((void *)(uintptr_t)first.next[i]);
	}
}

static void measure_slate(const struct snapshot *s, int players)
{
	struct arena *arena = arena_new();
	struct slate sum = {0};

	for (uint32_t row = s->row.count / 11; row < s->row.count && sum.players < players;
		row += s->row.count / (uint32_t)players + 1) {
		struct backtest_night night;

		backtest_night(s, row, &night);
		arena_reset(arena);
		play(s, &night, arena, &sum);
	}
	arena_free(arena);
	if (sum.players == 0)
		return;
	double n = sum.players;
	figure("context, a game", sum.context_us / n, "us", 0, 0);
	figure("a player, cold", sum.cold_us / n, "us", 0, 2000);
	figure("  similarity", sum.similarity_us / n, "us", 0, 0);
	figure("  projection", sum.projection_us / n, "us", 0, 0);
	figure("  pricing of 55 lines", sum.pricing_us / n, "us", 0, 0);
	figure("a player, a team-mate's injury", sum.injury_us / n, "us", 0, 0);
	figure("a player, a price", sum.reprice_us / n, "us", 0, 50);
	figure("the report", sum.report_us / n, "us", 0, 0);
	figure("the report, 4 KB of it", sum.report_us / sum.report_bytes * 4096, "us", 0, 0);
	figure("a slate of 300, one worker", (sum.cold_us + sum.report_us) / n * 300 / 1e3, "ms", 0, 2000);
}

/* --- parts ------------------------------------------------------------------------------------------------------ */

static void measure_search(const struct snapshot *s, int rounds)
{
	double best[2] = {1e12, 1e12};

	for (int i = 0; i < rounds; i++) {
		uint32_t player = (uint32_t)i * 131 % s->players;
		struct similar_game found[50];
		struct situation at;
		struct form form;
		date_t date = s->last_season_to;
		const struct surroundings around = {2, 99, (const float[STAT_COUNT]){1, 1, 1, 1, 1, 1, 1}, 1};

		form_of(&form, s, &s->features->league, player, date, FORM_GAMES);
		situation_of(&at, &form, &s->features->league, -1, &around);
		for (enum similarity_path path = SIMILARITY_PLAIN; path <= SIMILARITY_VECTOR; path++) {
			double since = now_us();

			similarity_search_by(path, s, &at, date, 50, found);
			double took = now_us() - since;
			best[path] = took < best[path] ? took : best[path];
		}
	}
	figure("search, vector, best", best[SIMILARITY_VECTOR], "us", best[SIMILARITY_PLAIN], 600);
}

static void measure_distribution(int rounds)
{
	static struct distribution d;
	double sum = 0, since = now_us();

	for (int i = 0; i < rounds; i++) {
		double mean = 1 + i % 30, sd = sqrt(mean * 2.2);

		distribution_init(&d, mean, sd, distribution_shift(mean, sd), (unsigned)mean + 5);
		sum += d.at[0];
	}
	double took = now_us() - since;
	figure("a distribution, all of it", took / rounds * 1e3, "ns", 0, 0);
	since = now_us();
	for (int i = 0; i < rounds; i++)
		sum += distribution_over(&d, i % 60 * 50);
	took = now_us() - since;
	figure("a probability from it", took / rounds * 1e3, "ns", 0, 0);
	if (sum < 0) /* never: so that the loops stay */
		printf("%g\n", sum);
}

int main(int argc, char **argv)
{
	const char *data = NULL, *json_path = NULL;
	char scratch[] = "/tmp/propsd-bench-XXXXXX";
	bool quick = false;
	struct snapshot *s;
	struct err err = {0};

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--quick") == 0)
			quick = true;
		else if (strcmp(argv[i], "--data") == 0 && i + 1 < argc)
			data = argv[++i];
		else if (strcmp(argv[i], "--json") == 0 && i + 1 < argc)
			json_path = argv[++i];
		else
			data = NULL, i = argc;
	}
	if (!data) {
		fprintf(stderr, "usage: measure --data FOLDER [--quick] [--json FILE]\n"
				"FOLDER holds season files as `propsctl import` reads them\n");
		return 64;
	}
	if (json_path && !(json = fopen(json_path, "w"))) {
		fprintf(stderr, "measure: %s cannot be written: %s\n", json_path, strerror(errno));
		return 1;
	}
	if (!mkdtemp(scratch)) {
		fprintf(stderr, "measure: no folder can be made in /tmp: %s\n", strerror(errno));
		return 1;
	}
	int r = backtest_load(data, scratch, &s, &err);
	backtest_forget(scratch);
	if (r < 0) {
		fprintf(stderr, "measure: %s\n", err.text);
		return 1;
	}
	printf("%u rows of %u players\n", s->row.count, s->players);
	figure("memory of the league", (double)s->bytes / (1 << 20), "MiB", 0, 100);
	figure("  of it the model's", (double)s->features->bytes / (1 << 20), "MiB", 0, 0);
	measure_search(s, quick ? 20 : 200);
	measure_distribution(quick ? 20000 : 200000);
	measure_slate(s, quick ? 60 : 600);
	snapshot_drop(s);
	if (json)
		fclose(json);
	return 0;
}
