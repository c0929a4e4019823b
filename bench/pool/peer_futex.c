/* No pool at all: one thread asleep on one futex, one job at a time. What waking a thread costs whoever does
 * it. */
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "peer.h"

static _Atomic uint32_t word;
enum { RING = 8192 }; /* more than one workload ever has */
static struct job *ring[RING];
static _Atomic unsigned head;
static _Atomic bool closing;
static pthread_t thread;

static void *work(void *unused)
{
	for (unsigned at = 0; !closing;) {
		if (at != atomic_load(&head)) {
			struct job *job = ring[at++ % RING];
			job->run(job);
			continue;
		}
		while (!atomic_load(&word))
			syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
		atomic_store(&word, 0);
	}
	return unused;
}

static void wake(void)
{
	atomic_store(&word, 1);
	syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void open_futex(unsigned workers, bool urgency)
{
	(void)workers;
	(void)urgency;
	if (pthread_create(&thread, NULL, work, NULL))
		abort();
}

static void close_futex(void)
{
	closing = true;
	wake();
	pthread_join(thread, NULL);
}

static void submit(struct job *job)
{
	ring[atomic_load(&head) % RING] = job;
	atomic_fetch_add(&head, 1);
	wake();
}

const struct peer peer_futex = {.name = "futex", .open = open_futex, .close = close_futex, .submit = submit};
