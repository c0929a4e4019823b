/*
 * An event: one entry of the five input streams, decoded and validated. Plain data, owned by whoever holds
 * it: it may be moved, and is ended once with event_done(). Short strings live in the event itself, the rare
 * long ones are malloc'd.
 */
#ifndef INGEST_EVENT_H
#define INGEST_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/fold.h"
#include "base/level.h"
#include "league/market.h"
#include "league/snapshot.h"
#include "model/live.h"

enum stream { STREAM_REGENERATE, STREAM_SLATE, STREAM_LINEUP, STREAM_INJURY, STREAM_ODDS, STREAM_COUNT };

/* "odds": the key without its prefix, and the event type in causes. The list ends with NULL. */
extern const char *const stream_names[STREAM_COUNT + 1];
const char *stream_name(enum stream stream);

enum event_kind {
	EVENT_ODDS, /* a player's quote */
	EVENT_GAME_ODDS, /* total and/or spread of a game */
	EVENT_INJURY,
	EVENT_LINEUP,
	EVENT_REGENERATE,
	EVENT_SLATE_GAME,
	EVENT_SLATE_PLAYER,
	EVENT_LEAGUE /* a regenerate entry `league=N` that propsd itself adds */
};

enum regenerate_phase {
	REGENERATE_BOTH,
	REGENERATE_REPORT,
	REGENERATE_PRECOMPUTE,
	REGENERATE_FIRST, /* precompute of who has no output yet */
};

/* Of a quote: what the entry speaks of. */
enum quote_side { SIDE_BOTH, SIDE_OVER, SIDE_UNDER };

#define BOOK_SIZE 64
#define REASON_SIZE 257
#define EVENT_ID_SIZE 257
#define SPELLING_SIZE 64
#define STARTERS_MAX 16

struct malformed;

struct event {
	enum stream stream;
	enum event_kind kind;
	date_t date;
	char player[LOOKUP_SIZE]; /* "" = none */
	char spelling[SPELLING_SIZE]; /* the player's name as it came, UTF-8, cut; "" where that is the lookup */
	char game_id[GAME_ID_SIZE]; /* "" = none */
	char team[4]; /* "" = none */
	int64_t player_id; /* the league's, of the player; 0 = none */
	bool has_priority;
	enum level priority;
	int64_t not_before_ms; /* 0 = none */
	int64_t ts_ms; /* 0 = none: the stream id's time counts */
	char *event_id; /* NULL = none; malloc'd, event_done() frees */
	char *origin; /* NULL = none: "MS-SEQ" of the dead letter that this entry retries; malloc'd */
	char *traceparent; /* NULL = none; malloc'd: W3C's, of whoever sent the entry */
	unsigned unknown_fields;
	struct malformed *unread; /* NULL = none; malloc'd. A spelling that the teams at hand have not got, so that team or
				     game are "": of no use here, and perhaps elsewhere, where the date's league is known */

	union {
		struct {
			enum market market;
			bool alternate, off;
			bool has_line;
			enum quote_side side; /* the price of the one that it speaks of stands in `over` or `under` */
			int32_t line; /* hundredths */
			int32_t over, under; /* 0 = missing */
			char book[BOOK_SIZE];
		} odds;
		struct {
			bool has_total, has_spread;
			int32_t total, spread; /* hundredths */
			char book[BOOK_SIZE];
		} game_odds;
		struct {
			enum injury_status status;
			char *reason; /* NULL = none; malloc'd */
		} injury;
		struct {
			unsigned count;
			bool confirmed;
			char (*starters)[LOOKUP_SIZE]; /* sorted, no doubles; malloc'd */
		} lineup;
		struct {
			bool force;
			bool exact; /* the player is a name of keys, not a source's spelling */
			enum regenerate_phase phase;
			int64_t league; /* EVENT_LEAGUE */
		} regenerate;
		struct {
			bool has_tip, has_status;
			int64_t tip_ms;
			enum game_status status;
		} game;
		struct {
			bool active;
		} member;
	};
};

void event_done(struct event *e);

#endif
