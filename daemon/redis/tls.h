/* TLS for rediss://: a bufferevent that checks the server's certificate and name. Loop thread. */
#ifndef REDIS_TLS_H
#define REDIS_TLS_H

#include <stddef.h>

struct bufferevent;
struct event_base;
struct tls;

/* NULL with `why` filled: the CA file cannot be read, or no memory. */
struct tls *tls_new(const char *ca_file, char *why, size_t size);
void tls_free(struct tls *t);

/* A bufferevent over the connecting socket `fd`, owning it; NULL: no memory. */
struct bufferevent *tls_bufferevent(struct tls *t, struct event_base *base, int fd, const char *host);

/* The newest error of this bufferevent in words, "" for none. */
const char *tls_error(struct bufferevent *b, char *buffer, size_t size);

#endif
