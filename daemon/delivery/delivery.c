/*
 * The facade: one delivery, its turn and its tick. Each turn begins with what became of the link: a session that was
 * lost is forgotten here and nowhere else, one that was won begins its work.
 */
#include "delivery/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int delivery_new(const struct delivery_options *options, const struct delivery_ops *ops, void *arg,
	struct delivery **ret, struct err *err)
{
	struct delivery *d = calloc(1, sizeof(*d));
	if (!d || scripts_init(d->scripts) < 0 || !(d->nba = teams_nba())) {
		delivery_free(d);
		return err_set(err, -ENOMEM, "no memory for the delivery");
	}
	d->options = *options;
	if (!d->options.max_needs)
		d->options.max_needs = NEEDS_MAX;
	d->phases.reads[PHASE_REPORT] = FACTS_ALL; /* until delivery_use_phases() */
	d->ops = ops;
	d->arg = arg;
	text_format(d->prefix, sizeof(d->prefix), "%s", options->prefix);
	text_format(d->group, sizeof(d->group), "%s", options->group);
	text_format(d->name, sizeof(d->name), "%s", options->name);
	league_text(NULL, d->league);
	d->back_off_us = BACK_OFF_MIN_US;
	text_format(d->problem, sizeof(d->problem), "not connected yet");
	for (int s = 0; s < STREAM_COUNT; s++)
		text_format(
			d->streams[s].key, sizeof(d->streams[s].key), "%s%s", d->prefix, stream_name((enum stream)s));
	name_identify_host(d);
	name_new_boot(d);
	*ret = d;
	return 0;
}

static bool same_phases(const struct phases *a, const struct phases *b)
{
	return a->precompute == b->precompute && a->eager == b->eager &&
	       memcmp(a->reads, b->reads, sizeof(a->reads)) == 0;
}

void delivery_use_phases(struct delivery *d, const struct phases *phases)
{
	const struct phases old = d->phases;
	d->phases = *phases;
	for (int p = 0; p < PHASE_COUNT; p++)
		d->phases.reads[p] = facts_with_implied(d->phases.reads[p]);
	if (d->session != SESSION_DOWN && !same_phases(&old, &d->phases))
		delivery_reconnect(d, "other phases are in force: all that is open is judged anew");
}

const struct phases *delivery_phases(const struct delivery *d)
{
	return &d->phases;
}

static void begin_session(struct delivery *d)
{
	d->fresh = false;
	upkeep_start(d);
	reader_start(d);
	orders_poll(d);
	days_look(d);
	d->ops->ready(d->arg, true);
}

/* All that this process believed is void. Runs that are out go on; their tokens stand. */
static void forget(struct delivery *d)
{
	const struct trace_fact over = {
		.step = TRACE_OVER, .stream = TRACE_NO_STREAM, .took_us = -1, .value = HASH_COUNT(d->entries)};
	trace_add(d->options.trace, &over, 0, NULL);
	link_drop_request(d); /* it may have been half made */
	requests_forget(d);
	runs_forget(d);
	withhold_forget(d);
	d->ops->forget(d->arg);
	reader_forget(d);
	entries_forget(d);
	books_keep(d);
	days_forget(d);
	orders_forget(d);
}

static void end_session(struct delivery *d)
{
	d->session = SESSION_DOWN;
	d->fresh = false;
	forget(d);
	if (d->was_ready)
		d->ops->ready(d->arg, false);
	if (d->stops)
		d->ops->stop(d->arg, d->stop_reason, d->problem);
	d->ops->wake(d->arg);
}

void delivery_start(struct delivery *d)
{
	d->reading = true;
	d->retry_us = link_now_us(d);
	d->ops->wake(d->arg);
}

void delivery_free(struct delivery *d)
{
	if (!d)
		return;
	letters_tick(d, INT64_MAX);
	if (d->options.transport) {
		d->options.transport->close(d->commands);
		d->options.transport->close(d->reader);
		requests_forget(d);
		runs_forget(d);
		withhold_forget(d);
		entries_forget(d);
		days_forget(d);
		call_done(d, NULL);
	}
	books_free(d);
	orders_free(d);
	free(d->strangers.rows);
	redis_request_done(&d->request);
	str_done(&d->scratch);
	scripts_done(d->scripts);
	teams_free(d->nba);
	free(d);
}

void delivery_turn(struct delivery *d)
{
	struct day *day, *next;

	if (d->session == SESSION_LOST)
		end_session(d);
	if (d->session != SESSION_READY)
		return;
	if (d->fresh)
		begin_session(d);
	/* Commits first: they free places and settle entries; then what was settled, then what is new. */
	HASH_ITER (hh, d->days, day, next)
		runs_turn(d, day);
	HASH_ITER (hh, d->days, day, next)
		withhold_turn(d, day);
	settle_turn(d);
	days_turn(d);
	HASH_ITER (hh, d->days, day, next)
		apply_turn(d, day);
	days_leave(d);
	reader_turn(d);
}

void delivery_tick(struct delivery *d)
{
	int64_t now = link_now_us(d);
	switch (d->session) {
	case SESSION_DOWN:
		if (now >= d->retry_us)
			link_open(d, handshake_begin);
		break;
	case SESSION_WAITING:
		if (now >= d->step_us)
			handshake_again(d);
		break;
	case SESSION_WATCHING:
		if (now >= d->watched_until_us)
			name_look(d);
		break;
	case SESSION_READY:
		if (d->fresh)
			break; /* its first turn is still to come */
		upkeep_tick(d, now);
		orders_due(d);
		reader_due(d, now);
		days_tick(d, now);
		break;
	case SESSION_LOST:
	case SESSION_CONNECTING:
	case SESSION_STARTING:
		break;
	}
}

static int64_t sooner(int64_t a, int64_t b)
{
	return b && b < a ? b : a;
}

int64_t delivery_next_us(const struct delivery *d)
{
	int64_t next = INT64_MAX;
	switch (d->session) {
	case SESSION_DOWN:
		return d->retry_us;
	case SESSION_WAITING:
		return d->step_us;
	case SESSION_WATCHING:
		return d->watched_until_us;
	case SESSION_CONNECTING:
	case SESSION_STARTING:
		return next;
	case SESSION_LOST:
		return link_now_us(d);
	case SESSION_READY:
		break;
	}
	if (d->fresh)
		return link_now_us(d);
	next = sooner(sooner(sooner(d->beat_us, d->orders_us), d->upkeep_us), budget_next_us(d));
	const struct queue_node *delayed = queue_first(&d->delayed);
	int64_t due_ms = orders_next_ms(d);
	if (delayed && delayed->turn < due_ms)
		due_ms = delayed->turn;
	if (due_ms - delivery_redis_ms(d) < INT64_MAX / 2000) {
		int64_t wait_ms = due_ms - delivery_redis_ms(d);
		next = sooner(next, link_now_us(d) + (wait_ms > 0 ? wait_ms * 1000 : 1));
	}
	return sooner(next, d->hold_us);
}

bool delivery_ready(const struct delivery *d)
{
	return d->session == SESSION_READY;
}

const char *delivery_state(const struct delivery *d)
{
	static const char *const names[] = {
		[SESSION_CONNECTING] = "connecting",
		[SESSION_STARTING] = "starting",
		[SESSION_WATCHING] = "watching who has this instance's name",
		[SESSION_READY] = "ok",
		[SESSION_LOST] = NULL, /* it and the others say their problem */
	};
	if (d->session == SESSION_READY && d->full)
		return "at its memory limit (maxmemory): events wait";
	if (d->session == SESSION_STARTING && d->migrates)
		return d->problem;
	return names[d->session] ? names[d->session] : d->problem;
}

/* --- drain ------------------------------------------------------------------------------------------------------ */

void delivery_stop_reading(struct delivery *d)
{
	d->reading = false;
}

bool delivery_flushed(const struct delivery *d)
{
	return d->session != SESSION_READY || (d->settled == 0 && d->burying.count == 0 && d->calls.count == 0);
}

void delivery_leave(struct delivery *d, delivery_reply_fn *done, void *data)
{
	watch_look(d); /* so that what is lost until the next start is known by its place */
	struct redis_request *r = link_script(d, SCRIPT_LEAVE, NULL);
	redis_arg(script_argv(r, LEAVE_NAME), d->name);
	redis_arg(script_argv(r, LEAVE_BOOT), d->boot);
	request_send(d, "giving the name back", "u", done, data);
}
