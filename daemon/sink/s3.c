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
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
	SKEW_MOST_MS = 900000, /* that a server lets a signature's time be off */
	REST_MOST_MS = 600000, /* that a server is left alone because it asks for it */
};

#define PROBE ".propsd"

struct form {
	const char *signing; /* as CURLOPT_AWS_SIGV4 has it, with the region */
	const char *region; /* where none is given */
	const char *header; /* its own headers begin so */
	const char *tag; /* the header that names what is there */
	const char *same, *none; /* conditions: it is still that; there is none */
	const char *other; /* a tag that no object has */
};

static const struct form forms[] = {
	[SINK_FORM_S3] = {"aws:amz:%s:s3", "us-east-1", "x-amz-", "ETag", "If-Match: %s", "If-None-Match: *",
		"\"00000000000000000000000000000000\""},
	[SINK_FORM_GOOGLE] = {"goog:goog:%s:storage", "auto", "x-goog-", "x-goog-generation",
		"x-goog-if-generation-match: %s", "x-goog-if-generation-match: 0", "1"},
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
	int64_t rest_us; /* that it asked for when it last had too much to do */
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
	/* A pipe in its place has no line, and holds nobody up. */
	const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;
	if (!f) {
		const int problem = errno;
		if (fd >= 0)
			close(fd);
		return err_set(err, -problem, "key_file %s: %s: let the user that propsd runs as read it", path,
			strerror(problem));
	}
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

/* What it says is shown to people: no sign in it moves a terminal's cursor. */
static void make_plain(char *text)
{
	if (!utf8_valid(text, strlen(text)))
		text[0] = '\0'; /* cut within a character, or none of XML's */
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = ' ';
}

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
		make_plain(buffer);
	}
	return buffer;
}

struct remedy {
	const char *text;
	bool keys; /* key_file is to be named with it */
};

static const struct remedy skewed = {"have this host's clock set by NTP (timedatectl)", false};

static struct remedy remedy_for(int status, const char *code)
{
	static const char rights[] = "let this key put objects there, and get them (s3:PutObject, s3:GetObject)",
			  token[] = "write a new key, secret and session token into key_file",
			  address[] = "see whether url is that of the store, and bucket right",
			  account[] = "see to the account that the bucket belongs to",
			  later[] = "it is the server's, and tried again";
	static const struct {
		const char *code;
		struct remedy remedy;
	} by_code[] = {
		{"NoSuchBucket", {"make the bucket, or correct its name", false}},
		{"InvalidBucketName", {"correct bucket", false}},
		{"AllAccessDisabled", {account, false}},
		{"AccountProblem", {account, false}},
		{"InvalidAccessKeyId", {"correct key_file", true}},
		{"InvalidSecurity", {"correct key_file", true}},
		{"SignatureDoesNotMatch", {"correct key_file, or region", true}},
		{"ExpiredToken", {token, true}},
		{"InvalidToken", {token, true}},
		{"AuthorizationHeaderMalformed", {"correct region", false}},
		{"AccessDenied", {rights, true}},
		{"NotImplemented", {"this server knows no conditional PUT, without which an older report could replace "
				    "a newer one: use another",
					   false}},
	};
	static const struct {
		int from, to;
		struct remedy remedy;
	} by_status[] = {
		{200, 299, {"what it says names no state of the object (ETag): use another server", false}},
		{300, 399, {"correct region and url", false}},
		{401, 403, {rights, true}},
		{404, 405, {address, false}},
		{409, 409, {later, false}},
		{429, 429, {"it wants fewer requests", false}},
		{501, 501, {"this server knows no conditional PUT: use another", false}},
		{503, 503, {"it wants fewer requests", false}},
		{507, 507, {"make room there", false}},
		{500, 599, {later, false}},
	};
	if (strcmp(code, "RequestTimeTooSkewed") == 0 || strcmp(code, "RequestExpired") == 0)
		return skewed;
	for (size_t i = 0; i < sizeof(by_code) / sizeof(by_code[0]); i++)
		if (strcmp(by_code[i].code, code) == 0)
			return by_code[i].remedy;
	for (size_t i = 0; i < sizeof(by_status) / sizeof(by_status[0]); i++)
		if (status >= by_status[i].from && status <= by_status[i].to)
			return by_status[i].remedy;
	return (struct remedy){"see to it", false};
}

/* A reply to HEAD has no body, so no code: then its Date tells the most common reason why a good key is refused. */
static bool is_skewed(const struct fetch_request *r)
{
	char date[64];
	const int64_t ms = fetch_header(r, "Date", date, sizeof(date)) ? fetch_date_ms(date) : -1;
	const int64_t off = ms - clock_wall_ms(clock_system());
	return ms >= 0 && (off > SKEW_MOST_MS || off < -SKEW_MOST_MS);
}

/* Where the bucket is, as far as the server says; "": it does not. */
static void place_of(const struct fetch_request *r, char *text, size_t size)
{
	char there[128];
	text[0] = '\0';
	if (fetch_header(r, "x-amz-bucket-region", there, sizeof(there)) ||
		element(&r->reply, "Region", there, sizeof(there))[0])
		text_format(text, size, ": the bucket is in region %s", there);
	else if (element(&r->reply, "Endpoint", there, sizeof(there))[0])
		text_format(text, size, ": the bucket is at %s", there);
	else if (fetch_header(r, "Location", there, sizeof(there)))
		text_format(text, size, ": it sends on to %s, which is not followed", there);
	make_plain(text);
}

/* -EBUSY: it has too much to do. */
static int refused(struct store *s, const struct ask *a, struct err *err)
{
	const struct fetch_request *r = &a->request;
	const bool busy = r->status == 429 || r->status == 503;
	char code[64], message[120], place[160] = "";
	element(&r->reply, "Code", code, sizeof(code));
	element(&r->reply, "Message", message, sizeof(message));
	struct remedy remedy = remedy_for(r->status, code);
	if (r->status == 403 && !code[0] && is_skewed(r))
		remedy = skewed;
	if ((r->status >= 300 && r->status <= 399) || strcmp(code, "AuthorizationHeaderMalformed") == 0)
		place_of(r, place, sizeof(place));
	if (busy) {
		char wait[DURATION_SIZE];
		const int64_t ms = fetch_pause_ms(r, REST_MOST_MS);
		s->rest_us = ms > 0 ? ms * 1000 : 0;
		if (ms > 0)
			text_format(place, sizeof(place), ": asks to be left alone for %s",
				duration_format(s->rest_us, wait));
	}
	return err_set(err, busy ? -EBUSY : -EIO, "%s %.140s: %d%s%s%s%s%s: %s%s%.80s", r->method, a->url, r->status,
		code[0] ? " " : "", code, message[0] ? ", " : "", message, place, remedy.text, remedy.keys ? ": " : "",
		remedy.keys ? s->options->s3.key_file : "");
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
		r = refused(s, &a, err);
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

/* What a PUT on a condition came to; below 0: an error. */
enum outcome { PUT_DONE, PUT_CHANGED /* another object is there by now */, PUT_NONE /* and none any more */ };

/* 409: another one was at it at the same time. That status has other reasons, too, which no try mends. */
static bool is_conflict(const struct fetch_request *r)
{
	char code[64];
	element(&r->reply, "Code", code, sizeof(code));
	return r->status == 409 &&
	       (!code[0] || strcmp(code, "ConditionalRequestConflict") == 0 || strcmp(code, "OperationAborted") == 0);
}

static int outcome_of(struct store *s, const struct ask *a, bool was_known, struct err *err)
{
	char code[64];
	const int status = a->request.status;
	if (status >= 200 && status <= 204)
		return PUT_DONE;
	if (status == 412 || is_conflict(&a->request))
		return PUT_CHANGED;
	element(&a->request.reply, "Code", code, sizeof(code));
	if (status == 404 && was_known && strcmp(code, "NoSuchBucket") != 0)
		return PUT_NONE;
	return refused(s, a, err);
}

/* An outcome. */
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
	if (r == 0)
		r = outcome_of(s, &a, k != NULL, err);
	if (r == PUT_DONE)
		note(s, report, report->version, fetch_header(&a.request, s->form->tag, tag, sizeof(tag)));
	else if (r > 0)
		note(s, report, 0, NULL);
	fetch_request_done(&a.request);
	return r;
}

/* --- whether it holds to conditions ------------------------------------------------------------------------------- */

/* A PUT of PROBE on a condition: its outcome. */
static int put_probe(struct store *s, const char *condition, const char *tag, struct err *err)
{
	static const char body[] = "Written by propsd, to see whether this server holds to conditions.\n";
	struct ask a = {.request = {.method = "PUT", .body = body, .body_length = sizeof(body) - 1}};
	int r = sign(s, &a, body, sizeof(body) - 1, err);
	set_url(s, &a, PROBE);
	add_line(&a, "Content-Type: text/plain");
	add_line(&a, condition, tag);
	if (r == 0)
		r = do_ask(s, &a, err);
	if (r == 0)
		r = outcome_of(s, &a, false, err);
	if (r == PUT_CHANGED && is_conflict(&a.request))
		r = err_set(err, -EAGAIN, "%.140s: another instance writes there at the same time: it is tried again",
			a.url);
	fetch_request_done(&a.request);
	return r;
}

/* A server that knows no conditions takes every PUT, and would let an older report replace a newer one. After a first PUT
 * the object is there: so one on the condition that there is none must be refused, and one that names another. */
static int check_conditions(struct store *s, struct err *err)
{
	const struct {
		const char *condition, *tag;
	} probes[] = {{s->form->none, ""}, {s->form->none, ""}, {s->form->same, s->form->other}};
	for (size_t i = 0; !s->checked && i < sizeof(probes) / sizeof(probes[0]); i++) {
		const int r = put_probe(s, probes[i].condition, probes[i].tag, err);
		if (r < 0)
			return r;
		if (r == PUT_DONE && i > 0) {
			char line[96 + TAG_SIZE];
			text_format(line, sizeof(line), probes[i].condition, probes[i].tag);
			return err_set(err, -ENOTSUP,
				"%s: this server takes a PUT whose condition (%s) does not hold, so that an older "
				"report could replace a newer one: use another",
				s->options->s3.url, line);
		}
	}
	s->checked = true;
	return 0;
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
		if (r <= PUT_DONE)
			return r;
		looks = r == PUT_CHANGED;
	}
	return err_set(err, -EAGAIN,
		"%s: what is there for %s changes with every look, or its ETag is not what a condition is held against (a "
		"proxy in between?): it is tried again",
		s->options->s3.url, report->player);
}

static int64_t rest_us(const struct store *s)
{
	return s->rest_us;
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

const struct store_type store_s3 = {.open = open_store, .close = close_store, .put = put, .rest_us = rest_us};
