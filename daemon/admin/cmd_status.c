/* How the daemon is: status, ping, version, commands. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/areas.h"
#include "admin/context.h"
#include "admin/health.h"
#include "admin/histories.h"
#include "admin/names.h"
#include "admin/processors.h"
#include "admin/request.h"
#include "admin/schedules.h"
#include "admin/standing.h"
#include "admin/strangers.h"
#include "base/str.h"
#include "config/config.h"
#include "delivery/delivery.h"
#include "league/snapshot.h"
#include "metrics/metrics.h"
#include "metrics/warnings.h"
#include "pool/pool.h"
#include "process/process.h"
#include "propsd/version.h"
#include "regen/regen.h"
#include "sink/sink.h"

enum { HOLDS_SHOWN = 20, FAULTS_SHOWN = WARNING_COUNT + 8 };

/* The URL without what stands before an "@": user and password. */
static json_t *masked_url(const char *url)
{
	const char *host = strstr(url, "://"), *at = strrchr(url, '@');
	if (!host || !at || at < host)
		return json_string(url);
	return json_sprintf("%.*s***%s", (int)(host + 3 - url), url, at);
}

static json_t *redis_status(const struct admin_context *c, const struct config *config)
{
	return json_pack("{s:o, s:s, s:s, s:I}", "url", masked_url(config->redis.url), "prefix", config->redis.prefix,
		"state", delivery_state(c->delivery), "reconnects",
		(json_int_t)metrics_total(c->metrics, METRIC_REDIS_RECONNECTS));
}

static void set(json_t *object, const char *key, json_t *value)
{
	if (value)
		json_object_set_new(object, key, value);
}

static json_t *league_status(const struct snapshot *league)
{
	char fingerprint[FINGERPRINT_SIZE], to[DATE_SIZE];
	const char *lacks = snapshot_lacks(league);
	json_t *status = json_pack("{s:I, s:s, s:I, s:I, s:I, s:I}", "number", (json_int_t)league->number, "fingerprint",
		fingerprint_hex(league->fingerprint, fingerprint), "players", (json_int_t)league->players, "games",
		(json_int_t)league->games, "rows", (json_int_t)league->row.count, "bytes", (json_int_t)league->bytes);
	if (league->players > 0)
		set(status, "to", json_string(date_format(league->last_season_to, to)));
	set(status, "lacks", lacks ? json_string(lacks) : NULL);
	set(status, "identity", league->identity[0] ? json_string(league->identity) : NULL);
	return status;
}

/* Dates whose league is another one; left out where there are none. */
static json_t *date_troubles(const struct admin_context *c)
{
	enum { TROUBLES_MAX = 20 };
	struct date_trouble troubles[TROUBLES_MAX];
	const size_t count = delivery_troubles(c->delivery, troubles, TROUBLES_MAX);
	json_t *list = count ? json_array() : NULL;
	for (size_t i = 0; i < count; i++) {
		char date[DATE_SIZE];
		json_array_append_new(list, json_pack("{s:s, s:b, s:s}", "date", date_format(troubles[i].date, date),
						    "waits", troubles[i].waits, "why", troubles[i].why));
	}
	return list;
}

static json_t *slate_status(const struct admin_context *c)
{
	const struct slate *slate = delivery_slate(c->delivery, admin_today(c));
	const struct slate_game *games;
	const struct slate_team *teams;
	char date[DATE_SIZE];
	if (!slate)
		return NULL;
	size_t players = 0, team_count = slate_teams(slate, &teams);
	for (size_t i = 0; i < team_count; i++)
		players += teams[i].game ? teams[i].count : 0;
	return json_pack("{s:s, s:I, s:I}", "date", date_format(slate_date(slate), date), "games",
		(json_int_t)slate_games(slate, &games), "players", (json_int_t)players);
}

static json_t *player_counts(const struct regen_stats *stats)
{
	json_t *counts = json_object();
	for (int i = 0; i < PLAYER_STATES; i++)
		json_object_set_new(counts, player_state_name((enum player_state)i), json_integer(stats->state[i]));
	return counts;
}

static json_t *waiting_counts(const struct regen_stats *stats)
{
	json_t *counts = json_object();
	for (int i = 0; i < LEVEL_COUNT; i++)
		json_object_set_new(counts, level_name((enum level)i), json_integer(stats->waiting[i]));
	return counts;
}

/* A counter as an object, one member a value of its label. */
static json_t *by_label(const struct admin_context *c, enum metric metric)
{
	const struct metric_row *row = metrics_row(metric);
	json_t *counts = json_object();
	for (unsigned i = 0; i < metrics_labels(metric); i++)
		json_object_set_new(counts, row->label[0].values[i],
			json_integer((json_int_t)metrics_value(c->metrics, metric, i)));
	return counts;
}

/* Runs by result, of all phases. */
static json_t *run_counts(const struct admin_context *c)
{
	const char *const *results = metrics_row(METRIC_RUNS)->label[1].values;
	json_t *counts = json_object();
	for (unsigned i = 0; results[i]; i++) {
		double sum = 0;
		for (int phase = 0; phase < PHASE_COUNT; phase++)
			sum += metrics_value(
				c->metrics, METRIC_RUNS, metric_run_label((enum phase)phase, (enum metric_result)i));
		json_object_set_new(counts, results[i], json_integer((json_int_t)sum));
	}
	return counts;
}

/* Those that make reports, or what they are made from. */
static json_t *processors_in_use(const struct admin_context *c)
{
	json_t *list = json_array();
	for (const struct processor *p = process_next(c->process, NULL); p; p = process_next(c->process, p))
		if (p == regen_processor(c->regen, PHASE_REPORT) || p == regen_processor(c->regen, PHASE_PRECOMPUTE))
			json_array_append_new(list, admin_processor(c, p));
	return list;
}

static json_t *sink_status(const char *name, enum sink_type type, const struct sink_view *v, int64_t now_ms)
{
	json_t *row = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "name", name, "type",
		sink_types[type], "state", sink_states[v->state], "written", (json_int_t)v->written, "kept",
		(json_int_t)v->kept, "failed", (json_int_t)v->failed, "gone", (json_int_t)v->gone, "refused",
		(json_int_t)v->refused, "passes", (json_int_t)v->passes, "trimmed", (json_int_t)v->lost);
	set(row, "lag", v->lag >= 0 ? json_integer(v->lag) : NULL);
	set(row, "oldest_ms", v->oldest_ms > 0 ? json_integer(now_ms > v->oldest_ms ? now_ms - v->oldest_ms : 0) : NULL);
	if (!v->trouble[0])
		return row;
	set(row, "failing", json_integer(v->failing));
	set(row, "trouble", json_string(v->trouble));
	set(row, "retry_ms", json_integer(v->retry_ms));
	return row;
}

static json_t *sinks_status(const struct admin_context *c)
{
	const size_t count = sinks_count(c->sinks);
	json_t *list = count ? json_array() : NULL;
	for (size_t i = 0; i < count; i++) {
		struct sink_view view;
		enum sink_type type;
		const char *name;
		sinks_look(c->sinks, i, &name, &type, &view);
		json_array_append_new(list, sink_status(name, type, &view, clock_wall_ms(c->clock)));
	}
	return list;
}

static json_t *entry_counts(const struct admin_context *c)
{
	return json_pack("{s:I, s:i, s:i, s:i, s:i, s:I, s:I, s:o}", "read",
		(json_int_t)metrics_total(c->metrics, METRIC_ENTRIES_READ), "in_flight",
		(int)delivery_in_flight(c->delivery), "parked", (int)delivery_parked(c->delivery), "paused",
		(int)delivery_aside(c->delivery), "unacked", (int)delivery_unacked(c->delivery), "oldest_ms",
		(json_int_t)(delivery_oldest_us(c->delivery) / 1000), "forgotten",
		(json_int_t)metrics_total(c->metrics, METRIC_ENTRIES_FORGOTTEN), "settled",
		by_label(c, METRIC_ENTRIES_SETTLED));
}

static json_t *event_ages(const struct admin_context *c)
{
	const struct metric_row *row = metrics_row(METRIC_EVENT_AGE);
	json_t *ages = json_object();
	for (unsigned i = 0; i < metrics_labels(METRIC_EVENT_AGE); i++) {
		const struct histogram *h = metrics_histogram(c->metrics, METRIC_EVENT_AGE, i);
		json_object_set_new(ages, row->label[0].values[i],
			json_pack("{s:I, s:f, s:f, s:f}", "count", (json_int_t)h->count, "p50_ms",
				(double)histogram_quantile(h, 0.5) / 1000, "p95_ms",
				(double)histogram_quantile(h, 0.95) / 1000, "p99_ms",
				(double)histogram_quantile(h, 0.99) / 1000));
	}
	return ages;
}

static json_t *standing_warnings(const struct admin_context *c)
{
	json_t *list = json_array();
	for (int i = 0; i < WARNING_COUNT; i++) {
		const enum warning kind = (enum warning)i;
		const struct warning_row *row = warnings_row(kind);
		const char *text = warnings_text(c->warnings, kind);
		if (text)
			json_array_append_new(
				list, json_pack("{s:s, s:s, s:s, s:s, s:I}", "kind", warnings_names[kind], "level",
					      row->grave ? "error" : "warning", "text", text, "remedy", row->remedy,
					      "since_ms", (json_int_t)warnings_since_ms(c->warnings, kind)));
	}
	return list;
}

/* What a pause or a mute holds back, but for a pause of all, which status tells by itself. */
static void add_holds(json_t *data, const struct admin_context *c)
{
	const struct order **orders;
	size_t count;
	if (admin_orders(c->delivery, 1u << ORDER_PAUSE | 1u << ORDER_MUTE, &orders, &count) < 0)
		return;
	json_t *list = json_array();
	size_t more = 0;
	for (size_t i = 0; i < count; i++) {
		if (orders[i]->key.whom == ORDER_ALL)
			continue;
		if (json_array_size(list) < HOLDS_SHOWN)
			json_array_append_new(list, admin_order_json(orders[i]));
		else
			more++;
	}
	free(orders);
	json_object_set_new(data, "holds", list);
	if (more > 0)
		json_object_set_new(data, "more_holds", json_integer((json_int_t)more));
}

/* --- the fleet, and what is wrong ---------------------------------------------------------------------------------- */

/* What all instances have before them, as Redis told last. */
struct fleet_sums {
	int64_t pending, unread, oldest_ms;
};

/*
 * The first of the pending ones is no measure where entries wait for a time of their own, as those of regenerate may, or
 * are held back by a pause. Without a session what was not settled when Redis was last heard is not settled yet, and
 * grows older.
 */
static struct fleet_sums sum_up(const struct admin_context *c, const struct delivery_glance *g, bool held)
{
	struct fleet_sums sums = {0};
	int64_t first_ms = 0;
	for (int s = 0; s < STREAM_COUNT; s++) {
		const struct delivery_glanced *row = &g->streams[s];
		sums.pending += row->pending;
		sums.unread += row->unread > 0 ? row->unread : 0;
		if (s != STREAM_REGENERATE && row->oldest_ms > 0 && (first_ms == 0 || row->oldest_ms < first_ms))
			first_ms = row->oldest_ms;
	}
	const int64_t ours_ms = delivery_oldest_us(c->delivery) / 1000;
	const int64_t at_ms = delivery_ready(c->delivery) ? g->at_ms : delivery_redis_ms(c->delivery);
	if (!held && first_ms > 0 && at_ms > first_ms)
		sums.oldest_ms = at_ms - first_ms;
	if (ours_ms > sums.oldest_ms)
		sums.oldest_ms = ours_ms;
	return sums;
}

static json_t *fleet_status(const struct delivery_glance *g, const struct fleet_sums *sums)
{
	json_t *names = json_array();
	for (const char *name = g->names; *name; name += strcspn(name, " "), name += *name == ' ')
		json_array_append_new(names, json_stringn(name, strcspn(name, " ")));
	return json_pack("{s:i, s:o, s:I, s:I, s:I}", "instances", (int)g->instances, "names", names, "pending",
		(json_int_t)sums->pending, "unread", (json_int_t)sums->unread, "oldest_ms", (json_int_t)sums->oldest_ms);
}

static void add_health(json_t *data, const struct health *h)
{
	struct fault faults[FAULTS_SHOWN];
	const size_t count = health_judge(h, faults, FAULTS_SHOWN);
	json_t *list = json_array();
	bool grave = false;
	for (size_t i = 0; i < count && i < FAULTS_SHOWN; i++) {
		grave |= faults[i].grave;
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "what", faults[i].what, "level",
						    faults[i].grave ? "error" : "warning", "text", faults[i].text,
						    "command", faults[i].command));
	}
	json_object_set_new(data, "health", json_string(grave ? "error" : count ? "warning" : "healthy"));
	json_object_set_new(data, "wrong", list);
}

static void count_holds(const struct delivery *d, struct health *h)
{
	for (const struct order *o = delivery_next_order(d, NULL); o; o = delivery_next_order(d, o)) {
		h->pauses += o->key.kind == ORDER_PAUSE && o->key.whom != ORDER_ALL;
		h->mutes += o->key.kind == ORDER_MUTE;
	}
}

static void judge(
	json_t *data, const struct admin_context *c, const struct regen_stats *regen, const struct order *pause)
{
	const struct delivery_glance *g = delivery_glance(c->delivery);
	struct health h = {.ready = delivery_ready(c->delivery),
		.state = delivery_state(c->delivery),
		.paused = regen->paused,
		.paused_by = pause && pause->by[0] ? pause->by : NULL,
		.failing = regen->state[PLAYER_BACKING_OFF],
		.letters = g->at_ms > 0 ? g->letters : -1,
		.warnings = c->warnings};
	count_holds(c->delivery, &h);
	const struct fleet_sums sums = sum_up(c, g, h.paused || h.pauses > 0);
	h.oldest_ms = sums.oldest_ms;
	add_health(data, &h);
	set(data, "letters", g->at_ms > 0 ? json_integer(g->letters) : NULL);
	set(data, "fleet", g->at_ms > 0 ? fleet_status(g, &sums) : NULL);
}

static void status(struct admin_request *r, struct admin_context *c)
{
	const struct config *config = c->ops->config(c->app);
	const struct snapshot *league = c->ops->league(c->app);
	const struct order_key pause_key = order_key_of(ORDER_PAUSE, ORDER_ALL, 0, "");
	const struct order *pause = delivery_order(c->delivery, &pause_key);
	struct regen_stats regen;
	struct pool_stats pool;
	regen_stats(c->regen, &regen);
	pool_stats(c->pool, &pool, NULL, 0);
	json_t *data = json_pack("{s:s, s:s, s:i, s:I, s:s, s:b, s:b}", "version", PROPSD_VERSION, "instance",
		config->instance, "pid", (int)getpid(), "uptime_ms",
		(json_int_t)(clock_wall_ms(c->clock) - c->started_ms), "state",
		delivery_ready(c->delivery) ? "ready" : "not ready", "ready", delivery_ready(c->delivery), "paused",
		regen.paused);
	if (pause)
		set(data, "paused_by", json_string(pause->by));
	if (pause && pause->until_ms > 0)
		set(data, "paused_until_ms", json_integer(pause->until_ms));
	add_holds(data, c);
	set(data, "warnings", standing_warnings(c));
	set(data, "redis", redis_status(c, config));
	set(data, "league", league ? league_status(league) : NULL);
	set(data, "dates", date_troubles(c));
	set(data, "slate", slate_status(c));
	set(data, "strangers", admin_stranger_counts(c));
	set(data, "workers", json_pack("{s:i, s:i}", "count", (int)pool.workers, "running", (int)pool.busy));
	set(data, "players", player_counts(&regen));
	set(data, "waiting", waiting_counts(&regen));
	set(data, "entries", entry_counts(c));
	set(data, "processors", processors_in_use(c));
	set(data, "schedule", admin_next_schedule(c));
	set(data, "sinks", sinks_status(c));
	set(data, "history", admin_history_state(c));
	set(data, "runs", run_counts(c));
	set(data, "dead_letters", by_label(c, METRIC_DEAD_LETTERS));
	set(data, "event_age", event_ages(c));
	set(data, "places", json_pack("{s:i, s:i}", "count", (int)regen.places, "taken", (int)regen.taken));
	judge(data, c, &regen, pause);
	admin_reply(r, data);
}

static void ping(struct admin_request *r, struct admin_context *c)
{
	(void)c;
	admin_reply(r, json_object());
}

static void version(struct admin_request *r, struct admin_context *c)
{
	(void)c;
	admin_reply(r, json_pack("{s:s, s:i}", "version", PROPSD_VERSION, "protocol", PROTOCOL_VERSION));
}

static json_t *describe_args(const struct admin_arg *arg)
{
	json_t *args = json_array();
	for (; arg && arg->name; arg++)
		json_array_append_new(args, json_pack("{s:s, s:b, s:s}", "name", arg->name, "required", arg->required,
						    "help", arg->help ? arg->help : ""));
	return args;
}

static void commands(struct admin_request *r, struct admin_context *c)
{
	(void)c;
	json_t *list = json_array();
	for (const struct admin_command *const *table = admin_commands; *table; table++) {
		for (const struct admin_command *row = *table; row->name; row++)
			json_array_append_new(list,
				json_pack("{s:s, s:s, s:s, s:o}", "name", row->name, "role", admin_role_name(row->role),
					"help", row->help, "args", describe_args(row->args)));
	}
	admin_reply(r, json_pack("{s:o, s:s}", "commands", list, "role", admin_role_name(admin_request_role(r))));
}

const struct admin_command admin_status_commands[] = {
	{.name = "status", .role = ADMIN_ROLE_VIEW, .handler = status, .help = "how the daemon is"},
	{.name = "ping", .role = ADMIN_ROLE_VIEW, .handler = ping, .help = "nothing: shows that the loop moves"},
	{.name = "version", .role = ADMIN_ROLE_VIEW, .handler = version, .help = "of the daemon and of the protocol"},
	{.name = "commands", .role = ADMIN_ROLE_VIEW, .handler = commands, .help = "this table"},
	{.name = NULL},
};
