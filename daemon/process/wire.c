#include "process/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "league/market.h"
#include "process/processor.h"

enum { CONCURRENCY_MAX = 256, TEXT_SHOWN = 80 };

/* --- the request -------------------------------------------------------------------------------------------------- */

static void key(struct str *s, const char *name)
{
	const char last = s->length > 0 ? s->data[s->length - 1] : '{';
	if (last != '{' && last != '[')
		str_char(s, ',');
	str_printf(s, "\"%s\":", name);
}

static void next(struct str *s)
{
	if (s->length > 0 && s->data[s->length - 1] != '[')
		str_char(s, ',');
}

static void text(struct str *s, const char *value)
{
	str_json(s, value, strlen(value));
}

static void member(struct str *s, const char *name, const char *value)
{
	if (!value[0])
		return;
	key(s, name);
	text(s, value);
}

static void number(struct str *s, const char *name, int64_t value)
{
	key(s, name);
	str_int(s, value);
}

static void stamp(struct str *s, const char *name, int64_t ms)
{
	char buffer[TIME_SIZE];
	if (ms > 0)
		member(s, name, time_format(ms, buffer));
}

static void truth(struct str *s, const char *name, int value)
{
	if (value < 0)
		return;
	key(s, name);
	str_text(s, value ? "true" : "false");
}

static void hundredths(struct str *s, const char *name, int32_t value)
{
	key(s, name);
	str_number(s, value / 100.0);
}

static void causes(struct str *s, const struct job *job)
{
	key(s, "causes");
	str_char(s, '[');
	for (size_t i = 0; i < job->cause_count; i++) {
		next(s);
		str_char(s, '{');
		member(s, "type", job->causes[i].type);
		member(s, "stream", job->causes[i].stream);
		member(s, "id", job->causes[i].id);
		str_char(s, '}');
	}
	str_char(s, ']');
}

static void quotes(struct str *s, const struct live *live)
{
	key(s, "quotes");
	str_char(s, '[');
	for (size_t i = 0; i < live->quote_count; i++) {
		const struct live_quote *q = &live->quotes[i];
		next(s);
		str_char(s, '{');
		member(s, "market", market_name(q->market));
		member(s, "book", q->book);
		hundredths(s, "line", q->line);
		if (q->over)
			number(s, "over", q->over);
		if (q->under)
			number(s, "under", q->under);
		truth(s, "alternate", q->alternate ? 1 : -1);
		str_char(s, '}');
	}
	str_char(s, ']');
}

static void figures(struct str *s, const char *name, const struct live_book_figure *list, size_t count)
{
	if (count == 0)
		return;
	key(s, name);
	str_char(s, '{');
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			str_char(s, ',');
		text(s, list[i].book);
		str_char(s, ':');
		str_number(s, list[i].value / 100.0);
	}
	str_char(s, '}');
}

static void people(struct str *s, const struct live *live)
{
	if (live->injury != INJURY_NONE) {
		key(s, "injury");
		str_char(s, '{');
		member(s, "status", injury_status_name(live->injury));
		member(s, "reason", live->injury_reason);
		str_char(s, '}');
	}
	key(s, "mates");
	str_char(s, '{');
	for (size_t i = 0; i < live->mate_count; i++) {
		if (i > 0)
			str_char(s, ',');
		text(s, live->mates[i].lookup);
		str_char(s, ':');
		text(s, injury_status_name(live->mates[i].status));
	}
	str_char(s, '}');
	truth(s, "starter", live->starter);
	if (!live->starters)
		return;
	truth(s, "lineup_confirmed", live->lineup_confirmed);
	key(s, "starters");
	str_char(s, '[');
	for (size_t i = 0; i < live->starter_count; i++) {
		next(s);
		text(s, live->starters[i]);
	}
	str_char(s, ']');
}

static void live_state(struct str *s, const struct live *live)
{
	key(s, "live");
	str_char(s, '{');
	people(s, live);
	quotes(s, live);
	figures(s, "totals", live->totals, live->total_count);
	figures(s, "spreads", live->spreads, live->spread_count);
	stamp(s, "tip", live->tip_ms);
	if (live->game_status != GAME_UNKNOWN)
		member(s, "game_status", game_status_name(live->game_status));
	str_char(s, '}');
}

/* JSON that may have been written over several lines: a line break in it is blank, for in a text it would be escaped. */
static void on_one_line(struct str *s, const char *name, const char *json, size_t length)
{
	key(s, name);
	const size_t from = s->length;
	str_bytes(s, json, length);
	for (size_t i = from; i < s->length; i++)
		if (s->data[i] == '\n' || s->data[i] == '\r')
			s->data[i] = ' ';
}

void wire_request(struct str *s, const struct job *job, int64_t deadline_ms)
{
	const struct live *live = job->live;
	char date[DATE_SIZE];
	uint32_t known = job->snapshot ? snapshot_player(job->snapshot, live->player, live->date) : NO_INDEX;

	str_text(s, "{\"v\":1");
	number(s, "id", job->number);
	member(s, "phase", phase_name(job->phase));
	member(s, "player_lookup", live->player);
	if (known != NO_INDEX)
		member(s, "player", job->snapshot->player[known].name);
	member(s, "game_date", date_format(live->date, date));
	member(s, "game_id", live->game_id);
	member(s, "team", live->team);
	member(s, "opponent", live->opponent);
	truth(s, "home", live->home);
	member(s, "priority", level_name(job->level));
	number(s, "attempt", job->attempt);
	number(s, "version", live->version);
	stamp(s, "deadline", deadline_ms);
	causes(s, job);
	member(s, "traceparent", job->traceparent ? job->traceparent : "");
	live_state(s, live);
	if (job->kept)
		on_one_line(s, "precompute", job->kept->bytes, job->kept->length);
	if (job->previous)
		on_one_line(s, "previous", job->previous, job->previous_length);
	str_text(s, "}\n");
}

/* What tells two messages apart. */
static void message_id(struct str *s, const struct job *job)
{
	char date[DATE_SIZE], id[LOOKUP_SIZE + 64];
	text_format(id, sizeof(id), "%s:%s:%s:%lld", phase_name(job->phase), date_format(job->live->date, date),
		job->live->player, (long long)job->live->version);
	member(s, "messageId", id);
	member(s, "message_id", id); /* both are sent, by Google too */
}

static void attributes(struct str *s, const struct job *job)
{
	char buffer[DATE_SIZE], version[24];
	key(s, "attributes");
	str_char(s, '{');
	member(s, "phase", phase_name(job->phase));
	member(s, "player_lookup", job->live->player);
	member(s, "game_date", date_format(job->live->date, buffer));
	member(s, "game_id", job->live->game_id);
	member(s, "priority", level_name(job->level));
	text_format(version, sizeof(version), "%lld", (long long)job->live->version);
	member(s, "version", version);
	member(s, "traceparent", job->traceparent ? job->traceparent : "");
	str_char(s, '}');
}

void wire_envelope(
	struct str *s, const struct job *job, const char *processor, const char *json, size_t length, int64_t now_ms)
{
	char subscription[128];
	str_text(s, "{\"message\":{\"data\":\"");
	str_base64(s, json, length);
	str_char(s, '"');
	attributes(s, job);
	message_id(s, job);
	stamp(s, "publishTime", now_ms);
	stamp(s, "publish_time", now_ms);
	str_char(s, '}');
	text_format(subscription, sizeof(subscription), "projects/propsd/subscriptions/%s", processor);
	member(s, "subscription", subscription);
	number(s, "deliveryAttempt", job->attempt);
	str_char(s, '}');
}

/* --- a look at a line: what its members are, without taking it apart ---------------------------------------------- */

struct scan {
	const char *at, *end;
};

static void blanks(struct scan *s)
{
	while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\r' || *s->at == '\n'))
		s->at++;
}

static bool take(struct scan *s, char c)
{
	blanks(s);
	if (s->at == s->end || *s->at != c)
		return false;
	s->at++;
	return true;
}

/* Behind the string that begins here; its bytes without quotes. */
static bool string(struct scan *s, struct scan *ret)
{
	if (!take(s, '"'))
		return false;
	ret->at = s->at;
	while (s->at < s->end && *s->at != '"')
		s->at += *s->at == '\\' && s->end - s->at > 1 ? 2 : 1;
	ret->end = s->at;
	return take(s, '"');
}

/* Behind the value that begins here, whatever it is; its bytes. */
static bool value(struct scan *s, struct scan *ret)
{
	struct scan ignored;
	unsigned depth = 0;

	blanks(s);
	ret->at = s->at;
	while (s->at < s->end) {
		const char c = *s->at;
		if (c == '"') {
			if (!string(s, &ignored))
				return false;
		} else if (c == '{' || c == '[') {
			depth++;
			s->at++;
		} else if ((c == '}' || c == ']' || c == ',') && depth == 0)
			break;
		else {
			depth -= c == '}' || c == ']';
			s->at++;
		}
		if (depth == 0 && (c == '"' || c == '}' || c == ']'))
			break;
	}
	ret->end = s->at;
	while (ret->end > ret->at && (ret->end[-1] == ' ' || ret->end[-1] == '\t'))
		ret->end--;
	return depth == 0 && ret->end > ret->at;
}

struct member {
	struct scan name, value;
};

/* The name of the next member of the object that is open; false: no more. Its value is next. */
static bool next_name(struct scan *s, bool first, struct scan *ret)
{
	return (first || take(s, ',')) && string(s, ret) && take(s, ':');
}

static bool next_member(struct scan *s, bool first, struct member *ret)
{
	return next_name(s, first, &ret->name) && value(s, &ret->value);
}

static bool is(const struct scan *name, const char *text)
{
	return (size_t)(name->end - name->at) == strlen(text) && memcmp(name->at, text, strlen(text)) == 0;
}

static const char *shown(const char *line, size_t length, char buffer[TEXT_SHOWN + 4])
{
	size_t n = length < TEXT_SHOWN ? length : TEXT_SHOWN;
	memcpy(buffer, line, n);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)buffer[i] < ' ' || (unsigned char)buffer[i] >= 0x7f)
			buffer[i] = '?';
	memcpy(buffer + n, n < length ? "..." : "", n < length ? 4 : 1);
	return buffer;
}

static int not_a_reply(struct err *err, const char *line, size_t length)
{
	char start[TEXT_SHOWN + 4];
	return err_set(err, -EINVAL,
		"wrote what is no reply on its standard output: \"%s\"; only replies may go there: print to standard "
		"error, or use propsd_worker.py",
		shown(line, length, start));
}

int wire_route(const char *line, size_t length, int64_t *ret_number, enum wire_kind *ret_kind, struct err *err)
{
	static const char *const kinds[] = {
		[WIRE_RESULT] = "result", [WIRE_ERROR] = "error", [WIRE_PROGRESS] = "progress"};
	struct scan s = {line, line + length};
	bool has_number = false, has_kind = false;
	struct member m;

	if (!take(&s, '{'))
		return not_a_reply(err, line, length);
	for (bool first = true; next_name(&s, first, &m.name); first = false) {
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
			if (is(&m.name, kinds[k])) {
				*ret_kind = (enum wire_kind)k;
				has_kind = true;
			}
		if ((has_number && has_kind) || !value(&s, &m.value)) /* a megabyte behind it need not be looked at */
			break;
		if (is(&m.name, "id")) {
			char digits[24], *end;
			size_t n = (size_t)(m.value.end - m.value.at);
			text_format(digits, sizeof(digits), "%.*s", (int)(n < sizeof(digits) ? n : 0), m.value.at);
			*ret_number = strtoll(digits, &end, 10);
			has_number = end != digits && *end == '\0';
		}
	}
	if (!has_number)
		return err_set(err, -EINVAL, "wrote a reply without an id: the request's own belongs there");
	if (!has_kind)
		return err_set(err, -EINVAL, "wrote a reply with none of result, error and progress");
	return 0;
}

/* --- hello, progress ---------------------------------------------------------------------------------------------- */

int wire_hello(const char *line, size_t length, struct wire_hello *ret, struct err *err)
{
	json_t *root = json_loadb(line, length, 0, NULL);
	const char *name = json_string_value(json_object_get(root, "hello"));
	const json_t *concurrency = json_object_get(root, "concurrency"), *most = json_object_get(root, "max_line"),
		     *v = json_object_get(root, "v");
	const json_int_t many = concurrency ? json_integer_value(concurrency) : 1;
	int r = 0;

	if (!name)
		r = not_a_reply(err, line, length);
	else if (!json_is_integer(v) || json_integer_value(v) != 1)
		r = err_set(err, -EINVAL, "says hello with another \"v\" than 1, which is what this propsd speaks");
	else if (many < 1 || many > CONCURRENCY_MAX)
		r = err_set(err, -EINVAL, "says hello with a concurrency that is no whole number from 1 to %d",
			CONCURRENCY_MAX);
	else if (most && json_integer_value(most) < 1024)
		r = err_set(err, -EINVAL, "says hello with a max_line that is no whole number from 1024 on");
	else {
		text_format(ret->name, sizeof(ret->name), "%s", name);
		ret->concurrency = (unsigned)many;
		ret->max_line = most ? (size_t)json_integer_value(most) : SIZE_MAX;
	}
	json_decref(root);
	return r;
}

bool wire_progress(const char *line, size_t length, double *ret_share, char *note, size_t size)
{
	json_t *root = json_loadb(line, length, 0, NULL);
	const json_t *share = json_object_get(root, "progress");
	const char *said = json_string_value(json_object_get(root, "note"));
	const bool good = json_is_number(share) && json_number_value(share) >= 0 && json_number_value(share) <= 1;
	if (good) {
		*ret_share = json_number_value(share);
		text_format(note, size, "%s", said ? said : "");
	}
	json_decref(root);
	return good;
}

/* --- the result, on a worker -------------------------------------------------------------------------------------- */

static int fail(struct job *job, bool permanent, const char *format, ...) __attribute__((format(printf, 3, 4)));

static int fail(struct job *job, bool permanent, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(job->error, sizeof(job->error), format, arguments);
	va_end(arguments);
	job->permanent = permanent;
	return -EPROTO;
}

static int take_error(struct job *job, const json_t *root)
{
	const char *why = json_string_value(json_object_get(root, "error"));
	const json_t *permanent = json_object_get(root, "permanent");
	if (!why)
		return fail(job, true, "its reply has an \"error\" that is no text");
	if (permanent && !json_is_boolean(permanent))
		return fail(job, true, "its reply has a \"permanent\" that is neither true nor false (error: %s)", why);
	return fail(job, json_is_true(permanent), "%s", why[0] ? why : "it failed without a word");
}

/* What the result may say again, but not otherwise. */
static int check_identity(struct job *job, const json_t *result)
{
	char date[DATE_SIZE];
	const struct {
		const char *name, *value;
	} same[] = {
		{"player_lookup", job->live->player},
		{"game_date", date_format(job->live->date, date)},
		{"game_id", job->live->game_id},
		{"team", job->live->team},
		{"opponent", job->live->opponent},
	};
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		const json_t *said = json_object_get(result, same[i].name);
		if (!said || json_is_null(said))
			continue;
		if (!json_is_string(said) || strcmp(json_string_value(said), same[i].value) != 0)
			return fail(job, true, "its result has %s %s%.64s%s where the request has \"%s\"", same[i].name,
				json_is_string(said) ? "\"" : "",
				json_is_string(said) ? json_string_value(said) : "of another type",
				json_is_string(said) ? "\"" : "", same[i].value);
	}
	return 0;
}

/* And what is ours to say. */
static int check_keys(struct job *job, const json_t *result)
{
	static const char *const ours[] = {"attempt", "causes", "generated_at", "phases", "processor", "version"};
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (json_object_get(result, ours[i]))
			return fail(
				job, true, "its result has a key \"%s\", which is propsd's own: leave it out", ours[i]);
	return check_identity(job, result);
}

static bool find(const struct str *line, const char *name, struct scan *ret)
{
	struct scan s = {line->data, line->data + line->length};
	struct member m;
	if (!take(&s, '{'))
		return false;
	for (bool first = true; next_member(&s, first, &m); first = false)
		if (is(&m.name, name)) {
			*ret = m.value;
			return true;
		}
	return false;
}

static int by_name(const void *a, const void *b)
{
	const struct report_member *x = a, *y = b;
	size_t least = x->name_length < y->name_length ? x->name_length : y->name_length;
	int order = memcmp(x->name, y->name, least);
	return order ? order : (x->name_length > y->name_length) - (x->name_length < y->name_length);
}

/* The user's own values go in as they came, byte for byte: a number read and written again may be another. */
static int wrap_it(struct job *job, const char *processor, struct scan whole)
{
	const struct report_input input = {
		.live = job->live,
		.snapshot = job->snapshot,
		.precompute = job->precompute,
		.processor = processor,
		.causes = job->causes,
		.cause_count = job->cause_count,
		.attempt = job->attempt,
		.generated_at_ms = clock_wall_ms(clock_system()),
	};
	size_t count = 0, room = 0;
	struct report_member *members = NULL;
	struct member m;

	take(&whole, '{');
	for (bool first = true; next_member(&whole, first, &m); first = false) {
		if (count == room) {
			struct report_member *more = realloc(members, (room = room * 2 + 32) * sizeof(*members));
			if (!more) {
				free(members);
				return -ENOMEM;
			}
			members = more;
		}
		members[count++] = (struct report_member){
			.name = m.name.at,
			.name_length = (size_t)(m.name.end - m.name.at),
			.value = m.value.at,
			.value_length = (size_t)(m.value.end - m.value.at),
		};
	}
	if (count > 0)
		qsort(members, count, sizeof(*members), by_name);
	report_wrap(&job->report, &input, members, count);
	free(members);
	return job->report.failed ? -ENOMEM : 0;
}

/* Bad figures must fail the run that made them, and not every report after it. */
static int take_output(struct job *job, json_t *result, struct scan whole)
{
	struct err err = {0};
	int r;

	if (!json_is_object(result))
		return fail(job, true, "its result is no object, which the output of precompute must be");
	r = check_identity(job, result);
	if (r < 0)
		return r;
	r = foreign_read(result, &job->made, &err);
	if (r < 0)
		return fail(job, r != -ENOMEM, "%s", err.text);
	str_bytes(&job->report, whole.at, (size_t)(whole.end - whole.at));
	return job->report.failed ? -ENOMEM : 0;
}

static int take_result(struct job *job, const char *processor, bool wrap, json_t *result, struct scan whole)
{
	int r;

	str_clear(&job->report);
	if (job->phase == PHASE_PRECOMPUTE)
		r = take_output(job, result, whole);
	else if (!wrap) {
		str_bytes(&job->report, whole.at, (size_t)(whole.end - whole.at));
		r = job->report.failed ? -ENOMEM : 0;
	} else if (!json_is_object(result))
		return fail(job, true, "its result is %s, but a report is an object",
			json_is_array(result)    ? "a list"
			: json_is_string(result) ? "a text"
			: json_is_null(result)   ? "null"
						 : "a number or a truth value");
	else {
		r = check_keys(job, result);
		if (r == 0)
			r = wrap_it(job, processor, whole);
	}
	if (r == -ENOMEM)
		text_format(job->error, sizeof(job->error), "no memory for the report");
	return r;
}

/* In figures that are computed with an integer is one, and has its bounds; in what is passed on it may have any length.
 * NULL: it cannot be read, job->error says why. */
static json_t *read_reply(struct job *job, bool whole_is_result)
{
	const size_t flags = job->phase == PHASE_PRECOMPUTE
				     ? JSON_REJECT_DUPLICATES
				     : JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL;
	json_error_t why;
	json_t *root = json_loadb(job->answer.data, job->answer.length, flags, &why);
	struct foreign *foreign = NULL;
	struct scan result = {job->answer.data, job->answer.data + job->answer.length};
	struct err err = {0};
	int r = 0;

	if (root)
		return root;
	if (job->phase == PHASE_PRECOMPUTE && (whole_is_result || find(&job->answer, "result", &result)))
		r = foreign_parse(result.at, (size_t)(result.end - result.at), &foreign, &err);
	foreign_free(foreign);
	if (r < 0)
		fail(job, r != -ENOMEM, "%s", err.text); /* which says at which key */
	else
		fail(job, true, "its reply is no JSON: %s at byte %d", why.text, why.position);
	return NULL;
}

int wire_finish(struct job *job, const char *processor, bool wrap)
{
	json_t *root = read_reply(job, false);
	struct scan result;
	int r;
	if (!root)
		return -EPROTO;
	if (json_object_get(root, "error"))
		r = take_error(job, root);
	else if (!find(&job->answer, "result", &result))
		r = fail(job, true, "its reply cannot be read"); /* a name written with escapes */
	else
		r = take_result(job, processor, wrap, json_object_get(root, "result"), result);
	json_decref(root);
	return r;
}

int wire_finish_result(struct job *job, const char *processor, bool wrap)
{
	json_t *root = read_reply(job, true);
	struct scan result = {job->answer.data, job->answer.data + job->answer.length};
	int r;
	if (!root)
		return -EPROTO;
	blanks(&result);
	while (result.end > result.at && strchr(" \t\r\n", result.end[-1]))
		result.end--;
	r = take_result(job, processor, wrap, root, result);
	json_decref(root);
	return r;
}
