/* Where Redis is: redis://[user[:password]@]host[:port][/db], rediss:// (TLS) the same, unix:///path[?db=N]. %XX in user,
 * password, path and db is the byte of that number; the host is taken as it stands. */
#ifndef REDIS_URL_H
#define REDIS_URL_H

#include <stdbool.h>

#include "base/err.h"

struct redis_url {
	bool tls;
	char path[108]; /* of a Unix socket; "" = host and port */
	char host[256];
	int port;
	int db;
	char user[128];
	char password[256];
};

/* 0, or -EINVAL with the part at fault named. */
int redis_url_parse(const char *text, struct redis_url *ret, struct err *err);

/* The first line of redis.password_file. -errno, -EINVAL: longer than a password may be. */
int redis_url_read_password(struct redis_url *url, const char *path, struct err *err);

#endif
