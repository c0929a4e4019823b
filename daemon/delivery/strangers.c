/*
 * Names that nobody knows. An entry for a player whom neither the league nor the slate knows makes a report that nobody
 * asks for, and the man who was meant keeps the old one; an entry for a team or a game that is not on the slate of its
 * date reaches nobody; one with the wrong date is lost on the night that it was for. Names are kept for a day in a small
 * table, for `propsctl strangers`, and those of the last hour stand in a warning. They come from outside, so the table is
 * bounded, and the one that was not seen for longest makes room. What is nearest to a name is worked out when somebody
 * asks for it: a flood of names costs a look through the table each, and no search.
 *
 * slate/stranger.c says who is one.
 */
#include "delivery/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "slate/resolve.h"

#define KEPT_US INT64_C(86400000000)
#define WARNED_US INT64_C(3600000000)
enum {
	EXAMPLES = 4, /* of each kind, in the warning */
	SEARCHES = 32, /* between two ticks: some 10 ms */
};

/* The place of a new row, or the one that is there. */
static struct stranger_row *find(struct strangers *t, const struct stranger *who, const char *source)
{
	struct stranger_row *oldest = &t->rows[0];
	for (unsigned i = 0; i < STRANGER_ROWS; i++) {
		struct stranger_row *row = &t->rows[i];
		if (row->count > 0 && row->kind == who->kind && strcmp(row->name, who->name) == 0 &&
			strcmp(row->source, source) == 0)
			return row;
		if (oldest->count > 0 && (row->count == 0 || row->seen_us < oldest->seen_us))
			oldest = row;
	}
	t->left_out += oldest->count > 0;
	*oldest = (struct stranger_row){.kind = who->kind};
	text_format(oldest->name, sizeof(oldest->name), "%s", who->name);
	text_format(oldest->source, sizeof(oldest->source), "%s", source);
	return oldest;
}

static const char *source_of(const struct event *e)
{
	if (e->kind == EVENT_ODDS)
		return e->odds.book;
	return e->kind == EVENT_GAME_ODDS ? e->game_odds.book : stream_name(e->stream);
}

static struct stranger_row *note(
	struct delivery *d, const struct day *day, const struct entry *e, const struct stranger *who)
{
	struct stranger_row *row = find(&d->strangers, who, source_of(e->event));
	if (row->date != day->date)
		row->looked = false;
	row->date = day->date;
	row->first_ms = row->count == 0 || e->came_ms < row->first_ms ? e->came_ms : row->first_ms;
	row->last_ms = e->came_ms > row->last_ms ? e->came_ms : row->last_ms;
	row->seen_us = link_now_us(d);
	row->count++;
	if (who->spelling[0])
		text_format(row->spelling, sizeof(row->spelling), "%s", who->spelling);
	d->strangers.news = true;
	metrics_add(d->options.metrics, METRIC_UNKNOWN_NAMES, (unsigned)who->kind, 1);
	return row;
}

/* A regenerate for one phase alone is propsd's own, and of somebody who passed before; a schedule's come also on days when
 * its teams do not play. */
static bool may_refuse(const struct delivery *d, const struct event *e)
{
	const bool by_clock = e->event_id && strncmp(e->event_id, "schedule:", strlen("schedule:")) == 0;
	const bool own = e->kind == EVENT_REGENERATE && (e->regenerate.phase != REGENERATE_BOTH || by_clock);
	return d->options.refuse_strangers && !own;
}

enum stranger_fate strangers_look(
	struct delivery *d, const struct day *day, const struct entry *e, const struct slate_found *player)
{
	struct stranger found[STRANGERS_OF_EVENT];
	const bool refuses = may_refuse(d, e->event);
	const size_t count = e->applied_before && !refuses ? 0 : stranger_find(day->slate, e->event, player, found);
	if (count == 0)
		return STRANGER_GOES_ON;
	/* Another instance may have applied since what makes the name known. */
	if (refuses && e->read_us > day->asked_us)
		return STRANGER_UNSURE;
	if (!d->strangers.rows)
		d->strangers.rows = calloc(STRANGER_ROWS, sizeof(*d->strangers.rows));
	for (size_t i = 0; d->strangers.rows && i < count; i++)
		note(d, day, e, &found[i]);
	return refuses ? STRANGER_REFUSED : STRANGER_GOES_ON;
}

void strangers_bury(struct delivery *d, struct day *day, struct entry *e)
{
	static const char *const fields[STRANGER_KINDS] = {
		[STRANGER_PLAYER] = "player_lookup",
		[STRANGER_TEAM] = "team",
		[STRANGER_GAME] = "game_id",
		[STRANGER_AMBIGUOUS] = "player_lookup",
		[STRANGER_WRONG_DATE] = "game_date",
	};
	static const char *const wrong[STRANGER_KINDS] = {
		[STRANGER_PLAYER] = "is nobody whom the league or the slate knows",
		[STRANGER_TEAM] = "has no game",
		[STRANGER_GAME] = "is no game",
		[STRANGER_AMBIGUOUS] = "fits several players",
		[STRANGER_WRONG_DATE] = "does not play",
	};
	struct stranger found[STRANGERS_OF_EVENT];
	char remedy[STRANGER_REMEDY_SIZE];
	struct str text = {0};
	struct slate_found player = {.player = ""};
	if (e->event->player[0])
		player = slate_resolve_event(day->slate, e->event);
	if (stranger_find(day->slate, e->event, &player, found) == 0)
		return; /* cannot be: nothing has changed since it was looked at */
	const struct stranger *who = &found[0];
	struct stranger_row none = {0};
	struct stranger_row *row = d->strangers.rows ? find(&d->strangers, who, source_of(e->event)) : &none;
	delivery_stranger_nearest(d, row);
	str_printf(&text, "\"%s\" %s on %s, and ingest.strangers is refuse",
		who->spelling[0] ? who->spelling : who->name, wrong[who->kind], day->text);
	for (unsigned i = 0; i < row->near_count; i++)
		str_printf(&text, "%s%s (%s)", i ? ", " : ". Nearest: ", row->near[i].name, row->near[i].why);
	str_printf(&text, ". To do: %s. Then propsctl dead retry",
		stranger_remedy(who->kind, who->name, who->spelling, row->near_count ? &row->near[0] : NULL, remedy));
	const bool starter =
		e->event->kind == EVENT_LINEUP && (who->kind == STRANGER_PLAYER || who->kind == STRANGER_AMBIGUOUS);
	bury(d, e, "stranger", starter ? "starters" : fields[who->kind], text.failed ? "a stranger" : text.data);
	str_done(&text);
}

/* --- the warning ------------------------------------------------------------------------------------------------- */

static bool is_warned_of(const struct stranger_row *row, int64_t now_us)
{
	return row->count > 0 && now_us - row->seen_us <= WARNED_US;
}

static bool is_same(const struct stranger_row *a, const struct stranger_row *b)
{
	return a->kind == b->kind && strcmp(a->name, b->name) == 0;
}

/* Of all its sources, and only for the first of the rows: else 0. */
static unsigned count_once(const struct strangers *t, const struct stranger_row *row, int64_t now_us)
{
	unsigned count = 0;
	if (!is_warned_of(row, now_us))
		return 0;
	for (const struct stranger_row *r = t->rows; r < t->rows + STRANGER_ROWS; r++) {
		if (!is_warned_of(r, now_us) || !is_same(r, row))
			continue;
		if (r < row)
			return 0;
		count += r->count;
	}
	return count;
}

/* "2 games: 20251201_LAL_GSW (3), ..." and the like; of many the first few, as they stand in the table. */
static void tell(const struct strangers *t, enum stranger_kind kind, int64_t now_us, struct str *text)
{
	static const char *const words[STRANGER_KINDS][2] = {
		[STRANGER_PLAYER] = {"player", "players"},
		[STRANGER_TEAM] = {"team without a game", "teams without a game"},
		[STRANGER_GAME] = {"game", "games"},
		[STRANGER_AMBIGUOUS] = {"name of several players", "names of several players"},
		[STRANGER_WRONG_DATE] = {"on another date", "on another date"},
	};
	char examples[EXAMPLES * (LOOKUP_SIZE + 16)];
	size_t length = 0;
	unsigned names = 0;
	examples[0] = '\0';
	for (const struct stranger_row *row = t->rows; row < t->rows + STRANGER_ROWS; row++) {
		const unsigned count = row->kind == kind ? count_once(t, row, now_us) : 0;
		if (count > 0 && names++ < EXAMPLES)
			length += text_format(examples + length, sizeof(examples) - length, "%s %.40s (%u)",
				length ? "," : "", row->name, count);
	}
	if (names > 0)
		str_printf(text, "%s%u %s:%s%s", text->length ? "; " : "", names, words[kind][names != 1], examples,
			names > EXAMPLES ? ", ..." : "");
}

static void warn(struct delivery *d, int64_t now_us)
{
	struct str text = {0};
	for (int kind = 0; kind < STRANGER_KINDS; kind++)
		tell(&d->strangers, (enum stranger_kind)kind, now_us, &text);
	if (text.length > 0 && !text.failed)
		warnings_set(d->options.warnings, WARNING_UNKNOWN,
			"entries of the last hour named what nobody knows, and how often: %s", text.data);
	else
		warnings_clear(d->options.warnings, WARNING_UNKNOWN);
	str_done(&text);
}

/* --- whole ------------------------------------------------------------------------------------------------------ */

static const struct slate *slate_of(const struct delivery *d, date_t date)
{
	struct day *day;
	HASH_FIND(hh, d->days, &date, sizeof(date), day);
	return day && (day->state == DAY_READY || day->state == DAY_BEHIND) ? day->slate : NULL;
}

/* It was made known since, or is too old to be of interest. */
static bool is_over(const struct delivery *d, const struct stranger_row *row, int64_t now_us)
{
	const struct slate *s = slate_of(d, row->date);
	return now_us - row->seen_us > KEPT_US || (s && !stranger_is_still(s, row->kind, row->name));
}

static void drop_known(struct delivery *d, int64_t now_us)
{
	struct strangers *t = &d->strangers;
	for (struct stranger_row *row = t->rows; row && row < t->rows + STRANGER_ROWS; row++) {
		if (row->count == 0 || !is_over(d, row, now_us))
			continue;
		*row = (struct stranger_row){0};
		t->news = true;
	}
}

void strangers_tick(struct delivery *d, int64_t now_us)
{
	struct strangers *t = &d->strangers;
	unsigned counts[STRANGER_KINDS];
	uint64_t left_out;
	t->searches = 0;
	drop_known(d, now_us);
	if (!t->rows || !(t->news || warnings_text(d->options.warnings, WARNING_UNKNOWN)))
		return;
	t->news = false;
	warn(d, now_us);
	delivery_stranger_counts(d, counts, &left_out);
	for (unsigned kind = 0; kind < STRANGER_KINDS; kind++)
		metrics_set(d->options.metrics, METRIC_STRANGERS, kind, counts[kind]);
}

_Static_assert((int)STRANGER_PLAYER == METRIC_NAMED_PLAYER && (int)STRANGER_TEAM == METRIC_NAMED_TEAM &&
		       (int)STRANGER_GAME == METRIC_NAMED_GAME && (int)STRANGER_AMBIGUOUS == METRIC_NAMED_AMBIGUOUS &&
		       (int)STRANGER_WRONG_DATE == METRIC_NAMED_WRONG_DATE,
	"kinds are the metrics' labels");

/* With another league others may be known. */
void strangers_forget(struct delivery *d)
{
	if (d->strangers.rows)
		memset(d->strangers.rows, 0, STRANGER_ROWS * sizeof(*d->strangers.rows));
	d->strangers.left_out = 0;
	d->strangers.news = true;
}

/* --- for operators ---------------------------------------------------------------------------------------------- */

static int by_newest(const void *a, const void *b)
{
	const struct stranger_row *x = *(struct stranger_row *const *)a, *y = *(struct stranger_row *const *)b;
	const int64_t order = y->seen_us != x->seen_us ? y->seen_us - x->seen_us : y->last_ms - x->last_ms;
	return order ? (order > 0 ? 1 : -1) : strcmp(x->name, y->name);
}

size_t delivery_strangers(
	struct delivery *d, enum stranger_kind kind, struct stranger_row **ret, size_t max, size_t *ret_total)
{
	struct stranger_row *all[STRANGER_ROWS];
	struct strangers *t = &d->strangers;
	size_t count = 0;
	drop_known(d, link_now_us(d));
	for (struct stranger_row *row = t->rows; row && row < t->rows + STRANGER_ROWS; row++)
		if (row->count > 0 && (kind == STRANGER_KINDS || row->kind == kind))
			all[count++] = row;
	qsort(all, count, sizeof(all[0]), by_newest);
	*ret_total = count;
	count = count < max ? count : max;
	memcpy(ret, all, count * sizeof(all[0]));
	return count;
}

void delivery_stranger_counts(const struct delivery *d, unsigned ret[STRANGER_KINDS], uint64_t *ret_left_out)
{
	const struct strangers *t = &d->strangers;
	memset(ret, 0, STRANGER_KINDS * sizeof(ret[0]));
	for (const struct stranger_row *row = t->rows; row && row < t->rows + STRANGER_ROWS; row++)
		ret[row->kind] += row->count > 0;
	*ret_left_out = t->left_out;
}

void delivery_stranger_nearest(struct delivery *d, struct stranger_row *row)
{
	const bool may = !row->looked && d->strangers.searches < SEARCHES;
	const struct slate *s = may ? slate_of(d, row->date) : NULL;
	if (!s)
		return;
	d->strangers.searches++;
	row->near_count = (unsigned)stranger_nearest(s, row->kind, row->name, row->near);
	row->looked = true;
}
