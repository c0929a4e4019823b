/*
 * How a session starts: a list of steps, one request each, on both connections as the step says; the answer to one
 * sends the next. The last asks for the instance's name. Reading begins when that is taken.
 */
#include "delivery/internal.h"

#include <stdlib.h>
#include <string.h>

enum {
	MIGRATE_ENTRIES = 500, /* of a stream in one call: some 3 ms of Redis */
	MIGRATE_LOCK_MS = 10000,
	TIMES_MAX = 3, /* so often Redis is asked for its time where the answer is long in coming */
	LOOK_US = 500000, /* how often it is looked whether those one waits for are gone */
};

static void next_step(struct delivery *d);

static bool auth(struct delivery *d)
{
	const struct redis_url *url = &d->options.connection.url;
	if (!url->password[0])
		return false;
	redis_arg(&d->request, "AUTH");
	if (url->user[0])
		redis_arg(&d->request, url->user);
	redis_arg(&d->request, url->password);
	return true;
}

static bool select_db(struct delivery *d)
{
	if (d->options.connection.url.db == 0)
		return false;
	redis_arg(&d->request, "SELECT");
	redis_arg_int(&d->request, d->options.connection.url.db);
	return true;
}

static bool set_client_name(struct delivery *d)
{
	redis_arg(&d->request, "CLIENT");
	redis_arg(&d->request, "SETNAME");
	redis_arg_format(&d->request, "propsd:%s", d->name);
	return true;
}

static bool client_id(struct delivery *d)
{
	redis_arg(&d->request, "CLIENT");
	redis_arg(&d->request, "ID");
	return true;
}

static void heard_client_id(struct delivery *d, const struct value *reply)
{
	d->reader_client = value_int(reply);
}

static bool role(struct delivery *d)
{
	redis_arg(&d->request, "ROLE");
	return true;
}

static void heard_role(struct delivery *d, const struct value *reply)
{
	const char *role = value_text(value_at(reply, 0));
	char why[200];
	if (strcmp(role, "master") == 0)
		return;
	if (strcmp(role, "slave") == 0)
		text_format(why, sizeof(why), "this Redis is a replica: redis.url must name the master");
	else
		text_format(why, sizeof(why), "ROLE: this server is a \"%.60s\", where a master is wanted", role);
	link_lost(d, why);
}

/* What is delayed is due by Redis' clock, so that must be known before the first entry is. */
static bool redis_time(struct delivery *d)
{
	redis_arg(&d->request, "TIME");
	d->time_us = link_now_us(d);
	d->times++;
	return true;
}

static void heard_time(struct delivery *d, const struct value *reply)
{
	const int64_t ms = value_int(value_at(reply, 0)) * 1000 + value_int(value_at(reply, 1)) / 1000;
	d->step_again = !link_heard_soon(d, d->time_us) && d->times < TIMES_MAX;
	if (!d->step_again) /* of a slow line the last is as good as any */
		d->time_us = link_now_us(d);
	(void)link_time_is(d, ms, d->time_us);
}

static void on_loaded(void *arg, void *data, const struct value *reply)
{
	(void)data;
	link_heard(arg, reply, "SCRIPT LOAD", "s");
}

/* The step's own answer is the last one's: it comes after all others. */
static bool load_scripts(struct delivery *d)
{
	for (int i = 0; i < SCRIPT_COUNT; i++) {
		redis_script_load(&d->scripts[i], &d->request);
		if (i == SCRIPT_COUNT - 1)
			return true;
		link_send(d, on_loaded, NULL);
	}
	return true;
}

/* --- the layout of the keys ------------------------------------------------------------------------------------- */

static bool layout(struct delivery *d)
{
	struct redis_request *r = link_script(d, SCRIPT_MIGRATE, NULL);
	redis_arg_format(script_argv(r, MIGRATE_WHO), "%s/%s", d->name, d->boot);
	redis_arg(script_argv(r, MIGRATE_GROUP), d->group);
	redis_arg_int(script_argv(r, MIGRATE_TTL), MIGRATE_LOCK_MS);
	redis_arg_int(script_argv(r, MIGRATE_COUNT), MIGRATE_ENTRIES);
	(void)script_argv(r, MIGRATE_STREAMS);
	for (int s = 0; s < STREAM_COUNT; s++)
		redis_arg(r, d->streams[s].key);
	return true;
}

/* Said once for each state of things; `status` says it all the while. */
static void say(struct delivery *d, const char *what)
{
	if (strcmp(d->problem, what) != 0)
		log_notice("redis", "%s", what);
	text_format(d->problem, sizeof(d->problem), "%s", what);
}

static void say_migrating(struct delivery *d, const char *from)
{
	char text[100];
	text_format(text, sizeof(text), "migrating the keys from layout %.20s to %d", from, LAYOUT);
	say(d, text);
	d->migrates = true;
}

static void look_again(struct delivery *d)
{
	d->session = SESSION_WAITING;
	d->step_us = link_now_us(d) + LOOK_US;
	d->ops->wake(d->arg);
}

static void unknown_layout(struct delivery *d, const char *there)
{
	char why[300];
	if (strtoll(there, NULL, 10) > LAYOUT)
		text_format(why, sizeof(why),
			"%sschema says that the keys have layout %.20s, this propsd knows up to %d: use a newer one",
			d->prefix, there, LAYOUT);
	else
		text_format(why, sizeof(why),
			"%sschema is \"%.40s\", which is no layout of the keys (it should be 1 to %d): is redis.prefix "
			"the right one?",
			d->prefix, there, LAYOUT);
	link_stop(d, STOP_DATA, why);
}

static void heard_layout(struct delivery *d, const struct value *reply)
{
	char text[300];
	const char *words = value_text(script_out(reply, MIGRATE_OUT_WORDS));
	switch ((enum migration)value_int(script_out(reply, MIGRATE_OUT_STATE))) {
	case MIGRATION_DONE:
		if (d->migrates)
			log_notice("redis", "the keys are of layout %s now", words);
		d->migrates = false;
		break;
	case MIGRATION_MORE:
		say_migrating(d, words);
		d->step_again = true;
		break;
	case MIGRATION_RAISED:
		say_migrating(d, words);
		look_again(d);
		break;
	case MIGRATION_LIVING:
		text_format(text, sizeof(text),
			"waiting for instances that know an older layout of the keys to end: %.200s", words);
		say(d, text);
		look_again(d);
		break;
	case MIGRATION_LOCKED:
		text_format(text, sizeof(text), "waiting for instance %.100s, which migrates the keys to layout %d",
			words, LAYOUT);
		say(d, text);
		look_again(d);
		break;
	case MIGRATION_UNKNOWN:
		unknown_layout(d, words);
		break;
	}
}

/* --- the group, and all of them --------------------------------------------------------------------------------- */

static bool make_group(struct delivery *d)
{
	char now[TIME_SIZE];
	struct redis_request *r = link_script(d, SCRIPT_GROUP, NULL);
	redis_arg(script_argv(r, GROUP_NAME), d->group);
	redis_arg(script_argv(r, GROUP_TIME), time_format(delivery_redis_ms(d), now));
	(void)script_argv(r, GROUP_STREAMS);
	for (int s = 0; s < STREAM_COUNT; s++)
		redis_arg(r, d->streams[s].key);
	return true;
}

static void heard_group(struct delivery *d, const struct value *reply)
{
	int64_t buried = value_int(reply);
	if (buried) {
		log_err("redis",
			"an input stream was deleted and refilled with old ids: entries=%lld are in the dead letters",
			(long long)buried);
		metrics_add(d->options.metrics, METRIC_DEAD_LETTERS, METRIC_REASON_BEFORE_MARK, (uint64_t)buried);
	}
}

static bool rights(struct delivery *d)
{
	struct redis_request *r = link_script(d, SCRIPT_RIGHTS, NULL);
	redis_arg(script_argv(r, RIGHTS_GROUP), d->group);
	redis_arg(script_argv(r, RIGHTS_STREAM), d->streams[STREAM_ODDS].key);
	return true;
}

static void heard_rights(struct delivery *d, const struct value *reply)
{
	struct str text = {0};
	if (reply->count == 0)
		return;
	str_text(&text, "the Redis user may not use");
	for (size_t i = 0; i < reply->count; i++)
		str_printf(&text, "%s %s", i ? "," : "", value_text(&reply->items[i]));
	str_printf(&text, " on keys under \"%s\": grant it (ACL SETUSER)", d->prefix);
	link_refused(d, STOP_REFUSED, text.failed ? "the Redis user lacks rights" : text.data);
	str_done(&text);
}

static const struct step {
	const char *what, *shape; /* of the reply */
	bool reader; /* on the reader's connection */
	bool (*send)(struct delivery *d); /* false: not needed */
	void (*heard)(struct delivery *d, const struct value *reply);
} steps[] = {
	{"AUTH of the reader", "s", true, auth, NULL},
	{"SELECT of the reader", "s", true, select_db, NULL},
	{"CLIENT SETNAME of the reader", "s", true, set_client_name, NULL},
	{"CLIENT ID", "i", true, client_id, heard_client_id},
	{"AUTH", "s", false, auth, NULL},
	{"SELECT", "s", false, select_db, NULL},
	{"CLIENT SETNAME", "s", false, set_client_name, NULL},
	{"ROLE", "(s u [.])|(s s i s i)|(s [.])", false, role, heard_role},
	{"TIME", "(u u)", false, redis_time, heard_time},
	{"SCRIPT LOAD", "s", false, load_scripts, NULL},
	{"checking the user's rights", "[s]", false, rights, heard_rights},
	{"looking at the layout of the keys", "(u s)", false, layout, heard_layout},
	{"making the consumer group", "u", false, make_group, heard_group},
	{"looking at Redis and the streams", WATCH_SHAPE, false, watch_ask, watch_heard},
};
enum { STEPS = sizeof(steps) / sizeof(steps[0]) };

static void on_step(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	const struct step *step = &steps[d->step];
	(void)data;

	if (!link_heard(d, reply, step->what, step->shape))
		return;
	if (step->heard)
		step->heard(d, reply);
	if (d->session != SESSION_STARTING)
		return; /* the step ended the session, or waits */
	if (!d->step_again)
		d->step++;
	d->step_again = false;
	next_step(d);
}

static void next_step(struct delivery *d)
{
	while (d->step < STEPS && !steps[d->step].send(d))
		d->step++;
	if (d->step == STEPS)
		name_look(d);
	else
		(void)d->options.transport->send(
			steps[d->step].reader ? d->reader : d->commands, &d->request, on_step, NULL);
}

void handshake_begin(struct delivery *d)
{
	d->session = SESSION_STARTING;
	d->watched_boot[0] = '\0';
	d->step = d->times = 0;
	d->step_again = d->migrates = false;
	next_step(d);
}

void handshake_again(struct delivery *d)
{
	d->session = SESSION_STARTING;
	next_step(d);
}
