/*
 * A lock-free stack (ck_stack), taken whole and turned round. A flag says that the eventfd has been written
 * to since the last take: a pusher writes only if he is the one who sets it. The taker empties the eventfd,
 * lowers the flag and only then takes the stack. Both exchange the flag, so one comes first: the pusher, and
 * the taker sees his item; or the taker, and the pusher finds the flag lowered and writes anew. An item
 * pushed between the lowering and the taking is taken at once, and its write costs one wake-up that finds
 * nothing.
 *
 * ThreadSanitizer cannot see ck's assembly, which is therefore called only from the two functions below: they
 * tell it what the push releases and the pop acquires, and to look away in between.
 */
#include "pool/completion.h"

#include <assert.h>
#include <ck_stack.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define COMPLETION_TSAN 1
#endif
#elif defined(__SANITIZE_THREAD__)
#define COMPLETION_TSAN 1
#endif

#ifdef COMPLETION_TSAN
#include <sanitizer/tsan_interface.h>
void AnnotateIgnoreReadsBegin(const char *file, int line);
void AnnotateIgnoreReadsEnd(const char *file, int line);
void AnnotateIgnoreWritesBegin(const char *file, int line);
void AnnotateIgnoreWritesEnd(const char *file, int line);
#define LOOK_AWAY()                                                                                          \
	(AnnotateIgnoreReadsBegin(__FILE__, __LINE__), AnnotateIgnoreWritesBegin(__FILE__, __LINE__))
#define LOOK_AGAIN() (AnnotateIgnoreWritesEnd(__FILE__, __LINE__), AnnotateIgnoreReadsEnd(__FILE__, __LINE__))
#else
#define __tsan_release(address) ((void)(address))
#define __tsan_acquire(address) ((void)(address))
#define LOOK_AWAY() ((void)0)
#define LOOK_AGAIN() ((void)0)
#endif

struct completion_queue {
	ck_stack_t stack;
	_Atomic int told; /* the eventfd was written to since the last take */
	int fd;
};

/* Items are ck's entries under our own name, so that no other folder sees ck. ck's functions end in assembly
 * that clobbers memory, hence the two types never compete for the link. */
static_assert(sizeof(struct completion_item) == sizeof(ck_stack_entry_t), "same single link");

static void stack_push(ck_stack_t *stack, struct completion_item *item)
{
	__tsan_release(stack);
	LOOK_AWAY();
	ck_stack_push_upmc(stack, (ck_stack_entry_t *)item);
	LOOK_AGAIN();
}

static struct completion_item *stack_take_all(ck_stack_t *stack)
{
	LOOK_AWAY();
	struct completion_item *item = (struct completion_item *)ck_stack_batch_pop_upmc(stack);
	LOOK_AGAIN();
	__tsan_acquire(stack);
	return item;
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
	if (!queue)
		return;
	close(queue->fd);
	free(queue);
}

int completion_fd(const struct completion_queue *queue)
{
	return queue->fd;
}

void completion_push(struct completion_queue *queue, struct completion_item *item)
{
	stack_push(&queue->stack, item);
	if (!atomic_exchange_explicit(&queue->told, 1, memory_order_acq_rel)) {
		ssize_t written = write(queue->fd, &(uint64_t){1}, sizeof(uint64_t));
		assert(written == sizeof(uint64_t)); /* an eventfd at 0 or 1 takes one more */
	}
}

struct completion_item *completion_take(struct completion_queue *queue)
{
	uint64_t count;
	ssize_t got = read(queue->fd, &count, sizeof(count));
	assert(got == sizeof(count) || errno == EAGAIN);
	atomic_exchange_explicit(&queue->told, 0, memory_order_acq_rel);

	struct completion_item *newest = stack_take_all(&queue->stack);
	struct completion_item *oldest = NULL;
	while (newest) {
		struct completion_item *next = newest->next;
		newest->next = oldest;
		oldest = newest;
		newest = next;
	}
	return oldest;
}
