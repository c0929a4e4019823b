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
		fact(ctl, i ? "" : "dates", "%s", text_of(date, "why"));
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

static void show_entries(struct ctl *ctl, const json_t *entries)
{
	char read[SHORT_SIZE], in_flight[SHORT_SIZE], parked[SHORT_SIZE], age[SHORT_SIZE], forgotten[SHORT_SIZE];
	int64_t oldest = int_of(entries, "oldest_ms", 0), over = int_of(entries, "forgotten", 0);
	int64_t paused = int_of(entries, "paused", 0);
	fact(ctl, "entries", "read %s, in flight %s, parked %s%s%s%s%s", count_text(int_of(entries, "read", 0), read),
		count_text(int_of(entries, "in_flight", 0), in_flight), count_text(int_of(entries, "parked", 0), parked),
		oldest > 0 ? ", oldest " : "", oldest > 0 ? age_text(oldest, age) : "", over > 0 ? ", read again " : "",
		over > 0 ? count_text(over, forgotten) : "");
	if (paused > 0)
		fact(ctl, "", "held back in Redis by a pause %s", count_text(paused, read));
	counts_fact(ctl, "settled", json_object_get(entries, "settled"), true);
}

/* Those that take no jobs, and why. */
static void show_processors_line(struct ctl *ctl, const json_t *processors)
{
	const char *name = "processor";
	size_t i;
	json_t *row;
	json_array_foreach ((json_t *)processors, i, row) {
		char line[768];
		if (text_of(row, "trouble")[0] == '\0')
			continue;
		text_format(line, sizeof(line), "%s is %s: %s", text_of(row, "name"), text_of(row, "state"),
			text_of(row, "trouble"));
		fact_wrapped(ctl, name, line);
		name = "";
	}
}

static void show_schedule_line(struct ctl *ctl, const json_t *next)
{
	char at[SHORT_SIZE];
	if (next)
		fact(ctl, "schedule", "%s, %s, next %s", text_of(next, "name"), text_of(next, "what"),
			clock_text(int_of(next, "next_ms", 0), at));
}

/* Each, and where it cannot write, why. */
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
		if (text_of(row, "trouble")[0])
			fact_wrapped(ctl, "", text_of(row, "trouble"));
	}
}

static void show_workers_line(struct ctl *ctl, const json_t *workers)
{
	fact(ctl, "workers", "%lld, %lld running", (long long)int_of(workers, "count", 0),
		(long long)int_of(workers, "running", 0));
}

/* Event to commit, the figure that matters most: a line a stream that had any. */
static void show_freshness(struct ctl *ctl, const json_t *freshness)
{
	const char *name = "event age", *key;
	json_t *figure;
	json_object_foreach ((json_t *)freshness, key, figure) {
		char middle[SHORT_SIZE], high[SHORT_SIZE];
		if (int_of(figure, "count", 0) == 0)
			continue;
		fact(ctl, name, "%-10s median %s, p99 %s", key, ms_text(number_of(figure, "p50_ms", 0), middle),
			ms_text(number_of(figure, "p99_ms", 0), high));
		name = "";
	}
}

static void show_pause(struct ctl *ctl, const char *by, int64_t until_ms)
{
	char until[SHORT_SIZE];
	if (until_ms > 0)
		fact(ctl, "paused", "by %s until %s or propsctl resume", by, clock_text(until_ms, until));
	else
		fact(ctl, "paused", "by %s; propsctl resume goes on", by);
}

/* What is seen, and below it what to do. */
static void show_warnings(struct ctl *ctl, const json_t *warnings)
{
	size_t i;
	json_t *warning;
	json_array_foreach (warnings, i, warning) {
		fact_wrapped(ctl, text_of(warning, "level"), text_of(warning, "text"));
		char remedy[512];
		text_format(remedy, sizeof(remedy), "To do: %s", text_of(warning, "remedy"));
		fact_wrapped(ctl, "", remedy);
	}
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
		fact(ctl, mute ? "muted" : "paused", "%s %s%s%s%s%s until %s%spropsctl %s", kind, name,
			date[0] ? " on " : "", date, by[0] ? " by " : "", by,
			until_ms > 0 ? clock_text(until_ms, until) : "", until_ms > 0 ? " or " : "",
			mute ? "unmute" : "resume");
	}
	if (int_of(data, "more_holds", 0) > 0)
		fact(ctl, "", "and %lld more: propsctl orders", (long long)int_of(data, "more_holds", 0));
}

void show_status(struct ctl *ctl, json_t *data)
{
	char span[SHORT_SIZE];
	fact(ctl, "propsd", "%s, %s, up %s", text_of(data, "version"), text_of(data, "state"),
		span_text(int_of(data, "uptime_ms", 0), span));
	fact(ctl, "instance", "%s, pid %lld", text_of(data, "instance"), (long long)int_of(data, "pid", 0));
	if (json_is_true(json_object_get(data, "paused")))
		show_pause(ctl, text_of(data, "paused_by"), int_of(data, "paused_until_ms", 0));
	show_holds(ctl, data);
	show_warnings(ctl, json_object_get(data, "warnings"));
	show_redis(ctl, json_object_get(data, "redis"));
	show_league(ctl, json_object_get(data, "league"));
	show_dates(ctl, json_object_get(data, "dates"));
	show_slate_line(ctl, json_object_get(data, "slate"));
	show_strangers_line(ctl, json_object_get(data, "strangers"));
	show_schedule_line(ctl, json_object_get(data, "schedule"));
	show_workers_line(ctl, json_object_get(data, "workers"));
	show_processors_line(ctl, json_object_get(data, "processors"));
	show_sinks(ctl, json_object_get(data, "sinks"));
	counts_fact(ctl, "players", json_object_get(data, "players"), true);
	counts_fact(ctl, "waiting", json_object_get(data, "waiting"), false);
	show_entries(ctl, json_object_get(data, "entries"));
	counts_fact(ctl, "runs", json_object_get(data, "runs"), true);
	show_freshness(ctl, json_object_get(data, "event_age"));
}
