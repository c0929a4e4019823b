/*
 * What an operator should know of Redis: one script looks at its settings, at the streams and at the dead letters before a
 * session reads and each minute of it, or when somebody asks, and each condition is set or cleared as what it saw says.
 */
#include "delivery/internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redis/shape.h"

enum {
	LOST_MS = 24 * 3600 * 1000, /* entries that were lost are warned of for so long */
	OFFSET_MS = 5000, /* clocks that are further apart: Redis' is believed, but tips and dates are judged by it */
	HELD_US = 30000000, /* without a refused write for so long, the memory limit is over */
};

static void look_at_settings(struct delivery *d, const struct value *settings)
{
	struct warnings *w = d->options.warnings;
	const char *policy = value_text(script_out(settings, SETTINGS_POLICY));
	const int64_t most = value_int(script_out(settings, SETTINGS_MAXMEMORY)),
		      evicted = value_int(script_out(settings, SETTINGS_EVICTED));

	if (settings->count == 0)
		warnings_set(w, WARNING_UNCHECKED,
			"whether Redis evicts keys and keeps an append-only file is not known: its user may not use "
			"INFO");
	else
		warnings_clear(w, WARNING_UNCHECKED);
	text_format(
		d->redis_version, sizeof(d->redis_version), "%s", value_text(script_out(settings, SETTINGS_VERSION)));
	if (most > 0 && policy[0] && strcmp(policy, "noeviction") != 0)
		warnings_set(w, WARNING_EVICTS,
			"Redis may throw keys of propsd away when it is full: maxmemory is %" PRId64
			", maxmemory-policy %s; %" PRId64 " keys gone since it was started",
			most, policy, evicted);
	else
		warnings_clear(w, WARNING_EVICTS);
	if (settings->count > 0 && value_int(script_out(settings, SETTINGS_FILE)) == 0)
		warnings_set(w, WARNING_NO_FILE, "Redis keeps no append-only file (appendonly no)");
	else
		warnings_clear(w, WARNING_NO_FILE);
}

static void look_at_letters(struct delivery *d, int64_t count, const struct value *newest)
{
	struct stream_id id;
	char time[TIME_SIZE];
	metrics_set(d->options.metrics, METRIC_LETTERS_STANDING, 0, (double)count);
	if (count == 0) {
		warnings_clear(d->options.warnings, WARNING_LETTERS);
		return;
	}
	if (!stream_id_parse(value_text(script_out(newest, NEWEST_ID)), &id))
		id = (struct stream_id){0};
	const char *field = value_text(script_out(newest, NEWEST_FIELD));
	warnings_set(d->options.warnings, WARNING_LETTERS,
		"%" PRId64 " dead letter%s, the newest of %s at %s: %s%s%.60s", count, count == 1 ? "" : "s",
		value_text(script_out(newest, NEWEST_STREAM)), time_format((int64_t)(id.ms / 1000 * 1000), time),
		value_text(script_out(newest, NEWEST_REASON)), field[0] ? ", field " : "", field);
}

/* "A, B and 2 more": parts that stand in one text. */
struct parts {
	char text[360];
	size_t length;
	unsigned count, left_out;
};

static void __attribute__((format(printf, 2, 3))) add_part(struct parts *p, const char *format, ...)
{
	char part[256];
	va_list args;
	va_start(args, format);
	vsnprintf(part, sizeof(part), format, args);
	va_end(args);
	if (p->length + strlen(part) + 32 > sizeof(p->text)) {
		p->left_out++;
		return;
	}
	p->length +=
		text_format(p->text + p->length, sizeof(p->text) - p->length, "%s%s", p->count++ ? ", " : "", part);
}

static const char *end_parts(struct parts *p)
{
	if (p->left_out)
		text_format(p->text + p->length, sizeof(p->text) - p->length, " and %u more", p->left_out);
	return p->text;
}

static void look_at_lost(struct delivery *d, const struct value *streams)
{
	struct parts parts = {0};
	for (unsigned s = 0; s < STREAM_COUNT && s < streams->count; s++) {
		const struct value *row = &streams->items[s];
		const int64_t lost = value_int(script_out(row, WATCHED_LOST)),
			      new = value_int(script_out(row, WATCHED_NEW));
		if (new > 0)
			metrics_add(d->options.metrics, METRIC_ENTRIES_LOST, s, (uint64_t) new);
		if (lost > 0 && delivery_redis_ms(d) - value_int(script_out(row, WATCHED_TIME)) < LOST_MS)
			add_part(&parts, "%" PRId64 " of %s", lost, d->streams[s].key);
	}
	if (parts.count)
		warnings_set(d->options.warnings, WARNING_LOST, "entries were deleted before they were read: %s",
			end_parts(&parts));
	else
		warnings_clear(d->options.warnings, WARNING_LOST);
}

static void look_at_groups(struct delivery *d, const struct value *streams)
{
	struct parts parts = {0};
	for (unsigned s = 0; s < STREAM_COUNT && s < streams->count; s++) {
		const struct value *groups = script_out(&streams->items[s], WATCHED_GROUPS);
		for (size_t i = 0; i < groups->count; i++) {
			const struct value *group = &groups->items[i];
			const int64_t unread = value_int(script_out(group, PINNING_UNREAD)),
				      pending = value_int(script_out(group, PINNING_PENDING));
			add_part(&parts, "\"%.100s\" keeps %" PRId64 " entries of %s (%" PRId64 " not acknowledged)",
				value_text(script_out(group, PINNING_NAME)), unread + pending, d->streams[s].key,
				pending);
		}
	}
	if (parts.count + parts.left_out > 0)
		warnings_set(d->options.warnings, WARNING_PINNED,
			"another consumer group keeps a stream from being trimmed: %s", end_parts(&parts));
	else
		warnings_clear(d->options.warnings, WARNING_PINNED);
}

static void look_at_clock(struct delivery *d)
{
	const int64_t off = d->redis_offset_ms, apart = off < 0 ? -off : off;
	if (apart < OFFSET_MS)
		warnings_clear(d->options.warnings, WARNING_CLOCK);
	else
		warnings_set(d->options.warnings, WARNING_CLOCK, "this host's clock is %" PRId64 " s %s Redis'",
			apart / 1000, off < 0 ? "ahead of" : "behind");
}

void watch_heard(struct delivery *d, const struct value *reply)
{
	look_at_settings(d, script_out(reply, WATCH_OUT_SETTINGS));
	look_at_letters(d, value_int(script_out(reply, WATCH_OUT_LETTERS)), script_out(reply, WATCH_OUT_NEWEST));
	look_at_lost(d, script_out(reply, WATCH_OUT_STREAMS));
	look_at_groups(d, script_out(reply, WATCH_OUT_STREAMS));
	look_at_clock(d);
	if (d->held_us && link_now_us(d) - d->held_us > HELD_US) {
		d->held_us = 0;
		warnings_clear(d->options.warnings, WARNING_MEMORY);
	}
}

static void ask(struct delivery *d, bool notes)
{
	char cutoff[STREAM_ID_SIZE] = "";
	struct redis_request *r = link_script(d, SCRIPT_WATCH, NULL);
	if (d->options.ingest_keep_us)
		text_format(cutoff, sizeof(cutoff), "%" PRId64 "-0",
			delivery_redis_ms(d) - d->options.ingest_keep_us / 1000);
	redis_arg(script_argv(r, WATCH_GROUP), d->group);
	redis_arg(script_argv(r, WATCH_CUTOFF), cutoff);
	redis_arg(script_argv(r, WATCH_NOTES), notes ? "1" : "0");
	(void)script_argv(r, WATCH_STREAMS);
	for (int s = 0; s < STREAM_COUNT; s++)
		redis_arg(r, d->streams[s].key);
}

bool watch_ask(struct delivery *d)
{
	ask(d, true);
	return true;
}

static void on_looked(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	(void)data;
	if (link_heard(d, reply, "looking at Redis and the streams", WATCH_SHAPE))
		watch_heard(d, reply);
}

void watch_look(struct delivery *d)
{
	watch_ask(d);
	link_send(d, on_looked, NULL);
}

/* --- for operators ---------------------------------------------------------------------------------------------- */

struct asked {
	struct delivery *d;
	delivery_reply_fn *done;
	void *data;
};

static void on_asked(void *arg, const struct value *reply)
{
	struct asked *a = arg;
	if (reply && value_has_shape(reply, WATCH_SHAPE))
		watch_heard(a->d, reply);
	a->done(a->data, reply);
	free(a);
}

void delivery_watch(struct delivery *d, delivery_reply_fn *done, void *data)
{
	struct asked *a = malloc(sizeof(*a));
	if (!a) {
		done(data, NULL);
		return;
	}
	*a = (struct asked){.d = d, .done = done, .data = data};
	ask(d, false); /* whoever only looks writes nothing */
	request_send(d, "looking at Redis and the streams", WATCH_SHAPE, on_asked, a);
}

const char *delivery_redis_version(const struct delivery *d)
{
	return d->redis_version;
}
