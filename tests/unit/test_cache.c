/* Stage outputs kept from run to run, against a model of who was used when; and who owns which blob. */
#include "process/cache.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"

static const struct stage_blob *blob(size_t size, unsigned char fill)
{
	struct stage_blob *b = malloc(sizeof(*b) + size);
	assert_non_null(b);
	*b = (struct stage_blob){.size = size};
	memset(b->data, fill, size);
	return b;
}

static bool holds(struct cache *c, const char *key)
{
	struct cached *entry;
	HASH_FIND_STR(c->table, key, entry);
	return entry != NULL;
}

static size_t counted(const struct cache *c)
{
	size_t bytes = 0;
	for (const struct cached *e = c->table; e; e = e->hh.next) {
		bytes += sizeof(*e);
		for (int i = 0; i < STAGE_COUNT; i++)
			bytes += e->blobs[i] ? sizeof(struct stage_blob) + e->blobs[i]->size : 0;
	}
	return bytes;
}

static void what_a_run_left_is_there_for_the_next(void **state)
{
	(void)state;
	struct cache c = {.most = 1 << 20};
	struct cached *e = cache_pin(&c, "ann");
	assert_non_null(e);
	for (int i = 0; i < STAGE_COUNT; i++)
		assert_null(e->blobs[i]);
	const struct stage_blob *next[STAGE_COUNT] = {NULL, blob(10, 1), blob(20, 2)};
	cache_unpin(&c, e, next);
	e = cache_pin(&c, "ann");
	assert_ptr_equal(e->blobs[1], next[1]);
	assert_ptr_equal(e->blobs[2], next[2]);
	/* One is replaced, the one that is reused stays. */
	const struct stage_blob *then[STAGE_COUNT] = {NULL, next[1], blob(5, 3)};
	cache_unpin(&c, e, then);
	e = cache_pin(&c, "ann");
	assert_ptr_equal(e->blobs[1], next[1]);
	assert_ptr_equal(e->blobs[2], then[2]);
	cache_unpin(&c, e, NULL);
	assert_int_equal(c.bytes, counted(&c));
	cache_done(&c);
}

static void the_longest_unused_goes_first(void **state)
{
	(void)state;
	const size_t one = sizeof(struct cached) + sizeof(struct stage_blob) + 1000;
	struct cache c = {.most = 3 * one};
	static const char *const names[] = {"a", "b", "c", "d"};
	for (int i = 0; i < 4; i++) {
		if (i == 3)
			cache_unpin(&c, cache_pin(&c, "a"), NULL); /* used again: younger than b */
		const struct stage_blob *next[STAGE_COUNT] = {blob(1000, 0)};
		cache_unpin(&c, cache_pin(&c, names[i]), next);
	}
	assert_true(holds(&c, "a"));
	assert_false(holds(&c, "b"));
	assert_true(holds(&c, "c"));
	assert_true(holds(&c, "d"));
	assert_true(c.bytes <= c.most);
	cache_done(&c);
}

static void what_a_job_uses_stays(void **state)
{
	(void)state;
	struct cache c = {.most = 1};
	struct cached *e = cache_pin(&c, "used"), *twice = cache_pin(&c, "used");
	assert_ptr_equal(e, twice);
	cache_unpin(&c, cache_pin(&c, "other"), NULL);
	assert_false(holds(&c, "other"));
	assert_true(holds(&c, "used"));
	cache_unpin(&c, e, NULL);
	assert_true(holds(&c, "used")); /* the second user is not done */
	cache_unpin(&c, twice, NULL);
	assert_false(holds(&c, "used"));
	assert_int_equal(c.bytes, 0);
	cache_done(&c);
}

static void the_bytes_are_right_whatever_is_done(void **state)
{
	(void)state;
	enum { KEYS = 40 };
	struct cache c = {.most = 40000};
	struct cached *pinned[KEYS] = {NULL};
	uint64_t dice = (uint64_t)clock_mono_us(clock_system()) | 1;
	print_message("seed %" PRIu64 "\n", dice);
	for (int i = 0; i < 20000; i++) {
		dice ^= dice >> 12;
		dice ^= dice << 25;
		dice ^= dice >> 27;
		unsigned k = (unsigned)(dice >> 20) % KEYS;
		char key[16];
		snprintf(key, sizeof(key), "key%u", k);
		if (pinned[k]) {
			const struct stage_blob *next[STAGE_COUNT] = {0};
			for (int s = 0; s < STAGE_COUNT; s++)
				if (dice >> (30 + s) & 1)
					next[s] = blob((size_t)(dice >> 40) % 3000, (unsigned char)s);
			assert_string_equal(pinned[k]->key, key);
			cache_unpin(&c, pinned[k], next);
			pinned[k] = NULL;
		} else
			pinned[k] = cache_pin(&c, key);
		assert_int_equal(c.bytes, counted(&c));
	}
	for (int k = 0; k < KEYS; k++)
		if (pinned[k])
			cache_unpin(&c, pinned[k], NULL);
	assert_true(c.bytes <= c.most);
	cache_done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_run_left_is_there_for_the_next),
		cmocka_unit_test(the_longest_unused_goes_first),
		cmocka_unit_test(what_a_job_uses_stays),
		cmocka_unit_test(the_bytes_are_right_whatever_is_done),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
