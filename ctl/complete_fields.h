/* What publish offers: the fields of each stream's entries, and the words of a field. A test holds it to the contract. */
#ifndef CTL_COMPLETE_FIELDS_H
#define CTL_COMPLETE_FIELDS_H

struct complete_field {
	const char *streams; /* those that have it, with blanks between them */
	const char *name; /* NULL ends the table */
	const char *words; /* what it may be, with blanks between them; NULL: names, numbers, texts */
};

extern const struct complete_field complete_fields[];

#endif
