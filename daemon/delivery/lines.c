/*
 * A text has a line a change, "[MS ]KEY AT VALUE FIELD": a field of the player's hash as it became, and before it the
 * time of an entry that has one of its own. (The field is last, as a book's name may have blanks.) A book's line is what
 * up to three such fields amount to, so the changes are gone through by their keys, and after each one it is looked at
 * what the book's line is. Where nothing of that changed there is no point. Last come the fields that stand: what the
 * text has lost, at its bound or because it was not kept yet, shows there.
 */
#include "delivery/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "delivery/contract.h"
#include "delivery/quotes.h"
#include "delivery/scripts.h"

/* Of one change at most: what a cut, which leaves whole ones, may have taken beyond the bound. */
enum { CHANGE_SIZE = 300 };

struct said {
	struct spoken by;
	int64_t ms;
	bool stands; /* read off the hash */
};

static int by_subject(const void *a, const void *b)
{
	const struct said *x = a, *y = b;
	if (x->by.market != y->by.market)
		return x->by.market < y->by.market ? -1 : 1;
	int order = strcmp(x->by.book, y->by.book);
	if (!order)
		order = x->stands - y->stands;
	return order ? order : spoken_compare(&x->by, &y->by);
}

/* An order key's time, which stands behind a letter. */
static int64_t key_ms(const char *key)
{
	return strtoll(key + 1, NULL, 10);
}

/* "[MS ]KEY AT LINE OVER UNDER FIELD" or "[MS ]KEY AT off FIELD" */
static bool parse_change(char *text, struct said *ret)
{
	char *key = text, *end;
	int64_t ms = 0;
	if (*text >= '0' && *text <= '9') {
		ms = strtoll(text, &key, 10);
		if (*key++ != ' ')
			return false;
	}
	if (!(end = strchr(key, ' ')) || !(end = strchr(end + 1, ' ')))
		return false;
	for (int words = strncmp(end, " off ", 5) == 0 ? 1 : 3; words > 0; words--)
		if (!(end = strchr(end + 1, ' ')))
			return false;
	*end = '\0';
	if (!spoken_parse(end + 1, key, &ret->by) || ret->by.alternate)
		return false;
	ret->ms = ms ? ms : key_ms(ret->by.key);
	ret->stands = false;
	return true;
}

static bool parse_standing(const char *name, const char *value, struct said *ret)
{
	if (!spoken_parse(name, value, &ret->by) || ret->by.alternate)
		return false;
	ret->ms = key_ms(ret->by.key);
	ret->stands = true;
	return true;
}

static struct line_point point_of(const struct said *said, const struct spoken *fields, size_t count)
{
	struct live_quote quotes[2];
	struct line_point point = {.ms = said->ms, .by_then = said->stands};
	if (spoken_join(fields, count, quotes) == 0) {
		point.off = true;
		return point;
	}
	point.line = quotes[0].line;
	point.over = quotes[0].over;
	point.under = quotes[0].under;
	return point;
}

static bool is_news(const struct line_point *last, const struct line_point *point)
{
	if (!last)
		return !point->off;
	return last->off != point->off || last->line != point->line || last->over != point->over ||
	       last->under != point->under;
}

/* Of one market and book: `said` in the order of the entries. What stands is taken together, for it stands at once. */
static size_t walk(const struct said *said, size_t count, struct line_point *ret)
{
	struct spoken fields[3];
	size_t field_count = 0, n = 0;
	for (size_t i = 0; i < count; i++) {
		size_t f = 0;
		while (f < field_count && fields[f].side != said[i].by.side)
			f++;
		/* The same key twice: a move to another name, or what stands. A field's newest entry is what counts. */
		if (f == field_count)
			field_count++;
		fields[f] = said[i].by;
		if (said[i].stands && i + 1 < count)
			continue;
		const struct line_point point = point_of(&said[i], fields, field_count);
		if (is_news(n ? &ret[n - 1] : NULL, &point))
			ret[n++] = point;
	}
	return n;
}

static size_t collect(char *changes, const struct value *fields, struct arena *arena, struct said *ret)
{
	size_t n = 0;
	char *change;
	while ((change = strsep(&changes, "\n")) && changes)
		n += parse_change(change, &ret[n]);
	for (size_t i = 0; i + 1 < fields->count; i += 2) {
		const char *name = value_text(&fields->items[i]), *value = value_text(&fields->items[i + 1]);
		char *own_name = arena_text(arena, name, strlen(name)), *own = arena_text(arena, value, strlen(value));
		n += own_name && own && parse_standing(own_name, own, &ret[n]);
	}
	return n;
}

static size_t count_lines(const char *text)
{
	size_t n = 0;
	for (; (text = strchr(text, '\n')); text++)
		n++;
	return n;
}

static const char *named_game(const struct value *fields, struct arena *arena)
{
	for (size_t i = 0; i + 1 < fields->count; i += 2) {
		const char *value = value_text(&fields->items[i + 1]), *at = strchr(value, ' ');
		if (strcmp(value_text(&fields->items[i]), "g") == 0 && at && (at = strchr(at + 1, ' ')))
			return arena_text(arena, at + 1, strlen(at + 1));
	}
	return "";
}

int lines_parse(const struct value *reply, struct arena *arena, struct line_paths *ret)
{
	const struct value *text = script_out(reply, LINES_OUT_CHANGES), *fields = script_out(reply, LINES_OUT_FIELDS);
	const size_t kept = count_lines(value_text(text)), most = kept + fields->count / 2 + 1;
	char *changes = arena_text(arena, value_text(text), strlen(value_text(text)));
	struct said *said = arena_alloc(arena, most * sizeof(*said));
	struct line_point *all = arena_alloc(arena, most * sizeof(*all));
	struct line_path *paths = arena_alloc(arena, most * sizeof(*paths));
	size_t used = 0, count = 0;

	if (!changes || !said || !all || !paths)
		return -ENOMEM;
	const size_t n = collect(changes, fields, arena, said);
	qsort(said, n, sizeof(*said), by_subject);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && said[end].by.market == said[i].by.market &&
				  strcmp(said[end].by.book, said[i].by.book) == 0;
			end++)
			;
		const size_t made = walk(&said[i], end - i, &all[used]);
		if (made)
			paths[count++] = (struct line_path){said[i].by.market, said[i].by.book, &all[used], made};
		used += made;
	}
	const char *named = named_game(fields, arena);
	if (!named)
		return -ENOMEM;
	*ret = (struct line_paths){.paths = paths,
		.count = count,
		.kept = kept,
		.cut = text->length + CHANGE_SIZE > LINES_BYTES,
		.named = named};
	return 0;
}

const char *close_reason(enum close close)
{
	static const char *const reasons[] = {
		[CLOSE_STANDS] = "",
		[CLOSE_OPEN] = "the game has not begun",
		[CLOSE_NO_TIP] = "when the game begins is not known",
		[CLOSE_NO_QUOTE] = "no quote from before tip-off",
		[CLOSE_OFF] = "taken down before tip-off",
		[CLOSE_UNSURE] = "what was last said may be from after tip-off",
	};
	return reasons[close];
}

enum close lines_close(const struct line_path *path, int64_t tip_ms, int64_t now_ms, const struct line_point **ret)
{
	const struct line_point *last = NULL;
	bool unsure = false;
	if (tip_ms <= 0)
		return CLOSE_NO_TIP;
	if (now_ms < tip_ms)
		return CLOSE_OPEN;
	for (size_t i = 0; i < path->count; i++) {
		if (path->points[i].ms <= tip_ms)
			last = &path->points[i];
		else
			unsure |= path->points[i].by_then;
	}
	if (unsure)
		return CLOSE_UNSURE;
	if (!last)
		return CLOSE_NO_QUOTE;
	if (last->off)
		return CLOSE_OFF;
	*ret = last;
	return CLOSE_STANDS;
}
