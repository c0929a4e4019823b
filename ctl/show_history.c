#include "show.h"

#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "facts.h"
#include "table.h"
#include "text.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* A moment of the history, as this terminal's clock shows it; "" where there is none. */
static const char *when_text(const json_t *row, const char *key, char buffer[SHORT_SIZE])
{
	int64_t ms;
	buffer[0] = '\0';
	return time_parse(text_of(row, key), &ms) ? minute_text(ms, buffer) : buffer;
}

static const char *seconds_text(const json_t *row, const char *key, char buffer[SHORT_SIZE])
{
	const double seconds = number_of(row, key, -1);
	text_format(buffer, SHORT_SIZE, "-");
	return seconds < 0    ? buffer
	       : seconds < 60 ? ms_text(seconds * 1000, buffer)
			      : span_text((int64_t)(seconds * 1000), buffer);
}

static const char *dollars_text(double dollars, char buffer[SHORT_SIZE])
{
	text_format(buffer, SHORT_SIZE, dollars < 1 ? "$%.4f" : "$%.2f", dollars);
	return buffer;
}

/* What is not there to be shown, and why. */
static void put_state(struct ctl *ctl, const json_t *state)
{
	const int64_t ever = int_of(state, "dropped_ever", 0), now = int_of(state, "dropped", 0);
	char count[SHORT_SIZE], moved[512];
	if (ever > 0 || now > 0)
		fact(ctl, "Dropped", "%s records, which stand nowhere", count_text(ever > now ? ever : now, count));
	if (text_of(state, "trouble")[0])
		fact_wrapped(ctl, "Trouble", text_of(state, "trouble"));
	if (int_of(state, "moved", 0) > 0) {
		text_format(moved, sizeof(moved), "a damaged file, to one beside %s; what it had is not here",
			text_of(state, "file"));
		fact_wrapped(ctl, "Moved", moved);
	}
}

/* --- executions, runs --------------------------------------------------------------------------------------------- */

static void execution_row(struct table *table, const json_t *row)
{
	char text[SHORT_SIZE];
	const int64_t failed = int_of(row, "failed_items", 0);
	table_cell(table, 0, "%s", when_text(row, "start_time", text));
	table_cell(table, 1, "%s", text_of(row, "phase"));
	table_cell(table, 2, "%s", text_of(row, "processing_pattern"));
	table_cell(table, 3, "%s", age_text((int64_t)(1000 * number_of(row, "total_duration_seconds", 0)), text));
	table_cell(table, 4, "%s", count_text(int_of(row, "total_items", 0), text));
	table_cell(table, 5, "%s", count_text(failed, text));
	if (failed > 0)
		table_color(table, 5, TABLE_BAD);
	table_cell(table, 6, "%s", dollars_text(number_of(row, "estimated_cost_usd", 0), text));
}

static void show_executions(struct ctl *ctl, const json_t *rows)
{
	char zone[SHORT_SIZE], head[SHORT_SIZE + 8];
	text_format(head, sizeof(head), "START %s", zone_text(ctl->now_ms, zone));
	const struct table_column columns[] = {{head, 0}, {"PHASE", 0}, {"PATTERN", TABLE_CUT}, {"TOOK", TABLE_RIGHT},
		{"ITEMS", TABLE_RIGHT}, {"FAILED", TABLE_RIGHT}, {"COST", TABLE_RIGHT}};
	table_of(ctl, columns, COUNT(columns), rows, execution_row);
}

static void run_row(struct table *table, const json_t *row)
{
	char text[SHORT_SIZE];
	table_cell(table, 0, "%s", when_text(row, "created_at", text));
	table_cell(table, 1, "%s", text_of(row, "game_date"));
	table_cell(table, 2, "%s", text_of(row, "phase"));
	table_cell(table, 3, "%lld", (long long)int_of(row, "report_version", 0));
	table_cell(table, 4, "%s", text_of(row, "result"));
	if (strcmp(text_of(row, "result"), "failed") == 0)
		table_color(table, 4, TABLE_BAD);
	if (int_of(row, "attempt", 0) > 0)
		table_cell(table, 5, "%lld", (long long)int_of(row, "attempt", 0));
	table_cell(table, 6, "%s", seconds_text(row, "duration_seconds", text));
	if (json_object_get(row, "cause_count"))
		table_cell(table, 7, "%s", count_text(int_of(row, "cause_count", 0), text));
}

static void show_runs(struct ctl *ctl, const json_t *rows)
{
	char zone[SHORT_SIZE], head[SHORT_SIZE + 8];
	text_format(head, sizeof(head), "ENDED %s", zone_text(ctl->now_ms, zone));
	const struct table_column columns[] = {{head, 0}, {"DATE", 0}, {"PHASE", TABLE_CUT}, {"VERSION", TABLE_RIGHT},
		{"RESULT", 0}, {"TRY", TABLE_RIGHT}, {"TOOK", TABLE_RIGHT}, {"FOR", TABLE_RIGHT}};
	table_of(ctl, columns, COUNT(columns), rows, run_row);
}

static void fact_of(struct ctl *ctl, const json_t *row, const char *key, const char *name)
{
	if (text_of(row, key)[0])
		fact_wrapped(ctl, name, text_of(row, key));
}

static void number_fact(struct ctl *ctl, const json_t *row, const char *key, const char *name)
{
	if (json_object_get(row, key))
		fact(ctl, name, "%lld", (long long)int_of(row, key, 0));
}

/* All of one run. */
static void show_run(struct ctl *ctl, const json_t *row)
{
	char text[SHORT_SIZE];
	fact(ctl, "Player", "%s on %s", text_of(row, "player_lookup"), text_of(row, "game_date"));
	fact_of(ctl, row, "game_id", "Game");
	fact(ctl, "Run", "%s", text_of(row, "run"));
	fact(ctl, "Ended", "%s", when_text(row, "created_at", text));
	fact(ctl, "Result", "%s, version %lld of %s", text_of(row, "result"),
		(long long)int_of(row, "report_version", 0), text_of(row, "phase"));
	number_fact(ctl, row, "attempt", "Try");
	fact_of(ctl, row, "processor", "Processor");
	fact_of(ctl, row, "level", "Level");
	fact(ctl, "Took", "%s", seconds_text(row, "duration_seconds", text));
	fact_of(ctl, row, "execution_id", "Execution");
	number_fact(ctl, row, "cause_count", "Causes");
	fact_of(ctl, row, "causes", "");
	number_fact(ctl, row, "output_version", "Output");
	number_fact(ctl, row, "league_number", "League");
	fact_of(ctl, row, "fingerprints", "Inputs");
	fact_of(ctl, row, "report_sha256", "SHA-256");
}

void show_history(struct ctl *ctl, json_t *data)
{
	const json_t *executions = json_object_get(data, "executions"), *runs = json_object_get(data, "runs");
	if (json_array_size(runs) == 1)
		show_run(ctl, json_array_get(runs, 0));
	else if (runs)
		show_runs(ctl, runs);
	else if (json_array_size(executions) > 0)
		show_executions(ctl, executions);
	else
		say(ctl, "Nothing was run yet.");
	put_state(ctl, json_object_get(data, "state"));
}

/* --- failures, patterns, audit ------------------------------------------------------------------------------------ */

static void failing_row(struct table *table, const json_t *row)
{
	size_t k;
	json_t *error;
	const json_t *errors = json_object_get(row, "errors");
	char text[SHORT_SIZE];
	table_cell(table, 0, "%s", text_of(row, "item_id"));
	table_cell(table, 1, "%s", count_text(int_of(row, "failures", 0), text));
	table_cell(table, 2, "%s", seconds_text(row, "mean_duration_seconds", text));
	table_cell(table, 3, "%s", when_text(row, "last_failure", text));
	json_array_foreach ((json_t *)errors, k, error) {
		if (k > 0)
			table_row(table);
		table_cell(table, 4, "%s", json_string_value(error));
	}
}

void show_failing(struct ctl *ctl, json_t *data)
{
	static const struct table_column columns[] = {{"ITEM", TABLE_CUT}, {"FAILURES", TABLE_RIGHT},
		{"MEAN", TABLE_RIGHT}, {"LAST", 0}, {"LATEST ERRORS", TABLE_WRAP}};
	const json_t *rows = json_object_get(data, "failures");
	if (json_array_size(rows) == 0) {
		say(ctl, "Nobody failed so often since %s.", text_of(data, "from"));
		return;
	}
	table_of(ctl, columns, COUNT(columns), rows, failing_row);
}

static void pattern_row(struct table *table, const json_t *row)
{
	char text[SHORT_SIZE];
	table_cell(table, 0, "%s", text_of(row, "processing_pattern"));
	table_cell(table, 1, "%s", count_text(int_of(row, "runs", 0), text));
	table_cell(table, 2, "%.2f", number_of(row, "mean_minutes", 0));
	if (json_object_get(row, "items_per_minute"))
		table_cell(table, 3, "%.1f", number_of(row, "items_per_minute", 0));
	table_cell(table, 4, "%s", dollars_text(number_of(row, "mean_cost_usd", 0), text));
	table_cell(table, 5, "%s", dollars_text(number_of(row, "total_cost_usd", 0), text));
	table_cell(table, 6, "%s", count_text(int_of(row, "failed", 0), text));
}

void show_compared(struct ctl *ctl, json_t *data)
{
	static const struct table_column columns[] = {{"PATTERN", 0}, {"RUNS", TABLE_RIGHT},
		{"MEAN MINUTES", TABLE_RIGHT}, {"ITEMS A MINUTE", TABLE_RIGHT}, {"MEAN COST", TABLE_RIGHT},
		{"ALL", TABLE_RIGHT}, {"FAILED", TABLE_RIGHT}};
	const json_t *rows = json_object_get(data, "patterns");
	if (json_array_size(rows) == 0) {
		say(ctl, "Nothing was run since %s.", text_of(data, "from"));
		return;
	}
	table_of(ctl, columns, COUNT(columns), rows, pattern_row);
}

static void audit_row(struct table *table, const json_t *row)
{
	char text[SHORT_SIZE];
	table_cell(table, 0, "%s", when_text(row, "created_at", text));
	table_cell(table, 1, "%s", text_of(row, "user"));
	table_cell(table, 2, "%s", text_of(row, "result"));
	table_cell(table, 3, "%s", text_of(row, "command"));
	table_cell(table, 4, "%s", text_of(row, "arguments"));
}

void show_audit(struct ctl *ctl, json_t *data)
{
	static const struct table_column columns[] = {
		{"TIME", 0}, {"USER", TABLE_CUT}, {"RESULT", 0}, {"COMMAND", 0}, {"ARGUMENTS", TABLE_WRAP}};
	const json_t *rows = json_object_get(data, "audit");
	if (json_array_size(rows) == 0) {
		say(ctl, "Nobody changed anything.");
		return;
	}
	table_of(ctl, columns, COUNT(columns), rows, audit_row);
}

void show_backup(struct ctl *ctl, json_t *data)
{
	say(ctl, "The history is in %s, as it was a moment ago.", text_of(data, "file"));
}
