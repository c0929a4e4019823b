/*
 * A dead letter as Redis gives it, {id, [name, value, ...]}: as JSON, whether it is one of those that are meant, and what
 * another try of it needs. Loop thread only.
 */
#ifndef ADMIN_LETTER_H
#define ADMIN_LETTER_H

#include <jansson.h>
#include <stdbool.h>

#include "base/clock.h"
#include "base/fold.h"
#include "delivery/delivery.h"

const char *letter_id(const struct value *letter);
size_t letter_bytes(const struct value *letter); /* of its texts */

/* All of it; its own `id`, and its entry's as `entry`. */
json_t *letter_json(const struct value *letter);

/* All that is given must hold. */
struct letter_filter {
	const char *reason; /* NULL: any */
	const char *stream; /* key; NULL: any */
	/* As he was asked for, "": any; and what he is known as, or "". One whom it was given up for, or its entry names */
	char player[LOOKUP_SIZE], known[LOOKUP_SIZE];
};
bool letter_matches(const struct letter_filter *filter, const struct value *letter);

/* What is needed to retry a letter. False: no memory. The texts stay with `letter` and until letter_retry_done(). */
struct letter_retry {
	struct delivery_retry retry;
	json_t *fields;
	char *names, date[DATE_SIZE];
	const char **texts; /* players, then names and values */
};
bool letter_retry_init(struct letter_retry *r, const struct value *letter);
void letter_retry_done(struct letter_retry *r);

#endif
