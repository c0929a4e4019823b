/*
 * Every row is compared; nothing is approximated. Rows lie in groups of eight, one to a lane, coordinate by
 * coordinate, so that each lane sums its own row's squares in the order of the coordinates: however wide the
 * machine's vectors are, a row's distance has the same bits. The coordinates that set games apart most come
 * first, and a group whose eight partial sums all exceed the worst of the best k is done after half of them.
 *
 * A tree or an index was not worth it: 16 dimensions are too many for one to prune much, and a scan of 180 k
 * rows takes a fraction of a millisecond.
 */
#include "model/similarity.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "model/context.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define HAVE_AVX2 1
#endif

typedef float lanes __attribute__((vector_size(LANES * sizeof(float))));
typedef int32_t lane_mask __attribute__((vector_size(LANES * sizeof(int32_t))));

struct candidate {
	float squared;
	date_t date;
	int64_t person_id;
	uint32_t row;
};

struct search {
	const struct snapshot *s;
	date_t date;
	size_t k, count;
	struct candidate best[NEIGHBOURS_MAX]; /* heap, the worst on top */
};

/* Whether a is the better one. No two rows are equal: of one player's, dates differ or else rows. */
static bool better(const struct candidate *a, const struct candidate *b)
{
	if (a->squared != b->squared)
		return a->squared < b->squared;
	if (a->date != b->date)
		return a->date > b->date;
	if (a->person_id != b->person_id)
		return a->person_id < b->person_id;
	return a->row < b->row;
}

static void sift_down(struct candidate *heap, size_t count, struct candidate c)
{
	size_t at = 0;

	for (size_t child; (child = 2 * at + 1) < count; at = child) {
		if (child + 1 < count && better(&heap[child], &heap[child + 1]))
			child++;
		if (!better(&c, &heap[child]))
			break;
		heap[at] = heap[child];
	}
	heap[at] = c;
}

static void sift_up(struct candidate *heap, size_t at, struct candidate c)
{
	while (at > 0 && better(&heap[(at - 1) / 2], &c)) {
		heap[at] = heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	heap[at] = c;
}

/* Takes the row if it is among the best so far; returns the limit for those to come. */
static float offer(struct search *q, uint32_t row, float squared)
{
	const struct snapshot *s = q->s;
	struct candidate c = {squared, s->row.date[row], s->player[s->row.player[row]].person_id, row};

	if (c.date < q->date) {
		if (q->count < q->k)
			sift_up(q->best, q->count++, c);
		else if (better(&c, &q->best[0]))
			sift_down(q->best, q->count, c);
	}
	return q->count < q->k ? TOO_FAR_SQUARED : q->best[0].squared;
}

static inline __attribute__((always_inline)) void add_half(lanes *sum, const lanes *x, const float *at)
{
	for (int i = 0; i < FEATURE_HALF; i++) {
		lanes d = x[i] - at[i];

		*sum += d * d;
	}
}

static inline __attribute__((always_inline)) bool any(const lane_mask *mask)
{
	int64_t word[sizeof(*mask) / sizeof(int64_t)], all = 0;

	memcpy(word, mask, sizeof(word));
	for (size_t i = 0; i < sizeof(word) / sizeof(word[0]); i++)
		all |= word[i];
	return all != 0;
}

static inline __attribute__((always_inline)) void scan(struct search *q, const float *at)
{
	const struct model_features *f = q->s->features;
	const lanes *first = (const lanes *)f->half[0], *second = (const lanes *)f->half[1];
	float limit = TOO_FAR_SQUARED;

	for (uint32_t g = 0; g < f->groups; g++) {
		lanes sum = {0};

		add_half(&sum, first + (size_t)g * FEATURE_HALF, at);
		lane_mask near = sum <= limit;

		if (!any(&near))
			continue;
		add_half(&sum, second + (size_t)g * FEATURE_HALF, at + FEATURE_HALF);
		for (uint32_t i = 0; i < LANES; i++) {
			if (sum[i] <= limit && sum[i] < TOO_FAR_SQUARED)
				limit = offer(q, g * LANES + i, sum[i]);
		}
	}
}

static void scan_plain(struct search *q, const float *at)
{
	scan(q, at);
}

#if HAVE_AVX2
/* No fused multiply-add comes of it, which would round once where the plain path rounds twice:
 * -ffp-contract=off. */
__attribute__((target("avx2"))) static void scan_avx2(struct search *q, const float *at)
{
	scan(q, at);
}
#endif

static int64_t shown(float distance)
{
	return llrint((double)distance * 10000);
}

/* As the report sorts them: what it shows of the distance, date, lookup (players are sorted by it). */
static bool comes_before(const struct snapshot *s, const struct similar_game *a, const struct similar_game *b)
{
	int64_t x = shown(a->distance), y = shown(b->distance);

	if (x != y)
		return x < y;
	if (s->row.date[a->row] != s->row.date[b->row])
		return s->row.date[a->row] < s->row.date[b->row];
	return a->row < b->row; /* players, and so their rows, are sorted by lookup */
}

void similarity_situation(struct situation *ret, const struct snapshot *s, const struct live *live,
	const struct sides *sides, const struct form *form)
{
	const struct surroundings around = {
		sides->own->rest_days, sides->own->pace, sides->opponent->defence, live->home};

	situation_of(ret, form, &s->features->league, live->starter, &around);
}

size_t similarity_search_by(enum similarity_path path, const struct snapshot *s, const struct situation *at,
	date_t date, size_t k, struct similar_game *ret)
{
	struct search q;
	float target[FEATURE_COUNT];

	assert(s->features && k <= NEIGHBOURS_MAX);
	if (k == 0)
		return 0;
	q.s = s;
	q.date = date;
	q.k = k;
	q.count = 0;
	for (int i = 0; i < FEATURE_COUNT; i++)
		target[i] = at->feature[i] * s->features->scale[i];
#if HAVE_AVX2
	if (path == SIMILARITY_VECTOR && __builtin_cpu_supports("avx2"))
		scan_avx2(&q, target);
	else
		scan_plain(&q, target);
#else
	(void)path;
	scan_plain(&q, target);
#endif
	/* Off the heap from the worst to the best; then what the report shows as equal is put in its order. */
	for (size_t left = q.count; left > 0; left--) {
		ret[left - 1] = (struct similar_game){q.best[0].row, sqrtf(q.best[0].squared)};
		sift_down(q.best, left - 1, q.best[left - 1]);
	}
	for (size_t i = 1; i < q.count; i++) {
		struct similar_game g = ret[i];
		size_t at_place = i;

		for (; at_place > 0 && comes_before(s, &g, &ret[at_place - 1]); at_place--)
			ret[at_place] = ret[at_place - 1];
		ret[at_place] = g;
	}
	return q.count;
}

size_t similarity_search(
	const struct snapshot *s, const struct situation *at, date_t date, size_t k, struct similar_game *ret)
{
	return similarity_search_by(SIMILARITY_VECTOR, s, at, date, k, ret);
}
