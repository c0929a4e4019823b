/*
 * A processor behind a URL (docs/processors.md): a job is one POST, the reply's status says what became of it, its body
 * is the result. The requests go out by fetch, so nothing here waits.
 *
 * A server that says 429 or 503 has too much to do, and all that is sent meanwhile makes it worse: nothing is begun
 * until the time it named has passed, and then half as many at a time as before; what succeeds raises that again. Jobs
 * that were refused so have not failed. But one that was refused while it was alone was refused for its own sake, or
 * there is no good in waiting: that is a failed try, so that neither lasts for ever.
 */
#include "process/processor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <utlist.h>

#include "base/log.h"
#include "fetch/fetch.h"
#include "process/wire.h"

enum {
	SECOND_US = 1000000,
	RAISE_SHARE = 8, /* so many rounds of successes double how many are sent at a time */
	NOTEWORTHY_US = 5 * SECOND_US, /* so long a wait is said to be trouble */
	EXCERPT = 200, /* bytes of a body in an error */
	SAID_MOST = 64 * 1024, /* of one that is taken apart for it */
};
static const int64_t first_pause_us = SECOND_US, most_pause_us = 60 * (int64_t)SECOND_US,
		     most_wait_us = 3600 * (int64_t)SECOND_US;

struct http;

struct call { /* a job and its request */
	struct fetch_request request;
	struct http *http;
	struct job *job;
	struct str body;
	char trace[80]; /* the header of that name */
	const char *lines[4]; /* of the head */
	int64_t since_us;
	int cancelled; /* why: -ETIMEDOUT, -ECANCELED; 0: it is not */
	struct call *next, *prev;
};

struct http {
	struct processor *p;
	struct call *calls;
	int64_t numbers; /* of jobs */
	unsigned most; /* at a time, as the server bears */
	unsigned well; /* that went well since it was raised */
	int64_t slowed_us; /* when it was lowered: what was begun before says nothing new */
	int64_t pause_us; /* doubles with each round that is refused */
	int64_t held_us; /* nothing is begun before; 0: nothing holds it */
	int64_t hold_us; /* how long that was */
	char why[160];
	struct str json;
};

static int64_t now_us(void)
{
	return clock_mono_us(clock_system());
}

/* --- what a status means ------------------------------------------------------------------------------------------ */

enum verdict {
	TAKEN, /* the body is the result, or it is stored elsewhere */
	AGAIN, /* a failed try */
	BUSY, /* and too much to do */
	MOVED,
	NEVER, /* no other try could mend it */
};

static enum verdict verdict_of(int status)
{
	static const struct {
		int from, to;
		enum verdict verdict;
	} table[] = {
		{102, 102, TAKEN}, /* of Pub/Sub's acknowledgements */
		{200, 202, TAKEN},
		{204, 204, TAKEN},
		{300, 399, MOVED},
		{408, 408, AGAIN}, /* a time-out */
		{425, 425, AGAIN}, /* too early */
		{429, 429, BUSY},
		{400, 499, NEVER},
		{503, 503, BUSY},
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (status >= table[i].from && status <= table[i].to)
			return table[i].verdict;
	return AGAIN;
}

/* --- how many at a time ------------------------------------------------------------------------------------------- */

static void places_changed(struct http *x)
{
	places_for_slots(&x->p->places, x->held_us ? 0 : x->most, false);
	processor_changed(x->p);
}

static void hold(struct http *x, int64_t us, int status)
{
	const int64_t until = now_us() + us;
	char wait[DURATION_SIZE];
	if (until <= x->held_us)
		return;
	x->held_us = until;
	x->hold_us = us;
	duration_format((us + 999999) / SECOND_US * SECOND_US, wait);
	text_format(x->why, sizeof(x->why), "its server answered %d and is left alone for %s, then asked %u at a time",
		status, wait, x->most);
}

/* The server's own word, if it has one; -1: none. */
static int64_t asked_wait_us(const struct fetch_request *r)
{
	const int64_t ms = fetch_pause_ms(r, most_wait_us / 1000);
	return ms < 0 ? -1 : ms * 1000;
}

static void slow_down(struct http *x, const struct call *c)
{
	const int64_t asked = asked_wait_us(&c->request);
	const bool anew = c->since_us >= x->slowed_us;
	if (anew) {
		x->most = x->most > 1 ? x->most / 2 : 1;
		x->well = 0;
		x->slowed_us = now_us();
		x->pause_us = x->pause_us ? x->pause_us * 2 : first_pause_us;
		if (x->pause_us > most_pause_us)
			x->pause_us = most_pause_us;
	}
	hold(x, asked >= 0 ? asked : x->pause_us, c->request.status);
	if (anew)
		log_warn("processor", "%s: %s", x->p->name, x->why);
	places_changed(x);
}

static void went_well(struct http *x)
{
	x->pause_us = 0;
	if (x->most == x->p->options.http.concurrency || ++x->well <= x->most / RAISE_SHARE)
		return;
	x->well = 0;
	x->most++;
	places_changed(x);
}

/* --- answers ------------------------------------------------------------------------------------------------------ */

static const char *text_in(const json_t *root)
{
	static const char *const names[] = {"error", "detail", "message"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (json_is_string(json_object_get(root, names[i])))
			return json_string_value(json_object_get(root, names[i]));
	return NULL;
}

/* Words of a body without its tags and line ends. */
static void plain(const char *body, size_t length, char *text, size_t size)
{
	size_t n = 0;
	bool tag = false, gap = false;
	for (size_t i = 0; i < length && n + 2 < size; i++) {
		const unsigned char c = (unsigned char)body[i];
		if (c == '<' || c == '>')
			tag = c == '<';
		if (tag || c == '>' || c <= ' ' || c == 0x7f) {
			gap = n > 0;
			continue;
		}
		if (gap)
			text[n++] = ' ';
		gap = false;
		text[n++] = (char)c;
	}
	for (int cut = 0; cut < 3 && n > 0 && !utf8_valid(text, n); cut++) /* the last letter may be half */
		n--;
	text[n] = '\0';
}

/* What the server says in a body that is no result: ": no games in the warehouse", or nothing. */
static void said(const struct fetch_request *r, char *text, size_t size)
{
	json_t *root = r->reply.length > 0 && r->reply.length <= SAID_MOST
			       ? json_loadb(r->reply.data, r->reply.length, 0, NULL)
			       : NULL;
	const char *why = text_in(root);
	text[0] = '\0';
	if (why || r->reply.length > 0) {
		memcpy(text, ": ", 3);
		plain(why ? why : r->reply.data, why ? strlen(why) : r->reply.length, text + 2, size - 2);
		if (!text[2])
			text[0] = '\0';
	}
	json_decref(root);
}

static void answer(struct call *c, int result, bool permanent, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static void answer(struct call *c, int result, bool permanent, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(c->job->error, sizeof(c->job->error), format, arguments);
	va_end(arguments);
	const bool utf8 = utf8_valid(c->job->error, strlen(c->job->error));
	for (unsigned char *at = (unsigned char *)c->job->error; *at; at++) /* the server's words are in it */
		if (*at < ' ' || *at == 0x7f || (!utf8 && *at > 0x7f))
			*at = '?';
	processor_word(c->http->p, c->job->error);
	c->job->result = result;
	c->job->permanent = permanent;
}

/* Nothing came, but the worker has taken it. The version is in an output so that the report is made anew after each. */
static void stored_elsewhere(struct call *c)
{
	struct job *job = c->job;
	str_clear(&job->answer);
	if (job->phase == PHASE_PRECOMPUTE)
		str_printf(&job->answer, "{\"stored\":\"elsewhere\",\"version\":%lld}", (long long)job->live->version);
	else
		str_text(&job->answer, "{\"stored\":\"elsewhere\"}");
	if (job->answer.failed)
		answer(c, -ENOMEM, false, "no memory for the reply");
}

static void taken(struct call *c)
{
	struct fetch_request *r = &c->request;
	const char *body = r->reply.length > 0 ? r->reply.data : "";
	const size_t blanks = strspn(body, " \t\r\n");
	char kind[64] = "none", start[64];

	went_well(c->http);
	c->job->result = 0;
	if (body[blanks] == '{') {
		const struct str mine = c->job->answer;
		c->job->answer = r->reply;
		r->reply = mine;
	} else if (r->status != 204 && r->status != 102 && blanks < r->reply.length &&
		   !c->http->p->options.http.pubsub) {
		fetch_header(r, "Content-Type", kind, sizeof(kind));
		plain(body, r->reply.length, start, sizeof(start));
		answer(c, -EPROTO, true,
			"answered %d with a body that is no JSON object: \"%s\" (Content-Type: %s); a result is one, "
			"else the body is empty",
			r->status, start, kind);
	} else
		stored_elsewhere(c);
}

static void refused(struct call *c, enum verdict verdict)
{
	const struct fetch_request *r = &c->request;
	struct http *x = c->http;
	const bool alone = x->most == 1;
	char why[EXCERPT], to[256];

	said(r, why, sizeof(why));
	if (verdict == MOVED && fetch_header(r, "Location", to, sizeof(to)))
		answer(c, -EPROTO, false,
			"answered %d and sends on to %s, which is not followed: url is to name the place itself",
			r->status, to);
	else
		answer(c, -EREMOTEIO, verdict == NEVER, "answered %d%s", r->status, why);
	if (verdict == BUSY) {
		slow_down(x, c);
		c->job->lost = !alone;
	} else if (verdict == AGAIN && asked_wait_us(r) > 0) {
		hold(x, asked_wait_us(r), r->status);
		places_changed(x);
	}
}

static void too_late(struct call *c)
{
	char limit[DURATION_SIZE];
	const struct fetch_request *r = &c->request;
	answer(c, -ETIMEDOUT, false, "took longer than timeout = %s: %s",
		duration_format(c->http->p->options.timeout_us, limit),
		fetch_port(r) == 0 ? "there was no connection yet"
		: r->status == 0   ? "no reply had come"
				   : "its reply was not whole");
}

static void call_free(struct call *c)
{
	fetch_request_done(&c->request);
	str_done(&c->body);
	free(c);
}

static void end_probe(struct job_probe *probe, const struct fetch_request *r)
{
	if (!probe)
		return;
	probe->answered_us = now_us();
	probe->replied = true;
	if (r->reply.length > 0)
		str_bytes(&probe->reply, r->reply.data, r->reply.length);
}

static void done(void *arg, struct fetch_request *r)
{
	struct call *c = arg;
	struct http *x = c->http;
	struct job *job = c->job;

	if (!x) { /* nobody waits for it any more */
		call_free(c);
		return;
	}
	DL_DELETE(x->calls, c);
	x->p->started += r->connections;
	end_probe(job->probe, r);
	job->place_number = (unsigned)fetch_port(r);
	if (r->result == 0)
		x->p->last_us = r->took_us;
	if (c->cancelled == -ECANCELED || (r->result == -ECANCELED && !c->cancelled)) {
		job->result = -ECANCELED;
		job->lost = true;
		text_format(job->error, sizeof(job->error), "cancelled");
	} else if (r->result == -ECANCELED)
		too_late(c);
	else if (r->result == 0 || (r->status == 102 && r->result == -ECONNRESET)) {
		const enum verdict verdict = verdict_of(r->status);
		if (verdict == TAKEN)
			taken(c);
		else
			refused(c, verdict);
	} else
		answer(c, r->result, false, "%s", r->error);
	call_free(c);
	processor_answered(job);
}

/* --- jobs --------------------------------------------------------------------------------------------------------- */

static void write_body(struct http *x, struct call *c)
{
	const struct processor_options *o = &x->p->options;
	struct job *job = c->job;
	const int64_t now_ms = clock_wall_ms(clock_system()), spent_ms = (now_us() - job->started_us) / 1000;

	job->number = ++x->numbers;
	str_clear(&x->json);
	wire_request(&x->json, job, o->timeout_us ? now_ms + o->timeout_us / 1000 - spent_ms : 0);
	if (!x->json.failed)
		x->json.length--; /* the end of line */
	if (o->http.pubsub)
		wire_envelope(&c->body, job, x->p->name, x->json.data, x->json.length, now_ms);
	else
		str_bytes(&c->body, x->json.data, x->json.length);
	c->body.failed |= x->json.failed;
	if (job->probe && !x->json.failed)
		str_bytes(&job->probe->request, x->json.data, x->json.length);
}

static void start(struct processor *p, struct job *job)
{
	struct http *x = p->state;
	struct call *c = calloc(1, sizeof(*c));
	if (c) {
		c->http = x;
		c->job = job;
		write_body(x, c);
	}
	if (!c || c->body.failed) {
		if (c)
			call_free(c);
		job->result = -ENOMEM;
		text_format(job->error, sizeof(job->error), "no memory for the request");
		processor_answered(job);
		return;
	}
	c->since_us = now_us();
	c->lines[0] = "Content-Type: application/json";
	c->lines[1] = "Accept: application/json";
	if (job->traceparent) {
		text_format(c->trace, sizeof(c->trace), "traceparent: %s", job->traceparent);
		c->lines[2] = c->trace;
	}
	c->request = (struct fetch_request){
		.method = "POST",
		.url = p->options.http.url,
		.header_lines = c->lines,
		.body = c->body.data,
		.body_length = c->body.length,
		.ca_file = p->options.http.ca_file,
		.token_file = p->options.http.token_file,
		.most = p->options.output,
		.done = done,
		.arg = c,
	};
	job->seat = c;
	job->place = JOB_REQUEST;
	DL_APPEND(x->calls, c);
	fetch_start(p->host->fetch, &c->request);
}

static void cancel(struct processor *p, struct job *job, int result)
{
	struct call *c = job->seat;
	if (c->cancelled != -ECANCELED)
		c->cancelled = result;
	fetch_cancel(p->host->fetch, &c->request);
}

/* --- whole -------------------------------------------------------------------------------------------------------- */

static bool waits(const struct processor_options *options)
{
	(void)options;
	return true;
}

static int64_t next_us(const struct processor *p)
{
	const struct http *x = p->state;
	return x->held_us ? x->held_us : INT64_MAX;
}

static void tick(struct processor *p, int64_t now)
{
	struct http *x = p->state;
	if (!x->held_us || now < x->held_us)
		return;
	x->held_us = 0;
	places_changed(x);
}

static void restart(struct processor *p)
{
	struct http *x = p->state;
	x->most = p->options.http.concurrency;
	x->held_us = x->pause_us = 0;
	x->slowed_us = now_us();
	places_changed(x);
}

static const char *trouble(const struct processor *p)
{
	const struct http *x = p->state;
	return x->held_us && x->hold_us >= NOTEWORTHY_US ? x->why : NULL;
}

static int finish(const struct processor *p, struct job *job, struct arena *scratch)
{
	(void)scratch;
	return wire_finish_result(job, p->name, p->options.wrap);
}

static void seats(const struct processor *p, bool (*fn)(void *arg, const struct processor_seat *seat), void *arg)
{
	const struct http *x = p->state;
	const struct call *c;
	DL_FOREACH (x->calls, c) {
		const struct processor_seat seat = {
			.port = fetch_port(&c->request),
			.state = fetch_port(&c->request) ? "busy" : "connecting",
			.age_us = now_us() - c->since_us,
			.job = c->job,
		};
		if (!fn(arg, &seat))
			return;
	}
}

/* Calls that are out still go by themselves. */
static void close_http(struct processor *p)
{
	struct http *x = p->state;
	struct call *c;
	DL_FOREACH (x->calls, c) {
		c->http = NULL;
		fetch_cancel(p->host->fetch, &c->request);
	}
	str_done(&x->json);
	free(x);
	p->state = NULL;
}

static int open_http(struct processor *p, struct err *err)
{
	struct http *x;
	int r = p->host->fetch ? fetch_check_url(p->options.http.url, err)
			       : err_set(err, -ENOTSUP, "nothing is asked by HTTP here");
	if (r == 0)
		r = fetch_use(p->host->fetch, err);
	if (r == 0 && (x = calloc(1, sizeof(*x))) == NULL)
		r = err_set(err, -ENOMEM, "no memory");
	if (r < 0)
		return err_prefix(err, "processor \"%s\"", p->name);
	x->p = p;
	x->most = p->options.http.concurrency;
	p->state = x;
	places_for_slots(&p->places, x->most, false);
	return 0;
}

const struct processor_type processor_http = {
	.name = "http",
	.waits = waits,
	.open = open_http,
	.close = close_http,
	.start = start,
	.cancel = cancel,
	.finish = finish,
	.next_us = next_us,
	.tick = tick,
	.restart = restart,
	.trouble = trouble,
	.troubled = "slowed",
	.seats = seats,
};
