/* Fingerprints (XXH3-128, written as 32 hex digits) and the hash of our tables. Any thread. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fingerprint {
	uint64_t low, high;
};

#define FINGERPRINT_SIZE 33

struct fingerprint fingerprint_of(const void *data, size_t length);
struct fingerprint fingerprint_join(struct fingerprint a, struct fingerprint b); /* order matters */
bool fingerprint_equal(struct fingerprint a, struct fingerprint b);
const char *fingerprint_hex(struct fingerprint f, char buffer[FINGERPRINT_SIZE]);

/* For hash tables whose keys come from outside: seeded once per process, before any thread (hash_seed). */
void hash_seed(uint64_t seed);
uint64_t hash_bytes(const void *data, size_t length);

#endif
