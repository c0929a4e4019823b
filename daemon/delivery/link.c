/*
 * The link to Redis: two connections that live and die together. One reads (blocking XREADGROUP), the other does
 * everything else. If one is lost both are closed and everything starts over: what this process believes about
 * entries, needs and versions is only as good as the server it heard it from.
 *
 * That a session is lost is noted here, wherever it shows, and nothing else happens at that moment but that the
 * connections are closed: whoever noted it goes on over memory that is still his. Forgetting is delivery_turn()'s, at
 * its one place.
 */
#include "delivery/internal.h"

#include <string.h>
#include <sys/random.h>

#include "redis/shape.h"

enum {
	REPLY_LIMIT_US =
		15000000, /* the reader's block ends by itself within its limit; the margin is Redis' to be late */
	SOON_US = 1000000,
	STEADY_US = 1000000, /* a session that lasted so long was a good one: the back-off begins anew */
};

int64_t link_now_us(const struct delivery *d)
{
	return clock_mono_us(d->options.clock);
}

int64_t delivery_redis_ms(const struct delivery *d)
{
	return clock_wall_ms(d->options.clock) + d->redis_offset_ms;
}

/* --- sending ---------------------------------------------------------------------------------------------------- */

static void send_over(struct delivery *d, struct redis_conn *conn, redis_reply_fn *fn, void *data)
{
	if (!conn) { /* lost in this turn: what was asked for is forgotten at its end */
		link_drop_request(d);
		return;
	}
	metrics_add(d->options.metrics, METRIC_REDIS_COMMANDS, 0, 1);
	/* A failure shows as a lost connection from the loop; the call's memory is in d->calls and goes then. */
	(void)d->options.transport->send(conn, &d->request, fn, data);
}

void link_send(struct delivery *d, redis_reply_fn *fn, void *data)
{
	send_over(d, d->commands, fn, data);
}

void link_send_reader(struct delivery *d, redis_reply_fn *fn, void *data)
{
	send_over(d, d->reader, fn, data);
}

void link_ask_pending(struct delivery *d, struct budget *stream, redis_reply_fn *heard)
{
	redis_arg(&d->request, "XPENDING");
	redis_arg(&d->request, stream->key);
	redis_arg(&d->request, d->group);
	link_send(d, heard, stream);
}

void link_drop_request(struct delivery *d)
{
	str_clear(&d->request.body);
	d->request.count = 0;
}

struct redis_request *link_script(struct delivery *d, enum script script, const struct day *day)
{
	struct redis_request *r = &d->request;
	char key[96];
	text_format(key, sizeof(key), "%sday:%s", d->prefix, day ? day->text : "");
	redis_script_call(&d->scripts[script], r, key);
	redis_arg(script_argv(r, ARG_PREFIX), d->prefix);
	if (day)
		redis_arg(script_argv(r, ARG_DATE), day->text);
	return r;
}

/* --- losing it -------------------------------------------------------------------------------------------------- */

/* Full jitter: many instances must not come back in one moment. */
static int64_t jitter(int64_t most)
{
	uint32_t random = 0;
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = UINT32_MAX / 2;
	return BACK_OFF_MIN_US / 2 + (int64_t)((double)most * random / UINT32_MAX);
}

void link_lost(struct delivery *d, const char *why)
{
	if (d->session == SESSION_DOWN || d->session == SESSION_LOST)
		return;
	const int64_t now = link_now_us(d);
	d->was_ready = d->session == SESSION_READY;
	if (d->was_ready && now - d->ready_us >= STEADY_US)
		d->back_off_us = BACK_OFF_MIN_US;
	const int64_t delay = jitter(d->back_off_us);

	text_format(d->problem, sizeof(d->problem), "%s", why);
	if (d->was_ready) {
		log_flooding(&d->lost_flood, LOG_LEVEL_WARN, "redis", "connection lost: %s, starting over in %lld ms",
			why, (long long)(delay / 1000));
		metrics_add(d->options.metrics, METRIC_REDIS_RECONNECTS, 0, 1);
	} else
		log_flooding(&d->flood, LOG_LEVEL_WARN, "redis", "not available: %s, will retry in %lld ms", why,
			(long long)(delay / 1000));
	d->too_large = strcmp(why, REDIS_TOO_LARGE) == 0;
	d->options.transport->close(d->commands);
	d->options.transport->close(d->reader);
	d->commands = d->reader = NULL;
	d->commands_up = d->reader_up = false;
	d->retry_us = now + delay;
	d->back_off_us = d->back_off_us * 2 > BACK_OFF_MAX_US ? BACK_OFF_MAX_US : d->back_off_us * 2;
	d->session = SESSION_LOST;
	d->ops->wake(d->arg);
}

void link_stop(struct delivery *d, enum stop_reason reason, const char *why)
{
	link_lost(d, why);
	d->retry_us = INT64_MAX;
	d->stops = true;
	d->stop_reason = reason;
}

/* A refusal may be a moment's (somebody is changing the password): only one that lasts, over all new starts, is final. */
void link_refused(struct delivery *d, enum stop_reason reason, const char *text)
{
	int64_t now = link_now_us(d);
	if (d->refused_since_us == 0 || now - d->refused_us > 3 * GRACE_US)
		d->refused_since_us = now;
	d->refused_us = now;
	if (now - d->refused_since_us >= GRACE_US)
		link_stop(d, reason, text);
	else
		link_lost(d, text);
}

/* --- what Redis answers ----------------------------------------------------------------------------------------- */

/* Error replies of which more is known than their text. Those that only a person can mend end the process in the end; all
 * others are a reason to start over. */
static const struct known_error {
	const char *code;
	bool stops;
	enum stop_reason reason;
	const char *remedy; /* NULL: the text says it all */
} known_errors[] = {
	{"WRONGPASS", true, STOP_REFUSED, "check redis.user and redis.password_file"},
	{"NOAUTH", true, STOP_REFUSED, "this Redis wants a password: set redis.password_file"},
	{"NOPERM", true, STOP_REFUSED, "grant it with ACL SETUSER (propsd.conf(5) has the rule)"},
	{"WRONGTYPE", true, STOP_DATA, NULL},
	{"CROSSSLOT", false, 0,
		"this is a Redis Cluster: use one server, or a redis.prefix with a hash tag, as {props}:"},
	{"MOVED", false, 0, "this is a node of a Redis Cluster, which propsd does not follow: use one server"},
	{"CLUSTERDOWN", false, 0, "this is a Redis Cluster, which propsd does not follow: use one server"},
	{"MISCONF", false, 0, "Redis cannot write its data to disk and refuses all writes: look at its log and disk"},
	{"LOADING", false, 0, "Redis is reading its data from disk; it will be there soon"},
	{"READONLY", false, 0, "this Redis is a replica: redis.url must name the master"},
	{"OOM", false, 0, "Redis is at its memory limit: raise maxmemory, or free memory there"},
	{"max number of clients", false, 0, "raise maxclients of Redis, or close connections"},
};

static const struct known_error *known_error(const char *text)
{
	for (size_t i = 0; i < sizeof(known_errors) / sizeof(known_errors[0]); i++)
		if (strstr(text, known_errors[i].code))
			return &known_errors[i];
	return NULL;
}

/* Handles an error reply: the session is lost, or the process ends. */
static void heard_error(struct delivery *d, const struct value *reply, const char *what)
{
	char text[400];
	const struct known_error *known = known_error(reply->text);

	text_format(text, sizeof(text), "%s: %.200s%s%s", what, reply->text[0] ? reply->text : "an error without a text",
		known && known->remedy ? "; " : "", known && known->remedy ? known->remedy : "");
	if (known && known->stops)
		link_refused(d, known->reason, text);
	else
		link_lost(d, text);
}

bool link_heard(struct delivery *d, const struct value *reply, const char *what, const char *shape)
{
	if (!value_is_error(reply) && value_has_shape(reply, shape))
		return true;
	link_not_understood(d, reply, what);
	return false;
}

void link_not_understood(struct delivery *d, const struct value *reply, const char *what)
{
	char text[200], there[100];

	if (value_is_error(reply)) {
		heard_error(d, reply, what);
		return;
	}
	text_format(text, sizeof(text),
		"%s: Redis answered %s, which is no answer to that; is it a Redis of version 7 or above?", what,
		value_describe(reply, there, sizeof(there)));
	link_lost(d, text);
}

bool link_time_is(struct delivery *d, int64_t redis_ms, int64_t asked_us)
{
	const int64_t last_ms = 253402300799999; /* of the year 9999: dates have four digits */
	if (redis_ms < 0 || redis_ms > last_ms) {
		char why[100];
		text_format(why, sizeof(why), "Redis says that the time is %lld ms: look at its host's clock",
			(long long)redis_ms);
		link_lost(d, why);
		return false;
	}
	/* Whoever stood still before he heard it takes an old time for now. It is at least as late as that. */
	const int64_t offset_ms = redis_ms - clock_wall_ms(d->options.clock);
	if (link_heard_soon(d, asked_us) || offset_ms > d->redis_offset_ms)
		d->redis_offset_ms = offset_ms;
	return true;
}

bool link_heard_soon(const struct delivery *d, int64_t asked_us)
{
	return link_now_us(d) - asked_us < SOON_US;
}

/* --- opening it ------------------------------------------------------------------------------------------------- */

/* The reason may be an error of Redis that nobody asked for. */
static void on_lost(void *arg, const char *why)
{
	char text[600];
	const struct known_error *known = known_error(why);
	text_format(text, sizeof(text), "%.480s%s%s", why, known && known->remedy ? "; " : "",
		known && known->remedy ? known->remedy : "");
	link_lost(arg, text);
}

void delivery_reconnect(struct delivery *d, const char *why)
{
	if (d->stops)
		return;
	link_lost(d, why);
	d->back_off_us = BACK_OFF_MIN_US;
	d->retry_us = link_now_us(d);
	d->ops->wake(d->arg);
}

static void on_reader_lost(void *arg, const char *why)
{
	struct delivery *d = arg;
	d->reader_lost = true;
	on_lost(d, why);
}

static void up(struct delivery *d)
{
	if (d->commands_up && d->reader_up)
		d->connected(d);
}

static void on_commands_up(void *arg)
{
	struct delivery *d = arg;
	d->commands_up = true;
	up(d);
}

static void on_reader_up(void *arg)
{
	struct delivery *d = arg;
	d->reader_up = true;
	up(d);
}

static struct redis_conn *open_connection(
	struct delivery *d, void (*is_up)(void *arg), void (*lost)(void *arg, const char *why))
{
	struct redis_conn_options options = d->options.connection;
	options.reply_limit_us = REPLY_LIMIT_US;
	options.on_connected = is_up;
	options.on_lost = lost;
	options.arg = d;
	return d->options.transport->open(&options);
}

void link_open(struct delivery *d, void (*connected)(struct delivery *d))
{
	struct err err = {0};
	d->session = SESSION_CONNECTING;
	d->reader_lost = false;
	d->connected = connected;
	if (d->options.credentials &&
		d->options.credentials(d->options.credentials_arg, &d->options.connection, &err) < 0) {
		link_lost(d, err.text);
		return;
	}
	d->commands = open_connection(d, on_commands_up, on_lost);
	d->reader = open_connection(d, on_reader_up, on_reader_lost);
	if (!d->commands || !d->reader)
		link_lost(d, "no memory or no file descriptor for a connection");
}
