/*
 * What all messages to a webhook have in common. Its address is a secret: it comes from a file, and no error has more of it
 * than that file's name.
 */
#ifndef FETCH_HOOK_H
#define FETCH_HOOK_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "fetch/fetch.h"

enum { HOOK_URL_SIZE = 2048, HOOK_PAUSE_MOST_MS = 600000 };

extern const char *const hook_lines[]; /* header lines of a message */

/* The first line of the file, which must be a regular one: nothing is waited for. -errno; -EINVAL: that is no address, or
 * too long. */
int hook_read_url(const char *path, char url[HOOK_URL_SIZE], struct err *err);

/* 0: the message was taken. Else what is wrong, and what to do; *ret_pause_ms becomes how long the server wants to be left
 * alone, if it says so, HOOK_PAUSE_MOST_MS at most. `path`: where the address came from. */
int hook_check(const struct fetch_request *r, const char *path, int64_t *ret_pause_ms, struct err *err);

/* A sentence as the body that Discord or Slack takes: no sign in it means anything, nobody is called. */
void hook_discord(struct str *out, const char *words);
void hook_slack(struct str *out, const char *words);

#endif
