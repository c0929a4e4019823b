/*
 * The contract's fields as a table: a row says what a field is called, which kinds of events have it, which
 * cannot do without it, how its text becomes a value and where in the event that goes. Internal to ingest.
 */
#ifndef INGEST_CONTRACT_H
#define INGEST_CONTRACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ingest/decode.h"
#include "ingest/event.h"
#include "ingest/value.h"

enum contract_field {
	FIELD_PLAYER,
	FIELD_PLAYER_ID,
	FIELD_DATE,
	FIELD_GAME,
	FIELD_TEAM,
	FIELD_MARKET,
	FIELD_LINE,
	FIELD_ODDS,
	FIELD_SIDE,
	FIELD_PRICE,
	FIELD_OVER,
	FIELD_UNDER,
	FIELD_BOOK,
	FIELD_STATUS,
	FIELD_ALT,
	FIELD_TOTAL,
	FIELD_SPREAD,
	FIELD_TS,
	FIELD_EVENT_ID,
	FIELD_PRIORITY,
	FIELD_NOT_BEFORE,
	FIELD_ORIGIN,
	FIELD_TRACEPARENT,
	FIELD_REASON,
	FIELD_STARTERS,
	FIELD_CONFIRMED,
	FIELD_FORCE,
	FIELD_EXACT,
	FIELD_PHASE,
	FIELD_LEAGUE,
	FIELD_TIP,
	FIELD_COUNT
};

#define BIT(n) (1u << (n))

/* Written by propsd's own scripts alone: strangers in entries of others. */
#define FIELDS_OWN (BIT(FIELD_ORIGIN) | BIT(FIELD_LEAGUE))

/* One entry on its way to an event. */
struct decoding {
	struct event *event; /* the kind is set */
	const struct snapshot *snapshot;
	const struct teams *teams; /* NULL: none */
	struct malformed *why;
	bool own; /* FIELDS_OWN count */
	int64_t came_ms, max_delay_us; /* as in struct decode_world */
	unsigned present; /* bit set of enum contract_field */
	bool decimal; /* prices are */
	bool alternate_by_name; /* the market says so */
	struct value value[FIELD_COUNT]; /* of those present */
	date_t game_date; /* of the game id, once that is parsed */
};

struct contract_row {
	const char *name;
	size_t name_length;
	enum contract_field field;
	unsigned kinds, required; /* bit sets of enum event_kind */
	bool number; /* in `data` it may be a JSON number */
	bool flag; /* ... true or false */
	bool list; /* ... an array */
	bool may_be_empty;
	int (*parse)(struct decoding *d, const struct contract_row *row,
		const struct value *value); /* 0, -EINVAL, -ENOMEM */
	size_t offset; /* into struct event, for parsers of more than one field */
	int64_t min, max; /* in hundredths for decimals */
	const char *want; /* the second half of an error */
};

extern const struct contract_row contract_rows[];
extern const size_t contract_row_count;

/* Bit set of the kinds of events that the stream carries. */
unsigned contract_kinds(enum stream stream);

/* The first row of that name among those of any of these kinds; NULL: an unknown field. Rows of one name
 * share `field`. */
const struct contract_row *contract_find(unsigned kinds, const char *name, size_t length);

#endif
