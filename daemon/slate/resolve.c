/*
 * Candidates are gathered at each step and what the event says is held against them. A team is held against the slate's,
 * by overrides and rosters: of a man who is not active too, for his report belongs there. Nobody is chosen because the
 * others are unlikely: a team that is given and that none of them plays for leaves none.
 */
#include "slate/resolve.h"

#include <assert.h>
#include <string.h>

#include "base/str.h"
#include "league/team.h"

enum { MEN_MAX = 32 }; /* more of one name, or of one initial and surname in a game, are as ambiguous as these */

struct man {
	const char *name; /* on the date */
	const struct slate_member *member; /* NULL: the slate has nothing of him */
	uint32_t player; /* NO_INDEX: only the slate knows him */
	bool exact; /* the lookup is his, and not an alias */
};

struct search {
	const struct slate *slate;
	const struct slate_ask *ask;
	char bare[LOOKUP_SIZE]; /* the lookup without its team */
	char team[TEAM_SIZE]; /* the lookup's, else the event's; "" = none */
	uint32_t identified; /* the player of the ask's id; NO_INDEX: none, or unknown */
	struct man men[MEN_MAX];
	unsigned count;
};

const char *found_name(enum found how)
{
	static const char *const names[FOUND_COUNT] = {
		[FOUND_EXACT] = "exact",
		[FOUND_ALIAS] = "alias",
		[FOUND_ID] = "id",
		[FOUND_SUFFIX] = "suffix",
		[FOUND_ROSTER] = "roster",
		[FOUND_STRANGER] = "stranger",
		[FOUND_AMBIGUOUS] = "ambiguous",
	};
	assert(how < FOUND_COUNT);
	return names[how];
}

/* --- candidates --------------------------------------------------------------------------------------------------- */

static void add_player(struct search *r, uint32_t player)
{
	const char *name = slate_name(r->slate, player);
	if (r->count == MEN_MAX)
		return;
	r->men[r->count++] = (struct man){.name = name,
		.member = slate_member(r->slate, name),
		.player = player,
		.exact = strcmp(slate_snapshot(r->slate)->player[player].lookup, r->bare) == 0};
}

static void add_member(struct search *r, const struct slate_member *m)
{
	if (r->count == MEN_MAX)
		return;
	r->men[r->count++] = (struct man){.name = m->lookup,
		.member = m,
		.player = m->player,
		.exact = strncmp(m->lookup, r->bare, fold_bare(m->lookup)) == 0 &&
			 fold_bare(m->lookup) == strlen(r->bare)};
}

/* Who bears the name: of the league over all years, and of the slate whom the league does not know. */
static void gather_named(struct search *r)
{
	const struct snapshot *league = slate_snapshot(r->slate);
	uint32_t first = 0, count = league ? snapshot_aliases(league, r->bare, &first) : 0;
	for (uint32_t i = first; i < first + count; i++)
		add_player(r, league->alias[i].player);
	for (const struct slate_member *m = slate_stem(r->slate, r->bare); m; m = m->same_stem)
		if (m->player == NO_INDEX && fold_bare(m->lookup) == strlen(r->bare) &&
			strncmp(m->lookup, r->bare, fold_bare(m->lookup)) == 0)
			add_member(r, m);
}

static void gather_suffixed(struct search *r)
{
	for (const struct slate_member *m = slate_stem(r->slate, r->bare); m; m = m->same_stem)
		if (m->active && m->team[0])
			add_member(r, m);
}

/* The part of a name behind the first blank, or before a comma, folded, and its length without a generational suffix; 0: it
 * has none. */
static size_t surname_of(const char *name, char surname[LOOKUP_SIZE])
{
	const char *comma = strchr(name, ','), *blank = strchr(name, ' ');
	const char *from = comma ? name : blank;
	if (!from || fold_bare_name(from, comma ? (size_t)(comma - name) : strlen(from), surname) <= 0)
		return 0;
	return fold_stem(surname);
}

static bool has_surname(const char *lookup, const char *name)
{
	char surname[LOOKUP_SIZE];
	const size_t length = surname_of(name, surname), stem = fold_stem(lookup);
	return length > 0 && stem >= length && memcmp(lookup + stem - length, surname, length) == 0;
}

/* "jisaac" of Jonathan Isaac: his first letter, and all of his surname. */
static bool is_initial(const char *lookup, const char *name)
{
	char whole[LOOKUP_SIZE], surname[LOOKUP_SIZE]; /* a whole name folded begins with the given one, comma or not */
	const size_t length = surname_of(name, surname);
	return length > 0 && fold_stem(lookup) == length + 1 && memcmp(lookup + 1, surname, length) == 0 &&
	       fold_bare_name(name, strlen(name), whole) > 0 && whole[0] == lookup[0];
}

static void gather_initialled(struct search *r, const char *team)
{
	const struct snapshot *league = slate_snapshot(r->slate);
	for (const struct slate_member *m = slate_next_member(r->slate, NULL); league && m;
		m = slate_next_member(r->slate, m))
		if (m->player != NO_INDEX && strcmp(m->team, team) == 0 &&
			is_initial(r->bare, league->player[m->player].name))
			add_member(r, m);
}

/* --- choosing ----------------------------------------------------------------------------------------------------- */

static const char *team_of(const struct man *man)
{
	return man->member ? man->member->team : "";
}

static bool is_identified(const struct search *r, const struct man *man)
{
	return man->player == r->identified;
}

static bool is_of_team(const struct search *r, const struct man *man)
{
	return strcmp(team_of(man), r->team) == 0;
}

/* By the league, or earlier today. */
static bool was_of_team(const struct search *r, const struct man *man)
{
	const struct slate_member *m = man->member;
	bool was = m && strcmp(m->default_team, r->team) == 0;
	for (unsigned i = 0; m && i < m->left_count && !was; i++)
		was = strcmp(m->left[i], r->team) == 0;
	return was;
}

static bool is_of_game(const struct search *r, const struct man *man)
{
	char away[TEAM_SIZE], home[TEAM_SIZE];
	return game_id_teams(r->ask->game_id, away, home) &&
	       (strcmp(team_of(man), away) == 0 || strcmp(team_of(man), home) == 0);
}

static bool is_rostered(const struct search *r, const struct man *man)
{
	(void)r;
	return man->member && man->member->active && man->member->team[0];
}

static bool plays(const struct search *r, const struct man *man)
{
	const struct slate_team *team = is_rostered(r, man) ? slate_team(r->slate, team_of(man)) : NULL;
	return team && team->game && team->game->status != GAME_POSTPONED && team->game->status != GAME_CANCELLED;
}

static bool is_exact(const struct search *r, const struct man *man)
{
	(void)r;
	return man->exact;
}

/* Keeps those of whom it is true; how many they are. */
static unsigned keep(struct search *r, bool (*is)(const struct search *r, const struct man *man))
{
	unsigned kept = 0;
	for (unsigned i = 0; i < r->count; i++)
		if (is(r, &r->men[i]))
			r->men[kept++] = r->men[i];
	return r->count = kept;
}

/* The same, unless it would leave none. */
static void prefer(struct search *r, bool (*is)(const struct search *r, const struct man *man))
{
	for (unsigned i = 0; i < r->count; i++)
		if (is(r, &r->men[i])) {
			keep(r, is);
			return;
		}
}

/* Those of the team; where it has none of them, those who come from it: a source may not have heard of a trade. */
static unsigned keep_team(struct search *r)
{
	struct search all = *r;
	if (keep(r, is_of_team) > 0)
		return r->count;
	*r = all;
	return keep(r, was_of_team);
}

/* Of several whom the name fits the one whom the event means. */
static void choose(struct search *r)
{
	if (r->identified != NO_INDEX) {
		keep(r, is_identified);
		return;
	}
	if (r->team[0])
		keep_team(r);
	else if (r->ask->game_id[0])
		keep(r, is_of_game);
	else {
		prefer(r, is_rostered);
		prefer(r, plays);
	}
	if (r->count > 1)
		prefer(r, is_exact); /* an alias of another is the weaker claim */
}

static struct slate_found ambiguous(const struct search *r, const struct man *men, unsigned count)
{
	struct slate_found found = {.player = r->ask->lookup, .how = FOUND_AMBIGUOUS, .chosen = true};
	for (; found.fit_count < count && found.fit_count < FITS_MAX; found.fit_count++)
		found.fits[found.fit_count] = men[found.fit_count].name;
	return found;
}

/* The one who is left of those gathered, of whom there is one at least. */
static struct slate_found decide(struct search *r, enum found how)
{
	if (r->count == 1 && r->identified == NO_INDEX) /* nearly all */
		return (struct slate_found){.player = r->men[0].name, .how = r->men[0].exact ? FOUND_EXACT : how};
	struct search all = *r;
	if (r->count > 1)
		choose(r);
	else if (r->identified != NO_INDEX && r->men[0].player != NO_INDEX)
		keep(r, is_identified); /* the name is one man's and the id another's */
	if (r->count == 1)
		return (struct slate_found){
			.player = r->men[0].name, .how = r->men[0].exact ? FOUND_EXACT : how, .chosen = all.count > 1};
	if (r->count == 0 && all.count == 1) {
		all.men[all.count++] = (struct man){.name = slate_name(r->slate, r->identified)};
		return ambiguous(r, all.men, all.count);
	}
	return r->count > 0 ? ambiguous(r, r->men, r->count) : ambiguous(r, all.men, all.count);
}

/* --- the steps ---------------------------------------------------------------------------------------------------- */

static struct slate_found stranger(const struct search *r)
{
	return (struct slate_found){.player = r->ask->lookup, .how = FOUND_STRANGER};
}

/* Whose name on the date it is, to the letter. */
static bool find_key(const struct search *r, struct slate_found *ret)
{
	const struct snapshot *league = slate_snapshot(r->slate);
	const char *lookup = r->ask->lookup;
	uint32_t player = league ? snapshot_player(league, lookup, slate_date(r->slate)) : NO_INDEX;
	const struct slate_member *m = slate_member(r->slate, lookup);
	*ret = (struct slate_found){.player = m ? m->lookup : lookup, .how = FOUND_EXACT};
	if (!m && player != NO_INDEX)
		ret->player = slate_name(r->slate, player);
	return m || (player != NO_INDEX && strcmp(ret->player, lookup) == 0);
}

/* He whose id it is, if the name has his surname: an id of another source's could be anybody's. */
static bool find_identified(const struct search *r, struct slate_found *ret)
{
	const struct snapshot *league = slate_snapshot(r->slate);
	if (r->identified == NO_INDEX || !has_surname(r->bare, league->player[r->identified].name))
		return false;
	*ret = (struct slate_found){.player = slate_name(r->slate, r->identified), .how = FOUND_ID};
	return true;
}

static void gather_roster(struct search *r)
{
	char away[TEAM_SIZE], home[TEAM_SIZE];
	if (r->team[0]) {
		gather_initialled(r, r->team);
	} else if (game_id_teams(r->ask->game_id, away, home)) {
		gather_initialled(r, away);
		gather_initialled(r, home);
	}
}

/* Of a name with a team behind it, those who are not of that team are out. */
static struct slate_found find_with_team(struct search *r, enum found how)
{
	struct search all = *r;
	if (keep_team(r) == 0)
		return (struct slate_found){.player = r->ask->lookup, .how = FOUND_STRANGER, .chosen = all.count > 0};
	return decide(r, how);
}

static struct slate_found find(struct search *r)
{
	static const struct {
		void (*gather)(struct search *r);
		enum found how;
	} steps[] = {{gather_named, FOUND_ALIAS}, {gather_suffixed, FOUND_SUFFIX}, {gather_roster, FOUND_ROSTER}};
	struct slate_found found;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (i == 1 && find_identified(r, &found))
			return found;
		steps[i].gather(r);
		if (r->count > 0)
			return *fold_team(r->ask->lookup) ? find_with_team(r, steps[i].how) : decide(r, steps[i].how);
	}
	return stranger(r);
}

/* What is longer is cut: every event comes here, too often for a format. */
static void copy(char *to, size_t size, const char *from, size_t length)
{
	length = length < size ? length : size - 1;
	memcpy(to, from, length);
	to[length] = '\0';
}

static struct slate_found resolve_name(const struct slate *s, const struct slate_ask *ask)
{
	const struct snapshot *league = slate_snapshot(s);
	const bool has_team = *fold_team(ask->lookup);
	struct search r = {.slate = s,
		.ask = ask,
		.identified = league && ask->player_id ? snapshot_player_by_id(league, ask->player_id) : NO_INDEX};
	struct slate_found found;
	const char *team = has_team ? fold_team(ask->lookup) : ask->team;
	copy(r.team, sizeof(r.team), team, strlen(team));
	if (has_team) /* of any spelling: an event's own was looked up as it was read */
		(void)teams_code(league ? league->spellings : NULL, fold_team(ask->lookup),
			strlen(fold_team(ask->lookup)), r.team);
	copy(r.bare, sizeof(r.bare), ask->lookup, fold_bare(ask->lookup));
	if ((has_team || ask->is_key) && find_key(&r, &found))
		return found;
	return find(&r);
}

/* What box scores write counts before both. Who was named while propsd runs is meant by whatever name the league has
 * him. */
const char *slate_alias_of(const struct slate *s, const char *lookup, bool lists)
{
	const struct snapshot *league = slate_snapshot(s);
	const char *player = slate_alias(s, lookup);
	uint32_t first = 0;
	if ((!player && !lists) || (league && snapshot_has_name(league, lookup)))
		return NULL;
	if (!player && (!league || snapshot_aliases(league, lookup, &first) != 1))
		return NULL;
	if (!player)
		return slate_name(s, league->alias[first].player);
	return resolve_name(s, &(struct slate_ask){.lookup = player, .team = "", .game_id = "", .is_key = true}).player;
}

struct slate_found slate_resolve(const struct slate *s, const struct slate_ask *ask)
{
	const char *player = slate_alias_of(s, ask->lookup, false);
	if (!player)
		return resolve_name(s, ask);
	const struct slate_ask his = {.lookup = player, .team = "", .game_id = "", .is_key = true};
	struct slate_found found =
		resolve_name(s, &his); /* he may be nobody by now: a name with a team that has changed */
	found.how = found.how == FOUND_STRANGER ? FOUND_STRANGER : FOUND_ALIAS;
	found.player = player;
	return found;
}

struct slate_found slate_resolve_event(const struct slate *s, const struct event *e)
{
	const bool regenerate = e->kind == EVENT_REGENERATE;
	struct slate_ask ask = {.lookup = e->player,
		.team = e->team,
		.game_id = e->game_id,
		.player_id = e->player_id,
		.is_key = regenerate && e->regenerate.exact};
	struct slate_found found = slate_resolve(s, &ask);
	if (!regenerate || found.how != FOUND_AMBIGUOUS || e->player_id)
		return found;
	ask.is_key = true;
	return slate_resolve(s, &ask);
}

struct slate_found slate_resolve_starter(const struct slate *s, const struct event *e, unsigned at)
{
	assert(e->kind == EVENT_LINEUP && at < e->lineup.count);
	return slate_resolve(
		s, &(struct slate_ask){.lookup = e->lineup.starters[at], .team = e->team, .game_id = e->game_id});
}
