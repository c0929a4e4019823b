/*
 * The league database: what its tables are. `propsctl import` writes it, propsd only reads it. One row a box
 * score, dates and team codes as text, so that it can be looked at with sqlite3.
 */
#ifndef LEAGUE_SCHEMA_H
#define LEAGUE_SCHEMA_H

#include "store/store.h"

extern const struct store_schema league_schema;

#endif
