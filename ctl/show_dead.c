#include "show.h"

#include <string.h>

#include "base/str.h"
#include "facts.h"
#include "table.h"
#include "text.h"

enum {
	LINE_MAX = 400, /* bytes of an entry's line */
	WORD_MAX = 24, /* bytes of a name or a value in it */
	PLAYERS_SHOWN = 3,
};

/* "1763337600123-0" begins with Unix milliseconds: when the letter was written. */
static int64_t letter_ms(const json_t *letter)
{
	long long ms = 0;
	if (sscanf(text_of(letter, "id"), "%lld", &ms) != 1)
		return 0;
	return ms;
}

/* The stream's key without its prefix. */
static const char *stream_of(const json_t *letter)
{
	const char *key = text_of(letter, "stream"), *colon = strrchr(key, ':');
	return colon ? colon + 1 : key;
}

/* --- an entry in a line ----------------------------------------------------------------------------------------- */

/* Its beginning, if it is long, whole characters. */
static void add_word(struct str *line, const char *text)
{
	size_t length = strlen(text);
	const bool cut = length > WORD_MAX;
	if (cut) {
		length = WORD_MAX - 3;
		while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
			length--;
	}
	str_bytes(line, text, length);
	str_text(line, cut ? "..." : "");
}

/* "lebronjames, anthonydavis and 3 more: " */
static void add_players(struct str *line, const char *players)
{
	unsigned count = 0;
	for (size_t length; *players; players += length + (players[length] != '\0')) {
		length = strcspn(players, ",");
		if (count++ < PLAYERS_SHOWN) {
			str_text(line, count > 1 ? ", " : "");
			str_bytes(line, players, length);
		}
	}
	if (count > PLAYERS_SHOWN)
		str_printf(line, " and %u more", count - PLAYERS_SHOWN);
	if (count > 0)
		str_text(line, ": ");
}

static void add_fields(struct str *line, const json_t *fields)
{
	const char *name, *gap = "";
	json_t *value;
	json_object_foreach ((json_t *)fields, name, value) {
		const char *text = json_string_value(value);
		if (line->length > LINE_MAX) {
			str_text(line, " ...");
			return;
		}
		str_text(line, gap);
		gap = " ";
		add_word(line, name);
		str_char(line, '=');
		add_word(line, text ? text : "");
	}
}

static void letter_row(struct ctl *ctl, struct table *table, const json_t *letter)
{
	struct str line = {0};
	char age[SHORT_SIZE];
	const int64_t ms = letter_ms(letter);
	table_row(table);
	table_cell(table, 0, "%s", ms > 0 ? age_text(ctl->now_ms > ms ? ctl->now_ms - ms : 0, age) : "");
	table_cell(table, 1, "%s", stream_of(letter));
	table_cell(table, 2, "%s", text_of(letter, "reason"));
	table_cell(table, 3, "%s", text_of(letter, "id"));
	table_cell(table, 4, "%s", text_of(letter, "error"));
	add_players(&line, text_of(letter, "players"));
	add_fields(&line, json_object_get(letter, "fields"));
	if (line.length > 0 && !line.failed) {
		table_row(table);
		table_cell(table, 4, "%s", line.data);
		table_color(table, 4, TABLE_DIM);
	}
	str_done(&line);
}

static void show_rows(struct ctl *ctl, const json_t *letters)
{
	static const struct table_column columns[] = {
		{"AGE", TABLE_RIGHT}, {"STREAM", 0}, {"REASON", 0}, {"LETTER", 0}, {"ERROR", TABLE_WRAP}};
	struct table *table = table_new(ctl, columns, sizeof(columns) / sizeof(*columns));
	size_t i;
	json_t *letter;
	json_array_foreach ((json_t *)letters, i, letter)
		letter_row(ctl, table, letter);
	table_print(table);
}

/* --- replies ---------------------------------------------------------------------------------------------------- */

void show_dead(struct ctl *ctl, json_t *data)
{
	const json_t *letters = json_object_get(data, "letters");
	show_rows(ctl, letters);
	const long long shown = (long long)json_array_size(letters), total = int_of(data, "total", 0);
	const bool more = json_is_true(json_object_get(data, "more"));
	if (shown == 0)
		say(ctl, "No dead letter.");
	else if (total > shown)
		say(ctl, "%lld of %lld, newest first; --limit shows more, as many as a reply holds.", shown, total);
	else if (more)
		say(ctl, "The newest %lld; there are more. --limit shows more, as many as a reply holds.", shown);
}

/* As many as there are, a few a line. */
static void show_players_of(struct ctl *ctl, const char *players)
{
	const char *name = "players";
	while (*players) {
		size_t length = 0;
		for (unsigned i = 0; i < PLAYERS_SHOWN && players[length]; i++)
			length += strcspn(players + length + (i > 0), ",") + (i > 0);
		fact(ctl, name, "%.*s", (int)length, players);
		players += length + (players[length] != '\0');
		name = "";
	}
}

void show_letter(struct ctl *ctl, json_t *data)
{
	char age[SHORT_SIZE];
	const int64_t ms = letter_ms(data);
	const char *name;
	json_t *value;
	fact(ctl, "letter", "%s, %s ago", text_of(data, "id"), age_text(ctl->now_ms > ms ? ctl->now_ms - ms : 0, age));
	fact(ctl, "entry", "%s of %s", text_of(data, "entry"), text_of(data, "stream"));
	fact(ctl, "reason", "%s%s%s", text_of(data, "reason"), text_of(data, "field")[0] ? ", field " : "",
		text_of(data, "field"));
	fact_wrapped(ctl, "error", text_of(data, "error"));
	show_players_of(ctl, text_of(data, "players"));
	if (text_of(data, "game_date")[0])
		fact(ctl, "date", "%s", text_of(data, "game_date"));
	if (strcmp(text_of(data, "attempts"), "0") != 0)
		fact(ctl, "attempts", "%s", text_of(data, "attempts"));
	fact(ctl, "first", "%s", text_of(data, "first"));
	fact(ctl, "last", "%s", text_of(data, "last"));
	fact(ctl, "fields", "%zu%s", json_object_size(json_object_get(data, "fields")),
		json_object_size(json_object_get(data, "fields")) ? ":" : "");
	json_object_foreach (json_object_get(data, "fields"), name, value)
		put(ctl, "  %s = %s", name, json_is_string(value) ? json_string_value(value) : "");
}

/* What would be done, how many first; false: it is no dry run. */
static bool show_dry_run(struct ctl *ctl, const json_t *data, const char *would)
{
	const json_t *letters = json_object_get(data, "letters");
	const long long matched = int_of(data, "matched", 0), shown = (long long)json_array_size(letters);
	if (!json_is_true(json_object_get(data, "dry_run")))
		return false;
	put(ctl, "%lld dead letter%s would be %s%s%s", matched, matched == 1 ? "" : "s", would,
		json_is_true(json_object_get(data, "more")) ? "; the limit leaves others" : "", matched > 0 ? ":" : ".");
	show_rows(ctl, letters);
	if (matched > shown)
		put(ctl, "... and %lld more", matched - shown);
	return true;
}

static void show_rest(struct ctl *ctl, const json_t *data)
{
	if (json_is_true(json_object_get(data, "more")))
		say(ctl, "There are more: the limit left them.");
}

static void failure_row(struct table *table, const json_t *failure)
{
	table_cell(table, 0, "%s", text_of(failure, "letter"));
	table_cell(table, 1, "%s", text_of(failure, "error"));
}

static void show_failures(struct ctl *ctl, const json_t *failures, long long left)
{
	static const struct table_column columns[] = {{"LETTER", 0}, {"WHY IT STAYS", TABLE_WRAP}};
	table_of(ctl, columns, sizeof(columns) / sizeof(*columns), failures, failure_row);
	const long long shown = (long long)json_array_size(failures);
	if (left > shown)
		put(ctl, "... and %lld more", left - shown);
}

void show_retried(struct ctl *ctl, json_t *data)
{
	const long long done = int_of(data, "retried", -1), left = int_of(data, "left", 0);
	if (show_dry_run(ctl, data, "tried again"))
		return;
	if (done < 0) {
		say(ctl, "Letter %s is an entry again: %s.", text_of(data, "letter"), text_of(data, "entry"));
		return;
	}
	show_failures(ctl, json_object_get(data, "failures"), left);
	say(ctl, "%lld dead letter%s again.", done, done == 1 ? " is an entry" : "s are entries");
	if (left > 0)
		put(ctl, "%lld cannot be, and stay%s.", left, left == 1 ? "s" : "");
	show_rest(ctl, data);
}

void show_dropped(struct ctl *ctl, json_t *data)
{
	const long long count = int_of(data, "dropped", 0);
	if (show_dry_run(ctl, data, "taken away"))
		return;
	say(ctl, "%lld dead letter%s taken away.", count, count == 1 ? "" : "s");
	show_rest(ctl, data);
}
