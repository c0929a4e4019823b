/*
 * A connection is always in one of these states, each with its own time limit:
 *	WAITING		for the first byte		first_byte_us, then closed without a word
 *	READING		its head is not whole		request_us, then 408
 *	SENDING		the answer leaves		write_us, then cut
 *	LINGERING	all is sent			linger_us
 * Lingering: what the client still sends is read and thrown away, and only its end is written to. Closed at once with
 * bytes unread, the kernel would reset the connection, and the client might never see the answer that says what is wrong.
 */
#include "web/server.h"

#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/socket.h"
#include "web/head.h"

#define BACKLOG 64
#define ACCEPT_PAUSE_US 200000
#define TEXT_TYPE "text/plain; charset=utf-8"

enum state { WAITING, READING, SENDING, LINGERING };

struct client {
	struct web *web;
	struct bufferevent *bev;
	struct event *deadline; /* of the present state */
	enum state state;
	LIST_ENTRY(client) link;
};

struct web {
	struct event_base *base;
	struct web_options options;
	struct web_stats stats;
	const struct web_page *pages;
	void *arg;
	struct evconnlistener *accept;
	struct event *resume;
	struct log_flood flood_accept, flood_refuse;
	struct str body; /* of the answer that is made: kept for the next */
	LIST_HEAD(, client) clients;
};

static const struct {
	int status;
	const char *reason;
} statuses[WEB_STATUSES] = {
	[WEB_OK] = {200, "OK"},
	[WEB_BAD_REQUEST] = {400, "Bad Request"},
	[WEB_NOT_FOUND] = {404, "Not Found"},
	[WEB_NOT_ALLOWED] = {405, "Method Not Allowed"},
	[WEB_TIMEOUT] = {408, "Request Timeout"},
	[WEB_TOO_LARGE] = {431, "Request Header Fields Too Large"},
	[WEB_FAILED] = {500, "Internal Server Error"},
	[WEB_UNAVAILABLE] = {503, "Service Unavailable"},
	[WEB_VERSION] = {505, "HTTP Version Not Supported"},
};
const char *const web_status_codes[] = {"200", "400", "404", "405", "408", "431", "500", "503", "505", NULL};

struct web_options web_options_default(void)
{
	return (struct web_options){
		.first_byte_us = 5000000,
		.request_us = 10000000,
		.write_us = 30000000,
		.linger_us = 2000000,
		.connections_max = 32,
	};
}

static struct timeval to_timeval(int64_t us)
{
	return (struct timeval){.tv_sec = us / 1000000, .tv_usec = us % 1000000};
}

static void enter(struct client *c, enum state state, int64_t limit_us)
{
	const struct timeval limit = to_timeval(limit_us);
	c->state = state;
	event_add(c->deadline, &limit);
}

static void client_free(struct client *c)
{
	LIST_REMOVE(c, link);
	c->web->stats.connections--;
	if (c->bev)
		bufferevent_free(c->bev);
	if (c->deadline)
		event_free(c->deadline);
	free(c);
}

static void cut(struct client *c, const char *why)
{
	log_debug("web", "client cut: %s", why);
	c->web->stats.cut++;
	client_free(c);
}

/* The head of an answer, into `out`. */
static void put_head(struct str *out, enum web_status status, const char *type, size_t length)
{
	char date[64];
	const time_t now = time(NULL);
	struct tm tm;
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &tm));
	str_printf(out, "HTTP/1.1 %d %s\r\nDate: %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s",
		statuses[status].status, statuses[status].reason, date, type, length,
		status == WEB_NOT_ALLOWED ? "Allow: GET, HEAD\r\n" : "");
	str_text(out, "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n");
}

/* The answer, and no more requests. */
static void answer(struct client *c, enum web_status status, const char *type, const struct str *body, bool head_only)
{
	struct evbuffer *output = bufferevent_get_output(c->bev);
	struct str head = {0};
	put_head(&head, status, type, body->length);
	c->web->stats.answers[status]++;
	bufferevent_disable(c->bev, EV_READ);
	enter(c, SENDING, c->web->options.write_us);
	const bool sent = !head.failed && !body->failed && evbuffer_add(output, head.data, head.length) == 0 &&
			  (head_only || evbuffer_add(output, body->data, body->length) == 0);
	str_done(&head);
	if (!sent)
		cut(c, "out of memory");
}

static enum web_status status_of(int status)
{
	for (int i = 0; i < WEB_STATUSES; i++)
		if (statuses[i].status == status)
			return (enum web_status)i;
	return WEB_FAILED;
}

/* A sentence for a person. */
static void refuse(struct client *c, enum web_status status, const char *why, bool head_only)
{
	struct str *body = &c->web->body;
	str_clear(body);
	str_printf(body, "%d %s: %s\n", statuses[status].status, statuses[status].reason, why);
	answer(c, status, TEXT_TYPE, body, head_only);
}

static void refuse_unknown(struct client *c, bool head_only)
{
	struct str why = {0};
	str_text(&why, "there is no such page; there are");
	for (const struct web_page *p = c->web->pages; p->path; p++)
		str_printf(&why, "%s %s", p == c->web->pages ? "" : p[1].path ? "," : " and", p->path);
	refuse(c, WEB_NOT_FOUND, why.failed ? "there is no such page" : why.data, head_only);
	str_done(&why);
}

static void serve(struct client *c, const struct web_head *head)
{
	struct web *web = c->web;
	for (const struct web_page *p = web->pages; p->path; p++) {
		if (strcmp(p->path, head->path) != 0)
			continue;
		str_clear(&web->body);
		const int status = p->render(web->arg, &web->body);
		if (web->body.failed)
			refuse(c, WEB_FAILED, "out of memory", head->head_only);
		else
			answer(c, status_of(status), p->type, &web->body, head->head_only);
		return;
	}
	refuse_unknown(c, head->head_only);
}

static void on_read(struct bufferevent *bev, void *user)
{
	struct client *c = user;
	struct evbuffer *input = bufferevent_get_input(bev);
	const size_t length = evbuffer_get_length(input);
	if (c->state >= SENDING) {
		evbuffer_drain(input, length);
		return;
	}
	const char *bytes = (const char *)evbuffer_pullup(input, -1), *why = NULL;
	struct web_head head = {0};
	if (!bytes) {
		cut(c, "out of memory");
		return;
	}
	const int status = web_head_parse(bytes, length, &head, &why);
	if (status == 200)
		serve(c, &head);
	else if (status > 0)
		refuse(c, status_of(status), why, head.head_only);
	else if (c->state == WAITING)
		enter(c, READING, c->web->options.request_us);
}

static void on_write(struct bufferevent *bev, void *user)
{
	struct client *c = user;
	if (c->state != SENDING || evbuffer_get_length(bufferevent_get_output(bev)) > 0)
		return;
	shutdown(bufferevent_getfd(bev), SHUT_WR);
	enter(c, LINGERING, c->web->options.linger_us);
	evbuffer_drain(bufferevent_get_input(bev), evbuffer_get_length(bufferevent_get_input(bev)));
	bufferevent_enable(bev, EV_READ);
}

static void on_event(struct bufferevent *bev, short what, void *user)
{
	struct client *c = user;
	if ((what & BEV_EVENT_EOF) && c->state == READING)
		refuse(c, WEB_BAD_REQUEST, "the request ends before its head does", false);
	else if ((what & BEV_EVENT_ERROR) || c->state != SENDING)
		client_free(c);
	(void)bev;
}

static void on_deadline(evutil_socket_t fd, short what, void *user)
{
	struct client *c = user;
	(void)fd, (void)what;
	if (c->state == READING)
		refuse(c, WEB_TIMEOUT, "the request was not complete in time", false);
	else if (c->state == LINGERING)
		client_free(c);
	else
		cut(c, c->state == WAITING ? "no request" : "it does not read its answer");
}

/* Tells a client that is not let in, as far as its socket takes the line at once. */
static void turn_away(struct web *web, int fd)
{
	static const char body[] = "503 Service Unavailable: too many connections are open; try again\n";
	struct str out = {0};
	put_head(&out, WEB_UNAVAILABLE, TEXT_TYPE, sizeof(body) - 1);
	str_text(&out, body);
	web->stats.answers[WEB_UNAVAILABLE]++;
	log_flooding(&web->flood_refuse, LOG_LEVEL_WARN, "web",
		"connection refused: %u are open, the most there may be", web->options.connections_max);
	if (!out.failed) {
		ssize_t sent = send(fd, out.data, out.length, MSG_DONTWAIT | MSG_NOSIGNAL);
		(void)sent; /* nobody is owed this */
	}
	str_done(&out);
	close(fd);
}

static void on_accept(struct evconnlistener *accept, evutil_socket_t fd, struct sockaddr *address, int size, void *user)
{
	struct web *web = user;
	(void)accept, (void)address, (void)size;
	if (web->stats.connections >= web->options.connections_max) {
		turn_away(web, fd);
		return;
	}
	struct client *c = calloc(1, sizeof(*c));
	if (!c) {
		close(fd);
		return;
	}
	c->web = web;
	LIST_INSERT_HEAD(&web->clients, c, link);
	web->stats.connections++;
	c->bev = bufferevent_socket_new(web->base, fd, BEV_OPT_CLOSE_ON_FREE);
	c->deadline = evtimer_new(web->base, on_deadline, c);
	if (!c->bev || !c->deadline) {
		if (!c->bev)
			close(fd);
		client_free(c);
		return;
	}
	bufferevent_setcb(c->bev, on_read, on_write, on_event, c);
	bufferevent_setwatermark(c->bev, EV_READ, 0, WEB_HEAD_MAX);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
	enter(c, WAITING, web->options.first_byte_us);
}

/* Out of descriptors, say: the waiting connection would otherwise wake the loop without end. */
static void on_accept_error(struct evconnlistener *accept, void *user)
{
	struct web *web = user;
	const struct timeval pause = to_timeval(ACCEPT_PAUSE_US);
	log_flooding(&web->flood_accept, LOG_LEVEL_ERR, "web", "cannot accept, will retry in 200 ms: %s",
		strerror(EVUTIL_SOCKET_ERROR()));
	evconnlistener_disable(accept);
	event_add(web->resume, &pause);
}

static void on_resume(evutil_socket_t fd, short what, void *user)
{
	(void)fd, (void)what;
	evconnlistener_enable(((struct web *)user)->accept);
}

static int open_socket(const char *text, int *ret_fd, struct err *err)
{
	struct sockaddr_storage address;
	socklen_t length;
	const int yes = 1;
	int r = socket_inet_address(text, &address, &length);
	if (r < 0)
		return err_set(err, r, "\"%s\" is no address and port, as in 127.0.0.1:9464 or [::1]:9464", text);
	int fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_set(err, -errno, "cannot make a socket for %s: %s", text, strerror(errno));
	/* Connections of a process before us, that are still closing, keep nobody from listening. */
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, (const struct sockaddr *)&address, length) < 0 || listen(fd, BACKLOG) < 0) {
		r = err_set(err, -errno, "cannot listen on %s: %s%s", text, strerror(errno),
			errno == EADDRINUSE ? "; another process, maybe another propsd, listens there" : "");
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

int web_new(struct event_base *base, const char *address, const struct web_options *options,
	const struct web_page *pages, void *arg, struct web **ret, struct err *err)
{
	int fd = -1;
	int r = open_socket(address, &fd, err);
	if (r < 0)
		return r;
	struct web *web = calloc(1, sizeof(*web));
	if (!web) {
		close(fd);
		return err_set(err, -ENOMEM, "no memory for the web server");
	}
	web->base = base;
	web->options = options ? *options : web_options_default();
	web->pages = pages;
	web->arg = arg;
	LIST_INIT(&web->clients);
	web->resume = evtimer_new(base, on_resume, web);
	web->accept = evconnlistener_new(base, on_accept, web, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	if (!web->accept)
		close(fd);
	if (!web->accept || !web->resume) {
		web_free(web);
		return err_set(err, -ENOMEM, "no memory for the web server");
	}
	evconnlistener_set_error_cb(web->accept, on_accept_error);
	*ret = web;
	return 0;
}

void web_free(struct web *web)
{
	if (!web)
		return;
	while (!LIST_EMPTY(&web->clients))
		client_free(LIST_FIRST(&web->clients));
	if (web->accept)
		evconnlistener_free(web->accept);
	if (web->resume)
		event_free(web->resume);
	str_done(&web->body);
	free(web);
}

struct web_stats web_stats(const struct web *web)
{
	return web ? web->stats : (struct web_stats){0};
}
