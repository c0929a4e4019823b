/* What entries named that nobody knows: who said it, how often, since when, and what is nearest to it. */
#include <stdlib.h>

#include "admin/areas.h"
#include "admin/context.h"
#include "admin/request.h"
#include "admin/strangers.h"
#include "delivery/delivery.h"

enum { SHOWN = 20 };

json_t *admin_stranger_counts(const struct admin_context *c)
{
	unsigned counts[STRANGER_KINDS], sum = 0;
	uint64_t left_out;
	json_t *list = json_object();
	delivery_stranger_counts(c->delivery, counts, &left_out);
	for (int kind = 0; kind < STRANGER_KINDS; kind++) {
		sum += counts[kind];
		if (counts[kind] > 0)
			json_object_set_new(list, stranger_kinds[kind], json_integer(counts[kind]));
	}
	if (sum > 0)
		return list;
	json_decref(list);
	return NULL;
}

static json_t *stranger_json(const struct stranger_row *row)
{
	char date[DATE_SIZE], remedy[STRANGER_REMEDY_SIZE];
	json_t *near = json_array();
	for (unsigned i = 0; i < row->near_count; i++)
		json_array_append_new(near, json_pack("{s:s, s:s}", "name", row->near[i].name, "why", row->near[i].why));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:o, s:s}", "kind", stranger_kinds[row->kind],
		"name", row->name, "spelling", row->spelling[0] ? row->spelling : row->name, "source", row->source,
		"date", date_format(row->date, date), "count", (json_int_t)row->count, "first_ms",
		(json_int_t)row->first_ms, "last_ms", (json_int_t)row->last_ms, "nearest", near, "remedy",
		stranger_remedy(row->kind, row->name, row->spelling, row->near_count ? &row->near[0] : NULL, remedy));
}

static void strangers(struct admin_request *r, struct admin_context *c)
{
	struct stranger_row *rows[STRANGER_ROWS];
	unsigned counts[STRANGER_KINDS];
	uint64_t left_out;
	size_t total;
	const enum stranger_kind kind = (enum stranger_kind)admin_word(r, "kind", STRANGER_KINDS);
	const size_t count = delivery_strangers(c->delivery, kind, rows, (size_t)admin_int(r, "limit", SHOWN), &total);
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++) {
		delivery_stranger_nearest(c->delivery, rows[i]);
		json_array_append_new(list, stranger_json(rows[i]));
	}
	delivery_stranger_counts(c->delivery, counts, &left_out);
	admin_reply(r, json_pack("{s:o, s:I, s:I}", "strangers", list, "total", (json_int_t)total, "left_out",
			       (json_int_t)left_out));
}

static const struct admin_arg stranger_args[] = {
	{.name = "kind", .type = ADMIN_WORD, .words = stranger_kinds, .help = "only those"},
	{.name = "limit", .type = ADMIN_INT, .from = 1, .to = STRANGER_ROWS, .help = "at most so many, the newest; 20"},
	{.name = NULL},
};

const struct admin_command admin_stranger_commands[] = {
	{.name = "strangers",
		.role = ADMIN_ROLE_VIEW,
		.args = stranger_args,
		.handler = strangers,
		.help = "names, teams and games that nobody knows, and what is nearest to each"},
	{.name = NULL},
};
