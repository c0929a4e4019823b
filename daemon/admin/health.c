#include "admin/health.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/str.h"

/* What else than a warning may be wrong: each says so in `text`, or returns false. */

static bool is_not_ready(const struct health *h, char *text)
{
	if (!h->ready)
		text_format(text, FAULT_TEXT, "no session with Redis: %s", h->state);
	return !h->ready;
}

static bool is_paused(const struct health *h, char *text)
{
	if (h->paused)
		text_format(text, FAULT_TEXT, "paused%s%s: no run is begun, on any instance",
			h->paused_by ? " by " : "", h->paused_by ? h->paused_by : "");
	return h->paused;
}

/* A pause of all says why it waits, and so does a session that is not there. */
static bool is_late(const struct health *h, char *text)
{
	if (!h->ready || h->paused || h->oldest_ms < LATE_MS)
		return false;
	text_format(
		text, FAULT_TEXT, "an event has waited for %" PRId64 " min and is not settled", h->oldest_ms / 60000);
	return true;
}

static bool is_failing(const struct health *h, char *text)
{
	if (h->failing > 0)
		text_format(text, FAULT_TEXT, "runs of %u player%s failed and are tried again", h->failing,
			h->failing == 1 ? "" : "s");
	return h->failing > 0;
}

static bool has_letters(const struct health *h, char *text)
{
	const char *newest = h->warnings ? warnings_text(h->warnings, WARNING_LETTERS) : NULL;
	if (h->letters == 0 || (h->letters < 0 && !newest))
		return false;
	/* The warning knows which the newest is; it may be a minute old, and then of other letters. */
	if (h->letters < 0 || (newest && strtoll(newest, NULL, 10) == h->letters))
		text_format(text, FAULT_TEXT, "%s", newest);
	else
		text_format(text, FAULT_TEXT, "%" PRId64 " dead letter%s: %s", h->letters, h->letters == 1 ? "" : "s",
			h->letters == 1 ? "an entry was given up" : "entries were given up");
	return true;
}

static bool is_held(const struct health *h, char *text)
{
	if (h->pauses + h->mutes == 0)
		return false;
	size_t length = text_format(text, FAULT_TEXT, "held back by order: ");
	if (h->pauses > 0)
		length += text_format(text + length, FAULT_TEXT - length, "%u pause%s%s", h->pauses,
			h->pauses == 1 ? "" : "s", h->mutes > 0 ? ", " : "");
	if (h->mutes > 0)
		text_format(text + length, FAULT_TEXT - length, "%u mute%s", h->mutes, h->mutes == 1 ? "" : "s");
	return true;
}

/* The gravest first. Warnings that have no row come behind these, in their own order. */
static const struct look {
	const char *what; /* NULL: the warning's name */
	const char *command;
	bool grave; /* of a warning its own row says it */
	bool (*is)(const struct health *h, char *text); /* NULL: where the warning stands */
	enum warning warning; /* that it tells of; WARNING_COUNT: none */
} looks[] = {
	{.what = "not_ready", .command = "propsctl doctor", .grave = true, .is = is_not_ready, .warning = WARNING_COUNT},
	{.warning = WARNING_MEMORY, .command = "propsctl doctor"},
	{.warning = WARNING_DATE, .command = "propsctl doctor"},
	{.warning = WARNING_PROCESSOR, .command = "propsctl processor"},
	{.warning = WARNING_LOST, .command = "propsctl doctor"},
	{.warning = WARNING_EVICTS, .command = "propsctl doctor"},
	{.warning = WARNING_FEED, .command = "propsctl fresh"},
	{.warning = WARNING_SINK, .command = "propsctl doctor"},
	{.what = "paused", .command = "propsctl resume", .grave = true, .is = is_paused, .warning = WARNING_COUNT},
	{.what = "late", .command = "propsctl players", .grave = true, .is = is_late, .warning = WARNING_COUNT},
	{.what = "failing", .command = "propsctl players", .is = is_failing, .warning = WARNING_COUNT},
	{.what = "dead_letters", .command = "propsctl dead list", .is = has_letters, .warning = WARNING_LETTERS},
	{.warning = WARNING_SILENT, .command = "propsctl fresh"},
	{.warning = WARNING_UNKNOWN, .command = "propsctl strangers"},
	{.what = "held", .command = "propsctl orders", .is = is_held, .warning = WARNING_COUNT},
};

static bool has_look(enum warning kind)
{
	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
		if (looks[i].warning == kind)
			return true;
	return false;
}

static bool look_at_warning(const struct health *h, enum warning kind, const char *command, struct fault *f)
{
	const char *text = h->warnings ? warnings_text(h->warnings, kind) : NULL;
	/* Where the whole feed is, that its books are says no more. */
	if (!text || (kind == WARNING_SILENT && warnings_text(h->warnings, WARNING_FEED)))
		return false;
	*f = (struct fault){.what = warnings_names[kind], .grave = warnings_row(kind)->grave, .command = command};
	text_format(f->text, sizeof(f->text), "%s", text);
	return true;
}

size_t health_judge(const struct health *h, struct fault *ret, size_t max)
{
	size_t count = 0;
	struct fault f;
	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
		const struct look *l = &looks[i];
		f = (struct fault){.what = l->what, .grave = l->grave, .command = l->command};
		if (l->is ? !l->is(h, f.text) : !look_at_warning(h, l->warning, l->command, &f))
			continue;
		if (count++ < max)
			ret[count - 1] = f;
	}
	for (int i = 0; i < WARNING_COUNT; i++)
		if (!has_look((enum warning)i) && look_at_warning(h, (enum warning)i, "propsctl doctor", &f) &&
			count++ < max)
			ret[count - 1] = f;
	return count;
}
