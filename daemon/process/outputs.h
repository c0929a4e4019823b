/*
 * Outputs of precompute that are at hand, so that a quote is priced without asking Redis for them again: the bytes, and
 * what a worker read from them once. Bounded in bytes; the one longest unused goes first, which its owner sees by its
 * pointer to it becoming NULL. Loop thread; what a worker has, see `foreign`.
 */
#ifndef PROCESS_OUTPUTS_H
#define PROCESS_OUTPUTS_H

#include <stddef.h>
#include <stdint.h>

#include "model/foreign.h"

struct kept_output {
	int64_t at; /* Redis' name for it: the day's version at which it last changed */
	char *bytes; /* NULL: what was read of them is all that is wanted */
	size_t length;
	struct foreign *foreign; /* NULL: not read yet. Belongs to the job that has the output, which may read it */
	unsigned users; /* jobs that have it: it stays */
	struct kept_output **owner;
	size_t counted;
	struct kept_output *next, *prev; /* the longest unused first */
};

struct outputs {
	struct kept_output *list;
	size_t bytes, most;
};

/* Copies the bytes into *owner, dropping what stands there; `foreign`, what was read from them or NULL, is its own from
 * here on. -ENOMEM: *owner is NULL then. What is over the bound goes with the next output_give(). */
int output_keep(struct outputs *all, struct kept_output **owner, int64_t at, const char *bytes, size_t length,
	struct foreign *foreign);
void output_shrink(struct outputs *all, struct kept_output *one); /* the bytes go, once they are read */
void output_drop(struct outputs *all, struct kept_output **owner); /* nobody uses it; *owner may be NULL */
void output_take(struct outputs *all, struct kept_output *one);
void output_give(struct outputs *all, struct kept_output *one); /* frees what is over the bound */

#endif
