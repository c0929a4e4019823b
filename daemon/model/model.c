/*
 * A run asks for each stage in turn: the fingerprint of what the stage would read, then either the blob of an
 *earlier run with that very fingerprint or the work. A stage's output enters the next stage's fingerprint by
 *its content, so that an input which moved without moving the output ends its effect there.
 *
 * What each stage reads:
 *	similarity  snapshot, date, player, neighbours; rest, pace, home and opponent of the context; whether he starts
 *	projection  snapshot, date, player, team; his side and the opponent's defence, league level and spread of the
 *		context; whether he starts; status of his team-mates; the similar games
 *	market      the figures; lines and prices, and which are of one book; whether the books move the probabilities
 *	pricing     what the market stage says of lines and quotes; prices; min_edge, min_return
 */
#include "model/model.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/consensus.h"
#include "model/context.h"
#include "model/features.h"
#include "model/fingerprint.h"
#include "model/pricing.h"
#include "model/projection.h"
#include "model/similarity.h"

struct run {
	const struct snapshot *s;
	const struct model_options *options;
	const struct live *live;
	const struct context *context;
	struct sides sides;
	struct model_memory *memory;
	int64_t (*now_us)(void);
	uint32_t player;
	struct form form; /* once form_known */
	bool form_known;
};

static const struct form *form(struct run *run)
{
	if (!run->form_known)
		form_of(&run->form, run->s, &run->s->features->league, run->player, run->live->date, FORM_GAMES);
	run->form_known = true;
	return &run->form;
}

static struct stage_blob *blob_new(size_t size)
{
	struct stage_blob *blob = malloc(sizeof(*blob) + size);

	if (blob)
		blob->size = size;
	return blob;
}

/* The content of a blob is only ever moved by memcpy: nothing is assumed of its alignment. */
static struct fingerprint content(const struct stage_blob *blob)
{
	return fingerprint_of(blob->data, blob->size);
}

/* --- similarity ------------------------------------------------------------------------------------------------- */

static struct fingerprint similarity_inputs(const struct run *run)
{
	const struct side_context *own = run->sides.own, *opponent = run->sides.opponent;
	const float floats[] = {own->rest_days, own->pace, opponent->defence[STAT_POINTS],
		opponent->defence[STAT_REBOUNDS], opponent->defence[STAT_ASSISTS], opponent->defence[STAT_THREES]};
	const int64_t numbers[] = {
		run->live->date, run->player, run->live->starter, run->live->home, (int64_t)run->options->neighbours};
	struct fingerprint f = fingerprint_start(STAGE_SIMILARITY);

	f = fingerprint_join(f, run->s->fingerprint);
	f = fingerprint_mix(f, floats, sizeof(floats));
	return fingerprint_mix(f, numbers, sizeof(numbers));
}

static struct stage_blob *similarity(struct run *run)
{
	struct similar_game found[NEIGHBOURS_MAX];
	struct situation at;
	size_t k = run->options->neighbours;

	similarity_situation(&at, run->s, run->live, &run->sides, form(run));
	size_t count = similarity_search(run->s, &at, run->live->date, k < NEIGHBOURS_MAX ? k : NEIGHBOURS_MAX, found);
	struct stage_blob *blob = blob_new(count * sizeof(*found));
	if (blob)
		memcpy(blob->data, found, blob->size);
	return blob;
}

/* --- projection ------------------------------------------------------------------------------------------------- */

static struct fingerprint projection_inputs(const struct run *run)
{
	const struct side_context *own = run->sides.own;
	const float floats[] = {
		own->pace, own->usual_pace, own->implied_points, own->usual_points, plain_nan(run->context->spread)};
	const int64_t numbers[] = {run->live->date, run->player, run->live->starter};
	struct fingerprint f = fingerprint_start(STAGE_PROJECTION);

	f = fingerprint_join(f, run->s->fingerprint);
	f = fingerprint_join(f, content(run->memory->next[STAGE_SIMILARITY]));
	f = fingerprint_mix(f, floats, sizeof(floats));
	f = fingerprint_mix(f, run->sides.opponent->defence, sizeof(run->sides.opponent->defence));
	f = fingerprint_mix(f, run->context->level, sizeof(run->context->level));
	f = fingerprint_mix(f, numbers, sizeof(numbers));
	f = fingerprint_mix(f, run->live->team, strlen(run->live->team));
	for (size_t i = 0; i < run->live->mate_count; i++) {
		const struct live_mate *mate = &run->live->mates[i];
		char text[LOOKUP_SIZE + 1];
		size_t length = strnlen(mate->lookup, LOOKUP_SIZE);

		memcpy(text, mate->lookup, length);
		text[length] = (char)mate->status;
		f = fingerprint_mix(f, text, length + 1);
	}
	return f;
}

static struct stage_blob *projection(struct run *run)
{
	const struct stage_blob *before = run->memory->next[STAGE_SIMILARITY];
	struct similar_game similar[NEIGHBOURS_MAX];
	struct projection p;
	struct stage_blob *blob = blob_new(sizeof(p));

	if (!blob)
		return NULL;
	memset(&p, 0, sizeof(p)); /* what lies between the members counts too */
	memcpy(similar, before->data, before->size);
	projection_compute(
		run->s, run->live, run->context, run->player, form(run), similar, before->size / sizeof(*similar), &p);
	memcpy(blob->data, &p, sizeof(p));
	return blob;
}

/* --- market and pricing ------------------------------------------------------------------------------------------- */

/* Of the market stage's blob: what it says of each market, then of each quote. */
static struct market_view *markets_in(const struct stage_blob *blob)
{
	_Static_assert(offsetof(struct stage_blob, data) % _Alignof(struct market_view) == 0, "written in place");
	return (struct market_view *)(void *)(uintptr_t)blob->data;
}

static struct quote_view *quotes_in(const struct stage_blob *blob)
{
	_Static_assert(sizeof(struct market_view) % _Alignof(struct quote_view) == 0, "one behind the other");
	return (struct quote_view *)(void *)(markets_in(blob) + MARKET_COUNT);
}

static struct fingerprint market_inputs(const struct run *run)
{
	return consensus_inputs(content(run->memory->next[STAGE_PROJECTION]), run->live, run->options->market);
}

static struct stage_blob *market(struct run *run)
{
	struct projection p;
	struct shapes shapes = run->options->market ? shapes_of_model : shapes_unmoved(&shapes_of_model);
	struct stage_blob *blob = blob_new(
		MARKET_COUNT * sizeof(struct market_view) + run->live->quote_count * sizeof(struct quote_view));

	if (!blob)
		return NULL;
	memcpy(&p, run->memory->next[STAGE_PROJECTION]->data, sizeof(p));
	shapes.figures = p.figures;
	consensus_compute(run->live, &shapes, markets_in(blob), quotes_in(blob));
	return blob;
}

static struct fingerprint prices_inputs(const struct run *run)
{
	return pricing_inputs(content(run->memory->next[STAGE_MARKET]), run->live, run->options);
}

static struct stage_blob *pricing(struct run *run)
{
	const struct stage_blob *views = run->memory->next[STAGE_MARKET];
	struct stage_blob *blob = blob_new(run->live->quote_count * sizeof(struct price));

	if (!blob)
		return NULL;
	_Static_assert(offsetof(struct stage_blob, data) % _Alignof(struct price) == 0, "prices are written in place");
	pricing_compute(
		run->live, markets_in(views), quotes_in(views), true, run->options, (struct price *)(void *)blob->data);
	return blob;
}

/* --- a run ------------------------------------------------------------------------------------------------------ */

static const struct {
	struct fingerprint (*inputs)(const struct run *run);
	struct stage_blob *(*work)(struct run *run);
} steps[STAGE_COUNT] = {
	[STAGE_SIMILARITY] = {similarity_inputs, similarity},
	[STAGE_PROJECTION] = {projection_inputs, projection},
	[STAGE_MARKET] = {market_inputs, market},
	[STAGE_PRICING] = {prices_inputs, pricing},
};

static int take_step(struct run *run, enum stage stage, struct stage_record *record)
{
	const struct stage_blob *before = run->memory->previous[stage];
	int64_t since = run->now_us();

	*record = (struct stage_record){.present = true, .fingerprint = steps[stage].inputs(run)};
	record->reused = before && !run->live->forced && fingerprint_equal(before->fingerprint, record->fingerprint);
	if (record->reused) {
		run->memory->next[stage] = before;
	} else {
		struct stage_blob *blob = steps[stage].work(run);

		if (!blob)
			return -ENOMEM;
		blob->fingerprint = record->fingerprint;
		run->memory->next[stage] = blob;
	}
	record->us = run->now_us() - since;
	return 0;
}

static void *copy(struct arena *arena, const struct stage_blob *blob)
{
	void *data = arena_alloc(arena, blob->size);

	if (data)
		memcpy(data, blob->data, blob->size);
	return data;
}

static int tell(const struct run *run, struct arena *arena, struct model_result *ret)
{
	const struct stage_blob *const *blob = run->memory->next;
	struct projection p;

	memcpy(&p, blob[STAGE_PROJECTION]->data, sizeof(p));
	memcpy(ret->figures, p.figures, sizeof(ret->figures));
	memcpy(ret->ranges, p.ranges, sizeof(ret->ranges));
	ret->minutes = p.minutes;
	consensus_tell(markets_in(blob[STAGE_MARKET]), ret->consensus);
	ret->similar = copy(arena, blob[STAGE_SIMILARITY]);
	ret->similar_count = blob[STAGE_SIMILARITY]->size / sizeof(struct similar_game);
	ret->prices = copy(arena, blob[STAGE_PRICING]);
	return ret->similar && ret->prices ? 0 : -ENOMEM;
}

static void forget(struct model_memory *memory)
{
	for (int i = 0; i < STAGE_COUNT; i++) {
		if (memory->next[i] != memory->previous[i])
			free((void *)(uintptr_t)memory->next[i]);
		memory->next[i] = NULL;
	}
}

static bool known_tails(const void *figures, enum market m, unsigned most, struct distribution *room, struct tails *ret)
{
	const struct model_result *result = figures;

	return !(result->lacks & 1u << m) && shapes_of_model.tails(result->figures, m, most, room, ret);
}

/* The books' own figures, of each market where one of them has both prices; the stages of the books alone. */
static int run_unknown(const struct model_options *options, const struct live *live, struct arena *arena,
	int64_t (*now_us)(void), struct model_result *ret)
{
	const struct shapes shapes = {.tails = known_tails, .figures = ret, .share = {1, 1}};
	struct market_view markets[MARKET_COUNT];
	const int64_t since = now_us();

	ret->lacks = (1u << MARKET_COUNT) - 1;
	for (size_t i = 0, end; options->market && i < live->quote_count; i = end) {
		const enum market m = live->quotes[i].market;

		for (end = i; end < live->quote_count && live->quotes[end].market == m; end++)
			;
		if (!consensus_figure(&live->quotes[i], end - i, &ret->figures[m]))
			continue;
		ret->from_market = true;
		ret->lacks &= ~(1u << m);
		ret->ranges[m] = projection_range(&ret->figures[m]);
	}
	if (!ret->from_market)
		return 0;
	struct quote_view *views = arena_alloc(arena, live->quote_count * sizeof(*views));
	struct price *prices = arena_alloc(arena, live->quote_count * sizeof(*prices));
	if (!views || !prices)
		return -ENOMEM;
	consensus_compute(live, &shapes, markets, views);
	consensus_tell(markets, ret->consensus);
	pricing_compute(live, markets, views, false, options, prices);
	ret->prices = prices;
	const struct fingerprint inputs = consensus_inputs((struct fingerprint){0}, live, true);
	ret->stages[STAGE_MARKET] =
		(struct stage_record){.present = true, .fingerprint = inputs, .us = now_us() - since};
	ret->stages[STAGE_PRICING] = (struct stage_record){
		.present = true, .fingerprint = pricing_inputs(inputs, live, options), .us = now_us() - since};
	return 0;
}

int model_run_unknown(const struct model_options *options, const struct live *live, struct arena *arena,
	int64_t (*now_us)(void), struct model_result *ret)
{
	*ret = (struct model_result){0};
	return run_unknown(options, live, arena, now_us, ret);
}

int model_run(const struct snapshot *s, const struct model_options *options, const struct live *live,
	const struct context *context, const struct stage_record *context_record, struct model_memory *memory,
	struct arena *arena, int64_t (*now_us)(void), struct model_result *ret)
{
	struct run run = {.s = s,
		.options = options,
		.live = live,
		.context = context,
		.sides = context_sides(context, live),
		.memory = memory,
		.now_us = now_us,
		.player = snapshot_player(s, live->player, live->date)};
	int r = 0;

	assert(s->features);
	memset(ret, 0, sizeof(*ret));
	ret->stages[STAGE_CONTEXT] = *context_record;
	for (int i = 0; i < STAGE_COUNT; i++)
		memory->next[i] = NULL;
	if (run.player == NO_INDEX || snapshot_rows_before(s, run.player, live->date) == s->player[run.player].first_row)
		return run_unknown(options, live, arena, now_us, ret);
	ret->has_history = true;
	for (enum stage stage = STAGE_SIMILARITY; stage < STAGE_COUNT && r == 0; stage++)
		r = take_step(&run, stage, &ret->stages[stage]);
	if (r == 0)
		r = tell(&run, arena, ret);
	if (r < 0)
		forget(memory);
	return r;
}

unsigned model_version(void)
{
	return MODEL_VERSION;
}
