/*
 * Order. What comes out does not depend on the order in which entries are applied (values carry keys), but for two
 * things that are read off the slate at that moment and are never judged again: whom a name means that is not to the
 * letter one player's alone, and whether an event came after its game's tip-off. So an entry does not go before a
 * slate entry that came earlier and may speak of the same name, team or game; and slate entries of one name go in the
 * order they came. Across instances there is no such order, nor between what was read and what is still in Redis.
 *
 * Rounds. Within a queue entries are sorted so that those which one script call handles cheaply stand together: a
 * player's odds (his hash is read and written once), a team's roster entries (each list tells the players of the teams
 * that it touches). What comes after a round was begun is of the next one, so nobody is overtaken for longer than a round.
 *
 * An entry that was found to be bound waits for the slate entries that were there by then, and is not judged again.
 */
#include "delivery/todo.h"

#include <stdlib.h>
#include <string.h>

#include "slate/resolve.h"

enum {
	ROUND_BITS = 33, /* of a turn, below the round: odds or not, and the hash of a name */
	MOVES_MAX = 1024, /* entries that one look moves behind the slate: some 0.3 ms */
};

/* What slate entries speak of: a player, by his lookup less a generational suffix; a team, by its code. Lookups are in
 * lower case and codes in upper case. */
struct todo_name {
	char text[LOOKUP_SIZE];
	unsigned count; /* of waiting entries */
	uint32_t group; /* of a player: where the first of them stands in its round */
	UT_hash_handle hh;
};

static struct entry *entry_of(struct queue_node *node)
{
	return (struct entry *)((char *)node - offsetof(struct entry, node));
}

static bool is_slate(const struct entry *e)
{
	return e->kind == EVENT_SLATE_GAME || e->kind == EVENT_SLATE_PLAYER;
}

static uint32_t group_of(const char *text)
{
	return (uint32_t)hash_bytes(text, strlen(text));
}

/* --- names -------------------------------------------------------------------------------------------------------- */

static struct todo_name *name_find(const struct todo *t, const char *text, size_t length)
{
	struct todo_name *name;
	HASH_FIND(hh, t->names, text, length, name);
	return name;
}

static bool name_waits(const struct todo *t, const char *text, size_t length)
{
	return length > 0 && name_find(t, text, length) != NULL;
}

static struct todo_name *name_add(struct todo *t, const char *text, size_t length) /* NULL: no memory */
{
	struct todo_name *name = name_find(t, text, length);
	if (!name) {
		name = calloc(1, sizeof(*name));
		if (!name)
			return NULL;
		memcpy(name->text, text, length);
		HASH_ADD_KEYPTR(hh, t->names, name->text, length, name);
		if (table_add_failed(name)) {
			free(name);
			return NULL;
		}
	}
	name->count++;
	return name;
}

static void name_remove(struct todo *t, const char *text, size_t length)
{
	struct todo_name *name = name_find(t, text, length);
	if (--name->count > 0)
		return;
	HASH_DEL(t->names, name);
	free(name);
}

/* The teams that a slate entry names: a player's, or both of a game. */
static size_t teams_of(const struct event *e, char teams[2][TEAM_SIZE])
{
	if (e->kind == EVENT_SLATE_GAME)
		return game_id_teams(e->game_id, teams[0], teams[1]) ? 2 : 0;
	memcpy(teams[0], e->team, TEAM_SIZE);
	return teams[0][0] ? 1 : 0;
}

/* The first `count` of its names. */
static void names_remove(struct todo *t, const struct event *e, size_t count)
{
	char teams[2][TEAM_SIZE];
	const size_t team_count = teams_of(e, teams);
	for (size_t i = 0; i < count; i++)
		if (i < team_count)
			name_remove(t, teams[i], strlen(teams[i]));
		else
			name_remove(t, e->player, fold_stem(e->player));
}

static size_t names_of(const struct event *e)
{
	char teams[2][TEAM_SIZE];
	return teams_of(e, teams) + (e->player[0] != '\0');
}

/* Also gives its place in the round: beside those of its team, unless the player has an older one. */
static bool names_add(struct todo *t, const struct event *e, uint32_t *group)
{
	char teams[2][TEAM_SIZE];
	const size_t team_count = teams_of(e, teams);
	size_t added = 0;
	for (; added < team_count; added++)
		if (!name_add(t, teams[added], strlen(teams[added])))
			goto fail;
	*group = group_of(e->kind == EVENT_SLATE_GAME ? e->game_id : e->team);
	if (!e->player[0])
		return true;
	struct todo_name *name = name_add(t, e->player, fold_stem(e->player));
	if (!name)
		goto fail;
	if (name->count == 1)
		name->group = *group;
	*group = name->group;
	return true;
fail:
	names_remove(t, e, added);
	*group = 0;
	return false;
}

static bool team_waits(const struct todo *t, const char *code)
{
	return name_waits(t, code, strlen(code));
}

/* His name, or the team that the slate has for him. */
static bool player_waits(const struct todo *t, const struct slate *s, const char *player, const char *canonical)
{
	const struct slate_member *m = slate_member(s, canonical);
	return name_waits(t, player, fold_stem(player)) || (m && team_waits(t, m->team));
}

/* Also where his team or his game chose him of several: any slate entry may have them choose another. */
static bool name_is_bound(const struct todo *t, const struct slate *s, const char *spelled, struct slate_found found)
{
	return found.chosen || player_waits(t, s, spelled, found.player);
}

/* Whether the entry must not go before the slate entries that wait. When in doubt it must not. */
static bool is_bound(const struct todo *t, const struct slate *s, const struct event *e)
{
	char teams[2][TEAM_SIZE];

	if (t->nameless > 0 || !(e->player[0] || e->team[0] || e->game_id[0]))
		return true;
	if (e->player[0] && name_is_bound(t, s, e->player, slate_resolve_event(s, e)))
		return true;
	if (team_waits(t, e->team))
		return true;
	if (e->game_id[0] && game_id_teams(e->game_id, teams[0], teams[1]) &&
		(team_waits(t, teams[0]) || team_waits(t, teams[1])))
		return true;
	for (unsigned i = 0; e->kind == EVENT_LINEUP && i < e->lineup.count; i++)
		if (name_is_bound(t, s, e->lineup.starters[i], slate_resolve_starter(s, e, i)))
			return true;
	/* His game may be one that only earlier events named, which Redis knows. */
	return t->facts > 0 && e->player[0] && !slate_place(s, slate_resolve_event(s, e).player, e->game_id, "").game[0];
}

bool todo_concerns(const struct todo *t, const struct slate *s, const char *player)
{
	return queue_size(&t->queues[TODO_SLATE]) > 0 && (t->nameless > 0 || player_waits(t, s, player, player));
}

/* --- queues ------------------------------------------------------------------------------------------------------- */

static int64_t round_of(const struct entry *e)
{
	return e->node.turn >> ROUND_BITS;
}

static struct entry *first_of(const struct todo *t, enum todo_kind kind)
{
	struct queue_node *node = queue_first(&t->queues[kind]);
	return node ? entry_of(node) : NULL;
}

/* Those bound have the round of the slate entries that they wait for. */
static int64_t collecting(const struct todo *t, enum todo_kind kind)
{
	return t->begun[kind == TODO_AFTER ? TODO_SLATE : kind] + 1;
}

static void enqueue(struct todo *t, struct entry *e, enum todo_kind kind, int64_t round, uint32_t group)
{
	const bool odds = e->key.stream == STREAM_ODDS;
	e->todo = kind;
	queue_add(&t->queues[kind], &e->node, round << ROUND_BITS | (int64_t)odds << 32 | group);
}

void todo_add(struct todo *t, struct entry *e)
{
	const enum todo_kind kind = is_slate(e) ? TODO_SLATE : TODO_OTHERS;
	int64_t round = collecting(t, kind);
	uint32_t group = e->key.stream == STREAM_ODDS ? group_of(e->event->player) : 0;

	if (kind == TODO_SLATE) {
		/* It comes back to where it was: others wait for it. */
		round = e->round = e->round ? e->round : round;
		e->nameless = !names_add(t, e->event, &group);
		t->nameless += e->nameless;
		t->facts += e->kind == EVENT_SLATE_GAME;
	}
	if (!t->since_us[kind])
		t->since_us[kind] = e->read_us;
	enqueue(t, e, kind, round, group);
}

void todo_remove(struct todo *t, struct entry *e)
{
	queue_remove(&t->queues[e->todo], &e->node);
	if (e->todo != TODO_SLATE)
		return;
	if (!e->nameless)
		names_remove(t, e->event, names_of(e->event));
	t->nameless -= e->nameless;
	t->facts -= e->kind == EVENT_SLATE_GAME;
}

size_t todo_count(const struct todo *t)
{
	size_t count = 0;
	for (int kind = 0; kind < TODO_KINDS; kind++)
		count += queue_size(&t->queues[kind]);
	return count;
}

struct entry *todo_walk(const struct todo *t, const struct entry *after)
{
	struct queue_node *node = after ? queue_next(&after->node) : NULL;
	for (unsigned kind = after ? after->todo + 1 : 0; !node && kind < TODO_KINDS; kind++)
		node = queue_first(&t->queues[kind]);
	return node ? entry_of(node) : NULL;
}

struct entry *todo_next(struct todo *t, enum todo_kind kind, const struct slate *s)
{
	const struct entry *slate = first_of(t, TODO_SLATE);
	struct entry *e = first_of(t, kind);
	if (kind == TODO_AFTER)
		return e && slate && round_of(e) >= round_of(slate) ? NULL : e;
	if (kind == TODO_SLATE || !slate)
		return e;
	for (unsigned moves = 0; e && is_bound(t, s, e->event); e = first_of(t, kind)) {
		if (moves++ == MOVES_MAX)
			return NULL;
		queue_remove(&t->queues[kind], &e->node);
		enqueue(t, e, TODO_AFTER, collecting(t, TODO_AFTER), (uint32_t)e->node.turn);
	}
	return e;
}

bool todo_collects(const struct todo *t, enum todo_kind kind, int64_t *ret_since_us)
{
	const struct entry *e = kind == TODO_AFTER ? NULL : first_of(t, kind);
	if (!e || round_of(e) != collecting(t, kind))
		return false;
	*ret_since_us = t->since_us[kind];
	return true;
}

void todo_begin(struct todo *t, enum todo_kind kind)
{
	int64_t since_us;
	if (!todo_collects(t, kind, &since_us))
		return;
	t->begun[kind]++;
	t->since_us[kind] = 0;
}
