#include "show.h"

#include "facts.h"
#include "table.h"
#include "text.h"

static void alias_row(struct table *table, const json_t *row)
{
	char since[SHORT_SIZE];
	table_cell(table, 0, "%s", text_of(row, "spelling"));
	table_cell(table, 1, "%s", text_of(row, "player"));
	table_cell(table, 2, "%s", clock_text(int_of(row, "since_ms", 0), since));
	table_cell(table, 3, "%s", text_of(row, "by"));
}

void show_aliases(struct ctl *ctl, json_t *data)
{
	static const struct table_column columns[] = {
		{"ALIAS", TABLE_CUT}, {"PLAYER", TABLE_CUT}, {"SINCE", 0}, {"BY", TABLE_CUT}};
	const json_t *rows = json_object_get(data, "aliases");
	if (json_array_size(rows) == 0) {
		say(ctl, "No alias was given by alias add.");
		return;
	}
	table_of(ctl, columns, sizeof(columns) / sizeof(*columns), rows, alias_row);
	int64_t more = int_of(data, "matching", 0) - (int64_t)json_array_size(rows);
	if (more > 0)
		put(ctl, "%lld more.", (long long)more);
}

void show_alias_added(struct ctl *ctl, json_t *data)
{
	const long long moved = (long long)int_of(data, "moved", 0), reports = (long long)int_of(data, "withdrawn", 0);
	say(ctl, "%s is %s now, on every instance.", text_of(data, "spelling"), text_of(data, "player"));
	if (moved + reports > 0)
		say(ctl, "Moved to him: %lld fact%s; reports deleted under the old spelling: %lld.", moved,
			moved == 1 ? "" : "s", reports);
}

void show_alias_removed(struct ctl *ctl, json_t *data)
{
	say(ctl, "%s is no alias of %s any more; what has moved to him stays.", text_of(data, "spelling"),
		text_of(data, "player"));
}
