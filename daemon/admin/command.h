/*
 * What a command of the admin socket is: a row in a table. Lookup, the check of the arguments, the role and
 * the audit line are generic and happen before a handler runs, so that handlers start with valid input.
 */
#ifndef ADMIN_COMMAND_H
#define ADMIN_COMMAND_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "propsd/protocol.h"

struct admin_context; /* the daemon, as the handlers see it: admin/context.h */
struct admin_request; /* admin/request.h */

/* Rising: who may do a thing may do all below it. Which role a client has, its listener says. */
enum admin_role {
	ADMIN_ROLE_VIEW, /* reads */
	ADMIN_ROLE_OPERATE, /* changes what the daemon does with players */
	ADMIN_ROLE_ADMIN /* changes the daemon */
};
const char *admin_role_name(enum admin_role role);

enum admin_type {
	ADMIN_TEXT, /* string; from/to bound its length in bytes (0, 0: 1 to 255) */
	ADMIN_NAME, /* string: a player's name or lookup; admin_text() gives the lookup */
	ADMIN_INT, /* whole number; from/to are its range */
	ADMIN_BOOL, /* true or false */
	ADMIN_WORD, /* string: one of `words` */
	ADMIN_LEVEL, /* string: a priority level */
	ADMIN_DATE, /* string: 2025-11-15; "today", "yesterday", "tomorrow" by the league's clock */
	ADMIN_DURATION, /* string: 30s; from/to are its range in microseconds (0, 0: any) */
	ADMIN_OBJECT, /* object whose values are strings; from/to bound its size */
	ADMIN_LIST /* array of such objects; from/to bound its size */
};

struct admin_arg {
	const char *name; /* NULL ends the table */
	enum admin_type type;
	bool required;
	int64_t from, to;
	const char *const *words; /* NULL-terminated */
	const char *help;
};

#define ADMIN_ARGS_MAX 12

struct admin_command {
	const char *name; /* NULL ends the table */
	enum admin_role role;
	bool changes; /* leaves an audit line */
	const struct admin_arg *args; /* NULL: takes none */
	const char *help;
	/*
	 * Loop thread. Must end the request with admin_reply() or admin_error(), before it returns or, after
	 * admin_keep(), at any time later.
	 */
	void (*handler)(struct admin_request *request, struct admin_context *context);
	/* With admin_dated() as the handler: what runs once the date or game that was named is known. */
	void (*dated)(struct admin_request *request, struct admin_context *context);
};

/* An argument as it was given and checked; slots run parallel to the command's args. */
struct admin_value {
	bool given;
	json_t *json; /* borrowed from the request's document */
	int64_t number; /* INT, BOOL, DATE, DURATION (us), LEVEL, WORD (index) */
	char *lookup; /* NAME; owned */
};

/* `tables`: NULL-terminated list of command tables. NULL: no such command. */
const struct admin_command *admin_command_find(const struct admin_command *const *tables, const char *name);

/* Up to `max` names that resemble `name`, best first, into `ret`; the number. */
size_t admin_command_nearest(const struct admin_command *const *tables, const char *name, const char **ret, size_t max);

/*
 * Checks an object of arguments (NULL: none given) against the table and fills `values` (ADMIN_ARGS_MAX).
 * -EINVAL with a sentence naming argument, value and what would be right; -ENOMEM. On failure `values` is
 * clean.
 */
int admin_args_check(const struct admin_command *command, json_t *args, struct admin_value *values, struct err *err);
void admin_args_done(struct admin_value *values);

#endif
