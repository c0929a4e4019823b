#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "model/asked.h"
#include "process/processor.h"

static const struct live_quote quotes[] = {
	{MARKET_POINTS, false, "fanduel", 2750, 110, -130},
	{MARKET_POINTS, true, "fanduel", 2400, 0, 0},
	{MARKET_THREES, false, "fanduel", 100, 110, -140},
	{MARKET_BLOCKS, false, "fanduel", 50, -110, -110},
};

static const struct live live = {
	.date = 20407,
	.player = "lebronjames",
	.game_id = "20251115_LAL_GSW",
	.team = "LAL",
	.opponent = "GSW",
	.version = 42,
	.injury_reason = "",
	.starter = -1,
	.quotes = quotes,
	.quote_count = 4,
};

static struct processor builtin = {
	.type = &processor_builtin,
	.options = {.name = "builtin",
		.type = "builtin",
		.model = {.neighbours = 50, .min_edge = 0.03, .min_return = -1, .market = true}},
	.name = "builtin",
};

static const struct report_phase precompute = {.version = 7, .processor = "mymodel"};

/* The report of a run without a league. */
static json_t *report_of(const struct report_phase *phase, const char *output)
{
	struct foreign *f = NULL;
	struct err err;
	struct arena *arena = arena_new(), *scratch = arena_new();
	struct job job = {.magic = JOB_MAGIC,
		.processor = &builtin,
		.arena = arena,
		.live = &live,
		.precompute = phase,
		.attempt = 1};

	if (output && foreign_parse(output, strlen(output), &f, &err) != 0)
		fail_msg("%s", err.text);
	job.output = f;
	processor_builtin.share(&builtin, &job);
	if (processor_builtin.run(&builtin, &job, scratch) != 0)
		fail_msg("%s", job.error);
	json_t *root = json_loadb(job.report.data, job.report.length, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	str_done(&job.report);
	foreign_free(f);
	arena_free(arena);
	arena_free(scratch);
	return root;
}

static json_t *at(json_t *root, const char *market, const char *key)
{
	json_t *of_market = json_object_get(json_object_get(root, "markets"), market);
	json_t *book = json_object_get(json_object_get(of_market, "books"), "fanduel");

	return json_object_get(of_market, key) ? json_object_get(of_market, key) : json_object_get(book, key);
}

static bool is(json_t *root, const char *market, const char *key, double value)
{
	return json_number_value(at(root, market, key)) == value && at(root, market, key);
}

static const char *status(json_t *root)
{
	return json_string_value(json_object_get(root, "status"));
}

static void an_output_is_priced_without_a_league(void **state)
{
	(void)state;
	json_t *root = report_of(&precompute, "{\"markets\":{\"points\":{\"mean\":30,\"sd\":0.5},"
					      "\"threes\":{\"pmf\":[0.1,0.3,0.4,0.2]}},\"by\":\"v7\"}");

	assert_string_equal(status(root), "ok");
	assert_true(is(root, "points", "mean", 30) && is(root, "points", "p_over", 1));
	assert_string_equal(json_string_value(at(root, "points", "recommendation")), "OVER");
	assert_true(
		json_number_value(json_object_get(json_array_get(at(root, "points", "alternates"), 0), "p_over")) == 1);
	/* 0.6 of 0.6 and 0.1: he may end on the line. 100/210 and 140/240, the margin taken out: 0.4494. */
	assert_true(is(root, "threes", "p_over", 0.8571) && is(root, "threes", "fair_over", 0.4494));
	assert_true(is(root, "threes", "edge", 0.4077));
	assert_string_equal(json_string_value(at(root, "blocks", "status")), "no_projection");
	assert_null(at(root, "blocks", "p_over"));
	assert_true(is(root, "blocks", "line", 0.5));
	assert_string_equal(json_string_value(json_object_get(json_object_get(root, "precompute"), "by")), "v7");
	assert_non_null(json_object_get(json_object_get(root, "phases"), "precompute"));
	json_decref(root);
}

static void an_output_to_come_leaves_the_quotes_as_given(void **state)
{
	(void)state;
	json_t *root = report_of(&precompute, NULL);

	assert_string_equal(status(root), "no_projection");
	assert_true(is(root, "points", "line", 27.5));
	assert_null(at(root, "points", "p_over"));
	assert_null(json_object_get(root, "stages"));
	json_decref(root);

	root = report_of(&precompute, "{\"markets\":{}}");
	assert_string_equal(status(root), "no_projection");
	json_decref(root);
}

/* Without `markets` the figures are the model's own affair: which has none, for want of a league. */
static void an_output_without_markets_leaves_the_figures_to_the_model(void **state)
{
	(void)state;
	json_t *root = report_of(&precompute, "{\"similar\":[1,2]}");

	assert_string_equal(status(root), "no_history");
	assert_int_equal(json_array_size(json_object_get(json_object_get(root, "precompute"), "similar")), 2);
	json_decref(root);

	root = report_of(NULL, NULL);
	assert_string_equal(status(root), "no_history");
	assert_null(json_object_get(root, "phases"));
	assert_null(at(root, "points", "status"));
	assert_string_equal(json_string_value(at(root, "points", "figures")), "market");
	assert_null(at(root, "points", "p_model"));
	json_decref(root);
}

/* A line that is asked for is worth what it would be in the report. */
static void check_asked(const char *output)
{
	struct foreign *f = NULL;
	struct err err;
	json_t *root = report_of(output ? &precompute : NULL, output);
	int priced = 0;

	if (output && foreign_parse(output, strlen(output), &f, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(asked_is_foreign(root), output != NULL);
	for (size_t i = 0; i < live.quote_count; i++) {
		const char *market = market_name(quotes[i].market);
		json_t *of_market = json_object_get(json_object_get(root, "markets"), market);
		json_t *book = json_object_get(json_object_get(of_market, "books"), "fanduel");
		struct price p;

		if (quotes[i].alternate)
			book = json_array_get(json_object_get(book, "alternates"), 0);
		if (!json_object_get(book, "p_over")) {
			assert_int_equal(asked_price(root, f, &quotes[i], &p, &err), -ENODATA);
			assert_non_null(strstr(err.text, market));
			continue;
		}
		priced++;
		assert_int_equal(asked_price(root, f, &quotes[i], &p, &err), 0);
		assert_true(fabs(p.p_over - json_number_value(json_object_get(book, "p_over"))) < 2e-4);
		assert_true(fabs(p.return_over - json_number_value(json_object_get(book, "return_over"))) < 5e-4);
		assert_true(fabs(p.p_push - json_number_value(json_object_get(book, "p_push"))) < 2e-4);
		assert_int_equal(p.has_model, json_object_get(book, "p_model") != NULL);
	}
	assert_true(priced >= 3);
	json_decref(root);
	foreign_free(f);
}

static void a_line_that_is_asked_for_is_worth_what_it_would_be_in_the_report(void **state)
{
	(void)state;
	check_asked(NULL); /* nobody knows him: the books' own figures */
	check_asked("{\"markets\":{\"points\":{\"mean\":30,\"sd\":5.5},\"threes\":{\"pmf\":[0.1,0.3,0.4,0.2]}}}");
	builtin.options.model.market_foreign = true;
	check_asked("{\"markets\":{\"points\":{\"mean\":30,\"sd\":5.5},\"threes\":{\"pmf\":[0.1,0.3,0.4,0.2]}}}");
	builtin.options.model.market_foreign = false;
}

/* The books move another model's figures only where that is asked for. */
static void foreign_figures_are_moved_where_that_is_asked_for(void **state)
{
	(void)state;
	static const char output[] = "{\"markets\":{\"points\":{\"mean\":30,\"sd\":5.5}}}";
	json_t *root = report_of(&precompute, output);

	const double alone = json_number_value(at(root, "points", "p_over"));
	assert_true(alone > 0.6 && is(root, "points", "p_model", alone));
	assert_int_equal(json_integer_value(json_object_get(at(root, "points", "consensus"), "books")), 1);
	json_decref(root);
	builtin.options.model.market_foreign = true;
	root = report_of(&precompute, output);
	assert_true(is(root, "points", "p_model", alone));
	assert_true(json_number_value(at(root, "points", "p_over")) < alone - 0.05);
	json_decref(root);
	builtin.options.model.market_foreign = false;
}

/* The context of a game is worked out where one of its players needs it, be he the first of them or not. */
static void the_context_is_shared_by_who_projects(void **state)
{
	(void)state;
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot)); /* a league without games */
	struct foreign *f;
	struct err err;

	assert_non_null(snapshot);
	snapshot->users = 1;
	assert_int_equal(model_prepare(snapshot), 0);
	assert_int_equal(foreign_parse("{\"markets\":{}}", 14, &f, &err), 0);
	for (unsigned set = 0; set < 4; set++) {
		struct job second = {.live = &live, .snapshot = snapshot};
		struct job first = {.live = &live, .snapshot = snapshot, .sibling = &second};
		first.output = set & 1 ? f : NULL;
		second.precompute = set & 2 ? &precompute : NULL;
		processor_builtin.share(&builtin, &first);
		assert_int_equal(first.context_record.present, set != 3);
	}
	foreign_free(f);
	snapshot_drop(snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_output_is_priced_without_a_league),
		cmocka_unit_test(an_output_to_come_leaves_the_quotes_as_given),
		cmocka_unit_test(a_line_that_is_asked_for_is_worth_what_it_would_be_in_the_report),
		cmocka_unit_test(foreign_figures_are_moved_where_that_is_asked_for),
		cmocka_unit_test(the_context_is_shared_by_who_projects),
		cmocka_unit_test(an_output_without_markets_leaves_the_figures_to_the_model),
	};

	return cmocka_run_group_tests_name("builtin", tests, NULL, NULL);
}
