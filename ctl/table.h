/* Tables that fit the terminal: libsmartcols behind the few calls that propsctl needs. */
#ifndef CTL_TABLE_H
#define CTL_TABLE_H

#include <stddef.h>

#include <jansson.h>

#include "ctl.h"

enum table_flags {
	TABLE_RIGHT = 1, /* numbers */
	TABLE_CUT = 2, /* gives way when the terminal is too narrow */
	TABLE_WRAP = 4 /* the last column only: breaks between words, so that all of it can be read */
};

struct table_column {
	const char *name;
	int flags;
};

enum table_color { TABLE_PLAIN, TABLE_GOOD, TABLE_BAD, TABLE_DIM };

struct table;

struct table *table_new(struct ctl *ctl, const struct table_column *columns, size_t count); /* NULL: no memory */
void table_row(struct table *table);
/* Fills a cell of the newest row. Cells that are not filled stay empty. */
void table_cell(struct table *table, size_t column, const char *format, ...) __attribute__((format(printf, 3, 4)));
void table_color(struct table *table, size_t column, enum table_color color);
void table_print(struct table *table); /* prints and frees; NULL: says that memory ran out */

/* A whole table: of each of `rows` a row, whose cells `fill` fills. */
void table_of(struct ctl *ctl, const struct table_column *columns, size_t count, const json_t *rows,
	void (*fill)(struct table *table, const json_t *row));

#endif
