#include "delivery/ticket.h"

#include <string.h>

bool ticket_output_counts(const struct ticket *t)
{
	const struct output *o = &t->output;
	if (o->version == 0)
		return false;
	return strcmp(o->game, ANY_PLACE) == 0 ||
	       (strcmp(o->game, t->live->game_id) == 0 && strcmp(o->team, t->live->team) == 0);
}
