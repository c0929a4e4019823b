#include "process/places.h"

enum {
	WINDOW_US = 2000,
	WINDOW_MAX = 256, /* bounds memory and how late a raise can come */
	RESERVE_ONE_IN = 10,
	RESERVE_FROM = 4, /* slots from which there is a reserve at all */
	MEAN_WEIGHT = 8, /* a new figure counts one eighth */
};

void places_for_slots(struct places *p, unsigned slots, bool reserve)
{
	p->slots = true;
	p->most = slots;
	p->reserve = reserve && slots >= RESERVE_FROM ? (slots + RESERVE_ONE_IN - 1) / RESERVE_ONE_IN : 0;
}

void places_for_workers(struct places *p, unsigned workers)
{
	p->slots = false;
	p->workers = workers;
}

static unsigned uncapped(const struct places *p)
{
	if (p->slots)
		return p->most;
	unsigned least = 2 * p->workers;
	int64_t window = p->mean_us > 0 ? WINDOW_US * (int64_t)p->workers / p->mean_us : 0;
	if (window > WINDOW_MAX)
		window = WINDOW_MAX;
	return window > least ? (unsigned)window : least;
}

static unsigned within_cap(const struct places *p, unsigned most)
{
	return p->capped && p->cap < most ? p->cap : most;
}

unsigned places_size(const struct places *p)
{
	return within_cap(p, uncapped(p));
}

bool places_free(const struct places *p, enum level level)
{
	unsigned most = places_size(p);
	/* Urgent work is begun at once: the pool takes the highest level first, so it waits for no begun run. */
	if (!p->slots && level == LEVEL_URGENT)
		return p->taken < within_cap(p, WINDOW_MAX);
	unsigned reserve = p->slots && level > LEVEL_HIGH && p->reserve < most ? p->reserve : 0;
	return p->taken < most - reserve;
}

void places_ran(struct places *p, int64_t us)
{
	if (us < 1)
		us = 1;
	p->mean_us = p->mean_us == 0 ? us : p->mean_us + (us - p->mean_us) / MEAN_WEIGHT;
}
