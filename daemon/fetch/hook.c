#include "fetch/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const hook_lines[] = {"Content-Type: application/json", NULL};

/* Its begin, as much as fits; a pipe in its place would hold up whoever reads it. */
static int read_begin(const char *path, char *buffer, size_t size, size_t *ret_length)
{
	struct stat st;
	const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	int r = fstat(fd, &st) < 0 ? -errno : S_ISREG(st.st_mode) ? 0 : -EINVAL;
	size_t length = 0;
	while (r == 0 && length < size) {
		const ssize_t n = read(fd, buffer + length, size - length);
		if (n < 0 && errno != EINTR)
			r = -errno;
		if (n == 0)
			break;
		length += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	*ret_length = length;
	return r;
}

int hook_read_url(const char *path, char url[HOOK_URL_SIZE], struct err *err)
{
	struct err wrong;
	size_t length = 0;
	const int r = read_begin(path, url, HOOK_URL_SIZE, &length);
	const bool cut = length == HOOK_URL_SIZE;
	url[cut ? length - 1 : length] = '\0';
	const size_t line = strcspn(url, " \t\r\n");
	if (r == -EINVAL)
		return err_set(err, r, "url_file %s: it is no regular file", path);
	if (r < 0)
		return err_set(err, r, "url_file %s: %s: let the user that propsd runs as read it", path, strerror(-r));
	if (cut && line == HOOK_URL_SIZE - 1) {
		explicit_bzero(url, HOOK_URL_SIZE);
		return err_set(
			err, -EINVAL, "url_file %s: its first line is longer than %d bytes", path, HOOK_URL_SIZE - 2);
	}
	url[line] = '\0';
	if (fetch_check_url(url, &wrong) < 0)
		return err_set(err, -EINVAL,
			"url_file %s: its first line must be an address that begins with https:// or http://", path);
	return 0;
}

/* fetch's own words may have the address in them: only what kind of trouble it is, is told. */
static const char *trouble_of(int result)
{
	static const struct {
		int result;
		const char *text;
	} known[] = {
		{-ECONNREFUSED, "no connection: see whether it runs"},
		{-EHOSTUNREACH, "there is no such host"},
		{-ECONNRESET, "the connection ended before its time"},
		{-EKEYREJECTED, "its certificate must be signed by one of ca_file, and name the host"},
		{-ETIMEDOUT, "no answer in time: see whether it can be reached"},
		{-EACCES, "token_file or ca_file: let the user that propsd runs as read it"},
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].result == result)
			return known[i].text;
	return "what it answers is none to a message";
}

static const char *remedy_for(int status)
{
	if (status == 429)
		return "it wants fewer messages";
	if (status == 401 || status == 403 || status == 404)
		return "see whether the address, and token_file, are right";
	return status >= 500 ? "it is the server's" : "see whether form is what it takes";
}

int hook_check(const struct fetch_request *r, const char *path, int64_t *ret_pause_ms, struct err *err)
{
	if (r->result == -ECANCELED)
		return err_set(err, -ECANCELED, "told to stop");
	if (r->result < 0)
		return err_set(err, -EIO, "the server of %s: %s", path, trouble_of(r->result));
	if (r->status >= 200 && r->status <= 299)
		return 0;
	const int64_t ms = fetch_pause_ms(r, HOOK_PAUSE_MOST_MS);
	if (ms > 0 && (r->status == 429 || r->status == 503))
		*ret_pause_ms = ms;
	return err_set(err, -EIO, "the server of %s answers %d: %s", path, r->status, remedy_for(r->status));
}

void hook_discord(struct str *out, const char *words)
{
	struct str plain = {0};
	for (; *words; words++) {
		if (strchr("\\*_~`|>#", *words))
			str_char(&plain, '\\');
		str_char(&plain, *words);
	}
	str_text(out, "{\"content\":");
	str_json(out, plain.data ? plain.data : "", plain.length);
	str_text(out, ",\"allowed_mentions\":{\"parse\":[]}}");
	out->failed |= plain.failed;
	str_done(&plain);
}

void hook_slack(struct str *out, const char *words)
{
	struct str plain = {0};
	for (; *words; words++) {
		if (*words == '&' || *words == '<' || *words == '>')
			str_text(&plain, *words == '&' ? "&amp;" : *words == '<' ? "&lt;" : "&gt;");
		else
			str_char(&plain, *words);
	}
	str_text(out, "{\"text\":");
	str_json(out, plain.data ? plain.data : "", plain.length);
	str_char(out, '}');
	out->failed |= plain.failed;
	str_done(&plain);
}
