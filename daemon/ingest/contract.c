/*
 * Parsers take a value that is UTF-8 without control characters, not empty and not over-long (decode.c has
 * seen to that), and write to the event what it means. They read it in place: an odds entry is decoded
 * without a copy.
 */
#include "ingest/contract.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/level.h"
#include "base/str.h"
#include "ingest/blame.h"
#include "ingest/decode_json.h"
#include "ingest/number.h"
#include "ingest/words.h"
#include "league/team.h"

#define FIRST_YEAR_DATE (-25567) /* 1900-01-01 */
#define PLAYER_ID_DIGITS 15 /* as many as import takes */
#define LAST_YEAR_DATE 47481 /* 2099-12-31: beyond it a slip of the pen would stay in Redis for centuries */

static void *target(struct decoding *d, const struct contract_row *row)
{
	return (char *)d->event + row->offset;
}

/* For the parsers of the lower layers, which want a NUL. False: longer than anything they know. */
static bool terminate(const struct value *value, char buffer[64])
{
	if (value->length >= 64)
		return false;
	memcpy(buffer, value->text, value->length);
	buffer[value->length] = '\0';
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The same in small letters, for words. */
static bool terminate_small(const struct value *value, char buffer[64])
{
	if (!terminate(value, buffer))
		return false;
	for (char *p = buffer; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return true;
}

/* Blames a word that the set has not got. */
static int blame_word(struct decoding *d, const struct contract_row *row, const struct value *value, enum word_set set,
	const char *problem)
{
	char buffer[WORD_SIZE];
	const char *near = word_near(set, value->text, value->length, buffer);
	return blame(d->why, value, row->want, "%s%s%s%s", problem, near != NULL ? " (did you mean " : "",
		near != NULL ? near : "", near != NULL ? "?)" : "");
}

static bool is_word(const struct value *value, const char *word)
{
	return value->length == strlen(word) && memcmp(value->text, word, value->length) == 0;
}

/* A name as a lookup; NULL or what is wrong with it. */
static const char *to_lookup(const char *text, size_t length, char lookup[LOOKUP_SIZE])
{
	if (fold_is_lookup(text, length)) {
		memcpy(lookup, text, length);
		lookup[length] = '\0';
		return NULL;
	}
	int n = fold_name(text, length, lookup);
	if (n > 0)
		return NULL;
	return n == -ENAMETOOLONG ? "has more than 63 letters and digits" : "has no letter or digit";
}

/* As it came, for people; cut between characters. */
static void keep_spelling(struct event *e, const struct value *value)
{
	size_t length = value->length;
	if (length >= SPELLING_SIZE)
		for (length = SPELLING_SIZE - 1; length > 0 && ((unsigned char)value->text[length] & 0xC0) == 0x80;)
			length--;
	if (strlen(e->player) == length && memcmp(e->player, value->text, length) == 0)
		length = 0;
	memcpy(e->spelling, value->text, length);
	e->spelling[length] = '\0';
}

static int parse_player(struct decoding *d, const struct contract_row *row, const struct value *value)
{
	const char *problem = to_lookup(value->text, value->length, d->event->player);
	if (problem)
		return blame(d->why, value, row->want, "%s", problem);
	keep_spelling(d->event, value);
	return 0;
}

static int parse_player_id(struct decoding *d, const struct contract_row *row, const struct value *value)
{
	int64_t id = 0;
	for (size_t i = 0; i < value->length; i++) {
		if (!is_digit(value->text[i]) || i == PLAYER_ID_DIGITS)
			return blame(d->why, value, row->want, "is no player's number");
		id = id * 10 + (value->text[i] - '0');
	}
	if (id == 0)
		return blame(d->why, value, row->want, "is no player's number");
	d->event->player_id = id;
	return 0;
}

static bool in_calendar(const char *text, size_t length, date_t *ret_date)
{
	return date_parse(text, length, ret_date) && *ret_date >= FIRST_YEAR_DATE && *ret_date <= LAST_YEAR_DATE;
}

static int parse_date(struct decoding *d, const struct contract_row *row, const struct value *value)
{
	if (value->length != 10 || !in_calendar(value->text, value->length, &d->event->date))
		return blame(d->why, value, row->want, "is not a day between 1900 and 2099");
	return 0;
}

/*
 * A team by any spelling becomes its code here, and nowhere else on an event's way: what is stored, compared and shown is
 * codes. A code that no table has is taken at face value: it may be of the slate alone. What is no code either may be a
 * spelling of a league that another instance has got, which the date will tell: so it is not refused before (see `unread`).
 * 1: `ret_code` is filled; 0: it is unread; -EINVAL, -ENOMEM.
 */
static int to_team(struct decoding *d, const struct contract_row *row, const struct value *value, const char *text,
	size_t length, char ret_code[TEAM_CODE_SIZE])
{
	char problem[TEAM_PROBLEM_SIZE], shown[64];
	if (teams_code(d->teams, text, length, ret_code))
		return 1;
	if (d->teams == NULL)
		return blame(d->why, value, row->want, "%s three letters A-Z",
			length == value->length ? "is not" : "has a team that is not");
	if (d->event->unread != NULL)
		return 0;
	d->event->unread = calloc(1, sizeof(*d->event->unread));
	if (d->event->unread == NULL)
		return -ENOMEM;
	teams_problem(d->teams, text, length, problem);
	blame_show(shown, sizeof(shown), text, length, true);
	if (length == value->length)
		blame(d->event->unread, value, NULL, "is %s", problem);
	else
		blame(d->event->unread, value, NULL, "names \"%s\", which is %s", shown, problem);
	return 0;
}

static int parse_team(struct decoding *d, const struct contract_row *row, const struct value *value)
{
	char code[TEAM_CODE_SIZE];
	int r = to_team(d, row, value, value->text, value->length, code);
	if (r > 0)
		memcpy(d->event->team, code, sizeof(code));
	return r < 0 ? r : 0;
}

/* The league's own id: ten digits that only the schedule can read. */
static int parse_league_game(struct decoding *d, const struct value *value)
{
	static const char want[] = "a game_id can always be DATE_AWAY_HOME, such as 20251115_LAL_GSW";
	char id[64];
	terminate(value, id);
	if (d->snapshot == NULL)
		return blame(d->why, value, want, "needs a league database with the schedule, and there is none");
	uint32_t game = snapshot_game_by_league_id(d->snapshot, id);
	if (game == NO_INDEX)
		return blame(d->why, value, want, "is in no schedule that was imported");
	memcpy(d->event->game_id, d->snapshot->game[game].id, GAME_ID_SIZE);
	d->game_date = d->snapshot->game[game].date;
	return 0;
}

static int parse_game(struct decoding *d, const struct contract_row *row, const struct value *value)
{
	const char *text = value->text;
	size_t digits = 0;
	while (digits < value->length && is_digit(text[digits]))
		digits++;
	if (digits == 10 && value->length == 10)
		return parse_league_game(d, value);
	const char *away = text + 9, *end = text + value->length;
	const char *between =
		digits == 8 && value->length > 9 && text[8] == '_' ? memchr(away, '_', (size_t)(end - away)) : NULL;
	const char *home = between != NULL ? between + 1 : end;
	if (between == away || home == end || memchr(home, '_', (size_t)(end - home)) != NULL)
		return blame(d->why, value, row->want, "is neither DATE_AWAY_HOME nor ten digits");
	if (!in_calendar(text, 8, &d->game_date))
		return blame(d->why, value, row->want, "does not begin with a day between 1900 and 2099");
	char codes[2][TEAM_CODE_SIZE];
	int r = to_team(d, row, value, away, (size_t)(between - away), codes[0]);
	if (r > 0)
		r = to_team(d, row, value, home, (size_t)(end - home), codes[1]);
	if (r <= 0)
		return r;
	if (strcmp(codes[0], codes[1]) == 0)
		return blame(d->why, value, row->want, "has a team play itself");
	text_format(d->event->game_id, GAME_ID_SIZE, "%.8s_%s_%s", text, codes[0], codes[1]);
	return 0;
}

static int parse_priority(struct decoding *d, const struct contract_row *row, const struct value *value)
{
	char text[64];
	if (!terminate_small(value, text) || !level_parse(text, &d->event->priority))
		return blame(d->why, value, row->want, "is no priority");
	d->event->has_priority = true;
	return 0;
}

static int parse_phase(struct decoding *d, const struct contract_row *row, const struct value *value)
{
	static const char *const names[] = {
		[REGENERATE_REPORT] = "report", [REGENERATE_PRECOMPUTE] = "precompute", [REGENERATE_FIRST] = "first"};
	char text[64];
	for (int i = REGENERATE_REPORT; terminate_small(value, text) && i <= REGENERATE_FIRST; i++)
		if (strcmp(text, names[i]) == 0) {
			d->event->regenerate.phase = (enum regenerate_phase)i;
			return 0;
		}
	return blame(d->why, value, row->want, "is no phase");
}

static int parse_time(struct decoding *d, const struct contract_row *row, const struct value *value)
{
	char text[64];
	if (!terminate(value, text) || !time_parse(text, target(d, row)))
		return blame(d->why, value, row->want, "is not a time between 2000 and 2099");
	return 0;
}

/* One that waits stays in its stream, and all that comes behind it: a slip of the pen must not hold it for years. */
static int parse_not_before(struct decoding *d, const struct contract_row *row, const struct value *value)
{
	char limit[DURATION_SIZE];
	int r = parse_time(d, row, value);
	if (r == 0 && d->max_delay_us > 0 && d->event->not_before_ms - d->came_ms > d->max_delay_us / 1000)
		return blame(d->why, value, NULL, "is more than %s ahead; ingest.max_delay allows no more",
			duration_format(d->max_delay_us, limit));
	return r;
}

static int parse_tip(struct decoding *d, const struct contract_row *row, const struct value *value)
{
	char text[64];
	/* Unix milliseconds are for producers' own clocks; a tip-off is looked up by people. */
	if (!terminate(value, text) || text[strspn(text, "0123456789")] == '\0' ||
		!time_parse(text, &d->event->game.tip_ms))
		return blame(d->why, value, row->want, "is not a time between 2000 and 2099");
	d->event->game.has_tip = true;
	return 0;
}

/* Free text that is kept as it came. */
static int parse_text(struct decoding *d, const struct contract_row *row, const struct value *value)
{
	if (value->length == 0)
		return 0;
	char *copy = strndup(value->text, value->length);
	if (copy == NULL)
		return -ENOMEM;
	*(char **)target(d, row) = copy;
	return 0;
}

static bool is_hex(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!((text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f')))
			return false;
	return true;
}

static bool is_zero(const char *text, size_t length)
{
	return strspn(text, "0") >= length;
}

/* W3C's form, version 00: 00-TRACE-SPAN-FLAGS. It says who asks and nothing of the game: one that is none is no reason to
 * give the entry up, and counts as a field that nobody knows. */
static int parse_traceparent(struct decoding *d, const struct contract_row *row, const struct value *value)
{
	const char *t = value->text;
	if (value->type != VALUE_TEXT || value->length != 55 || memcmp(t, "00-", 3) != 0 || t[35] != '-' ||
		t[52] != '-' || !is_hex(t + 3, 32) || !is_hex(t + 36, 16) || !is_hex(t + 53, 2) || is_zero(t + 3, 32) ||
		is_zero(t + 36, 16)) {
		d->event->unknown_fields++;
		return 0;
	}
	return parse_text(d, row, value);
}

static int parse_book(struct decoding *d, const struct contract_row *row, const struct value *value)
{
	if (value->length >= BOOK_SIZE)
		return blame(d->why, value, row->want, "is %zu bytes long", value->length);
	char *book = target(d, row);
	memcpy(book, value->text, value->length);
	book[value->length] = '\0';
	return 0;
}

/* "MS-SEQ" as Redis spells it: ids are compared as strings, so there must be one spelling only. Moves *text
 * behind the number. */
static bool id_part(const char **text, const char *end)
{
	const char *begin = *text;
	uint64_t number = 0;
	for (; *text < end && is_digit(**text); (*text)++)
		if (__builtin_mul_overflow(number, 10u, &number) ||
			__builtin_add_overflow(number, (uint64_t)(**text - '0'), &number))
			return false;
	return *text > begin && (*begin != '0' || *text == begin + 1);
}

static int parse_origin(struct decoding *d, const struct contract_row *row, const struct value *value)
{
	const char *p = value->text, *end = p + value->length;
	if (!id_part(&p, end) || p == end || *p++ != '-' || !id_part(&p, end) || p != end || is_word(value, "0-0"))
		return blame(d->why, value, row->want, "is not a stream id");
	return parse_text(d, row, value);
}

static int parse_market(struct decoding *d, const struct contract_row *row, const struct value *value)
{
	char text[64];
	if (terminate(value, text) && market_parse(text, &d->event->odds.market))
		return 0;
	switch (word_market(value->text, value->length, &d->event->odds.market, &d->alternate_by_name)) {
	case WORD_KNOWN:
		return 0;
	case WORD_FOREIGN:
		return blame(d->why, value, row->want, "is a market that propsd has no figures of");
	case WORD_UNKNOWN:
		break;
	}
	return blame_word(d, row, value, WORDS_STATISTIC, "is no market");
}

/* Numbers are nearly all that comes: words are looked for where none begins. */
static bool is_letter(const struct value *value)
{
	return value->length > 0 && ((value->text[0] | 0x20) >= 'a' && (value->text[0] | 0x20) <= 'z');
}

/* A word where a number may stand as one. */
static int decimal_of(
	const struct value *value, enum contract_field field, int64_t *ret_hundredths, const char **problem)
{
	int word;
	if (field == FIELD_SPREAD && is_letter(value) && word_find(WORDS_SPREAD, value->text, value->length, &word)) {
		*ret_hundredths = word;
		return 0;
	}
	*problem = number_hundredths(value->text, value->length, ret_hundredths);
	return *problem == NULL ? 0 : -EINVAL;
}

static int parse_decimal(struct decoding *d, const struct contract_row *row, const struct value *value)
{
	int64_t hundredths;
	const char *problem;
	if (decimal_of(value, row->field, &hundredths, &problem) < 0)
		return blame(d->why, value, row->want, "%s", problem);
	if (hundredths < row->min)
		return blame(d->why, value, row->want, "is below %d", (int)(row->min / 100));
	if (hundredths > row->max)
		return blame(d->why, value, row->want, "is above %d", (int)(row->max / 100));
	*(int32_t *)target(d, row) = (int32_t)hundredths;
	return 0;
}

#define DECIMAL_WANT "with odds = decimal a price is a number from 1.01 to 1001, such as 1.91"

static int parse_price(struct decoding *d, const struct contract_row *row, const struct value *value)
{
	int64_t hundredths;
	int32_t price;
	int word;
	if (is_letter(value) && word_find(WORDS_PRICE, value->text, value->length, &word)) {
		*(int32_t *)target(d, row) = word;
		return 0;
	}
	if (d->decimal) {
		if (!number_decimal_price(value->text, value->length, &price))
			return blame(d->why, value, DECIMAL_WANT, "is no decimal price");
		*(int32_t *)target(d, row) = price;
		return 0;
	}
	const char *problem = number_hundredths(value->text, value->length, &hundredths);
	if (problem != NULL || hundredths % 100 != 0)
		return blame(d->why, value, row->want, "is not a whole number%s",
			number_decimal_price(value->text, value->length, &price)
				? " (if it is a decimal price, say odds = decimal)"
				: "");
	int64_t american = hundredths / 100, size = american < 0 ? -american : american;
	if (size < row->min || size > row->max)
		return blame(d->why, value, row->want, size > row->max ? "is too large" : "is between -100 and 100");
	*(int32_t *)target(d, row) = (int32_t)american;
	return 0;
}

static int parse_odds(struct decoding *d, const struct contract_row *row, const struct value *value)
{
	int decimal;
	if (!word_find(WORDS_ODDS, value->text, value->length, &decimal))
		return blame_word(d, row, value, WORDS_ODDS, "is no form of prices");
	d->decimal = decimal;
	return 0;
}

static int parse_side(struct decoding *d, const struct contract_row *row, const struct value *value)
{
	int side;
	if (!word_find(WORDS_SIDE, value->text, value->length, &side))
		return blame_word(d, row, value, WORDS_SIDE, "is no side");
	d->event->odds.side = (enum quote_side)side;
	return 0;
}

static int parse_flag(struct decoding *d, const struct contract_row *row, const struct value *value)
{
	int flag;
	if (!word_find(WORDS_FLAG, value->text, value->length, &flag))
		return blame(d->why, value, row->want, "is neither 0 nor 1");
	*(bool *)target(d, row) = flag;
	return 0;
}

static int parse_league(struct decoding *d, const struct contract_row *row, const struct value *value)
{
	int64_t number = 0;
	for (size_t i = 0; i < value->length; i++) {
		if (!is_digit(value->text[i]) || i == 15) /* 15 digits: what a double holds exactly, as Lua does */
			return blame(d->why, value, row->want, "is not a league's number");
		number = number * 10 + (value->text[i] - '0');
	}
	d->event->regenerate.league = number;
	return 0;
}

static int parse_quote_status(struct decoding *d, const struct contract_row *row, const struct value *value)
{
	int off;
	if (!word_find(WORDS_QUOTE, value->text, value->length, &off))
		return blame_word(d, row, value, WORDS_QUOTE, "is no status of a quote");
	d->event->odds.off = off;
	return 0;
}

static int parse_open(struct decoding *d, const struct contract_row *row, const struct value *value)
{
	int off;
	if (!word_find(WORDS_QUOTE, value->text, value->length, &off) || off)
		return blame(d->why, value, row->want, "is no status of game odds");
	return 0;
}

static int parse_injury_status(struct decoding *d, const struct contract_row *row, const struct value *value)
{
	int status;
	if (!word_find(WORDS_INJURY, value->text, value->length, &status))
		return blame_word(d, row, value, WORDS_INJURY, "is no status of an injury");
	d->event->injury.status = (enum injury_status)status;
	return 0;
}

static int parse_game_status(struct decoding *d, const struct contract_row *row, const struct value *value)
{
	int status;
	if (!word_find(WORDS_GAME, value->text, value->length, &status))
		return blame_word(d, row, value, WORDS_GAME, "is no status of a game");
	d->event->game.status = (enum game_status)status;
	d->event->game.has_status = true;
	return 0;
}

static int parse_member_status(struct decoding *d, const struct contract_row *row, const struct value *value)
{
	int active;
	if (!word_find(WORDS_MEMBER, value->text, value->length, &active))
		return blame_word(d, row, value, WORDS_MEMBER, "is no status of a player on the slate");
	d->event->member.active = active;
	return 0;
}

struct names {
	unsigned count;
	char lookup[STARTERS_MAX][LOOKUP_SIZE]; /* sorted, no doubles */
};

static const char *add_name(struct names *names, const char *text, size_t length)
{
	char lookup[LOOKUP_SIZE];
	const char *problem = to_lookup(text, length, lookup);
	if (problem != NULL)
		return problem;
	unsigned at = 0;
	while (at < names->count && strcmp(names->lookup[at], lookup) < 0)
		at++;
	if (at < names->count && strcmp(names->lookup[at], lookup) == 0)
		return NULL;
	if (names->count == STARTERS_MAX)
		return "is one player too many";
	memmove(names->lookup + at + 1, names->lookup + at, (names->count - at) * sizeof(names->lookup[0]));
	memcpy(names->lookup[at], lookup, LOOKUP_SIZE);
	names->count++;
	return NULL;
}

static int parse_starters(struct decoding *d, const struct contract_row *row, const struct value *value)
{
	struct names names = {0};
	char number[NUMBER_SIZE];
	const char *p = value->text, *end = p + value->length;
	for (size_t i = 0; value->type == VALUE_LIST ? i < value->items : p <= end; i++) {
		struct value item = *value;
		if (value->type == VALUE_LIST) {
			item = json_list_item(value, i, number);
			if (item.type != VALUE_TEXT)
				return blame(d->why, &item, row->want, "is not a string");
		} else {
			const char *comma = memchr(p, ',', (size_t)(end - p));
			item.text = p;
			item.length = (size_t)((comma != NULL ? comma : end) - p);
			p = comma != NULL ? comma + 1 : end + 1;
		}
		const char *problem = add_name(&names, item.text, item.length);
		if (problem != NULL)
			return blame(d->why, &item, row->want, "%s", problem);
	}
	if (names.count == 0)
		return blame(d->why, value, row->want, "names nobody");
	d->event->lineup.starters = malloc(names.count * sizeof(names.lookup[0]));
	if (d->event->lineup.starters == NULL)
		return -ENOMEM;
	memcpy(d->event->lineup.starters, names.lookup, names.count * sizeof(names.lookup[0]));
	d->event->lineup.count = names.count;
	return 0;
}

/* Sets of kinds. */
enum {
	ODDS = BIT(EVENT_ODDS),
	GAME_ODDS = BIT(EVENT_GAME_ODDS),
	INJURY = BIT(EVENT_INJURY),
	LINEUP = BIT(EVENT_LINEUP),
	REGENERATE = BIT(EVENT_REGENERATE),
	SLATE_GAME = BIT(EVENT_SLATE_GAME),
	SLATE_PLAYER = BIT(EVENT_SLATE_PLAYER),
	LEAGUE = BIT(EVENT_LEAGUE),
	EVENTS = ODDS | GAME_ODDS | INJURY | LINEUP | REGENERATE | SLATE_GAME | SLATE_PLAYER,
	ANY = EVENTS | LEAGUE,
};

#define NAMED(text) .name = text, .name_length = sizeof(text) - 1
#define INTO(member) .offset = offsetof(struct event, member)
#define PRICE_WANT \
	"an American price is a whole number from 100 to 100000 or from -100000 to -100, such as -110 or " \
	"+120"
#define BOOK_WANT "a book is its name in 1 to 63 bytes, such as draftkings"

/* In the order in which producers tend to write them; errors come in this order too. */
const struct contract_row contract_rows[] = {
	{NAMED("player_lookup"), .field = FIELD_PLAYER, .kinds = EVENTS, .required = ODDS | INJURY | SLATE_PLAYER,
		.parse = parse_player,
		.want = "a player_lookup is the player's name in letters and digits, such as lebronjames"},
	{NAMED("player_id"), .field = FIELD_PLAYER_ID, .kinds = ODDS | INJURY | REGENERATE | SLATE_PLAYER,
		.number = true, .parse = parse_player_id,
		.want = "a player_id is the league's number of the player, a whole number above 0, such as 2544"},
	{NAMED("game_date"), .field = FIELD_DATE, .kinds = ANY, .parse = parse_date,
		.want = "a game_date is the league's date, such as 2025-11-15"},
	{NAMED("game_id"), .field = FIELD_GAME, .kinds = EVENTS, .required = GAME_ODDS | SLATE_GAME, .parse = parse_game,
		.want = "a game_id is DATE_AWAY_HOME, such as 20251115_LAL_GSW, or the league's ten digits"},
	{NAMED("team"), .field = FIELD_TEAM, .kinds = EVENTS, .required = LINEUP | SLATE_PLAYER, .parse = parse_team,
		.want = "a team is its code, such as LAL"},
	{NAMED("market"), .field = FIELD_MARKET, .kinds = ODDS, .required = ODDS, .parse = parse_market,
		.want = "a market is one of points, rebounds, assists, threes, steals, blocks, turnovers, "
			"pra, pr, pa, ra"},
	{NAMED("line"), .field = FIELD_LINE, .kinds = ODDS, .number = true, .parse = parse_decimal, INTO(odds.line),
		.min = 0, .max = 20000,
		.want = "a line is a number from 0 to 200 with at most 2 decimals, such as 24.5"},
	{NAMED("odds"), .field = FIELD_ODDS, .kinds = ODDS, .parse = parse_odds,
		.want = "odds are american, such as -110, or decimal, such as 1.91"},
	{NAMED("side"), .field = FIELD_SIDE, .kinds = ODDS, .parse = parse_side,
		.want = "a side is over or under; its price stands in price"},
	{NAMED("price"), .field = FIELD_PRICE, .kinds = ODDS, .number = true, .parse = parse_price, INTO(odds.over),
		.min = 100, .max = 100000, .want = PRICE_WANT}, /* finish_odds() puts it where it belongs */
	{NAMED("over"), .field = FIELD_OVER, .kinds = ODDS, .number = true, .parse = parse_price, INTO(odds.over),
		.min = 100, .max = 100000, .want = PRICE_WANT},
	{NAMED("under"), .field = FIELD_UNDER, .kinds = ODDS, .number = true, .parse = parse_price, INTO(odds.under),
		.min = 100, .max = 100000, .want = PRICE_WANT},
	{NAMED("book"), .field = FIELD_BOOK, .kinds = ODDS, .required = ODDS, .parse = parse_book, INTO(odds.book),
		.want = BOOK_WANT},
	{NAMED("book"), .field = FIELD_BOOK, .kinds = GAME_ODDS, .required = GAME_ODDS, .parse = parse_book,
		INTO(game_odds.book), .want = BOOK_WANT},
	{NAMED("status"), .field = FIELD_STATUS, .kinds = ODDS, .parse = parse_quote_status,
		.want = "a quote's status is open or off"},
	{NAMED("status"), .field = FIELD_STATUS, .kinds = GAME_ODDS, .parse = parse_open,
		.want = "game odds are replaced by newer ones, never taken down, so their status can only be "
			"open"},
	{NAMED("status"), .field = FIELD_STATUS, .kinds = INJURY, .required = INJURY, .parse = parse_injury_status,
		.want = "an injury's status is one of out, doubtful, questionable, probable, available"},
	{NAMED("status"), .field = FIELD_STATUS, .kinds = SLATE_GAME, .parse = parse_game_status,
		.want = "a game's status is one of scheduled, postponed, cancelled"},
	{NAMED("status"), .field = FIELD_STATUS, .kinds = SLATE_PLAYER, .required = SLATE_PLAYER,
		.parse = parse_member_status, .want = "a player's status on the slate is active or inactive"},
	{NAMED("alt"), .field = FIELD_ALT, .kinds = ODDS, .number = true, .flag = true, .parse = parse_flag,
		INTO(odds.alternate), .want = "alt is 1 for an alternate line beside the main one, else 0"},
	{NAMED("total"), .field = FIELD_TOTAL, .kinds = GAME_ODDS, .number = true, .parse = parse_decimal,
		INTO(game_odds.total), .min = 10000, .max = 40000,
		.want = "a total is a number from 100 to 400 with at most 2 decimals, such as 224.5"},
	{NAMED("spread"), .field = FIELD_SPREAD, .kinds = GAME_ODDS, .number = true, .parse = parse_decimal,
		INTO(game_odds.spread), .min = -8000, .max = 8000,
		.want = "a spread is the home side's, from -80 to 80 with at most 2 decimals, such as -3.5"},
	{NAMED("reason"), .field = FIELD_REASON, .kinds = INJURY, .may_be_empty = true, .parse = parse_text,
		INTO(injury.reason), .want = "a reason is a text of up to 256 bytes, such as left ankle sprain"},
	{NAMED("starters"), .field = FIELD_STARTERS, .kinds = LINEUP, .required = LINEUP, .list = true,
		.parse = parse_starters, .want = "starters are the lookups of 1 to 16 players with commas between them"},
	{NAMED("confirmed"), .field = FIELD_CONFIRMED, .kinds = LINEUP, .number = true, .flag = true,
		.parse = parse_flag, INTO(lineup.confirmed), .want = "confirmed is 1 for an official lineup, else 0"},
	{NAMED("force"), .field = FIELD_FORCE, .kinds = REGENERATE, .number = true, .flag = true, .parse = parse_flag,
		INTO(regenerate.force), .want = "force is 1 to compute anew whatever was computed before, else 0"},
	{NAMED("exact"), .field = FIELD_EXACT, .kinds = REGENERATE, .number = true, .flag = true, .parse = parse_flag,
		INTO(regenerate.exact), .want = "exact is 1 where player_lookup is a name as keys have it, else 0"},
	{NAMED("phase"), .field = FIELD_PHASE, .kinds = REGENERATE, .parse = parse_phase,
		.want = "a phase is report, precompute, or first: precompute of who has no output yet"},
	{NAMED("league"), .field = FIELD_LEAGUE, .kinds = LEAGUE, .number = true, .parse = parse_league,
		.want = "a league's number is whole, 0 for none; propsd itself writes it"},
	{NAMED("tip"), .field = FIELD_TIP, .kinds = SLATE_GAME, .parse = parse_tip,
		.want = "a tip is an RFC 3339 time, such as 2025-11-16T01:30:00Z"},
	{NAMED("ts"), .field = FIELD_TS, .kinds = ANY, .number = true, .parse = parse_time, INTO(ts_ms),
		.want = "a ts is an RFC 3339 time, such as 2025-11-16T01:30:00Z, or Unix milliseconds"},
	{NAMED("event_id"), .field = FIELD_EVENT_ID, .kinds = ANY, .parse = parse_text, INTO(event_id),
		.want = "an event_id is the producer's own text of 1 to 256 bytes"},
	{NAMED("priority"), .field = FIELD_PRIORITY, .kinds = ANY, .parse = parse_priority,
		.want = "a priority is one of urgent, high, normal, low"},
	{NAMED("not_before"), .field = FIELD_NOT_BEFORE, .kinds = ANY, .number = true, .parse = parse_not_before,
		INTO(not_before_ms),
		.want = "a not_before is an RFC 3339 time, such as 2025-11-16T01:30:00Z, or Unix "
			"milliseconds"},
	{NAMED("traceparent"), .field = FIELD_TRACEPARENT, .kinds = ANY, .number = true, .flag = true, .list = true,
		.may_be_empty = true, .parse = parse_traceparent, INTO(traceparent),
		.want = "a traceparent is W3C's text, 00-TRACE-SPAN-FLAGS"},
	{NAMED("origin"), .field = FIELD_ORIGIN, .kinds = ANY, .parse = parse_origin, INTO(origin),
		.want = "an origin is the stream id of a dead letter's entry, such as 1763258400000-0"},
};
const size_t contract_row_count = sizeof(contract_rows) / sizeof(*contract_rows);

unsigned contract_kinds(enum stream stream)
{
	static const unsigned kinds[STREAM_COUNT] = {
		[STREAM_REGENERATE] = REGENERATE | LEAGUE,
		[STREAM_SLATE] = SLATE_GAME | SLATE_PLAYER,
		[STREAM_LINEUP] = LINEUP,
		[STREAM_INJURY] = INJURY,
		[STREAM_ODDS] = ODDS | GAME_ODDS,
	};
	return kinds[stream];
}

const struct contract_row *contract_find(unsigned kinds, const char *name, size_t length)
{
	for (size_t i = 0; i < contract_row_count; i++) {
		const struct contract_row *row = &contract_rows[i];
		if (row->name_length == length && (row->kinds & kinds) != 0 && memcmp(row->name, name, length) == 0)
			return row;
	}
	return NULL;
}
