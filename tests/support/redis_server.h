/*
 * A redis-server of a test's own, in a new folder under /tmp, on a Unix socket, without persistence. It dies
 * with the test, whatever becomes of that. Failures end the program: no test can go on without its server.
 */
#ifndef SUPPORT_REDIS_SERVER_H
#define SUPPORT_REDIS_SERVER_H

#include <sys/types.h>

struct redisContext;

struct redis_server {
	char folder[64];
	char socket[96];
	pid_t pid;
};

/* `arguments`: further ones of redis-server, NULL at their end; NULL: none. Returns when it accepts
 * connections. */
void redis_server_start(struct redis_server *s, const char *const *arguments);

/* In a folder of its own that was made already (for certificates, say). */
void redis_server_start_in(struct redis_server *s, const char *folder, const char *const *arguments);
void redis_server_kill(struct redis_server *s); /* -9 */
void redis_server_stop(struct redis_server *s); /* and removes the folder */

/* Blocking, over the Unix socket. */
struct redisContext *redis_server_connect(const struct redis_server *s);

/* One command as a printf of words; asserts that it is no error. What came back, as a number or the length of
 * it. */
long long redis_server_do(struct redisContext *c, const char *format, ...);

/* A port that is free just now on 127.0.0.1. */
int free_port(void);

#endif
