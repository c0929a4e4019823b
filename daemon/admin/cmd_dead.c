/* Dead letters: what was given up, and another try. */
#include <stdlib.h>
#include <string.h>

#include "admin/areas.h"
#include "admin/ask.h"
#include "admin/context.h"
#include "admin/request.h"
#include "base/str.h"
#include "delivery/delivery.h"

#define LIST_DEFAULT 20
#define LIST_BYTES_MAX (PROTOCOL_REPLY_MAX / 4) /* of letters' texts: escaped and with names they take more */

/* {id, [name, value, ...]} as an object. A letter's own `id` is its entry's, so that one is called `entry`.
 */
static json_t *letter_json(const struct value *letter)
{
	const struct value *fields = value_at(letter, 1);
	json_t *row = json_pack("{s:s}", "id", value_text(value_at(letter, 0)));
	for (size_t i = 0; fields->type == VALUE_ARRAY && i + 1 < fields->count; i += 2) {
		const char *name = value_text(value_at(fields, i)), *text = value_text(value_at(fields, i + 1));
		json_t *value = NULL;
		if (strcmp(name, "fields") == 0)
			value = json_loads(text, 0, NULL);
		json_object_set_new(row, strcmp(name, "id") == 0 ? "entry" : name, value ? value : json_string(text));
	}
	return row;
}

static size_t letter_bytes(const struct value *letter)
{
	const struct value *fields = value_at(letter, 1);
	size_t bytes = 0;
	for (size_t i = 0; fields->type == VALUE_ARRAY && i < fields->count; i++)
		bytes += strlen(value_text(value_at(fields, i)));
	return bytes;
}

static void on_list(void *arg, const struct value *reply)
{
	struct ask *ask = arg;
	if (!ask_answered(ask, reply))
		return;
	const size_t total = reply->type == VALUE_ARRAY ? reply->count : 0;
	json_t *letters = json_array();
	for (size_t i = 0, bytes = 0; i < total && bytes < LIST_BYTES_MAX; i++) {
		json_array_append_new(letters, letter_json(value_at(reply, i)));
		bytes += letter_bytes(value_at(reply, i));
	}
	json_t *data = json_pack("{s:o}", "letters", letters);
	if (json_array_size(letters) < total)
		json_object_set_new(data, "total", json_integer((json_int_t)total));
	ask_reply(ask, data);
}

static void dead_list(struct admin_request *r, struct admin_context *c)
{
	unsigned limit = (unsigned)admin_int(r, "limit", LIST_DEFAULT);
	struct ask *ask = ask_new(r, c, sizeof(*ask), NULL);
	if (!ask)
		return;
	ask_sends(ask);
	delivery_dead_list(c->delivery, limit, on_list, ask);
}

/* --- retry
 * -----------------------------------------------------------------------------------------------------------------
 */

struct retry {
	struct ask ask;
	char id[STREAM_ID_SIZE];
};

static void on_retried(void *arg, const struct value *reply)
{
	struct retry *t = arg;
	if (!ask_answered(&t->ask, reply))
		return;
	if (reply->type == VALUE_INTEGER)
		ask_error(&t->ask, CODE_REFUSED,
			"the entry of letter %s has %lld fields, more than any that can be used: it would only come back",
			t->id, (long long)value_int(reply));
	else if (!value_is_text(reply))
		ask_error(&t->ask, CODE_REFUSED, "the entry of letter %s is not in its stream any more", t->id);
	else
		ask_reply(&t->ask, json_pack("{s:s, s:s}", "letter", t->id, "entry", value_text(reply)));
}

/* The date of the entry, which tells whose failures are forgotten; "" where it names none. Older letters do not have it
 * themselves. */
static const char *letter_date(json_t *letter, char text[DATE_SIZE])
{
	json_t *fields = json_object_get(letter, "fields");
	const char *known = json_string_value(json_object_get(letter, "game_date"));
	const char *named = known ? known : json_string_value(json_object_get(fields, "game_date"));
	const char *game = json_string_value(json_object_get(fields, "game_id"));
	date_t date;
	if (named && date_parse(named, strlen(named), &date))
		return date_format(date, text);
	if (game && strlen(game) > 8 && date_parse(game, 8, &date))
		return date_format(date, text);
	return "";
}

static void send_retry(struct retry *t, json_t *letter)
{
	enum { PLAYERS_MAX = 1000 };
	char date[DATE_SIZE];
	const char *players[PLAYERS_MAX];
	size_t count = 0;
	const char *listed = json_string_value(json_object_get(letter, "players"));
	char *names = strdup(listed ? listed : ""), *rest = names, *name;
	while (count < PLAYERS_MAX && rest && (name = strsep(&rest, ", "))) {
		if (*name)
			players[count++] = name;
	}
	ask_sends(&t->ask);
	delivery_dead_retry(t->ask.context->delivery, t->id, letter_date(letter, date), players, count, on_retried, t);
	free(names);
}

static void on_letter(void *arg, const struct value *reply)
{
	struct retry *t = arg;
	if (!ask_answered(&t->ask, reply))
		return;
	if (reply->type != VALUE_ARRAY || reply->count == 0) {
		ask_error(&t->ask, CODE_NOT_FOUND, "there is no dead letter %s", t->id);
		return;
	}
	json_t *letter = letter_json(value_at(reply, 0));
	send_retry(t, letter);
	json_decref(letter);
}

static void dead_retry(struct admin_request *r, struct admin_context *c)
{
	struct stream_id id;
	if (!stream_id_parse(admin_text(r, "letter"), &id)) {
		admin_error(r, CODE_BAD_ARGUMENT,
			"argument \"letter\" of \"dead-retry\" is \"%s\"; it must be a letter's id, "
			"such as 1763337600123-0",
			admin_text(r, "letter"));
		return;
	}
	struct retry *t = ask_new(r, c, sizeof(*t), NULL);
	if (!t)
		return;
	stream_id_format(id, t->id);
	ask_sends(&t->ask);
	delivery_dead_letter(c->delivery, t->id, on_letter, t);
}

/* --- drop ------------------------------------------------------------------------------------------------------ */

struct drop {
	struct ask ask;
	char id[STREAM_ID_SIZE]; /* "": all of them */
};

static void on_dropped(void *arg, const struct value *reply)
{
	struct drop *t = arg;
	if (!ask_answered(&t->ask, reply))
		return;
	if (t->id[0] && value_int(reply) == 0)
		ask_error(&t->ask, CODE_NOT_FOUND, "there is no dead letter %s", t->id);
	else
		ask_reply(&t->ask, json_pack("{s:I}", "dropped", (json_int_t)value_int(reply)));
}

static void dead_drop(struct admin_request *r, struct admin_context *c)
{
	const char *letter = admin_text(r, "letter");
	const bool all = strcmp(letter, "all") == 0;
	struct stream_id id = {0};
	if (!all && !stream_id_parse(letter, &id)) {
		admin_error(r, CODE_BAD_ARGUMENT,
			"argument \"letter\" of \"dead-drop\" is \"%s\"; it must be a letter's id, "
			"such as 1763337600123-0, or all",
			letter);
		return;
	}
	struct drop *t = ask_new(r, c, sizeof(*t), NULL);
	if (!t)
		return;
	if (!all)
		stream_id_format(id, t->id);
	ask_sends(&t->ask);
	delivery_dead_drop(c->delivery, all ? NULL : t->id, on_dropped, t);
}

static const struct admin_arg dead_list_args[] = {
	{.name = "limit", .type = ADMIN_INT, .from = 1, .to = PROTOCOL_PAGE_MAX, .help = "at most so many, else 20"},
	{.name = NULL},
};
static const struct admin_arg dead_retry_args[] = {
	{.name = "letter", .type = ADMIN_TEXT, .required = true, .help = "its id"},
	{.name = NULL},
};

static const struct admin_arg dead_drop_args[] = {
	{.name = "letter", .type = ADMIN_TEXT, .required = true, .help = "its id, or all"},
	{.name = NULL},
};

const struct admin_command admin_dead_commands[] = {
	{.name = "dead-list",
		.role = ADMIN_ROLE_VIEW,
		.args = dead_list_args,
		.handler = dead_list,
		.help = "dead letters, newest first"},
	{.name = "dead-retry",
		.role = ADMIN_ROLE_OPERATE,
		.changes = true,
		.args = dead_retry_args,
		.handler = dead_retry,
		.help = "make a dead letter an entry again"},
	{.name = "dead-drop",
		.role = ADMIN_ROLE_OPERATE,
		.changes = true,
		.args = dead_drop_args,
		.handler = dead_drop,
		.help = "take a dead letter away, or all"},
	{.name = NULL},
};
