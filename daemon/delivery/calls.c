/* Lists on the way to Redis. Their memory is kept for the next ones. */
#include "delivery/internal.h"

#include <stdlib.h>

struct call *call_new(struct delivery *d, struct day *day)
{
	struct call *c = d->spare;
	if (c)
		d->spare = c->next;
	else {
		c = calloc(1, sizeof(*c));
		if (c)
			c->arena = arena_new();
		if (!c || !c->arena) {
			free(c);
			link_lost(d, "no memory for a list");
			return NULL;
		}
	}
	c->day = day;
	c->leagues = d->leagues;
	c->count = 0;
	c->slate = false;
	c->cost = c->ran_count = c->roster_count = c->rostered = 0;
	c->player[0] = '\0';
	LIST_APPEND(&d->calls, c);
	return c;
}

void call_done(struct delivery *d, struct call *c)
{
	if (c) {
		LIST_REMOVE(&d->calls, c);
		arena_reset(c->arena);
		c->next = d->spare;
		d->spare = c;
		return;
	}
	while (d->spare) {
		c = d->spare;
		d->spare = c->next;
		arena_free(c->arena);
		free(c);
	}
}
