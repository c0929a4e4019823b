/*
 * The file goes to the daemon in batches, as a request is bounded. So that a wrong line leaves nothing
 * behind, all batches are first sent to be checked only; the daemon numbers a batch's entries from 0, which
 * is turned into a line of the file here.
 */
#include "cmd_slate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "text.h"

#define BATCH_ENTRIES 100
#define BATCH_BYTES (48 * 1024) /* of entries as JSON; the request adds some dozens */

struct line {
	json_t *entry;
	size_t number, bytes;
};

struct file {
	const char *name;
	struct line *lines;
	size_t count, capacity;
};

/* Numbers become texts, as in the `data` field of a stream entry. */
static bool as_texts(json_t *entry)
{
	const char *key;
	json_t *value;
	void *next;
	json_object_foreach_safe (entry, next, key, value) {
		char buffer[SHORT_SIZE];
		if (json_is_string(value))
			continue;
		if (json_is_integer(value))
			snprintf(buffer, sizeof(buffer), "%lld", (long long)json_integer_value(value));
		else if (json_is_real(value))
			number_text(json_real_value(value), buffer);
		else
			return false;
		json_object_set_new(entry, key, json_string(buffer));
	}
	return true;
}

static int add_line(struct ctl *ctl, struct file *file, const char *text, size_t length, size_t number)
{
	json_error_t error;
	json_t *entry = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
	if (!entry)
		return ctl_fail(ctl, PROPSCTL_FAILED, "failed", "%s:%zu: not JSON: %s", file->name, number, error.text);
	if (!json_is_object(entry) || json_object_size(entry) == 0 || !as_texts(entry)) {
		json_decref(entry);
		return ctl_fail(ctl, PROPSCTL_FAILED, "failed",
			"%s:%zu: must be a JSON object of texts and numbers, such as "
			"{\"game_id\":\"20251115_LAL_GSW\","
			"\"tip\":\"2025-11-16T00:30:00Z\"}",
			file->name, number);
	}
	if (file->count == file->capacity) {
		size_t capacity = file->capacity ? 2 * file->capacity : 256;
		struct line *lines = realloc(file->lines, capacity * sizeof(*lines));
		if (!lines) {
			json_decref(entry);
			return ctl_fail(ctl, PROPSCTL_FAILED, "failed", "out of memory");
		}
		file->lines = lines;
		file->capacity = capacity;
	}
	file->lines[file->count++] = (struct line){.entry = entry, .number = number, .bytes = length + 64};
	return PROPSCTL_DONE;
}

static int read_lines(struct ctl *ctl, struct file *file, FILE *stream)
{
	char *text = NULL;
	size_t size = 0, number = 0;
	ssize_t length;
	int result = PROPSCTL_DONE;
	while (result == PROPSCTL_DONE && (length = getline(&text, &size, stream)) >= 0) {
		number++;
		while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r'))
			length--;
		if ((size_t)length > BATCH_BYTES)
			result = ctl_fail(ctl, PROPSCTL_FAILED, "failed", "%s:%zu: the line is longer than %d bytes",
				file->name, number, BATCH_BYTES);
		else if (length > 0 && text[strspn(text, " \t")] != '\0')
			result = add_line(ctl, file, text, (size_t)length, number);
	}
	if (result == PROPSCTL_DONE && ferror(stream))
		result = ctl_fail(ctl, PROPSCTL_FAILED, "failed", "%s: %s", file->name, strerror(errno));
	free(text);
	return result;
}

static int read_file(struct ctl *ctl, struct file *file)
{
	if (strcmp(file->name, "-") == 0) {
		file->name = "stdin";
		return read_lines(ctl, file, stdin);
	}
	FILE *stream = fopen(file->name, "re");
	if (!stream)
		return ctl_fail(ctl, errno == ENOENT ? PROPSCTL_NOT_FOUND : PROPSCTL_FAILED, "not_found", "%s: %s",
			file->name, strerror(errno));
	int result = read_lines(ctl, file, stream);
	fclose(stream);
	return result;
}

/* Takes the reply to a batch whose first entry is `first`. "Entry N: why" becomes "FILE:LINE: why". */
static int take_reply(struct ctl *ctl, const struct file *file, size_t first, json_t *line)
{
	const json_t *facts = json_object_get(line, "data");
	bool wrong_entry = !json_is_true(json_object_get(line, "ok")) && json_object_get(facts, "entry");
	if (!json_is_true(json_object_get(line, "ok")) && !wrong_entry)
		return ctl_refused(ctl, line);
	int result = PROPSCTL_DONE;
	if (wrong_entry) {
		size_t at = first + (size_t)int_of(facts, "entry", 0);
		result = ctl_fail(ctl, PROPSCTL_FAILED, "bad_argument", "%s:%zu: %s", file->name,
			at < file->count ? file->lines[at].number : 0, text_of(facts, "reason"));
	}
	json_decref(line);
	return result;
}

/* Sends all batches. */
static int send_all(struct ctl *ctl, const struct ctl_command *command, const struct file *file, bool check)
{
	int result = PROPSCTL_DONE;
	for (size_t i = 0; i < file->count && result == PROPSCTL_DONE;) {
		size_t first = i, bytes = 0;
		json_t *entries = json_array();
		do {
			bytes += file->lines[i].bytes;
			json_array_append(entries, file->lines[i++].entry);
		} while (i < file->count && i - first < BATCH_ENTRIES && bytes + file->lines[i].bytes <= BATCH_BYTES);
		json_t *args = json_pack("{s:o, s:b}", "entries", entries, "check", check), *line;
		result = ctl_send(ctl, command, args, &line);
		if (result == PROPSCTL_DONE)
			result = take_reply(ctl, file, first, line);
		json_decref(args);
	}
	return result;
}

int cmd_slate_load(struct ctl *ctl, const struct ctl_command *command, json_t *args)
{
	struct file file = {.name = text_of(args, "file")};
	int result = read_file(ctl, &file);
	if (result == PROPSCTL_DONE && file.count == 0)
		result = ctl_fail(ctl, PROPSCTL_FAILED, "failed", "%s holds no entry", file.name);
	if (result == PROPSCTL_DONE)
		result = send_all(ctl, command, &file, true);
	if (result == PROPSCTL_DONE)
		result = send_all(ctl, command, &file, false);
	if (result == PROPSCTL_DONE) {
		json_t *summary = json_pack("{s:s, s:I}", "stream", "slate", "entries", (json_int_t)file.count);
		ctl->output->reply(ctl, command, summary, true);
		json_decref(summary);
	}
	for (size_t i = 0; i < file.count; i++)
		json_decref(file.lines[i].entry);
	free(file.lines);
	return result;
}
