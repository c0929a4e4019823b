/* Lua scripts by name: source built in, called by SHA-1. Loop thread. */
#ifndef REDIS_SCRIPT_H
#define REDIS_SCRIPT_H

#include "redis/conn.h"

struct redis_script {
	const char *name;
	char *source; /* prelude and body, malloc'd */
	char sha[41];
};

/* -ENOMEM. */
int redis_script_init(struct redis_script *s, const char *name, const char *prelude, const char *body);
void redis_script_done(struct redis_script *s);

/* SCRIPT LOAD <source>. */
void redis_script_load(const struct redis_script *s, struct redis_request *r);

/* EVALSHA <sha> 1 <key>, then append the ARGV. */
void redis_script_call(const struct redis_script *s, struct redis_request *r, const char *key);

#endif
