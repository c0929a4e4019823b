#include "base/arena.h"

#include <stdint.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void allocations_are_aligned_apart_and_writable(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	assert_non_null(a);
	enum { N = 3000 };
	static unsigned char *piece[N];
	for (size_t i = 0; i < N; i++) {
		piece[i] = arena_alloc(a, i % 97);
		assert_non_null(piece[i]);
		assert_int_equal((uintptr_t)piece[i] % 16, 0);
		memset(piece[i], (int)(i % 251), i % 97);
	}
	for (size_t i = 0; i < N; i++)
		for (size_t k = 0; k < i % 97; k++)
			assert_int_equal(piece[i][k], i % 251);
	for (size_t i = 1; i < N; i++)
		assert_ptr_not_equal(piece[i], piece[i - 1]);
	arena_free(a);
}

static void a_piece_larger_than_any_chunk_fits(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	size_t size = (size_t)5 << 20;
	char *p = arena_zalloc(a, size);
	assert_non_null(p);
	assert_int_equal(p[0], 0);
	assert_int_equal(p[size - 1], 0);
	p[size - 1] = 1;
	assert_true(arena_size(a) >= size);
	assert_null(arena_alloc(a, SIZE_MAX));
	assert_null(arena_alloc(a, SIZE_MAX - 64));
	assert_null(arena_alloc(a, SIZE_MAX / 2));
	assert_non_null(arena_alloc(a, 1));
	arena_free(a);
}

static void texts_are_copied_with_a_nul(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	char source[] = "lebron james";
	char *copy = arena_text(a, source, 6);
	source[0] = 'X';
	assert_string_equal(copy, "lebron");
	assert_string_equal(arena_text(a, NULL, 0), "");
	arena_free(a);
}

static void zeroed_memory_is_zero_after_a_reset(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	memset(arena_alloc(a, 2000), 0xff, 2000);
	arena_reset(a);
	unsigned char *p = arena_zalloc(a, 2000);
	for (int i = 0; i < 2000; i++)
		assert_int_equal(p[i], 0);
	arena_free(a);
}

static void a_reset_gives_back_all_but_the_first_chunk(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	size_t first = arena_size(a);
	assert_int_equal(first, 4096);
	for (int i = 0; i < 100; i++)
		assert_non_null(arena_alloc(a, 1000));
	assert_true(arena_size(a) >= 100000);
	arena_reset(a);
	assert_int_equal(arena_size(a), first);
	/* And the next use starts small again. */
	assert_non_null(arena_alloc(a, 4000));
	assert_non_null(arena_alloc(a, 4000));
	assert_int_equal(arena_size(a), first + 8192);
	arena_free(a);
	arena_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allocations_are_aligned_apart_and_writable),
		cmocka_unit_test(a_piece_larger_than_any_chunk_fits),
		cmocka_unit_test(texts_are_copied_with_a_nul),
		cmocka_unit_test(zeroed_memory_is_zero_after_a_reset),
		cmocka_unit_test(a_reset_gives_back_all_but_the_first_chunk),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
