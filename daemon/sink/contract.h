/*
 * What C and the sinks' Lua scripts must agree on; what form this file has, and why, says delivery/contract.h.
 *
 * Places count from 1, as Lua does.
 */
#ifndef SINK_CONTRACT_H
#define SINK_CONTRACT_H

/* Of all scripts. */
enum {
	ARG_PREFIX = 1,
	ARG_SINK = 2, /* its name */
	ARG_CONSUMER = 3, /* the instance's name */
	ORDER_KEY_BASE = 96, /* as in delivery/contract.h */
};

/* --- turn --------------------------------------------------------------------------------------------------------- */

enum {
	TURN_GROUP = 4,
	TURN_TARGET = 5, /* where it writes to; "" but for the first turn of a connection */
	TURN_ROOM = 6, /* new entries that may come, 0: none */
	TURN_CURSOR = 7, /* own pending entries behind this id are wanted; "" none */
	TURN_IDLE_MS = 8, /* what others have pending who have not been seen for so long; 0: none */
	TURN_GONE_MS = 9, /* as much, of who has no heartbeat */
	TURN_ACKS = 10, /* ids */
	TURN_PAGE = 500, /* entries at a time */
	TURN_OUT_ENTRIES = 1,
	TURN_OUT_CURSOR = 2, /* of the next page, "" none */
	TURN_OUT_LAST = 3, /* id of the stream's newest entry */
	TURN_OUT_OWN = 4, /* pending entries of ours */
	TURN_OUT_PENDING = 5, /* of the group */
	TURN_OUT_LAG = 6, /* entries that nobody has read; -1 unknown */
	TURN_OUT_OLDEST = 7, /* id of the oldest that is not settled, "" none */
	TURN_OUT_NOW = 8, /* ms, by Redis' clock */
	TURN_OUT_DUE = 9, /* full passes that were ever wanted, */
	TURN_OUT_DONE = 10, /* and made */
	TURN_OUT_LOST = 11, /* 1: entries were trimmed away unread, seen just now */
};

/* --- fetch -------------------------------------------------------------------------------------------------------- */

enum {
	FETCH_DATE = 4,
	FETCH_PLAYER = 5,
	FETCH_TOLD = 6, /* "1": what was told of him, and when his quotes were heard, are wanted */
	FETCH_OUT_REPORT = 1, /* nil: there is none */
	FETCH_OUT_VERSION = 2,
	FETCH_OUT_NOW = 3, /* ms, by Redis' clock */
	FETCH_OUT_TOLD = 4, /* as it was noted, "": nothing */
	FETCH_OUT_QUOTES = 5, /* "MARKET:BOOK" and Unix ms in turns, of a quote or a side of it */
};

/* --- told --------------------------------------------------------------------------------------------------------- */

enum {
	TOLD_DATE = 4,
	TOLD_PLAYER = 5,
	TOLD_TEXT = 6,
	TOLD_KEPT_S = 259200, /* of a date, after the last of it */
};

/* --- pass --------------------------------------------------------------------------------------------------------- */

enum {
	PASS_UNTIL_MS = 4, /* for how long nobody else begins one */
	PASS_DUE = 5, /* what TURN_OUT_DUE was when it began */
	PASS_WHAT = 6, /* a letter: */
	PASS_DATES = 'd', /* dates follow: those of which anything is stored, in this order */
	PASS_PLAYERS = 'p', /* a date follows: who ever ran on it */
	PASS_END = 'e', /* it is made */
	PASS_ITEMS = 7,
	PASS_OUT_TAKEN = 1, /* 0: another instance is at it */
	PASS_OUT_LIST = 2,
};

#endif
