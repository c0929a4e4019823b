#include "show.h"

#include <string.h>

#include "base/str.h"
#include "facts.h"
#include "table.h"
#include "text.h"

/* What is nearest and why it was not taken, then what to do. */
static void put_why(const json_t *row, struct str *out)
{
	const json_t *nearest = json_object_get(row, "nearest");
	size_t i;
	json_t *near;
	json_array_foreach ((json_t *)nearest, i, near)
		str_printf(out, "%s%s: %s", i ? "; or " : "nearest: ", text_of(near, "name"), text_of(near, "why"));
	str_printf(out, "%sTo do: %s", i ? ". " : "", text_of(row, "remedy"));
}

void show_strangers(struct ctl *ctl, json_t *data)
{
	static const struct table_column columns[] = {{"KIND", 0}, {"NAME", TABLE_CUT}, {"FROM", TABLE_CUT},
		{"TIMES", TABLE_RIGHT}, {"SINCE", TABLE_RIGHT}, {"LAST", TABLE_RIGHT}};
	const json_t *rows = json_object_get(data, "strangers");
	const int64_t shown = (int64_t)json_array_size(rows), total = int_of(data, "total", shown),
		      left_out = int_of(data, "left_out", 0);
	size_t i;
	json_t *row;
	if (shown == 0) {
		say(ctl, "No stranger.");
		return;
	}
	struct table *table = table_new(ctl, columns, sizeof(columns) / sizeof(*columns));
	json_array_foreach ((json_t *)rows, i, row) {
		char times[SHORT_SIZE], since[SHORT_SIZE], last[SHORT_SIZE];
		table_row(table);
		table_cell(table, 0, "%s", text_of(row, "kind"));
		table_cell(table, 1, "%s", text_of(row, "spelling"));
		table_cell(table, 2, "%s", text_of(row, "source"));
		table_cell(table, 3, "%s", count_text(int_of(row, "count", 0), times));
		table_cell(table, 4, "%s", age_text(ctl->now_ms - int_of(row, "first_ms", ctl->now_ms), since));
		table_cell(table, 5, "%s", age_text(ctl->now_ms - int_of(row, "last_ms", ctl->now_ms), last));
	}
	table_print(table);
	json_array_foreach ((json_t *)rows, i, row) {
		struct str why = {0};
		put_why(row, &why);
		put(ctl, "%s", "");
		fact(ctl, text_of(row, "name"), "on %s", text_of(row, "date"));
		fact_wrapped(ctl, "", why.failed || !why.data ? "" : why.data);
		str_done(&why);
	}
	if (total > shown)
		say(ctl, "%lld of %lld, newest first.", (long long)shown, (long long)total);
	if (left_out > 0)
		say(ctl, "%lld more had to make room.", (long long)left_out);
}
