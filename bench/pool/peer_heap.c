/* The plain one that everybody has written: a binary heap by (urgency, age) under a mutex, a condition
 * variable. */
#include <pthread.h>
#include <stdlib.h>
#include "peer.h"

struct entry {
	uint64_t key; /* urgency, then age */
	struct job *job;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;
static struct entry *heap;
static size_t count, size;
static uint64_t sequence;
static bool closing;
static pthread_t thread[256];
static unsigned threads;

static void push(struct job *job)
{
	if (count == size) {
		size = size ? size * 2 : 1024;
		heap = realloc(heap, size * sizeof(*heap));
		if (!heap)
			abort();
	}
	struct entry entry = {(uint64_t)job->urgency << 56 | sequence++, job};
	size_t i = count++;
	for (; i && heap[(i - 1) / 2].key > entry.key; i = (i - 1) / 2)
		heap[i] = heap[(i - 1) / 2];
	heap[i] = entry;
}

static struct job *pop(void)
{
	struct job *job = heap[0].job;
	struct entry last = heap[--count];
	size_t i = 0;
	for (size_t child; (child = 2 * i + 1) < count; i = child) {
		if (child + 1 < count && heap[child + 1].key < heap[child].key)
			child++;
		if (heap[child].key >= last.key)
			break;
		heap[i] = heap[child];
	}
	heap[i] = last;
	return job;
}

static void *work(void *unused)
{
	pthread_mutex_lock(&lock);
	for (;;) {
		while (!count && !closing)
			pthread_cond_wait(&more, &lock);
		if (!count)
			break;
		struct job *job = pop();
		pthread_mutex_unlock(&lock);
		job->run(job);
		pthread_mutex_lock(&lock);
	}
	pthread_mutex_unlock(&lock);
	return unused;
}

static void open_heap(unsigned workers, bool urgency)
{
	(void)urgency;
	for (threads = 0; threads < workers; threads++)
		if (pthread_create(&thread[threads], NULL, work, NULL))
			abort();
}

static void close_heap(void)
{
	pthread_mutex_lock(&lock);
	closing = true;
	pthread_cond_broadcast(&more);
	pthread_mutex_unlock(&lock);
	while (threads)
		pthread_join(thread[--threads], NULL);
	free(heap);
}

static void submit(struct job *job)
{
	pthread_mutex_lock(&lock);
	push(job);
	pthread_mutex_unlock(&lock);
	pthread_cond_signal(&more);
}

static void fan_out(struct job *(*child)(unsigned), unsigned children, unsigned rounds)
{
	fan_out_by_submit(&peer_heap, child, children, rounds);
}

const struct peer peer_heap = {
	.name = "heap", .urgency = true, .open = open_heap, .close = close_heap, .submit = submit, .fan_out = fan_out};
