/* Replies that are a sentence or two. */
#include "show.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "facts.h"
#include "table.h"
#include "text.h"

/* Of a trial: the players, one a line. */
static void show_whom(struct ctl *ctl, const json_t *data)
{
	const json_t *names = json_object_get(data, "names");
	const int64_t players = int_of(data, "players", 0);
	size_t i;
	json_t *name;
	json_array_foreach ((json_t *)names, i, name)
		put(ctl, "%s", json_string_value(name) ? json_string_value(name) : "");
	if (players > (int64_t)i)
		put(ctl, "... and %lld more", (long long)(players - (int64_t)i));
	say(ctl, "It would be for %lld player%s.", (long long)players, players == 1 ? "" : "s");
}

void show_regenerated(struct ctl *ctl, json_t *data)
{
	char span[SHORT_SIZE];
	int64_t total = int_of(data, "total", -1), failed = int_of(data, "failed", 0);
	if (*text_of(data, "warning")) {
		fputs("propsctl: ", ctl->talk);
		put_text(ctl->talk, text_of(data, "warning"));
		fputc('\n', ctl->talk);
	}
	if (json_is_true(json_object_get(data, "dry_run"))) {
		show_whom(ctl, data);
		return;
	}
	if (json_object_get(data, "entry") && !text_of(data, "entry")[0]) {
		say(ctl, "No report is of an older model: there is nothing to do.");
		return;
	}
	if (total < 0) {
		int64_t players = int_of(data, "players", -1);
		if (players >= 0)
			say(ctl, "Accepted for %lld player%s, entry %s.", (long long)players, players == 1 ? "" : "s",
				text_of(data, "entry"));
		else
			say(ctl, "Accepted, entry %s.", text_of(data, "entry"));
		return;
	}
	size_t i;
	json_t *failure;
	json_array_foreach (json_object_get(data, "failures"), i, failure) {
		put_text(ctl->data, text_of(failure, "player"));
		fputs(": ", ctl->data);
		put_text(ctl->data, text_of(failure, "error"));
		fputc('\n', ctl->data);
	}
	if (failed > (int64_t)i)
		put(ctl, "... and %lld more", (long long)(failed - (int64_t)i));
	put(ctl, "completed %lld/%lld in %s, %lld failed", (long long)int_of(data, "completed", 0), (long long)total,
		ms_text(number_of(data, "took_ms", 0), span), (long long)failed);
}

void show_draining(struct ctl *ctl, json_t *data)
{
	(void)data;
	say(ctl, "Draining: what runs is finished, then propsd ends.");
}

void show_published(struct ctl *ctl, json_t *data)
{
	int64_t entries = int_of(data, "entries", 1);
	if (text_of(data, "entry")[0] != '\0')
		say(ctl, "Added to %s as %s.", text_of(data, "stream"), text_of(data, "entry"));
	else
		say(ctl, "Added %lld entr%s to %s.", (long long)entries, entries == 1 ? "y" : "ies",
			text_of(data, "stream"));
}

const char *order_whom(const json_t *order, const char **ret_kind)
{
	static const char *const whom[] = {"player", "game", "team", "type", "book"};
	for (size_t i = 0; i < sizeof(whom) / sizeof(*whom); i++) {
		const char *name = text_of(order, whom[i]);
		*ret_kind = whom[i];
		if (name[0] != '\0')
			return name;
	}
	*ret_kind = "";
	return "all";
}

/* " on 2025-11-15 until 22:00": what is said of it */
static const char *order_limits(const json_t *order, char text[80])
{
	char until[SHORT_SIZE];
	const int64_t until_ms = int_of(order, "until_ms", 0);
	const char *date = text_of(order, "date");
	text_format(text, 80, "%s%s%s%s", date[0] ? " on " : "", date, until_ms > 0 ? " until " : "",
		until_ms > 0 ? clock_text(until_ms, until) : "");
	return text;
}

/* What was to be taken back. */
static bool nothing_stood(const json_t *data)
{
	return json_is_false(json_object_get(data, "stood"));
}

void show_order(struct ctl *ctl, json_t *data)
{
	char limits[80];
	const char *kind, *name = order_whom(data, &kind), *level = text_of(data, "level");
	if (nothing_stood(data))
		say(ctl, "%s had no standing order%s; propsctl orders lists those that stand.", name,
			order_limits(data, limits));
	else if (strcmp(level, "none") == 0)
		say(ctl, "%s has no standing order any more.", name);
	else
		say(ctl, "%s is %s%s.", name, level, order_limits(data, limits));
}

void show_hold(struct ctl *ctl, json_t *data)
{
	char limits[80];
	const char *kind, *name = order_whom(data, &kind);
	const bool mute = json_object_get(data, "muted") != NULL;
	const bool given = json_is_true(json_object_get(data, mute ? "muted" : "paused"));
	const char *what = mute ? (given ? "Muted" : "Unmuted") : given ? "Paused" : "Resumed";
	if (nothing_stood(data))
		say(ctl, "No %s of %s%s%s stood%s; propsctl orders lists those that stand.", mute ? "mute" : "pause",
			kind, kind[0] ? " " : "", name, order_limits(data, limits));
	else
		say(ctl, "%s%s%s%s%s%s.", what, kind[0] ? " " : "", kind, kind[0] ? " " : "", kind[0] ? name : "",
			order_limits(data, limits));
}

static void order_row(struct table *table, const json_t *order)
{
	char until[SHORT_SIZE];
	const char *kind, *name = order_whom(order, &kind), *date = text_of(order, "date");
	int64_t until_ms = int_of(order, "until_ms", 0);
	table_cell(table, 0, "%s", text_of(order, "order"));
	table_cell(table, 1, "%s%s%s", kind, kind[0] ? " " : "", name);
	table_cell(table, 2, "%s", date[0] ? date : "any");
	table_cell(table, 3, "%s", text_of(order, "level"));
	table_cell(table, 4, "%s", text_of(order, "by"));
	table_cell(table, 5, "%s", until_ms > 0 ? minute_text(until_ms, until) : "taken back");
}

void show_orders(struct ctl *ctl, json_t *data)
{
	char zone[SHORT_SIZE], until_head[SHORT_SIZE + 8];
	text_format(until_head, sizeof(until_head), "UNTIL %s", zone_text(ctl->now_ms, zone));
	const struct table_column columns[] = {
		{"ORDER", 0}, {"FOR", TABLE_CUT}, {"DATE", 0}, {"LEVEL", 0}, {"BY", TABLE_CUT}, {until_head, 0}};
	const json_t *orders = json_object_get(data, "orders");
	if (json_array_size(orders) == 0) {
		say(ctl, "No standing order.");
		return;
	}
	table_of(ctl, columns, sizeof(columns) / sizeof(*columns), orders, order_row);
	int64_t more = int_of(data, "matching", 0) - (int64_t)json_array_size(orders);
	if (more > 0)
		put(ctl, "%lld more.", (long long)more);
}

void show_workers(struct ctl *ctl, json_t *data)
{
	int64_t count = int_of(data, "count", 0), running = int_of(data, "running", -1);
	if (running >= 0)
		put(ctl, "%lld workers, %lld running.", (long long)count, (long long)running);
	else
		put(ctl, "%lld workers.", (long long)count);
}

void show_waited(struct ctl *ctl, json_t *data)
{
	char span[SHORT_SIZE];
	say(ctl, "%s after %s.", strcmp(text_of(data, "for"), "idle") == 0 ? "Idle" : "Ready",
		ms_text(number_of(data, "took_ms", 0), span));
}

void show_reloaded(struct ctl *ctl, json_t *data)
{
	int64_t number = int_of(data, "league", 0), restart = int_of(data, "restart", 0);
	if (number > 0)
		say(ctl, "Reloaded; league number %lld.", (long long)number);
	else
		say(ctl, "Reloaded.");
	if (restart > 0)
		put(ctl, "%lld changed option%s take%s effect only after a restart.", (long long)restart,
			restart == 1 ? "" : "s", restart == 1 ? "s" : "");
	if (*text_of(data, "warning"))
		put(ctl, "%s: it gives nobody a role.", text_of(data, "warning"));
}

/* A value of any kind as the file would say it. */
static const char *option_text(const json_t *value, char *buffer, size_t size)
{
	if (json_is_string(value))
		return json_string_value(value);
	char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	text_format(buffer, size, "%s", text ? text : "?");
	free(text);
	return buffer;
}

static void option_row(struct table *table, const json_t *option)
{
	char buffer[512];
	const char *source = text_of(option, "source"), *slash = strrchr(source, '/');
	bool set = strcmp(source, "default") != 0;
	table_cell(table, 0, "%s", text_of(option, "key"));
	const json_t *waits = json_object_get(option, "waits");
	table_cell(table, 1, "%s%s%s%s", option_text(json_object_get(option, "value"), buffer, sizeof(buffer)),
		waits ? " (after a restart: " : "", waits ? json_string_value(waits) : "", waits ? ")" : "");
	table_cell(table, 2, "%s", slash ? slash + 1 : source);
	table_color(table, 2, set ? TABLE_PLAIN : TABLE_DIM);
}

void show_config(struct ctl *ctl, json_t *data)
{
	static const struct table_column columns[] = {{"OPTION", 0}, {"VALUE", TABLE_CUT}, {"FROM", 0}};
	table_of(ctl, columns, sizeof(columns) / sizeof(*columns), json_object_get(data, "options"), option_row);
}

void show_log_level(struct ctl *ctl, json_t *data)
{
	put(ctl, "%s", text_of(data, "level"));
}
