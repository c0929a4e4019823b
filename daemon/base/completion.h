/*
 * Finished work on its way back to the loop thread: workers push, the loop is woken through an eventfd and
 * takes all that is there, first in first out. Items are embedded in what is handed over: nothing is
 * allocated, it is never full.
 */
#ifndef BASE_COMPLETION_H
#define BASE_COMPLETION_H

struct completion_queue;

struct completion_item {
	struct completion_item *next;
};

/* -ENOMEM, or -errno of eventfd(2). */
int completion_new(struct completion_queue **ret_queue) __attribute__((warn_unused_result));
void completion_free(struct completion_queue *queue); /* when nobody pushes any more; NULL is fine */

/* Readable from the first push after a take until the next take. Close-on-exec, not blocking. */
int completion_fd(const struct completion_queue *queue);

/* Any thread. The item is the loop's from here on. */
void completion_push(struct completion_queue *queue, struct completion_item *item);

/* Loop thread. All that was pushed, oldest first, linked by `next`; NULL: nothing. */
struct completion_item *completion_take(struct completion_queue *queue);

#endif
