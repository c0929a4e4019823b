#include "score.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#define DRAWS 1000
#define NEAREST 0.001

void score_add(struct score *s, size_t day, double value)
{
	s->sum[day] += value;
	s->count[day] += 1;
}

static double total(const double *values)
{
	double sum = 0;

	for (size_t i = 0; i < SCORE_DAYS; i++)
		sum += values[i];
	return sum;
}

double score_count(const struct score *s)
{
	return total(s->count);
}

double score_mean(const struct score *s)
{
	const double count = total(s->count);

	return count > 0 ? total(s->sum) / count : 0;
}

/* splitmix64 */
static uint64_t draw(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct interval score_interval(const struct score *s)
{
	static double mean[DRAWS];
	size_t day[SCORE_DAYS], days = 0;
	uint64_t state = 20251021;

	for (size_t i = 0; i < SCORE_DAYS; i++) {
		if (s->count[i] > 0)
			day[days++] = i;
	}
	if (days == 0)
		return (struct interval){0, 0};
	for (int k = 0; k < DRAWS; k++) {
		double sum = 0, count = 0;

		for (size_t i = 0; i < days; i++) {
			const size_t d = day[draw(&state) % days];

			sum += s->sum[d];
			count += s->count[d];
		}
		mean[k] = sum / count;
	}
	qsort(mean, DRAWS, sizeof(*mean), by_value);
	return (struct interval){mean[DRAWS / 40], mean[DRAWS - 1 - DRAWS / 40]};
}

double log_loss(double p, int over)
{
	p = p < NEAREST ? NEAREST : p > 1 - NEAREST ? 1 - NEAREST : p;
	return -log(over ? p : 1 - p);
}

double brier(double p, int over)
{
	return (p - over) * (p - over);
}
