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

#include "report/report.h"

/* 2025-11-15 */
#define DATE 20407
/* 2025-11-16T00:30:00Z */
#define TIP_MS INT64_C(1763253000000)

static struct snapshot_player players[] = {
	{.lookup = "stephencurry", .name = "Stephen Curry"},
	{.lookup = "jarenjacksonjr", .name = "Jaren Jackson Jr."},
};
static struct snapshot_game games[] = {{.id = "20241101_LAL_GSW"}, {.id = "20250102_MEM_BOS"}};
static date_t row_dates[] = {20028, 20090};
static uint32_t row_players[] = {0, 1};
static uint32_t row_games[] = {0, 1};

static const struct snapshot snapshot = {
	.number = 7,
	.fingerprint = {.low = 0x0123456789abcdef, .high = 0xfedcba9876543210},
	.players = 2,
	.games = 2,
	.player = players,
	.game = games,
	.row = {.count = 2, .date = row_dates, .player = row_players, .game = row_games},
};

static const struct report_cause cause = {"odds", "props:odds", "1763240000000-0"};

static struct live a_live(void)
{
	return (struct live){
		.date = DATE,
		.player = "lebronjames",
		.game_id = "20251115_LAL_GSW",
		.team = "LAL",
		.opponent = "GSW",
		.home = 0,
		.version = 42,
		.injury_reason = "",
		.starter = -1,
	};
}

static struct report_input an_input(const struct live *live)
{
	return (struct report_input){
		.live = live,
		.processor = "builtin",
		.causes = &cause,
		.cause_count = 1,
		.attempt = 1,
		.generated_at_ms = TIP_MS - 1000,
	};
}

static char *written(const struct report_input *in)
{
	struct str out = {0};

	report_write(&out, in);
	assert_false(out.failed);
	return str_take(&out);
}

static json_t *parsed(const char *document)
{
	json_error_t error;
	json_t *root = json_loads(document, JSON_REJECT_DUPLICATES, &error);

	if (!root)
		fail_msg("not JSON: %s at byte %d of %s", error.text, error.position, document);
	return root;
}

/* Writes the document, checks it against jansson's dump of what jansson reads in it, returns the parsed tree.
 */
static json_t *checked(const struct report_input *in)
{
	char *document = written(in);
	json_t *root = parsed(document);
	char *dump = json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(15));

	assert_string_equal(document, dump);
	free(dump);
	free(document);
	return root;
}

static const char *text_at(const json_t *root, const char *key)
{
	const char *value = json_string_value(json_object_get(root, key));

	return value ? value : "(absent)";
}

static void the_least_that_is_known_is_the_least_that_is_written(void **state)
{
	(void)state;
	struct live live = a_live();
	live.game_id = live.team = live.opponent = "";
	struct report_input in = an_input(&live);
	in.processor = "load";
	char *document = written(&in);

	assert_string_equal(document,
		"{\"attempt\":1,\"causes\":[{\"id\":\"1763240000000-0\",\"stream\":\"props:odds\",\"type\":"
		"\"odds\"}],"
		"\"game_date\":\"2025-11-15\",\"generated_at\":\"2025-11-16T00:29:59.000Z\","
		"\"player_lookup\":\"lebronjames\",\"processor\":\"load\",\"status\":\"ok\",\"version\":42}");
	free(document);
}

static void a_full_report_reads_as_the_contract_says(void **state)
{
	(void)state;
	const struct live_quote quotes[] = {
		{MARKET_POINTS, false, "draftkings", 2550, -110, -105},
		{MARKET_POINTS, true, "draftkings", 2400, -210, 0},
		{MARKET_POINTS, true, "draftkings", 3050, 240, -320},
		{MARKET_POINTS, true, "fanduel", 2725, 0, 0},
		{MARKET_PRA, false, "betmgm", 4100, 100, -120},
	};
	const struct price prices[] = {
		{.p_over = 0.54321,
			.p_model = 0.61,
			.has_model = true,
			.off_market = 0.1234,
			.has_off = true,
			.suspect = true,
			.return_over = 0.0371,
			.has_over = true,
			.return_under = -0.1082,
			.has_under = true,
			.fair_over = 0.50567,
			.edge = 0.03754,
			.has_fair = true,
			.has_edge = true,
			.recommendation = OVER},
		{.p_over = 0.65,
			.p_push = 0.0512,
			.edge = -0.02742,
			.has_edge = true,
			.return_over = -0.04,
			.has_over = true,
			.recommendation = PASS},
		{.p_over = 0.2,
			.fair_over = 0.27859,
			.edge = -0.07859,
			.has_fair = true,
			.has_edge = true,
			.recommendation = UNDER},
		{.p_over = 0.40004, .recommendation = PASS},
		{.p_over = 1,
			.fair_over = 0.47826,
			.edge = 0.52174,
			.has_fair = true,
			.has_edge = true,
			.recommendation = OVER},
	};
	const struct similar_game similar[] = {{1, 0.25f}, {0, 1.5f}};
	struct model_result result = {
		.has_history = true,
		.prices = prices,
		.similar = similar,
		.similar_count = 2,
		.stages =
			{
				[STAGE_CONTEXT] = {true, true, {1, 0}, 0},
				[STAGE_SIMILARITY] = {true, false, {2, 0}, 1234},
				[STAGE_PRICING] = {true, false, {3, UINT64_C(1) << 63}, 20},
			},
	};
	for (int i = 0; i < MARKET_COUNT; i++)
		result.figures[i] = (struct figure){i + 0.5, 2.00004};
	for (int i = 0; i < MARKET_COUNT; i++)
		result.ranges[i] = (struct figure_range){.median = 3, .p10 = 1, .p90 = 9};
	result.consensus[MARKET_POINTS] = (struct market_price){.books = 1, .line = 2562, .shift = -0.25};
	result.minutes = 33.3333333;
	struct live live = a_live();
	live.game_status = GAME_SCHEDULED;
	live.tip_ms = TIP_MS;
	live.injury = INJURY_QUESTIONABLE;
	live.injury_reason = "ankle";
	live.starter = 1;
	live.quotes = quotes;
	live.quote_count = 5;
	struct report_input in = an_input(&live);
	in.result = &result;
	in.snapshot = &snapshot;
	json_decref(checked(&in));
	char *document = written(&in);

#define FIGURES(n) "\"mean\":" n ",\"median\":3,\"p10\":1,\"p90\":9,\"sd\":2}"
	assert_string_equal(document,
		"{\"attempt\":1,\"causes\":[{\"id\":\"1763240000000-0\",\"stream\":\"props:odds\","
		"\"type\":\"odds\"}],"
		"\"game\":{\"status\":\"scheduled\",\"tip\":\"2025-11-16T00:30:00Z\"},"
		"\"game_date\":\"2025-11-15\",\"game_id\":\"20251115_LAL_GSW\","
		"\"generated_at\":\"2025-11-16T00:29:59.000Z\","
		"\"injury\":{\"reason\":\"ankle\",\"status\":\"questionable\"},"
		"\"league\":{\"fingerprint\":\"fedcba98765432100123456789abcdef\",\"number\":7},"
		"\"markets\":{"
		"\"assists\":{" FIGURES("2.5") ",\"blocks\":{" FIGURES("5.5") ",\"pa\":{" FIGURES(
			"9.5") ",\"points\":{\"books\":{"
			       "\"draftkings\":{\"alternates\":["
			       "{\"edge\":-0.0274,\"line\":24,\"over\":-210,\"p_over\":0.65,"
			       "\"p_push\":0.0512,\"recommendation\":\"PASS\",\"return_over\":-0.04},"
			       "{\"edge\":-0.0786,\"fair_over\":0.2786,\"line\":30.5,\"over\":240,"
			       "\"p_over\":0.2,"
			       "\"recommendation\":\"UNDER\",\"under\":-320}],"
			       "\"edge\":0.0375,\"fair_over\":0.5057,\"line\":25.5,\"off_market\":0.1234,"
			       "\"over\":-110,\"p_model\":0.61,\"p_over\":0.5432,"
			       "\"recommendation\":\"OVER\",\"return_over\":0.0371,\"return_under\":-0.1082,"
			       "\"suspect\":true,\"under\":-105},"
			       "\"fanduel\":{\"alternates\":[{\"line\":27.25,\"p_over\":0.4,"
			       "\"recommendation\":\"PASS\"}]}"
			       "},\"consensus\":{\"books\":1,\"line\":25.62,\"shift\":-0.25}," FIGURES("0.5") ",\"pr\":{" FIGURES(
				       "8.5") ",\"pra\":{\"books\":{\"betmgm\":{\"edge\":0.5217,"
					      "\"fair_over\":0.4783,\"line\":41,\"over\":100,"
					      "\"p_over\":1,\"recommendation\":\"OVER\",\"under\":-"
					      "120}}," FIGURES("7.5") ",\"ra\":{" FIGURES("10.5") ",\"rebounds\":{" FIGURES("1.5") ",\"steals\":{" FIGURES("4.5") ",\"threes\":{" FIGURES(
						      "3.5") ",\"turnovers\":{" FIGURES("6.5") "},\"minutes\":33.3333,\"opponent\":\"GSW\",\"player_lookup\":\"lebronjames\""
											       ",\"plays\":0.55,\"processor\":\"builtin\",\"similar_games\":[{\"distance\":0.25,\"game_date"
											       "\":\"2025-01-02\",\"game_id\":\"20250102_MEM_BOS\",\"player_lookup\":\"jaren"
											       "jacksonjr\"},{\"distance\":1.5,\"game_date\":\"2024-11-01\",\"game_id\":\"20"
											       "241101_LAL_GSW\",\"player_lookup\":\"stephencurry\"}],\"stages\":{\"context"
											       "\":{\"fingerprint\":\"00000000000000000000000000000001\",\"ms\":0,\"reused\""
											       ":true},\"pricing\":{\"fingerprint\":\"80000000000000000000000000000003\",\"m"
											       "s\":0.02,\"reused\":false},\"similarity\":{\"fingerprint\":\"000000000000000"
											       "00000000000000002\",\"ms\":1.234,\"reused\":false}},\"starter\":true,\"statu"
											       "s\":\"ok\",\"team\":\"LAL\",\"version\":42}");
#undef FIGURES
	free(document);
}

static void statuses_follow_the_game_then_the_injury_then_the_history(void **state)
{
	(void)state;
	static const struct {
		enum game_status game;
		enum injury_status injury;
		bool model, history;
		const char *status;
		bool books;
	} cases[] = {
		{GAME_UNKNOWN, INJURY_NONE, true, true, "ok", true},
		{GAME_SCHEDULED, INJURY_DOUBTFUL, true, true, "ok", true},
		{GAME_SCHEDULED, INJURY_AVAILABLE, false, false, "ok", true},
		{GAME_SCHEDULED, INJURY_NONE, true, false, "no_history", true},
		{GAME_SCHEDULED, INJURY_OUT, true, true, "out", false},
		{GAME_SCHEDULED, INJURY_OUT, true, false, "out", false},
		{GAME_SCHEDULED, INJURY_OUT, false, false, "out", false},
		{GAME_POSTPONED, INJURY_NONE, true, true, "withdrawn", false},
		{GAME_CANCELLED, INJURY_OUT, true, true, "withdrawn", false},
		{GAME_CANCELLED, INJURY_NONE, false, false, "withdrawn", false},
	};
	const struct live_quote quote = {MARKET_THREES, false, "fanduel", 250, 110, -140};
	const struct price price = {.p_over = 0.5, .recommendation = PASS};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct live live = a_live();
		live.game_status = cases[i].game;
		live.injury = cases[i].injury;
		live.quotes = &quote;
		live.quote_count = 1;
		struct model_result result = {.has_history = cases[i].history};
		result.prices = cases[i].history ? &price : NULL;
		struct report_input in = an_input(&live);
		in.snapshot = &snapshot;
		in.result = cases[i].model ? &result : NULL;

		json_t *root = checked(&in);
		json_t *threes = json_object_get(json_object_get(root, "markets"), "threes");
		json_t *fanduel = json_object_get(json_object_get(threes, "books"), "fanduel");

		assert_string_equal(text_at(root, "status"), cases[i].status);
		assert_int_equal(cases[i].books, json_object_get(threes, "books") != NULL);
		assert_int_equal(cases[i].model && cases[i].history, json_object_get(threes, "mean") != NULL);
		if (cases[i].books) {
			assert_true(json_number_value(json_object_get(fanduel, "line")) == 2.5);
			assert_int_equal(json_integer_value(json_object_get(fanduel, "over")), 110);
			assert_int_equal(json_integer_value(json_object_get(fanduel, "under")), -140);
			assert_int_equal(cases[i].history, json_object_get(fanduel, "p_over") != NULL);
		}
		json_decref(root);
	}
}

static struct foreign *an_output(const char *json)
{
	struct foreign *f;
	struct err err;

	if (foreign_parse(json, strlen(json), &f, &err) != 0)
		fail_msg("%s", err.text);
	return f;
}

static void foreign_figures_stand_where_ours_would_and_the_rest_beside_them(void **state)
{
	(void)state;
	const struct live_quote quotes[] = {
		{MARKET_POINTS, false, "fanduel", 2750, -110, -110},
		{MARKET_THREES, false, "fanduel", 250, 110, -140},
	};
	const struct price prices[] = {{.p_over = 0.45, .recommendation = PASS}, {.p_over = 0.99}};
	struct model_result result = {.has_history = true,
		.foreign = true,
		.lacks = ((1u << MARKET_COUNT) - 1) & ~(1u << MARKET_POINTS | 1u << MARKET_PA),
		.prices = prices,
		.figures = {[MARKET_POINTS] = {27.4, 6.1}, [MARKET_PA] = {33, 7}, [MARKET_THREES] = {99, 99}},
		.ranges = {[MARKET_POINTS] = {.median = 27, .p10 = 20, .p90 = 35}},
		.stages = {[STAGE_PRICING] = {true, false, {3, 0}, 20}}};
	const struct report_phase precompute = {
		.version = 40, .generated_at_ms = TIP_MS - 60000, .processor = "mymodel", .failed = true};
	struct foreign *output =
		an_output("{\"markets\": {\"points\": {\"mean\": 27.4, \"sd\": 6.1, \"note\": \"hot\"}},"
			  "\"by\": \"v7\", \"a\": [0.1]}");
	struct live live = a_live();
	live.quotes = quotes;
	live.quote_count = 2;
	struct report_input in = an_input(&live);
	in.result = &result;
	in.precompute = &precompute;
	in.output = output;
	json_decref(checked(&in));
	char *document = written(&in);

	/* No league: none is needed. */
	assert_string_equal(document,
		"{\"attempt\":1,\"causes\":[{\"id\":\"1763240000000-0\",\"stream\":\"props:odds\",\"type\":\"odds\"}],"
		"\"game_date\":\"2025-11-15\",\"game_id\":\"20251115_LAL_GSW\","
		"\"generated_at\":\"2025-11-16T00:29:59.000Z\",\"markets\":{\"pa\":{\"mean\":33,\"median\":0,\"p10\":0,"
		"\"p90\":0,\"sd\":7},"
		"\"points\":{\"books\":{\"fanduel\":{\"line\":27.5,\"over\":-110,\"p_over\":0.45,"
		"\"recommendation\":\"PASS\",\"under\":-110}},\"mean\":27.4,\"median\":27,\"p10\":20,\"p90\":35,\"sd\":6.1},"
		"\"threes\":{\"books\":{\"fanduel\":{\"line\":2.5,\"over\":110,\"under\":-140}},"
		"\"status\":\"no_projection\"}},\"opponent\":\"GSW\","
		"\"phases\":{\"precompute\":{\"failed\":true,\"generated_at\":\"2025-11-16T00:29:00.000Z\","
		"\"processor\":\"mymodel\",\"version\":40}},\"player_lookup\":\"lebronjames\","
		"\"precompute\":{\"a\":[0.1],\"by\":\"v7\",\"markets\":{\"points\":{\"note\":\"hot\"}}},"
		"\"processor\":\"builtin\",\"stages\":{\"pricing\":{\"fingerprint\":\"00000000000000000000000000000003\","
		"\"ms\":0.02,\"reused\":false}},\"status\":\"ok\",\"team\":\"LAL\",\"version\":42}");
	free(document);

	/* Out: the figures stay, the lines go, and with them the market that had nothing else. */
	live.injury = INJURY_OUT;
	json_t *root = checked(&in), *markets = json_object_get(root, "markets");
	assert_string_equal(text_at(root, "status"), "out");
	assert_null(json_object_get(markets, "threes"));
	assert_int_equal(json_object_size(json_object_get(markets, "points")), 5);
	json_decref(root);
	foreign_free(output);
}

static void without_an_output_quotes_stand_as_given(void **state)
{
	(void)state;
	const struct live_quote quote = {MARKET_THREES, false, "fanduel", 250, 110, -140};
	const struct model_result result = {.foreign = true, .lacks = (1u << MARKET_COUNT) - 1};
	struct report_phase precompute = {.processor = ""};
	struct live live = a_live();
	live.quotes = &quote;
	live.quote_count = 1;
	struct report_input in = an_input(&live);
	in.snapshot = &snapshot;
	in.result = &result;
	in.precompute = &precompute;

	for (int failed = 0; failed < 2; failed++) {
		precompute.failed = failed;
		json_t *root = checked(&in);
		json_t *threes = json_object_get(json_object_get(root, "markets"), "threes");
		json_t *phase = json_object_get(json_object_get(root, "phases"), "precompute");
		assert_string_equal(text_at(root, "status"), "no_projection");
		assert_string_equal(text_at(threes, "status"), "no_projection");
		assert_int_equal(json_object_size(json_object_get(json_object_get(threes, "books"), "fanduel")), 3);
		assert_int_equal(json_object_size(phase), failed);
		assert_int_equal(json_is_true(json_object_get(phase, "failed")), failed);
		json_decref(root);
	}
	live.injury = INJURY_OUT;
	json_t *root = checked(&in);
	assert_string_equal(text_at(root, "status"), "out");
	assert_null(json_object_get(root, "markets"));
	json_decref(root);
}

static void hostile_texts_come_back_as_they_went_in(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"\"",
		"\\",
		"\\\"},{\"x\":\"",
		"tab\there",
		"line\nfeed\rreturn",
		"\b\f\v\x01\x1f",
		"/ </script>",
		"Jokić, Dončić, Şengün",
		"日本語",
		"\xf0\x9f\x8f\x80 emoji",
		"\xc2\x80\xe2\x80\xa8\xe2\x80\xa9",
		"%s%n%d",
		" ",
		"\xef\xbb\xbf.",
	};
	char longest[5000];

	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	for (size_t i = 0; i <= sizeof(texts) / sizeof(texts[0]); i++) {
		const char *text = i < sizeof(texts) / sizeof(texts[0]) ? texts[i] : longest;
		const struct live_quote quotes[] = {
			{MARKET_PA, false, text, 2050, -110, 0},
			{MARKET_PA, true, text, 2150, 0, 130},
		};
		const struct report_cause hostile = {"odds", text, text};
		struct live live = a_live();
		live.injury = INJURY_PROBABLE;
		live.injury_reason = text;
		live.quotes = quotes;
		live.quote_count = 2;
		struct report_input in = an_input(&live);
		in.processor = text;
		in.causes = &hostile;

		json_t *root = checked(&in);
		json_t *books = json_object_get(json_object_get(json_object_get(root, "markets"), "pa"), "books");

		assert_string_equal(text_at(json_object_get(root, "injury"), "reason"), text);
		assert_string_equal(text_at(root, "processor"), text);
		assert_string_equal(text_at(json_array_get(json_object_get(root, "causes"), 0), "stream"), text);
		assert_int_equal(json_object_size(books), 1);
		assert_non_null(json_object_get(books, text));
		json_decref(root);
	}
}

static void a_delete_character_is_escaped(void **state)
{
	(void)state;
	struct live live = a_live();
	live.injury = INJURY_OUT;
	live.injury_reason = "a\x7f";
	struct report_input in = an_input(&live);
	char *document = written(&in);
	json_t *root = parsed(document);

	assert_null(strchr(document, 0x7f));
	assert_string_equal(text_at(json_object_get(root, "injury"), "reason"), "a\x7f");
	json_decref(root);
	free(document);
}

static void the_stamp_has_milliseconds_always(void **state)
{
	(void)state;
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
		{TIP_MS, "2025-11-16T00:30:00.000Z"},
		{TIP_MS + 7, "2025-11-16T00:30:00.007Z"},
		{TIP_MS - 1, "2025-11-16T00:29:59.999Z"},
		{TIP_MS + 120, "2025-11-16T00:30:00.120Z"},
	};
	struct live live = a_live();
	struct report_input in = an_input(&live);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		in.generated_at_ms = cases[i].ms;
		json_t *root = checked(&in);
		assert_string_equal(text_at(root, "generated_at"), cases[i].text);
		json_decref(root);
	}
}

static void numbers_are_rounded_to_four_places(void **state)
{
	(void)state;
	static const struct {
		double value;
		const char *text;
	} cases[] = {
		{0, "0"},
		{-0.0, "0"},
		{-0.00004, "0"},
		{0.00006, "0.0001"},
		{-0.00006, "-0.0001"},
		{1.99996, "2"},
		{-1.5, "-1.5"},
		{100, "100"},
		{123456.78914, "123456.7891"},
		{0.1 + 0.2, "0.3"},
		{1e9, "1000000000"},
	};
	struct live live = a_live();
	struct model_result result = {.has_history = true};
	struct report_input in = an_input(&live);
	in.result = &result;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char expected[64];
		result.figures[MARKET_RA].mean = cases[i].value;
		snprintf(expected, sizeof(expected), "\"ra\":{\"mean\":%s,\"median\":0,", cases[i].text);
		char *document = written(&in);
		if (!strstr(document, expected))
			fail_msg("no %s in %s", expected, document);
		free(document);
		json_decref(checked(&in));
	}
}

static void appending_keeps_what_was_there(void **state)
{
	(void)state;
	struct live live = a_live();
	struct report_input in = an_input(&live);
	struct str out = {0};

	str_text(&out, "before ");
	report_write(&out, &in);
	assert_int_equal(strncmp(out.data, "before {\"attempt\"", 17), 0);
	assert_int_equal(out.data[out.length - 1], '}');
	str_done(&out);
}

static unsigned below(unsigned *seed, unsigned n)
{
	return (unsigned)rand_r(seed) % n;
}

/* Any mixture of what may be known. */
static void random_documents_equal_the_dump_of_their_parse(void **state)
{
	(void)state;
	static const char *const names[] = {"betmgm", "bovada", "caesars", "draft\"kings", "fanduel"};
	unsigned seed = (unsigned)time(NULL);

	print_message("seed %u\n", seed);
	for (int round = 0; round < 500; round++) {
		struct live_quote quotes[256];
		struct price prices[256];
		struct similar_game similar[64];
		size_t count = 0;

		for (int m = 0; m < MARKET_COUNT; m++) {
			for (size_t b = 0; b < 5; b++) {
				unsigned mains = below(&seed, 2), alternates = below(&seed, 3);
				for (unsigned i = 0; i < mains + alternates; i++) {
					quotes[count] = (struct live_quote){(enum market)m, i >= mains, names[b],
						(int32_t)(i * 100 + below(&seed, 20000)), below(&seed, 2) ? -110 : 0,
						below(&seed, 2) ? 2500 : 0};
					prices[count++] = (struct price){
						.p_over = below(&seed, 1000001) / 1e6,
						.fair_over = below(&seed, 1000001) / 1e6,
						.edge = below(&seed, 1000001) / 1e6 - 0.5,
						.has_fair = below(&seed, 2),
						.has_edge = below(&seed, 2),
						.p_model = below(&seed, 1000001) / 1e6,
						.has_model = below(&seed, 2),
						.p_push = below(&seed, 2) * 0.125,
						.off_market = below(&seed, 1000001) / 1e6,
						.has_off = below(&seed, 2),
						.return_over = below(&seed, 1000001) / 1e5 - 1,
						.has_over = below(&seed, 2),
						.return_under = below(&seed, 1000001) / 1e5 - 1,
						.has_under = below(&seed, 2),
						.suspect = below(&seed, 2),
						.recommendation = (enum recommendation)below(&seed, 3),
					};
				}
			}
		}
		struct model_result result = {.has_history = below(&seed, 4) > 0, .prices = prices, .similar = similar};
		result.from_market = !result.has_history && below(&seed, 2);
		result.minutes = below(&seed, 2) * 31.5;
		for (int m = 0; m < MARKET_COUNT; m++) {
			result.ranges[m] = (struct figure_range){.median = below(&seed, 60), .p10 = 3, .p90 = 61};
			result.consensus[m] = (struct market_price){
				below(&seed, 3), (int32_t)below(&seed, 5000), below(&seed, 4001) / 1e3 - 2};
		}
		result.similar_count = below(&seed, 64);
		for (size_t i = 0; i < result.similar_count; i++)
			similar[i] = (struct similar_game){below(&seed, 2), (float)below(&seed, 1000000) / 77777};
		for (int m = 0; m < MARKET_COUNT; m++)
			result.figures[m] = (struct figure){below(&seed, 1000000) / 12345.6, below(&seed, 999) / 77.0};
		for (int i = 0; i < STAGE_COUNT; i++)
			result.stages[i] = (struct stage_record){below(&seed, 2), below(&seed, 2),
				{(uint64_t)rand_r(&seed), (uint64_t)rand_r(&seed)}, rand_r(&seed)};
		struct live live = a_live();
		live.game_status = (enum game_status)below(&seed, 4);
		live.injury = (enum injury_status)below(&seed, INJURY_COUNT);
		live.tip_ms = below(&seed, 2) ? TIP_MS : 0;
		live.starter = (int)below(&seed, 3) - 1;
		live.version = rand_r(&seed);
		live.quotes = quotes;
		live.quote_count = below(&seed, 5) ? count : 0;
		struct report_input in = an_input(&live);
		in.snapshot = &snapshot;
		in.result = below(&seed, 5) ? &result : NULL;
		in.cause_count = below(&seed, 2);
		json_decref(checked(&in));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_least_that_is_known_is_the_least_that_is_written),
		cmocka_unit_test(a_full_report_reads_as_the_contract_says),
		cmocka_unit_test(statuses_follow_the_game_then_the_injury_then_the_history),
		cmocka_unit_test(foreign_figures_stand_where_ours_would_and_the_rest_beside_them),
		cmocka_unit_test(without_an_output_quotes_stand_as_given),
		cmocka_unit_test(hostile_texts_come_back_as_they_went_in),
		cmocka_unit_test(a_delete_character_is_escaped),
		cmocka_unit_test(the_stamp_has_milliseconds_always),
		cmocka_unit_test(numbers_are_rounded_to_four_places),
		cmocka_unit_test(appending_keeps_what_was_there),
		cmocka_unit_test(random_documents_equal_the_dump_of_their_parse),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
