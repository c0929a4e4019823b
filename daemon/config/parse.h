/*
 * Reads files of the configuration's form (libconfuse's) into a plain list of assignments; what they mean is
 * decided in config.c. Internal to config/.
 */
#ifndef CONFIG_PARSE_H
#define CONFIG_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct arena;

struct assignment {
	const char *section; /* "" = top level */
	const char *title; /* "" = the section has none */
	const char *name; /* "" = no assignment: a section with this title was opened */
	const char *value;
	bool first; /* of the elements of a list */
	const char *file;
	int line; /* 0 = `file` is a command */
};

/* All assignments of the file and of the files that it includes, in the order in which they count. Everything
 * lives in the arena. */
int parse_files(const char *path, struct arena *arena, struct assignment **ret_list, size_t *ret_count, struct err *err)
	__attribute__((warn_unused_result));

#endif
