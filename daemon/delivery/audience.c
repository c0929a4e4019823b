/*
 * Who needs a run for what an apply list wrote. Two kinds of lists:
 *
 * Of a list of any other entries each item tells its own audience: the players that the slate named when the list was
 * made, and of those who once ran on the date whoever reads the field although no roster of tonight has him.
 *
 * Slate entries change who plays where, so they are judged together by the slate that came of all of them: for each
 * team and game that one of them touches the highest version, and each player once, at the highest of what he reads.
 * So a list of entries costs as much as it has entries, players and teams, and not the product. The needs are one
 * entry's, the leader's; the others are settled with it. It must be by the slate afterwards and not by what changed:
 * after a crash the same entries come again and change nothing, and the runs that they need are still owed. The teams
 * that somebody left stand in the day.
 */
#include "delivery/internal.h"

#include "delivery/field.h"
#include "slate/resolve.h"

#include <errno.h>
#include <string.h>

unsigned audience_facts(enum event_kind kind, bool himself)
{
	static const unsigned facts[] = {
		[EVENT_ODDS] = 1 << FACT_ODDS,
		[EVENT_GAME_ODDS] = 1 << FACT_GAME_ODDS,
		[EVENT_INJURY] = 1 << FACT_MATES,
		[EVENT_LINEUP] = 1 << FACT_LINEUP,
		[EVENT_REGENERATE] = FACTS_ALL,
		[EVENT_SLATE_GAME] = 1 << FACT_SLATE,
		[EVENT_SLATE_PLAYER] = 1 << FACT_SLATE,
		[EVENT_LEAGUE] = 1 << FACT_LEAGUE,
	};
	return kind == EVENT_INJURY && himself ? 1 << FACT_INJURY : facts[kind];
}

bool audience_asks(enum regenerate_phase asked, enum phase phase)
{
	return asked == REGENERATE_BOTH || (asked == REGENERATE_REPORT) == (phase == PHASE_REPORT);
}

static bool wants(const struct delivery *d, const struct event *e, enum phase phase, unsigned facts)
{
	const enum regenerate_phase asked = e->kind == EVENT_REGENERATE ? e->regenerate.phase : REGENERATE_BOTH;
	return audience_asks(asked, phase) && (d->phases.reads[phase] & facts) != 0;
}

static void tell_phase(struct delivery *d, struct entry *e, enum phase phase, const char *player, int64_t version,
	int64_t committed, int64_t later)
{
	need_count(d, e, phase, 1);
	d->ops->need(d->arg, e, phase, player, version, committed, later);
}

/* Whether he plays tonight by the slate. */
static bool on_slate(const struct slate *s, const char *player)
{
	const struct slate_member *m = slate_member(s, player);
	const struct slate_team *team = m && m->active && m->team[0] ? slate_team(s, m->team) : NULL;
	return team && team->game;
}

/*
 * Every need that is told of, and only here. An entry needs each phase in force that reads it. What both
 * read needs a report at once, on the last good output, and again when precompute is done, if reports are eager; else
 * once, then. `himself`: the event is about this player. False: no phase reads it, which settles it.
 */
static bool tell(
	struct delivery *d, struct entry *e, const char *player, bool himself, int64_t version, int64_t committed)
{
	const unsigned facts = audience_facts(e->event->kind, himself);
	/* A game that the event names for him may move him: a report always reads that, and finds out for precompute. */
	const bool named = himself && e->event->game_id[0];
	const bool report = named || wants(d, e->event, PHASE_REPORT, facts);
	const bool slow = d->phases.precompute && wants(d, e->event, PHASE_PRECOMPUTE, facts);
	const bool first = e->event->kind == EVENT_REGENERATE && e->event->regenerate.phase == REGENERATE_FIRST;
	if (slow)
		tell_phase(d, e, PHASE_PRECOMPUTE, player, first ? 1 : version, 0, report ? version : 0);
	if (report && (!slow || d->phases.eager))
		tell_phase(d, e, PHASE_REPORT, player, version, committed, 0);
	return report || slow;
}

/* What no phase reads another one may read some day, when other phases come into force: then all of the slate is run, and
 * who ever was. Whom no roster has gets his first report for that, and is known by it; any run covers this need. */
static void make_known(struct delivery *d, const struct slate *s, struct entry *e, const char *player)
{
	if (e->event->kind != EVENT_REGENERATE && !on_slate(s, player))
		tell_phase(d, e, PHASE_REPORT, player, 1, 0, 0);
}

void delivery_also_needs(struct delivery *d, struct entry *e)
{
	need_count(d, e, PHASE_REPORT, 1);
}

/* --- who ever ran ----------------------------------------------------------------------------------------------- */

/* Of the reply's list of those who ever ran (player, game, team, flat) the ones that no roster of a game has. */
int audience_ran(struct call *c, const struct value *list)
{
	const struct slate *s = c->day->slate;
	struct ran *ran = arena_alloc(c->arena, (list->count / RAN_ITEM_SIZE + 1) * sizeof(*ran));
	if (!ran)
		return -ENOMEM;
	c->ran = ran;
	c->ran_count = 0;
	for (size_t i = 0; i + RAN_ITEM_SIZE <= list->count; i += RAN_ITEM_SIZE) {
		const char *player = value_text(&list->items[i + RAN_ITEM_PLAYER]);
		const char *game = value_text(&list->items[i + RAN_ITEM_GAME]);
		if (on_slate(s, player))
			continue;
		ran[c->ran_count++] = (struct ran){
			.player = player,
			.done_in = game,
			.game = strchr(game, '-') ? "" : game, /* "20251115_-": he ran without a game */
			.team = value_text(&list->items[i + RAN_ITEM_TEAM]),
		};
	}
	c->day->ran = (unsigned)c->ran_count;
	return 0;
}

static bool is_asked(const struct affected *a, const char *game, date_t date)
{
	char none[GAME_ID_SIZE];
	for (size_t i = 0; i < a->done_count; i++)
		if (strcmp(a->done[i], ANY_GAME) == 0 ||
			strcmp(a->done[i][0] ? a->done[i] : no_game_id(date, none), game) == 0)
			return true;
	return false;
}

/* --- one item --------------------------------------------------------------------------------------------------- */

void audience_of_item(struct delivery *d, struct call *c, const struct call_item *item, int64_t version,
	const struct value *committed)
{
	struct entry *e = item->entry;
	const struct affected *a = item->affected;
	const struct slate *s = c->day->slate;
	const char *player = item->player;

	for (size_t p = 0; p < a->player_count; p++)
		if (!tell(d, e, a->players[p], strcmp(a->players[p], player) == 0, version,
			    item->alone ? 0 : value_int(&committed[p])))
			make_known(d, s, e, a->players[p]);
	if (a->done_count == 0)
		return;
	for (size_t i = 0; i < c->ran_count; i++) {
		const struct ran *r = &c->ran[i];
		if (is_asked(a, r->done_in, c->day->date) &&
			slate_reads(s, r->player, r->game, r->team, e->event, player))
			tell(d, e, r->player, strcmp(r->player, player) == 0, version, 0);
	}
}

/* --- a list of slate entries ------------------------------------------------------------------------------------- */

/* The highest version by a text: a team's code, a game's id, a player's lookup. */
struct version_of {
	const char *text;
	int64_t version;
	UT_hash_handle hh;
};

struct versions {
	struct version_of *table;
	struct arena *arena;
	bool failed;
};

static int64_t version_of(const struct versions *v, const char *text)
{
	struct version_of *one;
	HASH_FIND_STR(v->table, text, one);
	return one ? one->version : 0;
}

/* Added with 0 where it is not there; NULL: no memory. */
static struct version_of *version_at(struct versions *v, const char *text)
{
	struct version_of *one;
	HASH_FIND_STR(v->table, text, one);
	if (one)
		return one;
	one = arena_zalloc(v->arena, sizeof(*one));
	one = one && (one->text = arena_text(v->arena, text, strlen(text))) ? one : NULL;
	if (one)
		HASH_ADD_KEYPTR(hh, v->table, one->text, strlen(one->text), one);
	if (!one || table_add_failed(one)) {
		v->failed = true;
		return NULL;
	}
	return one;
}

static void raise_version(struct versions *v, const char *text, int64_t version)
{
	struct version_of *one = version_at(v, text);
	if (one && version > one->version)
		one->version = version;
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

struct slate_list {
	struct delivery *d;
	struct entry *leader;
	const struct slate *slate;
	struct versions touched; /* teams and games; their names have different lengths */
	struct versions players; /* whom entries are about, and who once ran; -1: was told */
};

static void touch(struct slate_list *list, const struct entry *e, int64_t version)
{
	struct slate_touch touch;
	const char *player = e->event->player[0] ? slate_resolve_event(list->slate, e->event).player : "";
	slate_touched(list->slate, e->event, player, &touch);
	for (size_t i = 0; i < touch.team_count; i++)
		raise_version(&list->touched, touch.teams[i], version);
	if (touch.game[0])
		raise_version(&list->touched, touch.game, version);
	if (player[0])
		raise_version(&list->players, player, version);
}

/* Those who once ran and read a touched team's roster though not active, or play in a touched game by what events said:
 * the latter also where a roster has them, of a team without a game. */
static void touch_ran(struct slate_list *list, const struct call *c)
{
	for (size_t i = 0; i < c->ran_count; i++) {
		const struct ran *r = &c->ran[i];
		const struct slate_member *m = slate_member(list->slate, r->player);
		const struct slate_place place = slate_place(list->slate, r->player, r->game, r->team);
		const int64_t by_team = m && m->team[0] ? version_of(&list->touched, m->team) : 0;
		const int64_t by_game = place.game[0] ? version_of(&list->touched, place.game) : 0;
		if (by_team || by_game)
			raise_version(&list->players, r->player, most(by_team, by_game));
	}
}

/* Each player once, at the highest of `version` and of what touches himself. */
static void tell_once(struct slate_list *list, const char *player, int64_t version)
{
	struct version_of *own = version_at(&list->players, player);
	if (!own || own->version < 0)
		return;
	version = most(version, own->version);
	own->version = -1;
	tell(list->d, list->leader, player, false, version, 0);
}

static void tell_rosters(struct slate_list *list)
{
	for (const struct version_of *t = list->touched.table; t; t = t->hh.next) {
		const struct slate_team *team = strlen(t->text) < TEAM_SIZE ? slate_team(list->slate, t->text) : NULL;
		for (size_t i = 0; team && i < team->count; i++)
			tell_once(list, team->roster[i]->lookup, t->version);
	}
}

/* The most urgent of them, so that its level is the level of all. */
static struct entry *leader_of(const struct call *c)
{
	struct entry *leader = NULL;
	for (unsigned i = 0; i < c->count; i++) {
		struct entry *e = c->items[i].entry;
		if (c->items[i].version > 0 &&
			(!leader || (e->has_priority && (!leader->has_priority || e->priority < leader->priority))))
			leader = e;
	}
	return leader;
}

int audience_of_slate(struct delivery *d, struct call *c)
{
	struct slate_list list = {.d = d, .leader = leader_of(c), .slate = c->day->slate};
	struct version_of *own, *next;

	if (!list.leader)
		return 0;
	list.touched.arena = list.players.arena = c->arena;
	for (unsigned i = 0; i < c->count; i++) {
		struct entry *e = c->items[i].entry;
		if (c->items[i].version == 0)
			continue;
		touch(&list, e, c->items[i].version);
		if (e != list.leader) {
			e->open++; /* until its leader is settled */
			e->follower = list.leader->follower;
			list.leader->follower = e;
			list.leader->leads = true;
		}
	}
	touch_ran(&list, c);
	tell_rosters(&list);
	HASH_ITER (hh, list.players.table, own, next)
		if (own->version > 0)
			tell_once(&list, own->text, 0);
	HASH_CLEAR(hh, list.touched.table);
	HASH_CLEAR(hh, list.players.table);
	return list.touched.failed || list.players.failed ? -ENOMEM : 0;
}
