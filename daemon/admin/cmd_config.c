/* The daemon itself: configuration, log level, end. */
#include <errno.h>
#include <stdlib.h>

#include "admin/areas.h"
#include "admin/ask.h"
#include "admin/context.h"
#include "admin/request.h"
#include "base/log.h"
#include "base/str.h"
#include "config/config.h"
#include "league/snapshot.h"

static const char *const log_levels[] = {"err", "warn", "notice", "info", "debug", NULL};

static void on_reloaded(void *data, int result, int restart, const struct err *err)
{
	struct ask *ask = data;
	if (!ask_came(ask))
		return;
	if (result < 0) {
		ask_error(ask, result == -EBUSY ? CODE_BUSY : CODE_FAILED, "nothing has changed: %s", err->text);
		return;
	}
	const struct snapshot *league = ask->context->ops->league(ask->context->app);
	json_t *reply = json_pack("{s:i}", "restart", restart);
	if (league)
		json_object_set_new(reply, "league", json_integer(league->number));
	if (err->text[0])
		json_object_set_new(reply, "warning", json_string(err->text));
	ask_reply(ask, reply);
}

static void reload(struct admin_request *r, struct admin_context *c)
{
	struct ask *ask = ask_new(r, c, sizeof(*ask), NULL);
	if (!ask)
		return;
	ask_sends(ask);
	c->ops->reload(c->app, on_reloaded, ask);
}

static void config_show(struct admin_request *r, struct admin_context *c)
{
	struct str text = {0};
	config_print(c->ops->started(c->app), c->ops->config(c->app), &text);
	json_t *options = text.failed ? NULL : json_loadb(text.data, text.length, 0, NULL);
	str_done(&text);
	admin_reply(r, options ? json_pack("{s:o}", "options", options) : NULL);
}

static void log_level_command(struct admin_request *r, struct admin_context *c)
{
	enum log_level level;
	struct err err;
	if (admin_given(r, "level") && log_level_parse(admin_text(r, "level"), &level)) {
		if (c->ops->set_log_level(c->app, level, &err) < 0) {
			admin_error(r, CODE_FAILED, "%s", err.text);
			return;
		}
	} else {
		admin_audit(r, NULL);
	}
	admin_reply(r, json_pack("{s:s}", "level", log_level_name(log_level())));
}

static void drain(struct admin_request *r, struct admin_context *c)
{
	admin_reply(r, json_object());
	c->ops->drain(c->app);
}

static const struct admin_arg log_level_args[] = {
	{.name = "level", .type = ADMIN_WORD, .words = log_levels, .help = "the new level"},
	{.name = NULL},
};

const struct admin_command admin_config_commands[] = {
	{.name = "reload",
		.role = ADMIN_ROLE_ADMIN,
		.changes = true,
		.handler = reload,
		.help = "read the configuration and the league database again"},
	{.name = "config-show", .role = ADMIN_ROLE_OPERATE, .handler = config_show, .help = "the configuration in force"},
	{.name = "log-level",
		.role = ADMIN_ROLE_ADMIN,
		.changes = true,
		.args = log_level_args,
		.handler = log_level_command,
		.help = "show or set how much is logged"},
	{.name = "drain",
		.role = ADMIN_ROLE_ADMIN,
		.changes = true,
		.handler = drain,
		.help = "end the daemon as SIGTERM does: what runs is finished first"},
	{.name = NULL},
};
