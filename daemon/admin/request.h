/*
 * A request while it is served: what a handler sees of its client. Loop thread only. Ended by exactly one of
 * admin_reply(), admin_error(), admin_error_data(); it must not be touched afterwards, nor after its cancel
 * callback.
 */
#ifndef ADMIN_REQUEST_H
#define ADMIN_REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "admin/command.h"
#include "base/clock.h"
#include "base/level.h"

struct history_audit;

struct admin_peer {
	uid_t uid;
	gid_t gid;
	pid_t pid;
};

/* Arguments, by the name in the command's table (any other name is our mistake: assert). */
bool admin_given(const struct admin_request *r, const char *name);
const char *admin_text(const struct admin_request *r, const char *name); /* TEXT, NAME, WORD...; NULL: not given */
int64_t admin_int(const struct admin_request *r, const char *name, int64_t otherwise);
bool admin_flag(const struct admin_request *r, const char *name); /* false when not given */
date_t admin_date(const struct admin_request *r, const char *name, date_t otherwise);
int64_t admin_duration_us(const struct admin_request *r, const char *name, int64_t otherwise);
enum level admin_level(const struct admin_request *r, const char *name, enum level otherwise);
int admin_word(const struct admin_request *r, const char *name, int otherwise); /* index into the words */
json_t *admin_json(const struct admin_request *r, const char *name); /* borrowed; NULL: not given */

/* Ends the request. The reference to `data` is taken; NULL (memory ran out while it was built) becomes an
 * error. */
void admin_reply(struct admin_request *r, json_t *data);

/* Ends the request with a sentence for a person: what, which value, what would be right. */
void admin_error(struct admin_request *r, enum protocol_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same with facts for a program: `data` as in admin_reply(), NULL allowed. */
void admin_error_data(struct admin_request *r, enum protocol_code code, json_t *data, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* An unknown name: "nearest" (taken; NULL or an empty array: none) is shown as what may have been meant. */
void admin_error_unknown(struct admin_request *r, enum protocol_code code, json_t *nearest, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * Keeps the request open when the handler returns. `cancel` is called, once and last, if the client goes away
 * or the server closes before the request was ended.
 */
void admin_keep(struct admin_request *r, void (*cancel)(struct admin_request *r, void *user), void *user);

/* A line on the way. Left out while the client does not read what it has, so only the newest state belongs in
 * it. */
void admin_progress(struct admin_request *r, json_t *data);

/*
 * For lines on the way of which none may be left out: whether admin_progress() sends one now, of up to half a megabyte.
 * Where not, `room` is called once the client has read what it has.
 */
bool admin_has_room(const struct admin_request *r);
void admin_keep_room(
	struct admin_request *r, void (*room)(struct admin_request *r, void *user)); /* after admin_keep() */

/*
 * Writes the audit line of a changing command now, with this result ("accepted"), rather than at its end: for
 * requests whose effect stands before their reply. Only the first call counts.
 * NULL: it changes nothing this time, no line is written.
 */
void admin_audit(struct admin_request *r, const char *result);

enum admin_role admin_request_role(const struct admin_request *r); /* that its client has */
const struct admin_peer *admin_request_peer(const struct admin_request *r);
const struct admin_command *admin_request_command(const struct admin_request *r);

/*
 * For the session (and tests of handlers, which have none).
 */
struct admin_request_ops {
	void (*line)(void *owner, json_t *line, bool last); /* borrows the line; `last` ends the request */
	bool (*has_room)(void *owner); /* NULL: always */
	/* A changing command, and what came of it, beside the log's line; borrowed. NULL: nobody keeps it. */
	void (*audited)(void *owner, const struct history_audit *row);
};

/*
 * Takes over `document`, the parsed request line (an object), and serves it: an error line, or the handler. A
 * request that stays open is returned through *ret_open until its last line was given to `ops`; else
 * *ret_open is NULL.
 */
void admin_request_serve(const struct admin_command *const *tables, struct admin_context *context, json_t *document,
	enum admin_role role, const struct admin_peer *peer, const struct admin_request_ops *ops, void *owner,
	struct admin_request **ret_open);

/* The client has read what it had. */
void admin_request_room(struct admin_request *r);

/* Calls the cancel callback and frees an open request: its client is gone. */
void admin_request_cancel(struct admin_request *r);

/* The line that says why, for trouble outside any request. New reference; NULL: no memory. */
json_t *admin_error_line(enum protocol_code code, const char *text);

#endif
