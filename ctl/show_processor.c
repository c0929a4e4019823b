#include "show.h"

#include <string.h>

#include "base/str.h"
#include "facts.h"
#include "table.h"
#include "text.h"

#define PLAYER_MOST 24 /* of a name: longer ones give way to the note */

static enum table_color color_of(const char *state)
{
	if (strcmp(state, "ready") == 0)
		return TABLE_GOOD;
	return strcmp(state, "down") == 0 || strcmp(state, "open") == 0 ? TABLE_BAD : TABLE_PLAIN;
}

/* The phases that it serves, as "precompute, report". Returns `buffer`. */
static const char *phases_of(const json_t *row, char *buffer, size_t size)
{
	size_t i, used = 0;
	json_t *phase;
	buffer[0] = '\0';
	json_array_foreach (json_object_get(row, "phases"), i, phase) {
		text_format(buffer + used, size - used, "%s%s", i > 0 ? ", " : "", json_string_value(phase));
		used = strlen(buffer);
	}
	return buffer;
}

/* Why those that take no jobs do not: sentences, below the table. */
static void show_troubles(struct ctl *ctl, const json_t *rows)
{
	static const struct table_column columns[] = {{"PROCESSOR", 0}, {"WHY", TABLE_WRAP}};
	struct table *table = NULL;
	size_t i;
	json_t *row;
	json_array_foreach (rows, i, row) {
		if (text_of(row, "trouble")[0] == '\0')
			continue;
		if (!table) {
			fputc('\n', ctl->data);
			table = table_new(ctl, columns, sizeof(columns) / sizeof(*columns));
		}
		table_row(table);
		table_cell(table, 0, "%s", text_of(row, "name"));
		table_cell(table, 1, "%s", text_of(row, "trouble"));
	}
	if (table)
		table_print(table);
}

void show_processors(struct ctl *ctl, json_t *data)
{
	static const struct table_column columns[] = {{"PROCESSOR", TABLE_CUT}, {"TYPE", 0}, {"STATE", 0},
		{"PHASES", TABLE_CUT}, {"PLACES", TABLE_RIGHT}, {"TAKEN", TABLE_RIGHT}, {"DONE", TABLE_RIGHT},
		{"FAILED", TABLE_RIGHT}};
	const json_t *rows = json_object_get(data, "processors");
	struct table *table = table_new(ctl, columns, sizeof(columns) / sizeof(*columns));
	size_t i;
	json_t *row;
	json_array_foreach (rows, i, row) {
		char phases[64], done[SHORT_SIZE], failed[SHORT_SIZE];
		const char *state = text_of(row, "state");
		table_row(table);
		table_cell(table, 0, "%s", text_of(row, "name"));
		table_cell(table, 1, "%s", text_of(row, "type"));
		table_cell(table, 2, "%s", state);
		table_color(table, 2, color_of(state));
		table_cell(table, 3, "%s", phases_of(row, phases, sizeof(phases)));
		table_cell(table, 4, "%lld", (long long)int_of(row, "places", 0));
		table_cell(table, 5, "%lld", (long long)int_of(row, "taken", 0));
		table_cell(table, 6, "%s", count_text(int_of(row, "done", 0), done));
		table_cell(table, 7, "%s", count_text(int_of(row, "failed", 0), failed));
	}
	table_print(table);
	show_troubles(ctl, rows);
}

/* Of a processor behind a URL these are requests, told apart by the port that they come from: none before there is a
 * connection. */
static bool are_requests(const json_t *children)
{
	return json_object_get(json_array_get(children, 0), "port") != NULL;
}

static void name_cell(struct table *table, const json_t *child)
{
	const long long number = int_of(child, json_object_get(child, "port") ? "port" : "pid", 0);
	if (number)
		table_cell(table, 0, "%lld", number);
	else
		table_cell(table, 0, "-");
}

static void show_children(struct ctl *ctl, const json_t *children)
{
	static const struct table_column columns[] = {{"CHILD", TABLE_RIGHT}, {"STATE", 0}, {"AGE", TABLE_RIGHT},
		{"MEMORY", TABLE_RIGHT}, {"JOBS", TABLE_RIGHT}, {"LAST", TABLE_RIGHT}};
	static const struct table_column of_requests[] = {{"PORT", TABLE_RIGHT}, {"STATE", 0}, {"AGE", TABLE_RIGHT}};
	const bool requests = are_requests(children);
	if (json_array_size(children) == 0)
		return;
	fputc('\n', ctl->data);
	struct table *table = requests ? table_new(ctl, of_requests, sizeof(of_requests) / sizeof(*of_requests))
				       : table_new(ctl, columns, sizeof(columns) / sizeof(*columns));
	size_t i;
	json_t *child;
	json_array_foreach (children, i, child) {
		char age[SHORT_SIZE], memory[SHORT_SIZE], jobs[SHORT_SIZE], last[SHORT_SIZE];
		const int64_t last_us = int_of(child, "last_us", -1);
		table_row(table);
		name_cell(table, child);
		table_cell(table, 1, "%s", text_of(child, "state"));
		table_cell(table, 2, "%s", age_text(int_of(child, "age_ms", 0), age));
		if (requests)
			continue;
		table_cell(table, 3, "%s", bytes_text(int_of(child, "rss", 0), memory));
		table_cell(table, 4, "%s", count_text(int_of(child, "jobs", 0), jobs));
		table_cell(table, 5, "%s", last_us < 0 ? "-" : age_text(last_us / 1000, last));
	}
	table_print(table);
}

static void show_run(struct table *table, const json_t *child, const json_t *run)
{
	char running[SHORT_SIZE];
	const double progress = number_of(run, "progress", -1);
	table_row(table);
	name_cell(table, child);
	table_cell(table, 1, "%.*s", PLAYER_MOST, text_of(run, "player"));
	table_cell(table, 2, "%s", text_of(run, "phase"));
	table_cell(table, 3, "%s", age_text(int_of(run, "running_ms", 0), running));
	if (progress >= 0)
		table_cell(table, 4, "%.0f %%", 100 * progress);
	table_cell(table, 5, "%s", text_of(run, "note"));
}

static void show_rate(struct ctl *ctl, const json_t *rate)
{
	char held_back[SHORT_SIZE], waits[64] = "";
	const long long waiting = int_of(rate, "waiting", 0);
	if (!rate)
		return;
	if (json_is_true(json_object_get(rate, "limited")))
		text_format(waits, sizeof(waits), "; %lld %s for it", waiting, waiting == 1 ? "waits" : "wait");
	fact(ctl, "rate", "%s, %lld at once%s; held back %s in all", text_of(rate, "limit"),
		(long long)int_of(rate, "burst", 0), waits, age_text(int_of(rate, "limited_ms", 0), held_back));
}

/* What its children run: a child may run several. */
static void show_runs(struct ctl *ctl, const json_t *children)
{
	static const struct table_column columns[] = {{"CHILD", TABLE_RIGHT}, {"RUNS", 0}, {"PHASE", 0},
		{"FOR", TABLE_RIGHT}, {"DONE", TABLE_RIGHT}, {"NOTE", TABLE_WRAP}};
	static const struct table_column of_requests[] = {{"PORT", TABLE_RIGHT}, {"RUNS", 0}, {"PHASE", 0},
		{"FOR", TABLE_RIGHT}, {"DONE", TABLE_RIGHT}, {"NOTE", TABLE_WRAP}};
	struct table *table = NULL;
	size_t i, j;
	json_t *child, *run;
	json_array_foreach (children, i, child)
		json_array_foreach (json_object_get(child, "runs"), j, run) {
			if (!table) {
				fputc('\n', ctl->data);
				table = table_new(ctl, are_requests(children) ? of_requests : columns,
					sizeof(columns) / sizeof(*columns));
			}
			show_run(table, child, run);
		}
	if (table)
		table_print(table);
}

void show_processor(struct ctl *ctl, json_t *data)
{
	char phases[64], done[SHORT_SIZE], failed[SHORT_SIZE];
	const json_t *children = json_object_get(data, "children");
	const int64_t last_us = int_of(data, "last_us", 0);
	const char *breaker = text_of(data, "breaker"), *trouble = text_of(data, "trouble");
	size_t i;
	json_t *line;
	phases_of(data, phases, sizeof(phases));
	fact(ctl, "processor", "%s, type %s", text_of(data, "name"), text_of(data, "type"));
	fact(ctl, "state", "%s", text_of(data, "state"));
	if (trouble[0])
		fact_wrapped(ctl, "", trouble);
	fact(ctl, "phases", "%s", phases[0] ? phases : "none");
	fact(ctl, "places", "%lld, %lld taken", (long long)int_of(data, "places", 0),
		(long long)int_of(data, "taken", 0));
	fact(ctl, "jobs", "%s done, %s failed", count_text(int_of(data, "done", 0), done),
		count_text(int_of(data, "failed", 0), failed));
	show_rate(ctl, json_object_get(data, "rate"));
	if (last_us > 0)
		fact(ctl, "last", "took %s", age_text(last_us / 1000, done));
	if (breaker[0])
		fact(ctl, "breaker", "%s", breaker);
	json_array_foreach (json_object_get(data, "said"), i, line)
		fact_wrapped(ctl, i > 0 ? "" : "said", json_string_value(line));
	show_children(ctl, children);
	show_runs(ctl, children);
}

/* One that was paused, resumed or restarted. */
void show_processor_state(struct ctl *ctl, json_t *data)
{
	const char *state = text_of(data, "state"),
		   *trouble = strcmp(state, "down") == 0 ? text_of(data, "trouble") : "";
	say(ctl, "Processor %s is %s%s%s.", text_of(data, "name"), state, trouble[0] ? ": " : "", trouble);
}

void show_cancelled(struct ctl *ctl, json_t *data)
{
	const long long cancelled = int_of(data, "cancelled", 0), computing = int_of(data, "computing", 0);
	const bool dead = json_is_true(json_object_get(data, "dead"));
	if (cancelled == 0 && computing == 0)
		say(ctl, "No such run is under way.");
	if (cancelled > 0)
		say(ctl, "%lld run%s cancelled; what %s for %s.", cancelled, cancelled == 1 ? "" : "s",
			cancelled == 1 ? "it was" : "they were", dead ? "becomes dead letters" : "waits again");
	if (computing > 0)
		put(ctl, "%lld run%s not ended: propsd itself computes %s.", computing,
			computing == 1 ? " was" : "s were", computing == 1 ? "it" : "them");
}
