/*
 * Listeners accept; who the client is, the kernel says (SO_PEERCRED), what it may do, its listener. A
 * connection over a limit gets one line that says so. When the process runs out of descriptors accepting
 * pauses for a moment: the waiting connection would otherwise wake the loop without end.
 */
#include "admin/server.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "admin/listen.h"
#include "admin/roles.h"
#include "admin/session.h"
#include "base/log.h"

#define LISTENERS_MAX 4
#define ACCEPT_PAUSE_US 200000

struct listener {
	struct admin_server *server;
	struct admin_socket socket;
	struct evconnlistener *accept;
	enum admin_role role;
};

struct admin_server {
	struct session_home home;
	struct admin_server_options options;
	struct admin_server_stats stats;
	struct roles *roles;
	struct listener listeners[LISTENERS_MAX];
	size_t listener_count;
	struct session **sessions; /* room for connections_max */
	struct event *resume;
	struct log_flood flood_accept, flood_refuse;
	bool stopping;
};

struct admin_server_options admin_server_options_default(void)
{
	return (struct admin_server_options){
		.first_byte_us = 5000000,
		.request_us = 10000000,
		.write_us = 30000000,
		.request_max = PROTOCOL_REQUEST_MAX,
		.reply_max = PROTOCOL_REPLY_MAX,
		.progress_max = 64 * 1024,
		.depth_max = PROTOCOL_DEPTH_MAX,
		.connections_max = PROTOCOL_CONNECTIONS_MAX,
		.per_uid_max = PROTOCOL_CONNECTIONS_PER_UID_MAX,
	};
}

static void session_ended(struct session *session, void *owner)
{
	struct admin_server *server = owner;
	for (unsigned i = 0; i < server->stats.sessions; i++) {
		if (server->sessions[i] == session) {
			server->sessions[i] = server->sessions[--server->stats.sessions];
			return;
		}
	}
	assert(false); /* not a session of this server */
}

static unsigned sessions_of(const struct admin_server *server, uid_t uid)
{
	unsigned count = 0;
	for (unsigned i = 0; i < server->stats.sessions; i++)
		count += session_peer(server->sessions[i])->uid == uid;
	return count;
}

/* Tells a client that is not let in, as far as its socket takes the line at once. */
static void turn_away(struct admin_server *server, int fd, const char *why)
{
	server->stats.refused++;
	log_flooding(&server->flood_refuse, LOG_LEVEL_WARN, "admin", "connection refused: %s", why);
	json_t *line = admin_error_line(CODE_BUSY, why);
	char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
	if (text) {
		size_t length = strlen(text);
		text[length] = '\n'; /* in place of its end: sent by length */
		/* Nobody is owed this line, so a client that cannot take it goes without. */
		ssize_t sent = send(fd, text, length + 1, MSG_DONTWAIT | MSG_NOSIGNAL);
		(void)sent;
	}
	free(text);
	json_decref(line);
	close(fd);
}

static void on_accept(struct evconnlistener *accept, evutil_socket_t fd, struct sockaddr *address, int size, void *user)
{
	(void)accept;
	(void)address;
	(void)size;
	struct listener *listener = user;
	struct admin_server *server = listener->server;
	struct ucred cred;
	socklen_t length = sizeof(cred);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &length) < 0) {
		turn_away(server, fd, "who is asking cannot be determined");
		return;
	}
	char why[128];
	if (server->stats.sessions >= server->options.connections_max) {
		snprintf(why, sizeof(why), "%u connections are open, the most there may be; try again",
			server->options.connections_max);
		turn_away(server, fd, why);
		return;
	}
	if (sessions_of(server, cred.uid) >= server->options.per_uid_max) {
		snprintf(why, sizeof(why), "user %u has %u connections open, the most one user may have; try again",
			(unsigned)cred.uid, server->options.per_uid_max);
		turn_away(server, fd, why);
		return;
	}
	struct admin_peer peer = {.uid = cred.uid, .gid = cred.gid, .pid = cred.pid};
	struct session *session;
	if (session_new(&server->home, fd, &peer, listener->role, &session) < 0) {
		log_flooding(&server->flood_accept, LOG_LEVEL_ERR, "admin", "connection dropped: out of memory");
		return;
	}
	server->stats.accepted++;
	server->sessions[server->stats.sessions++] = session;
}

static void on_accept_error(struct evconnlistener *accept, void *user)
{
	struct listener *listener = user;
	int why = EVUTIL_SOCKET_ERROR();
	log_flooding(&listener->server->flood_accept, LOG_LEVEL_ERR, "admin", "cannot accept, will retry in 200 ms: %s",
		strerror(why));
	evconnlistener_disable(accept);
	struct timeval pause = {.tv_usec = ACCEPT_PAUSE_US};
	event_add(listener->server->resume, &pause);
}

static void on_resume(evutil_socket_t fd, short what, void *user)
{
	(void)fd;
	(void)what;
	struct admin_server *server = user;
	for (size_t i = 0; i < server->listener_count; i++)
		evconnlistener_enable(server->listeners[i].accept);
}

int admin_server_new(struct event_base *base, const struct admin_server_options *options,
	const struct admin_command *const *tables, struct admin_context *context, struct admin_server **ret_server)
{
	struct admin_server *server = calloc(1, sizeof(*server));
	if (!server)
		return -ENOMEM;
	json_object_seed(0); /* once, before any thread: clients choose the keys */
	server->options = options ? *options : admin_server_options_default();
	server->home = (struct session_home){
		.base = base,
		.options = &server->options,
		.tables = tables,
		.context = context,
		.stats = &server->stats,
		.ended = session_ended,
		.owner = server,
	};
	server->sessions = calloc(server->options.connections_max, sizeof(struct session *));
	server->resume = evtimer_new(base, on_resume, server);
	if (!server->sessions || !server->resume) {
		admin_server_free(server);
		return -ENOMEM;
	}
	*ret_server = server;
	return 0;
}

/* Takes the socket's contents on success. */
static int add_listener(
	struct admin_server *server, const struct admin_socket *socket, enum admin_role role, struct err *err)
{
	assert(server->listener_count < LISTENERS_MAX);
	struct listener *listener = &server->listeners[server->listener_count];
	*listener = (struct listener){.server = server, .socket = *socket, .role = role};
	listener->accept =
		evconnlistener_new(server->home.base, on_accept, listener, LEV_OPT_CLOSE_ON_EXEC, 0, socket->fd);
	if (!listener->accept)
		return err_set(err, -ENOMEM, "out of memory");
	evconnlistener_set_error_cb(listener->accept, on_accept_error);
	server->listener_count++;
	return 0;
}

int admin_server_listen(struct admin_server *server, const char *path, mode_t mode, const char *group,
	enum admin_role role, struct err *err)
{
	struct admin_socket socket;
	int result = admin_socket_open(path, mode, group, &socket, err);
	if (result < 0)
		return result;
	result = add_listener(server, &socket, role, err);
	if (result < 0)
		admin_socket_close(&socket);
	return result;
}

int admin_server_listen_fd(struct admin_server *server, int fd, enum admin_role role, struct err *err)
{
	struct admin_socket socket;
	int result = admin_socket_adopt(fd, &socket, err);
	return result < 0 ? result : add_listener(server, &socket, role, err);
}

void admin_server_use_history(struct admin_server *server, struct history *history)
{
	server->home.history = history;
}

void admin_server_use_roles(struct admin_server *server, struct roles *roles)
{
	roles_free(server->roles);
	server->home.roles = server->roles = roles;
}

struct admin_server_stats admin_server_stats(const struct admin_server *server)
{
	return server->stats;
}

static void close_listeners(struct admin_server *server)
{
	for (size_t i = 0; i < server->listener_count; i++) {
		evconnlistener_free(server->listeners[i].accept);
		admin_socket_close(&server->listeners[i].socket);
	}
	server->listener_count = 0;
	event_del(server->resume);
}

void admin_server_stop(struct admin_server *server)
{
	close_listeners(server);
	for (unsigned i = 0; i < server->stats.sessions; i++)
		session_stop(server->sessions[i]);
}

void admin_server_free(struct admin_server *server)
{
	if (!server)
		return;
	if (server->resume)
		close_listeners(server);
	while (server->stats.sessions > 0)
		session_free(server->sessions[--server->stats.sessions]);
	if (server->resume)
		event_free(server->resume);
	roles_free(server->roles);
	free(server->sessions);
	free(server);
}
