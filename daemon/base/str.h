/*
 * A growing byte string with a sticky failure bit: append without checks, test `failed` once at the end.
 * Zero-initialised is empty. Owner thread only.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STR_KEPT 262144

struct str {
	char *data; /* always NUL-terminated once something was appended */
	size_t length;
	size_t capacity;
	bool failed; /* memory ran out: what is there is not whole */
};

void str_done(struct str *s); /* frees; usable again */
void str_clear(struct str *s); /* empties, keeps the memory up to STR_KEPT: one long text must not hold it for good */
char *str_take(struct str *s); /* hands the bytes to the caller (free()), NULL if failed; s is empty after */

void str_bytes(struct str *s, const void *data, size_t length);
void str_text(struct str *s, const char *text);
void str_char(struct str *s, char c);
void str_int(struct str *s, int64_t number);
void str_printf(struct str *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A JSON string with its quotes: escapes what JSON wants escaped and DEL; the text must be UTF-8
 * (utf8_valid). */
void str_json(struct str *s, const char *text, size_t length);

/* The bytes in base64 (RFC 4648), padded, without line ends. */
void str_base64(struct str *s, const void *data, size_t length);

/* A number as every JSON of ours writes it: rounded to 1e-4, no trailing zeros, no point in whole numbers, no
 * -0. Not finite: "null" is never written, it is our bug (assert). */
void str_number(struct str *s, double number);

/* Whether the bytes are valid UTF-8 (no surrogates, no overlong forms). */
bool utf8_valid(const char *text, size_t length);

/* Fixed-size formatting that never overflows: like snprintf, but returns the length that was written. */
size_t text_format(char *buffer, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
