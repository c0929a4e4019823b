/* Steps of the trace, a line each: it may go on as long as somebody follows, so no column is as wide as it turns out. */
#include "show.h"

#include <string.h>
#include <time.h>

#include "base/str.h"
#include "facts.h"
#include "text.h"

#define LEFT "%-12s %8s  %-9s  "
enum { LEFT_WIDTH = 12 + 1 + 8 + 2 + 9 + 2 };

/* "lebronjames, precompute" */
static void put_player(const json_t *row, struct str *out)
{
	str_text(out, text_of(row, "player"));
	if (strcmp(text_of(row, "phase"), "precompute") == 0)
		str_text(out, ", precompute");
}

static void put_entry(const json_t *row, struct str *out)
{
	if (text_of(row, "entry")[0])
		str_printf(out, "%s%s %s", out->length ? ", " : "", text_of(row, "type"), text_of(row, "entry"));
}

static void put_version(const json_t *row, struct str *out)
{
	str_printf(out, "%sversion %lld", out->length ? ", " : "", (long long)int_of(row, "version", 0));
}

static void say_entry(const json_t *row, struct str *out)
{
	put_entry(row, out);
	if (text_of(row, "player")[0])
		str_printf(out, ", %s", text_of(row, "player"));
}

static void say_delayed(const json_t *row, struct str *out)
{
	char until[SHORT_SIZE];
	say_entry(row, out);
	str_printf(out, ", until %s", clock_text(int_of(row, "until_ms", 0), until));
}

static void say_applied(const json_t *row, struct str *out)
{
	put_entry(row, out);
	put_version(row, out);
}

static void say_end(const json_t *row, struct str *out)
{
	put_entry(row, out);
	str_printf(out, ", %s%s", text_of(row, "how"), text_of(row, "reason"));
}

static void say_need(const json_t *row, struct str *out)
{
	put_player(row, out);
	put_version(row, out);
	put_entry(row, out);
}

static void say_queued(const json_t *row, struct str *out)
{
	put_player(row, out);
	str_printf(out, ", %s, %lld in the queue", text_of(row, "level"), (long long)int_of(row, "waiting", 0));
}

static void say_run(const json_t *row, struct str *out)
{
	const int64_t attempt = int_of(row, "attempt", 1);
	put_player(row, out);
	put_version(row, out);
	if (attempt > 1)
		str_printf(out, ", attempt %lld", (long long)attempt);
}

static void say_ran(const json_t *row, struct str *out)
{
	const char *place = text_of(row, "place"), *result = text_of(row, "result");
	put_player(row, out);
	put_version(row, out);
	if (place[0])
		str_printf(out, ", %s %lld", place, (long long)int_of(row, "number", 0));
	if (strcmp(result, "ok") != 0)
		str_printf(out, ", %s", result);
}

static void say_why(const json_t *row, struct str *out)
{
	put_player(row, out);
	str_printf(out, ", %s", text_of(row, "why"));
}

static void say_rests(const json_t *row, struct str *out)
{
	char span[SHORT_SIZE];
	say_why(row, out);
	str_printf(out, " for %s", ms_text(number_of(row, "for_us", 0) / 1000, span));
}

static void say_gate(const json_t *row, struct str *out)
{
	const char *player = text_of(row, "player"), *phase = text_of(row, "phase");
	str_printf(out, "%s: %s", phase, text_of(row, "why"));
	if (player[0])
		str_printf(out, ", %lld in the queue, next %s", (long long)int_of(row, "waiting", 0), player);
}

static void say_over(const json_t *row, struct str *out)
{
	str_printf(out, "%lld entries forgotten", (long long)int_of(row, "forgotten", 0));
}

static const struct {
	const char *step;
	void (*say)(const json_t *row, struct str *out);
} steps[] = {
	{"read", say_entry},
	{"delayed", say_delayed},
	{"applied", say_applied},
	{"aside", say_entry},
	{"acked", say_end},
	{"dead", say_end},
	{"affects", say_need},
	{"covered", say_need},
	{"withheld", say_need},
	{"queued", say_queued},
	{"begun", say_run},
	{"not-begun", say_why},
	{"ran", say_ran},
	{"committed", say_run},
	{"refused", say_run},
	{"failed", say_run},
	{"rests", say_rests},
	{"gate", say_gate},
	{"start-over", say_over},
};

static void put_words(const json_t *row, struct str *out)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (strcmp(steps[i].step, text_of(row, "step")) == 0)
			steps[i].say(row, out);
}

/* "19:30:12.345" of the terminal's clock. */
static const char *time_text(int64_t ms, const char *format, char buffer[SHORT_SIZE])
{
	const time_t s = (time_t)(ms / 1000);
	struct tm tm;
	if (!localtime_r(&s, &tm) || strftime(buffer, SHORT_SIZE, format, &tm) == 0)
		text_format(buffer, SHORT_SIZE, "?");
	return buffer;
}

/* A line that says the day, where it is another than the line's before. */
static void put_day(struct ctl *ctl, int64_t before_ms, int64_t ms)
{
	char day[SHORT_SIZE], before[SHORT_SIZE];
	if (strcmp(time_text(ms, "%F", day), time_text(before_ms, "%F", before)) != 0)
		put(ctl, "%s", day);
}

static void put_row(struct ctl *ctl, const json_t *row)
{
	char clock[SHORT_SIZE], took[SHORT_SIZE] = "", time[SHORT_SIZE];
	struct str words = {0};
	const int64_t ms = int_of(row, "time_ms", 0);
	text_format(clock, sizeof(clock), "%s.%03d", time_text(ms, "%T", time), (int)(ms % 1000));
	if (json_object_get(row, "took_ms"))
		ms_text(number_of(row, "took_ms", 0), took);
	put_words(row, &words);
	fprintf(ctl->data, LEFT, clock, took, text_of(row, "step"));
	put_wrapped(ctl, LEFT_WIDTH, LEFT_WIDTH, words.failed || !words.data ? "" : words.data);
	str_done(&words);
}

void show_steps(struct ctl *ctl, json_t *data)
{
	const json_t *rows = json_object_get(data, "events");
	const int64_t lost = int_of(data, "lost", 0);
	size_t i;
	json_t *row;
	if (lost > 0)
		put(ctl, "%lld steps were missed", (long long)lost);
	json_array_foreach ((json_t *)rows, i, row) {
		put_day(ctl, i > 0 ? int_of(json_array_get(rows, i - 1), "time_ms", 0) : ctl->now_ms,
			int_of(row, "time_ms", 0));
		put_row(ctl, row);
	}
}

void show_events(struct ctl *ctl, json_t *data)
{
	char since[SHORT_SIZE];
	const int64_t since_ms = int_of(data, "since_ms", 0);
	if (json_array_size(json_object_get(data, "events")) == 0) {
		if (since_ms > 0)
			say(ctl, "No step since %s.", clock_text(since_ms, since));
		else
			say(ctl, "No step yet.");
		return;
	}
	show_events_head(ctl);
	show_steps(ctl, data);
}

void show_events_head(struct ctl *ctl)
{
	fprintf(ctl->data, LEFT "%s\n", "TIME", "TOOK", "STEP", "WHAT");
}
