/* One client of the admin socket. Owned by its server, which it tells when it ends. Loop thread only. */
#ifndef ADMIN_SESSION_H
#define ADMIN_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "admin/command.h"
#include "admin/request.h"
#include "admin/server.h"

struct event_base;
struct history;
struct roles;
struct session;

/* What a session needs of its server; outlives it. */
struct session_home {
	struct event_base *base;
	const struct admin_server_options *options;
	const struct admin_command *const *tables;
	struct admin_context *context;
	struct admin_server_stats *stats;
	struct history *history; /* where changing commands are noted; NULL: nowhere but in the log */
	const struct roles *roles; /* NULL: everybody has what his socket gives */
	void (*ended)(struct session *session, void *owner); /* the session is freed after this */
	void *owner;
};

/* Takes the connected, non-blocking fd; on failure (-ENOMEM) it is closed. */
int session_new(const struct session_home *home, int fd, const struct admin_peer *peer, enum admin_role role,
	struct session **ret_session);

const struct admin_peer *session_peer(const struct session *session);

/* Ends an open request with `stopping`, closes once all is sent. */
void session_stop(struct session *session);

/* Frees now: an open request is cancelled, what the socket takes at once is sent. Does not call ended(). */
void session_free(struct session *session);

/* The deepest nesting of arrays and objects in a line of JSON. */
unsigned json_depth(const char *text, size_t length);

#endif
