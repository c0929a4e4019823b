/*
 * Optimal string alignment over three rows. Names are short (a lookup has at most 63 bytes): longer ones
 * resemble nothing. A part counts as one step per two missing letters, so that "lebron" and "james" find
 * "lebronjames" but a typo of one letter still comes first.
 */
#include "base/nearest.h"

#include <assert.h>
#include <string.h>

#define LENGTH_MAX 64

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned edit_distance(const char *a, const char *b, unsigned limit)
{
	size_t rows = strlen(a), columns = strlen(b);
	size_t apart = rows > columns ? rows - columns : columns - rows;
	if (rows > LENGTH_MAX || columns > LENGTH_MAX || apart > limit)
		return limit + 1;
	unsigned table[3][LENGTH_MAX + 1];
	unsigned *two_back = table[0], *back = table[1], *now = table[2];
	for (size_t j = 0; j <= columns; j++)
		back[j] = (unsigned)j;
	for (size_t i = 1; i <= rows; i++) {
		now[0] = (unsigned)i;
		unsigned best = now[0];
		for (size_t j = 1; j <= columns; j++) {
			unsigned replace = back[j - 1] + (a[i - 1] != b[j - 1]);
			now[j] = least(replace, least(back[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = least(now[j], two_back[j - 2] + 1);
			best = least(best, now[j]);
		}
		if (best > limit)
			return limit + 1;
		unsigned *free_row = two_back;
		two_back = back;
		back = now;
		now = free_row;
	}
	return least(back[columns], limit + 1);
}

/* How far apart two names are for a person; more than a third of the letters wrong is no resemblance. */
static unsigned resemblance(const char *wanted, const char *candidate)
{
	size_t length = strlen(wanted), other = strlen(candidate);
	unsigned limit = length < 3 ? 1 : (unsigned)(length / 3 + 1);
	size_t common = length < other ? length : other;
	if (common >= 2 && (strstr(candidate, wanted) || strstr(wanted, candidate))) {
		size_t missing = length < other ? other - length : length - other;
		return (unsigned)((missing + 1) / 2);
	}
	unsigned distance = edit_distance(wanted, candidate, limit);
	return distance > limit ? NEAREST_MAX + LENGTH_MAX : distance;
}

void nearest_init(struct nearest *n, const char *wanted, const char **names, size_t max)
{
	assert(max <= NEAREST_MAX);
	*n = (struct nearest){.wanted = wanted, .names = names, .max = max};
}

void nearest_offer(struct nearest *n, const char *candidate)
{
	unsigned distance = resemblance(n->wanted, candidate);
	if (distance > LENGTH_MAX)
		return;
	size_t at = n->count;
	while (at > 0 && n->distance[at - 1] > distance)
		at--;
	if (at == n->max)
		return;
	size_t last = n->count < n->max ? n->count++ : n->max - 1;
	memmove(&n->names[at + 1], &n->names[at], (last - at) * sizeof(*n->names));
	memmove(&n->distance[at + 1], &n->distance[at], (last - at) * sizeof(*n->distance));
	n->names[at] = candidate;
	n->distance[at] = distance;
}

void nearest_offer_once(struct nearest *n, const char *candidate)
{
	for (size_t i = 0; i < n->count; i++) {
		if (strcmp(n->names[i], candidate) == 0)
			return;
	}
	nearest_offer(n, candidate);
}
