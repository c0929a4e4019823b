/*
 * What operators ask for beside the protocol: plain requests whose reply goes back to whoever asked.
 */
#include "delivery/internal.h"

#include <stdlib.h>

struct request {
	struct request *next, *prev;
	const char *what, *shape; /* of its reply */
	delivery_reply_fn *done;
	void *data;
};

static void on_reply(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	struct request *q = data;
	if (!value_is_error(reply) && !link_heard(d, reply, q->what, q->shape))
		return; /* whoever asked is told when the session is forgotten */
	LIST_REMOVE(&d->requests, q);
	q->done(q->data, reply);
	free(q);
}

void request_send(struct delivery *d, const char *what, const char *shape, delivery_reply_fn *done, void *data)
{
	struct request *q = d->session == SESSION_READY ? malloc(sizeof(*q)) : NULL;
	if (!q) {
		redis_request_done(&d->request);
		done(data, NULL);
		return;
	}
	*q = (struct request){.what = what, .shape = shape, .done = done, .data = data};
	LIST_APPEND(&d->requests, q);
	link_send(d, on_reply, q);
}

void requests_forget(struct delivery *d)
{
	struct request *q, *next;
	DL_FOREACH_SAFE (d->requests.head, q, next) {
		LIST_REMOVE(&d->requests, q);
		q->done(q->data, NULL);
		free(q);
	}
}

void delivery_publish(struct delivery *d, enum stream stream, const char *const *fields, size_t count,
	delivery_reply_fn *done, void *data)
{
	redis_arg(&d->request, "XADD");
	redis_arg(&d->request, d->streams[stream].key);
	redis_arg(&d->request, "*");
	for (size_t i = 0; i < count; i++)
		redis_arg(&d->request, fields[i]);
	request_send(d, "adding an entry", "s", done, data);
}

void delivery_fire(struct delivery *d, const struct delivery_due *due, delivery_reply_fn *done, void *data)
{
	struct redis_request *r = link_script(d, SCRIPT_SCHEDULE, NULL);
	redis_arg(script_argv(r, SCHEDULE_NAME), due->name);
	redis_arg(script_argv(r, SCHEDULE_RULE), due->rule);
	redis_arg_int(script_argv(r, SCHEDULE_DUE), due->due_ms);
	redis_arg_int(script_argv(r, SCHEDULE_SINCE), due->since_ms);
	redis_arg(script_argv(r, SCHEDULE_STREAM), d->streams[STREAM_REGENERATE].key);
	redis_arg_int(script_argv(r, SCHEDULE_EACH), (int64_t)due->each);
	(void)script_argv(r, SCHEDULE_ENTRIES);
	for (size_t i = 0; i < due->entries * due->each; i++)
		redis_arg(r, due->fields[i]);
	request_send(d, "firing a schedule", "(i i i i s)", done, data);
}

void delivery_report(
	struct delivery *d, date_t date, const char *player, enum phase phase, delivery_reply_fn *done, void *data)
{
	char text[DATE_SIZE];
	redis_arg(&d->request, "GET");
	redis_arg_format(&d->request, "%s%s:%s:%s", d->prefix, phase == PHASE_PRECOMPUTE ? "pre" : "report",
		date_format(date, text), player);
	request_send(d, "reading a report", "s|n", done, data);
}

void delivery_entry(struct delivery *d, enum stream stream, const char *id, delivery_reply_fn *done, void *data)
{
	redis_arg(&d->request, "XRANGE");
	redis_arg(&d->request, d->streams[stream].key);
	redis_arg(&d->request, id);
	redis_arg(&d->request, id);
	request_send(d, "reading an entry", "[(s [s])]", done, data);
}

void delivery_notices(
	struct delivery *d, enum phase phase, const char *behind, unsigned limit, delivery_reply_fn *done, void *data)
{
	redis_arg(&d->request, "XRANGE");
	redis_arg_format(&d->request, "%s%s", d->prefix, phase == PHASE_PRECOMPUTE ? "outputs" : "reports");
	redis_arg_format(&d->request, "(%s", behind);
	redis_arg(&d->request, "+");
	redis_arg(&d->request, "COUNT");
	redis_arg_int(&d->request, limit);
	request_send(d, "reading notices", "[(s [s])]", done, data);
}

void delivery_ran(struct delivery *d, date_t date, delivery_reply_fn *done, void *data)
{
	char text[DATE_SIZE];
	redis_arg(script_argv(link_script(d, SCRIPT_RAN, NULL), ARG_DATE), date_format(date, text));
	request_send(d, "reading who ran", "[s]", done, data);
}

void delivery_lines(
	struct delivery *d, date_t date, const char *player, bool reports, delivery_reply_fn *done, void *data)
{
	char text[DATE_SIZE];
	struct redis_request *r = link_script(d, SCRIPT_LINES, NULL);
	redis_arg(script_argv(r, ARG_DATE), date_format(date, text));
	redis_arg(script_argv(r, LINES_PLAYER), player);
	redis_arg(script_argv(r, LINES_REPORTS), reports ? LINES_WITH_REPORTS : "");
	request_send(d, "reading lines", "(s [s] s|n s|n s|n)", done, data);
}

void delivery_dead_count(struct delivery *d, delivery_reply_fn *done, void *data)
{
	redis_arg(&d->request, "XLEN");
	redis_arg_format(&d->request, "%sdead", d->prefix);
	request_send(d, "counting dead letters", "u", done, data);
}

void delivery_dead_range(struct delivery *d, bool newest_first, const char *from, const char *to, unsigned count,
	delivery_reply_fn *done, void *data)
{
	redis_arg(&d->request, newest_first ? "XREVRANGE" : "XRANGE");
	redis_arg_format(&d->request, "%sdead", d->prefix);
	redis_arg(&d->request, from);
	redis_arg(&d->request, to);
	redis_arg(&d->request, "COUNT");
	redis_arg_int(&d->request, count);
	request_send(d, "reading dead letters", "[(s [s])]", done, data);
}

void delivery_left(struct delivery *d, delivery_reply_fn *done, void *data)
{
	struct redis_request *r = link_script(d, SCRIPT_LEFT, NULL);
	redis_arg(script_argv(r, LEFT_GROUP), d->group);
	(void)script_argv(r, LEFT_STREAMS);
	for (int s = 0; s < STREAM_COUNT; s++)
		redis_arg(r, d->streams[s].key);
	request_send(d, "counting what is left", "(u u)", done, data);
}

void delivery_fate(struct delivery *d, enum stream stream, const char *id, delivery_reply_fn *done, void *data)
{
	struct redis_request *r = link_script(d, SCRIPT_FATE, NULL);
	redis_arg(script_argv(r, FATE_GROUP), d->group);
	redis_arg(script_argv(r, FATE_STREAM), d->streams[stream].key);
	redis_arg(script_argv(r, FATE_ID), id);
	request_send(d, "asking what became of an entry", "[s]|n", done, data);
}

void delivery_dead_retry(struct delivery *d, const struct delivery_retry *retry, delivery_reply_fn *done, void *data)
{
	struct redis_request *r = link_script(d, SCRIPT_RETRY, NULL);
	redis_arg(script_argv(r, RETRY_LETTER), retry->letter);
	redis_arg(script_argv(r, RETRY_DATE), retry->date);
	redis_arg_int(script_argv(r, RETRY_COUNT), (int64_t)retry->player_count);
	(void)script_argv(r, RETRY_PLAYERS);
	for (size_t i = 0; i < retry->player_count; i++)
		redis_arg(r, retry->players[i]);
	for (size_t i = 0; i < retry->field_count; i++)
		redis_arg(r, retry->fields[i]);
	request_send(d, "trying a dead letter again", "s|u|n", done, data);
	d->beat_us = 0; /* how many there are is looked at with it */
}

void delivery_dead_drop(
	struct delivery *d, const char *const *letters, size_t count, delivery_reply_fn *done, void *data)
{
	redis_arg(&d->request, "XDEL");
	redis_arg_format(&d->request, "%sdead", d->prefix);
	for (size_t i = 0; i < count; i++)
		redis_arg(&d->request, letters[i]);
	request_send(d, "taking dead letters away", "u", done, data);
	d->beat_us = 0; /* how many there are is looked at with it */
}

void delivery_rights(struct delivery *d, delivery_reply_fn *done, void *data)
{
	struct redis_request *r = link_script(d, SCRIPT_RIGHTS, NULL);
	redis_arg(script_argv(r, RIGHTS_GROUP), d->group);
	redis_arg(script_argv(r, RIGHTS_STREAM), d->streams[STREAM_ODDS].key);
	request_send(d, "checking the user's rights", "[s]", done, data);
}
