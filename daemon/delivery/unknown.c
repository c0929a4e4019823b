/*
 * Names that nobody knows. An entry for a player whom neither the league nor the slate knows makes a report that nobody
 * asks for, and the man who was meant keeps the old one; an entry for a team or a game that is not on the slate of its
 * date reaches nobody. Nothing is refused for it: a newcomer has no box scores yet. Names of the last hour are kept in a
 * small table with their numbers, for the warning; they come from outside, so it is bounded, and the one that was not
 * seen for longest makes room.
 *
 * Without a league events are taken at face value, and nothing is unknown.
 */
#include "delivery/internal.h"

#include <stdio.h>
#include <string.h>

#include "slate/resolve.h"

#define KEPT_US INT64_C(3600000000)
enum { EXAMPLES = 4 }; /* of players, of teams and of games, in the warning */

static void note(struct delivery *d, enum metric_named what, const char *name)
{
	struct unknown *oldest = &d->unknown[0], *u = NULL;
	for (unsigned i = 0; i < UNKNOWN_MAX && !u; i++) {
		struct unknown *row = &d->unknown[i];
		if (row->count > 0 && row->what == what && strcmp(row->name, name) == 0)
			u = row;
		else if (row->seen_us < oldest->seen_us)
			oldest = row;
	}
	if (!u) {
		u = oldest;
		*u = (struct unknown){.what = what};
		text_format(u->name, sizeof(u->name), "%s", name);
	}
	u->count++;
	u->seen_us = link_now_us(d);
	d->unknown_news = true;
	metrics_add(d->options.metrics, METRIC_UNKNOWN_NAMES, what, 1);
}

static void look_at_player(struct delivery *d, const struct slate *s, const char *lookup)
{
	if (!slate_member(s, lookup) && snapshot_player(slate_snapshot(s), lookup, slate_date(s)) == NO_INDEX)
		note(d, METRIC_NAMED_PLAYER, lookup);
}

void unknown_look(struct delivery *d, const struct slate *s, const struct event *e, const char *player)
{
	const struct slate_game *games;
	/* Slate entries make names known. */
	if (!slate_snapshot(s) || e->stream == STREAM_SLATE || e->kind == EVENT_LEAGUE)
		return;
	if (player[0])
		look_at_player(d, s, player);
	for (unsigned i = 0; e->kind == EVENT_LINEUP && i < e->lineup.count; i++)
		look_at_player(d, s, slate_resolve_starter(s, e, i).player);
	if (slate_games(s, &games) == 0)
		return; /* nobody has told of this date's games */
	const struct slate_team *team = e->team[0] ? slate_team(s, e->team) : NULL;
	if (e->team[0] && !(team && team->game))
		note(d, METRIC_NAMED_TEAM, e->team);
	if (e->game_id[0] && !slate_game(s, e->game_id))
		note(d, METRIC_NAMED_GAME, e->game_id);
}

/* "2 games: 20251201_LAL_GSW (3), ..." and the like; of many the first few, as they stand in the table. */
static void tell(const struct delivery *d, enum metric_named what, const char *one, const char *many, struct str *text)
{
	unsigned count = 0;
	for (unsigned i = 0; i < UNKNOWN_MAX; i++)
		count += d->unknown[i].count > 0 && d->unknown[i].what == what;
	if (count == 0)
		return;
	str_printf(text, "%s%u %s:", text->length ? "; " : "", count, count == 1 ? one : many);
	for (unsigned i = 0, told = 0; i < UNKNOWN_MAX && told < EXAMPLES; i++) {
		const struct unknown *u = &d->unknown[i];
		if (u->count == 0 || u->what != what)
			continue;
		str_printf(text, "%s %.40s (%u)", told++ ? "," : "", u->name, u->count);
	}
	if (count > EXAMPLES)
		str_text(text, ", ...");
}

void unknown_tick(struct delivery *d, int64_t now_us)
{
	struct str text = {0};
	for (unsigned i = 0; i < UNKNOWN_MAX; i++) {
		struct unknown *u = &d->unknown[i];
		if (u->count > 0 && now_us - u->seen_us > KEPT_US) {
			*u = (struct unknown){0};
			d->unknown_news = true;
		}
	}
	if (!d->unknown_news)
		return;
	d->unknown_news = false;
	tell(d, METRIC_NAMED_PLAYER, "player", "players", &text);
	tell(d, METRIC_NAMED_TEAM, "team without a game", "teams without a game", &text);
	tell(d, METRIC_NAMED_GAME, "game", "games", &text);
	if (text.length > 0 && !text.failed)
		warnings_set(d->options.warnings, WARNING_UNKNOWN,
			"entries of the last hour named what nobody knows, and how often: %s", text.data);
	else
		warnings_clear(d->options.warnings, WARNING_UNKNOWN);
	str_done(&text);
}

/* With another league others may be known. */
void unknown_forget(struct delivery *d)
{
	memset(d->unknown, 0, sizeof(d->unknown));
	d->unknown_news = true;
}
