#include "fetch/hook.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

const char *const hook_lines[] = {"Content-Type: application/json", NULL};

int hook_read_url(const char *path, char url[HOOK_URL_SIZE], struct err *err)
{
	struct err wrong;
	FILE *f = fopen(path, "re");
	if (!f)
		return err_set(err, -errno, "url_file %s: %s: let the user that propsd runs as read it", path,
			strerror(errno));
	if (!fgets(url, HOOK_URL_SIZE, f))
		url[0] = '\0';
	fclose(f);
	url[strcspn(url, " \t\r\n")] = '\0';
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
	char value[64];
	if (r->result == -ECANCELED)
		return err_set(err, -ECANCELED, "told to stop");
	if (r->result < 0)
		return err_set(err, -EIO, "the server of %s: %s", path, trouble_of(r->result));
	if (r->status >= 200 && r->status <= 299)
		return 0;
	const char *after = fetch_header(r, "Retry-After", value, sizeof(value));
	const int64_t ms = after ? fetch_retry_after_ms(after, clock_wall_ms(clock_system())) : -1;
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
