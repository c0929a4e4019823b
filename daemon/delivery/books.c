/*
 * Books that fell silent: one that has quoted a date's games tonight and says nothing any more, while they have not
 * tipped. A feed that died looks like a book that has nothing to say, so each is measured by itself: silent is one
 * that has been for ingest.silent_after, and three times as long as its longest pause of the date, having begun to
 * speak three times at least before; and only while a game that it quoted tips within six hours: what is posted days
 * ahead may rest.
 *
 * A group's read gives each instance but a part of a book's quotes, so when it was heard stands in Redis, for all: what
 * was heard since is added every two seconds, and the answer tells of all books. Without news a date with games to come is
 * looked at by the clock.
 *
 * A session that ends takes the days along, not what was known of their books: a book that is silent is so until Redis says
 * otherwise, and the day is loaded for that question though no entry speaks of it.
 */
#include "delivery/internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "redis/shape.h"

#include <utlist.h>

enum {
	BOOKS_HEARD = 64, /* between two flushes; more are heard of later */
	STIRS_LEAST = 3,
	PAUSES = 3, /* of its longest pause */
	STIR_PARTS = 30, /* of silent_after: a pause of that length parts one stir from the next */
	LOOK_US = 30000000,
	HOURS_6_MS = 6 * 3600 * 1000,
	GAME_SIZE = 8, /* "LAL_GSW" */
	SILENT_MAX = 16, /* are told of */
};

struct heard_book {
	char book[BOOK_SIZE];
	int64_t first_ms, last_ms;
	int64_t longest_ms, stirs; /* of the pauses between them */
	char games[BOOKS_GAMES_BYTES + GAME_SIZE + 1];
};

struct books {
	struct heard_book heard[BOOKS_HEARD]; /* since the last flush */
	unsigned count;
	int64_t look_us; /* the next, without news */
	bool out; /* a flush is on the way */
	struct silent_book silent[SILENT_MAX]; /* those that are, as of the last look */
	unsigned silent_count,
		spoke; /* the latter: all that are looked at, as they spoke tonight and have a game to come */
	date_t date;
	struct books *next; /* of those that have no day just now */
};

static int64_t pause_ms(const struct delivery *d)
{
	return d->options.silent_after_us / 1000 / STIR_PARTS;
}

void books_keep(struct delivery *d)
{
	for (struct day *day = d->days; day; day = day->hh.next) {
		struct books *b = day->books;
		day->books = NULL;
		if (!b)
			continue;
		b->date = day->date;
		b->count = 0; /* what was not told is read again */
		b->out = false;
		b->look_us = 0;
		LL_PREPEND(d->books, b);
	}
}

/* The day's, those that were kept, or new ones; NULL: no memory. */
static struct books *books_of(struct delivery *d, struct day *day)
{
	struct books *b;
	if (day->books)
		return day->books;
	LL_SEARCH_SCALAR(d->books, b, date, day->date);
	if (b)
		LL_DELETE(d->books, b);
	day->books = b ? b : calloc(1, sizeof(*b));
	return day->books;
}

void books_free(struct delivery *d)
{
	struct books *b, *next;
	LL_FOREACH_SAFE (d->books, b, next)
		free(b);
	d->books = NULL;
}

static struct heard_book *find(struct books *b, const char *book, int64_t came_ms)
{
	for (unsigned i = 0; i < b->count; i++)
		if (strcmp(b->heard[i].book, book) == 0)
			return &b->heard[i];
	if (b->count == BOOKS_HEARD)
		return NULL;
	struct heard_book *h = &b->heard[b->count++];
	*h = (struct heard_book){.first_ms = came_ms, .last_ms = came_ms};
	text_format(h->book, sizeof(h->book), "%s", book);
	return h;
}

void books_heard(struct delivery *d, struct day *day, const struct entry *e, const char *game)
{
	const struct event *event = e->event;
	if (d->options.silent_after_us == 0 || (e->kind != EVENT_ODDS && e->kind != EVENT_GAME_ODDS) ||
		strlen(game) < 16)
		return;
	struct books *books = books_of(d, day);
	const char *book = e->kind == EVENT_ODDS ? event->odds.book : event->game_odds.book;
	struct heard_book *h = books ? find(books, book, e->came_ms) : NULL;
	if (!h)
		return;
	const int64_t pause = e->came_ms - h->last_ms;
	h->stirs += pause > 0 && pause >= pause_ms(d);
	if (pause > h->longest_ms)
		h->longest_ms = pause;
	if (e->came_ms < h->first_ms)
		h->first_ms = e->came_ms;
	if (pause > 0)
		h->last_ms = e->came_ms;
	const size_t length = strlen(h->games);
	if (!strstr(h->games, game + 9) && length < BOOKS_GAMES_BYTES)
		text_format(h->games + length, sizeof(h->games) - length, "%s%s", length ? " " : "", game + 9);
}

/* --- judging ----------------------------------------------------------------------------------------------------- */

static bool to_come(const struct slate_game *game, int64_t now_ms)
{
	return game && game->status != GAME_POSTPONED && game->status != GAME_CANCELLED && game->tip_ms > now_ms &&
	       game->tip_ms - now_ms <= HOURS_6_MS;
}

/* One of the games that it quoted, of those in the text. */
static bool any_to_come(const struct day *day, const char *games, int64_t now_ms)
{
	const struct slate_game *all;
	const size_t count = slate_games(day->slate, &all);
	for (size_t i = 0; i < count; i++)
		if (to_come(&all[i], now_ms) && (!games || strstr(games, all[i].id + 9)))
			return true;
	return false;
}

static bool is_held(const struct delivery *d, const struct day *day, enum order_whom whom, const char *name)
{
	const struct order_key any = order_key_of(ORDER_PAUSE, whom, 0, name),
			       that = order_key_of(ORDER_PAUSE, whom, day->date, name);
	return delivery_order(d, &any) || delivery_order(d, &that);
}

static void judge(struct delivery *d, const struct day *day, const char *book, const char *text, int64_t now_ms)
{
	struct books *b = day->books;
	char *end;
	const int64_t last = strtoll(text, &end, 10), longest = strtoll(end, &end, 10), stirs = strtoll(end, &end, 10);
	const int64_t after = d->options.silent_after_us / 1000, silence = now_ms - last;
	if (stirs < STIRS_LEAST || !any_to_come(day, end, now_ms) || is_held(d, day, ORDER_BOOK, book) ||
		is_held(d, day, ORDER_TYPE, stream_name(STREAM_ODDS)))
		return;
	b->spoke++;
	if (silence <= after || silence <= PAUSES * longest)
		return;
	if (b->silent_count < SILENT_MAX) {
		struct silent_book *s = &b->silent[b->silent_count];
		*s = (struct silent_book){.last_ms = last, .longest_ms = longest};
		text_format(s->book, sizeof(s->book), "%s", book);
	}
	b->silent_count++;
}

static void on_books(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	const date_t date = (date_t)(intptr_t)data;
	struct day *day;
	HASH_FIND(hh, d->days, &date, sizeof(date), day);
	if (day && day->books)
		day->books->out = false;
	if (value_is_code(reply, "OOM")) /* what was heard is told with what comes next */
		return;
	if (!link_heard(d, reply, "telling when books were heard", "(i [s])") || !day || !day->books)
		return;
	if (day->state == DAY_UNKNOWN || day->state == DAY_ASKED) { /* its games are not known just now */
		day->books->look_us = 0;
		return;
	}
	const struct value *hash = script_out(reply, BOOKS_OUT_BOOKS);
	day->books->silent_count = day->books->spoke = 0;
	for (size_t i = 0; day->state == DAY_READY && i + 1 < hash->count; i += 2)
		judge(d, day, value_text(&hash->items[i]), value_text(&hash->items[i + 1]),
			value_int(script_out(reply, BOOKS_OUT_TIME)));
}

/* --- telling ------------------------------------------------------------------------------------------------------ */

static void tell(struct delivery *d, struct day *day)
{
	struct books *b = day->books;
	char expiry[24];
	struct redis_request *r = link_script(d, SCRIPT_BOOKS, day);
	day_expiry(d, day, expiry);
	redis_arg(script_argv(r, BOOKS_EXPIRES), expiry);
	redis_arg_int(script_argv(r, BOOKS_PAUSE), pause_ms(d));
	(void)script_argv(r, BOOKS_ITEMS);
	for (unsigned i = 0; i < b->count; i++) {
		const unsigned item = script_next(r);
		redis_arg(script_argv(r, item + BOOKS_ITEM_BOOK), b->heard[i].book);
		redis_arg_int(script_argv(r, item + BOOKS_ITEM_FIRST), b->heard[i].first_ms);
		redis_arg_int(script_argv(r, item + BOOKS_ITEM_LAST), b->heard[i].last_ms);
		redis_arg_int(script_argv(r, item + BOOKS_ITEM_LONGEST), b->heard[i].longest_ms);
		redis_arg_int(script_argv(r, item + BOOKS_ITEM_STIRS), b->heard[i].stirs);
		redis_arg(script_argv(r, item + BOOKS_ITEM_GAMES), b->heard[i].games);
		(void)script_argv(r, item + BOOKS_ITEM_SIZE);
	}
	b->count = 0;
	b->out = true;
	link_send(d, on_books, (void *)(intptr_t)day->date); /* NOLINT: a number, not a pointer */
}

/* What another instance was told of a date is looked at here as well, by who knows the date. */
static void look(struct delivery *d, struct day *day, int64_t now_us)
{
	const int64_t often = d->options.silent_after_us / 4;
	if (!day->books && day->state == DAY_READY && any_to_come(day, NULL, delivery_redis_ms(d)))
		books_of(d, day);
	struct books *b = day->books;
	if (!b || b->out || (b->count == 0 && now_us < b->look_us))
		return;
	b->look_us = now_us + (often < LOOK_US ? often : LOOK_US);
	if (b->count > 0 || b->silent_count > 0 ||
		(day->state == DAY_READY && any_to_come(day, NULL, delivery_redis_ms(d))))
		tell(d, day);
}

static bool feed_is_silent(const struct books *b)
{
	return b->spoke > 1 && b->silent_count == b->spoke;
}

static size_t add_silent(char *text, size_t size, const struct books *b, int64_t now_ms)
{
	size_t length = 0;
	for (unsigned i = 0; i < b->silent_count && i < SILENT_MAX; i++) {
		char since[TIME_SIZE];
		const struct silent_book *s = &b->silent[i];
		length += text_format(text + length, size - length,
			"%s%.32s since %s (%" PRId64 " min; its longest pause before was %" PRId64 " min)",
			length ? ", " : "", s->book, time_format(s->last_ms / 1000 * 1000, since),
			(now_ms - s->last_ms) / 60000, s->longest_ms / 60000);
	}
	return length;
}

/* When any of them was heard last. */
static int64_t last_of(const struct books *b)
{
	int64_t last = 0;
	for (unsigned i = 0; i < b->silent_count && i < SILENT_MAX; i++)
		if (b->silent[i].last_ms > last)
			last = b->silent[i].last_ms;
	return last;
}

void books_tick(struct delivery *d, int64_t now_us)
{
	struct day *day, *next;
	char text[360] = "", feeds[360] = "", since[TIME_SIZE];
	size_t length = 0, feeds_length = 0;
	const int64_t now_ms = delivery_redis_ms(d);
	if (d->options.silent_after_us == 0)
		return;
	while (d->books) {
		day = day_get(d, d->books->date);
		if (!day || !books_of(d, day))
			return;
	}
	HASH_ITER (hh, d->days, day, next) {
		if (day->books && day->state == DAY_UNKNOWN)
			day_ask(d, day);
		look(d, day, now_us);
		const struct books *b = day->books;
		if (!b || b->silent_count == 0)
			continue;
		length += text_format(text + length, sizeof(text) - length, "%s", length ? "; " : "");
		length += add_silent(text + length, sizeof(text) - length, b, now_ms);
		length += text_format(text + length, sizeof(text) - length, " of %s", day->text);
		if (feed_is_silent(b))
			feeds_length += text_format(feeds + feeds_length, sizeof(feeds) - feeds_length,
				"%sall %u books of %s since %s (%" PRId64 " min)", feeds_length ? "; " : "",
				b->silent_count, day->text, time_format(last_of(b) / 1000 * 1000, since),
				(now_ms - last_of(b)) / 60000);
	}
	if (length)
		warnings_set(d->options.warnings, WARNING_SILENT, "no odds any more, and games to come: %s", text);
	else
		warnings_clear(d->options.warnings, WARNING_SILENT);
	if (feeds_length)
		warnings_set(d->options.warnings, WARNING_FEED, "no odds from any book, and games to come: %s", feeds);
	else
		warnings_clear(d->options.warnings, WARNING_FEED);
}

size_t delivery_silent(const struct delivery *d, date_t date, struct silent_book *ret, size_t max, bool *ret_all)
{
	const struct day *day;
	HASH_FIND(hh, d->days, &date, sizeof(date), day);
	const struct books *b = day ? day->books : NULL;
	if (!b)
		LL_SEARCH_SCALAR(d->books, b, date, date);
	const size_t count = b ? b->silent_count : 0, told = count < SILENT_MAX ? count : SILENT_MAX;
	*ret_all = b && feed_is_silent(b);
	for (size_t i = 0; i < told && i < max; i++)
		ret[i] = b->silent[i];
	return told < max ? told : max;
}
