/*
 * All rosters of a date are built at once, by one pass over the snapshot's players (a few thousand, each a binary
 * search in his own rows): 0.3 ms, so a slate event costs nothing that needs to be cleverer.
 */
#include "slate/slate.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

struct alias {
	char spelling[LOOKUP_SIZE], player[LOOKUP_SIZE];
	UT_hash_handle hh;
};

struct slate {
	date_t date;
	const struct snapshot *snapshot;
	struct slate_game *games; /* ascending by id */
	size_t game_count, game_capacity;
	struct slate_member *members; /* hash by lookup */
	struct alias *aliases; /* hash by spelling */
	struct slate_member *stems; /* hash by it, of the first member that has it */
	struct slate_team *teams; /* ascending by code */
	size_t team_count;
	struct slate_member **rosters; /* backing of all teams' rosters */
	struct namesake { /* of the players who share a lookup, ascending */
		uint32_t player;
		char name[LOOKUP_SIZE];
	} * namesakes;
	size_t namesake_count;
	struct slate_member **inactive; /* ascending by team */
	size_t inactive_count;
};

bool game_id_teams(const char *game_id, char away[TEAM_SIZE], char home[TEAM_SIZE])
{
	/* DATE_AWAY_HOME: 8 digits, then two codes of three letters. */
	if (strlen(game_id) != 16 || game_id[8] != '_' || game_id[12] != '_')
		return false;
	memcpy(away, game_id + 9, 3);
	memcpy(home, game_id + 13, 3);
	away[3] = home[3] = '\0';
	return true;
}

struct slate *slate_new(date_t date)
{
	struct slate *s = calloc(1, sizeof(*s));
	if (s)
		s->date = date;
	return s;
}

void slate_reset(struct slate *s, const struct snapshot *snapshot)
{
	struct slate_member *m, *next;
	HASH_CLEAR(hh_stem, s->stems);
	HASH_ITER (hh, s->members, m, next) {
		HASH_DEL(s->members, m);
		free(m);
	}
	struct alias *a, *other;
	HASH_ITER (hh, s->aliases, a, other) {
		HASH_DEL(s->aliases, a);
		free(a);
	}
	free(s->games);
	free(s->teams);
	free(s->rosters);
	free(s->inactive);
	free(s->namesakes);
	*s = (struct slate){.date = s->date, .snapshot = snapshot};
}

void slate_free(struct slate *s)
{
	if (!s)
		return;
	slate_reset(s, NULL);
	free(s);
}

/* --- adding ----------------------------------------------------------------------------------------------------- */

static struct slate_member *first_of_stem(const struct slate *s, const char *lookup)
{
	struct slate_member *first;
	HASH_FIND(hh_stem, s->stems, lookup, fold_stem(lookup), first);
	return first;
}

/* Behind the first of his stem, or as the first; it is done before he is among the members, see base/table.h. */
static int stem_add(struct slate *s, struct slate_member *m)
{
	struct slate_member *first = first_of_stem(s, m->lookup);
	if (first) {
		m->same_stem = first->same_stem;
		first->same_stem = m;
		return 0;
	}
	HASH_ADD_KEYPTR(hh_stem, s->stems, m->lookup, (unsigned)fold_stem(m->lookup), m);
	return m->hh_stem.tbl ? 0 : -ENOMEM;
}

static void stem_remove(struct slate *s, struct slate_member *m)
{
	struct slate_member *first = first_of_stem(s, m->lookup);
	if (first == m)
		HASH_DELETE(hh_stem, s->stems, m);
	else
		first->same_stem = m->same_stem; /* he is the last that was added */
}

static struct slate_member *member_get(struct slate *s, const char *lookup)
{
	struct slate_member *m;
	HASH_FIND_STR(s->members, lookup, m);
	if (m)
		return m;
	m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	text_format(m->lookup, sizeof(m->lookup), "%s", lookup);
	m->player = NO_INDEX;
	if (stem_add(s, m) < 0)
		goto fail;
	HASH_ADD_STR(s->members, lookup, m);
	if (table_add_failed(m)) {
		stem_remove(s, m);
		goto fail;
	}
	return m;
fail:
	free(m);
	return NULL;
}

static int game_add(struct slate *s, const struct slate_game *game)
{
	if (s->game_count == s->game_capacity) {
		size_t capacity = s->game_capacity ? s->game_capacity * 2 : 16;
		struct slate_game *games = realloc(s->games, capacity * sizeof(*games));
		if (!games)
			return -ENOMEM;
		s->games = games;
		s->game_capacity = capacity;
	}
	s->games[s->game_count++] = *game;
	return 0;
}

static struct slate_game *find_override(struct slate *s, size_t overrides, const char *id)
{
	for (size_t i = 0; i < overrides; i++)
		if (strcmp(s->games[i].id, id) == 0)
			return &s->games[i];
	return NULL;
}

int slate_add_game(struct slate *s, const char *game_id, int64_t tip_ms, enum game_status status)
{
	struct slate_game game = {.tip_ms = tip_ms, .status = status, .overridden = true};
	text_format(game.id, sizeof(game.id), "%s", game_id);
	if (!game_id_teams(game.id, game.away, game.home))
		return -EINVAL;
	struct slate_game *there = s->teams ? find_override(s, s->game_count, game.id) : NULL;
	if (!there)
		return game_add(s, &game);
	*there = game;
	return 0;
}

int slate_add_member(struct slate *s, const char *lookup, const char *team, bool active)
{
	struct slate_member *m = member_get(s, lookup);
	if (!m)
		return -ENOMEM;
	text_format(m->team, sizeof(m->team), "%s", team);
	m->active = active;
	m->overridden = true;
	return 0;
}

int slate_add_left(struct slate *s, const char *lookup, const char *team)
{
	struct slate_member *m = member_get(s, lookup);
	if (!m)
		return -ENOMEM;
	for (unsigned i = 0; i < m->left_count; i++)
		if (strcmp(m->left[i], team) == 0)
			return 0;
	if (m->left_count < SLATE_TEAMS_LEFT)
		text_format(m->left[m->left_count++], TEAM_SIZE, "%s", team);
	return 0;
}

int slate_add_alias(struct slate *s, const char *spelling, const char *player)
{
	struct alias *a;
	HASH_FIND_STR(s->aliases, spelling, a);
	if (!a) {
		a = calloc(1, sizeof(*a));
		if (!a)
			return -ENOMEM;
		text_format(a->spelling, sizeof(a->spelling), "%s", spelling);
		HASH_ADD_STR(s->aliases, spelling, a);
		if (table_add_failed(a)) {
			free(a);
			return -ENOMEM;
		}
	}
	text_format(a->player, sizeof(a->player), "%s", player);
	return 0;
}

/* --- building --------------------------------------------------------------------------------------------------- */

static int find_namesakes(struct slate *s)
{
	const struct snapshot *snap = s->snapshot;
	char name[LOOKUP_SIZE];
	size_t count = 0;
	if (s->namesakes)
		return 0; /* a name does not change with what is added */
	for (uint32_t p = 0; p < snap->players; p++)
		count += snapshot_name(snap, p, s->date, name) == name;
	s->namesakes = calloc(count + 1, sizeof(*s->namesakes));
	if (!s->namesakes)
		return -ENOMEM;
	for (uint32_t p = 0; p < snap->players && s->namesake_count < count; p++) {
		if (snapshot_name(snap, p, s->date, name) != name)
			continue;
		struct namesake *one = &s->namesakes[s->namesake_count++];
		one->player = p;
		memcpy(one->name, name, sizeof(one->name));
	}
	return 0;
}

/* Those whom overrides named know who they are. */
static void know_members(struct slate *s)
{
	for (struct slate_member *m = s->members; m; m = m->hh.next)
		if (m->player == NO_INDEX)
			m->player = snapshot_player(s->snapshot, m->lookup, s->date);
}

static int add_default_members(struct slate *s)
{
	const struct snapshot *snap = s->snapshot;
	for (uint32_t p = 0; p < snap->players; p++) {
		uint8_t team = snapshot_team_of(snap, p, s->date);
		if (team == TEAM_NONE)
			continue;
		struct slate_member *m = member_get(s, slate_name(s, p));
		if (!m)
			return -ENOMEM;
		m->player = p;
		text_format(m->default_team, TEAM_SIZE, "%s", snap->team[team]);
		if (!m->overridden) {
			text_format(m->team, TEAM_SIZE, "%s", snap->team[team]);
			m->active = true;
		}
	}
	return 0;
}

/* Overrides stand already; the schedule fills in what they leave open. */
static int add_default_games(struct slate *s)
{
	const struct snapshot *snap = s->snapshot;
	size_t overrides = s->game_count;
	uint32_t first, count = snapshot_games_on(snap, s->date, &first);

	for (uint32_t i = first; i < first + count; i++) {
		const struct snapshot_game *g = &snap->game[i];
		struct slate_game *override = find_override(s, overrides, g->id);
		if (override) {
			if (override->tip_ms == 0)
				override->tip_ms = g->tip_ms;
			continue;
		}
		struct slate_game game = {.tip_ms = g->tip_ms, .status = GAME_SCHEDULED};
		text_format(game.id, sizeof(game.id), "%s", g->id);
		text_format(game.away, TEAM_SIZE, "%s", snap->team[g->away]);
		text_format(game.home, TEAM_SIZE, "%s", snap->team[g->home]);
		if (game_add(s, &game) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int by_game_id(const void *a, const void *b)
{
	return strcmp(((const struct slate_game *)a)->id, ((const struct slate_game *)b)->id);
}

static int by_team_then_lookup(const void *a, const void *b)
{
	const struct slate_member *x = *(struct slate_member *const *)a, *y = *(struct slate_member *const *)b;
	int order = strcmp(x->team, y->team);
	return order ? order : strcmp(x->lookup, y->lookup);
}

static int by_code(const void *a, const void *b)
{
	return strcmp(((const struct slate_team *)a)->code, ((const struct slate_team *)b)->code);
}

static bool is_off(const struct slate_game *game)
{
	return game->status == GAME_POSTPONED || game->status == GAME_CANCELLED;
}

static struct slate_team *find_team(struct slate *s, const char *code)
{
	struct slate_team key = {0};
	text_format(key.code, TEAM_SIZE, "%s", code);
	return bsearch(&key, s->teams, s->team_count, sizeof(key), by_code);
}

/* Of several games of a team on one date the first that is not called off counts, else the first. */
static void give_games(struct slate *s)
{
	for (size_t i = 0; i < s->game_count; i++) {
		const struct slate_game *game = &s->games[i];
		const char *codes[2] = {game->away, game->home};
		for (int side = 0; side < 2; side++) {
			struct slate_team *team = find_team(s, codes[side]);
			if (!team->game || (is_off(team->game) && !is_off(game)))
				team->game = game;
		}
	}
}

/* Every code that a member or a game names, once, ascending. */
static int make_teams(struct slate *s, size_t members)
{
	size_t most = members + 2 * s->game_count;
	struct slate_team *teams = calloc(most ? most : 1, sizeof(*teams));
	size_t n = 0;

	if (!teams)
		return -ENOMEM;
	s->teams = teams;
	for (size_t i = 0; i < members; i++)
		if (n == 0 || strcmp(teams[n - 1].code, s->rosters[i]->team) != 0)
			memcpy(teams[n++].code, s->rosters[i]->team, TEAM_SIZE);
	for (size_t i = 0; i < s->game_count; i++) {
		memcpy(teams[n++].code, s->games[i].away, TEAM_SIZE);
		memcpy(teams[n++].code, s->games[i].home, TEAM_SIZE);
	}
	qsort(teams, n, sizeof(*teams), by_code);
	size_t kept = 0;
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || strcmp(teams[kept - 1].code, teams[i].code) != 0)
			teams[kept++] = teams[i];
	s->team_count = kept;
	return 0;
}

/* Drops what an earlier build made, so that more can be added. */
static void unbuild(struct slate *s)
{
	size_t kept = 0;
	for (size_t i = 0; i < s->game_count; i++)
		if (s->games[i].overridden)
			s->games[kept++] = s->games[i];
	s->game_count = kept;
	free(s->teams);
	free(s->rosters);
	free(s->inactive);
	s->teams = NULL;
	s->rosters = s->inactive = NULL;
	s->team_count = s->inactive_count = 0;
}

int slate_build(struct slate *s)
{
	struct slate_member *m;
	size_t n = 0;

	unbuild(s);
	if (s->snapshot && (find_namesakes(s) < 0 || add_default_members(s) < 0 || add_default_games(s) < 0))
		return -ENOMEM;
	if (s->snapshot)
		know_members(s);
	if (s->game_count)
		qsort(s->games, s->game_count, sizeof(*s->games), by_game_id);

	s->rosters = calloc(HASH_COUNT(s->members) + 1, sizeof(struct slate_member *));
	s->inactive = calloc(HASH_COUNT(s->members) + 1, sizeof(struct slate_member *));
	if (!s->rosters || !s->inactive)
		return -ENOMEM;
	for (m = s->members; m; m = m->hh.next)
		if (m->active && m->team[0])
			s->rosters[n++] = m;
		else if (!m->active)
			s->inactive[s->inactive_count++] = m;
	qsort(s->inactive, s->inactive_count, sizeof(struct slate_member *), by_team_then_lookup);
	qsort(s->rosters, n, sizeof(struct slate_member *), by_team_then_lookup);
	if (make_teams(s, n) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct slate_team *team = find_team(s, s->rosters[i]->team);
		if (!team->roster)
			team->roster = &s->rosters[i];
		team->count++;
	}
	give_games(s);
	return 0;
}

/* --- asking ----------------------------------------------------------------------------------------------------- */

date_t slate_date(const struct slate *s)
{
	return s->date;
}

const struct snapshot *slate_snapshot(const struct slate *s)
{
	return s->snapshot;
}

static int by_player(const void *a, const void *b)
{
	const struct namesake *x = a, *y = b;
	return (x->player > y->player) - (x->player < y->player);
}

const char *slate_name(const struct slate *s, uint32_t player)
{
	const struct namesake key = {.player = player}, *found = NULL;
	if (s->namesake_count)
		found = bsearch(&key, s->namesakes, s->namesake_count, sizeof(key), by_player);
	return found ? found->name : s->snapshot->player[player].lookup;
}

const struct slate_game *slate_game(const struct slate *s, const char *game_id)
{
	struct slate_game key = {0};
	text_format(key.id, sizeof(key.id), "%s", game_id);
	return s->game_count ? bsearch(&key, s->games, s->game_count, sizeof(key), by_game_id) : NULL;
}

size_t slate_games(const struct slate *s, const struct slate_game **ret_games)
{
	*ret_games = s->games;
	return s->game_count;
}

const struct slate_member *slate_member(const struct slate *s, const char *lookup)
{
	struct slate_member *m;
	HASH_FIND_STR(s->members, lookup, m);
	return m;
}

const char *slate_alias(const struct slate *s, const char *spelling)
{
	struct alias *a;
	HASH_FIND_STR(s->aliases, spelling, a);
	return a ? a->player : NULL;
}

const struct slate_member *slate_next_member(const struct slate *s, const struct slate_member *after)
{
	return after ? after->hh.next : s->members;
}

const struct slate_team *slate_team(const struct slate *s, const char *code)
{
	struct slate_team key = {0};
	text_format(key.code, TEAM_SIZE, "%s", code);
	return s->team_count ? bsearch(&key, s->teams, s->team_count, sizeof(key), by_code) : NULL;
}

size_t slate_teams(const struct slate *s, const struct slate_team **ret_teams)
{
	*ret_teams = s->teams;
	return s->team_count;
}

static int team_against_member(const void *code, const void *member)
{
	return strcmp(code, (*(struct slate_member *const *)member)->team);
}

bool slate_has_inactive(const struct slate *s, const char *code)
{
	return s->inactive_count &&
	       bsearch(code, s->inactive, s->inactive_count, sizeof(s->inactive[0]), team_against_member);
}

const struct slate_member *slate_stem(const struct slate *s, const char *lookup)
{
	return first_of_stem(s, lookup);
}

struct slate_place slate_place(const struct slate *s, const char *lookup, const char *named_game, const char *named_team)
{
	struct slate_place place = {.game = "", .team = "", .home = -1};
	const struct slate_member *m = slate_member(s, lookup);
	char away[TEAM_SIZE], home[TEAM_SIZE];

	if (m && m->team[0]) {
		place.team = m->team;
		place.member = m->active;
	} else if (named_team[0]) {
		place.team = named_team;
		place.member = true;
	}
	/* A member who is inactive has his team's game all the same: that is where his report belongs. A team that only
	 * events named gives no game: begin, which has no slate, must come to the same. */
	const struct slate_team *team = m && m->team[0] ? slate_team(s, m->team) : NULL;
	place.game = team && team->game ? team->game->id : named_game;
	if (!place.game[0] || !game_id_teams(place.game, away, home))
		return place;
	place.facts = slate_game(s, place.game);
	if (strcmp(place.team, home) == 0) {
		place.home = 1;
		memcpy(place.opponent, away, TEAM_SIZE);
	} else if (strcmp(place.team, away) == 0) {
		place.home = 0;
		memcpy(place.opponent, home, TEAM_SIZE);
	}
	return place;
}
