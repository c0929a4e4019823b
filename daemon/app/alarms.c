#include "app/alarms.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "config/config.h"
#include "delivery/delivery.h"
#include "fetch/hook.h"
#include "metrics/warnings.h"

enum {
	NOT_FRESH = WARNING_COUNT, /* behind the kinds of warnings */
	CONDITIONS,
	TEXT_SIZE = 401,
	PATH_SIZE = 4097,
	TIMEOUT_US = 30000000,
	REPLY_MOST = 64 * 1024,
	BACK_OFF_US = 1000000, /* doubled by each further failure, */
	BACK_OFF_MOST_US = 60000000, /* at most this */
};

struct condition {
	bool wanted;
	bool stands; /* as of the last look */
	bool holds; /* as it has been for long enough */
	bool told; /* as the operators know it */
	int64_t changed_us, since_ms; /* when `stands` did; when it began */
	char text[TEXT_SIZE]; /* what is, or was */
};

struct alarms {
	struct alarms_options options;
	char *instance, *url_file, *token_file, *ca_file; /* url_file "": nobody is told */
	enum config_hook_form form;
	int64_t after_us, stale_after_us;
	struct condition conditions[CONDITIONS];
	/* The message that is out. */
	struct fetch_request request;
	struct str body;
	char url[HOOK_URL_SIZE], token[PATH_SIZE], ca[PATH_SIZE]; /* a reload must not change them */
	struct condition *about; /* NULL: none is out */
	bool says;
	unsigned tries;
	int64_t next_us; /* no message before */
};

static const char *name_of(int condition)
{
	return condition == NOT_FRESH ? "not_fresh" : warnings_names[condition];
}

/* --- how things stand --------------------------------------------------------------------------------------------- */

static bool is_paused(const struct delivery *d)
{
	const struct order_key all = order_key_of(ORDER_PAUSE, ORDER_ALL, 0, "");
	return delivery_order(d, &all) != NULL;
}

/* `text` stays as it was where nothing stands. */
static bool is_stale(const struct alarms *a, char text[TEXT_SIZE])
{
	const struct delivery *d = a->options.delivery;
	if (!delivery_ready(d)) {
		text_format(text, TEXT_SIZE, "there is no session with Redis: %s", delivery_state(d));
		return true;
	}
	if (is_paused(d))
		return false;
	const int64_t oldest_us = delivery_oldest_us(d);
	if (oldest_us < 0) /* it cannot be told: as it was */
		return a->conditions[NOT_FRESH].stands;
	if (oldest_us <= a->stale_after_us)
		return false;
	text_format(
		text, TEXT_SIZE, "the oldest event has waited for its reports for %" PRId64 " s", oldest_us / 1000000);
	return true;
}

static bool look(const struct alarms *a, int condition, char text[TEXT_SIZE])
{
	if (condition == NOT_FRESH)
		return is_stale(a, text);
	const char *seen = warnings_text(a->options.warnings, (enum warning)condition);
	if (seen && utf8_valid(seen, strlen(seen)))
		text_format(text, TEXT_SIZE, "%s", seen);
	return seen != NULL;
}

static void follow(struct alarms *a, int condition, int64_t now_us)
{
	struct condition *c = &a->conditions[condition];
	const bool stands = look(a, condition, c->text);
	if (stands != c->stands) {
		c->stands = stands;
		c->changed_us = now_us;
		if (stands && !c->holds)
			c->since_ms = clock_wall_ms(a->options.clock);
	}
	if (now_us - c->changed_us >= a->after_us)
		c->holds = c->stands;
}

/* --- the message -------------------------------------------------------------------------------------------------- */

static void text_member(struct str *out, const char *name, const char *value)
{
	str_printf(out, ",\"%s\":", name);
	str_json(out, value, strlen(value));
}

static const char *remedy_of(int condition)
{
	return condition == NOT_FRESH ? "propsctl fresh and propsctl status say what is waited for"
				      : warnings_row((enum warning)condition)->remedy;
}

static void write_json(const struct alarms *a, int condition, struct str *out)
{
	const struct condition *c = &a->conditions[condition];
	char since[TIME_SIZE];
	str_printf(out, "{\"type\":\"condition\",\"condition\":\"%s\",\"stands\":%s", name_of(condition),
		c->holds ? "true" : "false");
	text_member(out, "instance", a->instance);
	text_member(out, "text", c->text);
	text_member(out, "since", time_format(c->since_ms, since));
	if (c->holds)
		text_member(out, "remedy", remedy_of(condition));
	str_char(out, '}');
}

static void write_words(const struct alarms *a, int condition, struct str *out)
{
	const struct condition *c = &a->conditions[condition];
	struct str words = {0};
	if (c->holds)
		str_printf(&words, "propsd %s: %s: %s. To do: %s", a->instance, name_of(condition), c->text,
			remedy_of(condition));
	else
		str_printf(&words, "propsd %s: %s is over; it was: %s", a->instance, name_of(condition), c->text);
	if (words.data && !words.failed)
		(a->form == CONFIG_HOOK_SLACK ? hook_slack : hook_discord)(out, words.data);
	out->failed |= words.failed;
	str_done(&words);
}

static void wait_on(struct alarms *a, int64_t pause_ms, const struct err *err)
{
	const int64_t doubled = (int64_t)BACK_OFF_US << (a->tries < 6 ? a->tries : 6);
	const int64_t us = doubled < BACK_OFF_MOST_US ? doubled : BACK_OFF_MOST_US;
	if (a->tries++ == 0)
		log_warn("operator", "cannot be told: %s; it is tried again", err->text);
	a->next_us = clock_mono_us(a->options.clock) + (pause_ms * 1000 > us ? pause_ms * 1000 : us);
}

static void on_done(void *arg, struct fetch_request *r)
{
	struct alarms *a = arg;
	struct err err = {0};
	int64_t pause_ms = 0;
	const int result = hook_check(r, a->url_file, &pause_ms, &err);
	explicit_bzero(a->url, sizeof(a->url));
	if (result == 0) {
		a->about->told = a->says;
		if (a->tries > 0)
			log_notice("operator", "can be told again");
		a->tries = 0;
	} else if (result != -ECANCELED)
		wait_on(a, pause_ms, &err);
	a->about = NULL;
	fetch_request_done(r);
}

static void send(struct alarms *a, int condition)
{
	struct err err;
	if (hook_read_url(a->url_file, a->url, &err) < 0) {
		wait_on(a, 0, &err);
		return;
	}
	str_clear(&a->body);
	(a->form == CONFIG_HOOK_JSON ? write_json : write_words)(a, condition, &a->body);
	if (a->body.failed) {
		a->body.failed = false;
		return; /* the next second may have memory */
	}
	a->about = &a->conditions[condition];
	a->says = a->about->holds;
	text_format(a->token, sizeof(a->token), "%s", a->token_file);
	text_format(a->ca, sizeof(a->ca), "%s", a->ca_file);
	a->request = (struct fetch_request){
		.method = "POST",
		.url = a->url,
		.header_lines = hook_lines,
		.body = a->body.data,
		.body_length = a->body.length,
		.ca_file = a->ca,
		.token_file = a->token,
		.most = REPLY_MOST,
		.timeout_us = TIMEOUT_US,
		.done = on_done,
		.arg = a,
	};
	fetch_start(a->options.fetch, &a->request);
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

void alarms_second(struct alarms *a)
{
	const int64_t now_us = clock_mono_us(a->options.clock);
	if (!a->url_file[0])
		return;
	for (int i = 0; i < CONDITIONS; i++) {
		struct condition *c = &a->conditions[i];
		if (!c->wanted)
			continue;
		follow(a, i, now_us);
		if (c->holds != c->told && !a->about && now_us >= a->next_us)
			send(a, i);
	}
}

static bool keep(char **place, const char *text)
{
	char *copy = strdup(text);
	if (!copy)
		return false;
	free(*place);
	*place = copy;
	return true;
}

static bool is_wanted(const struct config_list *list, const char *name)
{
	static const char *const usual[] = {"not_fresh", "feed_silent", "dead_letters", "processor"};
	const size_t count = list->count ? list->count : sizeof(usual) / sizeof(usual[0]);
	for (size_t i = 0; i < count; i++)
		if (strcmp(list->count ? list->item[i] : usual[i], name) == 0)
			return true;
	return false;
}

int alarms_configure(struct alarms *a, const struct config *config, struct err *err)
{
	if (!keep(&a->url_file, config->operator.url_file) || !keep(&a->token_file, config->operator.token_file) ||
		!keep(&a->ca_file, config->operator.ca_file))
		return err_set(err, -ENOMEM, "no memory for the operators' messages");
	a->form = config->operator.form;
	a->after_us = config->operator.after_us;
	a->stale_after_us = config->operator.stale_after_us;
	a->next_us = 0; /* whoever mended it need not wait */
	a->tries = 0;
	for (int i = 0; i < CONDITIONS; i++) {
		struct condition *c = &a->conditions[i];
		const bool wanted = is_wanted(&config->operator.conditions, name_of(i));
		if (wanted != c->wanted && a->about != c)
			*c = (struct condition){0};
		c->wanted = wanted;
	}
	return a->url_file[0] ? fetch_use(a->options.fetch, err) : 0;
}

void alarms_free(struct alarms *a)
{
	if (!a)
		return;
	free(a->instance);
	free(a->url_file);
	free(a->token_file);
	free(a->ca_file);
	str_done(&a->body);
	free(a);
}

int alarms_new(const struct alarms_options *options, struct alarms **ret, struct err *err)
{
	struct alarms *a = calloc(1, sizeof(*a));
	if (!a || !keep(&a->instance, options->instance) || !keep(&a->url_file, "")) {
		alarms_free(a);
		return err_set(err, -ENOMEM, "no memory for the operators' messages");
	}
	a->options = *options;
	*ret = a;
	return 0;
}
