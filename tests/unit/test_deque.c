#include <setjmp.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <cmocka.h>

/* Each access to shared memory is a step: control goes back first, then the access is made and its value
 * noted. */
static void yield(void);
static void note(uint64_t value);

static int64_t load_index(_Atomic int64_t *object)
{
	yield();
	int64_t value = atomic_load(object);
	note((uint64_t)value);
	return value;
}

static void *load_item(_Atomic(void *) *object)
{
	yield();
	void *value = atomic_load(object);
	note((uint64_t)(uintptr_t)value);
	return value;
}

static void store_index(_Atomic int64_t *object, int64_t value)
{
	yield();
	atomic_store(object, value);
}

static void store_item(_Atomic(void *) *object, void *value)
{
	yield();
	atomic_store(object, value);
}

static bool exchange_index(_Atomic int64_t *object, int64_t *expected, int64_t value)
{
	yield();
	bool done = atomic_compare_exchange_strong(object, expected, value);
	note((uint64_t)*expected << 1 | done);
	return done;
}

#undef atomic_load
#undef atomic_load_explicit
#undef atomic_store
#undef atomic_store_explicit
#undef atomic_compare_exchange_strong
#define atomic_load(object) _Generic((object), _Atomic int64_t * : load_index, default : load_item)(object)
#define atomic_load_explicit(object, order) atomic_load(object)
#define atomic_store(object, value) \
	_Generic((object), _Atomic int64_t * : store_index, default : store_item)(object, value)
#define atomic_store_explicit(object, value, order) atomic_store(object, value)
#define atomic_compare_exchange_strong(object, expected, value) exchange_index(object, expected, value)
#define DEQUE_SIZE 4
#include "pool/deque.h"

/*
 * Every interleaving of an owner and two thieves. Each runs its part as a coroutine that hands control back
 * before each shared access, so that between two choices exactly one access happens; the search
 * goes through all choices, depth first, by running again from the start with one choice changed. Two runs
 * that have led to the same state (the deque, and what each has seen so far) go on alike, so only the first
 * is followed.
 *
 * An operation of the owner is a letter: p pushes the next item, t takes one. A thief tries to steal so many
 * times. Afterwards the owner empties the deque, and every item that was pushed must have come out once. Each
 * taker's items must come in an order that the sequential deque allows: a thief sees rising items, for he
 * takes the oldest.
 */

enum { ACTORS = 3, STACK = 64 * 1024, ITEMS = 16, DEPTH = 128 };

struct actor {
	ucontext_t context;
	char stack[STACK];
	const char *script; /* of the owner */
	unsigned tries; /* of a thief */
	int got[ITEMS];
	unsigned count;
	uint64_t seen; /* a hash of all it can know: where it is, what it got, the deque at each step of this
			  operation */
	bool ended;
};

static struct deque deque;
static struct actor actor[ACTORS];
static ucontext_t search;
static struct actor *current; /* NULL: plain use, no switching */
static intptr_t pushed, refused;
static int out_of_order;

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

static uint64_t deque_hash(void)
{
	uint64_t hash = mix(mix(1, (uint64_t)deque.top), (uint64_t)deque.bottom);
	for (unsigned i = 0; i < DEQUE_SIZE; i++)
		hash = mix(hash, (uint64_t)(intptr_t)deque.item[i]);
	return hash;
}

static void note(uint64_t value)
{
	if (current)
		current->seen = mix(current->seen, value);
}

static void yield(void)
{
	struct actor *self = current;
	note(1);
	if (self)
		swapcontext(&self->context, &search);
}

static void got(struct actor *self, void *item)
{
	if (item)
		self->got[self->count++] = (int)(intptr_t)item;
}

static void begin(struct actor *self, uint64_t operation)
{
	self->seen = mix(operation, self->count);
	for (unsigned i = 0; i < self->count; i++)
		self->seen = mix(self->seen, (uint64_t)self->got[i]);
}

static void act(int index)
{
	struct actor *self = &actor[index];
	for (const char *c = self->script; c && *c; c++) {
		begin(self, (uint64_t)(c - self->script) << 32 | (uint64_t)pushed << 16 | (uint64_t)refused);
		if (*c == 't')
			got(self, deque_take(&deque));
		else if (deque_full(&deque))
			refused++;
		else
			deque_push(&deque, (void *)++pushed, 0);
	}
	for (unsigned i = 0; i < self->tries; i++) {
		begin(self, i);
		got(self, deque_steal(&deque));
	}
	begin(self, UINT64_MAX);
	self->ended = true;
}

static void prepare(int index)
{
	struct actor *self = &actor[index];
	self->count = 0;
	self->seen = 0;
	self->ended = false;
	getcontext(&self->context);
	self->context.uc_stack.ss_sp = self->stack;
	self->context.uc_stack.ss_size = STACK;
	self->context.uc_link = &search;
	makecontext(&self->context, (void (*)(void))act, 1, index);
}

static void reset(const char *script, unsigned first_tries, unsigned second_tries)
{
	memset(&deque, 0, sizeof(deque));
	pushed = refused = 0;
	actor[0].script = script;
	actor[1].tries = first_tries;
	actor[2].tries = second_tries;
	prepare(0);
	prepare(1);
	prepare(2);
}

static void advance(unsigned index)
{
	current = &actor[index];
	swapcontext(&search, &current->context);
	current = NULL;
}

static uint64_t state_hash(void)
{
	uint64_t hash = deque_hash();
	for (int i = 0; i < ACTORS; i++)
		hash = mix(mix(hash, actor[i].seen), actor[i].ended);
	return hash ? hash : 1;
}

/* States met before: open addressing, grown by halves. */
static uint64_t *met;
static size_t met_size, met_count;

static bool meet(uint64_t hash)
{
	if (met_count * 2 >= met_size) {
		uint64_t *old = met;
		size_t old_size = met_size;
		met_size = old_size ? old_size * 2 : 1024;
		met = calloc(met_size, sizeof(*met));
		met_count = 0;
		for (size_t i = 0; i < old_size; i++)
			if (old[i])
				meet(old[i]);
		free(old);
	}
	size_t i = hash & (met_size - 1);
	for (; met[i]; i = (i + 1) & (met_size - 1))
		if (met[i] == hash)
			return false;
	met[i] = hash;
	met_count++;
	return true;
}

/* What this run must have led to. False: an item is lost, doubled, or out of order. */
static bool run_is_right(void)
{
	int times[ITEMS + 1] = {0};
	void *item;
	for (unsigned i = 1; i < ACTORS; i++)
		for (unsigned k = 1; k < actor[i].count; k++)
			if (actor[i].got[k] <= actor[i].got[k - 1])
				out_of_order++;
	while ((item = deque_take(&deque)))
		got(&actor[0], item);
	for (unsigned i = 0; i < ACTORS; i++)
		for (unsigned k = 0; k < actor[i].count; k++)
			times[actor[i].got[k]]++;
	for (intptr_t i = 1; i <= pushed; i++)
		if (times[i] != 1)
			return false;
	return out_of_order == 0;
}

/* Runs all interleavings; returns how many ends there were, 0 if one of them was wrong. */
static unsigned long explore(const char *script, unsigned first_tries, unsigned second_tries)
{
	uint8_t choice[DEPTH];
	unsigned depth = 0;
	unsigned long ends = 0;
	met_count = 0;
	if (met)
		memset(met, 0, met_size * sizeof(*met));
	out_of_order = 0;
	for (;;) {
		reset(script, first_tries, second_tries);
		bool known = false;
		for (unsigned i = 0; i < depth; i++)
			advance(choice[i]);
		/* On from here, always with the first who can, until all have ended or the state is known. */
		for (;;) {
			unsigned next = 0;
			while (next < ACTORS && actor[next].ended)
				next++;
			if (next == ACTORS || depth == DEPTH)
				break;
			choice[depth++] = (uint8_t)next;
			advance(next);
			known = !meet(state_hash());
			if (known)
				break;
		}
		if (!known) {
			ends++;
			if (depth == DEPTH || !run_is_right())
				return 0;
		}
		/* The last choice that has another one to it. Who has ended by then is found by running up to
		 * it. */
		for (;;) {
			if (depth == 0)
				return ends;
			unsigned next = choice[--depth] + 1U;
			reset(script, first_tries, second_tries);
			for (unsigned i = 0; i < depth; i++)
				advance(choice[i]);
			while (next < ACTORS && actor[next].ended)
				next++;
			if (next == ACTORS)
				continue;
			advance(next);
			choice[depth++] = (uint8_t)next;
			if (meet(state_hash()))
				break;
		}
	}
}

static void every_interleaving_of_owner_and_two_thieves_gives_each_item_once(void **state)
{
	(void)state;
#if defined(__SANITIZE_THREAD__) /* does not follow the switching of stacks, and all is done by one thread   \
				  */
	skip();
#endif
	static const struct {
		const char *script;
		unsigned first, second;
	} cases[] = {
		{"pt", 1, 1},
		{"ppt", 1, 1},
		{"pptt", 1, 1},
		{"ptpt", 1, 1},
		{"pptt", 2, 1},
		{"ptpt", 2, 2},
		{"pppttt", 1, 1},
		{"pptptt", 1, 2},
		{"ptptpt", 1, 1},
		{"ppptpt", 2, 1},
		{"ppppp", 1, 1},
		{"pppppt", 2, 1},
		{"pppptppt", 1, 1},
	};
	unsigned long all = 0;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		unsigned long ends = explore(cases[i].script, cases[i].first, cases[i].second);
		if (!ends)
			fail_msg("owner \"%s\", thieves %u and %u: an item was lost, doubled or out of order",
				cases[i].script, cases[i].first, cases[i].second);
		all += met_count;
	}
	print_message("%lu states\n", all);
	assert_true(all > 10000);
	free(met);
	met = NULL;
	met_size = 0;
}

static void owner_takes_newest_thief_oldest(void **state)
{
	(void)state;
	memset(&deque, 0, sizeof(deque));
	for (intptr_t i = 1; i <= 3; i++)
		deque_push(&deque, (void *)i, 0);
	assert_int_equal(deque_count(&deque), 3);
	assert_int_equal(deque_steal(&deque), 1);
	assert_int_equal(deque_take(&deque), 3);
	assert_int_equal(deque_take(&deque), 2);
	assert_null(deque_take(&deque));
	assert_null(deque_steal(&deque));
	assert_int_equal(deque_count(&deque), 0);
}

static void full_deque_says_so_and_has_room_after_a_steal(void **state)
{
	(void)state;
	memset(&deque, 0, sizeof(deque));
	for (intptr_t i = 1; i <= DEQUE_SIZE; i++) {
		assert_false(deque_full(&deque));
		deque_push(&deque, (void *)i, 0);
	}
	assert_true(deque_full(&deque));
	assert_int_equal(deque_steal(&deque), 1);
	assert_false(deque_full(&deque));
	deque_push(&deque, (void *)(intptr_t)99, 0);
	assert_true(deque_full(&deque));
	assert_int_equal(deque_take(&deque), 99);
}

static void stamp_is_that_of_the_oldest(void **state)
{
	(void)state;
	memset(&deque, 0, sizeof(deque));
	assert_int_equal(deque_oldest(&deque, -1), -1);
	for (intptr_t i = 1; i <= 3; i++)
		deque_push(&deque, (void *)i, 100 * i);
	assert_int_equal(deque_oldest(&deque, -1), 100);
	assert_int_equal(deque_steal(&deque), 1);
	assert_int_equal(deque_oldest(&deque, -1), 200);
	assert_int_equal(deque_take(&deque), 3);
	assert_int_equal(deque_take(&deque), 2);
	assert_int_equal(deque_oldest(&deque, -1), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(owner_takes_newest_thief_oldest),
		cmocka_unit_test(full_deque_says_so_and_has_room_after_a_steal),
		cmocka_unit_test(stamp_is_that_of_the_oldest),
		cmocka_unit_test(every_interleaving_of_owner_and_two_thieves_gives_each_item_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
