/*
 * A bounded work-stealing deque after Chase and Lev (2005). The owner pushes and takes at the bottom, thieves
 * steal at the top. What lies in it stays when its owner ends: thieves take it, or the next owner, who must
 * know the last to be gone. It holds the indices from top to below bottom, each at its place modulo the size;
 * 64 bits do not wrap.
 *
 * The race is for the last item. The owner lowers bottom, then reads top; a thief reads top, then bottom; all
 * four are sequentially consistent (C11's default, not written out), so they have one order. If the owner
 * sees top below the lowered bottom, he takes the item there without more ado: a thief could win it only with
 * top equal to bottom, a value written after the owner's look, so that his look at bottom comes after it was
 * lowered and finds nothing. If the owner sees them equal, both want one item and the compare-and-swap of top
 * has one winner. A thief who reads a place late, when it holds a newer item, fails that swap: the owner uses
 * a place anew only when he has seen top beyond its index. (Lê et al. (2013) get by with less on weak
 * machines, by fences on their own, which ThreadSanitizer does not see.)
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
/* Before each access to what others write or read, with what it reads (0: it only writes). */
#ifndef DEQUE_STEP
#define DEQUE_STEP(read) ((void)0) /* a test switches between owner and thieves here */
#endif

struct deque {
	alignas(64) _Atomic int64_t top;
	alignas(64) _Atomic int64_t bottom;
	struct deque_place {
		_Atomic(void *) item;
		_Atomic int64_t stamp; /* when it was pushed, for deque_oldest() */
	} place[DEQUE_SIZE];
};

static inline struct deque_place *deque_place(struct deque *deque, int64_t index)
{
	return &deque->place[index & (DEQUE_SIZE - 1)];
}

/* Owner; others can only make it less full. */
static inline bool deque_full(struct deque *deque)
{
	DEQUE_STEP(deque->top);
	return atomic_load_explicit(&deque->bottom, memory_order_relaxed) -
		       atomic_load_explicit(&deque->top, memory_order_acquire) >=
	       DEQUE_SIZE;
}

/* Owner, and not when it is full. */
static inline void deque_push(struct deque *deque, void *item, int64_t stamp)
{
	int64_t bottom = atomic_load_explicit(&deque->bottom, memory_order_relaxed);
	DEQUE_STEP(0);
	atomic_store_explicit(&deque_place(deque, bottom)->item, item, memory_order_relaxed);
	atomic_store_explicit(&deque_place(deque, bottom)->stamp, stamp, memory_order_release);
	DEQUE_STEP(0);
	atomic_store(&deque->bottom, bottom + 1);
}

/* Owner. The newest item, NULL: none. */
static inline void *deque_take(struct deque *deque)
{
	int64_t bottom = atomic_load_explicit(&deque->bottom, memory_order_relaxed) - 1;
	DEQUE_STEP(0);
	atomic_store(&deque->bottom, bottom);
	DEQUE_STEP(deque->top);
	int64_t top = atomic_load(&deque->top);
	void *item = atomic_load_explicit(&deque_place(deque, bottom)->item, memory_order_relaxed);
	if (top < bottom)
		return item;
	DEQUE_STEP(deque->top);
	if (top > bottom || !atomic_compare_exchange_strong(&deque->top, &top, top + 1))
		item = NULL;
	DEQUE_STEP(0);
	atomic_store_explicit(&deque->bottom, bottom + 1, memory_order_release);
	return item;
}

/* Anyone. The oldest item, NULL: none, or somebody else got it. */
static inline void *deque_steal(struct deque *deque)
{
	DEQUE_STEP(deque->top);
	int64_t top = atomic_load(&deque->top);
	DEQUE_STEP(deque->bottom);
	if (top >= atomic_load(&deque->bottom))
		return NULL;
	DEQUE_STEP((intptr_t)deque_place(deque, top)->item);
	void *item = atomic_load_explicit(&deque_place(deque, top)->item, memory_order_relaxed);
	DEQUE_STEP(deque->top);
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
	int64_t stamp = atomic_load_explicit(&deque_place(deque, top)->stamp, memory_order_acquire);
	return atomic_load_explicit(&deque->top, memory_order_relaxed) == top ? stamp : none;
}

#endif
