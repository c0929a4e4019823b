/* What a line is worth, asked of a player's committed report. */
#include <stdlib.h>
#include <string.h>

#include "admin/areas.h"
#include "admin/ask.h"
#include "admin/context.h"
#include "admin/names.h"
#include "admin/request.h"
#include "delivery/delivery.h"
#include "model/asked.h"

#define OUTPUT_MAX 262144 /* bytes of another model's output that are read here, on the loop */

struct price_ask {
	struct ask ask;
	date_t date;
	char lookup[LOOKUP_SIZE];
	struct live_quote quote;
	json_t *report;
};

static void done(struct ask *ask)
{
	json_decref(((struct price_ask *)ask)->report);
}

static void set_number(json_t *data, const char *key, bool known, double value)
{
	if (known)
		json_object_set_new(data, key, json_real(value));
}

static void answer(struct price_ask *a, const struct foreign *output)
{
	char date[DATE_SIZE];
	struct price p;
	struct err err;
	const char *market = market_name(a->quote.market);
	if (asked_price(a->report, output, &a->quote, &p, &err) < 0) {
		ask_error(&a->ask, CODE_NOT_FOUND, "%s on %s: %s", a->lookup, date_format(a->date, date), err.text);
		return;
	}
	const json_t *figures = json_object_get(json_object_get(a->report, "markets"), market);
	json_t *data = json_pack("{s:s, s:s, s:s, s:f, s:O*, s:O*, s:O*, s:O*, s:O*, s:O*}", "player", a->lookup,
		"date", date_format(a->date, date), "market", market, "line", a->quote.line / 100.0, "status",
		json_object_get(a->report, "status"), "version", json_object_get(a->report, "version"), "mean",
		json_object_get(figures, "mean"), "sd", json_object_get(figures, "sd"), "figures",
		json_object_get(figures, "figures"), "consensus", json_object_get(figures, "consensus"));
	set_number(data, "p_over", true, p.p_over);
	set_number(data, "p_model", p.has_model, p.p_model);
	set_number(data, "p_push", p.p_push > 0, p.p_push);
	if (p.has_over)
		json_object_set_new(data, "over", json_integer(a->quote.over));
	if (p.has_under)
		json_object_set_new(data, "under", json_integer(a->quote.under));
	set_number(data, "fair_over", p.has_fair, p.fair_over);
	set_number(data, "edge", p.has_edge, p.edge);
	set_number(data, "return_over", p.has_over, p.return_over);
	set_number(data, "return_under", p.has_under, p.return_under);
	ask_reply(&a->ask, data);
}

static void on_output(void *arg, const struct value *reply)
{
	struct price_ask *a = arg;
	struct foreign *output = NULL;
	struct err err;
	if (!ask_answered(&a->ask, reply))
		return;
	if (reply->type == VALUE_NIL)
		ask_error(&a->ask, CODE_NOT_FOUND, "there is no output of precompute for %s", a->lookup);
	else if ((size_t)reply->length > OUTPUT_MAX)
		ask_error(&a->ask, CODE_FAILED, "the output of precompute for %s has %zu bytes, %d are read here",
			a->lookup, (size_t)reply->length, OUTPUT_MAX);
	else if (foreign_parse(value_text(reply), (size_t)reply->length, &output, &err) < 0)
		ask_error(&a->ask, CODE_FAILED, "the output of precompute for %s: %s", a->lookup, err.text);
	else
		answer(a, output);
	foreign_free(output);
}

static void on_report(void *arg, const struct value *reply)
{
	struct price_ask *a = arg;
	char date[DATE_SIZE];
	if (!ask_answered(&a->ask, reply))
		return;
	a->report = reply->type == VALUE_NIL ? NULL : json_loadb(value_text(reply), (size_t)reply->length, 0, NULL);
	if (!a->report) {
		ask_error(&a->ask, CODE_NOT_FOUND, "there is no report of %s for %s", a->lookup,
			date_format(a->date, date));
	} else if (asked_is_foreign(a->report)) {
		ask_sends(&a->ask);
		delivery_report(a->ask.context->delivery, a->date, a->lookup, PHASE_PRECOMPUTE, on_output, a);
	} else {
		answer(a, NULL);
	}
}

/* "25.5" in hundredths; false: no line. */
static bool parse_line(const char *text, int32_t *ret)
{
	char *end;
	const long whole = strtol(text, &end, 10);
	int32_t part = 0, worth = 10;
	if (end == text || text[0] < '0' || text[0] > '9' || end - text > 3)
		return false;
	if (*end == '.')
		for (end++; *end >= '0' && *end <= '9' && worth > 0; end++, worth /= 10)
			part += (*end - '0') * worth;
	*ret = (int32_t)whole * 100 + part;
	return *end == '\0' && end[-1] != '.';
}

static int32_t price_of(const struct admin_request *r, const char *name)
{
	return admin_given(r, name) ? (int32_t)admin_int(r, name, 0) : 0;
}

static void price(struct admin_request *r, struct admin_context *c)
{
	const date_t date = admin_date(r, "date", admin_today(c));
	struct live_quote quote = {.book = "", .over = price_of(r, "over"), .under = price_of(r, "under")};
	char lookup[LOOKUP_SIZE];
	if (!market_parse(admin_text(r, "market"), &quote.market)) {
		admin_error(r, CODE_BAD_ARGUMENT, "market: read \"%s\", allowed are %s", admin_text(r, "market"),
			market_names());
		return;
	}
	if (!parse_line(admin_text(r, "line"), &quote.line)) {
		admin_error(r, CODE_BAD_ARGUMENT, "line: read \"%s\", allowed is a number from 0 to 999.99, as 25.5",
			admin_text(r, "line"));
		return;
	}
	for (int i = 0; i < 2; i++) {
		const int32_t american = i ? quote.under : quote.over;
		if (american == 0 || american >= 100 || american <= -100)
			continue;
		admin_error(r, CODE_BAD_ARGUMENT, "%s: read %d, allowed is an American price such as -110 or 150",
			i ? "under" : "over", american);
		return;
	}
	if (!admin_find_player(c, date, admin_text(r, "player"), lookup)) {
		admin_unknown_player(r, c, date, admin_text(r, "player"));
		return;
	}
	struct price_ask *a = ask_new(r, c, sizeof(*a), done);
	if (!a)
		return;
	a->date = date;
	a->quote = quote;
	strcpy(a->lookup, lookup);
	ask_sends(&a->ask);
	delivery_report(c->delivery, date, a->lookup, PHASE_REPORT, on_report, a);
}

static const struct admin_arg price_args[] = {
	{.name = "player", .type = ADMIN_NAME, .required = true, .help = "name or lookup"},
	{.name = "market", .type = ADMIN_TEXT, .required = true, .help = "as points or pra"},
	{.name = "line", .type = ADMIN_TEXT, .required = true, .help = "as 25.5"},
	{.name = "over", .type = ADMIN_INT, .from = -1000000, .to = 1000000, .help = "the over's American price"},
	{.name = "under", .type = ADMIN_INT, .from = -1000000, .to = 1000000, .help = "the under's"},
	{.name = "date", .type = ADMIN_DATE, .help = "the game date, else today"},
	{.name = NULL},
};

const struct admin_command admin_price_commands[] = {
	{.name = "price",
		.role = ADMIN_ROLE_VIEW,
		.args = price_args,
		.handler = price,
		.help = "what a line is worth by a player's committed report"},
	{.name = NULL},
};
