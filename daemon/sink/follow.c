/*
 * What waits to be written is kept a player and date: however often he is committed meanwhile, he is written once, as
 * he is then. Of his notices only the newest stays pending in Redis, the others are acknowledged as it comes: so what a
 * sink owes while the place that it writes to is away is bounded by the players, and what it has read it need not read
 * again. A kill at any point leaves that one pending, for ourselves or whoever claims it.
 *
 * Each turn is one script (scripts/turn.lua), which also sees whether the stream was trimmed beyond what the group had
 * read. Then, for a new sink, and where it writes to another place than before, all reports there are must be looked at:
 * a full pass, date by date, beside the notices.
 *
 * Nothing that Redis said outlives the connection: after a failover it may have said it of another history.
 */
#include "sink/follow.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/fold.h"
#include "base/log.h"
#include "base/queue.h"
#include "base/table.h"
#include "redis/script.h"
#include "redis/shape.h"
#include "redis/sync.h"
#include "sink/contract.h"

#include "lua.h" /* generated: one string a script */

enum {
	REPLY_LIMIT_US = 10000000,
	WAIT_US = 1000000, /* between two turns at most: others take a consumer for gone that is not seen */
	IDLE_MS = 60000,
	GONE_MS = 5000, /* without a heartbeat, which lasts for 10 s */
	CLAIM_US = 5000000,
	WORK_US = 200000, /* writing between two turns */
	BACK_OFF_US = 1000000, /* after a failure, doubled by each further one, */
	BACK_OFF_MOST_US = 60000000, /* at most this; half of it and up to half by chance */
	CONNECT_MOST_US = 10000000,
	STRIKES = 3, /* failures in a row after which it is the place and not the report */
	ITEMS_MOST = 20000, /* that wait; and as many that are remembered as written */
	ACKS_MOST = 1000, /* of one turn: Lua's unpack() has a limit */
	ID_SIZE = 48,
	PASS_DAYS = 400, /* around today: days known are as many at most */
	PASS_LEASE_MS = 30000,
	PASS_AGAIN_US = 5000000,
};

enum { SCRIPT_TURN, SCRIPT_FETCH, SCRIPT_TOLD, SCRIPT_PASS, SCRIPTS };

struct item_key {
	char player[LOOKUP_SIZE];
	date_t date;
};

struct item {
	UT_hash_handle hh;
	struct item_key key;
	struct queue_node turn; /* when to write; in no queue: nothing is owed */
	char id[ID_SIZE]; /* of his newest notice, pending; "" none */
	int64_t written; /* version that is known to be there, or a higher one */
	unsigned tries; /* in vain */
	bool of_pass;
};

struct follower {
	const struct sink_options *options;
	struct mailbox *mailbox;
	struct patience patience;
	const struct store_type *type;
	struct store *store;
	struct redis_script scripts[SCRIPTS];
	char group[48], target[4400];

	/* of the connection */
	struct redis_sync *redis;
	struct redis_request request;
	bool greeted; /* the first turn is over */
	struct item *items;
	struct queue queue;
	unsigned ids, failing; /* items that have an id; that were tried in vain */
	char (*acks)[ID_SIZE]; /* what the next turns acknowledge */
	size_t acks_count, acks_size, acks_sent;
	char cursor[ID_SIZE], last[ID_SIZE];
	size_t came; /* entries of the last turn */
	unsigned unknown; /* turns in a row that had more of ours pending than we know */
	int64_t due, done; /* full passes */
	int64_t claim_us;
	struct {
		bool on;
		int64_t due, ask_us;
		char (*dates)[DATE_SIZE];
		size_t count, at, open; /* open: items that are not written yet */
	} pass;

	/* of the store */
	unsigned strikes;
	int64_t pause_us; /* nothing is written before */
	struct { /* what fetch told */
		struct str body, told, quotes;
		bool there;
		int64_t version, now_ms;
	} report;

	struct sink_view view;
	struct log_flood gone_flood, refused_flood;
};

static int64_t now_us(void)
{
	return clock_mono_us(clock_system());
}

static int stop_of(const struct follower *f)
{
	return atomic_load(&f->mailbox->stop);
}

static bool wait_us(void *arg, int64_t us)
{
	struct follower *f = arg;
	struct pollfd fd = {.fd = f->mailbox->wake_fd, .events = POLLIN};
	if (us > 0 && stop_of(f) == STOP_NOT)
		poll(&fd, 1, (int)((us + 999) / 1000));
	return stop_of(f) != STOP_NOT;
}

static bool is_to_end(void *arg)
{
	return stop_of(arg) == STOP_NOW;
}

/* Half of it by chance: what failed together must not come back together. */
static int64_t back_off(unsigned tries, int64_t most)
{
	const unsigned doubled = tries < 20 ? tries - 1 : 19;
	const int64_t us = BACK_OFF_US << doubled, capped = us < most ? us : most, now = now_us();
	return capped / 2 + (int64_t)(hash_bytes(&now, sizeof(now)) % (uint64_t)(capped / 2));
}

/* --- how things stand --------------------------------------------------------------------------------------------- */

static void publish(struct follower *f)
{
	struct sink_view *v = &f->view;
	const int64_t now = now_us();
	v->failing = f->failing;
	v->state = !f->redis          ? SINK_CONNECTING
		   : f->failing       ? SINK_RETRYING
		   : f->due > f->done ? SINK_CATCHING_UP
				      : SINK_FOLLOWING;
	if (f->redis && !f->failing && v->trouble[0]) {
		log_notice("sink", "%s: goes on; it was: %s", f->options->name, v->trouble);
		v->trouble[0] = '\0';
	}
	const struct queue_node *first = queue_first(&f->queue);
	const int64_t next = first && first->turn > f->pause_us ? first->turn : f->pause_us;
	v->retry_ms = f->failing && next > now ? (next - now) / 1000 : 0;
	pthread_mutex_lock(&f->mailbox->lock);
	f->mailbox->view = *v;
	pthread_mutex_unlock(&f->mailbox->lock);
}

static void say_trouble(struct follower *f, const struct err *err)
{
	if (!f->view.trouble[0])
		log_warn("sink", "%s: %s; what waits is kept in Redis, and tried again", f->options->name, err->text);
	text_format(f->view.trouble, sizeof(f->view.trouble), "%s", err->text);
}

/* --- what waits --------------------------------------------------------------------------------------------------- */

/* Without memory it stays pending, and is found so by a later turn. */
static void acknowledge(struct follower *f, const char *id)
{
	if (f->acks_count == f->acks_size) {
		const size_t size = f->acks_size ? 2 * f->acks_size : ACKS_MOST;
		void *larger = realloc(f->acks, size * ID_SIZE);
		if (!larger)
			return;
		f->acks = larger;
		f->acks_size = size;
	}
	text_format(f->acks[f->acks_count++], ID_SIZE, "%s", id);
}

static void drop_item(struct follower *f, struct item *i)
{
	HASH_DEL(f->items, i);
	free(i);
}

/* Those that nothing is owed for are only there to save work. */
static void forget_written(struct follower *f)
{
	struct item *i, *next;
	HASH_ITER (hh, f->items, i, next)
		if (!queue_holds(&i->turn))
			drop_item(f, i);
}

static void forget_all(struct follower *f)
{
	struct item *i, *next;
	HASH_ITER (hh, f->items, i, next) {
		if (queue_holds(&i->turn))
			queue_remove(&f->queue, &i->turn);
		drop_item(f, i);
	}
	f->ids = f->failing = f->unknown = 0;
	f->acks_count = 0;
	f->pass.on = f->greeted = false;
	f->pass.open = 0;
	free(f->pass.dates);
	f->pass.dates = NULL;
	text_format(f->cursor, sizeof(f->cursor), "0-0");
	f->due = f->done = f->claim_us = f->pass.ask_us = 0;
}

/* NULL: no memory. */
static struct item *item_of(struct follower *f, const char *player, date_t date)
{
	struct item_key key = {.date = date};
	struct item *i;
	text_format(key.player, sizeof(key.player), "%s", player);
	HASH_FIND(hh, f->items, &key, sizeof(key), i);
	if (i)
		return i;
	if (HASH_COUNT(f->items) >= 2 * ITEMS_MOST)
		forget_written(f);
	i = calloc(1, sizeof(*i));
	if (!i)
		return NULL;
	i->key = key;
	HASH_ADD(hh, f->items, key, sizeof(i->key), i);
	if (!table_add_failed(i))
		return i;
	free(i);
	return NULL;
}

static void owe(struct follower *f, struct item *i)
{
	if (!queue_holds(&i->turn))
		queue_add(&f->queue, &i->turn, now_us());
}

/* Nothing is owed for him any more. */
static void settle(struct follower *f, struct item *i)
{
	queue_remove(&f->queue, &i->turn);
	if (i->id[0]) {
		acknowledge(f, i->id);
		i->id[0] = '\0';
		f->ids--;
	}
	f->failing -= i->tries > 0;
	i->tries = 0;
	f->pass.open -= i->of_pass;
	i->of_pass = false;
}

/* --- what Redis tells --------------------------------------------------------------------------------------------- */

struct notice {
	const char *player;
	date_t date;
	int64_t version;
};

/* "": there is none, or one with a NUL in it. */
static const char *field(const struct value *fields, const char *name)
{
	for (size_t i = 0; i + 1 < fields->count; i += 2) {
		const struct value *v = value_at(fields, i + 1);
		if (strcmp(value_text(value_at(fields, i)), name) == 0)
			return strlen(value_text(v)) == v->length ? v->text : "";
	}
	return "";
}

/* A name becomes that of a file: whoever may write to the stream must not lead it elsewhere. */
static bool is_player(const char *player)
{
	return player[0] && fold_is_lookup(player, strlen(player));
}

static bool read_notice(const struct value *fields, struct notice *ret)
{
	const char *date = field(fields, "game_date");
	const struct value version = {
		.type = VALUE_STRING, .text = field(fields, "version"), .length = strlen(field(fields, "version"))};
	ret->player = field(fields, "player_lookup");
	ret->version = value_int(&version);
	return is_player(ret->player) && strlen(date) == 10 && date_parse(date, 10, &ret->date) && ret->version > 0;
}

static int take_entry(struct follower *f, const struct value *entry)
{
	const char *id = value_text(value_at(entry, 0));
	struct notice n;
	if (strlen(id) >= ID_SIZE)
		return -EPROTO;
	if (!read_notice(value_at(entry, 1), &n)) {
		f->view.refused++;
		log_flooding(&f->refused_flood, LOG_LEVEL_WARN, "sink",
			"%s: entry %s of %sreports is none of propsd's, passed over", f->options->name, id,
			f->options->redis.prefix);
		acknowledge(f, id);
		return 0;
	}
	struct item *i = item_of(f, n.player, n.date);
	if (!i)
		return -ENOMEM;
	if (!queue_holds(&i->turn) && i->written >= n.version) {
		acknowledge(f, id);
		return 0;
	}
	if (strcmp(i->id, id) != 0) {
		if (i->id[0])
			acknowledge(f, i->id);
		else
			f->ids++;
		text_format(i->id, sizeof(i->id), "%s", id);
	}
	owe(f, i);
	return 0;
}

/* What a reply's function has to say to who asked. */
struct hearing {
	struct follower *f;
	int result;
	bool taken; /* pass */
};

static void on_turn(void *arg, void *data, const struct value *reply)
{
	struct hearing *h = data;
	struct follower *f = h->f;
	(void)arg;
	if (!value_has_shape(reply, "([(s [s])] s s u u i s u u u u)")) {
		h->result = -EPROTO;
		return;
	}
	const struct value *out[TURN_OUT_LOST + 1];
	for (size_t i = 1; i <= TURN_OUT_LOST; i++)
		out[i] = value_at(reply, i - 1);
	f->acks_count -= f->acks_sent;
	if (f->acks_count > 0)
		memmove(f->acks, f->acks + f->acks_sent, f->acks_count * ID_SIZE);
	f->came = out[TURN_OUT_ENTRIES]->count;
	for (size_t i = 0; h->result == 0 && i < f->came; i++)
		h->result = take_entry(f, value_at(out[TURN_OUT_ENTRIES], i));
	text_format(f->last, sizeof(f->last), "%s", value_text(out[TURN_OUT_LAST]));
	f->due = value_int(out[TURN_OUT_DUE]);
	f->done = value_int(out[TURN_OUT_DONE]);
	f->view.lost += value_int(out[TURN_OUT_LOST]) > 0;
	const int64_t lag = value_int(out[TURN_OUT_LAG]), now = value_int(out[TURN_OUT_NOW]);
	f->view.lag = lag < 0 ? -1 : lag + value_int(out[TURN_OUT_PENDING]);
	const int64_t oldest = strtoll(value_text(out[TURN_OUT_OLDEST]), NULL, 10);
	f->view.oldest_ms = oldest < now ? oldest : now;

	/* What is delivered to us and we know nothing of would wait for the next connection. */
	const bool paged = !f->cursor[0];
	text_format(f->cursor, sizeof(f->cursor), "%s", value_text(out[TURN_OUT_CURSOR]));
	f->unknown = paged && value_int(out[TURN_OUT_OWN]) > (int64_t)(f->ids + f->acks_count) ? f->unknown + 1 : 0;
	if (f->unknown > 2) {
		f->unknown = 0;
		text_format(f->cursor, sizeof(f->cursor), "0-0");
	}
}

/* --- what Redis is asked ------------------------------------------------------------------------------------------- */

/* The arguments that all scripts begin with. */
static struct redis_request *begin(struct follower *f, int script)
{
	struct redis_request *r = &f->request;
	redis_script_call(&f->scripts[script], r, f->options->redis.prefix);
	redis_arg(r, f->options->redis.prefix);
	redis_arg(r, f->options->name);
	redis_arg(r, f->options->instance);
	return r;
}

static int call(struct follower *f, redis_reply_fn *fn, struct hearing *h, struct err *err)
{
	h->f = f;
	int r = redis_sync_call(f->redis, &f->request, fn, h, false, err);
	if (r == 0 && h->result < 0)
		r = err_set(err, h->result, "%s",
			h->result == -ENOMEM ? "no memory for what Redis tells"
					     : "Redis' reply is none to what was asked");
	return r;
}

static bool has_room(const struct follower *f)
{
	return stop_of(f) == STOP_NOT && queue_size(&f->queue) < ITEMS_MOST && f->acks_count < 4 * ACKS_MOST;
}

/* Acknowledges, and takes what is next. */
static int turn(struct follower *f, struct err *err)
{
	const int64_t now = now_us();
	const bool claims = f->greeted && now >= f->claim_us;
	struct redis_request *r = begin(f, SCRIPT_TURN);
	struct hearing h = {0};
	redis_arg(r, f->group);
	redis_arg(r, f->greeted ? "" : f->target);
	redis_arg_int(r, has_room(f) ? TURN_PAGE : 0);
	redis_arg(r, f->cursor);
	redis_arg_int(r, claims ? IDLE_MS : 0);
	redis_arg_int(r, claims ? GONE_MS : 0);
	f->acks_sent = f->acks_count < ACKS_MOST ? f->acks_count : ACKS_MOST;
	for (size_t i = 0; i < f->acks_sent; i++)
		redis_arg(r, f->acks[i]);
	if (claims)
		f->claim_us = now + CLAIM_US;
	f->greeted = true;
	return call(f, on_turn, &h, err);
}

static void on_fetched(void *arg, void *data, const struct value *reply)
{
	struct hearing *h = data;
	struct follower *f = h->f;
	(void)arg;
	if (!value_has_shape(reply, "(s|n i|n i s [s])")) {
		h->result = -EPROTO;
		return;
	}
	const struct value *quotes = value_at(reply, FETCH_OUT_QUOTES - 1);
	f->report.now_ms = value_int(value_at(reply, FETCH_OUT_NOW - 1));
	str_clear(&f->report.told);
	str_text(&f->report.told, value_text(value_at(reply, FETCH_OUT_TOLD - 1)));
	str_clear(&f->report.quotes);
	str_text(&f->report.quotes, "\n");
	for (size_t i = 0; i + 1 < quotes->count; i += 2)
		str_printf(
			&f->report.quotes, "%s %s\n", value_text(&quotes->items[i]), value_text(&quotes->items[i + 1]));
	const struct value *report = value_at(reply, FETCH_OUT_REPORT - 1);
	f->report.there = value_is_text(report);
	f->report.version = value_int(value_at(reply, FETCH_OUT_VERSION - 1));
	str_clear(&f->report.body);
	if (f->report.there)
		str_bytes(&f->report.body, report->text, report->length);
	h->result = f->report.body.failed || f->report.told.failed || f->report.quotes.failed ? -ENOMEM : 0;
	f->report.body.failed = f->report.told.failed = f->report.quotes.failed = false;
}

static int fetch(struct follower *f, const struct item *i, struct err *err)
{
	char date[DATE_SIZE];
	struct redis_request *r = begin(f, SCRIPT_FETCH);
	struct hearing h = {0};
	redis_arg(r, date_format(i->key.date, date));
	redis_arg(r, i->key.player);
	redis_arg(r, f->type->noted ? "1" : "0");
	return call(f, on_fetched, &h, err);
}

/* What the store wants to know of him the next time, whoever asks it then. */
static int remember(struct follower *f, const struct item *i, struct err *err)
{
	const char *text = f->type->noted ? f->type->noted(f->store) : NULL;
	char date[DATE_SIZE];
	if (!text)
		return 0;
	struct redis_request *r = begin(f, SCRIPT_TOLD);
	redis_arg(r, date_format(i->key.date, date));
	redis_arg(r, i->key.player);
	redis_arg(r, text);
	return redis_sync_call(f->redis, r, NULL, NULL, true, err);
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

static void failed(struct follower *f, struct item *i, const struct err *err)
{
	const int64_t now = now_us(), asked = err->code == -EBUSY && f->type->rest_us ? f->type->rest_us(f->store) : 0;
	f->view.failed++;
	f->failing += i->tries == 0;
	i->tries++;
	queue_remove(&f->queue, &i->turn);
	queue_add(&f->queue, &i->turn, now + back_off(i->tries, BACK_OFF_MOST_US));
	f->strikes = err->code == -EBUSY && f->strikes < STRIKES ? STRIKES : f->strikes + 1;
	if (asked > 0)
		f->pause_us = now + asked;
	else if (f->strikes >= STRIKES)
		f->pause_us = now + back_off(f->strikes - STRIKES + 1, BACK_OFF_MOST_US);
	say_trouble(f, err);
}

static void gone(struct follower *f, const struct item *i)
{
	char date[DATE_SIZE];
	if (!i->id[0])
		return; /* only a pass asked for him */
	f->view.gone++;
	log_flooding(&f->gone_flood, LOG_LEVEL_WARN, "sink",
		"%s: the report of %s on %s is gone from Redis and was not written; redis.keep says how long it stays",
		f->options->name, i->key.player, date_format(i->key.date, date));
}

/* Of failures only those of Redis are told: the store's are kept with the item. */
static int write_one(struct follower *f, struct item *i, struct err *err)
{
	bool kept = false;
	int r = fetch(f, i, err);
	if (r < 0)
		return r;
	if (!f->report.there) {
		gone(f, i);
		settle(f, i);
		return 0;
	}
	const struct sink_report report = {
		.date = i->key.date,
		.player = i->key.player,
		.version = f->report.version,
		.body = f->report.body.data ? f->report.body.data : "",
		.length = f->report.body.length,
		.told = f->report.told.data ? f->report.told.data : "",
		.quotes = f->report.quotes.data ? f->report.quotes.data : "",
		.now_ms = f->report.now_ms,
	};
	struct err problem = {0};
	r = f->type->put(f->store, &report, &kept, &problem);
	const int noted = remember(f, i, err);
	if (noted < 0)
		return noted;
	if (r == -ECANCELED)
		return 0;
	if (r < 0) {
		failed(f, i, &problem);
		return 0;
	}
	f->strikes = 0;
	f->pause_us = 0;
	f->view.written += !kept;
	f->view.kept += kept;
	i->written = report.version;
	settle(f, i);
	return 0;
}

/* The one whose turn it is; NULL: nobody's yet. */
static struct item *due_item(const struct follower *f)
{
	const int64_t now = now_us();
	struct queue_node *first = queue_first(&f->queue);
	if (!first || first->turn > now || f->pause_us > now)
		return NULL;
	return (struct item *)((char *)first - offsetof(struct item, turn));
}

static int work(struct follower *f, struct err *err)
{
	const int64_t end = now_us() + WORK_US;
	struct item *i;
	int r = 0;
	while (r == 0 && stop_of(f) != STOP_NOW && now_us() < end && (i = due_item(f)) != NULL) {
		if (stop_of(f) == STOP_SOON && i->tries > 0)
			break; /* this is no time for another try */
		r = write_one(f, i, err);
	}
	return r;
}

/* --- full passes -------------------------------------------------------------------------------------------------- */

/* Another one makes it, or it is over; what is owed already is written all the same. */
static void end_pass(struct follower *f)
{
	struct item *i, *next;
	HASH_ITER (hh, f->items, i, next)
		i->of_pass = false;
	f->pass.open = 0;
	f->pass.on = false;
	f->pass.ask_us = now_us() + PASS_AGAIN_US;
	free(f->pass.dates);
	f->pass.dates = NULL;
}

static struct redis_request *begin_pass(struct follower *f, char what)
{
	struct redis_request *r = begin(f, SCRIPT_PASS);
	redis_arg_int(r, PASS_LEASE_MS);
	redis_arg_int(r, f->pass.due);
	redis_arg_bytes(r, &what, 1);
	return r;
}

static const struct value *pass_list(struct hearing *h, const struct value *reply)
{
	if (!value_has_shape(reply, "(u [s])")) {
		h->result = -EPROTO;
		return NULL;
	}
	h->taken = value_int(value_at(reply, PASS_OUT_TAKEN - 1)) > 0;
	return value_at(reply, PASS_OUT_LIST - 1);
}

static void on_dates(void *arg, void *data, const struct value *reply)
{
	struct hearing *h = data;
	struct follower *f = h->f;
	const struct value *list = pass_list(h, reply);
	(void)arg;
	if (!list || !h->taken)
		return;
	f->pass.dates = calloc(list->count + 1, DATE_SIZE);
	if (!f->pass.dates) {
		h->result = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < list->count; i++)
		text_format(f->pass.dates[i], DATE_SIZE, "%s", value_text(value_at(list, i)));
	f->pass.count = list->count;
	f->pass.at = f->pass.open = 0;
	f->pass.on = true;
}

/* Tonight comes first. */
static int ask_dates(struct follower *f, struct err *err)
{
	const date_t today = (date_t)(clock_wall_ms(clock_system()) / 86400000);
	char date[DATE_SIZE];
	struct hearing h = {0};
	f->pass.due = f->due;
	f->pass.ask_us = now_us() + PASS_AGAIN_US;
	struct redis_request *r = begin_pass(f, PASS_DATES);
	redis_arg(r, date_format(today, date));
	for (date_t n = 1; n <= PASS_DAYS; n++) {
		redis_arg(r, date_format(today - n, date));
		redis_arg(r, date_format(today + n, date));
	}
	return call(f, on_dates, &h, err);
}

static void on_players(void *arg, void *data, const struct value *reply)
{
	struct hearing *h = data;
	struct follower *f = h->f;
	const struct value *list = pass_list(h, reply);
	date_t date;
	(void)arg;
	if (!list || !h->taken || !date_parse(f->pass.dates[f->pass.at], 10, &date))
		return;
	for (size_t n = 0; n < list->count; n++) {
		const char *player = value_text(value_at(list, n));
		if (!is_player(player))
			continue;
		struct item *i = item_of(f, player, date);
		if (!i) {
			h->result = -ENOMEM;
			return;
		}
		f->pass.open += !i->of_pass;
		i->of_pass = true;
		owe(f, i);
	}
}

static int ask_players(struct follower *f, struct err *err)
{
	struct hearing h = {0};
	redis_arg(begin_pass(f, PASS_PLAYERS), f->pass.dates[f->pass.at]);
	int r = call(f, on_players, &h, err);
	if (r == 0 && !h.taken)
		end_pass(f);
	f->pass.at++;
	return r;
}

static void on_end(void *arg, void *data, const struct value *reply)
{
	(void)arg;
	pass_list(data, reply);
}

static int finish_pass(struct follower *f, struct err *err)
{
	struct hearing h = {0};
	begin_pass(f, PASS_END);
	int r = call(f, on_end, &h, err);
	if (r == 0 && h.taken) {
		f->view.passes++;
		if (f->done < f->pass.due)
			f->done = f->pass.due;
		log_notice("sink", "%s: has looked at all reports there are", f->options->name);
	}
	end_pass(f);
	if (h.taken)
		f->pass.ask_us = 0; /* should another be wanted by now */
	return r;
}

/* A piece of one, where one is wanted and there is nothing else to do. */
static int pass(struct follower *f, struct err *err)
{
	if (stop_of(f) != STOP_NOT || f->cursor[0] || due_item(f) || f->pause_us > now_us())
		return 0;
	if (!f->pass.on)
		return f->due > f->done && now_us() >= f->pass.ask_us ? ask_dates(f, err) : 0;
	if (f->pass.at < f->pass.count)
		return has_room(f) ? ask_players(f, err) : 0;
	return f->pass.open == 0 ? finish_pass(f, err) : 0;
}

/* --- the thread --------------------------------------------------------------------------------------------------- */

static int load_scripts(struct follower *f, struct err *err)
{
	int r = 0;
	for (int i = 0; r == 0 && i < SCRIPTS; i++) {
		redis_script_load(&f->scripts[i], &f->request);
		r = redis_sync_call(f->redis, &f->request, NULL, NULL, true, err);
	}
	return r;
}

static int open_redis(struct follower *f, struct err *err)
{
	const struct sink_options *o = f->options;
	struct redis_sync_options options = {
		.url = o->redis.url,
		.tls = {.ca = o->redis.ca_file, .cert = o->redis.cert_file, .key = o->redis.key_file},
		.reply_limit_us = REPLY_LIMIT_US,
		.wake_fd = f->mailbox->wake_fd,
	};
	int r = 0;
	if (o->redis.password_file[0])
		r = redis_url_read_password(&options.url, o->redis.password_file, err);
	if (r == 0)
		r = redis_sync_open(&options, &f->redis, err);
	explicit_bzero(&options.url, sizeof(options.url));
	return r == 0 ? load_scripts(f, err) : r;
}

/* Until something is added to the stream, at most until `us` are over. */
static int wait_for_more(struct follower *f, int64_t us, struct err *err)
{
	if (!has_room(f)) {
		wait_us(f, us);
		return 0;
	}
	redis_arg(&f->request, "XREAD");
	redis_arg(&f->request, "COUNT");
	redis_arg_int(&f->request, 1);
	redis_arg(&f->request, "BLOCK");
	redis_arg_int(&f->request, us / 1000 + 1);
	redis_arg(&f->request, "STREAMS");
	redis_arg_format(&f->request, "%sreports", f->options->redis.prefix);
	redis_arg(&f->request, f->last);
	return redis_sync_call(f->redis, &f->request, NULL, NULL, true, err);
}

/* How long there is nothing to do but to look for new entries. */
static int64_t idle_us(const struct follower *f)
{
	const struct queue_node *first = queue_first(&f->queue);
	const int64_t now = now_us();
	int64_t next = now + WAIT_US;
	if (f->came > 0 || f->cursor[0] || f->acks_count > 0)
		return 0;
	if (first && (first->turn > f->pause_us ? first->turn : f->pause_us) < next)
		next = first->turn > f->pause_us ? first->turn : f->pause_us;
	if (f->due > f->done && !f->pass.on && f->pass.ask_us < next)
		next = f->pass.ask_us;
	else if (f->pass.on && f->pass.open == 0 && f->pause_us <= now && has_room(f))
		return 0;
	return next > now ? next - now : 0;
}

static bool is_over(const struct follower *f)
{
	const struct item *i = due_item(f);
	return stop_of(f) == STOP_NOW || (stop_of(f) == STOP_SOON && (!i || i->tries > 0) && f->acks_count == 0);
}

/* With one connection, until it is lost or the sink is to stop. */
static int session(struct follower *f, struct err *err)
{
	forget_all(f);
	int r = open_redis(f, err);
	while (r == 0) {
		r = turn(f, err);
		publish(f);
		if (r == 0)
			r = work(f, err);
		if (r == 0)
			r = pass(f, err);
		if (r == 0)
			publish(f);
		if (is_over(f))
			break;
		const int64_t us = r == 0 && stop_of(f) == STOP_NOT ? idle_us(f) : 0;
		if (us > 0)
			r = wait_for_more(f, us, err);
	}
	redis_sync_close(f->redis);
	f->redis = NULL;
	return r;
}

static int prepare(struct follower *f, struct err *err)
{
	static const char *const sources[SCRIPTS][2] = {
		[SCRIPT_TURN] = {"turn", lua_turn},
		[SCRIPT_FETCH] = {"fetch", lua_fetch},
		[SCRIPT_TOLD] = {"told", lua_told},
		[SCRIPT_PASS] = {"pass", lua_pass},
	};
	int r = 0;
	for (int i = 0; r == 0 && i < SCRIPTS; i++)
		r = redis_script_init(&f->scripts[i], sources[i][0], "", sources[i][1]);
	text_format(f->group, sizeof(f->group), "sink:%s", f->options->name);
	if (r < 0)
		return err_set(err, r, "no memory for its scripts");
	return f->type->open(f->options, &f->patience, &f->store, f->target, sizeof(f->target), err);
}

static void tear_down(struct follower *f)
{
	forget_all(f);
	if (f->store)
		f->type->close(f->store);
	for (int i = 0; i < SCRIPTS; i++)
		redis_script_done(&f->scripts[i]);
	redis_request_done(&f->request);
	str_done(&f->report.body);
	str_done(&f->report.told);
	str_done(&f->report.quotes);
	free(f->acks);
}

void follow(const struct sink_options *options, struct mailbox *mailbox)
{
	static const struct store_type *const types[SINK_TYPES] = {
		[SINK_DIRECTORY] = &store_directory,
		[SINK_S3] = &store_s3,
		[SINK_WEBHOOK] = &store_webhook,
	};
	struct follower f = {
		.options = options,
		.mailbox = mailbox,
		.patience = {.wait = wait_us, .over = is_to_end},
		.type = types[options->type],
		.view = {.lag = -1},
	};
	struct err err = {0};
	unsigned tries = 0;

	f.patience.arg = &f;
	int r = prepare(&f, &err);
	while (r == 0 && stop_of(&f) == STOP_NOT) {
		const int64_t began_us = now_us();
		if (session(&f, &err) == 0 || stop_of(&f) != STOP_NOT)
			break;
		tries = now_us() - began_us > CONNECT_MOST_US ? 1 : tries + 1;
		say_trouble(&f, &err);
		publish(&f);
		wait_us(&f, back_off(tries, CONNECT_MOST_US));
	}
	if (r < 0) {
		say_trouble(&f, &err);
		publish(&f);
	}
	tear_down(&f);
}
