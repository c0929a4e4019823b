#include "table.h"

#include <assert.h>
#include <libsmartcols/libsmartcols.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/str.h"
#include "text.h"

#define CELL_MAX 1024
#define COLUMN_GAP "  "
#define COLUMNS_MAX 16
#define WRAP_MIN 20 /* narrower than this a text is not worth breaking */

struct table {
	struct libscols_table *scols;
	struct libscols_line *line;
	FILE *out, *lines; /* where it goes; the library's own output, before blanks at line ends are cut */
	char *text;
	size_t length;
	unsigned terminal; /* 0: any width */
	size_t columns;
	size_t width[COLUMNS_MAX]; /* of the widest cell so far */
	bool wraps; /* the last column */
	bool failed;
};

static const char *const colors[] = {
	[TABLE_PLAIN] = NULL, [TABLE_GOOD] = "green", [TABLE_BAD] = "red", [TABLE_DIM] = "darkgray"};

/* Columns on a terminal; bytes, if it is not a text in our character set. */
static size_t width_of(const char *text)
{
	wchar_t wide[CELL_MAX];
	size_t count = mbstowcs(wide, text, CELL_MAX);
	int width = count < CELL_MAX ? wcswidth(wide, count) : -1;
	return width >= 0 ? (size_t)width : strlen(text);
}

static void add_column(struct table *table, size_t at, const struct table_column *column)
{
	int flags = (column->flags & TABLE_RIGHT ? SCOLS_FL_RIGHT : 0) |
		    (column->flags & TABLE_CUT ? SCOLS_FL_TRUNC : 0) | (column->flags & TABLE_WRAP ? SCOLS_FL_WRAP : 0);
	struct libscols_column *made = scols_table_new_column(table->scols, column->name, 0, flags);
	table->failed |= !made;
	table->width[at] = width_of(column->name);
	if (!made || !(column->flags & TABLE_WRAP))
		return;
	table->wraps = true;
	scols_column_set_safechars(made, "\n");
	scols_column_set_wrapfunc(made, scols_wrapnl_chunksize, scols_wrapnl_nextchunk, NULL);
}

struct table *table_new(struct ctl *ctl, const struct table_column *columns, size_t count)
{
	struct table *table = calloc(1, sizeof(*table));
	if (!table)
		return NULL;
	table->out = ctl->data;
	table->lines = open_memstream(&table->text, &table->length);
	table->scols = table->lines ? scols_new_table() : NULL;
	if (!table->scols) {
		if (table->lines)
			fclose(table->lines);
		free(table->text);
		free(table);
		return NULL;
	}
	scols_table_set_stream(table->scols, table->lines);
	scols_table_enable_colors(table->scols, ctl->color);
	scols_table_set_column_separator(table->scols, COLUMN_GAP);
	/* Without a width of ours the library would ask the terminal, even when the table goes to a file. */
	scols_table_set_termforce(table->scols, ctl->width > 0 ? SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER);
	if (ctl->width > 0)
		scols_table_set_termwidth(table->scols, ctl->width);
	assert(count <= COLUMNS_MAX);
	table->terminal = ctl->width;
	table->columns = count;
	for (size_t i = 0; i < count; i++)
		add_column(table, i, &columns[i]);
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
	if (width_of(text) > table->width[column])
		table->width[column] = width_of(text);
	if (text[0] != '\0' && scols_line_set_data(table->line, column, text) < 0)
		table->failed = true;
	struct libscols_cell *cell = meaning_of(text) ? scols_line_get_cell(table->line, column) : NULL;
	if (cell)
		scols_cell_set_color(cell, meaning_of(text));
}

void table_color(struct table *table, size_t column, enum table_color color)
{
	struct libscols_cell *cell = table && table->line ? scols_line_get_cell(table->line, column) : NULL;
	if (cell && colors[color])
		scols_cell_set_color(cell, colors[color]);
}

/* How many bytes of the text make a line that is not wider than `room`: up to a line's end, else to a blank, else what
 * fits of a word. */
static size_t line_in(const char *text, size_t room)
{
	size_t at = 0, blank = 0, width = 0;
	while (text[at] && text[at] != '\n') {
		wchar_t c = L'?';
		const size_t bytes = mbrtowc(&c, text + at, strlen(text + at), &(mbstate_t){0});
		if (text[at] == ' ')
			blank = at;
		width += wcwidth(c) >= 0 ? (size_t)wcwidth(c) : 1;
		if (width > room && at > 0)
			return blank > 0 ? blank : at;
		at += bytes > 0 && bytes < CELL_MAX ? bytes : 1;
	}
	return at;
}

/* A copy with line ends. NULL: no memory. */
static char *break_lines(const char *text, size_t room)
{
	struct str out = {0};
	while (*text) {
		const size_t length = line_in(text, room);
		str_bytes(&out, text, length);
		text += length;
		text += *text == '\n' ? 1 : strspn(text, " ");
		if (*text)
			str_char(&out, '\n');
	}
	return str_take(&out);
}

/* What the other columns leave. */
static void wrap_cells(struct table *table)
{
	size_t last = table->columns - 1, others = 0;
	for (size_t i = 0; i < last; i++)
		others += table->width[i] + strlen(COLUMN_GAP);
	if (!table->wraps || table->terminal < others + WRAP_MIN)
		return;
	for (size_t i = 0; i < scols_table_get_nlines(table->scols); i++) {
		struct libscols_line *line = scols_table_get_line(table->scols, i);
		const char *data = scols_cell_get_data(scols_line_get_cell(line, last));
		if (!data || !*data)
			continue;
		char *text = break_lines(data, table->terminal - others);
		table->failed |= !text || scols_line_refer_data(line, last, text) < 0;
	}
}

/* Cells that are empty at the end of a line are filled up by the library. */
static void print_trimmed(FILE *out, char *text)
{
	char *line;
	while ((line = strsep(&text, "\n")) && (text || *line)) {
		size_t length = strlen(line);
		while (length > 0 && line[length - 1] == ' ')
			length--;
		fprintf(out, "%.*s\n", (int)length, line);
	}
}

void table_print(struct table *table)
{
	if (table)
		wrap_cells(table);
	bool failed =
		!table || table->failed || (!scols_table_is_empty(table->scols) && scols_print_table(table->scols) < 0);
	if (table) {
		failed |= fclose(table->lines) != 0;
		if (!failed)
			print_trimmed(table->out, table->text);
		scols_unref_table(table->scols);
		free(table->text);
		free(table);
	}
	if (failed)
		fprintf(stderr, "propsctl: out of memory while the table was made\n");
}

void table_of(struct ctl *ctl, const struct table_column *columns, size_t count, const json_t *rows,
	void (*fill)(struct table *table, const json_t *row))
{
	struct table *table = table_new(ctl, columns, count);
	size_t i;
	json_t *row;
	json_array_foreach ((json_t *)rows, i, row) {
		table_row(table);
		fill(table, row);
	}
	table_print(table);
}
