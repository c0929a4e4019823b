/*
 * A line is put together on the stack and leaves in one write(), so that lines of several threads never mix
 * and a log line needs neither memory nor a lock. Longer texts are cut: a log line is for reading.
 */
#include "base/log.h"

#include "base/clock.h"
#include "base/str.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_SIZE 1024
#define LINE_SIZE (TEXT_SIZE * 4 + 128) /* each byte may become \xNN */
#define FLOOD_INTERVAL_US 10000000

static const char *const names[] = {
	[LOG_LEVEL_ERR] = "err",
	[LOG_LEVEL_WARN] = "warn",
	[LOG_LEVEL_NOTICE] = "notice",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

static _Atomic int current_level = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
	atomic_store_explicit(&current_level, (int)level, memory_order_relaxed);
}

enum log_level log_level(void)
{
	return (enum log_level)atomic_load_explicit(&current_level, memory_order_relaxed);
}

bool log_level_parse(const char *text, enum log_level *ret_level)
{
	for (int i = LOG_LEVEL_ERR; i <= LOG_LEVEL_DEBUG; i++)
		if (strcmp(names[i], text) == 0) {
			*ret_level = (enum log_level)i;
			return true;
		}
	return false;
}

const char *log_level_name(enum log_level level)
{
	assert(level >= LOG_LEVEL_ERR && level <= LOG_LEVEL_DEBUG);
	return names[level];
}

/* $JOURNAL_STREAM names the device and inode of the stream that the service manager made; stderr may have
 * been redirected since. Asked each time: it costs one fstat() and needs no state. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;
	return stream != NULL && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(STDERR_FILENO, &st) == 0 &&
	       st.st_dev == device && st.st_ino == inode;
}

/* Also the C1 controls, U+0080 to U+009F, which terminals obey as well: c2 80 to c2 9f in UTF-8. */
static size_t control_length(const char *text)
{
	unsigned char c = (unsigned char)text[0], next = (unsigned char)text[1];
	if (c < 0x20 || c == 0x7f)
		return 1;
	return c == 0xc2 && next >= 0x80 && next <= 0x9f ? 2 : 0;
}

static size_t escape(char *out, const char *text)
{
	static const char digits[] = "0123456789abcdef";
	char *start = out;
	while (*text != '\0') {
		size_t n = control_length(text);
		if (n == 0)
			*out++ = *text++;
		for (; n > 0; n--, text++) {
			*out++ = '\\';
			*out++ = 'x';
			*out++ = digits[(unsigned char)*text >> 4];
			*out++ = digits[(unsigned char)*text & 15];
		}
	}
	return (size_t)(out - start);
}

static void write_line(enum log_level level, const char *component, const char *text)
{
	char line[LINE_SIZE];
	size_t length;
	if (stderr_is_journal()) {
		length = text_format(line, 96, "<%d>%s: ", (int)level, component);
	} else {
		char time[TIME_SIZE];
		time_format(clock_wall_ms(clock_system()), time);
		length = text_format(line, 96, "%s %s %s: ", time, log_level_name(level), component);
	}
	length += escape(line + length, text);
	line[length++] = '\n';
	ssize_t n;
	do
		n = write(STDERR_FILENO, line, length);
	while (n < 0 && errno == EINTR);
}

static void write_args(enum log_level level, const char *component, const char *format, va_list args)
{
	char text[TEXT_SIZE];
	if (vsnprintf(text, sizeof(text), format, args) < 0)
		return;
	write_line(level, component, text);
}

void log_write(enum log_level level, const char *component, const char *format, ...)
{
	if (level > log_level())
		return;
	/* The caller's errno survives: logging often stands between a failure and its return. */
	int saved = errno;
	va_list args;
	va_start(args, format);
	write_args(level, component, format, args);
	va_end(args);
	errno = saved;
}

void log_flooding(struct log_flood *flood, enum log_level level, const char *component, const char *format, ...)
{
	if (level > log_level())
		return;
	int64_t now_us = clock_mono_us(clock_system());
	if (now_us < flood->next_us) {
		flood->suppressed++;
		return;
	}
	int saved = errno;
	char longer[TEXT_SIZE];
	va_list args;
	va_start(args, format);
	if (flood->suppressed > 0) {
		/* In front of the caller's text, which may be cut. */
		size_t n = text_format(longer, sizeof(longer), "(%u more left out) ", flood->suppressed);
		vsnprintf(longer + n, sizeof(longer) - n, format, args);
		write_line(level, component, longer);
	} else {
		write_args(level, component, format, args);
	}
	va_end(args);
	flood->next_us = now_us + FLOOD_INTERVAL_US;
	flood->suppressed = 0;
	errno = saved;
}
