#include "show.h"

#include <string.h>

#include "base/str.h"
#include "facts.h"
#include "text.h"

/* The members of an object of counts as "waiting 4, running 2"; with `hide_zero` only those that are not 0.
 */
static void put_counts(struct str *out, const json_t *counts, bool hide_zero)
{
	const char *key;
	json_t *value;
	json_object_foreach ((json_t *)counts, key, value) {
		char number[SHORT_SIZE];
		int64_t n = json_integer_value(value);
		if (!json_is_integer(value) || (hide_zero && n == 0))
			continue;
		str_printf(out, "%s%s %s", out->length > 0 ? ", " : "", key, count_text(n, number));
	}
}

static void counts_fact(struct ctl *ctl, const char *name, const json_t *counts, bool hide_zero)
{
	struct str text = {0};
	put_counts(&text, counts, hide_zero);
	if (json_is_object(counts))
		fact(ctl, name, "%s", text.length > 0 ? text.data : "none");
	str_done(&text);
}

static void put_line(struct ctl *ctl, const char *name, const struct str *line)
{
	if (line->data && !line->failed)
		fact_wrapped(ctl, name, line->data);
}

static bool has(const json_t *object, const char *key)
{
	return json_object_get(object, key) != NULL;
}

/* Where the width is known, one line, cut so that what stands behind it is there in any case: of so many things that are
 * wrong each is to be seen, and the command is for reading. */
static void fact_with_command(struct ctl *ctl, const char *name, const char *text, const char *command)
{
	enum { NAMES = 12, LEAST = 20 };
	const size_t behind = strlen(command) + 2, width = ctl->width > 0 ? ctl->width : 80;
	const size_t room = width > NAMES + behind + LEAST ? width - NAMES - behind : LEAST;
	size_t length = strlen(text);
	const char *dots = "";
	if (ctl->width > 0 && length > room) {
		length = room - 3;
		while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
			length--; /* not through a character */
		while (length > 0 && text[length - 1] == ' ')
			length--;
		dots = "...";
	}
	fact(ctl, name, "%.*s%s: %s", (int)length, text, dots, command);
}

static const json_t *warning_of(const json_t *data, const char *what)
{
	size_t i;
	json_t *warning;
	json_array_foreach (json_object_get(data, "warnings"), i, warning)
		if (strcmp(text_of(warning, "kind"), what) == 0)
			return warning;
	return NULL;
}

/* In full, with what is to be done: of a warning it says that itself. */
static void show_fault(struct ctl *ctl, const json_t *data, const json_t *fault)
{
	const json_t *warning = warning_of(data, text_of(fault, "what"));
	struct str text = {0};
	if (warning)
		str_printf(&text, "%s To do: %s", text_of(fault, "text"), text_of(warning, "remedy"));
	else
		str_printf(&text, "%s: %s", text_of(fault, "text"), text_of(fault, "command"));
	put_line(ctl, text_of(fault, "level"), &text);
	str_done(&text);
}

/* The first line says that all is well, or what is wrong first; then what else is, and at last what nobody has judged. */
static void show_health(struct ctl *ctl, const json_t *data)
{
	enum { SHOWN = 8, IN_FULL = 4 };
	const json_t *wrong = json_object_get(data, "wrong");
	const size_t count = json_array_size(wrong);
	size_t i;
	json_t *fault;
	if (count == 0)
		fact(ctl, "healthy", "nothing is wrong");
	json_array_foreach ((json_t *)wrong, i, fault)
		if (count <= IN_FULL)
			show_fault(ctl, data, fault);
		else if (i < SHOWN)
			fact_with_command(
				ctl, text_of(fault, "level"), text_of(fault, "text"), text_of(fault, "command"));
	if (count > SHOWN)
		fact(ctl, "", "and %zu more: propsctl doctor", count - SHOWN);
}

static void show_doing(struct ctl *ctl, const json_t *data)
{
	const json_t *places = json_object_get(data, "places"), *players = json_object_get(data, "players");
	struct str text = {0};
	str_printf(&text, "%lld of %lld places", (long long)int_of(places, "taken", 0),
		(long long)int_of(places, "count", 0));
	if (int_of(players, "running", 0) + int_of(players, "beginning", 0) + int_of(players, "waiting", 0) +
			int_of(players, "backing-off", 0) ==
		0)
		str_printf(&text, ", nobody waits");
	else {
		str_printf(&text, "; ");
		struct str counts = {0};
		put_counts(&counts, players, true);
		str_printf(&text, "%s", counts.data ? counts.data : "");
		str_done(&counts);
	}
	put_line(ctl, "doing", &text);
	str_done(&text);
}

static void show_waiting(struct ctl *ctl, const json_t *data)
{
	const json_t *entries = json_object_get(data, "entries"), *fleet = json_object_get(data, "fleet");
	char flight[SHORT_SIZE], parked[SHORT_SIZE], paused[SHORT_SIZE], unread[SHORT_SIZE], age[SHORT_SIZE];
	struct str text = {0}, line = {0};
	const int64_t held = int_of(entries, "paused", 0), behind = int_of(fleet, "unread", 0),
		      oldest = has(data, "fleet") ? int_of(fleet, "oldest_ms", 0) : int_of(entries, "oldest_ms", 0);
	str_printf(&line, "oldest %s, in flight %s, parked %s%s%s, unread %s",
		oldest > 0 ? age_text(oldest, age) : "none", count_text(int_of(entries, "in_flight", 0), flight),
		count_text(int_of(entries, "parked", 0), parked), held > 0 ? ", held back " : "",
		held > 0 ? count_text(held, paused) : "", count_text(behind, unread));
	put_line(ctl, "events", &line);
	put_counts(&text, json_object_get(entries, "settled"), true);
	str_clear(&line);
	str_printf(&line, "%s read; settled: %s", count_text(int_of(entries, "read", 0), flight),
		text.length > 0 ? text.data : "none");
	put_line(ctl, "", &line);
	str_done(&line);
	str_done(&text);
}

/* What failed in this process, and what stands in Redis, whoever gave it up and when. */
static void show_failed(struct ctl *ctl, const json_t *data)
{
	const json_t *runs = json_object_get(data, "runs");
	char failed[SHORT_SIZE], all[SHORT_SIZE], again[SHORT_SIZE], letters[SHORT_SIZE];
	const int64_t ok = int_of(runs, "ok", 0), bad = int_of(runs, "failed", 0) + int_of(runs, "crashed", 0);
	fact(ctl, "failed", "%s of %s runs since the start, trying again %s, dead letters %s", count_text(bad, failed),
		count_text(ok + bad, all), count_text(int_of(json_object_get(data, "players"), "backing-off", 0), again),
		has(data, "letters") ? count_text(int_of(data, "letters", 0), letters) : "not known");
}

/* Event to commit, the figure that matters most: a line a type that had any. */
static void show_freshness(struct ctl *ctl, const json_t *freshness)
{
	const char *name = "freshness", *key;
	json_t *figure;
	json_object_foreach ((json_t *)freshness, key, figure) {
		char middle[SHORT_SIZE], high[SHORT_SIZE], higher[SHORT_SIZE];
		if (int_of(figure, "count", 0) == 0)
			continue;
		fact(ctl, name, "%-10s p50 %s, p95 %s, p99 %s", key, ms_text(number_of(figure, "p50_ms", 0), middle),
			ms_text(number_of(figure, "p95_ms", 0), high), ms_text(number_of(figure, "p99_ms", 0), higher));
		name = "";
	}
}

static void show_redis(struct ctl *ctl, const json_t *redis)
{
	char number[SHORT_SIZE];
	int64_t reconnects = int_of(redis, "reconnects", 0);
	fact(ctl, "redis", "%s, %s%s%s%s", text_of(redis, "url"), text_of(redis, "state"), reconnects > 0 ? ", " : "",
		reconnects > 0 ? count_text(reconnects, number) : "",
		reconnects == 1  ? " reconnect"
		: reconnects > 0 ? " reconnects"
				 : "");
}

static void show_fleet(struct ctl *ctl, const json_t *data)
{
	const json_t *fleet = json_object_get(data, "fleet");
	struct str names = {0};
	size_t i;
	json_t *name;
	json_array_foreach (json_object_get(fleet, "names"), i, name)
		if (i < 8)
			str_printf(&names, "%s%s", i ? ", " : "", json_string_value(name));
	if (has(data, "fleet"))
		fact(ctl, "fleet", "%lld instance%s: %s%s", (long long)int_of(fleet, "instances", 0),
			int_of(fleet, "instances", 0) == 1 ? "" : "s",
			names.data && !names.failed ? names.data : "none", i > 8 ? ", ..." : "");
	str_done(&names);
}

static void show_processors_line(struct ctl *ctl, const json_t *processors)
{
	struct str text = {0};
	size_t i;
	json_t *row;
	json_array_foreach ((json_t *)processors, i, row)
		str_printf(&text, "%s%s %s %lld/%lld", i ? ", " : "", text_of(row, "name"), text_of(row, "state"),
			(long long)int_of(row, "taken", 0), (long long)int_of(row, "places", 0));
	put_line(ctl, "processors", &text);
	str_done(&text);
}

static void show_sinks(struct ctl *ctl, const json_t *sinks)
{
	size_t i;
	json_t *row;
	json_array_foreach ((json_t *)sinks, i, row) {
		char written[SHORT_SIZE], lag[SHORT_SIZE], age[SHORT_SIZE], missed[SHORT_SIZE];
		const int64_t waits = int_of(row, "lag", -1), oldest = int_of(row, "oldest_ms", 0),
			      gone = int_of(row, "gone", 0);
		fact(ctl, i ? "" : "sinks", "%s %s, written %s%s%s%s%s%s%s", text_of(row, "name"),
			text_of(row, "state"), count_text(int_of(row, "written", 0), written),
			waits > 0 ? ", waiting " : "", waits > 0 ? count_text(waits, lag) : "",
			waits > 0 && oldest > 0 ? ", oldest " : "", waits > 0 && oldest > 0 ? age_text(oldest, age) : "",
			gone > 0 ? ", gone before they were " : "", gone > 0 ? count_text(gone, missed) : "");
	}
}

static void show_league(struct ctl *ctl, const json_t *league)
{
	char players[SHORT_SIZE], rows[SHORT_SIZE], bytes[SHORT_SIZE];
	if (!league) {
		fact(ctl, "league", "none: events are taken at face value");
		return;
	}
	const char *to = text_of(league, "to"), *lacks = text_of(league, "lacks");
	fact(ctl, "league", "number %lld, %s players, %s rows%s%s, %s", (long long)int_of(league, "number", 0),
		count_text(int_of(league, "players", 0), players), count_text(int_of(league, "rows", 0), rows),
		*to ? " to " : "", to, bytes_text(int_of(league, "bytes", 0), bytes));
	if (*lacks)
		fact(ctl, "", "%s", lacks);
}

/* Dates that wait, and why. */
static void show_dates(struct ctl *ctl, const json_t *dates)
{
	size_t i;
	json_t *date;
	json_array_foreach ((json_t *)dates, i, date)
		fact_wrapped(ctl, i ? "" : "dates", text_of(date, "why"));
}

static void show_slate_line(struct ctl *ctl, const json_t *slate)
{
	char players[SHORT_SIZE];
	if (!slate)
		return;
	int64_t games = int_of(slate, "games", 0);
	fact(ctl, "slate", "%s: %lld game%s, %s players", text_of(slate, "date"), (long long)games,
		games == 1 ? "" : "s", count_text(int_of(slate, "players", 0), players));
}

static void show_strangers_line(struct ctl *ctl, const json_t *strangers)
{
	struct str text = {0};
	if (!strangers)
		return;
	put_counts(&text, strangers, true);
	fact(ctl, "strangers", "%s: propsctl strangers", text.failed || !text.data ? "some" : text.data);
	str_done(&text);
}

static void show_schedule_line(struct ctl *ctl, const json_t *next)
{
	char at[SHORT_SIZE];
	if (next)
		fact(ctl, "schedule", "%s, %s, next %s", text_of(next, "name"), text_of(next, "what"),
			clock_text(int_of(next, "next_ms", 0), at));
}

/* What else is held back, and how long. */
static void show_holds(struct ctl *ctl, const json_t *data)
{
	const json_t *holds = json_object_get(data, "holds");
	size_t i;
	json_t *hold;
	json_array_foreach ((json_t *)holds, i, hold) {
		char until[SHORT_SIZE];
		const int64_t until_ms = int_of(hold, "until_ms", 0);
		const char *kind, *name = order_whom(hold, &kind), *date = text_of(hold, "date"),
				  *by = text_of(hold, "by");
		const bool mute = strcmp(text_of(hold, "order"), "mute") == 0;
		fact(ctl, mute ? "muted" : "paused", "%s %s%s%s%s%s until %s%s%s", kind, name, date[0] ? " on " : "",
			date, by[0] ? " by " : "", by, until_ms > 0 ? clock_text(until_ms, until) : "",
			until_ms > 0 ? " or " : "", mute ? "unmute" : "resume");
	}
	if (int_of(data, "more_holds", 0) > 0)
		fact(ctl, "", "and %lld more: propsctl orders", (long long)int_of(data, "more_holds", 0));
}

static void show_pause(struct ctl *ctl, const char *by, int64_t until_ms)
{
	char until[SHORT_SIZE];
	if (until_ms > 0)
		fact(ctl, "paused", "by %s until %s or resume", by, clock_text(until_ms, until));
	else
		fact(ctl, "paused", "by %s; propsctl resume goes on", by);
}

void show_status(struct ctl *ctl, json_t *data)
{
	char span[SHORT_SIZE];
	show_health(ctl, data);
	fact(ctl, "propsd", "%s, %s, up %s, instance %s, pid %lld", text_of(data, "version"), text_of(data, "state"),
		span_text(int_of(data, "uptime_ms", 0), span), text_of(data, "instance"),
		(long long)int_of(data, "pid", 0));
	if (json_is_true(json_object_get(data, "paused")))
		show_pause(ctl, text_of(data, "paused_by"), int_of(data, "paused_until_ms", 0));
	show_holds(ctl, data);
	show_doing(ctl, data);
	counts_fact(ctl, "waiting", json_object_get(data, "waiting"), false);
	show_waiting(ctl, data);
	show_failed(ctl, data);
	show_freshness(ctl, json_object_get(data, "event_age"));
	show_redis(ctl, json_object_get(data, "redis"));
	show_fleet(ctl, data);
	show_processors_line(ctl, json_object_get(data, "processors"));
	show_sinks(ctl, json_object_get(data, "sinks"));
	show_strangers_line(ctl, json_object_get(data, "strangers"));
	show_league(ctl, json_object_get(data, "league"));
	show_dates(ctl, json_object_get(data, "dates"));
	show_slate_line(ctl, json_object_get(data, "slate"));
	show_schedule_line(ctl, json_object_get(data, "schedule"));
}
