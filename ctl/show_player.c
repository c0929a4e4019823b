#include "show.h"

#include <string.h>

#include "base/str.h"
#include "day.h"
#include "facts.h"
#include "table.h"
#include "text.h"

static enum table_color color_of(const char *state)
{
	if (strcmp(state, "running") == 0 || strcmp(state, "beginning") == 0)
		return TABLE_GOOD;
	return strcmp(state, "backing-off") == 0 ? TABLE_BAD : TABLE_PLAIN;
}

/* How long it has been so: waiting, running, or since the last commit. */
static const char *since(const struct ctl *ctl, const json_t *row, char buffer[SHORT_SIZE])
{
	int64_t waited = int_of(row, "waited_ms", 0), running = int_of(row, "running_ms", 0);
	int64_t commit = int_of(row, "last_commit_ms", 0);
	if (running > 0)
		return age_text(running, buffer);
	if (waited > 0)
		return age_text(waited, buffer);
	if (commit > 0)
		return age_text(ctl->now_ms > commit ? ctl->now_ms - commit : 0, buffer);
	return "";
}

#define NAME_USUAL 26 /* longer ones give way */
#define ERRORS_SHOWN 8

/* Last errors, equal ones together: when something is wrong it is mostly the same for many. */
static void show_errors(struct ctl *ctl, const json_t *rows)
{
	static const struct table_column columns[] = {{"PLAYERS", TABLE_RIGHT}, {"FIRST", 0}, {"ERROR", TABLE_WRAP}};
	struct {
		const char *text, *player;
		int count;
	} errors[ERRORS_SHOWN];
	size_t count = 0, i, j;
	json_t *row;
	json_array_foreach (rows, i, row) {
		const char *text = text_of(row, "last_error");
		for (j = 0; j < count && strcmp(errors[j].text, text) != 0; j++)
			;
		if (text[0] == '\0' || j == ERRORS_SHOWN)
			continue;
		if (j == count) {
			errors[count].text = text;
			errors[count].player = text_of(row, "player");
			errors[count++].count = 0;
		}
		errors[j].count++;
	}
	if (count == 0)
		return;
	fputc('\n', ctl->data);
	struct table *table = table_new(ctl, columns, sizeof(columns) / sizeof(*columns));
	for (j = 0; j < count; j++) {
		table_row(table);
		table_cell(table, 0, "%d", errors[j].count);
		table_cell(table, 1, "%.*s", NAME_USUAL, errors[j].player);
		table_cell(table, 2, "%s", errors[j].text);
	}
	table_print(table);
}

static void add_wide(struct table *table, const json_t *row)
{
	char took[SHORT_SIZE];
	table_cell(table, 8, "%s", text_of(row, "team"));
	table_cell(table, 9, "%s", text_of(row, "game_id"));
	table_cell(table, 10, "%lld", (long long)int_of(row, "causes", 0));
	table_cell(table, 11, "%s", int_of(row, "runs", 0) > 0 ? ms_text(number_of(row, "last_run_ms", 0), took) : "");
	table_cell(table, 12, "%s", text_of(row, "last_error"));
}

void show_players(struct ctl *ctl, json_t *data)
{
	struct table_column columns[] = {{"PLAYER", 0}, {"DATE", 0}, {"STATE", 0}, {"LEVEL", 0}, {"SINCE", TABLE_RIGHT},
		{"RUNS", TABLE_RIGHT}, {"FAILED", TABLE_RIGHT}, {"PHASE", 0}, {"TEAM", 0}, {"GAME", 0},
		{"ENTRIES", TABLE_RIGHT}, {"LAST RUN", TABLE_RIGHT}, {"ERROR", 0}};
	const size_t all = sizeof(columns) / sizeof(*columns), narrow = 7;
	size_t count = ctl->wide ? all : narrow; /* the phase only where there are two */
	const json_t *rows = json_object_get(data, "players");
	size_t i;
	json_t *row;
	json_array_foreach (rows, i, row) {
		const bool precompute = strcmp(text_of(row, "phase"), "precompute") == 0;
		if (strlen(text_of(row, "player")) > NAME_USUAL || precompute)
			columns[0].flags = TABLE_CUT;
		if (precompute)
			count = ctl->wide ? all : narrow + 1;
	}
	struct table *table = table_new(ctl, columns, count);
	json_array_foreach (rows, i, row) {
		char age[SHORT_SIZE];
		const char *state = text_of(row, "state");
		table_row(table);
		table_cell(table, 0, "%s", text_of(row, "player"));
		table_cell(table, 1, "%s", text_of(row, "date"));
		table_cell(table, 2, "%s", state);
		table_color(table, 2, color_of(state));
		table_cell(table, 3, "%s", strcmp(state, "idle") == 0 ? "" : text_of(row, "level"));
		table_cell(table, 4, "%s", since(ctl, row, age));
		table_cell(table, 5, "%lld", (long long)int_of(row, "runs", 0));
		table_cell(table, 6, "%lld", (long long)int_of(row, "failures", 0));
		if (count > narrow)
			table_cell(table, 7, "%s", text_of(row, "phase"));
		if (ctl->wide)
			add_wide(table, row);
	}
	table_print(table);
	if (!ctl->wide)
		show_errors(ctl, rows);
	int64_t shown = (int64_t)json_array_size(rows), matching = int_of(data, "matching", shown);
	if (matching == 0)
		say(ctl, "No player.");
	else if (matching > shown)
		say(ctl, "%lld of %lld; --all shows the others.", (long long)shown, (long long)matching);
}

void show_day_game(struct ctl *ctl, const json_t *day)
{
	char tip[SHORT_SIZE];
	int64_t tip_ms = int_of(day, "tip_ms", 0);
	const char *team = text_of(day, "team"), *opponent = text_of(day, "opponent"),
		   *status = text_of(day, "game_status");
	const json_t *home = json_object_get(day, "home");
	if (text_of(day, "game_id")[0] == '\0') {
		fact(ctl, "game", "none that is known");
		return;
	}
	fact(ctl, "game", "%s, %s %s %s%s%s%s%s", text_of(day, "game_id"), team[0] ? team : "?",
		json_is_true(home)    ? "against"
		: json_is_false(home) ? "at"
				      : "and",
		opponent[0] ? opponent : "?", tip_ms > 0 ? ", tip " : "", tip_ms > 0 ? clock_text(tip_ms, tip) : "",
		status[0] ? ", " : "", status);
}

void show_day_state(struct ctl *ctl, const char *name, const json_t *day)
{
	char waited[SHORT_SIZE], running[SHORT_SIZE];
	const char *state = text_of(day, "state");
	int64_t waited_ms = int_of(day, "waited_ms", 0), running_ms = int_of(day, "running_ms", 0);
	if (strcmp(state, "waiting") == 0)
		fact(ctl, name, "waiting for %s, %lld before him", age_text(waited_ms, waited),
			(long long)int_of(day, "place", 0));
	else if (running_ms > 0)
		fact(ctl, name, "%s for %s", state, age_text(running_ms, running));
	else
		fact(ctl, name, "%s", state[0] ? state : "idle");
}

static void show_state(struct ctl *ctl, const char *name, const json_t *day)
{
	show_day_state(ctl, name, day);
	if (strcmp(text_of(day, "state"), "idle") != 0)
		fact(ctl, "level", "%s, by %s", text_of(day, "level"), text_of(day, "reason"));
}

/* "urgent until 22:00", "as team LAL until 22:00" */
static void show_order_line(struct ctl *ctl, const json_t *day, const char *name)
{
	char until[SHORT_SIZE], of[128] = "";
	const json_t *order = json_object_get(day, name);
	const char *kind, *whom = order_whom(order, &kind), *level = text_of(order, "level");
	int64_t until_ms = int_of(order, "until_ms", 0);
	if (!order)
		return;
	if (kind[0] && strcmp(kind, "player") != 0)
		text_format(of, sizeof(of), "as %s %s", kind, whom);
	if (!level[0] && !of[0])
		text_format(of, sizeof(of), "by name");
	fact(ctl, name, "%s%s%s%s%s", level, level[0] && of[0] ? " " : "", of, until_ms > 0 ? " until " : "",
		until_ms > 0 ? clock_text(until_ms, until) : "");
}

void show_day_orders(struct ctl *ctl, const json_t *day)
{
	show_order_line(ctl, day, "order");
	show_order_line(ctl, day, "paused");
	show_order_line(ctl, day, "muted");
}

/* How his runs of a phase went. */
static void show_runs(struct ctl *ctl, const json_t *phase)
{
	char run[SHORT_SIZE];
	const double last_run = number_of(phase, "last_run_ms", 0);
	fact(ctl, "runs", "%lld, %lld failed%s%s", (long long)int_of(phase, "runs", 0),
		(long long)int_of(phase, "failures", 0), last_run > 0 ? ", the last took " : "",
		last_run > 0 ? ms_text(last_run, run) : "");
	if (text_of(phase, "last_error")[0] != '\0')
		fact(ctl, "last error", "%s", text_of(phase, "last_error"));
}

/* What was committed of it. */
static void show_committed(struct ctl *ctl, const char *name, const json_t *phase)
{
	char age[SHORT_SIZE];
	const int64_t commit = int_of(phase, "last_commit_ms", 0), version = int_of(phase, "committed", 0);
	if (version > 0)
		fact(ctl, name, "version %lld%s%s%s", (long long)version, commit > 0 ? ", committed " : "",
			commit > 0 ? age_text(ctl->now_ms > commit ? ctl->now_ms - commit : 0, age) : "",
			commit > 0 ? " ago" : "");
	else
		fact(ctl, name, "none that is known");
}

static void show_day(struct ctl *ctl, const json_t *day)
{
	const json_t *precompute = json_object_get(day, "precompute");
	fact(ctl, "date", "%s", text_of(day, "date"));
	show_day_game(ctl, day);
	show_state(ctl, "state", day);
	show_day_orders(ctl, day);
	if (int_of(day, "causes", 0) > 0)
		fact(ctl, "causes", "%lld open", (long long)int_of(day, "causes", 0));
	show_committed(ctl, "report", day);
	show_runs(ctl, day);
	if (!precompute)
		return;
	show_state(ctl, "precompute", precompute);
	show_committed(ctl, "output", precompute);
	show_runs(ctl, precompute);
}

void show_player(struct ctl *ctl, json_t *data)
{
	const char *name = text_of(data, "name");
	fact(ctl, "player", "%s%s%s%s", text_of(data, "player"), name[0] ? " (" : "", name, name[0] ? ")" : "");
	size_t i;
	json_t *day;
	json_array_foreach (json_object_get(data, "days"), i, day) {
		if (i > 0)
			fputc('\n', ctl->data);
		show_day(ctl, day);
	}
}
