/*
 * Who owns a path is settled by a lock on PATH.lock, taken before anything there is touched: two daemons that
 * start at once cannot remove each other's socket, and a crash frees the lock. The lock file itself is left
 * in place; removing it would let a third one lock a file that nobody else sees. As some other program might
 * listen there without our lock, a socket that still answers is never removed either.
 *
 * The mode comes from the umask around bind(), never from a later chmod(): there is no moment at which the
 * socket is wider open than it should be, and no path to be swapped between two calls.
 */
#include "admin/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/socket.h"

#define BACKLOG 512 /* twice what is served at once: the rest is told so, not left hanging */

static int check_directory(const char *path, struct err *err)
{
	char directory[sizeof(((struct admin_socket *)0)->path)];
	snprintf(directory, sizeof(directory), "%s", path);
	char *slash = strrchr(directory, '/');
	if (!slash)
		strcpy(directory, ".");
	else if (slash == directory)
		slash[1] = '\0';
	else
		*slash = '\0';
	struct stat st;
	if (stat(directory, &st) < 0)
		return err_set(err, -errno, "%s: the directory %s is not usable: %s", path, directory, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return err_set(err, -ENOTDIR, "%s: %s is not a directory", path, directory);
	if ((st.st_mode & S_IWOTH) && !(st.st_mode & S_ISVTX))
		return err_set(err, -EPERM,
			"%s: everybody may write the directory %s (mode %04o); it must be 0750 or so", path, directory,
			(unsigned)(st.st_mode & 07777));
	return 0;
}

static int find_group(const char *name, gid_t *ret_gid, struct err *err)
{
	errno = 0;
	struct group *group = getgrnam(name);
	/* All others are about the system, or a service that knows names, and pass. */
	const bool unknown = errno == 0 || errno == ENOENT || errno == ESRCH;
	if (!group && !unknown)
		return err_set(err, -EAGAIN, "cannot look up the group \"%s\" now (%s)", name, strerror(errno));
	if (!group)
		return err_set(err, -EINVAL, "there is no group \"%s\"", name);
	*ret_gid = group->gr_gid;
	return 0;
}

/* Writes the holder's pid into the lock file for the other one's error message. */
static int take_lock(const char *path, int *ret_fd, struct err *err)
{
	char lock[sizeof(((struct admin_socket *)0)->path) + 8];
	snprintf(lock, sizeof(lock), "%s.lock", path);
	int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_set(err, -errno, "cannot make the lock file %s: %s", lock, strerror(errno));
	char pid[32] = "";
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int code = errno == EWOULDBLOCK ? -EADDRINUSE : -errno;
		ssize_t length = pread(fd, pid, sizeof(pid) - 1, 0);
		close(fd);
		pid[length > 0 ? length : 0] = '\0';
		pid[strcspn(pid, "\n")] = '\0';
		if (code == -EADDRINUSE)
			return err_set(
				err, code, "another propsd (pid %s) has the socket %s", pid[0] ? pid : "unknown", path);
		return err_set(err, code, "cannot lock %s: %s", lock, strerror(-code));
	}
	int length = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	/* Only for a message: a full disk is no reason not to start. */
	if (ftruncate(fd, 0) < 0 || pwrite(fd, pid, (size_t)length, 0) != length)
		(void)0;
	*ret_fd = fd;
	return 0;
}

/* The lock is ours: removes what a dead process left. */
static int clear_path(const char *path, const struct sockaddr_un *address, socklen_t size, struct err *err)
{
	struct stat st;
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : err_set(err, -errno, "%s: %s", path, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return err_set(err, -EEXIST, "%s exists and is no socket; remove it or configure another path", path);
	int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (probe < 0)
		return err_set(err, -errno, "cannot make a socket: %s", strerror(errno));
	/* EAGAIN: its backlog is full, so somebody listens. */
	bool live = connect(probe, (const struct sockaddr *)address, size) == 0 || errno == EAGAIN;
	close(probe);
	if (live)
		return err_set(err, -EADDRINUSE, "another process listens on %s", path);
	if (unlink(path) < 0 && errno != ENOENT)
		return err_set(err, -errno, "cannot remove the old socket %s: %s", path, strerror(errno));
	return 0;
}

int admin_socket_open(const char *path, mode_t mode, const char *group, struct admin_socket *ret_socket, struct err *err)
{
	struct admin_socket made = {.fd = -1, .lock_fd = -1};
	struct sockaddr_un address;
	socklen_t size;
	gid_t gid = (gid_t)-1;
	int result = path[0] == '@' ? -EINVAL : socket_address(path, &address, &size);
	if (result == -ENAMETOOLONG)
		return err_set(err, result, "the socket path %s is longer than %zu bytes", path, SOCKET_PATH_MAX);
	if (result < 0)
		return err_set(err, result, "\"%s\" is no path for a socket", path);
	if (group[0] != '\0' && (result = find_group(group, &gid, err)) < 0)
		return err_prefix(err, "%s", path);
	if ((result = check_directory(path, err)) < 0)
		return result;
	if ((result = take_lock(path, &made.lock_fd, err)) < 0)
		return result;
	if ((result = clear_path(path, &address, size, err)) < 0)
		goto out;
	made.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (made.fd < 0) {
		result = err_set(err, -errno, "cannot make a socket: %s", strerror(errno));
		goto out;
	}
	mode_t before = umask(0777 & ~mode);
	int bound = bind(made.fd, (struct sockaddr *)&address, size);
	int why = errno;
	umask(before);
	if (bound < 0) {
		result = err_set(err, -why, "cannot make the socket %s: %s", path, strerror(why));
		goto out;
	}
	snprintf(made.path, sizeof(made.path), "%s", path);
	if (gid != (gid_t)-1 && lchown(path, (uid_t)-1, gid) < 0) {
		result = err_set(err, -errno,
			"cannot give the socket %s to the group %s: %s; the user must be root or in it", path, group,
			strerror(errno));
		goto out;
	}
	if (listen(made.fd, BACKLOG) < 0) {
		result = err_set(err, -errno, "cannot listen on %s: %s", path, strerror(errno));
		goto out;
	}
	*ret_socket = made;
	return 0;
out:
	admin_socket_close(&made);
	return result;
}

int admin_socket_adopt(int fd, struct admin_socket *ret_socket, struct err *err)
{
	int listening = 0, type = 0, domain = 0;
	socklen_t size = sizeof(int);
	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) < 0 || domain != AF_UNIX ||
		getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_STREAM ||
		getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) < 0 || !listening)
		return err_set(err, -EINVAL,
			"file descriptor %d, passed to serve as admin socket, is not a listening Unix "
			"stream socket",
			fd);
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return err_set(err, -errno, "file descriptor %d: %s", fd, strerror(errno));
	*ret_socket = (struct admin_socket){.fd = fd, .lock_fd = -1};
	return 0;
}

void admin_socket_close(struct admin_socket *s)
{
	if (s->path[0] != '\0')
		unlink(s->path);
	if (s->fd >= 0)
		close(s->fd);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	*s = (struct admin_socket){.fd = -1, .lock_fd = -1};
}
