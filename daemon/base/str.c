/*
 * Grows by doubling. Numbers are written by hand: a report holds hundreds of them, and printf would be the
 * largest part of its cost.
 */
#include "base/str.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for `more` bytes and the NUL behind them; false once memory ran out. */
static bool reserve(struct str *s, size_t more)
{
	if (s->failed)
		return false;
	if (more < s->capacity - s->length)
		return true;
	size_t need = s->length + more + 1;
	if (need <= s->length) {
		s->failed = true;
		return false;
	}
	size_t capacity = s->capacity < 64 ? 64 : s->capacity;
	while (capacity < need)
		capacity = capacity > SIZE_MAX / 2 ? need : capacity * 2;
	char *data = realloc(s->data, capacity);
	if (data == NULL) {
		s->failed = true;
		return false;
	}
	s->data = data;
	s->capacity = capacity;
	s->data[s->length] = '\0';
	return true;
}

static void advance(struct str *s, size_t n)
{
	s->length += n;
	s->data[s->length] = '\0';
}

void str_done(struct str *s)
{
	free(s->data);
	*s = (struct str){0};
}

void str_clear(struct str *s)
{
	if (s->capacity > STR_KEPT)
		str_done(s);
	s->length = 0;
	s->failed = false;
	if (s->data != NULL)
		s->data[0] = '\0';
}

char *str_take(struct str *s)
{
	char *data = NULL;
	if (reserve(s, 0)) {
		data = s->data;
		s->data = NULL;
	}
	str_done(s);
	return data;
}

void str_bytes(struct str *s, const void *data, size_t length)
{
	if (length == 0 || !reserve(s, length))
		return;
	memcpy(s->data + s->length, data, length);
	advance(s, length);
}

void str_text(struct str *s, const char *text)
{
	str_bytes(s, text, strlen(text));
}

void str_char(struct str *s, char c)
{
	str_bytes(s, &c, 1);
}

static const char pairs[] = "00010203040506070809101112131415161718192021222324"
			    "25262728293031323334353637383940414243444546474849"
			    "50515253545556575859606162636465666768697071727374"
			    "75767778798081828384858687888990919293949596979899";

/* Writes the digits so that they end before `end`; returns where they start. */
static char *put_digits(char *end, uint64_t n)
{
	while (n >= 100) {
		end -= 2;
		memcpy(end, pairs + n % 100 * 2, 2);
		n /= 100;
	}
	if (n >= 10) {
		end -= 2;
		memcpy(end, pairs + n * 2, 2);
	} else {
		*--end = (char)('0' + n);
	}
	return end;
}

void str_int(struct str *s, int64_t number)
{
	char buffer[24], *end = buffer + sizeof(buffer);
	char *p = put_digits(end, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
	if (number < 0)
		*--p = '-';
	str_bytes(s, p, (size_t)(end - p));
}

void str_printf(struct str *s, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	size_t room = s->capacity - s->length;
	int n = s->failed ? -1 : vsnprintf(room > 0 ? s->data + s->length : NULL, room, format, args);
	if (n < 0) {
		s->failed = true;
	} else if ((size_t)n < room) {
		s->length += (size_t)n;
	} else {
		if (room > 0)
			s->data[s->length] = '\0'; /* the part that did fit */
		if (reserve(s, (size_t)n)) {
			vsnprintf(s->data + s->length, (size_t)n + 1, format, again);
			s->length += (size_t)n;
		}
	}
	va_end(again);
	va_end(args);
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c != '"' && c != '\\' && c != 0x7f;
}

static void put_escape(struct str *s, unsigned char c)
{
	static const char digits[] = "0123456789ABCDEF";
	static const char shorts[] = {
		['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
	if (c < sizeof(shorts) && shorts[c] != '\0') {
		const char two[2] = {'\\', shorts[c]};
		str_bytes(s, two, sizeof(two));
	} else {
		const char six[6] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
		str_bytes(s, six, sizeof(six));
	}
}

void str_json(struct str *s, const char *text, size_t length)
{
	str_char(s, '"');
	size_t start = 0;
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];
		if (is_plain(c))
			continue;
		str_bytes(s, text + start, i - start);
		put_escape(s, c);
		start = i + 1;
	}
	str_bytes(s, text + start, length - start);
	str_char(s, '"');
}

void str_base64(struct str *s, const void *data, size_t length)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *from = data;
	char text[512];
	size_t n = 0;
	for (size_t i = 0; i < length; i += 3) {
		const size_t left = length - i;
		const unsigned word = (unsigned)from[i] << 16 | (left > 1 ? (unsigned)from[i + 1] << 8 : 0) |
				      (left > 2 ? (unsigned)from[i + 2] : 0);
		text[n++] = digits[word >> 18];
		text[n++] = digits[word >> 12 & 63];
		text[n++] = left > 1 ? digits[word >> 6 & 63] : '=';
		text[n++] = left > 2 ? digits[word & 63] : '=';
		if (n == sizeof(text)) {
			str_bytes(s, text, n);
			n = 0;
		}
	}
	str_bytes(s, text, n);
}

/* From here on x * 1e4 is no exact whole number in a double any more; such numbers are rare enough for
 * printf. */
#define NUMBER_DIRECT 1e11

static void put_large(struct str *s, double number)
{
	char buffer[336]; /* 309 digits, a sign, a point and 4 decimals */
	size_t n = text_format(buffer, sizeof(buffer), "%.4f", number);
	while (buffer[n - 1] == '0')
		n--;
	if (buffer[n - 1] == '.')
		n--;
	str_bytes(s, buffer, n);
}

void str_number(struct str *s, double number)
{
	assert(isfinite(number));
	if (fabs(number) >= NUMBER_DIRECT) {
		put_large(s, number);
		return;
	}
	int64_t scaled = llround(number * 1e4);
	uint64_t n = scaled < 0 ? (uint64_t)-scaled : (uint64_t)scaled;
	unsigned decimals = (unsigned)(n % 10000);
	char buffer[32], *end = buffer + sizeof(buffer), *p = end;
	if (decimals != 0) {
		p -= 4;
		memcpy(p, pairs + decimals / 100 * 2, 2);
		memcpy(p + 2, pairs + decimals % 100 * 2, 2);
		while (end[-1] == '0')
			end--;
		*--p = '.';
	}
	p = put_digits(p, n / 10000);
	if (scaled < 0)
		*--p = '-';
	str_bytes(s, p, (size_t)(end - p));
}

bool utf8_valid(const char *text, size_t length)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + length;
	while (p < end) {
		uint64_t eight;
		if (end - p >= 8 && (memcpy(&eight, p, 8), (eight & 0x8080808080808080) == 0)) {
			p += 8;
			continue;
		}
		unsigned char c = *p++;
		if (c < 0x80)
			continue;
		/* The first continuation byte is the narrow one: it excludes overlong forms, surrogates and
		 * what lies above U+10FFFF. */
		unsigned char low = 0x80, high = 0xbf;
		int more;
		if (c >= 0xc2 && c <= 0xdf) {
			more = 1;
		} else if (c >= 0xe0 && c <= 0xef) {
			more = 2;
			low = c == 0xe0 ? 0xa0 : low;
			high = c == 0xed ? 0x9f : high;
		} else if (c >= 0xf0 && c <= 0xf4) {
			more = 3;
			low = c == 0xf0 ? 0x90 : low;
			high = c == 0xf4 ? 0x8f : high;
		} else {
			return false;
		}
		if (end - p < more || *p < low || *p > high)
			return false;
		for (int i = 1; i < more; i++)
			if ((p[i] & 0xc0) != 0x80)
				return false;
		p += more;
	}
	return true;
}

size_t text_format(char *buffer, size_t size, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int n = vsnprintf(buffer, size, format, args);
	va_end(args);
	if (n < 0 || size == 0)
		return 0;
	return (size_t)n < size ? (size_t)n : size - 1;
}
