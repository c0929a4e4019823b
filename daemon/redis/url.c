#include "redis/url.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

enum { DEFAULT_PORT = 6379, HIGHEST_DB = 1 << 14 };

static int number(const char *text, int low, int high, const char *what, int *ret, struct err *err)
{
	size_t digits = strspn(text, "0123456789");
	long n = digits > 0 && digits < 10 ? strtol(text, NULL, 10) : -1;
	if (text[digits] || n < low || n > high)
		return err_set(err, -EINVAL, "%s \"%s\" is not a number from %d to %d", what, text, low, high);
	*ret = (int)n;
	return 0;
}

static int copy(char *to, size_t size, const char *from, size_t length, const char *what, struct err *err)
{
	if (length >= size)
		return err_set(err, -EINVAL, "%s is longer than %zu bytes", what, size - 1);
	memcpy(to, from, length);
	to[length] = '\0';
	return 0;
}

/* Copies a part of the URL that is for us alone, %XX decoded: what a URL takes for its own (':', '@', '?', a blank) is
 * written so. The error shows the escape and where it stands, and nothing else: the part may be a password. */
static int decode(char *to, size_t size, const char *from, size_t length, const char *what, struct err *err)
{
	size_t n = 0;
	for (size_t i = 0; i < length; n++) {
		char byte = from[i++];
		if (byte == '%') {
			const size_t left = length - i;
			const char hex[3] = {left > 0 ? from[i] : '\0', left > 1 ? from[i + 1] : '\0', '\0'};
			byte = strspn(hex, "0123456789abcdefABCDEF") == 2 ? (char)strtol(hex, NULL, 16) : '\0';
			if (byte == '\0')
				return err_set(err, -EINVAL,
					"%s: \"%%%s\" at byte %zu is not an escaped byte such as %%40", what, hex, i);
			i += 2;
		}
		if (n >= size - 1)
			return err_set(err, -EINVAL, "%s is longer than %zu bytes", what, size - 1);
		to[n] = byte;
	}
	to[n] = '\0';
	return 0;
}

static int database(const char *text, struct redis_url *u, struct err *err)
{
	char digits[64];
	int r = decode(digits, sizeof(digits), text, strlen(text), "db", err);
	return r < 0 ? r : number(digits, 0, HIGHEST_DB, "db", &u->db, err);
}

static int parse_unix(const char *rest, struct redis_url *u, struct err *err)
{
	const char *query = strchr(rest, '?');
	size_t length = query ? (size_t)(query - rest) : strlen(rest);
	if (rest[0] != '/')
		return err_set(err, -EINVAL, "a socket's path is absolute, such as unix:///run/redis/redis.sock");
	int r = decode(u->path, sizeof(u->path), rest, length, "the socket's path", err);
	if (r < 0 || !query)
		return r;
	if (strncmp(query, "?db=", 4) != 0)
		return err_set(err, -EINVAL, "\"%s\" is not understood, only ?db=N is", query);
	return database(query + 4, u, err);
}

static int parse_credentials(const char *text, size_t length, struct redis_url *u, struct err *err)
{
	const char *colon = memchr(text, ':', length);
	size_t user = colon ? (size_t)(colon - text) : length;
	int r = decode(u->user, sizeof(u->user), text, user, "the user's name", err);
	if (r == 0 && colon)
		r = decode(u->password, sizeof(u->password), colon + 1, length - user - 1, "the password", err);
	return r;
}

static int parse_host(const char *rest, struct redis_url *u, struct err *err)
{
	const char *slash = strchr(rest, '/');
	const char *at = strrchr(rest, '@');
	int r;

	if (at) {
		r = parse_credentials(rest, (size_t)(at - rest), u, err);
		if (r < 0)
			return r;
		rest = at + 1;
		slash = strchr(rest, '/');
	}
	if (slash && slash[1]) {
		r = database(slash + 1, u, err);
		if (r < 0)
			return r;
	}
	size_t length = slash ? (size_t)(slash - rest) : strlen(rest);
	char place[sizeof(u->host) + 16];
	r = copy(place, sizeof(place), rest, length, "the host", err);
	if (r < 0)
		return r;

	char *port, *host = place;
	if (place[0] == '[') { /* an IPv6 address */
		char *close = strchr(place, ']');
		if (!close)
			return err_set(err, -EINVAL, "\"%s\" lacks its ]", place);
		host = place + 1;
		if (close[1] && close[1] != ':')
			return err_set(err, -EINVAL, "\"%s\" after the ] is no port such as :6379", close + 1);
		port = close[1] ? close + 2 : NULL;
		*close = '\0';
	} else {
		port = strchr(place, ':');
		if (port)
			*port++ = '\0';
	}
	if (!*host)
		return err_set(err, -EINVAL, "no host is given");
	u->port = DEFAULT_PORT;
	if (port) {
		r = number(port, 1, 65535, "port", &u->port, err);
		if (r < 0)
			return r;
	}
	return copy(u->host, sizeof(u->host), host, strlen(host), "the host", err);
}

int redis_url_parse(const char *text, struct redis_url *ret, struct err *err)
{
	struct redis_url u = {0};
	int r;

	if (strncmp(text, "unix://", 7) == 0)
		r = parse_unix(text + 7, &u, err);
	else if (strncmp(text, "redis://", 8) == 0)
		r = parse_host(text + 8, &u, err);
	else if (strncmp(text, "rediss://", 9) == 0) {
		u.tls = true;
		r = parse_host(text + 9, &u, err);
	} else if (strncmp(text, "sentinel://", 11) == 0 || strncmp(text, "cluster://", 10) == 0)
		r = err_set(err, -EINVAL, "this version speaks to a single Redis: redis://, rediss:// or unix://");
	else
		r = err_set(err, -EINVAL, "a Redis URL begins with redis://, rediss:// or unix://");
	if (r == 0)
		*ret = u;
	return r;
}

int redis_url_read_password(struct redis_url *url, const char *path, struct err *err)
{
	char *buffer = url->password;
	const size_t size = sizeof(url->password);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, buffer, size) : -1;
	int error = errno;
	if (fd >= 0)
		close(fd);
	if (n < 0)
		return err_set(err, -error, "redis.password_file %s: %s", path, strerror(error));
	if ((size_t)n == size)
		return err_set(err, -EINVAL, "redis.password_file %s: longer than %zu bytes", path, size - 1);
	buffer[n] = '\0';
	buffer[strcspn(buffer, "\r\n")] = '\0';
	return 0;
}
