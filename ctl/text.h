/* Texts and numbers for people. Buffers are the caller's; each function returns its buffer. */
#ifndef CTL_TEXT_H
#define CTL_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Prints text from outside with control characters (C0, DEL, C1) as \xNN: it can never move a terminal's
 * cursor. */
void put_text(FILE *file, const char *text);

/* The same, and with `color` words that mean trouble stand out: "paused", "not ready", "dead 3". */
void put_meaning(FILE *file, const char *text, bool color);

/* What a state that a cell holds alone means: "red", "yellow", "green" for a table; NULL: nothing. */
const char *meaning_of(const char *word);

#define SHORT_SIZE 32
const char *age_text(int64_t ms, char buffer[SHORT_SIZE]); /* "850 ms", "12 s", "3 min", "2 h", "5 d" */
const char *span_text(int64_t ms, char buffer[SHORT_SIZE]); /* "12.3 s", "4 min 10 s", "2 h 3 min" */
const char *ms_text(double ms, char buffer[SHORT_SIZE]); /* "3.1 ms", "12.3 s": short spans */
const char *count_text(int64_t n, char buffer[SHORT_SIZE]); /* "268,401" */
const char *number_text(double x, char buffer[SHORT_SIZE]); /* up to 4 decimals, no trailing zeros */
const char *bytes_text(int64_t n, char buffer[SHORT_SIZE]); /* "12.4 MB" */
const char *clock_text(int64_t ms, char buffer[SHORT_SIZE]); /* "2025-11-15 19:30 EST", local time */
const char *minute_text(
	int64_t ms, char buffer[SHORT_SIZE]); /* the same without its zone, where a column's head says it */
const char *zone_text(int64_t ms, char buffer[SHORT_SIZE]); /* "EST": of that moment */
const char *moment_text(int64_t ms, char buffer[SHORT_SIZE]); /* "19:30:05 EST", local time */

/* Members of a reply; a daemon of another version may leave some out. */
const char *text_of(const json_t *object, const char *key); /* "" when absent */
int64_t int_of(const json_t *object, const char *key, int64_t otherwise); /* also of a real */
double number_of(const json_t *object, const char *key, double otherwise);

#endif
