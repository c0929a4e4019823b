#include "redis/url.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct redis_url parsed(const char *text)
{
	struct redis_url u;
	struct err err = {0};
	memset(&u, 0xEE, sizeof(u));
	if (redis_url_parse(text, &u, &err) != 0)
		fail_msg("%s: %s", text, err.text);
	return u;
}

static void a_host_alone_has_the_default_port_and_database(void **state)
{
	(void)state;
	struct redis_url u = parsed("redis://redis.example.com");
	assert_string_equal(u.host, "redis.example.com");
	assert_int_equal(u.port, 6379);
	assert_int_equal(u.db, 0);
	assert_false(u.tls);
	assert_string_equal(u.path, "");
	assert_string_equal(u.user, "");
	assert_string_equal(u.password, "");
}

static void port_and_database_are_taken(void **state)
{
	(void)state;
	static const struct {
		const char *text, *host;
		int port, db;
	} cases[] = {
		{"redis://127.0.0.1:6380/3", "127.0.0.1", 6380, 3},
		{"redis://h:1", "h", 1, 0},
		{"redis://h:65535/16384", "h", 65535, 16384},
		{"redis://h/", "h", 6379, 0},
		{"redis://h/15", "h", 6379, 15},
		{"redis://[::1]", "::1", 6379, 0},
		{"redis://[2001:db8::7]:7000/2", "2001:db8::7", 7000, 2},
		{"redis://[::1]/4", "::1", 6379, 4},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct redis_url u = parsed(cases[i].text);
		assert_string_equal(u.host, cases[i].host);
		assert_int_equal(u.port, cases[i].port);
		assert_int_equal(u.db, cases[i].db);
	}
}

static void credentials_are_unescaped(void **state)
{
	(void)state;
	static const struct {
		const char *text, *user, *password, *host;
	} cases[] = {
		{"redis://ann:secret@h", "ann", "secret", "h"},
		{"redis://:secret@h", "", "secret", "h"},
		{"redis://ann@h", "ann", "", "h"},
		{"redis://ann:@h", "ann", "", "h"},
		{"redis://a%3Ab:p%40ss%2fw%25@h:1/2", "a:b", "p@ss/w%", "h"},
		{"redis://ann:p:q@h", "ann", "p:q", "h"},
		{"redis://ann:p@q@h", "ann", "p@q", "h"},
		{"redis://ann:p/q@h/1", "ann", "p/q", "h"},
		{"rediss://ann:secret@[::1]:7000", "ann", "secret", "::1"},
		{"redis://J%C3%B6rg:%e2%82%ac@h", "J\xc3\xb6rg", "\xe2\x82\xac", "h"},
		{"redis://a+b:c+d@h", "a+b", "c+d", "h"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct redis_url u = parsed(cases[i].text);
		assert_string_equal(u.user, cases[i].user);
		assert_string_equal(u.password, cases[i].password);
		assert_string_equal(u.host, cases[i].host);
	}
}

static void rediss_means_tls(void **state)
{
	(void)state;
	assert_true(parsed("rediss://h:6390/1").tls);
	assert_false(parsed("unix:///run/redis.sock").tls);
}

static void a_socket_has_a_path_and_maybe_a_database(void **state)
{
	(void)state;
	struct redis_url u = parsed("unix:///run/redis/redis-server.sock");
	assert_string_equal(u.path, "/run/redis/redis-server.sock");
	assert_string_equal(u.host, "");
	assert_int_equal(u.db, 0);
	u = parsed("unix:///run/redis.sock?db=7");
	assert_string_equal(u.path, "/run/redis.sock");
	assert_int_equal(u.db, 7);
}

static void a_path_is_unescaped(void **state)
{
	(void)state;
	static const struct {
		const char *text, *path;
		int db;
	} cases[] = {
		{"unix:///run/my%20redis/redis.sock", "/run/my redis/redis.sock", 0},
		{"unix:///run/what%3Fdb=3", "/run/what?db=3", 0},
		{"unix:///run/100%25?db=%37", "/run/100%", 7},
		{"unix:///run/J%C3%B6rg%27s", "/run/J\xc3\xb6rg's", 0},
		{"unix:///run/%2541", "/run/%41", 0}, /* once, and not again */
		{"unix:///a+b", "/a+b", 0},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct redis_url u = parsed(cases[i].text);
		assert_string_equal(u.path, cases[i].path);
		assert_int_equal(u.db, cases[i].db);
	}
	assert_int_equal(parsed("redis://h/%31%32").db, 12);
}

/* 107 bytes fit into a socket's address, however many it takes to write them. */
static void a_path_is_as_long_as_what_it_says(void **state)
{
	(void)state;
	char text[400] = "unix:///";
	for (int i = 0; i < 106; i++)
		strcat(text, "%41");
	assert_int_equal(strlen(parsed(text).path), 107);
	struct redis_url u;
	struct err err = {0};
	assert_int_equal(redis_url_parse(strcat(text, "%41"), &u, &err), -EINVAL);
	assert_non_null(strstr(err.text, "path is longer than 107 bytes"));
}

static void what_is_wrong_is_named(void **state)
{
	(void)state;
	static const struct {
		const char *text, *names;
	} cases[] = {
		{"", "redis://"},
		{"http://h", "redis://, rediss:// or unix://"},
		{"redis:/h", "redis://, rediss:// or unix://"},
		{"127.0.0.1:6379", "redis://, rediss:// or unix://"},
		{"sentinel://h", "single Redis"},
		{"cluster://h", "single Redis"},
		{"redis://", "no host"},
		{"redis:///1", "no host"},
		{"redis://:6379", "no host"},
		{"redis://ann@", "no host"},
		{"redis://[]", "no host"},
		{"redis://h:", "port \"\""},
		{"redis://h:0", "port \"0\""},
		{"redis://h:65536", "port \"65536\""},
		{"redis://h:99999999999999999999", "port"},
		{"redis://h:63x", "port \"63x\""},
		{"redis://h:-1", "port \"-1\""},
		{"redis://h: 1", "port \" 1\""},
		{"redis://h:+1", "port \"+1\""},
		{"redis://h/x", "db \"x\""},
		{"redis://h/-1", "db \"-1\""},
		{"redis://h/16385", "db \"16385\""},
		{"redis://h/1/2", "db \"1/2\""},
		{"redis://[::1", "]"},
		{"redis://[::1]x", "x"},
		{"redis://[::1]7000", "7000"},
		{"redis://a%4:b@h", "%4"},
		{"redis://a%zz:b@h", "%zz"},
		{"redis://a:b%@h", "%"},
		{"redis://a:b%00@h", "%00"},
		{"redis://a:b%+1@h", "%+1"},
		{"redis://a:b% 1@h", "% 1"},
		{"redis://a:b%zz@h", "the password: \"%zz\" at byte 2"},
		{"redis://a%zz:b@h", "the user's name: \"%zz\" at byte 2"},
		{"redis://h/%3", "db: \"%3\" at byte 1"},
		{"redis://h/%78", "db \"x\""},
		{"unix:///run/%redis.sock", "the socket's path: \"%re\" at byte 6"},
		{"unix:///run/redis.sock%", "the socket's path: \"%\" at byte 16"},
		{"unix:///run/%00/redis.sock", "\"%00\""},
		{"unix:///run/a%4?db=1", "\"%4\""},
		{"unix:///run/a?db=%3x", "db: \"%3x\""},
		{"unix://%2Frun/redis.sock", "absolute"},
		{"unix://run/redis.sock", "absolute"},
		{"unix://", "absolute"},
		{"unix:///run/redis.sock?base=1", "?base=1"},
		{"unix:///run/redis.sock?db=", "db \"\""},
		{"unix:///run/redis.sock?db=x", "db \"x\""},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct redis_url u = {.port = 17};
		struct err err = {0};
		int r = redis_url_parse(cases[i].text, &u, &err);
		if (r != -EINVAL)
			fail_msg("%s was taken", cases[i].text);
		if (!strstr(err.text, cases[i].names))
			fail_msg("%s: \"%s\" does not name %s", cases[i].text, err.text, cases[i].names);
		assert_int_equal(u.port, 17);
	}
}

static void a_password_never_stands_in_an_error(void **state)
{
	(void)state;
	static const char *const cases[] = {"redis://ann:hushhush@h:99999", "redis://ann:hushhush@",
		"redis://ann:hushhush@h/x", "rediss://ann:hushhush@[::1", "redis://ann:hush%zzhush@h"};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct redis_url u;
		struct err err = {0};
		assert_int_equal(redis_url_parse(cases[i], &u, &err), -EINVAL);
		assert_null(strstr(err.text, "hush"));
	}
}

static void what_is_too_long_is_refused_whole(void **state)
{
	(void)state;
	static const struct {
		const char *format, *names;
		int fits, too_long; /* so many x */
	} cases[] = {
		{"unix:///%.*s", "path", 106, 107},
		{"redis://%.*s", "host", 255, 256},
		{"redis://%.*s", "host", 255, 2000},
		{"redis://%.*s@h", "user", 127, 128},
		{"redis://u:%.*s@h", "password", 255, 256},
	};
	char many[2001], text[2100];
	memset(many, 'x', sizeof(many) - 1);
	many[2000] = '\0';
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct redis_url u;
		struct err err = {0};
		/* The formats stand in the table above. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(text, sizeof(text), cases[i].format, cases[i].fits, many);
		assert_int_equal(redis_url_parse(text, &u, &err), 0);
		snprintf(text, sizeof(text), cases[i].format, cases[i].too_long, many);
#pragma GCC diagnostic pop
		assert_int_equal(redis_url_parse(text, &u, &err), -EINVAL);
		assert_non_null(strstr(err.text, cases[i].names));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_alone_has_the_default_port_and_database),
		cmocka_unit_test(port_and_database_are_taken),
		cmocka_unit_test(credentials_are_unescaped),
		cmocka_unit_test(rediss_means_tls),
		cmocka_unit_test(a_socket_has_a_path_and_maybe_a_database),
		cmocka_unit_test(a_path_is_unescaped),
		cmocka_unit_test(a_path_is_as_long_as_what_it_says),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(a_password_never_stands_in_an_error),
		cmocka_unit_test(what_is_too_long_is_refused_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
