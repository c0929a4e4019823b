/*
 * The arena itself lies at the head of its first chunk, so a new arena is one malloc. Chunks double up to 1
 * MiB; a request larger than the next chunk gets a chunk of its size. Under AddressSanitizer unused bytes are
 * poisoned and 16 bytes are left between allocations, so that running over an end shows here as it would with
 * malloc.
 */
#include "base/arena.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#endif

#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define poison(data, size) ASAN_POISON_MEMORY_REGION(data, size)
#define unpoison(data, size) ASAN_UNPOISON_MEMORY_REGION(data, size)
enum { GAP = 16 };
#else
#define poison(data, size) ((void)(data), (void)(size))
#define unpoison(data, size) ((void)(data), (void)(size))
enum { GAP = 0 };
#endif

enum { ALIGNMENT = 16, FIRST_CHUNK = 4096, LARGEST_STEP = 1 << 20 };

struct chunk {
	struct chunk *next; /* the one before it in time */
	size_t size; /* bytes of the malloc */
	char *free, *end;
};

struct arena {
	struct chunk *current; /* newest; the list ends at `first` */
	size_t next_size;
	size_t held;
	struct chunk first;
};

static char *align_up(char *p)
{
	return p + (-(uintptr_t)p & (ALIGNMENT - 1));
}

static void empty(struct arena *a)
{
	struct chunk *first = &a->first;
	a->current = first;
	a->next_size = (size_t)FIRST_CHUNK * 2;
	a->held = first->size;
	first->free = align_up((char *)(a + 1));
	poison(first->free, (size_t)(first->end - first->free));
}

struct arena *arena_new(void)
{
	struct arena *a = malloc(FIRST_CHUNK);
	if (a == NULL)
		return NULL;
	a->first.next = NULL;
	a->first.size = FIRST_CHUNK;
	a->first.end = (char *)a + FIRST_CHUNK;
	empty(a);
	return a;
}

static void free_chunks(struct arena *a)
{
	struct chunk *next;
	for (struct chunk *c = a->current; c != &a->first; c = next) {
		next = c->next;
		unpoison((char *)c, c->size);
		free(c);
	}
}

void arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	free_chunks(a);
	unpoison((char *)a, (size_t)FIRST_CHUNK);
	free(a);
}

void arena_reset(struct arena *a)
{
	free_chunks(a);
	empty(a);
}

static bool add_chunk(struct arena *a, size_t need)
{
	size_t size = a->next_size;
	need += sizeof(struct chunk) + ALIGNMENT;
	if (size < need)
		size = need;
	struct chunk *c = malloc(size);
	if (c == NULL)
		return false;
	c->next = a->current;
	c->size = size;
	c->free = align_up((char *)(c + 1));
	c->end = (char *)c + size;
	poison(c->free, (size_t)(c->end - c->free));
	a->current = c;
	a->held += size;
	if (a->next_size < LARGEST_STEP)
		a->next_size *= 2;
	return true;
}

void *arena_alloc(struct arena *a, size_t size)
{
	if (size > PTRDIFF_MAX / 2) /* no such object exists; and what is added below cannot overflow */
		return NULL;
	/* At least one unit, so that no two allocations share an address. */
	size_t step = ((size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1)) + GAP;
	if (step == 0)
		step = ALIGNMENT;
	if ((size_t)(a->current->end - a->current->free) < step && !add_chunk(a, step))
		return NULL;
	char *p = a->current->free;
	a->current->free += step;
	unpoison(p, size);
	return p;
}

void *arena_zalloc(struct arena *a, size_t size)
{
	void *p = arena_alloc(a, size);
	if (p != NULL)
		memset(p, 0, size);
	return p;
}

char *arena_text(struct arena *a, const char *text, size_t length)
{
	assert(length < SIZE_MAX);
	char *copy = arena_alloc(a, length + 1);
	if (copy == NULL)
		return NULL;
	if (length > 0)
		memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

size_t arena_size(const struct arena *a)
{
	return a->held;
}
