/*
 * What a session does by the clock while it stands: heartbeat and claims, a look at the standing orders, and each
 * minute trimming, the look at what is to be warned of and the compare of pending entries.
 */
#include "delivery/internal.h"

#include <inttypes.h>
#include <string.h>

enum { TRIM_MAX = 10000 }; /* entries of one stream a call: a third of a millisecond of Redis */

static void on_beat(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	if (!link_heard(d, reply, "heartbeat", "(s u u)") ||
		!link_time_is(d, value_int(script_out(reply, BEAT_OUT_TIME)), (int64_t)(intptr_t)data))
		return;
	const char *whose = value_text(script_out(reply, BEAT_OUT_WHOSE));
	const int64_t handed = value_int(script_out(reply, BEAT_OUT_HANDED));
	if (handed != d->handed)
		reader_handed(d);
	d->handed = handed;
	if (strcmp(whose, BEAT_OTHER) == 0) {
		link_stop(d, STOP_NAME_TAKEN, "another process has taken this instance's name");
	} else if (strcmp(whose, BEAT_NONE) == 0) {
		/* Others may have claimed our entries and runs meanwhile: be somebody new. */
		name_new_boot(d);
		link_lost(d, "the heartbeat was lost");
	} else if (strcmp(whose, BEAT_MINE) != 0) {
		char why[120];
		text_format(why, sizeof(why), "heartbeat: Redis answered \"%.60s\", which is no answer to that", whose);
		link_lost(d, why);
	}
}

static void arg_tokens(struct redis_request *r, const struct ticket *t)
{
	char field[TICKET_FIELD_SIZE];
	for (; t; t = t->next) {
		const unsigned item = script_next(r);
		ticket_field(t, field);
		redis_arg(script_argv(r, item + BEAT_ITEM_FIELD), field);
		redis_arg_int(script_argv(r, item + BEAT_ITEM_SERIAL), t->serial);
		(void)script_argv(r, item + BEAT_ITEM_SIZE);
	}
}

static void beat(struct delivery *d)
{
	struct redis_request *r = link_script(d, SCRIPT_BEAT, NULL);
	redis_arg(script_argv(r, BEAT_NAME), d->name);
	redis_arg(script_argv(r, BEAT_BOOT), d->boot);
	redis_arg_int(script_argv(r, BEAT_TTL), BEAT_TTL_MS);
	redis_arg_int(script_argv(r, BEAT_COUNT), ++d->beats);
	redis_arg(script_argv(r, BEAT_LEAGUE), d->league);
	redis_arg(script_argv(r, BEAT_PHASES), d->phases_in);
	(void)script_argv(r, BEAT_ITEMS);
	arg_tokens(r, d->tickets.head);
	for (const struct day *day = d->days; day; day = day->hh.next) { /* runs that ended and are not told yet */
		arg_tokens(r, day->commits.head);
		arg_tokens(r, day->outputs.head);
		arg_tokens(r, day->fails.head);
	}
	link_send(d, on_beat, (void *)(intptr_t)link_now_us(d)); /* NOLINT: a number, not a pointer */
}

static void trim(struct delivery *d);

/* What a minute brought may be more than one call takes: at once again, while there is more. */
static void on_trimmed(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	(void)data;
	if (link_heard(d, reply, "trimming the input streams", "u") && value_int(reply) > 0)
		trim(d);
}

static void trim(struct delivery *d)
{
	if (d->options.ingest_keep_us == 0)
		return;
	struct redis_request *r = link_script(d, SCRIPT_TRIM, NULL);
	redis_arg(script_argv(r, TRIM_GROUP), d->group);
	redis_arg_format(script_argv(r, TRIM_CUTOFF), "%lld-0",
		(long long)(delivery_redis_ms(d) - d->options.ingest_keep_us / 1000));
	redis_arg_int(script_argv(r, TRIM_COUNT), TRIM_MAX);
	(void)script_argv(r, TRIM_STREAMS);
	for (int s = 0; s < STREAM_COUNT; s++)
		redis_arg(r, d->streams[s].key);
	link_send(d, on_trimmed, NULL);
}

void upkeep_start(struct delivery *d)
{
	d->beat_us = link_now_us(d);
	d->orders_us = d->beat_us + ORDERS_US;
	d->options_stale = true;
	d->upkeep_us = d->beat_us + UPKEEP_US / 4;
}

void upkeep_tick(struct delivery *d, int64_t now_us)
{
	if (now_us >= d->beat_us) {
		d->beat_us = now_us + BEAT_US;
		beat(d);
		options_note(d);
		reader_claim(d);
		letters_tick(d, now_us);
		strangers_tick(d, now_us);
		books_tick(d, now_us);
		glance(d);
	}
	if (now_us >= d->orders_us) {
		d->orders_us = now_us + ORDERS_US;
		orders_poll(d);
	}
	if (now_us >= d->upkeep_us) {
		d->upkeep_us = now_us + UPKEEP_US;
		trim(d);
		watch_look(d);
		reader_compare(d);
	}
}
