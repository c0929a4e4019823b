/*
 * The session: two connections that live and die together. One reads (blocking XREADGROUP), the other does everything
 * else. If one is lost both are closed and everything starts over: what this process believes about entries, needs and
 * versions is only as good as the server it heard it from.
 *
 * Starting is a list of steps, one request each; the answer to one sends the next. Reading begins when the name is
 * taken.
 */
#include "delivery/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { SCHEMA_VERSION = 1 };

int64_t session_now_us(const struct delivery *d)
{
	return clock_mono_us(d->options.clock);
}

int64_t delivery_redis_ms(const struct delivery *d)
{
	return clock_wall_ms(d->options.clock) + d->redis_offset_ms;
}

void session_stream_key(const struct delivery *d, enum stream stream, char *buffer, size_t size)
{
	text_format(buffer, size, "%s%s", d->prefix, stream_name(stream));
}

void session_send(struct delivery *d, redis_reply_fn *fn, void *data)
{
	metrics_add(d->options.metrics, METRIC_REDIS_COMMANDS, 0, 1);
	/* A failure shows as a lost connection from the loop; the call's memory is in d->calls and goes then. */
	(void)d->options.transport->send(d->commands, &d->request, fn, data);
}

struct redis_request *session_script(struct delivery *d, enum script script, const struct day *day)
{
	struct redis_request *r = &d->request;
	char key[96];
	text_format(key, sizeof(key), "%sday:%s", d->prefix, day ? day->text : "");
	redis_script_call(&d->scripts[script], r, key);
	redis_arg(r, d->prefix);
	if (day)
		redis_arg(r, day->text);
	return r;
}

/* --- losing and finding it -------------------------------------------------------------------------------------- */

static void set_ready(struct delivery *d, bool ready)
{
	d->session = ready ? SESSION_READY : SESSION_DOWN;
	d->ops->ready(d->arg, ready);
}

/* Full jitter: many instances must not come back in one moment. */
static int64_t jitter(struct delivery *d, int64_t most)
{
	uint32_t random = 0;
	(void)d;
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = UINT32_MAX / 2;
	return BACK_OFF_MIN_US / 2 + (int64_t)((double)most * random / UINT32_MAX);
}

void session_lost(struct delivery *d, const char *why)
{
	if (d->session == SESSION_DOWN && !d->commands && !d->reader)
		return;
	bool was_ready = d->session == SESSION_READY;
	int64_t delay = jitter(d, d->back_off_us);

	text_format(d->problem, sizeof(d->problem), "%s", why);
	if (strcmp(why, REDIS_TOO_LARGE) == 0)
		reader_too_large(d);
	if (was_ready) {
		log_warn("redis", "connection lost: %s, starting over in %lld ms", why, (long long)(delay / 1000));
		metrics_add(d->options.metrics, METRIC_REDIS_RECONNECTS, 0, 1);
	} else
		log_flooding(&d->flood, LOG_LEVEL_WARN, "redis", "not available: %s, will retry in %lld ms", why,
			(long long)(delay / 1000));
	d->options.transport->close(d->commands);
	d->options.transport->close(d->reader);
	str_clear(&d->request.body); /* it may have been half made */
	d->request.count = 0;
	d->commands = d->reader = NULL;
	d->commands_up = d->reader_up = false;
	d->retry_us = session_now_us(d) + delay;
	d->back_off_us = d->back_off_us * 2 > BACK_OFF_MAX_US ? BACK_OFF_MAX_US : d->back_off_us * 2;
	d->session = SESSION_DOWN;
	orders_forget(d);
	runs_forget(d);
	d->ops->forget(d->arg);
	reader_forget(d);
	days_forget(d);
	if (was_ready)
		set_ready(d, false);
	d->ops->wake(d->arg);
}

/* Lost for good: only a person can mend this. */
static void session_stop(struct delivery *d, enum stop_reason reason, const char *why)
{
	session_lost(d, why);
	d->retry_us = INT64_MAX;
	d->ops->stop(d->arg, reason, why);
}

static void on_lost(void *arg, const char *why)
{
	session_lost(arg, why);
}

/* Error replies that only a person can mend. All others are a reason to start over. */
static const struct {
	const char *code;
	enum stop_reason reason;
} refusals[] = {
	{"WRONGPASS", STOP_REFUSED},
	{"NOAUTH", STOP_REFUSED},
	{"NOPERM", STOP_REFUSED},
	{"WRONGTYPE", STOP_DATA},
};

/* A refusal may be a moment's (somebody is changing the password): only one that lasts, over all new starts, is final. */
static void session_refused(struct delivery *d, enum stop_reason reason, const char *text)
{
	int64_t now = session_now_us(d);
	if (d->refused_since_us == 0 || now - d->refused_us > 3 * GRACE_US)
		d->refused_since_us = now;
	d->refused_us = now;
	if (now - d->refused_since_us >= GRACE_US)
		session_stop(d, reason, text);
	else
		session_lost(d, text);
}

bool session_error(struct delivery *d, const struct value *reply, const char *what)
{
	char text[240];

	if (!value_is_error(reply))
		return false;
	text_format(text, sizeof(text), "%s: %s", what, reply->text);
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (strstr(reply->text, refusals[i].code)) {
			session_refused(d, refusals[i].reason, text);
			return true;
		}
	session_lost(d, text);
	return true;
}

/* --- the name --------------------------------------------------------------------------------------------------- */

static int64_t process_start(long pid)
{
	char path[64], text[1024];
	text_format(path, sizeof(path), "/proc/%ld/stat", pid);
	FILE *file = fopen(path, "re");
	if (!file)
		return -1;
	size_t length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[length] = '\0';
	/* Field 22, counted after the last ')': the command's name may hold anything. */
	const char *p = strrchr(text, ')');
	for (int field = 2; p && field < 22; field++)
		p = strchr(p + 1, ' ');
	return p ? strtoll(p, NULL, 10) : -1;
}

/* Boot id and pid namespace: a pid means the same process only within both. */
static void identify_host(struct delivery *d)
{
	char boot[64] = "?", space[64] = "?";
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
	if (file) {
		if (!fgets(boot, sizeof(boot), file))
			boot[0] = '\0';
		fclose(file);
	}
	boot[strcspn(boot, "\n")] = '\0';
	ssize_t n = readlink("/proc/self/ns/pid", space, sizeof(space) - 1);
	if (n > 0)
		space[n] = '\0';
	text_format(d->host, sizeof(d->host), "%s/%s", boot, space);
}

static void new_boot(struct delivery *d)
{
	uint64_t random = 0;
	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		abort(); /* cannot be: the pool is up long before us */
	text_format(d->boot, sizeof(d->boot), "%016llx", (unsigned long long)random);
}

static void look_at_name(struct delivery *d);

static void on_taken(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	(void)data;
	if (session_error(d, reply, "taking the instance's name"))
		return;
	if (value_int(reply) != 1) {
		d->watched_boot[0] = '\0';
		look_at_name(d);
		return;
	}
	d->back_off_us = BACK_OFF_MIN_US;
	d->beat_us = d->orders_us = session_now_us(d);
	d->upkeep_us = d->beat_us + UPKEEP_US / 4;
	log_notice("redis", "ready instance=%s boot=%s", d->name, d->boot);
	set_ready(d, true);
	reader_start(d);
	days_look(d);
	d->ops->wake(d->arg);
}

static void take_name(struct delivery *d, const char *seen_boot, const char *seen_beats)
{
	struct redis_request *r = session_script(d, SCRIPT_TAKE, NULL);
	redis_arg(r, d->name);
	redis_arg(r, seen_boot);
	redis_arg(r, seen_beats);
	redis_arg_int(r, BEAT_TTL_MS);
	redis_arg(r, "boot");
	redis_arg(r, d->boot);
	redis_arg(r, "host");
	redis_arg(r, d->host);
	redis_arg(r, "pid");
	redis_arg_int(r, getpid());
	redis_arg(r, "start");
	redis_arg_int(r, process_start(getpid()));
	redis_arg(r, "beats");
	redis_arg_int(r, ++d->beats);
	session_send(d, on_taken, NULL);
}

/* Reply to HMGET instance:NAME boot host pid start beats. */
static void on_looked(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	(void)data;
	if (session_error(d, reply, "looking at the instance's name"))
		return;
	const char *boot = value_text(value_at(reply, 0)), *host = value_text(value_at(reply, 1));
	const char *beats = value_text(value_at(reply, 4));
	long pid = (long)value_int(value_at(reply, 2));
	int64_t start = value_int(value_at(reply, 3));
	char why[256];

	if (!boot[0] || strcmp(boot, d->boot) == 0) {
		take_name(d, boot, beats);
		return;
	}
	if (strcmp(host, d->host) == 0) {
		if (process_start(pid) != start) { /* that process is gone: no need to wait for its heartbeat to end */
			take_name(d, boot, beats);
			return;
		}
		if (pid == (long)getpid()) { /* our own earlier boot: its heartbeat was lost and came back */
			take_name(d, boot, beats);
			return;
		}
		text_format(why, sizeof(why),
			"the instance name \"%s\" is in use by process %ld on this host: give each "
			"instance a name of its own (instance = \"...\")",
			d->name, pid);
		session_stop(d, STOP_NAME_TAKEN, why);
		return;
	}
	if (d->watched_boot[0] && (strcmp(boot, d->watched_boot) != 0 || strcmp(beats, d->watched_beats) != 0)) {
		text_format(why, sizeof(why),
			"the instance name \"%s\" is in use on another host: give each instance a name "
			"of its own (instance = \"...\")",
			d->name);
		session_stop(d, STOP_NAME_TAKEN, why);
		return;
	}
	int64_t now = session_now_us(d);
	if (d->watched_boot[0] && now >= d->watched_until_us) {
		take_name(d, boot, beats);
		return;
	}
	if (!d->watched_boot[0]) {
		log_notice("redis", "name %s belongs to another host, watching whether it is alive", d->name);
		text_format(d->watched_boot, sizeof(d->watched_boot), "%s", boot);
		text_format(d->watched_beats, sizeof(d->watched_beats), "%s", beats);
		d->watched_until_us = now + WATCH_US;
	}
	d->session = SESSION_WATCHING;
	d->ops->wake(d->arg);
}

static void look_at_name(struct delivery *d)
{
	d->session = SESSION_STARTING;
	redis_arg(&d->request, "HMGET");
	redis_arg_format(&d->request, "%sinstance:%s", d->prefix, d->name);
	redis_arg(&d->request, "boot");
	redis_arg(&d->request, "host");
	redis_arg(&d->request, "pid");
	redis_arg(&d->request, "start");
	redis_arg(&d->request, "beats");
	session_send(d, on_looked, NULL);
}

/* --- starting: one request a step, on both connections as the step says ----------------------------------------- */

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
	if (strcmp(value_text(value_at(reply, 0)), "master") != 0)
		session_lost(d, "this Redis is a replica");
}

/* What is delayed is due by Redis' clock, so that must be known before the first entry is. */
static bool redis_time(struct delivery *d)
{
	redis_arg(&d->request, "TIME");
	return true;
}

static void heard_time(struct delivery *d, const struct value *reply)
{
	int64_t there_ms = value_int(value_at(reply, 0)) * 1000 + value_int(value_at(reply, 1)) / 1000;
	d->redis_offset_ms = there_ms - clock_wall_ms(d->options.clock);
}

/* Read first, written only where there is none: a write would be refused at the memory limit, which a session that drains
 * is the cure for. */
static bool schema(struct delivery *d)
{
	redis_arg(&d->request, "GET");
	redis_arg_format(&d->request, "%sschema", d->prefix);
	return true;
}

static void heard_schema(struct delivery *d, const struct value *reply)
{
	char why[200];
	int64_t there = value_int(reply);
	d->schema_missing = reply->type == VALUE_NIL;
	if (there <= SCHEMA_VERSION) /* 0: it is not there */
		return;
	text_format(why, sizeof(why),
		"%sschema says that the keys have layout %lld, this propsd knows up to %d: use a newer one", d->prefix,
		(long long)there, SCHEMA_VERSION);
	session_stop(d, STOP_DATA, why);
}

static bool new_schema(struct delivery *d)
{
	if (!d->schema_missing)
		return false;
	redis_arg(&d->request, "SET");
	redis_arg_format(&d->request, "%sschema", d->prefix);
	redis_arg_int(&d->request, SCHEMA_VERSION);
	redis_arg(&d->request, "NX");
	return true;
}

static void on_loaded(void *arg, void *data, const struct value *reply)
{
	(void)data;
	session_error(arg, reply, "SCRIPT LOAD");
}

/* The step's own answer is the last one's: it comes after all others. */
static bool load_scripts(struct delivery *d)
{
	for (int i = 0; i < SCRIPT_COUNT; i++) {
		redis_script_load(&d->scripts[i], &d->request);
		if (i == SCRIPT_COUNT - 1)
			return true;
		session_send(d, on_loaded, NULL);
	}
	return true;
}

static bool make_group(struct delivery *d)
{
	char now[TIME_SIZE];
	struct redis_request *r = session_script(d, SCRIPT_GROUP, NULL);
	redis_arg(r, d->group);
	redis_arg(r, time_format(delivery_redis_ms(d), now));
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
	struct redis_request *r = session_script(d, SCRIPT_RIGHTS, NULL);
	redis_arg(r, d->group);
	redis_arg(r, d->streams[STREAM_ODDS].key);
	return true;
}

static void heard_rights(struct delivery *d, const struct value *reply)
{
	struct str text = {0};
	if (reply->type != VALUE_ARRAY || reply->count == 0)
		return;
	str_text(&text, "the Redis user may not use");
	for (size_t i = 0; i < reply->count; i++)
		str_printf(&text, "%s %s", i ? "," : "", value_text(&reply->items[i]));
	str_printf(&text, " on keys under \"%s\": grant it (ACL SETUSER)", d->prefix);
	session_refused(d, STOP_REFUSED, text.failed ? "the Redis user lacks rights" : text.data);
	str_done(&text);
}

static const struct step {
	const char *what;
	bool reader; /* on the reader's connection */
	bool (*send)(struct delivery *d); /* false: not needed */
	void (*heard)(struct delivery *d, const struct value *reply);
} steps[] = {
	{"AUTH of the reader", true, auth, NULL},
	{"SELECT of the reader", true, select_db, NULL},
	{"CLIENT SETNAME of the reader", true, set_client_name, NULL},
	{"CLIENT ID", true, client_id, heard_client_id},
	{"AUTH", false, auth, NULL},
	{"SELECT", false, select_db, NULL},
	{"CLIENT SETNAME", false, set_client_name, NULL},
	{"ROLE", false, role, heard_role},
	{"TIME", false, redis_time, heard_time},
	{"schema", false, schema, heard_schema},
	{"schema", false, new_schema, NULL}, /* that somebody else was first does not matter: he is of today, too */
	{"SCRIPT LOAD", false, load_scripts, NULL},
	{"checking the user's rights", false, rights, heard_rights},
	{"making the consumer group", false, make_group, heard_group},
};
enum { STEPS = sizeof(steps) / sizeof(steps[0]) };

static void on_step(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	const struct step *step = &steps[d->step];
	struct redis_conn *same = d->commands;
	(void)data;

	if (session_error(d, reply, step->what))
		return;
	if (step->heard)
		step->heard(d, reply);
	if (d->commands != same || d->session != SESSION_STARTING)
		return; /* the step ended the session */
	d->step++;
	next_step(d);
}

static void next_step(struct delivery *d)
{
	while (d->step < STEPS && !steps[d->step].send(d))
		d->step++;
	if (d->step == STEPS)
		look_at_name(d);
	else
		(void)d->options.transport->send(
			steps[d->step].reader ? d->reader : d->commands, &d->request, on_step, NULL);
}

static void begin_steps(struct delivery *d)
{
	if (!d->commands_up || !d->reader_up)
		return;
	d->session = SESSION_STARTING;
	d->step = 0;
	next_step(d);
}

static void on_commands_up(void *arg)
{
	struct delivery *d = arg;
	d->commands_up = true;
	begin_steps(d);
}

static void on_reader_up(void *arg)
{
	struct delivery *d = arg;
	d->reader_up = true;
	begin_steps(d);
}

static struct redis_conn *open_connection(struct delivery *d, void (*up)(void *arg), int64_t limit_us)
{
	struct redis_conn_options options = d->options.connection;
	options.reply_limit_us = limit_us;
	options.on_connected = up;
	options.on_lost = on_lost;
	options.arg = d;
	return d->options.transport->open(&options);
}

static void session_connect(struct delivery *d)
{
	d->session = SESSION_CONNECTING;
	d->watched_boot[0] = '\0';
	/* The reader's block ends by itself within its limit; the margin is Redis' to be late. */
	d->commands = open_connection(d, on_commands_up, 15000000);
	d->reader = open_connection(d, on_reader_up, 15000000);
	if (!d->commands || !d->reader)
		session_lost(d, "no memory or no file descriptor for a connection");
}

/* --- heartbeat -------------------------------------------------------------------------------------------------- */

static void on_beat(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	(void)data;
	if (session_error(d, reply, "heartbeat"))
		return;
	const char *whose = value_text(reply);
	if (strcmp(whose, "other") == 0) {
		session_stop(d, STOP_NAME_TAKEN, "another process has taken this instance's name");
	} else if (strcmp(whose, "none") == 0) {
		/* Others may have claimed our entries and runs meanwhile: be somebody new. */
		new_boot(d);
		session_lost(d, "the heartbeat was lost");
	}
}

static void arg_tokens(struct redis_request *r, const struct ticket *t)
{
	char date[DATE_SIZE];
	for (; t; t = t->next) {
		redis_arg_format(r, "%s/%s", date_format(t->date, date), t->player);
		redis_arg_int(r, t->serial);
	}
}

static void beat(struct delivery *d)
{
	struct redis_request *r = session_script(d, SCRIPT_BEAT, NULL);
	redis_arg(r, d->name);
	redis_arg(r, d->boot);
	redis_arg_int(r, BEAT_TTL_MS);
	redis_arg_int(r, ++d->beats);
	arg_tokens(r, d->tickets.head);
	for (const struct day *day = d->days; day; day = day->hh.next) { /* runs that ended and are not told yet */
		arg_tokens(r, day->commits.head);
		arg_tokens(r, day->fails.head);
	}
	session_send(d, on_beat, NULL);
}

static void on_trimmed(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	(void)data;
	session_error(d, reply, "trimming the input streams");
}

static void trim(struct delivery *d)
{
	if (d->options.ingest_keep_us == 0)
		return;
	struct redis_request *r = session_script(d, SCRIPT_TRIM, NULL);
	redis_arg(r, d->group);
	redis_arg_format(r, "%lld-0", (long long)(delivery_redis_ms(d) - d->options.ingest_keep_us / 1000));
	for (int s = 0; s < STREAM_COUNT; s++)
		redis_arg(r, d->streams[s].key);
	session_send(d, on_trimmed, NULL);
}

void session_tick(struct delivery *d, int64_t now)
{
	switch (d->session) {
	case SESSION_DOWN:
		if (now >= d->retry_us && !d->commands)
			session_connect(d);
		break;
	case SESSION_WATCHING:
		if (now >= d->watched_until_us)
			look_at_name(d);
		break;
	case SESSION_READY:
		if (now >= d->beat_us) {
			d->beat_us = now + BEAT_US;
			beat(d);
			reader_claim(d);
		}
		if (now >= d->orders_us) {
			d->orders_us = now + ORDERS_US;
			orders_poll(d);
		}
		if (now >= d->upkeep_us) {
			d->upkeep_us = now + UPKEEP_US;
			trim(d);
			reader_compare(d);
		}
		break;
	case SESSION_CONNECTING:
	case SESSION_STARTING:
		break;
	}
}

/* --- the whole -------------------------------------------------------------------------------------------------- */

int delivery_new(const struct delivery_options *options, const struct delivery_ops *ops, void *arg,
	struct delivery **ret, struct err *err)
{
	struct delivery *d = calloc(1, sizeof(*d));
	if (!d || scripts_init(d->scripts) < 0) {
		delivery_free(d);
		return err_set(err, -ENOMEM, "no memory for the delivery");
	}
	d->options = *options;
	d->ops = ops;
	d->arg = arg;
	text_format(d->prefix, sizeof(d->prefix), "%s", options->prefix);
	text_format(d->group, sizeof(d->group), "%s", options->group);
	text_format(d->name, sizeof(d->name), "%s", options->name);
	d->back_off_us = BACK_OFF_MIN_US;
	text_format(d->problem, sizeof(d->problem), "not connected yet");
	for (int s = 0; s < STREAM_COUNT; s++)
		session_stream_key(d, (enum stream)s, d->streams[s].key, sizeof(d->streams[s].key));
	identify_host(d);
	new_boot(d);
	*ret = d;
	return 0;
}

void delivery_start(struct delivery *d)
{
	d->reading = true;
	session_connect(d);
}

void delivery_free(struct delivery *d)
{
	if (!d)
		return;
	if (d->options.transport) {
		d->options.transport->close(d->commands);
		d->options.transport->close(d->reader);
		orders_forget(d);
		runs_forget(d);
		reader_forget(d);
		days_forget(d);
		call_done(d, NULL);
	}
	orders_free(d);
	redis_request_done(&d->request);
	str_done(&d->scratch);
	scripts_done(d->scripts);
	free(d);
}

void delivery_turn(struct delivery *d)
{
	if (d->session != SESSION_READY)
		return;
	/* Commits first: they free places and settle entries; then what was settled, then what is new. */
	struct day *day, *next;
	HASH_ITER (hh, d->days, day, next) {
		runs_turn(d, day);
		if (d->session != SESSION_READY)
			return;
	}
	settle_turn(d);
	HASH_ITER (hh, d->days, day, next) {
		apply_turn(d, day);
		if (d->session != SESSION_READY)
			return;
	}
	reader_turn(d);
}

void delivery_tick(struct delivery *d)
{
	int64_t now = session_now_us(d);
	session_tick(d, now);
	if (d->session == SESSION_READY) {
		reader_due(d, now);
		days_tick(d, now);
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
	case SESSION_WATCHING:
		return d->watched_until_us;
	case SESSION_CONNECTING:
	case SESSION_STARTING:
		return next;
	case SESSION_READY:
		break;
	}
	next = sooner(sooner(sooner(d->beat_us, d->orders_us), d->upkeep_us), reader_next_us(d));
	const struct queue_node *delayed = queue_first(&d->delayed);
	if (delayed) {
		int64_t wait_ms = delayed->turn - delivery_redis_ms(d);
		next = sooner(next, session_now_us(d) + (wait_ms > 0 ? wait_ms * 1000 : 1));
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
	};
	return d->session == SESSION_DOWN ? d->problem : names[d->session];
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
