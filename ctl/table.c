#include "table.h"

#include <libsmartcols/libsmartcols.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/str.h"

#define CELL_MAX 1024
#define COLUMN_GAP "  "

struct table {
	struct libscols_table *scols;
	struct libscols_line *line;
	FILE *out;
	bool failed;
};

static const char *const colors[] = {
	[TABLE_PLAIN] = NULL, [TABLE_GOOD] = "green", [TABLE_BAD] = "red", [TABLE_DIM] = "darkgray"};

struct table *table_new(struct ctl *ctl, const struct table_column *columns, size_t count)
{
	struct table *table = calloc(1, sizeof(*table));
	if (!table)
		return NULL;
	table->out = ctl->data;
	table->scols = scols_new_table();
	if (!table->scols) {
		free(table);
		return NULL;
	}
	scols_table_set_stream(table->scols, ctl->data);
	scols_table_enable_colors(table->scols, ctl->color);
	scols_table_set_column_separator(table->scols, COLUMN_GAP);
	/* Without a width of ours the library would ask the terminal, even when the table goes to a file. */
	scols_table_set_termforce(
		table->scols, ctl->width > 0 ? SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER);
	if (ctl->width > 0)
		scols_table_set_termwidth(table->scols, ctl->width);
	for (size_t i = 0; i < count; i++) {
		int flags = (columns[i].flags & TABLE_RIGHT ? SCOLS_FL_RIGHT : 0) |
			    (columns[i].flags & TABLE_CUT ? SCOLS_FL_TRUNC : 0);
		if (!scols_table_new_column(table->scols, columns[i].name, 0, flags))
			table->failed = true;
	}
	return table;
}

void table_row(struct table *table)
{
	if (!table)
		return;
	table->line = scols_table_new_line(table->scols, NULL);
	table->failed |= !table->line;
}

void table_cell(struct table *table, size_t column, const char *format, ...)
{
	if (!table || !table->line)
		return;
	char text[CELL_MAX];
	va_list list;
	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	if (text[0] != '\0' && scols_line_set_data(table->line, column, text) < 0)
		table->failed = true;
}

void table_color(struct table *table, size_t column, enum table_color color)
{
	struct libscols_cell *cell = table && table->line ? scols_line_get_cell(table->line, column) : NULL;
	if (cell && colors[color])
		scols_cell_set_color(cell, colors[color]);
}

void table_drop_last(struct table *table)
{
	if (!table || table->failed)
		return;
	size_t count = scols_table_get_ncols(table->scols);
	scols_column_set_flags(scols_table_get_column(table->scols, count - 1), SCOLS_FL_HIDDEN);
}

void table_print(struct table *table)
{
	if (!table || table->failed ||
		(!scols_table_is_empty(table->scols) && scols_print_table(table->scols) < 0))
		fprintf(stderr, "propsctl: out of memory while the table was made\n");
	if (table)
		scols_unref_table(table->scols);
	free(table);
}
