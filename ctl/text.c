#include "text.h"

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

const char *clock_text(int64_t ms, char buffer[SHORT_SIZE])
{
	time_t s = (time_t)(ms / 1000);
	struct tm tm;
	if (!localtime_r(&s, &tm) || strftime(buffer, SHORT_SIZE, "%F %H:%M", &tm) == 0)
		text_format(buffer, SHORT_SIZE, "?");
	return buffer;
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
