/*
 * The report of one player and date as bytes: JSON, keys sorted, an unknown value's key absent, numbers rounded to
 * 1e-4. A direct writer: the document's shape is in report.c, so that equal inputs give equal bytes. No I/O; any
 * thread.
 *
 * Lists and objects that would be empty are left out, `causes` excepted. A market appears when it has figures or books;
 * one that an earlier phase's output says nothing of has a `status` in the place of figures, and figures of a player
 * without a history are the books' own (`figures`: "market"). Lines are withdrawn (no
 * `books`) when the game is postponed or cancelled or the player is out; his figures stay, and mean: if he played.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/str.h"
#include "league/snapshot.h"
#include "model/foreign.h"
#include "model/live.h"
#include "model/model.h"

struct report_cause { /* sorted by type, stream, id (ids by value, not as text) */
	const char *type; /* "odds", "injury", "lineup", "regenerate", "slate" */
	const char *stream; /* the key */
	const char *id;
};

struct report_phase { /* of an earlier phase: what its output was, at the time of this report */
	int64_t version; /* of the output; 0: there is none */
	int64_t generated_at_ms;
	const char *processor; /* that made it; "" without output */
	bool failed; /* it was given up since; the output, if any, is an older one */
};

struct report_input {
	const struct live *live;
	const struct snapshot *snapshot; /* NULL without a league database */
	const struct model_result *result; /* NULL: a processor without figures (synthetic) */
	const struct report_phase *precompute; /* NULL: there is no such phase */
	const struct foreign *output; /* its output, whose other keys stand in the report; NULL: none */
	const char *processor;
	const struct report_cause *causes;
	size_t cause_count;
	int attempt; /* from 1 */
	int64_t generated_at_ms;
};

/* Appends the document. Whether it is whole: !out->failed. */
void report_write(struct str *out, const struct report_input *input);

/* Where the causes stand in a report of report_write(): the bytes between the brackets of their list. False: it is none. */
bool report_causes(const char *bytes, size_t length, size_t *ret_from, size_t *ret_to);

bool report_withdraws(const struct live *live); /* it shows no lines */

/* What the report recommends of main lines, for whoever looks back: a line each, "LINE OVER UNDER P SIDE MARKET
 * BOOK\n", with the line in hundredths and P, the probability of winning, in ten thousandths. In `arena`; NULL: nothing,
 * or no memory. *ret_which tells one set of them from another, whatever their lines and prices; 0: nothing. */
const char *report_given(
	const struct live *live, const struct model_result *result, struct arena *arena, uint64_t *ret_which);

struct report_member { /* of somebody else's object: bytes as they stand in its JSON, the name without quotes */
	const char *name, *value;
	size_t name_length, value_length;
};

/* As report_write() for a report that a processor outside made: its own members (sorted by their names' bytes, none
 * twice) between ours, which are who, when, of what and why. Where it says one of ours again it is left out. */
void report_wrap(struct str *out, const struct report_input *input, const struct report_member *members, size_t count);

#endif
