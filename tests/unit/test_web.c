/*
 * The web server with real sockets: it and its clients share one event loop, so every wait is a wait for a condition. Time
 * limits that should strike are some milliseconds, those that should not are far off.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "metrics/metrics.h"
#include "web/head.h"
#include "web/server.h"

#define SHORT_US 20000
#define LONG_US INT64_C(600000000)
#define BIG (32 << 20)

static struct event_base *base;
static struct web *web;
static unsigned short port;
static int rendered;

struct client {
	struct event *readable;
	int fd;
	bool closed;
	char *input;
	size_t length;
};

static int small_page(void *arg, struct str *body)
{
	assert_ptr_equal(arg, &rendered);
	rendered++;
	str_text(body, "small\n");
	return 200;
}

static int ill_page(void *arg, struct str *body)
{
	(void)arg;
	str_text(body, "ill\n");
	return 503;
}

static int big_page(void *arg, struct str *body)
{
	static const char piece[4096];
	(void)arg;
	while (body->length < BIG)
		str_bytes(body, piece, sizeof(piece));
	return 200;
}

static const struct web_page pages[] = {
	{"/small", "text/plain", small_page},
	{"/ill", "application/json", ill_page},
	{"/big", "text/plain", big_page},
	{0},
};

static struct web_options patient(void)
{
	return (struct web_options){.first_byte_us = LONG_US,
		.request_us = LONG_US,
		.write_us = LONG_US,
		.linger_us = LONG_US,
		.connections_max = 4};
}

static void start(struct web_options options)
{
	struct err err;
	int r = -EADDRINUSE;
	base = event_base_new();
	rendered = 0;
	for (port = (unsigned short)(15000 + getpid() % 10000); r == -EADDRINUSE; port++) {
		char address[32];
		snprintf(address, sizeof(address), "127.0.0.1:%u", port);
		r = web_new(base, address, &options, pages, &rendered, &web, &err);
	}
	port--;
	if (r < 0)
		fail_msg("%s", err.text);
}

static int stop(void **state)
{
	(void)state;
	web_free(web);
	web = NULL;
	event_base_free(base);
	return 0;
}

static void on_readable(evutil_socket_t fd, short what, void *user)
{
	struct client *c = user;
	char piece[65536];
	(void)what;
	const ssize_t n = read(fd, piece, sizeof(piece));
	if (n > 0) {
		c->input = realloc(c->input, c->length + (size_t)n + 1);
		memcpy(c->input + c->length, piece, (size_t)n);
		c->length += (size_t)n;
		c->input[c->length] = '\0';
	} else if (n == 0 || errno != EAGAIN) {
		c->closed = true;
		event_del(c->readable);
	}
}

static struct client *connect_client(bool reads)
{
	struct client *c = calloc(1, sizeof(*c));
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(c->fd, (struct sockaddr *)&address, sizeof(address)), 0);
	evutil_make_socket_nonblocking(c->fd);
	c->readable = event_new(base, c->fd, EV_READ | EV_PERSIST, on_readable, c);
	if (reads)
		event_add(c->readable, NULL);
	return c;
}

static void leave(struct client *c)
{
	event_free(c->readable);
	close(c->fd);
	free(c->input);
	free(c);
}

static void turn(void)
{
	assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
}

/* All of it, or until the server has closed. */
static void say(struct client *c, const char *text)
{
	size_t rest = strlen(text);
	while (rest > 0) {
		const ssize_t n = send(c->fd, text, rest, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			return;
		if (n < 0) {
			turn();
			continue;
		}
		text += n;
		rest -= (size_t)n;
	}
}

static const char *heard(struct client *c)
{
	while (!c->closed)
		turn();
	return c->input ? c->input : "";
}

static void wait_connections(unsigned n)
{
	while (web_stats(web).connections != n)
		turn();
}

static void begins(struct client *c, const char *text)
{
	if (strncmp(heard(c), text, strlen(text)) != 0)
		fail_msg("wanted %s, heard %s", text, heard(c));
}

static void asked(const char *request, const char *head, const char *body)
{
	struct client *c = connect_client(true);
	say(c, request);
	begins(c, head);
	const char *at = strstr(heard(c), "\r\n\r\n");
	assert_non_null(at);
	assert_string_equal(at + 4, body);
	assert_non_null(strstr(heard(c), "\r\nConnection: close\r\n"));
	leave(c);
}

static void pages_are_answered(void **state)
{
	(void)state;
	start(patient());
	asked("GET /small HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\n", "small\n");
	asked("HEAD /small HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\n", "");
	asked("GET /ill HTTP/1.0\r\n\r\n", "HTTP/1.1 503 Service Unavailable\r\n", "ill\n");
	asked("GET /none HTTP/1.0\r\n\r\n", "HTTP/1.1 404 Not Found\r\n",
		"404 Not Found: there is no such page; there are /small, /ill and /big\n");
	asked("PUT /small HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 405 Method Not Allowed\r\n",
		"405 Method Not Allowed: only GET and HEAD are answered here\n");
	wait_connections(0);
	assert_int_equal(rendered, 2);
	assert_int_equal(web_stats(web).answers[WEB_OK], 2);
	assert_int_equal(web_stats(web).answers[WEB_NOT_ALLOWED], 1);
}

static void who_only_closes_his_side_has_his_answer(void **state)
{
	(void)state;
	start(patient());
	struct client *c = connect_client(true);
	say(c, "GET /small HTTP/1.0\r\n\r\n");
	shutdown(c->fd, SHUT_WR);
	begins(c, "HTTP/1.1 200");
	leave(c);
	c = connect_client(true);
	say(c, "GET /small HT");
	shutdown(c->fd, SHUT_WR);
	begins(c, "HTTP/1.1 400");
	leave(c);
	wait_connections(0);
}

/* More than what is read of it: closed at once with bytes unread the answer would be lost. */
static void a_head_too_large_is_told_so(void **state)
{
	(void)state;
	static char text[8 * WEB_HEAD_MAX];
	start(patient());
	struct client *c = connect_client(true);
	memset(text, 'a', sizeof(text) - 1);
	memcpy(text, "GET /small HTTP/1.0\r\nA: ", 24);
	say(c, text);
	begins(c, "HTTP/1.1 431 Request Header Fields Too Large\r\n");
	leave(c);
	wait_connections(0);
	assert_int_equal(rendered, 0);
}

static void a_slow_request_ends(void **state)
{
	(void)state;
	struct web_options options = patient();
	options.request_us = SHORT_US;
	start(options);
	struct client *c = connect_client(true);
	say(c, "GET /small HT");
	begins(c, "HTTP/1.1 408 Request Timeout\r\n");
	leave(c);
	wait_connections(0);
}

static void who_says_nothing_is_closed(void **state)
{
	(void)state;
	struct web_options options = patient();
	options.first_byte_us = SHORT_US;
	start(options);
	struct client *c = connect_client(true);
	assert_string_equal(heard(c), "");
	leave(c);
	assert_int_equal(web_stats(web).cut, 1);
}

static void who_does_not_read_is_closed(void **state)
{
	(void)state;
	struct web_options options = patient();
	options.write_us = SHORT_US;
	start(options);
	struct client *c = connect_client(false);
	say(c, "GET /big HTTP/1.0\r\n\r\n");
	wait_connections(1);
	wait_connections(0);
	assert_int_equal(web_stats(web).cut, 1);
	leave(c);
}

static void who_does_not_close_is_closed(void **state)
{
	(void)state;
	struct web_options options = patient();
	options.linger_us = SHORT_US;
	start(options);
	struct client *c = connect_client(true);
	say(c, "GET /small HTTP/1.0\r\n\r\n");
	begins(c, "HTTP/1.1 200");
	wait_connections(0);
	assert_int_equal(web_stats(web).cut, 0);
	leave(c);
}

static void so_many_and_no_more(void **state)
{
	(void)state;
	struct client *c[4];
	start(patient());
	for (unsigned i = 0; i < 4; i++)
		c[i] = connect_client(true);
	wait_connections(4);
	struct client *more = connect_client(true);
	begins(more, "HTTP/1.1 503 Service Unavailable\r\n");
	leave(more);
	for (unsigned i = 0; i < 4; i++)
		leave(c[i]);
	wait_connections(0);
	asked("GET /small HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\n", "small\n");
}

static void a_port_in_use_and_an_address_of_others_say_so(void **state)
{
	(void)state;
	struct web *second = NULL;
	struct err err;
	char address[32];
	start(patient());
	snprintf(address, sizeof(address), "127.0.0.1:%u", port);
	assert_int_equal(web_new(base, address, NULL, pages, NULL, &second, &err), -EADDRINUSE);
	assert_non_null(strstr(err.text, address));
	assert_non_null(strstr(err.text, "another process, maybe another propsd, listens there"));
	assert_int_equal(web_new(base, "192.0.2.1:9464", NULL, pages, NULL, &second, &err), -EADDRNOTAVAIL);
	assert_non_null(strstr(err.text, "192.0.2.1:9464"));
	assert_null(second);
}

/* Open clients of every kind, and the server goes. */
static void it_ends_in_the_middle(void **state)
{
	(void)state;
	start(patient());
	struct client *c[] = {connect_client(true), connect_client(true), connect_client(false)};
	say(c[1], "GET /small HT");
	say(c[2], "GET /big HTTP/1.0\r\n\r\n");
	while (web_stats(web).answers[WEB_OK] == 0 || web_stats(web).connections < 3)
		turn();
	web_free(web);
	web = NULL;
	for (size_t i = 0; i < 3; i++)
		leave(c[i]);
}

static void the_metric_has_the_same_statuses(void **state)
{
	(void)state;
	const struct metric_row *row = metrics_row(METRIC_HTTP_ANSWERS);
	assert_int_equal(metrics_labels(METRIC_HTTP_ANSWERS), WEB_STATUSES);
	for (int i = 0; i < WEB_STATUSES; i++)
		assert_string_equal(row->label[0].values[i], web_status_codes[i]);
	assert_null(web_status_codes[WEB_STATUSES]);
}

#define row(name) cmocka_unit_test_teardown(name, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(pages_are_answered),
		row(who_only_closes_his_side_has_his_answer),
		row(a_head_too_large_is_told_so),
		row(a_slow_request_ends),
		row(who_says_nothing_is_closed),
		row(who_does_not_read_is_closed),
		row(who_does_not_close_is_closed),
		row(so_many_and_no_more),
		row(a_port_in_use_and_an_address_of_others_say_so),
		row(it_ends_in_the_middle),
		cmocka_unit_test(the_metric_has_the_same_statuses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
