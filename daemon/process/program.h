/* What a processor's command is made of, as far as its files tell: for whether reports were made by what runs now. */
#ifndef PROCESS_PROGRAM_H
#define PROCESS_PROGRAM_H

#include "base/hash.h"

/*
 * Fingerprint of the contents of those files that the command's words name, by themselves or as FILE:FUNCTION, seen from
 * `directory` (NULL or "": ours): of scripts, not of interpreters or libraries, which are larger than 1 MiB. Equal on all
 * hosts with equal files. Reads them, so: at start, at a reload, at a restart of the processor. `command` ends with NULL.
 */
struct fingerprint program_fingerprint(const char *const *command, const char *directory);

#endif
