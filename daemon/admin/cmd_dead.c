/*
 * Dead letters: what was given up, another try, and away with them.
 *
 * They stand in Redis, a hundred thousand of them maybe. So all that reads them goes through them page by page, a page
 * after the other is dealt with, small enough that neither Redis nor the loop is held up; what is done is done letter by
 * letter, each in a step of its own. The last letter to be looked at is fixed at the beginning: one that is retried and
 * dies again is not met a second time.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "admin/areas.h"
#include "admin/ask.h"
#include "admin/context.h"
#include "admin/letter.h"
#include "admin/names.h"
#include "admin/request.h"
#include "base/str.h"
#include "delivery/delivery.h"

enum {
	LIST_DEFAULT = 20,
	LIST_BYTES_MAX = PROTOCOL_REPLY_MAX / 4, /* of letters' texts: escaped and with names they take more */
	PAGE_FIRST = 16, /* letters; then by how long they are */
	PAGE_MOST = 128,
	PAGE_BYTES = 128 * 1024,
	PROGRESS_US = 100000,
};
#define OLDER_MAX_US (3660LL * 86400 * 1000000)

enum scan_what { SCAN_LIST, SCAN_SHOW, SCAN_RETRY, SCAN_DROP };

#define PLACE_SIZE (STREAM_ID_SIZE + 1) /* an id, or "(" and one */

struct scan {
	struct ask ask;
	enum scan_what what;
	bool one; /* a letter that was named */
	bool dry_run;
	bool counts; /* all of them are meant: how many there are is asked of Redis */
	struct letter_filter filter;
	char from[PLACE_SIZE], to[PLACE_SIZE];
	unsigned page; /* letters that are asked for at once */
	bool last; /* this page is */
	size_t limit; /* 0: none */
	size_t matched, done, total;
	bool more; /* there are others, beyond the limit */
	json_t *letters; /* rows: of a list, of a dry run, of one */
	size_t bytes; /* of them */
	json_t *left; /* letters that could not be retried, and why; the first of them */
	size_t left_count;
	unsigned acts; /* answers of this page that are awaited */
	int64_t progress_us; /* when the client is told next */
	char entry[STREAM_ID_SIZE]; /* of the letter retried last */
};

static void scan_done(struct ask *ask)
{
	struct scan *s = (struct scan *)ask;
	json_decref(s->letters);
	json_decref(s->left);
}

static const char *done_word(const struct scan *s)
{
	return s->what == SCAN_RETRY ? "retried" : "dropped";
}

/* As ask_answered(), and where something was done before it is told, too. */
static bool scan_answered(struct scan *s, const struct value *reply)
{
	struct ask *ask = &s->ask;
	char before[80] = "";
	if (s->done == 0)
		return ask_answered(ask, reply);
	if (!ask_came(ask))
		return false;
	if (reply && !value_is_error(reply))
		return true;
	text_format(before, sizeof(before), "%zu letter%s %s before", s->done, s->done == 1 ? " was" : "s were",
		done_word(s));
	json_t *data = json_pack("{s:I}", done_word(s), (json_int_t)s->done);
	if (!reply)
		ask_error_data(ask, CODE_UNAVAILABLE, data, "Redis cannot be reached: %s; %s",
			delivery_state(ask->context->delivery), before);
	else
		ask_error_data(
			ask, CODE_FAILED, data, "Redis refused: %.*s; %s", (int)reply->length, reply->text, before);
	return false;
}

/* --- the reply -------------------------------------------------------------------------------------------------- */

static json_t *list_reply(const struct scan *s)
{
	const size_t shown = json_array_size(s->letters);
	json_t *data = json_pack("{s:O}", "letters", s->letters);
	const bool beyond = s->counts && s->total > shown;
	if (s->dry_run) {
		json_object_set_new(data, "dry_run", json_true());
		json_object_set_new(data, "matched", json_integer((json_int_t)s->matched));
	}
	if (beyond)
		json_object_set_new(data, "total", json_integer((json_int_t)s->total));
	if (s->more || beyond)
		json_object_set_new(data, "more", json_true());
	return data;
}

static json_t *acted_reply(const struct scan *s)
{
	json_t *data = json_pack("{s:I, s:I, s:b}", "matched", (json_int_t)s->matched, done_word(s),
		(json_int_t)s->done, "more", (int)s->more);
	if (s->what == SCAN_RETRY) {
		json_object_set_new(data, "left", json_integer((json_int_t)s->left_count));
		json_object_set(data, "failures", s->left);
	}
	return data;
}

/* Of the letter that was named. */
static void reply_one(struct scan *s)
{
	const json_t *failure = json_array_get(s->left, 0);
	if (s->matched == 0)
		ask_error(&s->ask, CODE_NOT_FOUND, "there is no dead letter %s", s->from);
	else if (failure)
		ask_error(&s->ask, CODE_REFUSED, "letter %s stays: %s", s->from,
			json_string_value(json_object_get(failure, "error")));
	else if (s->what == SCAN_SHOW)
		ask_reply(&s->ask, json_incref(json_array_get(s->letters, 0)));
	else if (s->what == SCAN_RETRY)
		ask_reply(&s->ask, json_pack("{s:s, s:s}", "letter", s->from, "entry", s->entry));
	else
		ask_reply(&s->ask, json_pack("{s:I}", "dropped", (json_int_t)s->done));
}

static void scan_end(struct scan *s)
{
	if (s->one && (!s->dry_run || s->matched == 0))
		reply_one(s);
	else
		ask_reply(&s->ask, s->what == SCAN_LIST || s->dry_run ? list_reply(s) : acted_reply(s));
}

/* --- what is done with a letter --------------------------------------------------------------------------------- */

static void send_page(struct scan *s);

/* After the last answer of a page. */
static void go_on(struct scan *s)
{
	const int64_t now_us = clock_mono_us(s->ask.context->clock);
	if (s->acts > 0 || !s->ask.request)
		return;
	if (s->last) {
		scan_end(s);
		return;
	}
	if (now_us >= s->progress_us && s->what > SCAN_SHOW && !s->dry_run) {
		admin_progress(s->ask.request, json_pack("{s:I}", done_word(s), (json_int_t)s->done));
		s->progress_us = now_us + PROGRESS_US;
	}
	send_page(s);
}

/* A row of the reply; false: it would get too long, or has enough of them. */
static bool keep_row(struct scan *s, const struct value *letter)
{
	if (s->bytes >= LIST_BYTES_MAX || (s->dry_run && json_array_size(s->letters) >= LIST_DEFAULT))
		return false;
	json_array_append_new(s->letters, letter_json(letter));
	s->bytes += letter_bytes(letter);
	return true;
}

struct tried {
	struct scan *scan;
	char id[STREAM_ID_SIZE];
};

static void leave(struct scan *s, const char *id, int64_t fields)
{
	char why[120] = "its entry is not in its stream any more, and the letter does not hold all of it";
	if (fields > 0)
		text_format(why, sizeof(why),
			"its entry has %" PRId64 " fields, more than any that can be used: it would only come back",
			fields);
	if (json_array_size(s->left) < LIST_DEFAULT)
		json_array_append_new(s->left, json_pack("{s:s, s:s}", "letter", id, "error", why));
	s->left_count++;
}

static void on_retried(void *arg, const struct value *reply)
{
	struct tried *t = arg;
	struct scan *s = t->scan;
	char id[STREAM_ID_SIZE];
	text_format(id, sizeof(id), "%s", t->id);
	free(t);
	s->acts--;
	if (!scan_answered(s, reply))
		return;
	if (reply->type == VALUE_INTEGER)
		leave(s, id, value_int(reply));
	else if (!value_is_text(reply))
		s->matched--; /* somebody else was quicker */
	else {
		s->done++;
		text_format(s->entry, sizeof(s->entry), "%s", value_text(reply));
	}
	go_on(s);
}

static void send_retry(struct scan *s, const struct value *letter)
{
	struct tried *t = malloc(sizeof(*t));
	struct letter_retry r = {0};
	if (!t || !letter_retry_init(&r, letter)) {
		free(t);
		ask_error(&s->ask, CODE_INTERNAL, "out of memory");
		return;
	}
	t->scan = s;
	text_format(t->id, sizeof(t->id), "%s", letter_id(letter));
	s->acts++;
	ask_sends(&s->ask);
	delivery_dead_retry(s->ask.context->delivery, &r.retry, on_retried, t);
	letter_retry_done(&r);
}

static void on_dropped(void *arg, const struct value *reply)
{
	struct scan *s = arg;
	s->acts--;
	if (!scan_answered(s, reply))
		return;
	s->done += (size_t)value_int(reply);
	go_on(s);
}

static void send_drop(struct scan *s, const char *const *ids, size_t count)
{
	s->acts++;
	ask_sends(&s->ask);
	delivery_dead_drop(s->ask.context->delivery, ids, count, on_dropped, s);
}

/* --- page by page ----------------------------------------------------------------------------------------------- */

/* One letter; false: no further one is wanted. `drop`: ids to be taken away with the page. */
static bool look_at(struct scan *s, const struct value *letter, const char **drop, size_t *drop_count)
{
	if (!letter_matches(&s->filter, letter))
		return true;
	if (s->limit > 0 && s->matched == s->limit) {
		s->more = true;
		return false;
	}
	if (s->what <= SCAN_SHOW && !keep_row(s, letter)) {
		s->more = true;
		return false;
	}
	s->matched++;
	if (s->dry_run)
		keep_row(s, letter);
	else if (s->what == SCAN_RETRY)
		send_retry(s, letter);
	else if (s->what == SCAN_DROP)
		drop[(*drop_count)++] = letter_id(letter);
	return s->ask.request != NULL;
}

static void size_page(struct scan *s, size_t bytes)
{
	if (bytes > PAGE_BYTES)
		s->page = s->page > 1 ? s->page / 2 : 1;
	else if (bytes < PAGE_BYTES / 2 && s->page < PAGE_MOST)
		s->page *= 2;
}

static void on_page(void *arg, const struct value *reply)
{
	struct scan *s = arg;
	const char *drop[PAGE_MOST];
	size_t drop_count = 0, bytes = 0;
	if (!scan_answered(s, reply))
		return;
	const size_t count = reply->type == VALUE_ARRAY && reply->count < s->page ? reply->count : s->page;
	s->last = s->one || count < s->page;
	if (!s->last)
		text_format(s->from, sizeof(s->from), "(%s", letter_id(value_at(reply, count - 1)));
	ask_sends(&s->ask); /* an answer may come from inside, and end it */
	for (size_t i = 0; i < count; i++) {
		const struct value *letter = value_at(reply, i);
		bytes += letter_bytes(letter);
		if (!look_at(s, letter, drop, &drop_count)) {
			s->last = true;
			break;
		}
	}
	if (s->ask.request && drop_count > 0)
		send_drop(s, drop, drop_count);
	if (!ask_came(&s->ask))
		return;
	size_page(s, bytes);
	/* All of a list without a filter are shown. */
	s->last |= s->what == SCAN_LIST && s->counts && s->matched == s->limit;
	go_on(s);
}

static void send_page(struct scan *s)
{
	if (s->what == SCAN_LIST && s->counts && s->page > s->limit - s->matched)
		s->page = (unsigned)(s->limit - s->matched);
	ask_sends(&s->ask);
	delivery_dead_range(s->ask.context->delivery, s->what == SCAN_LIST, s->from, s->to, s->page, on_page, s);
}

static void on_count(void *arg, const struct value *reply)
{
	struct scan *s = arg;
	if (!scan_answered(s, reply))
		return;
	s->total = (size_t)value_int(reply);
	send_page(s);
}

/* Where to stop: at the newest letter of now, or before. */
static void on_newest(void *arg, const struct value *reply)
{
	struct scan *s = arg;
	struct stream_id newest, end;
	if (!scan_answered(s, reply))
		return;
	if (!stream_id_parse(letter_id(value_at(reply, 0)), &newest)) {
		scan_end(s); /* there is none */
		return;
	}
	if (!stream_id_parse(s->to, &end) || stream_id_compare(newest, end) < 0)
		stream_id_format(newest, s->to);
	send_page(s);
}

/* --- requests --------------------------------------------------------------------------------------------------- */

/* Names the scan's end that is by time: letters are as old as their ids say. False: the request was ended. */
static bool read_older(struct admin_request *r, struct admin_context *c, char place[PLACE_SIZE])
{
	const int64_t until_ms = delivery_redis_ms(c->delivery) - admin_duration_us(r, "older", 0) / 1000;
	if (!admin_given(r, "older"))
		return true;
	if (until_ms <= 0) {
		admin_error(r, CODE_BAD_ARGUMENT, "argument \"older\" of \"%s\" leads to before 1970",
			admin_request_command(r)->name);
		return false;
	}
	text_format(place, PLACE_SIZE, "%" PRId64 "-%" PRIu64, until_ms, UINT64_MAX);
	return true;
}

static const char *const filters[] = {"reason", "stream", "player", "older", NULL};

/* Returns how many filters there are; -1: the request was ended. */
static int read_filter(struct admin_request *r, struct admin_context *c, struct scan *s)
{
	const int reason = admin_word(r, "reason", -1), stream = admin_word(r, "stream", -1);
	const char *player = admin_text(r, "player");
	int count = 0;
	for (size_t i = 0; filters[i]; i++)
		count += admin_given(r, filters[i]);
	s->filter.reason = reason >= 0 ? metrics_reasons[reason] : NULL;
	s->filter.stream = stream >= 0 ? delivery_stream_key(c->delivery, (enum stream)stream) : NULL;
	if (player) {
		text_format(s->filter.player, sizeof(s->filter.player), "%s", player);
		admin_find_player(c, admin_today(c), player, s->filter.known);
	}
	return read_older(r, c, s->what == SCAN_LIST ? s->from : s->to) ? count : -1;
}

/* The one letter that is named, if one is; false: the request was ended. `dead-drop` takes "all" in its place. */
static bool read_letter(struct admin_request *r, struct scan *s, bool *ret_all)
{
	const char *text = admin_text(r, "letter");
	struct stream_id id;
	if (text && s->what == SCAN_DROP && strcmp(text, "all") == 0) {
		*ret_all = true;
		return true;
	}
	if (!text)
		return true;
	if (!stream_id_parse(text, &id)) {
		admin_error(r, CODE_BAD_ARGUMENT,
			"argument \"letter\" of \"%s\" is \"%s\"; it must be a letter's id, such as 1763337600123-0%s",
			admin_request_command(r)->name, text, s->what == SCAN_DROP ? ", or all" : "");
		return false;
	}
	stream_id_format(id, s->from);
	stream_id_format(id, s->to);
	s->one = true;
	return true;
}

/* Makes the scan of the plan; NULL: the request was ended. */
static struct scan *scan_new(struct admin_request *r, struct admin_context *c, const struct scan *plan)
{
	struct scan *s = ask_new(r, c, sizeof(*s), scan_done);
	if (!s)
		return NULL;
	const struct ask ask = s->ask;
	*s = *plan;
	s->ask = ask;
	s->page = s->one ? 1 : PAGE_FIRST;
	s->letters = json_array();
	s->left = json_array();
	return s;
}

static void dead_list(struct admin_request *r, struct admin_context *c)
{
	struct scan plan = {.what = SCAN_LIST, .from = "+", .to = "-"};
	const int given = read_filter(r, c, &plan);
	plan.limit = (size_t)admin_int(r, "limit", LIST_DEFAULT);
	plan.counts = given == 0;
	struct scan *s = given >= 0 ? scan_new(r, c, &plan) : NULL;
	if (!s)
		return;
	if (!s->counts) {
		send_page(s);
		return;
	}
	ask_sends(&s->ask);
	delivery_dead_count(c->delivery, on_count, s);
}

static void dead_show(struct admin_request *r, struct admin_context *c)
{
	struct scan plan = {.what = SCAN_SHOW};
	bool all;
	struct scan *s = read_letter(r, &plan, &all) ? scan_new(r, c, &plan) : NULL;
	if (s)
		send_page(s);
}

static void act(struct admin_request *r, struct admin_context *c, enum scan_what what)
{
	struct scan plan = {.what = what, .from = "-", .dry_run = admin_flag(r, "dry_run")};
	const int given = read_filter(r, c, &plan);
	bool all = admin_flag(r, "all");
	if (given < 0 || !read_letter(r, &plan, &all))
		return;
	if (plan.one + all + (given > 0) != 1) {
		admin_error(r, CODE_BAD_ARGUMENT,
			"\"%s\" wants a letter's id, or at least one of reason, stream, player and older, or all; %s",
			admin_request_command(r)->name,
			plan.one || given > 0 || all ? "more than one of these is given" : "none is given");
		return;
	}
	plan.limit = (size_t)admin_int(r, "limit", 0);
	struct scan *s = scan_new(r, c, &plan);
	if (!s)
		return;
	if (s->dry_run)
		admin_audit(r, NULL);
	if (s->one) {
		send_page(s);
		return;
	}
	ask_sends(&s->ask);
	delivery_dead_range(c->delivery, true, "+", "-", 1, on_newest, s);
}

static void dead_retry(struct admin_request *r, struct admin_context *c)
{
	act(r, c, SCAN_RETRY);
}

static void dead_drop(struct admin_request *r, struct admin_context *c)
{
	act(r, c, SCAN_DROP);
}

#define WHICH \
	{.name = "reason", .type = ADMIN_WORD, .words = metrics_reasons, .help = "only with this reason"}, \
		{.name = "stream", .type = ADMIN_WORD, .words = stream_names, .help = "only entries of this stream"}, \
		{.name = "player", .type = ADMIN_NAME, .help = "only whom the letter or its entry names"}, \
	{ \
		.name = "older", .type = ADMIN_DURATION, .from = 0, .to = OLDER_MAX_US, \
		.help = "only letters that were written so long ago" \
	}

static const struct admin_arg dead_list_args[] = {
	{.name = "limit", .type = ADMIN_INT, .from = 1, .to = PROTOCOL_PAGE_MAX, .help = "at most so many, else 20"},
	WHICH,
	{.name = NULL},
};
static const struct admin_arg dead_show_args[] = {
	{.name = "letter", .type = ADMIN_TEXT, .required = true, .help = "its id"},
	{.name = NULL},
};
#define ACT(letter_help) \
	{.name = "letter", .type = ADMIN_TEXT, .help = letter_help}, WHICH, \
		{.name = "all", .type = ADMIN_BOOL, .help = "all letters"}, \
		{.name = "limit", .type = ADMIN_INT, .from = 1, .to = 1000000, .help = "at most so many"}, \
		{.name = "dry_run", .type = ADMIN_BOOL, .help = "only says which they are"}, \
	{ \
		.name = NULL \
	}
static const struct admin_arg dead_retry_args[] = {ACT("its id")};
static const struct admin_arg dead_drop_args[] = {ACT("its id, or all")};

const struct admin_command admin_dead_commands[] = {
	{.name = "dead-list",
		.role = ADMIN_ROLE_VIEW,
		.args = dead_list_args,
		.handler = dead_list,
		.help = "dead letters, newest first"},
	{.name = "dead-show",
		.role = ADMIN_ROLE_VIEW,
		.args = dead_show_args,
		.handler = dead_show,
		.help = "all of a dead letter"},
	{.name = "dead-retry",
		.role = ADMIN_ROLE_OPERATE,
		.changes = true,
		.args = dead_retry_args,
		.handler = dead_retry,
		.help = "make dead letters entries again"},
	{.name = "dead-drop",
		.role = ADMIN_ROLE_OPERATE,
		.changes = true,
		.args = dead_drop_args,
		.handler = dead_drop,
		.help = "take dead letters away"},
	{.name = NULL},
};
