#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>

/* Memory that a test can let run out. */
static int allocations_left = -1;

static void *limited_malloc(size_t size)
{
	if (allocations_left == 0)
		return NULL;
	allocations_left -= allocations_left > 0;
	return malloc(size);
}
#define uthash_malloc(size) limited_malloc(size)

#include "base/table.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void fingerprints_are_xxh3_128(void **state)
{
	(void)state;
	char hex[FINGERPRINT_SIZE];
	/* XXH3-128 of nothing, as its authors print it (xxhsum -H2). */
	assert_string_equal(fingerprint_hex(fingerprint_of("", 0), hex), "99aa06d3014798d86001c324468d497f");
}

static void equal_bytes_have_equal_fingerprints_and_others_do_not(void **state)
{
	(void)state;
	struct fingerprint a = fingerprint_of("lebron", 6), b = fingerprint_of("lebron", 6);
	assert_true(fingerprint_equal(a, b));
	assert_false(fingerprint_equal(a, fingerprint_of("lebron", 5)));
	a.low ^= 1;
	assert_false(fingerprint_equal(a, b));
	a = b;
	a.high ^= 1;
	assert_false(fingerprint_equal(a, b));
}

static void joining_depends_on_the_order(void **state)
{
	(void)state;
	struct fingerprint a = fingerprint_of("a", 1), b = fingerprint_of("b", 1);
	assert_true(fingerprint_equal(fingerprint_join(a, b), fingerprint_join(a, b)));
	assert_false(fingerprint_equal(fingerprint_join(a, b), fingerprint_join(b, a)));
	assert_false(fingerprint_equal(fingerprint_join(a, a), a));
}

static void hex_writes_the_high_half_first(void **state)
{
	(void)state;
	char hex[FINGERPRINT_SIZE];
	struct fingerprint f = {.high = 0x0123456789abcdef, .low = 0xfedcba9876543210};
	assert_string_equal(fingerprint_hex(f, hex), "0123456789abcdeffedcba9876543210");
}

static void the_seed_changes_the_hash_but_no_fingerprint(void **state)
{
	(void)state;
	hash_seed(1);
	uint64_t one = hash_bytes("lebron", 6);
	struct fingerprint f = fingerprint_of("lebron", 6);
	assert_int_equal(hash_bytes("lebron", 6), one);
	hash_seed(2);
	assert_int_not_equal(hash_bytes("lebron", 6), one);
	assert_true(fingerprint_equal(fingerprint_of("lebron", 6), f));
}

struct player {
	char lookup[24];
	int number;
	UT_hash_handle hh;
};

static void a_table_finds_what_was_added(void **state)
{
	(void)state;
	enum { N = 5000 };
	struct player *table = NULL, *players = calloc(N, sizeof(*players)), *found;
	assert_non_null(players);
	for (int i = 0; i < N; i++) {
		struct player *p = &players[i];
		snprintf(p->lookup, sizeof(p->lookup), "player%d", i);
		p->number = i;
		HASH_ADD_STR(table, lookup, p);
		assert_false(table_add_failed(p));
	}
	assert_int_equal(HASH_COUNT(table), N);
	HASH_FIND_STR(table, "player4711", found);
	assert_non_null(found);
	assert_int_equal(found->number, 4711);
	HASH_FIND_STR(table, "player5000", found);
	assert_null(found);
	HASH_DELETE(hh, table, &players[4711]);
	HASH_FIND_STR(table, "player4711", found);
	assert_null(found);
	HASH_CLEAR(hh, table);
	free(players);
}

static void an_addition_without_memory_is_noticed_and_leaves_the_table_whole(void **state)
{
	(void)state;
	enum { N = 2000 };
	for (int limit = 0; limit < 6; limit++) {
		struct player *table = NULL, *players = calloc(N, sizeof(*players)), *found;
		int added = 0, refused = 0;
		assert_non_null(players);
		allocations_left = limit;
		for (int i = 0; i < N; i++) {
			struct player *p = &players[i];
			snprintf(p->lookup, sizeof(p->lookup), "player%d", i);
			HASH_ADD_STR(table, lookup, p);
			p->number = table_add_failed(p) ? -1 : i;
			added += p->number >= 0;
			refused += p->number < 0;
		}
		allocations_left = -1;
		assert_true(refused > 0);
		assert_int_equal(HASH_COUNT(table), added);
		for (int i = 0; i < N; i++) {
			HASH_FIND_STR(table, players[i].lookup, found);
			assert_ptr_equal(found, players[i].number >= 0 ? &players[i] : NULL);
		}
		HASH_CLEAR(hh, table);
		free(players);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fingerprints_are_xxh3_128),
		cmocka_unit_test(equal_bytes_have_equal_fingerprints_and_others_do_not),
		cmocka_unit_test(joining_depends_on_the_order),
		cmocka_unit_test(hex_writes_the_high_half_first),
		cmocka_unit_test(the_seed_changes_the_hash_but_no_fingerprint),
		cmocka_unit_test(a_table_finds_what_was_added),
		cmocka_unit_test(an_addition_without_memory_is_noticed_and_leaves_the_table_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
