/* The Lua scripts of this folder, built in from scripts/NAME.lua (delivery/CMakeLists.txt). */
#ifndef DELIVERY_SCRIPTS_H
#define DELIVERY_SCRIPTS_H

#include <assert.h>

#include "delivery/contract.h"
#include "redis/script.h"

enum script {
	SCRIPT_APPLY,
	SCRIPT_SLATE,
	SCRIPT_BEGIN,
	SCRIPT_PEEK,
	SCRIPT_COMMIT,
	SCRIPT_OUTPUT,
	SCRIPT_FAIL,
	SCRIPT_RELEASE,
	SCRIPT_DEAD,
	SCRIPT_GROUP,
	SCRIPT_TAKE,
	SCRIPT_BEAT,
	SCRIPT_LEAVE,
	SCRIPT_CLAIM,
	SCRIPT_HAND,
	SCRIPT_LEAGUE,
	SCRIPT_RETRY,
	SCRIPT_TOUCH,
	SCRIPT_TRIM,
	SCRIPT_WATCH,
	SCRIPT_RIGHTS,
	SCRIPT_LEFT,
	SCRIPT_FATE,
	SCRIPT_ORDERS,
	SCRIPT_OWN,
	SCRIPT_OPTIONS,
	SCRIPT_MIGRATE,
	SCRIPT_MUTE,
	SCRIPT_BOOKS,
	SCRIPT_UNMUTE,
	SCRIPT_SCHEDULE,
	SCRIPT_ALIAS,
	SCRIPT_UNALIAS,
	SCRIPT_GLANCE,
	SCRIPT_COVER,
	SCRIPT_OPEN,
	SCRIPT_LINES,
	SCRIPT_RAN,
	SCRIPT_COUNT
};

/* All of them, in the enum's order. -ENOMEM; scripts_done() in any case. */
int scripts_init(struct redis_script scripts[SCRIPT_COUNT]);
void scripts_done(struct redis_script scripts[SCRIPT_COUNT]);

/* The place in ARGV that the next argument of a call gets. */
static inline unsigned script_next(const struct redis_request *r)
{
	const unsigned words = 4; /* EVALSHA, digest, count of keys, key */
	return r->count - words + 1;
}

/* The request, whose next argument belongs at this place of the contract. */
static inline struct redis_request *script_argv(struct redis_request *r, unsigned place)
{
	assert(script_next(r) == place);
	return r;
}

/* What a script answered at this place of the contract; a nil value when there is nothing. */
static inline const struct value *script_out(const struct value *list, size_t place)
{
	return value_at(list, place - 1);
}

#endif
