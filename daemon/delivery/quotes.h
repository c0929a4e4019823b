/*
 * What a book says of a line, field by field, and what that amounts to: for whoever reads the quotes that stand, and how
 * they came to stand. Private to delivery. Pure.
 */
#ifndef DELIVERY_QUOTES_H
#define DELIVERY_QUOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "league/market.h"
#include "model/live.h"

struct spoken { /* one field */
	enum market market;
	bool alternate, off;
	char side; /* '+' over, '-' under, ':' both */
	int32_t line, over, under;
	const char *book;
	const char *key; /* order keys compare as texts up to the blank */
	size_t key_length;
};

/* "q:MARKET:BOOK" or "a:MARKET:LINE:BOOK", of one side "q+:" and so on; "KEY AT" and "LINE OVER UNDER" or "off". It points
 * into both. False: no quote. */
bool spoken_parse(const char *name, const char *value, struct spoken *ret);

int spoken_compare(const struct spoken *a, const struct spoken *b); /* by their keys */

/* What the fields of one line amount to, at most one of each side: up to two quotes, the second one a side that has been
 * left behind. */
size_t spoken_join(const struct spoken *of, size_t count, struct live_quote ret[2]);

#endif
