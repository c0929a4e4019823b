/*
 * Memory of one run: many small allocations, freed at once. Chunks double from 4 KiB. One owner at a time;
 * handed over with what was allocated from it.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_new(void); /* NULL: no memory */
void arena_free(struct arena *a); /* NULL is fine */
void arena_reset(struct arena *a); /* frees what was allocated, keeps the first chunk for the next use */

/* 16-byte aligned, not cleared / cleared; NULL when memory ran out. */
void *arena_alloc(struct arena *a, size_t size) __attribute__((malloc, warn_unused_result));
void *arena_zalloc(struct arena *a, size_t size) __attribute__((malloc, warn_unused_result));
/* A copy with a NUL behind it. */
char *arena_text(struct arena *a, const char *text, size_t length) __attribute__((warn_unused_result));
size_t arena_size(const struct arena *a); /* bytes held from the system */

#endif
