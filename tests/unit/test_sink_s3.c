/*
 * What a sink makes of all that a store of objects may answer: a server of the test's own says it, reply by reply, and notes
 * what it was asked.
 */
#include "sink/store.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/str.h"

/* --- a server ----------------------------------------------------------------------------------------------------- */

enum { REPLIES = 24 };

struct reply {
	int status; /* 0: the last one was before */
	const char *headers; /* each ends with \r\n; NULL: none */
	const char *body; /* NULL: none */
};

struct server {
	int fd;
	char url[64];
	pthread_t thread;
	struct reply replies[REPLIES]; /* a connection each */
	unsigned served;
	struct str asked; /* a line each: method, last part of the path, condition */
};

static void note_condition(struct str *asked, const char *head)
{
	static const char *const names[] = {"\r\nIf-Match: ", "\r\nIf-None-Match: "};
	for (size_t i = 0; i < 2; i++) {
		const char *found = strstr(head, names[i]);
		if (found)
			str_printf(asked, " %.*s", (int)strcspn(found + 2, "\r"), found + 2);
	}
}

static void note_request(struct str *asked, const char *head)
{
	const size_t line = strcspn(head, "\r");
	const char *slash = memrchr(head, '/', line - strlen(" HTTP/1.1"));
	str_printf(asked, "%.*s %.*s", (int)strcspn(head, " "), head, (int)strcspn(slash + 1, " "), slash + 1);
	note_condition(asked, head);
	str_text(asked, "\n");
}

static bool read_request(int fd, char *buffer, size_t size)
{
	size_t length = 0;
	for (;;) {
		const ssize_t n = recv(fd, buffer + length, size - 1 - length, 0);
		if (n <= 0)
			return false;
		length += (size_t)n;
		buffer[length] = '\0';
		const char *end = strstr(buffer, "\r\n\r\n"), *body = strcasestr(buffer, "content-length:");
		if (end && length >= (size_t)(end + 4 - buffer) + (body ? strtoul(body + 15, NULL, 10) : 0))
			return true;
	}
}

static void *serve(void *arg)
{
	struct server *s = arg;
	char buffer[8192], reply[4096];
	int fd;
	while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
		const struct reply *r = &s->replies[s->served];
		if (r->status && read_request(fd, buffer, sizeof(buffer))) {
			const bool head = strncmp(buffer, "HEAD", 4) == 0;
			note_request(&s->asked, buffer);
			s->served++;
			text_format(reply, sizeof(reply),
				"HTTP/1.1 %d X\r\nConnection: close\r\n%sContent-Length: %zu\r\n\r\n%s", r->status,
				r->headers ? r->headers : "", r->body ? strlen(r->body) : 0,
				r->body && !head ? r->body : "");
			(void)!send(fd, reply, strlen(reply), MSG_NOSIGNAL);
		}
		close(fd);
	}
	return NULL;
}

static void start_server(struct server *s)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(s->fd, 16), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&address, &size), 0);
	snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%u", ntohs(address.sin_port));
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void end_server(struct server *s)
{
	shutdown(s->fd, SHUT_RDWR); /* of a listening socket: accept() returns */
	pthread_join(s->thread, NULL);
	close(s->fd);
	str_done(&s->asked);
}

/* --- a sink's store on it ----------------------------------------------------------------------------------------- */

static bool wait_never(void *arg, int64_t us)
{
	(void)arg, (void)us;
	return false;
}

static bool is_never_over(void *arg)
{
	(void)arg;
	return false;
}

static const struct patience patience = {.wait = wait_never, .over = is_never_over};

/* The replies that show a server which holds to conditions. */
#define HOLDS \
	{200, "ETag: \"p\"\r\n", NULL}, {412, NULL, NULL}, \
	{ \
		412, NULL, NULL \
	}
#define ASKED \
	"PUT .propsd If-None-Match: *\nPUT .propsd If-None-Match: *\n" \
	"PUT .propsd If-Match: \"00000000000000000000000000000000\"\n"
#define PUT_NEW "PUT p.json If-None-Match: *\n"
#define LOOK "HEAD p.json\n"

struct sight { /* of one report put after the other */
	int result;
	bool kept;
	int64_t rest_us;
	struct err err;
	char asked[2048]; /* by the last */
	unsigned left; /* replies that nobody asked for */
};

/* Puts versions 1, 2, ... so many, by a fresh store. */
static struct sight put_versions(const struct reply *replies, const char *key_file, int64_t versions)
{
	struct server s = {0};
	struct store *store;
	struct sight ret = {0};
	char target[256];
	unsigned n = 0;
	for (; n < REPLIES - 1 && replies[n].status; n++)
		s.replies[n] = replies[n];
	start_server(&s);
	const struct sink_options options = {.name = "bucket",
		.type = SINK_S3,
		.s3 = {.url = s.url,
			.bucket = "b",
			.prefix = "",
			.region = "",
			.key_file = key_file,
			.ca_file = "",
			.form = SINK_FORM_S3}};
	assert_int_equal(store_s3.open(&options, &patience, &store, target, sizeof(target), &ret.err), 0);
	for (int64_t version = 1; version <= versions; version++) {
		const size_t before = s.asked.length;
		const struct sink_report report = {
			.date = 20000, .player = "p", .version = version, .body = "{}", .length = 2};
		ret.kept = false;
		ret.result = store_s3.put(store, &report, &ret.kept, &ret.err);
		text_format(ret.asked, sizeof(ret.asked), "%s", s.asked.data ? s.asked.data + before : "");
	}
	ret.rest_us = store_s3.rest_us(store);
	store_s3.close(store);
	ret.left = n - s.served;
	end_server(&s);
	return ret;
}

static void check(const struct sight *s, int result, const char *asked)
{
	if (s->result != result)
		print_message("%d, not %d: %s\n", s->result, result, s->err.text);
	assert_int_equal(s->result, result);
	assert_string_equal(s->asked, asked);
	assert_int_equal(s->left, 0);
}

/* --- refusals ----------------------------------------------------------------------------------------------------- */

#define ERROR(code, more) "<?xml version='1.0'?><Error><Code>" code "</Code>" more "</Error>"

/* Of a report's PUT: what a person is told, and whether everything is to wait. */
static void test_each_refusal_says_what_to_do(void **state)
{
	static const struct {
		struct reply reply;
		const char *told; /* the end of it, behind the address */
		int result;
		int64_t rest_s;
	} rows[] = {
		{{503, NULL, ERROR("SlowDown", "<Message>Please reduce your request rate.</Message>")},
			"503 SlowDown, Please reduce your request rate.: it wants fewer requests", -EBUSY, 0},
		{{503, "Retry-After: 7\r\n", ERROR("SlowDown", "")},
			"503 SlowDown: asks to be left alone for 7s: it wants fewer requests", -EBUSY, 7},
		{{429, "Retry-After: 599\r\n", NULL}, "429: asks to be left alone for 599s: it wants fewer requests",
			-EBUSY, 599},
		{{429, "Retry-After: 86400\r\n", NULL}, "429: asks to be left alone for 10m: it wants fewer requests",
			-EBUSY, 600},
		{{503, "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n", NULL},
			"503: asks to be left alone for 10m: it wants fewer requests", -EBUSY, 600},
		{{503, "Retry-After: 0\r\n", NULL}, "503: it wants fewer requests", -EBUSY, 0},
		{{429, "Retry-After: soon\r\n", NULL}, "429: it wants fewer requests", -EBUSY, 0},
		{{500, "Retry-After: 7\r\n", ERROR("InternalError", "")},
			"500 InternalError: it is the server's, and tried again", -EIO, 0},
		{{301, "x-amz-bucket-region: eu-central-1\r\n", ERROR("PermanentRedirect", "")},
			"301 PermanentRedirect: the bucket is in region eu-central-1: correct region and url", -EIO, 0},
		{{301, NULL, ERROR("PermanentRedirect", "<Endpoint>b.s3-eu-west-1.amazonaws.com</Endpoint>")},
			"301 PermanentRedirect: the bucket is at b.s3-eu-west-1.amazonaws.com: correct region and url",
			-EIO, 0},
		{{307, "Location: http://127.0.0.2/elsewhere\r\n", ERROR("TemporaryRedirect", "")},
			"307 TemporaryRedirect: it sends on to http://127.0.0.2/elsewhere, which is not followed: correct "
			"region and url",
			-EIO, 0},
		{{400, NULL, ERROR("AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>")},
			"400 AuthorizationHeaderMalformed: the bucket is in region eu-west-1: correct region", -EIO, 0},
		{{403, NULL, ERROR("InvalidAccessKeyId", "")}, "403 InvalidAccessKeyId: correct key_file: KEYS", -EIO,
			0},
		{{403, NULL, ERROR("SignatureDoesNotMatch", "")},
			"403 SignatureDoesNotMatch: correct key_file, or region: KEYS", -EIO, 0},
		{{403, NULL, ERROR("AccessDenied", "<Message>Access Denied</Message>")},
			"403 AccessDenied, Access Denied: let this key put objects there, and get them (s3:PutObject, "
			"s3:GetObject): KEYS",
			-EIO, 0},
		{{403, NULL, NULL},
			"403: let this key put objects there, and get them (s3:PutObject, s3:GetObject): KEYS", -EIO, 0},
		{{400, NULL, ERROR("ExpiredToken", "")},
			"400 ExpiredToken: write a new key, secret and session token into key_file: KEYS", -EIO, 0},
		{{403, NULL, ERROR("RequestTimeTooSkewed", "")},
			"403 RequestTimeTooSkewed: have this host's clock set by NTP (timedatectl)", -EIO, 0},
		{{403, "Date: Sat, 01 Jan 2000 00:00:00 GMT\r\n", NULL},
			"403: have this host's clock set by NTP (timedatectl)", -EIO, 0},
		{{404, NULL, ERROR("NoSuchBucket", "")}, "404 NoSuchBucket: make the bucket, or correct its name", -EIO,
			0},
		{{404, NULL, "<html>not here</html>"}, "404: see whether url is that of the store, and bucket right",
			-EIO, 0},
		{{405, NULL, NULL}, "405: see whether url is that of the store, and bucket right", -EIO, 0},
		{{409, NULL, ERROR("InvalidBucketState", "")},
			"409 InvalidBucketState: it is the server's, and tried again", -EIO, 0},
		{{501, NULL, NULL}, "501: this server knows no conditional PUT: use another", -EIO, 0},
		{{507, NULL, NULL}, "507: make room there", -EIO, 0},
		{{418, NULL, NULL}, "418: see to it", -EIO, 0},
		{{400, NULL, ERROR("Odd", "<Message>a\033[2Jb\nc\177</Message>")}, "400 Odd, a [2Jb c : see to it",
			-EIO, 0},
		{{400, NULL, ERROR("Odd", "<Message>\xff</Message>")}, "400 Odd: see to it", -EIO, 0},
	};
	char keys[] = "/tmp/propsd-keys-XXXXXX";
	const int fd = mkstemp(keys);
	(void)state;
	assert_int_equal(write(fd, "id\nsecret\n", 10), 10);
	close(fd);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct reply replies[REPLIES] = {HOLDS, rows[i].reply};
		const struct sight s = put_versions(replies, keys, 1);
		char wanted[600];
		const char *named = strstr(rows[i].told, "KEYS"), *at = strstr(s.err.text, "/2024-10-04/p.json: ");
		text_format(wanted, sizeof(wanted), "%.*s%s",
			(int)(named ? named - rows[i].told : (ptrdiff_t)strlen(rows[i].told)), rows[i].told,
			named ? keys : "");
		check(&s, rows[i].result, ASKED PUT_NEW);
		assert_non_null(at);
		assert_string_equal(at + strlen("/2024-10-04/p.json: "), wanted);
		if (rows[i].result == -EBUSY)
			assert_int_equal(s.rest_us, rows[i].rest_s * 1000000);
	}
	unlink(keys);
}

/* --- another one writes there, too -------------------------------------------------------------------------------- */

static void test_what_is_there_is_looked_at(void **state)
{
	static const char older[] = "ETag: \"o\"\r\nx-amz-meta-version: 1\r\n",
			  newer[] = "ETag: \"n\"\r\nx-amz-meta-version: 9\r\n";
	static const struct {
		struct reply replies[REPLIES];
		int64_t versions;
		int result;
		bool kept;
		const char *asked;
	} rows[] = {
		/* Nobody else: the second is put on the first's ETag. */
		{{HOLDS, {200, "ETag: \"1\"\r\n", NULL}, {200, "ETag: \"2\"\r\n", NULL}}, 2, 0, false,
			"PUT p.json If-Match: \"1\"\n"},
		/* Without an ETag nothing is known: it is put as a new one, and then looked at. */
		{{HOLDS, {200, NULL, NULL}, {412, NULL, NULL}, {200, older, NULL}, {200, NULL, NULL}}, 2, 0, false,
			PUT_NEW LOOK "PUT p.json If-Match: \"o\"\n"},
		{{HOLDS, {412, NULL, NULL}, {200, newer, NULL}}, 1, 0, true, ASKED PUT_NEW LOOK},
		{{HOLDS, {200, "ETag: \"1\"\r\n", NULL}, {412, NULL, NULL}, {200, newer, NULL}}, 2, 0, true,
			"PUT p.json If-Match: \"1\"\n" LOOK},
		/* One of nobody's gives way. */
		{{HOLDS, {412, NULL, NULL}, {200, "ETag: \"f\"\r\n", NULL}, {200, NULL, NULL}}, 1, 0, false,
			ASKED PUT_NEW LOOK "PUT p.json If-Match: \"f\"\n"},
		/* At the same moment. */
		{{HOLDS, {409, NULL, ERROR("ConditionalRequestConflict", "")}, {200, newer, NULL}}, 1, 0, true,
			ASKED PUT_NEW LOOK},
		/* Deleted meanwhile: there is nothing to look at, which a key that may not list were told by a 403. */
		{{HOLDS, {200, "ETag: \"1\"\r\n", NULL}, {404, NULL, ERROR("NoSuchKey", "")}, {200, NULL, NULL}}, 2, 0,
			false, "PUT p.json If-Match: \"1\"\n" PUT_NEW},
		/* And the bucket with it. */
		{{HOLDS, {200, "ETag: \"1\"\r\n", NULL}, {404, NULL, ERROR("NoSuchBucket", "")}}, 2, -EIO, false,
			"PUT p.json If-Match: \"1\"\n"},
		/* Gone between refusal and look. */
		{{HOLDS, {412, NULL, NULL}, {404, NULL, NULL}, {200, NULL, NULL}}, 1, 0, false,
			ASKED PUT_NEW LOOK PUT_NEW},
		/* No end of it: five rounds, and no more at once. */
		{{HOLDS, {412, NULL, NULL}, {200, older, NULL}, {412, NULL, NULL}, {200, older, NULL}, {412, NULL, NULL},
			 {200, older, NULL}, {412, NULL, NULL}, {200, older, NULL}, {412, NULL, NULL}},
			1, -EAGAIN, false,
			ASKED PUT_NEW LOOK "PUT p.json If-Match: \"o\"\n" LOOK "PUT p.json If-Match: \"o\"\n" LOOK
					   "PUT p.json If-Match: \"o\"\n" LOOK "PUT p.json If-Match: \"o\"\n"},
		/* May put, and not get. */
		{{HOLDS, {412, NULL, NULL}, {403, NULL, NULL}}, 1, -EIO, false, ASKED PUT_NEW LOOK},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct reply replies[REPLIES];
		memcpy(replies, rows[i].replies, sizeof(replies));
		/* What stands there as version 1 is another's: its fingerprint is not ours. */
		const struct sight s = put_versions(replies, "", rows[i].versions);
		check(&s, rows[i].result, rows[i].asked);
		assert_int_equal(s.kept, rows[i].kept);
	}
}

/* --- a server that does not hold to conditions -------------------------------------------------------------------- */

static void test_no_report_where_conditions_do_not_hold(void **state)
{
	static const struct {
		struct reply replies[REPLIES];
		int result;
		const char *told;
		const char *asked;
	} rows[] = {
		{{{200, NULL, NULL}, {200, NULL, NULL}}, -ENOTSUP,
			"a PUT whose condition (If-None-Match: *) does not hold",
			"PUT .propsd If-None-Match: *\nPUT .propsd If-None-Match: *\n"},
		{{{200, NULL, NULL}, {412, NULL, NULL}, {200, NULL, NULL}}, -ENOTSUP,
			"a PUT whose condition (If-Match: \"00000000000000000000000000000000\") does not hold", ASKED},
		/* Another instance looks at the same time: that is no answer to the question. */
		{{{200, NULL, NULL}, {409, NULL, NULL}}, -EAGAIN, "another instance writes there at the same time",
			"PUT .propsd If-None-Match: *\nPUT .propsd If-None-Match: *\n"},
		{{{503, "Retry-After: 3\r\n", NULL}}, -EBUSY, "503: asks to be left alone for 3s",
			"PUT .propsd If-None-Match: *\n"},
		/* It is there from before. */
		{{{412, NULL, NULL}, {412, NULL, NULL}, {412, NULL, NULL}, {200, NULL, NULL}}, 0, "", ASKED PUT_NEW},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct sight s = put_versions(rows[i].replies, "", 1);
		check(&s, rows[i].result, rows[i].asked);
		if (!strstr(s.err.text, rows[i].told))
			print_message("%s\n", s.err.text);
		assert_non_null(strstr(s.err.text, rows[i].told));
	}
}

static void test_a_pipe_in_place_of_the_keys_holds_nobody_up(void **state)
{
	const struct reply none[REPLIES] = {{0}};
	char folder[] = "/tmp/propsd-keys-XXXXXX", path[64];
	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/keys", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	const struct sight s = put_versions(none, path, 1);
	check(&s, -EINVAL, "");
	assert_non_null(strstr(s.err.text, "write access key and secret there"));
	unlink(path);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_refusal_says_what_to_do),
		cmocka_unit_test(test_what_is_there_is_looked_at),
		cmocka_unit_test(test_no_report_where_conditions_do_not_hold),
		cmocka_unit_test(test_a_pipe_in_place_of_the_keys_holds_nobody_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
