/*
 * Strict where two readers could understand a request differently (a field folded over lines, a blank before the colon,
 * two hosts, a body), lenient with a line's end: a lone newline does, so that a request can be typed.
 */
#include "web/head.h"

#include <string.h>
#include <strings.h>

struct piece {
	const char *at;
	size_t length;
};

struct refusal {
	int status;
	const char *why;
};

static const struct refusal good = {200, NULL};

static bool is_token(struct piece p)
{
	static const char others[] = "!#$%&'*+-.^_`|~";
	for (size_t i = 0; i < p.length; i++) {
		const char c = p.at[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			    (c != '\0' && strchr(others, c))))
			return false;
	}
	return p.length > 0;
}

static bool has_controls(struct piece p)
{
	for (size_t i = 0; i < p.length; i++) {
		const unsigned char c = (unsigned char)p.at[i];
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return true;
	}
	return false;
}

/* Takes the line off `rest`, without its end; false: it has none yet. */
static bool take_line(struct piece *rest, struct piece *ret_line)
{
	const char *newline = memchr(rest->at, '\n', rest->length);
	if (!newline)
		return false;
	const size_t length = (size_t)(newline - rest->at);
	*ret_line = (struct piece){rest->at, length > 0 && newline[-1] == '\r' ? length - 1 : length};
	rest->at += length + 1;
	rest->length -= length + 1;
	return true;
}

/* Takes what stands before the next blank; false: there is no blank. */
static bool take_word(struct piece *rest, struct piece *ret_word)
{
	const char *blank = memchr(rest->at, ' ', rest->length);
	if (!blank)
		return false;
	*ret_word = (struct piece){rest->at, (size_t)(blank - rest->at)};
	rest->length -= ret_word->length + 1;
	rest->at = blank + 1;
	return true;
}

static bool same(struct piece p, const char *text)
{
	return p.length == strlen(text) && strncasecmp(p.at, text, p.length) == 0;
}

static struct refusal read_target(struct piece target, struct web_head *head)
{
	if (target.length > 7 && strncasecmp(target.at, "http://", 7) == 0) { /* as a proxy is asked */
		const char *slash = memchr(target.at + 7, '/', target.length - 7);
		const struct piece root = {"/", 1};
		target = slash ? (struct piece){slash, target.length - (size_t)(slash - target.at)} : root;
	}
	if (target.length == 0 || target.at[0] != '/')
		return (struct refusal){400, "the target must be a path, as /metrics"};
	const char *query = memchr(target.at, '?', target.length);
	const size_t length = query ? (size_t)(query - target.at) : target.length;
	if (length > WEB_PATH_MAX)
		return (struct refusal){404, "no page has so long a path"};
	for (size_t i = 0; i < target.length; i++)
		if ((unsigned char)target.at[i] <= 0x20 || (unsigned char)target.at[i] >= 0x7f)
			return (struct refusal){400, "the target has bytes that belong into no URL"};
	memcpy(head->path, target.at, length);
	head->path[length] = '\0';
	return good;
}

static struct refusal read_first(struct piece line, struct web_head *head, bool *ret_wants_host)
{
	struct piece method, target;
	if (!take_word(&line, &method) || !take_word(&line, &target) || !is_token(method))
		return (struct refusal){
			400, "the first line must be a method, a target and HTTP/1.1, with one blank between"};
	if (line.length != 8 || memcmp(line.at, "HTTP/", 5) != 0 || line.at[6] != '.' || line.at[5] < '0' ||
		line.at[5] > '9' || line.at[7] < '0' || line.at[7] > '9')
		return (struct refusal){400, "the first line must end with HTTP/1.1 or HTTP/1.0"};
	if (line.at[5] != '1')
		return (struct refusal){505, "only HTTP/1.1 and HTTP/1.0 are spoken here"};
	*ret_wants_host = line.at[7] != '0';
	head->head_only = method.length == 4 && memcmp(method.at, "HEAD", 4) == 0;
	if (!head->head_only && (method.length != 3 || memcmp(method.at, "GET", 3) != 0))
		return (struct refusal){405, "only GET and HEAD are answered here"};
	return read_target(target, head);
}

static struct refusal read_field(struct piece line, unsigned *hosts)
{
	const char *colon = memchr(line.at, ':', line.length);
	struct piece name = {line.at, colon ? (size_t)(colon - line.at) : 0}, value;
	if (line.at[0] == ' ' || line.at[0] == '\t')
		return (struct refusal){400, "a field goes on in a second line"};
	if (!colon || !is_token(name))
		return (struct refusal){400, "a field must be a name, a colon right behind it, and a value"};
	value = (struct piece){colon + 1, line.length - name.length - 1};
	while (value.length > 0 && (value.at[0] == ' ' || value.at[0] == '\t'))
		value.at++, value.length--;
	while (value.length > 0 && (value.at[value.length - 1] == ' ' || value.at[value.length - 1] == '\t'))
		value.length--;
	*hosts += same(name, "Host");
	if (same(name, "Transfer-Encoding") || (same(name, "Content-Length") && !same(value, "0")))
		return (struct refusal){400, "the request has a body, which GET and HEAD have not"};
	return good;
}

static int refuse(struct refusal r, const char **ret_why)
{
	*ret_why = r.why;
	return r.status;
}

int web_head_parse(const char *bytes, size_t length, struct web_head *ret, const char **ret_why)
{
	static const struct refusal foreign = {400, "these bytes are no HTTP request; TLS is not spoken here"};
	static const struct refusal too_long = {431,
		"the head of the request is longer than 16384 bytes, or has more than "
		"100 fields"};
	struct piece rest = {bytes, length < WEB_HEAD_MAX ? length : WEB_HEAD_MAX}, line;
	bool wants_host = false;
	unsigned lines = 0, hosts = 0;

	while (take_line(&rest, &line)) {
		struct refusal r = good;
		if (line.length == 0 && lines == 0)
			continue; /* empty lines before a request count for nothing */
		if (line.length == 0 && wants_host && hosts != 1)
			return refuse((struct refusal){400, "HTTP/1.1 wants one field Host"}, ret_why);
		if (line.length == 0)
			return good.status;
		if (has_controls(line))
			r = foreign;
		else if (lines == 0)
			r = read_first(line, ret, &wants_host);
		else
			r = lines > WEB_FIELDS_MAX ? too_long : read_field(line, &hosts);
		if (r.status != good.status)
			return refuse(r, ret_why);
		lines++;
	}
	/* What speaks TLS, or something else, is told so at once, and not when its time is over. */
	if (rest.length > 0 && rest.at[rest.length - 1] == '\r')
		rest.length--;
	if (has_controls(rest))
		return refuse(foreign, ret_why);
	return length >= WEB_HEAD_MAX ? refuse(too_long, ret_why) : 0;
}
