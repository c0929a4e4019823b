/*
 * What the history says. Its file is read on a thread of its own (history/reader.c); here questions are put and rows
 * become JSON, at most so many at a time that neither the loop nor the client's connection feels it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "admin/areas.h"
#include "admin/ask.h"
#include "admin/context.h"
#include "admin/histories.h"
#include "admin/names.h"
#include "base/str.h"
#include "history/history.h"

enum {
	ROWS_MAX = 500,
	RUNS_MAX = 250, /* their rows are the longest */
	SHOWN = 20,
	DAYS_MAX = 3650,
	FAILURE_DAYS = 7,
	FAILURE_MIN = 3,
	COMPARE_DAYS = 30,
	ERRORS_KEPT = 3,
};

static const char *const phases[] = {"report", "precompute", NULL};

struct history_query {
	struct ask ask;
	struct history_question question;
	const char *member; /* of the reply, that the rows stand in */
	bool nulls; /* shown, not left out */
};

/* --- replies ---------------------------------------------------------------------------------------------------- */

json_t *admin_history_state(const struct admin_context *c)
{
	struct history_view view;
	history_look(c->history, &view);
	if (!view.on)
		return NULL;
	json_t *state = json_pack("{s:s, s:I, s:I, s:I}", "file", view.file, "records", (json_int_t)view.written,
		"queued", (json_int_t)view.queued, "dropped", (json_int_t)view.dropped);
	if (view.dropped_ever >= 0)
		json_object_set_new(state, "dropped_ever", json_integer((json_int_t)view.dropped_ever));
	if (view.moved > 0)
		json_object_set_new(state, "moved", json_integer((json_int_t)view.moved));
	if (view.trouble[0])
		json_object_set_new(state, "trouble", json_string(view.trouble));
	return state;
}

static json_t *cell_json(const struct history_cell *cell)
{
	switch (cell->type) {
	case STORE_INT:
		return json_integer((json_int_t)cell->integer);
	case STORE_REAL:
		return json_real(cell->real);
	case STORE_TEXT:
		return json_string(cell->text);
	default:
		return json_null();
	}
}

/* The latest errors of an item are columns of their own; as a list they are one thing. */
static void gather_errors(json_t *row)
{
	json_t *errors = json_array();
	for (int i = 1; i <= ERRORS_KEPT; i++) {
		char name[16];
		text_format(name, sizeof(name), "error_%d", i);
		json_t *error = json_object_get(row, name);
		if (json_is_string(error))
			json_array_append(errors, error);
		json_object_del(row, name);
	}
	json_object_set_new(row, "errors", errors);
}

static json_t *rows_json(const struct history_query *q, const struct history_answer *a)
{
	json_t *rows = json_array();
	for (size_t i = 0; i < a->rows; i++) {
		json_t *row = json_object();
		for (size_t k = 0; k < a->columns; k++) {
			const struct history_cell *cell = &a->cells[i * a->columns + k];
			if (q->nulls || cell->type != STORE_NULL)
				json_object_set_new(row, a->names[k], cell_json(cell));
		}
		if (q->question.what == HISTORY_ASKS_FAILURES)
			gather_errors(row);
		json_array_append_new(rows, row);
	}
	return rows;
}

static json_t *names_json(const struct history_answer *a)
{
	json_t *names = json_array();
	for (size_t i = 0; i < a->columns; i++)
		json_array_append_new(names, json_string(a->names[i]));
	return names;
}

static void tell_failure(struct history_query *q, const struct history_answer *a)
{
	struct history_view view;
	history_look(q->ask.context->history, &view);
	const bool more = view.trouble[0] && strcmp(view.trouble, a->why) != 0;
	ask_error(&q->ask, a->result == -EEXIST ? CODE_REFUSED : CODE_FAILED, "%s%s%s", a->why,
		more ? "; it cannot be written either: " : "", more ? view.trouble : "");
}

/* Who has no run here may be nobody. False: that was told. */
static bool check_found(struct history_query *q, const struct history_answer *a)
{
	char canonical[LOOKUP_SIZE];
	const struct history_question *of = &q->question;
	const date_t today = admin_today(q->ask.context);
	if (of->what != HISTORY_ASKS_PLAYER || a->rows > 0)
		return true;
	if (!admin_find_player(q->ask.context, today, of->player, canonical))
		ask_unknown_player(&q->ask, today, of->player);
	else if (of->version > 0)
		ask_error(&q->ask, CODE_NOT_FOUND, "no run of %s that gave version %lld is in the history", of->player,
			(long long)of->version);
	else
		ask_error(&q->ask, CODE_NOT_FOUND, "no run of %s is in the history", of->player);
	return false;
}

static void on_answer(void *arg, const struct history_answer *a)
{
	struct history_query *q = arg;
	if (!ask_came(&q->ask))
		return;
	if (a->result < 0) {
		tell_failure(q, a);
		return;
	}
	if (!check_found(q, a))
		return;
	json_t *data = json_object();
	if (q->question.what == HISTORY_ASKS_BACKUP)
		json_object_set_new(data, "file", json_string(q->question.path));
	else
		json_object_set_new(data, q->member, rows_json(q, a));
	if (q->question.what == HISTORY_ASKS_EXPORT)
		json_object_set_new(data, "columns", names_json(a));
	if (q->question.what == HISTORY_ASKS_EXPORT && a->last_id > 0)
		json_object_set_new(data, "next", json_integer((json_int_t)a->last_id));
	if (q->question.what == HISTORY_ASKS_EXECUTIONS || q->question.what == HISTORY_ASKS_PLAYER)
		json_object_set_new(data, "state", admin_history_state(q->ask.context));
	if (q->question.from > 0) {
		char from[DATE_SIZE];
		json_object_set_new(data, "from", json_string(date_format(q->question.from, from)));
	}
	ask_reply(&q->ask, data);
}

static void put_question(struct admin_request *r, struct admin_context *c, const struct history_question *question,
	const char *member, bool nulls)
{
	if (!c->history) {
		admin_error(r, CODE_REFUSED, "no history is kept: history.file of the configuration is \"\"");
		return;
	}
	struct history_query *q = ask_new(r, c, sizeof(*q), NULL);
	if (!q)
		return;
	q->question = *question;
	q->member = member;
	q->nulls = nulls;
	ask_sends(&q->ask);
	const int result = history_ask(c->history, &q->question, on_answer, q);
	if (result == 0 || !ask_came(&q->ask))
		return;
	if (result == -EBUSY)
		ask_error(&q->ask, CODE_BUSY, "%d questions to the history wait already; try again",
			HISTORY_QUESTIONS_MAX);
	else
		ask_error(&q->ask, CODE_INTERNAL, "the history cannot be asked: %s", strerror(-result));
}

/* --- what is asked for ------------------------------------------------------------------------------------------ */

static const char *phase_of(const struct admin_request *r)
{
	return admin_given(r, "phase") ? phases[admin_word(r, "phase", 0)] : NULL;
}

/* "24h" ago, "2025-11-15" from its begin on, or a moment. False: the request was refused. */
static bool read_since(struct admin_request *r, const struct admin_context *c, int64_t *ret_ms)
{
	const char *text = admin_text(r, "since");
	int64_t us;
	date_t date;
	*ret_ms = 0;
	if (!text)
		return true;
	if (date_parse(text, strlen(text), &date))
		*ret_ms = zone_moment_ms(date, 0);
	else if (duration_parse(text, &us))
		*ret_ms = clock_wall_ms(c->clock) - us / 1000;
	else if (!time_parse(text, ret_ms)) {
		admin_error(r, CODE_BAD_ARGUMENT,
			"argument \"since\" of \"%s\" is not understood; it must be a date such as \"2025-11-15\", a "
			"duration such as \"24h\", or a time such as \"2025-11-15T23:30:00Z\"",
			admin_request_command(r)->name);
		return false;
	}
	if (*ret_ms < 0)
		*ret_ms = 0;
	return true;
}

static void history(struct admin_request *r, struct admin_context *c)
{
	const char *player = admin_text(r, "player");
	struct history_question q = {.what = player ? HISTORY_ASKS_PLAYER : HISTORY_ASKS_EXECUTIONS,
		.version = admin_int(r, "version", 0),
		.limit = admin_int(r, "limit", SHOWN)};
	if (!player && q.version > 0) {
		admin_error(r, CODE_BAD_ARGUMENT, "\"version\" is of a player's reports: name him");
		return;
	}
	if (player && !admin_find_player(c, admin_today(c), player, q.player))
		text_format(q.player, sizeof(q.player), "%s", player); /* he may have played long ago */
	put_question(r, c, &q, player ? "runs" : "executions", false);
}

static void failures(struct admin_request *r, struct admin_context *c)
{
	const struct history_question q = {.what = HISTORY_ASKS_FAILURES,
		.phase = phase_of(r),
		.from = (date_t)(admin_today(c) - admin_int(r, "days", FAILURE_DAYS)),
		.min = admin_int(r, "min", FAILURE_MIN),
		.limit = admin_int(r, "limit", SHOWN)};
	put_question(r, c, &q, "failures", false);
}

static void compare(struct admin_request *r, struct admin_context *c)
{
	const struct history_question q = {.what = HISTORY_ASKS_COMPARE,
		.phase = phase_of(r),
		.from = (date_t)(admin_today(c) - admin_int(r, "days", COMPARE_DAYS)),
		.limit = ROWS_MAX};
	put_question(r, c, &q, "patterns", false);
}

static void audit(struct admin_request *r, struct admin_context *c)
{
	struct history_question q = {.what = HISTORY_ASKS_AUDIT, .limit = admin_int(r, "limit", SHOWN)};
	const char *user = admin_text(r, "user");
	text_format(q.user, sizeof(q.user), "%s", user ? user : "");
	if (read_since(r, c, &q.since_ms))
		put_question(r, c, &q, "audit", false);
}

static void export(struct admin_request *r, struct admin_context *c)
{
	struct history_question q = {.what = HISTORY_ASKS_EXPORT,
		.table = (enum history_table)admin_word(r, "table", 0),
		.after = admin_int(r, "after", 0),
		.limit = RUNS_MAX};
	if (read_since(r, c, &q.since_ms))
		put_question(r, c, &q, "rows", true);
}

static void backup(struct admin_request *r, struct admin_context *c)
{
	struct history_question q = {.what = HISTORY_ASKS_BACKUP};
	const char *path = admin_text(r, "file");
	if (path[0] != '/') {
		admin_error(r, CODE_BAD_ARGUMENT,
			"argument \"file\" of \"backup\" is \"%s\"; it must be a whole path: propsd writes it", path);
		return;
	}
	text_format(q.path, sizeof(q.path), "%s", path);
	put_question(r, c, &q, "", false);
}

/* --- the table -------------------------------------------------------------------------------------------------- */

#define DAYS(most) \
	{ \
		.name = "days", .type = ADMIN_INT, .from = 1, .to = DAYS_MAX, .help = most \
	}
#define PHASE \
	{ \
		.name = "phase", .type = ADMIN_WORD, .words = phases, .help = "only of this one" \
	}
#define SINCE \
	{ \
		.name = "since", .type = ADMIN_TEXT, .from = 1, .to = 64, \
		.help = "a date, a duration back from now, or a time" \
	}

static const struct admin_arg history_args[] = {
	{.name = "player", .type = ADMIN_NAME, .help = "his runs, else the executions"},
	{.name = "version", .type = ADMIN_INT, .from = 1, .to = INT64_MAX, .help = "the runs that gave this version"},
	{.name = "limit", .type = ADMIN_INT, .from = 1, .to = RUNS_MAX, .help = "at most so many, the newest; 20"},
	{.name = NULL},
};
static const struct admin_arg failures_args[] = {
	DAYS("of the last so many; 7"),
	{.name = "min", .type = ADMIN_INT, .from = 1, .to = 1000000, .help = "with so many failures or more; 3"},
	{.name = "limit", .type = ADMIN_INT, .from = 1, .to = ROWS_MAX, .help = "at most so many, the worst; 20"},
	PHASE,
	{.name = NULL},
};
static const struct admin_arg compare_args[] = {DAYS("of the last so many; 30"), PHASE, {.name = NULL}};
static const struct admin_arg audit_args[] = {
	SINCE,
	{.name = "user", .type = ADMIN_TEXT, .from = 1, .to = 63, .help = "a user's name or number"},
	{.name = "limit", .type = ADMIN_INT, .from = 1, .to = ROWS_MAX, .help = "at most so many, the newest; 20"},
	{.name = NULL},
};
static const char *const exported[] = {"executions", "failures", "runs", NULL}; /* as enum history_table counts */
static const struct admin_arg export_args[] = {
	{.name = "table", .type = ADMIN_WORD, .words = exported, .required = true, .help = "what of it"},
	SINCE,
	{.name = "after", .type = ADMIN_INT, .from = 0, .to = INT64_MAX, .help = "`next` of the page before"},
	{.name = NULL},
};
static const struct admin_arg backup_args[] = {
	{.name = "file",
		.type = ADMIN_TEXT,
		.from = 1,
		.to = HISTORY_TEXT_SIZE - 1,
		.required = true,
		.help = "the file that propsd makes; a whole path"},
	{.name = NULL},
};

const struct admin_command admin_history_commands[] = {
	{.name = "history",
		.role = ADMIN_ROLE_VIEW,
		.args = history_args,
		.handler = history,
		.help = "what was worked on, or a player's runs"},
	{.name = "failures",
		.role = ADMIN_ROLE_VIEW,
		.args = failures_args,
		.handler = failures,
		.help = "who failed how often, and why"},
	{.name = "compare",
		.role = ADMIN_ROLE_VIEW,
		.args = compare_args,
		.handler = compare,
		.help = "ways of processing compared: time, rate, cost"},
	{.name = "audit",
		.role = ADMIN_ROLE_OPERATE,
		.args = audit_args,
		.handler = audit,
		.help = "who changed what, and what came of it"},
	{.name = "export",
		.role = ADMIN_ROLE_VIEW,
		.args = export_args,
		.handler = export,
		.help = "rows of the history, in pages"},
	{.name = "backup",
		.role = ADMIN_ROLE_ADMIN,
		.changes = true,
		.args = backup_args,
		.handler = backup,
		.help = "a whole copy of the history, into a new file"},
	{.name = NULL},
};
