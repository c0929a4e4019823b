#include "show.h"

#include <string.h>

#include "base/str.h"
#include "day.h"
#include "facts.h"
#include "table.h"
#include "text.h"

enum { ENTRIES_SHOWN = 5, FIELDS_SHOWN = 12 };

/* With ids "odds 1796072855086-41 (points fanduel line 24.5)"; without, "odds: points fanduel line 24.5" where that is
 * known. */
static void put_entries(const json_t *list, const char *key, bool ids, size_t shown, int64_t count, struct str *out)
{
	size_t i;
	json_t *row;
	json_array_foreach ((json_t *)list, i, row) {
		const char *what = text_of(row, "what");
		if (i == shown)
			break;
		str_printf(out, "%s%s", i ? ", " : "", text_of(row, "type"));
		if (ids || !what[0])
			str_printf(out, " %s", text_of(row, key));
		if (what[0])
			str_printf(out, ids ? " (%s)" : ": %s", what);
	}
	if (count > (int64_t)i)
		str_printf(out, "%sand %lld more", i ? " " : "", (long long)(count - (int64_t)i));
}

static void wrapped(struct ctl *ctl, const char *name, struct str *text)
{
	fact_wrapped(ctl, name, text->failed || !text->data ? "" : text->data);
	str_done(text);
}

static void show_gate(struct ctl *ctl, const char *name, const json_t *gate)
{
	char until[SHORT_SIZE];
	const int64_t until_ms = int_of(gate, "until_ms", 0), in_ms = until_ms - ctl->now_ms;
	if (!gate)
		return;
	fact_wrapped(ctl, name, text_of(gate, "text"));
	if (until_ms > 0)
		fact(ctl, "next try", "%s, %s%s", clock_text(until_ms, until), in_ms > 0 ? "in " : "now",
			in_ms > 0 ? age_text(in_ms, (char[SHORT_SIZE]){""}) : "");
}

/* "tier", "type odds", "order of team LAL" */
static void put_reason(const json_t *row, struct str *out)
{
	const char *kind, *type = text_of(row, "type");
	const json_t *order = json_object_get(row, "order");
	const char *whom = order ? order_whom(order, &kind) : "";
	str_printf(out, "%s%s%s", text_of(row, "reason"), type[0] ? " " : "", type);
	if (whom[0])
		str_printf(out, " for %s %s", kind, whom);
}

/* "normal, by type odds; tier says low": the one that gave it first. */
static void show_levels(struct ctl *ctl, const json_t *phase, const json_t *why)
{
	json_t *levels = json_object_get(why, "levels"), *row, *given = NULL;
	struct str text = {0};
	size_t i;
	if (json_array_size(levels) == 0)
		return;
	json_array_foreach (levels, i, row)
		if (!given && strcmp(text_of(row, "reason"), text_of(phase, "reason")) == 0 &&
			strcmp(text_of(row, "level"), text_of(phase, "level")) == 0)
			given = row;
	str_printf(&text, "%s, by ", text_of(phase, "level"));
	if (given)
		put_reason(given, &text);
	else
		str_text(&text, text_of(phase, "reason")[0] ? text_of(phase, "reason") : "default");
	json_array_foreach (levels, i, row) {
		if (row == given)
			continue;
		str_text(&text, "; ");
		put_reason(row, &text);
		str_printf(&text, " says %s", text_of(row, "level"));
	}
	wrapped(ctl, "level", &text);
}

static void show_before(struct ctl *ctl, const json_t *phase, const json_t *why)
{
	const json_t *before = json_object_get(why, "before");
	const int64_t place = int_of(phase, "place", 0), told = (int64_t)json_array_size(before);
	struct str text = {0};
	size_t i;
	json_t *row;
	if (told == 0)
		return;
	json_array_foreach ((json_t *)before, i, row)
		str_printf(&text, "%s%s (%s, %s)", i ? ", " : "", text_of(row, "player"), text_of(row, "level"),
			age_text(int_of(row, "waited_ms", 0), (char[SHORT_SIZE]){""}));
	if (place > told)
		str_printf(&text, " and %lld more", (long long)(place - told));
	wrapped(ctl, "before him", &text);
}

static void show_open(struct ctl *ctl, const json_t *phase, const json_t *why)
{
	const json_t *entries = json_object_get(why, "entries");
	struct str text = {0};
	if (json_array_size(entries) == 0)
		return;
	put_entries(entries, "entry", true, ENTRIES_SHOWN, int_of(phase, "causes", 0), &text);
	wrapped(ctl, "waits with", &text);
}

static const char *value_text(const json_t *value, char buffer[48])
{
	if (json_is_string(value))
		text_format(buffer, 48, "%s", json_string_value(value));
	else if (json_is_number(value))
		number_text(json_number_value(value), buffer);
	else
		text_format(buffer, 48, "%s",
			json_is_true(value)     ? "true"
			: json_is_false(value)  ? "false"
			: json_is_null(value)   ? "null"
			: json_is_object(value) ? "{...}"
						: "[...]");
	return buffer;
}

static void show_field(struct ctl *ctl, const json_t *row)
{
	char from[48], to[48];
	const json_t *old = json_object_get(row, "from"), *new = json_object_get(row, "to");
	struct str text = {0};
	str_printf(&text, "%s ", text_of(row, "field"));
	if (old && new)
		str_printf(&text, "%s -> %s", value_text(old, from), value_text(new, to));
	else
		str_printf(&text, "%s%s", old ? "gone, was " : "new: ", value_text(old ? old : new, from));
	wrapped(ctl, "", &text);
}

static void show_changes(struct ctl *ctl, const json_t *report)
{
	const json_t *fields = json_object_get(report, "fields");
	const int64_t count = int_of(report, "differing", 0);
	const char *unknown = text_of(report, "unknown");
	size_t i;
	json_t *row;
	if (unknown[0]) {
		struct str text = {0};
		str_printf(&text, "not known: %s", unknown);
		wrapped(ctl, "changed", &text);
		return;
	}
	if (!json_object_get(report, "before"))
		return;
	fact(ctl, "changed", "%lld field%s since version %lld%s", (long long)count, count == 1 ? "" : "s",
		(long long)int_of(report, "before", 0), count > 0 ? ":" : "");
	json_array_foreach ((json_t *)fields, i, row) {
		if (i == FIELDS_SHOWN)
			break;
		show_field(ctl, row);
	}
	if (count > (int64_t)i)
		fact(ctl, "", "and %lld more", (long long)(count - (int64_t)i));
}

/* The phase before it. */
static void show_made_from(struct ctl *ctl, const json_t *precompute)
{
	const int64_t version = int_of(precompute, "version", 0);
	const bool failed = json_is_true(json_object_get(precompute, "failed"));
	if (!precompute)
		return;
	if (version > 0)
		fact(ctl, "made from", "precompute version %lld, %s%s", (long long)version,
			text_of(precompute, "generated_at"), failed ? "; its runs since then failed" : "");
	else
		fact(ctl, "made from", "no output of precompute%s", failed ? ": its runs failed" : " yet");
}

static void show_report_of(struct ctl *ctl, const json_t *report)
{
	const int64_t version = int_of(report, "version", 0);
	const char *at = text_of(report, "generated_at"), *status = text_of(report, "status");
	struct str text = {0};
	if (version == 0) {
		fact(ctl, "report", "none that is known");
		return;
	}
	fact(ctl, "report", "version %lld%s%s%s%s", (long long)version, at[0] ? ", " : "", at, status[0] ? ", " : "",
		status);
	show_made_from(ctl, json_object_get(json_object_get(report, "phases"), "precompute"));
	put_entries(
		json_object_get(report, "causes"), "id", true, ENTRIES_SHOWN, int_of(report, "cause_count", 0), &text);
	if (text.length > 0)
		wrapped(ctl, "made for", &text);
	else
		str_done(&text);
	show_changes(ctl, report);
}

static void show_last_runs(struct ctl *ctl, const json_t *runs)
{
	static const struct table_column columns[] = {{"ENDED", TABLE_RIGHT}, {"RESULT", 0}, {"VERSION", TABLE_RIGHT},
		{"WAITED", TABLE_RIGHT}, {"TOOK", TABLE_RIGHT}, {"WHERE", 0}, {"FOR", TABLE_WRAP}};
	size_t i;
	json_t *row;
	if (json_array_size(runs) == 0)
		return;
	fputc('\n', ctl->data);
	struct table *table = table_new(ctl, columns, sizeof(columns) / sizeof(*columns));
	json_array_foreach ((json_t *)runs, i, row) {
		char span[SHORT_SIZE];
		const int64_t age_ms = ctl->now_ms - int_of(row, "ended_ms", ctl->now_ms);
		struct str entries = {0};
		put_entries(json_object_get(row, "entries"), "entry", false, 1, int_of(row, "causes", 0), &entries);
		table_row(table);
		table_cell(table, 0, "%s ago", age_text(age_ms > 0 ? age_ms : 0, span));
		table_cell(table, 1, "%s", text_of(row, "end"));
		table_cell(table, 2, "%lld", (long long)int_of(row, "version", 0));
		table_cell(table, 3, "%s", ms_text(number_of(row, "waited_ms", 0), span));
		table_cell(table, 4, "%s", ms_text(number_of(row, "took_ms", 0), span));
		if (text_of(row, "place")[0])
			table_cell(table, 5, "%s %lld", text_of(row, "place"), (long long)int_of(row, "number", 0));
		table_cell(table, 6, "%s", entries.failed || !entries.data ? "" : entries.data);
		str_done(&entries);
	}
	table_print(table);
}

static void show_phase(struct ctl *ctl, const char *name, const json_t *phase, const json_t *why)
{
	show_day_state(ctl, name, phase);
	show_gate(ctl, "waits for", json_object_get(why, "waits_for"));
	show_before(ctl, phase, why);
	show_gate(ctl, "first one", json_object_get(why, "first_waits_for"));
	show_levels(ctl, phase, why);
	show_open(ctl, phase, why);
	if (text_of(phase, "last_error")[0])
		fact_wrapped(ctl, "last error", text_of(phase, "last_error"));
}

static void show_holds(struct ctl *ctl, const json_t *holds)
{
	size_t i;
	json_t *row;
	json_array_foreach ((json_t *)holds, i, row) {
		const char *kind, *whom = order_whom(row, &kind);
		const char *order = text_of(row, "order");
		fact(ctl, strcmp(order, "mute") == 0 ? "no run for" : "not read", "entries of %s %s, by a %s", kind,
			whom, order);
	}
}

void show_why(struct ctl *ctl, json_t *data)
{
	const json_t *day = json_object_get(data, "day"), *why = json_object_get(data, "why"),
		     *precompute = json_object_get(data, "why_precompute");
	fact(ctl, "player", "%s", text_of(data, "player"));
	fact(ctl, "date", "%s", text_of(day, "date"));
	show_day_game(ctl, day);
	show_phase(ctl, "state", day, why);
	show_day_orders(ctl, day);
	show_holds(ctl, json_object_get(data, "holds"));
	show_report_of(ctl, json_object_get(data, "report"));
	show_last_runs(ctl, json_object_get(why, "last_runs"));
	if (!precompute)
		return;
	fputc('\n', ctl->data);
	show_phase(ctl, "precompute", json_object_get(day, "precompute"), precompute);
	show_last_runs(ctl, json_object_get(precompute, "last_runs"));
}
