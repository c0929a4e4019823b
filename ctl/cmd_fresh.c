/* Whether a date's reports are fresh: a sentence each on what they cover, on what came last, and on what made them. */
#include "cmd_fresh.h"

#include <string.h>

#include "base/str.h"
#include "facts.h"
#include "output.h"
#include "show.h"
#include "text.h"

enum { NAMED = 5 };

int cmd_fresh(struct ctl *ctl, const struct ctl_command *command, json_t *args)
{
	json_t *data;
	int result = ctl_ask(ctl, command, args, &data);
	if (result != PROPSCTL_DONE)
		return result;
	ctl->output->reply(ctl, command, data, true);
	if (!json_is_true(json_object_get(data, "fresh")))
		result = PROPSCTL_FAILED;
	json_decref(data);
	return result;
}

static void show_covered(struct ctl *ctl, const json_t *data)
{
	char covered[SHORT_SIZE], reports[SHORT_SIZE];
	const int64_t all = int_of(data, "reports", 0), have = int_of(data, "covered", 0);
	const char *is = json_is_true(json_object_get(data, "fresh")) ? "fresh" : "not fresh";
	if (all == 0)
		fact(ctl, is, "%s: there are no reports, and none is owed", text_of(data, "date"));
	else
		fact(ctl, is, "%s: %s of %s report%s cover%s every event", text_of(data, "date"),
			count_text(have, covered), count_text(all, reports), all == 1 ? "" : "s",
			all == 1 && have == 1 ? "s" : "");
}

/* What keeps some of them, and what to do about it. */
static void show_uncovered(struct ctl *ctl, const json_t *data)
{
	static const struct {
		const char *why, *text;
	} whys[] = {
		{"waits", "waiting or running: propsctl players"},
		{"fails", "failing: propsctl player NAME, propsctl dead list"},
		{"paused", "held back by a pause: propsctl orders"},
		{"muted", "muted: propsctl orders"},
	};
	const json_t *counts = json_object_get(data, "uncovered"), *rows = json_object_get(data, "uncovered_players");
	const char *name = "uncovered";
	for (size_t i = 0; i < sizeof(whys) / sizeof(whys[0]); i++) {
		struct str line = {0};
		char count[SHORT_SIZE];
		size_t n, shown = 0;
		json_t *row;
		if (int_of(counts, whys[i].why, 0) == 0)
			continue;
		str_printf(&line, "%s %s", count_text(int_of(counts, whys[i].why, 0), count), whys[i].text);
		json_array_foreach ((json_t *)rows, n, row)
			if (strcmp(text_of(row, "why"), whys[i].why) == 0 && shown < NAMED)
				str_printf(&line, "%s%s", shown++ ? ", " : " (", text_of(row, "player"));
		if (shown)
			str_printf(&line, "%s)", int_of(counts, whys[i].why, 0) > (int64_t)shown ? ", ..." : "");
		if (line.data && !line.failed)
			fact_wrapped(ctl, name, line.data);
		str_done(&line);
		name = "";
	}
}

static void show_oldest(struct ctl *ctl, const json_t *data)
{
	const json_t *oldest = json_object_get(data, "oldest_uncovered");
	char age[SHORT_SIZE];
	const char *entry = text_of(oldest, "entry");
	if (json_is_object(oldest))
		fact(ctl, "oldest", "%s, %s%s%s", text_of(oldest, "what"), age_text(int_of(oldest, "age_ms", 0), age),
			entry[0] ? " ago, entry " : " ago", entry);
	else
		fact(ctl, "oldest", "none uncovered");
	if (json_is_true(json_object_get(data, "more_open")))
		fact_wrapped(ctl, "", "more entries of other dates wait than were looked at: there may be one of this");
}

/* "odds 14 s (fanduel silent for 31 min), injury 4 min, lineup 2 h, slate none" */
static void show_last(struct ctl *ctl, const json_t *data)
{
	const json_t *silent = json_object_get(data, "silent_books");
	const bool all = json_is_true(json_object_get(data, "odds_silent"));
	struct str line = {0};
	const char *type;
	json_t *last, *book;
	size_t i;
	json_object_foreach (json_object_get(data, "last_event"), type, last) {
		char age[SHORT_SIZE];
		str_printf(&line, "%s%s %s", line.length ? ", " : "", type,
			json_is_object(last) ? age_text(int_of(last, "age_ms", 0), age) : "none");
		if (strcmp(type, "odds") != 0 || json_array_size(silent) == 0)
			continue;
		if (all)
			str_printf(&line, " (all %zu books silent)", json_array_size(silent));
		else
			json_array_foreach (silent, i, book)
				str_printf(&line, "%s%s silent for %s", i ? ", " : " (", text_of(book, "book"),
					age_text(int_of(book, "age_ms", 0), age));
		str_printf(&line, "%s", all ? "" : ")");
	}
	if (line.data && !line.failed)
		fact_wrapped(ctl, "last event", line.data);
	str_done(&line);
}

void show_fresh(struct ctl *ctl, json_t *data)
{
	char count[SHORT_SIZE];
	const int64_t outdated = int_of(data, "outdated", 0);
	show_covered(ctl, data);
	show_uncovered(ctl, data);
	show_oldest(ctl, data);
	show_last(ctl, data);
	if (outdated > 0)
		fact(ctl, "model", "%s made by an older model: propsctl regenerate --outdated",
			count_text(outdated, count));
	else
		fact(ctl, "model", "none made by an older one");
}
