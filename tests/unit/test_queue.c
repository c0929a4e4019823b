/* The waiting queue against an array that is sorted anew for each question, over random operations; and the
 * rule of aging. */
#include "base/queue.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/level.h"

enum { NODES = 300 };

static uint64_t dice;

static unsigned below(unsigned n)
{
	dice ^= dice >> 12;
	dice ^= dice << 25;
	dice ^= dice >> 27;
	return (unsigned)((dice * UINT64_C(2685821657736338717)) >> 33) % n;
}

struct model {
	struct queue_node *nodes[NODES];
	size_t count;
};

static int by_turn_then_arrival(const void *a, const void *b)
{
	const struct queue_node *x = *(struct queue_node *const *)a, *y = *(struct queue_node *const *)b;
	if (x->turn != y->turn)
		return x->turn < y->turn ? -1 : 1;
	return x->arrival < y->arrival ? -1 : 1;
}

static void model_remove(struct model *m, const struct queue_node *node)
{
	size_t i = 0;
	while (m->nodes[i] != node)
		i++;
	m->nodes[i] = m->nodes[--m->count];
}

static void same(struct queue *q, struct model *m)
{
	struct queue_node *n = queue_first(q);
	qsort(m->nodes, m->count, sizeof(struct queue_node *), by_turn_then_arrival);
	assert_int_equal(queue_size(q), m->count);
	for (size_t i = 0; i < m->count; i++, n = queue_next(n)) {
		assert_ptr_equal(n, m->nodes[i]);
		assert_int_equal(queue_place(n), i);
		assert_ptr_equal(queue_at(q, i), n);
		assert_true(queue_holds(n));
	}
	assert_null(n);
	assert_null(queue_at(q, m->count));
	assert_null(queue_at(q, m->count + 17));
}

static void it_is_a_sorted_list_whatever_was_done_to_it(void **state)
{
	(void)state;
	static struct queue_node nodes[NODES];
	dice = (uint64_t)clock_mono_us(clock_system()) | 1;
	print_message("seed %" PRIu64 "\n", dice);
	for (int round = 0; round < 30; round++) {
		struct queue q = {.seed = below(1000000)};
		struct model m = {.count = 0};
		unsigned spread = below(2) ? 5 : 1000000; /* with many equal turns, or few */
		memset(nodes, 0, sizeof(nodes));
		for (int step = 0; step < 2000; step++) {
			struct queue_node *n = &nodes[below(NODES)];
			if (!queue_holds(n)) {
				queue_add(&q, n, (int64_t)below(spread) - 500);
				m.nodes[m.count++] = n;
			} else {
				queue_remove(&q, n);
				assert_false(queue_holds(n));
				model_remove(&m, n);
				if (below(2)) { /* raised or lowered: he is put in anew */
					queue_add(&q, n, (int64_t)below(spread) - 500);
					m.nodes[m.count++] = n;
				}
			}
			if (step % 40 == 0)
				same(&q, &m);
		}
		same(&q, &m);
		while (queue_first(&q)) {
			struct queue_node *first = queue_first(&q);
			qsort(m.nodes, m.count, sizeof(struct queue_node *), by_turn_then_arrival);
			assert_ptr_equal(first, m.nodes[0]);
			queue_remove(&q, first);
			model_remove(&m, first);
		}
		assert_int_equal(m.count, 0);
		assert_int_equal(queue_size(&q), 0);
	}
}

static void equal_turns_go_by_arrival(void **state)
{
	(void)state;
	static struct queue_node nodes[100];
	struct queue q = {.seed = 7};
	memset(nodes, 0, sizeof(nodes));
	for (int i = 0; i < 100; i++)
		queue_add(&q, &nodes[i], 5);
	for (int i = 0; i < 100; i++)
		assert_int_equal(queue_place(&nodes[i]), i);
	queue_remove(&q, &nodes[10]);
	queue_add(&q, &nodes[10], 5);
	assert_int_equal(queue_place(&nodes[10]), 99);
	queue_remove(&q, &nodes[50]);
	queue_add(&q, &nodes[50], 4);
	assert_ptr_equal(queue_first(&q), &nodes[50]);
}

/* Depth stays near its logarithm, whatever the order of arrival: ascending is what timers do. */
static size_t depth(const struct queue_node *n)
{
	size_t left = n ? depth(n->left) : 0, right = n ? depth(n->right) : 0;
	return n ? 1 + (left > right ? left : right) : 0;
}

static void it_stays_shallow(void **state)
{
	(void)state;
	enum { MANY = 20000 };
	static struct queue_node nodes[MANY];
	struct queue q = {.seed = 12345};
	memset(nodes, 0, sizeof(nodes));
	for (int i = 0; i < MANY; i++)
		queue_add(&q, &nodes[i], i);
	assert_true(depth(q.root) < 60); /* 2 ln n and some; a list would be 20,000 deep */
	for (int i = 0; i < MANY; i += 2)
		queue_remove(&q, &nodes[i]);
	assert_true(depth(q.root) < 60);
	assert_int_equal(queue_size(&q), MANY / 2);
	for (int i = 1; i < MANY; i += 2)
		queue_remove(&q, &nodes[i]);
	assert_null(queue_first(&q));
}

struct waiting {
	struct queue_node node;
	int64_t since;
	enum level level;
};

/*
 * turn = since + level * step: within a level the longest wait goes first; a lower level goes before a higher
 * one exactly when it has waited a step longer for each level between them. Checked for every pair, at every
 * moment the same.
 */
static void a_lower_level_goes_first_exactly_when_it_waited_a_step_longer_for_each_level(void **state)
{
	(void)state;
	enum { COUNT = 200 };
	const int64_t step = 30000000;
	static struct waiting all[COUNT];
	struct queue q = {.seed = 3};
	dice = (uint64_t)clock_mono_us(clock_system()) | 1;
	print_message("seed %" PRIu64 "\n", dice);
	memset(all, 0, sizeof(all));
	for (int i = 0; i < COUNT; i++) {
		all[i].since = (int64_t)below(5) * step + (int64_t)below(3); /* many at the very edge */
		all[i].level = (enum level)below(LEVEL_COUNT);
		queue_add(&q, &all[i].node, all[i].since + (int64_t)all[i].level * step);
	}
	for (int i = 0; i < COUNT; i++)
		for (int k = 0; k < COUNT; k++) {
			const struct waiting *low = &all[i], *high = &all[k];
			if (low->level < high->level || i == k)
				continue;
			int64_t longer = high->since - low->since, needed = (int64_t)(low->level - high->level) * step;
			if (longer == needed)
				continue; /* a draw: by arrival */
			assert_int_equal(queue_place(&low->node) < queue_place(&high->node), longer > needed);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_a_sorted_list_whatever_was_done_to_it),
		cmocka_unit_test(equal_turns_go_by_arrival),
		cmocka_unit_test(it_stays_shallow),
		cmocka_unit_test(a_lower_level_goes_first_exactly_when_it_waited_a_step_longer_for_each_level),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
