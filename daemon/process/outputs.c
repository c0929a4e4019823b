#include "process/outputs.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

static void free_one(struct kept_output *one)
{
	foreign_free(one->foreign);
	free(one->bytes);
	free(one);
}

static void count(struct outputs *all, struct kept_output *one)
{
	all->bytes -= one->counted;
	one->counted = sizeof(*one) + one->length + (one->foreign ? foreign_size(one->foreign) : 0);
	all->bytes += one->counted;
}

static void evict(struct outputs *all)
{
	struct kept_output *one, *next;
	DL_FOREACH_SAFE (all->list, one, next) {
		if (all->bytes <= all->most)
			return;
		if (one->users == 0)
			output_drop(all, one->owner);
	}
}

int output_keep(struct outputs *all, struct kept_output **owner, int64_t at, const char *bytes, size_t length,
	struct foreign *foreign)
{
	struct kept_output *one = calloc(1, sizeof(*one));
	output_drop(all, owner);
	if (one)
		one->bytes = malloc(length + 1);
	if (!one || !one->bytes) {
		free(one);
		foreign_free(foreign);
		return -ENOMEM;
	}
	memcpy(one->bytes, bytes, length);
	one->bytes[length] = '\0';
	one->length = length;
	one->at = at;
	one->foreign = foreign;
	one->owner = owner;
	*owner = one;
	DL_APPEND(all->list, one);
	count(all, one);
	return 0;
}

void output_shrink(struct outputs *all, struct kept_output *one)
{
	if (!one->foreign || !one->bytes)
		return;
	free(one->bytes);
	one->bytes = NULL;
	one->length = 0;
	count(all, one);
}

void output_drop(struct outputs *all, struct kept_output **owner)
{
	struct kept_output *one = *owner;
	if (!one)
		return;
	assert(one->users == 0);
	*owner = NULL;
	all->bytes -= one->counted;
	DL_DELETE(all->list, one);
	free_one(one);
}

void output_take(struct outputs *all, struct kept_output *one)
{
	one->users++;
	DL_DELETE(all->list, one);
	DL_APPEND(all->list, one);
}

void output_give(struct outputs *all, struct kept_output *one)
{
	one->users--;
	count(all, one);
	evict(all);
}
