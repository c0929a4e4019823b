/* The pages that are answered by HTTP: metrics, and whether all is well. Loop thread only. */
#ifndef APP_PAGES_H
#define APP_PAGES_H

#include "base/err.h"

struct core;
struct event_base;
struct metrics;
struct pages;
struct pool_stats;
struct warnings;

/* What the pages tell of; outlives them. */
struct pages_sources {
	const struct core *core;
	const struct metrics *metrics;
	const struct warnings *warnings;
	const char *instance;
};

/* `listen` "": none; *ret is NULL then, which is fine for all below. An address that cannot be had now is an error in the
 * log, and tried again; else fails as web_new() (web/server.h). */
int pages_new(struct event_base *base, const char *listen, const struct pages_sources *sources, struct pages **ret,
	struct err *err);
void pages_free(struct pages *pages);

/* Once a second: whether workers end what they have in hand, and the address that could not be had. */
void pages_second(struct pages *pages, const struct pool_stats *pool);

void pages_figures(struct pages *pages, struct metrics *metrics);

#endif
