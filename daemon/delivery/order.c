#include "delivery/order.h"

#include <string.h>

#include "base/str.h"

static const char *const kinds[ORDER_KINDS] = {[ORDER_PRIORITY] = "priority", [ORDER_PAUSE] = "pause"};
static const char *const whoms[ORDER_WHOMS] = {
	[ORDER_ALL] = "all", [ORDER_PLAYER] = "player", [ORDER_TEAM] = "team", [ORDER_GAME] = "game"};

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
	/* What has a meaning: pauses are for all, levels for somebody. */
	if ((kind == ORDER_PAUSE) != (whom == ORDER_ALL))
		return false;
	*ret = order_key_of((enum order_kind)kind, (enum order_whom)whom, date, name);
	return true;
}
