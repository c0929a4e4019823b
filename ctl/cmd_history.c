/*
 * Rows come in pages and are written as they come, so that an export of any size takes no memory. A page that fails
 * ends it with the error's exit code: what is out by then is whole lines.
 */
#include "cmd_history.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "text.h"

/* Under these names a team may know the two phases; the first makes what the second reads. */
static const char *const numbered[][2] = {{"precompute", "phase4"}, {"report", "phase5"}};

static void number_phase(json_t *row)
{
	const char *phase = text_of(row, "phase");
	for (size_t i = 0; i < sizeof(numbered) / sizeof(numbered[0]); i++)
		if (strcmp(phase, numbered[i][0]) == 0) {
			json_object_set_new(row, "phase", json_string(numbered[i][1]));
			return;
		}
}

/* As RFC 4180 has it. */
static void put_field(struct str *line, const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		str_text(line, text);
		return;
	}
	str_char(line, '"');
	for (; *text; text++) {
		if (*text == '"')
			str_char(line, '"');
		str_char(line, *text);
	}
	str_char(line, '"');
}

static void put_value(struct str *line, const json_t *value)
{
	if (json_is_string(value)) {
		put_field(line, json_string_value(value));
		return;
	}
	char *text =
		!value || json_is_null(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	str_text(line, text ? text : "");
	free(text);
}

/* The names themselves where there is no row. */
static void csv_row(struct str *line, const json_t *names, const json_t *row)
{
	size_t i;
	json_t *name;
	json_array_foreach ((json_t *)names, i, name) {
		if (i > 0)
			str_char(line, ',');
		put_value(line, row ? json_object_get(row, json_string_value(name)) : name);
	}
	str_text(line, "\r\n");
}

static void json_row(struct str *line, json_t *row)
{
	char *text = json_dumps(row, JSON_COMPACT | JSON_REAL_PRECISION(15));
	str_text(line, text ? text : "{}");
	free(text);
	str_char(line, '\n');
}

struct export
{
	bool csv, phases;
	bool begun; /* the names of the columns are out */
};

static int put_page(struct ctl *ctl, struct export *e, const json_t *data)
{
	const json_t *names = json_object_get(data, "columns");
	struct str out = {0};
	size_t i;
	json_t *row;
	if (e->csv && !e->begun)
		csv_row(&out, names, NULL);
	e->begun = true;
	json_array_foreach (json_object_get(data, "rows"), i, row) {
		if (e->phases)
			number_phase(row);
		if (e->csv)
			csv_row(&out, names, row);
		else
			json_row(&out, row);
	}
	const bool whole = !out.failed && fwrite(out.data ? out.data : "", 1, out.length, ctl->data) == out.length;
	str_done(&out);
	return whole ? PROPSCTL_DONE
		     : ctl_fail(ctl, PROPSCTL_FAILED, "failed", "the rows cannot be written: %s", strerror(errno));
}

int cmd_export(struct ctl *ctl, const struct ctl_command *command, json_t *args)
{
	struct export e = {.csv = strcmp(text_of(args, "format"), "csv") == 0,
		.phases = json_is_true(json_object_get(args, "phase_numbers"))};
	json_t *data;
	int result;
	json_object_del(args, "format");
	json_object_del(args, "phase_numbers");
	while ((result = ctl_ask(ctl, command, args, &data)) == PROPSCTL_DONE) {
		json_t *next = json_object_get(data, "next");
		if (next)
			json_object_set(args, "after", next);
		result = put_page(ctl, &e, data);
		const bool last = !next;
		json_decref(data);
		if (last || result != PROPSCTL_DONE)
			break;
	}
	return result;
}

/* The daemon makes the file: it wants a whole path, and this folder is ours. */
int cmd_backup(struct ctl *ctl, const struct ctl_command *command, json_t *args)
{
	const char *file = text_of(args, "file");
	char folder[PATH_MAX];
	if (file[0] != '/') {
		if (!getcwd(folder, sizeof(folder)))
			return ctl_fail(ctl, PROPSCTL_FAILED, "failed", "the working directory is not known: %s",
				strerror(errno));
		json_object_set_new(args, "file", json_sprintf("%s/%s", folder, file));
	}
	return ctl_ask_and_show(ctl, command, args);
}
