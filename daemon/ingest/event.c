#include "ingest/event.h"

#include <assert.h>
#include <stdlib.h>

const char *stream_name(enum stream stream)
{
	static const char *const names[STREAM_COUNT] = {
		[STREAM_REGENERATE] = "regenerate",
		[STREAM_SLATE] = "slate",
		[STREAM_LINEUP] = "lineup",
		[STREAM_INJURY] = "injury",
		[STREAM_ODDS] = "odds",
	};
	assert((unsigned)stream < STREAM_COUNT);
	return names[stream];
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
