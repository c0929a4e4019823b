/*
 * The service manager's socket protocols, spoken directly (they are stable and documented in sd_notify(3),
 * sd_listen_fds(3)): no library is linked for them.
 */
#ifndef BASE_NOTIFY_H
#define BASE_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Where $NOTIFY_SOCKET (path or abstract) is, and a socket to say things there with: kept, since signs of life must also
 * come from a process that has no descriptor left. */
struct notify {
	int fd; /* -1: there is nobody to tell */
	struct sockaddr_un address;
	socklen_t length;
};

/* -errno: the address is none, or there is no descriptor; nothing will be sent then, and closing is not needed. */
int notify_open(struct notify *ret_notify);
void notify_close(struct notify *n);

/* Sends "READY=1\nSTATUS=...". 0 without a service manager. -errno: not sent. Never waits: -EAGAIN when nobody reads the
 * other end. */
int notify_send(const struct notify *n, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* RELOADING=1 together with the MONOTONIC_USEC that Type=notify-reload demands. */
int notify_reloading(const struct notify *n);

/* The watchdog's interval for this process in microseconds, 0 = none asked for. */
int64_t notify_watchdog_us(void);

/* The file descriptor that the service manager passed under this name (FileDescriptorName=), close-on-exec;
 * -1: none. */
int notify_listen_fd(const char *name);

#endif
