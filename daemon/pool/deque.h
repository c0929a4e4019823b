/*
 * A bounded work-stealing deque after Chase and Lev (2005), with the memory orders of Lê, Pop, Cohen, Zappa
 * Nardelli (2013) moved from stand-alone fences onto the operations, where ThreadSanitizer sees them. The
 * owner pushes and takes at the bottom; thieves steal at the top. What lies in it stays in it when the owner
 * ends: the next owner, who must know that the last one is gone, or any thief takes it.
 *
 * Indices only grow (64 bits do not wrap), items lie at index modulo size, the deque holds [top, bottom).
 *
 * The one race is for the last item. The owner lowers bottom, then reads top; a thief reads top, then bottom;
 * all four are sequentially consistent, so in that order either the thief's look at bottom comes after it was
 * lowered, or the owner's look at top comes after the thief had read it. If the owner sees top below the
 * lowered bottom it takes the item there without more ado: a thief could win it only with top == bottom, a
 * value of top that came after the owner's look, hence it looks at bottom after the owner had lowered it, and
 * finds nothing. If the owner sees top equal to it, both want the same item and the compare-and-swap on top
 * has one winner. A thief that read its item late, when the place already held a newer one, fails that same
 * swap, for the owner reuses a place only once it saw top beyond.
 */
#ifndef POOL_DEQUE_H
#define POOL_DEQUE_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A test runs every interleaving of owner and thieves by switching between them here, before each shared
 * access. */
#ifndef DEQUE_STEP
#define DEQUE_STEP() ((void)0)
#endif

/* More than the children of any game or the games of any day; what does not fit goes to the board. A power of
 * two. */
#ifndef DEQUE_SIZE
#define DEQUE_SIZE 512
#endif

struct deque_place {
	_Atomic(void *) item;
	_Atomic int64_t stamp; /* only for statistics: when it was pushed */
};

struct deque {
	alignas(64) _Atomic int64_t top; /* thieves and, for the last item, the owner */
	alignas(64) _Atomic int64_t bottom; /* owner */
	struct deque_place place[DEQUE_SIZE];
};

static inline struct deque_place *deque_place(struct deque *d, int64_t index)
{
	return &d->place[index & (DEQUE_SIZE - 1)];
}

/* Owner. False: full. The item is visible to thieves, and to anyone who looks after a later sequentially
 * consistent operation of the owner's, when this returns. */
static inline bool deque_push(struct deque *d, void *item, int64_t stamp)
{
	int64_t bottom = atomic_load_explicit(&d->bottom, memory_order_relaxed);
	DEQUE_STEP();
	if (bottom - atomic_load_explicit(&d->top, memory_order_acquire) >= DEQUE_SIZE)
		return false;
	DEQUE_STEP();
	atomic_store_explicit(&deque_place(d, bottom)->item, item, memory_order_relaxed);
	atomic_store_explicit(&deque_place(d, bottom)->stamp, stamp, memory_order_relaxed);
	DEQUE_STEP();
	atomic_store_explicit(&d->bottom, bottom + 1, memory_order_seq_cst);
	return true;
}

/* Owner. The newest item, NULL: empty. */
static inline void *deque_take(struct deque *d)
{
	int64_t bottom = atomic_load_explicit(&d->bottom, memory_order_relaxed) - 1;
	DEQUE_STEP();
	atomic_store_explicit(&d->bottom, bottom, memory_order_seq_cst);
	DEQUE_STEP();
	int64_t top = atomic_load_explicit(&d->top, memory_order_seq_cst);
	void *item = NULL;
	if (top <= bottom)
		item = atomic_load_explicit(&deque_place(d, bottom)->item, memory_order_relaxed);
	if (top < bottom)
		return item;
	if (top == bottom) {
		DEQUE_STEP();
		if (!atomic_compare_exchange_strong_explicit(
			    &d->top, &top, top + 1, memory_order_seq_cst, memory_order_relaxed))
			item = NULL;
	}
	DEQUE_STEP();
	atomic_store_explicit(&d->bottom, bottom + 1, memory_order_release);
	return item;
}

/* Anyone. The oldest item, NULL: empty. A thief that loses a race tries again: somebody else then got an
 * item. */
static inline void *deque_steal(struct deque *d)
{
	for (;;) {
		DEQUE_STEP();
		int64_t top = atomic_load_explicit(&d->top, memory_order_seq_cst);
		DEQUE_STEP();
		if (top >= atomic_load_explicit(&d->bottom, memory_order_seq_cst))
			return NULL;
		DEQUE_STEP();
		void *item = atomic_load_explicit(&deque_place(d, top)->item, memory_order_relaxed);
		DEQUE_STEP();
		if (atomic_compare_exchange_strong_explicit(
			    &d->top, &top, top + 1, memory_order_seq_cst, memory_order_relaxed))
			return item;
	}
}

/* Anyone. */
static inline int64_t deque_count(struct deque *d)
{
	int64_t top = atomic_load_explicit(&d->top, memory_order_seq_cst);
	int64_t bottom = atomic_load_explicit(&d->bottom, memory_order_seq_cst);
	return bottom > top ? bottom - top : 0;
}

/* Anyone. The stamp of the oldest item; false: none, or it went while we looked. */
static inline bool deque_oldest(struct deque *d, int64_t *ret_stamp)
{
	int64_t top = atomic_load_explicit(&d->top, memory_order_acquire);
	if (top >= atomic_load_explicit(&d->bottom, memory_order_acquire))
		return false;
	int64_t stamp = atomic_load_explicit(&deque_place(d, top)->stamp, memory_order_acquire);
	if (atomic_load_explicit(&d->top, memory_order_relaxed) != top)
		return false;
	*ret_stamp = stamp;
	return true;
}

#endif
