#include "cmd_events.h"

#include "output.h"
#include "show.h"
#include "text.h"

/* Each line goes out at once, for whoever reads along. What was missed is a line of its own. */
static void heard(void *user, json_t *step)
{
	struct ctl *ctl = user;
	struct ctl_command row = {.list = "events", .show = show_steps};
	if (ctl->output->json && int_of(step, "lost", 0) > 0) {
		struct ctl_command lost = {.name = ""};
		json_t *object = json_pack("{s:I}", "lost", (json_int_t)int_of(step, "lost", 0));
		ctl->output->reply(ctl, &lost, object, false);
		json_decref(object);
	}
	ctl->output->reply(ctl, &row, step, false);
	fflush(ctl->data);
}

int cmd_events(struct ctl *ctl, const struct ctl_command *command, json_t *args)
{
	struct ctl_command follow = *command;
	struct err err;
	json_t *line;
	if (!json_is_true(json_object_get(args, "follow")))
		return ctl_ask_and_show(ctl, command, args);
	follow.waits = true;
	if (!ctl->output->json)
		show_events_head(ctl);
	if (ctl_hear(ctl, &follow, args, heard, ctl, &line, &err) < 0)
		return ctl_unanswered(ctl, &err);
	return ctl_refused(ctl, line); /* it ends only with the daemon, or at once */
}
