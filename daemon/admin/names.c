#include "admin/names.h"

#include <string.h>

#include "base/nearest.h"
#include "base/str.h"
#include "delivery/delivery.h"
#include "league/snapshot.h"
#include "regen/regen.h"
#include "slate/resolve.h"

#define NEAREST_PLAYERS 4

date_t admin_today(const struct admin_context *context)
{
	return zone_date(clock_wall_ms(context->clock));
}

/* As an event's name is resolved, but that of several whom it fits who has it to the letter is meant: it may be a key. */
static const char *resolve(const struct slate *slate, const char *lookup)
{
	struct slate_ask ask = {.lookup = lookup, .team = "", .game_id = ""};
	struct slate_found found = slate_resolve(slate, &ask);
	ask.is_key = true;
	return found.how == FOUND_AMBIGUOUS ? slate_resolve(slate, &ask).player : found.player;
}

bool admin_find_player(const struct admin_context *context, date_t date, const char *lookup, char canonical[LOOKUP_SIZE])
{
	const struct snapshot *league = context->ops->league(context->app);
	const struct slate *slate = delivery_slate(context->delivery, date);
	char buffer[LOOKUP_SIZE];
	date_t known;
	const char *name = slate ? resolve(slate, lookup) : lookup;
	if (!slate && league) {
		uint32_t player = snapshot_player(league, lookup, date);
		if (player != NO_INDEX)
			name = snapshot_name(league, player, date, buffer);
	}
	text_format(canonical, LOOKUP_SIZE, "%s", name);
	return !league || snapshot_player(league, canonical, date) != NO_INDEX ||
	       (slate && slate_member(slate, canonical)) || regen_dates(context->regen, canonical, &known, 1) > 0;
}

struct offer {
	const struct snapshot *league;
	const struct slate *slate;
	struct nearest *nearest;
};

/* What an event once named is no help to who looks for a name: it may be a stranger's. */
static bool offer_view(void *arg, const struct player_view *view)
{
	const struct offer *o = arg;
	if (!o->league || snapshot_player_exact(o->league, view->lookup) != NO_INDEX ||
		(o->slate && slate_member(o->slate, view->lookup)))
		nearest_offer_once(o->nearest, view->lookup);
	return true;
}

/* From all that is known: tonight's rosters, the player table, the league's history. */
static void offer_all(const struct admin_context *context, date_t date, struct nearest *nearest)
{
	const struct snapshot *league = context->ops->league(context->app);
	const struct slate *slate = delivery_slate(context->delivery, date);
	const struct slate_team *teams;
	size_t count = slate ? slate_teams(slate, &teams) : 0;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < teams[i].count; j++)
			nearest_offer_once(nearest, teams[i].roster[j]->lookup);
	}
	struct offer offer = {.league = league, .slate = slate, .nearest = nearest};
	regen_players(context->regen, true, offer_view, &offer);
	for (uint32_t i = 0; league && i < league->players; i++)
		nearest_offer_once(nearest, slate ? slate_name(slate, i) : league->player[i].lookup);
}

void admin_unknown_player(struct admin_request *request, struct admin_context *context, date_t date, const char *lookup)
{
	const char *names[NEAREST_PLAYERS];
	struct nearest nearest;
	nearest_init(&nearest, lookup, names, NEAREST_PLAYERS);
	offer_all(context, date, &nearest);
	json_t *list = json_array();
	for (size_t i = 0; i < nearest.count; i++)
		json_array_append_new(list, json_string(names[i]));
	admin_error_unknown(request, CODE_UNKNOWN_PLAYER, list, "there is no player \"%s\"", lookup);
}
