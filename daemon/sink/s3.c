/*
 * An object a player, PREFIX DATE/PLAYER.json, with the report's bytes; its version stands in the object's metadata,
 * written in one with it. Each PUT has a condition: that nothing is there, or still the very object that was looked
 * at. Where it does not hold the server changes nothing and says 412; then what is there is looked at, its version
 * compared, and it is tried again on that. So of two writers the one with the older report never comes last.
 *
 * Most often there is no need to look: a new object is put on the condition that there is none (which also asks for
 * no right to list the bucket), the next one on that which the server named then.
 *
 * Google's XML API is the same in other words: the table of forms. The requests are signed by libcurl; 7.88 leaves the
 * hash of the body to us.
 */
#include "sink/store.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include "base/fold.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/table.h"
#include "fetch/fetch.h"

enum {
	TIMEOUT_US = 60000000,
	STEP_MS = 50, /* between two looks whether to stop */
	REPLY_MOST = 64 * 1024,
	ROUNDS = 5, /* of a report that others write at the same time */
	KNOWN_MOST = 20000,
	TAG_SIZE = 128,
	LINE_SIZE = 4096, /* a session token is long */
	LINES = 8,
	URL_SIZE = 1024,
};

#define PROBE ".propsd"

struct form {
	const char *signing; /* as CURLOPT_AWS_SIGV4 has it, with the region */
	const char *region; /* where none is given */
	const char *header; /* its own headers begin so */
	const char *tag; /* the header that names what is there */
	const char *same, *none; /* conditions: it is still that; there is none */
};

static const struct form forms[] = {
	[SINK_FORM_S3] = {"aws:amz:%s:s3", "us-east-1", "x-amz-", "ETag", "If-Match: %s", "If-None-Match: *"},
	[SINK_FORM_GOOGLE] = {"goog:goog:%s:storage", "auto", "x-goog-", "x-goog-generation",
		"x-goog-if-generation-match: %s", "x-goog-if-generation-match: 0"},
};

/* What the server said was there when we last wrote or looked. */
struct known {
	UT_hash_handle hh;
	struct known_key {
		char player[LOOKUP_SIZE];
		date_t date;
	} key;
	int64_t version;
	char tag[TAG_SIZE];
};

struct store {
	const struct sink_options *options;
	const struct patience *patience;
	const struct form *form;
	struct fetch *fetch;
	char signing[96];
	bool checked; /* the server holds to conditions */
	struct known *known;
};

/* One request and what goes with it. */
struct ask {
	struct fetch_request request;
	char url[URL_SIZE];
	char text[LINES][LINE_SIZE];
	const char *lines[LINES + 1];
	size_t count;
	char user[1024]; /* key and secret */
	bool done;
};

/* --- the keys ----------------------------------------------------------------------------------------------------- */

struct keys {
	char id[256], secret[512], token[LINE_SIZE - 64];
};

static bool ends_with(const char *text, size_t length, const char *end)
{
	const size_t n = strlen(end);
	return length >= n && strncasecmp(text + length - n, end, n) == 0;
}

/* A line of key_file: "NAME = VALUE" as of ~/.aws/credentials, or a bare value: first the key, then the secret. */
static void take_line(struct keys *k, char *line)
{
	line += strspn(line, " \t");
	line[strcspn(line, "\r\n")] = '\0';
	for (size_t n = strlen(line); n > 0 && (line[n - 1] == ' ' || line[n - 1] == '\t'); n--)
		line[n - 1] = '\0';
	if (line[0] == '\0' || line[0] == '#' || line[0] == ';' || line[0] == '[')
		return;
	const size_t name = strcspn(line, " \t=");
	const char *value = line + name + strspn(line + name, " \t");
	if (*value == '=') {
		value += 1 + strspn(value + 1, " \t");
		if (ends_with(line, name, "access_key_id"))
			text_format(k->id, sizeof(k->id), "%s", value);
		else if (ends_with(line, name, "secret_access_key"))
			text_format(k->secret, sizeof(k->secret), "%s", value);
		else if (ends_with(line, name, "session_token"))
			text_format(k->token, sizeof(k->token), "%s", value);
	} else if (!k->id[0])
		text_format(k->id, sizeof(k->id), "%s", line);
	else if (!k->secret[0])
		text_format(k->secret, sizeof(k->secret), "%s", line);
}

static int read_keys(const char *path, struct keys *ret, struct err *err)
{
	char line[LINE_SIZE];
	FILE *f = fopen(path, "re");
	if (!f)
		return err_set(err, -errno, "key_file %s: %s: let the user that propsd runs as read it", path,
			strerror(errno));
	while (fgets(line, sizeof(line), f))
		take_line(ret, line);
	fclose(f);
	explicit_bzero(line, sizeof(line));
	if (ret->id[0] && ret->secret[0] && !strchr(ret->id, ':'))
		return 0;
	return err_set(err, -EINVAL,
		"key_file %s: write access key and secret there, a line each, or as aws_access_key_id = ... and "
		"aws_secret_access_key = ...",
		path);
}

/* --- a request ---------------------------------------------------------------------------------------------------- */

static void add_line(struct ask *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add_line(struct ask *a, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	vsnprintf(a->text[a->count], LINE_SIZE, format, list);
	va_end(list);
	a->lines[a->count] = a->text[a->count];
	a->count++;
}

static void add_hash(const struct store *s, struct ask *a, const void *body, size_t length)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	char hex[2 * SHA256_DIGEST_LENGTH + 1];
	SHA256(body, length, digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		text_format(hex + 2 * i, 3, "%02x", digest[i]);
	add_line(a, "%scontent-sha256: %s", s->form->header, hex);
}

static int sign(const struct store *s, struct ask *a, const void *body, size_t length, struct err *err)
{
	struct keys keys = {0};
	if (!s->options->s3.key_file[0])
		return 0;
	int r = read_keys(s->options->s3.key_file, &keys, err);
	if (r == 0) {
		text_format(a->user, sizeof(a->user), "%s:%s", keys.id, keys.secret);
		a->request.user = a->user;
		a->request.sigv4 = s->signing;
		add_hash(s, a, body, length);
		if (keys.token[0])
			add_line(a, "%ssecurity-token: %s", s->form->header, keys.token);
	}
	explicit_bzero(&keys, sizeof(keys));
	return r;
}

static void on_done(void *arg, struct fetch_request *r)
{
	(void)r;
	((struct ask *)arg)->done = true;
}

static const char *remedy_of(int result)
{
	static const struct {
		int result;
		const char *text;
	} known[] = {
		{-ECONNREFUSED, "see whether it runs, and whether url is right"},
		{-EHOSTUNREACH, "see whether url is right"},
		{-EKEYREJECTED, "its certificate must be signed by one of ca_file, and name the host of url"},
		{-ETIMEDOUT, "see whether it can be reached"},
		{-EACCES, "let the user that propsd runs as read it"},
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].result == result)
			return known[i].text;
	return "see to it";
}

/* 0: there is a reply, of whatever status. */
static int do_ask(struct store *s, struct ask *a, struct err *err)
{
	struct pollfd fd = {.fd = fetch_fd(s->fetch), .events = POLLIN};
	a->request.url = a->url;
	a->request.header_lines = a->lines;
	a->request.ca_file = s->options->s3.ca_file;
	a->request.most = REPLY_MOST;
	a->request.timeout_us = TIMEOUT_US;
	a->request.done = on_done;
	a->request.arg = a;
	fetch_start(s->fetch, &a->request);
	for (bool told = false; !a->done;) {
		poll(&fd, 1, STEP_MS);
		fetch_completed(s->fetch);
		if (!a->done && !told && s->patience->over(s->patience->arg)) {
			told = true;
			fetch_cancel(s->fetch, &a->request);
		}
	}
	explicit_bzero(a->user, sizeof(a->user));
	if (a->request.result == 0)
		return 0;
	if (a->request.result == -ECANCELED)
		return err_set(err, -ECANCELED, "told to stop");
	return err_set(err, -EIO, "%s: %s: %s", s->options->s3.url, a->request.error, remedy_of(a->request.result));
}

/* --- errors of the server ----------------------------------------------------------------------------------------- */

/* The text of an element of its reply, which is XML; "": none. */
static const char *element(const struct str *reply, const char *name, char *buffer, size_t size)
{
	char open[48], close[48];
	text_format(open, sizeof(open), "<%s>", name);
	text_format(close, sizeof(close), "</%s>", name);
	const char *from = reply->data ? strstr(reply->data, open) : NULL;
	const char *to = from ? strstr(from, close) : NULL;
	buffer[0] = '\0';
	if (to) {
		from += strlen(open);
		text_format(buffer, size, "%.*s", (int)(to - from), from);
		if (!utf8_valid(buffer, strlen(buffer)))
			buffer[0] = '\0'; /* cut within a character, or none of XML's */
	}
	return buffer;
}

static const char *remedy_for(int status, const char *code)
{
	static const struct {
		const char *code;
		const char *text;
	} by_code[] = {
		{"NoSuchBucket", "make the bucket, or correct its name"},
		{"InvalidAccessKeyId", "correct key_file"},
		{"SignatureDoesNotMatch", "correct key_file, or region"},
		{"AuthorizationHeaderMalformed", "correct region"},
		{"AccessDenied", "let this key put objects there, and get them (s3:PutObject, s3:GetObject)"},
		{"RequestTimeTooSkewed", "have this host's clock set by NTP (timedatectl)"},
		{"PermanentRedirect", "correct region and url"},
		{"NotImplemented", "this server knows no conditional PUT, without which an older report could replace a "
				   "newer one: use another"},
	};
	static const struct {
		int from, to;
		const char *text;
	} by_status[] = {
		{200, 299, "what it says names no state of the object (ETag): use another server"},
		{300, 399, "correct region and url"},
		{401, 403, "let this key put objects there, and get them (s3:PutObject, s3:GetObject)"},
		{404, 404, "see whether url and bucket are right"},
		{429, 429, "it wants fewer requests"},
		{501, 501, "this server knows no conditional PUT: use another"},
		{500, 599, "it is the server's"},
	};
	for (size_t i = 0; i < sizeof(by_code) / sizeof(by_code[0]); i++)
		if (strcmp(by_code[i].code, code) == 0)
			return by_code[i].text;
	for (size_t i = 0; i < sizeof(by_status) / sizeof(by_status[0]); i++)
		if (status >= by_status[i].from && status <= by_status[i].to)
			return by_status[i].text;
	return "see to it";
}

static int refused(const struct ask *a, struct err *err)
{
	char code[64], message[160];
	element(&a->request.reply, "Code", code, sizeof(code));
	element(&a->request.reply, "Message", message, sizeof(message));
	return err_set(err, -EIO, "%s %s: %d%s%s%s%s: %s", a->request.method, a->url, a->request.status,
		code[0] ? " " : "", code, message[0] ? ", " : "", message, remedy_for(a->request.status, code));
}

/* --- what is known of what is there ------------------------------------------------------------------------------- */

static struct known *find_known(const struct store *s, const struct sink_report *report)
{
	struct known_key key = {.date = report->date};
	struct known *k;
	text_format(key.player, sizeof(key.player), "%s", report->player);
	HASH_FIND(hh, s->known, &key, sizeof(key), k);
	return k;
}

static void forget_all(struct store *s)
{
	struct known *k, *next;
	HASH_ITER (hh, s->known, k, next) {
		HASH_DEL(s->known, k);
		free(k);
	}
}

/* Without memory nothing is known, which costs a request. */
static void note(struct store *s, const struct sink_report *report, int64_t version, const char *tag)
{
	struct known *k = find_known(s, report);
	if (!k && HASH_COUNT(s->known) >= KNOWN_MOST)
		forget_all(s);
	if (!k && tag) {
		k = calloc(1, sizeof(*k));
		if (!k)
			return;
		k->key.date = report->date;
		text_format(k->key.player, sizeof(k->key.player), "%s", report->player);
		HASH_ADD(hh, s->known, key, sizeof(k->key), k);
		if (table_add_failed(k)) {
			free(k);
			return;
		}
	}
	if (k && !tag) {
		HASH_DEL(s->known, k);
		free(k);
	} else if (k) {
		k->version = version;
		text_format(k->tag, sizeof(k->tag), "%s", tag);
	}
}

/* --- the two requests --------------------------------------------------------------------------------------------- */

static void set_url(const struct store *s, struct ask *a, const char *name)
{
	const struct sink_options *o = s->options;
	const size_t n = strlen(o->s3.url);
	text_format(a->url, sizeof(a->url), "%s%s%s%s%s%s", o->s3.url, n && o->s3.url[n - 1] == '/' ? "" : "/",
		o->s3.bucket, o->s3.bucket[0] ? "/" : "", o->s3.prefix, name);
}

static void set_url_of(const struct store *s, struct ask *a, const struct sink_report *report)
{
	char date[DATE_SIZE], name[LOOKUP_SIZE + DATE_SIZE + 12];
	const char *team = fold_team(report->player);
	/* The @ as the signature has it, and so the request. */
	text_format(name, sizeof(name), "%s/%.*s%s%s.json", date_format(report->date, date),
		(int)fold_bare(report->player), report->player, *team ? "%40" : "", team);
	set_url(s, a, name);
}

static const char *fingerprint(const struct sink_report *report, char hex[FINGERPRINT_SIZE])
{
	return fingerprint_hex(fingerprint_of(report->body, report->length), hex);
}

enum found { FOUND_NONE, FOUND_OLDER, FOUND_SAME_OR_NEWER };

/* What is there, noted. -errno. */
static int look(struct store *s, const struct sink_report *report, struct err *err)
{
	struct ask a = {.request = {.method = "HEAD"}};
	char name[64], tag[TAG_SIZE], text[64], hex[FINGERPRINT_SIZE];
	int r = sign(s, &a, "", 0, err);
	set_url_of(s, &a, report);
	if (r == 0)
		r = do_ask(s, &a, err);
	if (r < 0)
		goto out;
	if (a.request.status == 404) {
		note(s, report, 0, NULL);
		r = FOUND_NONE;
	} else if (a.request.status != 200 || !fetch_header(&a.request, s->form->tag, tag, sizeof(tag)))
		r = refused(&a, err);
	else {
		text_format(name, sizeof(name), "%smeta-version", s->form->header);
		const char *version = fetch_header(&a.request, name, text, sizeof(text));
		const int64_t there = version ? strtoll(version, NULL, 10) : 0; /* 0: it is none of ours */
		note(s, report, there, tag);
		text_format(name, sizeof(name), "%smeta-fingerprint", s->form->header);
		const char *print = fetch_header(&a.request, name, text, sizeof(text));
		const bool same = there == report->version && print && strcmp(print, fingerprint(report, hex)) == 0;
		r = same || there > report->version ? FOUND_SAME_OR_NEWER : FOUND_OLDER;
	}
out:
	fetch_request_done(&a.request);
	return r;
}

/* 409: it changed in the middle of the request. */
static bool does_not_hold(int status)
{
	return status == 412 || status == 409;
}

/* 1: it is there. 0: what was known is so no more. -errno. */
static int try_put(struct store *s, const struct sink_report *report, struct err *err)
{
	const struct known *k = find_known(s, report);
	struct ask a = {.request = {.method = "PUT", .body = report->body, .body_length = report->length}};
	char tag[TAG_SIZE], hex[FINGERPRINT_SIZE];
	int r = sign(s, &a, report->body, report->length, err);
	set_url_of(s, &a, report);
	add_line(&a, "Content-Type: application/json");
	add_line(&a, "%smeta-version: %lld", s->form->header, (long long)report->version);
	add_line(&a, "%smeta-fingerprint: %s", s->form->header, fingerprint(report, hex));
	add_line(&a, k ? s->form->same : s->form->none, k ? k->tag : "");
	if (r == 0)
		r = do_ask(s, &a, err);
	if (r < 0)
		goto out;
	const int status = a.request.status;
	if (status >= 200 && status <= 204) {
		note(s, report, report->version, fetch_header(&a.request, s->form->tag, tag, sizeof(tag)));
		r = 1;
	} else if (does_not_hold(status) || (status == 404 && k)) {
		note(s, report, 0, NULL);
		r = 0;
	} else
		r = refused(&a, err);
out:
	fetch_request_done(&a.request);
	return r;
}

/* A PUT of PROBE on the condition that there is none: its status; -errno. */
static int put_probe(struct store *s, struct err *err)
{
	static const char body[] = "Written by propsd, to see whether this server holds to conditions.\n";
	struct ask a = {.request = {.method = "PUT", .body = body, .body_length = sizeof(body) - 1}};
	int r = sign(s, &a, body, sizeof(body) - 1, err);
	set_url(s, &a, PROBE);
	add_line(&a, "Content-Type: text/plain");
	add_line(&a, "%s", s->form->none);
	if (r == 0)
		r = do_ask(s, &a, err);
	if (r == 0) {
		const int status = a.request.status;
		r = (status >= 200 && status <= 204) || does_not_hold(status) ? status : refused(&a, err);
	}
	fetch_request_done(&a.request);
	return r;
}

/* A server that knows no conditions takes every PUT, and would let an older report replace a newer one. After a first
 * PUT the object is there, so a second one must be refused. */
static int check_conditions(struct store *s, struct err *err)
{
	int r = s->checked ? 0 : put_probe(s, err);
	if (r > 0)
		r = put_probe(s, err);
	if (r > 0 && !does_not_hold(r))
		return err_set(err, -ENOTSUP,
			"%s: this server takes a PUT whose condition (%s) does not hold, so that an older report could "
			"replace a newer one: use another",
			s->options->s3.url, s->form->none);
	s->checked |= r >= 0;
	return r < 0 ? r : 0;
}

/* --- the store ---------------------------------------------------------------------------------------------------- */

static int put(struct store *s, const struct sink_report *report, bool *ret_kept, struct err *err)
{
	const struct known *k = find_known(s, report);
	bool looks = k && k->version >= report->version;
	int checked = check_conditions(s, err);
	if (checked < 0)
		return checked;
	for (int round = 0; round < ROUNDS; round++) {
		int r = looks ? look(s, report, err) : FOUND_OLDER;
		*ret_kept = r == FOUND_SAME_OR_NEWER;
		if (r < 0 || *ret_kept)
			return r < 0 ? r : 0;
		r = try_put(s, report, err);
		if (r != 0)
			return r < 0 ? r : 0;
		looks = true;
	}
	return err_set(err, -EAGAIN, "%s: what is there for %s changes with every look: it is tried again",
		s->options->s3.url, report->player);
}

static bool is_google(const char *url)
{
	static const char host[] = "storage.googleapis.com";
	const char *from = strstr(url, "://");
	const size_t n = from ? strcspn(from + 3, ":/") : 0;
	return from && n >= sizeof(host) - 1 && strncmp(from + 3 + n - (sizeof(host) - 1), host, sizeof(host) - 1) == 0;
}

static void close_store(struct store *s)
{
	forget_all(s);
	fetch_free(s->fetch);
	free(s);
}

static int open_store(const struct sink_options *options, const struct patience *patience, struct store **ret,
	char *target, size_t size, struct err *err)
{
	struct store *s = calloc(1, sizeof(*s));
	enum sink_form form = options->s3.form;
	if (!s)
		return err_set(err, -ENOMEM, "no memory");
	if (form == SINK_FORM_AUTO)
		form = is_google(options->s3.url) ? SINK_FORM_GOOGLE : SINK_FORM_S3;
	s->options = options;
	s->patience = patience;
	s->form = &forms[form];
	text_format(s->signing, sizeof(s->signing), s->form->signing,
		options->s3.region[0] ? options->s3.region : s->form->region);
	int r = fetch_new(&s->fetch, err);
	if (r == 0)
		r = fetch_use(s->fetch, err);
	if (r < 0) {
		close_store(s);
		return r;
	}
	text_format(target, size, "s3 %s %s %s", options->s3.url, options->s3.bucket, options->s3.prefix);
	*ret = s;
	return 0;
}

const struct store_type store_s3 = {.open = open_store, .close = close_store, .put = put};
