/*
 * A sample is made aside, one player after the other, and then whatever it is held against is read or made. Between the two
 * facts may have moved: who differs though they had is made again, so that what is told as different is so on equal facts.
 */
#include "cmd_validate.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/str.h"
#include "compare.h"
#include "document.h"
#include "output.h"
#include "sample.h"
#include "show.h"
#include "text.h"
#include "trial.h"
#include "validations.h"

enum {
	ROUNDS = 3, /* in which who differs is made, while facts move */
	DIFFERENCES_TOLD = 100, /* of a player; all are counted */
	DAYS = 7,
	KEPT_PLAYERS = 50, /* of a run, in the file */
	KEPT_FIELDS = 5,
};

enum status { OPEN, EQUAL, DIFFERENT, FAILED, MOVED, STATUSES };
static const char *const status_names[STATUSES] = {"open", "equal", "different", "failed", "moved"};

struct side {
	json_t *result; /* NULL: not there yet */
	json_t *request; /* what it was made from, where that is known */
	int64_t version; /* -1: none */
};

struct one {
	const char *player;
	struct side first, second;
	enum status status;
	json_t *error; /* why it failed */
	json_t *differences;
	long count;
};

struct validation {
	struct ctl *ctl;
	const char *phase, *first; /* the processor that makes it */
	const char *second; /* a processor; NULL: not one */
	const char *directory; /* of the old system's files; NULL: none. Neither: the committed ones */
	char date[16];
	int64_t seed;
	struct compare_rules *rules;
	char **players; /* all of the date */
	size_t population, skipped; /* without anything to be held against */
	struct one *picked;
	size_t count;
	json_t *processors; /* rows of the daemon's */
	int round;
};

/* --- asking -------------------------------------------------------------------------------------------------------- */

static int ask(struct validation *v, const char *cmd, json_t *args, json_t **ret_data)
{
	const struct ctl_command command = {.name = cmd, .cmd = cmd};
	const int result = ctl_ask(v->ctl, &command, args, ret_data);
	json_decref(args);
	return result;
}

static int fail_memory(struct validation *v)
{
	return ctl_fail(v->ctl, PROPSCTL_FAILED, "failed", "out of memory");
}

static bool add_player(struct validation *v, const char *player)
{
	if ((v->population & (v->population - 1)) == 0) {
		char **more = realloc(v->players, (v->population ? 2 * v->population : 1) * sizeof(*more));
		if (!more)
			return false;
		v->players = more;
	}
	v->players[v->population] = strdup(player);
	return v->players[v->population] && ++v->population;
}

/* Who is on the roster of a team that plays. *ret_any: false of a date of which nothing is known. */
static int add_slate(struct validation *v, const char *date, bool *ret_any)
{
	*ret_any = true;
	size_t i, j;
	json_t *args = date ? json_pack("{s:s}", "date", date) : json_object(), *line, *data, *player, *game;
	const struct ctl_command command = {.name = "slate", .cmd = "slate"};
	int result = ctl_send(v->ctl, &command, args, &line);
	json_decref(args);
	if (result != PROPSCTL_DONE)
		return result;
	if (date && strcmp(text_of(line, "code"), "not_found") == 0) { /* a day off: there is nothing to compare */
		text_format(v->date, sizeof(v->date), "%s", text_of(json_object_get(line, "data"), "date"));
		json_decref(line);
		*ret_any = false;
		return PROPSCTL_DONE;
	}
	if (!json_is_true(json_object_get(line, "ok")))
		return ctl_refused(v->ctl, line);
	data = json_incref(json_object_get(line, "data"));
	json_decref(line);
	text_format(v->date, sizeof(v->date), "%s", text_of(data, "date"));
	json_array_foreach (json_object_get(data, "players"), i, player) {
		bool plays = false;
		json_array_foreach (json_object_get(data, "games"), j, game)
			plays = plays || strcmp(text_of(game, "home"), text_of(player, "team")) == 0 ||
				strcmp(text_of(game, "away"), text_of(player, "team")) == 0;
		if (plays && json_is_true(json_object_get(player, "active")) &&
			!add_player(v, text_of(player, "player")))
			result = fail_memory(v);
	}
	json_decref(data);
	return result;
}

/* And whom events named, on a roster or not. */
static int add_known(struct validation *v)
{
	json_t *data, *row, *after = NULL;
	size_t i;
	int result;
	do {
		json_t *args = json_pack("{s:s, s:s}", "date", v->date, "order", "name");
		if (after)
			json_object_set_new(args, "after", after);
		result = ask(v, "players", args, &data);
		if (result != PROPSCTL_DONE)
			break;
		json_array_foreach (json_object_get(data, "players"), i, row)
			if (!add_player(v, text_of(row, "player")))
				result = fail_memory(v);
		after = json_incref(json_object_get(data, "next"));
		json_decref(data);
	} while (after && result == PROPSCTL_DONE);
	return result;
}

static bool serves(const json_t *row, const char *phase)
{
	size_t i;
	json_t *name;
	json_array_foreach (json_object_get(row, "phases"), i, name)
		if (strcmp(json_string_value(name), phase) == 0)
			return true;
	return false;
}

static const json_t *processor_row(const struct validation *v, const char *name)
{
	size_t i;
	json_t *row;
	json_array_foreach (v->processors, i, row)
		if (strcmp(text_of(row, "name"), name) == 0)
			return row;
	return NULL;
}

/* Which phase, and who makes it. What is not said: reports, by whom makes them; of a named processor, what it serves. */
static int choose_makers(struct validation *v, const json_t *args)
{
	size_t i;
	json_t *row, *data;
	const char *const named[] = {v->first, v->second};
	int result = ask(v, "processors", json_object(), &data);
	if (result != PROPSCTL_DONE)
		return result;
	v->processors = json_incref(json_object_get(data, "processors"));
	json_decref(data);
	v->phase = json_string_value(json_object_get(args, "phase"));
	for (i = 0; i < 2; i++) {
		const json_t *of = named[i] ? processor_row(v, named[i]) : NULL;
		if (named[i] && !of)
			return ctl_fail(v->ctl, PROPSCTL_NOT_FOUND, "not_found",
				"there is no processor \"%s\"; propsctl processor lists them", named[i]);
		if (of && !v->phase && json_array_size(json_object_get(of, "phases")) > 0)
			v->phase = serves(of, "report") ? "report" : "precompute";
	}
	v->phase = v->phase ? v->phase : "report";
	json_array_foreach (v->processors, i, row)
		if (!v->first && serves(row, v->phase))
			v->first = text_of(row, "name");
	if (!v->first)
		return ctl_fail(v->ctl, PROPSCTL_FAILED, "failed",
			"no processor serves the phase %s here: name one with --processor", v->phase);
	return PROPSCTL_DONE;
}

/* --- the second one, where it is there already ---------------------------------------------------------------------- */

static void side_clear(struct side *side)
{
	json_decref(side->result);
	json_decref(side->request);
	*side = (struct side){.version = -1};
}

static void side_set(struct side *side, json_t *result)
{
	side_clear(side);
	side->result = result;
	side->version = int_of(result, "version", -1);
}

/* PROPSCTL_NOT_FOUND, with nothing printed: there is none. */
static int read_committed(struct validation *v, const char *player, struct side *side)
{
	const struct ctl_command command = {.name = "report", .cmd = "report"};
	json_t *line, *args = json_pack("{s:s, s:s, s:s}", "player", player, "date", v->date, "phase", v->phase);
	json_error_t error;
	int result = ctl_send(v->ctl, &command, args, &line);
	json_decref(args);
	if (result != PROPSCTL_DONE)
		return result;
	if (!json_is_true(json_object_get(line, "ok"))) {
		if (strcmp(text_of(line, "code"), "not_found") != 0)
			return ctl_refused(v->ctl, line);
		json_decref(line);
		return PROPSCTL_NOT_FOUND;
	}
	json_t *report = json_loads(text_of(json_object_get(line, "data"), "report"), 0, &error);
	json_decref(line);
	if (!report)
		return ctl_fail(v->ctl, PROPSCTL_FAILED, "failed", "what is committed of %s is not JSON: %s", player,
			error.text);
	side_set(side, report);
	return PROPSCTL_DONE;
}

static int read_file(struct validation *v, const char *player, struct side *side)
{
	char path[PATH_MAX];
	struct document document;
	struct err err;
	text_format(path, sizeof(path), "%s/%s/%s.json", v->directory, v->date, player);
	int result = PROPSCTL_DONE, r = document_read(path, &document, &err);
	if (r == -ENOENT)
		result = PROPSCTL_NOT_FOUND;
	else if (r < 0)
		result = ctl_fail(v->ctl, PROPSCTL_FAILED, "failed", "%s", err.text);
	else
		side_set(side, json_incref(document.root));
	document_done(&document);
	return result;
}

static int read_second(struct validation *v, const char *player, struct side *side)
{
	return v->directory ? read_file(v, player, side) : read_committed(v, player, side);
}

/* The sample: of the shuffled players the first of whom there is something to be held against. */
static int pick(struct validation *v, size_t sample)
{
	v->picked = calloc(sample, sizeof(*v->picked));
	if (!v->picked)
		return fail_memory(v);
	for (size_t i = 0; i < v->population && v->count < sample; i++) {
		struct one *one = &v->picked[v->count];
		*one = (struct one){.player = v->players[i], .first.version = -1, .second.version = -1};
		const int result = v->second ? PROPSCTL_DONE : read_second(v, one->player, &one->second);
		if (result == PROPSCTL_NOT_FOUND) {
			v->skipped++;
			continue;
		}
		if (result != PROPSCTL_DONE)
			return result;
		v->count++;
	}
	return PROPSCTL_DONE;
}

/* --- making -------------------------------------------------------------------------------------------------------- */

struct making {
	struct validation *v;
	bool second;
	struct one **order; /* as they were sent */
	size_t count, done;
};

static void on_item(void *user, json_t *item)
{
	struct making *m = user;
	const int64_t at = int_of(item, "item", -1);
	if (at < 0 || (size_t)at >= m->count)
		return;
	struct one *one = m->order[at];
	struct side *side = m->second ? &one->second : &one->first;
	json_t *result = json_loads(text_of(item, "result"), 0, NULL);
	json_t *step = json_pack("{s:I, s:I}", "done", (json_int_t)++m->done, "total", (json_int_t)m->count);
	m->v->ctl->output->progress(m->v->ctl, step);
	json_decref(step);
	if (json_is_true(json_object_get(item, "ok")) && result) {
		side_set(side, json_incref(result));
		side->request = json_loads(text_of(item, "request"), 0, NULL);
	} else {
		one->status = FAILED;
		json_decref(one->error);
		one->error = json_sprintf("%s: %s", m->second ? m->v->second : m->v->first,
			json_object_get(item, "error") ? text_of(item, "error") : "its result is not JSON");
	}
	json_decref(result);
}

/* One after the other: one child, one job at a time. */
static int make(struct validation *v, bool second)
{
	static const struct trial_ops ops = {.item = on_item};
	const struct ctl_command command = {.name = "aside", .cmd = "aside", .waits = true};
	struct making m = {.v = v, .second = second, .order = calloc(v->count + 1, sizeof(*m.order))};
	json_t *items = json_array(), *line;
	struct err err;
	for (size_t i = 0; i < v->count && m.order; i++)
		if (v->picked[i].status == OPEN) {
			m.order[m.count++] = &v->picked[i];
			json_array_append_new(items, json_pack("{s:s}", "player", v->picked[i].player));
		}
	json_t *args = json_pack("{s:s, s:s, s:s, s:o, s:i, s:b, s:b}", "processor", second ? v->second : v->first,
		"phase", v->phase, "date", v->date, "items", items, "children", 1, "result", 1, "trace",
		v->second != NULL);
	int result = m.order ? PROPSCTL_DONE : fail_memory(v);
	if (result == PROPSCTL_DONE && m.count > 0) {
		result = trial_run(v->ctl, &command, args, &ops, &m, &line, &err) < 0 ? ctl_unanswered(v->ctl, &err)
										      : PROPSCTL_DONE;
		if (result == PROPSCTL_DONE && !json_is_true(json_object_get(line, "ok")))
			result = ctl_refused(v->ctl, line);
		else if (result == PROPSCTL_DONE)
			json_decref(line);
	}
	json_decref(args);
	free(m.order);
	return result;
}

/* --- comparing ----------------------------------------------------------------------------------------------------- */

static void note(void *user, const struct compare_difference *d)
{
	struct one *one = user;
	if (json_array_size(one->differences) == DIFFERENCES_TOLD)
		return;
	json_t *row = json_pack("{s:s}", "path", d->path);
	if (d->first)
		json_object_set(row, "first", (json_t *)d->first);
	if (d->second)
		json_object_set(row, "second", (json_t *)d->second);
	if (d->by >= 0)
		json_object_set_new(row, "by", json_real(d->by));
	json_array_append_new(one->differences, row);
}

/* Whether nothing waits or runs of him on this instance: what is committed is then of all that was read here. */
static bool is_quiet(struct validation *v, const char *player)
{
	json_t *data;
	if (ask(v, "player", json_pack("{s:s, s:s}", "player", player, "date", v->date), &data) != PROPSCTL_DONE)
		return false;
	const json_t *day = json_array_get(json_object_get(data, "days"), 0);
	const json_t *precompute = json_object_get(day, "precompute");
	const bool quiet = strcmp(text_of(day, "state"), "idle") == 0 &&
			   (!precompute || strcmp(text_of(precompute, "state"), "idle") == 0);
	json_decref(data);
	return quiet;
}

/* Whether both were made from the same facts, as far as can be seen. */
static bool is_settled(struct validation *v, const struct one *one)
{
	static const char *const facts[] = {"live", "precompute", "game_id", "team"};
	if (v->directory)
		return true; /* whenever they were made */
	if (!v->second)
		return one->second.version <= one->first.version && is_quiet(v, one->player);
	if (!one->first.request || !one->second.request)
		return v->round > 0; /* one that propsd computes itself asks nobody: once more will do */
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		const json_t *a = json_object_get(one->first.request, facts[i]),
			     *b = json_object_get(one->second.request, facts[i]);
		if ((a || b) && !json_equal(a, b))
			return false;
	}
	return true;
}

static int compare_one(struct validation *v, struct one *one)
{
	int result = PROPSCTL_DONE;
	if (!v->second && !v->directory) { /* it may be another by now */
		result = read_committed(v, one->player, &one->second);
		if (result == PROPSCTL_NOT_FOUND)
			result = ctl_fail(
				v->ctl, PROPSCTL_FAILED, "failed", "what was committed of %s is gone", one->player);
	}
	if (result != PROPSCTL_DONE)
		return result;
	json_decref(one->differences);
	one->differences = json_array();
	one->count = compare(v->rules, one->first.result, one->second.result, note, one);
	if (one->count < 0)
		return fail_memory(v);
	if (one->count == 0)
		one->status = EQUAL;
	else if (is_settled(v, one))
		one->status = DIFFERENT;
	else if (v->round == ROUNDS - 1)
		one->status = MOVED;
	return PROPSCTL_DONE;
}

static int run_rounds(struct validation *v)
{
	int result = PROPSCTL_DONE;
	bool open = v->count > 0;
	for (v->round = 0; v->round < ROUNDS && open && result == PROPSCTL_DONE; v->round++) {
		open = false;
		result = make(v, false);
		if (result == PROPSCTL_DONE && v->second)
			result = make(v, true);
		for (size_t i = 0; i < v->count && result == PROPSCTL_DONE; i++) {
			if (v->picked[i].status == OPEN)
				result = compare_one(v, &v->picked[i]);
			open = open || v->picked[i].status == OPEN;
		}
	}
	return result;
}

/* --- telling ------------------------------------------------------------------------------------------------------- */

static const char *second_name(const struct validation *v)
{
	return v->second ? v->second : v->directory ? v->directory : "committed";
}

static json_t *player_json(const struct one *one)
{
	json_t *row = json_pack("{s:s, s:s}", "player", one->player, "status", status_names[one->status]);
	if (one->status == FAILED)
		json_object_set(row, "error", one->error);
	if (one->status == DIFFERENT || one->status == MOVED) {
		json_object_set_new(row, "count", json_integer(one->count));
		json_object_set(row, "differences", one->differences);
	}
	return row;
}

/* `seen[status]` are counted along. */
static json_t *result_json(const struct validation *v, const json_t *args, size_t seen[STATUSES])
{
	json_t *players = json_array(), *sampled = json_array();
	for (size_t i = 0; i < v->count; i++) {
		json_array_append_new(sampled, json_string(v->picked[i].player));
		seen[v->picked[i].status]++;
		if (v->picked[i].status != EQUAL)
			json_array_append_new(players, player_json(&v->picked[i]));
	}
	json_t *data = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:f, s:o}", "date", v->date, "phase",
		v->phase, "first", v->first, "second", second_name(v), "population", (json_int_t)v->population,
		"skipped", (json_int_t)v->skipped, "compared", (json_int_t)(v->count - seen[FAILED] - seen[MOVED]),
		"seed", (json_int_t)v->seed, "tolerance", number_of(args, "tolerance", 0), "players", players);
	for (int i = EQUAL; i < STATUSES; i++)
		json_object_set_new(data, status_names[i], json_integer((json_int_t)seen[i]));
	json_object_set_new(data, "sampled", sampled);
	json_t *ignored = json_object_get(args, "ignore");
	json_object_set_new(data, "ignored", ignored ? json_incref(ignored) : json_array());
	json_object_set(data, "sample", json_object_get(args, "sample"));
	return data;
}

/* The same, with less of each player. */
static json_t *kept_json(const struct ctl *ctl, const json_t *data)
{
	json_t *line = json_copy((json_t *)data), *players = json_array(), *player, *difference;
	size_t i, j;
	json_array_foreach (json_object_get(data, "players"), i, player) {
		json_t *row = json_copy(player), *fields = json_array();
		if (i == KEPT_PLAYERS) {
			json_decref(row);
			json_decref(fields);
			break;
		}
		json_array_foreach (json_object_get(player, "differences"), j, difference)
			if (j < KEPT_FIELDS)
				json_array_append(fields, json_object_get(difference, "path"));
		json_object_del(row, "differences");
		json_object_set_new(row, "fields", fields);
		json_array_append_new(players, row);
	}
	json_object_del(line, "sampled");
	json_object_set_new(line, "players", players);
	json_object_set_new(line, "v", json_integer(PROTOCOL_VERSION));
	json_object_set_new(line, "at_ms", json_integer(ctl->now_ms));
	return line;
}

static int results_path(struct ctl *ctl, const json_t *args, char path[PATH_MAX])
{
	struct err err;
	const char *given = text_of(args, "results");
	if (*given)
		text_format(path, PATH_MAX, "%s", given);
	else if (validations_path(path, &err) < 0)
		return ctl_fail(ctl, PROPSCTL_FAILED, "failed", "%s", err.text);
	return PROPSCTL_DONE;
}

static int tell(struct validation *v, const struct ctl_command *command, const json_t *args)
{
	size_t seen[STATUSES] = {0};
	char path[PATH_MAX];
	struct err err;
	json_t *data = result_json(v, args, seen), *line = kept_json(v->ctl, data);
	int result = results_path(v->ctl, args, path);
	if (result == PROPSCTL_DONE && validations_add(path, line, &err) < 0)
		result = ctl_fail(v->ctl, PROPSCTL_FAILED, "failed", "the result is not kept: %s", err.text);
	v->ctl->output->reply(v->ctl, command, data, true);
	json_decref(line);
	json_decref(data);
	if (result == PROPSCTL_DONE && (seen[DIFFERENT] > 0 || seen[FAILED] > 0 || seen[EQUAL] == 0))
		result = PROPSCTL_FAILED;
	return result;
}

/* --- the command --------------------------------------------------------------------------------------------------- */

static int summary(struct ctl *ctl, const struct ctl_command *command, const json_t *args)
{
	char path[PATH_MAX];
	unsigned faulty;
	struct err err;
	json_t *lines;
	int result = results_path(ctl, args, path);
	if (result != PROPSCTL_DONE)
		return result;
	const int64_t days = int_of(args, "days", DAYS);
	if (validations_read(path, ctl->now_ms - days * 86400000, &lines, &faulty, &err) < 0)
		return ctl_fail(ctl, PROPSCTL_FAILED, "failed", "%s", err.text);
	json_t *data = validations_sum(lines), *pair;
	size_t i;
	bool differ = false;
	json_array_foreach (json_object_get(data, "pairs"), i, pair)
		differ = differ || int_of(pair, "different", 0) > 0 || int_of(pair, "failed", 0) > 0;
	json_object_set_new(data, "days", json_integer(days));
	json_object_set_new(data, "results", json_string(path));
	json_object_set_new(data, "faulty", json_integer(faulty));
	struct ctl_command shown = *command;
	shown.show = show_validations;
	ctl->output->reply(ctl, &shown, data, true);
	json_decref(data);
	json_decref(lines);
	return differ ? PROPSCTL_FAILED : PROPSCTL_DONE;
}

/* Keys behind --ignore, which the grammar takes for further arguments, and lists with commas. */
static int take_ignored(struct validation *v, json_t *args)
{
	json_t *given = json_object_get(args, "ignore"), *more = json_object_get(args, "keys"), *all = json_array(),
	       *text;
	struct err err;
	size_t i;
	if (more && !given) {
		json_decref(all);
		return ctl_fail(v->ctl, PROPSCTL_USAGE, "usage",
			"\"validate\" takes no argument but keys behind --ignore: \"%s\"",
			json_string_value(json_array_get(more, 0)));
	}
	if (more)
		json_array_extend(given, more);
	json_array_foreach (given, i, text) {
		char copy[1024], *rest = copy, *key;
		text_format(copy, sizeof(copy), "%s", json_string_value(text));
		while ((key = strsep(&rest, ","))) {
			json_array_append_new(all, json_string(key));
			if (compare_ignore(v->rules, key, &err) < 0) {
				json_decref(all);
				return ctl_fail(v->ctl, PROPSCTL_USAGE, "usage", "--ignore: %s", err.text);
			}
		}
	}
	json_object_set_new(args, "ignore", all);
	return PROPSCTL_DONE;
}

/* With --processor, --against is another one, unless it has a slash; else it is a folder. */
static int take_against(struct validation *v, const json_t *args)
{
	const char *against = json_string_value(json_object_get(args, "against"));
	struct stat st;
	v->first = json_string_value(json_object_get(args, "processor"));
	if (!against)
		return PROPSCTL_DONE;
	if (v->first && !strchr(against, '/')) {
		v->second = against;
		return PROPSCTL_DONE;
	}
	v->directory = against;
	if (stat(against, &st) < 0 || !S_ISDIR(st.st_mode))
		return ctl_fail(v->ctl, PROPSCTL_NOT_FOUND, "not_found", "there is no folder %s%s", against,
			v->first ? "" : "; where it is a processor, --processor names the one that it is held against");
	return PROPSCTL_DONE;
}

static int validate(struct validation *v, const struct ctl_command *command, json_t *args)
{
	const size_t sample = (size_t)int_of(args, "sample", 0);
	bool any = false;
	int result = take_against(v, args);
	if (result == PROPSCTL_DONE)
		result = take_ignored(v, args);
	if (result == PROPSCTL_DONE)
		result = choose_makers(v, args);
	if (result == PROPSCTL_DONE)
		result = add_slate(v, json_string_value(json_object_get(args, "date")), &any);
	if (result == PROPSCTL_DONE && any)
		result = add_known(v);
	if (result != PROPSCTL_DONE)
		return result;
	v->seed = json_object_get(args, "seed") ? int_of(args, "seed", 0) : (int64_t)sample_seed();
	v->population = sample_order(v->players, v->population, (uint64_t)v->seed);
	if (v->population == 0) {
		json_t *data = json_pack("{s:s, s:i}", "date", v->date, "population", 0);
		v->ctl->output->reply(v->ctl, command, data, true);
		json_decref(data);
		return PROPSCTL_DONE;
	}
	result = pick(v, sample);
	if (result == PROPSCTL_DONE && v->count == 0)
		return ctl_fail(v->ctl, PROPSCTL_NOT_FOUND, "not_found",
			v->directory ? "none of the %zu players of %s has a file in %s"
				     : "of none of the %zu players of %s there is anything %s",
			v->population, v->date, v->directory ? v->directory : "committed");
	if (result == PROPSCTL_DONE)
		result = run_rounds(v);
	return result == PROPSCTL_DONE ? tell(v, command, args) : result;
}

static void validation_done(struct validation *v)
{
	for (size_t i = 0; i < v->count; i++) {
		side_clear(&v->picked[i].first);
		side_clear(&v->picked[i].second);
		json_decref(v->picked[i].error);
		json_decref(v->picked[i].differences);
	}
	for (size_t i = 0; i < v->population; i++)
		free(v->players[i]);
	free(v->players);
	free(v->picked);
	json_decref(v->processors);
	compare_rules_free(v->rules);
}

int cmd_validate(struct ctl *ctl, const struct ctl_command *command, json_t *args)
{
	struct validation v = {.ctl = ctl};
	if (json_is_true(json_object_get(args, "summary")))
		return summary(ctl, command, args);
	if (!json_object_get(args, "sample"))
		return ctl_fail(ctl, PROPSCTL_USAGE, "usage", "\"validate\" wants --sample N, or --summary");
	v.rules = compare_rules_new(number_of(args, "tolerance", 0));
	const int result = v.rules ? validate(&v, command, args) : fail_memory(&v);
	validation_done(&v);
	return result;
}
