/*
 * The options that change reports. What this instance has of them is noted in Redis when a session begins and when they
 * change; where that tells that reports of other options may stand, the script asks for these dates anew. It compares and
 * sets in one, so several instances that come back with one changed file ask once, and two whose files differ do not ask
 * against each other.
 */
#include "delivery/internal.h"

#include <string.h>

enum { NAMES_KEPT = 64 };

static void on_noted(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	(void)data;
	if (value_is_code(reply, "OOM")) { /* the next heartbeat tries again */
		d->options_stale = true;
		return;
	}
	if (!link_heard(d, reply, "noting the options that change reports", "(u s|n)"))
		return;
	const long long added = (long long)value_int(value_at(reply, 0));
	const char *other = value_text(value_at(reply, 1));
	if (added)
		log_notice("redis",
			"options that change reports are others than before: all of them are made again dates=%lld",
			added);
	if (other[0])
		log_warn("redis",
			"instance %s has other options that change reports (report, model, the processor): what a report "
			"shows "
			"depends on who ran it; give all instances the same",
			other);
}

void options_note(struct delivery *d)
{
	if (!d->options_stale || !d->options_text[0])
		return;
	d->options_stale = false;
	const date_t today = zone_date(delivery_redis_ms(d));
	struct redis_request *r = link_script(d, SCRIPT_OPTIONS, NULL);
	redis_arg(script_argv(r, OPTIONS_NAME), d->name);
	redis_arg(script_argv(r, OPTIONS_MINE), d->options_text);
	redis_arg(script_argv(r, OPTIONS_STREAM), d->streams[STREAM_REGENERATE].key);
	redis_arg_int(script_argv(r, OPTIONS_KEPT), NAMES_KEPT);
	(void)script_argv(r, OPTIONS_DATES);
	for (date_t date = today - DAYS_BEFORE; date <= today + DAYS_AHEAD; date++) {
		char text[DATE_SIZE];
		redis_arg(r, date_format(date, text));
	}
	link_send(d, on_noted, NULL);
}

void delivery_use_options(struct delivery *d, struct fingerprint options)
{
	char text[FINGERPRINT_SIZE];
	fingerprint_hex(options, text);
	if (strcmp(text, d->options_text) == 0)
		return;
	text_format(d->options_text, sizeof(d->options_text), "%s", text);
	d->options_stale = true;
	if (d->session == SESSION_READY && !d->fresh)
		options_note(d);
}

void delivery_use_model(struct delivery *d, struct fingerprint model)
{
	fingerprint_hex(model, d->model);
	d->model[16] = '\0'; /* it stands in each player's hash, and is compared with a few others */
}
