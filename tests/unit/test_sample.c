/* A random order that its seed brings back. */
#include "ctl/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 64 };

/* `names`, split at blanks, in the order of that seed, with blanks again. */
static const char *ordered(const char *names, uint64_t seed)
{
	static char out[1024];
	char copy[1024], *rest = copy, *texts[MOST];
	size_t count = 0;
	snprintf(copy, sizeof(copy), "%s", names);
	for (char *word; (word = strsep(&rest, " "));)
		texts[count++] = strdup(word);
	count = sample_order(texts, count, seed);
	out[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		strcat(strcat(out, i > 0 ? " " : ""), texts[i]);
		free(texts[i]);
	}
	return out;
}

static void an_order_follows_from_the_seed_and_the_texts(void **state)
{
	(void)state;
	/* For ever: who notes a seed wants the same players a year later. */
	assert_string_equal(ordered("a b c d e f g h", 1), "a d h b c g f e");
	assert_string_equal(ordered("h g f e d c b a", 1), "a d h b c g f e");
	assert_string_equal(ordered("a a b c c d e f g h h", 1), "a d h b c g f e");
	assert_string_not_equal(ordered("a b c d e f g h", 2), "a d h b c g f e");
	assert_string_equal(ordered("a", 7), "a");
	assert_int_equal(sample_order(NULL, 0, 7), 0);
}

static void each_comes_first_as_often_as_another(void **state)
{
	(void)state;
	int first[4] = {0};
	for (uint64_t seed = 0; seed < 4000; seed++)
		first[ordered("a b c d", seed)[0] - 'a']++;
	for (int i = 0; i < 4; i++)
		assert_in_range(
			first[i], 850, 1150); /* 1000, give or take 5 sd; the seeds are given, so it is no chance */
}

static void seeds_are_whole_numbers_that_any_reader_of_json_keeps(void **state)
{
	(void)state;
	uint64_t a = sample_seed(), b = sample_seed();
	assert_true(a < 1ULL << 53 && b < 1ULL << 53);
	assert_true(a != b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_order_follows_from_the_seed_and_the_texts),
		cmocka_unit_test(each_comes_first_as_often_as_another),
		cmocka_unit_test(seeds_are_whole_numbers_that_any_reader_of_json_keeps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
