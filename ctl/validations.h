/*
 * What `validate` found, kept: a line of JSON a run, in a file that grows to 1 MiB and then is moved aside, FILE.old, where
 * one older has been. Blocking; several programs may write at a time.
 */
#ifndef CTL_VALIDATIONS_H
#define CTL_VALIDATIONS_H

#include <jansson.h>
#include <limits.h>
#include <stdint.h>

#include "base/err.h"

#define VALIDATIONS_MAX_BYTES (1 << 20)

/*
 * Where it is: $STATE_DIRECTORY (a unit's), else /var/lib/propsd for whoever may write there, else $XDG_STATE_HOME/propsd
 * or ~/.local/state/propsd. -ENOENT: there is no such place.
 */
int validations_path(char path[PATH_MAX], struct err *err);

int validations_add(const char *path, const json_t *line, struct err *err);

/*
 * The lines from `since_ms` on, oldest first: a list (new reference). A file that is not there is an empty one.
 * *ret_faulty: lines that are none.
 */
int validations_read(const char *path, int64_t since_ms, json_t **ret_lines, unsigned *ret_faulty, struct err *err);

/* The lines put together by what was compared with what: {"pairs": [...]}, as show_validations() takes it. */
json_t *validations_sum(const json_t *lines);

#endif
