/*
 * One connection to Redis on the event loop: pipelined requests, replies in order, plain or TLS. It knows nothing of
 * what is said over it. Loop thread only.
 *
 * hiredis's reader parses the replies, into our own values (redis/value.h) in an arena; everything else of hiredis is
 * left alone: its asynchronous API has neither TLS nor time limits.
 */
#ifndef REDIS_CONN_H
#define REDIS_CONN_H

#include <stdint.h>

#include "base/str.h"
#include "redis/tls.h"
#include "redis/url.h"
#include "redis/value.h"

struct event_base;
struct redis_conn;

struct redis_conn_options {
	struct event_base *base;
	struct redis_url url;
	struct tls_files tls; /* read by redis_conn_new(), for each connection anew */
	int64_t reply_limit_us; /* an older unanswered request means the connection is dead */
	void (*on_connected)(void *arg);
	/* Lost, for the reason given (the server's own words, where it said some); called once, never from inside
	 * redis_conn_new(). No reply function is called any more; free the connection (from inside this call is fine). */
	void (*on_lost)(void *arg, const char *why);
	void *arg;
};

/* The reason of a loss that the next session can avoid: it asked for more than is buffered of one reply. */
#define REDIS_TOO_LARGE "a reply is too large"

/* Starts to connect. NULL: no memory or no file descriptor; then nothing is called. */
struct redis_conn *redis_conn_new(const struct redis_conn_options *options);
void redis_conn_free(struct redis_conn *c); /* NULL is fine; outstanding reply functions are never called */

/* A request under construction: arguments are appended, redis_send() sends them and empties it. Reuse it. */
struct redis_request {
	struct str body;
	unsigned count;
};
void redis_request_done(struct redis_request *r);
void redis_arg(struct redis_request *r, const char *text);
void redis_arg_bytes(struct redis_request *r, const void *data, size_t length);
void redis_arg_int(struct redis_request *r, int64_t number);
void redis_arg_format(struct redis_request *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

typedef void redis_reply_fn(void *arg, void *data, const struct value *reply);

/* Sends the request; `fn(arg of the connection, data, reply)` when its reply is there. -ENOMEM: nothing was sent and
 * the connection is as good as lost (on_lost follows from the loop). */
int redis_send(struct redis_conn *c, struct redis_request *r, redis_reply_fn *fn, void *data);

/* Requests sent and not answered yet. */
unsigned redis_conn_outstanding(const struct redis_conn *c);

/* Bytes that wait to be written: what a burst must not let grow without bound. */
size_t redis_conn_backlog(const struct redis_conn *c);

#endif
