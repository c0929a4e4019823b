/*
 * A bufferevent carries bytes both ways; a ring of expected replies says who hears what. Replies are parsed by
 * hiredis's reader with object functions of our own, that build `struct value` trees in an arena: one reset a reply
 * in place of a malloc an element. The reader has no bound of its own on what a server may announce (`*1000000000`
 * would make stock hiredis calloc 7.6 GB), so the object functions refuse arrays over MAX_ELEMENTS and on_read()
 * refuses to buffer more than MAX_REPLY.
 *
 * Requests are written by hand rather than by redisFormatCommandArgv(): scripts take lists of a thousand arguments,
 * appended one after the other without an argv in between, and the format is one line of printf.
 */
#include "redis/conn.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <hiredis/hiredis.h>

#include "base/arena.h"
#include "base/clock.h"
#include "redis/resolve.h"

enum {
	FAILURE_SIZE = 480, /* a sentence with the name of a file */
	MAX_ELEMENTS = 1 << 20,
	MAX_REPLY = 256 << 20, /* a list of 128 begins of 512 quotes each is under 8 MiB */
	MAX_LINE =
		1 << 20, /* a status, an error, a number or a length; the reader searches it from its begin at each piece */
	HEAR_US = 2000, /* of processor time: all else has its turn before more replies are heard */
	MAX_BUILT = 640 << 20, /* its values, which take more than its bytes: a few bytes each may announce a million */
};

struct expected {
	redis_reply_fn *fn;
	void *data;
	int64_t sent_us;
};

struct redis_conn {
	struct redis_conn_options options;
	struct resolve *resolve;
	struct tls *tls;
	struct bufferevent *bev;
	struct event *more; /* what has come is not all heard yet */
	struct event *failing; /* carries a failure out of the caller's stack into the loop */
	char failure[FAILURE_SIZE];
	redisReader *reader;
	struct arena *arena;
	struct expected *ring; /* power of two */
	unsigned mask, head, count;
	struct addrinfo *addresses, *next_address; /* of the host; tried one after the other */
	bool connected;
	bool too_large; /* the reply that is being built */
	bool dead; /* on_lost was called: nothing is heard or said any more */
	struct hearing *hearing; /* on the stack of who hands a reply out; NULL: nobody does */
};

/* --- building values -------------------------------------------------------------------------------------------- */

static struct value *place(const redisReadTask *task)
{
	struct redis_conn *c = task->privdata;
	if (!task->parent)
		return arena_alloc(c->arena, sizeof(struct value));
	struct value *parent = task->parent->obj;
	return &parent->items[task->idx];
}

static bool fits(struct redis_conn *c, size_t more)
{
	c->too_large |= more > MAX_BUILT || arena_size(c->arena) + more > MAX_BUILT;
	return !c->too_large;
}

static void *create_string(const redisReadTask *task, char *text, size_t length)
{
	static const enum value_type types[] = {
		[REDIS_REPLY_STRING] = VALUE_STRING,
		[REDIS_REPLY_STATUS] = VALUE_STATUS,
		[REDIS_REPLY_ERROR] = VALUE_ERROR,
	};
	struct redis_conn *c = task->privdata;
	struct value *v = fits(c, length) ? place(task) : NULL;
	if (!v)
		return NULL;
	v->type = types[task->type];
	v->text = arena_text(c->arena, text, length);
	v->length = length;
	return v->text ? v : NULL;
}

static void *create_array(const redisReadTask *task, int elements)
{
	struct redis_conn *c = task->privdata;
	c->too_large |= elements > MAX_ELEMENTS;
	if (elements < 0 || !fits(c, sizeof(struct value) * (size_t)elements))
		return NULL;
	struct value *v = place(task);
	if (!v)
		return NULL;
	v->type = VALUE_ARRAY;
	v->count = (size_t)elements;
	v->items = arena_zalloc(c->arena, sizeof(struct value) * (size_t)(elements ? elements : 1));
	return v->items ? v : NULL;
}

static void *create_integer(const redisReadTask *task, long long number)
{
	struct value *v = place(task);
	if (v) {
		v->type = VALUE_INTEGER;
		v->integer = number;
	}
	return v;
}

static void *create_nil(const redisReadTask *task)
{
	struct value *v = place(task);
	if (v)
		v->type = VALUE_NIL;
	return v;
}

static void free_nothing(void *value)
{
	(void)value; /* the arena owns it */
}

static redisReplyObjectFunctions object_functions = {
	.createString = create_string,
	.createArray = create_array,
	.createInteger = create_integer,
	.createNil = create_nil,
	.freeObject = free_nothing,
};

/* --- losing it -------------------------------------------------------------------------------------------------- */

static void lost(struct redis_conn *c, const char *why)
{
	char text[sizeof(c->failure)];
	if (c->dead)
		return;
	c->dead = true;
	if (c->bev)
		bufferevent_disable(c->bev, EV_READ | EV_WRITE);
	text_format(text, sizeof(text), "%s", why);
	c->options.on_lost(c->options.arg, text);
}

static void on_failing(evutil_socket_t fd, short what, void *arg)
{
	struct redis_conn *c = arg;
	(void)fd, (void)what;
	lost(c, c->failure);
}

/* From inside a caller's call: tell him from the loop. */
static void fail_later(struct redis_conn *c, const char *why)
{
	text_format(c->failure, sizeof(c->failure), "%s", why);
	event_active(c->failing, EV_TIMEOUT, 0);
}

/* --- bytes in --------------------------------------------------------------------------------------------------- */

static struct expected take_expected(struct redis_conn *c)
{
	struct expected e = c->ring[c->head & c->mask];
	c->head++;
	c->count--;
	return e;
}

/* How long the oldest request has been waiting; 0: nothing is owed. */
static int64_t waited_us(const struct redis_conn *c)
{
	return c->count ? clock_mono_us(clock_system()) - c->ring[c->head & c->mask].sent_us : 0;
}

/* Redis says in an error why it will not have us (too many clients, protected mode), and closes. */
static void unasked(struct redis_conn *c, const struct value *reply)
{
	char text[FAILURE_SIZE];
	if (value_is_error(reply)) {
		text_format(text, sizeof(text), "Redis said: %s", reply->text);
		lost(c, text);
	} else
		lost(c, "a reply that nobody asked for");
}

/* What the reader waits for the rest of will be too large: a line without end, or a string that says so at its head. */
static bool is_endless(const redisReader *r)
{
	const int type = r->ridx >= 0 ? r->rstack[r->ridx].type : 0;
	char *end;
	if (type == REDIS_REPLY_STRING && r->pos < r->len) {
		const long long announced = strtoll(r->buf + r->pos, &end, 10); /* a NUL stands behind what came */
		return *end == '\r' && announced > MAX_REPLY;
	}
	return type > 0 && type != REDIS_REPLY_STRING && r->len - r->pos > MAX_LINE;
}

static void unreadable(struct redis_conn *c)
{
	char text[FAILURE_SIZE];
	if (c->too_large) {
		lost(c, REDIS_TOO_LARGE);
		return;
	}
	text_format(text, sizeof(text), "what it says is no reply of Redis: %s", c->reader->errstr);
	lost(c, text);
}

/* The next piece into the reader: a piece at a time, so that its buffer stays near the size of one reply. */
static int feed(struct redis_conn *c, struct evbuffer *input)
{
	struct evbuffer_iovec piece;
	evbuffer_peek(input, -1, NULL, &piece, 1);
	if (redisReaderFeed(c->reader, piece.iov_base, piece.iov_len) != REDIS_OK || c->reader->len > MAX_REPLY)
		return -EMSGSIZE;
	evbuffer_drain(input, piece.iov_len);
	return 0;
}

/* The next whole reply: 1, 0 there is none yet, or -1, lost. */
static int next_reply(struct redis_conn *c, struct evbuffer *input, void **ret)
{
	for (;;) {
		*ret = NULL;
		if (redisReaderGetReply(c->reader, ret) != REDIS_OK) {
			unreadable(c);
			return -1;
		}
		if (*ret)
			return 1;
		const bool endless = is_endless(c->reader);
		if (!endless && evbuffer_get_length(input) == 0)
			return 0;
		if (endless || feed(c, input) < 0) {
			lost(c, REDIS_TOO_LARGE);
			return -1;
		}
	}
}

/* A connection may be freed by who is told a reply; the reply lasts until he returns. */
struct hearing {
	bool gone;
	struct arena *arena; /* left behind */
};

/* Takes what has come, for some time unless all of it is wanted; what is left then waits for the loop's next pass, so that
 * all else has its turn. False: the connection is lost, and maybe freed. */
static bool hear(struct redis_conn *c, bool all)
{
	struct evbuffer *input = bufferevent_get_input(c->bev);
	const int64_t until_us = all ? INT64_MAX : clock_thread_us() + HEAR_US;
	struct hearing hearing = {0};
	void *reply;
	int r;

	if (c->dead)
		return false;
	c->hearing = &hearing;
	while ((r = next_reply(c, input, &reply)) > 0) {
		if (c->count == 0) {
			unasked(c, reply);
			goto out;
		}
		struct expected e = take_expected(c);
		e.fn(c->options.arg, e.data, reply);
		if (hearing.gone)
			goto out;
		arena_reset(c->arena);
		if (clock_thread_us() >= until_us && !c->dead) {
			event_add(c->more, &(struct timeval){0});
			goto out;
		}
	}
	/* A reply that trickles in is never a silence, but it is late all the same. */
	if (r == 0 && waited_us(c) >= c->options.reply_limit_us)
		lost(c, "no reply within the time limit");
out:
	if (hearing.gone) {
		arena_free(hearing.arena);
		return false;
	}
	c->hearing = NULL;
	return !c->dead;
}

static void on_more(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	hear(arg, false);
}

static void on_read(struct bufferevent *bev, void *arg)
{
	(void)bev;
	hear(arg, false);
}

/* The end of a connection, with all that the server said before. A write that fails may come before the read of what it
 * said when it closed: that is the better reason. False: the connection was lost over it, and maybe freed. */
static bool hear_last(struct redis_conn *c, bool failed)
{
	struct evbuffer *input = bufferevent_get_input(c->bev);
	if (!c->connected)
		return true;
	if (failed && !c->tls)
		evbuffer_read(input, bufferevent_getfd(c->bev), -1);
	if (evbuffer_get_length(input) == 0 && !event_pending(c->more, EV_TIMEOUT, NULL))
		return true;
	return hear(c, true);
}

static int try_addresses(struct redis_conn *c);

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct redis_conn *c = arg;
	char detail[FAILURE_SIZE] = "";
	int error = EVUTIL_SOCKET_ERROR();

	if (c->dead)
		return;
	if (what & BEV_EVENT_CONNECTED) {
		int one = 1;
		if (!c->options.url.path[0])
			setsockopt(bufferevent_getfd(bev), IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		c->connected = true;
		c->options.on_connected(c->options.arg);
		return;
	}
	if ((what & (BEV_EVENT_ERROR | BEV_EVENT_EOF)) && !hear_last(c, what & BEV_EVENT_ERROR))
		return;
	if (what & BEV_EVENT_TIMEOUT) {
		if (c->connected && waited_us(c) < c->options.reply_limit_us) {
			bufferevent_enable(bev, EV_READ); /* nothing is owed: silence is fine */
			return;
		}
		text_format(detail, sizeof(detail), "%s within the time limit",
			c->connected ? "no reply" : "could not connect");
	} else if (c->tls && tls_error(c->tls, bev, detail, sizeof(detail))[0]) {
		lost(c, detail); /* no use in asking the host's other addresses */
		return;
	} else
		text_format(detail, sizeof(detail), "%s", what & BEV_EVENT_EOF ? "closed by Redis" : strerror(error));
	if (c->connected || try_addresses(c) < 0)
		lost(c, detail);
}

/* --- connecting ------------------------------------------------------------------------------------------------- */

static int open_bufferevent(struct redis_conn *c, int family)
{
	const struct redis_url *url = &c->options.url;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	c->bev = c->tls ? tls_bufferevent(c->tls, c->options.base, fd, url->host)
			: bufferevent_socket_new(c->options.base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!c->bev) {
		close(fd);
		return -ENOMEM;
	}
	const struct timeval limit = {.tv_sec = (time_t)(c->options.reply_limit_us / 1000000),
		.tv_usec = (suseconds_t)(c->options.reply_limit_us % 1000000)};
	bufferevent_setcb(c->bev, on_read, NULL, on_event, c);
	bufferevent_set_timeouts(c->bev, &limit, NULL);
	bufferevent_setwatermark(c->bev, EV_READ, 0, 1 << 20);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
	return 0;
}

static int connect_unix(struct redis_conn *c)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int r = open_bufferevent(c, AF_UNIX);
	if (r < 0)
		return r;
	text_format(address.sun_path, sizeof(address.sun_path), "%s", c->options.url.path);
	return bufferevent_socket_connect(c->bev, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

/* The next address of the host to which a connection can be begun; -errno: there is none (left). */
static int try_addresses(struct redis_conn *c)
{
	int r = -ENOENT;
	while (c->next_address) {
		const struct addrinfo *a = c->next_address;
		c->next_address = a->ai_next;
		if (c->bev)
			bufferevent_free(c->bev);
		c->bev = NULL;
		r = open_bufferevent(c, a->ai_family);
		if (r == 0 && bufferevent_socket_connect(c->bev, a->ai_addr, (int)a->ai_addrlen) < 0)
			r = -errno;
		if (r == 0)
			break;
	}
	return r;
}

static void on_resolved(void *arg, struct addrinfo *list, const char *why)
{
	struct redis_conn *c = arg;
	c->resolve = NULL;
	if (!list) {
		char text[200];
		text_format(text, sizeof(text), "host %s: %s", c->options.url.host, why);
		lost(c, text);
		return;
	}
	c->addresses = c->next_address = list;
	int r = try_addresses(c);
	if (r < 0)
		fail_later(c, strerror(-r));
}

struct redis_conn *redis_conn_new(const struct redis_conn_options *options)
{
	struct redis_conn *c = calloc(1, sizeof(*c));
	int r = 0;

	if (!c)
		return NULL;
	c->options = *options;
	c->mask = 255;
	c->ring = calloc(c->mask + 1, sizeof(*c->ring));
	c->arena = arena_new();
	c->reader = redisReaderCreateWithFunctions(&object_functions);
	c->failing = event_new(options->base, -1, 0, on_failing, c);
	c->more = event_new(options->base, -1, 0, on_more, c);
	if (!c->ring || !c->arena || !c->reader || !c->failing || !c->more)
		goto fail;
	c->reader->privdata = c;
	if (options->url.tls) {
		c->tls = tls_new(&options->tls, c->failure, sizeof(c->failure));
		if (!c->tls) {
			event_active(c->failing, EV_TIMEOUT, 0);
			return c;
		}
	}
	if (options->url.path[0])
		r = connect_unix(c);
	else {
		c->resolve = resolve_start(options->base, options->url.host, options->url.port, on_resolved, c);
		if (!c->resolve)
			goto fail;
	}
	if (r < 0)
		fail_later(c, strerror(-r));
	return c;
fail:
	redis_conn_free(c);
	return NULL;
}

void redis_conn_free(struct redis_conn *c)
{
	if (!c)
		return;
	if (c->hearing)
		*c->hearing = (struct hearing){.gone = true, .arena = c->arena};
	else
		arena_free(c->arena);
	resolve_cancel(c->resolve);
	if (c->bev)
		bufferevent_free(c->bev);
	if (c->addresses)
		freeaddrinfo(c->addresses);
	tls_free(c->tls);
	if (c->failing)
		event_free(c->failing);
	if (c->more)
		event_free(c->more);
	if (c->reader)
		redisReaderFree(c->reader);
	free(c->ring);
	free(c);
}

/* --- requests --------------------------------------------------------------------------------------------------- */

void redis_request_done(struct redis_request *r)
{
	str_done(&r->body);
	r->count = 0;
}

void redis_arg_bytes(struct redis_request *r, const void *data, size_t length)
{
	str_char(&r->body, '$');
	str_int(&r->body, (int64_t)length);
	str_bytes(&r->body, "\r\n", 2);
	str_bytes(&r->body, data, length);
	str_bytes(&r->body, "\r\n", 2);
	r->count++;
}

void redis_arg(struct redis_request *r, const char *text)
{
	redis_arg_bytes(r, text, strlen(text));
}

void redis_arg_int(struct redis_request *r, int64_t number)
{
	char text[24];
	redis_arg_bytes(r, text, text_format(text, sizeof(text), "%lld", (long long)number));
}

void redis_arg_format(struct redis_request *r, const char *format, ...)
{
	char text[512];
	va_list list;
	va_start(list, format);
	int length = vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	assert(length >= 0 && (size_t)length < sizeof(text));
	redis_arg_bytes(r, text, (size_t)length);
}

static int grow_ring(struct redis_conn *c)
{
	unsigned size = (c->mask + 1) * 2;
	struct expected *ring = calloc(size, sizeof(*ring));
	if (!ring)
		return -ENOMEM;
	for (unsigned i = 0; i < c->count; i++)
		ring[i] = c->ring[(c->head + i) & c->mask];
	free(c->ring);
	c->ring = ring;
	c->mask = size - 1;
	c->head = 0;
	return 0;
}

int redis_send(struct redis_conn *c, struct redis_request *r, redis_reply_fn *fn, void *data)
{
	char head[16];
	int result = 0;

	assert(r->count > 0);
	if (!c->bev || r->body.failed || (c->count > c->mask && grow_ring(c) < 0)) {
		result = -ENOMEM;
		goto out;
	}
	size_t length = text_format(head, sizeof(head), "*%u\r\n", r->count);
	struct evbuffer *output = bufferevent_get_output(c->bev);
	if (evbuffer_add(output, head, length) < 0 || evbuffer_add(output, r->body.data, r->body.length) < 0) {
		result = -ENOMEM;
		goto out;
	}
	c->ring[(c->head + c->count++) & c->mask] =
		(struct expected){.fn = fn, .data = data, .sent_us = clock_mono_us(clock_system())};
out:
	if (result < 0)
		fail_later(c, "no memory for a request");
	str_clear(&r->body);
	r->body.failed = false;
	r->count = 0;
	return result;
}

unsigned redis_conn_outstanding(const struct redis_conn *c)
{
	return c->count;
}

size_t redis_conn_backlog(const struct redis_conn *c)
{
	return c->bev ? evbuffer_get_length(bufferevent_get_output(c->bev)) : 0;
}
