/*
 * The connection against a real redis-server (Unix socket, TCP by name, TLS) and against a server of the
 * test's own that says what no Redis would. The test's server lives in the same loop: it accepts and writes
 * when the test says so.
 */
#include "redis/conn.h"

#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include <event2/event.h>
#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "base/hash.h"
#include "redis/script.h"
#include "tests/support/redis_server.h"

enum { GUARD_S = 60 };

/* What one connection heard. */
struct client {
	struct event_base *base;
	struct redis_conn *conn;
	struct redis_request request;
	bool connected;
	unsigned replies, lost;
	uintptr_t order[4096]; /* the `data` of replies, as they came */
	char text[4096]; /* the last reply's text, or its integer spelled out */
	struct value last; /* shallow: texts and items are gone */
	char why[512];
	bool free_in_reply, free_in_lost, reconnect_in_lost;
	int64_t busy_us; /* that each reply keeps the thread */
	struct redis_conn_options options;
};

static void on_connected(void *arg)
{
	((struct client *)arg)->connected = true;
}

static void on_lost(void *arg, const char *why)
{
	struct client *c = arg;
	c->lost++;
	c->connected = false;
	snprintf(c->why, sizeof(c->why), "%s", why);
	if (!c->free_in_lost && !c->reconnect_in_lost)
		return;
	redis_conn_free(c->conn);
	c->conn = c->reconnect_in_lost ? redis_conn_new(&c->options) : NULL;
}

static void on_reply(void *arg, void *data, const struct value *reply)
{
	struct client *c = arg;
	if (c->replies < sizeof(c->order) / sizeof(c->order[0]))
		c->order[c->replies] = (uintptr_t)data;
	c->replies++;
	c->last = *reply;
	if (reply->type == VALUE_INTEGER)
		snprintf(c->text, sizeof(c->text), "%lld", (long long)reply->integer);
	else if (reply->type == VALUE_ERROR)
		snprintf(c->text, sizeof(c->text), "%s", reply->text);
	else
		snprintf(c->text, sizeof(c->text), "%s", value_text(reply));
	for (const int64_t until_us = clock_thread_us() + c->busy_us; clock_thread_us() < until_us;)
		;
	if (c->free_in_reply) {
		redis_conn_free(c->conn);
		c->conn = NULL;
	}
}

static void open_client(struct client *c, const struct redis_url *url, int64_t limit_us, const char *ca_file)
{
	*c = (struct client){.base = event_base_new(), .free_in_lost = true};
	c->options = (struct redis_conn_options){.base = c->base,
		.url = *url,
		.tls = {.ca = ca_file},
		.reply_limit_us = limit_us,
		.on_connected = on_connected,
		.on_lost = on_lost,
		.arg = c};
	c->conn = redis_conn_new(&c->options);
	assert_non_null(c->conn);
}

static void close_client(struct client *c)
{
	redis_conn_free(c->conn);
	redis_request_done(&c->request);
	event_base_free(c->base);
}

static void set_flag(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	*(bool *)arg = true;
}

/* Turns the loop until the condition holds; the test fails if it does not after a long time. */
#define UNTIL(c, condition) \
	do { \
		const struct timeval guard_time = {.tv_sec = GUARD_S}; \
		bool guard = false; \
		struct event *guard_event = event_new((c)->base, -1, 0, set_flag, &guard); \
		event_add(guard_event, &guard_time); \
		while (!(condition) && !guard) \
			event_base_loop((c)->base, EVLOOP_ONCE); \
		event_free(guard_event); \
		assert_true(condition); \
	} while (0)

/* Turns the loop for that long. */
static void turn_for(struct client *c, int us)
{
	const struct timeval time = {.tv_usec = us};
	bool over = false;
	struct event *e = event_new(c->base, -1, 0, set_flag, &over);
	event_add(e, &time);
	UNTIL(c, over);
	event_free(e);
}

static void send_words(struct client *c, uintptr_t data, const char *const *words)
{
	for (; *words; words++)
		redis_arg(&c->request, *words);
	assert_int_equal(redis_send(c->conn, &c->request, on_reply, (void *)data), 0); /* NOLINT: a number */
}
#define SEND(c, data, ...) send_words(c, data, (const char *const[]){__VA_ARGS__, NULL})

/* The real server. */

static struct redis_server server;

static struct redis_url url_of(const char *format, ...)
{
	char text[256];
	struct redis_url url;
	struct err err = {0};
	va_list list;
	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	assert_int_equal(redis_url_parse(text, &url, &err), 0);
	return url;
}

static struct redis_url server_url(void)
{
	return url_of("unix://%s", server.socket);
}

static void replies_of_a_thousand_pipelined_requests_come_in_order(void **state)
{
	(void)state;
	struct client c;
	const struct redis_url url = server_url();
	char text[32];
	open_client(&c, &url, 15000000, NULL);
	UNTIL(&c, c.connected);
	/* More than the ring begins with, sent in bursts so that its head has moved when it grows. */
	for (unsigned i = 0; i < 1000;) {
		for (unsigned k = 0; k < 100 && i < 1000; k++, i++) {
			snprintf(text, sizeof(text), "%u", i);
			SEND(&c, i, "ECHO", text);
		}
		assert_int_equal(redis_conn_outstanding(c.conn), i - c.replies);
		if (i < 300)
			UNTIL(&c, c.replies >= i / 2);
	}
	UNTIL(&c, c.replies == 1000);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(c.order[i], i);
	assert_string_equal(c.text, "999");
	assert_int_equal(redis_conn_outstanding(c.conn), 0);
	assert_int_equal(c.lost, 0);
	close_client(&c);
}

static void every_kind_of_reply_arrives_as_it_is(void **state)
{
	(void)state;
	struct client c;
	const struct redis_url url = server_url();
	open_client(&c, &url, 15000000, NULL);
	UNTIL(&c, c.connected);
	SEND(&c, 0, "PING");
	UNTIL(&c, c.replies == 1);
	assert_int_equal(c.last.type, VALUE_STATUS);
	assert_string_equal(c.text, "PONG");
	SEND(&c, 0, "GET", "nobody");
	UNTIL(&c, c.replies == 2);
	assert_int_equal(c.last.type, VALUE_NIL);
	SEND(&c, 0, "NONSENSE");
	UNTIL(&c, c.replies == 3);
	assert_int_equal(c.last.type, VALUE_ERROR);
	assert_non_null(strstr(c.text, "unknown command"));
	SEND(&c, 0, "EVAL", "return {1,{2,{3,{}}},false,'x',redis.status_reply('OK')}", "0");
	UNTIL(&c, c.replies == 4);
	assert_int_equal(c.last.type, VALUE_ARRAY);
	assert_int_equal(c.last.count, 5);
	SEND(&c, 0, "EVAL", "return -9007199254740992", "0");
	UNTIL(&c, c.replies == 5);
	assert_string_equal(c.text, "-9007199254740992");
	redis_arg(&c.request, "ECHO");
	redis_arg_bytes(&c.request, "a\0b\r\n", 5);
	assert_int_equal(redis_send(c.conn, &c.request, on_reply, NULL), 0);
	UNTIL(&c, c.replies == 6);
	assert_int_equal(c.last.length, 5);
	redis_arg(&c.request, "ECHO");
	redis_arg_int(&c.request, INT64_MIN);
	assert_int_equal(redis_send(c.conn, &c.request, on_reply, NULL), 0);
	UNTIL(&c, c.replies == 7);
	assert_string_equal(c.text, "-9223372036854775808");
	redis_arg(&c.request, "ECHO");
	redis_arg_format(&c.request, "%s/%d", "x", 7);
	assert_int_equal(redis_send(c.conn, &c.request, on_reply, NULL), 0);
	UNTIL(&c, c.replies == 8);
	assert_string_equal(c.text, "x/7");
	assert_int_equal(c.lost, 0);
	close_client(&c);
}

static void check_tree(void *arg, void *data, const struct value *v)
{
	struct client *c = arg;
	(void)data;
	assert_int_equal(v->count, 3);
	assert_int_equal(value_int(value_at(v, 0)), 12);
	assert_string_equal(value_text(value_at(value_at(v, 1), 1)), "deep");
	assert_int_equal(value_at(v, 2)->type, VALUE_NIL);
	assert_int_equal(value_at(v, 3)->type, VALUE_NIL); /* beyond its end */
	assert_int_equal(value_at(value_at(v, 0), 0)->type, VALUE_NIL); /* no array */
	assert_int_equal(value_int(value_at(value_at(v, 1), 0)), -5);
	assert_string_equal(value_text(value_at(v, 0)), "");
	c->replies++;
}

static void a_tree_is_walked_without_checks(void **state)
{
	(void)state;
	struct client c;
	const struct redis_url url = server_url();
	open_client(&c, &url, 15000000, NULL);
	UNTIL(&c, c.connected);
	redis_arg(&c.request, "EVAL");
	redis_arg(&c.request, "return {12, {'-5', 'deep'}, false}");
	redis_arg(&c.request, "0");
	assert_int_equal(redis_send(c.conn, &c.request, check_tree, NULL), 0);
	UNTIL(&c, c.replies == 1);
	close_client(&c);
}

static void an_error_code_is_its_first_word(void **state)
{
	(void)state;
	struct value v = {.type = VALUE_ERROR, .text = "NOGROUP No such key", .length = 19};
	assert_true(value_is_code(&v, "NOGROUP"));
	assert_false(value_is_code(&v, "NOGROU"));
	assert_false(value_is_code(&v, "NOGROUP No such key 'x'"));
	v = (struct value){.type = VALUE_ERROR, .text = "OOM", .length = 3};
	assert_true(value_is_code(&v, "OOM"));
	v.type = VALUE_STRING;
	assert_false(value_is_code(&v, "OOM"));
}

static void big_replies_and_requests_pass_whole(void **state)
{
	(void)state;
	struct client c;
	const struct redis_url url = server_url();
	const size_t size = 24 << 20;
	char *bytes = malloc(size);
	assert_non_null(bytes);
	for (size_t i = 0; i < size; i++)
		bytes[i] = (char)(i * 2654435761u >> 24);
	open_client(&c, &url, 15000000, NULL);
	UNTIL(&c, c.connected);
	for (int i = 0; i < 3; i++) {
		redis_arg(&c.request, "ECHO");
		redis_arg_bytes(&c.request, bytes, size);
		assert_int_equal(redis_send(c.conn, &c.request, on_reply, NULL), 0);
		assert_true(redis_conn_backlog(c.conn) > 0);
	}
	UNTIL(&c, c.replies == 3);
	assert_int_equal(c.last.length, size);
	assert_int_equal(redis_conn_backlog(c.conn), 0);
	SEND(&c, 0, "EVAL", "local t = {} for i = 1, 200000 do t[i] = i end return t", "0");
	UNTIL(&c, c.replies == 4);
	assert_int_equal(c.last.count, 200000);
	assert_int_equal(c.lost, 0);
	free(bytes);
	close_client(&c);
}

static void freeing_inside_a_reply_ends_all_replies(void **state)
{
	(void)state;
	struct client c;
	const struct redis_url url = server_url();
	open_client(&c, &url, 15000000, NULL);
	c.free_in_reply = true;
	UNTIL(&c, c.connected);
	for (unsigned i = 0; i < 50; i++)
		SEND(&c, i, "ECHO", "x");
	UNTIL(&c, c.replies > 0);
	event_base_loop(c.base, EVLOOP_NONBLOCK);
	assert_int_equal(c.replies, 1);
	assert_int_equal(c.lost, 0);
	close_client(&c);
}

static void freeing_before_it_is_connected_calls_nothing(void **state)
{
	(void)state;
	struct client c;
	const struct redis_url urls[] = {server_url(), url_of("redis://localhost:%d", free_port()),
		url_of("unix:///nowhere/redis.sock"), url_of("rediss://localhost:%d", free_port())};
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		open_client(&c, &urls[i], 15000000, NULL);
		redis_conn_free(c.conn);
		c.conn = NULL;
		event_base_loop(c.base, EVLOOP_NONBLOCK);
		assert_false(c.connected);
		assert_int_equal(c.lost, 0);
		close_client(&c);
	}
}

static void scripts_are_called_by_their_digest(void **state)
{
	(void)state;
	struct client c;
	struct redis_script s;
	const struct redis_url url = server_url();
	open_client(&c, &url, 15000000, NULL);
	UNTIL(&c, c.connected);
	assert_int_equal(redis_script_init(&s, "add", "local a = ARGV[1]\n", "return {KEYS[1], a + ARGV[2]}"), 0);
	redis_script_load(&s, &c.request);
	assert_int_equal(redis_send(c.conn, &c.request, on_reply, NULL), 0);
	UNTIL(&c, c.replies == 1);
	assert_string_equal(c.text, s.sha);
	redis_script_call(&s, &c.request, "key");
	redis_arg_int(&c.request, 40);
	redis_arg_int(&c.request, 2);
	assert_int_equal(redis_send(c.conn, &c.request, on_reply, NULL), 0);
	UNTIL(&c, c.replies == 2);
	assert_int_equal(c.last.type, VALUE_ARRAY);
	redis_script_done(&s);
	close_client(&c);
}

static void it_connects_again_after_the_server_was_killed(void **state)
{
	(void)state;
	struct client c;
	struct redis_server mine;
	redis_server_start(&mine, NULL);
	const struct redis_url url = url_of("unix://%s", mine.socket);
	open_client(&c, &url, 15000000, NULL);
	UNTIL(&c, c.connected);
	SEND(&c, 0, "PING");
	UNTIL(&c, c.replies == 1);
	SEND(&c, 1, "BLPOP", "nothing", "0");
	redis_server_kill(&mine);
	UNTIL(&c, c.lost == 1);
	assert_int_equal(c.replies, 1);
	assert_null(c.conn);
	/* Nobody listens there now. */
	c.conn = redis_conn_new(&c.options);
	UNTIL(&c, c.lost == 2);
	assert_string_equal(c.why, strerror(ECONNREFUSED));
	char folder[64];
	snprintf(folder, sizeof(folder), "%s", mine.folder);
	redis_server_start_in(&mine, folder, NULL);
	c.conn = redis_conn_new(&c.options);
	UNTIL(&c, c.connected);
	SEND(&c, 2, "PING");
	UNTIL(&c, c.replies == 2);
	close_client(&c);
	redis_server_stop(&mine);
}

/* --- TCP -------------------------------------------------------------------------------------------------------- */

/* In the place of libc's: "two.test" has an address where nobody listens before the right one, and so has
 * "localhost" (on many machines ::1 is it, on some the name is unknown); "none.test" has two of the former; "unknown.test" has none (a real name server
 * may take its time to say so). All else is asked of libc. */
int getaddrinfo(const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **ret)
{
	static const char *const two[] = {"127.0.0.2", "127.0.0.1"}, *const none[] = {"127.0.0.2", "127.0.0.3"};
	bool is_two = strcmp(host, "two.test") == 0 || strcmp(host, "localhost") == 0;
	const char *const *addresses = is_two ? two : strcmp(host, "none.test") == 0 ? none : NULL;
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

	if (strcmp(host, "unknown.test") == 0)
		return EAI_NONAME;
	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	if (!addresses)
		return real(host, port, hints, ret);
	struct addrinfo **link = ret;
	for (int i = 0; i < 2; i++) {
		int r = real(addresses[i], port, hints, link);
		if (r != 0)
			return r;
		link = &(*link)->ai_next;
	}
	return 0;
}

static void a_host_name_is_tried_at_each_of_its_addresses(void **state)
{
	(void)state;
	struct redis_server mine;
	struct client c;
	char port[8];
	snprintf(port, sizeof(port), "%d", free_port());
	redis_server_start(&mine, (const char *const[]){"--port", port, "--bind", "127.0.0.1", NULL});
	const struct redis_url url = url_of("redis://two.test:%s", port);
	open_client(&c, &url, 15000000, NULL);
	UNTIL(&c, c.connected || c.lost);
	assert_string_equal(c.why, "");
	SEND(&c, 0, "PING");
	UNTIL(&c, c.replies == 1);
	close_client(&c);
	redis_server_stop(&mine);
}

static void a_host_with_no_address_where_anybody_listens_is_lost_once(void **state)
{
	(void)state;
	struct client c;
	const struct redis_url url = url_of("redis://none.test:%d", free_port());
	open_client(&c, &url, 15000000, NULL);
	UNTIL(&c, c.connected || c.lost);
	assert_string_equal(c.why, strerror(ECONNREFUSED));
	event_base_loop(c.base, EVLOOP_NONBLOCK);
	assert_int_equal(c.lost, 1);
	close_client(&c);
}

static void a_host_that_nobody_knows_is_named(void **state)
{
	(void)state;
	struct client c;
	const struct redis_url url = url_of("redis://unknown.test");
	open_client(&c, &url, 15000000, NULL);
	assert_int_equal(c.lost, 0); /* never from inside redis_conn_new() */
	UNTIL(&c, c.lost == 1);
	assert_non_null(strstr(c.why, "unknown.test"));
	close_client(&c);
}

static void a_port_where_nobody_listens_says_so(void **state)
{
	(void)state;
	struct client c;
	const struct redis_url url = url_of("redis://127.0.0.1:%d", free_port());
	open_client(&c, &url, 15000000, NULL);
	assert_int_equal(c.lost, 0);
	UNTIL(&c, c.lost == 1);
	assert_string_equal(c.why, strerror(ECONNREFUSED));
	close_client(&c);
}

static void a_socket_that_is_not_there_says_so(void **state)
{
	(void)state;
	struct client c;
	const struct redis_url url = url_of("unix:///tmp/no/such/redis.sock");
	open_client(&c, &url, 15000000, NULL);
	assert_int_equal(c.lost, 0);
	UNTIL(&c, c.lost == 1);
	assert_string_equal(c.why, strerror(ENOENT));
	close_client(&c);
}

/* A server of the test's own. */

struct fake {
	char path[64];
	int listener, fd;
};

static void fake_start(struct fake *f, struct client *c, int64_t limit_us)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(f->path, sizeof(f->path), "/tmp/propsd-fake.%d", (int)getpid());
	unlink(f->path);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", f->path);
	f->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(f->listener >= 0);
	assert_int_equal(bind(f->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(f->listener, 8), 0);
	const struct redis_url url = url_of("unix://%s", f->path);
	open_client(c, &url, limit_us, NULL);
	UNTIL(c, c->connected);
	f->fd = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(f->fd >= 0);
}

static void fake_say(const struct fake *f, const char *bytes, size_t length)
{
	assert_int_equal(send(f->fd, bytes, length, MSG_NOSIGNAL), length);
}

static void fake_stop(struct fake *f, struct client *c)
{
	close_client(c);
	if (f->fd >= 0)
		close(f->fd);
	close(f->listener);
	unlink(f->path);
}

static void what_no_redis_would_say_ends_the_connection(void **state)
{
	(void)state;
	static const struct {
		const char *name, *bytes;
		size_t length;
	} cases[] = {
#define BYTES(text) text, sizeof(text) - 1
		{"a huge array", BYTES("*1000000000\r\n")},
		{"the largest array", BYTES("*2147483647\r\n")},
		{"an array beyond any number", BYTES("*99999999999999999999\r\n")},
		{"a negative array", BYTES("*-7\r\n")},
		{"huge arrays in each other", BYTES("*1048576\r\n*1048576\r\n*1048577\r\n")},
		{"arrays too deep", BYTES("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n")},
		{"a negative string", BYTES("$-7\r\n")},
		{"a string beyond any number", BYTES("$99999999999999999999\r\n")},
		{"a string that no memory holds", BYTES("$99999999999\r\n")},
		{"garbage", BYTES("HTTP/1.1 400 Bad Request\r\n\r\n")},
		{"zeros", BYTES("\0\0\0\0\r\n\r\n")},
		{"RESP 3", BYTES("%1\r\n+a\r\n+b\r\n")},
		{"no number", BYTES(":x\r\n")},
		{"two replies to one request", BYTES("+OK\r\n+OK\r\n")},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake f;
		struct client c;
		struct rusage before, after;
		fake_start(&f, &c, 15000000);
		SEND(&c, 0, "PING");
		getrusage(RUSAGE_SELF, &before);
		fake_say(&f, cases[i].bytes, cases[i].length);
		UNTIL(&c, c.lost == 1);
		getrusage(RUSAGE_SELF, &after);
		if (!c.why[0] || after.ru_maxrss - before.ru_maxrss > 200 * 1024)
			fail_msg("%s: \"%s\", %ld KiB", cases[i].name, c.why, after.ru_maxrss - before.ru_maxrss);
		assert_int_equal(c.replies, i == sizeof(cases) / sizeof(cases[0]) - 1 ? 1 : 0);
		fake_stop(&f, &c);
	}
}

/* Too many clients, or protected mode: Redis says so at once, whether something was asked or not, and closes. */
static void an_error_that_nobody_asked_for_is_the_reason(void **state)
{
	(void)state;
	static const char said[] = "-ERR max number of clients reached\r\n";
	for (int asked = 0; asked < 3; asked++) {
		struct fake f;
		struct client c;
		fake_start(&f, &c, 15000000);
		fake_say(&f, said, sizeof(said) - 1);
		if (asked == 2)
			fake_say(&f, said, sizeof(said) - 1); /* to a request that was answered by the first */
		close(f.fd); /* from here on a write fails */
		f.fd = -1;
		if (asked)
			SEND(&c, 0, "PING");
		UNTIL(&c, c.lost == 1);
		assert_int_equal(c.replies, asked > 0);
		const char *heard = asked == 1 ? c.text : c.why;
		if (!strstr(heard, "ERR max number of clients reached"))
			fail_msg("asked for %d: \"%s\"", asked, heard);
		fake_stop(&f, &c);
	}
}

static void a_huge_string_ends_when_it_is_too_much_not_when_memory_is(void **state)
{
	(void)state;
	struct fake f;
	struct client c;
	static char megabyte[1 << 20];
	size_t sent = 0;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	skip(); /* their realloc copies the 256 MiB 256 times */
#endif
	fake_start(&f, &c, 600000000);
	SEND(&c, 0, "PING");
	memset(megabyte, 'x', sizeof(megabyte));
	fake_say(&f, "$9999999999\r\n", 13);
	while (!c.lost && sent < (size_t)1 << 30) {
		ssize_t n = send(f.fd, megabyte, sizeof(megabyte), MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n > 0)
			sent += (size_t)n;
		event_base_loop(c.base, EVLOOP_NONBLOCK);
	}
	assert_int_equal(c.lost, 1);
	assert_non_null(strstr(c.why, REDIS_TOO_LARGE));
	assert_true(sent < (size_t)300 << 20);
	fake_stop(&f, &c);
}

static void a_close_in_the_middle_of_a_reply_is_a_loss(void **state)
{
	(void)state;
	static const char *const parts[] = {
		"", "+", "+PON", "$5\r\nab", "*2\r\n:1\r\n", "*3\r\n$3\r\nabc\r\n$", "$5\r\nabcde\r"};
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct fake f;
		struct client c;
		fake_start(&f, &c, 15000000);
		SEND(&c, 0, "PING");
		fake_say(&f, parts[i], strlen(parts[i]));
		close(f.fd);
		f.fd = -1;
		UNTIL(&c, c.lost == 1);
		assert_int_equal(c.replies, 0);
		if (strcmp(c.why, "closed by Redis") != 0 && strcmp(c.why, strerror(ECONNRESET)) != 0 &&
			strcmp(c.why, strerror(EPIPE)) != 0)
			fail_msg("%zu: %s", i, c.why);
		fake_stop(&f, &c);
	}
}

static void replies_that_take_long_leave_the_loop_to_others(void **state)
{
	(void)state;
	enum { COUNT = 20 };
	char all[COUNT * sizeof("+PONG\r\n")] = "";
	struct fake f;
	struct client c;
	fake_start(&f, &c, 15000000);
	c.busy_us = 10000;
	for (uintptr_t i = 0; i < COUNT; i++) {
		SEND(&c, i, "PING");
		strcat(all, "+PONG\r\n");
	}
	fake_say(&f, all, strlen(all));
	UNTIL(&c, c.replies > 0);
	assert_int_equal(c.replies, 1);
	UNTIL(&c, c.replies > 1);
	assert_int_equal(c.replies, 2);
	/* What was said before the end is heard. */
	close(f.fd);
	f.fd = -1;
	UNTIL(&c, c.lost == 1);
	assert_int_equal(c.replies, COUNT);
	for (uintptr_t i = 0; i < COUNT; i++)
		assert_int_equal(c.order[i], i);
	fake_stop(&f, &c);
}

static void a_reply_in_single_bytes_is_a_reply(void **state)
{
	(void)state;
	static const char reply[] = "*3\r\n$4\r\nwhat\r\n:-12\r\n*2\r\n$-1\r\n*0\r\n";
	struct fake f;
	struct client c;
	fake_start(&f, &c, 15000000);
	SEND(&c, 0, "PING");
	for (size_t i = 0; i + 1 < sizeof(reply); i++) {
		assert_int_equal(c.replies, 0);
		fake_say(&f, reply + i, 1);
		event_base_loop(c.base, EVLOOP_NONBLOCK);
	}
	UNTIL(&c, c.replies == 1);
	assert_int_equal(c.last.count, 3);
	assert_int_equal(c.lost, 0);
	fake_stop(&f, &c);
}

static void silence_ends_it_when_a_reply_is_owed_and_only_then(void **state)
{
	(void)state;
	struct fake f;
	struct client c;
	fake_start(&f, &c, 20000);
	/* Nothing is owed: the limit passes unheeded, three times over. */
	turn_for(&c, 60000);
	assert_int_equal(c.lost, 0);
	SEND(&c, 0, "PING");
	fake_say(&f, "+PONG\r\n", 7);
	UNTIL(&c, c.replies == 1);
	SEND(&c, 1, "PING");
	SEND(&c, 2, "PING");
	UNTIL(&c, c.lost == 1);
	assert_string_equal(c.why, "no reply within the time limit");
	assert_int_equal(c.replies, 1);
	fake_stop(&f, &c);
}

static void a_reply_that_only_trickles_ends_it_too(void **state)
{
	(void)state;
	struct fake f;
	struct client c;
	fake_start(&f, &c, 20000);
	SEND(&c, 0, "PING");
	fake_say(&f, "$1000000\r\n", 10);
	/* A byte with each turn of the loop: there is never a silence. */
	for (size_t i = 0; !c.lost && i < 900000; i++) {
		if (send(f.fd, "x", 1, MSG_NOSIGNAL) != 1)
			break;
		event_base_loop(c.base, EVLOOP_NONBLOCK);
	}
	assert_int_equal(c.lost, 1);
	assert_string_equal(c.why, "no reply within the time limit");
	fake_stop(&f, &c);
}

static void an_owner_who_does_not_free_it_is_told_once(void **state)
{
	(void)state;
	struct fake f;
	struct client c;
	fake_start(&f, &c, 20000);
	c.free_in_lost = false;
	SEND(&c, 0, "PING");
	SEND(&c, 1, "PING");
	fake_say(&f, "?\r\n+PONG\r\n+PONG\r\n", 16);
	UNTIL(&c, c.lost > 0);
	close(f.fd);
	f.fd = -1;
	turn_for(&c, 60000);
	assert_int_equal(c.lost, 1);
	assert_int_equal(c.replies, 0);
	fake_stop(&f, &c);
}

static void a_new_one_may_be_opened_inside_the_loss_of_the_old(void **state)
{
	(void)state;
	struct fake f;
	struct client c;
	fake_start(&f, &c, 15000000);
	c.reconnect_in_lost = true;
	SEND(&c, 0, "PING");
	fake_say(&f, "?\r\n", 3);
	UNTIL(&c, c.lost == 1 && c.connected);
	close(f.fd);
	f.fd = accept4(f.listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(f.fd >= 0);
	assert_int_equal(redis_conn_outstanding(c.conn), 0);
	SEND(&c, 1, "PING");
	fake_say(&f, "+PONG\r\n", 7);
	UNTIL(&c, c.replies == 1);
	assert_int_equal(c.order[0], 1);
	fake_stop(&f, &c);
}

/* --- TLS -------------------------------------------------------------------------------------------------------- */

static struct redis_server tls_server;
static int tls_port;

static void openssl_commands(const char *folder)
{
	static const char script[] = "cd '%s' && exec 2>openssl.log && "
				     "for ca in ca other; do openssl req -x509 -newkey ec -pkeyopt "
				     "ec_paramgen_curve:prime256v1 -nodes -days 2 "
				     "-subj /CN=$ca -keyout $ca.key -out $ca.crt || exit 1; done; "
				     "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
				     "-subj /CN=redis -keyout redis.key -out redis.csr && "
				     "printf 'subjectAltName=DNS:localhost,IP:127.0.0.1' >san && "
				     "openssl x509 -req -in redis.csr -CA ca.crt -CAkey ca.key "
				     "-CAcreateserial -days 2 -extfile san -out redis.crt && "
				     "printf 'subjectAltName=DNS:elsewhere.example' >san && "
				     "openssl x509 -req -in redis.csr -CA ca.crt -CAkey ca.key "
				     "-CAcreateserial -days 2 -extfile san -out elsewhere.crt && "
				     "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
				     "-subj /CN=propsd -keyout client.key -out client.csr && "
				     "openssl x509 -req -in client.csr -CA ca.crt -CAkey ca.key "
				     "-CAcreateserial -days 2 -out client.crt && "
				     "openssl x509 -req -in client.csr -CA other.crt -CAkey other.key "
				     "-CAcreateserial -days 2 -out stranger.crt && "
				     "openssl x509 -req -in client.csr -CA ca.crt -CAkey ca.key "
				     "-CAcreateserial -days -1 -out old.crt && "
				     "openssl pkey -in client.key -aes256 -passout pass:hush -out locked.key && "
				     "cat client.crt client.key >both.pem && echo rubbish >rubbish.pem";
	char command[sizeof(script) + 128];
	snprintf(command, sizeof(command), script, folder);
	assert_int_equal(system(command), 0); /* NOLINT: openssl(1) is what people make certificates with */
}

static void start_tls_for(const char *certificate, const char *auth_clients)
{
	char port[8], crt[128], key[128], ca[128], folder[] = "/tmp/propsd-tls.XXXXXX";
	assert_non_null(mkdtemp(folder));
	openssl_commands(folder);
	tls_port = free_port();
	snprintf(port, sizeof(port), "%d", tls_port);
	snprintf(crt, sizeof(crt), "%s/%s", folder, certificate);
	snprintf(key, sizeof(key), "%s/redis.key", folder);
	snprintf(ca, sizeof(ca), "%s/ca.crt", folder);
	redis_server_start_in(&tls_server, folder,
		(const char *const[]){"--tls-port", port, "--tls-cert-file", crt, "--tls-key-file", key,
			"--tls-ca-cert-file", ca, "--tls-auth-clients", auth_clients, "--bind", "127.0.0.1", NULL});
}

static void start_tls(const char *certificate)
{
	start_tls_for(certificate, "no");
}

static void open_tls(struct client *c, const char *host, const char *ca)
{
	char ca_file[128];
	const struct redis_url url = url_of("rediss://%s:%d", host, tls_port);
	snprintf(ca_file, sizeof(ca_file), "%s/%s", tls_server.folder, ca);
	open_client(c, &url, 15000000, ca_file);
}

static void tls_with_the_right_ca_works_by_name_and_by_address(void **state)
{
	(void)state;
	static const char *const hosts[] = {"127.0.0.1", "localhost"};
	start_tls("redis.crt");
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		struct client c;
		open_tls(&c, hosts[i], "ca.crt");
		UNTIL(&c, c.connected || c.lost);
		assert_string_equal(c.why, "");
		for (unsigned k = 0; k < 300; k++)
			SEND(&c, k, "ECHO", "over TLS");
		UNTIL(&c, c.replies == 300);
		for (unsigned k = 0; k < 300; k++)
			assert_int_equal(c.order[k], k);
		/* A reply of many TLS records, and a request too. */
		char *bytes = malloc(4 << 20);
		assert_non_null(bytes);
		memset(bytes, 'y', 4 << 20);
		redis_arg(&c.request, "ECHO");
		redis_arg_bytes(&c.request, bytes, 4 << 20);
		assert_int_equal(redis_send(c.conn, &c.request, on_reply, NULL), 0);
		UNTIL(&c, c.replies == 301);
		assert_int_equal(c.last.length, 4 << 20);
		free(bytes);
		close_client(&c);
	}
	redis_server_stop(&tls_server);
}

/* Opens a connection that shows a certificate of the server's folder; NULL: none. */
static void open_mutual(struct client *c, const char *certificate, const char *key)
{
	char ca[128], cert_file[128] = "", key_file[128] = "";
	*c = (struct client){.base = event_base_new(), .free_in_lost = true};
	snprintf(ca, sizeof(ca), "%s/ca.crt", tls_server.folder);
	if (certificate)
		snprintf(cert_file, sizeof(cert_file), "%s/%s", tls_server.folder, certificate);
	if (key)
		snprintf(key_file, sizeof(key_file), "%s/%s", tls_server.folder, key);
	c->options = (struct redis_conn_options){.base = c->base,
		.url = url_of("rediss://127.0.0.1:%d", tls_port),
		.tls = {.ca = ca, .cert = cert_file, .key = key_file},
		.reply_limit_us = 15000000,
		.on_connected = on_connected,
		.on_lost = on_lost,
		.arg = c};
	c->conn = redis_conn_new(&c->options);
	assert_non_null(c->conn);
	/* What the test's stack holds is not needed any more. */
	c->options.tls = (struct tls_files){0};
}

static void a_client_certificate_is_shown_and_what_is_wrong_with_it_is_said(void **state)
{
	(void)state;
	static const struct {
		const char *certificate, *key, *says[3]; /* no words: it works */
	} cases[] = {
		{"client.crt", "client.key", {NULL}},
		{"both.pem", NULL, {NULL}},
		{NULL, NULL, {"wants a client certificate", "redis.cert_file", "redis.key_file"}},
		{"stranger.crt", "client.key", {"redis.cert_file", "/stranger.crt", "tls-ca-cert-file"}},
		{"old.crt", "client.key", {"redis.cert_file", "/old.crt", "expired"}},
		{"client.crt", "redis.key", {"redis.key_file", "/redis.key", "not the one of redis.cert_file"}},
		{"client.crt", "locked.key", {"redis.key_file", "/locked.key", "passphrase"}},
		{"client.crt", "none.key", {"redis.key_file", "/none.key", "No such file"}},
		{"none.crt", "client.key", {"redis.cert_file", "/none.crt", "No such file"}},
		{"rubbish.pem", "client.key", {"redis.cert_file", "/rubbish.pem", "no PEM file with a certificate"}},
		{"client.crt", "rubbish.pem", {"redis.key_file", "/rubbish.pem", "no PEM file with a private key"}},
		{"client.crt", NULL, {"redis.cert_file", "/client.crt", "no PEM file with a private key"}},
	};
	start_tls_for("redis.crt", "yes");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct client c;
		open_mutual(&c, cases[i].certificate, cases[i].key);
		/* With TLS 1.3 the server's opinion comes after our side is done. */
		UNTIL(&c, c.connected || c.lost);
		if (!c.lost)
			SEND(&c, 0, "PING");
		UNTIL(&c, c.replies == 1 || c.lost);
		assert_int_equal(c.lost, cases[i].says[0] != NULL);
		for (size_t k = 0; k < 3 && cases[i].says[k]; k++)
			if (!strstr(c.why, cases[i].says[k]))
				fail_msg("%zu: \"%s\" does not say %s", i, c.why, cases[i].says[k]);
		close_client(&c);
	}
	redis_server_stop(&tls_server);
}

/* Certificates are renewed in place: the next connection shows the new one. */
static void a_renewed_certificate_is_shown_by_the_next_connection(void **state)
{
	(void)state;
	char from[128], to[128];
	struct client c;
	start_tls_for("redis.crt", "yes");
	snprintf(from, sizeof(from), "%s/client.crt", tls_server.folder);
	snprintf(to, sizeof(to), "%s/old.crt", tls_server.folder);
	for (int renewed = 0; renewed < 2; renewed++) {
		open_mutual(&c, "old.crt", "client.key");
		UNTIL(&c, c.connected || c.lost);
		if (!c.lost)
			SEND(&c, 0, "PING");
		UNTIL(&c, c.replies == 1 || c.lost);
		assert_int_equal(c.replies, renewed);
		close_client(&c);
		if (!renewed)
			assert_int_equal(rename(from, to), 0);
	}
	redis_server_stop(&tls_server);
}

static void tls_with_another_ca_is_refused(void **state)
{
	(void)state;
	struct client c;
	start_tls("redis.crt");
	open_tls(&c, "127.0.0.1", "other.crt");
	UNTIL(&c, c.connected || c.lost);
	assert_false(c.connected);
	assert_non_null(strstr(c.why, "certificate"));
	assert_non_null(strstr(c.why, "redis.ca_file"));
	assert_non_null(strstr(c.why, "/other.crt"));
	close_client(&c);
	redis_server_stop(&tls_server);
}

static void tls_with_another_name_is_refused(void **state)
{
	(void)state;
	static const char *const hosts[] = {"127.0.0.1", "localhost"};
	static const char *const words[] = {"IP address mismatch", "ostname mismatch"};
	start_tls("elsewhere.crt");
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		struct client c;
		open_tls(&c, hosts[i], "ca.crt");
		UNTIL(&c, c.connected || c.lost);
		assert_false(c.connected);
		assert_non_null(strstr(c.why, words[i]));
		close_client(&c);
	}
	redis_server_stop(&tls_server);
}

static void a_ca_file_that_cannot_be_read_is_named(void **state)
{
	(void)state;
	struct client c;
	const struct redis_url url = url_of("rediss://127.0.0.1:1");
	open_client(&c, &url, 15000000, "/no/such/ca.crt");
	assert_int_equal(c.lost, 0);
	UNTIL(&c, c.lost == 1);
	assert_non_null(strstr(c.why, "/no/such/ca.crt"));
	close_client(&c);
}

static void a_server_that_speaks_no_tls_is_refused(void **state)
{
	(void)state;
	struct redis_server mine;
	struct client c;
	char port[8];
	snprintf(port, sizeof(port), "%d", free_port());
	redis_server_start(&mine, (const char *const[]){"--port", port, "--bind", "127.0.0.1", NULL});
	const struct redis_url url = url_of("rediss://127.0.0.1:%s", port);
	open_client(&c, &url, 200000, NULL); /* Redis waits for the end of a command that never comes */
	UNTIL(&c, c.connected || c.lost);
	assert_false(c.connected);
	assert_true(c.why[0]);
	close_client(&c);
	redis_server_stop(&mine);
}

static void a_server_that_never_shakes_hands_is_given_up(void **state)
{
	(void)state;
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	struct client c;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	const struct redis_url url = url_of("rediss://127.0.0.1:%d", ntohs(address.sin_port));
	open_client(&c, &url, 50000, NULL);
	UNTIL(&c, c.connected || c.lost);
	assert_false(c.connected);
	assert_string_equal(c.why, "could not connect within the time limit");
	close_client(&c);
	close(fd);
}

static int start(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN); /* as the daemon does */
	redis_server_start(&server, NULL);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	redis_server_stop(&server);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_of_a_thousand_pipelined_requests_come_in_order),
		cmocka_unit_test(every_kind_of_reply_arrives_as_it_is),
		cmocka_unit_test(a_tree_is_walked_without_checks),
		cmocka_unit_test(an_error_code_is_its_first_word),
		cmocka_unit_test(big_replies_and_requests_pass_whole),
		cmocka_unit_test(freeing_inside_a_reply_ends_all_replies),
		cmocka_unit_test(freeing_before_it_is_connected_calls_nothing),
		cmocka_unit_test(scripts_are_called_by_their_digest),
		cmocka_unit_test(it_connects_again_after_the_server_was_killed),
		cmocka_unit_test(a_host_name_is_tried_at_each_of_its_addresses),
		cmocka_unit_test(a_host_with_no_address_where_anybody_listens_is_lost_once),
		cmocka_unit_test(a_host_that_nobody_knows_is_named),
		cmocka_unit_test(a_port_where_nobody_listens_says_so),
		cmocka_unit_test(a_socket_that_is_not_there_says_so),
		cmocka_unit_test(what_no_redis_would_say_ends_the_connection),
		cmocka_unit_test(an_error_that_nobody_asked_for_is_the_reason),
		cmocka_unit_test(a_huge_string_ends_when_it_is_too_much_not_when_memory_is),
		cmocka_unit_test(a_close_in_the_middle_of_a_reply_is_a_loss),
		cmocka_unit_test(replies_that_take_long_leave_the_loop_to_others),
		cmocka_unit_test(a_reply_in_single_bytes_is_a_reply),
		cmocka_unit_test(silence_ends_it_when_a_reply_is_owed_and_only_then),
		cmocka_unit_test(a_reply_that_only_trickles_ends_it_too),
		cmocka_unit_test(an_owner_who_does_not_free_it_is_told_once),
		cmocka_unit_test(a_new_one_may_be_opened_inside_the_loss_of_the_old),
		cmocka_unit_test(tls_with_the_right_ca_works_by_name_and_by_address),
		cmocka_unit_test(a_client_certificate_is_shown_and_what_is_wrong_with_it_is_said),
		cmocka_unit_test(a_renewed_certificate_is_shown_by_the_next_connection),
		cmocka_unit_test(tls_with_another_ca_is_refused),
		cmocka_unit_test(tls_with_another_name_is_refused),
		cmocka_unit_test(a_ca_file_that_cannot_be_read_is_named),
		cmocka_unit_test(a_server_that_speaks_no_tls_is_refused),
		cmocka_unit_test(a_server_that_never_shakes_hands_is_given_up),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
