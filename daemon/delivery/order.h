/*
 * A standing order: what an operator said of all, of a player, a team or a game until he takes it back or until a
 * moment of Redis' clock. It is a field of the hash `orders`; the words of a field are put together and taken apart
 * here, and nowhere else. Any thread.
 */
#ifndef DELIVERY_ORDER_H
#define DELIVERY_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/fold.h"

enum order_kind { ORDER_PRIORITY, ORDER_PAUSE, ORDER_KINDS };
enum order_whom { ORDER_ALL, ORDER_PLAYER, ORDER_TEAM, ORDER_GAME, ORDER_WHOMS };

/* "priority", "pause"; "all", "player", "team", "game". */
const char *order_kind_name(enum order_kind kind);
const char *order_whom_name(enum order_whom whom);

struct order_key {
	enum order_kind kind;
	enum order_whom whom;
	date_t date; /* 0: any */
	char name[LOOKUP_SIZE]; /* lookup, team or game; "" for all. Zeros to its end: keys are compared as bytes */
};

_Static_assert(sizeof(struct order_key) == 2 * sizeof(int) + sizeof(date_t) + LOOKUP_SIZE, "no padding");

/* A name that is too long is cut, and then names nobody. */
struct order_key order_key_of(enum order_kind kind, enum order_whom whom, date_t date, const char *name);

/* "pause", "priority:2025-11-15:lebronjames", "priority::lebronjames" (any date), "priority::team:LAL",
 * "priority::game:20251115_LAL_GSW". */
#define ORDER_FIELD_SIZE (LOOKUP_SIZE + DATE_SIZE + 24)
const char *order_field_format(const struct order_key *key, char buffer[ORDER_FIELD_SIZE]);
bool order_field_parse(const char *field, struct order_key *ret); /* false: it is none that we know */

struct order {
	struct order_key key;
	const char *value; /* the level's name, or who paused; good until orders change */
	int64_t until_ms; /* Redis' clock; 0: until taken back */
};

#endif
