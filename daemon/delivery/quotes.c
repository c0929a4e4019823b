/*
 * From the fields of a player's hash to his quotes. What a book says of a line stands in up to three fields, each with the
 * key of the entry that wrote it: of the whole quote, of its over, of its under. Each side is what the newest of its two
 * fields says, so it does not matter in which order entries of either form came. Sides of equal lines are one quote. Else
 * the newer one is the main line and the other, which nobody took back, stands among the alternates.
 */
#include "delivery/quotes.h"

#include "delivery/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct half { /* one side */
	const struct spoken *by; /* NULL: there is none */
	int32_t price;
};

int spoken_compare(const struct spoken *a, const struct spoken *b)
{
	const size_t common = a->key_length < b->key_length ? a->key_length : b->key_length;
	const int order = memcmp(a->key, b->key, common);
	return order ? order : (a->key_length > b->key_length) - (a->key_length < b->key_length);
}

bool spoken_parse(const char *name, const char *value, struct spoken *ret)
{
	char market[16], *end;
	const char *colon, *at, *text;

	if (name[0] != 'q' && name[0] != 'a')
		return false;
	*ret = (struct spoken){.alternate = name[0] == 'a', .side = name[1], .key = value};
	if (!name[1] || !strchr("+-:", name[1]))
		return false;
	const char *from = name[1] == ':' ? name + 1 : name + 2;
	if (*from++ != ':' || !(colon = strchr(from, ':')) || (size_t)(colon - from) >= sizeof(market))
		return false;
	text_format(market, sizeof(market), "%.*s", (int)(colon - from), from);
	if (!market_parse(market, &ret->market))
		return false;
	if (ret->alternate) {
		ret->line = (int32_t)strtol(colon + 1, &end, 10);
		colon = strchr(colon + 1, ':');
	}
	if (!colon || !(at = strchr(value, ' ')) || !(text = strchr(at + 1, ' ')))
		return false;
	ret->book = colon + 1;
	ret->key_length = (size_t)(at - value);
	ret->off = strcmp(++text, "off") == 0;
	if (ret->off)
		return true;
	ret->line = (int32_t)strtol(text, &end, 10);
	ret->over = (int32_t)strtol(end, &end, 10);
	ret->under = (int32_t)strtol(end, &end, 10);
	return true;
}

/* By market, book, main lines before alternates, line. */
struct place {
	enum market market;
	const char *book;
	bool alternate;
	int32_t line;
};

static int compare_places(struct place x, struct place y)
{
	if (x.market != y.market)
		return x.market < y.market ? -1 : 1;
	const int order = strcmp(x.book, y.book);
	if (order)
		return order;
	if (x.alternate != y.alternate)
		return x.alternate ? 1 : -1;
	return (x.line > y.line) - (x.line < y.line);
}

/* Whatever is said of a main line is of one place, wherever that line is. */
static int by_subject(const void *a, const void *b)
{
	const struct spoken *x = a, *y = b;
	return compare_places((struct place){x->market, x->book, x->alternate, x->alternate ? x->line : 0},
		(struct place){y->market, y->book, y->alternate, y->alternate ? y->line : 0});
}

static int by_place(const void *a, const void *b)
{
	const struct live_quote *x = a, *y = b;
	return compare_places((struct place){x->market, x->book, x->alternate, x->line},
		(struct place){y->market, y->book, y->alternate, y->line});
}

/* A whole quote that has the other side's price alone takes this side away. */
static struct half half_of(const struct spoken *whole, const struct spoken *own, bool over)
{
	const struct spoken *by = !own || (whole && spoken_compare(whole, own) > 0) ? whole : own;
	if (!by || by->off)
		return (struct half){0};
	const int32_t price = over ? by->over : by->under, other = over ? by->under : by->over;
	return price || !other ? (struct half){by, price} : (struct half){0};
}

static struct live_quote quote_of(struct half over, struct half under)
{
	const struct spoken *by = over.by ? over.by : under.by;
	return (struct live_quote){.market = by->market,
		.alternate = by->alternate,
		.book = by->book,
		.line = by->line,
		.over = over.price,
		.under = under.price};
}

size_t spoken_join(const struct spoken *of, size_t count, struct live_quote ret[2])
{
	const struct spoken *by[3] = {NULL};
	const struct half none = {0};
	for (size_t i = 0; i < count; i++)
		by[of[i].side == ':' ? 0 : of[i].side == '+' ? 1 : 2] = &of[i];
	const struct half over = half_of(by[0], by[1], true), under = half_of(by[0], by[2], false);
	if (!over.by && !under.by)
		return 0;
	if (!over.by || !under.by || over.by->line == under.by->line) {
		ret[0] = quote_of(over, under);
		return 1;
	}
	const bool over_leads = spoken_compare(over.by, under.by) > 0;
	ret[0] = over_leads ? quote_of(over, none) : quote_of(none, under);
	ret[1] = over_leads ? quote_of(none, under) : quote_of(over, none);
	ret[1].alternate = true;
	return 2;
}

static bool has_alternate(const struct live_quote *quotes, size_t count, const struct live_quote *like)
{
	for (size_t i = 0; i < count; i++)
		if (by_place(&quotes[i], like) == 0)
			return true;
	return false;
}

/* All of them, in any order. Where a book has an alternate at the line of a side that was left behind, that rules. */
static size_t join_all(const struct spoken *spoken, size_t count, struct live_quote *quotes, struct live_quote *behind)
{
	size_t n = 0, left = 0;
	for (size_t i = 0, end; i < count; i = end) {
		struct live_quote made[2];
		for (end = i + 1; end < count && by_subject(&spoken[end], &spoken[i]) == 0; end++)
			;
		const size_t both = spoken_join(&spoken[i], end - i, made);
		if (both > 0)
			quotes[n++] = made[0];
		if (both > 1)
			behind[left++] = made[1];
	}
	for (size_t i = 0, whole = n; i < left; i++)
		if (!has_alternate(quotes, whole, &behind[i]))
			quotes[n++] = behind[i];
	return n;
}

int quotes_parse(struct ticket *t, struct live *live, const struct value *player)
{
	const size_t most = player->type == VALUE_ARRAY ? player->count / 2 : 0;
	struct spoken *spoken = arena_alloc(t->arena, (most + 1) * sizeof(*spoken));
	struct live_quote *quotes = arena_alloc(t->arena, (2 * most + 1) * sizeof(*quotes));
	struct live_quote *behind = arena_alloc(t->arena, (most + 1) * sizeof(*behind));
	size_t count = 0;

	if (!spoken || !quotes || !behind)
		return -ENOMEM;
	for (size_t i = 0; i < most; i++)
		count += spoken_parse(
			value_text(&player->items[2 * i]), value_text(&player->items[2 * i + 1]), &spoken[count]);
	qsort(spoken, count, sizeof(*spoken), by_subject);
	live->quote_count = join_all(spoken, count, quotes, behind);
	qsort(quotes, live->quote_count, sizeof(*quotes), by_place);
	for (size_t i = 0; i < live->quote_count; i++) {
		quotes[i].book = arena_text(t->arena, quotes[i].book, strlen(quotes[i].book));
		if (!quotes[i].book)
			return -ENOMEM;
	}
	live->quotes = quotes;
	return 0;
}
