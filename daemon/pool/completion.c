/*
 * A lock-free stack (ck_stack), taken whole and turned round. `told` says that the eventfd was written to
 * since the last take; a pusher writes only if he is the one who sets it. The taker empties the eventfd,
 * lowers `told`, then takes. Both exchange it, so one comes first: the pusher, and the taker sees his item;
 * or the taker, and the pusher finds it lowered and writes anew. What is pushed between lowering and taking
 * is taken at once, and its write wakes for nothing.
 *
 * ThreadSanitizer cannot see into ck: two functions call it and say what is released and acquired.
 */
#include "pool/completion.h"

#include <assert.h>
#include <ck_stack.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
#include <sanitizer/tsan_interface.h>
void AnnotateIgnoreReadsBegin(const char *file, int line);
void AnnotateIgnoreReadsEnd(const char *file, int line);
void AnnotateIgnoreWritesBegin(const char *file, int line);
void AnnotateIgnoreWritesEnd(const char *file, int line);
#define LOOK_AWAY()                                                                                          \
	(AnnotateIgnoreReadsBegin(__FILE__, __LINE__), AnnotateIgnoreWritesBegin(__FILE__, __LINE__))
#define LOOK_AGAIN() (AnnotateIgnoreWritesEnd(__FILE__, __LINE__), AnnotateIgnoreReadsEnd(__FILE__, __LINE__))
#else
#define __tsan_release(address) ((void)0)
#define __tsan_acquire(address) ((void)0)
#define LOOK_AWAY() ((void)0)
#define LOOK_AGAIN() ((void)0)
#endif

struct completion_queue {
	ck_stack_t stack;
	_Atomic int told;
	int fd;
};

/* Items are ck's entries by another name, so that nobody else sees ck. Its functions work in assembly that
 * clobbers memory, so the two types of one link never meet in the compiler's eyes. */
static_assert(sizeof(struct completion_item) == sizeof(ck_stack_entry_t), "a single link");

static void push(ck_stack_t *stack, struct completion_item *item)
{
	__tsan_release(stack);
	LOOK_AWAY();
	ck_stack_push_upmc(stack, (ck_stack_entry_t *)item);
	LOOK_AGAIN();
}

static struct completion_item *take_all(ck_stack_t *stack)
{
	LOOK_AWAY();
	struct completion_item *newest = (struct completion_item *)ck_stack_batch_pop_upmc(stack);
	LOOK_AGAIN();
	__tsan_acquire(stack);
	return newest;
}

int completion_new(struct completion_queue **ret_queue)
{
	struct completion_queue *queue = calloc(1, sizeof(*queue));
	if (!queue)
		return -ENOMEM;
	ck_stack_init(&queue->stack);
	queue->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (queue->fd < 0) {
		int rc = -errno;
		free(queue);
		return rc;
	}
	*ret_queue = queue;
	return 0;
}

void completion_free(struct completion_queue *queue)
{
	if (queue)
		close(queue->fd);
	free(queue);
}

int completion_fd(const struct completion_queue *queue)
{
	return queue->fd;
}

void completion_push(struct completion_queue *queue, struct completion_item *item)
{
	push(&queue->stack, item);
	if (!atomic_exchange_explicit(&queue->told, 1, memory_order_acq_rel)) {
		ssize_t written = write(queue->fd, &(uint64_t){1}, sizeof(uint64_t));
		assert(written == sizeof(uint64_t)); /* it is at 0 or 1 */
	}
}

struct completion_item *completion_take(struct completion_queue *queue)
{
	uint64_t count;
	ssize_t got = read(queue->fd, &count, sizeof(count));
	assert(got == sizeof(count) || errno == EAGAIN);
	atomic_exchange_explicit(&queue->told, 0, memory_order_acq_rel);

	struct completion_item *oldest = NULL;
	for (struct completion_item *item = take_all(&queue->stack), *next; item; item = next) {
		next = item->next;
		item->next = oldest;
		oldest = item;
	}
	return oldest;
}
