/*
 * The admin socket with real sockets: server and clients share one event loop, so every wait is a wait for a
 * condition. Time limits that should strike are some milliseconds, those that should not are the defaults.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "admin/listen.h"
#include "admin/request.h"
#include "admin/server.h"
#include "admin/session.h"

#define SHORT_US 20000
#define BIG_BYTES (100 * 1024)

struct admin_context {
	struct admin_request *kept;
	int cancelled;
	int served;
};

/* Handlers. */

static void ping(struct admin_request *r, struct admin_context *c)
{
	c->served++;
	admin_reply(r, json_pack("{s:i, s:i}", "served", c->served, "uid", (int)admin_request_peer(r)->uid));
}

static void big(struct admin_request *r, struct admin_context *c)
{
	c->served++;
	char *text = malloc(BIG_BYTES + 1);
	memset(text, 'x', BIG_BYTES);
	text[BIG_BYTES] = '\0';
	admin_reply(r, json_pack("{s:s}", "text", text));
	free(text);
}

/* As long as an answer may be. */
static void longest(struct admin_request *r, struct admin_context *c)
{
	c->served++;
	static char text[PROTOCOL_REPLY_MAX];
	memset(text, 'x', sizeof(text) - 64);
	text[sizeof(text) - 64] = '\0';
	admin_reply(r, json_pack("{s:s}", "text", text));
}

static void on_cancel(struct admin_request *r, void *user)
{
	(void)r;
	struct admin_context *c = user;
	c->cancelled++;
	c->kept = NULL;
}

static void keep(struct admin_request *r, struct admin_context *c)
{
	c->served++;
	c->kept = r;
	admin_keep(r, on_cancel, c);
}

static const struct admin_command rows[] = {
	{.name = "ping", .role = ADMIN_ROLE_VIEW, .handler = ping},
	{.name = "big", .role = ADMIN_ROLE_VIEW, .handler = big},
	{.name = "longest", .role = ADMIN_ROLE_VIEW, .handler = longest},
	{.name = "keep", .role = ADMIN_ROLE_VIEW, .handler = keep},
	{.name = "power", .role = ADMIN_ROLE_ADMIN, .changes = true, .handler = ping},
	{.name = NULL},
};
static const struct admin_command *const tables[] = {rows, NULL};

/* One server and its loop. */
struct world {
	char directory[64];
	char path[96];
	struct event_base *base;
	struct admin_server *server;
	struct admin_context context;
};

struct client {
	struct world *world;
	struct event *readable;
	int fd;
	bool closed; /* the server hung up */
	char *input;
	size_t length, capacity;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	signal(SIGPIPE, SIG_IGN);
	strcpy(w->directory, "/tmp/propsd-test-XXXXXX");
	if (!mkdtemp(w->directory))
		return -1;
	snprintf(w->path, sizeof(w->path), "%s/admin.sock", w->directory);
	w->base = event_base_new();
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	admin_server_free(w->server);
	event_base_free(w->base);
	char command[128];
	snprintf(command, sizeof(command), "rm -rf %s", w->directory);
	int result = system(command);
	free(w);
	return result;
}

static void start_with(struct world *w, const struct admin_server_options *options, enum admin_role role)
{
	struct err err;
	assert_int_equal(admin_server_new(w->base, options, tables, &w->context, &w->server), 0);
	if (admin_server_listen(w->server, w->path, 0660, "", role, &err) < 0)
		fail_msg("%s", err.text);
}

static void start(struct world *w)
{
	start_with(w, NULL, ADMIN_ROLE_ADMIN);
}

static void on_readable(evutil_socket_t fd, short what, void *user)
{
	(void)what;
	struct client *c = user;
	if (c->capacity - c->length < 65536) {
		c->capacity += 1 << 20;
		c->input = realloc(c->input, c->capacity);
	}
	ssize_t n = read(fd, c->input + c->length, c->capacity - c->length - 1);
	if (n > 0)
		c->length += (size_t)n;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		c->closed = true;
		event_del(c->readable);
	}
	if (c->input)
		c->input[c->length] = '\0';
}

static struct client *connect_client(struct world *w)
{
	struct client *c = calloc(1, sizeof(*c));
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	strcpy(address.sun_path, w->path);
	c->world = w;
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(c->fd, (struct sockaddr *)&address, sizeof(address)), 0);
	c->readable = event_new(w->base, c->fd, EV_READ | EV_PERSIST, on_readable, c);
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

static void turn(struct world *w)
{
	assert_int_equal(event_base_loop(w->base, EVLOOP_ONCE), 0);
}

/* Sends all, turning the loop while the socket is full. */
static void send_bytes(struct client *c, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t n = send(c->fd, bytes, length, MSG_NOSIGNAL);
		if (n < 0) {
			assert_int_equal(errno, EAGAIN);
			turn(c->world);
			continue;
		}
		bytes += n;
		length -= (size_t)n;
	}
}

static void say(struct client *c, const char *text)
{
	send_bytes(c, text, strlen(text));
}

/* The next line that the client got, without its newline; in a static buffer. */
static const char *next_line(struct client *c)
{
	static char line[2048];
	char *newline;
	while (!(newline = c->length > 0 ? memchr(c->input, '\n', c->length) : NULL)) {
		if (c->closed)
			fail_msg("the server closed the connection instead of sending a line");
		turn(c->world);
	}
	size_t size = (size_t)(newline - c->input);
	snprintf(line, sizeof(line), "%.*s", (int)size, c->input);
	c->length -= size + 1;
	memmove(c->input, newline + 1, c->length + 1);
	return line;
}

static void wait_closed(struct client *c)
{
	while (!c->closed)
		turn(c->world);
}

static unsigned sessions(const struct world *w)
{
	return admin_server_stats(w->server).sessions;
}

static void wait_sessions(struct world *w, unsigned count)
{
	while (sessions(w) != count)
		turn(w);
}

static void wait_served(struct world *w, int count)
{
	while (w->context.served < count)
		turn(w);
}

#define PING "{\"v\":1,\"cmd\":\"ping\"}\n"
#define KEEP "{\"v\":1,\"cmd\":\"keep\"}\n"
#define BIG "{\"v\":1,\"cmd\":\"big\"}\n"

static void assert_served(const char *line, int number)
{
	char expected[128];
	snprintf(expected, sizeof(expected), "{\"v\":1,\"ok\":true,\"data\":{\"served\":%d,\"uid\":%u}}", number,
		(unsigned)getuid());
	assert_string_equal(line, expected);
}

static void assert_code(const char *line, const char *code)
{
	char expected[64];
	snprintf(expected, sizeof(expected), "{\"v\":1,\"ok\":false,\"code\":\"%s\"", code);
	if (strncmp(line, expected, strlen(expected)) != 0)
		fail_msg("%s is not an error %s", line, code);
}

static void a_request_is_answered_and_knows_who_asked(void **state)
{
	struct world *w = *state;
	start(w);
	struct client *c = connect_client(w);
	say(c, PING);
	assert_served(next_line(c), 1);
	say(c, "{\"v\":1,\"cmd\":\"ping\"}\r\n");
	assert_served(next_line(c), 2);
	leave(c);
	wait_sessions(w, 0);
}

static void requests_sent_at_once_are_answered_in_turn(void **state)
{
	struct world *w = *state;
	start(w);
	struct client *c = connect_client(w);
	for (int i = 0; i < 1000; i++)
		say(c, PING);
	for (int i = 0; i < 1000; i++)
		assert_served(next_line(c), i + 1);
	leave(c);
}

static void a_request_may_come_byte_by_byte(void **state)
{
	struct world *w = *state;
	start(w);
	struct client *c = connect_client(w);
	for (const char *p = PING; *p; p++) {
		send_bytes(c, p, 1);
		event_base_loop(w->base, EVLOOP_NONBLOCK);
	}
	assert_served(next_line(c), 1);
	leave(c);
}

static void a_client_that_is_done_sending_still_gets_its_answers(void **state)
{
	struct world *w = *state;
	start(w);
	struct client *c = connect_client(w);
	say(c, PING PING);
	shutdown(c->fd, SHUT_WR);
	assert_served(next_line(c), 1);
	assert_served(next_line(c), 2);
	wait_closed(c);
	wait_sessions(w, 0);
	leave(c);
}

static void a_kept_request_of_a_client_done_sending_is_answered(void **state)
{
	struct world *w = *state;
	start(w);
	struct client *c = connect_client(w);
	say(c, KEEP);
	shutdown(c->fd, SHUT_WR);
	wait_served(w, 1);
	event_base_loop(w->base, EVLOOP_NONBLOCK);
	assert_non_null(w->context.kept);
	admin_reply(w->context.kept, json_true());
	assert_string_equal(next_line(c), "{\"v\":1,\"ok\":true,\"data\":true}");
	wait_closed(c);
	leave(c);
}

static void half_a_request_and_a_close_leave_nothing(void **state)
{
	struct world *w = *state;
	start(w);
	struct client *c = connect_client(w);
	say(c, "{\"v\":1,\"cm");
	wait_sessions(w, 1);
	leave(c);
	wait_sessions(w, 0);
	assert_int_equal(w->context.served, 0);
}

static void a_request_without_its_newline_is_refused(void **state)
{
	struct world *w = *state;
	start(w);
	struct client *c = connect_client(w);
	say(c, "{\"v\":1,\"cmd\":\"ping\"}");
	shutdown(c->fd, SHUT_WR);
	assert_code(next_line(c), "bad_request");
	wait_closed(c);
	assert_int_equal(w->context.served, 0);
	leave(c);
}

static void a_line_of_the_limit_passes_and_one_byte_more_is_cut(void **state)
{
	struct world *w = *state;
	start(w);
	char *line = malloc(PROTOCOL_REQUEST_MAX + 2);
	memset(line, ' ', PROTOCOL_REQUEST_MAX + 1);
	memcpy(line, PING, strlen(PING) - 1);
	line[PROTOCOL_REQUEST_MAX] = '\n';
	struct client *c = connect_client(w);
	send_bytes(c, line, PROTOCOL_REQUEST_MAX + 1);
	assert_served(next_line(c), 1);
	line[PROTOCOL_REQUEST_MAX] = ' ';
	line[PROTOCOL_REQUEST_MAX + 1] = '\n';
	send_bytes(c, line, PROTOCOL_REQUEST_MAX + 2);
	assert_code(next_line(c), "too_large");
	wait_closed(c);
	wait_sessions(w, 0);
	free(line);
	leave(c);
}

static void an_endless_line_is_cut_without_being_kept(void **state)
{
	struct world *w = *state;
	start(w);
	struct client *c = connect_client(w);
	char block[4096];
	memset(block, 'x', sizeof(block));
	ssize_t n;
	while (!c->closed && ((n = send(c->fd, block, sizeof(block), MSG_NOSIGNAL)) > 0 || errno == EAGAIN))
		turn(w);
	wait_closed(c);
	assert_code(next_line(c), "too_large");
	wait_sessions(w, 0);
	leave(c);
}

static void nested(char *text, unsigned depth)
{
	strcpy(text, "{\"v\":1,\"cmd\":\"ping\",\"args\":{\"a\":");
	for (unsigned i = 2; i < depth; i++)
		strcat(text, "[");
	strcat(text, "\"]]]]{{{{\\\"\"");
	for (unsigned i = 2; i < depth; i++)
		strcat(text, "]");
	strcat(text, "}}\n");
}

static void deep_json_is_refused_before_it_is_parsed(void **state)
{
	struct world *w = *state;
	char text[1024];
	start(w);
	struct client *c = connect_client(w);
	nested(text, PROTOCOL_DEPTH_MAX);
	say(c, text);
	assert_code(next_line(c), "bad_argument"); /* parsed: ping takes no argument */
	nested(text, PROTOCOL_DEPTH_MAX + 1);
	say(c, text);
	assert_code(next_line(c), "bad_request");
	char *deep = malloc(60001);
	memset(deep, '[', 60000);
	deep[60000] = '\n';
	send_bytes(c, deep, 60001);
	assert_code(next_line(c), "bad_request");
	say(c, PING);
	assert_served(next_line(c), 1);
	free(deep);
	leave(c);
}

static void what_is_no_json_is_refused_and_the_session_goes_on(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
	} bad[] = {
		{"\n", 1},
		{"hello\n", 6},
		{"[]\n", 3},
		{"7\n", 2},
		{"{\"v\":1,\"v\":1,\"cmd\":\"ping\"}\n", 27},
		{"{\"v\":1,\"cmd\":\"ping\"} x\n", 23},
		{"{\"v\":1,\"cmd\":\"pi\0ng\"}\n", 22},
		{"{\"v\":1,\"cmd\":\"p\xff\"}\n", 19},
		{"{\"v\":1,\"cmd\":\"p\\u0000\"}\n", 24},
		{"\x16\x03\x01\x02\n", 5},
		{"GET / HTTP/1.1\r\n", 16},
	};
	struct world *w = *state;
	start(w);
	struct client *c = connect_client(w);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		send_bytes(c, bad[i].bytes, bad[i].length);
		assert_code(next_line(c), "bad_request");
	}
	say(c, PING);
	assert_served(next_line(c), 1);
	leave(c);
}

static struct admin_server_options short_first_byte(void)
{
	struct admin_server_options options = admin_server_options_default();
	options.first_byte_us = SHORT_US;
	return options;
}

static void a_silent_client_is_cut(void **state)
{
	struct world *w = *state;
	struct admin_server_options options = short_first_byte();
	start_with(w, &options, ADMIN_ROLE_ADMIN);
	struct client *c = connect_client(w);
	wait_closed(c);
	wait_sessions(w, 0);
	assert_int_equal(c->length, 0);
	leave(c);
}

static void a_client_slow_with_its_request_is_told_and_cut(void **state)
{
	struct world *w = *state;
	struct admin_server_options options = admin_server_options_default();
	options.request_us = SHORT_US;
	start_with(w, &options, ADMIN_ROLE_ADMIN);
	struct client *c = connect_client(w);
	say(c, "{\"v\":1,");
	assert_code(next_line(c), "timeout");
	wait_closed(c);
	leave(c);
}

static void an_open_request_has_no_time_limit(void **state)
{
	struct world *w = *state;
	struct admin_server_options options = short_first_byte();
	options.request_us = SHORT_US;
	start_with(w, &options, ADMIN_ROLE_ADMIN);
	struct client *c = connect_client(w);
	say(c, KEEP);
	wait_served(w, 1);
	/* Two silent clients, one after the other, are the clock: each is cut after the whole limit. */
	for (int i = 0; i < 2; i++) {
		struct client *silent = connect_client(w);
		wait_closed(silent);
		leave(silent);
	}
	assert_false(c->closed);
	assert_non_null(w->context.kept);
	admin_reply(w->context.kept, json_true());
	assert_string_equal(next_line(c), "{\"v\":1,\"ok\":true,\"data\":true}");
	wait_closed(c); /* waiting for the next request is limited again */
	leave(c);
}

static void a_client_that_leaves_cancels_its_open_request(void **state)
{
	struct world *w = *state;
	start(w);
	struct client *c = connect_client(w);
	say(c, KEEP);
	wait_served(w, 1);
	leave(c);
	wait_sessions(w, 0);
	assert_int_equal(w->context.cancelled, 1);
}

static void the_next_request_waits_for_the_open_one(void **state)
{
	struct world *w = *state;
	start(w);
	struct client *c = connect_client(w);
	say(c, KEEP PING);
	wait_served(w, 1);
	event_base_loop(w->base, EVLOOP_NONBLOCK);
	assert_int_equal(w->context.served, 1);
	admin_reply(w->context.kept, json_true());
	assert_string_equal(next_line(c), "{\"v\":1,\"ok\":true,\"data\":true}");
	assert_served(next_line(c), 2);
	leave(c);
}

static void a_client_that_floods_while_its_request_is_open_is_cut(void **state)
{
	struct world *w = *state;
	start(w);
	struct client *c = connect_client(w);
	say(c, KEEP);
	wait_served(w, 1);
	char block[4096];
	memset(block, '\n', sizeof(block));
	while (sessions(w) > 0) {
		if (send(c->fd, block, sizeof(block), MSG_NOSIGNAL) < 0 && errno != EAGAIN)
			break;
		event_base_loop(w->base, EVLOOP_NONBLOCK);
	}
	wait_sessions(w, 0);
	assert_int_equal(w->context.cancelled, 1);
	leave(c);
}

static void a_client_that_does_not_read_is_cut_at_the_limit(void **state)
{
	struct world *w = *state;
	start(w);
	struct client *c = connect_client(w);
	event_del(c->readable);
	for (int i = 0; i < 100; i++) /* 10 MB of replies */
		say(c, BIG);
	wait_sessions(w, 1);
	wait_sessions(w, 0);
	/* What the kernel's buffers and ours took, then no more: 832 KiB is eight replies. */
	assert_true(w->context.served < 60);
	leave(c);
}

static void a_client_that_does_not_read_is_cut_in_time(void **state)
{
	struct world *w = *state;
	struct admin_server_options options = admin_server_options_default();
	options.write_us = SHORT_US;
	start_with(w, &options, ADMIN_ROLE_ADMIN);
	struct client *c = connect_client(w);
	event_del(c->readable);
	for (int i = 0; i < 8; i++) /* more than a socket's buffer holds, less than the limit */
		say(c, BIG);
	wait_sessions(w, 1);
	wait_sessions(w, 0);
	leave(c);
}

static void progress_is_left_out_while_the_client_does_not_read(void **state)
{
	struct world *w = *state;
	start(w);
	struct client *c = connect_client(w);
	say(c, KEEP);
	wait_served(w, 1);
	event_del(c->readable);
	char text[1001];
	memset(text, 'y', sizeof(text) - 1);
	text[1000] = '\0';
	for (int i = 0; i < 5000; i++) { /* 5 MB: more than may wait */
		admin_progress(w->context.kept, json_pack("{s:s,s:i}", "text", text, "i", i));
		event_base_loop(w->base, EVLOOP_NONBLOCK);
	}
	assert_int_equal(sessions(w), 1);
	admin_reply(w->context.kept, json_true());
	event_add(c->readable, NULL);
	int lines = 0;
	while (strcmp(next_line(c), "{\"v\":1,\"ok\":true,\"data\":true}") != 0)
		lines++;
	assert_in_range(lines, 1, 4999);
	leave(c);
}

static void a_reply_over_the_limit_becomes_an_error(void **state)
{
	struct world *w = *state;
	struct admin_server_options options = admin_server_options_default();
	options.reply_max = BIG_BYTES;
	start_with(w, &options, ADMIN_ROLE_ADMIN);
	struct client *c = connect_client(w);
	say(c, BIG PING);
	assert_code(next_line(c), "too_large");
	assert_served(next_line(c), 2);
	leave(c);
}

static void one_connection_too_many_is_told_so(void **state)
{
	struct world *w = *state;
	struct admin_server_options options = admin_server_options_default();
	options.connections_max = 3;
	start_with(w, &options, ADMIN_ROLE_ADMIN);
	struct client *c[4];
	for (int i = 0; i < 3; i++)
		c[i] = connect_client(w);
	wait_sessions(w, 3);
	c[3] = connect_client(w);
	assert_code(next_line(c[3]), "busy");
	wait_closed(c[3]);
	leave(c[3]);
	leave(c[0]); /* its place is free again */
	wait_sessions(w, 2);
	c[3] = connect_client(w);
	say(c[3], PING);
	assert_served(next_line(c[3]), 1);
	for (int i = 1; i < 4; i++)
		leave(c[i]);
}

static size_t allocated(void)
{
	const struct mallinfo2 m = mallinfo2();
	return m.uordblks + m.hblkhd;
}

/* As much as it can be: one who reads nothing of the longest answer that there may be, and sends on. */
static void a_slow_client_costs_less_than_a_mebibyte(void **state)
{
	struct world *w = *state;
	start(w);
	struct client *c = connect_client(w);
	event_del(c->readable);
	wait_sessions(w, 1);
	const size_t before = allocated();
	say(c, "{\"v\":1,\"cmd\":\"longest\"}\n{\"v\":1,\"cmd\":\"keep\"}\n");
	while (!w->context.kept)
		turn(w);
	char ahead[4096];
	memset(ahead, ' ', sizeof(ahead));
	for (int i = 0; i < 15; i++)
		send_bytes(c, ahead, sizeof(ahead));
	for (int i = 0; i < 30; i++)
		event_base_loop(w->base, EVLOOP_NONBLOCK);
	const size_t cost = allocated() - before;
	assert_int_equal(sessions(w), 1);
	assert_true(cost < 1024 * 1024);
	leave(c);
	wait_sessions(w, 0);
}

static void a_user_has_fewer_connections_than_all_together(void **state)
{
	struct world *w = *state;
	start(w);
	static struct client *c[PROTOCOL_CONNECTIONS_PER_UID_MAX + 1];
	for (int i = 0; i < PROTOCOL_CONNECTIONS_PER_UID_MAX; i++)
		c[i] = connect_client(w);
	wait_sessions(w, PROTOCOL_CONNECTIONS_PER_UID_MAX);
	c[PROTOCOL_CONNECTIONS_PER_UID_MAX] = connect_client(w);
	const char *line = next_line(c[PROTOCOL_CONNECTIONS_PER_UID_MAX]);
	assert_code(line, "busy");
	assert_non_null(strstr(line, "the most one user may have"));
	for (int i = 0; i <= PROTOCOL_CONNECTIONS_PER_UID_MAX; i++)
		leave(c[i]);
	wait_sessions(w, 0);
}

static void the_listener_gives_the_role(void **state)
{
	struct world *w = *state;
	start_with(w, NULL, ADMIN_ROLE_VIEW);
	struct client *c = connect_client(w);
	say(c, "{\"v\":1,\"cmd\":\"power\"}\n" PING);
	assert_code(next_line(c), "denied");
	assert_served(next_line(c), 1);
	leave(c);
}

static void stopping_ends_open_requests_and_lets_replies_leave(void **state)
{
	struct world *w = *state;
	start(w);
	struct client *open = connect_client(w), *idle = connect_client(w), *reading = connect_client(w);
	say(open, KEEP);
	say(reading, BIG BIG BIG);
	wait_served(w, 4);
	admin_server_stop(w->server);
	assert_code(next_line(open), "stopping");
	wait_closed(open);
	wait_closed(idle);
	for (int i = 0; i < 3; i++)
		assert_non_null(strstr(next_line(reading), "xxxx"));
	wait_closed(reading);
	wait_sessions(w, 0);
	assert_int_equal(w->context.cancelled, 1);
	assert_int_equal(access(w->path, F_OK), -1);
	leave(open);
	leave(idle);
	leave(reading);
}

static void freeing_sends_what_the_client_takes_at_once(void **state)
{
	struct world *w = *state;
	start(w);
	struct client *c = connect_client(w), *open = connect_client(w);
	say(open, KEEP);
	wait_served(w, 1);
	say(c, PING);
	wait_served(w, 2);
	admin_server_free(w->server);
	w->server = NULL;
	assert_served(next_line(c), 2);
	wait_closed(c);
	wait_closed(open);
	assert_int_equal(w->context.cancelled, 1);
	leave(c);
	leave(open);
}

static void a_passed_socket_is_served_and_left_in_place(void **state)
{
	struct world *w = *state;
	struct err err;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	strcpy(address.sun_path, w->path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(admin_server_new(w->base, NULL, tables, &w->context, &w->server), 0);
	assert_int_equal(admin_server_listen_fd(w->server, fd, ADMIN_ROLE_VIEW, &err), -EINVAL); /* not listening */
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(admin_server_listen_fd(w->server, fd, ADMIN_ROLE_VIEW, &err), 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	struct client *c = connect_client(w);
	say(c, PING);
	assert_served(next_line(c), 1);
	leave(c);
	admin_server_free(w->server);
	w->server = NULL;
	assert_int_equal(access(w->path, F_OK), 0);
}

/* The path. */

static void the_socket_has_exactly_its_mode(void **state)
{
	struct world *w = *state;
	struct err err;
	struct admin_socket made;
	struct stat st;
	mode_t before = umask(0);
	assert_int_equal(admin_socket_open(w->path, 0660, "", &made, &err), 0);
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	admin_socket_close(&made);
	umask(0077);
	assert_int_equal(admin_socket_open(w->path, 0666, "", &made, &err), 0);
	assert_int_equal(umask(before), 0077);
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0666);
	admin_socket_close(&made);
	assert_int_equal(access(w->path, F_OK), -1);
	admin_socket_close(&made); /* again: fine */
}

static void a_second_daemon_on_the_path_is_refused(void **state)
{
	struct world *w = *state;
	struct err err;
	struct admin_socket first, second;
	char pid[32];
	assert_int_equal(admin_socket_open(w->path, 0660, "", &first, &err), 0);
	assert_int_equal(admin_socket_open(w->path, 0660, "", &second, &err), -EADDRINUSE);
	snprintf(pid, sizeof(pid), "(pid %d)", (int)getpid());
	assert_non_null(strstr(err.text, pid));
	assert_non_null(strstr(err.text, w->path));
	assert_int_equal(access(w->path, F_OK), 0);
	admin_socket_close(&first);
	assert_int_equal(admin_socket_open(w->path, 0660, "", &second, &err), 0);
	admin_socket_close(&second);
}

static void the_socket_of_a_killed_daemon_is_replaced(void **state)
{
	struct world *w = *state;
	struct err err;
	struct admin_socket made;
	pid_t pid = fork();
	if (pid == 0) {
		_exit(admin_socket_open(w->path, 0660, "", &made, &err) < 0); /* no close: as if killed */
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(access(w->path, F_OK), 0);
	assert_int_equal(admin_socket_open(w->path, 0660, "", &made, &err), 0);
	admin_socket_close(&made);
}

static void somebody_elses_live_socket_is_left_alone(void **state)
{
	struct world *w = *state;
	struct err err;
	struct admin_socket made;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	strcpy(address.sun_path, w->path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(admin_socket_open(w->path, 0660, "", &made, &err), -EADDRINUSE);
	assert_int_equal(access(w->path, F_OK), 0);
	close(fd);
}

static void a_file_in_the_way_is_not_removed(void **state)
{
	struct world *w = *state;
	struct err err;
	struct admin_socket made;
	close(open(w->path, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(admin_socket_open(w->path, 0660, "", &made, &err), -EEXIST);
	assert_non_null(strstr(err.text, "is no socket"));
	assert_int_equal(access(w->path, F_OK), 0);
}

static void bad_places_are_named(void **state)
{
	struct world *w = *state;
	struct err err;
	struct admin_socket made;
	char path[256];
	assert_int_equal(admin_socket_open("", 0660, "", &made, &err), -EINVAL);
	memset(path, 'a', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(admin_socket_open(path, 0660, "", &made, &err), -ENAMETOOLONG);
	snprintf(path, sizeof(path), "%s/none/admin.sock", w->directory);
	assert_int_equal(admin_socket_open(path, 0660, "", &made, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/none"));
	assert_int_equal(admin_socket_open(w->path, 0660, "no-such-group-here", &made, &err), -EINVAL);
	assert_non_null(strstr(err.text, "no-such-group-here"));
	assert_int_equal(chmod(w->directory, 0777), 0);
	assert_int_equal(admin_socket_open(w->path, 0660, "", &made, &err), -EPERM);
	assert_non_null(strstr(err.text, "everybody may write"));
}

static void nesting_is_counted_outside_strings_only(void **state)
{
	(void)state;
	assert_int_equal(json_depth("7", 1), 0);
	assert_int_equal(json_depth("{\"a\":[1,{}],\"b\":[]}", 19), 3);
	assert_int_equal(json_depth("[\"[[[[\\\"[[\"]", 12), 1);
	assert_int_equal(json_depth("]]]][", 5), 1);
	assert_int_equal(json_depth("\"\\", 2), 0);
}

#define with_world(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_world(a_request_is_answered_and_knows_who_asked),
		with_world(requests_sent_at_once_are_answered_in_turn),
		with_world(a_request_may_come_byte_by_byte),
		with_world(a_client_that_is_done_sending_still_gets_its_answers),
		with_world(a_kept_request_of_a_client_done_sending_is_answered),
		with_world(half_a_request_and_a_close_leave_nothing),
		with_world(a_request_without_its_newline_is_refused),
		with_world(a_line_of_the_limit_passes_and_one_byte_more_is_cut),
		with_world(an_endless_line_is_cut_without_being_kept),
		with_world(deep_json_is_refused_before_it_is_parsed),
		with_world(what_is_no_json_is_refused_and_the_session_goes_on),
		with_world(a_silent_client_is_cut),
		with_world(a_client_slow_with_its_request_is_told_and_cut),
		with_world(an_open_request_has_no_time_limit),
		with_world(a_client_that_leaves_cancels_its_open_request),
		with_world(the_next_request_waits_for_the_open_one),
		with_world(a_client_that_floods_while_its_request_is_open_is_cut),
		with_world(a_client_that_does_not_read_is_cut_at_the_limit),
		with_world(a_client_that_does_not_read_is_cut_in_time),
		with_world(progress_is_left_out_while_the_client_does_not_read),
		with_world(a_reply_over_the_limit_becomes_an_error),
		with_world(one_connection_too_many_is_told_so),
		with_world(a_slow_client_costs_less_than_a_mebibyte),
		with_world(a_user_has_fewer_connections_than_all_together),
		with_world(the_listener_gives_the_role),
		with_world(stopping_ends_open_requests_and_lets_replies_leave),
		with_world(freeing_sends_what_the_client_takes_at_once),
		with_world(a_passed_socket_is_served_and_left_in_place),
		with_world(the_socket_has_exactly_its_mode),
		with_world(a_second_daemon_on_the_path_is_refused),
		with_world(the_socket_of_a_killed_daemon_is_replaced),
		with_world(somebody_elses_live_socket_is_left_alone),
		with_world(a_file_in_the_way_is_not_removed),
		with_world(bad_places_are_named),
		cmocka_unit_test(nesting_is_counted_outside_strings_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
