#include "cmd_regenerate.h"

#include "output.h"
#include "text.h"

static const char *const scopes[] = {"player", "team", "game", "slate", "outdated"};

int cmd_regenerate(struct ctl *ctl, const struct ctl_command *command, json_t *args)
{
	int given = 0;
	for (size_t i = 0; i < sizeof(scopes) / sizeof(*scopes); i++)
		given += json_object_get(args, scopes[i]) != NULL;
	if (given != 1)
		return ctl_fail(ctl, PROPSCTL_USAGE, "usage",
			"\"regenerate\" wants one of --player, --team, --game, "
			"--slate and --outdated; %d are given",
			given);
	bool wait = json_is_true(json_object_get(args, "wait"));
	if (!wait && json_object_get(args, "timeout"))
		return ctl_fail(ctl, PROPSCTL_USAGE, "usage", "--timeout has a meaning with --wait only");
	json_t *data;
	int result = ctl_ask(ctl, command, args, &data);
	if (result != PROPSCTL_DONE)
		return result;
	ctl->output->reply(ctl, command, data, true);
	if (json_array_size(json_object_get(data, "failures")) > 0 || int_of(data, "failed", 0) > 0)
		result = PROPSCTL_FAILED;
	json_decref(data);
	return result;
}
