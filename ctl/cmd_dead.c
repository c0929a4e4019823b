#include "cmd_dead.h"

#include "output.h"
#include "text.h"

int cmd_dead(struct ctl *ctl, const struct ctl_command *command, json_t *args)
{
	json_t *data;
	int result = ctl_ask(ctl, command, args, &data);
	if (result != PROPSCTL_DONE)
		return result;
	ctl->output->reply(ctl, command, data, true);
	if (int_of(data, "left", 0) > 0)
		result = PROPSCTL_FAILED;
	json_decref(data);
	return result;
}
