#include "cmd_processor.h"

#include "show.h"

int cmd_processor(struct ctl *ctl, const struct ctl_command *command, json_t *args)
{
	struct ctl_command all = *command;
	all.cmd = "processors";
	all.list = "processors";
	all.show = show_processors;
	return ctl_ask_and_show(ctl, json_object_get(args, "name") ? command : &all, args);
}
