/*
 * What happened of late, from the trace: the newest steps, or all from now on. Of a player also the steps of the entries
 * that affect him, which do not name him themselves: whom an entry affects is said by a step of its own.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "admin/areas.h"
#include "admin/ask.h"
#include "admin/context.h"
#include "admin/dated.h"
#include "admin/names.h"
#include "admin/request.h"
#include "base/level.h"
#include "base/phase.h"
#include "base/str.h"
#include "base/table.h"
#include "delivery/delivery.h"
#include "process/job.h"
#include "regen/regen.h"
#include "trace/trace.h"

enum {
	SHOWN = 100, /* unless more or fewer are asked for */
	SHOWN_AT_FIRST = 20, /* of one that follows */
	LOOK_MS = 100,
	ROWS_MAX = 500, /* of a line on the way: some 100 KB */
	LINES_MAX = 4, /* at a look: some 4 ms of the loop */
	RECORDS_MAX = 262144, /* the newest, that are looked at for a question: some 10 ms of the loop */
};

/* --- a step as others see it ---------------------------------------------------------------------------------------- */

static const char *level_word(unsigned detail)
{
	return level_name((enum level)detail);
}

static const char *gate_word(unsigned detail)
{
	return gate_name((enum gate_verdict)detail);
}

static const char *word_at(const char *const *words, size_t count, unsigned detail)
{
	return detail < count ? words[detail] : "";
}
#define WORD(words, detail) word_at(words, sizeof(words) / sizeof(words[0]), detail)

static const char *how_word(unsigned detail)
{
	static const char *const words[] = {
		[SETTLED_NONE] = "none",
		[SETTLED_OTHER] = "other",
		[SETTLED_MUTED] = "muted",
		[SETTLED_COMMIT] = "commit",
		[SETTLED_DEAD] = "dead",
		[SETTLED_DUPLICATE] = "duplicate",
		[SETTLED_EXPIRED] = "expired",
		[SETTLED_ASIDE] = "aside",
		[SETTLED_COUNT] = "gone",
	};
	return WORD(words, detail);
}

static const char *reason_word(unsigned detail)
{
	static const char *const words[] = {
		[METRIC_REASON_MALFORMED] = "malformed",
		[METRIC_REASON_PAST] = "past",
		[METRIC_REASON_FAILED] = "failed",
		[METRIC_REASON_POISON] = "poison",
		[METRIC_REASON_TRIMMED] = "trimmed",
		[METRIC_REASON_SUSPECT] = "suspect",
		[METRIC_REASON_BEFORE_MARK] = "before_mark",
		[METRIC_REASON_TOO_LARGE] = "too_large",
		[METRIC_REASON_AMBIGUOUS] = "ambiguous",
		[METRIC_REASON_STRANGER] = "stranger",
	};
	return WORD(words, detail);
}

static const char *verdict_word(unsigned detail)
{
	static const char *const words[] = {
		[VERDICT_RUN] = "run",
		[VERDICT_COVERED] = "covered",
		[VERDICT_BUSY] = "busy",
		[VERDICT_WAIT] = "wait",
		[VERDICT_DEAD] = "dead",
		[VERDICT_POISON] = "poison",
		[VERDICT_SLATE] = "slate",
	};
	return WORD(words, detail);
}

static const char *place_word(unsigned detail)
{
	static const char *const words[] = {
		[JOB_NOWHERE] = "", [JOB_WORKER] = "worker", [JOB_CHILD] = "child", [JOB_REQUEST] = "request"};
	return WORD(words, detail);
}

static const struct step {
	const char *name;
	bool of_entry; /* and of no player, but whom the entry names */
	bool has_phase;
	const char *version, *value; /* how these are called; NULL: they say nothing */
	const char *detail;
	const char *(*word)(unsigned detail); /* NULL: it is a number */
} steps[TRACE_STEPS] = {
	[TRACE_READ] = {.name = "read", .of_entry = true},
	[TRACE_DELAYED] = {.name = "delayed", .of_entry = true, .value = "until_ms"},
	[TRACE_APPLIED] = {.name = "applied", .of_entry = true, .version = "version"},
	[TRACE_ASIDE] = {.name = "aside", .of_entry = true},
	[TRACE_ACKED] = {.name = "acked", .of_entry = true, .detail = "how", .word = how_word},
	[TRACE_DEAD] = {.name = "dead", .of_entry = true, .detail = "reason", .word = reason_word},
	[TRACE_AFFECTS] = {.name = "affects", .has_phase = true, .version = "version"},
	[TRACE_COVERED] = {.name = "covered", .has_phase = true, .version = "version"},
	[TRACE_WITHHELD] = {.name = "withheld", .has_phase = true, .version = "version"},
	[TRACE_QUEUED] = {.name = "queued", .has_phase = true, .value = "waiting", .detail = "level", .word = level_word},
	[TRACE_BEGUN] = {.name = "begun", .has_phase = true, .version = "version", .detail = "attempt"},
	[TRACE_NOT_BEGUN] = {.name = "not-begun", .has_phase = true, .detail = "why", .word = verdict_word},
	[TRACE_RAN] = {.name = "ran", .has_phase = true, .version = "version", .detail = "place", .word = place_word},
	[TRACE_COMMITTED] = {.name = "committed", .has_phase = true, .version = "version"},
	[TRACE_REFUSED] = {.name = "refused", .has_phase = true, .version = "version"},
	[TRACE_FAILED] = {.name = "failed", .has_phase = true, .version = "version", .detail = "attempt"},
	[TRACE_RESTS] = {.name = "rests", .has_phase = true, .value = "for_us", .detail = "why", .word = gate_word},
	[TRACE_GATE] = {.name = "gate", .has_phase = true, .value = "waiting", .detail = "why", .word = gate_word},
	[TRACE_OVER] = {.name = "start-over", .value = "forgotten"},
};

static void set_text(json_t *row, const char *key, const char *text)
{
	if (text[0] != '\0')
		json_object_set_new(row, key, json_string(text));
}

static void add_ran(json_t *row, const struct trace_fact *fact)
{
	if (fact->detail != JOB_NOWHERE)
		json_object_set_new(row, "number", json_integer(fact->number));
	set_text(row, "result", fact->value == 0 ? "ok" : fact->value == -ECANCELED ? "lost" : "failed");
}

static json_t *row_json(const struct trace_record *r, uint64_t number, int64_t mono_us, int64_t wall_ms)
{
	const struct trace_fact *fact = &r->fact;
	const struct step *step = &steps[fact->step];
	char id[STREAM_ID_SIZE], date[DATE_SIZE];
	json_t *row = json_pack("{s:I, s:I, s:s}", "n", (json_int_t)number, "time_ms",
		(json_int_t)(wall_ms - (mono_us - fact->at_us) / 1000), "step", step->name);
	if (fact->took_us >= 0)
		json_object_set_new(row, "took_ms", json_real((double)fact->took_us / 1000));
	if (fact->stream != TRACE_NO_STREAM) {
		set_text(row, "type", stream_name((enum stream)fact->stream));
		set_text(row, "entry", stream_id_format((struct stream_id){.ms = fact->ms, .seq = fact->seq}, id));
	}
	set_text(row, "player", r->player);
	if (fact->date)
		set_text(row, "date", date_format(fact->date, date));
	if (step->has_phase)
		set_text(row, "phase", phase_name((enum phase)fact->phase));
	if (step->version)
		json_object_set_new(row, step->version, json_integer(fact->version));
	if (step->value)
		json_object_set_new(row, step->value, json_integer(fact->value));
	if (step->word)
		set_text(row, step->detail, step->word(fact->detail));
	else if (step->detail)
		json_object_set_new(row, step->detail, json_integer(fact->detail));
	if (fact->step == TRACE_RAN)
		add_ran(row, fact);
	return row;
}

/* --- which of them ------------------------------------------------------------------------------------------------- */

struct affecting { /* an entry that affects the player */
	struct entry_key key;
	UT_hash_handle hh;
};

struct choice {
	char player[LOOKUP_SIZE]; /* "": of all */
	date_t date; /* 0: of all */
	int stream; /* -1: of all */
	struct affecting *entries; /* hash */
};

static struct entry_key key_of(const struct trace_fact *fact)
{
	return (struct entry_key){.id = {.ms = fact->ms, .seq = fact->seq}, .stream = fact->stream};
}

static struct affecting *find_entry(const struct choice *c, const struct trace_fact *fact)
{
	const struct entry_key key = key_of(fact);
	struct affecting *one;
	HASH_FIND(hh, c->entries, &key, sizeof(key), one);
	return one;
}

/* Without memory steps of an entry are left out that name nobody. */
static void learn(struct choice *c, const struct trace_record *r)
{
	if (c->player[0] == '\0' || steps[r->fact.step].of_entry || r->fact.stream == TRACE_NO_STREAM ||
		strcmp(r->player, c->player) != 0 || find_entry(c, &r->fact))
		return;
	struct affecting *one = calloc(1, sizeof(*one));
	if (!one)
		return;
	one->key = key_of(&r->fact);
	HASH_ADD(hh, c->entries, key, sizeof(one->key), one);
	if (table_add_failed(one))
		free(one);
}

static void forget_entry(struct choice *c, struct affecting *one)
{
	HASH_DEL(c->entries, one);
	free(one);
}

static void choice_done(struct choice *c)
{
	struct affecting *one, *next;
	HASH_ITER (hh, c->entries, one, next)
		forget_entry(c, one);
}

static bool is_chosen(const struct choice *c, const struct trace_record *r)
{
	if ((c->date && r->fact.date != c->date) || (c->stream >= 0 && r->fact.stream != c->stream))
		return false;
	return c->player[0] == '\0' || strcmp(r->player, c->player) == 0 ||
	       (steps[r->fact.step].of_entry && find_entry(c, &r->fact));
}

/* The first that is looked at. */
static uint64_t oldest(const struct trace *t)
{
	const uint64_t first = trace_first(t), end = trace_end(t);
	return end - first > RECORDS_MAX ? end - RECORDS_MAX : first;
}

/* The first number from which on there are at most `limit` of them. */
static uint64_t newest(const struct choice *c, const struct trace *t, size_t limit)
{
	uint64_t from = oldest(t), number = trace_end(t);
	size_t count = 0;
	while (number > from && count < limit)
		count += is_chosen(c, trace_at(t, --number));
	return number;
}

/* Rows from *from on, up to `limit`; *from is where to go on. */
static json_t *rows_json(const struct choice *c, const struct admin_context *context, uint64_t *from, size_t limit)
{
	const int64_t mono_us = clock_mono_us(context->clock), wall_ms = clock_wall_ms(context->clock);
	json_t *rows = json_array();
	for (; *from < trace_end(context->trace) && json_array_size(rows) < limit; ++*from) {
		const struct trace_record *r = trace_at(context->trace, *from);
		if (is_chosen(c, r))
			json_array_append_new(rows, row_json(r, *from, mono_us, wall_ms));
	}
	return rows;
}

/* --- the command ---------------------------------------------------------------------------------------------------- */

struct follow {
	struct ask ask;
	struct choice choice;
	uint64_t next; /* that is told next */
	uint64_t learnt; /* up to there whom entries affect is known */
};

static void follow_done(struct ask *ask)
{
	choice_done(&((struct follow *)ask)->choice);
}

/* What is acknowledged is not heard of again. */
static void forget_ended(struct follow *f, uint64_t from, uint64_t to)
{
	for (; f->choice.entries && from < to; from++) {
		const struct trace_fact *fact = &trace_at(f->ask.context->trace, from)->fact;
		struct affecting *one =
			fact->step == TRACE_ACKED || fact->step == TRACE_DEAD ? find_entry(&f->choice, fact) : NULL;
		if (one)
			forget_entry(&f->choice, one);
	}
}

/* Whoever is too slow is told how many steps he missed, and goes on with the oldest that is there. */
static void look(struct ask *ask)
{
	struct follow *f = (struct follow *)ask;
	const struct trace *t = ask->context->trace;
	for (int line = 0; line < LINES_MAX && f->next < trace_end(t) && admin_has_room(ask->request); line++) {
		const uint64_t first = oldest(t), lost = f->next < first ? first - f->next : 0;
		f->next += lost;
		if (f->learnt < f->next)
			f->learnt = f->next;
		for (; f->learnt < trace_end(t); f->learnt++)
			learn(&f->choice, trace_at(t, f->learnt));
		const uint64_t from = f->next;
		json_t *rows = rows_json(&f->choice, ask->context, &f->next, ROWS_MAX);
		forget_ended(f, from, f->next);
		if (json_array_size(rows) > 0 || lost > 0) {
			json_t *step = json_pack("{s:O}", "events", rows);
			if (lost > 0)
				json_object_set_new(step, "lost", json_integer((json_int_t)lost));
			admin_progress(ask->request, step);
		}
		json_decref(rows);
	}
}

static void follow(struct admin_request *r, struct admin_context *c, struct choice *choice)
{
	struct follow *f = ask_new(r, c, sizeof(*f), follow_done);
	if (!f) {
		choice_done(choice);
		return;
	}
	f->choice = *choice;
	f->learnt = trace_end(c->trace);
	f->next = newest(choice, c->trace, (size_t)admin_int(r, "limit", SHOWN_AT_FIRST));
	if (ask_every(&f->ask, LOOK_MS, look))
		look(&f->ask);
}

static void events(struct admin_request *r, struct admin_context *c)
{
	struct choice choice = {.date = admin_date(r, "date", 0), .stream = admin_word(r, "type", -1)};
	if (!c->trace) {
		admin_error(r, CODE_REFUSED, "no steps are recorded, as the configuration has trace.records = 0");
		return;
	}
	if (admin_given(r, "player") && !admin_find_player(c, choice.date ? choice.date : admin_today(c),
						admin_text(r, "player"), choice.player)) {
		admin_unknown_player(r, c, choice.date ? choice.date : admin_today(c), admin_text(r, "player"));
		return;
	}
	const uint64_t first = oldest(c->trace);
	for (uint64_t n = first; n < trace_end(c->trace); n++)
		learn(&choice, trace_at(c->trace, n));
	if (admin_flag(r, "follow")) {
		follow(r, c, &choice);
		return;
	}
	const size_t limit = (size_t)admin_int(r, "limit", SHOWN);
	uint64_t from = newest(&choice, c->trace, limit);
	json_t *data = json_pack("{s:o}", "events", rows_json(&choice, c, &from, limit));
	if (trace_end(c->trace) > first) {
		const int64_t age_us = clock_mono_us(c->clock) - trace_at(c->trace, first)->fact.at_us;
		json_object_set_new(data, "since_ms", json_integer(clock_wall_ms(c->clock) - age_us / 1000));
	}
	choice_done(&choice);
	admin_reply(r, data);
}

static const struct admin_arg events_args[] = {
	{.name = "player", .type = ADMIN_NAME, .help = "only his, and of entries that affect him; name or lookup"},
	{.name = "date", .type = ADMIN_DATE, .help = "only of this game date"},
	{.name = "type", .type = ADMIN_WORD, .words = stream_names, .help = "only for entries of this stream"},
	{.name = "limit",
		.type = ADMIN_INT,
		.from = 1,
		.to = PROTOCOL_PAGE_MAX,
		.help = "the newest, 100; with follow those of before, 20"},
	{.name = "follow", .type = ADMIN_BOOL, .help = "and each that comes, as progress, until the client leaves"},
	{.name = NULL},
};

const struct admin_command admin_trace_commands[] = {
	{.name = "events",
		.role = ADMIN_ROLE_VIEW,
		.args = events_args,
		.handler = admin_dated,
		.dated = events,
		.help = "what happened of late, step by step"},
	{.name = NULL},
};
