/*
 * The table of options: all that is generic about the configuration goes by it. A new option is a field in
 * struct config, a row here and its lines in etc/propsd.conf.
 */
#ifndef CONFIG_OPTION_H
#define CONFIG_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct arena;

enum option_type {
	OPTION_TEXT, /* const char * */
	OPTION_INT, /* int64_t */
	OPTION_REAL, /* double */
	OPTION_DURATION, /* int64_t, microseconds */
	OPTION_SIZE, /* int64_t, bytes */
	OPTION_CHOICE, /* an enum that counts as `choices` does, plus `min` */
	OPTION_PLAYERS, /* struct config_players */
	OPTION_LIST /* struct config_list */
};

struct option {
	const char *section; /* "" = top level */
	const char *name;
	const char *only; /* of a processor or a sink: the type that has it, or two with a blank between; NULL: all */
	enum option_type type;
	bool restart; /* a change needs a new process */
	bool report; /* a change changes reports, which are then made again: none that needs a restart */
	const char *value; /* the default, as one would write it */
	int64_t min, max;
	const char *const *choices; /* ends with NULL; of numbers and sizes: the one word that stands for 0,
				      of reals for -1 */
	/* OPTION_TEXT and each of OPTION_LIST, may be NULL: what is wrong with the text, beginning as "allowed is
	 * ..."; NULL: nothing. */
	const char *(*check)(const char *text);
	size_t offset; /* in struct config, or in its tier, processor, sink or schedule */
	const char *help;
};

/* Sections that have a title and may stand there several times. */
enum { OPTION_TITLED = 4 };
extern const char *const option_titled[OPTION_TITLED];
bool option_is_titled(const char *section);

const struct option *option_table(size_t *ret_count);
/* Whether a processor of this type has the option. */
bool option_is_of(const struct option *o, const char *type);

const struct option *option_find(const char *section, const char *name); /* NULL: none */

/* "allowed is a duration from 1s to 1h" */
#define OPTION_WHY_SIZE 256
void option_allowed(const struct option *o, char why[OPTION_WHY_SIZE]);

/*
 * Reads one text into the field (a list: appends one element, `first` empties it before). Memory comes from
 * the arena. -EINVAL: not allowed, `why` says what is; -ENOMEM.
 */
int option_parse(const struct option *o, const char *text, bool first, void *field, struct arena *arena,
	char why[OPTION_WHY_SIZE]);

/* Appends the value as one would write it, without quotes; a list as {a, b}. */
void option_format(const struct option *o, const void *field, struct str *s);

#endif
