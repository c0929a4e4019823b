/*
 * A request of a client that waits for an answer from Redis, or for a condition. Either may end first: the
 * client may leave while Redis has not answered, Redis may answer when the client is gone. An ask joins the
 * two and is freed when both are through. Loop thread only.
 */
#ifndef ADMIN_ASK_H
#define ADMIN_ASK_H

#include <stdbool.h>
#include <stddef.h>

#include "admin/context.h"
#include "admin/request.h"
#include "delivery/delivery.h"

struct event;
struct ask;

struct ask {
	struct admin_context *context;
	struct admin_request *request; /* NULL: the client is gone, or was answered */
	unsigned out; /* requests to Redis on the way */
	struct event *timer;
	void (*look)(struct ask *ask); /* of ask_every() */
	void (*done)(struct ask *ask); /* frees what the embedding struct holds; NULL: nothing */
	/* The embedding struct goes on from here. */
};

/*
 * Makes an ask for the request, which is kept open, in `size` bytes, zeroed. NULL: no memory, the request is
 * ended. `done` is called when all is over.
 */
void *ask_new(struct admin_request *request, struct admin_context *context, size_t size, void (*done)(struct ask *ask));

/*
 * To be called first by each function that an answer comes to: counts it. False: the client is gone, or the
 * ask is over, and the ask may be freed: return at once.
 */
bool ask_came(struct ask *ask);

/* Gives the request back, not ended, for a handler that has not seen it yet; the ask is over. */
struct admin_request *ask_release(struct ask *ask);

/* The same for an answer of Redis: without one (the connection was lost) or with an error the client is told,
 * too. */
bool ask_answered(struct ask *ask, const struct value *reply);

/* To be called with each question, before it is sent: the reply may come from inside that call. */
void ask_sends(struct ask *ask);

/* Ends the client's request, then the ask once nothing is on the way. */
void ask_reply(struct ask *ask, json_t *data);
void ask_error(struct ask *ask, enum protocol_code code, const char *format, ...) __attribute__((format(printf, 3, 4)));
void ask_error_data(struct ask *ask, enum protocol_code code, json_t *data, const char *format, ...)
	__attribute__((format(printf, 4, 5))); /* takes the data, which may be NULL */

void ask_unknown_player(struct ask *ask, date_t date, const char *lookup); /* as admin_unknown_player() */

/* Calls `look` every `ms` from now on while the ask is open. False: no memory, the ask is over. */
bool ask_every(struct ask *ask, int ms, void (*look)(struct ask *ask));
void ask_rest(struct ask *ask); /* no more of it */

#endif
