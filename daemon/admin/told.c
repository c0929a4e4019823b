#include "admin/told.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "delivery/delivery.h"
#include "ingest/event.h"

enum {
	ENTRIES_MAX = 16,
	VALUE_MAX = 48, /* bytes of a value that are told */
	WORDS_MAX = 160,
	DATA_MAX = 4096, /* of a `data` field that is looked into */
};

/* The fields that say most, in the order of a sentence. A name goes before its value where that does not speak for
 * itself. */
static const struct {
	const char *field, *name;
} fields[] = {{"player_lookup", ""}, {"team", ""}, {"game_id", ""}, {"market", ""}, {"book", ""}, {"line", "line"},
	{"side", ""}, {"price", ""}, {"over", "over"}, {"under", "under"}, {"total", "total"}, {"spread", "spread"},
	{"alt", "alt"}, {"starters", "starters"}, {"confirmed", "confirmed"}, {"status", ""}, {"reason", ""},
	{"tip", "tip"}, {"force", "force"}, {"priority", "priority"}};

/* One answer to a client that waits for several of Redis'. */
struct telling {
	struct ask *ask;
	json_t *data;
	unsigned left, begun; /* entries that are asked for */
};

struct one {
	struct telling *telling;
	json_t *rows; /* all that tell of the entry */
};

static const char *id_of(const json_t *row)
{
	const char *id = json_string_value(json_object_get(row, "entry"));
	return id ? id : json_string_value(json_object_get(row, "id"));
}

/* STREAM_COUNT: none is called so. */
static int stream_of(const char *name, size_t length)
{
	int stream = 0;
	while (stream < STREAM_COUNT &&
		(strlen(stream_names[stream]) != length || memcmp(stream_names[stream], name, length) != 0))
		stream++;
	return stream;
}

/* {"odds 1-0": [its rows]} */
static void collect(json_t *node, json_t *found)
{
	const char *type = json_string_value(json_object_get(node, "type")),
		   *id = json_is_object(node) ? id_of(node) : NULL, *key;
	json_t *child;
	size_t i;
	json_object_foreach (node, key, child)
		collect(child, found);
	if (json_is_array(node))
		json_array_foreach (node, i, child)
			collect(child, found);
	if (!type || !id)
		return;
	char name[64];
	text_format(name, sizeof(name), "%s %s", type, id);
	json_t *rows = json_object_get(found, name);
	if (!rows && json_object_size(found) < ENTRIES_MAX) {
		rows = json_array();
		json_object_set_new(found, name, rows);
	}
	json_array_append(rows, node);
}

/* The entry's fields as an object of texts: those of `data`, where it came so. */
static json_t *fields_of(const struct value *list)
{
	json_t *object = json_object(), *inner = NULL;
	for (size_t i = 0; i + 1 < list->count; i += 2) {
		const struct value *name = &list->items[i], *text = &list->items[i + 1];
		if (strcmp(value_text(name), "data") == 0 && text->length <= DATA_MAX)
			inner = json_loadb(value_text(text), (size_t)text->length, 0, NULL);
		else
			json_object_set_new(
				object, value_text(name), json_stringn(value_text(text), (size_t)text->length));
	}
	if (json_is_object(inner))
		json_object_update(object, inner);
	json_decref(inner);
	return object;
}

static void add_words(const json_t *entry, struct str *out)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields) && out->length < WORDS_MAX; i++) {
		const json_t *value = json_object_get(entry, fields[i].field);
		char *text = json_is_string(value)   ? strndup(json_string_value(value), VALUE_MAX)
			     : json_is_number(value) ? json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(10))
						     : NULL;
		if (text && text[0] && utf8_valid(text, strlen(text)))
			str_printf(out, "%s%s%s%s", out->length ? " " : "", fields[i].name,
				fields[i].name[0] ? " " : "", text);
		free(text);
	}
}

static void end(struct telling *t)
{
	json_t *data = t->data;
	struct ask *ask = t->ask;
	free(t);
	ask_reply(ask, data);
}

static void on_entry(void *arg, const struct value *reply)
{
	struct one *one = arg;
	struct telling *t = one->telling;
	const struct value *entry = reply && reply->type == VALUE_ARRAY && reply->count > 0 ? &reply->items[0] : NULL;
	const struct value *list = entry ? value_at(entry, 1) : NULL;
	struct str words = {0};
	size_t i;
	json_t *row;
	if (list && list->type == VALUE_ARRAY) {
		json_t *object = fields_of(list);
		add_words(object, &words);
		json_decref(object);
	}
	if (words.length > 0 && !words.failed)
		json_array_foreach (one->rows, i, row)
			json_object_set_new(row, "what", json_string(words.data));
	str_done(&words);
	json_decref(one->rows);
	free(one);
	const bool last = --t->left == 0;
	if (ask_came(t->ask)) {
		if (last)
			end(t);
	} else if (last) {
		json_decref(t->data);
		free(t);
	}
}

void ask_reply_told(struct ask *ask, json_t *data)
{
	struct telling *t = data && delivery_ready(ask->context->delivery) ? calloc(1, sizeof(*t)) : NULL;
	json_t *found = t ? json_object() : NULL, *rows;
	const char *name;
	if (!t) {
		ask_reply(ask, data);
		return;
	}
	*t = (struct telling){.ask = ask, .data = data, .left = 1};
	collect(data, found);
	ask_sends(ask); /* an answer may come from inside the call */
	json_object_foreach (found, name, rows) {
		const char *id = strchr(name, ' ') + 1;
		const int stream = stream_of(name, (size_t)(id - 1 - name));
		struct one *one = stream < STREAM_COUNT ? calloc(1, sizeof(*one)) : NULL;
		if (!one)
			continue;
		*one = (struct one){.telling = t, .rows = json_incref(rows)};
		t->left++;
		ask_sends(ask);
		delivery_entry(ask->context->delivery, (enum stream)stream, id, on_entry, one);
	}
	json_decref(found);
	const bool last = --t->left == 0;
	if (ask_came(ask) && last)
		end(t);
}
