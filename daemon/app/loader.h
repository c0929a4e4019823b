/*
 * Loads the league database on a worker of the pool, so that a reload never stops the loop: half a second of reading is
 * a long time for everybody who waits. Loop thread only, but for league_read(), which is for any.
 */
#ifndef APP_LOADER_H
#define APP_LOADER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct loader;
struct pool;
struct snapshot;

/* The database as a snapshot that is ready for the model: league_load() (league/load.h) and model_prepare(). */
int league_read(const char *path, int64_t max_memory, struct snapshot **ret_snapshot, struct err *err);

/* What tells a file from what it was: an import changes it, a copy that is put in its place is another. */
struct league_file {
	uint64_t device, inode;
	int64_t size, changed_ns; /* all 0: there is none */
};
struct league_file league_file(const char *path);
bool league_file_same(struct league_file a, struct league_file b);

/* -ENOMEM. */
int loader_new(struct pool *pool, struct loader **ret_loader);
void loader_free(struct loader *l); /* after the workers have stopped; NULL is fine */

/* Readable when a load is over: then call loader_take(). */
int loader_fd(const struct loader *l);

/* Starts to load; one at a time. `path` "": no database, which is soon over. `before` (NULL: nothing) runs first, on the
 * same worker: what else of a reload may take long. */
void loader_start(struct loader *l, const char *path, int64_t max_memory, void (*before)(void *arg), void *arg);
bool loader_busy(const struct loader *l);

/* Whether the load is over: its result, as league_read(), and the snapshot (the caller's now; NULL without a database). */
bool loader_take(struct loader *l, int *ret_result, struct snapshot **ret_snapshot, struct err *ret_err);

#endif
