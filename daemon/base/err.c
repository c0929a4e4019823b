#include "base/err.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, int code, const char *format, ...)
{
	assert(code < 0);
	/* By way of a copy: the caller may quote the text that is there already. */
	char text[sizeof(err->text)];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	memcpy(err->text, text, sizeof(text));
	err->code = code;
	return code;
}

int err_prefix(struct err *err, const char *format, ...)
{
	char prefix[sizeof(err->text)];
	va_list args;
	va_start(args, format);
	vsnprintf(prefix, sizeof(prefix), format, args);
	va_end(args);

	char text[sizeof(err->text) * 2 + 2];
	snprintf(text, sizeof(text), "%s: %s", prefix, err->text);
	snprintf(err->text, sizeof(err->text), "%.*s", (int)sizeof(err->text) - 1, text);
	return err->code;
}
