#include "regen/priority.h"

#include <errno.h>
#include <stdlib.h>

#include "base/str.h"

/* Who plays this much is what most people wait for; about a sixth of the league. */
#define STAR_MINUTES 30.0

int priority_add_tier(struct priority_policy *p, const char *lookup, enum level level)
{
	struct tier_player *t;
	p->has_tiers = true;
	HASH_FIND_STR(p->tiers, lookup, t);
	if (t) {
		if (level < t->level)
			t->level = level;
		return 0;
	}
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	text_format(t->lookup, sizeof(t->lookup), "%s", lookup);
	t->level = level;
	HASH_ADD_STR(p->tiers, lookup, t);
	if (table_add_failed(t)) {
		free(t);
		return -ENOMEM;
	}
	return 0;
}

void priority_done(struct priority_policy *p)
{
	struct tier_player *t, *next;
	HASH_ITER (hh, p->tiers, t, next) {
		HASH_DEL(p->tiers, t);
		free(t);
	}
}

static enum level tier_of(const struct priority_policy *p, const struct snapshot *s, date_t date, const char *lookup)
{
	if (p->has_tiers) {
		struct tier_player *t;
		HASH_FIND_STR(p->tiers, lookup, t);
		return t ? t->level : LEVEL_LOW;
	}
	uint32_t player = s ? snapshot_player(s, lookup, date) : NO_INDEX;
	return player != NO_INDEX && snapshot_mean_minutes(s, player) >= STAR_MINUTES ? LEVEL_HIGH : LEVEL_LOW;
}

enum level priority_of_player(const struct priority_policy *p, const struct snapshot *s, date_t date,
	const char *lookup, int64_t tip_ms, int64_t now_ms)
{
	enum level level = tier_of(p, s, date, lookup);
	bool near = p->near_us > 0 && tip_ms > now_ms && tip_ms - now_ms <= p->near_us / 1000;
	return near && level > LEVEL_HIGH ? LEVEL_HIGH : level;
}

enum level priority_of_event(const struct priority_policy *p, enum stream stream, bool has_own, enum level own)
{
	enum level level = p->type[stream];
	return has_own && own < level ? own : level;
}
