/* What `validate` found, for people. */
#include "show.h"

#include <string.h>

#include "base/str.h"
#include "facts.h"
#include "table.h"
#include "text.h"

enum { SHOWN = 10 /* differences of a player */, VALUE_BYTES = 24 };

/* A value, as short as a line wants it. */
static void add_value(struct str *out, const json_t *value)
{
	char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;
	const size_t length = text ? strlen(text) : 0;
	size_t n = length < VALUE_BYTES ? length : VALUE_BYTES;
	while (n > 0 && n < length && ((unsigned char)text[n] & 0xC0) == 0x80)
		n--;
	str_bytes(out, text ? text : "nothing", text ? n : strlen("nothing"));
	str_text(out, n < length ? "..." : "");
	free(text);
}

/* "PATH  FIRST / SECOND, by 0.1"; a long path has a line of its own, for its end is what tells most. */
static void show_difference(struct ctl *ctl, const json_t *d)
{
	const char *path = text_of(d, "path");
	struct str values = {0};
	add_value(&values, json_object_get(d, "first"));
	str_text(&values, " / ");
	add_value(&values, json_object_get(d, "second"));
	if (json_object_get(d, "by"))
		str_printf(&values, ", by %.6g", number_of(d, "by", 0));
	const char *text = values.failed ? "?" : values.data;
	if (ctl->width > 0 && strlen(path) + strlen(text) + 4 > ctl->width) {
		put(ctl, "  %s", path);
		put(ctl, "      %s", text);
	} else {
		put(ctl, "  %s  %s", path, text);
	}
	str_done(&values);
}

static void show_differences(struct ctl *ctl, const json_t *player)
{
	const int64_t count = int_of(player, "count", 0);
	size_t i;
	json_t *d;
	fputc('\n', ctl->data);
	put(ctl, "%s differs in %lld field%s%s", text_of(player, "player"), (long long)count, count == 1 ? "" : "s",
		strcmp(text_of(player, "status"), "moved") == 0 ? ", but his facts changed" : "");
	json_array_foreach (json_object_get(player, "differences"), i, d) {
		if (i == SHOWN)
			break;
		show_difference(ctl, d);
	}
	if (count > SHOWN)
		put(ctl, "  and %lld more", (long long)(count - SHOWN));
}

static void show_players_of(struct ctl *ctl, const json_t *data)
{
	static const struct table_column failures[] = {{"PLAYER", 0}, {"ERROR", TABLE_WRAP}};
	const json_t *players = json_object_get(data, "players");
	struct table *table = NULL;
	size_t i;
	json_t *player;
	json_array_foreach ((json_t *)players, i, player)
		if (json_array_size(json_object_get(player, "differences")) > 0)
			show_differences(ctl, player);
	json_array_foreach ((json_t *)players, i, player) {
		if (text_of(player, "error")[0] == '\0')
			continue;
		if (!table) {
			fputc('\n', ctl->data);
			table = table_new(ctl, failures, sizeof(failures) / sizeof(failures[0]));
		}
		table_row(table);
		table_cell(table, 0, "%s", text_of(player, "player"));
		table_cell(table, 1, "%s", text_of(player, "error"));
	}
	if (table)
		table_print(table);
}

void show_validation(struct ctl *ctl, json_t *data)
{
	const long long population = int_of(data, "population", 0), moved = int_of(data, "moved", 0);
	const long long skipped = int_of(data, "skipped", 0), failed = int_of(data, "failed", 0);
	const char *second = text_of(data, "second");
	if (population == 0) {
		say(ctl, "Nobody plays on %s: there is nothing to compare.", text_of(data, "date"));
		return;
	}
	fact(ctl, "compared", "%lld of %lld players of %s, seed %lld", int_of(data, "compared", 0) + failed + moved,
		population, text_of(data, "date"), (long long)int_of(data, "seed", 0));
	fact(ctl, "first", "%s of %s, made aside", text_of(data, "phase"), text_of(data, "first"));
	fact(ctl, "second", "%s", second);
	if (skipped > 0)
		fact(ctl, "passed over", "%lld of whom there is nothing to compare with", skipped);
	fact(ctl, "equal", "%lld", (long long)int_of(data, "equal", 0));
	fact(ctl, "different", "%lld", (long long)int_of(data, "different", 0));
	if (failed > 0)
		fact(ctl, "failed", "%lld", failed);
	if (moved > 0)
		fact(ctl, "moved", "%lld, whose facts changed in between, each time", moved);
	show_players_of(ctl, data);
}

void show_validations(struct ctl *ctl, json_t *data)
{
	const json_t *pairs = json_object_get(data, "pairs");
	size_t i, j;
	json_t *pair, *field;
	if (json_array_size(pairs) == 0)
		say(ctl, "Nothing was validated in the last %lld days.", (long long)int_of(data, "days", 0));
	json_array_foreach ((json_t *)pairs, i, pair) {
		char last[SHORT_SIZE];
		const long long runs = int_of(pair, "runs", 0), failed = int_of(pair, "failed", 0);
		if (i > 0)
			fputc('\n', ctl->data);
		fact(ctl, "first", "%s of %s", text_of(pair, "phase"), text_of(pair, "first"));
		fact(ctl, "second", "%s", text_of(pair, "second"));
		fact(ctl, "runs", "%lld in %lld days, the last %s", runs, (long long)int_of(data, "days", 0),
			clock_text(int_of(pair, "last_ms", 0), last));
		fact(ctl, "players", "%lld compared: %lld equal, %lld different", (long long)int_of(pair, "compared", 0),
			(long long)int_of(pair, "equal", 0), (long long)int_of(pair, "different", 0));
		if (failed > 0)
			fact(ctl, "failed", "%lld", failed);
		if (int_of(pair, "moved", 0) > 0)
			fact(ctl, "moved", "%lld", (long long)int_of(pair, "moved", 0));
		json_array_foreach (json_object_get(pair, "fields"), j, field)
			fact(ctl, j == 0 ? "most often" : "", "%s, of %lld player%s", text_of(field, "path"),
				(long long)int_of(field, "players", 0), int_of(field, "players", 0) == 1 ? "" : "s");
	}
	if (int_of(data, "faulty", 0) > 0)
		put(ctl, "%lld line%s of %s cannot be read.", (long long)int_of(data, "faulty", 0),
			int_of(data, "faulty", 0) == 1 ? "" : "s", text_of(data, "results"));
}
