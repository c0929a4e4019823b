#include "lines.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "league/import_csv.h"
#include "model/pricing.h"

enum { DAY, PLAYER, MARKET, LINE, OVER_PRICE, UNDER_PRICE, BOOK, NEEDED, READ = NEEDED, BEGINS, COLUMNS };
static const char *const columns[COLUMNS] = {
	"game_date", "player", "market", "line", "over_price", "under_price", "book", "snapshot_utc", "commence_utc"};

static bool find_columns(const struct csv_record *header, size_t at[COLUMNS])
{
	for (int c = 0; c < COLUMNS; c++) {
		at[c] = SIZE_MAX;
		for (size_t i = 0; i < header->count; i++) {
			if (strcmp(header->field[i], columns[c]) == 0)
				at[c] = i;
		}
		if (c < NEEDED && at[c] == SIZE_MAX)
			return false;
	}
	return true;
}

static const char *cell(const struct csv_record *r, const size_t at[COLUMNS], int column)
{
	return at[column] < r->count ? r->field[at[column]] : "";
}

static int64_t moment(const char *text)
{
	int64_t ms;

	return time_parse(text, &ms) ? ms : 0;
}

/* Index of the name; LINES_BOOKS: there are too many. */
static size_t book_of(struct lines *l, const char *name)
{
	for (size_t i = 0; i < l->books; i++) {
		if (strcmp(l->book[i], name) == 0)
			return i;
	}
	if (l->books == LINES_BOOKS || !(l->book[l->books] = strdup(name)))
		return LINES_BOOKS;
	return l->books++;
}

static struct line *next(struct lines *l)
{
	if (l->count == l->room) {
		const size_t room = l->room ? 2 * l->room : 65536;
		struct line *more = realloc(l->line, room * sizeof(*more));

		if (!more)
			return NULL;
		l->line = more;
		l->room = room;
	}
	return &l->line[l->count];
}

/* A row that is no line of ours (another market, no number) is passed over. */
static int take(struct lines *l, const struct csv_record *r, const size_t at[COLUMNS], date_t from, date_t until)
{
	const char *day = cell(r, at, DAY), *name = cell(r, at, PLAYER);
	struct line *line = next(l);
	char *end;

	if (!line)
		return -ENOMEM;
	*line = (struct line){0};
	const double points = strtod(cell(r, at, LINE), &end);
	if (*end != '\0' || end == cell(r, at, LINE) || !(points >= 0 && points < 1000))
		return 0;
	if (!date_parse(day, strlen(day), &line->date) || line->date < from || line->date > until)
		return 0;
	if (!market_parse(cell(r, at, MARKET), &line->quote.market) || fold_name(name, strlen(name), line->player) <= 0)
		return 0;
	const int64_t begins = moment(cell(r, at, BEGINS));
	line->read_ms = moment(cell(r, at, READ));
	if (begins && line->read_ms >= begins)
		return 0;
	const size_t book = book_of(l, cell(r, at, BOOK));
	if (book == LINES_BOOKS)
		return -E2BIG;
	line->player[fold_stem(line->player)] = '\0';
	line->book = (uint8_t)book;
	line->quote.line = (int32_t)lrint(points * 100);
	line->quote.over = (int32_t)strtol(cell(r, at, OVER_PRICE), NULL, 10);
	line->quote.under = (int32_t)strtol(cell(r, at, UNDER_PRICE), NULL, 10);
	l->count++;
	return 0;
}

static int read_file(struct lines *l, const char *path, date_t from, date_t until, struct err *err)
{
	struct csv *csv = NULL;
	struct csv_record record;
	size_t at[COLUMNS];
	int r = csv_open(path, &csv, err);

	if (r < 0)
		return r;
	r = csv_next(csv, &record, err);
	if (r > 0 && find_columns(&record, at)) {
		l->files++;
		while (r != 0) {
			r = csv_next(csv, &record, err);
			if (r < 0 && r != -EBADMSG)
				break;
			const int taken = r > 0 ? take(l, &record, at, from, until) : 0;
			if (taken < 0) {
				r = err_set(err, taken, "%s: %s", path,
					taken == -E2BIG ? "more books than there is room for" : "no memory");
				break;
			}
		}
	} else if (r > 0 || r == -EBADMSG) {
		r = 0; /* another kind of file */
	}
	csv_close(csv);
	return r;
}

static int by_day_player(const struct line *a, const struct line *b)
{
	return a->date != b->date ? (a->date > b->date) - (a->date < b->date) : strcmp(a->player, b->player);
}

static int by_listing(const struct line *a, const struct line *b)
{
	const int order = by_day_player(a, b);

	if (order)
		return order;
	if (a->quote.market != b->quote.market)
		return a->quote.market < b->quote.market ? -1 : 1;
	return (a->book > b->book) - (a->book < b->book);
}

/* Within a book's listing the newest first. */
static int by_time(const void *x, const void *y)
{
	const struct line *a = x, *b = y;
	const int order = by_listing(a, b);

	if (order)
		return order;
	if (a->read_ms != b->read_ms)
		return a->read_ms > b->read_ms ? -1 : 1;
	if (a->quote.line != b->quote.line)
		return a->quote.line < b->quote.line ? -1 : 1;
	return a->quote.over != b->quote.over ? (a->quote.over < b->quote.over ? -1 : 1)
					      : (a->quote.under > b->quote.under) - (a->quote.under < b->quote.under);
}

static int as_live(const void *x, const void *y)
{
	const struct line *a = x, *b = y;
	const int order = by_listing(a, b);

	if (order)
		return order;
	if (a->quote.alternate != b->quote.alternate)
		return a->quote.alternate ? 1 : -1;
	return (a->quote.line > b->quote.line) - (a->quote.line < b->quote.line);
}

static double uneven(const struct live_quote *q)
{
	if (!q->over || !q->under)
		return 1;
	const double over = price_probability(q->over), under = price_probability(q->under);
	return fabs(over / (over + under) - 0.5);
}

/* Leaves of each listing the newest lines, one a number of points, and says which one is the main one. */
static void sift(struct lines *l)
{
	size_t kept = 0;

	for (size_t i = 0, end; i < l->count; i = end) {
		const size_t first = kept;
		size_t main = first;

		for (end = i; end < l->count && by_listing(&l->line[i], &l->line[end]) == 0; end++) {
			const struct line *line = &l->line[end];

			if (line->read_ms != l->line[i].read_ms ||
				(kept > first && l->line[kept - 1].quote.line == line->quote.line))
				continue;
			l->line[kept] = *line;
			if (uneven(&l->line[kept].quote) < uneven(&l->line[main].quote))
				main = kept;
			kept++;
		}
		for (size_t k = first; k < kept; k++)
			l->line[k].quote.alternate = k != main;
	}
	l->count = kept;
}

struct named {
	char *name;
	size_t index;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static void sort_books(struct lines *l)
{
	struct named named[LINES_BOOKS];
	uint8_t place[LINES_BOOKS];

	for (size_t i = 0; i < l->books; i++)
		named[i] = (struct named){l->book[i], i};
	qsort(named, l->books, sizeof(*named), by_name);
	for (size_t i = 0; i < l->books; i++) {
		l->book[i] = named[i].name;
		place[named[i].index] = (uint8_t)i;
	}
	for (size_t i = 0; i < l->count; i++) {
		l->line[i].book = place[l->line[i].book];
		l->line[i].quote.book = l->book[l->line[i].book];
	}
}

static int is_csv(const struct dirent *entry)
{
	return strstr(entry->d_name, ".csv") != NULL;
}

static int in_order(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int lines_load(const char *folder, date_t from, date_t until, struct lines *ret, struct err *err)
{
	struct dirent **entries = NULL;
	const int count = scandir(folder, &entries, is_csv, in_order);
	int r = 0;

	*ret = (struct lines){0};
	if (count < 0)
		return err_set(err, -errno, "%s cannot be read: %s", folder, strerror(errno));
	for (int i = 0; i < count; i++) {
		char path[512];

		text_format(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		if (r == 0)
			r = read_file(ret, path, from, until, err);
		free(entries[i]);
	}
	free(entries);
	if (r < 0)
		return r;
	sort_books(ret);
	qsort(ret->line, ret->count, sizeof(*ret->line), by_time);
	sift(ret);
	qsort(ret->line, ret->count, sizeof(*ret->line), as_live);
	return 0;
}

void lines_done(struct lines *l)
{
	for (size_t i = 0; i < l->books; i++)
		free(l->book[i]);
	free(l->line);
}

const struct line *lines_of(const struct lines *l, date_t date, const char *lookup, size_t *ret_count)
{
	struct line key = {.date = date};
	size_t low = 0, high = l->count;

	text_format(key.player, sizeof(key.player), "%.*s", (int)fold_stem(lookup), lookup);
	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (by_day_player(&l->line[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (*ret_count = 0; low + *ret_count < l->count && by_day_player(&l->line[low + *ret_count], &key) == 0;)
		++*ret_count;
	return l->line + low;
}
