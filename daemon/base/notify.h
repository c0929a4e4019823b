/*
 * The service manager's socket protocols, spoken directly (they are stable and documented in sd_notify(3),
 * sd_listen_fds(3)): no library is linked for them.
 */
#ifndef BASE_NOTIFY_H
#define BASE_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/* Sends "READY=1\nSTATUS=..." to $NOTIFY_SOCKET (path or abstract). 0 without one. -errno: not sent. */
/* Never waits: -EAGAIN when nobody reads the other end. */
int notify_send(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* RELOADING=1 together with the MONOTONIC_USEC that Type=notify-reload demands. */
int notify_reloading(void);

/* The watchdog's interval for this process in microseconds, 0 = none asked for. */
int64_t notify_watchdog_us(void);

/* The file descriptor that the service manager passed under this name (FileDescriptorName=), close-on-exec;
 * -1: none. */
int notify_listen_fd(const char *name);

#endif
