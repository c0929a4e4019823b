/* What the programs of this folder share: one blocking connection, and no going on after an error. */
#ifndef BENCH_FLOW_BARE_H
#define BENCH_FLOW_BARE_H

#include <hiredis/hiredis.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline void die(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	exit(1);
}

static inline redisContext *connect_unix(const char *path)
{
	redisContext *c = redisConnectUnix(path);
	if (!c || c->err)
		die(path, c ? c->errstr : "no memory");
	return c;
}

/* The next reply; a nil or error is the end unless `nil_ok`. The caller frees it. */
static inline redisReply *reply_of(redisContext *c, int nil_ok)
{
	void *reply;
	if (redisGetReply(c, &reply) != REDIS_OK)
		die("redis", c->errstr);
	redisReply *r = reply;
	if (r->type == REDIS_REPLY_ERROR)
		die("redis", r->str);
	if (r->type == REDIS_REPLY_NIL && !nil_ok)
		die("redis", "nothing where something was due");
	return r;
}

static inline double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline long number(const char *text, const char *what)
{
	char *end;
	long n = strtol(text, &end, 10);
	if (*text == '\0' || *end != '\0' || n < 0)
		die(what, "a whole number is wanted");
	return n;
}

#endif
