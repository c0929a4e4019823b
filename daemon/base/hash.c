/*
 * XXH3 from its header: inlined, so that the short inputs that are usual here (a name, a few numbers) cost no
 * call. The seed keeps a producer from choosing names that all land in one bucket.
 */
#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

static uint64_t table_seed;

static struct fingerprint from_xxh(XXH128_hash_t h)
{
	return (struct fingerprint){.low = h.low64, .high = h.high64};
}

struct fingerprint fingerprint_of(const void *data, size_t length)
{
	return from_xxh(XXH3_128bits(data, length));
}

struct fingerprint fingerprint_join(struct fingerprint a, struct fingerprint b)
{
	const uint64_t words[4] = {a.low, a.high, b.low, b.high};
	return from_xxh(XXH3_128bits(words, sizeof(words)));
}

bool fingerprint_equal(struct fingerprint a, struct fingerprint b)
{
	return a.low == b.low && a.high == b.high;
}

const char *fingerprint_hex(struct fingerprint f, char buffer[FINGERPRINT_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	for (unsigned i = 0; i < 16; i++) {
		buffer[i] = digits[(f.high >> (60 - 4 * i)) & 15];
		buffer[16 + i] = digits[(f.low >> (60 - 4 * i)) & 15];
	}
	buffer[32] = '\0';
	return buffer;
}

void hash_seed(uint64_t seed)
{
	table_seed = seed;
}

uint64_t hash_bytes(const void *data, size_t length)
{
	return XXH3_64bits_withSeed(data, length, table_seed);
}
