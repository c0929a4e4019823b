/*
 * Input: a line with the stream's name (its first letter is enough), then a line "name=value" a field.
 * Whatever comes: a refusal says why in words that can be shown and leaves the event alone; an event keeps
 * what event.h promises; spelled out again, flat or as `data`, it is read as the same event; and an entry
 * that is fine flat is fine as `data`.
 */
#include "fuzz.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "ingest/decode.h"
#include "league/build.h"

#define FIELDS 48 /* more than an entry may have */

struct entry {
	enum stream stream;
	struct field field[FIELDS];
	size_t count;
};

static const struct snapshot *schedule(void)
{
	static struct snapshot *snapshot;
	if (snapshot != NULL)
		return snapshot;
	struct err err;
	struct build *b = build_new();
	struct build_game game = {.away = "LAL", .home = "GSW", .league_id = "0022500123"};
	MUST(date_parse("2025-11-15", 10, &game.date));
	MUST(build_game(b, &game, &err) >= 0);
	MUST(build_finish(b, 1, &snapshot, &err) >= 0);
	build_free(b);
	return snapshot;
}

/* Each name and value in a block of its own: reading one byte too many is then seen. */
static const char *block(const void *text, size_t length)
{
	char *copy = malloc(length + (length == 0));
	MUST(copy != NULL);
	memcpy(copy, text, length);
	return copy;
}

static struct entry parse(const uint8_t *data, size_t size)
{
	struct entry e = {.stream = STREAM_ODDS};
	const char *p = (const char *)data, *end = p + size;
	for (enum stream stream = 0; size > 0 && stream < STREAM_COUNT; stream++)
		if (stream_name(stream)[0] == *p)
			e.stream = stream;
	const char *line = memchr(p, '\n', size);
	while (line != NULL && ++line < end && e.count < FIELDS) {
		const char *next = memchr(line, '\n', (size_t)(end - line)), *stop = next != NULL ? next : end;
		const char *equals = memchr(line, '=', (size_t)(stop - line));
		size_t name = (size_t)((equals != NULL ? equals : stop) - line);
		size_t value = equals != NULL ? (size_t)(stop - equals) - 1 : 0;
		e.field[e.count++] = (struct field){
			block(line, name), block(equals != NULL ? equals + 1 : stop, value), name, value};
		line = next;
	}
	return e;
}

static void entry_done(struct entry *e)
{
	for (size_t i = 0; i < e->count; i++) {
		free((void *)(uintptr_t)e->field[i].name);
		free((void *)(uintptr_t)e->field[i].value);
	}
}

static bool is_plain(const char *text)
{
	size_t length = strlen(text);
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i], next = (unsigned char)text[i + 1];
		if (c < 0x20 || c == 0x7f || (c == 0xc2 && next >= 0x80 && next < 0xa0))
			return false;
	}
	return utf8_valid(text, length);
}

static int decode(enum stream stream, const struct field *fields, size_t count, struct event *ret_event)
{
	const struct snapshot *snapshot = schedule();
	struct decode_world world = {.snapshot = snapshot, .teams = snapshot->spellings};
	struct event event, untouched;
	struct malformed why;
	memset(&event, 0xa5, sizeof(event));
	memset(&untouched, 0xa5, sizeof(untouched));
	memset(&why, 0xa5, sizeof(why));
	/* The same as propsd's own: whatever it says, it may not fall over. */
	world.own = true;
	if (event_decode(stream, fields, count, &world, &event, &why) == 0) {
		MUST(event.origin == NULL || strspn(event.origin, "0123456789-") == strlen(event.origin));
		event_done(&event);
	}
	memset(&event, 0xa5, sizeof(event));
	memset(&why, 0xa5, sizeof(why));
	world.own = false;
	int r = event_decode(stream, fields, count, &world, &event, &why);
	if (r == 0) {
		*ret_event = event;
		if (event.unread == NULL)
			return 0;
		why = *event.unread; /* refused all the same, if later */
		event_done(&event);
	} else {
		MUST(r == -EINVAL);
		MUST(memcmp(&event, &untouched, sizeof(event)) == 0);
	}
	MUST(memchr(why.field, '\0', sizeof(why.field)) != NULL && is_plain(why.field));
	MUST(memchr(why.error, '\0', sizeof(why.error)) != NULL && is_plain(why.error));
	/* Never cut: there is room for the longest. */
	MUST(why.error[0] != '\0' && strlen(why.error) < sizeof(why.error) - 1);
	MUST(strncmp(why.error, why.field, strlen(why.field)) == 0);
	return -EINVAL;
}

static void check_names(const struct event *e)
{
	MUST(e->player[0] == '\0' || fold_is_lookup(e->player, strlen(e->player)));
	MUST(e->team[0] == '\0' || (strlen(e->team) == 3 && strspn(e->team, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3));
	date_t date;
	MUST(e->game_id[0] == '\0' || (strlen(e->game_id) == 16 && date_parse(e->game_id, 8, &date) && date == e->date));
	MUST(e->event_id == NULL || (e->event_id[0] != '\0' && is_plain(e->event_id)));
	MUST(e->origin == NULL || strspn(e->origin, "0123456789-") == strlen(e->origin));
}

static void check_odds(const struct event *e)
{
	MUST(e->player[0] != '\0' && e->odds.book[0] != '\0' && is_plain(e->odds.book));
	MUST((unsigned)e->odds.market < MARKET_COUNT);
	MUST(e->odds.has_line || (e->odds.off && !e->odds.alternate));
	MUST(e->odds.line >= 0 && e->odds.line <= 20000);
	MUST(e->odds.over == 0 || (abs(e->odds.over) >= 100 && abs(e->odds.over) <= 100000));
	MUST(e->odds.under == 0 || (abs(e->odds.under) >= 100 && abs(e->odds.under) <= 100000));
	MUST(e->odds.side != SIDE_OVER || (e->odds.under == 0 && (e->odds.off || e->odds.over != 0)));
	MUST(e->odds.side != SIDE_UNDER || (e->odds.over == 0 && (e->odds.off || e->odds.under != 0)));
}

static void check_game_odds(const struct event *e)
{
	MUST(e->player[0] == '\0' && e->game_id[0] != '\0' && e->game_odds.book[0] != '\0');
	MUST(e->game_odds.has_total || e->game_odds.has_spread);
	MUST(!e->game_odds.has_total || (e->game_odds.total >= 10000 && e->game_odds.total <= 40000));
	MUST(!e->game_odds.has_spread || abs(e->game_odds.spread) <= 8000);
}

static void check_injury(const struct event *e)
{
	MUST(e->player[0] != '\0' && e->injury.status > INJURY_NONE && e->injury.status < INJURY_COUNT);
	MUST(e->injury.reason == NULL || (e->injury.reason[0] != '\0' && is_plain(e->injury.reason)));
}

static void check_lineup(const struct event *e)
{
	MUST(e->team[0] != '\0' && e->lineup.count > 0 && e->lineup.count <= STARTERS_MAX);
	for (unsigned i = 0; i < e->lineup.count; i++)
		MUST(fold_is_lookup(e->lineup.starters[i], strlen(e->lineup.starters[i])));
	for (unsigned i = 1; i < e->lineup.count; i++)
		MUST(strcmp(e->lineup.starters[i - 1], e->lineup.starters[i]) < 0);
}

static void check_league(const struct event *e)
{
	MUST(e->regenerate.league >= 0);
}

static void check_slate_game(const struct event *e)
{
	MUST(e->game_id[0] != '\0' && e->player[0] == '\0');
}

static void check_slate_player(const struct event *e)
{
	MUST(e->player[0] != '\0' && e->team[0] != '\0');
}

static void check_event(enum stream stream, const struct event *e)
{
	static const struct {
		enum stream stream;
		void (*check)(const struct event *e);
	} kinds[] = {
		[EVENT_ODDS] = {STREAM_ODDS, check_odds},
		[EVENT_GAME_ODDS] = {STREAM_ODDS, check_game_odds},
		[EVENT_INJURY] = {STREAM_INJURY, check_injury},
		[EVENT_LINEUP] = {STREAM_LINEUP, check_lineup},
		[EVENT_REGENERATE] = {STREAM_REGENERATE, NULL},
		[EVENT_SLATE_GAME] = {STREAM_SLATE, check_slate_game},
		[EVENT_SLATE_PLAYER] = {STREAM_SLATE, check_slate_player},
		[EVENT_LEAGUE] = {STREAM_REGENERATE, check_league},
	};
	MUST(e->stream == stream);
	MUST((size_t)e->kind < sizeof(kinds) / sizeof(*kinds) && kinds[e->kind].stream == stream);
	check_names(e);
	if (kinds[e->kind].check != NULL)
		kinds[e->kind].check(e);
}

/* Lines "name=value" of all that the event says: two events that spell the same are the same. */
static void spell(const struct event *e, struct str *out)
{
	char date[DATE_SIZE];
	str_printf(out, "%s\ngame_date=%s\n", stream_name(e->stream), date_format(e->date, date));
	const struct {
		const char *name, *text;
	} texts[] = {{"player_lookup", e->player}, {"game_id", e->game_id}, {"team", e->team}, {"event_id", e->event_id},
		{"origin", e->origin}, {"priority", e->has_priority ? level_name(e->priority) : NULL},
		{"reason", e->kind == EVENT_INJURY ? e->injury.reason : NULL},
		{"book", e->kind == EVENT_ODDS        ? e->odds.book
			 : e->kind == EVENT_GAME_ODDS ? e->game_odds.book
						      : NULL}};
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (texts[i].text != NULL && texts[i].text[0] != '\0')
			str_printf(out, "%s=%s\n", texts[i].name, texts[i].text);
	if (e->ts_ms != 0)
		str_printf(out, "ts=%" PRId64 "\n", e->ts_ms);
	if (e->not_before_ms != 0)
		str_printf(out, "not_before=%" PRId64 "\n", e->not_before_ms);

	char time[TIME_SIZE];
	if (e->kind == EVENT_ODDS) {
		str_printf(out, "market=%s\nalt=%d\nstatus=%s\n", market_name(e->odds.market), e->odds.alternate,
			e->odds.off ? "off" : "open");
		if (e->odds.has_line)
			str_printf(out, "line=%d.%02d\n", e->odds.line / 100, e->odds.line % 100);
		const bool pair = e->odds.side == SIDE_BOTH;
		if (!pair)
			str_printf(out, "side=%s\n", e->odds.side == SIDE_OVER ? "over" : "under");
		if (e->odds.over != 0)
			str_printf(out, "%s=%+d\n", pair ? "over" : "price", e->odds.over);
		if (e->odds.under != 0)
			str_printf(out, "%s=%d\n", pair ? "under" : "price", e->odds.under);
	} else if (e->kind == EVENT_GAME_ODDS) {
		if (e->game_odds.has_total)
			str_printf(out, "total=%d.%02d\n", e->game_odds.total / 100, e->game_odds.total % 100);
		int spread = abs(e->game_odds.spread);
		if (e->game_odds.has_spread)
			str_printf(out, "spread=%s%d.%02d\n", e->game_odds.spread < 0 ? "-" : "", spread / 100,
				spread % 100);
	} else if (e->kind == EVENT_INJURY) {
		str_printf(out, "status=%s\n", injury_status_name(e->injury.status));
	} else if (e->kind == EVENT_LINEUP) {
		str_printf(out, "confirmed=%d\nstarters=", e->lineup.confirmed);
		for (unsigned i = 0; i < e->lineup.count; i++)
			str_printf(out, "%s%s", i > 0 ? "," : "", e->lineup.starters[i]);
		str_char(out, '\n');
	} else if (e->kind == EVENT_REGENERATE) {
		str_printf(out, "force=%d\n", e->regenerate.force);
	} else if (e->kind == EVENT_LEAGUE) {
		str_printf(out, "league=%" PRId64 "\n", e->regenerate.league);
	} else if (e->kind == EVENT_SLATE_PLAYER) {
		str_printf(out, "status=%s\n", e->member.active ? "active" : "inactive");
	} else if (e->kind == EVENT_SLATE_GAME) {
		if (e->game.has_status)
			str_printf(out, "status=%s\n", game_status_name(e->game.status));
		if (e->game.has_tip)
			str_printf(out, "tip=%s\n", time_format(e->game.tip_ms, time));
	}
	MUST(!out->failed);
}

/* Starters of more than 256 bytes are possible in an array only. */
static bool fits(const struct entry *e)
{
	for (size_t i = 0; i < e->count; i++)
		if (e->field[i].value_length > 256)
			return false;
	return true;
}

static void to_json(const struct entry *e, struct str *json)
{
	str_char(json, '{');
	for (size_t i = 0; i < e->count; i++) {
		if (i > 0)
			str_char(json, ',');
		str_json(json, e->field[i].name, e->field[i].name_length);
		str_char(json, ':');
		str_json(json, e->field[i].value, e->field[i].value_length);
	}
	str_char(json, '}');
	MUST(!json->failed);
}

/* The entry as `data` says the same. */
static void check_as_data(const struct entry *e, const struct str *want)
{
	struct str json = {0}, spelled = {0};
	struct event event;
	to_json(e, &json);
	const struct field field = {"data", json.data, 4, json.length};
	if (json.length <= 16384 - field.name_length) {
		MUST(decode(e->stream, &field, 1, &event) == 0);
		spell(&event, &spelled);
		MUST(strcmp(spelled.data, want->data) == 0);
		event_done(&event);
	}
	str_done(&json);
	str_done(&spelled);
}

static void check_spelled(const struct str *want)
{
	struct entry e = parse((const uint8_t *)want->data, want->length - 1); /* without the last newline */
	struct str spelled = {0};
	struct event event;
	if (fits(&e)) {
		MUST(decode(e.stream, e.field, e.count, &event) == 0);
		MUST(event.unknown_fields == 0);
		spell(&event, &spelled);
		MUST(strcmp(spelled.data, want->data) == 0);
		event_done(&event);
		check_as_data(&e, want);
	}
	str_done(&spelled);
	entry_done(&e);
}

static bool has_data(const struct entry *e)
{
	for (size_t i = 0; i < e->count; i++)
		if (e->field[i].name_length == 4 && memcmp(e->field[i].name, "data", 4) == 0)
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct entry e = parse(data, size);
	struct event event;
	if (decode(e.stream, e.field, e.count, &event) == 0) {
		struct str spelled = {0};
		check_event(e.stream, &event);
		spell(&event, &spelled);
		if (!has_data(&e))
			check_as_data(&e, &spelled);
		check_spelled(&spelled);
		str_done(&spelled);
		event_done(&event);
	}
	entry_done(&e);
	return 0;
}
