/*
 * Redis for a thread that has nothing else to do than wait for it: one connection (redis/conn.h) on an event loop of
 * its own, which runs only while a call waits. One thread; the daemon's loop is not touched.
 */
#ifndef REDIS_SYNC_H
#define REDIS_SYNC_H

#include "base/err.h"
#include "redis/conn.h"

struct redis_sync;

struct redis_sync_options {
	struct redis_url url; /* with the user and password that are to be used */
	struct tls_files tls;
	int64_t reply_limit_us; /* for connecting, and for a reply */
	int wake_fd; /* the caller's: while it is readable nothing waits where a call may be woken */
};

/* Connected and logged in, with the URL's database; may be woken: -ECANCELED. */
int redis_sync_open(const struct redis_sync_options *options, struct redis_sync **ret, struct err *err);
void redis_sync_close(struct redis_sync *s); /* NULL is fine */

/*
 * Sends the request and waits for its reply, which `fn(NULL, data, reply)` hears (NULL: nobody) unless it is an error.
 * 0; -EPROTO: Redis refused, in its own words; -EIO: the connection is lost; -ECANCELED: woken, if `may_wake`. After the
 * last two only redis_sync_close() is left.
 */
int redis_sync_call(
	struct redis_sync *s, struct redis_request *r, redis_reply_fn *fn, void *data, bool may_wake, struct err *err);

#endif
