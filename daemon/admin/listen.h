/* Listening Unix sockets: made by ourselves, or checked when the service manager passed them. Before any
 * thread. */
#ifndef ADMIN_LISTEN_H
#define ADMIN_LISTEN_H

#include <sys/types.h>

#include "base/err.h"

struct admin_socket {
	int fd; /* non-blocking, close-on-exec */
	int lock_fd; /* holds PATH.lock; -1: not made by us */
	char path[108]; /* "": not made by us */
};

/*
 * Binds and listens on a path with exactly this mode (by the umask, which is the process's: call it before
 * any thread starts) and, if `group` is not "", this group. A socket that a dead process left is replaced.
 * Failures, each with a sentence: -EADDRINUSE a live daemon listens there, -ENOENT no directory, -EACCES,
 * -EEXIST something that is no socket is in the way, -EPERM may not give it that group or others may write
 * the directory, -EINVAL no such group.
 */
int admin_socket_open(
	const char *path, mode_t mode, const char *group, struct admin_socket *ret_socket, struct err *err);

/* Takes a listening stream socket. -EINVAL: it is not one. On failure the fd stays the caller's. */
int admin_socket_adopt(int fd, struct admin_socket *ret_socket, struct err *err);

/* Closes; removes the path if it was made by us. Clears the struct, so a second call is fine. */
void admin_socket_close(struct admin_socket *socket);

#endif
