/*
 * Hash tables: uthash with our seeded hash and without its exit() on memory exhaustion. After each
 * HASH_ADD ask table_add_failed() below.
 */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include "base/hash.h"

#define HASH_NONFATAL_OOM 1
#define HASH_FUNCTION(keyptr, keylen, hashv) ((hashv) = (unsigned)hash_bytes((keyptr), (keylen)))
#define uthash_nonfatal_oom(element) ((element)->hh.tbl = NULL)
#include <uthash.h>

/* True if the HASH_ADD just done ran out of memory; the element is then not in the table. */
#define table_add_failed(element) ((element)->hh.tbl == NULL)

#endif
