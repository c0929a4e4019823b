/*
 * The words for a malformed entry: `FIELD: "VALUE" PROBLEM; WANT`, such as
 * `line: "12.345" has more than 2 decimals; a line is a number from 0 to 200 with at most 2 decimals, such
 * as 24.5`. Whatever the input was, the text is valid UTF-8 on one line: what cannot be shown is written as
 * \xNN, what is long is cut between characters and ends in an ellipsis. Internal to ingest.
 */
#ifndef INGEST_BLAME_H
#define INGEST_BLAME_H

#include "ingest/decode.h"
#include "ingest/value.h"

/* Fills `why`. `problem` is for printf(), `want` may be NULL. Returns -EINVAL: `return blame(...)`. */
int blame(struct malformed *why, const struct value *value, const char *want, const char *problem, ...)
	__attribute__((format(printf, 4, 5)));

/* The text as it can be shown, `quoted` with a backslash before '"' and '\'. Writes at most `size - 1` bytes
 * and a NUL; returns the length. */
size_t blame_show(char *buffer, size_t size, const char *text, size_t length, bool quoted);

/* What makes the text unfit for any field, "is not UTF-8" or "has a control character"; NULL if nothing does.
 */
const char *text_problem(const char *text, size_t length);

/* 0, or blames a text that is longer than a value may be or unfit for any field. */
int check_text(struct malformed *why, const struct value *value);

#endif
