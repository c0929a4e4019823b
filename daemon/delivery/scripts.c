#include "delivery/scripts.h"

#include <errno.h>
#include <stddef.h>

#include "base/str.h"

#include "lua.h" /* generated: one string a script */

static const struct {
	const char *name, *body;
	const char *shared; /* between prelude and body; NULL: nothing */
} sources[SCRIPT_COUNT] = {
	[SCRIPT_APPLY] = {.name = "apply", .body = lua_apply},
	[SCRIPT_SLATE] = {.name = "slate", .body = lua_slate},
	[SCRIPT_BEGIN] = {.name = "begin", .body = lua_begin, .shared = lua_facts},
	[SCRIPT_PEEK] = {.name = "peek", .body = lua_peek, .shared = lua_facts},
	[SCRIPT_COMMIT] = {.name = "commit", .body = lua_commit},
	[SCRIPT_OUTPUT] = {.name = "output", .body = lua_output},
	[SCRIPT_FAIL] = {.name = "fail", .body = lua_fail},
	[SCRIPT_RELEASE] = {.name = "release", .body = lua_release},
	[SCRIPT_DEAD] = {.name = "dead", .body = lua_dead},
	[SCRIPT_GROUP] = {.name = "group", .body = lua_group},
	[SCRIPT_TAKE] = {.name = "take", .body = lua_take},
	[SCRIPT_BEAT] = {.name = "beat", .body = lua_beat},
	[SCRIPT_LEAVE] = {.name = "leave", .body = lua_leave},
	[SCRIPT_CLAIM] = {.name = "claim", .body = lua_claim},
	[SCRIPT_HAND] = {.name = "hand", .body = lua_hand},
	[SCRIPT_LEAGUE] = {.name = "league", .body = lua_league, .shared = lua_move},
	[SCRIPT_RETRY] = {.name = "retry", .body = lua_retry},
	[SCRIPT_TOUCH] = {.name = "touch", .body = lua_touch},
	[SCRIPT_TRIM] = {.name = "trim", .body = lua_trim},
	[SCRIPT_WATCH] = {.name = "watch", .body = lua_watch},
	[SCRIPT_RIGHTS] = {.name = "rights", .body = lua_rights},
	[SCRIPT_LEFT] = {.name = "left", .body = lua_left},
	[SCRIPT_FATE] = {.name = "fate", .body = lua_fate},
	[SCRIPT_ORDERS] = {.name = "orders", .body = lua_orders},
	[SCRIPT_OWN] = {.name = "own", .body = lua_own},
	[SCRIPT_OPTIONS] = {.name = "options", .body = lua_options},
	[SCRIPT_MIGRATE] = {.name = "migrate", .body = lua_migrate},
	[SCRIPT_BOOKS] = {.name = "books", .body = lua_books},
	[SCRIPT_MUTE] = {.name = "mute", .body = lua_mute},
	[SCRIPT_UNMUTE] = {.name = "unmute", .body = lua_unmute},
	[SCRIPT_SCHEDULE] = {.name = "schedule", .body = lua_schedule},
	[SCRIPT_ALIAS] = {.name = "alias", .body = lua_alias, .shared = lua_move},
	[SCRIPT_UNALIAS] = {.name = "unalias", .body = lua_unalias},
	[SCRIPT_GLANCE] = {.name = "glance", .body = lua_glance},
	[SCRIPT_COVER] = {.name = "cover", .body = lua_cover},
	[SCRIPT_OPEN] = {.name = "open", .body = lua_open},
	[SCRIPT_LINES] = {.name = "lines", .body = lua_lines},
	[SCRIPT_RAN] = {.name = "ran", .body = lua_ran},
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
