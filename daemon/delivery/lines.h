/*
 * How a player's main lines moved, book by book, from what apply keeps of each change (`lines:`), and where they closed.
 * Pure; any thread.
 */
#ifndef DELIVERY_LINES_H
#define DELIVERY_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "league/market.h"
#include "redis/value.h"

struct line_point { /* what the book's line became */
	int64_t ms; /* Unix; when it was said at the source: ts, else when it came */
	int32_t line; /* hundredths, as a quote's */
	int32_t over, under; /* American; 0: none */
	bool off; /* there is none any more */
	bool by_then; /* the change itself is not on record any more: it was said then or before */
};

struct line_path {
	enum market market;
	const char *book;
	const struct line_point *points; /* in the order of their entries */
	size_t count; /* at least 1 */
};

struct line_paths {
	struct line_path *paths; /* by market, then book */
	size_t count;
	size_t kept; /* changes in Redis */
	bool cut; /* older ones may have gone */
	const char *named; /* the game that events named, "GAME TEAM"; "": none */
};

/* Of the reply to delivery_lines(), which may be freed afterwards. 0 or -ENOMEM. What is no change of a line is passed
 * over: the key is Redis', and anybody can write there. */
int lines_parse(const struct value *reply, struct arena *arena, struct line_paths *ret)
	__attribute__((warn_unused_result));

enum close {
	CLOSE_STANDS,
	CLOSE_OPEN, /* the game has not begun */
	CLOSE_NO_TIP, /* when it begins is not known */
	CLOSE_NO_QUOTE, /* none before it began */
	CLOSE_OFF, /* taken down before it began */
	CLOSE_UNSURE, /* what stands may have been said after it began */
};
const char *close_reason(enum close close); /* why there is none, for people */

/* The last change up to the tip-off, never one after it; `tip_ms` 0: unknown. */
enum close lines_close(const struct line_path *path, int64_t tip_ms, int64_t now_ms, const struct line_point **ret);

#endif
