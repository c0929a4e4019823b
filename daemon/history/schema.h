/* The tables of the history, as docs/history.md tells them, and which of their columns leave it. */
#ifndef HISTORY_SCHEMA_H
#define HISTORY_SCHEMA_H

#include <stdint.h>

#include "store/store.h"

extern const struct store_schema history_schema;

enum history_table { HISTORY_EXECUTIONS, HISTORY_FAILURES, HISTORY_RUNS, HISTORY_AUDIT, HISTORY_TABLES };
extern const char *const history_tables[]; /* "executions"; ends with NULL */

enum { HISTORY_COLUMNS_MAX = 24 };

/* The columns of a table in their order, ends with NULL; with them `id`, a number that grows from row to row,
 * stands in each table and is none of them. */
const char *const *history_columns(enum history_table table);

#endif
