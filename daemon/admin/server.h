/*
 * The admin socket: listeners, sessions, limits. Loop thread only; everything hangs off the event base given
 * to it. What a client may cost is bounded (propsd/protocol.h): bytes, nesting, connections, time.
 */
#ifndef ADMIN_SERVER_H
#define ADMIN_SERVER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "admin/command.h"
#include "base/err.h"

struct event_base;
struct history;
struct roles;
struct admin_server;

struct admin_server_options {
	int64_t first_byte_us; /* from connecting, or from the last reply, to the next request */
	int64_t request_us; /* from a request's first byte to its newline */
	int64_t write_us; /* without progress in sending: cut */
	size_t request_max, reply_max;
	size_t progress_max; /* bytes unsent above which progress lines are left out */
	unsigned depth_max;
	unsigned connections_max, per_uid_max;
};
struct admin_server_options admin_server_options_default(void);

struct admin_server_stats {
	unsigned sessions;
	uint64_t accepted, refused, requests, cut;
};

/* `tables` and `context` are kept. `options`: NULL for the defaults. -ENOMEM. */
int admin_server_new(struct event_base *base, const struct admin_server_options *options,
	const struct admin_command *const *tables, struct admin_context *context, struct admin_server **ret_server);

/*
 * Adds a listener whose clients have `role`; several are fine. Failures as admin_socket_open()
 * (admin/listen.h): -EADDRINUSE means that another daemon lives there. Before any thread starts.
 */
int admin_server_listen(struct admin_server *server, const char *path, mode_t mode, const char *group,
	enum admin_role role, struct err *err);

/* The same on a socket that the service manager passed; the fd is taken on success. */
int admin_server_listen_fd(struct admin_server *server, int fd, enum admin_role role, struct err *err);

/* From here on changing commands are noted there. It outlives the sessions. */
void admin_server_use_history(struct admin_server *server, struct history *history);
/* From the next request on. Taken; NULL: everybody has what his socket gives. */
void admin_server_use_roles(struct admin_server *server, struct roles *roles);

struct admin_server_stats admin_server_stats(const struct admin_server *server);

/* Stops accepting, ends open requests with `stopping`, closes each session once its replies are sent. */
void admin_server_stop(struct admin_server *server);

/* Closes all, sending what the clients take without waiting. Open requests are cancelled. NULL is fine. */
void admin_server_free(struct admin_server *server);

#endif
