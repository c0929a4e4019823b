/*
 * A message for each recommendation that newly is one, to a server that takes them by POST.
 *
 * Newly: of a player's market, book and side, where there was none, or one on another line. What was told, and what
 * stands, is noted in Redis by the follower once the message is out, so instances and restarts share it; who dies in
 * between tells it again. An address of such a server is a secret: it comes from a file, and no error and no log has
 * more of it than that file's name.
 */
#include "sink/store.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/str.h"
#include "fetch/hook.h"

enum {
	TIMEOUT_US = 30000000,
	STEP_MS = 50, /* between two looks whether to stop */
	STEP_US = 1000 * STEP_MS,
	WAIT_MOST_MS = 20000, /* for a server that wants fewer requests, before others have their turn */
	REPLY_MOST = 64 * 1024,
};

struct store {
	const struct sink_options *options;
	const struct patience *patience;
	struct fetch *fetch;
	int64_t pause_us; /* by the monotonic clock: the server wants nothing before */
	char *noted;
};

/* A recommendation of a report. */
struct tip {
	const char *market, *book, *side; /* "OVER" or "UNDER" */
	const json_t *quote;
	double line, returns;
};

/* --- the message -------------------------------------------------------------------------------------------------- */

static double number_of(const json_t *object, const char *name)
{
	return json_number_value(json_object_get(object, name));
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));
	return text ? text : "";
}

static json_t *message_json(const struct sink_report *r, const json_t *report, const struct tip *t)
{
	const bool over = strcmp(t->side, "OVER") == 0;
	const double p = number_of(t->quote, "p_over");
	char date[DATE_SIZE];
	json_t *m = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:f, s:f, s:f, s:I}", "type", "recommendation",
		"player_lookup", r->player, "game_date", date_format(r->date, date), "game_id",
		text_of(report, "game_id"), "market", t->market, "book", t->book, "side", t->side, "line", t->line,
		"probability", over ? p : 1 - p, "return", t->returns, "version", (json_int_t)r->version);
	json_object_set(m, "price", json_object_get(t->quote, over ? "over" : "under"));
	json_object_set(m, "generated_at", json_object_get(report, "generated_at"));
	return m;
}

static void say(struct str *out, const struct sink_report *r, const json_t *report, const struct tip *t)
{
	const bool over = strcmp(t->side, "OVER") == 0;
	const double p = number_of(t->quote, "p_over");
	str_printf(out, "%s: %s %s %g", r->player, t->market, t->side, t->line);
	str_printf(out, " at %+lld (%s)",
		(long long)json_integer_value(json_object_get(t->quote, over ? "over" : "under")), t->book);
	str_printf(out, ", return %+.1f %%, probability %.1f %%, %s", 100 * t->returns, 100 * (over ? p : 1 - p),
		text_of(report, "game_id"));
}

/* NULL: no memory. */
static char *message(const struct store *s, const struct sink_report *r, const json_t *report, const struct tip *t)
{
	const enum sink_form form = s->options->webhook.form;
	struct str words = {0}, body = {0};
	if (form != SINK_FORM_DISCORD && form != SINK_FORM_SLACK) {
		json_t *m = message_json(r, report, t);
		char *text = json_dumps(m, JSON_COMPACT | JSON_REAL_PRECISION(10));
		json_decref(m);
		return text;
	}
	say(&words, r, report, t);
	if (words.data && !words.failed)
		(form == SINK_FORM_SLACK ? hook_slack : hook_discord)(&body, words.data);
	str_done(&words);
	return str_take(&body);
}

/* --- sending it --------------------------------------------------------------------------------------------------- */

static void on_done(void *arg, struct fetch_request *r)
{
	(void)r;
	*(bool *)arg = true;
}

/* As long as the server asked for, within limits. -ECANCELED; -EAGAIN: it is longer. */
static int wait_for_it(struct store *s, struct err *err)
{
	for (int64_t waited = 0; waited < WAIT_MOST_MS; waited += STEP_MS) {
		if (clock_mono_us(clock_system()) >= s->pause_us)
			return 0;
		if (s->patience->wait(s->patience->arg, STEP_US))
			return err_set(err, -ECANCELED, "told to stop");
	}
	return clock_mono_us(clock_system()) >= s->pause_us
		       ? 0
		       : err_set(err, -EAGAIN,
				 "the server of %s wants fewer messages (429, Retry-After): it is waited for",
				 s->options->webhook.url_file);
}

static int post(struct store *s, const char *body, struct err *err)
{
	char url[HOOK_URL_SIZE];
	bool done = false, told = false;
	int r = wait_for_it(s, err);
	if (r == 0)
		r = hook_read_url(s->options->webhook.url_file, url, err);
	if (r < 0)
		return r;
	struct fetch_request request = {
		.method = "POST",
		.url = url,
		.header_lines = hook_lines,
		.body = body,
		.body_length = strlen(body),
		.ca_file = s->options->webhook.ca_file,
		.token_file = s->options->webhook.token_file,
		.most = REPLY_MOST,
		.timeout_us = TIMEOUT_US,
		.done = on_done,
		.arg = &done,
	};
	struct pollfd fd = {.fd = fetch_fd(s->fetch), .events = POLLIN};
	fetch_start(s->fetch, &request);
	while (!done) { /* on_done() says so, from fetch_completed() */
		poll(&fd, 1, STEP_MS);
		fetch_completed(s->fetch);
		if (!done && !told && s->patience->over(s->patience->arg)) {
			told = true;
			fetch_cancel(s->fetch, &request);
		}
	}
	explicit_bzero(url, sizeof(url));
	int64_t pause_ms = 0;
	r = hook_check(&request, s->options->webhook.url_file, &pause_ms, err);
	if (pause_ms > 0)
		s->pause_us = clock_mono_us(clock_system()) + pause_ms * 1000;
	fetch_request_done(&request);
	return r;
}

/* --- what is new -------------------------------------------------------------------------------------------------- */

/* Of what was noted, {"MARKET BOOK SIDE": [LINE, TOLD_MS, STANDS]}. */
enum { NOTED_LINE, NOTED_MS, NOTED_STANDS };

static bool is_wanted(const char *list, const char *market)
{
	const size_t n = strlen(market);
	for (const char *at = list; *at; at += strcspn(at, ","), at += *at == ',')
		if (strncmp(at, market, n) == 0 && (at[n] == ',' || at[n] == '\0'))
			return true;
	return !*list;
}

/* When the newest of the quote and its sides was heard; 0: it is not known. */
static int64_t heard_ms(const char *quotes, const char *market, const char *book)
{
	char name[300];
	int64_t newest = 0;
	const size_t n = text_format(name, sizeof(name), "\n%s:%s ", market, book);
	for (const char *at = strstr(quotes, name); at; at = strstr(at + 1, name)) {
		const int64_t ms = strtoll(at + n, NULL, 10);
		newest = ms > newest ? ms : newest;
	}
	return newest;
}

/* Whether the quote recommends what the options ask for. */
static bool read_tip(const struct store *s, const char *market, const char *book, const json_t *quote, struct tip *ret)
{
	const char *side = text_of(quote, "recommendation");
	const bool over = strcmp(side, "OVER") == 0;
	if (!over && strcmp(side, "UNDER") != 0)
		return false;
	*ret = (struct tip){.market = market,
		.book = book,
		.side = side,
		.quote = quote,
		.line = number_of(quote, "line"),
		.returns = number_of(quote, over ? "return_over" : "return_under")};
	return ret->returns >= s->options->webhook.min_return && is_wanted(s->options->webhook.markets, market);
}

/* One recommendation that stands; tells it if it is new. `fresh` becomes what is noted next. 1: it was told. -errno. */
static int take_tip(struct store *s, const struct sink_report *r, const json_t *report, const struct tip *t,
	const json_t *noted, json_t *fresh, struct err *err)
{
	char key[300];
	text_format(key, sizeof(key), "%s %s %s", t->market, t->book, t->side);
	const json_t *row = json_object_get(noted, key);
	const double line = json_number_value(json_array_get(row, NOTED_LINE));
	const int64_t told_ms = json_integer_value(json_array_get(row, NOTED_MS)),
		      heard = heard_ms(r->quotes, t->market, t->book);
	const bool stands = json_is_true(json_array_get(row, NOTED_STANDS)) && line >= t->line && line <= t->line;
	const bool old = r->now_ms - heard > s->options->webhook.max_quote_age_us / 1000;
	const bool cools = row && r->now_ms - told_ms < s->options->webhook.cool_down_us / 1000;
	if (stands || old || cools) {
		/* One that is held back is new until it was told. */
		if (row)
			json_object_set_new(fresh, key,
				json_pack("[f, I, b]", stands ? t->line : line, (json_int_t)told_ms, (int)stands));
		return 0;
	}
	char *body = message(s, r, report, t);
	int rc = body ? post(s, body, err) : err_set(err, -ENOMEM, "no memory for a message");
	free(body);
	if (rc == 0)
		json_object_set_new(fresh, key, json_pack("[f, I, b]", t->line, (json_int_t)r->now_ms, 1));
	return rc < 0 ? rc : 1;
}

/* What no longer stands is kept while it cools down. */
static void keep_cooling(const struct store *s, const struct sink_report *r, json_t *noted, json_t *fresh)
{
	const char *key;
	json_t *row;
	json_object_foreach (noted, key, row) {
		const int64_t told_ms = json_integer_value(json_array_get(row, NOTED_MS));
		if (json_object_get(fresh, key) || r->now_ms - told_ms >= s->options->webhook.cool_down_us / 1000)
			continue;
		json_object_set_new(fresh, key,
			json_pack("[f, I, b]", json_number_value(json_array_get(row, NOTED_LINE)), (json_int_t)told_ms,
				0));
	}
}

/* --- the store ---------------------------------------------------------------------------------------------------- */

static int put(struct store *s, const struct sink_report *r, bool *ret_kept, struct err *err)
{
	json_t *report = json_loadb(r->body, r->length, 0, NULL), *noted = json_loads(r->told, 0, NULL),
	       *fresh = json_object();
	const char *market, *book;
	json_t *of_market, *quote;
	int rc = 0;
	free(s->noted);
	s->noted = NULL;
	unsigned sent = 0;
	json_object_foreach (json_object_get(report, "markets"), market, of_market) {
		json_object_foreach (json_object_get(of_market, "books"), book, quote) {
			struct tip tip;
			if (rc >= 0 && read_tip(s, market, book, quote, &tip)) {
				rc = take_tip(s, r, report, &tip, noted, fresh, err);
				sent += rc > 0;
			}
		}
	}
	if (rc >= 0)
		keep_cooling(s, r, noted, fresh);
	else
		json_object_update_missing(fresh, noted); /* what was not looked at stays as it was */
	if (!json_equal(fresh, noted) && (noted || json_object_size(fresh) > 0))
		s->noted = json_dumps(fresh, JSON_COMPACT | JSON_REAL_PRECISION(10));
	*ret_kept = sent == 0;
	json_decref(report);
	json_decref(noted);
	json_decref(fresh);
	return rc < 0 ? rc : 0;
}

static const char *noted_of(const struct store *s)
{
	return s->noted;
}

static void close_store(struct store *s)
{
	fetch_free(s->fetch);
	free(s->noted);
	free(s);
}

static int open_store(const struct sink_options *options, const struct patience *patience, struct store **ret,
	char *target, size_t size, struct err *err)
{
	struct store *s = calloc(1, sizeof(*s));
	if (!s)
		return err_set(err, -ENOMEM, "no memory");
	s->options = options;
	s->patience = patience;
	int r = fetch_new(&s->fetch, err);
	if (r == 0)
		r = fetch_use(s->fetch, err);
	if (r < 0) {
		close_store(s);
		return r;
	}
	text_format(target, size, "webhook %s", options->webhook.url_file);
	*ret = s;
	return 0;
}

const struct store_type store_webhook = {.open = open_store, .close = close_store, .put = put, .noted = noted_of};
