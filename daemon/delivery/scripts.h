/* The Lua scripts of this folder, built in from scripts/NAME.lua (delivery/CMakeLists.txt). */
#ifndef DELIVERY_SCRIPTS_H
#define DELIVERY_SCRIPTS_H

#include "redis/script.h"

enum script {
	SCRIPT_APPLY,
	SCRIPT_SLATE,
	SCRIPT_BEGIN,
	SCRIPT_COMMIT,
	SCRIPT_FAIL,
	SCRIPT_RELEASE,
	SCRIPT_DEAD,
	SCRIPT_GROUP,
	SCRIPT_TAKE,
	SCRIPT_BEAT,
	SCRIPT_LEAVE,
	SCRIPT_CLAIM,
	SCRIPT_LEAGUE,
	SCRIPT_RETRY,
	SCRIPT_TOUCH,
	SCRIPT_TRIM,
	SCRIPT_RIGHTS,
	SCRIPT_LEFT,
	SCRIPT_FATE,
	SCRIPT_ORDERS,
	SCRIPT_OWN,
	SCRIPT_COUNT
};

/* All of them, in the enum's order. -ENOMEM; scripts_done() in any case. */
int scripts_init(struct redis_script scripts[SCRIPT_COUNT]);
void scripts_done(struct redis_script scripts[SCRIPT_COUNT]);

#endif
