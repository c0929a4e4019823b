/* A field as it stood on the wire, in either form. Internal to ingest. */
#ifndef INGEST_VALUE_H
#define INGEST_VALUE_H

#include <stddef.h>

/* Limits of the contract. */
#define FIELDS_MAX 32
#define VALUE_MAX 256 /* bytes of a value */
#define ENTRY_MAX 16384 /* bytes of all names and values; `data` too */

enum value_type {
	VALUE_TEXT, /* a flat field or a JSON string */
	VALUE_NUMBER, /* a JSON number, spelled out in `text` */
	VALUE_LIST, /* a JSON array */
	VALUE_FLAG, /* JSON true or false */
	VALUE_NULL, /* JSON null: as if the field were not there */
	VALUE_OTHER /* an object: what no field takes */
};

struct value {
	enum value_type type;
	const char *name, *text; /* not NUL-terminated; a NULL name is the entry itself, a NULL text a field
				    that is absent */
	size_t name_length, length;
	const void *list; /* VALUE_LIST: for json_list_item() */
	size_t items;
};

#endif
