/*
 * The shape of the document is the order of the calls below: keys are written in sorted order by hand, so
 * nothing is built, sorted or looked up. Bytes gather in a small buffer on the stack and go to the string in
 * pieces, because one call an append into another library would cost more than all the rest. A text that
 * needs no escape, which is nearly every one, is copied; any other takes the slow way through str_json().
 */
#include "report/report.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "league/market.h"

#define BUFFER_SIZE 2048

struct writer {
	struct str *out;
	bool first; /* nothing stands yet in the object or list that is open */
	size_t used;
	char buffer[BUFFER_SIZE];
};

/* Markets and stages in the order of their names. */
static const enum market market_order[MARKET_COUNT] = {
	MARKET_ASSISTS,
	MARKET_BLOCKS,
	MARKET_PA,
	MARKET_POINTS,
	MARKET_PR,
	MARKET_PRA,
	MARKET_RA,
	MARKET_REBOUNDS,
	MARKET_STEALS,
	MARKET_THREES,
	MARKET_TURNOVERS,
};
static const enum stage stage_order[STAGE_COUNT] = {
	STAGE_CONTEXT,
	STAGE_MARKET,
	STAGE_PRICING,
	STAGE_PROJECTION,
	STAGE_SIMILARITY,
};
static const char *const recommendations[] = {[PASS] = "PASS", [OVER] = "OVER", [UNDER] = "UNDER"};

static void flush(struct writer *w)
{
	str_bytes(w->out, w->buffer, w->used);
	w->used = 0;
}

/* Room for `size` bytes, at most BUFFER_SIZE; the caller adds to `used` what it wrote. */
static inline char *room(struct writer *w, size_t size)
{
	if (w->used + size > BUFFER_SIZE)
		flush(w);
	return w->buffer + w->used;
}

static inline void put(struct writer *w, const char *bytes, size_t size)
{
	memcpy(room(w, size), bytes, size);
	w->used += size;
}

#define PUT(w, literal) put(w, literal, sizeof(literal) - 1)

static inline void comma(struct writer *w)
{
	if (!w->first)
		PUT(w, ",");
	w->first = false;
}

/* A key of ours: a literal that needs no escape. */
#define KEY(w, literal) (comma(w), PUT(w, "\"" literal "\":"))

static inline void open_with(struct writer *w, char bracket)
{
	put(w, &bracket, 1);
	w->first = true;
}

static inline void close_with(struct writer *w, char bracket)
{
	put(w, &bracket, 1);
	w->first = false;
}

/* Whether a byte stands in a JSON string as it is; the NUL at the end of a text does not. */
static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c != '"' && c != '\\' && c != 0x7f;
}

#define TEXT_FAST 256 /* longer ones are rare: no value on the wire has more bytes */

static void text(struct writer *w, const char *bytes)
{
	char *to = room(w, TEXT_FAST + 2);
	size_t n = 0;

	*to++ = '"';
	while (n < TEXT_FAST && is_plain((unsigned char)bytes[n])) {
		to[n] = bytes[n];
		n++;
	}
	if (bytes[n] != '\0') {
		flush(w);
		str_json(w->out, bytes, strlen(bytes));
		return;
	}
	to[n] = '"';
	w->used += n + 2;
}

#define DIGITS_MAX 20

static const char pairs[] = "00010203040506070809101112131415161718192021222324"
			    "25262728293031323334353637383940414243444546474849"
			    "50515253545556575859606162636465666768697071727374"
			    "75767778798081828384858687888990919293949596979899";

/* Writes the digits of a number at `to`; returns the place behind them. */
static inline char *digits(char *to, uint64_t number)
{
	char reversed[DIGITS_MAX], *from = reversed + DIGITS_MAX;

	while (number >= 100) {
		from -= 2;
		memcpy(from, pairs + number % 100 * 2, 2);
		number /= 100;
	}
	/* Most numbers are this small. */
	if (number >= 10) {
		memcpy(to, pairs + number * 2, 2);
		to += 2;
	} else {
		*to++ = (char)('0' + number);
	}
	size_t rest = (size_t)(reversed + DIGITS_MAX - from);
	if (rest > 0)
		memcpy(to, from, rest);
	return to + rest;
}

static void whole(struct writer *w, int64_t number)
{
	char *from = room(w, DIGITS_MAX + 1), *to = from;

	if (number < 0)
		*to++ = '-';
	to = digits(to, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
	w->used += (size_t)(to - from);
}

/* A number given in ten-thousandths. */
static void ten_thousandths(struct writer *w, int64_t number)
{
	char *from = room(w, DIGITS_MAX + 6), *to = from;
	uint64_t size = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
	uint32_t fraction = (uint32_t)(size % 10000), high = fraction / 100, low = fraction % 100;

	if (number < 0)
		*to++ = '-';
	to = digits(to, size / 10000);
	if (fraction > 0) {
		*to++ = '.';
		memcpy(to, pairs + high * 2, 2);
		memcpy(to + 2, pairs + low * 2, 2);
		to += low > 0 ? 4 : 2;
		if (to[-1] == '0')
			to--;
	}
	w->used += (size_t)(to - from);
}

static void number(struct writer *w, double value)
{
	/* Beyond this a double no longer holds 1e-4 exactly enough; no figure of ours comes near. */
	assert(fabs(value) < 1e10);
	ten_thousandths(w, llrint(value * 10000));
}

static void fingerprint(struct writer *w, struct fingerprint f)
{
	char hex[FINGERPRINT_SIZE];

	text(w, fingerprint_hex(f, hex));
}

static void date(struct writer *w, date_t day)
{
	char buffer[DATE_SIZE];

	text(w, date_format(day, buffer));
}

/* With milliseconds always, so that every report's stamp has one form. */
static void stamp(struct writer *w, int64_t ms)
{
	char buffer[TIME_SIZE];
	int64_t part = ms % 1000;
	char fraction[] = {
		'.', (char)('0' + part / 100), (char)('0' + part / 10 % 10), (char)('0' + part % 10), 'Z', '"'};
	const char *seconds = time_format(ms - part, buffer);

	PUT(w, "\"");
	put(w, seconds, strlen(seconds) - 1);
	put(w, fraction, sizeof(fraction));
}

static const char *status_of(const struct report_input *in)
{
	const struct live *live = in->live;

	if (live->game_status == GAME_POSTPONED || live->game_status == GAME_CANCELLED)
		return "withdrawn";
	if (live->injury == INJURY_OUT)
		return "out";
	if (in->result && !in->result->has_history)
		return in->result->foreign ? "no_projection" : "no_history";
	return "ok";
}

bool report_withdraws(const struct live *live)
{
	return live->game_status == GAME_POSTPONED || live->game_status == GAME_CANCELLED || live->injury == INJURY_OUT;
}

static void causes(struct writer *w, const struct report_cause *cause, size_t count)
{
	open_with(w, '[');
	for (size_t i = 0; i < count; i++) {
		comma(w);
		PUT(w, "{\"id\":");
		text(w, cause[i].id);
		PUT(w, ",\"stream\":");
		text(w, cause[i].stream);
		PUT(w, ",\"type\":");
		text(w, cause[i].type);
		PUT(w, "}");
	}
	close_with(w, ']');
}

static void game(struct writer *w, const struct live *live)
{
	char buffer[TIME_SIZE];

	if (live->game_status == GAME_UNKNOWN && live->tip_ms == 0)
		return;
	KEY(w, "game");
	open_with(w, '{');
	if (live->game_status != GAME_UNKNOWN) {
		KEY(w, "status");
		text(w, game_status_name(live->game_status));
	}
	if (live->tip_ms != 0) {
		KEY(w, "tip");
		text(w, time_format(live->tip_ms, buffer));
	}
	close_with(w, '}');
}

static void injury(struct writer *w, const struct live *live)
{
	if (live->injury == INJURY_NONE)
		return;
	KEY(w, "injury");
	open_with(w, '{');
	if (live->injury_reason[0] != '\0') {
		KEY(w, "reason");
		text(w, live->injury_reason);
	}
	KEY(w, "status");
	text(w, injury_status_name(live->injury));
	close_with(w, '}');
}

static void league(struct writer *w, const struct snapshot *s)
{
	KEY(w, "league");
	open_with(w, '{');
	KEY(w, "fingerprint");
	fingerprint(w, s->fingerprint);
	KEY(w, "number");
	whole(w, s->number);
	close_with(w, '}');
}

#define NUMBER_IF(w, known, key, value) \
	do { \
		if (known) { \
			KEY(w, key); \
			number(w, value); \
		} \
	} while (0)

/* The members of one line, into an object that is open; they sort after "alternates". */
static void quote(struct writer *w, const struct live_quote *q, const struct price *p)
{
	static const struct price unknown;
	const bool priced = p != NULL;

	p = p ? p : &unknown;
	NUMBER_IF(w, p->has_edge, "edge", p->edge);
	NUMBER_IF(w, p->has_fair, "fair_over", p->fair_over);
	KEY(w, "line");
	ten_thousandths(w, (int64_t)q->line * 100);
	NUMBER_IF(w, p->has_off, "off_market", p->off_market);
	if (q->over != 0) {
		KEY(w, "over");
		whole(w, q->over);
	}
	NUMBER_IF(w, p->has_model, "p_model", p->p_model);
	NUMBER_IF(w, priced, "p_over", p->p_over);
	NUMBER_IF(w, p->p_push > 0, "p_push", p->p_push);
	if (priced) {
		KEY(w, "recommendation");
		text(w, recommendations[p->recommendation]);
	}
	NUMBER_IF(w, p->has_over, "return_over", p->return_over);
	NUMBER_IF(w, p->has_under, "return_under", p->return_under);
	if (p->suspect) {
		KEY(w, "suspect");
		PUT(w, "true");
	}
	if (q->under != 0) {
		KEY(w, "under");
		whole(w, q->under);
	}
}

/* One book of a market: quotes [0, count), the main one first where there is one. */
static void book(struct writer *w, const struct live_quote *q, const struct price *p, size_t count)
{
	bool has_main = !q[0].alternate;

	comma(w);
	text(w, q[0].book);
	PUT(w, ":");
	open_with(w, '{');
	if (count > has_main) {
		KEY(w, "alternates");
		open_with(w, '[');
		for (size_t i = has_main; i < count; i++) {
			comma(w);
			open_with(w, '{');
			quote(w, &q[i], p ? &p[i] : NULL);
			close_with(w, '}');
		}
		close_with(w, ']');
	}
	if (has_main)
		quote(w, &q[0], p);
	close_with(w, '}');
}

static void books(struct writer *w, const struct live_quote *q, const struct price *p, size_t count)
{
	open_with(w, '{');
	for (size_t i = 0; i < count;) {
		size_t end = i + 1;

		while (end < count && strcmp(q[end].book, q[i].book) == 0)
			end++;
		book(w, &q[i], p ? &p[i] : NULL, end - i);
		i = end;
	}
	close_with(w, '}');
}

static void consensus(struct writer *w, const struct market_price *c)
{
	KEY(w, "consensus");
	PUT(w, "{\"books\":");
	whole(w, c->books);
	PUT(w, ",\"line\":");
	ten_thousandths(w, (int64_t)c->line * 100);
	PUT(w, ",\"shift\":");
	number(w, c->shift);
	PUT(w, "}");
}

static bool has_figures(const struct model_result *result, enum market m)
{
	return result && (result->has_history || result->from_market) && !(result->lacks & 1u << m);
}

static void market(
	struct writer *w, enum market m, const struct live_quote *q, size_t count, const struct report_input *in)
{
	const struct model_result *result = in->result;
	const bool figures = has_figures(result, m);

	comma(w);
	text(w, market_name(m));
	PUT(w, ":");
	open_with(w, '{');
	if (count > 0) {
		KEY(w, "books");
		books(w, q, figures ? result->prices + (q - in->live->quotes) : NULL, count);
	}
	if (figures) {
		const struct figure_range *range = &result->ranges[m];

		if (count > 0 && result->consensus[m].books > 0)
			consensus(w, &result->consensus[m]);
		if (result->from_market) {
			KEY(w, "figures");
			text(w, "market");
		}
		KEY(w, "mean");
		number(w, result->figures[m].mean);
		KEY(w, "median");
		whole(w, range->median);
		KEY(w, "p10");
		whole(w, range->p10);
		KEY(w, "p90");
		whole(w, range->p90);
		KEY(w, "sd");
		number(w, result->figures[m].sd);
	} else if (result && result->foreign) {
		KEY(w, "status");
		text(w, "no_projection");
	}
	close_with(w, '}');
}

static void markets(struct writer *w, const struct report_input *in)
{
	const struct live *live = in->live;
	const bool figures = in->result && (in->result->has_history || in->result->from_market);
	size_t quotes = report_withdraws(live) ? 0 : live->quote_count;
	size_t first[MARKET_COUNT], count[MARKET_COUNT] = {0};

	if (!figures && quotes == 0)
		return;
	for (size_t i = 0; i < quotes; i++) {
		enum market m = live->quotes[i].market;

		if (count[m]++ == 0)
			first[m] = i;
	}
	KEY(w, "markets");
	open_with(w, '{');
	for (size_t i = 0; i < MARKET_COUNT; i++) {
		enum market m = market_order[i];

		if (count[m] > 0 || has_figures(in->result, m))
			market(w, m, live->quotes + (count[m] > 0 ? first[m] : 0), count[m], in);
	}
	close_with(w, '}');
}

static void phases(struct writer *w, const struct report_phase *precompute)
{
	if (!precompute || (precompute->version == 0 && !precompute->failed))
		return;
	KEY(w, "phases");
	PUT(w, "{\"precompute\":");
	open_with(w, '{');
	if (precompute->failed) {
		KEY(w, "failed");
		PUT(w, "true");
	}
	if (precompute->version > 0) {
		KEY(w, "generated_at");
		stamp(w, precompute->generated_at_ms);
		KEY(w, "processor");
		text(w, precompute->processor);
		KEY(w, "version");
		whole(w, precompute->version);
	}
	close_with(w, '}');
	close_with(w, '}');
}

/* It was checked and sorted when it was read. What is large is not written again with every quote: it stands in Redis
 * once. */
static void rest(struct writer *w, const struct foreign *output)
{
	size_t length = 0;
	const char *json = output ? foreign_rest(output, &length) : NULL;

	if (length == 0)
		return;
	KEY(w, "precompute");
	if (!json) {
		PUT(w, "{\"omitted_bytes\":");
		whole(w, (int64_t)length);
		PUT(w, "}");
		return;
	}
	flush(w);
	str_bytes(w->out, json, length);
}

static void similar_games(struct writer *w, const struct snapshot *s, date_t today, const struct model_result *result)
{
	char name[LOOKUP_SIZE];

	KEY(w, "similar_games");
	open_with(w, '[');
	for (size_t i = 0; i < result->similar_count; i++) {
		uint32_t row = result->similar[i].row;

		comma(w);
		PUT(w, "{\"distance\":");
		number(w, (double)result->similar[i].distance);
		PUT(w, ",\"game_date\":");
		date(w, s->row.date[row]);
		PUT(w, ",\"game_id\":");
		text(w, s->game[s->row.game[row]].id);
		PUT(w, ",\"player_lookup\":");
		text(w, snapshot_name(s, s->row.player[row], today, name));
		PUT(w, "}");
	}
	close_with(w, ']');
}

static void stages(struct writer *w, const struct model_result *result)
{
	bool any = false;

	for (size_t i = 0; i < STAGE_COUNT; i++)
		any |= result->stages[i].present;
	if (!any)
		return;
	KEY(w, "stages");
	open_with(w, '{');
	for (size_t i = 0; i < STAGE_COUNT; i++) {
		const struct stage_record *record = &result->stages[stage_order[i]];

		if (!record->present)
			continue;
		comma(w);
		text(w, stage_name(stage_order[i]));
		PUT(w, ":{\"fingerprint\":");
		fingerprint(w, record->fingerprint);
		PUT(w, ",\"ms\":");
		ten_thousandths(w, record->us * 10);
		if (record->reused)
			PUT(w, ",\"reused\":true}");
		else
			PUT(w, ",\"reused\":false}");
	}
	close_with(w, '}');
}

/* A member that is left out where the text is empty. */
#define TEXT_IF_KNOWN(w, key, value) \
	do { \
		if ((value)[0] != '\0') { \
			KEY(w, key); \
			text(w, value); \
		} \
	} while (0)

static void unknown_player(struct writer *w, const struct live *live)
{
	if (!live->unknown_player)
		return;
	KEY(w, "unknown_player");
	PUT(w, "true");
}

void report_write(struct str *out, const struct report_input *in)
{
	const struct live *live = in->live;
	const struct model_result *result = in->result;
	struct writer w;

	w.out = out;
	w.used = 0;
	open_with(&w, '{');
	KEY(&w, "attempt");
	whole(&w, in->attempt);
	KEY(&w, "causes");
	causes(&w, in->causes, in->cause_count);
	game(&w, live);
	KEY(&w, "game_date");
	date(&w, live->date);
	TEXT_IF_KNOWN(&w, "game_id", live->game_id);
	KEY(&w, "generated_at");
	stamp(&w, in->generated_at_ms);
	injury(&w, live);
	if (in->snapshot)
		league(&w, in->snapshot);
	markets(&w, in);
	NUMBER_IF(&w, result && result->minutes > 0, "minutes", result->minutes);
	TEXT_IF_KNOWN(&w, "opponent", live->opponent);
	phases(&w, in->precompute);
	KEY(&w, "player_lookup");
	text(&w, live->player);
	NUMBER_IF(&w, live->injury != INJURY_NONE, "plays", injury_status_plays(live->injury));
	rest(&w, in->output);
	KEY(&w, "processor");
	text(&w, in->processor);
	if (result && result->similar_count > 0)
		similar_games(&w, in->snapshot, live->date, result);
	if (result)
		stages(&w, result);
	if (live->starter >= 0) {
		KEY(&w, "starter");
		if (live->starter)
			PUT(&w, "true");
		else
			PUT(&w, "false");
	}
	KEY(&w, "status");
	text(&w, status_of(in));
	TEXT_IF_KNOWN(&w, "team", live->team);
	unknown_player(&w, live);
	KEY(&w, "version");
	whole(&w, live->version);
	close_with(&w, '}');
	flush(&w);
}

bool report_causes(const char *bytes, size_t length, size_t *ret_from, size_t *ret_to)
{
	static const char attempt[] = "{\"attempt\":", causes[] = ",\"causes\":[";
	size_t at = sizeof(attempt) - 1;
	if (length < at || memcmp(bytes, attempt, at) != 0)
		return false;
	while (at < length && bytes[at] >= '0' && bytes[at] <= '9')
		at++;
	if (length - at < sizeof(causes) - 1 || memcmp(bytes + at, causes, sizeof(causes) - 1) != 0)
		return false;
	at += sizeof(causes) - 1;
	/* Neither ids nor types nor the keys of streams have a bracket. */
	const char *end = memchr(bytes + at, ']', length - at);
	if (!end)
		return false;
	*ret_from = at;
	*ret_to = (size_t)(end - bytes);
	return true;
}

/* --- around somebody else's --------------------------------------------------------------------------------------- */

static void wrap_attempt(struct writer *w, const struct report_input *in)
{
	KEY(w, "attempt");
	whole(w, in->attempt);
}

static void wrap_causes(struct writer *w, const struct report_input *in)
{
	KEY(w, "causes");
	causes(w, in->causes, in->cause_count);
}

static void wrap_game_date(struct writer *w, const struct report_input *in)
{
	KEY(w, "game_date");
	date(w, in->live->date);
}

static void wrap_game_id(struct writer *w, const struct report_input *in)
{
	TEXT_IF_KNOWN(w, "game_id", in->live->game_id);
}

static void wrap_generated_at(struct writer *w, const struct report_input *in)
{
	KEY(w, "generated_at");
	stamp(w, in->generated_at_ms);
}

static void wrap_opponent(struct writer *w, const struct report_input *in)
{
	TEXT_IF_KNOWN(w, "opponent", in->live->opponent);
}

static void wrap_phases(struct writer *w, const struct report_input *in)
{
	phases(w, in->precompute);
}

static void wrap_player(struct writer *w, const struct report_input *in)
{
	KEY(w, "player_lookup");
	text(w, in->live->player);
}

static void wrap_processor(struct writer *w, const struct report_input *in)
{
	KEY(w, "processor");
	text(w, in->processor);
}

static void wrap_team(struct writer *w, const struct report_input *in)
{
	TEXT_IF_KNOWN(w, "team", in->live->team);
}

static void wrap_unknown_player(struct writer *w, const struct report_input *in)
{
	unknown_player(w, in->live);
}

static void wrap_version(struct writer *w, const struct report_input *in)
{
	KEY(w, "version");
	whole(w, in->live->version);
}

static void theirs(struct writer *w, const struct report_member *m)
{
	comma(w);
	PUT(w, "\"");
	flush(w);
	str_bytes(w->out, m->name, m->name_length);
	PUT(w, "\":");
	flush(w);
	str_bytes(w->out, m->value, m->value_length);
}

static int order_of(const struct report_member *m, const char *name)
{
	const size_t length = strlen(name), least = m->name_length < length ? m->name_length : length;
	const int order = memcmp(m->name, name, least);
	return order ? order : (m->name_length > length) - (m->name_length < length);
}

void report_wrap(struct str *out, const struct report_input *in, const struct report_member *members, size_t count)
{
	static const struct {
		const char *name;
		void (*write)(struct writer *w, const struct report_input *in);
	} ours[] = {
		{"attempt", wrap_attempt},
		{"causes", wrap_causes},
		{"game_date", wrap_game_date},
		{"game_id", wrap_game_id},
		{"generated_at", wrap_generated_at},
		{"opponent", wrap_opponent},
		{"phases", wrap_phases},
		{"player_lookup", wrap_player},
		{"processor", wrap_processor},
		{"team", wrap_team},
		{"unknown_player", wrap_unknown_player},
		{"version", wrap_version},
	};
	struct writer w;
	size_t i = 0;

	w.out = out;
	w.used = 0;
	open_with(&w, '{');
	for (size_t k = 0; k < sizeof(ours) / sizeof(ours[0]); k++) {
		while (i < count && order_of(&members[i], ours[k].name) < 0)
			theirs(&w, &members[i++]);
		ours[k].write(&w, in);
		if (i < count && order_of(&members[i], ours[k].name) == 0)
			i++;
	}
	while (i < count)
		theirs(&w, &members[i++]);
	close_with(&w, '}');
	flush(&w);
}
