/*
 * A bounded work-stealing deque after Chase and Lev (2005). The owner pushes and takes at the bottom, thieves
 * steal at the top. What lies in it stays when its owner ends: thieves take it, or the next owner, who must
 * know the last to be gone. It holds the indices from top to below bottom, each at its place modulo the size;
 * 64 bits do not wrap.
 *
 * The race is for the last item. The owner lowers bottom, then reads top; a thief reads top, then bottom; all
 * four are sequentially consistent (C11's default, not written out), so they have one order. If the owner
 * sees top below the lowered bottom he takes the item there without more ado: a thief could win it only with
 * top equal to bottom, a value written after the owner's look, so his look at bottom comes after it was
 * lowered and finds nothing. If the owner sees them equal, both want one item and the compare-and-swap of top
 * has one winner. A thief who reads a place late, when it holds a newer item, fails that swap: the owner uses
 * a place anew only when he has seen top beyond its index.
 */
#ifndef POOL_DEQUE_H
#define POOL_DEQUE_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef DEQUE_SIZE
#define DEQUE_SIZE 512 /* a power of two; more than a game has players, or a slate games */
#endif
#define DEQUE_AT(index) ((size_t)(index) % DEQUE_SIZE)

struct deque {
	alignas(64) _Atomic int64_t top;
	alignas(64) _Atomic int64_t bottom;
	_Atomic(void *) item[DEQUE_SIZE];
	_Atomic int64_t stamp[DEQUE_SIZE]; /* when the item was pushed, for deque_oldest() */
};

/* Owner; others can only make it less full. */
static inline bool deque_full(struct deque *deque)
{
	return atomic_load_explicit(&deque->bottom, memory_order_relaxed) -
		       atomic_load_explicit(&deque->top, memory_order_acquire) >=
	       DEQUE_SIZE;
}

/* Owner, and not when it is full. */
static inline void deque_push(struct deque *deque, void *item, int64_t stamp)
{
	int64_t bottom = atomic_load_explicit(&deque->bottom, memory_order_relaxed);
	atomic_store_explicit(&deque->item[DEQUE_AT(bottom)], item, memory_order_relaxed);
	atomic_store_explicit(&deque->stamp[DEQUE_AT(bottom)], stamp, memory_order_release);
	atomic_store(&deque->bottom, bottom + 1);
}

/* Owner. The newest item, NULL: none. */
static inline void *deque_take(struct deque *deque)
{
	int64_t bottom = atomic_load_explicit(&deque->bottom, memory_order_relaxed) - 1;
	atomic_store(&deque->bottom, bottom);
	int64_t top = atomic_load(&deque->top);
	void *item = atomic_load_explicit(&deque->item[DEQUE_AT(bottom)], memory_order_relaxed);
	if (top < bottom)
		return item;
	if (top > bottom || !atomic_compare_exchange_strong(&deque->top, &top, top + 1))
		item = NULL;
	atomic_store_explicit(&deque->bottom, bottom + 1, memory_order_release);
	return item;
}

/* Anyone. The oldest item, NULL: none, or somebody else got it. */
static inline void *deque_steal(struct deque *deque)
{
	int64_t top = atomic_load(&deque->top);
	if (top >= atomic_load(&deque->bottom))
		return NULL;
	void *item = atomic_load_explicit(&deque->item[DEQUE_AT(top)], memory_order_relaxed);
	return atomic_compare_exchange_strong(&deque->top, &top, top + 1) ? item : NULL;
}

/* Anyone. */
static inline int64_t deque_count(struct deque *deque)
{
	int64_t top = atomic_load(&deque->top);
	int64_t bottom = atomic_load(&deque->bottom);
	return bottom > top ? bottom - top : 0;
}

/* Anyone. The stamp of the oldest item, `none` if there is none or it went while we looked. */
static inline int64_t deque_oldest(struct deque *deque, int64_t none)
{
	int64_t top = atomic_load_explicit(&deque->top, memory_order_acquire);
	if (top >= atomic_load_explicit(&deque->bottom, memory_order_acquire))
		return none;
	int64_t stamp = atomic_load_explicit(&deque->stamp[DEQUE_AT(top)], memory_order_acquire);
	return atomic_load_explicit(&deque->top, memory_order_relaxed) == top ? stamp : none;
}

#endif
