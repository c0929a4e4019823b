#include "metrics/warnings.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"

#define TEXT_SIZE 401

const char *const warnings_names[] = {
	[WARNING_EVICTS] = "evicting",
	[WARNING_NO_FILE] = "no_append_only_file",
	[WARNING_MEMORY] = "memory_limit",
	[WARNING_UNCHECKED] = "unchecked",
	[WARNING_LOST] = "entries_lost",
	[WARNING_PINNED] = "stream_pinned",
	[WARNING_LETTERS] = "dead_letters",
	[WARNING_UNKNOWN] = "unknown_names",
	[WARNING_SILENT] = "book_silent",
	[WARNING_FEED] = "feed_silent",
	[WARNING_DATE] = "date_waits",
	[WARNING_PROCESSOR] = "processor",
	[WARNING_SINK] = "sink",
	[WARNING_HISTORY] = "history",
	[WARNING_CLOCK] = "clock_offset",
	[WARNING_COUNT] = NULL,
};

static const struct warning_row rows[WARNING_COUNT] = {
	[WARNING_EVICTS] = {.grave = true,
		.asks_redis = true,
		.check = "eviction",
		.fine = "Redis throws no keys away",
		.remedy = "redis-cli CONFIG SET maxmemory-policy noeviction, and the same in redis.conf"},
	[WARNING_NO_FILE] = {.asks_redis = true,
		.check = "append-only file",
		.fine = "Redis keeps one",
		.remedy = "redis-cli CONFIG SET appendonly yes, and the same in redis.conf: what Redis forgets in a "
			  "crash, propsd cannot know"},
	[WARNING_MEMORY] = {.grave = true,
		.asks_redis = true,
		.check = "memory",
		.fine = "Redis takes what is written",
		.remedy = "raise maxmemory, shorten redis.keep and ingest.keep, or free memory there"},
	[WARNING_UNCHECKED] = {.asks_redis = true,
		.check = "settings",
		.fine = "they can be looked at",
		.remedy = "ACL SETUSER USER +info"},
	[WARNING_LOST] = {.grave = true,
		.asks_redis = true,
		.check = "unread entries",
		.fine = "none was deleted",
		.remedy = "raise a producer's MAXLEN, or leave trimming to ingest.keep, which takes only what is "
			  "settled; send again what was lost"},
	[WARNING_PINNED] = {.asks_redis = true,
		.check = "other groups",
		.fine = "none keeps a stream from being trimmed",
		.remedy = "let it read and acknowledge, or remove it: redis-cli XGROUP DESTROY STREAM GROUP"},
	[WARNING_LETTERS] = {.asks_redis = true,
		.check = "dead letters",
		.fine = "there are none",
		.remedy = "propsctl dead list says why; when that is mended, propsctl dead retry LETTER, or propsctl "
			  "dead drop LETTER|all"},
	[WARNING_UNKNOWN] = {.check = "names",
		.fine = "all that entries named are known",
		.remedy =
			"propsctl strangers says what is nearest: correct the producer; or make them known: import newer "
			"files, or propsctl slate load"},
	[WARNING_SILENT] = {.check = "books",
		.fine = "none fell silent",
		.remedy = "look at its feed; ingest.silent_after says after how long"},
	[WARNING_FEED] = {.grave = true,
		.check = "feeds",
		.fine = "none fell silent",
		.remedy = "look at the feed and at who brings its entries to Redis; propsctl fresh says when the last "
			  "came"},
	[WARNING_DATE] = {.grave = true,
		.check = "dates",
		.fine = "none waits",
		.remedy =
			"give all instances the same league database, then propsctl reload; propsctl doctor says more"},
	[WARNING_PROCESSOR] = {.grave = true,
		.check = "processors",
		.fine = "those that make reports take jobs",
		.remedy = "propsctl processor NAME shows what it said; when that is mended, propsctl processor restart "
			  "NAME"},
	[WARNING_SINK] = {.grave = true,
		.check = "sinks",
		.fine = "all can write",
		.remedy = "as said; nothing is lost, it is tried again by itself: propsctl status"},
	[WARNING_HISTORY] = {.check = "history",
		.fine = "it is written",
		.remedy =
			"as said; runs go on, it is tried again by itself, and what finds no room meanwhile is dropped and "
			"counted: propsctl history"},
	[WARNING_CLOCK] = {.asks_redis = true,
		.check = "clock",
		.fine = "this host's and Redis' agree",
		.remedy = "have both set by NTP (timedatectl); propsd goes by Redis' clock"},
};

struct warnings {
	const struct clock *clock;
	struct standing_warning {
		bool stands;
		int64_t since_ms;
		char text[TEXT_SIZE];
	} kinds[WARNING_COUNT];
};

struct warnings *warnings_new(const struct clock *clock)
{
	struct warnings *w = calloc(1, sizeof(*w));
	if (w)
		w->clock = clock;
	return w;
}

void warnings_free(struct warnings *w)
{
	free(w);
}

const struct warning_row *warnings_row(enum warning kind)
{
	assert(kind < WARNING_COUNT);
	return &rows[kind];
}

/* Names from outside may be any bytes, and a cut may go through a character; who shows this wants UTF-8. */
static void make_utf8(char *text)
{
	if (utf8_valid(text, strlen(text)))
		return;
	for (char *p = text; *p; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
}

void warnings_set(struct warnings *w, enum warning kind, const char *format, ...)
{
	const struct warning_row *row = warnings_row(kind);
	va_list args;
	if (!w)
		return;
	struct standing_warning *s = &w->kinds[kind];
	va_start(args, format);
	vsnprintf(s->text, sizeof(s->text), format, args);
	va_end(args);
	make_utf8(s->text);
	if (s->stands)
		return;
	s->stands = true;
	s->since_ms = clock_wall_ms(w->clock);
	log_write(row->grave ? LOG_LEVEL_ERR : LOG_LEVEL_WARN, "watch", "%s: %s. To do: %s", warnings_names[kind],
		s->text, row->remedy);
}

void warnings_clear(struct warnings *w, enum warning kind)
{
	if (!w || !w->kinds[kind].stands)
		return;
	w->kinds[kind].stands = false;
	log_notice("watch", "%s: over; it was: %s", warnings_names[kind], w->kinds[kind].text);
}

const char *warnings_text(const struct warnings *w, enum warning kind)
{
	return w && w->kinds[kind].stands ? w->kinds[kind].text : NULL;
}

int64_t warnings_since_ms(const struct warnings *w, enum warning kind)
{
	return w->kinds[kind].since_ms;
}
