/*
 * What stands that an operator should know of and mend: one table of kinds, each with its remedy. Whoever sees a
 * condition sets its kind, with what was seen, and clears it when it is over; the log tells the begin and the end of
 * each, `propsctl status`, `propsctl doctor` and the metrics what stands now. Loop thread only.
 *
 * A new kind is a row in warnings.c. One condition has one owner: who sets a kind is the one that clears it.
 */
#ifndef METRICS_WARNINGS_H
#define METRICS_WARNINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

enum warning {
	WARNING_EVICTS, /* Redis may throw keys away */
	WARNING_NO_FILE, /* it keeps no append-only file */
	WARNING_MEMORY, /* it is at its memory limit: entries wait */
	WARNING_UNCHECKED, /* its settings cannot be looked at */
	WARNING_LOST, /* entries were deleted before they were read */
	WARNING_PINNED, /* another consumer group keeps a stream from being trimmed */
	WARNING_LETTERS, /* dead letters */
	WARNING_UNKNOWN, /* entries for names, teams or games that nobody knows */
	WARNING_SILENT, /* a book that was heard of tonight is no more */
	WARNING_FEED, /* all books that were */
	WARNING_DATE, /* a date that nothing is begun on */
	WARNING_PROCESSOR, /* one that makes reports takes no jobs */
	WARNING_SINK, /* one that cannot write */
	WARNING_HISTORY, /* it cannot be written */
	WARNING_CLOCK, /* this host's and Redis' differ */
	WARNING_COUNT
};

struct warning_row {
	bool grave; /* work is or may be lost, or stands still: an error in the doctor's eyes */
	bool asks_redis; /* nothing is known of it without a session */
	const char *check, *fine; /* of the doctor's line: what is looked at, and what is so where nothing stands */
	const char *remedy; /* what to do */
};

struct warnings;

struct warnings *warnings_new(const struct clock *clock); /* NULL: no memory */
void warnings_free(struct warnings *w); /* NULL is fine */

/*
 * It stands: what is seen, as part of a sentence about it (the remedy is the row's), cut at 400 bytes. Set again it
 * replaces the text, and the log stays silent: it tells the first text and, at the end, the last. With `w` NULL nothing
 * happens, as a test may want.
 */
void warnings_set(struct warnings *w, enum warning kind, const char *format, ...) __attribute__((format(printf, 3, 4)));
void warnings_clear(struct warnings *w, enum warning kind); /* it is over, or never was */

const struct warning_row *warnings_row(enum warning kind);
const char *warnings_text(const struct warnings *w, enum warning kind); /* NULL: it does not stand */
int64_t warnings_since_ms(const struct warnings *w, enum warning kind); /* when it began */

/* For programs, of all kinds in their order: in `status`, the log, and as the metric's label. Ends with NULL. */
extern const char *const warnings_names[];

#endif
