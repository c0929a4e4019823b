/*
 * Rows come in any order and from sources that write a player's name differently or lack his id. They are
 * staged as they come, names and games interned, and all decisions are made at the end, when everything is
 * known: who is who, which game was moved, which line of two stands. So the snapshot is a function of the set
 * of rows, not of their order (of two lines for one player and game the later one stands; the database has
 * one only, unless an id is missing).
 *
 * All arrays lie in one block, laid out twice by the same function: once to count, once to point. The block
 * is cleared first, so that its bytes are equal where the rows are, and one hash over it is the fingerprint.
 */
#include "league/build.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fold.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/table.h"
#include "league/aliases.h"
#include "league/persons.h"
#include "league/snapshot.h"
#include "league/team.h"

#define TEAMS_MAX 255
#define NAME_MAX_BYTES 128
#define SEASON_STARTS 7 /* months from January: August */
#define CACHE_LINE 64

struct game {
	uint64_t key; /* date, away, home */
	date_t date;
	uint8_t away, home;
	bool played; /* has a row */
	bool moved; /* left out: it was played on another day */
	struct game *same; /* left out: it is this one, with the home team the other way round */
	char id[GAME_ID_SIZE], league_id[LEAGUE_ID_SIZE];
	int64_t tip_ms;
	float total, spread, away_points, home_points;
	uint32_t index; /* in the snapshot */
	UT_hash_handle hh;
};

struct identity { /* a person id with a name: one player may have several */
	int64_t person_id; /* 0: its source has none */
	char lookup[LOOKUP_SIZE], name[64];
	date_t newest;
	/* Who he is, once that is told: by an id, of several the lowest; without one by his number among those of the
	 * name. */
	int64_t person;
	unsigned man; /* from 1; 0: not told */
	uint32_t told; /* 1 + which of the names that several may bear */
	uint32_t player;
	const struct identity *of; /* split off from this one: he is one more man of the name */
	struct identity *next; /* of those that were split off */
	UT_hash_handle hh;
	char key[]; /* person id, name */
};

struct line {
	struct identity *who;
	struct game *game;
	int16_t season;
	uint8_t team, opponent;
	bool home;
	int8_t starter;
	float minutes, stat[STAT_COUNT], fga, fta, oreb, fouls;
};

struct team_line {
	struct game *game;
	uint8_t team, opponent;
	bool home;
	float minutes, stat[STAT_COUNT], fga, fta, oreb;
};

struct build {
	struct arena *arena; /* games and identities */
	char team[TEAMS_MAX][4];
	unsigned teams;
	struct teams *spellings; /* NULL: not told */
	struct game *games;
	struct identity *identities, *split;
	struct line *lines;
	struct team_line *team_lines;
	struct alias_pair *pairs;
	size_t line_count, line_room, team_line_count, team_line_room, pair_count, pair_room;
};

struct build *build_new(void)
{
	struct build *b = calloc(1, sizeof(*b));
	if (!b)
		return NULL;
	b->arena = arena_new();
	if (!b->arena) {
		free(b);
		return NULL;
	}
	return b;
}

void build_free(struct build *b)
{
	if (!b)
		return;
	HASH_CLEAR(hh, b->games);
	HASH_CLEAR(hh, b->identities);
	teams_free(b->spellings);
	arena_free(b->arena);
	free(b->lines);
	free(b->team_lines);
	free(b->pairs);
	free(b);
}

void build_teams(struct build *b, struct teams *teams)
{
	teams_free(b->spellings);
	b->spellings = teams;
}

static int no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "out of memory while the league is put together");
}

/* --- staging ---------------------------------------------------------------------------------------------------- */

static int intern_team(struct build *b, const char *code, uint8_t *ret_team, struct err *err)
{
	size_t length = strlen(code);
	if (length == 0 || length > 3)
		return err_set(err, -EINVAL, "team \"%.40s\": a code has one to three characters", code);
	for (unsigned i = 0; i < b->teams; i++) {
		if (strcmp(b->team[i], code) == 0) {
			*ret_team = (uint8_t)i;
			return 0;
		}
	}
	if (b->teams == TEAMS_MAX)
		return err_set(err, -EINVAL, "team \"%s\": there are %d others already, more are not possible", code,
			TEAMS_MAX);
	memcpy(b->team[b->teams], code, length + 1);
	*ret_team = (uint8_t)b->teams++;
	return 0;
}

static uint64_t game_key(date_t date, uint8_t away, uint8_t home)
{
	return (uint64_t)(uint32_t)date << 16 | (uint64_t)away << 8 | home;
}

static struct game *find_game(const struct build *b, date_t date, uint8_t away, uint8_t home)
{
	uint64_t key = game_key(date, away, home);
	struct game *game;
	HASH_FIND(hh, b->games, &key, sizeof(key), game);
	return game;
}

static int intern_game(struct build *b, date_t date, const char *away, const char *home, const char *league_id,
	struct game **ret_game, struct err *err)
{
	uint8_t a, h;
	int r = intern_team(b, away, &a, err);
	if (r == 0)
		r = intern_team(b, home, &h, err);
	if (r < 0)
		return r;
	if (a == h)
		return err_set(err, -EINVAL, "team \"%s\" cannot play against itself", home);
	struct game *game = find_game(b, date, a, h);
	if (!game) {
		char day[DATE_SIZE];
		game = arena_zalloc(b->arena, sizeof(*game));
		if (!game)
			return no_memory(err);
		*game = (struct game){.key = game_key(date, a, h),
			.date = date,
			.away = a,
			.home = h,
			.total = NAN,
			.spread = NAN,
			.away_points = NAN,
			.home_points = NAN};
		date_format(date, day); /* 2025-11-15 */
		text_format(game->id, sizeof(game->id), "%.4s%.2s%.2s_%s_%s", day, day + 5, day + 8, away, home);
		HASH_ADD(hh, b->games, key, sizeof(game->key), game);
		if (table_add_failed(game))
			return no_memory(err);
	}
	if (league_id && *league_id) {
		if (strlen(league_id) >= LEAGUE_ID_SIZE)
			return err_set(err, -EINVAL, "game id \"%.40s\" is longer than %d characters", league_id,
				LEAGUE_ID_SIZE - 1);
		/* Of two ids for one game the greater one, so that the order of rows does not matter. */
		if (strcmp(league_id, game->league_id) > 0)
			strcpy(game->league_id, league_id);
	}
	*ret_game = game;
	return 0;
}

static int intern_identity(
	struct build *b, int64_t person_id, const char *name, struct identity **ret_who, struct err *err)
{
	size_t length = strlen(name);
	char key[sizeof(person_id) + NAME_MAX_BYTES];
	if (length > NAME_MAX_BYTES)
		return err_set(err, -EINVAL, "player \"%.40s...\": a name has at most %d bytes", name, NAME_MAX_BYTES);
	memcpy(key, &person_id, sizeof(person_id));
	memcpy(key + sizeof(person_id), name, length);
	size_t key_length = sizeof(person_id) + length;

	struct identity *who;
	HASH_FIND(hh, b->identities, key, key_length, who);
	if (!who) {
		char lookup[LOOKUP_SIZE];
		int r = fold_bare_name(name, length, lookup);
		if (r <= 0)
			return err_set(err, -EINVAL, "player \"%.60s\": %s", name,
				r == 0               ? "no letter or digit is left of the name"
				: r == -ENAMETOOLONG ? "the name is too long"
						     : "the name is not UTF-8");
		who = arena_zalloc(b->arena, sizeof(*who) + key_length);
		if (!who)
			return no_memory(err);
		who->person_id = who->person = person_id;
		who->newest = INT32_MIN;
		strcpy(who->lookup, lookup);
		size_t shown = length < sizeof(who->name) ? length : sizeof(who->name) - 1;
		while (shown < length && shown > 0 && ((unsigned char)name[shown] & 0xc0) == 0x80)
			shown--; /* not in the middle of a character */
		memcpy(who->name, name, shown);
		memcpy(who->key, key, key_length);
		HASH_ADD_KEYPTR(hh, b->identities, who->key, key_length, who);
		if (table_add_failed(who))
			return no_memory(err);
	}
	*ret_who = who;
	return 0;
}

/* Room for one more element. */
static bool grow(void **array, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return true;
	size_t more = *room ? *room * 2 : 256;
	void *grown = realloc(*array, more * size);
	if (!grown)
		return false;
	*array = grown;
	*room = more;
	return true;
}

/* -0 and the many bit patterns of NAN would make equal rows differ in the fingerprint. */
static float plain(float value)
{
	return isnan(value) ? NAN : value + 0.0f;
}

int build_game(struct build *b, const struct build_game *game, struct err *err)
{
	struct game *g;
	int r = intern_game(b, game->date, game->away, game->home, game->league_id, &g, err);
	if (r < 0)
		return r;
	if (game->tip_ms)
		g->tip_ms = game->tip_ms;
	if (game->away_points > 0)
		g->away_points = game->away_points;
	if (game->home_points > 0)
		g->home_points = game->home_points;
	return 0;
}

int build_odds(struct build *b, const struct build_odds *odds, struct err *err)
{
	uint8_t a, h;
	int r = intern_team(b, odds->away, &a, err);
	if (r == 0)
		r = intern_team(b, odds->home, &h, err);
	if (r < 0)
		return r;
	struct game *g = find_game(b, odds->date, a, h);
	float spread = odds->spread;
	if (!g) { /* on neutral ground the book may have it the other way round */
		g = find_game(b, odds->date, h, a);
		spread = -spread;
	}
	if (!g)
		return 0;
	if (!isnan(odds->total))
		g->total = plain(odds->total);
	if (!isnan(spread))
		g->spread = plain(spread);
	if (!g->tip_ms)
		g->tip_ms = odds->tip_ms;
	return 1;
}

static int16_t season_of(date_t date)
{
	char day[DATE_SIZE];
	date_format(date, day);
	int year = atoi(day), month = atoi(day + 5);
	return (int16_t)(month > SEASON_STARTS ? year : year - 1);
}

int build_line(struct build *b, const struct build_line *line, struct err *err)
{
	struct identity *who = NULL;
	struct game *game = NULL;
	const char *away = line->home ? line->opponent : line->team;
	const char *home = line->home ? line->team : line->opponent;
	int r = intern_game(b, line->date, away, home, line->league_id, &game, err);
	if (r == 0)
		r = intern_identity(b, line->person_id, line->name, &who, err);
	if (r < 0)
		return r;
	if (!grow((void **)&b->lines, b->line_count, &b->line_room, sizeof(*b->lines)))
		return no_memory(err);
	game->played = true;
	if (line->date > who->newest)
		who->newest = line->date;
	struct line *l = &b->lines[b->line_count++];
	*l = (struct line){
		.who = who,
		.game = game,
		.season = line->season ? (int16_t)line->season : season_of(line->date),
		.team = line->home ? game->home : game->away,
		.opponent = line->home ? game->away : game->home,
		.home = line->home,
		.starter = (int8_t)line->starter,
		.minutes = plain(line->minutes),
		.fga = plain(line->fga),
		.fta = plain(line->fta),
		.oreb = plain(line->oreb),
		.fouls = plain(line->fouls),
	};
	for (int i = 0; i < STAT_COUNT; i++)
		l->stat[i] = plain(line->stat[i]);
	return 0;
}

int build_team_line(struct build *b, const struct build_team_line *line, struct err *err)
{
	struct game *game;
	const char *away = line->home ? line->opponent : line->team;
	const char *home = line->home ? line->team : line->opponent;
	int r = intern_game(b, line->date, away, home, line->league_id, &game, err);
	if (r < 0)
		return r;
	if (!grow((void **)&b->team_lines, b->team_line_count, &b->team_line_room, sizeof(*b->team_lines)))
		return no_memory(err);
	game->played = true;
	struct team_line *l = &b->team_lines[b->team_line_count++];
	*l = (struct team_line){
		.game = game,
		.team = line->home ? game->home : game->away,
		.opponent = line->home ? game->away : game->home,
		.home = line->home,
		.minutes = plain(line->minutes),
		.fga = plain(line->fga),
		.fta = plain(line->fta),
		.oreb = plain(line->oreb),
	};
	for (int i = 0; i < STAT_COUNT; i++)
		l->stat[i] = plain(line->stat[i]);
	return 0;
}

static int fold_player(const char *name, char lookup[LOOKUP_SIZE], struct err *err)
{
	if (fold_name(name, strlen(name), lookup) > 0)
		return 0;
	return err_set(err, -EINVAL, "player \"%.60s\" is no name", name);
}

int build_alias(struct build *b, const struct build_alias *alias, struct err *err)
{
	struct alias_pair pair = {.person_id = alias->person_id};
	int r = fold_player(alias->spelling, pair.spelling, err);
	if (r == 0)
		r = fold_player(alias->player, pair.player, err);
	if (r < 0)
		return r;
	if (strlen(alias->team) >= sizeof(pair.team))
		return err_set(err, -EINVAL, "team \"%.40s\": a code has one to three characters", alias->team);
	strcpy(pair.team, alias->team);
	if (!grow((void **)&b->pairs, b->pair_count, &b->pair_room, sizeof(*b->pairs)))
		return no_memory(err);
	b->pairs[b->pair_count++] = pair;
	return 0;
}

/* --- putting together ------------------------------------------------------------------------------------------- */

struct person { /* a player to be */
	const struct identity *canonical;
	int64_t person_id;
	date_t newest;
	uint32_t index; /* in the snapshot */
};

struct key { /* a row to be, by what it sorts by */
	uint32_t owner; /* player or team */
	uint32_t game;
	bool sure; /* of two lines for one owner and game, this one stands */
	uint32_t at;
};

struct named_line { /* one whose name may be that of several */
	uint32_t told, line;
};

/* What the end of the work holds, freed whatever happens. */
struct work {
	struct game **game;
	struct identity **who;
	struct person *person, **by_index;
	struct snapshot_alias *alias;
	struct snapshot_id *id;
	struct key *key, *team_key;
	uint32_t *side; /* per game and side: 1 + its team line, 0 none */
	uint32_t games, whos, persons, aliases, ids, keys, team_keys;
	uint8_t team[TEAMS_MAX]; /* staged index -> the snapshot's */
};

static int by_league_id(const void *a, const void *b)
{
	const struct game *x = *(struct game *const *)a, *y = *(struct game *const *)b;
	int order = strcmp(x->league_id, y->league_id);
	if (order == 0)
		order = (y->played - x->played) ? y->played - x->played : strcmp(y->id, x->id);
	return order;
}

static int by_id(const void *a, const void *b)
{
	return strcmp((*(struct game *const *)a)->id, (*(struct game *const *)b)->id);
}

static int by_person(const void *a, const void *b)
{
	const struct identity *x = *(struct identity *const *)a, *y = *(struct identity *const *)b;
	if (x->person != y->person) /* those without an id last */
		return !x->person || (y->person && y->person < x->person) ? 1 : -1;
	int order = strcmp(x->lookup, y->lookup);
	if (order == 0)
		order = (x->man > y->man) - (x->man < y->man);
	return order ? order : strcmp(x->name, y->name);
}

static bool is_same_person(const struct identity *x, const struct identity *y)
{
	return x->person == y->person && (x->person || (x->man == y->man && strcmp(x->lookup, y->lookup) == 0));
}

static int by_name(const void *a, const void *b)
{
	const struct identity *x = *(struct identity *const *)a, *y = *(struct identity *const *)b;
	int order = strcmp(x->lookup, y->lookup);
	return order ? order : (x->person_id > y->person_id) - (x->person_id < y->person_id);
}

static int by_id_number(const void *a, const void *b)
{
	const struct snapshot_id *x = a, *y = b;
	return (x->id > y->id) - (x->id < y->id);
}

static int by_told(const void *a, const void *b)
{
	const struct named_line *x = a, *y = b;
	if (x->told != y->told)
		return x->told < y->told ? -1 : 1;
	return x->line < y->line ? -1 : 1;
}

static int by_lookup(const void *a, const void *b)
{
	const struct person *x = *(struct person *const *)a, *y = *(struct person *const *)b;
	int order = strcmp(x->canonical->lookup, y->canonical->lookup);
	if (order == 0)
		order = (x->person_id > y->person_id) - (x->person_id < y->person_id);
	return order ? order : (x->canonical->man > y->canonical->man) - (x->canonical->man < y->canonical->man);
}

static int by_alias(const void *a, const void *b)
{
	const struct snapshot_alias *x = a, *y = b;
	int order = strcmp(x->lookup, y->lookup);
	return order ? order : (x->player > y->player) - (x->player < y->player);
}

static int by_row(const void *a, const void *b) /* games sort by date: their index does for it */
{
	const struct key *x = a, *y = b;
	if (x->owner != y->owner)
		return x->owner < y->owner ? -1 : 1;
	if (x->game != y->game)
		return x->game < y->game ? -1 : 1;
	if (x->sure != y->sure)
		return x->sure ? -1 : 1;
	return x->at > y->at ? -1 : 1;
}

static void sort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *))
{
	if (count > 1) /* qsort(NULL, 0) is not allowed */
		qsort(base, count, size, compare);
}

static int order_teams(struct build *b, struct snapshot *s, struct work *w)
{
	s->teams = b->teams;
	for (unsigned i = 0; i < b->teams; i++) {
		unsigned rank = 0;
		for (unsigned j = 0; j < b->teams; j++)
			rank += strcmp(b->team[j], b->team[i]) < 0;
		w->team[i] = (uint8_t)rank;
		memcpy(s->team[rank], b->team[i], sizeof(s->team[rank]));
	}
	return 0;
}

static void merge(struct game *into, struct game *from)
{
	from->same = into;
	into->played |= from->played;
	if (!into->tip_ms)
		into->tip_ms = from->tip_ms;
	if (isnan(into->total))
		into->total = from->total;
	if (isnan(into->spread))
		into->spread = plain(-from->spread);
	if (isnan(into->away_points))
		into->away_points = from->home_points;
	if (isnan(into->home_points))
		into->home_points = from->away_points;
}

/* On neutral ground sources differ in who is at home, and two teams never play twice a day: the game that has
 * the league's number stands. */
static void merge_neutral_games(struct build *b)
{
	for (struct game *g = b->games; g; g = g->hh.next) {
		struct game *other = find_game(b, g->date, g->home, g->away);
		if (!other || g->same || other->same)
			continue;
		bool stands = *g->league_id && *other->league_id   ? strcmp(g->league_id, other->league_id) > 0
			      : *g->league_id || *other->league_id ? *g->league_id
								   : strcmp(g->id, other->id) < 0;
		merge(stands ? g : other, stands ? other : g);
	}
	for (size_t i = 0; i < b->line_count; i++) {
		struct line *l = &b->lines[i];
		l->game = l->game->same ? l->game->same : l->game;
		l->home = l->team == l->game->home;
	}
	for (size_t i = 0; i < b->team_line_count; i++) {
		struct team_line *l = &b->team_lines[i];
		l->game = l->game->same ? l->game->same : l->game;
		l->home = l->team == l->game->home;
	}
}

static int order_games(struct build *b, struct snapshot *s, struct work *w)
{
	merge_neutral_games(b);
	uint32_t count = HASH_COUNT(b->games), kept = 0;
	w->game = calloc(count + 1, sizeof(*w->game));
	if (!w->game)
		return -ENOMEM;
	for (struct game *g = b->games; g; g = g->hh.next) {
		if (!g->same)
			w->game[w->games++] = g;
	}
	sort(w->game, w->games, sizeof(*w->game), by_league_id);
	for (uint32_t i = 1; i < w->games; i++) { /* those with rows stand first in their id */
		struct game *g = w->game[i];
		g->moved = *g->league_id && !g->played && strcmp(g->league_id, w->game[i - 1]->league_id) == 0 &&
			   (w->game[i - 1]->played || w->game[i - 1]->moved);
	}
	for (uint32_t i = 0; i < w->games; i++) {
		if (!w->game[i]->moved)
			w->game[kept++] = w->game[i];
	}
	w->games = kept;
	sort(w->game, w->games, sizeof(*w->game), by_id);
	for (uint32_t i = 0; i < w->games; i++) {
		w->game[i]->index = i;
		s->league_ids += *w->game[i]->league_id != '\0';
	}
	s->games = w->games;
	return 0;
}

static void join(struct work *w, uint32_t person, struct identity *who)
{
	struct person *p = &w->person[person];
	who->player = person;
	if (!p->canonical || who->newest > p->newest ||
		(who->newest == p->newest && by_person(&who, &p->canonical) > 0 && who->person_id)) {
		p->canonical = who;
		p->newest = who->newest;
	}
}

/* --- who is who ------------------------------------------------------------------------------------------------- */

/* The names that several may bear, or one who has rows without an id; numbered. */
static int mark_names(struct build *b, struct work *w)
{
	uint32_t names = 0;
	for (struct identity *who = b->identities; who; who = who->hh.next)
		w->who[w->whos++] = who;
	sort(w->who, w->whos, sizeof(*w->who), by_name);
	for (uint32_t from = 0, to; from < w->whos; from = to) {
		struct identity *first = w->who[from], *last = first;
		for (to = from; to < w->whos && strcmp(w->who[to]->lookup, first->lookup) == 0; to++)
			last = w->who[to];
		if (first->person_id && first->person_id == last->person_id)
			continue;
		names++;
		for (uint32_t i = from; i < to; i++)
			w->who[i]->told = names;
	}
	return (int)names;
}

static int64_t person_of_id(const struct build *b, int64_t id)
{
	const struct identity *who = b->identities;
	while (who->person_id != id)
		who = who->hh.next;
	return who->person;
}

/* Two ids are of one person: he goes by the lower. */
static void join_ids(struct build *b, int64_t id, int64_t other)
{
	int64_t person = person_of_id(b, id), gone = person_of_id(b, other);
	if (gone < person) {
		int64_t lower = gone;
		gone = person;
		person = lower;
	}
	for (struct identity *who = b->identities; who; who = who->hh.next)
		who->person = who->person == gone ? person : who->person;
	for (struct identity *who = b->split; who; who = who->next)
		who->person = who->person == gone ? person : who->person;
}

/* Of an identity without an id: the one of this man, who may be one of several whose rows have it; NULL: no memory. */
static struct identity *identity_of_man(struct build *b, struct identity *who, int64_t person, unsigned man)
{
	struct identity *one = who;
	if (who->man && who->man != man) {
		for (one = b->split; one && (one->of != who || one->man != man);)
			one = one->next;
	}
	if (!one) {
		one = arena_zalloc(b->arena, sizeof(*one));
		if (!one)
			return NULL;
		memcpy(one->lookup, who->lookup, sizeof(one->lookup));
		memcpy(one->name, who->name, sizeof(one->name));
		one->newest = INT32_MIN;
		one->of = who;
		one->next = b->split;
		b->split = one;
	}
	if (!one->man) { /* he is the first whose rows are looked at */
		one->man = man;
		one->person = person;
		one->newest = INT32_MIN;
	}
	return one;
}

/* The rows of one name, whose men are told: lines get their identity, and ids of one man are joined. */
static int take_men(struct build *b, const struct persons_row *row, size_t count, int men)
{
	for (unsigned man = 0; man < (unsigned)men; man++) {
		int64_t id = 0;
		for (size_t i = 0; i < count; i++) {
			if (row[i].man != man || !row[i].id || row[i].id == id)
				continue;
			if (id)
				join_ids(b, id, row[i].id);
			id = row[i].id;
		}
		const int64_t person = id ? person_of_id(b, id) : 0;
		for (size_t i = 0; i < count; i++) {
			struct line *l = &b->lines[row[i].at];
			if (row[i].man != man || row[i].id)
				continue;
			struct identity *who = identity_of_man(b, l->who, person, man + 1);
			if (!who)
				return -ENOMEM;
			l->who = who;
			who->newest = l->game->date > who->newest ? l->game->date : who->newest;
		}
	}
	return 0;
}

static int tell_name(struct build *b, const struct work *w, const struct named_line *named, size_t count)
{
	struct persons_row *row = calloc(count, sizeof(*row));
	if (!row)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct line *l = &b->lines[named[i].line];
		row[i] = (struct persons_row){.id = l->who->person_id,
			.date = l->game->date,
			.game = l->game->index,
			.season = l->season,
			.team = w->team[l->team], /* in the order of codes, not of rows */
			.stat = l->stat,
			.at = named[i].line};
	}
	int r = persons_tell(row, count);
	if (r > 0)
		r = take_men(b, row, count, r);
	free(row);
	return r;
}

/* Who is who of each name that several may bear. */
static int tell_persons(struct build *b, struct work *w)
{
	int names = mark_names(b, w), r = 0;
	if (names == 0)
		return 0;
	struct named_line *named = calloc(b->line_count + 1, sizeof(*named));
	if (!named)
		return -ENOMEM;
	size_t count = 0;
	for (size_t i = 0; i < b->line_count; i++)
		if (b->lines[i].who->told)
			named[count++] = (struct named_line){b->lines[i].who->told, (uint32_t)i};
	sort(named, count, sizeof(*named), by_told);
	for (size_t from = 0, to; from < count && r == 0; from = to) {
		for (to = from; to < count && named[to].told == named[from].told;)
			to++;
		r = tell_name(b, w, &named[from], to - from);
	}
	free(named);
	return r;
}

/* The identities, those of one person one behind the other; who has no id stands last. */
static int list_identities(struct build *b, struct work *w)
{
	uint32_t count = HASH_COUNT(b->identities);
	w->who = calloc(count + 1, sizeof(*w->who));
	if (!w->who || tell_persons(b, w) < 0)
		return -ENOMEM;
	for (struct identity *who = b->split; who; who = who->next)
		count++;
	struct identity **all = realloc(w->who, (count + 1) * sizeof(*w->who));
	if (!all)
		return -ENOMEM;
	w->who = all;
	for (struct identity *who = b->split; who; who = who->next)
		w->who[w->whos++] = who;
	sort(w->who, w->whos, sizeof(*w->who), by_person);
	return 0;
}

/* A person's ids, which may be several, and his names: every lookup that a row of his has. */
static void list_names(struct work *w)
{
	for (uint32_t i = 0; i < w->whos; i++) {
		const struct identity *who = w->who[i];
		memcpy(w->alias[i].lookup, who->lookup, LOOKUP_SIZE);
		w->alias[i].player = who->player;
		if (who->person_id)
			w->id[w->ids++] = (struct snapshot_id){who->person_id, who->player};
	}
	sort(w->alias, w->whos, sizeof(*w->alias), by_alias);
	for (uint32_t i = 0; i < w->whos; i++) {
		if (i == 0 || by_alias(&w->alias[i], &w->alias[i - 1]) != 0)
			w->alias[w->aliases++] = w->alias[i];
	}
	uint32_t all = w->ids;
	w->ids = 0;
	sort(w->id, all, sizeof(*w->id), by_id_number);
	for (uint32_t i = 0; i < all; i++) {
		if (w->ids == 0 || w->id[i].id != w->id[w->ids - 1].id)
			w->id[w->ids++] = w->id[i];
	}
}

/* Each player's id, and the team of his newest row. */
static struct alias_man *list_men(const struct build *b, const struct work *w)
{
	struct alias_man *men = calloc(w->persons + 1, sizeof(*men));
	for (uint32_t i = 0; men && i < w->persons; i++)
		men[w->person[i].index].person_id = w->person[i].person_id;
	for (size_t i = 0; men && i < b->line_count; i++) {
		const struct line *l = &b->lines[i];
		if (l->game->date == w->by_index[l->who->player]->newest)
			memcpy(men[l->who->player].team, b->team[l->team], sizeof(men->team));
	}
	return men;
}

/* A person may have several ids: by which he goes here. */
static int64_t first_id(const struct work *w, const struct alias_man *men, int64_t id)
{
	for (uint32_t i = 0; i < w->ids; i++)
		if (w->id[i].id == id)
			return men[w->id[i].player].person_id;
	return id;
}

/* What lists of aliases add to the spellings of rows. */
static int add_given_aliases(struct build *b, struct snapshot *s, struct work *w)
{
	const size_t shipped = aliases_shipped_count(), most = b->pair_count + shipped;
	struct alias_pair *pairs = calloc(most, sizeof(*pairs));
	struct snapshot_alias *all = realloc(w->alias, (w->aliases + 2 * most) * sizeof(*all));
	struct alias_man *men = list_men(b, w);
	int64_t added = -ENOMEM;
	w->alias = all ? all : w->alias;
	if (pairs && all && men) {
		if (b->pair_count > 0)
			memcpy(pairs, b->pairs, b->pair_count * sizeof(*pairs));
		for (size_t i = 0; i < b->pair_count; i++)
			if (pairs[i].person_id)
				pairs[i].person_id = first_id(w, men, pairs[i].person_id);
		for (size_t i = 0; i < shipped; i++)
			pairs[b->pair_count + i] = aliases_shipped(i);
		added = aliases_resolve(all, w->aliases, men, pairs, most, all + w->aliases);
	}
	free(pairs);
	free(men);
	if (added < 0)
		return (int)added;
	w->aliases += (uint32_t)added;
	sort(w->alias, w->aliases, sizeof(*w->alias), by_alias);
	s->aliases = w->aliases;
	return 0;
}

static int order_players(struct build *b, struct snapshot *s, struct work *w)
{
	if (list_identities(b, w) < 0)
		return -ENOMEM;
	w->person = calloc(w->whos + 1, sizeof(*w->person));
	w->by_index = calloc(w->whos + 1, sizeof(*w->by_index));
	w->alias = calloc(w->whos + 1, sizeof(*w->alias));
	w->id = calloc(w->whos + 1, sizeof(*w->id));
	if (!w->person || !w->by_index || !w->alias || !w->id)
		return -ENOMEM;
	for (uint32_t i = 0; i < w->whos; i++) {
		if (i == 0 || !is_same_person(w->who[i - 1], w->who[i]))
			w->person[w->persons++].person_id = w->who[i]->person;
		join(w, w->persons - 1, w->who[i]);
	}
	for (uint32_t i = 0; i < w->persons; i++)
		w->by_index[i] = &w->person[i];
	sort(w->by_index, w->persons, sizeof(*w->by_index), by_lookup);
	for (uint32_t i = 0; i < w->persons; i++)
		w->by_index[i]->index = i;
	for (uint32_t i = 0; i < w->whos; i++)
		w->who[i]->player = w->person[w->who[i]->player].index;
	list_names(w);
	s->players = w->persons;
	s->ids = w->ids;
	return add_given_aliases(b, s, w);
}

/* Sorts, and keeps the first of each owner and game. */
static uint32_t settle(struct key *key, uint32_t count)
{
	uint32_t kept = 0;
	sort(key, count, sizeof(*key), by_row);
	for (uint32_t i = 0; i < count; i++) {
		if (kept == 0 || key[kept - 1].owner != key[i].owner || key[kept - 1].game != key[i].game)
			key[kept++] = key[i];
	}
	return kept;
}

static int order_lines(struct build *b, struct snapshot *s, struct work *w)
{
	w->key = calloc(b->line_count + 1, sizeof(*w->key));
	if (!w->key)
		return -ENOMEM;
	int16_t newest = INT16_MIN;
	for (size_t i = 0; i < b->line_count; i++) {
		const struct line *l = &b->lines[i];
		w->key[i] = (struct key){.owner = l->who->player,
			.game = l->game->index,
			.sure = l->who->person_id != 0,
			.at = (uint32_t)i};
		if (l->season < newest)
			continue;
		if (l->season > newest) {
			newest = l->season;
			s->last_season_from = s->last_season_to = l->game->date;
		}
		s->last_season_from = l->game->date < s->last_season_from ? l->game->date : s->last_season_from;
		s->last_season_to = l->game->date > s->last_season_to ? l->game->date : s->last_season_to;
	}
	w->keys = settle(w->key, (uint32_t)b->line_count);
	s->row.count = w->keys;
	return 0;
}

/* Adds the sums of the players' rows for teams that have no line of their own. */
static int derive_team_lines(struct build *b, struct work *w)
{
	for (size_t i = 0; i < b->team_line_count; i++)
		w->side[2 * b->team_lines[i].game->index + b->team_lines[i].home] = (uint32_t)i + 1;
	size_t given = b->team_line_count;
	for (uint32_t i = 0; i < w->keys; i++) {
		const struct line *l = &b->lines[w->key[i].at];
		uint32_t *side = &w->side[2 * l->game->index + l->home];
		if (*side > 0 && *side <= given)
			continue;
		if (*side == 0) {
			if (!grow((void **)&b->team_lines, b->team_line_count, &b->team_line_room,
				    sizeof(*b->team_lines)))
				return -ENOMEM;
			b->team_lines[b->team_line_count++] = (struct team_line){
				.game = l->game, .team = l->team, .opponent = l->opponent, .home = l->home};
			*side = (uint32_t)b->team_line_count;
		}
		struct team_line *t = &b->team_lines[*side - 1];
		t->minutes += l->minutes;
		t->fga += l->fga;
		t->fta += l->fta;
		t->oreb += l->oreb;
		for (int stat = 0; stat < STAT_COUNT; stat++)
			t->stat[stat] += l->stat[stat];
	}
	return 0;
}

static int order_team_lines(struct build *b, struct snapshot *s, struct work *w)
{
	w->side = calloc(2 * (size_t)w->games + 1, sizeof(*w->side));
	if (!w->side || derive_team_lines(b, w) < 0)
		return -ENOMEM;
	w->team_key = calloc(b->team_line_count + 1, sizeof(*w->team_key));
	if (!w->team_key)
		return -ENOMEM;
	for (size_t i = 0; i < b->team_line_count; i++)
		w->team_key[i] = (struct key){.owner = w->team[b->team_lines[i].team],
			.game = b->team_lines[i].game->index,
			.at = (uint32_t)i};
	w->team_keys = settle(w->team_key, (uint32_t)b->team_line_count);
	s->team_row.count = w->team_keys;
	return 0;
}

static void *column(char *base, size_t *used, size_t count, size_t size)
{
	void *at = base ? base + *used : NULL;
	*used += (count * size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
	return at;
}

/* Points the arrays into the block at `base`, or with NULL counts only. */
static size_t lay_out(struct snapshot *s, char *base)
{
	size_t used = 0;
	struct snapshot_rows *r = &s->row;
	struct snapshot_team_rows *t = &s->team_row;
	s->player = column(base, &used, s->players, sizeof(*s->player));
	s->alias = column(base, &used, s->aliases, sizeof(*s->alias));
	s->id = column(base, &used, s->ids, sizeof(*s->id));
	s->game = column(base, &used, s->games, sizeof(*s->game));
	s->by_league_id = column(base, &used, s->league_ids, sizeof(*s->by_league_id));

	r->date = column(base, &used, r->count, sizeof(*r->date));
	r->player = column(base, &used, r->count, sizeof(*r->player));
	r->game = column(base, &used, r->count, sizeof(*r->game));
	r->team = column(base, &used, r->count, 1);
	r->opponent = column(base, &used, r->count, 1);
	r->home = column(base, &used, r->count, 1);
	r->starter = column(base, &used, r->count, 1);
	float **row_floats[] = {&r->minutes, &r->fga, &r->fta, &r->oreb, &r->fouls};
	for (size_t i = 0; i < sizeof(row_floats) / sizeof(row_floats[0]); i++)
		*row_floats[i] = column(base, &used, r->count, sizeof(float));
	for (int i = 0; i < STAT_COUNT; i++)
		r->stat[i] = column(base, &used, r->count, sizeof(float));

	t->date = column(base, &used, t->count, sizeof(*t->date));
	t->game = column(base, &used, t->count, sizeof(*t->game));
	t->team = column(base, &used, t->count, 1);
	t->opponent = column(base, &used, t->count, 1);
	t->home = column(base, &used, t->count, 1);
	float **team_floats[] = {&t->minutes, &t->fga, &t->fta, &t->oreb};
	for (size_t i = 0; i < sizeof(team_floats) / sizeof(team_floats[0]); i++)
		*team_floats[i] = column(base, &used, t->count, sizeof(float));
	for (int i = 0; i < STAT_COUNT; i++)
		t->stat[i] = column(base, &used, t->count, sizeof(float));
	t->points = t->stat[STAT_POINTS]; /* by the names that the model speaks of them */
	t->turnovers = t->stat[STAT_TURNOVERS];
	return used;
}

static void fill_games(struct snapshot *s, const struct work *w)
{
	for (uint32_t i = 0; i < s->games; i++) {
		const struct game *g = w->game[i];
		struct snapshot_game *to = &s->game[i];
		memcpy(to->id, g->id, sizeof(to->id));
		memcpy(to->league_id, g->league_id, sizeof(to->league_id));
		to->date = g->date;
		to->away = w->team[g->away];
		to->home = w->team[g->home];
		to->tip_ms = g->tip_ms;
		to->total = g->total;
		to->spread = g->spread;
		to->away_points = g->away_points;
		to->home_points = g->home_points;
	}
	/* Of several games with one id (a source's slip) the index names the newest with rows. */
	sort(w->game, s->games, sizeof(*w->game), by_league_id);
	uint32_t count = 0;
	for (uint32_t i = 0; i < s->games; i++) {
		const char *id = w->game[i]->league_id;
		if (*id && (count == 0 || strcmp(s->game[s->by_league_id[count - 1]].league_id, id) != 0))
			s->by_league_id[count++] = w->game[i]->index;
	}
	s->league_ids = count;
}

static void fill_players(struct snapshot *s, const struct work *w)
{
	for (uint32_t i = 0; i < s->players; i++) {
		const struct person *p = w->by_index[i];
		memcpy(s->player[i].lookup, p->canonical->lookup, LOOKUP_SIZE);
		memcpy(s->player[i].name, p->canonical->name, sizeof(s->player[i].name));
		s->player[i].person_id = p->person_id;
	}
	if (s->aliases)
		memcpy(s->alias, w->alias, s->aliases * sizeof(*s->alias));
	if (s->ids)
		memcpy(s->id, w->id, s->ids * sizeof(*s->id));
}

static void fill_rows(struct snapshot *s, const struct build *b, const struct work *w)
{
	struct snapshot_rows *r = &s->row;
	for (uint32_t i = 0; i < r->count; i++) {
		const struct line *l = &b->lines[w->key[i].at];
		uint32_t player = w->key[i].owner;
		if (s->player[player].rows++ == 0)
			s->player[player].first_row = i;
		r->date[i] = l->game->date;
		r->player[i] = player;
		r->game[i] = l->game->index;
		r->team[i] = w->team[l->team];
		r->opponent[i] = w->team[l->opponent];
		r->home[i] = l->home;
		r->starter[i] = l->starter;
		r->minutes[i] = l->minutes;
		r->fga[i] = l->fga;
		r->fta[i] = l->fta;
		r->oreb[i] = l->oreb;
		r->fouls[i] = l->fouls;
		for (int stat = 0; stat < STAT_COUNT; stat++)
			r->stat[stat][i] = l->stat[stat];
	}
}

static void fill_team_rows(struct snapshot *s, const struct build *b, const struct work *w)
{
	struct snapshot_team_rows *t = &s->team_row;
	for (uint32_t i = 0; i < t->count; i++) {
		const struct team_line *l = &b->team_lines[w->team_key[i].at];
		uint8_t team = (uint8_t)w->team_key[i].owner;
		if (t->rows[team]++ == 0)
			t->first[team] = i;
		t->date[i] = l->game->date;
		t->game[i] = l->game->index;
		t->team[i] = team;
		t->opponent[i] = w->team[l->opponent];
		t->home[i] = l->home;
		t->minutes[i] = plain(l->minutes);
		t->fga[i] = plain(l->fga);
		t->fta[i] = plain(l->fta);
		t->oreb[i] = plain(l->oreb);
		for (int stat = 0; stat < STAT_COUNT; stat++)
			t->stat[stat][i] = plain(l->stat[stat]);
		struct snapshot_game *game = &s->game[l->game->index];
		float *points = l->home ? &game->home_points : &game->away_points;
		if (isnan(*points))
			*points = l->stat[STAT_POINTS];
	}
}

static struct fingerprint fingerprint(const struct snapshot *s, size_t size)
{
	struct {
		uint32_t teams, players, aliases, ids, games, league_ids, rows, team_rows;
		date_t from, to;
		char team[256][4];
	} head;
	memset(&head, 0, sizeof(head));
	head.teams = s->teams;
	head.players = s->players;
	head.aliases = s->aliases;
	head.ids = s->ids;
	head.games = s->games;
	head.league_ids = s->league_ids;
	head.rows = s->row.count;
	head.team_rows = s->team_row.count;
	head.from = s->last_season_from;
	head.to = s->last_season_to;
	memcpy(head.team, s->team, sizeof(head.team));
	return fingerprint_join(fingerprint_of(&head, sizeof(head)), fingerprint_of(s->memory, size));
}

int64_t build_estimate(const struct build_size *size)
{
	/* Staged arrays double, so up to twice their rows; then keys, then the snapshot beside them. */
	int64_t line =
		2 * (int64_t)sizeof(struct line) + (int64_t)sizeof(struct key) + 3 * 4 + 4 + (5 + STAT_COUNT) * 4;
	int64_t team =
		2 * (int64_t)sizeof(struct team_line) + (int64_t)sizeof(struct key) + 2 * 4 + 3 + (4 + STAT_COUNT) * 4;
	int64_t game = 2 * (int64_t)sizeof(struct game) + (int64_t)sizeof(struct snapshot_game) + 3 * 8;
	return line * size->lines + team * size->team_lines + game * size->games + ((int64_t)1 << 20);
}

int build_finish(struct build *b, int64_t number, struct snapshot **ret_snapshot, struct err *err)
{
	static int (*const steps[])(struct build *, struct snapshot *, struct work *) = {
		order_teams, order_games, order_players, order_lines, order_team_lines};
	struct work w = {0};
	int r = 0;
	if (b->line_count > UINT32_MAX / 2 || b->team_line_count > UINT32_MAX / 2)
		return err_set(err, -E2BIG, "more than %u rows", UINT32_MAX / 2);
	if (!b->spellings)
		b->spellings = teams_nba();
	struct snapshot *s = b->spellings ? calloc(1, sizeof(*s)) : NULL;
	if (!s)
		return no_memory(err);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && r == 0; i++)
		r = steps[i](b, s, &w);
	if (r < 0)
		goto out;

	size_t size = lay_out(s, NULL);
	s->memory = aligned_alloc(CACHE_LINE, size + CACHE_LINE);
	if (!s->memory) {
		r = -ENOMEM;
		goto out;
	}
	memset(s->memory, 0, size + CACHE_LINE);
	lay_out(s, s->memory);
	fill_games(s, &w);
	fill_players(s, &w);
	fill_rows(s, b, &w);
	fill_team_rows(s, b, &w);
	s->number = number;
	s->fingerprint = fingerprint(s, size);
	if (teams_own(b->spellings))
		s->fingerprint = fingerprint_join(s->fingerprint, teams_fingerprint(b->spellings));
	s->bytes = sizeof(*s) + size + CACHE_LINE + teams_bytes(b->spellings);
	s->spellings = b->spellings;
	b->spellings = NULL;
	s->users = 1;
	*ret_snapshot = s;
	s = NULL;
out:
	if (s) {
		free(s->memory);
		free(s);
	}
	free(w.game);
	free(w.who);
	free(w.person);
	free(w.by_index);
	free(w.alias);
	free(w.id);
	free(w.key);
	free(w.team_key);
	free(w.side);
	return r < 0 ? no_memory(err) : 0;
}
