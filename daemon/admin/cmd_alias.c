/* Other spellings of players, given while propsd runs. What is wrong with one is told here as far as the league tells
 * it; the script that sets it looks once more at those that stand. */
#include <stdlib.h>
#include <string.h>

#include "admin/areas.h"
#include "admin/ask.h"
#include "admin/context.h"
#include "admin/names.h"
#include "base/str.h"
#include "config/config.h"
#include "delivery/contract.h"
#include "delivery/delivery.h"
#include "league/snapshot.h"
#include "slate/slate.h"

struct alias_ask {
	struct ask ask;
	char spelling[LOOKUP_SIZE], player[LOOKUP_SIZE];
};

/* --- add ------------------------------------------------------------------------------------------------------- */

static void on_added(void *arg, const struct value *reply)
{
	struct alias_ask *a = arg;
	if (!ask_answered(&a->ask, reply))
		return;
	const char *other = value_text(value_at(reply, 1));
	switch ((enum alias_answer)value_int(value_at(reply, 0))) {
	case ALIAS_DONE:
		ask_reply(&a->ask, json_pack("{s:s, s:s, s:I, s:I}", "spelling", a->spelling, "player", a->player,
					   "withdrawn", (json_int_t)value_int(value_at(reply, 2)), "moved",
					   (json_int_t)value_int(value_at(reply, 3))));
		return;
	case ALIAS_TAKEN:
		ask_error(&a->ask, CODE_REFUSED, "%s is an alias of %s already; take that back first: alias remove %s",
			a->spelling, other, a->spelling);
		return;
	case ALIAS_CHAIN:
		ask_error(&a->ask, CODE_REFUSED, "%s is an alias itself, of %s; name him: alias add %s %s", a->player,
			other, a->spelling, other);
		return;
	case ALIAS_MEANT:
		ask_error(&a->ask, CODE_REFUSED,
			"%s is an alias of %s, which would become one of %s: take it back first, and give it anew for %s",
			other, a->spelling, a->player, a->player);
		return;
	}
	ask_error(&a->ask, CODE_INTERNAL, "Redis answered what is no answer");
}

/* False: there is such a player, and the request has been answered. */
static bool may_be_alias(struct admin_request *r, struct admin_context *c, const char *spelling, const char *player)
{
	const struct snapshot *league = c->ops->league(c->app);
	if (strcmp(spelling, player) == 0) {
		admin_error(r, CODE_BAD_ARGUMENT,
			"%s is how the player is written anyway; another spelling of him is right", spelling);
		return false;
	}
	if (!league || !snapshot_has_name(league, spelling))
		return true;
	const uint32_t his = snapshot_player_exact(league, spelling);
	if (strcmp(league->player[his].lookup, player) == 0)
		admin_error(r, CODE_REFUSED, "%s is a name of %s already, by his box scores", spelling, player);
	else
		admin_error(r, CODE_REFUSED,
			"%s is another player's own name, who has box scores (%s): it cannot mean %s", spelling,
			league->player[his].name, player);
	return false;
}

/* Whom the league, or tonight's rosters, have under the name; without a league everybody is taken at his word. */
static bool find_known(struct admin_context *c, const char *lookup, char ret[LOOKUP_SIZE])
{
	const struct snapshot *league = c->ops->league(c->app);
	const struct slate *slate = delivery_slate(c->delivery, admin_today(c));
	const uint32_t player = league ? snapshot_player_exact(league, lookup) : NO_INDEX;
	text_format(ret, LOOKUP_SIZE, "%s", player == NO_INDEX ? lookup : league->player[player].lookup);
	return !league || player != NO_INDEX || (slate && slate_member(slate, lookup));
}

static void alias_add(struct admin_request *r, struct admin_context *c)
{
	char by[160], player[LOOKUP_SIZE];
	const char *spelling = admin_text(r, "spelling"), *named = admin_text(r, "player");
	if (!find_known(c, named, player)) {
		admin_unknown_player(r, c, admin_today(c), named);
		return;
	}
	if (!may_be_alias(r, c, spelling, player))
		return;
	struct alias_ask *a = ask_new(r, c, sizeof(*a), NULL);
	if (!a)
		return;
	text_format(a->spelling, sizeof(a->spelling), "%s", spelling);
	text_format(a->player, sizeof(a->player), "%s", player);
	text_format(
		by, sizeof(by), "uid %u on %s", (unsigned)admin_request_peer(r)->uid, c->ops->config(c->app)->instance);
	ask_sends(&a->ask);
	delivery_alias(c->delivery, a->spelling, a->player, by, on_added, a);
}

/* --- remove ---------------------------------------------------------------------------------------------------- */

static void on_removed(void *arg, const struct value *reply)
{
	struct alias_ask *a = arg;
	if (!ask_answered(&a->ask, reply))
		return;
	if (!value_is_text(reply))
		ask_error(&a->ask, CODE_NOT_FOUND,
			"%s is no alias that was given by alias add (those of files and of propsd itself stay)",
			a->spelling);
	else
		ask_reply(&a->ask, json_pack("{s:s, s:s}", "spelling", a->spelling, "player", value_text(reply)));
}

static void alias_remove(struct admin_request *r, struct admin_context *c)
{
	struct alias_ask *a = ask_new(r, c, sizeof(*a), NULL);
	if (!a)
		return;
	text_format(a->spelling, sizeof(a->spelling), "%s", admin_text(r, "spelling"));
	ask_sends(&a->ask);
	delivery_unalias(c->delivery, a->spelling, on_removed, a);
}

/* --- list ------------------------------------------------------------------------------------------------------ */

static int by_spelling(const void *x, const void *y)
{
	return strcmp(value_text(*(const struct value *const *)x), value_text(*(const struct value *const *)y));
}

/* "PLAYER MS BY" */
static json_t *alias_json(const char *spelling, const char *text)
{
	char *rest = NULL;
	const size_t length = strcspn(text, " ");
	const int64_t since = strtoll(text + length, &rest, 10);
	return json_pack("{s:s, s:s%, s:I, s:s}", "spelling", spelling, "player", text, length, "since_ms",
		(json_int_t)since, "by", *rest == ' ' ? rest + 1 : rest);
}

static void on_list(void *arg, const struct value *reply)
{
	struct ask *ask = arg;
	if (!ask_answered(ask, reply))
		return;
	const size_t total = reply->count / 2;
	const struct value **spellings = calloc(total + 1, sizeof(*spellings));
	json_t *list = json_array();
	size_t count = 0;
	for (size_t i = 0; spellings && i < total; i++)
		if (strcmp(value_text(&reply->items[2 * i]), ALIASES_VERSION) != 0)
			spellings[count++] = &reply->items[2 * i];
	if (count > 1)
		qsort(spellings, count, sizeof(spellings[0]), by_spelling);
	for (size_t i = 0; i < count && i < PROTOCOL_PAGE_MAX; i++)
		json_array_append_new(list, alias_json(value_text(spellings[i]), value_text(spellings[i] + 1)));
	free(spellings);
	ask_reply(ask, json_pack("{s:o, s:I}", "aliases", list, "matching", (json_int_t)count));
}

static void alias_list(struct admin_request *r, struct admin_context *c)
{
	struct ask *ask = ask_new(r, c, sizeof(*ask), NULL);
	if (!ask)
		return;
	ask_sends(ask);
	delivery_aliases(c->delivery, on_list, ask);
}

static const struct admin_arg alias_add_args[] = {
	{.name = "spelling", .type = ADMIN_NAME, .required = true, .help = "the other spelling"},
	{.name = "player", .type = ADMIN_NAME, .required = true, .help = "name or lookup of whom it means"},
	{.name = NULL},
};
static const struct admin_arg alias_remove_args[] = {
	{.name = "spelling", .type = ADMIN_NAME, .required = true, .help = "as it was given"},
	{.name = NULL},
};

const struct admin_command admin_alias_commands[] = {
	{.name = "alias-list",
		.role = ADMIN_ROLE_VIEW,
		.handler = alias_list,
		.help = "other spellings of players that were given while propsd runs"},
	{.name = "alias-add",
		.role = ADMIN_ROLE_OPERATE,
		.changes = true,
		.args = alias_add_args,
		.handler = alias_add,
		.help = "make a spelling another name of a player, and move to him what stands under it"},
	{.name = "alias-remove",
		.role = ADMIN_ROLE_OPERATE,
		.changes = true,
		.args = alias_remove_args,
		.handler = alias_remove,
		.help = "take an alias back; what has moved stays"},
	{.name = NULL},
};
