#include "league/import_alias.h"

#include <string.h>

#include "base/str.h"

/* Box scores have no index by name, and there are a hundred times as many of them as players. */
int import_alias_know(struct store *store, struct err *err)
{
	int r = store_exec(store, "DROP TABLE IF EXISTS temp.bearer", err);
	if (r == 0)
		r = store_exec(store,
			"CREATE TEMP TABLE bearer AS"
			" SELECT player_lookup AS lookup, player_id AS id, max(game_date) AS last"
			" FROM main.player_games GROUP BY player_lookup, player_id",
			err);
	return r == 0 ? store_exec(store, "CREATE INDEX temp.bearer_lookup ON bearer (lookup)", err) : r;
}

/* Both spellings are known, and no one man has rows of both. */
#define BEARERS_OF(lookup, columns) "SELECT " columns " FROM temp.bearer WHERE lookup = " lookup
#define ONE_MAN(spelling, player) \
	"EXISTS (SELECT 1 FROM temp.bearer AS k, temp.bearer AS m WHERE k.lookup = " spelling \
	" AND m.lookup = " player " AND k.id = m.id)"

int import_alias_is_another(
	struct store *store, const struct import_row *row, struct import_refusal *ret_why, struct err *err)
{
	static const char sql[] = BEARERS_OF("?1", "max(last)") " AND EXISTS (" BEARERS_OF(
		"?2", "1") ") AND NOT " ONE_MAN("?1", "?2") " HAVING count(*) > 0";
	struct store_query *q = NULL;
	size_t length;
	int r = store_prepare(store, sql, &q, err);
	if (r < 0)
		return r;
	store_bind_text(q, 1, row->alias, strlen(row->alias));
	store_bind_text(q, 2, row->lookup, strlen(row->lookup));
	r = store_step(q, err);
	if (r > 0) {
		ret_why->column = "alias";
		import_show(ret_why->value, row->cell[COLUMN_ALIAS].text);
		text_format(ret_why->reason, sizeof(ret_why->reason),
			"is another player's own name, who has box scores (the last of %s): it cannot mean %.100s",
			store_text(q, 0, &length), row->cell[COLUMN_PLAYER].text);
	}
	store_query_free(q);
	return r;
}

int import_alias_unused(struct store *store, void (*each)(void *context, const struct import_unused_alias *alias),
	void *context, struct err *err)
{
	static const char sql[] = "SELECT alias, player, (" BEARERS_OF("key", "count(*)") "), (" BEARERS_OF(
		"player_lookup", "count(*)") "), " ONE_MAN("key",
		"player_lookup") ", player_id IS NOT NULL OR team IS NOT NULL, (" BEARERS_OF("player_lookup",
		"count(DISTINCT id)") ") FROM aliases ORDER BY key";
	struct store_query *q = NULL;
	int count = 0;
	int r = import_alias_know(store, err);
	if (r == 0)
		r = store_prepare(store, sql, &q, err);
	while (r >= 0 && (r = store_step(q, err)) > 0) {
		const int64_t spelling = store_int(q, 2), player = store_int(q, 3);
		const bool one_man = store_int(q, 4) != 0, is_told = store_int(q, 5) != 0;
		const int64_t ids = store_int(q, 6); /* rows without one are of the man that has one */
		size_t length;
		struct import_unused_alias unused = {
			.alias = store_text(q, 0, &length), .player = store_text(q, 1, &length)};
		if (spelling == 0 && player == 0 && !is_told)
			unused.why = ALIAS_OF_NOBODY;
		else if (spelling > 0 && player > 0 && !one_man)
			unused.why = ALIAS_OF_ITS_OWN;
		else if (spelling == 0 && ids > 1 && !is_told)
			unused.why = ALIAS_OF_SEVERAL;
		else
			continue;
		count++;
		each(context, &unused);
	}
	store_query_free(q);
	return r < 0 ? r : count;
}
