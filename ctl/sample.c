#include "sample.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"

uint64_t sample_seed(void)
{
	uint64_t seed = 0;
	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		seed = (uint64_t)clock_mono_us(clock_system());
	return seed & ((1ULL << 53) - 1);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* splitmix64: a few lines that are the same everywhere and for ever, which a library's generator need not be. */
static uint64_t next(uint64_t *state)
{
	uint64_t z = *state += 0x9E3779B97F4A7C15;
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
	return z ^ (z >> 31);
}

size_t sample_order(char **texts, size_t count, uint64_t seed)
{
	size_t left = 0;
	if (count == 0)
		return 0;
	qsort(texts, count, sizeof(*texts), by_text);
	for (size_t i = 0; i < count; i++) {
		if (left > 0 && strcmp(texts[left - 1], texts[i]) == 0)
			free(texts[i]);
		else
			texts[left++] = texts[i];
	}
	for (size_t i = left - 1; i > 0; i--) {
		const size_t j = (size_t)(((unsigned __int128)next(&seed) * (i + 1)) >> 64);
		char *other = texts[j];
		texts[j] = texts[i];
		texts[i] = other;
	}
	return left;
}
