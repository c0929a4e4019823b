#include "slate/stranger.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "base/str.h"
#include "slate/resolve.h"

const char *const stranger_kinds[] = {
	[STRANGER_PLAYER] = "player",
	[STRANGER_TEAM] = "team",
	[STRANGER_GAME] = "game",
	[STRANGER_AMBIGUOUS] = "ambiguous",
	[STRANGER_WRONG_DATE] = "wrong_date",
	[STRANGER_KINDS] = NULL,
};

/* --- finding ---------------------------------------------------------------------------------------------------- */

struct finding {
	const struct slate *slate;
	struct stranger *list;
	size_t count;
};

static void add(struct finding *f, enum stranger_kind kind, const char *name, const char *spelling)
{
	f->list[f->count++] = (struct stranger){.kind = kind, .name = name, .spelling = spelling};
}

bool stranger_is_player(const struct slate *s, const char *lookup)
{
	const struct slate_ask ask = {.lookup = lookup, .team = "", .game_id = "", .is_key = true};
	const enum found how = slate_snapshot(s) ? slate_resolve(s, &ask).how : FOUND_EXACT;
	return how != FOUND_EXACT && how != FOUND_ALIAS; /* what means another man is no name of anybody's */
}

static void look_at_player(struct finding *f, const struct slate_found *found, const char *spelling)
{
	if (found->how == FOUND_STRANGER)
		add(f, STRANGER_PLAYER, found->player, spelling);
	else if (found->how == FOUND_AMBIGUOUS)
		add(f, STRANGER_AMBIGUOUS, found->player, spelling);
}

/* The team's game so many days from the slate's date, by the schedule; NULL: none. */
static const struct snapshot_game *game_apart(const struct slate *s, const char *code, int days)
{
	const struct snapshot *league = slate_snapshot(s);
	const uint8_t team = snapshot_team(league, code);
	const uint32_t game = team == TEAM_NONE ? NO_INDEX : snapshot_game_of_team(league, team, slate_date(s) + days);
	return game == NO_INDEX ? NULL : &league->game[game];
}

/*
 * The game of the day after or before, which a date that is one off means. A slate without games says that there is no
 * schedule of that day, but for one that has the next day's: a game of yesterday may be known by its box scores alone.
 */
static const struct snapshot_game *neighbour(const struct slate *s, const char *code)
{
	const struct slate_game *games;
	const struct snapshot_game *after = game_apart(s, code, 1);
	return after || slate_games(s, &games) == 0 ? after : game_apart(s, code, -1);
}

static bool plays(const struct slate *s, const char *code)
{
	const struct slate_team *team = slate_team(s, code);
	return team && team->game;
}

static void look_at_team(struct finding *f, const char *code)
{
	const struct slate_game *games;
	if (plays(f->slate, code))
		return;
	if (neighbour(f->slate, code))
		add(f, STRANGER_WRONG_DATE, code, "");
	else if (slate_games(f->slate, &games) > 0)
		add(f, STRANGER_TEAM, code, "");
}

/* The game of the same teams on the day after or before. */
static const struct snapshot_game *game_beside(const struct slate *s, const char *id)
{
	char away[TEAM_SIZE], home[TEAM_SIZE];
	if (!game_id_teams(id, away, home))
		return NULL;
	for (int days = 1; days >= -1; days -= 2) {
		const struct snapshot_game *game = game_apart(s, home, days);
		const char(*codes)[4] = slate_snapshot(s)->team;
		if (game && (strcmp(codes[game->away], away) == 0 || strcmp(codes[game->home], away) == 0))
			return game;
	}
	return NULL;
}

static void look_at_game(struct finding *f, const char *id)
{
	const struct slate_game *games;
	const size_t count = slate_games(f->slate, &games);
	const struct snapshot_game *beside;
	if (slate_game(f->slate, id))
		return;
	beside = game_beside(f->slate, id);
	if (beside && (count > 0 || beside->date > slate_date(f->slate)))
		add(f, STRANGER_WRONG_DATE, id, "");
	else if (count > 0)
		add(f, STRANGER_GAME, id, "");
}

/* A quote is of a game: whose team has none on that date is quoted for another date, or changed teams. */
static void look_at_date(struct finding *f, const struct event *e, const char *player)
{
	const struct slate_member *m = slate_member(f->slate, player);
	const struct slate_game *games;
	if (!m || !m->active || !m->team[0] || plays(f->slate, m->team))
		return;
	if (e->game_id[0] || (e->team[0] && plays(f->slate, e->team)))
		return;
	if (slate_games(f->slate, &games) > 0 || neighbour(f->slate, m->team))
		add(f, STRANGER_WRONG_DATE, m->lookup, e->spelling);
}

size_t stranger_find(const struct slate *s, const struct event *e, const struct slate_found *found,
	struct stranger ret[STRANGERS_OF_EVENT])
{
	struct finding f = {.slate = s, .list = ret};
	if (!slate_snapshot(s) || e->stream == STREAM_SLATE || e->kind == EVENT_LEAGUE)
		return 0;
	if (e->player[0])
		look_at_player(&f, found, e->spelling);
	for (unsigned i = 0; e->kind == EVENT_LINEUP && i < e->lineup.count; i++) {
		const struct slate_found starter = slate_resolve_starter(s, e, i);
		look_at_player(&f, &starter, "");
	}
	if (e->team[0] && e->kind != EVENT_INJURY) /* somebody's status may be told on a day without a game */
		look_at_team(&f, e->team);
	if (e->game_id[0])
		look_at_game(&f, e->game_id);
	if (e->kind == EVENT_ODDS && f.count == 0)
		look_at_date(&f, e, found->player);
	return f.count;
}

bool stranger_is_still(const struct slate *s, enum stranger_kind kind, const char *name)
{
	switch (kind) {
	case STRANGER_PLAYER:
		return stranger_is_player(s, name);
	case STRANGER_TEAM:
		return !plays(s, name);
	case STRANGER_GAME:
		return !slate_game(s, name);
	case STRANGER_AMBIGUOUS:
	case STRANGER_WRONG_DATE:
	case STRANGER_KINDS:
		break;
	}
	return true;
}

/* --- the nearest ------------------------------------------------------------------------------------------------ */

struct nears {
	struct stranger_near *list;
	size_t count;
};

static void __attribute__((format(printf, 3, 4))) near_add(struct nears *n, const char *name, const char *format, ...)
{
	va_list args;
	if (n->count == STRANGER_NEAR)
		return;
	struct stranger_near *near = &n->list[n->count++];
	text_format(near->name, sizeof(near->name), "%s", name);
	va_start(args, format);
	vsnprintf(near->why, sizeof(near->why), format, args);
	va_end(args);
}

/* So many letters at the end are the same: the family name, or more than that. */
static size_t same_end(const char *a, const char *b)
{
	size_t n = 0, length = strlen(a), other = strlen(b);
	while (n < length && n < other && a[length - 1 - n] == b[other - 1 - n])
		n++;
	return n;
}

/* "Lu Dort" and Luguentz Dort, "Bub Carrington" and Carlton Carrington: far apart by their letters. */
static bool is_family(const char *name, const char *other)
{
	const size_t same = same_end(name, other);
	return same >= 4 && (name[0] == other[0] || 3 * same >= 2 * strlen(name));
}

static bool is_near(const struct nears *n, const char *name)
{
	for (size_t i = 0; i < n->count; i++)
		if (strcmp(n->list[i].name, name) == 0)
			return true;
	return false;
}

static void near_player(struct nears *n, const struct slate *s, const char *name, const char *other)
{
	const struct slate_member *m = slate_member(s, other);
	char place[80] = "", date[DATE_SIZE], how[40];
	const unsigned apart = edit_distance(name, other, 9);
	if (strstr(other, name) || strstr(name, other))
		text_format(how, sizeof(how), "one name is part of the other");
	else if (apart == 1)
		text_format(how, sizeof(how), "differs by one letter");
	else if (is_family(name, other))
		text_format(how, sizeof(how), "has the same end");
	else
		text_format(how, sizeof(how), "differs by %u letters", apart);
	if (m && m->team[0])
		text_format(place, sizeof(place), ", plays for %s%s%s", m->team, plays(s, m->team) ? "" : ", not on ",
			plays(s, m->team) ? "" : date_format(slate_date(s), date));
	near_add(n, other, "%s%s; names are never taken by likeness", how, place);
}

/* Who is on a roster first: a producer speaks of those. */
static void near_players(struct nears *n, const struct slate *s, const char *name)
{
	const char *names[STRANGER_NEAR];
	const struct snapshot *league = slate_snapshot(s);
	struct nearest nearest;
	nearest_init(&nearest, name, names, STRANGER_NEAR);
	for (const struct slate_member *m = slate_next_member(s, NULL); m; m = slate_next_member(s, m))
		if (m->team[0])
			nearest_offer(&nearest, m->lookup);
	for (uint32_t i = 0; nearest.count == 0 && i < league->players; i++)
		nearest_offer(&nearest, league->player[i].lookup);
	for (size_t i = 0; i < nearest.count; i++)
		near_player(n, s, name, names[i]);
	for (const struct slate_member *m = slate_next_member(s, NULL); m; m = slate_next_member(s, m))
		if (m->team[0] && is_family(name, m->lookup) && !is_near(n, m->lookup))
			near_player(n, s, name, m->lookup);
}

/* The players whom a name fits that fits several. */
static void near_namesakes(struct nears *n, const struct slate *s, const char *name)
{
	const struct slate_ask ask = {.lookup = name, .team = "", .game_id = ""};
	const struct slate_found found = slate_resolve(s, &ask);
	for (unsigned i = 0; found.how == FOUND_AMBIGUOUS && i < found.fit_count; i++) {
		const struct slate_member *m = slate_member(s, found.fits[i]);
		near_add(n, found.fits[i], "%s%s%sthe name fits others as well", m && m->team[0] ? "plays for " : "",
			m && m->team[0] ? m->team : "", m && m->team[0] ? "; " : "");
	}
}

static void near_game(struct nears *n, const struct slate *s, const struct snapshot_game *game)
{
	char date[DATE_SIZE], there[DATE_SIZE];
	if (game)
		near_add(n, game->id, "is on %s, not on %s", date_format(game->date, date),
			date_format(slate_date(s), there));
}

static void near_games(struct nears *n, const struct slate *s, const char *id)
{
	char away[TEAM_SIZE], home[TEAM_SIZE];
	const struct slate_game *games;
	const size_t count = slate_games(s, &games);
	if (!game_id_teams(id, away, home))
		return;
	near_game(n, s, game_beside(s, id));
	for (size_t i = 0; i < count; i++) {
		const bool has_away = strcmp(games[i].away, away) == 0 || strcmp(games[i].home, away) == 0;
		const bool has_home = strcmp(games[i].away, home) == 0 || strcmp(games[i].home, home) == 0;
		if (has_away && has_home)
			near_add(n, games[i].id, "has the same teams, home and away changed");
		else if (has_away || has_home)
			near_add(n, games[i].id, "is what %s plays that day", has_away ? away : home);
	}
}

static void near_teams(struct nears *n, const struct slate *s, const char *code)
{
	const struct snapshot *league = slate_snapshot(s);
	const char *names[STRANGER_NEAR];
	char date[DATE_SIZE];
	struct nearest nearest;
	if (snapshot_team(league, code) != TEAM_NONE) {
		near_game(n, s, neighbour(s, code));
		return;
	}
	nearest_init(&nearest, code, names, STRANGER_NEAR);
	for (unsigned i = 0; i < league->teams; i++)
		if (edit_distance(code, league->team[i], 1) <= 1)
			nearest_offer(&nearest, league->team[i]);
	for (size_t i = 0; i < nearest.count; i++)
		near_add(n, names[i], "differs by one letter%s%s; codes are never taken by likeness",
			plays(s, names[i]) ? "" : ", has no game on ",
			plays(s, names[i]) ? "" : date_format(slate_date(s), date));
}

/* What it is that is known: a game, a team or a player. */
static void near_date(struct nears *n, const struct slate *s, const char *name)
{
	char away[TEAM_SIZE], home[TEAM_SIZE];
	const struct slate_member *m = slate_member(s, name);
	if (game_id_teams(name, away, home))
		near_games(n, s, name);
	else
		near_game(n, s, neighbour(s, m ? m->team : name));
}

size_t stranger_nearest(
	const struct slate *s, enum stranger_kind kind, const char *name, struct stranger_near ret[STRANGER_NEAR])
{
	static void (*const finders[STRANGER_KINDS])(struct nears *, const struct slate *, const char *) = {
		[STRANGER_PLAYER] = near_players,
		[STRANGER_TEAM] = near_teams,
		[STRANGER_GAME] = near_games,
		[STRANGER_AMBIGUOUS] = near_namesakes,
		[STRANGER_WRONG_DATE] = near_date,
	};
	struct nears n = {.list = ret};
	if (slate_snapshot(s))
		finders[kind](&n, s, name);
	return n.count;
}

const char *stranger_remedy(enum stranger_kind kind, const char *name, const char *spelling,
	const struct stranger_near *near, char buffer[STRANGER_REMEDY_SIZE])
{
	const char *came = spelling[0] ? spelling : name;
	switch (kind) {
	case STRANGER_PLAYER:
		if (near)
			text_format(buffer, STRANGER_REMEDY_SIZE,
				"if %s is meant: propsctl alias add \"%s\" %s; a newcomer: a slate entry with his team",
				near->name, came, near->name);
		else
			text_format(buffer, STRANGER_REMEDY_SIZE,
				"a newcomer: import newer files, or send a slate entry with his team; else correct the "
				"producer");
		break;
	case STRANGER_AMBIGUOUS:
		text_format(buffer, STRANGER_REMEDY_SIZE, "have the producer send team, game_id or player_id as well");
		break;
	case STRANGER_TEAM:
	case STRANGER_GAME:
		text_format(buffer, STRANGER_REMEDY_SIZE,
			"import the schedule, or send a slate entry with the game; else correct the producer");
		break;
	case STRANGER_WRONG_DATE:
		text_format(buffer, STRANGER_REMEDY_SIZE,
			"game_date is the league's (US Eastern), also after midnight; if the game was moved, or he changed "
			"teams: a slate entry");
		break;
	case STRANGER_KINDS:
		break;
	}
	return buffer;
}
