/*
 * The commands' handlers over modules that are made up here: delivery, player table and pool are these
 * functions, linked in place of the real ones, so that each answer of Redis comes when the test gives it.
 * Slate, decoder, configuration and metrics are the real ones.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "admin/context.h"
#include "admin/request.h"
#include "aside/aside.h"
#include "base/log.h"
#include "config/config.h"
#include "delivery/delivery.h"
#include "delivery/fresh.h"
#include "league/team.h"
#include "metrics/metrics.h"
#include "metrics/warnings.h"
#include "pool/pool.h"
#include "process/process.h"
#include "regen/regen.h"

/* --- the modules ------------------------------------------------------------------------------------------------ */

#define PLAYERS_MAX 3000
#define SENT_MAX 128

struct sent { /* one request to Redis, not answered yet */
	char what[32];
	char text[1024];
	delivery_reply_fn *done;
	void *data;
};

struct delivery {
	bool ready;
	struct slate *slate; /* of `slate_date` */
	date_t slate_date;
	bool loading; /* until somebody has looked once */
	int refreshed;
	struct order orders[4];
	size_t order_count;
	struct sent sent[SENT_MAX];
	size_t sent_count;
	unsigned unacked;
	bool waits; /* `slate_date` */
	struct teams *teams;
	struct stranger_row strangers[3];
	struct delivery_glance glance;
	struct freshness fresh;
	int fresh_result;
	unsigned looks;
};

struct regen {
	struct player_view players[PLAYERS_MAX];
	char names[PLAYERS_MAX][LOOKUP_SIZE];
	size_t count;
	struct regen_stats stats;
};

struct pool {
	unsigned workers;
};

bool delivery_ready(const struct delivery *d)
{
	return d->ready;
}
const char *delivery_state(const struct delivery *d)
{
	return d->ready ? "ok" : "Connection refused";
}
const char *delivery_stream_key(const struct delivery *d, enum stream stream)
{
	static char key[40];
	(void)d;
	snprintf(key, sizeof(key), "props:%s", stream_name(stream));
	return key;
}
const struct teams *delivery_teams(const struct delivery *d)
{
	return d->teams;
}
struct slate *delivery_slate(struct delivery *d, date_t date)
{
	if (d->loading) {
		d->loading = false;
		return NULL;
	}
	return date == d->slate_date ? d->slate : NULL;
}
bool delivery_date_waits(const struct delivery *d, date_t date, struct date_trouble *ret)
{
	*ret = (struct date_trouble){.date = date, .waits = true, .why = "instance \"b\" has it"};
	return d->waits && date == d->slate_date;
}
size_t delivery_troubles(const struct delivery *d, struct date_trouble *ret, size_t max)
{
	return max > 0 && delivery_date_waits(d, d->slate_date, ret);
}
size_t delivery_strangers(
	struct delivery *d, enum stranger_kind kind, struct stranger_row **ret, size_t max, size_t *ret_total)
{
	*ret_total = 0;
	for (size_t i = 0; i < sizeof(d->strangers) / sizeof(d->strangers[0]); i++) {
		struct stranger_row *row = &d->strangers[i];
		if (row->count > 0 && (kind == STRANGER_KINDS || row->kind == kind) && (*ret_total)++ < max)
			*ret++ = row;
	}
	return *ret_total < max ? *ret_total : max;
}
void delivery_stranger_counts(const struct delivery *d, unsigned ret[STRANGER_KINDS], uint64_t *ret_left_out)
{
	memset(ret, 0, STRANGER_KINDS * sizeof(ret[0]));
	for (size_t i = 0; i < sizeof(d->strangers) / sizeof(d->strangers[0]); i++)
		ret[d->strangers[i].kind] += d->strangers[i].count > 0;
	*ret_left_out = 5;
}
void delivery_stranger_nearest(struct delivery *d, struct stranger_row *row)
{
	if (!row->looked && d->slate)
		row->near_count = (unsigned)stranger_nearest(d->slate, row->kind, row->name, row->near);
	row->looked = true;
}
void delivery_refresh_slate(struct delivery *d, date_t date)
{
	(void)date;
	d->refreshed++;
	d->loading = true;
}
const struct delivery_glance *delivery_glance(const struct delivery *d)
{
	return &d->glance;
}
size_t delivery_silent(const struct delivery *d, date_t date, struct silent_book *ret, size_t max, bool *ret_all)
{
	(void)d, (void)date, (void)ret, (void)max;
	*ret_all = false;
	return 0;
}
const char *const uncovered_whys[] = {"waits", "fails", "paused", "muted", NULL};
void delivery_look_fresh(struct delivery *d, date_t date, delivery_fresh_fn *done, void *data)
{
	d->looks++;
	d->fresh.date = date;
	done(data, d->fresh_result, d->fresh_result == 0 ? &d->fresh : NULL);
}
void delivery_fire(struct delivery *d, const struct delivery_due *due, delivery_reply_fn *done, void *data)
{
	(void)d, (void)due, (void)done, (void)data;
}

int64_t delivery_redis_ms(const struct delivery *d)
{
	(void)d;
	return 1763254800000;
}
unsigned delivery_in_flight(const struct delivery *d)
{
	return d->unacked;
}
unsigned delivery_parked(const struct delivery *d)
{
	(void)d;
	return 0;
}
unsigned delivery_aside(const struct delivery *d)
{
	(void)d;
	return 0;
}
unsigned delivery_unacked(const struct delivery *d)
{
	return d->unacked;
}
int64_t delivery_oldest_us(const struct delivery *d)
{
	(void)d;
	return 0;
}
const struct order *delivery_order(const struct delivery *d, const struct order_key *key)
{
	for (size_t i = 0; i < d->order_count; i++) {
		if (memcmp(&d->orders[i].key, key, sizeof(*key)) == 0)
			return &d->orders[i];
	}
	return NULL;
}
const struct order *delivery_order_of_player(const struct delivery *d, enum order_kind kind, date_t date,
	const char *player, const char *game, const char *team)
{
	const struct order_key key = order_key_of(kind, ORDER_PLAYER, 0, player);
	(void)date, (void)game, (void)team;
	return delivery_order(d, &key);
}
const struct order *delivery_next_order(const struct delivery *d, const struct order *after)
{
	size_t i = after ? (size_t)(after - d->orders) + 1 : 0;
	return i < d->order_count ? &d->orders[i] : NULL;
}

/* As the real one does: without a connection the answer comes from inside the call. */
static void send_request(struct delivery *d, delivery_reply_fn *done, void *data, const char *what, const char *format,
	...) __attribute__((format(printf, 5, 6)));
static void send_request(
	struct delivery *d, delivery_reply_fn *done, void *data, const char *what, const char *format, ...)
{
	if (!d->ready) {
		done(data, NULL);
		return;
	}
	assert_true(d->sent_count < SENT_MAX);
	struct sent *s = &d->sent[d->sent_count++];
	va_list list;
	va_start(list, format);
	vsnprintf(s->text, sizeof(s->text), format, list);
	va_end(list);
	snprintf(s->what, sizeof(s->what), "%s", what);
	s->done = done;
	s->data = data;
}

void delivery_set_order(struct delivery *d, const struct order *order, delivery_reply_fn *done, void *data)
{
	char field[ORDER_FIELD_SIZE], text[ORDER_TEXT_SIZE];
	send_request(d, done, data, "order", "%s=%s", order_field_format(&order->key, field),
		order_text_format(order, text));
}

void delivery_end_order(struct delivery *d, const struct order_key *key, delivery_reply_fn *done, void *data)
{
	char field[ORDER_FIELD_SIZE];
	send_request(d, done, data, "order", "%s=", order_field_format(key, field));
}

void delivery_alias(struct delivery *d, const char *spelling, const char *player, const char *by,
	delivery_reply_fn *done, void *data)
{
	send_request(d, done, data, "alias", "%s=%s %s", spelling, player, by);
}

void delivery_unalias(struct delivery *d, const char *spelling, delivery_reply_fn *done, void *data)
{
	send_request(d, done, data, "unalias", "%s", spelling);
}

void delivery_aliases(struct delivery *d, delivery_reply_fn *done, void *data)
{
	send_request(d, done, data, "aliases", "%s", "");
}

static void join(char *text, size_t size, const char *const *words, size_t count)
{
	size_t length = 0;
	text[0] = '\0';
	for (size_t i = 0; i < count; i++)
		length += (size_t)snprintf(text + length, size - length, "%s%s", i > 0 ? " " : "", words[i]);
}

void delivery_publish(struct delivery *d, enum stream stream, const char *const *fields, size_t count,
	delivery_reply_fn *done, void *data)
{
	char text[900];
	join(text, sizeof(text), fields, count);
	send_request(d, done, data, "publish", "%s: %s", stream_name(stream), text);
}
void delivery_report(
	struct delivery *d, date_t date, const char *player, enum phase phase, delivery_reply_fn *done, void *data)
{
	char text[DATE_SIZE];
	send_request(d, done, data, phase == PHASE_PRECOMPUTE ? "output" : "report", "%s %s", date_format(date, text),
		player);
}
void delivery_ask_muted(struct delivery *d, date_t date, const char *player, delivery_reply_fn *done, void *data)
{
	char text[DATE_SIZE];
	send_request(d, done, data, "muted", "%s %s", date_format(date, text), player);
}
const struct order *delivery_muted_by(const struct delivery *d, enum phase phase, const struct value *reply)
{
	(void)d;
	(void)phase;
	(void)reply;
	return NULL;
}
void delivery_ran(struct delivery *d, date_t date, delivery_reply_fn *done, void *data)
{
	char text[DATE_SIZE];
	send_request(d, done, data, "ran", "%s", date_format(date, text));
}
void delivery_lines(
	struct delivery *d, date_t date, const char *player, bool reports, delivery_reply_fn *done, void *data)
{
	char text[DATE_SIZE];
	(void)reports;
	send_request(d, done, data, "lines", "%s %s", date_format(date, text), player);
}
void delivery_dead_count(struct delivery *d, delivery_reply_fn *done, void *data)
{
	send_request(d, done, data, "dead_count", "%s", "");
}
void delivery_dead_range(struct delivery *d, bool newest_first, const char *from, const char *to, unsigned count,
	delivery_reply_fn *done, void *data)
{
	send_request(d, done, data, newest_first ? "dead_newest" : "dead_oldest", "%s %s %u", from, to, count);
}
void delivery_dead_drop(
	struct delivery *d, const char *const *letters, size_t count, delivery_reply_fn *done, void *data)
{
	char text[900];
	join(text, sizeof(text), letters, count);
	send_request(d, done, data, "dead_drop", "%s", text);
}

void delivery_watch(struct delivery *d, delivery_reply_fn *done, void *data)
{
	send_request(d, done, data, "watch", "%s", "");
}

void delivery_rights(struct delivery *d, delivery_reply_fn *done, void *data)
{
	send_request(d, done, data, "rights", "%s", "");
}

const char *delivery_redis_version(const struct delivery *d)
{
	return d->ready ? "7.0.15" : "";
}

void delivery_dead_retry(struct delivery *d, const struct delivery_retry *retry, delivery_reply_fn *done, void *data)
{
	char players[900], fields[900];
	join(players, sizeof(players), retry->players, retry->player_count);
	join(fields, sizeof(fields), retry->fields, retry->field_count);
	send_request(d, done, data, "dead_retry", "%s [%s] %s: %s", retry->letter, retry->date, players, fields);
}
void delivery_left(struct delivery *d, delivery_reply_fn *done, void *data)
{
	send_request(d, done, data, "left", "%s", "");
}
void delivery_fate(struct delivery *d, enum stream stream, const char *id, delivery_reply_fn *done, void *data)
{
	send_request(d, done, data, "fate", "%s %s", stream_name(stream), id);
}

const char *player_state_name(enum player_state state)
{
	static const char *const names[] = {"idle", "waiting", "beginning", "running", "backing-off"};
	return names[state];
}
void regen_players(const struct regen *r, bool idle, bool (*fn)(void *arg, const struct player_view *view), void *arg)
{
	for (size_t i = 0; i < r->count; i++) {
		if ((idle || r->players[i].state != PLAYER_IDLE) && !fn(arg, &r->players[i]))
			return;
	}
}
bool regen_player(const struct regen *r, enum phase phase, date_t date, const char *lookup, struct player_view *ret)
{
	for (size_t i = 0; i < r->count; i++) {
		if (r->players[i].phase == phase && r->players[i].date == date &&
			strcmp(r->players[i].lookup, lookup) == 0) {
			*ret = r->players[i];
			return true;
		}
	}
	return false;
}
void regen_why(struct regen *r, enum phase phase, date_t date, const char *lookup, struct player_why *ret)
{
	(void)r, (void)phase, (void)date, (void)lookup;
	*ret = (struct player_why){.gate = {.verdict = GATE_NOTHING}};
}
struct processor *process_find(const struct process *p, const char *name)
{
	(void)p, (void)name;
	return NULL;
}
struct processor *process_next(const struct process *p, const struct processor *after)
{
	(void)p, (void)after;
	return NULL;
}
int64_t process_limited_us(const struct processor *p)
{
	return p->limited_us;
}

const char *process_state(const struct processor *p)
{
	(void)p;
	return "ready";
}
const char *process_trouble(const struct processor *p)
{
	(void)p;
	return NULL;
}
void process_pause(struct processor *p, bool paused)
{
	(void)p, (void)paused;
}
void process_restart(struct processor *p)
{
	(void)p;
}
int aside_begin(struct aside *a, const struct aside_order *order, const struct aside_ops *ops, void *arg,
	struct trial **ret, struct err *err)
{
	(void)a, (void)order, (void)ops, (void)arg, (void)ret;
	return err_set(err, -EBUSY, "none here");
}

void aside_go_on(struct trial *t)
{
	(void)t;
}

int64_t aside_span_us(const struct trial *t)
{
	(void)t;
	return 0;
}

void aside_leave(struct trial *t)
{
	(void)t;
}

bool process_cancel(struct process *p, struct job *job, bool dead)
{
	(void)p, (void)job, (void)dead;
	return false;
}
void regen_jobs(const struct regen *r, void (*fn)(void *arg, struct job *job), void *arg)
{
	(void)r, (void)fn, (void)arg;
}
const struct processor *regen_processor(const struct regen *r, enum phase phase)
{
	(void)r, (void)phase;
	return NULL;
}
size_t regen_dates(const struct regen *r, const char *lookup, date_t *ret, size_t max)
{
	size_t n = 0;
	for (size_t i = 0; i < r->count && n < max; i++) {
		if (strcmp(r->players[i].lookup, lookup) == 0)
			ret[n++] = r->players[i].date;
	}
	return n;
}
void regen_stats(const struct regen *r, struct regen_stats *ret)
{
	*ret = r->stats;
}
unsigned pool_stats(struct pool *pool, struct pool_stats *ret_stats, struct pool_worker_stats *workers, unsigned size)
{
	(void)workers;
	(void)size;
	memset(ret_stats, 0, sizeof(*ret_stats));
	ret_stats->workers = pool->workers;
	ret_stats->busy = 1;
	return pool->workers;
}

/* --- the app ---------------------------------------------------------------------------------------------------- */

struct app {
	struct config *config;
	struct snapshot *league;
	struct pool *pool;
	void (*reloaded)(void *data, int result, int restart, const struct err *err);
	void *reload_data;
	int drained;
};

static const struct config *app_config(void *app)
{
	return ((struct app *)app)->config;
}
static const struct snapshot *app_league(void *app)
{
	return ((struct app *)app)->league;
}
static void app_reload(void *app, void (*done)(void *data, int result, int restart, const struct err *err), void *data)
{
	((struct app *)app)->reloaded = done;
	((struct app *)app)->reload_data = data;
}
static int app_set_workers(void *app, unsigned workers, struct err *err)
{
	if (workers == 13)
		return err_set(err, -EAGAIN, "cannot run 13 workers: no threads");
	((struct app *)app)->pool->workers = workers;
	return 0;
}
static void app_drain(void *app)
{
	((struct app *)app)->drained++;
}

static void app_look_at_model(void *app)
{
	(void)app;
}
static int app_set_log_level(void *app, enum log_level level, struct err *err)
{
	(void)app, (void)err;
	log_set_level(level);
	return 0;
}

static const struct admin_app_ops app_ops = {app_config, app_config, app_league, app_reload, app_set_workers, app_drain,
	app_set_log_level, app_look_at_model};

/* --- the client ------------------------------------------------------------------------------------------------- */

struct world {
	struct delivery delivery;
	struct regen regen;
	struct pool pool;
	struct app app;
	struct admin_context context;
	struct admin_request *open;
	json_t *last; /* the last line */
	json_t *progress;
	unsigned lines;
};

#define DAY 20407 /* 2025-11-15 */

static int64_t mono(const struct clock *clock)
{
	(void)clock;
	return clock_mono_us(clock_system());
}
static int64_t wall(const struct clock *clock)
{
	(void)clock;
	return 1763254800000; /* 2025-11-16 01:00 UTC: the 15th in New York */
}
static const struct clock test_clock = {mono, wall};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct err err;
	log_set_level(LOG_LEVEL_ERR);
	if (zone_set("America/New_York") < 0 || config_load(NULL, &w->app.config, &err) < 0)
		return -1;
	w->delivery.ready = true;
	w->delivery.teams = teams_nba();
	w->pool.workers = 2;
	w->app.pool = &w->pool;
	w->context = (struct admin_context){
		.clock = &test_clock,
		.base = event_base_new(),
		.metrics = metrics_new(),
		.warnings = warnings_new(clock_system()),
		.pool = &w->pool,
		.delivery = &w->delivery,
		.regen = &w->regen,
		.ops = &app_ops,
		.app = &w->app,
	};
	*state = w;
	return 0;
}

static void free_league(struct snapshot *league)
{
	if (!league)
		return;
	free(league->player);
	free(league->alias);
	free(league);
}

static int teardown(void **state)
{
	struct world *w = *state;
	slate_free(w->delivery.slate);
	teams_free(w->delivery.teams);
	event_base_free(w->context.base);
	metrics_free(w->context.metrics);
	warnings_free(w->context.warnings);
	config_free(w->app.config);
	free_league(w->app.league);
	json_decref(w->last);
	json_decref(w->progress);
	free(w);
	return 0;
}

static void take_line(void *owner, json_t *line, bool last)
{
	struct world *w = owner;
	json_t **place = last ? &w->last : &w->progress;
	json_decref(*place);
	*place = json_incref(line);
	w->lines++;
	if (last)
		w->open = NULL;
}
static const struct admin_request_ops client_ops = {.line = take_line};

/* Sends a request; whether it was answered at once. */
static bool ask(struct world *w, const char *cmd, const char *args)
{
	const struct admin_peer peer = {1000, 1000, 1};
	json_decref(w->last);
	w->last = NULL;
	json_error_t error;
	json_t *parsed = json_loads(args, 0, &error);
	if (!parsed)
		fail_msg("%s: %s", args, error.text);
	json_t *document = json_pack("{s:i, s:s, s:o}", "v", 1, "cmd", cmd, "args", parsed);
	admin_request_serve(admin_commands, &w->context, document, ADMIN_ROLE_ADMIN, &peer, &client_ops, w, &w->open);
	return w->last != NULL;
}

/* The client goes away. */
static void leave(struct world *w)
{
	struct admin_request *open = w->open;
	w->open = NULL;
	admin_request_cancel(open);
}

static void turn_until_answered(struct world *w)
{
	while (!w->last)
		assert_int_equal(event_base_loop(w->context.base, EVLOOP_ONCE), 0);
}

static void turn_until_sent(struct world *w, size_t count)
{
	while (w->delivery.sent_count < count)
		assert_int_equal(event_base_loop(w->context.base, EVLOOP_ONCE), 0);
}

static void assert_ok(struct world *w, const char *data)
{
	assert_non_null(w->last);
	json_t *expected = json_loads(data, JSON_DECODE_ANY, NULL);
	assert_non_null(expected);
	if (!json_is_true(json_object_get(w->last, "ok")) || !json_equal(json_object_get(w->last, "data"), expected))
		fail_msg("%s instead of %s", json_dumps(w->last, 0), data);
	json_decref(expected);
}

static json_t *data_of(struct world *w)
{
	assert_non_null(w->last);
	if (!json_is_true(json_object_get(w->last, "ok")))
		fail_msg("%s", json_dumps(w->last, 0));
	return json_object_get(w->last, "data");
}

static void assert_error(struct world *w, const char *code, const char *sentence)
{
	assert_non_null(w->last);
	if (!json_is_false(json_object_get(w->last, "ok")))
		fail_msg("no error: %s", json_dumps(w->last, 0));
	assert_string_equal(json_string_value(json_object_get(w->last, "code")), code);
	assert_string_equal(json_string_value(json_object_get(w->last, "error")), sentence);
}

/* --- Redis ------------------------------------------------------------------------------------------------------ */

static void assert_sent(struct world *w, size_t at, const char *what, const char *text)
{
	assert_true(at < w->delivery.sent_count);
	assert_string_equal(w->delivery.sent[at].what, what);
	assert_string_equal(w->delivery.sent[at].text, text);
}

/* Answers the oldest request. */
static void answer(struct world *w, const struct value *reply)
{
	struct sent first = w->delivery.sent[0];
	assert_true(w->delivery.sent_count > 0);
	memmove(w->delivery.sent, w->delivery.sent + 1, --w->delivery.sent_count * sizeof(first));
	first.done(first.data, reply);
}

static struct value text_value(const char *text)
{
	return (struct value){.type = VALUE_STRING, .text = text, .length = strlen(text)};
}

static void answer_text(struct world *w, const char *text)
{
	struct value value = text_value(text);
	answer(w, &value);
}

static void answer_error(struct world *w, const char *text)
{
	struct value value = {.type = VALUE_ERROR, .text = text, .length = strlen(text)};
	answer(w, &value);
}

static void answer_nil(struct world *w)
{
	struct value value = {.type = VALUE_NIL};
	answer(w, &value);
}

/* The command "player" where Redis has no report of him. */
static bool ask_player(struct world *w, const char *args)
{
	ask(w, "player", args);
	while (!w->last && w->delivery.sent_count > 0) {
		assert_string_equal(w->delivery.sent[0].what, "report");
		answer_nil(w);
	}
	return w->last != NULL;
}

static void answer_list(struct world *w, struct value *items, size_t count)
{
	struct value value = {.type = VALUE_ARRAY, .items = items, .count = count};
	answer(w, &value);
}

/* --- making a night --------------------------------------------------------------------------------------------- */

static struct player_view *add_player(struct world *w, const char *lookup, date_t date, enum player_state state)
{
	struct regen *r = &w->regen;
	assert_true(r->count < PLAYERS_MAX);
	struct player_view *v = &r->players[r->count];
	snprintf(r->names[r->count], LOOKUP_SIZE, "%s", lookup);
	*v = (struct player_view){.date = date,
		.lookup = r->names[r->count++],
		.state = state,
		.level = LEVEL_NORMAL,
		.reason = "",
		.last_error = ""};
	return v;
}

static void make_slate(struct world *w, const struct snapshot *league)
{
	struct slate *s = slate_new(DAY);
	slate_reset(s, league);
	assert_int_equal(slate_add_game(s, "20251115_LAL_GSW", 1763254800000, GAME_SCHEDULED), 0);
	assert_int_equal(slate_add_member(s, "lebronjames", "LAL", true), 0);
	assert_int_equal(slate_add_member(s, "austinreaves", "LAL", true), 0);
	assert_int_equal(slate_add_member(s, "stephencurry", "GSW", true), 0);
	assert_int_equal(slate_add_member(s, "drydraymond", "GSW", false), 0);
	assert_int_equal(slate_build(s), 0);
	w->delivery.slate = s;
	w->delivery.slate_date = DAY;
}

/* A league of three players and nothing else. */
static void make_league(struct world *w)
{
	static const char *const names[][2] = {
		{"kevindurant", "Kevin Durant"}, {"lebronjames", "LeBron James"}, {"stephencurry", "Stephen Curry"}};
	struct snapshot *s = calloc(1, sizeof(*s));
	s->number = 7;
	s->players = s->aliases = 3;
	s->player = calloc(3, sizeof(*s->player));
	s->alias = calloc(3, sizeof(*s->alias));
	for (uint32_t i = 0; i < 3; i++) {
		strcpy(s->player[i].lookup, names[i][0]);
		strcpy(s->player[i].name, names[i][1]);
		strcpy(s->alias[i].lookup, names[i][0]);
		s->alias[i].player = i;
	}
	w->app.league = s;
}

/* --- looking ---------------------------------------------------------------------------------------------------- */

static void status_has_all_its_parts(void **state)
{
	struct world *w = *state;
	static const char *const parts[] = {"version", "instance", "pid", "uptime_ms", "state", "ready", "paused",
		"redis", "slate", "workers", "players", "waiting", "entries", "runs", "dead_letters", "event_age",
		"warnings"};
	make_slate(w, NULL);
	w->regen.stats.state[PLAYER_WAITING] = 4;
	assert_true(ask(w, "status", "{}"));
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		if (!json_object_get(data_of(w), parts[i]))
			fail_msg("no %s", parts[i]);
	}
	assert_null(json_object_get(data_of(w), "league"));
	assert_int_equal(json_integer_value(json_object_get(json_object_get(data_of(w), "players"), "waiting")), 4);
	json_t *slate = json_object_get(data_of(w), "slate");
	assert_int_equal(json_integer_value(json_object_get(slate, "games")), 1);
	assert_int_equal(json_integer_value(json_object_get(slate, "players")), 3);
	make_league(w);
	assert_true(ask(w, "status", "{}"));
	json_t *league = json_object_get(data_of(w), "league");
	assert_int_equal(json_integer_value(json_object_get(league, "number")), 7);
	assert_string_equal(json_string_value(json_object_get(league, "to")), "1970-01-01");
	assert_null(json_object_get(league, "lacks"));
}

static void status_says_what_stands_and_what_to_do(void **state)
{
	struct world *w = *state;
	assert_true(ask(w, "status", "{}"));
	assert_int_equal(json_array_size(json_object_get(data_of(w), "warnings")), 0);
	warnings_set(w->context.warnings, WARNING_PINNED, "group \"%s\" keeps 7 entries", "debug");
	warnings_set(w->context.warnings, WARNING_EVICTS, "it may");
	assert_true(ask(w, "status", "{}"));
	json_t *list = json_object_get(data_of(w), "warnings");
	assert_int_equal(json_array_size(list), 2);
	json_t *first = json_array_get(list, 0), *second = json_array_get(list, 1);
	assert_string_equal(json_string_value(json_object_get(first, "kind")), "evicting");
	assert_string_equal(json_string_value(json_object_get(first, "level")), "error");
	assert_string_equal(json_string_value(json_object_get(second, "kind")), "stream_pinned");
	assert_string_equal(json_string_value(json_object_get(second, "level")), "warning");
	assert_string_equal(json_string_value(json_object_get(second, "text")), "group \"debug\" keeps 7 entries");
	assert_string_equal(json_string_value(json_object_get(second, "remedy")), warnings_row(WARNING_PINNED)->remedy);
	assert_int_equal(json_integer_value(json_object_get(second, "since_ms")),
		warnings_since_ms(w->context.warnings, WARNING_PINNED));
}

static void status_says_what_a_league_lacks(void **state)
{
	struct world *w = *state;
	static const struct {
		uint32_t players, games;
		bool unfinished;
		const char *lacks;
	} rows[] = {
		{0, 0, false, "it is empty"},
		{0, 5, false, "it has no box scores"},
		{3, 5, true, "an import goes on or was cut off"},
	};
	make_league(w);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		w->app.league->players = rows[i].players;
		w->app.league->games = rows[i].games;
		w->app.league->unfinished = rows[i].unfinished;
		assert_true(ask(w, "status", "{}"));
		json_t *league = json_object_get(data_of(w), "league");
		assert_non_null(strstr(json_string_value(json_object_get(league, "lacks")), rows[i].lacks));
		assert_int_equal(json_object_get(league, "to") != NULL, rows[i].players > 0);
	}
}

static void status_has_the_dates_that_wait(void **state)
{
	struct world *w = *state;
	assert_true(ask(w, "status", "{}"));
	assert_null(json_object_get(data_of(w), "dates"));
	w->delivery.waits = true;
	w->delivery.slate_date = DAY;
	assert_true(ask(w, "status", "{}"));
	char *dates = json_dumps(json_object_get(data_of(w), "dates"), JSON_COMPACT);
	assert_string_equal(dates, "[{\"date\":\"2025-11-15\",\"waits\":true,\"why\":\"instance \\\"b\\\" has it\"}]");
	free(dates);
}

static void players_come_in_the_order_of_service_and_filtered(void **state)
{
	struct world *w = *state;
	add_player(w, "c", DAY, PLAYER_RUNNING);
	add_player(w, "b", DAY, PLAYER_WAITING)->level = LEVEL_HIGH;
	add_player(w, "d", DAY + 1, PLAYER_WAITING);
	add_player(w, "a", DAY, PLAYER_IDLE);
	static const struct {
		const char *args, *names;
		int matching;
	} cases[] = {
		{"{}", "c b d a", 4},
		{"{\"limit\":2}", "c b", 4},
		{"{\"state\":\"waiting\"}", "b d", 2},
		{"{\"state\":\"idle\"}", "a", 1},
		{"{\"level\":\"high\"}", "b", 1},
		{"{\"date\":\"2025-11-16\"}", "d", 1},
		{"{\"state\":\"backing-off\"}", "", 0},
		{"{\"order\":\"name\"}", "a b c d", 4},
		{"{\"order\":\"name\",\"after\":\"2025-11-15/b\"}", "c d", 4},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char names[64] = "";
		size_t j;
		json_t *row;
		assert_true(ask(w, "players", cases[i].args));
		json_array_foreach (json_object_get(data_of(w), "players"), j, row) {
			strcat(names, j > 0 ? " " : "");
			strcat(names, json_string_value(json_object_get(row, "player")));
		}
		if (strcmp(names, cases[i].names) != 0)
			fail_msg("%s: %s instead of %s", cases[i].args, names, cases[i].names);
		assert_int_equal(json_integer_value(json_object_get(data_of(w), "matching")), cases[i].matching);
	}
}

static void pages_by_name_cover_everybody_once(void **state)
{
	struct world *w = *state;
	enum { COUNT = 2500 };
	for (unsigned i = 0; i < COUNT; i++) {
		char name[32];
		/* 1201 and 2500 have no common factor: all of them, well mixed. */
		snprintf(name, sizeof(name), "player%04u", i * 1201 % COUNT);
		add_player(w, name, DAY, i % 3 == 0 ? PLAYER_IDLE : PLAYER_WAITING);
	}
	char args[128] = "{\"order\":\"name\",\"limit\":7}";
	unsigned seen = 0, pages = 0;
	for (;;) {
		size_t i;
		json_t *row;
		assert_true(ask(w, "players", args));
		json_array_foreach (json_object_get(data_of(w), "players"), i, row) {
			char expected[32];
			snprintf(expected, sizeof(expected), "player%04u", seen++);
			assert_string_equal(json_string_value(json_object_get(row, "player")), expected);
		}
		pages++;
		const char *next = json_string_value(json_object_get(data_of(w), "next"));
		if (!next)
			break;
		snprintf(args, sizeof(args), "{\"order\":\"name\",\"limit\":7,\"after\":\"%s\"}", next);
	}
	assert_int_equal(seen, COUNT);
	assert_int_equal(pages, COUNT / 7 + 1);
}

static void both_phases_of_a_player_are_shown_also_where_a_page_ends_between_them(void **state)
{
	struct world *w = *state;
	add_player(w, "ann", DAY, PLAYER_RUNNING)->phase = PHASE_PRECOMPUTE;
	add_player(w, "ann", DAY, PLAYER_WAITING);
	char args[128] = "{\"order\":\"name\",\"limit\":1}";
	for (int i = 0; i < 2; i++) {
		assert_true(ask(w, "players", args));
		const json_t *row = json_array_get(json_object_get(data_of(w), "players"), 0);
		assert_string_equal(json_string_value(json_object_get(row, "phase")), i ? "precompute" : "report");
		snprintf(args, sizeof(args), "{\"order\":\"name\",\"limit\":1,\"after\":\"%s\"}",
			json_string_value(json_object_get(data_of(w), "next")));
	}
	assert_true(ask(w, "players", args));
	assert_int_equal(json_array_size(json_object_get(data_of(w), "players")), 0);
	assert_true(ask_player(w, "{\"player\":\"ann\",\"date\":\"2025-11-15\"}"));
	const json_t *day = json_array_get(json_object_get(data_of(w), "days"), 0);
	assert_string_equal(json_string_value(json_object_get(day, "state")), "waiting");
	day = json_object_get(day, "precompute");
	assert_string_equal(json_string_value(json_object_get(day, "state")), "running");
}

static void a_player_is_shown_with_place_order_and_all_his_dates(void **state)
{
	struct world *w = *state;
	make_slate(w, NULL);
	add_player(w, "lebronjames", DAY + 1, PLAYER_WAITING);
	add_player(w, "lebronjames", DAY, PLAYER_IDLE)->committed = 41;
	w->delivery.orders[0] =
		(struct order){order_key_of(ORDER_PRIORITY, ORDER_PLAYER, 0, "lebronjames"), LEVEL_URGENT, "", 5};
	w->delivery.order_count = 1;
	assert_true(ask_player(w, "{\"player\":\"LeBron James\"}"));
	json_t *days = json_object_get(data_of(w), "days"), *day = json_array_get(days, 1);
	assert_int_equal(json_array_size(days), 2);
	assert_string_equal(json_string_value(json_object_get(day, "date")), "2025-11-15");
	assert_string_equal(json_string_value(json_object_get(day, "game_id")), "20251115_LAL_GSW");
	assert_string_equal(json_string_value(json_object_get(day, "opponent")), "GSW");
	assert_true(json_is_false(json_object_get(day, "home")));
	assert_int_equal(json_integer_value(json_object_get(day, "committed")), 41);
	assert_string_equal(json_string_value(json_object_get(json_object_get(day, "order"), "level")), "urgent");
	assert_null(json_object_get(json_array_get(days, 0), "game_id")); /* that day's slate is not loaded */
	/* Not in the table: he is on the slate all the same. */
	assert_true(ask_player(w, "{\"player\":\"austinreaves\",\"date\":\"2025-11-15\"}"));
	assert_int_equal(json_array_size(json_object_get(data_of(w), "days")), 1);
}

static void a_player_is_found_by_a_report_that_this_process_did_not_make(void **state)
{
	struct world *w = *state;
	make_slate(w, NULL);
	assert_false(ask(w, "player", "{\"player\":\"lebronjames\",\"date\":\"2025-11-15\"}"));
	assert_sent(w, 0, "report", "2025-11-15 lebronjames");
	answer_text(w, "{\"version\":41,\"generated_at\":\"2025-11-15T18:00:00.000Z\"}");
	const json_t *day = json_array_get(json_object_get(data_of(w), "days"), 0);
	assert_int_equal(json_integer_value(json_object_get(day, "committed")), 41);
	assert_int_equal(json_integer_value(json_object_get(day, "last_commit_ms")), 1763229600000);
}

static void names_are_unknown_only_if_a_league_could_know_them(void **state)
{
	struct world *w = *state;
	/* Without a league any name may be a player's; of one who never came up there is nothing to show. */
	assert_true(ask_player(w, "{\"player\":\"nobody\"}"));
	assert_error(w, "unknown_player", "there is no player \"nobody\"");
	make_league(w);
	make_slate(w, w->app.league);
	add_player(w, "newcomer", DAY, PLAYER_IDLE);
	assert_true(ask_player(w, "{\"player\":\"LeBorn James\"}"));
	assert_error(w, "unknown_player", "there is no player \"lebornjames\"");
	json_t *nearest = json_object_get(w->last, "nearest");
	assert_int_equal(json_array_size(nearest), 1);
	assert_string_equal(json_string_value(json_array_get(nearest, 0)), "lebronjames");
	assert_true(ask_player(w, "{\"player\":\"newcomer\"}"));
	data_of(w);
	/* A name that an event once had is not offered: it may be the very mistake. */
	assert_true(ask_player(w, "{\"player\":\"newcomerr\"}"));
	assert_error(w, "unknown_player", "there is no player \"newcomerr\"");
	assert_int_equal(json_array_size(json_object_get(w->last, "nearest")), 0);
	assert_true(ask_player(w, "{\"player\":\"austinreaves\"}")); /* tonight's roster knows him */
	data_of(w);
	assert_true(ask_player(w, "{\"player\":\"kevindurant\"}"));
	assert_string_equal(json_string_value(json_object_get(data_of(w), "name")), "Kevin Durant");
	assert_true(ask(w, "report", "{\"player\":\"leborn\"}"));
	assert_string_equal(json_string_value(json_object_get(w->last, "code")), "unknown_player");
}

static const char *text_at(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void strangers_are_told_with_what_is_nearest(void **state)
{
	struct world *w = *state;
	assert_true(ask(w, "status", "{}"));
	assert_null(json_object_get(data_of(w), "strangers"));
	assert_true(ask(w, "strangers", "{}"));
	assert_int_equal(json_array_size(json_object_get(data_of(w), "strangers")), 0);
	make_league(w);
	make_slate(w, w->app.league);
	w->delivery.strangers[0] = (struct stranger_row){.kind = STRANGER_PLAYER,
		.count = 3,
		.date = DAY,
		.first_ms = 1,
		.last_ms = 2,
		.name = "lebronjame",
		.spelling = "LeBron Jame",
		.source = "fanduel"};
	w->delivery.strangers[1] = (struct stranger_row){
		.kind = STRANGER_TEAM, .count = 1, .date = DAY, .name = "SEA", .source = "lineup"};
	assert_true(ask(w, "strangers", "{\"kind\":\"player\"}"));
	json_t *row = json_array_get(json_object_get(data_of(w), "strangers"), 0);
	assert_int_equal(json_array_size(json_object_get(data_of(w), "strangers")), 1);
	assert_int_equal(json_integer_value(json_object_get(data_of(w), "left_out")), 5);
	assert_string_equal(text_at(row, "name"), "lebronjame");
	assert_string_equal(text_at(row, "spelling"), "LeBron Jame");
	assert_string_equal(text_at(row, "source"), "fanduel");
	assert_int_equal(json_integer_value(json_object_get(row, "count")), 3);
	json_t *near = json_array_get(json_object_get(row, "nearest"), 0);
	assert_string_equal(text_at(near, "name"), "lebronjames");
	assert_string_equal(text_at(near, "why"),
		"one name is part of the other, plays for LAL; names are never taken by likeness");
	assert_non_null(strstr(text_at(row, "remedy"), "propsctl alias add \"LeBron Jame\" lebronjames"));
	assert_true(ask(w, "strangers", "{\"limit\":1}"));
	assert_int_equal(json_integer_value(json_object_get(data_of(w), "total")), 2);
	assert_int_equal(json_array_size(json_object_get(data_of(w), "strangers")), 1);
	assert_true(ask(w, "status", "{}"));
	json_t *counts = json_object_get(data_of(w), "strangers");
	assert_int_equal(json_object_size(counts), 2);
	assert_int_equal(json_integer_value(json_object_get(counts, "team")), 1);
}

static void a_report_is_passed_on_as_text(void **state)
{
	struct world *w = *state;
	assert_false(ask(w, "report", "{\"player\":\"lebronjames\"}"));
	assert_sent(w, 0, "report", "2025-11-15 lebronjames"); /* today by the league's clock */
	answer_text(w, "{\"b\":0.1}");
	assert_ok(w, "{\"player\":\"lebronjames\",\"date\":\"2025-11-15\",\"report\":\"{\\\"b\\\":0.1}\"}");
	ask(w, "report", "{\"player\":\"lebronjames\",\"date\":\"2025-11-14\"}");
	answer_nil(w);
	assert_error(w, "not_found", "there is no report of lebronjames for 2025-11-14");
	ask(w, "report", "{\"player\":\"lebronjames\",\"phase\":\"precompute\"}");
	assert_sent(w, 0, "output", "2025-11-15 lebronjames");
	answer_nil(w);
	assert_error(w, "not_found", "there is no output of precompute of lebronjames for 2025-11-15");
	ask(w, "report", "{\"player\":\"lebronjames\"}");
	answer_error(w, "WRONGTYPE no");
	assert_error(w, "failed", "Redis refused: WRONGTYPE no");
	ask(w, "report", "{\"player\":\"lebronjames\"}");
	answer(w, NULL);
	assert_error(w, "unavailable", "Redis cannot be reached: ok");
	w->delivery.ready = false;
	assert_true(ask(w, "report", "{\"player\":\"lebronjames\"}"));
	assert_error(w, "unavailable", "Redis cannot be reached: Connection refused");
}

static void an_answer_for_a_client_that_left_goes_nowhere(void **state)
{
	struct world *w = *state;
	static const char *const commands[][2] = {
		{"report", "{\"player\":\"lebronjames\"}"},
		{"dead-list", "{}"},
		{"publish", "{\"stream\":\"regenerate\",\"fields\":{\"game_date\":\"2025-11-15\"}}"},
		{"regenerate", "{\"player\":\"lebronjames\",\"wait\":true}"},
		{"slate-load", "{\"entries\":[{\"game_id\":\"20251115_LAL_GSW\",\"status\":\"postponed\"}]}"},
		{"wait", "{\"for\":\"idle\"}"},
		{"dead-retry", "{\"letter\":\"1-0\"}"},
		{"dead-drop", "{\"letter\":\"1-0\"}"},
	};
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		for (int answered = 0; answered < 3; answered++) {
			assert_false(ask(w, commands[i][0], commands[i][1]));
			assert_int_equal(w->delivery.sent_count, 1);
			leave(w);
			if (answered == 0)
				answer_text(w, "1-0");
			else if (answered == 1)
				answer_error(w, "ERR no");
			else
				answer(w, NULL);
			assert_null(w->last);
			assert_int_equal(w->delivery.sent_count, 0);
		}
	}
	assert_false(ask(w, "reload", "{}"));
	leave(w);
	w->app.reloaded(w->app.reload_data, 0, 0, NULL);
	assert_null(w->last);
}

static void a_slate_that_is_being_loaded_is_waited_for(void **state)
{
	struct world *w = *state;
	assert_false(ask(w, "slate", "{\"date\":\"2025-11-15\"}"));
	assert_int_equal(event_base_loop(w->context.base, EVLOOP_ONCE), 0);
	assert_null(w->last);
	make_slate(w, NULL);
	turn_until_answered(w);
	json_t *game = json_array_get(json_object_get(data_of(w), "games"), 0);
	assert_string_equal(json_string_value(json_object_get(game, "game_id")), "20251115_LAL_GSW");
	assert_int_equal(json_integer_value(json_object_get(game, "away_players")), 2);
	assert_int_equal(json_integer_value(json_object_get(game, "home_players")), 1);
	assert_int_equal(json_array_size(json_object_get(data_of(w), "players")), 4); /* the inactive one, too */
	assert_int_equal(w->delivery.refreshed, 1);
	assert_false(ask(w, "slate", "{\"date\":\"2025-12-01\"}"));
	leave(w);
}

/* --- entries ---------------------------------------------------------------------------------------------------- */

static void publish_checks_as_the_daemon_does(void **state)
{
	struct world *w = *state;
	assert_true(ask(w, "publish",
		"{\"stream\":\"injury\",\"fields\":{\"player_lookup\":\"lebronjames\",\"game_date\":"
		"\"2025-11-15\",\"status\":\"tired\"}}"));
	assert_string_equal(json_string_value(json_object_get(w->last, "code")), "bad_argument");
	assert_string_equal(json_string_value(json_object_get(json_object_get(w->last, "data"), "field")), "status");
	assert_int_equal(w->delivery.sent_count, 0);
	assert_false(ask(w, "publish",
		"{\"stream\":\"injury\",\"fields\":{\"player_lookup\":\"lebronjames\",\"game_date\":"
		"\"2025-11-15\",\"status\":\"out\"}}"));
	assert_sent(w, 0, "publish", "injury: player_lookup lebronjames game_date 2025-11-15 status out");
	answer_text(w, "1763254800000-0");
	assert_ok(w, "{\"stream\":\"injury\",\"entry\":\"1763254800000-0\"}");
}

static void a_load_with_one_wrong_entry_adds_nothing(void **state)
{
	struct world *w = *state;
	assert_true(ask(w, "slate-load",
		"{\"entries\":[{\"game_id\":\"20251115_LAL_GSW\",\"status\":\"scheduled\"},"
		"{\"game_id\":\"20251115_LAL_GSW\",\"tip\":\"later\"}]}"));
	assert_string_equal(json_string_value(json_object_get(w->last, "code")), "bad_argument");
	json_t *facts = json_object_get(w->last, "data");
	assert_int_equal(json_integer_value(json_object_get(facts, "entry")), 1);
	assert_string_equal(json_string_value(json_object_get(facts, "field")), "tip");
	assert_int_equal(w->delivery.sent_count, 0);
}

#define TWO_GAMES \
	"{\"game_id\":\"20251115_LAL_GSW\",\"status\":\"postponed\"},{\"game_id\":\"20251115_BOS_NYK\"," \
	"\"status\":\"scheduled\"}"

static void a_load_is_answered_when_all_are_added(void **state)
{
	struct world *w = *state;
	assert_true(ask(w, "slate-load", "{\"check\":true,\"entries\":[" TWO_GAMES "]}"));
	assert_ok(w, "{\"stream\":\"slate\",\"entries\":2}");
	assert_int_equal(w->delivery.sent_count, 0);
	assert_false(ask(w, "slate-load", "{\"entries\":[" TWO_GAMES "]}"));
	assert_int_equal(w->delivery.sent_count, 2);
	answer_text(w, "1-0");
	assert_null(w->last);
	answer_text(w, "1-1");
	assert_ok(w, "{\"stream\":\"slate\",\"entries\":2}");
	/* One is lost: the client is told at once, the other answer goes nowhere. */
	assert_false(ask(w, "slate-load", "{\"entries\":[" TWO_GAMES "]}"));
	answer(w, NULL);
	assert_string_equal(json_string_value(json_object_get(w->last, "code")), "unavailable");
	answer_text(w, "1-2");
	w->delivery.ready = false;
	assert_true(ask(w, "slate-load", "{\"entries\":[" TWO_GAMES "]}"));
	assert_string_equal(json_string_value(json_object_get(w->last, "code")), "unavailable");
}

static void regenerate_wants_exactly_one_scope(void **state)
{
	struct world *w = *state;
	assert_true(ask(w, "regenerate", "{}"));
	assert_error(
		w, "bad_argument", "\"regenerate\" wants one of player, team, game, slate and outdated; 0 are given");
	assert_true(ask(w, "regenerate", "{\"slate\":true,\"team\":\"LAL\"}"));
	assert_error(
		w, "bad_argument", "\"regenerate\" wants one of player, team, game, slate and outdated; 2 are given");
	assert_true(ask(w, "regenerate", "{\"slate\":false}"));
	assert_error(
		w, "bad_argument", "\"regenerate\" wants one of player, team, game, slate and outdated; 0 are given");
}

static void regenerate_adds_what_the_scope_says(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *args, *entry;
		int players;
	} cases[] = {
		{"{\"player\":\"LeBron James\"}", "regenerate: game_date 2025-11-15 player_lookup lebronjames exact 1",
			1},
		{"{\"team\":\"lal\",\"force\":true}", "regenerate: game_date 2025-11-15 team LAL force 1", 2},
		{"{\"team\":\"L.A. Lakers\"}", "regenerate: game_date 2025-11-15 team LAL", 2},
		{"{\"game\":\"20251115_lal_Golden State\"}",
			"regenerate: game_date 2025-11-15 game_id 20251115_LAL_GSW", 3},
		{"{\"game\":\"20251115_LAL_GSW\",\"priority\":\"high\"}",
			"regenerate: game_date 2025-11-15 game_id 20251115_LAL_GSW priority high", 3},
		{"{\"slate\":true,\"date\":\"2025-11-15\"}", "regenerate: game_date 2025-11-15", 3},
	};
	make_slate(w, NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_false(ask(w, "regenerate", cases[i].args));
		turn_until_sent(w, 1);
		assert_sent(w, 0, "publish", cases[i].entry);
		answer_text(w, "5-0");
		assert_string_equal(json_string_value(json_object_get(data_of(w), "entry")), "5-0");
		assert_int_equal(json_integer_value(json_object_get(data_of(w), "players")), cases[i].players);
	}
}

static void a_trial_adds_nothing(void **state)
{
	struct world *w = *state;
	make_slate(w, NULL);
	ask(w, "regenerate", "{\"team\":\"LAL\",\"dry_run\":true}");
	while (!w->last)
		event_base_loop(w->context.base, EVLOOP_ONCE);
	assert_ok(w, "{\"dry_run\":true,\"players\":2,\"names\":[\"austinreaves\",\"lebronjames\"]}");
	assert_int_equal(w->delivery.sent_count, 0);
}

/* --- fresh ------------------------------------------------------------------------------------------------------ */

/* The answer, once the slate is read anew and looked at. */
static void ask_and_wait(struct world *w, const char *cmd, const char *args)
{
	ask(w, cmd, args);
	while (!w->last && w->delivery.sent_count == 0)
		event_base_loop(w->context.base, EVLOOP_ONCE);
}

static bool is_fresh(struct world *w)
{
	ask_and_wait(w, "fresh", "{\"date\":\"2025-11-15\"}");
	return json_is_true(json_object_get(data_of(w), "fresh"));
}

static void fresh_is_what_is_covered_settled_and_of_this_model(void **state)
{
	struct world *w = *state;
	struct freshness *f = &w->delivery.fresh;
	make_slate(w, NULL);
	*f = (struct freshness){.now_ms = 100000, .reports = 2, .covered = 2};
	assert_true(is_fresh(w));
	assert_true(json_is_null(json_object_get(data_of(w), "oldest_uncovered")));
	assert_true(json_is_null(json_object_get(json_object_get(data_of(w), "last_event"), "odds")));
	f->outdated = 1;
	assert_false(is_fresh(w));
	*f = (struct freshness){.now_ms = 100000, .reports = 2, .covered = 2, .more_open = true};
	assert_false(is_fresh(w));
	*f = (struct freshness){
		.now_ms = 100000, .reports = 2, .covered = 2, .oldest = {98000, "98000-0", "odds of lebronjames"}};
	assert_false(is_fresh(w));
	char *oldest = json_dumps(json_object_get(data_of(w), "oldest_uncovered"), JSON_COMPACT);
	assert_string_equal(oldest, "{\"what\":\"odds of lebronjames\",\"age_ms\":2000,\"entry\":\"98000-0\"}");
	free(oldest);
	*f = (struct freshness){.now_ms = 100000,
		.reports = 2,
		.covered = 1,
		.uncovered = {[UNCOVERED_MUTED] = 1},
		.shown = {{"lebronjames", PHASE_PRECOMPUTE, UNCOVERED_MUTED, 99000}},
		.shown_count = 1};
	w->delivery.glance.streams[STREAM_ODDS].last_ms = 86000;
	assert_false(is_fresh(w));
	char *rows = json_dumps(json_object_get(data_of(w), "uncovered_players"), JSON_COMPACT);
	assert_string_equal(
		rows, "[{\"player\":\"lebronjames\",\"phase\":\"precompute\",\"why\":\"muted\",\"age_ms\":1000}]");
	free(rows);
	const json_t *odds = json_object_get(json_object_get(data_of(w), "last_event"), "odds");
	assert_int_equal(json_integer_value(json_object_get(odds, "age_ms")), 14000);
}

static void fresh_cannot_be_told_without_redis_and_of_a_date_that_waits(void **state)
{
	struct world *w = *state;
	make_slate(w, NULL);
	w->delivery.fresh_result = -ENOTCONN;
	ask_and_wait(w, "fresh", "{\"date\":\"2025-11-15\"}");
	assert_string_equal(json_string_value(json_object_get(w->last, "code")), "unavailable");
	w->delivery.waits = true;
	ask_and_wait(w, "fresh", "{\"date\":\"2025-11-15\"}");
	assert_error(w, "failed", "nothing is done on 2025-11-15: instance \"b\" has it");
}

/* A slate that moves while it is looked at is no answer: it is looked at again. */
static void fresh_is_looked_at_again_where_the_slate_moved(void **state)
{
	struct world *w = *state;
	make_slate(w, NULL);
	w->delivery.fresh_result = -EAGAIN;
	ask(w, "fresh", "{\"date\":\"2025-11-15\"}");
	while (w->delivery.looks < 2)
		event_base_loop(w->context.base, EVLOOP_ONCE);
	assert_null(w->last);
	w->delivery.fresh_result = 0;
	while (!w->last)
		event_base_loop(w->context.base, EVLOOP_ONCE);
	assert_true(json_is_true(json_object_get(data_of(w), "fresh")));
}

static void those_of_an_older_model_are_regenerated_by_an_entry_each(void **state)
{
	struct world *w = *state;
	char names[2][LOOKUP_SIZE] = {"austinreaves", "lebronjames"};
	make_slate(w, NULL);
	w->delivery.fresh = (struct freshness){.reports = 3, .covered = 3, .outdated = 2, .outdated_players = names};
	ask_and_wait(w, "regenerate", "{\"outdated\":true,\"dry_run\":true}");
	assert_ok(w, "{\"dry_run\":true,\"players\":2,\"names\":[\"austinreaves\",\"lebronjames\"]}");
	ask_and_wait(w, "regenerate", "{\"outdated\":true,\"priority\":\"high\",\"force\":true}");
	assert_sent(w, 0, "publish",
		"regenerate: player_lookup austinreaves exact 1 game_date 2025-11-15 force 1 priority high");
	answer_text(w, "5-0");
	assert_sent(w, 0, "publish",
		"regenerate: player_lookup lebronjames exact 1 game_date 2025-11-15 force 1 priority high");
	answer_text(w, "5-1");
	assert_ok(w, "{\"entry\":\"5-0\",\"players\":2}");

	/* With wait each is asked for until it is settled; one is given up. */
	const struct value settled = {.type = VALUE_ARRAY}, open = {.type = VALUE_NIL};
	struct value letter[] = {text_value("failed"), text_value("it broke"), text_value("lebronjames")};
	ask_and_wait(w, "regenerate", "{\"outdated\":true,\"wait\":true}");
	answer_text(w, "6-0");
	answer_text(w, "6-1");
	turn_until_sent(w, 1);
	assert_sent(w, 0, "fate", "regenerate 6-0");
	answer(w, &open);
	turn_until_sent(w, 1);
	assert_sent(w, 0, "fate", "regenerate 6-0");
	answer(w, &settled);
	assert_sent(w, 0, "fate", "regenerate 6-1");
	answer_list(w, letter, 3);
	assert_int_equal(json_integer_value(json_object_get(data_of(w), "completed")), 1);
	assert_int_equal(json_integer_value(json_object_get(data_of(w), "failed")), 1);
	char *failures = json_dumps(json_object_get(data_of(w), "failures"), JSON_COMPACT);
	assert_string_equal(failures, "[{\"player\":\"lebronjames\",\"error\":\"it broke\"}]");
	free(failures);

	w->delivery.fresh = (struct freshness){.reports = 3, .covered = 3};
	ask_and_wait(w, "regenerate", "{\"outdated\":true}");
	assert_ok(w, "{\"entry\":\"\",\"players\":0}");
}

static void status_counts_what_redis_said_of_the_fleet(void **state)
{
	struct world *w = *state;
	assert_true(ask(w, "status", "{}"));
	assert_null(json_object_get(data_of(w), "letters"));
	assert_null(json_object_get(data_of(w), "fleet"));
	assert_string_equal(json_string_value(json_object_get(data_of(w), "health")), "healthy");
	w->delivery.glance = (struct delivery_glance){.at_ms = 500000,
		.letters = 3,
		.instances = 2,
		.names = "a b",
		.streams = {[STREAM_ODDS] = {.pending = 7, .unread = 9, .oldest_ms = 300000},
			[STREAM_REGENERATE] = {.pending = 1, .unread = -1, .oldest_ms = 1}}};
	assert_true(ask(w, "status", "{}"));
	char *fleet = json_dumps(json_object_get(data_of(w), "fleet"), JSON_COMPACT);
	assert_string_equal(
		fleet, "{\"instances\":2,\"names\":[\"a\",\"b\"],\"pending\":8,\"unread\":9,\"oldest_ms\":200000}");
	free(fleet);
	assert_int_equal(json_integer_value(json_object_get(data_of(w), "letters")), 3);
	const json_t *wrong = json_object_get(data_of(w), "wrong");
	assert_string_equal(json_string_value(json_object_get(data_of(w), "health")), "error");
	assert_string_equal(json_string_value(json_object_get(json_array_get(wrong, 0), "what")), "late");
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(wrong, 1), "command")), "propsctl dead list");
}

static void a_team_or_game_that_does_not_play_is_unknown(void **state)
{
	struct world *w = *state;
	make_league(w);
	make_slate(w, w->app.league);
	assert_false(ask(w, "regenerate", "{\"team\":\"BOS\"}"));
	turn_until_answered(w);
	assert_error(w, "unknown_team", "there is no team \"BOS\" on 2025-11-15");
	assert_false(ask(w, "regenerate", "{\"game\":\"20251115_BOS_NYK\"}"));
	turn_until_answered(w);
	assert_error(w, "unknown_game", "there is no game \"20251115_BOS_NYK\" on 2025-11-15");
	assert_int_equal(w->delivery.sent_count, 0);
}

static void regenerates_wait_follows_the_entry_to_its_end(void **state)
{
	struct world *w = *state;
	make_slate(w, NULL);
	struct player_view *james = add_player(w, "lebronjames", DAY, PLAYER_IDLE);
	struct player_view *curry = add_player(w, "stephencurry", DAY, PLAYER_IDLE);
	james->committed = curry->committed = 10;
	assert_false(ask(w, "regenerate", "{\"game\":\"20251115_LAL_GSW\",\"wait\":true}"));
	turn_until_sent(w, 1);
	answer_text(w, "5-0");
	turn_until_sent(w, 1);
	assert_sent(w, 0, "fate", "regenerate 5-0");
	answer_nil(w); /* not yet */
	james->committed = 11;
	curry->failures = 1;
	curry->last_error = "timed out";
	while (!w->progress ||
		json_integer_value(json_object_get(json_object_get(w->progress, "progress"), "done")) < 2) {
		assert_int_equal(event_base_loop(w->context.base, EVLOOP_ONCE), 0);
		if (w->delivery.sent_count > 0)
			answer(w, NULL); /* Redis is away for a while: no reason to give up */
	}
	assert_null(w->last);
	json_t *step = json_object_get(w->progress, "progress");
	assert_int_equal(json_integer_value(json_object_get(step, "total")), 3);
	assert_int_equal(json_integer_value(json_object_get(step, "failed")), 1);
	turn_until_sent(w, 1);
	struct value letter[] = {
		text_value("failed"), text_value("the letter's error"), text_value("stephencurry,drydraymond")};
	answer_list(w, letter, 3);
	json_t *data = data_of(w);
	assert_int_equal(json_integer_value(json_object_get(data, "total")), 3);
	assert_int_equal(json_integer_value(json_object_get(data, "completed")), 1);
	assert_int_equal(json_integer_value(json_object_get(data, "failed")), 2);
	char *failures = json_dumps(json_object_get(data, "failures"), JSON_COMPACT);
	assert_string_equal(failures,
		"[{\"player\":\"stephencurry\",\"error\":\"timed out\"},{\"player\":\"drydraymond\","
		"\"error\":\"the letter's error\"}]");
	free(failures);
}

static void regenerates_wait_without_failures_completes_all(void **state)
{
	struct world *w = *state;
	assert_false(ask(w, "regenerate", "{\"player\":\"lebronjames\",\"wait\":true}"));
	answer_text(w, "5-0");
	turn_until_sent(w, 1);
	answer_list(w, NULL, 0);
	assert_int_equal(json_integer_value(json_object_get(data_of(w), "completed")), 1);
	assert_int_equal(json_integer_value(json_object_get(data_of(w), "failed")), 0);
	/* A letter without players is about the entry. */
	assert_false(ask(w, "regenerate", "{\"player\":\"lebronjames\",\"wait\":true}"));
	answer_text(w, "6-0");
	turn_until_sent(w, 1);
	struct value letter[] = {text_value("past"), text_value("the day is over"), text_value("")};
	answer_list(w, letter, 3);
	assert_error(w, "failed", "the entry was refused: the day is over");
}

static void regenerates_wait_ends_at_its_time_limit(void **state)
{
	struct world *w = *state;
	assert_false(ask(w, "regenerate", "{\"player\":\"lebronjames\",\"wait\":true,\"timeout\":\"1s\"}"));
	answer_text(w, "5-0");
	turn_until_sent(w, 1); /* and no answer */
	turn_until_answered(w);
	assert_error(w, "timeout", "0 of 1 are completed in the time given; the others go on (entry 5-0)");
	answer_nil(w); /* late: nobody is there */
}

/* --- orders ----------------------------------------------------------------------------------------------------- */

static void answer_int(struct world *w, int64_t n)
{
	struct value value = {.type = VALUE_INTEGER, .integer = n};
	answer(w, &value);
}

/* What is sent to Redis, and who sent it behind it. */
static const char *by(const struct world *w, const char *order)
{
	static char text[256];
	snprintf(text, sizeof(text), "%s uid 1000 on %s", order, w->app.config->instance);
	return text;
}

static void an_order_is_answered_when_redis_has_it(void **state)
{
	struct world *w = *state;
	assert_false(ask(w, "prioritize", "{\"player\":\"LeBron James\",\"level\":\"urgent\",\"for\":\"1h\"}"));
	assert_sent(w, 0, "order", by(w, "priority::lebronjames=1763258400000 urgent"));
	assert_null(w->last);
	answer_int(w, 1);
	assert_ok(w, "{\"player\":\"lebronjames\",\"level\":\"urgent\",\"until_ms\":1763258400000}");

	assert_false(ask(w, "prioritize", "{\"player\":\"lebronjames\",\"level\":\"none\",\"date\":\"2025-11-15\"}"));
	assert_sent(w, 0, "order", "priority:2025-11-15:lebronjames=");
	answer_int(w, 0);
	assert_ok(w, "{\"player\":\"lebronjames\",\"level\":\"none\",\"date\":\"2025-11-15\"}");

	assert_false(ask(w, "prioritize", "{\"player\":\"lebronjames\",\"level\":\"low\"}"));
	leave(w); /* before it stands */
	answer_int(w, 1);
	w->delivery.ready = false;
	assert_true(ask(w, "prioritize", "{\"player\":\"lebronjames\",\"level\":\"low\"}"));
	assert_error(w, "unavailable", "orders are kept in Redis, which cannot be reached: Connection refused");
}

static void an_order_that_redis_refuses_has_failed_in_its_words(void **state)
{
	struct world *w = *state;
	assert_false(ask(w, "pause", "{}"));
	answer_error(w, "OOM command not allowed");
	assert_error(w, "failed", "Redis refused: OOM command not allowed");
	assert_false(ask(w, "pause", "{}"));
	struct sent first = w->delivery.sent[0];
	w->delivery.sent_count = 0;
	first.done(first.data, NULL); /* the connection was lost */
	assert_error(w, "unavailable", "Redis cannot be reached: ok");
}

static void a_team_or_a_game_is_ordered_by_its_name(void **state)
{
	struct world *w = *state;
	assert_false(ask(w, "prioritize", "{\"team\":\"lal\",\"level\":\"low\"}"));
	assert_sent(w, 0, "order", by(w, "priority::team:LAL=0 low"));
	answer_int(w, 1);
	assert_ok(w, "{\"team\":\"LAL\",\"level\":\"low\"}");
	assert_false(ask(w, "prioritize", "{\"game\":\"20251115_LAL_GSW\",\"level\":\"high\"}"));
	assert_sent(w, 0, "order", by(w, "priority::game:20251115_LAL_GSW=0 high"));
	answer_int(w, 1);
	assert_ok(w, "{\"game\":\"20251115_LAL_GSW\",\"level\":\"high\"}");
	assert_true(ask(w, "prioritize", "{\"level\":\"high\"}"));
	assert_error(w, "bad_argument", "an order wants one of player, team and game; 0 are given");
	assert_true(ask(w, "prioritize", "{\"team\":\"LAL\",\"player\":\"lebronjames\",\"level\":\"high\"}"));
	assert_error(w, "bad_argument", "an order wants one of player, team and game; 2 are given");
	assert_true(ask(w, "prioritize", "{\"team\":\"L:L\",\"level\":\"high\"}"));
	assert_error(w, "bad_argument",
		"the team is \"L:L\", which is no team of the league; there are ATL BKN BOS CHA CHI CLE DAL DEN DET GSW HOU IND "
		"LAC LAL MEM MIA MIL MIN NOP NYK OKC ORL PHI PHX POR SAC SAS TOR UTA WAS");
	assert_true(ask(w, "prioritize", "{\"team\":\"Los Angeles\",\"level\":\"high\"}"));
	assert_error(w, "bad_argument",
		"the team is \"Los Angeles\", which is the name of several teams: LAC (LA Clippers), LAL (Los Angeles Lakers)");
	assert_true(ask(w, "prioritize", "{\"game\":\"LAL at GSW\",\"level\":\"high\"}"));
	assert_error(w, "bad_argument",
		"game_id: \"LAL at GSW\" is neither DATE_AWAY_HOME nor ten digits; a game_id is DATE_AWAY_HOME, such as "
		"20251115_LAL_GSW, or the league's ten digits");
}

static void an_order_is_for_the_code_by_whatever_spelling(void **state)
{
	struct world *w = *state;
	static const char *const cases[][2] = {{"\"team\":\"BRK\"", "priority::team:BKN=0 low"},
		{"\"team\":\"Brooklyn Nets\"", "priority::team:BKN=0 low"},
		{"\"team\":\"xyz\"", "priority::team:XYZ=0 low"}, /* the slate's alone, perhaps */
		{"\"game\":\"20251201_brk_Wizards\"", "priority::game:20251201_BKN_WAS=0 low"}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char arguments[128];
		text_format(arguments, sizeof(arguments), "{%s,\"level\":\"low\"}", cases[i][0]);
		assert_false(ask(w, "prioritize", arguments));
		assert_sent(w, 0, "order", by(w, cases[i][1]));
		answer_int(w, 1);
	}
}

static void orders_are_listed_by_their_words(void **state)
{
	struct world *w = *state;
	assert_true(ask(w, "orders", "{}"));
	assert_ok(w, "{\"orders\":[],\"matching\":0}");
	w->delivery.orders[0] = (struct order){order_key_of(ORDER_PRIORITY, ORDER_TEAM, 0, "LAL"), LEVEL_LOW, "", 0};
	w->delivery.orders[1] =
		(struct order){order_key_of(ORDER_PAUSE, ORDER_ALL, 0, ""), LEVEL_URGENT, "uid 0 on b", 7};
	w->delivery.order_count = 2;
	assert_true(ask(w, "orders", "{}"));
	assert_ok(w, "{\"orders\":[{\"order\":\"pause\",\"by\":\"uid 0 on b\",\"until_ms\":7},"
		     "{\"order\":\"priority\",\"team\":\"LAL\",\"level\":\"low\"}],\"matching\":2}");
	assert_true(ask(w, "orders", "{\"limit\":1}"));
	assert_ok(w, "{\"orders\":[{\"order\":\"pause\",\"by\":\"uid 0 on b\",\"until_ms\":7}],\"matching\":2}");
	assert_true(ask(w, "status", "{}"));
	assert_int_equal(json_integer_value(json_object_get(data_of(w), "paused_until_ms")), 7);
}

static void a_pause_says_who_and_is_taken_back(void **state)
{
	struct world *w = *state;
	char text[256];
	assert_false(ask(w, "pause", "{}"));
	assert_sent(w, 0, "order", by(w, "pause=0"));
	answer_int(w, 1);
	snprintf(text, sizeof(text), "{\"paused\":true,\"by\":\"uid 1000 on %s\"}", w->app.config->instance);
	assert_ok(w, text);
	assert_false(ask(w, "resume", "{}"));
	assert_sent(w, 0, "order", "pause=");
	answer_int(w, 1);
	assert_ok(w, "{\"paused\":false}");
}

static void a_pause_and_a_mute_take_one_scope(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *args, *field;
	} cases[] = {
		{"{\"player\":\"lebronjames\"}", ":lebronjames"},
		{"{\"team\":\"lal\"}", ":team:LAL"},
		{"{\"game\":\"20251115_LAL_GSW\"}", ":game:20251115_LAL_GSW"},
		{"{\"type\":\"odds\"}", ":type:odds"},
		{"{\"book\":\"Fan Duel\"}", ":book:Fan Duel"},
	};
	static const char *const commands[][3] = {{"pause", "resume", "pause"}, {"mute", "unmute", "mute"}};
	char text[256], sent[200];
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t k = 0; k < 2; k++) {
			assert_false(ask(w, commands[k][0], cases[i].args));
			snprintf(sent, sizeof(sent), "%s:%s=0", commands[k][2], cases[i].field);
			assert_sent(w, 0, "order", by(w, sent));
			answer_int(w, 1);
			assert_true(json_is_true(json_object_get(data_of(w), k ? "muted" : "paused")));
			assert_false(ask(w, commands[k][1], cases[i].args));
			snprintf(text, sizeof(text), "%s:%s=", commands[k][2], cases[i].field);
			assert_sent(w, 0, "order", text);
			answer_int(w, 1);
			assert_true(json_is_false(json_object_get(data_of(w), k ? "muted" : "paused")));
		}
	assert_false(ask(w, "mute", "{\"book\":\"fd\",\"date\":\"2025-11-15\",\"for\":\"1h\"}"));
	assert_sent(w, 0, "order", by(w, "mute:2025-11-15:book:fd=1763258400000"));
	answer_int(w, 1);
	assert_true(ask(w, "mute", "{}"));
	assert_error(w, "bad_argument", "mute wants one of player, team, game, type and book; 0 are given");
	assert_true(ask(w, "pause", "{\"team\":\"LAL\",\"book\":\"fd\"}"));
	assert_error(w, "bad_argument", "pause wants at most one of player, team, game, type and book; 2 are given");
	assert_true(ask(w, "pause", "{\"date\":\"2025-11-15\"}"));
	assert_error(w, "bad_argument", "a date is given, and nobody whom the order is for");
}

static void what_is_held_back_is_in_status_and_of_a_player(void **state)
{
	struct world *w = *state;
	w->delivery.orders[0] =
		(struct order){order_key_of(ORDER_MUTE, ORDER_BOOK, 0, "fd"), LEVEL_URGENT, "uid 0 on b", 7};
	w->delivery.orders[1] =
		(struct order){order_key_of(ORDER_PAUSE, ORDER_PLAYER, 0, "lebronjames"), LEVEL_URGENT, "x", 0};
	w->delivery.orders[2] = (struct order){order_key_of(ORDER_PRIORITY, ORDER_TEAM, 0, "LAL"), LEVEL_LOW, "x", 0};
	w->delivery.order_count = 3;
	assert_true(ask(w, "status", "{}"));
	json_t *holds = json_object_get(data_of(w), "holds");
	char *text = json_dumps(holds, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(text, "[{\"book\":\"fd\",\"by\":\"uid 0 on b\",\"order\":\"mute\",\"until_ms\":7},"
				  "{\"by\":\"x\",\"order\":\"pause\",\"player\":\"lebronjames\"}]");
	free(text);
	assert_true(ask_player(w, "{\"player\":\"lebronjames\"}"));
	json_t *day = json_array_get(json_object_get(data_of(w), "days"), 0);
	assert_non_null(json_object_get(day, "paused"));
	assert_null(json_object_get(day, "muted"));
}

static void workers_are_shown_and_set(void **state)
{
	struct world *w = *state;
	assert_true(ask(w, "workers", "{}"));
	assert_ok(w, "{\"count\":2,\"running\":1}");
	assert_true(ask(w, "workers", "{\"count\":5}"));
	assert_ok(w, "{\"count\":5,\"running\":1}");
	assert_true(ask(w, "workers", "{\"count\":13}"));
	assert_error(w, "failed", "cannot run 13 workers: no threads");
	assert_true(ask(w, "workers", "{\"count\":0}"));
	assert_error(
		w, "bad_argument", "argument \"count\" of \"workers\" is 0; it must be a whole number from 1 to 256");
}

/* --- waiting ---------------------------------------------------------------------------------------------------- */

static void wait_ready_waits_for_redis(void **state)
{
	struct world *w = *state;
	w->delivery.ready = false;
	assert_false(ask(w, "wait", "{\"for\":\"ready\"}"));
	assert_int_equal(event_base_loop(w->context.base, EVLOOP_ONCE), 0);
	assert_null(w->last);
	w->delivery.ready = true;
	turn_until_answered(w);
	assert_true(json_is_true(json_object_get(data_of(w), "ready")));
	assert_true(ask(w, "wait", "{\"for\":\"ready\"}"));
	w->delivery.ready = false;
	assert_false(ask(w, "wait", "{\"for\":\"ready\",\"timeout\":\"30ms\"}"));
	turn_until_answered(w);
	assert_error(w, "timeout", "not ready in time: Connection refused");
}

static void answer_left(struct world *w, int64_t pending, int64_t unread)
{
	struct value items[] = {{.type = VALUE_INTEGER, .integer = pending}, {.type = VALUE_INTEGER, .integer = unread}};
	answer_list(w, items, 2);
}

static void idle_is_what_redis_confirms(void **state)
{
	struct world *w = *state;
	w->regen.stats.state[PLAYER_WAITING] = 1;
	assert_false(ask(w, "wait", "{\"for\":\"idle\"}"));
	assert_int_equal(event_base_loop(w->context.base, EVLOOP_ONCE), 0);
	assert_int_equal(w->delivery.sent_count, 0); /* busy by its own account: Redis is not asked */
	w->regen.stats.state[PLAYER_WAITING] = 0;
	turn_until_sent(w, 1);
	answer_left(w, 0, 1); /* an entry that nobody has read */
	assert_null(w->last);
	turn_until_sent(w, 1);
	answer_left(w, 1, 0); /* read and not acknowledged */
	assert_null(w->last);
	turn_until_sent(w, 1);
	w->delivery.unacked = 1; /* it arrived while Redis was asked */
	answer_left(w, 0, 0);
	assert_null(w->last);
	w->delivery.unacked = 0;
	turn_until_sent(w, 1);
	answer(w, NULL); /* the connection was lost: goes on waiting */
	turn_until_sent(w, 1);
	answer_left(w, 0, 0);
	assert_string_equal(json_string_value(json_object_get(data_of(w), "for")), "idle");
}

static void wait_idle_says_what_is_left_at_its_time_limit(void **state)
{
	struct world *w = *state;
	w->regen.stats.state[PLAYER_BACKING_OFF] = 2;
	w->regen.stats.state[PLAYER_RUNNING] = 1;
	w->delivery.unacked = 3;
	assert_false(ask(w, "wait", "{\"for\":\"idle\",\"timeout\":\"30ms\"}"));
	turn_until_answered(w);
	assert_error(w, "timeout", "not idle in time: 2 waiting, 1 running, 3 unacknowledged");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(w->last, "data"), "waiting")), 2);
}

/* --- dead letters ----------------------------------------------------------------------------------------------- */

#define LETTER_FIELDS "{\"player_lookup\":\"lebronjames\",\"game_id\":\"20251115_LAL_GSW\"}"

/* Letters as XRANGE gives them. */
struct letter {
	struct value parts[2], fields[12];
};

static struct value make_letter(struct letter *l, const char *id, const char *stream, const char *reason,
	const char *players, const char *fields)
{
	const char *texts[] = {
		"fields", fields, "stream", stream, "id", "4-2", "reason", reason, "players", players, "attempts", "3"};
	for (size_t i = 0; i < 12; i++)
		l->fields[i] = text_value(texts[i]);
	l->parts[0] = text_value(id);
	l->parts[1] = (struct value){.type = VALUE_ARRAY, .items = l->fields, .count = 12};
	return (struct value){.type = VALUE_ARRAY, .items = l->parts, .count = 2};
}

static struct value one_letter(struct letter *l)
{
	return make_letter(l, "9-1", "props:odds", "failed", "lebronjames,stephencurry", LETTER_FIELDS);
}

static void dead_letters_are_objects(void **state)
{
	struct world *w = *state;
	struct letter l;
	struct value letter = one_letter(&l);
	assert_false(ask(w, "dead-list", "{\"limit\":5}"));
	assert_sent(w, 0, "dead_count", "");
	answer_int(w, 1);
	assert_sent(w, 0, "dead_newest", "+ - 5");
	answer_list(w, &letter, 1);
	assert_ok(w, "{\"letters\":[{\"id\":\"9-1\",\"fields\":{\"player_lookup\":\"lebronjames\",\"game_id\":"
		     "\"20251115_LAL_GSW\"},\"stream\":\"props:odds\",\"entry\":\"4-2\",\"reason\":\"failed\","
		     "\"players\":"
		     "\"lebronjames,stephencurry\",\"attempts\":\"3\"}]}");
	ask(w, "dead-list", "{\"limit\":1}");
	answer_int(w, 7);
	assert_sent(w, 0, "dead_newest", "+ - 1");
	answer_list(w, &letter, 1);
	assert_int_equal(json_integer_value(json_object_get(data_of(w), "total")), 7);
	assert_true(json_is_true(json_object_get(data_of(w), "more")));
	ask(w, "dead-list", "{}");
	answer_int(w, 0);
	answer_list(w, NULL, 0);
	assert_ok(w, "{\"letters\":[]}");
	ask(w, "dead-show", "{\"letter\":\"9-1\"}");
	assert_sent(w, 0, "dead_oldest", "9-1 9-1 1");
	answer_list(w, &letter, 1);
	assert_string_equal(json_string_value(json_object_get(data_of(w), "entry")), "4-2");
	ask(w, "dead-show", "{\"letter\":\"9-2\"}");
	answer_list(w, NULL, 0);
	assert_error(w, "not_found", "there is no dead letter 9-2");
}

/* Who is meant by name, by a namesake's name without its team, by an entry within `data`, and who is not. */
static void a_list_is_narrowed_down(void **state)
{
	static const struct {
		const char *filter;
		bool shown[6];
	} cases[] = {
		{"{\"reason\":\"failed\"}", {true, false, false, false, false, false}},
		{"{\"stream\":\"injury\"}", {false, true, false, false, false, false}},
		{"{\"player\":\"LeBron James\"}", {true, true, true, false, false, false}},
		{"{\"player\":\"Jalen Williams\"}", {false, false, false, true, false, false}},
		{"{\"player\":\"nobody of that name\"}", {false, false, false, false, false, false}},
		{"{\"player\":\"Le Bron James\",\"reason\":\"malformed\",\"stream\":\"odds\"}",
			{false, false, true, false, false, false}},
	};
	struct world *w = *state;
	struct letter l[6];
	struct value letters[] = {
		make_letter(&l[0], "9-6", "props:odds", "failed", "stephencurry,lebronjames", "{}"),
		make_letter(&l[1], "9-5", "props:injury", "malformed", "", "{\"player_lookup\":\"L\u00e9Bron JAMES\"}"),
		make_letter(&l[2], "9-4", "props:odds", "malformed", "",
			"{\"data\":\"{\\\"player_lookup\\\":\\\"lebronjames\\\"}\"}"),
		make_letter(&l[3], "9-3", "props:odds", "poison", "jalenwilliams@CHA", "{}"),
		make_letter(&l[4], "9-2", "props:odds", "past", "lebronjamesjr", "{\"player_lookup\":7}"),
		make_letter(&l[5], "9-1", "props:odds", "past", "jalenwilliamsiii", "no JSON"),
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_false(ask(w, "dead-list", cases[i].filter));
		assert_sent(w, 0, "dead_newest", "+ - 16");
		answer_list(w, letters, 6);
		const json_t *rows = json_object_get(data_of(w), "letters");
		size_t count = 0;
		for (size_t k = 0; k < 6; k++) {
			if (!cases[i].shown[k])
				continue;
			const json_t *row = json_array_get(rows, count++);
			if (!row || strcmp(json_string_value(json_object_get(row, "id")), l[k].parts[0].text) != 0)
				fail_msg("%s: letter %zu is not shown", cases[i].filter, k);
		}
		assert_int_equal(json_array_size(rows), count);
	}
	assert_true(ask(w, "dead-list", "{\"reason\":\"broken\"}"));
	assert_string_equal(json_string_value(json_object_get(w->last, "code")), "bad_argument");
	assert_true(ask(w, "dead-list", "{\"older\":\"-1h\"}"));
	assert_false(ask(w, "dead-list", "{\"older\":\"1h\"}"));
	assert_sent(w, 0, "dead_newest", "1763251200000-18446744073709551615 - 16");
	answer_list(w, NULL, 0);
}

static void a_retry_names_the_letters_players_and_day(void **state)
{
	struct world *w = *state;
	struct letter l;
	struct value letter = one_letter(&l);
	assert_false(ask(w, "dead-retry", "{\"letter\":\"9-1\"}"));
	assert_sent(w, 0, "dead_oldest", "9-1 9-1 1");
	answer_list(w, &letter, 1);
	assert_sent(w, 0, "dead_retry",
		"9-1 [2025-11-15] lebronjames stephencurry: player_lookup lebronjames game_id 20251115_LAL_GSW");
	answer_text(w, "10-0");
	assert_ok(w, "{\"letter\":\"9-1\",\"entry\":\"10-0\"}");
	ask(w, "dead-retry", "{\"letter\":\"9-1\"}");
	answer_list(w, NULL, 0);
	assert_error(w, "not_found", "there is no dead letter 9-1");
	ask(w, "dead-retry", "{\"letter\":\"9-1\"}");
	answer_list(w, &letter, 1);
	answer_int(w, 0);
	assert_error(w, "refused",
		"letter 9-1 stays: its entry is not in its stream any more, and the letter does not hold all of it");
	ask(w, "dead-retry", "{\"letter\":\"9-1\"}");
	answer_list(w, &letter, 1);
	answer_int(w, 77);
	assert_error(w, "refused",
		"letter 9-1 stays: its entry has 77 fields, more than any that can be used: it would only come back");
	assert_true(ask(w, "dead-retry", "{\"letter\":\"nine\"}"));
	assert_string_equal(json_string_value(json_object_get(w->last, "code")), "bad_argument");
}

/* A letter that does not hold all of its entry must not stand for it. */
static void an_entry_is_made_of_its_letter_only_where_that_is_whole(void **state)
{
	struct world *w = *state;
	char cut[300], fields[400];
	memset(cut, 'x', sizeof(cut));
	cut[256] = '\0';
	snprintf(fields, sizeof(fields), "{\"book\":\"%s\"}", cut);
	const char *const parts[] = {fields, "{\"a\":\"b\",\"...\":\"and 3 more fields\"}", "{\"book\":\"\uFFFD\"}",
		"{}", "{\"player_lookup\":\"a\",\"origin\":\"4-1\"}", "{\"a\":\"b\",\"a\":\"c\"}", "nothing"};
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct letter l;
		struct value letter = make_letter(&l, "9-1", "props:odds", "malformed", "", parts[i]);
		ask(w, "dead-retry", "{\"letter\":\"9-1\"}");
		answer_list(w, &letter, 1);
		assert_sent(w, 0, "dead_retry", "9-1 [] : ");
		answer_text(w, "10-0");
	}
}

static void letters_are_retried_page_by_page_up_to_the_newest_of_then(void **state)
{
	struct world *w = *state;
	struct letter l[16];
	struct value letters[16];
	char ids[16][STREAM_ID_SIZE];
	for (int i = 0; i < 16; i++) {
		snprintf(ids[i], sizeof(ids[i]), "9-%d", i);
		letters[i] = make_letter(&l[i], ids[i], "props:odds", i < 4 ? "failed" : "past", "", "{}");
	}
	assert_false(ask(w, "dead-retry", "{\"reason\":\"failed\"}"));
	assert_sent(w, 0, "dead_newest", "+ - 1");
	struct value newest = letters[15];
	answer_list(w, &newest, 1);
	assert_sent(w, 0, "dead_oldest", "- 9-15 16");
	answer_list(w, letters, 16);
	assert_int_equal(w->delivery.sent_count, 4);
	answer_text(w, "10-0");
	answer_nil(w); /* somebody else has done it */
	answer_int(w, 0);
	answer_text(w, "10-1");
	assert_sent(w, 0, "dead_oldest", "(9-15 9-15 32"); /* they were short, so there are more of them next */
	answer_list(w, NULL, 0);
	assert_ok(w,
		"{\"matched\":3,\"retried\":2,\"more\":false,\"left\":1,\"failures\":[{\"letter\":\"9-2\",\"error\":"
		"\"its entry is not in its stream any more, and the letter does not hold all of "
		"it\"}]}");
	/* A limit, and what is said of others. */
	ask(w, "dead-retry", "{\"all\":true,\"limit\":1}");
	answer_list(w, &newest, 1);
	answer_list(w, letters, 16);
	assert_sent(w, 0, "dead_retry", "9-0 [] : ");
	answer_text(w, "11-0");
	assert_ok(w, "{\"matched\":1,\"retried\":1,\"more\":true,\"left\":0,\"failures\":[]}");
	/* Lost midway: what was done is told. */
	ask(w, "dead-retry", "{\"reason\":\"failed\"}");
	answer_list(w, &newest, 1);
	answer_list(w, letters, 16);
	answer_text(w, "12-0");
	answer(w, NULL);
	assert_error(w, "unavailable", "Redis cannot be reached: ok; 1 letter was retried before");
	while (w->delivery.sent_count > 0)
		answer(w, NULL);
	/* Lost before: no answer is waited for. */
	ask(w, "dead-retry", "{\"reason\":\"failed\"}");
	answer_list(w, &newest, 1);
	w->delivery.ready = false;
	answer_list(w, letters, 16);
	assert_error(w, "unavailable", "Redis cannot be reached: Connection refused");
	assert_int_equal(w->delivery.sent_count, 0);
}

static void a_dry_run_changes_nothing(void **state)
{
	struct world *w = *state;
	struct letter l;
	struct value letter = one_letter(&l);
	static const char *const commands[] = {"dead-retry", "dead-drop"};
	for (size_t i = 0; i < 2; i++) {
		ask(w, commands[i], "{\"all\":true,\"dry_run\":true}");
		answer_list(w, &letter, 1);
		answer_list(w, &letter, 1);
		assert_int_equal(w->delivery.sent_count, 0);
		assert_int_equal(json_integer_value(json_object_get(data_of(w), "matched")), 1);
		assert_int_equal(json_array_size(json_object_get(data_of(w), "letters")), 1);
		ask(w, commands[i], "{\"letter\":\"9-1\",\"dry_run\":true}");
		answer_list(w, NULL, 0);
		assert_error(w, "not_found", "there is no dead letter 9-1");
		ask(w, commands[i], "{\"older\":\"1h\",\"dry_run\":true}");
		answer_list(w, NULL, 0);
		assert_int_equal(json_integer_value(json_object_get(data_of(w), "matched")), 0);
	}
}

static void letters_are_dropped_by_id_or_filter_or_all(void **state)
{
	struct world *w = *state;
	struct letter l[2];
	struct value letters[] = {make_letter(&l[0], "9-1", "props:odds", "failed", "", "{}"),
		make_letter(&l[1], "9-2", "props:odds", "failed", "", "{}")};
	assert_false(ask(w, "dead-drop", "{\"letter\":\"9-1\"}"));
	answer_list(w, letters, 1);
	assert_sent(w, 0, "dead_drop", "9-1");
	answer_int(w, 1);
	assert_ok(w, "{\"dropped\":1}");
	ask(w, "dead-drop", "{\"letter\":\"9-1\"}");
	answer_list(w, NULL, 0);
	assert_error(w, "not_found", "there is no dead letter 9-1");
	ask(w, "dead-drop", "{\"letter\":\"all\"}");
	answer_list(w, &letters[1], 1);
	assert_sent(w, 0, "dead_oldest", "- 9-2 16");
	answer_list(w, letters, 2);
	assert_sent(w, 0, "dead_drop", "9-1 9-2");
	answer_int(w, 2);
	assert_ok(w, "{\"matched\":2,\"dropped\":2,\"more\":false}");
	ask(w, "dead-drop", "{\"reason\":\"past\"}");
	answer_list(w, &letters[1], 1);
	answer_list(w, letters, 2);
	assert_ok(w, "{\"matched\":0,\"dropped\":0,\"more\":false}");
	assert_true(ask(w, "dead-drop", "{\"letter\":\"every\"}"));
	assert_string_equal(json_string_value(json_object_get(w->last, "code")), "bad_argument");
	static const char *const wrong[] = {
		"{}", "{\"letter\":\"9-1\",\"all\":true}", "{\"all\":true,\"reason\":\"past\"}", "{\"dry_run\":true}"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_true(ask(w, "dead-drop", wrong[i]));
		assert_string_equal(json_string_value(json_object_get(w->last, "code")), "bad_argument");
	}
}

/* --- the doctor ------------------------------------------------------------------------------------------------- */

/* The level of a check in the last answer; "" where it is not among them. */
static const char *level_of(struct world *w, const char *check)
{
	size_t i;
	json_t *line;
	json_array_foreach (json_object_get(data_of(w), "checks"), i, line) {
		assert_true(json_is_string(json_object_get(line, "text")));
		const char *level = json_string_value(json_object_get(line, "level"));
		assert_int_equal(json_object_get(line, "remedy") != NULL, strcmp(level, "ok") != 0);
		if (strcmp(json_string_value(json_object_get(line, "check")), check) == 0)
			return level;
	}
	return "";
}

static void the_doctor_asks_redis_and_tells_of_each_check(void **state)
{
	struct world *w = *state;
	struct value command = {.type = VALUE_STRING, .text = "XCLAIM", .length = 6};
	assert_false(ask(w, "doctor", "{}"));
	assert_sent(w, 0, "watch", "");
	answer_list(w, NULL, 0);
	assert_sent(w, 0, "rights", "");
	answer_list(w, NULL, 0);
	for (int i = 0; i < WARNING_COUNT; i++)
		assert_string_equal(level_of(w, warnings_row((enum warning)i)->check), "ok");
	assert_string_equal(level_of(w, "redis"), "ok");
	assert_string_equal(level_of(w, "rights"), "ok");
	warnings_set(w->context.warnings, WARNING_EVICTS, "it may");
	warnings_set(w->context.warnings, WARNING_PINNED, "by \"debug\"");
	assert_false(ask(w, "doctor", "{}"));
	answer_list(w, NULL, 0);
	answer_list(w, &command, 1);
	assert_string_equal(level_of(w, "rights"), "error");
	assert_string_equal(level_of(w, "eviction"), "error");
	assert_string_equal(level_of(w, "other groups"), "warning");
	assert_string_equal(level_of(w, "append-only file"), "ok");
	warnings_set(w->context.warnings, WARNING_UNCHECKED, "no INFO");
	warnings_clear(w->context.warnings, WARNING_EVICTS);
	assert_false(ask(w, "doctor", "{}"));
	answer(w, NULL); /* the connection went */
	answer(w, NULL);
	assert_string_equal(level_of(w, "rights"), "");
	assert_string_equal(level_of(w, "eviction"), "");
	assert_string_equal(level_of(w, "append-only file"), "");
	assert_string_equal(level_of(w, "settings"), "warning");
}

static void without_redis_the_doctor_tells_what_is_known(void **state)
{
	struct world *w = *state;
	w->delivery.ready = false;
	assert_true(ask(w, "doctor", "{}"));
	assert_string_equal(level_of(w, "redis"), "error");
	assert_string_equal(level_of(w, "eviction"), "");
	assert_string_equal(level_of(w, "dead letters"), "");
	assert_string_equal(level_of(w, "dates"), "ok");
}

/* --- the daemon ------------------------------------------------------------------------------------------------- */

static void a_reload_is_answered_when_it_is_through(void **state)
{
	struct world *w = *state;
	struct err err = {.code = -EINVAL, .text = "propsd.conf:3: no such option \"pol\""};
	assert_false(ask(w, "reload", "{}"));
	make_league(w);
	w->app.reloaded(w->app.reload_data, 0, 2, &(struct err){0});
	assert_ok(w, "{\"restart\":2,\"league\":7}");
	assert_false(ask(w, "reload", "{}"));
	w->app.reloaded(w->app.reload_data, 0, 0, &(struct err){.text = "admin.admins: there is no user \"ada\""});
	assert_ok(w, "{\"restart\":0,\"league\":7,\"warning\":\"admin.admins: there is no user \\\"ada\\\"\"}");
	assert_false(ask(w, "reload", "{}"));
	w->app.reloaded(w->app.reload_data, -EINVAL, 0, &err);
	assert_error(w, "failed", "nothing has changed: propsd.conf:3: no such option \"pol\"");
	assert_false(ask(w, "reload", "{}"));
	w->app.reloaded(w->app.reload_data, -EBUSY, 0, &err);
	assert_string_equal(json_string_value(json_object_get(w->last, "code")), "busy");
}

static void the_log_level_is_shown_and_set(void **state)
{
	struct world *w = *state;
	assert_true(ask(w, "log-level", "{\"level\":\"err\"}"));
	assert_ok(w, "{\"level\":\"err\"}");
	assert_int_equal(log_level(), LOG_LEVEL_ERR);
	assert_true(ask(w, "log-level", "{}"));
	assert_ok(w, "{\"level\":\"err\"}");
}

static void the_configuration_metrics_and_commands_are_shown(void **state)
{
	struct world *w = *state;
	assert_true(ask(w, "config-show", "{}"));
	assert_true(json_array_size(json_object_get(data_of(w), "options")) > 10);
	assert_true(ask(w, "metrics", "{}"));
	assert_non_null(strstr(json_string_value(json_object_get(data_of(w), "text")), "propsd_build_info{"));
	assert_true(ask(w, "commands", "{}"));
	assert_true(json_array_size(json_object_get(data_of(w), "commands")) > 10);
	assert_true(ask(w, "ping", "{}"));
	assert_ok(w, "{}");
	assert_true(ask(w, "drain", "{}"));
	assert_int_equal(w->app.drained, 1);
}

#define with_world(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_world(status_has_all_its_parts),
		with_world(status_says_what_stands_and_what_to_do),
		with_world(status_says_what_a_league_lacks),
		with_world(status_has_the_dates_that_wait),
		with_world(players_come_in_the_order_of_service_and_filtered),
		with_world(pages_by_name_cover_everybody_once),
		with_world(both_phases_of_a_player_are_shown_also_where_a_page_ends_between_them),
		with_world(a_player_is_shown_with_place_order_and_all_his_dates),
		with_world(a_player_is_found_by_a_report_that_this_process_did_not_make),
		with_world(names_are_unknown_only_if_a_league_could_know_them),
		with_world(strangers_are_told_with_what_is_nearest),
		with_world(a_report_is_passed_on_as_text),
		with_world(an_answer_for_a_client_that_left_goes_nowhere),
		with_world(a_slate_that_is_being_loaded_is_waited_for),
		with_world(publish_checks_as_the_daemon_does),
		with_world(a_load_with_one_wrong_entry_adds_nothing),
		with_world(a_load_is_answered_when_all_are_added),
		with_world(regenerate_wants_exactly_one_scope),
		with_world(regenerate_adds_what_the_scope_says),
		with_world(a_trial_adds_nothing),
		with_world(fresh_is_what_is_covered_settled_and_of_this_model),
		with_world(fresh_cannot_be_told_without_redis_and_of_a_date_that_waits),
		with_world(fresh_is_looked_at_again_where_the_slate_moved),
		with_world(those_of_an_older_model_are_regenerated_by_an_entry_each),
		with_world(status_counts_what_redis_said_of_the_fleet),
		with_world(a_team_or_game_that_does_not_play_is_unknown),
		with_world(regenerates_wait_follows_the_entry_to_its_end),
		with_world(regenerates_wait_without_failures_completes_all),
		with_world(regenerates_wait_ends_at_its_time_limit),
		with_world(an_order_is_answered_when_redis_has_it),
		with_world(an_order_that_redis_refuses_has_failed_in_its_words),
		with_world(a_team_or_a_game_is_ordered_by_its_name),
		with_world(an_order_is_for_the_code_by_whatever_spelling),
		with_world(orders_are_listed_by_their_words),
		with_world(a_pause_says_who_and_is_taken_back),
		with_world(a_pause_and_a_mute_take_one_scope),
		with_world(what_is_held_back_is_in_status_and_of_a_player),
		with_world(workers_are_shown_and_set),
		with_world(wait_ready_waits_for_redis),
		with_world(idle_is_what_redis_confirms),
		with_world(wait_idle_says_what_is_left_at_its_time_limit),
		with_world(dead_letters_are_objects),
		with_world(a_retry_names_the_letters_players_and_day),
		with_world(a_list_is_narrowed_down),
		with_world(an_entry_is_made_of_its_letter_only_where_that_is_whole),
		with_world(letters_are_retried_page_by_page_up_to_the_newest_of_then),
		with_world(a_dry_run_changes_nothing),
		with_world(letters_are_dropped_by_id_or_filter_or_all),
		with_world(the_doctor_asks_redis_and_tells_of_each_check),
		with_world(without_redis_the_doctor_tells_what_is_known),
		with_world(a_reload_is_answered_when_it_is_through),
		with_world(the_log_level_is_shown_and_set),
		with_world(the_configuration_metrics_and_commands_are_shown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
