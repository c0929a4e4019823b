#include "facts.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "text.h"

#define NAME_WIDTH 11

void fact(struct ctl *ctl, const char *name, const char *format, ...)
{
	char text[2048];
	va_list list;
	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	const char *color = ctl->color ? meaning_of(name) : NULL;
	if (color)
		put_meaning(ctl->data, name, true);
	else
		fputs(name, ctl->data);
	fprintf(ctl->data, "%*s", (int)(strlen(name) < NAME_WIDTH ? NAME_WIDTH - strlen(name) : 0) + 1, "");
	put_meaning(ctl->data, text, ctl->color);
	fputc('\n', ctl->data);
}

/* As many bytes of the text as whole words fit into `room`, at least one word. */
static size_t words_in(const char *text, size_t room)
{
	size_t at = 0, end = strcspn(text, " ");
	while (text[end]) {
		at = end + 1 + strcspn(text + end + 1, " ");
		if (at > room)
			break;
		end = at;
	}
	return end;
}

void fact_wrapped(struct ctl *ctl, const char *name, const char *text)
{
	const size_t room = ctl->width > 2 * NAME_WIDTH ? ctl->width - NAME_WIDTH - 1 : SIZE_MAX;
	do {
		const size_t n = words_in(text, room);
		fact(ctl, name, "%.*s", (int)n, text);
		text += n + strspn(text + n, " ");
		name = "";
	} while (*text);
}

void put_wrapped(struct ctl *ctl, unsigned at, unsigned left, const char *text)
{
	while (*text) {
		const size_t n = words_in(text, ctl->width > left + 20 ? ctl->width - at : SIZE_MAX);
		size_t shown = n;
		while (shown > 0 && text[shown - 1] == ' ')
			shown--;
		char *line = strndup(text, shown);
		put_text(ctl->data, line ? line : text);
		free(line);
		text += n + strspn(text + n, " ");
		if (*text)
			fprintf(ctl->data, "\n%*s", (int)left, "");
		at = left;
	}
	fputc('\n', ctl->data);
}

static void put_line(struct ctl *ctl, const char *format, va_list list)
{
	char text[1024];
	vsnprintf(text, sizeof(text), format, list);
	put_text(ctl->data, text);
	fputc('\n', ctl->data);
}

void put(struct ctl *ctl, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	put_line(ctl, format, list);
	va_end(list);
}

void say(struct ctl *ctl, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	if (!ctl->quiet)
		put_line(ctl, format, list);
	va_end(list);
}
