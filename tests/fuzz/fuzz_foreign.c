/*
 * The output of a user's model: whatever bytes come, either figures that price every line, or an error that a person
 * can read. What is kept of other keys must come out the same when it is read again.
 */
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "model/foreign.h"

#define LINES 24

static int64_t no_time(void)
{
	return 0;
}

static void check_error(const struct err *err)
{
	MUST(err->code == -EINVAL && err->text[0] != '\0');
	MUST(utf8_valid(err->text, strlen(err->text)) && strlen(err->text) < sizeof(err->text) - 1);
	for (const char *p = err->text; *p; p++)
		MUST((unsigned char)*p >= 0x20 && *p != 0x7f);
}

static void check_prices(const struct model_result *result, const struct live_quote *quotes)
{
	for (int i = 0; i < MARKET_COUNT * LINES; i++) {
		const struct price *p = &result->prices[i];
		const bool lacks = result->lacks & 1u << quotes[i].market;

		MUST(lacks ? p->p_over == 0 && !p->has_edge && p->recommendation == PASS
			   : p->p_over >= 0 && p->p_over <= 1 && p->has_edge);
		/* Half lines, lowest first: a higher one is never worth more. */
		MUST(i % LINES == 0 || lacks || p->p_over <= p[-1].p_over);
	}
	for (int m = 0; m < MARKET_COUNT; m++)
		MUST(result->lacks & 1u << m || (result->figures[m].mean >= 0 && result->figures[m].mean <= 1024 &&
							result->figures[m].sd >= 0 && result->figures[m].sd <= 1024));
}

static void check_run(const struct foreign *f)
{
	struct live_quote quotes[MARKET_COUNT * LINES];
	const struct live live = {.player = "a", .quotes = quotes, .quote_count = MARKET_COUNT * LINES};
	const struct model_options options = {.min_edge = 0.03};
	struct arena *arena = arena_new();
	struct model_result result;

	MUST(arena != NULL);
	for (int i = 0; i < MARKET_COUNT * LINES; i++)
		quotes[i] = (struct live_quote){
			(enum market)(i / LINES), false, "a", 50 + 100 * (i % LINES) * (i % LINES), -110, 120};
	MUST(foreign_run(f, &options, &live, arena, no_time, &result) == 0);
	MUST(result.has_history == (result.prices != NULL));
	if (result.has_history)
		check_prices(&result, quotes);
	arena_free(arena);
}

/* Read again, within a key that is not ours, it is the same. */
static void check_rest(const char *rest, size_t length)
{
	struct str again = {0};
	struct foreign *f;
	struct err err;
	size_t length_again;

	str_text(&again, "{\"x\":");
	str_bytes(&again, rest, length);
	str_char(&again, '}');
	MUST(!again.failed);
	if (foreign_parse(again.data, again.length, &f, &err) == 0) {
		const char *kept = foreign_rest(f, &length_again);
		MUST(length_again == again.length);
		MUST(length_again > FOREIGN_REST_MAX ? !kept : memcmp(kept, again.data, length_again) == 0);
		foreign_free(f);
	} else {
		MUST(strstr(err.text, "deep")); /* one deeper than before */
	}
	str_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct foreign *f;
	struct err err = {0};
	size_t length;

	if (foreign_parse((const char *)data, size, &f, &err) < 0) {
		check_error(&err);
		return 0;
	}
	if (foreign_has_markets(f))
		check_run(f);
	const char *rest = foreign_rest(f, &length);
	if (rest != NULL)
		check_rest(rest, length);
	foreign_free(f);
	return 0;
}
