#include "base/notify.h"

#include "base/clock.h"
#include "base/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LISTEN_FDS_START 3

int notify_open(struct notify *ret_notify)
{
	const char *path = getenv("NOTIFY_SOCKET");
	*ret_notify = (struct notify){.fd = -1};
	if (path == NULL || path[0] == '\0')
		return 0;
	int rc = socket_address(path, &ret_notify->address, &ret_notify->length);
	if (rc < 0)
		return rc;
	ret_notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return ret_notify->fd < 0 ? -errno : 0;
}

void notify_close(struct notify *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}

int notify_send(const struct notify *n, const char *format, ...)
{
	char text[1024];
	va_list args;
	if (n->fd < 0)
		return 0;
	va_start(args, format);
	int length = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (length < 0)
		return -EINVAL;
	const size_t size = (size_t)length < sizeof(text) ? (size_t)length : sizeof(text) - 1;
	ssize_t sent;
	do
		sent = sendto(n->fd, text, size, MSG_NOSIGNAL | MSG_DONTWAIT, (const struct sockaddr *)&n->address,
			n->length);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

int notify_reloading(const struct notify *n)
{
	return notify_send(n, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_mono_us(clock_system()));
}

/* A whole number from the environment; false if the variable is missing or anything else. */
static bool number(const char *name, int64_t *ret_number)
{
	const char *text = getenv(name);
	if (text == NULL || text[0] < '0' || text[0] > '9')
		return false;
	char *end;
	errno = 0;
	long long value = strtoll(text, &end, 10);
	if (errno != 0 || *end != '\0')
		return false;
	*ret_number = value;
	return true;
}

int64_t notify_watchdog_us(void)
{
	int64_t us, pid;
	if (!number("WATCHDOG_USEC", &us) || us <= 0)
		return 0;
	/* Absent: meant for whoever reads it. Present: only for that process, not for its children. */
	if (getenv("WATCHDOG_PID") != NULL && (!number("WATCHDOG_PID", &pid) || pid != getpid()))
		return 0;
	return us;
}

int notify_listen_fd(const char *name)
{
	int64_t pid, count;
	const char *names = getenv("LISTEN_FDNAMES");
	if (names == NULL || !number("LISTEN_PID", &pid) || pid != getpid())
		return -1;
	if (!number("LISTEN_FDS", &count))
		return -1;
	size_t length = strlen(name);
	for (int64_t i = 0; i < count; i++) {
		size_t n = strcspn(names, ":");
		if (n == length && memcmp(names, name, n) == 0) {
			int fd = LISTEN_FDS_START + (int)i;
			return fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -1 : fd;
		}
		if (names[n] == '\0')
			break;
		names += n + 1;
	}
	return -1;
}
