/*
 * A lock-free stack (ck_stack), taken whole and turned round. `told` says that the eventfd was written to
 * since the last take; a pusher writes only if he is the one who sets it. The taker empties the eventfd,
 * lowers `told`, then takes. Both exchange it, so one comes first: the pusher, and the taker sees his item;
 * or the taker, and the pusher finds it lowered and writes anew. What is pushed between lowering and taking
 * is taken at once, and its write wakes for nothing. ThreadSanitizer cannot see into ck: it is told.
 */
#include "base/completion.h"

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
void AnnotateIgnoreWritesBegin(const char *file, int line);
void AnnotateIgnoreWritesEnd(const char *file, int line);
#else
#define __tsan_release(address) ((void)0)
#define __tsan_acquire(address) ((void)0)
#define AnnotateIgnoreWritesBegin(file, line) ((void)0)
#define AnnotateIgnoreWritesEnd(file, line) ((void)0)
#endif

struct completion_queue {
	ck_stack_t stack;
	_Atomic int told;
	int fd;
};

/* Items are ck's entries by another name, so that nobody else sees ck. Its functions work in assembly that
 * clobbers memory, so the two types of one link never meet in the compiler's eyes. */
_Static_assert(sizeof(struct completion_item) == sizeof(ck_stack_entry_t), "a single link");

int completion_new(struct completion_queue **ret_queue)
{
	struct completion_queue *queue = calloc(1, sizeof(*queue));
	if (!queue || (queue->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0) {
		int rc = -errno;
		free(queue);
		return rc;
	}
	ck_stack_init(&queue->stack);
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
	__tsan_release(&queue->stack);
	AnnotateIgnoreWritesBegin(__FILE__, __LINE__); /* to the link, which the release does not cover */
	ck_stack_push_upmc(&queue->stack, (ck_stack_entry_t *)item);
	AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
	if (!atomic_exchange_explicit(&queue->told, 1, memory_order_acq_rel))
		(void)eventfd_write(queue->fd, 1); /* it is at 0 or 1, where it takes one more */
}

struct completion_item *completion_take(struct completion_queue *queue)
{
	eventfd_t count;
	(void)eventfd_read(queue->fd, &count); /* or it was at 0 */
	atomic_exchange_explicit(&queue->told, 0, memory_order_acq_rel);

	struct completion_item *newest = (struct completion_item *)ck_stack_batch_pop_upmc(&queue->stack);
	__tsan_acquire(&queue->stack);
	struct completion_item *oldest = NULL;
	for (struct completion_item *next; newest; newest = next) {
		next = newest->next;
		newest->next = oldest;
		oldest = newest;
	}
	return oldest;
}
