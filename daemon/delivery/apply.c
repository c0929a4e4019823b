/*
 * Applying entries to the live state, in lists: decoded entries wait in their day until its slate is known, then go out
 * up to LIST_MAX items a call. Each item's answer says who needs which version, or why the entry counts for nothing.
 *
 * What waits stands in three queues (todo.c), and lists are made from them in turns: no list holds more than some work,
 * so whoever must not wait for a burst of slate entries waits for one list of it at a time. Slate entries change what
 * all others are judged by, so nothing is sent between such a list and its answer; what stands before it is answered
 * first.
 *
 * An entry with several items (a slate-wide regenerate has one a game) keeps a guard in `open` until its last answer is
 * there, so it cannot be settled early. If the slate moved on under one item, the whole entry is applied again: that is
 * harmless, apply is repeatable.
 */
#include "delivery/internal.h"

#include "delivery/field.h"
#include "redis/shape.h"
#include "slate/resolve.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- out -------------------------------------------------------------------------------------------------------- */

/* What one entry means on this slate. */
struct plan {
	struct slate_found found; /* of an event that names a player */
	const char *player; /* canonical, "" = none */
	char named[NAMED_SIZE];
	struct field_write writes[FIELDS_MAX];
	size_t write_count;
	struct affected *affected;
};

/* Of a slate entry only who once ran is asked for now; all else waits for the slate that comes of it. */
static int plan_slate(const struct slate *s, const struct event *e, struct arena *arena, struct plan *ret)
{
	struct slate_touch touch;
	const char **done = arena_alloc(arena, 2 * sizeof(*done));
	bool inactive = false;
	size_t n = 0;

	slate_touched(s, e, ret->player, &touch);
	for (size_t i = 0; i < touch.team_count; i++)
		inactive |= slate_has_inactive(s, touch.teams[i]);
	if (!done)
		return -ENOMEM;
	if (touch.game[0])
		done[n++] = e->game_id; /* the entry outlives the list's sending */
	if (inactive)
		done[n++] = ANY_GAME;
	*ret->affected = (struct affected){.game = "", .done = done, .done_count = n};
	return 0;
}

static int plan_entry(const struct slate *s, const struct event *e, struct arena *arena, struct plan *ret)
{
	ret->found = e->player[0] ? slate_resolve_event(s, e) : (struct slate_found){.player = ""};
	ret->player = arena_text(arena, ret->found.player, strlen(ret->found.player)); /* it outlives the slate */
	if (!ret->player)
		return -ENOMEM;
	if (ret->found.how == FOUND_AMBIGUOUS)
		return 0;
	ret->write_count = field_writes(e, s, ret->player, ret->writes);
	ret->affected = arena_alloc(arena, sizeof(*ret->affected));
	if (!ret->affected)
		return -ENOMEM;
	if (e->kind == EVENT_SLATE_GAME || e->kind == EVENT_SLATE_PLAYER)
		return plan_slate(s, e, arena, ret);
	return slate_affected(s, e, ret->player, arena, ret->affected);
}

/* The game, and team, that an event names for its player. They are kept whatever the slate says now, and count where it
 * says nothing: it may be silent about him later, and what is kept must not depend on which of the two came first. */
static void named_game(struct delivery *d, const struct slate *s, const struct event *e, struct plan *plan)
{
	plan->named[0] = '\0';
	if (!plan->player[0] || e->kind == EVENT_SLATE_PLAYER || !e->game_id[0])
		return;
	const struct slate_place place = slate_place(s, plan->player, "", "");
	if (place.game[0] && strcmp(place.game, e->game_id) != 0)
		metrics_add(d->options.metrics, METRIC_GAME_CONFLICTS, 0, 1);
	text_format(plan->named, sizeof(plan->named), "%s %s", e->game_id, e->team);
}

/* The entry that counts: of a retried letter the first. */
static struct stream_id first_id(const struct entry *e)
{
	struct stream_id id = e->key.id;
	if (e->event->origin)
		stream_id_parse(e->event->origin, &id);
	return id;
}

static struct stream_id order_id(const struct entry *e)
{
	struct stream_id id = first_id(e);
	if (e->kind == EVENT_REGENERATE && e->due_ms > 0) {
		struct stream_id due = {.ms = (uint64_t)e->due_ms};
		if (stream_id_compare(due, id) > 0)
			id = due;
	}
	return id;
}

static void arg_hash(
	struct redis_request *r, const struct day *day, enum field_place place, const char *game, const char *player)
{
	char none[GAME_ID_SIZE];
	switch (place) {
	case FIELD_OF_DAY:
		redis_arg_format(r, "day:%s", day->text);
		break;
	case FIELD_OF_GAME:
		redis_arg_format(r, "game:%s", game[0] ? game : no_game_id(day->date, none));
		break;
	case FIELD_OF_PLAYER:
		redis_arg_format(r, "player:%s:%s", day->text, player);
		break;
	}
}

/*
 * Whether an event that is void after tip-off came later than that, by this slate: the script refuses the item if the slate
 * has moved on, so the answer holds. LATE_NAMED: neither slate nor event has a game of the player, but an earlier event may
 * have named one; `games` gets those whose tip-off it came after, among which the script looks for it.
 */
static enum lateness lateness(const struct entry *e, const struct slate *s, const struct affected *a, struct str *games)
{
	const struct slate_game *all, *game = a->game[0] ? slate_game(s, a->game) : NULL;
	enum lateness late = LATE_NOT;

	if (!field_expires(e->kind))
		return LATE_NOT;
	if (a->game[0] || !e->event->player[0])
		return game && game->tip_ms > 0 && e->event_ms > game->tip_ms ? LATE_YES : LATE_NOT;
	const size_t count = slate_games(s, &all);
	for (size_t i = 0; i < count; i++) {
		if (all[i].tip_ms <= 0 || e->event_ms <= all[i].tip_ms)
			continue;
		str_char(games, ' ');
		str_text(games, all[i].id);
		late = LATE_NAMED;
	}
	return late;
}

/* The short form: the player's own hash, and nobody else. */
static bool is_alone(const struct field_write *w, const struct affected *a)
{
	return w->place == FIELD_OF_PLAYER && a->player_count == 1 && a->done_count == 0;
}

static void arg_item(struct delivery *d, struct call *c, const struct entry *e, const struct plan *plan,
	const struct field_write *w, const struct affected *a)
{
	struct redis_request *r = &d->request;
	const struct event *event = e->event;
	const struct day *day = c->day;
	char id[STREAM_ID_SIZE], key[STREAM_ID_SIZE], none[GAME_ID_SIZE];
	const bool alone = !c->slate && is_alone(w, a);
	const bool same = alone && strcmp(c->player, plan->player) == 0 && strcmp(c->named, plan->named) == 0;
	const enum audience audience = c->slate ? AUDIENCE_SLATE
				       : same   ? AUDIENCE_SAME
				       : alone  ? AUDIENCE_SELF
						: AUDIENCE_LISTED;
	str_clear(&d->scratch);
	const char what[WHAT_GAMES] = {
		[WHAT_STREAM - 1] = (char)(WHAT_STREAM_BASE + 1 + e->key.stream),
		[WHAT_KIND - 1] = (char)w->kind,
		[WHAT_LATE - 1] = (char)lateness(e, day->slate, a, &d->scratch),
		[WHAT_AUDIENCE - 1] = (char)audience,
	};
	const unsigned item = script_next(r);

	order_key_format(e->key.id, id);
	order_key_format(order_id(e), key);
	if (w->kind == KIND_QUOTE && (uint64_t)e->event_ms != order_id(e).ms)
		str_printf(&d->scratch, " @%" PRId64, e->event_ms);
	redis_arg_format(script_argv(r, item + APPLY_ITEM_WHAT), "%s%s", what, d->scratch.length ? d->scratch.data : "");
	redis_arg(script_argv(r, item + APPLY_ITEM_ID), id);
	redis_arg(script_argv(r, item + APPLY_ITEM_KEY), strcmp(id, key) == 0 ? "" : key);
	(void)script_argv(r, item + APPLY_ITEM_EVENT);
	if (event->event_id) {
		char first[STREAM_ID_SIZE];
		redis_arg_format(r, "%" PRIu64 " %s %s", e->key.id.ms / 86400000, order_key_format(first_id(e), first),
			event->event_id);
	} else
		redis_arg(r, "");
	redis_arg(script_argv(r, item + APPLY_ITEM_FIELD), w->name);
	redis_arg(script_argv(r, item + APPLY_ITEM_VALUE), w->value);
	(void)script_argv(r, item + APPLY_ITEM_HASH);
	if (same)
		return;
	text_format(c->player, sizeof(c->player), "%s", alone ? plan->player : "");
	text_format(c->named, sizeof(c->named), "%s", plan->named);
	arg_hash(r, day, w->place, a->game, plan->player);
	redis_arg(script_argv(r, item + APPLY_ITEM_NAMED), plan->named);
	(void)script_argv(r, item + APPLY_ITEM_GAMES);
	if (alone)
		return;
	redis_arg_int(r, (int64_t)a->done_count);
	for (size_t i = 0; i < a->done_count; i++)
		redis_arg(r, a->done[i][0] ? a->done[i] : no_game_id(day->date, none));
	if (c->slate)
		return;
	redis_arg_int(r, (int64_t)a->player_count);
	for (size_t i = 0; i < a->player_count; i++)
		redis_arg(r, a->players[i]);
}

static void on_applied(void *arg, void *data, const struct value *reply);

static void begin_call(struct delivery *d, struct day *day)
{
	char expiry[24];
	struct redis_request *r = link_script(d, SCRIPT_APPLY, day);
	day_arg_version(script_argv(r, APPLY_SV), day);
	redis_arg(script_argv(r, APPLY_PHASES), d->phases_in);
	(void)script_argv(r, APPLY_STREAMS);
	for (int s = 0; s < STREAM_COUNT; s++)
		redis_arg(r, d->streams[s].key);
	day_expiry(d, day, expiry);
	redis_arg(script_argv(r, APPLY_EXPIRES), expiry);
	(void)script_argv(r, APPLY_ITEMS);
}

/*
 * Entries of a list's making that may be about either of two men, or name strangers who are refused. They are buried once
 * the list is on its way, for a request is being made. What came before has been applied, so they are judged by the slate
 * of their place in the order.
 */
struct refusals {
	struct entry *entries[LIST_MAX];
	unsigned count;
	bool unsure; /* the slate must be read anew to tell */
};

static void add_man(struct str *text, const struct slate *s, const char *player, const char *before)
{
	const struct slate_member *m = slate_member(s, player);
	str_printf(text, "%s%s%s%s", before, player, m && m->team[0] ? " of " : "", m ? m->team : "");
}

static void bury_unclear(struct delivery *d, const struct slate *s, struct entry *e)
{
	const struct event *event = e->event;
	const struct slate_found found = slate_resolve_event(s, event);
	const char *example = "jalenwilliams@CHA";
	struct str text = {0};
	str_printf(&text, "player_lookup: \"%s\" may be ", event->player);
	for (unsigned i = 0; i < found.fit_count; i++) {
		add_man(&text, s, found.fits[i], i == 0 ? "" : i + 1 < found.fit_count ? ", " : " or ");
		example = strcmp(found.fits[i], event->player) != 0 ? found.fits[i] : example;
	}
	if (event->player_id)
		str_printf(&text, ", and player_id %" PRId64 " does not say which", event->player_id);
	else if (event->team[0])
		str_printf(&text, ", and team %s does not say which", event->team);
	else if (event->game_id[0])
		str_printf(&text, ", and game_id %s does not say which", event->game_id);
	str_printf(&text, "; team, game_id or player_id says who is meant, or his own name, such as %s", example);
	bury(d, e, "ambiguous", "player_lookup", text.failed ? "the name may be that of several players" : text.data);
	str_done(&text);
}

/* False: it stays where it is for now. */
static bool refuse(struct delivery *d, struct entry *e, struct refusals *refused, enum stranger_fate fate)
{
	refused->unsure |= fate == STRANGER_UNSURE;
	if (fate == STRANGER_UNSURE || refused->count == LIST_MAX)
		return false;
	entry_enter(d, e, ENTRY_SENT);
	refused->entries[refused->count++] = e;
	return true;
}

static void bury_refused(struct delivery *d, struct day *day, const struct refusals *refused)
{
	for (unsigned i = 0; i < refused->count && d->session == SESSION_READY; i++) {
		const struct event *e = refused->entries[i]->event;
		if (e->player[0] && slate_resolve_event(day->slate, e).how == FOUND_AMBIGUOUS)
			bury_unclear(d, day->slate, refused->entries[i]);
		else
			strangers_bury(d, day, refused->entries[i]);
	}
	if (refused->unsure)
		day_ask(d, day);
}

/* Items of one entry, one or two, stay together in one call. */
static bool add_entry(struct delivery *d, struct call *c, struct entry *e, struct refusals *refused)
{
	struct plan plan;
	struct day *day = c->day;

	if (plan_entry(day->slate, e->event, c->arena, &plan) < 0) {
		link_lost(d, "no memory for an apply list");
		return false;
	}
	/* One of several may be another one once the slate entries before it are applied. */
	if (c->slate && c->count && plan.found.chosen)
		return false;
	if (plan.found.how == FOUND_AMBIGUOUS)
		return refuse(d, e, refused, strangers_look(d, day, e, &plan.found));
	const size_t cost =
		plan.write_count * (1 + plan.affected->player_count + (plan.affected->done_count ? day->ran : 0));
	if (c->count + plan.write_count > LIST_MAX || (c->count && c->cost + cost > COST_MAX))
		return false;
	const enum stranger_fate fate = strangers_look(d, day, e, &plan.found);
	if (fate != STRANGER_GOES_ON)
		return refuse(d, e, refused, fate);
	c->cost += cost;
	books_heard(d, day, e, plan.affected->game);
	named_game(d, day->slate, e->event, &plan);
	entry_enter(d, e, ENTRY_SENT);
	e->again = e->told_applied = false;
	e->open++; /* the guard */
	for (size_t w = 0; w < plan.write_count; w++) {
		arg_item(d, c, e, &plan, &plan.writes[w], plan.affected);
		c->items[c->count++] = (struct call_item){.entry = e,
			.affected = plan.affected,
			.alone = is_alone(&plan.writes[w], plan.affected),
			.player = plan.player};
		e->items_left++;
	}
	return true;
}

/* Whether more is about to come that may stand together with what waits. Looked at with each read, and at its end. */
static bool gathering(const struct delivery *d, const struct day *day, enum todo_kind kind)
{
	int64_t since_us;
	return todo_collects(&day->todo, kind, &since_us) && link_now_us(d) < since_us + GATHER_US &&
	       budget_more(d, kind == TODO_SLATE ? STREAM_SLATE : STREAM_ODDS);
}

static bool may_apply(const struct delivery *d, const struct day *day)
{
	return day->state == DAY_READY && !d->hold_us && d->needs - d->slow < d->options.max_needs &&
	       d->slow < d->options.max_needs;
}

/* The next of the kind. What could not be read whole is refused now and not before: this instance has the date's league, so
 * nobody can read it better. Not while a list is made: it sends. */
static struct entry *next_entry(struct delivery *d, struct day *day, enum todo_kind kind)
{
	struct entry *e;
	while ((e = todo_next(&day->todo, kind, day->slate)) != NULL && e->event->unread)
		bury(d, e, "malformed", e->event->unread->field, e->event->unread->error);
	return e;
}

/* Whose turn it is, of those that have something to send. */
static bool next_kind(struct delivery *d, struct day *day, enum todo_kind *ret)
{
	for (unsigned i = 0; i < TODO_KINDS; i++) {
		const enum todo_kind kind = (day->turn + i) % TODO_KINDS;
		if (gathering(d, day, kind) || !next_entry(d, day, kind))
			continue;
		*ret = kind;
		return true;
	}
	return false;
}

static void send_call(struct delivery *d, struct call *c)
{
	if (c->count == 0) {
		link_drop_request(d);
		call_done(d, c);
		return;
	}
	d->applies_out++;
	c->day->slate_out = c->slate;
	c->day->written = true;
	link_send(d, on_applied, c);
}

void apply_turn(struct delivery *d, struct day *day)
{
	enum todo_kind kind;
	while (may_apply(d, day) && !day->slate_out && d->applies_out < APPLIES_OUT_MAX && next_kind(d, day, &kind)) {
		struct call *c = call_new(d, day);
		struct refusals refused = {.count = 0};
		struct entry *e;
		if (!c)
			return;
		c->slate = kind == TODO_SLATE;
		todo_begin(&day->todo, kind);
		day->turn = (kind + 1) % TODO_KINDS;
		begin_call(d, day);
		while (c->count < LIST_MAX && (e = todo_next(&day->todo, kind, day->slate)) != NULL && !e->event->unread)
			if (!add_entry(d, c, e, &refused))
				break;
		send_call(d, c);
		bury_refused(d, day, &refused);
	}
}

/* Slate entries speak of some, and are behind for those; all other entries that queue up may be of anybody. */
bool delivery_behind(const struct delivery *d, date_t date, const char *player)
{
	unsigned out = d->applies_out;
	for (const struct day *day = d->days; day; day = day->hh.next) {
		const size_t slates = queue_size(&day->todo.queues[TODO_SLATE]);
		out -= day->slate_out;
		if (may_apply(d, day) && todo_count(&day->todo) > slates)
			return true;
		if (day->date == date && todo_concerns(&day->todo, day->slate, player))
			return true;
	}
	for (int s = 0; s < STREAM_COUNT; s++)
		if (s != STREAM_SLATE && budget_more(d, (enum stream)s))
			return true;
	return out > 1;
}

/* --- back ------------------------------------------------------------------------------------------------------- */

/* The reply's flat tail, read from the front. */
struct reader {
	const struct value *reply;
	size_t at;
};

static const struct value *next_value(struct reader *in)
{
	return value_at(in->reply, in->at++);
}

/* So many players' committed versions stand behind an item's need. */
static size_t told_of(const struct call *c, const struct call_item *item)
{
	return item->alone || c->slate ? 0 : item->affected->player_count;
}

/* Whether the reply is one to this list, to its last number: what is not understood must not count as settled. */
static bool is_answer(const struct call *c, const struct value *reply)
{
	struct reader in = {.reply = reply, .at = APPLY_OUT_ITEMS - 1};
	if (reply->type != VALUE_ARRAY || !value_has_shape(script_out(reply, APPLY_OUT_SLATE), "[s]|n") ||
		!value_has_shape(script_out(reply, APPLY_OUT_RAN), "[s]"))
		return false;
	for (unsigned i = 0; i < c->count; i++) {
		const struct value *answer = next_value(&in);
		if (!value_has_shape(answer, "u") || value_int(answer) > ANSWER_FULL)
			return false;
		if (value_int(answer) != ANSWER_NEED)
			continue;
		for (size_t left = 1 + told_of(c, &c->items[i]); left > 0; left--)
			if (!value_has_shape(next_value(&in), "u"))
				return false;
	}
	return in.at == reply->count;
}

static void need_item(struct delivery *d, struct call *c, struct call_item *item, struct reader *in)
{
	const int64_t version = value_int(next_value(in));
	const size_t told = told_of(c, item);
	struct entry *e = item->entry;
	if (!e->told_applied)
		entry_step(d, e, (struct trace_fact){.step = TRACE_APPLIED, .version = version, .at_us = c->heard_us},
			e->event->player);
	e->told_applied = true;
	if (c->slate)
		item->version = version;
	else
		audience_of_item(d, c, item, version, &in->reply->items[in->at]);
	in->at += told;
}

/* The last of the entry's items is answered. */
static void answered(struct delivery *d, struct day *day, struct entry *e)
{
	if (e->again) {
		e->applied_before = true;
		e->open--;
		e->day = day;
		entry_enter(d, e, ENTRY_TODO);
		return;
	}
	entry_forget_event(e);
	entry_enter(d, e, ENTRY_OPEN);
	if (--e->open == 0)
		settle_entry(d, e);
	else
		entry_judge(d, e);
}

static void heard_item(struct delivery *d, struct call *c, struct call_item *item, struct reader *in)
{
	struct entry *e = item->entry;
	char full[80];

	e->items_left--;
	switch ((enum apply_answer)value_int(next_value(in))) {
	case ANSWER_NEED:
		need_item(d, c, item, in);
		break;
	case ANSWER_SLATE:
		e->again = true;
		break;
	case ANSWER_GONE:
		/* Its stream was deleted: the entry is outside the promise, and nobody can ack it. */
		metrics_add(d->options.metrics, METRIC_ENTRIES_FORGOTTEN, 0, 1);
		e->how = SETTLED_COUNT;
		break;
	case ANSWER_EXPIRED:
		e->how = SETTLED_EXPIRED;
		break;
	case ANSWER_DUP:
		e->how = SETTLED_DUPLICATE;
		break;
	case ANSWER_FULL:
		if (e->items_left == 0) {
			text_format(
				full, sizeof(full), "the player has %d quotes already, no more are kept", QUOTES_MAX);
			bury(d, e, "malformed", "market", full);
			return;
		}
		break;
	}
	if (e->items_left == 0 && !c->slate)
		answered(d, c->day, e);
}

/* Another league came between: the slate by which the list was made and would be judged is no more. All of it again. */
static void apply_again(struct delivery *d, struct call *c)
{
	for (unsigned i = 0; i < c->count; i++) {
		struct entry *e = c->items[i].entry;
		e->again = true;
		if (--e->items_left == 0)
			answered(d, c->day, e);
	}
}

/* Redis is at its memory limit: reading and acking go on, applying waits. */
static void hold(struct delivery *d, struct call *c)
{
	for (unsigned i = 0; i < c->count; i++) {
		struct entry *e = c->items[i].entry;
		if (--e->items_left > 0)
			continue;
		e->open--;
		e->day = c->day;
		entry_enter(d, e, ENTRY_TODO);
	}
	days_hold(d);
}

/* Slate entries are judged when all of them are answered and the slate is loaded; where it is not to be had yet (the league
 * is another now), they are applied again by the one that will be. */
static void slate_heard(struct delivery *d, struct call *c)
{
	const bool ready = c->day->state == DAY_READY;
	if (ready && audience_of_slate(d, c) < 0)
		link_lost(d, "no memory for who a slate affects");
	struct entry *leader = NULL; /* comes last: it may be settled at once, and they with it */
	for (unsigned i = 0; i < c->count; i++) {
		struct entry *e = c->items[i].entry;
		e->again |= !ready && c->items[i].version > 0;
		if (e->leads)
			leader = e;
		else
			answered(d, c->day, e);
	}
	if (leader)
		answered(d, c->day, leader);
}

static void items_heard(struct delivery *d, struct call *c, const struct value *reply)
{
	const struct value *slate = script_out(reply, APPLY_OUT_SLATE);
	struct reader in = {.reply = reply, .at = APPLY_OUT_ITEMS - 1};

	c->heard_us = link_now_us(d);
	/* Needs are judged by the slate that the list was made from; only slate entries by the one they make. */
	if (c->slate && slate->type == VALUE_ARRAY)
		day_loaded(d, c->day, slate);
	if (audience_ran(c, script_out(reply, APPLY_OUT_RAN)) < 0) {
		link_lost(d, "no memory for who once ran");
		return;
	}
	for (unsigned i = 0; i < c->count; i++)
		heard_item(d, c, &c->items[i], &in);
	if (c->slate)
		slate_heard(d, c);
	else if (slate->type == VALUE_ARRAY)
		day_loaded(d, c->day, slate);
}

static void on_applied(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	struct call *c = data;

	d->applies_out--;
	if (c->slate)
		c->day->slate_out = false;
	if (value_is_code(reply, "OOM")) {
		hold(d, c);
		goto out;
	}
	if (!is_answer(c, reply))
		link_not_understood(d, reply, "apply");
	if (d->session != SESSION_READY)
		return; /* the call went with the session */
	d->full = false;
	if (c->leagues != d->leagues)
		apply_again(d, c);
	else
		items_heard(d, c, reply);
out:
	call_done(d, c);
	d->ops->wake(d->arg);
}
