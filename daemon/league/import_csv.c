/*
 * A record is looked for in a buffer that always holds it whole, from its first byte: so it can be unquoted
 * in place, and after an error reading can go back to the line after its first. That keeps one stray quote
 * from swallowing a file.
 */
#include "league/import_csv.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base/str.h"

#define BUFFER (4 * CSV_RECORD_MAX)

struct csv {
	gzFile file;
	int64_t size;
	int64_t line; /* of the byte at `start` */
	size_t start, end;
	bool eof, skipping;
	char separator; /* '\0': the first record is still to be looked at */
	char buffer[BUFFER + 1]; /* room for a NUL behind a last line without an end */
};

int csv_open(const char *path, struct csv **ret_csv, struct err *err)
{
	struct stat st;
	struct csv *c = NULL;
	gzFile file = gzopen(path, "rbe");
	if (!file)
		return err_set(err, errno ? -errno : -ENOMEM, "%s", errno ? strerror(errno) : "out of memory");
	if (stat(path, &st) < 0) {
		err_set(err, -errno, "%s", strerror(errno));
		goto fail;
	}
	if (S_ISDIR(st.st_mode)) {
		err_set(err, -EISDIR, "is a directory");
		goto fail;
	}
	c = malloc(sizeof(*c));
	if (!c) {
		err_set(err, -ENOMEM, "out of memory");
		goto fail;
	}
	c->file = file;
	c->size = st.st_size;
	c->line = 1;
	c->start = c->end = 0;
	c->eof = c->skipping = false;
	c->separator = '\0';
	gzbuffer(file, 128 * 1024);
	*ret_csv = c;
	return 0;
fail:
	gzclose(file);
	return err->code;
}

void csv_close(struct csv *c)
{
	if (!c)
		return;
	gzclose(c->file);
	free(c);
}

int64_t csv_size(const struct csv *c)
{
	return c->size;
}

int64_t csv_done(const struct csv *c)
{
	return c->eof ? c->size : (int64_t)gzoffset(c->file);
}

/* Reads on, so that a whole record lies behind `start`, or all that is left of the file. */
static int fill(struct csv *c, struct err *err)
{
	if (c->eof || c->end - c->start > CSV_RECORD_MAX)
		return 0;
	memmove(c->buffer, c->buffer + c->start, c->end - c->start);
	c->end -= c->start;
	c->start = 0;
	while (!c->eof && c->end < BUFFER) {
		int n = gzread(c->file, c->buffer + c->end, (unsigned)(BUFFER - c->end));
		int error;
		const char *text = gzerror(c->file, &error);
		if (n < 0 || error == Z_BUF_ERROR) {
			if (error == Z_ERRNO)
				return err_set(err, -EIO, "cannot be read: %s", strerror(errno));
			return err_set(err, -EIO, "%s", error == Z_BUF_ERROR ? "the gzip file is cut off" : text);
		}
		c->end += (size_t)n;
		c->eof = n == 0;
	}
	return 0;
}

/* Length of the record at `at` with its line end; 0: it does not end within the limit. A quote means
 * something where a field begins, and inside a field that began with one. */
static size_t record_length(const struct csv *c, const char *at, size_t length)
{
	bool quoted = false, begins = true;
	for (size_t i = 0; i < length && i < CSV_RECORD_MAX; i++) {
		bool turns = at[i] == '"' && (begins || quoted);
		if (turns)
			quoted = !quoted;
		else if (at[i] == '\n' && !quoted)
			return i + 1;
		/* A doubled quote closes and opens again. */
		begins = !quoted && (at[i] == c->separator || (turns && i + 1 < length && at[i + 1] == '"'));
	}
	return c->eof && !quoted && length <= CSV_RECORD_MAX ? length : 0;
}

/* Cuts [at, at + length) into fields, unquoting in place. Returns NULL or what is wrong. */
static const char *split(char *at, size_t length, char separator, struct csv_record *ret)
{
	char *end = at + length, *from = at;
	if (end > from && end[-1] == '\n')
		end--;
	if (end > from && end[-1] == '\r')
		end--;
	ret->count = 0;
	for (;;) {
		if (ret->count == CSV_FIELDS_MAX)
			return "more than 256 fields";
		char *to = from;
		ret->field[ret->count++] = from;
		if (from < end && *from == '"') {
			for (from++; from < end; from++) {
				if (*from == '"' && !(from + 1 < end && from[1] == '"'))
					break;
				if (*from == '"')
					from++;
				*to++ = *from;
			}
			if (from == end)
				return "a quoted field does not end";
			from++;
			if (from < end && *from != separator)
				return "text after the quote that ends a field";
		} else {
			for (; from < end && *from != separator; from++) {
				if (*from == '"')
					return "a quote inside a field that does not begin with one";
				to++;
			}
		}
		bool last = from == end;
		if (!last || to < end)
			*to = '\0'; /* over the separator, the quote or the line end */
		if (last) {
			*to = '\0';
			return NULL;
		}
		from++;
	}
}

/* The sign that parts most of the first line, quoted fields aside; "sep=;" says it itself, as spreadsheets write it, and
 * is no record. */
static size_t find_separator(struct csv *c, const char *at, size_t length)
{
	static const char separators[] = ",;\t|";
	size_t counts[sizeof(separators) - 1] = {0}, best = 0, line = 0;
	bool quoted = false;
	for (; line < length && (quoted || at[line] != '\n'); line++) {
		const char *found = strchr(separators, at[line]);
		if (at[line] == '"')
			quoted = !quoted;
		else if (!quoted && at[line] && found)
			counts[found - separators]++;
	}
	for (size_t i = 1; i < sizeof(counts) / sizeof(counts[0]); i++)
		best = counts[i] > counts[best] ? i : best;
	c->separator = separators[best];
	if (line < 5 || line > 6 || strncasecmp(at, "sep=", 4) != 0 || !strchr(separators, at[4]) ||
		(line == 6 && at[5] != '\r'))
		return 0;
	c->separator = at[4];
	return line < length ? line + 1 : line;
}

/* A text of two bytes a letter has a NUL in each second place, with or without its mark. */
static bool is_utf16(const char *at, size_t length)
{
	if (length >= 2 && (memcmp(at, "\xff\xfe", 2) == 0 || memcmp(at, "\xfe\xff", 2) == 0))
		return true;
	return length >= 6 && ((at[0] && !at[1] && at[2] && !at[3] && at[4] && !at[5]) ||
				      (!at[0] && at[1] && !at[2] && at[3] && !at[4] && at[5]));
}

/* Passes over what no record begins with: the byte order mark, empty lines, the rest of a line that was too
 * long. False at the end of the file. */
static int find_record(struct csv *c, struct err *err)
{
	for (;;) {
		int r = fill(c, err);
		if (r < 0 || c->start == c->end)
			return r;
		const char *at = c->buffer + c->start;
		size_t length = c->end - c->start, blank = 0;
		if (c->skipping) {
			const char *end = memchr(at, '\n', length);
			blank = end ? (size_t)(end - at) + 1 : length;
			c->skipping = !end;
			c->line += end != NULL;
		} else if (c->line == 1 && !c->separator && is_utf16(at, length)) {
			return err_set(err, -EINVAL, "is written in UTF-16, and UTF-8 is right: save it as UTF-8");
		} else if (c->line == 1 && length >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) {
			blank = 3;
		} else if (*at == '\n' || (*at == '\r' && length > 1 && at[1] == '\n')) {
			blank = *at == '\n' ? 1 : 2;
			c->line++;
		} else if (!c->separator && (blank = find_separator(c, at, length)) > 0) {
			c->line++;
		} else {
			return 1;
		}
		c->start += blank;
	}
}

static const char *what_is_wrong(const struct csv *c, const char *at, size_t length)
{
	if (length == 0)
		return c->end - c->start < CSV_RECORD_MAX ? "a quoted field does not end"
							  : "the record does not end within 64 KiB";
	if (memchr(at, '\0', length))
		return "a NUL byte";
	return utf8_valid(at, length) ? NULL : "the text is not UTF-8: save the file as UTF-8";
}

int csv_next(struct csv *c, struct csv_record *ret_record, struct err *err)
{
	int r = find_record(c, err);
	if (r <= 0)
		return r;
	char *at = c->buffer + c->start, *copy = NULL;
	size_t held = c->end - c->start, length = record_length(c, at, held);
	const char *wrong = what_is_wrong(c, at, length);
	const char *line_end = memchr(at, '\n', held);
	size_t first = line_end ? (size_t)(line_end - at) + 1 : held;
	ret_record->line = c->line;
	ret_record->count = 0;

	if (!wrong) {
		/* Should a record of several lines be wrong, its other lines are still to be read. */
		if (length > first) {
			copy = malloc(length);
			if (!copy)
				return err_set(err, -ENOMEM, "out of memory");
			memcpy(copy, at, length);
		}
		int64_t lines = 0;
		for (const char *p = at; (p = memchr(p, '\n', (size_t)(at + length - p))); p++)
			lines++;
		wrong = split(at, length, c->separator, ret_record);
		if (wrong && copy)
			memcpy(at, copy, length);
		free(copy);
		if (!wrong) {
			c->start += length;
			c->line += lines;
			return 1;
		}
	}
	c->start += first;
	c->line += line_end != NULL;
	c->skipping = !line_end && !c->eof;
	ret_record->count = 0;
	return err_set(err, -EBADMSG, "%s", wrong);
}
