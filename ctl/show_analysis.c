/* What `analyze` says, for people. */
#include "show.h"

#include <string.h>

#include "base/str.h"
#include "facts.h"
#include "table.h"
#include "text.h"

static const char *dollars(double value, char buffer[SHORT_SIZE])
{
	char whole[SHORT_SIZE];
	const double size = value < 0 ? -value : value;
	if (size >= 1000)
		text_format(buffer, SHORT_SIZE, "%s$%s", value < 0 ? "-" : "", count_text((int64_t)(size + 0.5), whole));
	else
		text_format(buffer, SHORT_SIZE, "%s$%.*f", value < 0 ? "-" : "",
			size >= 100              ? 0
			: size > 0 && size < 0.1 ? 4
						 : 2,
			size);
	return buffer;
}

static const char *seconds(double value, char buffer[SHORT_SIZE])
{
	return ms_text(1000 * value, buffer);
}

static void percentile(struct table *table, size_t column, const json_t *row, const char *key)
{
	char text[SHORT_SIZE];
	const double value = number_of(row, key, -1);
	if (value >= 60)
		table_cell(table, column, "%.1f s", value); /* narrower than in minutes */
	else if (value >= 0)
		table_cell(table, column, "%s", seconds(value, text));
}

static void show_curve(struct ctl *ctl, const json_t *curve, int64_t recommended)
{
	static const struct table_column columns[] = {{"CHILDREN", TABLE_RIGHT}, {"A RUN", TABLE_RIGHT},
		{"SPEED", TABLE_RIGHT}, {"P50", TABLE_RIGHT}, {"P95", TABLE_RIGHT}, {"P99", TABLE_RIGHT},
		{"FAILED", TABLE_RIGHT}, {"COST", TABLE_RIGHT}};
	struct table *table = table_new(ctl, columns, sizeof(columns) / sizeof(columns[0]));
	size_t i;
	json_t *row;
	json_array_foreach ((json_t *)curve, i, row) {
		char text[SHORT_SIZE];
		const int64_t children = int_of(row, "children", 0);
		const double failed = 100 * number_of(row, "failed", 0);
		table_row(table);
		table_cell(table, 0, "%lld%s", (long long)children,
			json_is_true(json_object_get(row, "estimated")) ? " (est.)" : "");
		table_cell(table, 1, "%s", seconds(number_of(row, "seconds", 0), text));
		table_cell(table, 2, "%.1fx", number_of(row, "speedup", 0));
		percentile(table, 3, row, "p50");
		percentile(table, 4, row, "p95");
		percentile(table, 5, row, "p99");
		table_cell(table, 6, "%.*f %%", failed > 0 && failed < 10 ? 1 : 0, failed);
		table_cell(table, 7, "%s", dollars(number_of(row, "cost", 0), text));
		if (children == recommended)
			table_color(table, 0, TABLE_GOOD);
		if (failed > 5)
			table_color(table, 6, TABLE_BAD);
	}
	table_print(table);
}

static void show_money(struct ctl *ctl, const json_t *phase)
{
	char run[SHORT_SIZE], month[SHORT_SIZE], added[SHORT_SIZE], text[256];
	const json_t *terms = json_object_get(phase, "terms"), *days = json_object_get(phase, "break_even_days");
	const double runs = number_of(terms, "runs_a_day", 1), cost = number_of(phase, "cost", 0);
	const double more = number_of(phase, "added_month", 0);
	text_format(text, sizeof(text), "%s a run, %s a month; %s a month %s than one by one", dollars(cost, run),
		dollars(cost * runs * 30, month), dollars(more < 0 ? -more : more, added), more < 0 ? "less" : "more");
	fact_wrapped(ctl, "cost", text);
	if (json_is_number(days))
		text_format(text, sizeof(text), "%.2f days", json_number_value(days));
	else
		text_format(text, sizeof(text), "never");
	fact(ctl, "break-even", "%s, at %.4g run%s a day, %s an hour, %s to implement", text, runs, runs == 1 ? "" : "s",
		dollars(number_of(terms, "hour_value", 0), run), dollars(number_of(terms, "implementation", 0), month));
}

static void show_phase(struct ctl *ctl, const json_t *phase)
{
	char text[512], a[SHORT_SIZE], b[SHORT_SIZE], memory[SHORT_SIZE];
	const json_t *reasons = json_object_get(phase, "reasons"), *notes = json_object_get(phase, "notes");
	const long long files = int_of(phase, "files", 0), recommended = int_of(phase, "recommended", 0);
	const size_t dates = json_array_size(json_object_get(phase, "dates"));
	const double saved = number_of(phase, "saved_seconds", 0);
	size_t i;
	json_t *line;
	text_format(text, sizeof(text), "%s of %s: %lld file%s, %zu date%s, %lld players a run",
		text_of(phase, "phase"), text_of(phase, "processor"), files, files == 1 ? "" : "s", dates,
		dates == 1 ? "" : "s", (long long)int_of(phase, "players", 0));
	fact_wrapped(ctl, "phase", text);
	json_array_foreach (json_object_get(phase, "machines"), i, line)
		fact_wrapped(ctl, i == 0 ? "machine" : "", json_string_value(line));
	fputc('\n', ctl->data);
	show_curve(ctl, json_object_get(phase, "curve"), recommended);
	fputc('\n', ctl->data);
	fact(ctl, "one by one", "%s a run", seconds(number_of(phase, "sequential_seconds", 0), a));
	text_format(text, sizeof(text), "%lld child%s: %s a run%s%s%s", recommended, recommended == 1 ? "" : "ren",
		seconds(number_of(phase, "seconds", 0), a), json_object_get(phase, "peak_bytes") ? ", up to " : "",
		json_object_get(phase, "peak_bytes") ? bytes_text(recommended * int_of(phase, "peak_bytes", 0), memory)
						     : "",
		json_object_get(phase, "peak_bytes") ? " of memory" : "");
	fact_wrapped(ctl, "recommended", text);
	fact(ctl, "saved", "%s a run, %s a day; %.1f times as fast", seconds(saved, a),
		seconds(saved * number_of(json_object_get(phase, "terms"), "runs_a_day", 1), b),
		number_of(phase, "speedup", 0));
	show_money(ctl, phase);
	fact(ctl, "verdict", "%s", text_of(phase, "advice"));
	json_array_foreach ((json_t *)reasons, i, line)
		fact_wrapped(ctl, i == 0 ? "because" : "", json_string_value(line));
	json_array_foreach ((json_t *)notes, i, line)
		fact_wrapped(ctl, i == 0 ? "note" : "", json_string_value(line));
}

void show_analysis(struct ctl *ctl, json_t *data)
{
	size_t i;
	json_t *phase;
	json_array_foreach (json_object_get(data, "phases"), i, phase) {
		if (i > 0)
			fputc('\n', ctl->data);
		show_phase(ctl, phase);
	}
}
