#include "model/foreign.h"

#include <errno.h>
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
#include <jansson.h>

#include "base/str.h"
#include "model/consensus.h"
#include "model/distribution.h"
#include "model/pricing.h"
#include "model/projection.h"

/* PROPSD_SEED repeats a run. */
static unsigned seed_of_run(void)
{
	const char *given = getenv("PROPSD_SEED");
	unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);

	print_message("PROPSD_SEED=%u\n", seed);
	return seed;
}

static double random_between(unsigned *seed, double low, double high)
{
	return low + (high - low) * rand_r(seed) / RAND_MAX;
}

static struct foreign *parsed(const char *json)
{
	struct foreign *f = NULL;
	struct err err;

	if (foreign_parse(json, strlen(json), &f, &err) != 0)
		fail_msg("%s\n%s", json, err.text);
	return f;
}

static int64_t no_time(void)
{
	return 0;
}

/* Lines of every market: two books, a main line and alternates, half and whole; as live.h wants them sorted. */
#define LINES 40
#define QUOTES (MARKET_COUNT * LINES)
static struct live_quote quotes[QUOTES];

static const struct live *live_with_quotes(void)
{
	static struct live live = {.player = "a", .quotes = quotes, .quote_count = QUOTES};

	for (int i = 0; i < QUOTES; i++)
		quotes[i] = (struct live_quote){(enum market)(i / LINES), i % LINES > 0, "a",
			50 * (i % LINES) * (i % LINES), i % 3 ? -110 : 0, i % 4 ? 120 : 0};
	return &live;
}

static const struct model_options options = {.neighbours = 50, .min_edge = 0.03, .min_return = -1};

static struct arena *arena;

static int set_up(void **state)
{
	(void)state;
	arena = arena_new();
	return arena ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static struct model_result ran(const struct foreign *f)
{
	struct model_result result;

	arena_reset(arena);
	assert_int_equal(foreign_run(f, &options, live_with_quotes(), arena, no_time, &result), 0);
	assert_true(result.foreign);
	return result;
}

static bool same_price(const struct price *a, const struct price *b)
{
	return a->p_over == b->p_over && a->has_fair == b->has_fair && a->fair_over == b->fair_over &&
	       a->has_edge == b->has_edge && a->edge == b->edge && a->recommendation == b->recommendation;
}

static void each_form_gives_figures_and_prices(void **state)
{
	(void)state;
	struct foreign *f = parsed("{\"markets\": {\"points\": {\"mean\": 27.4, \"sd\": 6.1},"
				   "\"threes\": {\"pmf\": [0.125, 0.25, 0.375, 0.25]},"
				   "\"pra\": {\"quantiles\": {\"0.9\": 52, \"0.1\": 29, \".5\": 40.25}}}}");
	struct model_result result = ran(f);
	size_t length;

	assert_true(foreign_has_markets(f));
	assert_null(foreign_rest(f, &length));
	assert_true(result.has_history);
	assert_int_equal(result.lacks,
		((1u << MARKET_COUNT) - 1) & ~(1u << MARKET_POINTS | 1u << MARKET_THREES | 1u << MARKET_PRA));
	assert_true(result.figures[MARKET_POINTS].mean == 27.4 && result.figures[MARKET_POINTS].sd == 6.1);
	assert_true(result.figures[MARKET_THREES].mean == 1.75);
	assert_true(fabs(result.figures[MARKET_THREES].sd - sqrt(0.9375)) < 1e-12);
	assert_true(fabs(result.figures[MARKET_PRA].mean - 40.25) < 0.5);
	assert_true(fabs(result.figures[MARKET_PRA].sd - 9) < 0.5);

	const struct price *threes = result.prices + LINES * MARKET_THREES; /* at 0, 0.5, 2, 4.5, ... */
	assert_true(threes[0].p_over == 1); /* a push left out */
	assert_true(threes[1].p_over == 0.875);
	assert_true(threes[2].p_over == 0.4); /* 0.25 of 0.25 and 0.375 */
	assert_true(threes[3].p_over == 0 && threes[LINES - 1].p_over == 0);
	assert_true(result.stages[STAGE_PRICING].present && !result.stages[STAGE_PROJECTION].present);
	foreign_free(f);
}

static void mean_and_sd_are_priced_as_the_models_own(void **state)
{
	(void)state;
	unsigned seed = seed_of_run();

	for (int round = 0; round < 200; round++) {
		struct figure figures[MARKET_COUNT];
		struct price own[QUOTES];
		struct str json = {0};

		str_text(&json, "{\"markets\":{");
		for (int m = 0; m < MARKET_COUNT; m++) {
			const double mean = random_between(&seed, 0.02, 60);
			const double sd = sqrt(mean) * random_between(&seed, 1, 2.5);
			figures[m] = (struct figure){mean, sd};
			str_printf(&json, "%s\"%s\":{\"sd\":%.17g,\"mean\":%.17g}", m > 0 ? "," : "",
				market_name((enum market)m), sd, mean);
		}
		str_text(&json, "}}");
		struct foreign *f = parsed(json.data);
		struct model_result result = ran(f);
		struct shapes shapes = shapes_unmoved(&shapes_of_model);
		struct market_view markets[MARKET_COUNT];
		struct quote_view views[QUOTES];
		shapes.figures = figures;
		consensus_compute(live_with_quotes(), &shapes, markets, views);
		pricing_compute(live_with_quotes(), markets, views, true, &options, own);
		for (int m = 0; m < MARKET_COUNT; m++) {
			const struct figure_range *range = &result.ranges[m];
			const struct figure_range his = projection_range(&figures[m]);
			/* Where counts cannot stray so little a normal distribution stands. */
			if (abs((int)range->median - (int)his.median) > 1 || abs((int)range->p90 - (int)his.p90) > 1)
				fail_msg("%s: %u to %u about %u, %u to %u about %u by the model", json.data, range->p10,
					range->p90, range->median, his.p10, his.p90, his.median);
		}
		assert_int_equal(result.lacks, 0);
		for (int i = 0; i < QUOTES; i++)
			if (!same_price(&result.prices[i], &own[i]))
				fail_msg("line %d of %s: %.17g, %.17g by the model", quotes[i].line, json.data,
					result.prices[i].p_over, own[i].p_over);
		foreign_free(f);
		str_done(&json);
	}
}

static void put_pmf(struct str *json, const struct distribution *d)
{
	str_text(json, "{\"pmf\":[");
	for (unsigned k = 0; k < d->count; k++)
		str_printf(json, "%s%.17g", k > 0 ? "," : "", d->at[k]);
	str_text(json, "]}");
}

static void a_pmf_is_priced_as_mean_and_sd_of_the_same_distribution(void **state)
{
	(void)state;
	unsigned seed = seed_of_run();
	static struct distribution d;

	for (int round = 0; round < 300; round++) {
		const double mean = random_between(&seed, 0.02, 60), sd = sqrt(mean) * random_between(&seed, 1, 2.5);
		struct str one = {0}, two = {0};

		distribution_init(&d, mean, sd, distribution_shift(mean, sd), 0);
		str_printf(&one, "{\"markets\":{\"pa\":{\"mean\":%.17g,\"sd\":%.17g}}}", mean, sd);
		str_text(&two, "{\"markets\":{\"pa\":");
		put_pmf(&two, &d);
		str_text(&two, "}}");
		struct foreign *by_figures = parsed(one.data), *by_pmf = parsed(two.data);
		struct model_result a = ran(by_figures);
		struct price of_a[QUOTES];
		memcpy(of_a, a.prices, sizeof(of_a));
		struct model_result b = ran(by_pmf);
		for (int i = LINES * MARKET_PA; i < LINES * (MARKET_PA + 1); i++)
			if (!same_price(&of_a[i], &b.prices[i]))
				fail_msg("mean %.17g sd %.17g line %d: %.17g and %.17g", mean, sd, quotes[i].line,
					of_a[i].p_over, b.prices[i].p_over);
		/* What is cut off at 0, and what the shift rounds, moves the figures a little. */
		assert_true(fabs(b.figures[MARKET_PA].mean - mean) < 0.08 * mean + 0.02);
		assert_true(fabs(b.figures[MARKET_PA].sd - sd) < 0.08 * sd);
		foreign_free(by_figures);
		foreign_free(by_pmf);
		str_done(&one);
		str_done(&two);
	}
}

static void quantiles_price_monotonically(void **state)
{
	(void)state;
	unsigned seed = seed_of_run();

	for (int round = 0; round < 300; round++) {
		struct str json = {0};
		double value = 0;

		str_text(&json, "{\"markets\":{\"ra\":{\"quantiles\":{");
		for (int i = 1, most = 4 + rand_r(&seed) % 30; i < most; i++) {
			value += rand_r(&seed) % 3 ? random_between(&seed, 0, 100.0 / most) : 0;
			str_printf(&json, "%s\"%.6f\":%.9g", i > 1 ? "," : "", (double)i / most, value);
		}
		str_text(&json, "}}}}");
		struct foreign *f = parsed(json.data);
		struct model_result result = ran(f);
		double before = 1;
		for (int i = LINES * MARKET_RA; i < LINES * (MARKET_RA + 1); i++) {
			if (quotes[i].line % 100 == 0)
				continue;
			assert_true(result.prices[i].p_over >= 0 && result.prices[i].p_over <= before);
			before = result.prices[i].p_over;
		}
		foreign_free(f);
		str_done(&json);
	}
}

/* No family of counts strays so little: a binomial would be two and more times too wide, or vanish. */
static void a_narrow_deviation_is_kept(void **state)
{
	(void)state;
	static const struct {
		const char *json;
		int32_t line;
		double p_over;
	} cases[] = {
		{"{\"markets\":{\"points\":{\"mean\":27,\"sd\":0}}}", 2650, 1},
		{"{\"markets\":{\"points\":{\"mean\":27,\"sd\":0}}}", 2750, 0},
		{"{\"markets\":{\"points\":{\"mean\":27,\"sd\":0}}}", 2700, 0.5}, /* certain to push */
		{"{\"markets\":{\"points\":{\"mean\":200,\"sd\":0.5}}}", 20050, 0.1587},
		{"{\"markets\":{\"points\":{\"mean\":30,\"sd\":0.7}}}", 3050, 0.2375},
		{"{\"markets\":{\"points\":{\"mean\":0,\"sd\":0}}}", 50, 0},
		{"{\"markets\":{\"points\":{\"mean\":1e-310,\"sd\":5}}}", 50, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct live_quote q = {MARKET_POINTS, false, "a", cases[i].line, 0, 0};
		const struct live live = {.player = "a", .quotes = &q, .quote_count = 1};
		struct foreign *f = parsed(cases[i].json);
		struct model_result result;

		assert_int_equal(foreign_run(f, &options, &live, arena, no_time, &result), 0);
		if (fabs(result.prices[0].p_over - cases[i].p_over) > 1e-9)
			fail_msg("%s over %d: %g", cases[i].json, cases[i].line, result.prices[0].p_over);
		foreign_free(f);
	}
}

/* Whatever mean and deviation: probabilities, and no line is worth more than a lower one. */
static void no_mean_and_sd_are_too_odd(void **state)
{
	(void)state;
	static const double odd[] = {0, 5e-324, 1e-310, 1e-9, 1e-6, 1e-3, 0.5, 0.999999999, 1, 2, 7.3, 27, 100, 149.5,
		150, 200, 249.999, 250};
	const size_t n = sizeof(odd) / sizeof(odd[0]);

	for (size_t i = 0; i < n * n; i++) {
		char json[128];
		text_format(json, sizeof(json), "{\"markets\":{\"points\":{\"mean\":%.17g,\"sd\":%.17g}}}", odd[i / n],
			odd[i % n]);
		struct foreign *f = parsed(json);
		struct model_result result = ran(f);
		double before = 1;
		for (int q = 1; q < LINES; q++) {
			const double p = result.prices[q].p_over;
			if (!(p >= 0 && p <= 1) || (quotes[q].line % 100 != 0 && p > before))
				fail_msg("%s: over %d is %g", json, quotes[q].line, p);
			before = quotes[q].line % 100 != 0 ? p : before;
		}
		foreign_free(f);
	}
}

static void traces_below_zero_count_as_none(void **state)
{
	(void)state;
	struct foreign *f = parsed("{\"markets\":{\"points\":{\"pmf\":[-1e-17,0.5,0.4999995,-1e-9]}}}");
	struct model_result result = ran(f);

	assert_true(result.prices[1].p_over == 1 && result.prices[3].p_over == 0);
	foreign_free(f);
}

static void without_output_nothing_has_figures(void **state)
{
	(void)state;
	struct foreign *f = parsed("{\"markets\": {}}");
	const struct foreign *const none[] = {NULL, f};

	assert_true(foreign_has_markets(f));
	for (size_t i = 0; i < 2; i++) {
		struct model_result result = ran(none[i]);
		assert_false(result.has_history);
		assert_int_equal(result.lacks, (1u << MARKET_COUNT) - 1);
		assert_null(result.prices);
		assert_false(result.stages[STAGE_PRICING].present);
	}
	foreign_free(f);
	foreign_free(NULL);
}

static void what_is_not_ours_is_kept_with_keys_sorted(void **state)
{
	(void)state;
	static const struct {
		const char *json, *rest;
	} cases[] = {
		{"{}", NULL},
		{"{\"markets\":{}}", NULL},
		{" {\"b\" : [ 1 , 2.50, {\"z\":null,\"a\":true} ], \"a\":\"x\\n\\u00e9\\u007f\"}\n",
			"{\"a\":\"x\\n\xc3\xa9\\u007F\",\"b\":[1,2.5,{\"a\":true,\"z\":null}]}"},
		{"{\"v\":[0.1,1.0,1e22,-0.0,1e-7,123456789012345678,0.30000000000000004,-5]}",
			"{\"v\":[0.1,1.0,1e+22,-0.0,1e-07,123456789012345678,0.30000000000000004,-5]}"},
		{"{\"markets\":{\"points\":{\"mean\":1,\"sd\":1,\"note\":\"hot\"},\"pa\":{\"pmf\":[1]}},\"by\":\"me\"}",
			"{\"by\":\"me\",\"markets\":{\"points\":{\"note\":\"hot\"}}}"},
		{"{\"market\":{\"points\":{\"mean\":1}},\"\":[],\"o\":{}}",
			"{\"\":[],\"market\":{\"points\":{\"mean\":1}},\"o\":{}}"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct foreign *f = parsed(cases[i].json);
		size_t length = 0;
		const char *rest = foreign_rest(f, &length);

		if (cases[i].rest) {
			assert_non_null(rest);
			assert_string_equal(rest, cases[i].rest);
			assert_int_equal(length, strlen(cases[i].rest));
		} else {
			assert_null(rest);
		}
		foreign_free(f);
	}
}

#define MARKETS "points, rebounds, assists, threes, steals, blocks, turnovers, pra, pr, pa, ra"
#define POINTS(x) "{\"markets\":{\"points\":" x "}}"

static void bad_figures_are_named_with_what_would_be_right(void **state)
{
	(void)state;
	static const struct {
		const char *json, *error;
	} cases[] = {
		{POINTS("{\"mean\":27.4,\"sd\":-6.1}"), "markets.points.sd: -6.1; must be a number from 0 to 250"},
		{POINTS("{\"mean\":-1,\"sd\":6}"), "markets.points.mean: -1; must be a number from 0 to 250"},
		{POINTS("{\"mean\":250.5,\"sd\":6}"), "markets.points.mean: 250.5; must be a number from 0 to 250"},
		{POINTS("{\"mean\":1e300,\"sd\":6}"), "markets.points.mean: 1e+300; must be a number from 0 to 250"},
		{POINTS("{\"mean\":\"27\",\"sd\":6}"), "markets.points.mean: \"27\"; must be a number from 0 to 250"},
		{POINTS("{\"mean\":27,\"sd\":null}"), "markets.points.sd: null; must be a number from 0 to 250"},
		{POINTS("{\"mean\":true,\"sd\":6}"), "markets.points.mean: true; must be a number from 0 to 250"},
		{POINTS("{\"mean\":27}"),
			"markets.points: has mean without sd; must have mean and sd, or pmf, or quantiles"},
		{POINTS("{\"mean\":27,\"std\":3}"),
			"markets.points: has mean without sd (std: did you mean sd?); must have mean and sd, or pmf, or "
			"quantiles"},
		{POINTS("{\"sd\":27}"),
			"markets.points: has sd without mean; must have mean and sd, or pmf, or quantiles"},
		{POINTS("{\"quantile\":{}}"), "markets.points: has no figures (quantile: did you mean quantiles?); must "
					      "have mean and sd, or pmf, or quantiles"},
		{POINTS("{}"), "markets.points: has no figures; must have mean and sd, or pmf, or quantiles"},
		{POINTS("{\"sd\":1,\"pmf\":[1],\"quantiles\":{}}"),
			"markets.points: has figures of more than one kind: mean and sd pmf quantiles; must have mean and sd, "
			"or pmf, or quantiles"},
		{POINTS("27"), "markets.points: 27; must be an object such as {\"mean\": 27.4, \"sd\": 6.1}"},
		{POINTS("null"), "markets.points: null; must be an object such as {\"mean\": 27.4, \"sd\": 6.1}"},
		{POINTS("{\"pmf\":[0.5,0.4]}"), "markets.points.pmf: sums to 0.9; must be 1 within 1e-06"},
		{POINTS("{\"pmf\":[0.5,0.500002]}"), "markets.points.pmf: sums to 1.000002; must be 1 within 1e-06"},
		{POINTS("{\"pmf\":[0.5,-0.1,0.6]}"), "markets.points.pmf[1]: -0.1; must be a probability, 0 to 1"},
		{POINTS("{\"pmf\":[0.5,\"0.5\"]}"), "markets.points.pmf[1]: \"0.5\"; must be a probability, 0 to 1"},
		{POINTS("{\"pmf\":[]}"),
			"markets.points.pmf: a list; must be a list of the probabilities of 0, 1, 2, ..."},
		{POINTS("{\"pmf\":{\"0\":1}}"),
			"markets.points.pmf: an object; must be a list of the probabilities of 0, 1, 2, ..."},
		{POINTS("{\"quantiles\":[18,27,37]}"),
			"markets.points.quantiles: a list; must be an object such as {\"0.1\": "
			"18, \"0.5\": 27, \"0.9\": 37}"},
		{POINTS("{\"quantiles\":{\"0.1\":18,\"0.5\":27}}"), "markets.points.quantiles: has 2; must be 3 to 999"},
		{POINTS("{\"quantiles\":{\"0\":18,\"0.5\":27,\"0.9\":37}}"),
			"markets.points.quantiles: \"0\" is no probability; must be above 0 and below 1, as in \"0.25\""},
		{POINTS("{\"quantiles\":{\"0.1\":18,\"50\":27,\"0.9\":37}}"),
			"markets.points.quantiles: \"50\" is no probability; must be above 0 and below 1, as in \"0.25\""},
		{POINTS("{\"quantiles\":{\"0.1\":18,\"50%\":27,\"0.9\":37}}"),
			"markets.points.quantiles: \"50%\" is no probability; must be above 0 and below 1, as in \"0.25\""},
		{POINTS("{\"quantiles\":{\"0.1\":18,\"nan\":27,\"0.9\":37}}"),
			"markets.points.quantiles: \"nan\" is no probability; must be above 0 and below 1, as in \"0.25\""},
		{POINTS("{\"quantiles\":{\"0.1\":18,\"0.5.1\":27,\"\":37}}"),
			"markets.points.quantiles: \"0.5.1\" is no probability; must be above 0 and below 1, as in \"0.25\""},
		{POINTS("{\"quantiles\":{\"0.1\":18,\"0.5\":27,\"\":37}}"),
			"markets.points.quantiles: \"\" is no probability; must be above 0 and below 1, as in \"0.25\""},
		{POINTS("{\"quantiles\":{\"0.9\":22,\"0.5\":27,\"0.1\":18}}"),
			"markets.points.quantiles: 22 at 0.9 is below 27 at 0.5; must not fall"},
		{POINTS("{\"quantiles\":{\"0.1\":18,\"0.5\":27,\"0.50\":27}}"),
			"markets.points.quantiles: 0.5 and 0.50 are one; must be given once"},
		{POINTS("{\"quantiles\":{\"0.1\":-1,\"0.5\":27,\"0.9\":37}}"),
			"markets.points.quantiles: -1; must be a number from 0 to 250"},
		{"{\"markets\":{\"pionts\":{}}}",
			"markets.pionts: is no market (did you mean points?); must be one of " MARKETS},
		{"{\"markets\":{\"field_goals\":{}}}", "markets.field_goals: is no market; must be one of " MARKETS},
		{"{\"markets\":[]}",
			"markets: a list; must be an object such as {\"points\": {\"mean\": 27.4, \"sd\": 6.1}}"},
		{"{\"markets\":null}",
			"markets: null; must be an object such as {\"points\": {\"mean\": 27.4, \"sd\": 6.1}}"},
		{"[]", "the output: a list; must be one JSON object"},
		/* What Python's json writes for what is none. */
		{POINTS("{\"sd\":6,\"mean\":NaN}"), "markets.points.mean: NaN; must be a finite number, or left out"},
		{POINTS("{\"mean\":27, \"sd\": -Infinity}"),
			"markets.points.sd: -Infinity; must be a finite number, or left out"},
		{POINTS("{\"pmf\":[0.1,Infinity]}"),
			"markets.points.pmf[1]: Infinity; must be a finite number, or left out"},
		{POINTS("{\"mean\":1e999,\"sd\":1}"),
			"markets.points.mean: a number too large; must fit 64 bits, or be a text"},
		{"{\"seed\":[{},{\"x\":99999999999999999999}]}",
			"seed[1].x: a number too large; must fit 64 bits, or be a text"},
		{POINTS("{\"mean\":1,\"sd\":1,\"mean\":2}"), "markets.points.mean: comes twice; must come once"},
		{"", "the output: is not JSON: "},
		{"Traceback (most recent call last):", "the output: is not JSON: "},
		{"{\"a\":{\"b\":[1,2,}", "a.b: is not JSON: "},
		{"{} {}", "the output: is not JSON: "},
		{"{\"a\":\"\xff\"}", "a: is not JSON: "},
		{"{\"a\":\"\\u0000\"}", "a: is not JSON: "},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct foreign *f = (struct foreign *)8;
		struct err err = {0};
		const char *wanted = cases[i].error;
		const bool whole = !strstr(wanted, "is not JSON");

		if (foreign_parse(cases[i].json, strlen(cases[i].json), &f, &err) != -EINVAL)
			fail_msg("taken: %s", cases[i].json);
		assert_ptr_equal(f, (struct foreign *)8);
		assert_int_equal(err.code, -EINVAL);
		if (whole ? strcmp(err.text, wanted) != 0 : strncmp(err.text, wanted, strlen(wanted)) != 0)
			fail_msg("%s\n%s\n%s", cases[i].json, err.text, wanted);
	}
}

static void refused(const struct str *json, const char *wanted)
{
	struct foreign *f;
	struct err err = {0};

	assert_false(json->failed);
	assert_int_equal(foreign_parse(json->data, json->length, &f, &err), -EINVAL);
	if (!strstr(err.text, wanted))
		fail_msg("%s", err.text);
}

static void what_is_too_long_or_too_deep_is_refused(void **state)
{
	(void)state;
	struct str json = {0};

	str_text(&json, "{\"markets\":{\"points\":{\"pmf\":[1");
	for (int i = 1; i < FOREIGN_PMF_MAX; i++)
		str_text(&json, ",0");
	struct str more = {0};
	str_bytes(&more, json.data, json.length);
	str_text(&json, "]}}}");
	foreign_free(parsed(json.data));
	str_text(&more, ",0]}}}");
	refused(&more, "markets.points.pmf: has 1025 probabilities; must be at most 1024, of 0 to 1023");

	str_clear(&more);
	str_text(&more, "{\"markets\":{\"points\":{\"quantiles\":{");
	for (int i = 0; i < 1000; i++)
		str_printf(&more, "%s\"0.%04d\":1", i > 0 ? "," : "", i + 1);
	str_text(&more, "}}}}");
	refused(&more, "markets.points.quantiles: has 1000; must be 3 to 999");

	for (int depth = FOREIGN_DEPTH_MAX; depth <= FOREIGN_DEPTH_MAX + 1; depth++) {
		str_clear(&more);
		str_text(&more, "{\"a\":");
		for (int i = 1; i < depth; i++)
			str_char(&more, '[');
		for (int i = 1; i < depth; i++)
			str_char(&more, ']');
		str_char(&more, '}');
		if (depth <= FOREIGN_DEPTH_MAX)
			foreign_free(parsed(more.data));
		else
			refused(&more, "more than 100 deep");
	}
	str_done(&json);
	str_done(&more);
}

/* Texts from outside come back in errors: never a control character, never half a character, never cut by err. */
static void hostile_names_do_no_harm(void **state)
{
	(void)state;
	static const char *const names[] = {"\\u001b[31mred", "\\u0085\\u009b", "\\n\\\"\\\\",
		"\xc3\xa9\xe6\x97\xa5\xf0\x9f\x8f\x80",
		("\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5"
		 "\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5"),
		"%s%n%n%n", "\\u007f"};
	static const char *const frames[] = {"{\"markets\":{\"%s\":1}}", "{\"markets\":{\"pa\":{\"mean\":1,\"%s\":1}}}",
		"{\"markets\":{\"pa\":{\"quantiles\":{\"%s\":1,\"0.5\":2,\"0.6\":3}}}}", "{\"%s\":{\"%s\":[NaN]}}",
		"{\"%s\":", "{\"a%s\":{\"a%s\":{\"a%s\":{\"a%s\":{\"a%s\":[0,NaN", "{\"%s\"\033[31m\xc3\xa9\x01"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) * (sizeof(frames) / sizeof(frames[0])); i++) {
		const char *name = names[i / (sizeof(frames) / sizeof(frames[0]))];
		struct str json = {0};
		struct foreign *f;
		struct err err = {0};

		for (const char *p = frames[i % (sizeof(frames) / sizeof(frames[0]))]; *p; p++) {
			if (*p == '%')
				str_text(&json, name), p++;
			else
				str_char(&json, *p);
		}
		assert_int_equal(foreign_parse(json.data, json.length, &f, &err), -EINVAL);
		assert_true(utf8_valid(err.text, strlen(err.text)));
		assert_true(strlen(err.text) < 400);
		for (const unsigned char *p = (const unsigned char *)err.text; *p; p++)
			assert_true(*p >= 0x20 && *p != 0x7f && !(*p == 0xc2 && p[1] < 0xa0));
		str_done(&json);
	}
}

static void every_beginning_of_an_output_is_refused(void **state)
{
	(void)state;
	static const char json[] =
		"{\"markets\":{\"points\":{\"mean\":27.4,\"sd\":6.1},\"pa\":{\"pmf\":[0.5,0.5]},\"ra\":"
		"{\"quantiles\":{\"0.1\":1,\"0.5\":2,\"0.9\":4}}},\"x\":{\"y\":[1,\"\\u00e9\"]}}";

	for (size_t length = 0; length < sizeof(json) - 1; length++) {
		/* A block of just this size, so that a sanitizer sees a read beyond it. */
		char *copy = malloc(length + (length == 0));
		struct foreign *f;
		struct err err = {0};

		assert_non_null(copy);
		memcpy(copy, json, length);
		assert_int_equal(foreign_parse(copy, length, &f, &err), -EINVAL);
		free(copy);
	}
	foreign_free(parsed(json));
}

static void the_fingerprint_is_that_of_the_figures(void **state)
{
	(void)state;
	static const char *const same[] = {"{\"markets\":{\"points\":{\"mean\":27,\"sd\":6}}}",
		"{\"b\":1,\"markets\":{\"points\":{\"sd\":6,\"mean\":27.0,\"note\":1}},\"a\":[]}"};
	static const char *const other[] = {"{\"markets\":{\"points\":{\"mean\":27,\"sd\":6.01}}}",
		"{\"markets\":{\"pa\":{\"mean\":27,\"sd\":6}}}",
		"{\"markets\":{\"points\":{\"mean\":27,\"sd\":6},\"pa\":{\"pmf\":[1]}}}"};
	struct foreign *f = parsed(same[0]);
	const struct fingerprint wanted = ran(f).stages[STAGE_PRICING].fingerprint;

	foreign_free(f);
	f = parsed(same[1]);
	assert_true(fingerprint_equal(ran(f).stages[STAGE_PRICING].fingerprint, wanted));
	foreign_free(f);
	for (size_t i = 0; i < 3; i++) {
		f = parsed(other[i]);
		assert_false(fingerprint_equal(ran(f).stages[STAGE_PRICING].fingerprint, wanted));
		foreign_free(f);
	}
}

/* The figures take what they need, whatever stands around them. */
static void a_large_output_is_read(void **state)
{
	(void)state;
	struct str json = {0};
	struct foreign *f;
	size_t length;

	str_text(&json, "{\"samples\":[0.5");
	while (json.length < 4000000)
		str_text(&json, ",1.25");
	str_text(&json, "],\"markets\":{\"points\":{\"mean\":27,\"sd\":6}}}");
	f = parsed(json.data);
	assert_null(foreign_rest(f, &length));
	assert_true(length > 3900000 && foreign_size(f) < 16384);
	struct model_result result = ran(f);
	assert_true(result.prices[10].p_over < 1e-3);
	foreign_free(f);
	str_done(&json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_gives_figures_and_prices),
		cmocka_unit_test(mean_and_sd_are_priced_as_the_models_own),
		cmocka_unit_test(a_pmf_is_priced_as_mean_and_sd_of_the_same_distribution),
		cmocka_unit_test(quantiles_price_monotonically),
		cmocka_unit_test(a_narrow_deviation_is_kept),
		cmocka_unit_test(no_mean_and_sd_are_too_odd),
		cmocka_unit_test(traces_below_zero_count_as_none),
		cmocka_unit_test(without_output_nothing_has_figures),
		cmocka_unit_test(what_is_not_ours_is_kept_with_keys_sorted),
		cmocka_unit_test(bad_figures_are_named_with_what_would_be_right),
		cmocka_unit_test(what_is_too_long_or_too_deep_is_refused),
		cmocka_unit_test(hostile_names_do_no_harm),
		cmocka_unit_test(every_beginning_of_an_output_is_refused),
		cmocka_unit_test(the_fingerprint_is_that_of_the_figures),
		cmocka_unit_test(a_large_output_is_read),
	};

	return cmocka_run_group_tests_name("foreign", tests, set_up, tear_down);
}
