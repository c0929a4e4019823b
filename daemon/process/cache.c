#include "process/cache.h"

#include <assert.h>
#include <stdlib.h>

#include "base/str.h"

static void drop(struct cache *c, struct cached *entry)
{
	HASH_DEL(c->table, entry);
	c->bytes -= entry->bytes;
	for (int i = 0; i < STAGE_COUNT; i++)
		free((void *)entry->blobs[i]);
	free(entry);
}

struct cached *cache_pin(struct cache *c, const char *key)
{
	struct cached *entry;
	HASH_FIND_STR(c->table, key, entry);
	if (entry) {
		HASH_DEL(c->table, entry); /* to the end of uthash's order of insertion: used last */
	} else {
		entry = calloc(1, sizeof(*entry));
		if (!entry)
			return NULL;
		text_format(entry->key, sizeof(entry->key), "%s", key);
		entry->bytes = sizeof(*entry);
		c->bytes += entry->bytes;
	}
	HASH_ADD_STR(c->table, key, entry);
	if (table_add_failed(entry)) {
		c->bytes -= entry->bytes;
		for (int i = 0; i < STAGE_COUNT; i++)
			free((void *)entry->blobs[i]);
		free(entry);
		return NULL;
	}
	entry->pins++;
	return entry;
}

static size_t blob_bytes(const struct stage_blob *blob)
{
	return blob ? sizeof(*blob) + blob->size : 0;
}

static void evict(struct cache *c)
{
	struct cached *entry, *next;
	HASH_ITER (hh, c->table, entry, next) {
		if (c->bytes <= c->most)
			return;
		if (entry->pins == 0)
			drop(c, entry);
	}
}

void cache_unpin(struct cache *c, struct cached *entry, const struct stage_blob *const blobs[STAGE_COUNT])
{
	assert(entry->pins > 0);
	entry->pins--;
	for (int i = 0; blobs && i < STAGE_COUNT; i++) {
		if (!blobs[i] || blobs[i] == entry->blobs[i])
			continue;
		size_t more = blob_bytes(blobs[i]), less = blob_bytes(entry->blobs[i]);
		entry->bytes += more - less;
		c->bytes += more - less;
		free((void *)entry->blobs[i]);
		entry->blobs[i] = blobs[i];
	}
	evict(c);
}

void cache_done(struct cache *c)
{
	struct cached *entry, *next;
	HASH_ITER (hh, c->table, entry, next)
		drop(c, entry);
}
