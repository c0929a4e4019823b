/*
 * Where a sink writes to: the seam between following the reports (follow.c) and each kind of place (directory.c, ...). A
 * store belongs to one thread, which it may keep waiting, but not past a stop: it asks `patience` in between.
 */
#ifndef SINK_STORE_H
#define SINK_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "sink/sink.h"

/* A report as it was committed. */
struct sink_report {
	date_t date;
	const char *player; /* a lookup: a-z and 0-9 */
	int64_t version;
	const char *body;
	size_t length;
	/* For a store that remembers: */
	const char *told; /* what it noted of him last; "": nothing */
	int64_t now_ms; /* of Redis, when the report was read */
	const char *quotes; /* a line "MARKET:BOOK MS" for each quote, or side of one: when it was last heard */
};

struct patience {
	/* Waits for so long; true: not any more, the sink is to stop. */
	bool (*wait)(void *arg, int64_t us);
	bool (*over)(void *arg); /* what is under way is to be dropped as well */
	void *arg;
};

struct store; /* each kind's own */

struct store_type {
	/* Makes one; touches nothing yet. The options outlive it. `target` becomes where it writes to, as text: where that
	 * is another one than before all reports are written anew. */
	int (*open)(const struct sink_options *options, const struct patience *patience, struct store **ret,
		char *target, size_t size, struct err *err);
	void (*close)(struct store *s);
	/*
	 * Puts the report there, unless what is there has a higher version, or is the very same: then *ret_kept. Neither
	 * another instance that does so at the same time, nor an end of this process at any point, leaves an older report
	 * over a newer one, or part of one. On failure `err` says what and where, and what is to be done about it;
	 * -ECANCELED: told to stop; -EBUSY: the place has too much to do, for whatever report.
	 */
	int (*put)(struct store *s, const struct sink_report *report, bool *ret_kept, struct err *err);
	/* After put, also a failed one: what is to be noted of the player, for all instances; NULL: as it was. Until the
	 * next put. The member is NULL for a store that remembers nothing. */
	const char *(*noted)(const struct store *s);
	/* After -EBUSY: for how long the place asked to be left alone; 0: it did not say. NULL: it never does. */
	int64_t (*rest_us)(const struct store *s);
};

extern const struct store_type store_directory, store_s3, store_webhook;

#endif
