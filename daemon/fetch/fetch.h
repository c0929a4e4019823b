/*
 * HTTP requests, done by libcurl on one thread of its own, so that no name, no handshake and no slow server ever holds
 * up the loop. A request goes in, and comes back on the loop thread with a reply or with what became of it. Loop thread
 * only, all of it; the thread inside is nobody's business. A thread that waits for its requests (sink/s3.c) has one of its
 * own, and is what is called the loop here.
 *
 * What is always so: http and https alone, HTTP/1.1, certificates checked, no proxy, no redirect followed, connections
 * kept and used again, closed after a minute without any request. A server that closes such a connection just as a
 * request goes out, before a byte of a reply, is asked once more on a fresh one. What a server sends is bounded: 64 KiB
 * of headers, `most` bytes of a body, counted after decoding.
 */
#ifndef FETCH_FETCH_H
#define FETCH_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/completion.h"
#include "base/err.h"
#include "base/str.h"

struct fetch;

enum { FETCH_ERROR_SIZE = 512 };

/* Embedded by whoever asks, zeroed before the first use. */
struct fetch_request {
	/* Asked with. What is pointed to stays as it is until `done`. */
	const char *method, *url;
	const char *const *header_lines; /* "Name: value" each, ends with NULL; NULL: none */
	const char *body; /* NULL: none */
	size_t body_length;
	const char *ca_file; /* certificates that https trusts, looked at again after a minute; NULL or "": the system's */
	const char *token_file; /* its first line goes along as a Bearer token, read for each request; NULL or "": none */
	/* "aws:amz:REGION:s3" and "KEY:SECRET": the request is signed so. The header x-amz-content-sha256 is the asker's
	 * to give. NULL: unsigned. */
	const char *sigv4, *user;
	size_t most; /* bytes of a reply's body: a longer one fails with -EMSGSIZE */
	int64_t timeout_us; /* for all of it; 0: none */
	void (*done)(void *arg, struct fetch_request *r); /* from fetch_completed(): may free it, or start it again */
	void *arg;

	/* Answered with. */
	/* 0: a whole reply, of whatever status. -errno: `error` says why, for people. -ECONNREFUSED: no connection;
	 * -EHOSTUNREACH: no such name; -ECONNRESET: the connection ended before its time; -EKEYREJECTED: TLS;
	 * -ETIMEDOUT; -ECANCELED; -EMSGSIZE: too long; -EPROTO: that is no HTTP; -EACCES: a file of ours. */
	int result;
	char error[FETCH_ERROR_SIZE];
	int status; /* of the last reply that began, 0: none did */
	struct str headers; /* of that, a line each without its end: fetch_header() */
	struct str reply; /* its body */
	unsigned connections; /* that were made for it: 0 where a kept one did */
	int64_t took_us; /* from the request's first byte to the reply's last */

	/* fetch's own */
	struct completion_item item;
	struct fetch_request *next, *prev;
	void *easy, *lines;
	bool cancelled; /* guarded by fetch's lock */
	_Atomic int port;
	bool again, heard, opened; /* sent once more; a byte came; a connection was made for it */
	unsigned sent;
	const char *cut; /* what was too long; NULL: nothing */
	size_t cut_at;
};

/* Nothing runs, and libcurl sleeps, before the first fetch_use(). */
int fetch_new(struct fetch **ret, struct err *err);
/* Requests that are out are `done` first, as cancelled: none may be started then. NULL is fine. */
void fetch_free(struct fetch *f);
/* Starts the thread, unless it runs: whoever will ask says so first. */
int fetch_use(struct fetch *f, struct err *err);

/* Readable when something came back: then call fetch_completed(), which calls `done` of each. */
int fetch_fd(const struct fetch *f);
void fetch_completed(struct fetch *f);

void fetch_start(struct fetch *f, struct fetch_request *r);
void fetch_cancel(struct fetch *f, struct fetch_request *r); /* one that is out: it is `done` soon */
/* Of this machine, from which it is sent, while it is out; 0: there is no connection yet. */
int fetch_port(const struct fetch_request *r);
void fetch_request_done(struct fetch_request *r); /* frees what it was answered with */

/* The value of a header of the reply, cut to `size`, in `buffer`; NULL: it has none of that name. */
const char *fetch_header(const struct fetch_request *r, const char *name, char *buffer, size_t size);
/* Retry-After's value, seconds or a date, as milliseconds from now on; -1: it is neither. */
int64_t fetch_retry_after_ms(const char *value, int64_t now_wall_ms);
/* As much of the reply's own, `most_ms` at most; -1: it has none. */
int64_t fetch_pause_ms(const struct fetch_request *r, int64_t most_ms);
/* A date of HTTP as Unix milliseconds; -1: it is none. */
int64_t fetch_date_ms(const char *date);
/* -EINVAL: no URL that can be asked, with the reason. */
int fetch_check_url(const char *url, struct err *err);

#endif
