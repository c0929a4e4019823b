/*
 * The `data` form of an entry: one JSON object with the contract's names. Numbers are spelled out again, so
 * that one parser per field serves both forms. Internal to ingest.
 */
#ifndef INGEST_DECODE_JSON_H
#define INGEST_DECODE_JSON_H

#include "ingest/decode.h"
#include "ingest/value.h"

#define NUMBER_SIZE 32

struct json_entry {
	void *root;
	size_t count;
	struct value value[FIELDS_MAX]; /* valid until json_entry_done() */
	char number[FIELDS_MAX][NUMBER_SIZE];
};

/* 0; -EINVAL: not an object of at most FIELDS_MAX keys, nested too deep, or a text in a list or object with a
 * control character; -ENOMEM. Texts of the values themselves are not looked at. Needs json_entry_done() only
 * after success. */
int json_entry_init(struct json_entry *entry, const char *text, size_t length, struct malformed *why);
void json_entry_done(struct json_entry *entry);

/* A list's item, under the name of the list; a number is spelled out in `number`. */
struct value json_list_item(const struct value *list, size_t index, char number[NUMBER_SIZE]);

#endif
