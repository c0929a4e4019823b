#include "delivery/scripts.h"

#include <errno.h>
#include <stddef.h>

#include "base/str.h"

#include "lua.h" /* generated: one string a script */

static const struct {
	const char *name, *body;
	const char *shared; /* between prelude and body; NULL: nothing */
} sources[SCRIPT_COUNT] = {
	[SCRIPT_APPLY] = {"apply", lua_apply},
	[SCRIPT_SLATE] = {"slate", lua_slate},
	[SCRIPT_BEGIN] = {"begin", lua_begin, lua_facts},
	[SCRIPT_PEEK] = {"peek", lua_peek, lua_facts},
	[SCRIPT_COMMIT] = {"commit", lua_commit},
	[SCRIPT_OUTPUT] = {"output", lua_output},
	[SCRIPT_FAIL] = {"fail", lua_fail},
	[SCRIPT_RELEASE] = {"release", lua_release},
	[SCRIPT_DEAD] = {"dead", lua_dead},
	[SCRIPT_GROUP] = {"group", lua_group},
	[SCRIPT_TAKE] = {"take", lua_take},
	[SCRIPT_BEAT] = {"beat", lua_beat},
	[SCRIPT_LEAVE] = {"leave", lua_leave},
	[SCRIPT_CLAIM] = {"claim", lua_claim},
	[SCRIPT_HAND] = {"hand", lua_hand},
	[SCRIPT_LEAGUE] = {"league", lua_league},
	[SCRIPT_RETRY] = {"retry", lua_retry},
	[SCRIPT_TOUCH] = {"touch", lua_touch},
	[SCRIPT_TRIM] = {"trim", lua_trim},
	[SCRIPT_WATCH] = {"watch", lua_watch},
	[SCRIPT_RIGHTS] = {"rights", lua_rights},
	[SCRIPT_LEFT] = {"left", lua_left},
	[SCRIPT_FATE] = {"fate", lua_fate},
	[SCRIPT_ORDERS] = {"orders", lua_orders},
	[SCRIPT_OWN] = {"own", lua_own},
	[SCRIPT_OPTIONS] = {"options", lua_options},
	[SCRIPT_MIGRATE] = {"migrate", lua_migrate},
	[SCRIPT_MUTE] = {"mute", lua_mute},
	[SCRIPT_UNMUTE] = {"unmute", lua_unmute},
	[SCRIPT_SCHEDULE] = {"schedule", lua_schedule},
};

int scripts_init(struct redis_script scripts[SCRIPT_COUNT])
{
	struct str front = {0};
	int r = 0;
	for (int i = 0; r == 0 && i < SCRIPT_COUNT; i++) {
		str_clear(&front);
		str_printf(&front, "%s%s", lua_prelude, sources[i].shared ? sources[i].shared : "");
		r = front.failed ? -ENOMEM
				 : redis_script_init(&scripts[i], sources[i].name, front.data, sources[i].body);
	}
	str_done(&front);
	return r;
}

void scripts_done(struct redis_script scripts[SCRIPT_COUNT])
{
	for (int i = 0; i < SCRIPT_COUNT; i++)
		redis_script_done(&scripts[i]);
}
