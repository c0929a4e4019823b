/*
 * The thread and the loop share one struct with two owners; whoever lets go last frees it. The thread writes its answer
 * and then one byte to a socket pair; the loop reads the answer only after that byte. A cancelled look-up cannot be
 * stopped, so it ends by itself with nobody listening.
 */
#include "redis/resolve.h"

#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/str.h"

struct resolve {
	atomic_int owners;
	int fd[2]; /* loop's end, thread's end */
	char host[256];
	char port[8];
	struct addrinfo *list;
	int result;
	struct event *event;
	void (*fn)(void *arg, struct addrinfo *list, const char *why);
	void *arg;
};

static void let_go(struct resolve *r)
{
	if (atomic_fetch_sub_explicit(&r->owners, 1, memory_order_acq_rel) > 1)
		return;
	if (r->list)
		freeaddrinfo(r->list);
	close(r->fd[0]);
	close(r->fd[1]);
	free(r);
}

static void *look_up(void *arg)
{
	struct resolve *r = arg;
	const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};

	r->result = getaddrinfo(r->host, r->port, &hints, &r->list);
	/* Cannot fail: the buffer is empty and the loop's end stays open as long as we hold the struct. */
	if (write(r->fd[1], "", 1) < 0)
		abort();
	let_go(r);
	return NULL;
}

static void on_answer(evutil_socket_t fd, short what, void *arg)
{
	struct resolve *r = arg;
	char byte;
	(void)what;

	if (read(fd, &byte, 1) != 1)
		return;
	struct addrinfo *list = r->result == 0 ? r->list : NULL;
	const char *why = r->result == 0 ? NULL : gai_strerror(r->result);
	r->list = NULL;
	event_free(r->event);
	r->fn(r->arg, list, why);
	let_go(r);
}

struct resolve *resolve_start(struct event_base *base, const char *host, int port,
	void (*fn)(void *arg, struct addrinfo *list, const char *why), void *arg)
{
	struct resolve *r = calloc(1, sizeof(*r));
	pthread_attr_t attr;
	pthread_t thread;

	if (!r)
		return NULL;
	*r = (struct resolve){.owners = 2, .fn = fn, .arg = arg};
	text_format(r->host, sizeof(r->host), "%s", host);
	text_format(r->port, sizeof(r->port), "%d", port);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, r->fd) < 0) {
		free(r);
		return NULL;
	}
	r->event = event_new(base, r->fd[0], EV_READ, on_answer, r);
	if (!r->event || event_add(r->event, NULL) < 0)
		goto fail;
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	int failed = pthread_create(&thread, &attr, look_up, r);
	pthread_attr_destroy(&attr);
	if (!failed)
		return r;
fail:
	if (r->event)
		event_free(r->event);
	atomic_store_explicit(&r->owners, 1, memory_order_relaxed);
	let_go(r);
	return NULL;
}

void resolve_cancel(struct resolve *r)
{
	if (!r)
		return;
	event_free(r->event);
	let_go(r);
}
