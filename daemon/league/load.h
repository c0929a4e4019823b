/* From the league database to a snapshot. Reads only; any thread. */
#ifndef LEAGUE_LOAD_H
#define LEAGUE_LOAD_H

#include <stdint.h>

#include "base/err.h"

struct snapshot;

/*
 * Loads all seasons; the snapshot has one user, the caller. Failures are store_open()'s (-ENOENT, -EACCES the
 * file; -EBADMSG damaged, or no database; -ENOTSUP another one, or of a newer propsd); -EBADMSG also: a row that
 * import would not have written (league/import_kind.h), which may be anything in a file that others changed or a
 * disk damaged; err names table, key, column and value; -EFBIG: building it could take more than `max_memory` bytes
 * (0: no limit; err has both figures); -ENOMEM.
 */
int league_load(const char *path, int64_t max_memory, struct snapshot **ret_snapshot, struct err *err);

#endif
