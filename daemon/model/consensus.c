/*
 * Rounding: exponentials and logarithms differ in the last bit from machine to machine, and what stands here enters the
 * next stage's fingerprint; so it is rounded far below what any report shows.
 */
#include "model/consensus.h"

#include <math.h>
#include <string.h>

#include "model/fingerprint.h"
#include "model/pricing.h"

#define BOOKS_MAX 64 /* of a market; more are not listened to */
#define NEAREST 0.0005 /* to 0 and 1 that a probability counts as */
#define SHIFT_STEPS 1e6
#define P_STEPS 1e9
#define MEAN_STEPS 1e4

static double within(double p)
{
	return p < NEAREST ? NEAREST : p > 1 - NEAREST ? 1 - NEAREST : p;
}

static double log_odds(double p)
{
	p = within(p);
	return log(p / (1 - p));
}

double moved_by(double p, double shift)
{
	const double times = exp(shift);

	return p * times / (1 - p + p * times);
}

static double stepped(double value, double steps)
{
	return rint(value * steps) / steps;
}

/* --- who speaks ------------------------------------------------------------------------------------------------- */

struct voice {
	double difference; /* from the figures, in log odds */
	size_t quote;
};

struct voices { /* by rising difference */
	struct voice voice[BOOKS_MAX];
	size_t count;
	bool priced;
};

static void add_voice(struct voices *v, double difference, size_t quote)
{
	size_t at = v->count;

	if (v->count == BOOKS_MAX)
		return;
	for (; at > 0 && v->voice[at - 1].difference > difference; at--)
		v->voice[at] = v->voice[at - 1];
	v->voice[at] = (struct voice){difference, quote};
	v->count++;
}

/* Lines without prices are heard where no book gives any: such a line is one that its book thinks even. */
static void listen(struct voices *v, const struct live_quote *q, size_t count, const struct quote_view *view)
{
	v->count = 0;
	v->priced = false;
	for (size_t i = 0; i < count; i++)
		v->priced |= !q[i].alternate && q[i].over && q[i].under;
	for (size_t i = 0; i < count; i++) {
		double opinion = 0.5;

		if (q[i].alternate || v->priced != (q[i].over && q[i].under) ||
			(!v->priced && (q[i].over || q[i].under)))
			continue;
		if (v->priced)
			price_opinion(&q[i], &opinion);
		add_voice(v, log_odds(opinion) - log_odds(view[i].p_model), i);
	}
}

/* Without the voice of one book, NULL: of nobody; of an even number the mean of the middle two. */
static double median(const struct voices *v, const struct live_quote *q, const char *but, size_t *ret_count)
{
	double kept[BOOKS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < v->count; i++)
		if (!but || strcmp(q[v->voice[i].quote].book, but) != 0)
			kept[n++] = v->voice[i].difference;
	*ret_count = n;
	return n > 0 ? (kept[(n - 1) / 2] + kept[n / 2]) / 2 : 0;
}

/* --- one market ------------------------------------------------------------------------------------------------- */

/* Where P(X > line), moved to what the books think, passes a half, between the lines k - 0.5. */
static int32_t even_line(const struct tails *t, double shift)
{
	double before = 1;

	for (unsigned k = 0; k < t->count; k++) {
		const double p = moved_by(tails_over(t, (int32_t)k * 100 + 50), shift);

		if (p < 0.5) {
			const double line = k - 0.5 + (before - 0.5) / (before - p);
			return line > 0 ? (int32_t)lrint(line * 100) : 0;
		}
		before = p;
	}
	return (int32_t)t->count * 100;
}

static double push(const struct tails *t, int32_t line)
{
	const unsigned k = (unsigned)line / 100;

	if (line % 100 != 0 || k >= t->count)
		return 0;
	const double p = 1 - t->above[k] - t->below[k];
	return p > 0 ? p : 0;
}

void consensus_view(const struct tails *t, int32_t line, struct quote_view *ret)
{
	*ret = (struct quote_view){
		.p_model = stepped(tails_over(t, line), P_STEPS), .p_push = stepped(push(t, line), P_STEPS), .off = -1};
}

static void off_market(struct quote_view *view, const struct live_quote *q, size_t count, const struct voices *v)
{
	for (size_t i = 0; i < count; i++) {
		double opinion = 0.5;
		size_t others;
		const double theirs = median(v, q, q[i].book, &others);

		view[i].off = -1;
		/* A main line without prices is one that its book thinks even; of such an alternate nobody knows. */
		if (others < CONSENSUS_OTHERS || (q[i].alternate && !q[i].over && !q[i].under))
			continue;
		price_opinion(&q[i], &opinion);
		/* Differences are from figures that were kept off 0 and 1, so these are as well. */
		view[i].off = stepped(fabs(opinion - moved_by(within(view[i].p_model), theirs)), P_STEPS);
	}
}

static void view_market(const struct live_quote *q, size_t count, const struct shapes *shapes,
	struct distribution *room, struct market_view *ret, struct quote_view *view)
{
	const enum market m = q[0].market;
	const bool other = !(market_stats(m) & 1u << STAT_POINTS);
	int32_t highest = 0;
	struct tails tails;
	struct voices voices;
	size_t books;

	for (size_t i = 0; i < count; i++)
		highest = q[i].line > highest ? q[i].line : highest;
	for (size_t i = 0; i < count; i++)
		view[i] = (struct quote_view){.p_model = -1, .off = -1};
	if (!shapes->tails(shapes->figures, m, (unsigned)highest / 100 + 1, room, &tails))
		return;
	for (size_t i = 0; i < count; i++)
		consensus_view(&tails, q[i].line, &view[i]);
	listen(&voices, q, count, view);
	const double theirs = median(&voices, q, NULL, &books);
	ret->books = (uint32_t)books;
	if (books > 0) {
		ret->shift =
			stepped(theirs * (voices.priced ? shapes->share : shapes->share_unpriced)[other], SHIFT_STEPS);
		ret->line = even_line(&tails, theirs);
	}
	off_market(view, q, count, &voices);
}

void consensus_compute(const struct live *live, const struct shapes *shapes,
	struct market_view ret_markets[MARKET_COUNT], struct quote_view *ret_quotes)
{
	const struct live_quote *quotes = live->quotes;
	struct distribution room;

	memset(ret_markets, 0, MARKET_COUNT * sizeof(*ret_markets));
	for (size_t i = 0, end; i < live->quote_count; i = end) {
		const enum market m = quotes[i].market;

		for (end = i; end < live->quote_count && quotes[end].market == m; end++)
			;
		view_market(&quotes[i], end - i, shapes, &room, &ret_markets[m], &ret_quotes[i]);
	}
}

void consensus_tell(const struct market_view markets[MARKET_COUNT], struct market_price ret[MARKET_COUNT])
{
	for (int i = 0; i < MARKET_COUNT; i++)
		ret[i] = (struct market_price){markets[i].books, markets[i].line, markets[i].shift};
}

struct fingerprint consensus_inputs(struct fingerprint figures, const struct live *live, bool moved)
{
	struct fingerprint f = fingerprint_join(fingerprint_start(STAGE_MARKET), figures);
	const char *book = "";

	f = fingerprint_mix(f, &moved, sizeof(moved));
	for (size_t i = 0; i < live->quote_count; i++) {
		const struct live_quote *q = &live->quotes[i];
		/* Which quotes are of one book is read, not its name. */
		const int32_t numbers[] = {
			(int32_t)q->market, q->alternate, strcmp(q->book, book) == 0, q->line, q->over, q->under};

		f = fingerprint_mix(f, numbers, sizeof(numbers));
		book = q->book;
	}
	return f;
}

/* --- shapes ----------------------------------------------------------------------------------------------------- */

static bool model_tails(const void *figures, enum market m, unsigned most, struct distribution *room, struct tails *ret)
{
	const struct figure *f = (const struct figure *)figures + m;

	distribution_init(room, f->mean, f->sd, distribution_shift(f->mean, f->sd), most);
	*ret = (struct tails){room->count, room->below, room->above};
	return true;
}

/* The shares were fitted on 21 October to 16 November 2025 (script/bench model); near them nothing is sharp. */
const struct shapes shapes_of_model = {
	.tails = model_tails,
	.share = {0.8, 0.7},
	.share_unpriced = {0.8, 0.4},
};

struct shapes shapes_unmoved(const struct shapes *shapes)
{
	return (struct shapes){.tails = shapes->tails, .figures = shapes->figures};
}

/* --- nothing but the books -------------------------------------------------------------------------------------- */

/* var(X) = factor m^power, as the model's own figures have it (script/bench model prints them). */
static const struct {
	double factor, power;
} usual[MARKET_COUNT] = {
	[MARKET_POINTS] = {4.54, 0.87},
	[MARKET_REBOUNDS] = {1.47, 1},
	[MARKET_ASSISTS] = {1.24, 1.03},
	[MARKET_THREES] = {1.17, 1.05},
	[MARKET_STEALS] = {1.09, 1},
	[MARKET_BLOCKS] = {1.17, 1.07},
	[MARKET_TURNOVERS] = {1.05, 1},
	[MARKET_PRA] = {7.85, 0.72},
	[MARKET_PR] = {6.43, 0.77},
	[MARKET_PA] = {5.2, 0.82},
	[MARKET_RA] = {2.32, 0.84},
};

static struct figure usual_figure(enum market m, double mean)
{
	return (struct figure){mean, stepped(sqrt(usual[m].factor * pow(mean, usual[m].power)), MEAN_STEPS)};
}

#define HALVINGS 30
#define MEAN_LEAST 0.02
#define MEAN_MOST 150.0

bool consensus_figure(const struct live_quote *quotes, size_t count, struct figure *ret)
{
	struct figure figures[MARKET_COUNT];
	double low = MEAN_LEAST, high = MEAN_MOST;
	int32_t highest = 0;
	struct distribution room;
	struct tails tails;
	size_t books = 0;

	for (size_t i = 0; i < count; i++)
		highest = quotes[i].line > highest ? quotes[i].line : highest;
	for (int round = 0; round < HALVINGS; round++) {
		const double middle = sqrt(low * high);
		struct voices v = {.priced = true};

		figures[quotes[0].market] = usual_figure(quotes[0].market, middle);
		model_tails(figures, quotes[0].market, (unsigned)highest / 100 + 1, &room, &tails);
		for (size_t i = 0; i < count; i++) {
			double opinion;

			if (quotes[i].alternate || !quotes[i].over || !quotes[i].under)
				continue;
			price_opinion(&quotes[i], &opinion);
			add_voice(&v, log_odds(opinion) - log_odds(tails_over(&tails, quotes[i].line)), i);
		}
		if (median(&v, quotes, NULL, &books) > 0)
			low = middle;
		else
			high = middle;
		if (books == 0)
			return false;
	}
	*ret = usual_figure(quotes[0].market, stepped(sqrt(low * high), MEAN_STEPS));
	return true;
}
