/*
 * Pages that are looked at by HTTP: one listener, a table of pages, an answer a connection. Loop thread only; everything
 * hangs off the event base given to it. As with the admin socket, what a client may cost is bounded: bytes, connections,
 * time. An answer ends its connection: who asks every few seconds needs no other, and no client keeps a place.
 */
#ifndef WEB_SERVER_H
#define WEB_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct event_base;
struct web;

struct web_page {
	const char *path; /* "/metrics"; NULL ends the table */
	const char *type; /* Content-Type */
	int (*render)(void *arg, struct str *body); /* the status, 200 or 503; quick: the loop waits for it */
};

struct web_options {
	int64_t first_byte_us; /* from connecting to the first byte of the request */
	int64_t request_us; /* from there to the end of its head */
	int64_t write_us; /* from there until the client has taken the answer */
	int64_t linger_us; /* after the answer, until the client closes */
	unsigned connections_max;
};
struct web_options web_options_default(void);

/* The statuses that are ever sent. */
enum web_status {
	WEB_OK,
	WEB_BAD_REQUEST,
	WEB_NOT_FOUND,
	WEB_NOT_ALLOWED,
	WEB_TIMEOUT,
	WEB_TOO_LARGE,
	WEB_FAILED,
	WEB_UNAVAILABLE,
	WEB_VERSION,
	WEB_STATUSES
};
extern const char *const web_status_codes[]; /* "200"; ends with NULL */

struct web_stats {
	unsigned connections; /* open now */
	uint64_t answers[WEB_STATUSES];
	uint64_t cut; /* connections ended for the client's slowness, without an answer */
};

/*
 * Listens on "127.0.0.1:9464" or "[::1]:9464". `pages` and `arg` are kept, `options` NULL: the defaults. -errno with a
 * sentence: -EADDRINUSE somebody listens there, -EADDRNOTAVAIL no address of this host, -EACCES.
 */
int web_new(struct event_base *base, const char *address, const struct web_options *options,
	const struct web_page *pages, void *arg, struct web **ret, struct err *err);
void web_free(struct web *web); /* closes all; NULL is fine */

struct web_stats web_stats(const struct web *web); /* NULL is fine */

#endif
