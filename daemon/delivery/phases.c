/*
 * One table of phases at a time. What phases there are and what they read stands in the configuration of each instance, but
 * what is acknowledged by one must hold for all: an instance that knows of no precompute settles an entry without it, one
 * whose precompute reads less commits outputs that miss what another one's would have. So one table is in force, in
 * Redis. An instance takes its name with its table (take.lua, which decides whose is the newer one), and apply and begin,
 * which alone decide on needs and runs, refuse whoever has another. Who is outdated stands by: it has no name, so others
 * claim what it had, and asks for it again until its table is in force.
 */
#include "delivery/internal.h"

#include <string.h>

enum {
	NAMES_KEPT = 64,
	LOOK_US = 500000, /* how often it is looked whether ours are in force */
};

void phases_arg(struct delivery *d)
{
	const struct phases *p = &d->phases;
	const date_t first = zone_date(delivery_redis_ms(d)) - DAYS_BEFORE;
	struct redis_request *r = &d->request;
	char dates[(DAYS_BEFORE + DAYS_AHEAD + 1) * DATE_SIZE], text[DATE_SIZE];
	size_t length = 0;

	if (p->precompute)
		redis_arg_format(script_argv(r, TAKE_PHASES), "report=%x precompute=%x", p->reads[PHASE_REPORT],
			p->reads[PHASE_PRECOMPUTE]);
	else
		redis_arg_format(script_argv(r, TAKE_PHASES), "report=%x", p->reads[PHASE_REPORT]);
	redis_arg(script_argv(r, TAKE_STREAM), d->streams[STREAM_REGENERATE].key);
	redis_arg(script_argv(r, TAKE_OPTIONS), d->options_text);
	redis_arg_int(script_argv(r, TAKE_KEPT), NAMES_KEPT);
	for (date_t date = first; date <= first + DAYS_BEFORE + DAYS_AHEAD; date++)
		length += text_format(
			dates + length, sizeof(dates) - length, "%s%s", length ? " " : "", date_format(date, text));
	redis_arg(script_argv(r, TAKE_DATES), dates);
}

void phases_heard(struct delivery *d, const struct value *reply)
{
	const long long added = (long long)value_int(script_out(reply, TAKE_OUT_ADDED));
	text_format(d->phases_in, sizeof(d->phases_in), "%s", value_text(script_out(reply, TAKE_OUT_PHASES)));
	if (added)
		log_notice(
			"redis", "other phases are in force than before: all reports are made again dates=%lld", added);
}

void phases_stand_by(struct delivery *d, const struct value *reply)
{
	const char *holder = value_text(script_out(reply, TAKE_OUT_HOLDER));
	char why[300];

	if (holder[0])
		text_format(why, sizeof(why),
			"standing by: instance %.100s has other phases (precompute, reads) by a newer configuration; "
			"give this one the same",
			holder);
	else
		text_format(why, sizeof(why),
			"standing by for an instance whose phases (precompute, reads) are of a newer configuration; "
			"without one those of this one are in force in %d s",
			FREE_MS / 1000);
	if (strcmp(d->problem, why) != 0)
		log_warn("redis", "%s", why);
	text_format(d->problem, sizeof(d->problem), "%s", why);
	d->session = SESSION_WAITING;
	d->step_us = link_now_us(d) + LOOK_US;
	d->ops->wake(d->arg);
}
