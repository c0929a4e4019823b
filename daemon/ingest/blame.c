#include "ingest/blame.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define ELLIPSIS "\xe2\x80\xa6"
#define VALUE_SHOWN 100 /* bytes; leaves 300 of `error` for the field, the problem and what is wanted */

static bool is_control(const char *p, size_t length)
{
	unsigned char c = (unsigned char)p[0];
	if (length == 1)
		return c < 0x20 || c == 0x7f;
	return length == 2 && c == 0xc2 && (unsigned char)p[1] < 0xa0;
}

/* Length of the UTF-8 character that starts here, 0 if none does. */
static size_t character(const char *text, size_t length)
{
	for (size_t n = 1; n <= 4 && n <= length; n++)
		if (utf8_valid(text, n))
			return n;
	return 0;
}

const char *text_problem(const char *text, size_t length)
{
	/* Nearly every value is plain ASCII: one pass without branches settles those. */
	unsigned odd = 0;
	for (size_t i = 0; i < length; i++)
		odd |= (unsigned char)(text[i] - 0x20) >= 0x7f - 0x20;
	if (!odd)
		return NULL;
	if (!utf8_valid(text, length))
		return "is not UTF-8";
	for (size_t i = 0, n; i < length; i += n) {
		n = character(text + i, length - i);
		if (is_control(text + i, n))
			return "has a control character";
	}
	return NULL;
}

size_t blame_show(char *buffer, size_t size, const char *text, size_t length, bool quoted)
{
	size_t used = 0, cut = 0; /* cut: the last end of a character after which an ellipsis still fits */
	for (size_t i = 0; i < length;) {
		char piece[16];
		size_t n = character(text + i, length - i), m = 0;
		bool shown = n > 0 && !is_control(text + i, n);
		if (n == 0)
			n = 1;
		if (shown && quoted && (text[i] == '"' || text[i] == '\\'))
			piece[m++] = '\\';
		for (size_t k = 0; k < n; k++) {
			if (shown)
				piece[m++] = text[i + k];
			else
				m += text_format(piece + m, sizeof(piece) - m, "\\x%02x", (unsigned char)text[i + k]);
		}
		if (used + m >= size) {
			memcpy(buffer + cut, ELLIPSIS, sizeof(ELLIPSIS));
			return cut + sizeof(ELLIPSIS) - 1;
		}
		memcpy(buffer + used, piece, m);
		used += m;
		i += n;
		if (used + sizeof(ELLIPSIS) <= size)
			cut = used;
	}
	buffer[used] = '\0';
	return used;
}

int blame(struct malformed *why, const struct value *value, const char *want, const char *problem, ...)
{
	char *error = why->error;
	size_t size = sizeof(why->error), used = 0;
	*why = (struct malformed){0};
	if (value != NULL && value->name != NULL) {
		blame_show(why->field, sizeof(why->field), value->name, value->name_length, false);
		used += text_format(error, size, "%s: ", why->field);
	}
	if (value != NULL && value->text != NULL) {
		char shown[VALUE_SHOWN];
		blame_show(shown, sizeof(shown), value->text, value->length, true);
		used += text_format(error + used, size - used, value->type == VALUE_TEXT ? "\"%s\" " : "%s ", shown);
	}
	va_list arguments;
	va_start(arguments, problem);
	int n = vsnprintf(error + used, size - used, problem, arguments);
	va_end(arguments);
	used += n > 0 ? (size_t)n : 0;
	if (want != NULL && used < size)
		text_format(error + used, size - used, "; %s", want);
	return -EINVAL;
}

int check_text(struct malformed *why, const struct value *value)
{
	if (value->length > VALUE_MAX)
		return blame(why, value, NULL, "is %zu bytes long; a value has at most %d", value->length, VALUE_MAX);
	const char *problem = text_problem(value->text, value->length);
	return problem == NULL ? 0 : blame(why, value, NULL, "%s", problem);
}
