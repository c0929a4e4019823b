/*
 * From an event to the field that it writes (delivery/field.c) and back into a run's live state
 * (delivery/live.c): what was said is what the run sees, whatever order Redis returns a hash in.
 */
#include "delivery/field.h"
#include "delivery/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Hashes as the state holds them: name, value; and their replies. */
struct hash {
	char text[128][2][700];
	struct value items[256];
	size_t count;
};

static void put(struct hash *h, const char *name, const char *value)
{
	size_t i = 0;
	while (i < h->count && strcmp(h->text[i][0], name) != 0)
		i++;
	assert_true(i < 128);
	if (i == h->count)
		h->count++;
	snprintf(h->text[i][0], sizeof(h->text[0][0]), "%s", name);
	snprintf(h->text[i][1], sizeof(h->text[0][1]), "%s", value);
}

/* Its reply, from the last to the first if `backwards`. */
static struct value reply_of(struct hash *h, bool backwards)
{
	for (size_t i = 0; i < h->count; i++) {
		size_t at = backwards ? h->count - 1 - i : i;
		for (int k = 0; k < 2; k++)
			h->items[2 * i + (size_t)k] = (struct value){
				.type = VALUE_STRING, .text = h->text[at][k], .length = strlen(h->text[at][k])};
	}
	return (struct value){.type = VALUE_ARRAY, .items = h->items, .count = 2 * h->count};
}

struct night {
	struct slate *slate;
	struct hash day, game, player;
	struct arena *arena;
	int64_t version;
};

static date_t tonight(void)
{
	date_t date;
	assert_true(date_parse("2025-11-15", 10, &date));
	return date;
}

static void night_new(struct night *n)
{
	memset(n, 0, sizeof(*n));
	n->slate = slate_new(tonight());
	n->arena = arena_new();
	slate_reset(n->slate, NULL);
	assert_int_equal(slate_add_member(n->slate, "annable", "LAL", true), 0);
	assert_int_equal(slate_add_member(n->slate, "beabaker", "LAL", true), 0);
	assert_int_equal(slate_add_member(n->slate, "cidcole", "LAL", false), 0);
	assert_int_equal(slate_add_member(n->slate, "zoezane", "GSW", true), 0);
	assert_int_equal(slate_add_game(n->slate, "20251115_GSW_LAL", 1763258400000, GAME_SCHEDULED), 0);
	assert_int_equal(slate_build(n->slate), 0);
}

static void night_done(struct night *n)
{
	slate_free(n->slate);
	arena_free(n->arena);
}

/* As apply does it. */
static void apply(struct night *n, const struct event *e)
{
	struct field_write w[FIELDS_MAX];
	size_t count = field_writes(e, n->slate, e->player, w);
	assert_true(count >= 1 && count <= FIELDS_MAX);
	for (size_t i = 0; i < count; i++) {
		char value[700];
		n->version++;
		snprintf(value, sizeof(value), "m1763229600000a%d %lld %s", (int)(n->version % 10),
			(long long)n->version, w[i].value);
		struct hash *h = w[i].place == FIELD_OF_DAY    ? &n->day
				 : w[i].place == FIELD_OF_GAME ? &n->game
							       : &n->player;
		put(h, w[i].name, value);
	}
}

static const struct value *day_value(struct night *n, struct value *to, const char *format, const char *name)
{
	char field[128];
	snprintf(field, sizeof(field), "%s%s", format, name);
	*to = (struct value){.type = VALUE_NIL};
	for (size_t i = 0; i < n->day.count; i++)
		if (strcmp(n->day.text[i][0], field) == 0)
			*to = (struct value){
				.type = VALUE_STRING, .text = n->day.text[i][1], .length = strlen(n->day.text[i][1])};
	return to;
}

/* As begin does it, with the roster of the player's team. */
static const struct live *begin(struct night *n, const char *player, bool backwards, int64_t committed)
{
	static struct ticket t;
	static char names[4 * LOOKUP_SIZE];
	static size_t offsets[4];
	struct roster roster = {.at = 1, .names = names, .offsets = offsets};
	struct value values[16], game, hash, none = {.type = VALUE_NIL};
	char text[24];
	size_t count = 0;
	const struct slate_place place = slate_place(n->slate, player, "", "");
	const struct slate_team *team = place.team[0] ? slate_team(n->slate, place.team) : NULL;

	t = (struct ticket){.date = tonight(), .player = player, .arena = n->arena, .version = n->version};
	day_value(n, &values[count++], "f", "");
	day_value(n, &values[count++], "f:", place.team);
	day_value(n, &values[count++], "l:", place.team);
	day_value(n, &values[count++], "i:", player);
	assert_int_equal(count, DAY_ITEM_SIZE);
	day_value(n, &values[count++], "i:", "somebody of another roster");
	t.self = team ? team->count : 0;
	for (size_t i = 0; team && i < team->count; i++) {
		day_value(n, &values[count++], "i:", team->roster[i]->lookup);
		if (strcmp(team->roster[i]->lookup, player) == 0)
			t.self = i;
		offsets[roster.count++] = roster.bytes;
		memcpy(names + roster.bytes, team->roster[i]->lookup, strlen(team->roster[i]->lookup) + 1);
		roster.bytes += strlen(team->roster[i]->lookup) + 1;
	}
	snprintf(text, sizeof(text), "%lld", (long long)committed);
	put(&n->player, "c", text);
	game = reply_of(&n->game, backwards);
	hash = reply_of(&n->player, backwards);
	const struct value day = {.type = VALUE_ARRAY, .items = values, .count = count};
	const enum injury_status *statuses = live_statuses(&day, DAY_ITEM_SIZE, count, t.arena);
	assert_non_null(statuses); /* what is not in the reply is none */
	assert_int_equal(live_parse(&t, n->slate, &game, &hash, &day, 0, team ? &roster : NULL, statuses, &none), 0);
	return t.live;
}

static struct event quote(enum market market, const char *book, int32_t line, int32_t over, int32_t under)
{
	struct event e = {.stream = STREAM_ODDS, .kind = EVENT_ODDS, .date = tonight(), .player = "annable"};
	e.odds.market = market;
	e.odds.has_line = true;
	e.odds.line = line;
	e.odds.over = over;
	e.odds.under = under;
	snprintf(e.odds.book, sizeof(e.odds.book), "%s", book);
	return e;
}

static void quotes_come_back_sorted_whatever_the_order_of_the_hash(void **state)
{
	(void)state;
	static const struct {
		enum market market;
		const char *book;
		bool alternate;
		int32_t line, over, under;
	} in_order[] = {
		{MARKET_POINTS, "alpha", false, 2450, -110, -110},
		{MARKET_POINTS, "alpha", true, 2050, 0, 150},
		{MARKET_POINTS, "alpha", true, 10050, 450, 0},
		{MARKET_POINTS, "beta:with:colons", false, 0, 100, -100},
		{MARKET_POINTS, "beta:with:colons", true, 2450, -100000, 100000},
		{MARKET_REBOUNDS, "alpha", false, 20000, 0, 0},
		{MARKET_RA, "book of spaces", false, 1225, 120, -140},
	};
	enum { COUNT = sizeof(in_order) / sizeof(in_order[0]) };
	for (int backwards = 0; backwards < 2; backwards++) {
		struct night n;
		night_new(&n);
		for (size_t i = 0; i < COUNT; i++) {
			size_t k = (i * 5 + 3) % COUNT;
			struct event e = quote(in_order[k].market, in_order[k].book, in_order[k].line, in_order[k].over,
				in_order[k].under);
			e.odds.alternate = in_order[k].alternate;
			apply(&n, &e);
		}
		const struct live *l = begin(&n, "annable", backwards, 0);
		assert_int_equal(l->quote_count, COUNT);
		for (size_t i = 0; i < COUNT; i++) {
			assert_int_equal(l->quotes[i].market, in_order[i].market);
			assert_string_equal(l->quotes[i].book, in_order[i].book);
			assert_int_equal(l->quotes[i].alternate, in_order[i].alternate);
			assert_int_equal(l->quotes[i].line, in_order[i].line);
			assert_int_equal(l->quotes[i].over, in_order[i].over);
			assert_int_equal(l->quotes[i].under, in_order[i].under);
		}
		night_done(&n);
	}
}

static void a_line_taken_down_is_gone_and_its_alternates_stay(void **state)
{
	(void)state;
	struct night n;
	night_new(&n);
	struct event main_line = quote(MARKET_POINTS, "alpha", 2450, -110, -110),
		     other = quote(MARKET_POINTS, "alpha", 2950, 200, 0);
	other.odds.alternate = true;
	apply(&n, &main_line);
	apply(&n, &other);
	main_line.odds.off = true;
	main_line.odds.has_line = false;
	apply(&n, &main_line);
	const struct live *l = begin(&n, "annable", false, 0);
	assert_int_equal(l->quote_count, 1);
	assert_true(l->quotes[0].alternate);
	other.odds.off = true;
	apply(&n, &other);
	assert_int_equal(begin(&n, "annable", false, 0)->quote_count, 0);
	main_line = quote(MARKET_POINTS, "alpha", 2550, 0, 0);
	apply(&n, &main_line);
	l = begin(&n, "annable", false, 0);
	assert_int_equal(l->quote_count, 1);
	assert_int_equal(l->quotes[0].line, 2550);
	night_done(&n);
}

/* As apply does it with an entry of this number, whatever came before: the newest counts. */
static void apply_numbered(struct night *n, const struct event *e, unsigned number)
{
	struct field_write w[FIELDS_MAX];
	char value[700], key[40];
	assert_int_equal(field_writes(e, n->slate, e->player, w), 1);
	snprintf(key, sizeof(key), "m1763229600000%c%u", number < 10 ? 'a' : 'b', number);
	for (size_t i = 0; i < n->player.count; i++)
		if (strcmp(n->player.text[i][0], w[0].name) == 0 &&
			strncmp(n->player.text[i][1], key, strcspn(n->player.text[i][1], " ")) > 0)
			return;
	snprintf(value, sizeof(value), "%s %lld %.600s", key, (long long)++n->version, w[0].value);
	put(&n->player, w[0].name, value);
}

static struct event side(enum quote_side of, int32_t line, int32_t price)
{
	struct event e = quote(MARKET_POINTS, "alpha", line, of == SIDE_OVER ? price : 0, of == SIDE_UNDER ? price : 0);
	e.odds.side = of;
	e.odds.off = price == 0;
	return e;
}

static void expect(struct night *n, const char *wanted)
{
	char got[400] = "";
	const struct live *l = begin(n, "annable", n->version % 2, 0);
	for (size_t i = 0; i < l->quote_count; i++) {
		const struct live_quote *q = &l->quotes[i];
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s%d/%d/%d", i > 0 ? " " : "",
			q->alternate ? "alt:" : "", q->line, q->over, q->under);
	}
	assert_string_equal(got, wanted);
}

static void two_sides_are_one_quote_at_equal_lines_alone(void **state)
{
	(void)state;
	struct night n;
	struct event e;
	night_new(&n);
	e = side(SIDE_OVER, 2450, -110);
	apply_numbered(&n, &e, 1);
	expect(&n, "2450/-110/0");
	e = side(SIDE_UNDER, 2450, -105);
	apply_numbered(&n, &e, 2);
	expect(&n, "2450/-110/-105");
	/* The line moves: one side is there first, the other stands by itself until it follows. */
	e = side(SIDE_UNDER, 2550, -120);
	apply_numbered(&n, &e, 3);
	expect(&n, "2550/0/-120 alt:2450/-110/0");
	e = side(SIDE_OVER, 2550, 100);
	apply_numbered(&n, &e, 4);
	expect(&n, "2550/100/-120");
	/* A whole quote replaces both, and a newer side that one alone. */
	e = quote(MARKET_POINTS, "alpha", 2650, -115, -115);
	apply_numbered(&n, &e, 5);
	expect(&n, "2650/-115/-115");
	e = side(SIDE_OVER, 2650, 120);
	apply_numbered(&n, &e, 6);
	expect(&n, "2650/120/-115");
	e = side(SIDE_OVER, 2650, 0);
	apply_numbered(&n, &e, 7);
	expect(&n, "2650/0/-115");
	e = quote(MARKET_POINTS, "alpha", 2650, 110, 0); /* takes the under away */
	apply_numbered(&n, &e, 8);
	expect(&n, "2650/110/0");
	e = quote(MARKET_POINTS, "alpha", 2650, 0, 0);
	e.odds.off = true;
	apply_numbered(&n, &e, 9);
	expect(&n, "");
	night_done(&n);
}

static void a_side_that_is_left_behind_gives_way_to_an_alternate(void **state)
{
	(void)state;
	struct night n;
	struct event e;
	night_new(&n);
	e = quote(MARKET_POINTS, "alpha", 2450, -110, -110);
	apply_numbered(&n, &e, 1);
	e = side(SIDE_OVER, 2550, 105);
	apply_numbered(&n, &e, 2);
	expect(&n, "2550/105/0 alt:2450/0/-110");
	e = quote(MARKET_POINTS, "alpha", 2450, -160, 140);
	e.odds.alternate = true;
	apply_numbered(&n, &e, 3);
	expect(&n, "2550/105/0 alt:2450/-160/140");
	/* An alternate's sides are of its line, so they always meet. */
	e = side(SIDE_OVER, 2450, -170);
	e.odds.alternate = true;
	apply_numbered(&n, &e, 4);
	expect(&n, "2550/105/0 alt:2450/-170/140");
	e.odds.off = true;
	apply_numbered(&n, &e, 5);
	expect(&n, "2550/105/0 alt:2450/0/140");
	night_done(&n);
}

/* What entries in their order come to, one by one. */
struct told {
	bool there[2];
	int32_t line[2], price[2];
	unsigned by[2];
};

static void tell(struct told *t, const struct event *e, unsigned number)
{
	for (int s = 0; s < 2; s++) {
		const int32_t price = s ? e->odds.under : e->odds.over, other = s ? e->odds.over : e->odds.under;
		if (e->odds.side != SIDE_BOTH && e->odds.side != (s ? SIDE_UNDER : SIDE_OVER))
			continue;
		t->there[s] = !e->odds.off && (e->odds.side != SIDE_BOTH || price || !other);
		t->line[s] = e->odds.line;
		t->price[s] = price;
		t->by[s] = number;
	}
}

static void spell(const struct told *main_line, const struct told *alternate, char *text, size_t size)
{
	const struct told *t = main_line, *a = alternate;
	const bool both = t->there[0] && t->there[1], apart = both && t->line[0] != t->line[1];
	const int lead = apart ? t->by[1] > t->by[0] : !t->there[0];
	int n = 0;
	text[0] = '\0';
	if (t->there[lead])
		n = snprintf(text, size, "%d/%d/%d", t->line[lead],
			t->there[0] && !(apart && lead == 1) ? t->price[0] : 0,
			t->there[1] && !(apart && lead == 0) ? t->price[1] : 0);
	/* The alternate is at 2450, as one of the two lines is. */
	if (a->there[0] || a->there[1])
		n += snprintf(text + n, size - (size_t)n, "%salt:2450/%d/%d", n ? " " : "",
			a->there[0] ? a->price[0] : 0, a->there[1] ? a->price[1] : 0);
	if (apart && (t->line[!lead] != 2450 || !(a->there[0] || a->there[1])))
		snprintf(text + n, size - (size_t)n, " alt:%d/%d/%d", t->line[!lead], lead ? t->price[0] : 0,
			lead ? 0 : t->price[1]);
}

static void whole_and_one_sided_quotes_come_to_the_same_in_any_order(void **state)
{
	(void)state;
	enum { ENTRIES = 9, ROUNDS = 4000 };
	srand(1);
	for (int round = 0; round < ROUNDS; round++) {
		struct night n;
		struct event entries[ENTRIES];
		struct told told[2] = {0};
		char wanted[400];
		unsigned order[ENTRIES];
		night_new(&n);
		for (unsigned i = 0; i < ENTRIES; i++) {
			struct event *e = &entries[i];
			*e = quote(MARKET_POINTS, "alpha", 2450 + 100 * (rand() % 2),
				rand() % 3 ? -110 - rand() % 3 : 0, rand() % 3 ? 105 + rand() % 3 : 0);
			if (rand() % 3)
				*e = side(rand() % 2 ? SIDE_OVER : SIDE_UNDER, e->odds.line, 150 + rand() % 2);
			e->odds.off = rand() % 6 == 0;
			e->odds.alternate = rand() % 4 == 0;
			if (e->odds.alternate)
				e->odds.line = 2450;
			tell(&told[e->odds.alternate], e, i);
			order[i] = i;
		}
		for (unsigned i = ENTRIES - 1; i > 0; i--) {
			const unsigned k = (unsigned)rand() % (i + 1), other = order[k];
			order[k] = order[i];
			order[i] = other;
		}
		for (unsigned i = 0; i < ENTRIES; i++)
			apply_numbered(&n, &entries[order[i]], order[i]);
		spell(&told[0], &told[1], wanted, sizeof(wanted));
		expect(&n, wanted);
		night_done(&n);
	}
}

static void equal_facts_are_equal_bytes(void **state)
{
	(void)state;
	struct night n;
	struct field_write a[FIELDS_MAX], b[FIELDS_MAX];
	night_new(&n);
	struct event x = quote(MARKET_POINTS, "alpha", 2450, 120, -110), y = x;
	x.ts_ms = 1763229600000;
	x.has_priority = true;
	snprintf(x.game_id, sizeof(x.game_id), "20251115_GSW_LAL");
	assert_int_equal(field_writes(&x, n.slate, "annable", a), 1);
	assert_int_equal(field_writes(&y, n.slate, "annable", b), 1);
	assert_string_equal(a[0].name, b[0].name);
	assert_string_equal(a[0].value, b[0].value);
	/* What is off says nothing else. */
	x.odds.off = y.odds.off = true;
	y.odds.line = 1;
	assert_int_equal(field_writes(&x, n.slate, "annable", a), 1);
	assert_int_equal(field_writes(&y, n.slate, "annable", b), 1);
	assert_string_equal(a[0].value, b[0].value);
	night_done(&n);
}

static void game_odds_are_two_fields_a_book(void **state)
{
	(void)state;
	struct night n;
	night_new(&n);
	struct event e = {
		.stream = STREAM_ODDS, .kind = EVENT_GAME_ODDS, .date = tonight(), .game_id = "20251115_GSW_LAL"};
	e.game_odds.has_total = e.game_odds.has_spread = true;
	e.game_odds.total = 22450;
	e.game_odds.spread = -350;
	snprintf(e.game_odds.book, sizeof(e.game_odds.book), "beta");
	apply(&n, &e);
	snprintf(e.game_odds.book, sizeof(e.game_odds.book), "alpha");
	e.game_odds.has_total = false;
	e.game_odds.spread = 8000;
	apply(&n, &e);
	const struct live *l = begin(&n, "annable", true, 0);
	assert_int_equal(l->total_count, 1);
	assert_string_equal(l->totals[0].book, "beta");
	assert_int_equal(l->totals[0].value, 22450);
	assert_int_equal(l->spread_count, 2);
	assert_string_equal(l->spreads[0].book, "alpha");
	assert_int_equal(l->spreads[0].value, 8000);
	assert_int_equal(l->spreads[1].value, -350);
	night_done(&n);
}

static void injuries_are_his_own_with_the_reason_and_the_roster_s(void **state)
{
	(void)state;
	struct night n;
	night_new(&n);
	static const char *const who[] = {"annable", "beabaker", "cidcole", "zoezane"};
	static char reason[] = "left ankle, day to day";
	for (int i = 0; i < 4; i++) {
		struct event e = {.stream = STREAM_INJURY, .kind = EVENT_INJURY, .date = tonight()};
		snprintf(e.player, sizeof(e.player), "%s", who[i]);
		e.injury.status = (enum injury_status)(INJURY_AVAILABLE + i);
		e.injury.reason = i == 0 ? reason : NULL;
		apply(&n, &e);
	}
	const struct live *l = begin(&n, "annable", false, 0);
	assert_int_equal(l->injury, INJURY_AVAILABLE);
	assert_string_equal(l->injury_reason, reason);
	assert_int_equal(l->mate_count, 1); /* cidcole is not active, zoezane is of the other side */
	assert_string_equal(l->mates[0].lookup, "beabaker");
	assert_int_equal(l->mates[0].status, INJURY_PROBABLE);
	l = begin(&n, "beabaker", false, 0);
	assert_int_equal(l->injury, INJURY_PROBABLE);
	assert_string_equal(l->injury_reason, "");
	/* Who sits out sees who does not. */
	l = begin(&n, "cidcole", false, 0);
	assert_int_equal(l->mate_count, 2);
	assert_int_equal(l->injury, INJURY_QUESTIONABLE);
	night_done(&n);
}

static void a_lineup_is_read_by_active_members_alone(void **state)
{
	(void)state;
	struct night n;
	night_new(&n);
	char starters[3][LOOKUP_SIZE] = {"zack", "annable", "mike"};
	struct event e = {.stream = STREAM_LINEUP, .kind = EVENT_LINEUP, .date = tonight(), .team = "LAL"};
	assert_int_equal(begin(&n, "annable", false, 0)->starter, -1);
	assert_null(begin(&n, "annable", false, 0)->starters);
	e.lineup.count = 3;
	e.lineup.confirmed = true;
	e.lineup.starters = starters;
	apply(&n, &e);
	const struct live *l = begin(&n, "annable", false, 0);
	assert_int_equal(l->starter, 1);
	assert_true(l->lineup_confirmed);
	assert_int_equal(l->starter_count, 3);
	assert_string_equal(l->starters[0], "annable");
	assert_string_equal(l->starters[2], "zack");
	assert_int_equal(begin(&n, "beabaker", false, 0)->starter, 0);
	assert_int_equal(begin(&n, "cidcole", false, 0)->starter, -1);
	assert_int_equal(begin(&n, "zoezane", false, 0)->starter, -1);
	e.lineup.confirmed = false;
	e.lineup.count = 1;
	apply(&n, &e);
	l = begin(&n, "annable", false, 0);
	assert_int_equal(l->starter, 0);
	assert_false(l->lineup_confirmed);
	night_done(&n);
}

static void a_forced_mark_holds_until_it_is_committed(void **state)
{
	(void)state;
	static const struct event marks[] = {
		{.kind = EVENT_REGENERATE, .player = "annable", .regenerate.force = true},
		{.kind = EVENT_REGENERATE, .team = "LAL", .regenerate.force = true},
		{.kind = EVENT_REGENERATE, .game_id = "20251115_GSW_LAL", .regenerate.force = true},
		{.kind = EVENT_REGENERATE, .regenerate.force = true},
	};
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		struct night n;
		struct event e = marks[i];
		night_new(&n);
		e.stream = STREAM_REGENERATE;
		e.date = tonight();
		assert_false(begin(&n, "annable", false, 0)->forced);
		e.regenerate.force = false;
		apply(&n, &e);
		assert_false(begin(&n, "annable", false, 0)->forced);
		e.regenerate.force = true;
		apply(&n, &e);
		assert_true(begin(&n, "annable", false, 0)->forced);
		assert_true(begin(&n, "annable", false, n.version - 1)->forced);
		assert_false(begin(&n, "annable", false, n.version)->forced);
		night_done(&n);
	}
}

/* Who looks whether a mark was heeded must know of which phase it was asked. */
static void a_mark_says_for_which_phase_it_is(void **state)
{
	(void)state;
	static const struct {
		enum regenerate_phase phase;
		const char *value;
	} cases[] = {
		{REGENERATE_BOTH, ""},
		{REGENERATE_REPORT, MARK_OF_REPORT},
		{REGENERATE_PRECOMPUTE, MARK_OF_OUTPUT},
		{REGENERATE_FIRST, MARK_OF_FIRST},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct field_write writes[FIELDS_MAX];
		const struct event e = {.kind = EVENT_REGENERATE,
			.date = tonight(),
			.regenerate = {.force = true, .phase = cases[i].phase}};
		assert_int_equal(field_writes(&e, NULL, "annable", writes), 2);
		assert_string_equal(writes[0].name, "m");
		assert_string_equal(writes[0].value, cases[i].value);
		assert_string_equal(writes[1].name, "f");
		assert_string_equal(writes[1].value, cases[i].value);
	}
}

static void where_he_stands_is_the_slate_s(void **state)
{
	(void)state;
	struct night n;
	night_new(&n);
	const struct live *l = begin(&n, "zoezane", false, 0);
	assert_string_equal(l->game_id, "20251115_GSW_LAL");
	assert_string_equal(l->team, "GSW");
	assert_string_equal(l->opponent, "LAL");
	assert_int_equal(l->home, 0);
	assert_int_equal(l->game_status, GAME_SCHEDULED);
	assert_true(l->tip_ms == 1763258400000);
	/* What events named, where the slate knows nothing. */
	put(&n.player, "g", "m1763229600000a05 9 20251115_BOS_NYK NYK");
	l = begin(&n, "newbie", false, 0);
	assert_string_equal(l->game_id, "20251115_BOS_NYK");
	assert_string_equal(l->team, "NYK");
	assert_string_equal(l->opponent, "BOS");
	assert_int_equal(l->home, 1);
	assert_int_equal(l->game_status, GAME_UNKNOWN);
	put(&n.player, "g", "m1763229600000a05 9 20251115_BOS_NYK ");
	l = begin(&n, "newbie", false, 0);
	assert_string_equal(l->game_id, "20251115_BOS_NYK");
	assert_string_equal(l->team, "");
	night_done(&n);
}

static void a_hash_full_of_nonsense_harms_nothing(void **state)
{
	(void)state;
	static const char *const names[] = {"q:", "q:points", "q:points:", "a:points", "a:points:", "a:points:x",
		"q:nothing:alpha", "q+", "q+:", "q-:points", "a+:points:x", "a-:points:1:", "q*:points:alpha",
		"q:averyveryverylongmarketname:alpha", "g", "f", "m", "a", "x", "", "q", ":", "t:", "s:", "l:LAL"};
	static const char *const values[] = {"", " ", "  ", "k", "k 1", "k 1 ", "k x y", "k 99999999999999999999 off",
		"k 1 2450 -110", "k 1 off", "k 1 a b c d e f g h", "k 1 20251115_GSW_LALXXXXXXXXXXXXXXXXXXXXXXXX LALXX"};
	for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
		struct night n;
		night_new(&n);
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			put(&n.player, names[i], values[v]);
			put(&n.game, names[i], values[v]);
			put(&n.day, names[i], values[v]);
		}
		put(&n.day, "i:annable", values[v]);
		put(&n.day, "i:beabaker", values[v]);
		const struct live *l = begin(&n, "annable", false, 0);
		assert_string_equal(l->player, "annable");
		assert_true(l->quote_count <= 3);
		begin(&n, "newbie", true, 0);
		night_done(&n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotes_come_back_sorted_whatever_the_order_of_the_hash),
		cmocka_unit_test(a_line_taken_down_is_gone_and_its_alternates_stay),
		cmocka_unit_test(two_sides_are_one_quote_at_equal_lines_alone),
		cmocka_unit_test(a_side_that_is_left_behind_gives_way_to_an_alternate),
		cmocka_unit_test(whole_and_one_sided_quotes_come_to_the_same_in_any_order),
		cmocka_unit_test(equal_facts_are_equal_bytes),
		cmocka_unit_test(game_odds_are_two_fields_a_book),
		cmocka_unit_test(injuries_are_his_own_with_the_reason_and_the_roster_s),
		cmocka_unit_test(a_lineup_is_read_by_active_members_alone),
		cmocka_unit_test(a_forced_mark_holds_until_it_is_committed),
		cmocka_unit_test(a_mark_says_for_which_phase_it_is),
		cmocka_unit_test(where_he_stands_is_the_slate_s),
		cmocka_unit_test(a_hash_full_of_nonsense_harms_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
