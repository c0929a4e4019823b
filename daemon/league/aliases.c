/*
 * Spellings are nodes, pairs are edges between them. Who has a spelling by his box scores has it for good; from there men
 * spread along the edges, a step at a time: all that are a step away are judged together, so that neither the order of
 * pairs nor that of players matters. Whom two men reach at once is neither's, and passes nothing on.
 */
#include "league/aliases.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aliases_shipped.h"

enum { NOBODY = -1, AMBIGUOUS = -2 };

struct node {
	const char *lookup;
	int64_t player; /* or NOBODY, AMBIGUOUS */
	int64_t next; /* who reaches it in this step */
	bool own; /* box scores have it */
};

struct graph {
	const struct snapshot_alias *known;
	size_t known_count;
	const struct alias_man *men;
	struct node *nodes; /* sorted by lookup */
	size_t count;
};

size_t aliases_shipped_count(void)
{
	return sizeof(shipped) / sizeof(shipped[0]);
}

struct alias_pair aliases_shipped(size_t at)
{
	struct alias_pair pair = {.shipped = true};
	const int spelling = fold_name(shipped[at][0], strlen(shipped[at][0]), pair.spelling);
	const int player = fold_name(shipped[at][1], strlen(shipped[at][1]), pair.player);
	assert(spelling > 0 && player > 0); /* tests/unit/test_aliases.c has looked at each */
	return pair;
}

static int by_node(const void *a, const void *b)
{
	return strcmp(((const struct node *)a)->lookup, ((const struct node *)b)->lookup);
}

static int by_alias(const void *a, const void *b)
{
	return strcmp(((const struct snapshot_alias *)a)->lookup, ((const struct snapshot_alias *)b)->lookup);
}

static struct node *node_of(const struct graph *g, const char *lookup)
{
	const struct node key = {.lookup = lookup};
	return bsearch(&key, g->nodes, g->count, sizeof(key), by_node);
}

static int64_t meet(int64_t one, int64_t other)
{
	return one == NOBODY || one == other ? other : other == NOBODY ? one : AMBIGUOUS;
}

/* The first known spelling that is not below `lookup`. */
static size_t bound(const struct graph *g, const char *lookup)
{
	size_t low = 0, high = g->known_count;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (strcmp(g->known[middle].lookup, lookup) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Who has it by his box scores. With `id` or `team` only who is that man. */
static int64_t owner(const struct graph *g, const char *lookup, int64_t id, const char *team)
{
	int64_t found = NOBODY;
	for (size_t i = bound(g, lookup); i < g->known_count && strcmp(g->known[i].lookup, lookup) == 0; i++) {
		const struct alias_man *man = &g->men[g->known[i].player];
		if ((!id || man->person_id == id) && (!*team || strcmp(man->team, team) == 0))
			found = meet(found, g->known[i].player);
	}
	return found;
}

/* The one man whose spelling differs by no more than a generational suffix. */
static int64_t owner_by_stem(const struct graph *g, const char *lookup)
{
	char stem[LOOKUP_SIZE] = "";
	const size_t length = fold_stem(lookup);
	int64_t found = NOBODY;
	memcpy(stem, lookup, length);
	for (size_t i = bound(g, stem); i < g->known_count && strncmp(g->known[i].lookup, stem, length) == 0; i++)
		if (fold_stem(g->known[i].lookup) == length)
			found = meet(found, g->known[i].player);
	return found;
}

/* One that names the id alone need not spell the name as box scores do. */
static int64_t man_of_id(const struct graph *g, int64_t id)
{
	for (size_t i = 0; id && i < g->known_count; i++)
		if (g->men[g->known[i].player].person_id == id)
			return g->known[i].player;
	return NOBODY;
}

static int make_nodes(struct graph *g, const struct alias_pair *pairs, size_t pair_count)
{
	size_t kept = 0;
	g->nodes = calloc(2 * pair_count + 1, sizeof(*g->nodes));
	if (!g->nodes)
		return -ENOMEM;
	for (size_t i = 0; i < pair_count; i++) {
		g->nodes[2 * i].lookup = pairs[i].spelling;
		g->nodes[2 * i + 1].lookup = pairs[i].player;
	}
	if (pair_count > 0)
		qsort(g->nodes, 2 * pair_count, sizeof(*g->nodes), by_node);
	for (size_t i = 0; i < 2 * pair_count; i++)
		if (kept == 0 || by_node(&g->nodes[kept - 1], &g->nodes[i]) != 0)
			g->nodes[kept++] = g->nodes[i];
	g->count = kept;
	for (size_t i = 0; i < kept; i++) {
		struct node *n = &g->nodes[i];
		n->player = owner(g, n->lookup, 0, "");
		n->own = n->player != NOBODY;
		if (!n->own)
			n->player = owner_by_stem(g, n->lookup);
		n->next = NOBODY;
	}
	return 0;
}

/* Whom the pair means by its player. */
static int64_t meant(const struct graph *g, const struct alias_pair *pair, const struct node *player)
{
	if (!pair->person_id && !*pair->team)
		return player->player;
	const int64_t man = owner(g, pair->player, pair->person_id, pair->team);
	return man == NOBODY ? man_of_id(g, pair->person_id) : man;
}

static void reach(struct node *n, int64_t player)
{
	if (n->player == NOBODY && player >= 0)
		n->next = meet(n->next, player);
}

/* Whether anybody got further. */
static bool step(struct graph *g, const struct alias_pair *pairs, size_t pair_count, bool shipped_too)
{
	bool further = false;
	for (size_t i = 0; i < pair_count; i++) {
		struct node *spelling = node_of(g, pairs[i].spelling), *player = node_of(g, pairs[i].player);
		if (pairs[i].shipped && !shipped_too)
			continue;
		reach(spelling, meant(g, &pairs[i], player));
		reach(player, spelling->player);
	}
	for (size_t i = 0; i < g->count; i++) {
		struct node *n = &g->nodes[i];
		further |= n->next != NOBODY;
		n->player = n->next != NOBODY ? n->next : n->player;
		n->next = NOBODY;
	}
	return further;
}

int64_t aliases_resolve(const struct snapshot_alias *known, size_t known_count, const struct alias_man *men,
	const struct alias_pair *pairs, size_t pair_count, struct snapshot_alias *ret)
{
	struct graph g = {.known = known, .known_count = known_count, .men = men};
	int64_t count = 0;
	if (make_nodes(&g, pairs, pair_count) < 0)
		return -ENOMEM;
	for (int shipped_too = 0; shipped_too < 2; shipped_too++)
		while (step(&g, pairs, pair_count, shipped_too))
			;
	for (size_t i = 0; i < g.count; i++) {
		if (g.nodes[i].own || g.nodes[i].player < 0)
			continue;
		memset(&ret[count], 0, sizeof(ret[count])); /* their bytes are the league's fingerprint */
		strcpy(ret[count].lookup, g.nodes[i].lookup);
		ret[count].given = true;
		ret[count++].player = (uint32_t)g.nodes[i].player;
	}
	if (count > 1)
		qsort(ret, (size_t)count, sizeof(*ret), by_alias);
	free(g.nodes);
	return count;
}
