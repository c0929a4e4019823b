/*
 * How delivery reaches Redis: the seam at which a test or a simulation puts a Redis of its own. redis_transport() is
 * the real one, over redis/conn.h; the semantics of each function are told there. Loop thread.
 */
#ifndef REDIS_TRANSPORT_H
#define REDIS_TRANSPORT_H

#include "redis/conn.h"

struct redis_transport {
	struct redis_conn *(*open)(const struct redis_conn_options *options);
	void (*close)(struct redis_conn *c);
	int (*send)(struct redis_conn *c, struct redis_request *r, redis_reply_fn *fn, void *data);
	unsigned (*outstanding)(const struct redis_conn *c);
};

const struct redis_transport *redis_transport(void);

#endif
