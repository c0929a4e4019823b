/*
 * The lines that propsd and a processor outside speak: docs/processors.md is the specification. What the loop thread
 * asks of a line costs no more than its first bytes; a worker takes it apart.
 */
#ifndef PROCESS_WIRE_H
#define PROCESS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "process/job.h"

/* Appends the request for a job with its end of line; `deadline_ms` 0: it has none. */
void wire_request(struct str *out, const struct job *job, int64_t deadline_ms);

/* The same in the envelope in which Pub/Sub pushes a message: what a push worker of Cloud Run is sent. `json` is the
 * request without its end of line. */
void wire_envelope(
	struct str *out, const struct job *job, const char *processor, const char *json, size_t length, int64_t now_ms);

struct wire_hello {
	char name[64];
	unsigned concurrency;
	size_t max_line; /* that it can read; SIZE_MAX: not said */
};
/* -EINVAL: no hello, with what is wrong with it. */
int wire_hello(const char *line, size_t length, struct wire_hello *ret, struct err *err);

enum wire_kind { WIRE_RESULT, WIRE_ERROR, WIRE_PROGRESS };
/* Whose line it is and of what kind. -EINVAL: that cannot be told, with the reason. */
int wire_route(const char *line, size_t length, int64_t *ret_number, enum wire_kind *ret_kind, struct err *err);
/* Of a line of that kind; false: it is none that can be read. */
bool wire_progress(const char *line, size_t length, double *ret_share, char *note, size_t size);

/* A worker: job->answer, of whatever kind, into job->report or job->error. `wrap`: the result is an object that gets
 * our keys around it; else it is the report as it came. 0 or -errno. */
int wire_finish(struct job *job, const char *processor, bool wrap);

/* The same where the whole answer is the result. */
int wire_finish_result(struct job *job, const char *processor, bool wrap);

#endif
