#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <stdbool.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/completion.h"

static bool readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	return poll(&p, 1, 0) == 1;
}

static void items_come_out_in_the_order_they_went_in(void **state)
{
	(void)state;
	struct completion_queue *queue;
	struct completion_item item[5];
	assert_int_equal(completion_new(&queue), 0);
	assert_null(completion_take(queue));
	for (int i = 0; i < 5; i++)
		completion_push(queue, &item[i]);
	struct completion_item *next = completion_take(queue);
	for (int i = 0; i < 5; i++, next = next->next)
		assert_ptr_equal(next, &item[i]);
	assert_null(next);
	assert_null(completion_take(queue));
	completion_free(queue);
}

static void descriptor_is_written_once_between_two_takes(void **state)
{
	(void)state;
	struct completion_queue *queue;
	struct completion_item item[3];
	uint64_t count;
	assert_int_equal(completion_new(&queue), 0);
	assert_false(readable(completion_fd(queue)));
	for (int i = 0; i < 3; i++)
		completion_push(queue, &item[i]);
	assert_true(readable(completion_fd(queue)));
	assert_int_equal(read(completion_fd(queue), &count, sizeof(count)), sizeof(count));
	assert_int_equal(count, 1);
	assert_ptr_equal(completion_take(queue), &item[0]);
	assert_false(readable(completion_fd(queue)));
	completion_push(queue, &item[0]);
	assert_true(readable(completion_fd(queue)));
	assert_ptr_equal(completion_take(queue), &item[0]);
	assert_false(readable(completion_fd(queue)));
	completion_free(queue);
}

enum { PUSHERS = 4, EACH = 20000 };

struct parcel {
	struct completion_item item;
	int pusher, number;
};

struct pusher {
	pthread_t thread;
	struct completion_queue *queue;
	struct parcel parcel[EACH];
};

static void *push_all(void *argument)
{
	struct pusher *pusher = argument;
	for (int i = 0; i < EACH; i++)
		completion_push(pusher->queue, &pusher->parcel[i].item);
	return NULL;
}

static void many_threads_push_and_a_poller_misses_none(void **state)
{
	(void)state;
	static struct pusher pusher[PUSHERS];
	struct completion_queue *queue;
	int seen[PUSHERS] = {0}, total = 0;
	assert_int_equal(completion_new(&queue), 0);
	for (int p = 0; p < PUSHERS; p++) {
		pusher[p].queue = queue;
		for (int i = 0; i < EACH; i++)
			pusher[p].parcel[i] = (struct parcel){.pusher = p, .number = i};
		assert_int_equal(pthread_create(&pusher[p].thread, NULL, push_all, &pusher[p]), 0);
	}
	while (total < PUSHERS * EACH) {
		struct pollfd p = {.fd = completion_fd(queue), .events = POLLIN};
		assert_int_equal(poll(&p, 1, -1), 1);
		for (struct completion_item *i = completion_take(queue); i; i = i->next, total++) {
			struct parcel *parcel = (struct parcel *)i;
			assert_int_equal(parcel->number, seen[parcel->pusher]++);
		}
	}
	for (int p = 0; p < PUSHERS; p++)
		pthread_join(pusher[p].thread, NULL);
	assert_null(completion_take(queue));
	completion_free(queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_come_out_in_the_order_they_went_in),
		cmocka_unit_test(descriptor_is_written_once_between_two_takes),
		cmocka_unit_test(many_threads_push_and_a_poller_misses_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
