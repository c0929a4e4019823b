#include "slate/resolve.h"

#include <assert.h>
#include <string.h>

const char *found_name(enum found how)
{
	static const char *const names[FOUND_COUNT] = {
		[FOUND_EXACT] = "exact",
		[FOUND_ALIAS] = "alias",
		[FOUND_SUFFIX] = "suffix",
		[FOUND_ROSTER] = "roster",
		[FOUND_STRANGER] = "stranger",
		[FOUND_AMBIGUOUS] = "ambiguous",
	};
	assert(how < FOUND_COUNT);
	return names[how];
}

/* The one rostered player whose name differs only by a suffix; of two neither is. */
static const struct slate_member *by_suffix(const struct slate *s, const char *lookup)
{
	const struct slate_member *only = NULL;
	for (const struct slate_member *m = slate_stem(s, lookup); m; m = m->same_stem) {
		if (!m->active || !m->team[0])
			continue;
		if (only)
			return NULL;
		only = m;
	}
	return only;
}

struct slate_found slate_resolve(const struct slate *s, const struct slate_ask *ask)
{
	const struct snapshot *league = slate_snapshot(s);
	uint32_t p = league ? snapshot_player_exact(league, ask->lookup) : NO_INDEX;
	if (p != NO_INDEX) {
		const char *player = league->player[p].lookup;
		return (struct slate_found){
			.player = player, .how = strcmp(player, ask->lookup) == 0 ? FOUND_EXACT : FOUND_ALIAS};
	}
	const struct slate_member *m = slate_member(s, ask->lookup);
	if (m)
		return (struct slate_found){.player = m->lookup, .how = FOUND_EXACT};
	m = by_suffix(s, ask->lookup);
	if (m)
		return (struct slate_found){.player = m->lookup, .how = FOUND_SUFFIX};
	return (struct slate_found){.player = ask->lookup, .how = FOUND_STRANGER};
}

struct slate_found slate_resolve_event(const struct slate *s, const struct event *e)
{
	return slate_resolve(
		s, &(struct slate_ask){.lookup = e->player, .team = e->team, .game_id = e->game_id, .player_id = 0});
}

struct slate_found slate_resolve_starter(const struct slate *s, const struct event *e, unsigned at)
{
	assert(e->kind == EVENT_LINEUP && at < e->lineup.count);
	return slate_resolve(
		s, &(struct slate_ask){.lookup = e->lineup.starters[at], .team = e->team, .game_id = e->game_id});
}
