/* The head of an HTTP request, as a table: what is read of it, what is refused and with which status. */
#include "web/head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/socket.h"

#define HOST "Host: h\r\n"

struct row {
	const char *text;
	int status;
	const char *path; /* where it is 200 */
	size_t length;
};
#define GOOD(text, path) \
	{ \
		text, 200, path, sizeof(text) - 1 \
	}
#define WRONG(text, status) \
	{ \
		text, status, NULL, sizeof(text) - 1 \
	}

static int parse(const struct row *r, struct web_head *head)
{
	const char *why = NULL;
	const size_t length = r->length;
	/* A copy of exactly that size: a reader beyond it is found. */
	char *copy = malloc(length);
	memcpy(copy, r->text, length);
	const int status = web_head_parse(copy, length, head, &why);
	free(copy);
	assert_int_equal(why != NULL, status != 0 && status != 200);
	return status;
}

static const struct row good[] = {
	GOOD("GET /metrics HTTP/1.1\r\n" HOST "\r\n", "/metrics"),
	GOOD("GET /metrics HTTP/1.1\r\nUser-Agent: curl/8\r\nhost:h:9464\r\nAccept: */*\r\n\r\n", "/metrics"),
	GOOD("GET /metrics HTTP/1.0\r\n\r\n", "/metrics"),
	GOOD("GET /metrics HTTP/1.0\n\n", "/metrics"),
	GOOD("\r\n\nGET / HTTP/1.0\r\n\r\n", "/"),
	GOOD("GET /metrics?name=a%20b HTTP/1.0\r\n\r\n", "/metrics"),
	GOOD("GET http://h:9464/healthz?x HTTP/1.1\r\n" HOST "\r\n", "/healthz"),
	GOOD("GET HTTP://h HTTP/1.1\r\n" HOST "\r\n", "/"),
	GOOD("GET /readyz HTTP/1.1\r\n" HOST "Empty:\r\nOf: b\303\266rse\ttab\r\n\r\n", "/readyz"),
	GOOD("GET /readyz HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", "/readyz"),
	GOOD("GET /%6detrics HTTP/1.9\r\n" HOST "\r\nGET / HTTP/1.1\r\n", "/%6detrics"),
};

static const struct row wrong[] = {
	/* the first line */
	WRONG("GET /metrics\r\n\r\n", 400),
	WRONG("GET\r\n\r\n", 400),
	WRONG(" GET / HTTP/1.1\r\n\r\n", 400),
	WRONG("GET  / HTTP/1.1\r\n\r\n", 400),
	WRONG("GET /  HTTP/1.1\r\n\r\n", 400),
	WRONG("GET / HTTP/1.1 \r\n\r\n", 400),
	WRONG("GET / http/1.1\r\n\r\n", 400),
	WRONG("GET / HTTP/11\r\n\r\n", 400),
	WRONG("GET / HTTP/1.x\r\n\r\n", 400),
	WRONG("G(T / HTTP/1.1\r\n\r\n", 400),
	WRONG("GET metrics HTTP/1.1\r\n" HOST "\r\n", 400),
	WRONG("GET * HTTP/1.1\r\n" HOST "\r\n", 400),
	WRONG("GET https://h/ HTTP/1.1\r\n" HOST "\r\n", 400),
	WRONG("GET /a\177 HTTP/1.1\r\n", 400),
	WRONG("GET /\303\266 HTTP/1.1\r\n", 400),
	WRONG("GET /?\303\266 HTTP/1.1\r\n", 400),
	WRONG("GET / HTTP/2.0\r\n", 505),
	WRONG("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
	WRONG("POST /metrics HTTP/1.1\r\n", 405),
	WRONG("get /metrics HTTP/1.1\r\n", 405),
	WRONG("GETS / HTTP/1.1\r\n", 405),
	WRONG("OPTIONS * HTTP/1.1\r\n", 405),
	WRONG("CONNECT h:80 HTTP/1.1\r\n", 405),
	/* fields */
	WRONG("GET / HTTP/1.1\r\n\r\n", 400),
	WRONG("GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400),
	WRONG("GET / HTTP/1.1\r\nHost : h\r\n", 400),
	WRONG("GET / HTTP/1.1\r\n" HOST " folded\r\n", 400),
	WRONG("GET / HTTP/1.1\r\n" HOST "\tfolded\r\n", 400),
	WRONG("GET / HTTP/1.1\r\nno colon\r\n", 400),
	WRONG("GET / HTTP/1.1\r\n: value\r\n", 400),
	WRONG("GET / HTTP/1.1\r\na b: value\r\n", 400),
	WRONG("GET / HTTP/1.1\r\nA: x\ry\r\n", 400),
	WRONG("GET / HTTP/1.1\r\nA: \001\r\n", 400),
	WRONG("GET / HTTP/1.1\r\nA: x\0y\r\n", 400),
	WRONG("GET / HTTP/1.1\r\nContent-Length: 1\r\n", 400),
	WRONG("GET / HTTP/1.1\r\ncontent-length:\r\n", 400),
	WRONG("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n", 400),
	/* no HTTP at all: told before a line is whole */
	WRONG("\026\003\001\002", 400),
	WRONG("GET / HT\0", 400),
	WRONG("\0", 400),
};

static void what_can_be_read_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct web_head head = {0};
		if (parse(&good[i], &head) != 200)
			fail_msg("refused: %s", good[i].text);
		assert_string_equal(head.path, good[i].path);
		assert_false(head.head_only);
	}
	struct web_head head = {0};
	const struct row looked = GOOD("HEAD / HTTP/1.0\r\n\r\n", "/");
	assert_int_equal(parse(&looked, &head), 200);
	assert_true(head.head_only);
}

static void what_is_wrong_has_its_status(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct web_head head;
		const int status = parse(&wrong[i], &head);
		if (status != wrong[i].status)
			fail_msg("%d in place of %d: %s", status, wrong[i].status, wrong[i].text);
	}
}

/* Byte by byte nothing else comes out, and nothing before the end. */
static void any_beginning_of_what_is_good_waits_for_more(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]) - 1; i++)
		for (size_t n = 1; n < good[i].length; n++) {
			struct web_head head;
			assert_int_equal(parse(&(struct row){.text = good[i].text, .length = n}, &head), 0);
		}
}

static void a_head_is_bounded(void **state)
{
	(void)state;
	static char text[WEB_HEAD_MAX + 64];
	struct web_head head;
	const char *why;
	/* As large as it may be, and a byte more. */
	const size_t before = strlen("GET / HTTP/1.1\r\nHost: ");
	for (size_t length = WEB_HEAD_MAX; length <= WEB_HEAD_MAX + 1; length++) {
		memset(text, 'h', sizeof(text));
		memcpy(text, "GET / HTTP/1.1\r\nHost: ", before);
		memcpy(text + length - 4, "\r\n\r\n", 4);
		assert_int_equal(web_head_parse(text, length, &head, &why), length == WEB_HEAD_MAX ? 200 : 431);
	}
	memset(text, 'a', sizeof(text));
	assert_int_equal(web_head_parse(text, WEB_HEAD_MAX - 1, &head, &why), 0);
	assert_int_equal(web_head_parse(text, WEB_HEAD_MAX, &head, &why), 431);
	memset(text, '\n', sizeof(text));
	assert_int_equal(web_head_parse(text, WEB_HEAD_MAX, &head, &why), 431);
	/* So many fields. */
	for (int fields = WEB_FIELDS_MAX; fields <= WEB_FIELDS_MAX + 1; fields++) {
		strcpy(text, "GET / HTTP/1.0\n");
		for (int i = 0; i < fields; i++)
			strcat(text, "a:b\n");
		strcat(text, "\n");
		assert_int_equal(web_head_parse(text, strlen(text), &head, &why), fields == WEB_FIELDS_MAX ? 200 : 431);
	}
	/* A path. */
	for (int n = WEB_PATH_MAX; n <= WEB_PATH_MAX + 1; n++) {
		memset(text, 0, sizeof(text));
		strcpy(text, "GET ");
		memset(text + 4, '/', (size_t)n);
		strcat(text, "?query HTTP/1.0\r\n\r\n");
		assert_int_equal(web_head_parse(text, strlen(text), &head, &why), n == WEB_PATH_MAX ? 200 : 404);
	}
}

static void an_address_has_figures_and_a_port(void **state)
{
	(void)state;
	static const char *const right[] = {"127.0.0.1:9464", "0.0.0.0:1", "[::1]:65535", "[::]:80", "[fe80::1%lo]:80"};
	static const char *const others[] = {"", ":", "9464", ":9464", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0",
		"127.0.0.1:65536", "127.0.0.1:99999999999999999999", "127.0.0.1:+80", "127.0.0.1: 80", "127.1:80",
		"1:80", "localhost:80", "::1:80", "[::1]", "[::1]:", "[]:80", "[:80", "[::1:80", "[127.0.0.1]:80",
		"[::1]80", "256.0.0.1:80", "127.0.0.1:80 ", "http://127.0.0.1:80",
		"[0000000000000000000000000000000000000000000000000000000000000000::1]:80"};
	struct sockaddr_storage address;
	socklen_t length;
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		if (socket_inet_address(right[i], &address, &length) != 0)
			fail_msg("refused: %s", right[i]);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (socket_inet_address(others[i], &address, &length) == 0)
			fail_msg("taken: %s", others[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_can_be_read_is),
		cmocka_unit_test(what_is_wrong_has_its_status),
		cmocka_unit_test(any_beginning_of_what_is_good_waits_for_more),
		cmocka_unit_test(a_head_is_bounded),
		cmocka_unit_test(an_address_has_figures_and_a_port),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
