#include "show.h"

#include "facts.h"
#include "table.h"
#include "text.h"

static void schedule_row(struct table *table, const json_t *row)
{
	char next[SHORT_SIZE], last[SHORT_SIZE];
	const int64_t fired_ms = int_of(row, "fired_ms", 0);
	table_cell(table, 0, "%s", text_of(row, "name"));
	table_cell(table, 1, "%s", clock_text(int_of(row, "next_ms", 0), next));
	table_cell(table, 2, "%s", fired_ms > 0 ? clock_text(fired_ms, last) : "never");
	table_cell(table, 3, "%s", text_of(row, "what"));
	table_cell(table, 4, "%s", text_of(row, "days"));
	table_cell(table, 5, "%s", text_of(row, "at"));
}

void show_schedules(struct ctl *ctl, json_t *data)
{
	static const struct table_column columns[] = {
		{"SCHEDULE", 0}, {"NEXT", 0}, {"LAST", 0}, {"WHAT", 0}, {"DAYS", 0}, {"AT", TABLE_CUT}};
	const json_t *rows = json_object_get(data, "schedules");
	if (json_array_size(rows) == 0) {
		say(ctl, "No schedule.");
		return;
	}
	table_of(ctl, columns, sizeof(columns) / sizeof(*columns), rows, schedule_row);
}
