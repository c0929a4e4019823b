/* TLS for rediss://: a bufferevent that checks the server's certificate and name, and shows our own. Loop thread. */
#ifndef REDIS_TLS_H
#define REDIS_TLS_H

#include <stddef.h>

struct bufferevent;
struct event_base;
struct tls;

/* PEM files. NULL or "": for `ca` the system's, for `cert` none, for `key` the one that stands in `cert`. */
struct tls_files {
	const char *ca, *cert, *key;
};

/* Reads the files, which are not looked at again. NULL with `why` filled: one of them will not do, or no memory. */
struct tls *tls_new(const struct tls_files *files, char *why, size_t size);
void tls_free(struct tls *t);

/* A bufferevent over the connecting socket `fd`, owning it; NULL: no memory. */
struct bufferevent *tls_bufferevent(struct tls *t, struct event_base *base, int fd, const char *host);

/* The newest error of this bufferevent in words, and what to do about it; "" for none. */
const char *tls_error(const struct tls *t, struct bufferevent *b, char *buffer, size_t size);

#endif
