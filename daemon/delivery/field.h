/*
 * What an event writes into the live state: which hash, which field, which value. The names are private to delivery and
 * listed in docs/delivery.md; live.c reads them back.
 */
#ifndef DELIVERY_FIELD_H
#define DELIVERY_FIELD_H

#include "base/str.h"
#include "delivery/contract.h"
#include "delivery/entry.h"
#include "slate/affected.h"

enum { FIELD_NAME_SIZE = 160, FIELDS_MAX = 2 };

enum field_place { FIELD_OF_DAY, FIELD_OF_GAME, FIELD_OF_PLAYER };

struct field_write {
	enum field_place place;
	enum write_kind kind;
	char name[FIELD_NAME_SIZE];
	char value[FIELD_NAME_SIZE + STARTERS_MAX * LOOKUP_SIZE + REASON_SIZE];
};

/* The fields that the event writes, one apply item each (and game): 1 or 2. `player` is canonical. */
size_t field_writes(
	const struct event *e, const struct slate *s, const char *player, struct field_write ret[FIELDS_MAX]);

/* Whether the event is void when it happened after its game's tip-off. */
bool field_expires(enum event_kind kind);

/* The game without an id, of those who play in none: "20251115_-". */
const char *no_game_id(date_t date, char buffer[GAME_ID_SIZE]);

#endif
