#include "handlers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "admin/request.h"
#include "aside/aside.h"
#include "base/log.h"
#include "config/config.h"
#include "league/team.h"
#include "metrics/metrics.h"
#include "metrics/warnings.h"
#include "pool/pool.h"
#include "process/process.h"

/* --- the modules ------------------------------------------------------------------------------------------------ */

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
void delivery_entry(struct delivery *d, enum stream stream, const char *id, delivery_reply_fn *done, void *data)
{
	(void)d, (void)stream, (void)id;
	done(data, NULL); /* none is kept */
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

int setup(void **state)
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

int teardown(void **state)
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

bool ask(struct world *w, const char *cmd, const char *args)
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

void leave(struct world *w)
{
	struct admin_request *open = w->open;
	w->open = NULL;
	admin_request_cancel(open);
}

void turn_until_answered(struct world *w)
{
	while (!w->last)
		assert_int_equal(event_base_loop(w->context.base, EVLOOP_ONCE), 0);
}

void turn_until_sent(struct world *w, size_t count)
{
	while (w->delivery.sent_count < count)
		assert_int_equal(event_base_loop(w->context.base, EVLOOP_ONCE), 0);
}

void assert_ok(struct world *w, const char *data)
{
	assert_non_null(w->last);
	json_t *expected = json_loads(data, JSON_DECODE_ANY, NULL);
	assert_non_null(expected);
	if (!json_is_true(json_object_get(w->last, "ok")) || !json_equal(json_object_get(w->last, "data"), expected))
		fail_msg("%s instead of %s", json_dumps(w->last, 0), data);
	json_decref(expected);
}

json_t *data_of(struct world *w)
{
	assert_non_null(w->last);
	if (!json_is_true(json_object_get(w->last, "ok")))
		fail_msg("%s", json_dumps(w->last, 0));
	return json_object_get(w->last, "data");
}

void assert_error(struct world *w, const char *code, const char *sentence)
{
	assert_non_null(w->last);
	if (!json_is_false(json_object_get(w->last, "ok")))
		fail_msg("no error: %s", json_dumps(w->last, 0));
	assert_string_equal(json_string_value(json_object_get(w->last, "code")), code);
	assert_string_equal(json_string_value(json_object_get(w->last, "error")), sentence);
}

/* --- Redis ------------------------------------------------------------------------------------------------------ */

void assert_sent(struct world *w, size_t at, const char *what, const char *text)
{
	assert_true(at < w->delivery.sent_count);
	assert_string_equal(w->delivery.sent[at].what, what);
	assert_string_equal(w->delivery.sent[at].text, text);
}

void answer(struct world *w, const struct value *reply)
{
	struct sent first = w->delivery.sent[0];
	assert_true(w->delivery.sent_count > 0);
	memmove(w->delivery.sent, w->delivery.sent + 1, --w->delivery.sent_count * sizeof(first));
	first.done(first.data, reply);
}

struct value text_value(const char *text)
{
	return (struct value){.type = VALUE_STRING, .text = text, .length = strlen(text)};
}

void answer_text(struct world *w, const char *text)
{
	struct value value = text_value(text);
	answer(w, &value);
}

void answer_error(struct world *w, const char *text)
{
	struct value value = {.type = VALUE_ERROR, .text = text, .length = strlen(text)};
	answer(w, &value);
}

void answer_int(struct world *w, int64_t n)
{
	struct value value = {.type = VALUE_INTEGER, .integer = n};
	answer(w, &value);
}

void answer_nil(struct world *w)
{
	struct value value = {.type = VALUE_NIL};
	answer(w, &value);
}

bool ask_player(struct world *w, const char *args)
{
	ask(w, "player", args);
	while (!w->last && w->delivery.sent_count > 0) {
		assert_string_equal(w->delivery.sent[0].what, "report");
		answer_nil(w);
	}
	return w->last != NULL;
}

void answer_list(struct world *w, struct value *items, size_t count)
{
	struct value value = {.type = VALUE_ARRAY, .items = items, .count = count};
	answer(w, &value);
}

/* --- making a night --------------------------------------------------------------------------------------------- */

struct player_view *add_player(struct world *w, const char *lookup, date_t date, enum player_state state)
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

void make_slate(struct world *w, const struct snapshot *league)
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

void make_league(struct world *w)
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
