/*
 * The report of one player and date as bytes: JSON, keys sorted, an unknown value's key absent, numbers rounded to 1e-4.
 * A direct writer: the document's shape is this file, so that equal inputs give equal bytes. No I/O; any thread.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/str.h"
#include "league/snapshot.h"
#include "model/live.h"
#include "model/model.h"

struct report_cause { /* sorted by type, stream, id (ids by value, not as text) */
	const char *type;   /* "odds", "injury", "lineup", "regenerate", "slate" */
	const char *stream; /* the key */
	const char *id;
};

struct report_input {
	const struct live *live;
	const struct snapshot *snapshot;   /* NULL without a league database */
	const struct model_result *result; /* NULL: a processor without figures (synthetic) */
	const char *processor;
	const struct report_cause *causes;
	size_t cause_count;
	int attempt; /* from 1 */
	int64_t generated_at_ms;
};

/* Appends the document. Whether it is whole: !out->failed. */
void report_write(struct str *out, const struct report_input *input);

#endif
