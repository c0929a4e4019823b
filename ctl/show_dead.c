#include "show.h"

#include <string.h>

#include "facts.h"
#include "table.h"
#include "text.h"

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

void show_dead(struct ctl *ctl, json_t *data)
{
	static const struct table_column columns[] = {
		{"AGE", TABLE_RIGHT}, {"STREAM", 0}, {"REASON", 0}, {"LETTER", 0}, {"ERROR", TABLE_WRAP}};
	const json_t *letters = json_object_get(data, "letters");
	struct table *table = table_new(ctl, columns, sizeof(columns) / sizeof(*columns));
	size_t i;
	json_t *letter;
	json_array_foreach (letters, i, letter) {
		char age[SHORT_SIZE];
		int64_t ms = letter_ms(letter);
		table_row(table);
		table_cell(table, 0, "%s", ms > 0 ? age_text(ctl->now_ms > ms ? ctl->now_ms - ms : 0, age) : "");
		table_cell(table, 1, "%s", stream_of(letter));
		table_cell(table, 2, "%s", text_of(letter, "reason"));
		table_cell(table, 3, "%s", text_of(letter, "id"));
		table_cell(table, 4, "%s", text_of(letter, "error"));
	}
	table_print(table);
	int64_t shown = (int64_t)json_array_size(letters), total = int_of(data, "total", shown);
	if (shown == 0)
		say(ctl, "No dead letter.");
	else if (total > shown)
		say(ctl, "%lld of %lld, newest first: a reply holds no more of this size.", (long long)shown,
			(long long)total);
}
