/*
 * Jobs made aside for a client, which hears of each as it ends. What a client has not read keeps further ones from being
 * begun: none of the lines may be left out, and what waits for one is bounded by what one job gives.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "admin/areas.h"
#include "admin/ask.h"
#include "admin/context.h"
#include "admin/names.h"
#include "admin/processors.h"
#include "admin/request.h"
#include "aside/aside.h"
#include "base/str.h"
#include "config/config.h"
#include "delivery/delivery.h"
#include "history/history.h"
#include "process/process.h"
#include "regen/regen.h"
#include "slate/slate.h"

enum {
	LIST_MAX = 2000, /* items of one request, which its length bounds too */
	REPEAT_MAX = 100,
	NAME_MAX_BYTES = 32,
	PIECE_BYTES = 64 << 10, /* of a text: six times that in the worst case, as JSON writes it */
	LOOK_MS = 10, /* for the slate */
	LOOKS_MAX = 300,
};

static const char *const phases[] = {"report", "precompute", NULL};

struct aside_ask {
	struct ask ask;
	struct aside_order order;
	struct aside_item *items; /* owned */
	size_t count, room;
	int looks;
	struct trial *trial; /* NULL: not begun, or over */
	size_t failures;
	json_t *lines; /* of the job that ended last, not sent yet */
	size_t sent; /* of these */
	bool over; /* the trial is, so: */
	int result; /* 0, or -errno and why */
	char why[512];
	int64_t span_us;
	char type[32];
	bool baseline;
	unsigned places;
	int64_t peak, cpu_us; /* the most that a job took; of all of them */
	int64_t began_ms; /* of a baseline: when its children were there */
	struct durations took; /* of a baseline: its jobs */
};

/* A baseline is one execution: of a pattern of its own, since it is for comparing. */
static void tell_history(struct aside_ask *a)
{
	const double seconds = (double)a->span_us / 1e6, took = a->took.sum_us / 1e6;
	struct history_execution row = {
		.phase = a->order.phase,
		.date = admin_today(a->ask.context),
		.start_ms = a->began_ms,
		.end_ms = a->began_ms + a->span_us / 1000,
		.seconds = seconds,
		.items = a->took.count,
		.successful = a->took.count - a->failures,
		.failed = a->failures,
		.pattern = "sequential",
		.max_workers = a->places,
		.concurrent = seconds > 0 ? took / seconds : 0,
		.memory_mb = a->peak > 0 ? (double)a->peak / 1048576 : -1,
		.cpu_seconds = a->cpu_us > 0 ? (double)a->cpu_us / 1e6 : -1,
		.cost = executions_cost(took, (double)a->peak, a->took.count),
	};
	char at[HISTORY_TIME_SIZE];
	text_format(row.id, sizeof(row.id), "baseline-%s-%s",
		a->ask.context->ops->started(a->ask.context->app)->instance, history_time(row.start_ms, at));
	durations_figures(&a->took, &row);
	history_execution(a->ask.context->history, &row);
}

static void aside_done(struct ask *ask)
{
	struct aside_ask *a = (struct aside_ask *)ask;
	if (a->trial && a->baseline && a->took.count > 0) { /* interrupted: what was done counts */
		a->span_us = aside_span_us(a->trial);
		tell_history(a);
	}
	if (a->trial)
		aside_leave(a->trial);
	free(a->items);
	json_decref(a->lines);
	durations_done(&a->took);
}

/* Of an item; NULL: of all that have none of their own. */
static date_t date_of(const struct aside_ask *a, const json_t *row)
{
	date_t date = admin_date(a->ask.request, "date", admin_today(a->ask.context));
	const char *own = json_string_value(json_object_get(row, "date"));
	if (own)
		date_parse(own, strlen(own), &date); /* it was checked */
	return date;
}

/* --- lines -------------------------------------------------------------------------------------------------------- */

static void line(struct aside_ask *a, const char *name, json_t *content)
{
	json_array_append_new(a->lines, json_pack("{s:o}", name, content));
}

/* In pieces, cut between characters. */
static void text(struct aside_ask *a, const char *of, const char *bytes, size_t length)
{
	size_t n;
	do {
		n = length < PIECE_BYTES ? length : PIECE_BYTES;
		while (n > 0 && n < length && ((unsigned char)bytes[n] & 0xC0) == 0x80)
			n--;
		json_t *piece = json_stringn(bytes, n);
		if (!piece) /* it is not UTF-8: a reply that is none may be anything */
			piece = json_string("(what is no UTF-8)");
		line(a, "piece", json_pack("{s:s, s:o}", "of", of, "text", piece));
		bytes += n;
		length -= n;
	} while (length > 0 && n > 0);
}

static void said(struct aside_ask *a, const struct aside_done *done)
{
	const struct processor *p = done->processor;
	const uint64_t oldest = p->word_count > PROCESSOR_WORDS_MAX ? p->word_count - PROCESSOR_WORDS_MAX : 0;
	for (uint64_t i = done->words_from > oldest ? done->words_from : oldest; i < p->word_count; i++) {
		const char *word = p->words[i % PROCESSOR_WORDS_MAX];
		text(a, "said", word, strlen(word));
	}
}

static json_t *or_null(int64_t value, double scale)
{
	return value < 0 ? json_null() : scale == 1 ? json_integer(value) : json_real((double)value / scale);
}

static const struct str *reply_of(const struct job *job)
{
	return job->probe->replied ? &job->probe->reply : &job->answer;
}

static void item(struct aside_ask *a, const struct aside_done *done)
{
	const struct job *job = done->job;
	const struct job_probe *probe = job->probe;
	const struct aside_item *of = &a->items[done->item];
	char date[DATE_SIZE];
	json_t *row = json_pack("{s:I, s:I, s:I, s:s, s:s, s:s, s:i, s:b, s:f, s:I, s:I, s:I}", "n",
		(json_int_t)done->ended, "of", (json_int_t)done->of, "item", (json_int_t)done->item, "player",
		of->player, "date", date_format(of->date, date), "game_id", job->live->game_id, "repeat",
		(int)done->repeat, "ok", done->error == NULL, "took_ms", (double)done->took_us / 1000, "request_bytes",
		(json_int_t)probe->request.length, "reply_bytes", (json_int_t)reply_of(job)->length, "result_bytes",
		(json_int_t)(done->error ? 0 : job->report.length));
	if (probe->cpu_us >= 0)
		json_object_set_new(row, "cpu_ms", or_null(probe->cpu_us, 1000));
	if (probe->peak >= 0)
		json_object_set_new(row, "peak_bytes", or_null(probe->peak, 1));
	if (done->error) {
		json_object_set_new(row, "error", json_string(done->error));
		json_object_set_new(row, "permanent", json_boolean(job->permanent));
	}
	line(a, "item", row);
}

/* True: all is sent. */
static bool send_lines(struct aside_ask *a)
{
	while (a->sent < json_array_size(a->lines)) {
		if (!admin_has_room(a->ask.request))
			return false;
		admin_progress(a->ask.request, json_incref(json_array_get(a->lines, a->sent++)));
	}
	json_array_clear(a->lines);
	a->sent = 0;
	return true;
}

/* --- what the trial tells ----------------------------------------------------------------------------------------- */

static void on_ready(void *arg, unsigned places, int64_t took_us)
{
	struct aside_ask *a = arg;
	char date[DATE_SIZE];
	a->places = places;
	a->began_ms = clock_wall_ms(a->ask.context->clock);
	line(a, "ready",
		json_pack("{s:s, s:s, s:s, s:s, s:I, s:i, s:i, s:f}", "processor", a->order.processor, "type", a->type,
			"phase", phase_name(a->order.phase), "date", date_format(date_of(a, NULL), date), "of",
			(json_int_t)(a->order.count * a->order.repeat), "children", (int)a->order.at_once, "places",
			(int)places, "took_ms", (double)took_us / 1000));
	send_lines(a);
}

static bool on_done(void *arg, const struct aside_done *done)
{
	struct aside_ask *a = arg;
	const struct job *job = done->job;
	const bool trace = admin_flag(a->ask.request, "trace");

	if (!send_lines(a))
		return false;
	if (done->error)
		a->failures++;
	durations_add(&a->took, done->took_us);
	if (job->probe->peak > a->peak)
		a->peak = job->probe->peak;
	if (job->probe->cpu_us > 0)
		a->cpu_us += job->probe->cpu_us;
	if (trace) {
		text(a, "request", job->probe->request.data ? job->probe->request.data : "", job->probe->request.length);
		text(a, "reply", reply_of(job)->data ? reply_of(job)->data : "", reply_of(job)->length);
		said(a, done);
	}
	if (!done->error && (trace || admin_flag(a->ask.request, "result")))
		text(a, "result", job->report.data ? job->report.data : "", job->report.length);
	item(a, done);
	send_lines(a);
	return true;
}

/* Once all lines are sent. */
static void finish(struct aside_ask *a)
{
	if (a->result == -ESHUTDOWN)
		ask_error(&a->ask, CODE_STOPPING, "%s", a->why);
	else if (a->result < 0)
		ask_error(&a->ask, a->result == -EBUSY ? CODE_UNAVAILABLE : CODE_FAILED, "%s: %s", a->order.processor,
			a->why);
	else
		ask_reply(&a->ask, json_pack("{s:s, s:s, s:s, s:I, s:I, s:f}", "processor", a->order.processor, "type",
					   a->type, "phase", phase_name(a->order.phase), "items",
					   (json_int_t)(a->order.count * a->order.repeat), "failures",
					   (json_int_t)a->failures, "took_ms", (double)a->span_us / 1000));
}

static void on_ended(void *arg, int result, const char *why)
{
	struct aside_ask *a = arg;
	a->over = true;
	a->result = result;
	a->span_us = aside_span_us(a->trial);
	a->trial = NULL;
	text_format(a->why, sizeof(a->why), "%s", why);
	if (a->baseline && a->took.count > 0)
		tell_history(a);
	if (send_lines(a))
		finish(a);
}

static void on_room(struct admin_request *r, void *user)
{
	struct aside_ask *a = user;
	(void)r;
	if (!send_lines(a))
		return;
	if (a->over)
		finish(a);
	else if (a->trial)
		aside_go_on(a->trial);
}

static const struct aside_ops ops = {.ready = on_ready, .done = on_done, .ended = on_ended};

/* --- whom --------------------------------------------------------------------------------------------------------- */

static bool add(struct aside_ask *a, date_t date, const char *player)
{
	if (a->count == a->room) {
		const size_t room = a->room ? a->room * 2 : 64;
		struct aside_item *more = realloc(a->items, room * sizeof(*more));
		if (!more) {
			ask_error(&a->ask, CODE_INTERNAL, "out of memory");
			return false;
		}
		a->items = more;
		a->room = room;
	}
	struct aside_item *one = &a->items[a->count++];
	one->date = date;
	text_format(one->player, sizeof(one->player), "%s", player);
	return true;
}

static int by_lookup(const void *a, const void *b)
{
	return strcmp(((const struct aside_item *)a)->player, ((const struct aside_item *)b)->player);
}

/* Whoever is on the roster of a team that plays. False: the ask is over. */
static bool add_slate(struct aside_ask *a, date_t date)
{
	const struct slate *slate = delivery_slate(a->ask.context->delivery, date);
	const struct slate_team *teams;
	const size_t count = slate_teams(slate, &teams);
	char text_of_date[DATE_SIZE];
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; teams[i].game && k < teams[i].count; k++)
			if (!add(a, date, teams[i].roster[k]->lookup))
				return false;
	if (a->count > 0 && a->count <= ASIDE_ITEMS_MAX) {
		qsort(a->items, a->count, sizeof(*a->items), by_lookup);
		return true;
	}
	if (a->count > 0)
		ask_error(&a->ask, CODE_TOO_LARGE, "%zu players are on the slate; the most is %d", a->count,
			ASIDE_ITEMS_MAX);
	else
		ask_error(&a->ask, CODE_NOT_FOUND, "nobody plays on %s: its slate has no games, or no rosters",
			date_format(date, text_of_date));
	return false;
}

static bool add_items(struct aside_ask *a)
{
	size_t i;
	json_t *row;
	json_array_foreach (admin_json(a->ask.request, "items"), i, row) {
		const char *name = json_string_value(json_object_get(row, "player"));
		char folded[LOOKUP_SIZE], lookup[LOOKUP_SIZE];
		const date_t date = date_of(a, row);
		fold_name(name, strlen(name), folded);
		if (!admin_find_player(a->ask.context, date, folded, lookup)) {
			ask_unknown_player(&a->ask, date, folded);
			return false;
		}
		if (!add(a, date, lookup))
			return false;
	}
	return true;
}

/* --- how it begins ------------------------------------------------------------------------------------------------ */

static void begin(struct aside_ask *a)
{
	static const struct {
		int result;
		enum protocol_code code;
	} codes[] = {{-ENOENT, CODE_NOT_FOUND}, {-EINVAL, CODE_REFUSED}, {-EBUSY, CODE_BUSY}};
	const struct processor *p = process_find(a->ask.context->process, a->order.processor);
	struct err err;

	if (p)
		text_format(a->type, sizeof(a->type), "%s", p->type->name);
	a->order.items = a->items;
	a->order.count = a->count;
	const int r = aside_begin(a->ask.context->aside, &a->order, &ops, a, &a->trial, &err);
	if (r == 0) {
		admin_audit(a->ask.request, "accepted");
		return;
	}
	enum protocol_code code = CODE_INTERNAL;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].result == r)
			code = codes[i].code;
	ask_error(&a->ask, code, "%s", err.text);
}

/* The dates that are asked for: all their slates must be there, or names cannot be told. True: they are. */
static bool slates_there(struct aside_ask *a, date_t *ret_missing)
{
	size_t i;
	json_t *row;
	*ret_missing = date_of(a, NULL);
	if (!delivery_slate(a->ask.context->delivery, *ret_missing))
		return false;
	json_array_foreach (admin_json(a->ask.request, "items"), i, row) {
		*ret_missing = date_of(a, row);
		if (!delivery_slate(a->ask.context->delivery, *ret_missing))
			return false;
	}
	return true;
}

/* Another instance may have changed them. */
static void refresh_slates(const struct aside_ask *a)
{
	size_t i;
	json_t *row;
	delivery_refresh_slate(a->ask.context->delivery, date_of(a, NULL));
	json_array_foreach (admin_json(a->ask.request, "items"), i, row)
		delivery_refresh_slate(a->ask.context->delivery, date_of(a, row));
}

static void look(struct ask *ask)
{
	struct aside_ask *a = (struct aside_ask *)ask;
	struct date_trouble trouble;
	date_t missing;
	if (slates_there(a, &missing)) {
		ask_rest(ask);
		if (admin_flag(ask->request, "slate") ? add_slate(a, missing) : add_items(a))
			begin(a);
	} else if (delivery_date_waits(ask->context->delivery, missing, &trouble))
		ask_error(ask, CODE_UNAVAILABLE, "%s", trouble.why);
	else if (++a->looks == LOOKS_MAX)
		ask_error(ask, CODE_UNAVAILABLE, "the slate cannot be loaded from Redis: %s",
			delivery_state(ask->context->delivery));
}

/* False: the request was refused. */
static bool check_items(struct admin_request *r)
{
	const int given = admin_given(r, "items") + admin_flag(r, "slate");
	size_t i;
	json_t *row;
	if (given != 1) {
		admin_error(r, CODE_BAD_ARGUMENT, "aside wants one of items and slate; %d are given", given);
		return false;
	}
	json_array_foreach (admin_json(r, "items"), i, row) {
		const char *name = json_string_value(json_object_get(row, "player"));
		const char *date = json_string_value(json_object_get(row, "date"));
		char lookup[LOOKUP_SIZE];
		date_t day;
		if (!name || fold_name(name, strlen(name), lookup) <= 0) {
			admin_error(r, CODE_BAD_ARGUMENT,
				"item %zu of \"items\" has no \"player\" that is a player's name or lookup", i);
			return false;
		}
		if (date && !date_parse(date, strlen(date), &day)) {
			admin_error(r, CODE_BAD_ARGUMENT,
				"item %zu of \"items\" has date \"%.32s\"; it must be a date such as \"2025-11-15\"", i,
				date);
			return false;
		}
	}
	return true;
}

/* The phase that it serves; precompute where it serves both: that is what is slow. */
static enum phase phase_of(struct admin_request *r, const struct admin_context *c, const struct processor *p)
{
	const bool precompute = regen_processor(c->regen, PHASE_PRECOMPUTE) == p;
	return admin_word(r, "phase", precompute) == 1 ? PHASE_PRECOMPUTE : PHASE_REPORT;
}

static void aside(struct admin_request *r, struct admin_context *c)
{
	const char *name = admin_text(r, "processor");
	const struct processor *p = process_find(c->process, name);
	if (!p) {
		admin_unknown_processor(r, c, name);
		return;
	}
	if (!check_items(r))
		return;
	struct aside_ask *a = ask_new(r, c, sizeof(*a), aside_done);
	if (!a)
		return;
	admin_keep_room(r, on_room);
	a->lines = json_array();
	a->baseline = admin_flag(r, "baseline");
	a->order = (struct aside_order){
		.processor = name,
		.phase = phase_of(r, c, p),
		.at_once = (unsigned)admin_int(r, "children", 1),
		.repeat = (unsigned)admin_int(r, "repeat", 1),
	};
	refresh_slates(a);
	if (ask_every(&a->ask, LOOK_MS, look))
		look(&a->ask);
}

/* --- the table ---------------------------------------------------------------------------------------------------- */

static const struct admin_arg aside_args[] = {
	{.name = "processor",
		.type = ADMIN_TEXT,
		.from = 1,
		.to = NAME_MAX_BYTES,
		.required = true,
		.help = "whose options its children are started with"},
	{.name = "items",
		.type = ADMIN_LIST,
		.from = 1,
		.to = LIST_MAX,
		.help = "player, and date where it is another one"},
	{.name = "slate", .type = ADMIN_BOOL, .help = "all players of the date's games"},
	{.name = "date", .type = ADMIN_DATE, .help = "the game date, else today"},
	{.name = "phase", .type = ADMIN_WORD, .words = phases, .help = "else the one that the processor serves"},
	{.name = "children",
		.type = ADMIN_INT,
		.from = 1,
		.to = ASIDE_AT_ONCE_MAX,
		.help = "how many, or jobs at a time; 1"},
	{.name = "repeat", .type = ADMIN_INT, .from = 1, .to = REPEAT_MAX, .help = "how often the whole list is done; 1"},
	{.name = "baseline", .type = ADMIN_BOOL, .help = "it stands in the history, as an execution"},
	{.name = "result", .type = ADMIN_BOOL, .help = "send what would be committed"},
	{.name = "trace", .type = ADMIN_BOOL, .help = "send it, the request, the reply, and standard error"},
	{.name = NULL},
};

const struct admin_command admin_aside_commands[] = {
	{.name = "aside",
		.role = ADMIN_ROLE_OPERATE,
		.changes = true,
		.args = aside_args,
		.handler = aside,
		.help = "make jobs with a processor of the configuration, and commit nothing"},
	{.name = NULL},
};
