/*
 * Three steps. Every field is filed under the contract's name for it (so that doubles and strangers show at
 * once), from the flat form or from `data`. Which fields are there says which kind of event it is. Then the
 * rows of the contract that belong to that kind parse the values in turn, and what one row cannot see is
 * checked last. The event is built aside and handed over only when whole.
 */
#include "ingest/decode.h"

#include <errno.h>
#include <string.h>

#include "ingest/blame.h"
#include "ingest/contract.h"
#include "ingest/decode_json.h"
#include "ingest/foreign_form.h"

static int finish_odds(struct decoding *d);
static int finish_game_odds(struct decoding *d);

/* The first row of the stream with one of `any_of` among the fields; 0 takes what is left. */
static const struct kind_rule {
	enum stream stream;
	enum event_kind kind;
	unsigned any_of;
	const char *what;
	int (*finish)(struct decoding *d);
} kind_rules[] = {
	{STREAM_ODDS, EVENT_ODDS, BIT(FIELD_PLAYER), "a player's quote", finish_odds},
	{STREAM_ODDS, EVENT_GAME_ODDS, BIT(FIELD_TOTAL) | BIT(FIELD_SPREAD),
		"game odds (an entry without player_lookup)", finish_game_odds},
	{STREAM_INJURY, EVENT_INJURY, 0, "an injury", NULL},
	{STREAM_LINEUP, EVENT_LINEUP, 0, "a lineup", NULL},
	{STREAM_SLATE, EVENT_SLATE_PLAYER, BIT(FIELD_PLAYER), "a player of the slate", NULL},
	{STREAM_SLATE, EVENT_SLATE_GAME, BIT(FIELD_GAME), "a game of the slate", NULL},
	{STREAM_REGENERATE, EVENT_LEAGUE, BIT(FIELD_LEAGUE), "a league's number", NULL},
	{STREAM_REGENERATE, EVENT_REGENERATE, BIT(FIELD_PLAYER) | BIT(FIELD_TEAM) | BIT(FIELD_GAME) | BIT(FIELD_DATE),
		"a regenerate entry", NULL},
};

/* What to say where no rule fits. */
static const char *const no_kind[STREAM_COUNT] = {
	[STREAM_ODDS] = "is about nothing; an odds entry has a player_lookup (a player's quote) or total or "
			"spread (game odds)",
	[STREAM_SLATE] = "is about nothing; a slate entry has a game_id (a game) or a player_lookup (a player)",
	[STREAM_REGENERATE] =
		"names nothing to regenerate; it has any of player_lookup, team, game_id, or only game_date",
};

static bool has(const struct decoding *d, enum contract_field field)
{
	return (d->present & BIT(field)) != 0;
}

/* An error about a field that is absent. */
static int missing(struct decoding *d, const struct contract_row *row, const char *where)
{
	struct value absent = {.name = row->name, .name_length = row->name_length};
	return blame(d->why, &absent, row->want, "missing from %s", where);
}

static const struct contract_row *row_of(enum contract_field field, enum event_kind kind)
{
	const struct contract_row *row = contract_rows;
	while (row->field != field || (row->kinds & BIT(kind)) == 0)
		row++;
	return row;
}

/* One side has one price, and two sides have none that is nobody's. */
static int finish_side(struct decoding *d)
{
	struct event *e = d->event;
	if (e->odds.side == SIDE_BOTH)
		return has(d, FIELD_PRICE) ? missing(d, row_of(FIELD_SIDE, EVENT_ODDS), "a quote with price") : 0;
	for (enum contract_field field = FIELD_OVER; field <= FIELD_UNDER; field++)
		if (has(d, field))
			return blame(d->why, &d->value[field], NULL,
				"stands beside side; the price of the one side is price, and a quote of both has no side");
	if (!e->odds.off && !has(d, FIELD_PRICE))
		return missing(d, row_of(FIELD_PRICE, EVENT_ODDS), "an open side of a quote");
	if (e->odds.side == SIDE_UNDER) {
		e->odds.under = e->odds.over; /* where price was put */
		e->odds.over = 0;
	}
	return 0;
}

static int finish_odds(struct decoding *d)
{
	struct event *e = d->event;
	if (d->alternate_by_name && has(d, FIELD_ALT) && !e->odds.alternate)
		return blame(d->why, &d->value[FIELD_ALT], row_of(FIELD_ALT, EVENT_ODDS)->want,
			"contradicts the market, which is one of alternates");
	e->odds.alternate |= d->alternate_by_name;
	int r = finish_side(d);
	if (r < 0)
		return r;
	e->odds.has_line = has(d, FIELD_LINE);
	if (e->odds.has_line || (e->odds.off && !e->odds.alternate))
		return 0;
	return missing(d, row_of(FIELD_LINE, EVENT_ODDS),
		e->odds.off ? "an alternate that is off (the line says which)" : "an open quote");
}

static int finish_game_odds(struct decoding *d)
{
	d->event->game_odds.has_total = has(d, FIELD_TOTAL);
	d->event->game_odds.has_spread = has(d, FIELD_SPREAD);
	return 0;
}

/* The game's date and the entry's are one. */
static int finish_date(struct decoding *d)
{
	if (!has(d, FIELD_GAME)) {
		if (has(d, FIELD_DATE))
			return 0;
		return missing(d, row_of(FIELD_DATE, d->event->kind), "an entry without game_id");
	}
	if (has(d, FIELD_DATE) && d->event->date != d->game_date) {
		char date[DATE_SIZE];
		return blame(d->why, &d->value[FIELD_DATE], "leave game_date out or give the game's",
			"differs from the date of game_id, %s", date_format(d->game_date, date));
	}
	d->event->date = d->game_date;
	return 0;
}

/* What fits every field: limits, UTF-8, no control characters. */
static int check_field(struct decoding *d, const struct value *value)
{
	const char *problem = text_problem(value->name, value->name_length);
	if (problem != NULL) {
		struct value name = {.name = value->name, .name_length = value->name_length};
		return blame(d->why, &name, NULL, "the name of this field %s", problem);
	}
	return value->type == VALUE_TEXT ? check_text(d->why, value) : 0;
}

static int twice(struct decoding *d, const struct value *value)
{
	const struct value name = {.name = value->name, .name_length = value->name_length};
	return blame(d->why, &name, NULL, "stands in the entry twice; once is enough");
}

/* Files the value if it is one of the contract's; 1: it is a stranger. */
static int file_value(struct decoding *d, const struct value *value)
{
	int r = check_field(d, value);
	if (r < 0)
		return r;
	const struct contract_row *row =
		contract_find(contract_kinds(d->event->stream), value->name, value->name_length);
	if (row == NULL || (!d->own && (BIT(row->field) & FIELDS_OWN)))
		return 1;
	if (value->type == VALUE_NULL)
		return 0;
	if (has(d, row->field))
		return twice(d, value);
	d->present |= BIT(row->field);
	d->value[row->field] = *value;
	return 0;
}

static bool same_name(const struct field *a, const struct field *b)
{
	return a->name_length == b->name_length && memcmp(a->name, b->name, a->name_length) == 0;
}

static int file_flat(struct decoding *d, const struct field *fields, size_t count, const struct field **ret_data)
{
	static const struct field data_name = {.name = "data", .name_length = 4};
	const struct field *strangers[FIELDS_MAX];
	for (size_t i = 0; i < count; i++) {
		const struct field *f = &fields[i];
		struct value value = {VALUE_TEXT, f->name, f->value, f->name_length, f->value_length, NULL, 0};
		if (same_name(f, &data_name)) {
			if (*ret_data != NULL)
				return twice(d, &value);
			*ret_data = f;
			continue;
		}
		int r = file_value(d, &value);
		if (r < 0)
			return r;
		if (r == 0)
			continue;
		for (unsigned k = 0; k < d->event->unknown_fields; k++)
			if (same_name(strangers[k], f))
				return twice(d, &value);
		strangers[d->event->unknown_fields++] = f;
	}
	return 0;
}

/* Nobody but the producer wrote what stands in `data`. */
static int file_json(struct decoding *d, const struct json_entry *json)
{
	d->own = false;
	for (size_t i = 0; i < json->count; i++) {
		int r = file_value(d, &json->value[i]);
		if (r < 0)
			return r;
		d->event->unknown_fields += (unsigned)r;
	}
	return 0;
}

static int beside_data(struct decoding *d)
{
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (!has(d, (enum contract_field)i) || (BIT(i) & FIELDS_OWN))
			continue;
		const struct value name = {.name = d->value[i].name, .name_length = d->value[i].name_length};
		return blame(d->why, &name, NULL, "stands beside data; put all fields into data or none");
	}
	return 0;
}

static bool is_own(enum stream stream, const struct field *f)
{
	const struct contract_row *row = contract_find(contract_kinds(stream), f->name, f->name_length);
	return row != NULL && (BIT(row->field) & FIELDS_OWN);
}

enum { OWN_MAX = 2 }; /* fields of FIELDS_OWN in one entry */

static int check_limits(struct decoding *d, const struct field *fields, size_t count)
{
	size_t bytes = 0, own = 0;
	if (count > FIELDS_MAX + OWN_MAX) /* and the caller may not have listed all of them */
		return blame(d->why, NULL, NULL, "the entry has %zu fields; at most %d are allowed", count, FIELDS_MAX);
	for (size_t i = 0; i < count; i++) {
		if (d->own && is_own(d->event->stream, &fields[i]))
			own++; /* what we add to an entry must not make it too large */
		else
			bytes += fields[i].name_length + fields[i].value_length;
	}
	if (count - own > FIELDS_MAX)
		return blame(d->why, NULL, NULL, "the entry has %zu fields; at most %d are allowed", count - own,
			FIELDS_MAX);
	if (bytes > ENTRY_MAX)
		return blame(d->why, NULL, NULL, "the entry has %zu bytes; at most %d are allowed", bytes, ENTRY_MAX);
	return 0;
}

static const struct kind_rule *find_kind(const struct decoding *d)
{
	for (size_t i = 0; i < sizeof(kind_rules) / sizeof(*kind_rules); i++) {
		const struct kind_rule *rule = &kind_rules[i];
		if (rule->stream == d->event->stream && (rule->any_of == 0 || (rule->any_of & d->present) != 0))
			return rule;
	}
	return NULL;
}

/* The value is of a form that the row takes. */
static int check_type(struct decoding *d, const struct contract_row *row, const struct value *value)
{
	switch (value->type) {
	case VALUE_TEXT:
		if (value->length == 0 && !row->may_be_empty)
			return blame(d->why, value, row->want, "is empty");
		return 0;
	case VALUE_NUMBER:
		return row->number ? 0 : blame(d->why, value, row->want, "is a JSON number, not a string");
	case VALUE_LIST:
		return row->list ? 0
				 : blame(d->why, value, row->want, "is not a %s", row->number ? "number" : "string");
	case VALUE_FLAG:
		if (row->flag)
			return 0;
		break;
	case VALUE_NULL:
	case VALUE_OTHER:
		break;
	}
	return blame(d->why, value, row->want, "is not a %s", row->list ? "list" : row->number ? "number" : "string");
}

static int parse_rows(struct decoding *d, const struct kind_rule *rule)
{
	unsigned left = d->present;
	for (size_t i = 0; i < contract_row_count; i++) {
		const struct contract_row *row = &contract_rows[i];
		if ((row->kinds & BIT(rule->kind)) == 0)
			continue;
		if (!has(d, row->field)) {
			if ((row->required & BIT(rule->kind)) != 0)
				return missing(d, row, rule->what);
			continue;
		}
		left &= ~BIT(row->field);
		const struct value *value = &d->value[row->field];
		int r = check_type(d, row, value);
		if (r == 0)
			r = row->parse(d, row, value);
		if (r < 0)
			return r;
	}
	if (left != 0) {
		const struct value *value = &d->value[__builtin_ctz(left)];
		return blame(d->why, value, NULL, "does not belong to %s; leave the field out", rule->what);
	}
	return 0;
}

static int decode_filed(struct decoding *d)
{
	const struct kind_rule *rule = find_kind(d);
	if (rule == NULL)
		return blame(d->why, NULL, NULL, "the entry %s", no_kind[d->event->stream]);
	d->event->kind = rule->kind;
	int r = parse_rows(d, rule);
	if (r == 0)
		r = finish_date(d);
	if (r == 0 && rule->finish != NULL)
		r = rule->finish(d);
	return r;
}

bool event_claims_own(enum stream stream, const struct field *fields, size_t count)
{
	bool own = false;
	for (size_t i = 0; i < count && count <= FIELDS_MAX + 1 && !own; i++)
		own = is_own(stream, &fields[i]);
	return own;
}

int event_decode(enum stream stream, const struct field *fields, size_t count, const struct decode_world *world,
	struct event *ret_event, struct malformed *ret_why)
{
	struct event event = {.stream = stream};
	struct decoding d; /* `value` is large and filled as `present` says */
	d.event = &event;
	d.snapshot = world->snapshot;
	d.teams = world->teams;
	d.why = ret_why;
	d.own = world->own;
	d.came_ms = world->came_ms;
	d.max_delay_us = world->max_delay_us;
	d.present = 0;
	d.decimal = d.alternate_by_name = false;
	const struct field *data = NULL;
	struct json_entry json;
	bool opened = false;

	int r = check_limits(&d, fields, count);
	if (r == 0)
		r = file_flat(&d, fields, count, &data);
	if (r == 0 && data != NULL) {
		r = beside_data(&d);
		if (r == 0)
			r = json_entry_init(&json, data->value, data->value_length, ret_why);
		opened = r == 0;
		if (r == 0)
			r = file_json(&d, &json);
	}
	if (r == 0)
		r = decode_filed(&d);
	if (opened)
		json_entry_done(&json);
	if (r == -EINVAL && count <= FIELDS_MAX + OWN_MAX)
		foreign_form_blame(fields, count, ret_why);
	if (r < 0)
		event_done(&event);
	else
		*ret_event = event;
	return r;
}
