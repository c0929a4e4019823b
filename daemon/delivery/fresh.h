/*
 * Whether a date's reports are fresh: for each player, whether what is committed covers all that was applied; what was
 * read or added and is not settled yet; what was made by another model than the one in force. All of it is asked of Redis,
 * so it is true of all instances, and in small pieces: neither Redis nor the loop is held by it. Loop thread only.
 */
#ifndef DELIVERY_FRESH_H
#define DELIVERY_FRESH_H

#include "base/fold.h"
#include "base/phase.h"
#include "delivery/delivery.h"

enum uncovered_why {
	UNCOVERED_WAITS, /* he waits or runs, on this instance or another */
	UNCOVERED_FAILS, /* runs of him failed or were lost since: he is tried again, or was given up */
	UNCOVERED_PAUSED,
	UNCOVERED_MUTED,
	UNCOVERED_WHYS
};
extern const char *const uncovered_whys[]; /* for programs; ends with NULL */

struct uncovered {
	char player[LOOKUP_SIZE];
	enum phase phase; /* what does not cover it */
	enum uncovered_why why;
	int64_t oldest_ms; /* when the oldest event came that is not covered, as far as what stands of it says */
};

enum { UNCOVERED_SHOWN = 100, OPEN_TEXT = 160 };

struct freshness {
	date_t date;
	int64_t now_ms; /* Redis' clock */
	unsigned reports; /* players who have a report or are owed one */
	unsigned covered; /* of them */
	unsigned uncovered[UNCOVERED_WHYS];
	struct uncovered shown[UNCOVERED_SHOWN]; /* the first of them, by name */
	unsigned shown_count;
	/* The oldest entry of the date that is not settled, or of a player who is not covered. */
	struct {
		int64_t ms; /* 0: there is none */
		char id[STREAM_ID_SIZE]; /* "": only his hash tells of it */
		char text[OPEN_TEXT]; /* "odds of lebronjames" */
	} oldest;
	bool more_open; /* so many entries are of other dates that not all were looked at */
	unsigned outdated; /* reports made by another model, or from an output that was */
	char (*outdated_players)[LOOKUP_SIZE]; /* all of them, by name; until `done` returns */
};

/* 0; -EAGAIN: the slate is being read anew, ask again; -ENOTCONN: there is no session; -ENOMEM. */
typedef void delivery_fresh_fn(void *data, int result, const struct freshness *fresh);

/* The date's slate is there (delivery_slate()). `done` is called once. */
void delivery_look_fresh(struct delivery *d, date_t date, delivery_fresh_fn *done, void *data);

/*
 * The mute of a type or a book that owes a player a run. Asked of Redis; what the reply says delivery_muted_by() tells:
 * NULL if there is none, or nothing was answered. Good until orders change.
 */
void delivery_ask_muted(struct delivery *d, date_t date, const char *player, delivery_reply_fn *done, void *data);
const struct order *delivery_muted_by(const struct delivery *d, enum phase phase, const struct value *reply);

#endif
