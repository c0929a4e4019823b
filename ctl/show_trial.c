#include "show.h"

#include <string.h>

#include "base/str.h"
#include "facts.h"
#include "json_text.h"
#include "table.h"
#include "text.h"

/* --- one job ------------------------------------------------------------------------------------------------------ */

static void show_text(struct ctl *ctl, const char *name, const char *what, const json_t *data, const char *key)
{
	char size[SHORT_SIZE];
	const json_t *text = json_object_get(data, key);
	if (json_string_length(text) == 0)
		return;
	fputc('\n', ctl->data);
	fact(ctl, name, "%s%s", what, bytes_text((int64_t)json_string_length(text), size));
	json_text_put(ctl->data, json_string_value(text), ctl->width ? ctl->width : 80);
}

static void show_said(struct ctl *ctl, const json_t *data)
{
	size_t i;
	json_t *line;
	json_array_foreach (json_object_get(data, "said"), i, line)
		fact_wrapped(ctl, i > 0 ? "" : "said", json_string_value(line));
}

void show_tried(struct ctl *ctl, json_t *data)
{
	char took[SHORT_SIZE], cpu[SHORT_SIZE], peak[SHORT_SIZE];
	const char *game = text_of(data, "game_id"), *phase = text_of(data, "phase");
	const bool ok = json_is_true(json_object_get(data, "ok")), report = strcmp(phase, "report") == 0;
	const double cpu_ms = number_of(data, "cpu_ms", -1);
	const int64_t bytes = int_of(data, "peak_bytes", -1);

	fact(ctl, "processor", "%s, type %s, phase %s", text_of(data, "processor"), text_of(data, "type"), phase);
	fact(ctl, "player", "%s, %s, %s", text_of(data, "player"), text_of(data, "date"), game[0] ? game : "in no game");
	fact(ctl, "took", "%s%s%s", ms_text(number_of(data, "took_ms", 0), took),
		cpu_ms >= 0 ? ", of a processor's time " : "", cpu_ms >= 0 ? ms_text(cpu_ms, cpu) : "");
	if (bytes >= 0)
		fact(ctl, "memory", "%s at most", bytes_text(bytes, peak));
	if (ok)
		fact(ctl, "ended", "well: %s, and nothing was committed",
			report ? "this report would be made" : "this output would be kept");
	else
		fact(ctl, "ended", "failed%s", json_is_true(json_object_get(data, "permanent")) ? ", for good" : "");
	if (!ok)
		fact_wrapped(ctl, "error", text_of(data, "error"));
	show_said(ctl, data);
	show_text(ctl, "request", "", data, "request");
	show_text(ctl, "reply", "", data, "reply");
	show_text(ctl, report ? "report" : "output", "", data, "result");
}

/* --- many --------------------------------------------------------------------------------------------------------- */

/* "0.4 ms", "15.0 s", "59m40s", "12h05m": no wider than that. */
static const char *short_span(double seconds, char buffer[SHORT_SIZE])
{
	const long long s = (long long)seconds;
	if (s < 60)
		return ms_text(1000 * seconds, buffer);
	if (s < 3600)
		text_format(buffer, SHORT_SIZE, "%lldm%02llds", s / 60, s % 60);
	else
		text_format(buffer, SHORT_SIZE, "%lldh%02lldm", s / 3600, s / 60 % 60);
	return buffer;
}

static void seconds_cell(struct table *table, size_t column, const json_t *figures, const char *key)
{
	char text[SHORT_SIZE];
	const double seconds = number_of(figures, key, -1);
	if (seconds >= 0)
		table_cell(table, column, "%s", short_span(seconds, text));
}

static void baseline_row(struct table *table, const json_t *run)
{
	static const char *const times[] = {"mean", "p50", "p95", "p99", "cpu_seconds"};
	char text[SHORT_SIZE];
	const json_t *figures = json_object_get(run, "figures");
	table_cell(table, 0, "%lld", (long long)int_of(run, "children", 0));
	table_cell(table, 1, "%s", count_text(int_of(figures, "items", 0), text));
	table_cell(table, 2, "%s", count_text(int_of(figures, "failures", 0), text));
	seconds_cell(table, 3, run, "seconds");
	for (size_t k = 0; k < sizeof(times) / sizeof(*times); k++)
		seconds_cell(table, 4 + k, figures, times[k]);
	if (json_is_number(json_object_get(figures, "peak_bytes")))
		table_cell(table, 9, "%s", bytes_text(int_of(figures, "peak_bytes", 0), text));
}

void show_baseline(struct ctl *ctl, json_t *data)
{
	static const struct table_column columns[] = {{"CHILDREN", TABLE_RIGHT}, {"JOBS", TABLE_RIGHT},
		{"FAILED", TABLE_RIGHT}, {"TIME", TABLE_RIGHT}, {"MEAN", TABLE_RIGHT}, {"P50", TABLE_RIGHT},
		{"P95", TABLE_RIGHT}, {"P99", TABLE_RIGHT}, {"CPU", TABLE_RIGHT}, {"MEMORY", TABLE_RIGHT}};
	table_of(ctl, columns, sizeof(columns) / sizeof(*columns), json_object_get(data, "runs"), baseline_row);
}
