/*
 * All names against all new ones, by tests that cost next to nothing; what they leave is asked of the games. A league of
 * 2,000 names, all of them new, is 2 million pairs: 20 ms.
 */
#include "league/import_alike.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/fold.h"
#include "base/str.h"

#define TEAMS_MAX 256
#define SURNAME_MIN 3 /* letters: shorter ones say too little */
#define ONE_EDIT_MIN 7

struct man {
	char lookup[LOOKUP_SIZE], surname[LOOKUP_SIZE], name[104];
	int64_t rows;
	int64_t id; /* 0: none; -1: several */
	uint64_t teams[TEAMS_MAX / 64];
	bool known; /* from before */
};

struct search {
	struct store *store;
	struct man *man;
	size_t count, room;
	char team[TEAMS_MAX][8];
	size_t teams;
	struct store_query *together;
	struct err *err;
};

int alike_remember(struct store *store, struct err *err)
{
	return store_exec(store,
		"PRAGMA temp_store = MEMORY; CREATE TEMP TABLE known AS SELECT DISTINCT player_lookup FROM player_games; "
		"CREATE INDEX temp.known_lookup ON known (player_lookup)",
		err);
}

/* The last word of a name that is no suffix, folded. */
static void surname_of(const char *name, char ret[LOOKUP_SIZE])
{
	size_t end = strlen(name);
	ret[0] = '\0';
	while (end > 0) {
		size_t from = end;
		while (from > 0 && name[from - 1] != ' ')
			from--;
		int length = fold_name(name + from, end - from, ret);
		static const char *const suffixes[] = {"jr", "sr", "ii", "iii", "iv", "v"};
		bool suffix = length <= 0;
		for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
			suffix = suffix || strcmp(ret, suffixes[i]) == 0;
		if (!suffix)
			return;
		ret[0] = '\0';
		end = from > 0 ? from - 1 : 0;
	}
}

static void add_team(struct search *s, struct man *m, const char *team)
{
	size_t i = 0;
	while (i < s->teams && strcmp(s->team[i], team) != 0)
		i++;
	if (i == TEAMS_MAX)
		return;
	if (i == s->teams)
		text_format(s->team[s->teams++], sizeof(s->team[0]), "%s", team);
	m->teams[i / 64] |= UINT64_C(1) << i % 64;
}

static int add_row(struct search *s, const struct store_query *q)
{
	size_t length;
	const char *lookup = store_text(q, 0, &length);
	struct man *m = s->count > 0 ? &s->man[s->count - 1] : NULL;
	if (!m || strcmp(m->lookup, lookup) != 0) {
		if (s->count == s->room) {
			size_t room = s->room ? 2 * s->room : 1024;
			struct man *grown = realloc(s->man, room * sizeof(*grown));
			if (!grown)
				return err_set(s->err, -ENOMEM, "out of memory");
			s->man = grown;
			s->room = room;
		}
		m = &s->man[s->count++];
		*m = (struct man){.known = store_int(q, 5) != 0};
		text_format(m->lookup, sizeof(m->lookup), "%s", lookup);
		text_format(m->name, sizeof(m->name), "%s", store_text(q, 1, &length));
		surname_of(m->name, m->surname);
	}
	if (!store_is_null(q, 2))
		m->id = m->id == 0 || m->id == store_int(q, 2) ? store_int(q, 2) : -1;
	m->rows += store_int(q, 4);
	add_team(s, m, store_text(q, 3, &length));
	return 0;
}

static int read_men(struct search *s)
{
	static const char sql[] = "SELECT player_lookup, max(player), player_id, team, count(*),"
				  " player_lookup IN (SELECT known.player_lookup FROM temp.known)"
				  " FROM player_games GROUP BY player_lookup, player_id, team ORDER BY player_lookup";
	struct store_query *q = NULL;
	int r = store_prepare(s->store, sql, &q, s->err);
	while (r >= 0 && (r = store_step(q, s->err)) > 0)
		r = add_row(s, q);
	store_query_free(q);
	return r;
}

static bool one_team(const struct man *a, const struct man *b)
{
	for (size_t i = 0; i < TEAMS_MAX / 64; i++) {
		if (a->teams[i] & b->teams[i])
			return true;
	}
	return false;
}

/* One letter more, one fewer, another one, or two that changed places. */
static bool one_edit(const char *a, const char *b)
{
	size_t x = strlen(a), y = strlen(b), from = 0;
	if (x > y + 1 || y > x + 1 || x < ONE_EDIT_MIN || y < ONE_EDIT_MIN)
		return false;
	while (a[from] && a[from] == b[from])
		from++;
	if (x == y)
		return strcmp(a + from + 1, b + from + 1) == 0 ||
		       (a[from] == b[from + 1] && a[from + 1] == b[from] && strcmp(a + from + 2, b + from + 2) == 0);
	return x > y ? strcmp(a + from + 1, b + from) == 0 : strcmp(a + from, b + from + 1) == 0;
}

/* NULL: they do not look alike. */
static const char *likeness(const struct man *a, const struct man *b)
{
	size_t stem = fold_stem(a->lookup);
	if (stem == fold_stem(b->lookup) && strncmp(a->lookup, b->lookup, stem) == 0)
		return "the same but for a suffix";
	if (one_edit(a->lookup, b->lookup))
		return "one letter differs";
	if (a->lookup[0] == b->lookup[0] && strlen(a->surname) >= SURNAME_MIN && strcmp(a->surname, b->surname) == 0 &&
		one_team(a, b))
		return "the same initial, surname and team";
	return NULL;
}

/* 1: they played in one game; 0: they did not. */
static int together(struct search *s, const struct man *a, const struct man *b)
{
	if (!s->together) {
		int r = store_prepare(s->store,
			"SELECT 1 FROM player_games a JOIN player_games b ON a.game_date = b.game_date"
			" AND (a.team = b.team OR a.team = b.opponent)"
			" WHERE a.player_lookup = ?1 AND b.player_lookup = ?2 LIMIT 1",
			&s->together, s->err);
		if (r < 0)
			return r;
	}
	store_bind_text(s->together, 1, a->lookup, strlen(a->lookup));
	store_bind_text(s->together, 2, b->lookup, strlen(b->lookup));
	int r = store_step(s->together, s->err);
	store_reset(s->together);
	return r;
}

/* 1: a pair to tell of; 0: none. */
static int judge(struct search *s, const struct man *a, const struct man *b, const char **ret_why)
{
	if (a->id && b->id) /* one number under two names is one man; two are two */
		return 0;
	*ret_why = likeness(a, b);
	if (!*ret_why)
		return 0;
	int r = together(s, a, b);
	return r < 0 ? r : r == 0;
}

static int find_pairs(struct search *s, void (*each)(void *context, const struct import_alike *pair), void *context)
{
	int count = 0;
	for (size_t i = 0; i < s->count; i++) {
		for (size_t j = 0; j < s->count && !s->man[i].known; j++) {
			const struct man *a = &s->man[i], *b = &s->man[j];
			const char *why;
			if (i == j || (!b->known && j < i))
				continue;
			int r = judge(s, a, b, &why);
			if (r < 0)
				return r;
			if (r == 0)
				continue;
			if (!b->known && a->rows > b->rows) {
				const struct man *more = a;
				a = b;
				b = more;
			}
			each(context, &(struct import_alike){a->name, a->lookup, b->name, b->lookup, why});
			count++;
		}
	}
	return count;
}

int alike_find(struct store *store, void (*each)(void *context, const struct import_alike *pair), void *context,
	struct err *err)
{
	struct search s = {.store = store, .err = err};
	int r = read_men(&s);
	if (r >= 0)
		r = find_pairs(&s, each, context);
	store_query_free(s.together);
	free(s.man);
	return r;
}
