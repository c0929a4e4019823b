/*
 * Stage outputs kept from run to run: per player and date, and per game the shared context. Bounded in bytes; the one
 * longest unused goes first. An entry is pinned while a job uses it. Loop thread.
 */
#ifndef PROCESS_CACHE_H
#define PROCESS_CACHE_H

#include "base/table.h"
#include "model/model.h"

#define CACHE_KEY_SIZE 96

struct cached {
	char key[CACHE_KEY_SIZE];
	const struct stage_blob *blobs[STAGE_COUNT]; /* a player's */
	struct context context; /* a game's */
	struct stage_record context_record;
	size_t bytes;
	unsigned pins;
	UT_hash_handle hh;
};

struct cache {
	struct cached *table;
	size_t bytes, most;
};

/* The entry of this key, pinned and made if need be; NULL: no memory. */
struct cached *cache_pin(struct cache *c, const char *key);

/* Replaces blobs by those that are not NULL in `blobs` (ownership passes), unpins, evicts what is over the bound. */
void cache_unpin(struct cache *c, struct cached *entry, const struct stage_blob *const blobs[STAGE_COUNT]);

void cache_done(struct cache *c);

#endif
