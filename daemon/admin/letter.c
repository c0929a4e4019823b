#include "admin/letter.h"

#include <stdlib.h>
#include <string.h>

#include "delivery/contract.h"

enum {
	PLAYERS_MAX = 1000, /* whose failures are forgotten: one script's worth */
	VALUE_MAX = 256, /* as delivery cuts them */
};

#define REPLACED "\xEF\xBF\xBD" /* in the place of what was not UTF-8 */

const char *letter_id(const struct value *letter)
{
	return value_text(value_at(letter, 0));
}

/* "" where it has no such field. */
static const char *field_of(const struct value *letter, const char *name)
{
	const struct value *fields = value_at(letter, 1);
	for (size_t i = 0; fields->type == VALUE_ARRAY && i + 1 < fields->count; i += 2) {
		if (strcmp(value_text(&fields->items[i]), name) == 0)
			return value_text(&fields->items[i + 1]);
	}
	return "";
}

size_t letter_bytes(const struct value *letter)
{
	const struct value *fields = value_at(letter, 1);
	size_t bytes = 0;
	for (size_t i = 0; fields->type == VALUE_ARRAY && i < fields->count; i++)
		bytes += strlen(value_text(&fields->items[i]));
	return bytes;
}

json_t *letter_json(const struct value *letter)
{
	const struct value *fields = value_at(letter, 1);
	json_t *row = json_pack("{s:s}", "id", letter_id(letter));
	for (size_t i = 0; fields->type == VALUE_ARRAY && i + 1 < fields->count; i += 2) {
		const char *name = value_text(&fields->items[i]), *text = value_text(&fields->items[i + 1]);
		json_t *value = NULL;
		if (strcmp(name, "fields") == 0)
			value = json_loads(text, 0, NULL);
		json_object_set_new(row, strcmp(name, "id") == 0 ? "entry" : name, value ? value : json_string(text));
	}
	return row;
}

/* --- whose it is ------------------------------------------------------------------------------------------------ */

/* A namesake's team may be left out: "jalenwilliams" is "jalenwilliams@CHA" as well. */
static bool is_he(const char *player, const char *name, size_t length)
{
	const size_t known = strlen(player);
	return known > 0 && strncmp(player, name, known) == 0 &&
	       (length == known || (length > known && name[known] == '@'));
}

static bool is_listed(const struct letter_filter *filter, const char *players)
{
	for (size_t length; *players; players += length + (players[length] != '\0')) {
		length = strcspn(players, ",");
		if (is_he(filter->player, players, length) || is_he(filter->known, players, length))
			return true;
	}
	return false;
}

static bool names_him(const struct letter_filter *filter, const json_t *fields)
{
	char lookup[LOOKUP_SIZE];
	const json_t *name = json_object_get(fields, "player_lookup");
	return json_is_string(name) && fold_name(json_string_value(name), json_string_length(name), lookup) > 0 &&
	       is_listed(filter, lookup);
}

/* An entry has its fields by themselves, or as an object in `data`. */
static bool is_of_player(const struct letter_filter *filter, const struct value *letter)
{
	if (is_listed(filter, field_of(letter, "players")))
		return true;
	json_t *fields = json_loads(field_of(letter, "fields"), 0, NULL);
	const char *data = json_string_value(json_object_get(fields, "data"));
	json_t *within = data ? json_loads(data, 0, NULL) : NULL;
	const bool named = names_him(filter, fields) || names_him(filter, within);
	json_decref(within);
	json_decref(fields);
	return named;
}

bool letter_matches(const struct letter_filter *filter, const struct value *letter)
{
	return (!filter->reason || strcmp(filter->reason, field_of(letter, "reason")) == 0) &&
	       (!filter->stream || strcmp(filter->stream, field_of(letter, "stream")) == 0) &&
	       (!filter->player[0] || is_of_player(filter, letter));
}

/* --- another try ------------------------------------------------------------------------------------------------ */

/* The date of the entry, which tells whose failures are forgotten; "" where it names none. Older letters do not have it
 * themselves. */
static void read_date(struct letter_retry *r, const struct value *letter)
{
	const char *known = field_of(letter, "game_date");
	const char *named = json_string_value(json_object_get(r->fields, "game_date"));
	const char *game = json_string_value(json_object_get(r->fields, "game_id"));
	date_t date;
	if (known[0])
		named = known;
	if ((named && date_parse(named, strlen(named), &date)) ||
		(game && strlen(game) > 8 && date_parse(game, 8, &date)))
		date_format(date, r->date);
}

/* A letter cuts long texts, and replaces bytes that are no text: of such an entry it has not got all. Nor can it stand
 * for one of propsd's own, for what made that one so went with it. */
static bool is_whole(const json_t *fields)
{
	const char *name;
	json_t *value;
	json_object_foreach ((json_t *)fields, name, value) {
		const char *text = json_string_value(value);
		if (!text || strlen(name) >= VALUE_MAX || strlen(text) >= VALUE_MAX || strstr(name, REPLACED) ||
			strstr(text, REPLACED) || strcmp(name, "...") == 0 || strcmp(name, "origin") == 0 ||
			strcmp(name, "league") == 0)
			return false;
	}
	return json_object_size(fields) <= ENTRY_FIELDS_MAX;
}

bool letter_retry_init(struct letter_retry *r, const struct value *letter)
{
	*r = (struct letter_retry){.fields = json_loads(field_of(letter, "fields"), JSON_REJECT_DUPLICATES, NULL),
		.names = strdup(field_of(letter, "players")),
		.texts = calloc(PLAYERS_MAX + 2 * ENTRY_FIELDS_MAX, sizeof(*r->texts))};
	if (!r->names || !r->texts) {
		letter_retry_done(r);
		return false;
	}
	read_date(r, letter);
	struct delivery_retry *retry = &r->retry;
	*retry = (struct delivery_retry){.letter = letter_id(letter), .date = r->date, .players = r->texts};
	char *rest = r->names, *name;
	while (retry->player_count < PLAYERS_MAX && rest && (name = strsep(&rest, ", "))) {
		if (*name)
			r->texts[retry->player_count++] = name;
	}
	const char **fields = r->texts + retry->player_count, *key;
	json_t *value;
	retry->fields = fields;
	if (!is_whole(r->fields))
		return true;
	json_object_foreach (r->fields, key, value) {
		fields[retry->field_count++] = key;
		fields[retry->field_count++] = json_string_value(value);
	}
	return true;
}

void letter_retry_done(struct letter_retry *r)
{
	json_decref(r->fields);
	free(r->names);
	free(r->texts);
}
