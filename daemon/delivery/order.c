#include "delivery/order.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static const char *const kinds[ORDER_KINDS] = {
	[ORDER_PRIORITY] = "priority", [ORDER_PAUSE] = "pause", [ORDER_MUTE] = "mute"};
static const char *const whoms[ORDER_WHOMS] = {[ORDER_ALL] = "all",
	[ORDER_PLAYER] = "player",
	[ORDER_TEAM] = "team",
	[ORDER_GAME] = "game",
	[ORDER_TYPE] = "type",
	[ORDER_BOOK] = "book"};

/* A level is somebody's who waits; only a pause is of all. */
static const unsigned meanings[ORDER_KINDS] = {
	[ORDER_PRIORITY] = 1u << ORDER_PLAYER | 1u << ORDER_TEAM | 1u << ORDER_GAME,
	[ORDER_PAUSE] = (1u << ORDER_WHOMS) - 1,
	[ORDER_MUTE] = ((1u << ORDER_WHOMS) - 1) & ~(1u << ORDER_ALL),
};

bool order_has_meaning(enum order_kind kind, enum order_whom whom)
{
	return meanings[kind] & 1u << whom;
}

const char *order_kind_name(enum order_kind kind)
{
	return kinds[kind];
}

const char *order_whom_name(enum order_whom whom)
{
	return whoms[whom];
}

struct order_key order_key_of(enum order_kind kind, enum order_whom whom, date_t date, const char *name)
{
	struct order_key key;
	memset(&key, 0, sizeof(key));
	key.kind = kind;
	key.whom = whom;
	key.date = date;
	text_format(key.name, sizeof(key.name), "%s", name);
	return key;
}

/* A player needs no word before his name: that is how his orders always stood. No lookup has a colon. */
const char *order_field_format(const struct order_key *key, char buffer[ORDER_FIELD_SIZE])
{
	char date[DATE_SIZE] = "";
	const bool player = key->whom == ORDER_PLAYER;
	if (key->whom == ORDER_ALL) {
		text_format(buffer, ORDER_FIELD_SIZE, "%s", kinds[key->kind]);
		return buffer;
	}
	if (key->date)
		date_format(key->date, date);
	text_format(buffer, ORDER_FIELD_SIZE, "%s:%s:%s%s%s", kinds[key->kind], date, player ? "" : whoms[key->whom],
		player ? "" : ":", key->name);
	return buffer;
}

static int word_of(const char *const *words, int count, const char *text, size_t length)
{
	for (int i = 0; i < count; i++)
		if (strlen(words[i]) == length && memcmp(words[i], text, length) == 0)
			return i;
	return -1;
}

bool order_field_parse(const char *field, struct order_key *ret)
{
	size_t length = strcspn(field, ":");
	int kind = word_of(kinds, ORDER_KINDS, field, length), whom = ORDER_ALL;
	const char *name = "";
	date_t date = 0;

	if (kind < 0)
		return false;
	if (field[length] == ':') {
		const char *rest = field + length + 1;
		length = strcspn(rest, ":");
		if (rest[length] != ':' || (length > 0 && !date_parse(rest, length, &date)))
			return false;
		name = rest + length + 1;
		length = strcspn(name, ":");
		whom = name[length] == ':' ? word_of(whoms, ORDER_WHOMS, name, length) : ORDER_PLAYER;
		name += name[length] == ':' ? length + 1 : 0;
		if (whom <= ORDER_ALL || name[0] == '\0' || strlen(name) >= LOOKUP_SIZE)
			return false;
	}
	if (!order_has_meaning((enum order_kind)kind, (enum order_whom)whom))
		return false;
	*ret = order_key_of((enum order_kind)kind, (enum order_whom)whom, date, name);
	return true;
}

const char *order_text_format(const struct order *order, char buffer[ORDER_TEXT_SIZE])
{
	const bool levels = order->key.kind == ORDER_PRIORITY;
	text_format(buffer, ORDER_TEXT_SIZE, "%" PRId64 "%s%s%s%s", order->until_ms, levels ? " " : "",
		levels ? level_name(order->level) : "", order->by[0] ? " " : "", order->by);
	return buffer;
}

bool order_text_parse(const char *text, struct order *ret)
{
	char *value;
	ret->until_ms = strtoll(text, &value, 10);
	value += *value == ' ';
	if (ret->key.kind == ORDER_PRIORITY) {
		char word[16] = "";
		const size_t length = strcspn(value, " ");
		if (length < sizeof(word))
			memcpy(word, value, length);
		if (!level_parse(word, &ret->level))
			return false;
		value += length;
		value += *value == ' ';
	}
	ret->by = value;
	return true;
}
