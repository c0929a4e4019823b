/*
 * Books' lines of past games, from CSV files with the columns game_date, player, market, line, over_price, under_price,
 * book and, where they are known, snapshot_utc (when the feed was read) and commence_utc. Of each book's listings of a
 * player and market the last before the game stands. Where a book lists several lines at once, the one with the evenest
 * prices is its main line, the others are alternates.
 */
#ifndef BENCH_MODEL_LINES_H
#define BENCH_MODEL_LINES_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/fold.h"
#include "model/live.h"

#define LINES_BOOKS 64

struct line {
	date_t date;
	char player[LOOKUP_SIZE];
	int64_t read_ms; /* snapshot_utc; 0: unknown */
	uint8_t book; /* of lines.book, which is sorted by name */
	struct live_quote quote; /* its book is lines.book[] */
};

struct lines {
	struct line *line; /* sorted by date, player, then as live_quote */
	size_t count, room;
	char *book[LINES_BOOKS];
	size_t books;
	size_t files;
};

/* From every CSV file of the folder whose header has those columns. 0 or a failure told by err. */
int lines_load(const char *folder, date_t from, date_t until, struct lines *ret, struct err *err);
void lines_done(struct lines *l);

/* The player's on that date, under any of his lookups: those with that stem. */
const struct line *lines_of(const struct lines *l, date_t date, const char *lookup, size_t *ret_count);

#endif
