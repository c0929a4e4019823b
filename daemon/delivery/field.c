/*
 * Canonical values: equal facts give equal bytes, whatever their spelling on the wire was ("+100" and "100", "12.50"
 * and "12.5" are decoded to the same numbers), so that an event which changes nothing runs nothing.
 */
#include "delivery/field.h"

#include <inttypes.h>
#include <string.h>

#include "slate/resolve.h"

static void set(struct field_write *w, enum field_place place, enum write_kind kind)
{
	w->place = place;
	w->kind = kind;
	w->value[0] = '\0';
}

#define NAME(w, ...) text_format((w)->name, sizeof((w)->name), __VA_ARGS__)
#define VALUE(w, ...) text_format((w)->value, sizeof((w)->value), __VA_ARGS__)

static size_t write_odds(const struct event *e, struct field_write *w)
{
	static const char *const sides[] = {[SIDE_BOTH] = "", [SIDE_OVER] = "+", [SIDE_UNDER] = "-"};
	const char *market = market_name(e->odds.market), *side = sides[e->odds.side];
	set(w, FIELD_OF_PLAYER, KIND_QUOTE);
	if (e->odds.alternate)
		NAME(w, "a%s:%s:%" PRId32 ":%s", side, market, e->odds.line, e->odds.book);
	else
		NAME(w, "q%s:%s:%s", side, market, e->odds.book);
	if (e->odds.off)
		VALUE(w, "off"); /* a removal is a value and keeps its key, or an older entry would revive the line */
	else
		VALUE(w, "%" PRId32 " %" PRId32 " %" PRId32, e->odds.line, e->odds.over, e->odds.under);
	return 1;
}

static size_t write_game_odds(const struct event *e, struct field_write *w)
{
	size_t n = 0;
	if (e->game_odds.has_total) {
		set(&w[n], FIELD_OF_GAME, KIND_VALUE);
		NAME(&w[n], "t:%s", e->game_odds.book);
		VALUE(&w[n], "%" PRId32, e->game_odds.total);
		n++;
	}
	if (e->game_odds.has_spread) {
		set(&w[n], FIELD_OF_GAME, KIND_VALUE);
		NAME(&w[n], "s:%s", e->game_odds.book);
		VALUE(&w[n], "%" PRId32, e->game_odds.spread);
		n++;
	}
	return n;
}

static size_t write_injury(const struct event *e, const char *player, struct field_write *w)
{
	set(w, FIELD_OF_DAY, KIND_VALUE);
	NAME(w, "i:%s", player);
	VALUE(w, "%s %s", injury_status_name(e->injury.status), e->injury.reason ? e->injury.reason : "");
	return 1;
}

/* Starters by their canonical names, so that a run finds itself by its own. Of the day, as is a team's mark: which game is
 * the team's may change. */
static size_t write_lineup(const struct event *e, const struct slate *s, struct field_write *w)
{
	set(w, FIELD_OF_DAY, KIND_VALUE);
	NAME(w, "l:%s", e->team);
	size_t length = VALUE(w, "%d ", e->lineup.confirmed);
	const char *comma = "";
	for (unsigned i = 0; i < e->lineup.count; i++) {
		const struct slate_found found = slate_resolve_starter(s, e, i);
		if (found.how == FOUND_AMBIGUOUS)
			continue; /* of two men neither is said to start */
		length += text_format(w->value + length, sizeof(w->value) - length, "%s%s", comma, found.player);
		comma = ",";
	}
	return 1;
}

/* A mark says whose it is: who looks whether it was heeded must not ask of a phase what was not asked of it. */
static const char *const marks[] = {
	[REGENERATE_BOTH] = "",
	[REGENERATE_REPORT] = MARK_OF_REPORT,
	[REGENERATE_PRECOMPUTE] = MARK_OF_OUTPUT,
	[REGENERATE_FIRST] = MARK_OF_FIRST,
};

static size_t write_regenerate(const struct event *e, const char *player, struct field_write *w)
{
	bool game = !player[0] && !e->team[0] && e->game_id[0];
	enum field_place place = player[0] ? FIELD_OF_PLAYER : game ? FIELD_OF_GAME : FIELD_OF_DAY;
	const char *team = !player[0] ? e->team : "";
	size_t n = 0;

	set(&w[n], place, KIND_MARK);
	VALUE(&w[n], "%s", marks[e->regenerate.phase]);
	NAME(&w[n++], team[0] ? "m:%s" : "m", team);
	if (e->regenerate.force) {
		set(&w[n], place, KIND_MARK);
		VALUE(&w[n], "%s", marks[e->regenerate.phase]);
		NAME(&w[n++], team[0] ? "f:%s" : "f", team);
	}
	return n;
}

size_t field_writes(const struct event *e, const struct slate *s, const char *player, struct field_write ret[FIELDS_MAX])
{
	switch (e->kind) {
	case EVENT_ODDS:
		return write_odds(e, ret);
	case EVENT_GAME_ODDS:
		return write_game_odds(e, ret);
	case EVENT_INJURY:
		return write_injury(e, player, ret);
	case EVENT_LINEUP:
		return write_lineup(e, s, ret);
	case EVENT_REGENERATE:
		return write_regenerate(e, player, ret);
	case EVENT_SLATE_GAME:
		set(ret, FIELD_OF_DAY, KIND_FACTS);
		NAME(ret, "g:%s", e->game_id);
		VALUE(ret, "%" PRId64 " %s", e->game.has_tip ? e->game.tip_ms : 0,
			game_status_name(e->game.has_status ? e->game.status : GAME_SCHEDULED));
		return 1;
	case EVENT_SLATE_PLAYER:
		set(ret, FIELD_OF_DAY, KIND_ROSTER);
		NAME(ret, "r:%s", player);
		VALUE(ret, "%s %d", e->team, e->member.active);
		return 1;
	case EVENT_LEAGUE: /* the script that added it has written the league: its runs are owed, and no more */
		set(ret, FIELD_OF_DAY, KIND_NOTHING);
		NAME(ret, "league");
		return 1;
	}
	return 0;
}

bool field_expires(enum event_kind kind)
{
	return kind == EVENT_ODDS || kind == EVENT_GAME_ODDS || kind == EVENT_INJURY || kind == EVENT_LINEUP;
}

const char *no_game_id(date_t date, char buffer[GAME_ID_SIZE])
{
	char text[DATE_SIZE];
	date_format(date, text);
	text_format(buffer, GAME_ID_SIZE, "%.4s%.2s%.2s" NO_GAME, text, text + 5, text + 8);
	return buffer;
}
