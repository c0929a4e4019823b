/*
 * Host names, looked up by getaddrinfo() on a thread of their own: the loop never waits for a name server.
 */
#ifndef REDIS_RESOLVE_H
#define REDIS_RESOLVE_H

struct addrinfo;
struct event_base;
struct resolve;

/* `fn` gets the list (owned by the callee: freeaddrinfo) or NULL and why; called once from the loop, then the look-up
 * is over and must not be cancelled. NULL: no memory or no thread. Loop thread. */
struct resolve *resolve_start(struct event_base *base, const char *host, int port,
	void (*fn)(void *arg, struct addrinfo *list, const char *why), void *arg);

/* `fn` will not be called. NULL is fine. Loop thread. */
void resolve_cancel(struct resolve *r);

#endif
