/* A random order that a number brings back. Pure. */
#ifndef CTL_SAMPLE_H
#define CTL_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

/* A number of the kernel's, small enough for any JSON reader (below 2^53). */
uint64_t sample_seed(void);

/*
 * Sorts the texts, drops those that are there twice, and puts the rest into an order that follows from the seed and from
 * what the texts are, not from how they came. Returns how many are left; the others are freed.
 */
size_t sample_order(char **texts, size_t count, uint64_t seed);

#endif
