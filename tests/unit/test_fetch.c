/*
 * Requests over real sockets of this machine: a server of the test's own that says what it is told to say, a connection
 * at a time.
 */
#include "fetch/fetch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* --- a server ----------------------------------------------------------------------------------------------------- */

/* What it answers: a connection is a list of replies, one a request, and then it is closed; so it is for "" in place of
 * a reply, and for CUT as soon as a request begins. */
#define CUT "cut"

struct server {
	int fd;
	char url[64];
	pthread_t thread;
	const char *const *const *connections;
	unsigned requests; /* that it has read */
	char first[4096]; /* the first of them */
};

/* A request whole: its head, and as much body as that says. 0: the client has closed. */
static size_t read_request(int fd, char *buffer, size_t size)
{
	size_t length = 0;
	for (;;) {
		const ssize_t n = recv(fd, buffer + length, size - 1 - length, 0);
		if (n <= 0)
			return 0;
		length += (size_t)n;
		buffer[length] = '\0';
		const char *end = strstr(buffer, "\r\n\r\n"), *body = strcasestr(buffer, "content-length:");
		if (end && length >= (size_t)(end + 4 - buffer) + (body ? strtoul(body + 15, NULL, 10) : 0))
			return length;
	}
}

static void *serve(void *arg)
{
	struct server *s = arg;
	char buffer[65536];
	for (const char *const *const *replies = s->connections; *replies; replies++) {
		const int fd = accept(s->fd, NULL, NULL);
		if (fd < 0)
			break;
		for (const char *const *reply = *replies; *reply; reply++) {
			const bool cut = strcmp(*reply, CUT) == 0;
			if (cut ? recv(fd, buffer, 1, 0) <= 0 : read_request(fd, buffer, sizeof(buffer)) == 0)
				break;
			if (s->requests++ == 0)
				snprintf(s->first, sizeof(s->first), "%.*s", (int)sizeof(s->first) - 1, buffer);
			if (cut || send(fd, *reply, strlen(*reply), MSG_NOSIGNAL) <= 0)
				break;
		}
		close(fd);
	}
	return NULL;
}

static void open_server(struct server *s)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(s->fd, 16), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&address, &size), 0);
	snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%u/", ntohs(address.sin_port));
}

static void start_server(struct server *s, const char *const *const *connections)
{
	*s = (struct server){.connections = connections};
	open_server(s);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void end_server(struct server *s)
{
	shutdown(s->fd, SHUT_RDWR); /* of a listening socket: accept() returns */
	pthread_join(s->thread, NULL);
	close(s->fd);
}

/* --- asking ------------------------------------------------------------------------------------------------------- */

static void count(void *arg, struct fetch_request *r)
{
	(void)r;
	++*(unsigned *)arg;
}

static struct fetch *new_fetch(void)
{
	struct fetch *f;
	struct err err;
	assert_int_equal(fetch_new(&f, &err), 0);
	assert_int_equal(fetch_use(f, &err), 0);
	assert_int_equal(fetch_use(f, &err), 0);
	return f;
}

static void wait_for(struct fetch *f, const unsigned *done, unsigned wanted)
{
	while (*done < wanted) {
		struct pollfd p = {.fd = fetch_fd(f), .events = POLLIN};
		assert_int_equal(poll(&p, 1, 120000), 1);
		fetch_completed(f);
	}
}

static void ask(struct fetch *f, struct fetch_request *r)
{
	unsigned done = 0;
	r->done = count;
	r->arg = &done;
	fetch_start(f, r);
	wait_for(f, &done, 1);
}

#define OK(body, length) "HTTP/1.1 200 OK\r\nContent-Length: " length "\r\nX-One:  1 \r\nx-two: 2\r\n\r\n" body

static void test_a_request_and_its_reply(void **state)
{
	(void)state;
	static const char *const replies[] = {
		"HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n" OK("hello", "5"), OK("", "0"), NULL};
	static const char *const *const connections[] = {replies, NULL};
	static const char *const lines[] = {"Content-Type: application/json", "X-Mine: yes", NULL};
	char token[] = "/tmp/propsd-test-token-XXXXXX", value[16];
	struct server s;
	struct fetch *f = new_fetch();
	const int fd = mkstemp(token);

	assert_int_equal(write(fd, "secret\nmore\n", 12), 12);
	start_server(&s, connections);
	struct fetch_request r = {.method = "POST",
		.url = s.url,
		.body = "{}",
		.body_length = 2,
		.header_lines = lines,
		.token_file = token,
		.most = 5};
	ask(f, &r);
	assert_int_equal(r.result, 0);
	assert_int_equal(r.status, 200);
	assert_string_equal(r.reply.data, "hello");
	assert_int_equal(r.connections, 1);
	assert_true(r.took_us > 0);
	assert_string_equal(fetch_header(&r, "x-one", value, sizeof(value)), "1");
	assert_string_equal(fetch_header(&r, "X-Two", value, sizeof(value)), "2");
	assert_null(fetch_header(&r, "X-Early", value, sizeof(value)));
	assert_null(fetch_header(&r, "X-T", value, sizeof(value)));
	assert_int_equal(strncmp(s.first, "POST / HTTP/1.1\r\n", 17), 0);
	assert_non_null(strstr(s.first, "\r\nContent-Type: application/json\r\n"));
	assert_non_null(strstr(s.first, "\r\nX-Mine: yes\r\n"));
	assert_non_null(strstr(s.first, "\r\nAuthorization: Bearer secret\r\n"));
	assert_non_null(strstr(s.first, "\r\nAccept-Encoding: identity\r\n"));
	assert_null(strstr(s.first, "Expect"));
	ask(f, &r); /* again, on the same connection */
	assert_int_equal(r.result, 0);
	assert_int_equal(r.connections, 0);
	assert_int_equal(r.reply.length, 0);
	fetch_free(f);
	end_server(&s);
	fetch_request_done(&r);
	close(fd);
	unlink(token);
}

static void test_a_kept_connection_that_breaks_is_tried_once_more(void **state)
{
	(void)state;
	static const char *const one[] = {OK("1", "1"), "", NULL}, *const two[] = {OK("2", "1"), "", NULL},
				 *const none[] = {"", NULL};
	static const char *const *const connections[] = {one, two, none, NULL};
	struct server s;
	struct fetch *f = new_fetch();
	start_server(&s, connections);
	struct fetch_request r = {.method = "POST", .url = s.url, .body = "{}", .body_length = 2, .most = 100};
	ask(f, &r);
	assert_string_equal(r.reply.data, "1");
	ask(f, &r); /* the server reads it, and closes */
	assert_int_equal(r.result, 0);
	assert_string_equal(r.reply.data, "2");
	assert_int_equal(s.requests, 3);
	ask(f, &r); /* closed on the kept one, and on the fresh one too: no third time */
	assert_int_equal(r.result, -ECONNRESET);
	fetch_free(f);
	end_server(&s);
	assert_int_equal(s.requests, 5);
	fetch_request_done(&r);
}

/* In the middle of a long body it is found out by writing. */
static void test_a_kept_connection_that_breaks_while_it_is_written_to(void **state)
{
	(void)state;
	static const char *const one[] = {OK("1", "1"), CUT, NULL}, *const two[] = {CUT, NULL};
	static const char *const *const connections[] = {one, two, NULL};
	const size_t length = 32 << 20;
	char *body = calloc(1, length);
	struct server s;
	struct fetch *f = new_fetch();
	start_server(&s, connections);
	struct fetch_request r = {.method = "POST", .url = s.url, .body = "{}", .body_length = 2, .most = 100};
	ask(f, &r);
	r.body = body;
	r.body_length = length;
	ask(f, &r);
	assert_int_equal(r.result, -ECONNRESET);
	fetch_free(f);
	end_server(&s);
	assert_int_equal(s.requests, 3);
	assert_int_equal(r.connections, 1);
	fetch_request_done(&r);
	free(body);
}

static void test_what_a_server_may_not(void **state)
{
	(void)state;
	static const struct {
		const char *reply;
		int result;
		const char *error;
	} cases[] = {
		{OK("12345678901", "11"), -EMSGSIZE, "more than 10 in its body"},
		{"HTTP/1.1 200 OK\r\n\r\n12345678901", -EMSGSIZE, "more than 10 in its body"},
		{OK("12", "3"), -ECONNRESET, ""},
		{"SSH-2.0-OpenSSH_9.2\r\n", -EPROTO, ""},
		{"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nnone", -EPROTO, ""},
		{"", -ECONNRESET, "Empty reply"},
	};
	struct fetch *f = new_fetch();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *const replies[] = {cases[i].reply, NULL};
		const char *const *const connections[] = {replies, NULL};
		struct server s;
		start_server(&s, connections);
		struct fetch_request r = {.method = "GET", .url = s.url, .most = 10};
		ask(f, &r);
		assert_int_equal(r.result, cases[i].result);
		assert_non_null(strstr(r.error, cases[i].error));
		assert_true(strlen(r.error) > 0);
		fetch_request_done(&r);
		end_server(&s);
	}
	fetch_free(f);
}

/* A server that is silent: the listening socket's own queue takes the connection. */
static void test_what_ends_by_itself_or_by_hand(void **state)
{
	(void)state;
	struct fetch *f = new_fetch();
	struct server s = {0};
	unsigned done = 0;
	open_server(&s);
	struct fetch_request slow = {.method = "GET", .url = s.url, .most = 10, .timeout_us = 1000};
	ask(f, &slow);
	assert_int_equal(slow.result, -ETIMEDOUT);
	assert_int_equal(slow.status, 0);

	struct fetch_request many[20];
	for (int i = 0; i < 20; i++) {
		many[i] =
			(struct fetch_request){.method = "GET", .url = s.url, .most = 10, .done = count, .arg = &done};
		fetch_start(f, &many[i]);
		if (i % 2 == 0)
			fetch_cancel(f, &many[i]); /* before it has begun, most likely */
	}
	wait_for(f, &done, 10);
	for (int i = 1; i < 20; i += 2)
		fetch_cancel(f, &many[i]);
	wait_for(f, &done, 20);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(many[i].result, -ECANCELED);
		fetch_request_done(&many[i]);
	}

	slow.done = count;
	slow.arg = &done;
	slow.timeout_us = 0;
	fetch_start(f, &slow);
	struct fetch_request out = {.method = "GET", .url = s.url, .most = 10, .done = count, .arg = &done};
	fetch_start(f, &out);
	fetch_free(f); /* with requests out */
	assert_int_equal(done, 22);
	assert_int_equal(out.result, -ECANCELED);
	fetch_request_done(&slow);
	fetch_request_done(&out);
	close(s.fd);
}

static void test_what_cannot_be_asked(void **state)
{
	(void)state;
	struct server s = {0};
	struct fetch *f = new_fetch();
	char folder[] = "/tmp/propsd-test-fetch-XXXXXX", pipe_path[64];
	assert_non_null(mkdtemp(folder));
	snprintf(pipe_path, sizeof(pipe_path), "%s/pipe", folder);
	assert_int_equal(mkfifo(pipe_path, 0600), 0);
	open_server(&s);
	close(s.fd); /* nobody is there now */
	const struct {
		struct fetch_request r;
		int result;
		const char *error;
	} cases[] = {
		{{.url = s.url}, -ECONNREFUSED, "connect"},
		{{.url = "http://no-such-host.invalid/"}, -EHOSTUNREACH, "no-such-host.invalid"},
		{{.url = s.url, .token_file = "/nonexistent/token"}, -EACCES,
			"cannot read token_file /nonexistent/token: No such"},
		{{.url = s.url, .token_file = "/dev/null"}, -EACCES,
			"token_file /dev/null has no token in its first line"},
		{{.url = s.url, .token_file = pipe_path}, -EACCES, "has no token in its first line"},
		{{.url = "file:///etc/passwd"}, -EPROTO, ""},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fetch_request r = cases[i].r;
		r.method = "GET";
		ask(f, &r);
		assert_int_equal(r.result, cases[i].result);
		assert_non_null(strstr(r.error, cases[i].error));
		fetch_request_done(&r);
	}
	fetch_free(f);
	unlink(pipe_path);
	rmdir(folder);
}

/* Signed as Amazon's S3 and its like want it, with the body's hash from the asker. */
static void test_a_signed_put(void **state)
{
	(void)state;
	static const char *const replies[] = {
		"HTTP/1.1 412 Precondition Failed\r\nETag: \"x\"\r\nContent-Length: 0\r\n\r\n", NULL};
	static const char *const *const connections[] = {replies, NULL};
	static const char *const lines[] = {"If-Match: \"x\"",
		"x-amz-content-sha256: "
		"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
		NULL};
	char etag[16];
	struct server s;
	struct fetch *f = new_fetch();
	start_server(&s, connections);
	struct fetch_request r = {.method = "PUT",
		.url = s.url,
		.body = "{}",
		.body_length = 2,
		.header_lines = lines,
		.sigv4 = "aws:amz:eu-west-1:s3",
		.user = "KEY:SECRET",
		.most = 1000};
	ask(f, &r);
	assert_int_equal(r.result, 0);
	assert_int_equal(r.status, 412);
	assert_string_equal(fetch_header(&r, "etag", etag, sizeof(etag)), "\"x\"");
	assert_int_equal(strncmp(s.first, "PUT / HTTP/1.1\r\n", 16), 0);
	assert_non_null(strstr(s.first, "Authorization: AWS4-HMAC-SHA256 Credential=KEY/"));
	assert_non_null(strstr(s.first, "/eu-west-1/s3/aws4_request"));
	fetch_free(f);
	end_server(&s);
	fetch_request_done(&r);
}

static void test_retry_after(void **state)
{
	(void)state;
	const int64_t now = INT64_C(784111777) * 1000; /* Sun, 06 Nov 1994 08:49:37 GMT */
	static const struct {
		const char *value;
		int64_t ms;
	} cases[] = {
		{"0", 0},
		{"120", 120000},
		{"99999999999999999999", INT64_C(1000000000) * 1000},
		{"Sun, 06 Nov 1994 08:49:47 GMT", 10000},
		{"Sunday, 06-Nov-94 08:49:47 GMT", 10000},
		{"Sun Nov  6 08:49:47 1994", 10000},
		{"Sun, 06 Nov 1994 08:00:00 GMT", 0},
		{"", -1},
		{"-1", -1},
		{"1.5", -1},
		{"soon", -1},
		{"12 parsecs", -1},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (fetch_retry_after_ms(cases[i].value, now) != cases[i].ms)
			fail_msg("\"%s\": %lld", cases[i].value, (long long)fetch_retry_after_ms(cases[i].value, now));
}

static void test_urls(void **state)
{
	(void)state;
	static const char *const good[] = {
		"http://127.0.0.1:8080/", "https://push.example.com/a/b?c=d", "http://[::1]:8080/"};
	static const struct {
		const char *url, *error;
	} bad[] = {
		{"", "is no URL"},
		{"localhost:8080", "allowed is http://HOST"},
		{"/path", "is no URL"},
		{"ftp://example.com/", "is of no protocol"},
		{"http://", "is no URL"},
		{"http://example.com:99999/", "is no URL"},
		{"http://exa mple.com/", "is no URL"},
		{"http://me:secret@example.com/", "user or a password"},
		{"http://example.com/#part", "fragment"},
	};
	struct err err;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(fetch_check_url(good[i], &err), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (fetch_check_url(bad[i].url, &err) != -EINVAL)
			fail_msg("%s was taken", bad[i].url);
		if (!strstr(err.text, bad[i].error) || strstr(err.text, "secret"))
			fail_msg("%s: %s", bad[i].url, err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_request_and_its_reply),
		cmocka_unit_test(test_a_kept_connection_that_breaks_is_tried_once_more),
		cmocka_unit_test(test_a_kept_connection_that_breaks_while_it_is_written_to),
		cmocka_unit_test(test_what_a_server_may_not),
		cmocka_unit_test(test_what_ends_by_itself_or_by_hand),
		cmocka_unit_test(test_what_cannot_be_asked),
		cmocka_unit_test(test_a_signed_put),
		cmocka_unit_test(test_retry_after),
		cmocka_unit_test(test_urls),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
