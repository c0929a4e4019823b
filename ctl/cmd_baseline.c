#include "cmd_baseline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "figures.h"
#include "output.h"
#include "stop.h"
#include "text.h"
#include "trial.h"

enum {
	VERSION = 1, /* of the file's form */
	NUMBERS_MAX = 32, /* of children, in one file */
	CHILDREN_MAX = 256,
	PLAYERS_MAX = 2000, /* of one request */
	NAME_BYTES = 256, /* of a line of --players */
	PATH_SIZE = 4096,
};

struct baseline {
	struct ctl *ctl;
	const struct ctl_command *command;
	json_t *request; /* what all runs ask for, but for the number of children */
	unsigned numbers[NUMBERS_MAX];
	size_t count;
	char path[PATH_SIZE], part[PATH_SIZE]; /* written to the second, then renamed */
	FILE *file;
	json_t *document, *run; /* the run is the one under way, of the document's */
	int64_t first_us, last_us; /* of the run: when items were heard */
	bool interrupted;
};

/* --- what was asked for ------------------------------------------------------------------------------------------- */

/* "1,2,4,8". False: told. */
static bool read_numbers(struct baseline *b, const char *text)
{
	char *end;
	for (const char *at = text;; at = end + 1) {
		const long number = strtol(at, &end, 10);
		bool good = end != at && number >= 1 && number <= CHILDREN_MAX && b->count < NUMBERS_MAX;
		for (size_t i = 0; i < b->count; i++)
			good &= b->numbers[i] != (unsigned)number;
		if (!good || (*end && *end != ',')) {
			ctl_fail(b->ctl, PROPSCTL_USAGE, "usage",
				"--children is \"%s\"; it must be different numbers from 1 to %d, at most %d, as 1,2,4,8",
				text, CHILDREN_MAX, NUMBERS_MAX);
			return false;
		}
		b->numbers[b->count++] = (unsigned)number;
		if (*end == '\0')
			return true;
	}
}

/* A name a line; empty ones and those from # on are passed over. Exit code. */
static int read_players(struct baseline *b, const char *path)
{
	const bool stdin_too = strcmp(path, "-") == 0;
	FILE *file = stdin_too ? stdin : fopen(path, "re");
	json_t *items = json_array();
	char line[NAME_BYTES];
	unsigned number = 0;
	int result = PROPSCTL_DONE;

	if (!file)
		result = ctl_fail(b->ctl, PROPSCTL_FAILED, "failed", "cannot read %s: %s", path, strerror(errno));
	while (result == PROPSCTL_DONE && fgets(line, sizeof(line), file)) {
		number++;
		if (!strchr(line, '\n') && !feof(file)) {
			result = ctl_fail(b->ctl, PROPSCTL_FAILED, "failed",
				"%s:%u: the line is longer than %d bytes, which is no player's name", path, number,
				NAME_BYTES - 2);
			break;
		}
		char *name = line + strspn(line, " \t");
		name[strcspn(name, "#\r\n")] = '\0';
		for (size_t n = strlen(name); n > 0 && (name[n - 1] == ' ' || name[n - 1] == '\t');)
			name[--n] = '\0';
		if (name[0] == '\0')
			continue;
		json_t *item = json_pack("{s:s}", "player", name);
		if (!item)
			result = ctl_fail(
				b->ctl, PROPSCTL_FAILED, "failed", "%s:%u: the name is not UTF-8", path, number);
		else
			json_array_append_new(items, item);
	}
	if (result == PROPSCTL_DONE && (json_array_size(items) == 0 || json_array_size(items) > PLAYERS_MAX))
		result = ctl_fail(b->ctl, PROPSCTL_FAILED, "failed",
			"%s names %zu players; it must be 1 to %d, one a line", path, json_array_size(items),
			PLAYERS_MAX);
	if (file && !stdin_too)
		fclose(file);
	json_object_set_new(b->request, "items", items);
	return result;
}

static int read_arguments(struct baseline *b, const json_t *args)
{
	const bool slate = json_is_true(json_object_get(args, "slate"));
	const char *players = json_string_value(json_object_get(args, "players"));
	static const char *const same[] = {"processor", "date", "phase", "repeat"};

	if (slate == (players != NULL))
		return ctl_fail(b->ctl, PROPSCTL_USAGE, "usage", "\"baseline\" wants one of --slate and --players; %s",
			slate ? "both are given" : "none is given");
	if (!read_numbers(b, text_of(args, "children")))
		return PROPSCTL_USAGE;
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++)
		if (json_object_get(args, same[i]))
			json_object_set(b->request, same[i], json_object_get(args, same[i]));
	if (slate)
		json_object_set_new(b->request, "slate", json_true());
	json_object_set_new(b->request, "baseline", json_true());
	return players ? read_players(b, players) : PROPSCTL_DONE;
}

/* --- the file ----------------------------------------------------------------------------------------------------- */

/* It is opened before anything is measured: what cannot be kept is not measured for hours. */
static int open_file(struct baseline *b, const json_t *args)
{
	char stamp[TIME_SIZE];
	const time_t now = (time_t)(b->ctl->now_ms / 1000);
	const char *given = json_string_value(json_object_get(args, "output"));
	struct tm utc;
	if (given)
		text_format(b->path, sizeof(b->path), "%s", given);
	else {
		strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", gmtime_r(&now, &utc));
		text_format(b->path, sizeof(b->path), "baseline-%s-%s.json", text_of(args, "processor"), stamp);
	}
	if (text_format(b->part, sizeof(b->part), "%s.part", b->path) >= sizeof(b->part) - 1)
		return ctl_fail(b->ctl, PROPSCTL_USAGE, "usage", "--output is longer than a path may be");
	b->file = fopen(b->part, "we");
	if (!b->file)
		return ctl_fail(b->ctl, PROPSCTL_FAILED, "failed", "cannot write %s: %s", b->part, strerror(errno));
	return PROPSCTL_DONE;
}

/* Whole or not at all. */
static int write_file(struct baseline *b)
{
	const size_t flags = JSON_INDENT(1) | JSON_REAL_PRECISION(9);
	bool failed = json_dumpf(b->document, b->file, flags) < 0 || fputc('\n', b->file) == EOF;
	failed |= fflush(b->file) != 0 || fsync(fileno(b->file)) < 0;
	failed |= rename(b->part, b->path) < 0;
	if (failed)
		return ctl_fail(b->ctl, PROPSCTL_FAILED, "failed", "cannot write %s: %s", b->path, strerror(errno));
	if (!b->ctl->quiet)
		fprintf(b->ctl->talk, "%sritten to %s.\n", b->interrupted ? "Interrupted; what was done is w" : "W",
			b->path);
	return PROPSCTL_DONE;
}

/* --- a run -------------------------------------------------------------------------------------------------------- */

static void on_ready(void *user, const json_t *ready)
{
	struct baseline *b = user;
	static const char *const keys[] = {"processor", "type", "phase", "date"};
	char took[SHORT_SIZE], stamp[TIME_SIZE];
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		json_object_set(b->document, keys[i], json_object_get(ready, keys[i]));
	json_object_set_new(
		b->document, "players", json_integer(int_of(ready, "of", 0) / int_of(b->request, "repeat", 1)));
	json_object_set(b->run, "places", json_object_get(ready, "places"));
	json_object_set_new(b->run, "started", json_string(time_format(clock_wall_ms(clock_system()), stamp)));
	json_object_set_new(b->run, "start_seconds", json_real(number_of(ready, "took_ms", 0) / 1000));
	b->first_us = clock_mono_us(clock_system());
	if (!b->ctl->quiet)
		fprintf(b->ctl->talk, "children %lld: ready after %s\n", (long long)int_of(b->run, "children", 0),
			ms_text(number_of(ready, "took_ms", 0), took));
}

static void on_item(void *user, json_t *told)
{
	struct baseline *b = user;
	char line[1280], memory[32] = "";
	const double seconds = number_of(told, "took_ms", 0) / 1000;

	b->last_us = clock_mono_us(clock_system());
	json_array_append_new(json_object_get(b->run, "items"), figures_item(told));
	if (b->ctl->quiet)
		return;
	if (json_object_get(told, "peak_bytes"))
		text_format(memory, sizeof(memory), ", %.0fMB", number_of(told, "peak_bytes", 0) / 1e6);
	if (json_is_true(json_object_get(told, "ok")))
		text_format(line, sizeof(line), "%.2fs%s", seconds, memory);
	else
		text_format(line, sizeof(line), "failed after %.2fs: %s", seconds, text_of(told, "error"));
	fprintf(b->ctl->talk, "[%lld/%lld] %s: ", (long long)int_of(told, "n", 0), (long long)int_of(told, "of", 0),
		text_of(told, "player"));
	put_text(b->ctl->talk, line);
	fputc('\n', b->ctl->talk);
}

static void begin_run(struct baseline *b, unsigned children)
{
	b->run = json_pack("{s:i, s:n, s:n, s:b, s:n, s:n, s:n, s:[]}", "children", (int)children, "places", "started",
		"complete", 0, "start_seconds", "seconds", "figures", "items");
	json_object_set_new(b->request, "children", json_integer(children));
	b->first_us = b->last_us = 0;
}

/* A run of which nothing was heard is none. `line` is the daemon's last one, or NULL. */
static void end_run(struct baseline *b, const json_t *line)
{
	const json_t *data = json_object_get(line, "data"), *took = json_object_get(data, "took_ms");
	const double heard = b->last_us > b->first_us ? (double)(b->last_us - b->first_us) / 1e6 : 0;
	if (b->first_us > 0) {
		json_object_set_new(b->run, "complete", json_boolean(data != NULL));
		json_object_set_new(b->run, "seconds", json_real(took ? json_number_value(took) / 1000 : heard));
		json_object_set_new(b->run, "figures", figures_of(json_object_get(b->run, "items")));
		json_array_append(json_object_get(b->document, "runs"), b->run);
	}
	json_decref(b->run);
	b->run = NULL;
}

/* Exit code. Anything but done ends the whole. */
static int run(struct baseline *b, unsigned children)
{
	static const struct trial_ops ops = {.ready = on_ready, .item = on_item};
	json_t *line = NULL;
	struct err err;
	begin_run(b, children);
	const int r = trial_run(b->ctl, b->command, b->request, &ops, b, &line, &err);
	end_run(b, line);
	if (r == -ECANCELED) {
		stop_wanted(b->ctl->stop_fd);
		if (json_array_size(json_object_get(b->document, "runs")) == 0)
			return ctl_fail(b->ctl, PROPSCTL_FAILED, "failed", "interrupted before anything was measured");
		return PROPSCTL_FAILED;
	}
	if (r < 0)
		return ctl_unanswered(b->ctl, &err);
	if (!json_is_true(json_object_get(line, "ok")))
		return ctl_refused(b->ctl, line);
	json_decref(line);
	return PROPSCTL_DONE;
}

/* --- whole -------------------------------------------------------------------------------------------------------- */

static int begin_document(struct baseline *b)
{
	char host[256] = "";
	struct ctl_command version = *b->command;
	json_t *none = json_object(), *data;
	version.cmd = "version";
	const int result = ctl_ask(b->ctl, &version, none, &data);
	json_decref(none);
	if (result != PROPSCTL_DONE)
		return result;
	gethostname(host, sizeof(host) - 1);
	b->document = json_pack("{s:i, s:s, s:s, s:s, s:i, s:I, s:b, s:[]}", "v", VERSION, "kind", "baseline", "propsd",
		text_of(data, "version"), "host", host, "cores", (int)sysconf(_SC_NPROCESSORS_ONLN), "repeat",
		(json_int_t)int_of(b->request, "repeat", 1), "interrupted", 0, "runs");
	json_decref(data);
	return PROPSCTL_DONE;
}

static int measure(struct baseline *b)
{
	int result = PROPSCTL_DONE;
	for (size_t i = 0; i < b->count && result == PROPSCTL_DONE; i++)
		result = run(b, b->numbers[i]);
	if (json_array_size(json_object_get(b->document, "runs")) == 0)
		return result; /* nothing to keep */
	b->interrupted = result != PROPSCTL_DONE;
	json_object_set_new(b->document, "interrupted", json_boolean(b->interrupted));
	const int written = write_file(b);
	b->ctl->output->reply(b->ctl, b->command, b->document, true);
	return result == PROPSCTL_DONE ? written : result;
}

int cmd_baseline(struct ctl *ctl, const struct ctl_command *command, json_t *args)
{
	struct baseline b = {.ctl = ctl, .command = command, .request = json_object()};
	int result = read_arguments(&b, args);
	if (result == PROPSCTL_DONE)
		result = open_file(&b, args);
	if (result == PROPSCTL_DONE)
		result = begin_document(&b);
	if (result == PROPSCTL_DONE) {
		ctl->stop_fd = stop_watch();
		result = measure(&b);
	}
	if (b.file) {
		fclose(b.file);
		unlink(b.part); /* where it was not renamed */
	}
	json_decref(b.request);
	json_decref(b.document);
	return result;
}
