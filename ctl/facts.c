#include "facts.h"

#include <stdarg.h>

#include "text.h"

#define NAME_WIDTH 11

void fact(struct ctl *ctl, const char *name, const char *format, ...)
{
	char text[2048];
	va_list list;
	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	fprintf(ctl->data, "%-*s ", NAME_WIDTH, name);
	put_text(ctl->data, text);
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
