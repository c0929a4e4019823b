#include "text.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "base/str.h"

void put_text(FILE *file, const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		/* C1 controls are U+0080 to U+009F: C2 80 to C2 9F in UTF-8. */
		if (*p == 0xC2 && p[1] >= 0x80 && p[1] <= 0x9F)
			fprintf(file, "\\x%02x", *++p);
		else if (*p < 0x20 || *p == 0x7F)
			fprintf(file, "\\x%02x", *p);
		else
			fputc(*p, file);
	}
}

/* In a line of facts trouble alone is painted, and never a count of none of it. */
static const struct {
	const char *word, *color;
	bool alone; /* only where it is a whole cell */
} meanings[] = {
	{"not ready", "red", false},
	{"not healthy", "red", false},
	{"cannot be reached", "red", false},
	{"paused", "yellow", false},
	{"muted", "yellow", false},
	{"dead", "red", false},
	{"failed", "red", false},
	{"silent", "red", false},
	{"error", "red", false},
	{"warning", "yellow", false},
	{"down", "red", true},
	{"open", "red", true},
	{"backing-off", "red", true},
	{"held", "yellow", true},
	{"draining", "yellow", true},
	{"withdrawn", "yellow", true},
	{"postponed", "yellow", true},
	{"cancelled", "yellow", true},
	{"ok", "green", true},
	{"ready", "green", true},
	{"healthy", "green", true},
};

const char *meaning_of(const char *word)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(*meanings); i++)
		if (strcmp(meanings[i].word, word) == 0)
			return meanings[i].color;
	return NULL;
}

static bool is_part_of_word(char c)
{
	return c == '_' || c == '-' || c == '/' || isalnum((unsigned char)c);
}

/* The meaning that begins there; its length, or 0. */
static size_t meaning_at(const char *start, const char *at, const char **ret_color)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(*meanings); i++) {
		const size_t length = strlen(meanings[i].word);
		if (meanings[i].alone || strncmp(at, meanings[i].word, length) != 0 || is_part_of_word(at[length]) ||
			(at > start && is_part_of_word(at[-1])))
			continue;
		const bool none = (at[length] == ' ' && at[length + 1] == '0' && !is_part_of_word(at[length + 2])) ||
				  (at - start >= 2 && at[-1] == ' ' && at[-2] == '0' &&
					  (at - start == 2 || !strchr("0123456789,.", at[-3])));
		*ret_color = meanings[i].color;
		return none ? 0 : length;
	}
	return 0;
}

void put_meaning(FILE *file, const char *text, bool color)
{
	char part[1024];
	size_t kept = 0;
	for (const char *p = text; color && *p;) {
		const char *name;
		const size_t length = meaning_at(text, p, &name);
		if (length == 0 && kept + 1 < sizeof(part)) {
			part[kept++] = *p++;
			continue;
		}
		part[kept] = '\0';
		put_text(file, part);
		kept = 0;
		if (length > 0)
			fprintf(file, "\033[%dm%.*s\033[0m", strcmp(name, "red") == 0 ? 31 : 33, (int)length, p);
		p += length;
		text = p;
	}
	part[kept] = '\0';
	put_text(file, color ? part : text);
}

const char *age_text(int64_t ms, char buffer[SHORT_SIZE])
{
	static const struct {
		int64_t ms;
		const char *unit;
	} units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "min"}, {1000, "s"}, {1, "ms"}};
	size_t i = 0;
	/* The next unit only from two of it on: 90 s says more than 1 min. */
	while (units[i].ms > 1 && ms < (units[i].ms == 1000 ? 1 : 2) * units[i].ms)
		i++;
	text_format(buffer, SHORT_SIZE, "%lld %s", (long long)(ms / units[i].ms), units[i].unit);
	return buffer;
}

const char *span_text(int64_t ms, char buffer[SHORT_SIZE])
{
	int64_t s = ms / 1000;
	if (ms < 60000)
		text_format(buffer, SHORT_SIZE, "%.1f s", (double)ms / 1000);
	else if (s < 3600)
		text_format(buffer, SHORT_SIZE, "%d min %d s", (int)(s / 60), (int)(s % 60));
	else if (s < 2 * 86400)
		text_format(buffer, SHORT_SIZE, "%d h %d min", (int)(s / 3600), (int)(s / 60 % 60));
	else
		text_format(buffer, SHORT_SIZE, "%lld d %d h", (long long)(s / 86400), (int)(s / 3600 % 24));
	return buffer;
}

const char *ms_text(double ms, char buffer[SHORT_SIZE])
{
	if (ms >= 1000)
		return span_text((int64_t)ms, buffer);
	text_format(buffer, SHORT_SIZE, "%.*f ms", ms < 10 ? 1 : 0, ms);
	return buffer;
}

const char *count_text(int64_t n, char buffer[SHORT_SIZE])
{
	char digits[SHORT_SIZE];
	size_t length = text_format(digits, sizeof(digits), "%lld", (long long)n);
	size_t out = 0;
	for (size_t i = 0; i < length && out + 2 < SHORT_SIZE; i++) {
		buffer[out++] = digits[i];
		size_t left = length - 1 - i;
		if (left > 0 && left % 3 == 0 && digits[i] != '-')
			buffer[out++] = ',';
	}
	buffer[out] = '\0';
	return buffer;
}

const char *number_text(double x, char buffer[SHORT_SIZE])
{
	text_format(buffer, SHORT_SIZE, "%.4f", x);
	size_t length = strlen(buffer);
	while (length > 0 && buffer[length - 1] == '0')
		buffer[--length] = '\0';
	if (length > 0 && buffer[length - 1] == '.')
		buffer[--length] = '\0';
	return buffer;
}

const char *bytes_text(int64_t n, char buffer[SHORT_SIZE])
{
	static const char *const units[] = {"bytes", "KB", "MB", "GB", "TB"};
	double value = (double)n;
	size_t i = 0;
	for (; value >= 1000 && i < 4; i++)
		value /= 1000;
	text_format(buffer, SHORT_SIZE, i == 0 ? "%.0f %s" : "%.1f %s", value, units[i]);
	return buffer;
}

__attribute__((format(strftime, 1, 0))) static const char *local_text(
	const char *format, int64_t ms, char buffer[SHORT_SIZE])
{
	time_t s = (time_t)(ms / 1000);
	struct tm tm;
	if (!localtime_r(&s, &tm) || strftime(buffer, SHORT_SIZE, format, &tm) == 0)
		text_format(buffer, SHORT_SIZE, "?");
	return buffer;
}

const char *clock_text(int64_t ms, char buffer[SHORT_SIZE])
{
	return local_text("%F %H:%M %Z", ms, buffer);
}

const char *minute_text(int64_t ms, char buffer[SHORT_SIZE])
{
	return local_text("%F %H:%M", ms, buffer);
}

const char *zone_text(int64_t ms, char buffer[SHORT_SIZE])
{
	return local_text("%Z", ms, buffer);
}

const char *moment_text(int64_t ms, char buffer[SHORT_SIZE])
{
	return local_text("%T %Z", ms, buffer);
}

const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

int64_t int_of(const json_t *object, const char *key, int64_t otherwise)
{
	const json_t *value = json_object_get(object, key);
	if (json_is_integer(value))
		return json_integer_value(value);
	return json_is_real(value) ? (int64_t)llround(json_real_value(value)) : otherwise;
}

double number_of(const json_t *object, const char *key, double otherwise)
{
	const json_t *value = json_object_get(object, key);
	return json_is_number(value) ? json_number_value(value) : otherwise;
}
