/*
 * Why a player is not served now, or what his report was made for: what the gate says of him, everything that has a say
 * in his level, what he waits for and who goes first, his last runs, and what changed in his report.
 *
 * The report that stands in Redis says by what it was made, also where another instance or an earlier process made it. What
 * changed in it is told where the one before was made here, too.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "admin/areas.h"
#include "admin/ask.h"
#include "admin/context.h"
#include "admin/dated.h"
#include "admin/day.h"
#include "admin/names.h"
#include "admin/report_diff.h"
#include "admin/request.h"
#include "admin/standing.h"
#include "admin/told.h"
#include "base/level.h"
#include "base/phase.h"
#include "base/str.h"
#include "delivery/delivery.h"
#include "delivery/fresh.h"
#include "process/job.h"
#include "regen/regen.h"

enum {
	DAYS_MAX = 8,
	CAUSES_MAX = 20, /* of a report that are told */
	READ_MAX = 1048576, /* bytes of a report that are read here, on the loop */
};

/* --- what he waits for ---------------------------------------------------------------------------------------------- */

static const char *order_text(const struct order *order, char buffer[160])
{
	const bool muted = order->key.kind == ORDER_MUTE;
	const char *whom = order->key.whom == ORDER_PLAYER ? "he" : order_whom_name(order->key.whom);
	text_format(buffer, 160, "%s%s%s is %s by a standing order; %s", whom,
		order->key.whom == ORDER_PLAYER ? "" : " ", order->key.whom == ORDER_PLAYER ? "" : order->key.name,
		muted ? "muted" : "paused",
		muted ? "entries are settled without a run, which is owed when it ends" : "his entries wait in Redis");
	return buffer;
}

static void place_text(const struct gate *gate, struct str *out)
{
	const struct places *places = &gate->processor->places;
	str_printf(out, "a free place of processor %s: %u of %u are taken", gate->processor->name, places->taken,
		places_size(places));
	if (places->taken < places_size(places))
		str_text(out, ", the rest is kept for urgent and high");
}

static void put_text(const struct gate *gate, const struct admin_context *c, date_t date, struct str *out)
{
	static const char *const texts[GATE_VERDICTS] = {
		[GATE_OPEN] = "nothing: he is begun in the next turn",
		[GATE_DRAIN] = "nothing more is begun: this instance is draining",
		[GATE_PAUSE] = "the end of the pause of all: propsctl resume",
		[GATE_ALONE] = "a player who runs alone, as processes died running him",
		[GATE_BURST] = "the rest of a burst that may be about him, for at most half a second",
		[GATE_REPORT] = "his report, which is made first on the output that stands, for at most 5 ms",
		[GATE_TURN] = "his turn",
		[GATE_NO_PHASE] = "nothing: there is no such phase",
		[GATE_ASKED] = "Redis: it is asked whether he may run",
		[GATE_RUNS] = "nothing: he runs",
		[GATE_BACK_OFF] = "another try, as his last run failed or was lost",
		[GATE_SETTLE] = "more quotes of the same poll",
		[GATE_BUSY] = "another instance, which runs him",
		[GATE_MUST_ALONE] = "the end of all other runs: he must run alone, as processes died running him",
		[GATE_MEMORY] = "memory: there was none",
		[GATE_GIVEN_UP] = "nothing: his last run failed and no other try is owed; see propsctl dead list",
		[GATE_NOTHING] = "nothing: no entry asks for a run",
	};
	struct date_trouble trouble;
	const char *text;
	char buffer[160];
	switch (gate->verdict) {
	case GATE_SESSION:
		str_printf(out, "Redis: %s", delivery_state(c->delivery));
		break;
	case GATE_TROUBLE:
		text = process_trouble(gate->processor);
		str_printf(out, "processor %s: %s", gate->processor->name, text ? text : "it is back");
		break;
	case GATE_PLACE:
		place_text(gate, out);
		break;
	case GATE_RATE:
		str_printf(out, "the rate of processor %s, %s", gate->processor->name, gate->processor->rate_text);
		break;
	case GATE_DATE:
		str_printf(out, "the date: %s",
			delivery_date_waits(c->delivery, date, &trouble) ? trouble.why : "it is ready now");
		break;
	case GATE_ORDER:
		str_text(out, order_text(gate->order, buffer));
		break;
	default:
		str_text(out, texts[gate->verdict]);
	}
}

static json_t *gate_json(const struct gate *gate, const struct admin_context *c, date_t date)
{
	struct str text = {0};
	put_text(gate, c, date, &text);
	json_t *row = json_pack("{s:s, s:s}", "what", gate_name(gate->verdict), "text", text.failed ? "" : text.data);
	str_done(&text);
	if (gate->until_us > 0 && gate->until_us < INT64_MAX) {
		const int64_t in_us = gate->until_us - clock_mono_us(c->clock);
		json_object_set_new(row, "until_ms", json_integer(clock_wall_ms(c->clock) + in_us / 1000));
	}
	if (gate->processor)
		json_object_set_new(row, "processor", json_string(gate->processor->name));
	if (gate->order)
		json_object_set_new(row, "order", admin_order_json(gate->order));
	return row;
}

/* --- his place, level, causes and runs ------------------------------------------------------------------------------- */

static json_t *entry_json(const struct past_cause *cause)
{
	char id[STREAM_ID_SIZE];
	return json_pack("{s:s, s:s}", "type", stream_name((enum stream)cause->stream), "entry",
		stream_id_format((struct stream_id){.ms = cause->ms, .seq = cause->seq}, id));
}

static json_t *claims_json(const struct player_why *why)
{
	json_t *list = json_array();
	for (size_t i = 0; i < why->claim_count; i++) {
		const struct player_claim *claim = &why->claims[i];
		json_t *row = json_pack("{s:s, s:s}", "reason", claim->reason, "level", level_name(claim->level));
		if (claim->stream >= 0)
			json_object_set_new(row, "type", json_string(stream_name((enum stream)claim->stream)));
		if (claim->order)
			json_object_set_new(row, "order", admin_order_json(claim->order));
		json_array_append_new(list, row);
	}
	return list;
}

static json_t *before_json(const struct player_why *why)
{
	char date[DATE_SIZE];
	json_t *list = json_array();
	for (size_t i = 0; i < why->before_count; i++)
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:I}", "player", why->before[i].lookup, "date",
				      date_format(why->before[i].date, date), "level", level_name(why->before[i].level),
				      "waited_ms", (json_int_t)(why->before[i].waited_us / 1000)));
	return list;
}

static json_t *causes_json(const struct player_why *why)
{
	json_t *list = json_array();
	for (size_t i = 0; i < why->cause_count; i++) {
		json_t *row = entry_json(&why->causes[i].entry);
		json_object_set_new(row, "version", json_integer(why->causes[i].version));
		json_object_set_new(row, "came_ms", json_integer(why->causes[i].came_ms));
		if (why->causes[i].later)
			json_object_set_new(row, "report_follows", json_true());
		json_array_append_new(list, row);
	}
	return list;
}

static json_t *run_json(const struct past_run *run)
{
	static const char *const places[] = {
		[JOB_NOWHERE] = NULL, [JOB_WORKER] = "worker", [JOB_CHILD] = "child", [JOB_REQUEST] = "request"};
	json_t *row = json_pack("{s:s, s:I, s:I, s:i, s:f, s:f, s:I}", "end", past_end_name(run->end), "ended_ms",
		(json_int_t)run->ended_ms, "version", (json_int_t)run->version, "attempt", run->attempt, "waited_ms",
		(double)run->waited_us / 1000, "took_ms", (double)run->run_us / 1000, "causes", (json_int_t)run->causes);
	if (places[run->place]) {
		json_object_set_new(row, "place", json_string(places[run->place]));
		json_object_set_new(row, "number", json_integer(run->number));
	}
	json_t *entries = json_array();
	for (unsigned i = 0; i < run->told; i++)
		json_array_append_new(entries, entry_json(&run->cause[i]));
	json_object_set_new(row, "entries", entries);
	return row;
}

static json_t *runs_json(const struct past *past)
{
	json_t *list = json_array();
	const uint64_t count = past ? past->run_count : 0;
	for (uint64_t i = 0; i < count && i < PAST_RUNS; i++)
		json_array_append_new(list, run_json(&past->runs[(count - 1 - i) % PAST_RUNS]));
	return list;
}

static json_t *phase_json(const struct player_why *why, const struct admin_context *c, date_t date)
{
	json_t *data = json_pack("{s:o, s:o, s:o, s:o, s:o}", "waits_for", gate_json(&why->gate, c, date), "levels",
		claims_json(why), "before", before_json(why), "entries", causes_json(why), "last_runs",
		runs_json(why->past));
	if (why->gate.verdict == GATE_TURN)
		json_object_set_new(data, "first_waits_for", gate_json(&why->head, c, date));
	return data;
}

/* --- what changed --------------------------------------------------------------------------------------------------- */

static json_t *causes_of_report(const json_t *report)
{
	const json_t *causes = json_object_get(report, "causes");
	json_t *list = json_array();
	for (size_t i = 0; i < json_array_size(causes) && i < CAUSES_MAX; i++)
		json_array_append(list, json_array_get(causes, i));
	return list;
}

/* Why what changed is not known; NULL: both are at hand. `committed` is the version of the report that stands. */
static const char *why_unknown(const struct past *past, int64_t committed)
{
	if (!past || past->reports[0].version != committed)
		return "it was not made by this process, or is not remembered any more";
	if (!past->reports[0].bytes)
		return "it is too large to be remembered";
	if (past->reports[1].version == 0)
		return "the one before was not made by this process, or is not remembered any more";
	return past->reports[1].bytes ? NULL : "the one before was too large to be remembered";
}

static json_t *load(const struct past_report *r)
{
	return json_loadb(r->bytes, r->length, 0, NULL);
}

static void add_changes(json_t *data, const struct past *past, int64_t committed)
{
	const char *unknown = why_unknown(past, committed);
	json_t *new = unknown ? NULL : load(&past->reports[0]), *old = unknown ? NULL : load(&past->reports[1]);
	if (new &&old) {
		json_object_set_new(data, "before", json_integer(past->reports[1].version));
		report_diff(old, new, data);
	} else
		json_object_set_new(data, "unknown", json_string(unknown ? unknown : "they cannot be compared"));
	json_decref(new);
	json_decref(old);
}

/* `standing`: as it is in Redis; NULL: there is none, or Redis was not to be asked. */
static json_t *report_json(const struct player_why *why, json_t *standing, int64_t committed)
{
	json_t *data = json_object();
	static const char *const keys[] = {"version", "generated_at", "status", "phases"};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_object_get(standing, keys[i]))
			json_object_set(data, keys[i], json_object_get(standing, keys[i]));
	const int64_t version =
		standing ? (int64_t)json_integer_value(json_object_get(standing, "version")) : committed;
	if (version == 0)
		return data;
	json_object_set_new(data, "version", json_integer(version));
	add_changes(data, why->past, version);
	if (standing) {
		json_object_set_new(data, "causes", causes_of_report(standing));
		json_object_set_new(data, "cause_count",
			json_integer((json_int_t)json_array_size(json_object_get(standing, "causes"))));
	}
	return data;
}

/* --- the command ---------------------------------------------------------------------------------------------------- */

struct why_ask {
	struct ask ask;
	date_t date;
	char lookup[LOOKUP_SIZE];
	json_t *standing; /* the report that is in Redis; NULL: there is none, or Redis was not to be asked */
};

static void why_done(struct ask *ask)
{
	json_decref(((struct why_ask *)ask)->standing);
}

/* Pauses and mutes of a type or a book: what they name is not read, or no run is made for it. */
static json_t *holds_json(const struct admin_context *c, date_t date)
{
	json_t *list = json_array();
	const struct order *order = NULL;
	while ((order = delivery_next_order(c->delivery, order)) != NULL)
		if (order->key.kind != ORDER_PRIORITY &&
			(order->key.whom == ORDER_TYPE || order->key.whom == ORDER_BOOK) &&
			(order->key.date == 0 || order->key.date == date))
			json_array_append_new(list, admin_order_json(order));
	return list;
}

/* Who waits for nothing may be owed a run by a mute of a type or a book, which only Redis knows. */
static void look_at_mute(const struct why_ask *a, enum phase phase, const struct value *mutes, struct player_why *why)
{
	const struct order *order = delivery_muted_by(a->ask.context->delivery, phase, mutes);
	if (order && why->gate.verdict == GATE_NOTHING)
		why->gate = (struct gate){.verdict = GATE_ORDER, .order = order};
}

static json_t *answer(const struct why_ask *a, const struct value *mutes)
{
	struct admin_context *c = a->ask.context;
	struct player_why why;
	struct player_view view = {0};
	json_t *data = json_pack("{s:s, s:o}", "player", a->lookup, "day", admin_day_json(c, a->date, a->lookup));
	json_t *holds = holds_json(c, a->date);

	regen_player(c->regen, PHASE_REPORT, a->date, a->lookup, &view);
	regen_why(c->regen, PHASE_REPORT, a->date, a->lookup, &why);
	look_at_mute(a, PHASE_REPORT, mutes, &why);
	json_object_set_new(data, "why", phase_json(&why, c, a->date));
	json_object_set_new(data, "report", report_json(&why, a->standing, view.committed));
	if (regen_processor(c->regen, PHASE_PRECOMPUTE)) {
		regen_why(c->regen, PHASE_PRECOMPUTE, a->date, a->lookup, &why);
		look_at_mute(a, PHASE_PRECOMPUTE, mutes, &why);
		json_object_set_new(data, "why_precompute", phase_json(&why, c, a->date));
	}
	if (json_array_size(holds) > 0)
		json_object_set(data, "holds", holds);
	json_decref(holds);
	return data;
}

static void on_mutes(void *arg, const struct value *reply)
{
	struct why_ask *a = arg;
	if (ask_came(&a->ask))
		ask_reply_told(&a->ask, answer(a, reply));
}

static bool is_any_muted(const struct admin_context *c)
{
	const struct order *order = NULL;
	while ((order = delivery_next_order(c->delivery, order)) != NULL)
		if (order->key.kind == ORDER_MUTE && (order->key.whom == ORDER_TYPE || order->key.whom == ORDER_BOOK))
			return true;
	return false;
}

static void on_report(void *arg, const struct value *reply)
{
	struct why_ask *a = arg;
	struct admin_context *c = a->ask.context;
	if (!ask_came(&a->ask))
		return;
	if (reply && reply->type == VALUE_STRING && reply->length <= READ_MAX)
		a->standing = json_loadb(reply->text, reply->length, 0, NULL);
	if (!delivery_ready(c->delivery) || !is_any_muted(c)) {
		ask_reply_told(&a->ask, answer(a, NULL));
		return;
	}
	ask_sends(&a->ask);
	delivery_ask_muted(c->delivery, a->date, a->lookup, on_mutes, a);
}

/* Today where he is known of it, else the nearest to come, else the last. */
static date_t date_of(struct admin_context *c, const char *lookup)
{
	const date_t today = admin_today(c);
	date_t dates[DAYS_MAX], best = today;
	size_t count = regen_dates(c->regen, lookup, dates, DAYS_MAX);
	if (count > DAYS_MAX)
		count = DAYS_MAX;
	for (size_t i = 0; i < count; i++) /* the newest first */
		if (i == 0 || dates[i] >= today)
			best = dates[i];
	return best;
}

static void why(struct admin_request *r, struct admin_context *c)
{
	date_t date = admin_date(r, "date", admin_today(c));
	char lookup[LOOKUP_SIZE];
	if (!admin_find_player(c, date, admin_text(r, "player"), lookup) || !admin_day_is_known(c, date, lookup)) {
		admin_unknown_player(r, c, date, admin_text(r, "player"));
		return;
	}
	if (!admin_given(r, "date"))
		date = date_of(c, lookup);
	struct why_ask *a = ask_new(r, c, sizeof(*a), why_done);
	if (!a)
		return;
	a->date = date;
	strcpy(a->lookup, lookup);
	if (!delivery_ready(c->delivery)) { /* that is what he waits for, and no reason to say nothing */
		ask_reply(&a->ask, answer(a, NULL));
		return;
	}
	ask_sends(&a->ask);
	delivery_report(c->delivery, date, a->lookup, PHASE_REPORT, on_report, a);
}

static const struct admin_arg why_args[] = {
	{.name = "player", .type = ADMIN_NAME, .required = true, .help = "name or lookup"},
	{.name = "date", .type = ADMIN_DATE, .help = "the game date, else today or the next that he is known of"},
	{.name = NULL},
};

const struct admin_command admin_why_commands[] = {
	{.name = "why",
		.role = ADMIN_ROLE_VIEW,
		.args = why_args,
		.handler = admin_dated,
		.dated = why,
		.help = "what a player waits for, why at his level, and why his report changed"},
	{.name = NULL},
};
