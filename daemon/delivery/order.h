/*
 * A standing order: what an operator said of all, of a player, a team, a game, a type of event or a book, until he
 * takes it back or until a moment of Redis' clock. It is a field of the hash `orders`; the words of a field are put
 * together and taken apart here, and nowhere else. Any thread.
 */
#ifndef DELIVERY_ORDER_H
#define DELIVERY_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/fold.h"
#include "base/level.h"

enum order_kind {
	ORDER_PRIORITY, /* the level of whom it names */
	ORDER_PAUSE, /* no run; of what it names, entries stay unsettled */
	ORDER_MUTE, /* no run; entries are settled, and the runs owed are made when it ends */
	ORDER_KINDS
};
/* The last two name entries, the others players. A type is an input stream's name. */
enum order_whom { ORDER_ALL, ORDER_PLAYER, ORDER_TEAM, ORDER_GAME, ORDER_TYPE, ORDER_BOOK, ORDER_WHOMS };

/* "priority", "pause", "mute"; "all", "player", "team", "game", "type", "book". */
const char *order_kind_name(enum order_kind kind);
const char *order_whom_name(enum order_whom whom);

struct order_key {
	enum order_kind kind;
	enum order_whom whom;
	date_t date; /* 0: any */
	/* Lookup, team, game, type or book; "" for all. Zeros to its end: keys are compared as bytes. */
	char name[LOOKUP_SIZE];
};

_Static_assert(sizeof(struct order_key) == 2 * sizeof(int) + sizeof(date_t) + LOOKUP_SIZE, "no padding");

/* A name that is too long is cut, and then names nobody. */
struct order_key order_key_of(enum order_kind kind, enum order_whom whom, date_t date, const char *name);

/* "pause", "priority:2025-11-15:lebronjames", "priority::lebronjames" (any date), "priority::team:LAL",
 * "pause::game:20251115_LAL_GSW", "mute::type:odds", "mute::book:fanduel". */
#define ORDER_FIELD_SIZE (LOOKUP_SIZE + DATE_SIZE + 24)
const char *order_field_format(const struct order_key *key, char buffer[ORDER_FIELD_SIZE]);
bool order_field_parse(const char *field, struct order_key *ret); /* false: it is none that we know */
bool order_has_meaning(enum order_kind kind, enum order_whom whom); /* whether there is such an order */

struct order {
	struct order_key key;
	enum level level; /* of a priority */
	const char *by; /* who gave it, "": not known; good until orders change */
	int64_t until_ms; /* Redis' clock; 0: until taken back */
};

/* What stands in the field: "UNTIL_MS uid 0 on a", of a priority "UNTIL_MS urgent uid 0 on a". Earlier versions did not
 * say who gave a priority. */
#define ORDER_TEXT_SIZE 256
const char *order_text_format(const struct order *order, char buffer[ORDER_TEXT_SIZE]); /* `by` is cut if need be */
/* Fills all but the key, which is set: its kind says how to read. `by` points into `text`. False: no such level. */
bool order_text_parse(const char *text, struct order *ret);

#endif
