/*
 * How the whole fleet stands, in a few counts that Redis answers at once: with each heartbeat, so that `status` and the
 * metrics need not ask, and once more when letters were taken away or tried again.
 */
#include "delivery/internal.h"

#include <string.h>

static void heard_stream(struct delivery *d, const struct value *row, struct delivery_glanced *ret)
{
	struct stream_id last, oldest;
	*ret = (struct delivery_glanced){.pending = value_int(script_out(row, GLANCED_PENDING)),
		.unread = value_int(script_out(row, GLANCED_UNREAD))};
	if (stream_id_parse(value_text(script_out(row, GLANCED_LAST)), &last) && last.ms > 0)
		ret->last_ms = entry_time_ms(d, last);
	if (stream_id_parse(value_text(script_out(row, GLANCED_OLDEST)), &oldest))
		ret->oldest_ms = entry_time_ms(d, oldest);
}

void glance_heard(struct delivery *d, const struct value *reply)
{
	struct delivery_glance *g = &d->glance;
	const struct value *fleet = script_out(reply, GLANCE_OUT_FLEET), *rows = script_out(reply, GLANCE_OUT_STREAMS);
	const int64_t letters = g->letters;
	size_t length = 0;
	g->at_ms = value_int(script_out(reply, GLANCE_OUT_TIME));
	g->letters = value_int(script_out(reply, GLANCE_OUT_LETTERS));
	g->instances = (unsigned)fleet->count;
	g->names[0] = '\0';
	for (size_t i = 0; i < fleet->count; i++)
		length += text_format(g->names + length, sizeof(g->names) - length, "%s%s", i ? " " : "",
			value_text(&fleet->items[i]));
	metrics_set(d->options.metrics, METRIC_INSTANCES, 0, g->instances);
	for (unsigned s = 0; s < STREAM_COUNT && s < rows->count; s++) {
		struct delivery_glanced *stream = &g->streams[s];
		heard_stream(d, &rows->items[s], stream);
		metrics_set(d->options.metrics, METRIC_UNREAD, s, stream->unread > 0 ? (double)stream->unread : 0);
		metrics_set(d->options.metrics, METRIC_LAST_EVENT, s, (double)stream->last_ms / 1000);
	}
	if (g->letters != letters)
		watch_look(d); /* the warning says which the newest is */
}

void glance_ask(struct delivery *d)
{
	struct redis_request *r = link_script(d, SCRIPT_GLANCE, NULL);
	redis_arg(script_argv(r, GLANCE_GROUP), d->group);
	(void)script_argv(r, GLANCE_STREAMS);
	for (int s = 0; s < STREAM_COUNT; s++)
		redis_arg(r, d->streams[s].key);
}

static void on_glance(void *arg, void *data, const struct value *reply)
{
	(void)data;
	if (link_heard(arg, reply, "a look at how all stands", GLANCE_SHAPE))
		glance_heard(arg, reply);
}

void glance(struct delivery *d)
{
	glance_ask(d);
	link_send(d, on_glance, NULL);
}

const struct delivery_glance *delivery_glance(const struct delivery *d)
{
	return &d->glance;
}
