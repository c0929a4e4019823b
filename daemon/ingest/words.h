/*
 * The league's own words as sources write them: "Game Time Decision", "PTS+REB+AST", "EVEN". One table; capitals, blanks
 * and signs make no difference. docs/events.md lists the same words, and a house test holds it to the table. Internal to
 * ingest.
 */
#ifndef INGEST_WORDS_H
#define INGEST_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "league/market.h"

enum word_set {
	WORDS_INJURY, /* enum injury_status */
	WORDS_QUOTE, /* 1: off */
	WORDS_GAME, /* enum game_status */
	WORDS_MEMBER, /* 1: active */
	WORDS_FLAG, /* 0, 1 */
	WORDS_SIDE, /* enum quote_side */
	WORDS_ODDS, /* 1: decimal */
	WORDS_PRICE, /* an American price */
	WORDS_SPREAD, /* hundredths */
	WORDS_STATISTIC, /* enum statistic */
	WORDS_FOREIGN, /* markets that are none of ours; no value */
};

/* The value of a word of this set; false: it is none. */
bool word_find(enum word_set set, const char *text, size_t length, int *ret_value);

enum { WORD_SIZE = 48 };

/* The word of the set that resembles the text most; NULL: none does. `buffer` is for its own use. */
const char *word_near(enum word_set set, const char *text, size_t length, char buffer[WORD_SIZE]);

enum word_verdict {
	WORD_KNOWN,
	WORD_FOREIGN, /* a market, and none of ours */
	WORD_UNKNOWN,
};

/* A market by the words of its statistics: one, or the parts of a sum in any order. A "player" or "total" before them
 * counts for nothing; "alternate" before or behind says of what kind the line is. */
enum word_verdict word_market(const char *text, size_t length, enum market *ret_market, bool *ret_alternate);

#endif
