#include "ingest/event.h"

#include <assert.h>
#include <stdlib.h>

const char *const stream_names[STREAM_COUNT + 1] = {
	[STREAM_REGENERATE] = "regenerate",
	[STREAM_SLATE] = "slate",
	[STREAM_LINEUP] = "lineup",
	[STREAM_INJURY] = "injury",
	[STREAM_ODDS] = "odds",
};

const char *stream_name(enum stream stream)
{
	assert((unsigned)stream < STREAM_COUNT);
	return stream_names[stream];
}

void event_done(struct event *e)
{
	free(e->event_id);
	free(e->origin);
	free(e->traceparent);
	free(e->unread);
	e->event_id = e->origin = e->traceparent = NULL;
	e->unread = NULL;
	if (e->kind == EVENT_INJURY) {
		free(e->injury.reason);
		e->injury.reason = NULL;
	} else if (e->kind == EVENT_LINEUP) {
		free(e->lineup.starters);
		e->lineup.starters = NULL;
		e->lineup.count = 0;
	}
}
