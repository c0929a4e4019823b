#include "slate/affected.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "slate/resolve.h"

/* Every team that the player of a roster entry has or had today: where it puts him, where he is, where he was. */
enum { TEAMS_HAD_MAX = SLATE_TOUCH_TEAMS, SINGLES_MAX = STARTERS_MAX + 2 };

/*
 * A list under construction in the arena; `failed` sticks. It has no name twice: whole rosters have none in common,
 * as a player is on one, and the few who are added one by one are held against these rosters and each other.
 */
struct names {
	struct arena *arena;
	const struct slate *slate;
	const char **items;
	size_t count, capacity;
	const char *teams[TEAMS_HAD_MAX]; /* whose rosters are in it */
	size_t team_count;
	const char *singles[SINGLES_MAX];
	size_t single_count;
	bool failed;
};

static void add(struct names *list, const char *name)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : 32;
		const char **items = arena_alloc(list->arena, capacity * sizeof(*items));
		if (!items) {
			list->failed = true;
			return;
		}
		if (list->count)
			memcpy(items, list->items, list->count * sizeof(*items));
		list->items = items;
		list->capacity = capacity;
	}
	/* Copied: the slate may be rebuilt while the answer to an apply is on its way. */
	const char *copy = arena_text(list->arena, name, strlen(name));
	if (copy)
		list->items[list->count++] = copy;
	else
		list->failed = true;
}

static bool holds(const char *const *texts, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(texts[i], text) == 0)
			return true;
	return false;
}

/* Of a list that gets whole rosters, one more beside them. */
static void add_single(struct names *list, const char *name)
{
	const struct slate_member *m = slate_member(list->slate, name);
	if (m && m->active && holds(list->teams, list->team_count, m->team))
		return;
	if (holds(list->singles, list->single_count, name))
		return;
	assert(list->single_count < SINGLES_MAX);
	list->singles[list->single_count++] = name;
	add(list, name);
}

static void add_roster(struct names *list, const char *code)
{
	const struct slate_team *team = code[0] ? slate_team(list->slate, code) : NULL;
	if (!team || holds(list->teams, list->team_count, team->code))
		return;
	assert(list->team_count < TEAMS_HAD_MAX);
	for (size_t i = 0; i < team->count; i++)
		if (!holds(list->singles, list->single_count, team->roster[i]->lookup))
			add(list, team->roster[i]->lookup);
	list->teams[list->team_count++] = team->code;
}

static const char *game_of_team(const struct slate *s, const char *code)
{
	const struct slate_team *team = code[0] ? slate_team(s, code) : NULL;
	return team && team->game ? team->game->id : "";
}

static void add_game(struct names *list, const char *game_id)
{
	char teams[2][TEAM_SIZE];
	if (!game_id_teams(game_id, teams[0], teams[1]))
		return;
	for (int side = 0; side < 2; side++)
		if (strcmp(game_of_team(list->slate, teams[side]), game_id) == 0)
			add_roster(list, teams[side]);
}

static void touch_team(struct slate_touch *touch, const char *code)
{
	if (code[0] && !holds(touch->teams, touch->team_count, code))
		touch->teams[touch->team_count++] = code;
}

void slate_touched(const struct slate *s, const struct event *e, const char *player, struct slate_touch *ret)
{
	const struct slate_member *m = e->kind == EVENT_SLATE_PLAYER ? slate_member(s, player) : NULL;

	*ret = (struct slate_touch){.game = ""};
	if (e->kind == EVENT_SLATE_GAME) {
		ret->game = e->game_id;
		/* It may be new to the slate, or its status give a team another game: both whole teams. */
		if (game_id_teams(e->game_id, ret->codes[0], ret->codes[1])) {
			touch_team(ret, ret->codes[0]);
			touch_team(ret, ret->codes[1]);
		}
		return;
	}
	/* Every team that he has or had today: where the entry puts him, where he is, where he was. */
	touch_team(ret, e->team);
	if (!m)
		return;
	touch_team(ret, m->team);
	touch_team(ret, m->default_team);
	for (unsigned i = 0; i < m->left_count; i++)
		touch_team(ret, m->left[i]);
}

struct builder {
	const struct slate *slate;
	const struct event *event;
	const char *player;
	struct names players, done;
};

/* The game that a lineup or a team's mark belongs to: the slate's, else the one that the event names. */
static const char *event_team_game(const struct slate *s, const struct event *e)
{
	const char *game = game_of_team(s, e->team);
	return game[0] ? game : e->game_id;
}

/* Whoever ran on this date counts, in whatever game. */
static void add_all_done(struct builder *b)
{
	if (b->done.count == 0 || strcmp(b->done.items[b->done.count - 1], "*") != 0)
		add(&b->done, "*");
}

/* Who is not active is on no roster, yet reads his team's injuries and game, if he ever ran. */
static void add_inactive(struct builder *b, const char *team)
{
	if (team[0] && slate_has_inactive(b->slate, team))
		add_all_done(b);
}

static const char *affect_odds(struct builder *b)
{
	add_single(&b->players, b->player);
	return slate_place(b->slate, b->player, b->event->game_id, b->event->team).game;
}

static const char *affect_game(struct builder *b)
{
	add_game(&b->players, b->event->game_id);
	add(&b->done, b->event->game_id);
	return b->event->game_id;
}

/* Whoever reads a roster or the game that a slate entry touches. */
static const char *affect_touched(struct builder *b)
{
	struct slate_touch touch;
	slate_touched(b->slate, b->event, b->player, &touch);
	if (b->player[0])
		add_single(&b->players, b->player);
	if (touch.game[0])
		add(&b->done, touch.game);
	for (size_t i = 0; i < touch.team_count; i++) {
		add_roster(&b->players, touch.teams[i]);
		add_inactive(b, touch.teams[i]);
	}
	return touch.game;
}

/* An injury is read by those who see the player on their roster. */
static const char *affect_injury(struct builder *b)
{
	const struct slate_member *m = slate_member(b->slate, b->player);
	add_single(&b->players, b->player);
	if (m && m->active) {
		add_roster(&b->players, m->team);
		add_inactive(b, m->team);
	}
	return slate_place(b->slate, b->player, b->event->game_id, b->event->team).game;
}

static const char *affect_lineup(struct builder *b)
{
	add_roster(&b->players, b->event->team);
	for (unsigned i = 0; i < b->event->lineup.count; i++) {
		const struct slate_found found = slate_resolve_starter(b->slate, b->event, i);
		if (found.how != FOUND_AMBIGUOUS)
			add_single(&b->players, found.player);
	}
	add_all_done(b); /* some are of the team by what events said */
	return event_team_game(b->slate, b->event);
}

static const char *affect_regenerate(struct builder *b)
{
	const struct event *e = b->event;
	if (b->player[0]) {
		add_single(&b->players, b->player);
		return slate_place(b->slate, b->player, e->game_id, e->team).game;
	}
	if (e->team[0]) {
		add_roster(&b->players, e->team);
		add_all_done(b);
		return event_team_game(b->slate, e);
	}
	return affect_game(b);
}

/* All who play, and whoever ran: also those without a game, or in one that only events named. */
static const char *affect_slate(struct builder *b)
{
	const struct slate_team *teams;
	size_t count = slate_teams(b->slate, &teams);
	for (size_t t = 0; t < count; t++)
		for (size_t i = 0; teams[t].game && i < teams[t].count; i++)
			add(&b->players, teams[t].roster[i]->lookup);
	add_all_done(b);
	return "";
}

static const char *(*const affect[])(struct builder *) = {
	[EVENT_ODDS] = affect_odds,
	[EVENT_GAME_ODDS] = affect_game,
	[EVENT_INJURY] = affect_injury,
	[EVENT_LINEUP] = affect_lineup,
	[EVENT_REGENERATE] = affect_regenerate,
	[EVENT_SLATE_GAME] = affect_touched,
	[EVENT_SLATE_PLAYER] = affect_touched,
	[EVENT_LEAGUE] = affect_slate,
};

int slate_affected(
	const struct slate *s, const struct event *e, const char *player, struct arena *arena, struct affected *ret)
{
	struct builder b = {
		.slate = s,
		.event = e,
		.player = player,
		.players = {.arena = arena, .slate = s},
		.done = {.arena = arena, .slate = s},
	};
	bool whole = e->kind == EVENT_REGENERATE && !e->player[0] && !e->team[0] && !e->game_id[0];
	const char *game = whole ? affect_slate(&b) : affect[e->kind](&b);

	game = arena_text(arena, game, strlen(game));
	if (!game || b.players.failed || b.done.failed)
		return -ENOMEM;
	*ret = (struct affected){.game = game,
		.players = b.players.items,
		.player_count = b.players.count,
		.done = b.done.items,
		.done_count = b.done.count};
	return 0;
}

bool slate_reads(const struct slate *s, const char *lookup, const char *game, const char *team, const struct event *e,
	const char *event_player)
{
	const struct slate_place place = slate_place(s, lookup, game, team);
	const struct slate_member *m = slate_member(s, lookup);
	const char *rostered = m ? m->team : ""; /* whose roster he reads */

	switch (e->kind) {
	case EVENT_ODDS:
		return strcmp(lookup, event_player) == 0;
	case EVENT_INJURY: {
		const struct slate_member *hurt = slate_member(s, event_player);
		return strcmp(lookup, event_player) == 0 ||
		       (hurt && hurt->active && rostered[0] && strcmp(hurt->team, rostered) == 0);
	}
	case EVENT_LINEUP:
		return place.member && strcmp(place.team, e->team) == 0;
	case EVENT_GAME_ODDS:
		return strcmp(place.game, e->game_id) == 0;
	case EVENT_SLATE_GAME: {
		char teams[2][TEAM_SIZE];
		return strcmp(place.game, e->game_id) == 0 ||
		       (rostered[0] && game_id_teams(e->game_id, teams[0], teams[1]) &&
			       (strcmp(rostered, teams[0]) == 0 || strcmp(rostered, teams[1]) == 0));
	}
	case EVENT_REGENERATE:
		if (event_player[0])
			return strcmp(lookup, event_player) == 0;
		if (e->team[0])
			return place.member && strcmp(place.team, e->team) == 0;
		return !e->game_id[0] || strcmp(place.game, e->game_id) == 0;
	case EVENT_SLATE_PLAYER: {
		struct slate_touch touch;
		slate_touched(s, e, event_player, &touch);
		return strcmp(lookup, event_player) == 0 ||
		       (rostered[0] && holds(touch.teams, touch.team_count, rostered));
	}
	case EVENT_LEAGUE:
		return true;
	}
	return false;
}
