#include "json_text.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include "base/str.h"
#include "text.h"

enum { STEP = 2, DEPTH_MAX = 64 }; /* deeper ones stand in one line */

struct writer {
	FILE *file;
	const char *at;
	unsigned width;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Behind the text that begins here. */
static const char *behind_text(const char *at)
{
	for (at++; *at && *at != '"'; at++)
		if (*at == '\\' && at[1])
			at++;
	return *at ? at + 1 : at;
}

/* Behind the value that begins here, and what blanks follow; *ret_columns: how wide it is in one line. */
static const char *behind_value(const char *at, size_t *ret_columns)
{
	size_t columns = 0;
	unsigned depth = 0;
	do {
		if (*at == '"') {
			const char *end = behind_text(at);
			columns += (size_t)(end - at);
			at = end;
		} else {
			depth += *at == '{' || *at == '[';
			depth -= *at == '}' || *at == ']';
			columns += *at == ',' || *at == ':' ? 2 : 1;
			at++;
		}
		while (is_blank(*at))
			at++;
	} while (*at && (depth > 0 || !strchr(",]}", *at)));
	*ret_columns = columns;
	return at;
}

static void put_bytes(struct writer *w, const char *end)
{
	char piece[256];
	while (w->at < end) {
		size_t left = (size_t)(end - w->at), n = left < sizeof(piece) - 1 ? left : sizeof(piece) - 1;
		if (n < left && (unsigned char)w->at[n - 1] == 0xC2) /* one character with what follows */
			n--;
		text_format(piece, sizeof(piece), "%.*s", (int)n, w->at);
		put_text(w->file, piece);
		w->at += n;
	}
}

static void put_one_line(struct writer *w, const char *end)
{
	while (w->at < end) {
		if (*w->at == '"')
			put_bytes(w, behind_text(w->at));
		else {
			if (!is_blank(*w->at))
				fputc(*w->at, w->file);
			if (*w->at == ',' || *w->at == ':')
				fputc(' ', w->file);
			w->at++;
		}
	}
}

static void skip_blanks(struct writer *w)
{
	while (is_blank(*w->at))
		w->at++;
}

static void put_indent(const struct writer *w, unsigned depth)
{
	fprintf(w->file, "\n%*s", (int)(depth * STEP), "");
}

static void put_value(struct writer *w, unsigned depth, size_t before);

static void put_members(struct writer *w, unsigned depth)
{
	const bool object = *w->at == '{';
	fputc(*w->at++, w->file);
	for (skip_blanks(w); *w->at && *w->at != '}' && *w->at != ']'; skip_blanks(w)) {
		size_t before = depth * STEP + STEP;
		put_indent(w, depth + 1);
		if (object) {
			const char *end = behind_text(w->at);
			before += (size_t)(end - w->at) + 2;
			put_bytes(w, end);
			skip_blanks(w);
			w->at++; /* the colon */
			fputs(": ", w->file);
			skip_blanks(w);
		}
		put_value(w, depth + 1, before);
		skip_blanks(w);
		if (*w->at == ',')
			fputc(*w->at++, w->file);
	}
	put_indent(w, depth);
	if (*w->at)
		fputc(*w->at++, w->file);
}

static void put_value(struct writer *w, unsigned depth, size_t before)
{
	size_t columns;
	const char *end = behind_value(w->at, &columns);
	const bool open = *w->at == '{' || *w->at == '[';
	if (!open || depth == DEPTH_MAX || w->width == 0 || before + columns + 1 <= w->width) /* a comma behind it */
		put_one_line(w, end);
	else
		put_members(w, depth);
}

void json_text_put(FILE *file, const char *text, unsigned width)
{
	json_t *root = json_loads(text, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, NULL);
	if (!root) {
		put_text(file, text);
		fputc('\n', file);
		return;
	}
	json_decref(root);
	struct writer w = {.file = file, .at = text, .width = width};
	skip_blanks(&w);
	put_value(&w, 0, 0);
	fputc('\n', file);
}
